package promo

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// A rebuild goes on slice by slice and over a restart; what was wrong, missing or too many,
// in lines and in sums, is right at its end, orders that come meanwhile included; nobody but
// the owner hears of it, and who was too slow writes nothing.
func TestRebuildInSlices(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.Parts[0].Limit = 0
		p := m.running(x)
		for i := range 7 {
			m.order(fmt.Sprintf("2026-12-%02d", 2+i), p.Number, want{"AUR-D18B", "3", "84", ""}, want{"AUR-B50", "2", "31.20", ""})
		}
		d := m.orderOf(m.baltic, m.toBaltic, "EUR", "2026-12-10", p.Number, nil, want{"AUR-D18B", "5", "100.80", ""})
		figures := func() string {
			t.Helper()
			r, err := m.svc.Results(m.at(), m.ingrid, p.ID)
			m.must(err)
			return fmt.Sprint(r.Parts, r.Products)
		}
		exec := func(query string, args ...any) {
			t.Helper()
			m.must(m.db.InTx(context.Background(), func(ctx context.Context) error {
				n, err := db.Exec(ctx, query, args...)
				if err == nil && n == 0 {
					t.Fatalf("nothing was touched by %s", query)
				}
				return err
			}))
		}
		right := figures()
		exec("DELETE FROM promotion_line WHERE org_id = ? AND line = 1 AND ordered_on = '2026-12-03'", m.kestrel)
		exec("UPDATE promotion_line SET counted = counted + 1000000 WHERE org_id = ? AND line = 2 AND ordered_on = '2026-12-05'", m.kestrel)
		exec("UPDATE promotion_line SET order_id = 'nobody' WHERE order_id = ?", string(d.ID))
		exec("UPDATE promotion_sum SET counted = counted + 7000000 WHERE org_id = ? AND grain = 'sku' AND sku = 'AUR-B50'", m.kestrel)
		exec("UPDATE promotion_seat SET taken = 1 WHERE promotion_id = ? AND org_id = ?", string(p.ID), m.baltic)

		m.svc.slice = 4 // two orders
		m.now = time.Date(2026, 12, 20, 9, 0, 0, 0, time.UTC)
		m.must(m.svc.StartRebuild(m.at(), m.ingrid, p.ID))
		m.must(m.svc.StartRebuild(m.at(), m.ingrid, p.ID))
		m.want(m.svc.StartRebuild(m.at(), m.maya, p.ID), fault.Forbidden, "")
		m.want(m.svc.StartRebuild(m.at(), m.banker, p.ID), fault.NotFound, "")
		m.want(second(m.svc.Rebuilding(m.at(), m.maya, p.ID)), fault.NotFound, "")
		m.want(second(m.svc.Rebuilding(m.at(), m.banker, p.ID)), fault.NotFound, "")
		if r, err := m.svc.Results(m.at(), m.maya, p.ID); err != nil || r.Rebuild != nil {
			t.Fatalf("a partner hears of it: %+v %v", r.Rebuild, err)
		}
		var at rebuildRow
		m.must(m.db.View(m.at(), func(ctx context.Context) (err error) {
			at, _, err = rebuildOf(ctx, string(p.ID))
			return err
		}))
		stale := at
		var err error
		for range 2 {
			at, err = m.svc.rebuildStep(m.at(), m.trade, at)
			m.must(err)
		}
		_, err = m.svc.rebuildStep(m.at(), m.trade, stale)
		m.want(err, fault.Conflict, "")
		r, err := m.svc.Rebuilding(m.at(), m.ingrid, p.ID)
		m.must(err)
		if w := r.Rebuild; w == nil || w.State != RebuildRunning || w.Done < 1 || w.Done > 4 || w.Total != 8 {
			t.Fatalf("%+v", w)
		}
		// the process is gone; an order comes, and another node goes on once the lease is over
		late := m.order("2026-12-20", p.Number, want{"AUR-D18B", "4", "84", ""})
		if more, err := m.svc.RebuildSome(db.WithNow(context.Background(), db.FromMicros(at.Lease-1)), m.trade); more || err != nil {
			t.Fatalf("before the lease is over: %v %v", more, err)
		}
		for at.OrgID == "" { // until the orders of all are read, and the first company is to be ended
			at, err = m.svc.rebuildStep(m.at(), m.trade, at)
			m.must(err)
		}
		later := m.order("2026-12-21", p.Number, want{"AUR-D18B", "1", "84", ""})
		m.now = db.FromMicros(at.Lease).Add(time.Minute)
		for more := true; more; {
			more, err = m.svc.RebuildSome(m.at(), m.trade)
			m.must(err)
		}
		r, err = m.svc.Rebuilding(m.at(), m.ingrid, p.ID)
		m.must(err)
		// a line too few, one another, one too many and one missing; the wrong sum
		if w := r.Rebuild; w.State != RebuildDone || w.Lines != 17 || w.Changed < 5 {
			t.Fatalf("%+v", w)
		}
		m.rebuilt(p.ID)
		m.must(m.db.InTx(m.at(), func(ctx context.Context) error { _, err := giveBack(ctx, late.ID); return err }))
		m.must(m.db.InTx(m.at(), func(ctx context.Context) error { _, err := giveBack(ctx, later.ID); return err }))
		if now := figures(); now != right {
			t.Errorf("without the late order\n%s, before\n%s", now, right)
		}
	})
}

