package db

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
)

// Next counts up a named counter in the transaction of ctx and returns the new value,
// from 1. Others that count the same wait until it ends.
func Next(ctx context.Context, counter string) (int64, error) {
	var n int64
	err := Tx(ctx).Raw("INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value", counter).Scan(&n).Error
	return n, err
}

// Cursor is a place in a list that is ordered by a number and an id, as pages hand it
// out; ReadCursor reads it back, ok is false for what is none.
func Cursor(n int64, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(n, 36) + "." + id))
}

// ReadCursor reads a Cursor.
func ReadCursor(s string) (n int64, id string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	at, id, cut := strings.Cut(string(b), ".")
	n, err2 := strconv.ParseInt(at, 36, 64)
	return n, id, err == nil && err2 == nil && cut && ValidID(id)
}

var likeSigns = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// Literal writes s for LIKE … ESCAPE '\' so that no sign in it means anything.
func Literal(s string) string { return likeSigns.Replace(s) }
