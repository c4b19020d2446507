package api

import (
	"context"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/orderdesk"
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
