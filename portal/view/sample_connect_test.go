package view

import (
	"time"

	"entente/portal/locale"
)

func connectionOf(tab, url string, who Company, st State) Connection {
	c := Connection{URL: url, Partner: who, Side: "reseller", Status: Status{State: st}}
	for _, t := range []string{"setup", "agreement", "locations", "bench", "sheet"} {
		c.Tabs = append(c.Tabs, Tab{Label: T("connection.tab." + t), URL: url + "/" + t, Count: -1, On: t == tab})
	}
	return c
}

func connectionsPage(b Base) Page {
	return &ConnectionsPage{Base: b, Filters: filters(b.Prefix() + "/edi/connections"), Pager: Pager{Shown: 3, Total: -1, Next: "/c/aurelia/edi/connections?after=x"}, Rows: []ConnectionRow{
		{URL: "/c/aurelia/edi/connections/1", Company: kestrel, Side: "reseller", Status: Status{State: "connection.ready"}, Over: T("connection.over.as2"), Warn: T("connection.warn.ending", "company", "Kestrel Supply", "n", 1), Last: at(24, 9, 12)},
		{URL: "/c/aurelia/edi/connections/2", Company: baltic, Side: "reseller", Status: Status{"connection.partly", T("connection.steps_left", "n", 3)}, Over: T("connection.over.outbox")},
		{URL: "/c/aurelia/edi/connections/3", Company: huadong, Side: "reseller", Status: Status{"connection.paused", T("state.partner.suspended")}, Over: T("connection.over.pages")},
	}}
}

func certificates(own bool) []CertificateRow {
	const print = "7A:1F:90:22:01:AB:CD:EF:10:32:54:76:98:BA:DC:FE:7A:1F:90:22:01:AB:CD:EF:10:32:54:76:98:BA:C4:0E"
	row := CertificateRow{ID: "c1", Subject: "CN=KESTREL-AS2", Issuer: "CN=Kestrel CA", Serial: "0a1b2c", Key: "RSA 3072", Fingerprint: print, State: "certificate.used", Purpose: T("purpose.both"), Own: own, From: at(1, 0, 0), Until: now.AddDate(2, 0, 0), Left: 729, DownloadURL: "/c/aurelia/edi/connections/1/certificates/c1", CanRetire: own, CanUnpin: own}
	next, old := row, row
	next.ID, next.State, next.UseFrom, next.Issuer = "c2", "certificate.next", at(30, 0, 0), ""
	old.ID, old.State, old.Until, old.Left = "c3", "certificate.ended", at(2, 0, 0), -22
	waits := row
	waits.ID, waits.State, waits.CanConfirm, waits.CanTry, waits.Company = "c3", "certificate.waiting", !own, own, Company{Name: "Kestrel Supply"}
	row.Confirmed, row.How, row.Company = at(2, 0, 0), T("certificate.by.person"), waits.Company
	return []CertificateRow{waits, next, row, old}
}

