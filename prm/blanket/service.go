package blanket

import (
	"context"
	"math/big"
	"strconv"
	"strings"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Service keeps blanket orders. Every method checks the actor first; the rights are those
// to the order.
type Service struct {
	db    *db.DB
	trade *trade.Service
	cat   *catalog.Service
	rules Approvals // nil: nothing is kept back
}

// Approvals keeps a call-off back that the buyer's own rules catch. It is implemented by
// prm/approval and joins the transaction of ctx.
type Approvals interface {
	// CallingOff gives the id of the request, or nothing where no rule catches it.
	CallingOff(ctx context.Context, actor access.Actor, f trade.Facts, cmd CallOffCmd) (string, error)
}

// Approve has rules of companies looked at; call it before use.
func (s *Service) Approve(a Approvals) { s.rules = a }

// New makes the service.
func New(d *db.DB, t *trade.Service, c *catalog.Service) *Service {
	return &Service{db: d, trade: t, cat: c}
}

// Of gives the blanket order that an order is, or that it calls off from.
// Codes: NotFound (no such order for the reader, or neither).
func (s *Service) Of(ctx context.Context, actor access.Actor, order trade.OrderID) (Blanket, error) {
	var out Blanket
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		head, err := s.trade.Head(ctx, actor, order)
		if err != nil {
			return err
		}
		r, ok, err := ofOrder(ctx, order)
		if err == nil && !ok {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err != nil {
			return err
		}
		if out, err = s.read(ctx, r, ""); err != nil {
			return err
		}
		if head.PricesHidden {
			for i := range out.Lines {
				out.Lines[i].Price = 0
			}
		}
		list, err := callOffs(ctx, r.OrderID, MaxCallOffs+1)
		out.More = len(list) > MaxCallOffs
		out.CallOffs = list[:min(len(list), MaxCallOffs)]
		return err
	})
	return out, err
}

// Close ends a blanket order before its time: what is called off afterwards is a doubt.
// Orders called off before stand. Either company may; a second call changes nothing.
// Codes: NotFound, Forbidden, Invalid (no reason).
func (s *Service) Close(ctx context.Context, actor access.Actor, order trade.OrderID, cmd CloseCmd) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if _, err := s.trade.Head(ctx, actor, order); err != nil {
			return err
		}
		r, err := byID(ctx, order, true)
		if err != nil {
			return err
		}
		res := access.Shared(r.SupplierID, r.ResellerID)
		if !access.Allowed(actor, access.OrderPlace, res) {
			if err := access.Check(actor, access.OrderConfirm, res); err != nil {
				return err
			}
		}
		reason := strings.TrimSpace(cmd.Reason)
		if reason == "" || len(reason) > 300 {
			return fault.InvalidField("reason", "form.missing")
		}
		if r.Closed != 0 {
			return nil
		}
		r.Closed, r.ClosedBy, r.ClosedOrg, r.Reason = db.Micros(db.Now(ctx)), actor.Person, actor.Org, reason
		if first, err := ended(ctx, r); err != nil || !first {
			return err
		}
		return s.trade.BlanketClosed(ctx, actor, order)
	})
}

// read counts what is left of a blanket order, leaving out one of its call-offs.
func (s *Service) read(ctx context.Context, r blanketRow, but string) (Blanket, error) {
	out := Blanket{Order: trade.OrderID(r.OrderID), Supplier: r.SupplierID, Reseller: r.ResellerID, Number: r.Number, From: r.ValidFrom, Until: r.ValidUntil, ClosedBy: r.ClosedBy, Reason: r.Reason}
	if r.Closed != 0 {
		out.Closed = db.FromMicros(r.Closed)
	}
	agreed, err := agreedLines(ctx, r.OrderID)
	if err != nil {
		return out, err
	}
	drawn, err := drawnLines(ctx, r.OrderID, but)
	if err != nil {
		return out, err
	}
	factor, err := s.factors(ctx, r, append(append([]lineSum(nil), agreed...), drawn...))
	if err != nil {
		return out, err
	}
	for _, l := range agreed {
		out.Lines = append(out.Lines, Line{Line: int(l.Line), SKU: l.SKU, Description: l.Description, Unit: l.Unit, Agreed: l.quantity(), Left: l.quantity(), Price: money.Price(l.Price), product: l.ProductID, factor: factor(l.SKU, l.Unit)})
	}
	for _, d := range drawn {
		out.draw(d.ProductID, d.SKU, d.quantity(), factor(d.SKU, d.Unit))
	}
	return out, nil
}

