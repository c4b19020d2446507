package quote

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Ask asks the supplier for a quote, or for another round of one: other quantities, other
// products, a special price. A repeated key gives the first quote again.
// Codes: Unauthenticated, NotFound, Forbidden (not the reseller), Conflict (the partnership
// is not active, another round than the one seen, it is decided, too many rounds), Invalid (a
// field per wrong line). Publishes EventRequested.
func (s *Service) Ask(ctx context.Context, actor access.Actor, cmd Cmd) (Quote, error) {
	return s.write(ctx, actor, Ask, access.QuoteWrite, cmd)
}

// Offer makes an offer: of its own accord, as the answer to a request, or in place of an
// offer that stands. What the supplier's own rules catch is kept back until it is approved:
// the answer then names the request, and the reseller learns of nothing.
// Codes: as Ask; Forbidden (not the supplier). Publishes EventOffered.
func (s *Service) Offer(ctx context.Context, actor access.Actor, cmd Cmd) (Quote, error) {
	return s.write(ctx, actor, Offer, access.QuoteOffer, cmd)
}

// write adds a round. Of two posts of one key at once the second finds the first.
func (s *Service) write(ctx context.Context, actor access.Actor, d Deed, act access.Action, cmd Cmd) (Quote, error) {
	out, err := s.round(ctx, actor, d, act, cmd)
	if cmd.Quote == "" && cmd.Key != "" && db.IsDuplicate(err) && !db.Joined(ctx) {
		out, err = s.round(ctx, actor, d, act, cmd)
	}
	return out, err
}

func (s *Service) round(ctx context.Context, actor access.Actor, d Deed, act access.Action, cmd Cmd) (Quote, error) {
	var out Quote
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, p, err := s.begin(ctx, actor, d, act, cmd, true)
		if err != nil {
			return err
		}
		if was.ID == "" && cmd.Key != "" {
			if q, ok, err := bySource(ctx, actor.Org, bounded(cmd.Key, 80)); err != nil || ok {
				out = q.seen(actor.Org)
				return err
			}
		}
		q := was
		q.Version = Version{Number: was.Round + 1, Org: actor.Org, Person: actor.Person, At: db.Now(ctx), Kind: map[Deed]string{Ask: KindRequest, Offer: KindOffer}[d]}
		if q.Terms, err = s.terms(ctx, p, cmd, d, was); err != nil {
			return err
		}
		if q.Hash, err = q.Terms.hash(); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		if was.ID == "" {
			q.Supplier, q.Reseller, q.Partnership, q.Currency = p.SupplierID, p.ResellerID, p.ID, money.Currency(p.Currency)
			q.Made, q.MadeBy, q.MadeOrg = q.At, actor.Person, actor.Org
		}
		if err := s.about(ctx, actor, &q, cmd); err != nil {
			return err
		}
		if cmd.Approval == "" {
			waits := was
			waits.OrderApproval = "" // what is offered may stand yet
			if err := s.overtaken(ctx, waits); err != nil {
				return err
			}
		}
		if d == Offer && s.approvals != nil && cmd.Approval == "" {
			id, err := s.approvals.Offering(ctx, actor, facts(q), was.ID, cmd)
			if err != nil {
				return err
			}
			if id != "" {
				was.OfferApproval = id
				out = was
				if was.ID == "" {
					return nil
				}
				return setOfferApproval(ctx, was.ID, id)
			}
		}
		was.OfferApproval = ""
		if err := s.overtaken(ctx, was); err != nil {
			return err
		}
		q.State, q.Round, q.Changed, q.OfferApproval, q.OrderApproval = steps[d].to, q.Version.Number, q.At, "", ""
		q.Reason, q.Comment, q.Decided, q.DecidedBy, q.DecidedOrg, q.Expires = "", "", time.Time{}, "", "", time.Time{}
		if d == Offer {
			if q.Expires, err = endOf(q.ValidUntil, p.Zone); err != nil {
				return fault.Wrap(err, fault.Internal, "error.internal")
			}
		}
		if err := s.keep(ctx, actor, was, &q, cmd.Key); err != nil {
			return err
		}
		out = q.seen(actor.Org)
		return s.told(ctx, actor, d, q, Event{Due: q.Expires})
	})
	if err != nil {
		return Quote{}, err
	}
	return out, nil
}

