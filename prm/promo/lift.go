package promo

import (
	"context"
	"math"
	"math/big"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lift"
	"entente/prm/money"
)

// Effect is an estimate in base units with where the true value lies at lift.Level.
type Effect struct {
	Value   money.Quantity `json:"value"`
	Low     money.Quantity `json:"low"`
	High    money.Quantity `json:"high"`
	Differs bool           `json:"differs"` // from zero
}

// Worth is what an effect is worth at an average net price.
type Worth struct{ Value, Low, High money.Amount }

// Ratio is an interval of money per money.
type Ratio struct{ Value, Low, High money.Rate }

// Parts a period plays.
const (
	InHistory = ""       // the baseline is made of it
	InWindow  = "window" // of the promotion
	InAfter   = "after"  // right after it
	InOther   = "other"  // of another promotion: neither
)

// Why a side is not measured, beside what prm/lift says.
const (
	WhyReports   = "reports"   // of the window are missing
	WhyMeasuring = "measuring" // there are many lines: it is measured beside the page, soon
)

// Weighed is one period of a series. Without Known the reports do not speak of all of it.
type Weighed struct {
	From, To        string
	Part            string
	Known           bool
	Actual, Sibling money.Quantity
	Base, Low, High money.Quantity // where Fitted
	Fitted          bool
}

// Side is what was sold in, or sold on, against what was to be expected. Why says why there
// is no estimate; Periods and Actual are there all the same.
type Side struct {
	By          string // the date: order, ship, invoice, resale
	Grain       string
	Why         string
	From, To    string // the history the baseline is made of
	Fitted      int    // periods of it
	Periods     []Weighed
	First, Last string // days of the periods measured
	Open        bool   // the window is not over
	AfterOpen   bool   // the periods after it are not all there
	Actual      money.Quantity
	Base        money.Quantity
	Lift        Effect // within the window
	After       Effect // in the periods after it: below zero is bought ahead
	Taken       Effect // of siblings within the window: below zero is cannibalised
	Extra       Effect // all three
	Worth       Worth
	Price       money.Price // of a base unit; 0: none is known
	Siblings    bool        // products of the same family were sold
	SiblingsWhy string      // why they are not in Extra
	Others      []string    // numbers of promotions with the same products in these periods
}

// Measured is what a promotion added at one company. Gap is how much more was sold in than
// on in the days of Out: stock in the channel.
type Measured struct {
	Org     string
	In, Out Side
	Main    *Side `json:"-"` // that of the date that decides
	Gap     money.Quantity
	Gapped  bool
	Cost    money.Amount // what it earned, in its currency
	PerCost *Ratio       // extra sales for one unit of cost
	Return  *Ratio       // net: margin on them less the cost; for the owner, where Margin is told
}

// Lifted is what a promotion added. Total is of those measured, in the owner's currency at
// the fixed rates, for the owner.
type Lifted struct {
	By     string
	Margin money.Rate // for the owner; 0: not told
	Parts  []Measured
	Total  *Total
	AsOf   time.Time // of the oldest part that was measured beforehand (Measure); zero: all are of now
}

// Total adds companies up.
type Total struct {
	Measured int
	Extra    Effect
	Worth    Worth
	Cost     money.Amount
	PerCost  *Ratio
	Return   *Ratio
}

const (
	liftYears  = 3  // of history before the window
	liftBeyond = 30 // weeks after it that are read
)

// afterPeriods are the periods in which what was bought ahead is looked for: four weeks, or
// one longer period.
func afterPeriods(grain string) int {
	if grain == "week" {
		return 4
	}
	return 1
}

// Lift estimates what a promotion added, from the history of each company that takes part:
// for the owner of all, else of the actor's company alone.
// Codes: NotFound, Conflict (nothing is agreed yet).
func (s *Service) Lift(ctx context.Context, actor access.Actor, id ID) (Lifted, error) {
	var out Lifted
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, _, org, err := results(ctx, actor, id)
		if err != nil {
			return err
		}
		kept, err := keptOf(ctx, r.ID, org)
		if err != nil {
			return err
		}
		out, err = s.lifted(ctx, r, org, kept, s.keepFrom)
		return err
	})
	return out, err
}

// fresh measures a promotion for its owner as it is now, with what is kept where nothing came since.
func (s *Service) fresh(ctx context.Context, r row) (Lifted, error) {
	v, err := agreed(ctx, r, "")
	if err != nil {
		return Lifted{}, err
	}
	kept, err := keptOf(ctx, r.ID, "")
	if err != nil {
		return Lifted{}, err
	}
	for org, k := range kept {
		_, stamp, err := v.Terms.stamp(ctx, r.OwnerID, org)
		if err != nil {
			return Lifted{}, err
		}
		if stamp != k.Stamp {
			delete(kept, org)
		}
	}
	return s.lifted(ctx, r, "", kept, math.MaxInt64)
}

