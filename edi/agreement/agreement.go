// Package agreement keeps what two companies agreed about their EDI: one object, in
// versions, that both see. One side proposes a version, the other confirms the very
// text that it saw, by its hash; from the first day of its validity it holds. A
// version that both confirmed never changes, and documents are judged by the one that
// was valid when they came.
//
// What runs elsewhere is set from here when a version begins: the terms of AS2, how
// long each side waits for acknowledgements, the tolerances of the partnership. What
// an agreement does not speak of stays with who decided it before.
package agreement

import (
	"time"

	"entente/db/job"
	"entente/prm/access"
)

// State is where a version stands.
type State string

// The states. A confirmed version becomes superseded when a later one begins.
const (
	Proposed   State = "proposed"
	Confirmed  State = "confirmed"
	Declined   State = "declined"
	Withdrawn  State = "withdrawn"
	Superseded State = "superseded"
)

// Version is one version of the agreement of a partnership.
type Version struct {
	ID          string
	Partnership string
	Supplier    string // company ids
	Reseller    string
	Number      int // from 1, per partnership
	State       State
	// ValidFrom is a civil date in the supplier's zone. Starts is when the version
	// begins: the midnight of that date, or its confirmation where that was later;
	// zero before it is confirmed.
	ValidFrom string
	Starts    time.Time
	Body      Body
	Hash      string // of number, date and body, hex; Confirm asks for it
	Note      string // of who proposed it, to the other side
	// ProposedBy and AnsweredBy are persons, the others their companies. The answer
	// is the confirmation, the refusal, or the withdrawal.
	ProposedOrg string
	ProposedBy  string
	Proposed    time.Time
	AnsweredOrg string
	AnsweredBy  string
	Answered    time.Time
	Reason      string // why it was declined
}

// Resource is the version as access.Check sees it.
func (v Version) Resource() access.Resource { return access.Shared(v.Supplier, v.Reseller) }

// In says whether the version holds at an instant, unless a later one does.
func (v Version) In(at time.Time) bool {
	return (v.State == Confirmed || v.State == Superseded) && !v.Starts.After(at)
}

// The events. Their payload is Event; they concern both companies.
const (
	EventProposed  = "agreement.Proposed"
	EventConfirmed = "agreement.Confirmed"
	EventDeclined  = "agreement.Declined"
	EventWithdrawn = "agreement.Withdrawn"
	EventBegan     = "agreement.Began" // the first day of its validity came after its confirmation
)

// Events lists them.
func Events() []string {
	return []string{EventProposed, EventConfirmed, EventDeclined, EventWithdrawn, EventBegan}
}

// Event is the payload of every event of this package. Org is the company that acted.
type Event struct {
	Agreement   string `json:"agreement"`
	Partnership string `json:"partnership"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Number      int    `json:"number"`
	Org         string `json:"org"`
}

func (v Version) event(kind, org string) job.Event {
	return job.Event{Kind: kind, Version: 1, Orgs: []string{v.Supplier, v.Reseller}, Object: v.Partnership,
		Payload: Event{Agreement: v.ID, Partnership: v.Partnership, Supplier: v.Supplier, Reseller: v.Reseller, Number: v.Number, Org: org}}
}
