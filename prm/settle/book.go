package settle

import (
	"context"
	"strconv"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

// maxPaymentLines bounds one payment.
const maxPaymentLines = 20000

// maxPaid bounds every amount of a payment, in minor units: what nobody pays, and so far
// below the end of numbers that the sums of a statement cannot reach it.
const maxPaid = 1_000_000_000_000_000

// readLine is a line with its amounts in minor units of the payment's currency.
type readLine struct {
	paymentLineRow
	adjust []readAdjustment
}

type readAdjustment struct {
	amount int64 // signed as in doc.Adjustment
	doc.Adjustment
}

// plain is a decimal without zeros that a currency has no place for.
func plain(n doc.Decimal) string {
	s := string(n)
	if whole, part, ok := strings.Cut(s, "."); ok {
		if part = strings.TrimRight(part, "0"); part == "" {
			return whole
		}
		return whole + "." + part
	}
	return s
}

// readAmounts reads the document; what cannot be read or added up holds it.
func readAmounts(r *paymentRow, d *doc.Remittance) ([]readLine, error) {
	c := money.Currency(r.Currency)
	if !c.Valid() {
		return nil, holds(HeldCurrency, "Currency", r.Currency)
	}
	if len(d.Lines) == 0 {
		return nil, holds(HeldEmpty)
	}
	if len(d.Lines) > maxPaymentLines {
		return nil, holds(HeldLines, "Lines", strconv.Itoa(len(d.Lines)), "Most", strconv.Itoa(maxPaymentLines))
	}
	num := func(n doc.Decimal, line string) (int64, error) {
		if n == "" {
			return 0, nil
		}
		a, err := money.ParseAmount(plain(n), c)
		if err != nil || magnitude(a.Minor) > maxPaid {
			return 0, holds(HeldAmount, "Line", line, "Value", string(n))
		}
		return a.Minor, nil
	}
	out := make([]readLine, len(d.Lines))
	sum := money.Amount{Currency: c}
	for i := range d.Lines {
		l := &d.Lines[i]
		x := readLine{paymentLineRow: paymentLineRow{PaymentID: r.ID, Position: int64(i + 1), DocumentNo: bounded(l.Number, 60), Kind: lineKind(l)}}
		var err error
		for _, k := range []struct {
			to   *int64
			from doc.Decimal
		}{{&x.Paid, l.Paid}, {&x.Stated, l.Amount}, {&x.Discount, l.Discount}} {
			if *k.to, err = num(k.from, l.Number); err != nil {
				return nil, err
			}
		}
		add := x.Paid
		for _, a := range l.Adjustments {
			n, err := num(a.Amount, l.Number)
			if err != nil {
				return nil, err
			}
			if x.adjust = append(x.adjust, readAdjustment{n, a}); l.Number == "" {
				add += n
			}
		}
		if sum, err = sum.Add(money.Amount{Minor: add, Currency: c}); err != nil {
			return nil, holds(HeldAmount, "Line", l.Number, "Value", sum.String())
		}
		out[i] = x
	}
	total := sum.Minor
	if d.Total != "" {
		var err error
		if total, err = num(d.Total, ""); err != nil {
			return nil, err
		}
	}
	if r.Total = total; total < 0 {
		return nil, holds(HeldDebit)
	}
	if total != sum.Minor {
		return nil, holds(HeldTotal, "Total", money.Amount{Minor: total, Currency: c}.String(), "Sum", sum.String(), "Currency", r.Currency)
	}
	return out, nil
}

func lineKind(l *doc.RemittanceLine) string {
	switch {
	case l.Number == "" && l.Qualifier == "":
		return ""
	case l.Qualifier == "" || l.Qualifier == "IV" || l.Qualifier == "380" || l.Qualifier == "OI":
		return "invoice"
	case l.Qualifier == "CM" || l.Qualifier == "381":
		return "credit"
	}
	return "other"
}

// book settles what the payment names and opens an issue for whatever it does not
// explain. It returns how many issues are open.
func (s *Service) book(ctx context.Context, actor access.Actor, p pair, r *paymentRow, d *doc.Remittance, again bool) (int, error) {
	if r.Number == "" {
		return 0, holds(HeldNumber)
	}
	if d.Flag == "D" {
		return 0, holds(HeldDebit)
	}
	if err := known(ctx, r, again); err != nil {
		return 0, err
	}
	lines, err := readAmounts(r, d)
	if err != nil {
		return 0, err
	}
	var numbers []string
	for _, l := range lines {
		if l.DocumentNo != "" {
			numbers = append(numbers, l.DocumentNo)
		}
	}
	found, err := s.named(ctx, r, numbers)
	if err != nil {
		return 0, err
	}
	if r.Currency != p.Currency && !anyIn(found, r.Currency) {
		return 0, holds(HeldCurrency, "Currency", r.Currency, "Ours", p.Currency)
	}
	b := booking{s: s, actor: actor, r: r, found: found}
	for i := range lines {
		if err := b.line(ctx, &lines[i]); err != nil {
			return 0, err
		}
	}
	rows := make([]paymentLineRow, len(lines))
	for i, l := range lines {
		rows[i] = l.paymentLineRow
	}
	if err := insert(ctx, rows); err != nil {
		return 0, err
	}
	if err := insert(ctx, b.settled); err != nil {
		return 0, err
	}
	return b.finish(ctx)
}

// known says whether the number was used: equal content is a duplicate, other content is
// held.
func known(ctx context.Context, r *paymentRow, again bool) error {
	rows, err := paymentsByNumber(ctx, r)
	if err != nil {
		return err
	}
	for _, x := range rows {
		if x.ContentHash == r.ContentHash && Outcome(x.Outcome) == Booked {
			return &held{Duplicate, "", map[string]string{"Number": r.Number, "Payment": x.ID}}
		}
	}
	for _, x := range rows {
		if Outcome(x.Outcome) == Booked && !again {
			return holds(HeldSame, "Number", r.Number, "Payment", x.ID)
		}
	}
	if again { // a payment of its own: its number is made its own too
		for n := 2; ; n++ {
			if free := r.Number + "/" + itoa(n); !takenNumber(rows, free) {
				r.Number = free
				return nil
			}
		}
	}
	return nil
}

// named finds and locks the documents that a payment names, by number.
func (s *Service) named(ctx context.Context, r *paymentRow, numbers []string) (map[string]*invoiceFacts, error) {
	first, err := factsByNumber(ctx, r.SupplierID, r.ResellerID, numbers)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(first))
	for i, f := range first {
		ids[i] = f.ID
	}
	if err := lockInvoices(ctx, ids); err != nil {
		return nil, err
	}
	if db.DialectOf(ctx) == db.Postgres { // another payment may have settled meanwhile
		if first, err = factsByNumber(ctx, r.SupplierID, r.ResellerID, numbers); err != nil {
			return nil, err
		}
	}
	out := map[string]*invoiceFacts{}
	for i := range first {
		out[first[i].Number] = &first[i]
	}
	return out, nil
}

