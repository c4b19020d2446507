package promo

import (
	"slices"
	"testing"

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
			list, err := m.svc.Calendar(m.at(), a, "2026-12-01", "2027-01-31")
			m.must(err)
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
