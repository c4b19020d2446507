package trade

import (
	"context"
	flags "flag"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
)

var (
	benchLines  = flags.Int("lines", 500, "lines of an invoice that a benchmark matches")
	benchOrders = flags.Int("orders", 100_000, "orders among which a benchmark reads")
)

// many fills the tables with n orders of five lines of both resellers, newest last, and
// makes each found by its number, the date of its delivery note and its items.
func many(b *bench, n int) {
	b.t.Helper()
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	b.must(b.db.InTx(context.Background(), func(ctx context.Context) error {
		rows := make([]orderRow, 0, 500)
		lines := make([]lineRow, 0, 2500)
		for i := range n {
			reseller, partnership := b.kestrel, b.toKestrel
			if i%3 == 0 {
				reseller, partnership = b.baltic, b.toBaltic
			}
			st := Closed
			if i%100 == 0 {
				st = Received
			}
			at := db.Micros(begin.Add(time.Duration(i) * time.Minute))
			rows = append(rows, orderRow{ID: db.NewID(), SupplierID: b.aurelia, ResellerID: reseller, PartnershipID: partnership, Number: fmt.Sprintf("%010d", i), State: string(st), Currency: "GBP", Total: 100, LineCount: 5,
				Parties: "[]", ReferencesJSON: "{}", Source: SourceDemo, Received: at, Changed: at, Version: 1})
			o := rows[len(rows)-1]
			for k := range 5 {
				lines = append(lines, lineRow{OrderID: o.ID, Line: int64(k + 1), SupplierID: o.SupplierID, ResellerID: reseller, SKU: fmt.Sprintf("AUR-%05d", (i+k*7)%40_000), Unit: "EA", State: string(LineInvoiced), Ordered: 1_000_000})
			}
			if len(rows) == cap(rows) || i == n-1 {
				if err := db.Tx(ctx).CreateInBatches(rows, 500).Error; err != nil {
					return err
				}
				if err := db.Tx(ctx).CreateInBatches(lines, 500).Error; err != nil {
					return err
				}
				for k, o := range rows {
					if err := found.Put(ctx, o.ID, o.Number, "DN"+o.Number, lines[5*k].SKU, lines[5*k+1].SKU, "Aurelia"); err != nil {
						return err
					}
				}
				rows, lines = rows[:0], lines[:0]
			}
		}
		return nil
	}))
}

// BenchmarkOrderList reads a page of 50 among many orders (-orders, 100,000), at the top, in
// the middle and at the end: the cost must not grow with depth. It also searches, for a number
// of one order, an item of some and a word of all, and reads an order and the counts.
func BenchmarkOrderList(bb *testing.B) {
	n := *benchOrders
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.One, "postgres": dbtest.Postgres} {
		bb.Run(name, func(bb *testing.B) {
			b := setup(bb, open(bb))
			many(b, n)
			if b.db.Dialect() == db.Postgres {
				b.must(b.db.Gorm().Exec("ANALYZE").Error)
			}
			begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
			for _, depth := range []int{0, n / 2, n - 60} {
				after := ""
				if depth > 0 {
					after = at{db.Micros(begin.Add(time.Duration(n-depth) * time.Minute)), db.NewID()}.text()
				}
				for view, f := range map[string]Filter{"all": {After: after}, "open": {View: ViewOpen, After: after}, "partner": {Partner: b.baltic, After: after}, "word": {Query: "aurelia", After: after}, "item": {Query: "AUR-00077", After: after}} {
					bb.Run(fmt.Sprintf("%s/depth=%d", view, depth), func(bb *testing.B) {
						for bb.Loop() {
							p, err := b.svc.List(context.Background(), b.ingrid, f)
							if err != nil || depth == 0 && view != "item" && len(p.Items) != 50 {
								bb.Fatalf("%d rows, %v", len(p.Items), err)
							}
						}
					})
				}
			}
			var id OrderID
			bb.Run("number", func(bb *testing.B) {
				for bb.Loop() {
					p, err := b.svc.List(context.Background(), b.ingrid, Filter{Query: fmt.Sprintf("DN%010d", n/2)})
					if err != nil || len(p.Items) != 1 {
						bb.Fatalf("%d rows, %v", len(p.Items), err)
					}
					id = p.Items[0].ID
				}
			})
			bb.Run("order", func(bb *testing.B) {
				for bb.Loop() {
					if _, err := b.svc.Get(context.Background(), b.ingrid, id); err != nil {
						bb.Fatal(err)
					}
				}
			})
			bb.Run("counts", func(bb *testing.B) {
				for bb.Loop() {
					if _, err := b.svc.Counts(context.Background(), b.ingrid); err != nil {
						bb.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkInvoiceMatched books an invoice of many lines against its order (-lines, 500):
// the document is read from its row, every line found, judged and written.
func BenchmarkInvoiceMatched(bb *testing.B) {
	n := *benchLines
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.One, "postgres": dbtest.Postgres} {
		bb.Run(name, func(bb *testing.B) {
			b := setup(bb, open(bb))
			i := 0
			bb.ResetTimer()
			for bb.Loop() {
				bb.StopTimer()
				i++
				po := order(fmt.Sprintf("PO-%d", i))
				inv := bill(fmt.Sprintf("INV-%d", i), po.Number, fmt.Sprintf("%d.00", 84*n))
				for k := range n {
					at := fmt.Sprint(k + 1)
					po.Lines = append(po.Lines, doc.Line{Number: at, VendorItem: "AUR-D18B", Quantity: "1", Unit: "EA", Price: "84.00"})
					inv.Lines = append(inv.Lines, doc.InvoiceLine{Line: doc.Line{Number: at, VendorItem: "AUR-D18B", Quantity: "1", Unit: "EA", Price: "84.00"}})
				}
				b.sent(po)
				bb.StartTimer()
				if r := b.reply(inv); r.Outcome != Booked {
					bb.Fatalf("held for %s", r.Reason)
				}
			}
		})
	}
}

// BenchmarkCollectiveInvoice books one invoice of a hundred orders of two lines: all are
// locked, found, matched each against its own, and written with their shares.
func BenchmarkCollectiveInvoice(bb *testing.B) {
	const n = 100
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.One, "postgres": dbtest.Postgres} {
		bb.Run(name, func(bb *testing.B) {
			b := setup(bb, open(bb))
			i, statements := 0, int64(0)
			bb.ResetTimer()
			for bb.Loop() {
				bb.StopTimer()
				i++
				var lines [][5]string
				for k := range n {
					po := fmt.Sprintf("PO-%d-%d", i, k)
					b.sent(order(po, [3]string{"AUR-D18B", "10", "84.00"}, [3]string{"AUR-BS40", "40", "9.80"}))
					lines = append(lines, [5]string{po, "1", "AUR-D18B", "10", "84.00"}, [5]string{po, "2", "AUR-BS40", "40", "9.80"})
				}
				inv := collective(fmt.Sprintf("INV-%d", i), fmt.Sprintf("%d.00", n*(840+392)), lines...)
				was := b.db.Counts().Run
				bb.StartTimer()
				if r := b.reply(inv); r.Outcome != Booked {
					bb.Fatalf("held for %s", r.Reason)
				}
				statements += b.db.Counts().Run - was
			}
			bb.ReportMetric(float64(statements)/float64(i), "statements/op")
		})
	}
}