// connectionPage with manage is the page of somebody who may change all of it.
func connectionPage(b Base, manage bool) Page {
	url := b.Prefix() + "/edi/connections/1"
	waiting := Identity{ID: "i9", Kind: "AS2", Value: "KESTREL-AS2", State: "identity.waiting", CanConfirm: manage}
	known := Identity{ID: "i8", Kind: "X12", Value: "ZZ:KESTRELSUPPLY", State: "identity.confirmed", Confirmed: []Confirmation{{"Aurelia Tools", "Tomás Vega", at(12, 9, 0)}}}
	retired := certificates(false)[0]
	retired.ID, retired.State, retired.Retired = "c4", "certificate.retired", at(3, 0, 0)
	p := &ConnectionPage{Base: b, Connection: connectionOf("setup", url, kestrel, "connection.partly"), PartnerURL: b.Prefix() + "/partners/1", APIURL: "/api/docs",
		Routes:   &RoutesCard{Editable: manage, Rows: []RouteRow{{Code: "850", Name: T("document.850"), Doors: []Option{{Value: "", Label: T("routes.door.usual_850")}, {Value: "outbox", Label: T("routes.door.outbox"), On: true}}, Formats: []Option{{Value: "", Label: T("routes.format_order"), On: true}, {Value: "edifact D:96A:UN", Label: Raw("EDIFACT D.96A")}}, PreviewURL: url + "/preview?kind=850"}}},
		Style:    &StyleCard{Editable: manage, Form: Form{Values: map[string]string{"columns": "number = PO No."}, Errors: []FieldError{{"columns", T("edi.style_column", "Name", "colour")}}}, Decimals: options("", "", "12.50", ",", "12,50"), Commas: options(";", ";", "Semicolon"), Kinds: options("", "", "850"), Columns: []string{"number", "quantity"}},
		Stations: []Station{{Company: aurelia, Mine: true, Set: true, Here: manage, Names: []Identity{known}, Address: "https://portal.example/as2", Certificates: certificates(manage), Retired: []CertificateRow{retired}}, {Company: kestrel, Names: []Identity{waiting, known}, Address: "https://as2.kestrel.example:8443/as2", Hosts: []string{"mdn.kestrel.example"}, Locked: T("courier.http_login_refused"), LockedSince: at(24, 8, 0)}},
		Terms: []TermsCard{
			{ToUs: true, Sender: kestrel, Taker: aurelia, Version: 3, Since: at(13, 9, 0), By: "Tomás Vega", Weak: []Text{T("terms.weak.sign", "word", Raw("SHA-1"))}, Facts: []KV{{Label: T("terms.sign"), Value: Raw("SHA-1")}, {Label: T("terms.async"), Value: T("terms.yes")}}},
			{Sender: aurelia, Taker: kestrel, Weak: []Text{T("terms.weak.encrypt", "word", T("terms.encrypt.none"))}, Facts: []KV{{Label: T("terms.sign"), Value: Raw("SHA-256")}}},
		},
		Steps:   []Step{{Done: true, Name: T("connection.step.our_name"), Note: Raw("AURELIA-AS2"), At: at(12, 9, 0)}, {Now: true, Name: T("connection.step.their_name"), Note: T("connection.step.waits_confirm", "name", "KESTREL-AS2")}, {Name: T("connection.step.their_certificate"), Note: T("connection.step.no_certificate")}},
		Done:    1,
		Traffic: []MessageRow{{b.Prefix() + "/edi/1", true, kestrel, []string{"997"}, "", "000000311", T("channel.outbox"), at(24, 9, 12), Status{State: "edi.delivered"}, done(T("pips.accepted")), 0}},
	}
	if !manage {
		return p
	}
	p.Stations[0].Locked = T("courier.http_denied")
	p.CompanyURL, p.TokenURL = "/c/aurelia/company", "/c/aurelia/company"
	p.Secret = &SFTPSecret{"aurelia.erp", "k3j4h5g6f7d8s9a0"}
	p.Address = &Form{Values: map[string]string{"url": "ftp://x"}, Errors: []FieldError{{"url", T("courier.url")}}}
	p.Adding = &CertificateForm{Upload: Form{Errors: []FieldError{{"certificate", T("courier.certificate_missing")}}}, UploadOpen: true, Private: true, Purposes: options("both", "both", "both", "sign", "sign"), MakePurposes: options("both", "both", "both", "sign", "sign"), Names: options("", "AURELIA-AS2", "AURELIA-AS2")}
	p.Terms[0].Form, p.Terms[0].Open = &Form{Values: map[string]string{"sign": "sha1", "version": "3"}, Note: T("courier.terms_changed")}, true
	p.Terms[0].Choices = map[string][]Option{}
	for _, f := range []string{"sign", "encrypt", "receipt", "compress", "signature", "transport"} {
		p.Terms[0].Choices[f] = options("sha1", "sha256", "SHA-256", "sha1", "SHA-1")
	}
	p.Terms[0].Ticks = []Tick{{"async", T("terms.async"), T("terms.async_hint"), true}, {"new_id", T("terms.new_id"), T("terms.new_id_hint"), false}}
	p.Remotes = &RemotesCard{Rows: []RemoteRow{{ID: "r1", Name: "Leeds", Address: "aurelia@sftp.kestrel.example:22", HostKey: "SHA256:abc", In: "/out", Out: "/in", Network: true, Every: time.Minute, State: "remote.failing", Said: T("sftp.signin_refused"), Checked: at(24, 8, 0), Change: Form{Values: map[string]string{"remote_name": "Leeds", "login": "aurelia"}, Errors: []FieldError{{"password", T("sftp.secret_missing")}}}, Open: true}, {ID: "r2", Name: "York", Address: "x@y:22", Every: time.Minute, State: "remote.new", Left: 2, Idle: "Leeds", Stuck: "a.edi, b.part"}}, Form: Form{Errors: []FieldError{{"host_key", T("sftp.host_key_wrong")}}}, Open: true}
	p.Logins = &LoginsCard{Address: "sftp://portal.example:2022", HostKey: "SHA256:abc", Rows: []LoginRow{{ID: "l1", Name: "aurelia", Password: true, Keys: []string{"SHA256:abc erp"}, Used: at(24, 8, 0)}, {ID: "l2", Name: "aurelia.old", Password: true}}, Tries: sampleTries, Form: Form{Errors: []FieldError{{"key_lines", T("account.ssh_key_missing")}}, Values: map[string]string{"way": "key"}}, Open: true}
	p.Check = &AddressCheck{Address: "https://as2.kestrel.example/as2", Company: kestrel, Rows: []CheckRow{{"DNS", "check.ok", T("connection.check.dns", "host", "as2.kestrel.example"), 0}, {"TCP", "check.failed", T("dial.refused"), 12 * time.Millisecond}}}
	return p
}

