package sellthrough

import (
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Plan says how often reports of a partnership are expected, and who sees end customers.
// The zero Grain expects none.
type Plan struct {
	Partnership string
	Supplier    string
	Reseller    string
	Grain       string
	Since       string // first day that is expected; for 4-4-5 the first day of a quarter; "" until somebody or a first report says
	DueDays     int    // after the end of a period
	// Dual says that the supplier also sells to end customers itself: its sales people
	// see no end customers and no resale prices in reports.
	Dual      bool
	Changed   time.Time
	ChangedBy string // person; "": taken from the first report
	Version   int64
}

// Of reads the plan of a partnership; the zero plan where nothing was said.
// Codes: NotFound.
func (s *Service) Of(ctx context.Context, actor access.Actor, partnership string) (Plan, error) {
	var out Plan
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := pair(ctx, actor, access.SellRead, partnership)
		if err != nil {
			return err
		}
		out, err = planOf(ctx, p.ID)
		out.Supplier, out.Reseller = p.SupplierID, p.ResellerID
		return err
	})
	return out, err
}

// SetPlan says how often the reseller is expected to report. Only Grain, Since and DueDays
// are taken. Codes: NotFound, Forbidden, Invalid, Conflict (changed meanwhile).
func (s *Service) SetPlan(ctx context.Context, actor access.Actor, p Plan) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		w, err := pair(ctx, actor, access.SellPlan, p.Partnership)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if p.Grain != NoGrain && !slices.Contains(Grains, p.Grain) {
			bad.With("grain", "form.choice_wrong")
		}
		if since, ok := civil(p.Since); p.Grain != NoGrain && (!ok || since.Year() < 2000) {
			bad.With("since", "form.date")
		}
		if p.DueDays < 0 || p.DueDays > 90 {
			bad.With("due_days", "form.between", "least", 0, "most", 90)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if p.Grain == NoGrain { // from when on none is expected
			p.Since = db.Now(ctx).Format(day)
		}
		return s.savePlan(ctx, actor, w, p.Version, func(x *Plan) { x.Grain, x.Since, x.DueDays = p.Grain, p.Since, p.DueDays })
	})
}

// SetDual turns the switch for suppliers that also sell directly. Either company may turn
// it on; only the reseller, whose customers they are, turns it off. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) SetDual(ctx context.Context, actor access.Actor, partnership string, on bool) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		w, err := pair(ctx, actor, access.PartnerManage, partnership)
		if err != nil {
			return err
		}
		was, err := planOf(ctx, w.ID)
		if err != nil || was.Dual == on {
			return err
		}
		if !on && actor.Org != w.ResellerID {
			return fault.New(fault.Forbidden, "sellthrough.dual_theirs")
		}
		return s.savePlan(ctx, actor, w, was.Version, func(x *Plan) { x.Dual = on })
	})
}

func (s *Service) savePlan(ctx context.Context, actor access.Actor, w pairRow, version int64, change func(*Plan)) error {
	x, err := planOf(ctx, w.ID)
	if err != nil {
		return err
	}
	if x.Version != version {
		return fault.New(fault.Conflict, "sellthrough.changed")
	}
	change(&x)
	x.Partnership, x.Supplier, x.Reseller, x.Changed, x.ChangedBy = w.ID, w.SupplierID, w.ResellerID, db.Now(ctx), actor.Person
	ok, err := putPlan(ctx, x)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "sellthrough.changed")
	}
	return note(ctx, actor, "sellthrough.plan", w.ID)
}

// begin takes the plan of a pair from its first report, where nobody said another.
func (s *Service) begin(ctx context.Context, p pairRow, r Report) error {
	x, err := planOf(ctx, p.ID)
	if err != nil || x.Grain != NoGrain || x.Since != "" {
		return err
	}
	if x.Grain = grainOf(Period{r.From, r.To}); x.Grain == NoGrain {
		return nil
	}
	x.Partnership, x.Supplier, x.Reseller, x.Since, x.DueDays, x.Changed = p.ID, p.SupplierID, p.ResellerID, r.From, 10, db.Now(ctx)
	_, err = putPlan(ctx, x) // another report may have been the first
	return err
}

