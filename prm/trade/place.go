package trade

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// Quote shows what the lines of an order being typed would cost: item, price per
// unit and amount, from the price list in the currency of the partnership. Nothing
// is written.
// Codes: NotFound, Forbidden (may not order), Conflict (partnership not active).
func (s *Service) Quote(ctx context.Context, actor access.Actor, cmd PlaceCmd) ([]Quote, error) {
	var out []Quote
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		t, err := s.buying(ctx, actor, cmd.Partnership)
		if err != nil {
			return err
		}
		out, err = s.quote(ctx, t, cmd)
		return err
	})
	return out, err
}

// buying reads the partnership if the actor may order in it.
func (s *Service) buying(ctx context.Context, actor access.Actor, partnership string) (terms, error) {
	t, err := termsOf(ctx, partnership)
	if err == nil {
		err = access.Check(actor, access.OrderPlace, access.Shared(t.SupplierID, t.ResellerID))
	}
	if err == nil && t.State != "active" {
		err = fault.New(fault.Conflict, "partner.not_active", "State", t.State)
	}
	return t, err
}

func (s *Service) quote(ctx context.Context, t terms, cmd PlaceCmd) ([]Quote, error) {
	lines := cmd.Lines
	desk := access.System("trade", t.SupplierID)
	asked := make([]catalog.ItemKey, len(lines))
	for i, l := range lines {
		asked[i] = l.key()
	}
	items, err := s.cat.Resolve(ctx, desk, t.SupplierID, t.ResellerID, asked)
	if err != nil {
		return nil, err
	}
	c := money.Currency(t.Currency)
	on := today(ctx, t.SupplierZone)
	by, err := s.pricingOf(ctx, t, c, on)
	if err != nil {
		return nil, err
	}
	days := make([]string, len(lines))
	for i, l := range lines {
		wanted := l.RequestedOn
		if wanted == "" {
			wanted = cmd.RequestedOn
		}
		if days[i] = on; by.requested && civil(wanted) && wanted > on {
			days[i] = wanted
		}
	}
	steps, err := s.stepsByDay(ctx, t, by, c, items, days)
	if err != nil {
		return nil, err
	}
	prices := lastSteps(steps)
	out := make([]Quote, len(lines))
	for i, it := range items {
		out[i] = quoteOf(lines[i], it, prices[days[i]], c, on)
	}
	return out, nil
}

// key asks the catalogue for the item: a number of no stated kind may be any.
func (l PlaceLine) key() catalog.ItemKey {
	if l.SKU != "" && l.BuyerItem == "" && l.GTIN == "" {
		return catalog.ItemKey{SKU: l.SKU, BuyerItem: l.SKU, GTIN: l.SKU}
	}
	return catalog.ItemKey{SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN}
}

func quoteOf(l PlaceLine, it catalog.Item, prices map[catalog.ID]money.Price, c money.Currency, on string) Quote {
	q := Quote{PlaceLine: l, Amount: money.Amount{Currency: c}}
	if !it.Found {
		q.Marks = q.Marks.add(UnknownItem)
		return q
	}
	p := it.Product
	q.Found, q.Product, q.SKU, q.NameEN, q.NameZH = true, string(p.ID), p.SKU, p.NameEN, p.NameZH
	q.Units = append(q.Units, p.Unit)
	for _, k := range p.Packs {
		if !slices.Contains(q.Units, k.Unit) {
			q.Units = append(q.Units, k.Unit)
		}
	}
	if q.Unit == "" {
		q.Unit = it.Unit
	}
	if p.State != catalog.Active {
		q.Marks = q.Marks.add(Discontinued)
	}
	if p.Replaced(on) {
		q.Marks, q.ReplacedBy = q.Marks.add(Superseded), p.ReplacedBy
	}
	factor, sold := p.Factor(q.Unit)
	if !sold {
		q.Marks = q.Marks.add(UnitUnknown)
		return q
	}
	q.pieces = piecesOf(it, q.Quantity, q.Unit)
	if n, ok := p.Pieces(q.Quantity, q.Unit); ok && q.Quantity > 0 {
		short, odd := p.Fits(n)
		if short {
			q.Marks = q.Marks.add(BelowMinimum)
		}
		if odd {
			q.Marks = q.Marks.add(NotMultiple)
		}
	}
	if list, ok := prices[p.ID]; ok {
		q.Price, _ = times(list, factor)
	}
	if q.Price == 0 {
		q.Marks = q.Marks.add(NoListPrice)
	}
	if a, err := money.Extend(q.Quantity, q.asked(), c); err == nil {
		q.Amount = a
	}
	return q
}

// asked is the price that the order will name.
func (q Quote) asked() money.Price {
	if q.PlaceLine.Price > 0 {
		return q.PlaceLine.Price
	}
	return q.Price
}

