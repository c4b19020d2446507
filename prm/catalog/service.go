package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Service is the catalogue. Every method checks the actor first; what it may not
// see does not exist for it.
type Service struct{ db *db.DB }

// New makes the service on d.
func New(d *db.DB) *Service { return &Service{db: d} }

const maxPut = 5000

// Put adds products of the actor's company, or changes those with the same SKU;
// their packs are replaced. SKUs are folded to upper case, GTINs filled to 14
// digits, unit codes folded by SameUnit.
// Codes: Forbidden, Invalid (a field per wrong product), TooLarge (over 5000).
func (s *Service) Put(ctx context.Context, actor access.Actor, ps ...Product) error {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	if len(ps) > maxPut {
		return fault.New(fault.TooLarge, "catalog.too_many", "Most", maxPut)
	}
	ps = slices.Clone(ps)
	if err := clean(ps); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := putProducts(ctx, actor.Org, ps); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.put", "")
	})
}

// clean folds identifiers and units in place and says what is wrong.
func clean(ps []Product) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	seen := map[string]bool{}
	for i := range ps {
		p := &ps[i]
		at := fmt.Sprintf("products.%d.", i)
		p.SKU, p.Unit = strings.ToUpper(strings.TrimSpace(p.SKU)), SameUnit(p.Unit)
		if p.SKU == "" || len(p.SKU) > 40 || seen[p.SKU] {
			bad.With(at+"sku", "catalog.sku_wrong", "SKU", p.SKU)
		}
		seen[p.SKU] = true
		if p.NameEN == "" && p.NameZH == "" {
			bad.With(at+"name", "form.missing")
		}
		if p.Unit == "" {
			bad.With(at+"unit", "form.missing")
		}
		if p.State == "" {
			p.State = Active
		}
		if p.State != Active && p.State != Discontinued {
			bad.With(at+"state", "form.invalid")
		}
		var ok bool
		if p.GTIN != "" {
			if p.GTIN, ok = PadGTIN(p.GTIN); !ok {
				bad.With(at+"gtin", "catalog.gtin_wrong", "GTIN", ps[i].GTIN)
			}
		}
		p.Packs = slices.Clone(p.Packs)
		for j := range p.Packs {
			k := &p.Packs[j]
			k.Unit = SameUnit(k.Unit)
			if k.GTIN != "" {
				if k.GTIN, ok = PadGTIN(k.GTIN); !ok {
					bad.With(at+"packs", "catalog.gtin_wrong", "GTIN", k.GTIN)
				}
			}
			if !slices.Contains(Levels, k.Level) || k.Unit == "" || k.Unit == p.Unit || k.Quantity < money.One {
				bad.With(at+"packs", "catalog.pack_wrong", "Level", k.Level)
			}
		}
	}
	return bad.OrNil()
}

// SetPrices adds or replaces list prices of the actor's company, by SKU.
// Codes: Forbidden, Invalid (a price, currency or date), NotFound (a SKU).
func (s *Service) SetPrices(ctx context.Context, actor access.Actor, prices map[string][]ListPrice) error {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for sku, list := range prices {
		for _, p := range list {
			if _, err := time.Parse(time.DateOnly, p.From); err != nil || p.Price < 0 || !p.Currency.Valid() {
				bad.With("prices."+sku, "catalog.price_wrong", "SKU", sku)
			}
		}
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		ids, err := idsBySKU(ctx, actor.Org, keys(prices))
		if err != nil {
			return err
		}
		if err := putPrices(ctx, actor.Org, ids, prices); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.price", "")
	})
}

// SetReference records what a partner calls a product of the actor's company; an
// existing number of that partner is moved to the product.
// Codes: Forbidden, Invalid, NotFound (the SKU, or no partnership with partner).
func (s *Service) SetReference(ctx context.Context, actor access.Actor, partner, buyerItem, sku string) error {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	buyerItem = strings.TrimSpace(buyerItem)
	if buyerItem == "" || len(buyerItem) > 48 {
		return fault.InvalidField("buyer_item", "form.missing")
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		ok, err := sells(ctx, actor.Org, partner)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.NotFound, "error.not_found")
		}
		ids, err := idsBySKU(ctx, actor.Org, []string{sku})
		if err != nil {
			return err
		}
		if err := putReference(ctx, actor.Org, partner, buyerItem, ids[strings.ToUpper(sku)]); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.reference", string(ids[strings.ToUpper(sku)]))
	})
}

// Resolve finds the products an order line of the partner may mean: by SKU, then
// by the partner's own number, then by GTIN of the piece or of a pack. The answer
// has the order of keys. Two queries, whatever the number of keys up to 3000.
// Codes: NotFound (the actor is neither, or no partnership).
func (s *Service) Resolve(ctx context.Context, actor access.Actor, supplier, partner string, keys []ItemKey) ([]Item, error) {
	if err := access.Check(actor, access.CatalogRead, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return nil, err
	}
	var out []Item
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if actor.Org != supplier {
			if err := mustBuy(ctx, supplier, actor.Org); err != nil {
				return err
			}
		}
		for part := range slices.Chunk(keys, 3000) {
			items, err := resolve(ctx, supplier, partner, part)
			if err != nil {
				return err
			}
			out = append(out, items...)
		}
		return nil
	})
	return out, err
}

