package settle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// DisputeCmd says what a reseller does not accept of an invoice. No lines: every position
// that does not match, with what of it differs.
type DisputeCmd struct {
	Reason string // one of Reasons
	Note   string
	Lines  []DisputeCmdLine
}

// DisputeCmdLine is a position with the net amount that is disputed; 0 takes what differs
// of it, and all of a position that matches.
type DisputeCmdLine struct {
	Position int
	Net      money.Amount
}

// ApproveCmd lets an invoice be paid. Accept takes differences that nobody disputes.
type ApproveCmd struct {
	Note     string
	Accept   bool
	Approval string `json:"-"` // the request by which it was approved; prm/approval alone sets it
}

// clock is until when a company has to act, by its own business calendar.
func clock(ctx context.Context, org string, hours int) (int64, error) {
	o, err := sideOf(ctx, org)
	if err != nil {
		return 0, err
	}
	cal, err := account.StandingCalendar(ctx, o.ID, o.Country, o.Timezone)
	if err != nil {
		return 0, err
	}
	work := time.Duration(hours) * time.Hour
	if c, ok := cal.Clock(db.Now(ctx), work); ok {
		return db.Micros(c.Due), nil
	}
	return db.Micros(db.Now(ctx).Add(7 * 24 * time.Hour)), nil // a company that never works: a week
}

// OpenDispute disputes positions of an invoice for its reseller. A position is in one open
// dispute at a time, and nothing more of it is disputed than is invoiced.
// Codes: NotFound, Forbidden, Conflict (a credit, nothing differs, nothing is owed, a
// position is disputed already), Invalid (a field per wrong line, the reason).
// Publishes DisputeOpened.
func (s *Service) OpenDispute(ctx context.Context, actor access.Actor, id trade.InvoiceID, cmd DisputeCmd) (DisputeID, error) {
	var out DisputeID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := lockInvoices(ctx, []string{string(id)}); err != nil {
			return err
		}
		f, err := factsByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.DisputeOpen, access.Shared(f.SupplierID, f.ResellerID))
		}
		if err != nil {
			return err
		}
		a, err := s.account(ctx, actor, f)
		if err != nil {
			return err
		}
		r, lines, err := newDispute(f, a, cmd)
		if err != nil {
			return err
		}
		n, err := db.Next(ctx, "settle:dispute:"+f.PartnershipID)
		if err != nil {
			return err
		}
		if r.Due, err = clock(ctx, f.SupplierID, DisputeHours); err != nil {
			return err
		}
		r.ID, r.Number, r.Opened, r.OpenedBy = db.NewID(), fmt.Sprintf("D-%05d", n), instant(ctx), actor.Person
		if err := insert(ctx, []disputeRow{r}); err != nil {
			return err
		}
		for i := range lines {
			lines[i].DisputeID = r.ID
		}
		if err := insert(ctx, lines); err != nil {
			return err
		}
		if err := step(ctx, actor, r, "opened", r.Amount, r.Note); err != nil {
			return err
		}
		if err := explain(ctx, r); err != nil {
			return err
		}
		out = DisputeID(r.ID)
		return s.tell(ctx, actor, "dispute.open", DocumentDispute, r.ID, DisputeOpened, r.InvoiceID, r.event("opened"))
	})
	return out, err
}

