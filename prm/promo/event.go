package promo

import (
	"context"

	"entente/db/job"
)

// Kinds of published events. One event concerns the owner and one company that takes
// part; what concerns all is published once for each.
const (
	EventProposed  = "promo.Proposed" // the company's text is new or changed
	EventApproved  = "promo.Approved"
	EventCountered = "promo.Countered"
	EventAnswered  = "promo.CounterAnswered" // the owner took a counter-proposal over or declined it
	EventDeclined  = "promo.Declined"
	EventDropped   = "promo.Dropped"
	EventAgreed    = "promo.Agreed"
	EventStarted   = "promo.Started"
	EventEnded     = "promo.Ended"
	EventSettled   = "promo.Settled"
	EventAdjusted  = "promo.Adjusted" // a document came after it was settled
	EventCancelled = "promo.Cancelled"
	EventTask      = "promo.TaskGiven"
)

// Events lists them.
func Events() []string {
	return []string{EventProposed, EventApproved, EventCountered, EventAnswered, EventDeclined, EventDropped, EventAgreed, EventStarted, EventEnded, EventSettled, EventAdjusted, EventCancelled, EventTask}
}

// Event is the payload of all of them: ids and codes, no content.
type Event struct {
	Promotion ID     `json:"promotion"`
	Seat      string `json:"seat"`
	Owner     string `json:"owner"`
	Company   string `json:"company"`       // that takes part
	Org       string `json:"org,omitempty"` // that acted; empty: a clock
	Reason    string `json:"reason,omitempty"`
	First     bool   `json:"first,omitempty"` // of several events about one deed: the owner is told once
	Quiet     bool   `json:"quiet,omitempty"`
	// Adjustment is the id of what came after it was settled.
	Adjustment string `json:"adjustment,omitempty"`
}

// Publisher is the part of db/job this package needs.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

func (s *Service) publish(ctx context.Context, kind string, e Event) error {
	e.Quiet, _ = ctx.Value(quietKey{}).(bool)
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: []string{e.Owner, e.Company}, Object: e.Seat, Payload: e})
}

// tell publishes an event for every seat that takes part.
func (s *Service) tell(ctx context.Context, kind string, p row, seats []Seat, by, reason string) error {
	first := true
	for _, x := range seats {
		if x.State == Declined || x.State == Dropped {
			continue
		}
		if err := s.publish(ctx, kind, Event{Promotion: ID(p.ID), Seat: x.ID, Owner: p.OwnerID, Company: x.Org, Org: by, Reason: reason, First: first}); err != nil {
			return err
		}
		first = false
	}
	return nil
}
