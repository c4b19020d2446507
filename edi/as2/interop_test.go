package as2

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"entente/edi/as2/internal/cms"
	"entente/edi/as2/internal/span"
)

// need is for what docker/ci/test.sh installs: where it is missing a test can say
// nothing, and in CI that is a failure.
func need(t *testing.T, what string, there bool) {
	t.Helper()
	if there {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: docker/ci/test.sh installs it", what)
	}
	t.Skipf("%s is not installed", what)
}

func jars() (path string, ok bool) {
	var all []string
	for _, name := range []string{"bcprov", "bcpkix", "bcutil", "bcmail", "javax.mail", "javax.activation"} {
		jar := filepath.Join("/usr/share/java", name+".jar")
		if _, err := os.Stat(jar); err != nil {
			return "", false
		}
		all = append(all, jar)
	}
	return strings.Join(all, ":"), true
}

// TestBouncyCastle: what we write it reads, what it writes we read: signatures,
// envelopes, compression, and whole entities through its mail package.
func TestBouncyCastle(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("javac")
	cp, ok := jars()
	need(t, "BouncyCastle (Debian: default-jdk-headless libbcmail-java)", err == nil && ok)

	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	put := func(name string, b []byte) string {
		t.Helper()
		if err := os.WriteFile(at(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	// Both sides are Kestrel: one key, one certificate.
	id := kestrel()
	key, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte(x12+"\r\n"), 300)
	in := put("in", content)
	var script []string
	do := func(words ...string) { script = append(script, strings.Join(words, "\t")) }
	var checks []func()
	same := func(name string, want []byte) {
		checks = append(checks, func() {
			if got, err := os.ReadFile(at(name)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: BouncyCastle gave another content, %v", name, err)
			}
		})
	}
	file := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	both := func(change ...func(*Agreement)) Relation {
		rel := client(change...)
		rel.Keys.Encrypt = id.Certificate
		rel.Keys.Decrypt, rel.Keys.Verify = []Identity{id}, []*x509.Certificate{id.Certificate}
		return rel
	}

	for _, h := range []Hash{SHA1, SHA256, SHA384, SHA512} {
		for _, pss := range []bool{false, true} {
			name := fmt.Sprintf("%s-%v", h, pss)
			algorithm := strings.ToUpper(string(h)) + "withRSA"
			if pss {
				algorithm += "andMGF1"
			}
			do("sign", algorithm, in, at("bc-"+name))
			checks = append(checks, func() {
				sig, err := cms.ParseSigned(file("bc-" + name))
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				s, err := sig.Verify((&opener{signed: InMemory(content)}).digest, []*x509.Certificate{id.Certificate})
				if err != nil || hashName(s.Hash) != h || s.PSS != pss {
					t.Errorf("%s: %+v, %v", name, s, err)
				}
			})
			ours, err := cms.Sign(h.sum(content), id.Key, id.Certificate, cms.SignOptions{Hash: hashes[h], PSS: pss, Time: now})
			if err != nil {
				t.Fatal(err)
			}
			do("verify", in, put("ours-"+name, ours))
		}
	}
	for name, c := range ciphers {
		for _, oaep := range []Hash{"", SHA1, SHA256} {
			transport := map[Hash]string{"": "pkcs1", SHA1: "SHA-1", SHA256: "SHA-256"}[oaep]
			file2 := string(name) + transport
			do("encrypt", string(name), transport, in, at("bc-"+file2))
			checks = append(checks, func() {
				p, err := cms.Decrypt(file("bc-"+file2), both().Keys.decrypters())
				if err != nil || p.Doubtful || !bytes.Equal(p.Content, content) || cipherName(p.Cipher) != name || p.OAEP != (oaep != "") {
					t.Errorf("%s: %v", file2, err)
				}
			})
			ours, err := cms.Encrypt(span.Join(content), []*x509.Certificate{id.Certificate}, cms.EncryptOptions{Cipher: c, OAEP: hashes[oaep]}, nil)
			if err != nil {
				t.Fatal(err)
			}
			do("decrypt", string(name), put("ours-"+file2, mem(ours)), at("plain-"+file2))
			same("plain-"+file2, content)
		}
	}
	do("compress", in, at("bc.z"))
	checks = append(checks, func() {
		if got, err := cms.Decompress(file("bc.z"), cms.Inflated{Size: 1 << 20}); err != nil || !bytes.Equal(got, content) {
			t.Errorf("compressed: %v", err)
		}
	})
	parts, err := cms.Compress(span.Join(content), nil)
	if err != nil {
		t.Fatal(err)
	}
	do("uncompress", put("ours.z", join(parts)), at("plain.z"))
	same("plain.z", content)

	edifact := []byte("UNA:+.? 'UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261128:1200+1'UNZ+0+1'")
	doc := put("orders", edifact)
	for _, order := range []string{"none", "before", "after"} {
		compression := map[string]Compression{"none": NoCompression, "before": CompressBefore, "after": CompressAfter}[order]
		for _, cipher := range []Cipher{"", TripleDES, AES256} {
			name := "mail-" + order + string(cipher)
			theirs := string(cipher)
			if theirs == "" {
				theirs = "none"
			}
			do("pack", theirs, order, "SHA256withRSA", doc, at("bc-"+name))
			checks = append(checks, func() {
				e, err := parseEntity(InMemory(file("bc-"+name)), Limits{}.filled())
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				h := append(Header{{"AS2-From", "AURELIA-AS2"}, {"AS2-To", "KESTREL-AS2"}, {"Message-ID", "<1@bc>"}}, e.header...)
				got, err := Open(h, mem(e.body), finder(both(lenient)), Limits{})
				if err != nil || len(got.Payloads) != 1 || !bytes.Equal(got.Payloads[0].Data, edifact) || got.Payloads[0].FileName != "orders.edi" ||
					got.Signature == nil || (got.Encryption != nil) != (cipher != "") || got.Compressed != (order != "none") {
					t.Errorf("%s: %v, %+v", name, err, got)
				}
			})
			req := pack(t, both(allow, func(a *Agreement) { a.Cipher, a.Compression = cipher, compression }))
			var entity bytes.Buffer
			for _, f := range req.Header {
				entity.WriteString(f.Name + ": " + f.Value + "\r\n")
			}
			entity.WriteString("Content-Transfer-Encoding: binary\r\n\r\n")
			entity.Write(req.Body)
			do("open", order, put("ours-"+name, entity.Bytes()), at("plain-"+name))
			same("plain-"+name, []byte(x12))
		}
	}
	for _, kind := range []string{"PKCS12-DEF", "PKCS12-3DES-3DES", "PKCS12-3DES-40RC2"} {
		do("store", kind, "geheim", at(kind))
		checks = append(checks, func() {
			got, _, err := ParseIdentity(file(kind), "geheim")
			if err != nil || !got.Certificate.Equal(id.Certificate) {
				t.Errorf("%s: %v", kind, err)
			}
			if _, _, err := ParseIdentity(file(kind), "falsch"); !errors.Is(err, ErrPassword) {
				t.Errorf("%s: wrong password: %v", kind, err)
			}
		})
	}

	out, err := exec.Command("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", cp, "testdata/interop/Interop.java",
		put("cert", id.Certificate.Raw), put("key", key), put("script", []byte(strings.Join(script, "\n")+"\n"))).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range checks {
		c()
	}
}

// TestLibas2 takes messages of the npm package libas2 at our door, through HTTP, and
// lets it judge our MDN; and sends to a server of libas2, whose MDN we judge.
func TestLibas2(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("node")
	_, missing := os.Stat("testdata/interop/node_modules/libas2")
	need(t, "libas2 (npm ci --prefix edi/as2/testdata/interop)", err == nil && missing == nil)
	type arrival struct {
		got *Received
		err error
	}
	arrived := make(chan arrival, 8)
	rel := server(allow, func(a *Agreement) { a.RequireEncrypted = false })
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := ReadBody(r.Body, r.ContentLength, Limits{})
		if err != nil {
			t.Error(err)
			return
		}
		got, err := Open(HeaderOf(r.Header), body, finder(rel), Limits{})
		arrived <- arrival{got, err}
		d := Processed
		if err != nil {
			d = failure(t, err).Disposition
		}
		reply := answer(t, got, d)
		for _, f := range reply.Header {
			w.Header()[f.Name] = append(w.Header()[f.Name], f.Value)
		}
		_, _ = w.Write(reply.Body)
	}))
	t.Cleanup(ts.Close)
	key, err := x509.MarshalPKCS8PrivateKey(kestrel().Key)
	if err != nil {
		t.Fatal(err)
	}
	type ask struct {
		Sign    string `json:"sign"`
		MDN     any    `json:"mdn"` // a digest, or false
		Encrypt any    `json:"encrypt"`
	}
	asks := []ask{{"sha-1", "sha-1", false}, {"sha-256", "sha-256", false}, {"sha-384", "sha-256", false}, {"sha-512", "sha-512", false}, {"sha-256", false, false}, {"sha-256", "sha-256", true}}
	pemOf := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	job, err := json.Marshal(map[string]any{
		"url": ts.URL, "content": x12, "asks": asks,
		"cert": pemOf("CERTIFICATE", kestrel().Certificate.Raw), "key": pemOf("PRIVATE KEY", key),
		"theirs": pemOf("CERTIFICATE", aurelia().Certificate.Raw),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/interop/libas2.js")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	_, _ = in.Write(append(job, '\n'))
	said := bufio.NewReader(pipe)
	first, _ := said.ReadBytes('\n')
	var ready struct {
		Port  int
		PKCS1 bool
	}
	if err := json.Unmarshal(first, &ready); err != nil {
		t.Fatalf("%v: %s%s", err, first, complaints.String())
	}
	toLibas2(t, fmt.Sprintf("http://127.0.0.1:%d/as2", ready.Port), ready.PKCS1)
	_ = in.Close()
	out, err := io.ReadAll(said)
	if werr := cmd.Wait(); err != nil || werr != nil {
		t.Fatalf("%v, %v\n%s", err, werr, complaints.String())
	}
	t.Logf("%s", out)
	close(arrived)
	n := 0
	for a := range arrived {
		if a.err != nil || len(a.got.Payloads) != 1 || string(a.got.Payloads[0].Data) != x12 || a.got.Signature == nil {
			t.Errorf("%d: %v, %+v", n, a.err, a.got)
		}
		n++
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if n != len(asks) || len(lines) != len(asks) {
		t.Fatalf("%d messages, %d MDNs", n, len(lines))
	}
	for _, line := range lines {
		var read struct {
			Processed             bool
			About, Sent, MIC, Own string
		}
		if err := json.Unmarshal(line, &read); err != nil || !read.Processed || !SameMessageID(read.About, read.Sent) || read.MIC == "" || read.Own != "" && read.Own != read.MIC {
			t.Errorf("libas2 read %s", line)
		}
	}
}

// toLibas2 sends to a server of libas2, which is Kestrel here: every receipt proves what was
// sent, and what was changed on its way, or made for somebody else, is refused.
func toLibas2(t *testing.T, url string, pkcs1 bool) {
	unencrypted := func(a *Agreement) { a.Cipher = "" }
	oaep := func(a *Agreement) { a.OAEP = SHA256 }
	digest := func(h Hash) func(*Agreement) { return func(a *Agreement) { a.Digest = h } }
	cipher := func(c Cipher) func(*Agreement) { return func(a *Agreement) { a.Cipher = c } }
	to := func(change ...func(*Agreement)) Relation {
		return server(append([]func(*Agreement){allow}, change...)...)
	}
	type sending struct {
		name string
		rel  Relation
		want Verdict
		bend bool
	}
	all := []sending{
		{"signed SHA-1", to(unencrypted, digest(SHA1)), Proven, false},
		{"signed SHA-256", to(unencrypted), Proven, false},
		{"signed SHA-384", to(unencrypted, digest(SHA384)), Proven, false},
		{"signed SHA-512", to(unencrypted, digest(SHA512)), Proven, false},
		{"an unsigned receipt", to(unencrypted, func(a *Agreement) { a.Receipt = UnsignedReceipt }), Confirmed, false},
		{"AES-128", to(cipher(AES128), oaep), Proven, false},
		{"AES-192", to(cipher(AES192), oaep), Proven, false},
		{"AES-256", to(oaep), Proven, false},
		{"changed on its way", to(unencrypted), Refused, true},
	}
	if pkcs1 {
		all = append(all, sending{"AES-256 by PKCS #1", to(), Proven, false}, sending{"3DES by PKCS #1", to(cipher(TripleDES)), Proven, false})
	}
	stranger := to(oaep)
	stranger.Keys.Encrypt = mallory().Certificate
	all = append(all, sending{"encrypted for another", stranger, Refused, false})
	for _, s := range all {
		req := pack(t, s.rel)
		body := mem(InMemory(req.Body))
		if s.bend {
			body = bytes.Replace(body, []byte("KESTRELSUPPLY"), []byte("MALLORYSUPPLY"), 1)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range req.Header {
			r.Header[f.Name] = append(r.Header[f.Name], f.Value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		answer, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		report, err := ParseMDN(HeaderOf(res.Header), answer, Limits{})
		if err != nil {
			t.Errorf("%s: %v: %d %s", s.name, err, res.StatusCode, answer)
			continue
		}
		if f := report.Check(req.Sent, []*x509.Certificate{kestrel().Certificate}, s.rel.Agreement.AllowSHA1); f.Verdict != s.want {
			t.Errorf("%s: %s, %+v\n%s", s.name, f.Verdict, f, answer)
		}
	}
}
