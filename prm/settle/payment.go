package settle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/money"
	"entente/prm/trade"
)

// Outcome says what became of a payment.
type Outcome string

// The outcomes.
const (
	Booked    Outcome = "booked"
	Duplicate Outcome = "duplicate" // the same payment again: nothing was booked
	HeldBack  Outcome = "held"      // it contradicts itself or what is here; somebody is asked
	Discarded Outcome = "discarded" // a person said that it is not to be booked
)

// Why a payment is held. The key of the words is "payment.held.<reason>".
const (
	HeldSame     = "same_number"      // its number was used for other content
	HeldTotal    = "total_wrong"      // its total is not that of its lines
	HeldAmount   = "amount_unread"    // an amount that cannot be read or added
	HeldCurrency = "currency_differs" // neither that of the partnership nor of any invoice it names
	HeldNumber   = "number_missing"
	HeldDebit    = "debit"    // takes money instead of giving it
	HeldEmpty    = "no_lines" // pays nothing
	HeldLines    = "many_lines"
)

// Kinds of issue. The keys of the words are "issue.<kind>" and "issue.next.<kind>".
const (
	IssueDeduction = "deduction" // kept back with a reason
	IssueAddition  = "addition"  // paid on top with a reason
	IssueDiscount  = "discount"  // taken for early payment
	IssueShort     = "short"     // less than is owed, and nothing said
	IssueOver      = "over"      // more than is owed
	IssueUnknown   = "unknown"   // a document that nobody knows
	IssueCurrency  = "currency"  // the document is in another currency
)

// States of an issue.
const (
	IssueOpen    = "open"
	IssueMatched = "matched" // a dispute explains it; its end settles it
	IssueDone    = "settled"
)

// How an issue was settled. The key of the words is "issue.answer.<answer>".
const (
	DoneCredited = "credited"  // a credit covers it
	DoneRefused  = "refused"   // the supplier does not accept it: the invoice stays owed
	DoneAccepted = "accepted"  // the reseller pays it after all, or the dispute ended so
	DoneAccount  = "account"   // it stays on account
	DoneAssigned = "assigned"  // it was put to an invoice
	DonePaid     = "paid"      // a later payment paid the rest
	DoneAllowed  = "allowed"   // a discount that was agreed
	DoneMatched  = "explained" // tied to a dispute by a person: state IssueMatched
)

// Payment is a payment of a reseller, or its notice (820, REMADV). Applied is what of it
// settled invoices, Rest what stays on account.
type Payment struct {
	ID          PaymentID
	Supplier    string // company ids
	Reseller    string
	Partnership string
	Number      string // the payer's, unique for the pair
	Method      string
	PaidOn      string // civil date
	Total       money.Amount
	Applied     money.Amount
	Rest        money.Amount
	Outcome     Outcome
	Reason      string            // of a held one
	Args        map[string]string // of its words
	Source      string
	Interchange string
	SetNo       int
	By, ByOrg   string // person and company that recorded it; "" and the payer for a system
	At          time.Time
	SettledBy   string // who decided a held one
	SettledOrg  string
	Settled     time.Time
	Note        string
	Lines       []PaymentLine
	Issues      []Issue
}

// PartnerOf is the company on the other side of org.
func (p Payment) PartnerOf(org string) string {
	if org == p.Supplier {
		return p.Reseller
	}
	return p.Supplier
}

// PaymentLine is one document with what is paid for it. A credit that is used has amounts
// below zero. Applied is what of it settled the invoice.
type PaymentLine struct {
	Position int
	Kind     string // "invoice", "credit", "other"; "" holds adjustments alone
	Number   string
	Invoice  trade.InvoiceID // "" while unknown
	Stated   money.Amount    // what the payer says the document is for
	Paid     money.Amount
	Discount money.Amount
	Applied  money.Amount
}

// Issue is something of a payment that is in question. Amount is above zero.
type Issue struct {
	ID          IssueID
	Payment     PaymentID
	PayNumber   string
	PaidOn      string
	Position    int
	Kind        string
	Supplier    string
	Reseller    string
	Partnership string
	Invoice     trade.InvoiceID
	Number      string // of the document it concerns, as the payer wrote it
	Amount      money.Amount
	Code        string // element 426, or of UN list 4465
	CodeUN      string
	Reference   string
	Note        string
	State       string
	SubjectKind string // DocumentDispute, ByCredit
	Subject     string // its id
	SubjectNo   string // its number
	Owner       string // the company whose turn it is
	Due         time.Time
	Answer      string
	AnswerNote  string
	At          time.Time
	Settled     time.Time
	SettledBy   string
	SettledOrg  string
}