func benchPage(b Base, bad bool) Page {
	m := messagePage(b, "")
	p := &BenchPage{Base: b, Connection: connectionOf("bench", b.Prefix()+"/edi/connections/1", kestrel, "connection.ready"), Standard: "X12", Done: 1,
		Scenario: []Step{{Done: true, Name: T("bench.step", "type", "850", "what", T("bench.step.order")), Note: T("bench.seen_test", "from", "Kestrel Supply", "to", "Aurelia Tools", "control", "000004217"), URL: "/c/aurelia/edi/1", At: at(24, 9, 12)}, {Now: true, Name: T("bench.step.answered"), Note: T("bench.way", "from", "Aurelia Tools", "to", "Kestrel Supply")}, {Name: T("bench.step.response")}},
		Samples:  []Sample{{"/c/aurelia/edi/connections/1/bench/850", "850", T("bench.sample.good"), false}, {"/c/aurelia/edi/connections/1/bench/850-wrong", "850", T("bench.sample.bad"), true}}}
	r := &BenchResult{Status: Status{State: "edi.accepted"}, Raw: m.Inspect.Segments[:4], Answer: "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261124*1032*^*00501*000004217*0*T*>~\nST*997*0001~", AnswerAs: "997", Sets: []BenchSet{{"850", "0001", Status{State: "edi.accepted"}, []KV{{Label: T("edi.summary.number"), Value: Raw("4500187519")}}}}}
	if bad {
		r.Status, r.Findings, r.Raw, r.More, r.Truncated = Status{State: "edi.rejected"}, m.Findings, m.Inspect.Segments, 1, true
		r.Envelope = []Text{T("bench.sender_unknown", "id", "ZZ:NOBODY")}
		p.Form = Form{Values: map[string]string{"edi": "ISA*00*"}, Errors: []FieldError{{"edi", T("bench.nothing")}}}
	}
	p.Result = r
	return p
}

func sheetPage(b Base) Page {
	return &SheetPage{Base: b, Connection: connectionOf("sheet", "/c/aurelia/edi/connections/1", kestrel, "connection.ready"), Us: aurelia, Them: kestrel, Made: now, Sections: []SheetSection{
		{Title: T("sheet.ids"), Note: T("sheet.ids_text"), Facts: []KV{{Label: T("identitykind.x12"), Value: Raw("ZZ:AURELIATOOLS"), Mono: true}}},
		{Title: T("sheet.as2"), Facts: []KV{{Label: T("sheet.fingerprint"), Value: Raw(certificates(true)[0].Fingerprint), Mono: true}, {Label: T("sheet.valid"), Value: T("sheet.valid_until", "until", now)}}},
		{Title: T("sheet.doors")},
	}}
}

