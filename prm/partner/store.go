package partner

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/money"
)

type partnershipRow struct {
	ID                string `gorm:"primaryKey"`
	SupplierID        string
	ResellerID        string
	State             string
	Currency          string
	PriceTolerance    int64
	QuantityTolerance int64
	Created           int64
	Version           int64
}

func (partnershipRow) TableName() string { return "partnership" }

func (r partnershipRow) value() Partnership {
	return Partnership{
		ID: r.ID, Supplier: r.SupplierID, Reseller: r.ResellerID, State: State(r.State), Currency: money.Currency(r.Currency),
		PriceTolerance: money.Rate(r.PriceTolerance), QuantityTolerance: money.Rate(r.QuantityTolerance), Created: db.FromMicros(r.Created), Version: r.Version,
	}
}

type confirmationRow struct {
	PartnershipID string `gorm:"primaryKey"`
	OrgID         string `gorm:"primaryKey"` // the company that confirmed
	IdentityID    string `gorm:"primaryKey"`
	ConfirmedBy   string
	Confirmed     int64
}

func (confirmationRow) TableName() string { return "edi_identity_confirmation" }

func values(rows []partnershipRow) []Partnership {
	out := make([]Partnership, len(rows))
	for i, r := range rows {
		out[i] = r.value()
	}
	return out
}

func insert(ctx context.Context, r partnershipRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	return res.RowsAffected == 1, res.Error
}

func byID(ctx context.Context, id string) (Partnership, error) {
	var r partnershipRow
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	return r.value(), err
}

func byIDs(ctx context.Context, ids []string) ([]Partnership, error) {
	var rows []partnershipRow
	if len(ids) == 0 {
		return nil, nil
	}
	err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error
	return values(rows), err
}

func listFor(ctx context.Context, scope access.Scope) ([]Partnership, error) {
	var rows []partnershipRow
	err := db.Tx(ctx).Where("supplier_id = ? OR reseller_id = ?", scope.Org(), scope.Org()).Order("created, id").Find(&rows).Error
	return values(rows), err
}

func between(ctx context.Context, a, b string) ([]Partnership, error) {
	var rows []partnershipRow
	err := db.Tx(ctx).Where("(supplier_id = ? AND reseller_id = ?) OR (supplier_id = ? AND reseller_id = ?)", a, b, b, a).Order("created, id").Find(&rows).Error
	return values(rows), err
}

// move changes the state if it still is one of from; it reports whether it did.
func move(ctx context.Context, id string, from []State, to State) (bool, error) {
	res := db.Tx(ctx).Model(&partnershipRow{}).Where("id = ? AND state IN ?", id, from).Update("state", string(to))
	return res.RowsAffected == 1, res.Error
}

func settings(ctx context.Context, id string, cmd SettingsCmd) (bool, error) {
	res := db.Tx(ctx).Model(&partnershipRow{}).Where("id = ? AND version = ?", id, cmd.Version).
		Updates(map[string]any{"currency": string(cmd.Currency), "price_tolerance": int64(cmd.PriceTolerance), "quantity_tolerance": int64(cmd.QuantityTolerance), "version": cmd.Version + 1})
	return res.RowsAffected == 1, res.Error
}

type identityRow struct {
	ID, OrgID, Kind, Qualifier, Value string
	Created                           int64
	ConfirmedBy                       string
	Confirmed                         int64
}

// identities lists the EDI identities of both companies with what the other side
// confirmed within the partnership.
func identities(ctx context.Context, p Partnership) ([]Confirmed, error) {
	var rows []identityRow
	err := db.Tx(ctx).Raw(`SELECT i.id, i.org_id, i.kind, i.qualifier, i.value, i.created, COALESCE(c.confirmed_by, '') AS confirmed_by, COALESCE(c.confirmed, 0) AS confirmed
		FROM edi_identity i LEFT JOIN edi_identity_confirmation c ON c.partnership_id = ? AND c.identity_id = i.id AND c.org_id <> i.org_id
		WHERE i.org_id IN (?, ?) ORDER BY i.org_id, i.kind, i.qualifier, i.value`, p.ID, p.Supplier, p.Reseller).Scan(&rows).Error
	out := make([]Confirmed, len(rows))
	for i, r := range rows {
		out[i] = Confirmed{account.Identity{ID: r.ID, Org: r.OrgID, Kind: account.IdentityKind(r.Kind), Qualifier: r.Qualifier, Value: r.Value, Created: db.FromMicros(r.Created)}, r.ConfirmedBy, db.FromMicros(r.Confirmed)}
	}
	return out, err
}

func confirm(ctx context.Context, r confirmationRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r).Error
}

func unconfirm(ctx context.Context, partnership, org, identity string) error {
	return db.Tx(ctx).Where("partnership_id = ? AND org_id = ? AND identity_id = ?", partnership, org, identity).Delete(&confirmationRow{}).Error
}

func owner(ctx context.Context, a Address) (string, string, error) {
	var r struct{ OrgID, ID string }
	err := db.Tx(ctx).Raw(`SELECT org_id, id FROM edi_identity WHERE kind = ? AND qualifier = ? AND value = ?`, string(a.Kind), a.Qualifier, a.Value).Scan(&r).Error
	return r.OrgID, r.ID, err
}

// confirmedIn counts which of the two identities the other side confirmed, by
// partnership.
func confirmedIn(ctx context.Context, ids []string, first, second string) (map[string]int, error) {
	var rows []struct {
		PartnershipID string
		N             int
	}
	err := db.Tx(ctx).Raw(`SELECT c.partnership_id, COUNT(DISTINCT c.identity_id) AS n FROM edi_identity_confirmation c JOIN edi_identity i ON i.id = c.identity_id AND i.org_id <> c.org_id
		WHERE c.partnership_id IN ? AND c.identity_id IN (?, ?) GROUP BY c.partnership_id`, ids, first, second).Scan(&rows).Error
	out := map[string]int{}
	for _, r := range rows {
		out[r.PartnershipID] = r.N
	}
	return out, err
}
