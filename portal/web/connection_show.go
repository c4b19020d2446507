package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/edi/courier"
	"entente/edi/dial"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/partner"
)

const (
	endingDays  = 30 // before its end a certificate is told
	recentLinks = 10 // interchanges shown
)

// linkForms are the forms of the page; one of them may have been refused.
type linkForms struct {
	address, upload, generate, terms, login, remote, routes, style *view.Form
	private                                                        bool
	check                                                          []view.CheckRow
	remoteID                                                       string // the server that was called, and what it said
	remoteSaid                                                     view.Text
	change                                                         *view.Form // of that server
	step, way                                                      string     // of the wizard
	identity                                                       *view.Form
}

// connectionShow is how one partner is connected, and where it is changed.
func connectionShow(v *visit) error { return v.connectionPage(200, linkForms{}) }

func (v *visit) connectionPage(status int, f linkForms) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	page := &view.ConnectionPage{Base: v.shell(), Connection: v.connection(l, ""), PartnerURL: v.path("partners", l.p.ID), Steps: v.steps(l), APIURL: "/api/docs"}
	page.Done = doneOf(page.Steps)
	manage := v.may(access.StationManage, access.Own(l.own))
	page.Stations = []view.Station{v.station(l, l.ours, manage), v.station(l, l.theirs, false)}
	if v.may(access.OrgManage, access.Own(l.own)) {
		page.CompanyURL = v.path("company")
	}
	if v.may(access.TokenOwn, access.Own(l.own)) {
		page.TokenURL = v.path("company")
	}
	if manage {
		page.Address, page.Adding = v.addressForm(l, f), v.certificateForm(l, f)
	}
	page.Terms = v.termsCards(l, f)
	if page.Routes, err = v.routesCard(l, f); err != nil {
		return err
	}
	if page.Style, err = v.styleCard(l, f); err != nil {
		return err
	}
	if page.Logins, err = v.loginsCard(f); err != nil {
		return err
	}
	if page.Remotes, err = v.remotesCard(f); err != nil {
		return err
	}
	if o := v.flash().Once; o != nil && o.Kind == "sftp" {
		page.Secret = &view.SFTPSecret{Name: o.Name, Password: o.Secret}
	}
	if l.theirs.st.URL != "" && manage {
		page.Check = &view.AddressCheck{Address: l.theirs.st.URL, Company: l.n.company(l.other), Rows: f.check}
	}
	if v.lists(access.EDIRead) {
		recent, err := v.traffic(l.p, recentLinks)
		if err != nil {
			return err
		}
		for _, i := range recent {
			page.Traffic = append(page.Traffic, v.messageRow(i, l.n))
		}
	}
	return v.renderAs(status, page, nil)
}

// station is one side as the page shows it.
func (v *visit) station(l link, s side, manage bool) view.Station {
	mine := s.org == l.own
	out := view.Station{Company: l.n.company(s.org), Mine: mine, Set: s.begun(), Here: s.here(), Address: s.st.URL, Hosts: s.st.ReceiptHosts}
	if out.Here {
		out.Address = v.absolute(as2Path)
	}
	if key := s.st.LockedBy; key != "" {
		if out.Locked = v.plainKey(key); s.st.Locked.Unix() > 1 {
			out.LockedSince = s.st.Locked
		}
	}
	confirm := !mine && v.may(access.PartnerManage, l.p.Resource())
	for _, i := range s.ids {
		out.Names = append(out.Names, v.identity(i, l.n, confirm))
	}
	used, _ := s.inUse(v, l.dated(s.org))
	for _, c := range slices.Backward(s.certs) {
		row := v.certificateRow(l, c, c.ID == used.ID)
		row.CanRetire = manage && c.Retired.IsZero()
		row.CanUnpin = row.CanRetire && c.Server && c.Purpose != courier.ForServer
		if c.Pending() && c.Retired.IsZero() && v.now.Before(c.NotAfter) && l.p.State != partner.Ended && v.may(access.StationManage, access.Own(l.own)) {
			row.CanConfirm, row.CanTry = !mine, mine && c.Own && l.theirs.st.URL != ""
		}
		row.Company = l.n.company(l.p.Other(s.org))
		if c.Retired.IsZero() {
			out.Certificates = append(out.Certificates, row)
		} else {
			out.Retired = append(out.Retired, row)
		}
	}
	return out
}

// daysLeft are whole days until a certificate ends.
func daysLeft(c courier.Certificate, now time.Time) int {
	return int(c.NotAfter.Sub(now).Hours() / 24)
}

