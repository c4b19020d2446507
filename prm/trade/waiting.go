package trade

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/money"
)

// Working days given for each kind of thing that waits, until a partnership
// says otherwise.
const (
	confirmDays = 2
	heldDays    = 1
	agreeDays   = 2
	receiveDays = 7
	differsDays = 5
)

// Waiting returns what waits for the actor's company and this actor's role may
// do, nearest deadline first, at most limit (to 200).
// Codes: Forbidden.
func (s *Service) Waiting(ctx context.Context, actor access.Actor, limit int) ([]Item, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, err
	}
	limit = pageSize(limit)
	may := func(side access.Side, a access.Action) bool {
		if side == access.Supplier {
			return access.Allowed(actor, a, access.Shared(actor.Org, ""))
		}
		return access.Allowed(actor, a, access.Shared("", actor.Org))
	}
	var out []Item
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		type source struct {
			side   access.Side
			action access.Action
			read   func(context.Context, access.Scope, access.Side, int) ([]Item, error)
		}
		for _, src := range []source{{access.Supplier, access.OrderConfirm, waitConfirm}, {access.Supplier, access.OrderConfirm, waitRest}, {access.Supplier, access.OrderConfirm, waitChange}, {access.Supplier, access.LocationWrite, waitPlace}, {access.Reseller, access.OrderPlace, waitAnswer}, {access.Supplier, access.OrderResolve, waitHeld}, {access.Reseller, access.OrderResolve, waitHeld},
			{access.Reseller, access.OrderReceive, waitAgree}, {access.Reseller, access.OrderReceive, waitReceive}, {access.Supplier, access.OrderResolve, waitReply}, {access.Supplier, access.InvoiceRead, waitDiffers}, {access.Reseller, access.InvoiceRead, waitDiffers}} {
			if !may(src.side, src.action) {
				continue
			}
			items, err := src.read(ctx, scope, src.side, limit)
			if err != nil {
				return err
			}
			out = append(out, items...)
		}
		return s.dueByDays(ctx, actor.Org, out)
	})
	slices.SortStableFunc(out, func(a, b Item) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	if len(out) > limit {
		out = out[:limit]
	}
	return out, err
}

// dueByDays says when things are due that have no clock of their own: so many working
// days of the company that is to act, by its calendar (reference/practice.md 37).
func (s *Service) dueByDays(ctx context.Context, org string, items []Item) error {
	if !slices.ContainsFunc(items, func(i Item) bool { return i.Due.IsZero() }) {
		return nil
	}
	cal, err := account.CurrentCalendar(ctx, org)
	if err != nil {
		return err
	}
	for i := range items {
		if it := &items[i]; it.Due.IsZero() {
			at, ok := cal.AddDays(it.Since, it.days)
			if !ok { // it never works
				at = it.Since.AddDate(0, 0, it.days)
			}
			it.Due = at
		}
	}
	return nil
}

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
