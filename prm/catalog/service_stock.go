package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// SetStock records what the actor's company has available. The other places of the
// products and the other products stay as they are. source is one of FromPage ….
// Codes: Forbidden, Invalid (a field per wrong row), TooLarge (over 5000).
func (s *Service) SetStock(ctx context.Context, actor access.Actor, source string, sets []StockSet) error {
	if err := access.Check(actor, access.StockWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	if len(sets) > maxPut {
		return fault.New(fault.TooLarge, "catalog.too_many", "Most", maxPut)
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		skus := make([]string, len(sets))
		for i, x := range sets {
			skus[i] = strings.ToUpper(strings.TrimSpace(x.SKU))
		}
		known, err := bySKUs(ctx, actor.Org, skus)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		bad := fault.New(fault.Invalid, "form.invalid")
		byKey := map[string]stockRow{}
		for i, x := range sets {
			at := fmt.Sprintf("stock.%d.", i)
			p, ok := known[skus[i]]
			place := strings.TrimSpace(x.Place)
			switch {
			case !ok:
				bad.With(at+"sku", "catalog.sku_unknown", "SKU", x.SKU)
			case x.Quantity < 0:
				bad.With(at+"quantity", "catalog.quantity_wrong")
			case len(place) > 40:
				bad.With(at+"place", "form.too_long", "Most", 40)
			case x.At.After(now.Add(24 * time.Hour)):
				bad.With(at+"at", "form.date")
			}
			if x.At.IsZero() {
				x.At = now
			}
			byKey[string(p.ID)+"\x00"+place] = stockRow{actor.Org, string(p.ID), place, int64(x.Quantity), db.Micros(x.At), source, actor.Person}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		rows := make([]stockRow, 0, len(byKey))
		for _, k := range keys(byKey) {
			rows = append(rows, byKey[k])
		}
		if err := putStock(ctx, rows); err != nil {
			return err
		}
		return note(ctx, actor, "stock.set", "")
	})
}

// Stock lists the products of the actor's company with their stock, by SKU.
// Codes: Forbidden, Invalid (cursor).
func (s *Service) Stock(ctx context.Context, actor access.Actor, f Filter) (StockPage, error) {
	if err := access.Check(actor, access.StockRead, access.Own(actor.Org)); err != nil {
		return StockPage{}, err
	}
	f.Limit = limit(f.Limit)
	var out StockPage
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, next, err := stockPage(ctx, actor.Org, f)
		if err != nil {
			return err
		}
		ids := make([]ID, len(rows))
		for i, r := range rows {
			ids[i] = ID(r.ID)
		}
		have, err := stockOf(ctx, actor.Org, ids)
		if err != nil {
			return err
		}
		all, err := termsOf(ctx, actor.Org, "")
		if err != nil {
			return err
		}
		out.Next = next
		for _, r := range rows {
			row := StockRow{Product: r.product()}
			if places := have[ID(r.ID)]; len(places) > 0 {
				row.Known = true
				row.Total, row.AsOf = sum(places)
				row.Low = row.Total < all[""].Low
				for _, p := range places {
					row.Places = append(row.Places, PlaceStock{p.Place, money.Quantity(p.Quantity), db.FromMicros(p.AsOf), p.Source})
				}
			}
			out.Items = append(out.Items, row)
		}
		return nil
	})
	return out, err
}

// TermsOf returns what the partners of the actor's company are told: first the
// default, then every partner with an active partnership.
// Codes: Forbidden.
func (s *Service) TermsOf(ctx context.Context, actor access.Actor) ([]Terms, error) {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Terms
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		all, err := termsOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		ps, err := pairs(ctx, actor.Org, false)
		if err != nil {
			return err
		}
		out = append(out, all[""])
		for _, p := range ps {
			out = append(out, told(all, p.ResellerID))
		}
		return nil
	})
	return out, err
}

// SetTerms says what a partner is told, or with Partner "" what all are that have no
// terms of their own.
// Codes: Forbidden, NotFound (no partnership), Invalid.
func (s *Service) SetTerms(ctx context.Context, actor access.Actor, t Terms) error {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	if !slices.Contains(Showings, t.Shown) {
		return fault.InvalidField("shown", "form.choice_wrong")
	}
	if t.StockEDI && t.Shown != ShowExact {
		return fault.InvalidField("stock_edi", "catalog.stock_edi_exact")
	}
	if t.Low < 0 {
		return fault.InvalidField("low", "catalog.quantity_wrong")
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if t.Partner == "" {
			t.StockEDI, t.PricesEDI = false, false
		} else if err := mustPair(ctx, actor, actor.Org, t.Partner); err != nil {
			return err
		}
		if err := putTerms(ctx, actor.Org, t, actor.Person); err != nil {
			return err
		}
		return note(ctx, actor, "stock.terms", t.Partner)
	})
}

