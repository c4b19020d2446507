package account

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// A dead link is one that is unknown, used or expired; which of them, nobody is told.
var errDead = fault.New(fault.NotFound, "account.link_dead")

// operatorRoles stands in the roles of a link that makes an operator.
const operatorRoles = "operator"

// makeLink stores a link and returns its secret, in the caller's transaction.
func makeLink(ctx context.Context, actor access.Actor, r linkRow, life time.Duration) (OneTime, error) {
	secret := newSecret()
	now := db.Now(ctx)
	r.ID, r.Hash, r.Created, r.Expires = db.NewID(), digest(secret), db.Micros(now), db.Micros(now.Add(life))
	if r.MadeBy = actor.Person; system(actor) {
		r.MadeBy = actor.Via
	}
	if err := insertLink(ctx, r); err != nil {
		return OneTime{}, err
	}
	if err := trail(ctx, actor, "link.make."+r.Kind, "link", r.ID); err != nil {
		return OneTime{}, err
	}
	return OneTime{Secret: secret, Kind: LinkKind(r.Kind), Email: r.Email, Name: r.Name, Expires: now.Add(life)}, nil
}

// liveLink reads a link that may still be used.
func liveLink(ctx context.Context, secret string) (linkRow, error) {
	r, ok, err := findLink(ctx, digest(secret))
	if err != nil {
		return linkRow{}, err
	}
	if !ok || r.Used != 0 || r.Expires <= db.Micros(db.Now(ctx)) {
		return linkRow{}, errDead
	}
	return r, nil
}

// OpenLink says what the page of a link shows; it changes nothing, so that a
// mail scanner that follows the link does no harm. Before sign-in; signedIn is
// the person of the present session, or empty. Whether the address has an
// account already is told to its owner only.
// Codes: NotFound (unknown, used or expired).
func (s *Service) OpenLink(ctx context.Context, signedIn, secret string) (LinkInfo, error) {
	var out LinkInfo
	err := s.db.View(ctx, func(ctx context.Context) error {
		r, err := liveLink(ctx, secret)
		if err != nil {
			return err
		}
		out = LinkInfo{Kind: LinkKind(r.Kind), Email: r.Email, Name: r.Name, Expires: db.FromMicros(r.Expires)}
		if r.OrgID != "" && out.Kind != LinkAddress {
			o, err := readOrg(ctx, r.OrgID)
			if err != nil {
				return err
			}
			out.Company = o.Name
			if out.Kind == LinkFound {
				partner, err := readOrg(ctx, r.PersonID)
				if err != nil {
					return err
				}
				out.Partner, out.Slug = partner.Name, o.Slug
			}
		}
		if db.ValidID(r.MadeBy) && out.Kind != LinkAddress {
			p, _, err := readPerson(ctx, r.MadeBy)
			if err != nil {
				return err
			}
			out.InvitedBy = p.Name
		}
		switch out.Kind {
		case LinkAddress:
		case LinkReset:
			out.AskPassword = true
			p, _, err := readPerson(ctx, r.PersonID)
			if err != nil {
				return err
			}
			out.Name = p.Name
		default:
			p, _, ok, err := findPerson(ctx, r.Email)
			if err != nil {
				return err
			}
			mine := ok && p.ID == signedIn && signedIn != ""
			out.AskName, out.AskPassword = !mine, !mine
			if mine {
				out.Name = p.Name
			}
		}
		return nil
	})
	if err != nil {
		return LinkInfo{}, err
	}
	return out, nil
}

// UseCmd is what the page of a link sends. Person is the one signed in, or empty.
type UseCmd struct {
	Person   string
	Name     string
	Password string
	Locale   string // of the page, for a new person
}

