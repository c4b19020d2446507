package lead

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// A pause stops warnings, staleness and the end of the clock of an accepted lead; afterwards
// what was left is left again. Either company sets and ends it, no other, and not for ever.
func TestPause(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l, _, err := f.svc.Create(f.at(), f.ingrid, f.draft())
		f.must(err)
		o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: l.ID, Version: 1, Partnership: f.toKestrel, Convert: 2000})
		f.must(err)
		day := func(days int) string { return f.now.AddDate(0, 0, days).Format(time.DateOnly) }
		cmd := func(days int) PauseCmd { return PauseCmd{Reason: "customer_budget", Until: day(days)} }
		code := func(what string, err error, want fault.Code) {
			t.Helper()
			if fault.CodeOf(err) != want {
				t.Errorf("%s: %v", what, err)
			}
		}
		code("not accepted", f.svc.Pause(f.at(), f.maya, o.ID, cmd(20)), fault.Conflict)
		_, err = f.svc.Accept(f.at(), f.maya, o.ID)
		f.must(err)
		get := func(a access.Actor) Offer {
			t.Helper()
			got, err := f.svc.GetOffer(f.at(), a, o.ID)
			f.must(err)
			return got.Offer
		}
		was := get(f.maya)
		for what, c := range map[string]PauseCmd{"no reason": {Until: day(20)}, "too long": cmd(70), "over at once": cmd(0), "no words": {Reason: "other", Until: day(20)}} {
			code(what, f.svc.Pause(f.at(), f.maya, o.ID, c), fault.Invalid)
		}
		for who, a := range map[string]access.Actor{"rival": f.kaarel} {
			code(who, f.svc.Pause(f.at(), a, o.ID, cmd(20)), fault.NotFound)
			code(who, f.svc.Resume(f.at(), a, o.ID), fault.NotFound)
		}
		f.must(f.svc.Pause(f.at(), f.maya, o.ID, cmd(20)))
		f.must(f.svc.Pause(f.at(), f.maya, o.ID, cmd(20)))
		code("another one on top", f.svc.Pause(f.at(), f.ingrid, o.ID, cmd(30)), fault.Conflict)
		p := get(f.ingrid)
		if p.Pause == nil || p.Pause.Org != f.kestrel || p.Pause.Reason != "customer_budget" || !p.Ends().After(was.Convert.Due) || !p.Convert.Due.Equal(was.Convert.Due) {
			t.Fatalf("the owner sees %+v, due %v", p.Pause, p.Convert.Due)
		}
		f.now = p.Pause.Until.Add(-time.Hour)
		_, err = f.svc.Tick(f.at())
		f.must(err)
		if x := get(f.maya); x.State != OfferAccepted || x.Pause == nil {
			t.Fatalf("%s, paused %v", x.State, x.Pause != nil)
		}
		f.now = p.Pause.Until.Add(time.Hour)
		_, err = f.svc.Tick(f.at())
		f.must(err)
		x := get(f.maya)
		if x.Pause != nil || x.Paused != p.Pause.Until.Sub(p.Pause.Since) || !x.Convert.Due.Equal(was.Convert.Due.Add(x.Paused)) {
			t.Errorf("after it: %v, took %v", x.Convert.Due, x.Paused)
		}
		f.must(f.svc.Pause(f.at(), f.ingrid, o.ID, cmd(59)))
		f.must(f.svc.Resume(f.at(), f.maya, o.ID))
		f.must(f.svc.Resume(f.at(), f.maya, o.ID))
		if y := get(f.maya); y.Convert.Due.Before(x.Convert.Due) || y.Pause != nil {
			t.Errorf("resumed: %v, was %v", y.Convert.Due, x.Convert.Due)
		}
	})
}

