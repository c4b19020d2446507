package lead

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/identity"
)

// Service keeps leads. Every method checks the actor first; what its company has no
// side on does not exist for it.
type Service struct {
	db        *db.DB
	jobs      Publisher
	customers *customer.Service
	calendar  Calendar
	mails     Mailing
}

// NewService makes the service.
func NewService(d *db.DB, jobs Publisher, customers *customer.Service, calendar Calendar) *Service {
	return &Service{db: d, jobs: jobs, customers: customers, calendar: calendar}
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

// change runs fn in a transaction for the actor's company and the others concerned.
func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action, kind, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: kind, SubjectID: id, Outcome: audit.Done})
}

// clean trims a draft and says what is wrong with its form.
func (d *Draft) clean() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, f := range []struct {
		name  string
		v     *string
		most  int
		lines bool
	}{{"title", &d.Title, 120, false}, {"need", &d.Need, 1000, true}, {"details", &d.Details, 4000, true}, {"industry", &d.Industry, 80, false}, {"size", &d.Size, 40, false},
		{"campaign", &d.Campaign, 60, false}, {"ref", &d.Ref, 40, false}, {"external", &d.External, 60, false}} {
		*f.v = strings.TrimSpace(*f.v)
		if len(*f.v) > f.most {
			bad.With(f.name, "form.too_long", "Most", f.most)
		}
		if !identity.Readable(*f.v, f.lines) {
			bad.With(f.name, "form.text_wrong")
		}
	}
	if d.Title == "" {
		bad.With("title", "form.missing")
	}
	if d.Customer == "" {
		bad.With("customer", "form.missing")
	}
	if d.Source == "" {
		d.Source = "direct"
	}
	if !slices.Contains(Sources, d.Source) {
		bad.With("source", "form.choice_wrong")
	}
	if _, err := time.Parse(time.DateOnly, d.Expected); d.Expected != "" && err != nil {
		bad.With("expected", "form.date")
	}
	if d.Value.Currency != "" && (!d.Value.Currency.Valid() || d.Value.Minor < 0) {
		bad.With("value", "form.decimal")
	}
	if len(d.Families) > 20 {
		bad.With("families", "form.too_many")
	}
	if len(d.Products) > 50 {
		bad.With("products", "form.too_many")
	}
	for _, p := range d.Products {
		if p.SKU == "" || p.Quantity <= 0 {
			bad.With("products", "form.number_wrong")
			break
		}
	}
	return bad.OrNil()
}

// telling checks that what a partner reads before it accepts names nobody.
func telling(d Draft, c customer.Detail) error {
	return naming(map[string]string{"title": d.Title, "need": d.Need, "industry": d.Industry, "size": d.Size, "families": strings.Join(d.Families, "\n")}, c)
}

// naming refuses the fields that name the customer or a contact, or a way to reach them.
func naming(fields map[string]string, c customer.Detail) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	var secrets []string
	if n := identity.FoldName(c.Name); len([]rune(n)) >= 3 || len(n) >= 6 {
		secrets = append(secrets, n)
	}
	var words []string // as they are written
	for _, k := range c.Contacts {
		if n := identity.FoldName(k.Name); len(n) >= 6 {
			secrets = append(secrets, n)
		}
		words = append(words, k.Mail, k.Phone)
	}
	for _, k := range c.Keys {
		if k.Kind == identity.Domain {
			words = append(words, k.Value)
		}
	}
	for field, text := range fields {
		folded, plain := identity.FoldName(text), strings.ToLower(text)
		names := slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(folded, s) })
		names = names || slices.ContainsFunc(words, func(w string) bool { return w != "" && strings.Contains(plain, strings.ToLower(w)) })
		if names || strings.Contains(text, "@") || phoneLike(text) {
			bad.With(field, "lead.teaser_names")
		}
	}
	return bad.OrNil()
}

// phoneLike says that nine digits or more follow each other, with what people write
// between them.
func phoneLike(s string) bool {
	run := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			if run++; run >= 9 {
				return true
			}
		case r != ' ' && r != '-' && r != '(' && r != ')' && r != '/' && r != '+':
			run = 0
		}
	}
	return false
}

