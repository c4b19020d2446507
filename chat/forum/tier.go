package forum

import (
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// maxTiers is by how many tiers one category is shared.
const maxTiers = 50

// TierSeat is what the companies of a tier may do in a category: each for as long as the
// owner gives it that tier, from one moment to the next. A company that was chosen by name
// has what was chosen for it in its place.
type TierSeat struct {
	Tier          string // its name, as the owner's terms have it
	Reply, Create bool
}

// Tiers tells which tiers companies give each other. It is a port: whoever keeps the terms
// of partners knows.
type Tiers interface {
	// Held is the tier of a company with each that gives it one, by company.
	Held(ctx context.Context, org string) (map[string]string, error)
	// Given is the tier of each partner to which a company gives one, by company.
	Given(ctx context.Context, owner string) (map[string]string, error)
	// Tiers are the names of those that a company gives.
	Tiers(ctx context.Context, owner string) ([]string, error)
}

// Tier says who knows tiers. It is called once while wiring; without it there are none.
func (s *Service) Tier(t Tiers) { s.tiers = t }

// Choices are the tiers by which the actor's company may share a category.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Choices(ctx context.Context, actor access.Actor) ([]string, error) {
	if err := access.Check(actor, access.ForumManage, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	return s.tierNames(ctx, actor.Org)
}

func (s *Service) tierNames(ctx context.Context, owner string) ([]string, error) {
	if s.tiers == nil {
		return nil, nil
	}
	return s.tiers.Tiers(ctx, owner)
}

// heldKey is where the context of a read or a change keeps what holding put there.
type heldKey struct{}

// held are the tiers of one company with others.
type held struct {
	org   string
	tiers map[string]string // by owner
}

// holding asks for the tiers that the actor's company has now, before the transaction. All
// that the transaction finds is judged by them: there is nothing to be made true later.
func (s *Service) holding(ctx context.Context, actor access.Actor) (context.Context, error) {
	if s.tiers == nil || actor.Org == "" {
		return ctx, nil
	}
	tiers, err := s.tiers.Held(ctx, actor.Org)
	if err != nil {
		return nil, err
	}
	return context.WithValue(ctx, heldKey{}, held{actor.Org, tiers}), nil
}

// tiersOf are the tiers of a company by owner, as holding found them.
func tiersOf(ctx context.Context, org string) map[string]string {
	if h, ok := ctx.Value(heldKey{}).(held); ok && h.org == org {
		return h.tiers
	}
	return nil
}

// checkTiers finds what is wrong with the tiers of a category: each is one of the owner's, or
// was there before.
func checkTiers(bad *fault.Error, list []TierSeat, names []string, had []TierSeat) {
	if len(list) > maxTiers {
		bad.With("tiers", "form.too_many", "most", maxTiers)
	}
	seen := map[string]bool{}
	for _, x := range list {
		if seen[x.Tier] || !slices.Contains(names, x.Tier) && !slices.ContainsFunc(had, func(h TierSeat) bool { return h.Tier == x.Tier }) {
			bad.With("tiers", "form.choice_wrong")
		}
		seen[x.Tier] = true
	}
}

// present takes out of the seats of open categories those by tier of companies that do not
// have the tier now: the consent is kept, and names nobody until the tier comes back.
func (s *Service) present(ctx context.Context, actor access.Actor, cats []categoryRow, seats map[string][]seatRow) error {
	byTier := func(r seatRow) bool { return r.ByTier != 0 && r.Agreed != 0 && r.OrgID != actor.Org }
	cats = slices.DeleteFunc(slices.Clone(cats), func(c categoryRow) bool {
		return c.Open == 0 || c.OwnerID == actor.Org || !slices.ContainsFunc(seats[c.ID], byTier)
	})
	if len(cats) == 0 {
		return nil
	}
	var ids []string
	for _, c := range cats {
		ids = append(ids, c.ID)
	}
	shared, err := tiersIn(ctx, ids)
	if err != nil {
		return err
	}
	given := map[string]map[string]string{}
	for _, c := range cats {
		if _, asked := given[c.OwnerID]; !asked && s.tiers != nil {
			if given[c.OwnerID], err = s.tiers.Given(ctx, c.OwnerID); err != nil {
				return err
			}
		}
		seats[c.ID] = slices.DeleteFunc(seats[c.ID], func(r seatRow) bool {
			tier := given[c.OwnerID][r.OrgID]
			return byTier(r) && (tier == "" || !slices.ContainsFunc(shared[c.ID], func(t TierSeat) bool { return t.Tier == tier }))
		})
	}
	return nil
}

// saveTiers makes the tiers of a category those.
func saveTiers(ctx context.Context, id string, list []TierSeat) error {
	var rows []tierRow
	for _, x := range list {
		rows = append(rows, tierRow{id, x.Tier, db.Flag(x.Reply || x.Create), db.Flag(x.Create)})
	}
	return putTiers(ctx, id, rows)
}
