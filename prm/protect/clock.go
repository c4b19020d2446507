package protect

import (
	"context"
	"errors"

	"entente/db"
	"entente/prm/fault"
)

// tickBatch bounds one pass.
const tickBatch = 200

// Tick reckons the falls whose day has begun, reminds of what nobody answered and ends it, each
// in a transaction of its own. It runs on a schedule, late or twice.
func (s *Service) Tick(ctx context.Context) error {
	var errs []error
	for {
		var ids []ID
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			ids, err = due(ctx, db.Now(ctx), tickBatch)
			return err
		})
		if err != nil || len(ids) == 0 {
			return errors.Join(append(errs, err)...)
		}
		failed := len(errs)
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.tick(ctx, id); err != nil {
				errs = append(errs, err) // the others go on
			}
		}
		if len(ids) < tickBatch || len(errs) > failed {
			return errors.Join(errs...)
		}
	}
}

func (s *Service) tick(ctx context.Context, id ID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		r, err := byID(ctx, id, true)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		now := db.Micros(db.Now(ctx))
		if err != nil || r.NextAt == 0 || r.NextAt > now { // somebody was faster
			return err
		}
		p, err := pairOf(ctx, r.PartnershipID)
		if err != nil {
			return err
		}
		switch {
		case State(r.State) == Coming:
			return s.reckon(ctx, p, &r)
		case State(r.State) != Proposed || r.AnswerBy == 0:
			r.NextAt = 0
			return save(ctx, &r)
		case now < r.AnswerBy:
			r.Reminded, r.NextAt = now, r.AnswerBy
			if err := save(ctx, &r); err != nil {
				return err
			}
			return s.publish(ctx, EventReminded, r)
		}
		r.State, r.NextAt, r.AnswerBy = string(Lapsed), 0, 0
		if r.ProgramID != "" { // what was claimed before stays
			r.State = string(Claimed)
		}
		if err := save(ctx, &r); err != nil {
			return err
		}
		return s.publish(ctx, EventLapsed, r)
	})
}
