package campaign

import (
	"context"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Audience says who of the segment of a campaign would get a mail now, and who would not.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Audience(ctx context.Context, actor access.Actor, id ID) (Audience, error) {
	out := Audience{Left: map[string]int{}}
	if err := access.Check(actor, access.CampaignRead, access.Own(actor.Org)); err != nil {
		return out, err
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CampaignRead, id)
		if err != nil {
			return err
		}
		taken := map[string]bool{}
		return s.each(ctx, c, "", 1000, func(list []candidate, r rules) (bool, error) {
			for _, k := range list {
				why := r.judge(k)
				if why == "" && taken[Mark(k.Mail)] {
					why = Twice
				}
				if why != "" {
					out.Left[why]++
					continue
				}
				taken[Mark(k.Mail)] = true
				if out.Get++; len(out.Sample) < 10 {
					out.Sample = append(out.Sample, k.Recipient)
				}
			}
			return true, nil
		})
	})
	return out, err
}

// each walks the contacts of the segment of a campaign by pages.
func (s *Service) each(ctx context.Context, c Campaign, after string, limit int, fn func(list []candidate, r rules) (more bool, err error)) error {
	for {
		all, err := candidates(ctx, c.Org, c.Segment.Countries, after, limit)
		if err != nil || len(all) == 0 {
			return err
		}
		after = string(all[len(all)-1].Contact)
		full := len(all) == limit
		l, err := look(ctx, c.Org, c.Segment, all)
		if err != nil {
			return err
		}
		in := all[:0]
		for _, k := range all {
			if l.in(k) {
				k.Language = c.languageOf(k.Country)
				in = append(in, k)
			}
		}
		r, err := rulesFor(ctx, c, in)
		if err != nil {
			return err
		}
		more, err := fn(in, r)
		if err != nil || !more || !full {
			return err
		}
	}
}

// Preview writes the mail of a campaign in a language as the first who would get it sees it,
// without the link that ends such mails.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Preview(ctx context.Context, actor access.Actor, id ID, language string) (Written, error) {
	if err := access.Check(actor, access.CampaignRead, access.Own(actor.Org)); err != nil {
		return Written{}, err
	}
	var l Letter
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CampaignRead, id)
		if err != nil {
			return err
		}
		if l, err = s.sample(ctx, actor, c, language); err != nil {
			return err
		}
		found := false
		return s.each(ctx, c, "", 200, func(list []candidate, r rules) (bool, error) {
			for _, k := range list {
				if !found && k.Language == l.Text.Language && r.judge(k) == "" {
					found, l.Name, l.Customer = true, k.Name, k.Company
				}
			}
			return false, nil
		})
	})
	if err != nil {
		return Written{}, err
	}
	l.Preview = true
	return s.out.Write(ctx, l)
}

// sample is a mail to whom asks for it.
func (s *Service) sample(ctx context.Context, actor access.Actor, c Campaign, language string) (Letter, error) {
	l := Letter{Org: c.Org, Campaign: string(c.ID), Test: true, Person: actor.Person, Text: c.In(language), Ref: c.Ref}
	people, err := s.people.PersonsByID(ctx, actor.Person)
	if err != nil {
		return l, err
	}
	p := people[actor.Person]
	l.Address, l.Name, l.ReplyTo = p.Email, p.Name, p.Email
	st, err := s.standing(ctx, actor, c.Promotion)
	if fault.CodeOf(err) == fault.NotFound || fault.CodeOf(err) == fault.Conflict { // takes part no more
		return l, nil
	}
	if err != nil {
		return l, err
	}
	l.Page, _, err = s.page(ctx, actor, st, c.PageOrg)
	return l, err
}

// Try sends the mail of a campaign in a language to whom asks for it, at most once in a
// minute.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (nobody's mailbox: a program asks).
func (s *Service) Try(ctx context.Context, actor access.Actor, id ID, language string) error {
	if err := access.Check(actor, access.CampaignWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CampaignWrite, id)
		if err != nil {
			return err
		}
		l, err := s.sample(ctx, actor, c, language)
		if err != nil {
			return err
		}
		if l.Address == "" {
			return fault.New(fault.Conflict, "campaign.no_mailbox")
		}
		l.Key = "campaign-test:" + string(id) + ":" + l.Text.Language + ":" + db.Now(ctx).Format("200601021504")
		_, err = s.out.Post(ctx, l)
		return err
	})
}
