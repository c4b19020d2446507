package socket

import (
	"context"
	"encoding/json"
	"time"

	"entente/chat/call"
	"entente/prm/fault"
)

// Calls that are forwarded (chat/sfu): a party asks for a connection (call.ask), the node
// that forwards the call offers one, and offers anew whenever who sends what changes. That
// node may be another than the one that holds the party's line: then what they say goes
// through the hub from node to node. The sound and the pictures never do.

// sfuName is the party to which one speaks then.
const sfuName = "sfu"

// maxAnswer bounds an answer to the forwarder, which has three media for each other party.
const maxAnswer = 48 << 10

type callOfferOut struct {
	callSaidOut
	N      int64                `json:"n"`      // number of the connection: the answer repeats it, a higher one replaces it
	Tracks map[string][2]string `json:"tracks"` // mid → party and kind
}

// place is where a party of this node is forwarded.
type place struct {
	call call.ID
	node string
}

// told is what one node tells another of a forwarded call.
type told struct {
	Do    string    `json:"do"` // ask, answer, leave, end
	Call  call.ID   `json:"call,omitempty"`
	Party call.Peer `json:"party,omitempty"`
	N     int64     `json:"n,omitempty"`
	SDP   string    `json:"sdp,omitempty"`
}

// tell has a node do something for a forwarded call, this one at once.
func (e *Endpoint) tell(node string, t told) {
	if node != e.cfg.Calls.Node {
		data, err := json.Marshal(t)
		if err != nil {
			e.log.Error("telling another node", "err", err)
			return
		}
		e.hub.Tell(node, data)
		return
	}
	fw := e.cfg.Calls.Forwarder
	if fw == nil {
		return
	}
	switch t.Do {
	case "answer":
		_ = fw.Answer(string(t.Call), string(t.Party), t.N, t.SDP) // one that nobody waits for any more
	case "leave":
		fw.Leave(string(t.Call), string(t.Party))
	case "end":
		fw.Keep(string(t.Call), nil)
	}
}

// toldByNode is told by the hub what another node says.
func (e *Endpoint) toldByNode(data []byte) {
	var t told
	if e.cfg.Calls == nil || json.Unmarshal(data, &t) != nil {
		return
	}
	if t.Do != "ask" {
		e.tell(e.cfg.Calls.Node, t)
		return
	}
	e.aside(func(ctx context.Context) {
		st, moved, err := e.cfg.Calls.Desk().Seat(ctx, t.Party)
		if err == nil && moved {
			e.tellCall(ctx, st)
		}
		if err == nil && st.Node == e.cfg.Calls.Node {
			err = e.openSeat(st, t.Party)
		}
		if err != nil { // the party asks again
			e.log.Debug("a party of another node asks for its connection", "party", t.Party, "err", err)
		}
	})
}

// openSeat gives a party a connection to this node's forwarder.
func (e *Endpoint) openSeat(st call.State, p call.Peer) error {
	room := string(st.Room)
	e.mu.Lock()
	e.forwards[st.ID] = max(e.forwards[st.ID], st.Rev)
	e.mu.Unlock()
	return e.cfg.Calls.Forwarder.Open(string(st.ID), string(p), func(n int64, sdp string, tracks map[string][2]string) {
		e.hub.To(room, string(p), frame(callOfferOut{callSaidOut{"call.offer", room, sfuName, sdp}, n, tracks}))
	})
}

// askSeat answers a party that asks for its connection.
func (c *client) askSeat(ctx context.Context, room string, me call.Peer) error {
	st, moved, err := c.e.cfg.Calls.Desk().Seat(ctx, me)
	if err != nil {
		return err
	}
	if moved {
		c.e.tellCall(ctx, st)
	}
	c.e.mu.Lock()
	old, was := c.e.places[me]
	c.e.places[me] = place{st.ID, st.Node}
	c.e.mu.Unlock()
	if was && old.node != st.Node {
		c.e.tell(old.node, told{Do: "leave", Call: st.ID, Party: me})
	}
	if st.Node != c.e.cfg.Calls.Node {
		c.e.tell(st.Node, told{Do: "ask", Party: me})
		return nil
	}
	if err := c.e.openSeat(st, me); err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	if c.conn.Named(room) != string(me) { // taken out meanwhile
		c.e.unseat(me)
	}
	return nil
}

