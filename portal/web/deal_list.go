package web

import (
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/partner"
)

// The views of the lists of registrations, in the order of their tabs.
var (
	dealQueueViews = []string{deal.ViewQueue, deal.ViewLive, deal.ViewWaiting, deal.ViewAway, deal.ViewClosed}
	dealOwnViews   = []string{deal.ViewLive, deal.ViewReview, deal.ViewDraft, deal.ViewClosed}
)

// dealSides says on which sides of registrations the person is: the supplier's queue,
// the company's own.
func (v *visit) dealSides() (supplier, own bool, err error) {
	c, err := v.partners()
	if err != nil {
		return false, false, err
	}
	for _, p := range c.all {
		if p.State == partner.Active {
			supplier = supplier || p.Supplier == v.org()
			own = own || p.Reseller == v.org()
		}
	}
	return supplier && v.may(access.DealRead, access.Resource{Supplier: v.org()}), own && v.may(access.DealRead, access.Resource{Reseller: v.org()}), nil
}

// dealList is the queue of decisions of a supplier, or what the company registered.
func dealList(v *visit) error {
	supplier, own, err := v.dealSides()
	if err != nil {
		return err
	}
	name := v.Query("view")
	side := access.Reseller
	switch {
	case name == "" && supplier, oneOf(name, prefixed("queue.", dealQueueViews)) != "":
		side = access.Supplier
	case oneOf(name, prefixed("fulfil.", dealOwnViews)) != "":
		side = access.Member
	}
	page := &view.DealsPage{Base: v.shell(), Supplier: side == access.Supplier}
	if own && v.may(access.DealWrite, access.Resource{Reseller: v.org()}) {
		page.NewURL = v.path("deals", "new")
	}
	if supplier && v.may(access.DealTerms, access.Own(v.org())) {
		page.TermsURL = v.path("deals", "terms")
	}
	f := deal.Filter{View: deal.ViewLive, Query: v.search(), After: v.Query("after"), Partner: v.Query("partner"), Limit: pageRows}
	tabs := func(s access.Side, prefix string, views []string, words string) error {
		n, err := v.w.d.Deals.Counts(v.ctx, v.actor(), s)
		if err != nil {
			return err
		}
		for i, w := range views {
			on := s == side && (name == prefix+w || name == "" && i == 0)
			if on {
				f.View = w
			}
			page.Tabs = append(page.Tabs, view.Tab{Label: view.T(words + w), URL: v.again("view", prefix+w), Count: n[w], On: on})
		}
		return nil
	}
	if supplier || side == access.Supplier {
		if err := tabs(access.Supplier, "queue.", dealQueueViews, "deals.queue."); err != nil {
			return err
		}
	}
	if own || side == access.Reseller {
		if err := tabs(access.Reseller, "", dealOwnViews, "deals.view."); err != nil {
			return err
		}
	}
	if side != access.Supplier || own {
		if n, err := v.w.d.Deals.Counts(v.ctx, v.actor(), access.Member); err == nil && len(n) > 0 {
			if err := tabs(access.Member, "fulfil.", []string{deal.ViewLive}, "deals.fulfil."); err != nil {
				return err
			}
		}
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	if !c.has(f.Partner) {
		f.Partner = ""
	}
	page.Filters = v.filters("deals.search", false, []string{"view"}, choice("partner", "col.partner", f.Partner, c.options()))
	list, err := v.w.d.Deals.List(v.ctx, v.actor(), side, f)
	if err != nil {
		return err
	}
	var orgs []string
	for _, r := range list.Items {
		orgs = append(orgs, r.Supplier, r.Registrant)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, r := range list.Items {
		row := v.dealRow(r, n)
		row.Similar = list.Similar[r.ID]
		page.Rows = append(page.Rows, row)
	}
	page.Pager = view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}
	return v.render(page, fragments{"list": "deals.list", "rows": "deals.list"})
}

func prefixed(prefix string, words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = prefix + w
	}
	return out
}

func (v *visit) dealURL(id deal.ID) string { return v.path("deals", string(id)) }

func (v *visit) dealRow(r deal.Registration, n names) view.DealRow {
	other := r.Supplier
	if v.org() == r.Supplier {
		other = r.Registrant
	}
	row := view.DealRow{URL: v.dealURL(r.ID), Number: r.Code, Title: r.Title, Customer: r.Draft.Customer.Name, Partner: n.company(other), Status: view.Status{State: dealState(r)}, Score: r.Score, Won: r.Percent(), Next: dealNext(r)}
	if r.Value.Minor > 0 {
		row.Value = amount(r.Value)
	}
	if c := dealClock(r, v.org()); c.Running() {
		row.Since, row.Due = c.Start, c.Due
	}
	return row
}

// dealState is the word of a registration: what waits comes before what stands.
func dealState(r deal.Registration) view.State {
	switch {
	case r.Disputes > 0:
		return "deal.disputed"
	case !r.Asked.At.IsZero():
		return "deal.asked"
	}
	return view.State("deal." + string(r.State()))
}

