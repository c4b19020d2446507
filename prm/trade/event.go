package trade

import (
	"context"
	"encoding/json"
	"strconv"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Kinds of published events. Object is the order's id; for OrderRefused the
// partnership's.
const (
	OrderReceived   = "trade.OrderReceived"
	OrderDuplicate  = "trade.OrderDuplicate" // the same order again: both are told, nothing was booked
	OrderHeld       = "trade.OrderHeld"
	OrderRefused    = "trade.OrderRefused"
	OrderAnswered   = "trade.OrderAnswered" // a held document was decided
	OrderLocated    = "trade.OrderLocated"  // the ship-to for which it was held is known
	OrderConfirmed  = "trade.OrderConfirmed"
	OrderAgreed     = "trade.OrderAgreed" // the reseller agreed to a changed answer
	OrderCancelled  = "trade.OrderCancelled"
	OrderShipped    = "trade.OrderShipped"
	GoodsReceived   = "trade.GoodsReceived"
	InvoicedEvent   = "trade.Invoiced"
	ChangeAsked     = "trade.ChangeAsked"   // the reseller asks to change an order
	ChangeDecided   = "trade.ChangeDecided" // the supplier answered that
	ChangeTakenBack = "trade.ChangeWithdrawn"
	ChangeHeld      = "trade.ChangeHeld"    // a change that the reseller's system sent is not booked, and somebody is asked
	ReturnAsked     = "trade.ReturnAsked"   // the reseller wants to send goods back
	ReturnGranted   = "trade.ReturnGranted" // the supplier authorised that, in all or in part
	ReturnRefused   = "trade.ReturnRefused"
	ReturnArrived   = "trade.ReturnArrived"  // the goods are back
	ReplyHeld       = "trade.ReplyHeld"      // what the supplier sent is not booked, and somebody is asked
	ReplyDuplicate  = "trade.ReplyDuplicate" // it was here before
	ReplyWaits      = "trade.ReplyWaits"     // for its order
	ReplySettled    = "trade.ReplySettled"   // what waited or was held is booked or discarded
	OrderApproved   = "trade.OrderApproved"  // the supplier's own rules let it go on
	OrderOnHold     = "trade.OrderOnHold"    // the supplier put it, or lines of it, on hold
	OrderReleased   = "trade.OrderReleased"  // … and ended that
	HoldOverdue     = "trade.HoldOverdue"    // the day by which a hold was to end is over
	eventVersion    = 1
	subjectOrder    = "order"
	docResponse     = "order_response"
	docInvoice      = "invoice"
	docShipment     = "shipment"
	documentOrder   = "order"
	documentArrival = "order_arrival"
)

// Kinds of document, for links from and to the gateway.
const (
	DocumentOrder    = documentOrder
	DocumentResponse = docResponse
	DocumentInvoice  = docInvoice
	DocumentShipment = docShipment
)

// Events lists the kinds of event that people hear of; ReplyWaits and ReplySettled are
// for the gateway.
func Events() []string {
	return []string{OrderReceived, OrderDuplicate, OrderHeld, OrderRefused, OrderAnswered, OrderLocated, OrderConfirmed, OrderAgreed, OrderCancelled, OrderShipped, GoodsReceived, InvoicedEvent, OrderApproved, OrderOnHold, OrderReleased, HoldOverdue, ChangeAsked, ChangeDecided, ChangeTakenBack, ChangeHeld, ReturnAsked, ReturnGranted, ReturnRefused, ReturnArrived, ReplyHeld, ReplyDuplicate}
}

// Event is the payload of all events of this package: ids, no content. Quiet says
// that the event comes from the making of demo data: subscribers keep the record
// (rooms) but send no mail and no documents.
type Event struct {
	Order       OrderID    `json:"order"`
	Supplier    string     `json:"supplier"`
	Reseller    string     `json:"reseller"`
	Partnership string     `json:"partnership"`
	Response    ResponseID `json:"response,omitempty"`
	Shipment    ShipmentID `json:"shipment,omitempty"`
	Invoice     InvoiceID  `json:"invoice,omitempty"`
	Arrival     ArrivalID  `json:"arrival,omitempty"`
	Change      ChangeID   `json:"change,omitempty"`
	Return      string     `json:"return,omitempty"`
	Hold        string     `json:"hold,omitempty"`
	Interchange string     `json:"interchange,omitempty"` // the document's own; for what follows an order, the order's
	SetNo       int        `json:"set_no,omitempty"`
	Source      string     `json:"source,omitempty"`
	Reason      string     `json:"reason,omitempty"` // a key word: held and refused
	Marked      int        `json:"marked,omitempty"`
	Person      string     `json:"person,omitempty"`
	Org         string     `json:"org,omitempty"` // the company that acted
	Quiet       bool       `json:"quiet,omitempty"`
	Reply       ReplyID    `json:"reply,omitempty"`
	Settled     bool       `json:"settled,omitempty"` // of a reply
	Follows     bool       `json:"follows,omitempty"` // a further order of an invoice that was told already
	Silent      bool       `json:"silent,omitempty"`  // no 855 goes out for the response
}

type quietKey struct{}

// Quiet makes the events published under ctx quiet (see Event.Quiet).
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, 1) }

// Sparse is Quiet, and of an order's life only OrderReceived is published: for
// orders of long ago, whose room should exist but need not be retold.
func Sparse(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, 2) }

func quiet(ctx context.Context) bool { return ctx.Value(quietKey{}) != nil }

func sparse(ctx context.Context) bool { return ctx.Value(quietKey{}) == 2 }

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// deed is one thing that happened to an order: a line of history, a line of
// audit and an event, in the caller's transaction.
type deed struct {
	history string            // kind of the history line, "" for none
	args    map[string]string // never prices: every reader of the order sees them
	action  string            // of the audit line
	event   string
	first   bool // nothing was published of the order before: it was made in this transaction
	payload Event
}

func (s *Service) record(ctx context.Context, a access.Actor, o orderRow, d deed) error {
	if d.history != "" {
		args, err := json.Marshal(d.args)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		if d.args == nil {
			args = []byte("{}")
		}
		h := historyRow{ID: db.NewID(), SubjectKind: subjectOrder, SubjectID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, Kind: d.history, Args: string(args), PersonID: a.Person, OrgID: a.Org, Happened: db.Micros(db.Now(ctx))}
		if err := db.LaterRow(ctx, &h, ""); err != nil {
			return err
		}
	}
	subject, kind := o.ID, subjectOrder
	if subject == "" {
		subject, kind = o.PartnershipID, "partnership"
	}
	if err := audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: d.action, SubjectKind: kind, SubjectID: subject, Outcome: audit.Done}); err != nil {
		return err
	}
	if d.event != OrderReceived {
		if err := s.tick(ctx, o); err != nil {
			return err
		}
	}
	if d.event == "" || s.events == nil || sparse(ctx) && d.event != OrderReceived {
		return nil
	}
	p := d.payload
	p.Order, p.Supplier, p.Reseller, p.Partnership = OrderID(o.ID), o.SupplierID, o.ResellerID, o.PartnershipID
	p.Person, p.Org, p.Quiet = a.Person, a.Org, quiet(ctx)
	if p.Source == "" {
		p.Source = o.Source
	}
	if p.Interchange == "" {
		p.Interchange, p.SetNo = o.InterchangeID, int(o.SetNo)
	}
	return s.events.Publish(ctx, job.Event{Kind: d.event, Version: eventVersion, Orgs: []string{o.SupplierID, o.ResellerID}, Object: subject, First: d.first, Payload: p})
}

func itoa(n int) string { return strconv.Itoa(n) }