// newDispute checks what is disputed against the invoice.
func newDispute(f invoiceFacts, a Account, cmd DisputeCmd) (disputeRow, []disputeLineRow, error) {
	r := disputeRow{InvoiceID: f.ID, OrderID: f.OrderID, SupplierID: f.SupplierID, ResellerID: f.ResellerID, PartnershipID: f.PartnershipID, Reason: cmd.Reason, Note: bounded(cmd.Note, 1000), Currency: f.Currency,
		State: DisputeOpen, OwnerID: f.SupplierID, Version: 1}
	switch {
	case f.Kind != trade.InvoiceDebit:
		return r, nil, fault.New(fault.Conflict, "settle.credit_disputed", "Number", f.Number)
	case f.open() <= 0:
		return r, nil, fault.New(fault.Conflict, "settle.nothing_owed", "Number", f.Number)
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if !slices.Contains(Reasons, cmd.Reason) {
		bad.With("reason", "settle.reason_missing")
	}
	if cmd.Reason == "other" && r.Note == "" {
		bad.With("note", "settle.note_missing")
	}
	want := cmd.Lines
	if len(want) == 0 {
		for _, l := range a.Lines {
			if l.Difference.Minor > 0 && l.Disputed == "" {
				want = append(want, DisputeCmdLine{Position: l.Position})
			}
		}
		if len(want) == 0 {
			return r, nil, fault.New(fault.Conflict, "settle.nothing_differs", "Number", f.Number)
		}
	}
	var lines []disputeLineRow
	seen := map[int]bool{}
	for i, w := range want {
		at := fmt.Sprintf("lines.%d.", i)
		if w.Position < 1 || w.Position > len(a.Lines) || seen[w.Position] {
			bad.With(at+"line", "trade.line_unknown", "Line", w.Position)
			continue
		}
		seen[w.Position] = true
		l := a.Lines[w.Position-1]
		net := w.Net
		if net == (money.Amount{}) {
			if net = l.Difference; net.Minor <= 0 {
				net = l.Amount
			}
		}
		switch {
		case l.Disputed != "":
			bad.With(at+"line", "settle.line_disputed", "Line", w.Position)
			continue
		case net.Minor <= 0 || net.Minor > l.Amount.Minor || net.Currency != l.Amount.Currency:
			bad.With(at+"net", "settle.amount_wrong", "Line", w.Position, "Most", l.Amount.String())
			continue
		}
		r.Net += net.Minor
		lines = append(lines, disputeLineRow{Position: int64(l.Position), Line: int64(l.Line), Net: net.Minor})
	}
	if err := bad.OrNil(); err != nil {
		return r, nil, err
	}
	byRate := map[money.Rate]int64{}
	for _, l := range lines {
		byRate[a.Lines[l.Position-1].TaxRate] += l.Net
	}
	for rate, net := range byRate { // rounded once for each rate, as on the invoice
		tax, err := money.Portion(f.amount(net), rate)
		if err != nil {
			return r, nil, fault.New(fault.Invalid, "trade.amount_range")
		}
		r.Tax += tax.Minor
	}
	r.Amount = r.Net + r.Tax
	if left := f.open() - a.Disputed.Minor; r.Amount > left {
		return r, nil, fault.New(fault.Conflict, "settle.more_than_owed", "Number", f.Number, "Open", f.amount(left).String())
	}
	return r, lines, nil
}

func (r disputeRow) event(kind string) Event {
	return Event{Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Order: trade.OrderID(r.OrderID), Invoice: trade.InvoiceID(r.InvoiceID), Dispute: DisputeID(r.ID), Step: kind, Owner: r.OwnerID}
}

func step(ctx context.Context, a access.Actor, r disputeRow, kind string, amount int64, note string) error {
	return insert(ctx, []stepRow{{ID: db.NewID(), DisputeID: r.ID, Kind: kind, Amount: amount, Note: note, PersonID: a.Person, OrgID: a.Org, Made: instant(ctx)}})
}

func bounded(s string, most int) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// dispute locks a dispute for one side to act on it.
func (s *Service) dispute(ctx context.Context, actor access.Actor, act access.Action, id DisputeID, version int64, states ...string) (disputeRow, error) {
	r, err := disputeByID(ctx, id, true)
	if err == nil {
		err = access.Check(actor, act, access.Shared(r.SupplierID, r.ResellerID))
	}
	switch {
	case err != nil:
		return r, err
	case !slices.Contains(states, r.State):
		return r, fault.New(fault.Conflict, "settle.dispute_state", "State", r.State)
	case version != 0 && version != r.Version:
		return r, fault.New(fault.Conflict, "settle.moved_on")
	}
	return r, nil
}

// turn gives a dispute to the other side, with a new clock.
func turn(ctx context.Context, r *disputeRow, state, owner string) error {
	due, err := clock(ctx, owner, DisputeHours)
	if err != nil {
		return err
	}
	r.State, r.OwnerID, r.Due, r.Overdue = state, owner, due, 0
	return nil
}

// OfferCmd is what a supplier offers to end a dispute. Amount is gross, for OfferCredit
// only; 0 is all that is disputed.
type OfferCmd struct {
	Version int64
	Kind    string
	Amount  money.Amount
	Note    string
}

// Offer makes the supplier's offer; it takes the place of an earlier one. What the
// reseller asked for, a credit of all that is disputed, needs no answer: it is agreed at
// once.
// Codes: NotFound, Forbidden, Conflict (another version, or it is not the supplier's
// turn), Invalid.
// Publishes DisputeAnswered.
func (s *Service) Offer(ctx context.Context, actor access.Actor, id DisputeID, cmd OfferCmd) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := s.dispute(ctx, actor, access.DisputeOffer, id, cmd.Version, DisputeOpen, DisputeOffered)
		if err != nil {
			return err
		}
		amount, kind := int64(0), "offer_"+cmd.Kind
		switch cmd.Kind {
		case OfferCredit:
			if amount = cmd.Amount.Minor; cmd.Amount == (money.Amount{}) {
				amount, cmd.Amount.Currency = r.Amount, money.Currency(r.Currency)
			}
			if amount <= 0 || amount > r.Amount || string(cmd.Amount.Currency) != r.Currency {
				return fault.InvalidField("amount", "settle.offer_amount", "Most", r.dispute().Amount.String())
			}
		case OfferStand:
			if strings.TrimSpace(cmd.Note) == "" {
				return fault.InvalidField("note", "settle.note_missing")
			}
		case OfferCorrect:
			amount = r.Amount
		default:
			return fault.InvalidField("offer", "form.invalid")
		}
		r.Offer, r.OfferAmount, r.OfferNote = cmd.Kind, amount, bounded(cmd.Note, 1000)
		if err := step(ctx, actor, r, kind, amount, r.OfferNote); err != nil {
			return err
		}
		if cmd.Kind == OfferStand || amount < r.Amount {
			err = turn(ctx, &r, DisputeOffered, r.ResellerID)
		} else {
			err = turn(ctx, &r, DisputeAgreed, r.SupplierID)
		}
		if err != nil {
			return err
		}
		if err := saveDispute(ctx, &r); err != nil {
			return err
		}
		return s.tell(ctx, actor, "dispute.offer", DocumentDispute, r.ID, DisputeAnswered, r.InvoiceID, r.event(kind))
	})
}

