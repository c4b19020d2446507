package trade

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/precheck"
)

// matched is what matching found about one invoice.
type matched struct {
	row   invoiceRow
	lines []invoiceLineRow
	taxes []TaxRow
	dirty bool
	share bool // row and lines are what of it one order is invoiced
}

// share is one of the orders that an invoice is of, as it is booked.
type share struct {
	name  [2]string // number and release, as the document has them
	o     orderRow
	lines []Line
	p     *placer

	billed map[int]money.Quantity // by line, of what is booked
}

// shares are the orders that an invoice is of, the first one first.
type shares []*share

// several is how many they are, 0 for one.
func (xs shares) several() int64 {
	if len(xs) < 2 {
		return 0
	}
	return int64(len(xs))
}

// of is the order that a position is of.
func (xs shares) of(r invoiceLineRow) *share {
	for _, x := range xs {
		if x.o.ID == r.OrderID {
			return x
		}
	}
	return xs[0]
}

func (xs shares) line(r invoiceLineRow) *Line { return &xs.of(r).lines[r.Line-1] }

// named is the order of a number and release.
func (xs shares) named(n [2]string) *share {
	for _, x := range xs {
		if x.name == n {
			return x
		}
	}
	return xs[0]
}

// relatives are the invoices against which a credit of one is held: those of its order, and
// of one of several orders itself and its credits.
func relatives(ctx context.Context, of invoiceRow) ([]matched, error) {
	if of.Orders == 0 {
		return invoicesOf(ctx, of.OrderID)
	}
	return familyOf(ctx, of.ID)
}

// ordersOf are the ids of the orders of an invoice.
func ordersOf(ctx context.Context, inv invoiceRow) ([]string, error) {
	if inv.Orders == 0 {
		return []string{inv.OrderID}, nil
	}
	rows, err := sharesOf(ctx, inv.ID)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.OrderID
	}
	return out, err
}

// nets are what each order is invoiced, and in how many positions. What the invoice has
// beside its lines stands with the first.
// Codes: Invalid (an order cannot hold it).
func (xs shares) nets(row invoiceRow, rows []invoiceLineRow) ([]int64, []int, error) {
	nets, positions := make([]int64, len(xs)), make([]int, len(xs))
	beside := row.Net
	for _, k := range rows {
		i := slices.Index(xs, xs.of(k))
		nets[i] += k.Amount - k.Allowance
		beside -= k.Amount - k.Allowance
		positions[i]++
	}
	nets[0] += beside
	for i, x := range xs {
		if sum := x.o.InvoicedTotal + nets[i]; (sum > x.o.InvoicedTotal) != (nets[i] > 0) && nets[i] != 0 {
			return nil, nil, fault.New(fault.Invalid, "trade.amount_range")
		}
	}
	return nets, positions, nil
}

// post writes what belongs to an invoice or a credit whose row is stored and whose
// quantities are counted: its lines and taxes, and with each order its share.
func (s *Service) post(ctx context.Context, actor access.Actor, row invoiceRow, rows []invoiceLineRow, taxes []TaxRow, xs shares) error {
	if err := insertMany(ctx, rows); err != nil {
		return err
	}
	if err := insertTaxes(ctx, row, taxes); err != nil {
		return err
	}
	nets, positions, err := xs.nets(row, rows)
	if err != nil {
		return err
	}
	if len(xs) > 1 {
		parts := make([]shareRow, len(xs))
		for i, x := range xs {
			parts[i] = shareRow{InvoiceID: row.ID, Position: int64(i + 1), OrderID: x.o.ID, SupplierID: row.SupplierID, ResellerID: row.ResellerID, Net: nets[i], State: InvoiceMatched}
		}
		if err := insertMany(ctx, parts); err != nil {
			return err
		}
	}
	history := "order.invoiced"
	if row.Kind == InvoiceCredit {
		history = "order.credited"
	}
	for i, x := range xs {
		x.o.InvoicedTotal += nets[i]
		if err := s.save(ctx, &x.o, x.lines); err != nil {
			return err
		}
		if err := s.rematch(ctx, &x.o, x.lines); err != nil {
			return err
		}
		if err := foundInvoiced(ctx, x.o.ID, row.Number, row.Made); err != nil {
			return err
		}
		if err := s.record(ctx, actor, x.o, deed{history: history, args: map[string]string{"Invoice": row.Number, "Lines": itoa(positions[i])}, action: "order.invoice",
			event: InvoicedEvent, payload: Event{Invoice: InvoiceID(row.ID), Follows: i > 0}}); err != nil {
			return err
		}
	}
	return nil
}

