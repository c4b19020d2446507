package web

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/portal/locale"
	"entente/portal/mail"
	"entente/portal/push"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/notify"
	"entente/prm/trade"
	"entente/static"
)

// answerOpen is the page of a link in a mail: what it is about and the buttons that do
// it. Opening it changes nothing.
func answerOpen(v *visit) error {
	if d, ok := v.stopDeed(); ok {
		return v.stopPage(d, false)
	}
	if d, ok := v.w.d.Notices.ReadOptIn(v.Params("token")); ok {
		return v.optInPage(d, false)
	}
	return v.withDeed(func(d mail.Deed, actor access.Actor) error { return v.answerPage(200, d, actor, "", view.Form{}) })
}

// withDeed reads the link of this address for fn; the page is in the words of its reader.
func (v *visit) withDeed(fn func(d mail.Deed, actor access.Actor) error) error {
	d, actor, err := v.w.d.Notices.Read(v.ctx, v.Params("token"))
	if fault.IsNotFound(err) {
		return v.linkDead()
	}
	if err != nil {
		return err
	}
	if v.known() {
		return fn(d, actor)
	}
	people, err := v.w.d.Accounts.Directory().PersonsByID(v.ctx, d.Person)
	if p, ok := people[d.Person]; ok {
		zone, err := time.LoadLocation(p.Zone)
		if err != nil {
			zone = v.p.Zone()
		}
		v.p = locale.New(locale.Match("", p.Locale), zone, v.now)
	}
	if err != nil {
		return err
	}
	return fn(d, actor)
}

// answerPage shows a deed, or what became of it: done is the key of its sentence.
func (v *visit) answerPage(status int, d mail.Deed, actor access.Actor, done string, form view.Form) error {
	page := &view.AnswerPage{Base: v.shell(), URL: "/answer/" + v.Params("token"), Form: form, Stop: d.Kind == mail.DeedStop, Done: done, Title: view.T("answer.stop_title")}
	org, err := v.w.d.Accounts.Directory().OrgsByID(v.ctx, d.Org)
	if err != nil {
		return err
	}
	page.CompanyName, page.OpenURL = org[d.Org].Name, "/c/"+org[d.Org].Slug+"/profile"
	if d.Kind == mail.DeedStop {
		return v.send(status, page, "")
	}
	page.OpenURL = "/c/" + org[d.Org].Slug + "/" + view.SubjectPath(d.Kind, d.Object)
	switch d.Kind {
	case mail.DeedOffer:
		err = v.answerOffer(page, d, actor)
	case mail.DeedPromo:
		err = v.answerPromo(page, d, actor)
	case mail.DeedOrder:
		err = v.answerOrder(page, d, actor)
	case mail.DeedApproval:
		err = v.answerApproval(page, d, actor)
	default:
		err = fault.New(fault.NotFound, "account.link_dead")
	}
	if err == nil && d.Kind != mail.DeedOffer {
		err = v.answerStands(page, d, actor)
	}
	if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden {
		return v.linkDead()
	}
	if err != nil {
		return err
	}
	return v.send(status, page, "")
}

// answerStands says whether the link can still be used, and if not, what became of it.
func (v *visit) answerStands(page *view.AnswerPage, d mail.Deed, actor access.Actor) error {
	done, used, err := v.w.d.Notices.Done(v.ctx, d)
	if err != nil {
		return err
	}
	if used {
		page.Done, page.DoneAt = "answer.done_"+d.Kind+"_"+done.Way, done.At
		return nil
	}
	bound, ok, err := v.w.d.Notices.Stands(v.ctx, actor, d.Kind, d.Object)
	if page.CanAnswer = ok && bound == d.Bound; !page.CanAnswer {
		page.Done = "answer.moved_on"
	}
	page.Due = d.Expires
	return err
}

