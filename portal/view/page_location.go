package view

import "time"

// LocationsPage is /c/{slug}/edi/connections/{id}/locations: the places of a partnership and the codes that stand for them. The form posts to
// URL + "/locations", with the id of the place that is changed; removal to URL + "/locations/{id}/remove". Fragment "locations.list".
type LocationsPage struct {
	Base
	Connection
	Filters Filters
	Rows    []LocationRow
	Pager   Pager
	Waiting int  // orders that are held for a ship-to nobody knows
	CanEdit bool // the viewer keeps the list
	Form    Form
	Opened  bool
	Checked bool // the agreement holds orders whose ship-to is not listed
}

// LocationRow is one place. Codes are written with their qualifiers.
type LocationRow struct {
	ID, Name, Address, Number, GLN string
	Codes                          []string
	Changed                        time.Time
	EditURL                        string // empty: the viewer only reads
}

// HeldPlace is the banner of an order whose ship-to nobody knows. Forms post to the order's URL + "/locate" (place: the id of a known one, or new
// with the fields of one) and "/refuse".
type HeldPlace struct {
	Code      string // "92:KS-WKF1"
	Lines     []string
	Since     time.Time
	Owner     string
	Others    int
	Known     []Option // the likeliest first
	Guess     bool     // the first looks like the one that is meant
	More      bool     // there are more than are offered
	ListURL   string
	Form      Form
	CanMap    bool
	CanRefuse bool
	Ask       Text // asked before it is refused
}
