package socket

import (
	"encoding/json"
	"time"

	"entente/chat/hub"
	"entente/chat/room"
)

// The frames of the outside contract, section 4. What is sent may gain fields,
// never lose one.

// inbound is any frame of a client; unknown fields are ignored.
type inbound struct {
	Type   string `json:"type"`
	Room   string `json:"room"`
	After  int64  `json:"after"`
	Key    string `json:"key"`
	Text   string `json:"text"`
	Thread int64  `json:"thread"`
	Seq    int64  `json:"seq"`

	Files []room.FileID `json:"files"` // of a post: brought before over HTTP
	Emoji string        `json:"emoji"`
	On    *bool         `json:"on"`

	inCall
}

type joinedOut struct {
	Type     string  `json:"type"` // joined, reload
	Room     room.ID `json:"room"`
	Epoch    string  `json:"epoch"`
	Seq      int64   `json:"seq"`
	ReadOnly bool    `json:"read_only,omitempty"`
}

type messageOut struct {
	Type    string      `json:"type"`
	Room    room.ID     `json:"room"`
	Seq     int64       `json:"seq"`
	Key     string      `json:"key"`
	From    room.Author `json:"from"`
	Text    string      `json:"text"`
	Thread  *int64      `json:"thread"`
	At      time.Time   `json:"at"`
	Removed bool        `json:"removed,omitempty"`

	Edited   bool           `json:"edited,omitempty"`
	Mentions []room.Mention `json:"mentions,omitempty"`
	Files    []room.File    `json:"files,omitempty"`
	Via      string         `json:"via,omitempty"` // by what it came: "mail"
}

type eventOut struct {
	Type    string       `json:"type"`
	Room    room.ID      `json:"room"`
	Seq     int64        `json:"seq"`
	Kind    string       `json:"kind"`
	Subject room.Subject `json:"subject"`
	Text    string       `json:"text"`
	At      time.Time    `json:"at"`
	Removed bool         `json:"removed,omitempty"`
}

// actOut is an event of something done to an earlier message: Subject names it by its
// number, Text is the sentence for clients that do not know acts.
type actOut struct {
	Type    string       `json:"type"` // event
	Room    room.ID      `json:"room"`
	Seq     int64        `json:"seq"`
	Kind    string       `json:"kind"` // message.edited, .removed, .reacted, .pinned, .unpinned
	Subject room.Subject `json:"subject"`
	Text    string       `json:"text"`
	At      time.Time    `json:"at"`

	From     *room.Author   `json:"from,omitempty"` // absent: the company's retention
	Target   int64          `json:"target"`
	Body     *string        `json:"body,omitempty"` // of an edit: the text as it is now
	Mentions []room.Mention `json:"mentions,omitempty"`
	Emoji    string         `json:"emoji,omitempty"`
	On       *bool          `json:"on,omitempty"`
}

type postedOut struct {
	Type string  `json:"type"`
	Key  string  `json:"key"`
	Seq  int64   `json:"seq"`
	Room room.ID `json:"room"`
}

// errorOut: Code is a fault code, Key the client's own key of the frame that
// failed, Reason the message key behind the code.
type errorOut struct {
	Type   string `json:"type"`
	Code   string `json:"code"`
	Key    string `json:"key"`
	Room   string `json:"room,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type presenceOut struct {
	Type   string     `json:"type"`
	Room   string     `json:"room"`
	Online []hub.Face `json:"online"`
}

type typingOut struct {
	Type string   `json:"type"`
	Room string   `json:"room"`
	From hub.Face `json:"from"`
}

type changedOut struct {
	Type   string `json:"type"`
	Object string `json:"object"`
	ID     string `json:"id"`
	Seq    int64  `json:"seq,omitempty"` // of a room: its latest message
}

// seenOut tells a room how far a member has read.
type seenOut struct {
	Type string   `json:"type"`
	Room string   `json:"room"`
	Seq  int64    `json:"seq"`
	From hub.Face `json:"from"`
}

// readOut tells a person's own connections how far he has read.
type readOut struct {
	Type string `json:"type"`
	Room string `json:"room"`
	Seq  int64  `json:"seq"`
}

// encode cannot fail for the types above.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("socket: frame not encodable: " + err.Error())
	}
	return b
}

func frame(v any) hub.Frame { return hub.Prepare(encode(v)) }

var pongFrame = hub.Prepare([]byte(`{"type":"pong"}`))

func presenceFrame(id string, online []hub.Face) hub.Frame {
	if online == nil {
		online = []hub.Face{}
	}
	return frame(presenceOut{"presence", id, online})
}

func typingFrame(id string, from hub.Face) hub.Frame {
	return frame(typingOut{"typing", id, from})
}

func changedFrame(object, id string, seq int64) hub.Frame {
	return frame(changedOut{"changed", object, id, seq})
}

// leftFrame tells a client that it is not in the room any more.
func leftFrame(id string) hub.Frame {
	return frame(errorOut{Type: "error", Code: "not_found", Room: id, Reason: "room.left"})
}

// message makes the frame of one number of a room's sequence. Events have one
// variant per language.
func (e *Endpoint) message(m room.Message) hub.Frame {
	at := m.At.UTC()
	if m.Kind == room.Said {
		var thread *int64
		if m.Thread != 0 {
			thread = &m.Thread
		}
		return frame(messageOut{"message", m.Room, m.Seq, m.Key, m.From, m.Text, thread, at, m.Removed, m.Edited, m.Mentions, m.Files, m.Via})
	}
	out := func(lang string) []byte {
		if m.Kind == room.Act {
			return encode(e.act(lang, m, at))
		}
		text := ""
		if !m.Removed {
			text = e.cfg.Phrase(lang, m.Event, m.Args)
		}
		return encode(eventOut{"event", m.Room, m.Seq, m.Event, m.Subject, text, at, m.Removed})
	}
	f := hub.Prepare(out(e.cfg.Langs[0]))
	for _, lang := range e.cfg.Langs[1:] {
		f = f.With(lang, out(lang))
	}
	return f
}

// act makes the frame of an act in a language.
func (e *Endpoint) act(lang string, m room.Message, at time.Time) actOut {
	kind := m.Event
	if m.From.ID == "" {
		kind = "message.expired"
	}
	out := actOut{Type: "event", Room: m.Room, Seq: m.Seq, Kind: m.Event, Subject: m.Subject, Text: e.cfg.Phrase(lang, kind, m.Args), At: at,
		Target: m.Target, Mentions: m.Mentions, Emoji: m.Emoji}
	if m.From.ID != "" {
		out.From = &m.From
	}
	switch m.Event {
	case room.ActEdited:
		out.Body = &m.Body
	case room.ActReacted:
		out.On = &m.On
	}
	return out
}
