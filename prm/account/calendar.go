package account

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Span is working time of a local day, in minutes from its midnight: [From, To), To at
// most 1440.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// DayKind says what a special day is.
type DayKind string

// The kinds of a special day.
const (
	DayOff   DayKind = "off"   // nobody works
	DayWork  DayKind = "work"  // worked although the weekday is not, by the usual hours
	DayHours DayKind = "hours" // worked by hours of its own: a half day
)

// SpecialDay is a day on which the week does not hold.
type SpecialDay struct {
	On    string  `json:"on"` // civil date
	Kind  DayKind `json:"kind"`
	Hours []Span  `json:"hours,omitempty"` // of DayHours
	Name  string  `json:"name,omitempty"`
}

// Calendar says when a company works: by the week, but for its own special days, which
// come first, and the public days of its country. Every change is a version of its own:
// a clock that runs keeps the version it began with.
type Calendar struct {
	Org       string
	Version   int64 // 0: nothing was kept yet, the defaults hold
	Zone      string
	Country   string // whose public days count; ISO 3166-1 alpha-2
	Public    bool   // they do
	Week      [7][]Span
	Days      []SpecialDay // the company's own, by date
	Changed   time.Time
	ChangedBy string // person id; empty for the defaults
}

// DefaultCalendar is that of a company which has set none: eight hours from Monday to
// Friday, in China with a pause at noon, and the public days of the country as far as
// they are known here (PublicDays).
func DefaultCalendar(org, country, zone string) Calendar {
	c := Calendar{Org: org, Zone: zone, Country: country, Public: true}
	hours := []Span{{9 * 60, 17 * 60}}
	if country == "CN" {
		hours = []Span{{9 * 60, 12 * 60}, {13 * 60, 18 * 60}}
	}
	for d := time.Monday; d <= time.Friday; d++ {
		c.Week[d] = slices.Clone(hours)
	}
	return c
}

// Location is the zone of the calendar, UTC when unknown.
func (c *Calendar) Location() *time.Location { return location(c.Zone) }

// usual are the hours of a working day: those of the first worked weekday.
func (c *Calendar) usual() []Span {
	for _, d := range []time.Weekday{1, 2, 3, 4, 5, 6, 0} {
		if len(c.Week[d]) > 0 {
			return c.Week[d]
		}
	}
	return nil
}

// On gives the working time of a civil date; a date that cannot be read has none.
func (c *Calendar) On(date string) []Span {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil
	}
	return c.on(d)
}

// on is On for the day d, given as its midnight in UTC.
func (c *Calendar) on(d time.Time) []Span {
	date := d.Format(time.DateOnly)
	if i, ok := slices.BinarySearchFunc(c.Days, date, func(s SpecialDay, on string) int { return strings.Compare(s.On, on) }); ok {
		switch s := c.Days[i]; s.Kind {
		case DayOff:
			return nil
		case DayHours:
			return s.Hours
		default:
			return c.usual()
		}
	}
	week := c.Week[d.Weekday()]
	if !c.Public {
		return week
	}
	p, ok := publicDays()[c.Country][date]
	switch {
	case !ok:
		return week
	case p.Short > 0:
		return shortened(week, p.Short)
	case p.Works:
		return c.usual()
	}
	return nil
}

// shortened ends a day earlier, by minutes of work.
func shortened(day []Span, minutes int) []Span {
	out := slices.Clone(day)
	for len(out) > 0 && minutes > 0 {
		last := &out[len(out)-1]
		if n := last.To - last.From; n <= minutes {
			minutes -= n
			out = out[:len(out)-1]
			continue
		}
		last.To -= minutes
		minutes = 0
	}
	return out
}

// farDays is how far ahead a clock looks: somewhat over four years.
const farDays = 1500

// walk calls fn with the pieces of working time after t, in order, as long as it says
// so. No instant is in two of them, whatever a zone does to its clocks.
func (c *Calendar) walk(t time.Time, fn func(from, to time.Time) bool) {
	loc := c.Location()
	y, m, d := t.In(loc).Date()
	day := time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC)
	for range farDays {
		y, m, d := day.Date()
		for _, s := range c.on(day) {
			from, to := time.Date(y, m, d, 0, s.From, 0, 0, loc), time.Date(y, m, d, 0, s.To, 0, 0, loc)
			if from.Before(t) {
				from = t
			}
			if !to.After(from) {
				continue
			}
			t = to
			if !fn(from, to) {
				return
			}
		}
		day = day.AddDate(0, 0, 1)
	}
}

