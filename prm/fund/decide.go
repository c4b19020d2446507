package fund

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// TakeClaim says that the supplier checks the proof.
// Codes: NotFound, Forbidden, Conflict.
func (s *Service) TakeClaim(ctx context.Context, actor access.Actor, id ClaimID, version int64) (Claim, error) {
	return s.act(ctx, actor, access.ClaimDecide, id, version, []ClaimState{ClaimSubmitted}, func(ctx context.Context, r *claimRow) error {
		r.State = string(ClaimCheck)
		return s.told(ctx, actor, r, "claim_check", 0, "", "", "fund.claim_take")
	})
}

// ReturnClaim sends a claim back with words; the partner may change it and send it again.
// Codes: NotFound, Forbidden, Invalid (a reason is missing), Conflict. Publishes ClaimReturnedTo.
func (s *Service) ReturnClaim(ctx context.Context, actor access.Actor, id ClaimID, version int64, reason string) (Claim, error) {
	return s.act(ctx, actor, access.ClaimDecide, id, version, []ClaimState{ClaimSubmitted, ClaimCheck}, func(ctx context.Context, r *claimRow) error {
		if reason = cut(reason, 500); reason == "" {
			return fault.InvalidField("reason", "form.missing")
		}
		r.State, r.Reason, r.FirstBy, r.FirstMark = string(ClaimReturned), reason, "", ""
		if err := setLive(ctx, r.ID, 0); err != nil {
			return err
		}
		return s.told(ctx, actor, r, "claim_returned", 0, reason, ClaimReturnedTo, "fund.claim_return")
	})
}

// DenyClaim refuses a claim for good.
// Codes: NotFound, Forbidden, Invalid (a reason is missing), Conflict. Publishes ClaimDeniedTo.
func (s *Service) DenyClaim(ctx context.Context, actor access.Actor, id ClaimID, version int64, reason string) (Claim, error) {
	return s.act(ctx, actor, access.ClaimDecide, id, version, []ClaimState{ClaimSubmitted, ClaimCheck}, func(ctx context.Context, r *claimRow) error {
		if reason = cut(reason, 500); reason == "" {
			return fault.InvalidField("reason", "form.missing")
		}
		r.State, r.Reason, r.FirstBy, r.FirstMark = string(ClaimDenied), reason, "", ""
		r.Decided, r.DecidedBy = db.Micros(db.Now(ctx)), actor.Person
		if err := setLive(ctx, r.ID, 0); err != nil {
			return err
		}
		return s.told(ctx, actor, r, "claim_denied", 0, reason, ClaimDeniedTo, "fund.claim_deny")
	})
}

// Verdict decides one line.
type Verdict struct {
	Position int
	Verdict  string       // of Verdicts
	Amount   money.Amount // of a changed one
	Reason   string       // of LineReasons: rejected, changed or pending
	Missing  string       // of a pending one, in words
	Due      string       // and until when
	Parts    []Part       // of which lines of documents the amount is made, where that is known
}

// Part is a part of what is granted on a line: of a line of an order or of a report.
type Part struct {
	Order string
	Line  int
	Minor int64
}

// Decide decides a claim line by line. Lines that are not named and were not looked at yet
// are accepted as they were asked for, but for those of which the documents say something
// else: they are named. Those that wait for something go on waiting. What
// is approved leaves the reservation of its request, or the partner's part, at once; a
// later decision on what waited adds to it. Nothing is decided twice.
// Codes: NotFound, Forbidden, Invalid (a line, an amount, a reason), Conflict (changed
// meanwhile, decided already, filed by the same person, over the person's limit, more than
// is there). Publishes ClaimDecided, or SecondAsked.
func (s *Service) Decide(ctx context.Context, actor access.Actor, id ClaimID, version int64, verdicts []Verdict, words string) (Claim, error) {
	return s.act(ctx, actor, access.ClaimDecide, id, version, []ClaimState{ClaimSubmitted, ClaimCheck, ClaimApproved, ClaimSettled}, func(ctx context.Context, r *claimRow) error {
		lines, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		return s.decide(ctx, actor, r, lines, verdicts, words)
	})
}

