package promo

import (
	"cmp"
	"slices"
	"time"

	"entente/db"
	"entente/prm/money"
	"entente/prm/trade"
)

// judgedLine is the row of a verdict, before it is followed.
func judgedLine(o *trade.PromoOrder, l *trade.PromoLine, v *trade.PromoVerdict, t *Terms) lineRow {
	r := lineRow{PromotionID: v.Promotion, OrderID: string(o.ID), Line: int64(l.Number), OwnerID: o.Supplier, OrgID: o.Reseller, VersionNo: int64(v.Version), Number: o.Number, SKU: l.SKU, OrderedOn: o.OrderedOn, Arrived: db.Micros(o.Received), Unit: l.Unit, Factor: int64(l.Factor),
		Verdict: LineOut, Reason: v.Reason, Method: v.Method, Currency: string(o.Currency), Price: int64(l.Price), Allowance: int64(v.Allowance), Ordered: int64(times(l.Ordered, l.Factor)), Granted: int64(times(v.Granted, l.Factor)), Free: db.Flag(t.gives(l) && (v.Granted > 0 || v.Reason == WhyFreeNone))}
	switch {
	case r.Granted <= 0:
	case r.Granted < r.Ordered:
		r.Verdict = LinePart
	default:
		r.Verdict = LineCounts
	}
	if t.Cumulative && r.Granted > 0 {
		r.Base = int64(basePrice(l))
	}
	return r
}

// Verdicts of a line.
const (
	LineCounts = "counts"
	LinePart   = "part"
	LineOut    = "out"
)

// follow computes what became of a line from its documents, under the terms it was judged
// by; zero terms know no dates of shipment yet. At is when.
func (r *lineRow) follow(l *trade.PromoLine, t *Terms, at int64) {
	f := &l.Fact
	base := func(q money.Quantity) money.Quantity { return times(q, l.Factor) }
	ordered := base(l.Ordered - f.Cancelled)
	counted := min(money.Quantity(r.Granted), max(0, ordered))
	within := func(ms []trade.PromoMove, from, until string) money.Quantity {
		var sum money.Quantity
		for _, m := range ms {
			if m.On >= from && (until == "" || m.On <= until) {
				sum += base(m.Quantity)
			}
		}
		return sum
	}
	switch t.By {
	case ByOrder:
		if t.ShipBy != "" {
			last := t.ShipBy
			if f.Backordered && t.BackDays > 0 {
				if d, err := time.Parse(time.DateOnly, t.Until); err == nil {
					last = max(last, d.AddDate(0, 0, t.BackDays).Format(time.DateOnly))
				}
			}
			counted = min(counted, within(f.Ships, "", last)+max(0, ordered-base(f.Shipped)))
		}
	case ByShip:
		counted = min(counted, within(f.Ships, t.From, t.Until))
	case ByInvoice:
		counted = min(counted, within(f.Bills, t.From, t.Until))
	}
	if why := t.dayWhy(); why != "" && r.awaits() {
		moves := f.Ships
		if t.By == ByInvoice {
			moves = f.Bills
		}
		freed := r.Freed
		switch r.Verdict, r.Reason, r.Freed = LineOut, why, 0; {
		case counted > 0 && r.Granted < r.Ordered:
			r.Verdict = LinePart
		case counted > 0:
			r.Verdict = LineCounts
		case ordered <= 0 || within(moves, "", "") < ordered: // not all of it yet
		case within(moves, t.From, "") > 0:
			r.Reason, r.Freed = WhyAfter, cmp.Or(freed, at)
		default:
			r.Reason, r.Freed = WhyBefore, cmp.Or(freed, at)
		}
	}
	r.Counted = int64(counted)
	r.Confirmed, r.Shipped = int64(min(counted, base(f.Confirmed))), int64(min(counted, base(f.Shipped)))
	invoiced := min(counted, max(0, base(f.Invoiced-f.Credited)))
	r.Invoiced, r.Value, r.Earned = int64(invoiced), 0, 0
	if invoiced <= 0 || l.Factor <= 0 || r.Price == 0 && money.Price(r.Allowance) < l.ListPrice { // nothing is less than nothing
		return
	}
	q, c := per(invoiced, l.Factor), money.Currency(r.Currency)
	gross := money.Price(r.Price)
	if l.ListPrice > 0 && r.Method == trade.DealOffInvoice && apart(gross, l.ListPrice-money.Price(r.Allowance)) < apart(gross, l.ListPrice) { // the price has it already
		gross += money.Price(r.Allowance)
	}
	if a, err := money.Extend(q, gross, c); err == nil {
		r.Value = a.Minor
	}
	r.reckon()
}

// awaits says that the documents of a line decide whether it counts: until something does it
// is out, though it was granted.
func (r *lineRow) awaits() bool {
	return r.Granted > 0 && slices.Contains([]string{WhyShipDay, WhyBillDay, WhyBefore, WhyAfter}, r.Reason)
}

// held is what a row takes of the limit of its seat: free goods do not count, and what shipped on
// other days does not any more.
func (r *lineRow) held() int64 {
	if r.Free != 0 || r.Freed != 0 {
		return 0
	}
	return r.Granted
}

// reckon computes what a line earns at its allowance.
func (r *lineRow) reckon() {
	r.Earned = 0
	if r.Invoiced <= 0 || r.Factor <= 0 || r.Price == 0 && r.Method == trade.DealBillBack { // what cost nothing is not claimed
		return
	}
	if a, err := money.Extend(per(money.Quantity(r.Invoiced), money.Quantity(r.Factor)), money.Price(r.Allowance), money.Currency(r.Currency)); err == nil {
		r.Earned = a.Minor
	}
}

func apart(a, b money.Price) money.Price { return max(a-b, b-a) }
