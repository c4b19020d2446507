package api

import (
	"context"
	"strconv"
	"strings"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/trade"
)

type me struct {
	Person  string   `json:"person"`
	Company string   `json:"company" doc:"slug"`
	Name    string   `json:"company_name"`
	Roles   []string `json:"roles"`
	Scopes  []string `json:"scopes"`
}

type partnerOut struct {
	ID       string `json:"id" doc:"of the partnership"`
	Company  string `json:"company" doc:"slug of the other company"`
	Name     string `json:"name"`
	Side     string `json:"side" doc:"what the other company is to yours: supplier or reseller"`
	State    string `json:"state"`
	Currency string `json:"currency"`
}

type product struct {
	Supplier string   `json:"supplier" doc:"slug"`
	SKU      string   `json:"sku"`
	Name     string   `json:"name"`
	NameZH   string   `json:"name_zh,omitempty"`
	Family   string   `json:"family"`
	Unit     string   `json:"unit"`
	GTIN     string   `json:"gtin"`
	State    string   `json:"state"`
	Packs    []pack   `json:"packs"`
	Prices   []amount `json:"prices"`
}

type pack struct {
	Level    string `json:"level"`
	Unit     string `json:"unit"`
	Quantity string `json:"quantity" doc:"base units in one"`
	GTIN     string `json:"gtin"`
}

func (a *API) people() {
	handle(a, op("GET", "/api/v1/me", "", "Who the token is", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[me], error) {
			orgs, err := a.d.Accounts.Directory().OrgsByID(ctx, actor.Org)
			if err != nil {
				return nil, err
			}
			out := me{Person: actor.Person, Company: orgs[actor.Org].Slug, Name: orgs[actor.Org].Name, Roles: []string{}, Scopes: nonNil(actor.Scopes)}
			for _, r := range actor.Roles {
				out.Roles = append(out.Roles, string(r))
			}
			return &reply[me]{out}, nil
		})
	type partnerFilter struct {
		Paging
		Q string `query:"q" maxLength:"200" doc:"a part of the partner's name, or of an identity of it that you may see"`
	}
	handle(a, op("GET", "/api/v1/partners", "partners:read", "List partners", "The oldest partnership first.", 200),
		func(ctx context.Context, actor access.Actor, in *partnerFilter) (*reply[list[partnerOut]], error) {
			ps, next, err := a.d.Partners.Page(ctx, actor, partner.PageFilter{Query: strings.TrimSpace(in.Q), Ended: true, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			ids := make([]string, len(ps))
			for i, p := range ps {
				ids[i] = p.Other(actor.Org)
			}
			orgs, err := a.d.Accounts.Directory().OrgsByID(ctx, ids...)
			if err != nil {
				return nil, err
			}
			items := make([]partnerOut, len(ps))
			for i, p := range ps {
				o := orgs[p.Other(actor.Org)]
				side := "reseller"
				if p.Supplier == o.ID {
					side = "supplier"
				}
				items[i] = partnerOut{p.ID, o.Slug, o.Name, side, string(p.State), string(p.Currency)}
			}
			return page(items, next), nil
		})
	type filter struct {
		Paging
		Q        string `query:"q"`
		Supplier string `query:"supplier" doc:"slug"`
	}
	handle(a, op("GET", "/api/v1/products", "catalog:read", "List products", "With today's prices in the currencies you may see.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[product]], error) {
			f := catalog.Filter{Query: in.Q, After: in.After, Limit: in.Limit}
			if in.Supplier != "" {
				id, err := a.companyID(ctx, actor, in.Supplier)
				if err != nil {
					return nil, err
				}
				f.Supplier = id
			}
			got, err := a.d.Catalog.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, p := range got.Items {
				orgs[p.Org] = true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]product, len(got.Items))
			for i, p := range got.Items {
				items[i] = productOf(p, slugs[p.Org].Slug)
			}
			return page(items, got.Next), nil
		})
}

// partnerID is the company behind a slug, if it is a partner of the actor's
// company; any other slug does not exist.
func (a *API) partnerID(ctx context.Context, actor access.Actor, slug string) (string, error) {
	id, _, err := a.partnerships(ctx, actor, slug)
	return id, err
}

// partnerships are those with the company behind a slug. Naming a partner needs
// no scope of its own.
func (a *API) partnerships(ctx context.Context, actor access.Actor, slug string) (string, []partner.Partnership, error) {
	unknown := fault.New(fault.NotFound, "error.not_found")
	o, err := a.d.Accounts.Directory().OrgBySlug(ctx, slug)
	if err != nil {
		return "", nil, unknown
	}
	actor.Scopes = nil
	ps, err := a.d.Partners.Between(ctx, actor, o.ID)
	if err != nil {
		return "", nil, unknown
	}
	return o.ID, ps, nil
}

// companyID is partnerID that also knows the actor's own company.
func (a *API) companyID(ctx context.Context, actor access.Actor, slug string) (string, error) {
	if o, err := a.d.Accounts.Directory().OrgBySlug(ctx, slug); err == nil && o.ID == actor.Org {
		return o.ID, nil
	}
	return a.partnerID(ctx, actor, slug)
}

func itoa(i int) string { return strconv.Itoa(i) }

// quantity reads a decimal; empty is zero, "not said".
func quantity(field, s string) (money.Micro, error) {
	if s == "" {
		return 0, nil
	}
	m, err := money.ParseMicro(s)
	if err != nil || m < 0 {
		return 0, fault.InvalidField(field, "form.decimal", "Value", s)
	}
	return m, nil
}

// part is the quantity of a part of a line: left out it is all that is open, and
// a nought is a mistake, never all of it.
func part(i, line int, s string) (money.Micro, error) {
	at := "lines." + itoa(i) + ".quantity"
	q, err := quantity(at, s)
	if err == nil && q == 0 && s != "" {
		err = fault.InvalidField(at, "trade.quantity_wrong", "Line", line)
	}
	return q, err
}

func quantities(lines []quantityLine) ([]trade.LineQuantity, error) {
	var out []trade.LineQuantity
	for i, l := range lines {
		q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
		if err != nil {
			return nil, err
		}
		out = append(out, trade.LineQuantity{Line: l.Line, Quantity: q})
	}
	return out, nil
}
