package landing

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/promo"
)

// Funnel adds up what came by the pages of a promotion, by page and referral code: for
// the owner all of them, for a participant its own.
// Codes: Unauthenticated, NotFound, Conflict (nothing is agreed yet).
func (s *Service) Funnel(ctx context.Context, actor access.Actor, id promo.ID) ([]Step, error) {
	var out []Step
	err := s.view(ctx, actor, func(ctx context.Context) error {
		org, err := s.whose(ctx, actor, id, "")
		if err != nil {
			return err
		}
		out, err = funnel(ctx, id, org)
		return err
	})
	return out, err
}

// whose says whose part of the funnel may be read: "" is all of it.
func (s *Service) whose(ctx context.Context, actor access.Actor, id promo.ID, partner string) (string, error) {
	st, err := s.standing(ctx, actor, access.PromoRead, id)
	if err != nil || st.Owner == actor.Org {
		return partner, err
	}
	return actor.Org, nil
}

// Rows returns what stands behind a number of the funnel, the newest first.
// Codes: Unauthenticated, NotFound, Invalid (stage, cursor), Conflict (nothing is agreed).
func (s *Service) Rows(ctx context.Context, actor access.Actor, id promo.ID, f Filter) ([]Row, string, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	var out []Row
	next := ""
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		if f.Partner, err = s.whose(ctx, actor, id, f.Partner); err != nil {
			return err
		}
		if !slices.Contains(Stages, f.Stage) {
			return fault.InvalidField("stage", "form.choice_wrong")
		}
		switch f.Stage {
		case Views:
			out, next, err = viewRows(ctx, id, f)
		case Orders:
			out, next, err = orderRows(ctx, id, f)
		default:
			out, next, err = leadRows(ctx, id, f)
		}
		for i := range out {
			if out[i].Org == actor.Org { // the lead is the owner's
				out[i].Lead, out[i].Number = "", 0
			}
		}
		return err
	})
	return out, next, err
}
