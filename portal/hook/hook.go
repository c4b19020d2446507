// Package hook tells companies' own systems by HTTP what happened to their documents:
// webhooks, signed after the Standard Webhooks specification, each company's to its own
// addresses. What is told is stored in the transaction of its event and sent until the
// other side says 2xx, one after the other for each address and in order for each object;
// calls go through the guarded dialer.
package hook

import (
	"time"
)

// The events that can be subscribed to.
const (
	OrderReceived   = "order.received"
	OrderHeld       = "order.held"
	OrderRefused    = "order.refused"
	OrderConfirmed  = "order.confirmed"
	OrderAgreed     = "order.agreed"
	OrderCancelled  = "order.cancelled"
	OrderOnHold     = "order.on_hold"
	OrderReleased   = "order.released"
	HoldOverdue     = "order.hold_overdue"
	ChangeAsked     = "order.change_requested"
	ChangeAnswered  = "order.change_answered"
	ChangeWithdrawn = "order.change_withdrawn"
	ReturnAsked     = "return.requested"
	ReturnAnswered  = "return.answered"
	ReturnArrived   = "return.received"
	ShipmentSent    = "shipment.sent"
	GoodsReceived   = "goods.received"
	InvoiceIssued   = "invoice.issued"
	DocumentRefused = "document.refused"
	InvoiceApproved = "invoice.approved"
	InvoiceDisputed = "invoice.disputed"
	DisputeAnswered = "dispute.answered"
	DisputeEnded    = "dispute.ended"
	PaymentReceived = "payment.received"
	PaymentHeld     = "payment.held"
	// PaymentQuestioned: something of a payment is in question, or the turn changed.
	PaymentQuestioned = "payment.questioned"
	// What happens to the money for partners, and to what they report as sold on.
	FundGranted      = "fund.granted"
	RequestSubmitted = "request.submitted"
	RequestReturned  = "request.returned"
	RequestDeclined  = "request.declined"
	RequestApproved  = "request.approved"
	RequestCancelled = "request.cancelled"
	RequestLapsed    = "request.lapsed"
	ClaimFiled       = "claim.filed"
	ClaimReturned    = "claim.returned"
	ClaimDecided     = "claim.decided"
	ClaimDenied      = "claim.denied"
	ClaimSettled     = "claim.settled"
	SalesReported    = "sell_through.reported"
	SalesCorrected   = "sell_through.corrected"
	SalesWithdrawn   = "sell_through.withdrawn"
	// What happens to a quote.
	QuoteRequested = "quote.requested"
	QuoteOffered   = "quote.offered"
	QuoteAccepted  = "quote.accepted"
	QuoteDeclined  = "quote.declined"
	QuoteWithdrawn = "quote.withdrawn"
	QuoteExpired   = "quote.expired"
	QuoteOrdered   = "quote.ordered"
	// What happens in an engagement, as far as the company is told.
	EngagementInvited        = "engagement.invited"
	EngagementAccepted       = "engagement.accepted"
	EngagementDeclined       = "engagement.declined"
	EngagementWithdrawn      = "engagement.withdrawn"
	EngagementExpired        = "engagement.expired"
	EngagementExpiring       = "engagement.expiring"
	EngagementLeft           = "engagement.left"
	EngagementShared         = "engagement.shared"
	EngagementSplitProposed  = "engagement.split_proposed"
	EngagementSplitAnswered  = "engagement.split_answered"
	EngagementSplitRefused   = "engagement.split_refused"
	EngagementSplitAgreed    = "engagement.split_agreed"
	EngagementSplitWithdrawn = "engagement.split_withdrawn"
	EngagementTask           = "engagement.task_given"
	EngagementTaskDone       = "engagement.task_done"
	EngagementHandedOver     = "engagement.handed_over"
	EngagementHandAnswered   = "engagement.handover_answered"
	EngagementClosed         = "engagement.closed"
	// What happens to a promotion, as far as the company is told.
	PromotionProposed  = "promotion.proposed"
	PromotionApproved  = "promotion.approved"
	PromotionCountered = "promotion.countered"
	PromotionAnswered  = "promotion.counter_answered"
	PromotionDeclined  = "promotion.declined"
	PromotionDropped   = "promotion.dropped"
	PromotionAgreed    = "promotion.agreed"
	PromotionStarted   = "promotion.started"
	PromotionEnded     = "promotion.ended"
	PromotionSettled   = "promotion.settled"
	PromotionAdjusted  = "promotion.adjusted"
	PromotionCancelled = "promotion.cancelled"
	PromotionTask      = "promotion.task_given"
	// What happens to price protection: to both companies of one.
	ProtectProposed = "protection.proposed"
	ProtectReminded = "protection.reminded"
	ProtectAnswered = "protection.answered"
	ProtectLapsed   = "protection.lapsed"
	// What a partner publishes in its library.
	DocumentPublished = "library.published"
	DocumentRenewed   = "library.renewed"
	// Test is what the test button sends; it needs no subscription.
	Test = "webhook.test"
)

