package trade

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/precheck"
)

// dueDays is the usual time to pay, where nothing else is agreed.
const dueDays = 30

// Invoice makes an invoice (810) for the supplier. It may differ from what was
// delivered: that is marked, never hidden; only more than was ordered is refused, and what
// the supplier's own checks stop while the command gives no reason.
// Amounts are exact: each line rounded once, tax on their sum.
// Codes: NotFound, Forbidden, Conflict (another version, nothing to invoice, the
// number is taken), Invalid (a field per wrong line, a date, the rate).
// Publishes Invoiced.
func (s *Service) Invoice(ctx context.Context, actor access.Actor, id OrderID, cmd InvoiceCmd) (InvoiceID, error) {
	var out InvoiceID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		x, err := s.billable(ctx, actor, id, cmd.Version)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, x.o.PartnershipID)
		if err != nil {
			return err
		}
		if err := cmd.fill(ctx, t); err != nil {
			return err
		}
		out, err = s.bill(ctx, actor, t, cmd, shares{x}, [][]InvoiceCmdLine{cmd.Lines})
		return err
	})
	return out, err
}

// billable locks an order that may be invoiced.
func (s *Service) billable(ctx context.Context, actor access.Actor, id OrderID, version int64) (*share, error) {
	o, lines, err := s.open(ctx, actor, access.OrderInvoice, id, version)
	if err == nil {
		err = movesGoods(o)
	}
	if err == nil { // as the 810 of the supplier's system is
		err = stopped(o)
	}
	return &share{o: o, lines: lines}, err
}

// bill makes an invoice of locked orders and posts it; each says what of them.
func (s *Service) bill(ctx context.Context, actor access.Actor, t terms, head InvoiceCmd, xs shares, each [][]InvoiceCmdLine) (InvoiceID, error) {
	o := xs[0].o
	r := invoiceRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Number: head.Number, Kind: InvoiceDebit, State: InvoiceMatched, Currency: o.Currency, TaxRate: int64(head.TaxRate), TaxCategory: head.TaxCategory,
		IssuedOn: head.IssuedOn, DueOn: head.DueOn, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx)), Orders: xs.several()}
	var rows []invoiceLineRow
	warned := make([][]precheck.Finding, len(xs))
	for i, x := range xs {
		head.Lines = each[i]
		more, warn, err := s.billOrder(ctx, &r, t, x, head)
		if err == nil && len(more) == 0 {
			if err = fault.New(fault.Conflict, "trade.nothing_to_invoice", "State", x.o.State); len(xs) > 1 {
				err = fault.New(fault.Conflict, "trade.collect_nothing", "Number", x.o.Number)
			}
		}
		if err != nil && len(xs) > 1 {
			err = within(err, "orders."+itoa(i)+".")
		}
		if err != nil {
			return "", err
		}
		for _, k := range more {
			if k.Position = int64(len(rows) + 1); len(xs) > 1 {
				k.OrderID = x.o.ID
			}
			rows = append(rows, k)
		}
		warned[i] = warn
	}
	taxes, err := sums(&r, rows, t, head.TaxCategory)
	if err == nil {
		err = insertInvoice(ctx, t, "INV", &r)
	}
	if err == nil {
		err = count(xs, rows, false)
	}
	if err != nil {
		return "", err
	}
	for i, x := range xs {
		if err := sentWith(ctx, actor, x.o, warningRow{Kind: DocumentInvoice, DocumentID: r.ID, Number: r.Number, Reason: head.Release}, warned[i]); err != nil {
			return "", err
		}
	}
	return InvoiceID(r.ID), s.post(ctx, actor, r, rows, taxes, xs)
}

// billOrder are the lines of one order on an invoice, none where nothing of it is left, and
// what is to be said of them.
func (s *Service) billOrder(ctx context.Context, r *invoiceRow, t terms, x *share, cmd InvoiceCmd) ([]invoiceLineRow, []precheck.Finding, error) {
	taken, err := invoiceLines(&cmd, x.lines)
	if err != nil || len(taken) == 0 {
		return nil, nil, err
	}
	numbers := make([]int, len(taken))
	for i, c := range taken {
		numbers[i] = c.Line
	}
	if err := lineStopped(ctx, x.o.ID, numbers...); err != nil {
		return nil, nil, err
	}
	rows, err := priced(r, taken, x.lines, cmd.TaxRate)
	if err != nil {
		return nil, nil, err
	}
	warn, err := s.mayLeave(ctx, x.o.PartnershipID, cmd.Release, billing(taken, x.lines, t), fieldOf(taken, x.lines))
	return rows, warn, err
}

