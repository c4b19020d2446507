package as2

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"
	"testing"
)

// TestEveryPermutation sends every combination of compression, signature and cipher
// with every receipt; digests, paddings and the number of documents turn with them.
func TestEveryPermutation(t *testing.T) {
	t.Parallel()
	digests := []Hash{SHA1, SHA224, SHA256, SHA384, SHA512}
	n := 0
	pairs := map[[2]string]bool{}
	for _, compression := range []Compression{NoCompression, CompressBefore, CompressAfter} {
		for _, signed := range []bool{false, true} {
			for _, cipher := range []Cipher{"", TripleDES, AES128, AES192, AES256, AES128GCM, AES192GCM, AES256GCM} {
				for _, receipt := range []Receipt{NoReceipt, UnsignedReceipt, SignedReceipt} {
					for _, async := range []string{"", "https://kestrel.example/as2"} {
						n++
						set := func(a *Agreement) {
							lenient(a)
							a.Compression, a.Sign, a.Cipher, a.Receipt, a.AsyncURL = compression, signed, cipher, receipt, async
							a.Digest, a.PSS, a.PlainNames = digests[n%5], n/2%2 == 1, n%2 == 1
							if n/7%2 == 1 {
								a.OAEP = digests[n/4%5]
							}
						}
						rel := client(set)
						a := rel.Agreement
						scheme, transport := fmt.Sprint(a.PSS), fmt.Sprint(a.OAEP != "")
						for _, with := range []string{"compressed " + string(compression), "cipher " + string(cipher), "receipt " + string(receipt) + async, "keys by " + transport} {
							if signed {
								pairs[[2]string{with, string(a.Digest) + scheme}] = true
							}
							if cipher != "" {
								pairs[[2]string{with, string(cipher) + transport}] = true
							}
						}
						docs := []Payload{order(), {ContentType: "application/pdf", FileName: "drawing.pdf", Data: []byte("%PDF\r\n\x00\xff")}, {ContentType: TypeXML, Data: []byte("<a/>\n")}}[:1+n%3]
						t.Run(fmt.Sprintf("%s signed=%v %s %s async=%v %s", compression, signed, cipher, receipt, async != "", a.Digest), func(t *testing.T) {
							t.Parallel()
							exchange(t, rel, docs)
						})
					}
				}
			}
		}
	}
	// What turns does not turn past anything: every digest and padding meets every cipher,
	// compression, receipt and key transport.
	digestPairs, keyPairs := (3+8+6+2)*5*2, (3+6+1+1)*7*2
	if want := digestPairs + keyPairs; len(pairs) != want {
		t.Errorf("%d pairs are sent, want %d", len(pairs), want)
	}
}

func exchange(t *testing.T, rel Relation, docs []Payload) {
	a := rel.Agreement
	req := pack(t, rel, docs...)
	theirs := server(func(s *Agreement) {
		s.RequireSigned, s.RequireEncrypted, s.PSS = a.Sign, a.Cipher != "", a.PSS
		allow(s)
	})
	got, err := Open(req.Header, req.Body, finder(theirs), Limits{})
	sameFromFile(t, req.Header, req.Body, theirs, Limits{}, got, err)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Payloads) != len(docs) {
		t.Fatalf("%d documents of %d", len(got.Payloads), len(docs))
	}
	for i, p := range got.Payloads {
		if !bytes.Equal(p.Data, docs[i].Data) || p.FileName != docs[i].FileName || p.ContentType != docs[i].ContentType {
			t.Errorf("document %d: %+v", i, p)
		}
	}
	if (got.Signature != nil) != a.Sign || a.Sign && (got.Signature.Hash != a.Digest || got.Signature.PSS != a.PSS || !got.Signature.Time.Equal(now)) {
		t.Errorf("signature %+v", got.Signature)
	}
	if (got.Encryption != nil) != (a.Cipher != "") || got.Encryption != nil && (got.Encryption.Cipher != a.Cipher || got.Encryption.OAEP != (a.OAEP != "")) {
		t.Errorf("encryption %+v", got.Encryption)
	}
	if got.Compressed != (a.Compression != NoCompression) {
		t.Errorf("compressed %v", got.Compressed)
	}
	if got.Ask.Wanted != (a.Receipt != NoReceipt) || got.Ask.Signed != (a.Receipt == SignedReceipt) {
		t.Errorf("asked for %+v", got.Ask)
	}
	if a.Receipt == NoReceipt {
		return
	}
	if got.Ask.Async != a.AsyncURL {
		t.Errorf("asynchronous to %q", got.Ask.Async)
	}
	reply := answer(t, got, Processed)
	if !IsMDN(reply.Header, reply.Body) || IsMDN(req.Header, req.Body) {
		t.Error("message and MDN are taken for one another")
	}
	report, err := ParseMDN(reply.Header, reply.Body, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := Confirmed
	if a.Receipt == SignedReceipt {
		want = Proven
	}
	f := report.Check(req.Sent, rel.Keys.Verify, true)
	if f.Verdict != want || f.Claim != Processed || report.Text != "Thank you.\r\nMerci." || report.Agent != "Entente" {
		t.Errorf("%+v of %+v", f, report)
	}
	if a.Receipt == SignedReceipt && (f.MatchedMIC.Hash != a.Digest || report.MIC.Name != a.Digest.Spell(a.PlainNames)) {
		t.Errorf("MIC by %s %q", f.MatchedMIC.Hash, report.MIC.Name)
	}
	// No MDN is believed for another message or under another certificate.
	other := req.Sent
	other.MessageID = "<other@kestrel.example>"
	if f := report.Check(other, rel.Keys.Verify, true); f.Verdict != WrongOriginal {
		t.Errorf("another message: %s", f.Verdict)
	}
	other = req.Sent
	other.MICs = []MIC{{a.Digest, "", make([]byte, hashes[a.Digest].Size())}, {SHA256, "", make([]byte, 32)}, {SHA1, "", make([]byte, 20)}}
	other.WithHeader = nil
	if f := report.Check(other, rel.Keys.Verify, true); f.Verdict != MICDiffers {
		t.Errorf("another MIC: %s", f.Verdict)
	}
	if report.Signed {
		if f := report.Check(req.Sent, client().Keys.Verify[:0], true); f.Verdict != OtherMDNSigner {
			t.Errorf("nothing pinned: %s", f.Verdict)
		}
	}
}

