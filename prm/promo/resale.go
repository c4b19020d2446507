package promo

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/trade"
)

// Resale is what a company told that it sold on in a period (867, SLSRPT). Replaces are
// reports that no longer count; without Stands this one does not either.
type Resale struct {
	ID       string
	Number   string
	Supplier string
	Reseller string
	At       time.Time // received
	Stands   bool
	Replaces []string
	Lines    []ResaleLine
}

// ResaleLine is one line whose product is known. Sold is in base units, below zero for a
// return. Deal is the promotion number it names, Country the customer's where it was told.
type ResaleLine struct {
	Line     int
	Product  catalog.ID
	SKU      string
	Family   string
	Sold     money.Quantity
	From, To string // civil dates: a day, or a period that is no finer
	Deal     string
	Country  string
}

// Resales reads the reports of a reseller that count, in the order in which they came.
type Resales interface {
	PromoResales(ctx context.Context, actor access.Actor, supplier, reseller string, fn func(Resale) error) error
	// PromoSold is what a reseller sold on of some products, by the periods in which it reports.
	PromoSold(ctx context.Context, actor access.Actor, supplier, reseller, from, to string, skus []string) (Sold, error)
	// PromoReported is how far the reports of resellers cover the days between two civil
	// dates, both inside, as they stand on a third.
	PromoReported(ctx context.Context, actor access.Actor, supplier string, resellers []string, from, to, today string) ([]Reports, error)
}

// Sold is what was sold on by period. PerYear is how many of them make a year.
type Sold struct {
	Grain   string // week, month, quarter or 445
	PerYear float64
	Periods []SoldPeriod // oldest first
	Sums    []SoldSum
}

// SoldPeriod is Known when every day of it was reported.
type SoldPeriod struct {
	From, To string
	Known    bool
}

// SoldSum is of a product in a period, in base units, less returns.
type SoldSum struct {
	At     int // of Periods
	SKU    string
	Pieces money.Quantity
}

// Report ties where reports are read for a rebuild. It is called once, before the service
// is used.
func (s *Service) Report(r Resales) { s.resales = r }

// Resold measures a report for the promotions of its supplier: what was counted of it, and
// of those it replaces, is replaced. Every line has at most one row in a promotion. One
// whose date is that of the resale gives its allowance; the others count what was sold on
// beside what was sold in. What it changes in a promotion that is settled is kept as an
// adjustment. Safe to repeat.
// Codes: NotFound, Forbidden. Publishes EventAdjusted.
func (s *Service) Resold(ctx context.Context, actor access.Actor, o Resale) error {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	if actor.Org != o.Supplier {
		return notFound()
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		pacts, err := pactsOf(ctx, o.Supplier, o.Reseller, true)
		if err != nil {
			return err
		}
		reports := append([]string{o.ID}, o.Replaces...)
		touched, err := reportedIn(ctx, reports)
		if err != nil {
			return err
		}
		var rows []resaleRow
		if o.Stands {
			if rows, err = s.measure(ctx, pacts, o); err != nil {
				return err
			}
		}
		for _, r := range rows {
			touched[r.PromotionID] = true
		}
		promotions := slices.Sorted(maps.Keys(touched))
		before, err := beforeLate(ctx, o.Reseller, promotions)
		if err != nil {
			return err
		}
		if err := dropResales(ctx, reports); err != nil {
			return err
		}
		if err := addResales(ctx, rows); err != nil {
			return err
		}
		if err := regrant(ctx, o.Supplier, o.Reseller, touched); err != nil {
			return err
		}
		if err := s.turned(ctx, o.Supplier, o.Reseller, promotions); err != nil {
			return err
		}
		l := late{LateReported, o.ID, o.Number}
		switch {
		case !o.Stands:
			l.reason = LateWithdrawn
		case len(o.Replaces) > 0:
			l.reason = LateCorrected
		}
		return s.adjusted(ctx, before, o.Reseller, l)
	})
}

