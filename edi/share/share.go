// Package share keeps links that show one document of an interchange to people who have no
// sign-in: without prices (edi/mask), for some days, until it is taken back.
//
// Only the hash of what stands in an address is kept, so that nobody reads a link out of
// the database. A link that ran out, was taken back or never was is answered alike.
package share

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"entente/db"
	"entente/db/audit"
	"entente/edi/gateway"
	"entente/edi/mask"
	"entente/prm/access"
	"entente/prm/fault"
)

// What a company may make.
const (
	DefaultDays = 7
	MaxDays     = 90
	maxLive     = 200 // links of a company that hold
	maxHourly   = 30  // links of a person in an hour
	maxNote     = 120
)

// Link is one link. Its address is known only when it is made.
type Link struct {
	ID          string
	Interchange string
	Position    int // of the document in it
	Org         string
	Note        string // whom it is for, in the words of who made it
	Made        time.Time
	MadeBy      string
	Expires     time.Time
	Revoked     time.Time
	RevokedBy   string
	Opened      int64 // how often it was looked at
	OpenedAt    time.Time
}

// Holds says whether the link still shows the document.
func (l Link) Holds(at time.Time) bool { return l.Revoked.IsZero() && at.Before(l.Expires) }

// Cmd asks for a link.
type Cmd struct {
	Interchange string
	Position    int // default 1
	Days        int // default DefaultDays
	Note        string
}

// Shared is a document as whoever has the link sees it, the bytes apart.
type Shared struct {
	Link Link
	Head gateway.Interchange
	Set  gateway.Set
}

// Service keeps links. Every method checks the actor first; Open and Body answer to an
// address.
type Service struct {
	db      *db.DB
	gateway *gateway.Service
}

// New makes the service.
func New(d *db.DB, g *gateway.Service) *Service { return &Service{db: d, gateway: g} }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

// hash is what is kept of a token.
func hash(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// subject reads an interchange and checks an action on it.
func (s *Service) subject(ctx context.Context, actor access.Actor, act access.Action, id string) (gateway.Message, error) {
	m, err := s.gateway.Get(ctx, actor, id)
	if err != nil {
		return m, err
	}
	return m, access.Check(actor, act, access.Shared(m.Supplier, m.Reseller))
}

// Make makes a link and gives the token of its address, once.
// Codes: NotFound, Forbidden, Invalid (days, note, position), Conflict (a form of an ERP
// system, of which it is not known what is a price), RateLimited.
func (s *Service) Make(ctx context.Context, actor access.Actor, cmd Cmd) (Link, string, error) {
	m, err := s.subject(ctx, actor, access.EDIShare, cmd.Interchange)
	if err != nil {
		return Link{}, "", err
	}
	if cmd.Days == 0 {
		cmd.Days = DefaultDays
	}
	if cmd.Position == 0 {
		cmd.Position = 1
	}
	cmd.Note = strings.TrimSpace(cmd.Note)
	switch {
	case gateway.IsForm(m.Syntax):
		return Link{}, "", fault.New(fault.Conflict, "share.form")
	case cmd.Days < 1 || cmd.Days > MaxDays:
		return Link{}, "", fault.InvalidField("days", "share.days_wrong", "Most", MaxDays)
	case utf8.RuneCountInString(cmd.Note) > maxNote || !utf8.ValidString(cmd.Note):
		return Link{}, "", fault.InvalidField("note", "share.note_long", "Most", maxNote)
	}
	if _, err := s.gateway.SetAt(ctx, actor, m.ID, cmd.Position); err != nil {
		if fault.IsNotFound(err) {
			return Link{}, "", fault.InvalidField("position", "share.no_document")
		}
		return Link{}, "", err
	}
	token := rand.Text() // 130 random bits
	var out Link
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		now := db.Now(ctx)
		live, mine, err := counts(ctx, actor.Org, actor.Person, db.Micros(now), db.Micros(now.Add(-time.Hour)))
		if err != nil {
			return err
		}
		if live >= maxLive || mine >= maxHourly {
			return fault.New(fault.RateLimited, "share.too_many")
		}
		out = Link{ID: db.NewID(), Interchange: m.ID, Position: cmd.Position, Org: actor.Org, Note: cmd.Note, Made: now, MadeBy: actor.Person, Expires: now.AddDate(0, 0, cmd.Days)}
		if err := insert(ctx, out, hash(token)); err != nil {
			return err
		}
		return note(ctx, actor, "edi.share", out)
	})
	return out, token, err
}

