package trade

import (
	"context"
	flags "flag"
	"fmt"
	"strings"
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

// many fills the tables with n orders of five lines of both resellers, newest last, each with
// its settled clock, a shipment and an invoice, and makes each found by its number, its
// delivery note and its items. A word is in all of them, one in the oldest alone.
func many(b *bench, n, old int) {
	b.t.Helper()
	const pad, unpad = "'0000000000' || i", "length('0000000000' || i) - 9"
	number := "substr(" + pad + ", " + unpad + ")"
	id := "'" + strings.Repeat("0", 16) + "' || " + number
	words := number + " || ' dn' || " + number
	for k := range 5 {
		words += fmt.Sprintf(" || ' ' || (100000 + (i + %d) %% 40000)", k*7)
	}
	words += fmt.Sprintf(" || ' aur aurelia' || CASE WHEN i < %d THEN ' retired' ELSE '' END", old)
	if b.db.Dialect() == db.Postgres {
		words = "array_to_tsvector(string_to_array(" + words + ", ' '))"
	}
	pick := func(kestrel, baltic string) string {
		return "CASE WHEN i % 3 = 0 THEN '" + baltic + "' ELSE '" + kestrel + "' END"
	}
	reseller, partnership := pick(b.kestrel, b.baltic), pick(b.toKestrel, b.toBaltic)
	const received = "1704067200000000 + i * CAST(60000000 AS BIGINT)" // a minute apart from 2024 on
	fill := func(table, columns, values string) {
		const slice = 50_000
		for from := 0; from < n; from += slice {
			b.must(b.db.InTx(context.Background(), func(ctx context.Context) error {
				return db.Tx(ctx).Exec(fmt.Sprintf("INSERT INTO %s (%s) WITH RECURSIVE n (i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT %s FROM n", table, columns, from, min(n, from+slice)-1, values)).Error
			}))
		}
	}
	fill("purchase_order", "id, supplier_id, reseller_id, partnership_id, number, release_no, purpose, kind, state, held, marks, currency, total, confirmed_total, invoiced_total, line_count, ordered_on, requested_on, ship_to, parties, references_json, note, source, interchange_id, set_no, source_key, copy, content_hash, placed_by, received, changed, version",
		id+", '"+b.aurelia+"', "+reseller+", "+partnership+", "+number+", '', '00', 'SA', CASE WHEN i % 100 = 0 THEN 'received' ELSE 'closed' END, '', CASE WHEN i % 200 = 0 THEN 1 ELSE 0 END, 'GBP', 100, 100, 100, 5, '', '', '', '[]', '{}', '', 'demo', '', 0, '', 0, '', '', "+received+", "+received+", 1")
	for k := range 5 {
		fill("order_line", "order_id, line, supplier_id, reseller_id, reference, product_id, sku, buyer_item, gtin, description, unit, price, list_price, amount, mark, state, requested_on, promised_on, deal_number, ordered, confirmed, backordered, cancelled, shipped, received, invoiced, credited, returned",
			fmt.Sprintf("%s, %d, '%s', %s, '', '', 'AUR-' || (100000 + (i + %d) %% 40000), '', '', '', 'EA', 0, 0, 20, '', 'invoiced', '', '', '', 1000000, 1000000, 0, 0, 1000000, 1000000, 1000000, 0, 0", id, k+1, b.aurelia, reseller, k*7))
	}
	fill("order_clock", "order_id, partnership_id, supplier_id, reseller_id, calendar_version, work, started, warn, due, warned, overdue, paused, warn_left, due_left, settled, outcome",
		id+", "+partnership+", '"+b.aurelia+"', "+reseller+", 1, 1, "+received+", "+received+", "+received+" + 1, 0, 0, 0, 0, 0, CASE WHEN i % 100 = 0 THEN 0 ELSE "+received+" END, ''")
	fill("shipment", "id, order_id, supplier_id, reseller_id, number, shipped_on, carrier, tracking, made_by, made, received_by, received",
		id+", "+id+", '"+b.aurelia+"', "+reseller+", 'DN' || "+number+", '', '', '', '', "+received+", '', CASE WHEN i % 50 = 1 THEN 0 ELSE "+received+" END")
	fill("invoice", "id, order_id, supplier_id, reseller_id, number, kind, state, currency, net, tax, tax_rate, tax_category, differs_by, gross, issued_on, due_on, made_by, made, interchange_id",
		id+", "+id+", '"+b.aurelia+"', "+reseller+", 'INV' || "+number+", 'invoice', CASE WHEN i % 150 = 2 THEN 'differs' ELSE 'matched' END, 'GBP', 100, 0, 0, '', 0, 100, '2024-01-01', '', '', "+received+", ''")
	fill("order_search", "order_id, received, invoiced, supplier_id, reseller_id, words", id+", "+received+", "+received+", '"+b.aurelia+"', "+reseller+", "+words)
}

// BenchmarkOrderList reads a page of 50 among many orders (-orders, 100,000), at the top, in
// the middle and at the end: the cost must not grow with depth. It also searches, for a number
// of one order, an item of some, a word of all and one of the oldest alone, and reads an order
// and the counts.
func BenchmarkOrderList(bb *testing.B) {
	n := *benchOrders
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.One, "postgres": dbtest.Postgres} {
		bb.Run(name, func(bb *testing.B) {
			b := setup(bb, open(bb))
			many(b, n, n/20)
			if b.db.Dialect() == db.Postgres {
				b.must(b.db.Gorm().Exec("ANALYZE").Error)
			}
			begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
			for _, depth := range []int{0, n / 2, n - 60} {
				after := ""
				if depth > 0 {
					after = at{db.Micros(begin.Add(time.Duration(n-depth) * time.Minute)), db.NewID()}.text()
				}
				for view, f := range map[string]Filter{"all": {After: after}, "open": {View: ViewOpen, After: after}, "partner": {Partner: b.baltic, After: after}, "late": {View: ViewLate, After: after}, "differs": {View: ViewDiffers, After: after}, "word": {Query: "aurelia", After: after}, "old": {Query: "retired", After: after}, "item": {Query: "AUR-100077", After: after}} {
					bb.Run(fmt.Sprintf("%s/depth=%d", view, depth), func(bb *testing.B) {
						for bb.Loop() {
							p, err := b.svc.List(context.Background(), b.ingrid, f)
							if err != nil || depth == 0 && view != "item" && view != "old" && len(p.Items) != 50 {
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
