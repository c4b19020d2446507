package format

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"entente/edi/doc"
)

// source makes documents from a seed that a format has a place for.
type source struct {
	*rand.Rand
	format string
}

func (s source) maybe() bool                { return s.IntN(2) == 0 }
func (s source) pick(list ...string) string { return list[s.IntN(len(list))] }
func (s source) text() string {
	return s.pick("DRILL 18 V", "Bohrmaschine für Holz", "O'Brien & Sons <Co>", "'t Hooft", "=1+1", "-x", "电钻 18 V", `a "b", c;d`)
}
func (s source) day() string          { return fmt.Sprintf("2026-%02d-%02d", 1+s.IntN(12), 1+s.IntN(28)) }
func (s source) decimal() doc.Decimal { return doc.FromScaled(1+s.Int64N(1_000_000), s.IntN(3)) }
func (s source) cents() doc.Decimal   { return doc.FromScaled(1+s.Int64N(10_000_000), 2) }
func (s source) one(names ...string) bool {
	name := s.format
	if name == XLSX { // the columns of CSV
		name = CSV
	}
	return slices.Contains(names, name)
}

func (s source) refs() (out []doc.Ref) {
	if s.maybe() {
		out = append(out, doc.Ref{Qualifier: "PD", Value: "PR-2026-017"})
	}
	if s.maybe() && !s.one(CSV) {
		out = append(out, doc.Ref{Qualifier: "DP", Value: s.text()})
	}
	return out
}

func (s source) notes() (out []string) {
	n := 3
	if s.one(CSV) {
		n = 2
	}
	for range s.IntN(n) {
		out = append(out, s.text())
	}
	return out
}

// allowances are those that change the total: no other is written but as JSON.
func (s source) allowances() (out []doc.Allowance) {
	if s.one(CSV) {
		return nil
	}
	for range s.IntN(3) {
		a := doc.Allowance{Indicator: s.pick("A", "C"), Code: s.pick("F800", "C310", ""), Amount: s.cents(), Method: "02", Text: s.pick("", "Spring")}
		if s.one(UBL, JSON) {
			a.Reference = s.pick("", "PR-1")
		}
		if s.one(JSON) {
			a.Method = s.pick("", "01", "02", "04")
		}
		a.Charge = a.Indicator == "C"
		if s.maybe() {
			a.Percent = s.decimal()
		}
		out = append(out, a)
	}
	return out
}

func (s source) parties() []doc.Party {
	out := []doc.Party{{Role: "BY", IDQualifier: "UL", ID: "5012345000015", Name: s.pick("", "Kestrel Supply")}, {Role: "SU", IDQualifier: "92", ID: "4711", Name: "Aurelia Tools"}}
	if s.maybe() {
		p := doc.Party{
			Role: "ST", Name: s.text(), IDQualifier: "92", ID: "KS-WKF1", Address: []string{"Unit 4", "Calder Park"}[:1+s.IntN(2)], City: "Wakefield", Postcode: "WF2 7AZ", Country: "GB",
		}
		if s.maybe() && !s.one(CSV) {
			p.Contacts = []doc.Contact{{Function: "OC", Name: "Dan", Numbers: []doc.ContactNumber{{Kind: "TE", Number: "555 1"}}}}
		}
		out = append(out, p)
	}
	if s.maybe() && s.one(UBL, JSON) {
		out[0].Refs = []doc.Ref{{Qualifier: "VX", Value: "GB123456789"}}
	}
	return out
}

func (s source) header(lines int) doc.Header {
	h := doc.Header{Refs: s.refs(), Parties: s.parties(), Notes: s.notes(), Allowances: s.allowances(), LineCount: lines, Currency: s.pick("GBP", "EUR", "CNY")}
	if s.maybe() {
		h.Dates = []doc.Date{{Qualifier: "002", Date: s.day()}}
	}
	return h
}

func (s source) line(n int) doc.Line {
	l := doc.Line{
		Number: fmt.Sprint(n), Quantity: s.decimal(), Unit: s.pick("EA", "PC", "KG"), Price: s.decimal(), Description: s.pick("", "DRILL 18 V", "HAMMER"), Refs: s.refs(), Notes: s.notes(), Allowances: s.allowances(),
		Items: []doc.ItemID{{Qualifier: "EN", ID: "5012345678900"}, {Qualifier: "VP", ID: s.text()}, {Qualifier: "BP", ID: "KS-1"}}[:1+s.IntN(3)],
	}
	if s.one(CSV) {
		l.Refs = l.Refs[:min(1, len(l.Refs))]
	}
	if s.maybe() {
		l.Dates = []doc.Date{{Qualifier: "002", Date: s.day()}}
	}
	l.Identify()
	return l
}