// Add gives the earliest instant at which so much working time has gone by since t. ok
// is false where the company does not work so much in four years.
func (c *Calendar) Add(t time.Time, work time.Duration) (at time.Time, ok bool) {
	if work <= 0 {
		return t.UTC(), true
	}
	c.walk(t, func(from, to time.Time) bool {
		if d := to.Sub(from); d < work {
			work -= d
			return true
		}
		at, ok = from.Add(work).UTC(), true
		return false
	})
	return at, ok
}

// Opens gives the earliest instant from t on, t itself included, that lies in working time.
// ok is false where the company does not work in four years.
func (c *Calendar) Opens(t time.Time) (at time.Time, ok bool) {
	c.walk(t, func(from, _ time.Time) bool {
		at, ok = from.UTC(), true
		return false
	})
	return at, ok
}

// AddDays gives the same time of day so many working days later, as people count them
// ("within two days"). ok is false where the company does not work so often in four years.
func (c *Calendar) AddDays(t time.Time, days int) (at time.Time, ok bool) {
	if days <= 0 {
		return t.UTC(), true
	}
	loc := c.Location()
	w := t.In(loc)
	y, m, d := w.Date()
	for n := 1; n <= farDays; n++ {
		if len(c.on(time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC))) == 0 {
			continue
		}
		if days--; days == 0 {
			return time.Date(y, m, d+n, w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), loc).UTC(), true
		}
	}
	return time.Time{}, false
}

// Close gives the end of work on the civil day of t, or on the next day with work where
// that is none, or over. ok is false where the company does not work in four years.
func (c *Calendar) Close(t time.Time) (at time.Time, ok bool) {
	loc := c.Location()
	y, m, d := t.In(loc).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	for range farDays {
		if spans := c.on(day); len(spans) > 0 {
			y, m, d := day.Date()
			if at := time.Date(y, m, d, 0, spans[len(spans)-1].To, 0, 0, loc); !at.Before(t) {
				return at.UTC(), true
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

// Between gives the working time from a to b, negative where b is before a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	var sum time.Duration
	c.walk(a, func(from, to time.Time) bool {
		if to.After(b) {
			to = b
		}
		if to.After(from) {
			sum += to.Sub(from)
		}
		return to.Before(b)
	})
	return sum
}

// Clock is a time limit for people: so much working time of a calendar, with warnings on
// the way. Its instants are fixed when it begins.
type Clock struct {
	Org     string
	Version int64 // of the calendar
	Start   time.Time
	Due     time.Time
	Warn    []time.Time
}

// Clock begins a time limit; warn are parts of it in percent. ok is as for Add.
func (c *Calendar) Clock(start time.Time, work time.Duration, warn ...int) (Clock, bool) {
	due, ok := c.Add(start, work)
	out := Clock{Org: c.Org, Version: c.Version, Start: start.UTC(), Due: due}
	for _, percent := range warn {
		at, _ := c.Add(start, work/100*time.Duration(percent))
		out.Warn = append(out.Warn, at)
	}
	return out, ok
}

// ParseSpans reads "09:00-12:00, 13:00-18:00"; nothing is no working time. Spans are
// told apart by commas or semicolons, also the Chinese ones, and must not overlap.
func ParseSpans(text string) ([]Span, bool) {
	text = strings.NewReplacer("，", ",", "；", ",", ";", ",", "、", ",", "–", "-", "—", "-", "－", "-", "～", "-", "~", "-", "：", ":", " ", "").Replace(text)
	var out []Span
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		a, b, ok := strings.Cut(part, "-")
		from, okFrom := minutes(a)
		to, okTo := minutes(b)
		if !ok || !okFrom || !okTo || from >= to || len(out) == 8 || len(out) > 0 && from < out[len(out)-1].To {
			return nil, false
		}
		out = append(out, Span{from, to})
	}
	return out, true
}

func minutes(s string) (int, bool) {
	h, m, ok := strings.Cut(s, ":")
	if !ok {
		m = "0"
	}
	hour, err := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	n := hour*60 + minute
	return n, err == nil && err2 == nil && hour >= 0 && minute >= 0 && minute < 60 && n <= 24*60
}

// FormatSpans writes spans as ParseSpans reads them.
func FormatSpans(spans []Span) string {
	var b strings.Builder
	two := func(n int) {
		if n < 10 {
			b.WriteByte('0')
		}
		b.WriteString(strconv.Itoa(n))
	}
	for i, s := range spans {
		if i > 0 {
			b.WriteString(", ")
		}
		two(s.From / 60)
		b.WriteByte(':')
		two(s.From % 60)
		b.WriteByte('-')
		two(s.To / 60)
		b.WriteByte(':')
		two(s.To % 60)
	}
	return b.String()
}
