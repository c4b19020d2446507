package web

import (
	"strconv"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/trade"
)

// repeated is the order form with the lines and the address of an older order:
// the prices are today's, number and dates are new.
func (v *visit) repeated(id trade.OrderID) error {
	d, err := v.w.d.Trade.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if d.Reseller != v.org() || !v.may(access.OrderPlace, access.Shared(d.Supplier, d.Reseller)) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	trades := false
	for _, p := range partners.suppliers(v.actor()) {
		trades = trades || p.ID == d.Partnership
	}
	if !trades {
		return fault.New(fault.Conflict, "order_new.partner_gone", "Number", d.Number)
	}
	in := &input{v: v, values: map[string]string{"partner": d.Partnership}, wrong: fault.New(fault.Invalid, "form.invalid")}
	for _, p := range d.Parties {
		if p.Role != "ST" {
			continue
		}
		in.values["ship_name"], in.values["ship_city"], in.values["ship_postcode"], in.values["ship_country"] = p.Name, p.City, p.Postcode, p.Country
		if len(p.Address) > 0 {
			in.values["ship_street"] = p.Address[0]
		}
	}
	if in.values["ship_name"] == "" {
		in.values["ship_name"], in.values["ship_city"] = v.login.Org.Name, v.login.Org.City
	}
	in.told = append(in.told, view.T("order_new.again", "number", d.Number))
	n := 0
	for _, l := range d.Lines {
		if n == mostLines {
			in.told = append(in.told, view.T("order_new.too_many", "lines", strconv.Itoa(len(d.Lines)), "most", strconv.Itoa(mostLines)))
			break
		}
		sku := l.SKU
		for _, other := range []string{l.BuyerItem, l.GTIN} {
			if sku == "" {
				sku = other
			}
		}
		if sku == "" {
			sku = l.Description
		}
		in.values[lineName(n, "sku")], in.values[lineName(n, "unit")] = sku, l.Unit
		if l.Ordered > 0 {
			in.values[lineName(n, "quantity")] = l.Ordered.String()
		}
		n++
	}
	in.values["lines"] = strconv.Itoa(n)
	return v.newOrder(200, in, nil)
}
