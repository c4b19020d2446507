package account

import (
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Members lists everyone who is or was in the actor's company, present ones
// first, by name.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Members(ctx context.Context, actor access.Actor) ([]Member, error) {
	if err := access.Check(actor, access.PeopleRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Member
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = membersOf(ctx, actor.Org)
		return err
	})
	return out, err
}

// Invitations lists the open invitations of the actor's company.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Invitations(ctx context.Context, actor access.Actor) ([]Invitation, error) {
	if err := access.Check(actor, access.PeopleManage, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Invitation
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = invitationsOf(ctx, actor.Org)
		return err
	})
	return out, err
}

// InviteCmd invites somebody into the actor's company. Name may be empty.
type InviteCmd struct {
	Email, Name string
	Roles       []access.Role
}

// Invite makes a link for seven days by which somebody joins the actor's
// company; an earlier open one of the address dies. The link is shown once and
// also mailed where a mail server is set. It answers the same whether or not
// the address has an account.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (is in the
// company already).
func (s *Service) Invite(ctx context.Context, actor access.Actor, cmd InviteCmd) (OneTime, error) {
	if err := s.own(ctx, actor, access.PeopleManage); err != nil {
		return OneTime{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	email, err := NormalEmail("email", cmd.Email)
	addFields(bad, err)
	if cmd.Name != "" {
		cmd.Name, err = cleanName("name", cmd.Name)
		addFields(bad, err)
	}
	addFields(bad, checkRoles(cmd.Roles))
	if err := bad.OrNil(); err != nil {
		return OneTime{}, err
	}
	org, by, err := s.names(ctx, actor)
	if err != nil {
		return OneTime{}, err
	}
	var out OneTime
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		if p, _, ok, err := findPerson(ctx, email); err != nil {
			return err
		} else if ok {
			m, found, err := findMembership(ctx, actor.Org, p.ID)
			if err != nil {
				return err
			}
			if found && m.State == string(Active) {
				return fault.New(fault.Conflict, "account.is_member")
			}
		}
		if _, err := killInvitations(ctx, actor.Org, email, ""); err != nil {
			return err
		}
		out, err = makeLink(ctx, actor, linkRow{Kind: string(LinkInvite), OrgID: actor.Org, Email: email, Name: cmd.Name, Roles: access.JoinRoles(cmd.Roles)}, InvitationLife)
		return err
	})
	if err != nil {
		return OneTime{}, err
	}
	return out, s.mailLink(ctx, actor, out, Mail{Kind: MailInvitation, Address: email, Name: cmd.Name, Locale: org.Locale, Zone: org.Zone, Company: org.Name, By: by.Name})
}

// mailLink mails a link where a mail server is set. The link stands already and
// is on the page, so this is a second way to the same door, in a transaction of
// its own since rendering stays outside.
func (s *Service) mailLink(ctx context.Context, actor access.Actor, link OneTime, m Mail) error {
	if !s.mailer.Sends() {
		return nil
	}
	m.Org, m.Path, m.Expires, m.Dedupe = actor.Org, link.Path(), link.Expires, "link:"+digest(link.Secret)[:32]
	letter, err := s.mailer.Compose(m)
	if err != nil {
		return err
	}
	return s.tx(ctx, actor, func(ctx context.Context) error { return s.mailer.Post(ctx, letter) })
}

func (s *Service) names(ctx context.Context, actor access.Actor) (org Org, by Person, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		var err error
		if org, err = readOrg(ctx, actor.Org); err != nil || actor.Person == "" {
			return err
		}
		by, _, err = readPerson(ctx, actor.Person)
		return err
	})
	return org, by, err
}

func checkRoles(roles []access.Role) error {
	if len(roles) == 0 {
		return fault.InvalidField("role", "account.role_missing")
	}
	for _, r := range roles {
		if !slices.Contains(access.Roles, r) {
			return fault.InvalidField("role", "account.unknown_role", "Role", string(r))
		}
	}
	return nil
}

