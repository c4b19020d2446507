package account

import (
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
)

// Directory holds look-ups for the ports of other packages (rooms, notices,
// partnerships, pages that show a name beside an id already granted). It checks
// nothing: who asks has made its own check. It is never called with an id that
// came from a request.
type Directory struct{ db *db.DB }

// Directory returns the look-ups.
func (s *Service) Directory() Directory { return Directory{s.db} }

// People returns the present people of the companies, by name, in one query. A
// person in two of them comes twice.
func (d Directory) People(ctx context.Context, orgs ...string) ([]Colleague, error) {
	var out []Colleague
	err := d.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = colleaguesOf(ctx, orgs)
		return err
	})
	return out, err
}

// Holding returns the present people of the companies who hold one of the roles
// (an admin holds all).
func (d Directory) Holding(ctx context.Context, orgs []string, roles ...access.Role) ([]Colleague, error) {
	all, err := d.People(ctx, orgs...)
	return slices.DeleteFunc(all, func(c Colleague) bool {
		a := access.Actor{Roles: c.Roles}
		return !slices.ContainsFunc(roles, a.Has)
	}), err
}

// OrgsByID returns companies by id in one query; unknown ids are absent.
func (d Directory) OrgsByID(ctx context.Context, ids ...string) (map[string]Org, error) {
	var out map[string]Org
	err := d.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = readOrgs(ctx, ids)
		return err
	})
	return out, err
}

// Visited returns when people were last at the portal, by any session that is still known;
// who never was is absent.
func (d Directory) Visited(ctx context.Context, people ...string) (map[string]time.Time, error) {
	var out map[string]time.Time
	err := d.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = lastSeen(ctx, people)
		return err
	})
	return out, err
}

// OrgBySlug returns the company of a slug.
// Codes: NotFound.
func (d Directory) OrgBySlug(ctx context.Context, slug string) (Org, error) {
	var out Org
	err := d.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = readOrgBySlug(ctx, slug)
		return err
	})
	return out, err
}

// PersonsByID returns people by id, leavers included, in one query; unknown ids
// are absent.
func (d Directory) PersonsByID(ctx context.Context, ids ...string) (map[string]Person, error) {
	var out map[string]Person
	err := d.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = readPersons(ctx, ids)
		return err
	})
	return out, err
}

// PersonByEmail returns the person of an address, for commands of the machine.
// Codes: NotFound.
func (d Directory) PersonByEmail(ctx context.Context, email string) (Person, []Seat, error) {
	var p Person
	var seats []Seat
	err := d.db.View(ctx, func(ctx context.Context) error {
		e, err := NormalEmail("email", email)
		if err != nil {
			return err
		}
		var ok bool
		if p, _, ok, err = findPerson(ctx, e); err != nil {
			return err
		}
		if !ok {
			return errNotFound
		}
		seats, err = seatsOf(ctx, p.ID)
		return err
	})
	return p, seats, err
}
