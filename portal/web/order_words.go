package web

import (
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/promo"
	"entente/prm/trade"
)

// This file turns values of the order desk into values of pages.

func amount(a money.Amount) view.Money {
	return view.Money{Amount: a.String(), Currency: string(a.Currency)}
}

func price(p money.Price, c money.Currency) view.Money {
	return view.Money{Amount: p.Fixed(c.Digits()), Currency: string(c)}
}

// cash is an amount in a cell, nothing when it is zero and hidden.
func cash(a money.Amount, hidden bool) string {
	if hidden || a.Currency == "" {
		return ""
	}
	return a.String()
}

// signed writes an amount with its sign, nothing when it is zero.
func signed(a money.Amount) string {
	switch {
	case a.Minor == 0:
		return ""
	case a.Minor > 0:
		return "+" + a.String()
	}
	return a.String()
}

func counted(q money.Quantity, unit string) view.Quantity {
	return view.Quantity{Value: q.String(), Unit: unit}
}

func orderState(o trade.Order) view.Status {
	return view.Status{State: view.State("order." + string(o.Shown()))}
}

// orderPips is how far the order itself came: kept, sent, received, answered.
func orderPips(o trade.Order) view.Pips {
	p := view.Pips{Steps: [4]view.Pip{view.PipOn, view.PipOn, view.PipOn, view.PipOn}, Words: view.T("pips.accepted")}
	switch {
	case o.Held != "":
		p.Steps[3], p.Words = view.PipWait, view.T("pips.waiting")
	case o.State == trade.Received:
		p.Steps[3], p.Words = view.PipWait, view.T("pips.waiting")
	case o.State == trade.Rejected, o.State == trade.Cancelled:
		p.Steps[3], p.Words = view.PipBad, view.T("pips.refused")
	case o.Differs:
		p.Steps[3], p.Words = view.PipBad, view.T("pips.refused")
	}
	return p
}

// markText is the sentence of a doubt about a line.
func markText(m trade.Mark, l trade.Line, c money.Currency, hidden bool) view.Text {
	item := l.SKU
	if item == "" {
		item = l.BuyerItem
	}
	args := []any{"item", item, "unit", l.Unit}
	if m == trade.PriceDiffers {
		if hidden {
			return view.T("mark.price_differs_hidden", args...)
		}
		args = append(args, "price", price(l.Price, c), "list", price(l.ListPrice, c))
	}
	return view.T("mark."+string(m), args...)
}

// rowNote is what stands out on an order of a list.
func (v *visit) rowNote(r trade.Row) view.Text {
	switch {
	case r.Clock.Late(v.now):
		return view.T("orders.answer_late")
	case r.Clock.Near(v.now):
		return view.T("order.answer_due", "when", r.Clock.Due)
	}
	if r.FirstMark == "" {
		return view.Text{}
	}
	return view.T("orders.mark", "line", strconv.Itoa(r.FirstMarkLine), "what", view.T("mark.short."+string(r.FirstMark)))
}

func lineState(l trade.Line) view.State {
	switch {
	case l.Marks.Has(trade.UnknownItem):
		return "line.unknown_item"
	case l.Marks.Has(trade.PriceDiffers), l.PriceWrong:
		return "line.price_differs"
	}
	return view.State("line." + string(l.State))
}

