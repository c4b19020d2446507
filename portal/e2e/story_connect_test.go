package e2e

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is somebody with a browser that has no scripts.
type visitor struct {
	t    *testing.T
	s    *server
	http *http.Client
	at   string // path of the page shown
	page string

	opened, sent, filled int // pages, forms, and fields of forms so far
}

func (s *server) visitor(t *testing.T) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, s: s, http: &http.Client{Jar: jar, Timeout: 60 * time.Second}}
}

func (v *visitor) read(res *http.Response, err error) *visitor {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.at, v.page = res.Request.URL.Path, string(b)
	if res.StatusCode != 200 {
		v.t.Fatalf("%s: status %d\n%.1500s\n%s", v.at, res.StatusCode, v.main(), v.s.logs)
	}
	return v
}

func (v *visitor) main() string {
	_, main, _ := strings.Cut(v.page, `id="main"`)
	return main
}

// open goes to a path or an address.
func (v *visitor) open(path string) *visitor {
	v.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = v.s.url + path
	}
	v.opened++
	return v.read(v.http.Get(path))
}

// post sends a form of the page shown and follows where it leads.
func (v *visitor) post(path string, values url.Values) *visitor {
	v.t.Helper()
	if values == nil {
		values = url.Values{}
	}
	v.sent, v.filled = v.sent+1, v.filled+len(values)
	if m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(v.page); m != nil {
		values.Set("csrf", html.UnescapeString(m[1]))
	}
	req, err := http.NewRequest(http.MethodPost, v.s.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", v.s.url)
	return v.read(v.http.Do(req))
}

// found is what a pattern with one group finds on the page.
func (v *visitor) found(pattern string) string {
	v.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(v.page)
	if m == nil {
		v.t.Fatalf("%s holds no %s\n%.6000s", v.at, pattern, v.main())
	}
	return html.UnescapeString(m[1])
}

func (v *visitor) says(words ...string) *visitor {
	v.t.Helper()
	text := html.UnescapeString(v.page)
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.t.Errorf("%s does not say %q\n%.1500s", v.at, w, v.main())
		}
	}
	return v
}

func (s *server) signIn(t *testing.T, email string) *visitor {
	v := s.visitor(t)
	v.open("/signin")
	return v.post("/signin", url.Values{"email": {email}, "password": {"entente-demo-1"}})
}

// accepted is the 997 that accepts a document, as the newcomer's program writes it.
func accepted(raw []byte, control int) string {
	segs := segments(raw)
	var isa, gs, st string
	for _, s := range segs {
		switch s[:2] {
		case "IS":
			isa = s
		case "GS":
			gs = s
		case "ST":
			st = s
		}
	}
	h := strings.Split(isa, "*")
	var b strings.Builder
	fmt.Fprintf(&b, "ISA*00*          *00*          *%s*%s*%s*%s*261128*0912*^*00501*%09d*0*%s*>~", h[7], h[8], h[5], h[6], control, h[15])
	fmt.Fprintf(&b, "GS*FA*%s*%s*20261128*0912*%d*X*005010~ST*997*0001~AK1*%s*%s~AK2*%s*%s~AK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*%d~IEA*1*%09d~",
		strings.TrimSpace(h[8]), strings.TrimSpace(h[6]), control, element(gs, 1), element(gs, 6), element(st, 1), element(st, 2), control, control)
	return b.String()
}

