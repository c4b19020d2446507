package deal

import (
	"context"
	"errors"
	"time"

	"entente/db"
	"entente/prm/access"
)

// tickBatch bounds one pass.
const tickBatch = 200

// Tick does what clocks ask for: says that a decision is overdue, warns before a
// protection ends, lets it expire, and releases it after its grace. An order in hand
// keeps it meanwhile. It may run late or twice: every registration is looked at anew in a
// transaction of its own. more says that there was more than one pass takes.
func (s *Service) Tick(ctx context.Context) (more bool, err error) {
	var ids []ID
	err = s.db.View(ctx, func(ctx context.Context) (err error) {
		ids, err = due(ctx, db.Micros(db.Now(ctx)), tickBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	var errs []error
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := s.tick(ctx, id); err != nil {
			errs = append(errs, err) // the others go on
		}
	}
	return len(ids) == tickBatch && len(errs) == 0, errors.Join(errs...)
}

func (s *Service) tick(ctx context.Context, id ID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		r, ok, err := byID(ctx, id)
		if err != nil || !ok {
			return err
		}
		now := db.Now(ctx)
		if n := r.next(); n.IsZero() || n.After(now) {
			if r.kept.look.Equal(n) {
				return nil // somebody was faster
			}
			return save(ctx, &r) // it looks at the wrong time
		}
		actor := access.System("deals", r.Supplier)
		was := r.State()
		switch {
		case r.Pen == PenSubmitted || r.Pen == PenReview:
			r.kept.late = true
			if err := save(ctx, &r); err != nil {
				return err
			}
			return s.publish(ctx, EventOverdue, r, Event{Due: r.Review.Due})
		case r.Decision == Expired:
			if err := r.move(Release); err != nil {
				return err
			}
			r.Asked = Asked{}
			if err := s.told(ctx, actor, &r, was, Release, Entry{}); err != nil {
				return err
			}
			return s.admit(ctx, r)
		case r.Guard.Until.After(now):
			return s.warn(ctx, &r, now)
		case r.Sums.Open > 0: // what is ordered and not invoiced keeps it
			told := r.kept.holds
			if r.Guard.Until, err = s.calendar.Close(ctx, r.Registrant, now.AddDate(0, 0, 7)); err != nil {
				return err
			}
			r.kept.holds, r.kept.warned = true, warnings[len(warnings)-1]
			if err := save(ctx, &r); err != nil || told {
				return err
			}
			return s.publish(ctx, EventHeld, r, Event{Due: r.Guard.Until})
		}
		t, err := termsOf(ctx, r.Supplier)
		if err != nil {
			return err
		}
		if err := r.move(Expire); err != nil {
			return err
		}
		if r.Guard.Grace, err = s.calendar.Close(ctx, r.Registrant, now.AddDate(0, 0, t.GraceDays)); err != nil {
			return err
		}
		return s.told(ctx, actor, &r, was, Expire, Entry{})
	})
}

// warn says that a protection ends soon.
func (s *Service) warn(ctx context.Context, r *Registration, now time.Time) error {
	for _, days := range warnings {
		if !now.Before(r.Guard.Until.AddDate(0, 0, -days)) {
			r.kept.warned = days
		}
	}
	if err := save(ctx, r); err != nil {
		return err
	}
	return s.publish(ctx, EventWarned, *r, Event{Due: r.Guard.Until, Percent: r.Percent()})
}
