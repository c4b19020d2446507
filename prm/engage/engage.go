// Package engage keeps engagements: what several companies do together to win one
// customer. The company that began one owns it and invites others in roles.
//
// Nobody edits what another company keeps. Each has a section of its own (stage, forecast,
// next step, private notes), and shows others a snapshot of chosen fields: a copy that never
// changes, in revisions that run for each reader.
//
// The wall. Whether those who take part are shown to each other is said before the first
// invitation and is part of what an invited company accepts by its hash. Where they are not
// shown, every company knows the owner and nobody else: it reads, tasks, hand-overs,
// snapshots, a room and a text of the split of its own, whose numbers run for it alone, and
// nothing that another company does changes what it sees, in content, count, number or order.
// Where they are shown, a company is named once it accepted, to those who accepted too; an
// invitation stays between its two companies in either case. Party.knows is that rule, and
// everything that names a company asks it.
package engage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// ID identifies an engagement.
type ID string

// State of an engagement.
type State string

// The states.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Outcomes with which the owner closes one.
var Outcomes = []string{"won", "lost", "stopped"}

// SeatState is where a company stands in an engagement; the key of its word is
// "state.engage.<state>".
type SeatState string

// The states of a seat.
const (
	Invited   SeatState = "invited"
	Active    SeatState = "active"
	Declined  SeatState = "declined"
	Withdrawn SeatState = "withdrawn" // the invitation was taken back
	Left      SeatState = "left"
	Expired   SeatState = "expired" // nobody answered in time
)

// SeatStates lists them.
var SeatStates = []SeatState{Invited, Active, Declined, Withdrawn, Left, Expired}

// Deed is a step of a seat, or of the whole engagement.
type Deed string

// The deeds.
const (
	Invite   Deed = "invite"
	Accept   Deed = "accept"
	Decline  Deed = "decline"
	Withdraw Deed = "withdraw"
	Leave    Deed = "leave"
	Remove   Deed = "remove"
	Expire   Deed = "expire" // the clock
)

// Deeds lists them.
var Deeds = []Deed{Invite, Accept, Decline, Withdraw, Leave, Remove, Expire}

// steps is the machine of a seat: who moves it, from where, to where. The empty state is that
// of a company that was never invited.
var steps = map[Deed]struct {
	owner bool // the owner's deed, not that of the company in the seat
	from  []SeatState
	to    SeatState
}{
	Invite:   {true, []SeatState{"", Declined, Withdrawn, Left, Expired}, Invited},
	Accept:   {false, []SeatState{Invited}, Active},
	Decline:  {false, []SeatState{Invited}, Declined},
	Withdraw: {true, []SeatState{Invited}, Withdrawn},
	Leave:    {false, []SeatState{Active}, Left},
	Remove:   {true, []SeatState{Active}, Left},
	Expire:   {true, []SeatState{Invited}, Expired},
}

// may says whether a deed may be done to a seat that is in a state.
func may(d Deed, owner bool, from SeatState) bool {
	s, ok := steps[d]
	if !ok || s.owner != owner {
		return false
	}
	for _, x := range s.from {
		if x == from {
			return true
		}
	}
	return false
}

var reasons = map[Deed][]string{
	Decline: {"no_capacity", "conflict", "unknown_customer", "terms", "other"},
	Leave:   {"no_capacity", "conflict", "customer_wish", "done", "other"},
	Remove:  {"done", "customer_wish", "other"},
}

// ReasonPartnership is why a company left whose partnership with the owner ended.
const ReasonPartnership = "partnership"

// ReasonsFor are the coded reasons of a deed; none: it takes none.
func ReasonsFor(d Deed) []string { return reasons[d] }

// Roles in which companies take part.
var Roles = []string{"manufacturer", "distributor", "reseller", "services", "integrator", "referrer", "other"}

// Stages are the common stages of a section, by which those of several companies compare.
var Stages = []string{"prospect", "qualified", "technical", "business", "committed", "launched", "lost"}

// The kinds of what an engagement began from.
const (
	FromDeal  = "deal"
	FromLead  = "lead"  // of the owner's list
	FromOffer = "offer" // a lead that the owner accepted from a partner
)

// About is what an engagement began from; zero: it is about a customer alone.
type About struct {
	Kind   string
	ID     string
	Number string
}

// Seat is a company in an engagement, as those see it who know it.
type Seat struct {
	ID         string
	Org        string
	Role       string
	State      SeatState
	Message    string // of the owner to this company
	Invited    time.Time
	InvitedBy  string
	Answered   time.Time
	AnsweredBy string
	Joined     time.Time // first; zero: it never accepted
	Left       time.Time
	Reason     string
	Comment    string
	Due        time.Time // an invitation is to be answered until then; zero: as long as it stands
	offer      Terms     // what the company was invited on: teaser, country, band, shown
	supplies   bool      // it is the supplier of another company in here
}

