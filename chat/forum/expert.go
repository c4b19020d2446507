package forum

import (
	"cmp"
	"context"
	"slices"

	"entente/prm/access"
)

// Expert is somebody whose answers to questions were accepted.
type Expert struct {
	From     Author
	Accepted int
}

// mostExperts bounds how many are told.
const mostExperts = 10

// Experts are those whose answers were accepted to questions like those asked for (category,
// tag, words), the most first. They are counted in what the actor may read, and where the
// actor may know who wrote: whoever is nobody there is none here.
// Codes: Unauthenticated, NotFound (the category), Forbidden.
func (s *Service) Experts(ctx context.Context, actor access.Actor, f Filter) ([]Expert, error) {
	scope, err := access.List(actor, access.ForumRead)
	if err != nil {
		return nil, err
	}
	var out []Expert
	err = s.view(ctx, actor, func(ctx context.Context) error {
		if f.Category != "" {
			if _, err := enter(ctx, actor, access.ForumRead, f.Category, true); err != nil {
				return err
			}
		}
		rows, err := accepters(ctx, scope.Org(), actor.Person, f)
		if err != nil {
			return err
		}
		var cats []string
		for _, r := range rows {
			if !slices.Contains(cats, r.CategoryID) {
				cats = append(cats, r.CategoryID)
			}
		}
		heads, err := categoriesAt(ctx, cats)
		if err != nil {
			return err
		}
		seats, err := seatsIn(ctx, cats)
		if err != nil {
			return err
		}
		if err := s.present(ctx, actor, heads, seats); err != nil {
			return err
		}
		ours, err := seatsAt(ctx, actor.Org, cats)
		if err != nil {
			return err
		}
		known := map[string]Category{}
		for _, h := range heads {
			if seat, there := ours[h.ID]; there {
				known[h.ID] = category(h, seat)
			}
		}
		out = nil
		for _, r := range rows {
			a := author(actor, known[r.CategoryID], seats[r.CategoryID], r.OrgID, r.PersonID)
			if a.Hidden() {
				continue
			}
			i := slices.IndexFunc(out, func(e Expert) bool { return e.From.Person == a.Person && e.From.Org == a.Org })
			if i < 0 {
				i, out = len(out), append(out, Expert{From: a})
			}
			out[i].Accepted += int(r.N)
		}
		slices.SortStableFunc(out, func(a, b Expert) int {
			return cmp.Or(b.Accepted-a.Accepted, cmp.Compare(a.From.Person, b.From.Person))
		})
		out = out[:min(len(out), mostExperts)]
		return nil
	})
	return out, err
}
