// Package adjust judges the claims that distributors send as a document (X12 844, product
// transfer account adjustment) and says what is answered (849).
//
// Every contract of a claim becomes a claim of prm/fund under what it names: a promotion
// that is billed back, or a request for market development. Every line of it has a verdict
// at once: accepted, changed, rejected with a code, or pending with what is missing and
// until when (practice.md 9). What it is judged by are our own documents: the invoices of
// orders, or the reports of what was sold on where the date of the promotion is that of the
// resale. When documents come later, lines that wait are looked at again; when their day is
// over, what is not shown by then is rejected. Each time an answer goes out, until the last
// line is decided. Good lines are paid meanwhile.
//
// A contract that names nothing we know is refused with a word, and so is a claim whose
// number was used for another: both are kept and answered. Nothing is dropped.
package adjust

import (
	"context"
	"time"

	"entente/db/job"
	"entente/prm/fund"
)

// ID is the id of a notice: one 844.
type ID string

// States of a notice.
const (
	Booked    = "booked"    // its contracts are claims, as far as they are known
	Refused   = "refused"   // none is: see the reasons
	Cancelled = "cancelled" // it takes back an earlier one (BAA01 01)
	Replaced  = "replaced"  // another of the same number stands in its place
)

// Why a contract, or a whole claim, is refused; the texts are "claimrefusal.<code>".
const (
	WhyUnknown    = "unknown"     // no promotion or request of that number for this partner
	WhyOffInvoice = "off_invoice" // the promotion is paid on the invoice
	WhyNumberUsed = "number_used" // another claim had the number: a correction is sent with purpose 05
	WhyInactive   = "inactive"    // the partnership is not active
	WhyLong       = "long"        // more lines than a claim may have
)

// Reasons lists them.
func Reasons() []string {
	return []string{WhyUnknown, WhyOffInvoice, WhyNumberUsed, WhyInactive, WhyLong}
}

// Notice is one 844 and what became of it.
type Notice struct {
	ID          ID
	Supplier    string
	Reseller    string
	Partnership string
	Number      string
	Purpose     string // BAA01
	On          string
	State       string
	Reason      string // of a refused one as a whole
	Interchange string
	SetNo       int
	Received    time.Time
	Parts       []Part
	Answers     []Answer
}

// Part is one contract of it.
type Part struct {
	Number string
	Claim  fund.ClaimID
	Reason string // refused: why
}

// Answer is an 849 that went out, the oldest first.
type Answer struct {
	ID    string
	Final bool // nothing of it waits any more
	Made  time.Time
}

// Outcome is what became of a document that was received.
type Outcome string

// Outcomes.
const (
	Taken     Outcome = "taken"
	Duplicate Outcome = "duplicate" // the same claim again: nothing was done
	Nothing   Outcome = "nothing"   // it was refused
)

// Kinds of documents in links from and to the gateway.
const (
	DocumentNotice = "claim_notice"
	DocumentAnswer = "claim_answer"
)

// EventTaken is published for every notice.
const EventTaken = "claim.NoticeTaken"

// Event is its payload.
type Event struct {
	Notice      ID     `json:"notice"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Partnership string `json:"partnership"`
	State       string `json:"state"`
}

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}
