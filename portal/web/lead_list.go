package web

import (
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
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
	f := lead.Filter{Partner: v.Query("partner"), Source: oneOf(v.Query("source"), lead.Sources), Query: v.search(), After: v.Query("after"), Limit: pageRows}
	page.Board = v.Query("as") == "board"
	if !c.has(f.Partner) {
		f.Partner = ""
	}
	if own {
		f.View = or(oneOf(name, ownViews), lead.ViewOpen)
	} else {
		f.View = or(oneOf(name, offerViews), lead.ViewOpen)
	}
	var received lead.Counts
	if buys || !own {
		counts, err := v.w.d.Leads.ReceivedCounts(v.ctx, v.actor())
		if err != nil {
			return err
		}
		received = counts
		for _, w := range offerViews {
			n := map[string]int{lead.ViewOpen: counts.Open, lead.ViewOffered: counts.Offered, lead.ViewAccepted: counts.Accepted, lead.ViewStale: counts.Stale, lead.ViewClosed: counts.Closed}[w]
			page.Tabs = append(page.Tabs, view.Tab{Label: view.T("leads.view." + w), URL: v.again("view", w, "open", "", "state", ""), Count: n, On: !own && w == f.View})
		}
	}
	counts, err := v.w.d.Leads.Counts(v.ctx, v.actor())
	if err != nil {
		return err
	}
	if sells || own || counts != (lead.Counts{}) {
		for _, w := range ownViews {
			n := map[string]int{lead.ViewOpen: counts.Open, lead.ViewUnplaced: counts.Unplaced, lead.ViewOffered: counts.Offered, lead.ViewAccepted: counts.Accepted, lead.ViewClosed: counts.Closed}[w]
			page.Tabs = append(page.Tabs, view.Tab{Label: view.T("leads.own." + w), URL: v.again("view", "own."+w, "open", "", "state", ""), Count: n, On: own && w == f.View})
		}
	}
	var sources []view.Option
	for _, s := range lead.Sources {
		sources = append(sources, view.Option{Value: s, Label: view.T("leadsource." + s)})
	}
	least := v.leastValue(&f)
	page.Filters = v.filters("leads.search", false, []string{"view", "as", "state"}, choice("partner", "col.partner", f.Partner, c.options()), choice("source", "col.source", f.Source, sources), choice("least", "leads.value", v.Query("least"), least))
	page.Ways = []view.Tab{{Label: view.T("leads.list"), URL: v.again("as", "", "state", "", "open", ""), On: !page.Board}, {Label: view.T("leads.board"), URL: v.again("as", "board", "state", "", "open", ""), On: page.Board}}
	if page.Saved, err = v.savedViews("leads"); err != nil {
		return err
	}
	if page.Saved.Here != "" {
		page.Back = "?" + page.Saved.Here
	}
	if err := v.leadDrawer(page); err != nil {
		return err
	}
	switch {
	case page.Board:
		if !own {
			counts = received
		}
		err = v.leadBoard(page, f, counts)
	case own:
		f.State = string(oneOf(v.Query("state"), lead.States))
		err = v.ownLeads(page, f)
	default:
		f.State = string(oneOf(v.Query("state"), lead.OfferStates))
		err = v.offeredLeads(page, f)
	}
	if err != nil {
		return err
	}
	if own && page.RulesURL != "" {
		page.Partners = v.bulkPartners(c)
		for _, r := range page.Rows {
			if r.Pick != "" {
				page.BulkURL = v.path("leads", "bulk")
			}
		}
	}
	if !own || f.View != lead.ViewOpen {
		page.RouteURL = ""
	}
	return v.render(page, fragments{"list": "leads.list", "rows": "leads.list", "drawer": "leads.drawer"})
}

// leastValues are the values of the filter, in the main unit of the company's currency.
var leastValues = []string{"1000", "5000", "20000", "50000"}

