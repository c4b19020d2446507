package room

import (
	"context"

	"entente/prm/fault"
)

// Rows hold ids; what a reader sees of an author comes from the people port
// after the transaction, so that a renamed person is renamed everywhere. Between
// the two, Message.From carries the ids.

// name replaces ids by names in place.
func (s *Service) name(ctx context.Context, ms []Message) error {
	var persons, orgs, bots []string
	for _, m := range ms {
		if m.Via == ViaBot {
			bots = appendNew(bots, m.From.ID)
		}
		for _, who := range []Author{m.From, m.RemovedBy} {
			if who.ID != "" {
				persons, orgs = appendNew(persons, who.ID), appendNew(orgs, who.Org)
			}
		}
		for _, x := range m.Mentions {
			persons, orgs = appendNew(persons, x.ID), appendNew(orgs, x.Org)
		}
	}
	if len(persons) == 0 {
		return nil
	}
	names, err := s.people.Names(ctx, persons)
	if err != nil {
		return err
	}
	if len(bots) > 0 {
		named := map[string]string{}
		if err := s.db.View(ctx, func(ctx context.Context) (err error) {
			named, err = botNames(ctx, bots)
			return err
		}); err != nil {
			return err
		}
		for id, name := range names {
			named[id] = name
		}
		names = named
	}
	companies, err := s.people.Companies(ctx, orgs)
	if err != nil {
		return err
	}
	for i := range ms {
		for _, who := range []*Author{&ms[i].From, &ms[i].RemovedBy} {
			if who.ID != "" {
				c := companies[who.Org]
				who.Name, who.Org, who.Company = names[who.ID], c.Slug, c.Name
			}
		}
		if ms[i].Kind == Act {
			ms[i].Args = map[string]string{"person": ms[i].From.Name}
		}
		for j, x := range ms[i].Mentions {
			ms[i].Mentions[j] = Mention{x.ID, names[x.ID], companies[x.Org].Slug}
		}
	}
	return nil
}

// named is name for one repeated message.
func (s *Service) named(ctx context.Context, m Message) (Message, bool, error) {
	ms := []Message{m}
	if err := s.db.View(ctx, func(ctx context.Context) error { return dress(ctx, m.Room, ms) }); err != nil {
		return Message{}, false, err
	}
	if err := s.name(ctx, ms); err != nil {
		return Message{}, false, err
	}
	return ms[0], true, nil
}

// author is who posts now.
func (s *Service) author(ctx context.Context, person, org string) (Author, error) {
	names, err := s.people.Names(ctx, []string{person})
	if err != nil {
		return Author{}, err
	}
	companies, err := s.people.Companies(ctx, []string{org})
	if err != nil {
		return Author{}, err
	}
	n, ok := names[person]
	c, ok2 := companies[org]
	if !ok || !ok2 {
		return Author{}, fault.New(fault.NotFound, "error.not_found")
	}
	return Author{ID: person, Name: n, Org: c.Slug, Company: c.Name}, nil
}

// Self is how members of a room see the person acting for the company: what
// presence and typing show.
// Codes: NotFound.
func (f Feed) Self(ctx context.Context, person, org string) (Author, error) {
	return f.s.author(ctx, person, org)
}

// nameLast is name for the latest messages of a list.
func (s *Service) nameLast(ctx context.Context, rooms []Listed) error {
	ms := make([]Message, len(rooms))
	for i, r := range rooms {
		ms[i] = r.Last
	}
	if err := s.name(ctx, ms); err != nil {
		return err
	}
	for i := range rooms {
		rooms[i].Last = ms[i]
	}
	return nil
}

func (s *Service) companies(ctx context.Context, rooms []Listed) error {
	var ids []string
	for _, r := range rooms {
		for _, o := range r.Orgs {
			ids = appendNew(ids, o)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := s.people.Companies(ctx, ids)
	if err != nil {
		return err
	}
	for i := range rooms {
		for _, o := range rooms[i].Orgs {
			if c, ok := known[o]; ok {
				rooms[i].Companies = append(rooms[i].Companies, c)
			}
		}
	}
	return nil
}

// appendNew keeps short lists of ids free of repeats.
func appendNew(ids []string, id string) []string {
	for _, have := range ids {
		if have == id {
			return ids
		}
	}
	return append(ids, id)
}
