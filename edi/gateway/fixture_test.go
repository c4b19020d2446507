package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/schema"
	"entente/prm/access"
)

// The companies of the tests. Their ids have the form of real ones.
var (
	aurelia = db.NewID() // supplier
	kestrel = db.NewID() // reseller
	baltic  = db.NewID() // reseller, kestrel's competitor
	ended   = db.NewID() // a reseller whose partnership ended

	withKestrel = Partnership{ID: db.NewID(), Supplier: aurelia, Reseller: kestrel}
	withBaltic  = Partnership{ID: db.NewID(), Supplier: aurelia, Reseller: baltic}
)

var (
	idAurelia = Identity{"ZZ", "AURELIATOOLS"}
	idKestrel = Identity{"ZZ", "KESTRELSUPPLY"}
	idBaltic  = Identity{"ZZ", "BALTICTRADE"}
	idEnded   = Identity{"ZZ", "GONE"}

	unAurelia = Identity{"ZZZ", "AURELIATOOLS"}
	unBaltic  = Identity{"ZZZ", "BALTICTRADE"}
)

func person(org string, roles ...access.Role) access.Actor {
	return access.Actor{Person: "person of " + org, Org: org, Roles: roles, Via: "token:test"}
}

var (
	maya   = person(kestrel, access.Admin)
	ingrid = person(aurelia, access.Admin)
	kaarel = person(baltic, access.Admin)
)

// partners is a Partners with the companies above.
type partners struct{}

func (partners) Resolve(_ context.Context, syntax string, sender, receiver Identity) (Resolved, error) {
	owner := map[Identity]string{idAurelia: aurelia, idKestrel: kestrel, idBaltic: baltic, idEnded: ended}
	if syntax == SyntaxEDIFACT {
		owner = map[Identity]string{unAurelia: aurelia, unBaltic: baltic}
	}
	r := Resolved{Sender: owner[sender]}
	for _, p := range []Partnership{withKestrel, withBaltic} {
		if p.Supplier == owner[sender] && p.Reseller == owner[receiver] || p.Reseller == owner[sender] && p.Supplier == owner[receiver] {
			r.Active = append(r.Active, p)
			r.Receiver = owner[receiver]
		}
	}
	return r, nil
}

func (partners) Sides(_ context.Context, actor access.Actor, id string) (string, string, error) {
	for _, p := range []Partnership{withKestrel, withBaltic} {
		if p.ID == id && (actor.Org == p.Supplier || actor.Org == p.Reseller) {
			return p.Supplier, p.Reseller, nil
		}
	}
	return "", "", notFound()
}

// orders is an Orders that keeps what it books in a table, so that a rolled back
// transaction takes it along.
type orders struct {
	before func(ctx context.Context, in OrderIn) error
}

func (o *orders) ReceiveOrder(ctx context.Context, in OrderIn) (OrderOut, error) {
	if o.before != nil {
		if err := o.before(ctx, in); err != nil {
			return OrderOut{}, err
		}
	}
	id := db.NewID()
	err := db.Tx(ctx).Exec("INSERT INTO test_order (id, interchange_id, set_no, number, reseller_id) VALUES (?, ?, ?, ?, ?)",
		id, in.InterchangeID, in.Set, in.Order.Number, in.Reseller).Error
	return OrderOut{OrderID: id, Outcome: BusinessBooked}, err
}

type bench struct {
	testing.TB
	d      *db.DB
	s      *Service
	jobs   *job.Jobs
	orders *orders
}

// setup makes a gateway on d. Nothing runs by itself: work drains.
func setup(t testing.TB, d *db.DB, o Options) *bench {
	t.Helper()
	seed(t, d)
	b := &bench{TB: t, d: d}
	b.jobs, b.s, b.orders = node(t, d, t.TempDir(), o)
	return b
}

