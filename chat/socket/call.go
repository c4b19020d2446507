package socket

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entente/chat/call"
	"entente/chat/hub"
	"entente/chat/room"
	"entente/prm/fault"
)

// Calls (CONTRACT 4, frames call.*). A party of a call is a connection that is in the
// room and bears the party's id as its name there (chat/hub), so that what browsers say
// to each other passes only between parties of the same room's call, and who is taken out
// of the room, the company or the session is out of the call with it.
//
// client → call.begin, call.join, call.leave, call.end, call.decline, call.set, call.ask, call.others,
// and to another party call.offer, call.answer, call.ice.
// server → call.joined, call.state, call.ring, call.hush, call.declined, call.left, and
// what another party sent.

// ICEServer is a STUN or TURN server as RTCPeerConnection takes it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// callFrames are the types a client may send; others are passed over (CONTRACT 4).
var callFrames = map[string]bool{"call.begin": true, "call.join": true, "call.leave": true, "call.end": true, "call.decline": true,
	"call.set": true, "call.ask": true, "call.others": true, "call.offer": true, "call.answer": true, "call.ice": true}

// Bounds of what one party says to another.
const (
	maxSDP       = 32 << 10
	maxCandidate = 2 << 10
)

// inCall are the fields of call frames from a client.
type inCall struct {
	Call      string     `json:"call"`
	Only      string     `json:"only"` // id of the one person whom call.begin rings
	To        string     `json:"to"`
	SDP       string     `json:"sdp"`
	N         int64      `json:"n"`         // of the connection that an answer to the forwarder is for
	Candidate *candidate `json:"candidate"` // null: no more
	Mic       bool       `json:"mic"`
	Camera    bool       `json:"camera"`
	Screen    bool       `json:"screen"`
}

func (in inCall) flags() call.Flags {
	return call.Flags{Mic: in.Mic, Camera: in.Camera, Screen: in.Screen}
}

// candidate is RTCIceCandidateInit.
type candidate struct {
	Candidate string  `json:"candidate"`
	Mid       *string `json:"sdpMid"`
	Line      *int    `json:"sdpMLineIndex"`
	Ufrag     *string `json:"usernameFragment,omitempty"`
}

func (c *candidate) long() bool {
	n := len(c.Candidate)
	for _, s := range []*string{c.Mid, c.Ufrag} {
		if s != nil {
			n += len(*s)
		}
	}
	return n > maxCandidate
}

type callStateOut struct {
	Type    string       `json:"type"` // call.state
	Room    room.ID      `json:"room"`
	Call    call.ID      `json:"call"`
	Rev     int64        `json:"rev"`
	Begun   time.Time    `json:"begun"`
	Ended   *time.Time   `json:"ended"` // null: it runs
	By      room.Author  `json:"by"`
	Relay   bool         `json:"relay"` // only candidates of a TURN server are passed on
	SFU     bool         `json:"sfu"`   // each sends to the server alone, which forwards
	Most    int          `json:"most"`  // may take part
	Parties []call.Party `json:"parties"`
}

type callJoinedOut struct {
	callStateOut
	Key  string      `json:"key"`
	Peer call.Peer   `json:"peer"` // the client's own
	ICE  []ICEServer `json:"ice"`
	Ring int         `json:"ring"` // seconds for which others are rung; 0: they are not
}

type callRingOut struct {
	Type  string      `json:"type"` // call.ring, call.hush
	Room  room.ID     `json:"room"`
	Call  call.ID     `json:"call"`
	From  room.Author `json:"from,omitzero"`
	Title string      `json:"title,omitempty"`
	About string      `json:"about,omitempty"` // kind of what the room is about, with a title: "order"
	Ring  int         `json:"ring,omitempty"`  // seconds
}

type callRingingOut struct {
	Type string `json:"type"` // call.ringing
	Room string `json:"room"`
	Ring int    `json:"ring"` // seconds; 0: nobody is
}

type callDeclinedOut struct {
	Type string   `json:"type"` // call.declined
	Room string   `json:"room"`
	Call call.ID  `json:"call"`
	From hub.Face `json:"from"`
}

// callLeftOut: reason is left (asked for), ended (for all), lost (the server took the
// party for gone) or removed (the person may not take part any more).
type callLeftOut struct {
	Type   string `json:"type"` // call.left
	Room   string `json:"room"`
	Reason string `json:"reason"`
}

type callSaidOut struct {
	Type string `json:"type"` // call.offer, call.answer
	Room string `json:"room"`
	From string `json:"from"`
	SDP  string `json:"sdp"`
}