// draw takes a quantity off the lines of an item, the first one first; what is more than
// they have is taken off the last. It says whether the item is there and how much it had
// left, in the unit drawn.
func (b *Blanket) draw(product, sku string, q, factor money.Quantity) (line int, left money.Quantity, ok bool) {
	last := -1
	for i := range b.Lines {
		if b.Lines[i].is(product, sku) {
			last = i
			left += scaled(max(0, b.Lines[i].Left), b.Lines[i].factor, factor)
		}
	}
	if last < 0 {
		return 0, 0, false
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		if !l.is(product, sku) || q == 0 {
			continue
		}
		take := scaled(q, factor, l.factor)
		if i != last {
			take = min(take, max(0, l.Left))
		}
		l.Drawn, l.Left = l.Drawn+take, l.Left-take
		q -= scaled(take, l.factor, factor)
		if line == 0 {
			line = i + 1
		}
	}
	if line == 0 {
		line = last + 1
	}
	return line, left, true
}

func (l *Line) is(product, sku string) bool {
	if product != "" || l.product != "" {
		return product == l.product
	}
	return sku != "" && strings.EqualFold(sku, l.SKU)
}

// factors asks the catalogue how many base units are in the units of lines; 1 where it
// does not know.
func (s *Service) factors(ctx context.Context, r blanketRow, lines []lineSum) (func(sku, unit string) money.Quantity, error) {
	seen := map[string]catalog.Product{}
	var keys []catalog.ItemKey
	for _, l := range lines {
		if _, ok := seen[l.SKU]; !ok && l.ProductID != "" {
			seen[l.SKU] = catalog.Product{}
			keys = append(keys, catalog.ItemKey{SKU: l.SKU})
		}
	}
	if len(keys) > 0 {
		items, err := s.cat.Resolve(ctx, access.System("blanket", r.SupplierID), r.SupplierID, r.ResellerID, keys)
		if err != nil {
			return nil, err
		}
		for i, it := range items {
			if it.Found {
				seen[keys[i].SKU] = it.Product
			}
		}
	}
	return func(sku, unit string) money.Quantity {
		if p := seen[sku]; p.ID != "" {
			if f, ok := p.Factor(unit); ok && f > 0 {
				return f
			}
		}
		return money.One
	}, nil
}

// ratio is n × by ÷ of, rounded down; what does not fit is nothing.
func ratio(n, by, of money.Quantity) money.Quantity {
	x := new(big.Int).Mul(big.NewInt(int64(n)), big.NewInt(int64(by)))
	if x.Quo(x, big.NewInt(int64(of))); !x.IsInt64() {
		return 0
	}
	return money.Quantity(x.Int64())
}

// Weigh implements trade.Blankets.
func (s *Service) Weigh(ctx context.Context, c trade.CallOff) ([]trade.CallOffVerdict, error) {
	out := make([]trade.CallOffVerdict, len(c.Lines))
	all := func(m trade.Mark) ([]trade.CallOffVerdict, error) {
		for i := range out {
			out[i].Mark = m
		}
		return out, nil
	}
	r, ok, err := byNumber(ctx, c.Supplier, c.Reseller, c.Blanket, true)
	if err != nil || !ok || c.Blanket == "" {
		if err != nil {
			return nil, err
		}
		return all(trade.ReleaseUnknown)
	}
	b, err := s.read(ctx, r, string(c.ID))
	if err != nil {
		return nil, err
	}
	for i, l := range c.Lines {
		factor := max(l.Factor, 0)
		if factor == 0 {
			factor = money.One
		}
		line, left, ok := b.draw(l.Product, l.SKU, l.Ordered, factor)
		switch {
		case !ok:
			out[i].Mark = trade.ReleaseItem
		case !b.Closed.IsZero():
			out[i].Mark = trade.ReleaseClosed
		case b.From != "" && c.OrderedOn < b.From, b.Until != "" && c.OrderedOn > b.Until:
			out[i].Mark = trade.ReleaseOutside
		case l.Ordered > left:
			out[i].Mark = trade.ReleaseOver
		}
		if ok {
			of := b.Lines[line-1]
			out[i].Price, out[i].Left = money.Price(scaled(money.Quantity(of.Price), factor, of.factor)), left
		}
	}
	return out, nil
}

// Keep implements trade.Blankets.
func (s *Service) Keep(ctx context.Context, c trade.CallOff) error {
	if c.Own {
		r := blanketRow{OrderID: string(c.ID), SupplierID: c.Supplier, ResellerID: c.Reseller, Number: c.Blanket, ValidFrom: c.From, ValidUntil: c.Until}
		if err := keep(ctx, r); err != nil {
			return err
		}
		return adopt(ctx, r)
	}
	r, _, err := byNumber(ctx, c.Supplier, c.Reseller, c.Blanket, false)
	if err != nil {
		return err
	}
	return keepRelease(ctx, releaseRow{OrderID: string(c.ID), BlanketID: r.OrderID, SupplierID: c.Supplier, ResellerID: c.Reseller, Number: c.Blanket, Made: db.Micros(db.Now(ctx))})
}

// CallOffCmd orders goods of a blanket order on the pages or over the API. Release is the
// buyer's number of the call-off; the same one with the same content is the same order.
type CallOffCmd struct {
	Release     string
	RequestedOn string // civil date
	Lines       []trade.LineQuantity
	// Approval is the request by which it was approved; prm/approval alone sets it.
	Approval string
	Most     money.Amount `json:"-"` // for which it was approved; likewise
}

