package web

import (
	"entente/db"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/static"
)

func (v *visit) has(key string) bool { return locale.Has(v.p.Language(), key) }

// icon is the name when the sprite holds it, else nothing: the part's own default
// shows.
func (v *visit) icon(name string) string {
	if name == "" || !static.HasIcon(name) {
		return ""
	}
	return name
}

// shell fills what every page holds, once per request: who acts for whom, what
// they may open, what waits for them.
func (v *visit) shell() view.Base {
	if v.base != nil {
		return *v.base
	}
	b := view.Base{P: v.p, Theme: v.theme, CSRF: v.login.CSRF, Key: db.NewID(), Path: v.OriginalURL(), Demo: v.w.d.Demo}
	v.base = &b
	if !v.known() {
		if !cookieless(v.Path()) {
			b.CSRF = v.entryToken()
		}
		*v.base = b
		return b
	}
	b.Person = &view.Person{ID: v.login.Person.ID, Name: v.login.Person.Name, Online: true}
	b.Operator = v.login.Person.Operator
	for _, seat := range v.login.Seats {
		b.Companies = append(b.Companies, view.Company{ID: seat.Org.ID, Slug: seat.Org.Slug, Name: seat.Org.Name, Note: view.Raw(seat.Org.City)})
	}
	if v.Method() == "GET" && !v.htmx() && v.route.Name != "error" {
		b.Toasts = v.flash().toast()
	}
	if v.org() != "" {
		b.Company = &view.Company{ID: v.org(), Slug: v.login.Org.Slug, Name: v.login.Org.Name, Note: view.Raw(v.login.Org.City)}
		b.Live = v.lists(access.RoomRead)
		b.Nav = v.nav()
	}
	*v.base = b
	return b
}

// navRights says which right opens which entry; home and inbox are everybody's.
var navRights = []struct {
	id  view.NavID
	act access.Action
}{
	{view.NavLeads, access.OfferRead}, {view.NavDeals, access.DealRead}, {view.NavQuotes, access.QuoteRead}, {view.NavEngagements, access.EngageRead}, {view.NavPromotions, access.PromoRead}, {view.NavFunds, access.FundRead}, {view.NavSellThrough, access.SellRead}, {view.NavCustomers, access.CustomerRead}, {view.NavOrders, access.OrderRead}, {view.NavInvoices, access.InvoiceRead}, {view.NavApprovals, access.ApprovalRead}, {view.NavCatalogue, access.CatalogRead}, {view.NavEDI, access.EDIRead}, {view.NavConnections, access.LinkManage}, {view.NavCertificates, access.LinkManage}, {view.NavMaps, access.LinkManage},
	{view.NavRooms, access.RoomRead}, {view.NavForum, access.ForumRead}, {view.NavLibrary, access.LibraryRead}, {view.NavPartners, access.PartnerRead}, {view.NavPeople, access.PeopleRead}, {view.NavCompany, access.OrgRead}, {view.NavMail, access.MailRead},
}

// nav is what the person may open, with three counters. A counter that cannot be
// read shows none: the page behind it says what is wrong.
func (v *visit) nav() []view.NavItem {
	items := []view.NavItem{{ID: view.NavHome}, {ID: view.NavInbox}}
	if n, err := v.w.d.Notify.Unread(v.ctx, v.actor()); err == nil {
		items[1].Count = n.Unread
		if n.Urgent > 0 {
			items[1].Tone = view.NavWrong
		}
	}
	for _, r := range navRights {
		if !v.lists(r.act) {
			continue
		}
		item := view.NavItem{ID: r.id}
		switch r.id {
		case view.NavOrders:
			if n, err := v.w.d.Trade.Counts(v.ctx, v.actor()); err == nil && n.Waiting > 0 {
				item.Count, item.Tone = n.Waiting, view.NavWaits
			}
		case view.NavApprovals:
			if n, err := v.w.d.Approvals.Waits(v.ctx, v.actor()); err == nil && n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavLeads:
			if n, err := v.w.d.Leads.ReceivedCounts(v.ctx, v.actor()); err == nil && n.Offered+n.Stale > 0 {
				item.Count, item.Tone = n.Offered+n.Stale, view.NavWaits
			}
		case view.NavDeals:
			if n := v.dealsWaiting(); n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavQuotes:
			if n := v.quotesWaiting(); n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavEngagements:
			if n := v.engagementsWaiting(); n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavFunds:
			if n, err := v.w.d.Funds.Waiting(v.ctx, v.actor()); err == nil && n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavRooms:
			if n, err := v.w.d.Rooms.Unread(v.ctx, v.actor()); err == nil {
				item.Count = n
			}
		}
		items = append(items, item)
	}
	return items
}
