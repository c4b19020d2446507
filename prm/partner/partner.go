// Package partner keeps who works with whom: directed partnerships of a
// supplier and a reseller, their terms, and which EDI identities each side has
// confirmed of the other.
//
// Two companies may have one partnership each way. A company that is in no
// partnership with another learns nothing of it here, not even that it exists:
// partners are invited by the code of their company, which is its id and is
// told from person to person.
package partner

import (
	"time"

	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/money"
)

// State of a partnership: invited → active ⇄ suspended → ended. An ended one may
// be invited anew.
type State string

// The states.
const (
	Invited   State = "invited"
	Active    State = "active"
	Suspended State = "suspended"
	Ended     State = "ended"
)

// Partnership is a directed partnership of two companies. Tolerances are
// ratios: a price may differ from the price list by PriceTolerance, a delivered
// quantity from the ordered one by QuantityTolerance, before a line is marked.
type Partnership struct {
	ID                string
	Supplier          string // company ids
	Reseller          string
	State             State
	Currency          money.Currency // trading currency
	PriceTolerance    money.Rate     // 0.02 is 2 %
	QuantityTolerance money.Rate
	Created           time.Time
	Version           int64  // grows with every change; Change asks for it
	MovedBy           string // company that made the last move between states
}

// Resource is the partnership as access.Check sees it.
func (p Partnership) Resource() access.Resource { return access.Shared(p.Supplier, p.Reseller) }

// Other is the company that is not org.
func (p Partnership) Other(org string) string {
	if p.Supplier == org {
		return p.Reseller
	}
	return p.Supplier
}

// Opened says that org may read how the other side is reached by EDI: both agreed to work
// together, or the other side asked for it. Who invited waits for the answer.
func (p Partnership) Opened(org string) bool {
	return p.State == Active || p.State == Suspended || p.State == Invited && p.MovedBy != org
}

// SideOf is what org is in the partnership.
func (p Partnership) SideOf(org string) access.Side { return p.Resource().SideOf(org) }

// Identity is an EDI identity of one side, with its confirmation by the other.
type Identity struct {
	account.Identity
	ConfirmedBy string    // person id; empty: not confirmed
	Confirmed   time.Time // zero: not confirmed
}

// Address is an EDI identity as it stands on the wire.
type Address struct{ Qualifier, Value string }

// Query asks to whom two identities belong.
type Query struct {
	Kind             account.IdentityKind
	Sender, Receiver Address
}

// Route says to whom two identities belong. Receiver is set only together with
// Active: a receiver that does not exist and one without an active partnership
// in which both identities are confirmed are the same.
type Route struct {
	Sender   string        // company of the sending identity, confirmed or not; empty: nobody
	Receiver string        // company of the receiving identity
	Active   []Partnership // none, one, or one each way
}

// The events. Their payload is Event; they concern both companies.
const (
	EventInvited   = "partner.Invited"
	EventActivated = "partner.Activated" // also when a suspended one resumes
	EventSuspended = "partner.Suspended"
	EventEnded     = "partner.Ended"
)

// Event is the payload of every event of this package. Org is the company that
// made the move.
type Event struct {
	Partnership string `json:"partnership"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Org         string `json:"org"`
}

func (p Partnership) event(kind, org string) job.Event {
	return job.Event{Kind: kind, Version: 1, Orgs: []string{p.Supplier, p.Reseller}, Object: p.ID,
		Payload: Event{Partnership: p.ID, Supplier: p.Supplier, Reseller: p.Reseller, Org: org}}
}