// insertInvoice stores an invoice or a credit: under its number, or the next one of a kind.
func insertInvoice(ctx context.Context, t terms, kind string, r *invoiceRow) error {
	if r.Number == "" {
		return numbered(ctx, t, kind, &r.Number, func() (bool, error) { return insertOnce(ctx, r) })
	}
	ok, err := insertOnce(ctx, r)
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "trade.number_taken", "Number", r.Number)
	}
	return err
}

// Credit gives back an invoice, or part of it, and is booked among the invoices with
// amounts below zero. It never gives back more than was invoiced and not credited yet.
// Tax follows at the rate of the invoice.
// Codes: NotFound, Forbidden, Conflict (it is a credit itself, all is credited, the number
// is taken), Invalid (a field per wrong line, a date).
// Publishes Invoiced.
func (s *Service) Credit(ctx context.Context, actor access.Actor, id InvoiceID, cmd CreditCmd) (InvoiceID, error) {
	var out InvoiceID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		of, err := invoiceByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.OrderInvoice, access.Shared(of.SupplierID, of.ResellerID))
		}
		if err != nil {
			return err
		}
		if of.Kind != InvoiceDebit {
			return fault.New(fault.Conflict, "trade.credit_of_credit", "Number", of.Number)
		}
		xs, err := s.credits(ctx, of)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, xs[0].o.PartnershipID)
		if err != nil {
			return err
		}
		head := InvoiceCmd{Number: cmd.Number, IssuedOn: cmd.IssuedOn}
		if err := head.fill(ctx, t); err != nil {
			return err
		}
		all, err := relatives(ctx, of)
		if err != nil {
			return err
		}
		rows, err := creditLines(of, all, cmd.Lines, xs)
		if err != nil {
			return err
		}
		if err := count(xs, rows, true); err != nil {
			return fault.New(fault.Conflict, "trade.credit_over", "Number", of.Number)
		}
		if xs = slices.DeleteFunc(xs, func(x *share) bool {
			return !slices.ContainsFunc(rows, func(k invoiceLineRow) bool { return k.OrderID == "" || k.OrderID == x.o.ID })
		}); len(xs) == 1 {
			for i := range rows { // of one order, as any other
				rows[i].OrderID = ""
			}
		}
		o := xs[0].o
		r := invoiceRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Number: head.Number, Kind: InvoiceCredit, State: InvoiceMatched, Currency: o.Currency, TaxRate: of.TaxRate, TaxCategory: of.TaxCategory,
			IssuedOn: head.IssuedOn, DueOn: head.IssuedOn, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx)), CreditOf: of.ID, Orders: xs.several()}
		taxes, err := sums(&r, rows, t, of.TaxCategory)
		if err != nil {
			return err
		}
		left := creditable(of, all)
		if spare := r.Gross - left; spare > 0 && spare <= int64(len(rows)) { // a unit of rounding per line
			r.Gross, r.Tax = left, r.Tax-spare
			taxes[0].Amount.Minor -= spare
		}
		if r.Gross > left || r.Gross <= 0 {
			return fault.New(fault.Conflict, "trade.credit_over", "Number", of.Number)
		}
		r.Net, r.Tax, r.Gross = -r.Net, -r.Tax, -r.Gross
		for i := range rows {
			rows[i].InvoiceID, rows[i].Amount, rows[i].Allowance = r.ID, -rows[i].Amount, -rows[i].Allowance
		}
		for i := range taxes {
			taxes[i].Basis.Minor, taxes[i].Amount.Minor = -taxes[i].Basis.Minor, -taxes[i].Amount.Minor
		}
		if err := insertInvoice(ctx, t, "CN", &r); err != nil {
			return err
		}
		out = InvoiceID(r.ID)
		return s.post(ctx, actor, r, rows, taxes, xs)
	})
	return out, err
}

