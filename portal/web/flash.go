package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/portal/view"
)

// flashCookie carries what a redirect has to say to the next page: toasts, and
// secrets that are shown once. It is sealed (AES-256-GCM), bound to the session
// and lives a minute.
const (
	flashCookie = "entente_flash"
	flashLife   = time.Minute
)

// flash is the content of the cookie.
type flash struct {
	Key  string            `json:"k,omitempty"` // locale key of the toast
	Args map[string]string `json:"a,omitempty"`
	Bad  bool              `json:"b,omitempty"`
	Once *once             `json:"o,omitempty"`
	Till int64             `json:"t"` // seconds since the epoch
}

// once is a secret that the next page shows, and no page after it.
type once struct {
	Kind    string    `json:"k"` // "link", "token" or "sftp"
	Purpose string    `json:"p,omitempty"`
	Secret  string    `json:"s"`
	Name    string    `json:"n,omitempty"`
	Email   string    `json:"e,omitempty"`
	Expires time.Time `json:"x"`
}

type sealer struct{ aead cipher.AEAD }

func newSealer(secret []byte) (sealer, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "entente flash cookie", 32)
	if err != nil {
		return sealer{}, fmt.Errorf("web: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("web: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return sealer{}, fmt.Errorf("web: %w", err)
	}
	return sealer{aead}, nil
}

// close seals the value for one session.
func (s sealer) close(value any, session string) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("web: %w", err)
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, raw, []byte(session))), nil
}

// open reads what close wrote; false for anything else.
func (s sealer) open(sealed, session string, value any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return false
	}
	n := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, raw[:n], raw[n:], []byte(session))
	return err == nil && json.Unmarshal(plain, value) == nil
}

// setFlash leaves a message for the next page.
func (v *visit) setFlash(f flash) {
	f.Till = v.now.Add(flashLife).Unix()
	text, err := v.w.seal.close(f, v.sessionID())
	if err != nil {
		v.w.d.Log.Error("flash not written", "error", err)
		return
	}
	v.Cookie(&fiber.Cookie{Name: flashCookie, Value: text, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: v.secure(), MaxAge: int(flashLife / time.Second)})
}

// flash reads the message and takes the cookie away; the same visit may ask again.
func (v *visit) flash() flash {
	if v.said != nil {
		return *v.said
	}
	f := v.takeFlash()
	v.said = &f
	return f
}

func (v *visit) takeFlash() flash {
	text := v.Cookies(flashCookie)
	if text == "" {
		return flash{}
	}
	v.Cookie(&fiber.Cookie{Name: flashCookie, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: v.secure(), MaxAge: -1, Expires: time.Unix(1, 0)})
	var f flash
	if !v.w.seal.open(text, v.sessionID(), &f) || v.now.Unix() > f.Till {
		return flash{}
	}
	return f
}

// toast is the flash as the page shows it.
func (f flash) toast() []view.Toast {
	if f.Key == "" {
		return nil
	}
	return []view.Toast{{Text: view.T(f.Key, pairs(f.Args)...), Bad: f.Bad}}
}

// pairs turns named values into name, value pairs.
func pairs[V any](m map[string]V) []any {
	out := make([]any, 0, 2*len(m))
	for k, v := range m {
		out = append(out, k, v)
	}
	return out
}
