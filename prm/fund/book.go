package fund

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Checks judges lines of claims that came as documents once more, when they have waited
// long enough (prm/adjust). It joins the transaction of ctx.
type Checks interface {
	// Last gives the final verdicts on the lines that are given of a claim, which wait.
	Last(ctx context.Context, actor access.Actor, c Claim) ([]Verdict, error)
	// Numbers are those by which the sender knows a claim: its own may have got a count.
	Numbers(ctx context.Context, actor access.Actor, id ClaimID) ([]string, error)
}

// Judge has the documents looked at before a line that waits is rejected; call it before use.
func (s *Service) Judge(c Checks) { s.checks = c }

// NeedsPeople says that a decision was refused since two people have to take it. Nothing
// was written then.
func NeedsPeople(err error) bool {
	f := (*fault.Error)(nil)
	return errors.As(err, &f) && f.Key == "fund.needs_people"
}

// KeyedLine is a line that has a key now: while it lives, no other has it.
type KeyedLine struct {
	Claim    ClaimID
	Position int
	Key      string
	Verdict  string
	Reason   string // of LineReasons or DocumentReasons
	Asked    money.Amount
	Approved money.Amount
	Quantity money.Quantity
	State    ClaimState // of its claim
	Number   string     // likewise
}

// Keyed finds the lines of a partner's claims that have some keys.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Keyed(ctx context.Context, actor access.Actor, org string, c money.Currency, keys []string) (map[string]KeyedLine, error) {
	if err := access.Check(actor, access.ClaimDecide, access.Shared(actor.Org, org)); err != nil {
		return nil, err
	}
	out := map[string]KeyedLine{}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := keyed(ctx, actor.Org, org, keys)
		for _, r := range rows {
			out[r.LineKey] = KeyedLine{Claim: ClaimID(r.ClaimID), Position: int(r.Position), Key: r.LineKey, Verdict: r.Verdict, Reason: r.Reason, Asked: money.Amount{Minor: r.Asked, Currency: c}, Approved: money.Amount{Minor: r.Approved, Currency: c}, Quantity: money.Quantity(r.Quantity), State: ClaimState(r.State), Number: r.Number}
		}
		return err
	})
	return out, err
}

// MostRaises is how often one line may be raised after it was granted.
const MostRaises = 9

// RaiseKey is the key of what a line was raised by for the nth time, up to MostRaises.
func RaiseKey(key string, n int) string { return fmt.Sprintf("%s~%d", cut(key, 195), n) }

// raisedOver is what stands already, in minor units, of the lines that lines raise: of themselves
// and of their other raises, in other claims. Together they are what is decided about.
func raisedOver(ctx context.Context, r claimRow, lines []lineRow) (int64, error) {
	seen := map[string]bool{}
	var keys []string
	for _, l := range lines {
		i := strings.LastIndexByte(l.LineKey, '~')
		if i < 0 || len(l.LineKey) != i+2 || l.Verdict == LineRejected || seen[l.LineKey[:i]] {
			continue
		}
		key := l.LineKey[:i]
		seen[key] = true
		keys = append(keys, key)
		for n := range MostRaises {
			keys = append(keys, RaiseKey(key, n+1))
		}
	}
	rows, err := keyed(ctx, r.OwnerID, r.OrgID, keys)
	sum := int64(0)
	for _, x := range rows {
		if x.ClaimID != r.ID {
			sum += x.Approved
		}
	}
	return sum, err
}

// mostWaiting is how many claims that wait are read at once.
const mostWaiting = 50

// Unproven are claims of a partner under subjects, such as promotions, that came by EDI and of
// which lines wait: with these lines and what they miss of the proof, by their programme and
// age. The next ones are behind the last; none is the end.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Unproven(ctx context.Context, actor access.Actor, org string, after Claim) ([]Claim, error) {
	if err := access.Check(actor, access.ClaimDecide, access.Shared(actor.Org, org)); err != nil {
		return nil, err
	}
	var out []Claim
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := waitingOf(ctx, actor.Org, org, after, mostWaiting)
		if err != nil || len(rows) == 0 {
			out = nil
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		lines, err := pendingIn(ctx, ids)
		if err != nil {
			return err
		}
		files, err := provenIn(ctx, ids)
		if err != nil {
			return err
		}
		out = make([]Claim, len(rows))
		at := map[string]*Claim{}
		has := map[string][]File{}
		for _, f := range files {
			has[f.SubjectID] = append(has[f.SubjectID], File{Item: f.Item, Verdict: f.Verdict})
		}
		for i, r := range rows {
			out[i] = r.claim()
			out[i].Missing, out[i].Unseen = missing(out[i].Proof, has[r.ID]), unseen(out[i].Proof, has[r.ID])
			at[r.ID] = &out[i]
		}
		for _, l := range lines {
			c := at[l.ClaimID]
			c.Lines = append(c.Lines, l.line(c.Asked.Currency))
		}
		return nil
	})
	return out, err
}

