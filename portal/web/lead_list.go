package web

import (
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/lead"
	"entente/prm/partner"
)

// leadTabs are the views of the list: of what was offered to the company, and of its
// own leads ("own." before the view).
var (
	offerViews = []string{lead.ViewOpen, lead.ViewOffered, lead.ViewAccepted, lead.ViewStale, lead.ViewClosed}
	ownViews   = []string{lead.ViewOpen, lead.ViewUnplaced, lead.ViewOffered, lead.ViewAccepted, lead.ViewClosed}
)

// leadList is what was offered to the company and, where it shares leads itself, its own.
func leadList(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	sells, buys := false, false
	for _, p := range c.all {
		if p.State == partner.Active {
			sells, buys = sells || p.Supplier == v.org(), buys || p.Reseller == v.org()
		}
	}
	name := v.Query("view")
	own := name == "own" || len(name) > 4 && name[:4] == "own."
	if name == "" {
		own = !buys
	}
	if len(name) > 4 && name[:4] == "own." {
		name = name[4:]
	}
	page := &view.LeadsPage{Base: v.shell(), Own: own}
	if v.may(access.LeadWrite, access.Own(v.org())) {
		page.NewURL = v.path("leads", "new")
	}
	if v.may(access.LeadOffer, access.Own(v.org())) && sells {
		page.RulesURL = v.path("leads", "rules")
		page.RouteURL = v.path("leads", "route")
	}
	f := lead.Filter{Partner: v.Query("partner"), Query: v.search(), After: v.Query("after"), Limit: pageRows}
	if !c.has(f.Partner) {
		f.Partner = ""
	}
	if own {
		f.View = or(oneOf(name, ownViews), lead.ViewOpen)
	} else {
		f.View = or(oneOf(name, offerViews), lead.ViewOpen)
	}
	if buys || !own {
		counts, err := v.w.d.Leads.ReceivedCounts(v.ctx, v.actor())
		if err != nil {
			return err
		}
		for _, w := range offerViews {
			n := map[string]int{lead.ViewOpen: counts.Open, lead.ViewOffered: counts.Offered, lead.ViewAccepted: counts.Accepted, lead.ViewStale: counts.Stale, lead.ViewClosed: counts.Closed}[w]
			page.Tabs = append(page.Tabs, view.Tab{Label: view.T("leads.view." + w), URL: v.again("view", w), Count: n, On: !own && w == f.View})
		}
	}
	counts, err := v.w.d.Leads.Counts(v.ctx, v.actor())
	if err != nil {
		return err
	}
	if sells || own || counts != (lead.Counts{}) {
		for _, w := range ownViews {
			n := map[string]int{lead.ViewOpen: counts.Open, lead.ViewUnplaced: counts.Unplaced, lead.ViewOffered: counts.Offered, lead.ViewAccepted: counts.Accepted, lead.ViewClosed: counts.Closed}[w]
			page.Tabs = append(page.Tabs, view.Tab{Label: view.T("leads.own." + w), URL: v.again("view", "own."+w), Count: n, On: own && w == f.View})
		}
	}
	page.Filters = v.filters("leads.search", false, []string{"view"}, choice("partner", "col.partner", f.Partner, c.options()))
	if own {
		err = v.ownLeads(page, f)
	} else {
		err = v.offeredLeads(page, f)
	}
	if err != nil {
		return err
	}
	if !own || f.View != lead.ViewOpen {
		page.RouteURL = ""
	}
	return v.render(page, fragments{"list": "leads.list", "rows": "leads.list"})
}

func (v *visit) ownLeads(page *view.LeadsPage, f lead.Filter) error {
	list, err := v.w.d.Leads.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	var orgs []string
	for _, l := range list.Items {
		orgs = append(orgs, l.Holder)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, l := range list.Items {
		row := view.LeadRow{URL: v.path("leads", string(l.ID)), Number: leadNumber(l.Number), Title: l.Title, Value: leadValue(l.Draft), Source: view.T("leadsource." + l.Source), Status: view.Status{State: view.State("lead." + string(l.State))}}
		if l.Holder != "" {
			row.Partner = n.company(l.Holder)
		}
		if l.Size != "" {
			row.Note = view.Raw(l.Size)
		}
		page.Rows = append(page.Rows, row)
	}
	page.Pager = view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}
	return nil
}

func (v *visit) offeredLeads(page *view.LeadsPage, f lead.Filter) error {
	list, n, err := v.received(f)
	if err != nil {
		return err
	}
	for _, o := range list.Items {
		page.Rows = append(page.Rows, v.offerRow(o, n))
	}
	page.Pager = view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}
	return nil
}

func (v *visit) offerRow(o lead.Offer, n names) view.LeadRow {
	row := view.LeadRow{URL: v.offerURL(o.ID), Number: leadNumber(o.Number), Title: o.Teaser.Title, Partner: n.company(o.Supplier), Source: view.T("leadsource." + o.Teaser.Source), Status: view.Status{State: offerState(o)}}
	if o.Teaser.Value.Currency != "" {
		row.Value = amount(o.Teaser.Value)
	}
	switch {
	case o.Shared != nil:
		row.Note = view.Raw(o.Shared.Customer)
	case o.Teaser.Size != "":
		row.Note = view.Raw(o.Teaser.Size)
	}
	if clock := running(o); clock.Running() {
		row.Since, row.Due = clock.Start, clock.Due
	}
	return row
}

// running is the clock of an offer that counts now; the zero one after its end.
func running(o lead.Offer) lead.Clock {
	switch {
	case o.State.Unanswered():
		return o.Accept
	case o.State.Held():
		return o.Convert
	}
	return lead.Clock{}
}

func offerState(o lead.Offer) view.State { return view.State("offer." + string(o.State)) }

func leadNumber(n int64) string { return "L-" + itoa(n) }

func leadValue(d lead.Draft) view.Money {
	if d.Value.Currency == "" {
		return view.Money{}
	}
	return amount(d.Value)
}

func (v *visit) offerURL(id lead.OfferID) string { return v.path("leads", "offers", string(id)) }

// mostRouted bounds one routing by hand.
const mostRouted = 1000

// leadRoute offers the new leads by the rules.
func leadRoute(v *visit) error {
	var ids []lead.ID
	for after := ""; ; {
		list, err := v.w.d.Leads.List(v.ctx, v.actor(), lead.Filter{View: lead.ViewNew, After: after, Limit: 200})
		if err != nil {
			return err
		}
		for _, l := range list.Items {
			ids = append(ids, l.ID)
		}
		if after = list.Next; after == "" || len(ids) >= mostRouted {
			break
		}
	}
	got, err := v.w.d.Leads.Route(v.ctx, v.actor(), ids...)
	if err != nil {
		return err
	}
	sent := 0
	for _, r := range got {
		if r.Offer != "" {
			sent++
		}
	}
	return v.done(v.path("leads")+"?view=own.open", "said.routed", "sent", itoa(int64(sent)), "of", itoa(int64(len(got))))
}

// received reads offers made to the company, with the names of who made them.
func (v *visit) received(f lead.Filter) (lead.Offers, names, error) {
	list, err := v.w.d.Leads.Received(v.ctx, v.actor(), f)
	if err != nil {
		return list, names{}, err
	}
	var orgs []string
	for _, o := range list.Items {
		orgs = append(orgs, o.Supplier)
	}
	n, err := v.lookup(orgs, nil)
	return list, n, err
}
