package as2

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"entente/edi/as2/internal/cms"
)

const maxCertificateFile = 1 << 20

// Errors of reading certificates and keys.
var (
	ErrNoCertificate = errors.New("as2: no certificate in this file")
	ErrNoKey         = errors.New("as2: no private key in this file")
	ErrPassword      = errors.New("as2: the password is wrong")
	ErrKeyEncrypted  = errors.New("as2: the private key is encrypted; put key and certificate into a PKCS #12 file")
	ErrNoMatch       = errors.New("as2: no certificate of the file belongs to its key")
)

// ParseCertificates reads PEM, DER, PKCS #7 (.p7b, in DER, BER or PEM) or any of them
// in bare base64.
func ParseCertificates(b []byte) ([]*x509.Certificate, error) {
	return parseCertificates(b, true)
}

func parseCertificates(b []byte, encoded bool) ([]*x509.Certificate, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if len(b) > maxCertificateFile {
		return nil, ErrTooLarge
	}
	if bytes.Contains(b, []byte("-----BEGIN")) {
		var all []*x509.Certificate
		for {
			var block *pem.Block
			if block, b = pem.Decode(b); block == nil {
				break
			}
			switch block.Type {
			case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7", "CMS":
				certs, err := parseCertificates(block.Bytes, false)
				if err != nil {
					return nil, err
				}
				all = append(all, certs...)
			}
		}
		if len(all) == 0 {
			return nil, ErrNoCertificate
		}
		return all, nil
	}
	if len(b) > 0 && b[0] == 0x30 {
		if kind, err := cms.KindOf(b); err == nil && kind == cms.Signed {
			bundle, err := cms.ParseSigned(b)
			if err != nil {
				return nil, err
			}
			var all []*x509.Certificate
			for _, raw := range bundle.Certificates {
				c, err := x509.ParseCertificate(raw)
				if err != nil {
					return nil, fmt.Errorf("as2: certificate: %w", err)
				}
				all = append(all, c)
			}
			if len(all) == 0 {
				return nil, ErrNoCertificate
			}
			return all, nil
		}
		certs, err := x509.ParseCertificates(b)
		for range 4 { // a line end may follow; a signature may end in such octets too
			if n := len(b); err != nil && (b[n-1] == '\n' || b[n-1] == '\r') {
				b = b[:n-1]
				certs, err = x509.ParseCertificates(b)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("as2: certificate: %w", err)
		}
		return certs, nil
	}
	if encoded {
		if dec, err := decodeBase64(b); err == nil && len(dec) > 0 {
			return parseCertificates(dec, false)
		}
	}
	return nil, ErrNoCertificate
}

// ParseIdentity reads a private key with its certificate: PEM, or PKCS #12 of any
// age (RC2 and 3DES as well as AES). Others are the further certificates of the file.
func ParseIdentity(b []byte, password string) (id Identity, others []*x509.Certificate, err error) {
	if len(b) > maxCertificateFile {
		return id, nil, ErrTooLarge
	}
	var certs []*x509.Certificate
	if bytes.Contains(b, []byte("-----BEGIN")) {
		if id.Key, err = pemKey(b); err != nil {
			return id, nil, err
		}
		if certs, err = ParseCertificates(b); err != nil {
			return id, nil, err
		}
	} else {
		if certs, id.Key, err = readPKCS12(b, password); err != nil {
			return id, nil, err
		}
	}
	for _, c := range certs {
		if id.Certificate == nil && sameKey(c.PublicKey, id.Key.Public()) {
			id.Certificate = c
		} else {
			others = append(others, c)
		}
	}
	if id.Certificate == nil {
		return id, nil, ErrNoMatch
	}
	return id, others, nil
}

func pemKey(b []byte) (crypto.Signer, error) {
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			return nil, ErrNoKey
		}
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			if block.Headers["DEK-Info"] != "" {
				return nil, ErrKeyEncrypted
			}
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil, ErrKeyEncrypted
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("as2: private key: %w", err)
		}
		return signer(key)
	}
}

func signer(key any) (crypto.Signer, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		return k, nil
	}
	return nil, fmt.Errorf("as2: a key %T cannot be used", key)
}

