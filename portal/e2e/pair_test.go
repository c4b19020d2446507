package e2e

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/edi/as2"
)

// gate is the way to a server: it stays where it is while the server comes and goes, can be
// shut, and can stop in the middle of what passes.
type gate struct {
	t      *testing.T
	addr   string
	target func() string // host and port of the server now

	mu    sync.Mutex
	shut  bool
	tried int // calls at the shut gate
	conns map[net.Conn]bool
	stop  *stop
	tape  *lines // what passes to the server, if set
}

// stop is where the first connection that carries so much is to stop.
type stop struct {
	octets int64
	back   bool // of what comes from the server
	once   sync.Once
	stuck  chan struct{} // closed when it did
}

func openGate(t *testing.T, target func() string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	g := &gate{t: t, addr: l.Addr().String(), target: target, conns: map[net.Conn]bool{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.pass(c)
		}
	}()
	return g
}

// pass carries one connection.
func (g *gate) pass(from net.Conn) {
	defer from.Close()
	g.mu.Lock()
	if g.shut {
		g.tried++
		g.mu.Unlock()
		return
	}
	tape, halt := g.tape, g.stop
	g.mu.Unlock()
	to, err := net.DialTimeout("tcp", g.target(), 10*time.Second)
	if err != nil {
		return
	}
	defer to.Close()
	g.mu.Lock()
	g.conns[from], g.conns[to] = true, true
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.conns, from)
		delete(g.conns, to)
	}()
	gone := make(chan struct{})
	carry := func(dst io.Writer, src net.Conn, other net.Conn, back bool) {
		defer other.Close()
		if halt != nil && halt.back == back {
			if _, err := io.CopyN(dst, src, halt.octets); err != nil {
				return
			}
			first := false
			halt.once.Do(func() { first = true; close(halt.stuck) })
			if first {
				<-gone // until either side is
				return
			}
		}
		_, _ = io.Copy(dst, src)
	}
	out := io.Writer(to)
	if tape != nil {
		out = io.MultiWriter(to, tape)
	}
	go func() {
		carry(from, to, from, true)
		if halt == nil || !halt.back {
			close(gone)
		}
	}()
	carry(out, from, to, false)
	if halt != nil && halt.back {
		close(gone)
	}
}

// close shuts the gate and cuts what passes; open lets pass again.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut, g.tried = true, 0
	g.cut()
}

func (g *gate) cut() {
	for c := range g.conns {
		_ = c.Close()
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}

// calls is how often somebody came while it was shut.
func (g *gate) calls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tried
}

// stopAfter has the first connection that carries more than n octets, to the server or back
// from it, stop there, and cuts those that there are.
func (g *gate) stopAfter(n int64, back bool) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop = &stop{octets: n, back: back, stuck: make(chan struct{})}
	g.cut()
	return g.stop.stuck
}

// after waits for something that is to happen.
func after(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(90 * time.Second):
		t.Fatalf("never: %s", what)
	}
}

// record keeps what passes to the server on connections that begin from now on.
func (g *gate) record() *lines {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tape = &lines{}
	g.cut()
	return g.tape
}

// pair are two programs of two companies: at the seller's Aurelia has its people and its
// station, at the buyer's Kestrel. Each knows the other only by what came over the wire.
type pair struct {
	t                 *testing.T
	seller, buyer     *server
	toSeller, toBuyer *gate
	aurelia           *client // Aurelia's person at the seller's
	kestrel           *client // Kestrel's person at the buyer's
	aureliaThere      *client // who keeps Aurelia's entry at the buyer's
	kestrelThere      *client // and Kestrel's at the seller's
}

const pairScopes = "edi:read,edi:write,orders:read,orders:write,invoices:read,stations:read,stations:write,partners:read"

// newPair starts both. bin may be another program than the usual.
func newPair(t *testing.T, d database, bin string, sellerArgs ...string) *pair {
	t.Helper()
	other := d
	if d.url != "" {
		other = onPostgres(t)
	}
	p := &pair{t: t}
	p.toSeller = openGate(t, func() string { return strings.TrimPrefix(p.seller.url, "http://") })
	p.toBuyer = openGate(t, func() string { return strings.TrimPrefix(p.buyer.url, "http://") })
	serve := func(d database, g *gate, more ...string) *server {
		s := &server{t: t, db: d, data: t.TempDir(), args: append([]string{"--demo", "--base-url", "http://" + g.addr}, more...)}
		s.takeDemo()
		s.bin = bin
		s.run()
		t.Cleanup(s.kill)
		return s
	}
	var both sync.WaitGroup
	both.Go(func() { p.buyer = serve(other, p.toBuyer) })
	p.seller = serve(d, p.toSeller, sellerArgs...)
	both.Wait()
	if t.Failed() {
		t.FailNow()
	}
	p.aurelia, p.kestrelThere = p.seller.token("ingrid@aurelia.example", pairScopes), p.seller.token("maya@kestrel.example", pairScopes)
	p.kestrel, p.aureliaThere = p.buyer.token("maya@kestrel.example", pairScopes), p.buyer.token("ingrid@aurelia.example", pairScopes)
	return p
}

// byAS2 makes both reach the other by AS2.
func (p *pair) byAS2() {
	p.t.Helper()
	p.aurelia.retireAll()
	p.kestrel.retireAll()
	p.aureliaThere.trust(p.aurelia.newKey("AURELIA-AS2"))
	p.kestrelThere.trust(p.kestrel.newKey("KESTREL-AS2"))
	p.kestrelThere.put("/api/v1/edi/station", `{"url":"http://`+p.toBuyer.addr+`/as2"}`, 200)
	p.aureliaThere.put("/api/v1/edi/station", `{"url":"http://`+p.toSeller.addr+`/as2"}`, 200)
	p.ordersGo("as2")
}

