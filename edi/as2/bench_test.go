package as2

import (
	"bytes"
	"testing"
)

func document(n int) Payload {
	return Payload{ContentType: TypeX12, FileName: "order.x12", Data: bytes.Repeat([]byte(x12), n/len(x12)+1)[:n]}
}

func BenchmarkPack20kB(b *testing.B) {
	rel, doc := client(), document(20_000)
	b.SetBytes(20_000)
	b.ReportAllocs()
	for b.Loop() {
		pack(b, rel, doc)
	}
}

func BenchmarkOpen20kB(b *testing.B) {
	req := pack(b, client(), document(20_000))
	find := finder(server())
	b.SetBytes(20_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(req.Header, req.Body, find, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRoundTrip20kB is what both sides do for one message: pack, open, answer with
// a signed MDN, and check it.
func BenchmarkRoundTrip20kB(b *testing.B) {
	rel, doc := client(), document(20_000)
	find := finder(server())
	b.ReportAllocs()
	for b.Loop() {
		req := pack(b, rel, doc)
		got, err := Open(req.Header, req.Body, find, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		reply := answer(b, got, Processed)
		report, err := ParseMDN(reply.Header, reply.Body, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if f := report.Check(req.Sent, rel.Keys.Verify, false); f.Verdict != Proven {
			b.Fatal(f.Verdict)
		}
	}
}

func BenchmarkOpen100MB(b *testing.B) {
	for name, change := range map[string]func(*Agreement){
		"AES-256-CBC": func(*Agreement) {},
		"AES-256-GCM": func(a *Agreement) { a.Cipher = AES256GCM },
		"compressed":  func(a *Agreement) { a.Compression = CompressBefore },
		"3DES":        func(a *Agreement) { allow(a); a.Cipher = TripleDES },
	} {
		b.Run(name, func(b *testing.B) {
			doc := document(100_000_000)
			if name == "compressed" { // what repeats too well is refused as a bomb
				for i := 0; i < len(doc.Data); i += 7 {
					doc.Data[i] = byte(i*i>>13) & 63
				}
			}
			req := pack(b, client(change), doc)
			find := finder(server(allow))
			b.SetBytes(100_000_000)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Open(req.Header, req.Body, find, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
