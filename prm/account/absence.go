package account

import (
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Absence is a while in which somebody is away from a company. What would be told to
// them is told to who covers.
type Absence struct {
	ID, Org, Person string
	From, To        string    // civil dates in the person's zone, both included
	Starts, Ends    time.Time // [Starts, Ends)
	Cover           string    // person id; empty: nobody
}

// Limits of absences.
const (
	maxAbsences   = 20
	maxAbsentDays = 366
)

// AbsenceCmd says that the actor is away. Cover is a person of the same company, or
// empty.
type AbsenceCmd struct{ From, To, Cover string }

// Absences lists the absences of the actor in the actor's company that are not over, by
// their beginning.
// Codes: Unauthenticated, Forbidden (by token).
func (s *Service) Absences(ctx context.Context, actor access.Actor) ([]Absence, error) {
	if err := s.itself(actor); err != nil {
		return nil, err
	}
	var out []Absence
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = absencesOf(ctx, actor.Org, actor.Person, db.Now(ctx))
		return err
	})
	return out, err
}

// AddAbsence notes that the actor is away from the actor's company. It may have begun
// already, but not be over.
// Codes: Unauthenticated, Forbidden (by token), NotFound (no company), Invalid, Conflict
// (too many).
func (s *Service) AddAbsence(ctx context.Context, actor access.Actor, cmd AbsenceCmd) (Absence, error) {
	if err := s.itself(actor); err != nil {
		return Absence{}, err
	}
	if err := access.Check(actor, access.OrgRead, access.Own(actor.Org)); err != nil {
		return Absence{}, err
	}
	out := Absence{Org: actor.Org, Person: actor.Person, From: cmd.From, To: cmd.To, Cover: cmd.Cover}
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		p, _, err := readPerson(ctx, actor.Person)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		from, err := time.ParseInLocation(time.DateOnly, cmd.From, p.Location())
		if err != nil {
			bad.With("away_from", "form.date")
		}
		to, err := time.ParseInLocation(time.DateOnly, cmd.To, p.Location())
		now := db.Now(ctx)
		switch {
		case err != nil:
			bad.With("to", "form.date")
		case to.Before(from):
			bad.With("to", "absence.before")
		case !to.AddDate(0, 0, 1).After(now):
			bad.With("to", "absence.over")
		case to.Sub(from) > maxAbsentDays*24*time.Hour:
			bad.With("to", "absence.long", "most", maxAbsentDays)
		}
		if cmd.Cover == actor.Person {
			bad.With("cover", "absence.self")
		} else if cmd.Cover != "" {
			people, err := colleaguesOf(ctx, []string{actor.Org})
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(people, func(c Colleague) bool { return c.ID == cmd.Cover }) {
				bad.With("cover", "absence.cover_unknown")
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		have, err := absencesOf(ctx, actor.Org, actor.Person, now)
		if err != nil {
			return err
		}
		if len(have) >= maxAbsences {
			return fault.New(fault.Conflict, "absence.many", "most", maxAbsences)
		}
		out.ID, out.Starts, out.Ends = db.NewID(), from.UTC(), to.AddDate(0, 0, 1).UTC()
		if err := insertAbsence(ctx, out); err != nil {
			return err
		}
		return trail(ctx, actor, "absence.add", "absence", out.ID)
	})
	if err != nil {
		return Absence{}, err
	}
	return out, nil
}

// RemoveAbsence takes an absence of the actor back: they are there again.
// Codes: Unauthenticated, Forbidden (by token), NotFound.
func (s *Service) RemoveAbsence(ctx context.Context, actor access.Actor, id string) error {
	if err := s.itself(actor); err != nil {
		return err
	}
	return s.tx(ctx, actor, func(ctx context.Context) error {
		ok, err := deleteAbsence(ctx, actor.Org, actor.Person, id)
		if err != nil {
			return err
		}
		if !ok {
			return errNotFound
		}
		return trail(ctx, actor, "absence.remove", "absence", id)
	})
}

