package gateway

import (
	"context"
	"log/slog"
	"sync"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/db/fail"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Deps are what the gateway works with.
type Deps struct {
	DB       *db.DB
	Jobs     *job.Jobs
	Blobs    *blob.Store
	Partners Partners
	Orders   Orders
	Replies  Replies      // nil: what suppliers send in reply is kept and not booked
	Log      *slog.Logger // default: discard
}

// Service is the gateway.
type Service struct {
	db       *db.DB
	jobs     *job.Jobs
	blobs    *blob.Store
	partners Partners
	orders   Orders
	replies  Replies
	courier  Courier    // nil: everything waits in an outbox
	folders  Folders    // nil: nobody has a folder
	agreed   Agreements // nil: nobody has an agreement
	// counterparts know who exchanges forms; nil: nobody does.
	counterparts Counterparts
	hours        Hours // nil: everybody is always open
	log          *slog.Logger
	opt          Options

	lane string        // the lane served last; the drain's own
	wake chan struct{} // something came in while the drain runs
	quit chan struct{} // closed by Stop
	once sync.Once

	revived bool // the drain's own

	trials *turns // of uploads that are looked at

	// probe is called at the edges of every transaction of processing; a test
	// breaks off there.
	probe func(edge string) error
}

// New returns the gateway and binds its drain; call it before Jobs.Start.
func New(d Deps, o Options) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		trials: &turns{running: map[string]bool{}, freed: make(chan struct{}), patience: trialPatience},
		db:     d.DB, jobs: d.Jobs, blobs: d.Blobs, partners: d.Partners, orders: d.Orders, replies: d.Replies, log: d.Log, opt: o.filled(),
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	s.jobs.Drain(DrainName, s.drain)
	return s
}

// Carry gives what goes out to a courier first; call it before Jobs.Start.
func (s *Service) Carry(c Courier) { s.courier = c }

// Folders says where what an operator gave a company on this machine lies; call it before
// Jobs.Start.
func (s *Service) Folders(f Folders) { s.folders = f }

// Work says when the people of companies work; call it before Jobs.Start.
func (s *Service) Work(h Hours) { s.hours = h }

// Judge has agreements decide; call it before Jobs.Start.
func (s *Service) Judge(a Agreements) { s.agreed = a }

// Stop claims nothing more and breaks off what runs after the set at hand; it is
// due again. Call it before Jobs.Stop, which waits. A second call does nothing.
func (s *Service) Stop() { s.once.Do(func() { close(s.quit) }) }

// wakeUp tells the drain, once the transaction in ctx has committed.
func (s *Service) wakeUp(ctx context.Context) error {
	if err := s.jobs.Wake(ctx, DrainName); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	})
	return nil
}

func (s *Service) publish(ctx context.Context, kind string, r *interchangeRow, payload any) error {
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: r.orgs(), Object: r.ID, Payload: payload})
}

// note writes an audit line about an interchange.
func (s *Service) note(ctx context.Context, actor access.Actor, action, id, outcome string) error {
	return audit.Write(ctx, audit.Entry{
		Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "interchange", SubjectID: id, Outcome: outcome,
	})
}

func (s *Service) at(edge string) error {
	fail.At(edge)
	if s.probe == nil {
		return nil
	}
	return s.probe(edge)
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }
