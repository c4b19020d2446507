package account

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	_ "time/tzdata" // time zones also where the system has no table of them

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// touchEvery is how often a sign of life is written at most.
const touchEvery = time.Minute

// Options are the ports and settings of the service; the zero value is right
// for commands and tests.
type Options struct {
	Mailer   Mailer // nil: no mail is written
	Leaver   Leaver // nil: nobody has connections
	Cost     Cost   // zero: DefaultCost
	Parallel int    // password hashes at once; 0: as many as processors, at least 2
}

// Service keeps companies and people.
type Service struct {
	db     *db.DB
	mailer Mailer
	leaver Leaver
	hasher *hasher
}

// NewService makes the service.
func NewService(d *db.DB, o Options) *Service {
	s := &Service{db: d, mailer: o.Mailer, leaver: o.Leaver, hasher: newHasher(o.Cost, o.Parallel)}
	if s.mailer == nil {
		s.mailer = silent{}
	}
	if s.leaver == nil {
		s.leaver = silent{}
	}
	return s
}

// Tie sets the ports that are made after the service. Called once while
// wiring; a nil port keeps the present one.
func (s *Service) Tie(m Mailer, l Leaver) {
	if m != nil {
		s.mailer = m
	}
	if l != nil {
		s.leaver = l
	}
}

type originKey struct{}

// WithOrigin notes where the request came from, for throttles, sessions and the
// audit log.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns what WithOrigin noted.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// Acting names the actor's company to the database layer (db.WithOrgs).
func Acting(ctx context.Context, a access.Actor) context.Context {
	if a.Org == "" {
		return ctx
	}
	return db.WithOrgs(ctx, a.Org)
}

func (s *Service) tx(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(Acting(ctx, a), fn)
}

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(Acting(ctx, a), fn)
}

var (
	errNotFound  = fault.New(fault.NotFound, "error.not_found")
	errSignedOut = fault.New(fault.Unauthenticated, "error.signed_out")
	errForbidden = fault.New(fault.Forbidden, "error.forbidden")
)

func system(a access.Actor) bool { return strings.HasPrefix(a.Via, "system:") }

// own checks an action on the actor's own company and audits a refusal of a
// change.
func (s *Service) own(ctx context.Context, a access.Actor, act access.Action) error {
	err := access.Check(a, act, access.Own(a.Org))
	return s.denied(ctx, a, act, err)
}

// itself checks that the actor is a person in a session: what concerns the
// person alone is never done by a token.
func (s *Service) itself(a access.Actor) error {
	switch {
	case a.Person == "":
		return errSignedOut
	case a.Scopes != nil:
		return errForbidden
	}
	return nil
}

// platform checks for the platform operator or the machine's own commands.
func (s *Service) platform(ctx context.Context, a access.Actor, act access.Action) error {
	if system(a) {
		return nil
	}
	return s.denied(ctx, a, act, access.CheckOperator(a))
}

// sessionID is the id of the session the actor came through, "" for others.
func sessionID(a access.Actor) string {
	id, ok := strings.CutPrefix(a.Via, "session:")
	if !ok {
		return ""
	}
	return id
}

// OrgCmd is a company's profile. Slug is used when it is made, and made from
// the name when empty.
type OrgCmd struct {
	Slug, Name, City string
	Street, Postcode string // of its documents; Street may have three lines
	TaxID            string // VAT or tax number
	Country          string // ISO 3166-1 alpha-2
	Currency         string // ISO 4217
	Zone             string // IANA
	Locale           string // en or zh-CN
}

func (c OrgCmd) check() (Org, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	name, err := cleanName("name", c.Name)
	addFields(bad, err)
	o := Org{Name: name, City: strings.Join(strings.Fields(c.City), " "), Country: strings.ToUpper(strings.TrimSpace(c.Country)),
		Currency: money.Currency(strings.ToUpper(strings.TrimSpace(c.Currency))), Zone: strings.TrimSpace(c.Zone), Locale: c.Locale, State: Active}
	for i, l := range strings.Split(strings.TrimSpace(c.Street), "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" && i < 3 {
			o.Street = strings.TrimPrefix(o.Street+"\n"+l, "\n")
		}
	}
	o.Postcode = strings.ToUpper(strings.Join(strings.Fields(c.Postcode), " "))
	o.TaxID = strings.ToUpper(strings.Join(strings.Fields(c.TaxID), " "))
	if len(o.Street) > 4*maxName {
		bad.With("street", "account.name_long", "most", maxName)
	}
	if len(o.Postcode) > 20 {
		bad.With("postcode", "form.too_long", "Most", 20)
	}
	if len(o.TaxID) > 30 {
		bad.With("tax_id", "form.too_long", "Most", 30)
	}
	if len(o.City) > 4*maxName {
		bad.With("city", "account.name_long", "most", maxName)
	}
	if len(o.Country) != 2 || !isUpper(o.Country) {
		bad.With("country", "account.country_wrong")
	}
	if !o.Currency.Valid() {
		bad.With("currency", "account.currency_wrong")
	}
	if !validZone(o.Zone) {
		bad.With("zone", "account.zone_wrong")
	}
	if !slices.Contains(Locales, o.Locale) {
		bad.With("language", "account.locale_wrong")
	}
	o.Slug = strings.ToLower(strings.TrimSpace(c.Slug))
	if o.Slug == "" {
		o.Slug = slugOf(c.Name)
	} else if slugOf(o.Slug) != o.Slug {
		bad.With("slug", "account.slug_wrong")
	}
	return o, bad.OrNil()
}

// Locales are the languages a person or company may choose.
var Locales = []string{"en", "zh-CN"}

// Themes are the looks a person may choose.
var Themes = []string{"system", "light", "dark"}

func validZone(z string) bool {
	if z == "" || z == "Local" || len(z) > 64 {
		return false
	}
	_, err := time.LoadLocation(z)
	return err == nil
}

func isUpper(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
}

// addFields moves the fields of a fault into another.
func addFields(to *fault.Error, err error) {
	if err != nil {
		to.Fields = append(to.Fields, fault.As(err).Fields...)
	}
}

// slugOf makes the part of an address from a name: lower-case letters and
// digits joined by hyphens, at most 40; "company" when nothing is left.
func slugOf(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			gap = false
		} else {
			gap = true
		}
		if b.Len() >= 40 {
			break
		}
	}
	if b.Len() < 2 {
		return "company"
	}
	return strings.Trim(b.String(), "-")
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

func joinList(l []string) string { return strings.Join(l, ",") }
