package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/db"
	"entente/edi/as2"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/edi/mask"
	"entente/edi/share"
	"entente/edi/wire"
	"entente/portal/locale"
	"entente/portal/session"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
)

// carried are the AS2 messages that brought or took an interchange; full with what of
// each was kept.
func (v *visit) carried(m gateway.Message, full bool) ([]view.Carried, error) {
	if !v.lists(access.EDIRead) {
		return nil, nil
	}
	list, err := v.w.d.Courier.Messages(v.ctx, v.actor(), m.Interchange)
	if err != nil {
		return nil, err
	}
	var out []view.Carried
	for _, c := range list {
		row := view.Carried{ID: c.ID, URL: v.path("edi", m.ID, "messages", c.ID), Out: c.Direction == courier.Out, Status: view.Status{State: view.State("as2." + string(c.State))}, At: c.At}
		fact := func(key string, value view.Text, mono bool) {
			if !value.IsZero() {
				row.Facts = append(row.Facts, view.KV{Label: view.T(key), Value: value, Mono: mono})
			}
		}
		fact("carried.names", view.Raw(c.From+" → "+c.To), true)
		fact("carried.id", view.Raw(c.MessageID), true)
		fact("carried.security", v.security(c.Security, c.State), false)
		fact("carried.mic", view.Raw(c.MIC), true)
		fact("carried.receipt", v.receiptWord(c), false)
		if c.Reason != "" {
			row.Reason = v.carriedReason(c.Reason, lastDetail(c.Tries))
		}
		if !c.NextAt.IsZero() && c.NextAt.After(v.now) && c.State == courier.Queued {
			row.Next = c.NextAt
		}
		for _, a := range c.Tries {
			row.Tries = append(row.Tries, v.try(a))
		}
		row.CanResend = c.Direction == courier.Out && c.Sender == v.org() && (c.State == courier.Failed || c.State == courier.Unproved || c.Locked()) && v.may(access.EDIResolve, access.Shared(c.Supplier, c.Reseller))
		if full {
			e, err := v.w.d.Courier.Evidence(v.ctx, v.actor(), c.ID)
			if err != nil {
				return nil, err
			}
			if row.Kept = e.Body != nil; row.Kept {
				_ = e.Body.Close()
			}
			row.Receipt = len(e.Receipt) > 0
		}
		out = append(out, row)
	}
	return out, nil
}

// security says in words how a message was protected.
func (v *visit) security(words []string, state courier.State) view.Text {
	var said []string
	for _, w := range words {
		kind, rest, _ := strings.Cut(w, " ")
		algorithm, option, _ := strings.Cut(rest, " ")
		if a := algorithms[algorithm]; a != "" {
			algorithm = a
		}
		if option != "" {
			algorithm += " " + strings.ToUpper(option)
		}
		said = append(said, v.p.T("carried.security."+kind, "how", algorithm))
	}
	if len(said) == 0 {
		if state == courier.Queued {
			return view.Text{}
		}
		return view.T("carried.security.none")
	}
	return view.Raw(v.p.List(said))
}

func (v *visit) receiptWord(c courier.Carried) view.Text {
	switch {
	case c.ReceiptOK:
		return view.T("carried.receipt.proves")
	case c.Direction == courier.In && c.Disposition != "":
		return view.T("carried.receipt.given", "disposition", c.Disposition)
	case c.Disposition != "":
		return view.T("carried.receipt.got", "disposition", c.Disposition)
	case c.State == courier.AwaitingReceipt:
		return view.T("carried.receipt.awaited")
	}
	return view.Text{}
}

// carriedReason is a reason in words: a key of the courier, of the dialer or the
// gateway, or one of those edi/as2 gives. What the key speaks of was not kept beside
// it, but for the server's own words in the detail of a try.
func (v *visit) carriedReason(reason, detail string) view.Text {
	if reason == "courier.http_status" {
		status, _, _ := strings.Cut(detail, ":")
		if status == "" {
			return view.T("carried.http_error")
		}
		return view.T("carried.http_status", "status", clean([]byte(status)))
	}
	if shown := courier.Shown(detail); shown != "" && reason == "dial.tls_pin" {
		return view.T("carried.tls_pin", "why", view.T(reason), "fingerprint", pairsOf(shown))
	}
	for _, key := range []string{reason, "courier.reason." + reason, "courier." + reason} {
		if bare, ok := locale.Bare(v.p, key); ok {
			return view.T(bare)
		}
	}
	return view.T("carried.other_reason", "reason", clean([]byte(reason)))
}

func lastDetail(tries []courier.Attempt) string {
	if len(tries) == 0 {
		return ""
	}
	return tries[len(tries)-1].Detail
}

func (v *visit) try(a courier.Attempt) view.Attempt {
	out := view.Attempt{Number: a.Number, At: db.FromMicros(a.At), Took: time.Duration(a.Took) * time.Microsecond, Status: view.Status{State: "as2.failed", Words: v.carriedReason(a.Outcome, a.Detail)}}
	switch s := courier.State(a.Outcome); s {
	case courier.Delivered, courier.AwaitingReceipt, courier.Unproved, courier.Received:
		out.Status = view.Status{State: view.State("as2." + string(s))}
	}
	return out
}

