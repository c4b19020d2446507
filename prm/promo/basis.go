package promo

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
)

// Basis is what a company may claim under a bill-back promotion, and by which documents.
type Basis struct {
	Promotion ID
	Number    string
	Terms     Terms // the company's text
	Currency  money.Currency
	Program   fund.ProgramID // where it is kept
	Lots      []Lot
	Seen      map[string]money.Quantity // by SKU, what is over a limit too; not what was refused
	Counts    map[string]money.Quantity // of it, what is not over a limit
	Claimed   []fund.Claimed
	Left      int64   // of the money, minor units: no more is granted
	Held      int64   // taken off it for claims that nobody has decided
	Volume    *Volume // where the company stands with steps of all of a window, nil without such steps
}

// Basis reads what a company may claim under the promotion with a number, and books what
// it earned so far; the actor is the owner's system. It joins the transaction of ctx.
// Codes: NotFound (no promotion of that number, or the company takes no part),
// Conflict (promo.not_billed_back), Invalid (the partnership is not active any more). Of one
// that was cancelled what was bought before is still to be claimed.
func (s *Service) Basis(ctx context.Context, actor access.Actor, number, org string) (Basis, error) {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return Basis{}, err
	}
	var out Basis
	err := s.change(ctx, actor, func(ctx context.Context) error {
		pacts, err := pactsOf(ctx, actor.Org, org, false)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(pacts, func(p pact) bool { return p.row.Number == number && len(p.versions) > 0 })
		if i < 0 || s.funds == nil {
			return notFound()
		}
		v, ok := latest(pacts[i].versions, org)
		if !ok {
			return notFound()
		}
		r, t := pacts[i].row, v.Terms
		part, _ := t.Part(org)
		if t.Settle != BillBack {
			return fault.New(fault.Conflict, "promo.not_billed_back")
		}
		between, err := s.partners.Between(ctx, actor, org)
		if err != nil {
			return err
		}
		k := slices.IndexFunc(between, func(p partner.Partnership) bool { return p.Supplier == actor.Org && p.Reseller == org })
		if k < 0 {
			return notFound()
		}
		if err := lockSeats(ctx, org, []string{r.ID}); err != nil {
			return err
		}
		has, err := s.funds.Of(ctx, access.System("claims", org), actor.Org, r.ID)
		if err != nil {
			return err
		}
		c := kept(has, part)
		out = Basis{Promotion: ID(r.ID), Number: r.Number, Terms: t.visible(org), Currency: c}
		total, err := earnedOf(ctx, r.ID, org, string(c), t.By)
		if err != nil {
			return err
		}
		if out.Program, err = s.funds.SetEarned(ctx, actor, pacts[i].fund(), between[k].ID, money.Amount{Minor: total, Currency: c}); err != nil {
			return err
		}
		if out.Lots, err = lotsOf(ctx, r.ID, org, string(c), t.By, allLots, nil); err != nil {
			return err
		}
		if out.Seen, out.Counts, err = seenOf(ctx, r.ID, org, t.By); err != nil {
			return err
		}
		held, err := heldVolume(ctx, r.ID, org)
		if err != nil {
			return err
		}
		if at := t.volumes([]Seat{{Org: org, Volume: held}}, org, nil); len(at) > 0 {
			out.Volume = &at[0]
		}
		has, err = s.funds.Of(ctx, access.System("claims", org), actor.Org, r.ID)
		out.Claimed, out.Left, out.Held = has.Claimed, max(0, has.Balance.Available.Minor-has.Balance.Owed.Minor-has.Pending.Minor), has.Pending.Minor
		return err
	})
	return out, err
}
