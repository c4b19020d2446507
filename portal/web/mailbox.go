package web

import (
	"entente/portal/mail"
	"entente/portal/view"
)

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
