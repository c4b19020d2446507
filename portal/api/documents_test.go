package api_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// post sends bytes to the documents' address.
func (c caller) post(t *testing.T, query, kind, body string, status int, out any) {
	t.Helper()
	a := c.browser.Do(t, "POST", "/api/v1/documents"+query, strings.NewReader(body), "Authorization", "Bearer "+c.token, "Content-Type", kind)
	if a.Status != status {
		t.Fatalf("%s %s: %d, want %d\n%s", query, body, a.Status, status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), out); err != nil {
		t.Fatalf("%v\n%s", err, a.Body)
	}
}

// TestDocuments: an order as CSV, JSON or by its looks is taken, told in words, read in
// another form, and not taken twice; what cannot be read is refused with the place.
func TestDocuments(t *testing.T) {
	t.Parallel()
	c := program(t, "maya@kestrel.example", "kestrel", "edi:read", "edi:write")
	csv := "document,number,date,currency,vendor_item,quantity,unit,price\n850,API-FORM-1,2026-11-22,GBP,AUR-D18B,24,EA,84.00\n850,API-FORM-2,2026-11-22,GBP,AUR-D18B,many,EA,84.00\n"
	var taken struct {
		ID        string
		Duplicate bool
	}
	c.post(t, "?partner=aurelia", "text/csv", csv, 202, &taken)
	id := taken.ID
	if c.post(t, "", "application/octet-stream", csv, 202, &taken); !taken.Duplicate || taken.ID != id {
		t.Errorf("again: %+v", taken)
	}
	var m struct {
		State, Format string
		Result        *string
		Sets          []struct {
			Type, Number, Result, Business string
			Findings                       []struct{ Key, Text string }
		}
	}
	for end := time.Now().Add(20 * time.Second); m.State != "processed" && time.Now().Before(end); {
		c.do(t, "GET", "/documents/"+id, "", 200, &m)
	}
	if m.Format != "csv" || m.Result == nil || *m.Result != "partly" || len(m.Sets) != 2 || m.Sets[0].Business != "booked" || m.Sets[1].Result != "rejected" {
		t.Fatalf("%+v", m)
	}
	if f := m.Sets[1].Findings; len(f) == 0 || f[0].Text != "row 3, quantity: “many” is not a number." {
		t.Errorf("%+v", f)
	}
	var order struct {
		Type     string
		Document struct {
			Number string
			Lines  []struct{ Quantity string }
		}
	}
	if c.do(t, "GET", "/documents/"+id+"/1", "", 200, &order); order.Type != "850" || order.Document.Number != "API-FORM-1" || order.Document.Lines[0].Quantity != "24" {
		t.Errorf("%+v", order)
	}
	a := c.browser.Do(t, "GET", "/api/v1/documents/"+id+"/1?format=ubl", nil, "Authorization", "Bearer "+c.token)
	if a.Status != 200 || !strings.Contains(a.Body, "urn:oasis:names:specification:ubl:schema:xsd:Order-2") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	var refused struct{ Code, Detail string }
	c.post(t, "", "application/json", `{"type":"850","document":{"lines":[{"quantity":2}]}}`, 422, &refused)
	if refused.Code != "edi.error.json.text" || !strings.Contains(refused.Detail, "document.lines[0].quantity") {
		t.Errorf("%+v", refused)
	}
	if c.post(t, "?partner=baltic", "text/csv", csv, 422, &refused); refused.Code != "edi.receiver_unknown" {
		t.Errorf("a competitor: %+v", refused)
	}
	other := program(t, "kaarel@baltic.example", "baltic", "edi:read", "edi:write")
	for _, path := range []string{"/documents/" + id, "/documents/" + id + "/1"} {
		other.do(t, "GET", path, "", 404, nil)
	}
}

// TestSetsBeyondThePage: every set of an interchange is read, in pages, by result and by
// number, also those beyond what the interchange itself lists.
func TestSetsBeyondThePage(t *testing.T) {
	t.Parallel()
	c := program(t, "maya@kestrel.example", "kestrel", "edi:read", "edi:write")
	const sets, bad = 230, 223
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261124*0912*^*00501*000970301*0*T*>~GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261124*0912*970301*X*005010~")
	for n := 1; n <= sets; n++ {
		date := "20261205"
		if n == bad {
			date = "20261399"
		}
		fmt.Fprintf(&b, "ST*850*%04d~BEG*00*SA*PO-API-%d**20261124~DTM*002*%s~N1*ST*Kestrel DC*92*KS-WKF1~PO1*1*4*EA*84.00*PE*VP*AUR-D18B~CTT*1~SE*7*%04d~", n, n, date, n)
	}
	fmt.Fprintf(&b, "GE*%d*970301~IEA*1*000970301~", sets)
	var taken struct{ ID string }
	a := c.browser.Do(t, "POST", "/api/v1/edi/interchanges", strings.NewReader(b.String()), "Authorization", "Bearer "+c.token, "Content-Type", "application/edi-x12")
	if err := json.Unmarshal([]byte(a.Body), &taken); err != nil || a.Status != 202 {
		t.Fatal(a.Status, a.Body)
	}
	type set struct {
		Position       int
		Number, Result string
		Findings       []struct{ Key string }
	}
	var whole struct {
		State string
		Count int `json:"set_count"`
		Sets  []set
	}
	base := "/edi/interchanges/" + taken.ID
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); whole.State != "processed" && time.Now().Before(end); <-tick.C {
		c.do(t, "GET", base, "", 200, &whole)
	}
	if whole.State != "processed" || whole.Count != sets || len(whole.Sets) != 200 || whole.Sets[199].Position != 200 {
		t.Fatalf("%s, %d sets, %d listed", whole.State, whole.Count, len(whole.Sets))
	}
	read := func(query string) (out []set) {
		t.Helper()
		for after := ""; ; {
			var page struct {
				Items []set
				Next  *string
			}
			c.do(t, "GET", base+"/sets?"+query+after, "", 200, &page)
			if out = append(out, page.Items...); page.Next == nil || *page.Next == "" {
				return out
			}
			after = "&after=" + *page.Next
		}
	}
	all := read("limit=60")
	for i, s := range all {
		if s.Position != i+1 || s.Number != fmt.Sprint("PO-API-", i+1) {
			t.Fatalf("set %d is %+v", i+1, s)
		}
	}
	if len(all) != sets {
		t.Errorf("%d sets", len(all))
	}
	for query, want := range map[string]int{"result=rejected": bad, "q=PO-API-223": 223, "q=229&limit=1": 229} {
		got := read(query)
		if len(got) != 1 || got[0].Position != want || (want == bad) != (len(got[0].Findings) > 0) {
			t.Errorf("%s: %+v", query, got)
		}
	}
	c.do(t, "GET", base+"/sets?after=x", "", 422, nil)
	c.do(t, "GET", base+"/sets?result=lost", "", 422, nil)
	baltic := program(t, "kaarel@baltic.example", "baltic", "edi:read")
	baltic.do(t, "GET", base+"/sets", "", 404, nil)
}

