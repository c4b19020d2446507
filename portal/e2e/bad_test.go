package e2e

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	proto "github.com/pkg/sftp"

	"entente/db"
	"entente/edi/as2"
)

// zeros goes on for ever.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// workbook is one of a few hundred kilobytes that unpacks to 200 MB.
var workbook = sync.OnceValue(func() string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for name, text := range map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
		"xl/workbook.xml":     `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="a" sheetId="1"/></sheets></workbook>`,
	} {
		w, _ := z.Create(name)
		_, _ = io.WriteString(w, text)
	}
	w, _ := z.Create("xl/worksheets/sheet1.xml")
	_, _ = io.CopyN(w, zeros{}, 200<<20)
	_ = z.Close()
	return b.String()
})

// bad is what no door takes: a code where the HTTP API has its own for it, and what the
// text of the others says.
type bad struct{ name, body, code, says string }

func badBodies(control int) []bad {
	good := po{control: control, number: fmt.Sprintf("BAD-%d", control)}.String()
	return []bad{
		{"garbage", "\x00\x01\x02\xff\xfeISA", "edi.not_edi", ""},
		{"truncated", good[:60], "edi.not_edi", ""},
		{"deep JSON", strings.Repeat(`{"a":`, 100_000), "edi.not_edi", ""},
		{"deep XML", `<?xml version="1.0"?>` + strings.Repeat("<a>", 100_000), "edi.not_edi", ""},
		{"inflating", workbook(), "edi.not_edi", ""},
		{"another's", strings.ReplaceAll(good, "KESTRELSUPPLY", "BALTICTRADE  "), "edi.sender_not_yours", "BALTICTRADE"},
		{"to nobody", strings.ReplaceAll(good, "AURELIATOOLS", "NOBODYATALL1"), "edi.receiver_unknown", "NOBODYATALL1"},
	}
}

// refusedBodies are interchanges that are taken, and their sets refused one by one.
func refusedBodies(control int) map[string]string {
	return map[string]string{
		"cut in a set": strings.TrimSuffix(po{control: control, number: fmt.Sprintf("BAD-%d", control)}.String(), fmt.Sprintf("GE*1*%d~IEA*1*%09d~", control, control)),
		"unknown set":  strings.ReplaceAll(po{control: control + 1, number: fmt.Sprintf("BAD-%d", control+1)}.String(), "ST*850*", "ST*242*"),
		"wrong guide":  strings.ReplaceAll(po{control: control + 2, number: fmt.Sprintf("BAD-%d", control+2)}.String(), "*X*005010~", "*X*004050~"),
	}
}

// effects are the rows that documents leave, and the evidence of AS2 messages that were
// refused.
type effects struct{ interchanges, sets, orders, proved, evidence int64 }

