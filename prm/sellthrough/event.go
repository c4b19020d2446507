package sellthrough

import (
	"context"

	"entente/db/job"
)

// Kinds of published events. Object is the report, of a reminder the partnership.
const (
	EventReported  = "sellthrough.Reported"
	EventCorrected = "sellthrough.Corrected" // a report took the place of others
	EventWithdrawn = "sellthrough.Withdrawn"
	EventMended    = "sellthrough.Mended" // lines in doubt became known
	EventChased    = "sellthrough.Chased"
	eventVersion   = 1
)

// ReportEvents lists those after which what was measured from lines is measured again.
func ReportEvents() []string {
	return []string{EventReported, EventCorrected, EventWithdrawn, EventMended}
}

// Events lists all.
func Events() []string { return append(ReportEvents(), EventChased) }

// DocumentReport is the kind of a report in links from and to the gateway.
const DocumentReport = "sell_report"

// Event is the payload of all events of this package. Replaces are reports that no longer
// count.
type Event struct {
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Partnership string `json:"partnership"`
	Report      ID     `json:"report,omitempty"`
	Replaces    []ID   `json:"replaces,omitempty"`
	From        string `json:"from,omitempty"`
	To          string `json:"to,omitempty"`
	Doubts      int    `json:"doubts,omitempty"`
	Org         string `json:"org,omitempty"` // the company that acted
	Quiet       bool   `json:"quiet,omitempty"`
}

type quiet struct{}

// Quiet is ctx for making history that nobody is told of any more.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quiet{}, true) }

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

func (s *Service) publish(ctx context.Context, kind string, e Event) error {
	if s.events == nil {
		return nil
	}
	e.Quiet = ctx.Value(quiet{}) != nil
	object := string(e.Report)
	if object == "" {
		object = e.Partnership
	}
	return s.events.Publish(ctx, job.Event{Kind: kind, Version: eventVersion, Orgs: []string{e.Supplier, e.Reseller}, Object: object, Payload: e})
}
