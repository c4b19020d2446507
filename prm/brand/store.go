package brand

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
)

type logoRow struct {
	OrgID                  string `gorm:"primaryKey"`
	Hash                   string
	Width, Height, Changed int64
	ChangedBy              string
}

func (logoRow) TableName() string { return "company_logo" }

func save(ctx context.Context, l Logo, by string) error {
	r := logoRow{OrgID: l.Org, Hash: l.Hash, Width: int64(l.Width), Height: int64(l.Height), Changed: db.Micros(l.Changed), ChangedBy: by}
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"hash", "width", "height", "changed", "changed_by"})}).Create(&r).Error
}

func drop(ctx context.Context, org string) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ?", org).Delete(&logoRow{})
	return res.RowsAffected > 0, res.Error
}

// logos are those of the reader, and of companies with which it has an active partnership.
func logos(ctx context.Context, reader string, orgs []string) (map[string]Logo, error) {
	out := map[string]Logo{}
	if len(orgs) == 0 {
		return out, nil
	}
	var rows []logoRow
	err := db.Tx(ctx).Where("org_id IN ?", orgs).Where(`org_id = ? OR EXISTS (SELECT 1 FROM partnership p WHERE p.state = 'active' AND (p.supplier_id = ? AND p.reseller_id = company_logo.org_id OR p.reseller_id = ? AND p.supplier_id = company_logo.org_id))`, reader, reader, reader).Find(&rows).Error
	for _, r := range rows {
		out[r.OrgID] = Logo{Org: r.OrgID, Hash: r.Hash, Width: int(r.Width), Height: int(r.Height), Changed: db.FromMicros(r.Changed)}
	}
	return out, err
}
