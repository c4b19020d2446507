package deal

import (
	"context"
	"slices"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
)

// Service keeps registrations. Every method checks the actor first; what its company
// has no side on does not exist for it.
type Service struct {
	db        *db.DB
	jobs      Publisher
	blobs     *blob.Store
	catalog   *catalog.Service
	customers *customer.Service
	leads     *lead.Service
	calendar  Calendar
}

// Parts are what the service stands on.
type Parts struct {
	DB        *db.DB
	Jobs      Publisher
	Blobs     *blob.Store
	Catalog   *catalog.Service
	Customers *customer.Service
	Leads     *lead.Service
	Calendar  Calendar
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{p.DB, p.Jobs, p.Blobs, p.Catalog, p.Customers, p.Leads, p.Calendar}
}

// The views of a list. Queue, Waiting and Away are the supplier's, Draft and Review the
// registrant's.
const (
	ViewQueue   = "queue" // a decision, an extension or a dispute waits
	ViewWaiting = "waiting"
	ViewLive    = "live"
	ViewAway    = "away" // with the registrant
	ViewDraft   = "draft"
	ViewReview  = "review"
	ViewClosed  = "closed"
)

// Filter chooses registrations. View is needed.
type Filter struct {
	View    string
	Partner string // company id
	Query   string
	After   string
	Limit   int // default 50, at most 200
}

// Page is a page of registrations. Similar counts, for the supplier, others for what may
// be the same customer. Next is empty at the end.
type Page struct {
	Items   []Registration
	Similar map[ID]int
	Next    string
}

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

// load reads a registration and checks the action on it.
func load(ctx context.Context, a access.Actor, act access.Action, id ID) (Registration, error) {
	if !a.Known() {
		return Registration{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	r, ok, err := byID(ctx, id)
	if err != nil {
		return Registration{}, err
	}
	if !ok {
		return Registration{}, notFound()
	}
	return r, access.Check(a, act, r.Resource())
}

// save writes a registration whose version it grows, and when its clocks look again.
func save(ctx context.Context, r *Registration) error {
	r.Changed, r.kept.look = db.Now(ctx), r.next()
	if len(r.Keys) == 0 {
		r.Keys = nil
	}
	ok, err := update(ctx, *r)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "deal.changed")
	}
	r.Version++
	if r.Counting() != r.kept.counts {
		r.kept.counts = r.Counting()
		return saveKeys(ctx, *r)
	}
	return nil
}

// step runs fn on a registration in a transaction, after the check.
func (s *Service) step(ctx context.Context, actor access.Actor, act access.Action, id ID, fn func(ctx context.Context, r *Registration) error) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, act, id)
		if err != nil {
			return err
		}
		return fn(ctx, &r)
	})
}

// told is what a step leaves behind: the stored registration, a line of its history,
// the event and the audit line.
func (s *Service) told(ctx context.Context, actor access.Actor, r *Registration, was State, d Deed, e Entry) error {
	if err := save(ctx, r); err != nil {
		return err
	}
	e.Kind, e.From, e.To, e.At = string(d), was, r.State(), db.Now(ctx)
	x := Event{Reason: e.Reason}
	if actor.Person != "" {
		e.Org, e.Person = actor.Org, actor.Person
		x.Org, x.Person = actor.Org, actor.Person
	}
	if err := insertEntry(ctx, r.ID, e); err != nil {
		return err
	}
	kind := happened[d]
	switch {
	case d == Approve && r.Decision == Registered:
		kind = EventRegistered
	case kind == EventProtected || kind == EventPostponed || kind == EventReopened:
		x.Due = r.Guard.Until
	case kind == EventExpired:
		x.Due = r.Guard.Grace
	}
	if err := s.publish(ctx, kind, *r, x); err != nil {
		return err
	}
	return note(ctx, actor, "deal."+string(d), "deal", string(r.ID))
}

// seen is a registration as a company may see it.
func (r Registration) seen(org string) Registration {
	if org != r.Registrant {
		r.Private, r.External, r.Account, r.Offer = "", "", "", ""
	}
	if org != r.Supplier {
		r.Score, r.Against, r.Keys = 0, "", nil
		if r.Pen != PenReview {
			r.Reviewer = ""
		}
	}
	if org != r.Registrant && org != r.Supplier { // who fulfils it needs no more
		r.Contact, r.Competitor, r.Special, r.Comment, r.Reason, r.Asked, r.Need = Contact{}, "", "", "", "", Asked{}, ""
	}
	return r
}

// Detail is a registration with what belongs to it, as the actor's company may see it.
type Detail struct {
	Registration
	Terms     Terms
	Place     Place
	Taken     int // places of the capacity that others of the registrant take; for both sides
	Files     []File
	Entries   []Entry
	Lines     []Line // the latest
	MoreLines bool
	Won       map[string]money.Quantity // what was invoiced of each product in lines that count
	Resold    map[string]money.Quantity // and what was sold on
	Disputes  []Dispute
	Similar   []Similar // for the supplier
	Tries     int       // submissions of the registrant for this customer within a week; for the supplier
}

