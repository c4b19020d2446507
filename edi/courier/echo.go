package courier

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"entente/db"
	"entente/edi/as2"
	"entente/prm/access"
	"entente/prm/fault"
)

// Echo is a test message to the partner's station and what came back: a few words of
// plain text, secured like every document, with the receipt asked for at once. Nothing
// of it is a document to anybody.
type Echo struct {
	Partnership string
	Org         string // company id of the sender
	At          time.Time
	By          string // person id
	Good        bool
	Steps       []EchoStep
	// Advice is the key of what to do about the step that failed; empty when all went
	// well, or the step says it itself.
	Advice string
	// proved: a receipt that the partner signed says that it took the message.
	proved bool
}

// EchoStep is one step of it, up to the first that failed.
type EchoStep struct {
	Name string            `json:"name"` // "AS2", "HTTP", "MDN"
	Key  string            `json:"key"`  // of its sentence
	Args map[string]string `json:"args,omitempty"`
	Bad  bool              `json:"bad,omitempty"`
	Took time.Duration     `json:"took,omitempty"`
}

// LastEcho returns the last test message of the actor's company in a partnership; At is
// zero when there is none. Codes: NotFound.
func (s *Service) LastEcho(ctx context.Context, actor access.Actor, partnership string) (Echo, error) {
	if err := s.maySee(ctx, actor, partnership, actor.Org); err != nil {
		return Echo{}, err
	}
	if _, _, err := s.Names.Sides(ctx, actor, partnership); err != nil {
		return Echo{}, err
	}
	var out Echo
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := echoOf(ctx, partnership, actor.Org)
		if err == nil && r != nil {
			out = r.view()
		}
		return err
	})
	return out, err
}

// Echo sends a test message to the station of the other company, by the way documents
// go, and keeps what came back as the last one.
// Codes: NotFound, Forbidden, Conflict (courier.no_station: there is no address to send
// to; courier.no_key: the actor's station does not live here; courier.no_names: a name
// is not confirmed).
func (s *Service) Echo(ctx context.Context, actor access.Actor, partnership string) (Echo, error) {
	return s.echoWith(ctx, actor, partnership, "")
}

// echoWith is Echo, signed with a certificate of the actor's company where one is named.
func (s *Service) echoWith(ctx context.Context, actor access.Actor, partnership, certificate string) (Echo, error) {
	if _, err := access.List(actor, access.StationRead); err != nil {
		return Echo{}, err
	}
	supplier, reseller, err := s.Names.Sides(ctx, actor, partnership)
	if err != nil {
		return Echo{}, err
	}
	if err := access.Check(actor, access.StationManage, access.Own(actor.Org)); err != nil {
		return Echo{}, err
	}
	to := supplier
	if actor.Org == supplier {
		to = reseller
	}
	way, err := s.reach(ctx, to, "")
	if err == nil && way.url == "" {
		err = fault.New(fault.Conflict, noStation)
	}
	if err != nil {
		return Echo{}, err
	}
	row := &messageRow{PartnershipID: partnership, SupplierID: supplier, ResellerID: reseller, SenderID: actor.Org, ReceiverID: to}
	err = s.DB.View(db.WithOrgs(ctx, supplier, reseller), func(ctx context.Context) error {
		from, their, ok, err := s.Names.Between(ctx, partnership, actor.Org, to)
		if err == nil && !ok {
			err = fault.New(fault.Conflict, "courier.no_names")
		}
		row.As2From, row.As2To = from, their
		return err
	})
	if err != nil {
		return Echo{}, err
	}
	rel, _, err := s.outgoing(ctx, row)
	if err != nil {
		return Echo{}, err
	}
	rel.Agreement.AsyncURL = "" // a person looks on
	var tried Certificate
	if certificate != "" {
		if tried, err = s.signedWith(ctx, actor.Org, partnership, certificate, &rel); err != nil {
			return Echo{}, err
		}
	}
	out := Echo{Partnership: partnership, Org: actor.Org, By: actor.Person, At: s.DB.Clock()}
	s.echo(ctx, &out, rel, way)
	steps, err := json.Marshal(out.Steps)
	if err != nil {
		return Echo{}, err
	}
	err = s.DB.InTx(db.WithOrgs(context.WithoutCancel(ctx), supplier, reseller), func(ctx context.Context) error {
		r := echoRow{PartnershipID: partnership, OrgID: actor.Org, SupplierID: supplier, ResellerID: reseller, Happened: db.Micros(out.At), PersonID: actor.Person, Advice: out.Advice, Steps: string(steps)}
		if out.Good {
			r.Good = 1
		}
		if err := saveEcho(ctx, &r); err != nil {
			return err
		}
		if out.proved && tried.Pending() {
			c := tried // fn may run again
			if err := s.confirm(ctx, partnership, supplier, reseller, &c, HowReceipt, actor); err != nil {
				return err
			}
		}
		return s.note(ctx, actor, "as2.echo", "partnership", partnership, "done")
	})
	return out, err
}