// credits locks the orders of an invoice that is credited, always in the same sequence, and
// gives them as the invoice has them.
func (s *Service) credits(ctx context.Context, of invoiceRow) (shares, error) {
	ids, err := ordersOf(ctx, of)
	if err != nil {
		return nil, err
	}
	by, n := map[string]*share{}, len(ids)
	for _, id := range ids {
		o, err := orderByID(ctx, OrderID(id), n == 1)
		if err != nil {
			return nil, err
		}
		by[id] = &share{o: o}
	}
	sorted := slices.SortedFunc(maps.Values(by), func(a, b *share) int {
		return cmp.Or(strings.Compare(a.o.Number, b.o.Number), strings.Compare(a.o.ReleaseNo, b.o.ReleaseNo))
	})
	for _, x := range sorted {
		if n > 1 {
			if x.o, err = orderByID(ctx, OrderID(x.o.ID), true); err != nil {
				return nil, err
			}
		}
		if x.lines, err = linesOf(ctx, x.o); err != nil {
			return nil, err
		}
	}
	out := make(shares, n)
	for i, id := range ids {
		out[i] = by[id]
	}
	return out, nil
}

// creditLines are the lines of a credit, amounts above zero; invoices are those of the order.
func creditLines(of invoiceRow, invoices []matched, want []CreditLine, xs shares) ([]invoiceLineRow, error) {
	c := money.Currency(of.Currency)
	all := invoices[slices.IndexFunc(invoices, func(m matched) bool { return m.row.ID == of.ID })].lines
	if len(want) == 0 {
		for _, l := range all {
			want = append(want, CreditLine{Position: int(l.Position)})
		}
	}
	room := roomOf(InvoiceID(of.ID), plain(invoices))
	bad := fault.New(fault.Invalid, "form.invalid")
	seen := map[int]bool{}
	var rows []invoiceLineRow
	for i, w := range want {
		at := fmt.Sprintf("lines.%d.", i)
		if w.Position < 1 || w.Position > len(all) || seen[w.Position] {
			bad.With(at+"line", "trade.line_unknown", "Line", w.Position)
			continue
		}
		seen[w.Position] = true
		l := all[w.Position-1]
		q, price := money.Quantity(l.Quantity), money.Price(l.Price)
		amount := money.Amount{Minor: l.Amount, Currency: c}
		k := xs.line(l)
		left := min(k.Invoiced-k.Credited, room[l.key(of.OrderID)].quantity) // goods that were not given back
		switch {
		case w.Amount.Minor < 0 || w.Amount.Minor > l.Amount || w.Amount.Minor != 0 && w.Amount.Currency != c:
			bad.With(at+"amount", "trade.credit_amount", "Line", w.Position, "Most", amount.String())
			continue
		case w.Quantity < 0 || w.Quantity > q:
			bad.With(at+"quantity", "trade.quantity_over", "Line", w.Position, "Open", q.String())
			continue
		case w.Quantity > 0 && w.Quantity > left:
			bad.With(at+"quantity", "trade.quantity_over", "Line", w.Position, "Open", max(left, 0).String())
			continue
		case w.Quantity == 0 && left <= 0:
			bad.With(at+"quantity", "trade.quantity_over", "Line", w.Position, "Open", "0")
			continue
		case w.Quantity > 0 || w.Amount.Minor == 0 && left < q:
			if q = min(q, left); w.Quantity > 0 {
				q = w.Quantity
			}
			var err error
			if amount, err = money.Extend(q, price, c); err != nil {
				return nil, fault.New(fault.Invalid, "trade.amount_range")
			}
		case w.Amount.Minor > 0 && w.Amount.Minor < l.Amount:
			q = min(q, left)
			if price = unitPrice(w.Amount, q); price == 0 {
				bad.With(at+"amount", "trade.credit_amount", "Line", w.Position, "Most", amount.String())
				continue
			}
			amount = w.Amount
		}
		x := invoiceLineRow{Position: int64(len(rows) + 1), OrderID: l.OrderID, Line: l.Line, SKU: k.SKU, Quantity: int64(q), Unit: l.Unit, Price: int64(price), Amount: amount.Minor, TaxRate: rateOf(l, of)}
		if w.Amount.Minor == 0 && l.Allowance > 0 && l.Quantity > 0 { // goods go back for what was paid for them
			part, err := money.Portion(money.Amount{Minor: l.Allowance, Currency: c}, ratio(q, money.Quantity(l.Quantity)))
			if err != nil {
				return nil, fault.New(fault.Invalid, "trade.amount_range")
			}
			x.Allowance, x.Deal = part.Minor, l.Deal
		}
		rows = append(rows, x)
	}
	return rows, bad.OrNil()
}

// ratio is a ÷ b, 0 to 1.
func ratio(a, b money.Quantity) money.Rate {
	n := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(money.One))
	return money.Rate(n.Quo(n, big.NewInt(int64(b))).Int64())
}

// unitPrice is the price, to six places, at which a quantity comes to an amount; 0 where
// there is none.
func unitPrice(a money.Amount, q money.Quantity) money.Price {
	if q <= 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(a.Minor), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(2*money.Scale-a.Currency.Digits())), nil))
	n.Add(n, big.NewInt(int64(q)/2)).Quo(n, big.NewInt(int64(q)))
	if !n.IsInt64() {
		return 0
	}
	p := money.Price(n.Int64())
	if back, err := money.Extend(q, p, a.Currency); err != nil || back.Minor != a.Minor {
		return 0
	}
	return p
}

func rateOf(l invoiceLineRow, of invoiceRow) int64 {
	if l.TaxRate < 0 {
		return of.TaxRate
	}
	return l.TaxRate
}

// sums fills net, tax and gross from the lines. Tax is rounded once for each rate, and the
// rows come by rate, the highest first; category is that of a single rate.
func sums(r *invoiceRow, rows []invoiceLineRow, t terms, category string) ([]TaxRow, error) {
	c := money.Currency(r.Currency)
	tooMuch := fault.New(fault.Invalid, "trade.amount_range")
	var taxes []TaxRow
	net, tax := money.Amount{Currency: c}, money.Amount{Currency: c}
	var err error
	for _, l := range rows {
		a := money.Amount{Minor: l.Amount - l.Allowance, Currency: c}
		if net, err = net.Add(a); err != nil {
			return nil, tooMuch
		}
		i := slices.IndexFunc(taxes, func(x TaxRow) bool { return x.Rate == money.Rate(l.TaxRate) })
		if i < 0 {
			i, taxes = len(taxes), append(taxes, TaxRow{Rate: money.Rate(l.TaxRate), Category: taxCategory(t, money.Rate(l.TaxRate)), Basis: money.Amount{Currency: c}})
		}
		taxes[i].Basis.Minor += a.Minor
	}
	for i := range taxes {
		if taxes[i].Amount, err = money.Portion(taxes[i].Basis, taxes[i].Rate); err != nil {
			return nil, tooMuch
		}
		if tax, err = tax.Add(taxes[i].Amount); err != nil {
			return nil, tooMuch
		}
	}
	gross, err := net.Add(tax)
	if err != nil {
		return nil, tooMuch
	}
	slices.SortFunc(taxes, func(a, b TaxRow) int { return cmp.Compare(b.Rate, a.Rate) })
	r.Net, r.Tax, r.Gross = net.Minor, tax.Minor, gross.Minor
	switch {
	case len(taxes) == 1:
		r.TaxRate, r.TaxCategory = int64(taxes[0].Rate), category
		if taxes[0].Category != category && category != "" {
			taxes[0].Category = category
		}
	case len(taxes) > 1:
		r.TaxRate, r.TaxCategory = 0, taxes[0].Category
	}
	return taxes, nil
}

// fill sets what the command leaves open and checks the head.
func (cmd *InvoiceCmd) fill(ctx context.Context, t terms) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	cmd.Number = strings.TrimSpace(cmd.Number)
	if len(cmd.Number) > 22 {
		bad.With("number", "form.too_long", "Most", 22)
	}
	if cmd.IssuedOn == "" {
		cmd.IssuedOn = today(ctx, t.SupplierZone)
	}
	day, err := time.Parse(time.DateOnly, cmd.IssuedOn)
	if err != nil {
		bad.With("date", "form.date")
	}
	if cmd.DueOn == "" {
		cmd.DueOn = day.AddDate(0, 0, dueDays).Format(time.DateOnly)
	}
	if !civil(cmd.DueOn) || cmd.DueOn < cmd.IssuedOn {
		bad.With("due", "form.date")
	}
	if cmd.TaxRate < 0 || cmd.TaxRate > money.One {
		bad.With("tax", "trade.rate_wrong")
	}
	if cmd.TaxCategory == "" {
		cmd.TaxCategory = taxCategory(t, cmd.TaxRate)
	}
	if len(cmd.TaxCategory) > 2 {
		bad.With("tax_category", "form.invalid")
	}
	return bad.OrNil()
}

const europeanUnion = " AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK "

// taxCategory is the UN/CEFACT 5305 code that follows from the rate and the two
// countries: S standard, Z zero rated at home, K within the European Union, G
// exported.
func taxCategory(t terms, rate money.Rate) string {
	in := func(c string) bool { return c != "" && strings.Contains(europeanUnion, " "+c+" ") }
	switch {
	case rate > 0:
		return "S"
	case t.SupplierCountry == t.ResellerCountry:
		return "Z"
	case in(t.SupplierCountry) && in(t.ResellerCountry):
		return "K"
	}
	return "G"
}

// invoiceLines says what is invoiced: quantities of lines, prices filled in.
func invoiceLines(cmd *InvoiceCmd, lines []Line) ([]InvoiceCmdLine, error) {
	shipped := false
	for _, l := range lines {
		shipped = shipped || l.Shipped > 0
	}
	due := func(l Line) money.Quantity {
		if shipped {
			return max(0, l.Shipped-l.Invoiced)
		}
		return max(0, l.Confirmed-l.Invoiced)
	}
	if len(cmd.Lines) == 0 {
		for _, l := range lines {
			if q := due(l); q > 0 {
				cmd.Lines = append(cmd.Lines, InvoiceCmdLine{Line: l.Number, Quantity: q})
			}
		}
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	taken := map[int]money.Quantity{}
	var out []InvoiceCmdLine
	for i, c := range cmd.Lines {
		at := fmt.Sprintf("lines.%d.", i)
		if c.Line < 1 || c.Line > len(lines) {
			bad.With(at+"line", "trade.line_unknown", "Line", c.Line)
			continue
		}
		l := lines[c.Line-1]
		if c.Quantity == 0 {
			if c.Quantity = due(l) - taken[c.Line]; c.Quantity <= 0 {
				continue
			}
		}
		left := l.Ordered - l.Cancelled - l.Invoiced + l.Credited - taken[c.Line]
		if c.Quantity < 0 || c.Quantity > left {
			bad.With(at+"quantity", "trade.quantity_over", "Line", c.Line, "Open", left.String())
			continue
		}
		if c.Price < 0 {
			bad.With(at+"price", "trade.price_wrong", "Line", c.Line)
		}
		if c.Price == 0 {
			c.Price = l.Price
		}
		if r := c.TaxRate; r != nil && (*r < 0 || *r > money.One) {
			bad.With(at+"tax", "trade.rate_wrong")
			continue
		}
		taken[c.Line] += c.Quantity
		out = append(out, c)
	}
	return out, bad.OrNil()
}

// priced computes the lines and the sums of an invoice.
func priced(r *invoiceRow, taken []InvoiceCmdLine, lines []Line, rate money.Rate) ([]invoiceLineRow, error) {
	c := money.Currency(r.Currency)
	rows := make([]invoiceLineRow, len(taken))
	bad := func(i int) error {
		return fault.InvalidField(fmt.Sprintf("lines.%d.price", i), "trade.amount_range", "Line", taken[i].Line)
	}
	billed := map[int]money.Quantity{}
	for i, k := range taken {
		l := lines[k.Line-1]
		before := l.Invoiced - l.Credited + billed[k.Line]
		billed[k.Line] += k.Quantity
		off, err := l.offBetween(before, before+k.Quantity)
		if err != nil {
			return nil, bad(i)
		}
		a, err := money.Extend(k.Quantity, k.Price, c)
		if err != nil {
			return nil, bad(i)
		}
		rows[i] = invoiceLineRow{InvoiceID: r.ID, Position: int64(i + 1), Line: int64(k.Line), SKU: l.SKU, Quantity: int64(k.Quantity), Unit: l.Unit, Price: int64(k.Price), Amount: a.Minor, TaxRate: int64(rate)}
		if k.TaxRate != nil {
			rows[i].TaxRate = int64(*k.TaxRate)
		}
		if l.DealGranted > 0 {
			rows[i].Deal, rows[i].Allowance = l.DealApplied, off.Minor
		}
	}
	return rows, nil
}
