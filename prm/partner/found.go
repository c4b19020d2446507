package partner

import (
	"context"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// Tie gives the service what makes companies; call it before use.
func (s *Service) Tie(f Founder) { s.found = f }

// InviteNewCmd invites a company that is not on the server yet. As is what the actor's
// company will be: access.Supplier or access.Reseller.
type InviteNewCmd struct {
	account.FoundCmd
	As access.Side
	Terms
}

// InviteNew makes a company for a partner to be, invites it into a partnership, and gives
// the link by which its first person joins as admin. The link is shown once and also
// mailed where a mail server is set.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (too many wait).
// Publishes EventInvited.
func (s *Service) InviteNew(ctx context.Context, actor access.Actor, cmd InviteNewCmd) (Partnership, account.OneTime, error) {
	var p Partnership
	var link account.OneTime
	err := s.change(ctx, actor, "partner.invite", "", func(ctx context.Context) error {
		if err := access.Check(actor, access.PartnerManage, access.Shared(actor.Org, "")); err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if cmd.As != access.Supplier && cmd.As != access.Reseller {
			bad.With("side", "partner.side_wrong")
		}
		if err := cmd.Terms.check(); err != nil {
			bad.Fields = append(bad.Fields, fault.As(err).Fields...)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		org, made, err := s.found.Found(ctx, actor, cmd.FoundCmd)
		if err != nil {
			return err
		}
		link = made
		p = Partnership{ID: db.NewID(), Supplier: actor.Org, Reseller: org.ID, State: Invited, Created: db.Now(ctx), Version: 1, MovedBy: actor.Org}
		if cmd.As == access.Reseller {
			p.Supplier, p.Reseller = p.Reseller, p.Supplier
		}
		cmd.onto(&p)
		return s.invited(ctx, actor, p)
	})
	if err != nil {
		return Partnership{}, account.OneTime{}, err
	}
	return p, link, s.found.MailFounding(ctx, actor, link, cmd.Locale)
}

// InviteAgain makes a new link into a company that InviteNew made and nobody joined yet;
// the earlier one dies.
// Codes: Unauthenticated, NotFound (no such partnership, or its company was here before),
// Forbidden, Conflict (not invited any more, or somebody joined).
func (s *Service) InviteAgain(ctx context.Context, actor access.Actor, id string) (account.OneTime, error) {
	var link account.OneTime
	err := s.change(ctx, actor, "partner.invite_again", id, func(ctx context.Context) error {
		p, err := load(ctx, actor, access.PartnerManage, id)
		if err != nil {
			return err
		}
		if p.State != Invited || p.MovedBy != actor.Org {
			return fault.New(fault.Conflict, "partner.state_wrong", "state", string(p.State))
		}
		if link, err = s.found.Refound(ctx, actor, p.Other(actor.Org)); err != nil {
			return err
		}
		return trail(ctx, actor, "partner.invite_again", p.ID, audit.Done)
	})
	if err != nil {
		return account.OneTime{}, err
	}
	return link, s.found.MailFounding(ctx, actor, link, "")
}