// However a lead is paused and resumed, its clock never runs backwards, and the sum of its
// pauses is what it gained.
func TestPauseNeverBackwards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
		o := Offer{State: OfferAccepted, Convert: Clock{Start: now, Half: now.Add(100 * time.Hour), Most: now.Add(160 * time.Hour), Due: now.Add(200 * time.Hour)}, Worked: now}
		first := o.Convert.Due
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			was := o
			now = now.Add(time.Duration(rapid.IntRange(-5, 400).Draw(t, "hours")) * time.Hour)
			if o.Pause == nil {
				o.Pause = &Pause{Since: now, Until: now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "until")) * time.Hour)}
				continue
			}
			o.unpause(now)
			if o.Convert.Due.Before(was.Convert.Due) || o.Convert.Half.Before(was.Convert.Half) || o.Worked.Before(was.Worked) || o.Paused < was.Paused {
				t.Fatalf("%v after %v", o.Convert, was.Convert)
			}
		}
		if o.Convert.Due.Sub(first) != o.Paused {
			t.Fatalf("gained %v of %v", o.Convert.Due.Sub(first), o.Paused)
		}
	})
}

// Leads of a family for which certificates are kept go by rule to partners alone whose own
// holds on the day; the owner is told why another one is out, the partner which it has.
func TestCertified(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		x := f.draft()
		x.Families = []string{"cordless"}
		l, _, err := f.svc.Create(f.at(), f.ingrid, x)
		f.must(err)
		out := func() map[string]string {
			t.Helper()
			cs, err := f.svc.Candidates(f.at(), f.ingrid, l.ID)
			f.must(err)
			got := map[string]string{}
			for _, c := range cs {
				got[c.Reseller] = c.Out
				for _, x := range c.Factors {
					if x.Kind == FactorCertified {
						got[c.Reseller] += "/" + x.Text
					}
				}
			}
			return got
		}
		if got := out(); got[f.kestrel] != "" || got[f.baltic] != "" {
			t.Errorf("no certificates are kept: %v", got)
		}
		until := f.now.AddDate(0, 0, 10).Format(time.DateOnly)
		_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Most: 20, Certificates: []Certificate{{"Cordless", until}, {"cordless", "2020-01-01"}}})
		f.must(err)
		_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Version: 1, Most: 20, Certificates: []Certificate{{"cordless", "soon"}}})
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a day that is none: %v", err)
		}
		if got := out(); got[f.kestrel] != "/cordless" || got[f.baltic] != FactorCertified+"/" {
			t.Errorf("certified: %v", got)
		}
		state := func(to string) {
			t.Helper()
			f.must(d.InTx(f.at(), func(ctx context.Context) error {
				return db.Tx(ctx).Exec("UPDATE partnership SET state = ? WHERE id = ?", to, f.toKestrel).Error
			}))
		}
		if state("suspended"); out()[f.baltic] != FactorCertified+"/" {
			t.Error("while the one that is certified is suspended, the family goes to another one")
		}
		if state("ended"); out()[f.baltic] != "" {
			t.Error("who is no partner any more keeps the family from the others")
		}
		state("active")
		f.now = f.now.AddDate(0, 0, 11)
		if got := out(); got[f.kestrel] != FactorCertified+"/" {
			t.Errorf("lapsed: %v", got)
		}
		p, err := f.svc.PartnerProfile(f.at(), f.maya, f.toKestrel)
		f.must(err)
		if len(p.Certificates) != 1 || p.Certificates[0] != (Certificate{"cordless", until}) || p.Certificates[0].Holds(f.now.Format(time.DateOnly)) {
			t.Errorf("the partner reads %+v", p.Certificates)
		}
		if _, err := f.svc.PartnerProfile(f.at(), f.kaarel, f.toKestrel); !fault.IsNotFound(err) {
			t.Errorf("a rival: %v", err)
		}
	})
}

// Who works on a lead while it is paused is not called stale for that when the pause is over:
// the days without work count from then.
func TestPauseWorked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l, _, err := f.svc.Create(f.at(), f.ingrid, f.draft())
		f.must(err)
		o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: l.ID, Version: 1, Partnership: f.toKestrel, Convert: 2000})
		f.must(err)
		_, err = f.svc.Accept(f.at(), f.maya, o.ID)
		f.must(err)
		f.must(f.svc.Pause(f.at(), f.maya, o.ID, PauseCmd{Reason: "customer_date", Until: f.now.AddDate(0, 0, 20).Format(time.DateOnly)}))
		f.now = f.now.Add(24 * time.Hour)
		_, err = f.svc.Work(f.at(), f.maya, o.ID, "call", "They decide in three weeks", "")
		f.must(err)
		tick := func(after time.Duration, want OfferState) {
			t.Helper()
			f.now = f.now.Add(after)
			for range 2 {
				_, err := f.svc.Tick(f.at())
				f.must(err)
			}
			got, err := f.svc.GetOffer(f.at(), f.maya, o.ID)
			f.must(err)
			if got.State != want {
				t.Fatalf("%v after that: %s", after, got.State)
			}
		}
		tick(21*24*time.Hour, OfferWorking) // it is over
		tick(StaleAfter-2*24*time.Hour, OfferWorking)
		tick(3*24*time.Hour, OfferStale)
	})
}

