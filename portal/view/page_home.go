package view

import "time"

// HomePage is /c/{slug}/: what waits for me, nearest deadline first. Fragment "home.body".
type HomePage struct {
	Base
	Needs    []Need
	Moving   []MovingOrder
	Running  int // orders that move without this person; below zero: not counted
	Rooms    []RoomRow
	CanOrder bool // shows "New order"
	Start    []KV // first steps of a new company (invite people, add an identity …); empty once done
}

// Need is one thing that waits for the viewer. With Due set a ring shows what is left between Since and Due; else the tone's icon shows.
type Need struct {
	Tone       Tone
	Icon       string // a name of the sprite: package, file-code, receipt …
	Title, Sub Text
	URL        string
	Action     Text // label of the button to URL, a verb
	Since, Due time.Time
}

// MovingOrder is an order on its way.
type MovingOrder struct {
	Number, URL string
	Status      Status
	Pips        Pips
	Partner     string
	Due         Date
}

// InboxPage is /c/{slug}/inbox. A row posts to URL+"/{id}/read", the page to URL+"/read-all". Fragment "inbox.list".
type InboxPage struct {
	Base
	URL         string
	SettingsURL string
	View        string // the tab that is shown
	Tabs        []Tab
	Groups      []NoticeGroup
	Pager       Pager
	Unread      int
}

// NoticeGroup is what a person is told about one object: the newest, and what was before.
// Its forms post to URL + "/{id}/done", "/reopen", "/snooze", "/mute", "/read".
type NoticeGroup struct {
	Notice
	Earlier []Notice
	More    int // how many there are before the newest
	Until   time.Time
	Muted   bool
	CanMute bool
}

// Notice is one line of the inbox.
type Notice struct {
	ID     string
	Unread bool
	Tone   Tone
	Icon   string
	Text   Text
	Sub    Text
	URL    string
	At     time.Time
}

// FindPage is /c/{slug}/find?q=…, also the palette (fragment "find.results").
type FindPage struct {
	Base
	URL   string
	Query string
	Hits  []Hit
}

// Hit is one thing found.
type Hit struct {
	Icon   string
	Title  Text
	Sub    Text
	URL    string
	Status *Status
}

// CataloguePage is /c/{slug}/catalogue. Prices has one column per currency the viewer may see; the fragment is "catalogue.list".
type CataloguePage struct {
	Base
	FileURL    string // products from a file
	NumbersURL string // item numbers of partners from a file
	Tabs       []Tab
	Filters    Filters
	Currencies []string
	Products   []ProductRow
	Pager      Pager
	Stock      bool   // some stock is told
	NewURL     string // the viewer may add products
	CSVURL     string
}

// ProductRow is a product with its price per currency, in the order of Currencies; an empty Money where there is none.
type ProductRow struct {
	URL             string
	SKU, Name, GTIN string
	BuyerItem       string // the viewer's own number
	Status          Status // set where it is not plainly sold
	Stock           Status
	StockNote       Text
	Supplier        string // set where the viewer buys from several
	Family          Text
	Unit            string // unit code
	Pack            Text   // "10 × 6 EA"
	Prices          []Money
	From            Date // price valid from
	OrderURL        string
}