// List gives the company's links of an interchange, the newest first.
// Codes: NotFound, Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, interchange string) ([]Link, error) {
	if _, err := s.subject(ctx, actor, access.EDIShare, interchange); err != nil {
		return nil, err
	}
	var out []Link
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = linksOf(ctx, actor.Org, interchange)
		return err
	})
	return out, err
}

// Revoke takes a link of the company back, at once. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) Revoke(ctx context.Context, actor access.Actor, id string) error {
	if _, err := access.List(actor, access.EDIRead); err != nil {
		return err
	}
	var l Link
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		l, err = byID(ctx, actor.Org, id)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := s.subject(ctx, actor, access.EDIShare, l.Interchange); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		done, err := revoke(ctx, actor.Org, id, actor.Person, db.Micros(db.Now(ctx)))
		if err != nil || !done {
			return err
		}
		return note(ctx, actor, "edi.share.revoke", l)
	})
}

// Open gives what the address shows and counts that somebody looked; the first look of a
// day stands in the log of the company. Codes: NotFound, for whatever reason.
func (s *Service) Open(ctx context.Context, token string) (Shared, error) {
	l, err := s.find(ctx, token)
	if err != nil {
		return Shared{}, err
	}
	out, err := s.shown(ctx, l)
	if err != nil {
		return Shared{}, err
	}
	return out, s.db.InTx(db.WithOrgs(ctx, l.Org), func(ctx context.Context) error {
		now := db.Now(ctx)
		if err := opened(ctx, l.ID, db.Micros(now)); err != nil {
			return err
		}
		if l.OpenedAt.Format(time.DateOnly) == now.Format(time.DateOnly) {
			return nil
		}
		return note(ctx, access.System("share", l.Org), "edi.share.open", l)
	})
}

func (s *Service) shown(ctx context.Context, l Link) (Shared, error) {
	actor := access.System("share", l.Org)
	m, err := s.gateway.Get(ctx, actor, l.Interchange)
	if err != nil {
		return Shared{}, hidden(err)
	}
	set, err := s.gateway.SetAt(ctx, actor, l.Interchange, l.Position)
	if err != nil {
		return Shared{}, hidden(err)
	}
	return Shared{Link: l, Head: m.Interchange, Set: set}, nil
}

// hidden makes every refusal the same.
func hidden(err error) error {
	if c := fault.CodeOf(err); c == fault.Internal || c == fault.Unavailable {
		return err
	}
	return notFound()
}

// Body opens the document that the address shows, without its prices. The caller closes
// it. Codes: NotFound, for whatever reason.
func (s *Service) Body(ctx context.Context, token string) (io.ReadCloser, error) {
	l, err := s.find(ctx, token)
	if err != nil {
		return nil, err
	}
	raw, head, err := s.gateway.Raw(ctx, access.System("share", l.Org), l.Interchange)
	if err != nil {
		return nil, hidden(err)
	}
	return &both{mask.Reader(raw, head.Syntax == gateway.SyntaxEDIFACT, l.Position), raw}, nil
}

// both closes what is read and what that reads.
type both struct {
	io.ReadCloser
	under io.Closer
}

func (b *both) Close() error {
	_ = b.ReadCloser.Close()
	return b.under.Close()
}

// find reads the link of an address that holds.
func (s *Service) find(ctx context.Context, token string) (Link, error) {
	if len(token) != tokenLength {
		return Link{}, notFound()
	}
	var l Link
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		if l, err = byToken(ctx, hash(token)); err == nil && !l.Holds(db.Now(ctx)) {
			err = notFound()
		}
		return err
	})
	return l, err
}

const tokenLength = 26

func note(ctx context.Context, actor access.Actor, action string, l Link) error {
	return audit.Write(ctx, audit.Entry{Org: l.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "interchange", SubjectID: l.Interchange, Outcome: audit.Done})
}