// TellStock publishes an event for every partner that takes the stock by EDI and has
// not been sent the newest. It is run by the clock; running twice tells once.
// Publishes StockTold.
func (s *Service) TellStock(ctx context.Context) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		due, err := dueStock(ctx)
		if err != nil {
			return err
		}
		at := db.Micros(db.Now(ctx))
		for _, p := range due {
			first, err := markSent(ctx, p.SupplierID, p.ResellerID, at)
			if err != nil {
				return err
			}
			if !first {
				continue
			}
			if err := s.publish(ctx, StockTold, Event{Supplier: p.SupplierID, Reseller: p.ResellerID, Partnership: p.ID, At: at, EDI: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Told is one product as a partner is told of it.
type Told struct {
	Product
	BuyerItem string
	Stock     Shown
}

// Telling lists what a partner is told of the stock: every product that is sold and
// whose stock is known, by SKU, at most limit after the cursor. Empty where nothing is
// shown to the partner. actor is of the supplier.
// Codes: NotFound (no partnership), Forbidden, Invalid (cursor).
func (s *Service) Telling(ctx context.Context, actor access.Actor, partner, after string, most int) ([]Told, string, error) {
	if err := access.Check(actor, access.StockWrite, access.Own(actor.Org)); err != nil {
		return nil, "", err
	}
	var out []Told
	next := ""
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := mustPair(ctx, actor, actor.Org, partner); err != nil {
			return err
		}
		all, err := termsOf(ctx, actor.Org, partner)
		if err != nil {
			return err
		}
		t := told(all, partner)
		if t.Shown == ShowNothing {
			return nil
		}
		rows, more, err := stockPage(ctx, actor.Org, Filter{State: Active, After: after, Limit: most})
		if err != nil {
			return err
		}
		next = more
		ids := make([]ID, len(rows))
		for i, r := range rows {
			ids[i] = ID(r.ID)
		}
		have, err := stockOf(ctx, actor.Org, ids)
		if err != nil {
			return err
		}
		names, err := itemNames(ctx, actor.Org, partner, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if places := have[ID(r.ID)]; len(places) > 0 {
				q, at := sum(places)
				out = append(out, Told{r.product(), names[ID(r.ID)], shown(t, q, at)})
			}
		}
		return nil
	})
	return out, next, err
}

// ReceiveStock keeps what a distributor reports of its stock. actor is of the
// reseller. Items are looked up by the supplier's numbers, the distributor's own and
// GTIN; what is unknown is kept as told. A repeated key gives the first report.
// Codes: NotFound (no active partnership), Forbidden, Invalid, TooLarge.
// Publishes StockReceived.
func (s *Service) ReceiveStock(ctx context.Context, actor access.Actor, cmd ReportCmd) (Report, error) {
	if cmd.Reseller != actor.Org {
		return Report{}, fault.New(fault.NotFound, "error.not_found")
	}
	if err := access.Check(actor, access.StockReport, access.Shared(cmd.Supplier, cmd.Reseller)); err != nil {
		return Report{}, err
	}
	if len(cmd.Lines) > 50_000 {
		return Report{}, fault.New(fault.TooLarge, "catalog.too_many", "Most", 50_000)
	}
	if _, err := time.Parse(time.DateOnly, cmd.Day); err != nil {
		return Report{}, fault.InvalidField("day", "form.date")
	}
	var out Report
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := mustBuy(ctx, cmd.Supplier, cmd.Reseller); err != nil {
			return err
		}
		asked := make([]ItemKey, len(cmd.Lines))
		for i, l := range cmd.Lines {
			asked[i] = ItemKey{SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN}
		}
		var items []Item
		for part := range slices.Chunk(asked, 3000) {
			found, err := resolve(ctx, cmd.Supplier, cmd.Reseller, part)
			if err != nil {
				return err
			}
			items = append(items, found...)
		}
		if cmd.Key == "" {
			cmd.Key = "id:" + db.NewID()
		}
		row := reportRow{db.NewID(), cmd.Supplier, cmd.Reseller, cmd.Partnership, short(cmd.Number, 60), cmd.Day, cmd.Source, cmd.Key, cmd.Interchange, int64(len(cmd.Lines)), 0, db.Micros(db.Now(ctx))}
		lines := make([]reportLineRow, len(cmd.Lines))
		for i, l := range cmd.Lines {
			r := reportLineRow{row.ID, int64(i + 1), cmd.Supplier, cmd.Reseller, "", short(l.SKU, 60), short(l.BuyerItem, 60), short(l.GTIN, 14), short(l.Place, 60), short(l.Kind, 6), int64(l.Quantity), short(l.Unit, 10), 0}
			if it := items[i]; it.Found {
				unit := l.Unit
				if unit == "" {
					unit = it.Unit
				}
				r.ProductID, r.SKU, r.Unit = string(it.Product.ID), it.Product.SKU, SameUnit(unit)
				if n, ok := it.Product.Pieces(l.Quantity, unit); ok {
					r.Pieces = int64(n)
				}
			} else {
				row.Unknown++
			}
			lines[i] = r
		}
		made, err := insertReport(ctx, row, lines)
		if err != nil {
			return err
		}
		if !made {
			was, err := reportByKey(ctx, cmd.Reseller, cmd.Key)
			out = was.report()
			return err
		}
		out = row.report()
		if err := note(ctx, actor, "stock.report", row.ID); err != nil {
			return err
		}
		return s.publish(ctx, StockReceived, Event{Supplier: cmd.Supplier, Reseller: cmd.Reseller, Partnership: cmd.Partnership, Report: row.ID})
	})
	return out, err
}

// Reports lists the newest stock report of every pair the actor's company is one of.
// Codes: Forbidden.
func (s *Service) Reports(ctx context.Context, actor access.Actor) ([]Report, error) {
	scope, err := access.List(actor, access.StockReport)
	if err != nil {
		return nil, err
	}
	var out []Report
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out, err = latestReports(ctx, scope.Org())
		return err
	})
	return out, err
}

// ReportLines returns a report with its lines after a position, at most most.
// Codes: NotFound.
func (s *Service) ReportLines(ctx context.Context, actor access.Actor, id string, after, most int) (Report, []ReportLine, error) {
	var out Report
	var lines []ReportLine
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := reportByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.StockReport, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		out = r.report()
		lines, err = reportLines(ctx, id, after, limit(most))
		return err
	})
	return out, lines, err
}

// short cuts s to at most n bytes at a rune.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
