package mail

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/portal/locale"
	"entente/prm/account"
	"entente/prm/campaign"
	"entente/prm/fault"
)

// KindOptIn is a mail that asks whether an address is of whoever wrote it into a form.
const KindOptIn account.MailKind = "optin"

// DeedOptIn is what the link of such a mail does: campaigns may write to the address.
const DeedOptIn = "optin"

// PostConfirmation puts a confirmation into the outbox, in the caller's transaction;
// campaign.Asks. It says who will write, what was agreed to and that doing nothing is enough
// for whoever did not ask.
func (c *Campaigns) PostConfirmation(ctx context.Context, x campaign.Confirmation) error {
	if _, err := account.NormalEmail("email", x.Address); err != nil {
		return nil // no mail can go there: it stays unconfirmed
	}
	orgs, err := c.n.people.OrgsByID(ctx, append([]string{x.Org}, x.Others...)...)
	if err != nil {
		return err
	}
	org := orgs[x.Org]
	words := locale.New(locale.Language(x.Language), org.Location(), db.Now(ctx))
	company := oneLine(org.Name)
	all := []string{company}
	for _, id := range x.Others {
		if name := oneLine(orgs[id].Name); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	token, err := c.n.Seal(Deed{Kind: DeedOptIn, Org: x.Org, Object: x.Wish, Locale: x.Language, Expires: x.Expires})
	if err != nil {
		return err
	}
	link, companies := c.n.mail.base+"/answer/"+token, words.List(all)
	subject := words.T("optinmail.subject", "company", company)
	hello, ask := words.T("optinmail.hello", "name", oneLine(x.Name)), words.T("optinmail.ask", "companies", companies)
	agreed, why := words.T("optinmail.agreed", "consent", strings.TrimSpace(x.Consent)), words.T("optinmail.nothing", "companies", companies)
	text := []string{hello, "", ask, "", words.T("optinmail.confirm_at", "link", link), "", agreed, "", words.T("optinmail.until", "until", words.Date(x.Expires.In(org.Location()).Format(time.DateOnly))), "", "--", company, why}
	page := mailPage{Lang: x.Language, Subject: subject, Company: company, Button: &piece{Text: words.T("optinmail.confirm"), Link: link}, Imprint: []string{company}, Why: why,
		Paragraphs: [][]piece{{{Text: hello}}, {{Text: ask}}, {{Text: agreed}}, {{Text: text[8]}}}}
	var html strings.Builder
	if err := bodyPage.Execute(&html, page); err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	return c.n.mail.Post(ctx, account.Letter{
		Mail:    account.Mail{Kind: KindOptIn, Org: x.Org, Address: x.Address, Name: x.Name, Locale: x.Language, Dedupe: x.Key},
		Subject: shorten(subject, maxSubject), Body: strings.Join(text, "\n") + "\n", HTML: html.String(), Sender: company,
	})
}

// ReadOptIn gives the deed of a link of a confirmation; false for any other link. Past its
// Expires it confirms nothing, but its reader is told so in the words of the page.
func (n *Notices) ReadOptIn(token string) (Deed, bool) {
	d, ok := n.open(token)
	return d, ok && d.Kind == DeedOptIn
}

// ConfirmAddress does what such a link is for; from is the network address it was used from.
func (c *Campaigns) ConfirmAddress(ctx context.Context, d Deed, from string) error {
	if d.Kind != DeedOptIn {
		return fault.New(fault.NotFound, "account.link_dead")
	}
	return c.campaigns.ConfirmAddress(ctx, d.Org, d.Object, from)
}
