package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/edi/as2"
	"entente/portal/portaltest"
	"entente/portal/web"
)

// connectionWith finds the page of the connection with a company.
func connectionWith(t *testing.T, c *portaltest.Client, slug, company string) string {
	t.Helper()
	return c.Find(t, "/c/"+slug+"/edi/connections", `href="(/c/`+slug+`/edi/connections/[0-9a-v]{26})">`+company)
}

func TestConnectionPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, chen := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Chen)
	kestrel := connectionWith(t, ingrid, "aurelia", "Kestrel Supply")
	ours := connectionWith(t, maya, "kestrel", "Aurelia Tools")
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "list", As: ingrid, Path: "/c/aurelia/edi/connections", Contains: []string{"Kestrel Supply", "Baltic Trade", "华东五金"}},
		{Name: "searched by name", As: ingrid, Path: "/c/aurelia/edi/connections?q=kestrel", Contains: []string{"Kestrel Supply", `value="kestrel"`}, Lacks: []string{"Baltic Trade", "华东五金"}},
		{Name: "searched by an identity", As: ingrid, Path: "/c/aurelia/edi/connections?q=balt%69ctrade", Contains: []string{"Baltic Trade"}, Lacks: []string{">Kestrel Supply</a>"}},
		{Name: "searched for a competitor", As: maya, Path: "/c/kestrel/edi/connections?q=BALTIC", Contains: []string{"Nothing"}, Lacks: []string{"Baltic Trade", ">Aurelia Tools</a>"}},
		{Name: "certificates searched", As: ingrid, Path: "/c/aurelia/edi/certificates?q=aurelia-as2", Contains: []string{"AURELIA-AS2"}, Lacks: []string{"Nothing matches"}},
		{Name: "certificates searched in vain", As: ingrid, Path: "/c/aurelia/edi/certificates?q=nobody-as2", Contains: []string{"Nothing"}, Lacks: []string{"AURELIA-AS2"}},
		{Name: "certificates of nobody", As: maya, Path: "/c/kestrel/edi/certificates?q=baltic", Lacks: []string{"BALTIC-AS2"}},
		{Name: "maps searched", As: ingrid, Path: "/c/aurelia/edi/maps?q=kestrel", Contains: []string{"Kestrel Supply"}, Lacks: []string{">Baltic Trade"}},
		{Name: "list of a reseller", As: maya, Path: "/c/kestrel/edi/connections", Contains: []string{"Aurelia Tools"}, Lacks: []string{"Baltic", "华东"}},
		{Name: "list in Chinese", As: chen, Path: "/c/huadong/edi/connections", Contains: []string{"连接", "Aurelia Tools"}},
		{Name: "host's side", As: ingrid, Path: kestrel, Contains: []string{"AURELIA-AS2", "KESTREL-AS2", "AS2 station on this server", "/as2", "Private key here", "SHA-256", "From Kestrel Supply to us", "Make one here"}},
		{Name: "partner's side", As: maya, Path: ours, Contains: []string{"AURELIA-AS2", "/as2", "decides what it takes"}},
		{Name: "buyer may look only", As: p.As(t, portaltest.Dan), Path: ours, Contains: []string{"AURELIA-AS2"}, Lacks: []string{"/certificates\"", "Save address", "Save terms", "Take out of use"}},
		{Name: "buyer has no menu entry", As: p.As(t, portaltest.Dan), Path: "/c/kestrel/", Lacks: []string{"/edi/connections"}},
		{Name: "in Chinese", As: chen, Path: connectionWith(t, chen, "huadong", "Aurelia Tools"), Contains: []string{"报文安全约定", "登记证书"}},
		{Name: "sheet", As: ingrid, Path: kestrel + "/sheet", Contains: []string{"How Kestrel Supply connects to Aurelia Tools", "ZZ:AURELIATOOLS", "AURELIA-AS2", "SHA-256 fingerprint", "data-print"}},
		{Name: "bench", As: ingrid, Path: kestrel + "/bench", Contains: []string{"bench/850", "850, order", "Kestrel Supply to Aurelia Tools, live", `name="edi"`}},
		{Name: "bench in Chinese", As: chen, Path: connectionWith(t, chen, "huadong", "Aurelia Tools") + "/bench", Contains: []string{"联调测试", "尚无共同的"}, Lacks: []string{"bench/850"}},
		{Name: "a sample without addresses", As: chen, Path: connectionWith(t, chen, "huadong", "Aurelia Tools") + "/bench/850", Status: 404},
		{Name: "a sample that is none", As: ingrid, Path: kestrel + "/bench/997", Status: 404},
		{Name: "a certificate that is none", As: ingrid, Path: kestrel + "/certificates/" + someID, Status: 404},
		{Name: "nothing pasted", As: ingrid, Path: kestrel + "/bench", Form: url.Values{"edi": {"  "}}, Status: 422, Contains: []string{"Paste an interchange"}},
		{Name: "no EDI", As: ingrid, Path: kestrel + "/bench", Form: url.Values{"edi": {"hello <b>there</b>"}}, Status: 422, Lacks: []string{"<b>there"}},
	})
	pemFile := maya.Get(t, maya.Find(t, ours, `href="(`+ours+`/certificates/[0-9a-v]{26})"`))
	if b, _ := pem.Decode([]byte(pemFile.Body)); b == nil || b.Type != "CERTIFICATE" || strings.Contains(pemFile.Body, "KEY") {
		t.Errorf("the partner's certificate: %d %.200s", pemFile.Status, pemFile.Body)
	}
}

