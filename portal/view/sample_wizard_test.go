package view

import "time"

// wizardPage is the wizard at a step, for somebody who may do everything or nothing.
func wizardPage(b Base, step string, manage bool) Page {
	url := b.Prefix() + "/edi/connections/1"
	p := &WizardPage{Base: b, Connection: connectionOf("connect", url, kestrel, "connection.partly"), Step: step, Done: 2, Number: 3, Prev: url + "/connect?step=ids", Next: url + "/connect?step=way", PartnerURL: b.Prefix() + "/partners/1", SheetURL: url + "/sheet", BenchURL: url + "/bench"}
	for i, k := range []string{"partner", "ids", "confirm", "way", "test", "live"} {
		p.Steps = append(p.Steps, Step{Done: i < 2, Now: k == step, Name: T("wizard.step." + k), URL: url + "/connect?step=" + k, Note: Raw("ZZ:AURELIATOOLS ⇄ ZZ:KESTRELSUPPLY")})
	}
	known := Identity{ID: "i8", Kind: "X12", Value: "ZZ:KESTRELSUPPLY", State: "identity.confirmed", Confirmed: []Confirmation{{"Aurelia Tools", "Tomás Vega", at(12, 9, 0)}}}
	p.Theirs = []Identity{known, {ID: "i9", Kind: "AS2", Value: "KESTREL-AS2", State: "identity.waiting", CanConfirm: manage}}
	for _, k := range []string{"http", "sftp", "as2", "van"} {
		p.Ways = append(p.Ways, WayChoice{Key: k, URL: url + "/connect?step=way&way=" + k, On: k == "as2", Ready: k == "http"})
	}
	ticks := []Step{{Done: true, Name: T("bench.step", "type", "850", "what", T("bench.step.order")), Note: T("bench.seen_test", "from", "Kestrel Supply", "to", "Aurelia Tools", "control", "000000042"), URL: "/c/aurelia/edi/1", At: at(24, 9, 0)}, {Now: true, Name: T("bench.step", "type", "855", "what", T("bench.step.response")), Note: T("wizard.tick.ack", "company", "Kestrel Supply")}, {Name: T("bench.step", "type", "850", "what", T("bench.step.refused")), Note: T("wizard.tick.optional")}}
	p.Test = &WizardTest{Ticks: ticks, Done: 1, Standard: "x12", Gate: manage, CanSend: manage, Traffic: !manage}
	if !manage {
		p.Waits = T("wizard.waits.confirm", "company", "Kestrel Supply")
		p.VAN = &WizardVAN{Network: "GXS", AgreementURL: url + "/agreement", ServersURL: url + "#servers"}
		p.Token, p.AS2 = &WizardToken{Send: "curl", Fetch: "curl"}, &WizardAS2{Steps: ticks, Here: true}
		return p
	}
	p.All, p.CanAccept, p.Ours, p.CompanyURL = true, true, []Identity{known}, "/c/aurelia/company"
	p.Identity, p.Kinds = &Form{Values: map[string]string{"kind": "x12"}, Errors: []FieldError{{"value", T("account.identity_taken")}}}, options("x12", "x12", "X12", "as2", "AS2")
	p.Token = &WizardToken{Secret: "ent_abc", Have: true, CanMake: true, Send: "curl", Fetch: "curl"}
	p.Secret = &SFTPSecret{"kestrel.erp", "k3j4h5g6"}
	p.Logins = &LoginsCard{Address: "sftp://portal.example:2022", HostKey: "SHA256:abc", Rows: []LoginRow{{ID: "l1", Name: "kestrel", Used: at(24, 8, 0)}, {ID: "l2", Name: "kestrel.erp"}}, Tries: sampleTries, Form: Form{Values: map[string]string{"way": "key"}}}
	rows := []CheckRow{{"AS2", "check.ok", T("echo.packed", "from", "A", "to", "B", "security", "signed sha256"), 0}, {"HTTP", "check.failed", T("echo.status_bad", "status", "500"), 80 * time.Millisecond}}
	p.AS2 = &WizardAS2{Steps: ticks, Address: &Form{Values: map[string]string{"url": "https://as2.kestrel.example/as2"}}, Adding: &CertificateForm{Purposes: options("both", "both", "both"), MakePurposes: options("both", "both", "both"), Names: options("", "A", "A")}, Check: &AddressCheck{Address: "https://as2.kestrel.example/as2", Company: kestrel, Rows: rows}, Echo: &EchoCard{Company: kestrel, At: at(24, 9, 0), By: "Tomás Vega", Rows: rows, Advice: T("echo.advice.http_names")}}
	p.Test.Samples = []Sample{{url + "/bench/850", "850", T("bench.sample.good"), false}, {url + "/bench/850-wrong", "850", T("bench.sample.bad"), true}}
	p.Live = []LiveRow{{Sender: kestrel, Ready: true, CanSay: true, Yes: []LiveYes{{kestrel, "Maya Osei", at(24, 9, 0)}, {Company: aurelia}}}, {Sender: aurelia, CanSay: true, Said: true, Yes: []LiveYes{{aurelia, "Tomás Vega", at(24, 9, 0)}, {Company: kestrel}}}, {Sender: aurelia, Live: at(24, 9, 0)}}
	p.Held, p.VAN = 2, &WizardVAN{Network: "gxs", By: "company", AgreementURL: url + "/agreement", ServersURL: url + "#servers"}
	return p
}
