package fund

import (
	"context"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/fault"
	"entente/prm/money"
)

// heard keeps what was published.
type heard struct {
	mu  sync.Mutex
	all []string // kind and whom it is about
}

func (h *heard) Publish(_ context.Context, e job.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e.Kind+" "+e.Payload.(Event).Reseller)
	return nil
}

func (h *heard) count(s string) (n int) {
	for _, x := range h.all {
		if x == s {
			n++
		}
	}
	return n
}

// planned is a programme for partners in Britain with 4 000 for each.
func planned() ProgramCmd {
	c := autumn
	c.Countries, c.Part, c.Alternative = []string{"gb", " GB"}, gbp(4_000_00), "Free counter displays and a training day, for every partner without a budget of its own."
	return c
}

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	b.must(b.db.InTx(context.Background(), func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error }))
}

// TestAnnounced: every partner that the plan names is told, once, with what it may use
// instead; one that comes later is told later, one in another country is not.
func TestAnnounced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), &heard{}
		b.svc.jobs = h
		b.exec("UPDATE org SET country = 'EE' WHERE id = ?", b.baltic)
		c := planned()
		c.Alternative = ""
		p, err := b.svc.Create(b.at(), b.ingrid, c)
		b.must(err)
		if _, err := b.svc.Wallet(b.at(), b.maya, p.ID); !fault.IsNotFound(err) {
			t.Fatalf("before it is announced: %v", err)
		}
		_, err = b.svc.Announce(b.at(), b.ingrid, p.ID, p.Version)
		b.wants(err, fault.Invalid, "fund.alternative_missing")
		p, err = b.svc.Change(b.at(), b.ingrid, p.ID, p.Version, planned())
		b.must(err)
		_, err = b.svc.Announce(b.at(), b.fin, p.ID, p.Version)
		b.wants(err, fault.Forbidden, "")
		_, err = b.svc.Announce(b.at(), b.maya, p.ID, p.Version)
		b.wants(err, fault.NotFound, "")
		dbtest.CheckModels(t, d, toldRow{}, offRow{}, programRow{})
		_, err = b.svc.Announce(b.at(), b.ingrid, p.ID, p.Version-1)
		b.wants(err, fault.Conflict, "fund.changed")
		for range 2 { // the second time is the same
			if p, err = b.svc.Announce(b.at(), b.ingrid, p.ID, p.Version); err != nil {
				t.Fatal(err)
			}
		}
		if len(p.Seats) != 1 || p.Seats[0].Org != b.kestrel || p.Seats[0].Use.Told.IsZero() || p.Reach() != (Reach{Offered: 1}) || h.count(Offered+" "+b.kestrel) != 1 || len(h.all) != 1 {
			t.Fatalf("%+v %v", p.Seats, h.all)
		}
		w, err := b.svc.Wallet(b.at(), b.maya, p.ID)
		if err != nil || w.Alternative != planned().Alternative || w.Part != gbp(4_000_00) || w.Countries[0] != "GB" || w.Balance.Granted.Minor != 0 {
			t.Fatalf("%+v %v", w, err)
		}
		if _, err := b.svc.Wallet(b.at(), b.kaarel, p.ID); !fault.IsNotFound(err) {
			t.Fatalf("a partner that the plan does not name: %v", err)
		}
		c = planned()
		c.Part = gbp(5_000_00)
		_, err = b.svc.Change(b.at(), b.ingrid, p.ID, p.Version, c)
		b.wants(err, fault.Conflict, "fund.plan_fixed")
		c = planned()
		c.Alternative = ""
		_, err = b.svc.Change(b.at(), b.ingrid, p.ID, p.Version, c)
		b.wants(err, fault.Invalid, "fund.alternative_missing")

		// later, and twice
		b.exec("UPDATE org SET country = 'GB' WHERE id = ?", b.baltic)
		b.must(b.svc.Tick(b.at()))
		b.must(b.svc.Tick(b.at()))
		if h.count(Offered+" "+b.baltic) != 1 || h.count(Offered+" "+b.kestrel) != 1 {
			t.Fatalf("%v", h.all)
		}
		if w, err = b.svc.Wallet(b.at(), b.kaarel, p.ID); err != nil || w.Balance.Currency != "GBP" {
			t.Fatalf("%+v %v", w, err)
		}
		// one that is over tells nobody
		b.exec("DELETE FROM fund_told WHERE org_id = ?", b.baltic)
		b.day("2027-01-03")
		b.must(b.svc.Tick(b.at()))
		if h.count(Offered+" "+b.baltic) != 1 {
			t.Fatalf("%v", h.all)
		}
	})
}

