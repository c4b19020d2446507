package promo

import (
	"context"
	flags "flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/trade"
)

var (
	benchLines  = flags.Int("lines", 20_000, "order lines over which a promotion is measured")
	benchWindow = flags.Int("window", 104, "weeks of its window, the last of 104")
)

const (
	benchOrgs  = 40
	benchGoods = 500
	benchWeeks = 104
)

// years fills two years of orders of 40 companies with an invoice for each, and agrees on
// a promotion of 500 products with all of them before the first.
func (m *market) years(lines, window int) (Detail, []access.Actor) {
	m.t.Helper()
	begin := time.Date(2024, 12, 30, 9, 0, 0, 0, time.UTC)
	m.now = begin.AddDate(0, 0, -20)
	perWeek := 1
	if lines >= 200_000 {
		perWeek = 5
	}
	each := max(1, lines/benchOrgs/benchWeeks/perWeek)
	var buyers []access.Actor
	var parts []Part
	to := map[string]string{}
	m.must(m.db.InTx(context.Background(), func(ctx context.Context) error {
		for i := range benchOrgs {
			a := access.Actor{Person: db.NewID(), Org: db.NewID(), Roles: []access.Role{access.Admin}, Via: "session:x"}
			buyers, parts, to[a.Org] = append(buyers, a), append(parts, Part{Org: a.Org, Currency: "GBP", Share: 1000_00}), db.NewID()
			if _, err := db.Exec(ctx, "INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", a.Org, fmt.Sprint("b", i), fmt.Sprint("Buyer ", i)); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, "INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", to[a.Org], m.aurelia, a.Org); err != nil {
				return err
			}
		}
		return nil
	}))
	boss := access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
	var ps []catalog.Product
	var skus []string
	for i := range benchGoods {
		skus = append(skus, fmt.Sprintf("BEN-%03d", i))
		ps = append(ps, catalog.Product{SKU: skus[i], NameEN: "Tool " + skus[i], Family: fmt.Sprint("range", i%20), Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}})
	}
	m.must(m.cat.Put(m.at(), boss, ps...))
	from := begin.AddDate(0, 0, 7*(benchWeeks-window))
	d := m.sent(Terms{Title: "Two years", SKUs: skus, Kind: Percent, Percent: money.One / 20, Settle: BillBack, By: ByInvoice, From: from.Format(time.DateOnly), Until: begin.AddDate(0, 0, 7*benchWeeks-1).Format(time.DateOnly), Zone: "Europe/London", Currency: "GBP", Share: 1000_00, Parts: parts})
	m.agree(d.ID, buyers...)
	insert := func(query string, args ...any) {
		m.t.Helper()
		m.must(m.db.InTx(context.Background(), func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error }))
	}
	insert("CREATE TABLE bench_good (i INTEGER PRIMARY KEY, id TEXT NOT NULL, sku TEXT NOT NULL)")
	insert("INSERT INTO bench_good SELECT ROW_NUMBER() OVER (ORDER BY sku) - 1, id, sku FROM product WHERE sku LIKE 'BEN-%'")
	insert("CREATE TABLE bench_n (n INTEGER PRIMARY KEY)")
	insert("INSERT INTO bench_n SELECT i FROM bench_good WHERE i < ?", each)
	const cols = "INSERT INTO purchase_order (id, supplier_id, reseller_id, partnership_id, number, release_no, purpose, kind, state, held, marks, currency, total, confirmed_total, invoiced_total, line_count, ordered_on, requested_on, ship_to, parties, references_json, note, source, interchange_id, set_no, source_key, copy, content_hash, placed_by, received, changed, version) VALUES "
	rank := 0
	for w := range benchWeeks {
		m.must(m.db.InTx(context.Background(), func(ctx context.Context) error {
			var args []any
			n := 0
			for i, a := range buyers {
				for k := range perWeek {
					at := begin.AddDate(0, 0, 7*w+k).Add(time.Duration(i) * time.Minute)
					args = append(args, db.NewID(), m.aurelia, a.Org, to[a.Org], fmt.Sprintf("B-%d", rank), "GBP", each, at.Format(time.DateOnly), rank, db.Micros(at))
					rank, n = rank+1, n+1
				}
			}
			one := "(?, ?, ?, ?, ?, '', '00', 'SA', 'closed', '', 0, ?, 0, 0, 0, ?, ?, '', '', '[]', '{}', '', 'edi', '', ?, '', 0, '', '', ?, 0, 1)"
			_, err := db.Exec(ctx, cols+strings.Repeat(one+", ", n-1)+one, args...)
			return err
		}))
	}
	for w := range benchWeeks { // not all in one transaction
		a, b := w*rank/benchWeeks, (w+1)*rank/benchWeeks
		insert(`INSERT INTO order_line (order_id, line, supplier_id, reseller_id, reference, product_id, sku, buyer_item, gtin, description, unit, price, list_price, amount, mark, state, requested_on, promised_on, deal_number, ordered, confirmed, backordered, cancelled, shipped, received, invoiced, credited, returned)
			SELECT o.id, n.n + 1, o.supplier_id, o.reseller_id, '', g.id, g.sku, '', '', '', 'EA', 84000000, 84000000, 8400, '', 'closed', '', '', '', 1000000 * (1 + (o.set_no + n.n) % 7), 0, 0, 0, 0, 0, 1000000 * (1 + (o.set_no + n.n) % 7), 0, 0
			FROM purchase_order o JOIN bench_n n ON n.n >= 0 JOIN bench_good g ON g.i = (o.set_no * 7 + n.n) % 500 WHERE o.set_no >= ? AND o.set_no < ? AND o.number LIKE 'B-%'`, a, b)
		insert(`INSERT INTO invoice (id, order_id, supplier_id, reseller_id, number, kind, state, currency, net, tax, tax_rate, tax_category, differs_by, gross, issued_on, due_on, made_by, made, interchange_id)
			SELECT o.id, o.id, o.supplier_id, o.reseller_id, o.number, 'debit', 'matched', 'GBP', 0, 0, 0, '', 0, 0, o.ordered_on, o.ordered_on, '', o.received, '' FROM purchase_order o WHERE o.set_no >= ? AND o.set_no < ? AND o.number LIKE 'B-%'`, a, b)
		insert(`INSERT INTO invoice_line (invoice_id, position, line, sku, quantity, unit, price, amount, difference)
			SELECT l.order_id, l.line, l.line, l.sku, l.ordered, l.unit, l.price, l.amount, '' FROM purchase_order o JOIN order_line l ON l.order_id = o.id WHERE o.set_no >= ? AND o.set_no < ? AND o.number LIKE 'B-%'`, a, b)
	}
	if m.db.Dialect() == db.Postgres {
		m.must(m.db.Gorm().Exec("ANALYZE").Error)
	}
	m.now = begin.AddDate(0, 0, 7*benchWeeks+40)
	m.must(m.svc.Tick(m.at()))
	return m.get(d.ID), buyers
}