// Coverage is how far the reports of a partnership cover the periods of its plan.
type Coverage struct {
	Plan
	Periods []Standing // newest first
}

// Gaps counts the periods that are due and not fully reported.
func (c Coverage) Gaps() (n int) {
	for _, p := range c.Periods {
		if p.State == Missing || p.State == Partial {
			n++
		}
	}
	return n
}

// Completeness returns the plans of the actor's company on either side with their last n
// periods, at most 53, as they stand on a civil date; none of one that expects no reports. Codes: Forbidden.
func (s *Service) Completeness(ctx context.Context, actor access.Actor, today string, n int) ([]Coverage, error) {
	scope, err := access.List(actor, access.SellRead)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > 53 {
		n = 13
	}
	var out []Coverage
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		plans, err := plansOf(ctx, scope)
		if err != nil {
			return err
		}
		plans = slices.DeleteFunc(plans, func(p Plan) bool {
			return !access.Allowed(actor, access.SellRead, access.Shared(p.Supplier, p.Reseller))
		})
		ids, from := make([]string, len(plans)), today
		all := make([][]Period, len(plans))
		for i, p := range plans {
			ids[i], all[i] = p.Partnership, p.periods(today, n)
			if len(all[i]) > 0 {
				from = min(from, all[i][0].From)
			}
		}
		have, err := spans(ctx, ids, from)
		if err != nil {
			return err
		}
		asked, err := chases(ctx, ids, from)
		if err != nil {
			return err
		}
		for i, p := range plans {
			c := Coverage{Plan: p}
			for _, x := range slices.Backward(all[i]) {
				st := standing(x, have[p.Partnership], today, p.DueDays)
				st.Chased = asked[p.Partnership+x.From]
				c.Periods = append(c.Periods, st)
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// Cover is how far the reports of one reseller cover a span of days.
type Cover struct {
	Plan
	Active  bool // the partnership is: a reminder may go
	Periods []Standing
}

// Covering says how far the reports of resellers of a supplier cover the days between two
// civil dates, both inside, as they stand on a third: by reseller the periods of its plan
// with days of them, oldest first. A period is complete here when those of its days are
// reported. Days before the plan, or without any, are one period: Unplanned, or complete
// where they are reported all the same. A few queries, whatever the number of resellers.
// Codes: NotFound, Forbidden, Invalid (from, to).
func (s *Service) Covering(ctx context.Context, actor access.Actor, supplier string, resellers []string, from, to, today string) (map[string]Cover, error) {
	for _, r := range resellers {
		if err := access.Check(actor, access.SellRead, access.Shared(supplier, r)); err != nil {
			return nil, err
		}
	}
	if _, err := access.List(actor, access.SellRead); err != nil {
		return nil, err
	}
	if err := checkPeriod(from, to); err != nil {
		return nil, err
	}
	out := map[string]Cover{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		pairs, err := pairsOf(ctx, supplier, resellers)
		if err != nil {
			return err
		}
		ids := make([]string, len(pairs))
		for i, p := range pairs {
			ids[i] = p.ID
		}
		plans, err := plansIn(ctx, ids)
		if err != nil {
			return err
		}
		all, least := make([][]Period, len(pairs)), from
		for i, p := range pairs {
			if all[i] = plans[p.ID].within(from, to); len(all[i]) > 0 {
				least = min(least, all[i][0].From)
			}
		}
		have, err := spans(ctx, ids, least)
		if err != nil {
			return err
		}
		asked, err := chases(ctx, ids, least)
		if err != nil {
			return err
		}
		for i, p := range pairs {
			c := Cover{Plan: plans[p.ID], Active: p.State == "active"}
			c.Partnership, c.Supplier, c.Reseller = p.ID, p.SupplierID, p.ResellerID
			c.Periods = covering(all[i], have[p.ID], Period{from, to}, today, c.DueDays)
			for j, x := range c.Periods {
				c.Periods[j].Chased = asked[p.ID+x.From]
			}
			out[p.ResellerID] = c
		}
		return nil
	})
	return out, err
}

// Lately is how far a partnership is reported, and what was sold on in its newest period
// that is complete.
type Lately struct {
	Coverage
	Last *Standing // nil: no period is
	Totals
}

// Lately looks at the last n periods of one partnership, at most 53, as they stand on a
// civil date; reminders are not read. Codes: NotFound, Forbidden.
func (s *Service) Lately(ctx context.Context, actor access.Actor, partnership, today string, n int) (Lately, error) {
	if n < 1 || n > 53 {
		n = 13
	}
	var out Lately
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		w, err := pair(ctx, actor, access.SellRead, partnership)
		if err != nil {
			return err
		}
		if out.Plan, err = planOf(ctx, w.ID); err != nil {
			return err
		}
		all := out.periods(today, n)
		if len(all) == 0 {
			return nil
		}
		have, err := spans(ctx, []string{w.ID}, all[0].From)
		if err != nil {
			return err
		}
		for _, x := range slices.Backward(all) {
			st := standing(x, have[w.ID], today, out.DueDays)
			out.Periods = append(out.Periods, st)
			if st.State == Complete && out.Last == nil {
				out.Last = &st
			}
		}
		if out.Last != nil {
			out.Totals, err = totalsIn(ctx, w.ID, out.Last.Period)
		}
		return err
	})
	return out, err
}

