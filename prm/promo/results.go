package promo

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Results are the figures of a promotion: for the owner by company and by item, for who
// takes part its own. Frozen are those it was settled with, by company; what differs came
// later.
type Results struct {
	Head
	Terms    Terms // as agreed: of all for the owner, else the viewer's text
	Parts    []Figures
	Products []Figures
	Frozen   []Figures
	Adjusted []Adjustment // what came later, the newest first: at most 200
	Settled  time.Time
	Volumes  []Volume         // where each company stands with steps of all of the window
	Waived   *Waived          // settled without all reports; nil: none were missing
	Rebuild  *RebuildProgress // for the owner: the newest one, nil: there was none
}

// results checks who asks and says whose lines may be read: "" is all. What a company bought while
// it took part stays its own when it is left out.
func results(ctx context.Context, actor access.Actor, id ID) (row, []Seat, string, error) {
	r, seats, err := load(ctx, actor, access.PromoRead, id, false)
	if err != nil || r.OwnerID == actor.Org {
		return r, seats, "", err
	}
	for _, x := range seats {
		if x.Org == actor.Org && x.State != Declined && x.State != Dropped {
			return r, seats, actor.Org, nil
		}
	}
	if _, err = agreed(ctx, r, actor.Org); fault.CodeOf(err) == fault.Conflict {
		err = notFound()
	}
	return r, seats, actor.Org, err
}

// agreed is the version that a promotion is agreed in, or for a company the last that it agreed
// to, or the Conflict that there is none.
func agreed(ctx context.Context, r row, org string) (Version, error) {
	none := fault.New(fault.Conflict, "promo.no_results")
	if r.AgreedNo == 0 {
		return Version{}, none
	}
	v, err := versionNo(ctx, r.ID, r.AgreedNo)
	if err != nil || org == "" {
		return v, err
	}
	if _, sits := v.Terms.Part(org); sits {
		return v, nil
	}
	all, err := agreedOf(ctx, []string{r.ID})
	if err != nil {
		return Version{}, err
	}
	if v, ok := latest(all[r.ID], org); ok {
		return v, nil
	}
	return Version{}, none
}

// Results adds up the lines of a promotion: those that count, up to what was granted, less
// what was cancelled; the allowance on what was invoiced less what was credited.
// Codes: NotFound, Conflict (nothing is agreed yet).
func (s *Service) Results(ctx context.Context, actor access.Actor, id ID) (Results, error) {
	var out Results
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, seats, org, err := results(ctx, actor, id)
		if err != nil {
			return err
		}
		v, err := agreed(ctx, r, org)
		if err != nil {
			return err
		}
		hs, err := heads(ctx, actor.Org, []row{r})
		if err != nil {
			return err
		}
		out = Results{Head: hs[0], Terms: v.Terms, Settled: instant(r.Settled)}
		if org != "" {
			out.Terms = v.Terms.visible(org)
			if out.Seat.State == Declined || out.Seat.State == Dropped {
				out.leaves(out.Terms, org)
			}
		}
		if out.Parts, err = sums(ctx, r.ID, org, "org_id"); err != nil {
			return err
		}
		worth := map[string]money.Amount{}
		for _, f := range out.Parts {
			worth[f.Org] = f.Value
		}
		out.Volumes = v.Terms.volumes(seats, org, worth)
		if out.Products, err = sums(ctx, r.ID, org, "sku"); err != nil {
			return err
		}
		if org == "" {
			if x, found, err := rebuildOf(ctx, r.ID); err != nil {
				return err
			} else if found {
				out.Rebuild = x.progress()
			}
		}
		if out.Waived, err = r.waived(org); err != nil {
			return err
		}
		if r.Result != "" {
			var all []Figures
			if err := json.Unmarshal([]byte(r.Result), &all); err != nil {
				return fault.Wrap(err, fault.Internal, "error.internal")
			}
			if out.Adjusted, err = adjustmentsOf(ctx, r.ID, org); err != nil {
				return err
			}
			for _, f := range all {
				if org == "" || f.Org == org {
					out.Frozen = append(out.Frozen, f)
				}
			}
		}
		return nil
	})
	return out, err
}