// PartnerOf is the company on the other side of org.
func (i Issue) PartnerOf(org string) string {
	if org == i.Supplier {
		return i.Reseller
	}
	return i.Supplier
}

// Late says that it waits past its time at an instant.
func (i Issue) Late(now time.Time) bool { return i.State == IssueOpen && !now.Before(i.Due) }

// Incoming is a payment or the notice of one. Interchange and SetNo make it idempotent.
type Incoming struct {
	Doc         *doc.Remittance
	Supplier    string
	Reseller    string
	Partnership string
	Interchange string
	SetNo       int
	Source      string // trade.SourceEDI when empty
}

// Receipt says what became of a payment.
type Receipt struct {
	ID       PaymentID
	Outcome  Outcome
	Reason   string
	Issues   int  // that are open
	Repeated bool // this very set was received before
}

// RecordCmd is a payment typed on the pages or sent to the API. Key makes a repeated post
// the same payment. Total empty is the sum of the lines.
type RecordCmd struct {
	Partnership string
	Number      string
	Method      string
	PaidOn      string
	Currency    money.Currency
	Key         string
	Lines       []RecordLine
}

// RecordLine pays an invoice, or uses a credit, whose amount is then below zero.
type RecordLine struct {
	Number     string
	Paid       money.Amount
	Discount   money.Amount
	Deductions []Deduction
}

// Deduction is what was kept back of a line, and why. Amount is above zero. Reason is one
// of Reasons or a code of element 426.
type Deduction struct {
	Amount    money.Amount
	Reason    string
	Reference string // of a dispute, a credit or a claim
	Note      string
}

