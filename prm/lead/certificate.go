package lead

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// Certificate says that a partner is certified for a product family, to the last day of
// Until; empty: without end.
type Certificate struct {
	Family string `json:"family"`
	Until  string `json:"until,omitempty"`
}

// Holds says whether it holds on a civil day.
func (c Certificate) Holds(day string) bool { return c.Until == "" || day <= c.Until }

// checkCertificates folds certificates, the one of a family that holds longest first.
func checkCertificates(bad *fault.Error, list []Certificate) []Certificate {
	var out []Certificate
	if len(list) > 50 {
		bad.With("certificates", "form.too_many")
		return nil
	}
	for _, c := range list {
		c.Family, c.Until = strings.ToLower(strings.TrimSpace(c.Family)), strings.TrimSpace(c.Until)
		if c.Family == "" {
			continue
		}
		if len(c.Family) > 60 {
			bad.With("certificates", "form.too_long", "Most", 60)
		}
		if _, err := time.Parse(time.DateOnly, c.Until); c.Until != "" && err != nil {
			bad.With("certificates", "form.date")
		}
		if i := slices.IndexFunc(out, func(x Certificate) bool { return x.Family == c.Family }); i >= 0 {
			if out[i].Until != "" && (c.Until == "" || c.Until > out[i].Until) {
				out[i].Until = c.Until
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

// certified are the families, of some, for which the owner keeps certificates: of them only
// certified partners are chosen.
func (t terrain) certified(families []string) []string {
	var out []string
	for _, f := range families {
		for _, p := range t.profiles {
			if slices.ContainsFunc(p.Certificates, func(c Certificate) bool { return strings.EqualFold(c.Family, f) }) {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// lapseMarks are the days before the last day of a certificate on which both companies are
// told of it, the most first.
var lapseMarks = []int{30, 7, 0}

// lapseHour is the hour of such a day, in the supplier's zone, and longLapsed the days after
// which nobody is told any more what should have been.
const (
	lapseHour  = 8
	longLapsed = 7
)

// place is the zone of a company; UTC where it has none that is known.
func place(ctx context.Context, org string) (*time.Location, error) {
	zone, err := zoneOf(ctx, org)
	if err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC, nil
	}
	return loc, nil
}

// today is the civil day of a company, by which the certificates that it keeps are judged.
func today(ctx context.Context, org string) (string, error) {
	loc, err := place(ctx, org)
	if err != nil {
		return "", err
	}
	return db.Now(ctx).In(loc).Format(time.DateOnly), nil
}

// days is how many days there are from one civil day to another.
func days(from, to string) int {
	a, _ := time.Parse(time.DateOnly, from)
	b, _ := time.Parse(time.DateOnly, to)
	return int(b.Sub(a).Hours() / 24)
}

func (c Certificate) key() string { return c.Family + " " + c.Until }

// lapses is of which marks of certificates, by family and day, both companies were told: the
// last one.
type lapses map[string]int

// passed are the lapses of certificates as somebody writes them down: of what is over by then
// nobody has to be told. Those that were there keep what was told.
func (was lapses) passed(list []Certificate, today string) lapses {
	out := lapses{}
	for _, c := range list {
		if c.Until == "" {
			continue
		}
		if told, ok := was[c.key()]; ok {
			out[c.key()] = told
			continue
		}
		left := days(today, c.Until)
		for _, m := range lapseMarks {
			if left < m {
				out[c.key()] = m
			}
		}
	}
	return out
}

// look is when a certificate next wants to be told of; zero: never.
func (was lapses) look(list []Certificate, loc *time.Location) time.Time {
	var out time.Time
	for _, c := range list {
		told, any := was[c.key()]
		until, err := time.Parse(time.DateOnly, c.Until)
		if err != nil {
			continue
		}
		for _, m := range lapseMarks {
			if any && m >= told {
				continue
			}
			d := until.AddDate(0, 0, -m)
			if at := time.Date(d.Year(), d.Month(), d.Day(), lapseHour, 0, 0, 0, loc); out.IsZero() || at.Before(out) {
				out = at
			}
			break
		}
	}
	return out
}

// due are the certificates to be told of on a day, each with the days that are left, and what
// is told afterwards.
func (was lapses) due(list []Certificate, today string) ([]Certificate, lapses) {
	now := lapses{}
	var out []Certificate
	for _, c := range list {
		if c.Until == "" {
			continue
		}
		told, any := was[c.key()]
		left, mark := days(today, c.Until), -1
		for _, m := range lapseMarks {
			if left <= m {
				mark = m
			}
		}
		switch {
		case mark < 0:
			continue
		case any && told <= mark:
			now[c.key()] = told
			continue
		case left >= -longLapsed:
			out = append(out, c)
		}
		now[c.key()] = mark
	}
	return out, now
}

// TickCertificates tells both companies that a certificate of the partner ends: 30 and 7 days
// before its last day, and on it. It may run late or twice. more says that there was more than
// one pass takes. Publishes EventLapsing.
func (s *Service) TickCertificates(ctx context.Context) (more bool, err error) {
	var due []string
	err = s.db.View(ctx, func(ctx context.Context) (err error) {
		due, err = dueCertificates(ctx, db.Now(ctx), tickBatch)
		return err
	})
	for _, partnership := range due {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := s.db.InTx(ctx, func(ctx context.Context) error { return s.lapse(ctx, partnership) }); err != nil {
			return false, err
		}
	}
	return len(due) == tickBatch, err
}

func (s *Service) lapse(ctx context.Context, partnership string) error {
	p, ok, err := profileOf(ctx, partnership)
	if err != nil || !ok || p.look.IsZero() || p.look.After(db.Now(ctx)) {
		return err // somebody was faster
	}
	loc, err := place(ctx, p.Supplier)
	if err != nil {
		return err
	}
	day := db.Now(ctx).In(loc).Format(time.DateOnly)
	list, told := p.told.due(p.Certificates, day)
	if mine, err := tellCertificates(ctx, p, told, told.look(p.Certificates, loc)); err != nil || !mine {
		return err
	}
	ended, err := endedWith(ctx, p.Supplier)
	if err != nil || slices.Contains(ended, partnership) {
		return err
	}
	for _, c := range list {
		e := Event{Supplier: p.Supplier, Reseller: p.Reseller, Partnership: partnership, Family: c.Family, Until: c.Until, Days: days(day, c.Until)}
		if err := s.publish(ctx, EventLapsing, e); err != nil {
			return err
		}
	}
	return nil
}
