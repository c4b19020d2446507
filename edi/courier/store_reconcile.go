package courier

import (
	"context"

	"entente/db"
	"entente/edi/gateway"
)

// provedAfter is a page of the proved messages.
func provedAfter(ctx context.Context, after string, n int) ([]messageRow, error) {
	var rows []messageRow
	return rows, db.Tx(ctx).Where("proved AND id > ?", after).Order("id").Limit(n).Find(&rows).Error
}

// interchangesThere follows the interchanges that messages name.
func interchangesThere(ctx context.Context, rows []messageRow, out *gateway.Reconciled) error {
	var all, found []string
	for _, r := range rows {
		all = append(all, list(r.Interchanges)...)
	}
	there := map[string]bool{}
	for len(all) > 0 {
		n := min(len(all), 500)
		if err := db.Tx(ctx).Table("interchange").Where("id IN ?", all[:n]).Pluck("id", &found).Error; err != nil {
			return err
		}
		for _, id := range found {
			there[id] = true
		}
		all = all[n:]
	}
	for _, r := range rows {
		ids := list(r.Interchanges)
		if len(ids) == 0 {
			out.Add(RuleMessageEmpty, r.ID, r.MessageID)
		}
		for _, id := range ids {
			if !there[id] {
				out.Add(RuleMessageStray, r.ID, id)
			}
		}
	}
	return nil
}

// strays are interchanges that AS2 should know of and does not. One that is on its way
// has a message with a try before it, or with a claim that lapses.
func strays(ctx context.Context, out *gateway.Reconciled) error {
	for rule, query := range map[string]string{
		RuleStrayArrival: `SELECT i.id AS id, i.submission_id AS detail FROM interchange i
WHERE i.door = 'as2' AND i.origin = 'sent' AND NOT EXISTS (SELECT 1 FROM as2_message m WHERE m.submission_id = i.submission_id AND m.direction = 'in' AND m.proved)`,
		RuleCarriedByNone: `SELECT i.id AS id, i.delivery AS detail FROM interchange i
WHERE i.delivery = 'sending' AND NOT EXISTS (SELECT 1 FROM as2_message m WHERE m.submission_id = i.id AND m.direction = 'out' AND m.state IN ('queued', 'awaiting_receipt') AND m.next_at > 0)`,
	} {
		var rows []struct{ ID, Detail string }
		if err := db.Tx(ctx).Raw(query + " LIMIT 1000").Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			out.Add(rule, r.ID, r.Detail)
		}
	}
	return nil
}
