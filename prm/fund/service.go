package fund

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/money"
	"entente/prm/partner"
)

// Service keeps programmes, their ledger, requests and claims. Every method checks the
// actor first; what its company has no side on does not exist for it.
type Service struct {
	db         *db.DB
	jobs       Publisher
	blobs      *blob.Store
	partners   *partner.Service
	deductions Deductions // nil: nobody keeps payments here
	checks     Checks     // nil: nobody reads documents here
	rooms      Rooms      // nil: nobody talks here
}

// Deductions tells what a partner took off its payments already. It is implemented by the
// composition root over prm/settle.
type Deductions interface {
	// Deducted gives what a partner deducted in the name of a claim, by payment.
	Deducted(ctx context.Context, supplier, reseller, claim string) ([]Deduction, error)
}

// Deduction is what was kept back from one payment.
type Deduction struct {
	Payment string // its number
	Amount  money.Amount
}

// New makes the service. jobs may be nil in tests that do not look at events.
func New(d *db.DB, jobs Publisher, blobs *blob.Store, partners *partner.Service) *Service {
	return &Service{db: d, jobs: jobs, blobs: blobs, partners: partners}
}

// Heed has the payments of partners looked at; call it before use.
func (s *Service) Heed(d Deductions) { s.deductions = d }

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action, kind, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: kind, SubjectID: id, Outcome: audit.Done})
}

// program reads a programme and checks the action on it. A partner is a member.
func (s *Service) program(ctx context.Context, actor access.Actor, act access.Action, id ProgramID, lock bool) (programRow, error) {
	r, err := programByID(ctx, string(id), lock)
	if err != nil {
		return r, err
	}
	res := access.Resource{Owner: r.OwnerID}
	if actor.Org != r.OwnerID {
		if _, err := seatOf(ctx, r.ID, actor.Org); err == nil {
			res.Members = []string{actor.Org}
		} else if fault.CodeOf(err) != fault.NotFound {
			return r, err
		}
	}
	return r, access.Check(actor, act, res)
}

// own reads a programme to change it. That of a promotion follows its promotion, and that of a
// fall of prices what is granted on stock.
func (s *Service) own(ctx context.Context, actor access.Actor, id ProgramID) (programRow, error) {
	r, err := s.program(ctx, actor, access.FundWrite, id, true)
	if err == nil && r.Kind == KindPromo {
		err = fault.New(fault.Conflict, "fund.of_promotion")
	}
	if err == nil && r.Kind == KindProtect {
		err = fault.New(fault.Conflict, "fund.of_protection")
	}
	return r, err
}

// ProgramCmd makes a programme or changes it.
type ProgramCmd struct {
	Title       string
	Kind        string // of Kinds; it is not changed
	About       string
	From, Until string
	Zone        string
	ClaimDays   int
	Share       money.Rate
	Proof       []string
	Countries   []string     // to whose partners it is open once it is announced; none: all
	Part        money.Amount // for each of them
	Alternative string       // what others may use instead
}

func (c *ProgramCmd) check() error {
	c.Title, c.About, c.Zone = strings.TrimSpace(c.Title), strings.TrimSpace(c.About), strings.TrimSpace(c.Zone)
	bad := fault.New(fault.Invalid, "form.invalid")
	text(bad, "title", c.Title, 120, true)
	text(bad, "about", c.About, 2000, false)
	if !slices.Contains(Kinds, c.Kind) {
		bad.With("kind", "form.choice_wrong")
	}
	if !civil(c.From) {
		bad.With("from", "form.date")
	}
	if !civil(c.Until) || c.Until < c.From {
		bad.With("until", "fund.window")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" {
		bad.With("zone", "form.choice_wrong")
	}
	if c.ClaimDays < 0 || c.ClaimDays > 730 {
		bad.With("claim_days", "fund.days")
	}
	if c.Share <= 0 || c.Share > money.One {
		bad.With("share", "fund.share_range")
	}
	c.Proof = items(c.Proof)
	for _, p := range c.Proof {
		text(bad, "proof", p, 100, true)
	}
	if len(c.Proof) > 12 {
		bad.With("proof", "form.too_long", "Most", 12)
	}
	c.checkPlan(bad)
	return bad.OrNil()
}

