package web

import (
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/portal/locale"
	"entente/portal/mail"
	"entente/portal/push"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/notify"
	"entente/static"
)

// answerOpen is the page of a link in a mail: what it is about and the buttons that do
// it. Opening it changes nothing.
func answerOpen(v *visit) error {
	if d, ok := v.stopDeed(); ok {
		return v.stopPage(d, false)
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
	if d.Kind != mail.DeedOffer {
		return v.send(status, page, "")
	}
	o, err := v.w.d.Leads.GetOffer(v.ctx, actor, lead.OfferID(d.Object))
	if fault.IsNotFound(err) {
		return v.linkDead()
	}
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{o.Supplier}, nil)
	if err != nil {
		return err
	}
	page.Title, page.OpenURL = view.Raw(o.Teaser.Title), "/c/"+org[d.Org].Slug+"/"+view.SubjectPath("offer", d.Object)
	page.Need, page.Facts = o.Teaser.Need, append([]view.KV{{Label: view.T("lead.from"), Value: view.Raw(n.org(o.Supplier))}}, v.teaserFacts(o.Teaser)...)
	page.Reasons = reasonOptions(form.Value("reason"))
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
	return v.send(status, page, "")
}

// answerUse does what the link is for, as the person it was written to.
func answerUse(v *visit) error {
	if d, ok := v.stopDeed(); ok {
		return v.stopUse(d)
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
	case in.text("answer") == "accept":
		_, err = v.w.d.Leads.Accept(v.ctx, actor, lead.OfferID(d.Object))
	case in.text("answer") == "decline":
		err = v.w.d.Leads.Decline(v.ctx, actor, lead.OfferID(d.Object), in.text("reason"), in.text("comment"))
	default:
		return fault.InvalidField("answer", "form.choice_wrong")
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.answerPage(fiber.StatusUnprocessableEntity, d, actor, "", in.form(errs, note))
	}
	return v.answerPage(200, d, actor, "", view.Form{})
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