// Lines gives the order lines behind the figures, the latest order first.
// Codes: NotFound, Invalid (cursor).
func (s *Service) Lines(ctx context.Context, actor access.Actor, id ID, f LineFilter) ([]Line, string, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	var out []Line
	next := ""
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, _, org, err := results(ctx, actor, id)
		if err != nil {
			return err
		}
		if org != "" {
			f.Org = org
		}
		out, next, err = listLines(ctx, r.ID, f)
		return err
	})
	return out, next, err
}

// Resales gives the lines of sell-through reports behind the figures, the latest report
// first. Codes: NotFound, Invalid (cursor).
func (s *Service) Resales(ctx context.Context, actor access.Actor, id ID, f LineFilter) ([]ResoldLine, string, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	var out []ResoldLine
	next := ""
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, _, org, err := results(ctx, actor, id)
		if err != nil {
			return err
		}
		if org != "" {
			f.Org = org
		}
		out, next, err = listResales(ctx, r.ID, f)
		return err
	})
	return out, next, err
}

// Settle closes a promotion that has ended: its figures are kept as they stand, and what
// comes later shows as a difference, document by document (Adjustment). Where reports of its window are missing it takes a
// reason, which all who take part read, and keeps which were (Waived). Safe to repeat.
// Codes: NotFound, Forbidden, Invalid (reason), Conflict (it has not ended, changed
// meanwhile, or reports are missing: promo.reports_missing).
// Publishes EventSettled.
func (s *Service) Settle(ctx context.Context, actor access.Actor, id ID, version int64, reason string) error {
	reason = bounded(reason, 500)
	var added Lifted
	err := s.view(ctx, actor, func(ctx context.Context) error { // it may take seconds: not while others wait to write
		r, _, err := load(ctx, actor, access.PromoWrite, id, false)
		if err == nil && State(r.State) == Ended && r.Version == version {
			added, err = s.fresh(ctx, r)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil {
			return err
		}
		if State(r.State) == Settled {
			return nil
		}
		if r.Version != version {
			return changed(r.Version)
		}
		if State(r.State) != Ended {
			return fault.New(fault.Conflict, "promo.not_ended", "State", r.State)
		}
		if w := resale(reason); w != "" {
			return fault.InvalidField("reason", "promo.resale_price", "Words", w)
		}
		if r.Waived, err = s.waive(ctx, r, seats, reason); err != nil {
			return err
		}
		kind := "settled"
		if r.Waived == "" {
			reason = ""
		} else {
			kind = "settled_short"
		}
		if err := lockAll(ctx, r.ID); err != nil {
			return err
		}
		if err := settling(ctx, r.ID, seats); err != nil {
			return err
		}
		fs, err := sums(ctx, r.ID, "", "org_id")
		if err != nil {
			return err
		}
		for i := range fs {
			k := slices.IndexFunc(added.Parts, func(m Measured) bool { return m.Org == fs[i].Org && m.Cost.Currency == fs[i].Currency })
			if k >= 0 && added.Parts[k].Main.Why == "" {
				fs[i].Extra = &added.Parts[k].Main.Extra
			}
		}
		b, err := json.Marshal(fs)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		r.Result, r.State, r.Settled = string(b), string(Settled), db.Micros(db.Now(ctx))
		if err := addLog(ctx, r.ID, "", kind, actor.Org, actor.Person, 0, reason); err != nil {
			return err
		}
		if err := note(ctx, actor, "promotion.settle", r.ID); err != nil {
			return err
		}
		if err := s.tell(ctx, EventSettled, r, seats, actor.Org, ""); err != nil {
			return err
		}
		return save(ctx, &r)
	})
}