func node(t testing.TB, d *db.DB, dir string, o Options) (*job.Jobs, *Service, *orders) {
	t.Helper()
	blobs, err := blob.New(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	jobs := job.New(d, job.Options{})
	ord := &orders{}
	return jobs, New(Deps{DB: d, Jobs: jobs, Blobs: blobs, Partners: partners{}, Orders: ord}, o), ord
}

func seed(t testing.TB, d *db.DB) {
	t.Helper()
	err := d.InTx(t.Context(), func(ctx context.Context) error {
		for _, id := range []string{aurelia, kestrel, baltic, ended} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'GBP', 'UTC', 'en', 'active', 0)", id, id).Error; err != nil {
				return err
			}
		}
		return db.Tx(ctx).Exec("CREATE TABLE IF NOT EXISTS test_order (id text PRIMARY KEY, interchange_id text NOT NULL, set_no bigint NOT NULL, number text NOT NULL, reseller_id text NOT NULL, UNIQUE (interchange_id, set_no))").Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

// work processes everything due.
func (b *bench) work() {
	b.Helper()
	if _, err := b.s.drain(b.Context()); err != nil {
		b.Fatalf("drain: %v", err)
	}
}

func (b *bench) post(who access.Actor, body string) Answer {
	b.Helper()
	a, err := b.s.Receive(b.Context(), who, Submission{Reader: strings.NewReader(body), Door: "api"})
	if err != nil {
		b.Fatalf("receive: %v", err)
	}
	return a
}

func (b *bench) get(who access.Actor, id string) Message {
	b.Helper()
	m, err := b.s.Get(b.Context(), who, id)
	if err != nil {
		b.Fatalf("get %s: %v", id, err)
	}
	return m
}

func (b *bench) raw(who access.Actor, id string) string {
	b.Helper()
	r, head, err := b.s.Raw(b.Context(), who, id)
	if err != nil {
		b.Fatalf("raw: %v", err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil || int64(len(text)) != head.Size {
		b.Fatalf("raw: %d of %d bytes, %v", len(text), head.Size, err)
	}
	return string(text)
}

// waiting returns the texts in the outbox, oldest first.
func (b *bench) waiting(who access.Actor) []string {
	b.Helper()
	o, err := b.s.Outbox(b.Context(), who, "", 200)
	if err != nil {
		b.Fatalf("outbox: %v", err)
	}
	var out []string
	for _, i := range o.Items {
		out = append(out, b.raw(who, i.ID))
	}
	return out
}

func (b *bench) count(query string, args ...any) int {
	b.Helper()
	var n int64
	err := b.d.View(b.Context(), func(ctx context.Context) error { return db.Tx(ctx).Raw(query, args...).Scan(&n).Error })
	if err != nil {
		b.Fatal(err)
	}
	return int(n)
}

func (b *bench) exec(query string, args ...any) {
	b.Helper()
	if err := b.d.InTx(b.Context(), func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error }); err != nil {
		b.Fatal(err)
	}
}

// events counts the events of a kind.
func (b *bench) events(kind string) int {
	return b.count("SELECT count(*) FROM event WHERE kind = ?", kind)
}

func (b *bench) want(what string, got, want any) {
	b.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// message is an X12 interchange under construction.
type message struct {
	from, to   Identity
	control    int
	version    string
	usage      string
	date, time string
	groups     []group
	eol        string
	iea        string // instead of the right one
}

type group struct {
	kind string
	sets [][]string // segments between ST and SE; the first element is the type
	ge   string     // instead of the right one
}

// order is the body of an 850.
func order(number string) []string {
	return []string{
		"850", "BEG*00*SA*" + number + "**20261120", "DTM*002*20261205", "N1*ST*Kestrel Supply*92*K1",
		"PO1*1*12*EA*84.00**VP*AUR-D18B", "PO1*2*4*EA*46.50**VP*AUR-G125", "CTT*2",
	}
}

func fromKestrel(control int, sets ...[]string) message {
	return message{from: idKestrel, to: idAurelia, control: control, groups: []group{{kind: "PO", sets: sets}}}
}

func (m message) String() string {
	version, usage, date, at := m.version, m.usage, m.date, m.time
	for p, def := range map[*string]string{&version: "005010", &usage: "P", &date: "261122", &at: "0912"} {
		if *p == "" {
			*p = def
		}
	}
	rep := "^"
	if version == "004010" {
		rep = "U"
	}
	var b strings.Builder
	line := func(s string) { b.WriteString(s + "~" + m.eol) }
	line(fmt.Sprintf("ISA*00*          *00*          *%s*%-15s*%s*%-15s*%s*%s*%s*%s*%09d*0*%s*>", m.from.Qualifier, m.from.Value, m.to.Qualifier, m.to.Value, date, at, rep, version[:5], m.control, usage))
	for g, gr := range m.groups {
		line(fmt.Sprintf("GS*%s*%s*%s*20%s*%s*%d*X*%s", gr.kind, m.from.Value, m.to.Value, date, at, m.control+g, version))
		for i, set := range gr.sets {
			count := len(set) + 1
			st := fmt.Sprintf("%04d", i+1)
			line("ST*" + set[0] + "*" + st)
			se := fmt.Sprintf("SE*%d*%s", count, st)
			for _, seg := range set[1:] {
				if strings.HasPrefix(seg, "SE*") {
					se = seg
					continue
				}
				line(seg)
			}
			line(se)
		}
		ge := gr.ge
		if ge == "" {
			ge = fmt.Sprintf("GE*%d*%d", len(gr.sets), m.control+g)
		}
		if ge != "-" {
			line(ge)
		}
	}
	switch m.iea {
	case "":
		line(fmt.Sprintf("IEA*%d*%09d", len(m.groups), m.control))
	case "-":
	default:
		line(m.iea)
	}
	return b.String()
}

// accepted fails unless our own validator accepts the text.
func (b *bench) accepted(text string) *schema.Report {
	b.Helper()
	r, err := schema.Check(bytes.NewReader([]byte(text)), schema.Options{})
	if err != nil || r.Rejected {
		b.Fatalf("our own check refuses it (%v): %s\n%+v", err, text, r)
	}
	return r
}

func holds(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in\n%s", p, text)
		}
	}
}

// eventually polls until ok, at most five seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func each(t *testing.T, fn func(t *testing.T, b *bench)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, setup(t, d, Options{})) })
}
