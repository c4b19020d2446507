package trade

import (
	"context"
	"math/big"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/precheck"
)

// bookInvoice books an invoice or a credit as its document says it, to the cent. What
// differs from the order is marked by the match; what contradicts itself is held.
func (s *Service) bookInvoice(ctx context.Context, actor access.Actor, t terms, r *replyRow, d *doc.Invoice) error {
	if d.Purpose == "01" || d.Purpose == "05" {
		return doubted(DoubtReplaces, "Number", r.Number)
	}
	if d.Type == debitAdjustment {
		return doubted(DoubtDebit, "Number", r.Number)
	}
	if err := dated(ctx, t, d.Date, dueOn(d)); err != nil {
		return err
	}
	credit := r.Kind == DocumentCredit
	var of invoiceRow
	if credit {
		var err error
		if of, err = s.credited(ctx, r, d); err != nil {
			return err
		}
	}
	xs, err := s.parts(ctx, r, d)
	if err != nil {
		return err
	}
	if credit {
		orders, err := ordersOf(ctx, of)
		if err != nil {
			return err
		}
		for _, x := range xs {
			if !slices.Contains(orders, x.o.ID) {
				return doubted(DoubtCredit, "Number", of.Number, "Order", x.o.Number)
			}
		}
	}
	o := xs[0].o
	r.OrderID = o.ID
	c := money.Currency(o.Currency)
	row := invoiceRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Number: r.Number, Kind: InvoiceDebit, State: InvoiceMatched, Currency: o.Currency,
		IssuedOn: d.Date, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx)), Orders: xs.several()}
	rows, err := xs.billed(d, c, credit)
	if err != nil {
		return err
	}
	taxes, err := totals(&row, rows, d, t, c)
	if err != nil {
		return err
	}
	if !credit {
		agreedOff(rows, xs, d, c)
	}
	row.DueOn = dueOn(d)
	if credit {
		row.Kind, row.CreditOf = InvoiceCredit, of.ID
		if err := withinInvoice(ctx, of, row, rows, xs); err != nil {
			return err
		}
	}
	var found []precheck.Finding
	for _, x := range xs {
		x.billed = map[int]money.Quantity{}
	}
	for _, k := range rows {
		if x := xs.of(k); !credit {
			l := &x.lines[k.Line-1]
			x.p.found = notePrice(x.p.found, precheck.Price, *l, money.Price(k.Price), money.Rate(t.PriceTolerance))
			x.billed[l.Number] += money.Quantity(k.Quantity)
		}
	}
	for _, x := range xs {
		if !credit {
			x.p.found = noteBilled(x.p.found, x.lines, x.billed, money.Rate(t.QuantityTolerance))
		}
		found = append(found, x.p.found...)
		r.Inferred = r.Inferred || x.p.inferred
	}
	tax, err := s.taxingOf(ctx, t.ID, len(rows))
	if err != nil {
		return err
	}
	found = noteSums(found, row, rows, taxes, tax, credit)
	if err := count(xs, rows, credit); err != nil {
		return err
	}
	for _, x := range xs {
		if err := s.checked(x.lines); err != nil {
			return err
		}
	}
	if _, _, err := xs.nets(row, rows); err != nil {
		return doubted(DoubtAmount, "Line", "")
	}
	if err := s.cleared(ctx, r, found); err != nil {
		return err
	}
	if err := r.write(IncomingReply{Invoice: d}); err != nil {
		return err
	}
	if credit {
		row.Net, row.Tax, row.Gross = -row.Net, -row.Tax, -row.Gross
		for i := range rows {
			rows[i].Amount = -rows[i].Amount
		}
	}
	for i := range rows {
		rows[i].InvoiceID, rows[i].TaxRate = row.ID, -1
	}
	if credit {
		for i := range taxes {
			taxes[i].Basis.Minor, taxes[i].Amount.Minor = -taxes[i].Basis.Minor, -taxes[i].Amount.Minor
		}
	}
	if ok, err := insertOnce(ctx, &row); err != nil || !ok {
		if err == nil { // made on the pages under the same number
			err = doubted(DoubtSame, "Number", row.Number)
		}
		return err
	}
	r.MadeID = row.ID
	return s.post(ctx, actor, row, rows, taxes, xs)
}

