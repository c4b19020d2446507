package room

import (
	"context"
	"slices"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// An open room is a free room of more than two companies. They may compete, so nobody is in
// it, or learns who is, before an admin of the own company agreed that the companies there
// see each other: those who agreed before and those who do later. Until then a company that
// was asked is known to the company that made the room alone, and knows of no other.

// maxAsked bounds the companies of an open room, and those asked into it.
const maxAsked = 50

// EventAsked is published for the admins of a company that was asked into an open room. Its
// payload is Mentioned, without a number: they are not in the room.
const EventAsked = "chat.Asked"

// Invitation is a company that was asked into an open room.
type Invitation struct {
	Room     ID
	Title    string
	Maker    string // company id
	Org      string // company id: who was asked
	Declined bool
	Ours     int // days for which the asked company keeps what its people write
	Theirs   int // those of the maker
}

// AnswerCmd answers an invitation.
type AnswerCmd struct {
	Join   bool
	People []string // of the own company; none: all of it
	Agreed bool     // although the two companies keep messages for different times
}

// admin says that the actor may speak for the company about who sees it.
func admin(a access.Actor) bool { return slices.Contains(a.Roles, access.Admin) }

// mayOpen checks the companies of a room that is to be open.
func (s *Service) mayOpen(ctx context.Context, actor access.Actor, cmd FreeCmd) error {
	switch {
	case !admin(actor):
		return fault.New(fault.Forbidden, "room.open_admin")
	case cmd.Partner != "" || len(cmd.Partners) == 0:
		return fault.InvalidField("partners", "room.open_who")
	case len(cmd.Partners) > maxAsked:
		return fault.InvalidField("partners", "form.too_many", "most", maxAsked)
	}
	for _, p := range cmd.Partners {
		if err := s.worksWith(ctx, actor.Org, p); err != nil {
			if fault.CodeOf(err) == fault.Invalid {
				err = fault.InvalidField("partners", "room.not_partner")
			}
			return err
		}
	}
	return nil
}

// ask invites a company into an open room and tells its admins. One that declined is asked
// anew; one asked already is not told again.
func (s *Service) ask(ctx context.Context, actor access.Actor, r Room, org string) error {
	asked, err := invitesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(asked, func(i inviteRow) bool { return i.OrgID == org && i.Declined == 0 }) {
		return nil
	}
	if len(asked)+len(r.Orgs) >= maxAsked {
		return fault.InvalidField("partner", "form.too_many", "most", maxAsked)
	}
	if err := putInvite(ctx, inviteRow{string(r.ID), org, actor.Person, db.Micros(db.Now(ctx)), 0}); err != nil || s.events == nil {
		return err
	}
	staff, err := s.people.Staff(ctx, []string{org})
	if err != nil {
		return err
	}
	e := Mentioned{Room: r.ID, Author: actor.Person, Org: actor.Org}
	for _, p := range staff {
		if slices.Contains(p.Roles, access.Admin) {
			e.Persons, e.Orgs = append(e.Persons, p.ID), append(e.Orgs, p.Org)
		}
	}
	if len(e.Persons) == 0 {
		return nil
	}
	return s.events.Publish(ctx, job.Event{Kind: EventAsked, Orgs: []string{actor.Org}, Object: string(r.ID), Payload: e})
}

// inviteOpen asks one more company into an open room.
func (s *Service) inviteOpen(ctx context.Context, actor access.Actor, r Room, cmd InviteCmd) error {
	if err := lock(ctx, r.ID); err != nil {
		return err
	}
	if slices.Contains(r.Orgs, cmd.Partner) {
		return fault.New(fault.Conflict, "room.company_in")
	}
	if err := s.worksWith(ctx, actor.Org, cmd.Partner); err != nil {
		return err
	}
	if !cmd.Shown {
		return fault.New(fault.Conflict, "room.history_shown")
	}
	if err := keepAlike(ctx, []string{actor.Org, cmd.Partner}, cmd.Agreed); err != nil {
		return err
	}
	return s.ask(ctx, actor, r, cmd.Partner)
}

// Invitations are the open rooms into which the actor's company was asked and has not
// answered. They name the room and who made it, and nobody else.
// Codes: Unauthenticated, Forbidden (not an admin).
func (s *Service) Invitations(ctx context.Context, actor access.Actor) ([]Invitation, error) {
	if err := access.Check(actor, access.OrgManage, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Invitation
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := invitedTo(ctx, actor.Org)
		if err != nil {
			return err
		}
		orgs := []string{actor.Org}
		for _, r := range rows {
			orgs = appendNew(orgs, r.Maker)
		}
		rules, err := policiesOf(ctx, orgs)
		for _, r := range rows {
			out = append(out, Invitation{ID(r.RoomID), r.Title, r.Maker, actor.Org, false, int(rules[actor.Org].KeepDays), int(rules[r.Maker].KeepDays)})
		}
		return err
	})
	return out, err
}

