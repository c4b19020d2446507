package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"entente/edi/as2/internal/span"
)

// openssl runs the tool. Without it the tests of this file cannot say anything: in
// CI that is a failure.
func openssl(t *testing.T, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing: docker/ci/test.sh installs it")
		}
		t.Skip("openssl is not installed")
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

type files struct {
	t         *testing.T
	dir       string
	cert, key string
}

func newFiles(t *testing.T) files {
	t.Helper()
	f := files{t: t, dir: t.TempDir()}
	k := alice()
	der, err := x509.MarshalPKCS8PrivateKey(k.Private)
	if err != nil {
		t.Fatal(err)
	}
	f.cert = f.write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate.Raw}))
	f.key = f.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return f
}

func (f files) path(name string) string { return filepath.Join(f.dir, name) }

func (f files) write(name string, b []byte) string {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), b, 0o600); err != nil {
		f.t.Fatal(err)
	}
	return f.path(name)
}

func (f files) read(name string) []byte {
	f.t.Helper()
	b, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

func TestOpenSSLSignatures(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	content := bytes.Repeat([]byte("BEG*00*SA*4500187342**20261128~\r\n"), 500)
	in := f.write("in", content)
	for name, extra := range map[string][]string{
		"sha1": {"-md", "sha1"}, "sha224": {"-md", "sha224"}, "sha256": {"-md", "sha256"}, "sha384": {"-md", "sha384"}, "sha512": {"-md", "sha512"},
		"no attributes": {"-noattr", "-md", "sha256"}, "key id": {"-keyid"}, "no certificate": {"-nocerts"},
		"pss":        {"-keyopt", "rsa_padding_mode:pss", "-md", "sha256"},
		"pss salt":   {"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20", "-md", "sha512"},
		"enclosed":   {"-nodetach"},
		"indefinite": {"-nodetach", "-stream", "-indef"},
	} {
		out := f.path(strings.ReplaceAll(name, " ", "_"))
		openssl(t, append([]string{"cms", "-sign", "-binary", "-in", in, "-signer", f.cert, "-inkey", f.key, "-outform", "DER", "-out", out}, extra...)...)
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseSigned(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Attached && !bytes.Equal(enclosed(t, s), content) {
			t.Errorf("%s: enclosed content differs", name)
		}
		if s.Attached != (name == "enclosed" || name == "indefinite") {
			t.Errorf("%s: attached %v", name, s.Attached)
		}
		if _, err := s.Verify(digester(content), []*x509.Certificate{alice().Certificate}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Verify(digester(content[1:]), []*x509.Certificate{alice().Certificate}); err == nil {
			t.Errorf("%s: another content verifies", name)
		}
	}
	for _, h := range allHashes {
		for _, opt := range []SignOptions{{Hash: h}, {Hash: h, PSS: true, Time: now}, {Hash: h, Bare: true}, {Hash: h, Content: content}} {
			sig := f.write("sig", sign(t, content, alice(), opt))
			args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", sig, "-CAfile", f.cert, "-certfile", f.cert, "-purpose", "any", "-no_check_time", "-out", f.path("got")}
			if opt.Content == nil {
				args = append(args, "-content", in)
			}
			openssl(t, args...)
			if !bytes.Equal(f.read("got"), content) {
				t.Errorf("%v: openssl gave another content", opt.Hash)
			}
		}
	}
}

func TestOpenSSLEnvelopes(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	content := bytes.Repeat([]byte("BEG*00*SA*4500187342**20261128~\r\n"), 5000)
	in := f.write("in", content)
	names := map[Cipher]string{
		TripleDES: "-des3", AES128CBC: "-aes-128-cbc", AES192CBC: "-aes-192-cbc", AES256CBC: "-aes-256-cbc",
		AES128GCM: "-aes-128-gcm", AES192GCM: "-aes-192-gcm", AES256GCM: "-aes-256-gcm",
	}
	for c, flag := range names {
		for name, extra := range map[string][]string{
			"plain": {"-recip", f.cert}, "indefinite": {"-stream", "-indef", "-recip", f.cert}, "key id": {"-keyid", "-recip", f.cert},
			"oaep":        {"-recip", f.cert, "-keyopt", "rsa_padding_mode:oaep"},
			"oaep sha256": {"-recip", f.cert, "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"},
		} {
			out := f.path("enc")
			openssl(t, append([]string{"cms", "-encrypt", "-binary", flag, "-in", in, "-outform", "DER", "-out", out}, extra...)...)
			p, err := Decrypt(f.read("enc"), []Key{alice()})
			if err != nil || p.Doubtful || !bytes.Equal(p.Content, content) || p.Cipher != c {
				t.Errorf("%s %s: %v, %d octets", flag, name, err, len(p.Content))
			}
		}
		for _, oaep := range []crypto.Hash{0, crypto.SHA1, crypto.SHA256} {
			b, err := encrypted(span.Join(content), []*x509.Certificate{alice().Certificate}, EncryptOptions{Cipher: c, OAEP: oaep})
			if err != nil {
				t.Fatal(err)
			}
			enc := f.write("enc", b)
			openssl(t, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", enc, "-recip", f.cert, "-inkey", f.key, "-out", f.path("got"))
			if !bytes.Equal(f.read("got"), content) {
				t.Errorf("%s oaep %v: openssl gave another content", flag, oaep)
			}
		}
	}
}

func enclosed(t *testing.T, s *SignedData) []byte {
	t.Helper()
	in, err := s.Enclosed(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := in.Memory()
	return b
}
