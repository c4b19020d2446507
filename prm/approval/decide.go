package approval

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/blanket"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
	"entente/prm/quote"
	"entente/prm/settle"
	"entente/prm/trade"
)

// Approve approves every open step of a request that the actor may decide. The last one
// carries out what was asked for, as it was asked for, in the same transaction: what can no
// longer be done is the answer, and the request stays. Safe to repeat by the same person.
// Codes: NotFound, Forbidden (not an approver of it), Conflict (it is decided; what it asks
// for can no longer be done), Invalid (likewise).
// Publishes Stepped or Decided.
func (s *Service) Approve(ctx context.Context, actor access.Actor, id ID) (Request, error) {
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, steps, err := s.locked(ctx, actor, id, access.ApprovalDecide)
		if err != nil {
			return err
		}
		if r.State != Waiting {
			if r.State == Granted && slices.ContainsFunc(steps, func(st Step) bool { return st.DecidedBy == actor.Person }) {
				return nil
			}
			return fault.New(fault.Conflict, "approval.decided", "State", r.State)
		}
		mine, left := 0, 0
		for i := range steps {
			st := &steps[i]
			if !st.Decided.IsZero() {
				continue
			}
			ok, err := s.entitled(ctx, actor, r, *st)
			if err != nil {
				return err
			}
			if !ok {
				left++
				continue
			}
			mine++
			if err := decideStep(ctx, r.ID, st.Position, actor.Person); err != nil {
				return err
			}
		}
		if mine == 0 {
			if slices.ContainsFunc(steps, func(st Step) bool { return st.DecidedBy == actor.Person }) {
				return nil // said before
			}
			return s.notYours(actor, r, steps)
		}
		if left > 0 {
			return s.tell(ctx, actor, r, "approval.step", Stepped)
		}
		r.State, r.Decided, r.DecidedBy = Granted, db.Micros(db.Now(ctx)), actor.Person
		if r.MadeID, err = s.carryOut(ctx, actor, r); err != nil {
			return err
		}
		if ok, err := decide(ctx, r); err != nil || !ok {
			return cmp.Or[error](err, fault.New(fault.Conflict, "error.conflict"))
		}
		return s.tell(ctx, actor, r, "approval.grant", Decided)
	})
	if err != nil {
		return Request{}, err
	}
	return s.Get(ctx, actor, id)
}

// notYours says why the actor cannot decide.
func (s *Service) notYours(actor access.Actor, r requestRow, steps []Step) error {
	for _, st := range steps {
		if st.Decided.IsZero() && st.FourEyes && r.AskedBy == actor.Person && (st.Person == actor.Person || st.Person == "" && actor.Has(st.Role)) {
			return fault.New(fault.Forbidden, "approval.four_eyes")
		}
	}
	return fault.New(fault.Forbidden, "approval.not_yours")
}

// Refuse refuses a request, in words for who asked; of an order that came in they are the
// reason that its buyer is told. Whoever may decide an open step may refuse.
// Codes: NotFound, Forbidden, Conflict (decided), Invalid (no reason).
// Publishes Decided.
func (s *Service) Refuse(ctx context.Context, actor access.Actor, id ID, reason string) (Request, error) {
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, steps, err := s.locked(ctx, actor, id, access.ApprovalDecide)
		if err != nil {
			return err
		}
		if r.State != Waiting {
			return fault.New(fault.Conflict, "approval.decided", "State", r.State)
		}
		may := false
		for _, st := range steps {
			if st.Decided.IsZero() && !may {
				if may, err = s.entitled(ctx, actor, r, st); err != nil {
					return err
				}
			}
		}
		if !may {
			return s.notYours(actor, r, steps)
		}
		most := 300
		if r.Kind == KindIncoming {
			most = 80 // it goes out as the reason of the answer
		}
		if r.Reason = bounded(reason, most); r.Reason == "" {
			return fault.InvalidField("reason", "approval.reason")
		}
		r.State, r.Decided, r.DecidedBy = Refused, db.Micros(db.Now(ctx)), actor.Person
		if ok, err := decide(ctx, r); err != nil || !ok {
			return cmp.Or[error](err, fault.New(fault.Conflict, "error.conflict"))
		}
		if r.Kind == KindIncoming {
			if err := s.trade.Disapproved(ctx, s.house(actor, r), trade.OrderID(r.SubjectID), r.Reason); err != nil {
				return err
			}
		}
		return s.tell(ctx, actor, r, "approval.refuse", Decided)
	})
	if err != nil {
		return Request{}, err
	}
	return s.Get(ctx, actor, id)
}

// Withdraw takes a request back: whoever asked, or who may decide. An order that came in
// cannot be taken back. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (decided).
// Publishes Ended.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID) error {
	return s.end(ctx, actor, id, []string{Waiting}, Withdrawn)
}

