package as2

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDispositionsInEverySpelling(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Disposition{
		"automatic-action/MDN-sent-automatically; processed": Processed,
		"automatic-action/MDN-sent-automatically;processed":  Processed,
		"Automatic-Action/MDN-Sent-Automatically; Processed": Processed,
		"manual-action/MDN-sent-manually; processed":         Processed,
		"processed": Processed,
		"automatic-action/MDN-sent-automatically; processed/Error: decryption-failed":            DecryptionFailed,
		"automatic-action/MDN-sent-automatically; processed/Error:decryption-failed":             DecryptionFailed,
		"automatic-action/MDN-sent-automatically;\r\n\tprocessed/error : integrity-check-failed": IntegrityFailed,
		"automatic-action/MDN-sent-automatically; processed/error: a; b":                         {"processed", "error", "a; b"},
		"automatic-action/MDN-sent-automatically; failed/Failure: unsupported format":            UnsupportedFormat,
		"automatic-action/MDN-sent-automatically; processed/warning: duplicate-document":         {"processed", "warning", "duplicate-document"},
		"automatic-action/MDN-sent-automatically; displayed":                                     {Kind: "displayed"},
		"automatic-action/MDN-sent-automatically; processed/unheard-of: x":                       {"processed", "unheard-of", "x"},
		"automatic-action/MDN-sent-automatically; failed":                                        {Kind: "failed"},
		"": {},
	} {
		if got := ParseDisposition(in); got != want {
			t.Errorf("%q: %+v", in, got)
		}
		ok := want == Processed || want.Modifier == "warning"
		if want.OK() != ok {
			t.Errorf("%q counts as success: %v", in, want.OK())
		}
	}
	if s := DecryptionFailed.String(); s != "processed/error: decryption-failed" {
		t.Error(s)
	}
}

func TestMICInEverySpelling(t *testing.T) {
	t.Parallel()
	sum := SHA256.sum([]byte("x"))
	text := base64.StdEncoding.EncodeToString(sum)
	want := MIC{SHA256, "", sum}
	for _, in := range []string{
		text + ", sha256", text + ",SHA-256", text + ", sha_256", " " + text + " , \"sha-256\"", text, strings.TrimRight(text, "=") + ", sha256",
		text[:20] + " " + text[20:] + ", sha-256", text[:20] + "\r\n\t" + text[20:] + ", sha-256", text + "; sha-256", text + ", rsa-sha256",
	} {
		if got, ok := ParseMIC(in); !ok || !got.Equal(want) {
			t.Errorf("%q: %+v", in, got)
		}
	}
	for _, in := range []string{"", ", sha256", text + ", md5", text + ", sha1", "***, sha256", text[:8] + ", sha256"} {
		if got, ok := ParseMIC(in); ok {
			t.Errorf("%q: %+v", in, got)
		}
	}
	if (MIC{}).Equal(MIC{}) {
		t.Error("nothing equals nothing")
	}
}

// foreign is an MDN as other stacks write it.
func foreign(id, mic string) string {
	return "--b\r\nContent-Type: text/plain\r\n\r\nThe message was received.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n" +
		"Reporting-UA: OpenAS2 v4\r\nOriginal-Recipient: rfc822; AURELIA-AS2\r\nFinal-Recipient: rfc822; AURELIA-AS2\r\n" +
		"Original-Message-ID: " + id + "\r\nDisposition: automatic-action/MDN-sent-automatically; processed\r\nReceived-Content-MIC: " + mic + "\r\n\r\n--b--\r\n"
}

func ofHash(s Sent, h Hash) MIC {
	for _, m := range s.MICs {
		if m.Hash == h {
			return m
		}
	}
	return MIC{}
}

