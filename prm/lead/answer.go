package lead

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Open notes that somebody of the partner looked at an offer. Safe to repeat; on an
// offer that is past that, nothing happens.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Open(ctx context.Context, actor access.Actor, id OfferID) error {
	return s.step(ctx, actor, access.OfferAnswer, id, func(ctx context.Context, o *Offer) error {
		if o.State != OfferSent || !o.Answerable(db.Now(ctx)) {
			return nil
		}
		o.State, o.Opened, o.OpenedBy = OfferOpened, db.Now(ctx), actor.Person
		return store(ctx, o)
	})
}

// Accept takes an offered lead for the actor's company: it learns who the customer is,
// and the second clock starts. The same person may repeat it.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (a colleague answered first,
// who is named; its time is over; it was withdrawn).
// Publishes EventAccepted.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id OfferID) (Offer, error) {
	var out Offer
	err := s.step(ctx, actor, access.OfferAnswer, id, func(ctx context.Context, o *Offer) error {
		now := db.Now(ctx)
		if o.State.Held() && o.AnsweredBy == actor.Person {
			out = o.seen(actor.Org)
			return nil
		}
		if err := answerable(*o, now); err != nil {
			return err
		}
		l, ok, err := leadByID(ctx, o.Supplier, o.Lead)
		if err != nil {
			return err
		}
		if !ok || l.Offer != o.ID {
			return fault.New(fault.Internal, "error.internal", "Cause", "an offer that its lead does not know")
		}
		c, contact, err := s.customerOf(ctx, access.System("leads", l.Org), l.Draft)
		if err != nil {
			return err
		}
		o.unpause(now)
		o.Paused = 0 // what follows counts for the second clock
		if o.Convert, err = s.calendar.Clock(ctx, o.Reseller, now, o.kept.hours); err != nil {
			return err
		}
		if o.Opened.IsZero() {
			o.Opened, o.OpenedBy = now, actor.Person
		}
		o.State, o.Answered, o.AnsweredBy, o.Worked, o.Shared = OfferAccepted, now, actor.Person, now, shared(l, c, contact, o.Teaser.Direct)
		if err := store(ctx, o); err != nil {
			return err
		}
		l.State = Accepted
		if err := save(ctx, &l); err != nil {
			return err
		}
		e := o.event()
		e.Org, e.Person, e.Due = actor.Org, actor.Person, o.Convert.Due
		if err := s.publish(ctx, EventAccepted, e); err != nil {
			return err
		}
		out = o.seen(actor.Org)
		return note(ctx, actor, "lead.accept", "offer", string(id))
	})
	return out, err
}

// answerable says whether an offer can still be answered.
func answerable(o Offer, now time.Time) error {
	switch {
	case o.Answerable(now):
		return nil
	case o.State.Unanswered(), o.State == OfferExpired:
		return fault.New(fault.Conflict, "lead.expired", "Due", o.Accept.Due)
	case o.State == OfferWithdrawn:
		return fault.New(fault.Conflict, "lead.withdrawn")
	}
	return answered(o)
}

// Decline gives an offered lead back with a coded reason; "other" needs words. The same
// person may repeat it.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (reason), Conflict (as Accept).
// Publishes EventDeclined.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id OfferID, reason, comment string) error {
	comment = strings.TrimSpace(comment)
	return s.step(ctx, actor, access.OfferAnswer, id, func(ctx context.Context, o *Offer) error {
		if o.State == OfferDeclined && o.AnsweredBy == actor.Person {
			return nil
		}
		if err := validReason(reason, comment); err != nil {
			return err
		}
		if err := answerable(*o, db.Now(ctx)); err != nil {
			return err
		}
		o.Comment = comment
		return s.end(ctx, actor, o, OfferDeclined, EventDeclined, reason, func(ctx context.Context, l *Lead) error { return s.again(ctx, l, *o) })
	})
}

