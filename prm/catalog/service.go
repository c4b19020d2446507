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
type Service struct {
	db     *db.DB
	events Publisher
	uses   Uses
}

// New makes the service on d. events may be nil in tests that do not look at them.
func New(d *db.DB, events Publisher) *Service { return &Service{db: d, events: events} }

const maxPut = 5000

// Put adds products of the actor's company, or changes those with the same SKU;
// their packs are replaced. SKUs are folded to upper case, GTINs filled to 14
// digits, unit codes folded by SameUnit. A successor must be a product already or
// be among ps. A GTIN stands for one active product, as piece or as pack.
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
		if err := successors(ctx, actor.Org, ps); err != nil {
			return err
		}
		if err := numbersFree(ctx, actor.Org, ps); err != nil {
			return err
		}
		if err := putProducts(ctx, actor.Org, ps); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.put", "")
	})
}

// Try says what Put would refuse of the products themselves, and gives them as they would
// be kept. Successors are not looked up. Nothing is written.
// Codes: Forbidden, Invalid (a field per wrong product).
func (s *Service) Try(_ context.Context, actor access.Actor, ps ...Product) ([]Product, error) {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	ps = slices.Clone(ps)
	return ps, clean(ps)
}

// Own finds products of the actor's company by SKU, with their packs; unknown SKUs are
// absent. Two queries for up to 3000.
// Codes: Forbidden.
func (s *Service) Own(ctx context.Context, actor access.Actor, skus ...string) (map[string]Product, error) {
	if err := access.Check(actor, access.CatalogRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	up := make([]string, len(skus))
	for i, sku := range skus {
		up[i] = strings.ToUpper(strings.TrimSpace(sku))
	}
	var out map[string]Product
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = bySKUs(ctx, actor.Org, up)
		return err
	})
	return out, err
}

// successors checks that what replaces a product exists and that no chain of
// successors leads back to its beginning.
func successors(ctx context.Context, org string, ps []Product) error {
	next := map[string]string{}
	var asked []string
	for _, p := range ps {
		next[p.SKU] = p.ReplacedBy
	}
	for _, p := range ps {
		if _, among := next[p.ReplacedBy]; p.ReplacedBy != "" && !among {
			asked = append(asked, p.ReplacedBy)
		}
	}
	known, err := successorsOf(ctx, org, asked)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for i, p := range ps {
		if p.ReplacedBy == "" {
			continue
		}
		at := fmt.Sprintf("products.%d.replaced_by", i)
		if _, among := next[p.ReplacedBy]; !among {
			if _, ok := known[p.ReplacedBy]; !ok {
				bad.With(at, "catalog.sku_unknown", "SKU", p.ReplacedBy)
				continue
			}
		}
		for step, sku := 0, p.ReplacedBy; sku != ""; step++ {
			if sku == p.SKU || step > 20 {
				bad.With(at, "catalog.successor_circle", "SKU", p.ReplacedBy)
				break
			}
			if n, among := next[sku]; among {
				sku = n
			} else if n, ok := known[sku]; ok {
				sku = n
			} else {
				more, err := successorsOf(ctx, org, []string{sku})
				if err != nil {
					return err
				}
				known[sku] = more[sku]
				sku = more[sku]
			}
		}
	}
	return bad.OrNil()
}