// OnDuty returns the present people of a company who hold one of the roles at an
// instant: who is away is replaced by who covers, and by whom covers for them. Where
// nobody is there, the admins are; where they are all away too, nobody is left out.
func (d Directory) OnDuty(ctx context.Context, org string, at time.Time, roles ...access.Role) ([]Colleague, error) {
	return d.onDuty(ctx, org, at, nil, roles)
}

// OnDutyAlone is OnDuty for what only the roles and admins may read: a cover who holds
// none of them is passed over.
func (d Directory) OnDutyAlone(ctx context.Context, org string, at time.Time, roles ...access.Role) ([]Colleague, error) {
	return d.onDuty(ctx, org, at, func(c Colleague) bool {
		return slices.ContainsFunc(append(slices.Clone(roles), access.Admin), func(r access.Role) bool { return slices.Contains(c.Roles, r) })
	}, roles)
}

// OnDutyReading is OnDuty for what not everybody may read: a cover who may not is passed
// over.
func (d Directory) OnDutyReading(ctx context.Context, org string, at time.Time, reads func(Colleague) bool, roles ...access.Role) ([]Colleague, error) {
	return d.onDuty(ctx, org, at, reads, roles)
}

func holds(c Colleague, roles []access.Role) bool {
	return slices.ContainsFunc(roles, func(r access.Role) bool { return slices.Contains(c.Roles, r) })
}

func (d Directory) onDuty(ctx context.Context, org string, at time.Time, reads func(Colleague) bool, roles []access.Role) ([]Colleague, error) {
	return d.standing(ctx, org, at, reads, func(c Colleague) bool { return holds(c, roles) })
}

// Deciders returns who of a company decides at an instant in the place of a person, or
// where none is named of those who hold a role: themselves, or who covers for them while
// they are away; where none of them may, the admins. may says who may decide at all. Nobody
// may come back.
func (d Directory) Deciders(ctx context.Context, org string, at time.Time, may func(Colleague) bool, person string, role access.Role) ([]Colleague, error) {
	people, err := d.standing(ctx, org, at, may, func(c Colleague) bool {
		if person != "" {
			return c.ID == person
		}
		return slices.Contains(c.Roles, role)
	})
	return slices.DeleteFunc(people, func(c Colleague) bool { return !may(c) }), err
}

// standing are those who are meant, or stand in for them.
func (d Directory) standing(ctx context.Context, org string, at time.Time, reads func(Colleague) bool, meant func(Colleague) bool) ([]Colleague, error) {
	var people []Colleague
	away := map[string]Absence{}
	err := d.db.View(ctx, func(ctx context.Context) error {
		var err error
		people, err = db.Remember(ctx, "colleagues:"+org, []string{"person", "membership"}, func() ([]Colleague, error) { return colleaguesOf(ctx, []string{org}) })
		if err != nil {
			return err
		}
		list, err := awayAt(ctx, org, at)
		for _, a := range list {
			if was, ok := away[a.Person]; !ok || was.Cover == "" {
				away[a.Person] = a
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	byID := map[string]Colleague{}
	for _, p := range people {
		byID[p.ID] = p
	}
	admin := func(c Colleague) bool { return slices.Contains(c.Roles, access.Admin) }
	holding := func(want func(Colleague) bool) []Colleague {
		return slices.DeleteFunc(slices.Clone(people), func(c Colleague) bool { return !want(c) })
	}
	var out []Colleague
	add := func(c Colleague) {
		if !slices.ContainsFunc(out, func(have Colleague) bool { return have.ID == c.ID }) {
			out = append(out, c)
		}
	}
	for _, want := range []func(Colleague) bool{meant, admin} {
		for _, p := range holding(want) {
			for range maxAbsences { // a chain of covers, which may be a ring
				a, gone := away[p.ID]
				if !gone {
					if reads == nil || reads(p) {
						add(p)
					}
					break
				}
				cover, ok := byID[a.Cover]
				if !ok {
					break
				}
				p = cover
			}
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	for _, want := range []func(Colleague) bool{meant, admin} {
		for _, p := range holding(want) {
			add(p)
		}
	}
	return out, nil
}
