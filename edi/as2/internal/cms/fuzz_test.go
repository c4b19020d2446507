package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"testing"

	"entente/edi/as2/internal/span"
)

// FuzzCMS: nothing panics; DER of DER is itself; nothing verifies against a pinned
// certificate unless it carries the one signature made for it; what is inflated stays
// within the limit.
func FuzzCMS(f *testing.F) {
	content := []byte("x: y\r\n\r\nz")
	key := alice()
	sig, err := Sign(sum(crypto.SHA256, content), mallory().Private.(crypto.Signer), mallory().Certificate, SignOptions{Hash: crypto.SHA256, Time: now})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sig)
	for _, c := range []Cipher{AES128CBC, AES256GCM} {
		b, err := encrypted(span.Join(content), []*x509.Certificate{key.Certificate}, EncryptOptions{Cipher: c, OAEP: crypto.SHA256})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	b, err := packed(content)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	lim := Inflated{Size: 1 << 16}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = KindOf(b)
		if s, err := ParseSigned(b); err == nil {
			if _, err := s.Verify(digester(content), []*x509.Certificate{key.Certificate}); err == nil {
				t.Fatal("a signature nobody made")
			}
		}
		_, _ = Decrypt(b, []Key{key})
		_, _ = plainSafe(b)
		if out, err := Decompress(b, lim); err == nil && len(out) > lim.Size {
			t.Fatalf("%d octets inflated", len(out))
		}
		if d, err := DER(b); err == nil {
			again, err := DER(d)
			if err != nil || !bytes.Equal(d, again) {
				t.Fatalf("DER is not stable: %x, %x, %v", d, again, err)
			}
		}
	})
}
