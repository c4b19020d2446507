package account

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// maxDays is how many special days of its own a company may keep.
const maxDays = 400

// Calendar returns the calendar of the actor's company as it stands.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Calendar(ctx context.Context, actor access.Actor) (Calendar, error) {
	if err := access.Check(actor, access.OrgRead, access.Own(actor.Org)); err != nil {
		return Calendar{}, err
	}
	var out Calendar
	err := s.view(ctx, actor, func(ctx context.Context) error {
		org, err := readOrg(ctx, actor.Org)
		if err != nil {
			return err
		}
		out, _, err = standing(ctx, org)
		return err
	})
	return out, err
}

// WeekCmd changes the week of a calendar, and whether the public days of the country
// count. Version is the one that was seen.
type WeekCmd struct {
	Version int64
	Week    [7][]Span // by time.Weekday
	Public  bool
}

// SetWeek makes a new version of the calendar with other weekly hours. Clocks that run
// keep the version they began with.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (nobody would ever work),
// Conflict (changed meanwhile).
func (s *Service) SetWeek(ctx context.Context, actor access.Actor, cmd WeekCmd) (Calendar, error) {
	return s.recalendar(ctx, actor, cmd.Version, func(c *Calendar) error {
		for d := range cmd.Week {
			if !tidy(cmd.Week[d]) {
				return fault.InvalidField("day"+string(rune('0'+d)), "calendar.hours_wrong")
			}
			c.Week[d] = slices.Clone(cmd.Week[d])
		}
		c.Public = cmd.Public
		if c.usual() == nil {
			return fault.InvalidField("day1", "calendar.no_hours")
		}
		return nil
	})
}

func tidy(spans []Span) bool {
	at := 0
	for _, s := range spans {
		if s.From < at || s.To <= s.From || s.To > 24*60 {
			return false
		}
		at = s.To
	}
	return len(spans) <= 8
}

// SetDay puts a special day into a new version of the calendar, in place of one on the
// same date.
// Codes: as SetWeek.
func (s *Service) SetDay(ctx context.Context, actor access.Actor, version int64, day SpecialDay) (Calendar, error) {
	return s.recalendar(ctx, actor, version, func(c *Calendar) error {
		bad := fault.New(fault.Invalid, "form.invalid")
		d, err := time.Parse(time.DateOnly, day.On)
		if err != nil || d.Year() < 2000 || d.Year() > 2100 {
			bad.With("on", "form.date")
		}
		day.Name = strings.Join(strings.Fields(strings.ToValidUTF8(day.Name, "")), " ")
		if utf8.RuneCountInString(day.Name) > 80 {
			bad.With("name", "account.name_long", "most", 80)
		}
		switch day.Kind {
		case DayOff, DayWork:
			day.Hours = nil
		case DayHours:
			if len(day.Hours) == 0 || !tidy(day.Hours) {
				bad.With("day_hours", "calendar.hours_wrong")
			}
		default:
			bad.With("kind", "calendar.kind_wrong")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		i, there := slices.BinarySearchFunc(c.Days, day.On, func(s SpecialDay, on string) int { return strings.Compare(s.On, on) })
		switch {
		case there:
			c.Days[i] = day
		case len(c.Days) >= maxDays:
			return fault.New(fault.Conflict, "calendar.days_many", "most", maxDays)
		default:
			c.Days = slices.Insert(c.Days, i, day)
		}
		return nil
	})
}

// ClearDay takes the special day of a date out, in a new version.
// Codes: as SetWeek; NotFound for a date without one.
func (s *Service) ClearDay(ctx context.Context, actor access.Actor, version int64, on string) (Calendar, error) {
	return s.recalendar(ctx, actor, version, func(c *Calendar) error {
		i, there := slices.BinarySearchFunc(c.Days, on, func(s SpecialDay, on string) int { return strings.Compare(s.On, on) })
		if !there {
			return errNotFound
		}
		c.Days = slices.Delete(c.Days, i, i+1)
		return nil
	})
}

// recalendar makes the next version of the calendar of the actor's company.
func (s *Service) recalendar(ctx context.Context, actor access.Actor, version int64, fn func(*Calendar) error) (Calendar, error) {
	if err := s.own(ctx, actor, access.OrgManage); err != nil {
		return Calendar{}, err
	}
	var out Calendar
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		if err := lockOrg(ctx, actor.Org); err != nil {
			return err
		}
		org, err := readOrg(ctx, actor.Org)
		if err != nil {
			return err
		}
		var kept int64
		if out, kept, err = standing(ctx, org); err != nil {
			return err
		}
		if version != out.Version {
			return fault.New(fault.Conflict, "calendar.changed")
		}
		if err := fn(&out); err != nil {
			return err
		}
		out.Version, out.Changed, out.ChangedBy = kept+1, db.Now(ctx), actor.Person
		if ok, err := insertCalendar(ctx, out); err != nil || !ok {
			return fault.Wrap(err, fault.Conflict, "calendar.changed")
		}
		return trail(ctx, actor, "org.calendar", "org", actor.Org)
	})
	if err != nil {
		return Calendar{}, err
	}
	return out, nil
}

// standing is the calendar of a company as it stands, and the last version that is kept.
// Another zone or country of the company is another calendar, of version 0 until it is
// kept.
func standing(ctx context.Context, org Org) (c Calendar, kept int64, err error) {
	c, ok, err := readCalendar(ctx, org.ID, 0)
	if err != nil || !ok {
		return DefaultCalendar(org.ID, org.Country, org.Zone), 0, err
	}
	kept = c.Version
	if c.Zone != org.Zone || c.Country != org.Country {
		c.Zone, c.Country, c.Version = org.Zone, org.Country, 0
	}
	return c, kept, nil
}

// StandingCalendar is the calendar of a company for a clock that begins now, in the
// writing transaction of ctx: its version is kept from here on, so that the clock can be
// held against it later. It checks nothing.
func StandingCalendar(ctx context.Context, org, country, zone string) (Calendar, error) {
	type found struct {
		c    Calendar
		kept int64
	}
	f, err := db.Remember(ctx, "calendar:"+org+":"+country+":"+zone, []string{"calendar"}, func() (f found, err error) {
		f.c, f.kept, err = standing(ctx, Org{ID: org, Country: country, Zone: zone})
		return f, err
	})
	c, kept := f.c, f.kept
	if err != nil || c.Version > 0 {
		return c, err
	}
	c.Version, c.Changed, c.ChangedBy = kept+1, db.Now(ctx), ""
	ok, err := insertCalendar(ctx, c)
	if err == nil && !ok { // another transaction kept it meanwhile
		c, _, err = readCalendar(ctx, org, 0)
	}
	return c, err
}

// CurrentCalendar is the calendar of a company as it stands, in the transaction of ctx, to
// count with and not to keep a clock by. It checks nothing and writes nothing.
// Codes: NotFound.
func CurrentCalendar(ctx context.Context, org string) (Calendar, error) {
	o, err := readOrg(ctx, org)
	if err != nil {
		return Calendar{}, err
	}
	c, _, err := standing(ctx, o)
	return c, err
}

// CalendarVersion is a version of the calendar of a company, in the transaction of ctx.
// It checks nothing.
// Codes: NotFound.
func CalendarVersion(ctx context.Context, org string, version int64) (Calendar, error) {
	c, ok, err := readCalendar(ctx, org, version)
	if err == nil && !ok {
		err = errNotFound
	}
	return c, err
}