// TestServers: a program keeps its company's SFTP servers, here our own door; what signs in
// there is never told.
func TestServers(t *testing.T) {
	t.Parallel()
	c := program(t, "maya@kestrel.example", "kestrel", "stations:write")
	list := c.browser.Get(t, "/c/kestrel/edi/connections").Body
	link := regexp.MustCompile(`/c/kestrel/edi/connections/[0-9a-v]{26}`).FindString(list)
	door := regexp.MustCompile(`sftp://([0-9.]+:\d+)`).FindStringSubmatch(c.browser.Get(t, link).Body)
	if door == nil {
		t.Fatalf("no door on %s", link)
	}
	var shown struct{ Key, Fingerprint string }
	c.do(t, "POST", "/edi/servers/host-key", `{"addr":"`+door[1]+`"}`, 200, &shown)
	if !strings.HasPrefix(shown.Key, "ssh-ed25519 ") || !strings.HasPrefix(shown.Fingerprint, "SHA256:") {
		t.Fatalf("%+v", shown)
	}
	var problem struct {
		Code   string
		Errors []struct{ Location, Code, Message string }
	}
	c.do(t, "POST", "/edi/servers", `{"name":"own","addr":"nowhere","login":"kestrel","host_key":"x","in":"/out"}`, 422, &problem)
	wrong := map[string]string{}
	for _, e := range problem.Errors {
		wrong[e.Location] = e.Message
	}
	if !strings.HasPrefix(wrong["addr"], "Enter host and port") || wrong["password"] == "" || wrong["host_key"] == "" {
		t.Errorf("%+v", problem)
	}
	type server struct {
		ID, Name, Addr, In, Failing string
		HostKey                     string `json:"host_key"`
		Seconds                     int    `json:"every_seconds"`
		Checked                     *time.Time
	}
	body := func(more string) string {
		return `{"name":"own","addr":"` + door[1] + `","login":"kestrel","host_key":"` + shown.Key + `","in":"/out","leave":true` + more + `}`
	}
	var made, got server
	c.do(t, "POST", "/edi/servers", body(`,"password":"tell-nobody","every_seconds":3600`), 201, &made)
	if made.Name != "own" || made.HostKey != shown.Key || made.Seconds != 3600 {
		t.Errorf("%+v", made)
	}
	base := "/edi/servers/" + made.ID
	var tried struct {
		Works        bool
		Reason, Text string
	}
	if c.do(t, "POST", base+"/check", "", 200, &tried); tried.Works || tried.Reason != "sftp.signin_refused" || !strings.HasPrefix(tried.Text, "The server refused the sign-in") {
		t.Errorf("%+v", tried)
	}
	c.do(t, "PUT", base, body(`,"every_seconds":7200`), 200, &got)
	if got.ID != made.ID || got.Seconds != 7200 {
		t.Errorf("%+v", got)
	}
	c.do(t, "PUT", base, strings.Replace(body(""), shown.Key, "SHA256:"+strings.Repeat("A", 43), 1), 422, &problem)
	if len(problem.Errors) != 1 || problem.Errors[0].Code != "sftp.secret_missing" {
		t.Errorf("another key: %+v", problem)
	}
	for _, where := range []string{base, "/edi/servers"} {
		a := c.browser.Do(t, "GET", "/api/v1"+where, nil, "Authorization", "Bearer "+c.token)
		if a.Status != 200 || !strings.Contains(a.Body, made.ID) || strings.Contains(a.Body, "tell-nobody") || strings.Contains(a.Body, "password") {
			t.Errorf("%s: %d %s", where, a.Status, a.Body)
		}
	}
	reader := program(t, "maya@kestrel.example", "kestrel", "stations:read")
	reader.do(t, "GET", base, "", 200, &got)
	reader.do(t, "PUT", base, body(""), 403, nil)
	reader.do(t, "DELETE", base, "", 403, nil)
	reader.do(t, "POST", "/edi/servers/host-key", `{"addr":"`+door[1]+`"}`, 403, nil)
	stranger := program(t, "kaarel@baltic.example", "baltic", "stations:write")
	for _, call := range []struct{ method, path, body string }{{"GET", base, ""}, {"PUT", base, body(`,"password":"x"`)}, {"POST", base + "/check", ""}, {"DELETE", base, ""}} {
		stranger.do(t, call.method, call.path, call.body, 404, nil)
	}
	c.do(t, "DELETE", base, "", 204, nil)
	c.do(t, "GET", base, "", 404, nil)
}
