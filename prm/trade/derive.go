package trade

import (
	"context"
	"slices"

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

// Quotes weighs orders that carry the number of a quote. It is implemented by prm/quote; its
// methods join the transaction of ctx.
type Quotes interface {
	// Weigh answers for every line. Nothing is written.
	Weigh(ctx context.Context, o QuotedOrder) ([]QuoteVerdict, error)
	// Keep ties the lines of a booked order to what they draw on.
	Keep(ctx context.Context, o QuotedOrder) error
	// Again answers for an order that draws on quotes as it would be after a change, for every
	// line; nothing where it draws on none, and then the units of its lines are not asked for.
	// Nothing is written.
	Again(ctx context.Context, o QuotedOrder, units func([]QuotedLine) error) ([]QuoteVerdict, error)
	// Also ties the lines that a change added. What was tied stays so.
	Also(ctx context.Context, o QuotedOrder) error
	// Ready says whether what a command accepts may be ordered as it stands.
	Ready(ctx context.Context, supplier, reseller string, cmd PlaceCmd) error
}

// KeepQuotes ties the desk of quotes; call it before use.
func (s *Service) KeepQuotes(q Quotes) { s.quotes = q }

// QuotedOrder is an order with the references that may be the number of a quote: PR, CT and
// the contract of X12, AAG of EDIFACT. Those of a line stand before those of the head.
type QuotedOrder struct {
	ID                 OrderID
	Supplier, Reseller string
	Number             string
	OrderedOn          string
	Currency           money.Currency
	Person, Via        string // who ordered
	Accepts            string // number of the quote that it was placed to accept
	Refs               []string
	Lines              []QuotedLine
}

// QuotedLine is a line of it. Factor is how many base units are in its unit, 0 where that is
// unknown; Clean, of a booked order, that the quote raises no doubt about it.
type QuotedLine struct {
	Number  int
	Product string
	Factor  money.Quantity
	Ordered money.Quantity
	Price   money.Price // per its unit, 0 where it names none
	Refs    []string
	Clean   bool
}

// QuoteVerdict is what the quote says of a line: its number where the line draws on it, the
// price per the line's unit, a doubt.
type QuoteVerdict struct {
	Number string
	Price  money.Price
	Mark   Mark
}

// quoteRefs are the values of references that may be the number of a quote.
func quoteRefs(rs []doc.Ref, contract string) (out []string) {
	for _, q := range []string{"PR", "AAG", "CT"} {
		for _, r := range rs {
			if r.Qualifier == q && r.Value != "" {
				out = append(out, r.Value)
			}
		}
	}
	if contract != "" {
		out = append(out, contract)
	}
	return out
}

// quoted holds an order against the quotes that it names: the price was agreed there. What
// an order under its number draws does not count against it: it came again or is replaced,
// unless this is another order beside it.
func (s *Service) quoted(ctx context.Context, t terms, d doc.PurchaseOrder, j *judged, beside bool) error {
	if s.quotes == nil || d.Type == KindBlanket || d.Type == KindRelease {
		return nil
	}
	o := QuotedOrder{Supplier: t.SupplierID, Reseller: t.ResellerID, Number: d.Number, OrderedOn: j.orderedOn, Currency: j.currency, Refs: quoteRefs(d.Refs, d.Contract)}
	named := len(o.Refs) > 0
	for i, l := range j.lines {
		x := QuotedLine{Number: l.Number, Product: l.Product, Ordered: l.Ordered, Price: l.Price, Refs: quoteRefs(d.Lines[i].Refs, ""), Factor: j.factors[i]}
		if l.Marks.Has(PriceMissing) || l.Marks.Has(PriceZero) { // that is the list's
			x.Price = 0
		}
		named = named || len(x.Refs) > 0
		o.Lines = append(o.Lines, x)
	}
	if !named {
		return nil
	}
	if !beside {
		was, _, err := orderByKey(ctx, t.SupplierID, t.ResellerID, d.Number, d.Release, false)
		if err != nil {
			return err
		}
		o.ID = OrderID(was.ID)
	}
	vs, err := s.quotes.Weigh(ctx, o)
	if err != nil || len(vs) != len(j.lines) {
		return err
	}
	for i, v := range vs {
		l := &j.lines[i]
		if v.Mark != "" {
			l.Marks = l.Marks.add(v.Mark)
		}
		o.Lines[i].Clean = v.Mark == ""
		if v.Price == 0 || l.Free {
			continue
		}
		if l.ListPrice, l.Marks = v.Price, l.Marks.without(PriceDiffers).without(NoListPrice); l.Marks.Has(PriceMissing) || l.Marks.Has(PriceZero) {
			l.Price, l.Marks = v.Price, l.Marks.without(PriceMissing).without(PriceZero)
		}
		if !money.Within(l.Price, v.Price, money.Rate(t.PriceTolerance)) {
			l.Marks, o.Lines[i].Clean = l.Marks.add(QuotePrice), false
		}
	}
	j.quote = o
	return j.resum()
}

// keepQuotes ties what was booked to the quotes that it names; again says that it was tied
// before.
func (s *Service) keepQuotes(ctx context.Context, via, accepts string, o orderRow, j judged, again bool) error {
	if s.quotes == nil || j.quote.Supplier == "" && !again {
		return nil
	}
	q := j.quote
	q.ID, q.Supplier, q.Reseller, q.Number, q.Person, q.Via, q.Accepts = OrderID(o.ID), o.SupplierID, o.ResellerID, o.Number, o.PlacedBy, via, accepts
	return s.quotes.Keep(ctx, q)
}

// quotedAgain holds an order, as it would be after a change of today, against the quotes that
// it draws on.
func (s *Service) quotedAgain(ctx context.Context, t terms, o orderRow, lines []Line) ([]QuoteVerdict, QuotedOrder, error) {
	if s.quotes == nil {
		return nil, QuotedOrder{}, nil
	}
	q := QuotedOrder{ID: OrderID(o.ID), Supplier: o.SupplierID, Reseller: o.ResellerID, Number: o.Number, OrderedOn: today(ctx, t.SupplierZone), Currency: money.Currency(o.Currency)}
	for _, l := range lines {
		q.Lines = append(q.Lines, QuotedLine{Number: l.Number, Product: l.Product, Ordered: l.wanted(), Price: l.Price})
	}
	vs, err := s.quotes.Again(ctx, q, func(own []QuotedLine) error {
		p, err := s.placer(ctx, o, lines)
		if err != nil {
			return err
		}
		for i, l := range lines {
			if prod, ok := p.products[l.Number]; ok {
				f, _ := prod.Factor(l.Unit)
				own[i].Factor, q.Lines[i].Factor = f, f
			}
		}
		return nil
	})
	if err == nil && len(vs) != len(lines) {
		vs = nil
	}
	return vs, q, err
}

// against is the doubt of a quote about a line, none where the quote says nothing of it.
func (v QuoteVerdict) against(l Line, t terms) Mark {
	switch {
	case v.Mark != "":
		return v.Mark
	case v.Price != 0 && !l.Free && !money.Within(l.Price, v.Price, money.Rate(t.PriceTolerance)):
		return QuotePrice
	}
	return ""
}

// quotedChange marks what a change asks for that the quotes of its order do not cover: more
// than is left, another price, after their days. What asks for less, or for another day, is in
// no such doubt.
func (s *Service) quotedChange(ctx context.Context, t terms, o orderRow, lines []Line, asked []ChangeLine) error {
	after := slices.Clone(lines)
	at := make([]int, len(asked))
	more := false
	for i, c := range asked {
		at[i] = -1
		switch {
		case c.Action == ChangeAdd:
			at[i], more = len(after), true
			after = append(after, Line{Number: len(after) + 1, Product: c.Product, SKU: c.SKU, Unit: c.Unit, Ordered: c.Quantity, Price: c.Price})
		case c.Line < 1 || c.Line > len(lines):
		case c.Action == ChangeCancel:
			after[c.Line-1].Cancelled = after[c.Line-1].Ordered
		default:
			l := &after[c.Line-1]
			if c.Has(FieldQuantity) {
				l.Ordered, l.Cancelled = c.Quantity, 0
			}
			if c.Has(FieldPrice) {
				l.Price = c.Price
			}
			if c.Has(FieldPrice) || c.Quantity > c.WasQuantity {
				at[i], more = c.Line-1, true
			}
		}
	}
	if !more {
		return nil
	}
	vs, _, err := s.quotedAgain(ctx, t, o, after)
	if err != nil || vs == nil {
		return err
	}
	for i, k := range at {
		if k < 0 {
			continue
		}
		m := vs[k].against(after[k], t)
		if m == QuotePrice && asked[i].Action == ChangeValues && !asked[i].Has(FieldPrice) {
			m = "" // it had that price before
		}
		if m != "" {
			asked[i].Marks = asked[i].Marks.add(m)
		}
	}
	return nil
}

// quotedLines marks the lines that a change moved as those of a new order are marked, and
// gives what they draw; its ID is empty where they draw on no quote.
func (s *Service) quotedLines(ctx context.Context, t terms, o orderRow, lines []Line, asked []ChangeLine) (QuotedOrder, error) {
	vs, q, err := s.quotedAgain(ctx, t, o, lines)
	if err != nil || vs == nil {
		return QuotedOrder{}, err
	}
	for _, c := range asked {
		if c.Verdict == VerdictRefused || c.Line < 1 || c.Line > len(lines) {
			continue
		}
		l, v := &lines[c.Line-1], vs[c.Line-1]
		more := c.Action == ChangeAdd || c.Has(FieldPrice) || l.wanted() > c.WasQuantity
		if !more {
			if v.Mark != QuoteOver {
				l.Marks = l.Marks.without(QuoteOver)
			}
			continue
		}
		for _, m := range []Mark{QuoteOver, QuotePrice, QuoteOutside} {
			l.Marks = l.Marks.without(m)
		}
		if m := v.against(*l, t); m != "" {
			l.Marks = l.Marks.add(m)
		}
		if v.Price != 0 && !l.Free {
			l.ListPrice, l.Marks = v.Price, l.Marks.without(PriceDiffers).without(NoListPrice)
		}
	}
	return q, nil
}

// PricedFor says whose price list orders of a partnership are held against on a civil day: the
// reseller's, or "" for the standard list alone. Codes: NotFound.
func (s *Service) PricedFor(ctx context.Context, actor access.Actor, partnership, on string) (string, error) {
	var out pricing
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		t, err := termsOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.OrderPrices, access.Shared(t.SupplierID, t.ResellerID))
		}
		if err == nil {
			out, err = s.pricingOf(ctx, t, money.Currency(t.Currency), on)
		}
		return err
	})
	return out.partner, err
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
