package courier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"

	"entente/db"
	"entente/db/blob"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/access"
)

// The rules of Reconcile. The id of a discrepancy is that of the message, or, for
// RuleStrayArrival and RuleCarriedByNone, of the interchange.
const (
	RuleMessageMissing  = "message_missing"   // its bytes are gone
	RuleMessageAltered  = "message_altered"   // its bytes have another hash than on the wire
	RuleMessageEmpty    = "message_empty"     // it was proved, and names no interchange
	RuleMessageStray    = "message_stray"     // it names an interchange that is not there
	RuleReceiptMissing  = "as2_receipt_lost"  // a receipt was asked for or counted, and none is kept
	RuleReceiptOther    = "as2_receipt_other" // its receipt is about another message, or gives another MIC
	RuleStrayArrival    = "as2_stray_arrival" // an interchange came by AS2, and no proved message holds it
	RuleCarriedByNone   = "as2_carried_by_none"
	reconcilePage       = 50
	maxReconcileReceipt = 1 << 20
)

// Rules lists them all, for the texts.
func Rules() []string {
	return []string{RuleMessageMissing, RuleMessageAltered, RuleMessageEmpty, RuleMessageStray, RuleReceiptMissing, RuleReceiptOther, RuleStrayArrival, RuleCarriedByNone}
}

// Reconcile proves of the AS2 messages that every one that was proved has its bytes,
// its interchanges and its receipt, that every receipt is about its message, and that
// nothing came or is on its way without one. What a process leaves that is killed is
// none of this: a message not packed yet, one between two tries, bytes that no row
// names. It reads only, beside a server at work too; d and blobs are those of a command.
// Codes: NotFound, Unauthenticated (for the platform's operator).
func Reconcile(ctx context.Context, actor access.Actor, d *db.DB, blobs *blob.Store, out *gateway.Reconciled) error {
	if err := access.CheckOperator(actor); err != nil {
		return err
	}
	if err := d.View(ctx, func(ctx context.Context) error { return strays(ctx, out) }); err != nil {
		return err
	}
	after := ""
	for {
		var rows []messageRow
		err := d.View(ctx, func(ctx context.Context) (err error) {
			if rows, err = provedAfter(ctx, after, reconcilePage); err != nil || len(rows) == 0 {
				return err
			}
			return interchangesThere(ctx, rows, out)
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for i := range rows {
			if err := compare(ctx, blobs, &rows[i], out); err != nil {
				return err
			}
		}
		after = rows[len(rows)-1].ID
	}
}

// compare holds one proved message against its bytes and its receipt.
func compare(ctx context.Context, blobs *blob.Store, r *messageRow, out *gateway.Reconciled) error {
	out.Messages++
	body, err := blobs.Open(ctx, r.Blob)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case err != nil:
		out.Add(RuleMessageMissing, r.ID, r.Blob)
	default:
		h := sha256.New()
		n, err := io.Copy(h, body)
		_ = body.Close()
		out.Bytes += n
		if err != nil || n != r.Size || hex.EncodeToString(h.Sum(nil)) != r.BodyHash {
			out.Add(RuleMessageAltered, r.ID, r.BodyHash)
		}
	}
	if !receipted(r) {
		return ctx.Err()
	}
	if len(r.Receipt) == 0 {
		out.Add(RuleReceiptMissing, r.ID, r.MessageID)
		return ctx.Err()
	}
	// What a partner answered may be anything where it proved nothing.
	report, err := as2.ParseMDN(headerOf(r.ReceiptHeaders), r.Receipt, as2.Limits{Body: maxReconcileReceipt})
	ours := r.Direction == In
	switch {
	case err != nil && (ours || r.State == string(Delivered)):
		out.Add(RuleReceiptOther, r.ID, "unreadable")
	case err == nil && (ours || r.State == string(Delivered)) && !as2.SameMessageID(report.OriginalID, r.MessageID):
		out.Add(RuleReceiptOther, r.ID, nameOf(report.OriginalID))
	case err == nil && ours && report.RawMIC != "" && report.RawMIC != r.Mic:
		out.Add(RuleReceiptOther, r.ID, nameOf(report.RawMIC))
	}
	return ctx.Err()
}

// receipted says that a receipt must be kept with a message: we were asked for one, or
// what we sent counts as delivered by one.
func receipted(r *messageRow) bool {
	if r.Direction == In {
		return headerOf(r.Headers).Get("Disposition-Notification-To") != ""
	}
	var sent as2.Sent
	if r.State != string(Delivered) || json.Unmarshal([]byte(r.Sent), &sent) != nil {
		return false
	}
	return sent.Receipt != as2.NoReceipt
}
