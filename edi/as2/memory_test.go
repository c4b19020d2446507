package as2

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
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

// repeated is a document of any size that takes no room.
type repeated struct{}

func (repeated) ReadAt(b []byte, at int64) (int, error) {
	for n := 0; n < len(b); {
		n += copy(b[n:], x12[(int(at)+n)%len(x12):])
	}
	return len(b), nil
}

// allocated is all that fn allocates, garbage too: more than it ever holds.
func allocated(fn func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += n
	return n, err
}

// inPieces writes DER anew as many senders write BER: every length indefinite, what is large
// in pieces of 50 octets.
func inPieces(t *testing.T, spool func() (File, error), der io.Reader, size int) io.Reader {
	t.Helper()
	from, err := spool()
	if err != nil {
		t.Fatal(err)
	}
	to, err := spool()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(from, der); err != nil {
		t.Fatal(err)
	}
	out := &counted{w: to}
	w := bufio.NewWriter(out)
	var walk func(at, end int)
	walk = func(at, end int) {
		for at < end {
			var head [8]byte
			if n, err := from.ReadAt(head[:], int64(at)); n == 0 {
				t.Fatal(err)
			}
			start := at
			at += 2
			n := int(head[1])
			if n > 0x80 {
				at += n - 0x80
				long := head[2 : 2+n-0x80]
				n = 0
				for _, c := range long {
					n = n<<8 | int(c)
				}
			}
			body := bufio.NewReader(io.NewSectionReader(from, int64(at), int64(n)))
			switch id := head[0]; {
			case id&0x20 != 0:
				_, _ = w.Write([]byte{id, 0x80})
				walk(at, at+n)
				_, _ = w.Write([]byte{0, 0})
			case (id == 0x04 || id == 0x80) && n > 100:
				_, _ = w.Write([]byte{id | 0x20, 0x80})
				for left := n; left > 0; left -= 50 {
					_, _ = w.Write([]byte{0x04, byte(min(left, 50))})
					_, _ = io.CopyN(w, body, int64(min(left, 50)))
				}
				_, _ = w.Write([]byte{0, 0})
			default:
				_, _ = w.Write(head[:at-start])
				_, _ = io.Copy(w, body)
			}
			at += n
		}
	}
	walk(0, size)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return InFile(to, out.n).Reader()
}

// A large message costs no memory, however its layers lie, neither who sends it nor who
// takes it: it is compressed, encrypted, decrypted, inflated and decoded into files, and
// signed and verified from there. It is not parallel: it counts everything that is
// allocated meanwhile.
func TestFilesBoundMemory(t *testing.T) {
	const bound, large, small = 6 << 20, 100_000_000, 12 << 20
	for name, c := range map[string]struct {
		size   int
		change func(*Agreement)
	}{
		"AES-256-CBC":                          {large, func(*Agreement) {}},
		"AES-256-CBC in BER":                   {large, func(*Agreement) {}},
		"AES-256-GCM in BER, in base64":        {large / 2, func(a *Agreement) { a.Cipher = AES256GCM }},
		"only compressed, in BER":              {small, func(a *Agreement) { a.Cipher, a.Sign, a.Compression = "", false, CompressBefore }},
		"AES-256-GCM":                          {large, func(a *Agreement) { a.Cipher = AES256GCM }},
		"signed":                               {large, func(a *Agreement) { a.Cipher = "" }},
		"compressed before, signed, GCM":       {large, func(a *Agreement) { a.Cipher, a.Compression = AES128GCM, CompressBefore }},
		"3DES, in base64":                      {3 << 20, func(a *Agreement) { a.Cipher, a.Allow3DES = TripleDES, true }},
		"GCM without a signature":              {small, func(a *Agreement) { a.Cipher, a.Sign = AES192GCM, false }},
		"compressed before, signed, encrypted": {small, func(a *Agreement) { a.Compression = CompressBefore }},
		"signed, compressed after, encrypted":  {small, func(a *Agreement) { a.Compression = CompressAfter }},
		"only compressed":                      {small, func(a *Agreement) { a.Cipher, a.Sign, a.Compression = "", false, CompressBefore }},
		"plain":                                {small, plain},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			spool := func() (File, error) {
				f, err := os.CreateTemp(dir, "")
				if err == nil {
					t.Cleanup(func() { _ = f.Close() })
					err = os.Remove(f.Name())
				}
				return f, err
			}
			want := InFile(repeated{}, c.size)
			rel := client(c.change)
			in, err := spool()
			if err != nil {
				t.Fatal(err)
			}
			var sent *Packed
			if a := allocated(func() {
				sent, err = PackIn(Message{ID: NewID("kestrel.example"), Date: now, Payloads: []Payload{NewPayload(TypeX12, "big.x12", want)}}, rel, spool)
				if err != nil {
					return
				}
				_, err = io.Copy(io.Discard, sent.Body.Reader())
			}); err != nil || a > bound {
				t.Fatalf("packing: %d octets were allocated, %v", a, err)
			}
			body := sent.Body.Reader()
			if strings.Contains(name, "BER") {
				body = inPieces(t, spool, body, sent.Body.Len())
			}
			out := &counted{w: in}
			if strings.Contains(name, "base64") {
				w := base64.NewEncoder(base64.StdEncoding, out)
				_, err = io.Copy(w, body)
				err = errors.Join(err, w.Close())
			} else {
				_, err = io.Copy(out, body)
			}
			if err != nil {
				t.Fatal(err)
			}
			find := finder(server(lenient, func(a *Agreement) { a.Allow3DES = true }))
			var got *Received
			if a := allocated(func() { got, err = OpenBody(sent.Header, InFile(in, out.n), find, Limits{Spool: spool, Ratio: 5000}) }); err != nil || a > bound {
				t.Fatalf("opening: %d octets were allocated, %v", a, err)
			}
			if len(got.Payloads) != 1 || got.Payloads[0].Data != nil || got.Payloads[0].Size() != c.size {
				t.Fatalf("%+v", got.Payloads)
			}
			for at := 0; at < c.size; at += 7 << 20 {
				a, err := got.Payloads[0].whole().At(at, 1000)
				b, _ := want.At(at, 1000)
				if err != nil || !bytes.Equal(a, b) {
					t.Fatalf("other octets at %d: %v", at, err)
				}
			}
			if !got.MIC.Equal(sent.Sent.MICs[0]) && !got.MIC.Equal(sent.Sent.MICs[1]) {
				t.Errorf("another MIC: %v, not %v", got.MIC, sent.Sent.MICs)
			}
			if rel.Agreement.Sign != (got.Signature != nil) {
				t.Error("not verified")
			}
		})
	}
}

// A file that fails while a message is made is our failure.
func TestPackIntoFileThatFails(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Agreement){
		"CBC": func(*Agreement) {}, "GCM": func(a *Agreement) { a.Cipher = AES128GCM }, "compressed": func(a *Agreement) { a.Compression = CompressAfter },
	} {
		whole := bytes.NewReader(make([]byte, 3<<20))
		m := Message{ID: NewID("kestrel.example"), Date: now, Payloads: []Payload{NewPayload(TypeX12, "", InFile(whole, whole.Len()))}}
		if _, err := PackIn(m, client(change), func() (File, error) { return nil, io.ErrShortWrite }); name != "compressed" && !isFile(err) {
			t.Errorf("%s: no file: %v", name, err)
		}
		m.Payloads[0] = NewPayload(TypeX12, "", InFile(whole, whole.Len()+1))
		if _, err := PackIn(m, client(change), func() (File, error) { return &memFile{}, nil }); !isFile(err) {
			t.Errorf("%s: a shorter file: %v", name, err)
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
