package room

import (
	"context"
	"fmt"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Feed reads conversations for the node itself, not for a person: chat/socket
// uses it to fill gaps of rooms whose members it has already checked. It must
// not be handed to anything that answers a request.
type Feed struct{ s *Service }

// Feed returns the node's own reader.
func (s *Service) Feed() Feed { return Feed{s} }

// After returns up to limit messages of the room above seq, ascending, with the
// names of their authors.
func (f Feed) After(ctx context.Context, id ID, seq int64, limit int) ([]Message, error) {
	var out []Message
	err := f.s.db.View(ctx, func(ctx context.Context) (err error) {
		if out, err = history(ctx, id, Window{After: seq, Limit: limit, forward: true}); err == nil {
			err = dress(ctx, id, out)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, f.s.name(ctx, out)
}

// Positions returns the number of the latest message of each room that exists.
func (f Feed) Positions(ctx context.Context, ids []ID) (map[ID]int64, error) {
	var out map[ID]int64
	err := f.s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = positions(ctx, ids)
		return err
	})
	return out, err
}

// Entered returns the persons who entered the room: whom a new message concerns.
func (f Feed) Entered(ctx context.Context, id ID) ([]string, error) {
	var out []string
	err := f.s.db.Glance(ctx, func(ctx context.Context) (err error) {
		out, err = members(ctx, id)
		return err
	})
	return out, err
}

// EnteredFor is Entered with the company, by its id, for which each did; of a person nothing but
// the id is told.
func (f Feed) EnteredFor(ctx context.Context, id ID) ([]Person, error) {
	var out []Person
	err := f.s.db.Glance(ctx, func(ctx context.Context) (err error) {
		out, err = membersFor(ctx, id)
		return err
	})
	return out, err
}

// Room returns a room.
// Codes: NotFound.
func (f Feed) Room(ctx context.Context, id ID) (Room, error) {
	var out Room
	err := f.s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = readRoom(ctx, id)
		return err
	})
	return out, err
}

// Sees asks whether somebody may do something in a room that was read, as if he asked
// himself.
// Codes: NotFound, Forbidden.
func (f Feed) Sees(ctx context.Context, who access.Actor, act access.Action, r Room) error {
	return f.s.view(ctx, who, func(ctx context.Context) error { return f.s.see(ctx, who, act, r) })
}

// Audience are the people who entered a room, with their present roles, or whom somebody calls by
// name alone, entered or not; without who wants to be told nothing of it. Whether a role may see
// the subject is the caller's to ask.
func (f Feed) Audience(ctx context.Context, r Room, called string) ([]access.Actor, error) {
	var entered []memberRow
	err := f.s.db.View(ctx, func(ctx context.Context) (err error) {
		entered, err = marksOf(ctx, r.ID)
		return err
	})
	if err != nil || len(entered) == 0 && called == "" {
		return nil, err
	}
	staff, err := f.s.people.Staff(ctx, r.Orgs)
	if err != nil {
		return nil, err
	}
	var out []access.Actor
	for _, p := range staff {
		if called != "" && p.ID != called {
			continue
		}
		at := slices.IndexFunc(entered, func(m memberRow) bool { return m.PersonID == p.ID && m.OrgID == p.Org })
		if at < 0 && called != "" || at >= 0 && entered[at].Level != string(LevelNone) {
			out = append(out, access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles, Via: "session:room"})
		}
	}
	return out, nil
}

// Ask is a question of May.
type Ask struct {
	Who  access.Actor
	Room ID
}

// May reads mayPart rooms at once, and does not go on with a company after mayFail failures:
// one room's trouble is not that of all others, but the database's is.
const mayPart, mayFail = 500, 5