func TestMDNsOfOthers(t *testing.T) {
	t.Parallel()
	sent := pack(t, client(func(a *Agreement) { a.Receipt = UnsignedReceipt })).Sent
	id, mic := sent.MessageID, sent.MICs[0].String()
	report := `multipart/report; report-type=disposition-notification; boundary="b"`
	signedAsked := sent
	signedAsked.Receipt = SignedReceipt
	usual := foreign(id, mic)
	for name, c := range map[string]struct {
		kind, body string
		sent       Sent
		want       Verdict
		extra      []Field
	}{
		"usual":                   {report, usual, sent, Confirmed, nil},
		"line feeds":              {report, strings.ReplaceAll(usual, "\r\n", "\n"), sent, Confirmed, nil},
		"id without brackets":     {report, foreign(bareID(id), mic), sent, Confirmed, nil},
		"micalg without hyphen":   {report, foreign(id, strings.Replace(mic, "sha-256", "SHA256", 1)), sent, Confirmed, nil},
		"MIC by SHA-1":            {report, foreign(id, sent.MICs[1].String()), sent, Confirmed, nil},
		"MIC by SHA-384":          {report, foreign(id, ofHash(sent, SHA384).String()), sent, Confirmed, nil},
		"MIC by SHA-512":          {report, foreign(id, ofHash(sent, SHA512).String()), sent, Confirmed, nil},
		"field names in capitals": {report, strings.Replace(usual, "Disposition: auto", "DISPOSITION: auto", 1), sent, Confirmed, nil},
		"other order":             {report, strings.Replace(usual, "text/plain", "text/html", 1), sent, Confirmed, nil},
		"base64 inside": {report, "--b\r\nContent-Type: message/disposition-notification\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			string(encodeBase64([]byte("Original-Message-ID: "+id+"\r\nDisposition: a/b; processed\r\nReceived-Content-MIC: "+mic+"\r\n"))) + "--b--", sent, Confirmed, nil},
		"blank line between": {report, strings.Replace(usual, "Disposition: auto", "\r\nDisposition: auto", 1), sent, Confirmed, nil},
		"no outer multipart": {"message/disposition-notification", "Original-Message-ID: " + id + "\r\nDisposition: a/b; processed\r\n", sent, Confirmed, nil},
		"nested":             {`multipart/mixed; boundary=o`, "--o\r\nContent-Type: " + report + "\r\n\r\n" + usual + "\r\n--o--\r\n", sent, Confirmed, nil},
		"no MIC":             {report, strings.Replace(usual, "Received-Content-MIC", "X", 1), sent, Confirmed, nil},
		"names given":        {report, usual, sent, Confirmed, []Field{{"AS2-From", "AURELIA-AS2"}, {"AS2-To", "KESTREL-AS2"}}},

		"signed asked":          {report, usual, signedAsked, NotSignedMDN, nil},
		"another MIC":           {report, foreign(id, MIC{SHA256, "sha256", SHA256.sum(nil)}.String()), sent, MICDiffers, nil},
		"MIC by SHA-224":        {report, foreign(id, MIC{SHA224, "sha224", SHA224.sum(nil)}.String()), sent, MICMissing, nil},
		"SHA-384 of another":    {report, foreign(id, MIC{SHA384, "sha384", SHA384.sum(nil)}.String()), sent, MICDiffers, nil},
		"refused, signed asked": {report, strings.Replace(usual, "; processed", "; processed/Error: authentication-failed", 1), signedAsked, UnsignedRefusal, nil},
		"another id":            {report, foreign("<other@kestrel.example>", mic), sent, WrongOriginal, nil},
		"id in other case":      {report, foreign(strings.ToUpper(id), mic), sent, WrongOriginal, nil},
		"no id":                 {report, strings.Replace(usual, "Original-Message-ID", "X", 1), sent, WrongOriginal, nil},
		"another party":         {report, usual, sent, WrongParty, []Field{{"AS2-From", "MALLORY"}, {"AS2-To", "KESTREL-AS2"}}},
		"for another party":     {report, usual, sent, WrongParty, []Field{{"AS2-To", "MALLORY"}}},
		"refused":               {report, strings.Replace(usual, "; processed", "; processed/Error:decryption-failed", 1), sent, Refused, nil},
		"failed":                {report, strings.Replace(usual, "; processed", "; failed/Failure: unsupported format", 1), sent, Refused, nil},
		"unheard of":            {report, strings.Replace(usual, "; processed", "; processed/odd: thing", 1), sent, Refused, nil},
		"displayed":             {report, strings.Replace(usual, "; processed", "; displayed", 1), sent, Refused, nil},
		"warning":               {report, strings.Replace(usual, "; processed", "; processed/Warning: duplicate-document", 1), sent, Confirmed, nil},
		"empty":                 {report, "", sent, EmptyMDN, nil},
		"blank":                 {"text/plain", " \r\n", sent, EmptyMDN, nil},
		"a page":                {"text/html", "<html>processed</html>", sent, NoMDN, nil},
		"text that says so":     {"text/plain", "Disposition: automatic-action/MDN-sent-automatically; processed", sent, NoMDN, nil},
		"cut off":               {report, usual[:len(usual)-6], sent, NoMDN, nil},
		"no boundary":           {"multipart/report", usual, sent, NoMDN, nil},
		"no disposition":        {report, strings.Replace(usual, "Disposition: auto", "X: auto", 1), sent, NoMDN, nil},
		"signed, one part":      {`multipart/signed; boundary=b`, "--b\r\nContent-Type: " + report + "\r\n\r\nx\r\n--b--\r\n", signedAsked, NoMDN, nil},
		"too large":             {report, usual + strings.Repeat("x", 1<<20), sent, NoMDN, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := ParseMDN(append(Header{{"content-type", c.kind}}, c.extra...), []byte(c.body), Limits{})
			got := Finding{}
			if err != nil {
				got.Verdict = VerdictOf(err)
			} else {
				got = r.Check(c.sent, client().Keys.Verify, false)
			}
			if got.Verdict != c.want {
				t.Errorf("%s: %v, %+v", got.Verdict, err, r)
			}
			arrived := c.want == Confirmed || c.want == MICDiffers || c.want == MICMissing || name == "signed asked"
			if got.OK() != (c.want == Confirmed) || got.Arrived() != arrived {
				t.Errorf("%s: OK %v, arrived %v", c.want, got.OK(), got.Arrived())
			}
		})
	}
}

