package promo

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/lift"
	"entente/prm/money"
)

// packs says how many base units a quantity of a product is; a unit that is none of it is
// nothing.
func (s *Service) packs(ctx context.Context, owner string, skus []string) (func(sku, unit string, q int64) money.Quantity, error) {
	at := map[string]int{}
	keys := make([]catalog.ItemKey, len(skus))
	for i, k := range skus {
		at[k], keys[i] = i, catalog.ItemKey{SKU: k}
	}
	items, err := s.catalog.Resolve(ctx, access.System("promotions", owner), owner, "", keys)
	return func(sku, unit string, q int64) money.Quantity {
		i, ok := at[sku]
		if !ok || !items[i].Found {
			return 0
		}
		n, _ := items[i].Product.Pieces(money.Quantity(q), unit)
		return n
	}, err
}

// series is what an estimate is made of.
type series struct {
	grain   string
	perYear float64
	periods []Weighed
	until   string // the last day that is looked at
}

// weekly adds days up to weeks from Monday on, from the first whole week of which something
// is known.
func weekly(rows []moved, from, to string) series {
	out := series{grain: "week", perYear: 365.2425 / 7, until: to}
	first := ""
	for _, r := range rows {
		if r.Own && (first == "" || r.Day < first) {
			first = r.Day
		}
	}
	if first == "" {
		first = from
	}
	at, _ := time.Parse(time.DateOnly, max(first, from))
	for at.Weekday() != time.Monday {
		at = at.AddDate(0, 0, 1)
	}
	for ; ; at = at.AddDate(0, 0, 7) {
		w := Weighed{From: at.Format(time.DateOnly), To: at.AddDate(0, 0, 6).Format(time.DateOnly), Known: true}
		if w.To > to {
			break
		}
		out.periods = append(out.periods, w)
	}
	for _, r := range rows {
		i, _ := slices.BinarySearchFunc(out.periods, r.Day, func(w Weighed, day string) int {
			if w.To < day {
				return -1
			}
			return 1
		})
		if i == len(out.periods) || r.Day < out.periods[i].From {
			continue
		}
		if q := r.pieces(); r.Own {
			out.periods[i].Actual += q
		} else {
			out.periods[i].Sibling += q
		}
	}
	return out
}

// soldBy is what a company sold on, from the first period that it reported in full.
func (s *Service) soldBy(ctx context.Context, owner, org, from, to string, own map[string]bool, skus []string) (series, error) {
	if s.resales == nil {
		return series{grain: "week", perYear: 365.2425 / 7, until: to}, nil
	}
	x, err := s.resales.PromoSold(ctx, access.System("promotions", owner), owner, org, from, to, skus)
	out := series{grain: x.Grain, perYear: x.PerYear, until: to}
	for _, p := range x.Periods {
		out.periods = append(out.periods, Weighed{From: p.From, To: p.To, Known: p.Known})
	}
	for _, q := range x.Sums {
		if own[q.SKU] {
			out.periods[q.At].Actual += q.Pieces
		} else {
			out.periods[q.At].Sibling += q.Pieces
		}
	}
	return out, err
}

// rival is another promotion of the same owner and company: own says whether it is about the
// products, sibling whether about their siblings.
type rival struct {
	number, from, until string
	own, sibling        bool
}

func rivals(ctx context.Context, r row, org string, goods []good) ([]rival, error) {
	pacts, err := pactsOf(ctx, r.OwnerID, org, false)
	if err != nil {
		return nil, err
	}
	var out []rival
	for _, p := range pacts {
		if p.row.ID == r.ID || len(p.versions) == 0 {
			continue
		}
		t := p.versions[len(p.versions)-1].Terms
		part, ok := t.Part(org)
		if !ok || part.Role != Participant {
			continue
		}
		x := rival{number: p.row.Number, from: t.From, until: t.Until}
		if p.row.Cancelled > 0 {
			x.until = min(x.until, instant(p.row.Cancelled).Format(time.DateOnly))
		}
		for _, g := range goods {
			if t.Covers(g.SKU, g.Family) {
				x.own, x.sibling = x.own || g.Own, x.sibling || !g.Own
			}
		}
		if (x.own || x.sibling) && x.until >= x.from {
			out = append(out, x)
		}
	}
	return out, nil
}

