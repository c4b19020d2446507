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

var benchLines = flags.Int("lines", 500, "lines of an invoice that a benchmark matches")

// many fills the order table with n orders of both resellers, newest last.
func many(b *bench, n int) {
	b.t.Helper()
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	b.must(b.db.InTx(context.Background(), func(ctx context.Context) error {
		rows := make([]orderRow, 0, 500)
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
			rows = append(rows, orderRow{ID: db.NewID(), SupplierID: b.aurelia, ResellerID: reseller, PartnershipID: partnership, Number: fmt.Sprintf("%010d", i), State: string(st), Currency: "GBP", Total: 100, LineCount: 1,
				Parties: "[]", ReferencesJSON: "{}", Source: SourceDemo, Received: at, Changed: at, Version: 1})
			if len(rows) == cap(rows) || i == n-1 {
				if err := db.Tx(ctx).CreateInBatches(rows, 500).Error; err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
		return nil
	}))
}

// BenchmarkOrderList reads a page of 50 among 100,000 orders, at the top, in the
// middle and at the end: the cost must not grow with depth.
func BenchmarkOrderList(bb *testing.B) {
	const n = 100_000
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
				for view, f := range map[string]Filter{"all": {After: after}, "open": {View: ViewOpen, After: after}, "partner": {Partner: b.baltic, After: after}} {
					bb.Run(fmt.Sprintf("%s/depth=%d", view, depth), func(bb *testing.B) {
						for bb.Loop() {
							p, err := b.svc.List(context.Background(), b.ingrid, f)
							if err != nil || depth == 0 && len(p.Items) != 50 {
								bb.Fatalf("%d rows, %v", len(p.Items), err)
							}
						}
					})
				}
			}
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
