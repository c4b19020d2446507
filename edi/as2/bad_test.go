package as2

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"entente/edi/as2/internal/cms"
	"entente/edi/as2/internal/span"
)

// TestBadInput: each kind of broken, foreign or hostile message gets its disposition,
// and its answer is an MDN that the sender reads as such.
func TestBadInput(t *testing.T) {
	t.Parallel()
	good := pack(t, client())
	signedOnly := pack(t, client(func(a *Agreement) { a.Cipher = "" }))
	gcm := pack(t, client(func(a *Agreement) { a.Cipher = AES256GCM }))
	packed := pack(t, client(plain, func(a *Agreement) { a.Compression = CompressBefore }))
	part := firstPart(t, signedOnly)
	_, params := media(signedOnly.Header.Get("Content-Type"))
	boundary := "--" + params["boundary"]
	replace := func(req *Request, old, new string) *Request {
		t.Helper()
		if !bytes.Contains(req.Body, []byte(old)) {
			t.Fatalf("%q is not there", old)
		}
		return &Request{Header: req.Header, Body: bytes.Replace(req.Body, []byte(old), []byte(new), 1)}
	}
	body := func(req *Request, b []byte) *Request { return &Request{Header: req.Header, Body: b} }
	head := func(req *Request, name, value string) *Request {
		return &Request{Header: req.Header.with(name, value), Body: req.Body}
	}
	flip := func(req *Request, at int) *Request {
		b := bytes.Clone(req.Body)
		b[at] ^= 1
		return body(req, b)
	}
	forMallory := client()
	forMallory.Keys.Encrypt = mallory().Certificate
	byMallory := client()
	byMallory.Keys.Sign = mallory()
	stolen := client() // Mallory's key under Kestrel's name
	stolen.Keys.Sign = Identity{kestrel().Certificate, mallory().Key}

	bomb := pack(t, client(plain, func(a *Agreement) { a.Compression = CompressBefore }), Payload{ContentType: TypeX12, Data: make([]byte, 8<<20)})
	nested := part
	for range 30 {
		d, err := compress(draft{Header{{"Content-Type", "application/edi-x12"}}, span.Join(nested)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if nested, err = d.entity().Bytes(); err != nil {
			t.Fatal(err)
		}
	}
	deep, err := parseEntity(InMemory(nested), Limits{}.filled())
	if err != nil {
		t.Fatal(err)
	}
	twice, err := compress(draft{deep.header, Content{deep.body}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	many := new(bytes.Buffer)
	for range 200 {
		many.WriteString("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n")
	}
	many.WriteString("--b--\r\n")

	lenientServer := func(a *Agreement) { plain(a) }
	for name, c := range map[string]struct {
		req    *Request
		want   Disposition
		reason Reason
		set    func(*Agreement)
	}{
		"content changed":        {replace(signedOnly, "*000000001*0*P", "*000000002*0*P"), IntegrityFailed, Changed, nil},
		"header changed":         {replace(signedOnly, "edi-x12\r\n", "edi-X12\r\n"), IntegrityFailed, Changed, nil},
		"signature by another":   {pack(t, byMallory), AuthenticationFailed, OtherSigner, nil},
		"signature forged":       {pack(t, stolen), AuthenticationFailed, BadSignature, nil},
		"signature garbage":      {replace(signedOnly, "MII", "AAA"), AuthenticationFailed, BadCMS, nil},
		"signature gone":         {body(signedOnly, []byte(boundary+"\r\n"+string(part)+"\r\n"+boundary+"--\r\n")), UnexpectedError, BadMIME, nil},
		"signed, cut off":        {body(signedOnly, signedOnly.Body[:len(signedOnly.Body)-40]), UnexpectedError, BadMIME, nil},
		"boundary of another":    {head(signedOnly, "Content-Type", `multipart/signed; boundary="other"`), UnexpectedError, BadMIME, nil},
		"boundary missing":       {head(signedOnly, "Content-Type", `multipart/signed`), UnexpectedError, BadMIME, nil},
		"for another":            {pack(t, forMallory), DecryptionFailed, OtherRecipient, nil},
		"ciphertext changed":     {flip(good, len(good.Body)/2), DecryptionFailed, NotDecrypted, nil},
		"last octet changed":     {flip(good, len(good.Body)-1), DecryptionFailed, NotDecrypted, nil},
		"GCM changed":            {flip(gcm, len(gcm.Body)/2), DecryptionFailed, NotDecrypted, nil},
		"GCM tag changed":        {flip(gcm, len(gcm.Body)-1), DecryptionFailed, NotDecrypted, nil},
		"encrypted, cut off":     {body(good, good.Body[:len(good.Body)/2]), DecryptionFailed, BadCMS, nil},
		"garbage":                {body(good, bytes.Repeat([]byte("garbage \x00\xff"), 300)), DecryptionFailed, BadCMS, nil},
		"garbage, signed":        {body(signedOnly, bytes.Repeat([]byte("garbage \x00\xff"), 300)), UnexpectedError, BadMIME, nil},
		"empty":                  {body(good, nil), UnexpectedError, Empty, nil},
		"empty document":         {body(head(signedOnly, "Content-Type", "multipart/related; boundary=b"), []byte("--b\r\nA: b\r\n\r\n\r\n--b--")), UnexpectedError, Empty, lenientServer},
		"no documents":           {body(head(signedOnly, "Content-Type", "multipart/related; boundary=b"), []byte("--b--\r\n")), UnexpectedError, Empty, lenientServer},
		"too many parts":         {body(head(signedOnly, "Content-Type", "multipart/related; boundary=b"), many.Bytes()), UnexpectedError, BadMIME, lenientServer},
		"deep BER":               {body(good, bytes.Repeat([]byte{0x30, 0x80}, 100000)), DecryptionFailed, BadCMS, nil},
		"inflates 1000 times":    {bomb, DecompressionFailed, Oversize, lenientServer},
		"compressed, cut off":    {body(packed, packed.Body[:len(packed.Body)-5]), DecompressionFailed, BadCMS, lenientServer},
		"compressed, changed":    {flip(packed, len(packed.Body)-1), DecompressionFailed, NotDecompressed, lenientServer},
		"compressed 30 times":    {&Request{Header: head(packed, "Content-Type", deep.header.Get("Content-Type")).Header, Body: join(twice.body)}, UnexpectedError, Nested, lenientServer},
		"endless header inside":  {body(signedOnly, bytes.Replace(signedOnly.Body, []byte("Content-Type: app"), []byte(strings.Repeat("X-A: b\r\n", 20000)+"Content-Type: app"), 1)), IntegrityFailed, Changed, nil},
		"header without an end":  {body(head(signedOnly, "Content-Type", "multipart/related; boundary=b"), []byte("--b\r\n"+strings.Repeat("A: b\r\n", 20000)+"\r\nx\r\n--b--")), UnexpectedError, BadMIME, lenientServer},
		"endless headers":        {head(good, "X-Long", strings.Repeat("x", 70000)), UnexpectedError, BadHeader, nil},
		"foreign sender":         {head(good, "AS2-From", "STRANGER"), UnknownRelation, UnknownPair, nil},
		"foreign receiver":       {head(good, "AS2-To", "STRANGER"), UnknownRelation, UnknownPair, nil},
		"name in other case":     {head(good, "AS2-From", "kestrel-as2"), UnknownRelation, UnknownPair, nil},
		"not signed":             {pack(t, client(func(a *Agreement) { a.Sign = false })), InsufficientSecurity, NotSigned, nil},
		"not encrypted":          {signedOnly, InsufficientSecurity, NotEncrypted, func(a *Agreement) { a.RequireEncrypted = true }},
		"plain":                  {pack(t, client(plain)), InsufficientSecurity, NotSigned, nil},
		"SHA-1":                  {pack(t, client(allow, func(a *Agreement) { a.Digest = SHA1 })), InsufficientSecurity, WeakDigest, nil},
		"3DES":                   {pack(t, client(allow, func(a *Agreement) { a.Cipher = TripleDES })), InsufficientSecurity, WeakCipher, nil},
		"receipt by PGP":         {head(good, "Disposition-Notification-Options", "signed-receipt-protocol=required, pgp-signature"), UnsupportedFormat, BadAsk, nil},
		"receipt by MD5":         {head(good, "Disposition-Notification-Options", "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5"), UnsupportedMIC, BadAsk, nil},
		"receipt to a file":      {head(good, "Receipt-Delivery-Option", "file:///etc/passwd"), UnexpectedError, BadAsk, nil},
		"receipt with a user":    {head(good, "Receipt-Delivery-Option", "https://a:b@kestrel.example/"), UnexpectedError, BadAsk, nil},
		"broken base64 document": {body(head(head(signedOnly, "Content-Type", "text/plain"), "Content-Transfer-Encoding", "base64"), []byte("***")), UnexpectedError, BadMIME, lenientServer},
		"an MDN":                 {head(signedOnly, "Content-Type", "multipart/report; boundary=b"), UnexpectedError, NotSupported, lenientServer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rel := server(func(a *Agreement) { a.RequireEncrypted = false })
			if c.set != nil {
				c.set(&rel.Agreement)
			}
			before := bytes.Clone(c.req.Body)
			got, err := Open(c.req.Header, c.req.Body, finder(rel), Limits{})
			sameFromFile(t, c.req.Header, c.req.Body, rel, Limits{}, got, err)
			f := failure(t, err)
			if f.Disposition != c.want || f.Reason != c.reason {
				t.Fatalf("%v", f)
			}
			if !bytes.Equal(before, c.req.Body) {
				t.Error("the body was changed")
			}
			if len(got.Payloads) > 0 {
				t.Error("a refused message gives documents")
			}
			reply := answer(t, got, f.Disposition)
			report, err := ParseMDN(reply.Header, reply.Body, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if report.Disposition.OK() || report.Disposition != c.want || report.OriginalID != c.req.Header.Get("Message-ID") {
				t.Errorf("answered %+v", report)
			}
			if want := got.Known && got.Ask.Signed; report.Signed != want {
				t.Errorf("MDN signed: %v", report.Signed)
			}
		})
	}
}

// TestUnanswerable: without names or id there is nobody to answer.
func TestUnanswerable(t *testing.T) {
	t.Parallel()
	req := pack(t, client())
	for name, h := range map[string]Header{
		"no From":        req.Header.with("AS2-From", "-"),
		"no To":          req.Header.with("AS2-To", "-"),
		"no id":          req.Header.with("Message-ID", "-"),
		"two From":       append(slices.Clone(req.Header), Field{"as2-from", "KESTREL-AS3"}),
		"two ids":        append(slices.Clone(req.Header), Field{"message-id", "<x>"}),
		"From too long":  req.Header.with("AS2-From", strings.Repeat("a", 129)),
		"From not ASCII": req.Header.with("AS2-From", "K\xc3\x9c"),
		"From control":   req.Header.with("AS2-From", "K\x01"),
		"From unquoted":  req.Header.with("AS2-From", `"KESTREL`),
		"id control":     req.Header.with("Message-ID", "<a\x00b>"),
		"id too long":    req.Header.with("Message-ID", "<"+strings.Repeat("a", 999)+">"),
		"id empty":       req.Header.with("Message-ID", "<>"),
	} {
		got, err := Open(h, req.Body, finder(server()), Limits{})
		if f := failure(t, err); f.Reason != BadHeader {
			t.Errorf("%s: %v", name, f)
		}
		if _, err := got.Answer(MDN{Disposition: UnexpectedError}); err == nil {
			t.Errorf("%s: answered", name)
		}
	}
}

// TestCutAnywhere: a message cut at any octet is refused.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	for name, req := range map[string]*Request{
		"signed":     pack(t, client(func(a *Agreement) { a.Cipher = "" })),
		"GCM":        pack(t, client(func(a *Agreement) { a.Cipher = AES128GCM })),
		"compressed": pack(t, client(func(a *Agreement) { a.Compression, a.Cipher = CompressAfter, "" })),
	} {
		// The signed body ends in "--\r\n", of which the line end may be missing.
		for i := range len(req.Body) - 2 {
			if _, err := Open(req.Header, req.Body[:i], finder(server(func(a *Agreement) { a.RequireEncrypted = false })), Limits{}); err == nil {
				t.Fatalf("%s: cut at %d of %d and taken", name, i, len(req.Body))
			}
		}
	}
}

// TestPaddingIsNoOracle changes the octet that decides the padding to all values,
// under a signature: one of them gives a right padding, and nobody can see which.
func TestPaddingIsNoOracle(t *testing.T) {
	t.Parallel()
	for _, cipher := range []Cipher{AES256, TripleDES} {
		req := pack(t, client(allow, func(a *Agreement) { a.Cipher = cipher }))
		size := 16
		if cipher == TripleDES {
			size = 8
		}
		good := 0
		seen := map[string]int{}
		for x := 1; x < 256; x++ {
			b := bytes.Clone(req.Body)
			b[len(b)-size-1] ^= byte(x)
			if p, err := cms.Decrypt(b, server().Keys.decrypters()); err == nil && !p.Doubtful {
				good++
			}
			_, err := Open(req.Header, b, finder(server(allow)), Limits{})
			f := failure(t, err)
			seen[f.Disposition.String()+" "+string(f.Reason)]++
		}
		if good == 0 {
			t.Errorf("%s: no padding was right: the test tests nothing", cipher)
		}
		if len(seen) != 1 {
			t.Errorf("%s: told apart: %v", cipher, seen)
		}
	}
	// A wrong key and a wrong padding are told alike.
	wrong := server()
	wrong.Keys.Decrypt = []Identity{{aurelia().Certificate, mallory().Key}}
	req := pack(t, client())
	for range 20 {
		_, err := Open(req.Header, req.Body, finder(wrong), Limits{})
		if f := failure(t, err); f.Disposition != DecryptionFailed {
			t.Fatal(f)
		}
	}
}

// TestWrongPaddingNeverPasses, not even where the contents are whole.
func TestWrongPaddingNeverPasses(t *testing.T) {
	t.Parallel()
	rel := client(func(a *Agreement) { a.Sign, a.Digest = false, SHA256 })
	inner := append([]byte("Content-Type: text/plain\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef"), 20)...)
	for len(inner)%16 != 4 {
		inner = append(inner, 'x')
	}
	sealed, err := cms.Encrypt(span.Join(inner), []*x509.Certificate{aurelia().Certificate}, cms.EncryptOptions{Cipher: cms.AES256CBC}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := mem(sealed)
	req := pack(t, rel)
	if _, err := Open(req.Header, b, finder(server(lenient)), Limits{}); err != nil {
		t.Fatal(err)
	}
	b[len(b)-17] ^= 0x55 // the last octet of the padding; a block of text is garbled
	_, err = Open(req.Header, b, finder(server(lenient)), Limits{})
	if f := failure(t, err); f.Disposition != DecryptionFailed {
		t.Error(f)
	}
}

// TestCarriedCertificateIsNeverTrusted: a message that brings its own certificate, of
// the partner's name, is shown and refused.
func TestCarriedCertificateIsNeverTrusted(t *testing.T) {
	t.Parallel()
	fake, err := generate("KESTREL-AS2", now, now.AddDate(1, 0, 0), 2048)
	if err != nil {
		t.Fatal(err)
	}
	rel := client()
	rel.Keys.Sign = fake
	req := pack(t, rel)
	got, err := Open(req.Header, req.Body, finder(server()), Limits{})
	if f := failure(t, err); f.Disposition != AuthenticationFailed || f.Reason != OtherSigner {
		t.Error(f)
	}
	if len(got.Carried) != 1 || !bytes.Equal(got.Carried[0], fake.Certificate.Raw) {
		t.Errorf("%d certificates to show", len(got.Carried))
	}
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	lim := Limits{Body: 3 << 20}
	for _, n := range []int{0, 1, 1 << 20, 3<<20 - 1, 3 << 20} {
		data := bytes.Repeat([]byte{7}, n)
		for _, length := range []int64{int64(n), -1} {
			got, err := ReadBody(bytes.NewReader(data), length, lim)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d of length %d: %d, %v", n, length, len(got), err)
			}
		}
	}
	if _, err := ReadBody(untouched{t}, 3<<20+1, lim); err != ErrTooLarge {
		t.Errorf("declared too large: %v", err)
	}
	endless := &counter{}
	if _, err := ReadBody(endless, -1, lim); err != ErrTooLarge || endless.n > 5<<20 {
		t.Errorf("endless: %v after %d", err, endless.n)
	}
	if _, err := ReadBody(strings.NewReader("abc"), 5, lim); err == nil {
		t.Error("cut off and taken")
	}
}

type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) { u.t.Error("read"); return 0, io.EOF }