func (v *visit) certificateRow(l link, c courier.Certificate, used bool) view.CertificateRow {
	row := view.CertificateRow{ID: c.ID, Subject: c.Subject, Issuer: c.Issuer, Serial: c.Serial, Key: c.Algorithm, Fingerprint: pairsOf(c.Fingerprint), Purpose: view.T(purposeKey(c)), Own: c.Own,
		From: c.NotBefore, Until: c.NotAfter, Retired: c.Retired, Confirmed: c.Confirmed, Left: daysLeft(c, v.now), DownloadURL: v.path("edi", "connections", l.p.ID, "certificates", c.ID)}
	if !c.Confirmed.IsZero() {
		row.How = view.T("certificate.by." + c.How)
	}
	if c.Issuer == c.Subject {
		row.Issuer = ""
	}
	switch {
	case !c.Retired.IsZero():
		row.State = "certificate.retired"
	case !v.now.Before(c.NotAfter):
		row.State = "certificate.ended"
	case v.now.Before(c.NotBefore):
		row.State = "certificate.early"
	case used && c.Pending(): // all before it were taken out of use
		row.State = "certificate.used"
	case c.Pending():
		row.State = "certificate.waiting"
		if c.UseFrom.After(v.now) {
			row.UseFrom = c.UseFrom
		}
	case c.UseFrom.After(v.now):
		row.State, row.UseFrom = "certificate.next", c.UseFrom
	case row.Left <= endingDays:
		row.State = "certificate.ending"
	case used:
		row.State = "certificate.used"
	default:
		row.State = "certificate.trusted"
	}
	return row
}

// purposeKey is the key of what a certificate is for.
func purposeKey(c courier.Certificate) string {
	key := "purpose." + string(c.Purpose)
	if c.Server && c.Purpose != courier.ForServer {
		key += "_https"
	}
	return key
}

// pairsOf writes a hex fingerprint as people compare it: "7A:1F:90".
func pairsOf(hex string) string {
	var b strings.Builder
	for i := 0; i+1 < len(hex); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(hex[i : i+2]))
	}
	return b.String()
}

func (v *visit) addressForm(l link, f linkForms) *view.Form {
	if f.address != nil {
		return f.address
	}
	return &view.Form{Values: map[string]string{"url": l.ours.st.URL, "receipt_hosts": strings.Join(l.ours.st.ReceiptHosts, " "), "http_user": l.ours.st.User}}
}

func (v *visit) certificateForm(l link, f linkForms) *view.CertificateForm {
	out := &view.CertificateForm{Private: f.private}
	if f.upload != nil {
		out.Upload, out.UploadOpen = *f.upload, true
	}
	if f.generate != nil {
		out.Make, out.MakeOpen = *f.generate, true
	}
	for _, p := range []courier.Purpose{courier.ForBoth, courier.ForSigning, courier.ForCipher, courier.ForServer} {
		if p == courier.ForServer {
			out.MakePurposes = out.Purposes
		}
		out.Purposes = append(out.Purposes, view.Option{Value: string(p), Label: view.T("purpose." + string(p))})
	}
	for _, i := range l.ours.ids {
		if i.Kind == account.AS2 {
			out.Names = append(out.Names, view.Option{Value: i.Value, Label: view.Raw(i.Value)})
		}
	}
	return out
}

// termWords are the terms with a list of choices, in the order shown.
var termWords = []struct {
	name string
	at   func(*courier.Terms) *string
}{
	{"sign", func(t *courier.Terms) *string { return &t.Sign }},
	{"encrypt", func(t *courier.Terms) *string { return &t.Encrypt }},
	{"receipt", func(t *courier.Terms) *string { return &t.Receipt }},
	{"compress", func(t *courier.Terms) *string { return &t.Compress }},
	{"signature", func(t *courier.Terms) *string { return &t.Signature }},
	{"transport", func(t *courier.Terms) *string { return &t.Transport }},
}

var termTicks = []struct {
	name string
	at   func(*courier.Terms) *bool
}{
	{"async", func(t *courier.Terms) *bool { return &t.Async }},
	{"new_id", func(t *courier.Terms) *bool { return &t.NewID }},
	{"with_headers", func(t *courier.Terms) *bool { return &t.WithHeaders }},
	{"plain_names", func(t *courier.Terms) *bool { return &t.PlainNames }},
	{"dated", func(t *courier.Terms) *bool { return &t.Dated }},
}

// algorithms are written everywhere alike.
var algorithms = map[string]string{
	"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512", "sha1": "SHA-1", "3des": "3DES", "aes256-cbc": "AES-256 CBC", "aes192-cbc": "AES-192 CBC", "aes128-cbc": "AES-128 CBC",
	"aes256-gcm": "AES-256 GCM", "aes192-gcm": "AES-192 GCM", "aes128-gcm": "AES-128 GCM",
}

func termWord(field, word string) view.Text {
	if a := algorithms[word]; a != "" {
		return view.Raw(a)
	}
	return view.T("terms." + field + "." + word)
}

