package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/db"
	"entente/portal/mail"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/notify"
)

// inbox is the centre: what the person is told, by object.
func inbox(v *visit) error {
	shown := v.Query("view")
	pile, unread := notify.Pile(shown), false
	if shown == "unread" {
		pile, unread = notify.Open, true
	}
	list, next, err := v.w.d.Notify.Groups(v.ctx, v.actor(), pile, notify.Filter{Unread: unread, After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	count, err := v.w.d.Notify.Unread(v.ctx, v.actor())
	if err != nil {
		return err
	}
	var orgs []string
	for _, g := range list {
		for _, one := range g.Notices {
			orgs = append(orgs, idsIn(one.Args)...)
		}
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	unreads := count.Unread
	if unreads > notify.CountMost { // there may be more than were looked at
		unreads = -1
	}
	page := &view.InboxPage{Base: v.shell(), URL: v.path("inbox"), SettingsURL: v.path("profile") + "#pr-ma", View: shown, Unread: count.Unread, Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, t := range []struct {
		view, label string
		n           int
	}{{"", "inbox.open", -1}, {"unread", "inbox.unread", unreads}, {string(notify.Snoozed), "inbox.snoozed", -1}, {string(notify.Done), "inbox.done", -1}} {
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T(t.label), URL: v.again("view", t.view), Count: t.n, On: shown == t.view})
	}
	for _, g := range list {
		page.Groups = append(page.Groups, v.noticeGroup(g, n))
	}
	return v.render(page, fragments{"list": "inbox.list", "rows": "inbox.list"})
}

func (v *visit) noticeGroup(g notify.Group, n names) view.NoticeGroup {
	out := view.NoticeGroup{Notice: v.notice(g.Notices[0], n), More: g.N - 1, Until: g.Until, Muted: g.Muted, CanMute: g.CanMute}
	out.Unread = g.Unread > 0
	if g.Urgent {
		out.Tone = view.Red
	}
	for _, one := range g.Notices[1:] {
		out.Earlier = append(out.Earlier, v.notice(one, n))
	}
	return out
}

// idsIn are the arguments of a kept sentence that have the form of an id.
func idsIn(args map[string]string) []string {
	var out []string
	for _, a := range args {
		if db.ValidID(a) {
			out = append(out, a)
		}
	}
	return out
}

func (v *visit) notice(one notify.Notice, n names) view.Notice {
	look := historyIcons[lastWord(one.Kind)]
	out := view.Notice{ID: one.ID, Unread: one.Seen.IsZero(), Tone: look.tone, Icon: v.icon(or(look.icon, "bell")), Text: v.told("notice."+one.Kind, one.Args, n), Sub: view.NoticeReason(one.Reason), URL: v.subjectURL(one.SubjectKind, one.SubjectID), At: one.At}
	if one.Urgent {
		out.Tone = view.Red
	}
	return out
}

// inboxCount is what the bell shows, for pages that are told of a change.
func inboxCount(v *visit) error {
	n, err := v.w.d.Notify.Unread(v.ctx, v.actor())
	if err != nil {
		return err
	}
	v.Vary("HX-Request") // as every address here
	v.Set(fiber.HeaderCacheControl, "no-store")
	text := v.p.Count(n.Unread)
	if n.Unread > notify.CountMost {
		text = v.p.T("list.over", "n", v.p.Count(notify.CountMost))
	}
	return v.JSON(map[string]any{"unread": n.Unread, "text": text, "urgent": n.Urgent})
}

// inboxBack is the pile one came from.
func (v *visit) inboxBack(key string) error {
	to := v.path("inbox")
	switch p := v.input().text("view"); p {
	case "unread", string(notify.Snoozed), string(notify.Done):
		to += "?view=" + p
	}
	if key == "" {
		return v.seeOther(to)
	}
	return v.done(to, key)
}

// inboxDeed does something with the notices about one object.
func inboxDeed(do func(*notify.Service, context.Context, access.Actor, string) error, said string) func(*visit) error {
	return func(v *visit) error {
		if err := do(v.w.d.Notify, v.ctx, v.actor(), v.Params("id")); err != nil {
			return err
		}
		return v.inboxBack(said)
	}
}

// snoozes are how long one may put off, by the day of the reader.
var snoozes = map[string]func(now time.Time) time.Time{
	"later": func(now time.Time) time.Time { return now.Add(3 * time.Hour) },
	"tomorrow": func(now time.Time) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+1, 8, 0, 0, 0, now.Location())
	},
	"week": func(now time.Time) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+(7-int(now.Weekday()))%7+1, 8, 0, 0, 0, now.Location())
	},
}