// match holds invoices, oldest first, against the lines: price against the
// order's within the tolerance, quantity against what was shipped (confirmed,
// where the supplier keeps no shipments here). A later delivery is no difference:
// the difference of a line is its amount − the delivered part of its quantity ×
// the order's price. A credit over what differs settles it. What an invoice has beside
// its lines and the allowances of promotions (charges, other allowances) differs as a whole:
// the order has none. It fills the
// invoice columns of the lines.
func match(lines []Line, invoices []matched, c money.Currency, tolerance, spare money.Rate) {
	shipped := false
	for i := range lines {
		l := &lines[i]
		shipped = shipped || l.Shipped > 0
		l.InvoicePrice, l.PriceWrong, l.QuantityWrong = 0, false, false
		l.InvoiceAmount, l.Difference = money.Amount{Currency: c}, money.Amount{Currency: c}
	}
	returned, credits := creditsOf(lines, invoices)
	before := make([]money.Quantity, len(lines))
	differs := make([][]int64, len(invoices)) // of each position
	for i := range invoices {
		inv := &invoices[i]
		differs[i] = make([]int64, len(inv.lines))
		for k := range inv.lines {
			il := &inv.lines[k]
			l := &lines[il.Line-1]
			l.InvoiceAmount.Minor += il.Amount
			if inv.row.Kind == InvoiceCredit {
				continue
			}
			delivered := l.Confirmed
			if shipped {
				delivered = l.Shipped
			}
			q, price := money.Quantity(il.Quantity), money.Price(il.Price)
			covered := max(0, min(q, delivered-before[il.Line-1]))
			back := max(0, min(returned[il.Line-1], q-covered)) // invoiced too much, and credited
			returned[il.Line-1] -= back
			before[il.Line-1] += q - back
			var wrong []string
			if !money.Within(price, l.Price, tolerance) {
				wrong = append(wrong, "price")
			}
			if over, ok := times(delivered, spare); q-back-covered > over || !ok && q-back > covered {
				wrong = append(wrong, "quantity")
			}
			l.InvoicePrice = price
			right, err := money.Extend(covered, l.Price, c)
			gone, err2 := money.Extend(back, price, c)
			if len(wrong) > 0 && err == nil && err2 == nil {
				differs[i][k] = il.Amount - right.Minor - gone.Minor
				l.Difference.Minor += differs[i][k]
				credits[il.Line-1] += gone.Minor
			}
			if w := strings.Join(wrong, ","); w != il.Difference {
				il.Difference, il.dirty, inv.dirty = w, true, true
			}
		}
	}
	conclude(lines, invoices, differs, credits)
}

// creditsOf adds up, per line, the quantities that credits give back (those at the price
// of the order, or above) and their amounts, which are below zero.
func creditsOf(lines []Line, invoices []matched) ([]money.Quantity, []int64) {
	returned, amounts := make([]money.Quantity, len(lines)), make([]int64, len(lines))
	for i := range invoices {
		if invoices[i].row.Kind != InvoiceCredit {
			continue
		}
		for _, il := range invoices[i].lines {
			if money.Price(il.Price) >= lines[il.Line-1].Price {
				returned[il.Line-1] += money.Quantity(il.Quantity)
			}
			amounts[il.Line-1] += il.Amount
		}
	}
	return returned, amounts
}

// conclude gives every invoice its state: what differs on a line that a credit evens out
// differs no more.
func conclude(lines []Line, invoices []matched, differs [][]int64, credits []int64) {
	even := make([]bool, len(lines))
	for i := range lines {
		l := &lines[i]
		if even[i] = l.Difference.Minor != 0 && l.Difference.Minor+credits[i] == 0; even[i] {
			l.Difference.Minor = 0
		}
	}
	for i := range invoices {
		inv := &invoices[i]
		state, sum, beside := InvoiceMatched, int64(0), inv.row.Net
		for k := range inv.lines {
			il := &inv.lines[k]
			beside -= il.Amount - il.Allowance
			if il.Difference == "" || inv.row.Kind == InvoiceCredit {
				continue
			}
			if even[il.Line-1] {
				il.Difference, il.dirty, inv.dirty = "", true, true
				continue
			}
			state = InvoiceDiffers
			sum += differs[i][k]
			l := &lines[il.Line-1]
			l.PriceWrong = l.PriceWrong || strings.Contains(il.Difference, "price")
			l.QuantityWrong = l.QuantityWrong || strings.Contains(il.Difference, "quantity")
		}
		if n := int64(len(inv.lines)); inv.row.Kind != InvoiceCredit && (beside > n || -beside > n) {
			state = InvoiceDiffers
			sum += beside
		}
		if inv.row.State != state || inv.row.DiffersBy != sum {
			inv.row.State, inv.row.DiffersBy, inv.dirty = state, sum, true
		}
	}
}

