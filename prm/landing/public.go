package landing

import (
	"context"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/promo"
)

// Public returns the page at an address: the slug of a participant and a token. One that
// is not published, of a company that is shut or takes part no more, and one that never
// was are the same.
// Codes: NotFound.
func (s *Service) Public(ctx context.Context, slug, token, ref string) (Public, error) {
	var out Public
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = s.public(ctx, slug, token, ref)
		return err
	})
	return out, err
}

func (s *Service) public(ctx context.Context, slug, token, ref string) (Public, error) {
	p, err := pageByToken(ctx, slug, token)
	if err != nil {
		return Public{}, err
	}
	st, err := s.participant(ctx, access.System("landing", p.Org), access.PromoRead, p.Promotion)
	switch {
	case fault.CodeOf(err) == fault.Conflict:
		return Public{}, notFound()
	case err != nil:
		return Public{}, err
	}
	out := Public{Page: p, Phase: phase(st, db.Now(ctx)), Terms: st.Terms}
	part, _ := st.Terms.Part(p.Org)
	// what the two companies agreed of money, targets and limits stays with them
	out.Terms.Parts, out.Terms.Proof, out.Terms.ClaimBy, out.Terms.Prices, out.Terms.Summary, out.Terms.Audience = nil, nil, "", "", "", ""
	if p.Offer {
		out.Terms.Parts = []promo.Part{{Org: part.Org, Currency: part.Currency, Allow: part.Allow}}
	} else {
		out.Terms.Percent, out.Terms.Tiers, out.Terms.Buy, out.Terms.Free, out.Terms.FreeSKU = 0, nil, 0, 0, ""
	}
	if ref = strings.ToUpper(strings.TrimSpace(ref)); codeForm.MatchString(ref) {
		known, err := hasCode(ctx, p.ID, ref)
		if err != nil {
			return Public{}, err
		}
		if known {
			out.Ref = ref
		}
	}
	out.door = lead.Door{Org: p.Owner, For: p.Org, ID: p.ID, Secret: p.secret, Title: st.Terms.Title, Campaign: st.Number, Ref: out.Ref, Families: st.Terms.Families}
	if len(out.door.Families) > 20 {
		out.door.Families = out.door.Families[:20]
	}
	return out, nil
}

// phase judges by the window, since the job that starts and ends promotions may be late.
func phase(st promo.Standing, now time.Time) Phase {
	switch {
	case st.State == promo.Cancelled, st.State == promo.Ended, st.State == promo.Settled, !now.Before(st.Until):
		return Over
	case now.Before(st.From):
		return Soon
	}
	return Live
}

// Seen counts a view of a page: by the day in the zone of its terms and the code it came
// by. Nothing else is kept.
func (s *Service) Seen(ctx context.Context, p Public) error {
	zone, err := time.LoadLocation(p.Terms.Zone)
	if err != nil {
		zone = time.UTC
	}
	return s.db.Group(ctx, "landing", func(ctx context.Context) error {
		return countView(ctx, p.Page.ID, db.Now(ctx).In(zone).Format(time.DateOnly), p.Ref)
	})
}

// Fill makes a lead of what somebody wrote into the form of a page and offers it to the
// participant. With the stamp of what was sent before it adds nothing.
// Codes: NotFound (no such page), Invalid, Conflict (landing.not_now: the promotion does
// not run; webform.fast, webform.old).
// Publishes lead.Offered.
func (s *Service) Fill(ctx context.Context, slug, token, ref, language string, in lead.Filled) error {
	err := s.fill(ctx, slug, token, ref, language, in)
	if db.IsDuplicate(err) { // the same was sent beside it, and is there now
		err = s.fill(ctx, slug, token, ref, language, in)
	}
	return err
}

func (s *Service) fill(ctx context.Context, slug, token, ref, language string, in lead.Filled) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := s.public(ctx, slug, token, ref)
		if err != nil {
			return err
		}
		if p.Phase != Live {
			return fault.New(fault.Conflict, "landing.not_now")
		}
		door := p.door
		door.Consent = p.Page.In(language).Consent
		l, made, err := s.leads.FillDoor(db.WithOrgs(ctx, door.Org), door, in)
		if err != nil || !made {
			return err
		}
		if err := insertLead(ctx, p.Page, string(l.ID), string(l.Offer), p.Ref); err != nil {
			return err
		}
		if quiet, _ := ctx.Value(quietKey{}).(bool); s.mails == nil || quiet || !in.Contact || in.Mail == "" {
			return nil
		}
		return s.mails.Ask(ctx, Wish{Of: p.Page.Org, Orgs: []string{p.Page.Org, p.Page.Owner}, Contacts: map[string]string{p.Page.Owner: string(l.Contact)}, Page: p.Page.ID, Mail: in.Mail, Name: in.Name, Language: p.Page.In(language).Language, Consent: door.Consent, From: in.From})
	})
}
