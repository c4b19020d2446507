package cms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
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
		sealed, err = rsa.EncryptPKCS1v15(rand.Reader, pub, key)
	}
	if err != nil {
		return nil, fmt.Errorf("cms: key transport: %w", err)
	}
	return tlv(tagSequence, tlv(tagInteger, []byte{0}), issuerAndSerial(c), alg, tlv(tagOctets, sealed)), nil
}

// Key is one of our keys with its certificate.
type Key struct {
	Certificate *x509.Certificate
	Private     crypto.Decrypter
}

// Plain is what decryption gave.
type Plain struct {
	Content []byte
	Cipher  Cipher
	OAEP    bool
	Key     Key // the one it was encrypted for
	// Doubtful: the padding was wrong. Content then is what stood there, padding
	// and all: the caller goes on as if nothing were wrong and refuses at the end,
	// so that nobody outside learns whether it was the padding (see Decrypt).
	Doubtful bool
}

type recipient struct {
	issuer, serial, keyID []byte
	alg                   algorithm
	sealed                []byte
}

const maxRecipients = 64

// Decrypt opens an EnvelopedData or AuthEnvelopedData. A key that cannot be unsealed
// is replaced by a random one, and a wrong padding is told by Doubtful instead of an
// error: both attacks on RSA PKCS #1 v1.5 and CBC live on the difference.
// Errors: ErrNoRecipient, ErrDecrypt, ErrMalformed, ErrUnsupported.
func Decrypt(b []byte, keys []Key) (Plain, error) {
	kind, err := KindOf(b)
	if err != nil {
		return Plain{}, err
	}
	id := oidEnveloped
	if kind == AuthEnveloped {
		id = oidAuthEnveloped
	}
	r, err := open(b, id)
	if err != nil {
		return Plain{}, err
	}
	if _, err := r.small(); err != nil {
		return Plain{}, err
	}
	if r.next(tagContext0) { // originator
		if _, err := r.skip(); err != nil {
			return Plain{}, err
		}
	}
	recipients, err := r.recipients()
	if err != nil {
		return Plain{}, err
	}
	if err := r.enter(tagSequence); err != nil {
		return Plain{}, err
	}
	if _, err := r.prim(tagOID); err != nil {
		return Plain{}, err
	}
	alg, err := r.algorithm()
	if err != nil {
		return Plain{}, err
	}
	sealed, err := r.octets(tagPrimitive0)
	if err != nil {
		return Plain{}, err
	}
	if err := r.leave(); err != nil {
		return Plain{}, err
	}
	var row cipherRow
	for _, c := range ciphers {
		if c.oid == alg.oid {
			row = c
		}
	}
	if row.key == 0 || row.gcm != (kind == AuthEnveloped) {
		return Plain{}, fmt.Errorf("%w: content cipher", ErrUnsupported)
	}
	key, secret, oaep, err := unseal(recipients, keys, row.key)
	if err != nil {
		return Plain{}, err
	}
	p := Plain{Cipher: row.cipher, OAEP: oaep, Key: key}
	block, err := row.block(secret)
	if err != nil {
		return Plain{}, ErrDecrypt
	}
	if !row.gcm {
		p.Content, p.Doubtful, err = openCBC(block, alg.params, sealed)
		return p, err
	}
	var aad []byte
	if r.next(tagContext1) {
		attrs, err := r.skip()
		if err != nil {
			return Plain{}, err
		}
		if aad, err = DER(append([]byte{tagSet}, attrs[1:]...)); err != nil {
			return Plain{}, err
		}
	}
	mac, err := r.octets(tagOctets)
	if err != nil {
		return Plain{}, err
	}
	p.Content, err = openGCM(block, alg.params, sealed, mac.join(), aad)
	return p, err
}

