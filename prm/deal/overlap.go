package deal

import (
	"cmp"
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/identity"
)

const (
	mostSimilar = 20
	mostKeyed   = 200  // candidates read per key
	mostNear    = 2000 // names compared in one place
)

// similar are other registrations that may be for the same deal: the same customer by a
// key, or a near name in the same place; with a product family in common where both name
// some; and at the same time. Those that count come first, then the better known, the
// better proved, the earlier. For the supplier.
func similar(ctx context.Context, r Registration, most int) ([]Similar, error) {
	by := map[ID][]identity.Key{}
	for _, live := range []bool{true, false} {
		got, err := holders(ctx, r.Supplier, r.Keys, live, mostKeyed)
		if err != nil {
			return nil, err
		}
		for id, ks := range got {
			by[id] = ks
		}
	}
	names, err := inBlock(ctx, r.Supplier, identity.Block(r.Facts()), []string{laneReview, laneLive, laneDraft}, mostNear)
	if err != nil {
		return nil, err
	}
	near := map[ID]int{}
	for id, name := range names {
		if n := identity.Similarity(r.Draft.Customer.Name, name); n >= identity.NearEnough {
			near[id] = n
			if by[id] == nil {
				by[id] = []identity.Key{}
			}
		}
	}
	delete(by, r.ID)
	ids := make([]ID, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	full, err := many(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []Similar
	for id, o := range full {
		if !meets(r, o) {
			continue
		}
		ks := by[id]
		slices.SortFunc(ks, func(a, b identity.Key) int {
			return slices.Index(identity.Kinds, a.Kind) - slices.Index(identity.Kinds, b.Kind)
		})
		out = append(out, Similar{o.seen(o.Supplier), ks, near[id]})
	}
	slices.SortFunc(out, func(a, b Similar) int {
		return cmp.Or(flag(b.Counting())-flag(a.Counting()), flag(b.Sure())-flag(a.Sure()), flag(b.Decision == Protected)-flag(a.Decision == Protected), b.Score-a.Score, a.Submitted.Compare(b.Submitted), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), most)], nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// window is the time a registration is about: from its submission to the expected close
// or the end of its protection. Zero until: open.
func (r Registration) window() (from, until time.Time) {
	from, until = r.Submitted, r.Guard.Until
	if t, err := time.Parse(time.DateOnly, r.CloseOn); err == nil && t.AddDate(0, 0, 1).After(until) {
		until = t.AddDate(0, 0, 1)
	}
	if r.Pen == PenSettled && !r.Counting() { // it is over
		until = r.Changed
	}
	return from, until
}

// meets says that two registrations are about the same products at the same time.
func meets(a, b Registration) bool {
	if len(a.Families) > 0 && len(b.Families) > 0 && !slices.ContainsFunc(a.Families, func(f string) bool { return slices.Contains(b.Families, f) }) {
		return false
	}
	af, au := a.window()
	bf, bu := b.window()
	return (bu.IsZero() || !af.After(bu)) && (au.IsZero() || !bf.After(au))
}

// Compare finds the registrations similar to a submitted one and notes them for the
// supplier. It is done after the submission was answered, and may be repeated.
func (s *Service) Compare(ctx context.Context, actor access.Actor, id ID) error {
	return s.step(ctx, actor, access.DealDecide, id, func(ctx context.Context, r *Registration) error {
		others, err := similar(ctx, *r, mostSimilar)
		if err != nil {
			return err
		}
		ids := make([]ID, len(others))
		for i, o := range others {
			ids[i] = o.ID
		}
		return pair(ctx, r.Supplier, id, ids)
	})
}

// admit takes those that waited behind a registration back into review, the best proved
// first, unless another one still stands before them.
func (s *Service) admit(ctx context.Context, gone Registration) error {
	ids, err := waitingBehind(ctx, gone.ID)
	if err != nil {
		return err
	}
	t, err := termsOf(ctx, gone.Supplier)
	if err != nil {
		return err
	}
	actor := access.System("deals", gone.Supplier)
	for _, id := range ids {
		r, ok, err := byID(ctx, id)
		if err != nil {
			return err
		}
		if !ok || !r.Can(Admit) {
			continue
		}
		if err := free(ctx, r); err != nil {
			continue
		}
		was := r.State()
		if err := r.move(Admit); err != nil {
			return err
		}
		if r.Review, err = s.calendar.Clock(ctx, r.Supplier, db.Now(ctx), t.DecideHours); err != nil {
			return err
		}
		r.Against, r.Reason, r.Comment, r.kept.late = "", "", "", false
		if err := s.told(ctx, actor, &r, was, Admit, Entry{}); err != nil {
			return err
		}
	}
	return nil
}
