package courier

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/db/secret"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// The companies: a supplier whose station lives here, two resellers that compete, and
// a second supplier here whom Kestrel buys from as well.
var (
	aurelia = db.NewID()
	kestrel = db.NewID()
	baltic  = db.NewID()
	norden  = db.NewID()

	withKestrel   = db.NewID()
	withBaltic    = db.NewID()
	nordenKestrel = db.NewID()
)

type link struct{ id, supplier, reseller string }

var links = []link{{withKestrel, aurelia, kestrel}, {withBaltic, aurelia, baltic}, {nordenKestrel, norden, kestrel}}

var (
	as2Names = map[string]string{"AURELIA-AS2": aurelia, "KESTREL-AS2": kestrel, "BALTIC-AS2": baltic, "NORDEN-AS2": norden}
	isaNames = map[string]string{"AURELIATOOLS": aurelia, "KESTRELSUPPLY": kestrel, "BALTICTRADE": baltic, "NORDENTOOLS": norden}
)

func nameOfOrg(org string) string {
	for name, id := range as2Names {
		if id == org {
			return name
		}
	}
	return ""
}

func person(org string, roles ...access.Role) access.Actor {
	return access.Actor{Person: "person of " + org, Org: org, Roles: roles, Via: "token:test"}
}

var (
	ingrid = person(aurelia, access.Admin)
	maya   = person(kestrel, access.Admin)
	kaarel = person(baltic, access.Admin)
	sven   = person(norden, access.Admin)
)

type names struct{}

func (names) Route(_ context.Context, from, to string) (Route, error) {
	r := Route{Sender: as2Names[from], Receiver: as2Names[to]}
	for _, l := range links {
		if l.supplier == r.Sender && l.reseller == r.Receiver || l.reseller == r.Sender && l.supplier == r.Receiver {
			r.Partnership, r.Supplier, r.Reseller = l.id, l.supplier, l.reseller
		}
	}
	return r, nil
}

func (names) Between(_ context.Context, _, from, to string) (string, string, bool, error) {
	f, t := nameOfOrg(from), nameOfOrg(to)
	return f, t, f != "" && t != "", nil
}

func (names) Sides(_ context.Context, actor access.Actor, partnership string) (string, string, error) {
	for _, l := range links {
		if l.id == partnership && (actor.Org == l.supplier || actor.Org == l.reseller) {
			return l.supplier, l.reseller, nil
		}
	}
	return "", "", fault.New(fault.NotFound, "error.not_found")
}

func (names) SidesOf(_ context.Context, actor access.Actor, partnerships []string) (map[string]Pair, error) {
	out := map[string]Pair{}
	for _, l := range links {
		if slices.Contains(partnerships, l.id) && (actor.Org == l.supplier || actor.Org == l.reseller) {
			out[l.id] = Pair{Supplier: l.supplier, Reseller: l.reseller}
		}
	}
	return out, nil
}

func (names) Own(_ context.Context, org string) ([]string, error) {
	return []string{nameOfOrg(org)}, nil
}

type partners struct{}

func (partners) Resolve(_ context.Context, _ string, from, to gateway.Identity) (gateway.Resolved, error) {
	out := gateway.Resolved{Sender: isaNames[from.Value]}
	other := isaNames[to.Value]
	for _, l := range links {
		if l.supplier == out.Sender && l.reseller == other || l.reseller == out.Sender && l.supplier == other {
			out.Receiver = other
			out.Active = append(out.Active, gateway.Partnership{ID: l.id, Supplier: l.supplier, Reseller: l.reseller})
		}
	}
	return out, nil
}

func (partners) Sides(ctx context.Context, actor access.Actor, partnership string) (string, string, error) {
	return names{}.Sides(ctx, actor, partnership)
}

type noOrders struct{}

func (noOrders) ReceiveOrder(context.Context, gateway.OrderIn) (gateway.OrderOut, error) {
	return gateway.OrderOut{OrderID: db.NewID(), Outcome: gateway.BusinessBooked}, nil
}