// answerOffer shows an offered lead.
func (v *visit) answerOffer(page *view.AnswerPage, d mail.Deed, actor access.Actor) error {
	o, err := v.w.d.Leads.GetOffer(v.ctx, actor, lead.OfferID(d.Object))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{o.Supplier}, nil)
	if err != nil {
		return err
	}
	page.Title = view.Raw(o.Teaser.Title)
	page.Need, page.Facts = o.Teaser.Need, append([]view.KV{{Label: view.T("lead.from"), Value: view.Raw(n.org(o.Supplier))}}, v.teaserFacts(o.Teaser)...)
	page.Reasons = reasonOptions(page.Form.Value("reason"))
	page.Accept, page.AcceptText, page.Refuse, page.RefuseMore = view.T("lead.accept"), view.T("lead.accept_text"), view.T("lead.decline"), view.T("lead.decline_more")
	switch {
	case o.State.Unanswered():
		page.CanAnswer, page.Due = true, o.Ends()
	case o.State.Held() || o.State == lead.OfferConverted:
		page.Done = "answer.accepted"
	case o.State == lead.OfferDeclined:
		page.Done = "answer.declined"
	default:
		page.Done = "answer.over"
	}
	return nil
}

// answerPromo shows the text of a promotion that the reader's company is asked to join.
func (v *visit) answerPromo(page *view.AnswerPage, d mail.Deed, actor access.Actor) error {
	j, err := v.w.d.Promos.OfSeat(v.ctx, actor, d.Object)
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{j.Owner}, nil)
	if err != nil {
		return err
	}
	page.Title, page.Says, page.Need = view.Raw(j.Title), v.promoSentence(j.Head.Number, j.Text), j.Text.Summary
	page.Facts = []view.KV{{Label: view.T("lead.from"), Value: view.Raw(n.org(j.Owner))}}
	part, _ := j.Text.Part(actor.Org)
	if p := part.Pledge(); p.Minor > 0 {
		page.Facts = append(page.Facts, view.KV{Label: view.T("promo.pledge"), Value: view.T("answer.one", "value", amount(p))})
	}
	if part.Target > 0 {
		page.Facts = append(page.Facts, view.KV{Label: view.T("promo.target"), Value: view.Raw(quantityText(v, part.Target))})
	}
	page.Facts = append(page.Facts, v.promoFacts("", j.Text)...)
	page.Accept, page.AcceptText, page.Refuse, page.RefuseMore = view.T("answer.join"), view.T("answer.join_text", "company", page.CompanyName), view.T("promo.decline"), view.T("promo.decline_h")
	return nil
}

// answerLines is how many lines of an order the page of a link lists.
const answerLines = 50

// answerOrder shows an order that is to be confirmed as it stands.
func (v *visit) answerOrder(page *view.AnswerPage, d mail.Deed, actor access.Actor) error {
	o, err := v.w.d.Trade.Get(v.ctx, actor, trade.OrderID(d.Object))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{o.Reseller}, nil)
	if err != nil {
		return err
	}
	page.Title = view.T("answer.order_title", "number", o.Number, "company", n.org(o.Reseller))
	for i, l := range o.Lines {
		if i == answerLines {
			page.Facts = append(page.Facts, view.KV{Label: view.T("order.lines"), Value: view.T("answer.lines_more", "n", len(o.Lines)-answerLines)})
			break
		}
		said := view.T("answer.line_bare", "item", or(l.SKU, or(l.BuyerItem, l.GTIN)), "quantity", counted(l.Ordered, l.Unit))
		if !o.PricesHidden {
			said = view.T("answer.line", "item", or(l.SKU, or(l.BuyerItem, l.GTIN)), "quantity", counted(l.Ordered, l.Unit), "price", price(l.Price, o.Currency))
		}
		page.Facts = append(page.Facts, view.KV{Label: view.T("answer.line_no", "n", l.Number), Value: said})
	}
	if !o.PricesHidden {
		page.Facts = append(page.Facts, view.KV{Label: view.T("col.total"), Value: view.T("answer.one", "value", amount(o.Total))})
	}
	if o.RequestedOn != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("field.requested"), Value: view.Raw(v.p.Date(o.RequestedOn))})
	}
	if o.ShipTo != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("party.ship_to"), Value: view.Raw(o.ShipTo)})
	}
	page.Need = o.Note
	page.Accept, page.AcceptText = view.T("answer.confirm"), view.T("answer.confirm_text", "company", n.org(o.Reseller))
	return nil
}

