package room

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"unicode/utf8"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Post writes a message and returns it; repeated is true when the same author
// had already sent this key, and then the first message is returned and nothing
// is written. Publishes after the commit.
// Codes: NotFound, Forbidden (may read, not write), Conflict (the room is
// read-only), Invalid (text, key or thread).
func (s *Service) Post(ctx context.Context, actor access.Actor, d Draft) (m Message, repeated bool, err error) {
	d.Text = strings.TrimSpace(strings.ReplaceAll(d.Text, "\r\n", "\n"))
	end, err := s.sending.begin(ctx, string(d.Room)+" "+actor.Person+" "+d.Key)
	if err != nil {
		return Message{}, false, err
	}
	defer end()
	var room Room
	err = s.db.Glance(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if !actor.Known() {
			return fault.New(fault.Unauthenticated, "error.signed_out")
		}
		if room, repeated, err = readRoomFor(ctx, d.Room, actor.Person, d.Key); err != nil {
			return err
		}
		if err = s.see(ctx, actor, access.RoomPost, room); err != nil {
			return err
		}
		if actor.Person == "" {
			return errNotFound
		}
		return d.check()
	})
	if err != nil {
		return Message{}, false, err
	}
	if repeated {
		return s.again(ctx, actor, d, errNotFound)
	}
	if room.ReadOnly {
		return Message{}, false, errReadOnly
	}
	who, err := s.author(ctx, actor.Person, actor.Org)
	if err != nil {
		return Message{}, false, err
	}
	named, err := s.mentioned(ctx, room, d.Text)
	if err != nil {
		return Message{}, false, err
	}
	err = s.db.GroupAhead(db.WithOrgs(ctx, actor.Org), "chat", posting{d.Room, actor.Person, actor.Org}, takeNumbers, func(ctx context.Context) error {
		seq, err := numbered(ctx, d.Room, actor.Org)
		if err != nil {
			return err
		}
		if err := stillChosen(ctx, actor, room); err != nil {
			return err
		}
		if d.Thread, err = threadRoot(ctx, d.Room, d.Thread); err != nil {
			return err
		}
		m = Message{Room: d.Room, Seq: seq, Kind: Said, Key: d.Key, From: who, Text: d.Text, Thread: d.Thread, At: db.Now(ctx), Via: via(actor), Mentions: named.shown}
		if m.Files, err = putFiles(ctx, actor, d.Room, seq, d.Files); err != nil {
			return err
		}
		if err := s.store(ctx, m, actor.Person, actor.Org); err != nil {
			return err
		}
		if err := s.tell(ctx, actor, room, m, named); err != nil {
			return err
		}
		if db.Ahead(ctx) != nil { // with the numbers
			return nil
		}
		return enterLater(ctx, d.Room, actor.Person, actor.Org, seq)
	})
	if db.IsDuplicate(err) { // another program has stored the key meanwhile
		return s.again(ctx, actor, d, err)
	}
	if err != nil {
		return Message{}, false, err
	}
	return m, false, nil
}

// numbered takes the next number of a room that takes posts, for a company that is in it
// now: one that was taken out after the post was checked says nothing any more. Of posts that
// share a commit the numbers were taken together.
func numbered(ctx context.Context, id ID, org string) (int64, error) {
	seq, open, there, err := nextAhead(ctx, id, org)
	switch {
	case err != nil:
		return 0, err
	case !there:
		return 0, errNotFound
	case !open:
		return 0, errReadOnly
	}
	return seq, nil
}

// stillChosen says that the actor was not left out of a free room after the post was
// checked. Other rooms choose nobody.
func stillChosen(ctx context.Context, actor access.Actor, r Room) error {
	if r.Subject.Kind != KindFree {
		return nil
	}
	now := Room{ID: r.ID, Subject: r.Subject}
	if err := fillFree(ctx, []*Room{&now}); err != nil {
		return err
	}
	if now.barred(actor) {
		return errNotFound
	}
	return nil
}

// store keeps what somebody said, makes it findable, and has it published once it stands.
func (s *Service) store(ctx context.Context, m Message, author, org string) error {
	if err := insert(ctx, m, author, org); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() { s.pub.Published(m) })
	return s.words(ctx, m)
}

// Posted says whether the actor said something in a room under a key.
// Codes: Unauthenticated, NotFound.
func (s *Service) Posted(ctx context.Context, actor access.Actor, id ID, key string) (there bool, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomPost, id); err != nil {
			return err
		}
		_, there, err = byKey(ctx, id, actor.Person, key)
		return err
	})
	return there, err
}

