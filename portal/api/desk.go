package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/orderdesk"
	"entente/prm/precheck"
	"entente/prm/trade"
)

type picked struct {
	ID      string `json:"id"`
	Version int64  `json:"version,omitempty" doc:"the one you saw; left out: whatever it is now"`
}

type bulkResult struct {
	ID      string `json:"id"`
	Number  string `json:"number"`
	Version int64  `json:"version" doc:"before it was confirmed"`
	Outcome string `json:"outcome" doc:"clean (with look), confirmed, already (answered before, nothing was done), doubtful, held, waits (for an approval) or failed"`
	Line    int    `json:"line,omitempty" doc:"the first with a doubt"`
	Doubt   string `json:"doubt,omitempty" doc:"the first: unknown_item, price_differs …"`
	Doubts  int    `json:"doubts,omitempty" doc:"lines with one"`
	Code    string `json:"code,omitempty" doc:"why it failed"`
}

type bulkBody struct {
	Orders []picked `json:"orders" maxItems:"200"`
	Look   bool     `json:"look,omitempty" doc:"only say what would become of them"`
}

// desk mounts what is done with many orders at once, and the catalogue's write side.
func (a *API) desk() {
	type bulk struct{ Body bulkBody }
	handle(a, op("POST", "/api/v1/orders/confirm", "orders:write", "Confirm many orders", "Those without a doubt are accepted as they stand, each by itself; every order has a result. Safe to repeat: an order that was answered before is left alone.", 200),
		func(ctx context.Context, actor access.Actor, in *bulk) (*reply[list[bulkResult]], error) {
			picks := make([]orderdesk.Pick, len(in.Body.Orders))
			for i, p := range in.Body.Orders {
				picks[i] = orderdesk.Pick{Order: trade.OrderID(p.ID), Version: p.Version}
			}
			do := a.d.Desk.Confirm
			if in.Body.Look {
				do = a.d.Desk.Look
			}
			got, err := do(ctx, actor, picks)
			if err != nil {
				return nil, err
			}
			items := make([]bulkResult, len(got))
			for i, r := range got {
				items[i] = bulkResult{string(r.ID), r.Order.Number, r.Order.Version, r.Outcome, r.Line, string(r.Doubt), r.Doubts, r.Key}
			}
			return page(items, ""), nil
		})
	type put struct {
		SKU  string `path:"sku" maxLength:"40"`
		Body productBody
	}
	handle(a, op("PUT", "/api/v1/products/{sku}", "catalog:write", "Write a product", "Of your company: made, or changed as a whole with its pack tree. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *put) (*reply[product], error) {
			p, err := in.Body.product(in.SKU)
			if err != nil {
				return nil, err
			}
			if err := a.d.Catalog.Put(ctx, actor, p); err != nil {
				return nil, err
			}
			e, err := a.d.Catalog.Get(ctx, actor, actor.Org, in.SKU)
			if err != nil {
				return nil, err
			}
			slugs, err := a.slugs(ctx, map[string]bool{e.Org: true})
			if err != nil {
				return nil, err
			}
			return &reply[product]{Body: productOf(e, slugs[e.Org].Slug)}, nil
		})
}

// heldDocument is what a supplier's system sent and what is not booked.
type heldDocument struct {
	ID          string         `json:"id"`
	Kind        string         `json:"kind" doc:"response, shipment, invoice, credit, order_change, change_answer, receiving_advice, goods_return or return_answer"`
	Number      string         `json:"number"`
	OrderNumber string         `json:"order_number"`
	Order       string         `json:"order,omitempty" doc:"id, once it is known"`
	State       string         `json:"state" doc:"waiting (for its order), held, booked, duplicate or discarded"`
	Reason      string         `json:"reason,omitempty" doc:"line_unknown, ships_more …; checks: your own checks before sending"`
	Differences []checkFinding `json:"differences,omitempty" doc:"of reason checks, for the supplier's people who see prices"`
	Interchange string         `json:"interchange,omitempty"`
	At          time.Time      `json:"at"`
	Due         time.Time      `json:"due,omitzero" doc:"until when it waits for its order"`
}

type checkFinding struct {
	Rule string            `json:"rule"`
	Line string            `json:"line,omitempty"`
	Args map[string]string `json:"values,omitempty"`
}

func heldOf(r trade.Reply) heldDocument {
	out := heldDocument{ID: string(r.ID), Kind: r.Kind, Number: r.Number, OrderNumber: r.OrderNumber, Order: string(r.Order), State: string(r.Outcome), Reason: r.Reason, Interchange: r.Interchange, At: r.At}
	if r.Outcome == trade.Waits {
		out.Due = r.Due
	}
	for _, f := range r.Findings {
		out.Differences = append(out.Differences, checkFinding{string(f.Rule), f.Line, f.Args})
	}
	return out
}

