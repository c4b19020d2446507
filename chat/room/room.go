// Package room keeps the rooms in which companies talk: who may enter, the
// messages with their sequence numbers, and the read marks.
//
// A room has a subject (a partnership, an order) and companies. Everyone of
// those companies whose role may see the subject may enter; a row in
// room_member exists only for those who entered or posted. The table is the
// truth of a conversation: a number is taken from the room's counter in the
// transaction of the insert, so the order of numbers is the order of commits,
// without gap and without repeat. Live delivery (chat/hub) may lose or repeat;
// it is mended from here.
//
// Times are UTC. Sequence numbers start at 1.
package room

import (
	"context"
	"time"

	"entente/prm/access"
)

// ID names a room.
type ID string

// Subject is what a room is about. Kind is a word such as "partnership" or
// "order"; the pair is unique among rooms.
type Subject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Kind says what a message is.
type Kind string

// The kinds of a message. Both take a number of the same sequence.
const (
	Said  Kind = "message" // written by a person
	Event Kind = "event"   // a system line about the subject
	Act   Kind = "act"     // something done to an earlier message: on the wire an event with its author
)

// The acts, as kinds of an event. Their subject is the message they were done to.
const (
	ActEdited   = "message.edited"
	ActRemoved  = "message.removed"
	ActReacted  = "message.reacted"
	ActPinned   = "message.pinned"
	ActUnpinned = "message.unpinned"
)

// ViaMail is how somebody acts who wrote a mail.
const ViaMail = "mail"

// via is what is kept of how an actor came to write.
func via(a access.Actor) string {
	if a.Via == ViaMail {
		return ViaMail
	}
	return ""
}

// SubjectMessage is the kind of an act's subject; its id is the message's number.
const SubjectMessage = "message"

// Limits of a message.
const (
	MaxText     = 16 << 10 // characters of text
	MaxKey      = 64       // bytes of a client key
	MaxGap      = 500      // more missing messages than this are not replayed: reload
	MaxHistory  = 200      // rows of one History call
	maxArgs     = 8 << 10  // bytes of an event's values as JSON
	maxRoomOrgs = 50       // companies of one room
)

// Room is one room as its members see it.
type Room struct {
	ID       ID
	Subject  Subject
	Title    string   // plain value such as an order number; the word before it is the page's
	Orgs     []string // ids of its companies, sorted
	Epoch    string   // changes when the history was lost or trimmed
	LastSeq  int64    // the latest number, 0 when empty
	ToldSeq  int64    // the latest number that is no act
	ReadOnly bool     // the partnership ended: reading stays, posting does not
	Created  time.Time

	Maker  string              // of a free room: the company that made it
	Open   bool                // a free room of more than two companies
	By     string              // and the person
	Guests map[string][]string // of a free room: who was chosen, by company; one without is there as a whole
}

// Resource is the room as access.Check sees it.
func (r Room) Resource() access.Resource { return access.Resource{Members: r.Orgs} }

// Author is who wrote a message, as shown to members. Org is the slug of the
// company written for, Company its name.
type Author struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Org     string `json:"org"`
	Company string `json:"company,omitempty"`
}

// Message is one number of a room's sequence.
type Message struct {
	Room    ID
	Seq     int64
	Kind    Kind
	Key     string // the author's own key, one message however often it is sent
	From    Author // zero for events
	Text    string // what the person wrote; empty for events and when removed
	Thread  int64  // number of the message this answers, 0 for none
	Removed bool   // content taken away, the number stays
	Edited  bool
	At      time.Time
	Via     string // by what it came: ViaMail, or ""

	Event   string            // kind of event, such as "order.received"
	Subject Subject           // what the event is about
	Args    map[string]string // values for the event's sentence in the reader's language

	Mentions []Mention // whom the text names
	Files    []File
	Target   int64  // of an act: the message it was done to
	Body     string // of an edit: the text as it is now
	Emoji    string // of a reaction
	On       bool   // of a reaction: set or taken back

	// What History adds; live frames carry it as acts.
	Reactions  []Reaction
	Pinned     bool
	Answers    int // in the thread that begins here
	LastAnswer time.Time
	RemovedBy  Author
}

