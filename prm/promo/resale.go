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
		before, err := beforeLate(ctx, o.Reseller, slices.Sorted(maps.Keys(touched)))
		if err != nil {
			return err
		}
		if err := dropResales(ctx, reports); err != nil {
			return err
		}
		if err := addResales(ctx, rows); err != nil {
			return err
		}
		if err := regrant(ctx, o.Supplier, o.Reseller, touched, &before); err != nil {
			return err
		}
		if err := s.turned(ctx, o.Supplier, o.Reseller, slices.Sorted(maps.Keys(touched))); err != nil {
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

// measure judges the lines of a report, without limits: see granting.
func (s *Service) measure(ctx context.Context, pacts []pact, o Resale) ([]resaleRow, error) {
	var rows []resaleRow
	home, err := homeOf(ctx, pacts, o)
	if err != nil {
		return nil, err
	}
	bought := map[string]money.Quantity{} // of a promotion in this report: decides the step
	type meant struct {
		live
		rank  int // the promotion that a line names, then one that counts it, then those it comes back to
		least money.Price
	}
	var ms []meant           // of the rows
	first := map[int64]int{} // the highest rank of a line among promotions by resale
	for _, l := range o.Lines {
		if l.Sold == 0 {
			continue
		}
		if l.Country == "" {
			l.Country = home
		}
		for _, p := range pacts {
			x, ok := p.at(o.Reseller, judgedAt(o, l))
			if !ok && l.Sold < 0 {
				x, ok = p.gone(o.Reseller, judgedAt(o, l))
			}
			if !ok {
				continue
			}
			reason, mine := x.resale(l)
			if !mine {
				continue
			}
			r := resaleRow{PromotionID: x.id, ReportID: o.ID, Line: int64(l.Line), OwnerID: o.Supplier, OrgID: o.Reseller, VersionNo: int64(x.version), Number: o.Number, SKU: l.SKU, SoldFrom: l.From, SoldTo: l.To, Arrived: db.Micros(o.At),
				Verdict: LineOut, Reason: reason, Currency: string(x.part.Currency), Sold: int64(l.Sold)}
			m := meant{live: x}
			switch reason {
			case WhyNumber, WhyAuto, WhyBack:
				r.Verdict, r.Counted, r.Basis = LineCounts, int64(l.Sold), reason
				bought[x.id] += max(0, l.Sold)
				switch {
				case l.Deal == x.number:
					m.rank = 2
				case reason == WhyAuto:
					m.rank = 1
				}
				if x.terms.By == ByResale {
					first[r.Line] = max(first[r.Line], m.rank)
				}
			}
			rows, ms = append(rows, r), append(ms, m)
		}
	}
	if err := s.resalePrices(ctx, o, rows, func(i int) string { return ms[i].terms.Until }); err != nil {
		return nil, err
	}
	best := map[int64]int{} // a line is paid for once: by the promotion it names, else by the best; what comes back late comes off one after the other (see grantings)
	for i := range rows {
		r, x := &rows[i], &ms[i]
		if r.Verdict == LineOut || x.terms.By != ByResale {
			continue
		}
		l := trade.PromoLine{SKU: r.SKU, Price: money.Price(r.Price), ListPrice: money.Price(r.Price), Factor: money.One}
		r.Allowance, x.least = int64(x.each(&l, bought[r.PromotionID])), x.live.least(&l, bought[r.PromotionID])
		k, seen := best[r.Line]
		switch {
		case x.rank < first[r.Line] && r.Basis == WhyBack: // of whatever ever covered the product: not worth a row
			r.out("")
		case x.rank < first[r.Line]:
			r.out(WhyOther)
		case r.Basis == WhyBack:
		case seen && x.least <= ms[k].least:
			r.out(WhyOther)
		default:
			if seen {
				rows[k].out(WhyOther)
			}
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
	case p.left:
		return "", false
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
	return l.Sold < 0 && t.By == ByResale && fits && l.From >= t.From && (l.To > t.Until || p.cancelled || p.left) &&
		(named || !t.Quoted) && (len(t.Countries) == 0 || slices.Contains(t.Countries, l.Country))
}

// resalePrices writes the partner's price of the day, in the currency of the terms, into
// rows that count: one question for each currency and day. What comes back late has that of
// the last day.
func (s *Service) resalePrices(ctx context.Context, o Resale, rows []resaleRow, until func(row int) string) error {
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
				k.on = min(k.on, until(i))
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

// granting is a promotion by resale as its limit and what comes back late go in it: by the
// newest text that the company agreed to.
type granting struct {
	id, until  string
	limit      money.Quantity
	taken      money.Quantity // of a limit so far, also of one that is no more
	cumulative bool
}

// grantings are those of a company, in the order in which one late return comes off them as far
// as goods stand there: the window that ends last goes first. That is by the first text of each,
// so that no later one turns the order.
func grantings(pacts []pact, org string) []granting {
	var out []granting
	for _, p := range pacts {
		own := p.of(org)
		if len(own) == 0 {
			continue
		}
		t := own[len(own)-1].Terms
		if part, _ := t.Part(org); t.By == ByResale {
			out = append(out, granting{p.row.ID, own[0].Terms.Until, part.Limit, p.seat.Taken, t.Cumulative})
		}
	}
	slices.SortFunc(out, func(a, b granting) int {
		return cmp.Or(cmp.Compare(b.until, a.until), cmp.Compare(b.id, a.id))
	})
	return out
}

// reportLine is a line of a report.
type reportLine struct {
	report string
	line   int64
}

func (r *resaleRow) place() reportLine { return reportLine{r.ReportID, r.Line} }

// resales gives rows what is left of the limit, in the order in which goods were sold
// and told, and says how much was taken. A return gives back; one that comes late no more than
// stands counted of its product, at what that earned a unit, and than came off none before: back
// is what did of each.
func (g *granting) resales(rows []resaleRow, back map[reportLine]money.Quantity) (taken money.Quantity) {
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
			got = -min(-got-back[r.place()], max(0, of.counted))
			if !g.cumulative { // else a step gives the allowance of all
				if r.Allowance = 0; got < 0 {
					r.Allowance = int64(per(max(0, of.worth), of.counted))
				}
			}
		case g.limit > 0 && got > 0:
			got = min(got, max(0, g.limit-taken))
		}
		stands[r.SKU] = stand{of.counted + got, of.worth + times(got, money.Price(r.Allowance))}
		switch {
		case got == money.Quantity(r.Sold):
			r.Verdict, r.Reason = LineCounts, r.Basis
		case r.Basis == WhyBack:
			if r.Verdict, r.Reason = LinePart, WhyBack; got == 0 {
				if r.Verdict, r.Reason = LineOut, WhyAfter; back[r.place()] > 0 {
					r.Reason = WhyOther
				}
			}
		case got == 0:
			r.Verdict, r.Reason = LineOut, WhyUsed
		default:
			r.Verdict, r.Reason = LinePart, WhyLimit
		}
		if r.Basis == WhyBack {
			back[r.place()] -= got
		}
		taken = max(0, taken+got)
		r.Counted = int64(got)
		r.worth()
	}
	return taken
}

// regrant gives the rows of promotions by resale that have a limit what is left of it, and late
// returns what stands, all again: a correction may free what others then get. Where more or less
// of a return comes off one than before, those it came off after it are touched too; how they
// stood is added to before.
func regrant(ctx context.Context, owner, org string, touched map[string]bool, before *lateFrom) error {
	if len(touched) == 0 {
		return nil
	}
	pacts, err := pactsOf(ctx, owner, org, true)
	if err != nil {
		return err
	}
	gs := grantings(pacts, org)
	if !slices.ContainsFunc(gs, func(g granting) bool { return touched[g.id] }) {
		return nil
	}
	came, err := cameBack(ctx, org, gs)
	if err != nil {
		return err
	}
	had, back := map[reportLine]money.Quantity{}, map[reportLine]money.Quantity{}
	for _, g := range gs {
		mine := came[g.id]
		moved := slices.ContainsFunc(mine, func(r resaleRow) bool { return had[r.place()] != back[r.place()] })
		for _, r := range mine {
			had[r.place()] -= money.Quantity(r.Counted)
		}
		if !moved && (!touched[g.id] || g.limit <= 0 && g.taken <= 0 && len(mine) == 0) {
			for _, r := range mine {
				back[r.place()] -= money.Quantity(r.Counted)
			}
			continue
		}
		if !touched[g.id] {
			more, err := beforeLate(ctx, org, []string{g.id})
			if err != nil {
				return err
			}
			before.add(more)
			touched[g.id] = true
		}
		rows, err := resalesOf(ctx, g.id, org)
		if err != nil {
			return err
		}
		was := slices.Clone(rows)
		taken := g.resales(rows, back)
		if err := saveResales(ctx, was, rows); err != nil {
			return err
		}
		if err := tookResales(ctx, g.id, org, taken); err != nil {
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
	gs := grantings(pacts, org) // up to this one: what comes back is taken off those before it first
	gs = gs[:1+slices.IndexFunc(gs, func(g granting) bool { return g.id == r.ID })]
	rows := map[string][]resaleRow{r.ID: nil}
	for _, g := range gs {
		rows[g.id] = nil
	}
	err = s.resales.PromoResales(ctx, access.System("promotions", r.OwnerID), r.OwnerID, org, func(o Resale) error {
		if len(moved) > 0 { // the family of the day on which it was told
			o.Lines = slices.Clone(o.Lines)
			for i := range o.Lines {
				l := &o.Lines[i]
				l.Family = moved.At(l.Product, o.At, l.Family)
			}
		}
		got, err := s.measure(ctx, pacts, o)
		for _, x := range got {
			if _, ok := rows[x.PromotionID]; ok {
				rows[x.PromotionID] = append(rows[x.PromotionID], x)
			}
		}
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	now, back := rows[r.ID], map[reportLine]money.Quantity{}
	for _, g := range gs {
		if g.limit <= 0 && !slices.ContainsFunc(rows[g.id], func(x resaleRow) bool { return x.Basis == WhyBack }) {
			continue
		}
		taken := g.resales(rows[g.id], back)
		if g.id != r.ID {
			continue
		}
		if err := tookResales(ctx, r.ID, org, taken); err != nil {
			return 0, 0, err
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
	old := map[reportLine]resaleRow{}
	for _, r := range was {
		old[r.place()] = r
	}
	n := 0
	for _, r := range now {
		k := r.place()
		if o, ok := old[k]; !ok || o != r {
			n++
		}
		delete(old, k)
	}
	return n + len(old)
}