// termsCards are the terms of both directions: of messages to us first, where we decide.
func (v *visit) termsCards(l link, f linkForms) []view.TermsCard {
	var out []view.TermsCard
	for _, t := range l.terms {
		toUs := t.Sender != l.own
		full := t.Terms.Filled()
		card := view.TermsCard{ToUs: toUs, Sender: l.n.company(t.Sender), Taker: l.n.company(l.p.Other(t.Sender)), Since: t.Changed, By: l.n.person(t.ChangedBy), Version: t.Version}
		if t.Version == 0 {
			card.Since = time.Time{}
		}
		for _, w := range t.Terms.Weak() {
			card.Weak = append(card.Weak, view.T("terms.weak."+w, "word", termWord(w, termOf(&full, w))))
		}
		for _, w := range termWords {
			card.Facts = append(card.Facts, view.KV{Label: view.T("terms." + w.name), Value: termWord(w.name, *w.at(&full))})
		}
		for _, w := range termTicks {
			if *w.at(&full) {
				card.Facts = append(card.Facts, view.KV{Label: view.T("terms." + w.name), Value: view.T("terms.yes")})
			}
		}
		if toUs && l.p.State != partner.Ended && v.may(access.LinkManage, l.p.Resource()) {
			v.termsForm(&card, full, f.terms)
		}
		if toUs {
			out = append([]view.TermsCard{card}, out...)
		} else {
			out = append(out, card)
		}
	}
	return out
}

func termOf(t *courier.Terms, name string) string {
	for _, w := range termWords {
		if w.name == name {
			return *w.at(t)
		}
	}
	return ""
}

func (v *visit) termsForm(card *view.TermsCard, t courier.Terms, typed *view.Form) {
	form := view.Form{Values: map[string]string{}}
	for _, w := range termWords {
		form.Values[w.name] = *w.at(&t)
	}
	for _, w := range termTicks {
		if *w.at(&t) {
			form.Values[w.name] = "1"
		}
	}
	if typed != nil {
		form, card.Open = *typed, true
	}
	form.Values["version"] = strconv.FormatInt(card.Version, 10)
	card.Choices = map[string][]view.Option{}
	for _, w := range termWords {
		for _, c := range courier.Choices(w.name) {
			card.Choices[w.name] = append(card.Choices[w.name], view.Option{Value: c, Label: termWord(w.name, c), On: c == form.Value(w.name)})
		}
	}
	for _, w := range termTicks {
		card.Ticks = append(card.Ticks, view.Tick{Name: w.name, Label: view.T("terms." + w.name), Hint: view.T("terms." + w.name + "_hint"), On: form.Value(w.name) != ""})
	}
	card.Form = &form
}

// checkTime is how long all steps of a check may take.
const checkTime = 20 * time.Second

// checks bounds how many addresses are called at once for people who look on.
var checks = make(chan struct{}, 4)

// addressCheck calls the address of the partner's station and says what happened, step
// by step. Nothing is sent but a request for the page at that address.
func addressCheck(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.StationManage, access.Own(l.own)); err != nil {
		return err
	}
	if l.theirs.st.URL == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	select {
	case checks <- struct{}{}:
		defer func() { <-checks }()
	default:
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	certs, only, err := v.w.d.Courier.Believed(v.ctx, v.actor(), l.p.ID, l.other)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.ctx, checkTime)
	defer cancel()
	var rows []view.CheckRow
	for _, s := range v.w.d.Dialer.Check(ctx, l.theirs.st.URL, nil, dial.Trust{Certificates: certs, Only: only}) {
		rows = append(rows, checkRow(s, l.theirs.st.URL))
	}
	if way, ok := v.wizardBack(); ok {
		return v.wizardPage(200, linkForms{check: rows, step: "way", way: way})
	}
	return v.connectionPage(200, linkForms{check: rows})
}

// connectionAgain is the address of a check asked for as a page, after a change of theme
// or language: what the check said is gone.
func connectionAgain(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	return v.seeOther(v.path("edi", "connections", v.Params("id")))
}

// checkRow is a step in words.
func checkRow(s dial.Step, address string) view.CheckRow {
	row := view.CheckRow{Name: s.Name, State: "check.ok", Took: s.Took}
	switch {
	case s.Err != nil && s.Shown != nil && (fault.KeyOf(s.Err) == "dial.tls_pin" || fault.KeyOf(s.Err) == "dial.tls_authority"):
		sum := sha256.Sum256(s.Shown.Raw)
		row.State, row.Note = "check.failed", view.T("connection.check.tls_other", "why", view.T(fault.KeyOf(s.Err)), "subject", or(s.Shown.Subject.String(), s.Shown.SerialNumber.String()), "fingerprint", pairsOf(hex.EncodeToString(sum[:])), "until", s.Shown.NotAfter)
	case s.Err != nil:
		row.State, row.Note = "check.failed", view.Keyed(or(fault.KeyOf(s.Err), "dial.failed"), fault.As(s.Err).Args)
	case s.Host != "":
		row.Note = view.T("connection.check.dns", "host", s.Host)
	case s.Peer != "":
		row.Note = view.T("connection.check.tcp", "address", s.Peer)
	case s.Version != "":
		row.Note = view.T("connection.check.tls", "version", s.Version, "until", s.Until)
	case s.Status == fiber.StatusUnauthorized:
		row.Note = view.T("connection.check.http_asks", "status", s.Status)
	case s.Status == fiber.StatusNotFound:
		row.State, row.Note = "check.failed", view.T("connection.check.http_missing", "status", s.Status, "address", address)
	case s.Status >= 500:
		row.State, row.Note = "check.failed", view.T("connection.check.http_failed", "status", s.Status)
	default:
		row.Note = view.T("connection.check.http", "status", s.Status)
	}
	return row
}