// Place books an order typed on the pages, by the same path as one that came by
// EDI. A repeated key gives the first order again; a number that is already
// booked is a duplicate or held, as always. What the buyer's own rules catch is kept back
// until it is approved (ForApproval): there is no order then, and the supplier sees none.
// Codes: NotFound, Forbidden (not a buyer of the reseller), Conflict (partnership
// not active), Invalid (a field per wrong line: unknown item, no price, quantity,
// unit). Publishes OrderReceived.
func (s *Service) Place(ctx context.Context, actor access.Actor, cmd PlaceCmd) (Receipt, error) {
	var out Receipt
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		t, err := s.buying(ctx, actor, cmd.Partnership)
		if err != nil {
			return err
		}
		key := ""
		if cmd.Key != "" {
			key = "form:" + bounded(cmd.Key, 80)
			if r, ok, err := seen(ctx, t.ResellerID, key); err != nil || ok {
				out = r
				return err
			}
		}
		quotes, err := s.quote(ctx, t, cmd)
		if err != nil {
			return err
		}
		if cmd.Quote != "" && s.quotes != nil {
			if err := s.quotes.Ready(ctx, t.SupplierID, t.ResellerID, cmd); err != nil {
				return err
			}
			for i := range quotes { // that is what was agreed
				quotes[i].Price = quotes[i].PlaceLine.Price
			}
		}
		if err := checkPlace(&cmd, quotes); err != nil {
			return err
		}
		if s.approvals != nil && cmd.Approval == "" {
			f, kept, err := s.draft(ctx, t, cmd, quotes)
			if err != nil {
				return err
			}
			id, err := s.approvals.Outgoing(ctx, actor, f, kept)
			if err != nil || id != "" {
				out = Receipt{Outcome: ForApproval, Approval: id}
				return err
			}
		}
		if cmd.Number == "" {
			if cmd.Number, err = freeNumber(ctx, t); err != nil {
				return err
			}
		}
		in := Incoming{Doc: written(ctx, t, cmd, quotes), Supplier: t.SupplierID, Reseller: t.ResellerID, Partnership: t.ID, Source: typedBy(actor), PlacedBy: actor.Person, Accepts: cmd.Quote, Uncoded: cmd.File}
		out, err = s.receive(ctx, actor, t, in, key)
		return err
	})
	return out, err
}

func checkPlace(cmd *PlaceCmd, quotes []Quote) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	cmd.Number = strings.TrimSpace(cmd.Number)
	if len(cmd.Number) > 22 {
		bad.With("po", "form.too_long", "Most", 22)
	}
	if cmd.RequestedOn != "" && !civil(cmd.RequestedOn) {
		bad.With("requested", "form.date")
	}
	if len(quotes) == 0 {
		bad.With("lines", "trade.no_lines")
	}
	room := MostPieces
	for i, q := range quotes {
		at := fmt.Sprintf("lines.%d.", i)
		over := q.pieces > room
		if !over {
			room -= max(0, q.pieces)
		}
		switch {
		case !q.Found:
			bad.With(at+"sku", "trade.item_unknown", "SKU", q.item())
		case q.Quantity <= 0:
			bad.With(at+"quantity", "trade.quantity_wrong", "Line", i+1)
		case over:
			bad.With(at+"quantity", "trade.quantity_most", "Line", i+1)
		case q.Marks.Has(UnitUnknown):
			bad.With(at+"unit", "trade.unit_unsold", "Unit", q.Unit)
		case q.PlaceLine.Price < 0:
			bad.With(at+"price", "trade.price_negative")
		case q.asked() == 0:
			bad.With(at+"sku", "trade.price_none", "SKU", q.SKU)
		}
		if q.RequestedOn != "" && !civil(q.RequestedOn) {
			bad.With(at+"date", "form.date")
		}
		if a, err := money.Extend(q.Quantity, q.asked(), q.Amount.Currency); err != nil || a.Minor > 1_000_000_000_000_00 {
			bad.With(at+"quantity", "trade.amount_range")
		}
	}
	return bad.OrNil()
}

// freeNumber is the next own number of the partnership that no order bears.
func freeNumber(ctx context.Context, t terms) (string, error) {
	for range 50 {
		n, err := db.Next(ctx, "trade:PO:"+t.ID)
		if err != nil {
			return "", err
		}
		number := fmt.Sprintf("PO-%05d", n)
		if _, taken, err := orderByKey(ctx, t.SupplierID, t.ResellerID, number, "", false); err != nil || !taken {
			return number, err
		}
	}
	return "", fault.New(fault.Conflict, "trade.number_taken", "Number", "PO")
}

// written is the document that the form stands for.
func written(ctx context.Context, t terms, cmd PlaceCmd, quotes []Quote) doc.PurchaseOrder {
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: cmd.Number, Date: today(ctx, t.SupplierZone)}
	d.Currency = t.Currency
	if cmd.RequestedOn != "" {
		d.Dates = []doc.Date{{Qualifier: "002", Date: cmd.RequestedOn}}
	}
	if cmd.Note != "" {
		d.Notes = []string{bounded(cmd.Note, 2000)}
	}
	if cmd.Deal != "" {
		d.Refs = []doc.Ref{{Qualifier: "CT", Value: bounded(cmd.Deal, 30)}}
	}
	if cmd.Promotion != "" {
		d.Refs = append(d.Refs, doc.Ref{Qualifier: "PD", Value: bounded(cmd.Promotion, 30)})
	}
	if cmd.Quote != "" {
		d.Refs = append(d.Refs, doc.Ref{Qualifier: "PR", Value: bounded(cmd.Quote, 30)})
	}
	if to := cmd.ShipTo; to.ID != "" || to.Name != "" || to.City != "" || len(to.Address) > 0 {
		to.Role = "ST"
		d.Parties = []doc.Party{to}
	}
	for i, q := range quotes {
		l := doc.Line{Number: itoa(i + 1), VendorItem: q.SKU, BuyerItem: bounded(q.BuyerItem, 60), GTIN: bounded(q.GTIN, 14), Quantity: doc.Decimal(q.Quantity.String()), Unit: q.Unit, Price: doc.Decimal(q.asked().Fixed(2)), Description: bounded(q.Text, 300)}
		if q.RequestedOn != "" && q.RequestedOn != cmd.RequestedOn {
			l.Dates = []doc.Date{{Qualifier: "002", Date: q.RequestedOn}}
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}
