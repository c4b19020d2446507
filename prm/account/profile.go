package account

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/fault"
)

// Profile returns the actor's own person.
// Codes: Unauthenticated, Forbidden (by token).
func (s *Service) Profile(ctx context.Context, actor access.Actor) (Person, error) {
	if err := s.itself(actor); err != nil {
		return Person{}, err
	}
	var out Person
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, _, err = readPerson(ctx, actor.Person)
		return err
	})
	return out, err
}

// ProfileCmd changes what a person chooses for themself.
type ProfileCmd struct {
	Name   string
	Locale string // of Locales
	Theme  string // of Themes
	Zone   string // IANA
}

// ChangeProfile changes the actor's own name, language, look and time zone.
// Codes: Unauthenticated, Forbidden (by token), Invalid.
func (s *Service) ChangeProfile(ctx context.Context, actor access.Actor, cmd ProfileCmd) (Person, error) {
	if err := s.itself(actor); err != nil {
		return Person{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	name, err := cleanName("name", cmd.Name)
	addFields(bad, err)
	if !slices.Contains(Locales, cmd.Locale) {
		bad.With("language", "account.locale_wrong")
	}
	if !slices.Contains(Themes, cmd.Theme) {
		bad.With("theme", "account.theme_wrong")
	}
	if !validZone(cmd.Zone) {
		bad.With("zone", "account.zone_wrong")
	}
	if err := bad.OrNil(); err != nil {
		return Person{}, err
	}
	var out Person
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		if err := updateProfile(ctx, Person{ID: actor.Person, Name: name, Locale: cmd.Locale, Theme: cmd.Theme, Zone: cmd.Zone}); err != nil {
			return err
		}
		if out, _, err = readPerson(ctx, actor.Person); err != nil {
			return err
		}
		return trail(ctx, actor, "person.profile", "person", actor.Person)
	})
	return out, err
}

// ChangePassword sets a new password after proof of the present one. Every
// other session of the person ends, open reset links die, and the person is
// told by mail.
// Codes: Unauthenticated, Forbidden (by token), Invalid (old wrong, new
// refused), RateLimited.
func (s *Service) ChangePassword(ctx context.Context, actor access.Actor, old, fresh string) error {
	p, err := s.Profile(ctx, actor)
	if err != nil {
		return err
	}
	if err := CheckPassword("password", fresh, p.Email, p.Name); err != nil {
		return err
	}
	if _, err := s.prove(ctx, actor, old); err != nil {
		if f := fault.As(err); len(f.Fields) == 1 {
			return fault.InvalidField("old", f.Fields[0].Key)
		}
		return err
	}
	hash, err := s.hasher.hash(ctx, fresh)
	if err != nil {
		return err
	}
	letter, err := s.mailer.Compose(Mail{Kind: MailPasswordTold, Org: actor.Org, Person: p.ID, Address: p.Email, Name: p.Name, Locale: p.Locale, Zone: p.Zone,
		Dedupe: "password_told:" + digest(hash)[:32]})
	if err != nil {
		return err
	}
	var ended []string
	err = s.tx(ctx, actor, func(ctx context.Context) error {
		if err := succeeded(ctx, accountKey(p.Email), addressKey(OriginOf(ctx).Addr)); err != nil {
			return err
		}
		if err := updatePassword(ctx, p.ID, hash); err != nil {
			return err
		}
		if ended, err = endSessions(ctx, p.ID, "", sessionID(actor)); err != nil {
			return err
		}
		if err := killLinks(ctx, p.ID, LinkReset, LinkAddress); err != nil {
			return err
		}
		if err := s.mailer.Post(ctx, letter); err != nil {
			return err
		}
		return trail(ctx, actor, "person.password", "person", p.ID)
	})
	s.signedOut(err, p.ID, ended)
	return err
}
