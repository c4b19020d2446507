package web

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/chat/attach"
	"entente/chat/room"
	"entente/edi/format"
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
)

// The tabs of a message.
const (
	tabExplanation = "explanation"
	tabAnswer      = "answer"
	tabAttempts    = "attempts"
	tabAudit       = "audit"
	tabShare       = "share"
)

var messageTabs = []string{tabExplanation, tabAnswer, tabAttempts, tabAudit, tabShare}

// ediShow is one interchange: the raw segments with the findings pinned to them,
// and what they mean. ?set= chooses the transaction set of several by its position.
func ediShow(v *visit) error {
	return v.inspector(fiber.StatusOK, oneOf(v.Query("tab"), messageTabs), shareMade{})
}

// inspector is the page of an interchange, also after a link was made or refused on it.
func (v *visit) inspector(status int, tab string, made shareMade) error {
	m, err := v.w.d.Gateway.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	people, orgs := []string{m.MadeBy}, []string{m.From, m.To, m.Delegate}
	for _, l := range m.Acknowledgements {
		orgs = append(orgs, l.From)
	}
	people = append(people, m.Wait.SettledBy)
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	page := &view.MessagePage{Base: v.shell(), URL: v.path("edi", m.ID), Out: m.Out(v.org()), Partner: n.company(m.Partner(v.org())), Status: interchangeStatus(m.Interchange),
		Type: messageType(m.Interchange), Tab: tab, DownloadURL: v.path("edi", m.ID, "raw"),
		ProofURL: v.path("edi", m.ID, "proof.zip"), Wait: v.ackWait(m.Interchange, n), Deeds: v.deeds(m), Held: v.messageHeld(m, n), Attempts: v.attempts(m), Audit: v.messageAudit(m, n)}
	party := v.org() == m.From || v.org() == m.To // not who only carried it
	if party {
		if err := v.messageCarried(page, m); err != nil {
			return err
		}
		if err := v.messageRoom(page, m); err != nil {
			return err
		}
	}
	at := v.documentLinks("")
	if v.Method() != fiber.MethodGet { // the answer to a form stands at the form's address
		at.base = page.URL
	}
	set, err := v.messageText(page, m, &at)
	if err != nil {
		return err
	}
	v.setsBeside(page, m, set, at)
	page.Facts = v.messageFacts(m, set)
	if m.Delegate != "" && m.Origin == gateway.OriginSent {
		page.Facts = append(page.Facts, view.T("message.sent_for", "carrier", n.org(m.Delegate), "company", n.org(m.From)))
	}
	if set != nil && party {
		v.messageSubject(page, *set)
		if err := v.messageReply(page, m, *set); err != nil {
			return err
		}
	}
	if m.From == v.org() && !gateway.IsForm(m.Syntax) && m.Origin == gateway.OriginSent && m.State == gateway.Processed && m.Result != gateway.ResultAccepted && m.Size <= maxMend && v.lists(access.LinkRead) {
		page.MendURL = v.path("edi", "connections", m.Partnership, "bench") + "?from=" + m.ID
	}
	if err := v.messageAnswer(page, m); err != nil {
		return err
	}
	page.Acks = v.ackSteps(m, set)
	if err := v.shareBox(page, m, set, made); err != nil {
		return err
	}
	return v.renderAs(status, page, fragments{"tab": "message.say"})
}

// messageRoom leads to the room about an interchange, or to where it is made.
func (v *visit) messageRoom(page *view.MessagePage, m gateway.Message) error {
	if !v.lists(access.RoomRead) {
		return nil
	}
	r, err := v.w.d.Rooms.BySubject(v.ctx, v.actor(), room.Subject{Kind: "interchange", ID: m.ID})
	switch {
	case err == nil:
		page.RoomURL = v.path("rooms", string(r.ID))
	case !fault.IsNotFound(err):
		return err
	case v.may(access.RoomPost, access.Own(v.org())):
		page.TalkURL = v.path("edi", m.ID, "room")
	}
	return nil
}