// orderLines lays the lines side by side. The description is the buyer's where
// our catalogue does not know the item.
func (v *visit) orderLines(d trade.Detail) []view.OrderLine {
	out := make([]view.OrderLine, 0, len(d.Lines))
	for _, l := range d.Lines {
		o := view.OrderLine{
			Number: l.Number, Name: l.Description, SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Unit: l.Unit,
			Ordered:   view.Cell{Value: l.Ordered.String()},
			Confirmed: view.Cell{Value: l.Confirmed.String(), Differs: l.State != trade.LineOpen && l.Confirmed != l.Ordered},
			Shipped:   view.Cell{Value: l.Shipped.String()},
			Received:  view.Cell{Value: l.Received.String()},
			Invoiced:  view.Cell{Value: l.Invoiced.String(), Differs: l.QuantityWrong},
			Requested: view.Date(l.RequestedOn), Promised: view.Date(l.PromisedOn),
			Status: view.Status{State: lineState(l)}, UnknownItem: l.Marks.Has(trade.UnknownItem),
		}
		if o.Name == "" {
			o.Name = o.SKU
		}
		if l.BuyerItem == l.SKU {
			o.BuyerItem = ""
		}
		if !d.PricesHidden {
			o.Price = view.Cell{Value: l.Price.Fixed(d.Currency.Digits()), Differs: l.Marks.Has(trade.PriceDiffers)}
			o.Amount = view.Cell{Value: cash(l.Amount, false), Differs: l.Marks.Has(trade.AmountRange)}
			if l.InvoicePrice != 0 {
				o.InvoicePrice = view.Cell{Value: l.InvoicePrice.Fixed(d.Currency.Digits()), Differs: l.PriceWrong}
				o.InvoiceAmount = view.Cell{Value: cash(l.InvoiceAmount, false)}
			}
			o.Difference = signed(l.Difference)
		}
		for _, m := range l.Marks {
			o.Notes = append(o.Notes, markText(m, l, d.Currency, d.PricesHidden))
		}
		if l.Free && !l.Marks.Has(trade.FreeGoods) {
			o.Notes = append(o.Notes, view.T("mark.free"))
		}
		if l.InsteadOf != "" {
			o.Notes = append(o.Notes, view.T("mark.instead_of", "item", l.InsteadOf))
		}
		o.Notes = append(o.Notes, partNotes(l)...)
		if l.PriceWrong && !d.PricesHidden {
			o.Notes = append(o.Notes, view.T("mark.invoice_price", "invoice", price(l.InvoicePrice, d.Currency), "agreed", price(l.Price, d.Currency)))
		}
		if l.QuantityWrong {
			o.Notes = append(o.Notes, quantityWrong(l))
		}
		if l.Backordered > 0 {
			o.Notes = append(o.Notes, laterText(l))
		}
		if l.Cancelled > 0 {
			o.Notes = append(o.Notes, view.T("mark.cancelled", "quantity", counted(l.Cancelled, l.Unit)))
		}
		switch {
		case l.DealApplied == "":
		case l.DealGranted > 0 && !d.PricesHidden && (l.DealReason == trade.DealShipDay || l.DealReason == trade.DealBillDay):
			o.Notes = append(o.Notes, view.T("mark.promotion_day", "number", l.DealApplied, "why", promoCut(l.DealReason, l.Ordered, l.DealGranted, l.Unit), "amount", price(l.DealAllowance, d.Currency)))
		case l.DealGranted > 0 && !d.PricesHidden:
			o.Notes = append(o.Notes, view.T("mark.promotion", "number", l.DealApplied, "why", promoCut(l.DealReason, l.Ordered, l.DealGranted, l.Unit), "quantity", counted(l.DealGranted, l.Unit), "amount", price(l.DealAllowance, d.Currency), "how", view.T("promohow."+l.DealMethod)))
		default:
			o.Notes = append(o.Notes, view.T("mark.promotion_why", "number", l.DealApplied, "why", promoCut(l.DealReason, l.Ordered, l.DealGranted, l.Unit)))
		}
		if g := d.Head.Goes; l.DealApplied != "" && g != nil && g.Judged {
			o.Notes = append(o.Notes, view.T("mark.goes."+g.By, "country", countryText(g.Country, v.p), "place", g.Place))
		}
		if l.DealNumber != "" {
			o.Notes = append(o.Notes, view.T("mark.deal", "number", strings.ReplaceAll(l.DealNumber, "\n", ", ")))
		}
		o.Steps = v.priceSteps(d, l)
		o.Bad = len(l.Marks) > 0 || l.PriceWrong || l.QuantityWrong
		o.Done = l.Invoiced > 0 && l.Invoiced == l.Ordered-l.Cancelled && !o.Bad
		out = append(out, o)
	}
	return out
}

// promoCut says why a line of an order counts or not; where an agreed quantity was used up, by
// how much it was cut.
func promoCut(why string, ordered, granted money.Quantity, unit string) view.Text {
	switch cut := ordered - granted; {
	case cut <= 0:
	case why == promo.WhyLimit, why == promo.WhyUsed, why == promo.WhyFreePart, granted > 0 && (why == promo.WhyShipDay || why == promo.WhyBillDay):
		return view.T("promocut."+why, "ordered", counted(ordered, unit), "counts", counted(granted, unit), "cut", counted(cut, unit))
	}
	return view.T("promowhy." + why)
}

