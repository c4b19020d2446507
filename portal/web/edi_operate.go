package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/edi/gateway"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/partner"
)

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
