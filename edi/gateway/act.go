package gateway

import (
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/fail"
	"entente/prm/access"
	"entente/prm/fault"
)

// Fetched takes one interchange off the outbox; a second call does nothing.
// Codes: NotFound.
func (s *Service) Fetched(ctx context.Context, actor access.Actor, id string) error {
	return s.taken(ctx, actor, id, RouteUsual, DeliveryFetched, RouteUsual, nil)
}

// taken takes one interchange off the outbox of the actor's company, or off what waits for
// another way to it: it fetched it, or it was delivered to its own server or folder. by is
// the way it took in the end. Who put it there did so under a claim: it is there then, also
// where it was held meanwhile.
func (s *Service) taken(ctx context.Context, actor access.Actor, id, way, delivery, by string, claimed *interchangeRow) error {
	if err := access.Check(actor, access.EDIFetch, access.Own(actor.Org)); err != nil {
		return err
	}
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := interchangeByID(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case r.Way == RouteNetwork && r.DelegateID == actor.Org: // the network has it now
			way, delivery, by = RouteNetwork, DeliveryMailbox, RouteNetwork
		case r.ReceiverID != actor.Org || r.Delivery == "" || r.Network != "" || r.Delivery == DeliveryWaiting && r.Way != way:
			return notFound()
		}
		where, args := "way = ? AND delivery = ?", []any{way, DeliveryWaiting}
		switch {
		case claimed != nil:
			where, args = "way = ? AND delivery IN ? AND fence = ?", []any{way, onItsWay, claimed.Fence}
		case r.refusedThere():
			where, args = "way = ? AND delivery = ? AND last_error = ? AND fence = ?", []any{way, DeliveryFailed, r.LastError, r.Fence}
		}
		values := r.there(db.Now(ctx), delivery)
		values["way"] = by
		ok, err := change(ctx, id, values, where, args...)
		if err != nil || !ok {
			return err
		}
		if err := startWait(ctx, r); err != nil {
			return err
		}
		fail.At(fail.FetchMarked)
		return s.note(ctx, actor, map[string]string{DeliveryFetched: "edi.fetch", DeliveryDelivered: "edi.deliver", DeliveryMailbox: "edi.deliver"}[delivery], id, audit.Done)
	})
	if err == nil {
		fail.At(fail.FetchDone)
	}
	return err
}

// onItsWay is the delivery of what somebody may be putting where it goes.
var onItsWay = []string{DeliveryWaiting, DeliveryHeld}

// refusedThere says that a document is parked since its receiver's own server would not have it,
// at each try: it is not there.
func (r *interchangeRow) refusedThere() bool {
	return r.Delivery == DeliveryFailed && r.Way == RouteUsual && r.Network == "" && !r.Unclear && slices.Contains(serverSaid, r.LastError)
}

// inDoubt says of a document that waits that it may be where it goes: a try had an open end, or
// whoever claimed it died without a word.
func (r *interchangeRow) inDoubt() bool {
	return r.Unclear || r.Fence > 0 && r.NextAt > 0 && r.LastError == ""
}

// there is what is kept of an interchange that is where it goes.
func (r *interchangeRow) there(now time.Time, delivery string) map[string]any {
	values := map[string]any{"delivery": delivery, "fetched": db.Micros(now), "last_error": "", "unclear": false}
	if r.Delivery == DeliveryHeld && r.Held != "" {
		values["held"] = HeldReleased
	}
	return values
}

// Resolve answers a held or parked interchange: AnswerProcess or AnswerDiscard.
// Codes: NotFound, Forbidden, Conflict when it does not wait for an answer, or is for
// production in a direction that is not live.
func (s *Service) Resolve(ctx context.Context, actor access.Actor, id, answer string) error {
	if err := may(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := interchangeByID(ctx, id)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.EDIResolve, r.resource()); err != nil {
			return err
		}
		now := db.Micros(db.Now(ctx))
		var values map[string]any
		switch answer {
		case AnswerProcess:
			if err := passes(ctx, r); err != nil {
				return err
			}
			values = map[string]any{"state": string(Received), "next_at": now, "attempts": 0, "last_error": ""}
			if r.Held != "" {
				values["held"] = HeldReleased
			}
		case AnswerDiscard:
			values = map[string]any{"state": string(Processed), "result": ResultRejected, "held": HeldDiscarded, "processed": now}
			if r.SetsDone > 0 { // some sets were stored and answered before it was parked
				values["result"] = ResultPartly
			}
		default:
			return fault.InvalidField("answer", "edi.answer_unknown", "Answer", answer)
		}
		values["fence"] = r.Fence + 1
		ok, err := change(ctx, id, values, "state IN ? AND fence = ?", []string{string(Held), string(Failed)}, r.Fence)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "edi.not_waiting", "State", r.State)
		}
		if answer == AnswerProcess {
			if err := s.wakeUp(ctx); err != nil {
				return err
			}
		}
		return s.note(ctx, actor, "edi.resolve."+answer, id, audit.Done)
	})
}

// Carried says what became of an interchange that the courier took, in the courier's
// transaction: DeliverySending, DeliveryDelivered, DeliveryUnproved, DeliveryFailed, or
// DeliveryWaiting to put it into the receiver's outbox after all. What the receiver
// fetched meanwhile stays fetched. The actor is of the sending company.
// Codes: NotFound.
func (s *Service) Carried(ctx context.Context, actor access.Actor, id, delivery string) error {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := interchangeByID(ctx, id)
		if err != nil {
			return err
		}
		if r.SenderID != actor.Org || r.Origin != OriginMade {
			return notFound()
		}
		arrived := delivery == DeliveryDelivered || delivery == DeliveryUnproved
		if delivery == DeliveryDelivered && r.Network != "" {
			delivery = DeliveryMailbox // the network has it, not yet its receiver
		}
		values := map[string]any{"delivery": delivery, "last_error": "", "next_at": 0} // what another way said of it is of the past
		if delivery == DeliveryWaiting {
			values["way"] = r.outbox()
		}
		if delivery == DeliveryDelivered || delivery == DeliveryMailbox {
			values["fetched"] = db.Micros(db.Now(ctx))
		}
		ok, err := change(ctx, id, values, "delivery <> ?", DeliveryFetched)
		if err != nil || !ok || !arrived {
			return err
		}
		return startWait(ctx, r)
	})
}

// Settled notes what became of a set later that waited or was held, in the business's
// transaction. The verdict on the set and its acknowledgement stay. The actor is the
// system of one of the two companies.
// Codes: NotFound, Forbidden (a person).
func (s *Service) Settled(ctx context.Context, actor access.Actor, interchange string, position int, out ReplyOut) error {
	if actor.Person != "" {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := interchangeByID(ctx, interchange)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.EDIRead, r.resource()); err != nil {
			return err
		}
		return settleSet(ctx, interchange, position, out)
	})
}
