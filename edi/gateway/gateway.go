// Package gateway is the only stateful EDI package: it takes interchanges in,
// judges them set by set, hands orders to the business, answers with 997s and
// keeps what goes out until the partner fetched it.
//
// Receive says yes only after the bytes and their row are durable. A drain then
// works through what is due, lane by lane (a lane is a partnership and a
// direction), so that a flooding or broken partner delays nobody. Every set is
// stored in the transaction that books its order; the acknowledgement of a group
// is stored in the transaction of its last set. A crash resumes after the last
// stored set; a worker that lost its claim cannot commit (see fence).
//
// An interchange belongs to both companies of its partnership; to anybody else
// it does not exist.
package gateway

import (
	"math/rand/v2"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/format"
	"entente/edi/wire"
)

// State is where an interchange stands.
type State string

// The states. Received waits to be processed; Held waits for an answer of a
// person; Failed is parked after too many tries, its bytes intact.
const (
	Received  State = "received"
	Processed State = "processed"
	Held      State = "held"
	Failed    State = "failed"
)

// The results of a processed interchange; empty before.
const (
	ResultAccepted = "accepted"
	ResultPartly   = "partly"
	ResultRejected = "rejected"
)

// The business outcomes of a set.
const (
	BusinessBooked    = "booked"        // it was booked: an order, answer, shipment or invoice stands
	BusinessDuplicate = "duplicate"     // it was known already, nothing new
	BusinessWaiting   = "waiting_order" // for the order it belongs to
	BusinessHeld      = "held"          // the business asks people
	BusinessDiscarded = "discarded"     // a person said that it is not to be booked
	BusinessTest      = "test"          // test traffic: checked, never booked
	BusinessNotBooked = "not_booked"    // checked, acknowledged and kept only
	BusinessRefused   = "refused"       // rejected: nothing was made of it
	BusinessMatched   = "matched"       // an acknowledgement or advice that found its document
	BusinessUnmatched = "unmatched"     // one of nothing we know
	BusinessMade      = "made"          // we made and sent it
)

// What the application of a partner made of a set.
const (
	AdvisedAccepted = "accepted"
	AdvisedErrors   = "accepted_with_errors"
	AdvisedChanged  = "changed"
	AdvisedPartly   = "partly"
	AdvisedRejected = "rejected"
)

// Said is what a partner said of a set that we made: an acknowledgement or an advice with
// its errors, in the places of our set.
type Said struct {
	Kind     string // 997, 999, CONTRL, 824, APERAK
	Verdict  string
	Answer   string // the interchange that said it
	At       time.Time
	Findings []wire.Finding
}

// Refused says that the partner refused some of what we made, by an acknowledgement or
// by an advice; Word is the verdict.
func (i Interchange) Refused() (word string) { return refusedBy(i.Acknowledged, i.Advised) }

// Refused is that of Interchange.
func (l Link) Refused() (word string) { return refusedBy(l.Acknowledged, l.Advised) }

func refusedBy(acknowledged, advised string) string {
	for _, bad := range []string{ResultRejected, ResultPartly} {
		if acknowledged == bad || advised == bad {
			return bad
		}
	}
	return ""
}

// The states of delivery of an interchange that we made.
const (
	DeliveryWaiting = "waiting" // in the receiver's outbox
	DeliveryFetched = "fetched"
	DeliveryHeld    = "held" // held back by the sender
	// DeliveryMailbox: the network (VAN) has it for the receiver. That the receiver has it
	// is told by its acknowledgement alone.
	DeliveryMailbox = "mailbox"
	// Where it is carried to the receiver's own station:
	DeliverySending   = "sending"   // not yet there, or its receipt is awaited
	DeliveryDelivered = "delivered" // the receiver said that it has it
	DeliveryUnproved  = "unproved"  // it arrived; the receipt proves nothing
	DeliveryFailed    = "failed"    // given up, or refused by the receiver
)

// Why an interchange is, or was, held.
const (
	HeldControlReused = "control_reused" // ISA13 was used for other bytes
	HeldByHand        = "by_hand"        // a person said: wait
	HeldReleased      = "released"       // a person said: process
	HeldDiscarded     = "discarded"      // a person said: discard
	HeldNotLive       = "not_live"       // its direction is tested first (Stage)
	HeldNoAccount     = "no_account"     // its sender has no account at the network that the agreement names
)

// The answers of Resolve.
const (
	AnswerProcess = "process"
	AnswerDiscard = "discard"
)

