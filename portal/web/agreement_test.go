package web_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// fill posts the form of a proposal as a browser does, with every field it shows and
// the changed ones.
func propose(t *testing.T, c *portaltest.Client, page string, values url.Values) portaltest.Answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("csrf", c.Find(t, page, `name="csrf" value="([^"]+)"`))
	if values.Get("version") == "" {
		values.Set("version", c.Find(t, page, `name="version" value="([0-9]+)"`))
	}
	for k, list := range values {
		for _, v := range list {
			_ = w.WriteField(k, v)
		}
	}
	_ = w.Close()
	return c.Do(t, "POST", page, &b, "Content-Type", w.FormDataContentType())
}

// TestAgreementPages: one side proposes by the form, the other reads the same text,
// confirms it by its hash, and from then on both change it only together.
func TestAgreementPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Kaarel)
	ours, theirs := connectionWith(t, ingrid, "aurelia", "Baltic Trade"), connectionWith(t, kaarel, "baltic", "Aurelia Tools")
	form := ours + "/agreement/propose"
	if a := ingrid.Get(t, ours+"/agreement"); !strings.Contains(a.Body, "Nothing has been agreed yet") {
		t.Errorf("before: %d", a.Status)
	}
	wrong := url.Values{"edifact": {"D96A"}, "set": {"ORDERS:reseller"}, "units": {"STK"}, "price_tolerance": {"x"}}
	if a := propose(t, ingrid, form, wrong); a.Status != 422 || !strings.Contains(a.Body, "f-price-tolerance-e") || !strings.Contains(a.Body, "should read theirs = ours") || !strings.Contains(a.Body, `value="ORDERS:reseller" checked`) {
		t.Errorf("a wrong form: %d", a.Status)
	}
	// Whatever refuses it, everything that was typed stands there again, with each error at its field.
	kept := func(what string, a portaltest.Answer, status int, words ...string) {
		t.Helper()
		for _, w := range append(words, `value="17"`, `value="EE 1"`, `>K-9 = EA`, `>As we said<`, `>{&#34;guide&#34;:1}<`, `value="DESADV:supplier" checked`, `value="sha384" selected`) {
			if a.Status != status || !strings.Contains(a.Body, w) {
				t.Errorf("%s: %d lacks %s", what, a.Status, w)
			}
		}
	}
	typed := func(more url.Values) url.Values {
		v := url.Values{"edifact": {"D:96A:UN"}, "set": {"DESADV:supplier"}, "duplicate_days": {"17"}, "reseller_tax": {"EE 1"}, "units": {"K-9 = EA"}, "note": {"As we said"}, "guide": {`{"guide":1}`}, "reseller_terms": {"1"}, "reseller_sign": {"sha384"}}
		for k, list := range more {
			v[k] = list
		}
		return v
	}
	kept("wrong in the form and to the service", propose(t, ingrid, form, typed(url.Values{"edifact": {"D96A"}, "quantity_tolerance": {"x"}, "reseller_tries": {"99"}, "delimiter_segment": {"A"}, "items": {"BP:1 = VP:2\nBP:1 = VP:3"}})), 422,
		`id="f-edifact-e"`, `id="f-quantity-tolerance-e"`, `id="f-reseller-tries-e"`, `id="f-guide-e"`, `id="f-delimiter-segment-e"`, `id="f-items-e"`, "stands there twice", `value="D96A"`)
	kept("a document that nobody exchanges", propose(t, ingrid, form, typed(url.Values{"set": {"DESADV:supplier", "NONSENSE:supplier"}})), 422, `id="f-sets-e"`, "is not a document that is exchanged here")
	guideless := typed(url.Values{"price_tolerance": {"0.7"}, "tax_reverse": {"1"}})
	guideless.Del("guide")
	if a := propose(t, p.As(t, "tomas@aurelia.example"), form, guideless); a.Status != 403 || !strings.Contains(a.Body, `id="f-price-tolerance-e"`) || !strings.Contains(a.Body, `id="f-reseller-tax-e"`) || !strings.Contains(a.Body, `value="0.7"`) || !strings.Contains(a.Body, `>As we said<`) || !strings.Contains(a.Body, "Ask one of yours") {
		t.Errorf("one who may not agree on prices: %d", a.Status)
	}
	good := url.Values{
		"edifact": {"d:96a:un"}, "set": {"ORDERS:reseller", "ORDRSP:supplier", "DESADV:supplier", "INVOIC:supplier"}, "units": {"STK = EA"}, "price_tolerance": {"0.5"}, "duplicate_days": {"60"}, "response_hours": {"4"}, "price_date": {"requested"}, "price_basis": {"list"}, "reseller_tax": {"EE 100 594 102"},
		"supplier_edifact": {"AURELIATOOLS:ZZZ"}, "reseller_edifact": {"BALTICTRADE:ZZZ"}, "reseller_tries": {"7"}, "reseller_folder": {"1"}, "reseller_terms": {"1"}, "reseller_sign": {"sha512"},
		"guide": {`{"guide":"entente/1","name":"Baltic orders","version":"D96A","set":"ORDERS","rules":[{"path":"FTX","forbid":true}]}`}, "note": {"As we discussed"},
	}
	// What has no effect here is not asked for.
	if a := ingrid.Get(t, form); a.Status != 200 || strings.Contains(a.Body, `name="reseller_transport"`) || !strings.Contains(a.Body, `name="check_locations"`) || !strings.Contains(a.Body, `name="price_basis"`) || strings.Contains(a.Body, `name="notice_days"`) {
		t.Errorf("the form: %d", a.Status)
	}
	if a := propose(t, ingrid, form, good); a.Status != 303 {
		t.Fatalf("proposed: %d %.600s", a.Status, a.Body)
	}
	if a := propose(t, ingrid, form, good); a.Status != 409 || !strings.Contains(a.Body, "waits for an answer") {
		t.Errorf("a second proposal: %d", a.Status)
	}
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "mine", As: ingrid, Path: ours + "/agreement", Contains: []string{"Proposal: version 1", "Withdraw the proposal", "0.5 %", "SHA-512", "7 tries", "Documents for Baltic Trade Oü lie in its folder on the server"}, Lacks: []string{"Confirm version", "Propose a change"}},
		{Name: "theirs", As: kaarel, Path: theirs + "/agreement", Contains: []string{"Proposal: version 1", "Confirm version 1", "Baltic orders", "D:96A:UN", "As we discussed", "Unit STK means", "60 days", "4 working hours", "the day on which a line is wanted", "the standard list", "EE 100 594 102"}, Lacks: []string{"Withdraw the proposal"}},
	})
	id := kaarel.Find(t, theirs+"/agreement", theirs+`/agreement/([0-9a-v]{26})/confirm`)
	hash := kaarel.Find(t, theirs+"/agreement", `name="hash" value="([0-9a-f]{64})"`)
	if a := ingrid.Post(t, connectionWith(t, ingrid, "aurelia", "Kestrel Supply")+"/agreement/"+id+"/withdraw", nil); a.Status != 404 {
		t.Errorf("by the address of another partner: %d", a.Status)
	}
	if a := kaarel.Post(t, theirs+"/agreement/"+id+"/confirm", url.Values{"hash": {"0"}}); a.Status != 409 || !strings.Contains(a.Body, "not the text that you saw") {
		t.Errorf("another text: %d", a.Status)
	}
	if a := ingrid.Post(t, ours+"/agreement/"+id+"/confirm", url.Values{"hash": {hash}}); a.Status != 403 {
		t.Errorf("one's own proposal: %d", a.Status)
	}
	if a := kaarel.Post(t, theirs+"/agreement/"+id+"/confirm", url.Values{"hash": {hash}}); a.Status != 303 {
		t.Fatalf("confirmed: %d %.600s", a.Status, a.Body)
	}
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "in force", As: ingrid, Path: ours + "/agreement", Contains: []string{"In force", "Propose a change", "Confirmed by"}, Lacks: []string{"Proposal: version"}},
		{Name: "terms are set", As: kaarel, Path: theirs, Contains: []string{"SHA-512"}},
		{Name: "the form starts from it", As: kaarel, Path: theirs + "/agreement/propose", Contains: []string{`value="ORDERS:reseller" checked`, "STK = EA", "Baltic orders", `name="version" value="1"`}},
	})
	if a := ingrid.Post(t, "/c/aurelia/partners/"+ours[strings.LastIndex(ours, "/")+1:]+"/answer", url.Values{"answer_hours": {"9"}}); a.Status != 409 {
		t.Errorf("the time to answer changed by one side: %d %.300s", a.Status, a.Body)
	}
	// The receiver alone cannot change what both confirmed.
	if a := ingrid.Post(t, ours+"/terms", url.Values{"version": {"1"}, "sign": {"sha256"}}); a.Status != 409 || !strings.Contains(a.Body, "Propose a change of the agreement") {
		t.Errorf("terms changed by one side: %d", a.Status)
	}
	if a := kaarel.Post(t, theirs+"/terms", url.Values{"version": {"0"}, "sign": {"sha256"}}); a.Status != 303 {
		t.Errorf("terms that were not agreed: %d %.300s", a.Status, a.Body)
	}
	// A change, declined.
	if a := propose(t, kaarel, theirs+"/agreement/propose", url.Values{"edifact": {"D:96A:UN:EAN008"}, "keep": {"0"}, "set": {"ORDERS:reseller"}}); a.Status != 303 {
		t.Fatalf("a change: %d", a.Status)
	}
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "differences", As: ingrid, Path: ours + "/agreement", Contains: []string{"Changes against version 1", "<del>D:96A:UN</del>", "no longer agreed", "Decline the proposal"}},
	})
	id = ingrid.Find(t, ours+"/agreement", ours+`/agreement/([0-9a-v]{26})/decline`)
	if a := ingrid.Post(t, ours+"/agreement/"+id+"/decline", url.Values{"reason": {"Not this year"}}); a.Status != 303 {
		t.Errorf("declined: %d", a.Status)
	}
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "history", As: kaarel, Path: theirs + "/agreement", Contains: []string{"Declined by", "Declined", "In force"}},
		{Name: "an older one", As: kaarel, Path: theirs + "/agreement/2", Contains: []string{"not the version that holds now", "Changes against version 1"}},
		{Name: "none such", As: kaarel, Path: theirs + "/agreement/9", Status: 404},
	})
}