func readPKCS12(b []byte, password string) ([]*x509.Certificate, crypto.Signer, error) {
	key, cert, more, err := pkcs12.DecodeChain(b, password)
	if err != nil && !errors.Is(err, pkcs12.ErrIncorrectPassword) {
		var der []byte
		if der, err = cms.PlainPKCS12(b, password); err == nil { // it was BER
			key, cert, more, err = pkcs12.DecodeChain(der, password)
		}
	}
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption), errors.Is(err, cms.ErrPassword):
		return nil, nil, ErrPassword
	case err != nil:
		return nil, nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	s, err := signer(key)
	if err != nil {
		return nil, nil, err
	}
	return append([]*x509.Certificate{cert}, more...), s, nil
}

func sameKey(a, b crypto.PublicKey) bool {
	x, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && x.Equal(b)
}

// WriteIdentity writes key and certificate as PKCS #12 with AES.
func WriteIdentity(id Identity, password string) ([]byte, error) {
	return pkcs12.Modern.Encode(id.Key, id.Certificate, nil, password)
}

// WriteBundle writes certificates as PKCS #7 (.p7b).
func WriteBundle(certs []*x509.Certificate) []byte { return cms.Bundle(certs) }

// Generate makes a self-signed certificate for an AS2 name with a new RSA key of
// 3072 bits, good for signing and encrypting.
func Generate(name string, from, until time.Time) (Identity, error) {
	return generate(name, from, until, 3072)
}

func generate(name string, from, until time.Time, bits int) (Identity, error) {
	if err := CheckID(name); err != nil {
		return Identity{}, err
	}
	if !until.After(from) {
		return Identity{}, errors.New("as2: a certificate that ends before it begins")
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return Identity{}, err
	}
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	raw[0] = raw[0]&0x7f | 0x40
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(raw), Subject: pkix.Name{CommonName: name},
		NotBefore: from, NotAfter: until, SignatureAlgorithm: x509.SHA256WithRSA,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment,
		BasicConstraintsValid: true,
	}
	// Key identifier by RFC 5280 4.2.1.2 (1), as other stacks compute it.
	sum := sha1.Sum(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	t.SubjectKeyId = sum[:]
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return Identity{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return Identity{cert, key}, err
}

// Facts are what a person checks a certificate by.
type Facts struct {
	Subject, Issuer string
	Serial          string // hexadecimal
	From, Until     time.Time
	Key             string // "RSA 3072", "ECDSA P-256"
	Algorithm       string // of its own signature
	SHA256, SHA1    string // fingerprints, hexadecimal with colons
	SelfSigned      bool
	Signs           bool     // its key usage allows signing
	Encrypts        bool     // RSA, and its key usage allows encryption
	Weak            []string // "short_key", "sha1", "md5"
}

// Describe gives the facts of a certificate.
func Describe(c *x509.Certificate) Facts {
	s1, s256 := sha1.Sum(c.Raw), sha256.Sum256(c.Raw)
	f := Facts{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), Serial: fmt.Sprintf("%x", c.SerialNumber),
		From: c.NotBefore, Until: c.NotAfter, Algorithm: c.SignatureAlgorithm.String(),
		SHA1: colons(s1[:]), SHA256: colons(s256[:]),
		SelfSigned: bytes.Equal(c.RawSubject, c.RawIssuer),
		Signs:      c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0,
	}
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		f.Key = fmt.Sprintf("RSA %d", k.N.BitLen())
		f.Encrypts = c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageKeyEncipherment|x509.KeyUsageDataEncipherment) != 0
		if k.N.BitLen() < 2048 {
			f.Weak = append(f.Weak, "short_key")
		}
	case *ecdsa.PublicKey:
		f.Key = "ECDSA " + k.Curve.Params().Name
	default:
		f.Key, f.Signs = c.PublicKeyAlgorithm.String(), false
	}
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		f.Weak = append(f.Weak, "sha1")
	case x509.MD5WithRSA, x509.MD2WithRSA:
		f.Weak = append(f.Weak, "md5")
	}
	return f
}

func colons(b []byte) string {
	var out []byte
	for i, c := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = fmt.Appendf(out, "%02X", c)
	}
	return string(out)
}
