package as2

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

func TestCertificatesInEveryForm(t *testing.T) {
	t.Parallel()
	a, b := kestrel().Certificate, aurelia().Certificate
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	bundle := WriteBundle([]*x509.Certificate{a, b})
	key, err := x509.MarshalPKCS8PrivateKey(kestrel().Key)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   string
		want int
	}{
		"DER":            {string(a.Raw), 1},
		"DER, line end":  {string(a.Raw) + "\r\n", 1},
		"two in DER":     {string(a.Raw) + string(b.Raw), 2},
		"PEM":            {block("CERTIFICATE", a.Raw), 1},
		"PEM with words": {"subject=/CN=x\n" + block("CERTIFICATE", a.Raw) + block("CERTIFICATE", b.Raw), 2},
		"PEM in CRLF":    {strings.ReplaceAll(block("CERTIFICATE", a.Raw), "\n", "\r\n"), 1},
		"PEM with BOM":   {"\xef\xbb\xbf" + block("CERTIFICATE", a.Raw), 1},
		"PEM with a key": {block("PRIVATE KEY", key) + block("CERTIFICATE", a.Raw), 1},
		"PKCS7":          {string(bundle), 2},
		"PKCS7 in PEM":   {block("PKCS7", bundle), 2},
		"bare base64":    {base64.StdEncoding.EncodeToString(a.Raw), 1},
		"base64 lines":   {string(encodeBase64(bundle)), 2},
	} {
		got, err := ParseCertificates([]byte(c.in))
		if err != nil || len(got) != c.want || !got[0].Equal(a) {
			t.Errorf("%s: %d, %v", name, len(got), err)
		}
	}
	for name, in := range map[string]string{
		"empty": "", "garbage": "\x00\xffgarbage", "a key": block("PRIVATE KEY", key), "cut off": string(a.Raw[:100]),
		"empty bundle": string(WriteBundle(nil)), "base64 of nothing": "AAAA", "html": "<html>", "too large": strings.Repeat("x", 2<<20),
		"PEM of garbage": block("CERTIFICATE", []byte("x")),
	} {
		if got, err := ParseCertificates([]byte(in)); err == nil {
			t.Errorf("%s: %d certificates", name, len(got))
		}
	}
}