// leastValue reads the filter by value: in the company's own currency alone, since
// amounts in others cannot be compared.
func (v *visit) leastValue(f *lead.Filter) []view.Option {
	var out []view.Option
	for _, s := range leastValues {
		a, err := money.ParseAmount(s, money.Currency(v.login.Org.Currency))
		if err != nil {
			return nil
		}
		if v.Query("least") == s {
			f.Least = a
		}
		out = append(out, view.Option{Value: s, Label: view.T("leads.least", "value", amount(a))})
	}
	return out
}

// leadsBack is the list that a form of it wants back, else the page.
func (v *visit) leadsBack(in *input, page string) string {
	if back := in.text("back"); strings.HasPrefix(back, "?") {
		return v.path("leads") + back
	}
	return page
}

// leadDrawer puts the lead or offer of ?open= beside the list. One that is not there, or
// no longer the company's, leaves the drawer shut.
func (v *visit) leadDrawer(page *view.LeadsPage) error {
	id := v.Query("open")
	if id == "" {
		return nil
	}
	page.CloseURL, page.Back = v.again("open", ""), ""
	if _, query, ok := strings.Cut(page.CloseURL, "?"); ok {
		page.Back = "?" + query
	}
	var err error
	if page.Own {
		page.Lead, err = v.leadView(lead.ID(id), leadForms{})
	} else {
		var o lead.OfferDetail
		if err = v.offerSeen(lead.OfferID(id)); err == nil {
			if o, err = v.w.d.Leads.GetOffer(v.ctx, v.actor(), lead.OfferID(id)); err == nil && o.Supplier != v.org() {
				page.Offer, err = v.offerView(o, offerForms{})
			}
		}
	}
	if fault.IsNotFound(err) {
		err = nil
	}
	return err
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
		page.Rows = append(page.Rows, v.ownRow(l, n))
	}
	page.Pager = view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}
	return nil
}

func (v *visit) ownRow(l lead.Lead, n names) view.LeadRow {
	row := view.LeadRow{URL: v.leadURL(l.ID), OpenURL: v.again("open", string(l.ID)), On: v.Query("open") == string(l.ID), Number: leadNumber(l.Number), Title: l.Title, Value: leadValue(l.Draft), Source: view.T("leadsource." + l.Source), Status: view.Status{State: view.State("lead." + string(l.State))}}
	if l.Holder != "" {
		row.Partner = n.company(l.Holder)
	}
	if l.Size != "" {
		row.Note = view.Raw(l.Size)
	}
	if l.State == lead.New || l.State == lead.Unplaced {
		row.Pick = string(l.ID) + ":" + itoa(l.Version)
	}
	return row
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
	row := view.LeadRow{URL: v.offerURL(o.ID), OpenURL: v.again("open", string(o.ID)), On: v.Query("open") == string(o.ID), Fit: o.Fit / 10, Number: leadNumber(o.Number), Title: o.Teaser.Title, Partner: n.company(o.Supplier), Source: view.T("leadsource." + o.Teaser.Source), Status: view.Status{State: offerState(o)}}
	if o.Teaser.Value.Currency != "" {
		row.Value = amount(o.Teaser.Value)
	}
	switch {
	case o.Shared != nil:
		row.Note = view.Raw(o.Shared.Customer)
	case o.Teaser.Size != "":
		row.Note = view.Raw(o.Teaser.Size)
	}
	if clock := o.Clock(); clock.Running() {
		row.Since, row.Due = clock.Start, clock.Due
	}
	return row
}

// running is the clock of an offer that counts now; the zero one after its end.
func offerState(o lead.Offer) view.State {
	if o.Pause != nil {
		return "offer.paused"
	}
	return view.State("offer." + string(o.State))
}

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

// leadBulk offers many leads to one partner or by the rules: first it shows what would
// become of each, then it offers those that may be and says of each what became of it.
func leadBulk(v *visit) error {
	in := v.input()
	cmd := lead.BulkCmd{Partnership: in.text("partnership"), Accept: in.whole("accept"), Convert: in.whole("convert"), Note: in.text("note")}
	for _, s := range v.all("lead") {
		id, version, _ := strings.Cut(s, ":")
		n, _ := strconv.ParseInt(version, 10, 64)
		cmd.Picks = append(cmd.Picks, lead.Pick{Lead: lead.ID(id), Version: max(n, 0)})
	}
	return v.bulkPage(in, cmd, in.err())
}

