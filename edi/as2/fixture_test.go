package as2

import (
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func identity(name string) func() Identity {
	return sync.OnceValue(func() Identity {
		id, err := generate(name, now.AddDate(-1, 0, 0), now.AddDate(3, 0, 0), 2048)
		if err != nil {
			panic(err)
		}
		return id
	})
}

var (
	kestrel = identity("KESTREL-AS2")
	aurelia = identity("AURELIA-AS2")
	mallory = identity("MALLORY")
)

const x12 = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261128*1200*U*00401*000000001*0*P*>~GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261128*1200*1*X*004010~ST*850*0001~SE*2*0001~GE*1*1~IEA*1*000000001~"

func order() Payload {
	return Payload{ContentType: TypeX12, FileName: "order 4500187342.x12", Data: []byte(x12)}
}

// client is the relation of the one who sends, server that of the one who receives.
func client(change ...func(*Agreement)) Relation {
	a := New("KESTREL-AS2", "AURELIA-AS2")
	for _, c := range change {
		c(&a)
	}
	return Relation{a, Keys{Sign: kestrel(), Decrypt: []Identity{kestrel()}, Encrypt: aurelia().Certificate, Verify: []*x509.Certificate{aurelia().Certificate}}}
}

func server(change ...func(*Agreement)) Relation {
	a := New("AURELIA-AS2", "KESTREL-AS2")
	for _, c := range change {
		c(&a)
	}
	return Relation{a, Keys{Sign: aurelia(), Decrypt: []Identity{aurelia()}, Encrypt: kestrel().Certificate, Verify: []*x509.Certificate{kestrel().Certificate}}}
}

func finder(rel Relation) func(from, to string) (Relation, bool) {
	return func(from, to string) (Relation, bool) {
		return rel, from == rel.Agreement.Them && to == rel.Agreement.Us
	}
}

func pack(t testing.TB, rel Relation, payloads ...Payload) *Request {
	t.Helper()
	if len(payloads) == 0 {
		payloads = []Payload{order()}
	}
	req, err := Pack(Message{ID: NewID("kestrel.example"), Subject: "Order", Date: now, Payloads: payloads}, rel)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func answer(t testing.TB, got *Received, d Disposition) *Request {
	t.Helper()
	a, err := got.Answer(MDN{ID: NewID("aurelia.example"), Date: now, Agent: "Entente", Disposition: d, Text: "Thank you.\nMerci."})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func failure(t testing.TB, err error) *Failure {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("no failure: %v", err)
	}
	return f
}

// with gives the header with one field set, or removed when the value is "-".
func (h Header) with(name, value string) Header {
	var out Header
	for _, f := range h {
		if !strings.EqualFold(f.Name, name) {
			out = append(out, f)
		}
	}
	if value != "-" {
		out = append(out, Field{name, value})
	}
	return out
}

func allow(a *Agreement)   { a.AllowSHA1, a.Allow3DES = true, true }
func lenient(a *Agreement) { a.RequireSigned, a.RequireEncrypted = false, false; allow(a) }
func plain(a *Agreement)   { a.Sign, a.Cipher = false, ""; lenient(a) }

func join(c Content) []byte {
	out, _ := c.Bytes() // in memory
	return out
}

func mem(b Body) []byte {
	out, _ := b.Memory()
	return out
}
