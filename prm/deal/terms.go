package deal

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/money"
)

// Terms are the rules by which a supplier decides registrations; its partners read
// them. Hours are working hours of who must act, days are days of the year.
type Terms struct {
	DecideHours  int        `json:"decide_hours"`
	ProtectDays  int        `json:"protect_days"`
	GraceDays    int        `json:"grace_days"`
	ExtendDays   int        `json:"extend_days"`
	Extensions   int        `json:"extensions"`
	Resubmits    int        `json:"resubmits"` // after the first
	PerWeek      int        `json:"per_week"`  // submissions of one partner for one customer
	Most         int        `json:"most"`      // open registrations of a partner without a tier
	Tiers        []Tier     `json:"tiers,omitempty"`
	WonShare     money.Rate `json:"won_share"` // 0.6
	DisputeHours int        `json:"dispute_hours"`
	Decider      string     `json:"decider,omitempty"` // person who rules disputes
	Version      int64      `json:"-"`
	ChangedBy    string     `json:"-"`
	Changed      time.Time  `json:"-"`
}

// Tier is a name and how many open registrations it allows.
type Tier struct {
	Name string `json:"name"`
	Most int    `json:"most"`
}

// DefaultTerms stand until a supplier sets its own.
func DefaultTerms() Terms {
	return Terms{DecideHours: 16, ProtectDays: 90, GraceDays: 10, ExtendDays: 30, Extensions: 1, Resubmits: 3, PerWeek: 3, Most: 25, WonShare: 600_000, DisputeHours: 16}
}

// Place is where one partner stands: its tier, and the countries and product families
// it may register; empty lists allow all.
type Place struct {
	Partnership string
	Supplier    string
	Reseller    string
	Tier        string
	Countries   []string
	Families    []string
	Version     int64
	ChangedBy   string
	Changed     time.Time
}

// Most is the number of open registrations a partner of the tier may have.
func (t Terms) MostOf(tier string) int {
	for _, x := range t.Tiers {
		if x.Name == tier {
			return x.Most
		}
	}
	return t.Most
}

func (t *Terms) clean() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, f := range []struct {
		name        string
		v           int
		least, most int
	}{{"decide_hours", t.DecideHours, 1, 400}, {"protect_days", t.ProtectDays, 1, 730}, {"grace_days", t.GraceDays, 0, 180}, {"extend_days", t.ExtendDays, 1, 365}, {"extensions", t.Extensions, 0, 20},
		{"resubmits", t.Resubmits, 0, 50}, {"per_week", t.PerWeek, 1, 100}, {"most", t.Most, 0, 100000}, {"dispute_hours", t.DisputeHours, 1, 400}} {
		if f.v < f.least || f.v > f.most {
			bad.With(f.name, "form.between", "least", f.least, "most", f.most)
		}
	}
	if t.WonShare <= 0 || t.WonShare > money.Rate(money.One) {
		bad.With("won_share", "form.between", "least", 1, "most", 100)
	}
	if len(t.Tiers) > 20 {
		bad.With("tiers", "form.too_many")
	}
	seen := map[string]bool{}
	for i := range t.Tiers {
		t.Tiers[i].Name = strings.TrimSpace(t.Tiers[i].Name)
		n := t.Tiers[i].Name
		if n == "" || len(n) > 40 || !identity.Readable(n, false) || seen[n] || t.Tiers[i].Most < 0 || t.Tiers[i].Most > 100000 {
			bad.With("tiers", "deal.tier_wrong")
			break
		}
		seen[n] = true
	}
	return bad.OrNil()
}

// TermsOf are the terms of a supplier, read by itself or by a partner of it.
// Codes: Unauthenticated, NotFound.
func (s *Service) TermsOf(ctx context.Context, actor access.Actor, supplier string) (Terms, error) {
	var out Terms
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		res := access.Resource{Supplier: supplier}
		if actor.Org != supplier {
			ok, err := buysFrom(ctx, actor.Org, supplier)
			if err != nil {
				return err
			}
			if ok {
				res.Reseller = actor.Org
			}
		}
		if err := access.Check(actor, access.DealRead, res); err != nil {
			return err
		}
		out, err = termsOf(ctx, supplier)
		if actor.Org != supplier {
			out.Decider, out.ChangedBy, out.Tiers = "", "", nil
		}
		return err
	})
	return out, err
}