// priceOf are average net prices of a base unit, before the allowance.
type priceOf struct {
	own, sibling money.Price
	currency     money.Currency
}

// prices are those of what was invoiced under the promotion; before anything was, those of
// the orders of its window or of the year before it.
func (s *Service) prices(ctx context.Context, r row, t Terms, p Part, goods []good, figures []Figures) (priceOf, error) {
	out := priceOf{currency: p.Currency}
	for _, f := range figures {
		if f.Org != p.Org || f.Currency != p.Currency {
			continue
		}
		n := f.Invoiced
		if t.By == ByResale {
			n = f.Sold
		}
		out.own = average(f.Value.Minor, p.Currency, n)
	}
	begin, _ := time.Parse(time.DateOnly, t.From)
	siblings := slices.ContainsFunc(goods, func(g good) bool { return !g.Own })
	for _, from := range []string{t.From, begin.AddDate(-1, 0, 0).Format(time.DateOnly)} {
		var ids []string
		own := map[string]bool{}
		for _, g := range goods {
			if g.Own && out.own == 0 || !g.Own && out.sibling == 0 {
				ids = append(ids, g.ID)
				own[g.SKU] = g.Own
			}
		}
		if len(ids) == 0 || out.own > 0 && !siblings {
			break
		}
		got, err := pricedIn(ctx, r.OwnerID, p.Org, string(p.Currency), from, t.Until, ids)
		if err != nil {
			return out, err
		}
		pieces, err := s.packs(ctx, r.OwnerID, slices.Sorted(maps.Keys(got)))
		if err != nil {
			return out, err
		}
		var worth, count [2]int64
		for sku, list := range got {
			k := 0
			if !own[sku] {
				k = 1
			}
			for _, x := range list {
				a, err := money.Extend(money.Quantity(x.Quantity), money.Price(x.Price), p.Currency)
				if n := pieces(sku, x.Unit, x.Quantity); err == nil && n > 0 {
					worth[k], count[k] = worth[k]+a.Minor, count[k]+int64(n)
				}
			}
		}
		if out.own == 0 {
			out.own = average(worth[0], p.Currency, money.Quantity(count[0]))
		}
		if out.sibling == 0 {
			out.sibling = average(worth[1], p.Currency, money.Quantity(count[1]))
		}
	}
	return out, nil
}

// years is where the middle of a span of civil dates lies.
func years(from, to string) float64 {
	a, _ := time.Parse(time.DateOnly, from)
	b, _ := time.Parse(time.DateOnly, to)
	return 1970 + (float64(a.Unix()+b.Unix())/2/86400+0.5)/365.2425
}

