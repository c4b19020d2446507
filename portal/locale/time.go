package locale

import (
	"strconv"
	"time"
)

// Instant writes a moment in the Printer's zone: "16 Nov 09:12", "11月16日 09:12"; the year is added when it is not this one. The zero time is "–".
func (p *Printer) Instant(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(p.zone)
	return p.day(t) + " " + t.Format("15:04")
}

// Moment writes the shortest clear form: the clock for today ("09:12"), the weekday within six days ("Mon 09:12"), else the day.
func (p *Printer) Moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t, now := t.In(p.zone), p.Now()
	switch days := civil(now) - civil(t); {
	case days == 0:
		return t.Format("15:04")
	case days > 0 && days < 7:
		return p.Weekday(t) + " " + t.Format("15:04")
	}
	return p.day(t)
}

// Stamp writes a moment with seconds: "16 Nov 09:12:04".
func (p *Printer) Stamp(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(p.zone)
	return p.day(t) + " " + t.Format("15:04:05")
}

// Clock writes the time of day: "09:12".
func (p *Printer) Clock(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Day writes the day of a moment in the Printer's zone, with the weekday: "Monday 16 November", "11月16日 星期一".
func (p *Printer) Day(t time.Time) string {
	t = t.In(p.zone)
	out := p.T("date.long", "weekday", p.T("weekday."+strconv.Itoa(int(t.Weekday()))), "day", t.Day(), "month", p.T("month."+strconv.Itoa(int(t.Month()))), "m", int(t.Month()))
	if t.Year() != p.Now().Year() {
		return p.T("date.with_year", "date", out, "year", t.Year())
	}
	return out
}

// Date writes a civil date given as 2006-01-02: "16 Nov", "11月16日"; the year is added when it is not this one. Other text comes back unchanged; empty is "–".
func (p *Printer) Date(date string) string {
	if date == "" {
		return "–"
	}
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return p.day(t)
}

// Span writes the first and the last civil date of a time for a text that says both: a year that is not this one is written once,
// where the language has it, "16 Nov" with "30 Nov 2025", "2025年11月16日" with "11月30日".
func (p *Printer) Span(from, until string) (first, last string) {
	first, last = p.Date(from), p.Date(until)
	a, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return first, last
	}
	if b, err := time.Parse(time.DateOnly, until); err != nil || a.Year() != b.Year() || from == until {
		return first, last
	} else if p.lang == Chinese {
		return first, p.monthDay(b)
	}
	return p.monthDay(a), last
}

// Weekday is the short name of the day: "Mon", "周一".
func (p *Printer) Weekday(t time.Time) string {
	return p.T("weekday.short." + strconv.Itoa(int(t.Weekday())))
}

func (p *Printer) day(t time.Time) string {
	out := p.monthDay(t)
	if t.Year() != p.Now().Year() {
		return p.T("date.with_year", "date", out, "year", t.Year())
	}
	return out
}

func (p *Printer) monthDay(t time.Time) string {
	return p.T("date.short", "day", t.Day(), "month", p.T("month.short."+strconv.Itoa(int(t.Month()))), "m", int(t.Month()))
}

// civil counts days, so that two moments of one day are equal whatever the clock says.
func civil(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Duration writes a length of time with at most two units: "38 s", "2 h 40 min", "1 d 3 h". Negative lengths are written without a sign.
func (p *Printer) Duration(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	switch {
	case d < time.Second:
		return p.T("duration.ms", "n", int(d/time.Millisecond))
	case d < time.Minute:
		return p.T("duration.s", "n", int(d/time.Second))
	case d < time.Hour:
		return p.T("duration.min", "n", int(d/time.Minute))
	case d < 24*time.Hour:
		h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
		if m == 0 {
			return p.T("duration.h", "n", h)
		}
		return p.T("duration.h_min", "h", h, "min", m)
	}
	days, h := int(d/(24*time.Hour)), int(d%(24*time.Hour)/time.Hour)
	if h == 0 || days > 6 {
		return p.T("duration.d", "n", days)
	}
	return p.T("duration.d_h", "d", days, "h", h)
}

// Relative tells how far a moment is from now: "in 2 h 40 min", "5 min ago", "now" within half a minute.
func (p *Printer) Relative(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	d := t.Sub(p.now)
	switch {
	case d > -30*time.Second && d < 30*time.Second:
		return p.T("time.now")
	case d < 0:
		return p.T("time.ago", "duration", p.Duration(d))
	}
	return p.T("time.in", "duration", p.Duration(d))
}

// Left tells what remains until a deadline: "2 h 40 min left", or "18 min late" once it has passed.
func (p *Printer) Left(deadline time.Time) string {
	d := deadline.Sub(p.now)
	if d < 0 {
		return p.T("time.late", "duration", p.Duration(d))
	}
	return p.T("time.left", "duration", p.Duration(d))
}
