package client

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// Type says what an Event is.
type Type string

// The types of an Event. Numbers of a room (Message, Happened) come in order, each once and
// none left out, but for what a Reload says. The rest are hints, of which some may be
// missing when the caller is slow.
const (
	Message  Type = "message"  // somebody wrote
	Happened Type = "event"    // something happened to the room's subject, or to an earlier message (see Kind)
	Presence Type = "presence" // who is in the room now: Online
	Typing   Type = "typing"   // From is writing
	Seen     Type = "seen"     // From has read up to Seq
	Read     Type = "read"     // another page or program of the same person has read up to Seq
	Changed  Type = "changed"  // an object changed: Object and ID; of a room that was not joined Seq is its latest number

	// Reload: the numbers after After up to Seq are not told, since they are too many or
	// the history is another one (Epoch). GET /api/v1/rooms/{id}/messages?after= has them;
	// what is told next is Seq + 1.
	Reload Type = "reload"
	// Left: the client is not in the room any more and does not come back; Reason says why.
	Left Type = "left"
)

// Event is what the server tells. Fields that a type does not use are zero.
type Event struct {
	Type Type   `json:"type"`
	Room string `json:"room"`
	Seq  int64  `json:"seq"` // number in the room, from 1

	Key     string    `json:"key"`     // of a message: its author's own key
	From    Person    `json:"from"`    // zero for events of the portal
	Text    string    `json:"text"`    // what was written; of an event its sentence in the reader's language
	Thread  int64     `json:"thread"`  // number of the message that is answered, 0 for none
	At      time.Time `json:"at"`      // UTC
	Removed bool      `json:"removed"` // the content was taken away, the number stays
	Edited  bool      `json:"edited"`
	Via     string    `json:"via"` // by what it came: "mail", "bot", or empty

	Mentions []Person `json:"mentions"`
	Files    []File   `json:"files"`

	// Kind of an event, such as order.confirmed. What was done to an earlier message is
	// message.edited (Body), message.removed, message.reacted (Emoji, On), message.pinned
	// and message.unpinned, with the message's number in Target.
	Kind    string  `json:"kind"`
	Subject Subject `json:"subject"`
	Target  int64   `json:"target"`
	Body    string  `json:"body"`
	Emoji   string  `json:"emoji"`
	On      bool    `json:"on"`

	Online []Person `json:"online"`
	Object string   `json:"object"`
	ID     string   `json:"id"`

	Epoch  string `json:"epoch"` // of a Reload: the history that Seq is of
	After  int64  `json:"-"`     // of a Reload: the latest number that was told before
	Reason string `json:"-"`     // of Left: a code of the server, such as room.left or error.not_found

	// Raw is the frame as it came, for fields and types this package does not know (those
	// of calls among them). Nil for Left and for a Reload by another epoch.
	Raw json.RawMessage `json:"-"`
}

// Person is who wrote, is named or is there. Org is the slug of the company.
type Person struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Org     string `json:"org"`
	Company string `json:"company"` // its name
}

// File is a file of a message, at GET /api/v1/rooms/{room}/files/{id}. Size is in bytes.
type File struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// Subject is what an event is about.
type Subject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Joined is the server's answer to a join. Seq is the room's latest number, Epoch names the
// history it is of.
type Joined struct {
	Room     string `json:"room"`
	Epoch    string `json:"epoch"`
	Seq      int64  `json:"seq"`
	ReadOnly bool   `json:"read_only"`
}

// queue holds events for Next.
type queue struct {
	most  int
	ready chan struct{} // holds one while there is something to take
	mu    sync.Mutex
	held  []Event
	err   error
}

func (q *queue) init(most int) {
	q.most, q.ready = most, make(chan struct{}, 1)
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// add queues an event. False: there is no space. What must not be missed goes in all the
// same; the client makes at most one such event per answer to a join.
func (q *queue) add(e Event, must bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil || len(q.held) >= q.most && !must {
		return false
	}
	q.held = append(q.held, e)
	q.wake()
	return true
}

// half says that there is space again for what was put off.
func (q *queue) half() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.held) <= q.most/2
}

func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
	q.wake()
}

// next takes an event; half tells that the queue has just become half empty.
func (q *queue) next(ctx context.Context) (e Event, half bool, err error) {
	for {
		q.mu.Lock()
		if len(q.held) > 0 {
			e, q.held[0] = q.held[0], Event{}
			q.held = q.held[1:]
			half = len(q.held) == q.most/2
			if len(q.held) > 0 || q.err != nil {
				q.wake()
			}
			q.mu.Unlock()
			return e, half, nil
		}
		if err = q.err; err != nil {
			q.wake() // for others who wait
		}
		q.mu.Unlock()
		if err != nil {
			return Event{}, false, err
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return Event{}, false, context.Cause(ctx)
		}
	}
}
