package db

import (
	"encoding/base32"
	"time"

	"github.com/google/uuid"
)

var b32 = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// NewID is a UUIDv7 in lower-case base32hex, 26 characters, sortable by the time
// of making. It is never a cursor for "what is new": ids are not in commit order.
func NewID() string {
	u := uuid.Must(uuid.NewV7())
	return b32.EncodeToString(u[:])
}

// ValidID reports whether s has the form of an id.
func ValidID(s string) bool {
	if len(s) != 26 {
		return false
	}
	_, err := b32.DecodeString(s)
	return err == nil
}

// Micros is an instant as stored: microseconds since the Unix epoch, UTC. The
// zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the inverse of Micros.
func FromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// Flag is a yes or no as stored: 1 or 0.
func Flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}
