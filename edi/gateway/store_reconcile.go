package gateway

import (
	"context"
	"maps"
	"slices"
	"strings"

	"entente/db"
	"entente/db/audit"
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
	RuleBookedTwice:   bookedTwice(),
	RuleBookedNothing: bookedNothing(),
	// An order of two arrivals, or a document that two sets say they booked. A receiving
	// advice books on its order and an answer on its return or change: those are not asked.
	RuleDocumentTwice: `SELECT a.order_id AS id, min(a.interchange_id) AS detail FROM order_arrival a
WHERE a.outcome = 'booked' AND a.order_id <> '' GROUP BY a.order_id HAVING count(*) > 1
UNION ALL SELECT s.document_id AS id, min(s.interchange_id) AS detail FROM edi_set s
WHERE s.business = 'booked' AND s.document_kind IN ('order_response', 'shipment', 'invoice', 'payment', 'stock_report', 'sell_report', 'claim_notice')
GROUP BY s.document_kind, s.document_id HAVING count(*) > 1`,
	RuleStrayDocument: strayDocument(),
	RuleStrayOrder: `SELECT a.id AS id, a.interchange_id AS detail FROM order_arrival a
WHERE a.interchange_id <> '' AND NOT EXISTS (SELECT 1 FROM edi_set s WHERE s.interchange_id = a.interchange_id AND s.position = a.set_no AND s.business IN ('booked', 'duplicate', 'held'))`,
	RuleControlTwice: `SELECT min(i.id) AS id, i.control AS detail FROM interchange i
WHERE i.origin = 'made' GROUP BY i.sender_ident, i.receiver_ident, i.syntax, i.control HAVING count(*) > 1`,
	// After 999999999 comes 1 again: there the range tells nothing.
	RuleControlGap: `SELECT max(i.id) AS id, i.sender_ident || ' ' || i.receiver_ident AS detail FROM interchange i
WHERE i.origin = 'made' AND i.control <> '' GROUP BY i.sender_ident, i.receiver_ident
HAVING max(CAST(i.control AS INTEGER)) < 999999999 AND max(CAST(i.control AS INTEGER)) - min(CAST(i.control AS INTEGER)) >= count(DISTINCT i.control)`,
}

// documentTables are where the documents stand that a set may have booked, by its word
// for them.
var documentTables = map[string]string{
	"order": "purchase_order", "order_response": "order_response", "order_change": "order_change", "shipment": "shipment", "invoice": "invoice", "goods_return": "goods_return",
	"payment": "payment", "stock_report": "stock_report", "sell_report": "sell_report", "claim_notice": "claim_notice", "reply": "trade_reply",
}

// settable are the tables whose rows name the set they came in, where one set makes one.
var settable = []string{"order_arrival", "purchase_order", "trade_reply", "order_change", "goods_return", "payment", "sell_report", "claim_notice"}

// bookedNothing asks for sets whose document is not there, those of a kind that nobody
// knows among them. The record of a reply stands for it whatever became of it.
func bookedNothing() string {
	there := ""
	for _, kind := range slices.Sorted(maps.Keys(documentTables)) {
		there += " WHEN '" + kind + "' THEN EXISTS (SELECT 1 FROM " + documentTables[kind] + " d WHERE d.id = s.document_id)"
	}
	return `SELECT s.interchange_id AS id, CAST(s.position AS TEXT) || ' ' || s.document_kind AS detail FROM edi_set s
WHERE (s.business = 'booked' OR s.document_kind = 'reply') AND NOT (CASE s.document_kind` + there + ` ELSE FALSE END)`
}

// bookedTwice asks for sets that made two documents of a kind.
func bookedTwice() string {
	var each []string
	for _, table := range settable {
		if table == "claim_notice" { // the database sees to it
			continue
		}
		each = append(each, "SELECT d.interchange_id AS id, CAST(d.set_no AS TEXT) || ' "+table+"' AS detail FROM "+table+
			" d WHERE d.interchange_id <> '' GROUP BY d.interchange_id, d.set_no HAVING count(*) > 1")
	}
	return strings.Join(each, "\nUNION ALL ")
}

// strayDocument asks for what names a set that is not there or made nothing, and for what
// no person made and no reply stands for, beside a document of the same order and kind that
// one stands for: it was made twice. An order's own rule is RuleStrayOrder; a ship notice for
// several orders makes one shipment each, the second under its number and "/2".
func strayDocument() string {
	var each []string
	for _, table := range settable {
		if table == "order_arrival" || table == "purchase_order" {
			continue
		}
		each = append(each, "SELECT d.id AS id, '"+table+" ' || d.interchange_id AS detail FROM "+table+" d WHERE d.interchange_id <> '' AND NOT EXISTS"+
			" (SELECT 1 FROM edi_set s WHERE s.interchange_id = d.interchange_id AND s.position = d.set_no AND s.business IN ('booked', 'duplicate', 'waiting_order', 'held', 'discarded'))")
	}
	each = append(each, "SELECT d.id AS id, 'stock_report ' || d.interchange_id AS detail FROM stock_report d WHERE d.interchange_id <> '' AND NOT EXISTS"+
		" (SELECT 1 FROM edi_set s WHERE s.interchange_id = d.interchange_id AND s.document_kind = 'stock_report' AND s.document_id = d.id)")
	for _, table := range []string{"order_response", "shipment", "invoice"} {
		one := "SELECT d.id AS id, '" + table + " ' || d.number AS detail FROM " + table + " d WHERE d.made_by = '' AND NOT EXISTS (SELECT 1 FROM trade_reply r WHERE r.made_id <> '' AND r.made_id = d.id)" + // the index leaves out the empty ones
			" AND EXISTS (SELECT 1 FROM " + table + " o JOIN trade_reply r ON r.made_id = o.id WHERE r.made_id <> '' AND o.order_id = d.order_id AND o.id <> d.id)"
		if table == "shipment" {
			const base = "rtrim(rtrim(d.number, '0123456789'), '/')" // a longer one was cut: of it nothing is said
			one += " AND NOT EXISTS (SELECT 1 FROM trade_reply r WHERE r.supplier_id = d.supplier_id AND r.kind = 'shipment' AND r.number = " + base + " AND r.outcome = 'booked' AND d.number <> r.number) AND length(" + base + ") < 56"
		} else if table == "order_response" {
			one += " AND d.change_id = ''" // the answer to a change may follow from what was agreed
		}
		each = append(each, one)
	}
	return strings.Join(each, "\nUNION ALL ")
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
		if err := db.Tx(ctx).Raw("SELECT * FROM (" + query + ") found LIMIT 1000").Scan(&rows).Error; err != nil {
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

// receiptsKept follows the ids that senders were given: the audit has the first of each
// receipt, answers that were kept have the others.
func receiptsKept(ctx context.Context, out *Reconciled) error {
	err := pages(ctx, "SELECT id AS id, subject_id AS detail FROM audit WHERE action = '"+actReceive+"' AND outcome = '"+audit.Done+"' AND id > ? ORDER BY id LIMIT 500", func(rows []contradiction) error {
		return missing(ctx, rows, func(r contradiction) []string { return []string{r.Detail} }, func(r contradiction, id string) {
			out.Add(RuleReceiptLost, id, r.ID)
		})
	})
	if err != nil {
		return err
	}
	return pages(ctx, "SELECT id AS id, answer AS detail FROM edi_submission WHERE id > ? ORDER BY id LIMIT 500", func(rows []contradiction) error {
		return missing(ctx, rows, func(r contradiction) []string { return others(r.Detail) }, func(r contradiction, id string) {
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
