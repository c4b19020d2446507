package promo

import (
	"slices"
	"testing"

	"entente/db"
	"entente/prm/access"
)

// TestCalendarClashes: two promotions that reach the same partner with the same product on
// the same day clash, for the owner and for that partner; another partner, another product
// or the day after is no clash, and nobody learns of promotions it takes no part in.
func TestCalendarClashes(t *testing.T) {
	open4(t, func(m *market) {
		of := func(title, from, until string, skus []string, parts ...int) ID {
			x := m.terms()
			all := x.Parts
			x.Title, x.From, x.Until, x.ShipBy, x.Families, x.SKUs, x.Parts = title, from, until, "", nil, skus, nil
			for _, i := range parts {
				x.Parts = append(x.Parts, all[i])
			}
			return m.sent(x).ID
		}
		drill, battery := []string{"AUR-D18B"}, []string{"AUR-B50"}
		base := of("base", "2026-12-01", "2026-12-31", drill, 0)
		touches := of("touches", "2026-12-31", "2027-01-15", []string{"AUR-B50", "AUR-D18B"}, 0, 1)
		after := of("after", "2027-01-16", "2027-01-31", drill, 0)
		product := of("product", "2026-12-05", "2026-12-06", []string{"AUR-G125"}, 0)
		partner := of("partner", "2026-12-01", "2026-12-30", battery, 1)
		far := of("far", "2027-06-01", "2027-06-30", drill, 0)
		see := func(a access.Actor) map[ID][]ID {
			t.Helper()
			list, more, err := m.svc.Calendar(m.at(), a, "2026-12-01", "2027-01-31")
			m.must(err)
			if more {
				t.Error("more than there are")
			}
			out := map[ID][]ID{}
			for i, x := range list {
				if i > 0 && list[i-1].From > x.From {
					t.Errorf("%s before %s", list[i-1].From, x.From)
				}
				out[x.ID] = x.Clashes
			}
			return out
		}
		check := func(who string, got map[ID][]ID, want map[ID][]ID) {
			t.Helper()
			if len(got) != len(want) {
				t.Errorf("%s: %d promotions, want %d", who, len(got), len(want))
			}
			for id, clashes := range want {
				if !slices.Equal(got[id], clashes) {
					t.Errorf("%s: %s clashes with %v, want %v", who, id, got[id], clashes)
				}
			}
		}
		check("the owner", see(m.ingrid), map[ID][]ID{base: {touches}, touches: {base}, after: nil, product: nil, partner: nil})
		check("a partner", see(m.maya), map[ID][]ID{base: {touches}, touches: {base}, after: nil, product: nil})
		check("the other partner", see(m.kaarel), map[ID][]ID{touches: nil, partner: nil})
		if _, ok := see(m.ingrid)[far]; ok {
			t.Error("a promotion outside the dates")
		}
		// what is given up is in nobody's way
		d := m.get(touches)
		_, err := m.svc.Cancel(m.at(), m.ingrid, touches, d.Version, "given up")
		m.must(err)
		check("cancelled", see(m.maya), map[ID][]ID{base: nil, after: nil, product: nil})
	})
}

// TestClashesOfFamilies: what a promotion names by itself, as one of a fixed family and as a
// family, whichever products belong to it, clashes with what another reaches of it, however that
// one names it. Terms that hold for other countries do not, nor does a company that only pays.
func TestClashesOfFamilies(t *testing.T) {
	open4(t, func(m *market) {
		terms := func(title string, change func(x *Terms)) Terms {
			x := m.terms()
			x.Title, x.Families, x.SKUs, x.Parts = title, nil, nil, x.Parts[:1]
			change(&x)
			return x
		}
		sku := terms("a product", func(x *Terms) { x.SKUs = []string{"AUR-D18B"} })
		family := terms("a family", func(x *Terms) { x.Families = []string{"cordless"} })
		fixed := terms("a family as it is", func(x *Terms) { x.Families, x.Fixed = []string{"cordless"}, true })
		abroad := terms("abroad", func(x *Terms) { x.Families, x.Countries = []string{"cordless"}, []string{"FR"} })
		pays := terms("only pays", func(x *Terms) {
			x.Families = []string{"cordless"}
			x.Parts = append(slices.Clone(x.Parts), m.terms().Parts[1])
			x.Parts[0].Role = Sponsor
		})
		other := terms("another family", func(x *Terms) { x.Families = []string{"battery"} })
		ids, names := map[string]ID{}, map[ID]string{}
		for _, x := range []Terms{sku, family, fixed, abroad, pays, other} {
			ids[x.Title] = m.sent(x).ID
			names[ids[x.Title]] = x.Title
		}
		check := func(when, title string, want ...string) {
			t.Helper()
			list, _, err := m.svc.Calendar(m.at(), m.ingrid, "2026-12-01", "2026-12-31")
			m.must(err)
			var got []string
			for _, s := range list {
				if s.ID == ids[title] {
					for _, id := range s.Clashes {
						got = append(got, names[id])
					}
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s clashes with %q, want %q", when, title, got, want)
			}
		}
		check("first", "a product", "a family", "a family as it is", "abroad")
		check("first", "a family", "a family as it is", "a product", "abroad")
		check("first", "a family as it is", "a family", "a product", "abroad")
		check("first", "only pays")
		check("first", "another family")

		// the drill goes to another family: what is fixed keeps it, what is not loses it
		boss := access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
		drill, err := m.cat.Get(m.at(), boss, m.aurelia, "AUR-D18B")
		m.must(err)
		drill.Family = "battery"
		m.must(m.cat.Put(m.at(), boss, drill.Product))
		check("moved", "a product", "a family as it is", "another family")
		check("moved", "a family", "abroad")
		check("moved", "another family", "a family as it is", "a product")

		// who writes another is told before it is sent, and not of itself
		of := func(id ID, x Terms) (out []string) {
			t.Helper()
			list, err := m.svc.Clashes(m.at(), m.ingrid, id, x)
			m.must(err)
			for _, h := range list {
				out = append(out, h.Title)
			}
			slices.Sort(out)
			return out
		}
		if got := of("", sku); !slices.Equal(got, []string{"a family as it is", "a product", "another family"}) {
			t.Errorf("new: %q", got)
		}
		if got := of(ids["a product"], sku); !slices.Equal(got, []string{"a family as it is", "another family"}) {
			t.Errorf("changed: %q", got)
		}
		late := sku
		late.From, late.Until, late.ShipBy = "2027-01-01", "2027-01-31", ""
		if got := of("", late); got != nil {
			t.Errorf("another month: %q", got)
		}
		if _, err := m.svc.Clashes(m.at(), m.joe, "", sku); err == nil {
			t.Error("a buyer reads whom a promotion of his company would meet")
		}
	})
}