// measure judges the lines of a report, without limits: see grantResales.
func (s *Service) measure(ctx context.Context, pacts []pact, o Resale) ([]resaleRow, error) {
	var rows []resaleRow
	home, err := homeOf(ctx, pacts, o)
	if err != nil {
		return nil, err
	}
	bought := map[string]money.Quantity{} // of a promotion in this report: decides the step
	var lives []live                      // of the rows
	var ranks []int
	for _, l := range o.Lines {
		if l.Sold == 0 {
			continue
		}
		if l.Country == "" {
			l.Country = home
		}
		for _, p := range pacts {
			x, ok := p.at(o.Reseller, judgedAt(o, l))
			if !ok {
				continue
			}
			reason, mine := x.resale(l)
			if !mine {
				continue
			}
			r := resaleRow{PromotionID: x.id, ReportID: o.ID, Line: int64(l.Line), OwnerID: o.Supplier, OrgID: o.Reseller, VersionNo: int64(x.version), Number: o.Number, SKU: l.SKU, SoldFrom: l.From, SoldTo: l.To, Arrived: db.Micros(o.At),
				Verdict: LineOut, Reason: reason, Currency: string(x.part.Currency), Sold: int64(l.Sold)}
			rank := 0
			switch reason {
			case WhyNumber, WhyAuto, WhyBack:
				r.Verdict, r.Counted, r.Basis = LineCounts, int64(l.Sold), reason
				bought[x.id] += max(0, l.Sold)
				switch {
				case l.Deal == x.number:
					rank = 2
				case reason == WhyAuto:
					rank = 1
				}
			}
			rows, lives, ranks = append(rows, r), append(lives, x), append(ranks, rank)
		}
	}
	if err := s.resalePrices(ctx, o, rows, lives); err != nil {
		return nil, err
	}
	least := make([]money.Price, len(rows))
	best := map[int64]int{} // a line is paid for once: by the promotion it names, else by the best; a late return comes off the newest
	lose := func(i int) {
		why := WhyOther
		if rows[i].Basis == WhyBack { // of whatever ever covered the product: not worth a row
			why = ""
		}
		rows[i].out(why)
	}
	for i := range rows {
		r := &rows[i]
		x := &lives[i]
		if r.Verdict == LineOut || x.terms.By != ByResale {
			continue
		}
		l := trade.PromoLine{SKU: r.SKU, Price: money.Price(r.Price), ListPrice: money.Price(r.Price), Factor: money.One}
		r.Allowance, least[i] = int64(x.each(&l, bought[r.PromotionID])), x.least(&l, bought[r.PromotionID])
		k, seen := best[r.Line]
		better := !seen
		if seen {
			back := cmp.Compare(lives[k].terms.Until, x.terms.Until)
			if r.Reason != WhyBack {
				back = 0
			}
			better = cmp.Or(cmp.Compare(ranks[k], ranks[i]), back, cmp.Compare(least[k], least[i])) < 0
		}
		switch {
		case !better:
			lose(i)
		case seen:
			lose(k)
			fallthrough
		default:
			best[r.Line] = i
		}
	}
	rows = slices.DeleteFunc(rows, func(r resaleRow) bool { return r.Reason == "" })
	for i := range rows {
		rows[i].worth()
	}
	return rows, nil
}

// homeOf is the company's own country: where it sold what it tells no country of, as with orders
// that do not say where goods go. It is read only where terms name countries.
func homeOf(ctx context.Context, pacts []pact, o Resale) (string, error) {
	territory := slices.ContainsFunc(pacts, func(p pact) bool {
		return slices.ContainsFunc(p.versions, func(v Version) bool { return len(v.Terms.Countries) > 0 })
	})
	if !territory || !slices.ContainsFunc(o.Lines, func(l ResaleLine) bool { return l.Country == "" }) {
		return "", nil
	}
	return countryOf(ctx, o.Reseller)
}

// out takes a row out for a reason.
func (r *resaleRow) out(why string) {
	r.Verdict, r.Reason, r.Basis, r.Counted, r.Allowance = LineOut, why, "", 0, 0
}

// worth computes what a row is worth: below zero for a return, at the rate of today's terms.
func (r *resaleRow) worth() {
	r.Value, r.Earned = 0, 0
	c := money.Currency(r.Currency)
	if a, err := money.Extend(money.Quantity(r.Counted), money.Price(r.Price), c); err == nil {
		r.Value = a.Minor
	}
	if a, err := money.Extend(money.Quantity(r.Counted), money.Price(r.Allowance), c); err == nil {
		r.Earned = a.Minor
	}
}

// judgedAt is the instant whose terms hold for a line: the end of its last day, or when it
// was told if that was earlier.
func judgedAt(o Resale, l ResaleLine) time.Time {
	end, err := time.Parse(time.DateOnly, l.To)
	if end = end.AddDate(0, 0, 1).Add(-time.Microsecond); err != nil || end.After(o.At) {
		return o.At
	}
	return end
}

