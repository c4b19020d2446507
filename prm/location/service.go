package location

import (
	"context"
	"strings"
	"unicode/utf8"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// The bounds of one partnership.
const (
	MaxPlaces = 20_000
	MaxCodes  = 50 // of one place
)

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// Service keeps places and their codes.
type Service struct {
	db     *db.DB
	events Publisher
}

// New makes the service. events may be nil in tests that do not look at them.
func New(d *db.DB, events Publisher) *Service { return &Service{db: d, events: events} }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

// pair reads the partnership and checks what the actor wants of its places.
func pair(ctx context.Context, actor access.Actor, act access.Action, partnership string) (pairRow, error) {
	p, err := pairOf(ctx, partnership)
	if err == nil {
		err = access.Check(actor, act, access.Shared(p.SupplierID, p.ResellerID))
	}
	return p, err
}

// Filter chooses places for List.
type Filter struct {
	Query string // in name, city, numbers and codes
	After string // cursor
	Limit int    // to 200; 0 is 50
}

// List gives the places of a partnership with their codes, the newest first, and the
// cursor of the next page. Codes: NotFound, Forbidden, Invalid.
func (s *Service) List(ctx context.Context, actor access.Actor, partnership string, f Filter) ([]Place, string, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out []Place
	next := ""
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := pair(ctx, actor, access.LocationRead, partnership)
		if err != nil {
			return err
		}
		out, next, err = list(ctx, p.ID, f)
		return err
	})
	return out, next, err
}

// Counts says how many places each of some partnerships has, up to most, by partnership and
// in one statement; what is not the actor's has no entry. Codes: NotFound, Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor, most int, partnerships ...string) (map[string]int, error) {
	scope, err := access.List(actor, access.LocationRead)
	if err != nil {
		return nil, err
	}
	var out map[string]int
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = counts(ctx, scope, min(max(most, 1), MaxPlaces), partnerships)
		return err
	})
	return out, err
}

// Get gives one place. Codes: NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Place, error) {
	var out Place
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = load(ctx, actor, access.LocationRead, id)
		return err
	})
	return out, err
}

func load(ctx context.Context, actor access.Actor, act access.Action, id ID) (Place, error) {
	p, err := byID(ctx, id)
	if err == nil {
		err = access.Check(actor, act, p.Resource())
	}
	if err != nil {
		return Place{}, err
	}
	return p, nil
}

// Find says what a code of a partnership's documents stands for; false where nobody
// said, or not to the actor. It joins the transaction of ctx.
func (s *Service) Find(ctx context.Context, actor access.Actor, partnership string, c Code) (Place, bool, error) {
	var out Place
	found := false
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, ok, err := find(ctx, partnership, c.Clean())
		if ok && access.Allowed(actor, access.LocationRead, p.Resource()) {
			out, found = p, true
		}
		return err
	})
	return out, found, err
}

// Add records a new place with its codes. A code that stood for another place of the
// partnership moves. Codes: NotFound, Forbidden (not the supplier's side), Invalid (by
// field), TooLarge. Publishes Referred.
func (s *Service) Add(ctx context.Context, actor access.Actor, p Place) (Place, error) {
	var out Place
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		w, err := pair(ctx, actor, access.LocationWrite, p.Partnership)
		if err != nil {
			return err
		}
		if err := p.check(); err != nil {
			return err
		}
		n, err := countPlaces(ctx, w.ID)
		if err != nil {
			return err
		}
		if n >= MaxPlaces {
			return fault.New(fault.TooLarge, "location.too_many", "Most", MaxPlaces)
		}
		p.ID, p.Supplier, p.Reseller = ID(db.NewID()), w.SupplierID, w.ResellerID
		if err := insert(ctx, p, actor.Person); err != nil {
			return err
		}
		out, err = s.done(ctx, actor, p.ID, "location.add")
		return err
	})
	return out, err
}

// Change rewrites a place; its codes become those given. Codes: NotFound, Forbidden,
// Invalid (by field). Publishes Referred.
func (s *Service) Change(ctx context.Context, actor access.Actor, p Place) (Place, error) {
	var out Place
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, err := load(ctx, actor, access.LocationWrite, p.ID)
		if err != nil {
			return err
		}
		if err := p.check(); err != nil {
			return err
		}
		p.Partnership, p.Supplier, p.Reseller = was.Partnership, was.Supplier, was.Reseller
		if err := change(ctx, p, actor.Person); err != nil {
			return err
		}
		out, err = s.done(ctx, actor, p.ID, "location.change")
		return err
	})
	return out, err
}