func (v *visit) bulkPage(in *input, cmd lead.BulkCmd, wrong error) error {
	page := &view.LeadBulkPage{Base: v.shell(), URL: v.path("leads", "bulk"), BackURL: v.leadsBack(in, v.path("leads")+"?view=own"), Back: in.text("back"), ByRule: cmd.Partnership == "", Partnership: cmd.Partnership}
	status := 200
	if _, do := in.values["go"]; do && wrong == nil {
		got, err := v.w.d.Leads.BulkOffer(v.ctx, v.actor(), cmd)
		if err == nil {
			page.Done = true
			return v.bulkRows(status, page, cmd, got)
		}
		wrong = err
	}
	if wrong != nil {
		errs, note, ok := v.formErrors(wrong)
		if !ok {
			return wrong
		}
		page.Form, status = in.form(errs, note), 422
		cmd.Accept, cmd.Convert, cmd.Note = 0, 0, "" // what is wrong in the form stands in it
	} else {
		page.Form = view.Form{Values: map[string]string{"accept": itoa(lead.DefaultAccept), "convert": itoa(lead.DefaultConvert)}}
	}
	got, err := v.w.d.Leads.Look(v.ctx, v.actor(), cmd)
	if err != nil {
		return err
	}
	return v.bulkRows(status, page, cmd, got)
}