// Answer lets the actor's company into an open room it was asked into, or declines. Who
// joins is seen by the companies there and reads what was said before. Told in the room
// where it joins, and nowhere where it declines.
// Codes: Unauthenticated, Forbidden (not an admin), NotFound (not asked, or no partner of the
// maker any more), Conflict (archived; the maker keeps messages for another time and nobody
// said that this is meant), Invalid (people).
func (s *Service) Answer(ctx context.Context, actor access.Actor, id ID, cmd AnswerCmd) error {
	if !actor.Known() {
		return fault.New(fault.Unauthenticated, "error.signed_out")
	}
	people, err := s.colleagues(ctx, actor, cmd.People)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		if err := lock(ctx, id); err != nil {
			return err
		}
		asked, err := invitesOf(ctx, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(asked, func(i inviteRow) bool { return i.OrgID == actor.Org && i.Declined == 0 }) {
			return errNotFound
		}
		if actor.Person == "" {
			return errNotFound
		}
		if err := access.Check(actor, access.OrgManage, access.Own(actor.Org)); err != nil {
			return err
		}
		r, err := readRoom(ctx, id)
		if err != nil {
			return err
		}
		if !cmd.Join {
			if err := declineInvite(ctx, id, actor.Org, db.Micros(db.Now(ctx))); err != nil {
				return err
			}
			return s.note(ctx, actor, "room.declined", id)
		}
		if err := s.worksWith(ctx, r.Maker, actor.Org); err != nil {
			if fault.CodeOf(err) == fault.Invalid {
				err = errNotFound
			}
			return err
		}
		if r.ReadOnly {
			return errReadOnly
		}
		if err := keepAlike(ctx, []string{actor.Org, r.Maker}, cmd.Agreed); err != nil {
			return err
		}
		companies, err := s.people.Companies(ctx, []string{actor.Org})
		if err != nil {
			return err
		}
		if err := dropInvite(ctx, id, actor.Org); err != nil {
			return err
		}
		if err := addOrgs(ctx, id, actor.Org); err != nil {
			return err
		}
		if err := putGuests(ctx, id, actor.Org, people); err != nil {
			return err
		}
		if err := s.trace(ctx, actor, id, "room.company_joined", "company", companies[actor.Org].Name); err != nil {
			return err
		}
		if r, err = readRoom(ctx, id); err != nil {
			return err
		}
		if err := s.invited(ctx, actor, r, people); err != nil {
			return err
		}
		return s.note(ctx, actor, "room.joined", id)
	})
}

// Asked are the companies asked into an open room that are not in it, for the company that
// made the room; others are told of none.
// Codes: NotFound.
func (s *Service) Asked(ctx context.Context, actor access.Actor, id ID) ([]Invitation, error) {
	var out []Invitation
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomRead, id)
		if err != nil || !r.Open || r.Maker != actor.Org {
			return err
		}
		rows, err := invitesOf(ctx, id)
		for _, i := range rows {
			out = append(out, Invitation{Room: id, Title: r.Title, Maker: r.Maker, Org: i.OrgID, Declined: i.Declined != 0})
		}
		return err
	})
	return out, err
}

// Withdraw takes an invitation into an open room back: who made the room, or an admin of the
// company that did. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (not an open room).
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID, org string) error {
	return s.free(ctx, actor, access.RoomPost, id, func(ctx context.Context, r Room) error {
		switch {
		case !r.Open:
			return fault.New(fault.Conflict, "room.not_open")
		case r.Maker != actor.Org:
			return fault.New(fault.Forbidden, "room.not_maker")
		case r.By != actor.Person && !admin(actor):
			return fault.New(fault.Forbidden, "room.not_yours_to_open")
		}
		if err := dropInvite(ctx, id, org); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "room.withdrawn", SubjectKind: "room", SubjectID: string(id), Outcome: audit.Done})
	})
}