// TestMICBytes: what is digested, told from the bytes on the wire (RFC 4130 7.3.1).
func TestMICBytes(t *testing.T) {
	t.Parallel()
	open := func(req *Request, change ...func(*Agreement)) MIC {
		t.Helper()
		rel := server(append([]func(*Agreement){lenient}, change...)...)
		got, err := Open(req.Header, req.Body, finder(rel), Limits{})
		sameFromFile(t, req.Header, req.Body, rel, Limits{}, got, err)
		if err != nil {
			t.Fatal(err)
		}
		return got.MIC
	}
	sum := func(s string) []byte { b := sha256.Sum256([]byte(s)); return b[:] }

	if m := open(pack(t, client(plain))); !bytes.Equal(m.Sum, sum(x12)) {
		t.Error("plain: not over the content alone")
	}
	head := "Content-Type: application/edi-x12\r\nContent-Transfer-Encoding: binary\r\nContent-Disposition: attachment; filename=\"order 4500187342.x12\"\r\n\r\n"
	if m := open(pack(t, client(func(a *Agreement) { a.Cipher = "" }))); !bytes.Equal(m.Sum, sum(head+x12)) {
		t.Error("signed: not over header and content")
	}
	if m := open(pack(t, client(func(a *Agreement) { a.Sign = false }))); !bytes.Equal(m.Sum, sum(head+x12)) {
		t.Error("encrypted: not over header and content")
	}
	if m := open(pack(t, client(func(a *Agreement) { a.Sign, a.Compression = false, CompressBefore }))); !bytes.Equal(m.Sum, sum(head+x12)) {
		t.Error("compressed and encrypted: not over header and content")
	}
	if m := open(pack(t, client(func(a *Agreement) { a.Compression = CompressAfter }))); !bytes.Equal(m.Sum, sum(head+x12)) {
		t.Error("signed, then compressed: not over what was signed")
	}
	req := pack(t, client(func(a *Agreement) { a.Cipher, a.Compression = "", CompressBefore }))
	if m := open(req); !bytes.Equal(m.Sum, sum(string(firstPart(t, req)))) || bytes.Equal(m.Sum, sum(head+x12)) {
		t.Error("compressed, then signed: not over the compressed part")
	}

	compressed := pack(t, client(plain, func(a *Agreement) { a.Compression = CompressBefore }))
	if m := open(compressed); !bytes.Equal(m.Sum, sum(x12)) {
		t.Error("compressed only: not over the content")
	}
	withHeader := func(a *Agreement) { a.MICWithHeader = true }
	if m := open(compressed, withHeader); !bytes.Equal(m.Sum, sum(head+x12)) {
		t.Error("compressed only, by RFC 5402: not over header and content")
	}
	// The sender takes either.
	for _, change := range []func(*Agreement){lenient, withHeader} {
		got, err := Open(compressed.Header, compressed.Body, finder(server(lenient, change)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		reply := answer(t, got, Processed)
		report, err := ParseMDN(reply.Header, reply.Body, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		f := report.Check(compressed.Sent, client().Keys.Verify, false)
		if f.Verdict != Proven || f.WithHeader != got.Relation.Agreement.MICWithHeader {
			t.Errorf("with header %v: %+v", got.Relation.Agreement.MICWithHeader, f)
		}
	}
}

func firstPart(t *testing.T, req *Request) []byte {
	t.Helper()
	_, params := media(req.Header.Get("Content-Type"))
	_, rest, ok := bytes.Cut(req.Body, []byte("--"+params["boundary"]+"\r\n"))
	part, _, ok2 := bytes.Cut(rest, []byte("\r\n--"+params["boundary"]))
	if !ok || !ok2 {
		t.Fatal("no parts")
	}
	return part
}

// TestMICFollowsTheAsk: the first digest that we know, in the partner's spelling; with
// none named, the signature's.
func TestMICFollowsTheAsk(t *testing.T) {
	t.Parallel()
	req := pack(t, client(func(a *Agreement) { a.Digest = SHA512 }))
	for options, want := range map[string]string{
		"signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, md5, SHA1, sha256": "SHA1",
		"signed-receipt-protocol=optional,pkcs7-signature;signed-receipt-micalg=optional,sha-1":                "sha-1",
		"signed-receipt-protocol = required, PKCS7-Signature; signed-receipt-micalg = required , SHA-384":      "SHA-384",
		"signed-receipt-micalg=\"sha256\"":                  "sha256",
		"signed-receipt-protocol=optional, pkcs7-signature": "sha-512",
		"signed-receipt-micalg=optional, md5":               "sha-512",
		"":                                                  "sha-512",
	} {
		got, err := Open(req.Header.with("Disposition-Notification-Options", options), req.Body, finder(server(allow)), Limits{})
		if err != nil {
			t.Errorf("%q: %v", options, err)
			continue
		}
		if got.MIC.Name != want || !strings.HasSuffix(got.MIC.String(), ", "+want) {
			t.Errorf("%q: %q", options, got.MIC.String())
		}
		if signed := strings.Contains(strings.ToLower(options), "pkcs7"); got.Ask.Signed != signed {
			t.Errorf("%q: signed %v", options, got.Ask.Signed)
		}
	}
	part := firstPart(t, pack(t, client(func(a *Agreement) { a.Cipher = "" })))
	s1, s512 := sha1.Sum(part), sha512.Sum512(part)
	if !bytes.Equal(SHA1.sum(part), s1[:]) || !bytes.Equal(SHA512.sum(part[:9], part[9:]), s512[:]) {
		t.Error("digests differ from the library's")
	}
}

// TestOptionsWithoutTo ask for nothing.
func TestOptionsWithoutTo(t *testing.T) {
	t.Parallel()
	req := pack(t, client())
	got, err := Open(req.Header.with("Disposition-Notification-To", "-"), req.Body, finder(server()), Limits{})
	if err != nil || got.Ask.Wanted || got.Ask.Signed {
		t.Errorf("%v, %+v", err, got.Ask)
	}
}

func TestPackRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	good := Message{ID: NewID("a.example"), Payloads: []Payload{order()}}
	for name, c := range map[string]struct {
		m   Message
		rel Relation
	}{
		"no document":    {Message{ID: good.ID}, client()},
		"empty document": {Message{ID: good.ID, Payloads: []Payload{{ContentType: TypeX12}}}, client()},
		"no id":          {Message{Payloads: good.Payloads}, client()},
		"id of lines":    {Message{ID: "<a\r\nb>", Payloads: good.Payloads}, client()},
		"subject":        {Message{ID: good.ID, Subject: "a\nb", Payloads: good.Payloads}, client()},
		"content type":   {Message{ID: good.ID, Payloads: []Payload{{ContentType: "x\r\ny/z", Data: []byte("a")}}}, client()},
		"name":           {good, client(func(a *Agreement) { a.Them = "Ü" })},
		"same names":     {good, client(func(a *Agreement) { a.Them = a.Us })},
		"3DES":           {good, client(func(a *Agreement) { a.Cipher = TripleDES })},
		"SHA-1":          {good, client(func(a *Agreement) { a.Digest = SHA1 })},
		"cipher":         {good, client(func(a *Agreement) { a.Cipher = "rot13" })},
		"address":        {good, client(func(a *Agreement) { a.AsyncURL = "file:///etc/passwd" })},
		"no key":         {good, Relation{client().Agreement, Keys{Encrypt: aurelia().Certificate}}},
		"no certificate": {good, Relation{client().Agreement, Keys{Sign: kestrel()}}},
	} {
		if _, err := Pack(c.m, c.rel); err == nil {
			t.Errorf("%s: packed", name)
		}
	}
}

func TestWarningsAreDated(t *testing.T) {
	t.Parallel()
	if w := New("a", "b").Warnings(); len(w) != 0 {
		t.Errorf("the usual agreement warns: %v", w)
	}
	a := New("a", "b")
	a.Cipher, a.Digest, a.Receipt = TripleDES, SHA1, UnsignedReceipt
	var codes []string
	for _, w := range a.Warnings() {
		codes = append(codes, w.Code)
		if (w.Code == "3des" || w.Code == "sha1") && (w.Since.IsZero() || w.Since.After(now)) {
			t.Errorf("%s since %v", w.Code, w.Since)
		}
	}
	if got := strings.Join(codes, " "); got != "3des sha1 unsigned-mdn" {
		t.Error(got)
	}
}
