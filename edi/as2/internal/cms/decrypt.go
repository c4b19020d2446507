package cms

import (
	"crypto"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"fmt"

	"entente/edi/as2/internal/span"
)

// Key is one of our keys with its certificate.
type Key struct {
	Certificate *x509.Certificate
	Private     crypto.Decrypter
}

// Plain is what decryption gave.
type Plain struct {
	Content []byte    // nil where it lies in a file
	Span    span.Span // the same
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
func Decrypt(b []byte, keys []Key) (Plain, error) { return DecryptIn(span.Of(b), keys, nil) }

// DecryptIn is Decrypt of a span into memory or the spool. What it gives of a cipher
// without authentication is no more than a claim until a signature over it was verified.
// What GCM authenticates is decrypted only after its tag was verified.
// Further errors: span.ErrLost.
func DecryptIn(s span.Span, keys []Key, spool span.Spool) (Plain, error) {
	kind, err := KindIn(s)
	if err != nil {
		return Plain{}, err
	}
	id := oidEnveloped
	if kind == AuthEnveloped {
		id = oidAuthEnveloped
	}
	r, err := openIn(s, id)
	if err != nil {
		return Plain{}, err
	}
	if _, err := r.small(); err != nil {
		return Plain{}, err
	}
	if r.next(tagContext0) { // originator
		if err := r.pass(); err != nil {
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
	sealed, err := r.stretch(tagPrimitive0)
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
		p.Span, p.Doubtful, err = openCBC(block, alg.params, sealed, spool)
		p.Content, _ = p.Span.Memory()
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
	p.Span, err = openGCM(block, alg.params, sealed, mac, aad, spool)
	p.Content, _ = p.Span.Memory()
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
			if err := r.pass(); err != nil {
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
		if one.sealed, err = r.octets(tagOctets); err != nil {
			return nil, err
		}
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
				//lint:ignore SA1019 AS2 stacks speak nothing else; a failure is a random key, see above
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

func openCBC(block cipher.Block, params []byte, sealed stretch, spool span.Spool) (content span.Span, doubtful bool, err error) {
	iv, err := newReader(params).prim(tagOctets)
	if err != nil || len(iv) != block.BlockSize() {
		return span.Span{}, false, malformed("initialisation vector")
	}
	n := sealed.n
	if n == 0 || n%block.BlockSize() != 0 {
		return span.Span{}, false, malformed("%d octets of ciphertext", n)
	}
	plain, mode := span.NewOut(spool, n), cipher.NewCBCDecrypter(block, iv)
	var out []byte
	err = inWindows(sealed.reader(), n, make([]byte, min(n, window)), func(b []byte) error {
		out = b // whole blocks: both are
		mode.CryptBlocks(b, b)
		_, err := plain.Write(b)
		return err
	})
	if err != nil {
		return span.Span{}, false, err
	}
	// The whole last block is looked at, whatever the padding says.
	size, end := block.BlockSize(), len(out)
	pad := int(out[end-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, size)
	for i := 1; i <= size; i++ {
		inside := subtle.ConstantTimeLessOrEq(i, pad)
		same := subtle.ConstantTimeByteEq(out[end-i], byte(pad))
		good &= subtle.ConstantTimeSelect(inside, same, 1)
	}
	return plain.Span().Slice(0, n-subtle.ConstantTimeSelect(good, pad, 0)), good != 1, nil
}
