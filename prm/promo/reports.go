package promo

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Where a period of reports stands, in the words of prm/sellthrough.
const (
	ReportComplete  = "complete"  // the days of the window in it are all reported
	ReportUnplanned = "unplanned" // no plan expects reports of these days, and not all are reported
)

// Reports is how far one company that takes part has reported what it sold on in the
// window, in the periods in which it reports.
type Reports struct {
	Org         string
	Partnership string // where a reminder goes; empty: there is none that is active
	Grain       string // in which it reports; empty: none was agreed
	Periods     []Reported
}

// Reported is one period: civil dates, both inside, of the whole of it.
type Reported struct {
	From, To string
	State    string    // complete, running, awaited, missing, partial or unplanned
	Due      string    // the last day on which it is in time; empty: it is not expected
	Chased   time.Time // last reminder
}

// Gap is a period of a company that was not reported in full when a promotion was settled.
type Gap struct {
	Org   string `json:"org"`
	From  string `json:"from"`
	To    string `json:"to"`
	State string `json:"state"`
}

// Waived is why a promotion was settled without all reports, and without which: for who
// takes part its own.
type Waived struct {
	Reason string `json:"reason"`
	Gaps   []Gap  `json:"gaps"`
}

// Gaps are the periods that keep a promotion whose date is by from being settled. Where no
// reports are agreed none are missing, unless the date of the resale decides.
func (r Reports) Gaps(by string) []Gap {
	var out []Gap
	for _, p := range r.Periods {
		if p.State != ReportComplete && (p.State != ReportUnplanned || by == ByResale) {
			out = append(out, Gap{r.Org, p.From, p.To, p.State})
		}
	}
	return out
}

// Reports says how far the companies that buy under a promotion have reported its window:
// all of them to the owner, to who takes part its own.
// Codes: NotFound, Conflict (nothing is agreed yet).
func (s *Service) Reports(ctx context.Context, actor access.Actor, id ID) ([]Reports, error) {
	var out []Reports
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, seats, org, err := results(ctx, actor, id)
		if err != nil {
			return err
		}
		v, err := agreed(ctx, r, org)
		if err != nil {
			return err
		}
		out, err = s.reported(ctx, r, v.Terms, seats, org)
		return err
	})
	return out, err
}

// reported asks for the reports of who buys under a promotion; org is one of them, "" all.
func (s *Service) reported(ctx context.Context, r row, t Terms, seats []Seat, org string) ([]Reports, error) {
	if s.resales == nil {
		return nil, nil
	}
	var orgs []string
	for _, x := range seats {
		p, in := t.Part(x.Org)
		if in && p.Role == Participant && x.State != Declined && x.State != Dropped && (org == "" || org == x.Org) {
			orgs = append(orgs, x.Org)
		}
	}
	if len(orgs) == 0 {
		return nil, nil
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		zone = time.UTC
	}
	return s.resales.PromoReported(ctx, access.System("promotions", r.OwnerID), r.OwnerID, orgs, t.From, t.Until, db.Now(ctx).In(zone).Format(time.DateOnly))
}

// waive says without which reports a promotion is settled: nothing is kept where all are
// there, and without a reason it is refused.
func (s *Service) waive(ctx context.Context, r row, seats []Seat, reason string) (string, error) {
	v, err := versionNo(ctx, r.ID, r.AgreedNo)
	if err != nil {
		return "", err
	}
	all, err := s.reported(ctx, r, v.Terms, seats, "")
	if err != nil {
		return "", err
	}
	var gaps []Gap
	for _, x := range all {
		gaps = append(gaps, x.Gaps(v.Terms.By)...)
	}
	if len(gaps) == 0 {
		return "", nil
	}
	if reason == "" {
		return "", fault.New(fault.Conflict, "promo.reports_missing", "N", len(gaps))
	}
	b, err := json.Marshal(Waived{Reason: reason, Gaps: gaps})
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	return string(b), nil
}

// waived reads what was kept of it for the owner, org "", or for who takes part.
func (r row) waived(org string) (*Waived, error) {
	if r.Waived == "" {
		return nil, nil
	}
	var w Waived
	if err := json.Unmarshal([]byte(r.Waived), &w); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "error.internal")
	}
	if org != "" {
		w.Gaps = slices.DeleteFunc(w.Gaps, func(g Gap) bool { return g.Org != org })
	}
	return &w, nil
}

// Together is what two companies did under promotions of either.
type Together struct {
	States map[State]int // of the promotions that were sent
	Sums   []Shared      // of those agreed, by who buys under them and currency
}

// Shared adds up the figures of one company in one currency, over promotions.
type Shared struct {
	Org     string // that buys under them
	Counted money.Quantity
	Sold    money.Quantity // on, as reported
	Earned  money.Amount
}

// With adds up the promotions of the actor's company with another, of either owner. What
// it does not take part in is not counted. Two queries, however many there are.
// Codes: Unauthenticated, Forbidden.
func (s *Service) With(ctx context.Context, actor access.Actor, other string) (Together, error) {
	scope, err := access.List(actor, access.PromoRead)
	if err != nil {
		return Together{}, err
	}
	var out Together
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		if out.States, err = statesWith(ctx, scope, other); err != nil {
			return err
		}
		out.Sums, err = sumsWith(ctx, scope, other)
		return err
	})
	return out, err
}
