package customer

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

func (d *ContactDraft) clean() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, f := range []struct {
		name string
		v    *string
		most int
	}{{"name", &d.Name, 200}, {"title", &d.Title, 100}, {"mail", &d.Mail, 254}, {"phone", &d.Phone, 40}} {
		*f.v = strings.TrimSpace(*f.v)
		if len(*f.v) > f.most {
			bad.With(f.name, "form.too_long", "Most", f.most)
		}
		if !identity.Readable(*f.v, false) {
			bad.With(f.name, "form.text_wrong")
		}
	}
	if d.Name == "" {
		bad.With("name", "form.missing")
	}
	if d.Mail != "" {
		if a, err := mail.ParseAddress(d.Mail); err != nil || a.Name != "" || a.Address != d.Mail {
			bad.With("mail", "identity.mail_wrong", "Value", d.Mail)
		}
	}
	return bad.OrNil()
}

func (c *Consent) clean(now time.Time) error {
	if !c.Contact && !c.Share {
		c.Basis = ""
		return nil
	}
	if !slices.Contains(Bases, c.Basis) {
		return fault.InvalidField("basis", "customer.basis_missing")
	}
	if c.Given.IsZero() {
		c.Given = now
	}
	if c.Given.After(now) {
		return fault.InvalidField("given", "customer.consent_future")
	}
	return nil
}

// SaveContact adds a contact to a customer (id empty) or changes one; version is the
// one that was seen, 0 for a new one. The consent is recorded with who and when; taking
// it back is a change like any other and stays in the audit log.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (changed meanwhile, or
// the customer was merged).
func (s *Service) SaveContact(ctx context.Context, actor access.Actor, customer ID, id ContactID, version int64, d ContactDraft, consent Consent) (Contact, error) {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return Contact{}, err
	}
	if err := d.clean(); err != nil {
		return Contact{}, err
	}
	var out Contact
	err := s.change(ctx, actor, func(ctx context.Context) error {
		now := db.Now(ctx)
		if err := consent.clean(now); err != nil {
			return err
		}
		c, err := load(ctx, actor, access.CustomerWrite, customer)
		if err != nil {
			return err
		}
		if c.State == Merged {
			return fault.New(fault.Conflict, "customer.merged", "Into", string(c.Into))
		}
		k := Contact{ID: id, Customer: customer, Org: actor.Org, Created: now}
		if id != "" {
			was, ok, err := contactByID(ctx, actor.Org, id)
			if err != nil {
				return err
			}
			if !ok || was.Customer != customer {
				return notFound()
			}
			if was.Version != version {
				return fault.New(fault.Conflict, "customer.changed", "Version", was.Version)
			}
			k = was
		} else {
			k.ID = ContactID(db.NewID())
		}
		action := "contact.save"
		if was := k.Consent; was.Contact != consent.Contact || was.Share != consent.Share || was.Basis != consent.Basis || id == "" {
			consent.By, consent.Withdrawn = actor.Person, was.Withdrawn
			k.Consent = consent
			action = "contact.consent"
		}
		k.ContactDraft, k.Changed = d, now
		if id == "" {
			k.Version = 1
			err = insertContact(ctx, k)
		} else {
			var ok bool
			if ok, err = updateContact(ctx, k); err == nil && !ok {
				err = fault.New(fault.Conflict, "customer.changed", "Version", k.Version)
			}
			k.Version++
		}
		if err != nil {
			return err
		}
		if err := s.index(ctx, c); err != nil {
			return err
		}
		out = k
		return note(ctx, actor, action, "contact", string(k.ID))
	})
	return out, err
}

// Withdraw records that whoever reads an address is not to be written to any more: every
// contact of the actor's company with it loses that consent. contact is the one whose link
// it was; one that is gone changes nothing. It returns the address, empty where there is
// none. Safe to repeat.
// Codes: Unauthenticated, NotFound (no right), Forbidden.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, contact ContactID) (address string, err error) {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return "", err
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		k, ok, err := contactByID(ctx, actor.Org, contact)
		if err != nil || !ok || k.Mail == "" {
			return err
		}
		address = k.Mail
		same, err := contactsAt(ctx, actor.Org, k.Mail)
		if err != nil {
			return err
		}
		for _, k := range same {
			if !k.Consent.Contact && !k.Consent.Withdrawn.IsZero() {
				continue
			}
			k.Consent.Contact, k.Consent.Withdrawn, k.Changed = false, db.Now(ctx), db.Now(ctx)
			if !k.Consent.Share {
				k.Consent.Basis = ""
			}
			if _, err := updateContact(ctx, k); err != nil {
				return err
			}
			if err := note(ctx, actor, "contact.withdraw", "contact", string(k.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	return address, err
}

// RemoveContact deletes a contact and what is known of the person. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) RemoveContact(ctx context.Context, actor access.Actor, customer ID, id ContactID) error {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CustomerWrite, customer)
		if err != nil {
			return err
		}
		gone, err := deleteContact(ctx, actor.Org, customer, id)
		if err != nil || !gone {
			return err
		}
		if err := s.index(ctx, c); err != nil {
			return err
		}
		return note(ctx, actor, "contact.remove", "contact", string(id))
	})
}

// Check says what is wrong with the form of a contact and its consent, as SaveContact
// would. Codes: Invalid.
func (d ContactDraft) Check(consent Consent) error {
	err := d.clean()
	if err != nil {
		return err
	}
	consent.Given = time.Time{}
	return consent.clean(time.Time{})
}
