package web

import (
	"entente/db"
	"entente/portal/mail"
	"entente/portal/view"
	"entente/prm/notify"
)

// inbox is the list of notices.
func inbox(v *visit) error {
	unread := v.Query("view") == "unread"
	list, next, err := v.w.d.Notify.List(v.ctx, v.actor(), notify.Filter{Unread: unread, After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	count, err := v.w.d.Notify.Unread(v.ctx, v.actor())
	if err != nil {
		return err
	}
	var orgs []string
	for _, n := range list {
		orgs = append(orgs, idsIn(n.Args)...)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.InboxPage{Base: v.shell(), URL: v.path("inbox"), Unread: count.Unread, Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)},
		Tabs: []view.Tab{{Label: view.T("list.all"), URL: v.again("view", ""), Count: -1, On: !unread}, {Label: view.T("inbox.unread"), URL: v.again("view", "unread"), Count: count.Unread, On: unread}}}
	for _, one := range list {
		page.Notices = append(page.Notices, v.notice(one, n))
	}
	return v.render(page, fragments{"list": "inbox.list", "rows": "inbox.list"})
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
	out := view.Notice{ID: one.ID, Unread: one.Seen.IsZero(), Tone: look.tone, Icon: v.icon(or(look.icon, "bell")), Text: v.told("notice."+one.Kind, one.Args, n), URL: v.subjectURL(one.SubjectKind, one.SubjectID), At: one.At}
	if one.Urgent {
		out.Tone = view.Red
	}
	return out
}

// inboxRead marks one notice as read.
func inboxRead(v *visit) error {
	if err := v.w.d.Notify.MarkSeen(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.seeOther(v.path("inbox"))
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
	return v.render(page, nil)
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
