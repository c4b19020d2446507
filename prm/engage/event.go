package engage

import (
	"context"
	"slices"

	"entente/db"
	"entente/db/job"
	"entente/prm/access"
)

// Kinds of published events. One event is heard by the companies it names and by nobody else:
// where those who take part are not shown to each other, it names two, of which one is the
// owner.
const (
	EventInvited        = "engage.Invited"
	EventAccepted       = "engage.Accepted"
	EventDeclined       = "engage.Declined"
	EventWithdrawn      = "engage.Withdrawn"
	EventExpired        = "engage.Expired"  // an invitation that nobody answered
	EventExpiring       = "engage.Expiring" // the time to answer one ends soon
	EventLeft           = "engage.Left"
	EventShared         = "engage.Shared" // a snapshot
	EventSplitProposed  = "engage.SplitProposed"
	EventSplitAnswered  = "engage.SplitAnswered" // one agreed
	EventSplitRefused   = "engage.SplitRefused"
	EventSplitAgreed    = "engage.SplitAgreed" // it is in force
	EventSplitWithdrawn = "engage.SplitWithdrawn"
	EventTask           = "engage.TaskGiven"
	EventTaskDone       = "engage.TaskDone"
	EventHandedOver     = "engage.HandedOver"
	EventHandAnswered   = "engage.HandoverAnswered"
	EventClosed         = "engage.Closed"
)

// Events lists every kind.
func Events() []string {
	return []string{EventInvited, EventAccepted, EventDeclined, EventWithdrawn, EventExpiring, EventExpired, EventLeft, EventShared, EventSplitProposed, EventSplitAnswered, EventSplitRefused, EventSplitAgreed, EventSplitWithdrawn,
		EventTask, EventTaskDone, EventHandedOver, EventHandAnswered, EventClosed}
}

// Event is the payload of all of them: ids and codes, no content.
type Event struct {
	Engagement ID       `json:"engagement"`
	Owner      string   `json:"owner"`
	Shown      bool     `json:"shown,omitempty"`
	Room       string   `json:"room,omitempty"`    // subject of the room that gets a line; empty: none
	Company    string   `json:"company,omitempty"` // whom it is about
	Gone       string   `json:"gone,omitempty"`    // company that leaves the room
	Closed     bool     `json:"closed,omitempty"`  // nothing is written in the room any more
	To         []string `json:"to"`                // companies that are told
	Org        string   `json:"org"`               // that acted
	Person     string   `json:"person,omitempty"`
	Named      string   `json:"named,omitempty"` // person whom it is for; empty: the company
	Reason     string   `json:"reason,omitempty"`
	Quiet      bool     `json:"quiet,omitempty"`
}

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// said is what an event says. whole: where companies are shown to each other, all of them may
// read of it in their room.
type said struct {
	to              []string
	company, person string
	seat            string // of a company that is not in the party any more
	reason          string
	whole, closed   bool
}

// tell publishes what happened, once for those who are shown to each other, else once for each
// company that hears of it; and moves the engagement up in the lists of those alone.
func (s *Service) tell(ctx context.Context, actor access.Actor, kind string, e row, p party, x said) error {
	to := slices.DeleteFunc(slices.Clone(x.to), func(o string) bool { return o == actor.Org })
	if err := touch(ctx, e, p, append(slices.Clone(to), actor.Org)...); err != nil {
		return err
	}
	if s.jobs == nil {
		return nil
	}
	ev := Event{Engagement: ID(e.ID), Owner: p.owner, Shown: p.shown, Company: x.company, Org: actor.Org, Person: actor.Person, Named: x.person, Reason: x.reason, Closed: x.closed}
	ev.Quiet, _ = ctx.Value(quietKey{}).(bool)
	joined := func(org string) bool { return !p.seats[org].Joined.IsZero() }
	publish := func(ev Event) error {
		orgs := append(slices.Clone(ev.To), actor.Org)
		if ev.Room != "" && kind == EventLeft && p.seats[x.company].State == Left {
			ev.Gone = x.company
		}
		return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: orgs, Object: e.ID, Payload: ev})
	}
	if p.shown {
		if ev.To = to; x.whole {
			ev.Room = e.ID
		}
		if len(to) == 0 && ev.Room == "" {
			return nil
		}
		return publish(ev)
	}
	for _, org := range to {
		member := org
		if org == p.owner {
			member = actor.Org
		}
		if ev.To, ev.Room = []string{org}, ""; joined(member) && (x.whole || kind == EventShared) {
			ev.Room = p.seats[member].ID
		}
		if err := publish(ev); err != nil {
			return err
		}
	}
	return nil
}

// Need is something in an engagement that waits for the actor's company.
type Need struct {
	Item
	Why  string // "invited", "split", "handover" or "task"
	Text string // of a task or a hand-over
	Due  string // civil date or empty
}

// Waiting is what waits for the actor's company: invitations, splits to agree to, hand-overs
// and open tasks, at most limit of each kind.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Waiting(ctx context.Context, actor access.Actor, limit int) ([]Need, error) {
	scope, err := access.List(actor, access.EngageRead)
	if err != nil {
		return nil, err
	}
	var out []Need
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = waiting(ctx, scope, all(actor), min(max(limit, 1), 50))
		return err
	})
	return out, err
}
