package hub

// A connection may bear a name in a room, by which others in the room reach it and no
// other connection of its person: a party of a call. The name lives as long as the seat,
// so whoever is taken out of the room is out of reach at once.

// Name names the connection in a room in place of the name it had. False: it is not in
// the room, or the name is taken here.
func (c *Conn) Name(id, name string) bool {
	r := c.hub.find(id)
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seats[c]
	if s == nil || name == "" || r.named[name] != nil {
		return false
	}
	if s.name != "" {
		delete(r.named, s.name)
	}
	s.name = name
	r.named[name] = c
	return true
}

// Named is the connection's name in a room, "" for none.
func (c *Conn) Named(id string) string {
	r := c.hub.find(id)
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.seats[c]; s != nil {
		return s.name
	}
	return ""
}

// To queues a frame for the named connection of a room, on whichever node it is. It may be
// lost, as everything that has no number.
func (h *Hub) To(id, name string, f Frame) {
	if !h.toNamed(id, name, f) {
		h.cast(topicRoom+id, envelope{Kind: kindNamed, Room: id, Key: name}, f)
	}
}

func (h *Hub) toNamed(id, name string, f Frame) bool {
	r := h.find(id)
	if r == nil {
		return false
	}
	r.mu.Lock()
	c := r.named[name]
	r.mu.Unlock()
	if c != nil {
		c.Send(f)
	}
	return c != nil
}

// Unname takes the name of a connection of a room, on whichever node it is, without a word
// to Options.Gone.
func (h *Hub) Unname(id, name string) {
	if !h.unname(id, name) {
		h.cast(topicRoom+id, envelope{Kind: kindUnname, Room: id, Key: name}, Frame{})
	}
}

func (h *Hub) unname(id, name string) bool {
	r := h.find(id)
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.named[name]
	if c == nil {
		return false
	}
	delete(r.named, name)
	if s := r.seats[c]; s != nil {
		s.name = ""
	}
	return true
}

// Bears says that a connection of the person on this node bears a name in some room.
func (h *Hub) Bears(person string) bool {
	h.mu.RLock()
	var conns []*Conn
	if ch := h.persons[person]; ch != nil {
		for c := range ch.conns {
			conns = append(conns, c)
		}
	}
	h.mu.RUnlock()
	for _, c := range conns {
		for _, id := range c.Rooms() {
			if c.Named(id) != "" {
				return true
			}
		}
	}
	return false
}

// Names lists the names borne on this node, by room.
func (h *Hub) Names() map[string][]string {
	h.mu.RLock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		rooms = append(rooms, r)
	}
	h.mu.RUnlock()
	out := map[string][]string{}
	for _, r := range rooms {
		r.mu.Lock()
		for name := range r.named {
			out[r.id] = append(out[r.id], name)
		}
		r.mu.Unlock()
	}
	return out
}