// priceSteps says in words how the price of a line came about.
func (v *visit) priceSteps(d trade.Detail, l trade.Line) []view.KV {
	var out []view.KV
	lists := v.lists(access.CatalogPrices)
	for _, x := range d.PriceSteps(l) {
		kv := view.KV{Label: view.T("pricestep." + x.Kind), Value: view.T("pricestep.plain", "price", price(x.Price, d.Currency))}
		switch {
		case x.List != "":
			kv.Value = view.T("pricestep.by_list", "price", price(x.Price, d.Currency), "version", x.Version, "from", view.Date(x.From), "on", view.Date(x.On))
			if lists {
				kv.URL = v.listURL(catalog.ListID(x.List)) + "?version=" + itoa(int64(x.Version))
			}
		case x.Kind == trade.StepSpecial && x.Number != "":
			kv.Value = view.T("pricestep.by_number", "price", price(x.Price, d.Currency), "number", x.Number)
		case x.Kind == trade.StepPromotion && x.Granted > 0:
			promoted := "pricestep.promoted"
			switch {
			case x.Reason == trade.DealShipDay, x.Reason == trade.DealBillDay:
				promoted = "pricestep.promoted_day"
			case x.Method == trade.DealBillBack:
				promoted = "pricestep.promoted_later"
			}
			kv.Value = view.T(promoted, "number", x.Number, "off", price(x.Off, d.Currency), "quantity", counted(x.Granted, l.Unit), "how", view.T("promohow."+x.Method), "price", price(x.Price, d.Currency), "why", promoCut(x.Reason, l.Ordered, x.Granted, l.Unit), "rule", view.T("pricerule."+x.Rule))
		case x.Kind == trade.StepPromotion:
			kv.Value = view.T("pricestep.not_promoted", "number", x.Number, "why", promoCut(x.Reason, l.Ordered, x.Granted, l.Unit), "rule", view.T("pricerule."+x.Rule))
		case x.Kind == trade.StepNet && x.Price == 0 && x.Amount.Minor > 0:
			kv.Value = view.T("pricestep.net_whole", "amount", amount(x.Amount))
		case x.Kind == trade.StepNet:
			kv.Value = view.T("pricestep.net_is", "price", price(x.Price, d.Currency), "quantity", counted(l.Ordered, l.Unit), "amount", amount(x.Amount))
		}
		out = append(out, kv)
	}
	return out
}

// orderTotals are the sums under the lines.
func (v *visit) orderTotals(d trade.Detail) view.OrderTotals {
	t := view.OrderTotals{Currency: string(d.Currency)}
	for _, l := range d.Lines {
		t.ShowConfirmed = t.ShowConfirmed || l.Confirmed > 0 || l.Cancelled > 0 || l.Backordered > 0
		t.ShowShipped = t.ShowShipped || l.Shipped > 0
		t.ShowReceived = t.ShowReceived || l.Received > 0
		t.ShowInvoiced = t.ShowInvoiced || l.Invoiced > 0
		if l.PriceWrong || l.QuantityWrong || len(l.Marks) > 0 {
			t.Differing++
		}
	}
	if d.PricesHidden {
		return t
	}
	t.Ordered, t.Difference = d.Total.String(), signed(d.Difference)
	if t.ShowConfirmed {
		t.Confirmed = d.ConfirmedTotal.String()
	}
	if len(d.Invoices) == 0 {
		return t
	}
	t.Invoiced = d.InvoicedTotal.String()
	tax, gross := money.Amount{Currency: d.Currency}, money.Amount{Currency: d.Currency}
	rate := d.Invoices[0].TaxRate
	one := true
	for _, inv := range d.Invoices {
		if inv.Orders > 0 { // its taxes are of several orders
			return t
		}
		var errTax, errGross error
		tax, errTax = tax.Add(inv.Tax)
		gross, errGross = gross.Add(inv.Gross)
		if errTax != nil || errGross != nil {
			return t // an invoice in another currency: sums of two are not shown
		}
		one = one && inv.TaxRate == rate
	}
	t.Tax, t.Gross = amount(tax), amount(gross)
	if one {
		t.TaxNote = view.T("order.tax_at", "rate", percent(rate))
	}
	return t
}

// percent writes a rate as a per cent: 0.2 is "20%".
func percent(r money.Rate) string {
	s := (r * 100).String()
	return strings.TrimSuffix(s, ".0") + "%"
}

// quantityWrong says how much too much was invoiced.
func quantityWrong(l trade.Line) view.Text {
	if l.Invoiced > l.Shipped {
		return view.T("mark.more_than_shipped", "quantity", counted(l.Invoiced-l.Shipped, l.Unit))
	}
	return view.T("mark.quantity_wrong", "invoiced", counted(l.Invoiced, l.Unit), "shipped", counted(l.Shipped, l.Unit))
}

// partNotes names the part deliveries that a line asks for, the first of many.
func partNotes(l trade.Line) []view.Text {
	var out []view.Text
	for i, p := range l.Parts {
		if i == 12 {
			break
		}
		if q := counted(p.Quantity, l.Unit); p.On == "" {
			out = append(out, view.T("mark.asked_part", "quantity", q))
		} else {
			out = append(out, view.T("mark.asked_part_on", "quantity", q, "date", view.Date(p.On)))
		}
	}
	return out
}

// laterText says what comes later, and when where that is known.
func laterText(l trade.Line) view.Text {
	if l.PromisedOn == "" {
		return view.T("mark.later", "quantity", counted(l.Backordered, l.Unit))
	}
	return view.T("mark.backordered", "quantity", counted(l.Backordered, l.Unit), "date", view.Date(l.PromisedOn))
}
