package promo

import (
	"context"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

// Why an order line counts or not. Each is also the end of the locale key "promowhy.<why>".
const (
	WhyNumber     = "number"      // the line carries the number
	WhyHeadNumber = "head_number" // the order's head carries it
	WhyAuto       = "auto"        // partner, product and day fit, no number is needed
	WhyLimit      = "limit"       // counts in part: more than was left
	WhyFreePart   = "free_part"   // counts in part: more free goods than were earned
	WhyUnknown    = "unknown"     // no promotion of this number is agreed with the partner
	WhyCancelled  = "cancelled"
	WhyBefore     = "before"
	WhyAfter      = "after"
	WhyProduct    = "product"
	WhyTerritory  = "territory"
	WhyCurrency   = "currency"
	WhyNoNumber   = "no_number" // would have counted with its number
	WhyUsed       = "used"      // nothing of the agreed quantity is left
	WhyShipLate   = "ship_late"
	WhyResale     = "resale" // counts when it is sold on
	WhyFreeNone   = "free_none"
	WhyUnit       = "unit"
	WhyPeriod     = "period"          // sold in a period that only begins or ends within the window
	WhyOther      = "other"           // another promotion pays for the line
	WhyShipDay    = trade.DealShipDay // counts as far as it ships within the days of the promotion, which the order alone does not show
	WhyBillDay    = trade.DealBillDay // as far as it is invoiced then
	WhyBack       = "back"            // came back after the days of the promotion, or after it was cancelled
	WhyVolume     = "volume"          // counts towards the volume of the window, whose step holds for all of it
)

// Whys lists them.
func Whys() []string {
	return []string{WhyNumber, WhyHeadNumber, WhyAuto, WhyLimit, WhyFreePart, WhyUnknown, WhyCancelled, WhyBefore, WhyAfter, WhyProduct, WhyTerritory, WhyCurrency, WhyNoNumber, WhyUsed, WhyShipLate, WhyResale, WhyFreeNone, WhyUnit, WhyPeriod, WhyOther, WhyShipDay, WhyBillDay, WhyBack, WhyVolume}
}

// live is a promotion as it stands for one reseller at an instant: the version agreed then.
type live struct {
	id, number string
	version    int
	terms      Terms
	part       Part
	cancelled  bool
	left       bool           // the newest text is without the reseller: see gone
	taken      money.Quantity // of the part's limit, base units
	volume     money.Quantity // of cumulative terms so far
}

// pact is a promotion with every version that was ever agreed, the oldest first.
type pact struct {
	row      row
	seat     Seat
	versions []Version
}

// at is the promotion as it stood at an instant; false where nothing was agreed with the
// company yet.
func (p pact) at(org string, t time.Time) (live, bool) {
	var v *Version
	for i := range p.versions {
		if !p.versions[i].Agreed.After(t) {
			v = &p.versions[i]
		}
	}
	if v == nil {
		return live{}, false
	}
	part, ok := v.Terms.Part(org)
	if !ok || part.Role != Participant {
		return live{}, false
	}
	out := live{id: p.row.ID, number: p.row.Number, version: v.Number, terms: v.Terms, part: part, taken: p.seat.Taken, volume: p.seat.Volume}
	out.cancelled = p.row.Cancelled > 0 && !instant(p.row.Cancelled).After(t)
	return out, true
}

// gone is the promotion as it stood for a company that is not in it any more, for what comes
// back of what it had.
func (p pact) gone(org string, t time.Time) (live, bool) {
	p.versions = p.of(org)
	out, ok := p.at(org, t)
	out.left = true
	return out, ok
}

// Judge answers for every line of an order (port of prm/trade). The line's own number
// counts more than the head's; without one, the best promotion that needs none applies.
// It judges by what was agreed when the order came, whatever the scheduled jobs have done.
func (s *Service) Judge(ctx context.Context, o trade.PromoOrder) ([]trade.PromoVerdict, error) {
	var out []trade.PromoVerdict
	err := s.db.View(ctx, func(ctx context.Context) error {
		pacts, err := pactsOf(ctx, o.Supplier, o.Reseller, true)
		if err != nil {
			return err
		}
		out = judge(liveAt(pacts, o.Reseller, o.Received), o)
		return nil
	})
	return out, err
}

func liveAt(pacts []pact, org string, t time.Time) []*live {
	var out []*live
	for _, p := range pacts {
		if l, ok := p.at(org, t); ok {
			out = append(out, &l)
		}
	}
	return out
}

// judge is the whole of the rules; it changes taken of what it grants.
func judge(ls []*live, o trade.PromoOrder) []trade.PromoVerdict {
	out := make([]trade.PromoVerdict, len(o.Lines))
	meant := make([]*live, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		quoted := l.Deal
		if quoted == "" {
			quoted = o.Deal
		}
		v := &out[i]
		if quoted != "" {
			v.Number, v.Quoted = quoted, true
			k := slices.IndexFunc(ls, func(p *live) bool { return p.number == quoted })
			if k < 0 {
				v.Reason = WhyUnknown
				continue
			}
			v.Promotion, v.Version = ls[k].id, ls[k].version
			switch v.Reason = ls[k].refuses(&o, l); {
			case ls[k].awaits(&o, v.Reason):
				meant[i], v.Reason = ls[k], ls[k].terms.dayWhy()
			case v.Reason == "":
				meant[i] = ls[k]
				if v.Reason = WhyHeadNumber; l.Deal != "" {
					v.Reason = WhyNumber
				}
			}
			continue
		}
		var best, needs, awaited *live
		for _, p := range ls {
			why := p.refuses(&o, l)
			switch {
			case why != "" && !p.terms.Quoted && p.part.Limit == 0 && p.awaits(&o, why): // nothing of a limit is kept for what may never count
				if awaited == nil || p.least(l, l.Ordered) > awaited.least(l, l.Ordered) {
					awaited = p
				}
			case why != "":
			case p.terms.Quoted:
				needs = p
			case best == nil || p.least(l, l.Ordered) > best.least(l, l.Ordered):
				best = p
			}
		}
		switch {
		case best != nil:
			meant[i] = best
			v.Promotion, v.Version, v.Number, v.Reason = best.id, best.version, best.number, WhyAuto
		case awaited != nil:
			meant[i] = awaited
			v.Promotion, v.Version, v.Number, v.Reason = awaited.id, awaited.version, awaited.number, awaited.terms.dayWhy()
		case needs != nil:
			v.Promotion, v.Version, v.Number, v.Reason = needs.id, needs.version, needs.number, WhyNoNumber
		}
	}
	for _, p := range ls {
		if len(p.terms.Countries) == 0 {
			continue
		}
		for i := range out {
			out[i].Territory = out[i].Territory || p.id == out[i].Promotion
		}
	}
	grant(out, meant, o)
	return out
}

// grant gives the lines that count their allowance and quantity, line by line.
func grant(out []trade.PromoVerdict, meant []*live, o trade.PromoOrder) {
	bought := map[*live]money.Quantity{} // base units of qualifying lines of this order
	late := false                        // some lines are free goods: they go by what the others were granted
	for i, p := range meant {
		switch {
		case p == nil:
		case p.terms.gives(&o.Lines[i]):
			late = true
		default:
			bought[p] += times(o.Lines[i].Ordered, o.Lines[i].Factor)
		}
	}
	granted := map[*live]money.Quantity{}
	for i, p := range meant {
		if p == nil || p.terms.gives(&o.Lines[i]) {
			continue
		}
		l, v := &o.Lines[i], &out[i]
		got := times(l.Ordered, l.Factor)
		if p.part.Limit > 0 {
			left := p.part.Limit - p.taken
			switch {
			case left <= 0:
				got, v.Reason = 0, WhyUsed
			case left < got:
				if got = left; v.Reason != p.terms.dayWhy() { // the day is still to come
					v.Reason = WhyLimit
				}
			}
		}
		if got <= 0 {
			continue
		}
		p.taken += got
		granted[p] += got
		if p.terms.Cumulative && v.Reason != WhyLimit && v.Reason != p.terms.dayWhy() {
			v.Reason = WhyVolume
		}
		p.grant(v, l, got, bought[p])
	}
	if !late {
		return
	}
	given := map[*live]money.Quantity{}
	for i, p := range meant {
		if p == nil || !p.terms.gives(&o.Lines[i]) {
			continue
		}
		l, v := &o.Lines[i], &out[i]
		want := times(l.Ordered, l.Factor)
		got := min(want, granted[p]/p.terms.Buy*p.terms.Free-given[p])
		given[p] += got
		switch {
		case got == 0:
			v.Reason = WhyFreeNone
			continue
		case got < want:
			v.Reason = WhyFreePart
		}
		p.grant(v, l, got, 0)
	}
}

// grant writes into a verdict what a line is given: base units, and its allowance.
func (p *live) grant(v *trade.PromoVerdict, l *trade.PromoLine, got, bought money.Quantity) {
	v.Granted, v.Allowance, v.Method = per(got, l.Factor), p.each(l, bought), trade.DealOffInvoice
	if p.terms.Settle == BillBack {
		v.Method = trade.DealBillBack
	}
}

// gives says whether a line is the free goods of the terms.
func (t *Terms) gives(l *trade.PromoLine) bool {
	return t.Kind == Free && l.SKU == t.FreeSKU && (l.Free || !t.Covers(l.SKU, l.Family))
}

// refuses says why a line does not count; empty: it does.
func (p *live) refuses(o *trade.PromoOrder, l *trade.PromoLine) string {
	t := &p.terms
	switch {
	case p.cancelled:
		return WhyCancelled
	case !t.Covers(l.SKU, l.Family) && !t.gives(l):
		return WhyProduct
	case l.Factor <= 0 || l.Ordered <= 0:
		return WhyUnit
	case o.Currency != p.part.Currency:
		return WhyCurrency
	case len(t.Countries) > 0 && !slices.Contains(t.Countries, o.Country):
		return WhyTerritory
	case t.By == ByResale:
		return WhyResale
	}
	day := o.OrderedOn
	if t.By != ByOrder && l.RequestedOn > day { // the nearest thing to a day of shipment that an order says
		day = l.RequestedOn
	}
	switch {
	case day < t.From:
		return WhyBefore
	case day > t.Until:
		return WhyAfter
	case t.By == ByOrder && t.ShipBy != "" && l.RequestedOn > t.ShipBy:
		return WhyShipLate
	}
	return ""
}

// awaits says that only the day speaks against a line (see refuses), and that it is not the
// order's to say: what is claimed afterwards goes by when goods were shipped or invoiced. What
// an invoice takes off is decided before. Nothing leaves before it was ordered.
func (p *live) awaits(o *trade.PromoOrder, why string) bool {
	return p.terms.Settle == BillBack && p.terms.dayWhy() != "" && (why == WhyBefore || why == WhyAfter && o.OrderedOn <= p.terms.Until)
}

// dayWhy is why a line counts whose documents decide the day; empty where they do not.
func (t *Terms) dayWhy() string {
	switch t.By {
	case ByShip:
		return WhyShipDay
	case ByInvoice:
		return WhyBillDay
	}
	return ""
}

// each is the allowance per unit of a line, rounded half up at six places; bought is the
// quantity that decides the step of tiers.
func (p *live) each(l *trade.PromoLine, bought money.Quantity) money.Price {
	base := basePrice(l)
	switch p.terms.Kind {
	case Percent:
		return times(base, p.terms.Percent)
	case Amount:
		return times(p.part.Allow, l.Factor)
	case Tiers:
		if p.terms.Cumulative {
			bought = p.volume
		}
		return times(base, p.terms.step(bought))
	case Free:
		if p.terms.gives(l) {
			return base
		}
	}
	return 0
}

// basePrice is what percentages are of.
func basePrice(l *trade.PromoLine) money.Price {
	if l.ListPrice > 0 {
		return l.ListPrice
	}
	return l.Price
}

// step is the percentage that a quantity has reached; 0 below the first.
func (t Terms) step(bought money.Quantity) money.Rate {
	rate := money.Rate(0)
	for _, x := range t.Tiers {
		if bought >= x.From {
			rate = x.Percent
		}
	}
	return rate
}

// least is each for choosing among promotions. Where the steps go by what comes later too it
// is the first one: the choice is the same whenever it is made.
func (p *live) least(l *trade.PromoLine, bought money.Quantity) money.Price {
	if p.terms.Cumulative {
		return times(basePrice(l), p.terms.Tiers[0].Percent)
	}
	return p.each(l, bought)
}

// times is a × b at six places, rounded half up; what does not fit is nothing.
func times(a, b money.Micro) money.Micro {
	if a >= 0 && b >= 0 { // nearly always, and once for every figure of a line: without memory of its own
		hi, lo := bits.Mul64(uint64(a), uint64(b))
		lo, carry := bits.Add64(lo, money.One/2, 0)
		if hi += carry; hi >= money.One {
			return 0
		}
		if q, _ := bits.Div64(hi, lo, money.One); q <= math.MaxInt64 {
			return money.Micro(q)
		}
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(int64(b)))
	n.Add(n, big.NewInt(money.One/2))
	n.Div(n, big.NewInt(money.One))
	if !n.IsInt64() {
		return 0
	}
	return money.Micro(n.Int64())
}

// per is a ÷ b at six places, rounded down.
func per(a, b money.Micro) money.Micro {
	if a >= 0 && b > 0 {
		if hi, lo := bits.Mul64(uint64(a), money.One); hi < uint64(b) {
			if q, _ := bits.Div64(hi, lo, uint64(b)); q <= math.MaxInt64 {
				return money.Micro(q)
			}
		}
	}
	n := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(money.One))
	return money.Micro(n.Quo(n, big.NewInt(int64(b))).Int64())
}

