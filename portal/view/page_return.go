package view

import "time"

// ReturnBox is goods that go back, on the order's page. What may be done next is one form:
// "decide" (names {id}.{position}.quantity, {id}.rma, {id}.answer; buttons do=grant, refuse),
// "arrive" ({id}.{position}.quantity) or "credit", posted to URL + "/" + Next.
type ReturnBox struct {
	URL    string
	ID     string
	Number string
	RMA    string
	Title  Text
	Note   string
	Answer string
	At     time.Time
	Status Status
	Lines  []ReturnRow
	Next   string // empty: the viewer only reads
	Waits  Text   // for whom
	Form   Form
}

// ReturnRow is a line of it. Figures are the quantities that are known.
type ReturnRow struct {
	Position  int
	Number    int
	Name, SKU string
	Reason    Text
	Figures   []KV
	Quantity  string // what stands in the input
}

// ReturnForm asks to send goods back. Names: line.{line}.quantity, .reason; number, note.
type ReturnForm struct {
	Form    Form
	Lines   []ReturnFormLine
	Reasons []Option
}

// ReturnFormLine is a line that was delivered.
type ReturnFormLine struct {
	Number           int
	Name, SKU        string
	Open             Quantity
	Quantity, Reason string
}
