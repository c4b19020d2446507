package app

import (
	"context"
	"slices"

	"entente/db/job"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/location"
	"entente/prm/trade"
)

// placeKnown releases the orders that were held for a code which has a place now.
func (a *App) placeKnown(ctx context.Context, e job.Received) error {
	var x location.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	return a.trade.Located(ctx, x.Partnership)
}

// ourPlace writes the supplier's own code of the ship-to into an order for its system.
// The document is not changed; a changed copy is given.
func (a *App) ourPlace(ctx context.Context, t trade.Event, d *doc.PurchaseOrder) (*doc.PurchaseOrder, error) {
	at := slices.IndexFunc(d.Parties, func(p doc.Party) bool { return p.Role == "ST" && p.ID != "" })
	if at < 0 {
		return d, nil
	}
	p, ok, err := a.locations.Find(ctx, access.System("edi", t.Supplier), t.Partnership, trade.ShipTo(d.Parties))
	if err != nil || !ok || p.Sent().Code == "" {
		return d, err
	}
	out := *d
	out.Parties = slices.Clone(d.Parties)
	out.Parties[at].IDQualifier, out.Parties[at].ID = p.Sent().Qualifier, p.Sent().Code
	return &out, nil
}

// theirPlace writes the reseller's code of the ship-to into what the supplier's system
// said of an order under the supplier's own number.
func (a *App) theirPlace(ctx context.Context, t trade.Event, d any) error {
	var parties []doc.Party
	switch x := d.(type) {
	case *doc.OrderAck:
		parties = x.Parties
	case *doc.ShipNotice:
		parties = x.Parties
	case *doc.Invoice:
		parties = x.Parties
	}
	actor := access.System("edi", t.Supplier)
	for i := range parties {
		to := &parties[i]
		if to.Role != "ST" || to.IDQualifier != location.BySeller || to.ID == "" {
			continue
		}
		p, ok, err := a.locations.Find(ctx, actor, t.Partnership, location.Code{Qualifier: to.IDQualifier, Code: to.ID})
		if err != nil || !ok || p.Number != to.ID || len(p.Codes) == 0 {
			return err
		}
		c := p.Codes[0]
		if len(p.Codes) > 1 { // as the order named it
			order, _, err := a.trade.PurchaseOrder(ctx, actor, t.Order)
			if err != nil {
				return err
			}
			if as := trade.ShipTo(order.Parties); slices.Contains(p.Codes, as) {
				c = as
			}
		}
		to.IDQualifier, to.ID = c.Qualifier, c.Code
	}
	return nil
}
