// Package fail names the steps at which a test kills the program: as a power cut would,
// at exactly that step. Only a build with the tag failpoints has a plan (db/fail/plan); in
// every other one nothing calls Arm, At does nothing and no setting reaches it.
package fail

import "time"

// Plan is what a build for tests does at the steps and with the time.
type Plan struct {
	At    func(step string)
	Err   func(step string) error           // what breaks on the way to a step that only a fault leads to
	Pace  func(time.Duration) time.Duration // shortens what a killed program leaves to wait for
	Ahead time.Duration                     // how far the program's clock runs before the machine's
}

var plan Plan

// Arm sets the plan, once, before the program begins.
func Arm(p Plan) { plan = p }

// At is a step; without a plan it does nothing.
func At(step string) {
	if plan.At != nil {
		plan.At(step)
	}
}

// Err is a fault that leads to a step, while the program is to die there: nil without a plan.
func Err(step string) error {
	if plan.Err == nil {
		return nil
	}
	return plan.Err(step)
}

// Pace is d, or what the plan makes of it.
func Pace(d time.Duration) time.Duration {
	if plan.Pace == nil {
		return d
	}
	return plan.Pace(d)
}

// Ahead is how far the clock runs before the machine's; without a plan it does not.
func Ahead() time.Duration { return plan.Ahead }

// The steps, in the order of a document's way.
const (
	BlobWritten = "blob.written" // a large payload is on disk under a temporary name
	BlobRenamed = "blob.renamed" // and under its own, without a row

	ReceiveStaged  = "receive.staged"  // the bytes are safe or in memory, nothing is stored
	ReceiveStoring = "receive.storing" // all rows are written, not committed
	ReceiveStored  = "receive.stored"  // committed, not answered

	AS2Staged  = "as2.staged"  // a message was opened, its bytes are safe
	AS2Storing = "as2.storing" // message, receipt and interchanges are written, not committed
	AS2Stored  = "as2.stored"  // committed, the receipt is not sent

	SFTPClaimed = "sftp.claimed" // an uploaded file is out of reach, not taken
	SFTPTaken   = "sftp.taken"   // it was taken and still lies there

	PickupCopied     = "pickup.copied"     // a file of a folder or a partner's server was copied
	PickupTaken      = "pickup.taken"      // it was taken, and nothing remembers it
	PickupRemembered = "pickup.remembered" // it is remembered and still lies there
	PickupDone       = "pickup.done"       // it was put away

	ProcessClaimed = "process.claimed" // a worker has the interchange
	ProcessBefore  = "process.before"  // sets are judged, no transaction
	AnswerMade     = "answer.made"     // the acknowledgement is written, not committed
	ProcessInside  = "process.inside"  // sets, orders and answers are written, not committed
	ProcessAfter   = "process.after"   // committed

	DeliverHandled = "deliver.handled" // subscribers handled events, not committed
	DeliverSingle  = "deliver.single"  // one delivery of a batch that failed was handled, not committed; the ones before it are
	DeliverDone    = "deliver.done"    // committed
	EmitStored     = "emit.stored"     // a document of ours is written, not committed

	FetchMarked = "fetch.marked" // an outbox item is marked, not committed
	FetchDone   = "fetch.done"   // committed, not answered
	PushPut     = "push.put"     // a file lies at a partner's server, and still waits here
	PushRemoved = "push.removed" // it is off the outbox

	SendClaimed  = "send.claimed"  // a worker has the AS2 message or receipt
	SendPacked   = "send.packed"   // its bytes are stored, not sent
	SendTried    = "send.tried"    // it was sent and answered, nothing of it is stored
	SendSettling = "send.settling" // what became of it is written, not committed
	SendSettled  = "send.settled"  // committed
	ReceiptTaken = "receipt.taken" // a receipt that came on its own is stored, not answered
)

// Points lists all steps.
func Points() []string {
	return []string{
		BlobWritten, BlobRenamed, ReceiveStaged, ReceiveStoring, ReceiveStored, AS2Staged, AS2Storing, AS2Stored, SFTPClaimed, SFTPTaken,
		PickupCopied, PickupTaken, PickupRemembered, PickupDone, ProcessClaimed, ProcessBefore, AnswerMade, ProcessInside, ProcessAfter,
		DeliverHandled, DeliverSingle, DeliverDone, EmitStored, FetchMarked, FetchDone, PushPut, PushRemoved,
		SendClaimed, SendPacked, SendTried, SendSettling, SendSettled, ReceiptTaken,
	}
}
