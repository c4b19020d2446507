package gateway

import (
	"time"

	"entente/edi/doc"
	"entente/edi/translate"
)

// testDocument is what a supplier would say to a test order that it can fulfil: 855
// accepts every line as asked for, 856 ships them all, 810 invoices them. control is
// the order's interchange control number, from which their own numbers are made.
func testDocument(kind string, o *doc.PurchaseOrder, control string, at time.Time) (translate.Document, string) {
	day := at.UTC().Format(time.DateOnly)
	head := doc.Header{Currency: o.Currency, Parties: o.Parties}
	for _, r := range o.Refs {
		switch r.Qualifier {
		case "PD", "CT", "PR", "DP", "IA", "CO":
			head.Refs = append(head.Refs, r)
		}
	}
	switch kind {
	case "856":
		head.Currency, head.Dates = "", []doc.Date{{Qualifier: "011", Date: day}}
		out := &doc.ShipNotice{Header: head, Purpose: "00", Number: "TS" + control, Date: day, Time: at.UTC().Format("15:04"), Structure: "0004"}
		shipped := doc.ShippedOrder{Number: o.Number, Release: o.Release, Date: o.Date}
		for i := range o.Lines {
			l := testLine(&o.Lines[i])
			l.Price = ""
			shipped.Lines = append(shipped.Lines, doc.ShipLine{Line: l, Ordered: l.Quantity})
		}
		out.Orders = []doc.ShippedOrder{shipped}
		return out, out.Number
	case "810":
		out := &doc.Invoice{Header: head, Number: "TI" + control, Date: day, OrderDate: o.Date, OrderNumber: o.Number, Release: o.Release, Type: "DI", Purpose: "00", Total: "0.00"}
		out.Terms = []doc.Terms{{NetDate: at.UTC().AddDate(0, 0, 30).Format(time.DateOnly)}}
		for i := range o.Lines {
			l := doc.InvoiceLine{Line: testLine(&o.Lines[i])}
			l.Amount = l.Quantity.Mul(l.Price, 2)
			out.Total = out.Total.Add(l.Amount).Round(2)
			out.Lines = append(out.Lines, l)
		}
		return out, out.Number
	}
	out := &doc.OrderAck{Header: head, Purpose: "00", Type: "AD", Number: o.Number, Release: o.Release, Date: o.Date, AckDate: day, Contract: o.Contract}
	wanted := ""
	for _, d := range o.Dates {
		if d.Qualifier == "002" || d.Qualifier == "2" {
			wanted = d.Date
		}
	}
	for i := range o.Lines {
		l := testLine(&o.Lines[i])
		said := doc.Response{Status: "IA", Quantity: l.Quantity, Unit: l.Unit}
		if wanted != "" {
			said.DateQualifier, said.Date = "067", wanted
		}
		out.Lines = append(out.Lines, doc.AckLine{Line: l, Responses: []doc.Response{said}})
	}
	return out, o.Number
}

// testLine keeps of a line what every later document repeats. An order may leave prices
// to the price list; a test document then says 1.00.
func testLine(l *doc.Line) doc.Line {
	out := doc.Line{Number: l.Number, BuyerItem: l.BuyerItem, VendorItem: l.VendorItem, GTIN: l.GTIN, Items: l.Items, Quantity: l.Quantity, Unit: l.Unit, Price: l.Price, Description: l.Description}
	if out.Price == "" {
		out.Price = "1.00"
	}
	return out
}