// Resource is the company's part of an engagement, as access.Check sees it for its people.
func (x Seat) Resource(owner string) access.Resource {
	switch {
	case x.supplies:
		return access.Resource{Supplier: x.Org}
	case x.Org == owner:
		return access.Own(x.Org)
	}
	return access.Resource{Members: []string{x.Org}}
}

// Terms are what the owner says of the engagement before anybody is invited. Teaser, Country
// and Band are all that an invited company reads of the case.
type Terms struct {
	Title    string
	Customer string
	Purpose  string // what is to be done together
	Teaser   string // names nobody
	Country  string // ISO code of the customer
	Band     string // one of Bands: how large, roughly
	Shown    bool   // who takes part is shown to who takes part
}

// Bands of value, in words: the currency is the reader's own affair.
var Bands = []string{"small", "medium", "large", "very_large"}

// Item is what lists show. Title and Customer are in Full, which is nil before the viewer's
// company accepted.
type Item struct {
	ID      ID
	Number  string // "E-48291573": random, it counts nothing
	Owner   string
	State   State
	Seat    SeatState
	Role    string
	Teaser  string
	Full    *Full
	Waits   bool      // for the viewer
	Due     time.Time // of an invitation
	Changed time.Time
}

// Full is what a company reads of the head once it accepted.
type Full struct{ Title, Customer string }

// Invitation is an engagement before the viewer's company accepted: another type, not a
// Detail with blanks.
type Invitation struct {
	ID      ID
	Number  string
	Owner   string
	State   State
	Seat    Seat // the viewer's own
	Teaser  string
	Country string
	Band    string
	Shown   bool
	Hash    string // of what is accepted
}

// Detail is an engagement as a company sees it that accepted, or that owns it. Everything in
// it is chosen for that company.
type Detail struct {
	ID      ID
	Number  string
	Owner   string
	State   State
	Terms   // Purpose is empty for who left
	About   About
	Outcome string
	Comment string
	Made    time.Time
	MadeBy  string
	Closed  time.Time
	Mine    Seat
	Seats   []Seat // those the viewer knows, its own among them, the owner first
	Room    string // id of the subject of the viewer's room; several for an owner that hides them: Rooms
	Rooms   map[string]string
	Splits  []Split
	Tasks   []Task
	Hands   []Handover
	Got     []Received // the newest revision of each publisher
	Sent    []Sent
}

// Seen is an engagement as the actor's company sees it: one of the two.
type Seen struct {
	Invitation *Invitation
	Detail     *Detail
}

// party is who looks at an engagement.
type party struct {
	org   string
	owner string
	shown bool
	seats map[string]Seat
}

// knows says whether the viewer may learn that org takes part.
func (p party) knows(org string) bool {
	if org == p.org || org == p.owner {
		return org != ""
	}
	o, ok := p.seats[org]
	if !ok {
		return false
	}
	if p.org == p.owner {
		return true
	}
	v := p.seats[p.org]
	if !p.shown || v.Joined.IsZero() || o.Joined.IsZero() || v.State == Invited {
		return false
	}
	return v.State == Active || o.Joined.Before(v.Left)
}

// both says whether the viewer may see what passed between two companies.
func (p party) both(a, b string) bool {
	if !p.knows(a) || !p.knows(b) {
		return false
	}
	return p.shown || p.org == p.owner || a == p.org || b == p.org
}

// until is when the viewer's view ends; zero: it does not.
func (p party) until() time.Time {
	if v := p.seats[p.org]; v.State != Active {
		return v.Left
	}
	return time.Time{}
}

// late says that something was made after the viewer left.
func (p party) late(made time.Time) bool {
	u := p.until()
	return !u.IsZero() && made.After(u)
}

// check is the right of an actor in an engagement. A company that is the supplier of another
// one in it is there as such: its sales people, who may sell beside its partners, do not read.
func check(a access.Actor, act access.Action, p party) error {
	res := access.Resource{Owner: p.owner}
	for org := range p.seats {
		if org != p.owner {
			res.Members = append(res.Members, org)
		}
	}
	if p.seats[a.Org].supplies && shut(a) {
		return notFound()
	}
	return access.Check(a, act, res)
}

// shut says that an actor does not read where his company is a supplier.
func shut(a access.Actor) bool {
	return fault.IsNotFound(access.Check(a, access.EngageRead, access.Resource{Supplier: a.Org}))
}