// UseLink uses a link up, exactly once however many try together, and opens a
// session. Before sign-in.
//
// An invitation, or a founding, makes a new person, or adds a membership to an existing one, who
// proves to be the owner of the address by the session in hand or by the present
// password: an invitation never sets the password of an account that exists. A
// reset or first link sets the password and ends every session. A change of
// address opens no session: SignedIn is zero.
// Codes: NotFound (dead link), Invalid, Unauthenticated (wrong password of an
// existing account), RateLimited, Conflict (the address is in use).
func (s *Service) UseLink(ctx context.Context, secret string, cmd UseCmd) (SignedIn, error) {
	var r linkRow
	var known Person
	var stored string
	var exists bool
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		if r, err = liveLink(ctx, secret); err != nil {
			return err
		}
		switch LinkKind(r.Kind) {
		case LinkAddress, LinkReset:
			known, stored, err = readPerson(ctx, r.PersonID)
			exists = err == nil
		default:
			known, stored, exists, err = findPerson(ctx, r.Email)
		}
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	if LinkKind(r.Kind) == LinkAddress {
		return SignedIn{}, s.changeAddress(ctx, r, known)
	}
	join := (LinkKind(r.Kind) == LinkInvite || LinkKind(r.Kind) == LinkFound) && exists
	owner := join && cmd.Person == known.ID
	hash := ""
	if !owner {
		// An invitation is judged alike whether its address has an account or not: what is
		// wrong with the name or the password must not tell who else is here.
		if exists && !join {
			cmd.Name = known.Name
		} else if cmd.Name, err = cleanName("name", cmd.Name); err != nil {
			return SignedIn{}, err
		}
		if err := CheckPassword("password", cmd.Password, r.Email, cmd.Name); err != nil {
			return SignedIn{}, err
		}
	}
	keys := []string{accountKey(r.Email), addressKey(OriginOf(ctx).Addr)}
	switch {
	case owner:
	case join:
		if err := s.attempt(ctx, keys...); err != nil {
			return SignedIn{}, err
		}
		ok, err := s.hasher.verify(ctx, cmd.Password, stored)
		if err != nil {
			return SignedIn{}, err
		}
		if !ok {
			return SignedIn{}, errWrong
		}
	default:
		if hash, err = s.hasher.hash(ctx, cmd.Password); err != nil {
			return SignedIn{}, err
		}
	}
	var out SignedIn
	var ended []string
	err = s.db.InTx(Acting(ctx, access.Actor{Org: r.OrgID}), func(ctx context.Context) error {
		ended = nil
		ok, err := takeLink(ctx, r.ID)
		if err != nil {
			return err
		}
		if !ok {
			return errDead
		}
		p, err := s.personOfLink(ctx, r, known, exists, hash, cmd)
		if err != nil {
			return err
		}
		if r.OrgID != "" && LinkKind(r.Kind) != LinkReset {
			if err := lockOrg(ctx, r.OrgID); err != nil {
				return err
			}
			if err := putMembership(ctx, r.OrgID, p.ID, rolesOf(r.Roles)); err != nil {
				return err
			}
			if err := updateLastOrg(ctx, p.ID, r.OrgID); err != nil {
				return err
			}
		}
		if r.Roles == operatorRoles {
			if err := updateOperator(ctx, p.ID); err != nil {
				return err
			}
		}
		if hash != "" {
			if ended, err = endSessions(ctx, p.ID, "", ""); err != nil {
				return err
			}
			if err := killLinks(ctx, p.ID, LinkReset, LinkAddress); err != nil {
				return err
			}
		}
		if err := succeeded(ctx, keys...); err != nil {
			return err
		}
		if p, _, err = readPerson(ctx, p.ID); err != nil {
			return err
		}
		if out, err = open(ctx, p); err != nil {
			return err
		}
		return trail(ctx, access.Actor{Org: r.OrgID, Person: p.ID, Via: "link:" + r.ID}, "link.use."+r.Kind, "link", r.ID)
	})
	if err != nil {
		return SignedIn{}, err
	}
	s.signedOut(nil, out.Person.ID, ended)
	return out, nil
}

// personOfLink makes the person of a link or sets the password of the one there
// is, in the transaction that used the link up.
func (s *Service) personOfLink(ctx context.Context, r linkRow, known Person, existed bool, hash string, cmd UseCmd) (Person, error) {
	now := db.Now(ctx)
	if existed {
		if hash != "" {
			return known, updatePassword(ctx, known.ID, hash)
		}
		return known, nil
	}
	p := Person{ID: db.NewID(), Email: r.Email, Name: cmd.Name, Locale: choose(cmd.Locale, Locales), Theme: Themes[0], Zone: "UTC", State: Active, Created: now}
	if r.OrgID != "" {
		o, err := readOrg(ctx, r.OrgID)
		if err != nil {
			return Person{}, err
		}
		p.Zone = o.Zone
		if cmd.Locale == "" {
			p.Locale = choose(o.Locale, Locales)
		}
	}
	// Somebody may have taken the address since it was looked up: the unique key
	// answers, and the link stays unused.
	return p, insertPerson(ctx, p, hash, now)
}

// UserCmd asks for a first sign-in link, made on the machine.
type UserCmd struct {
	Slug        string // company; may be empty with Operator
	Email, Name string
	Roles       []access.Role
	Operator    bool
}

// CreateUserLink makes a link by which a person signs in for the first time, or
// again: it sets the password also of an existing account. For the machine's own
// commands: system actors. An earlier open link of the address
// to that company dies.
// Codes: Unauthenticated, NotFound (no such company, not a system actor), Invalid.
func (s *Service) CreateUserLink(ctx context.Context, actor access.Actor, cmd UserCmd) (OneTime, error) {
	if !system(actor) {
		return OneTime{}, s.denied(ctx, actor, "user.create", orSignedOut(actor))
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	email, err := NormalEmail("email", cmd.Email)
	addFields(bad, err)
	if cmd.Name != "" {
		cmd.Name, err = cleanName("name", cmd.Name)
		addFields(bad, err)
	}
	switch {
	case cmd.Slug == "" && !cmd.Operator:
		bad.With("org", "account.org_missing")
	case cmd.Slug != "" && cmd.Operator:
		bad.With("org", "account.operator_alone")
	case cmd.Slug != "" && len(cmd.Roles) == 0:
		bad.With("role", "account.role_missing")
	}
	if err := bad.OrNil(); err != nil {
		return OneTime{}, err
	}
	var out OneTime
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		r := linkRow{Kind: string(LinkFirst), Email: email, Name: cmd.Name, Roles: operatorRoles}
		if cmd.Slug != "" {
			o, err := readOrgBySlug(ctx, cmd.Slug)
			if err != nil {
				return err
			}
			r.OrgID, r.Roles = o.ID, access.JoinRoles(cmd.Roles)
		}
		if _, err := killInvitations(ctx, r.OrgID, email, ""); err != nil {
			return err
		}
		out, err = makeLink(ctx, actor, r, LinkLife)
		return err
	})
	if err != nil {
		return OneTime{}, err
	}
	return out, nil
}