type callICEOut struct {
	Type      string     `json:"type"` // call.ice
	Room      string     `json:"room"`
	From      string     `json:"from"`
	Candidate *candidate `json:"candidate"`
}

func callState(st call.State) callStateOut {
	out := callStateOut{Type: "call.state", Room: st.Room, Call: st.ID, Rev: st.Rev, Begun: st.Begun.UTC(), By: st.By, Relay: st.Relay, SFU: st.SFU, Most: st.Most, Parties: st.Parties}
	if !st.Open() {
		at := st.Ended.UTC()
		out.Ended = &at
	}
	if out.Parties == nil {
		out.Parties = []call.Party{}
	}
	return out
}

func leftCall(room, reason string) hub.Frame {
	return frame(callLeftOut{"call.left", room, reason})
}

var errNotInCall = fault.New(fault.NotFound, "call.not_in_it")

// call answers one frame of a call.
func (c *client) call(ctx context.Context, in inbound) error {
	calls, id, actor := c.e.cfg.Calls, room.ID(in.Room), c.who().Actor
	if calls == nil {
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	me := call.Peer(c.conn.Named(in.Room))
	switch in.Type {
	case "call.begin", "call.join":
		return c.enterCall(ctx, in)
	case "call.leave":
		if me != "" {
			c.e.hub.Unname(in.Room, string(me))
			c.e.leaveCall(ctx, me)
		}
		c.conn.Send(leftCall(in.Room, "left"))
		return nil
	case "call.end":
		st, gone, err := calls.End(ctx, actor, id, call.ID(in.Call))
		if err != nil {
			return err
		}
		for _, p := range gone {
			c.e.hub.To(in.Room, string(p), leftCall(in.Room, "ended"))
			c.e.hub.Unname(in.Room, string(p))
		}
		c.e.tellCall(ctx, st)
		return nil
	case "call.decline":
		st, err := calls.Decline(ctx, actor, id, call.ID(in.Call))
		if err != nil {
			return err
		}
		for _, p := range st.Parties {
			c.e.hub.To(in.Room, string(p.Peer), frame(callDeclinedOut{"call.declined", in.Room, st.ID, c.conn.Who().Face}))
		}
		c.e.hush(st, []call.Member{{Person: actor.Person, Org: actor.Org}})
		return nil
	}
	if me == "" {
		return errNotInCall
	}
	switch in.Type {
	case "call.set":
		st, err := calls.Set(ctx, actor, id, me, in.flags())
		if err != nil {
			return err
		}
		c.e.tellCall(ctx, st)
		return nil
	case "call.others":
		return c.ringOthers(ctx, in)
	case "call.ask":
		return c.askSeat(ctx, in.Room, me)
	case "call.offer", "call.answer":
		if in.To == sfuName && in.Type == "call.answer" {
			return c.answerSeat(in, me)
		}
		if in.SDP == "" || len(in.SDP) > maxSDP {
			return fault.InvalidField("sdp", "call.said_wrong")
		}
		if c.relayed[in.Room] {
			in.SDP = hideSDP(in.SDP)
		}
		return c.pass(in, me, callSaidOut{in.Type, in.Room, string(me), in.SDP})
	case "call.ice":
		if in.To == sfuName {
			return nil // it needs none
		}
		if in.Candidate != nil && in.Candidate.long() {
			return fault.InvalidField("candidate", "call.said_wrong")
		}
		if c.relayed[in.Room] && in.Candidate != nil {
			if in.Candidate.Candidate = hideCandidate(in.Candidate.Candidate); in.Candidate.Candidate == "" {
				return nil // another way than through the server
			}
		}
		return c.pass(in, me, callICEOut{in.Type, in.Room, string(me), in.Candidate})
	}
	return nil
}

// pass hands what a party says to another party of the room's call. Whether that one is
// still there it learns from call.state.
func (c *client) pass(in inbound, me call.Peer, out any) error {
	if in.To == "" || in.To == string(me) {
		return fault.InvalidField("to", "call.said_wrong")
	}
	f := encode(out)
	if !c.e.rate.said(c.who().Actor.Person, len(f)) {
		return fault.New(fault.RateLimited, "error.rate_limited")
	}
	c.e.hub.To(in.Room, in.To, hub.Prepare(f))
	return nil
}

// enterCall begins a call, or joins one.
func (c *client) enterCall(ctx context.Context, in inbound) error {
	calls, id, actor := c.e.cfg.Calls, room.ID(in.Room), c.who().Actor
	if !c.conn.In(in.Room) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if in.Type == "call.begin" && !c.e.rate.ring(actor.Person) || !c.e.rate.enter(actor.Person) {
		return fault.New(fault.RateLimited, "error.rate_limited")
	}
	if old := c.conn.Named(in.Room); old != "" { // in it already: anew
		c.e.hub.Unname(in.Room, old)
		c.e.leaveCall(ctx, call.Peer(old))
	}
	var st call.State
	var me call.Peer
	var began bool
	var err error
	if in.Type == "call.begin" {
		st, me, began, err = calls.Begin(ctx, actor, id, in.flags())
	} else {
		st, me, err = calls.Join(ctx, actor, id, call.ID(in.Call), in.flags())
	}
	if err != nil {
		return err
	}
	if c.relayed == nil {
		c.relayed = map[string]bool{}
	}
	if c.relayed[in.Room] = st.Relay; !st.Relay {
		delete(c.relayed, in.Room)
	}
	if !c.conn.Name(in.Room, string(me)) { // taken out of the room meanwhile
		c.e.leaveCall(ctx, me)
		return fault.New(fault.NotFound, "error.not_found")
	}
	out := callJoinedOut{callStateOut: callState(st), Key: in.Key, Peer: me, ICE: []ICEServer{}}
	out.Type = "call.joined"
	if c.e.cfg.ICE != nil {
		out.ICE = append(out.ICE, c.e.cfg.ICE(actor.Person)...)
	}
	var ring func()
	if began || in.Only != "" { // the call stands, and whoever began it is in it, even where nobody can be rung
		if out.Ring, ring, err = c.ring(ctx, st, in.Only); err != nil {
			c.e.log.Warn("ringing for a call", "room", id, "err", err)
		}
	}
	c.conn.Send(frame(out))
	c.e.tellCall(ctx, st)
	if ring != nil {
		ring()
	}
	c.e.hush(st, []call.Member{{Person: actor.Person, Org: actor.Org}})
	return nil
}

// ring readies the ringing of those whom a call may ring, but those who are in it or were
// rung for it, and those whom this person has rung often of late: of one person alone where
// only names one. It returns for how many seconds they are rung, 0 for nobody.
func (c *client) ring(ctx context.Context, st call.State, only string) (seconds int, ring func(), err error) {
	desk, who := c.e.cfg.Calls.Desk(), c.conn.Who()
	r, rung, err := desk.Ring(ctx, st.Room, who.Person, only)
	if err != nil {
		return 0, nil, err
	}
	before, err := desk.Rung(ctx, st.ID)
	if err != nil {
		return 0, nil, err
	}
	rung = slices.DeleteFunc(rung, func(m call.Member) bool {
		return only == "" && slices.Contains(before, m) || slices.ContainsFunc(st.Parties, func(p call.Party) bool { return p.From.ID == m.Person }) ||
			!c.e.rate.rings(who.Person, m.Person)
	})
	if len(rung) == 0 {
		return 0, nil, nil
	}
	if err := desk.Rang(ctx, st.ID, rung); err != nil { // nobody will have missed it
		c.e.log.Warn("noting whom a call rings", "room", st.Room, "err", err)
	}
	out := callRingOut{"call.ring", st.Room, st.ID, room.Author(who.Face), "", "", int(call.RingFor / time.Second)}
	if r.Subject.Kind != "partnership" && r.Subject.Kind != "agreement" { // their titles are for their own readers
		out.Title, out.About = r.Title, r.Subject.Kind
	}
	return out.Ring, func() {
		for _, m := range rung {
			c.e.hub.ToMember(m.Person, m.Org, "call "+string(st.Room), frame(out))
		}
	}, nil
}

// ringOthers rings for the call in which the client is everybody who was not rung yet.
func (c *client) ringOthers(ctx context.Context, in inbound) error {
	if !c.e.rate.ring(c.who().Actor.Person) {
		return fault.New(fault.RateLimited, "error.rate_limited")
	}
	st, err := c.e.cfg.Calls.Current(ctx, c.who().Actor, room.ID(in.Room))
	if err != nil {
		return err
	}
	seconds, ring, err := c.ring(ctx, st, "")
	if err != nil {
		return err
	}
	c.conn.Send(frame(callRingingOut{"call.ringing", in.Room, seconds}))
	if ring != nil {
		ring()
	}
	return nil
}

// running tells a client that has just come into a room of the call that runs there.
func (c *client) running(ctx context.Context, id room.ID) error {
	if c.e.cfg.Calls == nil {
		return nil
	}
	st, there, err := c.e.cfg.Calls.Desk().Running(ctx, id)
	if err == nil && there {
		c.conn.SendIn(string(id), frame(callState(st)))
	}
	return err
}

// recheckCall takes the client out of the call of a room whose calls he may not join any more.
func (c *client) recheckCall(ctx context.Context, id string) {
	me := c.conn.Named(id)
	if me == "" || c.e.cfg.Calls == nil {
		return
	}
	switch fault.CodeOf(c.e.cfg.Calls.May(ctx, c.who().Actor, room.ID(id))) {
	case fault.NotFound, fault.Forbidden, fault.Conflict:
		c.e.hub.Unname(id, me)
		c.conn.Send(leftCall(id, "removed"))
		c.e.leaveCall(ctx, call.Peer(me))
	}
}

// tellCall tells everyone in the room how its call stands, and of one that is over those
// who may still be rung.
func (e *Endpoint) tellCall(ctx context.Context, st call.State) {
	// Two nodes may tell two states at once, the later one first: clients go by rev, so none
	// of the last few may take the place of another that was not written yet.
	e.hub.Signal(string(st.Room), fmt.Sprint("call ", st.Rev%4), "", frame(callState(st)))
	if !st.Open() {
		e.endForward(st)
	}
	if st.Open() || st.Ended.Sub(st.Begun) > 2*call.RingFor {
		return
	}
	rung, err := e.cfg.Calls.Desk().Rung(ctx, st.ID)
	if err != nil {
		e.log.Warn("ending the ringing of a call", "room", st.Room, "err", err)
		return
	}
	e.hush(st, rung)
}

// hush stops the ringing of a call at the other pages of persons.
func (e *Endpoint) hush(st call.State, who []call.Member) {
	f := frame(callRingOut{Type: "call.hush", Room: st.Room, Call: st.ID})
	for _, m := range who {
		e.hub.ToMember(m.Person, m.Org, "call "+string(st.Room), f)
	}
}

// partyGone is told by the hub of a party whose connection left the room.
func (e *Endpoint) partyGone(_, name string) {
	if e.cfg.Calls == nil {
		return
	}
	e.unseat(call.Peer(name))
	// stopping: the party comes back on another node, or nobody speaks for it any more
	e.aside(func(ctx context.Context) { e.leaveCall(ctx, call.Peer(name)) })
}

// leaveCall takes a party out. Where that fails nobody speaks for it any more, and the
// sweep does it.
func (e *Endpoint) leaveCall(ctx context.Context, p call.Peer) {
	e.unseat(p)
	st, changed, err := e.cfg.Calls.Desk().Leave(ctx, p)
	switch {
	case err != nil:
		if !fault.IsNotFound(err) {
			e.log.Warn("leaving a call", "party", p, "err", err)
		}
	case changed:
		e.tellCall(ctx, st)
	}
}

// SweepCalls ends what nodes left behind that fell over. It is a job.
func (e *Endpoint) SweepCalls(ctx context.Context) error {
	changed, err := e.cfg.Calls.Desk().Sweep(ctx)
	for _, st := range changed {
		e.tellCall(ctx, st)
	}
	return err
}

// startBeat says again and again which parties this node holds.
func (e *Endpoint) startBeat() {
	if e.cfg.Calls == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.mu.Lock()
	if e.stopped || e.beat != nil {
		e.mu.Unlock()
		cancel()
		return
	}
	e.beat = cancel
	e.wg.Add(1)
	e.mu.Unlock()
	go func() {
		defer e.wg.Done()
		t := time.NewTicker(e.cfg.Limits.BeatEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				e.beatCalls(ctx)
				e.beatForwards(ctx)
			}
		}
	}()
}

func (e *Endpoint) beatCalls(ctx context.Context) {
	where := map[call.Peer]string{}
	var held []call.Peer
	for id, names := range e.hub.Names() {
		for _, n := range names {
			where[call.Peer(n)] = id
			held = append(held, call.Peer(n))
		}
	}
	for len(held) > 0 {
		part := held[:min(len(held), 500)]
		held = held[len(part):]
		lost, err := e.cfg.Calls.Desk().Beat(ctx, part)
		if err != nil {
			if ctx.Err() == nil {
				e.log.Warn("saying who is in calls", "err", err)
			}
			return
		}
		for _, p := range lost {
			e.unseat(p)
			e.hub.To(where[p], string(p), leftCall(where[p], "lost"))
			e.hub.Unname(where[p], string(p))
		}
	}
}
