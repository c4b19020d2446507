package view

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"entente/portal/locale"
)

// MailKind chooses the words of a mail: keys "mail.<kind>.subject", ".body", ".button".
type MailKind string

// The mails that are sent.
const (
	MailInvitation   MailKind = "invitation"
	MailReset        MailKind = "reset"
	MailFirst        MailKind = "first"
	MailFounding     MailKind = "founding"
	MailAddress      MailKind = "address"
	MailAddressTold  MailKind = "address_told" // to the old address
	MailPasswordTold MailKind = "password_told"
	MailNotice       MailKind = "notice"
)

// Mail is one mail to one person, in that person's language.
type Mail struct {
	Kind    MailKind
	P       *locale.Printer
	Name    string // whom it greets
	Company string // the company it is about
	By      string // who caused it; may be empty
	URL     string // absolute
	Expires time.Time
	Notice  Text // notice: what happened
	Note    Text // notice: second line
	Site    string
}

// MailText is a mail ready to send.
type MailText struct{ Subject, Text, HTML string }

// Mail renders a mail as subject, plain text and HTML.
func (r *Renderer) Mail(m Mail) (MailText, error) {
	page := &mailPage{Base: Base{P: m.P}, Mail: m}
	args := []any{"name", m.Name, "company", m.Company, "by", m.By, "until", m.Expires, "notice", m.Notice.In(m.P)}
	page.Subject = T("mail."+string(m.Kind)+".subject", args...).In(m.P)
	page.Body = T("mail."+string(m.Kind)+".body", args...).In(m.P)
	page.Button = T("mail."+string(m.Kind)+".button", args...).In(m.P)
	var html bytes.Buffer
	if err := r.sets.render(&html, page, "mail.html"); err != nil {
		return MailText{}, err
	}
	lines := []string{T("mail.hello", "name", m.Name).In(m.P), "", page.Body}
	if !m.Note.IsZero() {
		lines = append(lines, m.Note.In(m.P))
	}
	if m.URL != "" {
		lines = append(lines, "", fmt.Sprintf("%s: %s", page.Button, m.URL))
	}
	if !m.Expires.IsZero() {
		lines = append(lines, "", T("mail.expires", "until", m.Expires).In(m.P))
	}
	lines = append(lines, "", T("mail.foot", "site", m.Site).In(m.P))
	return MailText{Subject: page.Subject, Text: strings.Join(lines, "\n") + "\n", HTML: html.String()}, nil
}

// mailPage is the page struct behind the mail template.
type mailPage struct {
	Base
	Mail                  Mail
	Subject, Body, Button string
}

func (*mailPage) meta() meta { return meta{block: "mail.html", layout: "mail"} }
