// Package promo keeps joint promotions: what a supplier and its partners agree to do
// together for a while, at which price, and what came of it.
//
// A promotion belongs to one company, its owner, who alone sees all of it. The others
// take part: participants buy under it, sponsors pay a share. Each of them reads a text
// of its own, the common terms and its own part, and never learns of the others, except
// by name where the terms say so (Terms.Named). So there are two types: Detail for the
// owner, Joined for who takes part.
//
// The owner proposes versions. A participant approves its text by the hash of what it
// read, proposes other words, or declines. What was approved never changes: another
// version is approved again, by those whose text differs, and until then the old one
// holds. Once everybody has approved, the promotion is agreed and begins on its day.
//
// An order line is judged when it is booked (Judge, a port of prm/trade) and followed
// until it is invoiced: at most one row per promotion and order line, replaced and never
// added to, so that it may be computed again from the documents (Rebuild).
package promo

import (
	"time"

	"entente/prm/access"
	"entente/prm/money"
)

// ID identifies a promotion.
type ID string

// State of a promotion, the same for all who take part.
type State string

// The states: draft → proposed → agreed → running → ended → settled, or cancelled.
const (
	Draft     State = "draft"
	Proposed  State = "proposed"
	Agreed    State = "agreed"
	Running   State = "running"
	Ended     State = "ended"
	Settled   State = "settled"
	Cancelled State = "cancelled"
)

// States lists them in the order of a promotion's life.
var States = []State{Draft, Proposed, Agreed, Running, Ended, Settled, Cancelled}

// Over says that nothing of it changes any more.
func (s State) Over() bool { return s == Settled || s == Cancelled }

// SeatState is where a company that takes part stands with the newest version.
type SeatState string

// The states of a seat.
const (
	Asked    SeatState = "asked"    // its answer is waited for
	Approved SeatState = "approved" // it approved the text as it stands
	Declined SeatState = "declined"
	Dropped  SeatState = "dropped" // a later version is without it
)

// Roles of who takes part.
const (
	Participant = "participant" // buys under the promotion
	Sponsor     = "sponsor"     // pays a share
)

// Why a promotion was cancelled by itself.
const ReasonNotAgreed = "not_agreed"

// Seat is one company that takes part.
type Seat struct {
	ID         string // of the seat: rooms and notices name it, never the promotion
	Org        string
	Role       string
	State      SeatState
	Hash       string // of its text in the newest version
	Asked      time.Time
	Answered   time.Time
	AnsweredBy string
	Reason     string         // of a decline
	Taken      money.Quantity // granted so far, in base units
	Volume     money.Quantity // by which the steps of all of the window go: see Terms.Cumulative
}

// Head is what lists show of a promotion. Seat is the viewer's own, nil for the owner.
type Head struct {
	ID       ID
	Number   string // "PR-2026-7K4F": it travels on orders, and counts nothing
	Owner    string
	Title    string
	State    State
	From     string // civil dates, both inside
	Until    string
	Zone     string
	Budget   money.Amount // the owner: the whole in its currency; else the seat's share
	Partners []string     // the owner's only
	Seat     *Seat
	Waiting  bool // for the viewer: an answer, or a counter-proposal to decide
	Tasks    int  // open ones the viewer sees
	Changed  time.Time
	Version  int64
}

// Version is one version of the terms.
type Version struct {
	ID       string
	Number   int    // from 1; 0 for a counter-proposal
	Org      string // who wrote it
	By       string
	State    string // Version… words
	Hash     string
	Note     string
	Made     time.Time
	Agreed   time.Time // zero: not by all
	Answered time.Time // of a counter-proposal
	Terms    Terms
}

// States of a version.
const (
	VersionOpen      = "open"
	VersionAgreed    = "agreed"
	VersionReplaced  = "replaced"
	VersionDeclined  = "declined"
	VersionWithdrawn = "withdrawn"
	VersionAdopted   = "adopted" // of a counter-proposal: the owner took it over
)

// Detail is a promotion as its owner sees it. Draft is nil where nothing is being
// written, InForce where nothing is agreed.
type Detail struct {
	Head
	Draft    *Terms
	Open     *Version // waits for approvals
	InForce  *Version
	Versions []Version // the newest first, without terms
	Counters []Version // open ones
	Seats    []Seat
	Tasks    []Task
	Log      []Entry
	Reason   string // of a cancelled one
	MadeBy   string
	Settled  time.Time
	Approval string // the request (prm/approval) for which the proposal waits, "" for none
}

// Text is what stands in the newest version, or in the draft where there is none.
func (d Detail) Text() Terms {
	switch {
	case d.Open != nil:
		return d.Open.Terms
	case d.InForce != nil:
		return d.InForce.Terms
	case d.Draft != nil:
		return *d.Draft
	}
	return Terms{}
}

// Joined is a promotion as a company that takes part sees it. Text is its own: the
// common terms and its own part. InForce is nil until everybody agreed.
type Joined struct {
	Head
	Text    Terms
	Hash    string // of Text; Approve asks for it
	Number  int    // of its texts, from 1
	Note    string // of the owner to the version
	InForce *Terms
	Held    bool   // it agreed once and takes part no more: what it earned stays its own
	Before  *Terms // the text before this one
	Counter *Version
	Tasks   []Task
	Log     []Entry
	Named   []string // companies that take part, where the terms name them
	Reason  string
}

// Resource is the promotion as access.Check sees it; seats are those who may read it.
func resource(owner string, seats []Seat) access.Resource {
	r := access.Resource{Owner: owner}
	for _, s := range seats {
		r.Members = append(r.Members, s.Org)
	}
	return r
}

// Task is something one company is to do, seen by it and by the owner.
type Task struct {
	ID     string
	Org    string
	Title  string
	Due    string // civil date or empty
	Done   time.Time
	DoneBy string
	MadeBy string
	Made   time.Time
}

// Entry is one line of the history that the viewer sees. Kind is also the end of the
// locale key "promolog.<kind>".
type Entry struct {
	Kind   string
	Org    string
	Person string
	Number int
	Text   string
	At     time.Time
}

// Filter chooses promotions. Empty fields choose all.
type Filter struct {
	States   []State
	Partner  string // company that takes part, or the owner
	Waiting  bool   // for the viewer
	Query    string // title or number
	From, To string // civil dates: the windows that touch them
	After    string
	Limit    int // default 50, at most 200
}

// Page is a page of promotions, the next to begin last; Next is empty at the end.
type Page struct {
	Items []Head
	Next  string
}