// recipients reads the recipients by key transport; others are passed over.
func (r *reader) recipients() ([]recipient, error) {
	if err := r.enter(tagSet); err != nil {
		return nil, err
	}
	var all []recipient
	for n := 0; r.more(); n++ {
		if n == maxRecipients {
			return nil, malformed("more than %d recipients", maxRecipients)
		}
		if !r.next(tagSequence) {
			if _, err := r.skip(); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.enter(tagSequence); err != nil {
			return nil, err
		}
		if _, err := r.small(); err != nil {
			return nil, err
		}
		var one recipient
		var err error
		if one.issuer, one.serial, one.keyID, err = r.who(); err != nil {
			return nil, err
		}
		if one.alg, err = r.algorithm(); err != nil {
			return nil, err
		}
		sealed, err := r.octets(tagOctets)
		if err != nil {
			return nil, err
		}
		one.sealed = sealed.join()
		if err := r.leave(); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, r.leave()
}

// unseal gives the content key: a random one when it cannot be had, after the same
// work.
func unseal(recipients []recipient, keys []Key, size int) (Key, []byte, bool, error) {
	for _, one := range recipients {
		for _, k := range keys {
			if !named(k.Certificate, one.issuer, one.serial, one.keyID) {
				continue
			}
			switch one.alg.oid {
			case oidRSA:
				secret, err := k.Private.Decrypt(rand.Reader, one.sealed, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: size})
				if err != nil || len(secret) != size {
					secret = random(size)
				}
				return k, secret, false, nil
			case oidOAEP:
				p, err := readRSAParams(one.alg.params)
				if err != nil {
					return Key{}, nil, false, err
				}
				secret, err := k.Private.Decrypt(rand.Reader, one.sealed, &rsa.OAEPOptions{Hash: p.hash, MGFHash: p.mgf, Label: p.label})
				if err != nil || len(secret) != size {
					secret = random(size)
				}
				return k, secret, true, nil
			default:
				return Key{}, nil, false, fmt.Errorf("%w: key transport", ErrUnsupported)
			}
		}
	}
	return Key{}, nil, false, ErrNoRecipient
}

func openCBC(block cipher.Block, params []byte, sealed pieces) (content []byte, doubtful bool, err error) {
	iv, err := newReader(params).prim(tagOctets)
	if err != nil || len(iv) != block.BlockSize() {
		return nil, false, malformed("initialisation vector")
	}
	n := sealed.size()
	if n == 0 || n%block.BlockSize() != 0 {
		return nil, false, malformed("%d octets of ciphertext", n)
	}
	out := make([]byte, n)
	fill(out[:0], sealed)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, out)
	// The whole last block is looked at, whatever the padding says.
	size, pad := block.BlockSize(), int(out[n-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, size)
	for i := 1; i <= size; i++ {
		inside := subtle.ConstantTimeLessOrEq(i, pad)
		same := subtle.ConstantTimeByteEq(out[n-i], byte(pad))
		good &= subtle.ConstantTimeSelect(inside, same, 1)
	}
	return out[:n-subtle.ConstantTimeSelect(good, pad, 0)], good != 1, nil
}

func openGCM(block cipher.Block, params []byte, sealed pieces, mac, aad []byte) ([]byte, error) {
	r := newReader(params)
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	nonce, err := r.prim(tagOctets)
	if err != nil {
		return nil, err
	}
	icv := 12
	if r.next(tagInteger) {
		if icv, err = r.small(); err != nil {
			return nil, err
		}
	}
	if icv < 12 || icv > tagSize || len(mac) != icv || len(nonce) == 0 {
		return nil, malformed("tag of %d octets", len(mac))
	}
	var gcm cipher.AEAD
	switch {
	case len(nonce) == nonceSize:
		gcm, err = cipher.NewGCMWithTagSize(block, icv)
	case icv == tagSize:
		gcm, err = cipher.NewGCMWithNonceSize(block, len(nonce))
	default:
		return nil, fmt.Errorf("%w: nonce of %d with a tag of %d octets", ErrUnsupported, len(nonce), icv)
	}
	if err != nil {
		return nil, ErrDecrypt
	}
	buf := make([]byte, sealed.size()+len(mac))
	fill(buf[:0], append(sealed[:len(sealed):len(sealed)], mac))
	out, err := gcm.Open(buf[:0], nonce, buf, aad)
	if err != nil {
		return nil, ErrDecrypt
	}
	return out, nil
}