// weekdays is a calendar of eight hours from nine, Monday to Friday.
type weekdays struct{}

func (weekdays) Clock(_ context.Context, _ string, start time.Time, hours int) (Clock, error) {
	at := func(left time.Duration) time.Time {
		for t := start; ; t = t.Add(time.Minute) {
			if left == 0 {
				return t
			}
			if d := t.Weekday(); d != time.Saturday && d != time.Sunday && t.Hour() >= 9 && t.Hour() < 17 {
				left -= time.Minute
			}
		}
	}
	all := time.Duration(hours) * time.Hour
	return Clock{Start: start, Half: at(all / 2), Most: at(all / 10 * 8), Due: at(all)}, nil
}

// After a pause there are as many working hours left as there were: those of a clock that would
// end in a weekend, or before the day begins, are not lost.
func TestPauseWorkingHours(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
	s := &Service{calendar: weekdays{}}
	for _, c := range []struct {
		since, until time.Time
		due          time.Time
	}{
		{monday, monday.Add(63 * time.Hour), monday.AddDate(0, 0, 9).Add(8 * time.Hour)},                                    // Monday to Wednesday's end: all 40 hours from Thursday
		{monday.Add(75 * time.Hour), monday.Add(6*24*time.Hour - 9*time.Hour), monday.AddDate(0, 0, 8).Add(5 * time.Hour)},  // Thursday noon over the weekend: five and eight
		{monday.AddDate(0, 0, 4), monday.AddDate(0, 0, 7).Add(-9 * time.Hour), monday.AddDate(0, 0, 7).Add(-1 * time.Hour)}, // Friday to Sunday's end: no less than it took
	} {
		clock, _ := s.calendar.Clock(t.Context(), "", monday, 40)
		o := Offer{State: OfferAccepted, Convert: clock, kept: kept{hours: 40}, Pause: &Pause{Since: c.since, Until: c.until}}
		if err := s.runOn(db.WithNow(t.Context(), c.until.Add(time.Minute)), &o); err != nil {
			t.Fatal(err)
		}
		if gained := c.until.Sub(c.since); o.Convert.Due.Before(c.due) || o.Convert.Due.Before(clock.Due.Add(gained)) || o.Convert.Due.After(c.due.Add(72*time.Hour)) || o.Paused != gained {
			t.Errorf("paused from %v to %v: due %v, want %v", c.since, c.until, o.Convert.Due, c.due)
		}
		if o.Convert.Most.After(o.Convert.Due) || o.Convert.Half.After(o.Convert.Most) {
			t.Errorf("%+v", o.Convert)
		}
	}
}

