package promo

import (
	"context"
	"slices"
	"time"

	"entente/prm/access"
)

// Standing is what is agreed of a promotion now, for what is built beside it. Terms are
// all of them for the owner, else the viewer's own text.
type Standing struct {
	ID     ID
	Number string
	Owner  string
	State  State
	Terms  Terms
	From   time.Time // the first instant of the window, and the first after it
	Until  time.Time
	Seats  []Seat // the owner's: those that the agreed terms name; else the viewer's own
}

// Standing returns what is agreed of a promotion of the actor's company, or of one that
// it takes part in.
// Codes: Unauthenticated, NotFound (also where it declined or was left out), Conflict
// (nothing is agreed yet).
func (s *Service) Standing(ctx context.Context, actor access.Actor, id ID) (Standing, error) {
	var out Standing
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, seats, org, err := results(ctx, actor, id)
		if err != nil {
			return err
		}
		v, err := agreed(ctx, r, "")
		if err != nil {
			return err
		}
		out = Standing{ID: id, Number: r.Number, Owner: r.OwnerID, State: State(r.State), Terms: v.Terms}
		out.From, out.Until = v.Terms.window()
		if org != "" {
			if _, in := v.Terms.Part(org); !in { // asked anew and not agreed with before, or left out
				return notFound()
			}
			out.Terms = v.Terms.visible(org)
		}
		out.Seats = slices.DeleteFunc(seats, func(x Seat) bool {
			_, in := v.Terms.Part(x.Org)
			return !in || x.State == Declined || x.State == Dropped || org != "" && x.Org != org
		})
		return nil
	})
	return out, err
}

// Conditions is the first word of a condition on the price at which a partner sells on
// in a text, empty for none: those are never a part of a promotion.
func Conditions(text string) string { return resale(text) }
