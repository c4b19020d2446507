package agreement

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Confirm accepts the open proposal of the other side: exactly the text that was seen,
// whose hash is given. It begins on its day, at the earliest now; what runs elsewhere
// is set in the same transaction. Safe to repeat for the company that confirmed.
// Codes: NotFound, Forbidden (its own proposal; commercial terms), Conflict (answered,
// another text, the partnership ended). Publishes EventConfirmed.
func (s *Service) Confirm(ctx context.Context, actor access.Actor, id, hash string) (Version, error) {
	return s.answer(ctx, actor, id, Confirmed, func(ctx context.Context, v *Version, p Pair) error {
		if v.ProposedOrg == actor.Org {
			return fault.New(fault.Forbidden, "agreement.own")
		}
		if v.Hash != hash {
			return fault.New(fault.Conflict, "agreement.other_text")
		}
		was, err := newest(ctx, v.Partnership)
		if err != nil {
			return err
		}
		if err := s.mayTrade(actor, p, was, v.Body); err != nil {
			return err
		}
		v.Starts = db.Now(ctx)
		if day, err := time.ParseInLocation(time.DateOnly, v.ValidFrom, p.Zone); err == nil && day.After(v.Starts) {
			v.Starts = day.UTC()
		}
		return nil
	})
}

// Decline refuses the open proposal of the other side. Safe to repeat.
// Codes: NotFound, Forbidden (its own), Conflict (answered). Publishes EventDeclined.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id, reason string) (Version, error) {
	return s.answer(ctx, actor, id, Declined, func(_ context.Context, v *Version, _ Pair) error {
		if v.ProposedOrg == actor.Org {
			return fault.New(fault.Forbidden, "agreement.own")
		}
		v.Reason = bounded(reason)
		return nil
	})
}

// Withdraw takes the company's own open proposal back. Safe to repeat.
// Codes: NotFound, Forbidden (not its own), Conflict (answered). Publishes
// EventWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id string) (Version, error) {
	return s.answer(ctx, actor, id, Withdrawn, func(_ context.Context, v *Version, _ Pair) error {
		if v.ProposedOrg != actor.Org {
			return fault.New(fault.Forbidden, "agreement.not_own")
		}
		return nil
	})
}

var steps = map[State][2]string{
	Confirmed: {"agreement.confirm", EventConfirmed}, Declined: {"agreement.decline", EventDeclined}, Withdrawn: {"agreement.withdraw", EventWithdrawn},
}

func (s *Service) answer(ctx context.Context, actor access.Actor, id string, to State, may func(ctx context.Context, v *Version, p Pair) error) (Version, error) {
	if _, err := access.List(actor, access.AgreementRead); err != nil {
		return Version{}, err
	}
	head, err := s.Get(ctx, actor, id)
	if err != nil {
		return Version{}, err
	}
	p, err := s.pair(ctx, actor, access.AgreementSign, head.Partnership)
	if err != nil {
		return Version{}, err
	}
	var out Version
	err = s.DB.InTx(db.WithOrgs(ctx, p.Supplier, p.Reseller), func(ctx context.Context) error {
		r, err := byID(ctx, id)
		if err != nil {
			return err
		}
		if out, err = r.version(); err != nil {
			return err
		}
		if out.State == to && out.AnsweredOrg == actor.Org && (to != Confirmed || out.ProposedOrg != actor.Org) {
			return nil
		}
		if out.State != Proposed {
			return fault.New(fault.Conflict, "agreement.answered", "State", string(out.State))
		}
		if p.Ended && to == Confirmed {
			return fault.New(fault.Conflict, "agreement.ended")
		}
		if err := may(ctx, &out, p); err != nil {
			return err
		}
		now := db.Now(ctx)
		out.State, out.AnsweredOrg, out.AnsweredBy, out.Answered = to, actor.Org, actor.Person, now
		ok, err := decide(ctx, out)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "agreement.answered", "State", "")
		}
		if to == Confirmed && !out.Starts.After(now) {
			if err := s.begin(ctx, out); err != nil {
				return err
			}
		}
		return s.done(ctx, actor, out, steps[to][0], steps[to][1])
	})
	return out, err
}

