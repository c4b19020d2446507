package fund

import (
	"cmp"
	"context"
	"slices"
	"time"

	"entente/db"
)

type talkRow struct {
	ClaimID        string `gorm:"primaryKey"`
	Mark           string `gorm:"primaryKey"`
	OwnerID, OrgID string
	Said, RoomID   string
	Thread, Opened int64
	OpenedBy       string
}

func (talkRow) TableName() string { return "fund_claim_thread" }

// talksOf are the threads of a claim at the lines that have their marks now.
func talksOf(ctx context.Context, claim string, marks map[string]int) ([]Talk, error) {
	var rows []talkRow
	err := db.Tx(ctx).Where("claim_id = ?", claim).Order("opened, mark").Find(&rows).Error
	out := make([]Talk, len(rows))
	for i, r := range rows {
		out[i] = Talk{Position: marks[r.Mark], Room: r.RoomID, Thread: r.Thread, Said: r.Said}
	}
	slices.SortStableFunc(out, func(a, b Talk) int { return cmp.Compare(a.Position, b.Position) })
	return out, err
}

func saveTalk(ctx context.Context, c claimRow, t Talk, mark, by string, at time.Time) error {
	r := talkRow{ClaimID: c.ID, Mark: mark, OwnerID: c.OwnerID, OrgID: c.OrgID, Said: cut(t.Said, 300), RoomID: t.Room, Thread: t.Thread, Opened: db.Micros(at), OpenedBy: by}
	return db.Tx(ctx).Create(&r).Error
}