func TestIdentitiesInEveryForm(t *testing.T) {
	t.Parallel()
	id, other := kestrel(), aurelia().Certificate
	files := map[string][]byte{}
	for name, enc := range map[string]*pkcs12.Encoder{"RC2": pkcs12.LegacyRC2, "3DES": pkcs12.LegacyDES, "AES": pkcs12.Modern} {
		b, err := enc.Encode(id.Key, id.Certificate, []*x509.Certificate{other}, "secret")
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	var err error
	if files["ours"], err = WriteIdentity(id, "secret"); err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		t.Fatal(err)
	}
	// The key's own certificate is found wherever it stands.
	files["PEM"] = append(append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.Certificate.Raw})...)
	for name, b := range files {
		got, others, err := ParseIdentity(b, "secret")
		if err != nil || !got.Certificate.Equal(id.Certificate) || !sameKey(got.Key.Public(), id.Certificate.PublicKey) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := 1; name != "ours" && (len(others) != want || !others[0].Equal(other)) {
			t.Errorf("%s: %d others", name, len(others))
		}
		if name != "PEM" {
			if _, _, err := ParseIdentity(b, "Secret"); !errors.Is(err, ErrPassword) {
				t.Errorf("%s: wrong password: %v", name, err)
			}
		}
		if name != "PEM" {
			if _, _, err := ParseIdentity(b[:len(b)-9], "secret"); err == nil {
				t.Errorf("%s: cut off and taken", name)
			}
		}
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"only a certificate": {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Raw}), ErrNoKey},
		"only a key":         {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), ErrNoCertificate},
		"another's":          {append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Raw})...), ErrNoMatch},
		"encrypted":          {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: key}), ErrKeyEncrypted},
		"garbage":            {[]byte("\x00garbage"), ErrNoKey},
		"DER certificate":    {other.Raw, ErrNoKey},
		"empty":              {nil, ErrNoKey},
	} {
		if _, _, err := ParseIdentity(c.in, ""); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpenSSLKeyStores reads files as OpenSSL and old Windows wrote them.
func TestOpenSSLKeyStores(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("openssl")
	need(t, "openssl", err == nil)
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(kestrel().Key)
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(dir, "in.pem")
	both := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: kestrel().Certificate.Raw})...)
	if err := os.WriteFile(in, both, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command(path, args...).Output()
		if err != nil {
			t.Fatalf("openssl %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	for name, args := range map[string][]string{"today": nil, "legacy, RC2": {"-legacy"}, "3DES": {"-legacy", "-certpbe", "PBE-SHA1-3DES"}, "empty password": {"-passout", "pass:"}} {
		pass := "geheim"
		if name == "empty password" {
			pass = ""
		} else {
			args = append(args, "-passout", "pass:"+pass)
		}
		b := run(append([]string{"pkcs12", "-export", "-in", in, "-inkey", in}, args...)...)
		id, _, err := ParseIdentity(b, pass)
		if err != nil || !id.Certificate.Equal(kestrel().Certificate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, form := range []string{"DER", "PEM"} {
		certs, err := ParseCertificates(run("crl2pkcs7", "-nocrl", "-certfile", in, "-outform", form))
		if err != nil || len(certs) != 1 || !certs[0].Equal(kestrel().Certificate) {
			t.Errorf("p7b in %s: %v", form, err)
		}
	}
}

func TestGenerateAndDescribe(t *testing.T) {
	t.Parallel()
	id, err := Generate("AURELIA TOOLS", now, now.AddDate(3, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	f := Describe(id.Certificate)
	if f.Key != "RSA 3072" || !f.SelfSigned || !f.Signs || !f.Encrypts || len(f.Weak) > 0 || f.Subject != "CN=AURELIA TOOLS" ||
		!f.From.Equal(now) || !f.Until.Equal(now.AddDate(3, 0, 0)) || len(f.SHA256) != 95 || len(f.SHA1) != 59 || f.Algorithm != "SHA256-RSA" {
		t.Errorf("%+v", f)
	}
	if err := id.Certificate.CheckSignature(id.Certificate.SignatureAlgorithm, id.Certificate.RawTBSCertificate, id.Certificate.Signature); err != nil {
		t.Error(err)
	}
	if _, err := Generate("", now, now.AddDate(1, 0, 0)); err == nil {
		t.Error("a certificate without a name")
	}
	if _, err := Generate("a", now, now); err == nil {
		t.Error("a certificate for no time")
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(255), Subject: pkix.Name{CommonName: "ec"}, NotBefore: now, NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageKeyAgreement}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, ec.Public(), ec)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if f := Describe(c); f.Key != "ECDSA P-256" || f.Signs || f.Encrypts || f.Serial != "ff" {
		t.Errorf("%+v", f)
	}
	short, err := generate("short", now, now.AddDate(1, 0, 0), 1024)
	if err != nil {
		t.Fatal(err)
	}
	if f := Describe(short.Certificate); strings.Join(f.Weak, " ") != "short_key" {
		t.Errorf("%+v", f.Weak)
	}
}

// TestRollover: the old and the new certificate overlap; nothing is encrypted for or
// signed with the new one before the other side confirmed it.
func TestRollover(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	old, err := generate("KESTREL-AS2", day(-300), day(30), 2048)
	if err != nil {
		t.Fatal(err)
	}
	next, err := generate("KESTREL-AS2", day(-1), day(700), 2048)
	if err != nil {
		t.Fatal(err)
	}
	slots := func(confirmed bool) []Slot {
		var out []Slot
		for _, role := range []Role{ForSigning, ForEncryption} {
			out = append(out, Slot{Identity: old, Role: role, Confirmed: true}, Slot{Identity: next, Role: role, Confirmed: confirmed, From: day(5)})
		}
		return out
	}
	for _, c := range []struct {
		day       int
		confirmed bool
		signs     *x509.Certificate // and is encrypted for
		verify    int
	}{
		{0, true, old.Certificate, 1},
		{6, false, old.Certificate, 2},
		{6, true, next.Certificate, 2},
		{31, false, nil, 1},
		{31, true, next.Certificate, 1},
		{701, true, nil, 0},
	} {
		s := slots(c.confirmed)
		k := Choose(s, s, day(c.day))
		if k.Sign.Certificate != c.signs || k.Encrypt != c.signs || len(k.Verify) != c.verify {
			t.Errorf("day %d, confirmed %v: sign %v, encrypt %v, %d to verify by", c.day, c.confirmed, k.Sign.Certificate == c.signs, k.Encrypt == c.signs, len(k.Verify))
		}
		if len(k.Decrypt) != 2 {
			t.Errorf("day %d: %d keys to decrypt with", c.day, len(k.Decrypt))
		}
	}
	s := slots(true)
	for i := range s {
		s[i].Retired = s[i].Certificate == old.Certificate
	}
	if k := Choose(s, s, day(6)); len(k.Decrypt) != 1 || len(k.Verify) != 1 || k.Encrypt != next.Certificate {
		t.Error("a retired certificate counts")
	}
	if got := Expiring(slots(false), day(6), 60*24*time.Hour); len(got) != 2 {
		t.Errorf("%d expire without a confirmed successor", len(got))
	}
	if got := Expiring(slots(true), day(6), 60*24*time.Hour); len(got) != 0 {
		t.Errorf("%d expire with one", len(got))
	}
	// A message encrypted for the old certificate is read after the change.
	rel := client()
	rel.Keys.Encrypt, rel.Keys.Sign = old.Certificate, next
	us := server()
	us.Keys = Choose(slots(true), slots(true), day(40))
	req := pack(t, rel)
	if _, err := Open(req.Header, req.Body, finder(us), Limits{}); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(us.Keys.Verify[0].Raw, next.Certificate.Raw) {
		t.Error("verified by the old certificate")
	}
}