// TestAStrangersConnectionDoesNotExist: whatever is asked of a partnership of others,
// in one's own company, the answer is that there is none, and nothing changes.
func TestAStrangersConnectionDoesNotExist(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	link := connectionWith(t, ingrid, "aurelia", "Kestrel Supply")
	id := link[strings.LastIndexByte(link, '/')+1:]
	certificate := ingrid.Find(t, link, link+`/certificates/([0-9a-v]{26})"`)
	message := ingrid.Find(t, "/c/aurelia/edi?partner="+ingrid.Find(t, link, `/edi\?partner=([0-9a-v]{26})`), `/c/aurelia/edi/([0-9a-v]{26})"`)
	n := 0
	for _, r := range web.Routes() {
		if !strings.Contains(r.Path, "/edi/connections/:id") && !strings.Contains(r.Path, "/messages/:message") {
			continue
		}
		n++
		path := strings.NewReplacer(":slug", "baltic", "connections/:id", "connections/"+id, "edi/:id", "edi/"+message, ":certificate", certificate, ":sample", "850", ":agreement", someID, ":number", "1", ":login", someID, ":message", someID, ":part", "receipt").Replace(r.Path)
		a := kaarel.Get(t, path)
		if r.Changes() {
			a = kaarel.Post(t, path, url.Values{"name": {"baltic"}, "url": {"https://evil.example/as2"}, "edi": {"ISA"}, "generate": {"BALTIC-AS2"}})
		}
		if a.Status != 404 || strings.Contains(a.Body, "Kestrel") || strings.Contains(a.Body, "KESTREL") {
			t.Errorf("%s %s: %d", r.Method, path, a.Status)
		}
	}
	if n < 15 {
		t.Errorf("only %d routes", n)
	}
	if body := kaarel.Get(t, connectionWith(t, kaarel, "baltic", "Aurelia Tools")).Body; strings.Contains(body, "evil.example") {
		t.Error("a refused form changed the station")
	}
}

// upload posts a multipart form with one file, as a browser does.
func upload(t *testing.T, c *portaltest.Client, csrf, path, field, name string, file []byte, values url.Values) portaltest.Answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("csrf", csrf)
	for k, v := range values {
		_ = w.WriteField(k, v[0])
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(file)
	_ = w.Close()
	return c.Do(t, http.MethodPost, path, &b, "Content-Type", w.FormDataContentType())
}

