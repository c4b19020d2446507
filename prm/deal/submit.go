package deal

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
)

// reasoned checks the coded reason of a deed and the words with it; "other" needs words.
func reasoned(d Deed, reason, comment string) error {
	switch {
	case !slices.Contains(reasons[d], reason):
		return fault.InvalidField("reason", "form.choice_wrong")
	case reason == "other" && comment == "":
		return fault.InvalidField("comment", "form.missing")
	case len(comment) > 2000:
		return fault.InvalidField("comment", "form.too_long", "Most", 2000)
	}
	return nil
}

// room holds the capacity of a partnership against others that submit at once, and asks
// whether one more has its place.
func (s *Service) room(ctx context.Context, r Registration) error {
	if _, err := db.Next(ctx, "deal_room:"+r.Partnership); err != nil { // waits for others
		return err
	}
	t, err := termsOf(ctx, r.Supplier)
	if err != nil {
		return err
	}
	p, err := placeOf(ctx, r.Partnership)
	if err != nil {
		return err
	}
	n, err := counted(ctx, r.Partnership, r.ID)
	if err == nil && n >= t.MostOf(p.Tier) {
		err = fault.New(fault.Conflict, "deal.no_room", "Taken", n, "Most", t.MostOf(p.Tier))
	}
	return err
}

// Submit hands a registration to the supplier. The answer is the same whether or not
// somebody else registered the customer: that is compared later (Compare). The customer
// joins the registrant's own list. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (what is missing, by field),
// Conflict (out of order; no place left; sent back too often; too many for one customer
// in a week; the partnership is not active).
// Publishes EventSubmitted.
func (s *Service) Submit(ctx context.Context, actor access.Actor, id ID) (Registration, error) {
	var out Registration
	err := s.step(ctx, actor, access.DealWrite, id, func(ctx context.Context, r *Registration) error {
		if r.Pen == PenSubmitted {
			out = r.seen(actor.Org)
			return nil
		}
		was := r.State()
		if err := r.move(Submit); err != nil {
			return err
		}
		if _, _, ok, err := supplierOf(ctx, r.Partnership, actor.Org); err != nil {
			return err
		} else if !ok {
			return fault.New(fault.Conflict, "deal.partnership_over")
		}
		files, err := filesOf(ctx, id)
		if err != nil {
			return err
		}
		if err := s.room(ctx, *r); err != nil {
			return err
		}
		e, err := s.weigh(ctx, r.Supplier, r.Registrant, r.Partnership, id, r.Draft, len(files))
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "deal.incomplete")
		for _, m := range e.Missing {
			var args []any
			for k, v := range m.Args {
				args = append(args, k, v)
			}
			bad.With(m.Field, m.Key, args...)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		t, err := termsOf(ctx, r.Supplier)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		if r.Submits > t.Resubmits {
			return fault.New(fault.Conflict, "deal.too_often", "Most", t.Resubmits)
		}
		n, err := triesOf(ctx, r.Registrant, r.Supplier, r.Keys, now.Add(-week))
		if err != nil {
			return err
		}
		if n >= t.PerWeek {
			return fault.New(fault.Conflict, "deal.too_many", "Most", t.PerWeek)
		}
		if r.Account == "" && access.Allowed(actor, access.CustomerWrite, access.Own(actor.Org)) {
			c := r.Draft.Customer
			got, _, err := s.customers.Ensure(ctx, actor, customer.Draft{Name: c.Name, Country: c.Country, City: c.City, Street: c.Street, Postcode: c.Postcode, TaxID: c.TaxID, GLN: c.GLN, DUNS: c.DUNS, Web: c.Web})
			if err != nil {
				return err
			}
			r.Account = got.ID
		}
		if r.Review, err = s.calendar.Clock(ctx, r.Supplier, now, t.DecideHours); err != nil {
			return err
		}
		r.Submits, r.Submitted, r.Reason, r.Comment, r.Score, r.Reviewer, r.kept.late = r.Submits+1, now, "", "", score(files), "", false
		if err := saveTries(ctx, *r, now); err != nil {
			return err
		}
		r.kept.counts = !r.Counting() // the keys are written below in any case
		if err := s.told(ctx, actor, r, was, Submit, Entry{}); err != nil {
			return err
		}
		out = r.seen(actor.Org)
		return nil
	})
	return out, err
}

// score weighs evidence: each kind counts once.
func score(files []File) int {
	n := 0
	seen := map[string]bool{}
	for _, f := range files {
		if !seen[f.Kind] {
			seen[f.Kind] = true
			n += weight[f.Kind]
		}
	}
	return n
}