// answerApproval shows what a rule of the reader's company keeps back.
func (v *visit) answerApproval(page *view.AnswerPage, d mail.Deed, actor access.Actor) error {
	r, err := v.w.d.Approvals.Get(v.ctx, actor, approval.ID(d.Object))
	if err != nil {
		return err
	}
	n, err := v.lookup(r.Companies(), []string{r.AskedBy})
	if err != nil {
		return err
	}
	page.Title = v.approvalTitle(r, n)
	page.Facts = []view.KV{{Label: view.T("approval.asked"), Value: v.approvalAsked(r, n)}, {Label: view.T("approval.asked_at"), Value: view.T("approval.at", "when", r.Asked)}}
	if r.Amount.Minor > 0 {
		page.Facts = append(page.Facts, view.KV{Label: view.T("col.total"), Value: view.T("answer.one", "value", amount(r.Amount))})
	}
	for _, st := range r.Steps {
		page.Facts = append(page.Facts, view.KV{Label: view.T("answer.why"), Value: approvalWhy(r, st)})
	}
	page.Accept, page.AcceptText, page.Refuse, page.RefuseMore = view.T("approval.approve"), view.T("answer.approve_text"), view.T("approval.refuse"), view.T("approval.refuse")
	if r.Kind == approval.KindIncoming {
		page.ReasonHint = "approval.reason_public"
	}
	return nil
}

// answerUse does what the link is for, as the person it was written to.
func answerUse(v *visit) error {
	if d, ok := v.stopDeed(); ok {
		return v.stopUse(d)
	}
	if d, ok := v.w.d.Notices.ReadOptIn(v.Params("token")); ok && !oneClick(v) { // a mail program confirms nothing
		return v.optInUse(d)
	}
	return v.withDeed(v.useDeed)
}

func (v *visit) useDeed(d mail.Deed, actor access.Actor) error {
	in := v.input()
	var err error
	switch {
	case oneClick(v) && d.Kind != mail.DeedStop: // a mail program ends mails and does nothing else
		return v.linkDead()
	case d.Kind == mail.DeedStop:
		if err := v.w.d.Notify.Choose(v.ctx, actor, notify.ModeNever, v.p.Zone()); err != nil {
			return err
		}
		return v.answerPage(200, d, actor, "answer.stopped", view.Form{})
	}
	way := in.text("answer")
	if err = fault.InvalidField("answer", "form.choice_wrong"); way == "accept" || way == "decline" && d.Kind != mail.DeedOrder {
		err = v.w.d.Notices.Use(v.ctx, v.Params("token"), way, func(ctx context.Context, d mail.Deed, actor access.Actor) error {
			return v.doDeed(ctx, d, actor, way == "accept", in.text("reason"), in.text("comment"))
		})
	}
	if fault.IsNotFound(err) {
		return v.linkDead()
	}
	if err != nil {
		errs, note, status, ok := v.refusal(err)
		if !ok {
			return err
		}
		return v.answerPage(status, d, actor, "", in.form(errs, note))
	}
	return v.answerPage(200, d, actor, "", view.Form{})
}

// doDeed does what a link is for, in the transaction of ctx.
func (v *visit) doDeed(ctx context.Context, d mail.Deed, actor access.Actor, yes bool, reason, comment string) (err error) {
	switch d.Kind {
	case mail.DeedOffer:
		if yes {
			_, err = v.w.d.Leads.Accept(ctx, actor, lead.OfferID(d.Object))
			return err
		}
		return v.w.d.Leads.Decline(ctx, actor, lead.OfferID(d.Object), reason, comment)
	case mail.DeedPromo:
		j, err := v.w.d.Promos.OfSeat(ctx, actor, d.Object)
		if err != nil {
			return err
		}
		if yes {
			_, err = v.w.d.Promos.Approve(ctx, actor, j.ID, d.Bound)
		} else {
			_, err = v.w.d.Promos.DeclineText(ctx, actor, j.ID, d.Bound, reason)
		}
		return err
	case mail.DeedOrder:
		version, err := strconv.ParseInt(d.Bound, 10, 64)
		if err != nil || version <= 0 {
			return fault.New(fault.NotFound, "account.link_dead")
		}
		made, err := v.w.d.Trade.Confirm(ctx, actor, trade.OrderID(d.Object), trade.ConfirmCmd{Version: version})
		if err == nil && made == "" { // a rule of the company keeps the answer back: that is not what the button says
			err = fault.New(fault.Conflict, "answer.kept_back")
		}
		return err
	case mail.DeedApproval:
		if yes {
			_, err = v.w.d.Approvals.Approve(ctx, actor, approval.ID(d.Object))
		} else {
			_, err = v.w.d.Approvals.Refuse(ctx, actor, approval.ID(d.Object), reason)
		}
		return err
	}
	return fault.New(fault.NotFound, "account.link_dead")
}