func (s *Service) decide(ctx context.Context, actor access.Actor, r *claimRow, lines []lineRow, verdicts []Verdict, words string) error {
	first := ClaimState(r.State).Waits()
	if !first && r.Pending == 0 {
		return moved(r.State)
	}
	more, touched, err := judge(lines, verdicts, first, money.Currency(r.Currency))
	if err != nil {
		return err
	}
	words = cut(words, 500)
	total := money.Amount{Minor: r.Approved + more, Currency: money.Currency(r.Currency)}
	if more > 0 {
		if err := proven(ctx, *r); err != nil {
			return err
		}
		var mark strings.Builder
		for _, i := range touched {
			l := lines[i]
			fmt.Fprintf(&mark, "%d %s %d %s %s\n", l.Position, l.Verdict, l.Approved, l.Reason, l.DueOn)
		}
		stands, err := raisedOver(ctx, *r, lines)
		if err != nil {
			return err
		}
		whole := money.Amount{Minor: total.Minor + stands, Currency: total.Currency}
		ok, err := s.second(ctx, actor, r.OwnerID, r.ProgramID, whole, &r.FirstBy, &r.FirstMark, mark.String(), r.MadeBy, r.SubmittedBy)
		if err != nil {
			return err
		}
		if !ok { // the lines stay as they are: the second decides the same again
			if first {
				r.State = string(ClaimCheck)
			}
			return s.told(ctx, actor, r, "first", total.Minor, words, SecondAsked, "fund.claim_first")
		}
		from := leg{org: r.OrgID, kind: accAvailable}
		if r.RequestID != "" {
			from = leg{org: r.OrgID, kind: accReserved, ref: r.RequestID}
		}
		if _, err := s.consume(ctx, actor, *r, from, more); err != nil {
			return err
		}
	} else if actor.Person != "" && (actor.Person == r.MadeBy || actor.Person == r.SubmittedBy) {
		return fault.New(fault.Conflict, "fund.self_approval")
	}
	for _, i := range touched {
		if err := saveLine(ctx, lines[i]); err != nil {
			return err
		}
	}
	if err := insertParts(ctx, partsOf(*r, verdicts)); err != nil {
		return err
	}
	if err := wait(ctx, r, lines); err != nil {
		return err
	}
	r.Approved, r.FirstBy, r.FirstMark = total.Minor, "", ""
	r.Decided, r.DecidedBy, r.Reason = db.Micros(db.Now(ctx)), actor.Person, words
	event, kind := ClaimDecided, "claim_decided"
	switch {
	case r.Approved == 0 && r.Pending == 0 && !slices.ContainsFunc(lines, func(l lineRow) bool { return l.Verdict == LineCounter }):
		r.State, event, kind = string(ClaimDenied), ClaimDeniedTo, "claim_denied"
	case r.Approved <= r.Settled && r.Pending == 0:
		r.State = string(ClaimSettled)
	default:
		r.State = string(ClaimApproved)
	}
	return s.told(ctx, actor, r, kind, more, words, event, "fund.claim_decide")
}

// wait counts the lines that wait for something, and sets when the first has waited long
// enough: the end of its day where its programme is.
func wait(ctx context.Context, r *claimRow, lines []lineRow) error {
	r.Pending, r.NextAt = 0, 0
	first := ""
	for _, l := range lines {
		if l.Verdict == LinePending {
			if r.Pending++; first == "" || l.DueOn < first {
				first = l.DueOn
			}
		}
	}
	if first == "" {
		return nil
	}
	p, err := programByID(ctx, r.ProgramID, false)
	if err == nil {
		r.NextAt, err = midnight(p.Zone, first, 1)
	}
	return err
}