// Withdraw kills an open invitation of the actor's company.
// Codes: Unauthenticated, NotFound (also when it was used meanwhile), Forbidden.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id string) error {
	if err := s.own(ctx, actor, access.PeopleManage); err != nil {
		return err
	}
	return s.tx(ctx, actor, func(ctx context.Context) error {
		ok, err := killInvitations(ctx, actor.Org, "", id)
		if err != nil {
			return err
		}
		if !ok || id == "" {
			return errNotFound
		}
		return trail(ctx, actor, "link.withdraw", "link", id)
	})
}

// ChangeRoles sets the roles of a present member. Open connections learn it at
// once.
// Codes: Unauthenticated, NotFound (not a present member of the actor's
// company), Forbidden, Invalid, Conflict (the last admin stays admin).
func (s *Service) ChangeRoles(ctx context.Context, actor access.Actor, person string, roles []access.Role) error {
	if err := s.own(ctx, actor, access.PeopleManage); err != nil {
		return err
	}
	if err := checkRoles(roles); err != nil {
		return err
	}
	changed := false
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		m, err := s.member(ctx, actor, person)
		if err != nil {
			return err
		}
		if m.State != string(Active) {
			return errNotFound
		}
		if changed = m.Roles != access.JoinRoles(roles); !changed {
			return nil
		}
		if !(access.Actor{Roles: roles}).Has(access.Admin) {
			if err := keepAdmin(ctx, m); err != nil {
				return err
			}
		}
		if err := putMembership(ctx, actor.Org, person, roles); err != nil {
			return err
		}
		return trail(ctx, actor, "member.roles", "person", person)
	})
	if err == nil && changed {
		s.leaver.Left(actor.Org, person)
	}
	return err
}

// member locks the company's people and returns one of them, present or not.
func (s *Service) member(ctx context.Context, actor access.Actor, person string) (membershipRow, error) {
	if err := lockOrg(ctx, actor.Org); err != nil {
		return membershipRow{}, err
	}
	m, ok, err := findMembership(ctx, actor.Org, person)
	if err != nil {
		return membershipRow{}, err
	}
	if !ok {
		return membershipRow{}, errNotFound
	}
	return m, nil
}

// keepAdmin refuses to lose the last admin of a company.
func keepAdmin(ctx context.Context, m membershipRow) error {
	if !hasAdmin(m) {
		return nil
	}
	other, err := otherAdmin(ctx, m.OrgID, m.PersonID)
	if err != nil {
		return err
	}
	if !other {
		return fault.New(fault.Conflict, "account.last_admin")
	}
	return nil
}

// Deactivate ends a membership: the person's API tokens in the company are
// revoked, open links die, and live connections close at once. Somebody left
// without any company is signed out everywhere. Safe to repeat.
// Codes: Unauthenticated, NotFound (never was in the actor's company),
// Forbidden, Conflict (the last admin).
func (s *Service) Deactivate(ctx context.Context, actor access.Actor, person string) error {
	if err := s.own(ctx, actor, access.PeopleManage); err != nil {
		return err
	}
	var tokens, sessions []string
	gone := false
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		tokens, sessions, gone = nil, nil, false
		m, err := s.member(ctx, actor, person)
		if err != nil || m.State != string(Active) {
			return err
		}
		if err := keepAdmin(ctx, m); err != nil {
			return err
		}
		if gone, err = endMembership(ctx, actor.Org, person); err != nil {
			return err
		}
		if tokens, err = revokeTokens(ctx, actor.Org, person, ""); err != nil {
			return err
		}
		p, _, err := readPerson(ctx, person)
		if err != nil {
			return err
		}
		if _, err := killInvitations(ctx, actor.Org, p.Email, ""); err != nil {
			return err
		}
		seats, err := seatsOf(ctx, person)
		if err != nil {
			return err
		}
		if len(seats) == 0 && !p.Operator {
			if sessions, err = endSessions(ctx, person, "", ""); err != nil {
				return err
			}
			if err := killLinks(ctx, person, LinkReset, LinkAddress); err != nil {
				return err
			}
		}
		return trail(ctx, actor, "member.end", "person", person)
	})
	if err != nil {
		return err
	}
	if gone {
		s.leaver.Left(actor.Org, person)
	}
	if len(tokens) > 0 {
		s.leaver.Revoked(person, tokens)
	}
	s.signedOut(nil, person, sessions)
	return nil
}

