package notify

import (
	"context"
	"time"

	"entente/db"
)

func pendingPush(ctx context.Context, limit int) ([]Target, error) {
	var rows []struct{ OrgID, PersonID string }
	err := db.Tx(ctx).Raw("SELECT DISTINCT org_id, person_id FROM notice WHERE pushed = 0 LIMIT ?", limit).Scan(&rows).Error
	out := make([]Target, len(rows))
	for i, r := range rows {
		out[i] = Target{Org: r.OrgID, Person: r.PersonID}
	}
	return out, err
}

// unpushed lists what waits and was not read meanwhile, the newest.
func unpushed(ctx context.Context, to Target, from time.Time, limit int) ([]Notice, error) {
	var rows []noticeRow
	err := mine(ctx, to.Org, to.Person).Where("pushed = 0 AND seen = 0 AND snoozed <= ? AND happened > ?", db.Micros(db.Now(ctx)), db.Micros(from)).Order("happened DESC, id DESC").Limit(limit).Find(&rows).Error
	var out []Notice
	for _, r := range rows {
		out = append(out, r.notice())
	}
	return out, err
}

// dropPush settles what waits since before an instant.
func dropPush(ctx context.Context, to Target, before time.Time) error {
	return mine(ctx, to.Org, to.Person).Where("pushed = 0 AND happened <= ?", db.Micros(before)).Update("pushed", 1).Error
}
