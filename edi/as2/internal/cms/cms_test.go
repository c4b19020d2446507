package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"sync"
	"testing"
	"time"

	"entente/edi/as2/internal/span"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func certificate(name string, serial int64, key crypto.Signer) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name, Organization: []string{"Test"}},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(9, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, SubjectKeyId: []byte(name),
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return c
}

func rsaKey(name string, serial int64) func() Key {
	return sync.OnceValue(func() Key {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return Key{certificate(name, serial, k), k}
	})
}

var (
	alice   = rsaKey("alice", 0x80)
	mallory = rsaKey("mallory", 2)
)

func digester(content []byte) func(crypto.Hash) []byte {
	return func(h crypto.Hash) []byte { return sum(h, content) }
}

func sign(t *testing.T, content []byte, k Key, opt SignOptions) []byte {
	t.Helper()
	b, err := Sign(sum(opt.Hash, content), k.Private.(crypto.Signer), k.Certificate, opt)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encrypted(content span.Chain, to []*x509.Certificate, opt EncryptOptions) ([]byte, error) {
	s, err := Encrypt(content, to, opt, nil)
	b, _ := s.Memory()
	return b, err
}

func packed(content ...[]byte) ([]byte, error) {
	c, err := Compress(span.Join(content...), nil)
	if err != nil {
		return nil, err
	}
	return c.Bytes()
}

var allHashes = []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512}

func TestSignatureOfEveryHashAndScheme(t *testing.T) {
	t.Parallel()
	content := []byte("Content-Type: application/edi-x12\r\n\r\nISA*00*")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecCert := certificate("curve", 7, ec)
	for _, h := range allHashes {
		for _, scheme := range []string{"pkcs1", "pss", "ecdsa"} {
			t.Run(h.String()+" "+scheme, func(t *testing.T) {
				t.Parallel()
				var key crypto.Signer = alice().Private.(crypto.Signer)
				cert := alice().Certificate
				if scheme == "ecdsa" {
					key, cert = ec, ecCert
				}
				b, err := Sign(sum(h, content), key, cert, SignOptions{Hash: h, PSS: scheme == "pss", Time: now})
				if err != nil {
					t.Fatal(err)
				}
				s, err := ParseSigned(b)
				if err != nil {
					t.Fatal(err)
				}
				if s.Attached || len(s.Certificates) != 1 || !bytes.Equal(s.Certificates[0], cert.Raw) {
					t.Errorf("attached %v, %d certificates", s.Attached, len(s.Certificates))
				}
				got, err := s.Verify(digester(content), []*x509.Certificate{mallory().Certificate, cert})
				if err != nil {
					t.Fatal(err)
				}
				if got.Certificate != cert || got.Hash != h || got.PSS != (scheme == "pss") || !got.Time.Equal(now) {
					t.Errorf("got %v %v %v %v", got.Certificate.Subject, got.Hash, got.PSS, got.Time)
				}
				if _, err := s.Verify(digester(append(content, '.')), []*x509.Certificate{cert}); !errors.Is(err, ErrDigest) {
					t.Errorf("changed content: %v", err)
				}
			})
		}
	}
}

