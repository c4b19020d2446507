package fund

import (
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// FourEyesKinds are the kinds of programme whose threshold is that of the company: nobody puts
// money into them, so that they have no budget that could carry it.
var FourEyesKinds = []string{KindPromo, KindProtect}

// FourEyes is the amount above which two people decide about a claim on the money of promotions,
// or of falls of prices, in one currency.
type FourEyes struct {
	Kind   string // of FourEyesKinds
	Amount money.Amount
}

// FourEyes returns the thresholds of the actor's company. Codes: Unauthenticated, Forbidden, NotFound.
func (s *Service) FourEyes(ctx context.Context, actor access.Actor) ([]FourEyes, error) {
	if err := access.Check(actor, access.FundRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []FourEyes
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := fourEyesOf(ctx, actor.Org)
		out = nil
		for _, r := range rows {
			out = append(out, FourEyes{r.Kind, money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}})
		}
		return err
	})
	return out, err
}

// SetFourEyes says above which amount two people decide; zero: one always. To let one person
// decide more than before takes who may set limits. It holds for what is decided from then on;
// what two began to decide two decide. Codes: NotFound, Forbidden, Invalid (by field).
func (s *Service) SetFourEyes(ctx context.Context, actor access.Actor, x FourEyes) error {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if !slices.Contains(FourEyesKinds, x.Kind) {
		bad.With("kind", "form.choice_wrong")
	}
	if !x.Amount.Currency.Valid() {
		bad.With("currency", "form.choice_wrong")
	}
	if x.Amount.Minor < 0 || x.Amount.Minor > most {
		bad.With("amount", "fund.amount")
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		was, err := fourEyesFor(ctx, actor.Org, x.Kind, x.Amount.Currency)
		if err != nil {
			return err
		}
		if was > 0 && (x.Amount.Minor == 0 || x.Amount.Minor > was) {
			if err := access.Check(actor, access.FundLimits, access.Own(actor.Org)); err != nil {
				return err
			}
		}
		if err := saveFourEyes(ctx, fourEyesRow{OwnerID: actor.Org, Kind: x.Kind, Currency: string(x.Amount.Currency), Amount: x.Amount.Minor, Changed: db.Micros(db.Now(ctx)), ChangedBy: actor.Person}); err != nil {
			return err
		}
		return note(ctx, actor, "fund.four_eyes", "fund_kind", x.Kind)
	})
}

// threshold is the amount above which two people decide about the money of a programme; 0 for none.
func threshold(ctx context.Context, program string, c money.Currency) (int64, error) {
	p, err := programByID(ctx, program, false)
	if err != nil {
		return 0, err
	}
	if slices.Contains(FourEyesKinds, p.Kind) {
		return fourEyesFor(ctx, p.OwnerID, p.Kind, c)
	}
	b, err := budgetOf(ctx, program, c)
	if fault.CodeOf(err) == fault.NotFound {
		return 0, nil
	}
	return b.FourEyes, err
}
