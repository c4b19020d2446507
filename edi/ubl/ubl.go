// Package ubl reads and writes the Universal Business Language 2.1 of OASIS: Order,
// OrderResponse, DespatchAdvice, Invoice and CreditNote. Namespaces are strict; elements
// are written in the order of the schemas and read in any.
//
// Codes are turned into those UBL users expect (units of UN/ECE Recommendation 20, GLN
// as scheme 0088); what UBL has a place but no code for keeps the letters of X12, with
// listID "X12". Allowances that do not change the total are not written, as UBL has no
// mark for them.
package ubl

import (
	"io"
	"strings"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
)

const (
	spaces = "urn:oasis:names:specification:ubl:schema:xsd:"
	cac    = spaces + "CommonAggregateComponents-2"
	cbc    = spaces + "CommonBasicComponents-2"
	ext    = spaces + "CommonExtensionComponents-2"
)

// Document is what is read: *doc.PurchaseOrder, *doc.OrderAck, *doc.ShipNotice or
// *doc.Invoice.
type Document interface{ Validate() []doc.Problem }

// Item is a document with what is wrong with it and what it has no place for, each by
// the path of its element.
type Item struct {
	Document Document
	Problems []doc.Problem
	Left     []doc.Problem
}

var roots = []string{"Order", "OrderResponse", "DespatchAdvice", "Invoice", "CreditNote"}

// Read reads one document.
func Read(r io.Reader, lim markup.Limits) (Item, error) {
	known := map[string]string{cac: "cac", cbc: "cbc", ext: "ext"}
	for _, name := range roots {
		known[spaces+name+"-2"] = ""
	}
	n, space, err := markup.Read(r, lim, known)
	if err != nil {
		return Item{}, err
	}
	if space != spaces+n.Name+"-2" {
		return Item{}, &wire.Error{Kind: wire.ErrNotRead, Key: "ubl.root", Value: strings.TrimPrefix(n.Name, "?:") + " " + space}
	}
	m := markup.Reading(n)
	x := &mapper{}
	var d Document
	switch n.Name {
	case "Order":
		o := &doc.PurchaseOrder{Purpose: "00"}
		x.order(m, o)
		d = o
	case "OrderResponse":
		o := &doc.OrderAck{Purpose: "00"}
		x.response(m, o)
		d = o
	case "DespatchAdvice":
		o := &doc.ShipNotice{Purpose: "00"}
		x.despatch(m, o)
		d = o
	default:
		o := &doc.Invoice{Purpose: "00"}
		x.invoice(m, o, n.Name == "CreditNote")
		d = o
	}
	m.Passed("cbc:UBLVersionID", "cbc:CustomizationID", "cbc:ProfileID", "cbc:ProfileExecutionID", "cbc:UUID", "cbc:CopyIndicator")
	return Item{d, m.Problems(), n.Left()}, nil
}

// KeyNoUBL: UBL has no document of the kind here.
const KeyNoUBL = "no_ubl"

// Write writes a document. Problems keep it from being written: money needs a currency.
func Write(w io.Writer, d Document) ([]doc.Problem, error) {
	x := &mapper{}
	var name string
	var fill func(*markup.Map)
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		name, fill = "Order", func(m *markup.Map) { x.order(m, d) }
		x.currency = d.Currency
	case *doc.OrderAck:
		name, fill = "OrderResponse", func(m *markup.Map) { x.response(m, d) }
		x.currency = d.Currency
	case *doc.ShipNotice:
		name, fill = "DespatchAdvice", func(m *markup.Map) { x.despatch(m, d) }
	case *doc.Invoice:
		name = "Invoice"
		credit := d.Type == "CR" || d.Type == "CN"
		if credit {
			name = "CreditNote"
		}
		fill = func(m *markup.Map) { x.invoice(m, d, credit) }
		x.currency = d.Currency
	default:
		return []doc.Problem{{Key: KeyNoUBL}}, nil
	}
	n := &markup.Node{Name: name}
	m := markup.Writing(n)
	m.Constant("cbc:UBLVersionID", "2.1")
	fill(m)
	if x.money && x.currency == "" {
		return []doc.Problem{{Path: "currency", Key: doc.KeyMissing}}, nil
	}
	return nil, n.Write(w, markup.Attr{Name: "xmlns", Value: spaces + name + "-2"}, markup.Attr{Name: "xmlns:cac", Value: cac}, markup.Attr{Name: "xmlns:cbc", Value: cbc})
}

// mapper is what a document's parts need of its head.
type mapper struct {
	currency string
	money    bool // an amount was written
}

// amount is an element with its currency.
func (x *mapper) amount(m *markup.Map, name string, v *doc.Decimal) {
	m.In(name, func(m *markup.Map) {
		m.NumberValue(v)
		if *v == "" {
			return
		}
		x.money = true
		c := x.currency
		m.Attr("currencyID", &c)
		if m.Read() && x.currency == "" {
			x.currency = c
		} else if m.Read() && c != x.currency {
			m.Problem("@currencyID", "not_carried", c)
		}
	})
}

// units of Recommendation 20 (and 21 for packages) by those of X12 355.
var units = map[string]string{
	"PC": "H87", "KG": "KGM", "LB": "LBR", "MR": "MTR", "DZ": "DZN", "LT": "LTR", "FT": "FOT", "HR": "HUR", "MO": "MON",
	"CA": "XCS", "BX": "XBX", "CT": "XCT", "PK": "XPK", "GR": "GRM", "TN": "TNE",
}

var unitsBack = back(units, map[string]string{"PCE": "PC", "C62": "EA", "CS": "CA", "NAR": "EA"})

func back(m, more map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[v] = k
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func twin(m map[string]string, code string) string {
	if t, ok := m[code]; ok {
		return t
	}
	return code
}

func quantity(m *markup.Map, name string, v *doc.Decimal, unit *string) {
	m.In(name, func(m *markup.Map) {
		m.NumberValue(v)
		if *v == "" && !m.Read() {
			return
		}
		u := ""
		if !m.Read() {
			u = twin(units, *unit)
		}
		m.Attr("unitCode", &u)
		if m.Read() && u != "" {
			*unit = twin(unitsBack, u)
		}
	})
}

// coded is a code that is written by a twin, or in the letters of X12, marked so.
func coded(m *markup.Map, name string, v *string, out, in map[string]string) {
	m.In(name, func(m *markup.Map) {
		if m.Read() {
			var t, list string
			m.Value(&t)
			m.Attr("listID", &list)
			if list != "X12" {
				t = twin(in, t)
			}
			*v = t
			return
		}
		t, list := *v, "X12"
		if other, ok := out[t]; ok {
			t, list = other, ""
		}
		m.Value(&t)
		if t != "" {
			m.Attr("listID", &list)
		}
	})
}
