package fund

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Correction lowers what was granted on a line of a claim that came as a document.
type Correction struct {
	Position int
	To       money.Amount // what is claimed of it now, below what was granted; zero: nothing
}

// Correct lowers lines of a claim that were granted, since their sender claims less of them
// now: it corrected its claim, cancelled it, or the goods came back. Nothing that is written
// is changed but what the lines stand at: an entry of the ledger takes the difference off
// what is approved and not settled, and what is settled already is owed, as for goods that
// came back (SetEarned). The lines of documents are free to be claimed again. What is not
// below what was granted is passed over, so it is safe to repeat. It joins the transaction of ctx; the actor is the
// system of the supplier. It returns what was taken back.
// Codes: NotFound, Forbidden (a person), Conflict (a claim that no document made).
// Publishes ClaimCorrected, and Countered where something is owed.
func (s *Service) Correct(ctx context.Context, actor access.Actor, id ClaimID, list []Correction) (money.Amount, error) {
	var back money.Amount
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.ClaimDecide, id, true)
		switch {
		case err == nil && actor.Person != "":
			err = fault.New(fault.Forbidden, "error.forbidden")
		case err == nil && r.Source != SourceEDI:
			err = fault.New(fault.Conflict, "fund.by_edi")
		}
		if err != nil {
			return err
		}
		c := money.Currency(r.Currency)
		back = money.Amount{Currency: c}
		lines, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, x := range list {
			i := slices.IndexFunc(lines, func(l lineRow) bool { return int(l.Position) == x.Position })
			if i < 0 || x.To.Minor < 0 || x.To.Minor > 0 && x.To.Currency != c {
				return fault.New(fault.Invalid, "form.invalid").With("lines", "fund.line_unknown", "Line", x.Position)
			}
			l := &lines[i]
			if l.Verdict != LineAccepted && l.Verdict != LineChanged || x.To.Minor >= l.Approved {
				continue
			}
			less := l.Approved - x.To.Minor
			if err := takeParts(ctx, r, l.Position, less); err != nil {
				return err
			}
			l.Approved, l.Verdict, l.Reason = x.To.Minor, LineChanged, ReasonLowered
			if l.Approved == 0 {
				l.Verdict, l.Reason, l.Live = LineRejected, ReasonTakenOff, 0
			}
			if err := saveLine(ctx, *l); err != nil {
				return err
			}
			back.Minor += less
		}
		if back.Minor == 0 {
			return nil
		}
		return s.corrected(ctx, actor, &r, back.Minor)
	})
	return back, err
}

// corrected books that so much less is approved of a claim, and tells it.
func (s *Service) corrected(ctx context.Context, actor access.Actor, r *claimRow, less int64) error {
	if _, err := programByID(ctx, r.ProgramID, true); err != nil {
		return err
	}
	open := min(less, max(0, r.Approved-r.Settled)) // not settled yet
	to := leg{org: r.OrgID, kind: accAvailable, minor: less}
	owed := open - less // what is settled already
	var back []leg
	if r.RequestID != "" {
		of, err := requestByID(ctx, r.RequestID, true)
		if err != nil {
			return err
		}
		if RequestState(of.State).Holds() { // its reservation may be claimed again
			to.kind, to.ref = accReserved, of.ID
		}
	}
	if open > 0 {
		back = append(back, leg{org: r.OrgID, kind: accConsumed, ref: r.ID, minor: -open})
	}
	if to.kind == accAvailable {
		had, err := balanceOf(ctx, r.ProgramID, r.OrgID, accOwed, "", money.Currency(r.Currency))
		if err != nil {
			return err
		}
		before, err := unearned(ctx, *r)
		if err != nil {
			return err
		}
		// What is free again pays what is owed from before. What is settled and was taken back with
		// what earned it (a credit came first) is owed already, or came back since: not once more.
		pays := min(open, -had)
		pays += min(less-open, max(0, before-pays))
		to.minor, owed = to.minor-pays, owed+pays
	}
	if to.minor > 0 {
		back = append(back, to)
	}
	if owed != 0 {
		back = append(back, leg{org: r.OrgID, kind: accOwed, minor: owed})
	}
	if len(back) > 0 {
		if _, err := post(ctx, actor, posting{program: r.ProgramID, owner: r.OwnerID, org: r.OrgID, kind: EntryCorrect, currency: money.Currency(r.Currency), subject: "claim", id: r.ID, text: r.Number, legs: back}); err != nil {
			return err
		}
	}
	r.Approved -= less
	switch {
	case r.Approved == 0 && r.Settled == 0 && r.Pending == 0:
		r.State = string(ClaimWithdrawn)
	case r.Approved <= r.Settled && r.Pending == 0 && ClaimState(r.State) == ClaimApproved:
		r.State = string(ClaimSettled)
	}
	e := Event{Program: ProgramID(r.ProgramID), Claim: ClaimID(r.ID), Supplier: r.OwnerID, Reseller: r.OrgID}
	if err := s.told(ctx, access.System("edi", r.OrgID), r, "claim_corrected", less, "", "", "fund.claim_correct"); err != nil {
		return err
	}
	if err := s.publish(ctx, ClaimCorrected, e); err != nil || owed >= 0 {
		return err
	}
	e.Claim = ""
	return s.publish(ctx, Countered, e)
}

