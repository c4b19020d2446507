package mail

import (
	"context"
	"html/template"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/portal/locale"
	"entente/prm/account"
	"entente/prm/campaign"
	"entente/prm/fault"
)

// KindCampaign is a mail of a campaign to a contact of a company.
const KindCampaign account.MailKind = "campaign"

// DeedCampaign is what the link of such a mail does: the contact gets no more of them.
const DeedCampaign = "campaign"

// stopLife is how long that link works. There is no reason to end it early.
const stopLife = 5

// Campaigns writes and posts the mails of campaigns; campaign.Outbox.
type Campaigns struct {
	n         *Notices
	campaigns *campaign.Service
}

// NewCampaigns makes the outbox of campaigns and ties it to them.
func NewCampaigns(n *Notices, s *campaign.Service) *Campaigns {
	c := &Campaigns{n: n, campaigns: s}
	s.Bind(c)
	s.Confirm(c)
	n.mail.While(KindCampaign, func(ctx context.Context, m Mail) (bool, error) {
		id, contact, ok := ofCampaign(m)
		if !ok {
			return true, nil
		}
		return s.Still(ctx, m.Org, id, contact)
	})
	n.mail.Ended(KindCampaign, func(ctx context.Context, m Mail, code string) error {
		id, contact, ok := ofCampaign(m)
		if !ok {
			return nil
		}
		return s.Ended(ctx, m.Org, id, contact, m.State == Sent, code, unknown(code))
	})
	return c
}

// ofCampaign reads whose mail it is from the key it was posted under; false for a test.
func ofCampaign(m Mail) (id, contact string, ok bool) {
	key, ok := strings.CutPrefix(m.Dedupe, "campaign:")
	if !ok {
		return "", "", false
	}
	return strings.Cut(key, ":")
}

// Returnable gives the company of a mail of a campaign that went out. Codes: NotFound.
func (c *Campaigns) Returnable(ctx context.Context, mail string) (org string, err error) {
	err = c.n.mail.db.View(ctx, func(ctx context.Context) error {
		m, err := readAny(ctx, mail)
		if _, _, ok := ofCampaign(m); err == nil && (!ok || m.Kind != KindCampaign || m.State != Sent && m.State != Waiting) {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		org = m.Org
		return err
	})
	return org, err
}

// Returned notes that such a mail could not be delivered. Safe to repeat.
func (c *Campaigns) Returned(ctx context.Context, org, mail, status string) error {
	return c.n.mail.db.InTx(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		m, err := read(ctx, org, mail)
		if err != nil {
			return err
		}
		id, contact, ok := ofCampaign(m)
		if !ok {
			return nil
		}
		return c.campaigns.Returned(ctx, org, id, contact, "bounce "+status, dead(status))
	})
}

