package socket

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzInbound: no bytes of a client make the decoder panic, and what of them is
// answered is a valid frame.
func FuzzInbound(f *testing.F) {
	for _, s := range []string{`{"type":"join","room":"r","after":5}`, `{"type":"post","key":"\u0000","text":"\ud800"}`, `[]`, `{"type":1}`, `{"after":1e99}`, "{\"key\":\"\xff\"}", ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in inbound
		err := json.Unmarshal(data, &in)
		if err == nil && !json.Valid(data) {
			t.Fatal("invalid JSON was read")
		}
		out := encode(errorOut{Type: "error", Code: "invalid", Key: in.Key, Room: in.Room})
		if !json.Valid(out) || !utf8.Valid(out) || bytes.ContainsRune(out, '\n') {
			t.Fatalf("answer %q", out)
		}
		var back errorOut
		if err := json.Unmarshal(out, &back); err != nil || utf8.ValidString(in.Key) && back.Key != in.Key {
			t.Fatalf("key %q came back as %q: %v", in.Key, back.Key, err)
		}
	})
}
