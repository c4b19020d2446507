package job

import (
	"context"
	"slices"
	"strings"

	"entente/db"
)

// The rules of Audit: what happened reaches everyone who is bound to it.
const (
	RuleUntold = "event_untold"    // an event has no delivery to a subscriber that was bound by then
	RuleParked = "delivery_parked" // a subscriber failed MaxTries times and waits for a person
)

// Rules lists them all, for the texts.
func Rules() []string { return []string{RuleUntold, RuleParked} }

// MaxFound bounds what Audit tells of each rule.
const MaxFound = 1000

// Audit tells each event that lacks a delivery to a subscriber of this program, and each
// parked delivery: rule, id of the event, its kind and the subscriber. A subscriber that is
// new in a release counts from the first event that was delivered to it. It only reads, and
// may run beside a server. What is due is not told but counted: it is only not done yet.
func (j *Jobs) Audit(ctx context.Context, tell func(rule, event, detail string)) (due int64, err error) {
	err = j.db.View(ctx, func(ctx context.Context) error {
		var since []struct{ Subscriber, Kind, First string }
		if err := db.Tx(ctx).Raw("SELECT d.subscriber, e.kind, min(e.id) AS first FROM delivery d JOIN event e ON e.id = d.event_id GROUP BY d.subscriber, e.kind").Scan(&since).Error; err != nil {
			return err
		}
		var values []string
		var args []any
		j.mu.Lock()
		for _, s := range since {
			if slices.Contains(j.bound[s.Kind], s.Subscriber) {
				values, args = append(values, "(CAST(? AS text), CAST(? AS text), CAST(? AS text))"), append(args, s.Subscriber, s.Kind, s.First)
			}
		}
		j.mu.Unlock()
		say := func(rule, query string, args ...any) error {
			var rows []struct{ ID, Detail string }
			if err := db.Tx(ctx).Raw(query, append(args, MaxFound)...).Scan(&rows).Error; err != nil {
				return err
			}
			for _, r := range rows {
				tell(rule, r.ID, r.Detail)
			}
			return nil
		}
		if len(values) > 0 {
			if err := say(RuleUntold, "WITH bound (subscriber, kind, first) AS (VALUES "+strings.Join(values, ", ")+") SELECT e.id AS id, e.kind || ' ' || b.subscriber AS detail FROM event e JOIN bound b ON b.kind = e.kind"+
				" WHERE e.id > b.first AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.subscriber = b.subscriber AND d.event_id = e.id) ORDER BY e.id, b.subscriber LIMIT ?", args...); err != nil {
				return err
			}
		}
		if err := db.Tx(ctx).Raw("SELECT count(*) FROM delivery WHERE state = 'due'").Scan(&due).Error; err != nil {
			return err
		}
		return say(RuleParked, "SELECT d.event_id AS id, e.kind || ' ' || d.subscriber AS detail FROM delivery d JOIN event e ON e.id = d.event_id WHERE d.state = 'parked' ORDER BY d.event_id, d.subscriber LIMIT ?")
	})
	return due, err
}
