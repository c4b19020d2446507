package cms

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"errors"
	"unicode/utf16"
)

// ErrPassword: the MAC of a PKCS #12 file is not of the password.
var ErrPassword = errors.New("cms: wrong password")

const maxIterations = 5_000_000

var oidEncrypted = oid("1.2.840.113549.1.7.6")

// PlainPKCS12 gives a PKCS #12 file (RFC 7292) that was written in BER, as the key
// stores of BouncyCastle are, in DER. Its MAC is over the bytes as they were, so it is
// checked first and made anew.
func PlainPKCS12(b []byte, password string) ([]byte, error) {
	r := newReader(b)
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	version, err := r.whole(tagInteger)
	if err != nil {
		return nil, err
	}
	safe, err := r.dataContent()
	if err != nil {
		return nil, err
	}
	if err := r.enter(tagSequence); err != nil { // MacData
		return nil, err
	}
	if err := r.enter(tagSequence); err != nil { // DigestInfo
		return nil, err
	}
	alg, err := r.algorithm()
	if err != nil {
		return nil, err
	}
	mac, err := r.octets(tagOctets)
	if err != nil {
		return nil, err
	}
	if err := r.leave(); err != nil {
		return nil, err
	}
	salt, err := r.octets(tagOctets)
	if err != nil {
		return nil, err
	}
	rounds := 1
	if r.more() {
		if rounds, err = r.small(); err != nil {
			return nil, err
		}
	}
	hash, ok := hashOf(alg.oid)
	if !ok || rounds < 1 || rounds > maxIterations {
		return nil, ErrUnsupported
	}
	var key []byte
	for _, secret := range [][]byte{bmp(password), nil} {
		if secret == nil && password != "" {
			break
		}
		if k := macKey(hash, secret, salt, rounds); hmac.Equal(seal(hash, k, safe), mac) {
			key = k
			break
		}
	}
	if key == nil {
		return nil, ErrPassword
	}
	plain, err := plainSafe(safe)
	if err != nil {
		return nil, err
	}
	count := []byte{byte(rounds >> 16), byte(rounds >> 8), byte(rounds)}
	if count = bytes.TrimLeft(count, "\x00"); count[0]&0x80 != 0 {
		count = append([]byte{0}, count...)
	}
	return tlv(tagSequence, version,
		contentInfoOf(plain),
		tlv(tagSequence,
			tlv(tagSequence, writeAlgorithm(alg.oid, null), tlv(tagOctets, seal(hash, key, plain))),
			tlv(tagOctets, salt), tlv(tagInteger, count))), nil
}

// dataContent reads a ContentInfo of type data.
func (r *reader) dataContent() ([]byte, error) {
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	kind, err := r.prim(tagOID)
	if err != nil {
		return nil, err
	}
	if string(kind) != oidData {
		return nil, ErrUnsupported
	}
	if err := r.enter(tagContext0); err != nil {
		return nil, err
	}
	content, err := r.octets(tagOctets)
	if err != nil {
		return nil, err
	}
	if err := r.leave(); err != nil {
		return nil, err
	}
	return content, r.leave()
}

func contentInfoOf(data []byte) []byte {
	return contentInfo(oidData, tlv(tagOctets, data))
}

// plainSafe writes an AuthenticatedSafe in DER: bags in the open, and encrypted ones
// whose ciphertext came in pieces.
func plainSafe(safe []byte) ([]byte, error) {
	r := newReader(safe)
	if err := r.enter(tagSequence); err != nil {
		return nil, err
	}
	var infos [][]byte
	for r.more() {
		whole, err := r.skip()
		if err != nil {
			return nil, err
		}
		in := newReader(whole)
		if data, err := in.dataContent(); err == nil {
			bags, err := DER(data)
			if err != nil {
				return nil, err
			}
			infos = append(infos, contentInfoOf(bags))
			continue
		}
		in, err = open(whole, oidEncrypted)
		if err != nil {
			return nil, err
		}
		version, err := in.whole(tagInteger)
		if err != nil {
			return nil, err
		}
		if err := in.enter(tagSequence); err != nil {
			return nil, err
		}
		kind, err := in.whole(tagOID)
		if err != nil {
			return nil, err
		}
		alg, err := in.whole(tagSequence)
		if err != nil {
			return nil, err
		}
		if alg, err = DER(alg); err != nil {
			return nil, err
		}
		sealed, err := in.octets(tagPrimitive0)
		if err != nil {
			return nil, err
		}
		infos = append(infos, contentInfo(oidEncrypted, tlv(tagSequence, version, tlv(tagSequence, kind, alg, tlv(tagPrimitive0, sealed)))))
	}
	return tlv(tagSequence, infos...), nil
}

func bmp(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return append(out, 0, 0)
}

// macKey derives the key of the MAC: RFC 7292 appendix B.2 with ID 3, of which one
// block of the hash is enough.
func macKey(h crypto.Hash, password, salt []byte, rounds int) []byte {
	v := h.New().BlockSize()
	repeat := func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		n := (len(b) + v - 1) / v * v
		return bytes.Repeat(b, n/len(b)+1)[:n]
	}
	block := bytes.Repeat([]byte{3}, v)
	block = append(block, repeat(salt)...)
	block = append(block, repeat(password)...)
	for range rounds {
		block = sum(h, block)
	}
	return block
}

func seal(h crypto.Hash, key, content []byte) []byte {
	m := hmac.New(h.New, key)
	m.Write(content)
	return m.Sum(nil)
}