// TestSignedMDNIsNotBelievedBlindly changes a signed MDN in every way that must show.
func TestSignedMDNIsNotBelievedBlindly(t *testing.T) {
	t.Parallel()
	rel := client()
	req := pack(t, rel)
	reply := func(change func(*Relation), d Disposition) *Request {
		t.Helper()
		s := server()
		got, err := Open(req.Header, req.Body, finder(s), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		change(&s)
		got.Relation = s
		return answer(t, got, d)
	}
	good := reply(func(*Relation) {}, Processed)
	byMallory := reply(func(r *Relation) { r.Keys.Sign = mallory() }, Processed)
	stolen := reply(func(r *Relation) { r.Keys.Sign = Identity{aurelia().Certificate, mallory().Key} }, Processed)
	refused := reply(func(*Relation) {}, DecryptionFailed)
	sha1 := reply(func(r *Relation) { r.Agreement.AllowSHA1 = true; r.Agreement.Digest = SHA1 }, Processed)
	edit := func(old, new string) *Request {
		t.Helper()
		if !bytes.Contains(good.Body, []byte(old)) {
			t.Fatalf("%q is not there", old)
		}
		return &Request{Header: good.Header, Body: bytes.Replace(good.Body, []byte(old), []byte(new), 1)}
	}
	for name, c := range map[string]struct {
		mdn  *Request
		want Verdict
	}{
		"good":              {good, Proven},
		"refusal":           {refused, Refused},
		"by another":        {byMallory, OtherMDNSigner},
		"forged":            {stolen, BadMDNSignature},
		"refusal whitened":  {&Request{Header: refused.Header, Body: bytes.Replace(refused.Body, []byte("; processed/error: decryption-failed\r\nRec"), []byte("; processed\r\nRec"), 1)}, BadMDNSignature},
		"MIC changed":       {edit("Received-Content-MIC: ", "Received-Content-MIC: AA"), BadMDNSignature},
		"id changed":        {edit("Original-Message-ID: <", "Original-Message-ID: <0"), BadMDNSignature},
		"signature garbage": {edit("MII", "AAA"), BadMDNSignature},
		"digest as asked":   {sha1, Proven},
	} {
		r, err := ParseMDN(c.mdn.Header, c.mdn.Body, Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f := r.Check(req.Sent, rel.Keys.Verify, false)
		if f.Verdict != c.want {
			t.Errorf("%s: %+v", name, f)
		}
		if (f.Verdict == Proven) != (f.Certificate == aurelia().Certificate && len(f.MatchedMIC.Sum) > 0) && name != "refusal" {
			t.Errorf("%s: proven without its proof: %+v", name, f)
		}
	}
	// Both an old and a new certificate may be pinned.
	r, err := ParseMDN(good.Header, good.Body, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Check(req.Sent, []*x509.Certificate{mallory().Certificate, aurelia().Certificate}, false); f.Verdict != Proven {
		t.Error(f.Verdict)
	}
	// SHA-1 in a signature counts where it is allowed only.
	s := server(func(a *Agreement) { a.AllowSHA1 = true })
	asked := req.Header.with("Disposition-Notification-Options", "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha1")
	got, err := Open(asked, req.Body, finder(s), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	weak := answer(t, got, Processed)
	if r, err = ParseMDN(weak.Header, weak.Body, Limits{}); err != nil {
		t.Fatal(err)
	}
	if f := r.Check(req.Sent, rel.Keys.Verify, false); f.Verdict != WeakMDNDigest || f.OK() || !f.Arrived() {
		t.Errorf("SHA-1 not allowed: %s", f.Verdict)
	}
	other, names := req.Sent, req.Sent
	other.MessageID, names.To = "<other@kestrel.example>", "MALLORY"
	if f := r.Check(other, rel.Keys.Verify, false); f.Verdict != WrongOriginal {
		t.Errorf("SHA-1 not allowed, about another message: %s", f.Verdict)
	}
	if f := r.Check(names, rel.Keys.Verify, false); f.Verdict != WrongParty {
		t.Errorf("SHA-1 not allowed, of another party: %s", f.Verdict)
	}
	no := answer(t, got, DecryptionFailed)
	said, err := ParseMDN(no.Header, no.Body, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if f := said.Check(req.Sent, rel.Keys.Verify, false); f.Verdict != WeakRefusal || f.OK() || f.Arrived() || f.Claim != DecryptionFailed || f.Certificate != nil {
		t.Errorf("a refusal by SHA-1: %+v", f)
	}
	if f := said.Check(req.Sent, rel.Keys.Verify, true); f.Verdict != Refused {
		t.Errorf("a refusal by SHA-1, allowed: %+v", f)
	}
	if f := r.Check(req.Sent, rel.Keys.Verify, true); f.Verdict != Proven || f.MatchedMIC.Hash != SHA1 {
		t.Errorf("SHA-1 allowed: %+v", f)
	}
}

// TestUnknownPairIsAnsweredUnsigned and says so.
func TestUnknownPairIsAnsweredUnsigned(t *testing.T) {
	t.Parallel()
	req := pack(t, client())
	got, err := Open(req.Header, req.Body, func(string, string) (Relation, bool) { return Relation{}, false }, Limits{})
	f := failure(t, err)
	reply := answer(t, got, f.Disposition)
	r, err := ParseMDN(reply.Header, reply.Body, Limits{})
	if err != nil || r.Signed || r.Disposition != UnknownRelation || r.From != "AURELIA-AS2" || r.To != "KESTREL-AS2" {
		t.Errorf("%v, %+v", err, r)
	}
	if c := r.Check(req.Sent, client().Keys.Verify, false); c.Verdict != UnsignedRefusal || c.Arrived() || c.Claim != UnknownRelation {
		t.Errorf("%+v", c)
	}
}

// TestMDNInjection: what the sender chose cannot become a field of the MDN.
func TestMDNInjection(t *testing.T) {
	t.Parallel()
	req := pack(t, client(plain))
	h := req.Header.with("Message-ID", "<a'; DROP TABLE message;-- \"@x>").with("AS2-From", `"a\"; x: y\\"`)
	rel := server(plain)
	rel.Agreement.Them = `a"; x: y\`
	got, err := Open(h, req.Body, finder(rel), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	reply := answer(t, got, Processed)
	if FormatID(rel.Agreement.Them) != reply.Header.Get("AS2-To") || reply.Header.Get("AS2-To") != `"a\"; x: y\\"` {
		t.Error(reply.Header.Get("AS2-To"))
	}
	r, err := ParseMDN(reply.Header, reply.Body, Limits{})
	if err != nil || r.OriginalID != got.MessageID || r.To != rel.Agreement.Them {
		t.Errorf("%v, %+v", err, r)
	}
	for _, m := range []MDN{{Agent: "a\r\nDisposition: x"}, {ID: "<a\nb>"}, {Disposition: Disposition{"processed", "error", "a\r\nb"}}} {
		if _, err := got.Answer(m); err == nil {
			t.Errorf("%+v: made", m)
		}
	}
}

// TestOverHTTP: chunked and not, synchronous and asynchronous, through Go's server.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	door := make(chan Verdict, 1)
	sent := map[string]Sent{}
	theirs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := ReadBody(r.Body, r.ContentLength, Limits{})
		h := HeaderOf(r.Header)
		if err != nil || !IsMDN(h, body) {
			t.Errorf("no MDN: %v", err)
		}
		report, err := ParseMDN(h, body, Limits{})
		if err != nil {
			t.Error(err)
			return
		}
		door <- report.Check(sent[report.OriginalID], client().Keys.Verify, false).Verdict
	}))
	t.Cleanup(theirs.Close)
	ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := ReadBody(r.Body, r.ContentLength, Limits{})
		if err != nil {
			t.Error(err)
		}
		got, err := Open(HeaderOf(r.Header), body, finder(server()), Limits{})
		if err != nil {
			t.Error(err)
		}
		reply := answer(t, got, Processed)
		if got.Ask.Async != "" {
			w.WriteHeader(http.StatusAccepted)
			go post(t, got.Ask.Async, reply, false)
			return
		}
		for _, f := range reply.Header {
			w.Header()[f.Name] = append(w.Header()[f.Name], f.Value)
		}
		_, _ = w.Write(reply.Body)
	}))
	t.Cleanup(ours.Close)
	for _, chunked := range []bool{false, true} {
		req := pack(t, client())
		h, body := post(t, ours.URL, req, chunked)
		report, err := ParseMDN(h, body, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if f := report.Check(req.Sent, client().Keys.Verify, false); f.Verdict != Proven {
			t.Errorf("chunked %v: %+v", chunked, f)
		}
		req = pack(t, client(func(a *Agreement) { a.AsyncURL = theirs.URL }))
		sent[req.Sent.MessageID] = req.Sent
		if _, body := post(t, ours.URL, req, chunked); len(body) > 0 {
			t.Errorf("an asynchronous answer of %d octets", len(body))
		}
		if v := <-door; v != Proven {
			t.Errorf("asynchronous: %s", v)
		}
	}
}

func post(t *testing.T, url string, req *Request, chunked bool) (Header, []byte) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(req.Body))
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	if chunked {
		r.ContentLength = -1
	}
	r.Header = req.Header.Map()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	defer resp.Body.Close()
	body, err := ReadBody(resp.Body, resp.ContentLength, Limits{})
	if err != nil || resp.StatusCode >= 300 {
		t.Errorf("%d, %v", resp.StatusCode, err)
	}
	return HeaderOf(resp.Header), body
}
