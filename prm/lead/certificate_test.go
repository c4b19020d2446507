package lead

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/db"
	"entente/db/dbtest"
)

// zone moves the supplier to a time zone.
func (f *field) zone(name string) {
	f.t.Helper()
	f.must(f.db.InTx(f.at(), func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE org SET timezone = ? WHERE id = ?", name, f.aurelia).Error
	}))
}

// lapsing are the notices of certificates since the last call: "cordless 2026-12-31 7".
func (f *field) lapsing() string {
	f.t.Helper()
	f.events.mu.Lock()
	defer f.events.mu.Unlock()
	var out []string
	for _, e := range f.events.events {
		if x, ok := e.Payload.(Event); ok && e.Kind == EventLapsing {
			if x.Supplier != f.aurelia || x.Reseller != f.kestrel || x.Partnership != f.toKestrel || e.Object != f.toKestrel {
				f.t.Errorf("%+v of %s", x, e.Object)
			}
			out = append(out, fmt.Sprintf("%s %s %d", x.Family, x.Until, x.Days))
		}
	}
	f.events.events = nil
	return strings.Join(out, ", ")
}

// A certificate is told of 30 and 7 days before its last day and on it, once each, by the day of
// who keeps it; what is over when it is written down is not told.
func TestCertificateLapses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		f.zone("Asia/Shanghai")
		noon := func(day string) time.Time {
			at, err := time.Parse(time.DateOnly, day)
			f.must(err)
			return at.Add(4 * time.Hour)
		}
		on := func(day, want string) {
			t.Helper()
			f.now = noon(day)
			for range 2 {
				_, err := f.svc.TickCertificates(db.WithNow(context.Background(), f.now))
				f.must(err)
			}
			if got := f.lapsing(); got != want {
				t.Errorf("%s: told %q, want %q", day, got, want)
			}
		}
		f.now = noon("2026-11-01")
		p, err := f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Most: 20, Certificates: []Certificate{{"cordless", "2026-12-31"}, {"measuring", ""}, {"storage", "2026-10-30"}, {"dust", "2026-11-20"}}})
		f.must(err)
		on("2026-11-12", "")
		on("2026-11-13", "dust 2026-11-20 7")
		on("2026-11-20", "dust 2026-11-20 0")
		on("2026-11-30", "")
		on("2026-12-01", "cordless 2026-12-31 30")
		// another one beside it changes nothing for it; a longer one begins anew
		p.Certificates = append(p.Certificates, Certificate{"garden", "2027-06-30"})
		p, err = f.svc.SaveProfile(f.at(), f.ingrid, p)
		f.must(err)
		on("2026-12-23", "")
		on("2026-12-27", "cordless 2026-12-31 4") // late: the clock stood still on the 24th
		p.Certificates[0].Until = "2027-12-31"
		_, err = f.svc.SaveProfile(f.at(), f.ingrid, p)
		f.must(err)
		on("2026-12-31", "")
		// nobody is told of a partner that is none any more
		f.must(d.InTx(f.at(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE partnership SET state = 'ended' WHERE id = ?", f.toKestrel).Error
		}))
		on("2027-06-01", "")
	})
}

// Two nodes whose clocks strike at once tell of a certificate once.
func TestCertificateTicksAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t) // SQLite writes one after the other
	f := setup(t, d)
	f.now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	_, err := f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Most: 20, Certificates: []Certificate{{"cordless", "2026-12-31"}}})
	f.must(err)
	f.now = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	at := db.WithNow(context.Background(), f.now)
	told := make(chan error, 2)
	f.must(d.InTx(at, func(ctx context.Context) error {
		if err := db.Tx(ctx).Exec("UPDATE lead_profile SET most = most WHERE partnership_id = ?", f.toKestrel).Error; err != nil {
			return err
		}
		for range cap(told) { // both have looked before either writes
			go func() {
				_, err := f.svc.TickCertificates(at)
				told <- err
			}()
		}
		return dbtest.Waiting(at, d, cap(told))
	}))
	for range cap(told) {
		f.must(<-told)
	}
	if got := f.lapsing(); got != "cordless 2026-12-31 30" {
		t.Errorf("told %q", got)
	}
}

