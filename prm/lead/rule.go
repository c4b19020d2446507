package lead

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

const mostRules = 200

// fold trims, upper-cases where asked, and takes doubles and blanks out.
func fold(in []string, upper bool) []string {
	var out []string
	for _, s := range in {
		s = strings.TrimSpace(s)
		if upper {
			s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
		}
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func checkLists(bad *fault.Error, countries, postcodes, families []string) {
	for _, c := range countries {
		if len(c) != 2 {
			bad.With("countries", "identity.country_wrong")
			break
		}
	}
	for name, l := range map[string][]string{"countries": countries, "postcodes": postcodes, "families": families} {
		if len(l) > 300 {
			bad.With(name, "form.too_many")
		}
		if slices.ContainsFunc(l, func(s string) bool { return len(s) > 60 }) {
			bad.With(name, "form.too_long", "Most", 60)
		}
	}
}

// Rules lists the routing rules of the actor's company in the order they count.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Rules(ctx context.Context, actor access.Actor) ([]Rule, error) {
	if err := access.Check(actor, access.LeadRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Rule
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = rulesOf(ctx, actor.Org)
		return err
	})
	return out, err
}

// SaveRule adds a rule (ID empty) or changes one with the version that was seen.
// Partners are partnerships in which the company supplies. Zero hours and rounds take
// the defaults.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (changed meanwhile),
// TooLarge (over 200 rules).
func (s *Service) SaveRule(ctx context.Context, actor access.Actor, r Rule) (Rule, error) {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return Rule{}, err
	}
	r.Name = strings.TrimSpace(r.Name)
	r.Countries, r.Postcodes, r.Families, r.Partners = fold(r.Countries, true), fold(r.Postcodes, true), fold(r.Families, false), fold(r.Partners, false)
	for p, d := range map[*int]int{&r.Accept: DefaultAccept, &r.Convert: DefaultConvert, &r.Rounds: DefaultRounds} {
		if *p == 0 {
			*p = d
		}
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if r.Name == "" {
		bad.With("name", "form.missing")
	}
	if len(r.Name) > 80 {
		bad.With("name", "form.too_long", "Most", 80)
	}
	checkLists(bad, r.Countries, r.Postcodes, r.Families)
	for name, n := range map[string]int{"accept": r.Accept, "convert": r.Convert} {
		if n < 1 || n > mostHours {
			bad.With(name, "form.between", "least", 1, "most", mostHours)
		}
	}
	if r.Rounds < 1 || r.Rounds > 20 {
		bad.With("rounds", "form.between", "least", 1, "most", 20)
	}
	if r.Least.Currency != "" && (!r.Least.Currency.Valid() || r.Least.Minor < 0) {
		bad.With("least", "form.decimal")
	}
	if err := bad.OrNil(); err != nil {
		return Rule{}, err
	}
	var out Rule
	err := s.change(ctx, actor, func(ctx context.Context) error {
		ps, err := activeResellers(ctx, actor.Org)
		if err != nil {
			return err
		}
		for _, p := range r.Partners {
			if ps[p] == "" {
				return fault.InvalidField("partners", "form.choice_wrong")
			}
		}
		all, err := rulesOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		out = r
		out.Org, out.Changed, out.ChangedBy = actor.Org, db.Now(ctx), actor.Person
		if r.ID == "" {
			if len(all) >= mostRules {
				return fault.New(fault.TooLarge, "form.too_many")
			}
			out.ID, out.Version, out.Position = RuleID(db.NewID()), 1, 1
			if len(all) > 0 {
				out.Position = all[len(all)-1].Position + 1
			}
			err = insertRule(ctx, out)
		} else {
			i := slices.IndexFunc(all, func(x Rule) bool { return x.ID == r.ID })
			if i < 0 {
				return notFound()
			}
			out.Position = all[i].Position
			var ok bool
			if ok, err = updateRule(ctx, out); err == nil && !ok {
				err = fault.New(fault.Conflict, "lead.changed", "Version", all[i].Version)
			}
			out.Version++
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "lead.rule", "rule", string(out.ID))
	})
	return out, err
}