// items trims a list and leaves out empty and repeated ones.
func items(list []string) []string {
	var out []string
	for _, p := range list {
		if p = strings.TrimSpace(p); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func text(bad *fault.Error, field, s string, most int, needed bool) {
	switch {
	case needed && s == "":
		bad.With(field, "form.missing")
	case len([]rune(s)) > most:
		bad.With(field, "form.too_long", "Most", most)
	case !identity.Readable(s, most > 300):
		bad.With(field, "form.text_wrong")
	}
}

func civil(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// today is the civil date of a zone.
func today(ctx context.Context, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return db.Now(ctx).In(loc).Format(time.DateOnly)
}

// Create makes a programme of the actor's company; nobody else sees it before it is given a part.
// Codes: Unauthenticated, Forbidden, Invalid (by field).
func (s *Service) Create(ctx context.Context, actor access.Actor, cmd ProgramCmd) (Program, error) {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return Program{}, err
	}
	if err := cmd.check(); err != nil {
		return Program{}, err
	}
	var out Program
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.insert(ctx, actor, cmd.row(actor.Org))
		if err != nil {
			return err
		}
		out, err = s.full(ctx, r)
		return err
	})
	return out, err
}

func (c ProgramCmd) row(owner string) programRow {
	return programRow{OwnerID: owner, Title: c.Title, Kind: c.Kind, State: Open, About: c.About, FromOn: c.From, UntilOn: c.Until, Zone: c.Zone, ClaimDays: int64(c.ClaimDays), Share: int64(c.Share), Proof: words(c.Proof),
		Countries: listed(c.Countries), Part: c.Part.Minor, PartCurrency: string(c.Part.Currency), Alternative: c.Alternative}
}

func (s *Service) insert(ctx context.Context, actor access.Actor, r programRow) (programRow, error) {
	now := db.Micros(db.Now(ctx))
	r.ID, r.Made, r.MadeBy, r.Changed, r.Version = db.NewID(), now, actor.Person, now, 1
	r.Number = "F-" + strings.ToUpper(r.ID[len(r.ID)-6:]) // it counts nothing: a partner would learn how many there are
	ok, err := insertProgram(ctx, &r)
	if err != nil {
		return r, err
	}
	if !ok {
		return programOf(ctx, r.OwnerID, r.SubjectID)
	}
	return r, note(ctx, actor, "fund.create", "fund", r.ID)
}

// Change changes a programme. What was approved under it keeps its own terms.
// Codes: NotFound, Forbidden, Invalid, Conflict (changed meanwhile, its plan is announced).
func (s *Service) Change(ctx context.Context, actor access.Actor, id ProgramID, version int64, cmd ProgramCmd) (Program, error) {
	var out Program
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		cmd.Kind = r.Kind
		if err := cmd.check(); err != nil {
			return err
		}
		if r.Version != version {
			return changed(r.Version)
		}
		x := cmd.row(r.OwnerID)
		if r.Announced > 0 && (x.Countries != r.Countries || x.Part != r.Part || x.PartCurrency != r.PartCurrency) {
			return fault.New(fault.Conflict, "fund.plan_fixed")
		}
		if r.Announced > 0 && x.Alternative == "" {
			return fault.InvalidField("alternative", "fund.alternative_missing")
		}
		r.Countries, r.Part, r.PartCurrency, r.Alternative = x.Countries, x.Part, x.PartCurrency, x.Alternative
		r.Title, r.About, r.FromOn, r.UntilOn, r.Zone, r.ClaimDays, r.Share, r.Proof = x.Title, x.About, x.FromOn, x.UntilOn, x.Zone, x.ClaimDays, x.Share, x.Proof
		if err := saveProgram(ctx, &r); err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.change", "fund", r.ID); err != nil {
			return err
		}
		out, err = s.full(ctx, r)
		return err
	})
	return out, err
}