// customerOf reads the customer and contact of a draft for the actor's company; where
// the customer was merged into another one, that one.
func (s *Service) customerOf(ctx context.Context, actor access.Actor, d Draft) (customer.Detail, *customer.Contact, error) {
	many, err := s.customers.Many(ctx, actor, []customer.ID{d.Customer})
	c, ok := many[d.Customer]
	if err == nil && !ok {
		err = fault.InvalidField("customer", "lead.customer_unknown")
	}
	if err != nil {
		return c, nil, err
	}
	contact, err := contactIn(c, d)
	return c, contact, err
}

// contactIn finds the contact of a draft; nil for none.
func contactIn(c customer.Detail, d Draft) (*customer.Contact, error) {
	if d.Contact == "" {
		return nil, nil
	}
	i := slices.IndexFunc(c.Contacts, func(k customer.Contact) bool { return k.ID == d.Contact })
	if i < 0 {
		return nil, fault.InvalidField("contact", "lead.contact_unknown")
	}
	return &c.Contacts[i], nil
}

// Create adds a lead of the actor's company. One with an external number that is there
// already is returned as it is, so that a repeated import or call adds nothing.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) Create(ctx context.Context, actor access.Actor, d Draft) (Lead, bool, error) {
	if err := access.Check(actor, access.LeadWrite, access.Own(actor.Org)); err != nil {
		return Lead{}, false, err
	}
	if err := d.clean(); err != nil {
		return Lead{}, false, err
	}
	var out Lead
	made := false
	err := s.change(ctx, actor, func(ctx context.Context) error {
		made = false
		if d.External != "" {
			was, ok, err := leadByExternal(ctx, actor.Org, d.External)
			if err != nil || ok {
				out = was
				return err
			}
		}
		c, _, err := s.customerOf(ctx, actor, d)
		if err != nil {
			return err
		}
		if err := telling(d, c); err != nil {
			return err
		}
		made = true
		out, err = s.add(ctx, actor, d, c)
		return err
	})
	return out, made, err
}

// add writes a new lead in the caller's transaction.
func (s *Service) add(ctx context.Context, actor access.Actor, d Draft, c customer.Detail) (Lead, error) {
	n, err := db.Next(ctx, "lead:"+actor.Org)
	if err != nil {
		return Lead{}, err
	}
	now := db.Now(ctx)
	l := Lead{ID: ID(db.NewID()), Org: actor.Org, Number: n, Draft: d, State: New, MadeBy: actor.Person, Created: now, Changed: now, Version: 1}
	if err := insertLead(ctx, l); err != nil {
		return l, err
	}
	if err := index(ctx, l, c); err != nil {
		return l, err
	}
	return l, note(ctx, actor, "lead.create", "lead", string(l.ID))
}

// Update changes a lead. An offer that waits or is held keeps what it was sent with;
// Tell passes a change on.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (changed meanwhile, or
// it is over).
func (s *Service) Update(ctx context.Context, actor access.Actor, id ID, version int64, d Draft) (Lead, error) {
	if err := access.Check(actor, access.LeadWrite, access.Own(actor.Org)); err != nil {
		return Lead{}, err
	}
	if err := d.clean(); err != nil {
		return Lead{}, err
	}
	var out Lead
	err := s.change(ctx, actor, func(ctx context.Context) error {
		l, err := load(ctx, actor, access.LeadWrite, id)
		if err != nil {
			return err
		}
		if l.Version != version {
			return fault.New(fault.Conflict, "lead.changed", "Version", l.Version)
		}
		if l.State == Converted || l.State == Lost {
			return fault.New(fault.Conflict, "lead.over")
		}
		c, _, err := s.customerOf(ctx, actor, d)
		if err != nil {
			return err
		}
		if err := telling(d, c); err != nil {
			return err
		}
		d.Ref = l.Ref
		l.Draft = d
		if err := save(ctx, &l); err != nil {
			return err
		}
		out = l
		if err := index(ctx, l, c); err != nil {
			return err
		}
		return note(ctx, actor, "lead.change", "lead", string(id))
	})
	return out, err
}

func index(ctx context.Context, l Lead, c customer.Detail) error {
	return found.Put(ctx, string(l.ID), l.Title, l.Need, l.External, c.Name, c.City)
}

