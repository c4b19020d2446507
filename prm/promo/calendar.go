package promo

import (
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
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
// dates from and to, by their first day, without those that were cancelled.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Calendar(ctx context.Context, actor access.Actor, from, to string) ([]Slot, error) {
	scope, err := access.List(actor, access.PromoRead)
	if err != nil {
		return nil, err
	}
	var out []Slot
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out = nil
		page, err := list(ctx, scope, Filter{States: []State{Draft, Proposed, Agreed, Running, Ended, Settled}, From: from, To: to, Limit: mostSlots})
		if err != nil {
			return err
		}
		ids := make([]string, len(page.Items))
		for i, h := range page.Items {
			ids[i] = string(h.ID)
		}
		all, err := standingTerms(ctx, ids)
		if err != nil {
			return err
		}
		own := map[ID]Terms{}
		for _, h := range page.Items {
			t := all[string(h.ID)]
			if h.Owner != scope.Org() {
				t = t.visible(scope.Org())
			}
			own[h.ID] = t
		}
		slices.Reverse(page.Items)
		for _, h := range page.Items {
			slot := Slot{Head: h}
			for _, o := range page.Items {
				if o.ID != h.ID && o.Owner == h.Owner && h.State != Settled && o.State != Settled && h.From <= o.Until && o.From <= h.Until && meets(own[h.ID], own[o.ID]) {
					slot.Clashes = append(slot.Clashes, o.ID)
				}
			}
			out = append(out, slot)
		}
		return nil
	})
	return out, err
}

// meets says whether two terms reach a common partner with a common product or family.
func meets(a, b Terms) bool {
	common := func(x, y []string) bool {
		return slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
	}
	return slices.ContainsFunc(a.Parts, func(p Part) bool { _, ok := b.Part(p.Org); return ok && p.Role == Participant }) && (common(a.SKUs, b.SKUs) || common(a.Families, b.Families))
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