// SetOpen closes a programme for new requests and claims, or opens it again.
// Codes: NotFound, Forbidden, Conflict (changed meanwhile).
func (s *Service) SetOpen(ctx context.Context, actor access.Actor, id ProgramID, version int64, open bool) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		state := Closed
		if open {
			state = Open
		}
		if r.State == state {
			return nil
		}
		if r.Version != version {
			return changed(r.Version)
		}
		r.State = state
		if err := saveProgram(ctx, &r); err != nil {
			return err
		}
		return note(ctx, actor, "fund.change", "fund", r.ID)
	})
}

// Get returns a programme of the actor's own company.
// Codes: Unauthenticated, NotFound (also for a partner: see Wallet).
func (s *Service) Get(ctx context.Context, actor access.Actor, id ProgramID) (Program, error) {
	var out Program
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := s.program(ctx, actor, access.FundRead, id, false)
		if err != nil {
			return err
		}
		if r.OwnerID != actor.Org {
			return notFound()
		}
		out, err = s.full(ctx, r)
		return err
	})
	return out, err
}

// full reads all of a programme for its owner.
func (s *Service) full(ctx context.Context, r programRow) (Program, error) {
	list, err := s.fill(ctx, []programRow{r})
	if err != nil {
		return Program{}, err
	}
	out := list[0]
	if r.Announced > 0 {
		uses, err := usesOf(ctx, r.ID)
		if err != nil {
			return out, err
		}
		for i := range out.Seats {
			out.Seats[i].Use = uses[out.Seats[i].Org]
		}
		if out.OffPlan, err = offOf(ctx, r.ID); err != nil {
			return out, err
		}
	}
	if r.Kind == KindEarned {
		if out.Volumes, err = volumesOf(ctx, []string{r.ID}, ""); err != nil {
			return out, err
		}
		out.Rules, err = rulesOf(ctx, r.ID)
	}
	return out, err
}

// fill reads what belongs to some programmes.
func (s *Service) fill(ctx context.Context, rows []programRow) ([]Program, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	sums, err := sumsOf(ctx, ids, "")
	if err != nil {
		return nil, err
	}
	budgets, err := budgetsOfAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	seats, err := seatsOfAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Program, len(rows))
	for i, r := range rows {
		p := r.program()
		for _, b := range budgets {
			if b.ProgramID != r.ID {
				continue
			}
			x := Budget{Currency: money.Currency(b.Currency), FourEyes: money.Amount{Minor: b.FourEyes, Currency: money.Currency(b.Currency)}}
			x.Whole, x.Free = money.Amount{Currency: x.Currency}, money.Amount{Currency: x.Currency}
			for _, t := range sums {
				if t.ProgramID == r.ID && t.OrgID == "" && t.Currency == b.Currency {
					if t.Kind == accSource {
						x.Whole.Minor = -t.Balance
					} else {
						x.Free.Minor = t.Balance
					}
				}
			}
			p.Budgets = append(p.Budgets, x)
		}
		for _, t := range seats {
			if t.ProgramID == r.ID {
				p.Seats = append(p.Seats, Seat{Org: t.OrgID, Partnership: t.PartnershipID, Balance: balance(sums, r.ID, t.OrgID, money.Currency(t.Currency))})
			}
		}
		out[i] = p
	}
	return out, nil
}

// List returns the programmes of the actor's company, the latest first.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, after string, limit int) ([]Program, string, error) {
	scope, err := access.List(actor, access.FundRead)
	if err != nil {
		return nil, "", err
	}
	if !access.Allowed(actor, access.FundRead, access.Own(actor.Org)) {
		return nil, "", nil
	}
	var out []Program
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, n, err := listPrograms(ctx, scope, true, after, page(limit))
		if err != nil {
			return err
		}
		next = n
		out, err = s.fill(ctx, rows)
		return err
	})
	return out, next, err
}

func page(limit int) int {
	if limit <= 0 {
		limit = 50
	}
	return min(limit, 200)
}