// begin reads what a round is added to, if the actor may add one; lock takes it, which a
// reading transaction cannot.
func (s *Service) begin(ctx context.Context, actor access.Actor, d Deed, act access.Action, cmd Cmd, lock bool) (Quote, pair, error) {
	if cmd.Quote == "" {
		p, err := pairOf(ctx, cmd.Partnership)
		if err == nil {
			err = access.Check(actor, act, access.Shared(p.SupplierID, p.ResellerID))
		}
		if err == nil && p.State != "active" {
			err = fault.New(fault.Conflict, "partner.not_active", "State", p.State)
		}
		return Quote{}, p, err
	}
	was, err := load(ctx, actor, act, cmd.Quote, lock)
	if err != nil {
		return Quote{}, pair{}, err
	}
	p, err := pairOf(ctx, was.Partnership)
	switch {
	case err != nil:
	case p.State != "active":
		err = fault.New(fault.Conflict, "partner.not_active", "State", p.State)
	case !may(d, was.State, was.Side(actor.Org)):
		err = wrongState(was.State)
	case cmd.Round != was.Round:
		err = fault.New(fault.Conflict, "quote.changed")
	case was.Currency != money.Currency(p.Currency):
		err = otherCurrency(was)
	case was.Round >= MaxRounds:
		err = fault.New(fault.Conflict, "quote.too_many_rounds", "Most", MaxRounds)
	}
	return was, p, err
}

// otherCurrency refuses to go on with a quote from before a partnership began anew.
func otherCurrency(q Quote) error {
	return fault.New(fault.Conflict, "quote.other_currency", "Currency", string(q.Currency))
}

func wrongState(s State) error { return fault.New(fault.Conflict, "quote.not_now", "State", string(s)) }

// keep writes a new quote, or a round of one.
func (s *Service) keep(ctx context.Context, actor access.Actor, was Quote, q *Quote, key string) error {
	if was.ID == "" {
		n, err := db.Next(ctx, "quote:"+q.Partnership)
		if err != nil {
			return err
		}
		q.ID, q.Number = ID(db.NewID()), fmt.Sprintf("Q-%05d", n)
		if err := insert(ctx, *q, bounded(key, 80)); err != nil {
			return err
		}
	} else if err := save(ctx, was, *q); err != nil {
		return err
	}
	if err := insertVersion(ctx, *q); err != nil {
		return err
	}
	return index(ctx, *q)
}

// Accept accepts the round that was seen. With Order the order is booked at once, as one
// typed on the pages: the same checks, the reseller's own approvals, the same way to the
// supplier; what is kept back there leaves the offer open until it is let go. Without it the
// order is to follow and to carry the number. Repeating it gives the same order; of two at
// once one books it.
// Codes: Unauthenticated, NotFound, Forbidden (not a buyer of the reseller), Conflict (another
// round, its time is over, it is decided, the partnership is not active), Invalid (a field of
// the order). Publishes EventAccepted.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id ID, cmd AcceptCmd) (Quote, error) {
	var out Quote
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		q, err := load(ctx, actor, access.QuoteAccept, id, true)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		switch {
		case q.State == Accepted && cmd.Round == q.Round && (!cmd.Order || q.Order != ""):
			out = q.seen(actor.Org)
			return nil
		case q.State == Accepted && cmd.Round == q.Round:
		case q.State == Offered && !now.Before(q.Expires):
			return fault.New(fault.Conflict, "quote.over")
		case !q.Can(Accept, actor.Org, now):
			return wrongState(q.State)
		case cmd.Round != q.Round:
			return fault.New(fault.Conflict, "quote.changed")
		}
		if cmd.Order {
			return s.order(ctx, actor, q, cmd, &out)
		}
		p, err := pairOf(ctx, q.Partnership)
		switch {
		case err != nil:
		case p.State != "active":
			err = fault.New(fault.Conflict, "partner.not_active", "State", p.State)
		case q.Currency != money.Currency(p.Currency):
			err = otherCurrency(q)
		}
		if err != nil {
			return err
		}
		out, err = s.accept(ctx, actor, q, "", "", true)
		return err
	})
	if err != nil {
		return Quote{}, err
	}
	return out, nil
}

// accept does the part of an acceptance that is the quote's. A request for the order goes on
// where none is booked yet, or where it is the one that is let go.
func (s *Service) accept(ctx context.Context, actor access.Actor, was Quote, order trade.OrderID, number string, own bool) (Quote, error) {
	q := was
	q.State, q.Changed, q.Decided, q.DecidedBy, q.DecidedOrg = Accepted, db.Now(ctx), db.Now(ctx), actor.Person, actor.Org
	q.Order, q.OrderNumber = order, number
	if order != "" {
		q.OrderApproval = ""
	}
	if own {
		was.OrderApproval = ""
	}
	if err := s.overtaken(ctx, was); err != nil {
		return q, err
	}
	q.OfferApproval = ""
	if err := save(ctx, was, q); err != nil {
		return q, err
	}
	return q, s.told(ctx, actor, Accept, q, Event{Order: order})
}