// TestConnectAPartner: a company brings its AS2 server with address and certificate, the
// other checks the address, decides its terms; what goes out shows its tries and is sent
// again by a person.
func TestConnectAPartner(t *testing.T) {
	// Not parallel: TestAgreementPages agrees on the terms that are changed here.
	p := portaltest.Demo(t)
	kaarel, ingrid := p.As(t, portaltest.Kaarel), p.As(t, portaltest.Ingrid)
	theirs, ours := connectionWith(t, kaarel, "baltic", "Aurelia Tools"), connectionWith(t, ingrid, "aurelia", "Baltic Trade")
	csrf := kaarel.Find(t, theirs, `name="csrf" value="([^"]+)"`)

	// The certificate: refused with a key in it, taken as DER, added a second time as text.
	now := time.Now()
	id, err := as2.Generate("BALTIC-AS2", now.Add(-time.Hour), now.AddDate(0, 0, 20))
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.Certificate.Raw}))
	certificates := theirs + "/certificates"
	key := kaarel.Post(t, certificates, url.Values{"certificate": {text + "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"}})
	if key.Status != 422 || !strings.Contains(key.Body, "holds a private key") || strings.Contains(key.Body, "c2VjcmV0") {
		t.Fatalf("a private key: %d\n%.2000s", key.Status, key.Body)
	}
	if a := kaarel.Post(t, certificates, url.Values{}); a.Status != 422 || !strings.Contains(a.Body, "no certificate in this") {
		t.Errorf("nothing: %d", a.Status)
	}
	if a := kaarel.Post(t, certificates, url.Values{"certificate": {text}, "use_from": {"never"}}); a.Status != 422 || !strings.Contains(a.Body, "BEGIN CERTIFICATE") {
		t.Errorf("a wrong day: %d", a.Status)
	}
	if a := upload(t, kaarel, csrf, certificates, "file", "baltic.cer", id.Certificate.Raw, url.Values{"purpose": {"both"}}); a.Status != 303 {
		t.Fatalf("the certificate: %d\n%.2000s", a.Status, a.Body)
	}
	// A server that asks for a password: it goes over https only, and stands on no page.
	login := url.Values{"url": {"http://as2.baltic.example/as2"}, "http_user": {"aurelia-erp"}, "http_password": {"s3cret-77"}}
	if a := kaarel.Post(t, theirs+"/station", login); a.Status != 422 || strings.Contains(a.Body, "s3cret-77") || !strings.Contains(a.Body, "sent over https only") {
		t.Errorf("a password in the clear: %d\n%.2000s", a.Status, a.Body)
	}
	login.Set("url", "https://as2.baltic.example/as2")
	if a := kaarel.Post(t, theirs+"/station", login); a.Status != 303 {
		t.Errorf("a password: %d\n%.2000s", a.Status, a.Body)
	}
	if body := kaarel.Get(t, theirs).Body; !strings.Contains(body, `value="aurelia-erp"`) || strings.Contains(body, "s3cret-77") || !strings.Contains(body, ">HTTPS server</option>") {
		t.Error("its own people do not read the name, or read the password")
	}
	if body := ingrid.Get(t, ours).Body; strings.Contains(body, "aurelia-erp") || strings.Contains(body, "s3cret-77") {
		t.Error("the partner reads the name or the password")
	}
	login.Set("url", "https://evil.example/as2")
	login.Set("http_password", "")
	if a := kaarel.Post(t, theirs+"/station", login); a.Status != 422 || !strings.Contains(a.Body, "is sent to no other") {
		t.Errorf("the password at another server: %d", a.Status)
	}
	if a := kaarel.Post(t, certificates, url.Values{"certificate": {text}, "purpose": {"https"}}); a.Status != 303 {
		t.Errorf("for the server too: %d", a.Status)
	}
	if a := ingrid.Get(t, ours); !strings.Contains(a.Body, "Signing, encryption and HTTPS server") {
		t.Error("the partner does not read that the certificate is pinned")
	}
	if a := kaarel.Post(t, theirs+"/station", url.Values{"url": {""}, "http_user": {""}, "http_password": {""}}); a.Status != 303 {
		t.Errorf("no server any more: %d", a.Status)
	}
	if a := kaarel.Post(t, certificates, url.Values{"certificate": {text}}); a.Status != 303 {
		t.Errorf("the same again: %d", a.Status)
	}
	page := kaarel.Get(t, theirs).Body
	if n := strings.Count(page, "CN=BALTIC-AS2"); !strings.Contains(page, "Ends soon") || !strings.Contains(page, "19 days left") || n == 0 {
		t.Errorf("the certificate on the page, %d times", n)
	}
	if list := ingrid.Get(t, "/c/aurelia/edi/connections").Body; !strings.Contains(list, "Certificate of Baltic Trade Oü ends in 19 days") {
		t.Error("the list does not warn of the certificate")
	}

	// The address.
	if a := kaarel.Post(t, theirs+"/station", url.Values{"url": {"ftp://x"}}); a.Status != 422 || !strings.Contains(a.Body, `value="ftp://x"`) {
		t.Errorf("a wrong address: %d", a.Status)
	}
	answers := make(chan struct{}, 20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = w.Write([]byte("thank you")) // no receipt
			answers <- struct{}{}
			return
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
	}))
	defer server.Close()
	if a := kaarel.Post(t, theirs+"/station", url.Values{"url": {server.URL + "/as2"}, "receipt_hosts": {"mdn.baltic.example  b.example:8443"}}); a.Status != 303 {
		t.Fatalf("the address: %d\n%.2000s", a.Status, a.Body)
	}
	if page := ingrid.Get(t, ours).Body; !strings.Contains(page, server.URL) || !strings.Contains(page, "AS2 ready") || !strings.Contains(page, "mdn.baltic.example, b.example:8443") && !strings.Contains(page, "mdn.baltic.example and b.example:8443") {
		t.Errorf("the other side: %.6000s", page)
	}
	check := ingrid.Post(t, ours+"/check", nil)
	if check.Status != 200 || !strings.Contains(check.Body, "Somebody listens at 127.0.0.1") || !strings.Contains(check.Body, "status 405") {
		t.Errorf("the check: %d\n%.3000s", check.Status, check.Body)
	}

	// The terms, by the receiver, from the version that was seen.
	seen := filled(t, ingrid.Get(t, ours).Body, ours+"/terms")
	seen.Set("encrypt", "3des")
	stale := url.Values{}
	for k, v := range seen {
		stale[k] = v
	}
	if a := ingrid.Post(t, ours+"/terms", seen); a.Status != 303 {
		t.Fatalf("the terms: %d\n%.2000s", a.Status, a.Body)
	}
	if a := ingrid.Post(t, ours+"/terms", stale); a.Status != 409 || !strings.Contains(a.Body, "changed meanwhile") {
		t.Errorf("stale terms: %d", a.Status)
	}
	if page := kaarel.Get(t, theirs).Body; !strings.Contains(page, "Encryption: 3DES") || !strings.Contains(page, "Below today’s practice since") {
		t.Error("the other side is not told of the weak terms")
	}

	// A document that goes out and is not receipted: shown with its tries, sent again.
	token := url.Values{"name": {"bench"}, "scope": {"edi:write"}, "days": {"30"}}
	kaarel.Post(t, "/c/baltic/company/tokens", token)
	secret := kaarel.Find(t, "/c/baltic/company", `value="([^"]+)" aria-label="[^"]*" id="new-token"`)
	sample := kaarel.Get(t, theirs+"/bench/orders")
	if sample.Status != 200 || !strings.HasPrefix(sample.Body, "UN") {
		t.Fatalf("the sample: %d %.200s", sample.Status, sample.Body)
	}
	if a := p.Nobody(t).Do(t, http.MethodPost, "/api/v1/edi/interchanges", strings.NewReader(sample.Body), "Authorization", "Bearer "+secret, "Content-Type", "application/edifact"); a.Status != 202 {
		t.Fatalf("sent: %d %s", a.Status, a.Body)
	}
	select {
	case <-answers:
	case <-time.After(30 * time.Second):
		t.Fatal("the CONTRL was never sent")
	}
	contrl := regexp.MustCompile(`href="(/c/aurelia/edi/[0-9a-v]{26})"`)
	var path, body string
	eventually(t, "the try is written down", func() bool {
		for _, m := range contrl.FindAllStringSubmatch(ingrid.Get(t, "/c/aurelia/edi?view=out&partner="+ingrid.Find(t, ours, `/edi\?partner=([0-9a-v]{26})`)).Body, 3) {
			path = m[1]
			if body = ingrid.Get(t, path+"?tab=attempts").Body; strings.Contains(body, "Arrived, not proved") {
				return true
			}
		}
		return false
	})
	for _, want := range []string{"Goes out by AS2", "AURELIA-AS2 → BALTIC-AS2", "The partner’s answer is no receipt", "signed (SHA-256)", "Send as a new message", "/message\" download", "/receipt\" download"} {
		if !strings.Contains(strings.ReplaceAll(body, "&#39;", "’"), want) && !strings.Contains(body, strings.ReplaceAll(want, "’", "&#39;")) {
			t.Errorf("the page of the CONTRL lacks %q", want)
		}
	}
	if front := ingrid.Get(t, path).Body; !strings.Contains(front, "Send as a new message") {
		t.Error("the page does not open with what somebody must decide")
	}
	resend := regexp.MustCompile(`action="(` + path + `/messages/[0-9a-v]{26}/resend)"`).FindStringSubmatch(body)
	if resend == nil {
		t.Fatalf("nobody can send it again\n%.4000s", body)
	}
	if a := kaarel.Post(t, strings.Replace(resend[1], "/aurelia/", "/baltic/", 1), nil); a.Status != 403 {
		t.Errorf("the receiver sends it again: %d", a.Status)
	}
	if got := ingrid.Get(t, strings.TrimSuffix(resend[1], "resend")+"receipt"); got.Status != 200 || !strings.HasSuffix(got.Body, "thank you") {
		t.Errorf("the receipt: %d %.200s", got.Status, got.Body)
	}
	if got := ingrid.Get(t, strings.TrimSuffix(resend[1], "resend")+"message"); got.Status != 200 || !strings.Contains(got.Body, "AS2-From: AURELIA-AS2") {
		t.Errorf("the message: %d %.200s", got.Status, got.Body)
	}
	sent := ingrid.Get(t, strings.TrimSuffix(resend[1], "resend")+"message").Body
	for name, pattern := range map[string]string{"Message-ID": `(?i)\nMessage-ID: <([^>]+)>`, "Message-ID in brackets": `(?i)\nMessage-ID: (<[^>]+>)`} {
		m := regexp.MustCompile(pattern).FindStringSubmatch("\n" + sent)
		if m == nil {
			t.Errorf("%s: none in %.300s", name, sent)
			continue
		}
		if found := ingrid.Get(t, "/c/aurelia/edi?q="+url.QueryEscape(m[1])).Body; !strings.Contains(found, path) {
			t.Errorf("%s: %s is not found", name, m[1])
		}
		if found := p.As(t, portaltest.Maya).Get(t, "/c/kestrel/edi?q="+url.QueryEscape(m[1])).Body; strings.Contains(found, "data-row") {
			t.Errorf("%s: a competitor finds %s", name, m[1])
		}
	}
	if a := ingrid.Post(t, resend[1], url.Values{"fresh": {"1"}}); a.Status != 303 {
		t.Fatalf("sent as new: %d\n%.1000s", a.Status, a.Body)
	}
	select {
	case <-answers:
	case <-time.After(30 * time.Second):
		t.Fatal("it was not sent again")
	}

	// Out of use.
	retire := regexp.MustCompile(`action="(` + certificates + `/[0-9a-v]{26}/retire)"`).FindStringSubmatch(page)
	if retire == nil {
		t.Fatal("the certificate cannot be taken out of use")
	}
	if a := ingrid.Post(t, strings.Replace(strings.Replace(retire[1], "/baltic/", "/aurelia/", 1), theirs[len("/c/baltic"):], ours[len("/c/aurelia"):], 1), nil); a.Status != 404 {
		t.Errorf("the partner retires it: %d", a.Status)
	}
	if a := kaarel.Post(t, retire[1], nil); a.Status != 303 {
		t.Errorf("retired: %d", a.Status)
	}
	if page := ingrid.Get(t, ours).Body; strings.Contains(page, "AS2 ready") || strings.Contains(page, "CN=BALTIC-AS2") {
		t.Error("the other side still trusts it")
	}
	if page := kaarel.Get(t, theirs).Body; !strings.Contains(page, "1 out of use") {
		t.Error("its own side has forgotten it")
	}
}

