package courier

import (
	"context"

	"entente/db/job"
)

// The events of the courier.
const (
	// EventExpiring: a certificate ends soon (Expiring).
	EventExpiring = "as2.Expiring"
	// EventAnnounced: a company has a certificate that follows another (Rollover).
	EventAnnounced = "as2.Announced"
	// EventConfirmed: the other company of a partnership confirmed it (Rollover).
	EventConfirmed = "as2.Confirmed"
	// EventFailed: a message waits for a person after too many tries, or was refused
	// by the partner (MessageEvent).
	EventFailed = "as2.Failed"
	// EventUnproved: the partner answered, but the receipt proves nothing, or none
	// came in time, which the reason ReceiptOverdue says (MessageEvent).
	EventUnproved = "as2.Unproved"
	// EventLocked: the server of the receiver does not let us in, with the name and password
	// that its company put here or without any, or refuses the sender (MessageEvent). It is
	// told once, until it does.
	EventLocked = "as2.Locked"
	// EventMisused: a Message-ID came again with other content (MessageEvent).
	EventMisused = "as2.Misused"
)

// ReceiptOverdue is the reason of EventUnproved where an asynchronous receipt did not
// come in time. It may still come, and then proves the delivery.
const ReceiptOverdue = "receipt_overdue"

// MessageEvent is the payload of events about a message: ids and keys, no content.
type MessageEvent struct {
	Message     string `json:"message"`
	Interchange string `json:"interchange,omitempty"`
	Partnership string `json:"partnership"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Sender      string `json:"from"`
	Reason      string `json:"reason"`
}

// Rollover is the payload of EventAnnounced and EventConfirmed. Org is the company of the
// certificate; Partnership and How are where and by what it was confirmed.
type Rollover struct {
	Org         string `json:"org"`
	Certificate string `json:"certificate"`
	Partnership string `json:"partnership,omitempty"`
	Supplier    string `json:"supplier,omitempty"`
	Reseller    string `json:"reseller,omitempty"`
	How         string `json:"how,omitempty"`
}

func (s *Service) publish(ctx context.Context, kind, object string, payload any, orgs ...string) error {
	return s.Jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: orgs, Object: object, Payload: payload})
}

func (s *Service) tell(ctx context.Context, kind string, r *messageRow) error {
	return s.publish(ctx, kind, r.ID, MessageEvent{
		Message: r.ID, Interchange: r.Interchanges, Partnership: r.PartnershipID, Supplier: r.SupplierID, Reseller: r.ResellerID, Sender: r.SenderID, Reason: r.Reason,
	}, r.SupplierID, r.ResellerID)
}