// Take keeps what was granted to a booked order, in place of what it had (port of
// prm/trade). It joins the transaction of ctx.
func (s *Service) Take(ctx context.Context, o trade.PromoOrder, vs []trade.PromoVerdict) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		var was []lineRow
		var before lateFrom
		if !o.First {
			held, err := readLines(ctx, o.Supplier, o.ID)
			if err != nil {
				return err
			}
			if before, err = beforeLate(ctx, o.Reseller, promotionsOf(held)); err != nil {
				return err
			}
			if was, err = giveBack(ctx, o.ID); err != nil {
				return err
			}
		}
		var rows []lineRow
		for i, v := range vs {
			if v.Promotion == "" {
				continue
			}
			t, err := versionNo(ctx, v.Promotion, int64(v.Version))
			if err != nil {
				return err
			}
			r := judgedLine(&o, &o.Lines[i], &v, &t.Terms)
			at := db.Micros(db.Now(ctx))
			if r.awaits() {
				r.follow(&o.Lines[i], &t.Terms, at)
			} else {
				r.follow(&o.Lines[i], &Terms{}, at) // no shipment is known yet
			}
			rows = append(rows, r)
		}
		if err := takeLines(ctx, rows); err != nil {
			return err
		}
		if err := s.turned(ctx, o.Supplier, o.Reseller, promotionsOf(was)); err != nil {
			return err
		}
		return s.adjusted(ctx, before, o.Reseller, late{LateChanged, string(o.ID), o.Number})
	})
}

