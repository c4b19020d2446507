package engage

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

// Tie is what two companies are to each other.
type Tie struct {
	Active   bool // a partnership between them is active
	Supplies bool // the first is the supplier in one
}

// Circle tells who works with whom, and who works where. It is implemented in portal/app.
type Circle interface {
	Between(ctx context.Context, org, other string) (Tie, error)
	// Belongs says whether a person works in a company at present.
	Belongs(ctx context.Context, org, person string) (bool, error)
}

// Source is what an engagement may begin from. First is the company whose case it is as well:
// it is invited before any other. Supplies: the actor's company is the supplier in it.
type Source struct {
	Number   string
	Title    string
	Customer string
	Country  string
	Teaser   string
	First    string
	Supplies bool
}

// Sources reads deals, leads and offers with the actor's own rights: what he may not see is
// NotFound.
type Sources interface {
	Source(ctx context.Context, actor access.Actor, kind, id string) (Source, error)
}

// Service keeps engagements. Every method checks the actor first; what its company has no
// seat in does not exist for it.
type Service struct {
	db      *db.DB
	circle  Circle
	sources Sources
	jobs    Publisher
}

// New makes the service. jobs may be nil: nobody is told.
func New(d *db.DB, c Circle, sources Sources, jobs Publisher) *Service {
	return &Service{db: d, circle: c, sources: sources, jobs: jobs}
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func changed() error { return fault.New(fault.Conflict, "engage.changed") }

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	if !a.Known() {
		return fault.New(fault.Unauthenticated, "error.signed_out")
	}
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	if !a.Known() {
		return fault.New(fault.Unauthenticated, "error.signed_out")
	}
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action string, id ID) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: "engagement", SubjectID: string(id), Outcome: audit.Done})
}

// load reads an engagement as the actor's company stands in it, and checks the action.
func load(ctx context.Context, a access.Actor, act access.Action, id ID, lock bool) (row, party, error) {
	e, ok, err := byID(ctx, id, lock)
	if err == nil && !ok {
		err = notFound()
	}
	if err != nil {
		return row{}, party{}, err
	}
	seats, err := seatsOf(ctx, id)
	if err != nil {
		return row{}, party{}, err
	}
	p := party{org: a.Org, owner: e.OwnerID, shown: e.Shown == 1, seats: seats}
	return e, p, check(a, act, p)
}

// working is load for who takes part in an open engagement; it locks it.
func (s *Service) working(ctx context.Context, a access.Actor, act access.Action, id ID) (row, party, error) {
	return taking(ctx, a, act, id, true)
}

// taking is working for a reader too, who locks nothing.
func taking(ctx context.Context, a access.Actor, act access.Action, id ID, lock bool) (row, party, error) {
	e, p, err := load(ctx, a, act, id, lock)
	switch {
	case err != nil:
	case p.seats[a.Org].Joined.IsZero() && a.Org != p.owner:
		err = notFound() // to who is only invited, what stands behind the invitation does not exist
	case p.seats[a.Org].State != Active: // nor is who left told whether it was closed since
		err = fault.New(fault.Conflict, "engage.left")
	case State(e.State) != Open:
		err = fault.New(fault.Conflict, "engage.closed")
	}
	return e, p, err
}

// others are the companies that take part now and that the viewer knows, without itself.
func (p party) others() []string {
	var out []string
	for org, x := range p.seats {
		if org != p.org && x.State == Active && p.knows(org) {
			out = append(out, org)
		}
	}
	slices.Sort(out)
	return out
}

// active are all companies that take part now.
func (p party) active() []string {
	var out []string
	for org, x := range p.seats {
		if x.State == Active {
			out = append(out, org)
		}
	}
	slices.Sort(out)
	return out
}

// Source reads what an engagement would begin from, for a form.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Source(ctx context.Context, actor access.Actor, kind, id string) (Source, error) {
	if err := access.Check(actor, access.EngageLead, access.Own(actor.Org)); err != nil {
		return Source{}, err
	}
	if !slices.Contains([]string{FromDeal, FromLead, FromOffer}, kind) {
		return Source{}, notFound()
	}
	return s.sources.Source(ctx, actor, kind, id)
}

