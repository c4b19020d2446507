package lead

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// Random deeds by random people at random times, in and out of order: what is refused is
// refused by a known code, and after every step the leads and their offers agree.
func TestWalk(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		for _, r := range []Rule{{Name: "a", Active: true, Rounds: 2}, {Name: "off"}} {
			_, err := f.svc.SaveRule(f.at(), f.ingrid, r)
			f.must(err)
		}
		for p, most := range map[string]int{f.toKestrel: 3, f.toBaltic: 2} {
			_, err := f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: p, Most: most})
			f.must(err)
		}
		var leads []ID
		for range 6 {
			leads = append(leads, f.lead().ID)
		}
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 1))
		ended := map[OfferID]string{}
		steps := 250
		for n := range steps {
			what := f.deed(rnd, leads)
			f.events.take()
			f.agree(fmt.Sprintf("step %d, %s", n, what), leads, ended)
		}
		if len(ended) < 5 {
			t.Fatalf("only %d offers ended in %d steps", len(ended), steps)
		}
	})
}

// deed does one thing somebody might do.
func (f *field) deed(rnd *rand.Rand, leads []ID) string {
	f.t.Helper()
	id := leads[rnd.IntN(len(leads))]
	l := f.get(id)
	offer := OfferID("none")
	if len(l.Offers) > 0 {
		offer = l.Offers[rnd.IntN(len(l.Offers))].ID
		if rnd.IntN(3) > 0 {
			offer = l.Offers[0].ID
		}
	}
	who := []access.Actor{f.ingrid, f.maya, f.joe, f.kaarel}[rnd.IntN(4)]
	reason := append(Reasons, "bad")[rnd.IntN(len(Reasons)+1)]
	deeds := []struct {
		name string
		do   func() error
	}{
		{"offer", func() error {
			_, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: id, Version: l.Version - int64(rnd.IntN(2)), Partnership: []string{f.toKestrel, f.toBaltic}[rnd.IntN(2)], Again: rnd.IntN(2) == 0})
			return err
		}},
		{"route", func() error { _, err := f.svc.Route(f.at(), f.ingrid, leads...); return err }},
		{"open", func() error { return f.svc.Open(f.at(), who, offer) }},
		{"accept", func() error { _, err := f.svc.Accept(f.at(), who, offer); return err }},
		{"accept", func() error { _, err := f.svc.Accept(f.at(), who, offer); return err }},
		{"decline", func() error { return f.svc.Decline(f.at(), who, offer, reason, "words") }},
		{"work", func() error { _, err := f.svc.Work(f.at(), who, offer, "call", "", ""); return err }},
		{"return", func() error { return f.svc.Return(f.at(), who, offer, reason, "words") }},
		{"lose", func() error { return f.svc.Lose(f.at(), who, offer, reason, "words") }},
		{"withdraw", func() error { return f.svc.Withdraw(f.at(), who, offer) }},
		{"reclaim", func() error { return f.svc.Reclaim(f.at(), who, offer, "words") }},
		{"convert", func() error { return f.svc.Convert(f.at(), who, offer, "deal") }},
		{"pause", func() error {
			return f.svc.Pause(f.at(), who, offer, PauseCmd{Reason: append(PauseReasons, "bad")[rnd.IntN(len(PauseReasons)+1)], Comment: "words", Until: f.now.AddDate(0, 0, rnd.IntN(12)).Format(time.DateOnly)})
		}},
		{"resume", func() error { return f.svc.Resume(f.at(), who, offer) }},
		{"update", func() error { _, err := f.svc.Update(f.at(), f.ingrid, id, l.Version, f.draft()); return err }},
		{"hours pass", func() error {
			f.now = f.now.Add(time.Duration(rnd.IntN(60)) * time.Hour)
			_, err := f.svc.Tick(db.WithNow(context.Background(), f.now))
			return err
		}},
	}
	x := deeds[rnd.IntN(len(deeds))]
	switch err := x.do(); fault.CodeOf(err) {
	case "", fault.Conflict, fault.Invalid, fault.NotFound, fault.Forbidden:
	default:
		f.t.Fatalf("%s: %v", x.name, err)
	}
	return x.name
}

// agree checks what must hold between leads and offers at any time.
func (f *field) agree(at string, leads []ID, ended map[OfferID]string) {
	f.t.Helper()
	fail := func(format string, args ...any) { f.t.Fatalf("%s: %s", at, fmt.Sprintf(format, args...)) }
	held := map[string]int{}
	for _, id := range leads {
		l := f.get(id)
		live := 0
		for _, o := range l.Offers {
			if o.State.Unanswered() || o.State.Held() {
				live++
				held[o.Reseller]++
				if o.ID != l.Lead.Offer || o.Reseller != l.Holder || !o.Ended.IsZero() {
					fail("offer %+v is live beside lead %+v", o, l.Lead)
				}
			} else {
				if o.Ended.IsZero() {
					fail("offer %s ended without a time", o.State)
				}
				if was, ok := ended[o.ID]; ok && was != db.Text(o) {
					fail("an ended offer changed:\n%s\n%s", was, db.Text(o))
				}
				ended[o.ID] = db.Text(o)
			}
			if o.State.Held() && (o.Shared == nil || !o.Convert.Due.After(o.Answered)) || o.State.Unanswered() && o.Shared != nil {
				fail("offer %s: shared %v, %v", o.State, o.Shared, o.Convert)
			}
			for _, c := range []Clock{o.Accept, o.Convert} {
				if c.Running() && (c.Half.Before(c.Start) || c.Most.Before(c.Half) || c.Due.Before(c.Most)) {
					fail("a clock runs backwards: %+v", c)
				}
			}
		}
		want := 0
		switch l.State {
		case Routed, Accepted, Working:
			want = 1
		}
		if live != want || len(l.Offers) != l.Round {
			fail("lead %s has %d live offers of %d, round %d", l.State, live, len(l.Offers), l.Round)
		}
		if want == 1 {
			o := l.Offers[0]
			fits := map[State]func() bool{Routed: o.State.Unanswered, Accepted: o.State.Held, Working: o.State.Held}
			if !fits[l.State]() {
				fail("lead %s, its offer %s", l.State, o.State)
			}
		} else if l.State != Converted && l.State != Lost && (l.Holder != "" || l.Lead.Offer != "") {
			fail("lead %s is held by %s", l.State, l.Holder)
		}
	}
	for org, who := range map[string]access.Actor{f.kestrel: f.maya, f.baltic: f.kaarel} {
		n, err := f.svc.ReceivedCounts(f.at(), who)
		f.must(err)
		if n.Open != held[org] {
			fail("counted %d open, there are %d", n.Open, held[org])
		}
	}
}
