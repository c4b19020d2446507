package lead

import (
	"context"
	"errors"
	"time"

	"entente/db"
	"entente/prm/access"
)

// next is when the clocks of an offer want to be looked at again; zero: never.
func (o Offer) next(warned int) time.Time {
	var out time.Time
	take := func(t time.Time) {
		if !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	clock := o.Convert
	switch {
	case o.Pause != nil:
		return o.Pause.Until
	case o.State.Unanswered():
		clock = o.Accept
	case o.State.Held():
		if o.State != OfferStale {
			take(o.Worked.Add(StaleAfter))
		}
	default:
		return out
	}
	if warned < 50 {
		take(clock.Half)
	}
	if warned < 80 {
		take(clock.Most)
	}
	take(clock.Due)
	return out
}

// tickBatch bounds one pass.
const tickBatch = 200

// Tick does what clocks ask for: warns at 50 and 80 %, lets unanswered offers expire
// and offers them to the next, marks accepted ones stale and takes back those that
// became nothing. It may run late or twice: every offer is looked at anew in a
// transaction of its own. more says that there was more than one pass takes.
func (s *Service) Tick(ctx context.Context) (more bool, err error) {
	var due []OfferID
	err = s.db.View(ctx, func(ctx context.Context) (err error) {
		due, err = dueOffers(ctx, db.Now(ctx), tickBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	var errs []error
	for _, id := range due {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := s.tick(ctx, id); err != nil {
			errs = append(errs, err) // the others go on
		}
	}
	return len(due) == tickBatch && len(errs) == 0, errors.Join(errs...)
}

func (s *Service) tick(ctx context.Context, id OfferID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		o, ok, err := offerByID(ctx, id)
		if err != nil || !ok {
			return err
		}
		now := db.Now(ctx)
		if n := o.kept.look; n.IsZero() || n.After(now) {
			return nil // somebody was faster
		}
		actor := access.System("leads", o.Supplier)
		switch {
		case o.Pause != nil:
			if o.Pause.Until.After(now) {
				return nil
			}
			return s.resume(ctx, actor, &o)
		case o.State.Unanswered() && !o.Accept.Due.After(now):
			return s.end(ctx, actor, &o, OfferExpired, EventExpired, "", func(ctx context.Context, l *Lead) error { return s.again(ctx, l, o) })
		case o.State.Held() && !o.Convert.Due.After(now):
			return s.end(ctx, actor, &o, OfferReclaimed, EventReclaimed, "", func(ctx context.Context, l *Lead) error { return s.free(ctx, l, Unplaced) })
		case o.State.Held() && o.State != OfferStale && !o.Worked.Add(StaleAfter).After(now):
			o.State = OfferStale
			if err := store(ctx, &o); err != nil {
				return err
			}
			return s.publish(ctx, EventStale, o.event())
		}
		clock := o.Convert
		if o.State.Unanswered() {
			clock = o.Accept
		}
		percent := 0
		switch {
		case !clock.Most.After(now):
			percent = 80
		case !clock.Half.After(now):
			percent = 50
		}
		told, err := warn(ctx, o, percent)
		if err != nil || !told {
			return err
		}
		e := o.event()
		e.Percent, e.Due = percent, clock.Due
		return s.publish(ctx, EventWarned, e)
	})
}