// Begin begins an engagement of the actor's company; nobody else sees it before Invite.
// Codes: Unauthenticated, NotFound (also of what it begins from), Forbidden (also where its people
// may not read what they begin), Invalid (by field).
func (s *Service) Begin(ctx context.Context, actor access.Actor, cmd BeginCmd) (Detail, error) {
	if err := access.Check(actor, access.EngageLead, access.Own(actor.Org)); err != nil {
		return Detail{}, err
	}
	var from Source
	bad := fault.New(fault.Invalid, "form.invalid")
	if cmd.Kind != "" {
		if !slices.Contains([]string{FromDeal, FromLead, FromOffer}, cmd.Kind) {
			return Detail{}, fault.InvalidField("kind", "form.choice_wrong")
		}
		var err error
		if from, err = s.sources.Source(ctx, actor, cmd.Kind, cmd.Ref); err != nil {
			return Detail{}, err
		}
		if from.Supplies && shut(actor) {
			return Detail{}, fault.New(fault.Forbidden, "engage.managers")
		}
	}
	cmd.Terms.check(bad)
	if !slices.Contains(Roles, cmd.Role) {
		bad.With("role", "form.choice_wrong")
	}
	section := Section{Stage: cmd.Stage, Amount: cmd.Value}
	if err := section.check(); err != nil {
		for _, f := range fault.As(err).Fields {
			bad.With(f.Name, f.Key)
		}
	}
	if err := bad.OrNil(); err != nil {
		return Detail{}, err
	}
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		if cmd.Key = bounded(cmd.Key, 80); cmd.Key != "" {
			if id, ok, err := bySource(ctx, actor.Org, cmd.Key); err != nil || ok {
				if err == nil {
					out, err = s.detailOf(ctx, actor, id)
				}
				return err
			}
		}
		number, err := identity.RandomNumber("E-")
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		e := row{ID: db.NewID(), OwnerID: actor.Org, Number: number, SourceKey: cmd.Key, State: string(Open), AboutKind: cmd.Kind, AboutID: cmd.Ref, AboutNumber: from.Number, FirstOrg: from.First, Made: db.Micros(now), MadeBy: actor.Person}
		if cmd.Kind == "" {
			e.AboutID = ""
		}
		e.keep(cmd.Terms)
		seat := Seat{ID: db.NewID(), Org: actor.Org, Role: cmd.Role, State: Active, Invited: now, Answered: now, Joined: now, AnsweredBy: actor.Person, supplies: from.Supplies}
		if err := insert(ctx, e); err != nil {
			return err
		}
		if err := saveSeat(ctx, e, seat, now); err != nil {
			return err
		}
		section.Version, section.Changed, section.By = 1, now, actor.Person
		if err := saveSection(ctx, ID(e.ID), actor.Org, section); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.begin", ID(e.ID)); err != nil {
			return err
		}
		out, err = s.detailOf(ctx, actor, ID(e.ID))
		return err
	})
	return out, err
}

// check makes terms normal and says what is wrong with them.
func (t *Terms) check(bad *fault.Error) {
	t.Title, t.Customer, t.Purpose, t.Teaser = bounded(t.Title, 120), bounded(t.Customer, 120), bounded(t.Purpose, 4000), bounded(t.Teaser, 400)
	t.Country = strings.ToUpper(strings.TrimSpace(t.Country))
	if t.Title == "" {
		t.Title = t.Customer
	}
	if t.Customer == "" {
		bad.With("customer", "form.missing")
	}
	if t.Teaser == "" {
		bad.With("teaser", "form.missing")
	}
	low := strings.ToLower(t.Teaser)
	for _, w := range []string{t.Customer, t.Title} {
		if w = strings.ToLower(w); len(w) > 3 && strings.Contains(low, w) {
			bad.With("teaser", "engage.teaser_names")
			break
		}
	}
	if len(t.Country) > 0 && len(t.Country) != 2 {
		bad.With("country", "form.choice_wrong")
	}
	if t.Band != "" && !slices.Contains(Bands, t.Band) {
		bad.With("band", "form.choice_wrong")
	}
}

// Edit changes what the owner says of the engagement, as long as nobody else reads it: not
// while a company is invited or takes part, or took part.
// Codes: NotFound, Forbidden, Invalid (by field), Conflict (somebody reads it, closed).
func (s *Service) Edit(ctx context.Context, actor access.Actor, id ID, t Terms) (Detail, error) {
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageLead, id)
		if err != nil {
			return err
		}
		if p.read() {
			return fault.New(fault.Conflict, "engage.terms_fixed")
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if t.check(bad); len(bad.Fields) > 0 {
			return bad
		}
		e.keep(t)
		if err := saveTerms(ctx, e); err != nil {
			return err
		}
		if err := touch(ctx, e, p, actor.Org); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.edit", id); err != nil {
			return err
		}
		out, err = s.detailOf(ctx, actor, id)
		return err
	})
	return out, err
}

// read says that another company may read the terms, or has.
func (p party) read() bool {
	for org, x := range p.seats {
		if org != p.owner && (x.State == Invited || !x.Joined.IsZero()) {
			return true
		}
	}
	return false
}

// Get returns an engagement as the actor's company sees it: an invitation before it accepted.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Seen, error) {
	var out Seen
	err := s.view(ctx, actor, func(ctx context.Context) error {
		e, p, err := load(ctx, actor, access.EngageRead, id, false)
		if err != nil {
			return err
		}
		out, err = s.seen(ctx, e, p)
		return err
	})
	if err != nil {
		return Seen{}, err
	}
	return out, nil
}