// Answers of the reseller to an offer.
const (
	AnswerAgree  = "agree"
	AnswerRefuse = "refuse"
)

// Answer accepts or refuses the supplier's offer. Who agrees that the invoice stands ends
// the dispute; who agrees to a credit waits for it; who refuses says why.
// Codes: NotFound, Forbidden, Conflict (another version, no offer), Invalid.
// Publishes DisputeAnswered or DisputeEnded.
func (s *Service) Answer(ctx context.Context, actor access.Actor, id DisputeID, version int64, answer, note string) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := s.dispute(ctx, actor, access.DisputeOpen, id, version, DisputeOffered)
		if err != nil {
			return err
		}
		note = bounded(note, 1000)
		switch answer {
		case AnswerAgree:
			if r.Offer == OfferStand {
				return s.end(ctx, actor, &r, EndAccepted, "", note)
			}
			if err := step(ctx, actor, r, "agreed", r.OfferAmount, note); err != nil {
				return err
			}
			err = turn(ctx, &r, DisputeAgreed, r.SupplierID)
		case AnswerRefuse:
			if note == "" {
				return fault.InvalidField("note", "settle.note_missing")
			}
			if err := step(ctx, actor, r, "refused", r.OfferAmount, note); err != nil {
				return err
			}
			r.Offer, r.OfferAmount, r.OfferNote = "", 0, ""
			err = turn(ctx, &r, DisputeOpen, r.SupplierID)
		default:
			return fault.InvalidField("answer", "form.invalid")
		}
		if err != nil {
			return err
		}
		if err := saveDispute(ctx, &r); err != nil {
			return err
		}
		kind := "agreed"
		if answer == AnswerRefuse {
			kind = "refused"
		}
		return s.tell(ctx, actor, "dispute.answer", DocumentDispute, r.ID, DisputeAnswered, r.InvoiceID, r.event(kind))
	})
}

// Withdraw takes a dispute back: the invoice is accepted as it is.
// Codes: NotFound, Forbidden, Conflict (another version, it ended).
// Publishes DisputeEnded.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id DisputeID, version int64, note string) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := s.dispute(ctx, actor, access.DisputeOpen, id, version, DisputeOpen, DisputeOffered)
		if err != nil {
			return err
		}
		return s.end(ctx, actor, &r, EndWithdrawn, "", bounded(note, 1000))
	})
}