// Work notes something done about an accepted lead, and the day of the next step.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (the partner does not
// hold it).
func (s *Service) Work(ctx context.Context, actor access.Actor, id OfferID, kind, text, due string) (Activity, error) {
	text = strings.TrimSpace(text)
	var out Activity
	err := s.step(ctx, actor, access.OfferRead, id, func(ctx context.Context, o *Offer) error {
		act := access.OfferAnswer
		if actor.Org == o.Supplier {
			act = access.OfferManage
		}
		if err := access.Check(actor, act, o.Resource()); err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if !slices.Contains(Activities, kind) {
			bad.With("kind", "form.choice_wrong")
		}
		if len(text) > 2000 {
			bad.With("text", "form.too_long", "Most", 2000)
		}
		if kind == "note" && text == "" {
			bad.With("text", "form.missing")
		}
		if _, err := time.Parse(time.DateOnly, due); due != "" && err != nil {
			bad.With("due", "form.date")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if !o.State.Held() {
			return NotHeld()
		}
		out = Activity{ID: db.NewID(), Org: actor.Org, Person: actor.Person, Kind: kind, Text: text, Due: due, At: db.Now(ctx)}
		if err := insertActivity(ctx, *o, out); err != nil {
			return err
		}
		if actor.Org == o.Reseller {
			o.State, o.Worked = OfferWorking, out.At
			if err := store(ctx, o); err != nil {
				return err
			}
			if err := s.follow(ctx, *o, Working); err != nil {
				return err
			}
		}
		return note(ctx, actor, "lead.work", "offer", string(id))
	})
	return out, err
}

// follow gives the lead the state of its present offer.
func (s *Service) follow(ctx context.Context, o Offer, to State) error {
	l, ok, err := leadByID(ctx, o.Supplier, o.Lead)
	if err != nil || !ok || l.Offer != o.ID || l.State == to {
		return err
	}
	l.State = to
	return save(ctx, &l)
}

// Return gives an accepted lead back with a coded reason; it is offered to nobody
// without a person's decision.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (not held).
// Publishes EventReturned.
func (s *Service) Return(ctx context.Context, actor access.Actor, id OfferID, reason, comment string) error {
	return s.release(ctx, actor, id, reason, comment, OfferReturned, EventReturned, func(ctx context.Context, l *Lead) error { return s.free(ctx, l, Unplaced) })
}

// Lose ends an accepted lead as lost with a coded reason.
// Codes: as Return. Publishes EventLost.
func (s *Service) Lose(ctx context.Context, actor access.Actor, id OfferID, reason, comment string) error {
	return s.release(ctx, actor, id, reason, comment, OfferLost, EventLost, func(ctx context.Context, l *Lead) error {
		l.State, l.Reason = Lost, reason
		return save(ctx, l)
	})
}

func (s *Service) release(ctx context.Context, actor access.Actor, id OfferID, reason, comment string, to OfferState, kind string, then func(ctx context.Context, l *Lead) error) error {
	comment = strings.TrimSpace(comment)
	return s.step(ctx, actor, access.OfferAnswer, id, func(ctx context.Context, o *Offer) error {
		if o.State == to {
			return nil
		}
		if err := validReason(reason, comment); err != nil {
			return err
		}
		if !o.State.Held() {
			return NotHeld()
		}
		o.Comment = comment
		return s.end(ctx, actor, o, to, kind, reason, then)
	})
}

// Convert ends an accepted lead as what became the deal. Safe to repeat with the same
// deal.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not held, or another deal).
// Publishes EventConverted.
func (s *Service) Convert(ctx context.Context, actor access.Actor, id OfferID, deal string) error {
	return s.step(ctx, actor, access.OfferAnswer, id, func(ctx context.Context, o *Offer) error {
		if o.State == OfferConverted && o.Deal == deal {
			return nil
		}
		if !o.State.Held() || deal == "" {
			return NotHeld()
		}
		o.Deal = deal
		return s.end(ctx, actor, o, OfferConverted, EventConverted, "", func(ctx context.Context, l *Lead) error {
			l.State = Converted
			return save(ctx, l)
		})
	})
}

// NotHeld is the answer where a lead is not, or no longer, in the hands of the partner.
// Code: Conflict.
func NotHeld() error { return fault.New(fault.Conflict, "lead.not_held") }