// carrier is the gateway, but for what goes out: that is one text, and what was said
// of it is kept.
type carrier struct {
	*gateway.Service
	mu   sync.Mutex
	said map[string][]string
	// delivered is called when something was delivered; nil for nobody.
	delivered func(id string)
	more      int64 // octets that follow the text, blank
}

type blank struct{}

func (blank) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '\n'
	}
	return len(b), nil
}

const outText = "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261128*1200*^*00501*000000007*0*P*>~IEA*0*000000007~"

func (c *carrier) Raw(_ context.Context, _ access.Actor, id string) (io.ReadCloser, gateway.Interchange, error) {
	r := io.MultiReader(strings.NewReader(outText), io.LimitReader(blank{}, c.more))
	return io.NopCloser(r), gateway.Interchange{ID: id, Control: "000000007", Types: []string{"855"}, Size: int64(len(outText)) + c.more}, nil
}

func (c *carrier) Carried(ctx context.Context, _ access.Actor, id, delivery string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said[id] = append(c.said[id], delivery)
	if fn := c.delivered; fn != nil && delivery == gateway.DeliveryDelivered {
		db.AfterCommit(ctx, func() { fn(id) })
	}
	return nil
}

func (c *carrier) last(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.said[id]); n > 0 {
		return c.said[id][n-1]
	}
	return ""
}

func identity(name string) func() as2.Identity {
	return sync.OnceValue(func() as2.Identity {
		now := time.Now()
		id, err := as2.Generate(name, now.Add(-time.Hour), now.AddDate(1, 0, 0))
		if err != nil {
			panic(err)
		}
		return id
	})
}

var (
	aureliaKey = identity("AURELIA-AS2")
	kestrelKey = identity("KESTREL-AS2")
	balticKey  = identity("BALTIC-AS2")
	nordenKey  = identity("NORDEN-AS2")
	otherKey   = identity("OTHER")
)

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

type world struct {
	testing.TB
	d    *db.DB
	dir  string
	box  *secret.Box
	s    *Service
	gate *carrier
	// refusals counts who was not let in by a server of secure.
	refusals atomic.Int64
}

func setup(t testing.TB, d *db.DB, o Options) *world {
	t.Helper()
	w := &world{TB: t, d: d, dir: t.TempDir(), box: secret.Random()}
	err := d.InTx(t.Context(), func(ctx context.Context) error {
		for _, id := range []string{aurelia, kestrel, baltic, norden} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'GBP', 'UTC', 'en', 'active', 0)", id, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.s, w.gate = w.node(o)
	w.add(ingrid, aureliaKey(), true)
	w.add(sven, nordenKey(), true)
	w.add(maya, kestrelKey(), false)
	w.add(kaarel, balticKey(), false)
	return w
}

// node is a process on the same database.
func (w *world) node(o Options) (*Service, *carrier) {
	w.Helper()
	blobs, err := blob.New(w.d, w.dir)
	if err != nil {
		w.Fatal(err)
	}
	jobs := job.New(w.d, job.Options{})
	c := &carrier{said: map[string][]string{}}
	c.Service = gateway.New(gateway.Deps{DB: w.d, Jobs: jobs, Blobs: blobs, Partners: partners{}, Orders: noOrders{}}, gateway.Options{})
	return New(Deps{DB: w.d, Jobs: jobs, Blobs: blobs, Secrets: w.box, Names: names{}, Gateway: c, Client: &http.Client{}}, o), c
}

func (w *world) add(who access.Actor, id as2.Identity, private bool) Certificate {
	w.Helper()
	cmd := CertificateCmd{Certificate: id.Certificate}
	if private {
		cmd.Key = id.Key
	}
	c, err := w.s.AddCertificate(w.Context(), who, cmd)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *world) count(query string, args ...any) int {
	w.Helper()
	var n int64
	err := w.d.View(w.Context(), func(ctx context.Context) error { return db.Tx(ctx).Raw(query, args...).Scan(&n).Error })
	if err != nil {
		w.Fatal(err)
	}
	return int(n)
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	if err := w.d.InTx(w.Context(), func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error }); err != nil {
		w.Fatal(err)
	}
}