// SetTerms changes the terms of the actor's company. Registrations that stand keep the
// clocks they have.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (changed meanwhile).
func (s *Service) SetTerms(ctx context.Context, actor access.Actor, t Terms) (Terms, error) {
	if err := access.Check(actor, access.DealTerms, access.Own(actor.Org)); err != nil {
		return Terms{}, err
	}
	if err := t.clean(); err != nil {
		return Terms{}, err
	}
	err := s.change(ctx, actor, func(ctx context.Context) error {
		if t.Decider != "" {
			ok, err := memberOf(ctx, actor.Org, t.Decider)
			if err != nil {
				return err
			}
			if !ok {
				return fault.InvalidField("decider", "form.choice_wrong")
			}
		}
		t.ChangedBy, t.Changed = actor.Person, db.Now(ctx)
		ok, err := saveTerms(ctx, actor.Org, t)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "deal.changed")
		}
		t.Version++
		return note(ctx, actor, "deal.terms", "org", actor.Org)
	})
	return t, err
}

// Places are the partners of the actor's company with their tiers.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Places(ctx context.Context, actor access.Actor) ([]Place, error) {
	if err := access.Check(actor, access.DealTerms, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Place
	err := s.view(ctx, actor, func(ctx context.Context) error {
		ps, err := resellersOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		known, err := placesOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		for id, reseller := range ps {
			p, ok := known[id]
			if !ok {
				p = Place{Partnership: id, Supplier: actor.Org, Reseller: reseller}
			}
			out = append(out, p)
		}
		slices.SortFunc(out, func(a, b Place) int { return strings.Compare(a.Partnership, b.Partnership) })
		return nil
	})
	return out, err
}

// TiersOf are the tiers of partnerships of the actor's company, by partnership; none where
// it has none. For subscribers: system actors.
// Codes: NotFound.
func (s *Service) TiersOf(ctx context.Context, actor access.Actor, partnerships []string) (map[string]string, error) {
	if !strings.HasPrefix(actor.Via, "system:") {
		return nil, notFound()
	}
	var out map[string]string
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = tiersOf(ctx, actor.Org, partnerships)
		return err
	})
	return out, err
}

// SetPlace says where a partner stands.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (no such tier), Conflict (changed
// meanwhile).
func (s *Service) SetPlace(ctx context.Context, actor access.Actor, p Place) (Place, error) {
	if err := access.Check(actor, access.DealTerms, access.Own(actor.Org)); err != nil {
		return Place{}, err
	}
	p.Countries, p.Families = words(p.Countries, true), words(p.Families, false)
	err := s.change(ctx, actor, func(ctx context.Context) error {
		ps, err := resellersOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		reseller, ok := ps[p.Partnership]
		if !ok {
			return notFound()
		}
		t, err := termsOf(ctx, actor.Org)
		if err != nil {
			return err
		}
		if p.Tier != "" && !slices.ContainsFunc(t.Tiers, func(x Tier) bool { return x.Name == p.Tier }) {
			return fault.InvalidField("tier", "form.choice_wrong")
		}
		p.Supplier, p.Reseller, p.ChangedBy, p.Changed = actor.Org, reseller, actor.Person, db.Now(ctx)
		if ok, err = savePlace(ctx, p); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "deal.changed")
		}
		p.Version++
		return note(ctx, actor, "deal.place", "partnership", p.Partnership)
	})
	return p, err
}

// words are the distinct words of a list, at most 50 of 60 bytes.
func words(in []string, upper bool) []string {
	var out []string
	for _, w := range in {
		w = strings.TrimSpace(w)
		if upper {
			w = strings.ToUpper(w)
		}
		if w != "" && len(w) <= 60 && len(out) < 50 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
