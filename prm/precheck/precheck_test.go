package precheck

import (
	"context"
	"slices"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestSort: a rule that nobody chose anything for is judged by default, one that a person
// released only warns, one that is off is not told.
func TestSort(t *testing.T) {
	t.Parallel()
	var all []Finding
	for _, r := range append(Rules, Rules...) {
		all = Note(all, r, "10", "Was", "1", "Now", "2")
	}
	if len(all) != len(Rules) || all[0].Args["Line"] != "10" || all[0].Args["Now"] != "2" {
		t.Fatalf("noted %+v", all)
	}
	stop, warn := Default().Sort(all, []Rule{Tax})
	if len(stop) != 1 || stop[0].Rule != PackTwice || len(warn) != len(Rules)-2 || slices.ContainsFunc(warn, func(f Finding) bool { return f.Rule == BeforeShipment }) {
		t.Errorf("stop %+v, warn %+v", stop, warn)
	}
	if Default().Of("unheard_of") != Off {
		t.Error("an unknown rule is looked at")
	}
}

// TestPolicy: the supplier chooses, for each partner apart; its partner does not see it.
func TestPolicy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, ruleRow{})
		s := New(d)
		supplier, reseller, other := db.NewID(), db.NewID(), db.NewID()
		one, two := db.NewID(), db.NewID()
		err := d.InTx(t.Context(), func(ctx context.Context) error {
			for _, o := range []string{supplier, reseller, other} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'GBP', 'UTC', 'en', 'active', 1)", o, o).Error; err != nil {
					return err
				}
			}
			for _, p := range [][2]string{{one, reseller}, {two, other}} {
				if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", p[0], supplier, p[1]).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		as := func(org string, r access.Role) access.Actor {
			return access.Actor{Person: "p", Org: org, Roles: []access.Role{r}, Via: "session:x"}
		}
		boss := as(supplier, access.Manager)
		for range 2 { // again is no change
			if p, err := s.Set(t.Context(), boss, one, map[Rule]Severity{Price: Stop, Tax: Off}); err != nil || p.Of(Price) != Stop || p.Of(Tax) != Off || p.Of(Charge) != Warn {
				t.Fatalf("set %v, %v", p, err)
			}
		}
		if p, err := s.Get(t.Context(), as(supplier, access.Viewer), one); err != nil || p.Of(Price) != Stop {
			t.Errorf("got %v, %v", p, err)
		}
		if p, err := s.Get(t.Context(), boss, two); err != nil || p.Of(Price) != Warn {
			t.Errorf("the other partner %v, %v", p, err)
		}
		for _, x := range []struct {
			actor access.Actor
			at    string
			want  fault.Code
		}{{as(reseller, access.Admin), one, fault.NotFound}, {as(other, access.Admin), one, fault.NotFound}, {boss, "nothing", fault.NotFound}} {
			if _, err := s.Get(t.Context(), x.actor, x.at); fault.CodeOf(err) != x.want {
				t.Errorf("get by %s: %v", x.actor.Org, err)
			}
			if _, err := s.Set(t.Context(), x.actor, x.at, map[Rule]Severity{Price: Off}); fault.CodeOf(err) != x.want {
				t.Errorf("set by %s: %v", x.actor.Org, err)
			}
		}
		if _, err := s.Set(t.Context(), as(supplier, access.Sales), one, map[Rule]Severity{Price: Off}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("set by sales: %v", err)
		}
		for _, m := range []map[Rule]Severity{{"unheard_of": Stop}, {Price: "maybe"}} {
			if _, err := s.Set(t.Context(), boss, one, m); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("set %v: %v", m, err)
			}
		}
	})
}
