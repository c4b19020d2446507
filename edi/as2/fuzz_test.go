package as2

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// rawHeader writes the fields of a request that matter, so that a fuzzer may change them.
func rawHeader(h Header) []byte {
	var b bytes.Buffer
	for _, f := range h {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// FuzzOpen: nothing panics; every refusal is a Failure and can be answered or says why
// not; what is taken as signed is what Kestrel signed, whatever stands around it.
func FuzzOpen(f *testing.F) {
	for _, change := range []func(*Agreement){
		func(a *Agreement) { plain(a) },
		func(a *Agreement) { a.Cipher = "" },
		func(a *Agreement) { a.Cipher, a.Compression = "", CompressBefore },
		func(a *Agreement) { a.Cipher, a.Compression = "", CompressAfter },
		func(a *Agreement) { a.Sign = false },
		func(a *Agreement) { a.Cipher = AES128GCM },
	} {
		req := pack(f, client(change))
		f.Add(rawHeader(req.Header), req.Body)
		two := pack(f, client(change), order(), Payload{ContentType: TypeXML, FileName: "a.xml", Data: []byte("<a/>")})
		f.Add(rawHeader(two.Header), two.Body)
	}
	signedOnly := server(func(a *Agreement) { a.RequireEncrypted = false })
	open := server(lenient)
	lim := Limits{Inflated: 1 << 20, Header: 8 << 10, Parts: 20}
	f.Fuzz(func(t *testing.T, head, body []byte) {
		e, err := parseEntity(InMemory(head), lim.filled())
		if err != nil {
			return
		}
		before := bytes.Clone(body)
		for _, rel := range []Relation{signedOnly, open} {
			got, err := Open(e.header, body, finder(rel), lim)
			if !bytes.Equal(before, body) {
				t.Fatal("the body was changed")
			}
			sameFromFile(t, e.header, body, rel, lim, got, err)
			d := Processed
			if err != nil {
				var fail *Failure
				if !errors.As(err, &fail) || fail.Disposition.OK() || fail.Reason == "" {
					t.Fatalf("%v", err)
				}
				if len(got.Payloads) > 0 {
					t.Fatal("documents of a refused message")
				}
				d = fail.Disposition
			} else if rel.Agreement.RequireSigned && (got.Signature == nil || string(got.Payloads[0].Data) != x12) {
				t.Fatalf("taken as signed: %q", got.Payloads[0].Data)
			}
			got.Ask.Signed = false // a signature each time is slow
			reply, err := got.Answer(MDN{Disposition: d})
			if err != nil {
				if got.From != "" && got.To != "" && got.MessageID != "" {
					t.Fatal(err)
				}
				continue
			}
			report, err := ParseMDN(reply.Header, reply.Body, Limits{})
			if err != nil || report.Disposition != d || !SameMessageID(report.OriginalID, got.MessageID) {
				t.Fatalf("our own MDN: %v, %+v", err, report)
			}
		}
	})
}

// FuzzMDN: nothing panics, and nothing is proven but the one MDN that was signed.
func FuzzMDN(f *testing.F) {
	rel := client(func(a *Agreement) { a.Cipher = "" })
	req := pack(f, rel)
	got, err := Open(req.Header, req.Body, finder(server(func(a *Agreement) { a.RequireEncrypted = false })), Limits{})
	if err != nil {
		f.Fatal(err)
	}
	bad := answer(f, got, DecryptionFailed)
	f.Add(rawHeader(bad.Header), bad.Body)
	got.Ask.Signed = false
	good := answer(f, got, Processed)
	f.Add(rawHeader(good.Header), good.Body)
	f.Add([]byte("Content-Type: multipart/report; boundary=b\r\n\r\n"), []byte(foreign(req.Sent.MessageID, req.Sent.MICs[0].String())))
	f.Fuzz(func(t *testing.T, head, body []byte) {
		e, err := parseEntity(InMemory(head), Limits{}.filled())
		if err != nil {
			return
		}
		IsMDN(e.header, body)
		r, err := ParseMDN(e.header, body, Limits{})
		if err != nil {
			if v := VerdictOf(err); v != EmptyMDN && v != NoMDN {
				t.Fatal(v)
			}
			return
		}
		// The corpus holds no signed MDN that says it was processed.
		if f := r.Check(req.Sent, rel.Keys.Verify, true); f.Verdict == Proven || f.Verdict == Confirmed {
			t.Fatalf("%+v", f)
		}
	})
}

// FuzzFields: names, parameters, file names and digests: what is written is read back.
func FuzzFields(f *testing.F) {
	f.Add(`multipart/signed; micalg=sha1; boundary="a b"`)
	f.Add(`"a\"b\\c"`)
	f.Add(`attachment; filename*=UTF-8''%E8%AE%A2.x12; filename=a`)
	f.Add("automatic-action/MDN-sent-automatically; processed/error: x")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil {
			if back, err := ParseID(FormatID(id)); err != nil || back != id && FormatID(id) != id {
				t.Fatalf("%q is written %q and read %q, %v", id, FormatID(id), back, err)
			}
		}
		media(s)
		name := SafeName(s)
		if name != SafeName(name) || len(name) > maxName || bytes.ContainsAny([]byte(name), "/\\\r\n\x00") {
			t.Fatalf("%q is no safe name", name)
		}
		if name != "" {
			value := disposition(name)
			if got := fileName(Header{{"Content-Disposition", value}}); !clean(value) || got != name {
				t.Fatalf("%q is written %q and read %q", name, value, got)
			}
		}
		if m, ok := ParseMIC(s); ok {
			if back, ok := ParseMIC(m.String()); !ok || !back.Equal(m) {
				t.Fatalf("%q is read %v", s, m)
			}
		}
		d := ParseDisposition(s)
		if d.Modifier != "" && !d.OK() && ParseDisposition(d.String()).OK() {
			t.Fatalf("%q: %+v becomes a success", s, d)
		}
	})
}

// sameFromFile opens a message from a file and wants what opening it in memory gave.
func sameFromFile(t testing.TB, h Header, body []byte, rel Relation, lim Limits, want *Received, failed error) {
	t.Helper()
	lim.Spool = func() (File, error) { return &memFile{}, nil }
	got, err := OpenBody(h, InFile(bytes.NewReader(body), len(body)), finder(rel), lim)
	var a, b *Failure
	if errors.As(failed, &a) != errors.As(err, &b) || a != nil && (a.Disposition != b.Disposition || a.Reason != b.Reason) {
		t.Fatalf("from memory %v, from a file %v", failed, err)
	}
	if got.MIC.String() != want.MIC.String() || len(got.Payloads) != len(want.Payloads) || (got.Signature == nil) != (want.Signature == nil) || (got.Encryption == nil) != (want.Encryption == nil) || got.Compressed != want.Compressed {
		t.Fatalf("from memory %+v, from a file %+v", want, got)
	}
	for i := range got.Payloads {
		p := &got.Payloads[i]
		data, err := io.ReadAll(p.Reader())
		if err != nil || !bytes.Equal(data, want.Payloads[i].Data) || p.FileName != want.Payloads[i].FileName || p.Size() != len(data) {
			t.Fatalf("document %d: %d octets instead of %d, %v", i, len(data), len(want.Payloads[i].Data), err)
		}
	}
}

// memFile is a File of a test.
type memFile struct{ b []byte }

func (f *memFile) Write(b []byte) (int, error) {
	f.b = append(f.b, b...)
	return len(b), nil
}

func (f *memFile) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(f.b).ReadAt(b, at) }
