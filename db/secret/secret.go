// Package secret seals what must not lie readable in the database or its backups:
// private keys and passwords for partners' servers. The key is a file of its own,
// made at first start, which is in no backup unless asked for.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"entente/prm/fault"
)

// prefix begins every line of a key file.
const prefix = "entente-key-1 "

// idSize is how much of a key's hash names it in what it sealed.
const idSize = 8

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	keys []key // the first seals
}

type key struct {
	id   [idSize]byte
	aead cipher.AEAD
	sign []byte // of what is signed: never the sealing key itself
}

// Load reads the key file at path, or makes it, with mode 0600. The file holds a key a
// line; the first seals, all open, so that a new key is put in front of the old one.
// It refuses a file that others may read.
func Load(path string) (*Box, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if raw, err = create(path); errors.Is(err, fs.ErrExist) { // another process was quicker
			raw, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s may be read by others; set its mode to 0600", path)
	}
	b := &Box{}
	for n, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), prefix)
		bytes, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(bytes) != 32 {
			return nil, fmt.Errorf("the key file %s: line %d is not a key", path, n+1)
		}
		k, err := makeKey(bytes)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, k)
	}
	return b, nil
}

// Random gives a box with a key that nobody keeps, for tests and tools.
func Random() *Box {
	k, err := makeKey(random(32))
	if err != nil {
		panic(err)
	}
	return &Box{keys: []key{k}}
}

func random(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails
	}
	return b
}

func makeKey(b []byte) (key, error) {
	block, err := aes.NewCipher(b)
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCM(block)
	sum := sha256.Sum256(b)
	return key{id: [idSize]byte(sum[:idSize]), aead: aead, sign: mac(b, "entente sign")}, err
}

// create writes a new key file whole or not at all: what was sealed with a key must
// not outlive it.
func create(path string) ([]byte, error) {
	line := []byte(prefix + base64.StdEncoding.EncodeToString(random(32)) + "\n")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // made with mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Link(f.Name(), path) // fails where the file is there already
	}
	if err != nil {
		return nil, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return line, dir.Sync()
}

// Seal gives plain sealed (AES-256-GCM). about says what it is and must be said again
// to open it, so that one secret cannot be put in the place of another.
func (b *Box) Seal(plain []byte, about string) []byte {
	k := b.keys[0]
	nonce := random(k.aead.NonceSize())
	out := append(append([]byte(nil), k.id[:]...), nonce...)
	return k.aead.Seal(out, nonce, plain, []byte(about))
}

// Open gives back what Seal was given. Codes: Internal secret.wrong_key when no key
// of the file fits, secret.broken when it was altered or stands in another's place.
func (b *Box) Open(sealed []byte, about string) ([]byte, error) {
	for _, k := range b.keys {
		n := idSize + k.aead.NonceSize()
		if len(sealed) < n || [idSize]byte(sealed[:idSize]) != k.id {
			continue
		}
		plain, err := k.aead.Open(nil, sealed[idSize:n], sealed[n:], []byte(about))
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "secret.broken", "About", about)
		}
		return plain, nil
	}
	return nil, fault.New(fault.Internal, "secret.wrong_key", "About", about)
}

// leastSigned is how much of a signature is asked for: 80 bits.
const leastSigned = 10

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // a hash never fails
	return h.Sum(nil)
}

// Sign proves that text was made here (HMAC-SHA256), where what is said is no secret and
// must be short. about is as of Seal. A beginning of it of 10 bytes is enough.
func (b *Box) Sign(text, about string) []byte { return mac(b.keys[0].sign, about+"\x00"+text) }

// Signed reports whether Sign gave a signature, or its beginning, with a key of the file.
func (b *Box) Signed(signature []byte, text, about string) bool {
	for _, k := range b.keys {
		want := mac(k.sign, about+"\x00"+text)
		if n := len(signature); n >= leastSigned && n <= len(want) && hmac.Equal(signature, want[:n]) {
			return true
		}
	}
	return false
}
