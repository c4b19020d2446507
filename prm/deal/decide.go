package deal

import (
	"context"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Take takes a submitted registration into review by the actor.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (taken, recalled or decided).
// Publishes EventTaken.
func (s *Service) Take(ctx context.Context, actor access.Actor, id ID) error {
	return s.deed(ctx, actor, access.DealDecide, id, Take, "", "", func(_ context.Context, r *Registration) error {
		r.Reviewer = actor.Person
		return nil
	})
}

// Return gives a registration back to be completed, with a coded reason.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict. Publishes EventReturned.
func (s *Service) Return(ctx context.Context, actor access.Actor, id ID, reason, comment string) error {
	return s.deed(ctx, actor, access.DealDecide, id, Return, reason, comment, s.decided(actor))
}

// Reject refuses a registration with a coded reason.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict. Publishes EventRejected.
func (s *Service) Reject(ctx context.Context, actor access.Actor, id ID, reason, comment string) error {
	return s.deed(ctx, actor, access.DealDecide, id, Reject, reason, comment, s.decided(actor))
}

// Cancel ends a registration that is not over, with a coded reason.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict. Publishes EventCancelled.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id ID, reason, comment string) error {
	return s.deed(ctx, actor, access.DealDecide, id, CancelDeed, reason, comment, s.decided(actor))
}

func (s *Service) decided(actor access.Actor) func(ctx context.Context, r *Registration) error {
	return func(ctx context.Context, r *Registration) error {
		r.Decided, r.DecidedBy = db.Now(ctx), actor.Person
		return nil
	}
}

// MarkCopy says that a registration is for the same deal as another one of the actor's
// company. The registrant is told that it is a duplicate, never of what.
// Codes: Unauthenticated, NotFound (also the other one), Forbidden, Invalid (itself),
// Conflict. Publishes EventDuplicate.
func (s *Service) MarkCopy(ctx context.Context, actor access.Actor, id, of ID, comment string) error {
	return s.step(ctx, actor, access.DealDecide, id, func(ctx context.Context, r *Registration) error {
		if of == id {
			return fault.InvalidField("of", "form.choice_wrong")
		}
		o, err := load(ctx, actor, access.DealDecide, of)
		if err != nil {
			return err
		}
		reason := "same_deal"
		if o.Registrant == r.Registrant {
			reason = "same_registrant"
		}
		if err := pair(ctx, r.Supplier, id, []ID{of}); err != nil {
			return err
		}
		return s.deed(ctx, actor, access.DealDecide, id, MarkCopy, reason, comment, func(ctx context.Context, r *Registration) error {
			r.Against = of
			return s.decided(actor)(ctx, r)
		})
	})
}

// Wait lets a registration wait behind the one that is protected. It comes back into
// review when that one ends.
// Codes: Unauthenticated, NotFound (also the other one), Forbidden, Conflict (also: the
// other one is not protected). Publishes EventWaiting.
func (s *Service) Wait(ctx context.Context, actor access.Actor, id, behind ID) error {
	return s.step(ctx, actor, access.DealDecide, id, func(ctx context.Context, _ *Registration) error {
		if err := serial(ctx, actor.Org); err != nil {
			return err
		}
		o, err := load(ctx, actor, access.DealDecide, behind)
		if err != nil {
			return err
		}
		if o.ID == id || o.Decision != Protected && o.Decision != Expired {
			return fault.New(fault.Conflict, "deal.not_held")
		}
		if err := pair(ctx, o.Supplier, id, []ID{behind}); err != nil {
			return err
		}
		return s.deed(ctx, actor, access.DealDecide, id, Wait, "held", "", func(ctx context.Context, r *Registration) error {
			r.Against = behind
			return s.decided(actor)(ctx, r)
		})
	})
}

// serial lets the decisions of a supplier follow each other, so that two people do not
// protect two registrations of one deal at once.
func serial(ctx context.Context, supplier string) error {
	_, err := db.Next(ctx, "deal_decide:"+supplier)
	return err
}

// ApproveCmd protects a registration; a tender is registered only. Beside allows another
// partner's protected registration for the same customer, and says why: they are two
// projects.
type ApproveCmd struct {
	Deal    ID
	Beside  bool
	Comment string
}