// Attribute brings the rows of an order in line with its documents: replaced, never added
// to. What it changes in a promotion that is settled is kept as an adjustment. Safe to repeat.
// The actor is the system acting for the owner.
// Codes: NotFound, Forbidden. Publishes EventAdjusted.
func (s *Service) Attribute(ctx context.Context, actor access.Actor, orders Orders, id trade.OrderID) error {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		was, err := linesOfOrder(ctx, actor.Org, id)
		if err != nil || len(was) == 0 {
			return err
		}
		got, _, err := orders.PromoOrders(ctx, actor, "", time.Time{}, "", 1, id)
		if err != nil || len(got) == 0 {
			return err
		}
		now, changed, err := followed(ctx, was, got[0])
		if err != nil || !changed {
			return err
		}
		if db.DialectOf(ctx) == db.Postgres { // who else changes them waits, and what was read before is read again
			if err := lockSeats(ctx, was[0].OrgID, promotionsOf(was)); err != nil {
				return err
			}
			if was, err = readLines(ctx, actor.Org, id); err != nil {
				return err
			}
			// named twice it is read, whatever was made ready
			if got, _, err = orders.PromoOrders(ctx, actor, "", time.Time{}, "", 1, id, id); err != nil || len(got) == 0 {
				return err
			}
			if now, _, err = followed(ctx, was, got[0]); err != nil {
				return err
			}
		}
		before, err := beforeLate(ctx, was[0].OrgID, promotionsOf(was))
		if err != nil {
			return err
		}
		if err := saveLines(ctx, was, now); err != nil {
			return err
		}
		if err := s.turned(ctx, actor.Org, was[0].OrgID, promotionsOf(was)); err != nil {
			return err
		}
		return s.adjusted(ctx, before, was[0].OrgID, late{"", string(id), was[0].Number})
	})
}