// resale says why a line counts or not, and whether the promotion has anything to do with
// it: it is named, or its product was sold within the window.
func (p *live) resale(l ResaleLine) (why string, mine bool) {
	t := p.terms
	named := l.Deal != "" && l.Deal == p.number
	fits := t.Covers(l.SKU, l.Family)
	switch {
	case p.back(l, named, fits):
		return WhyBack, true
	case !named && (!fits || l.To < t.From || l.From > t.Until):
		return "", false
	case p.cancelled:
		return WhyCancelled, true
	case !fits:
		return WhyProduct, true
	case len(t.Countries) > 0 && !slices.Contains(t.Countries, l.Country):
		return WhyTerritory, true
	case l.To < t.From:
		return WhyBefore, true
	case l.From > t.Until:
		return WhyAfter, true
	case l.From < t.From || l.To > t.Until: // a month is never split into weeks
		return WhyPeriod, true
	case named:
		return WhyNumber, true
	case t.By == ByResale && t.Quoted:
		return WhyNoNumber, true
	}
	return WhyAuto, true
}

// back says that a line is goods that came back when nothing is sold under the promotion any
// more: they take back what was counted of them, whenever that is.
func (p *live) back(l ResaleLine, named, fits bool) bool {
	t := &p.terms
	return l.Sold < 0 && t.By == ByResale && fits && l.From >= t.From && (l.To > t.Until || p.cancelled) &&
		(named || !t.Quoted) && (len(t.Countries) == 0 || slices.Contains(t.Countries, l.Country))
}