// Book takes a claim of a partner that came as a document, with the verdicts that the
// documents give on each of its lines; the actor is the system of its supplier. It is
// decided at once, unless it takes two people: then the verdicts are what they read. A
// number that was used before gets a count. It joins the transaction of ctx; the caller
// takes each document once.
// Codes: NotFound (the partner has no part), Forbidden (a person). Publishes ClaimFiled
// and ClaimDecided or ClaimDenied.
func (s *Service) Book(ctx context.Context, actor access.Actor, org string, cmd ClaimCmd, verdicts []Verdict) (Claim, error) {
	if err := access.Check(actor, access.ClaimDecide, access.Shared(actor.Org, org)); err != nil {
		return Claim{}, err
	}
	if actor.Person != "" {
		return Claim{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	var out Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		p, err := programByID(ctx, string(cmd.Program), true)
		if err == nil && p.OwnerID != actor.Org {
			err = notFound()
		}
		if err != nil {
			return err
		}
		seat, err := seatOf(ctx, p.ID, org)
		if err != nil {
			return err
		}
		r, lines, err := s.booked(ctx, seat.reads(p), seat, cmd)
		if err != nil {
			return err
		}
		if err := addLog(ctx, r.ID, "claim_submitted", access.System("edi", org), r.Asked, r.Currency, ""); err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.claim_book", "fund_claim", r.ID); err != nil {
			return err
		}
		if err := s.publish(ctx, ClaimFiled, Event{Program: cmd.Program, Claim: ClaimID(r.ID), Supplier: r.OwnerID, Reseller: r.OrgID, Org: org}); err != nil {
			return err
		}
		fresh := slices.Clone(lines)
		err = s.decide(ctx, actor, &r, lines, verdicts, "")
		if NeedsPeople(err) {
			err = advise(ctx, fresh, verdicts)
		}
		if err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}

// booked writes a claim and its lines as they came.
func (s *Service) booked(ctx context.Context, p programRow, seat seatRow, cmd ClaimCmd) (claimRow, []lineRow, error) {
	now := db.Micros(db.Now(ctx))
	proof := p.Proof
	if cmd.Request != "" {
		of, err := requestByID(ctx, string(cmd.Request), true)
		if err != nil {
			return claimRow{}, nil, err
		}
		proof = of.Proof
	}
	r := claimRow{ID: db.NewID(), ProgramID: p.ID, RequestID: string(cmd.Request), OwnerID: p.OwnerID, OrgID: seat.OrgID, PartnershipID: seat.PartnershipID, State: string(ClaimSubmitted), Nature: cmd.Nature, Title: cut(cmd.Title, 120), Currency: seat.Currency, Proof: proof, Note: cut(cmd.Note, 1000), Source: cmd.Source, SourceKey: cmd.Key, Made: now, Submitted: now, Changed: now, Version: 1}
	for n := 1; ; n++ {
		if r.Number = cut(cmd.Number, 36); n > 1 {
			r.Number = fmt.Sprintf("%s/%d", r.Number, n)
		}
		_, err := claimByNumber(ctx, r.OwnerID, r.OrgID, r.Number)
		if fault.CodeOf(err) == fault.NotFound {
			break
		}
		if err != nil {
			return r, nil, err
		}
	}
	lines := make([]lineRow, len(cmd.Lines))
	for i, l := range cmd.Lines {
		r.Asked += l.Amount.Minor
		lines[i] = lineRow{ClaimID: r.ID, Position: int64(i + 1), OwnerID: r.OwnerID, OrgID: r.OrgID, LineKey: cut(l.Key, 200), Live: 1, Text: cut(l.Text, 200), SKU: cut(l.SKU, 60), OnDay: l.On, Quantity: int64(l.Quantity), Price: int64(l.Price), Asked: l.Amount.Minor, Verdict: LineOpen, OrderID: l.Order, OrderLine: int64(l.OrderLine), Back: l.Back.Minor, BackOf: cut(l.BackOf, 60), BackLine: int64(l.BackLine)}
	}
	if err := insertClaim(ctx, &r); err != nil {
		return r, nil, err
	}
	if err := replaceLines(ctx, r.ID, lines); err != nil {
		return r, nil, err
	}
	return r, lines, carryFiles(ctx, r, cmd.After)
}

// advise notes on lines that nobody has decided what the documents say of them.
func advise(ctx context.Context, lines []lineRow, verdicts []Verdict) error {
	for _, v := range verdicts {
		if v.Verdict == LineAccepted || v.Position < 1 || v.Position > len(lines) {
			continue
		}
		l := lines[v.Position-1]
		l.Reason, l.Missing, l.DueOn = v.Reason, v.Missing, v.Due
		if err := saveLine(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// Awaited is what lines of claims wait for, as it was noted and as it is by now.
type Awaited struct{ Was, Now string }

// Await notes what lines that wait for something wait for by now, such as how much is missing
// to a step: nothing is decided, and the day that was told stands. It joins the transaction
// of ctx; the actor is the system of the supplier of claims of one partner.
// Codes: NotFound, Forbidden (a person).
func (s *Service) Await(ctx context.Context, actor access.Actor, org string, claims map[Awaited][]ClaimID) error {
	if err := access.Check(actor, access.ClaimDecide, access.Shared(actor.Org, org)); err != nil {
		return err
	}
	if actor.Person != "" {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		for x, list := range claims {
			ids := make([]string, len(list))
			for i, id := range list {
				ids[i] = string(id)
			}
			if err := await(ctx, actor.Org, org, ids, x.Was, cut(x.Now, 300)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Supersede takes lines that nobody has granted out of a claim, since others came in their
// place or the partner takes them back: their keys are free. What was granted stays. It
// joins the transaction of ctx; the actor is the system of the supplier.
// Codes: NotFound, Forbidden (a person). Publishes ClaimDecided, ClaimDenied where nothing
// is left, or ClaimTakenBack of one that was sent back.
func (s *Service) Supersede(ctx context.Context, actor access.Actor, id ClaimID, positions []int) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.ClaimDecide, id, true)
		if err == nil && actor.Person != "" {
			err = fault.New(fault.Forbidden, "error.forbidden")
		}
		if err != nil {
			return err
		}
		lines, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		var out []Verdict
		left := 0
		for _, l := range lines {
			open := l.Verdict == LineOpen || l.Verdict == LinePending
			switch {
			case open && slices.Contains(positions, int(l.Position)):
				out = append(out, Verdict{Position: int(l.Position), Verdict: LineRejected, Reason: ReasonReplaced})
			case open:
				left++
			}
		}
		st := ClaimState(r.State)
		if len(out) == 0 || st.Over() {
			return nil
		}
		if st == ClaimReturned || st.Waits() && left > 0 { // people decide the others
			for _, v := range out {
				l := lines[v.Position-1]
				l.Verdict, l.Reason, l.Missing, l.DueOn, l.Live = v.Verdict, v.Reason, "", "", 0
				if err := saveLine(ctx, l); err != nil {
					return err
				}
			}
			if r.FirstBy, r.FirstMark = "", ""; left > 0 {
				return saveClaim(ctx, &r)
			}
			r.State = string(ClaimWithdrawn)
			return s.told(ctx, actor, &r, "claim_withdrawn", 0, "", ClaimTakenBack, "fund.claim_withdraw")
		}
		return s.decide(ctx, actor, &r, lines, out, "")
	})
}

// Numbered returns the request of a partner with a number, as far as its days say by now,
// and the civil date where its programme is.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Numbered(ctx context.Context, actor access.Actor, org, number string) (of Request, day string, err error) {
	if err := access.Check(actor, access.FundRead, access.Shared(actor.Org, org)); err != nil {
		return Request{}, "", err
	}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		r, err := locked[requestRow](ctx, false, "owner_id = ? AND org_id = ? AND number = ? AND submitted > 0", actor.Org, org, number)
		if err != nil {
			return err
		}
		p, err := programByID(ctx, r.ProgramID, false)
		if err != nil {
			return err
		}
		if err := advance(ctx, p, &r); err != nil {
			return err
		}
		day = today(ctx, p.Zone)
		of, err = s.whole(ctx, actor, r)
		return err
	})
	return of, day, err
}

// computed says that a command leaves what was computed here as it is.
func computed(ctx context.Context, r claimRow, cmd ClaimCmd) (bool, error) {
	rows, err := linesOf(ctx, r.ID)
	if err != nil || cmd.Nature != r.Nature || len(rows) != len(cmd.Lines) {
		return false, err
	}
	for i, l := range cmd.Lines {
		x := rows[i]
		if l.Key != x.LineKey || l.SKU != x.SKU || l.On != x.OnDay || l.Amount.Minor != x.Asked || int64(l.Quantity) != x.Quantity || l.Order != x.OrderID || int64(l.OrderLine) != x.OrderLine {
			return false, nil
		}
	}
	return true, nil
}
