package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"

	"entente/db"
	"entente/db/blob"
	"entente/prm/access"
)

// Discrepancy is one row that does not add up. Rule is one of the Rule… words, ID
// the interchange, document or event it is about, Detail a number, kind or id that
// helps to find it.
type Discrepancy struct {
	Rule   string `json:"rule"`
	ID     string `json:"id"`
	Detail string `json:"detail,omitempty"`
}

// The rules of Reconcile: what was acknowledged is there, once, unaltered.
const (
	RulePayloadMissing  = "payload_missing"  // the bytes of an interchange are gone
	RulePayloadAltered  = "payload_altered"  // its bytes have another hash than at intake
	RuleSetsMissing     = "sets_missing"     // processed, but fewer sets stored than reached
	RuleGroupUnanswered = "group_unanswered" // processed, and no answer stands for it
	RuleAnswerMissing   = "answer_missing"   // an answer is named that is not there
	RuleBookedNothing   = "booked_nothing"   // a set says booked, and names no document that is there
	RuleBookedTwice     = "booked_twice"     // one set made two documents of a kind
	RuleDocumentTwice   = "document_twice"   // two sets say that they booked one document
	RuleStrayDocument   = "stray_document"   // a document names a set that is not there or made nothing, or stands beside the one that its reply made
	RuleStrayOrder      = "stray_order"      // an order names a set that is not there or says otherwise
	RuleControlTwice    = "control_twice"    // we used a control number twice for a pair
	RuleControlGap      = "control_gap"      // a control number of a pair between those we used is missing
	RuleReceiptLost     = "receipt_lost"     // a submission was answered with an interchange that is not there
)

// Rules lists them all, for the texts.
func Rules() []string {
	return []string{RulePayloadMissing, RulePayloadAltered, RuleSetsMissing, RuleGroupUnanswered, RuleAnswerMissing, RuleBookedNothing,
		RuleBookedTwice, RuleDocumentTwice, RuleStrayOrder, RuleStrayDocument, RuleControlTwice, RuleControlGap, RuleReceiptLost}
}

// Reconciled is what Reconcile looked at and found. Waiting counts what was
// received and is not processed yet: it is not lost, only not done.
type Reconciled struct {
	Interchanges  int64         `json:"interchanges"`
	Sets          int64         `json:"sets"`
	Bytes         int64         `json:"bytes"`
	Waiting       int64         `json:"waiting"`
	Messages      int64         `json:"messages"`    // of AS2, compared by edi/courier
	Undelivered   int64         `json:"undelivered"` // events that a part of the program has still to act on, counted by db/job
	Discrepancies []Discrepancy `json:"discrepancies"`
}

// MaxDiscrepancies bounds the list of Reconcile for each rule.
const MaxDiscrepancies = 1000

// Reconcile proves that nothing acknowledged was lost, doubled or altered: it reads
// every payload again and compares its hash, and compares interchanges, sets,
// answers and the documents of every kind that sets booked with each other. Beside a server at work it may see a set and
// not yet its neighbour; it looks at what is processed only. For the platform's
// operator and the machine's own command.
func (s *Service) Reconcile(ctx context.Context, actor access.Actor) (Reconciled, error) {
	if err := access.CheckOperator(actor); err != nil {
		return Reconciled{}, err
	}
	out := Reconciled{Discrepancies: []Discrepancy{}}
	err := s.db.View(ctx, func(ctx context.Context) error { return reconcileRows(ctx, &out) })
	if err != nil {
		return out, err
	}
	after := ""
	for {
		var rows []interchangeRow
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			rows, err = payloadsAfter(ctx, after, 200)
			return err
		})
		if err != nil || len(rows) == 0 {
			return out, err
		}
		for i := range rows {
			if err := s.compare(ctx, &rows[i], &out); err != nil {
				return out, err
			}
		}
		after = rows[len(rows)-1].ID
	}
}

// compare reads the bytes of one interchange again.
func (s *Service) compare(ctx context.Context, r *interchangeRow, out *Reconciled) error {
	out.Interchanges++
	body, err := s.open(ctx, r)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if err != nil {
		out.Add(RulePayloadMissing, r.ID, r.Blob)
		return nil
	}
	defer body.Close()
	h := sha256.New()
	n, err := io.Copy(h, body)
	out.Bytes += n
	if err != nil || n != r.Size || hex.EncodeToString(h.Sum(nil)) != r.Sha256 {
		out.Add(RulePayloadAltered, r.ID, r.Sha256)
	}
	return ctx.Err()
}

// Add notes a discrepancy, at most MaxDiscrepancies of each rule.
func (o *Reconciled) Add(rule, id, detail string) {
	n := 0
	for _, d := range o.Discrepancies {
		if d.Rule == rule {
			n++
		}
	}
	if n < MaxDiscrepancies {
		o.Discrepancies = append(o.Discrepancies, Discrepancy{Rule: rule, ID: id, Detail: detail})
	}
}

// Auditor makes a gateway that only reads, for the machine's commands beside a
// running server.
func Auditor(d *db.DB, blobs *blob.Store) *Service {
	return &Service{db: d, blobs: blobs, opt: Options{}.filled()}
}

// others are the interchanges that a stored answer names after the first.
func others(text string) []string {
	var a Answer
	if text == "" || json.Unmarshal([]byte(text), &a) != nil {
		return nil
	}
	var out []string
	for _, i := range a.Interchanges[min(len(a.Interchanges), 1):] {
		out = append(out, i.ID)
	}
	return out
}
