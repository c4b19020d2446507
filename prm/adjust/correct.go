package adjust

import (
	"context"
	"math/big"
	"slices"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fund"
	"entente/prm/money"
)

// before is what a claim takes the place of: the claims and their lines.
type before struct {
	claims []fund.ClaimID
	lines  map[place]bool
}

// takeOff takes what was granted on lines of earlier notices off again, but for those that
// are repeated: their sender does not claim it any more (BAA01 01, or 05 without it).
func (s *Service) takeOff(ctx context.Context, actor access.Actor, earlier []noticeRow, again map[place]bool) error {
	by := map[fund.ClaimID][]fund.Correction{}
	for _, x := range earlier {
		rows, err := linesOf(ctx, x.ID)
		if err != nil {
			return err
		}
		for _, l := range rows {
			if id := fund.ClaimID(l.ClaimID); id != "" && !again[place{l.ClaimID, int(l.Position)}] {
				by[id] = append(by[id], fund.Correction{Position: int(l.Position)})
			}
		}
	}
	ids := make([]fund.ClaimID, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	slices.Sort(ids) // claims are always locked in one order
	for _, id := range ids {
		if _, err := s.funds.Correct(ctx, actor, id, by[id]); err != nil {
			return err
		}
	}
	return nil
}

// repeated are the lines that a notice claims again, by their keys; known is false where a
// contract of it is under nothing we know, so that nobody can say what is not repeated.
func (s *Service) repeated(ctx context.Context, actor access.Actor, r *noticeRow, d *doc.Claim) (again map[place]bool, known bool, err error) {
	again = map[place]bool{}
	for i := range d.Contracts {
		c := &d.Contracts[i]
		on, err := s.under(ctx, actor, r, c)
		if err != nil || on.reason != "" {
			return nil, false, err
		}
		read, err := s.read(ctx, actor, r, d, c, on.currency())
		if err != nil {
			return nil, false, err
		}
		keys := make([]string, len(read))
		for n := range read {
			keys[n] = key(on.subject(), r.Number, &c.Lines[n], read[n])
		}
		standing, err := s.funds.Keyed(ctx, actor, r.OrgID, on.currency(), raised(keys))
		if err != nil {
			return nil, false, err
		}
		for _, l := range standing {
			again[place{string(l.Claim), l.Position}] = true
		}
	}
	return again, true, nil
}

// soldKeys are the keys that the sale of goods that came back may have: PAD02 was another one.
func soldKeys(subject, number string, l doc.ClaimLine, x line) []string {
	out := make([]string, 0, 3)
	for _, transfer := range []string{"SS", "SD", ""} {
		l.Transfer = transfer
		out = append(out, key(subject, number, &l, x))
	}
	return out
}

// counter takes goods that came back off the line by which they were claimed and granted:
// the amount that is said, else the part of it that the quantity is. Where there is none,
// nothing is done: they count by their credit or report alone. What is taken off leaves the
// line of the document free, so that the credit does not take it back once more.
func (s *Service) counter(ctx context.Context, actor access.Actor, standing map[string]fund.KeyedLine, sold []string, l line) (fund.LineCmd, error) {
	for _, k := range sold {
		of := chain(standing, k)
		if len(of) == 0 || !of[0].Granted() || of[0].Approved.Currency != l.asked.Currency {
			continue
		}
		_, stands := of.sums()
		less := max(l.asked.Minor, -l.asked.Minor)
		if less == 0 {
			less = share(stands, l.quantity, of.quantity())
		}
		if less = min(less, stands); less <= 0 {
			continue
		}
		if err := s.lower(ctx, actor, of, stands-less); err != nil {
			return fund.LineCmd{}, err
		}
		for _, x := range of {
			standing[x.Key] = x
		}
		return fund.LineCmd{Back: money.Amount{Minor: less, Currency: l.asked.Currency}, BackOf: of[0].Number, BackLine: of[0].Position}, nil
	}
	return fund.LineCmd{}, nil
}

// share is the part of an amount that a quantity is of another, half up.
func share(minor int64, part, whole money.Quantity) int64 {
	if part <= 0 || whole <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(minor), big.NewInt(int64(min(part, whole))))
	n.Add(n.Lsh(n, 1), big.NewInt(int64(whole)))
	return n.Quo(n, new(big.Int).Lsh(big.NewInt(int64(whole)), 1)).Int64()
}

// raised are keys with those of what their lines may have been raised by.
func raised(keys []string) []string {
	out := slices.Clone(keys)
	for _, k := range keys {
		for n := range fund.MostRaises {
			out = append(out, fund.RaiseKey(k, n+1))
		}
	}
	return out
}

// granted are the lines by which one line of a claim was granted: itself, then what it was
// raised by.
type granted []fund.KeyedLine

// chain finds them; none where no line has the key.
func chain(standing map[string]fund.KeyedLine, key string) granted {
	old, ok := standing[key]
	if !ok {
		return nil
	}
	out := granted{old}
	for n := range fund.MostRaises {
		if x, ok := standing[fund.RaiseKey(key, n+1)]; ok {
			out = append(out, x)
		}
	}
	return out
}

// sums are what they ask for and what was granted of it, in minor units. Of a line that its
// sender lowered it asks for what it left of it.
func (g granted) sums() (asked, stands int64) {
	for _, x := range g {
		if x.Reason == fund.ReasonLowered {
			asked += x.Approved.Minor
		} else {
			asked += x.Asked.Minor
		}
		if x.Granted() {
			stands += x.Approved.Minor
		}
	}
	return asked, stands
}

// quantity is of how many units they are: of a line that was lowered the part that is left.
func (g granted) quantity() (out money.Quantity) {
	for _, x := range g {
		if x.Reason == fund.ReasonLowered {
			out += money.Quantity(share(int64(x.Quantity), money.Quantity(x.Approved.Minor), money.Quantity(x.Asked.Minor)))
		} else {
			out += x.Quantity
		}
	}
	return out
}

// free is the number of the next raise.
func (g granted) free() int {
	for n := 1; ; n++ {
		if !slices.ContainsFunc(g, func(x fund.KeyedLine) bool { return x.Key == fund.RaiseKey(g[0].Key, n) }) {
			return n
		}
	}
}

// lower brings what was granted by them down to a sum, what was raised last first.
func (s *Service) lower(ctx context.Context, actor access.Actor, g granted, to int64) error {
	_, stands := g.sums()
	for i := len(g) - 1; i >= 0 && stands > to; i-- {
		x := &g[i]
		if !x.Granted() {
			continue
		}
		less := min(stands-to, x.Approved.Minor)
		stands -= less
		x.Approved.Minor -= less
		if _, err := s.funds.Correct(ctx, actor, x.Claim, []fund.Correction{{Position: x.Position, To: x.Approved}}); err != nil {
			return err
		}
	}
	return nil
}

// A line that was raised is several lines of claims: the others stand at its number and so many
// times this.
const raisedRow = 1_000_000

// rowOf is where the nth part of a line stands, 0 for the line itself.
func rowOf(line, n int) int64 { return int64(line) + int64(n)*raisedRow }