func TestOnlyThePinnedCertificateCounts(t *testing.T) {
	t.Parallel()
	content := []byte("x: y\r\n\r\nz")
	s, err := ParseSigned(sign(t, content, mallory(), SignOptions{Hash: crypto.SHA256}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(digester(content), []*x509.Certificate{alice().Certificate}); !errors.Is(err, ErrOtherSigner) {
		t.Errorf("carried certificate: %v", err)
	}
	if _, err := s.Verify(digester(content), nil); !errors.Is(err, ErrOtherSigner) {
		t.Errorf("nothing pinned: %v", err)
	}
	// Another key under the pinned name and number.
	forged := mallory()
	forged.Certificate = alice().Certificate
	s, err = ParseSigned(sign(t, content, forged, SignOptions{Hash: crypto.SHA256}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(digester(content), []*x509.Certificate{alice().Certificate}); !errors.Is(err, ErrSignature) {
		t.Errorf("forged name: %v", err)
	}
}

// TestChangedSignatureNeverVerifies changes every octet of a SignedData: what still
// verifies may only differ where nothing is signed (the carried certificate and such).
func TestChangedSignatureNeverVerifies(t *testing.T) {
	t.Parallel()
	content := []byte("x: y\r\n\r\nz")
	good := sign(t, content, alice(), SignOptions{Hash: crypto.SHA256, Bare: true})
	pinned := []*x509.Certificate{alice().Certificate}
	digest := append([]byte{tagOctets, 32}, sum(crypto.SHA256, content)...)
	from := bytes.Index(good, digest)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x01
		s, err := ParseSigned(bad)
		if err != nil {
			continue
		}
		_, err = s.Verify(digester(content), pinned)
		inDigest := i >= from && i < from+len(digest)
		inSignature := i >= len(good)-256
		if err == nil && (inDigest || inSignature) {
			t.Fatalf("octet %d of %d changed and verified", i, len(good))
		}
		if _, err := s.Verify(digester([]byte("another")), pinned); err == nil {
			t.Fatalf("octet %d changed: another content verified", i)
		}
	}
}

func TestSignedAttributesInBER(t *testing.T) {
	t.Parallel()
	content := []byte("x: y\r\n\r\nz")
	b := sign(t, content, alice(), SignOptions{Hash: crypto.SHA256, Time: now})
	s, err := ParseSigned(indefinite(t, b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(digester(content), []*x509.Certificate{alice().Certificate}); err != nil {
		t.Errorf("indefinite lengths: %v", err)
	}
}

// indefinite writes every constructed element with indefinite length, and octet
// strings in pieces of 7.
func indefinite(t *testing.T, b []byte) []byte {
	t.Helper()
	r := newReader(b)
	var walk func() []byte
	walk = func() []byte {
		h, err := r.head()
		if err != nil {
			t.Fatal(err)
		}
		if h.id&constructedBit == 0 {
			r.pos += h.size + h.length
			body, _ := r.cut(r.pos-h.length, r.pos)
			if h.id != tagOctets && h.id != tagPrimitive0 || len(body) < 20 {
				return tlv(h.id, body)
			}
			out := []byte{h.id | constructedBit, 0x80}
			for len(body) > 0 {
				n := min(7, len(body))
				out = append(out, tlv(tagOctets, body[:n])...)
				body = body[n:]
			}
			return append(out, 0, 0)
		}
		if err := r.push(h); err != nil {
			t.Fatal(err)
		}
		out := []byte{h.id, 0x80}
		for r.more() {
			out = append(out, walk()...)
		}
		if err := r.leave(); err != nil {
			t.Fatal(err)
		}
		return append(out, 0, 0)
	}
	return walk()
}

var allCiphers = []Cipher{TripleDES, AES128CBC, AES192CBC, AES256CBC, AES128GCM, AES192GCM, AES256GCM}

func TestEncryptionOfEveryCipherAndTransport(t *testing.T) {
	t.Parallel()
	for _, c := range allCiphers {
		for _, oaep := range []crypto.Hash{0, crypto.SHA1, crypto.SHA256, crypto.SHA512} {
			t.Run(fmt.Sprintf("%d %d", c, oaep), func(t *testing.T) {
				t.Parallel()
				for _, n := range []int{0, 1, 7, 8, 15, 16, 17, 1000} {
					content := bytes.Repeat([]byte("0123456789"), n)[:n]
					b, err := encrypted(span.Join(content[:n/2], content[n/2:]),
						[]*x509.Certificate{mallory().Certificate, alice().Certificate}, EncryptOptions{Cipher: c, OAEP: oaep})
					if err != nil {
						t.Fatal(err)
					}
					for form, b := range map[string][]byte{"DER": b, "BER": indefinite(t, b)} {
						p, err := Decrypt(b, []Key{alice()})
						if err != nil || p.Doubtful {
							t.Fatalf("%d octets in %s: %v %v", n, form, err, p.Doubtful)
						}
						if !bytes.Equal(p.Content, content) || p.Cipher != c || p.OAEP != (oaep != 0) || p.Key.Certificate != alice().Certificate {
							t.Errorf("%d octets in %s: %q %v", n, form, p.Content, p.Cipher)
						}
					}
				}
			})
		}
	}
}

func TestDecryptionFailsAlike(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 10)
	for _, c := range allCiphers {
		b, err := encrypted(span.Join(content), []*x509.Certificate{alice().Certificate}, EncryptOptions{Cipher: c})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decrypt(b, []Key{mallory()}); !errors.Is(err, ErrNoRecipient) {
			t.Errorf("%d: another recipient: %v", c, err)
		}
		wrong := mallory()
		wrong.Certificate = alice().Certificate
		p, err := Decrypt(b, []Key{wrong})
		if c.Authenticated() {
			if !errors.Is(err, ErrDecrypt) {
				t.Errorf("%d: wrong key: %v", c, err)
			}
		} else if err != nil || bytes.Contains(p.Content, []byte("0123")) {
			t.Errorf("%d: wrong key: %v, %q", c, err, p.Content)
		}
		// The last octet is the tag's or the padding's.
		for _, at := range []int{len(b) - 1, len(b) - 20} {
			bad := bytes.Clone(b)
			bad[at] ^= 0x80
			p, err := Decrypt(bad, []Key{alice()})
			if c.Authenticated() && !errors.Is(err, ErrDecrypt) {
				t.Errorf("%d: changed octet: %v", c, err)
			}
			if !c.Authenticated() && (err != nil || bytes.Equal(p.Content, content)) {
				t.Errorf("%d: changed octet: %v", c, err)
			}
		}
	}
}

func TestWrongPaddingIsDoubtNotError(t *testing.T) {
	t.Parallel()
	b, err := encrypted(span.Join([]byte("0123456789abcde")), []*x509.Certificate{alice().Certificate}, EncryptOptions{Cipher: AES128CBC})
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for x := range 256 {
		bad := bytes.Clone(b)
		bad[len(b)-19] ^= byte(x) // last octet of the vector
		p, err := Decrypt(bad, []Key{alice()})
		if err != nil {
			t.Fatal(err)
		}
		if !p.Doubtful {
			good++
		} else if len(p.Content) != 16 {
			t.Errorf("doubtful content of %d octets", len(p.Content))
		}
	}
	if good == 0 || good > 3 {
		t.Errorf("%d of 256 paddings are good", good)
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	lim := Inflated{Size: 8 << 20, Ratio: 200, Free: 1 << 20}
	for _, n := range []int{0, 1, 511, 5000, firstGo - 1, firstGo, firstGo + 1, 3 << 20} {
		content := make([]byte, n)
		for i := range content {
			content[i] = byte(i * i >> 7)
		}
		b, err := packed(content[:n/3], content[n/3:])
		if err != nil {
			t.Fatal(err)
		}
		for form, b := range map[string][]byte{"DER": b, "BER": indefinite(t, b)} {
			got, err := Decompress(b, lim)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d octets in %s: %d, %v", n, form, len(got), err)
			}
		}
	}
}

func TestBombsAreRefusedBeforeTheyAreAllocated(t *testing.T) {
	zeros := make([]byte, 64<<20)
	b, err := packed(zeros)
	if err != nil {
		t.Fatal(err)
	}
	for name, lim := range map[string]Inflated{
		"size":  {Size: 10 << 20},
		"ratio": {Size: 100 << 20, Ratio: 200, Free: 1 << 20},
		"small": {Size: 1000},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Decompress(b, lim); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("%s: %d octets allocated", name, got)
		}
	}
	broken := bytes.Clone(b[:len(b)-3])
	if _, err := Decompress(broken, Inflated{Size: 100 << 20}); err == nil {
		t.Error("cut off and inflated")
	}
	b[len(b)-1] ^= 1
	if _, err := Decompress(b, Inflated{Size: 100 << 20}); !errors.Is(err, ErrInflate) {
		t.Errorf("wrong checksum: %v", err)
	}
}

func TestMalformedBER(t *testing.T) {
	t.Parallel()
	deep := bytes.Repeat([]byte{0x30, 0x80}, 100000)
	many := append(append([]byte{0x24, 0x80}, bytes.Repeat([]byte{0x04, 0x00}, maxElements+1)...), 0, 0)
	for name, b := range map[string][]byte{
		"empty": {}, "one octet": {0x30}, "cut off": {0x30, 5, 1, 1}, "primitive indefinite": {0x04, 0x80, 0, 0},
		"long length": {0x30, 0x89, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "huge length": {0x30, 0x86, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff},
		"no end": {0x30, 0x80, 0x05, 0x00}, "deep": deep, "many": many, "endless tag": {0x3f, 0xff, 0xff, 0xff, 0xff, 0xff},
		"inner beyond outer": {0x30, 0x04, 0x30, 0x10, 0x05, 0x00},
	} {
		r := newReader(b)
		if _, err := r.der(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		for what, err := range map[string]error{"signed": second(ParseSigned(b)), "enveloped": second(Decrypt(b, nil)), "compressed": second(Decompress(b, Inflated{Size: 1000}))} {
			if err == nil {
				t.Errorf("%s read as %s", name, what)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestTruncated: a message cut anywhere is an error, never a panic.
func TestTruncated(t *testing.T) {
	t.Parallel()
	content := []byte("x: y\r\n\r\nz")
	b := sign(t, content, alice(), SignOptions{Hash: crypto.SHA256})
	e, err := encrypted(span.Join(content), []*x509.Certificate{alice().Certificate}, EncryptOptions{Cipher: AES128GCM})
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if _, err := ParseSigned(b[:i]); err == nil {
			t.Fatalf("signature cut at %d of %d", i, len(b))
		}
	}
	for i := range e {
		if _, err := Decrypt(e[:i], []Key{alice()}); err == nil {
			t.Fatalf("envelope cut at %d of %d", i, len(e))
		}
	}
}