// Approve protects a registration from now on.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (Beside without words), Conflict
// (out of order; another one is protected). Publishes EventProtected or EventRegistered.
func (s *Service) Approve(ctx context.Context, actor access.Actor, cmd ApproveCmd) error {
	cmd.Comment = strings.TrimSpace(cmd.Comment)
	if cmd.Beside && cmd.Comment == "" {
		return fault.InvalidField("comment", "form.missing")
	}
	if len(cmd.Comment) > 2000 {
		return fault.InvalidField("comment", "form.too_long", "Most", 2000)
	}
	return s.step(ctx, actor, access.DealDecide, cmd.Deal, func(ctx context.Context, r *Registration) error {
		if r.DecidedBy == actor.Person && (r.Decision == Protected || r.Decision == Registered) && r.Disputes == 0 {
			return nil
		}
		if err := serial(ctx, r.Supplier); err != nil {
			return err
		}
		was := r.State()
		if err := r.move(Approve); err != nil {
			return err
		}
		if r.Decision == Protected && !cmd.Beside {
			if err := free(ctx, *r); err != nil {
				return err
			}
		}
		if err := s.protect(ctx, actor, r); err != nil {
			return err
		}
		if err := s.told(ctx, actor, r, was, Approve, Entry{}); err != nil {
			return err
		}
		if cmd.Comment != "" { // why two stand beside each other is the supplier's own
			if err := insertEntry(ctx, r.ID, Entry{Kind: "beside", Org: actor.Org, Person: actor.Person, From: r.State(), To: r.State(), Note: cmd.Comment, At: db.Now(ctx), seen: "supplier"}); err != nil {
				return err
			}
		}
		return s.settle(ctx, r, nil, nil) // orders may have been faster
	})
}

// free refuses where another partner's registration for the deal is protected.
func free(ctx context.Context, r Registration) error {
	others, err := similar(ctx, r, mostSimilar)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.Sure() && (o.Decision == Protected || o.Decision == Expired) && o.Registrant != r.Registrant {
			return fault.New(fault.Conflict, "deal.other_protected", "Code", o.Code)
		}
	}
	return nil
}

// protect begins the clock of a registration.
func (s *Service) protect(ctx context.Context, actor access.Actor, r *Registration) error {
	t, err := termsOf(ctx, r.Supplier)
	if err != nil {
		return err
	}
	now := db.Now(ctx)
	until, err := s.calendar.Close(ctx, r.Registrant, now.AddDate(0, 0, t.ProtectDays))
	if err != nil {
		return err
	}
	r.guard(now, until)
	r.Decided, r.DecidedBy, r.Reason, r.Comment, r.Against = now, actor.Person, "", "", ""
	return nil
}

// Award gives a tender to one registration, which is protected from now on; the others
// of the same tender end, and are told no more than that it was decided.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict. Publishes EventProtected and,
// for each of the others, EventLost.
func (s *Service) Award(ctx context.Context, actor access.Actor, id ID) error {
	return s.step(ctx, actor, access.DealDecide, id, func(ctx context.Context, r *Registration) error {
		if r.Decision == Protected && r.Kind == KindTender {
			return nil
		}
		if err := serial(ctx, r.Supplier); err != nil {
			return err
		}
		was := r.State()
		if err := r.move(Award); err != nil {
			return err
		}
		if err := s.protect(ctx, actor, r); err != nil {
			return err
		}
		if err := s.told(ctx, actor, r, was, Award, Entry{}); err != nil {
			return err
		}
		others, err := tender(ctx, r.Supplier, r.Tender)
		if err != nil {
			return err
		}
		for _, o := range others {
			if o.ID == id || !o.Can(Pass) {
				continue
			}
			was := o.State()
			if err := o.move(Pass); err != nil {
				return err
			}
			o.Reason, o.Decided, o.DecidedBy = "not_awarded", db.Now(ctx), actor.Person
			if err := s.told(ctx, actor, &o, was, Pass, Entry{Reason: o.Reason}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Extend grants the extension that was asked for.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (none is asked). Publishes
// EventExtended.
func (s *Service) Extend(ctx context.Context, actor access.Actor, id ID) error {
	return s.step(ctx, actor, access.DealDecide, id, func(ctx context.Context, r *Registration) error {
		if r.Asked.At.IsZero() || r.Disputes > 0 || r.Decision != Protected && r.Decision != Expired {
			return fault.New(fault.Conflict, "deal.not_asked")
		}
		if r.Decision == Expired { // it was asked in time
			r.Decision = Protected
		}
		if err := s.longer(ctx, r); err != nil {
			return err
		}
		r.Asked, r.Extensions = Asked{}, r.Extensions+1
		return s.aside(ctx, actor, r, GrantMore, EventExtended, Event{Due: r.Guard.Until}, Entry{})
	})
}

// Deny refuses the extension that was asked for, with a coded reason.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict. Publishes EventDenied.
func (s *Service) Deny(ctx context.Context, actor access.Actor, id ID, reason, comment string) error {
	comment = strings.TrimSpace(comment)
	return s.step(ctx, actor, access.DealDecide, id, func(ctx context.Context, r *Registration) error {
		if err := reasoned(DenyMore, reason, comment); err != nil {
			return err
		}
		if r.Asked.At.IsZero() {
			return fault.New(fault.Conflict, "deal.not_asked")
		}
		r.Asked = Asked{}
		return s.aside(ctx, actor, r, DenyMore, EventDenied, Event{Due: r.Guard.Until}, Entry{Reason: reason, Note: comment})
	})
}
