package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"
)

// SignOptions say how to sign.
type SignOptions struct {
	Hash crypto.Hash
	PSS  bool // RSA keys only; PKCS #1 v1.5 without
	// Bare leaves the certificate out of the message.
	Bare bool
	Time time.Time // signing time; left out when zero
	// Content, when not nil, is enclosed; the signature is detached without.
	Content []byte
}

// Sign makes a SignedData over content of which only the digest is needed.
func Sign(digest []byte, key crypto.Signer, cert *x509.Certificate, opt SignOptions) ([]byte, error) {
	row, ok := rowOf(opt.Hash)
	if !ok || !opt.Hash.Available() {
		return nil, fmt.Errorf("%w: hash %d", ErrUnsupported, opt.Hash)
	}
	if len(digest) != opt.Hash.Size() {
		return nil, fmt.Errorf("cms: a digest of %d octets for %v", len(digest), opt.Hash)
	}
	attrs := [][]byte{
		attribute(oidContentType, tlv(tagOID, []byte(oidData))),
		attribute(oidMessageDigest, tlv(tagOctets, digest)),
	}
	if !opt.Time.IsZero() {
		t, err := asn1.Marshal(opt.Time.UTC().Truncate(time.Second))
		if err != nil {
			return nil, err
		}
		attrs = append(attrs, attribute(oidSigningTime, t))
	}
	set, err := DER(tlv(tagSet, attrs...)) // sorted
	if err != nil {
		return nil, err
	}
	var alg []byte
	var how crypto.SignerOpts = opt.Hash
	switch key.Public().(type) {
	case *rsa.PublicKey:
		alg = writeAlgorithm(oidRSA, null)
		if opt.PSS {
			alg = writeAlgorithm(oidPSS, writeRSAParams(row, true))
			how = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: opt.Hash}
		}
	case *ecdsa.PublicKey:
		alg = writeAlgorithm(row.ecdsa)
	default:
		return nil, fmt.Errorf("%w: key %T", ErrUnsupported, key.Public())
	}
	value, err := key.Sign(rand.Reader, sum(opt.Hash, set), how)
	if err != nil {
		return nil, fmt.Errorf("cms: sign: %w", err)
	}
	digestAlg := writeAlgorithm(row.digest)
	attrsOut := append([]byte{tagContext0}, set[1:]...)
	info := tlv(tagSequence,
		tlv(tagInteger, []byte{1}), issuerAndSerial(cert), digestAlg, attrsOut, alg, tlv(tagOctets, value))
	enclosed := tlv(tagSequence, tlv(tagOID, []byte(oidData)))
	if opt.Content != nil {
		enclosed = tlv(tagSequence, tlv(tagOID, []byte(oidData)), tlv(tagContext0, tlv(tagOctets, opt.Content)))
	}
	var certs []byte
	if !opt.Bare {
		certs = tlv(tagContext0, cert.Raw)
	}
	return contentInfo(oidSigned, tlv(tagSequence,
		tlv(tagInteger, []byte{1}), tlv(tagSet, digestAlg), enclosed, certs, tlv(tagSet, info))), nil
}

// Bundle makes a SignedData that only carries certificates (a .p7b file).
func Bundle(certs []*x509.Certificate) []byte {
	var raw [][]byte
	for _, c := range certs {
		raw = append(raw, c.Raw)
	}
	return contentInfo(oidSigned, tlv(tagSequence, tlv(tagInteger, []byte{1}), tlv(tagSet),
		tlv(tagSequence, tlv(tagOID, []byte(oidData))), tlv(tagContext0, raw...), tlv(tagSet)))
}

func attribute(id string, value []byte) []byte {
	return tlv(tagSequence, tlv(tagOID, []byte(id)), tlv(tagSet, value))
}

func issuerAndSerial(c *x509.Certificate) []byte {
	serial, err := asn1.Marshal(c.SerialNumber)
	if err != nil {
		panic(err) // a big.Int always marshals
	}
	return tlv(tagSequence, c.RawIssuer, serial)
}

func contentInfo(id string, body []byte) []byte {
	return tlv(tagSequence, tlv(tagOID, []byte(id)), tlv(tagContext0, body))
}
