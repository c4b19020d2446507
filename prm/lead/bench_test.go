package lead

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
)

var manyLeads = flag.Int("leads", 200_000, "leads of BenchmarkLeads")

// many is a supplier with so many leads, three quarters of them once offered to one of two
// partners: a third of those waits for its answer, a third is held and the rest ended.
func many(t testing.TB, d *db.DB, n int) *field {
	t.Helper()
	f := setup(t, d)
	first := f.lead()
	offer, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: first.ID, Version: 1, Partnership: f.toKestrel})
	f.must(err)
	f.must(f.db.InTx(f.at(), func(ctx context.Context) error {
		for from := 0; from < n; from += 500 {
			var leads []leadRow
			var offers []offerRow
			for i := from; i < min(n, from+500); i++ {
				at := f.now.Add(time.Duration(i) * time.Second)
				l := first
				l.ID, l.Number, l.Created, l.Changed = ID(db.NewID()), int64(i+1_000_000), at, at
				if i%4 > 0 {
					o := offer
					o.ID, o.Lead, o.Number, o.Offered = OfferID(db.NewID()), l.ID, int64(i+1_000_000), at
					o.Accept = Clock{at, at.Add(4 * time.Hour), at.Add(6 * time.Hour), at.Add(8 * time.Hour)}
					if i%2 == 1 {
						o.Reseller, o.Partnership = f.baltic, f.toBaltic
					}
					l.Offer, l.Holder, l.Round = o.ID, o.Reseller, 1
					switch l.State, o.State = Routed, OfferSent; i % 3 {
					case 1:
						l.State, o.State, o.Answered, o.Worked, o.Shared = Accepted, OfferAccepted, at, at, &Shared{Customer: "Harrow Fitout Ltd"}
						o.Convert = Clock{at, at.Add(100 * time.Hour), at.Add(160 * time.Hour), at.Add(200 * time.Hour)}
					case 2:
						l.State, o.State, o.Ended = Lost, OfferLost, at
					}
					r := offerRowOf(o)
					offers = append(offers, r)
				}
				leads = append(leads, rowOf(l))
			}
			if err := db.Tx(ctx).CreateInBatches(&leads, 500).Error; err != nil {
				return err
			}
			if err := db.Tx(ctx).CreateInBatches(&offers, 250).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return f
}

// TestManyLeads: the numbers beside the views stop at CountMost + 1, each for itself, so
// that none is reckoned from one that stopped.
func TestManyLeads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := many(t, d, 4*1200)
		for _, x := range []struct {
			who  access.Actor
			of   func(context.Context, access.Actor) (Counts, error)
			want Counts
		}{
			{f.ingrid, f.svc.Counts, Counts{Open: CountMost + 1, New: CountMost + 1, Offered: CountMost + 1, Accepted: CountMost + 1, Taken: CountMost + 1, Closed: CountMost + 1}},
			{f.maya, f.svc.ReceivedCounts, Counts{Open: 801, Offered: 401, Accepted: 400, Taken: 400, Closed: 400}},
			{f.kaarel, f.svc.ReceivedCounts, Counts{Open: CountMost + 1, Offered: 800, Accepted: 800, Taken: 800, Closed: 800}},
			{f.kaarel, f.svc.Counts, Counts{}},
		} {
			if got, err := x.of(f.at(), x.who); err != nil || got != x.want {
				t.Errorf("%s: %+v, %v; want %+v", x.who.Org, got, err, x.want)
			}
		}
	})
}

// BenchmarkLeads reads pages of 50 among 200,000 leads (-leads): the owner's list and the
// partner's offers at the top and deep inside, and the counts of both.
func BenchmarkLeads(b *testing.B) {
	f := many(b, dbtest.One(b), *manyLeads)
	ctx := context.Background()
	for _, view := range []string{ViewOpen, ViewAccepted, ViewClosed} {
		for _, depth := range []int{0, *manyLeads / 20} {
			own, got := "", ""
			for at := 0; at < depth; at += 200 {
				p, err := f.svc.List(ctx, f.ingrid, Filter{View: view, After: own, Limit: 200})
				f.must(err)
				o, err := f.svc.Received(ctx, f.maya, Filter{View: view, After: got, Limit: 200})
				f.must(err)
				own, got = p.Next, o.Next
			}
			b.Run(fmt.Sprintf("own/%s/depth=%d", view, depth), func(b *testing.B) {
				for b.Loop() {
					p, err := f.svc.List(ctx, f.ingrid, Filter{View: view, After: own, Limit: 50})
					if err != nil || len(p.Items) != 50 {
						b.Fatal(len(p.Items), err)
					}
				}
			})
			b.Run(fmt.Sprintf("offers/%s/depth=%d", view, depth), func(b *testing.B) {
				for b.Loop() {
					p, err := f.svc.Received(ctx, f.maya, Filter{View: view, After: got, Limit: 50})
					if err != nil || len(p.Items) != 50 {
						b.Fatal(len(p.Items), err)
					}
				}
			})
		}
	}
	b.Run("counts/own", func(b *testing.B) {
		for b.Loop() {
			if n, err := f.svc.Counts(ctx, f.ingrid); err != nil || n.Open == 0 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("counts/offers", func(b *testing.B) {
		for b.Loop() {
			if n, err := f.svc.ReceivedCounts(ctx, f.maya); err != nil || n.Open == 0 {
				b.Fatal(n, err)
			}
		}
	})
}

// BenchmarkRoute offers 1,000 leads by rule in one call, beside 20,000 others.
func BenchmarkRoute(b *testing.B) {
	f := many(b, dbtest.One(b), 20_000)
	_, err := f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "all", Active: true})
	f.must(err)
	for p, version := range map[string]int64{f.toKestrel: 0, f.toBaltic: 0} {
		_, err := f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: p, Version: version, Most: 10_000, Certificates: []Certificate{{Family: "cordless"}}})
		f.must(err)
	}
	for b.Loop() {
		b.StopTimer()
		f.must(f.db.InTx(f.at(), func(ctx context.Context) error { // of those that were there only the ended ones count
			return db.Tx(ctx).Exec("UPDATE lead_offer SET phase = 'ended'").Error
		}))
		ids := make([]ID, 1000)
		for i := range ids {
			ids[i] = f.lead().ID
		}
		b.StartTimer()
		got, err := f.svc.Route(f.at(), f.ingrid, ids...)
		f.must(err)
		for _, r := range got {
			if r.Offer == "" {
				b.Fatalf("%+v", r)
			}
		}
	}
}
