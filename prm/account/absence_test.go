package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
)

func (w *world) as(p Person, org Org, roles ...access.Role) access.Actor {
	return access.Actor{Person: p.ID, Org: org.ID, Roles: roles, Via: "session:x"}
}

// A calendar is changed in versions; what was kept stays as it was, and another zone of
// the company is another version.
func TestCalendarVersions(t *testing.T) {
	each(t, func(w *world) {
		maya, dan := w.as(w.maya, w.kestrel, access.Admin), w.as(w.dan, w.kestrel, access.Buyer)
		c, err := w.s.Calendar(w.ctx(), dan)
		w.must(err)
		if c.Version != 0 || FormatSpans(c.Week[1]) != "09:00-17:00" || !c.Public {
			w.t.Errorf("%+v", c)
		}
		stand := func() (c Calendar) {
			w.must(w.d.InTx(w.ctx(), func(ctx context.Context) (err error) {
				o, err := readOrg(ctx, w.kestrel.ID)
				w.must(err)
				c, err = StandingCalendar(ctx, o.ID, o.Country, o.Zone)
				return err
			}))
			return c
		}
		first := stand()
		if again := stand(); first.Version != 1 || again.Version != 1 {
			w.t.Errorf("kept as %d, then %d", first.Version, again.Version)
		}
		week := first.Week
		week[5] = nil
		_, err = w.s.SetWeek(w.ctx(), dan, WeekCmd{Version: 1, Week: week})
		w.wants(err, fault.Forbidden, "")
		_, err = w.s.SetWeek(w.ctx(), maya, WeekCmd{Version: 0, Week: week})
		w.wants(err, fault.Conflict, "")
		_, err = w.s.SetWeek(w.ctx(), maya, WeekCmd{Version: 1})
		w.wants(err, fault.Invalid, "")
		c, err = w.s.SetWeek(w.ctx(), maya, WeekCmd{Version: 1, Week: week})
		w.must(err)
		if c.Version != 2 || c.Public || c.ChangedBy != w.maya.ID {
			w.t.Errorf("%+v", c)
		}
		for _, bad := range []SpecialDay{{On: "soon", Kind: DayOff}, {On: "2026-12-24", Kind: "party"}, {On: "2026-12-24", Kind: DayHours}, {On: "2026-12-24", Kind: DayHours, Hours: []Span{{600, 500}}}, {On: "2026-12-24", Kind: DayOff, Name: strings.Repeat("节", 81)}} {
			_, err := w.s.SetDay(w.ctx(), maya, 2, bad)
			w.wants(err, fault.Invalid, "")
		}
		c, err = w.s.SetDay(w.ctx(), maya, 2, SpecialDay{On: "2026-12-24", Kind: DayOff, Name: " Inventory  day "})
		w.must(err)
		c, err = w.s.SetDay(w.ctx(), maya, c.Version, SpecialDay{On: "2026-12-23", Kind: DayHours, Hours: []Span{{540, 720}}})
		w.must(err)
		c, err = w.s.SetDay(w.ctx(), maya, c.Version, SpecialDay{On: "2026-12-24", Kind: DayWork, Name: "Inventory day"})
		w.must(err)
		if len(c.Days) != 2 || c.Days[0].On != "2026-12-23" || c.Days[1].Kind != DayWork || c.Version != 5 {
			w.t.Errorf("%+v", c)
		}
		_, err = w.s.ClearDay(w.ctx(), maya, 5, "2026-12-25")
		w.wants(err, fault.NotFound, "")
		c, err = w.s.ClearDay(w.ctx(), maya, 5, "2026-12-24")
		w.must(err)
		w.must(w.d.View(w.ctx(), func(ctx context.Context) error {
			was, err := CalendarVersion(ctx, w.kestrel.ID, 5)
			if err != nil || len(was.Days) != 2 || len(c.Days) != 1 {
				w.t.Errorf("version 5 now: %+v %v", was, err)
			}
			one, err := CalendarVersion(ctx, w.kestrel.ID, 1)
			if err != nil || len(one.Week[5]) != 1 {
				w.t.Errorf("version 1 now: %+v %v", one, err)
			}
			_, err = CalendarVersion(ctx, w.kestrel.ID, 99)
			w.wants(err, fault.NotFound, "")
			return nil
		}))
		_, err = w.s.ChangeOrg(w.ctx(), maya, OrgCmd{Name: "Kestrel Supply", Country: "GB", Currency: "GBP", Zone: "Asia/Shanghai", Locale: "en"})
		w.must(err)
		if c := stand(); c.Version != 7 || c.Zone != "Asia/Shanghai" || len(c.Days) != 1 {
			w.t.Errorf("in another zone: %+v", c)
		}
		other, err := w.s.Calendar(w.ctx(), w.as(w.kaarel, w.baltic, access.Admin))
		w.must(err)
		if other.Version != 0 || other.Zone != "Europe/Tallinn" {
			w.t.Errorf("a competitor's: %+v", other)
		}
	})
}

