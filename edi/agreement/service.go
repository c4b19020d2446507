package agreement

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Pair is the partnership of an agreement.
type Pair struct {
	Supplier string // company ids
	Reseller string
	Zone     *time.Location // of the supplier
	Ended    bool
	// Its present tolerances, ratios.
	Price    money.Rate
	Quantity money.Rate
}

// Partners knows partnerships. It is implemented by portal/app over prm/partner.
type Partners interface {
	// Pair gives the partnership to who may see it; a fault NotFound otherwise.
	Pair(ctx context.Context, actor access.Actor, partnership string) (Pair, error)
	// Manages says whether the actor decides the commercial terms of the partnership;
	// a fault says why not.
	Manages(actor access.Actor, p Pair) error
	// Identities are the X12 and EDIFACT addresses of both companies as an agreement
	// writes them, by company: "ZZ:ACME", "ACME:ZZZ".
	Identities(ctx context.Context, actor access.Actor, partnership string) (map[string][]string, error)
	// SetTolerances joins the transaction of ctx; nil leaves one as it is.
	SetTolerances(ctx context.Context, actor access.Actor, partnership string, price, quantity *money.Rate) error
}

// Courier is where the terms of AS2 live (edi/courier.Service).
type Courier interface {
	AdoptTerms(ctx context.Context, actor access.Actor, partnership, sender string, t courier.Terms) error
}

// Gateway is where the clocks on acknowledgements live (edi/gateway.Service).
type Gateway interface {
	AdoptPatience(ctx context.Context, actor access.Actor, partnership, org string, hours int) error
}

// Desk is where orders are answered (prm/trade.Service).
type Desk interface {
	// AdoptAnswerTime joins the transaction of ctx; hours are working hours of the
	// supplier.
	AdoptAnswerTime(ctx context.Context, actor access.Actor, partnership string, hours int) error
}

// Deps are what agreements work with.
type Deps struct {
	DB       *db.DB
	Jobs     *job.Jobs
	Partners Partners
	Courier  Courier
	Gateway  Gateway
	Desk     Desk
}

// Service keeps agreements.
type Service struct {
	Deps

	mu    sync.Mutex
	terms map[string]*gateway.Terms // of versions, which never change
}

// New returns the service.
func New(d Deps) *Service { return &Service{Deps: d, terms: map[string]*gateway.Terms{}} }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

// pair reads the partnership and checks what the actor wants of its agreement.
func (s *Service) pair(ctx context.Context, actor access.Actor, act access.Action, partnership string) (Pair, error) {
	if _, err := access.List(actor, access.AgreementRead); err != nil {
		return Pair{}, err
	}
	p, err := s.Partners.Pair(ctx, actor, partnership)
	if err != nil {
		return Pair{}, err
	}
	return p, access.Check(actor, act, access.Shared(p.Supplier, p.Reseller))
}

// History gives every version of a partnership, the newest first, without the bodies.
// Codes: NotFound, Forbidden.
func (s *Service) History(ctx context.Context, actor access.Actor, partnership string) ([]Version, error) {
	if _, err := s.pair(ctx, actor, access.AgreementRead, partnership); err != nil {
		return nil, err
	}
	var out []Version
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := heads(ctx, partnership)
		out = versions(rows, db.Now(ctx))
		return err
	})
	return out, err
}

// Get gives one version. Codes: NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (Version, error) {
	if _, err := access.List(actor, access.AgreementRead); err != nil {
		return Version{}, err
	}
	var out Version
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = load(ctx, actor, access.AgreementRead, id)
		return err
	})
	return out, err
}

// load reads a version in the transaction of ctx, with the state of this moment.
func load(ctx context.Context, actor access.Actor, act access.Action, id string) (Version, error) {
	r, err := byID(ctx, id)
	if err != nil {
		return Version{}, err
	}
	if err := access.Check(actor, act, access.Shared(r.SupplierID, r.ResellerID)); err != nil {
		return Version{}, err
	}
	all, err := heads(ctx, r.PartnershipID)
	if err != nil {
		return Version{}, err
	}
	for _, v := range versions(all, db.Now(ctx)) {
		if v.ID == r.ID {
			r.State = string(v.State)
		}
	}
	return r.version()
}

// Present is the agreement of a partnership as people look at it: what holds now, what
// was confirmed and begins later, and what is proposed; nil where there is none.
type Present struct {
	Valid, Next, Open *Version
}