// TestStoryConnect: from the invitation of a company that nobody here knows to its first
// accepted test order, the whole chain of test documents, and production. What makes that a
// matter of minutes is how little is asked for: the steps are counted, not the time.
func TestStoryConnect(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		ingrid := s.signIn(t, "ingrid@aurelia.example")
		ingrid.open("/c/aurelia/partners")
		ingrid.post("/c/aurelia/partners/new", url.Values{"company_name": {"Atlas Maghreb"}, "email": {"samira@atlas.example"}, "person_name": {"Samira Idrissi"}, "country": {"MA"}, "language": {"en"}, "side": {"supplier"}, "currency": {"GBP"}})
		ingrid.says("Invitation for samira@atlas.example", "Nobody of Atlas Maghreb has joined yet")
		link := ingrid.found(`value="(http[^"]+/link/[^"]+)"`)
		theirs := ingrid.found(`href="(/c/aurelia/edi/connections/[0-9a-v]{26}/connect)"`)

		samira := s.visitor(t)
		samira.open(link).says("Work with Aurelia Tools", "Ingrid Dahl")
		samira.post(strings.TrimPrefix(link, s.url), url.Values{"name": {"Samira Idrissi"}, "password": {"a quiet harbour 7"}, "password2": {"a quiet harbour 7"}})
		wizard := samira.at
		if !regexp.MustCompile(`^/c/atlas-maghreb-[a-z0-9]{5}/edi/connections/[0-9a-v]{26}/connect$`).MatchString(wizard) {
			t.Fatalf("led to %s", wizard)
		}
		samira.says("Accept and work with Aurelia Tools", "1 of 6")
		samira.post(samira.found(`action="([^"]+/accept)"`), url.Values{"back": {"connect"}}).says("Add an address of yours", "AURELIATOOLS")
		samira.post(wizard+"/identity", url.Values{"kind": {"x12"}, "qualifier": {"ZZ"}, "value": {"ATLASMAGHREB"}})
		samira.open(wizard).says("3 of 6", "Addresses of Aurelia Tools, for you to confirm")
		confirm := func(v *visitor, path string) {
			t.Helper()
			values := url.Values{}
			for _, m := range regexp.MustCompile(`name="identity" value="([0-9a-v]{26})"`).FindAllStringSubmatch(v.page, -1) {
				values.Add("identity", m[1])
			}
			v.post(path+"/confirm", values)
		}
		confirm(samira, wizard)
		samira.open(wizard).says("Waiting for Aurelia Tools to confirm your address")
		ingrid.open(theirs).says("3 of 6", "ZZ:ATLASMAGHREB")
		confirm(ingrid, theirs)
		samira.open(wizard).says("4 of 6", "How documents travel")
		samira.open(wizard+"?step=way&way=http").post(wizard+"/token", nil)
		token := samira.found(`value="([^"]+)" aria-label="[^"]*" id="new-token"`)
		samira.open(wizard).says("5 of 6", "Test first")
		samira.post(wizard+"/test", nil).says("Test first is on")
		sample := samira.open(samira.found(`href="([^"]+/bench/850)"`)).page
		erp := &client{t: t, s: s, token: token}
		in := erp.send(sample)
		if got := erp.processed(in.ID); !got.Test || *got.Result != "accepted" {
			t.Fatalf("the first test order: %+v", got)
		}
		// A step more for either, or a field more to fill in, is a decision.
		for name, c := range map[string]struct {
			v    *visitor
			want string
		}{"the newcomer": {samira, "7 pages, 6 forms, 8 fields"}, "its partner": {ingrid, "3 pages, 3 forms, 10 fields"}} {
			if got := fmt.Sprintf("%d pages, %d forms, %d fields", c.v.opened, c.v.sent, c.v.filled); got != c.want {
				t.Errorf("to the first accepted test order %s needs %s, want %s", name, got, c.want)
			}
		}
		samira.open(wizard).says("850, order, taken without a refusal", "as test, control number")

		// A mistake comes back; the chain goes on by itself as documents are acknowledged.
		bad := samira.open(strings.TrimSuffix(wizard, "/connect") + "/bench/850-wrong").page
		bad = regexp.MustCompile(`\*00501\*\d{9}`).ReplaceAllString(bad, "*00501*000000777")
		bad = regexp.MustCompile(`IEA\*1\*\d{9}`).ReplaceAllString(bad, "IEA*1*000000777")
		if got := erp.processed(erp.send(bad).ID); *got.Result != "rejected" {
			t.Errorf("the wrong order: %+v", got)
		}
		erp.await("997", "AK5*A")
		for i, kind := range []string{"855", "856", "810"} {
			raw := erp.await(kind, "TEST-")
			checkFile(t, raw)
			if isa := find(raw, "ISA"); element(isa, 15) != "T" {
				t.Errorf("the %s is no test: %s", kind, isa)
			}
			erp.send(accepted(raw, 800+i))
		}
		eventually(t, "the chain is complete", func() bool {
			return strings.Contains(samira.open(wizard+"?step=test").page, "7 of 7")
		})
		reader := s.token("samira@atlas.example", "orders:read")
		var booked struct{ Items []order }
		if reader.get("/api/v1/orders", &booked); len(booked.Items) != 0 {
			t.Errorf("%d orders were booked of tests", len(booked.Items))
		}

		// Production waits until both said yes.
		live := po{sender: "ATLASMAGHREB", control: 900, number: "ATLAS-1"}.String()
		id := erp.send(live).ID
		eventually(t, "production is held", func() bool {
			var got interchange
			erp.get("/api/v1/edi/interchanges/"+id, &got)
			return got.State == "held"
		})
		samira.open(wizard).says("6 of 6", "One document for production waits")
		forms := regexp.MustCompile(`name="sender" value="([0-9a-v]{26})"`).FindAllStringSubmatch(samira.page, -1)
		if len(forms) != 2 {
			t.Fatalf("%d directions\n%.5000s", len(forms), samira.main())
		}
		for _, who := range []struct {
			v    *visitor
			path string
		}{{samira, wizard}, {ingrid, theirs}} {
			for _, f := range forms {
				who.v.open(who.path)
				who.v.post(who.path+"/live", url.Values{"sender": {f[1]}, "yes": {"1"}})
			}
		}
		samira.post(wizard+"/release", nil)
		if got := erp.processed(id); *got.Result != "accepted" || got.Test {
			t.Errorf("released: %+v", got)
		}
		if n := len(reader.orders("ATLAS-1")); n != 1 {
			t.Errorf("%d orders were booked, want one", n)
		}
		samira.open(wizard).says("Connected.")
		if other := s.signIn(t, "kaarel@baltic.example").open("/c/baltic/partners").page; strings.Contains(other, "Atlas") {
			t.Error("a competitor learns of it")
		}
	})
}
