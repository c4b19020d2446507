package catalog

import (
	"context"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type shelf struct {
	t                    *testing.T
	svc                  *Service
	sup, buy, other      string
	boss, buyer, viewer  access.Actor
	stranger, theirAdmin access.Actor
}

func setup(t *testing.T, d *db.DB) *shelf {
	t.Helper()
	s := &shelf{t: t, svc: New(d, nil), sup: db.NewID(), buy: db.NewID(), other: db.NewID()}
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	s.boss, s.buyer, s.viewer, s.stranger, s.theirAdmin = act(s.sup, access.Manager), act(s.buy, access.Buyer), act(s.buy, access.Viewer), act(db.NewID(), access.Admin), act(s.other, access.Admin)
	s.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for i, id := range []string{s.sup, s.buy, s.other} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, 'x', '', 'GB', 'GBP', 'UTC', 'en', 'active', 1)", id, "o"+string(rune('a'+i))).Error; err != nil {
				return err
			}
		}
		for _, p := range [][2]string{{s.buy, "GBP"}, {s.other, "EUR"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', ?, 0, 0, 1, 1, '')", db.NewID(), s.sup, p[0], p[1]).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	s.must(s.svc.Put(s.ctx(), s.boss,
		Product{SKU: "aur-1", NameEN: "Drill", NameZH: "电钻", Family: "cordless", Unit: "PCE", GTIN: "7391234500019", Packs: []Pack{{Level: Case, Unit: "CT", GTIN: CheckDigit("1739123450001"), Quantity: money.Whole(4)}}},
		Product{SKU: "AUR-2", NameEN: "Battery 100%", Family: "battery", Unit: "EA"}))
	s.must(s.svc.SetPrices(s.ctx(), s.boss, map[string][]ListPrice{"AUR-1": {{"GBP", "2026-01-01", 80_000_000}, {"GBP", "2026-07-01", 84_000_000}, {"EUR", "2026-01-01", 99_000_000}}}))
	return s
}

func (s *shelf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) ctx() context.Context {
	return db.WithNow(context.Background(), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, familyRow{}, productRow{}, packRow{}, referenceRow{}, listRow{}, versionRow{}, entryRow{}, stockRow{}, termsRow{}, reportRow{}, reportLineRow{}, optionRow{}, optionPriceRow{})
	})
}

func TestResolve(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		s.must(s.svc.SetReference(s.ctx(), s.boss, s.buy, "KS-7", "AUR-2"))
		keys := []ItemKey{{SKU: "Aur-1"}, {BuyerItem: "KS-7"}, {GTIN: "07391234500019"}, {GTIN: CheckDigit("1739123450001")}, {SKU: "NOPE", BuyerItem: "KS-7"}, {SKU: "NOPE"}, {}, {GTIN: "7391234500010"}}
		got, err := s.svc.Resolve(s.ctx(), s.buyer, s.sup, s.buy, keys)
		s.must(err)
		want := []struct{ sku, by, unit string }{{"AUR-1", BySKU, "EA"}, {"AUR-2", ByBuyerItem, "EA"}, {"AUR-1", ByGTIN, "EA"}, {"AUR-1", ByGTIN, "CA"}, {"AUR-2", ByBuyerItem, "EA"}, {}, {}, {}}
		for i, w := range want {
			if got[i].Product.SKU != w.sku || got[i].By != w.by || got[i].Unit != w.unit || got[i].Found != (w.sku != "") {
				t.Errorf("%+v: %+v, want %+v", keys[i], got[i], w)
			}
		}
		if f, ok := got[0].Product.Factor("ct"); !ok || f != money.Whole(4) {
			t.Errorf("a case holds %s", f)
		}
		// Another partner's numbers are not known to this one, nor askable.
		got, err = s.svc.Resolve(s.ctx(), s.theirAdmin, s.sup, s.other, keys[1:2])
		s.must(err)
		if got[0].Found {
			t.Error("a competitor's number was resolved")
		}
		for _, a := range []access.Actor{s.theirAdmin, s.stranger} {
			if _, err := s.svc.Resolve(s.ctx(), a, s.sup, s.buy, keys); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("a stranger resolves: %v", err)
			}
		}
		if _, err := s.svc.Resolve(s.ctx(), s.stranger, s.sup, s.stranger.Org, keys); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("without a partnership: %v", err)
		}
	})
}

