package paper

import (
	"context"
	"time"

	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/brand"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/promo"
	"entente/prm/quote"
	"entente/prm/settle"
	"entente/prm/trade"
)

// Desk reads documents through the services, with the rights of who asks.
type Desk struct {
	Trade    *trade.Service
	Settle   *settle.Service
	Quotes   *quote.Service
	Accounts *account.Service
	Promos   *promo.Service // these of flyers alone
	Landing  *landing.Service
	Catalog  *catalog.Service
	Brands   *brand.Service
}

// Wish is how a document is wanted. Empty fields are the person's language where
// known, else that of their company, and the size usual in its country.
type Wish struct {
	Lang  string
	Paper string
	Own   locale.Language // of the person
}

// words are those of the wish, for somebody of the company own; dates are the supplier's.
func (w Wish) words(own, supplier account.Org) *locale.Printer {
	lang := locale.Language(own.Locale)
	if w.Own != "" {
		lang = w.Own
	}
	for _, l := range locale.Languages() {
		if string(l) == w.Lang {
			lang = l
		}
	}
	return Words(lang, supplier.Location())
}

// Sheet is a document with the size it is wanted in.
type Sheet struct {
	Document
	Size Size
}

// source reads an order and its two companies, as they were when a document was made;
// without one, when the order came.
func (k Desk) source(ctx context.Context, actor access.Actor, id trade.OrderID, w Wish, made ...time.Time) (Source, Size, error) {
	d, err := k.Trade.Get(ctx, actor, id)
	if err != nil {
		return Source{}, "", err
	}
	orgs, err := k.Accounts.Directory().OrgsByID(ctx, d.Supplier, d.Reseller)
	if err != nil {
		return Source{}, "", err
	}
	own, supplier := orgs[actor.Org], orgs[d.Supplier]
	at := append(made, d.Received)[0]
	ours, theirs, err := k.Trade.TaxNumbers(ctx, actor, d.Partnership, at)
	if err != nil {
		return Source{}, "", err
	}
	return Source{Order: d, Tax: map[string]string{d.Supplier: ours, d.Reseller: theirs}, Supplier: supplier, Reseller: orgs[d.Reseller], P: w.words(own, supplier)}, SizeFor(w.Paper, own.Country), nil
}

// Order is the order itself.
// Codes: NotFound.
func (k Desk) Order(ctx context.Context, actor access.Actor, id trade.OrderID, w Wish) (Sheet, error) {
	s, size, err := k.source(ctx, actor, id, w)
	if err != nil {
		return Sheet{}, err
	}
	return Sheet{Order(s), size}, nil
}

// Response is an answer to the order.
// Codes: NotFound.
func (k Desk) Response(ctx context.Context, actor access.Actor, order trade.OrderID, id trade.ResponseID, w Wish) (Sheet, error) {
	s, size, err := k.source(ctx, actor, order, w)
	if err != nil {
		return Sheet{}, err
	}
	for _, r := range s.Order.Responses {
		if r.ID == id {
			return Sheet{Response(s, r), size}, nil
		}
	}
	return Sheet{}, fault.New(fault.NotFound, "error.not_found")
}

// Shipment is the delivery note of a shipment.
// Codes: NotFound.
func (k Desk) Shipment(ctx context.Context, actor access.Actor, order trade.OrderID, id trade.ShipmentID, w Wish) (Sheet, error) {
	s, size, err := k.source(ctx, actor, order, w)
	if err != nil {
		return Sheet{}, err
	}
	for _, sh := range s.Order.Shipments {
		if sh.ID == id {
			return Sheet{Shipment(s, sh), size}, nil
		}
	}
	return Sheet{}, fault.New(fault.NotFound, "error.not_found")
}

// Invoice is an invoice or credit note.
// Codes: NotFound, Forbidden (the role sees no invoices).
func (k Desk) Invoice(ctx context.Context, actor access.Actor, id trade.InvoiceID, w Wish) (Sheet, error) {
	inv, err := k.Trade.GetInvoice(ctx, actor, id)
	if err != nil {
		return Sheet{}, err
	}
	actor.Scopes = nil // a token for invoices gets what stands on them, the order's words among it
	s, size, err := k.source(ctx, actor, inv.Order, w, inv.At)
	if err != nil {
		return Sheet{}, err
	}
	if s.Order.PricesHidden {
		return Sheet{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	for _, x := range inv.Shares {
		if x.Order == inv.Order {
			continue
		}
		if s.Others == nil {
			s.Others = map[trade.OrderID]trade.Detail{}
		}
		if s.Others[x.Order], err = k.Trade.Get(ctx, actor, x.Order); err != nil {
			return Sheet{}, err
		}
	}
	return Sheet{Invoice(s, inv), size}, nil
}
