package web_test

import (
	"archive/zip"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestMonitor opens the desk of the EDI people and presses its buttons.
func TestMonitor(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	refused := ingrid.Find(t, "/c/aurelia/edi?view=failed&type=850", `href="(/c/aurelia/edi/[0-9a-v]{26})"`)
	theirs := strings.Replace(refused, "/aurelia/", "/kestrel/", 1)
	foreign := strings.Replace(refused, "/aurelia/", "/baltic/", 1)
	partner := ingrid.Find(t, "/c/aurelia/partners", `href="(/c/aurelia/partners/[0-9a-v]{26})"`)
	none := url.Values{}
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "monitor", As: ingrid, Path: "/c/aurelia/edi/monitor?span=week", Contains: []string{"EDI monitor", "Throughput", "<rect", "Kestrel Supply", "What goes wrong most", "sent to us", "Example"}, Lacks: []string{"style="}},
		{Name: "monitor of a day", As: ingrid, Path: "/c/aurelia/edi/monitor", Contains: []string{"Acknowledgement overdue"}},
		{Name: "monitor of an hour", As: ingrid, Path: "/c/aurelia/edi/monitor?span=hour"},
		{Name: "monitor of nonsense", As: ingrid, Path: "/c/aurelia/edi/monitor?span=%00x"},
		{Name: "monitor as a fragment", As: ingrid, Path: "/c/aurelia/edi/monitor", Headers: []string{"HX-Request", "true", "HX-Target", "monitor"}, Contains: []string{"e-stats"}, Lacks: []string{"<html"}},
		{Name: "monitor of a competitor", As: kaarel, Path: "/c/baltic/edi/monitor?span=week", Lacks: []string{"Kestrel", "20261131"}},
		{Name: "overdue ones", As: ingrid, Path: "/c/aurelia/edi?view=late", Status: 200},
		{Name: "the button of the receiver", As: ingrid, Path: refused, Contains: []string{"/reprocess", "/proof.zip"}},
		{Name: "none for the sender", As: maya, Path: theirs, Contains: []string{"/proof.zip"}, Lacks: []string{"/reprocess"}},
		{Name: "the sender reads it again", As: maya, Path: theirs + "/reprocess", Form: none, Status: 403},
		{Name: "a competitor", As: kaarel, Path: foreign + "/reprocess", Form: none, Status: 404},
		{Name: "a competitor confirms", As: kaarel, Path: foreign + "/confirm", Form: url.Values{"reason": {"x"}}, Status: 404},
		{Name: "nothing to ask for", As: ingrid, Path: refused + "/ask", Form: none, Status: 403},
		{Name: "nothing to send", As: ingrid, Path: refused + "/resend", Form: none, Status: 403},
		{Name: "too late to hold", As: ingrid, Path: refused + "/hold", Form: none, Status: 409},
		{Name: "not held", As: ingrid, Path: refused + "/release", Form: none, Status: 409},
		{Name: "the clock", As: ingrid, Path: partner, Contains: []string{`name="hours"`, `value="24"`}},
		{Name: "set wrong", As: ingrid, Path: partner + "/clock", Form: url.Values{"hours": {"soon"}}, Status: 422},
		{Name: "set", As: ingrid, Path: partner + "/clock", Form: url.Values{"hours": {"36"}}, Status: 303},
		{Name: "is set", As: ingrid, Path: partner, Contains: []string{`value="36"`}},
		{Name: "proof for a competitor", As: kaarel, Path: foreign + "/proof.zip", Status: 404},
		{Name: "proof", As: maya, Path: theirs + "/proof.zip", After: func(t *testing.T, a portaltest.Answer) {
			if a.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
				t.Error(a.Header)
			}
			z, err := zip.NewReader(strings.NewReader(a.Body), int64(len(a.Body)))
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{}
			for _, f := range z.File {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				texts[f.Name] = string(b)
			}
			for name, want := range map[string]string{
				"README.txt": "cms -verify -binary -in as2/1/signature.p7s -inform DER -content as2/1/content.mime -noverify -nointern -certfile certificates/sender.pem", "findings.json": "20261131", "manifest.json": "interchange/850-",
			} {
				if !strings.Contains(texts[name], want) {
					t.Errorf("%s lacks %q:\n%s", name, want, texts[name])
				}
			}
			if !strings.Contains(texts["README.txt"], "证据包") || !strings.Contains(texts["README.txt"], "cms -verify -in as2/1/receipt.eml -inform SMIME -noverify -nointern -certfile certificates/receiver.pem") {
				t.Error(texts["README.txt"])
			}
		}},
	})
}

// TestSearchByAnyNumber: the search of the page finds a message by whatever number people
// have in hand, and nothing of a competitor's.
func TestSearchByAnyNumber(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	partner := ingrid.Find(t, "/c/aurelia/edi?type=850", `<option value="([0-9a-v]{26})"[^>]*>Kestrel Supply</option>`)
	for name, c := range map[string]struct{ kind, number string }{
		"order":                {"850", `BEG\*00\*[A-Z]*\*([^*~]+)`},
		"invoice":              {"810", `BIG\*[0-9]*\*([^*~]+)`},
		"order of the invoice": {"810", `BIG\*[0-9]*\*[^*]*\*[0-9]*\*([^*~]+)`},
		"shipment":             {"856", `BSN\*00\*([^*~]+)`},
		"pack":                 {"856", `MAN\*GM\*([0-9]{18,20})`},
		"interchange":          {"850", `ISA\*.{84}\*([0-9]{9})\*`},
		"interchange, short":   {"850", `ISA\*.{84}\*0*([1-9][0-9]*)\*`},
		"response":             {"855", `BAK\*[0-9A-Z]*\*[A-Z]*\*([^*~]+)`},
	} {
		number, path := "", ""
		for _, m := range regexp.MustCompile(`href="(/c/aurelia/edi/[0-9a-v]{26})"`).FindAllStringSubmatch(ingrid.Get(t, "/c/aurelia/edi?type="+c.kind+"&partner="+partner).Body, 20) {
			if found := regexp.MustCompile(c.number).FindStringSubmatch(ingrid.Get(t, m[1]+"/raw").Body); found != nil {
				number, path = found[1], m[1]
				break
			}
		}
		if number == "" {
			t.Errorf("%s: the demo data hold no %s with one", name, c.kind)
			continue
		}
		q := url.QueryEscape(number)
		if body := ingrid.Get(t, "/c/aurelia/edi?q="+q).Body; !strings.Contains(body, `href="`+path+`"`) {
			t.Errorf("%s: %s is not found", name, number)
		}
		if body := maya.Get(t, "/c/kestrel/edi?q="+q).Body; !strings.Contains(body, strings.Replace(path, "/aurelia/", "/kestrel/", 1)) {
			t.Errorf("%s: the partner does not find %s", name, number)
		}
		if c.number[0] != 'I' { // short numbers are others' too
			if body := kaarel.Get(t, "/c/baltic/edi?q="+q).Body; strings.Contains(body, "data-row") {
				t.Errorf("%s: a competitor finds %s", name, number)
			}
		}
	}
}