// order books what was accepted.
func (s *Service) order(ctx context.Context, actor access.Actor, q Quote, cmd AcceptCmd, out *Quote) error {
	tries, err := triesOf(ctx, q.ID)
	if err != nil {
		return err
	}
	place := trade.PlaceCmd{Partnership: q.Partnership, Number: cmd.Number, RequestedOn: cmd.RequestedOn, ShipTo: cmd.ShipTo, Note: cmd.Note, Deal: q.DealCode, Quote: q.Number, Round: q.Round, Key: fmt.Sprintf("quote:%s:%d:%d", q.ID, q.Round, tries)}
	for _, l := range q.Lines {
		place.Lines = append(place.Lines, trade.PlaceLine{SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, Price: l.Price, Text: l.Text()})
	}
	got, err := s.trade.Place(ctx, actor, place)
	if err != nil {
		return err
	}
	switch got.Outcome {
	case trade.Booked:
	case trade.ForApproval:
		if err := setOrderApproval(ctx, q.ID, got.Approval); err != nil {
			return err
		}
	default:
		return fault.InvalidField("po", "quote.number_used", "Number", cmd.Number)
	}
	after, ok, err := byID(ctx, q.ID, false)
	if err == nil && !ok {
		err = notFound()
	}
	*out = after.seen(actor.Org)
	return err
}

// Decline says no to an offer, with a reason. Codes: Unauthenticated, NotFound, Forbidden,
// Conflict (another round, nothing is offered), Invalid (no such reason). Publishes
// EventDeclined.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Decline, access.QuoteWrite, id, cmd)
}

// Refuse makes no offer, with a reason. Codes: as Decline. Publishes EventDeclined.
func (s *Service) Refuse(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Refuse, access.QuoteOffer, id, cmd)
}

// Withdraw takes an offer back. Codes: as Decline. Publishes EventWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Withdraw, access.QuoteOffer, id, cmd)
}

// Recall takes a request back. Codes: as Decline. Publishes EventWithdrawn.
func (s *Service) Recall(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Recall, access.QuoteWrite, id, cmd)
}

func (s *Service) end(ctx context.Context, actor access.Actor, d Deed, act access.Action, id ID, cmd EndCmd) (Quote, error) {
	var out Quote
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, err := load(ctx, actor, act, id, true)
		if err != nil {
			return err
		}
		switch {
		case was.State == steps[d].to && was.DecidedOrg == actor.Org && cmd.Round == was.Round:
			out = was.seen(actor.Org) // said before
			return nil
		case !may(d, was.State, was.Side(actor.Org)):
			return wrongState(was.State)
		case cmd.Round != was.Round:
			return fault.New(fault.Conflict, "quote.changed")
		}
		if list := reasons[d]; len(list) > 0 && !slices.Contains(list, cmd.Reason) {
			return fault.InvalidField("reason", "form.choice_wrong")
		} else if len(list) == 0 {
			cmd.Reason = ""
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if text(bad, "comment", &cmd.Comment, 1000, true); bad.OrNil() != nil {
			return bad
		}
		if err := s.overtaken(ctx, was); err != nil {
			return err
		}
		q := was
		q.State, q.Changed, q.Decided, q.DecidedBy, q.DecidedOrg = steps[d].to, db.Now(ctx), db.Now(ctx), actor.Person, actor.Org
		q.Reason, q.Comment, q.OfferApproval, q.OrderApproval = cmd.Reason, cmd.Comment, "", ""
		if err := save(ctx, was, q); err != nil {
			return err
		}
		out = q.seen(actor.Org)
		return s.told(ctx, actor, d, q, Event{Reason: cmd.Reason})
	})
	if err != nil {
		return Quote{}, err
	}
	return out, nil
}

// Unapproved forgets a request of a company's own rules that was refused or taken back. The
// actor is a system of the company. Safe to repeat. Codes: Unauthenticated, NotFound.
func (s *Service) Unapproved(ctx context.Context, actor access.Actor, approval string) error {
	if err := access.Check(actor, access.ApprovalRead, access.Own(actor.Org)); err != nil {
		return err
	}
	if !strings.HasPrefix(actor.Via, "system:") || approval == "" {
		return notFound()
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error { return unapproved(ctx, actor.Org, approval) })
}