// dead says of a status of RFC 3463 that there is no such mailbox, or no more.
func dead(status string) bool {
	return slices.Contains([]string{"5.0.0", "5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}, status)
}

// Stop ends the mails of campaigns to whoever got the one with a link. A test ends nothing.
func (c *Campaigns) Stop(ctx context.Context, d Deed) error {
	id, contact, ok := strings.Cut(d.Object, ".")
	if d.Kind != DeedCampaign || !ok {
		return fault.New(fault.NotFound, "account.link_dead")
	}
	if contact == "" {
		return nil
	}
	return c.campaigns.Unsubscribe(ctx, d.Org, id, contact)
}

// piece is a part of a paragraph: words, or the link.
type piece struct {
	Text, Link string
	Break      bool
}

// mailPage is a mail to somebody outside.
type mailPage struct {
	Lang, Subject, Company string
	Paragraphs             [][]piece
	Button                 *piece
	Imprint                []string
	Why, Stop, StopWords   string
}

var bodyPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Subject}}</title></head>
<body style="margin:0;padding:24px 12px;background:#f4f5f6;color:#1d2327;font:16px/1.55 -apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif">
<div style="max-width:600px;margin:0 auto;background:#ffffff;border-radius:8px;padding:28px 28px 20px">
<p style="margin:0 0 20px;font-weight:600">{{.Company}}</p>
{{range .Paragraphs}}<p style="margin:0 0 16px">{{range .}}{{if .Break}}<br>{{else if .Link}}<a href="{{.Link}}" style="color:#0e6073">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}</p>
{{end}}{{with .Button}}<p style="margin:24px 0"><a href="{{.Link}}" style="display:inline-block;background:#0e6073;color:#ffffff;text-decoration:none;padding:10px 18px;border-radius:6px">{{.Text}}</a></p>
{{end}}<hr style="border:0;border-top:1px solid #dfe2e5;margin:24px 0 16px">
<p style="margin:0 0 8px;font-size:13px;color:#59626a">{{range $i, $l := .Imprint}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p>
<p style="margin:0;font-size:13px;color:#59626a">{{.Why}}{{if .Stop}} <a href="{{.Stop}}" style="color:#59626a">{{.StopWords}}</a>{{end}}</p>
</div></body></html>
`))

// Write renders a mail of a campaign. A preview holds a link that ends nothing.
func (c *Campaigns) Write(ctx context.Context, l campaign.Letter) (campaign.Written, error) {
	w, _, err := c.write(ctx, l)
	return w, err
}

func (c *Campaigns) write(ctx context.Context, l campaign.Letter) (w campaign.Written, stop string, err error) {
	orgs, err := c.n.people.OrgsByID(ctx, l.Org, l.Page.Org)
	if err != nil {
		return w, "", err
	}
	org := orgs[l.Org]
	words := locale.New(locale.Language(l.Text.Language), org.Location(), db.Now(ctx))
	company := oneLine(org.Name)
	if l.Test && l.Customer == "" { // nobody would get it: the words read on
		l.Customer = company
	}
	ref := l.Ref
	if l.Test {
		ref = ""
	}
	link := c.n.mail.base + l.Page.At(orgs[l.Page.Org].Slug, l.Text.Language, ref)
	stop = c.n.mail.base + "/answer/"
	if l.Preview {
		stop += "…"
	} else {
		contact := l.Contact
		if l.Test {
			contact = ""
		}
		token, err := c.n.Seal(Deed{Kind: DeedCampaign, Org: l.Org, Object: l.Campaign + "." + contact, Locale: l.Text.Language, Expires: db.Now(ctx).AddDate(stopLife, 0, 0)})
		if err != nil {
			return w, "", err
		}
		stop += token
	}
	put := func(s, link string) string {
		return strings.NewReplacer("{name}", oneLine(l.Name), "{customer}", oneLine(l.Customer), "{company}", company, "{link}", link).Replace(s)
	}
	w.From, w.Subject = company, shorten(oneLine(put(l.Text.Subject, "")), maxSubject)
	if l.Test && !l.Preview {
		w.Subject = shorten(words.T("campaignmail.test", "subject", w.Subject), maxSubject)
	}
	imprint := []string{company}
	if l.Page.Imprint != "" && l.Page.Org == l.Org {
		imprint = strings.Split(l.Page.Imprint, "\n")
	}
	linked := strings.Contains(l.Text.Body, "{link}")
	page := mailPage{l.Text.Language, w.Subject, company, nil, nil, imprint, words.T("campaignmail.why", "company", company), stop, words.T("campaignmail.stop")}
	look := words.T("campaignmail.look")
	text := []string{put(l.Text.Body, link), ""}
	if !linked {
		text = append(text, words.T("campaignmail.look_at", "link", link), "")
		page.Button = &piece{Text: look, Link: link}
	}
	for para := range strings.SplitSeq(l.Text.Body, "\n\n") {
		var line []piece
		for i, row := range strings.Split(strings.Trim(para, "\n"), "\n") {
			if i > 0 {
				line = append(line, piece{Break: true})
			}
			for j, part := range strings.Split(row, "{link}") {
				if j > 0 {
					line = append(line, piece{Text: look, Link: link})
				}
				if part != "" {
					line = append(line, piece{Text: put(part, link)})
				}
			}
		}
		page.Paragraphs = append(page.Paragraphs, line)
	}
	text = append(text, "--", strings.Join(imprint, "\n"), page.Why, words.T("campaignmail.stop_at", "link", stop))
	w.Text = strings.Join(text, "\n") + "\n"
	var html strings.Builder
	if err := bodyPage.Execute(&html, page); err != nil {
		return w, "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	w.HTML = html.String()
	return w, stop, nil
}

// Post puts a mail of a campaign into the outbox, in the caller's transaction.
func (c *Campaigns) Post(ctx context.Context, l campaign.Letter) (kept bool, err error) {
	w, stop, err := c.write(ctx, l)
	if err != nil {
		return false, err
	}
	if _, err := account.NormalEmail("email", l.Address); err != nil {
		return false, err
	}
	err = c.n.mail.Post(ctx, account.Letter{
		Mail:    account.Mail{Kind: KindCampaign, Org: l.Org, Person: l.Person, Address: l.Address, Name: l.Name, Locale: l.Text.Language, Dedupe: l.Key},
		Subject: w.Subject, Body: w.Text, HTML: w.HTML, Sender: w.From, Stop: stop, ReplyTo: l.ReplyTo,
	})
	return !c.n.mail.Sends(), err
}

// ReadCampaign gives the deed of a link of a campaign; false for any other link.
func (n *Notices) ReadCampaign(now time.Time, token string) (Deed, bool) {
	d, ok := n.open(token)
	return d, ok && d.Kind == DeedCampaign && d.Expires.After(now)
}