// Get returns a registration. Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Detail, error) {
	var out Detail
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.DealRead, id)
		if err != nil {
			return err
		}
		out = Detail{Registration: r.seen(actor.Org)}
		if out.Terms, err = termsOf(ctx, r.Supplier); err != nil {
			return err
		}
		if out.Lines, out.MoreLines, err = linesOf(ctx, id); err != nil {
			return err
		}
		products, err := winsOf(ctx, id)
		if err != nil {
			return err
		}
		out.Won = map[string]money.Quantity{}
		for _, p := range products {
			out.Won[p.SKU] = p.Invoiced
		}
		sold, err := resoldOf(ctx, id)
		if err != nil {
			return err
		}
		out.Resold = map[string]money.Quantity{}
		for _, p := range sold {
			out.Resold[p.SKU] = p.Invoiced
		}
		if actor.Org != r.Supplier && actor.Org != r.Registrant {
			out.Terms.Tiers = nil
			return nil
		}
		if out.Place, err = placeOf(ctx, r.Partnership); err != nil {
			return err
		}
		if out.Taken, err = counted(ctx, r.Partnership, id); err != nil {
			return err
		}
		if out.Files, err = filesOf(ctx, id); err != nil {
			return err
		}
		if out.Entries, err = entriesOf(ctx, id); err != nil {
			return err
		}
		side := "registrant"
		if actor.Org == r.Supplier {
			side = "supplier"
		}
		out.Entries = slices.DeleteFunc(out.Entries, func(e Entry) bool { return e.seen != "" && e.seen != side })
		if out.Disputes, err = disputesOf(ctx, id); err != nil {
			return err
		}
		if actor.Org == r.Supplier {
			if out.Tries, err = triesOf(ctx, r.Registrant, r.Supplier, r.Keys, db.Now(ctx).Add(-week)); err != nil {
				return err
			}
			out.Similar, err = similar(ctx, r, mostSimilar)
			return err
		}
		out.Terms.Tiers, out.Terms.Decider = nil, ""
		for i := range out.Disputes {
			out.Disputes[i] = out.Disputes[i].seen(actor.Org, id)
		}
		return nil
	})
	return out, err
}

// MaySee says whether the actor may read a registration as one of the two who speak of
// it: its registrant and its supplier.
// Codes: Unauthenticated, NotFound.
func (s *Service) MaySee(ctx context.Context, actor access.Actor, id ID) error {
	return s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.DealRead, id)
		if err == nil && actor.Org != r.Supplier && actor.Org != r.Registrant {
			err = notFound()
		}
		return err
	})
}

// Visible are those of some registrations of which MaySee says so.
func (s *Service) Visible(ctx context.Context, actor access.Actor, ids []ID) (map[ID]bool, error) {
	out := map[ID]bool{}
	if !actor.Known() || len(ids) == 0 {
		return out, nil
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		all, err := many(ctx, ids)
		for id, r := range all {
			if (actor.Org == r.Supplier || actor.Org == r.Registrant) && access.Allowed(actor, access.DealRead, r.Resource()) {
				out[id] = true
			}
		}
		return err
	})
	return out, err
}

// List returns registrations of one side of the actor's company: access.Supplier those
// it decides, access.Reseller those it made, access.Member those it fulfils.
// Codes: Unauthenticated, Forbidden, Invalid (view, cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, side access.Side, f Filter) (Page, error) {
	scope, err := listing(actor, side)
	if err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out Page
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		if out, err = list(ctx, scope, side, f); err != nil {
			return err
		}
		if side == access.Supplier {
			ids := make([]ID, len(out.Items))
			for i, r := range out.Items {
				ids[i] = r.ID
			}
			if out.Similar, err = similarCounts(ctx, ids); err != nil {
				return err
			}
		}
		for i := range out.Items {
			out.Items[i] = out.Items[i].seen(actor.Org)
		}
		return nil
	})
	return out, err
}

// Some are those of some registrations that the actor may read, each as its side sees it;
// what he may not read is left out as what does not exist is.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Some(ctx context.Context, actor access.Actor, ids ...ID) (map[ID]Registration, error) {
	if _, err := access.List(actor, access.DealRead); err != nil {
		return nil, err
	}
	out := map[ID]Registration{}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		found, err := many(ctx, ids)
		for id, r := range found {
			if access.Allowed(actor, access.DealRead, r.Resource()) {
				out[id] = r.seen(actor.Org)
			}
		}
		return err
	})
	return out, err
}

// Counts are the sizes of the views of one side.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor, side access.Side) (map[string]int, error) {
	scope, err := listing(actor, side)
	if err != nil {
		return nil, err
	}
	var out map[string]int
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = count(ctx, scope, side)
		return err
	})
	return out, err
}

// listing is the right to list the registrations of one side: a role that reads on one
// side alone does not list the other.
func listing(actor access.Actor, side access.Side) (access.Scope, error) {
	scope, err := access.List(actor, access.DealRead)
	if err != nil {
		return scope, err
	}
	res := access.Resource{Reseller: actor.Org}
	switch side {
	case access.Supplier:
		res = access.Resource{Supplier: actor.Org}
	case access.Member:
		res = access.Resource{Members: []string{actor.Org}}
	}
	if !access.Allowed(actor, access.DealRead, res) {
		return scope, fault.New(fault.Forbidden, "error.forbidden")
	}
	return scope, nil
}