// Credit issues the credit that ends a dispute: what was agreed, else all that is
// disputed, spread over the disputed positions. The credit goes out like any other.
// Codes: NotFound, Forbidden, Conflict (another version, an offer waits for its answer,
// the invoice is credited already), Invalid.
// Publishes trade.Invoiced and DisputeEnded.
func (s *Service) Credit(ctx context.Context, actor access.Actor, id DisputeID, version int64, number string) (trade.InvoiceID, error) {
	var out trade.InvoiceID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := s.dispute(ctx, actor, access.DisputeOffer, id, version, DisputeOpen, DisputeAgreed)
		if err != nil {
			return err
		}
		f, err := factsByID(ctx, r.InvoiceID)
		if err != nil {
			return err
		}
		ls, err := disputeLines(ctx, r.ID)
		if err != nil {
			return err
		}
		a, err := s.account(ctx, actor, f)
		if err != nil {
			return err
		}
		lines, err := creditOf(r, ls[r.ID], a)
		if err != nil {
			return err
		}
		if out, err = s.trade.Credit(ctx, actor, trade.InvoiceID(r.InvoiceID), trade.CreditCmd{Number: number, Lines: lines}); err != nil {
			return err
		}
		end := EndCredited
		if r.Offer == OfferCorrect {
			end = EndCorrected
		}
		if err := s.end(ctx, actor, &r, end, out, ""); err != nil {
			return err
		}
		return s.offset(ctx, actor, string(out))
	})
	return out, err
}

// creditOf spreads the credit over the disputed positions: a whole excess of a quantity
// by quantity, anything else as an amount. A share of less than all goes to each position
// by its part, the last one taking the rest.
func creditOf(r disputeRow, ls []disputeLineRow, a Account) ([]trade.CreditLine, error) {
	net := r.Net
	if r.State == DisputeAgreed && r.OfferAmount < r.Amount {
		n, err := netOf(r.OfferAmount, a.Invoice)
		if err != nil {
			return nil, err
		}
		net = min(n, r.Net)
	}
	var out []trade.CreditLine
	left := net
	for i, l := range ls {
		part := l.Net
		if net < r.Net {
			part = l.Net * net / r.Net
			if i == len(ls)-1 {
				part = left
			}
		}
		if part = min(part, left, l.Net); part <= 0 {
			continue
		}
		left -= part
		p := a.Lines[l.Position-1]
		c := trade.CreditLine{Position: int(l.Position)}
		if q := excess(p, part); q > 0 {
			c.Quantity = q
		} else {
			c.Amount = money.Amount{Minor: part, Currency: money.Currency(r.Currency)}
		}
		out = append(out, c)
	}
	return out, nil
}

// excess is the quantity whose price is the amount, where the quantity is what differs.
func excess(p AccountLine, amount int64) money.Quantity {
	if !slices.Contains(p.Wrong, "quantity") || slices.Contains(p.Wrong, "price") || p.Amount.Minor <= 0 {
		return 0
	}
	for _, q := range []money.Quantity{p.Quantity, p.Item.Invoiced - p.Item.Credited - max(p.Item.Shipped, 0)} {
		if q <= 0 || q > p.Quantity {
			continue
		}
		if x, err := money.Extend(q, p.Price, p.Amount.Currency); err == nil && x.Minor == amount {
			return q
		}
	}
	return 0
}

// netOf is the net amount whose gross, at the rate of the invoice, comes nearest to gross
// and is not above it.
func netOf(gross int64, i trade.Invoice) (int64, error) {
	lo, hi := int64(0), gross
	for lo < hi {
		mid := lo + (hi-lo+1)/2
		tax, err := money.Portion(money.Amount{Minor: mid, Currency: i.Currency}, i.TaxRate)
		if err != nil {
			return 0, fault.New(fault.Invalid, "trade.amount_range")
		}
		if mid+tax.Minor <= gross {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo, nil
}

// end closes a dispute and writes how it ended.
func (s *Service) end(ctx context.Context, actor access.Actor, r *disputeRow, outcome string, credit trade.InvoiceID, note string) error {
	r.State, r.OwnerID, r.Outcome, r.CreditID = DisputeClosed, "", outcome, string(credit)
	r.Closed, r.ClosedBy, r.ClosedOrg = instant(ctx), actor.Person, actor.Org
	if err := step(ctx, actor, *r, "closed_"+outcome, r.Amount, note); err != nil {
		return err
	}
	if err := saveDispute(ctx, r); err != nil {
		return err
	}
	if err := s.disputeEnded(ctx, actor, *r); err != nil {
		return err
	}
	return s.tell(ctx, actor, "dispute.end", DocumentDispute, r.ID, DisputeEnded, r.InvoiceID, r.event("closed_"+outcome))
}
