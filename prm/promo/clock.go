package promo

import (
	"context"
	"errors"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// advance takes a promotion as far as its dates say and sets when to look again. It may
// run late, early or twice: what was done is not done again.
func (s *Service) advance(ctx context.Context, r *row, seats []Seat) error {
	now := db.Now(ctx)
	from, until := Terms{From: r.FromOn, Until: r.UntilOn, Zone: r.Zone}.window()
	if State(r.State) == Agreed && !from.After(now) {
		r.State = string(Running)
		if err := s.step(ctx, *r, seats, "started", EventStarted); err != nil {
			return err
		}
	}
	if State(r.State) == Running && !until.After(now) {
		r.State = string(Ended)
		if r.OpenNo != 0 { // a change nobody answered in time
			if err := s.restore(ctx, r, seats); err != nil {
				return err
			}
		}
		if err := s.step(ctx, *r, seats, "ended", EventEnded); err != nil {
			return err
		}
	}
	if State(r.State) == Proposed && !until.After(now) {
		if err := s.cancel(ctx, r, seats, "", "", ReasonNotAgreed); err != nil {
			return err
		}
	}
	next := time.Time{}
	switch State(r.State) {
	case Agreed:
		next = from
	case Proposed, Running:
		next = until
	}
	r.NextAt = 0
	if !next.IsZero() {
		r.NextAt = db.Micros(next)
	}
	return nil
}

func (s *Service) step(ctx context.Context, r row, seats []Seat, kind, event string) error {
	if err := addLog(ctx, r.ID, "", kind, "", "", 0, ""); err != nil {
		return err
	}
	return s.tell(ctx, event, r, seats, "", "")
}

// tickBatch bounds one pass.
const tickBatch = 200

// Tick starts and ends promotions whose time has come, each in a transaction of its own.
// It runs on a schedule, late or twice.
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
		if err != nil {
			return err
		}
		if r.NextAt == 0 || r.NextAt > db.Micros(db.Now(ctx)) {
			return nil // somebody was faster
		}
		seats, err := seatsOf(ctx, r.ID)
		if err != nil {
			return err
		}
		if err := s.advance(ctx, &r, seats); err != nil {
			return err
		}
		return save(ctx, &r)
	})
}

// AddTask gives a company something to do by a day. The owner gives tasks to all who take
// part, the others to themselves. Codes: NotFound, Forbidden, Invalid, Conflict (it is
// over). Publishes EventTask.
func (s *Service) AddTask(ctx context.Context, actor access.Actor, id ID, org, title, due string) (Task, error) {
	var out Task
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoTask, id, true)
		if err != nil {
			return err
		}
		if State(r.State).Over() {
			return fault.New(fault.Conflict, "promo.over", "State", r.State)
		}
		if org == "" {
			org = actor.Org
		}
		title = bounded(title, 200)
		bad := fault.New(fault.Invalid, "form.invalid")
		if title == "" {
			bad.With("title", "form.missing")
		}
		if w := resale(title); w != "" {
			bad.With("title", "promo.resale_price", "Words", w)
		}
		if due != "" && !civil(due) {
			bad.With("due", "form.date")
		}
		seat := Seat{}
		for _, x := range seats {
			if x.Org == org && x.State != Dropped && x.State != Declined {
				seat = x
			}
		}
		if org != actor.Org && (actor.Org != r.OwnerID || seat.ID == "") || org == actor.Org && actor.Org != r.OwnerID && seat.ID == "" {
			bad.With("org", "promo.partner_unknown")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		t := taskRow{ID: db.NewID(), PromotionID: r.ID, OwnerID: r.OwnerID, OrgID: org, Title: title, Due: due, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx))}
		if err := insertTask(ctx, &t); err != nil {
			return err
		}
		out = t.task()
		if err := note(ctx, actor, "promotion.task", r.ID); err != nil {
			return err
		}
		if seat.ID == "" {
			return nil
		}
		return s.publish(ctx, EventTask, Event{Promotion: id, Seat: seat.ID, Owner: r.OwnerID, Company: org, Org: actor.Org})
	})
	return out, err
}

// DoTask ticks a task off, or not. Safe to repeat. Codes: NotFound, Forbidden.
func (s *Service) DoTask(ctx context.Context, actor access.Actor, task string, done bool) (ID, error) {
	var id ID
	err := s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := access.List(actor, access.PromoTask); err != nil {
			return err
		}
		t, err := taskByID(ctx, task)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.PromoTask, access.Resource{Owner: t.OwnerID, Members: []string{t.OrgID}}); err != nil {
			return err
		}
		id = ID(t.PromotionID)
		if (t.Done != 0) == done {
			return nil
		}
		if err := tickTask(ctx, task, done, actor.Person); err != nil {
			return err
		}
		return note(ctx, actor, "promotion.task", t.PromotionID)
	})
	return id, err
}
