// Package partner holds the directed partnerships between companies: who
// supplies whom, in which currency, with which tolerances, and which EDI
// identities each side has confirmed of the other.
//
// A partnership belongs to both companies and to nobody else. An identity counts
// toward a partner only once that partner confirmed it; an address without an
// active partnership answers like one that does not exist.
package partner

import (
	"time"

	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/money"
)

// State of a partnership.
type State string

// The states. Ended is final; both sides keep reading what they are party to.
const (
	Invited   State = "invited"   // one side asked, the other has not agreed yet
	Active    State = "active"    //
	Suspended State = "suspended" // interchanges are refused until one side resumes
	Ended     State = "ended"
)

// Partnership is one company supplying another. Tolerances are ratios: 0.005 is
// half a percent. Version counts changes of the settings.
type Partnership struct {
	ID                string
	Supplier          string // company ids
	Reseller          string
	State             State
	Currency          money.Currency
	PriceTolerance    money.Rate
	QuantityTolerance money.Rate
	Created           time.Time
	Version           int64
}

// Resource is the partnership as access.Check sees it.
func (p Partnership) Resource() access.Resource { return access.Shared(p.Supplier, p.Reseller) }

// Other is the company on the other side of org.
func (p Partnership) Other(org string) string {
	if org == p.Supplier {
		return p.Reseller
	}
	return p.Supplier
}

// Confirmed is an EDI identity of one side with what the other said to it. By is
// the person and At the time of confirmation; zero while it is missing.
type Confirmed struct {
	account.Identity
	By string
	At time.Time
}

// CreateCmd makes a partnership. Supplier or Reseller is the actor's company.
type CreateCmd struct {
	Supplier, Reseller string
	Currency           money.Currency
	PriceTolerance     money.Rate
	QuantityTolerance  money.Rate
}

// SettingsCmd changes the settings. Version is the one the person saw.
type SettingsCmd struct {
	Version           int64
	Currency          money.Currency
	PriceTolerance    money.Rate
	QuantityTolerance money.Rate
}

// Address is an EDI identity as written on the wire.
type Address struct {
	Kind      account.IdentityKind
	Qualifier string
	Value     string
}

// Resolved says to whom two addresses belong. Sender is the company that owns
// the sending address; Receiver is set only together with Active: the active
// partnerships of both companies in which both addresses are confirmed.
type Resolved struct {
	Sender   string
	Receiver string
	Active   []Partnership
}

// Kinds of published events; Object is the partnership.
const (
	EventActivated = "partner.Activated"
	EventSuspended = "partner.Suspended"
	EventEnded     = "partner.Ended"
)

// Event is the payload of this package's events.
type Event struct {
	Partnership string `json:"partnership"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
}