func TestPricesAndList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		one, err := s.svc.Get(s.ctx(), s.buyer, s.sup, "aur-1")
		s.must(err)
		for on, want := range map[string]money.Price{"2025-12-31": 0, "2026-01-01": 80_000_000, "2026-06-30": 80_000_000, "2026-07-01": 84_000_000} {
			m, err := s.svc.PricesOn(s.ctx(), s.buyer, s.sup, s.buy, "GBP", on, []ID{one.ID})
			s.must(err)
			if m[one.ID] != want {
				t.Errorf("%s: %s, want %s", on, m[one.ID], want)
			}
		}
		if len(one.Prices) != 1 || one.Prices[0].Currency != "GBP" || one.Prices[0].Price != 84_000_000 || one.Unit != "EA" || one.GTIN != "07391234500019" {
			t.Errorf("the buyer sees %+v", one)
		}
		if _, err := s.svc.PricesOn(s.ctx(), s.viewer, s.sup, s.buy, "GBP", "2026-11-01", []ID{one.ID}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a viewer asks for prices: %v", err)
		}
		page := func(a access.Actor, f Filter) Page {
			t.Helper()
			p, err := s.svc.List(s.ctx(), a, f)
			s.must(err)
			return p
		}
		if p := page(s.boss, Filter{}); len(p.Items) != 2 || len(p.Currencies) != 2 || len(p.Items[0].Prices) != 2 {
			t.Errorf("own catalogue %+v", p)
		}
		if p := page(s.theirAdmin, Filter{}); len(p.Items) != 2 || len(p.Currencies) != 1 || p.Currencies[0] != "EUR" {
			t.Errorf("the other partner sees %+v", p.Currencies)
		}
		if p := page(s.viewer, Filter{}); !p.PricesHidden || len(p.Items[0].Prices) != 0 {
			t.Errorf("a viewer sees %+v", p)
		}
		if p := page(s.stranger, Filter{}); len(p.Items) != 0 {
			t.Errorf("a stranger sees %+v", p)
		}
		if _, err := s.svc.List(s.ctx(), s.stranger, Filter{Supplier: s.sup}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger asks for the supplier: %v", err)
		}
		if _, err := s.svc.Get(s.ctx(), s.stranger, s.sup, "AUR-1"); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger gets: %v", err)
		}
		first := page(s.buyer, Filter{Limit: 1})
		second := page(s.buyer, Filter{Limit: 1, After: first.Next})
		if first.Items[0].SKU != "AUR-1" || second.Items[0].SKU != "AUR-2" || second.Next != "" {
			t.Errorf("pages %v %v", first.Items, second.Items)
		}
		for q, n := range map[string]int{"drill": 1, "电钻": 1, "100%": 1, "_": 0, "aur": 2, "739123": 1, "battery drill": 0} {
			if p := page(s.buyer, Filter{Query: q}); len(p.Items) != n {
				t.Errorf("search %q: %d, want %d", q, len(p.Items), n)
			}
		}
	})
}

