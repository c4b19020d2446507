package promo

import (
	"context"
	"maps"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
)

// Slot is a promotion in the calendar. Clashes are those of the viewer's own promotions
// that reach the same partner with the same products at the same time.
type Slot struct {
	Head
	Clashes []ID
}

// mostSlots bounds a calendar.
const mostSlots = 200

// Calendar gives the promotions of the actor's company whose windows touch the civil
// dates from and to, by their first day, without those that were cancelled. More says that
// there are others, which begin earlier.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Calendar(ctx context.Context, actor access.Actor, from, to string) (out []Slot, more bool, err error) {
	scope, err := access.List(actor, access.PromoRead)
	if err != nil {
		return nil, false, err
	}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out = nil
		page, err := list(ctx, scope, Filter{States: []State{Draft, Proposed, Agreed, Running, Ended, Settled}, From: from, To: to, Limit: mostSlots})
		if err != nil {
			return err
		}
		more = page.Next != ""
		heads := page.Items
		slices.Reverse(heads)
		terms, err := readAs(ctx, scope.Org(), heads)
		if err != nil {
			return err
		}
		reaches, err := reachesOf(ctx, heads, terms)
		if err != nil {
			return err
		}
		for i, h := range heads {
			slot := Slot{Head: h}
			for k, o := range heads {
				if i != k && o.Owner == h.Owner && h.State != Settled && o.State != Settled && h.From <= o.Until && o.From <= h.Until && reaches[i].meets(reaches[k]) {
					slot.Clashes = append(slot.Clashes, o.ID)
				}
			}
			out = append(out, slot)
		}
		return nil
	})
	return out, more, err
}

// Clashes are the other promotions of the actor's company that terms it writes would meet:
// one order line could be of both, and gets the better of them. The id is that of the
// promotion the terms are for, empty for a new one.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Clashes(ctx context.Context, actor access.Actor, id ID, t Terms) ([]Head, error) {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	scope, err := access.List(actor, access.PromoRead)
	if err != nil || !civil(t.From) || !civil(t.Until) {
		return nil, err
	}
	t.normal()
	var out []Head
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out = nil
		page, err := list(ctx, scope, Filter{States: []State{Draft, Proposed, Agreed, Running, Ended}, From: t.From, To: t.Until, Limit: mostSlots})
		if err != nil {
			return err
		}
		heads := slices.DeleteFunc(page.Items, func(h Head) bool { return h.ID == id || h.Owner != actor.Org })
		terms, err := readAs(ctx, actor.Org, heads)
		if err != nil {
			return err
		}
		reaches, err := reachesOf(ctx, append(slices.Clone(heads), Head{Owner: actor.Org}), append(terms, t))
		if err != nil {
			return err
		}
		for i, h := range heads {
			if reaches[i].meets(reaches[len(heads)]) {
				out = append(out, h)
			}
		}
		slices.Reverse(out)
		return nil
	})
	return out, err
}

// readAs are the newest terms of promotions as a company reads them.
func readAs(ctx context.Context, org string, heads []Head) ([]Terms, error) {
	ids := make([]string, len(heads))
	for i, h := range heads {
		ids[i] = string(h.ID)
	}
	all, err := standingTerms(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Terms, len(heads))
	for i, h := range heads {
		out[i] = all[string(h.ID)]
		if h.Owner != org {
			out[i] = out[i].visible(org)
		}
	}
	return out, nil
}

// reach is whom terms reach, with what and where. Products are named, each by itself or as one
// of a fixed family; or they belong to a family, whichever do when they are ordered.
type reach struct {
	partners, products, families, countries map[string]bool
	of                                      map[string]bool // the families the named products belong to now
}

// reachesOf reads the families of the named products: one question for each owner.
func reachesOf(ctx context.Context, heads []Head, terms []Terms) ([]reach, error) {
	set := func(lists ...[]string) map[string]bool {
		out := map[string]bool{}
		for _, l := range lists {
			for _, x := range l {
				out[x] = true
			}
		}
		return out
	}
	out, named := make([]reach, len(terms)), map[string]map[string]bool{}
	for i, t := range terms {
		x := reach{partners: map[string]bool{}, countries: set(t.Countries)}
		for _, p := range t.Parts {
			if p.Role == Participant {
				x.partners[p.Org] = true
			}
		}
		if t.Fixed {
			x.products = set(t.SKUs, t.Within)
		} else {
			x.products, x.families = set(t.SKUs), set(t.Families)
		}
		out[i] = x
		owner := heads[i].Owner
		if named[owner] == nil {
			named[owner] = map[string]bool{}
		}
		maps.Copy(named[owner], x.products)
	}
	family := map[string]map[string]string{}
	for owner, skus := range named {
		var err error
		if family[owner], err = catalog.FamiliesOf(ctx, owner, slices.Sorted(maps.Keys(skus))); err != nil {
			return nil, err
		}
	}
	for i := range out {
		x := &out[i]
		x.of = map[string]bool{}
		for sku := range x.products {
			if f := family[heads[i].Owner][sku]; f != "" {
				x.of[f] = true
			}
		}
	}
	return out, nil
}

// meets says whether an order line of one partner can be of both: a product of both, sent to
// where both hold.
func (x reach) meets(y reach) bool {
	common := func(a, b map[string]bool) bool {
		if len(a) > len(b) {
			a, b = b, a
		}
		for k := range a {
			if b[k] {
				return true
			}
		}
		return false
	}
	if !common(x.partners, y.partners) || len(x.countries) > 0 && len(y.countries) > 0 && !common(x.countries, y.countries) {
		return false
	}
	return common(x.products, y.products) || common(x.families, y.families) || common(x.of, y.families) || common(x.families, y.of)
}

// standingTerms reads the newest terms of promotions: the agreed ones, else the open ones,
// else the draft.
func standingTerms(ctx context.Context, ids []string) (map[string]Terms, error) {
	out := map[string]Terms{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct{ ID, Body string }
	err := db.Tx(ctx).Raw(`SELECT p.id, COALESCE(v.body, p.draft) AS body FROM promotion p LEFT JOIN promotion_version v ON v.promotion_id = p.id AND v.number > 0 AND v.number = CASE WHEN p.agreed_no > 0 THEN p.agreed_no ELSE p.open_no END
WHERE p.id IN ?`, ids).Scan(&rows).Error
	for _, r := range rows {
		if r.Body == "" {
			continue
		}
		t, err := decode(r.Body)
		if err != nil {
			return nil, err
		}
		out[r.ID] = t
	}
	return out, err
}
