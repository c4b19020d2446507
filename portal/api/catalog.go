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
	State     string `json:"state" doc:"draft (the owner's alone), published, or withdrawn; a published version never changes"`
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
	a.options()
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
	type withdrawIn struct {
		ID      string `path:"id"`
		Version int    `path:"version"`
	}
	handle(a, op("POST", base+"/{id}/versions/{version}/withdraw", "catalog:write", "Withdraw a published version", "As long as no order and no claim was priced by it: what held before holds again, and the partners are told. Else 409: publish a new version instead. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *withdrawIn) (*reply[priceVersion], error) {
			if err := a.d.Catalog.Withdraw(ctx, actor, catalog.ListID(in.ID), in.Version); err != nil {
				return nil, err
			}
			l, err := a.d.Catalog.PriceList(ctx, actor, catalog.ListID(in.ID))
			for _, v := range l.Versions {
				if v.Number == in.Version {
					return &reply[priceVersion]{priceVersion{v.Number, v.From, v.State, v.Note, v.Items}}, err
				}
			}
			return nil, err
		})
}

// optionsBody is what can be chosen of a product.
type optionsBody struct {
	Revision int           `json:"revision" doc:"counts the changes; write back the one that was read, 0 for the first"`
	Groups   []optionGroup `json:"groups" maxItems:"40" doc:"none: the product is sold as it is"`
	Rules    []optionRule  `json:"rules,omitempty" maxItems:"200"`
	List     string        `json:"price_list,omitempty" doc:"id of a list with a draft, when written: what the options add goes into the draft"`
	Prices   []optionAdds  `json:"prices,omitempty" maxItems:"200" doc:"of price_list"`
}

type optionGroup struct {
	Code     string     `json:"code" maxLength:"20"`
	NameEN   string     `json:"name_en,omitempty" maxLength:"80"`
	NameZH   string     `json:"name_zh,omitempty" maxLength:"80"`
	Required bool       `json:"required,omitempty"`
	Most     int        `json:"most" doc:"options that may be chosen together; 1: one of them"`
	Options  []optionOf `json:"options" maxItems:"200"`
}

type optionOf struct {
	Code   string `json:"code" maxLength:"20"`
	NameEN string `json:"name_en,omitempty" maxLength:"80"`
	NameZH string `json:"name_zh,omitempty" maxLength:"80"`
	Most   int    `json:"most" doc:"pieces in one piece of the product"`
}

type optionRule struct {
	Kind string   `json:"kind" doc:"requires (one of then), excludes, adds or limits"`
	If   string   `json:"if,omitempty" doc:"left out of a limit that always holds"`
	Then []string `json:"then" maxItems:"200"`
	Most int      `json:"most,omitempty" doc:"of limits: pieces together"`
}

type optionAdds struct {
	Option  string `json:"option"`
	Price   string `json:"price,omitempty" doc:"per piece, below zero for less"`
	Percent string `json:"percent,omitempty" doc:"of the product's own price, in its place"`
}

// optionsOut are options as they stand.
func optionsOut(o catalog.Options) optionsBody {
	out := optionsBody{Revision: o.Revision, Groups: []optionGroup{}}
	for _, g := range o.Groups {
		x := optionGroup{g.Code, g.NameEN, g.NameZH, g.Required, g.Most, nil}
		for _, y := range g.Options {
			x.Options = append(x.Options, optionOf(y))
		}
		out.Groups = append(out.Groups, x)
	}
	for _, r := range o.Rules {
		out.Rules = append(out.Rules, optionRule(r))
	}
	return out
}

// cmd is the command that a body stands for.
func (b optionsBody) cmd() (catalog.OptionsCmd, error) {
	cmd := catalog.OptionsCmd{Revision: b.Revision, List: catalog.ListID(b.List)}
	for _, g := range b.Groups {
		x := catalog.OptionGroup{Code: g.Code, NameEN: g.NameEN, NameZH: g.NameZH, Required: g.Required, Most: g.Most}
		for _, y := range g.Options {
			x.Options = append(x.Options, catalog.Option(y))
		}
		cmd.Options.Groups = append(cmd.Options.Groups, x)
	}
	for _, r := range b.Rules {
		cmd.Options.Rules = append(cmd.Options.Rules, catalog.OptionRule(r))
	}
	for i, p := range b.Prices {
		x := catalog.OptionPrice{Option: p.Option}
		at := "prices." + itoa(i)
		if p.Price != "" {
			var err error
			if x.Price, err = money.ParseMicro(p.Price); err != nil {
				return cmd, fault.InvalidField(at+".price", "error.number", "value", p.Price)
			}
		}
		if p.Percent != "" {
			var ok bool
			if x.Percent, ok = catalog.ReadPercent(p.Percent); !ok {
				return cmd, fault.InvalidField(at+".percent", "error.number", "value", p.Percent)
			}
		}
		cmd.Prices = append(cmd.Prices, x)
	}
	return cmd, nil
}

// options mounts what can be chosen of products.
func (a *API) options() {
	type one struct {
		SKU      string `path:"sku" maxLength:"40"`
		Supplier string `query:"supplier" doc:"slug; your own company where it is left out"`
	}
	handle(a, op("GET", "/api/v1/products/{sku}/options", "catalog:read", "Get a product's options", "What a buyer chooses of it, and the if-then rules between the options. What they add to the price is told by POST /quotes/configure.", 200),
		func(ctx context.Context, actor access.Actor, in *one) (*reply[optionsBody], error) {
			org := actor.Org
			if in.Supplier != "" {
				other, _, err := a.partnerships(ctx, actor, in.Supplier)
				if err != nil {
					return nil, err
				}
				org = other
			}
			e, err := a.d.Catalog.Get(ctx, actor, org, in.SKU)
			if err != nil {
				return nil, err
			}
			o, err := a.d.Catalog.Options(ctx, actor, e.ID)
			return &reply[optionsBody]{optionsOut(o)}, err
		})
	type put struct {
		SKU  string `path:"sku" maxLength:"40"`
		Body optionsBody
	}
	handle(a, op("PUT", "/api/v1/products/{sku}/options", "catalog:write", "Write a product's options", "As a whole, in place of the revision that was read. Contradictions, circles and groups that can never be filled are refused.", 200),
		func(ctx context.Context, actor access.Actor, in *put) (*reply[optionsBody], error) {
			cmd, err := in.Body.cmd()
			if err != nil {
				return nil, err
			}
			e, err := a.d.Catalog.Get(ctx, actor, actor.Org, in.SKU)
			if err != nil {
				return nil, err
			}
			o, err := a.d.Catalog.SetOptions(ctx, actor, e.ID, cmd)
			if err != nil {
				return nil, err
			}
			return &reply[optionsBody]{optionsOut(o)}, nil
		})
}
