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
	db  *db.DB
	cat *catalog.Service
}

var errSoon = fault.New(fault.Unavailable, "error.unavailable")

func (s *Service) ReceiveOrder(ctx context.Context, actor access.Actor, in Incoming) (Receipt, error) {
	return Receipt{}, errSoon
}
func (s *Service) Quote(ctx context.Context, actor access.Actor, cmd PlaceCmd) ([]Quote, error) {
	return nil, errSoon
}
func (s *Service) Place(ctx context.Context, actor access.Actor, cmd PlaceCmd) (Receipt, error) {
	return Receipt{}, errSoon
}
func (s *Service) Resolve(ctx context.Context, actor access.Actor, id ArrivalID, cmd ResolveCmd) (Receipt, error) {
	return Receipt{}, errSoon
}
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id OrderID, version int64, reason string) (Order, error) {
	return Order{}, errSoon
}
func (s *Service) Confirm(ctx context.Context, actor access.Actor, id OrderID, cmd ConfirmCmd) (ResponseID, error) {
	return "", errSoon
}
func (s *Service) Agree(ctx context.Context, actor access.Actor, id ResponseID) error { return errSoon }
func (s *Service) Ship(ctx context.Context, actor access.Actor, id OrderID, cmd ShipCmd) (ShipmentID, error) {
	return "", errSoon
}
func (s *Service) MarkReceived(ctx context.Context, actor access.Actor, id OrderID, cmd ReceiveCmd) (Order, error) {
	return Order{}, errSoon
}
func (s *Service) Invoice(ctx context.Context, actor access.Actor, id OrderID, cmd InvoiceCmd) (InvoiceID, error) {
	return "", errSoon
}
func (s *Service) Get(ctx context.Context, actor access.Actor, id OrderID) (Detail, error) {
	return Detail{}, errSoon
}
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
func (s *Service) GetInvoice(ctx context.Context, actor access.Actor, id InvoiceID) (Invoice, error) {
	return Invoice{}, errSoon
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