// changeAddress is UseLink for a change of address: the new address is proved by
// the link, the old one is told.
func (s *Service) changeAddress(ctx context.Context, r linkRow, p Person) error {
	told, err := s.mailer.Compose(Mail{Kind: MailAddressTold, Org: r.OrgID, Person: p.ID, Address: p.Email, Name: p.Name, Locale: p.Locale, Zone: p.Zone,
		NewEmail: r.Email, Dedupe: "address_told:" + r.ID})
	if err != nil {
		return err
	}
	err = s.db.InTx(Acting(ctx, access.Actor{Org: r.OrgID}), func(ctx context.Context) error {
		ok, err := takeLink(ctx, r.ID)
		if err != nil {
			return err
		}
		now, _, err := readPerson(ctx, r.PersonID)
		if err != nil {
			return err
		}
		if !ok || now.Email != p.Email || now.State != Active {
			return errDead
		}
		if err := updateEmail(ctx, p.ID, r.Email); err != nil {
			if db.IsDuplicate(err) {
				return errDead
			}
			return err
		}
		if err := killLinks(ctx, p.ID, LinkReset, LinkAddress); err != nil {
			return err
		}
		if err := s.mailer.Post(ctx, told); err != nil {
			return err
		}
		return trail(ctx, access.Actor{Org: r.OrgID, Person: p.ID, Via: "link:" + r.ID}, "person.address", "person", p.ID)
	})
	return err
}

// AskAddress begins a change of the actor's address: a link goes to the new one,
// and the change happens when it is opened there. The answer is the same when
// the address belongs to somebody; then no link is made.
// Codes: Unauthenticated, Forbidden (by token), Invalid (address; password wrong),
// RateLimited.
func (s *Service) AskAddress(ctx context.Context, actor access.Actor, email, password string) error {
	if err := s.itself(actor); err != nil {
		return err
	}
	email, err := NormalEmail("email", email)
	if err != nil {
		return err
	}
	p, err := s.prove(ctx, actor, password)
	if err != nil {
		return err
	}
	if email == p.Email {
		return fault.InvalidField("email", "account.email_same")
	}
	secret := newSecret()
	letter, err := s.mailer.Compose(Mail{Kind: MailAddress, Org: actor.Org, Person: p.ID, Address: email, Name: p.Name, Locale: p.Locale, Zone: p.Zone,
		Path: "/link/" + secret, NewEmail: email, Expires: db.Now(ctx).Add(LinkLife), Dedupe: "address:" + digest(secret)[:32]})
	if err != nil {
		return err
	}
	return s.tx(ctx, actor, func(ctx context.Context) error {
		if err := succeeded(ctx, accountKey(p.Email), addressKey(OriginOf(ctx).Addr)); err != nil {
			return err
		}
		if err := killLinks(ctx, p.ID, LinkAddress); err != nil {
			return err
		}
		if _, _, taken, err := findPerson(ctx, email); err != nil || taken {
			return err
		}
		now := db.Now(ctx)
		row := linkRow{ID: db.NewID(), Hash: digest(secret), Kind: string(LinkAddress), OrgID: actor.Org, PersonID: p.ID, Email: email, MadeBy: actor.Person,
			Created: db.Micros(now), Expires: db.Micros(now.Add(LinkLife))}
		if err := insertLink(ctx, row); err != nil {
			return err
		}
		if err := s.mailer.Post(ctx, letter); err != nil {
			return err
		}
		return trail(ctx, actor, "link.make.address", "link", row.ID)
	})
}

// prove checks the actor's own present password, throttled like a sign-in. The
// caller takes the try back by succeeded in its transaction.
func (s *Service) prove(ctx context.Context, actor access.Actor, password string) (Person, error) {
	var p Person
	var stored string
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		p, stored, err = readPerson(ctx, actor.Person)
		return err
	})
	if err != nil {
		return Person{}, err
	}
	if err := s.attempt(ctx, accountKey(p.Email), addressKey(OriginOf(ctx).Addr)); err != nil {
		return Person{}, err
	}
	ok, err := s.hasher.verify(ctx, password, stored)
	if err != nil {
		return Person{}, err
	}
	if !ok {
		return Person{}, fault.InvalidField("password", "account.password_wrong")
	}
	return p, nil
}
