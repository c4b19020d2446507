package room

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"entente/chat/text"
	"entente/db"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// KindFree is the subject of a room that is about no object. It is of one company and at
// most one partner of it, or open (open.go): two partners of a company do not learn of each
// other. Where a
// company chose people, only they and its admins see the room; another company's choice
// is not to be changed.
const KindFree = "free"

// Limits of free rooms.
const (
	maxFreeTitle = 80
	maxGuests    = 200
)

// Partners tells with whom a company works. It is a port: prm/partner knows.
type Partners interface {
	// With lists the companies in an active partnership with the company.
	With(ctx context.Context, org string) ([]string, error)
}

// FreeCmd makes a free room.
type FreeCmd struct {
	Title   string
	Partner string   // company id; "" for the own company alone
	People  []string // of the own company; none: all of it
	Key     string   // the same key of the same person is one room
	Agreed  bool     // made although the companies keep messages for different times

	Open     bool     // of several partners, who are asked and see each other once each agreed
	Partners []string // company ids, of an open one
}

// barred says that the actor's company chose people for a free room, and not the actor.
func (r Room) barred(a access.Actor) bool {
	chosen := r.Guests[a.Org]
	return len(chosen) > 0 && !slices.Contains(chosen, a.Person) && !slices.Contains(a.Roles, access.Admin)
}

func title(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	bad := fault.New(fault.Invalid, "form.invalid")
	text.Check(bad, "title", s, 1, maxFreeTitle, false)
	return s, bad.OrNil()
}

// colleagues checks that people are the own company's, and adds the actor.
func (s *Service) colleagues(ctx context.Context, actor access.Actor, people []string) ([]string, error) {
	if len(people) == 0 {
		return nil, nil
	}
	staff, err := s.people.Staff(ctx, []string{actor.Org})
	if err != nil {
		return nil, err
	}
	out := []string{actor.Person}
	for _, p := range people {
		if !slices.ContainsFunc(staff, func(x Person) bool { return x.ID == p && x.Org == actor.Org }) {
			return nil, fault.InvalidField("people", "room.not_colleague")
		}
		out = appendNew(out, p)
	}
	if len(out) > maxGuests {
		return nil, fault.InvalidField("people", "form.too_many", "most", maxGuests)
	}
	return out, nil
}

// asks are the companies asked into an open room.
func (c FreeCmd) asks() []string {
	if !c.Open {
		return nil
	}
	return c.Partners
}

// Make makes a room of the actor's company, alone or with one company it works with, or an
// open one, into which several are asked. Safe to repeat with the same key.
// Codes: Unauthenticated, Forbidden (an open one is for admins), Invalid (title, key, a partner it does not work with,
// people that are not its own), Conflict (the two keep messages for different times and
// nobody said that this is meant).
func (s *Service) Make(ctx context.Context, actor access.Actor, cmd FreeCmd) (Room, error) {
	if err := access.Check(actor, access.RoomMake, access.Own(actor.Org)); err != nil {
		return Room{}, err
	}
	if actor.Person == "" {
		return Room{}, errNotFound
	}
	if cmd.Key == "" || len(cmd.Key) > MaxKey {
		return Room{}, fault.InvalidField("key", "room.key_wrong")
	}
	name, err := title(cmd.Title)
	if err != nil {
		return Room{}, err
	}
	people, err := s.colleagues(ctx, actor, cmd.People)
	if err != nil {
		return Room{}, err
	}
	orgs := []string{actor.Org}
	if cmd.Open {
		if err := s.mayOpen(ctx, actor, cmd); err != nil {
			return Room{}, err
		}
	}
	if cmd.Partner != "" {
		if err := s.worksWith(ctx, actor.Org, cmd.Partner); err != nil {
			return Room{}, err
		}
		orgs = append(orgs, cmd.Partner)
	}
	sum := sha256.Sum256([]byte(actor.Person + "|" + actor.Org + "|" + cmd.Key))
	spec := Spec{Subject: Subject{KindFree, hex.EncodeToString(sum[:16])}, Title: name, Orgs: orgs}
	var r Room
	err = s.db.InTx(db.WithOrgs(ctx, orgs...), func(ctx context.Context) error {
		if id, err := findSubject(ctx, spec.Subject); err == nil { // made before: it may be another by now
			r, err = s.load(ctx, actor, access.RoomRead, id)
			return err
		} else if !fault.IsNotFound(err) {
			return err
		}
		for _, other := range append(slices.Clone(orgs[1:]), cmd.asks()...) {
			if err := keepAlike(ctx, []string{actor.Org, other}, cmd.Agreed); err != nil {
				return err
			}
		}
		made, err := s.EnsureRoom(ctx, access.System("rooms", actor.Org), spec)
		if err != nil {
			return err
		}
		if err := insertFree(ctx, freeRow{string(made.ID), actor.Org, actor.Person, db.Micros(db.Now(ctx)), db.Flag(cmd.Open)}); err != nil {
			return err
		}
		if err := putGuests(ctx, made.ID, actor.Org, people); err != nil {
			return err
		}
		if err := s.trace(ctx, actor, made.ID, "room.made", "title", name); err != nil {
			return err
		}
		if r, err = s.load(ctx, actor, access.RoomRead, made.ID); err != nil {
			return err
		}
		if err := s.invited(ctx, actor, r, people); err != nil {
			return err
		}
		for _, other := range cmd.asks() {
			if err := s.ask(ctx, actor, r, other); err != nil {
				return err
			}
		}
		if cmd.Partner == "" {
			return nil
		}
		return s.invitedOrg(ctx, actor, r, cmd.Partner)
	})
	if err != nil {
		return Room{}, err
	}
	return r, nil
}

