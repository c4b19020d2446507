package fund

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// A programme may be announced. Then its plan is fixed: it is open to every active partner
// in its countries, with so much for each; each of them is told, once, and that is kept.
// A partner that is added later is told later. Who gets something beside the plan gets it
// for a reason and by two people.

// mostOffPlan bounds the grants beside the plan that are shown.
const mostOffPlan = 100

// States of a grant beside the plan.
const (
	OffWaiting  = "waiting" // for a second person
	OffApproved = "approved"
	OffRefused  = "refused"
)

// OffPlan is a grant beside the plan.
type OffPlan struct {
	ID                string
	Org               string
	Amount            money.Amount
	Reason            string
	State             string
	Asked, Decided    time.Time
	AskedBy, DecideBy string
}

// Use is what became of what a partner was offered: requests, and claims without one.
type Use struct {
	Told           time.Time // zero: it was not told
	Asked, Refused int
}

// Reach counts partners of an announced programme: told of it, using money of it, refused
// at least once, and given something beside the plan.
type Reach struct{ Offered, Used, Refused, OffPlan int }

// Used is what a partner has drawn on or has reserved.
func (b Balance) Used() int64 { return b.Reserved.Minor + b.Consumed.Minor + b.Settled.Minor }

// Reach adds up the report of a programme.
func (p Program) Reach() Reach {
	var out Reach
	for _, s := range p.Seats {
		if !s.Use.Told.IsZero() {
			out.Offered++
		}
		if s.Balance.Used() > 0 {
			out.Used++
		}
		if s.Use.Refused > 0 {
			out.Refused++
		}
		if slices.ContainsFunc(p.OffPlan, func(o OffPlan) bool { return o.Org == s.Org && o.State == OffApproved }) {
			out.OffPlan++
		}
	}
	return out
}

// checkPlan makes the plan of a command normal.
func (c *ProgramCmd) checkPlan(bad *fault.Error) {
	c.Alternative = strings.TrimSpace(c.Alternative)
	text(bad, "alternative", c.Alternative, 1000, false)
	var list []string
	for _, x := range items(c.Countries) {
		if x = strings.ToUpper(x); len(x) != 2 || x[0] < 'A' || x[0] > 'Z' || x[1] < 'A' || x[1] > 'Z' {
			bad.With("countries", "promo.country_wrong", "Country", x)
		}
		if !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	slices.Sort(list)
	if c.Countries = list; len(list) > 100 {
		bad.With("countries", "form.too_long", "Most", 100)
	}
	if c.Part.Minor == 0 {
		c.Part.Currency = ""
	} else if c.Part.Minor < 0 || c.Part.Minor > most || !c.Part.Currency.Valid() || c.Kind == KindEarned {
		bad.With("part", "fund.amount")
	}
}

// listed is a list of countries as it is kept, so that one is found in it.
func listed(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "," + strings.Join(list, ",") + ","
}

func countriesOf(kept string) []string {
	if kept = strings.Trim(kept, ","); kept == "" {
		return nil
	}
	return strings.Split(kept, ",")
}

// Announce opens a programme to every partner its plan names, and tells them. The plan is
// fixed from then on. What those may use instead who get nothing of it has to be said.
// Codes: NotFound, Forbidden, Invalid (no alternative), Conflict (changed meanwhile,
// closed, its days are over). Publishes Offered for each. Safe to repeat.
func (s *Service) Announce(ctx context.Context, actor access.Actor, id ProgramID, version int64) (Program, error) {
	var out Program
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		if r.Announced == 0 {
			switch {
			case r.Version != version:
				return changed(r.Version)
			case r.State != Open:
				return fault.New(fault.Conflict, "fund.closed")
			case r.UntilOn < today(ctx, r.Zone):
				return fault.New(fault.Conflict, "fund.days_over")
			case r.Alternative == "":
				return fault.InvalidField("alternative", "fund.alternative_missing")
			}
			r.Announced = db.Micros(db.Now(ctx))
			if err := saveProgram(ctx, &r); err != nil {
				return err
			}
			if err := note(ctx, actor, "fund.announce", "fund", r.ID); err != nil {
				return err
			}
			list, err := untold(ctx, r.ID, "", tickBatch) // the clock tells the others
			if err != nil {
				return err
			}
			for _, t := range list {
				if err := s.tell(ctx, actor, r, t); err != nil {
					return err
				}
			}
		}
		out, err = s.full(ctx, r)
		return err
	})
	return out, err
}

