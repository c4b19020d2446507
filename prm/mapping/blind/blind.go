// Package blind is the arithmetic by which two companies compare lists without showing
// them: a key is hashed to a point of the group ristretto255 and multiplied with a secret
// of each side. Multiplying commutes, so equal keys meet in equal points whoever was
// first, and without a secret nobody can try names (keys of companies are few enough to
// be tried, which is why a plain hash would hide nothing).
//
// The group and its encoding are of github.com/gtank/ristretto255 (RFC 9496), whose
// multiplication with a secret takes the same time for every secret; the hash to the
// group is that of RFC 9380, appendix B. Nothing here is stored or sent.
package blind

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/gtank/ristretto255"
)

// Size is the length of a point and of a secret.
const Size = 32

// Point is a point of the group as it is sent: the one encoding it has.
type Point [Size]byte

// What is refused.
var (
	ErrPoint  = errors.New("blind: not the canonical encoding of a point")
	ErrZero   = errors.New("blind: the identity element hides nothing")
	ErrSecret = errors.New("blind: not a secret")
	ErrProof  = errors.New("blind: the proof does not hold")
)

// names are the domains in which hashes are taken, so that none means two things.
const (
	nameKey    = "entente-mapping-1:key:ristretto255_XMD:SHA-512_R255MAP_RO_"
	nameScalar = "entente-mapping-1:scalar:ristretto255_XMD:SHA-512_"
)

// Secret is what one side multiplies with, made anew for every run.
type Secret struct{ s *ristretto255.Scalar }

// NewSecret makes a secret of 252 random bits.
func NewSecret() *Secret { return &Secret{randomScalar()} }

func randomScalar() *ristretto255.Scalar {
	zero := ristretto255.NewScalar()
	for {
		var wide [64]byte
		_, _ = rand.Read(wide[:]) // never fails
		s, err := ristretto255.NewScalar().SetUniformBytes(wide[:])
		clear(wide[:])
		if err == nil && s.Equal(zero) != 1 {
			return s
		}
	}
}

// ReadSecret reads what Bytes gave.
func ReadSecret(b []byte) (*Secret, error) {
	s, err := ristretto255.NewScalar().SetCanonicalBytes(b)
	if err != nil || s.Equal(ristretto255.NewScalar()) == 1 {
		return nil, ErrSecret
	}
	return &Secret{s}, nil
}

// Bytes is the secret to be sealed.
func (s *Secret) Bytes() []byte { return s.s.Bytes() }

// Erase forgets the secret.
func (s *Secret) Erase() { s.s.Zero() }

// Public is what proofs of the secret are checked with. It says nothing of the secret.
func (s *Secret) Public() Point {
	return encoded(ristretto255.NewIdentityElement().ScalarBaseMult(s.s))
}

// Domain is where keys are hashed: the same key in two runs, or made in two ways, is two
// points that have nothing to do with one another.
type Domain struct {
	Run     []byte // names the run, the same for both sides
	Edition int    // of the way keys are made
}

// Key hashes a key and multiplies it.
func (s *Secret) Key(d Domain, kind, value string) Point {
	return encoded(ristretto255.NewIdentityElement().ScalarMult(s.s, hashed(d, kind, value)))
}

// Again multiplies a point of the other side. A point that is none, or that is the
// identity, is refused.
func (s *Secret) Again(p Point) (Point, error) {
	e, err := decoded(p)
	if err != nil {
		return Point{}, err
	}
	return encoded(e.ScalarMult(s.s, e)), nil
}

// Check says whether p is a point that may be used.
func Check(p Point) error {
	_, err := decoded(p)
	return err
}

// Dummy is a random point, which fills a place and is equal to no other.
func Dummy() Point {
	var wide [64]byte
	_, _ = rand.Read(wide[:])
	e, err := ristretto255.NewIdentityElement().SetUniformBytes(wide[:])
	if err != nil {
		panic(err) // 64 bytes are 64 bytes
	}
	return encoded(e)
}

// Shuffle gives a list an order that says nothing of the one before.
func Shuffle[T any](list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := below(uint64(i) + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// below is an even random number under n.
func below(n uint64) uint64 {
	for most := ^uint64(0) - ^uint64(0)%n; ; {
		var b [8]byte
		_, _ = rand.Read(b[:])
		if x := binary.BigEndian.Uint64(b[:]); x < most {
			return x % n
		}
	}
}

func encoded(e *ristretto255.Element) Point { return Point(e.Bytes()) }

func decoded(p Point) (*ristretto255.Element, error) {
	e, err := ristretto255.NewIdentityElement().SetCanonicalBytes(p[:])
	if err != nil {
		return nil, ErrPoint
	}
	if e.Equal(ristretto255.NewIdentityElement()) == 1 {
		return nil, ErrZero
	}
	return e, nil
}

// hashed is the point of a key. Every part has its length before it.
func hashed(d Domain, kind, value string) *ristretto255.Element {
	msg := make([]byte, 0, len(d.Run)+len(kind)+len(value)+32)
	msg = put(msg, d.Run)
	msg = binary.BigEndian.AppendUint32(msg, uint32(d.Edition)) // small
	msg = put(msg, []byte(kind))
	msg = put(msg, []byte(value))
	return toGroup(msg, nameKey)
}

func put(b, part []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
}

// toGroup is hash_to_ristretto255 of RFC 9380 with SHA-512.
func toGroup(msg []byte, name string) *ristretto255.Element {
	wide := expand(msg, name)
	e, err := ristretto255.NewIdentityElement().SetUniformBytes(wide[:])
	if err != nil {
		panic(err) // 64 bytes are 64 bytes
	}
	return e
}

// toScalar hashes to a scalar, as RFC 9497 does.
func toScalar(msg []byte, name string) *ristretto255.Scalar {
	wide := expand(msg, name)
	s, err := ristretto255.NewScalar().SetUniformBytes(wide[:])
	if err != nil {
		panic(err) // 64 bytes are 64 bytes
	}
	return s
}

// expand is expand_message_xmd of RFC 9380 for one block of SHA-512.
func expand(msg []byte, name string) [64]byte {
	dst := append([]byte(name), byte(len(name))) // names here are under 256 bytes
	h := sha512.New()
	h.Write(make([]byte, sha512.BlockSize))
	h.Write(msg)
	h.Write([]byte{0, 64, 0}) // 64 bytes are wanted
	h.Write(dst)
	first := h.Sum(nil)
	return sha512.Sum512(slices.Concat(first, []byte{1}, dst))
}