// again is the message that the author sent first with the key of a draft, or why there is
// none.
func (s *Service) again(ctx context.Context, actor access.Actor, d Draft, none error) (m Message, there bool, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		m, there, err = byKey(ctx, d.Room, actor.Person, d.Key)
		return err
	})
	if err == nil && !there {
		err = none
	}
	if err != nil {
		return Message{}, false, err
	}
	return s.named(ctx, m)
}

// keys are those under which something is being stored. Whoever comes with one of them
// waits until it is known what became of the first: a second one in the same group would
// undo it, and all would be stored one by one.
type keys struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

// begin takes a key, and end gives it back.
func (k *keys) begin(ctx context.Context, key string) (end func(), err error) {
	for {
		k.mu.Lock()
		first, busy := k.busy[key]
		if !busy {
			if k.busy == nil {
				k.busy = map[string]chan struct{}{}
			}
			mine := make(chan struct{})
			k.busy[key] = mine
			k.mu.Unlock()
			return func() {
				k.mu.Lock()
				delete(k.busy, key)
				k.mu.Unlock()
				close(mine)
			}, nil
		}
		k.mu.Unlock()
		select {
		case <-first:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (d Draft) check() error {
	switch {
	case d.Key == "" || len(d.Key) > MaxKey || !utf8.ValidString(d.Key):
		return fault.InvalidField("key", "room.key_wrong")
	case d.Text == "" && len(d.Files) == 0:
		return fault.InvalidField("text", "room.text_missing")
	case len(d.Files) > MaxFiles:
		return fault.InvalidField("files", "form.too_many", "most", MaxFiles)
	case utf8.RuneCountInString(d.Text) > MaxText:
		return fault.InvalidField("text", "room.text_long", "Max", MaxText)
	case !utf8.ValidString(d.Text) || strings.ContainsRune(d.Text, 0):
		return fault.InvalidField("text", "room.text_wrong")
	case d.Thread < 0:
		return fault.InvalidField("thread", "room.thread_wrong")
	}
	return nil
}

// Event writes a system line. It is for system actors acting for one of the
// room's companies, and idempotent by line.Key: a repeat changes nothing.
// Read-only rooms take lines. Publishes after the commit.
// Codes: NotFound, Invalid.
func (s *Service) Event(ctx context.Context, actor access.Actor, l Line) (m Message, err error) {
	if !system(actor) {
		return Message{}, errNotFound
	}
	if l.Key == "" || len(l.Key) > MaxKey {
		return Message{}, fault.InvalidField("key", "room.key_wrong")
	}
	if l.Kind == "" {
		return Message{}, fault.InvalidField("kind", "room.kind_missing")
	}
	args, err := json.Marshal(l.Args)
	if err != nil || len(args) > maxArgs {
		return Message{}, fault.InvalidField("args", "room.args_wrong")
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		r, fresh := db.Known[Room](ctx, freshKey(l.Room))
		var err error
		if fresh = fresh && r.ID == l.Room; fresh {
			db.Know(ctx, freshKey(l.Room), nil, Room{}) // from here on it has lines
			err = s.see(ctx, actor, access.RoomRead, r)
		} else {
			r, err = s.load(ctx, actor, access.RoomRead, l.Room)
		}
		if err != nil {
			return err
		}
		var repeated bool
		if !fresh {
			if m, repeated, err = byKey(ctx, l.Room, "", l.Key); err != nil || repeated {
				return err
			}
		}
		seq, _, err := nextSeq(ctx, l.Room)
		if err != nil {
			return err
		}
		if !fresh && db.DialectOf(ctx) == db.Postgres { // it may have come twice at once; SQLite has one writer
			if m, repeated, err = byKey(ctx, l.Room, "", l.Key); err != nil {
				return err
			}
			if repeated {
				return backSeq(ctx, l.Room)
			}
		}
		if l.Subject == (Subject{}) {
			l.Subject = r.Subject
		}
		m = Message{Room: l.Room, Seq: seq, Kind: Event, Key: l.Key, Event: l.Kind, Subject: l.Subject, Args: l.Args, At: db.Now(ctx)}
		if err := insert(ctx, m, "", actor.Org); err != nil {
			return err
		}
		if !fresh { // nobody can have entered a room that nobody has seen
			told := m
			db.AfterCommit(ctx, func() { s.pub.Published(told) })
		}
		return nil
	})
	if err != nil {
		return Message{}, err
	}
	return m, nil
}