// Newest is what a change starts from: the version that begins last, or nil.
func (p Present) Newest() *Version {
	if p.Next != nil {
		return p.Next
	}
	return p.Valid
}

// Present gives it. Codes: NotFound, Forbidden.
func (s *Service) Present(ctx context.Context, actor access.Actor, partnership string) (Present, error) {
	if _, err := s.pair(ctx, actor, access.AgreementRead, partnership); err != nil {
		return Present{}, err
	}
	var out Present
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = Present{}
		rows, err := heads(ctx, partnership)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		for _, v := range versions(rows, now) {
			var to **Version
			switch {
			case v.State == Proposed:
				to = &out.Open
			case v.State == Confirmed && v.Starts.After(now):
				to = &out.Next
			case v.State == Confirmed:
				to = &out.Valid
			default:
				continue
			}
			if *to != nil {
				continue
			}
			r, err := byID(ctx, v.ID)
			if err != nil {
				return err
			}
			full, err := r.version()
			if err != nil {
				return err
			}
			full.State = v.State
			*to = &full
		}
		return nil
	})
	return out, err
}

// ValidOf gives the versions that hold now of many partnerships, by partnership and in one
// statement; where none holds, or the partnership is not the actor's, there is no entry.
// Each may have a body of MaxBody: ask for the partnerships of a page.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) ValidOf(ctx context.Context, actor access.Actor, partnerships ...string) (map[string]Version, error) {
	scope, err := access.List(actor, access.AgreementRead)
	if err != nil {
		return nil, err
	}
	var out map[string]Version
	err = s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := validOf(ctx, scope, partnerships)
		if err != nil {
			return err
		}
		out = make(map[string]Version, len(rows))
		for _, r := range rows {
			v, err := r.version()
			if err != nil {
				return err
			}
			out[r.PartnershipID] = v
		}
		return nil
	})
	return out, err
}

// Filter chooses versions for List.
type Filter struct {
	Partnership string
	State       State
	After       string // cursor
	Limit       int    // to 200; 0 is 50
}

// List gives versions of all partnerships of the actor's company, the newest first,
// without the bodies, and the cursor of the next page. Codes: Forbidden, Invalid.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) ([]Version, string, error) {
	scope, err := access.List(actor, access.AgreementRead)
	if err != nil {
		return nil, "", err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out []Version
	next := ""
	err = s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, next, err = list(ctx, scope, f)
		return err
	})
	return out, next, err
}

// ProposeCmd proposes a version. Base is the number of the newest confirmed version
// that the proposer saw, 0 for none.
type ProposeCmd struct {
	Partnership string
	Base        int
	ValidFrom   string // civil date in the supplier's zone; empty: from the confirmation
	Body        Body
	Note        string
}

// addresses refuses addresses that are not of the company they are said of: documents
// go out under what is agreed.
func (s *Service) addresses(ctx context.Context, actor access.Actor, p Pair, cmd ProposeCmd) error {
	known, err := s.Partners.Identities(ctx, actor, cmd.Partnership)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for word, org := range map[string]string{Supplier: p.Supplier, Reseller: p.Reseller} {
		side := cmd.Body.side(word)
		for name, text := range map[string]string{"x12": side.X12, "edifact": side.EDIFACT} {
			if text != "" && !slices.Contains(known[org], text) {
				bad.With(word+"_"+name, "agreement.address_unknown", "Value", text)
			}
		}
	}
	return bad.OrNil()
}

