package quote

import (
	"context"
	"time"

	"entente/db/job"
	"entente/prm/access"
	"entente/prm/trade"
)

// Kinds of published events. Object is the quote's id.
const (
	EventRequested = "quote.Requested"
	EventOffered   = "quote.Offered"
	EventAccepted  = "quote.Accepted"
	EventDeclined  = "quote.Declined" // by the reseller, or the supplier makes no offer
	EventExpired   = "quote.Expired"
	EventWithdrawn = "quote.Withdrawn"
	EventEnding    = "quote.Ending"  // an offer ends soon
	EventOrdered   = "quote.Ordered" // an order carries the number
)

// Events lists every kind.
func Events() []string {
	return []string{EventRequested, EventOffered, EventAccepted, EventDeclined, EventExpired, EventWithdrawn, EventEnding, EventOrdered}
}

var happened = map[Deed]string{Ask: EventRequested, Offer: EventOffered, Accept: EventAccepted, Decline: EventDeclined, Refuse: EventDeclined, Withdraw: EventWithdrawn, Recall: EventWithdrawn, Expire: EventExpired}

// Event is the payload of all of them: ids and codes, no content.
type Event struct {
	Quote       ID            `json:"quote"`
	Supplier    string        `json:"supplier"`
	Reseller    string        `json:"reseller"`
	Partnership string        `json:"partnership"`
	Round       int           `json:"round"`
	Org         string        `json:"org,omitempty"` // that acted; empty: the clock
	Person      string        `json:"person,omitempty"`
	Reason      string        `json:"reason,omitempty"`
	Order       trade.OrderID `json:"order,omitempty"`
	Due         time.Time     `json:"due,omitzero"`
	Quiet       bool          `json:"quiet,omitempty"`
}

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

func (s *Service) publish(ctx context.Context, actor access.Actor, kind string, q Quote, e Event) error {
	if s.events == nil {
		return nil
	}
	e.Quiet, _ = ctx.Value(quietKey{}).(bool)
	e.Quote, e.Supplier, e.Reseller, e.Partnership, e.Round = q.ID, q.Supplier, q.Reseller, q.Partnership, q.Round
	if kind != EventExpired && kind != EventEnding {
		e.Org, e.Person = actor.Org, actor.Person
	}
	return s.events.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: []string{q.Supplier, q.Reseller}, Object: string(q.ID), Payload: e})
}