// rematch judges the invoices of an order again after its quantities moved.
func (s *Service) rematch(ctx context.Context, o *orderRow, lines []Line) error {
	if o.InvoicedTotal == 0 && !anyInvoiced(lines) {
		return nil
	}
	t, err := termsOf(ctx, o.PartnershipID)
	if err != nil {
		return err
	}
	invs, err := invoicesOf(ctx, o.ID)
	if err != nil {
		return err
	}
	match(lines, invs, money.Currency(o.Currency), money.Rate(t.PriceTolerance), money.Rate(t.QuantityTolerance))
	for _, inv := range invs {
		if inv.dirty {
			if err := saveMatch(ctx, inv); err != nil {
				return err
			}
		}
	}
	return nil
}

func anyInvoiced(lines []Line) bool {
	for _, l := range lines {
		if l.Invoiced > 0 {
			return true
		}
	}
	return false
}

// lineKey names a line of an order.
type lineKey struct {
	order OrderID
	line  int
}

// key is the line that a position is of, of an invoice whose first order is named.
func (r invoiceLineRow) key(first string) lineKey {
	return lineKey{OrderID(firstOf(r.OrderID, first)), int(r.Line)}
}

// room is what of a line of an invoice is not credited yet.
type room struct {
	quantity money.Quantity
	amount   int64
	price    money.Price
}

// roomOf is the room of an invoice by order line, less the credits against it. The invoices
// are those of its order, the oldest first.
func roomOf(of InvoiceID, all []Invoice) map[lineKey]room {
	out := map[lineKey]room{}
	for _, inv := range all {
		mine := inv.ID == of && inv.Kind == InvoiceDebit
		if !mine && (inv.Kind != InvoiceCredit || inv.CreditOf != of) {
			continue
		}
		for _, l := range inv.Lines {
			k := lineKey{l.Order, l.Line}
			x := out[k]
			if x.amount += l.Amount.Minor; mine { // of a credit it is negative
				x.quantity, x.price = x.quantity+l.Quantity, l.Price
			} else if l.Price >= x.price { // below it corrects the price and gives nothing back
				x.quantity -= l.Quantity
			}
			out[k] = x
		}
	}
	return out
}

// Creditable is how much of each line of the order an invoice of it can still give back.
func (d Detail) Creditable(of InvoiceID) map[int]money.Quantity {
	out := map[int]money.Quantity{}
	for k, x := range roomOf(of, d.Invoices) {
		out[k.line] = x.quantity
	}
	return out
}

// Collect makes one invoice of several orders for the supplier. Each is checked as an
// invoice of it alone would be, before anything leaves; each shows its share.
// Codes: NotFound, Forbidden, Conflict (another version, an order has nothing to invoice or
// is stopped, the number is taken), Invalid (fewer than two orders or more than
// MaxInvoiceOrders, one of them twice, of another partnership or currency; a field per wrong
// line, a date, the rate).
// Publishes Invoiced for each order; all but the first follow it.
func (s *Service) Collect(ctx context.Context, actor access.Actor, cmd CollectCmd) (InvoiceID, error) {
	var out InvoiceID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		xs, err := s.collected(ctx, actor, cmd.Orders)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, xs[0].o.PartnershipID)
		if err != nil {
			return err
		}
		head := InvoiceCmd{Number: cmd.Number, IssuedOn: cmd.IssuedOn, DueOn: cmd.DueOn, TaxRate: cmd.TaxRate, TaxCategory: cmd.TaxCategory, Release: cmd.Release}
		if err := head.fill(ctx, t); err != nil {
			return err
		}
		each := make([][]InvoiceCmdLine, len(xs))
		for i, o := range cmd.Orders {
			each[i] = o.Lines
		}
		out, err = s.bill(ctx, actor, t, head, xs, each)
		return err
	})
	return out, err
}

