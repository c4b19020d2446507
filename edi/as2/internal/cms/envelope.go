package cms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
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

// Encrypt makes an EnvelopedData or AuthEnvelopedData of the parts of a content, for
// certificates with RSA keys. Parts are copied once, into the message.
func Encrypt(parts [][]byte, to []*x509.Certificate, opt EncryptOptions) ([]byte, error) {
	var row cipherRow
	for _, r := range ciphers {
		if r.cipher == opt.Cipher {
			row = r
		}
	}
	if row.key == 0 {
		return nil, fmt.Errorf("%w: cipher %d", ErrUnsupported, opt.Cipher)
	}
	if len(to) == 0 {
		return nil, fmt.Errorf("cms: nobody to encrypt for")
	}
	key := random(row.key)
	var recipients [][]byte
	for _, c := range to {
		r, err := transport(key, c, opt.OAEP)
		if err != nil {
			return nil, err
		}
		recipients = append(recipients, r)
	}
	block, err := row.block(key)
	if err != nil {
		return nil, err
	}
	size := pieces(parts).size()
	if row.gcm {
		nonce := random(nonceSize)
		alg := writeAlgorithm(row.oid, tlv(tagSequence, tlv(tagOctets, nonce), tlv(tagInteger, []byte{tagSize})))
		out, at := layout(oidAuthEnveloped, recipients, alg, size, 2+tagSize)
		fill(out[at:at], parts)
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		gcm.Seal(out[at:at], nonce, out[at:at+size], nil)
		// The tag stands where Seal put it: two octets are its header's.
		mac := [tagSize]byte(out[at+size : at+size+tagSize])
		copy(out[at+size:], tlv(tagOctets, mac[:]))
		return out, nil
	}
	iv := random(block.BlockSize())
	pad := block.BlockSize() - size%block.BlockSize()
	alg := writeAlgorithm(row.oid, tlv(tagOctets, iv))
	out, at := layout(oidEnveloped, recipients, alg, size+pad, 0)
	fill(out[at:at], parts)
	body := out[at:]
	for i := size; i < len(body); i++ {
		body[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(body, body)
	return out, nil
}

func fill(dst []byte, parts [][]byte) {
	for _, p := range parts {
		dst = append(dst, p...)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// layout allocates a message with room for n octets of ciphertext and tail octets
// after it, and says where the ciphertext begins.
func layout(kind string, recipients [][]byte, alg []byte, n, tail int) (out []byte, at int) {
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

	var head []byte
	for _, p := range [][]byte{all, kindElement, explicit, bodyHead, version, set, eciHead, dataType, alg, content} {
		head = append(head, p...)
	}
	out = make([]byte, len(head)+n+tail)
	copy(out, head)
	return out, len(head)
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
