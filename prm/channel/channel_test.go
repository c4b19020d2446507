package channel

import (
	"context"
	"errors"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/returns"
	"entente/prm/sellthrough"
	"entente/prm/trade"
)

// Opening stock and what came in, less what was sold on and went back, against the reported
// stock: the difference is what the reports cannot explain. A drop shipment is not sold in,
// a period that only ends in the window is left out and told, and a competitor sees nothing.
func TestBalance(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		aurelia, kestrel, baltic, partnership := db.NewID(), db.NewID(), db.NewID(), db.NewID()
		person := func(org string) access.Actor {
			return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{access.Admin}, Via: "session:x"}
		}
		ingrid, maya, kaarel := person(aurelia), person(kestrel), person(baltic)
		n := 0
		on := func(day string) context.Context {
			at, err := time.Parse(time.DateOnly, day)
			must(err)
			n++
			return db.WithNow(context.Background(), at.Add(9*time.Hour+time.Duration(n)*time.Second))
		}
		must(d.InTx(context.Background(), func(ctx context.Context) error {
			for _, o := range [][2]string{{aurelia, "aurelia"}, {kestrel, "kestrel"}, {baltic, "baltic"}} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", o[0], o[1], o[1]).Error; err != nil {
					return err
				}
			}
			return db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 5000, 0, 1, 1, '')", partnership, aurelia, kestrel).Error
		}))
		cat := catalog.New(d, nil)
		must(cat.Put(on("2026-10-01"), ingrid, catalog.Product{SKU: "AUR-D18B", NameEN: "Drill", Family: "tools", Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}}, catalog.Product{SKU: "AUR-B50", NameEN: "Battery", Family: "tools", Unit: "EA"}))
		orders, sales, svc := trade.New(d, cat, nil), sellthrough.New(d, cat, nil), New(d, cat)
		back := returns.New(d, orders)
		orders.KeepReturns(back)

		_, err := svc.Balance(on("2026-11-30"), ingrid, partnership, "")
		var f *fault.Error
		if !errors.As(err, &f) || f.Key != "channel.no_reports" {
			t.Fatal(err)
		}
		stock := func(day string, drills, batteries int64) string {
			t.Helper()
			battery := []catalog.ReportLine{{SKU: "AUR-B50", Kind: "17", Quantity: money.Whole(batteries), Unit: "EA"}, {SKU: "AUR-B50", Kind: "33", Quantity: money.Whole(1), Unit: "EA"}}
			if day == "2026-11-30" { // of one item what is available is all that is told
				battery = []catalog.ReportLine{{SKU: "AUR-B50", Kind: "33", Quantity: money.Whole(batteries), Unit: "EA"}}
			}
			r, err := cat.ReceiveStock(on(day), maya, catalog.ReportCmd{Supplier: aurelia, Reseller: kestrel, Partnership: partnership, Number: "S-" + day, Day: day, Source: catalog.FromEDI, Key: day, Lines: append([]catalog.ReportLine{
				{SKU: "AUR-D18B", Place: "LDS", Kind: "17", Quantity: money.Whole(drills - 10), Unit: "EA"}, {SKU: "AUR-D18B", Place: "HUL", Kind: "17", Quantity: money.Whole(1), Unit: "CA"}}, battery...)})
			must(err)
			return r.ID
		}
		stock("2026-10-31", 30, 100)
		deliver := func(number, kind, day, sku, quantity, unit string) trade.OrderID {
			t.Helper()
			x := doc.PurchaseOrder{Purpose: "00", Type: kind, Number: number, Date: day}
			x.Currency = "GBP"
			x.Lines = []doc.Line{{Number: "1", VendorItem: sku, Quantity: doc.Decimal(quantity), Unit: unit, Price: "84.00"}}
			r, err := orders.ReceiveOrder(on(day), access.System("edi", kestrel), trade.Incoming{Doc: x, Supplier: aurelia, Reseller: kestrel, Partnership: partnership, Interchange: db.NewID(), SetNo: 1})
			must(err)
			_, err = orders.Confirm(on(day), ingrid, r.Order, trade.ConfirmCmd{})
			must(err)
			_, err = orders.Ship(on(day), ingrid, r.Order, trade.ShipCmd{ShippedOn: day})
			must(err)
			return r.Order
		}
		deliver("PO-0", "SA", "2026-10-30", "AUR-D18B", "9", "CA") // before
		o := deliver("PO-1", "SA", "2026-11-10", "AUR-D18B", "4", "CA")
		deliver("PO-2", "DS", "2026-11-11", "AUR-D18B", "3", "EA")
		id, err := back.Ask(on("2026-11-15"), maya, o, returns.AskCmd{Lines: []returns.AskLine{{Line: 1, Quantity: money.Whole(1), Reason: "DM"}}})
		must(err)
		_, err = back.Decide(on("2026-11-16"), ingrid, id, returns.DecideCmd{})
		must(err)
		_, err = back.Receive(on("2026-11-20"), ingrid, id, nil)
		must(err)
		report := func(number, from, to string, sku string, q int64, kind string) {
			t.Helper()
			_, err := sales.Book(on(to), maya, sellthrough.BookCmd{Partnership: partnership, Number: number, From: from, To: to, Source: sellthrough.FromEDI, Key: number, Lines: []sellthrough.Line{{SKU: sku, Kind: kind, Movement: "SS", Quantity: money.Whole(q), Unit: "EA"}}})
			must(err)
		}
		report("1", "2026-11-01", "2026-11-15", "AUR-D18B", 25, sellthrough.KindSale)
		closing := stock("2026-11-30", 38, 93)
		b, err := svc.Balance(on("2026-12-01"), ingrid, partnership, "")
		must(err)
		if b.Complete || b.To.ID != closing || b.From.Day != "2026-10-31" || b.Straddling != 0 {
			t.Fatalf("%+v", b)
		}
		report("2", "2026-11-16", "2026-11-30", "AUR-D18B", 2, sellthrough.KindReturn)
		report("3", "2026-11-20", "2026-12-10", "AUR-B50", 9, sellthrough.KindSale)
		b, err = svc.Balance(on("2026-12-01"), maya, partnership, closing)
		must(err)
		if !b.Complete || b.Straddling != 1 || len(b.Rows) != 2 {
			t.Fatalf("%+v", b)
		}
		// 30 + 40 − 23 − 10 = 37, reported 38; batteries 100, reported 93
		bat, drill := b.Rows[0], b.Rows[1]
		if drill.SKU != "AUR-D18B" || drill.Opening != money.Whole(30) || drill.In != money.Whole(40) || drill.Sold != money.Whole(23) || drill.Back != money.Whole(10) || drill.Expected != money.Whole(37) || drill.Difference != money.Whole(1) || !drill.Known {
			t.Fatalf("%+v", drill)
		}
		if bat.Opening != money.Whole(100) || bat.Closing != money.Whole(93) || bat.Difference != money.Whole(-7) || bat.Sold != 0 {
			t.Fatalf("%+v", bat)
		}
		viewer := maya
		viewer.Roles = []access.Role{access.Viewer}
		for _, a := range []access.Actor{kaarel, access.System("x", baltic), viewer} {
			if _, err := svc.Balance(on("2026-12-01"), a, partnership, closing); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%v", err)
			}
		}
		if _, err := svc.Balance(on("2026-12-01"), ingrid, partnership, db.NewID()); fault.CodeOf(err) != fault.NotFound {
			t.Error(err)
		}
	})
}
