package account

import (
	"context"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// FoundCmd asks for a company of somebody who is not on the server yet. Name is its
// person's, and may be empty.
type FoundCmd struct {
	Company     string
	Country     string // ISO 3166-1 alpha-2
	Locale      string // of the mail and of the new company
	Email, Name string
}

// maxFounded is how many companies one company may have invited that nobody has joined.
const maxFounded = 30

// Found makes a company for a partner of the actor's, without people, and the link by
// which its first person joins as admin; it joins the transaction of ctx. What is not
// said is taken from the actor's company, and changed by the new one's admin. The address
// of its pages tells nothing of other companies.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (too many wait).
func (s *Service) Found(ctx context.Context, actor access.Actor, cmd FoundCmd) (Org, OneTime, error) {
	if err := s.own(ctx, actor, access.OrgFound); err != nil {
		return Org{}, OneTime{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	email, err := NormalEmail("email", cmd.Email)
	addFields(bad, err)
	if cmd.Name != "" {
		cmd.Name, err = cleanName("name", cmd.Name)
		addFields(bad, err)
	}
	var org Org
	var out OneTime
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		ours, err := readOrg(ctx, actor.Org)
		if err != nil {
			return err
		}
		country := strings.ToUpper(strings.TrimSpace(cmd.Country))
		if country == "" {
			country = ours.Country
		}
		o, err := OrgCmd{Name: cmd.Company, Country: country, Currency: string(ours.Currency), Zone: zoneOf(country, ours.Zone), Locale: choose(cmd.Locale, Locales)}.check()
		if err != nil {
			for _, f := range fault.As(err).Fields {
				if f.Name == "name" {
					f.Name = "company_name"
				}
				bad.Fields = append(bad.Fields, f)
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		n, err := countFounded(ctx, actor.Org, db.Now(ctx))
		if err != nil {
			return err
		}
		if n >= maxFounded {
			return fault.New(fault.Conflict, "account.founded_many", "most", maxFounded)
		}
		// A slug of its own, so that it does not tell whether another company has the name.
		o.ID, o.Created, o.Slug = db.NewID(), db.Now(ctx), strings.Trim(clipped(o.Slug, 30)+"-"+strings.ToLower(lowerBase32.EncodeToString(randomBytes(5)))[:5], "-")
		if err := insertOrg(ctx, o); err != nil {
			return err
		}
		org = o
		out, err = makeLink(ctx, actor, linkRow{Kind: string(LinkFound), OrgID: o.ID, PersonID: actor.Org, Email: email, Name: cmd.Name, Roles: string(access.Admin)}, InvitationLife)
		if err != nil {
			return err
		}
		return trail(ctx, actor, "org.found", "org", o.ID)
	})
	return org, out, err
}

// Refound makes a new link into a company that the actor's founded and nobody joined; the
// earlier one dies. It joins the transaction of ctx.
// Codes: Unauthenticated, NotFound (no such company), Forbidden, Conflict (somebody is
// there already).
func (s *Service) Refound(ctx context.Context, actor access.Actor, org string) (OneTime, error) {
	if err := s.own(ctx, actor, access.OrgFound); err != nil {
		return OneTime{}, err
	}
	var out OneTime
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		if err := lockOrg(ctx, org); err != nil {
			return err
		}
		r, err := foundingOf(ctx, actor.Org, org)
		if err != nil {
			return err
		}
		people, err := colleaguesOf(ctx, []string{org})
		if err == nil && len(people) > 0 {
			err = fault.New(fault.Conflict, "account.founded_joined")
		}
		if err == nil {
			err = endFoundings(ctx, org)
		}
		if err != nil {
			return err
		}
		out, err = makeLink(ctx, actor, linkRow{Kind: string(LinkFound), OrgID: org, PersonID: actor.Org, Email: r.Email, Name: r.Name, Roles: r.Roles}, InvitationLife)
		return err
	})
	return out, err
}

// Unfound ends the open link into a company that the actor's founded: its invitation was
// withdrawn. It joins the transaction of ctx and is safe to repeat.
// Codes: NotFound.
func (s *Service) Unfound(ctx context.Context, actor access.Actor, org string) error {
	if !actor.Known() {
		return errSignedOut
	}
	return s.tx(ctx, actor, func(ctx context.Context) error {
		if _, err := foundingOf(ctx, actor.Org, org); err != nil {
			return err
		}
		return endFoundings(ctx, org)
	})
}

// MailFounding mails the link of a founding where a mail server is set. Call it after the
// transaction that made it.
func (s *Service) MailFounding(ctx context.Context, actor access.Actor, link OneTime, locale string) error {
	if err := s.own(ctx, actor, access.OrgFound); err != nil {
		return err
	}
	org, by, err := s.names(ctx, actor)
	if err != nil {
		return err
	}
	return s.mailLink(ctx, actor, link, Mail{Kind: MailFounding, Address: link.Email, Name: link.Name, Locale: choose(locale, Locales), Zone: org.Zone, Company: org.Name, By: by.Name})
}

// zoneOf is the time zone of a country that has one, else the other.
func zoneOf(country, other string) string {
	zones := map[string]string{
		"CN": "Asia/Shanghai", "GB": "Europe/London", "IE": "Europe/Dublin", "DE": "Europe/Berlin", "FR": "Europe/Paris", "ES": "Europe/Madrid", "IT": "Europe/Rome", "NL": "Europe/Amsterdam", "BE": "Europe/Brussels",
		"PL": "Europe/Warsaw", "EE": "Europe/Tallinn", "LV": "Europe/Riga", "LT": "Europe/Vilnius", "FI": "Europe/Helsinki", "SE": "Europe/Stockholm", "NO": "Europe/Oslo", "DK": "Europe/Copenhagen", "CH": "Europe/Zurich", "AT": "Europe/Vienna",
		"CZ": "Europe/Prague", "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "SG": "Asia/Singapore", "HK": "Asia/Hong_Kong", "TW": "Asia/Taipei", "IN": "Asia/Kolkata", "MA": "Africa/Casablanca", "ZA": "Africa/Johannesburg", "TR": "Europe/Istanbul",
	}
	if z := zones[country]; validZone(z) {
		return z
	}
	return other
}

func clipped(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return s
}