func anyIn(found map[string]*invoiceFacts, currency string) bool {
	for _, f := range found {
		if f.Currency == currency {
			return true
		}
	}
	return false
}

// booking is one payment being booked.
type booking struct {
	s       *Service
	actor   access.Actor
	r       *paymentRow
	found   map[string]*invoiceFacts
	settled []settlementRow
	issues  []issueRow
	rest    []*restOf // invoices that are paid, each once
}

// restOf is an invoice that is paid with what its lines say of the rest.
type restOf struct {
	f    *invoiceFacts
	line int64 // the last one
	less int64 // deductions and discounts
}

func (b *booking) restOf(f *invoiceFacts, line, less int64) {
	for _, x := range b.rest {
		if x.f == f {
			x.line, x.less = line, x.less+less
			return
		}
	}
	b.rest = append(b.rest, &restOf{f, line, less})
}

func (b *booking) issue(l *readLine, kind string, amount int64, f *invoiceFacts) *issueRow {
	x := issueRow{ID: db.NewID(), PaymentID: b.r.ID, Position: l.Position, Kind: kind, SupplierID: b.r.SupplierID, ResellerID: b.r.ResellerID, PartnershipID: b.r.PartnershipID,
		DocumentNo: l.DocumentNo, Currency: b.r.Currency, Amount: amount, State: IssueOpen, OwnerID: b.r.SupplierID, Made: b.r.Made}
	if f != nil {
		x.InvoiceID = f.ID
	}
	b.issues = append(b.issues, x)
	return &b.issues[len(b.issues)-1]
}