// TestOffPlan: what an announced plan gives is given by one person; above it, in another
// currency, or to whom it does not name, it takes a reason and another person, and nothing
// is booked before.
func TestOffPlan(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), &heard{}
		b.svc.jobs = h
		b.exec("UPDATE org SET country = 'EE' WHERE id = ?", b.baltic)
		p, err := b.svc.Create(b.at(), b.ingrid, planned())
		b.must(err)
		id := p.ID
		b.must(b.svc.Put(b.at(), b.ingrid, id, putting(gbp(10_000_00), gbp(0), "")))
		p, err = b.svc.Announce(b.at(), b.ingrid, id, p.Version)
		b.must(err)
		b.must(b.svc.Grant(b.at(), b.ingrid, id, b.toKestrel, gbp(4_000_00), "", ""))
		if got := b.wallet(id); got.Granted != gbp(4_000_00) {
			t.Fatalf("%+v", got)
		}
		b.wants(b.svc.Grant(b.at(), b.ingrid, id, b.toKestrel, gbp(1), " ", ""), fault.Invalid, "fund.off_plan_reason")
		b.wants(b.svc.Grant(b.at(), b.ingrid, id, b.toBaltic, gbp(100_00), "", ""), fault.Invalid, "fund.off_plan_reason")
		for range 2 { // the same key is one
			b.must(b.svc.Grant(b.at(), b.ingrid, id, b.toKestrel, gbp(500_00), "A fair of its own", "k1"))
		}
		b.must(b.svc.Grant(b.at(), b.ingrid, id, b.toBaltic, gbp(100_00), "Opens a shop in Leeds", "k2"))
		b.must(b.svc.Grant(b.at(), b.ingrid, id, b.toBaltic, gbp(9_000_00), "More than there is", "k3"))
		p, err = b.svc.Get(b.at(), b.ingrid, id)
		if err != nil || len(p.OffPlan) != 3 || len(p.Seats) != 1 || b.wallet(id).Granted != gbp(4_000_00) || h.count(SecondAsked+" "+b.kestrel) != 1 {
			t.Fatalf("%+v %+v %v", p, err, h.all)
		}
		if _, err := b.svc.Wallet(b.at(), b.kaarel, id); !fault.IsNotFound(err) {
			t.Fatalf("it learns of what is not decided: %v", err)
		}
		find := func(org string, amount money.Amount) OffPlan {
			t.Helper()
			for _, o := range p.OffPlan {
				if o.Org == org && o.Amount == amount {
					return o
				}
			}
			t.Fatalf("%+v", p.OffPlan)
			return OffPlan{}
		}
		more, shop, much := find(b.kestrel, gbp(500_00)), find(b.baltic, gbp(100_00)), find(b.baltic, gbp(9_000_00))
		b.wants(b.svc.DecideOffPlan(b.at(), b.ingrid, id, more.ID, true), fault.Conflict, "fund.second_needed")
		b.wants(b.svc.DecideOffPlan(b.at(), b.ingrid, id, more.ID, false), fault.Conflict, "fund.second_needed")
		b.wants(b.svc.DecideOffPlan(b.at(), b.fin, id, more.ID, true), fault.Forbidden, "")
		b.wants(b.svc.DecideOffPlan(b.at(), b.maya, id, more.ID, true), fault.Forbidden, "")
		b.wants(b.svc.DecideOffPlan(b.at(), b.kaarel, id, shop.ID, true), fault.NotFound, "")
		b.wants(b.svc.DecideOffPlan(b.at(), b.wen, id, db.NewID(), true), fault.NotFound, "")
		other, err := b.svc.Create(b.at(), b.ingrid, planned())
		b.must(err)
		b.wants(b.svc.DecideOffPlan(b.at(), b.wen, other.ID, more.ID, true), fault.NotFound, "")
		b.must(b.svc.DecideOffPlan(b.at(), b.wen, id, more.ID, true))
		b.wants(b.svc.DecideOffPlan(b.at(), b.wen, id, more.ID, true), fault.Conflict, "fund.moved_on")
		b.must(b.svc.DecideOffPlan(b.at(), b.wen, id, shop.ID, false))
		err = b.svc.DecideOffPlan(b.at(), b.wen, id, much.ID, true)
		if fault.CodeOf(err) != fault.Conflict {
			t.Fatalf("beyond the budget: %v", err)
		}
		if got := b.wallet(id); got.Granted != gbp(4_500_00) || h.count(Granted+" "+b.kestrel) != 2 || h.count(Granted+" "+b.baltic) != 0 {
			t.Fatalf("%+v %v", got, h.all)
		}
		b.must(b.svc.DecideOffPlan(b.at(), b.wen, id, much.ID, false)) // what failed changed nothing
		b.sound(id)

		// offered, used, refused
		r := b.request(id)
		no := b.asked(id, 300_00, 100_00)
		_, err = b.svc.DeclineRequest(b.at(), b.ingrid, no.ID, no.Version, "Too late in the year")
		b.must(err)
		p, err = b.svc.Get(b.at(), b.ingrid, id)
		if err != nil || p.Reach() != (Reach{Offered: 1, Used: 1, Refused: 1, OffPlan: 1}) || p.Seats[0].Use.Asked != 2 || p.Seats[0].Use.Refused != 1 || p.Seats[0].Balance.Used() != r.Approved.Minor {
			t.Fatalf("%+v %+v %v", p.Reach(), p.Seats, err)
		}
	})
}

// TestOffPlanAtOnce: two people decide at once, and it is booked once.
func TestOffPlanAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p, err := b.svc.Create(b.at(), b.ingrid, planned())
		b.must(err)
		b.must(b.svc.Put(b.at(), b.ingrid, p.ID, putting(gbp(10_000_00), gbp(0), "")))
		p, err = b.svc.Announce(b.at(), b.ingrid, p.ID, p.Version)
		b.must(err)
		b.must(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(4_500_00), "A fair", ""))
		p, err = b.svc.Get(b.at(), b.ingrid, p.ID)
		b.must(err)
		third := b.wen
		third.Person = db.NewID()
		var wg sync.WaitGroup
		errs := make([]error, 2)
		ctx := b.at()
		for i, who := range []struct{ a int }{{0}, {1}} {
			wg.Add(1)
			go func() {
				defer wg.Done()
				by := b.wen
				if who.a == 1 {
					by = third
				}
				errs[i] = b.svc.DecideOffPlan(ctx, by, p.ID, p.OffPlan[0].ID, true)
			}()
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || b.wallet(p.ID).Granted != gbp(4_500_00) {
			t.Fatalf("%v %+v", errs, b.wallet(p.ID))
		}
		b.sound(p.ID)
	})
}