// Who offers a lead stops the clock of its answer: both see it, nothing expires and nobody is
// warned, the partner may answer all the same and cannot stop it itself. Words about it name
// nobody.
func TestPauseOfAnOffer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		day := func(days int) string { return f.now.AddDate(0, 0, days).Format(time.DateOnly) }
		offer := func() Offer {
			t.Helper()
			l := f.lead()
			o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: l.ID, Version: 1, Partnership: f.toKestrel})
			f.must(err)
			return o
		}
		get := func(id OfferID) Offer {
			t.Helper()
			got, err := f.svc.GetOffer(f.at(), f.maya, id)
			f.must(err)
			return got.Offer
		}
		o := offer()
		cmd := PauseCmd{Reason: "checking", Until: day(10)}
		f.want(f.svc.Pause(f.at(), f.maya, o.ID, cmd), fault.Conflict, "lead.pause_unanswered")
		f.want(f.svc.Pause(f.at(), f.kaarel, o.ID, cmd), fault.NotFound, "")
		for _, words := range []string{"Harrow Fitout is on holiday", "write to priya@harrow-fitout.co.uk", "call 0113 496 0000"} {
			f.want(f.svc.Pause(f.at(), f.ingrid, o.ID, PauseCmd{Reason: "checking", Comment: words, Until: day(10)}), fault.Invalid, "lead.teaser_names")
		}
		cmd.Comment = "We ask for the floor plan"
		f.must(f.svc.Pause(f.at(), f.ingrid, o.ID, cmd))
		f.want(f.svc.Resume(f.at(), f.maya, o.ID), fault.Conflict, "lead.pause_unanswered")
		f.events.take()
		f.later(9 * 24 * time.Hour)
		seen := get(o.ID)
		if got := f.events.take(); got != "" || seen.State != OfferSent || seen.Pause == nil || seen.Pause.Comment != cmd.Comment || !seen.Ends().After(f.now) || !seen.Answerable(f.now) {
			t.Fatalf("paused: %q, %s, %+v, ends %v", got, seen.State, seen.Pause, seen.Ends())
		}
		p, err := f.svc.Received(f.at(), f.maya, Filter{View: ViewOffered})
		f.must(err)
		if len(p.Items) != 1 || p.Items[0].Pause == nil {
			t.Errorf("the list has %+v", p.Items)
		}
		f.later(3 * 24 * time.Hour) // it is over; what was left of eight hours runs on
		after := get(o.ID)
		if after.Pause != nil || after.State != OfferSent && after.State != OfferExpired || after.Accept.Due.Before(o.Accept.Due.Add(after.Paused)) {
			t.Fatalf("after it: %s, due %v, paused %v", after.State, after.Accept.Due, after.Paused)
		}
		f.later(24 * time.Hour)
		if x := get(o.ID); x.State != OfferExpired {
			t.Errorf("after the pause and the clock: %s", x.State)
		}

		// answered while it is paused: the second clock has all its hours
		o = offer()
		f.must(f.svc.Pause(f.at(), f.ingrid, o.ID, PauseCmd{Reason: "customer_absent", Until: day(10)}))
		f.now = f.now.Add(5 * 24 * time.Hour)
		f.must(f.svc.Open(f.at(), f.maya, o.ID))
		got, err := f.svc.Accept(f.at(), f.maya, o.ID)
		f.must(err)
		if got.Pause != nil || got.State != OfferAccepted || got.Paused != 0 || !got.Convert.Due.Equal(got.Answered.Add(DefaultConvert*time.Hour)) || got.Accept.Due.Before(got.Answered) {
			t.Errorf("accepted: %+v", got)
		}
	})
}

// A stale lead that is paused is not stale: not in its state, its list or its count.
func TestPausedIsNotStale(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		for name, c := range map[string]struct {
			works bool
			want  OfferState
		}{"never worked on": {false, OfferAccepted}, "worked on": {true, OfferWorking}} {
			o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: f.lead().ID, Version: 1, Partnership: f.toKestrel, Convert: 2000})
			f.must(err)
			_, err = f.svc.Accept(f.at(), f.maya, o.ID)
			f.must(err)
			if c.works {
				_, err = f.svc.Work(f.at(), f.maya, o.ID, "call", "", "")
				f.must(err)
			}
			f.later(StaleAfter + time.Hour)
			state := func(want OfferState, stale int) {
				t.Helper()
				got, err := f.svc.GetOffer(f.at(), f.maya, o.ID)
				f.must(err)
				n, err := f.svc.ReceivedCounts(f.at(), f.maya)
				f.must(err)
				l, err := f.svc.Received(f.at(), f.maya, Filter{View: ViewStale})
				f.must(err)
				if got.State != want || n.Stale != stale || len(l.Items) != stale {
					t.Errorf("%s: %s, %d counted, %d listed", name, got.State, n.Stale, len(l.Items))
				}
			}
			state(OfferStale, 1)
			f.must(f.svc.Pause(f.at(), f.ingrid, o.ID, PauseCmd{Reason: "customer_date", Until: f.now.AddDate(0, 0, 20).Format(time.DateOnly)}))
			state(c.want, 0)
			f.later(10 * 24 * time.Hour)
			state(c.want, 0)
			f.later(11 * 24 * time.Hour) // it is over, and nobody worked for a week before it
			f.later(time.Minute)
			state(OfferStale, 1)
			f.must(f.svc.Return(f.at(), f.maya, o.ID, "timing", ""))
		}
	})
}