type counter struct{ n int }

func (c *counter) Read(b []byte) (int, error) { c.n += len(b); return len(b), nil }

// TestBombCostsNothing: 1000 times is refused without allocating it.
func TestBombCostsNothing(t *testing.T) {
	rel := client(plain, func(a *Agreement) { a.Compression = CompressBefore })
	req := pack(t, rel, Payload{ContentType: TypeX12, Data: make([]byte, 32<<20)})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Open(req.Header, req.Body, finder(server(plain)), Limits{})
	runtime.ReadMemStats(&after)
	if f := failure(t, err); f.Disposition != DecompressionFailed || f.Reason != Oversize {
		t.Error(f)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d MiB allocated for %d KiB", n>>20, len(req.Body)>>10)
	}
}

// TestHundredMegabytes: packed, opened and the same, within three times its size.
func TestHundredMegabytes(t *testing.T) {
	data := make([]byte, 100_000_000)
	for i := range data {
		data[i] = byte(i*i>>9) ^ byte(i>>3)
	}
	req := pack(t, client(func(a *Agreement) { a.Cipher = AES128GCM }), Payload{ContentType: TypeX12, FileName: "big.x12", Data: data})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := Open(req.Header, req.Body, finder(server()), Limits{})
	runtime.ReadMemStats(&after)
	if err != nil || !bytes.Equal(got.Payloads[0].Data, data) {
		t.Fatal(err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 110<<20 {
		t.Errorf("%d MiB allocated beside the body", n>>20)
	}
	_, err = Open(req.Header, append(req.Body, make([]byte, 40<<20)...), finder(server()), Limits{})
	if f := failure(t, err); f.Reason != Oversize {
		t.Error(f)
	}
}

// TestTolerated: what real stacks do and no rule forbids us to read.
func TestTolerated(t *testing.T) {
	t.Parallel()
	rel := client(func(a *Agreement) { a.Cipher = "" })
	signed := pack(t, rel)
	encrypted := pack(t, client())
	set := func(req *Request, pairs ...string) *Request {
		out := &Request{Header: req.Header, Body: req.Body}
		for i := 0; i < len(pairs); i += 2 {
			out.Header = out.Header.with(pairs[i], pairs[i+1])
		}
		return out
	}
	inBase64 := []byte(base64.StdEncoding.EncodeToString(encrypted.Body))
	enclosed := []byte("Content-Type: application/edi-x12\r\n\r\n" + x12)
	opaque, err := cms.Sign(SHA256.sum(enclosed), kestrel().Key, kestrel().Certificate, cms.SignOptions{Hash: crypto.SHA256, Content: enclosed})
	if err != nil {
		t.Fatal(err)
	}
	_, params := media(signed.Header.Get("Content-Type"))
	for name, req := range map[string]*Request{
		"id without brackets":     set(signed, "Message-ID", "123@kestrel.example"),
		"no blank after ;":        set(signed, "Content-Type", `multipart/signed;protocol="application/x-pkcs7-signature";micalg=sha1;boundary="`+params["boundary"]+`"`),
		"unquoted slash":          set(signed, "Content-Type", `Multipart/Signed; protocol=application/pkcs7-signature; micalg=sha-256; boundary=`+params["boundary"]),
		"folded header":           set(signed, "Content-Type", "multipart/signed;\r\n\tprotocol=\"application/pkcs7-signature\";\r\n boundary=\""+params["boundary"]+"\""),
		"twice the parameter":     set(signed, "Content-Type", `multipart/signed; micalg=sha1; micalg=sha1; boundary="`+params["boundary"]+`"`),
		"quoted names":            set(signed, "AS2-From", `"KESTREL-AS2"`, "AS2-To", ` "AURELIA-AS2" `),
		"folded name":             set(signed, "AS2-From", "\r\n KESTREL-AS2"),
		"From and id twice alike": {Header: append(slices.Clone(signed.Header), Field{"as2-from", `KESTREL-AS2 `}, Field{"message-id", signed.Sent.MessageID}), Body: signed.Body},
		"version 1.0":             set(signed, "AS2-Version", "1.0"),
		"version unknown":         set(signed, "AS2-Version", "1.7"),
		"no version":              set(signed, "AS2-Version", "-"),
		"mendelson's features":    set(signed, "EDIINT-Features", "multiple-attachments, CEM"),
		"no media type parameter": set(encrypted, "Content-Type", "application/x-pkcs7-mime"),
		"wrong media type":        set(encrypted, "Content-Type", "application/pkcs7-mime; smime-type=signed-data"),
		"base64 of the body":      {Header: set(encrypted, "Content-Transfer-Encoding", "base64").Header, Body: inBase64},
		"base64 unsaid":           {Header: encrypted.Header, Body: inBase64},
		"line ends after":         {Header: encrypted.Header, Body: append(bytes.Clone(encrypted.Body), "\r\n"...)},
		"preamble, epilogue":      {Header: signed.Header, Body: []byte("a preamble\r\n" + string(signed.Body) + "an epilogue\r\n")},
		"no line end at the end":  {Header: signed.Header, Body: bytes.TrimSuffix(signed.Body, []byte("\r\n"))},
		"blanks after boundary":   {Header: signed.Header, Body: bytes.Replace(signed.Body, []byte(params["boundary"]+"\r\n"), []byte(params["boundary"]+"  \r\n"), 1)},
		"signature enclosed":      {Header: set(signed, "Content-Type", "application/pkcs7-mime; smime-type=signed-data").Header, Body: opaque},
	} {
		rel := server(func(a *Agreement) { a.RequireEncrypted = false })
		got, err := Open(req.Header, req.Body, finder(rel), Limits{})
		sameFromFile(t, req.Header, req.Body, rel, Limits{}, got, err)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(got.Payloads) != 1 || string(got.Payloads[0].Data) != x12 || got.Signature == nil {
			t.Errorf("%s: %+v", name, got)
		}
		if got.MessageID != req.Header.Get("Message-ID") {
			t.Errorf("%s: id %q", name, got.MessageID)
		}
	}
	// A signed part may lack every field (RFC 2046 5.1). What comes out of an encryption may not:
	// whether a block begins with a line end would be told by the answer.
	bare := []byte("\r\n" + x12)
	d, err := sign(span.Join(bare), SHA256.sum(bare), rel.Agreement, kestrel(), SHA256, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, cipher := range []Cipher{"", AES256} {
		out := d
		if cipher != "" {
			if out, err = encrypt(d, client(), nil); err != nil {
				t.Fatal(err)
			}
		}
		req := &Request{Header: append(signed.Header.with("Content-Type", "-"), out.header...), Body: join(out.body)}
		rel := server(func(a *Agreement) { a.RequireEncrypted = cipher != "" })
		got, err := Open(req.Header, req.Body, finder(rel), Limits{})
		sameFromFile(t, req.Header, req.Body, rel, Limits{}, got, err)
		if err != nil || len(got.Payloads) != 1 || string(got.Payloads[0].Data) != x12 || !got.MIC.Of(bare) {
			t.Errorf("a part without header, %q: %v", cipher, err)
		}
	}
	hidden, err := encrypt(draft{body: span.Join([]byte(x12))}, client(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(append(signed.Header.with("Content-Type", "-"), hidden.header...), join(hidden.body), finder(server()), Limits{})
	if f := failure(t, err); f.Reason != NotDecrypted {
		t.Errorf("encrypted without header: %v", f)
	}
	lf := bytes.ReplaceAll(signed.Body, []byte("\r\n"), []byte("\n"))
	_, err = Open(signed.Header, lf, finder(server(lenient)), Limits{})
	if f := failure(t, err); f.Disposition != IntegrityFailed {
		t.Errorf("line ends changed on the way: %v", f)
	}
}
