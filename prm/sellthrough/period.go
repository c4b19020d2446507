package sellthrough

import (
	"slices"
	"time"

	"entente/prm/fault"
)

// Grains: how often a reseller reports. A month is never split into invented weeks.
const (
	NoGrain   = ""
	Week      = "week"    // Monday to Sunday
	Month     = "month"   //
	Quarter   = "quarter" // of the calendar year
	FourFour5 = "445"     // 4, 4 and 5 weeks, from Plan.Since on
)

// Grains lists them in the order of the page.
var Grains = []string{Week, Month, Quarter, FourFour5}

// Period is a span of civil dates.
type Period struct{ From, To string }

const day = time.DateOnly

func civil(s string) (time.Time, bool) {
	t, err := time.Parse(day, s)
	return t, err == nil && t.Format(day) == s
}

// grainOf names the grain of a period, "" for one that is none of them.
func grainOf(p Period) string {
	from, ok := civil(p.From)
	to, ok2 := civil(p.To)
	if !ok || !ok2 {
		return NoGrain
	}
	switch {
	case from.Weekday() == time.Monday && to.Equal(from.AddDate(0, 0, 6)):
		return Week
	case from.Day() == 1 && to.Equal(from.AddDate(0, 1, -1)):
		return Month
	case from.Day() == 1 && from.Month()%3 == 1 && to.Equal(from.AddDate(0, 3, -1)):
		return Quarter
	}
	return NoGrain
}

// first is the beginning of the period of a grain that a day lies in; since anchors 4-4-5.
func first(grain string, t, since time.Time) time.Time {
	switch grain {
	case Week:
		return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case Month:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case Quarter:
		return time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return since
}

// next is the beginning of the period after one, which is the n-th since the plan began.
func next(grain string, from time.Time, n int) time.Time {
	switch grain {
	case Week:
		return from.AddDate(0, 0, 7)
	case Month:
		return from.AddDate(0, 1, 0)
	case Quarter:
		return from.AddDate(0, 3, 0)
	}
	weeks := 4
	if n%3 == 2 {
		weeks = 5
	}
	return from.AddDate(0, 0, 7*weeks)
}

// most bounds how many periods are looked through: forty years of weeks.
const most = 2100

// periods are the last n periods of a plan that began by today, oldest first.
func (p Plan) periods(today string, n int) []Period {
	since, ok := civil(p.Since)
	now, ok2 := civil(today)
	if !ok || !ok2 || p.Grain == NoGrain {
		return nil
	}
	var out []Period
	at := first(p.Grain, since, since)
	for i := 0; i < most && !at.After(now); i++ {
		after := next(p.Grain, at, i)
		out = append(out, Period{at.Format(day), after.AddDate(0, 0, -1).Format(day)})
		if len(out) > n {
			out = out[1:]
		}
		at = after
	}
	return out
}

// within are the periods of a plan with days between two civil dates, oldest first.
func (p Plan) within(from, to string) []Period {
	since, ok := civil(p.Since)
	if !ok || p.Grain == NoGrain {
		return nil
	}
	var out []Period
	at := first(p.Grain, since, since)
	for i := 0; i < most && at.Format(day) <= to; i++ {
		after := next(p.Grain, at, i)
		if x := (Period{at.Format(day), after.AddDate(0, 0, -1).Format(day)}); x.To >= from {
			out = append(out, x)
		}
		at = after
	}
	return out
}

// States of a period.
const (
	Running   = "running"   // not over
	Awaited   = "awaited"   // over, not due yet
	Missing   = "missing"   // due, nothing came
	Partial   = "partial"   // due, some days are not reported
	Complete  = "complete"  // every day is reported
	Unplanned = "unplanned" // no plan expects reports of it, and not every day is reported
)

// Standing is one period of a plan.
type Standing struct {
	Period
	State   string
	Due     string // the last day on which it is in time
	Reports int
	Late    bool      // complete, but after Due
	Chased  time.Time // last reminder
}

// span is a report as far as completeness needs it.
type span struct {
	Period
	received string // civil date
}

// standing says how far reports cover a period.
func standing(p Period, spans []span, today string, dueDays int) Standing {
	to, _ := civil(p.To)
	s := Standing{Period: p, Due: to.AddDate(0, 0, dueDays).Format(day)}
	var in []span
	for _, x := range spans {
		if x.From <= p.To && x.To >= p.From {
			in = append(in, x)
		}
	}
	s.Reports = len(in)
	slices.SortFunc(in, func(a, b span) int {
		if a.From < b.From {
			return -1
		}
		if a.From > b.From {
			return 1
		}
		return 0
	})
	open, last := p.From, ""
	for _, x := range in {
		if x.From > open || open > p.To {
			break
		}
		if x.To >= open {
			t, _ := civil(x.To)
			open, last = t.AddDate(0, 0, 1).Format(day), max(last, x.received)
		}
	}
	switch {
	case open > p.To:
		s.State, s.Late = Complete, last > s.Due
	case p.To >= today:
		s.State = Running
	case s.Due >= today:
		s.State = Awaited
	case s.Reports > 0:
		s.State = Partial
	default:
		s.State = Missing
	}
	return s
}

// checkPeriod refuses what is no span of at most two years.
func checkPeriod(from, to string) error {
	a, ok := civil(from)
	if !ok {
		return fault.InvalidField("from", "form.date")
	}
	b, ok := civil(to)
	switch {
	case !ok:
		return fault.InvalidField("to", "form.date")
	case b.Before(a) || b.After(a.AddDate(2, 0, 0)):
		return fault.InvalidField("to", "sellthrough.period")
	}
	return nil
}
