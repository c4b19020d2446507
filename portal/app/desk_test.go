package app

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/edi/agreement"
	"entente/edi/as2"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
)

// browser is somebody signed in at a running program, with a token for its API.
type browser struct {
	t     *testing.T
	a     *App
	slug  string
	http  *http.Client
	csrf  string
	token string
}

func browse(t *testing.T, a *App, email, slug string, scopes ...string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, a: a, slug: slug, http: &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	b.post("/signin", 303, url.Values{"email": {email}, "password": {demoPassword}})
	m := csrfField.FindStringSubmatch(b.get("/c/" + slug + "/edi/connections"))
	if m == nil {
		t.Fatalf("%s has no form token", email)
	}
	b.csrf = m[1]
	if len(scopes) > 0 {
		if b.token, _, err = a.accounts.CreateToken(t.Context(), demoPerson(t, a, email), account.TokenCmd{Name: "desk", Days: 30, Scopes: scopes}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *browser) do(method, path string, body io.Reader, head ...string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.a.addrs.http+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Origin", b.a.addrs.http)
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// get is the page as it is read, without the signs of HTML.
func (b *browser) get(path string) string {
	b.t.Helper()
	status, body := b.do("GET", path, nil)
	if status != 200 {
		b.t.Fatalf("%s: %d %.900s", path, status, body)
	}
	return html.UnescapeString(body)
}

func (b *browser) post(path string, want int, form url.Values) string {
	b.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrf", b.csrf)
	status, body := b.do("POST", path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	if status != want {
		b.t.Fatalf("%s: %d, want %d\n%.2500s", path, status, want, body)
	}
	return html.UnescapeString(body)
}

// api calls it with a JSON body, or none, and reads the answer into to.
func (b *browser) api(method, path string, want int, body string, to any) {
	b.t.Helper()
	kind := "application/json"
	if strings.HasPrefix(body, "ISA") || strings.HasPrefix(body, "UNB") {
		kind = "application/edi-x12"
	}
	status, raw := b.do(method, "/api/v1"+path, strings.NewReader(body), "Authorization", "Bearer "+b.token, "Content-Type", kind)
	if status != want {
		b.t.Fatalf("%s %s: %d, want %d\n%.900s", method, path, status, want, raw)
	}
	if to != nil {
		if err := json.Unmarshal([]byte(raw), to); err != nil {
			b.t.Fatal(err)
		}
	}
	b.idle()
}

func (b *browser) idle() {
	b.t.Helper()
	if err := b.a.jobs.Idle(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// says fails where a page lacks words.
func (b *browser) says(path string, words ...string) string {
	b.t.Helper()
	page := b.get(path)
	for _, w := range words {
		if !strings.Contains(page, w) {
			_, main, _ := strings.Cut(page, `id="main"`)
			b.t.Errorf("%s lacks %q\n%.3500s", path, w, main)
		}
	}
	return page
}

// deskMessage is what the API tells of an interchange here.
type deskMessage struct {
	ID, Control, State, Delivery, Acknowledged, Advised string
	Result                                              *string
	Acknowledgements                                    []struct{ ID, Type string }
}

func (b *browser) message(id string) (m deskMessage) {
	b.t.Helper()
	b.api("GET", "/edi/interchanges/"+id, 200, "", &m)
	return m
}

// send posts an order of Kestrel's, or an answer to one, and gives it judged.
func (b *browser) send(control int, code, set string) deskMessage {
	b.t.Helper()
	n := strings.Count(set, "~") + 2
	text := fmt.Sprintf("ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261124*0930*^*00501*%09d*0*P*>~GS*%s*KESTRELSUPPLY*AURELIATOOLS*20261124*0930*%d*X*005010~ST*%s*0001~%sSE*%d*0001~GE*1*%d~IEA*1*%09d~",
		control, code, control, map[string]string{"PO": "850", "AG": "824"}[code], set, n, control, control)
	var got struct{ ID string }
	b.api("POST", "/edi/interchanges", 202, text, &got)
	return b.message(got.ID)
}

func deskOrder(number string) string {
	return "BEG*00*SA*" + number + "**20261124~CUR*BY*GBP~N1*ST*Kestrel DC*92*KS-WKF1~PO1*1*4*EA*84.00*PE*VP*AUR-D18B~CTT*1~"
}

// orders are the ids of the orders of a number.
func (b *browser) orders(number string) (ids []string) {
	b.t.Helper()
	var got struct{ Items []struct{ ID, Number string } }
	b.api("GET", "/orders?q="+number, 200, "", &got)
	for _, o := range got.Items {
		if o.Number == number {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// deskDeeds presses the buttons of the EDI people, on the pages and by the API, where they
// take effect; what is refused has tests of its own.
func deskDeeds(t *testing.T, a *App) {
	scopes := []string{"edi:read", "edi:write", "orders:read", "orders:write", "stations:read", "stations:write", "partners:read"}
	ingrid, maya := browse(t, a, "ingrid@aurelia.example", "aurelia", scopes...), browse(t, a, "maya@kestrel.example", "kestrel", scopes...)
	ps, err := a.partners.Between(t.Context(), demoPerson(t, a, "maya@kestrel.example"), demoPerson(t, a, "ingrid@aurelia.example").Org)
	if err != nil || len(ps) != 1 {
		t.Fatal(ps, err)
	}
	holdAndRelease(t, ingrid, maya)
	adviceInWords(t, a, ingrid, maya)
	ours := "/c/aurelia/edi/connections/" + ps[0].ID
	reprocessed(t, a, ingrid, maya, ps[0].ID)
	rolledOver(t, a, ingrid, maya, ps[0].ID, ours)
}

// holdAndRelease: what waits in the partner's outbox is held back and set free again.
func holdAndRelease(t *testing.T, ingrid, maya *browser) {
	waits := func(id string) bool {
		t.Helper()
		var box struct{ Items []struct{ ID string } }
		maya.api("GET", "/edi/outbox?limit=200", 200, "", &box)
		for _, i := range box.Items {
			if i.ID == id {
				return true
			}
		}
		return false
	}
	for i, way := range []string{"page", "api"} {
		order := maya.send(810+i, "PO", deskOrder("DESK-HOLD-"+way))
		if len(order.Acknowledgements) != 1 || !waits(order.Acknowledgements[0].ID) {
			t.Fatalf("%s: no 997 waits: %+v", way, order)
		}
		id := order.Acknowledgements[0].ID
		page := "/c/aurelia/edi/" + id
		press := func(deed, said string) {
			t.Helper()
			if way == "api" {
				ingrid.api("POST", "/edi/interchanges/"+id+"/"+deed, 204, "", nil)
				return
			}
			ingrid.says(page, `action="`+page+"/"+deed+`"`)
			ingrid.post(page+"/"+deed, 303, nil)
			ingrid.says(page, said)
			ingrid.idle()
		}
		press("hold", "Message held")
		if got := ingrid.message(id); got.Delivery != gateway.DeliveryHeld || waits(id) {
			t.Errorf("held by the %s: %s", way, got.Delivery)
		}
		ingrid.says(page, "Held")
		press("release", "Message released")
		if got := ingrid.message(id); got.Delivery != gateway.DeliveryWaiting || !waits(id) {
			t.Errorf("released by the %s: %s", way, got.Delivery)
		}
	}
}

// adviceInWords: what the partner's system made of an answer stands on the answer's page,
// in the words of the reader, whether it came as an 824 or as an APERAK.
func adviceInWords(t *testing.T, a *App, ingrid, maya *browser) {
	wen := browse(t, a, "wen@aurelia.example", "aurelia")
	maya.send(820, "PO", deskOrder("DESK-824"))
	ids := ingrid.orders("DESK-824")
	if len(ids) != 1 {
		t.Fatalf("%d orders", len(ids))
	}
	ingrid.api("POST", "/orders/"+ids[0]+"/confirm", 200, "{}", nil)
	answer := func(kind, number string) string {
		t.Helper()
		list, err := a.gateway.List(t.Context(), demoPerson(t, a, "ingrid@aurelia.example"), gateway.Filter{Direction: "out", Type: kind, Query: number})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%s of %s: %d, %v", kind, number, len(list.Items), err)
		}
		return "/c/aurelia/edi/" + list.Items[0].ID
	}
	sent := answer("855", "DESK-824")
	if got := maya.send(821, "AG", "BGN*11*AA-821*20261124*1015~N1*BY*Kestrel Supply*91*K1~OTI*TR*PO*DESK-824~TED*007*Delivery date missing*DTM*3*2*373*20261301~NTE*ADD*Every line needs one~"); *got.Result != gateway.ResultAccepted {
		t.Fatalf("the 824: %+v", got)
	}
	ingrid.says(sent, "Your partner says of DTM02", "Delivery date missing", "Every line needs one", "Their system")
	ingrid.says(sent+"?tab=audit", "Kestrel Supply told what its system made of the document")
	wen.says(sent, "伙伴对 DTM02", "Delivery date missing")

	kaarel := browse(t, a, "kaarel@baltic.example", "baltic", "edi:read", "edi:write", "orders:read")
	un := func(n int, kind, body string) deskMessage {
		t.Helper()
		var got struct{ ID string }
		kaarel.api("POST", "/edi/interchanges", 202, fmt.Sprintf("UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261124:0912+DESK%d'UNH+1+%s:D:96A:UN'%sUNT+%d+1'UNZ+1+DESK%d'", n, kind, body, strings.Count(body, "'")+2, n), &got)
		return kaarel.message(got.ID)
	}
	order := un(1, "ORDERS", "BGM+220+DESK-AP'DTM+137:20261124:102'NAD+BY+BALTIC::92'NAD+SU+AURELIA::92'CUX+2:EUR:9'LIN+1++AUR-D18B:SA'QTY+21:4:PCE'PRI+AAA:96.00'UNS+S'CNT+2:1'")
	if *order.Result == gateway.ResultRejected {
		t.Fatalf("the ORDERS: %+v", order)
	}
	if ids = ingrid.orders("DESK-AP"); len(ids) != 1 {
		t.Fatalf("%d orders of the ORDERS", len(ids))
	}
	ingrid.api("POST", "/orders/"+ids[0]+"/confirm", 200, "{}", nil)
	sent = answer("ORDRSP", "DESK-AP")
	if got := un(2, "APERAK", "BGM+12E::9+AA-1+27'DTM+137:202611241015:203'RFF+ON:DESK-AP'ERC+133::116'FTX+AAO+++Item is not on the order'RFF+ZZZ:LIN03:9'FTX+ACB+++5012345678900'"); *got.Result != gateway.ResultAccepted {
		t.Fatalf("the APERAK: %+v", got)
	}
	ingrid.says(sent, "Your partner says of LIN03", "Item is not on the order")
	ingrid.says(sent+"?tab=audit", "Baltic Trade Oü told what its system made of the document")
	wen.says(sent, "伙伴对 LIN03", "Item is not on the order")
	if page := ingrid.get(sent); strings.Contains(page, "edi.finding") {
		t.Errorf("a key is shown: %.400s", page)
	}
}

// reprocessed: what a guide refused is booked once the guide was changed. The change comes by
// the form, with what the two agree on tax.
func reprocessed(t *testing.T, a *App, ingrid, maya *browser, partnership string) {
	boss, buyer := demoPerson(t, a, "ingrid@aurelia.example", access.Admin, access.Manager), demoPerson(t, a, "maya@kestrel.example", access.Admin, access.Manager)
	strict, err := a.agreements.Propose(t.Context(), boss, agreement.ProposeCmd{Partnership: partnership, Body: agreement.Body{X12: "005010",
		Guides: []json.RawMessage{json.RawMessage(`{"guide":"entente/1","name":"No currency","version":"005010","set":"850","rules":[{"path":"CUR","forbid":true}]}`)}}})
	if err == nil {
		_, err = a.agreements.Confirm(t.Context(), buyer, strict.ID, strict.Hash)
	}
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]deskMessage{}
	for i, way := range []string{"page", "api"} {
		got := maya.send(830+i, "PO", deskOrder("DESK-RE-"+way))
		if *got.Result != gateway.ResultRejected || len(ingrid.orders("DESK-RE-"+way)) != 0 {
			t.Fatalf("the guide took it: %+v", got)
		}
		refused[way] = got
	}

	form := "/c/aurelia/edi/connections/" + partnership + "/agreement"
	ingrid.post(form+"/propose", 303, url.Values{"version": {"1"}, "x12": {"005010"}, "tax_rounding": {agreement.Roundings[0]}, "tax_reverse": {"1"}, "supplier_tax": {"GB 123 4567 89"}, "reseller_tax": {"GB 987 6543 21"}})
	proposed := maya.says(strings.Replace(form, "/aurelia/", "/kestrel/", 1), "Proposal: version 2", "GB 123 4567 89", "GB 987 6543 21", "Rounding of tax", "The buyer owes the tax")
	confirm := regexp.MustCompile(`action="([^"]+/confirm)"`).FindStringSubmatch(proposed)
	hash := regexp.MustCompile(`name="hash" value="([0-9a-f]{64})"`).FindStringSubmatch(proposed)
	if confirm == nil || hash == nil {
		t.Fatalf("nothing to confirm\n%.2000s", proposed)
	}
	maya.post(confirm[1], 303, url.Values{"hash": {hash[1]}})
	ingrid.says(form, "In force", "GB 987 6543 21", "The buyer owes the tax")
	browse(t, a, "wen@aurelia.example", "aurelia").says(form, "GB 123 4567 89", "反向征收")

	for way, was := range refused {
		page := "/c/aurelia/edi/" + was.ID
		if way == "page" {
			ingrid.says(page, "Refused", `action="`+page+`/reprocess"`)
			ingrid.post(page+"/reprocess", 303, nil)
			ingrid.says(page, "It is read again")
			ingrid.idle()
		} else {
			ingrid.api("POST", "/edi/interchanges/"+was.ID+"/reprocess", 204, "", nil)
		}
		got := ingrid.message(was.ID)
		ids := ingrid.orders("DESK-RE-" + way)
		if *got.Result != gateway.ResultAccepted || len(ids) != 1 || len(got.Acknowledgements) != 2 {
			t.Fatalf("by the %s: %+v, %d orders", way, got, len(ids))
		}
		if text := ingrid.says(page, "/c/aurelia/orders/"+ids[0]); strings.Contains(text, page+"/reprocess") {
			t.Errorf("by the %s: it can be read once more", way)
		}
	}
}

// buyersStation is Kestrel's AS2 server, which answers without a receipt until it is told
// to give one.
type buyersStation struct {
	t    *testing.T
	mu   sync.Mutex
	rel  as2.Relation
	mdn  bool
	seen []string // Message-IDs
}

// ServeHTTP implements http.Handler.
func (s *buyersStation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r.Header.Get("Message-ID"))
	body, err := io.ReadAll(r.Body)
	if err != nil || !s.mdn {
		_, _ = w.Write([]byte("thank you"))
		return
	}
	got, err := as2.Open(as2.HeaderOf(r.Header), body, func(string, string) (as2.Relation, bool) { return s.rel, true }, as2.Limits{})
	if err != nil {
		s.t.Error(err)
		return
	}
	answer, err := got.Answer(as2.MDN{ID: as2.NewID("kestrel"), Date: time.Now(), Agent: "kestrel", Disposition: as2.Processed})
	if err != nil {
		s.t.Error(err)
		return
	}
	for _, f := range answer.Header {
		w.Header().Set(f.Name, f.Value)
	}
	_, _ = w.Write(answer.Body)
}

func (s *buyersStation) receipts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mdn = true
}

// trusts has the station take what a certificate signed.
func (s *buyersStation) trusts(der []byte) {
	s.t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rel.Keys.Verify = append(s.rel.Keys.Verify, c)
	if s.rel.Keys.Encrypt == nil {
		s.rel.Keys.Encrypt = c
	}
}

func (s *buyersStation) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.seen...)
}

// rolledOver: what went out unproved is sent again, with the same Message-ID, or as a new
// message; the next certificate of either side is confirmed by hand, and by a test message.
func rolledOver(t *testing.T, a *App, ingrid, maya *browser, partnership, ours string) {
	boss := demoPerson(t, a, "ingrid@aurelia.example", access.Admin)
	now := time.Now()
	key, err := as2.Generate("KESTREL-AS2", now.Add(-time.Hour), now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	text := func(id as2.Identity) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.Certificate.Raw}))
	}
	station := &buyersStation{t: t, rel: as2.Relation{Agreement: as2.New("KESTREL-AS2", "AURELIA-AS2"), Keys: as2.Keys{Sign: key, Decrypt: []as2.Identity{key}}}}
	_, certs, err := a.courier.Station(t.Context(), boss, partnership, boss.Org)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range certs {
		station.trusts(c.DER)
	}
	server := httptest.NewServer(station)
	defer server.Close()
	theirs := strings.Replace(ours, "/aurelia/", "/kestrel/", 1)
	maya.post(theirs+"/certificates", 303, url.Values{"certificate": {text(key)}, "purpose": {"both"}})
	maya.post(theirs+"/station", 303, url.Values{"url": {server.URL}})

	// Resend and resubmit.
	order := maya.send(840, "PO", deskOrder("DESK-AS2"))
	if len(order.Acknowledgements) != 1 {
		t.Fatalf("no 997: %+v", order)
	}
	id := order.Acknowledgements[0].ID
	page := "/c/aurelia/edi/" + id
	unproved := func(n int) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ingrid.message(id).Delivery != gateway.DeliveryUnproved || len(station.ids()) != n; {
			if ingrid.idle(); time.Now().After(end) {
				t.Fatalf("%s after %d messages, want unproved after %d", ingrid.message(id).Delivery, len(station.ids()), n)
			}
		}
	}
	unproved(1)
	ingrid.says(page, `action="`+page+`/resend"`, "Arrived, not proved")
	ingrid.post(page+"/resend", 303, nil)
	unproved(2)
	ingrid.api("POST", "/edi/interchanges/"+id+"/resend", 204, "", nil)
	unproved(3)
	station.receipts()
	fresh := regexp.MustCompile(`action="(` + page + `/messages/[0-9a-v]{26}/resend)"`).FindStringSubmatch(ingrid.get(page + "?tab=attempts"))
	if fresh == nil {
		t.Fatal("nobody can send it as a new message")
	}
	ingrid.post(fresh[1], 303, url.Values{"fresh": {"1"}})
	for end := time.Now().Add(time.Minute); ingrid.message(id).Delivery != gateway.DeliveryDelivered; ingrid.idle() {
		if time.Now().After(end) {
			t.Fatalf("sent as new: %s", ingrid.message(id).Delivery)
		}
	}
	if seen := station.ids(); len(seen) != 4 || seen[0] != seen[1] || seen[1] != seen[2] || seen[3] == seen[0] {
		t.Errorf("Message-IDs %q: a resent message keeps its own, a new one has another", seen)
	}
	if text := ingrid.says(page+"?tab=attempts", "Proves delivery"); strings.Contains(text, page+"/resend\"") {
		t.Error("what is proved can be sent again")
	}

	// The partner's next certificate, confirmed by hand on the page and by the API.
	pending := func(org string) (out []courier.Certificate) {
		t.Helper()
		_, certs, err := a.courier.Station(t.Context(), boss, partnership, org)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range certs {
			if c.Pending() {
				out = append(out, c)
			}
		}
		return out
	}
	buyer := demoPerson(t, a, "maya@kestrel.example").Org
	next := func(b *browser, at string, form url.Values, of string) courier.Certificate {
		t.Helper()
		b.post(at+"/certificates", 303, form)
		waits := pending(of)
		if len(waits) != 1 {
			t.Fatalf("%d certificates wait", len(waits))
		}
		return waits[0]
	}
	again := func(at time.Time) as2.Identity {
		t.Helper()
		c := *key.Certificate
		c.NotAfter = at
		id, err := resigned(key, &c)
		if err != nil {
			t.Fatal(err)
		}
		station.mu.Lock()
		defer station.mu.Unlock()
		station.rel.Keys.Decrypt = append(station.rel.Keys.Decrypt, id)
		return id
	}
	c := next(maya, theirs, url.Values{"certificate": {text(again(now.AddDate(2, 0, 0)))}}, buyer)
	ingrid.says(ours, `action="`+ours+"/certificates/"+c.ID+`/confirm"`)
	ingrid.post(ours+"/certificates/"+c.ID+"/confirm", 303, nil)
	if text := ingrid.says(ours, "Confirmed. It is used from now on"); len(pending(buyer)) != 0 || strings.Contains(text, c.ID+"/confirm") {
		t.Error("confirmed on the page, it still waits")
	}
	maya.says(theirs, "confirmed by Aurelia Tools")
	c = next(maya, theirs, url.Values{"certificate": {text(again(now.AddDate(3, 0, 0)))}}, buyer)
	ingrid.api("POST", "/partners/"+partnership+"/as2/certificates/"+c.ID+"/confirm", 200, "", nil)
	if len(pending(buyer)) != 0 {
		t.Error("confirmed by the API, it still waits")
	}

	// The company's own next one, proved by the partner's software.
	ingrid.post(ours+"/certificates", 422, url.Values{"generate": {"1"}}) // a name that is none of the company's
	if _, certs, err = a.courier.Station(t.Context(), boss, partnership, boss.Org); err != nil || strings.Contains(fmt.Sprint(certs), "CN=1") {
		t.Errorf("a certificate of the name 1 was made: %v", err)
	}
	for i, way := range []string{"page", "api"} {
		c = next(ingrid, ours, url.Values{"generate": {"AURELIA-AS2"}}, boss.Org)
		if c.Subject != "CN=AURELIA-AS2" {
			t.Errorf("made for %s", c.Subject)
		}
		station.trusts(c.DER)
		if way == "page" {
			ingrid.says(ours, `action="`+ours+"/certificates/"+c.ID+`/try"`)
			ingrid.post(ours+"/certificates/"+c.ID+"/try", 303, nil)
			ingrid.says(ours, "The partner’s software takes it")
		} else {
			ingrid.api("POST", "/partners/"+partnership+"/as2/certificates/"+c.ID+"/try", 200, "", nil)
		}
		if waits := pending(boss.Org); len(waits) != 0 {
			t.Errorf("%d: tried by the %s, %d still wait", i, way, len(waits))
		}
	}
	ingrid.says("/c/aurelia/edi/certificates", "CN=KESTREL-AS2", "Used with")
}

// resigned is another certificate of the same key, which costs no new one.
func resigned(key as2.Identity, like *x509.Certificate) (as2.Identity, error) {
	like.SerialNumber = new(big.Int).SetInt64(like.NotAfter.Unix())
	der, err := x509.CreateCertificate(rand.Reader, like, like, key.Key.Public(), key.Key)
	if err != nil {
		return as2.Identity{}, err
	}
	c, err := x509.ParseCertificate(der)
	return as2.Identity{Certificate: c, Key: key.Key}, err
}
