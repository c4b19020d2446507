// Package call keeps the calls of rooms: who may take part, who does, and the line in
// the room's sequence when a call begins and ends. Sound and pictures never come here;
// browsers send them to one another (or through chat/relay), and chat/socket carries
// what they must say to each other for that.
//
// A room has at most one open call. Who takes part is a party: one connection of one
// person, named by an id that is new each time. A call is over when its last party is
// gone. A node says again and again which parties it holds; those of a node that fell
// over are taken out when nobody spoke for them for Lease.
package call

import (
	"time"

	"entente/chat/room"
)

// ID names a call, Peer a party of it.
type (
	ID   string
	Peer string
)

// Limits of a call.
const (
	// MaxParties is how many may send to each other: a line that carries five pictures up
	// is rare. A forwarder takes more (Deps.Most).
	MaxParties = 6
	// Lease is how long a party stays that no node speaks for.
	Lease = 75 * time.Second
	// RingFor is how long those called are asked to answer.
	RingFor = 45 * time.Second
	// HostLease is how long a call stays with a forwarding node that is silent.
	HostLease = 45 * time.Second
	// KeepFor is how long the rows of a call are kept after its end. What the room knows of
	// it is its lines, which go by the room's retention.
	KeepFor = 7 * 24 * time.Hour
)

// The lines of a call in its room, as kinds of an event.
const (
	LineBegan  = "call.began"
	LineEnded  = "call.ended"
	LineMissed = "call.missed" // nobody but who began it took part
)

// EventMissed is published when a call is over, once for all who missed it.
const EventMissed = "call.Missed"

// Missed is the payload of EventMissed: those who were rung, and neither took part nor
// declined.
type Missed struct {
	Room    room.ID  `json:"room"`
	Seq     int64    `json:"seq"`    // of the line that tells the end
	Person  string   `json:"person"` // who called
	Org     string   `json:"org"`
	Persons []string `json:"persons"`
	Orgs    []string `json:"orgs"` // the company of each
}

// SubjectCall is the kind of a line's subject.
const SubjectCall = "call"

// Flags are what a party sends at the moment.
type Flags struct {
	Mic    bool `json:"mic"`
	Camera bool `json:"camera"`
	Screen bool `json:"screen"`
}

// Party is one connection in a call.
type Party struct {
	Peer Peer        `json:"peer"`
	From room.Author `json:"from"`
	Flags
}

// State is a call at a moment. Rev rises with every change: what is older is ignored.
type State struct {
	ID      ID
	Room    room.ID
	Rev     int64
	Begun   time.Time
	Ended   time.Time // zero while it runs
	By      room.Author
	Relay   bool    // its parties reach each other through the server alone
	SFU     bool    // each sends to the forwarder alone
	Node    string  // which forwards it; empty: none, or none any more
	Most    int     // may take part
	Parties []Party // those who are in it, the first first
}

// Open says that the call runs.
func (s State) Open() bool { return s.Ended.IsZero() }

// Has says that the party is in it.
func (s State) Has(p Peer) bool {
	for _, x := range s.Parties {
		if x.Peer == p {
			return true
		}
	}
	return false
}

// Member is a person acting for a company.
type Member struct {
	Person, Org string // ids
}
