package web

import (
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/lead"
)

// homeLeads adds the leads that wait: offers to answer, those going stale, and the
// company's own that nobody took.
func (v *visit) homeLeads(page *view.HomePage) error {
	if v.lists(access.OfferRead) {
		for _, w := range []string{lead.ViewOffered, lead.ViewStale} {
			list, n, err := v.received(lead.Filter{View: w, Limit: homeNeeds})
			if err != nil {
				return err
			}
			for _, o := range list.Items {
				clock := running(o)
				need := view.Need{Tone: view.Amber, Icon: v.icon("target-arrow"), URL: v.offerURL(o.ID), Since: clock.Start, Due: clock.Due, Sub: view.Raw(n.org(o.Supplier)), Action: view.T("action.open"),
					Title: view.T("leadneed."+w, "company", n.org(o.Supplier), "title", o.Teaser.Title)}
				if w == lead.ViewStale {
					need.Tone = view.Red
				}
				page.Needs = append(page.Needs, need)
			}
		}
	}
	if !v.may(access.LeadOffer, access.Own(v.org())) {
		return nil
	}
	list, err := v.w.d.Leads.List(v.ctx, v.actor(), lead.Filter{View: lead.ViewUnplaced, Limit: homeNeeds})
	if err != nil {
		return err
	}
	for _, l := range list.Items {
		page.Needs = append(page.Needs, view.Need{Tone: view.Red, Icon: v.icon("target-arrow"), URL: v.leadURL(l.ID), Since: l.Unplaced, Title: view.T("leadneed.unplaced", "title", l.Title), Action: view.T("action.open")})
	}
	return nil
}