// partsOf are the parts of verdicts that grant something.
func partsOf(r claimRow, verdicts []Verdict) []partRow {
	var out []partRow
	for _, v := range verdicts {
		for i, x := range v.Parts {
			if v.Verdict == LineAccepted || v.Verdict == LineChanged {
				out = append(out, partRow{ClaimID: r.ID, Position: int64(v.Position), Part: int64(i + 1), OwnerID: r.OwnerID, OrgID: r.OrgID, OrderID: x.Order, OrderLine: int64(x.Line), Amount: x.Minor})
			}
		}
	}
	return out
}

// judge applies verdicts to lines and says what they add, and which lines they touch.
func judge(lines []lineRow, verdicts []Verdict, first bool, c money.Currency) (int64, []int, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	more, touched := int64(0), []int(nil)
	seen := map[int]bool{}
	apply := func(i int, v Verdict) {
		l, at := &lines[i], fmt.Sprintf("line.%d.", v.Position)
		l.Reason, l.Missing, l.DueOn, l.Approved = v.Reason, "", "", 0
		switch v.Verdict {
		case LineAccepted:
			l.Approved, l.Reason = l.Asked, ""
		case LineChanged:
			if v.Amount.Currency != c || v.Amount.Minor <= 0 || v.Amount.Minor > l.Asked {
				bad.With(at+"amount", "fund.over_asked", "Most", say(money.Amount{Minor: l.Asked, Currency: c}))
			}
			l.Approved = v.Amount.Minor
		case LineRejected:
			l.Live = 0
		case LineCounter: // what it takes back was taken off another line
			if l.Back == 0 {
				bad.With(at+"verdict", "form.choice_wrong")
			}
		case LinePending:
			l.Missing = cut(v.Missing, 300)
			if l.Missing == "" {
				bad.With(at+"missing", "form.missing")
			}
			if !civil(v.Due) {
				bad.With(at+"due", "form.date")
			}
			l.DueOn = v.Due
		default:
			bad.With(at+"verdict", "form.choice_wrong")
		}
		if v.Verdict != LineAccepted && v.Verdict != LineCounter && !slices.Contains(LineReasons, v.Reason) && !slices.Contains(DocumentReasons, v.Reason) {
			bad.With(at+"reason", "form.choice_wrong")
		}
		l.Verdict = v.Verdict
		more += l.Approved
		touched = append(touched, i)
	}
	for _, v := range verdicts {
		i := slices.IndexFunc(lines, func(l lineRow) bool { return int(l.Position) == v.Position })
		switch {
		case i < 0 || seen[v.Position]:
			bad.With(fmt.Sprintf("line.%d.verdict", v.Position), "fund.line_unknown", "Line", v.Position)
			continue
		case lines[i].Verdict != LineOpen && lines[i].Verdict != LinePending:
			return 0, nil, fault.New(fault.Conflict, "fund.line_decided", "Line", v.Position)
		}
		seen[v.Position] = true
		apply(i, v)
	}
	for i, l := range lines {
		if first && l.Verdict == LineOpen && !seen[int(l.Position)] {
			if l.Reason != "" { // the documents speak against it: silence does not grant it
				bad.With(fmt.Sprintf("line.%d.verdict", l.Position), "form.missing")
				continue
			}
			apply(i, Verdict{Position: int(l.Position), Verdict: LineAccepted})
		}
	}
	slices.Sort(touched)
	if len(touched) == 0 {
		bad.With("lines", "form.missing")
	}
	return more, touched, bad.OrNil()
}

// SettleCmd settles what is due of a claim, or a part of it.
type SettleCmd struct {
	Kind      string       // of WaysFor its nature
	Reference string       // number of the credit note, the partner's invoice or the payment
	Amount    money.Amount // net; zero: all that is due, of an offset no more than was deducted
	TaxRate   money.Rate   // of a credit note: that of the goods
	On        string       // civil date; empty is today
}

