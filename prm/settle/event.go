package settle

import (
	"context"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/trade"
)

// Kinds of published events. Object is the invoice's id for what concerns one, else the
// payment's.
const (
	InvoiceApproved = "settle.InvoiceApproved"
	DisputeOpened   = "settle.DisputeOpened"
	DisputeAnswered = "settle.DisputeAnswered" // an offer, or the answer to one: the turn changed
	DisputeEnded    = "settle.DisputeEnded"
	DisputeLate     = "settle.DisputeLate"
	PaymentBooked   = "settle.PaymentBooked"
	PaymentHeld     = "settle.PaymentHeld"
	PaymentRepeated = "settle.PaymentRepeated" // the same payment again: nothing was booked
	PaymentSettled  = "settle.PaymentSettled"  // a held one was booked or discarded
	IssueOpened     = "settle.IssueOpened"     // something of a payment is in question
	IssueSettled    = "settle.IssueSettled"
	IssueLate       = "settle.IssueLate"

	eventVersion = 1
)

// Kinds of document, for links from and to the gateway and rooms.
const (
	DocumentPayment = "payment"
	DocumentDispute = "dispute"
)

// Events lists the kinds that people hear of.
func Events() []string {
	return []string{InvoiceApproved, DisputeOpened, DisputeAnswered, DisputeEnded, DisputeLate, PaymentBooked, PaymentHeld, PaymentRepeated, PaymentSettled, IssueOpened, IssueSettled, IssueLate}
}

// Event is the payload of all events of this package: ids, no content.
type Event struct {
	Supplier    string          `json:"supplier"`
	Reseller    string          `json:"reseller"`
	Partnership string          `json:"partnership"`
	Order       trade.OrderID   `json:"order,omitempty"`
	Invoice     trade.InvoiceID `json:"invoice,omitempty"`
	Dispute     DisputeID       `json:"dispute,omitempty"`
	Step        string          `json:"step,omitempty"` // of a dispute: the kind of Step
	Payment     PaymentID       `json:"payment,omitempty"`
	Issue       IssueID         `json:"issue,omitempty"`
	Issues      int             `json:"issues,omitempty"` // of a booked payment: how many are open
	Kind        string          `json:"kind,omitempty"`   // of an issue
	Reason      string          `json:"reason,omitempty"` // of a held payment
	Owner       string          `json:"owner,omitempty"`  // whose turn it is
	Person      string          `json:"person,omitempty"`
	Org         string          `json:"org,omitempty"` // the company that acted
	Quiet       bool            `json:"quiet,omitempty"`
}

type quietKey struct{}

// Quiet makes the events published under ctx quiet: subscribers keep the record and tell
// nobody.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// tell writes a line of audit and publishes an event, in the caller's transaction.
func (s *Service) tell(ctx context.Context, a access.Actor, action, subject, id, kind, object string, p Event) error {
	if action != "" {
		if err := audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: subject, SubjectID: id, Outcome: audit.Done}); err != nil {
			return err
		}
	}
	if s.events == nil || kind == "" {
		return nil
	}
	p.Person, p.Org, p.Quiet = a.Person, a.Org, ctx.Value(quietKey{}) != nil
	return s.events.Publish(ctx, job.Event{Kind: kind, Version: eventVersion, Orgs: []string{p.Supplier, p.Reseller}, Object: object, Payload: p})
}

func instant(ctx context.Context) int64 { return db.Micros(db.Now(ctx)) }