// covering says how far reports cover the days of a span, by the periods of a plan that
// have days of it; what lies before the first of them is expected by no plan.
func covering(periods []Period, have []span, of Period, today string, dueDays int) []Standing {
	reported := func(p Period) bool { return standing(p, have, p.To, 0).State == Complete }
	var out []Standing
	before := of
	if len(periods) > 0 {
		at, _ := civil(periods[0].From)
		before.To = at.AddDate(0, 0, -1).Format(day)
	}
	if before.To >= before.From {
		x := Standing{Period: before, State: Unplanned}
		if reported(before) {
			x.State = Complete
		}
		out = append(out, x)
	}
	for _, p := range periods {
		x := standing(p, have, today, dueDays)
		if x.State != Complete && reported(Period{max(p.From, of.From), min(p.To, of.To)}) {
			x.State = Complete
		}
		out = append(out, x)
	}
	return out
}

// Chase reminds the reseller of a period that is due and not fully reported, once a day.
// Safe to repeat on the day.
// Codes: NotFound, Forbidden, Conflict (the period is not due, or complete).
// Publishes EventChased.
func (s *Service) Chase(ctx context.Context, actor access.Actor, partnership, from, today string) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		w, err := pair(ctx, actor, access.SellPlan, partnership)
		if err != nil {
			return err
		}
		if w.State != "active" {
			return notFound()
		}
		p, err := planOf(ctx, w.ID)
		if err != nil {
			return err
		}
		all := p.periods(today, most)
		i := slices.IndexFunc(all, func(x Period) bool { return x.From == from })
		if i < 0 {
			return notFound()
		}
		have, err := spans(ctx, []string{w.ID}, from)
		if err != nil {
			return err
		}
		if st := standing(all[i], have[w.ID], today, p.DueDays); st.State != Missing && st.State != Partial {
			return fault.New(fault.Conflict, "sellthrough.not_due")
		}
		made, err := putChase(ctx, w.ID, from, today, actor.Person)
		if err != nil || !made {
			return err
		}
		if err := note(ctx, actor, "sellthrough.chase", w.ID); err != nil {
			return err
		}
		return s.publish(ctx, EventChased, Event{Supplier: w.SupplierID, Reseller: w.ResellerID, Partnership: w.ID, From: from, To: all[i].To, Org: actor.Org})
	})
}
