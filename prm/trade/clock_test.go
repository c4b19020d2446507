package trade

import (
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/account"
	"entente/prm/fault"
)

func (b *bench) goTo(day string, hour, minute int) {
	b.t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	b.must(err)
	b.now = d.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func (b *bench) told(kind string) int {
	n := 0
	for _, k := range b.events.kinds() {
		if k == kind {
			n++
		}
	}
	return n
}

func stands(t testing.TB, what string, at time.Time, want string) {
	t.Helper()
	if got := at.UTC().Format("2006-01-02 15:04"); got != want {
		t.Fatalf("%s: %s, want %s", what, got, want)
	}
}

// The supplier has so many working hours of its own calendar to answer; a warning comes
// at four fifths, then both companies see that it is late, and each is told once.
func TestAnswerClock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.goTo("2026-11-19", 13, 59)
		id := b.receive(order("C1", [3]string{"AUR-D18B", "240", "84.00"}, [3]string{"AUR-G125", "160", "46.50"})).Order // Thursday 14:00
		c := b.get(id).Clock
		stands(t, "due", c.Due, "2026-11-23 14:00")
		stands(t, "warning", c.Warn, "2026-11-23 10:48")

		// A calendar that changes moves no running clock.
		accounts := account.NewService(d, account.Options{})
		_, err := accounts.SetDay(b.at(), b.ingrid, 1, account.SpecialDay{On: "2026-11-20", Kind: account.DayOff})
		b.must(err)
		b.goTo("2026-11-19", 13, 59)
		later := b.receive(order("C2", [3]string{"AUR-D18B", "1", "84.00"})).Order
		stands(t, "a running clock", b.get(id).Clock.Due, "2026-11-23 14:00")
		stands(t, "a clock begun after it", b.get(later).Clock.Due, "2026-11-24 14:00")

		b.goTo("2026-11-23", 10, 0)
		b.must(b.svc.Clocks(b.at()))
		eq(t, "told too early", b.told(AnswerDue), 0)
		b.goTo("2026-11-23", 11, 0)
		b.must(b.svc.Clocks(b.at()))
		b.must(b.svc.Clocks(b.at()))
		eq(t, "warned", b.told(AnswerDue), 1)
		if c := b.get(id).Clock; !c.Near(b.now) || c.Late(b.now) {
			t.Errorf("%+v", c)
		}
		items, err := b.svc.Waiting(b.at(), b.dan, 50)
		b.must(err)
		eq(t, "waits for the buyer", len(items), 0)

		b.goTo("2026-11-23", 14, 0)
		b.must(b.svc.Clocks(b.at()))
		b.must(b.svc.Clocks(b.at()))
		eq(t, "overdue", b.told(AnswerOverdue), 1)
		if c := b.get(id).Clock; !c.Late(b.now) {
			t.Errorf("%+v", c)
		}
		for _, who := range []struct {
			name string
			kind string
			page func() ([]Item, error)
		}{{"supplier", WaitConfirm, func() ([]Item, error) { return b.svc.Waiting(b.at(), b.ingrid, 50) }}, {"buyer", WaitAnswer, func() ([]Item, error) { return b.svc.Waiting(b.at(), b.dan, 50) }}} {
			items, err := who.page()
			b.must(err)
			if i := slices.IndexFunc(items, func(i Item) bool { return i.Order == id && i.Kind == who.kind }); i < 0 {
				t.Errorf("not on the %s's home: %+v", who.name, items)
			} else {
				stands(t, "due at home", items[i].Due, "2026-11-23 14:00")
			}
		}
		page, err := b.svc.List(b.at(), b.dan, Filter{View: ViewLate})
		b.must(err)
		counts, err := b.svc.Counts(b.at(), b.ingrid)
		b.must(err)
		if len(page.Items) != 1 || page.Items[0].ID != id || !page.Items[0].Waits || counts.Late != 1 {
			t.Errorf("%+v %+v", page, counts)
		}
		late, n, err := b.svc.LateAnswers(b.at(), b.ingrid, 10)
		b.must(err)
		if n != 1 || len(late) != 1 || late[0].ID != id {
			t.Errorf("%d %+v", n, late)
		}
		if late, n, err := b.svc.LateAnswers(b.at(), b.kaarel, 10); err != nil || n != 0 || len(late) != 0 {
			t.Errorf("a competitor: %d %+v %v", n, late, err)
		}

		// Half an answer leaves the rest awaited; the whole ends it.
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{Lines: []ConfirmLine{{Line: 1, Action: Accept}}})))
		if c := b.get(id).Clock; !c.Open() {
			t.Errorf("answered in part: %+v", c)
		}
		items, err = b.svc.Waiting(b.at(), b.ingrid, 50)
		b.must(err)
		if !slices.ContainsFunc(items, func(i Item) bool { return i.Order == id && i.Kind == WaitConfirm }) {
			t.Error("the rest waits for nobody")
		}
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{})))
		if c := b.get(id).Clock; c.Open() || c.Outcome != ClockAnswered || c.Late(b.now) {
			t.Errorf("%+v", c)
		}
		// A cancelled order waits for nobody.
		b.must(second(b.svc.Cancel(b.at(), b.dan, later, 0, "")))
		eq(t, "cancelled", b.get(later).Clock.Outcome, ClockCancelled)
		b.goTo("2026-12-24", 0, 0)
		b.must(b.svc.Clocks(b.at()))
		eq(t, "told of what is settled", b.told(AnswerOverdue), 1)
	})
}

