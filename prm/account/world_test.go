package account

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

const goodPassword = "entente-demo-1"

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// fast keeps tests quick; the parameters of production are checked by name.
var fast = Cost{Memory: 64, Time: 1, Threads: 1}

// world is two competing companies with people, and a clock.
type world struct {
	t    *testing.T
	d    *db.DB
	s    *Service
	mail *post
	live *doors
	now  time.Time

	kestrel, baltic     Org
	maya, dan, sam, joe Person // kestrel: admin; buyer; viewer. joe: operator alone
	kaarel              Person // baltic: admin
	login               SFTPUser
}

// post is a mailer that keeps what it got.
type post struct {
	mu      sync.Mutex
	sends   bool
	letters []Letter
}

func (p *post) Sends() bool                    { return p.sends }
func (p *post) Compose(m Mail) (Letter, error) { return Letter{Mail: m, Subject: string(m.Kind)}, nil }
func (p *post) Post(_ context.Context, l Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, l)
	return nil
}

func (p *post) last() Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.letters) == 0 {
		return Letter{}
	}
	return p.letters[len(p.letters)-1]
}

// doors is a leaver that keeps what it was told.
type doors struct {
	mu   sync.Mutex
	told []string
}

func (d *doors) note(s string) { d.mu.Lock(); d.told = append(d.told, s); d.mu.Unlock() }
func (d *doors) Left(org, person string) {
	d.note("left " + org + " " + person)
}
func (d *doors) SignedOut(person string, sessions []string) {
	d.note(fmt.Sprintf("out %s %d", person, len(sessions)))
}
func (d *doors) Revoked(person string, tokens []string) {
	d.note(fmt.Sprintf("revoked %s %d", person, len(tokens)))
}
func (d *doors) clear() { d.mu.Lock(); d.told = nil; d.mu.Unlock() }
func (d *doors) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.told...)
}

func each(t *testing.T, fn func(w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(newWorld(t, d)) })
}

func newWorld(t *testing.T, d *db.DB) *world {
	w := &world{t: t, d: d, mail: &post{}, live: &doors{}, now: start}
	w.s = NewService(d, Options{Mailer: w.mail, Leaver: w.live, Cost: fast, Parallel: 4})
	hash, err := w.s.HashPassword(w.ctx(), goodPassword)
	w.must(err)
	sys := access.System("test", "")
	org := func(slug, name, cur, zone string) Org {
		o, err := w.s.CreateOrg(w.ctx(), sys, OrgCmd{Slug: slug, Name: name, Country: "GB", Currency: cur, Zone: zone, Locale: "en"})
		w.must(err)
		return o
	}
	person := func(email, name, o string, op bool, roles ...access.Role) Person {
		p, err := w.s.CreatePerson(w.ctx(), sys, PersonCmd{Email: email, Name: name, Locale: "en", Zone: "Europe/London", PasswordHash: hash, Operator: op, Org: o, Roles: roles})
		w.must(err)
		return p
	}
	w.kestrel, w.baltic = org("kestrel", "Kestrel Supply", "GBP", "Europe/London"), org("baltic", "Baltic Trade", "EUR", "Europe/Tallinn")
	w.maya = person("maya@kestrel.example", "Maya Osei", w.kestrel.ID, false, access.Admin, access.Sales)
	w.dan = person("dan@kestrel.example", "Dan Whitlock", w.kestrel.ID, false, access.Buyer, access.Finance)
	w.sam = person("sam@kestrel.example", "Sam Poole", w.kestrel.ID, false, access.Viewer)
	w.kaarel = person("kaarel@baltic.example", "Kaarel Tamm", w.baltic.ID, false, access.Admin)
	w.joe = person("joe@entente.example", "Joe Ops", "", true)
	return w
}

func (w *world) ctx() context.Context {
	return db.WithNow(WithOrigin(context.Background(), Origin{Addr: "192.0.2.7", Agent: "test"}), w.now)
}

func (w *world) from(addr string) context.Context {
	return db.WithNow(WithOrigin(context.Background(), Origin{Addr: addr}), w.now)
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// wants fails unless err has the code and, when given, the key.
func (w *world) wants(err error, code fault.Code, key string) {
	w.t.Helper()
	if fault.CodeOf(err) != code || key != "" && fault.KeyOf(err) != key {
		w.t.Errorf("got %v, want %s %s", err, code, key)
	}
}

// in signs a person in and acts for a company.
func (w *world) in(p Person, slug string) (access.Actor, string) {
	w.t.Helper()
	in, err := w.s.SignIn(w.ctx(), p.Email, goodPassword)
	w.must(err)
	l, err := w.s.LoginBySession(w.ctx(), in.Token, slug)
	w.must(err)
	return l.Actor, in.Token
}

// digest counts and sums every table that a refused call must leave alone.
func (w *world) digest() string {
	w.t.Helper()
	out := ""
	for _, q := range []string{"SELECT count(*) FROM org", "SELECT count(*) FROM person", "SELECT count(*) FROM link WHERE used = 0", "SELECT count(*) FROM link", "SELECT count(*) FROM api_token WHERE revoked = 0",
		"SELECT count(*) FROM edi_identity", "SELECT count(*) FROM session WHERE ended = 0", "SELECT count(*) FROM mail"} {
		var n int64
		w.must(w.d.Gorm().Raw(q).Scan(&n).Error)
		out += fmt.Sprintf("%s=%d\n", q, n)
	}
	var rows []struct{ OrgID, PersonID, Roles, State string }
	w.must(w.d.Gorm().Raw("SELECT org_id, person_id, roles, state FROM membership ORDER BY org_id, person_id").Scan(&rows).Error)
	var people []struct{ ID, Email, Name, Locale, Theme, Timezone, Password string }
	w.must(w.d.Gorm().Raw("SELECT id, email, name, locale, theme, timezone, password FROM person ORDER BY id").Scan(&people).Error)
	var orgs []struct{ ID, Name, City, Country, Currency, Timezone string }
	w.must(w.d.Gorm().Raw("SELECT id, name, city, country, currency, timezone FROM org ORDER BY id").Scan(&orgs).Error)
	return out + fmt.Sprint(rows, people, orgs)
}

func (w *world) audited(action, outcome string) int64 {
	var n int64
	w.must(w.d.Gorm().Raw("SELECT count(*) FROM audit WHERE action = ? AND outcome = ?", action, outcome).Scan(&n).Error)
	return n
}
