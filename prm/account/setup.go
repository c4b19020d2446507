package account

import (
	"context"
	"strconv"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// NewSetupToken makes the one-time token of the set-up page, replacing an
// earlier one, and returns "" when a company exists already. It is called at
// start, and the token is printed where only the machine's owner reads.
func (s *Service) NewSetupToken(ctx context.Context) (string, error) {
	token := newSecret()
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		exists, err := anyOrg(ctx)
		if err != nil || exists {
			token = ""
			return err
		}
		return putSetup(ctx, digest(token))
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// SetupOpen reports whether the set-up page may be shown for a token. Before
// sign-in; a wrong token and a server that is set up answer alike.
// Codes: NotFound.
func (s *Service) SetupOpen(ctx context.Context, token string) error {
	return s.db.View(ctx, func(ctx context.Context) error {
		exists, err := anyOrg(ctx)
		if err != nil {
			return err
		}
		ok, err := setupIs(ctx, digest(token))
		if err != nil {
			return err
		}
		if exists || !ok {
			return errNotFound
		}
		return nil
	})
}

// SetupCmd makes the first company and its first person.
type SetupCmd struct {
	Token    string
	Company  OrgCmd
	Name     string
	Email    string
	Password string
}

// Setup makes the first company and person, uses up the token and opens a
// session. The person is admin of the company and platform operator. Before
// sign-in, and only while no company exists.
// Codes: NotFound (wrong or used token, or set up already), Invalid, Unavailable.
func (s *Service) Setup(ctx context.Context, cmd SetupCmd) (SignedIn, error) {
	if err := s.SetupOpen(ctx, cmd.Token); err != nil {
		return SignedIn{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	org, err := cmd.Company.check()
	for _, f := range fault.As(orEmpty(err)).Fields {
		if f.Name == "name" {
			f.Name = "company"
		}
		bad.Fields = append(bad.Fields, f)
	}
	email, err := NormalEmail("email", cmd.Email)
	addFields(bad, err)
	name, err := cleanName("name", cmd.Name)
	addFields(bad, err)
	addFields(bad, CheckPassword("password", cmd.Password, email, name))
	if err := bad.OrNil(); err != nil {
		return SignedIn{}, err
	}
	hash, err := s.hasher.hash(ctx, cmd.Password)
	if err != nil {
		return SignedIn{}, err
	}
	var out SignedIn
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		exists, err := anyOrg(ctx)
		if err != nil {
			return err
		}
		ok, err := takeSetup(ctx, digest(cmd.Token))
		if err != nil {
			return err
		}
		if exists || !ok {
			return errNotFound
		}
		now := db.Now(ctx)
		org.ID, org.Created = db.NewID(), now
		if err := insertOrg(ctx, org); err != nil {
			return err
		}
		p := Person{ID: db.NewID(), Email: email, Name: name, Locale: org.Locale, Theme: "system", Zone: org.Zone, Operator: true, State: Active, LastOrg: org.ID, Created: now}
		if err := insertPerson(ctx, p, hash, now); err != nil {
			return err
		}
		if err := putMembership(ctx, org.ID, p.ID, []access.Role{access.Admin}); err != nil {
			return err
		}
		if out, err = open(ctx, p); err != nil {
			return err
		}
		return trail(ctx, access.Actor{Org: org.ID, Person: p.ID, Via: "setup:"}, "org.setup", "org", org.ID)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

func orEmpty(err error) error {
	if err == nil {
		return fault.New(fault.Invalid, "form.invalid")
	}
	return err
}

// CreateOrg makes a company. For commands of the machine, the demo data and the
// platform operator.
// Codes: Unauthenticated, NotFound (not an operator), Invalid, Conflict (slug taken).
func (s *Service) CreateOrg(ctx context.Context, actor access.Actor, cmd OrgCmd) (Org, error) {
	if err := s.platform(ctx, actor, "org.create"); err != nil {
		return Org{}, err
	}
	org, err := cmd.check()
	if err != nil {
		return Org{}, err
	}
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		org.ID, org.Created = db.NewID(), db.Now(ctx)
		if cmd.Slug == "" {
			if org.Slug, err = freeSlug(ctx, org.Slug); err != nil {
				return err
			}
		} else if _, err := readOrgBySlug(ctx, org.Slug); err == nil {
			return fault.New(fault.Conflict, "account.slug_taken")
		} else if !fault.IsNotFound(db.Translate(err)) {
			return err
		}
		if err := insertOrg(ctx, org); err != nil {
			return err
		}
		return trail(ctx, actor, "org.create", "org", org.ID)
	})
	if err != nil {
		return Org{}, err
	}
	return org, nil
}

func freeSlug(ctx context.Context, slug string) (string, error) {
	try := slug
	for n := 2; ; n++ {
		if _, err := readOrgBySlug(ctx, try); fault.IsNotFound(db.Translate(err)) {
			return try, nil
		} else if err != nil {
			return "", err
		}
		try = slug + "-" + strconv.Itoa(n)
	}
}

// PersonCmd makes a person with a membership outright. Password is a stored form
// made by HashPassword.
type PersonCmd struct {
	Email, Name        string
	Locale, Theme      string
	Zone               string
	PasswordHash       string
	Operator           bool
	Org                string        // company id; empty for an operator alone
	Roles              []access.Role // in Org
	FirstCompanyToOpen bool          // "/" goes to Org
}

// HashPassword makes the stored form of a password, for CreatePerson. It takes
// long on purpose: make it once for many demo people.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.hasher.hash(ctx, password)
}

// CreatePerson makes a person, or gives an existing one another membership. For
// demo data only: system actors. People otherwise come by link.
// Codes: NotFound (not a system actor), Invalid.
func (s *Service) CreatePerson(ctx context.Context, actor access.Actor, cmd PersonCmd) (Person, error) {
	if !system(actor) {
		return Person{}, s.denied(ctx, actor, "person.create", orSignedOut(actor))
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	email, err := NormalEmail("email", cmd.Email)
	addFields(bad, err)
	name, err := cleanName("name", cmd.Name)
	addFields(bad, err)
	if _, _, _, err := decode(cmd.PasswordHash); err != nil && cmd.PasswordHash != "" {
		bad.With("password", "account.password_known")
	}
	if err := bad.OrNil(); err != nil {
		return Person{}, err
	}
	var p Person
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		now := db.Now(ctx)
		var ok bool
		var err error
		if p, _, ok, err = findPerson(ctx, email); err != nil {
			return err
		}
		if !ok {
			p = Person{ID: db.NewID(), Email: email, Name: name, Locale: choose(cmd.Locale, Locales), Theme: choose(cmd.Theme, Themes), Zone: cmd.Zone,
				Operator: cmd.Operator, State: Active, Created: now}
			if cmd.FirstCompanyToOpen {
				p.LastOrg = cmd.Org
			}
			if !validZone(p.Zone) {
				p.Zone = "UTC"
			}
			if err := insertPerson(ctx, p, cmd.PasswordHash, now); err != nil {
				return err
			}
		}
		if cmd.Org != "" {
			if err := putMembership(ctx, cmd.Org, p.ID, cmd.Roles); err != nil {
				return err
			}
		}
		return trail(ctx, actor, "person.create", "person", p.ID)
	})
	return p, err
}

func orSignedOut(a access.Actor) error {
	if !a.Known() {
		return errSignedOut
	}
	return errNotFound
}

// choose returns s when it is one of the words, else the first of them.
func choose(s string, words []string) string {
	for _, w := range words {
		if w == s {
			return w
		}
	}
	return words[0]
}
