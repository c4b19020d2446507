package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"time"
)

var b64 = base64.RawURLEncoding

// recordSize is that of the one record a message is; a message is at most maxPayload.
const (
	recordSize = 4096
	maxPayload = recordSize - 17 - 86 // its tag, its padding mark and the head
	saltSize   = 16
	authSize   = 16
	pointSize  = 65
)

// seal encrypts a message for a browser (RFC 8291, aes128gcm of RFC 8188): only it can read
// it, not the service that carries it. p256dh and auth are those of the subscription.
func seal(message, p256dh, auth []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	return sealWith(message, p256dh, auth, own, salt)
}

func sealWith(message, p256dh, auth []byte, own *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	if len(message) > maxPayload {
		return nil, errors.New("push: the message is too long")
	}
	theirs, err := ecdh.P256().NewPublicKey(p256dh)
	if err != nil {
		return nil, err
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	mine := own.PublicKey().Bytes()
	aead, nonce, err := derive(shared, auth, salt, p256dh, mine)
	if err != nil {
		return nil, err
	}
	out := append([]byte{}, salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(append(out, byte(len(mine))), mine...)
	plain := append(append([]byte{}, message...), 2) // the last record
	return aead.Seal(out, nonce, plain, nil), nil
}

// derive makes the key and the nonce that both sides know.
func derive(shared, auth, salt, browser, server []byte) (cipher.AEAD, []byte, error) {
	info := append(append([]byte("WebPush: info\x00"), browser...), server...)
	prk, err := hkdf.Extract(sha256.New, shared, auth)
	if err != nil {
		return nil, nil, err
	}
	ikm, err := hkdf.Expand(sha256.New, prk, string(info), 32)
	if err != nil {
		return nil, nil, err
	}
	if prk, err = hkdf.Extract(sha256.New, ikm, salt); err != nil {
		return nil, nil, err
	}
	key, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, nil, err
	}
	nonce, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, nonce, err
}

// passLife is how long a pass is good; RFC 8292 allows a day.
const passLife = 12 * time.Hour

// pass says to the service of an endpoint who sends (RFC 8292): the value of Authorization.
func pass(key *ecdsa.PrivateKey, endpoint, contact string, now time.Time) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"aud": u.Scheme + "://" + u.Host, "exp": now.Add(passLife).Unix(), "sub": contact})
	if err != nil {
		return "", err
	}
	token := b64.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + b64.EncodeToString(claims)
	sum := sha256.Sum256([]byte(token))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", err
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	public, err := key.PublicKey.ECDH()
	if err != nil {
		return "", err
	}
	return "vapid t=" + token + "." + b64.EncodeToString(sig) + ", k=" + b64.EncodeToString(public.Bytes()), nil
}

// keyOf is the key with which messages are signed, from its 32 bytes.
func keyOf(raw []byte) (*ecdsa.PrivateKey, error) {
	k, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return nil, err
	}
	p := k.PublicKey().Bytes()
	return &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(p[1:33]), Y: new(big.Int).SetBytes(p[33:])}, D: new(big.Int).SetBytes(raw)}, nil
}