// Reactivate lets somebody who left back in, with the roles of before. API
// tokens stay revoked. Safe to repeat.
// Codes: Unauthenticated, NotFound (never was in the actor's company), Forbidden.
func (s *Service) Reactivate(ctx context.Context, actor access.Actor, person string) error {
	if err := s.own(ctx, actor, access.PeopleManage); err != nil {
		return err
	}
	return s.tx(ctx, actor, func(ctx context.Context) error {
		m, err := s.member(ctx, actor, person)
		if err != nil || m.State == string(Active) {
			return err
		}
		if err := putMembership(ctx, actor.Org, person, rolesOf(m.Roles)); err != nil {
			return err
		}
		return trail(ctx, actor, "member.resume", "person", person)
	})
}

// MakeLink makes a link for 24 hours by which a present member chooses a new
// password, for where no mail goes. It is refused for somebody whose identity
// also opens another company or the platform: an admin must not come in there
// by resetting a password. An earlier reset link dies.
// Codes: Unauthenticated, NotFound (not a present member), Forbidden, Conflict
// (account.link_not_here).
func (s *Service) MakeLink(ctx context.Context, actor access.Actor, person string) (OneTime, error) {
	if err := s.own(ctx, actor, access.PeopleManage); err != nil {
		return OneTime{}, err
	}
	var out OneTime
	var p Person
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		m, err := s.member(ctx, actor, person)
		if err != nil {
			return err
		}
		if m.State != string(Active) {
			return errNotFound
		}
		if p, _, err = readPerson(ctx, person); err != nil {
			return err
		}
		other, err := elsewhere(ctx, actor.Org, person)
		if err != nil {
			return err
		}
		if other || p.Operator {
			return fault.New(fault.Conflict, "account.link_not_here")
		}
		if err := killLinks(ctx, person, LinkReset); err != nil {
			return err
		}
		out, err = makeLink(ctx, actor, linkRow{Kind: string(LinkReset), OrgID: actor.Org, PersonID: person, Email: p.Email, Name: p.Name}, LinkLife)
		return err
	})
	if err != nil {
		return OneTime{}, err
	}
	org, by, err := s.names(ctx, actor)
	if err != nil {
		return OneTime{}, err
	}
	return out, s.mailLink(ctx, actor, out, Mail{Kind: MailReset, Person: p.ID, Address: p.Email, Name: p.Name, Locale: p.Locale, Zone: p.Zone, Company: org.Name, By: by.Name})
}

// PlatformOrgs lists every company for the platform operator: names and sizes.
// Codes: Unauthenticated, NotFound (not an operator).
func (s *Service) PlatformOrgs(ctx context.Context, actor access.Actor) ([]PlatformOrg, error) {
	if err := access.CheckOperator(actor); err != nil {
		return nil, err
	}
	var out []PlatformOrg
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = readPlatformOrgs(ctx)
		return err
	})
	return out, err
}

// Org returns the actor's company.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Org(ctx context.Context, actor access.Actor) (Org, error) {
	if err := access.Check(actor, access.OrgRead, access.Own(actor.Org)); err != nil {
		return Org{}, err
	}
	var out Org
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = readOrg(ctx, actor.Org)
		return err
	})
	return out, err
}