// PricesOn returns the supplier's list prices valid on a civil date, per base
// unit, by product id; products without one are missing.
// Codes: NotFound (neither company, or no partnership), Forbidden (no prices for the role).
func (s *Service) PricesOn(ctx context.Context, actor access.Actor, supplier, partner string, c money.Currency, on string, ids []ID) (map[ID]money.Price, error) {
	if err := access.Check(actor, access.CatalogPrices, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return nil, err
	}
	out := map[ID]money.Price{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if actor.Org != supplier {
			if err := mustBuy(ctx, supplier, actor.Org); err != nil {
				return err
			}
		}
		for part := range slices.Chunk(ids, 3000) {
			rows, err := pricesOn(ctx, supplier, []money.Currency{c}, on, part)
			if err != nil {
				return err
			}
			for _, r := range rows {
				out[ID(r.ProductID)] = money.Price(r.Price)
			}
		}
		return nil
	})
	return out, err
}

// List returns products by SKU: those of the actor's own company, and those of
// suppliers it has an active partnership with, with the price in the currency of
// that partnership. Codes: Forbidden, NotFound (Filter.Supplier is not visible), Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.CatalogRead)
	if err != nil {
		return Page{}, err
	}
	f.Limit = limit(f.Limit)
	var page Page
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		sup, err := suppliers(ctx, scope)
		if err != nil {
			return err
		}
		if f.Supplier != "" {
			c, ok := sup[f.Supplier]
			if !ok {
				return fault.New(fault.NotFound, "error.not_found")
			}
			sup = map[string]money.Currency{f.Supplier: c}
		}
		if f.On == "" {
			f.On = db.Now(ctx).Format(time.DateOnly)
		}
		rows, next, err := list(ctx, sup, f)
		if err != nil {
			return err
		}
		page.Next = next
		page.PricesHidden = !pricesSeen(actor)
		page.Items, err = s.entries(ctx, actor, sup, f.On, rows)
		for _, e := range page.Items {
			for _, p := range e.Prices {
				if !slices.Contains(page.Currencies, p.Currency) {
					page.Currencies = append(page.Currencies, p.Currency)
				}
			}
		}
		slices.Sort(page.Currencies)
		return err
	})
	return page, err
}

// Get returns one product of a supplier by SKU, with today's prices.
// Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, supplier, sku string) (Entry, error) {
	scope, err := access.List(actor, access.CatalogRead)
	if err != nil {
		return Entry{}, err
	}
	var out Entry
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		sup, err := suppliers(ctx, scope)
		if err != nil {
			return err
		}
		if _, ok := sup[supplier]; !ok {
			return fault.New(fault.NotFound, "error.not_found")
		}
		row, err := bySKU(ctx, supplier, strings.ToUpper(strings.TrimSpace(sku)))
		if err != nil {
			return err
		}
		es, err := s.entries(ctx, actor, sup, db.Now(ctx).Format(time.DateOnly), []productRow{row})
		if err == nil {
			out = es[0]
		}
		return err
	})
	return out, err
}

// entries adds packs and the prices the actor may see.
func (s *Service) entries(ctx context.Context, actor access.Actor, sup map[string]money.Currency, on string, rows []productRow) ([]Entry, error) {
	out := make([]Entry, len(rows))
	byOrg := map[string][]ID{}
	at := map[string]int{}
	for i, r := range rows {
		out[i].Product = r.product()
		byOrg[r.OrgID] = append(byOrg[r.OrgID], ID(r.ID))
		at[r.OrgID+"/"+r.ID] = i
	}
	for org, ids := range byOrg {
		packs, err := packsOf(ctx, org, ids)
		if err != nil {
			return nil, err
		}
		for _, k := range packs {
			e := &out[at[org+"/"+k.ProductID]]
			e.Packs = append(e.Packs, k.pack())
		}
		if !pricesSeen(actor) {
			continue
		}
		var only []money.Currency // none: all
		if org != actor.Org {
			only = []money.Currency{sup[org]}
		}
		prices, err := pricesOn(ctx, org, only, on, ids)
		if err != nil {
			return nil, err
		}
		for _, p := range prices {
			e := &out[at[org+"/"+p.ProductID]]
			e.Prices = append(e.Prices, ListPrice{money.Currency(p.Currency), p.ValidFrom, money.Price(p.Price)})
		}
	}
	return out, nil
}

// pricesSeen reports whether the actor's roles see catalogue prices, on either
// side: the policy gives both the same roles.
func pricesSeen(actor access.Actor) bool {
	return access.Allowed(actor, access.CatalogPrices, access.Own(actor.Org))
}

func limit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 200)
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func mustBuy(ctx context.Context, supplier, reseller string) error {
	ok, err := buys(ctx, supplier, reseller)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return err
}

func note(ctx context.Context, a access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: "product", SubjectID: id, Outcome: audit.Done})
}