// EventInvited is published for people who were let into a free room. Its payload is
// Mentioned, its number that of the line that tells it.
const EventInvited = "chat.Invited"

// invited tells people of the actor's company that they were chosen for a room.
func (s *Service) invited(ctx context.Context, actor access.Actor, r Room, people []string) error {
	var who []Person
	for _, p := range people {
		if p != actor.Person {
			who = append(who, Person{ID: p, Org: actor.Org})
		}
	}
	return s.tellInvited(ctx, actor, r, who)
}

// invitedOrg tells the admins of a company that it was let into a room: they choose who of
// it takes part.
func (s *Service) invitedOrg(ctx context.Context, actor access.Actor, r Room, org string) error {
	staff, err := s.people.Staff(ctx, []string{org})
	if err != nil {
		return err
	}
	return s.tellInvited(ctx, actor, r, slices.DeleteFunc(staff, func(p Person) bool { return !slices.Contains(p.Roles, access.Admin) }))
}

func (s *Service) tellInvited(ctx context.Context, actor access.Actor, r Room, who []Person) error {
	if s.events == nil || len(who) == 0 {
		return nil
	}
	at, err := readRoom(ctx, r.ID)
	if err != nil {
		return err
	}
	e := Mentioned{Room: r.ID, Seq: at.LastSeq, Author: actor.Person, Org: actor.Org}
	for _, p := range who {
		e.Persons, e.Orgs = append(e.Persons, p.ID), append(e.Orgs, p.Org)
	}
	return s.events.Publish(ctx, job.Event{Kind: EventInvited, Orgs: at.Orgs, Object: string(r.ID), Payload: e})
}

// InviteCmd lets a company into a free room.
type InviteCmd struct {
	Partner string // company id
	Shown   bool   // it is meant that the company reads what was said until now
	Agreed  bool   // made although the two companies keep messages for different times
}

// InvitePartner lets a company that the own one works with into a free room in which the
// own one is alone: one made so, or one that the other left. It reads what was said there
// before, so it is for who made the room and for the admins of the company that did, and
// only where that was said to be meant. Told in the room, and to the admins of the other.
// Codes: NotFound, Forbidden, Conflict (not a free room, archived, a company is there
// already, another partner was there before and would be read of, nobody said that what was
// said is shown, the two keep messages for different times), Invalid (no partner).
func (s *Service) InvitePartner(ctx context.Context, actor access.Actor, id ID, cmd InviteCmd) error {
	return s.free(ctx, actor, access.RoomPost, id, func(ctx context.Context, r Room) error {
		switch {
		case r.Maker != actor.Org:
			return fault.New(fault.Forbidden, "room.not_maker")
		case r.By != actor.Person && !slices.Contains(actor.Roles, access.Admin):
			return fault.New(fault.Forbidden, "room.not_yours_to_open")
		case r.ReadOnly:
			return errReadOnly
		case r.Open:
			return s.inviteOpen(ctx, actor, r, cmd)
		}
		if err := lock(ctx, id); err != nil { // two at once would be two partners
			return err
		}
		now, err := readRoom(ctx, id)
		switch {
		case err != nil:
			return err
		case len(now.Orgs) != 1:
			return fault.New(fault.Conflict, "room.has_partner")
		}
		if err := s.worksWith(ctx, actor.Org, cmd.Partner); err != nil {
			return err
		}
		if third, err := othersIn(ctx, id, actor.Org, cmd.Partner); err != nil || third {
			return cmp.Or[error](err, fault.New(fault.Conflict, "room.had_partner"))
		}
		if !cmd.Shown {
			return fault.New(fault.Conflict, "room.history_shown")
		}
		orgs := []string{actor.Org, cmd.Partner}
		if err := keepAlike(ctx, orgs, cmd.Agreed); err != nil {
			return err
		}
		companies, err := s.people.Companies(ctx, []string{cmd.Partner})
		if err != nil {
			return err
		}
		if err := addOrgs(ctx, id, cmd.Partner); err != nil {
			return err
		}
		if err := s.trace(ctx, actor, id, "room.company_invited", "company", companies[cmd.Partner].Name); err != nil {
			return err
		}
		return s.invitedOrg(ctx, actor, r, cmd.Partner)
	})
}