// carriedResend sends a message again, the same bytes or as a new message.
func carriedResend(v *visit) error {
	id, err := v.carriedID()
	if err != nil {
		return err
	}
	fresh := v.input().text("fresh") != ""
	if err := v.w.d.Courier.Resend(v.ctx, v.actor(), id, fresh); err != nil {
		return err
	}
	return v.done(v.path("edi", v.Params("id"))+"?tab="+tabAttempts, map[bool]string{true: "said.sent_anew", false: "said.sent_again"}[fresh])
}

// carriedID is the message of the address, when it carried the interchange of the
// address.
func (v *visit) carriedID() (string, error) {
	m, err := v.w.d.Gateway.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return "", err
	}
	list, err := v.w.d.Courier.Messages(v.ctx, v.actor(), m.Interchange)
	if err != nil {
		return "", err
	}
	for _, c := range list {
		if c.ID == v.Params("message") {
			return c.ID, nil
		}
	}
	return "", fault.New(fault.NotFound, "error.not_found")
}

// carriedProof sends what was kept of a message as one file: the request with its
// headers, then the receipt.
func carriedProof(v *visit) error {
	id, err := v.carriedID()
	if err != nil {
		return err
	}
	e, err := v.w.d.Courier.Evidence(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	switch v.Params("part") {
	case "message":
		if e.Body == nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		defer e.Body.Close()
		writeHeaders(&b, e.Headers)
		if _, err := io.Copy(&b, io.LimitReader(e.Body, v.w.d.Courier.Limit())); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
	case "receipt":
		if e.Body != nil {
			_ = e.Body.Close()
		}
		if len(e.Receipt) == 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		writeHeaders(&b, e.ReceiptHeaders)
		b.Write(e.Receipt)
	default:
		if e.Body != nil {
			_ = e.Body.Close()
		}
		return fault.New(fault.NotFound, "error.not_found")
	}
	v.Set(fiber.HeaderContentType, "application/octet-stream")
	v.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-%s.mime"`, id, v.Params("part")))
	v.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return v.Send(b.Bytes())
}

func writeHeaders(b *bytes.Buffer, kept []byte) {
	var h as2.Header
	_ = json.Unmarshal(kept, &h)
	for _, f := range h {
		fmt.Fprintf(b, "%s: %s\r\n", f.Name, f.Value)
	}
	b.WriteString("\r\n")
}

// shareMade is what became of a form that makes a link.
type shareMade struct {
	fresh string // its address
	form  view.Form
}

// shareDays are the lives of a link that the page offers.
var shareDays = []int{1, share.DefaultDays, 30, share.MaxDays}

// shareBox fills the links of a message, for who may make them.
func (v *visit) shareBox(page *view.MessagePage, m gateway.Message, set *gateway.Set, made shareMade) error {
	if set == nil || gateway.IsForm(m.Syntax) || !v.may(access.EDIShare, access.Shared(m.Supplier, m.Reseller)) {
		if page.Tab == tabShare {
			page.Tab = ""
		}
		return nil
	}
	box := &view.ShareBox{URL: v.path("edi", m.ID, "shares"), Form: made.form, Position: set.Position, Keep: page.Keep, Fresh: made.fresh}
	page.Share = box
	if page.Tab != tabShare {
		return nil
	}
	chosen := or(box.Form.Value("days"), strconv.Itoa(share.DefaultDays))
	for _, d := range shareDays {
		box.Days = append(box.Days, view.Option{Value: strconv.Itoa(d), Label: view.T("share.days_of", "n", d), On: strconv.Itoa(d) == chosen})
	}
	links, err := v.w.d.Shares.List(v.ctx, v.actor(), m.ID)
	if err != nil {
		return err
	}
	var people []string
	for _, l := range links {
		people = append(people, l.MadeBy)
	}
	n, err := v.lookup(nil, people)
	for _, l := range links {
		row := view.ShareRow{ID: l.ID, Note: l.Note, By: n.person(l.MadeBy), Position: l.Position, Made: l.Made, Expires: l.Expires, Opened: int(l.Opened), OpenedAt: l.OpenedAt, Holds: l.Holds(v.now), Status: view.Status{State: "share.live"}}
		switch {
		case !l.Revoked.IsZero():
			row.Status.State = "share.revoked"
		case !row.Holds:
			row.Status.State = "share.ended"
		}
		box.Links = append(box.Links, row)
	}
	return err
}

// ediShare makes a link. Its address is on the page that answers, and never again.
func ediShare(v *visit) error {
	in := v.input()
	days, err := strconv.Atoi(in.text("days"))
	if err != nil {
		days = -1
	}
	position, _ := strconv.Atoi(in.text("position"))
	_, token, err := v.w.d.Shares.Make(v.ctx, v.actor(), share.Cmd{Interchange: v.Params("id"), Position: position, Days: days, Note: in.text("note")})
	if err == nil {
		v.Set("Cache-Control", "no-store")
		return v.inspector(fiber.StatusOK, tabShare, shareMade{fresh: v.absolute("/shared/" + token)})
	}
	errs, note, status, ok := v.refusal(err)
	if !ok || fault.IsNotFound(err) {
		return err
	}
	return v.inspector(status, tabShare, shareMade{form: in.form(errs, note)})
}

// ediUnshare takes a link back.
func ediUnshare(v *visit) error {
	if err := v.w.d.Shares.Revoke(v.ctx, v.actor(), v.Params("share")); err != nil {
		return err
	}
	return v.done(v.documentLinks(v.path("edi", v.Params("id"))).to("tab="+tabShare), "said.share_revoked")
}

// sharedCSP is the policy of what is shown by a link: no script, no form.
const sharedCSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// sharesBySource is how often one source may ask for what is shared, per node.
var sharesBySource = session.Rate{PerSecond: 1, Burst: 60}

// shared prepares the answer to whoever has an address, in a language of the browser.
func (v *visit) shared() error {
	v.Set("Content-Security-Policy", sharedCSP)
	v.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	v.Set("Referrer-Policy", "no-referrer")
	v.Set("Cache-Control", "no-store")
	v.Vary(fiber.HeaderAcceptLanguage)
	v.p = locale.New(locale.Match(v.Get(fiber.HeaderAcceptLanguage), v.Query("in")), time.UTC, v.now)
	return v.w.shareSource.Take(source(v.IP()))
}

// sharedGone is the one answer where nothing is shown.
func (v *visit) sharedGone() error {
	return v.send(fiber.StatusNotFound, &view.SharedPage{Base: view.Base{P: v.p, Path: v.Path()}, Gone: true}, "")
}

// sharedShow is a document without its prices.
func sharedShow(v *visit) error {
	if err := v.shared(); err != nil {
		return err
	}
	token := strings.Clone(v.Params("token"))
	s, err := v.w.d.Shares.Open(v.ctx, token)
	if fault.IsNotFound(err) {
		return v.sharedGone()
	}
	if err != nil {
		return err
	}
	body, err := v.w.d.Shares.Body(v.ctx, token)
	if fault.IsNotFound(err) {
		return v.sharedGone()
	}
	if err != nil {
		return err
	}
	defer body.Close()
	n, err := v.lookup([]string{s.Head.From, s.Head.To}, nil)
	if err != nil {
		return err
	}
	page := &view.SharedPage{Base: view.Base{P: v.p, Path: v.Path()}, Type: s.Set.Kind, From: n.org(s.Head.From), To: n.org(s.Head.To), Until: s.Link.Expires, Count: s.Set.Segments, FileURL: "/shared/" + token + "/file"}
	if s.Set.BusinessKey != "" {
		page.Facts = append(page.Facts, view.Raw(mask.Value(s.Set.BusinessKey)))
	}
	page.Facts = append(page.Facts, view.T("message.control", "control", s.Head.Control), view.Raw(written(s.Head)), view.T("message.came", "when", s.Head.Received))
	page.Findings = v.maskedFindings(s.Set.Findings, s.Set.Kind, s.Head.Syntax == gateway.SyntaxEDIFACT)
	if page.Inspect, err = v.inspect(body, s.Head.Syntax, 1, s.Set.Findings, v.documentLinks("")); err != nil {
		return err
	}
	if page.Count == 0 {
		page.Count = page.Inspect.Total
	}
	pin(page.Inspect.Segments, page.Findings, s.Set.Findings)
	for _, l := range locale.Languages() {
		page.Languages = append(page.Languages, view.Option{Value: "?in=" + string(l), Label: view.T("language." + string(l)), On: l == v.p.Language()})
	}
	return v.send(fiber.StatusOK, page, "")
}

// maskedFindings are findings without what may tell a price.
func (v *visit) maskedFindings(found []wire.Finding, kind string, un bool) []view.Finding {
	out := v.findings(found, kind)
	for i, f := range found {
		if mask.Tells(f, un) {
			f.SegmentID = mask.Tag(f.SegmentID, un)
			out[i].Place = v.place(f)
			out[i].Title, out[i].Fix, out[i].Body, out[i].Value = view.T("share.finding_hidden"), view.Text{}, view.Text{}, ""
		}
	}
	return out
}

// sharedFile is the same document as a file.
func sharedFile(v *visit) error {
	if err := v.shared(); err != nil {
		return err
	}
	body, err := v.w.d.Shares.Body(v.ctx, strings.Clone(v.Params("token")))
	if fault.IsNotFound(err) {
		return v.sharedGone()
	}
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
	v.Set("X-Content-Type-Options", "nosniff")
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="document-without-prices.txt"`)
	v.Context().SetBodyStream(body, -1) // closed by the server once sent
	return nil
}