// Origins of an interchange.
const (
	OriginSent = "sent" // came in through a door
	OriginMade = "made" // made by us
)

// Answer is what the sender of a submission is told. The top fields are those of
// the first interchange.
type Answer struct {
	ID           string            `json:"id"`
	Href         string            `json:"href"`
	Duplicate    bool              `json:"duplicate"`
	Interchanges []ReceivedMessage `json:"interchanges"`
	// Submission is what all of it came in by, also where it was here before.
	Submission string `json:"-"`
}

// ReceivedMessage is one interchange of an Answer. Duplicate says that it was
// here before: ID is the earlier one and nothing new was stored.
type ReceivedMessage struct {
	ID        string `json:"id"`
	Href      string `json:"href"`
	Duplicate bool   `json:"duplicate"`
}

// Href is the address of an interchange in the API.
func Href(id string) string { return "/api/v1/edi/interchanges/" + id }

// Interchange is the head of one interchange, as lists show it.
type Interchange struct {
	ID           string
	Origin       string // OriginSent or OriginMade
	Door         string // api, page, or for what we made the subscriber
	From, To     string // company ids of sender and receiver
	Supplier     string // company ids of the partnership
	Reseller     string
	Partnership  string
	Submission   string   // what it came in by
	Syntax       string   // SyntaxX12, SyntaxEDIFACT or a form, see IsForm
	Version      string   // GS08 of the first group, else ISA12; "D:96A:UN" of the first message
	Sender       Identity // as written in the ISA or UNB
	Receiver     Identity
	Control      string   // ISA13, 9 digits, or 0020
	Dated        string   // ISA09 and ISA10, YYMMDDHHMM, or S004
	Test         bool     // ISA15 is not P, or 0035 is set
	Size         int64    // bytes
	SHA256       string   // of exactly these bytes, hex
	Types        []string // set types in it, "850"
	SetCount     int
	SetsDone     int
	State        State
	Result       string // accepted, partly, rejected; empty before it is processed
	HeldFor      string // a Held… reason
	Earlier      string // the interchange that used the control number first
	Attempts     int
	NextAt       time.Time      // when it is tried again; zero when not waiting
	LastError    string         // key of the last failure, for the locale
	LastArgs     map[string]any // values of that text
	Delivery     string         // of what we made: waiting, fetched
	Fetched      time.Time
	Acknowledged string // verdict of the partner on what we made, empty while missing
	// Advised is what the partner's application made of it (824, APERAK), an Advised… word;
	// empty while it said nothing.
	Advised   string
	MadeBy    string // person id; empty for what we made
	Delegate  string // company that sent it for From; of what we made, who sent what it answers
	Network   string // the network (VAN) by whose mailbox it came or goes; empty: none
	Way       string // of what we made, the door it goes out by: a Route… word or DoorSFTP; empty: the outbox
	Received  time.Time
	Processed time.Time
	Reference string // business number of the first set (PO, invoice)
	Wait      Wait   // for the partner's acknowledgement of what we made
}

// Out says whether the company org sent it, for itself or for another.
func (i Interchange) Out(org string) bool {
	return i.From == org || i.Origin == OriginSent && i.Delegate == org && org != ""
}

// Partner is the other company, seen from org.
func (i Interchange) Partner(org string) string {
	if i.From == org {
		return i.To
	}
	return i.From
}

// MediaType is that of its bytes (RFC 1767).
func (i Interchange) MediaType() string {
	if i.Syntax == SyntaxEDIFACT {
		return "application/edifact"
	}
	if IsForm(i.Syntax) {
		return format.Media(i.Syntax)
	}
	return "application/edi-x12"
}

// Message is one interchange with everything known about it.
type Message struct {
	Interchange
	Findings         []wire.Finding // of the envelope
	Sets             []Set          // at most MaxSets; SetsDone says how many there are, Sets gives them all
	Acknowledgements []Link         // the answers made, or the partner's answers to ours
	Answers          *Link          // for an acknowledgement: the interchange it answers
}

// MaxSets is how many sets Get returns, and Sets in a page.
const MaxSets = 200

// Set is the stored outcome of one transaction set.
type Set struct {
	Position     int // from 1
	Group        int // from 1
	Kind         string
	Control      string
	GroupControl string
	GroupVersion string
	Segments     int
	Start, Size  int64  // bytes within the interchange
	Result       string // accepted, accepted_with_errors, rejected
	Business     string // a Business… word
	BusinessKey  string // PO or invoice number
	DocumentKind string // "order", "order_response", "invoice", "interchange"
	DocumentID   string
	Answered     string // verdict of the partner on a set that we made
	Advised      string // what its application made of it, an Advised… word
	Findings     []wire.Finding
	Said         []Said // what the partner said of a set that we made, oldest first; by Get only
}