// May answers whether each may read his room, as Service.Get would: nil, or an error whose
// code is NotFound, Forbidden or Unauthenticated; other codes are a passing trouble. Rooms
// are read 500 at a time, and those of one company ask in one transaction.
func (f Feed) May(ctx context.Context, asks []Ask) []error {
	out := make([]error, len(asks))
	var ids []string
	for _, a := range asks {
		ids = append(ids, string(a.Room))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	rooms := make(map[ID]Room, len(ids))
	for part := range slices.Chunk(ids, mayPart) {
		err := f.s.db.View(ctx, func(ctx context.Context) error {
			read, err := readRooms(ctx, part)
			for _, r := range read {
				rooms[r.ID] = r
			}
			return err
		})
		if err != nil {
			for i := range out {
				out[i] = err
			}
			return out
		}
	}
	byOrg := map[string][]int{}
	for i, a := range asks {
		r, there := rooms[a.Room]
		switch {
		case !a.Who.Known():
			out[i] = fault.New(fault.Unauthenticated, "error.signed_out")
		case !there:
			out[i] = errNotFound
		default:
			gated, err := f.s.sees(a.Who, access.RoomRead, r)
			if out[i] = err; gated {
				byOrg[a.Who.Org] = append(byOrg[a.Who.Org], i)
			}
		}
	}
	failures := 0
	for org, rest := range byOrg {
		for len(rest) > 0 {
			part, n := rest[:min(len(rest), mayPart)], 0
			err := f.s.db.View(db.WithOrgs(ctx, org), func(ctx context.Context) error {
				for n = range part {
					a := asks[part[n]]
					err := f.s.asks(ctx, a.Who, rooms[a.Room])
					if c := fault.CodeOf(err); err != nil && c != fault.NotFound && c != fault.Unauthenticated {
						return err // the transaction may be over with it
					}
					out[part[n]] = err
				}
				return nil
			})
			if err == nil {
				rest = rest[len(part):]
				continue
			}
			out[part[n]] = err
			if rest, failures = rest[n+1:], failures+1; failures >= mayFail {
				for _, i := range rest {
					out[i] = err
				}
				break
			}
		}
	}
	return out
}

// Visible are those of some rooms that one may read, as Service.Get would: with a number of
// statements that does not grow with them, as far as the gate answers for many.
// Codes: Unauthenticated.
func (f Feed) Visible(ctx context.Context, who access.Actor, ids []ID) (map[ID]bool, error) {
	if !who.Known() {
		return nil, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	slices.Sort(names)
	out := map[ID]bool{}
	gated := map[Subject][]ID{}
	var subjects []Subject
	err := f.s.view(ctx, who, func(ctx context.Context) error {
		for part := range slices.Chunk(slices.Compact(names), mayPart) {
			rooms, err := readRooms(ctx, part)
			if err != nil {
				return err
			}
			for _, r := range rooms {
				ask, err := f.s.sees(who, access.RoomRead, r)
				if err != nil {
					continue
				}
				if out[r.ID] = !ask; ask {
					if gated[r.Subject] == nil {
						subjects = append(subjects, r.Subject)
					}
					gated[r.Subject] = append(gated[r.Subject], r.ID)
				}
			}
		}
		seen, err := seeAll(ctx, f.s.gate, who, subjects)
		for s := range seen {
			for _, id := range gated[s] {
				out[id] = seen[s]
			}
		}
		return err
	})
	return out, err
}

// seeAll asks a gate for many subjects, at once where it can.
func seeAll(ctx context.Context, g Gate, who access.Actor, of []Subject) (map[Subject]bool, error) {
	if many, can := g.(Gates); can {
		return many.SeeAll(ctx, who, of)
	}
	out := map[Subject]bool{}
	for _, s := range of {
		err := g.MaySee(ctx, who, s)
		if c := fault.CodeOf(err); err != nil && c != fault.NotFound && c != fault.Forbidden {
			return nil, err
		}
		out[s] = err == nil
	}
	return out, nil
}

// sees is the part of see that reads nothing. gated: the subject is to be asked as well.
func (s *Service) sees(actor access.Actor, act access.Action, r Room) (gated bool, err error) {
	if err := access.Check(actor, act, r.Resource()); err != nil {
		return false, err
	}
	switch {
	case system(actor):
		return false, nil
	case r.barred(actor):
		return false, errNotFound
	}
	return r.Subject.Kind != KindFree, nil
}

// able are those of some people who may do something in a room. A subject knows companies and
// roles and no persons: each company and set of roles is asked for once, however many bear it.
func (s *Service) able(ctx context.Context, act access.Action, r Room, people []Person) ([]Person, error) {
	type kind struct{ org, roles string }
	known := map[kind]error{}
	var out []Person
	for _, p := range people {
		who := access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles, Via: "session:room"}
		gated, err := s.sees(who, act, r)
		if gated {
			k := kind{p.Org, fmt.Sprint(p.Roles)}
			if _, asked := known[k]; !asked {
				known[k] = s.asks(ctx, who, r)
			}
			err = known[k]
		}
		switch c := fault.CodeOf(err); {
		case err == nil:
			out = append(out, p)
		case c != fault.NotFound && c != fault.Forbidden:
			return nil, err
		}
	}
	return out, nil
}

// asks is the part of see that asks for the subject.
func (s *Service) asks(ctx context.Context, actor access.Actor, r Room) error {
	if err := s.gate.MaySee(ctx, actor, r.Subject); err != nil {
		if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden {
			return errNotFound
		}
		return err
	}
	return nil
}
