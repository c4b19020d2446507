package view

import "entente/portal/locale"

// entry is a place of the navigation: its group (key "nav.group."), its path after the prefix, its icon and the icon's place among the phone's tabs.
type entry struct {
	id    NavID
	group string
	path  string
	icon  string
	tab   int // order among the phone's four tabs; 0 is only under "More"
}

var entries = []entry{
	{NavHome, "", "/", "home", 1},
	{NavInbox, "", "/inbox", "bell", 5},
	{NavLeads, "sell", "/leads", "target-arrow", 3},
	{NavPromotions, "sell", "/promotions", "speakerphone", 0},
	{NavFunds, "sell", "/funds", "coin", 0},
	{NavDeals, "sell", "/deals", "shield-check", 0},
	{NavQuotes, "sell", "/quotes", "file-text", 0},
	{NavEngagements, "sell", "/engagements", "users", 0},
	{NavSellThrough, "sell", "/sell-through", "arrow-up-right", 0},
	{NavCustomers, "sell", "/customers", "address-book", 0},
	{NavOrders, "trade", "/orders", "package", 2},
	{NavInvoices, "trade", "/invoices", "receipt", 6},
	{NavApprovals, "trade", "/approvals", "checks", 0},
	{NavCatalogue, "trade", "/catalogue", "book", 7},
	{NavEDI, "trade", "/edi", "file-code", 4},
	{NavConnections, "trade", "/edi/connections", "plug-connected", 0},
	{NavCertificates, "trade", "/edi/certificates", "key", 0},
	{NavMaps, "trade", "/edi/maps", "arrows-split", 0},
	{NavRooms, "talk", "/rooms", "message-circle", 3},
	{NavForum, "talk", "/forum", "messages", 0},
	{NavLibrary, "talk", "/library", "book", 0},
	{NavPartners, "network", "/partners", "building-community", 8},
	{NavPeople, "company", "/people", "users", 0},
	{NavCompany, "company", "/company", "settings", 0},
	{NavMail, "company", "/mail", "mail", 0},
}

// navGroup is a heading with its links; the first group has no heading.
type navGroup struct {
	Label string
	Links []navLink
}

// navLink is one entry ready to draw.
type navLink struct {
	ID    NavID
	URL   string
	Icon  string
	Label string
	Count int
	Tone  NavTone
	On    bool
}

func (b *Base) link(e entry, here NavID) (navLink, bool) {
	for _, item := range b.Nav {
		if item.ID == e.id {
			return navLink{ID: e.id, URL: b.Prefix() + e.path, Icon: e.icon, Label: b.P.T("nav." + string(e.id)), Count: item.Count, Tone: item.Tone, On: e.id == here}, true
		}
	}
	return navLink{}, false
}

// groups are the allowed entries in the order of the table.
func (b *Base) groups(here NavID) []navGroup {
	var out []navGroup
	last := "?"
	for _, e := range entries {
		l, ok := b.link(e, here)
		if !ok {
			continue
		}
		if e.group != last {
			label := ""
			if e.group != "" {
				label = b.P.T("nav.group." + e.group)
			}
			out = append(out, navGroup{Label: label})
			last = e.group
		}
		g := &out[len(out)-1]
		g.Links = append(g.Links, l)
	}
	return out
}

// tabs are the phone's four tabs: the allowed entries with the best places.
func (b *Base) tabs(here NavID) []navLink {
	var out []navLink
	for place := 1; place <= 8 && len(out) < 4; place++ {
		for _, e := range entries {
			if e.tab != place {
				continue
			}
			if l, ok := b.link(e, here); ok {
				if key := "tab." + string(e.id); locale.Has(b.P.Language(), key) {
					l.Label = b.P.T(key)
				}
				out = append(out, l)
			}
		}
	}
	return out
}
