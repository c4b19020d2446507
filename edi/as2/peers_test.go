package as2

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// peer is the certificate of who wrote testdata/peers: messages and receipts as they went over
// the wire, in the habits of other makers' stacks, signed by BouncyCastle.
func peer(t *testing.T) *x509.Certificate {
	t.Helper()
	der, err := os.ReadFile("testdata/peers/peer.cer")
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// peers gives header and body of the samples with an ending.
func peers(t *testing.T, ending string, least int, do func(t *testing.T, name string, h Header, body []byte)) {
	t.Helper()
	files, err := filepath.Glob("testdata/peers/*" + ending)
	if err != nil || len(files) < least {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ending)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			e, err := parseEntity(InMemory(raw), Limits{}.filled())
			if err != nil {
				t.Fatal(err)
			}
			do(t, name, e.header, mem(e.body))
		})
	}
}

// TestMessagesOfOthers: each is read, its signature believed by the pinned certificate alone,
// and its MIC is that of the part that was signed.
func TestMessagesOfOthers(t *testing.T) {
	t.Parallel()
	cert := peer(t)
	peers(t, ".message", 20, func(t *testing.T, name string, h Header, body []byte) {
		rel := server(func(a *Agreement) { a.RequireEncrypted = false })
		rel.Keys.Verify = []*x509.Certificate{cert}
		got, err := Open(h, body, finder(rel), Limits{})
		sameFromFile(t, h, body, rel, Limits{}, got, err)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Payloads) != 1 || string(got.Payloads[0].Data) != x12 {
			t.Errorf("another document: %+v", got.Payloads)
		}
		if got.Signature == nil || !got.Signature.Certificate.Equal(cert) || got.Signature.PSS != (name == "pss") {
			t.Errorf("signature: %+v", got.Signature)
		}
		if !got.MIC.Of(got.Part) || !got.Ask.Wanted || !got.Ask.Signed || got.MIC.Name != got.Ask.Name {
			t.Errorf("MIC %v, asked %+v", got.MIC, got.Ask)
		}
		rel.Keys.Verify = []*x509.Certificate{kestrel().Certificate}
		_, err = Open(h, body, finder(rel), Limits{})
		if f := failure(t, err); f.Reason != OtherSigner {
			t.Errorf("with another certificate pinned: %v", f)
		}
	})
}

// TestReceiptsOfOthers: each proves the delivery of what it is about, and of nothing else.
func TestReceiptsOfOthers(t *testing.T) {
	t.Parallel()
	cert := peer(t)
	a := New("AURELIA-AS2", "KESTREL-AS2")
	mics, err := micOver(a, Content{InMemory([]byte("what was sent"))})
	if err != nil {
		t.Fatal(err)
	}
	others, err := micOver(a, Content{InMemory([]byte("something else"))})
	if err != nil {
		t.Fatal(err)
	}
	sent := Sent{MessageID: "<sent@entente>", From: a.Us, To: a.Them, Receipt: SignedReceipt, MICs: mics}
	peers(t, ".receipt", 20, func(t *testing.T, _ string, h Header, body []byte) {
		if !IsMDN(h, body) {
			t.Error("at the door it is taken for a message")
		}
		r, err := ParseMDN(h, body, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if f := r.Check(sent, []*x509.Certificate{cert}, false); f.Verdict != Proven {
			t.Errorf("%s, %v", f.Verdict, f.Err)
		}
		if f := r.Check(sent, []*x509.Certificate{kestrel().Certificate}, false); f.Verdict != OtherMDNSigner {
			t.Errorf("with another certificate pinned: %s", f.Verdict)
		}
		other := sent
		if other.MICs = others; r.Check(other, []*x509.Certificate{cert}, false).Verdict != MICDiffers {
			t.Error("it proves other content")
		}
	})
}