// Wallets returns the programmes that the actor's company has a part of, the latest first.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) Wallets(ctx context.Context, actor access.Actor, after string, limit int) ([]Wallet, string, error) {
	scope, err := access.List(actor, access.FundRead)
	if err != nil {
		return nil, "", err
	}
	var out []Wallet
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, n, err := listPrograms(ctx, scope, false, after, page(limit))
		if err != nil {
			return err
		}
		next = n
		out, err = wallets(ctx, rows, actor.Org)
		return err
	})
	return out, next, err
}

// Wallet returns a programme as the actor's company sees its part of it.
// Codes: Unauthenticated, NotFound.
func (s *Service) Wallet(ctx context.Context, actor access.Actor, id ProgramID) (Wallet, error) {
	var out Wallet
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := s.program(ctx, actor, access.FundRead, id, false)
		if err != nil {
			return err
		}
		if r.OwnerID == actor.Org {
			return notFound()
		}
		list, err := wallets(ctx, []programRow{r}, actor.Org)
		if err != nil {
			return err
		}
		out = list[0]
		if r.Kind == KindEarned {
			if out.Lots, err = lotsLeft(ctx, r.ID, actor.Org); err != nil {
				return err
			}
			if out.Volumes, err = volumesOf(ctx, []string{r.ID}, actor.Org); err != nil {
				return err
			}
			out.Rules, err = rulesOf(ctx, r.ID)
		}
		return err
	})
	return out, err
}

func wallets(ctx context.Context, rows []programRow, org string) ([]Wallet, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	sums, err := sumsOf(ctx, ids, org)
	if err != nil {
		return nil, err
	}
	seats, err := seatsOfAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Wallet, len(rows))
	for k, r := range rows {
		i := slices.IndexFunc(seats, func(t seatRow) bool { return t.ProgramID == r.ID && t.OrgID == org })
		if i >= 0 {
			r = seats[i].reads(r)
		}
		p := r.program()
		w := Wallet{ID: p.ID, Owner: p.Owner, Number: p.Number, Title: p.Title, Kind: p.Kind, State: p.State, About: p.About, From: p.From, Until: p.Until, ClaimDays: p.ClaimDays, Share: p.Share, Proof: p.Proof, Plan: p.Plan}
		if i >= 0 {
			w.Balance = balance(sums, r.ID, org, money.Currency(seats[i].Currency))
		}
		out[k] = w
	}
	return out, nil
}

// Limit is what a person may decide alone in one currency.
type Limit struct {
	Person string
	Amount money.Amount
}

// Limits returns those of the actor's company. Codes: Unauthenticated, Forbidden, NotFound.
func (s *Service) Limits(ctx context.Context, actor access.Actor) ([]Limit, error) {
	if err := access.Check(actor, access.FundRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Limit
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := limitsOf(ctx, actor.Org)
		for _, r := range rows {
			out = append(out, Limit{r.PersonID, money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}})
		}
		return err
	})
	return out, err
}

// SetLimit says what a person of the company may decide alone; below zero: the limit goes.
// Codes: Forbidden, Invalid.
func (s *Service) SetLimit(ctx context.Context, actor access.Actor, person string, amount money.Amount) error {
	if err := access.Check(actor, access.FundLimits, access.Own(actor.Org)); err != nil {
		return err
	}
	if !amount.Currency.Valid() || amount.Minor > most {
		return fault.InvalidField("amount", "fund.amount")
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		ok, err := colleague(ctx, actor.Org, person)
		if err != nil {
			return err
		}
		if !ok {
			return fault.InvalidField("person", "form.choice_wrong")
		}
		if amount.Minor < 0 {
			err = dropLimit(ctx, actor.Org, person, amount.Currency)
		} else {
			err = saveLimit(ctx, limitRow{OwnerID: actor.Org, PersonID: person, Currency: string(amount.Currency), Amount: amount.Minor, Changed: db.Micros(db.Now(ctx)), ChangedBy: actor.Person})
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "fund.limit", "person", person)
	})
}
