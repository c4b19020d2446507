package socket

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
)

// Credentials are what a client brought to the upgrade, copied out of the
// request's memory. A ticket is answered here; the rest goes to the port.
type Credentials struct {
	Cookies map[string]string // by name
	Bearer  string            // API token without the word Bearer, "" for none
	Org     string            // slug of the company to act for (query c), "" = the last used
	Addr    string            // address of the client, for throttling and audit
}

// Identity is who a connection belongs to.
type Identity struct {
	Actor   access.Actor
	Session string // what the connection lives by, equal to the key given to DropSession
	Lang    string // language of the reader, "en" or "zh-CN"
}

// Authenticator is the port to portal/session and prm/account.
type Authenticator interface {
	// Authenticate says who brings the credentials: a session cookie or a bearer
	// token. Codes: Unauthenticated, NotFound (no membership in Org).
	Authenticate(ctx context.Context, c Credentials) (Identity, error)
	// Recheck returns the identity as it is now: present roles, same person and
	// company. Codes: Unauthenticated, NotFound or Forbidden end the connection;
	// others are taken as a passing trouble.
	Recheck(ctx context.Context, id Identity) (Identity, error)
}

// ManyAuthenticator is an Authenticator that answers for many at once.
type ManyAuthenticator interface {
	Authenticator
	// RecheckAll is Recheck for each of the identities, in their order.
	RecheckAll(ctx context.Context, ids []Identity) []Rechecked
}

// Rechecked is an identity as it is now, or an error of Recheck.
type Rechecked struct {
	Now Identity
	Err error
}

// recheckAll asks for many at once where the port can.
func (e *Endpoint) recheckAll(ctx context.Context, ids []Identity) []Rechecked {
	if many, ok := e.cfg.Auth.(ManyAuthenticator); ok {
		return many.RecheckAll(ctx, ids)
	}
	out := make([]Rechecked, len(ids))
	for i, id := range ids {
		out[i].Now, out[i].Err = e.cfg.Auth.Recheck(ctx, id)
	}
	return out
}

// TicketLife is how long a ticket may wait for its one use.
const TicketLife = 30 * time.Second

// TicketStore keeps tickets by hash until their one use. The memory store is
// right for one node; several nodes behind one address need a shared one.
type TicketStore interface {
	// Put keeps the identity under the hash until the instant.
	Put(ctx context.Context, hash [32]byte, id Identity, until time.Time) error
	// Take returns and forgets it. Codes: Unauthenticated (unknown, used, late).
	Take(ctx context.Context, hash [32]byte, now time.Time) (Identity, error)
}

// maxTickets bounds the memory store; beyond it the oldest in time are dropped.
const maxTickets = 10000

// MemoryTickets keeps tickets in this process.
type MemoryTickets struct {
	mu   sync.Mutex
	held map[[32]byte]heldTicket
}

type heldTicket struct {
	id    Identity
	until time.Time
}

// Put implements TicketStore.
func (m *MemoryTickets) Put(_ context.Context, hash [32]byte, id Identity, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held == nil {
		m.held = map[[32]byte]heldTicket{}
	}
	if len(m.held) >= maxTickets {
		born := until.Add(-TicketLife)
		for k, t := range m.held {
			if t.until.Before(born) {
				delete(m.held, k)
			}
		}
		if len(m.held) >= maxTickets {
			return fault.New(fault.Unavailable, "error.unavailable")
		}
	}
	m.held[hash] = heldTicket{id, until}
	return nil
}

// Take implements TicketStore.
func (m *MemoryTickets) Take(_ context.Context, hash [32]byte, now time.Time) (Identity, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.held[hash]
	delete(m.held, hash)
	if !ok || now.After(t.until) {
		return Identity{}, fault.New(fault.Unauthenticated, "live.ticket_wrong")
	}
	return t.id, nil
}

// IssueTicket makes a ticket for one connection of the identity, good for
// TicketLife. Only its hash is kept. It goes into the query of GET /live, so it
// must be worthless once it was logged.
// Codes: those of access.List for reading rooms, Unavailable.
func (e *Endpoint) IssueTicket(ctx context.Context, id Identity) (ticket string, until time.Time, err error) {
	if _, err := access.List(id.Actor, access.RoomRead); err != nil {
		return "", time.Time{}, err
	}
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", time.Time{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	ticket = base64.RawURLEncoding.EncodeToString(raw[:])
	until = e.now().Add(TicketLife)
	return ticket, until, e.cfg.Tickets.Put(ctx, sha256.Sum256([]byte(ticket)), id, until)
}

// identify answers who opens a connection. A ticket is taken alone, whatever
// else came with it, and its identity is asked again: it may have ended since.
func (e *Endpoint) identify(ctx context.Context, ticket string, c Credentials) (Identity, error) {
	var id Identity
	var err error
	if ticket != "" {
		if id, err = e.cfg.Tickets.Take(ctx, sha256.Sum256([]byte(ticket)), e.now()); err == nil {
			id, err = e.cfg.Auth.Recheck(ctx, id)
		}
	} else {
		id, err = e.cfg.Auth.Authenticate(ctx, c)
	}
	if err != nil {
		return Identity{}, err
	}
	if id.Actor.Person == "" || id.Actor.Org == "" {
		return Identity{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	_, err = access.List(id.Actor, access.RoomRead)
	return id, err
}
