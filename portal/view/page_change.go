package view

import "time"

// ChangeBox is a change of an order that its buyer asks for, on the order's page. Open
// ones stand in a banner, with the form of the answer for who may give it: names
// {id}.{position}.do (grant, refuse), .quantity and .reason, posted to URL. Answered
// ones are listed below the lines.
type ChangeBox struct {
	URL      string // of the answer; empty: the viewer only reads
	BackURL  string // where its buyer withdraws it
	ID       string
	Number   string
	Revision string
	Title    Text
	Note     string
	At       time.Time
	Due      Text // who is to answer
	Status   Status
	Lines    []ChangeRow
	Form     Form
	Reasons  []Option
}

// ChangeRow is a line of it. Notes are the sentences about what of it is too late, and
// what was answered.
type ChangeRow struct {
	Position  int
	Number    string // the line; empty for a new one
	Name, SKU string
	What      Text // "withdraw", "new line", "change"
	Diffs     []HeldDifference
	Notes     []Text
	Verdict   Status // zero while it is open
	Late      bool   // nothing of it can be done
	Quantity  bool   // another quantity may be granted
}

// ChangeForm asks for a change. Names: line.{line}.quantity, .price, .date, .cancel;
// new.{i}.sku, .quantity, .unit, .price, .date; note; the button named all withdraws the
// whole order.
type ChangeForm struct {
	Form   Form
	Lines  []ChangeFormLine
	Fresh  []int // indexes of the empty lines
	Prices bool
}

// ChangeFormLine is a line with what stands in its inputs.
type ChangeFormLine struct {
	Number                int
	Name, SKU             string
	Now                   Text // "ordered 240, shipped 120"
	Quantity, Price, Date string
	Cancel                bool
}
