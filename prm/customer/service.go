package customer

import (
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

// Service keeps customers. Every method checks the actor first; what is another
// company's does not exist for it.
type Service struct{ db *db.DB }

// New makes the service on d.
func New(d *db.DB) *Service { return &Service{db: d} }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action, kind, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: kind, SubjectID: id, Outcome: audit.Done})
}

// clean trims a draft and says what is wrong with it.
func (d *Draft) clean() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, f := range []struct {
		name string
		v    *string
		most int
	}{
		{"name", &d.Name, 200}, {"country", &d.Country, 2}, {"city", &d.City, 100}, {"street", &d.Street, 200}, {"postcode", &d.Postcode, 20}, {"tax_id", &d.TaxID, 40},
		{"gln", &d.GLN, 20}, {"duns", &d.DUNS, 20}, {"web", &d.Web, 200}, {"note", &d.Note, 4000}, {"external", &d.External, 60},
	} {
		*f.v = strings.TrimSpace(*f.v)
		if len(*f.v) > f.most {
			bad.With(f.name, "form.too_long", "Most", f.most)
		}
		if !identity.Readable(*f.v, f.name == "note") {
			bad.With(f.name, "form.text_wrong")
		}
	}
	d.Country = strings.ToUpper(d.Country)
	if d.Name == "" {
		bad.With("name", "form.missing")
	}
	_, problems := identity.Of(d.Facts())
	for _, p := range problems {
		bad.With(p.Field, p.Key, "Value", p.Value)
	}
	return bad.OrNil()
}

// Check says what is wrong with the form of a draft, as Create would. Codes: Invalid.
func (d Draft) Check() error { return d.clean() }

// Create adds a customer of the actor's company.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (with a field each), Conflict
// (the external number is another customer's).
func (s *Service) Create(ctx context.Context, actor access.Actor, d Draft) (Customer, error) {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return Customer{}, err
	}
	if err := d.clean(); err != nil {
		return Customer{}, err
	}
	var out Customer
	err := s.change(ctx, actor, func(ctx context.Context) error {
		now := db.Now(ctx)
		c := Customer{ID: ID(db.NewID()), Org: actor.Org, Draft: d, State: Active, MadeBy: actor.Person, Created: now, Changed: now, Version: 1}
		if err := freeExternal(ctx, actor.Org, d.External, c.ID); err != nil {
			return err
		}
		if err := insertCustomer(ctx, c); err != nil {
			return err
		}
		if err := s.index(ctx, c); err != nil {
			return err
		}
		out = c
		return note(ctx, actor, "customer.create", "customer", string(c.ID))
	})
	return out, err
}

// index writes the keys and the search words of a customer with its contacts.
func (s *Service) index(ctx context.Context, c Customer) error {
	contacts, err := contactsOf(ctx, c.Org, c.ID)
	if err != nil {
		return err
	}
	var mail []string
	words := []string{c.Name, c.City, c.Postcode, c.TaxID, c.GLN, c.DUNS, c.Web, c.External}
	for _, k := range contacts[c.ID] {
		if k.Mail != "" {
			mail = append(mail, k.Mail)
		}
		words = append(words, k.Name, k.Mail)
	}
	keys, _ := identity.Of(c.Facts(mail...))
	if err := saveKeys(ctx, c.Org, c.ID, keys); err != nil {
		return err
	}
	if c.State != Active {
		return found.Drop(ctx, string(c.ID))
	}
	return found.Put(ctx, string(c.ID), words...)
}

// Update changes a customer. version is the one that was seen.
// Codes: as Create, and Conflict (changed meanwhile, or merged).
func (s *Service) Update(ctx context.Context, actor access.Actor, id ID, version int64, d Draft) (Customer, error) {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return Customer{}, err
	}
	if err := d.clean(); err != nil {
		return Customer{}, err
	}
	var out Customer
	err := s.change(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CustomerWrite, id)
		if err != nil {
			return err
		}
		if err := standing(c, version); err != nil {
			return err
		}
		if err := freeExternal(ctx, actor.Org, d.External, id); err != nil {
			return err
		}
		c.Draft, c.Changed = d, db.Now(ctx)
		if err := s.store(ctx, &c); err != nil {
			return err
		}
		out = c
		return note(ctx, actor, "customer.change", "customer", string(id))
	})
	return out, err
}

