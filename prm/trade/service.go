package trade

import (
	"context"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
)

// Service is the order desk. Every method checks the actor first; an order that
// its company is not party to does not exist for it.
type Service struct {
	db     *db.DB
	cat    *catalog.Service
	events Publisher
}

// New makes the service. events may be nil in tests that do not look at them.
func New(d *db.DB, cat *catalog.Service, events Publisher) *Service {
	return &Service{db: d, cat: cat, events: events}
}

var errSoon = fault.New(fault.Unavailable, "error.unavailable")

func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	return Page{}, errSoon
}
func (s *Service) Counts(ctx context.Context, actor access.Actor) (Counts, error) {
	return Counts{}, errSoon
}

// Waiting returns what waits for the actor's company, nearest deadline first, at most limit (to 200).
func (s *Service) Waiting(ctx context.Context, actor access.Actor, limit int) ([]Item, error) {
	return nil, errSoon
}

// Summaries returns what each of the partnerships has going on, by partnership id.
func (s *Service) Summaries(ctx context.Context, actor access.Actor, partnerships []string) (map[string]Summary, error) {
	return nil, errSoon
}
func (s *Service) Invoices(ctx context.Context, actor access.Actor, f InvoiceFilter) (InvoicePage, error) {
	return InvoicePage{}, errSoon
}
// OrderAck is the answer as a document (855), with the companies and the order it belongs to.
func (s *Service) OrderAck(ctx context.Context, actor access.Actor, id ResponseID) (doc.OrderAck, Parties, error) {
	return doc.OrderAck{}, Parties{}, errSoon
}

// InvoiceDoc is the invoice as a document (810).
func (s *Service) InvoiceDoc(ctx context.Context, actor access.Actor, id InvoiceID) (doc.Invoice, Parties, error) {
	return doc.Invoice{}, Parties{}, errSoon
}

// SetInterchange links a response or invoice to the interchange it went out in: kind is DocumentResponse or DocumentInvoice.
func (s *Service) SetInterchange(ctx context.Context, actor access.Actor, kind, id, interchange string) error {
	return errSoon
}
