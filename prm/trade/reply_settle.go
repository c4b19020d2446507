package trade

import (
	"context"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// ReplyPage is a page of replies, newest first, without contents.
type ReplyPage struct {
	Items []Reply
	Next  string // "" at the end
}

// Replies lists the replies that wait for their order or for a person, of the actor's
// company, newest first. after is the cursor of the page before, limit 1 to 200.
// Codes: Forbidden.
func (s *Service) Replies(ctx context.Context, actor access.Actor, after string, limit int) (ReplyPage, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return ReplyPage{}, err
	}
	limit = pageSize(limit)
	w, err := newWindow("", "", after)
	if err != nil {
		return ReplyPage{}, err
	}
	var out ReplyPage
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = ReplyPage{}
		rows, err := openReplies(ctx, scope, w, limit+1)
		if err != nil {
			return err
		}
		for i := range rows[:min(limit, len(rows))] {
			out.Items = append(out.Items, rows[i].seenBy(actor))
		}
		if len(rows) > limit {
			out.Next = at{rows[limit-1].Made, rows[limit-1].ID}.text()
		}
		return nil
	})
	return out, err
}

// GetReply returns one reply. Codes: NotFound.
func (s *Service) GetReply(ctx context.Context, actor access.Actor, id ReplyID) (Reply, error) {
	var out Reply
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := replyByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err == nil && !r.visible(actor) {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		out = r.seenBy(actor)
		return err
	})
	if err != nil {
		return Reply{}, err
	}
	return out, nil
}

// ReplyOf returns the reply that a response, shipment or invoice was made from.
// Codes: NotFound (made here, or not of the actor's company).
func (s *Service) ReplyOf(ctx context.Context, actor access.Actor, made string) (Reply, error) {
	if _, err := access.List(actor, access.OrderRead); err != nil {
		return Reply{}, err
	}
	var out Reply
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := replyOf(ctx, made)
		if err == nil && r == nil {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err == nil {
			out = r.seenBy(actor)
		}
		return err
	})
	return out, err
}

// RetryReply books a reply that is held or waits, now that what was in the way may be
// mended. It comes back as it stands then: booked, or held for the same or another
// reason.
// Codes: NotFound, Forbidden, Conflict (it is settled, or the partnership not active).
func (s *Service) RetryReply(ctx context.Context, actor access.Actor, id ReplyID) (Reply, error) {
	return s.settleReply(ctx, actor, id, func(ctx context.Context, t terms, r *replyRow) error {
		r.SettledBy, r.SettledOrg = actor.Person, actor.Org
		return s.retry(ctx, t, r)
	})
}

// DiscardReply says that a reply is not to be booked, and why. The document and its
// interchange stay as they are.
// Codes: NotFound, Forbidden, Invalid (no reason), Conflict (it is settled).
func (s *Service) DiscardReply(ctx context.Context, actor access.Actor, id ReplyID, reason string) (Reply, error) {
	return s.settleReply(ctx, actor, id, func(ctx context.Context, _ terms, r *replyRow) error {
		if r.Note = bounded(strings.TrimSpace(reason), 300); r.Note == "" {
			return fault.InvalidField("reason", "trade.reply_reason")
		}
		r.Outcome, r.Settled, r.SettledBy, r.SettledOrg = string(Discarded), db.Micros(db.Now(ctx)), actor.Person, actor.Org
		if err := saveReply(ctx, r); err != nil {
			return err
		}
		return s.tell(ctx, actor, r)
	})
}

func (s *Service) settleReply(ctx context.Context, actor access.Actor, id ReplyID, fn func(context.Context, terms, *replyRow) error) (Reply, error) {
	var out Reply
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := replyByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.OrderResolve, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		if r, err = lockReply(ctx, r.ID); err != nil {
			return err
		}
		if !r.visible(actor) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if !r.reply().Open() {
			return fault.New(fault.Conflict, "trade.reply_settled", "Outcome", r.Outcome)
		}
		t, err := s.active(ctx, r.PartnershipID)
		if err != nil {
			return err
		}
		err = fn(ctx, t, &r)
		out = r.seenBy(actor)
		return err
	})
	if err != nil {
		return Reply{}, err
	}
	return out, nil
}

// retry tries a reply again, on its sender's behalf, and says that it was settled if
// it is booked now.
func (s *Service) retry(ctx context.Context, t terms, r *replyRow) error {
	in, err := r.incoming()
	if err != nil {
		return err
	}
	actor := r.system()
	if err := s.place(ctx, actor, t, r, in); err != nil {
		return err
	}
	if r.reply().Open() || Outcome(r.Outcome) == Duplicate {
		return nil
	}
	r.Settled = db.Micros(db.Now(ctx))
	if err := saveReply(ctx, r); err != nil {
		return err
	}
	return s.tell(ctx, actor, r)
}

// BookWaiting books what waited for an order that arrived. It is safe to repeat. The
// actor is the system of one of the two companies.
// Codes: NotFound, Forbidden.
func (s *Service) BookWaiting(ctx context.Context, actor access.Actor, id OrderID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, err := orderByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(o.SupplierID, o.ResellerID))
		}
		if err == nil && actor.Person != "" {
			err = fault.New(fault.Forbidden, "error.forbidden")
		}
		if err != nil {
			return err
		}
		rows, err := repliesWanting(ctx, o.SupplierID, o.ResellerID, o.Number)
		if err != nil {
			return err
		}
		return s.retryAll(ctx, rows)
	})
}

// AskWaiting books what waits although its order is there, and holds what waited in
// vain, so that people are asked. It runs on a schedule.
func (s *Service) AskWaiting(ctx context.Context) error {
	for range 100 {
		var n int
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			rows, err := repliesDue(ctx, db.Micros(db.Now(ctx)), 50)
			n = len(rows)
			if err != nil {
				return err
			}
			return s.retryAll(ctx, rows)
		})
		if err != nil || n < 50 {
			return err
		}
	}
	return nil // the next run goes on
}

func (s *Service) retryAll(ctx context.Context, rows []replyRow) error {
	for i := range rows {
		r, err := lockReply(ctx, rows[i].ID)
		if err != nil {
			return err
		}
		if !r.reply().Open() {
			continue
		}
		t, err := termsOf(ctx, r.PartnershipID)
		if err != nil {
			return err
		}
		ctx := db.WithOrgs(ctx, r.SupplierID, r.ResellerID)
		if t.State != "active" { // nothing is booked any more: people are asked
			r.Outcome = string(HeldBack)
			if err := saveReply(ctx, &r); err != nil {
				return err
			}
			if err := s.tell(ctx, r.system(), &r); err != nil {
				return err
			}
			continue
		}
		if err := s.retry(ctx, t, &r); err != nil {
			return err
		}
	}
	return nil
}
