package fund

import (
	"context"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
)

// PutCmd is money for a programme. FourEyes is the amount above which two people decide,
// zero for never; nil leaves it as it stands. The same key is booked once.
type PutCmd struct {
	Amount   money.Amount
	FourEyes *money.Amount
	Words    string
	Key      string
}

// Put puts money into a programme. To let one person decide more than before takes who may
// set limits. Codes: NotFound, Forbidden, Invalid (the amount, the currency).
func (s *Service) Put(ctx context.Context, actor access.Actor, id ProgramID, cmd PutCmd) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		amount, bad := cmd.Amount, fault.New(fault.Invalid, "form.invalid")
		if !amount.Currency.Valid() {
			bad.With("currency", "form.choice_wrong")
		}
		if amount.Minor < 0 || amount.Minor > most {
			bad.With("amount", "fund.amount")
		}
		if f := cmd.FourEyes; f != nil && (f.Minor < 0 || f.Minor > most || f.Minor > 0 && f.Currency != amount.Currency) {
			bad.With("four_eyes", "fund.amount")
		}
		text(bad, "text", strings.TrimSpace(cmd.Words), 300, false)
		if err := bad.OrNil(); err != nil {
			return err
		}
		if again, err := enteredBy(ctx, r.ID, cmd.Key); err != nil || again {
			return err
		}
		was, err := budgetOf(ctx, r.ID, amount.Currency)
		made := fault.CodeOf(err) == fault.NotFound
		if err != nil && !made {
			return err
		}
		four := was.FourEyes
		if cmd.FourEyes != nil {
			four = cmd.FourEyes.Minor
		}
		if was.FourEyes > 0 && (four == 0 || four > was.FourEyes) {
			if err := access.Check(actor, access.FundLimits, access.Own(r.OwnerID)); err != nil {
				return err
			}
		}
		if made || four != was.FourEyes {
			if err := saveBudget(ctx, budgetRow{ProgramID: r.ID, Currency: string(amount.Currency), OwnerID: r.OwnerID, FourEyes: four}); err != nil {
				return err
			}
		}
		if four != was.FourEyes {
			if err := note(ctx, actor, "fund.four_eyes", "fund", r.ID); err != nil {
				return err
			}
		}
		if amount.Minor > 0 {
			if _, err := post(ctx, actor, posting{program: r.ID, owner: r.OwnerID, kind: EntryFund, currency: amount.Currency, subject: "fund", id: r.ID, text: cmd.Words, key: cmd.Key, legs: move(leg{kind: accSource}, leg{kind: accBudget}, amount.Minor)}); err != nil {
				return err
			}
		}
		return note(ctx, actor, "fund.put", "fund", r.ID)
	})
}

// Grant gives a partner a part of a programme, in the currency of the partnership or
// another of the budget: never more than no other partner has. The same key is booked once.
// Codes: NotFound, Forbidden, Invalid (the partner, the amount, the currency), Conflict
// (the budget does not suffice). Publishes Granted. What stands beside the plan of an
// announced programme needs words, and waits for a second person (DecideOffPlan); then
// SecondAsked is published.
func (s *Service) Grant(ctx context.Context, actor access.Actor, id ProgramID, partnership string, amount money.Amount, words, key string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		if r.State != Open {
			return fault.New(fault.Conflict, "fund.closed")
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if amount.Minor <= 0 && r.Kind == KindMDF || amount.Minor < 0 || amount.Minor > most {
			bad.With("amount", "fund.amount")
		}
		if r.Kind == KindEarned && amount.Minor != 0 {
			bad.With("amount", "fund.earned_only")
		}
		text(bad, "text", strings.TrimSpace(words), 300, false)
		seat, err := s.seat(ctx, actor, r, partnership, amount.Currency, false)
		if err != nil {
			return err
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if again, err := enteredBy(ctx, r.ID, key); err != nil || again {
			return err
		}
		off, err := offPlan(ctx, r, seat, amount)
		if err != nil {
			return err
		}
		if off {
			return s.askSecond(ctx, actor, r, seat.OrgID, partnership, amount, words, key)
		}
		return s.grant(ctx, actor, r, seat, amount, words, key)
	})
}

// grant books a part for a partner.
func (s *Service) grant(ctx context.Context, actor access.Actor, r programRow, seat seatRow, amount money.Amount, words, key string) error {
	if err := insertSeat(ctx, seat); err != nil {
		return err
	}
	if amount.Minor > 0 {
		if _, err := post(ctx, actor, posting{program: r.ID, owner: r.OwnerID, org: seat.OrgID, kind: EntryGrant, currency: amount.Currency, subject: "fund", id: r.ID, text: words, key: key, legs: move(leg{kind: accBudget}, leg{org: seat.OrgID, kind: accAvailable}, amount.Minor)}); err != nil {
			return err
		}
	}
	if err := note(ctx, actor, "fund.grant", "fund", r.ID); err != nil {
		return err
	}
	return s.publish(ctx, Granted, Event{Program: ProgramID(r.ID), Supplier: r.OwnerID, Reseller: seat.OrgID, Org: actor.Org, Person: actor.Person})
}

// seat is the place of a partner in a programme, in its one currency there; one that is
// not there yet is made by grant.
func (s *Service) seat(ctx context.Context, actor access.Actor, r programRow, partnership string, c money.Currency, resting bool) (seatRow, error) {
	asker := actor
	asker.Scopes = nil // what the actor may do with funds is checked by its own action
	p, err := s.partners.Get(ctx, asker, partnership)
	if fault.CodeOf(err) == fault.NotFound || err == nil && (p.Supplier != r.OwnerID || p.State != partner.Active && !resting) {
		err = fault.InvalidField("partnership", "fund.partner")
	}
	if err != nil {
		return seatRow{}, err
	}
	seat, err := seatOf(ctx, r.ID, p.Reseller)
	if fault.CodeOf(err) == fault.NotFound && p.State == partner.Active {
		seat = seatRow{ProgramID: r.ID, OrgID: p.Reseller, OwnerID: r.OwnerID, PartnershipID: partnership, Currency: string(c), Added: db.Micros(db.Now(ctx))}
		if !c.Valid() {
			return seat, fault.InvalidField("currency", "form.choice_wrong")
		}
		return seat, nil
	}
	if err == nil && seat.Currency != string(c) {
		err = fault.InvalidField("currency", "fund.currency", "Currency", seat.Currency)
	}
	return seat, err
}
