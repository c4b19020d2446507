package channel

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
)

// What a figure of stock on hand is reckoned from.
const (
	ByReport = "report" // a report of stock, and what moved since
	ByMoves  = "moves"  // no report is near the day: what came in within a window less what left
)

// Held is what a reseller had on hand at the close of Day. Of ByReport, Report is the report
// and From the first day whose movements were added to it, empty where it is of Day itself or
// of the morning after. Of ByMoves, From is the first day of the window. Complete says that
// sell-through covers every day from From; Straddling lines of sell-through are left out,
// since their period only begins or ends there. In Rows Expected is what is on hand, in base
// units and never below zero; they are by SKU, without those of which there is none.
type Held struct {
	Day        string
	Basis      string
	Report     Stock
	From       string
	Complete   bool
	Straddling int
	Rows       []Row
}

// Held reckons what a reseller had on hand at the close of a civil day: by its newest report
// of stock of that day or of at most fresh days before, else of the morning after, else by
// what moved within so many days.
// Codes: NotFound, Forbidden.
func (s *Service) Held(ctx context.Context, actor access.Actor, partnership, day string, within, fresh int) (Held, error) {
	out := Held{Day: day, Basis: ByMoves, From: shifted(day, 1-within)}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := pairOf(ctx, partnership)
		for _, act := range []access.Action{access.SellRead, access.StockReport} {
			if err == nil {
				err = access.Check(actor, act, access.Shared(p.SupplierID, p.ResellerID))
			}
		}
		if err != nil {
			return err
		}
		return s.held(ctx, p, &out, shifted(day, -fresh))
	})
	if err != nil {
		return Held{}, err
	}
	return out, nil
}

func (s *Service) held(ctx context.Context, p pairRow, out *Held, least string) error {
	reports, err := stocksBetween(ctx, p, least, after(out.Day))
	if err != nil {
		return err
	}
	opening := map[string]money.Quantity{}
	k := slices.IndexFunc(reports, func(x Stock) bool { return x.Day <= out.Day })
	if k < 0 && len(reports) > 0 {
		k = 0 // of the morning after
	}
	if k >= 0 {
		out.Basis, out.Report, out.From = ByReport, reports[k], ""
		if out.Report.Day < out.Day {
			out.From = after(out.Report.Day)
		}
		if opening, err = stockIn(ctx, out.Report.ID); err != nil {
			return err
		}
	}
	rows := map[string]*Row{}
	at := func(sku string) *Row {
		if rows[sku] == nil {
			rows[sku] = &Row{SKU: sku}
		}
		return rows[sku]
	}
	for sku, q := range opening {
		at(sku).Opening = q
	}
	out.Complete = true
	if out.From != "" {
		if err := s.moves(ctx, p, out, shifted(out.From, -1), at); err != nil {
			return err
		}
	}
	keys := make([]catalog.ItemKey, 0, len(rows))
	for sku, r := range rows {
		if r.Expected = max(0, r.Opening+r.In-r.Sold-r.Back); r.Expected > 0 {
			keys = append(keys, catalog.ItemKey{SKU: sku})
		}
	}
	slices.SortFunc(keys, func(a, b catalog.ItemKey) int { return strings.Compare(a.SKU, b.SKU) })
	for part := range slices.Chunk(keys, 1000) {
		items, err := s.catalog.Resolve(ctx, access.System("channel", p.SupplierID), p.SupplierID, p.ResellerID, part)
		if err != nil {
			return err
		}
		for i, k := range part {
			if items[i].Found {
				r := rows[k.SKU]
				r.Product, r.Known = items[i].Product.ID, out.Basis == ByReport
				out.Rows = append(out.Rows, *r)
			}
		}
	}
	return nil
}

// moves adds what came in, went back and was sold on after one day until the day of out.
func (s *Service) moves(ctx context.Context, p pairRow, out *Held, from string, at func(string) *Row) error {
	shipped, err := shippedIn(ctx, p, from, out.Day)
	if err != nil {
		return err
	}
	back, err := sentBack(ctx, p, from, out.Day)
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
	sold, straddling, err := soldOn(ctx, p, from, out.Day)
	if err != nil {
		return err
	}
	for sku, q := range in {
		at(sku).In = q
	}
	for sku, q := range gone {
		at(sku).Back = q
	}
	for sku, q := range sold {
		at(sku).Sold = q
	}
	out.Straddling = straddling
	out.Complete, err = covered(ctx, p, from, out.Day)
	return err
}

// shifted is a civil date so many days later.
func shifted(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}
