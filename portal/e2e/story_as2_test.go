package e2e

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/edi/as2"
)

// station is the AS2 server of a distributor that lives elsewhere.
type station struct {
	t      *testing.T
	s      *server
	name   string
	rel    as2.Relation // as it sees the other side
	mu     *sync.Mutex
	got    []*as2.Received
	mdns   []answer // receipts that came on their own way
	deaf   bool     // answers 503
	server *http.Server
	url    string
}

// listen opens the station's own door.
func (x *station) listen() {
	x.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		x.t.Fatal(err)
	}
	x.url = "http://" + l.Addr().String() + "/in"
	x.server = &http.Server{Handler: http.HandlerFunc(x.take), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = x.server.Serve(l) }()
	x.t.Cleanup(func() { _ = x.server.Close() })
}

func (x *station) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	h := as2.HeaderOf(r.Header)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.deaf {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if as2.IsMDN(h, body) {
		x.mdns = append(x.mdns, answer{header: r.Header, body: body})
		return
	}
	got, err := as2.Open(h, body, func(string, string) (as2.Relation, bool) { return x.rel, true }, as2.Limits{})
	d := as2.Processed
	if err != nil {
		d = err.(*as2.Failure).Disposition
	} else {
		x.got = append(x.got, got)
	}
	mdn, err := got.Answer(as2.MDN{ID: as2.NewID("kestrel"), Date: time.Now(), Agent: "kestrel", Disposition: d})
	if err != nil {
		w.WriteHeader(500)
		return
	}
	for _, f := range mdn.Header {
		w.Header().Set(f.Name, f.Value)
	}
	_, _ = w.Write(mdn.Body)
}

