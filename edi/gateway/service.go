package gateway

import (
	"context"
	"io"

	"entente/db"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
)

// Deps are what the gateway works with.
type Deps struct {
	DB       *db.DB
	Partners Partners
	Orders   Orders
}

// Service is the gateway.
type Service struct {
	db       *db.DB
	partners Partners
	orders   Orders
	opt      Options
}

// New returns the gateway and registers its drain; call it before Jobs.Start.
func New(d Deps, o Options) *Service {
	return &Service{db: d.DB, partners: d.Partners, orders: d.Orders, opt: o.filled()}
}

// Submission is a body of one or several interchanges.
type Submission struct {
	Reader         io.Reader
	IdempotencyKey string // optional, at most 200 bytes
	Door           string // "api", "page"
}

// Outgoing is a document to send. ReplyTo names the interchange it follows from:
// then sender, receiver, partnership, version and usage are taken from there,
// swapped. Without it they must be given. Exactly one of Doc and Body is set.
type Outgoing struct {
	ReplyTo      string // interchange id
	Supplier     string // company ids
	Reseller     string
	Partnership  string
	From         string // company id of the sender, Supplier or Reseller
	Sender       Identity
	Receiver     Identity
	Version      string // GS08, default "005010"
	Test         bool
	Kind         string    // "850", "855", "810"
	Doc          any       // *doc.PurchaseOrder, *doc.OrderAck or *doc.Invoice
	Body         *x12.Body // or the segments themselves
	DocumentKind string    // "order", "order_response", "invoice"
	DocumentID   string
	Number       string // business number, for lists
}

// Emitted is what became of an Outgoing. Duplicate: it was sent before, ID is
// that one.
type Emitted struct {
	ID        string
	Control   string
	Duplicate bool
}

var errNotYet = fault.New(fault.Internal, "error.internal")

// Receive takes a submission in. It answers only after the bytes are durable.
// Codes: Invalid edi.not_edi, edi.not_read (EDIFACT), edi.sender_not_yours,
// edi.receiver_unknown, edi.key_too_long; Conflict edi.idempotency_conflict;
// TooLarge. A refused body leaves nothing but an audit line.
func (s *Service) Receive(ctx context.Context, actor access.Actor, in Submission) (Answer, error) {
	return Answer{}, errNotYet
}

// Emit stores an outgoing interchange in the caller's transaction and puts it
// into the receiver's outbox. It is idempotent by (DocumentKind, DocumentID,
// Kind). actor must be of the sending company. Codes: Invalid edi.not_sendable
// when our own validator refuses it.
func (s *Service) Emit(ctx context.Context, actor access.Actor, out Outgoing) (Emitted, error) {
	return Emitted{}, errNotYet
}

// Get returns one interchange. Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (Message, error) {
	return Message{}, errNotYet
}

// Sets returns up to limit (at most MaxSets) sets of an interchange from position
// after+1 on. Codes: NotFound.
func (s *Service) Sets(ctx context.Context, actor access.Actor, id string, after, limit int) ([]Set, error) {
	return nil, errNotYet
}

// Raw opens the exact bytes of one interchange and gives their number. The caller
// closes it. Codes: NotFound.
func (s *Service) Raw(ctx context.Context, actor access.Actor, id string) (io.ReadCloser, int64, error) {
	return nil, 0, errNotYet
}

// List returns a page of the company's interchanges, newest first.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	return Page{}, errNotYet
}

// Set explains one set (position from 1). Codes: NotFound.
func (s *Service) Set(ctx context.Context, actor access.Actor, id string, position int) (Explained, error) {
	return Explained{}, errNotYet
}

// Outbox lists what waits for the actor's company, oldest first; limit 50 by
// default, at most 200; after is Outbox.Next of the page before.
func (s *Service) Outbox(ctx context.Context, actor access.Actor, after string, limit int) (Outbox, error) {
	return Outbox{}, errNotYet
}

// Fetched takes one interchange off the outbox; a second call does nothing.
// Codes: NotFound.
func (s *Service) Fetched(ctx context.Context, actor access.Actor, id string) error {
	return errNotYet
}

// ForDocument returns every interchange about the given documents, oldest first:
// those that carried them, their acknowledgements and, for what we made, the
// partner's acknowledgements. Give the order with its responses and invoices to
// get the whole chain.
func (s *Service) ForDocument(ctx context.Context, actor access.Actor, refs ...Ref) ([]Link, error) {
	return nil, errNotYet
}

// Stats counts by state, for the platform's operator only.
func (s *Service) Stats(ctx context.Context, actor access.Actor) (Stats, error) {
	return Stats{}, errNotYet
}

// Resolve answers a held or parked interchange: AnswerProcess or AnswerDiscard.
// Codes: NotFound, Forbidden, Conflict when it does not wait for an answer.
func (s *Service) Resolve(ctx context.Context, actor access.Actor, id, answer string) error {
	return errNotYet
}
