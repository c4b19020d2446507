package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

type priceList struct {
	ID         string         `json:"id"`
	Supplier   string         `json:"supplier" doc:"slug"`
	Partner    string         `json:"partner,omitempty" doc:"slug; set for the special list of one partner"`
	Name       string         `json:"name,omitempty"`
	Currency   string         `json:"currency"`
	Basis      string         `json:"basis" doc:"the date that decides the price: order or requested"`
	NoticeDays int            `json:"notice_days"`
	Versions   []priceVersion `json:"versions" doc:"newest valid_from first"`
}

type priceVersion struct {
	Number    int    `json:"number"`
	ValidFrom string `json:"valid_from"`
	State     string `json:"state" doc:"draft (the owner's alone) or published; a published version never changes"`
	Note      string `json:"note,omitempty"`
	Items     int    `json:"items"`
}

type priceItem struct {
	SKU   string  `json:"sku"`
	Unit  string  `json:"unit"`
	Price *amount `json:"price" doc:"null: no longer in the list"`
	Was   *amount `json:"was" doc:"in the version before; null: new"`
}

type stockItem struct {
	SKU    string       `json:"sku"`
	Unit   string       `json:"unit"`
	Total  *string      `json:"total" doc:"base units; null: not known"`
	Places []stockPlace `json:"places"`
}

type stockPlace struct {
	Place    string    `json:"place" doc:"empty for the only one"`
	Quantity string    `json:"quantity"`
	AsOf     time.Time `json:"as_of"`
	Source   string    `json:"source"`
}

type stockCount struct {
	SKU      string    `json:"sku"`
	Place    string    `json:"place,omitempty" maxLength:"40"`
	Quantity string    `json:"quantity" doc:"available, in base units"`
	AsOf     time.Time `json:"as_of,omitzero" doc:"when it was counted; now when left out"`
}

type stockDone struct {
	Set int `json:"set" doc:"rows"`
}

func (a *API) catalogue() {
	a.priceLists()
	type filter struct {
		Paging
		Q string `query:"q"`
	}
	handle(a, op("GET", "/api/v1/stock", "stock:read", "List your company's stock", "A partner's view of a supplier's stock is part of the products.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[stockItem]], error) {
			got, err := a.d.Catalog.Stock(ctx, actor, catalog.Filter{Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items := make([]stockItem, len(got.Items))
			for i, r := range got.Items {
				items[i] = stockItem{SKU: r.SKU, Unit: r.Unit, Places: []stockPlace{}}
				if r.Known {
					total := r.Total.String()
					items[i].Total = &total
				}
				for _, p := range r.Places {
					items[i].Places = append(items[i].Places, stockPlace{p.Place, p.Quantity.String(), p.AsOf, p.Source})
				}
			}
			return page(items, got.Next), nil
		})
	type set struct {
		Body struct {
			Items []stockCount `json:"items" minItems:"1" maxItems:"5000"`
		}
	}
	handle(a, op("POST", "/api/v1/stock", "stock:write", "Set your company's stock", "For an ERP. What is not named stays as it is; the same call again changes nothing but the time.", 200),
		func(ctx context.Context, actor access.Actor, in *set) (*reply[stockDone], error) {
			rows := make([]catalog.StockSet, len(in.Body.Items))
			for i, x := range in.Body.Items {
				q, err := money.ParseMicro(x.Quantity)
				if err != nil {
					return nil, fault.InvalidField("items.quantity", "error.number", "value", x.Quantity)
				}
				rows[i] = catalog.StockSet{SKU: x.SKU, Place: x.Place, Quantity: q, At: x.AsOf}
			}
			if err := a.d.Catalog.SetStock(ctx, actor, catalog.FromAPI, rows); err != nil {
				return nil, err
			}
			return &reply[stockDone]{stockDone{len(rows)}}, nil
		})
}

func (a *API) priceLists() {
	const base = "/api/v1/price-lists"
	handle(a, op("GET", base, "catalog:read", "List price lists", "Your company's own, and your suppliers' as far as they hold for you.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[priceList]], error) {
			all, err := a.d.Catalog.Lists(ctx, actor)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, l := range all {
				orgs[l.Org] = true
				if l.Partner != "" {
					orgs[l.Partner] = true
				}
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]priceList, len(all))
			for i, l := range all {
				items[i] = priceList{ID: string(l.ID), Supplier: slugs[l.Org].Slug, Partner: slugs[l.Partner].Slug, Name: l.Name, Currency: string(l.Currency), Basis: l.Basis, NoticeDays: l.NoticeDays, Versions: []priceVersion{}}
				for _, v := range l.Versions {
					items[i].Versions = append(items[i].Versions, priceVersion{v.Number, v.From, v.State, v.Note, v.Items})
				}
			}
			return page(items, ""), nil
		})
	type entries struct {
		Paging
		ID      string `path:"id"`
		Version int    `path:"version"`
		Q       string `query:"q"`
		Changed bool   `query:"changed" doc:"only what differs from the version before"`
	}
	handle(a, op("GET", base+"/{id}/versions/{version}", "catalog:read", "List the prices of a version", "Each beside the price in the version before.", 200),
		func(ctx context.Context, actor access.Actor, in *entries) (*reply[list[priceItem]], error) {
			l, err := a.d.Catalog.PriceList(ctx, actor, catalog.ListID(in.ID))
			if err != nil {
				return nil, err
			}
			got, err := a.d.Catalog.PriceEntries(ctx, actor, l.ID, catalog.EntryFilter{Version: in.Version, Changed: in.Changed, Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items := make([]priceItem, len(got.Items))
			for i, e := range got.Items {
				items[i] = priceItem{SKU: e.SKU, Unit: e.Unit}
				if !e.Gone {
					items[i].Price = &amount{e.Price.Fixed(2), string(l.Currency)}
				}
				if e.Known {
					items[i].Was = &amount{e.Was.Fixed(2), string(l.Currency)}
				}
			}
			return page(items, got.Next), nil
		})
}