// standing says that a customer may be changed by who saw version of it.
func standing(c Customer, version int64) error {
	switch {
	case c.State == Merged:
		return fault.New(fault.Conflict, "customer.merged", "Into", string(c.Into))
	case c.Version != version:
		return fault.New(fault.Conflict, "customer.changed", "Version", c.Version)
	}
	return nil
}

// store writes a changed customer, whose version grows, and its keys.
func (s *Service) store(ctx context.Context, c *Customer) error {
	ok, err := updateCustomer(ctx, *c)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "customer.changed", "Version", c.Version)
	}
	c.Version++
	return s.index(ctx, *c)
}

// load reads a customer of the actor's company and checks the action on it.
func load(ctx context.Context, a access.Actor, act access.Action, id ID) (Customer, error) {
	c, ok, err := customerByID(ctx, a.Org, id)
	if err != nil {
		return Customer{}, err
	}
	if !ok {
		return Customer{}, notFound()
	}
	return c, access.Check(a, act, c.Resource())
}

// Get returns a customer with its keys, contacts and merges. A merged one is returned
// as it stands; Into says where it went.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Detail, error) {
	if err := access.Check(actor, access.CustomerRead, access.Own(actor.Org)); err != nil {
		return Detail{}, err
	}
	var out Detail
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, err := load(ctx, actor, access.CustomerRead, id)
		if err != nil {
			return err
		}
		out = Detail{Customer: c}
		keys, err := keysOf(ctx, c.Org, id)
		if err != nil {
			return err
		}
		contacts, err := contactsOf(ctx, c.Org, id)
		if err != nil {
			return err
		}
		out.Keys, out.Contacts = keys[id], contacts[id]
		_, out.Problems = identity.Of(c.Facts())
		if out.Merges, err = mergesOf(ctx, c.Org, id); err != nil {
			return err
		}
		losers := make([]ID, len(out.Merges))
		for i, m := range out.Merges {
			losers[i] = m.Loser
		}
		full, err := customersByID(ctx, c.Org, losers)
		for i := range out.Merges {
			out.Merges[i].Name = full[losers[i]].Name
		}
		return err
	})
	return out, err
}

// List returns customers of the actor's company by name.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.CustomerRead)
	if err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out Page
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = list(ctx, scope, f)
		return err
	})
	return out, err
}

// Matches are customers of the actor's company that may be the one of the draft: those
// that share a key, the strongest first, then those in the same place with a near
// name. except is left out. At most 20.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Matches(ctx context.Context, actor access.Actor, d Draft, mail []string, except ID) ([]Match, error) {
	if err := access.Check(actor, access.CustomerRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Match
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = matches(ctx, actor.Org, d.Facts(mail...), except, true)
		return err
	})
	return out, err
}

const maxMatches = 20

// matches finds those that share a key and, where alike is set or several do, those with
// a near name.
func matches(ctx context.Context, org string, f identity.Facts, except ID, alike bool) ([]Match, error) {
	keys, _ := identity.Of(f)
	by, err := holders(ctx, org, keys)
	if err != nil || len(by) == 0 && !alike {
		return nil, err
	}
	var near map[ID]string
	if alike || len(by) > 1 { // one that shares a key is the first of all, whatever the names
		if near, err = inBlock(ctx, org, identity.Block(f), 2000); err != nil {
			return nil, err
		}
	}
	var out []Match
	for id, shared := range by {
		if id != except {
			out = append(out, Match{Customer: Customer{ID: id}, By: shared})
		}
	}
	for id, name := range near {
		n := identity.Similarity(f.Name, name)
		if n < identity.NearEnough || id == except {
			continue
		}
		if i := slices.IndexFunc(out, func(m Match) bool { return m.Customer.ID == id }); i >= 0 {
			out[i].Near = n
			continue
		}
		out = append(out, Match{Customer: Customer{ID: id}, Near: n})
	}
	slices.SortFunc(out, func(a, b Match) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		if a.Near != b.Near {
			return b.Near - a.Near
		}
		return strings.Compare(string(a.Customer.ID), string(b.Customer.ID))
	})
	out = out[:min(len(out), maxMatches)]
	ids := make([]ID, len(out))
	for i := range out {
		ids[i] = out[i].Customer.ID
	}
	full, err := customersByID(ctx, org, ids)
	for i := range out {
		out[i].Customer = full[out[i].Customer.ID]
	}
	return out, err
}

