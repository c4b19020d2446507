package web_test

import (
	"archive/zip"
	"io"
	"net/http"
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
	refused := ingrid.Find(t, "/c/aurelia/edi?view=failed&q=4500187519", `href="(/c/aurelia/edi/[0-9a-v]{26})"`)
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
	token := func(c *portaltest.Client, slug string, scopes ...string) string {
		c.Post(t, "/c/"+slug+"/company/tokens", url.Values{"name": {"search"}, "scope": scopes, "days": {"30"}})
		return c.Find(t, "/c/"+slug+"/company", `value="([^"]+)" aria-label="[^"]*" id="new-token"`)
	}
	theirs, ours := token(maya, "kestrel", "edi:write"), token(ingrid, "aurelia", "edi:write")
	api := func(secret, method, path, kind, body string) portaltest.Answer {
		return p.Nobody(t).Do(t, method, path, strings.NewReader(body), "Authorization", "Bearer "+secret, "Content-Type", kind)
	}
	const po, invoice, notice, sscc = "PO-SEARCH-7", "INV-SEARCH-7", "ASN-SEARCH-7", "00123456789012345675"
	sent := api(theirs, http.MethodPost, "/api/v1/edi/interchanges", "application/edi-x12", "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261124*0912*^*00501*000970007*0*P*>~GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261124*0912*970007*X*005010~ST*850*0001~BEG*00*SA*"+po+"**20261124~CUR*BY*GBP~N1*ST*Kestrel DC*92*KS-WKF1~PO1*1*4*EA*84.00*PE*VP*AUR-D18B~CTT*1~SE*7*0001~GE*1*970007~IEA*1*000970007~")
	if sent.Status != 202 {
		t.Fatal(sent.Status, sent.Body)
	}
	packed := api(ours, http.MethodPost, "/api/v1/edi/interchanges", "application/edi-x12", "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261124*0912*^*00501*000970008*0*P*>~GS*SH*AURELIATOOLS*KESTRELSUPPLY*20261124*0912*970008*X*005010~ST*856*0001~BSN*00*"+notice+"*20261124*0912*0001~HL*1**S~HL*2*1*O~PRF*"+po+"***20261120~HL*3*2*P~MAN*GM*"+sscc+"~HL*4*3*I~LIN*1*VP*AUR-D18B~SN1*1*4*EA~CTT*4~SE*12*0001~GE*1*970008~IEA*1*000970008~")
	if packed.Status != 202 {
		t.Fatal(packed.Status, packed.Body)
	}
	billed := api(ours, http.MethodPost, "/api/v1/edi/interchanges", "application/edi-x12", "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261124*0912*^*00501*000970009*0*P*>~GS*IN*AURELIATOOLS*KESTRELSUPPLY*20261124*0912*970009*X*005010~ST*810*0001~BIG*20261124*"+invoice+"*20261120*"+po+"~CUR*SE*GBP~IT1*1*4*EA*84.00*PE*VP*AUR-D18B~TDS*33600~CTT*1~SE*7*0001~GE*1*970009~IEA*1*000970009~")
	if billed.Status != 202 {
		t.Fatal(billed.Status, billed.Body)
	}
	for name, c := range map[string]struct{ kind, number string }{
		"order": {"850", po}, "order of the shipment": {"856", po}, "order of the invoice": {"810", po}, "invoice": {"810", invoice}, "shipment": {"856", notice}, "pack": {"856", sscc}, "pack without its identifier": {"856", sscc[2:]},
		"interchange": {"850", "000970007"}, "interchange, short": {"850", "970007"},
	} {
		q := "/edi?type=" + c.kind + "&q=" + url.QueryEscape(c.number)
		path := ""
		eventually(t, name+" is found", func() bool {
			m := regexp.MustCompile(`href="(/c/aurelia/edi/[0-9a-v]{26})"`).FindStringSubmatch(ingrid.Get(t, "/c/aurelia"+q).Body)
			if m != nil {
				path = m[1]
			}
			return m != nil
		})
		if raw := ingrid.Get(t, path+"/raw").Body; !strings.Contains(raw, c.number) {
			t.Errorf("%s: what is found does not name %s: %.300s", name, c.number, raw)
		}
		if body := maya.Get(t, "/c/kestrel"+q).Body; !strings.Contains(body, strings.Replace(path, "/aurelia/", "/kestrel/", 1)) {
			t.Errorf("%s: the partner does not find %s", name, c.number)
		}
		if body := kaarel.Get(t, "/c/baltic"+q).Body; strings.Contains(body, "data-row") {
			t.Errorf("%s: a competitor finds %s", name, c.number)
		}
	}
}