// CallOff places an order that draws on a blanket order, at its prices, with the places and
// references of its head. What is more than is left, or comes too late, is booked and asked
// about like one that came by EDI. What the buyer's own rules catch waits until it is
// approved (trade.ForApproval): there is no call-off then.
// Codes: NotFound, Forbidden (not the buying side), Conflict (it comes to more than was
// approved), Invalid (no release, no line, a quantity, a date). Publishes trade.OrderReceived.
func (s *Service) CallOff(ctx context.Context, actor access.Actor, order trade.OrderID, cmd CallOffCmd) (trade.Receipt, error) {
	var out trade.Receipt
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		head, err := s.trade.Head(ctx, actor, order)
		if err == nil {
			err = access.Check(actor, access.OrderPlace, access.Shared(head.Supplier, head.Reseller))
		}
		if err != nil {
			return err
		}
		r, err := byID(ctx, order, true)
		if err != nil {
			return err
		}
		d, err := s.trade.Get(ctx, access.System("blanket", head.Supplier), order)
		if err != nil {
			return err
		}
		po, err := called(d, cmd)
		if err != nil {
			return err
		}
		po.Number, po.Date = r.Number, trade.Today(ctx, d.Order)
		if s.rules != nil {
			f, err := worth(d, po, cmd)
			if err != nil {
				return err
			}
			if cmd.Approval == "" {
				id, err := s.rules.CallingOff(ctx, actor, f, cmd)
				if err != nil || id != "" {
					out = trade.Receipt{Outcome: trade.ForApproval, Approval: id}
					return err
				}
			} else if f.Total.Currency != cmd.Most.Currency || f.Total.Minor > cmd.Most.Minor { // its prices rose
				return fault.New(fault.Conflict, "approval.worth_more")
			}
		}
		source := trade.SourceForm
		if strings.HasPrefix(actor.Via, "token:") {
			source = trade.SourceAPI
		}
		out, err = s.trade.ReceiveOrder(ctx, actor, trade.Incoming{Doc: po, Supplier: head.Supplier, Reseller: head.Reseller, Partnership: head.Partnership, Source: source, PlacedBy: actor.Person})
		return err
	})
	return out, err
}

// worth are the facts of a call-off as approval rules look at them: what it comes to at the
// prices of the blanket order, which were agreed with it.
func worth(d trade.Detail, po doc.PurchaseOrder, cmd CallOffCmd) (trade.Facts, error) {
	f := trade.Facts{Order: d.ID, Supplier: d.Supplier, Reseller: d.Reseller, Partnership: d.Partnership, Number: po.Number + " / " + po.Release, Total: money.Amount{Currency: d.Currency}}
	for i, x := range cmd.Lines {
		a, err := money.Extend(x.Quantity, d.Lines[x.Line-1].Price, d.Currency)
		if err == nil {
			f.Total, err = f.Total.Add(a)
		}
		if err != nil {
			return f, fault.InvalidField("lines."+strconv.Itoa(i)+".quantity", "trade.amount_range")
		}
	}
	return f, nil
}

// called is the document of a call-off.
func called(d trade.Detail, cmd CallOffCmd) (doc.PurchaseOrder, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	po := doc.PurchaseOrder{Purpose: "00", Type: trade.KindRelease, Release: strings.TrimSpace(cmd.Release), Contract: d.Contract}
	if po.Release == "" {
		bad.With("release", "form.missing")
	}
	if len(po.Release) > 30 {
		bad.With("release", "form.too_long", "Most", 30)
	}
	po.Currency, po.Parties, po.Terms = string(d.Currency), d.Parties, d.Terms
	if cmd.RequestedOn != "" {
		if _, err := time.Parse(time.DateOnly, cmd.RequestedOn); err != nil {
			bad.With("requested", "form.date")
		}
		po.Dates = []doc.Date{{Qualifier: "002", Date: cmd.RequestedOn}}
	}
	seen := map[int]bool{}
	for i, x := range cmd.Lines {
		at := "lines." + strconv.Itoa(i) + "."
		if x.Line < 1 || x.Line > len(d.Lines) || seen[x.Line] {
			bad.With(at+"line", "trade.line_unknown", "Line", x.Line)
			continue
		}
		if seen[x.Line] = true; x.Quantity <= 0 {
			bad.With(at+"quantity", "trade.quantity_wrong", "Line", x.Line)
			continue
		}
		l := d.Lines[x.Line-1]
		po.Lines = append(po.Lines, doc.Line{Number: l.Reference, VendorItem: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Quantity: doc.Decimal(x.Quantity.String()), Unit: l.Unit, Price: doc.Decimal(l.Price.Fixed(2)), Refs: l.Deals()})
	}
	if err := bad.OrNil(); err != nil {
		return po, err
	}
	if len(po.Lines) == 0 {
		return po, fault.InvalidField("lines", "trade.no_lines")
	}
	return po, nil
}