// numbersFree refuses a GTIN that another active product has: whoever orders by it could
// mean either. One that is discontinued keeps its own.
func numbersFree(ctx context.Context, org string, ps []Product) error {
	among, mine := map[string]bool{}, map[string]string{}
	var asked []string
	each := func(p Product, fn func(field, gtin string)) {
		if p.State != Active {
			return
		}
		if p.GTIN != "" {
			fn("gtin", p.GTIN)
		}
		for _, k := range p.Packs {
			if k.GTIN != "" {
				fn("packs."+k.Level+".gtin", k.GTIN)
			}
		}
	}
	for _, p := range ps {
		among[p.SKU] = true
		each(p, func(_, gtin string) { asked = append(asked, gtin) })
	}
	known, err := activeByGTIN(ctx, org, asked)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for i, p := range ps {
		each(p, func(field, gtin string) {
			other := mine[gtin]
			for _, sku := range known[gtin] {
				if !among[sku] {
					other = sku
				}
			}
			if other != "" && other != p.SKU {
				bad.With(fmt.Sprintf("products.%d.%s", i, field), "catalog.gtin_taken", "GTIN", gtin, "SKU", other)
				return
			}
			mine[gtin] = p.SKU
		})
	}
	return bad.OrNil()
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
		if len(p.NameEN) > 200 || len(p.NameZH) > 200 || len(p.Family) > 60 || len(p.Unit) > 6 {
			bad.With(at+"name", "form.too_long", "Most", 200)
		}
		if p.Minimum < 0 {
			bad.With(at+"minimum", "catalog.quantity_wrong")
		}
		if p.Multiple < 0 {
			bad.With(at+"multiple", "catalog.quantity_wrong")
		}
		p.ReplacedBy = strings.ToUpper(strings.TrimSpace(p.ReplacedBy))
		if p.ReplacedBy == "" {
			p.ReplacedFrom = ""
		} else if _, err := time.Parse(time.DateOnly, p.ReplacedFrom); err != nil {
			bad.With(at+"replaced_from", "form.date")
		}
		if p.State != Active && p.State != Discontinued {
			bad.With(at+"state", "form.invalid")
		}
		var ok bool
		if p.GTIN != "" {
			was := p.GTIN
			if p.GTIN, ok = PadGTIN(p.GTIN); !ok {
				wrongGTIN(bad, at+"gtin", was)
			}
		}
		p.Packs = slices.Clone(p.Packs)
		units := map[string]bool{}
		for j := range p.Packs {
			k := &p.Packs[j]
			k.Unit = SameUnit(k.Unit)
			if k.GTIN != "" {
				was := k.GTIN
				if k.GTIN, ok = PadGTIN(k.GTIN); !ok {
					wrongGTIN(bad, at+"packs."+k.Level+".gtin", was)
				}
			}
			if !slices.Contains(Levels, k.Level) || k.Unit == "" || len(k.Unit) > 6 || k.Unit == p.Unit || k.Quantity < money.One || units[k.Unit] || units[k.Level] {
				bad.With(at+"packs."+k.Level+".quantity", "catalog.pack_wrong", "Level", k.Level)
			}
			units[k.Unit], units[k.Level] = true, true
		}
	}
	return bad.OrNil()
}

// wrongGTIN says what is wrong with a GTIN: its check digit where the rest could be one.
func wrongGTIN(bad *fault.Error, at, gtin string) {
	if digit, ok := rightDigit(gtin); ok {
		bad.With(at, "catalog.gtin_digit", "GTIN", gtin, "Digit", digit)
		return
	}
	bad.With(at, "catalog.gtin_wrong", "GTIN", gtin)
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

// Product returns one product by its id, of the actor's company or of a supplier it
// has an active partnership with, with the prices of a civil date (today in UTC when
// empty). Codes: NotFound.
func (s *Service) Product(ctx context.Context, actor access.Actor, id ID, on string) (Entry, error) {
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
		row, err := productByID(ctx, keys(sup), id)
		if err != nil {
			return err
		}
		if on == "" {
			on = db.Now(ctx).Format(time.DateOnly)
		}
		es, err := s.entries(ctx, actor, sup, on, []productRow{row})
		if err == nil {
			out = es[0]
		}
		return err
	})
	return out, err
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
		if err := s.stocks(ctx, actor, org, ids, func(id ID) *Entry { return &out[at[org+"/"+string(id)]] }); err != nil {
			return nil, err
		}
		reader := ""
		var only []money.Currency // none: all
		if org != actor.Org {
			reader, only = actor.Org, []money.Currency{sup[org]}
			refs, err := references(ctx, org, actor.Org, ids)
			if err != nil {
				return nil, err
			}
			for _, r := range refs {
				if e := &out[at[org+"/"+string(r.Product)]]; e.BuyerItem == "" {
					e.BuyerItem = r.BuyerItem
				}
			}
		}
		if !pricesSeen(actor) {
			continue
		}
		all, err := steps(ctx, org, reader, only, on, ids)
		if err != nil {
			return nil, err
		}
		for id, byCurrency := range all {
			e := &out[at[org+"/"+string(id)]]
			for _, c := range keys(byCurrency) {
				last := byCurrency[c][len(byCurrency[c])-1]
				e.Prices = append(e.Prices, ListPrice{c, last.From, last.Price})
			}
		}
	}
	return out, nil
}

// stocks adds what the actor is told of the stock.
func (s *Service) stocks(ctx context.Context, actor access.Actor, org string, ids []ID, entry func(ID) *Entry) error {
	if access.Check(actor, access.StockRead, access.Resource{Owner: org, Reseller: actor.Org}) != nil {
		return nil
	}
	all, err := termsOf(ctx, org, actor.Org)
	if err != nil {
		return err
	}
	t := told(all, actor.Org)
	if org == actor.Org {
		t.Shown = ShowExact
	}
	if t.Shown == ShowNothing {
		return nil
	}
	have, err := stockOf(ctx, org, ids)
	for id, rows := range have {
		q, at := sum(rows)
		entry(id).Stock = shown(t, q, at)
	}
	return err
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

func keys[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
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
