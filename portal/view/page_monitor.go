package view

import "time"

// MonitorPage is /c/{slug}/edi/monitor: what runs, what is late, what waits for a
// person. Fragment "monitor.body".
type MonitorPage struct {
	Base
	Spans     []Tab
	Wider     string // the week, where there is nothing in a shorter span
	Documents int    // of the span
	In, Out   int
	Refused   int
	Persons   int // what waits for a person
	LateCount int
	Oldest    time.Duration // how long the oldest acknowledgement is overdue
	Chart     Bars
	States    []StateTally
	Late      []LateRow
	Stuck     []StuckRow
	Errors    []ErrorRow
	Looked    int // refused messages that Errors speaks of
	Rows      []MessageRow
	ListURL   string
	Answers   []LateAnswer // orders whose answer is overdue, the longest first
	Unsaid    int          // how many there are
	AllLate   string       // address of all of them
}

// LateAnswer is an order that the supplier should have answered. Ours says that the
// viewer's company is the supplier.
type LateAnswer struct {
	URL     string
	Partner Company
	Number  string
	Ours    bool
	Due     time.Time
}

// Bars is a bar chart drawn here: a view box of 600 by 112, the base line at its foot.
// Say is its message in a sentence. Labels stand below, first and last at the edges.
type Bars struct {
	Bars   []Bar
	Labels []time.Time
	Days   bool // the labels are days, not times of day
	Say    Text
	Most   int
}

// Bar is one of them; Bad marks it below the base line.
type Bar struct {
	X, Y, W, H int
	Bad        bool
	Words      Text
}

// StateTally counts documents of both directions in a state.
type StateTally struct {
	State   State
	In, Out int
}

// AckWait is an acknowledgement that is overdue, or was confirmed by hand. Buttons post
// to the message's address + "/ask", "/confirm" (field "reason") and "/resend".
type AckWait struct {
	Done                          bool
	Title, Text, Note             Text
	CanAsk, CanConfirm, CanResend bool
}

// LateRow is an overdue acknowledgement of the monitor.
type LateRow struct {
	URL     string
	Partner Company
	Types   []string
	Number  string
	Wait    AckWait
}

// StuckRow is a message that waits for a person: held, parked or not delivered.
type StuckRow struct {
	URL     string
	Partner Company
	Types   []string
	Number  string
	Status  Status
	Reason  Text
	Since   time.Time
	Deeds   Deeds
}

// Deeds are what the viewer may do with a message beside answering it. Each posts to
// the message's address + "/resend", "/reprocess", "/hold", "/release"; Answer shows
// process and discard, posted to "/held".
type Deeds struct {
	Resend, Reprocess, Hold, Release, Answer bool
}

// Any says whether there is a button to show.
func (d Deeds) Any() bool { return d.Resend || d.Reprocess || d.Hold || d.Release || d.Answer }

// ErrorRow is a rule that the documents of a partner break.
type ErrorRow struct {
	URL     string // an example
	Partner Company
	Own     bool // the viewer's company sent them
	Text    Text
	Key     string
	Sets    int
}

// ClockSetting is how long the viewer's company waits for acknowledgements of a partner.
// It posts hours and receipt_hours to the page's address + "/clock".
type ClockSetting struct {
	Form     Form
	Editable bool
}