// pack makes a message of the station, with an own Message-ID.
func (x *station) pack(docs ...string) *as2.Request {
	x.t.Helper()
	m := as2.Message{ID: as2.NewID("kestrel.example"), Date: time.Now()}
	for _, d := range docs {
		m.Payloads = append(m.Payloads, as2.Payload{ContentType: as2.TypeX12, FileName: "order.x12", Data: []byte(d)})
	}
	r, err := as2.Pack(m, x.rel)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// post sends a request to the portal's door.
func (x *station) post(r *as2.Request) answer {
	x.t.Helper()
	req, err := http.NewRequest(http.MethodPost, x.s.url+"/as2", bytes.NewReader(r.Body))
	if err != nil {
		x.t.Fatal(err)
	}
	for _, f := range r.Header {
		req.Header.Set(f.Name, f.Value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		x.t.Fatalf("%v\n%s", err, x.s.logs)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return answer{res.StatusCode, b, res.Header}
}

// verdict holds a receipt against what was sent.
func (x *station) verdict(a answer, r *as2.Request) as2.Finding {
	x.t.Helper()
	report, err := as2.ParseMDN(as2.HeaderOf(a.header), a.body, as2.Limits{})
	if err != nil {
		x.t.Fatalf("%v: %d %s\n%s", err, a.status, a.body, x.s.logs)
	}
	return report.Check(r.Sent, x.rel.Keys.Verify, x.rel.Agreement.AllowSHA1)
}

type as2Link struct {
	Stations []struct {
		Company      string
		Names        []string
		Certificates []struct{ ID, PEM string }
	}
	Terms []struct {
		Sender  string
		Version int64
	}
}

// connect makes Kestrel's station and gives the portal its certificate.
func connect(t *testing.T, s *server, kestrel *client, partnership string) *station {
	t.Helper()
	x := &station{t: t, s: s, name: "KESTREL-AS2", mu: &sync.Mutex{}}
	now := time.Now()
	id, err := as2.Generate(x.name, now.Add(-time.Hour), now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	kestrel.certificate(id.Certificate)
	var link as2Link
	kestrel.get("/api/v1/partners/"+partnership+"/as2", &link)
	x.rel = as2.Relation{Agreement: as2.New(x.name, "AURELIA-AS2"), Keys: as2.Keys{Sign: id, Decrypt: []as2.Identity{id}}}
	for _, st := range link.Stations {
		if st.Company == "aurelia" {
			x.rel.Keys.Encrypt = parsePEM(t, st.Certificates[0].PEM)
			x.rel.Keys.Verify = []*x509.Certificate{x.rel.Keys.Encrypt}
		}
	}
	return x
}

func parsePEM(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	b, _ := pem.Decode([]byte(text))
	if b == nil {
		t.Fatalf("no PEM: %q", text)
	}
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *client) certificate(cert *x509.Certificate) {
	c.t.Helper()
	body, _ := json.Marshal(map[string]string{"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))})
	c.post("/api/v1/edi/station/certificates", string(body), 201, nil)
}

func (c *client) put(path, body string, want int) {
	c.t.Helper()
	if a := c.do("PUT", path, "application/json", []byte(body)); a.status != want {
		c.t.Fatalf("PUT %s: %d %s, want %d", path, a.status, a.body, want)
	}
}

// partnership finds the one with a company.
func (c *client) partnership(slug string) string {
	c.t.Helper()
	var list struct {
		Items []struct{ ID, Company string }
	}
	c.get("/api/v1/partners", &list)
	for _, p := range list.Items {
		if p.Company == slug {
			return p.ID
		}
	}
	c.t.Fatalf("no partnership with %s", slug)
	return ""
}

const (
	buyerScopes  = "edi:read,edi:write,orders:read,orders:write,stations:read,stations:write,partners:read"
	sellerScopes = "edi:read,orders:read,orders:write,stations:read,stations:write,partners:read"
)

// TestStoryAS2 is story 1 over AS2: an order comes signed and encrypted, its receipt
// proves it, and the answers go to the distributor's own station.
func TestStoryAS2(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("maya@kestrel.example", buyerScopes)
		aurelia := s.token("ingrid@aurelia.example", sellerScopes)
		x := connect(t, s, kestrel, kestrel.partnership("aurelia"))

		first := x.pack(po{control: 880001, number: "AS2-1"}.String())
		a := x.post(first)
		if f := x.verdict(a, first); f.Verdict != as2.Proven {
			t.Fatalf("the receipt: %+v\n%s\n%s", f, a.body, s.logs)
		}
		var mine []order
		eventually(t, "the order is there", func() bool { mine = aurelia.orders("AS2-1"); return len(mine) == 1 })

		// The same message again, and many at once: the same receipt, one order.
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if again := x.post(first); !bytes.Equal(again.body, a.body) || again.header.Get("Content-Type") != a.header.Get("Content-Type") {
					t.Errorf("another receipt: %s", again.body)
				}
			})
		}
		wg.Wait()

		// The same Message-ID with another order is refused and told.
		other := x.pack(po{control: 880002, number: "AS2-2"}.String())
		for i := range other.Header {
			if other.Header[i].Name == "Message-ID" {
				other.Header[i].Value = first.Sent.MessageID
			}
		}
		if f := x.verdict(x.post(other), first); f.Verdict != as2.Refused || f.Claim.Text != "unexpected-processing-error" {
			t.Errorf("a Message-ID with other content: %+v", f)
		}

		// What is tampered with, foreign or unsigned changes nothing.
		bent := x.pack(po{control: 880003, number: "AS2-3"}.String())
		bent.Body = bytes.Clone(bent.Body)
		bent.Body[len(bent.Body)/2] ^= 1
		if f := x.verdict(x.post(bent), bent); f.Verdict != as2.Refused {
			t.Errorf("a changed message: %+v", f)
		}
		plain := *x
		plain.rel.Agreement.Sign, plain.rel.Agreement.Cipher = false, ""
		bare := plain.pack(po{control: 880004, number: "AS2-4"}.String())
		if f := x.verdict(x.post(bare), bare); f.Claim.Text != "insufficient-message-security" {
			t.Errorf("an unsigned message: %+v", f)
		}
		stranger := *x
		id, err := as2.Generate("KESTREL-AS2", time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		stranger.rel.Keys.Sign = id
		forged := stranger.pack(po{control: 880005, number: "AS2-5"}.String())
		if f := x.verdict(x.post(forged), forged); f.Claim.Text != "authentication-failed" {
			t.Errorf("a message signed by another: %+v", f)
		}
		unknown := *x
		unknown.rel.Agreement.Us = "BALTIC-AS2"
		foreign := unknown.pack(po{control: 880006, number: "AS2-6"}.String())
		if a := x.post(foreign); a.status != 200 || !strings.Contains(string(a.body), "error") {
			t.Errorf("a foreign name: %d %s", a.status, a.body)
		}
		// A good message under the id of a refused one is not in its way.
		mended := x.pack(po{control: 880003, number: "AS2-3"}.String())
		for i := range mended.Header {
			if mended.Header[i].Name == "Message-ID" {
				mended.Header[i].Value = bent.Sent.MessageID
			}
		}
		mended.Sent.MessageID = bent.Sent.MessageID
		if f := x.verdict(x.post(mended), mended); f.Verdict != as2.Proven {
			t.Errorf("the good message after a bad one: %+v", f)
		}
		// An interchange of somebody else's is not taken from this station.
		lent := x.pack(po{sender: "BALTICTRADE", control: 880007, number: "AS2-7"}.String())
		if f := x.verdict(x.post(lent), lent); f.Verdict != as2.Refused {
			t.Errorf("an interchange of another company: %+v", f)
		}
		eventually(t, "the mended order is there", func() bool { return len(aurelia.orders("AS2-3")) == 1 })
		for _, n := range []string{"AS2-2", "AS2-4", "AS2-5", "AS2-6", "AS2-7"} {
			if len(aurelia.orders(n)) != 0 {
				t.Errorf("%s was booked", n)
			}
		}
		if len(aurelia.orders("AS2-1")) != 1 {
			t.Error("AS2-1 is there twice")
		}

		// From here on Kestrel's own server takes what goes out.
		x.listen()
		kestrel.put("/api/v1/edi/station", `{"url":"`+x.url+`"}`, 200)
		x.mu.Lock()
		x.deaf = true
		x.mu.Unlock()
		aurelia.post("/api/v1/orders/"+mine[0].ID+"/confirm", `{}`, 200, nil)
		x.mu.Lock()
		x.deaf = false
		x.mu.Unlock()
		eventually(t, "the 855 came by AS2", func() bool {
			x.mu.Lock()
			defer x.mu.Unlock()
			for _, g := range x.got {
				if g.Signature != nil && g.Encryption != nil && strings.Contains(string(g.Payloads[0].Data), "BAK*00*AD*AS2-1") {
					return true
				}
			}
			return false
		})
		eventually(t, "its delivery is proved", func() bool {
			var full order
			aurelia.get("/api/v1/orders/"+mine[0].ID, &full)
			for _, i := range full.Interchanges {
				if i.Type == "855" {
					var m struct{ Delivery string }
					aurelia.get("/api/v1/edi/interchanges/"+i.ID, &m)
					return m.Delivery == "delivered"
				}
			}
			return false
		})

		// An asynchronous receipt comes to the station's own host, and to no other.
		async := *x
		async.rel.Agreement.AsyncURL = x.url
		later := async.pack(po{control: 880008, number: "AS2-8"}.String())
		if a := x.post(later); a.status != 200 || len(a.body) != 0 {
			t.Errorf("an asynchronous receipt was answered at once: %d %s", a.status, a.body)
		}
		eventually(t, "the receipt comes on its own", func() bool {
			x.mu.Lock()
			defer x.mu.Unlock()
			return len(x.mdns) == 1
		})
		if f := x.verdict(x.mdns[0], later); f.Verdict != as2.Proven {
			t.Errorf("the asynchronous receipt: %+v", f)
		}
		async.rel.Agreement.AsyncURL = "http://127.0.0.9:1/elsewhere"
		away := async.pack(po{control: 880009, number: "AS2-9"}.String())
		if a := x.post(away); !strings.Contains(string(a.body), "error") {
			t.Errorf("a receipt to a foreign host: %d %s", a.status, a.body)
		}
		if len(aurelia.orders("AS2-9")) != 0 {
			t.Error("AS2-9 was booked")
		}

		// A new certificate in mid-traffic: both are taken until the old one is retired.
		fresh := *x
		next, err := as2.Generate("KESTREL-AS2", time.Now().Add(-time.Hour), time.Now().AddDate(2, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		kestrel.certificate(next.Certificate)
		fresh.rel.Keys.Sign = next
		for i, st := range []*station{x, &fresh} {
			m := st.pack(po{control: 880010 + i, number: "AS2-1" + string(rune('0'+i))}.String())
			if f := x.verdict(x.post(m), m); f.Verdict != as2.Proven {
				t.Errorf("certificate %d of an overlap: %+v", i, f)
			}
		}
		// Every form that the terms can ask for.
		partnership := aurelia.partnership("kestrel")
		version := 0
		for i, c := range []struct {
			terms  string
			change func(*as2.Agreement)
			want   as2.Verdict
		}{
			{`{"sign":"sha1","encrypt":"3des"}`, func(a *as2.Agreement) {
				a.Digest, a.Cipher, a.AllowSHA1, a.Allow3DES = as2.SHA1, as2.TripleDES, true, true
			}, as2.Proven},
			{`{"sign":"sha512","encrypt":"aes128-gcm"}`, func(a *as2.Agreement) { a.Digest, a.Cipher = as2.SHA512, as2.AES128GCM }, as2.Proven},
			{`{"signature":"pss","transport":"oaep"}`, func(a *as2.Agreement) { a.PSS, a.OAEP = true, as2.SHA256 }, as2.Proven},
			{`{"compress":"before"}`, func(a *as2.Agreement) { a.Compression = as2.CompressBefore }, as2.Proven},
			{`{"compress":"after"}`, func(a *as2.Agreement) { a.Compression = as2.CompressAfter }, as2.Proven},
			{`{"encrypt":"none"}`, func(a *as2.Agreement) { a.Cipher = "" }, as2.Proven},
			{`{"sign":"none"}`, func(a *as2.Agreement) { a.Sign = false }, as2.Proven},
			{`{"sign":"none","encrypt":"none","compress":"after","receipt":"unsigned"}`, func(a *as2.Agreement) {
				a.Sign, a.Cipher, a.Compression, a.Receipt = false, "", as2.CompressAfter, as2.UnsignedReceipt
			}, as2.Confirmed},
		} {
			aurelia.put("/api/v1/partners/"+partnership+"/as2/terms", fmt.Sprintf(`{"sender":"kestrel","version":%d,"terms":%s}`, version, c.terms), 200)
			version++
			other := *x
			c.change(&other.rel.Agreement)
			number := fmt.Sprintf("AS2-M%d", i)
			m := other.pack(po{control: 880100 + i, number: number}.String())
			if f := other.verdict(x.post(m), m); f.Verdict != c.want {
				t.Errorf("%s: %+v\n%s", c.terms, f, s.logs)
			}
			eventually(t, number+" is there", func() bool { return len(aurelia.orders(number)) == 1 })
		}
		aurelia.put("/api/v1/partners/"+partnership+"/as2/terms", `{"sender":"kestrel","version":8,"terms":{}}`, 200)
		if out, err := exec.Command(binary, "demo", "erp", "--url", s.url, "--via", "as2").CombinedOutput(); err != nil || !strings.Contains(string(out), "done: ") {
			t.Errorf("demo erp: %v\n%s", err, out)
		}
		kestrel.put("/api/v1/partners/"+partnership+"/as2/terms", `{"sender":"kestrel","version":9,"terms":{"sign":"none"}}`, 403) // the receiver decides
		aurelia.put("/api/v1/partners/"+partnership+"/as2/terms", `{"sender":"kestrel","version":0,"terms":{}}`, 409)
		aurelia.put("/api/v1/partners/"+partnership+"/as2/terms", `{"sender":"kestrel","version":9,"terms":{"sign":"md5"}}`, 422)

		// A competitor sees nothing of it.
		baltic := s.token("kaarel@baltic.example", buyerScopes)
		if a := baltic.do("GET", "/api/v1/partners/"+kestrel.partnership("aurelia")+"/as2", "", nil); a.status != 404 {
			t.Errorf("a competitor sees the stations: %d %s", a.status, a.body)
		}
	})
}