// Propose puts a version before the other side. One is open at a time. Who changes
// tolerances, prices or tax decides the commercial terms of the partnership.
// Codes: NotFound, Forbidden, Invalid (by field; nothing changed), TooLarge, Conflict
// (one is open, another was confirmed meanwhile, the partnership ended).
// Publishes EventProposed.
func (s *Service) Propose(ctx context.Context, actor access.Actor, cmd ProposeCmd) (Version, error) {
	p, err := s.pair(ctx, actor, access.AgreementSign, cmd.Partnership)
	if err != nil {
		return Version{}, err
	}
	if p.Ended {
		return Version{}, fault.New(fault.Conflict, "agreement.ended")
	}
	if err := cmd.Body.Check(); err != nil {
		return Version{}, err
	}
	if err := s.addresses(ctx, actor, p, cmd); err != nil {
		return Version{}, err
	}
	text, err := encode(cmd.Body)
	if err != nil {
		return Version{}, err
	}
	var out Version
	err = s.DB.InTx(db.WithOrgs(ctx, p.Supplier, p.Reseller), func(ctx context.Context) error {
		now := db.Now(ctx)
		if err := fits(cmd.ValidFrom, now, p.Zone); err != nil {
			return err
		}
		rows, err := heads(ctx, cmd.Partnership)
		if err != nil {
			return err
		}
		base, number := row{Body: "{}"}, int64(1)
		for _, r := range rows { // the newest first
			number = max(number, r.Number+1)
			if r.State == string(Proposed) {
				return fault.New(fault.Conflict, "agreement.open", "Number", r.Number)
			}
			if r.State == string(Confirmed) && base.ID == "" {
				if base, err = byID(ctx, r.ID); err != nil {
					return err
				}
			}
		}
		if base.Number != int64(cmd.Base) {
			return fault.New(fault.Conflict, "agreement.changed", "Number", base.Number)
		}
		if base.ID == "" && len(cmd.Body.Facts()) == 0 {
			return fault.New(fault.Invalid, "agreement.nothing")
		}
		if base.Body == text {
			return fault.New(fault.Invalid, "agreement.unchanged")
		}
		was, err := base.version()
		if err != nil {
			return err
		}
		if err := s.mayTrade(actor, p, was.Body, cmd.Body); err != nil {
			return err
		}
		r := row{
			ID: db.NewID(), PartnershipID: cmd.Partnership, SupplierID: p.Supplier, ResellerID: p.Reseller, Number: number, State: string(Proposed), ValidFrom: cmd.ValidFrom,
			Body: text, Hash: hashOf(cmd.Partnership, int(number), cmd.ValidFrom, text), Note: bounded(cmd.Note), ProposedOrg: actor.Org, ProposedBy: actor.Person, Proposed: db.Micros(now),
		}
		if ok, err := insert(ctx, &r); err != nil || !ok {
			if err == nil {
				err = fault.New(fault.Conflict, "agreement.open", "Number", number)
			}
			return err
		}
		if out, err = r.version(); err != nil {
			return err
		}
		return s.done(ctx, actor, out, "agreement.propose", EventProposed)
	})
	return out, err
}

// fits says whether a date may be the first day of a version.
func fits(date string, now time.Time, zone *time.Location) error {
	if date == "" {
		return nil
	}
	d, err := time.ParseInLocation(time.DateOnly, date, zone)
	switch {
	case err != nil:
		return fault.InvalidField("valid_from", "error.date", "value", date)
	case date < now.In(zone).Format(time.DateOnly):
		return fault.InvalidField("valid_from", "agreement.date_past")
	case d.After(now.AddDate(2, 0, 0)):
		return fault.InvalidField("valid_from", "agreement.date_far")
	}
	return nil
}

// mayTrade says whether the actor may agree on a change of prices, tolerances and tax, by
// the fields of the change.
func (s *Service) mayTrade(actor access.Actor, p Pair, was, now Body) error {
	bad := fault.New(fault.Forbidden, "agreement.commercial")
	for _, f := range []struct {
		name string
		same bool
	}{
		{"price_tolerance", was.Price.PriceTolerance == now.Price.PriceTolerance}, {"quantity_tolerance", was.Price.QuantityTolerance == now.Price.QuantityTolerance}, {"price_date", was.Price.Date == now.Price.Date},
		{"price_basis", was.Price.Basis == now.Price.Basis}, {"free_goods", was.Price.FreeGoods == now.Price.FreeGoods}, {"tax_rounding", was.Tax.Rounding == now.Tax.Rounding}, {"tax_reverse", was.Tax.Reverse == now.Tax.Reverse},
		{"supplier_tax", was.Supplier.TaxNumber == now.Supplier.TaxNumber}, {"reseller_tax", was.Reseller.TaxNumber == now.Reseller.TaxNumber},
	} {
		if !f.same {
			bad.With(f.name, "agreement.commercial")
		}
	}
	if bad.OrNil() == nil || s.Partners.Manages(actor, p) == nil {
		return nil
	}
	return bad
}

func bounded(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > 500 {
		s = string(r[:500])
	}
	return s
}

// done writes the audit line and the event of a step.
func (s *Service) done(ctx context.Context, actor access.Actor, v Version, action, event string) error {
	if err := audit.Write(ctx, audit.Entry{
		Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "agreement", SubjectID: v.ID, Outcome: audit.Done,
	}); err != nil {
		return err
	}
	return s.Jobs.Publish(ctx, v.event(event, actor.Org))
}