// Events are all events that can be subscribed to. Those of leads, registrations and comparisons
// of lists are called as the notices of them are.
func Events() []string {
	return []string{OrderReceived, OrderHeld, OrderRefused, OrderConfirmed, OrderAgreed, OrderCancelled, OrderOnHold, OrderReleased, HoldOverdue, ChangeAsked, ChangeAnswered, ChangeWithdrawn, ReturnAsked, ReturnAnswered, ReturnArrived, ShipmentSent, GoodsReceived, InvoiceIssued, InvoiceApproved, InvoiceDisputed, DisputeAnswered, DisputeEnded, PaymentReceived, PaymentHeld, PaymentQuestioned, DocumentRefused,
		FundGranted, RequestSubmitted, RequestReturned, RequestDeclined, RequestApproved, RequestCancelled, RequestLapsed, ClaimFiled, ClaimReturned, ClaimDecided, ClaimDenied, ClaimSettled, SalesReported, SalesCorrected, SalesWithdrawn,
		QuoteRequested, QuoteOffered, QuoteAccepted, QuoteDeclined, QuoteWithdrawn, QuoteExpired, QuoteOrdered,
		EngagementInvited, EngagementAccepted, EngagementDeclined, EngagementWithdrawn, EngagementExpiring, EngagementExpired, EngagementLeft, EngagementShared, EngagementSplitProposed, EngagementSplitAnswered, EngagementSplitRefused, EngagementSplitAgreed, EngagementSplitWithdrawn, EngagementTask, EngagementTaskDone, EngagementHandedOver, EngagementHandAnswered, EngagementClosed,
		PromotionProposed, PromotionApproved, PromotionCountered, PromotionAnswered, PromotionDeclined, PromotionDropped, PromotionAgreed, PromotionStarted, PromotionEnded, PromotionSettled, PromotionAdjusted, PromotionCancelled, PromotionTask,
		ProtectProposed, ProtectReminded, ProtectAnswered, ProtectLapsed,
		DocumentPublished, DocumentRenewed,
		"lead.offered", "lead.accepted", "lead.declined", "lead.expired", "lead.withdrawn", "lead.warned", "lead.stale", "lead.returned", "lead.reclaimed", "lead.converted", "lead.lost", "lead.paused", "lead.resumed", "lead.unplaced",
		"deal.submitted", "deal.recalled", "deal.withdrawn", "deal.taken", "deal.returned", "deal.protected", "deal.registered", "deal.rejected", "deal.duplicate", "deal.waiting", "deal.admitted", "deal.cancelled", "deal.overdue", "deal.warned", "deal.held", "deal.expired", "deal.postponed", "deal.released", "deal.asked", "deal.extended", "deal.denied", "deal.lost", "deal.ordered", "deal.partly_won", "deal.won", "deal.reopened", "deal.disputed", "deal.ruled",
		"mapping.proposed", "mapping.consented", "mapping.revealed", "mapping.closed"}
}

// Hook is an address of a company with what it is told.
type Hook struct {
	ID     string
	Org    string
	URL    string
	Events []string // of Events
	Active bool
	// OldUntil is until when the secret before the present one signs as well.
	OldUntil time.Time
	// Failing is since when no call succeeded, zero while they do; Paused when nothing is
	// sent any more, with why: WhyFailing or WhyGone.
	Failing time.Time
	Paused  time.Time
	Why     string
	MadeBy  string
	Created time.Time
}

// Why an address was paused.
const (
	WhyFailing = "failing" // every try of a message failed
	WhyGone    = "gone"    // it answered 410
)

// State is where a message to an address is.
type State string

// The states of a message.
const (
	Queued    State = "queued"
	Delivered State = "delivered"
	Parked    State = "parked" // every try failed; a person may send it again
)

// Delivery is one message to one address. ID is webhook-id, the same at every try.
type Delivery struct {
	ID       string
	Hook     string
	Kind     string
	State    State
	Attempts int
	Next     time.Time // of a queued one
	Created  time.Time
	Settled  time.Time
	Body     string // of Get only
	Tries    []Attempt
}

// Attempt is one call.
type Attempt struct {
	Number int
	At     time.Time
	Took   time.Duration
	Status int    // of HTTP, 0 when none came
	Result string // "delivered", or the key of what went wrong
}

// Message is something to tell the addresses of a company.
type Message struct {
	Event string // id of the outbox event: told once to each address
	Place int64  // its position: the order of sending
	Kind  string
	At    time.Time
	Data  any
}

// EventPaused is published when an address is paused.
const EventPaused = "hook.Paused"

// PausedEvent is its payload.
type PausedEvent struct {
	Org  string `json:"org"`
	Hook string `json:"hook"`
	Why  string `json:"why"`
}
