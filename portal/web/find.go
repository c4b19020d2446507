package web

import (
	"strings"

	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/trade"
)

// hitsOfAKind is how many hits of one kind a search shows.
const hitsOfAKind = 5

// find searches everything the person may open: orders, deals, quotes, engagements, invoices, messages, documents, topics,
// partners, people, products. It is also the palette.
func find(v *visit) error {
	page := &view.FindPage{Base: v.shell(), URL: v.path("find"), Query: v.search()}
	if page.Query != "" {
		for _, part := range []func(string) ([]view.Hit, error){v.findOrders, v.findDeals, v.findQuotes, v.findEngagements, v.findMappings, v.findInvoices, v.findMessages, v.findDocuments, v.findTopics, v.findPartners, v.findPeople, v.findProducts, v.findCampaigns, v.findSuggestions} {
			hits, err := part(page.Query)
			if err != nil {
				return err
			}
			page.Hits = append(page.Hits, hits...)
		}
	}
	return v.render(page, fragments{"pal-results": "find.results"})
}

func (v *visit) findOrders(q string) ([]view.Hit, error) {
	if !v.lists(access.OrderRead) {
		return nil, nil
	}
	list, err := v.w.d.Trade.List(v.ctx, v.actor(), trade.Filter{Query: q, Limit: hitsOfAKind})
	if err != nil {
		return nil, err
	}
	n, err := v.lookup(orgsOf(list.Items), nil)
	var out []view.Hit
	for _, r := range list.Items {
		state := orderState(r.Order)
		out = append(out, view.Hit{Icon: "package", Title: view.T("order.title", "number", r.Number), Sub: view.Raw(n.org(r.PartnerOf(v.org()))), URL: v.orderURL(r.ID), Status: &state})
	}
	return out, err
}

func (v *visit) findInvoices(q string) ([]view.Hit, error) {
	if !v.lists(access.InvoiceRead) {
		return nil, nil
	}
	list, err := v.w.d.Trade.Invoices(v.ctx, v.actor(), trade.InvoiceFilter{Query: q, Limit: hitsOfAKind})
	if err != nil {
		return nil, err
	}
	var out []view.Hit
	for _, i := range list.Items {
		state := view.Status{State: view.State("invoice." + i.State)}
		out = append(out, view.Hit{Icon: "receipt", Title: view.Raw(i.Number), Sub: view.T("order.title", "number", trade.Orders(i.OrderNumber, i.Orders)), URL: v.path("invoices", string(i.ID)), Status: &state})
	}
	return out, nil
}

func (v *visit) findMessages(q string) ([]view.Hit, error) {
	if !v.lists(access.EDIRead) {
		return nil, nil
	}
	list, err := v.w.d.Gateway.List(v.ctx, v.actor(), gateway.Filter{Query: q, Limit: hitsOfAKind})
	if err != nil {
		return nil, err
	}
	var out []view.Hit
	for _, i := range list.Items {
		state := interchangeStatus(i)
		out = append(out, view.Hit{Icon: "file-code", Title: view.Raw(messageType(i) + " " + i.Control), Sub: view.Raw(i.Reference), URL: v.path("edi", i.ID), Status: &state})
	}
	return out, nil
}

func (v *visit) findPartners(q string) ([]view.Hit, error) {
	c, err := v.partners()
	var out []view.Hit
	for _, p := range c.all {
		if name := c.orgs[p.Other(c.own)].Name; holds(name, q) && len(out) < hitsOfAKind {
			state := view.Status{State: view.State("partner." + string(p.State))}
			out = append(out, view.Hit{Icon: "building-community", Title: view.Raw(name), Sub: view.T("side." + partnerSide(p, c.own)), URL: v.path("partners", p.ID), Status: &state})
		}
	}
	return out, err
}

func (v *visit) findPeople(q string) ([]view.Hit, error) {
	if !v.lists(access.PeopleRead) {
		return nil, nil
	}
	members, err := v.w.d.Accounts.Members(v.ctx, v.actor())
	var out []view.Hit
	for _, m := range members {
		if m.State == account.Active && (holds(m.Person.Name, q) || holds(m.Person.Email, q)) && len(out) < hitsOfAKind {
			out = append(out, view.Hit{Icon: "user", Title: view.Raw(m.Person.Name), Sub: view.Raw(m.Person.Email), URL: v.path("people")})
		}
	}
	return out, err
}

func (v *visit) findProducts(q string) ([]view.Hit, error) {
	if !v.lists(access.CatalogRead) {
		return nil, nil
	}
	list, err := v.w.d.Catalog.List(v.ctx, v.actor(), catalog.Filter{Query: q, Limit: hitsOfAKind})
	var out []view.Hit
	for _, e := range list.Items {
		out = append(out, view.Hit{Icon: "book", Title: view.Raw(e.Name(string(v.p.Language()))), Sub: view.Raw(e.SKU), URL: v.path("catalogue") + "?q=" + queryEscape(e.SKU)})
	}
	return out, err
}

// holds reports whether the name holds the words typed, whatever the case.
func holds(name, typed string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(typed))
}