// tell gives a partner its place in an announced programme, and writes down that it was told.
func (s *Service) tell(ctx context.Context, actor access.Actor, p programRow, t untoldRow) error {
	made, err := insertTold(ctx, toldRow{ProgramID: p.ID, OrgID: t.ResellerID, OwnerID: p.OwnerID, PartnershipID: t.PartnershipID, Told: db.Micros(db.Now(ctx))})
	if err != nil || !made {
		return err
	}
	c := p.PartCurrency
	if c == "" {
		c = t.Currency
	}
	if err := insertSeat(ctx, seatRow{ProgramID: p.ID, OrgID: t.ResellerID, OwnerID: p.OwnerID, PartnershipID: t.PartnershipID, Currency: c, Added: db.Micros(db.Now(ctx))}); err != nil {
		return err
	}
	return s.publish(ctx, Offered, Event{Program: ProgramID(p.ID), Supplier: p.OwnerID, Reseller: t.ResellerID, Org: p.OwnerID, Person: actor.Person})
}

// tellLater tells partners that came after a programme was announced.
func (s *Service) tellLater(ctx context.Context) error {
	var list []untoldRow
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		list, err = untold(ctx, "", db.Now(ctx).AddDate(0, 0, -1).Format(time.DateOnly), tickBatch)
		return err
	})
	errs := []error{err}
	for _, t := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs = append(errs, s.db.InTx(ctx, func(ctx context.Context) error {
			p, err := programByID(ctx, t.ProgramID, true)
			if err != nil || p.State != Open || p.UntilOn < today(ctx, p.Zone) {
				return err
			}
			return s.tell(ctx, access.System("funds", p.OwnerID), p, t)
		}))
	}
	return errors.Join(errs...)
}

// offPlan says whether a grant stands beside the plan of an announced programme: the
// partner was not told of it, or it would have more than the plan gives each.
func offPlan(ctx context.Context, p programRow, seat seatRow, amount money.Amount) (bool, error) {
	if p.Announced == 0 {
		return false, nil
	}
	told, err := wasTold(ctx, p.ID, seat.OrgID)
	if err != nil || !told || p.Part == 0 {
		return !told, err
	}
	sums, err := sumsOf(ctx, []string{p.ID}, seat.OrgID)
	if err != nil {
		return false, err
	}
	has := balance(sums, p.ID, seat.OrgID, amount.Currency).Granted.Minor
	return p.PartCurrency != string(amount.Currency) || has+amount.Minor > p.Part, nil
}

// askSecond keeps a grant beside the plan until a second person decides it.
func (s *Service) askSecond(ctx context.Context, actor access.Actor, p programRow, org, partnership string, amount money.Amount, words, key string) error {
	if actor.Person == "" {
		return fault.New(fault.Conflict, "fund.needs_people")
	}
	if words = strings.TrimSpace(words); words == "" {
		return fault.InvalidField("text", "fund.off_plan_reason")
	}
	made, err := insertOff(ctx, offRow{ID: db.NewID(), ProgramID: p.ID, OwnerID: p.OwnerID, OrgID: org, PartnershipID: partnership, Currency: string(amount.Currency), Amount: amount.Minor, Reason: words, SourceKey: key, State: OffWaiting, Asked: db.Micros(db.Now(ctx)), AskedBy: actor.Person})
	if err != nil || !made {
		return err
	}
	if err := note(ctx, actor, "fund.off_plan", "fund", p.ID); err != nil {
		return err
	}
	return s.publish(ctx, SecondAsked, Event{Program: ProgramID(p.ID), Supplier: p.OwnerID, Reseller: org, Org: actor.Org, Person: actor.Person})
}

// DecideOffPlan carries out a grant beside the plan, or refuses it: by another person than
// who asked. Codes: NotFound, Forbidden, Conflict (the same person, decided already, the
// programme is closed, the partnership ended, the budget does not suffice). Publishes Granted.
func (s *Service) DecideOffPlan(ctx context.Context, actor access.Actor, id ProgramID, grant string, yes bool) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		p, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		o, err := offByID(ctx, p.ID, grant)
		if err != nil {
			return err
		}
		switch {
		case o.State != OffWaiting:
			return moved(o.State)
		case actor.Person == "":
			return fault.New(fault.Conflict, "fund.needs_people")
		case actor.Person == o.AskedBy:
			return fault.New(fault.Conflict, "fund.second_needed")
		}
		o.State, o.Decided, o.DecidedBy = OffRefused, db.Micros(db.Now(ctx)), actor.Person
		if yes {
			o.State = OffApproved
		}
		if err := saveOff(ctx, o); err != nil {
			return err
		}
		if !yes {
			return note(ctx, actor, "fund.off_plan_refuse", "fund", p.ID)
		}
		if p.State != Open {
			return fault.New(fault.Conflict, "fund.closed")
		}
		amount := money.Amount{Minor: o.Amount, Currency: money.Currency(o.Currency)}
		seat, err := s.seat(ctx, actor, p, o.PartnershipID, amount.Currency, false)
		if err != nil {
			return err
		}
		return s.grant(ctx, actor, p, seat, amount, o.Reason, "off:"+o.ID)
	})
}
