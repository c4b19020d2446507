package as2

import (
	"runtime"
	"testing"
)

// What is opened is the message and one decrypted copy of it, however the layers lie. It is
// not parallel: it counts everything that is allocated meanwhile.
func TestOpenMemory(t *testing.T) {
	const size = 24 << 20
	for name, c := range map[string]struct {
		copies float64
		change func(*Agreement)
	}{
		"AES-256-CBC": {1, func(*Agreement) {}},
		"AES-256-GCM": {1, func(a *Agreement) { a.Cipher = AES256GCM }},
		"signed":      {0, func(a *Agreement) { a.Cipher = "" }},
	} {
		req := pack(t, client(c.change), document(size))
		find := finder(server(lenient))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open(req.Header, req.Body, find, Limits{})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := float64(after.TotalAlloc-before.TotalAlloc) / size; n > c.copies+0.1 {
			t.Errorf("%s: %.2f times its size was allocated", name, n)
		}
	}
}