// TestSFTPLogins: a login shows its password once; by key it has none.
func TestSFTPLogins(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	chen := p.As(t, portaltest.Chen)
	link := connectionWith(t, chen, "huadong", "Aurelia Tools")
	if a := chen.Post(t, link+"/logins", url.Values{"name": {"kestrel"}, "way": {"password"}}); a.Status != 422 {
		t.Errorf("a name of others: %d", a.Status)
	}
	if a := chen.Post(t, link+"/logins", url.Values{"name": {"huadong.erp"}, "way": {"key"}}); a.Status != 422 {
		t.Errorf("without a key: %d", a.Status)
	}
	if a := chen.Post(t, link+"/logins", url.Values{"name": {"huadong.erp"}, "way": {"password"}}); a.Status != 303 {
		t.Fatalf("made: %d\n%.1000s", a.Status, a.Body)
	}
	secret := chen.Find(t, link, `value="([0-9a-z]{32})" aria-label="[^"]*" id="new-login"`)
	page := chen.Get(t, link).Body
	if strings.Contains(page, secret) || !strings.Contains(page, "huadong.erp") {
		t.Error("the password is shown twice, or the login is not there")
	}
	// The company's own server: here it is our door, which proves the sign-in.
	addr, hostKey := regexp.MustCompile(`sftp://([0-9.]+:\d+)`).FindStringSubmatch(page), regexp.MustCompile(`SHA256:[A-Za-z0-9+/&;#]{43,60}`).FindString(page)
	if addr == nil || hostKey == "" {
		t.Fatal("the page does not say where the door is")
	}
	server := url.Values{"remote_name": {"own"}, "addr": {addr[1]}, "login": {"huadong.erp"}, "password": {"wrong"}, "password_key": {""}, "host_key": {html.UnescapeString(hostKey)}, "in": {"/out"}}
	if a := chen.Post(t, link+"/servers", url.Values{"remote_name": {"own"}, "addr": {"nowhere"}, "password": {"tell-nobody"}}); a.Status != 422 || strings.Contains(a.Body, "tell-nobody") || !strings.Contains(a.Body, `id="f-sv-addr-e"`) {
		t.Errorf("a wrong server: %d", a.Status)
	}
	check := func() portaltest.Answer {
		t.Helper()
		if a := chen.Post(t, link+"/servers", server); a.Status != 303 {
			t.Fatalf("the server: %d\n%.2000s", a.Status, a.Body)
		}
		return chen.Post(t, chen.Find(t, link, `action="(`+link+`/servers/[0-9a-v]{26}/check)`), nil)
	}
	if a := check(); a.Status != 200 || !strings.Contains(a.Body, "拒绝") {
		t.Errorf("a wrong password: %d\n%.200s", a.Status, a.Body)
	}
	if a := chen.Post(t, chen.Find(t, link, `action="(`+link+`/servers/[0-9a-v]{26}/remove)"`), nil); a.Status != 303 {
		t.Errorf("server removed: %d", a.Status)
	}
	server.Set("password", secret)
	if a := check(); a.Status != 303 || !strings.Contains(chen.Get(t, link).Body, "登录成功") {
		t.Errorf("the right password: %d\n%.2000s", a.Status, a.Body)
	}
	change := chen.Find(t, link, `action="(`+link+`/servers/[0-9a-v]{26}/change)#servers"`)
	server.Set("password", "")
	server.Set("remote_name", "own, changed")
	if a := chen.Post(t, change, server); a.Status != 303 {
		t.Errorf("changed: %d\n%.1000s", a.Status, a.Body)
	}
	if a := chen.Post(t, strings.Replace(change, "/change", "/check", 1), nil); a.Status != 303 || !strings.Contains(chen.Get(t, link).Body, "own, changed") {
		t.Errorf("with the password of before: %d", a.Status)
	}
	server.Set("host_key", "SHA256:"+strings.Repeat("A", 43))
	if a := chen.Post(t, change, server); a.Status != 422 || !strings.Contains(a.Body, "own, changed") || !strings.Contains(a.Body, "-password-e\"") {
		t.Errorf("another host key without a password: %d", a.Status)
	}
	remove := regexp.MustCompile(`action="(` + link + `/logins/[0-9a-v]{26}/remove)"`).FindStringSubmatch(page)
	if remove == nil {
		t.Fatal("it cannot be removed")
	}
	if a := chen.Post(t, remove[1], nil); a.Status != 303 {
		t.Errorf("removed: %d", a.Status)
	}
	if a := chen.Post(t, remove[1], nil); a.Status != 404 {
		t.Errorf("removed twice: %d", a.Status)
	}
}

