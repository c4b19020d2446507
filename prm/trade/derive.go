package trade

import (
	"context"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// derive gives the state of an order from its lines. It is the only place where
// the state comes from.
func derive(lines []Line) State {
	var live, unanswered, confirmed, back, cancelled, shipped, withdrawn, refused, open bool
	allShipped, allInvoiced, allReceived := true, true, true
	for _, l := range lines {
		want := l.Ordered - l.Cancelled
		open = open || l.State == LineOpen
		withdrawn = withdrawn || l.State == LineCancelled
		refused = refused || l.State == LineRejected
		live = live || want > 0
		unanswered = unanswered || l.Unanswered() > 0
		confirmed, back, cancelled = confirmed || l.Confirmed > 0, back || l.Backordered > 0, cancelled || l.Cancelled > 0
		shipped = shipped || l.Shipped > 0
		allShipped = allShipped && l.Shipped >= want
		allInvoiced = allInvoiced && l.Invoiced >= want
		allReceived = allReceived && l.Received >= want
	}
	switch {
	case !live && !open:
		if withdrawn && !refused {
			return Cancelled
		}
		return Rejected
	case !confirmed && !back && !cancelled && !refused && !withdrawn:
		return Received
	case !live: // only lines nobody could read are left
		return PartlyConfirmed
	case allShipped && allInvoiced && allReceived:
		return Closed
	case allInvoiced && (allShipped || !shipped):
		return Invoiced
	case allShipped:
		return Shipped
	case shipped:
		return PartlyShipped
	case !unanswered && !back && !cancelled && !open:
		return Confirmed
	}
	return PartlyConfirmed
}

// lineState gives the state of a line from its quantities; before is the state
// it had, which keeps what quantities do not tell (changed, rejected, cancelled).
func lineState(l Line, before LineState) LineState {
	want := l.Ordered - l.Cancelled
	switch {
	case l.Ordered == 0:
		return before
	case want == 0:
		if before == LineCancelled {
			return LineCancelled
		}
		return LineRejected
	case l.Invoiced >= want:
		return LineInvoiced
	case l.Received >= want:
		return LineReceived
	case l.Shipped >= want:
		return LineShipped
	case l.Backordered > 0:
		return LineBackordered
	case l.Unanswered() > 0 && l.Confirmed == 0:
		return LineOpen
	case before == LineChanged || l.Cancelled > 0:
		return LineChanged
	}
	return LineConfirmed
}

// settle brings the derived columns of an order in line with its lines.
func settle(o *orderRow, lines []Line) {
	c := money.Currency(o.Currency)
	total, confirmed := money.Amount{Currency: c}, money.Amount{Currency: c}
	o.Marks, o.LineCount = 0, int64(len(lines))
	for _, l := range lines {
		if len(l.Marks) > 0 && l.State == LineOpen {
			o.Marks++
		}
		if sum, err := total.Add(l.Amount); err == nil {
			total = sum
		}
		if part, err := l.net(l.Confirmed); err == nil {
			if sum, err := confirmed.Add(part); err == nil {
				confirmed = sum
			}
		}
	}
	o.Total, o.ConfirmedTotal = total.Minor, confirmed.Minor
	o.State = string(derive(lines))
}

// holds says whether the quantities of a line obey the rules of the desk: the
// promise in code form, used by the writing methods before they save.
func (l Line) holds() bool {
	return l.Ordered >= 0 && l.Confirmed >= 0 && l.Backordered >= 0 && l.Cancelled >= 0 && l.Shipped >= 0 && l.Received >= 0 && l.Invoiced >= 0 &&
		l.Confirmed+l.Backordered+l.Cancelled <= l.Ordered && l.Shipped <= l.Confirmed && l.Received <= l.Shipped && l.Returned >= 0 && l.Returned <= max(l.Shipped, l.Invoiced) && l.Credited >= 0 && l.Credited <= l.Invoiced && l.Invoiced-l.Credited <= l.Ordered-l.Cancelled
}

// Kinds of order (BEG02; BGM 221 and 226) of which one moves no goods and the other draws
// on it.
const (
	KindBlanket = "BK"
	KindRelease = "RL"
	KindDirect  = "DS" // the goods go to the reseller's customer
)

// Blankets keeps blanket orders and weighs what is called off from them. It is implemented
// by prm/blanket; both methods join the transaction of ctx.
type Blankets interface {
	// Weigh answers for every line of a call-off. Nothing is written.
	Weigh(ctx context.Context, c CallOff) ([]CallOffVerdict, error)
	// Keep records a booked blanket order (Own), or a call-off.
	Keep(ctx context.Context, c CallOff) error
}

// CallOff is a blanket order, or an order that draws on one. Blanket is the number of the
// blanket order; From and Until are the days for which its document says it holds.
type CallOff struct {
	ID                 OrderID
	Own                bool
	Supplier, Reseller string
	Blanket            string
	OrderedOn          string
	From, Until        string
	Lines              []PromoLine
}

// CallOffVerdict is what the blanket order says of a line: a doubt, its price per the
// line's unit, and what it had left.
type CallOffVerdict struct {
	Mark  Mark
	Price money.Price
	Left  money.Quantity
}

// KeepBlankets ties the desk of blanket orders; call it before use.
func (s *Service) KeepBlankets(b Blankets) { s.blankets = b }

// callOff is what the desk of blanket orders needs of a judged order; false: it is neither
// a blanket order nor a call-off.
func callOff(o orderRow, j judged) (CallOff, bool) {
	c := CallOff{ID: OrderID(o.ID), Own: o.Kind == KindBlanket, Supplier: o.SupplierID, Reseller: o.ResellerID, OrderedOn: j.orderedOn}
	switch {
	case c.Own:
		c.Blanket = o.Number
		c.From, c.Until = dated1(j.head.Dates, "092", "007", "196", "194", "157"), dated1(j.head.Dates, "093", "036", "197", "206", "36", "361")
	case o.Kind == KindRelease:
		if c.Blanket = refOf(j.head.Refs, "BO"); c.Blanket == "" && o.ReleaseNo != "" {
			c.Blanket = o.Number
		}
		c.Blanket = bounded(c.Blanket, 60)
	default:
		return c, false
	}
	for i, l := range j.lines {
		x := PromoLine{Number: l.Number, Product: l.Product, SKU: l.SKU, Unit: l.Unit, Ordered: l.Ordered, Price: l.Price}
		if i < len(j.factors) {
			x.Factor = j.factors[i]
		}
		c.Lines = append(c.Lines, x)
	}
	return c, true
}

func dated1(ds []doc.Date, qualifiers ...string) string {
	for _, q := range qualifiers {
		for _, d := range ds {
			if d.Qualifier == q && civil(d.Date) {
				return d.Date
			}
		}
	}
	return ""
}

func refOf(rs []doc.Ref, qualifier string) string {
	for _, r := range rs {
		if r.Qualifier == qualifier && r.Value != "" {
			return r.Value
		}
	}
	return ""
}

// weigh holds a call-off against its blanket order: the price was agreed there, and so was
// the quantity.
func (s *Service) weigh(ctx context.Context, t terms, o orderRow, j *judged) error {
	c, ok := callOff(o, *j)
	if s.blankets == nil || !ok || c.Own {
		return nil
	}
	was, _, err := orderByKey(ctx, o.SupplierID, o.ResellerID, o.Number, o.ReleaseNo, false)
	if err != nil {
		return err
	}
	c.ID = OrderID(was.ID) // that is replaced or came again does not count against itself
	vs, err := s.blankets.Weigh(ctx, c)
	if err != nil || len(vs) != len(j.lines) {
		return err
	}
	for i, v := range vs {
		l := &j.lines[i]
		if v.Mark != "" {
			l.Marks = l.Marks.add(v.Mark)
		}
		if v.Price == 0 || l.Free {
			continue
		}
		if l.ListPrice, l.Marks = v.Price, l.Marks.without(PriceDiffers).without(NoListPrice); l.Marks.Has(PriceMissing) || l.Marks.Has(PriceZero) {
			l.Price, l.Marks = v.Price, l.Marks.without(PriceMissing).without(PriceZero)
		}
		if !money.Within(l.Price, v.Price, money.Rate(t.PriceTolerance)) {
			l.Marks = l.Marks.add(ReleasePrice)
		}
	}
	return j.resum()
}

// keepBlanket records what was booked, where it is a blanket order or a call-off.
func (s *Service) keepBlanket(ctx context.Context, o orderRow, j judged) error {
	c, ok := callOff(o, j)
	if s.blankets == nil || !ok {
		return nil
	}
	return s.blankets.Keep(ctx, c)
}

// BlanketClosed notes in the history of a blanket order that it was closed.
// Codes: NotFound, Forbidden (may neither order nor answer orders).
func (s *Service) BlanketClosed(ctx context.Context, actor access.Actor, id OrderID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, _, err := s.open(ctx, actor, access.OrderRead, id, 0)
		if err != nil {
			return err
		}
		res := access.Shared(o.SupplierID, o.ResellerID)
		if !access.Allowed(actor, access.OrderPlace, res) {
			if err := access.Check(actor, access.OrderConfirm, res); err != nil {
				return err
			}
		}
		return s.record(ctx, actor, o, deed{history: "order.blanket_closed", action: "order.close"})
	})
}

// movesGoods refuses to ship or invoice a blanket order itself.
func movesGoods(o orderRow) error {
	if o.Kind == KindBlanket {
		return fault.New(fault.Conflict, "trade.blanket_no_goods", "Number", o.Number)
	}
	return nil
}

// Today is the civil date of the transaction where the supplier of an order is; the order's
// own day where that is not known.
func Today(ctx context.Context, o Order) string {
	t, err := termsOf(ctx, o.Partnership)
	if err != nil {
		return o.OrderedOn
	}
	return today(ctx, t.SupplierZone)
}
