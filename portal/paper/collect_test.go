package paper

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/edi/format"
	"entente/edi/idoc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/trade"
)

// billed are the lines of an invoice as their orders know them: order, line, item, quantity
// and price.
func billed(t *testing.T, d *doc.Invoice) (out []string) {
	t.Helper()
	for _, l := range d.Lines {
		order, at := d.OrderNumber, l.Number
		for _, r := range l.Refs {
			switch r.Qualifier {
			case "PO":
				order = r.Value
			case "LI":
				at = r.Value
			}
		}
		out = append(out, fmt.Sprintf("%s %s %s %s %s", order, at, l.VendorItem, exact(t, string(l.Quantity)).FloatString(3), exact(t, string(l.Price)).FloatString(4)))
	}
	slices.Sort(out)
	return out
}

// TestCollectedInEveryForm: one invoice of two orders made here names order and line of each
// of its lines in the 810, the INVOIC, UBL, IDoc (flat and XML) and JSON alike, with its total
// and its tax; tables cannot, and tell it.
func TestCollectedInEveryForm(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		supplier, reseller, partnership := db.NewID(), db.NewID(), db.NewID()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(d.InTx(t.Context(), func(ctx context.Context) error {
			for i, id := range []string{supplier, reseller} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'UTC', 'en', 'active', 1)", id, fmt.Sprint("o", i), fmt.Sprint("Company ", i)).Error; err != nil {
					return err
				}
			}
			return db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", partnership, supplier, reseller).Error
		}))
		desk := trade.New(d, catalog.New(d, nil), nil)
		seller := access.System("edi", supplier)
		ctx := db.WithNow(t.Context(), time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
		var cmd trade.CollectCmd
		cmd.Number, cmd.IssuedOn, cmd.TaxRate = "INV-C", "2026-11-20", money.One/5
		for i, number := range []string{"PO-1", "PO-2"} {
			po := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: "2026-11-16"}
			po.Currency = "GBP"
			for k := range 2 { // both orders have a line 10, and the first item in common
				po.Lines = append(po.Lines, doc.Line{Number: fmt.Sprint((k + 1) * 10), VendorItem: fmt.Sprint("IT-", k+k*i), Quantity: doc.Decimal(fmt.Sprint(3 + i + k)), Unit: "EA", Price: "12.35"})
			}
			got, err := desk.ReceiveOrder(ctx, access.System("edi", reseller), trade.Incoming{Doc: po, Supplier: supplier, Reseller: reseller, Partnership: partnership, Interchange: db.NewID(), SetNo: 1})
			must(err)
			_, err = desk.Confirm(ctx, seller, got.Order, trade.ConfirmCmd{})
			must(err)
			_, err = desk.Ship(ctx, seller, got.Order, trade.ShipCmd{})
			must(err)
			cmd.Orders = append(cmd.Orders, trade.CollectOrder{Order: got.Order})
		}
		id, err := desk.Collect(ctx, seller, cmd)
		must(err)
		made, _, err := desk.InvoiceDoc(ctx, seller, id)
		must(err)
		want := []string{"PO-1 10 IT-0 3.000 12.3500", "PO-1 20 IT-1 4.000 12.3500", "PO-2 10 IT-0 4.000 12.3500", "PO-2 20 IT-2 5.000 12.3500"}
		if got := billed(t, &made); !slices.Equal(got, want) {
			t.Fatalf("made: %v", got)
		}
		forms := map[string]*doc.Invoice{"810": through(t, &made, false), "INVOIC": through(t, &made, true)}
		for _, name := range format.Names() {
			var b bytes.Buffer
			told, bad, err := format.Write(&b, &made, name, format.Options{IDoc: idoc.Control{Client: "800", Number: "0000000000000001", Sender: "S", SenderType: "LS", SenderPort: "P", Receiver: "R", ReceiverType: "LS", ReceiverPort: "Q", Created: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}})
			if err != nil || len(bad) > 0 {
				t.Fatalf("%s: %v %+v", name, err, bad)
			}
			if table := name == format.CSV || name == format.XLSX; table { // they have no place for the order of a line, and say so
				if len(told) == 0 {
					t.Errorf("%s: loses the orders of its lines unsaid", name)
				}
				continue
			}
			raw := b.Bytes()
			items, err := format.Read(bytes.NewReader(raw), name, format.Options{})
			if err != nil || len(items) != 1 || len(items[0].Problems) > 0 {
				t.Fatalf("%s: %v %+v\n%s", name, err, items, raw)
			}
			forms[name] = items[0].Document.(*doc.Invoice)
		}
		for name, back := range forms {
			if got := billed(t, back); !slices.Equal(got, want) {
				t.Errorf("%s: %v", name, got)
			}
			if len(back.Taxes) != 1 || hundredths(exact(t, string(back.Total))) != 23712 || hundredths(exact(t, string(back.Taxes[0].Amount))) != 3952 {
				t.Errorf("%s: total %s, tax %+v", name, back.Total, back.Taxes)
			}
			if p := back.Validate(); len(p) > 0 {
				t.Errorf("%s: %+v", name, p)
			}
		}
	})
}
