package deal

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/lead"
)

const (
	week      = 7 * 24 * time.Hour
	mostItems = 100
)

// clean trims a draft and says what is wrong with its form. What a submission needs
// beside is checked by ready.
func (d *Draft) clean() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	c, k := &d.Customer, &d.Contact
	for _, f := range []struct {
		name  string
		v     *string
		most  int
		lines bool
	}{{"title", &d.Title, 120, false}, {"customer", &c.Name, 200, false}, {"country", &c.Country, 2, false}, {"city", &c.City, 100, false}, {"street", &c.Street, 200, false}, {"postcode", &c.Postcode, 20, false}, {"tax_id", &c.TaxID, 40, false},
		{"gln", &c.GLN, 20, false}, {"duns", &c.DUNS, 20, false}, {"web", &c.Web, 200, false}, {"contact", &k.Name, 200, false}, {"contact_title", &k.Title, 120, false}, {"mail", &k.Mail, 200, false}, {"phone", &k.Phone, 40, false},
		{"on_behalf", &d.OnBehalf, 200, false}, {"need", &d.Need, 2000, true}, {"tender", &d.Tender, 60, false}, {"competitor", &d.Competitor, 120, false}, {"special", &d.Special, 1000, true}, {"private", &d.Private, 4000, true}, {"external", &d.External, 60, false}} {
		*f.v = strings.TrimSpace(*f.v)
		if len(*f.v) > f.most {
			bad.With(f.name, "form.too_long", "Most", f.most)
		}
		if !identity.Readable(*f.v, f.lines) {
			bad.With(f.name, "form.text_wrong")
		}
	}
	c.Country = strings.ToUpper(c.Country)
	if d.Kind == "" {
		d.Kind = KindStandard
	}
	if !slices.Contains(Kinds, d.Kind) {
		bad.With("kind", "form.choice_wrong")
	}
	if d.Source == "" {
		d.Source = "partner"
	}
	if !slices.Contains(Sources, d.Source) {
		bad.With("source", "form.choice_wrong")
	}
	for _, w := range d.Work {
		if !slices.Contains(Work, w) {
			bad.With("work", "form.choice_wrong")
		}
	}
	if d.Title == "" {
		d.Title = c.Name
		d.Title = strings.ToValidUTF8(d.Title[:min(len(d.Title), 120)], "")
	}
	if c.Name == "" {
		bad.With("customer", "form.missing")
	}
	if _, err := time.Parse(time.DateOnly, d.CloseOn); d.CloseOn != "" && err != nil {
		bad.With("close_on", "form.date")
	}
	if d.Value.Currency != "" && (!d.Value.Currency.Valid() || d.Value.Minor < 0) {
		bad.With("value", "form.decimal")
	}
	d.Families = words(d.Families, false)
	if len(d.Items) > mostItems {
		bad.With("items", "form.too_many")
	}
	for i, p := range d.Items {
		if p.SKU == "" || p.Quantity <= 0 || p.Price < 0 {
			bad.With("items", "deal.item_wrong", "Row", i+1)
			break
		}
	}
	_, problems := identity.Of(d.Facts())
	for _, p := range problems {
		bad.With(p.Field, p.Key, "Value", p.Value)
	}
	return bad.OrNil()
}

// products names the family of every item by the supplier's catalogue, and adds the
// families to the draft's.
func (s *Service) products(ctx context.Context, actor access.Actor, supplier string, d *Draft) error {
	if len(d.Items) == 0 {
		return nil
	}
	actor.Scopes = nil // the scope of registrations was checked; its items are looked up for it
	keys := make([]catalog.ItemKey, len(d.Items))
	for i, p := range d.Items {
		keys[i] = catalog.ItemKey{SKU: p.SKU}
	}
	items, err := s.catalog.Resolve(ctx, actor, supplier, actor.Org, keys)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	seen := map[string]bool{}
	for i, it := range items {
		p := &d.Items[i]
		switch {
		case !it.Found:
			bad.With("items", "deal.item_unknown", "SKU", p.SKU)
			continue
		case seen[it.Product.SKU]:
			bad.With("items", "deal.item_twice", "SKU", p.SKU)
			continue
		}
		seen[it.Product.SKU] = true
		p.SKU, p.Family = it.Product.SKU, it.Product.Family
		if p.Family != "" && !slices.Contains(d.Families, p.Family) {
			d.Families = append(d.Families, p.Family)
		}
	}
	return bad.OrNil()
}