// Mention is a person named in a message.
type Mention struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Org  string `json:"org"` // slug
}

// Reaction is one emoji under a message.
type Reaction struct {
	Emoji   string
	Persons []string // ids, in the order in which they reacted
}

// Position is where a room stands.
type Position struct {
	Epoch string
	Seq   int64
}

// Spec asks for a room.
type Spec struct {
	Subject Subject
	Title   string
	Orgs    []string // company ids
}

// Draft is a message to be posted.
type Draft struct {
	Room   ID
	Key    string   // made by the client, unique per author and room, 1 to MaxKey bytes
	Text   string   // 1 to MaxText characters after trimming
	Thread int64    // 0 or the number of a message of the room
	Files  []FileID // brought before by the same person; Text may then be empty
}

// Line is a system line to be written. Key makes it idempotent: the id of the
// event it came from.
type Line struct {
	Room    ID
	Key     string
	Kind    string  // such as "order.received"; its sentence lives in portal/locale
	Subject Subject // what the line is about; zero takes the room's subject
	Args    map[string]string
}

// Window chooses a part of a room's history. After and Before are exclusive; 0
// means open. With After the oldest rows above it are returned, else the newest
// below Before; always in ascending order. Limit is 1 to MaxHistory, 0 = 50. Thread
// chooses the answers to one message, without it.
type Window struct {
	After, Before int64
	Limit         int
	Thread        int64

	forward bool // oldest first even from 0: the node's own reading
}

// Listed is a room in somebody's list.
type Listed struct {
	Room
	Companies []Company // the companies of the room
	Unread    int64     // numbers above the person's read mark; 0 for rooms never entered
	Entered   bool
	LastAt    time.Time // time of the latest message, Created when empty
	Level     Level
	Last      Message // the latest message; Seq 0 when the room is empty
	ReadSeq   int64   // the person's read mark
}

// Company is a company as members of a shared room see it.
type Company struct {
	ID, Slug, Name string
}

// Person is one of a company's present people.
type Person struct {
	ID, Name string
	Org      string // company id
	Roles    []access.Role
}

// People tells who the companies' people are. It is a port: prm/account knows,
// portal/app ties it. Every method returns only what exists; an unknown id is
// absent, never an error.
type People interface {
	// Staff lists the active people of the companies with their present roles.
	Staff(ctx context.Context, orgs []string) ([]Person, error)
	// Names returns the names of persons by id, leavers included, since their
	// messages stay.
	Names(ctx context.Context, persons []string) (map[string]string, error)
	// Companies returns companies by id.
	Companies(ctx context.Context, orgs []string) (map[string]Company, error)
}

// Gate says whether the actor's role may see a subject. It is asked after the
// company was found to be in the room. A refusal is NotFound.
type Gate interface {
	MaySee(ctx context.Context, actor access.Actor, subject Subject) error
}

// Gates is a Gate that answers for many subjects at once: true for those that MaySee lets in.
type Gates interface {
	Gate
	SeeAll(ctx context.Context, actor access.Actor, of []Subject) (map[Subject]bool, error)
}

// OpenGate lets everyone of the room's companies in, as access.RoomRead does.
type OpenGate struct{}

// MaySee implements Gate.
func (OpenGate) MaySee(context.Context, access.Actor, Subject) error { return nil }

// Publisher is told after the commit. It must not block and may lose: whoever
// needs certainty reads the table. chat/socket implements it.
type Publisher interface {
	// Published is called once for each new message of a room.
	Published(m Message)
	// Left is called when a company was taken out of a room.
	Left(room ID, org string)
	// LeftPerson is called when somebody was taken out of a room, and the company was not.
	LeftPerson(room ID, person, org string)
}

// Silent publishes nothing; for commands that have no live connections.
type Silent struct{}

// Published implements Publisher.
func (Silent) Published(Message) {}

// Left implements Publisher.
func (Silent) Left(ID, string) {}

// LeftPerson implements Publisher.
func (Silent) LeftPerson(ID, string, string) {}