// stood are tasks as they stood when the viewer's view ended, in the order of that time.
func (p party) stood(list []Task) []Task {
	if p.until().IsZero() {
		return list
	}
	for i := range list {
		if t := &list[i]; p.late(t.Done) {
			t.Done, t.DoneBy = time.Time{}, ""
		}
	}
	slices.SortStableFunc(list, func(a, b Task) int {
		return cmp.Or(cmp.Compare(min(1, db.Micros(a.Done)), min(1, db.Micros(b.Done))), strings.Compare(cmp.Or(a.Due, "9"), cmp.Or(b.Due, "9")), a.Made.Compare(b.Made), strings.Compare(a.ID, b.ID))
	})
	return list
}

// passed is a hand-over as it stood when the viewer's view ended.
func (p party) passed(h Handover) Handover {
	if p.late(h.Answered) {
		h.State, h.Answered, h.AnsweredBy, h.Comment = HandOffered, time.Time{}, "", ""
	}
	return h
}

// Share is a part of the revenue in hundredths of a percent.
type Share struct {
	Org  string `json:"org"`
	Part int    `json:"part"`
}

// Whole is what the shares of a split sum to.
const Whole = 10_000

// The states of a split as a company sees its text.
const (
	SplitOpen      = "open"      // its answer is waited for
	SplitGiven     = "given"     // it agreed; it is not in force yet
	SplitRefused   = "refused"   // it refused
	SplitInForce   = "in_force"  // all agreed
	SplitReplaced  = "replaced"  // by a later one
	SplitWithdrawn = "withdrawn" // by who proposed it
)

// Split is one text of the split of revenue as a company sees it: all shares where those who
// take part are shown to each other and for the owner, else its own. Number counts the texts
// of this company.
type Split struct {
	ID      string
	Number  int
	State   string
	Shares  []Share
	Note    string
	Hash    string // of this text; AgreeSplit asks for it
	Answers []Answer
	Org     string // who proposed it
	By      string
	Made    time.Time
	Since   time.Time // in force
	Ready   bool      // the owner may put it in force: all others agreed
	Strange bool      // it was made for other companies than those that take part now
}

// Answer is where a company stands with a split.
type Answer struct {
	Org     string
	State   string // SplitOpen, SplitGiven or SplitRefused
	Comment string
	At      time.Time
}

// Task is something one company is to do.
type Task struct {
	ID      string
	Org     string // whose it is
	Person  string // of that company; empty: nobody in particular
	Title   string
	Due     string // civil date or empty
	Done    time.Time
	DoneBy  string
	MadeOrg string
	MadeBy  string
	Made    time.Time
}

// The states of a hand-over.
const (
	HandOffered   = "offered"
	HandTaken     = "taken"
	HandRefused   = "refused"
	HandWithdrawn = "withdrawn"
)

// Handover is something that passes from one company to another; it passed when taken.
type Handover struct {
	ID         string
	From, To   string
	What       string
	Note       string
	Due        string
	State      string
	Made       time.Time
	MadeBy     string
	Answered   time.Time
	AnsweredBy string
	Comment    string
}

func hashOf(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}

// offerHash is the hash of what an invited company accepts.
func offerHash(e row, s Seat) (string, error) {
	return hashOf(struct {
		ID, Owner, Teaser, Country, Band, Role, Message string
		Shown                                           bool
	}{e.ID, e.OwnerID, s.offer.Teaser, s.offer.Country, s.offer.Band, s.Role, s.Message, s.offer.Shown})
}

// The bounds of an engagement.
const (
	MaxSeats   = 20
	MaxSplits  = 100
	MaxTasks   = 200 // of one company and the owner where others are not shown to it
	MaxHands   = 100 // likewise
	MaxOwn     = 20  // private fields
	MaxAnswers = 50
	AnswerDays = 14 // to answer an invitation that names no days
	MostDays   = 60
)

// Filter chooses engagements. View "" is all of them.
type Filter struct {
	View    string
	Partner string // a company that the viewer knows in it
	Kind    string // with Ref: what the viewer's company began from it
	Ref     string
	Query   string
	After   string
	Limit   int // default 50, at most 200
}

// The views of a list.
const (
	ViewInvited = "invited" // the viewer's company is to answer
	ViewOpen    = "open"
	ViewOver    = "over" // closed, declined, left
)

// Views lists them.
var Views = []string{ViewInvited, ViewOpen, ViewOver}

// Page is a page of engagements, what changed last for the viewer first.
type Page struct {
	Items []Item
	Next  string
}

// BeginCmd begins an engagement. Key makes a repeated post the same one.
type BeginCmd struct {
	Terms
	Key   string
	Kind  string // one of From…, or empty
	Ref   string // id of the deal, lead or offer
	Role  string // of the own company
	Stage string // of the own section; empty: prospect
	Value money.Amount
}