// TestBench: the samples are what they say, and the answers shown are those of the
// gateway; nothing is kept.
func TestBench(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya, kaarel := p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	kestrel, baltic := connectionWith(t, maya, "kestrel", "Aurelia Tools"), connectionWith(t, kaarel, "baltic", "Aurelia Tools")
	for _, c := range []struct {
		who          *portaltest.Client
		link, sample string
		want, not    []string
	}{
		{maya, kestrel, "850", []string{"Accepted", "AK5*A~", "ISA*00*", "AUR-", "Byte for byte"}, []string{"AK5*R", "no confirmed address"}},
		{maya, kestrel, "850-wrong", []string{"AK5*R", "AK4*2*373*8*", "pin-1", "1131"}, []string{"AK5*A~", "no confirmed address"}},
		{kaarel, baltic, "orders", []string{"Accepted", "UCI", "AUR-"}, []string{"no confirmed address"}},
		{kaarel, baltic, "orders-wrong", []string{"Refused", "UCI", "pin-1"}, []string{"no confirmed address"}},
	} {
		file := c.who.Get(t, c.link+"/bench/"+c.sample)
		if file.Status != 200 || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%s: %d", c.sample, file.Status)
		}
		pasted := c.who.Post(t, c.link+"/bench", url.Values{"edi": {file.Body}})
		csrf := c.who.Find(t, c.link+"/bench", `name="csrf" value="([^"]+)"`)
		sent := upload(t, c.who, csrf, c.link+"/bench", "file", "x.edi", []byte(file.Body), nil)
		for _, a := range []portaltest.Answer{pasted, sent} {
			if a.Status != 200 {
				t.Fatalf("%s: %d\n%.2000s", c.sample, a.Status, a.Body)
			}
			for _, w := range c.want {
				if !strings.Contains(a.Body, w) {
					t.Errorf("%s lacks %q\n%.5000s", c.sample, w, a.Body[strings.Index(a.Body, `id="main"`):])
				}
			}
			for _, w := range c.not {
				if strings.Contains(a.Body, w) {
					t.Errorf("%s holds %q", c.sample, w)
				}
			}
		}
	}
	// An order without lines is sound EDIFACT, and is refused as booking refuses it.
	var bare []string
	lines, from := false, 0
	for _, g := range strings.SplitAfter(kaarel.Get(t, baltic+"/bench/orders").Body, "'") {
		g = strings.TrimSpace(g)
		switch tag, _, _ := strings.Cut(g, "+"); tag {
		case "UNH":
			from = len(bare)
		case "LIN":
			lines = true
		case "UNS":
			lines = false
		case "CNT", "MOA":
			continue
		case "UNT":
			_, ref, _ := strings.Cut(strings.TrimPrefix(g, "UNT+"), "+")
			g = fmt.Sprintf("UNT+%d+%s", len(bare)-from+1, ref)
		}
		if !lines {
			bare = append(bare, g)
		}
	}
	if a := kaarel.Post(t, baltic+"/bench", url.Values{"edi": {strings.Join(bare, "")}}); a.Status != 200 || !strings.Contains(a.Body, "The order has no lines") || !strings.Contains(a.Body, "CONTRL 13") {
		t.Errorf("an order without lines: %d %q\n%.6000s", a.Status, bare, a.Body[strings.Index(a.Body, `id="main"`):])
	}
	// Sent by nobody known, and cut off in the middle: told, and no error.
	file := maya.Get(t, kestrel+"/bench/850").Body
	foreign := strings.Replace(file, "KESTRELSUPPLY  ", "BALTICTRADE    ", 1)
	if a := maya.Post(t, kestrel+"/bench", url.Values{"edi": {foreign}}); a.Status != 200 || !strings.Contains(a.Body, "ZZ:BALTICTRADE is no confirmed address") {
		t.Errorf("a foreign sender: %d", a.Status)
	}
	if a := maya.Post(t, kestrel+"/bench", url.Values{"edi": {file[:len(file)/2]}}); a.Status != 200 || !strings.Contains(a.Body, "Refused") {
		t.Errorf("half a file: %d\n%.2000s", a.Status, a.Body)
	}
	if a := maya.Get(t, "/c/kestrel/edi?q=TEST-"); strings.Contains(a.Body, "TEST-") && strings.Contains(a.Body, `data-row`) {
		t.Error("the bench kept something")
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); ; {
		if ok() {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

// TestSheetForThePartner: what the partner's people are handed says all they need to
// connect, as it is set, in their language, and nothing that is secret or another's.
func TestSheetForThePartner(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid := p.As(t, portaltest.Ingrid)
	link := ingrid.Find(t, "/c/aurelia/edi/connections", `href="(/c/aurelia/edi/connections/[0-9a-v]{26})">Kestrel`)
	setup := ingrid.Get(t, link).Body
	pemFile := ingrid.Get(t, ingrid.Find(t, link, `href="(`+link+`/certificates/[0-9a-v]{26})"`))
	block, _ := pem.Decode([]byte(pemFile.Body))
	if block == nil {
		t.Fatalf("%.300s", pemFile.Body)
	}
	sum := sha256.Sum256(block.Bytes)
	var pairs []string
	for _, b := range sum {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	fingerprint := strings.Join(pairs, ":")
	if !strings.Contains(setup, fingerprint) {
		t.Fatal("the certificate is not that of the page")
	}
	for language, words := range map[string][]string{
		"en":    {"How Kestrel Supply connects to Aurelia Tools", "SHA-256 fingerprint", "data-print"},
		"zh-CN": {"Kestrel Supply", "Aurelia Tools", "SHA-256", "data-print"},
	} {
		reader := ingrid
		if language == "zh-CN" {
			reader = p.As(t, "wen@aurelia.example")
		}
		sheet := reader.Get(t, link+"/sheet")
		if sheet.Status != 200 || !strings.Contains(sheet.Body, `lang="`+language+`"`) {
			t.Errorf("%s: %d %.300s", language, sheet.Status, sheet.Body)
		}
		for _, want := range append(words, "ZZ:AURELIATOOLS", "AURELIA-AS2", fingerprint, p.URL+"/as2", p.URL+"/api/v1/edi/interchanges", p.URL+"/api/v1/edi/outbox") {
			if !strings.Contains(sheet.Body, want) {
				t.Errorf("%s: the sheet lacks %q", language, want)
			}
		}
		main := sheet.Body[strings.Index(sheet.Body, "<main"):]
		for _, secret := range []string{"PRIVATE KEY", "Baltic", "BALTIC", "华东", "Bearer ", "entente-demo"} {
			if strings.Contains(main, secret) {
				t.Errorf("%s: the sheet holds %q", language, secret)
			}
		}
	}
}

// TestCertificatesAndMaps: every certificate and every rule stands on one page with where
// it is set, in the navigation of who runs EDI.
func TestCertificatesAndMaps(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	tomas, maya := p.As(t, "tomas@aurelia.example"), p.As(t, portaltest.Maya)
	link := tomas.Find(t, "/c/aurelia/edi/connections", `href="(/c/aurelia/edi/connections/[0-9a-v]{26})">Kestrel`)
	certificate := tomas.Find(t, link, link+`/certificates/([0-9a-v]{26})"`)
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "certificates", As: tomas, Path: "/c/aurelia/edi/certificates", Contains: []string{"Certificates", "AURELIA-AS2", ">Kestrel Supply</a>", ">Baltic Trade", certificate, `href="` + link + `"`, "SHA-256", "Add the next one", `aria-current="page"`}},
		{Name: "those that end", As: tomas, Path: "/c/aurelia/edi/certificates?show=ending", Contains: []string{"Ending soon"}},
		{Name: "certificates of a reseller", As: maya, Path: "/c/kestrel/edi/certificates", Contains: []string{"AURELIA-AS2", ">Aurelia Tools</a>"}, Lacks: []string{"BALTIC", "Baltic"}},
		{Name: "maps", As: tomas, Path: "/c/aurelia/edi/maps", Contains: []string{"Kestrel Supply", "Baltic Trade", link + "/agreement", link + "/locations", "To us", "Tolerances"}},
		{Name: "maps with the rules of the house", As: p.As(t, portaltest.Ingrid), Path: "/c/aurelia/edi/maps", Contains: []string{"/c/aurelia/company/approvals"}},
		{Name: "maps of a reseller", As: maya, Path: "/c/kestrel/edi/maps", Contains: []string{"Aurelia Tools"}, Lacks: []string{"BALTIC", "Baltic", "华东"}},
		{Name: "in the palette", As: tomas, Path: "/c/aurelia/", Contains: []string{`href="/c/aurelia/edi/certificates"`, `href="/c/aurelia/edi/maps"`}},
	})
}
