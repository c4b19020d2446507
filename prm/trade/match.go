package trade

import (
	"context"
	"strings"

	"entente/prm/money"
)

// matched is what matching found about one invoice.
type matched struct {
	row   invoiceRow
	lines []invoiceLineRow
	dirty bool
}

// match holds invoices, oldest first, against the lines: price against the
// order's within the tolerance, quantity against what was shipped (confirmed,
// where the supplier keeps no shipments here). A later delivery is no difference:
// the difference of a line is its amount − the delivered part of its quantity ×
// the order's price. It fills the invoice columns of the lines.
func match(lines []Line, invoices []matched, c money.Currency, tolerance, spare money.Rate) {
	shipped := false
	for i := range lines {
		l := &lines[i]
		shipped = shipped || l.Shipped > 0
		l.InvoicePrice, l.PriceWrong, l.QuantityWrong = 0, false, false
		l.InvoiceAmount, l.Difference = money.Amount{Currency: c}, money.Amount{Currency: c}
	}
	before := make([]money.Quantity, len(lines))
	for i := range invoices {
		inv := &invoices[i]
		state, differs := InvoiceMatched, money.Amount{Currency: c}
		for k := range inv.lines {
			il := &inv.lines[k]
			l := &lines[il.Line-1]
			delivered := l.Confirmed
			if shipped {
				delivered = l.Shipped
			}
			q, price := money.Quantity(il.Quantity), money.Price(il.Price)
			covered := max(0, min(q, delivered-before[il.Line-1]))
			before[il.Line-1] += q
			var wrong []string
			if !money.Within(price, l.Price, tolerance) {
				wrong, l.PriceWrong = append(wrong, "price"), true
			}
			if over, ok := times(delivered, spare); q-covered > over || !ok && q > covered {
				wrong, l.QuantityWrong = append(wrong, "quantity"), true
			}
			l.InvoicePrice = price
			l.InvoiceAmount.Minor += il.Amount
			if len(wrong) > 0 {
				state = InvoiceDiffers
				if right, err := money.Extend(covered, l.Price, c); err == nil {
					d := il.Amount - right.Minor
					differs.Minor += d
					l.Difference.Minor += d
				}
			}
			if w := strings.Join(wrong, ","); w != il.Difference {
				il.Difference, inv.dirty = w, true
			}
		}
		if inv.row.State != state || inv.row.DiffersBy != differs.Minor {
			inv.row.State, inv.row.DiffersBy, inv.dirty = state, differs.Minor, true
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