// echoText is what a test message says, for whoever finds it.
const echoText = "This is a test message. It holds no document, nothing needs to be done.\r\n"

// echo makes the message, sends it and reads the answer.
func (s *Service) echo(ctx context.Context, out *Echo, rel as2.Relation, to reach) {
	step := func(name, key string, bad bool, pairs ...string) {
		e := EchoStep{Name: name, Key: key, Bad: bad}
		for i := 0; i+1 < len(pairs); i += 2 {
			if e.Args == nil {
				e.Args = map[string]string{}
			}
			e.Args[pairs[i]] = pairs[i+1]
		}
		out.Steps = append(out.Steps, e)
	}
	req, err := as2.Pack(as2.Message{ID: as2.NewID(agent), Subject: echoSubject, Date: s.DB.Clock(), Payloads: []as2.Payload{{ContentType: "text/plain", FileName: "test.txt", Data: []byte(echoText)}}}, rel)
	if err != nil {
		step("AS2", "courier.pack", true)
		out.Advice = "echo.advice.certificate_missing"
		return
	}
	if w := securityWords(rel.Agreement); w == "" {
		step("AS2", "echo.packed_bare", false, "from", rel.Agreement.Us, "to", rel.Agreement.Them)
	} else {
		step("AS2", "echo.packed", false, "from", rel.Agreement.Us, "to", rel.Agreement.Them, "security", strings.ReplaceAll(w, ",", ", "))
	}
	began := time.Now()
	size, open := bytesBody(req.Body)
	status, header, answer, err := s.post(ctx, to, req.Header, size, open)
	took := time.Since(began)
	if err != nil {
		step("HTTP", reasonOf(err, "courier.unreachable"), true)
		out.Steps[len(out.Steps)-1].Took = took
		if shown := Shown(fault.As(err).Error()); shown != "" {
			step("TLS", "echo.tls_shown", true, "fingerprint", shown)
		}
		if out.Advice = "echo.advice.unreachable"; strings.HasPrefix(fault.KeyOf(err), "dial.tls_") {
			out.Advice = "echo.advice.tls"
		} else if fault.KeyOf(err) == "dial.redirected" {
			out.Advice = "echo.advice.redirect"
		}
		return
	}
	good := status >= 200 && status <= 299
	said := !good && as2.IsMDN(header, answer) // what a receipt says is better advice than the status
	step("HTTP", map[bool]string{true: "echo.status", false: "echo.status_bad"}[good], !good && !said, "status", decimal(status))
	out.Steps[len(out.Steps)-1].Took = took
	if !good && !said {
		if out.Advice = statusAdvice(status); status == http.StatusUnauthorized && to.user != "" {
			out.Advice = "echo.advice.http_login"
		}
		return
	}
	if req.Sent.Receipt == as2.NoReceipt && good {
		out.Good = true
		step("MDN", "echo.no_receipt_agreed", false)
		return
	}
	s.echoReceipt(out, step, header, answer, req.Sent, rel)
}

