package idoc

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
)

func sample(t *testing.T, name string) Item {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Read(bytes.NewReader(b), markup.Default)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %d", err, len(list))
	}
	return list[0]
}

func told(list []doc.Problem) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.Path + "=" + p.Value + "\n")
	}
	return b.String()
}

// TestFlat: a flat file as a file port writes it: E2 names with the segment's version,
// trailing blanks cut, CR LF, a price of a hundred.
func TestFlat(t *testing.T) {
	t.Parallel()
	it := sample(t, "orders01.idoc")
	d := it.Document.(*doc.PurchaseOrder)
	if p := append(it.Problems, d.Validate()...); len(p) != 1 || p[0].Value != "NB" {
		t.Errorf("%+v", p)
	}
	if it.Control.Message != "ORDERS" || it.Control.Sender != "HID032" || it.Control.Receiver != "0000088333" || it.Control.Test {
		t.Errorf("%+v", it.Control)
	}
	if d.Number != "4200003091" || d.Date != "2007-09-07" || d.Currency != "EUR" || d.Total != "6.75" || d.Terms[0].DiscountDays != "60" || d.Terms[0].DiscountPercent != "3.000" {
		t.Errorf("%+v", d)
	}
	if len(d.Parties) != 3 || d.Parties[1].ID != "8710934000008" || d.Parties[1].IDQualifier != "UL" || d.Parties[2].City != "Waddinxveen" || d.Parties[0].Contacts[0].Name != "Office supplies" {
		t.Errorf("%+v", d.Parties)
	}
	l := d.Lines[0]
	if l.Number != "0010" || l.Quantity != "100.000" || l.Unit != "PCE" || l.Price != "0.0675" || l.BuyerItem != "82102002" || l.VendorItem != "LL-01020304" || l.Description != "Form pad, sheet p1" || l.Dates[0].Date != "2007-09-10" {
		t.Errorf("%+v", l)
	}
	left := told(it.Left)
	for _, want := range []string{"E1EDK14/ORGID=1000", "E1EDK01/ZTERM=0086", "E1EDK17/LKTEXT=Utrecht", "E1EDP01/MATKL=15010110", "E1EDKA1/PARTN=0000088333"} {
		if !strings.Contains(left, want) {
			t.Errorf("%s is not told:\n%s", want, left)
		}
	}
}

// TestXML: part deliveries and a partner of a line.
func TestXML(t *testing.T) {
	t.Parallel()
	d := sample(t, "orders05.xml").Document.(*doc.PurchaseOrder)
	l := d.Lines[0]
	if p := d.Validate(); len(p) > 0 || d.Number != "4700000325" || len(l.Schedules) != 2 || l.Schedules[1].Dates[0].Date != "2014-11-10" || l.Parties[0].Role != "ST" || l.Parties[0].Region != "CA" {
		t.Errorf("%+v %+v", p, d)
	}
}

// TestLayout: the control record has 524 characters, a data record 63 and the widths
// of its fields, as SAP lays them down; the hierarchy is numbered.
func TestLayout(t *testing.T) {
	t.Parallel()
	if n := widthOf(control); n != 524 {
		t.Errorf("control record: %d", n)
	}
	if n := widthOf(dataHead); n != 63 {
		t.Errorf("data record: %d", n)
	}
	for name, s := range segments {
		if n := widthOf(s.fields); n > 1000 {
			t.Errorf("%s: %d", name, n)
		}
		if s.parent != "" && segments[s.parent].level != s.level-1 {
			t.Errorf("%s: level", name)
		}
	}
	for name, want := range map[string]int{"E1EDK01": 357, "E1EDKA1": 995, "E1EDP01": 460, "E1EDP05": 235, "E1EDP20": 61} {
		if n := widthOf(segments[name].fields); n != want {
			t.Errorf("%s: %d, not %d", name, n, want)
		}
	}
	d := &doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: "1", Date: "2026-11-22", Lines: []doc.Line{{Number: "10", Quantity: "2", Unit: "EA", Items: []doc.ItemID{{Qualifier: "VP", ID: "A"}}, Notes: []string{strings.Repeat("word ", 30)}}}}
	var b bytes.Buffer
	if bad, err := Write(&b, d, Control{Client: "800", Number: "0000000000000007"}, false); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines[0]) != 524 || !strings.HasPrefix(lines[0], "EDI_DC40  8000000000000000007") {
		t.Errorf("%d %q", len(lines[0]), lines[0])
	}
	at := map[string]string{}
	for _, l := range lines[1:] {
		at[strings.TrimSpace(l[:30])] = l[33:63]
	}
	if at["E2EDP19"] != "0000000000000007"+"000005"+"000004"+"03" || at["E2EDPT2"][28:] != "04" {
		t.Errorf("%v", at)
	}
}

// TestTooWide: a number that does not fit its field is refused, not cut.
func TestTooWide(t *testing.T) {
	t.Parallel()
	d := &doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: strings.Repeat("9", 36), Date: "2026-11-22"}
	for _, asXML := range []bool{false, true} {
		var b bytes.Buffer
		bad, err := Write(&b, d, Control{}, asXML)
		if err != nil || len(bad) != 2 || bad[0].Key != KeyWidth || b.Len() > 0 {
			t.Errorf("%v %+v", err, bad)
		}
	}
	if bad, err := Write(nil, &doc.Inventory{}, Control{}, false); err != nil || len(bad) != 1 || bad[0].Key != KeyNoIDoc {
		t.Errorf("%v %+v", err, bad)
	}
}

