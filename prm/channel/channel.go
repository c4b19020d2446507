// Package channel holds a reseller's reported stock against what it should be: the stock it
// told before, and what came in, was sold on and went back since. It stores nothing: every
// figure is read from the reports and documents it comes from.
package channel

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// Stock is a report of stock (846, INVRPT) as far as it stands here.
type Stock struct {
	ID     string
	Number string
	Day    string
	Lines  int
}

// Row is one product, in base units. Expected is Opening + In − Sold − Back, Difference is
// Closing − Expected: what the reports cannot explain. Known is false for a product that one
// of the two stock reports does not speak of: it counts as none there.
type Row struct {
	Product                       catalog.ID
	SKU                           string
	Opening, In, Sold, Back       money.Quantity
	Expected, Closing, Difference money.Quantity
	Known                         bool
}

// Balance compares two reports of a reseller's stock. It is Complete when sell-through
// covers every day between them; Straddling are lines whose period only begins or ends
// there: they are left out, a period is never split.
type Balance struct {
	Partnership string
	Supplier    string // company ids
	Reseller    string
	From, To    Stock
	Reports     []Stock // newest first, to choose from
	Complete    bool
	Straddling  int
	Rows        []Row
}

// Service answers what is in the channel.
type Service struct {
	db      *db.DB
	catalog *catalog.Service
}

// New makes the service.
func New(d *db.DB, c *catalog.Service) *Service { return &Service{db: d, catalog: c} }

// Balance compares the stock report closing with the newest one of an earlier day; an empty
// closing is the newest report. Rows are by SKU, the greatest differences first.
// Codes: NotFound, Forbidden, Conflict (there are no two reports to compare).
func (s *Service) Balance(ctx context.Context, actor access.Actor, partnership, closing string) (Balance, error) {
	out := Balance{Partnership: partnership}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := pairOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.SellRead, access.Shared(p.SupplierID, p.ResellerID))
		}
		if err == nil {
			err = access.Check(actor, access.StockReport, access.Shared(p.SupplierID, p.ResellerID))
		}
		if err != nil {
			return err
		}
		out.Supplier, out.Reseller = p.SupplierID, p.ResellerID
		if out.Reports, err = stocksOf(ctx, p); err != nil {
			return err
		}
		i := 0
		if closing != "" {
			if i = slices.IndexFunc(out.Reports, func(x Stock) bool { return x.ID == closing }); i < 0 {
				return fault.New(fault.NotFound, "error.not_found")
			}
		}
		if len(out.Reports) == 0 {
			return fault.New(fault.Conflict, "channel.no_reports")
		}
		out.To = out.Reports[i]
		k := slices.IndexFunc(out.Reports, func(x Stock) bool { return x.Day < out.To.Day })
		if k < 0 {
			return fault.New(fault.Conflict, "channel.no_reports")
		}
		out.From = out.Reports[k]
		return s.fill(ctx, p, &out)
	})
	return out, err
}

// moved is a quantity of a line's unit that still has to be counted in base units.
type moved struct {
	SKU, Unit string
	Quantity  int64
}

func (s *Service) fill(ctx context.Context, p pairRow, out *Balance) error {
	rows := map[string]*Row{}
	at := func(sku string) *Row {
		if rows[sku] == nil {
			rows[sku] = &Row{SKU: sku}
		}
		return rows[sku]
	}
	opening, err := stockIn(ctx, out.From.ID)
	if err != nil {
		return err
	}
	closing, err := stockIn(ctx, out.To.ID)
	if err != nil {
		return err
	}
	for sku, q := range opening {
		at(sku).Opening = q
	}
	for sku, q := range closing {
		at(sku).Closing = q
	}
	shipped, err := shippedIn(ctx, p, out.From.Day, out.To.Day)
	if err != nil {
		return err
	}
	back, err := sentBack(ctx, p, out.From.Day, out.To.Day)
	if err != nil {
		return err
	}
	in, err := s.pieces(ctx, p, shipped)
	if err != nil {
		return err
	}
	gone, err := s.pieces(ctx, p, back)
	if err != nil {
		return err
	}
	for sku, q := range in {
		at(sku).In = q
	}
	for sku, q := range gone {
		at(sku).Back = q
	}
	sold, straddling, err := soldOn(ctx, p, out.From.Day, out.To.Day)
	if err != nil {
		return err
	}
	out.Straddling = straddling
	for sku, q := range sold {
		at(sku).Sold = q
	}
	if out.Complete, err = covered(ctx, p, out.From.Day, out.To.Day); err != nil {
		return err
	}
	keys := make([]catalog.ItemKey, 0, len(rows))
	for sku := range rows {
		keys = append(keys, catalog.ItemKey{SKU: sku})
	}
	items, err := s.catalog.Resolve(ctx, access.System("channel", p.SupplierID), p.SupplierID, p.ResellerID, keys)
	if err != nil {
		return err
	}
	for i, k := range keys {
		r := rows[k.SKU]
		r.Product = items[i].Product.ID
		_, a := opening[k.SKU]
		_, b := closing[k.SKU]
		r.Known = a && b
		r.Expected = r.Opening + r.In - r.Sold - r.Back
		r.Difference = r.Closing - r.Expected
		out.Rows = append(out.Rows, *r)
	}
	slices.SortFunc(out.Rows, func(a, b Row) int {
		if x, y := max(a.Difference, -a.Difference), max(b.Difference, -b.Difference); x != y {
			if x > y {
				return -1
			}
			return 1
		}
		return strings.Compare(a.SKU, b.SKU)
	})
	return nil
}

// pieces adds moves up by SKU, in base units. What is not sold in its unit any more is
// left out.
func (s *Service) pieces(ctx context.Context, p pairRow, all []moved) (map[string]money.Quantity, error) {
	keys := make([]catalog.ItemKey, len(all))
	for i, m := range all {
		keys[i] = catalog.ItemKey{SKU: m.SKU}
	}
	items, err := s.catalog.Resolve(ctx, access.System("channel", p.SupplierID), p.SupplierID, p.ResellerID, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]money.Quantity{}
	for i, m := range all {
		if !items[i].Found {
			continue
		}
		if n, ok := items[i].Product.Pieces(money.Quantity(m.Quantity), m.Unit); ok {
			out[m.SKU] += n
		}
	}
	return out, nil
}

// after is the first day after a civil date.
func after(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}
