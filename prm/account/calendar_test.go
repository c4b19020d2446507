package account

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func moment(t testing.TB, text, zone string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, location(zone))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Working time as a person counts it, over nights, weekends, public days, moved working
// days, half days and the ends of summer time.
func TestCalendarByHand(t *testing.T) {
	t.Parallel()
	gb, ee, cn := DefaultCalendar("a", "GB", "Europe/London"), DefaultCalendar("b", "EE", "Europe/Tallinn"), DefaultCalendar("c", "CN", "Asia/Shanghai")
	own := DefaultCalendar("d", "GB", "Europe/London")
	own.Days = []SpecialDay{{On: "2026-11-27", Kind: DayOff}, {On: "2026-11-28", Kind: DayWork}, {On: "2026-12-24", Kind: DayHours, Hours: []Span{{540, 720}}}, {On: "2026-12-25", Kind: DayWork}}
	night := DefaultCalendar("e", "", "Europe/London")
	for d := range night.Week {
		night.Week[d] = []Span{{0, 24 * 60}}
	}
	for _, c := range []struct {
		c           Calendar
		from, until string
		hours       string
	}{
		{gb, "2026-11-24 09:00", "2026-11-24 17:00", "8h0m0s"},
		{gb, "2026-11-24 16:00", "2026-11-25 10:00", "2h0m0s"},
		{gb, "2026-11-27 16:30", "2026-11-30 09:30", "1h0m0s"}, // a weekend
		{gb, "2026-11-28 11:00", "2026-11-30 09:15", "15m0s"},  // begun on a Saturday
		{gb, "2026-12-24 16:00", "2026-12-29 10:00", "2h0m0s"}, // Christmas, Boxing Day's substitute
		{gb, "2027-12-24 16:00", "2027-12-29 10:00", "2h0m0s"},
		{gb, "2026-10-23 16:00", "2026-10-26 10:00", "2h0m0s"}, // summer time ends in between
		{ee, "2026-12-23 13:00", "2026-12-28 10:00", "2h0m0s"}, // the 23rd ends at 14:00
		{ee, "2026-06-22 09:00", "2026-06-25 09:30", "5h30m0s"},
		{cn, "2026-11-24 11:30", "2026-11-24 13:30", "1h0m0s"}, // noon
		{cn, "2026-02-13 17:00", "2026-02-14 10:00", "2h0m0s"}, // a working Saturday
		{cn, "2026-02-14 17:00", "2026-02-24 10:00", "2h0m0s"}, // Spring Festival
		{cn, "2026-09-18 17:00", "2026-09-20 10:00", "2h0m0s"}, // a working Sunday
		{cn, "2026-09-30 17:00", "2026-10-08 09:30", "1h30m0s"},
		{own, "2026-11-26 16:00", "2026-11-28 10:00", "2h0m0s"}, // closed on Friday, worked on Saturday
		{own, "2026-12-24 11:00", "2026-12-25 10:00", "2h0m0s"}, // a half day; the own day comes before the public one
		{night, "2026-03-29 00:00", "2026-03-30 00:00", "23h0m0s"},
		{night, "2026-10-25 00:00", "2026-10-26 00:00", "25h0m0s"},
	} {
		from, until := moment(t, c.from, c.c.Zone), moment(t, c.until, c.c.Zone)
		got := c.c.Between(from, until)
		if got.String() != c.hours || c.c.Between(until, from) != -got {
			t.Errorf("%s %s to %s: %s, want %s", c.c.Country, c.from, c.until, got, c.hours)
		}
		if at, ok := c.c.Opens(until.Add(-time.Minute)); !ok || !at.Equal(until.Add(-time.Minute)) { // within working time it is now
			t.Errorf("%s within work before %s: opens %v", c.c.Country, c.until, at)
		}
		if at, ok := c.c.Add(from, got); !ok || !at.Equal(until) {
			// the end of a day is not yet the morning after
			if c.c.Between(at, until) != 0 || at.After(until) {
				t.Errorf("%s %s and %s of work: %s", c.c.Country, c.from, got, at.In(c.c.Location()))
			}
		}
	}
	extra := 0
	for _, p := range PublicDays("CN") {
		if d, err := time.Parse(time.DateOnly, p.On); err != nil || p.Works && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			t.Errorf("%+v %v", p, err)
		}
		if p.Works {
			extra++
		}
	}
	if extra != 6 {
		t.Errorf("%d working days at weekends in China in 2026, want 6", extra)
	}
	var none Calendar
	if at, ok := none.Add(time.Now(), time.Minute); ok {
		t.Errorf("a company that never works is done at %s", at)
	}
}