// ChangeOrg changes the profile of the actor's company; the slug stays.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) ChangeOrg(ctx context.Context, actor access.Actor, cmd OrgCmd) (Org, error) {
	if err := s.own(ctx, actor, access.OrgManage); err != nil {
		return Org{}, err
	}
	cmd.Slug = ""
	org, err := cmd.check()
	if err != nil {
		return Org{}, err
	}
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		org.ID = actor.Org
		if err := updateOrg(ctx, org); err != nil {
			return err
		}
		if org, err = readOrg(ctx, actor.Org); err != nil {
			return err
		}
		return trail(ctx, actor, "org.change", "org", org.ID)
	})
	if err != nil {
		return Org{}, err
	}
	return org, nil
}

// IdentityCmd names an EDI identity.
type IdentityCmd struct {
	Kind             IdentityKind
	Qualifier, Value string
}

// AddIdentity gives the actor's company an EDI identity. It counts toward a
// partner only once that partner confirmed it (prm/partner). A taken one is
// refused without saying by whom.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict
// (account.identity_taken, account.identities_many).
func (s *Service) AddIdentity(ctx context.Context, actor access.Actor, cmd IdentityCmd) (Identity, error) {
	if err := s.own(ctx, actor, access.OrgManage); err != nil {
		return Identity{}, err
	}
	out, err := cmd.check()
	if err != nil {
		return Identity{}, err
	}
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		if err := lockOrg(ctx, actor.Org); err != nil {
			return err
		}
		have, err := readIdentities(ctx, actor.Org)
		if err != nil {
			return err
		}
		if len(have) >= maxIdentities {
			return fault.New(fault.Conflict, "account.identities_many", "most", maxIdentities)
		}
		out.ID, out.Org, out.Created = db.NewID(), actor.Org, db.Now(ctx)
		if err := insertIdentity(ctx, out); err != nil {
			return err
		}
		return trail(ctx, actor, "identity.add", "identity", out.ID)
	})
	if err != nil {
		return Identity{}, err
	}
	return out, nil
}

// RemoveIdentity takes an EDI identity away; what partners confirmed dies with
// it, since a new one has a new id.
// Codes: Unauthenticated, NotFound (not one of the actor's company), Forbidden.
func (s *Service) RemoveIdentity(ctx context.Context, actor access.Actor, id string) error {
	if err := s.own(ctx, actor, access.OrgManage); err != nil {
		return err
	}
	return s.tx(ctx, actor, func(ctx context.Context) error {
		ok, err := deleteIdentity(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if !ok {
			return errNotFound
		}
		return trail(ctx, actor, "identity.remove", "identity", id)
	})
}

// Identities lists the EDI identities of the actor's company.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Identities(ctx context.Context, actor access.Actor) ([]Identity, error) {
	if err := access.Check(actor, access.OrgRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Identity
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = readIdentities(ctx, actor.Org)
		return err
	})
	return out, err
}

// check normalises an identity and applies the limits of its standard: ISA05 two
// and ISA06 up to 15 characters, UNB 0007 up to 4 and 0004 up to 35, an AS2 name
// up to 128 (RFC 4130 6.2). Case is kept: the wire compares exactly.
func (c IdentityCmd) check() (Identity, error) {
	i := Identity{Kind: c.Kind, Qualifier: trimBlanks(c.Qualifier), Value: trimBlanks(c.Value)}
	bad := fault.New(fault.Invalid, "form.invalid")
	most, least, longest := 15, 2, 2
	switch c.Kind {
	case X12:
		i.Qualifier = upperASCII(i.Qualifier)
	case EDIFACT:
		most, least, longest = 35, 0, 4
		i.Qualifier = upperASCII(i.Qualifier)
	case AS2:
		most, least, longest = 128, 0, 0
	default:
		return i, bad.With("kind", "account.identity_kind")
	}
	if n := len(i.Qualifier); n < least || n > longest || !printable(i.Qualifier, false) {
		bad.With("qualifier", "account.identity_qualifier")
	}
	if n := len(i.Value); n == 0 || n > most || !printable(i.Value, true) {
		bad.With("value", "account.identity_value", "most", most)
	}
	return i, bad.OrNil()
}
