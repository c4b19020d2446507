package mapping

import (
	"context"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/secret"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
)

// drain is the name of the loop that computes.
const drain = "mapping"

// Options change limits for tests; zero values are the real ones.
type Options struct {
	Least int // accounts a list must have
	Log   *slog.Logger
}

// Service keeps runs. Every method checks the actor first; a run of others does not exist
// for its company.
type Service struct {
	db    *db.DB
	jobs  Publisher
	box   *secret.Box
	log   *slog.Logger
	me    string
	least int

	mu   sync.Mutex
	kept *known // of the run that is being compared, so that a turn need not read it anew
}

// known are the points of one list of a run, by their first half, with their places.
type known struct {
	run     ID
	org, of string
	points  map[[16]byte]uint32
}

// New makes the service and binds its loop to the jobs.
func New(d *db.DB, box *secret.Box, jobs Publisher, o Options) *Service {
	s := &Service{db: d, jobs: jobs, box: box, log: o.Log, me: db.NewID(), least: o.Least}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.least < 1 {
		s.least = Least
	}
	if jobs != nil {
		jobs.Drain(drain, s.Turn)
	}
	return s
}

// Least is how many accounts a list must have here.
func (s *Service) Least() int { return s.least }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

// Filter chooses runs.
type Filter struct {
	Partner string // company id
	Open    bool
	After   string
	Limit   int // default 50, at most 200
}

// Summary is a run as lists show it.
type Summary struct {
	Run
	Mine    Side
	Overlap Bucket
	Waits   bool // for this company's decision
}

// Page is a page of runs, what was begun last first.
type Page struct {
	Items []Run
	Next  string
	Mine  map[ID]Summary
}

// List returns the runs of the actor's company.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.MappingRead)
	if err != nil {
		return Page{}, err
	}
	if f.Limit < 1 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var out Page
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		if out, err = list(ctx, scope, f); err != nil {
			return err
		}
		ids := make([]string, len(out.Items))
		for i, r := range out.Items {
			ids[i] = string(r.ID)
		}
		sides, err := sidesOfRuns(ctx, actor.Org, ids)
		out.Mine = map[ID]Summary{}
		for i, r := range out.Items {
			out.Items[i] = r.seen(actor.Org)
			row := sides[string(r.ID)]
			d := Detail{Run: r, Mine: row.side()}
			out.Mine[r.ID] = Summary{Run: out.Items[i], Mine: d.Mine, Overlap: told(r, row), Waits: d.Can("accept", actor.Org) || d.Can("consent", actor.Org)}
		}
		return err
	})
	return out, err
}

// Waiting counts the runs in which the actor's company is to decide something.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Waiting(ctx context.Context, actor access.Actor) (int, error) {
	scope, err := access.List(actor, access.MappingRead)
	if err != nil {
		return 0, err
	}
	var n int
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		n, err = waiting(ctx, scope)
		return err
	})
	return n, err
}

// seen leaves out why the other company's list could not be used.
func (r Run) seen(org string) Run {
	if strings.HasPrefix(r.Reason, "list_") && r.ReasonOrg != org {
		r.Reason = "other_list"
	}
	return r
}

// told is the size as the company may know it.
func told(r Run, mine sideRow) Bucket {
	if r.Stage < StepSize || r.State == Small || min(mine.OwnCount, mine.TheirCount) < Fewest {
		return Bucket{}
	}
	return BucketOf(int(mine.OwnCount))
}

// load reads a run and checks the action on it.
func load(ctx context.Context, a access.Actor, act access.Action, id ID, lock bool) (Run, error) {
	if !a.Known() {
		return Run{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	r, ok, err := runByID(ctx, id, lock)
	if err == nil && !ok {
		err = notFound()
	}
	if err == nil {
		err = access.Check(a, act, r.Resource())
	}
	if err != nil {
		return Run{}, err
	}
	return r, nil
}

// Get returns a run as the actor's company may see it.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Detail, error) {
	var out Detail
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.MappingRead, id, false)
		if err != nil {
			return err
		}
		out, err = detail(ctx, r, actor.Org)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return out, nil
}

// Head returns a run without its sides: for notices and doors.
// Codes: Unauthenticated, NotFound.
func (s *Service) Head(ctx context.Context, actor access.Actor, id ID) (Run, error) {
	var out Run
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.MappingRead, id, false)
		out = r.seen(actor.Org)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	return out, nil
}

// detail is what a company may know of a run: of the other side its consents and what it
// committed to, once it did.
func detail(ctx context.Context, r Run, org string) (Detail, error) {
	out := Detail{Run: r.seen(org)}
	sides, err := sidesOf(ctx, r.ID)
	if err != nil {
		return out, err
	}
	mine := sides[org]
	out.Mine = mine.side()
	if r.Way == File {
		if mine.PeerLine != "" {
			h := db.FromText[header](mine.PeerLine)
			out.Theirs = Side{Consent: StepSize, Rows: h.Commit.Rows, Commit: &h.Commit}
			if out.Mine.Got >= partMarks {
				out.Theirs.Consent = StepMine
			}
			if out.Mine.Got >= partFields {
				out.Theirs.Consent = StepFields
			}
			out.CheckCode = checkCode(r, mine)
		}
		out.Receive, out.Ready = awaited(r, mine), ready(r, mine)
	} else if row, ok := sides[r.Other(org)]; ok {
		x := row.side()
		out.Theirs = Side{Consent: x.Consent, Rows: x.Rows, Commit: x.Commit}
		if x.Commit == nil {
			out.Theirs.Rows = 0
		}
	}
	out.Overlap = told(r, mine)
	if r.Stage >= StepMine {
		if out.Accounts, err = countMatched(ctx, r.ID, org); err != nil {
			return out, err
		}
	}
	if out.Busy = r.State == Working && (r.Way == Here || (&work{run: r, mine: mine}).can()); out.Busy {
		out.Progress = progress(r, mine)
	}
	out.Log, err = logOf(ctx, r.ID, org)
	return out, err
}

// Accounts are the actor's company's accounts that match, from the second step on; from the
// third on with what the other company tells of each. next is "" at the end.
// Codes: Unauthenticated, NotFound, Conflict (the step was not made), Invalid (cursor).
func (s *Service) Accounts(ctx context.Context, actor access.Actor, id ID, after string, limit int) (out []Account, next string, err error) {
	if limit < 1 || limit > 200 {
		limit = 50
	}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.MappingRead, id, false)
		if err != nil {
			return err
		}
		if r.Stage < StepMine {
			return fault.New(fault.Conflict, "mapping.not_yet")
		}
		place := int64(-1)
		from := ""
		if after != "" {
			n, customer, ok := db.ReadCursor(after)
			if !ok {
				return fault.InvalidField("after", "form.cursor")
			}
			place, from = n, customer
		}
		rows, err := matchesAfter(ctx, id, actor.Org, from, place, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			next = db.Cursor(rows[limit-1].Theirs, rows[limit-1].CustomerID)
		}
		ids := make([]string, 0, len(rows))
		for _, m := range rows {
			ids = append(ids, m.CustomerID)
		}
		names, err := fieldsOf(ctx, actor.Org, ids)
		if err != nil {
			return err
		}
		for _, m := range rows {
			if n := len(out); n == 0 || string(out[n-1].Customer) != m.CustomerID {
				f := names[m.CustomerID]
				out = append(out, Account{Customer: customer.ID(m.CustomerID), Name: f.Name, Place: f.Place})
			}
			if m.Told != "" && r.Stage >= StepFields {
				a := &out[len(out)-1]
				a.Theirs = append(a.Theirs, db.FromText[Shared](m.Told))
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return out, next, nil
}

// Shown are the first of the actor's matched accounts exactly as the other company will see
// them after the third step.
// Codes: Unauthenticated, NotFound, Conflict (the second step was not made).
func (s *Service) Shown(ctx context.Context, actor access.Actor, id ID, limit int) ([]Shared, error) {
	var out []Shared
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.MappingRead, id, false)
		if err != nil {
			return err
		}
		if r.Stage < StepMine {
			return fault.New(fault.Conflict, "mapping.not_yet")
		}
		rows, err := matchesAfter(ctx, id, actor.Org, "", -1, min(max(limit, 1), 50))
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, m := range rows {
			ids[i] = m.CustomerID
		}
		all, err := fieldsOf(ctx, actor.Org, ids)
		last := ""
		for _, m := range rows {
			if m.CustomerID != last {
				out = append(out, all[m.CustomerID].only(r.Terms.Fields))
			}
			last = m.CustomerID
		}
		return err
	})
	return out, err
}

