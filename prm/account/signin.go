package account

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

var errWrong = fault.New(fault.Unauthenticated, "account.signin_wrong")

// SignIn proves an address by its password and opens a session. Before sign-in.
// An unknown address, a wrong password, a person without a password and one who
// left every company get the same answer after the same work.
// Codes: Unauthenticated (account.signin_wrong), RateLimited (account.wait with
// seconds), Unavailable (too many at once).
func (s *Service) SignIn(ctx context.Context, email, password string) (SignedIn, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	keys := []string{accountKey(email), addressKey(OriginOf(ctx).Addr)}
	if err := s.attempt(ctx, keys...); err != nil {
		return SignedIn{}, err
	}
	var p Person
	var stored string
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		p, stored, _, err = findPerson(ctx, email)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	ok, err := s.hasher.verify(ctx, password, stored)
	if err != nil {
		return SignedIn{}, err
	}
	fresh := ""
	if ok && s.hasher.stale(stored) {
		if fresh, err = s.hasher.hash(ctx, password); err != nil {
			return SignedIn{}, err
		}
	}
	var out SignedIn
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		out = SignedIn{}
		line := audit.Entry{Person: p.ID, Via: "signin", Action: "session.start", SubjectKind: "person", SubjectID: p.ID, Outcome: audit.Denied, Addr: OriginOf(ctx).Addr}
		if ok {
			now, present, err := readPerson(ctx, p.ID)
			if err != nil {
				return err
			}
			seats, err := seatsOf(ctx, p.ID)
			if err != nil {
				return err
			}
			if present == stored && now.State == Active && (now.Operator || len(seats) > 0) {
				line.Outcome = audit.Done
				if fresh != "" {
					if err := updatePassword(ctx, p.ID, fresh); err != nil {
						return err
					}
				}
				if err := succeeded(ctx, keys...); err != nil {
					return err
				}
				if out, err = open(ctx, now); err != nil {
					return err
				}
			}
		}
		return audit.Write(ctx, line)
	})
	if err != nil {
		return SignedIn{}, err
	}
	if out.Token == "" {
		return SignedIn{}, errWrong
	}
	return out, nil
}

// open makes a session in the caller's transaction.
func open(ctx context.Context, p Person) (SignedIn, error) {
	now, o := db.Now(ctx), OriginOf(ctx)
	token := newSecret()
	out := SignedIn{Token: token, Person: p, Session: Session{ID: db.NewID(), Person: p.ID, Addr: cut(o.Addr, 64), Agent: cut(o.Agent, 300),
		Created: now, Seen: now, IdleUntil: now.Add(SessionIdle), EndBy: now.Add(SessionLife), Current: true}}
	if err := insertSession(ctx, out.Session, digest(token), newSecret()); err != nil {
		return SignedIn{}, err
	}
	live, err := sessionsOf(ctx, p.ID)
	if err != nil {
		return SignedIn{}, err
	}
	for _, old := range live[min(len(live), maxOpenSessions):] {
		if _, err := endSessions(ctx, p.ID, old.ID, out.Session.ID); err != nil {
			return SignedIn{}, err
		}
	}
	return out, nil
}

// cut shortens foreign text to n bytes of valid UTF-8.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// LoginBySession finds who stands behind a session token. With a slug the login
// acts for that company. Before sign-in: it is how a request becomes an actor.
// It notes the sign of life, at most once a minute.
// Codes: Unauthenticated (unknown, ended, idle too long, too old), NotFound (no
// present membership in that company).
func (s *Service) LoginBySession(ctx context.Context, token, slug string) (Login, error) {
	if token == "" {
		return Login{}, errSignedOut
	}
	var l Login
	var at time.Time
	err := s.db.View(ctx, func(ctx context.Context) error {
		at = db.Now(ctx)
		row, ok, err := findSession(ctx, "hash", digest(token))
		if err != nil {
			return err
		}
		if !ok {
			return errSignedOut
		}
		l, err = loginOf(ctx, row, func(o Org) bool { return slug != "" && o.Slug == slug })
		if err == nil && slug != "" && l.Org.ID == "" {
			return errNotFound
		}
		return err
	})
	if err != nil {
		return Login{}, err
	}
	if at.Sub(l.Session.Seen) > touchEvery || l.Org.ID != "" && l.Org.ID != l.Person.LastOrg {
		err = s.db.InTx(ctx, func(ctx context.Context) error {
			if err := touchSession(ctx, l.Session.ID); err != nil || l.Org.ID == "" {
				return err
			}
			return updateLastOrg(ctx, l.Person.ID, l.Org.ID)
		})
	}
	return l, err
}