// line books one line: it settles its document as far as that is owed.
func (b *booking) line(ctx context.Context, l *readLine) error {
	if l.Kind == "" {
		b.adjustments(l, nil)
		return nil
	}
	f := b.found[l.DocumentNo]
	if f != nil && f.Currency != b.r.Currency {
		b.issue(l, IssueCurrency, magnitude(l.Paid), nil)
		b.adjustments(l, nil)
		return nil
	}
	if f == nil {
		if l.Paid != 0 {
			b.issue(l, IssueUnknown, magnitude(l.Paid), nil)
		}
		b.adjustments(l, nil)
		return nil
	}
	l.InvoiceID = f.ID
	open, apply := f.open(), l.Paid
	if f.Kind == trade.InvoiceCredit { // below zero, and used by paying less
		apply = max(min(apply, 0), min(open, 0))
	} else {
		apply = min(apply, max(open, 0))
	}
	if f.Kind == trade.InvoiceDebit && l.Paid < 0 {
		apply = 0
	}
	if apply != 0 {
		b.settle(f, apply, ByPayment, b.r.ID, l.Position)
	}
	if over := l.Paid - apply; over != 0 {
		b.issue(l, IssueOver, magnitude(over), f)
	}
	less := b.adjustments(l, f)
	if l.Discount > 0 {
		b.issue(l, IssueDiscount, l.Discount, f)
		less += l.Discount
	}
	if f.Kind == trade.InvoiceDebit {
		b.restOf(f, l.Position, less)
	}
	return nil
}

func (b *booking) settle(f *invoiceFacts, amount int64, kind, id string, position int64) {
	f.Settled += amount
	b.settled = append(b.settled, settlementRow{ID: db.NewID(), InvoiceID: f.ID, SupplierID: f.SupplierID, ResellerID: f.ResellerID, Amount: amount, ByKind: kind, ByID: id, Position: position, Made: b.r.Made})
}

// adjustments opens an issue for each amount kept back or added; it returns what was kept
// back.
func (b *booking) adjustments(l *readLine, f *invoiceFacts) int64 {
	less := int64(0)
	for _, a := range l.adjust {
		kind := IssueDeduction
		if a.amount == 0 {
			continue
		}
		if a.amount > 0 {
			kind = IssueAddition
		}
		x := b.issue(l, kind, magnitude(a.amount), f)
		x.Code, x.CodeUN = bounded(a.Reason, 10), bounded(a.ReasonUN, 10)
		x.Reference, x.Note = bounded(a.Ref.Value, 60), bounded(strings.Join(a.Notes, " "), 300)
		less -= a.amount
	}
	return less
}

func magnitude(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// finish ties what can be tied to the cent, stores the issues and tells of the open ones.
func (b *booking) finish(ctx context.Context) (int, error) {
	for _, x := range b.rest { // what is still owed and not spoken of
		if short := x.f.open() - max(0, x.less); short > 0 {
			if err := b.short(ctx, x, short); err != nil {
				return 0, err
			}
		}
	}
	for i := range b.issues {
		if err := b.match(ctx, &b.issues[i]); err != nil {
			return 0, err
		}
	}
	due, err := clock(ctx, b.r.SupplierID, IssueHours)
	if err != nil {
		return 0, err
	}
	open := 0
	for i := range b.issues {
		x := &b.issues[i]
		if x.State == IssueOpen {
			x.Due = due
			open++
		} else {
			x.OwnerID = ""
		}
	}
	if err := insert(ctx, b.issues); err != nil {
		return 0, err
	}
	if err := b.settleEarlier(ctx); err != nil {
		return 0, err
	}
	for i := range b.issues {
		if x := &b.issues[i]; x.State == IssueOpen {
			if err := b.s.tell(ctx, b.actor, "", "", "", IssueOpened, x.PaymentID, x.event()); err != nil {
				return 0, err
			}
		}
	}
	return open, nil
}

// short opens an issue for what is missing; where the open disputes of the invoice come
// to it together, each explains its part.
func (b *booking) short(ctx context.Context, x *restOf, amount int64) error {
	l := &readLine{paymentLineRow: paymentLineRow{Position: x.line, DocumentNo: x.f.Number}}
	ds, err := openDisputesOf(ctx, x.f.ID)
	if err != nil {
		return err
	}
	sum := int64(0)
	for _, d := range ds {
		sum += d.Amount
	}
	if len(ds) < 2 || sum != amount {
		b.issue(l, IssueShort, amount, x.f)
		return nil
	}
	for _, d := range ds {
		b.issue(l, IssueShort, d.Amount, x.f).Reference = d.Number
	}
	return nil
}

// settleEarlier closes the issues of earlier payments of invoices that are paid now.
func (b *booking) settleEarlier(ctx context.Context) error {
	var ids []string
	for _, f := range b.found {
		if f.Kind == trade.InvoiceDebit && f.open() == 0 {
			ids = append(ids, f.ID)
		}
	}
	return b.s.cleared(ctx, b.actor, ids, b.r.ID, DonePaid)
}
