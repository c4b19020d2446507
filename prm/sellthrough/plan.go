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