// debitAdjustment is the type of an 812 that takes more: it is held, for what is owed is
// raised by an invoice alone.
const debitAdjustment = "812D"

// Adjusted is an 812 as the credit that it is (reference/practice.md 12): by line the
// quantity at what is given back for each unit, CDD09 where a price is corrected, else
// CDD04 over CDD07.
func Adjusted(d *doc.CreditDebit) *doc.Invoice {
	out := &doc.Invoice{Header: d.Header, Date: d.Date, Number: d.Number, Type: "CR", Purpose: d.Purpose, OrderNumber: d.OrderNumber, OrderDate: d.OrderDate, Total: d.Amount}
	if d.Invoice != "" {
		out.Refs = append(slices.Clone(d.Refs), doc.Ref{Qualifier: "IV", Value: d.Invoice})
	}
	if d.Flag != "C" {
		out.Type = debitAdjustment
	}
	for _, l := range d.Lines {
		x := doc.InvoiceLine{Line: l.Line}
		if l.Flag != "C" {
			out.Type = debitAdjustment
		}
		amount, err := money.ParseMicro(string(l.Amount))
		q, err2 := money.ParseMicro(string(l.Quantity))
		switch {
		case l.Returned != "Y" && l.Difference != "":
			x.Price = l.Difference
		case err == nil && err2 == nil && q > 0:
			n := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(money.One))
			if n.Quo(n, big.NewInt(int64(q))); n.IsInt64() {
				x.Price = doc.Decimal(money.Micro(n.Int64()).String())
			}
		}
		out.Lines = append(out.Lines, x)
	}
	return out
}

// credited finds the invoice that a credit names (REF IV or OI, RFF IV).
func (s *Service) credited(ctx context.Context, r *replyRow, d *doc.Invoice) (invoiceRow, error) {
	for _, ref := range d.Refs {
		if ref.Qualifier != "IV" && ref.Qualifier != "OI" {
			continue
		}
		of, ok, err := invoiceByNumber(ctx, r.SupplierID, r.ResellerID, ref.Value)
		if err != nil || ok {
			return of, s.sameOrder(ctx, d, of, err)
		}
		return of, doubted(DoubtCredit, "Number", bounded(ref.Value, 60))
	}
	return invoiceRow{}, doubted(DoubtCredit, "Number", "")
}

// creditable is what an invoice may be credited: all of it but for earlier credits, and
// no more than the order still owes.
func creditable(of invoiceRow, all []matched) int64 {
	owed, left := int64(0), of.Gross
	for _, m := range all {
		owed += m.row.Gross // of a credit it is negative
		if m.row.CreditOf == of.ID {
			left += m.row.Gross
		}
	}
	return min(owed, left)
}

// sameOrder fills in the order of a credit that names only its invoice, where that is of
// one.
func (s *Service) sameOrder(ctx context.Context, d *doc.Invoice, of invoiceRow, err error) error {
	if err != nil || d.OrderNumber != "" || of.Orders > 0 {
		return err
	}
	o, err := orderByID(ctx, OrderID(of.OrderID), false)
	d.OrderNumber, d.Release = o.Number, o.ReleaseNo
	return err
}

// MaxInvoiceOrders is how many orders one invoice may be of.
const MaxInvoiceOrders = 100