// As shows the engagement as another company sees it, as far as the actor's company may know:
// what passed between that company and others, and what is its own, is left out.
// Codes: Unauthenticated, NotFound (the actor's company does not know it in here).
func (s *Service) As(ctx context.Context, actor access.Actor, id ID, org string) (Seen, error) {
	var out Seen
	err := s.view(ctx, actor, func(ctx context.Context) error {
		e, p, err := load(ctx, actor, access.EngageRead, id, false)
		if err != nil {
			return err
		}
		if mine := p.seats[actor.Org]; mine.Joined.IsZero() || !p.knows(org) || p.org == p.owner && (p.seats[org].State == Withdrawn || p.seats[org].State == Expired) || p.seats[org].ID == "" {
			return notFound()
		}
		theirs := p
		theirs.org = org
		var own *Detail
		if p.org != p.owner { // the seats are no other than the actor's company knows them to be
			got, err := s.seen(ctx, e, p)
			if err != nil {
				return err
			}
			if own = got.Detail; own == nil {
				return notFound()
			}
			theirs.seats = map[string]Seat{}
			for _, x := range own.Seats {
				theirs.seats[x.Org] = x
			}
		}
		if out, err = s.seen(ctx, e, theirs); err != nil || out.Detail == nil {
			return err
		}
		d := out.Detail
		d.Sent, d.Room, d.Rooms = nil, "", nil
		if own != nil && own.Mine.State != Active { // nor is anything told that came after it left
			d.Purpose, d.Outcome, d.Comment, d.State, d.Closed = own.Purpose, own.Outcome, own.Comment, own.State, own.Closed
		}
		if org == p.owner {
			d.About = About{}
		}
		d.Seats = slices.DeleteFunc(d.Seats, func(x Seat) bool { return !p.knows(x.Org) })
		d.Got = slices.DeleteFunc(d.Got, func(x Received) bool { return x.From != actor.Org })
		d.Tasks = slices.DeleteFunc(d.Tasks, func(x Task) bool { return !p.both(x.Org, x.MadeOrg) || p.late(x.Made) })
		d.Hands = slices.DeleteFunc(d.Hands, func(x Handover) bool { return !p.both(x.From, x.To) || p.late(x.Made) })
		d.Tasks = p.stood(d.Tasks)
		for i, x := range d.Hands {
			d.Hands[i] = p.passed(x)
		}
		if p.org != p.owner { // its texts and answers are not the actor's
			d.Splits = nil
		}
		return nil
	})
	if err != nil {
		return Seen{}, err
	}
	return out, nil
}

// detailOf is the detail of who took part.
func (s *Service) detailOf(ctx context.Context, actor access.Actor, id ID) (Detail, error) {
	e, p, err := load(ctx, actor, access.EngageRead, id, false)
	if err != nil {
		return Detail{}, err
	}
	got, err := s.seen(ctx, e, p)
	if err != nil || got.Detail == nil {
		return Detail{}, err
	}
	return *got.Detail, nil
}

