package view

import (
	"entente/portal/locale"
)

// Theme of the page: what the cookie says. Empty is system.
type Theme string

// The themes.
const (
	ThemeSystem Theme = "system"
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
)

// Base is what every page holds. The handler layer fills it once per request.
type Base struct {
	P         *locale.Printer // required
	Theme     Theme
	CSRF      string    // token of every form: hidden field "csrf" and header X-CSRF-Token
	Key       string    // idempotency key of the forms on this page: hidden field "key"
	Path      string    // path and query of this request, for return addresses
	Person    *Person   // nil: signed out
	Company   *Company  // the company one acts for; nil outside /c/
	Companies []Company // every company of the person, for the switcher
	Nav       []NavItem // what the person may open, in any order; absent means absent
	Operator  bool      // shows the link to the platform page
	Live      bool      // the page may open the live socket
	Demo      bool      // shows the line "demo data"
	Toasts    []Toast
}

func (b *Base) base() *Base { return b }

// Prefix is the address of the company's pages, "/c/kestrel", or empty.
func (b *Base) Prefix() string {
	if b.Company == nil {
		return ""
	}
	return "/c/" + b.Company.Slug
}

// NavID names an entry of the navigation.
type NavID string

// The entries that exist. Addresses are Prefix + the path in the table of nav.go.
const (
	NavHome         NavID = "home"
	NavInbox        NavID = "inbox"
	NavOrders       NavID = "orders"
	NavInvoices     NavID = "invoices"
	NavApprovals    NavID = "approvals"
	NavCatalogue    NavID = "catalogue"
	NavSellThrough  NavID = "sellthrough"
	NavEDI          NavID = "edi"
	NavConnections  NavID = "connections"
	NavCertificates NavID = "certificates"
	NavMaps         NavID = "maps"
	NavLeads        NavID = "leads"
	NavPromotions   NavID = "promotions"
	NavDeals        NavID = "deals"
	NavQuotes       NavID = "quotes"
	NavEngagements  NavID = "engagements"
	NavFunds        NavID = "funds"
	NavCustomers    NavID = "customers"
	NavRooms        NavID = "rooms"
	NavForum        NavID = "forum"
	NavLibrary      NavID = "library"
	NavPartners     NavID = "partners"
	NavPeople       NavID = "people"
	NavCompany      NavID = "company"
	NavMail         NavID = "mail"
)

// NavTone says what a counter means: unread (grey), waits for you (amber), wrong or late (red).
type NavTone string

// The tones of a counter.
const (
	NavUnread NavTone = ""
	NavWaits  NavTone = "hot"
	NavWrong  NavTone = "bad"
)

// NavItem is an entry the person may open, with its counter (0 shows none).
type NavItem struct {
	ID    NavID
	Count int
	Tone  NavTone
}
