package gateway

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

// stageRow is the gate of one direction of a partnership. The yes columns are
// instants, 0: not said. live is 0 while it is tested.
type stageRow struct {
	PartnershipID string `gorm:"primaryKey"`
	SenderID      string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	Started       int64
	StartedBy     string
	SupplierYes   int64
	SupplierBy    string
	ResellerYes   int64
	ResellerBy    string
	Live          int64
}

// TableName is the table of stageRow.
func (stageRow) TableName() string { return "edi_stage" }

func (r *stageRow) view() Stage {
	return Stage{
		Partnership: r.PartnershipID, Sender: r.SenderID, Supplier: r.SupplierID, Reseller: r.ResellerID, Started: instant(r.Started), StartedBy: r.StartedBy,
		SupplierYes: Yes{instant(r.SupplierYes), r.SupplierBy}, ResellerYes: Yes{instant(r.ResellerYes), r.ResellerBy}, Live: instant(r.Live),
	}
}

func stagesOf(ctx context.Context, partnership string) ([]stageRow, error) {
	var out []stageRow
	return out, db.Tx(ctx).Where("partnership_id = ?", partnership).Order("sender_id").Find(&out).Error
}

// stageOf is nil where a direction has no gate.
func stageOf(ctx context.Context, partnership, sender string) (*stageRow, error) {
	var r stageRow
	err := db.Tx(ctx).Where("partnership_id = ? AND sender_id = ?", partnership, sender).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

// gated says that what a company sends in a partnership is still tested only.
func gated(ctx context.Context, partnership, sender string) (bool, error) {
	return db.Remember(ctx, "gated:"+partnership+":"+sender, []string{"edi_stage"}, func() (bool, error) {
		var n int64
		err := db.Tx(ctx).Model(&stageRow{}).Where("partnership_id = ? AND sender_id = ? AND live = 0", partnership, sender).Count(&n).Error
		return n > 0, err
	})
}

// insertStage does nothing where a gate is or was.
func insertStage(ctx context.Context, r *stageRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
	return res.RowsAffected == 1, res.Error
}

func changeStage(ctx context.Context, r *stageRow, values map[string]any, where string, args ...any) (bool, error) {
	res := db.Tx(ctx).Model(&stageRow{}).Where("partnership_id = ? AND sender_id = ?", r.PartnershipID, r.SenderID).Where(where, args...).Updates(values)
	return res.RowsAffected == 1, res.Error
}

// inProduction says that documents of production went between two companies.
func inProduction(ctx context.Context, partnership string) (bool, error) {
	id, err := firstID(db.Tx(ctx).Model(&interchangeRow{}).Where("partnership_id = ? AND test = ? AND types NOT IN ('', '997', '999', 'CONTRL', 'TA1') AND state = ? AND delivery <> ?", partnership, false, string(Processed), DeliveryHeld))
	return id != "", err
}

// notLive reads what the gate of a direction holds, oldest first.
func notLive(ctx context.Context, partnership, sender string, limit int) ([]interchangeRow, error) {
	var out []interchangeRow
	return out, db.Tx(ctx).Where("partnership_id = ? AND sender_id = ? AND held = ? AND (state = ? OR delivery = ?)", partnership, sender, HeldNotLive, string(Held), DeliveryHeld).
		Order("received, id").Limit(limit).Find(&out).Error
}

func countNotLive(ctx context.Context, partnership string) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&interchangeRow{}).Where("partnership_id = ? AND held = ? AND (state = ? OR delivery = ?)", partnership, HeldNotLive, string(Held), DeliveryHeld).Count(&n).Error
	return int(n), err
}

// testsOf reads the newest test interchanges of one sender in a partnership that hold
// one of the types, newest first.
func testsOf(ctx context.Context, partnership, sender string, types []string, limit int) ([]interchangeRow, error) {
	var out []interchangeRow
	return out, db.Tx(ctx).Where("partnership_id = ? AND sender_id = ? AND test = ? AND types IN ?", partnership, sender, true, types).Order("received DESC, id DESC").Limit(limit).Find(&out).Error
}

// answersTo reads what was made about a document, by set type.
func answersTo(ctx context.Context, kind, id string) (map[string]*interchangeRow, error) {
	var sets []setRow
	out := map[string]*interchangeRow{}
	if err := db.Tx(ctx).Select("interchange_id", "kind").Where("document_kind = ? AND document_id = ?", kind, id).Find(&sets).Error; err != nil || len(sets) == 0 {
		return out, err
	}
	ids, kinds := make([]string, len(sets)), map[string]string{}
	for i, set := range sets {
		ids[i], kinds[set.InterchangeID] = set.InterchangeID, set.Kind
	}
	rows, err := interchangesByID(ctx, ids)
	for i := range rows {
		if r := &rows[i]; r.Origin == OriginMade && out[kinds[r.ID]] == nil {
			out[kinds[r.ID]] = r
		}
	}
	return out, err
}