// A certificate holds to the end of its last day where the company that keeps it is: at eight in
// the evening of UTC it is the next day in Shanghai, and still the same in New York.
func TestCertificateDay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		x := f.draft()
		x.Families = []string{"cordless"}
		l, _, err := f.svc.Create(f.at(), f.ingrid, x)
		f.must(err)
		_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Most: 20, Certificates: []Certificate{{"cordless", "2026-11-30"}}})
		f.must(err)
		for _, c := range []struct {
			zone string
			at   time.Time
			day  string
			out  string
		}{
			{"Asia/Shanghai", time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC), "2026-11-30", ""},
			{"Asia/Shanghai", time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC), "2026-12-01", FactorCertified},
			{"America/New_York", time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC), "2026-11-30", ""},
			{"America/New_York", time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC), "2026-12-01", FactorCertified},
		} {
			f.zone(c.zone)
			f.now = c.at
			cs, err := f.svc.Candidates(f.at(), f.ingrid, l.ID)
			f.must(err)
			for _, k := range cs {
				if k.Reseller == f.kestrel && k.Out != c.out {
					t.Errorf("%s at %v: out %q, want %q", c.zone, c.at, k.Out, c.out)
				}
			}
			p, err := f.svc.PartnerProfile(f.at(), f.maya, f.toKestrel)
			f.must(err)
			all, err := f.svc.Profiles(f.at(), f.ingrid)
			f.must(err)
			if p.Day != c.day || all[f.toKestrel].Day != c.day {
				t.Errorf("%s at %v: day %s and %s, want %s", c.zone, c.at, p.Day, all[f.toKestrel].Day, c.day)
			}
		}
	})
}

// On whatever days the clock runs, a certificate is told of at most once a mark, never a mark
// before its day, and where it runs daily each mark has its day.
func TestLapsesOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		until := time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)
		c := []Certificate{{"cordless", until.Format(time.DateOnly)}}
		began := rapid.IntRange(-20, 60).Draw(t, "days before at first")
		day := func(left int) string { return until.AddDate(0, 0, -left).Format(time.DateOnly) }
		told := lapses(nil).passed(c, day(began))
		daily := rapid.Bool().Draw(t, "daily")
		marks := map[int]int{}
		for left := began; left >= -20; {
			at := until.AddDate(0, 0, -left).Add(lapseHour * time.Hour)
			if look := told.look(c, time.UTC); !look.IsZero() && !look.After(at) {
				var list []Certificate
				if list, told = told.due(c, day(left)); len(list) > 0 {
					marks[told[c[0].key()]]++
					if m := told[c[0].key()]; left > m || daily && left != m {
						t.Fatalf("told of %d with %d days left", m, left)
					}
				}
				if again, _ := told.due(c, day(left)); len(again) > 0 {
					t.Fatalf("told twice with %d days left", left)
				}
			}
			if daily {
				left--
			} else {
				left -= rapid.IntRange(1, 25).Draw(t, "days")
			}
		}
		for _, m := range lapseMarks {
			if marks[m] > 1 || daily && began >= m && marks[m] != 1 || began < m && marks[m] != 0 {
				t.Fatalf("mark %d told %d times, from %d days before", m, marks[m], began)
			}
		}
	})
}

// A territory is what the supplier says of a partner: a country that the partner gives itself
// moves no lead to it and none away.
func TestTerritoryIsTheSuppliers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l := f.lead() // of a customer in GB
		_, err := f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Most: 20, Countries: []string{"GB"}})
		f.must(err)
		_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toBaltic, Most: 20, Countries: []string{"EE"}})
		f.must(err)
		for _, country := range []string{"GB", "EE", "CN"} {
			f.must(d.InTx(f.at(), func(ctx context.Context) error {
				return db.Tx(ctx).Exec("UPDATE org SET country = ? WHERE id IN (?, ?)", country, f.kestrel, f.baltic).Error
			}))
			cs, err := f.svc.Candidates(f.at(), f.ingrid, l.ID)
			f.must(err)
			for _, c := range cs {
				if want := map[string]string{f.kestrel: "", f.baltic: FactorTerritory}[c.Reseller]; c.Out != want {
					t.Errorf("both call themselves %s: %s is out for %q, want %q", country, c.Reseller, c.Out, want)
				}
			}
		}
	})
}
