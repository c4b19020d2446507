package flat

import (
	"slices"
	"strconv"

	"entente/edi/doc"
	"entente/edi/xlsx"
)

func blank(kind string) Document {
	switch kind {
	case "850", "ORDERS":
		return &doc.PurchaseOrder{}
	case "855", "ORDRSP":
		return &doc.OrderAck{}
	case "856", "DESADV":
		return &doc.ShipNotice{}
	case "810", "INVOIC":
		return &doc.Invoice{}
	}
	return nil
}

// rowsOf gives the rows of a document and its columns, nil for a kind without CSV. A
// document without lines has one row.
func rowsOf(d Document, style *Style, book bool) (rows []map[string]string, order []string, typed func(column string) xlsx.Kind) {
	numbers, days := map[string]bool{}, map[string]bool{}
	typed = func(column string) xlsx.Kind {
		switch {
		case numbers[column]:
			return xlsx.Number
		case days[column]:
			return xlsx.Date
		}
		return xlsx.Text
	}
	row := func(kind string, fill func(*cells)) {
		c := &cells{row: map[string]string{}, style: style, book: book, numbers: numbers, days: days}
		c.text("document", &kind)
		fill(c)
		rows = append(rows, c.row)
		if len(c.order) > len(order) {
			order = c.order
		}
	}
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		for i := range max(1, len(d.Lines)) {
			row("850", func(c *cells) { c.order850(d); c.line(at(d.Lines, i)) })
		}
	case *doc.OrderAck:
		for i := range max(1, len(d.Lines)) {
			l := at(d.Lines, i)
			for k := range max(1, len(l.Responses)) {
				row("855", func(c *cells) { c.head855(d); c.line(&l.Line); c.response(at(l.Responses, k)) })
			}
		}
	case *doc.Invoice:
		for i := range max(1, len(d.Lines)) {
			row("810", func(c *cells) { c.head810(d); l := at(d.Lines, i); c.line(&l.Line); c.tax("line_tax", &l.Taxes) })
		}
	case *doc.ShipNotice:
		var packs func(o *doc.ShippedOrder, list []doc.Pack, outer string)
		one := func(o *doc.ShippedOrder, kind, sscc, outer string, l *doc.ShipLine) {
			row("856", func(c *cells) {
				c.head856(d)
				c.order856(o)
				c.text("pack", &kind)
				c.text("sscc", &sscc)
				c.text("outer_sscc", &outer)
				c.line(&l.Line)
				c.number("ordered", &l.Ordered)
			})
		}
		packs = func(o *doc.ShippedOrder, list []doc.Pack, outer string) {
			for i := range list {
				for k := range list[i].Lines {
					one(o, list[i].Kind, list[i].SSCC, outer, &list[i].Lines[k])
				}
				if len(list[i].Lines) == 0 {
					one(o, list[i].Kind, list[i].SSCC, outer, &doc.ShipLine{})
				}
				packs(o, list[i].Packs, list[i].SSCC)
			}
		}
		for i := range d.Orders {
			o := &d.Orders[i]
			for k := range o.Lines {
				one(o, "", "", "", &o.Lines[k])
			}
			packs(o, o.Packs, "")
		}
		if len(rows) == 0 {
			one(&doc.ShippedOrder{}, "", "", "", &doc.ShipLine{})
		}
	}
	return rows, order, typed
}

// Columns are the names of the columns of a kind of document, nil for a kind without CSV.
func Columns(kind string) []string {
	d := blank(kind)
	if d == nil {
		return nil
	}
	_, order, _ := rowsOf(d, &Style{}, false)
	return order
}

// Known says whether a column is one of ours, of any kind.
func Known(column string) bool {
	return slices.ContainsFunc([]string{"850", "855", "856", "810"}, func(kind string) bool { return slices.Contains(Columns(kind), column) })
}

// at is an entry of a list, or an empty one.
func at[T any](list []T, i int) *T {
	if i < len(list) {
		return &list[i]
	}
	return new(T)
}

// document reads a row into a document.
func (c *cells) document(d Document) {
	var l doc.Line
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		c.order850(d)
		if c.line(&l); said(&l) {
			d.Lines = append(d.Lines, l)
		}
	case *doc.OrderAck:
		c.head855(d)
		var r doc.Response
		c.line(&l)
		c.response(&r)
		if !said(&l) {
			return
		}
		if r.Status != "" && r.Unit == "" {
			r.Unit = l.Unit
		}
		if n := len(d.Lines); n > 0 && l.Number != "" && d.Lines[n-1].Number == l.Number {
			d.Lines[n-1].Responses = append(d.Lines[n-1].Responses, r)
			return
		}
		x := doc.AckLine{Line: l}
		if r.Status != "" {
			x.Responses = []doc.Response{r}
		}
		d.Lines = append(d.Lines, x)
	case *doc.Invoice:
		c.head810(d)
		x := doc.InvoiceLine{}
		c.line(&x.Line)
		c.tax("line_tax", &x.Taxes)
		if said(&x.Line) {
			x.Amount = x.Quantity.Mul(x.Price, 2)
			d.Lines = append(d.Lines, x)
		}
	case *doc.ShipNotice:
		c.head856(d)
		c.shipped(d)
	}
}