// ediTalk leads to the room about an interchange, and makes it first where there is none.
func ediTalk(v *visit) error {
	id, err := v.w.d.Talk(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.seeOther(v.path("rooms", string(id)))
}

// roomInspect shows a document of an interchange that was attached to a message as the page of
// one shows it: read from the file, kept and booked nowhere. Of a long file it reads the beginning.
func roomInspect(v *visit) error {
	id := room.ID(v.Params("id"))
	f, body, err := v.w.d.Rooms.Open(v.ctx, v.actor(), id, room.FileID(v.Params("file")))
	if err != nil {
		return err
	}
	defer body.Close()
	if !attach.EDI(f.Type) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	syntax := gateway.SyntaxX12
	if f.Type == attach.TypeEDIFACT {
		syntax = gateway.SyntaxEDIFACT
	}
	page := &view.RoomFilePage{Base: v.shell(), Name: f.Name, Size: f.Size, SetNo: 1, BackURL: v.path("rooms", string(id)), DownloadURL: v.path("rooms", string(id), "files", string(f.ID))}
	if n, err := strconv.Atoi(v.Query("set")); err == nil {
		page.SetNo = max(1, n)
	}
	at := v.documentLinks("")
	if page.Inspect, err = v.inspect(body, syntax, page.SetNo, nil, at); err != nil {
		return err
	}
	if page.SetNo > max(1, page.Inspect.Sets) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	page.SetBefore, page.SetAfter = at.beside(page.SetNo, page.Inspect.Sets)
	return v.render(page, nil)
}

// setsBeside leads to the documents before and after the one shown and to the list of all.
func (v *visit) setsBeside(page *view.MessagePage, m gateway.Message, set *gateway.Set, at documentLinks) {
	page.TabURL, page.Keep = at.base+"?"+at.query("tab="), at.kept()
	if set == nil || m.SetsDone < 2 {
		return
	}
	page.SetsURL, page.SetNo, page.SetsAll = v.path("edi", m.ID, "sets"), set.Position, m.SetsDone
	at.tab = page.Tab
	page.SetBefore, page.SetAfter = at.beside(set.Position, m.SetsDone)
}

// beside are the addresses of the documents before and after the one in a place of so many, or
// nothing where there is none.
func (l documentLinks) beside(place, of int) (before, after string) {
	l.at = ""
	for n, to := range map[int]*string{place - 1: &before, place + 1: &after} {
		if n >= 1 && n <= of {
			l.set = strconv.Itoa(n)
			*to = strings.TrimSuffix(l.to(""), "&")
		}
	}
	return before, after
}

// messageCarried fills what AS2 did with the interchange. Where somebody must decide
// about it, that is what the page opens with.
func (v *visit) messageCarried(page *view.MessagePage, m gateway.Message) (err error) {
	page.Carried, err = v.carried(m, page.Tab == tabAttempts)
	if err == nil && page.Tab == "" && slices.ContainsFunc(page.Carried, func(c view.Carried) bool { return c.CanResend }) {
		page.Tab = tabAttempts
		page.Carried, err = v.carried(m, true)
	}
	return err
}

// acknowledgements are never acknowledged themselves.
var acknowledgements = []string{"997", "999", "CONTRL", "TA1"}

func messageType(i gateway.Interchange) string {
	if len(i.Types) == 1 {
		return i.Types[0]
	}
	return standard(i)
}

// formNames are the names of the forms of ERP systems, the same in every language.
var formNames = map[string]string{format.JSON: "JSON", format.CSV: "CSV", format.XLSX: "XLSX", format.IDoc: "IDoc", format.IDocXML: "IDoc XML", format.UBL: "UBL 2.1"}

// standard is the name of an interchange's standard.
func standard(i gateway.Interchange) string {
	switch {
	case i.Syntax == gateway.SyntaxEDIFACT:
		return "EDIFACT"
	case gateway.IsForm(i.Syntax):
		return formNames[i.Syntax]
	}
	return "X12"
}

// written is the standard with its release.
func written(i gateway.Interchange) string {
	if gateway.IsForm(i.Syntax) {
		return standard(i)
	}
	return standard(i) + " " + i.Version
}

func (v *visit) messageFacts(m gateway.Message, set *gateway.Set) []view.Text {
	var out []view.Text
	if set != nil && set.BusinessKey != "" {
		out = append(out, view.Raw(set.BusinessKey))
	}
	out = append(out, view.T("message.control", "control", m.Control), view.Raw(written(m.Interchange)), v.channel(m.Interchange))
	if m.Out(v.org()) {
		out = append(out, view.T("message.went", "when", m.Received))
	} else {
		out = append(out, view.T("message.came", "when", m.Received))
	}
	if m.SetCount > 1 {
		out = append(out, view.T("message.sets", "n", m.SetCount))
	}
	if m.Test {
		out = append(out, view.T("state.edi.test"))
	}
	return out
}

// messageSubject links to the order or invoice that the set is about.
func (v *visit) messageSubject(page *view.MessagePage, s gateway.Set) {
	switch s.DocumentKind {
	case "order":
		page.SubjectURL = v.subjectURL("order", s.DocumentID)
		page.SubjectName = s.BusinessKey
	case "invoice":
		page.SubjectURL = v.subjectURL("invoice", s.DocumentID)
		page.SubjectName = s.BusinessKey
	case "interchange":
		page.SubjectURL = v.subjectURL("interchange", s.DocumentID)
		page.SubjectName = v.p.T("message.answer_open")
	}
	if page.SubjectURL == "" {
		page.SubjectName = ""
	}
	if s.Business != "" && v.has("state.edi."+s.Business) {
		page.Plain = append(page.Plain, view.KV{Label: view.T("message.made"), Value: view.T("state.edi." + s.Business), URL: page.SubjectURL})
	}
}

// ackSteps is the strip under the title: kept, checked, answered, made.
func (v *visit) ackSteps(m gateway.Message, set *gateway.Set) []view.AckStep {
	steps := []view.AckStep{{Label: view.T("message.step_kept"), Status: view.Status{State: "document.saved", Words: view.T("message.kept", "when", m.Received)}}}
	if m.Origin == gateway.OriginMade {
		steps = append(steps, view.AckStep{Label: view.T("message.step_delivery"), Status: view.Status{State: view.State("edi." + or(m.Delivery, "none"))}})
		acked := view.Status{State: "edi.none"}
		switch {
		case m.Acknowledged != "":
			acked.State = view.State("edi." + m.Acknowledged)
		case m.Wait.Late():
			acked.State = "edi.overdue"
		case m.Wait.Outcome == gateway.WaitConfirmed:
			acked.State = "edi.confirmed"
		case gateway.IsForm(m.Syntax):
			return steps // nobody acknowledges it
		case m.Delivery != "" && !slices.Contains(acknowledgements, messageType(m.Interchange)):
			acked.State = "document.waiting"
		}
		steps = append(steps, view.AckStep{Label: view.T("message.step_ack"), Status: acked})
		if m.Advised != "" {
			steps = append(steps, view.AckStep{Label: view.T("message.step_advice"), Status: view.Status{State: view.State("edi." + m.Advised)}})
		}
		return steps
	}
	checked := view.State("edi." + string(m.State))
	if m.Result != "" {
		checked = view.State("edi." + m.Result)
	}
	steps = append(steps, view.AckStep{Label: view.T("message.step_check"), Status: view.Status{State: checked}})
	if gateway.IsForm(m.Syntax) {
		if set != nil && set.Business != "" {
			steps = append(steps, view.AckStep{Label: view.T("message.made"), Status: view.Status{State: view.State("edi." + set.Business)}})
		}
		return steps
	}
	answer := view.Status{State: "edi.none"}
	if len(m.Acknowledgements) > 0 {
		a := m.Acknowledgements[0]
		answer.State = view.State("edi." + linkWord(a.State, a.Result, a.Delivery, a.Origin))
	}
	steps = append(steps, view.AckStep{Label: view.T("message.step_answer"), Status: answer})
	if set != nil && set.Business != "" {
		steps = append(steps, view.AckStep{Label: view.T("message.made"), Status: view.Status{State: view.State("edi." + set.Business)}})
	}
	return steps
}

// messageAnswer shows the first acknowledgement of ours.
func (v *visit) messageAnswer(page *view.MessagePage, m gateway.Message) error {
	if len(m.Acknowledgements) == 0 {
		return nil
	}
	a := m.Acknowledgements[0]
	page.AnswerURL = v.path("edi", a.ID)
	if page.Tab != tabAnswer {
		return nil
	}
	segs, _, err := v.rawSegments(a.ID, m.Syntax, 0, nil)
	page.Answer = segs
	if fault.IsNotFound(err) {
		return nil
	}
	return err
}

func (v *visit) messageHeld(m gateway.Message, n names) *view.Held {
	if m.Delivery == gateway.DeliveryHeld && m.HeldFor == gateway.HeldNoAccount && m.Out(v.org()) {
		return &view.Held{Reason: m.HeldFor, Since: m.Received, Owner: n.org(m.From), Text: v.stuckReason(m.Interchange)}
	}
	if m.State != gateway.Held && m.State != gateway.Failed {
		return nil
	}
	h := &view.Held{Reason: or(m.HeldFor, "failed"), Since: m.Received, Owner: n.org(m.To), Text: view.T("hold." + or(m.HeldFor, "failed") + "_text")}
	if m.State == gateway.Failed {
		if why := v.stuckReason(m.Interchange); !why.IsZero() {
			h.Text = why
		}
	}
	if m.Earlier != "" {
		h.OtherNumber, h.OtherURL = m.Control, v.path("edi", m.Earlier)
	}
	if v.may(access.EDIResolve, access.Shared(m.Supplier, m.Reseller)) {
		h.Answers = []view.HeldAnswer{view.AnswerProcess, view.AnswerDiscard}
	}
	return h
}

// ediHeld answers a held or parked interchange.
func ediHeld(v *visit) error {
	id := v.Params("id")
	if err := v.w.d.Gateway.Resolve(v.ctx, v.actor(), id, v.input().text("answer")); err != nil {
		return err
	}
	return v.done(v.path("edi", id), "said.answered")
}

// attempts is what is known of processing: the number of tries and how the last
// one ended.
func (v *visit) attempts(m gateway.Message) []view.Attempt {
	if m.Attempts == 0 {
		return nil
	}
	a := view.Attempt{Number: m.Attempts, At: m.Received, Status: interchangeStatus(m.Interchange)}
	if !m.Processed.IsZero() {
		a.At, a.Took = m.Processed, m.Processed.Sub(m.Received)
	}
	if m.LastError != "" {
		a.Note = view.T("message.last_error")
		if !m.NextAt.IsZero() {
			a.Note = view.T("message.next_try", "when", m.NextAt)
		}
	}
	return []view.Attempt{a}
}

// messageAudit tells the life of the interchange, newest first.
func (v *visit) messageAudit(m gateway.Message, n names) []view.Entry {
	partner := n.org(m.Partner(v.org()))
	first := view.Entry{Tone: view.Blue, Icon: v.icon("file-code"), Actor: n.person(m.MadeBy), Text: view.T("event.message.received", "company", n.org(m.From)), At: m.Received}
	if m.Origin == gateway.OriginMade {
		first.Text = view.T("event.message.made", "company", n.org(m.From))
	}
	out := []view.Entry{first}
	if !m.Processed.IsZero() && m.Origin == gateway.OriginSent {
		e := view.Entry{Tone: view.Green, Icon: v.icon("check"), Text: view.T("event.message.processed"), At: m.Processed}
		if m.Result == gateway.ResultRejected {
			e = view.Entry{Tone: view.Red, Icon: v.icon("alert-circle"), Text: view.T("event.message.refused", "type", messageType(m.Interchange), "company", n.org(m.From)), At: m.Processed}
		}
		out = append(out, e)
	}
	if m.State == gateway.Held {
		out = append(out, view.Entry{Tone: view.Amber, Icon: v.icon("lock"), Text: view.T("event.message.held"), At: m.Received})
	}
	if !m.Fetched.IsZero() {
		out = append(out, view.Entry{Tone: view.Blue, Icon: v.icon("download"), Text: view.T("event.message.fetched", "company", n.org(m.To)), At: m.Fetched})
	}
	for _, a := range m.Acknowledgements {
		if m.Origin == gateway.OriginMade {
			said := "event.message.acknowledged"
			if slices.Contains(a.Types, "824") || slices.Contains(a.Types, "APERAK") {
				said = "event.message.advised"
			}
			out = append(out, view.Entry{Tone: view.Green, Icon: v.icon("checks"), Text: view.T(said, "company", partner), URL: v.path("edi", a.ID), At: a.At})
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// ediRaw sends the exact bytes as a file.
func ediRaw(v *visit) error {
	id := v.Params("id")
	body, head, err := v.w.d.Gateway.Raw(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, head.MediaType())
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="`+id+gateway.Ending(head.Syntax)+`"`)
	v.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if size := head.Size; size <= inMemory {
		defer body.Close()
		raw, err := io.ReadAll(io.LimitReader(body, size))
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		return v.Send(raw)
	}
	v.Context().SetBodyStream(body, int(head.Size)) // closed by the server once sent
	return nil
}

// inMemory is what is sent without a stream, in bytes.
const inMemory = 1 << 20
