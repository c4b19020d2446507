package mapping

import (
	"context"

	"entente/db/job"
	"entente/prm/access"
)

// Kinds of published events. Object is the run's id. No other company than those of the run
// is told that it exists.
const (
	EventProposed  = "mapping.Proposed"
	EventConsented = "mapping.Consented" // one company agreed to the next step, the other is to answer
	EventRevealed  = "mapping.Revealed"  // a step was made
	EventClosed    = "mapping.Closed"    // it is over; State says how
)

// Events lists every kind.
func Events() []string {
	return []string{EventProposed, EventConsented, EventRevealed, EventClosed}
}

// Event is the payload of all of them: ids and codes, no content and no size.
type Event struct {
	Run    ID       `json:"run"`
	Orgs   []string `json:"orgs"`
	Org    string   `json:"org,omitempty"` // that acted; empty: the program
	Person string   `json:"person,omitempty"`
	Step   int      `json:"step,omitempty"`
	State  State    `json:"state"`
}

// Publisher takes events and wakes loops in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
	Wake(ctx context.Context, name string) error
	Drain(name string, fn func(ctx context.Context) (more bool, err error))
}

func (s *Service) publish(ctx context.Context, actor access.Actor, kind string, r Run, step int) error {
	if s.jobs == nil {
		return nil
	}
	e := Event{Run: r.ID, Orgs: r.Orgs(), Step: step, State: r.State}
	if actor.Person != "" {
		e.Org, e.Person = actor.Org, actor.Person
	}
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: e.Orgs, Object: string(r.ID), Payload: e})
}

func (s *Service) wake(ctx context.Context) error {
	if s.jobs == nil {
		return nil
	}
	return s.jobs.Wake(ctx, drain)
}
