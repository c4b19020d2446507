package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/edi/gateway"
	"entente/edi/wire"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/partner"
)

// The spans of the monitor, as in the query "span".
const (
	spanHour = "hour"
	spanDay  = ""
	spanWeek = "week"
)

var ediSpans = []string{spanDay, spanHour, spanWeek}

// span is what the monitor counts: the last hour by five minutes, 24 hours by the hour,
// seven days of the reader's calendar by the day.
func (v *visit) span(which string) gateway.Span {
	switch which {
	case spanHour:
		return gateway.Span{Since: v.now.Truncate(5 * time.Minute).Add(-55 * time.Minute), Slot: 5 * time.Minute, Slots: 12}
	case spanWeek:
		y, m, d := v.p.Now().Date()
		return gateway.Span{Since: time.Date(y, m, d, 0, 0, 0, 0, v.p.Now().Location()).Add(-6 * 24 * time.Hour), Slot: 24 * time.Hour, Slots: 7}
	}
	return gateway.Span{Since: v.now.Truncate(time.Hour).Add(-23 * time.Hour), Slot: time.Hour, Slots: 24}
}

// ediMonitor is what the EDI people look at first.
func ediMonitor(v *visit) error {
	which := oneOf(v.Query("span"), ediSpans)
	m, err := v.w.d.Gateway.Monitor(v.ctx, v.actor(), v.span(which))
	if err != nil {
		return err
	}
	var orgs, people []string
	for _, list := range [][]gateway.Interchange{m.Recent, m.Late, m.Stuck, m.Undelivered} {
		for _, i := range list {
			orgs, people = append(orgs, i.Partner(v.org())), append(people, i.Wait.AskedBy)
		}
	}
	for _, e := range m.Errors {
		orgs = append(orgs, e.Partner)
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	page := &view.MonitorPage{Base: v.shell(), ListURL: v.path("edi"), LateCount: m.LateCount, Persons: m.StuckCount + m.LostCount, Looked: m.Looked, Chart: bars(m.Slots, which == spanWeek)}
	labels := map[string]string{spanDay: "monitor.span_day", spanHour: "monitor.span_hour", spanWeek: "monitor.span_week"}
	for _, s := range ediSpans {
		page.Spans = append(page.Spans, view.Tab{Label: view.T(labels[s]), URL: v.again("span", s), Count: -1, On: s == which})
	}
	for _, s := range m.Slots {
		page.In, page.Out, page.Refused = page.In+s.In, page.Out+s.Out, page.Refused+s.Refused
	}
	page.Documents = page.In + page.Out
	if page.Documents == 0 && which != spanWeek {
		page.Wider = v.again("span", spanWeek)
	}
	page.States = tallies(m.States)
	for _, i := range m.Late {
		wait := v.ackWait(i, n)
		page.Late = append(page.Late, view.LateRow{URL: v.path("edi", i.ID), Partner: n.company(i.Partner(v.org())), Types: i.Types, Number: or(i.Reference, i.Control), Wait: *wait})
	}
	if len(m.Late) > 0 {
		page.Oldest = v.now.Sub(m.Late[0].Wait.Due)
	}
	for _, i := range append(m.Stuck, m.Undelivered...) {
		row := view.StuckRow{URL: v.path("edi", i.ID), Partner: n.company(i.Partner(v.org())), Types: i.Types, Number: or(i.Reference, i.Control), Status: interchangeStatus(i), Since: i.Received, Deeds: v.deeds(gateway.Message{Interchange: i}), Reason: v.stuckReason(i)}
		row.Deeds.Answer = (i.State == gateway.Held || i.State == gateway.Failed) && v.may(access.EDIResolve, access.Shared(i.Supplier, i.Reseller))
		row.Deeds.Release = row.Deeds.Release && !row.Deeds.Answer
		page.Stuck = append(page.Stuck, row)
	}
	for _, e := range m.Errors {
		row := view.ErrorRow{URL: v.path("edi", e.Interchange), Partner: n.company(e.Partner), Own: e.Sender == v.org(), Key: e.Key, Sets: e.Sets, Text: v.findings([]wire.Finding{e.Example}, "")[0].Title}
		if e.Position > 0 {
			row.URL += "?set=" + strconv.Itoa(e.Position)
		}
		page.Errors = append(page.Errors, row)
	}
	for _, i := range m.Recent {
		page.Rows = append(page.Rows, v.messageRow(i, n))
	}
	if err := v.lateAnswers(page); err != nil {
		return err
	}
	return v.render(page, fragments{"monitor": "monitor.body"})
}

// stuckReason says why a message waits for a person.
func (v *visit) stuckReason(i gateway.Interchange) view.Text {
	switch {
	case i.State == gateway.Failed && i.LastError != "" && v.has(i.LastError):
		return view.T("monitor.parked", "tries", v.p.Count(i.Attempts), "reason", view.Keyed(i.LastError, i.LastArgs))
	case i.Origin == gateway.OriginMade && i.Delivery == gateway.DeliveryFailed && i.Attempts > 0 && v.has(i.LastError):
		return view.T("monitor.parked", "tries", v.p.Count(i.Attempts), "reason", view.Keyed(i.LastError, i.LastArgs))
	case i.State == gateway.Held && i.HeldFor != "":
		return view.T("hold." + i.HeldFor)
	case i.Delivery == gateway.DeliveryHeld && i.HeldFor == gateway.HeldNoAccount:
		return view.T("hold.no_account_text", "network", i.Network)
	}
	return view.Text{}
}

// tallies puts both directions of a state into one row.
func tallies(counts []gateway.StateCount) []view.StateTally {
	var out []view.StateTally
next:
	for _, c := range counts {
		state := view.State("edi." + c.Word)
		for i := range out {
			if out[i].State == state {
				out[i].In, out[i].Out = out[i].In+inOf(c), out[i].Out+outOf(c)
				continue next
			}
		}
		out = append(out, view.StateTally{State: state, In: inOf(c), Out: outOf(c)})
	}
	return out
}

func inOf(c gateway.StateCount) int {
	if c.Out {
		return 0
	}
	return c.N
}

func outOf(c gateway.StateCount) int {
	if c.Out {
		return c.N
	}
	return 0
}

// bars draws the slots: zero-based, the highest bar 112 high; one that is not empty is
// at least 2 high.
func bars(slots []gateway.Slot, days bool) view.Bars {
	out := view.Bars{Days: days}
	refused, best := 0, 0
	for i, s := range slots {
		refused += s.Refused
		if s.In+s.Out > out.Most {
			out.Most, best = s.In+s.Out, i
		}
	}
	if len(slots) == 0 {
		return out
	}
	step := 600 / len(slots)
	for i, s := range slots {
		total := s.In + s.Out
		h := 0
		if total > 0 {
			h = max(2, 112*total/out.Most)
		}
		out.Bars = append(out.Bars, view.Bar{X: i*step + 1, Y: 112 - h, W: max(step-2, 1), H: h, Bad: s.Refused > 0,
			Words: view.T("monitor.bar", "when", s.From, "total", total, "refused", s.Refused)})
	}
	every := max(1, len(slots)/4)
	if days {
		every = max(1, len(slots)-1) // days have long names
	}
	for i := 0; i < len(slots); i += every {
		out.Labels = append(out.Labels, slots[i].From)
	}
	out.Say = view.T("monitor.chart_none")
	if out.Most > 0 {
		out.Say = view.T("monitor.chart", "most", out.Most, "when", slots[best].From, "refused", refused)
	}
	return out
}

// answerCode is what acknowledges a message: 997, in EDIFACT CONTRL.
func answerCode(i gateway.Interchange) string {
	if i.Syntax == gateway.SyntaxEDIFACT {
		return "CONTRL"
	}
	return "997"
}

// ackWait is the box about a missing acknowledgement; nil where nothing is to be said.
// A document that arrived is not sent again: the partner is asked.
func (v *visit) ackWait(i gateway.Interchange, n names) *view.AckWait {
	w := i.Wait
	code := answerCode(i)
	if w.Outcome == gateway.WaitConfirmed {
		out := &view.AckWait{Done: true, Title: view.T("monitor.confirmed", "code", code), Text: view.T("monitor.confirmed_text", "when", w.Settled)}
		if w.SettledBy != "" {
			out.Text = view.T("monitor.confirmed_by", "person", n.person(w.SettledBy), "when", w.Settled)
			out.Note = view.Raw(w.Reason)
		}
		return out
	}
	if !w.Late() {
		return nil
	}
	mine := i.Out(v.org()) && v.may(access.EDIResolve, access.Shared(i.Supplier, i.Reseller))
	out := &view.AckWait{
		Title: view.T("monitor.late_by", "code", code, "duration", v.now.Sub(w.Due)), CanAsk: mine && !i.MayResend(), CanConfirm: mine, CanResend: mine && i.MayResend(),
		Text: view.T("monitor.arrived", "code", code, "type", strings.Join(i.Types, ", "), "due", w.Due),
	}
	if i.MayResend() {
		out.Text = view.T("monitor.maybe_lost", "code", code, "due", w.Due)
	}
	if !i.Out(v.org()) {
		out.Text = view.T("monitor.owed", "code", code, "due", w.Due)
	}
	if !w.Asked.IsZero() {
		out.Note = view.T("monitor.asked", "when", w.Asked)
		out.CanAsk = out.CanAsk && v.now.Sub(w.Asked) >= gateway.AskAgain
	}
	return out
}

// deeds are the buttons under a message.
func (v *visit) deeds(m gateway.Message) view.Deeds {
	if !v.may(access.EDIResolve, access.Shared(m.Supplier, m.Reseller)) {
		return view.Deeds{}
	}
	made := m.Origin == gateway.OriginMade && m.Out(v.org())
	return view.Deeds{
		Resend: made && m.MayResend() && !m.Wait.Late(), Reprocess: !m.Out(v.org()) && m.MayReprocess(),
		Hold:    made && m.Delivery == gateway.DeliveryWaiting || m.Origin == gateway.OriginSent && m.State == gateway.Received,
		Release: made && m.Delivery == gateway.DeliveryHeld,
	}
}

// ediDo runs one of the buttons and says so.
func ediDo(run func(v *visit, id string) error, said string) func(*visit) error {
	return func(v *visit) error {
		id := v.Params("id")
		if err := run(v, id); err != nil {
			return err
		}
		return v.done(v.path("edi", id), said)
	}
}

var (
	ediAsk     = ediDo(func(v *visit, id string) error { return v.w.d.Gateway.AskAcknowledgement(v.ctx, v.actor(), id) }, "said.asked")
	ediConfirm = ediDo(func(v *visit, id string) error {
		return v.w.d.Gateway.ConfirmAcknowledgement(v.ctx, v.actor(), id, v.input().text("reason"))
	}, "said.saved")
	ediResend    = ediDo(func(v *visit, id string) error { return v.w.d.Gateway.Resend(v.ctx, v.actor(), id) }, "said.resent")
	ediReprocess = ediDo(func(v *visit, id string) error { return v.w.d.Gateway.Reprocess(v.ctx, v.actor(), id) }, "said.reprocessed")
	ediHold      = ediDo(func(v *visit, id string) error { return v.w.d.Gateway.Hold(v.ctx, v.actor(), id) }, "said.message_held")
	ediRelease   = ediDo(func(v *visit, id string) error { return v.w.d.Gateway.Release(v.ctx, v.actor(), id) }, "said.released")
)

// ediProof sends the proof of a message as one archive.
func ediProof(v *visit) error {
	p, err := v.w.d.Courier.Prove(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "application/zip")
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="`+p.Name+`.zip"`)
	v.Context().SetBodyStream(p.Stream(v.ctx, locale.ProofReadme()), -1) // closed by the server once sent
	return nil
}

// partnerClock shows how long the company waits for this partner's acknowledgements.
func (v *visit) partnerClock(page *view.PartnerPage, p partner.Partnership) error {
	if p.State != partner.Active && p.State != partner.Suspended || !v.may(access.LinkRead, p.Resource()) {
		return nil
	}
	c, err := v.w.d.Gateway.Patience(v.ctx, v.actor(), p.ID)
	if err != nil {
		return err
	}
	page.Clock = &view.ClockSetting{Form: view.Form{Values: map[string]string{"hours": strconv.Itoa(c.Hours), "receipt_hours": strconv.Itoa(c.ReceiptHours)}}, Editable: v.may(access.LinkManage, p.Resource())}
	return nil
}

// partnerClockSave changes it.
func partnerClockSave(v *visit) error {
	in, id := v.input(), v.Params("id")
	hours, err := strconv.Atoi(in.text("hours"))
	if err != nil {
		hours = -1 // said by the service, for those who may
	}
	receipt := 0 // as it was
	if text := in.text("receipt_hours"); text != "" {
		if receipt, err = strconv.Atoi(text); err != nil || receipt == 0 {
			receipt = -1
		}
	}
	if err := v.w.d.Gateway.SetPatience(v.ctx, v.actor(), id, hours, receipt); err != nil {
		return err
	}
	return v.done(v.path("partners", id), "said.saved")
}

// ediDeskRoutes are the monitor and what is done from it.
func ediDeskRoutes() []Route {
	return append(slices.Concat(replyRoutes(), changeRoutes(), returnRoutes(), blanketRoutes(), hookRoutes()), []Route{
		get("/c/:slug/edi/monitor", "monitor", InCompany, access.EDIRead, ediMonitor),
		get("/c/:slug/edi/:id/proof.zip", "proof of message", InCompany, access.EDIRead, ediProof),
		post("/c/:slug/partners/:id/clock", "partner clock", InCompany, access.LinkManage, partnerClockSave),
		post("/c/:slug/edi/:id/ask", "ask for acknowledgement", InCompany, access.EDIResolve, ediAsk),
		post("/c/:slug/edi/:id/confirm", "confirm acknowledgement", InCompany, access.EDIResolve, ediConfirm),
		post("/c/:slug/edi/:id/resend", "resend message", InCompany, access.EDIResolve, ediResend),
		post("/c/:slug/edi/:id/reprocess", "reprocess message", InCompany, access.EDIResolve, ediReprocess),
		post("/c/:slug/edi/:id/hold", "hold message", InCompany, access.EDIResolve, ediHold),
		post("/c/:slug/edi/:id/release", "release message", InCompany, access.EDIResolve, ediRelease),
	}...)
}
