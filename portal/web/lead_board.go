package web

import (
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/lead"
)

// boardColumn is one state of the board, with its number among the counts.
type boardColumn struct {
	id, view, state string
	count           func(lead.Counts) int
}

// The columns: what was offered to the company, and its own leads.
var (
	offerColumns = []boardColumn{
		{"offered", lead.ViewOffered, "", func(c lead.Counts) int { return c.Offered }},
		{"accepted", lead.ViewAccepted, string(lead.OfferAccepted), func(c lead.Counts) int { return c.Accepted - c.Working - c.Stale }},
		{"working", lead.ViewAccepted, string(lead.OfferWorking), func(c lead.Counts) int { return c.Working }},
		{"stale", lead.ViewAccepted, string(lead.OfferStale), func(c lead.Counts) int { return c.Stale }},
	}
	ownColumns = []boardColumn{
		{"new", lead.ViewOpen, string(lead.New), func(c lead.Counts) int { return c.New }},
		{"unplaced", lead.ViewOpen, string(lead.Unplaced), func(c lead.Counts) int { return c.Unplaced }},
		{"routed", lead.ViewOpen, string(lead.Routed), func(c lead.Counts) int { return c.Offered }},
		{"taken", lead.ViewOpen, string(lead.Accepted), func(c lead.Counts) int { return c.Accepted - c.Working }},
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
	case o.State.Unanswered() && o.Accept.Due.After(v.now):
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
