package forum

import (
	"context"
	"maps"
	"slices"

	"gorm.io/gorm/clause"

	"entente/db"
)

// tierRow is a tier by which a category is shared.
type tierRow struct {
	CategoryID string `gorm:"primaryKey"`
	Tier       string `gorm:"primaryKey"`
	MayReply   int64
	MayCreate  int64
}

func (tierRow) TableName() string { return "forum_tier" }

// seatsOf is a table expression of the categories in which a company has a seat now, with
// category_id, may_reply, may_create and agreed: those in which it was chosen by name, and
// those of its tiers in which it was not.
func seatsOf(ctx context.Context, org string) (string, []any) {
	sql := "(SELECT category_id, may_reply, may_create, agreed FROM forum_seat WHERE org_id = ? AND by_tier = 0"
	args := []any{org}
	by := map[string][]string{}
	held := tiersOf(ctx, org)
	for _, owner := range slices.Sorted(maps.Keys(held)) {
		if tier := held[owner]; tier != "" && owner != org {
			by[tier] = append(by[tier], owner)
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(by)) {
		sql += " UNION ALL SELECT ft.category_id, ft.may_reply, ft.may_create, COALESCE(fs.agreed, 0) FROM forum_tier ft JOIN forum_category fc ON fc.id = ft.category_id LEFT JOIN forum_seat fs ON fs.category_id = ft.category_id AND fs.org_id = ? WHERE ft.tier = ? AND fc.owner_id IN ? AND COALESCE(fs.by_tier, 1) = 1"
		args = append(args, org, tier, by[tier])
	}
	return sql + ")", args
}

// seatsAt are the seats of a company in some categories.
func seatsAt(ctx context.Context, org string, ids []string) (map[string]seatRow, error) {
	out := map[string]seatRow{}
	if len(ids) == 0 {
		return out, nil
	}
	sql, args := seatsOf(ctx, org)
	var rows []seatRow
	err := db.Tx(ctx).Raw("SELECT s.* FROM "+sql+" s WHERE s.category_id IN ?", append(args, ids)...).Scan(&rows).Error
	for _, r := range rows {
		r.OrgID = org
		out[r.CategoryID] = r
	}
	return out, err
}

// tiersIn are the tiers by which some categories are shared.
func tiersIn(ctx context.Context, ids []string) (map[string][]TierSeat, error) {
	out := map[string][]TierSeat{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []tierRow
	err := db.Tx(ctx).Where("category_id IN ?", ids).Order("category_id, tier").Find(&rows).Error
	for _, r := range rows {
		out[r.CategoryID] = append(out[r.CategoryID], TierSeat{r.Tier, r.MayReply != 0, r.MayCreate != 0})
	}
	return out, err
}

func putTiers(ctx context.Context, id string, rows []tierRow) error {
	if err := db.Tx(ctx).Where("category_id = ?", id).Delete(&tierRow{}).Error; err != nil || len(rows) == 0 {
		return err
	}
	return db.Tx(ctx).Create(&rows).Error
}

// agreeByTier keeps the consent of a company that is in a category by its tier.
func agreeByTier(ctx context.Context, id CategoryID, org, person string, at, now int64) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "category_id"}, {Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"agreed", "agreed_by"})}).
		Create(&seatRow{CategoryID: string(id), OrgID: org, Agreed: at, AgreedBy: person, Added: now, ByTier: 1}).Error
}