// dealClock is the clock that counts now: of the decision, the protection or the grace.
func dealClock(r deal.Registration, org string) deal.Clock {
	g := r.Guard
	switch {
	case r.Disputes > 0, !r.Asked.At.IsZero() && org == r.Supplier, r.Pen == deal.PenSubmitted, r.Pen == deal.PenReview:
		return r.Review
	case r.Decision == deal.Expired:
		return deal.Clock{Start: g.Until, Due: g.Grace}
	case r.Decision == deal.Protected || r.Decision == deal.Registered:
		return deal.Clock{Start: g.From, Due: g.Until}
	}
	return deal.Clock{}
}

// dealNext is what the registrant does next.
func dealNext(r deal.Registration) view.Text {
	switch {
	case r.Disputes > 0:
		return view.T("dealnext.disputed")
	case !r.Asked.At.IsZero():
		return view.T("dealnext.asked")
	}
	return view.T("dealnext." + string(r.State()))
}

// dealsWaiting is the number beside the entry of the menu: decisions that wait, and own
// registrations that were sent back or run out.
func (v *visit) dealsWaiting() int {
	total := 0
	if v.may(access.DealDecide, access.Resource{Supplier: v.org()}) {
		if n, err := v.w.d.Deals.Counts(v.ctx, v.actor(), access.Supplier); err == nil {
			total += n[deal.ViewQueue]
		}
	}
	return total
}

// soon is how long before its end a protection is shown on the start page.
const soon = 14 * 24 * time.Hour

// homeDeals adds the registrations that wait: decisions for the supplier, and for the
// registrant what came back and what ends soon.
func (v *visit) homeDeals(page *view.HomePage) error {
	if v.may(access.DealDecide, access.Resource{Supplier: v.org()}) {
		list, err := v.w.d.Deals.List(v.ctx, v.actor(), access.Supplier, deal.Filter{View: deal.ViewQueue, Limit: homeNeeds})
		if err != nil {
			return err
		}
		var orgs []string
		for _, r := range list.Items {
			orgs = append(orgs, r.Registrant)
		}
		n, err := v.lookup(orgs, nil)
		if err != nil {
			return err
		}
		for _, r := range list.Items {
			what := "decide"
			switch {
			case r.Disputes > 0:
				what = "rule"
			case !r.Asked.At.IsZero():
				what = "extend"
			}
			c := dealClock(r, v.org())
			page.Needs = append(page.Needs, view.Need{Tone: view.Amber, Icon: v.icon("shield-check"), URL: v.dealURL(r.ID), Since: c.Start, Due: c.Due, Sub: view.Raw(r.Draft.Customer.Name), Action: view.T("action.open"), Title: view.T("dealneed."+what, "company", n.org(r.Registrant), "title", r.Title)})
		}
	}
	if !v.may(access.DealWrite, access.Resource{Reseller: v.org()}) {
		return nil
	}
	for _, w := range []string{deal.ViewDraft, deal.ViewLive} {
		list, err := v.w.d.Deals.List(v.ctx, v.actor(), access.Reseller, deal.Filter{View: w, Limit: homeNeeds})
		if err != nil {
			return err
		}
		for _, r := range list.Items {
			c := dealClock(r, v.org())
			switch {
			case r.Pen == deal.PenReturned:
				page.Needs = append(page.Needs, view.Need{Tone: view.Amber, Icon: v.icon("shield-check"), URL: v.dealURL(r.ID), Since: r.Decided, Title: view.T("dealneed.returned", "title", r.Title), Sub: view.Raw(r.Draft.Customer.Name), Action: view.T("action.open")})
			case r.Decision == deal.Expired || r.Live() && c.Due.Sub(v.now) < soon:
				page.Needs = append(page.Needs, view.Need{Tone: view.Amber, Icon: v.icon("shield-check"), URL: v.dealURL(r.ID), Since: c.Start, Due: c.Due, Sub: view.T("dealneed.won_so_far", "percent", r.Percent()), Action: view.T("action.open"),
					Title: view.T("dealneed."+map[bool]string{true: "grace", false: "ends"}[r.Decision == deal.Expired], "title", r.Title)})
			}
		}
	}
	return nil
}

// findDeals are the registrations a search finds.
func (v *visit) findDeals(q string) ([]view.Hit, error) {
	var out []view.Hit
	for _, part := range []struct {
		side  access.Side
		views []string
	}{{access.Supplier, dealQueueViews}, {access.Reseller, dealOwnViews}} {
		res := access.Resource{Reseller: v.org()}
		if part.side == access.Supplier {
			res = access.Resource{Supplier: v.org()}
		}
		if !v.may(access.DealRead, res) {
			continue
		}
		for _, w := range part.views {
			list, err := v.w.d.Deals.List(v.ctx, v.actor(), part.side, deal.Filter{View: w, Query: q, Limit: hitsOfAKind})
			if err != nil {
				return nil, err
			}
			for _, r := range list.Items {
				state := view.Status{State: dealState(r)}
				if len(out) < hitsOfAKind {
					out = append(out, view.Hit{Icon: "shield-check", Title: view.Raw(r.Title), Sub: view.Raw(r.Code + " · " + r.Draft.Customer.Name), URL: v.dealURL(r.ID), Status: &state})
				}
			}
		}
	}
	return out, nil
}
