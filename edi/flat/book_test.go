package flat

import (
	"bytes"
	"errors"
	"testing"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
	"entente/edi/xlsx"
)

// TestBook: cells typed by a spreadsheet are read as what they are, under the partner's
// own titles and whatever its decimal mark in CSV.
func TestBook(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	var titles []xlsx.Column
	for _, s := range []string{"Beleg", "date", "buyer_item", "gtin", "Menge", "unit", "price", "extra"} {
		titles = append(titles, xlsx.Column{Title: s})
	}
	w, err := xlsx.NewWriter(&b, "orders", titles)
	if err != nil {
		t.Fatal(err)
	}
	cell := func(s string, k xlsx.Kind) xlsx.Cell { return xlsx.Cell{Text: s, Kind: k} }
	for _, row := range [][]xlsx.Cell{
		{cell("PO-1", xlsx.Text), cell("2026-11-22T10:30:00", xlsx.Date), cell("=1+1", xlsx.Text), cell("5012345678900", xlsx.Number), cell("1.5", xlsx.Number), cell("EA", xlsx.Text), cell("84.00", xlsx.Number)},
		{},
		{cell("PO-2", xlsx.Text), cell("soon", xlsx.Text), cell("A", xlsx.Text), {}, cell("2,5", xlsx.Text), cell("EA", xlsx.Text), {}, cell("red", xlsx.Text)},
	} {
		if err := w.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	items, err := ReadBook(&b, markup.Default, Style{Kind: "850", Decimal: ',', Columns: map[string]string{"number": "Beleg", "quantity": "Menge"}})
	if err != nil || len(items) != 2 {
		t.Fatalf("%v %+v", err, items)
	}
	d := items[0].Document.(*doc.PurchaseOrder)
	l := d.Lines[0]
	if d.Number != "PO-1" || d.Date != "2026-11-22" || l.BuyerItem != "=1+1" || l.GTIN != "05012345678900" || l.Quantity != "1.5" || l.Price != "84.00" || len(items[0].Problems)+len(items[0].Left) > 0 {
		t.Errorf("%+v", items[0])
	}
	d = items[1].Document.(*doc.PurchaseOrder)
	if p := items[1].Problems; d.Lines[0].Quantity != "2.5" || len(p) != 1 || p[0].Path != "row 4, date" || len(items[1].Left) != 1 || items[1].Left[0].Path != "row 4, extra" {
		t.Errorf("%+v", items[1])
	}
	var e *wire.Error
	if _, err := ReadBook(bytes.NewReader([]byte("PK\x03\x04 no book")), markup.Default, Style{}); !errors.As(err, &e) || e.Key != "xlsx.broken" {
		t.Errorf("%v", err)
	}
}
