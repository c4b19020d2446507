package courier

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/db/fail"
	"entente/db/job"
	"entente/db/secret"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// Route says to whom two AS2 names belong.
type Route struct {
	// Sender and Receiver are the companies, empty for an unknown name.
	Sender   string
	Receiver string
	// Partnership is an active one in which both names were confirmed; empty when
	// there is none. Supplier and Reseller are its sides.
	Partnership, Supplier, Reseller string
}

// Names knows the AS2 names of companies. It is implemented by portal/app over
// prm/partner.
type Names interface {
	// Route finds who two names belong to. No partnership means: as if there were
	// no such name.
	Route(ctx context.Context, from, to string) (Route, error)
	// Between gives the confirmed names by which one company of an active
	// partnership writes to the other.
	Between(ctx context.Context, partnership, from, to string) (sender, receiver string, ok bool, err error)
	// Sides gives the supplier and the reseller of a partnership that the actor may
	// see; a fault NotFound otherwise.
	Sides(ctx context.Context, actor access.Actor, partnership string) (supplier, reseller string, err error)
	// SidesOf is Sides of many partnerships in one statement, by id; what the actor may
	// not see is left out.
	SidesOf(ctx context.Context, actor access.Actor, partnerships []string) (map[string]Pair, error)
	// Own gives the AS2 names of a company, confirmed or not.
	Own(ctx context.Context, org string) ([]string, error)
}

// Pair are the companies of a partnership. Closed: the other company's station is none of
// the actor's business, since it has not accepted yet or the partnership ended.
type Pair struct {
	Supplier, Reseller string
	Closed             bool
}

// Gateway is what the courier carries for (edi/gateway.Service).
type Gateway interface {
	Receive(ctx context.Context, actor access.Actor, in gateway.Submission) (gateway.Answer, error)
	Get(ctx context.Context, actor access.Actor, id string) (gateway.Message, error)
	// Sets is a page of the sets of an interchange.
	Sets(ctx context.Context, actor access.Actor, id string, f gateway.SetFilter) (gateway.SetPage, error)
	Raw(ctx context.Context, actor access.Actor, id string) (io.ReadCloser, gateway.Interchange, error)
	Carried(ctx context.Context, actor access.Actor, id, delivery string) error
	// ReceiptPatience is how long a company waits for an asynchronous receipt.
	ReceiptPatience(ctx context.Context, partnership, org string) (time.Duration, error)
}

// Agreed knows the agreements of companies (edi/agreement).
type Agreed interface {
	// FixesTerms joins the transaction of ctx and says whether the agreement that holds
	// speaks of the security of messages from the supplier, or from the reseller.
	FixesTerms(ctx context.Context, partnership string, fromSupplier bool) (bool, error)
	// Tries joins it too and says how often a message from that side is tried before a
	// person is asked; 0 where nothing was agreed.
	Tries(ctx context.Context, partnership string, fromSupplier bool) (int, error)
}

// Deps are what the courier works with.
type Deps struct {
	DB      *db.DB
	Jobs    *job.Jobs
	Blobs   *blob.Store
	Secrets *secret.Box
	Names   Names
	Gateway Gateway
	// Client posts to stations that somebody else named: it guards addresses and sizes
	// (edi/dial), and lets a call last at least CallTime(MaxSize).
	Client *http.Client
	// Pinned makes such a client that believes the certificates of a server's company, and
	// no others where only; nil: Client does.
	Pinned func(certificates []*x509.Certificate, only bool) *http.Client
	// Temp is the folder of what is decrypted of large messages, in files without names;
	// empty: that of the system.
	Temp   string
	Agreed Agreed       // nil: nobody has an agreement
	Log    *slog.Logger // default: discard
}

// MaxSize is the largest message, in bytes.
const MaxSize = 110 << 20

// Options are the limits of the courier.
type Options struct {
	// Limit is the largest message taken, in bytes; 0 means MaxSize.
	Limit int64
	// Tries is how often a message is sent before it waits for a person; 0 means 12.
	Tries int
	// URL is where stations reach us, for asynchronous receipts.
	URL string
}

// Service is the courier.
type Service struct {
	Deps
	opt     Options
	quit    chan struct{}
	once    sync.Once
	kick    chan struct{} // something was queued
	pens    chan struct{} // who packs holds one
	proving chan struct{} // who opens a message for its proof holds one
	pins    clients
	// probe is called at the edges of taking and of sending; a test that returns an
	// error from it has the node die there.
	probe func(edge string) error
	// lease and callTime are those of the constant and the function of this name, but in tests.
	lease    time.Duration
	callTime func(size int64) time.Duration
}

func (s *Service) edge(name string) error {
	fail.At(name)
	if s.probe == nil {
		return nil
	}
	return s.probe(name)
}

// New returns the courier and binds its drains; call it before Jobs.Start.
func New(d Deps, o Options) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if o.Limit <= 0 {
		o.Limit = MaxSize
	}
	if o.Tries <= 0 {
		o.Tries = 12
	}
	s := &Service{Deps: d, opt: o, lease: fail.Pace(lease), callTime: CallTime, quit: make(chan struct{}), kick: make(chan struct{}, 1), pens: make(chan struct{}, packers), proving: make(chan struct{}, provers)}
	s.Jobs.Drain(drainName, s.drain)
	return s
}

// Stop begins nothing more; a second call does nothing.
func (s *Service) Stop() { s.once.Do(func() { close(s.quit) }) }

func (s *Service) note(ctx context.Context, actor access.Actor, action, kind, id, outcome string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: kind, SubjectID: id, Outcome: outcome})
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }
