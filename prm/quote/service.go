package quote

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Approvals keeps back an offer until those whom the supplier's own rules name let it go. It
// is implemented by prm/approval; its methods join the transaction of ctx.
type Approvals interface {
	// Offering gives the id of the request, or nothing where no rule catches the offer.
	Offering(ctx context.Context, actor access.Actor, f trade.Facts, q ID, cmd Cmd) (string, error)
	// Overtaken ends what waits for an offer that goes another way.
	Overtaken(ctx context.Context, q ID) error
	// Lapsed ends the reseller's request for an order that can no longer be placed.
	Lapsed(ctx context.Context, request string) error
}

// Service keeps quotes. Every method checks the actor first; a quote between two others does
// not exist for its company.
type Service struct {
	db        *db.DB
	cat       *catalog.Service
	deals     *deal.Service
	trade     *trade.Service
	events    Publisher
	approvals Approvals // nil: no company has rules of its own
}

// New makes the service and ties it to the order desk.
func New(d *db.DB, c *catalog.Service, deals *deal.Service, t *trade.Service, events Publisher) *Service {
	s := &Service{db: d, cat: c, deals: deals, trade: t, events: events}
	t.KeepQuotes(s)
	return s
}

// Approve has rules of companies looked at; call it before use.
func (s *Service) Approve(a Approvals) { s.approvals = a }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

// The views of a list, by who is to act.
const (
	ViewMine     = "mine"   // the reader's company
	ViewTheirs   = "theirs" // the other one
	ViewAccepted = "accepted"
	ViewClosed   = "closed"
)

// Filter chooses quotes. View "" is all of them.
type Filter struct {
	View    string
	Partner string // company id
	Deal    deal.ID
	Query   string
	After   string
	Limit   int // default 50, at most 200
}

// Page is a page of quotes, what changed last first. Their lines are left out.
type Page struct {
	Items []Quote
	Next  string
}

// List returns quotes in which the actor's company is on one side.
// Codes: Unauthenticated, Forbidden, Invalid (view, cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, side access.Side, f Filter) (Page, error) {
	scope, err := access.List(actor, access.QuoteRead)
	if err != nil {
		return Page{}, err
	}
	if err := sided(actor, side); err != nil {
		return Page{}, err
	}
	if f.Limit < 1 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out Page
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = list(ctx, scope, side, f)
		for i := range out.Items {
			out.Items[i] = out.Items[i].seen(actor.Org)
		}
		return err
	})
	return out, err
}

// Some are those of some quotes that the actor may read, without lines; what he may not
// read is left out as what does not exist is.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Some(ctx context.Context, actor access.Actor, ids ...ID) (map[ID]Quote, error) {
	if _, err := access.List(actor, access.QuoteRead); err != nil {
		return nil, err
	}
	out := map[ID]Quote{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		found, err := some(ctx, ids)
		for _, q := range found {
			if access.Allowed(actor, access.QuoteRead, q.Resource()) {
				out[q.ID] = q.seen(actor.Org)
			}
		}
		return err
	})
	return out, err
}

// sided refuses a side on which the role sees no quotes.
func sided(actor access.Actor, side access.Side) error {
	res := access.Resource{Reseller: actor.Org}
	if side == access.Supplier {
		res = access.Resource{Supplier: actor.Org}
	}
	if !access.Allowed(actor, access.QuoteRead, res) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return nil
}

// Counts gives the sizes of the views of a side.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor, side access.Side) (map[string]int, error) {
	scope, err := access.List(actor, access.QuoteRead)
	if err != nil {
		return nil, err
	}
	if err := sided(actor, side); err != nil {
		return nil, err
	}
	var out map[string]int
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = count(ctx, scope, side)
		return err
	})
	return out, err
}

// Waiting is how many quotes wait for the actor's company on a side: what every page says
// beside its menu, so that it counts no others.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Waiting(ctx context.Context, actor access.Actor, side access.Side) (int, error) {
	scope, err := access.List(actor, access.QuoteRead)
	if err != nil {
		return 0, err
	}
	if err := sided(actor, side); err != nil {
		return 0, err
	}
	n := 0
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		n, err = waiting(ctx, scope, side)
		return err
	})
	return n, err
}

// seen leaves out what is the other company's own.
func (q Quote) seen(org string) Quote {
	if org != q.Supplier {
		q.OfferApproval = ""
	}
	if org != q.Reseller {
		q.OrderApproval = ""
	}
	return q
}

// load reads a quote and checks the action on it.
func load(ctx context.Context, a access.Actor, act access.Action, id ID, lock bool) (Quote, error) {
	if !a.Known() {
		return Quote{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	q, ok, err := byID(ctx, id, lock)
	if err == nil && !ok {
		err = notFound()
	}
	if err == nil {
		err = access.Check(a, act, q.Resource())
	}
	if err != nil {
		return Quote{}, err
	}
	return q, nil
}

// Open notes that a person of the reseller reads what stands of an offer, the first time of
// each round; anybody else changes nothing. The supplier's own rules may look at it.
// Codes: Unauthenticated, NotFound.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ID) error {
	read := func(ctx context.Context) (q Quote, done bool, err error) {
		if q, err = load(ctx, actor, access.QuoteRead, id, false); err != nil || q.Reseller != actor.Org || actor.Person == "" || q.State != Offered {
			return q, true, err
		}
		done, err = opened(ctx, q)
		return q, done, err
	}
	ctx, done := db.WithOrgs(ctx, actor.Org), false
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		_, done, err = read(ctx)
		return err
	})
	if err != nil || done {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		q, done, err := read(ctx)
		if err != nil || done {
			return err
		}
		return open(ctx, q)
	})
}

// Get returns a quote with its rounds and what was ordered on it.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Detail, error) {
	var out Detail
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		q, err := load(ctx, actor, access.QuoteRead, id, false)
		if err != nil {
			return err
		}
		out = Detail{Quote: q.seen(actor.Org)}
		if out.Versions, err = versionsOf(ctx, id); err != nil {
			return err
		}
		list, err := ordersOf(ctx, id, MaxOrders+1)
		if err != nil {
			return err
		}
		out.More, out.Orders = len(list) > MaxOrders, list[:min(len(list), MaxOrders)]
		if len(list) == 0 {
			return nil
		}
		out.Lines = slices.Clone(out.Lines)
		return used(ctx, []Quote{q}, "", func(_, i int, base money.Quantity) {
			out.Lines[i].Ordered += ratio(base, money.One, out.Lines[i].Factor)
		})
	})
	if err != nil {
		return Detail{}, err
	}
	return out, nil
}

// Head returns a quote with its latest version.
// Codes: Unauthenticated, NotFound.
func (s *Service) Head(ctx context.Context, actor access.Actor, id ID) (Quote, error) {
	var out Quote
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		q, err := load(ctx, actor, access.QuoteRead, id, false)
		out = q.seen(actor.Org)
		return err
	})
	if err != nil {
		return Quote{}, err
	}
	return out, nil
}

// MaySee says whether the actor may see a quote: who enters its room is asked this.
// Codes: Unauthenticated, NotFound.
func (s *Service) MaySee(ctx context.Context, actor access.Actor, id ID) error {
	_, err := s.Head(ctx, actor, id)
	return err
}

// Visible are those of some quotes of which MaySee says so.
func (s *Service) Visible(ctx context.Context, actor access.Actor, ids []ID) (map[ID]bool, error) {
	out := map[ID]bool{}
	if !actor.Known() || len(ids) == 0 {
		return out, nil
	}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		all, err := some(ctx, ids)
		for _, q := range all {
			if access.Allowed(actor, access.QuoteRead, q.Resource()) {
				out[q.ID] = true
			}
		}
		return err
	})
	return out, err
}

// OfOrder are the quotes on which an order draws, without their lines.
// Codes: Unauthenticated, NotFound (of an order of others; there may be none).
func (s *Service) OfOrder(ctx context.Context, actor access.Actor, order trade.OrderID) ([]Quote, error) {
	if _, err := access.List(actor, access.QuoteRead); err != nil {
		return nil, err
	}
	var out []Quote
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = nil
		all, err := ofOrder(ctx, order)
		for _, q := range all {
			if access.Allowed(actor, access.QuoteRead, q.Resource()) {
				out = append(out, q.seen(actor.Org))
			}
		}
		return err
	})
	return out, err
}