// Notices go to who covers while somebody is away, along a chain of covers, and to the
// admins where nobody of the role is there; never to nobody.
func TestOnDuty(t *testing.T) {
	each(t, func(w *world) {
		maya, dan, sam := w.as(w.maya, w.kestrel, access.Admin), w.as(w.dan, w.kestrel, access.Buyer), w.as(w.sam, w.kestrel, access.Viewer)
		day := func(n int) string { return w.now.AddDate(0, 0, n).Format(time.DateOnly) }
		duty := func(days int, roles ...access.Role) string {
			w.t.Helper()
			list, err := w.s.Directory().OnDuty(w.ctx(), w.kestrel.ID, w.now.AddDate(0, 0, days), roles...)
			w.must(err)
			var names []string
			for _, c := range list {
				first, _, _ := strings.Cut(c.Name, " ")
				names = append(names, first)
			}
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		want := func(what, got, want string) {
			w.t.Helper()
			if got != want {
				w.t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		add := func(a access.Actor, from, to int, cover string) Absence {
			w.t.Helper()
			out, err := w.s.AddAbsence(w.ctx(), a, AbsenceCmd{From: day(from), To: day(to), Cover: cover})
			w.must(err)
			return out
		}
		want("all are there", duty(0, access.Buyer), "Dan")
		want("nobody has the role", duty(0, access.Manager), "Maya")
		for _, bad := range []AbsenceCmd{{From: "x", To: day(1)}, {From: day(2), To: day(1)}, {From: day(-3), To: day(-2)}, {From: day(0), To: day(400)}, {From: day(0), To: day(1), Cover: w.dan.ID}, {From: day(0), To: day(1), Cover: w.kaarel.ID}} {
			_, err := w.s.AddAbsence(w.ctx(), dan, bad)
			w.wants(err, fault.Invalid, "")
		}
		token := dan
		token.Scopes = []string{"org:read"}
		_, err := w.s.AddAbsence(w.ctx(), token, AbsenceCmd{From: day(0), To: day(1)})
		w.wants(err, fault.Forbidden, "")

		a := add(dan, 1, 3, w.sam.ID)
		want("before", duty(0, access.Buyer), "Dan")
		want("covered", duty(2, access.Buyer), "Sam")
		reading, err := w.s.Directory().OnDutyReading(w.ctx(), w.kestrel.ID, w.now.AddDate(0, 0, 2), func(Colleague) bool { return false }, access.Buyer)
		covered, err2 := w.s.Directory().OnDutyReading(w.ctx(), w.kestrel.ID, w.now.AddDate(0, 0, 2), func(Colleague) bool { return true }, access.Buyer)
		plain, err3 := w.s.Directory().OnDuty(w.ctx(), w.kestrel.ID, w.now.AddDate(0, 0, 2), access.Buyer)
		if err := errors.Join(err, err2, err3); err != nil || fmt.Sprint(covered) != fmt.Sprint(plain) || fmt.Sprint(reading) == fmt.Sprint(plain) {
			w.t.Errorf("who may read: %v, nobody may: %v, %v", covered, reading, err)
		}
		alone, err := w.s.Directory().OnDutyAlone(w.ctx(), w.kestrel.ID, w.now.AddDate(0, 0, 2), access.Buyer)
		w.must(err)
		if len(alone) != 1 || alone[0].ID != w.maya.ID {
			w.t.Errorf("a cover without the role is told: %+v", alone)
		}
		want("back", duty(4, access.Buyer), "Dan")
		b := add(sam, 2, 2, w.maya.ID)
		want("who covers is covered", duty(2, access.Buyer), "Maya")
		add(maya, 2, 2, w.dan.ID)
		want("a ring: nobody is left out", duty(2, access.Buyer), "Dan Maya")
		w.wants(w.s.RemoveAbsence(w.ctx(), sam, a.ID), fault.NotFound, "")
		w.must(w.s.RemoveAbsence(w.ctx(), sam, b.ID))
		want("one is there again", duty(2, access.Buyer), "Sam")
		w.must(w.s.RemoveAbsence(w.ctx(), dan, a.ID))
		add(dan, 1, 3, "")
		want("nobody covers: the admins", duty(3, access.Buyer), "Maya")
		list, err := w.s.Absences(w.ctx(), dan)
		w.must(err)
		if len(list) != 1 || list[0].From != day(1) || list[0].Cover != "" {
			w.t.Errorf("%+v", list)
		}
		// Who left the company covers nobody.
		add(dan, 5, 6, w.sam.ID)
		w.must(w.s.Deactivate(w.ctx(), maya, w.sam.ID))
		want("the cover left", duty(5, access.Buyer), "Maya")
	})
}
