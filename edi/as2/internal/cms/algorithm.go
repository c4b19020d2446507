package cms

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // partners still sign with it; whether it counts is the agreement's
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strconv"
	"strings"
)

// oid gives the contents of an object identifier element.
func oid(dotted string) string {
	var id asn1.ObjectIdentifier
	for _, s := range strings.Split(dotted, ".") {
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(err)
		}
		id = append(id, n)
	}
	b, err := asn1.Marshal(id)
	if err != nil {
		panic(err)
	}
	return string(b[2:])
}

var (
	oidData          = oid("1.2.840.113549.1.7.1")
	oidSigned        = oid("1.2.840.113549.1.7.2")
	oidEnveloped     = oid("1.2.840.113549.1.7.3")
	oidAuthEnveloped = oid("1.2.840.113549.1.9.16.1.23")
	oidCompressed    = oid("1.2.840.113549.1.9.16.1.9")
	oidZlib          = oid("1.2.840.113549.1.9.16.3.8")

	oidContentType   = oid("1.2.840.113549.1.9.3")
	oidMessageDigest = oid("1.2.840.113549.1.9.4")
	oidSigningTime   = oid("1.2.840.113549.1.9.5")

	oidRSA   = oid("1.2.840.113549.1.1.1")
	oidOAEP  = oid("1.2.840.113549.1.1.7")
	oidMGF1  = oid("1.2.840.113549.1.1.8")
	oidLabel = oid("1.2.840.113549.1.1.9")
	oidPSS   = oid("1.2.840.113549.1.1.10")
	oidECKey = oid("1.2.840.10045.2.1")
)

type hashRow struct {
	hash       crypto.Hash
	digest     string // the digest itself
	rsa, ecdsa string // signature algorithms that include it
}

var hashes = []hashRow{
	{crypto.SHA1, oid("1.3.14.3.2.26"), oid("1.2.840.113549.1.1.5"), oid("1.2.840.10045.4.1")},
	{crypto.SHA224, oid("2.16.840.1.101.3.4.2.4"), oid("1.2.840.113549.1.1.14"), oid("1.2.840.10045.4.3.1")},
	{crypto.SHA256, oid("2.16.840.1.101.3.4.2.1"), oid("1.2.840.113549.1.1.11"), oid("1.2.840.10045.4.3.2")},
	{crypto.SHA384, oid("2.16.840.1.101.3.4.2.2"), oid("1.2.840.113549.1.1.12"), oid("1.2.840.10045.4.3.3")},
	{crypto.SHA512, oid("2.16.840.1.101.3.4.2.3"), oid("1.2.840.113549.1.1.13"), oid("1.2.840.10045.4.3.4")},
}

func rowOf(h crypto.Hash) (hashRow, bool) {
	for _, row := range hashes {
		if row.hash == h {
			return row, true
		}
	}
	return hashRow{}, false
}

func hashOf(oid string) (crypto.Hash, bool) {
	for _, row := range hashes {
		if row.digest == oid {
			return row.hash, true
		}
	}
	return 0, false
}

// algorithm is an AlgorithmIdentifier; params is the whole element, nil if absent.
type algorithm struct {
	oid    string
	params []byte
}

func (r *reader) algorithm() (algorithm, error) {
	if err := r.enter(tagSequence); err != nil {
		return algorithm{}, err
	}
	id, err := r.prim(tagOID)
	if err != nil {
		return algorithm{}, err
	}
	a := algorithm{oid: string(id)}
	if r.more() {
		if a.params, err = r.skip(); err != nil {
			return algorithm{}, err
		}
	}
	return a, r.leave()
}

func writeAlgorithm(id string, params ...[]byte) []byte {
	return tlv(tagSequence, append([][]byte{tlv(tagOID, []byte(id))}, params...)...)
}

var null = []byte{tagNull, 0}

// rsaParams are the parameters of RSASSA-PSS and RSAES-OAEP.
type rsaParams struct {
	hash, mgf crypto.Hash
	salt      int
	label     []byte
}

// readRSAParams reads both: their first two fields are alike, the third is the salt
// length of PSS or the label of OAEP. What is absent is SHA-1, 20 and no label (RFC 4055).
func readRSAParams(b []byte) (rsaParams, error) {
	p := rsaParams{hash: crypto.SHA1, mgf: crypto.SHA1, salt: 20}
	if len(b) == 0 || bytes.Equal(b, null) {
		return p, nil
	}
	r := newReader(b)
	if err := r.enter(tagSequence); err != nil {
		return p, err
	}
	if r.next(tagContext0) {
		a, err := r.explicit(tagContext0)
		if err != nil {
			return p, err
		}
		var ok bool
		if p.hash, ok = hashOf(a.oid); !ok {
			return p, ErrUnsupported
		}
	}
	if r.next(tagContext1) {
		a, err := r.explicit(tagContext1)
		if err != nil {
			return p, err
		}
		if a.oid != oidMGF1 {
			return p, ErrUnsupported
		}
		in, err := newReader(a.params).algorithm()
		if err != nil {
			return p, err
		}
		var ok bool
		if p.mgf, ok = hashOf(in.oid); !ok {
			return p, ErrUnsupported
		}
	}
	if r.next(tagContext2) {
		if err := r.enter(tagContext2); err != nil {
			return p, err
		}
		if r.next(tagInteger) {
			n, err := r.small()
			if err != nil {
				return p, err
			}
			p.salt = n
		} else {
			a, err := r.algorithm()
			if err != nil {
				return p, err
			}
			if a.oid != oidLabel {
				return p, ErrUnsupported
			}
			if p.label, err = newReader(a.params).prim(tagOctets); err != nil {
				return p, err
			}
		}
		if err := r.leave(); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (r *reader) explicit(tag byte) (algorithm, error) {
	if err := r.enter(tag); err != nil {
		return algorithm{}, err
	}
	a, err := r.algorithm()
	if err != nil {
		return algorithm{}, err
	}
	return a, r.leave()
}

// small reads an integer of at most three octets that is not negative.
func (r *reader) small() (int, error) {
	b, err := r.prim(tagInteger)
	if err != nil {
		return 0, err
	}
	if len(b) == 0 || len(b) > 3 || b[0]&0x80 != 0 {
		return 0, malformed("integer of %d octets", len(b))
	}
	n := 0
	for _, c := range b {
		n = n<<8 | int(c)
	}
	return n, nil
}

// writeRSAParams writes hash and MGF1 with the same hash, and for PSS the salt of
// the hash's length.
func writeRSAParams(row hashRow, pss bool) []byte {
	digest := writeAlgorithm(row.digest, null)
	parts := [][]byte{
		tlv(tagContext0, digest),
		tlv(tagContext1, writeAlgorithm(oidMGF1, digest)),
	}
	if pss {
		parts = append(parts, tlv(tagContext2, tlv(tagInteger, []byte{byte(row.hash.Size())})))
	}
	return tlv(tagSequence, parts...)
}

// sameName compares two names: as bytes, else as what they say, because stacks
// write the same name in other string types.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, ok := nameText(a)
	if !ok {
		return false
	}
	y, ok := nameText(b)
	return ok && x == y
}

func nameText(der []byte) (string, bool) {
	var seq pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &seq); err != nil || len(rest) > 0 {
		return "", false
	}
	return seq.String(), true
}