func (s source) order() Document {
	n := 1 + s.IntN(4)
	d := &doc.PurchaseOrder{Header: s.header(n), Purpose: "00", Type: s.pick("SA", "BK", "RL"), Number: "PO-" + fmt.Sprint(s.IntN(10000)), Date: s.day(), Contract: s.pick("", "C-1")}
	if !s.one(UBL) {
		d.Purpose = s.pick("00", "05", "07")
	}
	for i := range n {
		l := s.line(i + 1)
		if s.one(UBL, IDoc, IDocXML, JSON) && s.IntN(4) == 0 {
			l.Dates, l.Quantity = nil, "60"
			l.Schedules = []doc.Schedule{
				{Quantity: "20", Unit: l.Unit, Dates: []doc.Date{{Qualifier: "002", Date: s.day()}}}, {Quantity: "40", Unit: l.Unit, Dates: []doc.Date{{Qualifier: "002", Date: s.day()}}},
			}
		}
		d.Lines = append(d.Lines, l)
	}
	if s.maybe() {
		d.Total = s.cents()
	}
	return d
}

func (s source) answer() Document {
	n := 1 + s.IntN(4)
	d := &doc.OrderAck{Header: s.header(n), Purpose: "00", Type: "AC", Number: "PO-1", Date: s.day(), Seller: s.pick("", "OR-2"), AckDate: s.day(), Contract: s.pick("", "C-1")}
	for i := range n {
		l := doc.AckLine{Line: s.line(i + 1)}
		part := func(status string, q int64) doc.Response {
			r := doc.Response{Status: status, Quantity: doc.FromScaled(q, 0), Unit: l.Unit}
			if status != "IR" && status != "ID" && s.maybe() {
				r.DateQualifier, r.Date = "067", s.day()
			}
			return r
		}
		l.Quantity = "60"
		l.Responses = [][]doc.Response{
			{part("IA", 60)}, {part("ID", 60)}, {part("IR", 60)}, {part("IB", 20), part("IA", 40)}, {part("IA", 10), part("IB", 15), part("DR", 20), part("IR", 15)},
		}[s.IntN(5)]
		d.Lines = append(d.Lines, l)
	}
	return d
}

func (s source) invoice() Document {
	n := 1 + s.IntN(4)
	d := &doc.Invoice{Header: s.header(n), Number: "INV-1", Date: s.day(), OrderNumber: s.pick("", "PO-1"), Type: s.pick("DI", "CR"), Purpose: "00"}
	if d.OrderNumber != "" {
		d.OrderDate = s.day()
	}
	switch {
	case s.one(UBL, CSV) && s.maybe():
		d.Terms = []doc.Terms{{NetDate: s.day()}}
	case s.one(IDoc, IDocXML, CSV) && s.maybe():
		d.Terms = []doc.Terms{{NetDays: "30"}}
	}
	for i := range n {
		l := doc.InvoiceLine{Line: s.line(i + 1)}
		l.Amount = l.Quantity.Mul(l.Price, 2)
		if s.maybe() {
			l.Taxes = []doc.Tax{{Type: "VA", Percent: s.decimal()}}
		}
		d.Lines = append(d.Lines, l)
	}
	if s.maybe() {
		t := doc.Tax{Type: "VA", Amount: s.cents(), Percent: "20"}
		if s.one(UBL, CSV, JSON) {
			t.Taxable = s.cents()
		}
		d.Taxes = []doc.Tax{t}
	}
	d.Total = d.Balance()
	return d
}

func (s source) notice() Document {
	d := &doc.ShipNotice{Purpose: "00", Number: "ASN-1", Date: s.day(), Time: s.pick("07:15:00", "23:59:59")}
	d.Parties, d.Dates, d.Notes = s.parties(), []doc.Date{{Qualifier: "011", Date: s.day()}}, s.notes()
	if s.maybe() {
		d.Carrier = doc.Carrier{Code: "DHLC", Name: s.pick("", "DHL Freight")}
	}
	if s.one(IDoc, IDocXML) {
		d.Notes = nil
		for i := range d.Parties {
			d.Parties[i].Contacts = nil
		}
	}
	n := 0
	line := func() doc.ShipLine {
		n++
		l := doc.ShipLine{Line: s.line(n)}
		l.Price, l.Allowances, l.Dates = "", nil, nil
		if s.one(IDoc, IDocXML) {
			l.Refs, l.Notes = nil, nil
			for i := range l.Items {
				if l.Items[i].Qualifier == "VP" {
					l.Items[i].ID = "AUR-D18B"
				}
			}
			l.VendorItem = ""
			l.Identify()
		}
		return l
	}
	for k := range 1 + s.IntN(2) {
		o := doc.ShippedOrder{Number: fmt.Sprint("PO-", k), Date: s.pick("", "2026-11-22")}
		if s.maybe() {
			for i := range 1 + s.IntN(2) {
				p := doc.Pack{Kind: s.pick("T", "P"), SSCC: fmt.Sprintf("00373912345000%02d%d%d", i, k, i), Lines: []doc.ShipLine{line(), line()}}
				if s.maybe() {
					p.Kind = "T"
					p.Lines, p.Packs = nil, []doc.Pack{{Kind: "P", SSCC: p.SSCC + "1", Lines: []doc.ShipLine{line()}}, {Kind: "P", SSCC: p.SSCC + "2", Lines: []doc.ShipLine{line()}}}
				}
				o.Packs = append(o.Packs, p)
			}
		} else {
			o.Lines = []doc.ShipLine{line()}
		}
		d.Orders = append(d.Orders, o)
	}
	return d
}
