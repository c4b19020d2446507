package campaign

import (
	"context"
	"errors"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
)

// wait is the time between two slices of one campaign.
const wait = 10 * time.Second

// looked is how many contacts a slice looks at.
const looked = 200

// Tick sends slices of the campaigns that are due; a scheduled job. One company's trouble
// delays nobody else.
func (s *Service) Tick(ctx context.Context) error {
	var failed error
	skip := map[string]bool{} // what failed waits for the next turn
	for end := s.db.Clock().Add(8 * time.Second); s.db.Clock().Before(end); {
		var todo []struct{ OrgID, ID string }
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			todo, err = due(ctx, 20)
			return err
		})
		if err != nil || len(todo) == 0 {
			return errors.Join(failed, err)
		}
		moved := false
		for _, x := range todo {
			if skip[x.ID] {
				continue
			}
			ok, err := s.slice(ctx, x.OrgID, ID(x.ID))
			if err != nil { // or twenty that fail are all that is ever looked at
				err = errors.Join(err, s.later(ctx, x.OrgID, ID(x.ID)))
			}
			failed, moved = errors.Join(failed, err), moved || ok || err != nil
			skip[x.ID] = err != nil
		}
		if !moved {
			return failed
		}
	}
	return failed
}

// later puts off a campaign whose slice failed.
func (s *Service) later(ctx context.Context, org string, id ID) error {
	return s.change(ctx, access.System("campaign", org), func(ctx context.Context) error {
		return delay(ctx, org, id, db.Now(ctx).Add(wait))
	})
}

// slice sends the next mails of a campaign in one transaction: either all of its mails stand
// in the outbox and are noted, or none. moved says that something was done.
func (s *Service) slice(ctx context.Context, org string, id ID) (moved bool, err error) {
	actor := access.System("campaign", org)
	err = s.change(ctx, actor, func(ctx context.Context) error {
		moved = false
		c, ok, err := byID(ctx, org, id)
		if err != nil || !ok {
			return err
		}
		if ok, err = claim(ctx, c); err != nil || !ok {
			return err
		}
		moved = true
		now := db.Now(ctx)
		c.State = Sending
		st, err := s.standing(ctx, actor, c.Promotion)
		gone := fault.CodeOf(err) == fault.NotFound || fault.CodeOf(err) == fault.Conflict
		if err != nil && !gone {
			return err
		}
		if gone || over(st, now) {
			return s.end(ctx, c, Stopped, OverDue)
		}
		l := Letter{Org: org, Campaign: string(id), Ref: c.Ref, ReplyTo: c.ReplyTo}
		if l.Page, ok, err = s.page(ctx, actor, st, c.PageOrg); err != nil {
			return err
		}
		if !ok {
			return s.end(ctx, c, Stopped, PageDown)
		}
		sent, err := postedSince(ctx, org, now.Add(-time.Minute))
		if err != nil {
			return err
		}
		room := s.rate - sent
		if room <= 0 {
			return advance(ctx, c, now.Add(wait))
		}
		return s.fill(ctx, c, l, room)
	})
	return moved, err
}

func (s *Service) end(ctx context.Context, c Campaign, state State, reason string) error {
	c.State, c.Reason, c.Finished = state, reason, db.Now(ctx)
	return advance(ctx, c, c.Finished)
}

// fill posts up to room mails to the contacts behind the last one that was looked at.
func (s *Service) fill(ctx context.Context, c Campaign, l Letter, room int) error {
	now := db.Now(ctx)
	full, last := true, c.seen
	all, err := candidates(ctx, c.Org, c.Segment.Countries, c.seen, looked)
	if err != nil {
		return err
	}
	look, err := look(ctx, c.Org, c.Segment, all)
	if err != nil {
		return err
	}
	rules, err := rulesFor(ctx, c, all)
	if err != nil {
		return err
	}
	for _, k := range all {
		if room == 0 {
			full = false
			break
		}
		last = string(k.Contact)
		if !look.in(k) {
			continue
		}
		why := rules.judge(k)
		row := mailRow{CampaignID: string(c.ID), ContactID: last, OrgID: c.Org, PromotionID: string(c.Promotion), CustomerID: string(k.Customer), Address: Mark(k.Mail), Language: c.languageOf(k.Country), State: mailPosted, Reason: why, Happened: db.Micros(now)}
		if why != "" {
			row.State = mailLeft
			if _, err := putMail(ctx, row); err != nil {
				return err
			}
			continue
		}
		l.Contact, l.Address, l.Name, l.Customer, l.Text, l.Key = last, k.Mail, k.Name, k.Company, c.In(row.Language), "campaign:"+string(c.ID)+":"+last
		kept, err := s.out.Post(ctx, l)
		if fault.CodeOf(err) == fault.Invalid && err != nil { // an address that no mail can go to
			row.State, row.Reason, err = mailLeft, NoAddress, nil
			room++
		}
		if err != nil {
			return err
		}
		if kept && row.State == mailPosted {
			row.State = mailKept
		}
		made, err := putMail(ctx, row)
		if err != nil {
			return err
		}
		if !made { // cannot be: the row and where the walk stands are written together
			return fault.New(fault.Conflict, "campaign.changed", "Version", c.Version)
		}
		rules.taken[row.Address] = row.State != mailLeft
		room--
	}
	c.seen = last
	if full && len(all) < looked {
		return s.end(ctx, c, Sent, "")
	}
	next := now
	if room == 0 {
		next = now.Add(wait)
	}
	return advance(ctx, c, next)
}

