package web

import (
	"slices"
	"time"

	"entente/chat/room"
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/lead"
	"entente/prm/location"
	"entente/prm/trade"
)

// How much of each the start page shows.
const (
	homeNeeds  = 30
	homeMoving = 8
	homeRooms  = 6
)

// home is "what waits for me", nearest deadline first.
func home(v *visit) error {
	page := &view.HomePage{Base: v.shell()}
	if err := v.homeOrders(page); err != nil {
		return err
	}
	if err := v.homeApprovals(page); err != nil {
		return err
	}
	if err := v.homeLeads(page); err != nil {
		return err
	}
	if err := v.homeDeals(page); err != nil {
		return err
	}
	if err := v.homeQuotes(page); err != nil {
		return err
	}
	if err := v.homeEngagements(page); err != nil {
		return err
	}
	if err := v.homeFunds(page); err != nil {
		return err
	}
	if err := v.homeProtections(page); err != nil {
		return err
	}
	if err := v.homePromos(page); err != nil {
		return err
	}
	if err := v.homeSettle(page); err != nil {
		return err
	}
	if err := v.homeMessages(page); err != nil {
		return err
	}
	if err := v.homeTasks(page); err != nil {
		return err
	}
	if err := v.homeRooms(page); err != nil {
		return err
	}
	if err := v.firstSteps(page); err != nil {
		return err
	}
	nearestFirst(page.Needs)
	return v.render(page, nil) // a refresh picks what it needs out of the page
}

// nearestFirst sorts by the next deadline. What is wrong and has none counts from when it went
// wrong, what merely waits comes last.
func nearestFirst(list []view.Need) {
	by := func(x view.Need) time.Time {
		switch {
		case !x.Due.IsZero():
			return x.Due
		case x.Tone == view.Red:
			return x.Since
		}
		return time.Unix(1<<40, 0)
	}
	slices.SortStableFunc(list, func(a, b view.Need) int { return by(a).Compare(by(b)) })
}

// needLooks says how each kind of waiting looks and what its button says.
var needLooks = map[string]struct {
	tone         view.Tone
	icon, action string
}{
	trade.WaitConfirm: {view.Amber, "package", "order.confirm"},
	trade.WaitMarked:  {view.Amber, "package", "order.confirm"},
	trade.WaitHeld:    {view.Amber, "lock", "action.open"},
	trade.WaitPlace:   {view.Amber, "lock", "action.open"},
	trade.WaitChange:  {view.Amber, "refresh", "action.open"},
	trade.WaitAgree:   {view.Amber, "package", "action.open"},
	trade.WaitAnswer:  {view.Red, "package", "action.open"},
	trade.WaitReceive: {view.Blue, "truck", "order.receive"},
	trade.WaitReply:   {view.Amber, "lock", "action.open"},
	trade.WaitDiffers: {view.Red, "receipt", "action.compare"},
}