// Only the owner writes, and a SKU that another company also has stays its own.
func TestPut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		before, err := s.svc.Get(s.ctx(), s.boss, s.sup, "AUR-1")
		s.must(err)
		if err := s.svc.Put(s.ctx(), s.buyer, Product{SKU: "AUR-1", NameEN: "Mine", Unit: "EA"}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a buyer writes: %v", err)
		}
		s.must(s.svc.Put(s.ctx(), s.theirAdmin, Product{SKU: "AUR-1", NameEN: "Theirs", Unit: "EA"}))
		if err := s.svc.SetReference(s.ctx(), s.theirAdmin, s.buy, "X", "AUR-1"); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a reference without partnership: %v", err)
		}
		after, err := s.svc.Get(s.ctx(), s.boss, s.sup, "AUR-1")
		s.must(err)
		if after.NameEN != before.NameEN || after.ID != before.ID || len(after.Packs) != 1 {
			t.Errorf("another company's product changed ours: %+v", after)
		}
		s.must(s.svc.Put(s.ctx(), s.boss, Product{SKU: "AUR-1", NameEN: "Drill 2", Unit: "EA", State: Discontinued}))
		after, err = s.svc.Get(s.ctx(), s.boss, s.sup, "AUR-1")
		s.must(err)
		if after.ID != before.ID || after.State != Discontinued || len(after.Packs) != 0 || len(after.Prices) != 2 {
			t.Errorf("changed: %+v", after)
		}
		for name, p := range map[string]Product{"no sku": {NameEN: "x", Unit: "EA"}, "no name": {SKU: "A", Unit: "EA"}, "no unit": {SKU: "A", NameEN: "x"}, "check digit": {SKU: "A", NameEN: "x", Unit: "EA", GTIN: "7391234500018"},
			"pack": {SKU: "A", NameEN: "x", Unit: "EA", Packs: []Pack{{Level: Case, Unit: "EA", Quantity: money.Whole(3)}}}} {
			if err := s.svc.Put(s.ctx(), s.boss, p); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.svc.SetPrices(s.ctx(), s.boss, map[string][]ListPrice{"NOPE": {{"GBP", "2026-01-01", 1}}}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("price of nothing: %v", err)
		}
	})
}

// A GTIN stands for one active product, as piece or as pack, in the catalogue and among
// what is put at once; other companies' products do not count.
func TestGTINOfOneProduct(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		piece, pack, free := "7391234500019", CheckDigit("1739123450001"), CheckDigit("0739123450099")
		taken := func(what, field string, ps ...Product) {
			t.Helper()
			f := fault.As(s.svc.Put(s.ctx(), s.boss, ps...))
			if f == nil || len(f.Fields) != 1 || f.Fields[0].Name != field || f.Fields[0].Key != "catalog.gtin_taken" {
				t.Errorf("%s: %v", what, f)
			}
		}
		a := Product{SKU: "NEW-A", NameEN: "A", Unit: "EA", GTIN: piece}
		taken("of a piece", "products.0.gtin", a)
		a.GTIN = pack
		taken("of a pack", "products.0.gtin", a)
		a.GTIN, a.Packs = "", []Pack{{Level: Inner, Unit: "BX", Quantity: money.Whole(5), GTIN: piece}}
		taken("as a pack", "products.0.packs.inner.gtin", a)
		a.GTIN, a.Packs = free, nil
		taken("twice at once", "products.1.gtin", a, Product{SKU: "NEW-B", NameEN: "B", Unit: "EA", GTIN: free})
		s.must(s.svc.Put(s.ctx(), s.boss, a))
		s.must(s.svc.Put(s.ctx(), s.boss, a)) // again
		s.must(s.svc.Put(s.ctx(), s.theirAdmin, a))
		// Two that change numbers at once, and one whose product is sold no more.
		old, err := s.svc.Get(s.ctx(), s.boss, s.sup, "AUR-1")
		s.must(err)
		moved := old.Product
		moved.GTIN, a.GTIN = free, piece
		s.must(s.svc.Put(s.ctx(), s.boss, moved, a))
		moved.State = Discontinued
		s.must(s.svc.Put(s.ctx(), s.boss, moved))
		s.must(s.svc.Put(s.ctx(), s.boss, Product{SKU: "NEW-C", NameEN: "C", Unit: "EA", GTIN: free}))
		taken("sold again", "products.0.gtin", func() Product { m := moved; m.State, m.Packs = Active, nil; return m }())
	})
}

func TestGTIN(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"7391234500019": "07391234500019", "96385074": "00000096385074", "036000291452": "00036000291452", "7391234500018": "", "12345": "", "73912345000x9": "", "": ""} {
		got, ok := PadGTIN(s)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", s, got, ok)
		}
	}
}
