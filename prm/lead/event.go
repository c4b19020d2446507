package lead

import (
	"cmp"
	"context"
	"time"

	"entente/db/job"
)

// Kinds of published events. Object is the offer's id, for EventUnplaced the lead's.
const (
	EventOffered   = "lead.Offered"
	EventAccepted  = "lead.Accepted"
	EventDeclined  = "lead.Declined"
	EventExpired   = "lead.Expired"
	EventWithdrawn = "lead.Withdrawn"
	EventWarned    = "lead.Warned" // 50 or 80 % of a clock are over
	EventStale     = "lead.Stale"
	EventReturned  = "lead.Returned"
	EventReclaimed = "lead.Reclaimed"
	EventConverted = "lead.Converted"
	EventLost      = "lead.Lost"
	EventPaused    = "lead.Paused"   // Due is its end
	EventResumed   = "lead.Resumed"  // Due is the end of the clock
	EventUnplaced  = "lead.Unplaced" // concerns the owner alone
)

// EventLapsing says that a certificate of a partner ends soon, or today. It is about no lead:
// Object is the partnership's id, and Events does not list it.
const EventLapsing = "lead.CertificateLapsing"

// Events lists every kind.
func Events() []string {
	return []string{EventOffered, EventAccepted, EventDeclined, EventExpired, EventWithdrawn, EventWarned, EventStale, EventReturned, EventReclaimed, EventConverted, EventLost, EventPaused, EventResumed, EventUnplaced}
}

// Event is the payload of all of them: ids and codes, no content.
type Event struct {
	Lead     ID        `json:"lead"`
	Offer    OfferID   `json:"offer,omitempty"`
	Supplier string    `json:"supplier"`
	Reseller string    `json:"reseller,omitempty"`
	Org      string    `json:"org,omitempty"` // that acted; empty: a clock
	Person   string    `json:"person,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Percent  int       `json:"percent,omitempty"` // of EventWarned
	Due      time.Time `json:"due,omitzero"`
	Quiet    bool      `json:"quiet,omitempty"`

	// of EventLapsing
	Partnership string `json:"partnership,omitempty"`
	Family      string `json:"family,omitempty"`
	Until       string `json:"until,omitempty"` // last day
	Days        int    `json:"days,omitempty"`  // left; below 0 where it was told late
}

// Publisher is the part of db/job this package needs.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

func (s *Service) publish(ctx context.Context, kind string, e Event) error {
	e.Quiet, _ = ctx.Value(quietKey{}).(bool)
	orgs, object := []string{e.Supplier}, string(e.Offer)
	if e.Reseller != "" {
		orgs = append(orgs, e.Reseller)
	}
	if object == "" {
		object = cmp.Or(string(e.Lead), e.Partnership)
	}
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: orgs, Object: object, Payload: e})
}

func (o Offer) event() Event {
	return Event{Lead: o.Lead, Offer: o.ID, Supplier: o.Supplier, Reseller: o.Reseller}
}

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }
