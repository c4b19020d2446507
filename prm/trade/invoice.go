package trade

import (
	"context"
	"fmt"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// dueDays is the usual time to pay, where nothing else is agreed.
const dueDays = 30

// Invoice makes an invoice (810) for the supplier. It may differ from what was
// delivered: that is marked, never hidden; only more than was ordered is refused.
// Amounts are exact: each line rounded once, tax on their sum.
// Codes: NotFound, Forbidden, Conflict (another version, nothing to invoice, the
// number is taken), Invalid (a field per wrong line, a date, the rate).
// Publishes Invoiced.
func (s *Service) Invoice(ctx context.Context, actor access.Actor, id OrderID, cmd InvoiceCmd) (InvoiceID, error) {
	var out InvoiceID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, lines, err := s.open(ctx, actor, access.OrderInvoice, id, cmd.Version)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, o.PartnershipID)
		if err != nil {
			return err
		}
		if err := cmd.fill(ctx, t); err != nil {
			return err
		}
		taken, err := invoiceLines(&cmd, lines)
		if err != nil {
			return err
		}
		if len(taken) == 0 {
			return fault.New(fault.Conflict, "trade.nothing_to_invoice", "State", o.State)
		}
		r := invoiceRow{ID: db.NewID(), OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Kind: InvoiceDebit, State: InvoiceMatched, Currency: o.Currency, TaxRate: int64(cmd.TaxRate), TaxCategory: cmd.TaxCategory,
			IssuedOn: cmd.IssuedOn, DueOn: cmd.DueOn, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx))}
		rows, err := priced(&r, taken, lines, cmd.TaxRate)
		if err != nil {
			return err
		}
		insert := func() (bool, error) { return insertOnce(ctx, &r) }
		if r.Number = cmd.Number; r.Number == "" {
			err = numbered(ctx, t, "INV", &r.Number, insert)
		} else if ok, e := insert(); e != nil || !ok {
			err = e
			if e == nil {
				err = fault.New(fault.Conflict, "trade.number_taken", "Number", r.Number)
			}
		}
		if err != nil {
			return err
		}
		if err := insertMany(ctx, rows); err != nil {
			return err
		}
		for _, c := range taken {
			l := &lines[c.Line-1]
			l.Invoiced += c.Quantity
			l.State = lineState(*l, l.State)
		}
		sum := o.InvoicedTotal + r.Net
		if (sum > o.InvoicedTotal) != (r.Net > 0) && r.Net != 0 {
			return fault.New(fault.Invalid, "trade.amount_range")
		}
		o.InvoicedTotal = sum
		if err := s.save(ctx, &o, lines); err != nil {
			return err
		}
		if err := s.rematch(ctx, &o, lines); err != nil {
			return err
		}
		if err := alsoFound(ctx, o.ID, r.Number); err != nil {
			return err
		}
		out = InvoiceID(r.ID)
		return s.record(ctx, actor, o, deed{history: "order.invoiced", args: map[string]string{"Invoice": r.Number, "Lines": itoa(len(taken))}, action: "order.invoice",
			event: InvoicedEvent, payload: Event{Invoice: out}})
	})
	return out, err
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
		taken[c.Line] += c.Quantity
		out = append(out, c)
	}
	return out, bad.OrNil()
}

// priced computes the lines and the sums of an invoice.
func priced(r *invoiceRow, taken []InvoiceCmdLine, lines []Line, rate money.Rate) ([]invoiceLineRow, error) {
	c := money.Currency(r.Currency)
	net := money.Amount{Currency: c}
	rows := make([]invoiceLineRow, len(taken))
	bad := func(i int) error {
		return fault.InvalidField(fmt.Sprintf("lines.%d.price", i), "trade.amount_range", "Line", taken[i].Line)
	}
	for i, k := range taken {
		l := lines[k.Line-1]
		a, err := money.Extend(k.Quantity, k.Price, c)
		if err != nil {
			return nil, bad(i)
		}
		if net, err = net.Add(a); err != nil {
			return nil, bad(i)
		}
		rows[i] = invoiceLineRow{InvoiceID: r.ID, Position: int64(i + 1), Line: int64(k.Line), SKU: l.SKU, Quantity: int64(k.Quantity), Unit: l.Unit, Price: int64(k.Price), Amount: a.Minor}
	}
	tax, err := money.Portion(net, rate)
	if err != nil {
		return nil, fault.New(fault.Invalid, "trade.amount_range")
	}
	gross, err := net.Add(tax)
	if err != nil {
		return nil, fault.New(fault.Invalid, "trade.amount_range")
	}
	r.Net, r.Tax, r.Gross = net.Minor, tax.Minor, gross.Minor
	return rows, nil
}