// checks mounts what is held before it leaves, and how strictly that is looked at.
func (a *API) checks() {
	const base = "/api/v1/held-documents"
	handle(a, op("GET", base, "orders:read", "List documents that are not booked", "Answers, ship notices, invoices and what else a system sent about orders, that waits for its order or for a person. Newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *Paging) (*reply[list[heldDocument]], error) {
			got, err := a.d.Trade.Replies(ctx, actor, in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			items := make([]heldDocument, len(got.Items))
			for i, r := range got.Items {
				items[i] = heldOf(r)
			}
			return page(items, got.Next), nil
		})
	type why struct {
		IDPath
		Body struct {
			Reason string `json:"reason,omitempty" maxLength:"300"`
		} `required:"false"`
	}
	for _, x := range []struct {
		path, title, text string
		do                func(context.Context, access.Actor, trade.ReplyID, string) (trade.Reply, error)
	}{
		{"retry", "Try to book a document again", "After what was in the way is mended.", func(ctx context.Context, actor access.Actor, id trade.ReplyID, _ string) (trade.Reply, error) {
			return a.d.Trade.RetryReply(ctx, actor, id)
		}},
		{"release", "Send a document all the same", "One that your own checks hold (reason checks), with the reason why it goes.", a.d.Trade.ReleaseReply},
		{"discard", "Discard a document", "With the reason why it is not to be booked.", a.d.Trade.DiscardReply},
	} {
		handle(a, op("POST", base+"/{id}/"+x.path, "orders:write", x.title, x.text, 200),
			func(ctx context.Context, actor access.Actor, in *why) (*reply[heldDocument], error) {
				r, err := x.do(ctx, actor, trade.ReplyID(in.ID), in.Body.Reason)
				return &reply[heldDocument]{heldOf(r)}, err
			})
	}
	handle(a, op("GET", "/api/v1/partners/{id}/checks", "orders:read", "How your documents to a partner are checked before they leave", "For its supplier: each rule is off, warn or stop.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[checkPolicy], error) {
			p, err := a.d.Prechecks.Get(ctx, actor, in.ID)
			return &reply[checkPolicy]{checkPolicy{p}}, err
		})
	type set struct {
		IDPath
		Body checkPolicy
	}
	handle(a, op("PUT", "/api/v1/partners/{id}/checks", "orders:write", "Choose how your documents to a partner are checked before they leave", "Rules that are left out stay as they are.", 200),
		func(ctx context.Context, actor access.Actor, in *set) (*reply[checkPolicy], error) {
			p, err := a.d.Prechecks.Set(ctx, actor, in.ID, in.Body.Checks)
			return &reply[checkPolicy]{checkPolicy{p}}, err
		})
}

type checkPolicy struct {
	Checks map[precheck.Rule]precheck.Severity `json:"checks" doc:"by rule: price, above_shipped, tax …"`
}

type productBody struct {
	Name         string `json:"name,omitempty"`
	NameZH       string `json:"name_zh,omitempty"`
	Family       string `json:"family,omitempty"`
	Unit         string `json:"unit" doc:"base unit: prices and packs are counted in it"`
	GTIN         string `json:"gtin,omitempty" doc:"8, 12, 13 or 14 digits with a right check digit"`
	State        string `json:"state,omitempty" enum:"active,discontinued"`
	Minimum      string `json:"minimum,omitempty" doc:"base units"`
	Multiple     string `json:"multiple,omitempty" doc:"base units"`
	ReplacedBy   string `json:"replaced_by,omitempty" doc:"SKU of the successor"`
	ReplacedFrom string `json:"replaced_from,omitempty" format:"date"`
	Packs        []pack `json:"packs,omitempty" maxItems:"3" doc:"level inner, case, pallet"`
}

func (b productBody) product(sku string) (catalog.Product, error) {
	p := catalog.Product{SKU: sku, NameEN: b.Name, NameZH: b.NameZH, Family: b.Family, Unit: b.Unit, GTIN: b.GTIN, State: b.State, ReplacedBy: b.ReplacedBy, ReplacedFrom: b.ReplacedFrom}
	var err error
	if p.Minimum, err = quantity("minimum", b.Minimum); err != nil {
		return p, err
	}
	if p.Multiple, err = quantity("multiple", b.Multiple); err != nil {
		return p, err
	}
	for _, k := range b.Packs {
		q, err := quantity("packs."+k.Level+".quantity", k.Quantity)
		if err != nil {
			return p, err
		}
		if q == 0 {
			return p, fault.InvalidField("packs."+k.Level+".quantity", "form.missing")
		}
		p.Packs = append(p.Packs, catalog.Pack{Level: k.Level, Unit: k.Unit, Quantity: q, GTIN: k.GTIN})
	}
	return p, nil
}

func productOf(p catalog.Entry, supplier string) product {
	w := product{Supplier: supplier, SKU: p.SKU, Name: p.NameEN, NameZH: p.NameZH, Family: p.Family, Unit: p.Unit, GTIN: p.GTIN, State: p.State, Packs: []pack{}, Prices: []amount{}}
	for _, k := range p.Packs {
		w.Packs = append(w.Packs, pack{k.Level, k.Unit, k.Quantity.String(), k.GTIN})
	}
	for _, pr := range p.Prices {
		w.Prices = append(w.Prices, amount{pr.Price.Fixed(pr.Currency.Digits()), string(pr.Currency)})
	}
	return w
}