// seen reads what a company sees.
func (s *Service) seen(ctx context.Context, e row, p party) (Seen, error) {
	mine, ok := p.seats[p.org]
	if !ok {
		return Seen{}, notFound()
	}
	if mine.Joined.IsZero() || mine.State == Invited {
		inv := Invitation{ID: ID(e.ID), Number: e.Number, Owner: e.OwnerID, State: Open, Seat: mine, Teaser: mine.offer.Teaser, Country: mine.offer.Country, Band: mine.offer.Band, Shown: mine.offer.Shown}
		if mine.State == Invited { // what became of it afterwards is not told
			inv.State = State(e.State)
		}
		var err error
		inv.Hash, err = offerHash(e, mine)
		return Seen{Invitation: &inv}, err
	}
	d := Detail{ID: ID(e.ID), Number: e.Number, Owner: e.OwnerID, State: State(e.State), Terms: e.terms(), Outcome: e.Outcome, Comment: e.Comment, Made: db.FromMicros(e.Made), MadeBy: e.MadeBy, Closed: db.FromMicros(e.Closed), Mine: mine}
	if p.org == p.owner {
		d.About = About{Kind: e.AboutKind, ID: e.AboutID, Number: e.AboutNumber}
	}
	if mine.State == Left || mine.State == Declined || mine.State == Withdrawn || mine.State == Expired { // its view ended
		d.Purpose, d.Outcome, d.Comment, d.State, d.Closed = "", "", "", Closed, mine.Left
	}
	for org, x := range p.seats {
		if !p.knows(org) || p.org != p.owner && org != p.org && x.Joined.IsZero() {
			continue
		}
		if p.org != org && p.org != p.owner { // what passed between it and the owner
			x.Message, x.Reason, x.Comment, x.InvitedBy, x.AnsweredBy, x.Invited, x.Answered = "", "", "", "", "", x.Joined, x.Joined
			x.Due = time.Time{}
			switch {
			case x.State == Active || p.late(x.Left):
				x.State, x.Left = Active, Seat{}.Left
			default: // that it is asked again, and what it answers, is not the viewer's affair
				x.State = Left
			}
		}
		if org == p.owner && p.org != p.owner { // what it is to others is not the viewer's affair
			x.supplies = !mine.supplies
		}
		d.Seats = append(d.Seats, x)
	}
	slices.SortFunc(d.Seats, func(a, b Seat) int {
		switch {
		case a.Org == p.owner:
			return -1
		case b.Org == p.owner:
			return 1
		}
		if c := a.Invited.Compare(b.Invited); c != 0 {
			return c
		}
		return strings.Compare(a.Org, b.Org)
	})
	s.rooms(&d, p)
	var err error
	if d.Splits, err = s.splits(ctx, e, p); err != nil {
		return Seen{}, err
	}
	if d.Tasks, err = tasksOf(ctx, p, d.ID); err != nil {
		return Seen{}, err
	}
	if d.Hands, err = handsOf(ctx, p, d.ID); err != nil {
		return Seen{}, err
	}
	if d.Got, d.Sent, err = newest(ctx, d.ID, p.org); err != nil {
		return Seen{}, err
	}
	return Seen{Detail: &d}, nil
}

// rooms names the subjects of the rooms in which the viewer talks.
func (s *Service) rooms(d *Detail, p party) {
	switch mine := p.seats[p.org]; {
	case mine.State != Active:
	case p.shown:
		d.Room = string(d.ID)
	case p.org != p.owner:
		d.Room = mine.ID
	default:
		d.Rooms = map[string]string{}
		for org, x := range p.seats {
			if org != p.owner && !x.Joined.IsZero() && x.State == Active {
				d.Rooms[org] = x.ID
			}
		}
	}
}

// List returns engagements of the actor's company, what changed last for it first.
// Codes: Unauthenticated, Forbidden, Invalid (view, cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.EngageRead)
	if err != nil {
		return Page{}, err
	}
	if f.View != "" && !slices.Contains(Views, f.View) {
		return Page{}, fault.InvalidField("view", "form.choice_wrong")
	}
	if f.Limit < 1 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out Page
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = list(ctx, scope, all(actor), f)
		return err
	})
	return out, err
}

// all says whether the actor reads engagements in which his company is a supplier too.
func all(a access.Actor) bool {
	return access.Allowed(a, access.EngageRead, access.Resource{Supplier: a.Org})
}

// Counts gives the sizes of the views of the actor's company.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor) (map[string]int, error) {
	scope, err := access.List(actor, access.EngageRead)
	if err != nil {
		return nil, err
	}
	var out map[string]int
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = count(ctx, scope, all(actor))
		return err
	})
	return out, err
}

// Label is the number of an engagement and how the actor's company may call it: by its title,
// or by the teaser before it accepted.
// Codes: Unauthenticated, NotFound.
func (s *Service) Label(ctx context.Context, actor access.Actor, id ID) (number, title string, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		e, p, err := load(ctx, actor, access.EngageRead, id, false)
		if err != nil {
			return err
		}
		number, title = e.Number, e.Title
		if x := p.seats[actor.Org]; x.Joined.IsZero() || x.State == Invited {
			title = x.offer.Teaser // as it was invited
		}
		return nil
	})
	return number, title, err
}

// MaySee says whether the actor may see an engagement as one who took part, or a seat in it
// by its id: who enters a room is asked this.
// Codes: Unauthenticated, NotFound.
func (s *Service) MaySee(ctx context.Context, actor access.Actor, subject string) error {
	return s.view(ctx, actor, func(ctx context.Context) error {
		id, seat, err := subjectOf(ctx, subject)
		if err != nil {
			return err
		}
		_, p, err := load(ctx, actor, access.EngageRead, id, false)
		if err != nil {
			return err
		}
		mine := p.seats[actor.Org]
		if mine.State != Active || seat == "" && !p.shown || seat != "" && seat != mine.ID && actor.Org != p.owner {
			return notFound()
		}
		return nil
	})
}

// OfSubject is the engagement of a room's subject.
// Codes: as MaySee.
func (s *Service) OfSubject(ctx context.Context, actor access.Actor, subject string) (ID, error) {
	if err := s.MaySee(ctx, actor, subject); err != nil {
		return "", err
	}
	var out ID
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, _, err = subjectOf(ctx, subject)
		return err
	})
	return out, err
}