func (c *cells) shipped(d *doc.ShipNotice) {
	var next doc.ShippedOrder
	c.order856(&next)
	o := (*doc.ShippedOrder)(nil)
	for i := range d.Orders {
		if d.Orders[i].Number == next.Number {
			o = &d.Orders[i]
		}
	}
	if o == nil {
		d.Orders = append(d.Orders, next)
		o = &d.Orders[len(d.Orders)-1]
	}
	var kind, sscc, outer string
	c.text("pack", &kind)
	c.text("sscc", &sscc)
	c.text("outer_sscc", &outer)
	var l doc.ShipLine
	c.line(&l.Line)
	c.number("ordered", &l.Ordered)
	if kind == "" && sscc == "" {
		if said(&l.Line) {
			o.Lines = append(o.Lines, l)
		}
		return
	}
	list := &o.Packs
	if outer != "" {
		if p := inside(o.Packs, outer); p != nil {
			list = &p.Packs
		} else {
			c.problem("outer_sscc", doc.KeyMissing, outer)
		}
	}
	n := len(*list)
	if n == 0 || (*list)[n-1].SSCC != sscc || sscc == "" {
		*list = append(*list, doc.Pack{Kind: kind, SSCC: sscc})
		n++
	}
	if said(&l.Line) {
		(*list)[n-1].Lines = append((*list)[n-1].Lines, l)
	}
}

// inside finds the pack of a number.
func inside(list []doc.Pack, sscc string) *doc.Pack {
	for i := range list {
		if list[i].SSCC == sscc {
			return &list[i]
		}
		if p := inside(list[i].Packs, sscc); p != nil {
			return p
		}
	}
	return nil
}

func said(l *doc.Line) bool { return l.Quantity != "" || l.Number != "" || len(l.Items) > 0 }

// usual gives a purpose or type that a file leaves out.
func usual(to *string, v string) {
	if *to == "" {
		*to = v
	}
}

// finish fills what a plain document may leave out.
func finish(d Document) {
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		usual(&d.Purpose, "00")
		usual(&d.Type, "SA")
	case *doc.OrderAck:
		usual(&d.Purpose, "00")
		usual(&d.Type, "AC")
	case *doc.ShipNotice:
		usual(&d.Purpose, "00")
	}
}

func (c *cells) order850(d *doc.PurchaseOrder) {
	c.text("number", &d.Number)
	c.date("date", &d.Date)
	c.text("purpose", &d.Purpose)
	c.text("type", &d.Type)
	c.text("release", &d.Release)
	c.text("contract", &d.Contract)
	c.head(&d.Header)
	c.number("total", &d.Total)
}

func (c *cells) head855(d *doc.OrderAck) {
	c.text("number", &d.Number)
	c.date("date", &d.Date)
	c.text("purpose", &d.Purpose)
	c.text("type", &d.Type)
	c.text("seller_number", &d.Seller)
	c.date("answered", &d.AckDate)
	c.text("release", &d.Release)
	c.text("contract", &d.Contract)
	c.head(&d.Header)
}

func (c *cells) head810(d *doc.Invoice) {
	c.text("number", &d.Number)
	c.date("date", &d.Date)
	c.text("purpose", &d.Purpose)
	c.text("type", &d.Type)
	c.text("order_number", &d.OrderNumber)
	c.date("order_date", &d.OrderDate)
	c.head(&d.Header)
	t := *at(d.Terms, 0)
	c.date("due_date", &t.NetDate)
	c.text("due_days", &t.NetDays)
	if c.read && (t.NetDate != "" || t.NetDays != "") {
		d.Terms = []doc.Terms{t}
	}
	c.tax("tax", &d.Taxes)
	c.number("total", &d.Total)
}

func (c *cells) head856(d *doc.ShipNotice) {
	c.text("number", &d.Number)
	c.date("date", &d.Date)
	c.text("time", &d.Time)
	c.text("purpose", &d.Purpose)
	c.text("carrier", &d.Carrier.Code)
	c.text("carrier_name", &d.Carrier.Name)
	c.on("shipped", "011", &d.Dates)
	c.on("expected", "017", &d.Dates)
	c.head(&d.Header)
}

func (c *cells) order856(o *doc.ShippedOrder) {
	c.text("order_number", &o.Number)
	c.date("order_date", &o.Date)
}

// head maps what all heads share: one reference to a promotion, one note, the dates and
// parties that every order has.
func (c *cells) head(h *doc.Header) {
	c.text("currency", &h.Currency)
	c.on("requested", "002", &h.Dates)
	c.reference("promotion", "PD", &h.Refs)
	c.first("note", &h.Notes)
	for _, at := range [][2]string{{"buyer", "BY"}, {"supplier", "SU"}, {"ship_to", "ST"}, {"bill_to", "BT"}} {
		c.party(at[0], at[1], &h.Parties)
	}
	n := ""
	if h.LineCount > 0 {
		n = strconv.Itoa(h.LineCount)
	}
	c.text("lines", &n)
	if c.read && n != "" {
		v, err := strconv.Atoi(n)
		if err != nil {
			c.problem("lines", doc.KeyNumber, n)
		}
		h.LineCount = v
	}
}