// Settle books that an approved claim was settled. What the partner deducted already is
// settled by an offset against that payment and by nothing else; what it did not deduct goes
// another way once that was offset.
// Codes: NotFound, Forbidden, Invalid (also an offset of more than was deducted), Conflict
// (changed meanwhile, nothing is due, it was deducted already, the same reference again). Publishes ClaimSettledTo.
func (s *Service) Settle(ctx context.Context, actor access.Actor, id ClaimID, version int64, cmd SettleCmd) (Claim, error) {
	return s.act(ctx, actor, access.ClaimSettle, id, version, []ClaimState{ClaimApproved}, func(ctx context.Context, r *claimRow) error {
		c := money.Currency(r.Currency)
		due := money.Amount{Minor: r.Approved - r.Settled, Currency: c}
		if due.Minor <= 0 {
			return fault.New(fault.Conflict, "fund.nothing_due")
		}
		if cmd.On == "" {
			cmd.On = db.Now(ctx).Format("2006-01-02")
		}
		cmd.Reference = strings.TrimSpace(cmd.Reference)
		old, err := settlementsOf(ctx, r.ID)
		if err != nil {
			return err
		}
		taken, err := s.taken(ctx, *r, old)
		if err != nil {
			return err
		}
		if cmd.Amount.Minor == 0 {
			cmd.Amount = due
			if x := cmd.against(taken); x != nil && !x.all && x.left > 0 {
				cmd.Amount.Minor = min(due.Minor, x.left)
			}
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		text(bad, "reference", cmd.Reference, 60, true)
		if !slices.Contains(WaysFor(r.Nature), cmd.Kind) {
			bad.With("kind", "fund.way")
		}
		if cmd.Amount.Currency != c || cmd.Amount.Minor <= 0 || cmd.Amount.Minor > due.Minor {
			bad.With("amount", "fund.over_due", "Most", say(due))
		}
		if cmd.TaxRate < 0 || cmd.TaxRate > money.One {
			bad.With("tax_rate", "fund.share_range")
		}
		if !civil(cmd.On) {
			bad.With("on", "form.date")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		tax, err := money.Portion(cmd.Amount, cmd.TaxRate)
		if err != nil {
			return fault.InvalidField("amount", "fund.amount")
		}
		if err := deducted(taken, cmd, tax); err != nil {
			return err
		}
		if slices.ContainsFunc(old, func(x settlementRow) bool {
			return x.Reversed == 0 && x.Kind == cmd.Kind && x.Kind != ByOffset && x.Reference == cmd.Reference // one payment may offset it in parts
		}) {
			return fault.New(fault.Conflict, "fund.settled_before", "Reference", cmd.Reference)
		}
		entry, err := post(ctx, actor, posting{program: r.ProgramID, owner: r.OwnerID, org: r.OrgID, kind: EntrySettle, currency: c, subject: "claim", id: r.ID, text: cmd.Reference, legs: move(leg{org: r.OrgID, kind: accConsumed, ref: r.ID}, leg{org: r.OrgID, kind: accSettled}, cmd.Amount.Minor)})
		if err != nil {
			return err
		}
		if err := insertSettlement(ctx, settlementRow{ID: db.NewID(), ClaimID: r.ID, OwnerID: r.OwnerID, OrgID: r.OrgID, Kind: cmd.Kind, Reference: cmd.Reference, Currency: r.Currency, Amount: cmd.Amount.Minor, TaxRate: int64(cmd.TaxRate), Tax: tax.Minor, OnDay: cmd.On, Made: db.Micros(db.Now(ctx)), MadeBy: actor.Person, EntryID: entry}); err != nil {
			return err
		}
		r.Settled += cmd.Amount.Minor
		if r.Settled >= r.Approved && r.Pending == 0 {
			r.State = string(ClaimSettled)
		}
		return s.told(ctx, actor, r, "claim_"+cmd.Kind, cmd.Amount.Minor, cmd.Reference, ClaimSettledTo, "fund.claim_settle")
	})
}

// takenOff is what a partner took off one of its payments in the name of a claim.
type takenOff struct {
	payment string
	left    int64 // that no offset has used yet
	all     bool  // nobody knows how much it was: nothing of the claim goes another way
}

// taken lists it: what its payments say, and its own word, which names no amount. What names a
// document of which several claims came was taken off once for all of them.
func (s *Service) taken(ctx context.Context, r claimRow, old []settlementRow) ([]takenOff, error) {
	var out []takenOff
	if s.deductions != nil {
		numbers, err := s.knownBy(ctx, r)
		if err != nil {
			return nil, err
		}
		found, err := s.deductedBy(ctx, r, numbers)
		if err != nil {
			return nil, err
		}
		var payments []string
		for _, d := range found {
			i := slices.IndexFunc(out, func(x takenOff) bool { return x.is(d.Payment) })
			if i < 0 {
				i, out, payments = len(out), append(out, takenOff{payment: d.Payment}), append(payments, d.Payment)
			}
			out[i].left += d.Amount.Minor
			out[i].all = out[i].all || d.Amount.Currency != money.Currency(r.Currency)
		}
		beside, err := offsetsBeside(ctx, r, payments)
		if err != nil {
			return nil, err
		}
		for _, o := range beside {
			x := o.claim
			theirs, err := s.knownBy(ctx, x)
			if err != nil {
				return nil, err
			}
			alone := slices.DeleteFunc(slices.Clone(theirs), func(n string) bool { return has(numbers, n) })
			if len(alone) == len(theirs) {
				continue
			}
			own, err := s.deductedBy(ctx, x, alone) // that uses first what was taken off for it alone
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(out, func(t takenOff) bool { return t.is(o.payment) })
			used := o.amount
			for _, d := range own {
				if out[i].is(d.Payment) && d.Amount.Currency == money.Currency(r.Currency) {
					used -= d.Amount.Minor
				}
			}
			out[i].left -= max(0, used)
		}
	}
	if r.Deducted != "" && !slices.ContainsFunc(out, func(x takenOff) bool { return x.is(r.Deducted) }) {
		out = append(out, takenOff{payment: r.Deducted, all: true})
	}
	for i := range out {
		for _, x := range old {
			if x.Kind == ByOffset && x.Reversed == 0 && out[i].is(x.Reference) {
				out[i].left -= x.Amount + x.Tax
			}
		}
	}
	return out, nil
}

// knownBy are the numbers by which a partner knows a claim.
func (s *Service) knownBy(ctx context.Context, r claimRow) ([]string, error) {
	numbers := []string{r.Number}
	if s.checks == nil || r.Source != SourceEDI {
		return numbers, nil
	}
	more, err := s.checks.Numbers(ctx, access.System("funds", r.OwnerID), ClaimID(r.ID))
	for _, n := range more {
		if !has(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers, err
}

func has(numbers []string, number string) bool {
	return slices.ContainsFunc(numbers, func(x string) bool { return strings.EqualFold(x, number) })
}

// deductedBy is what the partner of a claim took off its payments in the name of some numbers.
func (s *Service) deductedBy(ctx context.Context, r claimRow, numbers []string) ([]Deduction, error) {
	var out []Deduction
	for _, number := range numbers {
		found, err := s.deductions.Deducted(ctx, r.OwnerID, r.OrgID, number)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (x takenOff) is(payment string) bool { return strings.EqualFold(x.payment, payment) }

// against is what was taken off the payment that a settlement names, nil for an unknown one.
func (cmd SettleCmd) against(taken []takenOff) *takenOff {
	if i := slices.IndexFunc(taken, func(x takenOff) bool { return x.is(cmd.Reference) }); i >= 0 && cmd.Kind == ByOffset {
		return &taken[i]
	}
	return nil
}

// deducted refuses to pay what the partner has taken off a payment, and to offset more than it
// took. What is left goes another way once all of that was offset.
func deducted(taken []takenOff, cmd SettleCmd, tax money.Amount) error {
	if x := cmd.against(taken); x != nil {
		if most := max(0, x.left); !x.all && cmd.Amount.Minor+tax.Minor > most {
			return fault.InvalidField("amount", "fund.over_deducted", "Most", say(money.Amount{Minor: most, Currency: cmd.Amount.Currency}), "Payment", x.payment)
		}
		return nil
	}
	for _, x := range taken {
		switch {
		case x.all:
			return fault.New(fault.Conflict, "fund.deducted", "Payment", x.payment)
		case x.left > 0:
			return fault.New(fault.Conflict, "fund.deducted_part", "Payment", x.payment, "Amount", say(money.Amount{Minor: x.left, Currency: cmd.Amount.Currency}))
		}
	}
	return nil
}

// took is the payment with which a claim was deducted: by the partner's own word, else
// against which a part of it was offset.
func (r claimRow) took(list []settlementRow) string {
	if i := slices.IndexFunc(list, func(x settlementRow) bool { return x.Kind == ByOffset && x.Reversed == 0 }); i >= 0 && r.Deducted == "" {
		return list[i].Reference
	}
	return r.Deducted
}

// Unsettle reverses a settlement that was booked wrongly and is not reconciled.
// Codes: NotFound, Forbidden, Invalid (a reason is missing), Conflict.
func (s *Service) Unsettle(ctx context.Context, actor access.Actor, id ClaimID, version int64, settlement, reason string) (Claim, error) {
	return s.act(ctx, actor, access.ClaimSettle, id, version, []ClaimState{ClaimApproved, ClaimSettled}, func(ctx context.Context, r *claimRow) error {
		if reason = cut(reason, 500); reason == "" {
			return fault.InvalidField("reason", "form.missing")
		}
		x, err := settlementOf(ctx, r.ID, settlement)
		if err != nil {
			return err
		}
		if err := moveSettlement(ctx, x.ID, map[string]any{"reversed": db.Micros(db.Now(ctx))}); err != nil {
			return err
		}
		legs, err := unsettled(ctx, *r, x.Amount)
		if err != nil {
			return err
		}
		if _, err := post(ctx, actor, posting{program: r.ProgramID, owner: r.OwnerID, org: r.OrgID, kind: EntryReverse, currency: money.Currency(r.Currency), subject: "claim", id: r.ID, text: reason, reverses: x.EntryID, legs: legs}); err != nil {
			return err
		}
		if r.Settled -= x.Amount; r.Settled < r.Approved || r.Pending > 0 {
			r.State = string(ClaimApproved)
		}
		return s.told(ctx, actor, r, "claim_unsettled", x.Amount, reason, "", "fund.claim_unsettle")
	})
}

// Reconcile notes that a settlement was found in the books, under their reference.
// Codes: NotFound, Forbidden, Invalid, Conflict (reconciled or reversed before).
func (s *Service) Reconcile(ctx context.Context, actor access.Actor, id ClaimID, version int64, settlement, external string) (Claim, error) {
	return s.act(ctx, actor, access.ClaimSettle, id, version, []ClaimState{ClaimApproved, ClaimSettled}, func(ctx context.Context, r *claimRow) error {
		external = strings.TrimSpace(external)
		bad := fault.New(fault.Invalid, "form.invalid")
		text(bad, "external", external, 60, true)
		if err := bad.OrNil(); err != nil {
			return err
		}
		x, err := settlementOf(ctx, r.ID, settlement)
		if err != nil {
			return err
		}
		if err := moveSettlement(ctx, x.ID, map[string]any{"reconciled": db.Micros(db.Now(ctx)), "reconciled_by": actor.Person, "external": external}); err != nil {
			return err
		}
		all, err := settlementsOf(ctx, r.ID)
		if err != nil {
			return err
		}
		done := ClaimState(r.State) == ClaimSettled
		for _, y := range all {
			done = done && (y.Reversed > 0 || y.Reconciled > 0)
		}
		if done {
			r.State = string(ClaimReconciled)
		}
		return s.told(ctx, actor, r, "claim_reconciled", x.Amount, external, "", "fund.claim_reconcile")
	})
}