func loginOf(ctx context.Context, row sessionRow, acts func(Org) bool) (Login, error) {
	if !row.live(db.Now(ctx)) {
		return Login{}, errSignedOut
	}
	p, _, err := readPerson(ctx, row.PersonID)
	if err != nil {
		return Login{}, err
	}
	if p.State != Active {
		return Login{}, errSignedOut
	}
	seats, err := seatsOf(ctx, p.ID)
	if err != nil {
		return Login{}, err
	}
	if len(seats) == 0 && !p.Operator {
		return Login{}, errSignedOut
	}
	l := Login{Person: p, Session: row.session(), CSRF: row.Csrf, Seats: seats, Actor: access.Actor{Person: p.ID, Operator: p.Operator, Via: "session:" + row.ID}}
	l.Session.Current = true
	for _, seat := range seats {
		if acts(seat.Org) {
			l.Org, l.Actor.Org, l.Actor.Roles = seat.Org, seat.Org.ID, seat.Roles
		}
	}
	return l, nil
}

var errToken = fault.New(fault.Unauthenticated, "account.token_invalid")

// LoginByToken finds who stands behind an API token: the person's present roles
// in the token's company and the token's scopes. Before sign-in. An unknown,
// expired or revoked token and one whose membership ended get the same answer.
// Codes: Unauthenticated.
func (s *Service) LoginByToken(ctx context.Context, bearer string) (Login, error) {
	if !strings.HasPrefix(bearer, TokenPrefix) || len(bearer) > 128 {
		return Login{}, errToken
	}
	var l Login
	var row tokenRow
	var at time.Time
	err := s.db.Glance(ctx, func(ctx context.Context) error {
		at = db.Now(ctx)
		var ok bool
		var err error
		l, row, ok, err = loginByHash(ctx, digest(bearer))
		if err == nil && (!ok || !row.token().Live(at) || l.Person.State != Active) {
			err = errToken
		}
		return err
	})
	if err != nil {
		return Login{}, err
	}
	if at.Sub(db.FromMicros(row.Used)) > touchEvery {
		err = s.db.InTx(Acting(ctx, l.Actor), func(ctx context.Context) error { return touchToken(ctx, row.OrgID, row.ID) })
	}
	return l, err
}

func tokenLogin(row tokenRow, p Person, seat Seat) Login {
	scopes := append([]string{}, splitList(row.Scopes)...)
	return Login{Person: p, Org: seat.Org, Seats: []Seat{seat},
		Actor: access.Actor{Person: p.ID, Org: seat.Org.ID, Roles: seat.Roles, Scopes: scopes, Via: "token:" + row.ID}}
}

// SignOut ends the session of a token; an unknown one is no error. Before
// sign-in: whoever holds the token may end it.
func (s *Service) SignOut(ctx context.Context, token string) error {
	var person string
	var ids []string
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		row, ok, err := findSession(ctx, "hash", digest(token))
		if err != nil || !ok {
			return err
		}
		person = row.PersonID
		if ids, err = endSessions(ctx, person, row.ID, ""); err != nil || len(ids) == 0 {
			return err
		}
		return trail(ctx, access.Actor{Person: person, Via: "session:" + row.ID}, "session.end", "session", row.ID)
	})
	s.signedOut(err, person, ids)
	return err
}

// signedOut tells the live side after a commit.
func (s *Service) signedOut(err error, person string, ids []string) {
	if err == nil && len(ids) > 0 {
		s.leaver.SignedOut(person, ids)
	}
}

// Sessions lists the actor's own live sessions, the latest first.
// Codes: Unauthenticated, Forbidden (by token).
func (s *Service) Sessions(ctx context.Context, actor access.Actor) ([]Session, error) {
	if err := s.itself(actor); err != nil {
		return nil, err
	}
	var out []Session
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = sessionsOf(ctx, actor.Person)
		return err
	})
	for i := range out {
		out[i].Current = out[i].ID == sessionID(actor)
	}
	return out, err
}

// EndSession ends one of the actor's own sessions. Safe to repeat.
// Codes: Unauthenticated, Forbidden (by token), NotFound (not one of one's own).
func (s *Service) EndSession(ctx context.Context, actor access.Actor, id string) error {
	if err := s.itself(actor); err != nil {
		return err
	}
	var ids []string
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		row, ok, err := findSession(ctx, "id", id)
		if err != nil {
			return err
		}
		if !ok || row.PersonID != actor.Person {
			return errNotFound
		}
		if ids, err = endSessions(ctx, actor.Person, id, ""); err != nil || len(ids) == 0 {
			return err
		}
		return trail(ctx, actor, "session.end", "session", id)
	})
	s.signedOut(err, actor.Person, ids)
	return err
}

// SignOutEverywhere ends all sessions of the actor, the present one too.
// Codes: Unauthenticated, Forbidden (by token).
func (s *Service) SignOutEverywhere(ctx context.Context, actor access.Actor) error {
	if err := s.itself(actor); err != nil {
		return err
	}
	var ids []string
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		var err error
		if ids, err = endSessions(ctx, actor.Person, "", ""); err != nil {
			return err
		}
		return trail(ctx, actor, "session.end_all", "person", actor.Person)
	})
	s.signedOut(err, actor.Person, ids)
	return err
}

// Sweep deletes throttles, sessions, links and failed sign-ins that have been dead for
// thirty days. It is a scheduled job of the machine and touches nobody's business.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return sweep(ctx, db.Now(ctx).AddDate(0, 0, -30)) })
}
