package room

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Events takes events in the caller's transaction; *job.Jobs is one.
type Events interface {
	Publish(ctx context.Context, e job.Event) error
}

// EventMentioned is published once for the people a message names.
const EventMentioned = "chat.Mentioned"

// Mentioned is the payload of EventMentioned.
type Mentioned struct {
	Room    ID       `json:"room"`
	Seq     int64    `json:"seq"`
	Author  string   `json:"author"`
	Org     string   `json:"org"`     // the author's company
	Persons []string `json:"persons"` // without the author and those who want no notices
	Orgs    []string `json:"orgs"`    // the company of each
}

// naming is whom a text names, for the tables and for the frame.
type naming struct {
	people []Person
	shown  []Mention
}

// maxNamed is how many people one message names.
const maxNamed = 300

// roomWords name everybody who entered the room.
var roomWords = []string{"room", "everyone", "所有人"}

// mentioned finds the people a text names: "@" and the name of somebody of the room's
// companies whose role may see its subject, of a whole company, or of the room. Names are
// looked for only among them, so that nobody can name, or find by naming, a person with
// whom he shares no room.
func (s *Service) mentioned(ctx context.Context, r Room, text string) (out naming, err error) {
	if !strings.Contains(text, "@") {
		return naming{}, nil
	}
	staff, err := s.people.Staff(ctx, r.Orgs)
	if err != nil {
		return naming{}, err
	}
	companies, err := s.people.Companies(ctx, r.Orgs)
	if err != nil {
		return naming{}, err
	}
	var entered []string
	if err := s.db.View(ctx, func(ctx context.Context) (err error) { entered, err = members(ctx, r.ID); return err }); err != nil {
		return naming{}, err
	}
	type name struct {
		word string
		fits func(Person) bool
	}
	var names []name
	for _, p := range staff {
		names = append(names, name{p.Name, func(x Person) bool { return x.ID == p.ID && x.Org == p.Org }})
	}
	for id, c := range companies {
		names = append(names, name{c.Name, func(x Person) bool { return x.Org == id }})
	}
	for _, w := range roomWords {
		names = append(names, name{w, func(x Person) bool { return slices.Contains(entered, x.ID) }})
	}
	slices.SortFunc(names, func(a, b name) int { return cmp.Compare(len(b.word), len(a.word)) })
	var got []Person
	for at := strings.IndexByte(text, '@'); at >= 0; {
		rest := text[at+1:]
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		if at == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before) || unicode.Is(unicode.Han, before) {
			for _, n := range names {
				if !begins(rest, n.word) {
					continue
				}
				for _, p := range staff {
					if n.fits(p) && !slices.ContainsFunc(got, func(x Person) bool { return x.ID == p.ID }) && len(got) < maxNamed {
						got = append(got, p)
					}
				}
				break
			}
		}
		next := strings.IndexByte(rest, '@')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	for _, p := range got {
		who := access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles, Via: "session:mention"}
		switch err := s.see(ctx, who, access.RoomRead, r); {
		case err == nil:
			out.people = append(out.people, p)
			out.shown = append(out.shown, Mention{p.ID, p.Name, companies[p.Org].Slug})
		case !fault.IsNotFound(err) && fault.CodeOf(err) != fault.Forbidden:
			return naming{}, err
		}
	}
	return out, nil
}

// begins says that text begins with a name and the name ends there.
func begins(text, name string) bool {
	if name == "" || len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[len(name):])
	last, _ := utf8.DecodeLastRuneInString(name)
	return len(text) == len(name) || !unicode.IsLetter(next) && !unicode.IsDigit(next) || unicode.Is(unicode.Han, last)
}

// tell keeps whom a new message names and publishes it.
func (s *Service) tell(ctx context.Context, actor access.Actor, r Room, m Message, named naming) error {
	if len(named.people) == 0 {
		return nil
	}
	if err := keepMentions(ctx, m.Room, m.Seq, named.people); err != nil {
		return err
	}
	return s.publish(ctx, actor, r, m, named.people)
}

func (s *Service) publish(ctx context.Context, actor access.Actor, r Room, m Message, named []Person) error {
	if s.events == nil || len(named) == 0 {
		return nil
	}
	silent, err := silentIn(ctx, r.ID)
	if err != nil {
		return err
	}
	e := Mentioned{Room: m.Room, Seq: m.Seq, Author: actor.Person, Org: actor.Org}
	for _, p := range named {
		if p.ID != actor.Person && !slices.Contains(silent, p.ID+" "+p.Org) {
			e.Persons, e.Orgs = append(e.Persons, p.ID), append(e.Orgs, p.Org)
		}
	}
	if len(e.Persons) == 0 {
		return nil
	}
	return s.events.Publish(ctx, job.Event{Kind: EventMentioned, Orgs: r.Orgs, Object: string(r.ID), Payload: e})
}