// Refer says that a code stands for a place; it leaves the one that it stood for. Safe
// to repeat. It joins the transaction of ctx. Codes: NotFound, Forbidden, Invalid.
// Publishes Referred.
func (s *Service) Refer(ctx context.Context, actor access.Actor, id ID, c Code) (Place, error) {
	var out Place
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := load(ctx, actor, access.LocationWrite, id)
		if err != nil {
			return err
		}
		c = c.Clean()
		bad := fault.New(fault.Invalid, "form.invalid")
		c.check(bad)
		if len(p.Codes) >= MaxCodes {
			bad.With("codes", "location.too_many_codes", "Most", MaxCodes)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if err := putCodes(ctx, p, []Code{c}, actor.Person); err != nil {
			return err
		}
		out, err = s.done(ctx, actor, p.ID, "location.refer")
		return err
	})
	return out, err
}

// Remove takes a place away with its codes; orders that came stay as they are. Codes:
// NotFound, Forbidden.
func (s *Service) Remove(ctx context.Context, actor access.Actor, id ID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := load(ctx, actor, access.LocationWrite, id)
		if err != nil {
			return err
		}
		if err := remove(ctx, p.ID); err != nil {
			return err
		}
		return note(ctx, actor, "location.remove", p)
	})
}

// done writes the audit line and the event of a change, and reads the place again.
func (s *Service) done(ctx context.Context, actor access.Actor, id ID, action string) (Place, error) {
	p, err := byID(ctx, id)
	if err != nil {
		return p, err
	}
	if err := note(ctx, actor, action, p); err != nil || s.events == nil {
		return p, err
	}
	return p, s.events.Publish(ctx, p.event())
}

func note(ctx context.Context, actor access.Actor, action string, p Place) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "location", SubjectID: string(p.ID), Outcome: audit.Done})
}

func (c Code) check(bad *fault.Error) {
	if n := utf8.RuneCountInString(c.Code); n == 0 || n > 80 {
		bad.With("codes", "location.code_wrong", "Value", c.Code)
	}
	if n := utf8.RuneCountInString(c.Qualifier); n == 0 || n > 3 || strings.ContainsAny(c.Qualifier, ": ") {
		bad.With("codes", "location.qualifier_wrong", "Value", c.Qualifier)
	}
}

// check cleans a place and says what is wrong with it, by field.
func (p *Place) check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	for _, f := range []struct {
		name string
		at   *string
		most int
	}{{"number", &p.Number, 80}, {"gln", &p.GLN, 13}, {"name", &p.Name, 120}, {"street", &p.Street, 200}, {"city", &p.City, 80}, {"postcode", &p.Postcode, 20}, {"country", &p.Country, 2}} {
		*f.at = strings.TrimSpace(strings.ToValidUTF8(*f.at, ""))
		if strings.ContainsFunc(*f.at, control) {
			bad.With(f.name, "location.sign_wrong")
		}
		if utf8.RuneCountInString(*f.at) > f.most {
			bad.With(f.name, "form.too_long", "Most", f.most)
		}
	}
	p.Country = strings.ToUpper(p.Country)
	if p.Name == "" {
		bad.With("name", "form.missing")
	}
	if p.GLN != "" && !validGLN(p.GLN) {
		bad.With("gln", "location.gln_wrong", "Value", p.GLN)
	}
	if p.Country != "" && (len(p.Country) != 2 || strings.Trim(p.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		bad.With("country", "location.country_wrong")
	}
	if len(p.Codes) > MaxCodes {
		bad.With("codes", "location.too_many_codes", "Most", MaxCodes)
	}
	seen := map[Code]bool{}
	var codes []Code
	for _, c := range p.Codes {
		if c = c.Clean(); seen[c] {
			continue
		}
		seen[c] = true
		c.check(bad)
		codes = append(codes, c)
	}
	p.Codes = codes
	return bad.OrNil()
}

func control(r rune) bool {
	return r < ' ' && r != '\n' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// validGLN checks the thirteen digits with their check digit (GS1 General
// Specifications 7.9).
func validGLN(s string) bool {
	if len(s) != 13 {
		return false
	}
	sum := 0
	for i := range 13 {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			d *= 3
		}
		sum += d
	}
	return sum%10 == 0
}