// resalePrices writes the partner's price of the day, in the currency of the terms, into
// rows that count: one question for each currency and day. What comes back late has that of
// the last day.
func (s *Service) resalePrices(ctx context.Context, o Resale, rows []resaleRow, lives []live) error {
	type key struct {
		c  money.Currency
		on string
	}
	product := map[int64]catalog.ID{}
	for _, l := range o.Lines {
		product[int64(l.Line)] = l.Product
	}
	asked := map[key][]int{}
	for i, r := range rows {
		if r.Verdict != LineOut {
			k := key{money.Currency(r.Currency), r.SoldTo}
			if r.Basis == WhyBack {
				k.on = min(k.on, lives[i].terms.Until)
			}
			asked[k] = append(asked[k], i)
		}
	}
	for k, at := range asked {
		var ids []catalog.ID
		for _, i := range at {
			ids = append(ids, product[rows[i].Line])
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		for part := range slices.Chunk(ids, 1000) {
			got, err := s.catalog.PricesOn(ctx, access.System("promotions", o.Supplier), o.Supplier, o.Reseller, k.c, k.on, part)
			if err != nil {
				return err
			}
			for _, i := range at {
				if p, ok := got[product[rows[i].Line]]; ok {
					rows[i].Price = int64(p)
				}
			}
		}
	}
	return nil
}

// grantResales gives rows what is left of a limit, in the order in which goods were sold
// and told, and says how much was taken. A return gives back; one that comes late no more than
// stands counted of its product, at what that earned a unit.
func grantResales(rows []resaleRow, limit money.Quantity, cumulative bool) (taken money.Quantity) {
	type stand struct {
		counted money.Quantity
		worth   money.Price
	}
	stands := map[string]stand{}
	slices.SortFunc(rows, func(a, b resaleRow) int {
		return cmp.Or(cmp.Compare(a.SoldTo, b.SoldTo), cmp.Compare(a.Arrived, b.Arrived), cmp.Compare(a.ReportID, b.ReportID), cmp.Compare(a.Line, b.Line))
	})
	for i := range rows {
		r := &rows[i]
		if r.Basis == "" { // out, whatever is left
			continue
		}
		got, of := money.Quantity(r.Sold), stands[r.SKU]
		switch {
		case r.Basis == WhyBack:
			got = -min(-got, max(0, of.counted))
			if !cumulative { // else a step gives the allowance of all
				if r.Allowance = 0; got < 0 {
					r.Allowance = int64(per(max(0, of.worth), of.counted))
				}
			}
		case limit > 0 && got > 0:
			got = min(got, max(0, limit-taken))
		}
		stands[r.SKU] = stand{of.counted + got, of.worth + times(got, money.Price(r.Allowance))}
		switch {
		case got == money.Quantity(r.Sold):
			r.Verdict, r.Reason = LineCounts, r.Basis
		case r.Basis == WhyBack:
			if r.Verdict, r.Reason = LinePart, WhyBack; got == 0 {
				r.Verdict, r.Reason = LineOut, WhyAfter
			}
		case got == 0:
			r.Verdict, r.Reason = LineOut, WhyUsed
		default:
			r.Verdict, r.Reason = LinePart, WhyLimit
		}
		taken = max(0, taken+got)
		r.Counted = int64(got)
		r.worth()
	}
	return taken
}

// regrant gives the rows of promotions by resale that have a limit what is left of it, and late
// returns what stands, all again: a correction may free what others then get.
func regrant(ctx context.Context, owner, org string, touched map[string]bool) error {
	if len(touched) == 0 {
		return nil
	}
	pacts, err := pactsOf(ctx, owner, org, true)
	if err != nil {
		return err
	}
	for _, p := range pacts {
		if !touched[p.row.ID] || len(p.versions) == 0 {
			continue
		}
		v := p.versions[len(p.versions)-1]
		part, ok := v.Terms.Part(org)
		if !ok || v.Terms.By != ByResale {
			continue
		}
		if part.Limit <= 0 {
			if some, err := cameBack(ctx, p.row.ID, org); err != nil || !some {
				if err != nil {
					return err
				}
				continue
			}
		}
		rows, err := resalesOf(ctx, p.row.ID, org)
		if err != nil {
			return err
		}
		was := slices.Clone(rows)
		taken := grantResales(rows, part.Limit, v.Terms.Cumulative)
		if err := saveResales(ctx, was, rows); err != nil {
			return err
		}
		if err := tookResales(ctx, p.row.ID, org, taken); err != nil {
			return err
		}
	}
	return nil
}

// remeasure computes the resale rows of a company in a promotion again from the reports that
// count, and puts them in place of what was there: how many there are, and how many were
// another. The seats are locked.
func (s *Service) remeasure(ctx context.Context, r row, org string) (lines, changed int, err error) {
	if s.resales == nil {
		return 0, 0, nil
	}
	pacts, err := pactsOf(ctx, r.OwnerID, org, true)
	if err != nil {
		return 0, 0, err
	}
	from, err := s.since(ctx, r.OwnerID, org)
	if err != nil {
		return 0, 0, err
	}
	moved, err := catalog.MovedSince(ctx, r.OwnerID, from)
	if err != nil {
		return 0, 0, err
	}
	var now []resaleRow
	err = s.resales.PromoResales(ctx, access.System("promotions", r.OwnerID), r.OwnerID, org, func(o Resale) error {
		if len(moved) > 0 { // the family of the day on which it was told
			o.Lines = slices.Clone(o.Lines)
			for i := range o.Lines {
				l := &o.Lines[i]
				l.Family = moved.At(l.Product, o.At, l.Family)
			}
		}
		rows, err := s.measure(ctx, pacts, o)
		for _, x := range rows {
			if x.PromotionID == r.ID {
				now = append(now, x)
			}
		}
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	for _, p := range pacts {
		if p.row.ID != r.ID || len(p.versions) == 0 {
			continue
		}
		v := p.versions[len(p.versions)-1]
		if part, ok := v.Terms.Part(org); ok && v.Terms.By == ByResale && (part.Limit > 0 || slices.ContainsFunc(now, func(x resaleRow) bool { return x.Basis == WhyBack })) {
			taken := grantResales(now, part.Limit, v.Terms.Cumulative)
			if err := tookResales(ctx, r.ID, org, taken); err != nil {
				return 0, 0, err
			}
		}
	}
	was, err := resalesOf(ctx, r.ID, org)
	if err != nil {
		return 0, 0, err
	}
	if changed = differingResales(was, now); changed > 0 {
		err = replaceResales(ctx, r.ID, org, was, now)
	}
	return len(now), changed, err
}

func differingResales(was, now []resaleRow) int {
	type key struct {
		report string
		line   int64
	}
	old := map[key]resaleRow{}
	for _, r := range was {
		old[key{r.ReportID, r.Line}] = r
	}
	n := 0
	for _, r := range now {
		k := key{r.ReportID, r.Line}
		if o, ok := old[k]; !ok || o != r {
			n++
		}
		delete(old, k)
	}
	return n + len(old)
}