// deed does a deed that needs nothing but its position and a reason.
func (s *Service) deed(ctx context.Context, actor access.Actor, act access.Action, id ID, d Deed, reason, comment string, before func(ctx context.Context, r *Registration) error) error {
	comment = strings.TrimSpace(comment)
	return s.step(ctx, actor, act, id, func(ctx context.Context, r *Registration) error {
		was := r.State()
		if r.Position == steps[d].to && r.Disputes == 0 && r.Reason == reason && (d != Take || r.Reviewer == actor.Person) {
			return nil // done already
		}
		if len(reasons[d]) > 0 {
			if err := reasoned(d, reason, comment); err != nil {
				return err
			}
		}
		held := r.Decision == Protected || r.Decision == Expired
		if err := r.move(d); err != nil {
			return err
		}
		if len(reasons[d]) > 0 {
			r.Reason, r.Comment = reason, comment
		}
		if before != nil {
			if err := before(ctx, r); err != nil {
				return err
			}
		}
		if r.Pen == PenSettled && r.Decision != Waiting {
			r.Asked = Asked{}
		}
		if err := s.told(ctx, actor, r, was, d, Entry{Reason: reason, Note: comment}); err != nil {
			return err
		}
		if held && !r.Live() && r.Decision != Won {
			return s.admit(ctx, *r)
		}
		return nil
	})
}

// Recall takes a registration back that nobody of the supplier reviews yet.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict. Publishes EventRecalled.
func (s *Service) Recall(ctx context.Context, actor access.Actor, id ID) error {
	return s.deed(ctx, actor, access.DealWrite, id, Recall, "", "", nil)
}

// Withdraw gives a registration up before it is decided, or while it waits.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict. Publishes EventWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID) error {
	return s.deed(ctx, actor, access.DealWrite, id, Withdraw, "", "", nil)
}

// Lose ends a registration as lost, with a coded reason; "other" needs words.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict. Publishes EventLost.
func (s *Service) Lose(ctx context.Context, actor access.Actor, id ID, reason, comment string) error {
	return s.deed(ctx, actor, access.DealWrite, id, Lose, reason, comment, nil)
}

// Postpone takes an expired registration back into protection, once, for the time of an
// extension: it is what the holder may do without asking.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not expired, its grace is over,
// or done before). Publishes EventPostponed.
func (s *Service) Postpone(ctx context.Context, actor access.Actor, id ID) error {
	return s.deed(ctx, actor, access.DealWrite, id, Postpone, "", "", func(ctx context.Context, r *Registration) error {
		if !r.Guard.Grace.After(db.Now(ctx)) {
			return fault.New(fault.Conflict, "deal.grace_over")
		}
		r.Postponed = true
		return s.longer(ctx, r)
	})
}

// longer prolongs a protection by the time of an extension, from its end or from now.
func (s *Service) longer(ctx context.Context, r *Registration) error {
	t, err := termsOf(ctx, r.Supplier)
	if err != nil {
		return err
	}
	from := r.Guard.Until
	if now := db.Now(ctx); from.Before(now) {
		from = now
	}
	until, err := s.calendar.Close(ctx, r.Registrant, from.AddDate(0, 0, t.ExtendDays))
	if err != nil {
		return err
	}
	r.Guard.Until, r.Guard.Grace, r.kept.warned, r.kept.holds = until, time.Time{}, 0, false
	return nil
}

// Ask asks for an extension of a protection, with words for the supplier.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (no words), Conflict (not
// protected, asked already, or none left). Publishes EventAsked.
func (s *Service) Ask(ctx context.Context, actor access.Actor, id ID, why string) error {
	why = strings.TrimSpace(why)
	return s.step(ctx, actor, access.DealWrite, id, func(ctx context.Context, r *Registration) error {
		t, err := termsOf(ctx, r.Supplier)
		if err != nil {
			return err
		}
		switch {
		case why == "":
			return fault.InvalidField("why", "form.missing")
		case len(why) > 1000:
			return fault.InvalidField("why", "form.too_long", "Most", 1000)
		case !r.Asked.At.IsZero():
			return fault.New(fault.Conflict, "deal.asked")
		case r.Decision == Protected && r.Extensions >= t.Extensions:
			return fault.New(fault.Conflict, "deal.no_more", "Most", t.Extensions)
		case !r.CanAsk(t.Extensions):
			return fault.New(fault.Conflict, "deal.not_now", "State", string(r.State()))
		}
		now := db.Now(ctx)
		if r.Review, err = s.calendar.Clock(ctx, r.Supplier, now, t.DecideHours); err != nil {
			return err
		}
		r.Asked = Asked{now, actor.Person, why}
		return s.aside(ctx, actor, r, Ask, EventAsked, Event{Due: r.Review.Due}, Entry{Note: why})
	})
}

// aside stores a deed that leaves the position as it is.
func (s *Service) aside(ctx context.Context, actor access.Actor, r *Registration, d Deed, kind string, x Event, e Entry) error {
	if err := save(ctx, r); err != nil {
		return err
	}
	e.Kind, e.From, e.To, e.At = string(d), r.State(), r.State(), db.Now(ctx)
	if actor.Person != "" {
		e.Org, e.Person, x.Org, x.Person = actor.Org, actor.Person, actor.Org, actor.Person
	}
	x.Reason = e.Reason
	if err := insertEntry(ctx, r.ID, e); err != nil {
		return err
	}
	if err := s.publish(ctx, kind, *r, x); err != nil {
		return err
	}
	return note(ctx, actor, "deal."+string(d), "deal", string(r.ID))
}
