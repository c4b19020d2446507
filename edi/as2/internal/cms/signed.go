package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"entente/edi/as2/internal/span"
)

const (
	maxSigners      = 8
	maxCertificates = 32
)

// SignedData is a signature read and not yet believed.
type SignedData struct {
	// Certificates are the certificates that came along, as bytes. For showing
	// and importing only.
	Certificates [][]byte
	// Attached reports whether there is a content.
	Attached bool

	enclosed    stretch
	contentType string
	signers     []signer
}

type signer struct {
	issuer, serial []byte // issuer as a whole name, serial as integer contents
	keyID          []byte
	digest         crypto.Hash // 0: not known
	signature      algorithm
	value          []byte
	attrs          []byte // the element [0] as it came, nil without
	attrType       string
	attrDigest     []byte
	time           time.Time
}

// Signature is a signature that verified.
type Signature struct {
	Certificate *x509.Certificate // the pinned one
	Hash        crypto.Hash
	PSS         bool
	Time        time.Time // claimed by the signer; zero when absent
}

// Enclosed is what is enclosed in a signature that is not detached.
func (s *SignedData) Enclosed(spool span.Spool) (span.Span, error) { return s.enclosed.whole(spool) }

// ParseSigned reads a SignedData.
func ParseSigned(b []byte) (*SignedData, error) { return ParseSignedIn(span.Of(b)) }

// ParseSignedIn is ParseSigned of a span. Further errors: span.ErrLost.
func ParseSignedIn(in span.Span) (*SignedData, error) {
	r, err := openIn(in, oidSigned)
	if err != nil {
		return nil, err
	}
	s := &SignedData{}
	if _, err := r.small(); err != nil {
		return nil, err
	}
	if !r.next(tagSet) { // digest algorithms: each signer says its own
		return nil, r.missing(tagSet)
	}
	if err := r.pass(); err != nil {
		return nil, err
	}
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	ct, err := r.prim(tagOID)
	if err != nil {
		return nil, err
	}
	s.contentType = string(ct)
	if r.next(tagContext0) {
		s.Attached = true
		if err := r.enter(tagContext0); err != nil {
			return nil, err
		}
		if s.enclosed, err = r.stretch(tagOctets); err != nil {
			return nil, err
		}
		if err := r.leave(); err != nil {
			return nil, err
		}
	}
	if err := r.leave(); err != nil {
		return nil, err
	}
	if r.next(tagContext0) {
		if err := r.enter(tagContext0); err != nil {
			return nil, err
		}
		for r.more() {
			if len(s.Certificates) == maxCertificates || !r.next(tagSequence) {
				if err := r.pass(); err != nil {
					return nil, err
				}
				continue
			}
			c, err := r.skip()
			if err != nil {
				return nil, err
			}
			s.Certificates = append(s.Certificates, c)
		}
		if err := r.leave(); err != nil {
			return nil, err
		}
	}
	if r.next(tagContext1) { // revocation lists
		if err := r.pass(); err != nil {
			return nil, err
		}
	}
	if err := r.enter(tagSet); err != nil {
		return nil, err
	}
	for r.more() {
		if len(s.signers) == maxSigners {
			return nil, malformed("more than %d signers", maxSigners)
		}
		one, err := r.signer()
		if err != nil {
			return nil, err
		}
		s.signers = append(s.signers, one)
	}
	return s, r.leave()
}

func (r *reader) signer() (signer, error) {
	var s signer
	if err := r.enter(tagSequence); err != nil {
		return s, err
	}
	if _, err := r.small(); err != nil {
		return s, err
	}
	var err error
	if s.issuer, s.serial, s.keyID, err = r.who(); err != nil {
		return s, err
	}
	digest, err := r.algorithm()
	if err != nil {
		return s, err
	}
	s.digest, _ = hashOf(digest.oid)
	if r.next(tagContext0) {
		if s.attrs, err = r.skip(); err != nil {
			return s, err
		}
		if err := s.readAttributes(); err != nil {
			return s, err
		}
	}
	if s.signature, err = r.algorithm(); err != nil {
		return s, err
	}
	if s.value, err = r.octets(tagOctets); err != nil {
		return s, err
	}
	return s, r.leave()
}

// who reads issuer and serial number, or the key identifier in [0].
func (r *reader) who() (issuer, serial, keyID []byte, err error) {
	if r.next(tagPrimitive0) || r.next(tagContext0) {
		keyID, err = r.octets(tagPrimitive0)
		return nil, nil, keyID, err
	}
	if err := r.enter(tagSequence); err != nil {
		return nil, nil, nil, err
	}
	name, err := r.whole(tagSequence)
	if err != nil {
		return nil, nil, nil, err
	}
	if issuer, err = DER(name); err != nil {
		return nil, nil, nil, err
	}
	if serial, err = r.prim(tagInteger); err != nil {
		return nil, nil, nil, err
	}
	return issuer, serial, nil, r.leave()
}

// readAttributes takes content type, digest and time out of the signed attributes,
// each at most once.
func (s *signer) readAttributes() error {
	r := newReader(s.attrs)
	if err := r.enter(tagContext0); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.more() {
		if err := r.enter(tagSequence); err != nil {
			return err
		}
		id, err := r.prim(tagOID)
		if err != nil {
			return err
		}
		if seen[string(id)] {
			return malformed("a signed attribute twice")
		}
		seen[string(id)] = true
		if err := r.enter(tagSet); err != nil {
			return err
		}
		switch string(id) {
		case oidContentType:
			v, err := r.prim(tagOID)
			if err != nil {
				return err
			}
			s.attrType = string(v)
		case oidMessageDigest:
			if s.attrDigest, err = r.octets(tagOctets); err != nil {
				return err
			}
		case oidSigningTime:
			if raw, err := r.skip(); err == nil {
				_, _ = asn1.Unmarshal(raw, &s.time) // a claim only: unreadable is none
			}
		}
		if r.more() && (string(id) == oidContentType || string(id) == oidMessageDigest) {
			return malformed("a signed attribute with two values")
		}
		if err := r.leave(); err != nil {
			return err
		}
		if err := r.leave(); err != nil {
			return err
		}
	}
	return nil
}

