package socket

import (
	"context"
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
func (e *Endpoint) Left(id room.ID, org string) { e.hub.Expel(string(id), "", org) }

// LeftPerson implements room.Publisher.
func (e *Endpoint) LeftPerson(id room.ID, person, org string) { e.hub.Expel(string(id), person, org) }

// notice is a room whose activity is about to be told.
type notice struct {
	seq    int64
	author string // the only one who wrote, "" for several or an event
	timer  *time.Timer
}

// tellEntered tells those who entered a room that it has new messages, so that
// their unread figures move on every page. It is a hint: failing is harmless.
func (e *Endpoint) tellEntered(id room.ID) {
	e.noticeMu.Lock()
	n := e.notices[id]
	delete(e.notices, id)
	e.noticeMu.Unlock()
	if n == nil || !e.enterWork() {
		return
	}
	defer e.wg.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	persons, err := e.feed.Entered(ctx, id)
	if err != nil {
		e.log.Warn("telling absent members", "room", id, "err", err)
		return
	}
	news, own := changedFrame("room", string(id), n.seq), changedFrame("room", string(id), 0)
	for _, p := range persons {
		f := news
		if p == n.author {
			f = own // nothing unread for him, yet his other pages list the room anew
		}
		e.hub.ToPerson(p, "changed room "+string(id), f)
	}
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
