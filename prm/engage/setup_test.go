package engage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type recorder struct {
	mu     sync.Mutex
	events []job.Event
}

func (r *recorder) Publish(_ context.Context, e job.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

// take returns what was published since the last call: "kind>names" for each event.
func (r *recorder) take(b *bench) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		x := e.Payload.(Event)
		line := strings.TrimPrefix(e.Kind, "engage.") + ">"
		for _, o := range x.To {
			line += b.names[o] + ","
		}
		if x.Room != "" {
			line += "room"
		}
		out = append(out, line)
	}
	r.events = nil
	return strings.Join(out, " ")
}

// circle knows the supplier's partners; staff are those of all companies.
type circle struct {
	supplier string
	partners map[string]bool // active
	staff    map[string]string
}

func (c *circle) Between(_ context.Context, org, other string) (Tie, error) {
	switch {
	case org == c.supplier && c.partners[other]:
		return Tie{Active: true, Supplies: true}, nil
	case other == c.supplier && c.partners[org]:
		return Tie{Active: true}, nil
	}
	return Tie{}, nil
}

func (c *circle) Belongs(_ context.Context, org, person string) (bool, error) {
	return c.staff[person] == org, nil
}

func (c *circle) Source(_ context.Context, a access.Actor, kind, id string) (Source, error) {
	if kind == FromDeal && strings.HasPrefix(id, "deal of ") {
		first := strings.TrimPrefix(id, "deal of ")
		return Source{Number: "D-1", Title: "Line 4", Customer: "Harrow Fabrication", Country: "GB", Teaser: "A line for a metal works", First: first, Supplies: a.Org == c.supplier}, nil
	}
	return Source{}, notFound()
}

// bench is a manufacturer with two distributors that do not know of each other.
type bench struct {
	t                                       testing.TB
	db                                      *db.DB
	svc                                     *Service
	events                                  *recorder
	circle                                  *circle
	aurelia, kestrel, baltic, other         string
	ingrid, sven, maya, dan, kaarel, nobody access.Actor
	names                                   map[string]string
	now                                     time.Time
}

func setup(t testing.TB, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), other: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	b.names = map[string]string{b.aurelia: "aurelia", b.kestrel: "kestrel", b.baltic: "baltic", b.other: "other"}
	b.circle = &circle{supplier: b.aurelia, partners: map[string]bool{b.kestrel: true, b.baltic: true}, staff: map[string]string{}}
	b.svc = New(d, b.circle, b.circle, b.events)
	who := func(org string, r ...access.Role) access.Actor {
		a := access.Actor{Person: db.NewID(), Org: org, Roles: r, Via: "session:x"}
		b.circle.staff[a.Person] = org
		return a
	}
	b.ingrid, b.sven = who(b.aurelia, access.Manager), who(b.aurelia, access.Sales)
	b.maya, b.dan = who(b.kestrel, access.Manager, access.Sales), who(b.kestrel, access.Buyer, access.Finance, access.EDI, access.Viewer)
	b.kaarel, b.nobody = who(b.baltic, access.Admin), who(b.other, access.Admin)
	b.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for id, slug := range b.names {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", id, slug, slug).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// at is a context one minute later than the last one.
func (b *bench) at() context.Context {
	b.now = b.now.Add(time.Minute)
	return db.WithNow(context.Background(), b.now)
}

func (b *bench) want(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if fault.CodeOf(err) != code {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if errors.As(err, &f); key != "" && f.Key != key {
		for _, x := range f.Fields {
			if x.Key == key {
				return
			}
		}
		b.t.Fatalf("got %v, want %s", err, key)
	}
}

func eq[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func terms(shown bool) Terms {
	return Terms{Title: "Harrow line 4", Customer: "Harrow Fabrication", Purpose: "Win the line together", Teaser: "Tools for a metal works in the north", Country: "gb", Band: "large", Shown: shown}
}

// begun is an engagement of the manufacturer that nobody else sees yet.
func (b *bench) begun(shown bool) ID {
	b.t.Helper()
	d, err := b.svc.Begin(b.at(), b.ingrid, BeginCmd{Terms: terms(shown), Key: db.NewID(), Role: "manufacturer", Value: money.Amount{Minor: 12_345_678, Currency: "GBP"}})
	b.must(err)
	return d.ID
}

func (b *bench) invite(id ID, org, role string) {
	b.t.Helper()
	_, err := b.svc.Invite(b.at(), b.ingrid, id, InviteCmd{Org: org, Role: role, Message: "Will you take part?"})
	b.must(err)
}

func (b *bench) join(id ID, who access.Actor) {
	b.t.Helper()
	seen, err := b.svc.Get(b.at(), who, id)
	b.must(err)
	if seen.Invitation == nil {
		b.t.Fatal("no invitation")
	}
	_, err = b.svc.Accept(b.at(), who, id, seen.Invitation.Hash)
	b.must(err)
}

// three is an engagement of all three companies.
func (b *bench) three(shown bool) ID {
	b.t.Helper()
	id := b.begun(shown)
	b.invite(id, b.kestrel, "distributor")
	b.invite(id, b.baltic, "distributor")
	b.join(id, b.maya)
	b.join(id, b.kaarel)
	b.events.take(b)
	return id
}

func (b *bench) detail(id ID, who access.Actor) Detail {
	b.t.Helper()
	seen, err := b.svc.Get(b.at(), who, id)
	b.must(err)
	if seen.Detail == nil {
		b.t.Fatal("no detail")
	}
	return *seen.Detail
}

// said is everything a company reads of an engagement, as one text.
func (b *bench) said(id ID, who access.Actor) string {
	b.t.Helper()
	seen, err := b.svc.Get(b.at(), who, id)
	b.must(err)
	list, err := b.svc.List(b.at(), who, Filter{})
	b.must(err)
	needs, err := b.svc.Waiting(b.at(), who, 50)
	b.must(err)
	out := db.Text(list) + db.Text(needs)
	if seen.Invitation != nil {
		return out + fmt.Sprintf("%+v", *seen.Invitation)
	}
	return out + db.Text(*seen.Detail) + fmt.Sprintf("%+v", *seen.Detail)
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.CheckModels(t, dbtest.One(t), row{}, seatRow{}, sectionRow{}, templateRow{}, snapshotRow{}, readerRow{}, splitRow{}, partyRow{}, taskRow{}, handRow{})
}