// Still says whether a mail that waits in the outbox may be sent: its contact agrees now, at
// the address it was written for. One that may not is noted as left out, with the reason.
// The port of the outbox calls it in its transaction before each try.
func (s *Service) Still(ctx context.Context, org, campaign, contact string) (bool, error) {
	still := false
	err := s.change(ctx, access.System("campaign", org), func(ctx context.Context) error {
		row, ok, err := mailOf(ctx, org, campaign, contact)
		if err != nil || !ok {
			return err
		}
		k, there, err := candidateOf(ctx, org, contact)
		if err != nil {
			return err
		}
		stops, err := stopsOf(ctx, org, []string{row.Address})
		if err != nil {
			return err
		}
		why := NoConsent // the contact or its customer is gone
		if there {
			why = rules{stops: stops}.judge(k)
		}
		if why == "" && Mark(k.Mail) != row.Address {
			why = NoAddress
		}
		if still = why == ""; still {
			return nil
		}
		_, _, err = endMail(ctx, org, campaign, contact, mailLeft, why)
		return err
	})
	return still, err
}

// Ended notes that a mail was sent, or refused for good with a code; the port of the outbox
// calls it in its transaction. An address that a mail server does not know is not written to
// again.
func (s *Service) Ended(ctx context.Context, org, campaign, contact string, sent bool, code string, unknown bool) error {
	return s.change(ctx, access.System("campaign", org), func(ctx context.Context) error {
		state := mailSent
		if !sent {
			state = mailRefused
		}
		row, ok, err := endMail(ctx, org, campaign, contact, state, code)
		if err != nil || !ok || sent || !unknown {
			return err
		}
		return putStop(ctx, org, row.Address, Refused)
	})
}

// Returned notes that a mail came back that cannot be delivered, with a code; unknown says
// that there is no such address: it is not written to again. The port of the mail that comes
// in calls it in its transaction. Safe to repeat.
func (s *Service) Returned(ctx context.Context, org, campaign, contact, code string, unknown bool) error {
	return s.change(ctx, access.System("campaign", org), func(ctx context.Context) error {
		row, ok, err := returnMail(ctx, org, campaign, contact, code)
		if err != nil || !ok || !unknown {
			return err
		}
		stops, err := stopsOf(ctx, org, []string{row.Address})
		if err != nil || stops[row.Address].reason == Unsubscribed { // who said no stays one who said no
			return err
		}
		return putStop(ctx, org, row.Address, Refused)
	})
}

// Undelivered says of mail addresses of the actor's company since when a mail server said
// that there is no such address.
// Codes: Unauthenticated, Forbidden, NotFound.
func (s *Service) Undelivered(ctx context.Context, actor access.Actor, addresses []string) (map[string]time.Time, error) {
	if err := access.Check(actor, access.CampaignRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	out := map[string]time.Time{}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		marks := make([]string, 0, len(addresses))
		for _, a := range addresses {
			if a != "" {
				marks = append(marks, Mark(a))
			}
		}
		stops, err := stopsOf(ctx, actor.Org, marks)
		for _, a := range addresses {
			if x, ok := stops[Mark(a)]; ok && a != "" && x.reason == Refused {
				out[a] = x.at
			}
		}
		return err
	})
	return out, err
}

// Unsubscribe withdraws the consent of whoever got a mail of a campaign of a company: the
// link of the mail is the proof. Safe to repeat.
func (s *Service) Unsubscribe(ctx context.Context, org, campaign, contact string) error {
	actor := access.System("unsubscribe", org)
	return s.change(ctx, actor, func(ctx context.Context) error {
		address, err := stopMail(ctx, org, campaign, contact)
		if err != nil {
			return err
		}
		now, err := s.customers.Withdraw(ctx, actor, customer.ContactID(contact))
		if err != nil {
			return err
		}
		if now != "" {
			if m := Mark(now); m != address {
				if err := putStop(ctx, org, m, Unsubscribed); err != nil {
					return err
				}
			}
		}
		if address == "" {
			return nil
		}
		return putStop(ctx, org, address, Unsubscribed)
	})
}
