package precheck

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

type ruleRow struct {
	PartnershipID string `gorm:"primaryKey"`
	Rule          string `gorm:"primaryKey"`
	SupplierID    string
	Severity      string
	Changed       int64
	ChangedBy     string
}

// TableName is the table of ruleRow.
func (ruleRow) TableName() string { return "send_check" }

// supplierOf reads who supplies in a partnership; the row belongs to prm/partner.
func supplierOf(ctx context.Context, partnership string) (string, error) {
	var id string
	err := db.Tx(ctx).Raw("SELECT supplier_id FROM partnership WHERE id = ?", partnership).Scan(&id).Error
	if err == nil && id == "" {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return id, err
}

func rulesOf(ctx context.Context, partnership string) (map[Rule]Severity, error) {
	var rows []ruleRow
	err := db.Tx(ctx).Where("partnership_id = ?", partnership).Find(&rows).Error
	out := make(map[Rule]Severity, len(rows))
	for _, r := range rows {
		out[Rule(r.Rule)] = Severity(r.Severity)
	}
	return out, err
}

// rulesOfMany is rulesOf of the partnerships among some in which a company supplies.
func rulesOfMany(ctx context.Context, supplier string, partnerships []string) (map[string]map[Rule]Severity, error) {
	out := map[string]map[Rule]Severity{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []struct{ ID, Rule, Severity string }
	err := db.Tx(ctx).Raw("SELECT p.id, COALESCE(c.rule, '') AS rule, COALESCE(c.severity, '') AS severity FROM partnership p LEFT JOIN send_check c ON c.partnership_id = p.id WHERE p.id IN ? AND p.supplier_id = ?", partnerships, supplier).Scan(&rows).Error
	for _, r := range rows {
		if out[r.ID] == nil {
			out[r.ID] = map[Rule]Severity{}
		}
		if r.Rule != "" {
			out[r.ID][Rule(r.Rule)] = Severity(r.Severity)
		}
	}
	return out, err
}

func put(ctx context.Context, r *ruleRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "partnership_id"}, {Name: "rule"}}, DoUpdates: clause.AssignmentColumns([]string{"severity", "changed", "changed_by"})}).Create(r).Error
}
