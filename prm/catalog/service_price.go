package catalog

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// PricesOn returns what a partner pays per base unit on a civil date, by product id:
// the standard list price of the currency, or the partner's own where it has one;
// products without a price are missing. With partner "" the standard prices.
// Codes: NotFound (neither company, or no partnership), Forbidden (no prices for the role).
func (s *Service) PricesOn(ctx context.Context, actor access.Actor, supplier, partner string, c money.Currency, on string, ids []ID) (map[ID]money.Price, error) {
	out := map[ID]money.Price{}
	all, err := s.Steps(ctx, actor, supplier, partner, c, on, ids)
	for id, list := range all {
		out[id] = list[len(list)-1].Price
	}
	return out, err
}

// Steps returns how the prices of PricesOn come about, step by step.
// Codes: as PricesOn.
func (s *Service) Steps(ctx context.Context, actor access.Actor, supplier, partner string, c money.Currency, on string, ids []ID) (map[ID][]Step, error) {
	if err := access.Check(actor, access.CatalogPrices, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return nil, err
	}
	out := map[ID][]Step{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if actor.Org != supplier {
			if err := mustBuy(ctx, supplier, actor.Org); err != nil {
				return err
			}
		}
		all, err := steps(ctx, supplier, partner, []money.Currency{c}, on, ids)
		for id, byCurrency := range all {
			out[id] = byCurrency[c]
		}
		return err
	})
	return out, err
}

// Basis says which date decides the price of a partner's order lines on a civil
// date: that of its own list where it has one in force, else of the standard list.
// Codes: as PricesOn.
func (s *Service) Basis(ctx context.Context, actor access.Actor, supplier, partner string, c money.Currency, on string) (string, error) {
	if err := access.Check(actor, access.CatalogPrices, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return "", err
	}
	out := ByOrderDate
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if actor.Org != supplier {
			if err := mustBuy(ctx, supplier, actor.Org); err != nil {
				return err
			}
		}
		all, err := inForce(ctx, supplier, partner, []money.Currency{c}, on)
		for _, v := range all {
			out = v.Basis
		}
		return err
	})
	return out, err
}

// SetPrices loads list prices of the actor's company into the standard lists, by SKU:
// for every currency and date a published version, the one before it with the new
// prices over it. What says nothing new makes no version. Partners are not told: it
// is for the beginning and for systems; people publish drafts.
// Codes: Forbidden, Invalid (a price, currency or date), NotFound (a SKU).
func (s *Service) SetPrices(ctx context.Context, actor access.Actor, prices map[string][]ListPrice) error {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	type day struct {
		c    money.Currency
		from string
	}
	byDay := map[day]map[string]money.Price{}
	for sku, list := range prices {
		for _, p := range list {
			if _, err := time.Parse(time.DateOnly, p.From); err != nil || p.Price < 0 || !p.Currency.Valid() {
				bad.With("prices."+sku, "catalog.price_wrong", "SKU", sku)
				continue
			}
			k := day{p.Currency, p.From}
			if byDay[k] == nil {
				byDay[k] = map[string]money.Price{}
			}
			byDay[k][strings.ToUpper(strings.TrimSpace(sku))] = p.Price
		}
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	days := make([]day, 0, len(byDay))
	for k := range byDay {
		days = append(days, k)
	}
	slices.SortFunc(days, func(a, b day) int { return strings.Compare(string(a.c)+a.from, string(b.c)+b.from) })
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		ids, err := idsBySKU(ctx, actor.Org, keys(prices))
		if err != nil {
			return err
		}
		for _, k := range days {
			l, err := standard(ctx, actor.Org, k.c)
			if err != nil {
				return err
			}
			if err := load(ctx, actor, l, k.from, byDay[k], ids); err != nil {
				return err
			}
		}
		return note(ctx, actor, "catalog.price", "")
	})
}

// standard is the standard list of a currency, made where there is none, locked.
func standard(ctx context.Context, org string, c money.Currency) (PriceList, error) {
	l := PriceList{Org: org, ID: ListID(org + "-" + strings.ToLower(string(c))), Currency: c, Basis: ByOrderDate}
	if _, err := insertList(ctx, l); err != nil {
		return l, err
	}
	return lockList(ctx, org, l.ID)
}

// load publishes a version with prices over those in force on its day.
func load(ctx context.Context, actor access.Actor, l PriceList, from string, prices map[string]money.Price, ids map[string]ID) error {
	ls := []PriceList{l}
	if err := versions(ctx, l.Org, ls); err != nil {
		return err
	}
	was, any := ls[0].InForce(from)
	have := map[ID]money.Price{}
	if any {
		var err error
		if have, err = entriesOf(ctx, l, was.Number); err != nil {
			return err
		}
	}
	news := map[ID]money.Price{}
	for sku, p := range prices {
		if old, ok := have[ids[sku]]; !ok || old != p {
			news[ids[sku]] = p
		}
	}
	if len(news) == 0 && any {
		return nil
	}
	v, err := addVersion(ctx, l, PriceVersion{From: from, State: Published, CreatedBy: actor.Person, PublishedBy: actor.Person})
	if err != nil {
		return err
	}
	if any {
		if err := copyVersion(ctx, l, was.Number, v.Number); err != nil {
			return err
		}
	}
	return putEntries(ctx, l, v.Number, news)
}