// keepAlike refuses two companies that keep messages for different times, where nobody said
// that this is meant.
func keepAlike(ctx context.Context, orgs []string, agreed bool) error {
	if len(orgs) < 2 || agreed {
		return nil
	}
	rules, err := policiesOf(ctx, orgs)
	if err != nil {
		return err
	}
	if ours, theirs := rules[orgs[0]].KeepDays, rules[orgs[1]].KeepDays; ours != theirs {
		return fault.New(fault.Conflict, "room.keep_differs", "Ours", ours, "Theirs", theirs)
	}
	return nil
}

// worksWith refuses a company that the own one does not work with, in the same words as one
// that does not exist.
func (s *Service) worksWith(ctx context.Context, org, other string) error {
	var with []string
	var err error
	if s.partners != nil {
		with, err = s.partners.With(ctx, org)
	}
	if err == nil && !slices.Contains(with, other) {
		err = fault.InvalidField("partner", "room.not_partner")
	}
	return err
}

// trace writes a line about what the actor did to the room itself.
func (s *Service) trace(ctx context.Context, actor access.Actor, id ID, kind string, args ...string) error {
	names, err := s.people.Names(ctx, []string{actor.Person})
	if err != nil {
		return err
	}
	values := map[string]string{"person": names[actor.Person], "org": actor.Org}
	for i := 0; i+1 < len(args); i += 2 {
		values[args[i]] = args[i+1]
	}
	_, err = s.Event(ctx, access.System("rooms", actor.Org), Line{Room: id, Key: db.NewID(), Kind: kind, Args: values})
	return err
}

// free does something to a free room as one of its people.
func (s *Service) free(ctx context.Context, actor access.Actor, act access.Action, id ID, do func(ctx context.Context, r Room) error) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, act, id)
		switch {
		case err != nil:
			return err
		case actor.Person == "":
			return errNotFound
		case r.Subject.Kind != KindFree:
			return fault.New(fault.Conflict, "room.not_free")
		}
		return do(ctx, r)
	})
}

// Rename gives a free room another title, told in the room.
// Codes: NotFound, Forbidden, Conflict (not a free room, archived), Invalid.
func (s *Service) Rename(ctx context.Context, actor access.Actor, id ID, to string) error {
	return s.free(ctx, actor, access.RoomPost, id, func(ctx context.Context, r Room) error {
		name, err := title(to)
		switch {
		case err != nil || name == r.Title:
			return err
		case r.ReadOnly:
			return errReadOnly
		}
		if err := setTitle(ctx, id, name); err != nil {
			return err
		}
		return s.trace(ctx, actor, id, "room.renamed", "from", r.Title, "title", name)
	})
}

// Archive closes a free room for posting or opens it again, told in the room. It is for
// the company that made it; one with a company that is no partner any more stays closed.
// Codes: NotFound, Forbidden (of the other company), Conflict (not a free room), Invalid.
func (s *Service) Archive(ctx context.Context, actor access.Actor, id ID, on bool) error {
	return s.free(ctx, actor, access.RoomPost, id, func(ctx context.Context, r Room) error {
		if r.Maker != actor.Org {
			return fault.New(fault.Forbidden, "room.not_maker")
		}
		if r.ReadOnly == on {
			return nil
		}
		kind := "room.archived"
		if !on {
			kind = "room.reopened"
			for _, o := range r.Orgs {
				if o != actor.Org {
					if err := s.worksWith(ctx, actor.Org, o); err != nil {
						return err
					}
				}
			}
		}
		if err := setReadOnly(ctx, id, on); err != nil {
			return err
		}
		return s.trace(ctx, actor, id, kind)
	})
}