// estimate holds a series against its own history.
func estimate(in series, t Terms, others []rival, prices priceOf) Side {
	if i := slices.IndexFunc(in.periods, func(w Weighed) bool { return w.Known || w.To >= t.From }); i > 0 {
		in.periods = in.periods[i:]
	}
	out := Side{Grain: in.grain, Periods: in.periods, Price: prices.own}
	last := ""
	if n := len(in.periods); n > 0 {
		last = in.periods[n-1].To
	}
	out.Open = last < t.Until
	own, sib := make([]lift.Period, 0, len(in.periods)), make([]lift.Period, 0, len(in.periods))
	after, missing := 0, false
	var at []int
	told := false
	for i := range in.periods {
		w := &in.periods[i]
		busy, beside := false, false
		for _, o := range others {
			until, _ := time.Parse(time.DateOnly, o.until)
			during := w.From <= o.until && w.To >= o.from
			echo := during || w.From > o.until && w.From <= until.AddDate(0, 0, 28).Format(time.DateOnly)
			busy, beside = busy || o.own && echo, beside || echo
			if during && o.own && w.To >= t.From && w.From <= t.Until && !slices.Contains(out.Others, o.number) {
				out.Others = append(out.Others, o.number)
			}
		}
		p := lift.Period{At: years(w.From, w.To), Actual: units(w.Actual)}
		q := lift.Period{At: p.At, Actual: units(w.Sibling)}
		switch {
		case w.To >= t.From && w.From <= t.Until:
			w.Part, p.Role, q.Role = InWindow, lift.Window, lift.Window
			missing = missing || !w.Known
			if out.First == "" {
				out.First = w.From
			}
			out.Last = w.To
			out.Actual += w.Actual
		case w.From > t.Until && after < afterPeriods(in.grain):
			after++
			w.Part, p.Role, q.Role = InAfter, lift.After, lift.After
			if !w.Known {
				out.AfterOpen = true
			}
		case busy:
			w.Part, p.Role, q.Role = InOther, lift.Left, lift.Left
		case beside:
			q.Role = lift.Left
		}
		if told = told || w.Known; !told || !w.Known {
			continue
		}
		own, sib, at = append(own, p), append(sib, q), append(at, i)
	}
	out.AfterOpen = out.AfterOpen || after < afterPeriods(in.grain)
	if missing || !told && in.until >= t.From {
		out.Why = WhyReports
		return out
	}
	f, why := lift.Of(own, in.perYear)
	if out.Why = why; why != "" {
		return out
	}
	out.Fitted = f.Fitted
	for k, i := range at {
		w := &in.periods[i]
		w.Fitted, w.Base, w.Low, w.High = true, quantity(f.Base[k]), quantity(f.Low[k]), quantity(f.High[k])
		if w.Part == InHistory {
			if out.From == "" {
				out.From = w.From
			}
			out.To = w.To
		}
	}
	measured(&out, f, sib, in.perYear, prices)
	return out
}

// measured adds the effects to a side whose products were fitted.
func measured(out *Side, f *lift.Fit, sib []lift.Period, perYear float64, prices priceOf) {
	win, both := []lift.Role{lift.Window}, []lift.Role{lift.Window, lift.After}
	if out.Open {
		both = win
	}
	all, worth := f.Effect(both...), f.Effect(both...).Times(price(prices.own))
	out.Lift, out.After = effect(f.Effect(win...)), effect(f.Effect(lift.After))
	if out.Open {
		out.After = Effect{}
	}
	out.Base = out.Actual - out.Lift.Value
	for _, p := range sib {
		if p.Actual != 0 {
			out.Siblings = true
		}
	}
	if out.Siblings {
		g, why := lift.Of(sib, perYear)
		if out.SiblingsWhy = why; why == "" {
			out.Taken = effect(g.Effect(win...))
			all = lift.With(f, both, 1, g, win, 1)
			worth = lift.With(f, both, price(prices.own), g, win, price(prices.sibling))
		}
	}
	out.Extra = effect(all)
	out.Extra.Value = out.Lift.Value + out.After.Value + out.Taken.Value
	out.Worth = Worth{money.Amount{Currency: prices.currency}, money.Amount{Currency: prices.currency}, money.Amount{Currency: prices.currency}}
	a, err := money.Extend(out.Lift.Value+out.After.Value, prices.own, prices.currency)
	b, err2 := money.Extend(out.Taken.Value, prices.sibling, prices.currency)
	if err != nil || err2 != nil || prices.own == 0 {
		out.Price = 0
		return
	}
	low, high := worth.Interval()
	half := int64(math.Round((high - low) / 2 * math.Pow10(prices.currency.Digits())))
	n := a.Minor + b.Minor
	out.Worth.Value.Minor, out.Worth.Low.Minor, out.Worth.High.Minor = n, n-half, n+half
}

func units(q money.Quantity) float64 { return float64(q) / money.One }

func price(p money.Price) float64 { return float64(p) / money.One }

// quantity is an estimate in whole base units: it knows no parts of them.
func quantity(x float64) money.Quantity {
	const most = 1e12
	return money.Whole(int64(math.Round(max(-most, min(most, x)))))
}

func effect(s lift.Sum) Effect {
	low, high := s.Interval()
	return Effect{quantity(s.Value), quantity(low), quantity(high), s.Differs()}
}