// unearned is how much of what is approved of a partner's claims on the money of a claim stands
// on nothing any more, since what earned it was taken back (SetEarned).
func unearned(ctx context.Context, r claimRow) (int64, error) {
	sums, err := sumsOf(ctx, []string{r.ProgramID}, r.OrgID)
	if err != nil {
		return 0, err
	}
	approved, err := approvedOf(ctx, r.ProgramID, r.OrgID)
	b := balance(sums, r.ProgramID, r.OrgID, money.Currency(r.Currency))
	return max(0, approved+b.Reserved.Minor+b.Lapsed.Minor-b.Granted.Minor), err
}

// takeParts frees lines of documents of which a line of a claim was made, the last first: by
// rows below zero, for what was granted once stays written.
func takeParts(ctx context.Context, r claimRow, position, less int64) error {
	rows, err := partsOfLine(ctx, r.ID, position)
	if err != nil || len(rows) == 0 {
		return err
	}
	type place struct {
		order string
		line  int64
	}
	left := map[place]int64{}
	var order []place
	next := int64(0)
	for _, p := range rows {
		k := place{p.OrderID, p.OrderLine}
		if _, ok := left[k]; !ok {
			order = append(order, k)
		}
		left[k] += p.Amount
		next = max(next, p.Part)
	}
	var out []partRow
	for _, k := range slices.Backward(order) {
		n := min(less, left[k])
		if n <= 0 {
			continue
		}
		less -= n
		next++
		out = append(out, partRow{ClaimID: r.ID, Position: position, Part: next, OwnerID: r.OwnerID, OrgID: r.OrgID, OrderID: k.order, OrderLine: k.line, Amount: -n})
	}
	return insertParts(ctx, out)
}

// unsettled are the legs by which a settlement is reversed: what it paid beyond what is
// approved by now is not owed any more, and the rest is to be paid again.
func unsettled(ctx context.Context, r claimRow, amount int64) ([]leg, error) {
	over := min(amount, max(0, r.Settled-r.Approved))
	legs := []leg{{org: r.OrgID, kind: accSettled, minor: -amount}}
	if amount > over {
		legs = append(legs, leg{org: r.OrgID, kind: accConsumed, ref: r.ID, minor: amount - over})
	}
	if over == 0 {
		return legs, nil
	}
	owed, err := balanceOf(ctx, r.ProgramID, r.OrgID, accOwed, "", money.Currency(r.Currency))
	if err != nil {
		return nil, err
	}
	if n := min(over, -owed); n > 0 {
		legs, over = append(legs, leg{org: r.OrgID, kind: accOwed, minor: n}), over-n
	}
	if over > 0 { // it was earned back meanwhile
		legs = append(legs, leg{org: r.OrgID, kind: accAvailable, minor: over})
	}
	return legs, nil
}

// Granted says that something was granted on the line.
func (l KeyedLine) Granted() bool { return l.Verdict == LineAccepted || l.Verdict == LineChanged }
