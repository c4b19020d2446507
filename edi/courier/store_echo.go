package courier

import (
	"context"
	"encoding/json"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

// echoRow is the last test message of a company in a partnership. steps is JSON.
type echoRow struct {
	PartnershipID string `gorm:"primaryKey"`
	OrgID         string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	Happened      int64
	PersonID      string
	Good          int64
	Advice        string
	Steps         string
}

// TableName is the table of echoRow.
func (echoRow) TableName() string { return "as2_echo" }

func (r *echoRow) view() Echo {
	out := Echo{Partnership: r.PartnershipID, Org: r.OrgID, At: db.FromMicros(r.Happened), By: r.PersonID, Good: r.Good > 0, Advice: r.Advice}
	_ = json.Unmarshal([]byte(r.Steps), &out.Steps)
	return out
}

// echoOf is nil where no test message was sent.
func echoOf(ctx context.Context, partnership, org string) (*echoRow, error) {
	var r echoRow
	err := db.Tx(ctx).Where("partnership_id = ? AND org_id = ?", partnership, org).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

func saveEcho(ctx context.Context, r *echoRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "partnership_id"}, {Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"happened", "person_id", "good", "advice", "steps"}),
	}).Create(r).Error
}