// oneClick reports whether a mail program posts the address of a List-Unsubscribe
// header (RFC 8058 section 3.2): it has no page of ours, so the link is its only proof.
func oneClick(v *visit) bool {
	return v.Params("token") != "" && strings.HasPrefix(v.Path(), "/answer/") && v.FormValue("List-Unsubscribe") == "One-Click"
}

// profileMail saves which notices the person gets by mail.
func profileMail(v *visit) error {
	in := v.input()
	set := notify.Settings{Mode: notify.Mode(in.text("mail")), Off: map[string][]string{}}
	var err error
	set.Quiet, err = notify.ParseQuiet(in.text("quiet_from"), in.text("quiet_to"))
	for way, field := range map[string]string{notify.WayInbox: "inbox", notify.WayMail: "mail_of", notify.WayPush: "push_of"} {
		on := v.all(field)
		for _, topic := range notify.Topics {
			if !slices.Contains(on, topic) {
				set.Off[topic] = append(set.Off[topic], way)
			}
		}
	}
	if err == nil {
		err = v.w.d.Notify.SaveSettings(v.ctx, v.actor(), set, v.p.Zone())
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		f := in.form(errs, note)
		return v.profilePage(fiber.StatusUnprocessableEntity, profileForms{mail: &f})
	}
	return v.done(v.path("profile"), "said.saved")
}

// noticeChoice is what the person is told by which way.
func (v *visit) noticeChoice(form *view.Form) (*view.NoticeChoice, error) {
	set, err := v.w.d.Notify.Settings(v.ctx, v.actor())
	if err != nil {
		return nil, err
	}
	m := set.Mode
	if m == "" {
		m = notify.ModeNever
		if v.w.d.Mail.Sends() {
			m = notify.ModeUrgent
		}
	}
	out := &view.NoticeChoice{}
	if form != nil {
		out.Form = *form
	} else if q := set.Quiet; q.From != q.To {
		out.Form.Values = map[string]string{"quiet_from": notify.Clock(q.From), "quiet_to": notify.Clock(q.To)}
	}
	out.PushKey, out.PushURL, out.Worker = v.w.d.Push.PublicKey(), v.path("profile", "push"), static.URL("js/push.js")
	devices, err := v.w.d.Push.Devices(v.ctx, v.actor())
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		out.Devices = append(out.Devices, view.PushDevice{Name: v.browser(d.Agent), Made: d.Made, DropURL: v.path("profile", "push", d.ID, "remove")})
	}
	for _, x := range notify.Modes {
		out.Modes = append(out.Modes, view.Option{Value: string(x), Label: view.T("mailmode." + string(x)), On: x == m})
	}
	for _, t := range notify.Topics {
		out.Topics = append(out.Topics, view.TopicChoice{Topic: t, Label: view.T("topic." + t), Inbox: !slices.Contains(set.Off[t], notify.WayInbox), Mail: !slices.Contains(set.Off[t], notify.WayMail), Push: !slices.Contains(set.Off[t], notify.WayPush)})
	}
	return out, nil
}

// pushAdd lets this browser be told what the inbox tells; the page's script sends it.
func pushAdd(v *visit) error {
	in := v.input()
	err := v.w.d.Push.Subscribe(v.ctx, v.actor(), push.Subscription{Endpoint: in.text("endpoint"), P256dh: in.text("p256dh"), Auth: in.text("auth"), Agent: v.Get(fiber.HeaderUserAgent)})
	if err != nil {
		return err
	}
	return v.done(v.path("profile")+"#pr-ma", "push.said_added")
}

func pushRemove(v *visit) error {
	if err := v.w.d.Push.Remove(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.path("profile")+"#pr-ma", "push.said_removed")
}
