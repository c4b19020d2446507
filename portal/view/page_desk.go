package view

// BulkConfirmPage is the answer to POST /c/{slug}/orders/confirm: the orders that were picked with their doubts, and with go=1 what became of each. The form posts order (id:version), back and go to URL.
type BulkConfirmPage struct {
	Base
	URL, BackURL string
	Back         string
	Done         bool
	Clean        int
	Confirmed    int
	Rows         []BulkRow
}

// BulkRow is one of them.
type BulkRow struct {
	URL, Number string
	Value       string
	Partner     Company
	Lines       int
	Total       Money
	Status      Status
	Why         Text
	Clean       bool
}

// SavedViews are the views kept of a list. The form posts name, shared and query (Here, that of the address) to URL, a removal to URL + "/{id}/remove".
type SavedViews struct {
	URL, Here string
	Rows      []SavedView
}

// SavedView is a list under a name.
type SavedView struct {
	ID, Name, URL string
	Shared, On    bool
	CanDrop       bool
}
