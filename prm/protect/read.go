package protect

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Get returns a protection with its lines and claims, for either side.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Protection, error) {
	var out Protection
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := byID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.FundRead, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	if err != nil {
		return Protection{}, err
	}
	return out, nil
}

func (s *Service) entire(ctx context.Context, actor access.Actor, r row) (Protection, error) {
	lines, err := linesOf(ctx, r.ID)
	if err != nil {
		return Protection{}, err
	}
	if r.secret(actor.Org) {
		lines = slices.DeleteFunc(lines, func(l lineRow) bool { return l.Quantity == 0 })
		for i := range lines {
			lines[i].Said, lines[i].Claimed = -1, 0
		}
		if _, _, err := granted(lines, r.terms(), func(l lineRow) int64 { return l.Quantity }); err != nil {
			return Protection{}, err
		}
	}
	out := r.seen(actor.Org).protection(lines)
	ids, err := claimsOf(ctx, r.ID)
	if err != nil {
		return out, err
	}
	for _, id := range ids { // a draft is the distributor's alone
		if _, err := s.funds.GetClaim(ctx, actor, id); err == nil {
			out.Claims = append(out.Claims, id)
		} else if fault.CodeOf(err) != fault.NotFound {
			return out, err
		}
	}
	return out, nil
}

// secret says that a company may not see what was answered: it is not sent yet.
func (r row) secret(org string) bool { return State(r.State) == Proving && org != r.ResellerID }

// seen is a protection as a company reads it.
func (r row) seen(org string) row {
	if r.secret(org) {
		r.State, r.Note, r.Answered, r.AnsweredBy = string(Proposed), "", 0, ""
	}
	return r
}

// terms are those by which it was reckoned.
func (r row) terms() Terms {
	c := money.Currency(r.Currency)
	return Terms{Currency: c, Partner: r.ResellerID, Days: int(r.Days), Cover: money.Rate(r.Cover), Cap: money.Amount{Minor: r.Cap, Currency: c}, Least: money.Amount{Minor: r.Least, Currency: c}}
}

// List lists protections of the actor's company on either side without lines, the latest
// changed first. Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) ([]Protection, string, error) {
	scope, err := access.List(actor, access.FundRead)
	if err != nil {
		return nil, "", err
	}
	supplier, reseller := access.Allowed(actor, access.FundRead, access.Resource{Supplier: actor.Org}), access.Allowed(actor, access.FundRead, access.Resource{Reseller: actor.Org})
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	var out []Protection
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, n, err := listed(ctx, scope, supplier, reseller, f)
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		open, err := openSums(ctx, ids)
		if err != nil {
			return err
		}
		out, next = nil, n
		for _, r := range rows {
			x := r.seen(actor.Org).protection(nil)
			if x.Open.Minor = open[r.ID]; r.secret(actor.Org) {
				x.Open = x.Amount
			}
			out = append(out, x)
		}
		return nil
	})
	return out, next, err
}