func (w *world) events(kind string) int {
	return w.count("SELECT count(*) FROM event WHERE kind = ?", kind)
}

// interchanges counts what came in.
func (w *world) interchanges() int { return w.count("SELECT count(*) FROM interchange") }

func (w *world) want(what string, got, want any) {
	w.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func code(err error) fault.Code { return fault.CodeOf(err) }

// message reads a row.
func (w *world) message(where string, args ...any) messageRow {
	w.Helper()
	var r messageRow
	err := w.d.View(w.Context(), func(ctx context.Context) error { return db.Tx(ctx).Where(where, args...).Take(&r).Error })
	if err != nil {
		w.Fatalf("%s: %v", where, err)
	}
	return r
}

// relation is how a partner sees a company here.
func relation(from, to string, ours, theirs as2.Identity, change ...func(*as2.Agreement)) as2.Relation {
	a := as2.New(from, to)
	for _, c := range change {
		c(&a)
	}
	return as2.Relation{Agreement: a, Keys: as2.Keys{Sign: ours, Decrypt: []as2.Identity{ours}, Encrypt: theirs.Certificate, Verify: []*x509.Certificate{theirs.Certificate}}}
}

func kestrelTo(change ...func(*as2.Agreement)) as2.Relation {
	return relation("KESTREL-AS2", "AURELIA-AS2", kestrelKey(), aureliaKey(), change...)
}

func async(url string) func(*as2.Agreement) {
	return func(a *as2.Agreement) { a.AsyncURL = url }
}

// bareOf is no security at all.
func unsecured(a *as2.Agreement) { a.Sign, a.Cipher, a.Receipt = false, "", as2.UnsignedReceipt }

func order(from, to string, control int, number string) string {
	return fmt.Sprintf("ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*261122*0912*^*00501*%09d*0*P*>~GS*PO*%s*%s*20261122*0912*%d*X*005010~ST*850*0001~BEG*00*SA*%s**20261120~PO1*1*12*EA*84.00**VP*AUR-D18B~CTT*1~SE*5*0001~GE*1*%d~IEA*1*%09d~",
		from, to, control, from, to, control, number, control, control)
}

func po(control int) string {
	return order("KESTRELSUPPLY", "AURELIATOOLS", control, fmt.Sprint("PO-", control))
}

// pack makes a message; an id other than "" is its Message-ID.
func pack(t testing.TB, rel as2.Relation, id string, docs ...string) *as2.Request {
	t.Helper()
	if id == "" {
		id = as2.NewID("partner.example")
	}
	m := as2.Message{ID: id, Date: time.Now()}
	for i, d := range docs {
		m.Payloads = append(m.Payloads, as2.Payload{ContentType: as2.TypeX12, FileName: fmt.Sprintf("order%d.x12", i), Data: []byte(d)})
	}
	r, err := as2.Pack(m, rel)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) receive(r *as2.Request) Reply {
	return w.s.Receive(w.Context(), Arrival{Header: r.Header, Body: as2.InMemory(bytes.Clone(r.Body)), Addr: "192.0.2.1"})
}

func verdict(t testing.TB, rel as2.Relation, a Reply, r *as2.Request) as2.Finding {
	t.Helper()
	report, err := as2.ParseMDN(a.Header, a.Body, as2.Limits{})
	if err != nil {
		t.Fatalf("%v: %d %s", err, a.Status, a.Body)
	}
	return report.Check(r.Sent, rel.Keys.Verify, rel.Agreement.AllowSHA1)
}

// due makes everything that waits due now.
func (w *world) due() {
	w.Helper()
	w.exec("UPDATE as2_message SET next_at = 1 WHERE next_at > 0")
}

// drain sends everything that is due.
func (w *world) drain() {
	w.Helper()
	if _, err := w.s.drain(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// station is a partner's server; answer decides what it says, nil takes the message
// and proves it.
type station struct {
	t      testing.TB
	rel    as2.Relation
	server *httptest.Server
	mu     sync.Mutex
	ids    []string
	bodies [][]byte
	asked  []string // Receipt-Delivery-Option
	mdns   int
	answer func(w http.ResponseWriter, r *http.Request, body []byte)
	later  []*as2.Request // asynchronous receipts, not sent yet
}

func (w *world) listen(rel as2.Relation) *station {
	x := &station{t: w, rel: rel}
	x.server = httptest.NewServer(x)
	w.Cleanup(x.server.Close)
	return x
}

func (x *station) set(fn func(w http.ResponseWriter, r *http.Request, body []byte)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.answer = fn
}

func (x *station) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	h := as2.HeaderOf(r.Header)
	x.mu.Lock()
	answer := x.answer
	if as2.IsMDN(h, body) {
		x.mdns++
	} else {
		x.ids, x.bodies, x.asked = append(x.ids, h.Get("Message-ID")), append(x.bodies, body), append(x.asked, h.Get("Receipt-Delivery-Option"))
	}
	x.mu.Unlock()
	if answer != nil {
		answer(w, r, body)
		return
	}
	x.reply(w, h, body, as2.Processed)
}

// reply opens a message and answers it.
func (x *station) reply(w http.ResponseWriter, h as2.Header, body []byte, d as2.Disposition) {
	if as2.IsMDN(h, body) {
		return
	}
	mdn, async := x.mdn(h, body, d, x.rel.Keys.Sign)
	if async {
		x.mu.Lock()
		x.later = append(x.later, mdn)
		x.mu.Unlock()
		return
	}
	if mdn == nil {
		return
	}
	for _, f := range mdn.Header {
		w.Header().Set(f.Name, f.Value)
	}
	_, _ = w.Write(mdn.Body)
}

func (x *station) mdn(h as2.Header, body []byte, d as2.Disposition, key as2.Identity) (*as2.Request, bool) {
	rel := x.rel
	rel.Keys.Sign = key
	old := key.Key != nil && key.Certificate.SignatureAlgorithm == x509.SHA1WithRSA // see withSHA1
	got, err := as2.Open(h, body, func(string, string) (as2.Relation, bool) { return rel, true }, as2.Limits{})
	if err != nil {
		x.t.Errorf("the station cannot open it: %v", err)
		return nil, false
	}
	if !got.Ask.Wanted {
		return nil, false
	}
	if got.Ask.Signed = got.Ask.Signed && key.Key != nil; old {
		got.Relation.Agreement.AllowSHA1, got.Ask.Hash, got.Ask.Name = true, as2.SHA1, "sha1"
	}
	mdn, err := got.Answer(as2.MDN{ID: as2.NewID("kestrel"), Date: time.Now(), Agent: "kestrel", Disposition: d})
	if err != nil {
		x.t.Error(err)
		return nil, false
	}
	return mdn, got.Ask.Async != ""
}

// withSHA1 has mdn sign with SHA-1.
func withSHA1(id as2.Identity) as2.Identity {
	c := *id.Certificate
	c.SignatureAlgorithm = x509.SHA1WithRSA
	return as2.Identity{Certificate: &c, Key: id.Key}
}

// under answers with a status.
func under(status int, answer func(http.ResponseWriter, *http.Request, []byte)) func(http.ResponseWriter, *http.Request, []byte) {
	return func(rw http.ResponseWriter, r *http.Request, body []byte) {
		answer(statusWriter{rw, status}, r, body)
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w statusWriter) Write(b []byte) (int, error) {
	w.WriteHeader(w.status)
	return w.ResponseWriter.Write(b)
}

func (x *station) seen() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.ids)
}

// queue has the supplier send something to Kestrel; the id is the interchange's.
func (w *world) queue() string {
	w.Helper()
	id := db.NewID()
	err := w.d.InTx(w.Context(), func(ctx context.Context) error {
		ok, err := w.s.Take(ctx, gateway.Interchange{ID: id, Origin: gateway.OriginMade, From: aurelia, To: kestrel, Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel, Size: int64(len(outText))})
		if err == nil && !ok {
			err = fmt.Errorf("not taken")
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, setup(t, d, Options{Tries: 3})) })
}