// lifted measures anew what is not among kept, by company; where those have that many order
// lines together it only says so.
func (s *Service) lifted(ctx context.Context, r row, org string, kept map[string]keptRow, most int64) (Lifted, error) {
	var out Lifted
	v, err := agreed(ctx, r, org)
	if err != nil {
		return out, err
	}
	t := v.Terms
	out.By = t.By
	if org == "" {
		out.Margin = money.Rate(r.Margin)
	}
	goods, err := goodsOf(ctx, r.OwnerID, t)
	if err != nil || len(goods) == 0 {
		return out, err
	}
	figures, err := sums(ctx, r.ID, org, "org_id")
	if err != nil {
		return out, err
	}
	var missing []string
	for _, p := range t.Parts {
		if p.Role == Participant && (org == "" || p.Org == org) && !kept[p.Org].of(r) {
			missing = append(missing, p.Org)
		}
	}
	many := false
	if len(missing) > 0 && most < math.MaxInt64 {
		n, err := lineCount(ctx, r.OwnerID, missing)
		if err != nil {
			return out, err
		}
		many = n+int64(len(missing))*keepEach >= most
	}
	for _, p := range t.Parts {
		if p.Role != Participant || org != "" && p.Org != org {
			continue
		}
		m, found, err := kept[p.Org].measured(r)
		switch {
		case err != nil || found:
		case many:
			m = Measured{Org: p.Org, In: Side{By: t.By, Grain: "week", Why: WhyMeasuring}, Out: Side{By: ByResale, Grain: "week", Why: WhyMeasuring}}
			if t.By == ByResale {
				m.In.By = ByOrder
			}
		default:
			m, err = s.weigh(ctx, r, t, p, goods, figures)
		}
		if err != nil {
			return out, err
		}
		if at := db.FromMicros(kept[p.Org].Made); found && (out.AsOf.IsZero() || at.Before(out.AsOf)) {
			out.AsOf = at
		}
		m.Cost = costOf(figures, p)
		out.Parts = append(out.Parts, m)
	}
	for i := range out.Parts { // the slice has grown
		out.Parts[i].Main = &out.Parts[i].In
		if t.By == ByResale {
			out.Parts[i].Main = &out.Parts[i].Out
		}
		m := &out.Parts[i]
		m.PerCost = per1(m.Main.Worth, m.Cost, money.One, false)
		if out.Margin > 0 {
			m.Return = per1(m.Main.Worth, m.Cost, out.Margin, true)
		}
	}
	if org == "" {
		out.Total = total(t, out)
	}
	return out, nil
}

// weigh measures both sides of one company.
func (s *Service) weigh(ctx context.Context, r row, t Terms, p Part, goods []good, figures []Figures) (Measured, error) {
	m := Measured{Org: p.Org, Cost: costOf(figures, p)}
	own := map[string]bool{}
	skus := make([]string, len(goods))
	for i, g := range goods {
		skus[i], own[g.SKU] = g.SKU, g.Own
	}
	from, to := t.read(ctx)
	others, err := rivals(ctx, r, p.Org, goods)
	if err != nil {
		return m, err
	}
	by := t.By
	if by == ByResale {
		by = ByOrder
	}
	rows, err := movedIn(ctx, by, r.OwnerID, p.Org, from, to, goods)
	if err != nil {
		return m, err
	}
	in := weekly(rows, from, to)
	out, err := s.soldBy(ctx, r.OwnerID, p.Org, from, to, own, skus)
	if err != nil {
		return m, err
	}
	prices, err := s.prices(ctx, r, t, p, goods, figures)
	if err != nil {
		return m, err
	}
	m.In, m.Out = estimate(in, t, others, prices), estimate(out, t, others, prices)
	m.In.By, m.Out.By = by, ByResale
	if m.Out.First != "" && m.Out.Why != WhyReports && m.Out.Why != lift.NoWindow {
		m.Gapped, m.Gap = true, -m.Out.Actual
		for _, x := range rows {
			if x.Own && x.Day >= m.Out.First && x.Day <= m.Out.Last {
				m.Gap += x.pieces()
			}
		}
	}
	return m, nil
}

