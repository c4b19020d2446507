package trade

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/location"
	"entente/prm/money"
)

// Service is the order desk. Every method checks the actor first; an order that
// its company is not party to does not exist for it.
type Service struct {
	db      *db.DB
	cat     *catalog.Service
	events  Publisher
	places  *location.Service // nil: ship-to codes are not looked up
	agreed  Agreed
	promos  Promotions // nil: none have an effect
	returns ReturnDesk // nil: documents about goods that go back are held
	// nil: no company has rules of its own
	approvals Approvals
	blankets  Blankets // nil: blanket orders are orders like any other
	quotes    Quotes   // nil: the number of a quote is a reference like any other
	checks    Checks   // nil: every supplier checks by default
}

// New makes the service. events may be nil in tests that do not look at them.
func New(d *db.DB, cat *catalog.Service, events Publisher) *Service {
	return &Service{db: d, cat: cat, events: events}
}

// KeepReturns ties the desk that keeps goods that go back. It is called once, before the
// service is used.
func (s *Service) KeepReturns(d ReturnDesk) { s.returns = d }

// Promotions judges order lines against what the supplier agreed with the reseller. It is
// implemented by prm/promo. Both methods join the transaction of ctx.
type Promotions interface {
	// Judge answers for every line of an order, in their order. Nothing is written.
	Judge(ctx context.Context, o PromoOrder) ([]PromoVerdict, error)
	// Take keeps what was granted to a booked order, in place of what it had before; no
	// verdicts give it all back.
	Take(ctx context.Context, o PromoOrder, vs []PromoVerdict) error
}

// Promote lets promotions have their effect on orders; call it before use.
func (s *Service) Promote(p Promotions) { s.promos = p }

// PromoOrder is an order as promotions look at it.
type PromoOrder struct {
	ID                 OrderID
	Supplier, Reseller string
	Number             string
	OrderedOn          string
	Received           time.Time
	Currency           money.Currency
	Country            string // where the goods go, where it is said
	Deal               string // the promotion number in the head
	First              bool   // nothing was taken for it before
	Lines              []PromoLine
}

// PromoLine is a line. Factor is how many base units are in one Unit, 0 where the item or
// the unit is unknown; Deal the promotion number on the line.
type PromoLine struct {
	Number           int
	Product          string
	SKU, Family      string
	Unit             string
	Factor           money.Quantity
	Ordered          money.Quantity
	Price, ListPrice money.Price
	Deal             string
	RequestedOn      string
	Free             bool // asked for free of charge, or at price 0
	Fact             PromoFact
}

// PromoFact is what became of a line.
type PromoFact struct {
	Cancelled, Confirmed, Shipped, Invoiced, Credited money.Quantity
	Backordered                                       bool // an answer said that some comes later
	Ships                                             []PromoMove
	Bills                                             []PromoMove
}

// PromoMove is a quantity of a line on a civil date.
type PromoMove struct {
	On       string
	Quantity money.Quantity
}

// How an allowance reaches the reseller.
const (
	DealInPrice    = "price"       // the order's price has it already
	DealOffInvoice = "off_invoice" // the invoice takes it off
	DealBillBack   = "bill_back"   // it is claimed afterwards
)

// Reasons of a verdict by which the days of shipping or invoicing decide whether a line counts.
const (
	DealShipDay = "ship_day"
	DealBillDay = "bill_day"
)

// PromoVerdict is what promotions say of a line. Number is that of the promotion that is
// meant, empty where there is nothing to say; Granted is in the line's unit and nothing
// where it does not count. Allowance is per unit. Quoted says that the order names it.
type PromoVerdict struct {
	Promotion string
	Version   int
	Number    string
	Quoted    bool
	Method    string // DealOffInvoice or DealBillBack
	Allowance money.Price
	Granted   money.Quantity
	Reason    string
	Territory bool // its terms name countries
}