// Receive books a payment that a system sent. It is safe to repeat: the same set of the
// same interchange gives the first receipt again. A number that is known makes no second
// payment: equal content is a duplicate, other content is held. The actor is the system
// acting for the reseller.
// Codes: NotFound (no such partnership), Forbidden.
// Publishes PaymentBooked and IssueOpened for each open issue, PaymentHeld or PaymentRepeated.
func (s *Service) Receive(ctx context.Context, actor access.Actor, in Incoming) (Receipt, error) {
	if err := access.Check(actor, access.PaymentRecord, access.Shared(in.Supplier, in.Reseller)); err != nil {
		return Receipt{}, err
	}
	if !strings.HasPrefix(actor.Via, "system:") {
		return Receipt{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if in.Source == "" {
		in.Source = trade.SourceEDI
	}
	key := ""
	if in.Interchange != "" {
		key = in.Interchange + "/" + strconv.Itoa(in.SetNo)
	}
	return s.receive(ctx, actor, in, key)
}

// Record books a payment that a person of either company, or its system over the API,
// tells of.
// Codes: NotFound, Forbidden, Invalid (a field per wrong line), Conflict (the payer's own
// people have still to approve an invoice).
// Publishes what Receive does.
func (s *Service) Record(ctx context.Context, actor access.Actor, cmd RecordCmd) (Receipt, error) {
	var p pair
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		var err error
		if p, err = pairOf(ctx, cmd.Partnership); err == nil {
			err = access.Check(actor, access.PaymentRecord, access.Shared(p.SupplierID, p.ResellerID))
		}
		if err == nil && actor.Org == p.ResellerID {
			err = s.unapproved(ctx, p, cmd.Lines)
		}
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	d, err := cmd.document(p)
	if err != nil {
		return Receipt{}, err
	}
	key := ""
	if cmd.Key != "" {
		key = "page/" + actor.Org + "/" + cmd.Key
	}
	source := trade.SourceForm
	if strings.HasPrefix(actor.Via, "token:") {
		source = trade.SourceAPI
	}
	return s.receive(ctx, actor, Incoming{Doc: d, Supplier: p.SupplierID, Reseller: p.ResellerID, Partnership: p.ID, Source: source}, key)
}

// unapproved refuses to pay an invoice that somebody of the payer was asked to approve and
// has not.
func (s *Service) unapproved(ctx context.Context, p pair, lines []RecordLine) error {
	var numbers []string
	for _, l := range lines {
		if l.Paid.Minor > 0 {
			numbers = append(numbers, l.Number)
		}
	}
	if s.gate == nil || len(numbers) == 0 {
		return nil
	}
	known, err := factsByNumber(ctx, p.SupplierID, p.ResellerID, numbers)
	if err != nil {
		return err
	}
	ids := make([]trade.InvoiceID, len(known))
	for i, f := range known {
		ids[i] = trade.InvoiceID(f.ID)
	}
	waits, err := s.gate.Waiting(ctx, p.ResellerID, ids)
	if err != nil || len(waits) == 0 {
		return err
	}
	i := slices.Index(ids, waits[0])
	return fault.New(fault.Conflict, "settle.unapproved", "Number", known[i].Number)
}

// document writes the command as the document that a system would send.
func (cmd *RecordCmd) document(p pair) (*doc.Remittance, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	if cmd.Number = strings.TrimSpace(cmd.Number); cmd.Number == "" {
		bad.With("number", "form.missing")
	} else if len(cmd.Number) > 35 {
		bad.With("number", "form.too_long", "Most", 35)
	} else if !identity.Readable(cmd.Number, false) {
		bad.With("number", "form.text_wrong")
	}
	if _, err := time.Parse(time.DateOnly, cmd.PaidOn); err != nil {
		bad.With("paid_on", "form.date")
	}
	if cmd.Currency == "" {
		cmd.Currency = money.Currency(p.Currency)
	}
	if !cmd.Currency.Valid() {
		bad.With("currency", "settle.currency")
	}
	if len(cmd.Lines) == 0 {
		bad.With("", "form.nothing_named")
	}
	d := &doc.Remittance{Number: cmd.Number, TraceType: "1", Paid: cmd.PaidOn, Date: cmd.PaidOn, Handling: "I", Flag: "C", Method: bounded(cmd.Method, 3)}
	d.Currency = string(cmd.Currency)
	for i, l := range cmd.Lines {
		at := "lines." + strconv.Itoa(i) + "."
		x := doc.RemittanceLine{Qualifier: "IV", Number: bounded(l.Number, 30), Paid: doc.Decimal(l.Paid.String())}
		if x.Number == "" {
			bad.With(at+"number", "form.missing")
		}
		if l.Paid.Minor < 0 {
			x.Qualifier = "CM"
		}
		if magnitude(l.Paid.Minor) > maxPaid {
			bad.With(at+"paid", "form.out_of_range")
		}
		if l.Discount.Minor < 0 {
			bad.With(at+"discount", "settle.amount_wrong", "Line", i+1, "Most", l.Paid.String())
		} else if l.Discount.Minor > 0 {
			x.Discount = doc.Decimal(l.Discount.String())
		}
		for _, k := range l.Deductions {
			if k.Amount.Minor <= 0 {
				bad.With(at+"deduction", "settle.deduction_wrong", "Line", i+1)
				continue
			}
			code := k.Reason
			if c, ok := reasonCodes[k.Reason]; ok {
				code = c
			}
			if len(code) > 2 {
				code = "ZZ"
			}
			a := doc.Adjustment{Amount: doc.Decimal("-" + k.Amount.String()), Reason: code}
			if k.Reference != "" {
				a.Ref = doc.Ref{Qualifier: "ZZ", Value: bounded(k.Reference, 30)}
			}
			if k.Note != "" {
				a.Notes = []string{bounded(k.Note, 80)}
			}
			x.Adjustments = append(x.Adjustments, a)
		}
		if l.Paid.Minor == 0 && len(x.Adjustments) == 0 {
			bad.With(at+"paid", "form.missing")
		}
		d.Lines = append(d.Lines, x)
	}
	d.Total = d.Sum()
	if strings.HasPrefix(string(d.Total), "-") {
		bad.With("lines.0.paid", "payment.held.debit")
	}
	return d, bad.OrNil()
}

// receive stores a payment and finds out what becomes of it.
func (s *Service) receive(ctx context.Context, actor access.Actor, in Incoming, key string) (Receipt, error) {
	var out Receipt
	err := s.db.InTx(db.WithOrgs(ctx, in.Supplier, in.Reseller), func(ctx context.Context) error {
		p, err := pairOf(ctx, in.Partnership)
		if err != nil {
			return err
		}
		if p.SupplierID != in.Supplier || p.ResellerID != in.Reseller {
			return fault.New(fault.NotFound, "error.not_found")
		}
		r, err := newPayment(ctx, actor, p, in, key)
		if err != nil {
			return err
		}
		fresh, err := insertOnce(ctx, &r)
		if err != nil {
			return err
		}
		if !fresh {
			if r, err = paymentBySource(ctx, in.Supplier, key); err != nil {
				return err
			}
			out = Receipt{ID: PaymentID(r.ID), Outcome: Outcome(r.Outcome), Reason: r.Reason, Repeated: true}
			return nil
		}
		out, err = s.decide(ctx, actor, p, &r, in.Doc, false)
		return err
	})
	return out, err
}

// newPayment is the row of a payment before anything came of it.
func newPayment(ctx context.Context, actor access.Actor, p pair, in Incoming, key string) (paymentRow, error) {
	kept, err := json.Marshal(in.Doc)
	if err != nil {
		return paymentRow{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	bare := *in.Doc // neither the envelope nor when it was written
	bare.Extra, bare.Date = nil, ""
	same, err := json.Marshal(bare)
	if err != nil {
		return paymentRow{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	sum := sha256.Sum256(same)
	r := paymentRow{ID: db.NewID(), SupplierID: p.SupplierID, ResellerID: p.ResellerID, PartnershipID: p.ID, Number: bounded(in.Doc.Number, 60), Method: bounded(in.Doc.Method, 10), Currency: in.Doc.Currency,
		Outcome: string(HeldBack), Args: "{}", Document: string(kept), ContentHash: hex.EncodeToString(sum[:]), Source: in.Source, SourceKey: key, InterchangeID: in.Interchange, SetNo: int64(in.SetNo),
		Made: instant(ctx), MadeBy: actor.Person, MadeOrg: actor.Org}
	if r.Currency == "" {
		r.Currency = p.Currency
	}
	for _, day := range []string{in.Doc.Paid, in.Doc.Date, db.Now(ctx).Format(time.DateOnly)} {
		if _, err := time.Parse(time.DateOnly, day); err == nil {
			r.PaidOn = day
			break
		}
	}
	return r, nil
}

// held is a rule that a payment breaks: it is kept and not booked.
type held struct {
	outcome Outcome
	reason  string
	args    map[string]string
}

func (h *held) Error() string { return "settle: payment held: " + h.reason }

func holds(reason string, args ...string) *held {
	h := &held{HeldBack, reason, map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		h.args[args[i]] = bounded(args[i+1], 100)
	}
	return h
}

// decide books a payment or writes what is in the way. again: a person wants it booked
// although its number was used.
func (s *Service) decide(ctx context.Context, actor access.Actor, p pair, r *paymentRow, d *doc.Remittance, again bool) (Receipt, error) {
	open, err := s.book(ctx, actor, p, r, d, again)
	var h *held
	switch {
	case errors.As(err, &h):
		args, err := json.Marshal(h.args)
		if err != nil {
			return Receipt{}, fault.Wrap(err, fault.Internal, "error.internal")
		}
		r.Outcome, r.Reason, r.Args = string(h.outcome), h.reason, string(args)
	case err != nil:
		return Receipt{}, err
	default:
		r.Outcome, r.Reason, r.Args = string(Booked), "", "{}"
	}
	if err := savePayment(ctx, r); err != nil {
		return Receipt{}, err
	}
	kind := map[Outcome]string{Booked: PaymentBooked, Duplicate: PaymentRepeated, HeldBack: PaymentHeld}[Outcome(r.Outcome)]
	e := r.event()
	e.Issues, e.Reason = open, r.Reason
	if err := s.tell(ctx, actor, "payment.record", DocumentPayment, r.ID, kind, r.ID, e); err != nil {
		return Receipt{}, err
	}
	return Receipt{ID: PaymentID(r.ID), Outcome: Outcome(r.Outcome), Reason: r.Reason, Issues: open}, nil
}

func (r *paymentRow) event() Event {
	return Event{Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Payment: PaymentID(r.ID)}
}