// errRehearsed takes back what was done to see how it would come out.
var errRehearsed = errors.New("rehearsed")

// Rehearse is the invoice that Collect would make, number and all, and keeps nothing of it.
// Codes: those of Collect.
func (s *Service) Rehearse(ctx context.Context, actor access.Actor, cmd CollectCmd) (Invoice, error) {
	var out Invoice
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		id, err := s.Collect(ctx, actor, cmd)
		if err == nil {
			out, err = s.GetInvoice(ctx, actor, id)
		}
		if err == nil {
			err = errRehearsed
		}
		return err
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return out, err
}

// Unfit says of each order of a refused Collect why it could not be invoiced alone, nil where
// it could. It keeps nothing.
// Codes: NotFound, Forbidden (of any order).
func (s *Service) Unfit(ctx context.Context, actor access.Actor, cmd CollectCmd) ([]error, error) {
	out := make([]error, len(cmd.Orders))
	for i, c := range cmd.Orders[:min(len(cmd.Orders), MaxInvoiceOrders)] {
		err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
			_, err := s.Invoice(ctx, actor, c.Order, InvoiceCmd{Version: c.Version, IssuedOn: cmd.IssuedOn, DueOn: cmd.DueOn, TaxRate: cmd.TaxRate, TaxCategory: cmd.TaxCategory, Lines: c.Lines, Release: cmd.Release})
			if err == nil {
				err = errRehearsed
			}
			return err
		})
		switch code := fault.CodeOf(err); {
		case errors.Is(err, errRehearsed):
		case code == fault.Conflict || code == fault.Invalid:
			out[i] = err
		default:
			return nil, err
		}
	}
	return out, nil
}

// collected locks the orders that are invoiced together, always in the same sequence, and
// gives them as they are asked for.
func (s *Service) collected(ctx context.Context, actor access.Actor, list []CollectOrder) (shares, error) {
	if len(list) < 2 || len(list) > MaxInvoiceOrders {
		return nil, fault.InvalidField("orders", "trade.collect_orders", "Most", MaxInvoiceOrders)
	}
	at := make([]int, len(list))
	xs := make(shares, len(list))
	for i, c := range list {
		o, err := orderByID(ctx, c.Order, false)
		if err == nil {
			err = access.Check(actor, access.OrderInvoice, access.Shared(o.SupplierID, o.ResellerID))
		}
		if err != nil {
			return nil, err
		}
		for _, x := range xs[:i] {
			switch {
			case x.o.ID == o.ID:
				return nil, fault.InvalidField("orders."+itoa(i)+".order", "trade.collect_twice", "Number", o.Number)
			case x.o.PartnershipID != o.PartnershipID || x.o.Currency != o.Currency:
				return nil, fault.InvalidField("orders."+itoa(i)+".order", "trade.collect_other", "Number", o.Number)
			}
		}
		xs[i], at[i] = &share{o: o}, i
	}
	slices.SortFunc(at, func(a, b int) int {
		return cmp.Or(strings.Compare(xs[a].o.Number, xs[b].o.Number), strings.Compare(xs[a].o.ReleaseNo, xs[b].o.ReleaseNo), strings.Compare(xs[a].o.ID, xs[b].o.ID))
	})
	for _, i := range at {
		x, err := s.billable(ctx, actor, list[i].Order, list[i].Version)
		if err != nil {
			return nil, err
		}
		xs[i] = x
	}
	return xs, nil
}

// fieldOf names the field of a line about which a check found something.
func fieldOf(taken []InvoiceCmdLine, lines []Line) func(precheck.Finding) string {
	return func(f precheck.Finding) string {
		i := max(0, slices.IndexFunc(taken, func(c InvoiceCmdLine) bool { return lines[c.Line-1].Reference == f.Line }))
		if f.Rule == precheck.Price {
			return "lines." + itoa(i) + ".price"
		}
		return "lines." + itoa(i) + ".quantity"
	}
}

// within puts the lines of a fault under a field; what concerns the whole stays.
func within(err error, field string) error {
	var f *fault.Error
	if errors.As(err, &f) {
		for i := range f.Fields {
			if strings.HasPrefix(f.Fields[i].Name, "lines.") {
				f.Fields[i].Name = field + f.Fields[i].Name
			}
		}
	}
	return err
}
