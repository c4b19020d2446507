package protect

import (
	"context"
	"fmt"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Terms are those of the actor's company as a supplier: for all partners of a currency, and for
// single ones. Codes: Unauthenticated, Forbidden.
func (s *Service) Terms(ctx context.Context, actor access.Actor) ([]Terms, error) {
	if err := access.Check(actor, access.FundRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Terms
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := termRows(ctx, actor.Org)
		out = nil
		for _, r := range rows {
			out = append(out, r.terms())
		}
		return err
	})
	return out, err
}

// Agreed are the terms under which each supplier of the actor's company protects it now, by
// company id; suppliers that protect nothing are left out.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Agreed(ctx context.Context, actor access.Actor) (map[string]Terms, error) {
	if _, err := access.List(actor, access.FundRead); err != nil {
		return nil, err
	}
	out := map[string]Terms{}
	if !access.Allowed(actor, access.FundRead, access.Resource{Reseller: actor.Org}) {
		return out, nil
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := agreedRows(ctx, actor.Org)
		for _, r := range rows { // those for all come before those for one
			if t := r.terms(); t.Days > 0 {
				out[r.OrgID] = t
			} else {
				delete(out, r.OrgID)
			}
		}
		return err
	})
	return out, err
}

// SetTerms says what the actor's company grants when its prices fall, to all partners of a
// currency or to one; 0 days grant nothing. What is proposed already keeps its terms.
// Codes: Unauthenticated, Forbidden, NotFound (no partnership in the currency), Invalid (by field).
func (s *Service) SetTerms(ctx context.Context, actor access.Actor, t Terms) error {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if !t.Currency.Valid() {
		bad.With("currency", "form.choice_wrong")
	}
	if t.Days < 0 || t.Days > MostDays {
		bad.With("days", "protect.days", "Most", MostDays)
	}
	if t.Days > 0 {
		if t.Cover <= 0 || t.Cover > money.One {
			bad.With("cover", "fund.share_range")
		}
		if t.AnswerDays < 1 || t.AnswerDays > MostAnswerDays {
			bad.With("answer_days", "protect.answer_days", "Most", MostAnswerDays)
		}
	}
	for field, a := range map[string]money.Amount{"cap": t.Cap, "least": t.Least} {
		if a.Minor < 0 || a.Minor > mostMinor || a.Minor > 0 && a.Currency != t.Currency {
			bad.With(field, "fund.amount")
		}
	}
	if t.Cap.Minor > 0 && t.Least.Minor > t.Cap.Minor {
		bad.With("least", "protect.least_above")
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		if t.Partner != "" {
			if err := mustTrade(ctx, actor.Org, t.Partner, string(t.Currency)); err != nil {
				return err
			}
		}
		r := termsRow{OrgID: actor.Org, Currency: string(t.Currency), PartnerID: t.Partner, Days: int64(t.Days), Cover: int64(t.Cover), Cap: t.Cap.Minor, Least: t.Least.Minor, AnswerDays: int64(t.AnswerDays), Changed: db.Micros(db.Now(ctx)), ChangedBy: actor.Person}
		if err := putTerms(ctx, r); err != nil {
			return err
		}
		return note(ctx, actor, "protect.terms", "price_protection_terms", fmt.Sprintf("%s:%s", t.Currency, t.Partner))
	})
}

// mostMinor bounds amounts of terms, in minor units: far above any trade.
const mostMinor = 1_000_000_000_000

// DropTerms takes the terms for one partner back: those for all hold for it again.
// Codes: Unauthenticated, Forbidden, NotFound.
func (s *Service) DropTerms(ctx context.Context, actor access.Actor, c money.Currency, partner string) error {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		found, err := dropTerms(ctx, actor.Org, string(c), partner)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "protect.terms", "price_protection_terms", fmt.Sprintf("%s:%s", c, partner))
	})
}

func note(ctx context.Context, a access.Actor, action, kind, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: kind, SubjectID: id, Outcome: audit.Done})
}