// Replace notes that a request that was refused or taken back was edited and asked for
// again. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (it still waits, or was granted).
func (s *Service) Replace(ctx context.Context, actor access.Actor, id ID) error {
	return s.end(ctx, actor, id, []string{Refused, Withdrawn}, Replaced)
}

func (s *Service) end(ctx context.Context, actor access.Actor, id ID, from []string, to string) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, _, err := s.locked(ctx, actor, id, access.ApprovalRead)
		switch {
		case err != nil:
			return err
		case r.Kind == KindIncoming || r.AskedBy != actor.Person && !actor.Has(access.Admin):
			return fault.New(fault.Forbidden, "approval.not_asked")
		case r.State == to:
			return nil
		case !slices.Contains(from, r.State):
			return fault.New(fault.Conflict, "approval.decided", "State", r.State)
		}
		was := r.State
		r.State = to
		if was == Waiting {
			r.Decided, r.DecidedBy = db.Micros(db.Now(ctx)), actor.Person
		}
		if ok, err := move(ctx, r, was); err != nil || !ok {
			return cmp.Or[error](err, fault.New(fault.Conflict, "error.conflict"))
		}
		return s.tell(ctx, actor, r, "approval."+to, Ended)
	})
}

// locked reads a request for a decision; on PostgreSQL its row is locked.
func (s *Service) locked(ctx context.Context, actor access.Actor, id ID, act access.Action) (requestRow, []Step, error) {
	r, err := requestByID(ctx, id, true)
	if err == nil {
		err = access.Check(actor, act, access.Own(r.OrgID))
	}
	if err != nil {
		return r, nil, err
	}
	steps, err := stepsOf(ctx, r.ID)
	return r, steps[r.ID], err
}

// house acts for a person whose approval carries the right to the deed itself.
func (s *Service) house(actor access.Actor, r requestRow) access.Actor {
	h := access.System("approval", r.OrgID)
	h.Person = actor.Person
	return h
}

// carryOut does what was asked for, in the name of who asked: approval is a right to let
// go, not to order.
func (s *Service) carryOut(ctx context.Context, actor access.Actor, r requestRow) (string, error) {
	asker := s.house(actor, r)
	asker.Person = r.AskedBy
	switch r.Kind {
	case KindOrder:
		var cmd trade.PlaceCmd
		if err := json.Unmarshal([]byte(r.Content), &cmd); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		cmd.Approval, cmd.Key = r.ID, "approval:"+r.ID
		got, err := s.trade.Place(ctx, asker, cmd)
		return string(got.Order), err
	case KindChange:
		var cmd trade.AskCmd
		if err := json.Unmarshal([]byte(r.Content), &cmd); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		cmd.Approval, cmd.Key = r.ID, "approval:"+r.ID
		_, err := s.trade.AskChange(ctx, asker, trade.OrderID(r.SubjectID), cmd)
		return r.SubjectID, err
	case KindCallOff:
		var cmd blanket.CallOffCmd
		if err := json.Unmarshal([]byte(r.Content), &cmd); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		cmd.Approval, cmd.Most = r.ID, money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}
		got, err := s.blankets.CallOff(ctx, asker, trade.OrderID(r.SubjectID), cmd)
		return string(got.Order), err
	case KindAnswer:
		var cmd trade.ConfirmCmd
		if err := json.Unmarshal([]byte(r.Content), &cmd); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		cmd.Approval = r.ID
		_, err := s.trade.Confirm(ctx, asker, trade.OrderID(r.SubjectID), cmd)
		return r.SubjectID, err
	case KindGrant:
		var g granted
		if err := json.Unmarshal([]byte(r.Content), &g); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		g.Answer.Approval = r.ID
		_, err := s.trade.AnswerChange(ctx, asker, g.Change, g.Answer)
		return r.SubjectID, err
	case KindIncoming:
		return r.SubjectID, s.trade.Approved(ctx, s.house(actor, r), trade.OrderID(r.SubjectID))
	case KindQuote:
		var cmd quote.Cmd
		if err := json.Unmarshal([]byte(r.Content), &cmd); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		if cmd.Approval = r.ID; cmd.Key == "" { // else the same post again is this quote
			cmd.Key = "approval:" + r.ID
		}
		got, err := s.quotes.Offer(ctx, asker, cmd)
		return string(got.ID), err
	case KindPromo:
		var k promo.Kept
		if err := json.Unmarshal([]byte(r.Content), &k); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		_, err := s.promos.LetGo(ctx, asker, r.ID, k)
		return r.SubjectID, err
	case KindInvoice:
		var cmd settle.ApproveCmd
		if err := json.Unmarshal([]byte(r.Content), &cmd); err != nil {
			return "", fault.Wrap(err, fault.Internal, "error.internal")
		}
		cmd.Approval = r.ID
		_, err := s.settle.Approve(ctx, s.house(actor, r), trade.InvoiceID(r.SubjectID), cmd)
		return r.SubjectID, err
	}
	return "", fault.New(fault.Internal, "error.internal")
}
