package lead

import (
	"context"
	"errors"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/identity"
)

// Incoming is a lead that brings its customer and its contact with it: a row of a file,
// a form that somebody filled.
type Incoming struct {
	Customer customer.Draft
	Contact  customer.ContactDraft // no name: nobody
	Consent  customer.Consent
	Lead     Draft // without customer and contact
	// Origin names it among those that came the same way; the same again adds nothing.
	Origin string
	// Stranger says that nobody of the company vouches for it. Then it is a customer of
	// its own, never one that is known: what the company knows of that one would be
	// passed on with the lead.
	Stranger bool
}

// prefixed puts the fields of a fault under a name.
func prefixed(bad *fault.Error, under string, err error) error {
	var f *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && f.Code == fault.Invalid && len(f.Fields) > 0:
		for _, x := range f.Fields {
			x.Name = under + x.Name
			bad.Fields = append(bad.Fields, x)
		}
		return nil
	}
	return err
}

// check says what is wrong with it, each field once: customer.…, contact.… or the lead's.
func (in Incoming) check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if err := prefixed(bad, "customer.", in.Customer.Check()); err != nil {
		return err
	}
	known := customer.Detail{Customer: customer.Customer{Draft: in.Customer}}
	known.Keys, _ = identity.Of(in.Customer.Facts())
	if in.Contact.Name != "" {
		if err := prefixed(bad, "contact.", in.Contact.Check(in.Consent)); err != nil {
			return err
		}
		known.Contacts = []customer.Contact{{ContactDraft: in.Contact}}
	}
	d := in.Lead
	d.Customer = "x" // it will have one
	if err := prefixed(bad, "", d.clean()); err != nil {
		return err
	}
	if err := prefixed(bad, "", telling(d, known)); err != nil {
		return err
	}
	return bad.OrNil()
}

// Try says of each what Bring would refuse, nil for what it would take, and which of them
// are there already. Nothing is written.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Try(ctx context.Context, actor access.Actor, in []Incoming) (wrong []error, there map[int]ID, err error) {
	if err := MayBring(actor); err != nil {
		return nil, nil, err
	}
	wrong = make([]error, len(in))
	for i := range in {
		wrong[i] = in[i].check()
	}
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		there, err = broughtBefore(ctx, actor.Org, in)
		return err
	})
	return wrong, there, err
}

// MayBring asks for the rights that Try and Bring want.
// Codes: Unauthenticated, NotFound, Forbidden.
func MayBring(actor access.Actor) error {
	if err := access.Check(actor, access.LeadWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return access.Check(actor, access.CustomerWrite, access.Own(actor.Org))
}

// Bring adds a lead with its customer and contact, which are found where they are known.
// One with an origin or an external number that is there already is returned as it is.
// A consent is only ever added to, never taken back.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) Bring(ctx context.Context, actor access.Actor, in Incoming) (Lead, bool, error) {
	if err := MayBring(actor); err != nil {
		return Lead{}, false, err
	}
	if err := in.check(); err != nil {
		return Lead{}, false, err
	}
	var out Lead
	made := false
	err := s.change(ctx, actor, func(ctx context.Context) error {
		made = false
		there, err := broughtBefore(ctx, actor.Org, []Incoming{in})
		if err != nil {
			return err
		}
		if id, ok := there[0]; ok {
			out, _, err = leadByID(ctx, actor.Org, id)
			return err
		}
		var c customer.Customer
		fresh := true
		if in.Stranger {
			c, err = s.customers.Create(ctx, actor, in.Customer)
		} else {
			c, fresh, err = s.customers.EnsureAlike(ctx, actor, in.Customer, mails(in.Contact)...)
		}
		if err != nil {
			return err
		}
		known := customer.Detail{Customer: c}
		if known.Keys, _ = identity.Of(c.Facts()); !fresh {
			many, err := s.customers.Many(ctx, actor, []customer.ID{c.ID})
			if err != nil {
				return err
			}
			known = many[c.ID]
		}
		in.Lead.Customer, in.Lead.origin = c.ID, in.Origin
		if err := in.Lead.clean(); err != nil {
			return err
		}
		if err := telling(in.Lead, known); err != nil {
			return err
		}
		if in.Lead.Contact, err = s.contactOf(ctx, actor, &known, in); err != nil {
			return err
		}
		made = true
		out, err = s.add(ctx, actor, in.Lead, known)
		return err
	})
	return out, made, err
}

func mails(k customer.ContactDraft) []string {
	if k.Mail == "" {
		return nil
	}
	return []string{k.Mail}
}

// contactOf finds the contact at the customer by mail address, else by name, or adds it.
func (s *Service) contactOf(ctx context.Context, actor access.Actor, c *customer.Detail, in Incoming) (customer.ContactID, error) {
	if in.Contact.Name == "" {
		return "", nil
	}
	for _, k := range c.Contacts {
		if in.Contact.Mail != "" && !strings.EqualFold(k.Mail, in.Contact.Mail) || in.Contact.Mail == "" && !strings.EqualFold(k.Name, in.Contact.Name) {
			continue
		}
		more := k.Consent
		more.Contact, more.Share = k.Consent.Contact || in.Consent.Contact, k.Consent.Share || in.Consent.Share
		if more == k.Consent {
			return k.ID, nil
		}
		more.Basis, more.Given = in.Consent.Basis, db.Now(ctx)
		_, err := s.customers.SaveContact(ctx, actor, c.ID, k.ID, k.Version, k.ContactDraft, more)
		return k.ID, err
	}
	k, err := s.customers.SaveContact(ctx, actor, c.ID, "", 0, in.Contact, in.Consent)
	c.Contacts = append(c.Contacts, k)
	return k.ID, err
}
