package flat

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
)

// TestSpreadsheet: a German spreadsheet: semicolons, decimal commas, its own names,
// Windows-1252, two orders, a row that is wrong and a column nobody knows.
func TestSpreadsheet(t *testing.T) {
	t.Parallel()
	in := "Beleg;Datum;Pos;Artikel;Menge;ME;Preis;Text;Farbe\r\n" +
		"PO-1;2026-11-22;1;A-1;1.000,5;EA;12,50;Bohrger\xe4t;rot\r\n" +
		"PO-1;2026-11-22;2;A-2;viel;EA;1;;\r\n" +
		";;;;;;;;\r\n" +
		"PO-2;20261123;1;'=A;3;EA;'-1;\"a;b\";\r\n"
	style := Style{Kind: "850", Decimal: ',', Columns: map[string]string{"number": "Beleg", "date": "Datum", "line": "Pos", "vendor_item": "Artikel", "quantity": "Menge", "unit": "ME", "price": "Preis", "description": "Text"}}
	list, err := Read(strings.NewReader(in), markup.Default, style)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v %+v", err, list)
	}
	one, two := list[0].Document.(*doc.PurchaseOrder), list[1].Document.(*doc.PurchaseOrder)
	if l := one.Lines[0]; l.Quantity != "1000.5" || l.Price != "12.50" || l.Description != "Bohrgerät" || l.VendorItem != "A-1" {
		t.Errorf("%+v", l)
	}
	if len(one.Lines) != 2 || len(list[0].Problems) != 1 || list[0].Problems[0] != (doc.Problem{Path: "row 3, quantity", Key: "number", Value: "viel"}) {
		t.Errorf("%+v", list[0].Problems)
	}
	if len(list[0].Left) != 1 || list[0].Left[0].Path != "row 2, farbe" {
		t.Errorf("%+v", list[0].Left)
	}
	if two.Date != "2026-11-23" || two.Lines[0].VendorItem != "=A" || two.Lines[0].Price != "-1" || two.Lines[0].Description != "a;b" || len(list[1].Problems) > 0 {
		t.Errorf("%+v %+v", two, list[1].Problems)
	}
}

// TestNoFormulas: what a spreadsheet would run goes out as text, in every cell.
func TestNoFormulas(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"=1+1", "+1", "-1", "@x", "\tx", "'=1", "''x"} {
		d := &doc.PurchaseOrder{Number: s, Date: "2026-11-22", Lines: []doc.Line{{Number: s, Quantity: "-1", Unit: s, Description: s, Items: []doc.ItemID{{Qualifier: "VP", ID: s}}}}}
		d.Notes = []string{s}
		var b bytes.Buffer
		if bad, err := Write(&b, d, Style{}); err != nil || len(bad) > 0 {
			t.Fatal(bad, err)
		}
		_, row, _ := strings.Cut(b.String(), "\n")
		for _, cell := range strings.Split(strings.TrimSpace(row), ",") {
			if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsRune(formula, rune(cell[0])) && cell != "-1" {
				t.Errorf("%q: %q", s, cell)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, key string }{
		"empty":      {" \n", "empty"},
		"heads only": {"document,number\n", "csv.rows"},
		"no kind":    {"number,line\n1,1\n", "csv.kind"},
		"other kind": {"document,number\n999,1\n", "csv.kind"},
		"twice":      {"document,number,Number\n850,1,1\n", "csv.twice"},
		"quote":      {"document,number\n850,\"1\n", "csv.syntax"},
		"more cells": {"document,number\n850,1,2\n", "csv.cells"},
		"a sheet":    {"PK\x03\x04\x00\x00", "csv.binary"},
	} {
		_, err := Read(strings.NewReader(tc.in), markup.Default, Style{})
		var w *wire.Error
		if !errors.As(err, &w) || w.Key != tc.key {
			t.Errorf("%s: %v, not %s", name, err, tc.key)
		}
	}
}