func (v *visit) bulkRows(status int, page *view.LeadBulkPage, cmd lead.BulkCmd, got []lead.BulkResult) error {
	var orgs []string
	for _, r := range got {
		orgs = append(orgs, r.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, r := range got {
		row := view.LeadBulkRow{URL: v.leadURL(r.Lead.ID), Number: leadNumber(r.Lead.Number), Title: r.Lead.Title, Value: string(r.Lead.ID) + ":" + itoa(r.Lead.Version), Fit: r.Fit / 10, Amount: leadValue(r.Lead.Draft), Status: view.Status{State: view.State("leadbulk." + r.Outcome)}, Ready: r.Outcome == lead.BulkReady}
		if r.Reseller != "" {
			row.Partner = n.company(r.Reseller)
			if cmd.Partnership != "" {
				page.Partner = row.Partner
			}
		}
		switch r.Outcome {
		case lead.BulkReady:
			page.Ready++
		case lead.BulkOffered:
			page.Offered++
		}
		page.Rows = append(page.Rows, row)
	}
	return v.renderAs(status, page, nil)
}

// bulkPartners are whom leads may be offered to together: the rules, or one partner.
func (v *visit) bulkPartners(c circle) []view.Option {
	out := []view.Option{{Label: view.T("leads.by_rule")}}
	for _, p := range c.all {
		if p.Supplier == v.org() && p.State == partner.Active {
			out = append(out, view.Option{Value: p.ID, Label: view.Raw(c.orgs[p.Reseller].Name)})
		}
	}
	return out
}

// boardColumn is one state of the board, with its number among the counts.
type boardColumn struct {
	id, view, state string
	count           func(lead.Counts) int
}

// The columns: what was offered to the company, and its own leads.
var (
	offerColumns = []boardColumn{
		{"offered", lead.ViewOffered, "", func(c lead.Counts) int { return c.Offered }},
		{"accepted", lead.ViewAccepted, string(lead.OfferAccepted), func(c lead.Counts) int { return c.Taken }},
		{"working", lead.ViewAccepted, string(lead.OfferWorking), func(c lead.Counts) int { return c.Working }},
		{"stale", lead.ViewAccepted, string(lead.OfferStale), func(c lead.Counts) int { return c.Stale }},
	}
	ownColumns = []boardColumn{
		{"new", lead.ViewOpen, string(lead.New), func(c lead.Counts) int { return c.New }},
		{"unplaced", lead.ViewOpen, string(lead.Unplaced), func(c lead.Counts) int { return c.Unplaced }},
		{"routed", lead.ViewOpen, string(lead.Routed), func(c lead.Counts) int { return c.Offered }},
		{"taken", lead.ViewOpen, string(lead.Accepted), func(c lead.Counts) int { return c.Taken }},
		{"working", lead.ViewOpen, string(lead.Working), func(c lead.Counts) int { return c.Working }},
	}
)

// leadBoard fills the columns, each from its own range of the list.
func (v *visit) leadBoard(page *view.LeadsPage, f lead.Filter, counts lead.Counts) error {
	f.After, f.Limit = "", boardCards
	columns, prefix := offerColumns, ""
	if page.Own {
		columns, prefix = ownColumns, "own."
	}
	any := false
	for _, col := range columns {
		f.View, f.State = col.view, col.state
		x := view.LeadColumn{ID: col.id, Label: view.T("leads.col." + col.id), Count: col.count(counts)}
		next := ""
		if page.Own {
			list, err := v.w.d.Leads.List(v.ctx, v.actor(), f)
			if err != nil {
				return err
			}
			next = list.Next
			var orgs []string
			for _, l := range list.Items {
				orgs = append(orgs, l.Holder)
			}
			n, err := v.lookup(orgs, nil)
			if err != nil {
				return err
			}
			for _, l := range list.Items {
				row := v.ownRow(l, n)
				row.Moves = v.ownMoves(l)
				x.Cards = append(x.Cards, row)
			}
		} else {
			list, n, err := v.received(f)
			if err != nil {
				return err
			}
			next = list.Next
			for _, o := range list.Items {
				row := v.offerRow(o, n)
				row.Moves = v.offerMoves(o)
				x.Cards = append(x.Cards, row)
			}
		}
		if page.Filters.Active {
			if x.Count = len(x.Cards); next != "" {
				x.Count = -1
			}
		}
		if next != "" {
			x.MoreURL = v.again("as", "", "open", "", "view", prefix+col.view, "state", col.state)
		}
		any = any || len(x.Cards) > 0
		page.Columns = append(page.Columns, x)
	}
	if !any {
		page.Columns = nil
	}
	return nil
}

// offerMoves are where a partner may take an offer; what needs words is a link.
func (v *visit) offerMoves(o lead.Offer) []view.LeadMove {
	if !v.may(access.OfferAnswer, o.Resource()) {
		return nil
	}
	url := v.offerURL(o.ID)
	switch {
	case o.Answerable(v.now):
		return []view.LeadMove{{To: "accepted", URL: url + "/accept", Label: view.T("lead.accept")}, {URL: url + "#of-a", Label: view.T("lead.decline_more"), Link: true}}
	case o.State.Held():
		var out []view.LeadMove
		for _, kind := range lead.Activities {
			if kind != "note" { // wants words
				out = append(out, view.LeadMove{To: "working", URL: url + "/work", Label: view.T("leadact." + kind), Name: "kind", Value: kind})
			}
		}
		return append(out, view.LeadMove{URL: url + "#of-w", Label: view.T("lead.give_more"), Link: true})
	}
	return nil
}

// ownMoves are where the owner may take a lead.
func (v *visit) ownMoves(l lead.Lead) []view.LeadMove {
	if !v.may(access.LeadOffer, l.Resource()) {
		return nil
	}
	url := v.leadURL(l.ID)
	switch l.State {
	case lead.New, lead.Unplaced:
		return []view.LeadMove{{To: "routed", URL: url + "/route", Label: view.T("leads.route")}, {URL: url + "#le-p", Label: view.T("lead.offer_to"), Link: true}, {URL: url + "#le-x", Label: view.T("lead.close"), Link: true}}
	case lead.Routed:
		return []view.LeadMove{{To: "new", URL: v.offerURL(l.Offer) + "/withdraw", Label: view.T("lead.withdraw")}}
	case lead.Accepted, lead.Working:
		return []view.LeadMove{{URL: url + "#le-o", Label: view.T("lead.reclaim_more"), Link: true}}
	}
	return nil
}