// RemoveRule deletes a rule; offers it made stay. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) RemoveRule(ctx context.Context, actor access.Actor, id RuleID) error {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		gone, err := deleteRule(ctx, actor.Org, id)
		if err != nil || !gone {
			return err
		}
		return note(ctx, actor, "lead.rule_remove", "rule", string(id))
	})
}

// MoveRule puts a rule before another one, or last where before is empty.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) MoveRule(ctx context.Context, actor access.Actor, id, before RuleID) error {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		all, err := rulesOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(x Rule) bool { return x.ID == id })
		if i < 0 {
			return notFound()
		}
		moved := all[i]
		all = slices.Delete(all, i, i+1)
		at := len(all)
		if before != "" {
			if at = slices.IndexFunc(all, func(x Rule) bool { return x.ID == before }); at < 0 {
				return notFound()
			}
		}
		all = slices.Insert(all, at, moved)
		for n, r := range all {
			if err := placeRule(ctx, actor.Org, r.ID, n+1); err != nil {
				return err
			}
		}
		return note(ctx, actor, "lead.rule_move", "rule", string(id))
	})
}

// PartnerProfile returns what the partner of a partnership is sent; both sides see it.
// Codes: Unauthenticated, NotFound.
func (s *Service) PartnerProfile(ctx context.Context, actor access.Actor, partnership string) (Profile, error) {
	var out Profile
	err := s.view(ctx, actor, func(ctx context.Context) error {
		supplier, reseller, ok, err := sidesOf(ctx, partnership)
		if err != nil {
			return err
		}
		if !ok {
			return notFound()
		}
		if err := access.Check(actor, access.OfferRead, access.Shared(supplier, reseller)); err != nil {
			return err
		}
		all, err := profilesOf(ctx, supplier)
		if err != nil {
			return err
		}
		if out, ok = all[partnership]; !ok {
			out = Profile{Partnership: partnership, Supplier: supplier, Reseller: reseller, Most: DefaultMost}
		}
		out.Day, err = today(ctx, supplier)
		return err
	})
	return out, err
}

// Profiles returns what each partner of the actor's company is sent, by partnership;
// those nobody set are not in it.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Profiles(ctx context.Context, actor access.Actor) (map[string]Profile, error) {
	scope, err := access.List(actor, access.OfferRead)
	if err != nil {
		return nil, err
	}
	var out map[string]Profile
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		if out, err = profilesOf(ctx, scope.Org()); err != nil {
			return err
		}
		day, err := today(ctx, scope.Org())
		for id, p := range out {
			p.Day = day
			out[id] = p
		}
		return err
	})
	return out, err
}

// SaveProfile changes what a partner is sent; the supplier decides, version is the one
// that was seen (0: none yet).
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (changed meanwhile).
func (s *Service) SaveProfile(ctx context.Context, actor access.Actor, p Profile) (Profile, error) {
	p.Countries, p.Postcodes, p.Families = fold(p.Countries, true), fold(p.Postcodes, true), fold(p.Families, false)
	err := s.change(ctx, actor, func(ctx context.Context) error {
		supplier, reseller, ok, err := sidesOf(ctx, p.Partnership)
		if err != nil {
			return err
		}
		if !ok {
			return notFound()
		}
		if err := access.Check(actor, access.OfferManage, access.Shared(supplier, reseller)); err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if p.Most < 0 || p.Most > 10000 {
			bad.With("most", "form.between", "least", 0, "most", 10000)
		}
		checkLists(bad, p.Countries, p.Postcodes, p.Families)
		p.Certificates = checkCertificates(bad, p.Certificates)
		if err := bad.OrNil(); err != nil {
			return err
		}
		loc, err := place(ctx, supplier)
		if err != nil {
			return err
		}
		was, _, err := profileOf(ctx, p.Partnership)
		if err != nil {
			return err
		}
		p.Supplier, p.Reseller, p.Changed, p.ChangedBy, p.Day = supplier, reseller, db.Now(ctx), actor.Person, db.Now(ctx).In(loc).Format(time.DateOnly)
		p.told = was.told.passed(p.Certificates, p.Day)
		p.look = p.told.look(p.Certificates, loc)
		ok, err = saveProfile(ctx, p)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "lead.changed", "Version", p.Version)
		}
		p.Version++
		return note(ctx, actor, "lead.profile", "partnership", p.Partnership)
	})
	return p, err
}
