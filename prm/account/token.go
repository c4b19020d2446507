package account

import (
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// TokenCmd asks for an API token.
type TokenCmd struct {
	Name   string
	Scopes []string // of access.ScopeNames
	Days   int      // life, 1 to MaxTokenDays
}

func (c *TokenCmd) check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	name, err := cleanName("name", c.Name)
	addFields(bad, err)
	c.Name = name
	if c.Days < 1 || c.Days > MaxTokenDays {
		bad.With("days", "account.token_days", "most", MaxTokenDays)
	}
	known := access.ScopeNames()
	scopes := slices.Clone(c.Scopes)
	slices.Sort(scopes)
	c.Scopes = slices.Compact(scopes)
	if len(c.Scopes) == 0 {
		bad.With("scope", "account.scope_missing")
	}
	for _, sc := range c.Scopes {
		if !slices.Contains(known, sc) {
			bad.With("scope", "account.scope_unknown", "scope", sc)
		}
	}
	return bad.OrNil()
}

// CreateToken makes an API token of the actor in the actor's company and
// returns its secret, which is shown once. A token never makes a token.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (too many).
func (s *Service) CreateToken(ctx context.Context, actor access.Actor, cmd TokenCmd) (string, Token, error) {
	if err := s.own(ctx, actor, access.TokenOwn); err != nil {
		return "", Token{}, err
	}
	if err := s.itself(actor); err != nil {
		return "", Token{}, err
	}
	return s.makeToken(ctx, actor, actor.Person, actor.Org, cmd)
}

// TokenForCmd asks for a token of somebody, on the machine. Slug may be empty
// where the person is in one company only.
type TokenForCmd struct {
	Email, Slug string
	TokenCmd
}

// CreateTokenFor makes an API token for somebody. For the machine's own
// commands: system actors.
// Codes: Unauthenticated, NotFound (no such person or membership), Invalid,
// Conflict (in several companies, or too many tokens).
func (s *Service) CreateTokenFor(ctx context.Context, actor access.Actor, cmd TokenForCmd) (string, Token, error) {
	if !system(actor) {
		return "", Token{}, s.denied(ctx, actor, "token.create_for", orSignedOut(actor))
	}
	p, seats, err := s.Directory().PersonByEmail(ctx, cmd.Email)
	if err != nil {
		return "", Token{}, err
	}
	if cmd.Slug != "" {
		seats = slices.DeleteFunc(seats, func(s Seat) bool { return s.Org.Slug != cmd.Slug })
	}
	switch {
	case len(seats) == 0:
		return "", Token{}, fault.New(fault.NotFound, "account.no_membership")
	case len(seats) > 1:
		return "", Token{}, fault.New(fault.Conflict, "account.which_company")
	}
	return s.makeToken(ctx, actor, p.ID, seats[0].Org.ID, cmd.TokenCmd)
}

func (s *Service) makeToken(ctx context.Context, actor access.Actor, person, org string, cmd TokenCmd) (string, Token, error) {
	if err := cmd.check(); err != nil {
		return "", Token{}, err
	}
	secret := newToken()
	t := Token{ID: db.NewID(), Org: org, Person: person, Name: cmd.Name, Hint: secret[:hintLen], Scopes: cmd.Scopes}
	err := s.db.InTx(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		if err := lockOrg(ctx, org); err != nil {
			return err
		}
		m, ok, err := findMembership(ctx, org, person)
		if err != nil {
			return err
		}
		if !ok || m.State != string(Active) {
			return errNotFound
		}
		n, err := countTokens(ctx, org, person)
		if err != nil {
			return err
		}
		if n >= maxTokens {
			return fault.New(fault.Conflict, "account.tokens_many", "most", maxTokens)
		}
		t.Created = db.Now(ctx)
		t.Expires = t.Created.AddDate(0, 0, cmd.Days)
		if err := insertToken(ctx, t, digest(secret)); err != nil {
			return err
		}
		actor.Org = org
		return trail(ctx, actor, "token.make", "token", t.ID)
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

// Tokens lists the actor's own API tokens in the actor's company, dead ones too.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Tokens(ctx context.Context, actor access.Actor) ([]Token, error) {
	if err := access.Check(actor, access.TokenOwn, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	if err := s.itself(actor); err != nil {
		return nil, err
	}
	return s.tokens(ctx, actor, actor.Person)
}

// OrgTokens lists all API tokens of the actor's company, dead ones too.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) OrgTokens(ctx context.Context, actor access.Actor) ([]Token, error) {
	if err := access.Check(actor, access.TokenManage, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	return s.tokens(ctx, actor, "")
}

func (s *Service) tokens(ctx context.Context, actor access.Actor, person string) ([]Token, error) {
	var out []Token
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = tokensOf(ctx, actor.Org, person)
		return err
	})
	return out, err
}

// RevokeToken ends an API token at once: one of the actor's own, or any of the
// company for an admin. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) RevokeToken(ctx context.Context, actor access.Actor, id string) error {
	if err := s.own(ctx, actor, access.TokenOwn); err != nil {
		return err
	}
	all := access.Allowed(actor, access.TokenManage, access.Own(actor.Org))
	var ids []string
	var person string
	err := s.tx(ctx, actor, func(ctx context.Context) error {
		ids = nil
		row, ok, err := findToken(ctx, id)
		if err != nil {
			return err
		}
		if !ok || row.OrgID != actor.Org || !all && row.PersonID != actor.Person {
			return errNotFound
		}
		person = row.PersonID
		if ids, err = revokeTokens(ctx, actor.Org, "", id); err != nil || len(ids) == 0 {
			return err
		}
		return trail(ctx, actor, "token.revoke", "token", id)
	})
	if err == nil && len(ids) > 0 {
		s.leaver.Revoked(person, ids)
	}
	return err
}

func trimBlanks(s string) string { return strings.Trim(s, " ") }

// upperASCII is for qualifiers, which are codes.
func upperASCII(s string) string { return strings.ToUpper(s) }

// printable reports characters that no syntax uses as a separator. blanks says
// whether inner blanks are allowed.
func printable(s string, blanks bool) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' && blanks:
		case c <= ' ' || c > '~', strings.IndexByte("*~^>|:+'?\"\\<", c) >= 0:
			return false
		}
	}
	return true
}