// Link is a short reference to an interchange.
type Link struct {
	ID           string
	Types        []string
	Control      string
	At           time.Time
	From         string // company id
	Origin       string
	State        State
	Result       string
	Delivery     string
	Acknowledged string
	Advised      string
	Late         bool   // its acknowledgement is overdue
	Position     int    // the set the link is about; 0: the whole interchange
	Sets         int    // how many are in it
	Document     Ref    // the document of that set, if any
	Answers      string // for an acknowledgement: id of the interchange answered
}

// Ref names a document of the business.
type Ref struct{ Kind, ID string }

// SetFilter chooses sets of an interchange. Empty fields choose all.
type SetFilter struct {
	Result  string // accepted, accepted_with_errors or rejected
	Query   string // a position, or the beginning of a business number, as it is written or in capitals
	After   int    // position that the page before ended with
	Limit   int    // default and at most MaxSets
	Counted bool   // with Results
}

// SetPage is a page of the sets of an interchange, by position. Next is 0 at the end.
type SetPage struct {
	Interchange Interchange
	Items       []Set
	Next        int
	Results     map[string]int // how many sets have each result, when asked for
}

// OutboxItem is one interchange waiting for a company.
type OutboxItem struct {
	ID      string    `json:"id"`
	Type    string    `json:"type"` // "997"; several are joined by commas
	Control string    `json:"control"`
	At      time.Time `json:"at"`
	Format  string    `json:"format"` // x12, edifact, or the form of an ERP: json, csv …
	Href    string    `json:"href"`   // the exact bytes
	Size    int64     `json:"size"`   // bytes
}

// Outbox is a page of OutboxItems, oldest first. Next is empty at the end.
type Outbox struct {
	Items []OutboxItem
	Next  string
}

// Filter chooses interchanges. Empty fields choose all.
type Filter struct {
	Late        bool   // only what the reader's company sent and whose acknowledgement is overdue
	Direction   string // "in" or "out", seen from the reader's company
	Type        string // "850"
	State       State
	Result      string
	Partner     string // company id
	Partnership string
	Query       string // the beginning of a control number, business number or SSCC, or a whole Message-ID or file name
	After       string // cursor of the page before
	Limit       int    // default 50, at most 200
}

// Page is a page of interchanges, newest first. Next is empty at the end.
type Page struct {
	Items []Interchange
	Next  string
}

// Stats counts interchanges for the platform's operator: states and numbers,
// nothing of any company.
type Stats struct {
	States    map[State]int64
	Waiting   int64     // made and not fetched
	OldestDue time.Time // of what is due to be processed; zero: nothing
}

// Options tune the gateway; the zero value is right.
type Options struct {
	Limit    int64         // bytes of a submission, default 110 MiB
	Workers  int           // places for interchanges processed at once, default 8; small ones take a quarter
	PerLane  int           // of one lane at once, default 4
	Attempts int           // failed tries before parking, default 3
	Lease    time.Duration // how long a claim stands unless renewed, default 30 s
	Backoff  time.Duration // after the first failure, doubled each time, default 10 s, at most 10 min
	// Spread gives a number from 0 up to n-1, by which a pause is stretched; default: at random.
	Spread func(n int64) int64
	Reuse  time.Duration // how long a control number may not come back, default 30 days
	Limits wire.Limits   // of the readers
}

func (o Options) filled() Options {
	set := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	dur := func(p *time.Duration, d time.Duration) {
		if *p <= 0 {
			*p = d
		}
	}
	if o.Limit <= 0 {
		o.Limit = 110 << 20
	}
	set(&o.Workers, 8)
	set(&o.PerLane, 4)
	set(&o.Attempts, 3)
	dur(&o.Lease, fail.Pace(30*time.Second))
	dur(&o.Backoff, 10*time.Second)
	dur(&o.Reuse, 30*24*time.Hour)
	if o.Spread == nil {
		o.Spread = rand.Int64N
	}
	o.Limits = o.Limits.Filled()
	return o
}

// stretched is a pause and up to a fifth more, so that what failed together does not come
// again together.
func (o Options) stretched(d time.Duration) time.Duration {
	return d + time.Duration(o.Spread(int64(d)/5+1))
}

// instant gives the time of a stored number.
func instant(n int64) time.Time { return db.FromMicros(n) }