// What must hold of any calendar in any zone: time is neither lost nor counted twice.
// When people are there next: now where they work, else the beginning of their next day;
// never for who has no hours.
func TestCalendarOpens(t *testing.T) {
	t.Parallel()
	gb := DefaultCalendar("a", "GB", "Europe/London")
	own := DefaultCalendar("d", "GB", "Europe/London")
	own.Days = []SpecialDay{{On: "2026-12-25", Kind: DayWork}}
	for _, c := range []struct {
		c        Calendar
		at, want string
	}{
		{gb, "2026-11-24 09:00", "2026-11-24 09:00"},
		{gb, "2026-11-24 16:59", "2026-11-24 16:59"},
		{gb, "2026-11-24 17:00", "2026-11-25 09:00"}, // the end is closed
		{gb, "2026-11-24 03:00", "2026-11-24 09:00"},
		{gb, "2026-11-27 18:00", "2026-11-30 09:00"},
		{gb, "2026-12-25 10:00", "2026-12-29 09:00"},
		{own, "2026-12-25 10:00", "2026-12-25 10:00"},
	} {
		if at, ok := c.c.Opens(moment(t, c.at, c.c.Zone)); !ok || !at.Equal(moment(t, c.want, c.c.Zone)) {
			t.Errorf("%s: opens %v, want %s", c.at, at, c.want)
		}
	}
	if at, ok := (&Calendar{Zone: "UTC"}).Opens(time.Now()); ok {
		t.Errorf("without hours: %v", at)
	}
}

func TestCalendarProperties(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/London", "Europe/Tallinn", "Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia", "Asia/Kathmandu"}
	changes := map[string]string{"Pacific/Apia": "2011-12-29", "America/Sao_Paulo": "2018-11-03", "Asia/Beirut": "2026-03-28"}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 855))
		c := Calendar{Zone: zones[r.IntN(len(zones))], Country: []string{"", "GB", "EE", "CN"}[r.IntN(4)], Public: r.IntN(2) == 0}
		spans := func() []Span {
			var out []Span
			for at := 0; at < 1440 && r.IntN(4) > 0; {
				from := at + r.IntN(400)
				to := from + 1 + r.IntN(600)
				if to > 1440 || r.IntN(9) == 0 {
					to = 1440
				}
				if from >= to {
					break
				}
				out, at = append(out, Span{from, to}), to
			}
			return out
		}
		for d := range c.Week {
			c.Week[d] = spans()
		}
		c.Week[3] = append(c.Week[3][:0], Span{600, 601 + r.IntN(700)})
		base := moment(t, "2026-01-01 00:00", "UTC")
		if day, ok := changes[c.Zone]; ok {
			base = moment(t, day+" 00:00", "UTC").AddDate(0, 0, -20)
		}
		for range r.IntN(6) {
			c.Days = append(c.Days, SpecialDay{On: base.AddDate(0, 0, r.IntN(300)).Format(time.DateOnly), Kind: []DayKind{DayOff, DayWork, DayHours}[r.IntN(3)], Hours: spans()})
		}
		slices.SortFunc(c.Days, func(a, b SpecialDay) int {
			if a.On < b.On {
				return -1
			}
			return 1
		})
		c.Days = slices.CompactFunc(c.Days, func(a, b SpecialDay) bool { return a.On == b.On })
		at := base.Add(time.Duration(r.Int64N(int64(300*24*time.Hour))) / time.Second * time.Second)
		a, b := time.Duration(r.Int64N(int64(60*time.Hour))), time.Duration(r.Int64N(int64(60*time.Hour)))
		first, ok1 := c.Add(at, a)
		second, ok2 := c.Add(first, b)
		whole, ok3 := c.Add(at, a+b)
		name := fmt.Sprintf("seed %d, %s, from %s, %s and %s", seed, c.Zone, at, a, b)
		if !ok1 || !ok2 || !ok3 {
			t.Fatalf("%s: no end", name)
		}
		if !second.Equal(whole) {
			t.Errorf("%s: in two steps %s, in one %s", name, second, whole)
		}
		if got := c.Between(at, whole); got != a+b {
			t.Errorf("%s: there and back is %s", name, got)
		}
		if c.Between(at, first)+c.Between(first, whole) != c.Between(at, whole) {
			t.Errorf("%s: parts and whole differ", name)
		}
		if whole.Sub(at) < a+b {
			t.Errorf("%s: more work than time", name)
		}
		if a+b > 0 {
			if got := c.Between(at, whole.Add(-1)); got != a+b-1 {
				t.Errorf("%s: it is done a nanosecond earlier, too: %s", name, got)
			}
		}
	}
}