// While a document of it is held the clock stands still; one that replaces the order
// begins it anew.
func TestAnswerClockHeld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.goTo("2026-11-16", 8, 59) // Monday
		first := order("H1", [3]string{"AUR-D18B", "240", "84.00"})
		id := b.receive(first).Order
		stands(t, "due", b.get(id).Clock.Due, "2026-11-17 17:00")
		other := order("H1", [3]string{"AUR-D18B", "200", "84.00"})
		b.goTo("2026-11-16", 12, 59) // four hours are gone
		held := b.receive(other)
		eq(t, "held", held.Outcome, HeldBack)
		if c := b.get(id).Clock; c.Paused.IsZero() {
			t.Fatalf("%+v", c)
		}
		b.goTo("2026-11-19", 16, 0)
		b.must(b.svc.Clocks(b.at()))
		eq(t, "told while it stands still", b.told(AnswerOverdue)+b.told(AnswerDue), 0)
		b.goTo("2026-11-19", 12, 59)
		b.must(second(b.svc.Resolve(b.at(), b.dan, held.Arrival, ResolveCmd{Answer: AnswerRefuse})))
		c := b.get(id).Clock
		stands(t, "due again", c.Due, "2026-11-20 17:00") // twelve hours were left
		if !c.Paused.IsZero() {
			t.Errorf("%+v", c)
		}
		other.Lines[0].Quantity = "210"
		held = b.receive(other)
		b.goTo("2026-11-23", 8, 59)
		b.must(second(b.svc.Resolve(b.at(), b.dan, held.Arrival, ResolveCmd{Answer: AnswerReplace})))
		stands(t, "begun anew", b.get(id).Clock.Due, "2026-11-24 17:00")
	})
}

// The supplier says how long it takes; both read it.
func TestAnswerTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		a, err := b.svc.AnswerTime(b.at(), b.dan, b.toKestrel)
		b.must(err)
		eq(t, "default", a.Hours, DefaultAnswerHours)
		b.want(b.svc.SetAnswerTime(b.at(), b.dan, b.toKestrel, 4), fault.Forbidden, "")
		b.want(b.svc.SetAnswerTime(b.at(), b.kaarel, b.toKestrel, 4), fault.NotFound, "")
		b.want(b.svc.SetAnswerTime(b.at(), b.eyes, b.toKestrel, 4), fault.Forbidden, "")
		b.want(b.svc.SetAnswerTime(b.at(), b.ingrid, b.toKestrel, 401), fault.Invalid, "")
		b.must(b.svc.SetAnswerTime(b.at(), b.ingrid, b.toKestrel, 4))
		_, err = b.svc.AnswerTime(b.at(), b.kaarel, b.toKestrel)
		b.want(err, fault.NotFound, "")
		a, err = b.svc.AnswerTime(b.at(), b.dan, b.toKestrel)
		b.must(err)
		eq(t, "set", a.Hours, 4)
		eq(t, "by", a.ChangedBy, b.ingrid.Person)
		b.goTo("2026-11-16", 8, 59)
		stands(t, "four hours", b.get(b.receive(order("T1", [3]string{"AUR-D18B", "1", "84.00"})).Order).Clock.Due, "2026-11-16 13:00")
		b.must(b.svc.SetAnswerTime(b.at(), b.ingrid, b.toKestrel, 0))
		if c := b.get(b.receive(order("T2", [3]string{"AUR-D18B", "1", "84.00"})).Order).Clock; c.Open() {
			t.Errorf("no clock: %+v", c)
		}
	})
}

// What has no clock of its own is due after working days of the company that acts: public
// days do not count.
func TestWaitingCountsWorkingDays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.receive(small()).Order
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{})))
		b.now = time.Date(2026, 12, 22, 9, 0, 0, 0, time.UTC)
		b.must(second(b.svc.Ship(b.at(), b.ingrid, id, ShipCmd{})))
		items, err := b.svc.Waiting(b.at(), b.dan, 50)
		b.must(err)
		eq(t, "things to do", len(items), 1)
		eq(t, "kind", items[0].Kind, WaitReceive)
		stands(t, "due", items[0].Due, "2027-01-05 09:01") // seven days, without Christmas, Boxing Day's substitute and New Year
	})
}