// parts locks the orders that an invoice is of, always in the same sequence, and gives them
// as the document names them.
func (s *Service) parts(ctx context.Context, r *replyRow, d *doc.Invoice) (shares, error) {
	if err := oneOrderEach(d); err != nil {
		return nil, err
	}
	names := invoiceOrders(d)
	if len(names) > MaxInvoiceOrders {
		return nil, doubted(DoubtOrders)
	}
	if err := repeated(ctx, r); err != nil {
		return nil, err
	}
	by := map[[2]string]*share{}
	sorted := slices.SortedFunc(slices.Values(names), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, n := range sorted {
		o, err := taken(ctx, r, n[0], n[1])
		if err != nil {
			return nil, err
		}
		by[n] = &share{name: n, o: o}
	}
	if err := repeated(ctx, r); err != nil { // while we waited for the locks
		return nil, err
	}
	lists := make([][]Line, len(sorted))
	for i, n := range sorted {
		x := by[n]
		var err error
		if x.o, x.lines, err = s.answerable(ctx, r, x.o); err != nil {
			return nil, err
		}
		if x.o.Kind == KindBlanket {
			return nil, doubted(DoubtBlanket, "Order", x.o.Number)
		}
		if d.Currency != "" && !strings.EqualFold(d.Currency, x.o.Currency) {
			return nil, doubted(DoubtCurrency, "Currency", bounded(d.Currency, 10), "Ours", x.o.Currency)
		}
		lists[i] = x.lines
	}
	placers, err := s.placers(ctx, r.SupplierID, r.ResellerID, lists...)
	if err != nil {
		return nil, err
	}
	for i, n := range sorted {
		by[n].p = placers[i]
		placers[i].loose, placers[i].several = len(names) > 1, len(names) > 1 // what numbers the lines of several orders is its own count
	}
	var out shares
	for _, n := range names {
		if by[n].o.Currency != by[names[0]].o.Currency {
			return nil, doubted(DoubtCurrency, "Currency", by[n].o.Currency, "Ours", by[names[0]].o.Currency)
		}
		out = append(out, by[n])
	}
	return out, nil
}

// withinInvoice holds a credit that gives back more than its invoice has.
func withinInvoice(ctx context.Context, of, row invoiceRow, rows []invoiceLineRow, xs shares) error {
	if of.Orders > 0 { // two credits may be of different orders of it
		if err := lockInvoice(ctx, of.ID); err != nil {
			return err
		}
	}
	all, err := relatives(ctx, of)
	if err != nil {
		return err
	}
	free := roomOf(InvoiceID(of.ID), plain(all))
	for _, x := range rows { // of each line no more than that invoice has
		k := x.key(xs[0].o.ID)
		have := free[k]
		if money.Price(x.Price) >= have.price {
			have.quantity -= money.Quantity(x.Quantity)
		}
		if have.quantity < 0 || x.Amount > have.amount {
			return doubted(DoubtCredits, "Number", of.Number+" / "+xs.line(x).Reference)
		}
		have.amount -= x.Amount
		free[k] = have
	}
	if row.Gross > creditable(of, all) {
		return doubted(DoubtCredits, "Number", of.Number)
	}
	return nil
}

// billed reads the lines: quantities and prices per unit of the order, amounts as the
// document has them.
func (xs shares) billed(d *doc.Invoice, c money.Currency, credit bool) ([]invoiceLineRow, error) {
	if len(d.Lines) == 0 {
		return nil, doubted(DoubtEmpty)
	}
	left := func(l Line) money.Quantity { return l.Ordered - l.Cancelled - l.Invoiced + l.Credited }
	if credit {
		left = func(l Line) money.Quantity { return l.Invoiced - l.Credited }
	}
	var out []invoiceLineRow
	for i := range d.Lines {
		il := &d.Lines[i]
		x := xs.named(ordered(d, il))
		p := x.p
		l, err := p.find(&il.Line, il.Quantity, left)
		if err != nil {
			return nil, err
		}
		q, err := p.quantity(l, il.Quantity, il.Unit)
		if err != nil {
			return nil, err
		}
		if q == 0 {
			return nil, doubted(DoubtQuantity, "Line", l.Reference, "Quantity", "0")
		}
		price, err := p.price(l, &il.Line)
		if err != nil {
			return nil, err
		}
		amount, err := money.Extend(q, price, c)
		if err != nil {
			return nil, doubted(DoubtAmount, "Line", l.Reference)
		}
		p.said[l.Number] += q
		k := invoiceLineRow{Position: int64(i + 1), Line: int64(l.Number), SKU: l.SKU, Quantity: int64(q), Unit: l.Unit, Price: int64(price), Amount: amount.Minor}
		p.named(&il.Line, l)
		own := il.Number
		if adopt(&il.Line, l); len(xs) > 1 { // its own count stays, REF LI is the line of the order
			k.OrderID, il.Number = x.o.ID, own
			if !slices.ContainsFunc(il.Refs, func(r doc.Ref) bool { return r.Qualifier == "LI" }) {
				il.Refs = append(slices.Clip(il.Refs), doc.Ref{Qualifier: "LI", Value: l.Reference})
			}
		}
		out = append(out, k)
	}
	onceNumbered(d.Lines)
	return out, nil
}

// totals takes what the document says: its total, its taxes, and as net the rest. Net
// must be the sum of the lines less what is off invoice, but for a unit of rounding per
// line.
func totals(r *invoiceRow, rows []invoiceLineRow, d *doc.Invoice, t terms, c money.Currency) ([]TaxRow, error) {
	amount := func(n doc.Decimal) (money.Amount, error) {
		if n == "" {
			return money.Amount{Currency: c}, nil
		}
		a, err := money.ParseAmount(plainDecimal(n), c)
		if err != nil {
			return a, doubted(DoubtAmount)
		}
		return a, nil
	}
	gross, err := amount(d.Total)
	if err != nil {
		return nil, err
	}
	sum := money.Amount{Currency: c}
	add := func(n doc.Decimal, minus bool) error {
		a, err := amount(n)
		if err == nil && minus {
			a.Minor = -a.Minor
		}
		if err == nil {
			if sum, err = sum.Add(a); err != nil {
				err = doubted(DoubtAmount)
			}
		}
		return err
	}
	for _, l := range rows {
		if sum, err = sum.Add(money.Amount{Minor: l.Amount, Currency: c}); err != nil {
			return nil, doubted(DoubtAmount)
		}
	}
	off := append([]doc.Allowance(nil), d.Allowances...)
	for i := range d.Lines {
		off = append(off, d.Lines[i].Allowances...)
	}
	for _, a := range off {
		if a.ChangesTotal() {
			if err := add(a.Amount, !a.Charge); err != nil {
				return nil, err
			}
		}
	}
	net, taxes := sum, d.Taxes
	if len(taxes) == 0 {
		for i := range d.Lines {
			taxes = append(taxes, d.Lines[i].Taxes...)
		}
	}
	sum = money.Amount{Currency: c}
	for _, x := range taxes {
		if err := add(x.Amount, false); err != nil {
			return nil, err
		}
	}
	tax := sum
	whole, err := net.Add(tax)
	if err != nil {
		return nil, doubted(DoubtAmount)
	}
	if spare := gross.Minor - whole.Minor; spare > int64(len(rows)) || -spare > int64(len(rows)) {
		return nil, doubted(DoubtTotal)
	}
	r.Gross, r.Tax, r.Net = gross.Minor, tax.Minor, gross.Minor-tax.Minor
	if len(taxes) > 0 {
		if rate, err := money.ParseMicro(string(taxes[0].Percent)); err == nil && rate >= 0 && rate <= 100*money.One && len(d.Taxes) <= 1 {
			r.TaxRate = int64(rate) / 100
		}
	}
	r.TaxCategory = taxCategory(t, money.Rate(r.TaxRate))
	return taxRows(r, d.Taxes, t, amount), nil
}

// taxRows are the taxes as the document says them; one alone is of the whole net.
func taxRows(r *invoiceRow, taxes []doc.Tax, t terms, amount func(doc.Decimal) (money.Amount, error)) []TaxRow {
	var out []TaxRow
	for _, x := range taxes {
		a, err := amount(x.Amount)
		basis, err2 := amount(x.Taxable)
		rate, err3 := money.ParseMicro(string(x.Percent))
		if err != nil || err2 != nil || err3 != nil || rate < 0 || rate > 100*money.One {
			return nil // the sums stand
		}
		if basis.Minor == 0 && len(taxes) == 1 {
			basis.Minor = r.Net
		}
		out = append(out, TaxRow{Category: taxCategory(t, rate/100), Rate: rate / 100, Basis: basis, Amount: a})
	}
	return out
}

// agreedOff notes on the lines what promotions take off, where the document takes off just
// that; anything else stands beside the lines and differs.
func agreedOff(rows []invoiceLineRow, xs shares, d *doc.Invoice, c money.Currency) {
	var said, agreed int64
	as := slices.Clone(d.Allowances)
	for i := range d.Lines {
		as = append(as, d.Lines[i].Allowances...)
	}
	for _, a := range as {
		if n, err := money.ParseAmount(plainDecimal(a.Amount), c); err == nil && a.ChangesTotal() && !a.Charge {
			said += n.Minor
		}
	}
	offs, billed := make([]int64, len(rows)), map[*Line]money.Quantity{}
	for i, r := range rows {
		l := xs.line(r)
		before := l.Invoiced - l.Credited + billed[l]
		billed[l] += money.Quantity(r.Quantity)
		if off, err := l.offBetween(before, before+money.Quantity(r.Quantity)); err == nil {
			offs[i] = off.Minor
			agreed += off.Minor
		}
	}
	if apart(money.Price(said), money.Price(agreed)) > money.Price(len(rows)) {
		return
	}
	for i := range rows {
		if l := xs.line(rows[i]); l.DealGranted > 0 {
			rows[i].Deal, rows[i].Allowance = l.DealApplied, offs[i]
		}
	}
}

// plainDecimal is a decimal without zeros that a currency has no place for.
func plainDecimal(n doc.Decimal) string {
	s := string(n)
	if whole, part, ok := strings.Cut(s, "."); ok {
		if part = strings.TrimRight(part, "0"); part == "" {
			return whole
		}
		return whole + "." + part
	}
	return s
}

// dueOn is when it is to be paid: as the terms say, else after the usual time.
func dueOn(d *doc.Invoice) string {
	day, err := time.Parse(time.DateOnly, d.Date)
	days := dueDays
	for _, x := range d.Terms {
		if civil(x.NetDate) && x.NetDate >= d.Date {
			return x.NetDate
		}
		if n, e := money.ParseMicro(x.NetDays); e == nil && n > 0 && n <= money.Whole(400) {
			days = int(n / money.One)
		}
	}
	if err != nil {
		return d.Date
	}
	return day.AddDate(0, 0, days).Format(time.DateOnly)
}

// count adds what is invoiced or credited to the lines. A credit below the price that was
// invoiced corrects the price and gives no quantity back.
func count(xs shares, rows []invoiceLineRow, credit bool) error {
	for _, x := range rows {
		l, q := xs.line(x), money.Quantity(x.Quantity)
		if credit {
			if q > l.Invoiced-l.Credited {
				return doubted(DoubtCredits, "Number", l.Reference)
			}
			if money.Price(x.Price) >= l.Price {
				l.Credited += q
			}
			continue
		}
		if open := l.Ordered - l.Cancelled - l.Invoiced + l.Credited; q > open {
			if over := finished(xs.of(x).o); over != nil {
				return over
			}
			return doubted(DoubtInvoices, "Line", l.Reference, "Item", firstOf(l.SKU, l.BuyerItem, "?"), "Quantity", q.String(), "Open", open.String(), "Unit", l.Unit)
		}
		l.Invoiced += q
		l.State = lineState(*l, l.State)
	}
	return nil
}

// onceNumbered leaves a line number where it stands first: one line of an order may be
// invoiced in two positions.
func onceNumbered(lines []doc.InvoiceLine) {
	seen := map[string]bool{}
	for i := range lines {
		if n := lines[i].Number; seen[n] {
			lines[i].Number = ""
		}
		seen[lines[i].Number] = true
	}
}
