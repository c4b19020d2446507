package gateway

import (
	"context"

	"entente/db"
)

// contradictions are the rules that one query each can decide: id and detail of
// every row that breaks one. Acknowledgements are not answered; an interchange
// whose ids cannot be said back has no answer either, so an answer is demanded only
// where the receiver's and sender's identities are plain.
var contradictions = map[string]string{
	RuleSetsMissing: `SELECT i.id AS id, CAST(i.sets_done AS TEXT) AS detail FROM interchange i
WHERE i.state = 'processed' AND i.sets_done <> (SELECT count(*) FROM edi_set s WHERE s.interchange_id = i.id)`,
	RuleGroupUnanswered: `SELECT i.id AS id, i.types AS detail FROM interchange i
WHERE i.state = 'processed' AND i.origin = 'sent' AND i.answers = '' AND i.held <> 'discarded' AND i.syntax IN ('x12', 'edifact')
AND EXISTS (SELECT 1 FROM edi_set s WHERE s.interchange_id = i.id AND s.kind NOT IN ('997', '999', 'CONTRL'))`,
	RuleBookedTwice: `SELECT o.interchange_id AS id, CAST(o.set_no AS TEXT) AS detail FROM order_arrival o
WHERE o.interchange_id <> '' GROUP BY o.interchange_id, o.set_no HAVING count(*) > 1`,
	RuleBookedNothing: `SELECT s.interchange_id AS id, CAST(s.position AS TEXT) AS detail FROM edi_set s
WHERE s.business = 'booked' AND s.document_kind = 'order' AND NOT EXISTS (SELECT 1 FROM purchase_order o WHERE o.id = s.document_id)`,
	RuleStrayOrder: `SELECT a.id AS id, a.interchange_id AS detail FROM order_arrival a
WHERE a.interchange_id <> '' AND NOT EXISTS (SELECT 1 FROM edi_set s WHERE s.interchange_id = a.interchange_id AND s.position = a.set_no AND s.business IN ('booked', 'duplicate', 'held'))`,
	RuleControlTwice: `SELECT min(i.id) AS id, i.control AS detail FROM interchange i
WHERE i.origin = 'made' GROUP BY i.sender_ident, i.receiver_ident, i.syntax, i.control HAVING count(*) > 1`,
	// After 999999999 comes 1 again: there the range tells nothing.
	RuleControlGap: `SELECT max(i.id) AS id, i.sender_ident || ' ' || i.receiver_ident AS detail FROM interchange i
WHERE i.origin = 'made' AND i.control <> '' GROUP BY i.sender_ident, i.receiver_ident
HAVING max(CAST(i.control AS INTEGER)) < 999999999 AND max(CAST(i.control AS INTEGER)) - min(CAST(i.control AS INTEGER)) >= count(DISTINCT i.control)`,
}

type contradiction struct{ ID, Detail string }

// reconcileRows compares the tables with each other.
func reconcileRows(ctx context.Context, out *Reconciled) error {
	for _, rule := range Rules() {
		query := contradictions[rule]
		if query == "" {
			continue
		}
		var rows []contradiction
		if err := db.Tx(ctx).Raw(query + " LIMIT 1000").Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			out.Add(rule, r.ID, r.Detail)
		}
	}
	if err := answersThere(ctx, out); err != nil {
		return err
	}
	if err := receiptsKept(ctx, out); err != nil {
		return err
	}
	if err := db.Tx(ctx).Raw("SELECT count(*) FROM edi_set").Scan(&out.Sets).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Raw("SELECT count(*) FROM interchange WHERE state <> 'processed'").Scan(&out.Waiting).Error
}

// answersThere follows the answers that interchanges name.
func answersThere(ctx context.Context, out *Reconciled) error {
	return pages(ctx, "SELECT id AS id, answers AS detail FROM interchange WHERE answers <> '' AND id > ? ORDER BY id LIMIT 500", func(rows []contradiction) error {
		return missing(ctx, rows, func(r contradiction) []string { return split(r.Detail) }, func(r contradiction, id string) {
			out.Add(RuleAnswerMissing, r.ID, id)
		})
	})
}

// receiptsKept follows the ids that senders were given.
func receiptsKept(ctx context.Context, out *Reconciled) error {
	return pages(ctx, "SELECT id AS id, answer AS detail FROM edi_submission WHERE id > ? ORDER BY id LIMIT 500", func(rows []contradiction) error {
		return missing(ctx, rows, func(r contradiction) []string { return answered(r.Detail) }, func(r contradiction, id string) {
			out.Add(RuleReceiptLost, id, r.ID)
		})
	})
}

func pages(ctx context.Context, query string, fn func([]contradiction) error) error {
	after := ""
	for {
		var rows []contradiction
		if err := db.Tx(ctx).Raw(query, after).Scan(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		if err := fn(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}

// missing tells which of the interchanges named by rows are not there.
func missing(ctx context.Context, rows []contradiction, ids func(contradiction) []string, tell func(contradiction, string)) error {
	var all []string
	for _, r := range rows {
		all = append(all, ids(r)...)
	}
	there := map[string]bool{}
	for len(all) > 0 {
		n := min(len(all), 500)
		var found []string
		if err := db.Tx(ctx).Model(&interchangeRow{}).Where("id IN ?", all[:n]).Pluck("id", &found).Error; err != nil {
			return err
		}
		for _, id := range found {
			there[id] = true
		}
		all = all[n:]
	}
	for _, r := range rows {
		for _, id := range ids(r) {
			if !there[id] {
				tell(r, id)
			}
		}
	}
	return nil
}

// payloadsAfter is a page of interchanges for the comparison of their bytes.
func payloadsAfter(ctx context.Context, after string, n int) ([]interchangeRow, error) {
	var rows []interchangeRow
	return rows, db.Tx(ctx).Select("id", "blob", "start_at", "size", "sha256").Where("id > ?", after).Order("id").Limit(n).Find(&rows).Error
}
