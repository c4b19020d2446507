package session

import (
	"context"

	"entente/chat/socket"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// Live is the door of the live socket.
func (s *Sessions) Live() socket.Authenticator { return live{s} }

type live struct{ s *Sessions }

// Authenticate implements socket.Authenticator. A bearer token goes before a
// cookie and never falls back to it.
func (v live) Authenticate(ctx context.Context, c socket.Credentials) (socket.Identity, error) {
	ctx = account.WithOrigin(ctx, account.Origin{Addr: c.Addr})
	if c.Bearer != "" {
		l, err := v.s.byBearer(ctx, "Bearer "+c.Bearer, c.Addr)
		if err == nil && c.Org != "" && c.Org != l.Org.Slug {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		return identity(l, err)
	}
	token := c.Cookies[cookieSecure]
	if token == "" && !v.s.o.Secure {
		token = c.Cookies[cookiePlain]
	}
	l, err := v.s.acc.LoginBySession(ctx, token, c.Org)
	if err == nil && c.Org == "" {
		l, err = lastUsed(l)
	}
	return identity(l, err)
}

// lastUsed lets a login without a company act for the one used last, else for
// the first.
func lastUsed(l account.Login) (account.Login, error) {
	if len(l.Seats) == 0 {
		return account.Login{}, fault.New(fault.NotFound, "error.not_found")
	}
	seat := l.Seats[0]
	for _, one := range l.Seats {
		if one.Org.ID == l.Person.LastOrg {
			seat = one
		}
	}
	l.Org, l.Actor.Org, l.Actor.Roles = seat.Org, seat.Org.ID, seat.Roles
	return l, nil
}

// Recheck implements socket.Authenticator.
func (v live) Recheck(ctx context.Context, id socket.Identity) (socket.Identity, error) {
	a, err := v.s.acc.Refresh(ctx, id.Actor)
	if err != nil {
		return socket.Identity{}, err
	}
	id.Actor = a
	return id, nil
}

// RecheckAll implements socket.ManyAuthenticator.
func (v live) RecheckAll(ctx context.Context, ids []socket.Identity) []socket.Rechecked {
	actors := make([]access.Actor, len(ids))
	for i, id := range ids {
		actors[i] = id.Actor
	}
	out := make([]socket.Rechecked, len(ids))
	for i, r := range v.s.acc.RefreshAll(ctx, actors) {
		if out[i].Err = r.Err; r.Err == nil {
			out[i].Now = ids[i]
			out[i].Now.Actor = r.Actor
		}
	}
	return out
}

func identity(l account.Login, err error) (socket.Identity, error) {
	if err != nil {
		return socket.Identity{}, err
	}
	return socket.Identity{Actor: l.Actor, Session: l.Actor.Via, Lang: l.Person.Locale}, nil
}

// Identity is the caller of a request as the live socket knows them, for a
// ticket.
// Codes: Unauthenticated, NotFound.
func (s *Sessions) Identity(ctx context.Context) (socket.Identity, error) {
	l, err := InCompany(ctx)
	return identity(l, err)
}

// Live connections as Doors closes them; *socket.Endpoint is one.
type connections interface {
	DropMembership(person, org string)
	DropSession(session string)
}

// Doors closes live connections when somebody leaves or signs out: it implements
// account.Leaver over the live socket. A connection lives by the Via of its
// actor, "session:ID" or "token:ID".
type Doors struct{ Live connections }

// Left implements account.Leaver. Somebody with other roles connects again.
func (d Doors) Left(org, person string) { d.Live.DropMembership(person, org) }

// SignedOut implements account.Leaver.
func (d Doors) SignedOut(_ string, sessions []string) {
	for _, id := range sessions {
		d.Live.DropSession("session:" + id)
	}
}

// Revoked implements account.Leaver.
func (d Doors) Revoked(_ string, tokens []string) {
	for _, id := range tokens {
		d.Live.DropSession("token:" + id)
	}
}

var (
	_ account.Leaver           = Doors{}
	_ connections              = (*socket.Endpoint)(nil)
	_ socket.ManyAuthenticator = live{}
)
