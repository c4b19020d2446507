package sellthrough

import (
	"context"
	"slices"
	"sort"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
)

// Series is what a reseller sold on of some products, by the periods in which it reports:
// those of its plan, weeks where there is none. A month is never split.
type Series struct {
	Partnership string // "" where there is none
	Grain       string
	Periods     []Known // oldest first
	Sums        []Sold
}

// Known is a period. It is Known when reports speak of every day of it and no line was sold
// in a span that only begins or ends in it.
type Known struct {
	Period
	Known bool
}

// Sold is what was sold of a product in a period, in base units, less what customers brought
// back.
type Sold struct {
	At     int // of Periods
	SKU    string
	Pieces money.Quantity
}

// PerYear is how many periods of a grain make a year.
func PerYear(grain string) float64 {
	switch grain {
	case Month, FourFour5:
		return 12
	case Quarter:
		return 4
	}
	return 365.2425 / 7
}

// Sold reads the series of a supplier and a reseller over whole periods between two civil
// dates. Codes: NotFound, Forbidden.
func (s *Service) Sold(ctx context.Context, actor access.Actor, supplier, reseller, from, to string, skus []string) (Series, error) {
	out := Series{Grain: Week}
	if err := access.Check(actor, access.SellRead, access.Shared(supplier, reseller)); err != nil {
		return out, err
	}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		ids, err := between(ctx, supplier, reseller)
		if err != nil || len(ids) == 0 {
			return err
		}
		out.Partnership = ids[0]
		plan, err := planOf(ctx, ids[0])
		if err != nil {
			return err
		}
		if plan.Grain != NoGrain {
			out.Grain = plan.Grain
		}
		for _, p := range whole(plan, out.Grain, from, to) {
			out.Periods = append(out.Periods, Known{Period: p})
		}
		if len(out.Periods) == 0 {
			return nil
		}
		have, err := spans(ctx, ids[:1], from)
		if err != nil {
			return err
		}
		for i := range out.Periods {
			p := &out.Periods[i]
			p.Known = standing(p.Period, have[ids[0]], p.To, 0).State == Complete
		}
		sold, err := soldIn(ctx, ids[0], out.Periods[0].From, out.Periods[len(out.Periods)-1].To, skus)
		if err != nil {
			return err
		}
		for _, x := range sold {
			i := sort.Search(len(out.Periods), func(i int) bool { return out.Periods[i].To >= x.SoldFrom })
			if i < len(out.Periods) && x.SoldFrom >= out.Periods[i].From && x.SoldTo <= out.Periods[i].To {
				out.Sums = append(out.Sums, Sold{i, x.SKU, money.Quantity(x.Pieces)})
				continue
			}
			for ; i < len(out.Periods) && out.Periods[i].From <= x.SoldTo; i++ {
				out.Periods[i].Known = false
			}
		}
		return nil
	})
	return out, err
}

// whole are the periods of a grain that lie between two civil dates.
func whole(plan Plan, grain, from, to string) []Period {
	a, ok := civil(from)
	if _, ok2 := civil(to); !ok || !ok2 {
		return nil
	}
	if grain == FourFour5 {
		return slices.DeleteFunc(plan.periods(to, most), func(p Period) bool { return p.From < from || p.To > to })
	}
	var out []Period
	for at, n := first(grain, a, a), 0; n < most; n++ {
		after := next(grain, at, n)
		p := Period{at.Format(day), after.AddDate(0, 0, -1).Format(day)}
		if p.To > to {
			break
		}
		if p.From >= from {
			out = append(out, p)
		}
		at = after
	}
	return out
}
