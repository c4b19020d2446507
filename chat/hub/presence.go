package hub

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Presence: who is in a room now, on all nodes. Each node tells the others its
// own list whenever it changed; a list not renewed for some checks is forgotten.
// Members get the whole list as a last-value frame, never more often than
// FlushEvery.

// face counts one more live connection of a person, with the room locked.
func (r *room) face(f Face) {
	if f.ID == "" {
		return
	}
	if p := r.faces[f.ID]; p != nil {
		p.count++
		p.face = f
		return
	}
	r.faces[f.ID] = &present{face: f, count: 1}
}

// unface counts one less and reports whether the seat was shown.
func (r *room) unface(f Face) bool {
	p := r.faces[f.ID]
	if p == nil {
		return false
	}
	if p.count--; p.count == 0 {
		delete(r.faces, f.ID)
	}
	return true
}

// local lists the persons on this node, with the room locked.
func (r *room) local() []Face {
	out := make([]Face, 0, len(r.faces))
	for _, p := range r.faces {
		out = append(out, p.face)
	}
	return sorted(out)
}

// all merges the lists of all nodes, with the room locked.
func (r *room) all(stale time.Time) []Face {
	out := r.local()
	for node, l := range r.remote {
		if l.at.Before(stale) {
			delete(r.remote, node)
			continue
		}
		for _, f := range l.faces {
			if !slices.ContainsFunc(out, func(o Face) bool { return o.ID == f.ID }) {
				out = append(out, f)
			}
		}
	}
	return sorted(out)
}

// sorted orders by name and keeps the bounded part that is told.
func sorted(f []Face) []Face {
	slices.SortFunc(f, func(a, b Face) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	if len(f) > maxFaces {
		f = f[:maxFaces]
	}
	return f
}

// dirtied plans to tell a room's presence.
func (h *Hub) dirtied(id string) {
	h.dirtyMu.Lock()
	if _, ok := h.dirty[id]; !ok {
		at := time.Now().Add(h.opt.FlushEvery)
		if calm := h.calm[id]; calm.After(at) {
			at = calm
		}
		h.dirty[id] = at
	}
	h.dirtyMu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *Hub) tellPresence(ctx context.Context) {
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		case <-t.C:
		}
		now, next := time.Now(), time.Hour
		var due []string
		h.dirtyMu.Lock()
		for id, at := range h.dirty {
			if d := at.Sub(now); d > 0 {
				next = min(next, d)
			} else {
				due = append(due, id)
				delete(h.dirty, id)
			}
		}
		for id, at := range h.calm {
			if at.Before(now) {
				delete(h.calm, id)
			}
		}
		h.dirtyMu.Unlock()
		for _, id := range due {
			h.tell(id)
		}
		t.Reset(next)
	}
}

// tell sends the list of a room to its members here and ours to the other nodes.
func (h *Hub) tell(id string) {
	r := h.find(id)
	if r == nil {
		return
	}
	r.mu.Lock()
	own := r.local()
	faces := r.all(h.staleBefore())
	if !r.dead && h.opt.Presence != nil {
		f := h.opt.Presence(id, faces)
		for _, l := range r.live {
			l.conn.slot("presence "+id, f)
		}
	}
	r.mu.Unlock()
	if len(faces) > manyFaces {
		h.dirtyMu.Lock()
		h.calm[id] = time.Now().Add(10 * h.opt.FlushEvery)
		h.dirtyMu.Unlock()
	}
	h.cast(topicRoom+id, envelope{Kind: kindFaces, Room: id, Faces: own}, Frame{})
}

func (h *Hub) staleBefore() time.Time {
	return time.Now().Add(-presenceLease * h.opt.CheckEvery)
}

// heard takes another node's list. A node heard for the first time is answered,
// so that it learns ours.
func (h *Hub) heard(id, node string, faces []Face) {
	r := h.find(id)
	if r == nil {
		return
	}
	r.mu.Lock()
	old, known := r.remote[node]
	if len(faces) == 0 {
		delete(r.remote, node)
	} else {
		r.remote[node] = remoteFaces{faces: faces, at: time.Now()}
	}
	same := slices.Equal(old.faces, faces)
	r.mu.Unlock()
	if !same || !known && len(faces) > 0 {
		h.dirtied(id)
		if h.opt.Came != nil {
			h.opt.Came(id)
		}
	}
}

// refreshPresence renews our lists at the other nodes and drops stale ones.
func (h *Hub) refreshPresence(rooms map[string]*room) {
	if h.opt.Broker == nil {
		return
	}
	stale := h.staleBefore()
	for id, r := range rooms {
		r.mu.Lock()
		own, before := r.local(), len(r.remote)
		for node, l := range r.remote {
			if l.at.Before(stale) {
				delete(r.remote, node)
			}
		}
		changed := len(r.remote) != before
		r.mu.Unlock()
		if len(own) > 0 {
			h.cast(topicRoom+id, envelope{Kind: kindFaces, Room: id, Faces: own}, Frame{})
		}
		if changed {
			h.dirtied(id)
		}
	}
}