// only leaves the agreed fields.
func (x Shared) only(fields []string) Shared {
	var out Shared
	for _, f := range fields {
		switch f {
		case FieldName:
			out.Name = x.Name
		case FieldPlace:
			out.Place = x.Place
		case FieldWeb:
			out.Web = x.Web
		case FieldPerson:
			out.Person = x.Person
		}
	}
	return out
}

// note is what an act leaves behind: a line of the run and one of the audit log.
func note(ctx context.Context, actor access.Actor, r Run, what string, step int) error {
	if err := logged(ctx, r.ID, "", Entry{Org: actor.Org, Person: actor.Person, What: what, Step: step}); err != nil {
		return err
	}
	return audited(ctx, actor, r, what)
}

func audited(ctx context.Context, actor access.Actor, r Run, what string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "mapping." + what, SubjectKind: "mapping", SubjectID: string(r.ID), Outcome: audit.Done})
}

// Tick lets runs expire for which nobody acted in time. It may run late or twice.
func (s *Service) Tick(ctx context.Context) (more bool, err error) {
	var ids []string
	const batch = 200
	if err := s.db.View(ctx, func(ctx context.Context) (err error) {
		ids, err = dueExpiries(ctx, db.Micros(db.Now(ctx)), batch)
		return err
	}); err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			r, ok, err := runByID(ctx, ID(id), true)
			if err != nil || !ok || !r.State.Open() || r.Expires.IsZero() || db.Now(ctx).Before(r.Expires) {
				return err
			}
			actor := access.System("mapping", r.Orgs()[0])
			if r.State == Matched || r.State == Sized || r.Stage > 0 { // what was told stays told
				return s.close(ctx, actor, r, Ended, DidExpire)
			}
			return s.close(ctx, actor, r, Expired, DidExpire)
		})
		if err != nil {
			return false, err
		}
	}
	return len(ids) == batch, nil
}

// close ends a run; what is told of it unless it was: secrets and points are destroyed at once, and by the loop.
func (s *Service) close(ctx context.Context, actor access.Actor, r Run, state State, what string) error {
	was := r
	r.State = state
	if err := saveRun(ctx, was, r); err != nil {
		return err
	}
	for _, org := range r.Orgs() {
		if r.lasts() { // its secret still seals what is to be fetched
			break
		}
		if err := setSide(ctx, r.ID, org, map[string]any{"secret": []byte{}}); err != nil {
			return err
		}
	}
	if what == "" { // told already
	} else if actor.Person == "" {
		if err := logged(ctx, r.ID, "", Entry{What: what}); err != nil {
			return err
		}
		for _, org := range r.Orgs() {
			if err := audited(ctx, access.System("mapping", org), r, what); err != nil {
				return err
			}
		}
	} else if err := note(ctx, actor, r, what, 0); err != nil {
		return err
	}
	if err := s.publish(ctx, actor, EventClosed, r, r.Stage); err != nil {
		return err
	}
	return s.wake(ctx)
}

// code makes a name for a run that both servers use, and in which keys are hashed.
func newCode() string { return hex.EncodeToString(random(32)) }

func until(ctx context.Context) time.Time { return db.Now(ctx).Add(patience) }