// ordersGo has the buyer's program send Aurelia's orders by a door.
func (p *pair) ordersGo(door string) {
	p.t.Helper()
	p.aureliaThere.put("/api/v1/partners/"+p.aureliaThere.partnership("kestrel")+"/routes", `{"routes":[{"type":"850","door":"`+door+`","standard":"","version":""}]}`, 200)
}

// newKey makes a key of the company at its own server and gives its certificate.
func (c *client) newKey(name string) string {
	c.t.Helper()
	var made struct{ PEM string }
	c.post("/api/v1/edi/station/certificates", `{"generate":"`+name+`"}`, 201, &made)
	return made.PEM
}

// trust gives a company's entry another certificate, and takes the others out of use.
func (c *client) trust(pem string) {
	c.t.Helper()
	c.retireAll()
	c.add(pem)
}

func (c *client) add(pem string) {
	c.t.Helper()
	body, err := json.Marshal(map[string]string{"certificate": pem})
	if err != nil {
		c.t.Fatal(err)
	}
	c.post("/api/v1/edi/station/certificates", string(body), 201, nil)
}

// keys are the company's certificates in use, the oldest first.
func (c *client) keys() (ids []string) {
	c.t.Helper()
	var st struct {
		Certificates []struct {
			ID      string
			Retired *time.Time
		}
	}
	c.get("/api/v1/edi/station", &st)
	for _, k := range st.Certificates {
		if k.Retired == nil {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

func (c *client) retire(id string) {
	c.t.Helper()
	c.post("/api/v1/edi/station/certificates/"+id+"/retire", "", 204, nil)
}

func (c *client) retireAll() {
	c.t.Helper()
	for _, id := range c.keys() {
		c.retire(id)
	}
}

// sent is what a company sees of its documents of a kind to its partner, by the number in
// their first segment that holds it.
type sent struct {
	ID, Delivery, Acknowledged string
	Overdue                    bool
	AcknowledgementDue         *time.Time `json:"acknowledgement_due"`
}

// sentFor are the documents of a kind that went out for an order.
func (c *client) sentFor(number, kind string) (out []sent) {
	c.t.Helper()
	for _, o := range c.orders(number) {
		var full order
		c.get("/api/v1/orders/"+o.ID, &full)
		for _, i := range full.Interchanges {
			if i.Type != kind {
				continue
			}
			var m sent
			if c.get("/api/v1/edi/interchanges/"+i.ID, &m); m.Delivery != "" {
				out = append(out, m)
			}
		}
	}
	return out
}

// settled waits until the one document of a kind for an order was delivered, or fetched,
// and acknowledged by the other program.
func (c *client) settled(number, kind string) {
	c.t.Helper()
	var got []sent
	defer func() {
		if c.t.Failed() {
			c.t.Logf("the %s of %s: %+v", kind, number, got)
		}
	}()
	eventually(c.t, "the "+kind+" of "+number+" is delivered and acknowledged", func() bool {
		got = c.sentFor(number, kind)
		return len(got) == 1 && (got[0].Delivery == "delivered" || got[0].Delivery == "fetched") && got[0].Acknowledged == "accepted"
	})
}

// state waits until the order has a state there.
func (c *client) state(number, want string) order {
	c.t.Helper()
	var got []order
	eventually(c.t, number+" is "+want, func() bool {
		got = c.orders(number)
		return len(got) == 1 && got[0].State == want
	})
	return got[0]
}

// chain is an order from the buyer's ERP to the seller's invoice, each document between the
// two programs delivered once and acknowledged.
func (p *pair) chain(d po) {
	p.t.Helper()
	p.kestrel.send(d.String())
	o := p.aurelia.state(d.number, "received")
	p.kestrel.settled(d.number, "850")
	for _, step := range []struct{ act, body, kind, state string }{
		{"confirm", `{}`, "855", "confirmed"}, {"ship", `{"carrier":"DHL"}`, "856", "shipped"}, {"invoice", `{}`, "810", "invoiced"},
	} {
		p.aurelia.post("/api/v1/orders/"+o.ID+"/"+step.act, step.body, 200, nil)
		p.kestrel.state(d.number, step.state)
		p.aurelia.settled(d.number, step.kind)
	}
	if n := len(p.aurelia.orders(d.number)); n != 1 {
		p.t.Errorf("%s: %d orders", d.number, n)
	}
}

// reconciled settles accounts on both sides.
func (p *pair) reconciled() {
	p.t.Helper()
	for _, s := range []*server{p.seller, p.buyer} {
		if out := s.command("reconcile"); strings.Contains(out, "FAILED") {
			p.t.Errorf("reconcile: %s", out)
		}
	}
}

// many are orders of the buyer's ERP, by numbers from one on.
func many(prefix string, control, n int) []po {
	out := make([]po, n)
	for i := range out {
		out[i] = po{control: control + i, number: fmt.Sprintf("%s-%02d", prefix, i)}
	}
	return out
}

// ownKey gives the company's own server a key made elsewhere, to sign with from an instant on.
func (c *client) ownKey(id as2.Identity, from time.Time) {
	c.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		c.t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.Certificate.Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	body, err := json.Marshal(map[string]any{"certificate": string(both), "private": true, "use_from": from})
	if err != nil {
		c.t.Fatal(err)
	}
	c.post("/api/v1/edi/station/certificates", string(body), 201, nil)
}