// Deals are the numbers of the registrations for which quotes were made, by number of the
// quote: an order that carries only this one counts for the registration too.
// Codes: Unauthenticated, NotFound (the actor is neither company).
func (s *Service) Deals(ctx context.Context, actor access.Actor, supplier, reseller string, refs []string) (map[string]string, error) {
	if err := access.Check(actor, access.QuoteRead, access.Shared(supplier, reseller)); err != nil {
		return nil, err
	}
	var list []string
	for _, r := range refs {
		if n, ok := ReadNumber(r); ok && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	var out map[string]string
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = dealsOf(ctx, supplier, reseller, list)
		return err
	})
	return out, err
}

// Preview says what a version of such lines would be, for a form that is being filled in: the
// answer has the order of the lines, one without SKU stands for an item that is not known or
// not sold so. Nothing is written.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (as Ask and Offer).
func (s *Service) Preview(ctx context.Context, actor access.Actor, d Deed, cmd Cmd) ([]Line, money.Amount, error) {
	act := access.QuoteWrite
	if d == Offer {
		act = access.QuoteOffer
	}
	var out []Line
	var total money.Amount
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, p, err := s.begin(ctx, actor, d, act, cmd, false)
		if err != nil {
			return err
		}
		total = money.Amount{Currency: money.Currency(p.Currency)}
		out, err = s.priced(ctx, p, cmd.Lines, d, was, true, func(_ int, l *Line, a money.Amount) {
			if sum, err := total.Add(a); err == nil {
				total = sum
			}
		}, fault.New(fault.Invalid, "form.invalid"))
		return err
	})
	return out, total, err
}

// told is what a step leaves behind: an event and an audit line.
func (s *Service) told(ctx context.Context, actor access.Actor, d Deed, q Quote, e Event) error {
	if err := audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "quote." + string(d), SubjectKind: "quote", SubjectID: string(q.ID), Outcome: audit.Done}); err != nil {
		return err
	}
	return s.publish(ctx, actor, happened[d], q, e)
}

// Tick lets offers expire whose last day is over, and says of others that they end soon. It
// may run late or twice: each quote is looked at anew in a transaction of its own. more says
// that there was more than one pass takes.
func (s *Service) Tick(ctx context.Context) (more bool, err error) {
	var rows []dueRow
	err = s.db.View(ctx, func(ctx context.Context) (err error) {
		now := db.Now(ctx)
		rows, err = due(ctx, db.Micros(now), db.Micros(now.Add(warnBefore)), tickBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	did := 0
	for _, r := range rows {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		ok, err := s.tick(ctx, ID(r.ID))
		if err != nil {
			return false, err
		}
		if ok {
			did++
		}
	}
	return len(rows) == tickBatch && did > 0, nil
}

// tickBatch bounds one pass.
const tickBatch = 500

func (s *Service) tick(ctx context.Context, id ID) (did bool, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		q, ok, err := byID(ctx, id, true)
		if err != nil || !ok || q.State != Offered {
			return err
		}
		actor := access.System("quotes", q.Supplier)
		if now := db.Now(ctx); now.Before(q.Expires) {
			if did, err = warned(ctx, id, q.Round); err != nil || !did || q.Expires.Sub(q.At) <= 2*warnBefore { // it was made for so short a time
				return err
			}
			return s.publish(ctx, actor, EventEnding, q, Event{Due: q.Expires})
		}
		was := q
		q.State, q.Changed, q.Decided, q.OrderApproval = Expired, db.Now(ctx), db.Now(ctx), ""
		did = true
		if err := save(ctx, was, q); err != nil {
			return err
		}
		if err := s.overtaken(ctx, was); err != nil {
			return err
		}
		return s.told(ctx, actor, Expire, q, Event{})
	})
	return did, err
}

// overtaken ends what waits for an approval of the quote as it was: at the supplier's, of an
// offer, at the reseller's, of the order.
func (s *Service) overtaken(ctx context.Context, was Quote) error {
	if s.approvals == nil {
		return nil
	}
	if was.OfferApproval != "" {
		if err := s.approvals.Overtaken(ctx, was.ID); err != nil {
			return err
		}
	}
	if was.OrderApproval != "" {
		return s.approvals.Lapsed(ctx, was.OrderApproval)
	}
	return nil
}

// endOf is the instant after the last moment of a civil day in a zone.
func endOf(day, zone string) (time.Time, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		return time.Time{}, err
	}
	return t.AddDate(0, 0, 1).UTC(), nil
}

func today(ctx context.Context, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return db.Now(ctx).In(loc).Format(time.DateOnly)
}

func plus(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// bounded cuts s to at most n bytes at a rune.
func bounded(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