func (s *server) effects() (e effects) {
	s.t.Helper()
	d, err := db.Open(s.t.Context(), filepath.Join(s.data, "entente.db"), db.Options{Readers: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	err = d.View(s.t.Context(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT (SELECT count(*) FROM interchange), (SELECT count(*) FROM edi_set), (SELECT count(*) FROM purchase_order), (SELECT count(*) FROM as2_message WHERE proved), (SELECT count(*) FROM as2_message WHERE state = 'refused')").
			Row().Scan(&e.interchanges, &e.sets, &e.orders, &e.proved, &e.evidence)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// badFolder is an operator's folder with what is bad in it, and one good order.
func badFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "kestrel"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, b := range append(badBodies(563000), bad{name: "a\\..\\b", body: "no EDI"}, bad{name: "-rf *", body: "no EDI"}, bad{name: "good", body: po{control: 563090, number: "AFTER-folder"}.String()}) {
		if err := os.WriteFile(filepath.Join(dir, "kestrel", b.name+".edi"), []byte(b.body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// badAtEveryDoor sends what is bad through real connections to each door. It is refused in
// the words of that door and changes nothing, and the next good one is taken.
func badAtEveryDoor(t *testing.T, s *server, kestrel *client, x *station, c *proto.Client, folder string) {
	plain := func(name, text string) {
		if strings.TrimSpace(text) == "" || strings.Contains(text, "⟦") || strings.Contains(text, "<no value>") {
			t.Errorf("%s is told %q", name, text)
		}
	}
	// The folder is looked at by itself.
	for _, b := range append(badBodies(563000), bad{name: "a\\..\\b"}, bad{name: "-rf *"}) {
		var text []byte
		eventually(t, b.name+" is told in errors/", func() (there bool) {
			var err error
			text, err = os.ReadFile(filepath.Join(folder, "kestrel", "errors", b.name+".edi.txt"))
			return err == nil
		})
		if plain("folder: "+b.name, string(text)); !strings.Contains(string(text), b.says) {
			t.Errorf("folder: %s does not say %s: %s", b.name, b.says, text)
		}
	}
	eventually(t, "the good one of the folder is there", func() bool { return len(kestrel.orders("AFTER-folder")) == 1 })
	kestrel.await("997", "AK1*PO*563090")
	before := s.effects()

	// HTTP API: a problem document.
	for _, b := range append(badBodies(560000), bad{"empty", "", "edi.not_edi", "The file is empty"}, bad{"UTF-16", "\xff\xfeI\x00S\x00A\x00", "edi.not_edi", "UTF-16"}) {
		a := kestrel.do("POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(b.body))
		var p struct{ Code, Detail string }
		a.json(t, &p)
		if a.status != 422 || a.header.Get("Content-Type") != "application/problem+json" || p.Code != b.code || !strings.Contains(p.Detail, b.says) {
			t.Errorf("API: %s: %d %s", b.name, a.status, a.body)
		}
		plain("API: "+b.name, p.Detail)
	}
	if a := kestrel.do("POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(workbook()), "Content-Encoding", "gzip"); a.status != 422 || !strings.Contains(string(a.body), "content_encoding") {
		t.Errorf("API: compressed: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/api/v1/edi/interchanges", as2Path} {
		if n, status := endlessHead(t, s, path); n > 16<<20 || status != "" && !strings.Contains(status, " 4") {
			t.Errorf("%s: a head without end: %q after %d octets", path, status, n)
		}
	}

	// The page: the form again with the reason. A name is no way to anywhere.
	maya := s.signIn(t, "maya@kestrel.example")
	maya.open("/c/kestrel/edi/send")
	for _, b := range badBodies(561000) {
		status, page := maya.upload("/c/kestrel/edi/send", "../../"+b.name+".edi", b.body)
		why := ""
		for _, where := range []string{`class="e-err"[^>]*>.*?<span>([^<]*)</span>`, `role="alert"[^>]*>.*?<b>([^<]*)</b>`} {
			if m := regexp.MustCompile(where).FindStringSubmatch(page); m != nil && why == "" {
				why = m[1]
			}
		}
		if status != 422 || !strings.Contains(why, b.says) {
			t.Errorf("page: %s: %d %q", b.name, status, why)
		}
		plain("page: "+b.name, why)
	}

	// SFTP: a text beside it.
	for i, b := range badBodies(562000) {
		name := fmt.Sprintf("bad-%d.edi", i)
		if err := putFile(c, "/in", name, b.body); err != nil {
			t.Errorf("SFTP: %s: %v", b.name, err)
		}
		text := ""
		if f, err := c.Open("/in/.errors/" + name + ".txt"); err == nil {
			raw, _ := io.ReadAll(f)
			text = string(raw)
		}
		if plain("SFTP: "+b.name, text); !strings.Contains(text, b.says) {
			t.Errorf("SFTP: %s does not say %s: %s", b.name, b.says, text)
		}
	}
	for _, name := range []string{"/x", "/etc/passwd", "/in/../x", "/in/../../etc/passwd", "/out/x", "/in/.errors/x", "/in/sub/x", `/in/a\..\b`, "/in/nul\x00byte", "/in/line\nbreak", "/in/" + strings.Repeat("n", 300)} {
		if f, err := c.Create(name); err == nil {
			_, werr := f.Write([]byte("no EDI"))
			t.Errorf("SFTP: %.40q was made: %v, %v", name, werr, f.Close())
		}
	}
	for _, dir := range []string{"/", "/in", "/in/.errors"} {
		list, err := c.ReadDir(dir)
		for _, f := range list {
			if n := f.Name(); strings.ContainsAny(n, "/\\\x00\n") || n == ".." || len(n) > 255 {
				t.Errorf("SFTP: %s lists %.40q", dir, n)
			}
		}
		if err != nil {
			t.Errorf("SFTP: %s: %v", dir, err)
		}
	}

	// AS2: the right modifier, and a row of evidence where the pair is known.
	badByAS2(t, x, &before)
	if after := s.effects(); after.evidence < before.evidence {
		t.Errorf("%d messages are kept as evidence, want %d", after.evidence, before.evidence)
	} else if after.evidence = before.evidence; after != before {
		t.Errorf("bad input left %+v, before %+v", after, before)
	}

	// What is an interchange is taken, and its sets are refused with an acknowledgement.
	for name, body := range refusedBodies(564000) {
		m := kestrel.processed(kestrel.send(body).ID)
		if m.Result == nil || *m.Result != "rejected" || len(m.Acknowledgements) != 1 || m.Acknowledgements[0].Type != map[string]string{"cut in a set": "TA1"}[name] && m.Acknowledgements[0].Type != "997" {
			t.Errorf("API: %s: %+v", name, m)
		}
	}
	for name, body := range refusedBodies(565000) {
		m := x.pack(body)
		if f := x.verdict(x.post(m), m); f.Verdict != as2.Proven {
			t.Errorf("AS2: %s is not taken: %+v", name, f)
		}
		if err := putFile(c, "/in", strings.ReplaceAll(name, " ", "-")+".edi", strings.ReplaceAll(body, "565", "566")); err != nil {
			t.Errorf("SFTP: %s: %v", name, err)
		}
	}
	kestrel.await("997", "AK1*PO*566002")
	if after := s.effects(); after.orders != before.orders {
		t.Errorf("%d orders of refused sets", after.orders-before.orders)
	}

	// The next good one is taken, at the same connection.
	kestrel.send(po{control: 567001, number: "AFTER-api"}.String())
	m := x.packAs("../../etc/passwd", po{control: 567002, number: "AFTER-as2"}.String())
	if f := x.verdict(x.post(m), m); f.Verdict != as2.Proven {
		t.Errorf("the next one: %+v", f)
	}
	if err := putFile(c, "/in", "good.edi", po{control: 567003, number: "AFTER-sftp"}.String()); err != nil {
		t.Error(err)
	}
	if status, page := maya.upload("/c/kestrel/edi/send", "../../good.edi", po{control: 567004, number: "AFTER-page"}.String()); status != 200 || !strings.Contains(page, "AFTER-page") || strings.Contains(page, "../../") {
		t.Errorf("page: a good one: %d", status)
	}
	for _, number := range []string{"AFTER-api", "AFTER-as2", "AFTER-sftp"} {
		eventually(t, number+" is there", func() bool { return len(kestrel.orders(number)) == 1 })
	}
	if _, err := os.Stat("/tmp/passwd"); err == nil {
		t.Error("a name was followed")
	}
}

// badByAS2 posts requests that are bad as such; every one of a known pair is evidence.
func badByAS2(t *testing.T, x *station, e *effects) {
	other, err := as2.Generate("KESTREL-AS2", time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	control := 568000
	pack := func(change func(*as2.Relation)) *as2.Request {
		control++
		y := *x
		change(&y.rel)
		return y.pack(po{control: control, number: fmt.Sprintf("BAD-%d", control)}.String())
	}
	as := func(*as2.Relation) {}
	body := func(fn func([]byte) []byte) *as2.Request {
		r := pack(as)
		r.Body = fn(bytes.Clone(r.Body))
		return r
	}
	head := func(name, value string) *as2.Request {
		r := pack(as)
		for i := range r.Header {
			if r.Header[i].Name == name {
				r.Header[i].Value = value
			}
		}
		return r
	}
	inflated := *x
	inflated.rel.Agreement.Compression = as2.CompressBefore
	const known, stranger = true, false
	for name, c := range map[string]struct {
		req  *as2.Request
		want string
		kept bool
	}{
		"tampered":         {body(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), "decryption-failed", known},
		"truncated":        {body(func(b []byte) []byte { return b[:len(b)/2] }), "decryption-failed", known},
		"garbage":          {body(func([]byte) []byte { return bytes.Repeat([]byte("garbage \x00\xff"), 300) }), "decryption-failed", known},
		"nested deep":      {body(func([]byte) []byte { return bytes.Repeat([]byte{0x30, 0x80}, 100_000) }), "decryption-failed", known},
		"empty":            {body(func([]byte) []byte { return nil }), "unexpected-processing-error", known},
		"for another key":  {pack(func(r *as2.Relation) { r.Keys.Encrypt = other.Certificate }), "decryption-failed", known},
		"by another key":   {pack(func(r *as2.Relation) { r.Keys.Sign = other }), "authentication-failed", known},
		"not signed":       {pack(func(r *as2.Relation) { r.Agreement.Sign = false }), "insufficient-message-security", known},
		"not encrypted":    {pack(func(r *as2.Relation) { r.Agreement.Cipher = "" }), "insufficient-message-security", known},
		"inflating":        {inflated.pack(string(make([]byte, 120<<20))), "decompression-failed", known},
		"foreign sender":   {head("AS2-From", "STRANGER"), "unknown-trading-relationship", stranger},
		"foreign receiver": {head("AS2-To", "STRANGER"), "unknown-trading-relationship", stranger},
		"another's name":   {head("AS2-From", "BALTIC-AS2"), "", known},
	} {
		a := x.post(c.req)
		report, err := as2.ParseMDN(as2.HeaderOf(a.header), a.body, as2.Limits{})
		if err != nil {
			t.Errorf("AS2: %s: %v: %d %s", name, err, a.status, a.body)
			continue
		}
		if d := report.Disposition; d.OK() || c.want != "" && d.Text != c.want || report.OriginalID != c.req.Sent.MessageID || report.Signed != c.kept {
			t.Errorf("AS2: %s: %s, signed %v, about %s", name, d, report.Signed, report.OriginalID)
		}
		if c.kept {
			e.evidence++
		}
	}
	nameless := head("Message-ID", "<>")
	if a := x.post(nameless); a.status != 400 || !strings.Contains(string(a.body), "Message-ID must each be there once") {
		t.Errorf("AS2: no Message-ID: %d %s", a.status, a.body)
	}
}

// packAs is pack with a name for the file.
func (x *station) packAs(name, doc string) *as2.Request {
	x.t.Helper()
	r, err := as2.Pack(as2.Message{ID: as2.NewID("kestrel.example"), Date: time.Now(), Payloads: []as2.Payload{{ContentType: as2.TypeX12, FileName: name, Data: []byte(doc)}}}, x.rel)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// endlessHead sends the head of a request that does not end, up to 64 MB, and says how much
// of it was taken and how it was answered; empty: the connection was cut.
func endlessHead(t *testing.T, s *server, path string) (n int, status string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: entente\r\n", path); err != nil {
		t.Fatal(err)
	}
	more := []byte(strings.Repeat("X-Endless: "+strings.Repeat("a", 100)+"\r\n", 500))
	for n < 64<<20 {
		k, err := c.Write(more)
		n += k
		if err != nil {
			break
		}
	}
	status, _ = bufio.NewReader(c).ReadString('\n')
	return n, strings.TrimSpace(status)
}

// upload sends a file by the form of the page shown, as a browser does.
func (v *visitor) upload(path, name, content string) (int, string) {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("csrf", html.UnescapeString(v.found(`name="csrf" value="([^"]+)"`)))
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		v.t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	_ = w.Close()
	req, err := http.NewRequest(http.MethodPost, v.s.url+path, &b)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Origin", v.s.url)
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, html.UnescapeString(string(page))
}
