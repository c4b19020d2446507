package location

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

type bench struct {
	*testing.T
	s                        *Service
	aurelia, kestrel, baltic string
	toKestrel, toBaltic      string
	now                      time.Time
}

func (b *bench) at() context.Context {
	b.now = b.now.Add(time.Second)
	return db.WithNow(b.Context(), b.now)
}

func as(org string, roles ...access.Role) access.Actor {
	return access.Actor{Person: "person of " + org, Org: org, Roles: roles, Via: "session:x"}
}

func each(t *testing.T, fn func(b *bench)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, s: New(d, nil), aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
		dbtest.CheckModels(t, d, placeRow{}, codeRow{})
		err := d.InTx(t.Context(), func(ctx context.Context) error {
			for _, o := range []string{b.aurelia, b.kestrel, b.baltic} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'GBP', 'UTC', 'en', 'active', 1)", o, o).Error; err != nil {
					return err
				}
			}
			for _, p := range [][2]string{{b.toKestrel, b.kestrel}, {b.toBaltic, b.baltic}} {
				if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", p[0], b.aurelia, p[1]).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fn(b)
	})
}

func (b *bench) must(p Place, err error) Place {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// TestCodesStandForPlaces: of one partnership only, and a code stands for one place.
func TestCodesStandForPlaces(t *testing.T) {
	each(t, func(b *bench) {
		desk := as(b.aurelia, access.EDI)
		one := b.must(b.s.Add(b.at(), desk, Place{Partnership: b.toKestrel, Name: " Leeds ", City: "Leeds", Country: "gb", Codes: []Code{{"92", "A "}, {"92", "A"}, {"ul", "5012345000015"}}}))
		if one.Name != "Leeds" || one.Country != "GB" || len(one.Codes) != 2 || one.Line() != "Leeds" || one.Supplier != b.aurelia || one.Reseller != b.kestrel {
			b.Errorf("added %+v", one)
		}
		two := b.must(b.s.Add(b.at(), desk, Place{Partnership: b.toKestrel, Name: "Depot", City: "Hull", Number: "12", GLN: "5098765000019"}))
		tallinn := b.must(b.s.Add(b.at(), desk, Place{Partnership: b.toBaltic, Name: "Tallinn", Codes: []Code{{"92", "A"}}}))
		find := func(a access.Actor, partnership, q, c string, want ID) {
			b.Helper()
			p, ok, err := b.s.Find(b.at(), a, partnership, Code{q, c})
			if err != nil || p.ID != want || ok != (want != "") {
				b.Errorf("%s:%s is %+v, %v", q, c, p, err)
			}
		}
		find(desk, b.toKestrel, "92", " A", one.ID)
		find(desk, b.toBaltic, "92", "A", tallinn.ID)
		find(desk, b.toKestrel, "92", "a", "")
		find(desk, b.toKestrel, "91", "12", two.ID)
		find(desk, b.toKestrel, "92", "12", "")
		find(desk, b.toKestrel, "UL", "5098765000019", two.ID)
		find(as(b.baltic, access.Admin), b.toKestrel, "92", "A", "") // not theirs
		find(as(b.kestrel, access.Viewer), b.toKestrel, "92", "A", "")
		find(as(b.kestrel, access.Buyer), b.toKestrel, "92", "A", one.ID)

		b.must(b.s.Refer(b.at(), desk, two.ID, Code{"92", "A"}))
		find(desk, b.toKestrel, "92", "A", two.ID)
		if p := b.must(b.s.Get(b.at(), desk, one.ID)); len(p.Codes) != 1 {
			b.Errorf("the code is still of %+v", p)
		}
		one.Codes, one.Name = nil, "Leeds 2"
		if p := b.must(b.s.Change(b.at(), desk, one)); len(p.Codes) != 0 || p.Name != "Leeds 2" {
			b.Errorf("changed %+v", p)
		}
		if err := b.s.Remove(b.at(), desk, two.ID); err != nil {
			b.Fatal(err)
		}
		find(desk, b.toKestrel, "92", "A", "")
	})
}

// TestTheWall: a stranger finds nothing, the reseller reads, viewers do not.
func TestTheWall(t *testing.T) {
	each(t, func(b *bench) {
		p := b.must(b.s.Add(b.at(), as(b.aurelia, access.Manager), Place{Partnership: b.toKestrel, Name: "Leeds"}))
		for _, c := range []struct {
			actor access.Actor
			code  fault.Code
		}{{as(b.baltic, access.Admin), fault.NotFound}, {as(b.kestrel, access.Admin), fault.Forbidden}, {as(b.aurelia, access.Buyer), fault.Forbidden}} {
			_, err := b.s.Add(b.at(), c.actor, Place{Partnership: b.toKestrel, Name: "x"})
			_, err2 := b.s.Change(b.at(), c.actor, p)
			_, err3 := b.s.Refer(b.at(), c.actor, p.ID, Code{"92", "A"})
			for _, err := range []error{err, err2, err3, b.s.Remove(b.at(), c.actor, p.ID)} {
				if fault.CodeOf(err) != c.code {
					b.Errorf("%v: %v, want %s", c.actor.Roles, err, c.code)
				}
			}
		}
		if _, _, err := b.s.List(b.at(), as(b.baltic, access.Admin), b.toKestrel, Filter{}); fault.CodeOf(err) != fault.NotFound {
			b.Error(err)
		}
		if _, err := b.s.Get(b.at(), as(b.kestrel, access.Sales), p.ID); fault.CodeOf(err) != fault.NotFound {
			b.Error(err)
		}
		if _, err := b.s.Get(b.at(), as(b.kestrel, access.EDI), p.ID); err != nil {
			b.Error(err)
		}
	})
}

// TestListsAndBounds: pages, search, and what is refused.
func TestListsAndBounds(t *testing.T) {
	each(t, func(b *bench) {
		desk := as(b.aurelia, access.EDI)
		for i := range 5 {
			b.must(b.s.Add(b.at(), desk, Place{Partnership: b.toKestrel, Name: fmt.Sprint("Branch ", i), City: "Köln_50%", Number: fmt.Sprint(100 + i), Codes: []Code{{"92", fmt.Sprint("BR-", i)}}}))
		}
		seen, after := map[ID]bool{}, ""
		for range 3 {
			list, next, err := b.s.List(b.at(), desk, b.toKestrel, Filter{Limit: 2, After: after})
			if err != nil {
				b.Fatal(err)
			}
			for _, p := range list {
				seen[p.ID] = true
			}
			after = next
		}
		if len(seen) != 5 || after != "" {
			b.Errorf("%d places, then %q", len(seen), after)
		}
		for q, want := range map[string]int{"branch 3": 1, "br-4": 1, "102": 1, "50%": 5, "5%0": 0, "nothing": 0} {
			if list, _, err := b.s.List(b.at(), desk, b.toKestrel, Filter{Query: q}); err != nil || len(list) != want {
				b.Errorf("%q: %d, %v", q, len(list), err)
			}
		}
		for field, p := range map[string]Place{
			"name": {}, "gln": {Name: "x", GLN: "5012345000010"}, "country": {Name: "x", Country: "G1"}, "codes": {Name: "x", Codes: []Code{{"", "A"}}}, "city": {Name: "x", City: "a\u202eb"},
		} {
			p.Partnership = b.toKestrel
			_, err := b.s.Add(b.at(), desk, p)
			if fault.CodeOf(err) != fault.Invalid || fault.As(err).Fields[0].Name != field {
				b.Errorf("%s: %v", field, err)
			}
		}
		if _, _, err := b.s.List(b.at(), desk, b.toKestrel, Filter{After: "rubbish"}); fault.CodeOf(err) != fault.Invalid {
			b.Error(err)
		}
	})
}