// promote has the promotions look at a judged order.
func (s *Service) promote(ctx context.Context, t terms, d doc.PurchaseOrder, items []catalog.Item, j *judged) error {
	if s.promos == nil || d.Type == KindBlanket { // what is called off may count, what is only agreed does not
		return nil
	}
	goes, err := s.destination(ctx, t, d.Parties)
	if err != nil {
		return err
	}
	j.head.Goes = &goes
	j.promo = PromoOrder{Supplier: t.SupplierID, Reseller: t.ResellerID, Number: d.Number, OrderedOn: j.orderedOn, Received: db.Now(ctx), Currency: j.currency, Country: goes.Country, Deal: promoNumber(deal(d.Refs))}
	for i, l := range j.lines {
		x := PromoLine{Number: l.Number, Product: l.Product, SKU: l.SKU, Unit: l.Unit, Ordered: l.Ordered, Price: l.Price, ListPrice: l.ListPrice, Deal: promoNumber(l.DealNumber), RequestedOn: l.RequestedOn, Free: l.Free || l.Price == 0}
		if items[i].Found {
			x.Family = items[i].Product.Family
			x.Factor, _ = items[i].Product.Factor(l.Unit)
		}
		j.promo.Lines = append(j.promo.Lines, x)
	}
	vs, err := s.promos.Judge(ctx, j.promo)
	if err != nil || len(vs) != len(j.lines) {
		return err
	}
	j.verdicts = vs
	goes.Judged = slices.ContainsFunc(vs, func(v PromoVerdict) bool { return v.Territory })
	whole := money.Amount{Currency: j.currency}
	for i := range j.lines {
		l := &j.lines[i]
		l.promoted(vs[i], d.Lines[i])
		if a, err := l.off(l.DealGranted); err == nil {
			whole.Minor += a.Minor
		}
	}
	if headAllowed(d.Allowances, whole) {
		for i := range j.lines {
			if !slices.ContainsFunc(d.Lines[i].Allowances, doc.Allowance.ChangesTotal) {
				j.lines[i].Marks = j.lines[i].Marks.without(AllowanceUnknown)
			}
		}
	}
	return j.resum()
}

// promoNumber is the number of a promotion; contract and quote numbers are none.
func promoNumber(deal string) string {
	for n := range strings.SplitSeq(deal, "\n") {
		if !strings.HasPrefix(n, "CT/") && !strings.HasPrefix(n, "PR/") {
			return n
		}
	}
	return ""
}

// promoted writes a verdict on a line: what it takes off, and which doubts it settles or
// raises.
func (l *Line) promoted(v PromoVerdict, d doc.Line) {
	l.DealApplied, l.DealReason = v.Number, v.Reason
	if v.Number == "" {
		return
	}
	if v.Granted == 0 {
		if v.Quoted {
			l.Marks = l.Marks.add(PromotionRefused)
		}
		return
	}
	l.DealMethod, l.DealAllowance, l.DealGranted = v.Method, v.Allowance, v.Granted
	switch net := l.ListPrice - v.Allowance; {
	case v.Method != DealOffInvoice || l.ListPrice <= 0 || v.Allowance <= 0:
	case l.givenAway() && (l.Price == 0 || l.Marks.Has(PriceZero)):
		l.DealMethod, l.Price, l.Marks = DealInPrice, 0, l.Marks.without(PriceZero).without(FreeGoods)
	case l.Marks.Has(PriceZero): // at the list price until somebody answers: see priceless
	case apart(l.Price, net) < apart(l.Price, l.ListPrice): // the buyer reckoned with it
		l.DealMethod = DealInPrice
		if apart(l.Price, net) <= money.One/200 {
			l.Marks = l.Marks.without(PriceDiffers)
		}
	}
	if v.Granted < l.Ordered && v.Quoted {
		l.Marks = l.Marks.add(PromotionPart)
	}
	if off, err := l.off(l.DealGranted); err == nil && l.DealMethod == DealOffInvoice && lineAllowed(d.Allowances, off, v.Allowance) {
		l.Marks = l.Marks.without(AllowanceUnknown)
	}
}

// givenAway says that a promotion gives all of the line away: the invoice asks nothing for it.
// One that only lowers the price, or that is claimed afterwards, says nothing of a price of 0.
func (l Line) givenAway() bool {
	return (l.DealMethod == DealOffInvoice || l.DealMethod == DealInPrice) && l.ListPrice > 0 && l.DealAllowance >= l.ListPrice && l.DealGranted >= l.Ordered
}

func apart(a, b money.Price) money.Price { return max(a-b, b-a) }

// off is what the invoice takes off for a quantity of the line.
func (l Line) off(q money.Quantity) (money.Amount, error) {
	if l.DealMethod != DealOffInvoice || l.DealGranted <= 0 {
		return money.Amount{Currency: l.Amount.Currency}, nil
	}
	return money.Extend(max(0, min(q, l.DealGranted)), l.DealAllowance, l.Amount.Currency)
}

