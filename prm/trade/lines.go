package trade

import (
	"context"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Lines returns the lines of up to 200 orders in one query, as they stand on the
// order without what invoices add to them; orders the actor may not see are
// absent. With hidden prices all amounts are zero.
// Codes: Unauthenticated, Forbidden, Invalid (too many).
func (s *Service) Lines(ctx context.Context, actor access.Actor, ids []OrderID) (map[OrderID][]Line, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, err
	}
	if len(ids) > 200 {
		return nil, fault.InvalidField("ids", "form.too_many", "most", 200)
	}
	out := make(map[OrderID][]Line, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	_, priced := access.List(actor, access.OrderPrices)
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := linesOfMany(ctx, scope, ids)
		for _, r := range rows {
			l := r.line("")
			if priced != nil {
				l.Price, l.ListPrice, l.Amount.Minor = 0, 0, 0
			}
			out[OrderID(r.OrderID)] = append(out[OrderID(r.OrderID)], l)
		}
		return err
	})
	return out, err
}