// echoReceipt reads the receipt step by step.
func (s *Service) echoReceipt(out *Echo, step func(name, key string, bad bool, pairs ...string), h as2.Header, body []byte, sent as2.Sent, rel as2.Relation) {
	report, err := as2.ParseMDN(h, body, as2.Limits{})
	if err != nil {
		v := as2.VerdictOf(err)
		step("MDN", "courier.mdn_"+string(v), true)
		out.Advice = "echo.advice." + string(v)
		if errors.Is(err, as2.ErrNoBody) {
			out.Advice = "echo.advice.empty_mdn"
		}
		return
	}
	step("MDN", "echo.mdn_read", false, "agent", clean(report.Agent, "AS2"))
	f := report.Check(sent, pinned(rel), rel.Agreement.AllowSHA1)
	signed := report.Signed
	switch f.Verdict {
	case as2.BadMDNSignature, as2.OtherMDNSigner, as2.WeakMDNDigest, as2.WrongOriginal, as2.WrongParty, as2.NotSignedMDN:
		step("MDN", "courier.mdn_"+string(f.Verdict), true)
		out.Advice = "echo.advice." + string(f.Verdict)
		return
	case as2.UnsignedRefusal, as2.WeakRefusal:
		step("MDN", "courier.mdn_"+string(f.Verdict), true)
		step("MDN", "echo.refused", true, "said", clean(report.Disposition.String(), "?"))
		out.Advice = dispositionAdvice(report.Disposition)
		return
	}
	if signed {
		step("MDN", "echo.signed", false, "subject", clean(subjectOf(f), "?"))
	} else {
		step("MDN", "echo.unsigned", false)
	}
	said := report.Disposition.String()
	switch f.Verdict {
	case as2.Refused:
		step("MDN", "echo.refused", true, "said", clean(said, "?"))
		out.Advice = dispositionAdvice(report.Disposition)
	case as2.MICDiffers, as2.MICMissing:
		step("MDN", "echo.disposition", false, "said", clean(said, "?"))
		step("MDN", "courier.mdn_"+string(f.Verdict), true)
		out.Advice = "echo.advice." + string(f.Verdict)
	default:
		step("MDN", "echo.disposition", false, "said", clean(said, "?"))
		if report.MIC != nil {
			step("MDN", "echo.mic", false, "algorithm", clean(report.MIC.Name, "?"))
		}
		out.Good, out.proved = true, signed && f.Verdict == as2.Proven && rel.Agreement.Sign
	}
}

var shownPrint = regexp.MustCompile(`SHA-256 ([0-9a-f]{64})`)

// Shown is the fingerprint (SHA-256, hex) of the certificate that a server showed in place
// of the pinned one, from the detail of a try; empty where it says none.
func Shown(detail string) string {
	if m := shownPrint.FindStringSubmatch(detail); m != nil && strings.Contains(detail, "dial.tls_pin") {
		return m[1]
	}
	return ""
}

func subjectOf(f as2.Finding) string {
	if f.Certificate == nil {
		return ""
	}
	return f.Certificate.Subject.String()
}

// clean bounds what a partner's program said to what a page and both databases take.
func clean(text, other string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, nameOf(strings.TrimSpace(text)))
	if text == "" {
		return other
	}
	return text
}

func decimal(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// statusAdvice says what an HTTP status usually means at the door of an AS2 server.
func statusAdvice(status int) string {
	switch status {
	case 301, 302, 303, 307, 308:
		return "echo.advice.redirect"
	case 401:
		return "echo.advice.http_asks"
	case 403, 407:
		return "echo.advice.http_denied"
	case 404, 410:
		return "echo.advice.http_path"
	case 405, 415:
		return "echo.advice.http_method"
	case 411, 413:
		return "echo.advice.http_size"
	case 500:
		return "echo.advice.http_names" // what common servers say to AS2 names that they do not know
	case 502, 503, 504:
		return "echo.advice.http_down"
	}
	return "echo.advice.http_other"
}

// dispositionAdvice says what a refusal usually comes of.
func dispositionAdvice(d as2.Disposition) string {
	text := strings.ToLower(d.Text)
	for _, x := range []struct{ word, key string }{
		{"authentication", "authentication"}, {"decryption", "decryption"}, {"integrity", "integrity"}, {"insufficient-message-security", "security"},
		{"decompression", "decompression"}, {"unknown-trading", "names"}, {"unknown trading", "names"}, {"duplicate", "duplicate"}, {"mic-alg", "mic_algorithm"}, {"mic alg", "mic_algorithm"},
		{"unsupported", "format"}, {"unexpected-processing", "processing"},
	} {
		if strings.Contains(text, x.word) {
			return "echo.advice." + x.key
		}
	}
	return "echo.advice.other"
}

// echoSubject names a test message; so do many programs that people try AS2 with.
const echoSubject = "AS2 test message"

// isEcho says that a message is such a test of a partner: a few words of plain text
// under a subject that says so. It is answered, and nothing is made of it.
func isEcho(got *as2.Received) bool {
	if len(got.Payloads) != 1 || !strings.Contains(strings.ToLower(got.Subject), "test") {
		return false
	}
	p := got.Payloads[0]
	kind, _, _ := strings.Cut(strings.ToLower(p.ContentType), ";")
	return strings.TrimSpace(kind) == "text/plain" && p.Size() <= 4<<10
}
