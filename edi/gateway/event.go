package gateway

import (
	"context"

	"entente/db/job"
	"entente/prm/access"
)

// The events of the gateway. Their object is the interchange, their companies
// are both sides. Payloads hold ids, never content.
const (
	// EventProcessed: an interchange was judged to its end (ProcessedEvent).
	EventProcessed = "edi.Processed"
	// EventDocumentRejected: a set was refused (DocumentRejectedEvent); at most
	// MaxRejectedEvents of one interchange are told one by one.
	EventDocumentRejected = "edi.DocumentRejected"
	// EventHeld: an interchange waits for a person (HeldEvent).
	EventHeld = "edi.Held"
	// EventAcknowledged: a partner acknowledged what we made (AcknowledgedEvent).
	EventAcknowledged = "edi.Acknowledged"
	// EventAdvised: the application of a partner told what it made of a document that we
	// made (AdvisedEvent).
	EventAdvised = "edi.Advised"
	// EventUnmatched: an acknowledgement or advice is about nothing that we know to have
	// sent (UnmatchedEvent).
	EventUnmatched = "edi.Unmatched"
	// EventRemote: a company's own SFTP server cannot be served (RemoteEvent): at once where it
	// refuses the sign-in or is another server, else after a few tries. Or files lie there incomplete.
	EventRemote = "edi.RemoteFailing"
	// EventFailed: an interchange was parked after too many tries (FailedEvent).
	EventFailed = "edi.Failed"
	// EventOverdue: the acknowledgement of what we made did not come in time
	// (OverdueEvent).
	EventOverdue = "edi.Overdue"
	// EventOverdueTold: its people are to be told so, in their open hours (OverdueEvent).
	EventOverdueTold = "edi.OverdueTold"
	// EventAsked: the sender asks for an overdue acknowledgement (AskedEvent).
	EventAsked = "edi.Asked"
	// EventLiveAsked: one company says that a direction goes live (LiveEvent).
	EventLiveAsked = "edi.LiveAsked"
	// EventLive: both said it (LiveEvent).
	EventLive = "edi.Live"
)

// MaxRejectedEvents bounds the DocumentRejected events of one interchange.
const MaxRejectedEvents = 50

// MaxUnmatchedEvents bounds the Unmatched events of one interchange.
const MaxUnmatchedEvents = 50

// Parties are the companies and the partnership of an event.
type Parties struct {
	Interchange string `json:"interchange"`
	Partnership string `json:"partnership"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	From        string `json:"from"` // company id of the sender
	Test        bool   `json:"test"`
}

// ProcessedEvent is the payload of EventProcessed.
type ProcessedEvent struct {
	Parties
	Result string `json:"result"`
	Sets   int    `json:"sets"`
}

// DocumentRejectedEvent is the payload of EventDocumentRejected. Set is the
// position in the interchange; 0 means the whole interchange.
type DocumentRejectedEvent struct {
	Parties
	Set    int    `json:"set"`
	Kind   string `json:"kind"`   // "850"
	Number string `json:"number"` // business number, else the control number of the set or, of a whole interchange, its own
}

// HeldEvent is the payload of EventHeld.
type HeldEvent struct {
	Parties
	Reason  string `json:"reason"`  // a Held… reason
	Earlier string `json:"earlier"` // the interchange that came first
}

// AcknowledgedEvent is the payload of EventAcknowledged. Interchange is the one
// we made, Answer the partner's.
type AcknowledgedEvent struct {
	Parties
	Answer       string `json:"answer"`
	Verdict      string `json:"verdict"`
	DocumentKind string `json:"document_kind"`
	DocumentID   string `json:"document_id"`
}

// AdvisedEvent is the payload of EventAdvised. Interchange is the one we made, Set its
// set, Answer the partner's.
type AdvisedEvent struct {
	Parties
	Answer       string `json:"answer"`
	Set          int    `json:"set"`
	Kind         string `json:"kind"`    // of the set that we made: "810"
	Number       string `json:"number"`  // its business number
	Verdict      string `json:"verdict"` // an Advised… word
	DocumentKind string `json:"document_kind"`
	DocumentID   string `json:"document_id"`
}

// UnmatchedEvent is the payload of EventUnmatched. Set is the position in the partner's
// interchange, 0 for a TA1; Number is what it names.
type UnmatchedEvent struct {
	Parties
	Set    int    `json:"set"`
	Kind   string `json:"kind"` // 997, 824 …
	Number string `json:"number"`
}

// RemoteEvent is the payload of EventRemote. Reason is the key of the failure, Refused says
// that no further try mends it. With Files it works, and they lie there incomplete.
type RemoteEvent struct {
	Org     string `json:"org"`
	Remote  string `json:"remote"`
	Name    string `json:"name"` // what the company calls it
	Reason  string `json:"reason"`
	Refused bool   `json:"refused"`
	Files   string `json:"files,omitempty"` // the names of some
}

// FailedEvent is the payload of EventFailed.
type FailedEvent struct {
	Parties
	Attempts int    `json:"attempts"`
	Reason   string `json:"reason"` // key of the last failure
}

// OverdueEvent is the payload of EventOverdue and EventOverdueTold. From is the company that waits.
type OverdueEvent struct {
	Parties
	Due int64 `json:"due"` // microseconds since 1970, UTC
}

// AskedEvent is the payload of EventAsked. From is the company that asks, Person who
// asked for it.
type AskedEvent struct {
	Parties
	Person string `json:"person"`
}

// LiveEvent is the payload of EventLiveAsked and EventLive. Sender is the company whose
// documents go live, Org the one that said so, Person its person.
type LiveEvent struct {
	Partnership string `json:"partnership"`
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Sender      string `json:"sender"`
	Org         string `json:"org"`
	Person      string `json:"person"`
}

// tellStage publishes that somebody said that a direction goes live. Its object is the
// partnership.
func (s *Service) tellStage(ctx context.Context, kind string, r *stageRow, actor access.Actor) error {
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: []string{r.SupplierID, r.ResellerID}, Object: r.PartnershipID, Payload: LiveEvent{
		Partnership: r.PartnershipID, Supplier: r.SupplierID, Reseller: r.ResellerID, Sender: r.SenderID, Org: actor.Org, Person: actor.Person,
	}})
}
