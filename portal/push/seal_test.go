package push

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

func bytesOf(t *testing.T, s string) []byte {
	t.Helper()
	b, err := b64.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open reads a message as a browser does.
func open(body []byte, own *ecdh.PrivateKey, auth []byte) (string, error) {
	if len(body) < 86 || body[20] != pointSize {
		return "", errors.New("no message")
	}
	server := body[21:86]
	theirs, err := ecdh.P256().NewPublicKey(server)
	if err != nil {
		return "", err
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return "", err
	}
	aead, nonce, err := derive(shared, auth, body[:saltSize], own.PublicKey().Bytes(), server)
	if err != nil {
		return "", err
	}
	plain, err := aead.Open(nil, nonce, body[86:], nil)
	if err != nil {
		return "", err
	}
	text, last := strings.CutSuffix(string(plain), "\x02")
	if !last {
		return "", errors.New("not the last record")
	}
	return text, nil
}

// TestVector is RFC 8291, appendix A.
func TestVector(t *testing.T) {
	t.Parallel()
	own, err := ecdh.P256().NewPrivateKey(bytesOf(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	browser, auth := bytesOf(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"), bytesOf(t, "BTBZMqHH6r4Tts7J_aSIgg")
	got, err := sealWith([]byte("When I grow up, I want to be a watermelon"), browser, auth, own, bytesOf(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if b64.EncodeToString(got) != want {
		t.Errorf("%s", b64.EncodeToString(got))
	}
	mine, err := ecdh.P256().NewPrivateKey(bytesOf(t, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := open(got, mine, auth); err != nil || text != "When I grow up, I want to be a watermelon" {
		t.Errorf("%q %v", text, err)
	}
}

// TestSealed: what is sealed twice looks different, opens for its browser alone, and is
// bounded; keys that are none are refused.
func TestSealed(t *testing.T) {
	t.Parallel()
	mine, _ := ecdh.P256().GenerateKey(rand.Reader)
	other, _ := ecdh.P256().GenerateKey(rand.Reader)
	auth := make([]byte, authSize)
	text := strings.Repeat("订", maxPayload/3)
	a, err := seal([]byte(text), mine.PublicKey().Bytes(), auth)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := seal([]byte(text), mine.PublicKey().Bytes(), auth)
	if string(a) == string(b) || len(a) > recordSize {
		t.Errorf("%d bytes", len(a))
	}
	if got, err := open(a, mine, auth); err != nil || got != text {
		t.Error(err)
	}
	if _, err := open(a, other, auth); err == nil {
		t.Error("another browser reads it")
	}
	if _, err := seal(make([]byte, maxPayload+1), mine.PublicKey().Bytes(), auth); err == nil {
		t.Error("too long a message is sealed")
	}
	for _, bad := range [][]byte{nil, make([]byte, 65), mine.PublicKey().Bytes()[:64]} {
		if _, err := seal([]byte("x"), bad, auth); err == nil {
			t.Errorf("%d bytes are no point", len(bad))
		}
	}
}

// TestPass: the pass names the service's origin, ends within a day and is signed by the key
// it carries.
func TestPass(t *testing.T) {
	t.Parallel()
	raw := make([]byte, 32)
	raw[31] = 7
	key, err := keyOf(raw)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	got, err := pass(key, "https://push.example:8443/send/abc?x=1", "https://portal.example", now)
	if err != nil {
		t.Fatal(err)
	}
	token, public, ok := strings.Cut(strings.TrimPrefix(got, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 || len(bytesOf(t, public)) != pointSize {
		t.Fatal(got)
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(bytesOf(t, parts[1]), &claims); err != nil || claims.Aud != "https://push.example:8443" || claims.Sub != "https://portal.example" || claims.Exp != now.Add(12*time.Hour).Unix() {
		t.Errorf("%+v %v", claims, err)
	}
	sum, sig := sha256.Sum256([]byte(parts[0]+"."+parts[1])), bytesOf(t, parts[2])
	if len(sig) != 64 || !ecdsa.Verify(&key.PublicKey, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the signature is wrong")
	}
}