func (c *cells) party(name, role string, list *[]doc.Party) {
	var p doc.Party
	if !c.read {
		for i := range *list {
			if (*list)[i].Role == role {
				p = (*list)[i]
				break
			}
		}
	}
	c.text(name+"_id", &p.ID)
	c.text(name+"_id_type", &p.IDQualifier)
	c.text(name+"_name", &p.Name)
	if role == "ST" || role == "BT" {
		street, more := *at(p.Address, 0), *at(p.Address, 1)
		c.text(name+"_street", &street)
		c.text(name+"_street_2", &more)
		c.text(name+"_city", &p.City)
		c.text(name+"_region", &p.Region)
		c.text(name+"_postcode", &p.Postcode)
		c.text(name+"_country", &p.Country)
		if c.read {
			p.Address = nil
			for _, s := range []string{street, more} {
				if s != "" {
					p.Address = append(p.Address, s)
				}
			}
		}
	}
	if !c.read || p.ID == "" && p.Name == "" && p.City == "" && len(p.Address) == 0 {
		return
	}
	for _, have := range *list {
		if have.Role == role {
			return // of a row before
		}
	}
	p.Role = role
	*list = append(*list, p)
}

// on maps the date of a qualifier.
func (c *cells) on(name, qualifier string, list *[]doc.Date) {
	var v string
	at := -1
	for i, d := range *list {
		if d.Qualifier == qualifier && at < 0 {
			at = i
		}
	}
	if !c.read && at >= 0 {
		v = (*list)[at].Date
	}
	c.date(name, &v)
	if c.read && v != "" && at < 0 {
		*list = append(*list, doc.Date{Qualifier: qualifier, Date: v})
	}
}

func (c *cells) reference(name, qualifier string, list *[]doc.Ref) {
	var v string
	at := -1
	for i, r := range *list {
		if r.Qualifier == qualifier && at < 0 {
			at = i
		}
	}
	if !c.read && at >= 0 {
		v = (*list)[at].Value
	}
	c.text(name, &v)
	if c.read && v != "" && at < 0 {
		*list = append(*list, doc.Ref{Qualifier: qualifier, Value: v})
	}
}

func (c *cells) first(name string, list *[]string) {
	v := *at(*list, 0)
	if c.read {
		v = ""
	}
	c.text(name, &v)
	if c.read && v != "" && len(*list) == 0 {
		*list = []string{v}
	}
}

// tax maps one tax: its rate, amount and base.
func (c *cells) tax(name string, list *[]doc.Tax) {
	t := *at(*list, 0)
	if c.read {
		t = doc.Tax{}
	}
	c.text(name+"_type", &t.Type)
	c.number(name+"_percent", &t.Percent)
	c.number(name+"_amount", &t.Amount)
	c.number(name+"_base", &t.Taxable)
	if c.read && len(*list) == 0 && (t.Percent != "" || t.Amount != "") {
		usual(&t.Type, "VA")
		*list = []doc.Tax{t}
	}
}

func (c *cells) line(l *doc.Line) {
	c.text("line", &l.Number)
	var ids [4]string
	names := [4][2]string{{"buyer_item", "BP"}, {"vendor_item", "VP"}, {"gtin", ""}, {"manufacturer_item", "MG"}}
	if !c.read {
		for _, it := range l.ItemIDs() {
			k := -1
			switch it.Qualifier {
			case "BP", "IN":
				k = 0
			case "VP", "VN":
				k = 1
			case "EN", "UP", "UK":
				k = 2
			case "MG":
				k = 3
			}
			if k >= 0 && ids[k] == "" {
				ids[k] = it.ID
			}
		}
	}
	for k, at := range names {
		c.text(at[0], &ids[k])
		if !c.read || ids[k] == "" {
			continue
		}
		q := at[1]
		if q == "" {
			q = map[int]string{12: "UP", 14: "UK"}[len(ids[k])]
			usual(&q, "EN")
		}
		l.Items = append(l.Items, doc.ItemID{Qualifier: q, ID: ids[k]})
	}
	if c.read {
		l.Identify()
	}
	c.text("description", &l.Description)
	c.number("quantity", &l.Quantity)
	c.text("unit", &l.Unit)
	c.number("price", &l.Price)
	c.on("line_requested", "002", &l.Dates)
	c.reference("line_promotion", "PD", &l.Refs)
	c.first("line_note", &l.Notes)
}

func (c *cells) response(r *doc.Response) {
	c.text("status", &r.Status)
	c.number("status_quantity", &r.Quantity)
	c.date("status_date", &r.Date)
	c.text("status_reason", &r.Industry)
	if c.read && r.Date != "" {
		r.DateQualifier = "067"
	}
}
