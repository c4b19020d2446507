package trade

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
)

// BackorderLine is a line of which some comes later. Since is when the order came in: it
// is the line's place in the queue for the product, and a later promise never moves
// it. Rank and the companies before are told to nobody.
type BackorderLine struct {
	Order      OrderID
	Number     string
	Supplier   string
	Reseller   string
	Line       int
	Product    string
	SKU        string
	NameEN     string
	NameZH     string
	Unit       string
	Waiting    money.Quantity
	PromisedOn string
	Since      time.Time
}

// BackorderFilter narrows the list. Side is "supplier" or "reseller": what the actor's
// company is to the lines. After is the cursor of the page before, Limit 1 to 200.
type BackorderFilter struct {
	Side  string
	After string
	Limit int
}

// BackorderPage is one page, oldest order first.
type BackorderPage struct {
	Items []BackorderLine
	Next  string
}

// Backorders lists the lines that wait for goods, in the order in which the orders
// came in: the queue of the supplier, or what the reseller waits for.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) Backorders(ctx context.Context, actor access.Actor, f BackorderFilter) (BackorderPage, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return BackorderPage{}, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out BackorderPage
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, next, err := backorders(ctx, scope, f)
		for _, r := range rows {
			out.Items = append(out.Items, r.backorder())
		}
		out.Next = next
		return err
	})
	return out, err
}