// ReadCode is the number in a reference as people and systems write it: "D-48291573",
// "d 4829 1573", "48291573". ok is false for what is none.
func ReadCode(s string) (code string, ok bool) {
	var d strings.Builder
	for i, r := range strings.ToUpper(strings.TrimSpace(s)) {
		switch {
		case r >= '0' && r <= '9':
			d.WriteRune(r)
		case r == 'D' && i == 0, r == ' ' || r == '-' || r == '.':
		default:
			return "", false
		}
	}
	n := d.String()
	if len(n) != 8 || identity.CheckDigit(n[:7]) != n[7] {
		return "", false
	}
	return "D-" + n, true
}

// Create begins a registration with the supplier of a partnership. One with an external
// number that is there already is returned as it is.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) Create(ctx context.Context, actor access.Actor, partnership string, d Draft) (Registration, bool, error) {
	return s.create(ctx, actor, partnership, d, "")
}

func (s *Service) create(ctx context.Context, actor access.Actor, partnership string, d Draft, offer lead.OfferID) (Registration, bool, error) {
	if err := access.Check(actor, access.DealWrite, access.Resource{Reseller: actor.Org}); err != nil {
		return Registration{}, false, err
	}
	if err := d.clean(); err != nil {
		return Registration{}, false, err
	}
	var out Registration
	made := false
	err := s.change(ctx, actor, func(ctx context.Context) error {
		made = false
		if d.External != "" {
			was, ok, err := one(ctx, "registrant_id = ? AND external = ? AND external <> ''", actor.Org, d.External)
			if err != nil || ok {
				out = was.seen(actor.Org)
				return err
			}
		}
		supplier, currency, ok, err := supplierOf(ctx, partnership, actor.Org)
		if err != nil {
			return err
		}
		if !ok {
			return fault.InvalidField("partnership", "deal.no_partnership")
		}
		if d.Value.Currency == "" {
			d.Value.Currency = currency
		}
		if err := s.fulfilled(ctx, actor, supplier, &d); err != nil {
			return err
		}
		if err := s.products(ctx, actor, supplier, &d); err != nil {
			return err
		}
		code := ""
		for taken := true; taken; {
			if code, err = identity.RandomNumber("D-"); err != nil {
				return err
			}
			if taken, err = codeTaken(ctx, supplier, code); err != nil {
				return err
			}
		}
		now := db.Now(ctx)
		keys, _ := identity.Of(d.Facts())
		out = Registration{ID: ID(db.NewID()), Code: code, Supplier: supplier, Registrant: actor.Org, Partnership: partnership, Position: Position{PenDraft, None}, Draft: d, Keys: keys, Share: 100, Offer: offer,
			MadeBy: actor.Person, Created: now, Changed: now, Version: 1}
		made = true
		if err := insert(ctx, out); err != nil {
			return err
		}
		if err := index(ctx, out); err != nil {
			return err
		}
		if err := insertEntry(ctx, out.ID, Entry{Kind: "create", Org: actor.Org, Person: actor.Person, To: out.State(), At: now, seen: "registrant"}); err != nil {
			return err
		}
		return note(ctx, actor, "deal.create", "deal", string(out.ID))
	})
	return out, made, err
}

// fulfilled checks the distributor that is to fulfil a registration: one that the
// registrant buys from and that buys from the supplier.
func (s *Service) fulfilled(ctx context.Context, actor access.Actor, supplier string, d *Draft) error {
	if d.Fulfiller == actor.Org {
		d.Fulfiller = ""
	}
	if d.Fulfiller == "" {
		return nil
	}
	ok, err := buysFrom(ctx, actor.Org, d.Fulfiller)
	if err == nil && ok {
		ok, err = buysFrom(ctx, d.Fulfiller, supplier)
	}
	if err == nil && !ok {
		err = fault.InvalidField("fulfiller", "deal.fulfiller_wrong")
	}
	return err
}

func index(ctx context.Context, r Registration) error {
	return found.Put(ctx, string(r.ID), r.Code, r.Title, r.Draft.Customer.Name, r.Draft.Customer.City, r.Tender, r.OnBehalf)
}

// Update changes a registration while its registrant holds the pen.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (changed meanwhile, or
// the supplier has it).
func (s *Service) Update(ctx context.Context, actor access.Actor, id ID, version int64, d Draft) (Registration, error) {
	var out Registration
	err := s.step(ctx, actor, access.DealWrite, id, func(ctx context.Context, r *Registration) error {
		if err := d.clean(); err != nil {
			return err
		}
		if r.Version != version {
			return fault.New(fault.Conflict, "deal.changed")
		}
		if !slices.Contains(writing, r.Position) {
			return fault.New(fault.Conflict, "deal.not_now", "State", string(r.State()))
		}
		if d.External != "" && d.External != r.External {
			if _, taken, err := one(ctx, "registrant_id = ? AND external = ? AND external <> ''", actor.Org, d.External); err != nil {
				return err
			} else if taken {
				return fault.InvalidField("external", "deal.external_taken")
			}
		}
		if d.Value.Currency == "" {
			d.Value.Currency = r.Value.Currency
		}
		if d.Fulfiller != r.Fulfiller {
			if err := s.fulfilled(ctx, actor, r.Supplier, &d); err != nil {
				return err
			}
		}
		if err := s.products(ctx, actor, r.Supplier, &d); err != nil {
			return err
		}
		r.Draft = d
		r.Keys, _ = identity.Of(d.Facts())
		if err := save(ctx, r); err != nil {
			return err
		}
		if err := saveKeys(ctx, *r); err != nil {
			return err
		}
		if err := index(ctx, *r); err != nil {
			return err
		}
		out = r.seen(actor.Org)
		return note(ctx, actor, "deal.change", "deal", string(id))
	})
	return out, err
}

