package account

import (
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
)

// Refresh re-reads who an actor is now, for connections that stay open: the
// session or token must still live, the membership still stand. The roles are
// the present ones.
// Codes: Unauthenticated (it ended), NotFound (no longer in that company).
func (s *Service) Refresh(ctx context.Context, actor access.Actor) (access.Actor, error) {
	r := s.RefreshAll(Acting(ctx, actor), []access.Actor{actor})[0]
	return r.Actor, r.Err
}

// Refreshed is who an actor is now, or why it is nobody any more.
type Refreshed struct {
	Actor access.Actor
	Err   error // codes as Refresh
}

// refreshPart is how many actors RefreshAll reads at once.
const refreshPart = 500

// RefreshAll is Refresh for many actors, in their order, with a few statements for 500.
// Where those fail, all of these have the error.
func (s *Service) RefreshAll(ctx context.Context, actors []access.Actor) []Refreshed {
	out := make([]Refreshed, 0, len(actors))
	for part := range slices.Chunk(actors, refreshPart) {
		var now []Refreshed
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			now, err = refresh(ctx, part)
			return err
		})
		for i := range part {
			if err != nil {
				out = append(out, Refreshed{Err: err})
			} else {
				out = append(out, now[i])
			}
		}
	}
	return out
}

func refresh(ctx context.Context, actors []access.Actor) ([]Refreshed, error) {
	var sessions, tokens, persons []string
	for _, a := range actors {
		switch kind, id, _ := strings.Cut(a.Via, ":"); kind {
		case "session":
			sessions = append(sessions, id)
		case "token":
			tokens = append(tokens, id)
		default:
			continue
		}
		persons = append(persons, a.Person)
	}
	bySession, err := byID(ctx, sessions, func(r sessionRow) string { return r.ID })
	if err != nil {
		return nil, err
	}
	byToken, err := byID(ctx, tokens, func(r tokenRow) string { return r.ID })
	if err != nil {
		return nil, err
	}
	slices.Sort(persons)
	persons = slices.Compact(persons)
	people, err := readPersons(ctx, persons)
	if err != nil {
		return nil, err
	}
	seats, err := rolesOfAll(ctx, persons)
	if err != nil {
		return nil, err
	}
	now := db.Now(ctx)
	out := make([]Refreshed, len(actors))
	for i, a := range actors {
		r := &out[i]
		kind, id, _ := strings.Cut(a.Via, ":")
		p, there := people[a.Person]
		roles, member := seats[a.Person][a.Org]
		session, token := bySession[id], byToken[id]
		switch {
		case kind == "token" && (token.PersonID != a.Person || token.OrgID != a.Org || !token.token().Live(now) || !there || p.State != Active || !member):
			r.Err = errToken
		case kind == "token":
			r.Actor = access.Actor{Person: p.ID, Org: a.Org, Roles: roles, Scopes: append([]string{}, splitList(token.Scopes)...), Via: a.Via}
		case kind != "session" || session.PersonID != a.Person || !session.live(now) || !there || p.State != Active || len(seats[a.Person]) == 0 && !p.Operator:
			r.Err = errSignedOut
		case a.Org != "" && !member:
			r.Err = errNotFound
		default:
			r.Actor = access.Actor{Person: p.ID, Org: a.Org, Roles: roles, Operator: p.Operator, Via: a.Via}
		}
	}
	return out, nil
}
