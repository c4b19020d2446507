package hub

import (
	"bytes"
	"context"
	"encoding/json"

	"entente/chat/broker"
)

// Between nodes: one envelope per broker message, a JSON head on the first line,
// then the frames as they go to the clients. A node ignores what it sent itself.

const (
	topicRoom    = "room."
	topicPerson  = "person."
	topicOrg     = "org."
	topicControl = "control"
	topicNode    = "node."
)

const (
	kindFrame  = "frame"  // a number of a room's sequence
	kindSignal = "signal" // last-value frame for a room
	kindFaces  = "faces"  // who is in a room on the sending node
	kindPerson = "person" // last-value frame for a person
	kindOrg    = "org"    // last-value frame for a company
	kindAbsent = "absent" // last-value frame for persons, but for who is live in the room
	kindMember = "member" // last-value frame for a person acting for a company
	kindNamed  = "named"  // frame for one named connection of a room
	kindUnname = "unname" // take the name of a connection
	kindDrop   = "drop"   // close connections
	kindExpel  = "expel"  // take somebody out of a room
)

type envelope struct {
	Node  string `json:"n"`
	Kind  string `json:"k"`
	Room  string `json:"r,omitempty"` // or the person or company
	Seq   int64  `json:"q,omitempty"`
	Key   string `json:"y,omitempty"`
	About string `json:"a,omitempty"`
	Org   string `json:"o,omitempty"`
	Faces []Face `json:"f,omitempty"`

	Persons []string `json:"m,omitempty"`

	Drop  *Drop  `json:"d,omitempty"`
	Told  []byte `json:"t,omitempty"`
	Parts []part `json:"p,omitempty"`
}

// part is one variant of a frame by its length in the body.
type part struct {
	Lang string `json:"l,omitempty"`
	Len  int    `json:"n"`
}

func (e envelope) encode(f Frame) ([]byte, error) {
	var body []byte
	if f.plain != nil {
		e.Parts = append(e.Parts, part{Len: len(f.plain)})
		body = append(body, f.plain...)
	}
	for lang, w := range f.byLang {
		e.Parts = append(e.Parts, part{Lang: lang, Len: len(w)})
		body = append(body, w...)
	}
	head, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return append(append(head, '\n'), body...), nil
}

// decode reads an envelope; the frame's bytes are copied out of data.
func decode(data []byte) (e envelope, f Frame, ok bool) {
	head, body, ok := bytes.Cut(data, []byte{'\n'})
	if !ok || json.Unmarshal(head, &e) != nil {
		return e, f, false
	}
	body = bytes.Clone(body)
	for _, p := range e.Parts {
		if p.Len < 0 || p.Len > len(body) {
			return e, f, false
		}
		w := body[:p.Len:p.Len]
		body = body[p.Len:]
		if p.Lang == "" {
			f.plain = w
			continue
		}
		if f.byLang == nil {
			f.byLang = map[string][]byte{}
		}
		f.byLang[p.Lang] = w
	}
	return e, f, true
}

// cast sends to the other nodes; what is lost is mended from the table.
func (h *Hub) cast(topic string, e envelope, f Frame) {
	if h.opt.Broker == nil {
		return
	}
	e.Node = h.opt.Node
	data, err := e.encode(f)
	if err == nil {
		err = h.opt.Broker.Publish(context.Background(), topic, data)
	}
	if err != nil {
		h.log.Warn("telling other nodes", "topic", topic, "err", err)
	}
}

// Tell hands data to one other node (Options.Told there). It may be lost.
func (h *Hub) Tell(node string, data []byte) {
	h.cast(topicNode+node, envelope{Told: data}, Frame{})
}

func (h *Hub) onTold(data []byte) {
	if e, _, ok := decode(data); ok && e.Node != h.opt.Node && h.opt.Told != nil {
		h.opt.Told(e.Told)
	}
}

// listen subscribes to a topic of rooms, persons or companies.
func (h *Hub) listen(topic string) broker.Subscription {
	if h.opt.Broker == nil {
		return nil
	}
	s, err := h.opt.Broker.Subscribe(topic, h.onFrame)
	if err != nil {
		h.log.Warn("listening to other nodes", "topic", topic, "err", err)
		return nil
	}
	return s
}

func (h *Hub) onFrame(data []byte) {
	e, f, ok := decode(data)
	if !ok || e.Node == h.opt.Node {
		return
	}
	switch e.Kind {
	case kindFrame:
		if !f.Empty() {
			h.accept(e.Room, e.Seq, f)
		}
	case kindSignal:
		h.signal(e.Room, e.Key, e.About, f)
	case kindFaces:
		h.heard(e.Room, e.Node, e.Faces)
	case kindPerson:
		h.toChannel(h.persons, e.Room, e.Key, f)
	case kindOrg:
		h.toChannel(h.orgs, e.Room, e.Key, f)
	case kindMember:
		h.toMember(e.Room, e.Org, e.Key, f)
	case kindNamed:
		h.toNamed(e.Room, e.Key, f)
	case kindUnname:
		h.unname(e.Room, e.Key)
	}
}

func (h *Hub) onControl(data []byte) {
	e, f, ok := decode(data)
	if !ok || e.Node == h.opt.Node {
		return
	}
	switch {
	case e.Kind == kindAbsent:
		h.toAbsent(e.Room, e.Persons, e.Key, f)
	case e.Kind == kindDrop && e.Drop != nil:
		h.drop(*e.Drop)
	case e.Kind == kindExpel:
		if h.opt.Out != nil {
			h.opt.Out(e.Room)
		}
		h.expel(e.Room, e.About, e.Org)
	}
}

// signal hands a last-value frame to a room's members here.
func (h *Hub) signal(id, key, about string, f Frame) {
	r := h.find(id)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := key + " " + id + " " + about
	for _, l := range r.live {
		if about == "" || l.conn.who.Person != about {
			l.conn.slot(slot, f)
		}
	}
}
