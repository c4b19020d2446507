package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"entente/prm/fault"
)

// TokenPrefix begins every API token, so that scanners recognise a leaked one.
const TokenPrefix = "ent_"

const hintLen = len(TokenPrefix) + 6

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newSecret is 256 random bits in URL-safe base64, 43 characters.
func newSecret() string { return base64.RawURLEncoding.EncodeToString(randomBytes(32)) }

// newToken is TokenPrefix and 256 random bits in base32, 56 characters.
func newToken() string { return TokenPrefix + lowerBase32.EncodeToString(randomBytes(32)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: the program ends instead
	return b
}

// digest is how a random secret is stored. The secret has 256 bits, so a plain
// hash is enough and a look-up by it tells nothing through its timing.
func digest(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// Cost holds the parameters of argon2id. The default is the first of the
// settings that the OWASP password storage sheet recommends.
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultCost is used for every new password.
var DefaultCost = Cost{Memory: 19 * 1024, Time: 2, Threads: 1}

const (
	saltLen = 16
	keyLen  = 32
)

// hasher runs argon2id for at most cap(slots) callers at once, so that a flood
// of sign-ins can take neither all memory nor all processors.
type hasher struct {
	cost    Cost
	slots   chan struct{}
	waiting atomic.Int64
	dummy   string // what an unknown address is compared with
}

const maxWaiting = 256

func newHasher(c Cost, parallel int) *hasher {
	if c == (Cost{}) {
		c = DefaultCost
	}
	if parallel <= 0 {
		parallel = max(2, runtime.GOMAXPROCS(0))
	}
	h := &hasher{cost: c, slots: make(chan struct{}, parallel)}
	h.dummy = encode(c, randomBytes(saltLen), randomBytes(keyLen))
	return h
}

func (h *hasher) enter(ctx context.Context) error {
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
}

// hash makes the stored form of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	salt := randomBytes(saltLen)
	return encode(h.cost, salt, derive(h.cost, password, salt)), nil
}

// verify compares a password with a stored form. An empty stored form is
// compared with the dummy and never matches, in the same time.
func (h *hasher) verify(ctx context.Context, password, stored string) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	cost, salt, key, err := decode(stored)
	if err != nil {
		return false, fault.Wrap(err, fault.Internal, "error.internal")
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	same := subtle.ConstantTimeCompare(derive(cost, password, salt), key) == 1
	return same && known, nil
}

// stale reports whether a stored form was made with other parameters.
func (h *hasher) stale(stored string) bool {
	cost, _, _, err := decode(stored)
	return err == nil && cost != h.cost
}

func derive(c Cost, password string, salt []byte) []byte {
	if len(password) > 4*MaxPassword {
		password = password[:4*MaxPassword] // refused when chosen; never worth hashing in full
	}
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.Time, c.Memory, c.Threads, keyLen)
}

func encode(c Cost, salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads, b.EncodeToString(salt), b.EncodeToString(key))
}

func decode(stored string) (c Cost, salt, key []byte, err error) {
	part := strings.Split(stored, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, fmt.Errorf("account: unknown password form")
	}
	if _, err = fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return c, nil, nil, fmt.Errorf("account: password form: %w", err)
	}
	if c.Memory == 0 || c.Memory > 1<<20 || c.Time == 0 || c.Time > 64 || c.Threads == 0 {
		return c, nil, nil, fmt.Errorf("account: password form out of range")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(part[4]); err != nil {
		return c, nil, nil, fmt.Errorf("account: password form: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(part[5]); err != nil || len(key) != keyLen {
		return c, nil, nil, fmt.Errorf("account: password form: wrong key")
	}
	return c, salt, key, nil
}