func inboxSnooze(v *visit) error {
	until, ok := snoozes[v.input().text("until")]
	if !ok {
		return fault.InvalidField("until", "form.choice_wrong")
	}
	if err := v.w.d.Notify.Snooze(v.ctx, v.actor(), v.Params("id"), until(v.now.In(v.p.Zone()))); err != nil {
		return err
	}
	return v.inboxBack("said.notice_snoozed")
}

func inboxMute(v *visit) error {
	on := v.input().text("on") != ""
	if err := v.w.d.Notify.Mute(v.ctx, v.actor(), v.Params("id"), on); err != nil {
		return err
	}
	if on {
		return v.inboxBack("said.notice_muted")
	}
	return v.inboxBack("said.notice_unmuted")
}

// pageOf is the kind of object a page shows: opening it is reading the notices about it.
var pageOf = map[string]string{
	"/c/:slug/orders/:id": "order", "/c/:slug/invoices/:id": "invoice", "/c/:slug/edi/:id": "interchange", "/c/:slug/approvals/:id": "approval", "/c/:slug/disputes/:id": "dispute", "/c/:slug/payments/:id": "payment",
	"/c/:slug/leads/:id": "lead", "/c/:slug/leads/offers/:id": "offer", "/c/:slug/promotions/seats/:id": "promotion", "/c/:slug/funds/:id": "fund", "/c/:slug/funds/requests/:id": "fund_request", "/c/:slug/funds/claims/:id": "fund_claim",
	"/c/:slug/deals/:id": "deal", "/c/:slug/quotes/:id": "quote", "/c/:slug/engagements/:id": "engagement", "/c/:slug/mappings/:id": "mapping", "/c/:slug/sell-through/:id": "sell_report", "/c/:slug/forum/topics/:id": "topic", "/c/:slug/library/:id": "document", "/c/:slug/rooms/:id": "chat",
}

// opened marks what the person was told about the object of this page as read. It comes
// before the page, whose bell then shows the rest; a page that stays shut is told nothing.
func (v *visit) opened(route string) {
	kind := pageOf[route]
	if kind == "" || v.htmx() {
		return
	}
	if err := v.w.d.Notify.MarkSubjectSeen(v.ctx, v.actor(), kind, v.Params("id")); err != nil {
		v.w.d.Log.Warn("notices not marked", "kind", kind, "error", err)
	}
}

// inboxReadAll marks every notice as read.
func inboxReadAll(v *visit) error {
	if err := v.w.d.Notify.MarkAllSeen(v.ctx, v.actor(), v.now); err != nil {
		return err
	}
	return v.seeOther(v.path("inbox"))
}

var mailStates = map[mail.State]view.State{mail.Waiting: "mail.queued", mail.Kept: "mail.kept", mail.Sent: "mail.sent", mail.Failed: "mail.failed"}

// mailList is the outbox of mail, for an admin.
func mailList(v *visit) error {
	list, next, err := v.w.d.Mail.List(v.ctx, v.actor(), mail.Filter{After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	page := &view.OutboxPage{Base: v.shell(), SMTP: v.w.d.Mail.Sends(), Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, m := range list {
		page.Rows = append(page.Rows, v.mailRow(m))
	}
	if v.Query("after") == "" {
		if page.Came, err = v.answersIn(); err != nil {
			return err
		}
	}
	return v.render(page, nil)
}

// answersIn are the answers that came by mail, for an admin: of whom and what became of
// them, not what they say.
func (v *visit) answersIn() ([]view.AnswerRow, error) {
	came, err := v.w.d.Answers.List(v.ctx, v.actor())
	if err != nil {
		return nil, err
	}
	var people []string
	for _, m := range came {
		people = append(people, m.Person)
	}
	n, err := v.lookup(nil, people)
	if err != nil {
		return nil, err
	}
	var out []view.AnswerRow
	for _, m := range came {
		row := view.AnswerRow{Name: n.person(m.Person), To: view.T("mailin.kind." + m.Kind), State: view.State("mailin." + string(m.State)), At: m.Received}
		switch {
		case m.Reason == "":
		case slices.Contains([]string{"room.read_only", "forum.closed", "mailin.unreadable"}, m.Reason):
			row.Why = view.T(m.Reason)
		case strings.Contains(m.Reason, "."): // with values that only the person was told
			row.Why = view.T("mailin.refused.other")
		default:
			row.Why = view.T("mailin.refused." + m.Reason)
		}
		out = append(out, row)
	}
	return out, nil
}

// mailShow is one mail as text.
func mailShow(v *visit) error {
	m, err := v.w.d.Mail.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.render(&view.MailPage{Base: v.shell(), Mail: v.mailRow(m), Text: m.Body}, nil)
}

func (v *visit) mailRow(m mail.Mail) view.MailRow {
	return view.MailRow{URL: v.path("mail", m.ID), To: m.Address, Subject: m.Subject, At: m.Created, State: mailStates[m.State]}
}
