package cms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"

	"entente/edi/as2/internal/span"
)

// Cipher encrypts content.
type Cipher uint8

// The ciphers. Those in GCM make AuthEnvelopedData, the others EnvelopedData.
const (
	NoCipher Cipher = iota
	TripleDES
	AES128CBC
	AES192CBC
	AES256CBC
	AES128GCM
	AES192GCM
	AES256GCM
)

type cipherRow struct {
	cipher Cipher
	oid    string
	key    int
	gcm    bool
}

var ciphers = []cipherRow{
	{TripleDES, oid("1.2.840.113549.3.7"), 24, false},
	{AES128CBC, oid("2.16.840.1.101.3.4.1.2"), 16, false},
	{AES192CBC, oid("2.16.840.1.101.3.4.1.22"), 24, false},
	{AES256CBC, oid("2.16.840.1.101.3.4.1.42"), 32, false},
	{AES128GCM, oid("2.16.840.1.101.3.4.1.6"), 16, true},
	{AES192GCM, oid("2.16.840.1.101.3.4.1.26"), 24, true},
	{AES256GCM, oid("2.16.840.1.101.3.4.1.46"), 32, true},
}

// Authenticated reports whether the cipher notices a change by itself.
func (c Cipher) Authenticated() bool { return c >= AES128GCM && c <= AES256GCM }

func (c cipherRow) block(key []byte) (cipher.Block, error) {
	if c.cipher == TripleDES {
		return des.NewTripleDESCipher(key)
	}
	return aes.NewCipher(key)
}

// EncryptOptions say how to encrypt.
type EncryptOptions struct {
	Cipher Cipher
	// OAEP is the hash of RSAES-OAEP; RSAES-PKCS1-v1_5 when zero.
	OAEP crypto.Hash
}

const (
	nonceSize = 12
	tagSize   = 16
)

// Encrypt makes an EnvelopedData or AuthEnvelopedData of a content, for certificates with
// RSA keys: in memory or, where it is large, in a file of the spool.
func Encrypt(content span.Chain, to []*x509.Certificate, opt EncryptOptions, spool span.Spool) (span.Span, error) {
	var row cipherRow
	for _, r := range ciphers {
		if r.cipher == opt.Cipher {
			row = r
		}
	}
	if row.key == 0 {
		return span.Span{}, fmt.Errorf("%w: cipher %d", ErrUnsupported, opt.Cipher)
	}
	if len(to) == 0 {
		return span.Span{}, fmt.Errorf("cms: nobody to encrypt for")
	}
	key := random(row.key)
	var recipients [][]byte
	for _, c := range to {
		r, err := transport(key, c, opt.OAEP)
		if err != nil {
			return span.Span{}, err
		}
		recipients = append(recipients, r)
	}
	block, err := row.block(key)
	if err != nil {
		return span.Span{}, err
	}
	size, kind, pad, tail := content.Len(), oidEnveloped, 0, 0
	var params []byte
	var crypt func([]byte)
	var auth *gcm
	if row.gcm {
		nonce := random(nonceSize)
		if auth, err = newGCM(block, nonce, nil); err != nil {
			return span.Span{}, err
		}
		params = tlv(tagSequence, tlv(tagOctets, nonce), tlv(tagInteger, []byte{tagSize}))
		kind, tail = oidAuthEnveloped, 2+tagSize
		crypt = func(b []byte) { auth.crypt(b); auth.seen(b) }
	} else {
		iv := random(block.BlockSize())
		params, pad = tlv(tagOctets, iv), block.BlockSize()-size%block.BlockSize()
		mode := cipher.NewCBCEncrypter(block, iv)
		crypt = func(b []byte) { mode.CryptBlocks(b, b) }
	}
	head := headOf(kind, recipients, writeAlgorithm(row.oid, params), size+pad, tail)
	out := span.NewOut(spool, len(head)+size+pad+tail)
	if _, err := out.Write(head); err != nil {
		return span.Span{}, err
	}
	in := io.MultiReader(content.Reader(), bytes.NewReader(bytes.Repeat([]byte{byte(pad)}, pad)))
	err = inWindows(in, size+pad, make([]byte, min(size+pad, window)), func(b []byte) error {
		crypt(b)
		_, err := out.Write(b)
		return err
	})
	if err == nil && auth != nil {
		_, err = out.Write(tlv(tagOctets, auth.tag()))
	}
	return out.Span(), err
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// headOf is what stands before n octets of ciphertext that tail octets follow.
func headOf(kind string, recipients [][]byte, alg []byte, n, tail int) []byte {
	version := tlv(tagInteger, []byte{0})
	set := tlv(tagSet, recipients...)
	dataType := tlv(tagOID, []byte(oidData))
	kindElement := tlv(tagOID, []byte(kind))

	content := tlvHead(tagPrimitive0, n)
	eci := len(dataType) + len(alg) + len(content) + n
	eciHead := tlvHead(tagSequence, eci)
	body := len(version) + len(set) + len(eciHead) + eci + tail
	bodyHead := tlvHead(tagSequence, body)
	explicit := tlvHead(tagContext0, len(bodyHead)+body)
	all := tlvHead(tagSequence, len(kindElement)+len(explicit)+len(bodyHead)+body)

	return bytes.Join([][]byte{all, kindElement, explicit, bodyHead, version, set, eciHead, dataType, alg, content}, nil)
}

func transport(key []byte, c *x509.Certificate, oaep crypto.Hash) ([]byte, error) {
	pub, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: encryption for a key %T", ErrUnsupported, c.PublicKey)
	}
	alg := writeAlgorithm(oidRSA, null)
	var sealed []byte
	var err error
	if oaep != 0 {
		row, known := rowOf(oaep)
		if !known {
			return nil, fmt.Errorf("%w: hash %d", ErrUnsupported, oaep)
		}
		alg = writeAlgorithm(oidOAEP, writeRSAParams(row, false))
		sealed, err = rsa.EncryptOAEP(oaep.New(), rand.Reader, pub, key, nil)
	} else {
		//lint:ignore SA1019 most AS2 stacks read nothing else; OAEP is a partner's setting
		sealed, err = rsa.EncryptPKCS1v15(rand.Reader, pub, key)
	}
	if err != nil {
		return nil, fmt.Errorf("cms: key transport: %w", err)
	}
	return tlv(tagSequence, tlv(tagInteger, []byte{0}), issuerAndSerial(c), alg, tlv(tagOctets, sealed)), nil
}