func (v *visit) homeOrders(page *view.HomePage) error {
	if !v.lists(access.OrderRead) {
		return nil
	}
	items, err := v.w.d.Trade.Waiting(v.ctx, v.actor(), homeNeeds)
	if err != nil {
		return err
	}
	moving, err := v.w.d.Trade.List(v.ctx, v.actor(), trade.Filter{View: trade.ViewOpen, Limit: homeMoving})
	if err != nil {
		return err
	}
	counts, err := v.w.d.Trade.Counts(v.ctx, v.actor())
	if err != nil {
		return err
	}
	orgs := orgsOf(moving.Items)
	for _, i := range items {
		orgs = append(orgs, i.Partner)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, i := range items {
		page.Needs = append(page.Needs, v.need(i, n))
	}
	for _, r := range moving.Items {
		page.Moving = append(page.Moving, v.movingOrder(r, n))
	}
	if page.Running = max(0, counts.Open-counts.Waiting); counts.Open > trade.CountMost {
		page.Running = -1
	}
	partners, err := v.partners()
	page.CanOrder = partners.canOrder(v.actor())
	return err
}

func (v *visit) need(i trade.Item, n names) view.Need {
	look := needLooks[i.Kind]
	partner := n.org(i.Partner)
	need := view.Need{Tone: look.tone, Icon: v.icon(look.icon), URL: v.orderURL(i.Order), Since: i.Since, Due: i.Due, Sub: view.Raw(partner),
		Title: view.T("need."+i.Kind, "number", i.Number, "company", partner, "invoice", i.Subject, "code", location.ParseCode(i.Subject).Code)}
	if look.action != "" {
		need.Action = view.T(look.action)
	}
	switch {
	case i.Kind == trade.WaitReply && i.Order == "":
		need.URL = v.path("edi", "replies")
	case i.Kind == trade.WaitReceive:
		need.URL += "/receive"
	case (i.Kind == trade.WaitConfirm || i.Kind == trade.WaitMarked) && v.lists(access.OrderConfirm):
		need.URL += "/confirm"
	}
	if i.Marks > 0 {
		need.Sub = view.T("need.marks", "company", partner, "n", i.Marks)
	}
	return need
}

func (v *visit) movingOrder(r trade.Row, n names) view.MovingOrder {
	return view.MovingOrder{Number: r.Number, URL: v.orderURL(r.ID), Status: orderState(r.Order), Pips: orderPips(r.Order), Partner: n.org(r.PartnerOf(v.org())), Due: view.Date(r.RequestedOn)}
}

// homeMessages adds the messages that wait for a person.
func (v *visit) homeMessages(page *view.HomePage) error {
	if !v.lists(access.EDIRead) {
		return nil
	}
	for _, state := range []gateway.State{gateway.Held, gateway.Failed} {
		list, err := v.w.d.Gateway.List(v.ctx, v.actor(), gateway.Filter{State: state, Limit: homeNeeds})
		if err != nil {
			return err
		}
		var orgs []string
		for _, i := range list.Items {
			orgs = append(orgs, i.Partner(v.org()))
		}
		n, err := v.lookup(orgs, nil)
		if err != nil {
			return err
		}
		for _, i := range list.Items {
			page.Needs = append(page.Needs, view.Need{Tone: view.Red, Icon: v.icon("file-code"), URL: v.path("edi", i.ID), Since: i.Received, Action: view.T("action.open"),
				Title: view.T("need.message_held", "type", messageType(i), "company", n.org(i.Partner(v.org()))), Sub: view.T("message.control", "control", i.Control)})
		}
	}
	return nil
}

func (v *visit) homeRooms(page *view.HomePage) error {
	if !v.lists(access.RoomRead) {
		return nil
	}
	list, _, err := v.w.d.Rooms.List(v.ctx, v.actor(), room.Filter{Unread: true, Limit: homeRooms})
	if err != nil {
		return err
	}
	for _, l := range list {
		page.Rooms = append(page.Rooms, v.roomRow(l, ""))
	}
	return nil
}

// firstSteps are what a new company has still to do; an admin sees them until
// each is done.
func (v *visit) firstSteps(page *view.HomePage) error {
	if !v.may(access.OrgManage, access.Own(v.org())) {
		return nil
	}
	step := func(name string, parts ...string) {
		page.Start = append(page.Start, view.KV{Label: view.T("start." + name), Value: view.T("start." + name + "_text"), URL: v.path(parts...)})
	}
	members, err := v.w.d.Accounts.Members(v.ctx, v.actor())
	if err != nil {
		return err
	}
	if len(members) == 1 && len(page.Needs) == 0 && len(page.Moving) == 0 {
		step("people", "people")
		ids, err := v.w.d.Accounts.Identities(v.ctx, v.actor())
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			step("identity", "company")
		}
		if page.CanOrder {
			step("order", "orders", "new")
		}
	}
	return nil
}

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
				clock := o.Clock()
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