func promotionsOf(rows []lineRow) []string {
	var out []string
	for _, r := range rows {
		if !slices.Contains(out, r.PromotionID) {
			out = append(out, r.PromotionID)
		}
	}
	return out
}

// followed are the rows of an order as its documents have them, and whether one is another.
func followed(ctx context.Context, was []lineRow, o trade.PromoOrder) (now []lineRow, changed bool, err error) {
	terms := map[[2]string]Terms{}
	for _, r := range was {
		k := [2]string{r.PromotionID, count64(r.VersionNo)}
		t, ok := terms[k]
		if !ok {
			v, err := versionNo(ctx, r.PromotionID, r.VersionNo)
			if err != nil {
				return nil, false, err
			}
			t = v.Terms
			terms[k] = t
		}
		before := r
		if j := slices.IndexFunc(o.Lines, func(l trade.PromoLine) bool { return int64(l.Number) == r.Line }); j >= 0 {
			r.Price = int64(o.Lines[j].Price)
			r.follow(&o.Lines[j], &t, db.Micros(db.Now(ctx)))
		}
		changed = changed || r != before
		now = append(now, r)
	}
	return now, changed, nil
}

// Ready makes ready what Attribute asks of some orders, in the transaction of ctx: a few
// questions instead of a few for each. The actor is the system acting for their supplier.
// Codes: NotFound, Forbidden.
func (s *Service) Ready(ctx context.Context, actor access.Actor, orders Orders, ids ...trade.OrderID) error {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.view(ctx, actor, func(ctx context.Context) error {
		with, err := readyLines(ctx, actor.Org, ids)
		if err != nil || len(with) == 0 {
			return err
		}
		return orders.ReadyPromoOrders(ctx, actor, with...)
	})
}

// Orders reads orders as promotions look at them (prm/trade.Service).
type Orders interface {
	ReadyPromoOrders(ctx context.Context, actor access.Actor, ids ...trade.OrderID) error
	PromoOrders(ctx context.Context, actor access.Actor, reseller string, from time.Time, after string, limit int, ids ...trade.OrderID) ([]trade.PromoOrder, string, error)
}