// net is a quantity of the line at its price, less what the invoice takes off.
func (l Line) net(q money.Quantity) (money.Amount, error) {
	a, err := money.Extend(q, l.Price, l.Amount.Currency)
	if err != nil {
		return a, err
	}
	off, err := l.off(q)
	if err != nil {
		return a, err
	}
	return a.Sub(off)
}

// offBetween is what is taken off for the units from one count to another.
func (l Line) offBetween(from, to money.Quantity) (money.Amount, error) {
	a, err := l.off(to)
	if err != nil {
		return a, err
	}
	b, err := l.off(from)
	if err != nil {
		return b, err
	}
	return a.Sub(b)
}

// lineAllowed says that all a line takes off is what was agreed.
func lineAllowed(as []doc.Allowance, off money.Amount, each money.Price) bool {
	any := false
	for _, a := range as {
		if !a.ChangesTotal() {
			continue
		}
		any = true
		if n, err := money.ParseAmount(plainDecimal(a.Amount), off.Currency); a.Charge || err != nil || apart(money.Price(n.Minor), money.Price(off.Minor)) > 1 {
			if r, err := money.ParseMicro(string(a.Rate)); a.Charge || a.Amount != "" || err != nil || r != each {
				return false
			}
		}
	}
	return any
}

// headAllowed says that what the head takes off is what the lines were granted.
func headAllowed(as []doc.Allowance, off money.Amount) bool {
	var sum int64
	any := false
	for _, a := range as {
		if !a.ChangesTotal() {
			continue
		}
		n, err := money.ParseAmount(plainDecimal(a.Amount), off.Currency)
		if a.Charge || err != nil {
			return false
		}
		any, sum = true, sum+n.Minor
	}
	return any && sum == off.Minor
}

// resum adds the lines up again after promotions had their effect.
func (j *judged) resum() error {
	j.total, j.marks = money.Amount{Currency: j.currency}, 0
	for i := range j.lines {
		l := &j.lines[i]
		if a, err := l.net(l.Ordered); err == nil && !l.Marks.Has(AmountRange) {
			l.Amount = a
		}
		if sum, err := j.total.Add(l.Amount); err == nil {
			j.total = sum
		}
		if len(l.Marks) > 0 {
			j.marks++
		}
	}
	return nil
}

// take keeps what the promotions granted to a booked order.
func (s *Service) take(ctx context.Context, o orderRow, j judged) error {
	if s.promos == nil || o.Kind == KindBlanket {
		return nil
	}
	p := j.promo
	p.ID, p.Received = OrderID(o.ID), db.FromMicros(o.Received)
	return s.promos.Take(ctx, p, j.verdicts)
}

// ReadyPromoOrders makes ready what PromoOrders tells of single orders of a supplier, in the
// transaction of ctx. Codes: NotFound, Forbidden.
func (s *Service) ReadyPromoOrders(ctx context.Context, actor access.Actor, ids ...OrderID) error {
	all, _, err := s.PromoOrders(ctx, actor, "", time.Time{}, "", len(ids), ids...)
	for _, o := range all {
		db.Know(ctx, promoKey(o.Supplier, o.ID), promoTables, o)
	}
	return err
}

func promoKey(supplier string, id OrderID) string {
	return "order.promo:" + supplier + ":" + string(id)
}

var promoTables = []string{"purchase_order", "order_line", "product", "pack", "shipment", "shipment_line", "invoice", "invoice_line", "invoice_share", "order_response", "order_response_line", "org", "partnership"}

// PromoOrders reads orders of a supplier as promotions look at them, with what became of
// their lines: those named, or those of a reseller received from an instant on, in the
// order in which they came, after a cursor. Codes: NotFound, Forbidden, Invalid (cursor).
func (s *Service) PromoOrders(ctx context.Context, actor access.Actor, reseller string, from time.Time, after string, limit int, ids ...OrderID) ([]PromoOrder, string, error) {
	scope, err := access.List(actor, access.OrderPrices)
	if err != nil {
		return nil, "", err
	}
	var out []PromoOrder
	next := ""
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		if len(ids) == 1 && after == "" {
			if o, ok := db.Known[PromoOrder](ctx, promoKey(scope.Org(), ids[0])); ok {
				out = []PromoOrder{o}
				return nil
			}
		}
		out, next, err = promoOrders(ctx, scope, reseller, from, after, limit, ids)
		return err
	})
	return out, next, err
}