// save writes a lead whose version it grows.
func save(ctx context.Context, l *Lead) error {
	l.Changed = db.Now(ctx)
	ok, err := updateLead(ctx, *l)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "lead.changed", "Version", l.Version)
	}
	l.Version++
	return nil
}

// load reads a lead of the actor's company and checks the action on it.
func load(ctx context.Context, a access.Actor, act access.Action, id ID) (Lead, error) {
	l, ok, err := leadByID(ctx, a.Org, id)
	if err != nil {
		return Lead{}, err
	}
	if !ok {
		return Lead{}, notFound()
	}
	return l, access.Check(a, act, l.Resource())
}

// Detail is a lead with everything its owner knows.
type Detail struct {
	Lead
	Customer   customer.Detail
	Offers     []Offer // all of them, the newest first
	Activities []Activity
}

// Get returns a lead of the actor's own company.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Detail, error) {
	if err := access.Check(actor, access.LeadRead, access.Own(actor.Org)); err != nil {
		return Detail{}, err
	}
	var out Detail
	err := s.view(ctx, actor, func(ctx context.Context) error {
		l, err := load(ctx, actor, access.LeadRead, id)
		if err != nil {
			return err
		}
		out = Detail{Lead: l}
		if out.Offers, err = offersOf(ctx, actor.Org, id); err != nil {
			return err
		}
		for _, o := range out.Offers {
			as, err := activitiesOf(ctx, o.ID)
			if err != nil {
				return err
			}
			out.Activities = append(out.Activities, as...)
		}
		if access.Allowed(actor, access.CustomerRead, access.Own(actor.Org)) {
			out.Customer, err = s.customers.Get(ctx, actor, l.Draft.Customer)
		}
		return err
	})
	return out, err
}

// List returns leads of the actor's own company.
// Codes: Unauthenticated, Forbidden, Invalid (cursor, view).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.LeadRead)
	if err != nil {
		return Page{}, err
	}
	f.Limit = pageSize(f.Limit)
	var out Page
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = listLeads(ctx, scope, f)
		return err
	})
	return out, err
}

// Some are those of some leads that the actor may read; what he may not read is left out
// as what does not exist is.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Some(ctx context.Context, actor access.Actor, ids ...ID) (map[ID]Lead, error) {
	scope, err := access.List(actor, access.LeadRead)
	if err != nil {
		return nil, err
	}
	var out map[ID]Lead
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = leadsByID(ctx, scope.Org(), ids)
		return err
	})
	return out, err
}

// SomeOffers is Some of offers, each as its side sees it.
// Codes: Unauthenticated, Forbidden.
func (s *Service) SomeOffers(ctx context.Context, actor access.Actor, ids ...OfferID) (map[OfferID]Offer, error) {
	if _, err := access.List(actor, access.OfferRead); err != nil {
		return nil, err
	}
	out := map[OfferID]Offer{}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		found, err := offersByID(ctx, ids)
		for _, o := range found {
			if access.Allowed(actor, access.OfferRead, o.Resource()) {
				out[o.ID] = o.seen(actor.Org)
			}
		}
		return err
	})
	return out, err
}

// Counts are the numbers of the owner's views.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor) (Counts, error) {
	scope, err := access.List(actor, access.LeadRead)
	if err != nil {
		return Counts{}, err
	}
	var out Counts
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = countLeads(ctx, scope)
		return err
	})
	return out, err
}

func pageSize(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 200)
}

// Close ends a lead that nobody holds as lost.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (reason), Conflict (it is held,
// offered or over).
func (s *Service) Close(ctx context.Context, actor access.Actor, id ID, reason string) error {
	if err := access.Check(actor, access.LeadWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	if !slices.Contains(Reasons, reason) {
		return fault.InvalidField("reason", "form.choice_wrong")
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		l, err := load(ctx, actor, access.LeadWrite, id)
		if err != nil {
			return err
		}
		if l.State != New && l.State != Unplaced {
			return fault.New(fault.Conflict, "lead.not_free", "State", string(l.State))
		}
		l.State, l.Reason = Lost, reason
		if err := save(ctx, &l); err != nil {
			return err
		}
		return note(ctx, actor, "lead.close", "lead", string(id))
	})
}