// Who settles a promotion in the middle of a rebuild settles what its lines come to as they
// stand, and the rebuild stops.
func TestSettledInTheMiddleOfARebuild(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms())
		m.order("2026-12-02", p.Number, want{"AUR-D18B", "3", "84", ""}, want{"AUR-B50", "2", "31.20", ""})
		m.order("2026-12-03", p.Number, want{"AUR-D18B", "4", "84", ""})
		right, err := m.svc.Results(m.at(), m.ingrid, p.ID)
		m.must(err)
		m.must(m.db.InTx(context.Background(), func(ctx context.Context) error {
			if _, err := db.Exec(ctx, "DELETE FROM promotion_line WHERE promotion_id = ? AND line = 1", string(p.ID)); err != nil {
				return err
			}
			_, err := db.Exec(ctx, "DELETE FROM promotion_sum WHERE promotion_id = ?", string(p.ID))
			return err
		}))
		m.must(m.svc.Tick(m.on("2026-12-02")))
		m.must(m.svc.Tick(m.on("2027-01-02")))
		m.must(m.svc.StartRebuild(m.on("2027-02-01"), m.ingrid, p.ID))
		read := func() (x rebuildRow) {
			m.must(m.db.View(m.at(), func(ctx context.Context) (err error) {
				x, _, err = rebuildOf(ctx, string(p.ID))
				return err
			}))
			return x
		}
		x := read()
		for x.OrgID == "" {
			x, err = m.svc.rebuildStep(m.on("2027-02-01"), m.trade, x)
			m.must(err)
		}
		m.must(m.svc.Settle(m.on("2027-02-01"), m.ingrid, p.ID, m.get(p.ID).Version, ""))
		if got, err := m.svc.Results(m.at(), m.ingrid, p.ID); err != nil || fmt.Sprint(got.Frozen) != fmt.Sprint(right.Parts) || fmt.Sprint(got.Parts, got.Products) != fmt.Sprint(right.Parts, right.Products) {
			t.Errorf("settled with %v, lines %v %v, want %v %v (%v)", got.Frozen, got.Parts, got.Products, right.Parts, right.Products, err)
		}
		if x, err = m.svc.rebuildStep(m.on("2027-02-01"), m.trade, x); err != nil || x.State != RebuildStopped || read().State != RebuildStopped {
			t.Errorf("%+v %v", x, err)
		}
	})
}
