package deal

import (
	"context"
	"time"

	"entente/db/job"
)

// Kinds of published events. Object is the registration's id.
const (
	EventSubmitted  = "deal.Submitted"
	EventRecalled   = "deal.Recalled"
	EventWithdrawn  = "deal.Withdrawn"
	EventTaken      = "deal.Taken"
	EventReturned   = "deal.Returned"
	EventProtected  = "deal.Protected"
	EventRegistered = "deal.Registered" // a tender
	EventRejected   = "deal.Rejected"
	EventDuplicate  = "deal.Duplicate"
	EventWaiting    = "deal.Waiting"
	EventAdmitted   = "deal.Admitted" // back into review
	EventCancelled  = "deal.Cancelled"
	EventOverdue    = "deal.Overdue" // no decision in time; concerns the supplier
	EventWarned     = "deal.Warned"  // the protection ends soon
	EventHeld       = "deal.Held"    // its time is over, an order keeps it
	EventExpired    = "deal.Expired"
	EventPostponed  = "deal.Postponed"
	EventReleased   = "deal.Released"
	EventAsked      = "deal.Asked" // for more time
	EventExtended   = "deal.Extended"
	EventDenied     = "deal.Denied"
	EventLost       = "deal.Lost"
	EventOrdered    = "deal.Ordered" // a first order carries its number
	EventPartlyWon  = "deal.PartlyWon"
	EventWon        = "deal.Won"
	EventReopened   = "deal.Reopened"
	EventDisputed   = "deal.Disputed"
	EventRuled      = "deal.Ruled"
)

// Events lists every kind.
func Events() []string {
	return []string{EventSubmitted, EventRecalled, EventWithdrawn, EventTaken, EventReturned, EventProtected, EventRegistered, EventRejected, EventDuplicate, EventWaiting, EventAdmitted, EventCancelled, EventOverdue, EventWarned, EventHeld,
		EventExpired, EventPostponed, EventReleased, EventAsked, EventExtended, EventDenied, EventLost, EventOrdered, EventPartlyWon, EventWon, EventReopened, EventDisputed, EventRuled}
}

// Event is the payload of all of them: ids and codes, no content.
type Event struct {
	Deal       ID        `json:"deal"`
	Supplier   string    `json:"supplier"`
	Registrant string    `json:"registrant"`
	Fulfiller  string    `json:"fulfiller,omitempty"`
	Org        string    `json:"org,omitempty"` // that acted; empty: a clock or an order
	Person     string    `json:"person,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	Decider    string    `json:"decider,omitempty"` // of EventDisputed
	Percent    int       `json:"percent,omitempty"` // won
	Due        time.Time `json:"due,omitzero"`
	Quiet      bool      `json:"quiet,omitempty"`
}

// Publisher is the part of db/job this package needs.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// happened of a deed that needs no more than its name.
var happened = map[Deed]string{
	Submit: EventSubmitted, Recall: EventRecalled, Withdraw: EventWithdrawn, Take: EventTaken, Approve: EventProtected, Return: EventReturned, Reject: EventRejected, MarkCopy: EventDuplicate, Wait: EventWaiting, Admit: EventAdmitted,
	CancelDeed: EventCancelled, Award: EventProtected, Pass: EventLost, Expire: EventExpired, Postpone: EventPostponed, Release: EventReleased, Win: EventWon, Reopen: EventReopened, Lose: EventLost, Yield: EventReleased, Grant: EventProtected,
}

func (s *Service) publish(ctx context.Context, kind string, r Registration, e Event) error {
	e.Quiet, _ = ctx.Value(quietKey{}).(bool)
	e.Deal, e.Supplier, e.Registrant, e.Fulfiller = r.ID, r.Supplier, r.Registrant, r.Fulfiller
	orgs := []string{r.Supplier, r.Registrant}
	if r.Fulfiller != "" {
		orgs = append(orgs, r.Fulfiller)
	}
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: orgs, Object: string(r.ID), Payload: e})
}

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }
