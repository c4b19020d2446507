// Package cms reads and writes the Cryptographic Message Syntax as far as AS2
// needs it: SignedData, EnvelopedData, AuthEnvelopedData and CompressedData (RFC
// 5652, 5083, 3274). Every choice of algorithm is an argument: there is no state in
// the package, so partners of different strength never touch one another.
//
// Reading takes BER: indefinite lengths and octet strings in pieces, within limits
// on depth and count. Writing is DER. Certificates inside a message are shown, never
// trusted: a signature counts when the key of a pinned certificate made it.
package cms

import (
	"errors"

	"entente/edi/as2/internal/span"
)

// What can be wrong. Errors of reading wrap one of these.
var (
	ErrMalformed   = errors.New("cms: malformed")
	ErrUnsupported = errors.New("cms: not supported")
	// ErrDecrypt is every failure of decryption: another key, a changed byte, a
	// wrong padding. It never says which.
	ErrDecrypt = errors.New("cms: cannot be decrypted")
	// ErrNoRecipient: encrypted for none of the keys given.
	ErrNoRecipient = errors.New("cms: encrypted for another certificate")
	// ErrOtherSigner: signed, but by none of the pinned certificates.
	ErrOtherSigner = errors.New("cms: signed by another certificate")
	// ErrDigest: the content is not what was signed.
	ErrDigest = errors.New("cms: content differs from what was signed")
	// ErrSignature: the signature is not of the pinned certificate's key.
	ErrSignature = errors.New("cms: signature does not verify")
	ErrInflate   = errors.New("cms: cannot be decompressed")
	ErrTooLarge  = errors.New("cms: larger than allowed")
)

// Kind is what a ContentInfo holds.
type Kind uint8

// The kinds.
const (
	Other Kind = iota
	Data
	Signed
	Enveloped
	AuthEnveloped
	Compressed
)

// KindOf says what a message is without reading further than its content type.
func KindOf(b []byte) (Kind, error) { return KindIn(span.Of(b)) }

// KindIn is KindOf a span.
func KindIn(s span.Span) (Kind, error) {
	r := readerOf(s)
	if err := r.enter(tagSequence); err != nil {
		return Other, err
	}
	oid, err := r.prim(tagOID)
	if err != nil {
		return Other, err
	}
	switch string(oid) {
	case oidData:
		return Data, nil
	case oidSigned:
		return Signed, nil
	case oidEnveloped:
		return Enveloped, nil
	case oidAuthEnveloped:
		return AuthEnveloped, nil
	case oidCompressed:
		return Compressed, nil
	}
	return Other, nil
}

// open enters the content of a ContentInfo of one kind.
func open(b []byte, kind string) (*reader, error) { return openIn(span.Of(b), kind) }

func openIn(s span.Span, kind string) (*reader, error) {
	r := readerOf(s)
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	oid, err := r.prim(tagOID)
	if err != nil {
		return nil, err
	}
	if string(oid) != kind {
		return nil, ErrUnsupported
	}
	if err := r.enter(tagContext0); err != nil {
		return nil, err
	}
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	return r, nil
}
