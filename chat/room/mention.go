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

// Naming is a place of a text that names somebody: text[From:To] is "@" and a name.
type Naming struct {
	From, To int
	Which    int // of the names
}

// Namings are the places where a text says "@" and one of some names, the longest that
// fits, in any case.
func Namings(text string, names []string) []Naming {
	longest := make([]int, len(names))
	for i := range longest {
		longest[i] = i
	}
	slices.SortStableFunc(longest, func(a, b int) int { return cmp.Compare(len(names[b]), len(names[a])) })
	var out []Naming
	end := 0
	for _, at := range calls(text) {
		if at < end {
			continue
		}
		if i := slices.IndexFunc(longest, func(n int) bool { return begins(text[at+1:], names[n]) }); i >= 0 {
			end = at + 1 + len(names[longest[i]])
			out = append(out, Naming{at, end, longest[i]})
		}
	}
	return out
}

// calls are the places of the "@" that begin a word; those of addresses do not.
func calls(text string) (out []int) {
	for at := range len(text) {
		if text[at] != '@' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		if !unicode.IsLetter(before) && !unicode.IsDigit(before) || unicode.Is(unicode.Han, before) {
			out = append(out, at)
		}
	}
	return out
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

// mentioned finds the people a text names: "@" and the name of somebody of the room's
// companies whose role may see its subject, of a whole company, or of the room. Names are
// looked for only among them, so that nobody can name, or find by naming, a person with
// whom he shares no room.
func (s *Service) mentioned(ctx context.Context, r Room, text string) (out naming, err error) {
	if len(calls(text)) == 0 {
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
	var names []string
	var fits []func(Person) bool // whom each name means
	name := func(word string, fit func(Person) bool) { names, fits = append(names, word), append(fits, fit) }
	for _, p := range staff {
		name(p.Name, func(x Person) bool { return x.ID == p.ID && x.Org == p.Org })
	}
	for id, c := range companies {
		name(c.Name, func(x Person) bool { return x.Org == id })
	}
	entered, err := s.Feed().Entered(ctx, r.ID)
	if err != nil {
		return naming{}, err
	}
	for _, w := range roomWords {
		name(w, func(x Person) bool { return slices.Contains(entered, x.ID) })
	}
	var got []Person
	said := make([]bool, len(names))
	for _, n := range Namings(text, names) {
		if said[n.Which] {
			continue
		}
		said[n.Which] = true
		for _, p := range staff {
			if fits[n.Which](p) && len(got) < maxNamed && !slices.ContainsFunc(got, func(x Person) bool { return x.ID == p.ID }) {
				got = append(got, p)
			}
		}
	}
	if out.people, err = s.able(ctx, access.RoomRead, r, got); err != nil {
		return naming{}, err
	}
	for _, p := range out.people {
		out.shown = append(out.shown, Mention{p.ID, p.Name, companies[p.Org].Slug})
	}
	return out, nil
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