// begin sets what runs elsewhere to what a version says, in the transaction of ctx.
func (s *Service) begin(ctx context.Context, v Version) error {
	if ok, err := applied(ctx, v.ID); err != nil || !ok {
		return err
	}
	later, err := overtaken(ctx, v)
	if err != nil || later {
		return err
	}
	actor := access.System("agreement", v.AnsweredOrg)
	actor.Person = v.AnsweredBy
	for _, word := range []string{Supplier, Reseller} {
		org := v.Supplier
		if word == Reseller {
			org = v.Reseller
		}
		side := v.Body.side(word)
		if side.Terms != nil {
			if err := s.Courier.AdoptTerms(ctx, actor, v.Partnership, org, *side.Terms); err != nil {
				return err
			}
		}
		if side.Patience != nil {
			if err := s.Gateway.AdoptPatience(ctx, actor, v.Partnership, org, *side.Patience); err != nil {
				return err
			}
		}
	}
	if h := v.Body.ResponseHours; h > 0 {
		if err := s.Desk.AdoptAnswerTime(ctx, actor, v.Partnership, h); err != nil {
			return err
		}
	}
	price, err := ratio(v.Body.Price.PriceTolerance)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	quantity, err := ratio(v.Body.Price.QuantityTolerance)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	if price == nil && quantity == nil {
		return nil
	}
	return s.Partners.SetTolerances(ctx, actor, v.Partnership, price, quantity)
}

// Begin begins the confirmed versions whose day has come. It runs on a schedule; a
// document is judged by its version from the first moment either way.
func (s *Service) Begin(ctx context.Context) error {
	for {
		var due []row
		err := s.DB.View(ctx, func(ctx context.Context) (err error) {
			due, err = starting(ctx, db.Now(ctx), 100)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		for _, r := range due {
			err := s.DB.InTx(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) error {
				full, err := byID(ctx, r.ID)
				if err != nil {
					return err
				}
				v, err := full.version()
				if err != nil {
					return err
				}
				if full.Applied > 0 {
					return nil
				}
				if err := s.begin(ctx, v); err != nil {
					return err
				}
				return s.Jobs.Publish(ctx, v.event(EventBegan, v.ProposedOrg))
			})
			if err != nil {
				return err
			}
		}
		if len(due) < 100 {
			return nil
		}
	}
}

// valid reads the version that holds now; a body without anything where none does.
func (s *Service) valid(ctx context.Context, partnership string) (Body, error) {
	var out Body
	err := s.DB.View(ctx, func(ctx context.Context) error {
		out = Body{}
		r, err := validAt(ctx, partnership, db.Now(ctx))
		if err != nil || r == nil {
			return err
		}
		v, err := r.version()
		out = v.Body
		return err
	})
	return out, err
}

// FixesTerms says whether the agreement that holds speaks of the security of messages
// from a company. It joins the transaction of ctx.
func (s *Service) FixesTerms(ctx context.Context, partnership string, fromSupplier bool) (bool, error) {
	b, err := s.valid(ctx, partnership)
	if fromSupplier {
		return b.Supplier.Terms != nil, err
	}
	return b.Reseller.Terms != nil, err
}

// Tries is how often what a side sends is tried before a person is asked; 0: not
// agreed.
func (s *Service) Tries(ctx context.Context, partnership string, fromSupplier bool) (int, error) {
	b, err := s.valid(ctx, partnership)
	if fromSupplier {
		return b.Supplier.Tries, err
	}
	return b.Reseller.Tries, err
}

// FixesPatience says whether it speaks of how long a company waits.
func (s *Service) FixesPatience(ctx context.Context, partnership string, supplier bool) (bool, error) {
	b, err := s.valid(ctx, partnership)
	if supplier {
		return b.Supplier.Patience != nil, err
	}
	return b.Reseller.Patience != nil, err
}

// FixesTolerances says of which tolerances it speaks.
func (s *Service) FixesTolerances(ctx context.Context, partnership string) (price, quantity bool, err error) {
	b, err := s.valid(ctx, partnership)
	return b.Price.PriceTolerance != "", b.Price.QuantityTolerance != "", err
}