func rank(m Match) int {
	if len(m.By) == 0 {
		return len(identity.Kinds)
	}
	return slices.Index(identity.Kinds, m.By[0].Kind)
}

// Ensure returns the customer of the actor's company that is the one of the draft by
// external number or a strong key, or makes it. made says which. A match by name alone
// is not enough: a person decides that by Merge.
// Codes: as Create.
func (s *Service) Ensure(ctx context.Context, actor access.Actor, d Draft, mail ...string) (c Customer, made bool, err error) {
	return s.ensure(ctx, actor, d, Match.Sure, mail)
}

// EnsureAlike is Ensure that takes one of the same name and place as well, for rows of
// a file in which a company stands more than once.
// Codes: as Create.
func (s *Service) EnsureAlike(ctx context.Context, actor access.Actor, d Draft, mail ...string) (c Customer, made bool, err error) {
	return s.ensure(ctx, actor, d, func(m Match) bool { return len(m.By) > 0 }, mail)
}

func (s *Service) ensure(ctx context.Context, actor access.Actor, d Draft, same func(Match) bool, mail []string) (c Customer, made bool, err error) {
	if err := access.Check(actor, access.CustomerWrite, access.Own(actor.Org)); err != nil {
		return Customer{}, false, err
	}
	if err := d.clean(); err != nil {
		return Customer{}, false, err
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		made = false
		id, err := externalHolder(ctx, actor.Org, d.External)
		if err != nil {
			return err
		}
		if id == "" {
			ms, err := matches(ctx, actor.Org, d.Facts(mail...), "", false) // a near name decides nothing
			if err != nil {
				return err
			}
			if len(ms) > 0 && same(ms[0]) {
				id = ms[0].Customer.ID
			}
		}
		if id == "" {
			made = true
			c, err = s.Create(ctx, actor, d)
			return err
		}
		c, err = follow(ctx, actor.Org, id)
		return err
	})
	return c, made, err
}

// Current gives the customer that id became by merges: itself, mostly.
// Codes: Unauthenticated, NotFound.
func (s *Service) Current(ctx context.Context, actor access.Actor, id ID) (Customer, error) {
	if err := access.Check(actor, access.CustomerRead, access.Own(actor.Org)); err != nil {
		return Customer{}, err
	}
	var out Customer
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = follow(ctx, actor.Org, id)
		return err
	})
	return out, err
}

func follow(ctx context.Context, org string, id ID) (Customer, error) {
	for range 50 { // merges make no circle; a chain this long is none
		c, ok, err := customerByID(ctx, org, id)
		if err != nil {
			return Customer{}, err
		}
		if !ok {
			return Customer{}, notFound()
		}
		if c.State != Merged {
			return c, nil
		}
		id = c.Into
	}
	return Customer{}, fault.New(fault.Internal, "error.internal", "Cause", "a chain of merges without end")
}

// Many reads customers of the actor's company with their keys and contacts; one that was
// merged is the one it became, under the id that was asked for. Unknown ones are left out.
// Codes: Unauthenticated, NotFound.
func (s *Service) Many(ctx context.Context, actor access.Actor, ids []ID) (map[ID]Detail, error) {
	if err := access.Check(actor, access.CustomerRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	out := map[ID]Detail{}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		for part := range slices.Chunk(ids, 500) {
			full, err := customersByID(ctx, actor.Org, part)
			if err != nil {
				return err
			}
			var now []ID
			for id, c := range full {
				if c.State == Merged {
					if c, err = follow(ctx, actor.Org, id); err != nil {
						return err
					}
				}
				full[id], now = c, append(now, c.ID)
			}
			keys, err := keysOf(ctx, actor.Org, now...)
			if err != nil {
				return err
			}
			contacts, err := contactsOf(ctx, actor.Org, now...)
			if err != nil {
				return err
			}
			for id, c := range full {
				out[id] = Detail{Customer: c, Keys: keys[c.ID], Contacts: contacts[c.ID]}
			}
		}
		return nil
	})
	return out, err
}