// TestBroken: files that are no IDocs are refused by name.
func TestBroken(t *testing.T) {
	t.Parallel()
	dc := "EDI_DC40  " + strings.Repeat(" ", 89) + "ORDERS\n"
	for name, tc := range map[string]struct{ in, key string }{
		"EDI":       {"ISA*00*", "idoc.control"},
		"empty":     {"\r\n", "empty"},
		"short":     {dc + "E2EDK01\n", "idoc.record"},
		"no parent": {dc + "E2EDP19" + strings.Repeat(" ", 60) + "001\n", "idoc.parent"},
		"long":      {dc + strings.Repeat("x", 9000) + "\n", "limit.segment"},
		"other":     {"EDI_DC40  " + strings.Repeat(" ", 89) + "MATMAS\n", "idoc.message"},
		"other XML": {"<a><b/></a>", "idoc.xml"},
		"XML bomb":  {`<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>`, "xml.doctype"},
	} {
		_, err := Read(strings.NewReader(tc.in), markup.Default)
		var w *wire.Error
		if !errors.As(err, &w) || w.Key != tc.key {
			t.Errorf("%s: %v, not %s", name, err, tc.key)
		}
	}
}

// TestAnswerOfAnERP: an ORDRSP with SAP's own means: a confirmed part, and a reason for
// the rest.
func TestAnswerOfAnERP(t *testing.T) {
	t.Parallel()
	in := `<ORDERS05><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><MESTYP>ORDRSP</MESTYP></EDI_DC40><E1EDK01 SEGMENT="1"><BELNR>0000011223</BELNR></E1EDK01>` +
		`<E1EDK02 SEGMENT="1"><QUALF>001</QUALF><BELNR>PO-1</BELNR><DATUM>20261122</DATUM></E1EDK02>` +
		`<E1EDP01 SEGMENT="1"><POSEX>000010</POSEX><MENGE>60.000</MENGE><MENEE>PCE</MENEE><ABGRU>02</ABGRU><E1EDP02 SEGMENT="1"><QUALF>001</QUALF><BELNR>PO-1</BELNR><ZEILE>1</ZEILE></E1EDP02>` +
		`<E1EDP20 SEGMENT="1"><WMENG>40.000</WMENG><AMENG>0.000</AMENG><EDATU>20261201</EDATU></E1EDP20><E1EDP19 SEGMENT="1"><QUALF>001</QUALF><IDTNR>K-1</IDTNR></E1EDP19></E1EDP01></IDOC></ORDERS05>`
	list, err := Read(strings.NewReader(in), markup.Default)
	if err != nil {
		t.Fatal(err)
	}
	d := list[0].Document.(*doc.OrderAck)
	if p := d.Validate(); len(p) > 0 || d.Seller != "0000011223" || d.Number != "PO-1" || d.Type != "AC" || d.Lines[0].Number != "1" {
		t.Fatalf("%+v %+v", p, d)
	}
	r := d.Lines[0].Responses
	if len(r) != 2 || r[0].Status != "IA" || r[0].Quantity != "40.000" || r[0].Date != "2026-12-01" || r[1].Status != "IR" || r[1].Quantity != "20.000" || r[1].Industry != "02" {
		t.Errorf("%+v", r)
	}
}

// TestInvoiceOfSeveralOrders: E1EDP02 001 of an item is the customer's order and its line.
func TestInvoiceOfSeveralOrders(t *testing.T) {
	t.Parallel()
	item := func(n, order, at string) string {
		return "<E1EDP01><POSEX>" + n + "</POSEX><MENGE>1</MENGE><MENEE>PCE</MENEE><E1EDP02><QUALF>001</QUALF><BELNR>" + order + "</BELNR><ZEILE>" + at + "</ZEILE></E1EDP02></E1EDP01>"
	}
	list, err := Read(strings.NewReader(`<INVOIC02><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><IDOCTYP>INVOIC02</IDOCTYP><MESTYP>INVOIC</MESTYP></EDI_DC40><E1EDK01><CURCY>EUR</CURCY><BELNR>90001</BELNR></E1EDK01><E1EDK02><QUALF>001</QUALF><BELNR>PO-1</BELNR></E1EDK02>`+
		item("1", "PO-1", "000010")+item("2", "PO-2", "000010")+`</IDOC></INVOIC02>`), markup.Default)
	if err != nil || len(list) != 1 {
		t.Fatal(err, len(list))
	}
	d := list[0].Document.(*doc.Invoice)
	if a, b := d.Lines[0], d.Lines[1]; d.OrderNumber != "PO-1" || len(a.Refs) != 0 || b.Number != "2" || len(b.Refs) != 2 || b.Refs[0] != (doc.Ref{Qualifier: "PO", Value: "PO-2"}) || b.Refs[1] != (doc.Ref{Qualifier: "LI", Value: "000010"}) {
		t.Errorf("%+v", d)
	}
}