// Lists returns the price lists the actor may see with their versions: all of its own
// company, and of suppliers it has an active partnership with the standard list in
// the currency of the partnership and its own special one.
// Codes: Forbidden.
func (s *Service) Lists(ctx context.Context, actor access.Actor) ([]PriceList, error) {
	scope, err := access.List(actor, access.CatalogPrices)
	if err != nil {
		return nil, err
	}
	var out []PriceList
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		sup, err := suppliers(ctx, scope)
		if err != nil {
			return err
		}
		if out, err = lists(ctx, scope, sup); err != nil {
			return err
		}
		if err := versions(ctx, actor.Org, out); err != nil {
			return err
		}
		out = slices.DeleteFunc(out, func(l PriceList) bool { return l.unseen(actor.Org) })
		return nil
	})
	return out, err
}

// unseen says that a list is another company's and nothing of it is published.
func (l PriceList) unseen(org string) bool { return l.Org != org && len(l.Versions) == 0 }

// PriceList returns one price list with its versions. Codes: NotFound, Forbidden.
func (s *Service) PriceList(ctx context.Context, actor access.Actor, id ListID) (PriceList, error) {
	var out PriceList
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		var err error
		out, err = seeList(ctx, actor, id)
		return err
	})
	return out, err
}

// seeList reads a list if the actor may see it, with its versions.
func seeList(ctx context.Context, actor access.Actor, id ListID) (PriceList, error) {
	scope, err := access.List(actor, access.CatalogPrices)
	if err != nil {
		return PriceList{}, err
	}
	l, err := listByID(ctx, id)
	if err != nil {
		return PriceList{}, err
	}
	if l.Org != actor.Org {
		sup, err := suppliers(ctx, scope)
		if err != nil {
			return PriceList{}, err
		}
		if c, ok := sup[l.Org]; !ok || c != l.Currency || l.Partner != "" && l.Partner != actor.Org {
			return PriceList{}, fault.New(fault.NotFound, "error.not_found")
		}
	}
	ls := []PriceList{l}
	if err := versions(ctx, actor.Org, ls); err != nil {
		return PriceList{}, err
	}
	if ls[0].unseen(actor.Org) {
		return PriceList{}, fault.New(fault.NotFound, "error.not_found")
	}
	return ls[0], nil
}

// PriceEntries returns one page of a version beside the version before it.
// Codes: NotFound (list or version), Invalid (cursor).
func (s *Service) PriceEntries(ctx context.Context, actor access.Actor, id ListID, f EntryFilter) (EntryPage, error) {
	f.Limit = limit(f.Limit)
	var out EntryPage
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := seeList(ctx, actor, id)
		if err != nil {
			return err
		}
		before, ok := l.Before(f.Version)
		if !ok {
			return fault.New(fault.NotFound, "error.not_found")
		}
		rows, entries, next, err := compared(ctx, l, f.Version, before, f)
		out.Next = next
		for _, r := range rows {
			out.Items = append(out.Items, entries[ID(r.ID)])
		}
		return err
	})
	return out, err
}

// Falls says whether a price of a version may be lower than what stood before it: in the version
// before it, or for the first of a partner's own list in the standard one.
// Codes: NotFound (list or version), Forbidden.
func (s *Service) Falls(ctx context.Context, actor access.Actor, id ListID, version int) (bool, error) {
	out := false
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := seeList(ctx, actor, id)
		if err != nil {
			return err
		}
		before, ok := l.Before(version)
		if !ok {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if out = before == 0 && l.Partner != ""; !out {
			out, err = falls(ctx, l, version, before)
		}
		return err
	})
	return out, err
}

// Before is the number of the version that a version takes the place of, 0 for none.
func (l PriceList) Before(number int) (int, bool) {
	i := slices.IndexFunc(l.Versions, func(v PriceVersion) bool { return v.Number == number })
	if i < 0 {
		return 0, false
	}
	this, best := l.Versions[i], PriceVersion{}
	for _, v := range l.Versions {
		earlier := v.From < this.From || v.From == this.From && (v.Number < this.Number || this.State == Draft)
		if v.State == Published && v.Number != number && earlier && (v.From > best.From || v.From == best.From && v.Number > best.Number) {
			best = v
		}
	}
	return best.Number, true
}

// Offers lists what a partner pays on a civil date for the products that are sold, by
// SKU, at most most after the cursor; products without a price are left out. actor is
// of the supplier.
// Codes: Forbidden, NotFound (no partnership), Invalid (cursor).
func (s *Service) Offers(ctx context.Context, actor access.Actor, partner string, c money.Currency, on, after string, most int) ([]Offer, string, error) {
	if err := access.Check(actor, access.CatalogPrices, access.Own(actor.Org)); err != nil {
		return nil, "", err
	}
	var out []Offer
	next := ""
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := mustPair(ctx, actor, actor.Org, partner); err != nil {
			return err
		}
		rows, more, err := stockPage(ctx, actor.Org, Filter{State: Active, After: after, Limit: limit(most)})
		if err != nil {
			return err
		}
		next = more
		ids := make([]ID, len(rows))
		for i, r := range rows {
			ids[i] = ID(r.ID)
		}
		all, err := steps(ctx, actor.Org, partner, []money.Currency{c}, on, ids)
		if err != nil {
			return err
		}
		names, err := itemNames(ctx, actor.Org, partner, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if list := all[ID(r.ID)][c]; len(list) > 0 {
				last := list[len(list)-1]
				out = append(out, Offer{r.product(), names[ID(r.ID)], last.Price, last.Kind == StepPartner})
			}
		}
		return nil
	})
	return out, next, err
}

// itemNames are a partner's numbers for products, the oldest of each.
func itemNames(ctx context.Context, org, partner string, ids []ID) (map[ID]string, error) {
	refs, err := references(ctx, org, partner, ids)
	out := map[ID]string{}
	for _, r := range refs {
		if out[r.Product] == "" {
			out[r.Product] = r.BuyerItem
		}
	}
	return out, err
}