// Verify looks for a signature by the key of a pinned certificate. The digest of the
// content that was signed comes from the function. Errors: ErrOtherSigner, ErrDigest,
// ErrSignature, ErrUnsupported.
func (s *SignedData) Verify(digest func(crypto.Hash) []byte, pinned []*x509.Certificate) (Signature, error) {
	fault := ErrOtherSigner
	for _, one := range s.signers {
		for _, cert := range pinned {
			if !named(cert, one.issuer, one.serial, one.keyID) {
				continue
			}
			sig, err := s.verify(one, cert, digest)
			if err == nil {
				return sig, nil
			}
			fault = err
		}
	}
	return Signature{}, fault
}

// named reports whether a certificate is the one meant.
func named(c *x509.Certificate, issuer, serial, keyID []byte) bool {
	if keyID != nil {
		if len(c.SubjectKeyId) > 0 {
			return bytes.Equal(c.SubjectKeyId, keyID)
		}
		return bytes.Equal(KeyID(c), keyID)
	}
	own, err := asn1.Marshal(c.SerialNumber)
	return err == nil && bytes.Equal(bytes.TrimLeft(own[2:], "\x00"), bytes.TrimLeft(serial, "\x00")) && sameName(c.RawIssuer, issuer)
}

// KeyID is the identifier of a certificate's key: SHA-1 over the bits of the key.
func KeyID(c *x509.Certificate) []byte {
	var spki struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &spki); err != nil {
		return nil
	}
	sum := sha1.Sum(spki.Key.Bytes)
	return sum[:]
}

func (s *SignedData) verify(one signer, cert *x509.Certificate, digest func(crypto.Hash) []byte) (Signature, error) {
	hash, pss, err := one.scheme()
	if err != nil {
		return Signature{}, err
	}
	sig := Signature{Certificate: cert, Hash: hash, PSS: pss, Time: one.time}
	if one.attrs == nil {
		return sig, one.check(cert, hash, pss, digest(hash))
	}
	if one.digest == 0 {
		return Signature{}, fmt.Errorf("%w: digest algorithm", ErrUnsupported)
	}
	if one.attrType != s.contentType || one.attrDigest == nil {
		return Signature{}, malformed("signed attributes lack content type or digest")
	}
	// What is signed is the attributes as a SET. First as they came; then, for
	// those that came in BER or out of order, in DER.
	set := append([]byte{tagSet}, one.attrs[1:]...)
	if err := one.check(cert, hash, pss, sum(hash, set)); err != nil {
		der, derr := DER(set)
		if derr != nil || bytes.Equal(der, set) {
			return Signature{}, err
		}
		if err := one.check(cert, hash, pss, sum(hash, der)); err != nil {
			return Signature{}, err
		}
	}
	// The digest is compared after the signature over it, so that "differs from
	// what was signed" is only said of something the pinned key signed.
	if subtle.ConstantTimeCompare(digest(one.digest), one.attrDigest) != 1 {
		return Signature{}, ErrDigest
	}
	if weaker(one.digest, hash) {
		sig.Hash = one.digest
	}
	return sig, nil
}

func weaker(a, b crypto.Hash) bool { return a.Size() < b.Size() }

func sum(h crypto.Hash, b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}

// scheme gives the hash that was signed and whether it is RSASSA-PSS.
func (s *signer) scheme() (hash crypto.Hash, pss bool, err error) {
	switch s.signature.oid {
	case oidRSA, oidECKey:
		if s.digest == 0 {
			return 0, false, fmt.Errorf("%w: digest algorithm", ErrUnsupported)
		}
		return s.digest, false, nil
	case oidPSS:
		p, err := readRSAParams(s.signature.params)
		if err != nil {
			return 0, false, err
		}
		if p.hash != p.mgf {
			return 0, false, fmt.Errorf("%w: RSASSA-PSS with two hashes", ErrUnsupported)
		}
		return p.hash, true, nil
	}
	for _, row := range hashes {
		if s.signature.oid == row.rsa || s.signature.oid == row.ecdsa {
			return row.hash, false, nil
		}
	}
	return 0, false, fmt.Errorf("%w: signature algorithm", ErrUnsupported)
}

func (s *signer) check(cert *x509.Certificate, hash crypto.Hash, pss bool, digest []byte) error {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if s.signature.oid != oidRSA && s.signature.oid != oidPSS {
			if row, _ := rowOf(hash); s.signature.oid != row.rsa {
				return ErrSignature
			}
		}
		if pss {
			p, err := readRSAParams(s.signature.params)
			if err != nil {
				return err
			}
			if rsa.VerifyPSS(key, hash, digest, s.value, &rsa.PSSOptions{SaltLength: p.salt}) == nil {
				return nil
			}
		} else if rsa.VerifyPKCS1v15(key, hash, digest, s.value) == nil {
			return nil
		}
	case *ecdsa.PublicKey:
		if row, _ := rowOf(hash); s.signature.oid != oidECKey && s.signature.oid != row.ecdsa {
			return ErrSignature
		}
		if ecdsa.VerifyASN1(key, digest, s.value) {
			return nil
		}
	default:
		return fmt.Errorf("%w: key %T", ErrUnsupported, key)
	}
	return ErrSignature
}