// Choose says which people of the actor's company see a free room; none is all of them.
// Who is left out leaves at once; who is let in is told. It is told in the room that it was done, not who.
// Codes: NotFound, Forbidden, Conflict (not a free room), Invalid (people).
func (s *Service) Choose(ctx context.Context, actor access.Actor, id ID, people []string) error {
	return s.free(ctx, actor, access.RoomPost, id, func(ctx context.Context, r Room) error {
		chosen, err := s.colleagues(ctx, actor, people)
		if err != nil {
			return err
		}
		return s.choose(ctx, actor, r, chosen, "room.people_chosen")
	})
}

func (s *Service) choose(ctx context.Context, actor access.Actor, r Room, chosen []string, kind string) error {
	same := len(chosen) == len(r.Guests[actor.Org]) && !slices.ContainsFunc(chosen, func(p string) bool { return !slices.Contains(r.Guests[actor.Org], p) })
	if same {
		return nil
	}
	if err := putGuests(ctx, r.ID, actor.Org, chosen); err != nil {
		return err
	}
	if err := s.trace(ctx, actor, r.ID, kind, "n", strconv.Itoa(len(chosen))); err != nil {
		return err
	}
	if len(chosen) == 0 {
		return nil
	}
	if had := r.Guests[actor.Org]; len(had) > 0 { // the whole company found it before
		fresh := slices.DeleteFunc(slices.Clone(chosen), func(p string) bool { return slices.Contains(had, p) })
		if err := s.invited(ctx, actor, r, fresh); err != nil {
			return err
		}
	}
	staff, err := s.people.Staff(ctx, []string{actor.Org})
	if err != nil {
		return err
	}
	r.Guests = map[string][]string{actor.Org: chosen}
	var out []string
	for _, p := range staff {
		if r.barred(access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles}) {
			out = append(out, p.ID)
		}
	}
	if len(out) == 0 {
		return nil
	}
	db.AfterCommit(ctx, func() {
		for _, p := range out {
			s.pub.LeftPerson(r.ID, p, actor.Org)
		}
	})
	return forgetMembers(ctx, r.ID, actor.Org, out)
}

// Leave takes the actor out of a free room, where people were chosen; the last one of a
// company takes the company out. Where a company is there as a whole only an admin may,
// and takes the company out: it finds nothing of the room any more, what it wrote stays.
// A room that its maker left is closed.
// Codes: NotFound, Forbidden, Conflict (not a free room; the company would leave a room that
// it holds).
func (s *Service) Leave(ctx context.Context, actor access.Actor, id ID) error {
	return s.free(ctx, actor, access.RoomRead, id, func(ctx context.Context, r Room) error {
		chosen := r.Guests[actor.Org]
		if left := slices.DeleteFunc(slices.Clone(chosen), func(p string) bool { return p == actor.Person }); len(left) > 0 && len(left) < len(chosen) {
			return s.choose(ctx, actor, r, left, "room.person_left")
		}
		if (len(chosen) == 0 || !slices.Contains(chosen, actor.Person)) && !slices.Contains(actor.Roles, access.Admin) {
			return fault.New(fault.Forbidden, "room.whole_company")
		}
		holds, err := holdsOf(ctx, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(holds, func(h holdRow) bool { return h.OrgID == actor.Org }) {
			return fault.New(fault.Conflict, "room.held")
		}
		if err := s.trace(ctx, actor, id, "room.company_left"); err != nil {
			return err
		}
		if r.Maker == actor.Org {
			if err := setReadOnly(ctx, id, true); err != nil {
				return err
			}
		}
		if err := putGuests(ctx, id, actor.Org, nil); err != nil {
			return err
		}
		if err := removeOrg(ctx, id, actor.Org); err != nil {
			return err
		}
		db.AfterCommit(ctx, func() { s.pub.Left(id, actor.Org) })
		return nil
	})
}

// PartnersEnded closes the free rooms of two companies: a partnership of theirs ended, and
// there is no other. System actors of one of the two only; safe to repeat.
// Codes: NotFound.
func (s *Service) PartnersEnded(ctx context.Context, actor access.Actor, one, other string) error {
	if !system(actor) || actor.Org != one && actor.Org != other {
		return errNotFound
	}
	return s.db.InTx(db.WithOrgs(ctx, one, other), func(ctx context.Context) error {
		if err := s.worksWith(ctx, one, other); err == nil || fault.CodeOf(err) != fault.Invalid {
			return err
		}
		if err := dropInvites(ctx, one, other); err != nil {
			return err
		}
		ids, err := freeOf(ctx, one, other)
		for _, id := range ids {
			if err := setReadOnly(ctx, ID(id), true); err != nil {
				return err
			}
		}
		return err
	})
}