// used is the processor time of this process so far, and peak what it had resident at most.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func resident(name string) float64 {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			var kb float64
			_, _ = fmt.Sscan(rest, &kb)
			return kb / 1024
		}
	}
	return 0
}

// BenchmarkResults reads the results of one promotion over many order lines (-lines, 20,000;
// the goal is told for 2,000,000), and computes all of them again: first from nothing, then
// when all is as it should be.
func BenchmarkResults(bb *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.One, "postgres": dbtest.Postgres} {
		bb.Run(name, func(bb *testing.B) {
			d := open(bb)
			f := setup(bb, d)
			m := &market{fair: f, trade: trade.New(d, f.cat, f.events), boss: access.System("test", f.aurelia)}
			m.trade.Promote(f.svc)
			blobs, err := blob.New(d, bb.TempDir())
			m.must(err)
			f.svc.Pay(fund.New(d, nil, blobs, partner.NewService(d, f.events, account.Directory{})))
			began := time.Now()
			p, buyers := m.years(*benchLines, *benchWindow)
			bb.Logf("%s: filled in %s", name, time.Since(began).Round(time.Second))
			m.timed(bb, p, buyers)
		})
	}
}

// timed computes a promotion again and reads its pages.
func (m *market) timed(bb *testing.B, p Detail, buyers []access.Actor) {
	rebuild := func(what string) {
		bb.Run(what, func(bb *testing.B) {
			before, cpu := resident("VmRSS"), used()
			var got Rebuilt
			var err error
			for range bb.N {
				got, err = m.svc.Rebuild(m.at(), m.ingrid, m.trade, p.ID)
				m.must(err)
				if bb.N > 1 {
					break // once is enough
				}
			}
			bb.ReportMetric(float64(got.Lines), "lines")
			bb.ReportMetric(float64(got.Changed), "changed")
			bb.ReportMetric((used() - cpu).Seconds(), "cpu-s")
			bb.ReportMetric(before, "MB-before")
			bb.ReportMetric(resident("VmHWM"), "MB-most")
		})
	}
	rebuild("rebuild/from-nothing")
	if m.db.Dialect() == db.Postgres {
		m.must(m.db.Gorm().Exec("ANALYZE").Error)
	}
	rebuild("rebuild/equal")
	bb.Run("measure", func(bb *testing.B) {
		cpu := used()
		m.must(m.svc.Measure(m.at()))
		bb.ReportMetric((used() - cpu).Seconds(), "cpu-s")
	})
	run := func(what string, fn func(ctx context.Context) error) {
		bb.Run(what, func(bb *testing.B) {
			cpu := used()
			n := 0
			for bb.Loop() {
				m.must(fn(context.Background()))
				n++
			}
			bb.ReportMetric((used()-cpu).Seconds()*1000/float64(n), "cpu-ms/op")
		})
	}
	page := func(a access.Actor) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			if _, err := m.svc.Results(ctx, a, p.ID); err != nil {
				return err
			}
			if _, _, err := m.svc.Lines(ctx, a, p.ID, LineFilter{}); err != nil {
				return err
			}
			if _, _, err := m.svc.Resales(ctx, a, p.ID, LineFilter{}); err != nil {
				return err
			}
			if a.Org != m.aurelia {
				if _, err := m.svc.Proposed(ctx, a, p.ID); err != nil {
					return err
				}
			}
			_, err := m.svc.Lift(ctx, a, p.ID)
			return err
		}
	}
	run("page/owner", page(m.ingrid))
	run("page/partner", page(buyers[7]))
	run("page/figures", func(ctx context.Context) error { _, err := m.svc.Results(ctx, m.ingrid, p.ID); return err })
	run("page/lift", func(ctx context.Context) error { _, err := m.svc.Lift(ctx, m.ingrid, p.ID); return err })
	lines := func(what string, f LineFilter) {
		run("lines/"+what, func(ctx context.Context) error { _, _, err := m.svc.Lines(ctx, m.ingrid, p.ID, f); return err })
	}
	middle := db.Cursor(db.Micros(time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)), db.NewID()) + ".1"
	lines("first", LineFilter{})
	lines("middle", LineFilter{After: middle})
	lines("item", LineFilter{SKU: "BEN-123", After: middle})
	lines("partner", LineFilter{Org: buyers[7].Org, After: middle})
	lines("out", LineFilter{Show: "out"})
	lines("export-page", LineFilter{After: middle, Limit: 1000})
	documents := func(what string, after Document) {
		run("documents/"+what, func(ctx context.Context) error {
			_, err := m.svc.Documents(ctx, m.ingrid, p.ID, buyers[7].Org, ByInvoice, after, 1000)
			return err
		})
	}
	documents("first", Document{})
	documents("middle", Document{Day: "2026-01-05", Number: "B-1"})
}
