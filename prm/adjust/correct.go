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
		standing, err := s.funds.Keyed(ctx, actor, r.OrgID, on.currency(), keys)
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
		old, ok := standing[k]
		if !ok || !old.Granted() || old.Approved.Currency != l.asked.Currency {
			continue
		}
		less := max(l.asked.Minor, -l.asked.Minor)
		if less == 0 {
			less = share(old.Approved.Minor, l.quantity, old.Quantity)
		}
		if less = min(less, old.Approved.Minor); less <= 0 {
			continue
		}
		old.Approved.Minor -= less
		got, err := s.funds.Correct(ctx, actor, old.Claim, []fund.Correction{{Position: old.Position, To: old.Approved}})
		if err != nil {
			return fund.LineCmd{}, err
		}
		standing[k] = old
		return fund.LineCmd{Back: got, BackOf: old.Number, BackLine: old.Position}, nil
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
