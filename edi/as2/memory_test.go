package as2

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
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

// A message in a file costs no memory, however its layers lie: it is decrypted, inflated and
// decoded into files and verified from there.
func TestOpenFromFileMemory(t *testing.T) {
	const size = 12 << 20
	spool := func() (File, error) {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err == nil {
			t.Cleanup(func() { _ = f.Close() })
		}
		return f, err
	}
	for name, change := range map[string]func(*Agreement){
		"AES-256-CBC":                          func(*Agreement) {},
		"3DES":                                 func(a *Agreement) { a.Cipher, a.Allow3DES = TripleDES, true },
		"signed":                               func(a *Agreement) { a.Cipher = "" },
		"compressed before, signed, encrypted": func(a *Agreement) { a.Compression = CompressBefore },
		"signed, compressed after, encrypted":  func(a *Agreement) { a.Compression = CompressAfter },
		"only compressed":                      func(a *Agreement) { a.Cipher, a.Sign, a.Compression = "", false, CompressBefore },
	} {
		want := document(size)
		req := pack(t, client(change), want)
		file, err := spool()
		if err != nil {
			t.Fatal(err)
		}
		n, header := len(req.Body), req.Header
		if name == "3DES" { // in base64 as well
			text := base64.StdEncoding.EncodeToString(req.Body)
			n = len(text)
			_, err = io.WriteString(file, text)
		} else {
			_, err = file.Write(req.Body)
		}
		if err != nil {
			t.Fatal(err)
		}
		req = nil
		find := finder(server(lenient, func(a *Agreement) { a.Allow3DES = true }))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := OpenBody(header, InFile(file, n), find, Limits{Spool: spool, Ratio: 5000})
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a := after.TotalAlloc - before.TotalAlloc; a > 6<<20 {
			t.Errorf("%s: %d octets were allocated", name, a)
		}
		if len(got.Payloads) != 1 || got.Payloads[0].Data != nil || got.Payloads[0].Size() != len(want.Data) {
			t.Fatalf("%s: %+v", name, got.Payloads)
		}
		data, err := io.ReadAll(got.Payloads[0].Reader())
		if err != nil || !bytes.Equal(data, want.Data) {
			t.Errorf("%s: %d octets, %v", name, len(data), err)
		}
		if name != "only compressed" && got.Signature == nil {
			t.Errorf("%s: not verified", name)
		}
	}
}

// What a message in memory inflates to lies in a file where it is large, and nothing is
// given where there is no room for it.
func TestOpenThatInflates(t *testing.T) {
	t.Parallel()
	find := finder(server(lenient))
	for name, order := range map[string]Compression{"before": CompressBefore, "after": CompressAfter} {
		req := pack(t, client(func(a *Agreement) { a.Compression = order }), document(3<<20))
		made := 0
		lim := Limits{Ratio: 5000, Spool: func() (File, error) { made++; return &memFile{}, nil }}
		got, err := OpenBody(req.Header, InMemory(req.Body), find, lim)
		if err != nil || len(req.Body) > 1<<20 || made == 0 || len(got.Payloads) != 1 || got.Payloads[0].Data != nil || got.Payloads[0].Size() != 3<<20 {
			t.Errorf("%s: %d octets, %d files, %v", name, len(req.Body), made, err)
		}
		lim.Spool = func() (File, error) { return nil, io.ErrShortWrite }
		if _, err := OpenBody(req.Header, InMemory(req.Body), find, lim); !isFile(err) {
			t.Errorf("%s: no room: %v", name, err)
		}
	}
}

// Our own file that fails is our failure, never the message's.
func TestOpenFromFileThatFails(t *testing.T) {
	t.Parallel()
	req := pack(t, client(func(*Agreement) {}), document(3<<20))
	find := finder(server(lenient))
	lim := Limits{Spool: func() (File, error) { return nil, io.ErrShortWrite }}
	if _, err := OpenBody(req.Header, InFile(bytes.NewReader(req.Body), len(req.Body)), find, lim); !isFile(err) {
		t.Errorf("no file: %v", err)
	}
	lim.Spool = func() (File, error) { return &memFile{}, nil }
	if _, err := OpenBody(req.Header, InFile(bytes.NewReader(req.Body[:2<<20]), len(req.Body)), find, lim); !isFile(err) {
		t.Errorf("a shorter file: %v", err)
	}
}

func isFile(err error) bool {
	var f *Failure
	return errors.Is(err, ErrFile) && !errors.As(err, &f)
}