func carriedPage(b Base) Page {
	m := messagePage(b, "attempts")
	m.Held = nil
	try := func(n int, st Status) Attempt {
		return Attempt{Number: n, At: at(24, 9, n), Status: st, Took: 300 * time.Millisecond}
	}
	m.Carried = []Carried{
		{ID: "m1", URL: "/c/aurelia/edi/1/messages/m1", Out: true, Status: Status{State: "as2.unproved"}, Reason: T("courier.mdn_mic_differs"), At: at(24, 9, 12), Facts: []KV{{Label: T("carried.id"), Value: Raw("1f3a@entente"), Mono: true}, {Label: T("carried.security"), Value: T("carried.security.signed", "how", "SHA-256")}},
			Tries: []Attempt{try(1, Status{"as2.failed", T("dial.refused")}), try(2, Status{State: "as2.unproved"})}, Kept: true, Receipt: true, CanResend: true},
		{ID: "m2", URL: "/c/aurelia/edi/1/messages/m2", Status: Status{State: "as2.queued"}, Next: at(24, 10, 40), Reason: T("courier.reason.other_signer")},
	}
	return m
}

var sampleTries = []TryRow{
	{Login: "aurelia", Addr: "192.0.2.7", Known: true, What: T("tries.what.password"), Advice: T("tries.do.password"), Times: 3, Last: at(24, 8, 0)},
	{Login: "aurelia.typo", Addr: "192.0.2.7", What: T("tries.what.unknown"), Advice: T("tries.do.unknown"), Times: 1, Last: at(24, 7, 0)},
	{Login: "aurelia", Addr: "192.0.2.7", Known: true, What: T("tries.what.key"), Advice: T("tries.do.key"), Times: 1, Last: at(23, 7, 0), Mended: true},
	{What: T("tries.what.password"), Advice: T("tries.do.password"), Times: 700, Last: at(23, 6, 0)},
}

func sharedPage(lang locale.Language) Page {
	m := messagePage(base(lang, aurelia), "")
	return &SharedPage{Base: open(lang), Type: "850", From: "Kestrel Supply", To: "Aurelia Tools", Facts: m.Facts, Until: at(28, 9, 12), Count: 16, Inspect: m.Inspect, Findings: m.Findings, FileURL: "/shared/x/file", Languages: options("?in=en", "?in=en", "English", "?in=zh-CN", "简体中文")}
}

func certificatesPage(b Base) Page {
	row := func(state State, left int) CertificateRow {
		return CertificateRow{ID: "c1", Subject: "CN=AURELIA-AS2", Serial: "01", Key: "RSA 2048", Fingerprint: "7A:1F", Purpose: T("purpose.both"), State: state, From: at(1, 0, 0), Until: at(24, 0, 0), Left: left, DownloadURL: "/c/aurelia/edi/connections/1/certificates/c1"}
	}
	uses := []CertificateUse{{"Kestrel Supply", "/c/aurelia/edi/connections/1"}, {"Baltic Trade Oü", "/c/aurelia/edi/connections/2"}}
	return &CertificatesPage{Base: b, Filters: filters("/c/aurelia/edi/certificates"), Tabs: []Tab{{T("list.all"), "/c/aurelia/edi/certificates", -1, true}, {T("certs.ending"), "/c/aurelia/edi/certificates?show=ending", 1, false}}, Count: 1, AddURL: uses[0].URL,
		Rows: []CertificateOf{{row("certificate.ending", 12), aurelia, true, uses, "/c/aurelia/edi/connections", uses[0].URL}, {row("certificate.trusted", 300), kestrel, false, uses[:1], "", ""}}, Pager: Pager{Shown: 2, Total: -1, Next: "/c/aurelia/edi/certificates?after=x"}}
}

func mapsPage(b Base) Page {
	return &MapsPage{Base: b, Filters: filters("/c/aurelia/edi/maps"), Pager: Pager{Shown: 1, Total: -1}, RulesURL: "/c/aurelia/company/approvals", House: []MapRow{{T("approval.rule.order_limit"), T("role.admin"), "/c/aurelia/company/approvals"}},
		Partners: []MapCard{{Company: kestrel, Side: "reseller", URL: "/c/aurelia/edi/connections/1", Rows: []MapRow{{T("maps.units"), T("maps.count", "n", 1), "/c/aurelia/edi/connections/1/agreement"}, {T("maps.items"), T("maps.many", "n", 1000), "/c/aurelia/catalogue"}},
			Routes: []MapRoute{{"850", T("document.850"), T("maps.in"), T("routes.format_order"), T("routes.door.outbox")}}}}}
}