// Missing is one thing that a submission lacks. Field is a field of the form, Key a word
// of the locale.
type Missing struct {
	Field string
	Key   string
	Args  map[string]any
}

// Eligibility says what a registration would need, and how the registrant stands. It
// looks at nothing but the registrant's own: never at what others registered.
type Eligibility struct {
	Taken   int // open registrations with this supplier
	Most    int
	Keys    []identity.Key // by which the customer is known
	Missing []Missing
	Hours   int // working hours in which it is decided
	Days    int // it is protected
}

// Eligible weighs a draft before it is submitted. evidence is the number of files.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (no such partnership).
func (s *Service) Eligible(ctx context.Context, actor access.Actor, partnership string, d Draft, evidence int) (Eligibility, error) {
	if err := access.Check(actor, access.DealWrite, access.Resource{Reseller: actor.Org}); err != nil {
		return Eligibility{}, err
	}
	var out Eligibility
	err := s.view(ctx, actor, func(ctx context.Context) error {
		supplier, _, ok, err := supplierOf(ctx, partnership, actor.Org)
		if err != nil {
			return err
		}
		if !ok {
			return fault.InvalidField("partnership", "deal.no_partnership")
		}
		out, err = s.weigh(ctx, supplier, actor.Org, partnership, "", d, evidence)
		return err
	})
	return out, err
}

// weigh is Eligible for a registration that may exist.
func (s *Service) weigh(ctx context.Context, supplier, registrant, partnership string, self ID, d Draft, evidence int) (Eligibility, error) {
	t, err := termsOf(ctx, supplier)
	if err != nil {
		return Eligibility{}, err
	}
	p, err := placeOf(ctx, partnership)
	if err != nil {
		return Eligibility{}, err
	}
	out := Eligibility{Most: t.MostOf(p.Tier), Hours: t.DecideHours, Days: t.ProtectDays}
	if out.Taken, err = counted(ctx, partnership, self); err != nil {
		return out, err
	}
	lack := func(field, key string, args ...any) {
		m := Missing{Field: field, Key: key, Args: map[string]any{}}
		for i := 0; i+1 < len(args); i += 2 {
			m.Args[args[i].(string)] = args[i+1]
		}
		out.Missing = append(out.Missing, m)
	}
	out.Keys, _ = identity.Of(d.Facts())
	if d.Customer.Name == "" {
		lack("customer", "deal.need_customer")
	}
	if d.Customer.Country == "" {
		lack("country", "deal.need_country")
	} else if len(out.Keys) == 0 || !out.Keys[0].Kind.Strong() && d.Customer.Postcode == "" {
		lack("postcode", "deal.need_key")
	}
	if len(p.Countries) > 0 && d.Customer.Country != "" && !slices.Contains(p.Countries, strings.ToUpper(d.Customer.Country)) {
		lack("country", "deal.country_not_yours", "Country", strings.ToUpper(d.Customer.Country))
	}
	if len(d.Items) == 0 && len(d.Families) == 0 {
		lack("items", "deal.need_products")
	}
	if len(p.Families) > 0 {
		for _, f := range d.Families {
			if !slices.Contains(p.Families, f) {
				lack("items", "deal.family_not_yours", "Family", f)
			}
		}
	}
	if d.Value.Minor <= 0 {
		lack("value", "deal.need_value")
	}
	if d.CloseOn == "" {
		lack("close_on", "deal.need_close")
	} else if d.CloseOn < db.Now(ctx).AddDate(0, 0, -1).Format(time.DateOnly) {
		lack("close_on", "deal.close_past")
	}
	if d.Kind == KindTender && d.Tender == "" {
		lack("tender", "deal.need_tender")
	}
	if evidence == 0 {
		lack("file", "deal.need_evidence")
	}
	if out.Taken >= out.Most {
		lack("partnership", "deal.no_room", "Taken", out.Taken, "Most", out.Most)
	}
	return out, nil
}
