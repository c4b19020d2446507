package room

import (
	"context"
	"slices"
	"strconv"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// The kinds of objects that somebody makes of a message. An answer in the forum is the
// topic's id, a dot and its own.
const (
	MadeLead   = "lead"
	MadeTopic  = "topic"
	MadeAnswer = "answer"
	// Cases: goods that are to go back, and an invoice that is disputed.
	MadeReturn  = "return"
	MadeDispute = "dispute"
)

// Making is an object that somebody of a company made of a message. Only that company
// learns of it.
type Making struct {
	Seq    int64
	Kind   string
	Object string
	Person string // id
	At     time.Time
}

// NoteMade keeps that the actor made an object of a message. That there is such an object,
// and that the actor made it, is the caller's to know. Safe to repeat.
// Codes: NotFound (the room, the message), Conflict (removed), Invalid (kind, object).
func (s *Service) NoteMade(ctx context.Context, actor access.Actor, id ID, seq int64, kind, object string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		if actor.Person == "" {
			return errNotFound
		}
		m, err := readMessage(ctx, id, seq)
		switch {
		case err != nil:
			return err
		case m.Removed != 0:
			return fault.New(fault.Conflict, "room.is_removed")
		case !slices.Contains([]string{MadeLead, MadeTopic, MadeAnswer, MadeReturn, MadeDispute}, kind) || object == "" || len(object) > MaxKey:
			return fault.InvalidField("kind", "form.choice_wrong")
		}
		return keepMade(ctx, madeRow{string(id), seq, actor.Org, kind, object, actor.Person, db.Micros(db.Now(ctx))})
	})
}

// MadeOf are the objects that people of the actor's company made of a message, the first
// first. Whether the actor may see them is the caller's to ask.
// Codes: NotFound (the room).
func (s *Service) MadeOf(ctx context.Context, actor access.Actor, id ID, seq int64) ([]Making, error) {
	var out []Making
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		rows, err := madeOf(ctx, id, seq, actor.Org)
		for _, r := range rows {
			out = append(out, Making{r.Seq, r.Kind, r.Object, r.PersonID, db.FromMicros(r.Made)})
		}
		return err
	})
	return out, err
}

// MadeFrom is the message that somebody of the actor's company made an object of, where the
// actor may read it.
// Codes: NotFound.
func (s *Service) MadeFrom(ctx context.Context, actor access.Actor, kind, object string) (id ID, seq int64, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		if !actor.Known() {
			return fault.New(fault.Unauthenticated, "error.signed_out")
		}
		r, there, err := madeFrom(ctx, actor.Org, kind, object)
		if err == nil && !there {
			err = errNotFound
		}
		if err != nil {
			return err
		}
		id, seq = ID(r.RoomID), r.Seq
		_, err = s.load(ctx, actor, access.RoomRead, id)
		return err
	})
	if err != nil {
		return "", 0, err
	}
	return id, seq, nil
}

// Redacted is what was said in a message, and in what answers it, without what tells who
// spoke with whom about what: the names of people and companies of the room and of its
// subject, addresses, links, numbers to call, amounts of money and long numbers. It is a
// beginning for whoever goes on to tell it elsewhere, and reads it before he does.
// Codes: NotFound, Conflict (removed).
func (s *Service) Redacted(ctx context.Context, actor access.Actor, id ID, seq int64) (string, error) {
	var r Room
	var said []Message
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		if r, err = s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		row, err := readMessage(ctx, id, seq)
		if err != nil {
			return err
		}
		if row.Removed != 0 {
			return fault.New(fault.Conflict, "room.is_removed")
		}
		m, err := row.message()
		if err != nil {
			return err
		}
		said, err = history(ctx, id, Window{Thread: seq, Limit: MaxHistory, forward: true})
		said = append([]Message{m}, said...)
		return err
	})
	if err != nil {
		return "", err
	}
	staff, err := s.people.Staff(ctx, r.Orgs)
	if err != nil {
		return "", err
	}
	var people []string
	for _, p := range staff {
		people = append(people, p.Name)
	}
	var authors, orgs []string
	for _, m := range said {
		if m.From.ID != "" {
			authors, orgs = appendNew(authors, m.From.ID), appendNew(orgs, m.From.Org)
		}
	}
	left, err := s.people.Names(ctx, authors) // those who are not there any more
	if err != nil {
		return "", err
	}
	for _, name := range left {
		people = append(people, name)
	}
	for _, o := range r.Orgs {
		orgs = appendNew(orgs, o)
	}
	companies, err := s.people.Companies(ctx, orgs)
	if err != nil {
		return "", err
	}
	things := []string{r.Title}
	for _, c := range companies {
		things = append(things, c.Name, c.Slug)
	}
	text := ""
	for _, m := range said {
		if m.Removed || m.Text == "" {
			continue
		}
		if text != "" {
			text += "\n\n"
		}
		text += m.Text
	}
	return redact(text, people, things), nil
}

// MessageRef names a message in an address: the room's id, a dot and the number.
func MessageRef(id ID, seq int64) string { return string(id) + "." + strconv.FormatInt(seq, 10) }
