package cms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"entente/edi/as2/internal/span"
)

// sealPieces seals as Encrypt does, a window at a time.
func sealPieces(t *testing.T, block cipher.Block, nonce, aad, text []byte, piece int) []byte {
	t.Helper()
	g, err := newGCM(block, nonce, aad)
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.Clone(text)
	for at := 0; at < len(out); at += piece {
		b := out[at:min(len(out), at+piece)]
		g.crypt(b)
		g.seen(b)
	}
	return append(out, g.tag()...)
}

// GCM in pieces is the GCM of the standard library, of every length of text, of what is
// authenticated only, and of the nonce: those of other than 12 octets begin to count
// anywhere, also just before the counter's 32 bits are full.
func TestGCMInPieces(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 2))
	fill := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for i := range 400 {
		block, err := aes.NewCipher(fill(16 + 8*(i%3)))
		if err != nil {
			t.Fatal(err)
		}
		size := nonceSize
		if i%2 == 1 {
			size = 1 + i%40
		}
		nonce, aad := fill(size), fill((i*7)%90)
		text := fill([]int{0, 1, 15, 16, 17, 255, 4096, window, window + 5, 3 * window}[i%10])
		whole, err := cipher.NewGCMWithNonceSize(block, size)
		if err != nil {
			t.Fatal(err)
		}
		want := whole.Seal(nil, nonce, text, aad)
		before := bytes.Clone(aad)
		if got := sealPieces(t, block, nonce, aad, text, []int{16, 48, window}[i%3]); !bytes.Equal(got, want) {
			t.Fatalf("%d: %d octets with %d more and a nonce of %d", i, len(text), len(aad), size)
		}
		if !bytes.Equal(aad, before) {
			t.Fatal("what is authenticated was changed")
		}
	}
}

// A nonce whose first counter is short of full: counting goes on at nothing, and the other
// 96 bits stay.
func TestGCMCounterBeginsAnew(t *testing.T) {
	t.Parallel()
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGCM(block, make([]byte, nonceSize), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.first {
		g.first[i] = 0xff
	}
	g.left, g.ctr = 2, g.countFrom(0xfffffffe)
	got := make([]byte, 5*blockSize)
	g.crypt(got)
	for i, counter := range []uint32{0xfffffffe, 0xffffffff, 0, 1, 2} {
		b := bytes.Repeat([]byte{0xff}, blockSize)
		b[12], b[13], b[14], b[15] = byte(counter>>24), byte(counter>>16), byte(counter>>8), byte(counter)
		block.Encrypt(b, b)
		if !bytes.Equal(got[i*blockSize:(i+1)*blockSize], b) {
			t.Errorf("block %d", i)
		}
	}
}

// file counts what is written to it.
type file struct {
	b       []byte
	written *int
}

func (f *file) Write(b []byte) (int, error) {
	f.b = append(f.b, b...)
	*f.written += len(b)
	return len(b), nil
}

func (f *file) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(f.b).ReadAt(b, at) }

// Nothing of a GCM message is decrypted before its tag was verified: of a changed one not
// an octet is written anywhere.
func TestGCMGivesNothingBeforeItsTag(t *testing.T) {
	t.Parallel()
	const size = 3 << 20
	b, err := encrypted(span.Join(make([]byte, size)), []*x509.Certificate{alice().Certificate}, EncryptOptions{Cipher: AES256GCM})
	if err != nil {
		t.Fatal(err)
	}
	open := func(b []byte) (Plain, int, error) {
		written := 0
		p, err := DecryptIn(span.In(bytes.NewReader(b), len(b)), []Key{alice()}, func() (span.File, error) { return &file{written: &written}, nil })
		return p, written, err
	}
	p, written, err := open(b)
	if err != nil || written != size || p.Content != nil {
		t.Fatalf("%d octets in a file, %v", written, err)
	}
	if plain, err := io.ReadAll(p.Span.Reader()); err != nil || !bytes.Equal(plain, make([]byte, size)) {
		t.Fatalf("%d octets, %v", len(plain), err)
	}
	for name, at := range map[string]int{"the last octet": len(b) - 1 - 2 - tagSize, "the first": len(b) - 2 - tagSize - size, "the tag": len(b) - 1} {
		bad := bytes.Clone(b)
		bad[at] ^= 1
		if _, written, err := open(bad); !errors.Is(err, ErrDecrypt) || written != 0 {
			t.Errorf("%s: %d octets were written, %v", name, written, err)
		}
	}
}