// per1 is money gained for one unit of cost: all of it, or a margin on it, and less the cost
// where net.
func per1(w Worth, cost money.Amount, margin money.Rate, net bool) *Ratio {
	if cost.Minor <= 0 || w.Value.Currency != cost.Currency || w.Low == w.High {
		return nil
	}
	one := func(a money.Amount) money.Rate {
		n := new(big.Int).Mul(big.NewInt(a.Minor), big.NewInt(int64(margin)))
		if net {
			n.Sub(n, new(big.Int).Mul(big.NewInt(cost.Minor), big.NewInt(money.One)))
		}
		if n.Quo(n, big.NewInt(cost.Minor)); !n.IsInt64() {
			return 0
		}
		return money.Rate(n.Int64())
	}
	return &Ratio{one(w.Value), one(w.Low), one(w.High)}
}

// total adds up those measured: what each may be wrong by has nothing to do with the others.
func total(t Terms, in Lifted) *Total {
	c := money.Amount{Currency: t.Currency}
	out := &Total{Worth: Worth{c, c, c}, Cost: c}
	var half, halfWorth float64
	for _, m := range in.Parts {
		part, _ := t.Part(m.Org)
		out.Cost.Minor += Convert(m.Cost, part.Rate, t.Currency).Minor
		s := m.Main
		if s.Why != "" {
			continue
		}
		out.Measured++
		out.Extra.Value += s.Extra.Value
		half += math.Pow(units(s.Extra.High-s.Extra.Low)/2, 2)
		v, low := Convert(s.Worth.Value, part.Rate, t.Currency), Convert(s.Worth.Low, part.Rate, t.Currency)
		out.Worth.Value.Minor += v.Minor
		halfWorth += math.Pow(float64(v.Minor-low.Minor), 2)
	}
	h := quantity(math.Sqrt(half))
	out.Extra.Low, out.Extra.High = out.Extra.Value-h, out.Extra.Value+h
	out.Extra.Differs = out.Measured > 0 && (out.Extra.Low > 0 || out.Extra.High < 0)
	n := int64(math.Round(math.Sqrt(halfWorth)))
	out.Worth.Low.Minor, out.Worth.High.Minor = out.Worth.Value.Minor-n, out.Worth.Value.Minor+n
	if out.Measured == len(in.Parts) { // else the cost is of more than the sales
		out.PerCost = per1(out.Worth, out.Cost, money.One, false)
		if in.Margin > 0 {
			out.Return = per1(out.Worth, out.Cost, in.Margin, true)
		}
	}
	return out
}

// SetMargin keeps what the owner earns on a sale of the products, for the return on what the
// promotion costs; 0 takes it back. Nobody else reads it. Safe to repeat.
// Codes: NotFound, Forbidden, Invalid.
func (s *Service) SetMargin(ctx context.Context, actor access.Actor, id ID, margin money.Rate) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, _, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil {
			return err
		}
		if margin < 0 || margin >= money.One {
			return fault.InvalidField("margin", "promo.percent_wrong")
		}
		if r.Margin == int64(margin) {
			return nil
		}
		if err := setMargin(ctx, r.ID, margin); err != nil {
			return err
		}
		return note(ctx, actor, "promotion.margin", r.ID)
	})
}

// Documents reads the lines that one side of one company is made of, the earliest first;
// after continues a page. The owner names the company.
// Codes: NotFound, Forbidden (no right to see orders or reports), Invalid (side).
func (s *Service) Documents(ctx context.Context, actor access.Actor, id ID, org, by string, after Document, limit int) ([]Document, error) {
	var out []Document
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, _, mine, err := results(ctx, actor, id)
		if err != nil {
			return err
		}
		if mine != "" {
			org = mine
		}
		v, err := agreed(ctx, r, mine)
		if err != nil {
			return err
		}
		t := v.Terms
		if p, ok := t.Part(org); !ok || p.Role != Participant {
			return notFound()
		}
		right := access.OrderRead
		switch {
		case by == ByResale:
			right = access.SellRead
		case by == "" || !slices.Contains(Dates, by):
			return fault.InvalidField("by", "form.choice_wrong")
		}
		if err := access.Check(actor, right, access.Shared(r.OwnerID, org)); err != nil {
			return err
		}
		goods, err := goodsOf(ctx, r.OwnerID, t)
		if err != nil || len(goods) == 0 {
			return err
		}
		ids, own := make([]string, len(goods)), map[string]bool{}
		for i, g := range goods {
			ids[i], own[g.SKU] = g.ID, g.Own
		}
		begin, _ := time.Parse(time.DateOnly, t.From)
		until, _ := time.Parse(time.DateOnly, t.Until)
		out, err = documentsIn(ctx, by, r.OwnerID, org, begin.AddDate(-liftYears, 0, 0).Format(time.DateOnly), until.AddDate(0, 0, 7*liftBeyond).Format(time.DateOnly), ids, after, max(1, min(limit, 1000)))
		for i := range out {
			out[i].Own = own[out[i].SKU]
		}
		return err
	})
	return out, err
}
