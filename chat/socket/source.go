package socket

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"entente/chat/hub"
	"entente/chat/room"
)

// source reads missing frames from the message table for the hub.
type source struct{ e *Endpoint }

// After implements hub.Source.
func (s source) After(ctx context.Context, id string, seq int64, limit int) ([]hub.Numbered, error) {
	ms, err := s.e.feed.After(ctx, room.ID(id), seq, limit)
	if err != nil {
		return nil, err
	}
	out := make([]hub.Numbered, len(ms))
	for i, m := range ms {
		out[i] = hub.Numbered{Seq: m.Seq, Frame: s.e.message(m)}
	}
	return out, nil
}

// Positions implements hub.Source.
func (s source) Positions(ctx context.Context, rooms []string) (map[string]int64, error) {
	ids := make([]room.ID, len(rooms))
	for i, r := range rooms {
		ids[i] = room.ID(r)
	}
	at, err := s.e.feed.Positions(ctx, ids)
	out := make(map[string]int64, len(at))
	for id, seq := range at {
		out[string(id)] = seq
	}
	return out, err
}

// Published implements room.Publisher: the frame goes to the members who are in
// the room, and a little later a hint to those who entered it once.
func (e *Endpoint) Published(m room.Message) {
	e.hub.Publish(string(m.Room), m.Seq, e.message(m))
	if m.Kind == room.Act { // nothing unread
		return
	}
	e.noticeMu.Lock()
	defer e.noticeMu.Unlock()
	if n := e.notices[m.Room]; n != nil {
		n.seq = max(n.seq, m.Seq)
		if n.author != m.From.ID {
			n.author = ""
		}
		return
	}
	n := &notice{seq: m.Seq, author: m.From.ID}
	n.timer = time.AfterFunc(e.cfg.Limits.NoticeEvery, func() { e.tellEntered(m.Room) })
	e.notices[m.Room] = n
}

// Left implements room.Publisher.
func (e *Endpoint) Left(id room.ID, org string) {
	e.hub.Expel(string(id), "", org)
	e.entered.forget(id)
}

// LeftPerson implements room.Publisher.
func (e *Endpoint) LeftPerson(id room.ID, person, org string) {
	e.hub.Expel(string(id), person, org)
	e.entered.forget(id)
}

// notice is a room whose activity is about to be told.
type notice struct {
	seq    int64
	author string // the only one who wrote, "" for several or an event
	timer  *time.Timer
}

// tellEntered tells those who entered a room and are not in it now that it has new
// messages, so that their unread figures move on every page; who is live in it has the
// message itself. It is a hint: failing is harmless.
func (e *Endpoint) tellEntered(id room.ID) {
	e.noticeMu.Lock()
	n := e.notices[id]
	delete(e.notices, id)
	e.noticeMu.Unlock()
	if n == nil || !e.enterWork() {
		return
	}
	defer e.wg.Done()
	persons, err := e.whoEntered(id)
	if err != nil {
		e.log.Warn("telling absent members", "room", id, "err", err)
		return
	}
	from, to := membersOf(persons, n.author)
	if from == to && n.author != "" { // he came by writing
		e.entered.forget(id)
		if persons, err = e.whoEntered(id); err != nil {
			e.log.Warn("telling absent members", "room", id, "err", err)
			return
		}
		from, to = membersOf(persons, n.author)
	}
	key := "changed room " + string(id)
	if from < to { // nothing unread for him, yet his other pages list the room anew
		e.hub.ToAbsent(string(id), persons[from:to], key, changedFrame("room", string(id), 0))
		persons = slices.Delete(slices.Clone(persons), from, to)
	}
	e.hub.ToAbsent(string(id), persons, key, changedFrame("room", string(id), n.seq))
}

// member is a person of a company, as the hub hints at him: what he acts for elsewhere, perhaps
// for a competitor he went over to, is told nothing.
func member(person, org string) string { return person + " " + org }

// membersOf is where a person stands among members, of whatever companies.
func membersOf(members []string, person string) (from, to int) {
	from, _ = slices.BinarySearch(members, member(person, ""))
	for to = from; to < len(members) && strings.HasPrefix(members[to], member(person, "")); to++ {
	}
	return from, to
}

// entered keeps who entered the rooms that talk, as members. What it has is forgotten when somebody
// comes or is taken out, and after Limits.EnteredFor in any case: who enters by a call of
// the API alone is hinted at that much later.
type entered struct {
	last  time.Duration
	mu    sync.Mutex
	rooms map[room.ID][]string
	asked map[room.ID]*int // reads under way; what they found is not kept when somebody came meanwhile
}

func (n *entered) get(id room.ID) ([]string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	persons, ok := n.rooms[id]
	return persons, ok
}

// came notes that a member is in a room.
func (n *entered) came(id room.ID, member string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.asked, id)
	if _, known := slices.BinarySearch(n.rooms[id], member); !known {
		delete(n.rooms, id)
	}
}

func (n *entered) forget(id room.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.rooms, id)
	delete(n.asked, id)
}

// ask notes that the table is about to be read.
func (n *entered) ask(id room.ID) *int {
	mark := new(int)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[id] = mark
	return mark
}

// keep notes what the table said to the read that ask noted.
func (n *entered) keep(id room.ID, mark *int, persons []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.asked[id] != mark {
		return
	}
	delete(n.asked, id)
	n.rooms[id] = persons
	time.AfterFunc(n.last, func() { n.forget(id) })
}

// whoEntered are the members who entered a room, ascending. They are not to be changed.
func (e *Endpoint) whoEntered(id room.ID) ([]string, error) {
	live := e.hub.Live(string(id)) // else nobody tells this node of who comes
	if live {
		if persons, ok := e.entered.get(id); ok {
			return persons, nil
		}
	}
	mark := e.entered.ask(id)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	found, err := e.feed.EnteredFor(ctx, id)
	if err != nil {
		e.entered.forget(id)
		return nil, err
	}
	persons := make([]string, len(found))
	for i, p := range found {
		persons[i] = member(p.ID, p.Org)
	}
	slices.Sort(persons)
	e.entered.keep(id, mark, persons)
	return persons, nil
}

// enterWork counts a goroutine that Stop waits for; false while stopping.
func (e *Endpoint) enterWork() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return false
	}
	e.wg.Add(1)
	return true
}

// aside does something beside the caller, within ten seconds; not while stopping.
func (e *Endpoint) aside(fn func(ctx context.Context)) {
	if !e.enterWork() {
		return
	}
	go func() {
		defer e.wg.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		fn(ctx)
	}()
}
