package gateway

import (
	"context"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// operate loads an interchange on which the actor may decide.
func operate(ctx context.Context, actor access.Actor, id string) (*interchangeRow, error) {
	r, err := interchangeByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return r, access.Check(actor, access.EDIResolve, r.resource())
}

// Hold stops an interchange until a person releases it: what was received and is not
// processed yet, or what the actor's company made and nobody fetched or delivers just now.
// Codes: NotFound, Forbidden, Conflict (too late, or held already).
func (s *Service) Hold(ctx context.Context, actor access.Actor, id string) error {
	if err := may(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := operate(ctx, actor, id)
		if err != nil {
			return err
		}
		ok := false
		switch {
		case r.Origin == OriginMade && r.SenderID != actor.Org:
			return fault.New(fault.Forbidden, "edi.sender_only")
		case r.Origin == OriginMade:
			if r.handed(db.Now(ctx)) {
				break // it is being put where it goes
			}
			ok, err = change(ctx, id, map[string]any{"delivery": DeliveryHeld}, "delivery = ? AND fence = ?", DeliveryWaiting, r.Fence)
		default:
			ok, err = change(ctx, id, map[string]any{"state": string(Held), "held": HeldByHand, "fence": r.Fence + 1}, "state = ? AND fence = ?", string(Received), r.Fence)
		}
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "edi.too_late")
		}
		return s.note(ctx, actor, "edi.hold", id, audit.Done)
	})
}

// Release sets free what Hold, or the gateway itself, stopped: it is processed, or lies
// in its receiver's outbox again.
// Codes: NotFound, Forbidden, Conflict (it is not held, its direction is not live, or it was
// held while it is being put where it goes).
func (s *Service) Release(ctx context.Context, actor access.Actor, id string) error {
	if err := may(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := operate(ctx, actor, id)
		if err != nil {
			return err
		}
		switch {
		case r.Origin == OriginSent && r.State == string(Held):
			return s.Resolve(ctx, actor, id, AnswerProcess)
		case r.Origin == OriginMade && r.SenderID != actor.Org:
			return fault.New(fault.Forbidden, "edi.sender_only")
		}
		if r.Delivery != DeliveryHeld {
			return fault.New(fault.Conflict, "edi.not_held")
		}
		if r.handed(db.Now(ctx)) {
			return fault.New(fault.Conflict, "edi.under_way")
		}
		t, err := s.termsAt(ctx, r.PartnershipID, db.Now(ctx))
		if err != nil {
			return err
		}
		switch r.Held {
		case HeldNoAccount:
			rerouted(r, t)
		case HeldNotLive:
			r.Held, err = HeldReleased, passes(ctx, r)
		}
		if err == nil {
			err = s.offer(ctx, r, t)
		}
		if err != nil {
			return err
		}
		ok, err := change(ctx, id, map[string]any{"delivery": r.Delivery, "way": r.Way, "network": r.Network, "delegate_id": r.DelegateID, "held": r.Held, "unclear": false}, "origin = ? AND delivery = ?", OriginMade, DeliveryHeld)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "edi.not_held")
		}
		return s.note(ctx, actor, "edi.release", id, audit.Done)
	})
}

// Reprocess judges an interchange again: one whose sets were all refused, if the receiver
// asks for it, by the agreement and its guides of today, or one that is parked or held, by
// those of the day it came, as it was never judged to its end. Nothing was booked of a
// refused one; its earlier acknowledgement stays, and another follows. An envelope that was refused stays refused: the file itself is wrong.
// Codes: NotFound, Forbidden, Conflict (it waits for nobody, or something was booked).
func (s *Service) Reprocess(ctx context.Context, actor access.Actor, id string) error {
	if err := may(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := operate(ctx, actor, id)
		if err != nil {
			return err
		}
		switch {
		case r.State == string(Failed) || r.State == string(Held):
			return s.Resolve(ctx, actor, id, AnswerProcess)
		case r.ReceiverID != actor.Org || r.Origin != OriginSent:
			return fault.New(fault.Forbidden, "edi.receiver_only")
		case r.State != string(Processed) || r.Result != ResultRejected || r.Held == HeldDiscarded:
			return fault.New(fault.Conflict, "edi.not_refused")
		case r.doomed():
			return fault.New(fault.Conflict, "edi.envelope_refused")
		}
		ok, err := change(ctx, id, map[string]any{
			"state": string(Received), "result": "", "sets_done": int64(0), "next_at": db.Micros(db.Now(ctx)), "attempts": int64(0), "last_error": "", "processed": int64(0), "fence": r.Fence + 1, "judged_at": db.Micros(db.Now(ctx)),
		}, "state = ? AND result = ? AND fence = ?", string(Processed), ResultRejected, r.Fence)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "edi.not_refused")
		}
		if err := forgetSets(ctx, id); err != nil {
			return err
		}
		if err := s.wakeUp(ctx); err != nil {
			return err
		}
		return s.note(ctx, actor, "edi.reprocess", id, audit.Done)
	})
}

// Resend brings what the actor's company sent to its receiver once more, the same bytes
// under the same control number, where nothing proves that it arrived. Where it did
// arrive the receiver would book it twice: ask for the acknowledgement instead.
// Codes: NotFound, Forbidden, Conflict (it is proved, acknowledged, or on its way, or there is
// no account at its network any more).
func (s *Service) Resend(ctx context.Context, actor access.Actor, id string) error {
	if err := may(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := operate(ctx, actor, id)
		if err != nil {
			return err
		}
		if r.SenderID != actor.Org || r.Origin != OriginMade {
			return fault.New(fault.Forbidden, "edi.sender_only")
		}
		if r.Acknowledged != "" || r.Advised != "" || r.Delivery != DeliveryUnproved && r.Delivery != DeliveryFailed {
			return fault.New(fault.Conflict, "edi.proved")
		}
		if r.Delivery == DeliveryUnproved && r.handed(db.Now(ctx)) {
			return fault.New(fault.Conflict, "edi.under_way")
		}
		carried := false
		if s.courier != nil {
			if carried, err = s.courier.Again(ctx, actor, r.view()); err != nil {
				return err
			}
		}
		if !carried {
			if r.Network != "" && r.Way == RouteUsual {
				if there, err := accountAt(ctx, actor.Org, r.Network); err != nil {
					return err
				} else if !there {
					return fault.New(fault.Conflict, "edi.no_account", "Network", r.Network)
				}
			}
			ok, err := change(ctx, id, map[string]any{"delivery": DeliveryWaiting, "way": r.outbox(), "attempts": 0, "last_error": "", "next_at": 0, "unclear": false}, "delivery = ?", r.Delivery)
			if err != nil {
				return err
			}
			if !ok {
				return fault.New(fault.Conflict, "edi.proved")
			}
		}
		return s.note(ctx, actor, "edi.resend", id, audit.Done)
	})
}

// MayResend says whether Resend would, for the button.
func (i Interchange) MayResend() bool {
	return i.Origin == OriginMade && i.Acknowledged == "" && i.Advised == "" && (i.Delivery == DeliveryUnproved || i.Delivery == DeliveryFailed)
}

// MayReprocess says whether Reprocess would for its receiver.
func (m Message) MayReprocess() bool {
	return m.Origin == OriginSent && m.State == Processed && m.Result == ResultRejected && m.HeldFor != HeldDiscarded && !refused(m.Findings)
}