// answerSeat hands on what a party answers to an offer of the forwarder.
func (c *client) answerSeat(in inbound, me call.Peer) error {
	if in.SDP == "" || len(in.SDP) > maxAnswer {
		return fault.InvalidField("sdp", "call.said_wrong")
	}
	if !c.e.rate.said(c.who().Actor.Person, len(in.SDP)) {
		return fault.New(fault.RateLimited, "error.rate_limited")
	}
	c.e.mu.Lock()
	at, ok := c.e.places[me]
	c.e.mu.Unlock()
	if !ok {
		return errNotInCall
	}
	c.e.tell(at.node, told{Do: "answer", Call: at.call, Party: me, N: in.N, SDP: in.SDP})
	return nil
}

// unseat takes a party from its forwarder at once, before anything is written.
func (e *Endpoint) unseat(p call.Peer) {
	e.mu.Lock()
	at, ok := e.places[p]
	delete(e.places, p)
	e.mu.Unlock()
	if ok {
		e.tell(at.node, told{Do: "leave", Call: at.call, Party: p})
	}
}

// endForward ends what is forwarded of a call that is over.
func (e *Endpoint) endForward(st call.State) {
	if st.SFU && st.Node != "" {
		e.tell(st.Node, told{Do: "end", Call: st.ID})
	}
}

// beatForwards says which calls this node forwards, and mends what it was not told: who is
// out of a call loses the seat, and a call that is over, or another node's now, all.
func (e *Endpoint) beatForwards(ctx context.Context) {
	sits := map[call.Peer]bool{}
	for _, names := range e.hub.Names() {
		for _, n := range names {
			sits[call.Peer(n)] = true
		}
	}
	e.mu.Lock()
	var gone []call.Peer
	for p := range e.places {
		if !sits[p] {
			gone = append(gone, p)
		}
	}
	e.mu.Unlock()
	for _, p := range gone {
		e.unseat(p)
	}
	fw := e.cfg.Calls.Forwarder
	if fw == nil {
		return
	}
	held := fw.Calls()
	for len(held) > 0 {
		part := held[:min(len(held), 200)]
		held = held[len(part):]
		states, err := e.cfg.Calls.Desk().Hosted(ctx, part)
		if err != nil {
			if ctx.Err() == nil {
				e.log.Warn("saying which calls are forwarded", "err", err)
			}
			return
		}
		runs := map[string]bool{}
		for _, st := range states {
			runs[string(st.ID)] = true
			e.mu.Lock()
			older := st.Rev < e.forwards[st.ID] // somebody came while we read
			e.mu.Unlock()
			if older {
				continue
			}
			parties := make([]string, len(st.Parties))
			for i, p := range st.Parties {
				parties[i] = string(p.Peer)
			}
			fw.Keep(string(st.ID), parties)
		}
		for _, id := range part {
			if !runs[id] {
				fw.Keep(id, nil)
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	live := map[string]bool{}
	for _, id := range fw.Calls() {
		live[id] = true
	}
	for id := range e.forwards {
		if !live[string(id)] {
			delete(e.forwards, id)
		}
	}
}

// InCall says that a person takes part in a call by a connection of this node.
func (e *Endpoint) InCall(person string) bool { return e.hub.Bears(person) }

// unhost hands what this node forwards to the others, before it stops.
func (e *Endpoint) unhost() {
	if e.cfg.Calls == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := e.cfg.Calls.Desk().Unhost(ctx); err != nil {
		e.log.Warn("handing over forwarded calls", "err", err)
	}
}
