package orderdesk

import (
	"context"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { dbtest.CheckModels(t, d, viewRow{}) })
}

// TestViews: a view is a person's own or its company's; the parameters of the list alone
// are kept; who made it removes it, and a manager a shared one.
func TestViews(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(d.InTx(ctx, func(ctx context.Context) error {
			for _, o := range []string{"a", "b"} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", o, o, o).Error; err != nil {
					return err
				}
			}
			for _, p := range []string{"ann", "bob", "cat"} {
				if err := db.Tx(ctx).Table("person").Create(map[string]any{"id": p, "email": p + "@x.example", "name": p, "locale": "en", "timezone": "UTC", "theme": "", "password": "", "password_at": 1, "operator": false, "state": "active", "last_org": "", "created": 1}).Error; err != nil {
					return err
				}
			}
			return nil
		}))
		s := New(d, trade.New(d, nil, nil))
		who := func(person, org string, roles ...access.Role) access.Actor {
			return access.Actor{Person: person, Org: org, Roles: roles, Via: "session:x"}
		}
		ann, bob, cat := who("ann", "a", access.Sales), who("bob", "a", access.Manager), who("cat", "b", access.Admin)
		own, err := s.Save(ctx, ann, View{List: "orders", Name: " Mine ", Query: "view=open&after=zz&q=%E5%8D%8E&csrf=1"})
		must(err)
		if own.Name != "Mine" || own.Query != "q=%E5%8D%8E&view=open" || !own.Own {
			t.Errorf("%+v", own)
		}
		shared, err := s.Save(ctx, ann, View{List: "orders", Name: "Ours", Query: "view=late", Shared: true})
		must(err)
		again, err := s.Save(ctx, ann, View{List: "orders", Name: "Mine", Query: "view=held"})
		must(err)
		if again.ID != own.ID || again.Query != "view=held" {
			t.Errorf("%+v", again)
		}
		for _, c := range []struct {
			actor access.Actor
			want  int
		}{{ann, 2}, {bob, 1}, {cat, 0}} {
			if got, err := s.Views(ctx, c.actor, "orders"); err != nil || len(got) != c.want {
				t.Errorf("%s sees %+v, %v", c.actor.Person, got, err)
			}
		}
		for _, c := range []struct {
			actor access.Actor
			id    string
			want  fault.Code
		}{{bob, own.ID, fault.NotFound}, {cat, shared.ID, fault.NotFound}, {who("bob", "a", access.Sales), shared.ID, fault.Forbidden}} {
			if err := s.Drop(ctx, c.actor, c.id); fault.CodeOf(err) != c.want {
				t.Errorf("%s drops %s: %v", c.actor.Person, c.id, err)
			}
		}
		must(s.Drop(ctx, bob, shared.ID))
		must(s.Drop(ctx, ann, own.ID))
		leads, err := s.Save(ctx, ann, View{List: "leads", Name: "Mine", Query: "as=board&least=5000&open=x&source=event"})
		must(err)
		if leads.Query != "as=board&least=5000&source=event" {
			t.Errorf("%+v", leads)
		}
		// who may not see leads has no views of them, and drops none
		buyer := who("ann", "a", access.Buyer)
		if _, err := s.Views(ctx, buyer, "leads"); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("views of leads: %v", err)
		}
		if err := s.Drop(ctx, buyer, leads.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("drop of a view of leads: %v", err)
		}
		must(s.Drop(ctx, ann, leads.ID))
		if _, err := s.Save(ctx, ann, View{List: "people", Name: "x"}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("another list: %v", err)
		}
		if _, err := s.Save(ctx, ann, View{List: "orders"}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("no name: %v", err)
		}
	})
}

// rules are those of a supplier that keeps every answer back.
type rules struct{ trade.Approvals }

func (rules) Outgoing(context.Context, access.Actor, trade.Facts, trade.PlaceCmd) (string, error) {
	return "", nil
}
func (rules) Incoming(context.Context, trade.Facts) (string, error) { return "", nil }
func (rules) Answering(context.Context, access.Actor, trade.Facts, trade.ConfirmCmd) (string, error) {
	return "request", nil
}

// desk is a supplier with a product at a price and one that buys it.
func desk(t *testing.T, d *db.DB) (orders *trade.Service, seller, buyer access.Actor) {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.InTx(ctx, func(ctx context.Context) error {
		for _, o := range []string{"a", "b"} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", o, o, o).Error; err != nil {
				return err
			}
		}
		return db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES ('link', 'a', 'b', 'active', 'GBP', 5000, 0, 1, 1, '')").Error
	}))
	seller, buyer = access.Actor{Person: db.NewID(), Org: "a", Roles: []access.Role{access.Admin}, Via: "session:x"}, access.Actor{Person: db.NewID(), Org: "b", Roles: []access.Role{access.Buyer}, Via: "session:x"}
	cat := catalog.New(d, nil)
	must(cat.Put(ctx, seller, catalog.Product{SKU: "DRILL", NameEN: "Drill", NameZH: "电钻", Family: "tools", Unit: "EA"}))
	must(cat.SetPrices(ctx, seller, map[string][]catalog.ListPrice{"DRILL": {{Currency: "GBP", From: "2026-01-01", Price: money.Whole(100)}}}))
	orders = trade.New(d, cat, nil)
	return orders, seller, buyer
}

// An answer that the supplier's rules keep back is not called confirmed.
func TestKeptBack(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	orders, seller, buyer := desk(t, d)
	orders.Approve(rules{})
	got, err := orders.Place(ctx, buyer, trade.PlaceCmd{Partnership: "link", Key: "k", Lines: []trade.PlaceLine{{SKU: "DRILL", Quantity: money.Whole(1)}}})
	must(err)
	all, err := New(d, orders).Confirm(ctx, seller, []Pick{{Order: got.Order}})
	must(err)
	if len(all) != 1 || all[0].Outcome != Waits {
		t.Fatalf("%+v", all)
	}
	o, err := orders.Get(ctx, seller, got.Order)
	must(err)
	if o.State != trade.Received {
		t.Errorf("it is %s", o.State)
	}
}

// The same orders confirmed by several at once: one confirms each, to the others it was
// answered already, whatever version they saw.
func TestConfirmAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		orders, seller, buyer := desk(t, d)
		var picks []Pick
		for _, key := range []string{"one", "two", "three"} {
			got, err := orders.Place(t.Context(), buyer, trade.PlaceCmd{Partnership: "link", Key: key, Lines: []trade.PlaceLine{{SKU: "DRILL", Quantity: money.Whole(1)}}})
			if err != nil {
				t.Fatal(err)
			}
			o, err := orders.Head(t.Context(), seller, got.Order)
			if err != nil {
				t.Fatal(err)
			}
			picks = append(picks, Pick{Order: got.Order, Version: o.Version})
		}
		s := New(d, orders)
		results := make([][]Result, 4)
		errs := make([]error, len(results))
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i], errs[i] = s.Confirm(context.Background(), seller, picks) })
		}
		wg.Wait()
		count := map[string]int{}
		for i := range results {
			if errs[i] != nil {
				t.Fatal(errs[i])
			}
			for _, r := range results[i] {
				count[r.Outcome]++
			}
		}
		if count[Confirmed] != 3 || count[Already] != 9 {
			t.Errorf("%v", count)
		}
	})
}
