package landing

import (
	"context"
	"slices"

	"entente/db/job"
	"entente/prm/promo"
)

// Kinds of published events. They concern the owner of the promotion and the company whose
// page it is, and nobody else.
const (
	EventPublished = "landing.Published"
	EventWithdrawn = "landing.Withdrawn"
)

// Events lists them.
func Events() []string { return []string{EventPublished, EventWithdrawn} }

// Event is the payload of both: ids, no content.
type Event struct {
	Promotion promo.ID `json:"promotion"`
	Seat      string   `json:"seat"` // of the company in the promotion
	Owner     string   `json:"owner"`
	Company   string   `json:"company"` // whose page it is
	Quiet     bool     `json:"quiet,omitempty"`
}

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// told publishes that a page went out or was taken back.
func (s *Service) told(ctx context.Context, st promo.Standing, was bool, p Page) error {
	i := slices.IndexFunc(st.Seats, func(x promo.Seat) bool { return x.Org == p.Org })
	if s.jobs == nil || was == p.Live || i < 0 {
		return nil
	}
	kind := EventPublished
	if !p.Live {
		kind = EventWithdrawn
	}
	e := Event{Promotion: p.Promotion, Seat: st.Seats[i].ID, Owner: p.Owner, Company: p.Org}
	e.Quiet, _ = ctx.Value(quietKey{}).(bool)
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: []string{e.Owner, e.Company}, Object: e.Seat, Payload: e})
}
