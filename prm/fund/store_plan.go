package fund

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
)

type toldRow struct {
	ProgramID              string `gorm:"primaryKey"`
	OrgID                  string `gorm:"primaryKey"`
	OwnerID, PartnershipID string
	Told                   int64
}

func (toldRow) TableName() string { return "fund_told" }

type offRow struct {
	ID                                       string `gorm:"primaryKey"`
	ProgramID, OwnerID, OrgID, PartnershipID string
	Currency                                 string
	Amount                                   int64
	Reason, SourceKey, State                 string
	Asked                                    int64
	AskedBy                                  string
	Decided                                  int64
	DecidedBy                                string
}

func (offRow) TableName() string { return "fund_off_plan" }

func (r offRow) grant() OffPlan {
	return OffPlan{ID: r.ID, Org: r.OrgID, Amount: money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}, Reason: r.Reason, State: r.State, Asked: db.FromMicros(r.Asked), AskedBy: r.AskedBy, Decided: db.FromMicros(r.Decided), DecideBy: r.DecidedBy}
}

// untoldRow is a partner that a plan names and nobody told.
type untoldRow struct{ ProgramID, PartnershipID, ResellerID, Currency string }

// untold finds them, of one programme or, by the clock, of all whose last day is not before one.
func untold(ctx context.Context, program, day string, most int) (out []untoldRow, err error) {
	err = db.Tx(ctx).Raw(`SELECT f.id AS program_id, x.id AS partnership_id, x.reseller_id, x.currency FROM fund_program f JOIN partnership x ON x.supplier_id = f.owner_id AND x.state = 'active' JOIN org o ON o.id = x.reseller_id AND o.state = 'active'
WHERE f.announced > 0 AND f.state = 'open' AND (? = '' OR f.id = ?) AND f.until_on >= ? AND (f.countries = '' OR f.countries LIKE '%,' || o.country || ',%')
AND NOT EXISTS (SELECT 1 FROM fund_told t WHERE t.program_id = f.id AND t.org_id = x.reseller_id) ORDER BY f.announced, x.id LIMIT ?`, program, program, day, most).Scan(&out).Error
	return out, err
}

// insertTold notes that a partner was told; false: it was before.
func insertTold(ctx context.Context, r toldRow) (bool, error) {
	tx := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	return tx.RowsAffected == 1, tx.Error
}

func wasTold(ctx context.Context, program, org string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&toldRow{}).Where("program_id = ? AND org_id = ?", program, org).Count(&n).Error
	return n > 0, err
}

// insertOff keeps a grant beside the plan; false: one with its key is kept.
func insertOff(ctx context.Context, r offRow) (bool, error) {
	tx := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	return tx.RowsAffected == 1, tx.Error
}

func offByID(ctx context.Context, program, id string) (offRow, error) {
	return locked[offRow](ctx, true, "program_id = ? AND id = ?", program, id)
}

func saveOff(ctx context.Context, r offRow) error {
	return db.Tx(ctx).Model(&offRow{}).Where("id = ?", r.ID).Updates(map[string]any{"state": r.State, "decided": r.Decided, "decided_by": r.DecidedBy}).Error
}

// offOf are the latest grants beside the plan of a programme, those that wait first.
func offOf(ctx context.Context, program string) ([]OffPlan, error) {
	var rows []offRow
	err := db.Tx(ctx).Where("program_id = ?", program).Order("CASE WHEN state = 'waiting' THEN 0 ELSE 1 END, asked DESC, id DESC").Limit(mostOffPlan).Find(&rows).Error
	var out []OffPlan
	for _, r := range rows {
		out = append(out, r.grant())
	}
	return out, err
}

// usesOf says of each partner of a programme when it was told, and what it asked for.
func usesOf(ctx context.Context, program string) (map[string]Use, error) {
	var rows []struct {
		OrgID                string
		Told, Asked, Refused int64
	}
	err := db.Tx(ctx).Raw(`SELECT org_id, CAST(MAX(told) AS BIGINT) AS told, CAST(SUM(asked) AS BIGINT) AS asked, CAST(SUM(refused) AS BIGINT) AS refused FROM (
SELECT org_id, told, 0 AS asked, 0 AS refused FROM fund_told WHERE program_id = ?
UNION ALL SELECT org_id, 0, 1, CASE WHEN state = 'declined' THEN 1 ELSE 0 END FROM fund_request WHERE program_id = ? AND submitted > 0
UNION ALL SELECT org_id, 0, CASE WHEN request_id = '' THEN 1 ELSE 0 END, CASE WHEN state = 'denied' THEN 1 ELSE 0 END FROM fund_claim WHERE program_id = ? AND submitted > 0) u GROUP BY org_id`, program, program, program).Scan(&rows).Error
	out := map[string]Use{}
	for _, r := range rows {
		u := Use{Asked: int(r.Asked), Refused: int(r.Refused)}
		if r.Told > 0 {
			u.Told = db.FromMicros(r.Told)
		}
		out[r.OrgID] = u
	}
	return out, err
}

// fourEyesRow is a threshold of a company for programmes of one kind.
type fourEyesRow struct {
	OwnerID   string `gorm:"primaryKey"`
	Kind      string `gorm:"primaryKey"`
	Currency  string `gorm:"primaryKey"`
	Amount    int64
	Changed   int64
	ChangedBy string
}

func (fourEyesRow) TableName() string { return "fund_four_eyes" }

// fourEyesOf are the thresholds of a company that hold.
func fourEyesOf(ctx context.Context, owner string) ([]fourEyesRow, error) {
	var rows []fourEyesRow
	return rows, db.Tx(ctx).Where("owner_id = ? AND amount > 0", owner).Order("kind, currency").Find(&rows).Error
}

// fourEyesFor is one of them, 0 for none.
func fourEyesFor(ctx context.Context, owner, kind string, c money.Currency) (int64, error) {
	r, err := locked[fourEyesRow](ctx, false, "owner_id = ? AND kind = ? AND currency = ?", owner, kind, string(c))
	if fault.CodeOf(err) == fault.NotFound {
		return 0, nil
	}
	return r.Amount, err
}

func saveFourEyes(ctx context.Context, r fourEyesRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "owner_id"}, {Name: "kind"}, {Name: "currency"}}, DoUpdates: clause.AssignmentColumns([]string{"amount", "changed", "changed_by"})}).Create(&r).Error
}