// Working days as a person counts them: the time of day stays, days off do not count and
// extra working days do.
func TestCalendarDays(t *testing.T) {
	t.Parallel()
	gb, cn := DefaultCalendar("a", "GB", "Europe/London"), DefaultCalendar("c", "CN", "Asia/Shanghai")
	for _, x := range []struct {
		c           Calendar
		from, until string
		days        int
	}{
		{gb, "2026-11-24 10:30", "2026-11-24 10:30", 0},
		{gb, "2026-11-24 10:30", "2026-11-26 10:30", 2},
		{gb, "2026-11-27 10:30", "2026-11-30 10:30", 1}, // a weekend
		{gb, "2026-12-24 10:30", "2026-12-29 10:30", 1}, // Christmas, Boxing Day's substitute
		{gb, "2026-10-23 10:30", "2026-10-26 10:30", 1}, // summer time ends in between
		{cn, "2026-09-18 17:00", "2026-09-20 17:00", 1}, // a working Sunday
		{cn, "2026-09-30 23:00", "2026-10-08 23:00", 1}, // the national holiday, by the days of Shanghai
	} {
		from, until := moment(t, x.from, x.c.Zone), moment(t, x.until, x.c.Zone)
		if at, ok := x.c.AddDays(from, x.days); !ok || !at.Equal(until) {
			t.Errorf("%s %s and %d days: %s, %t, want %s", x.c.Country, x.from, x.days, at, ok, until)
		}
	}
	never := Calendar{Zone: "UTC"}
	if at, ok := never.AddDays(moment(t, "2026-11-24 10:30", "UTC"), 1); ok {
		t.Errorf("a company that never works is due at %s", at)
	}
}

// A counter that looks at every quarter of an hour on the wall comes to the same.
func TestCalendarAgainstTheWall(t *testing.T) {
	t.Parallel()
	for _, c := range []Calendar{DefaultCalendar("a", "GB", "Europe/London"), DefaultCalendar("b", "EE", "Europe/Tallinn"), DefaultCalendar("c", "CN", "Asia/Shanghai"), DefaultCalendar("d", "", "America/New_York")} {
		loc := c.Location()
		from := moment(t, "2026-01-01 00:00", c.Zone)
		var sum time.Duration
		for at := from; at.Before(from.AddDate(1, 0, 0)); at = at.Add(15 * time.Minute) {
			wall := at.In(loc)
			minute := wall.Hour()*60 + wall.Minute()
			for _, s := range c.On(wall.Format(time.DateOnly)) {
				if minute >= s.From && minute < s.To {
					sum += 15 * time.Minute
				}
			}
			if wall.Day() == 15 && minute == 12*60 {
				if got := c.Between(from, at.Add(15*time.Minute)); got != sum {
					t.Fatalf("%s until %s: %s, on the wall %s", c.Zone, wall, got, sum)
				}
			}
		}
	}
}

func TestSpansText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "9-17": "09:00-17:00", "09:00-12:00, 13:00-18:00": "09:00-12:00, 13:00-18:00", "9：00—12：00，13：30～18：00": "09:00-12:00, 13:30-18:00", "0-24": "00:00-24:00", "8:15-8:16": "08:15-08:16",
	} {
		got, ok := ParseSpans(in)
		if !ok || FormatSpans(got) != want {
			t.Errorf("%q: %q %v", in, FormatSpans(got), ok)
		}
	}
	for _, in := range []string{"x", "9", "17-9", "9-9", "9-25", "9:60-10", "9-12,11-13", "-1-3", "9-12-13", "1-2,3-4,5-6,7-8,9-10,11-12,13-14,15-16,17-18"} {
		if got, ok := ParseSpans(in); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	c := DefaultCalendar("a", "GB", "Europe/London")
	c.Version = 7
	k, ok := c.Clock(moment(t, "2026-11-26 13:00", c.Zone), 16*time.Hour, 50, 80)
	if !ok || k.Version != 7 || !k.Due.Equal(moment(t, "2026-11-30 13:00", c.Zone)) || !k.Warn[0].Equal(moment(t, "2026-11-27 13:00", c.Zone)) || !k.Warn[1].Equal(moment(t, "2026-11-30 09:48", c.Zone)) {
		t.Errorf("%+v", k)
	}
}
