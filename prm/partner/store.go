package partner

import (
	"context"
	"strings"

	"gorm.io/gorm"

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
	Created           int64 `gorm:"autoCreateTime:false"`
	Version           int64
	MovedBy           string
}

func (partnershipRow) TableName() string { return "partnership" }

func (r partnershipRow) partnership() Partnership {
	return Partnership{ID: r.ID, Supplier: r.SupplierID, Reseller: r.ResellerID, State: State(r.State), Currency: money.Currency(r.Currency),
		PriceTolerance: money.Rate(r.PriceTolerance), QuantityTolerance: money.Rate(r.QuantityTolerance), Created: db.FromMicros(r.Created), Version: r.Version, MovedBy: r.MovedBy}
}

func partnerships(rows []partnershipRow) []Partnership {
	out := make([]Partnership, len(rows))
	for i, r := range rows {
		out[i] = r.partnership()
	}
	return out
}

type confirmationRow struct {
	PartnershipID string `gorm:"primaryKey"`
	OrgID         string `gorm:"primaryKey"`
	IdentityID    string `gorm:"primaryKey"`
	ConfirmedBy   string
	Confirmed     int64
}

func (confirmationRow) TableName() string { return "edi_identity_confirmation" }

func insert(ctx context.Context, p Partnership) error {
	return db.Tx(ctx).Create(&partnershipRow{ID: p.ID, SupplierID: p.Supplier, ResellerID: p.Reseller, State: string(p.State), Currency: string(p.Currency),
		PriceTolerance: int64(p.PriceTolerance), QuantityTolerance: int64(p.QuantityTolerance), Created: db.Micros(p.Created), Version: p.Version, MovedBy: p.MovedBy}).Error
}

func find(ctx context.Context, id string) (Partnership, bool, error) {
	if p, ok := db.Known[Partnership](ctx, "partnership:"+id); ok {
		return p, true, nil
	}
	var rows []partnershipRow
	if err := db.Tx(ctx).Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return Partnership{}, false, err
	}
	p := rows[0].partnership()
	db.Know(ctx, "partnership:"+id, []string{"partnership"}, p)
	return p, true, nil
}

func findPair(ctx context.Context, supplier, reseller string) (Partnership, bool, error) {
	var rows []partnershipRow
	if err := db.Tx(ctx).Where("supplier_id = ? AND reseller_id = ?", supplier, reseller).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return Partnership{}, false, err
	}
	return rows[0].partnership(), true, nil
}

// ofOrg is the scope of every list: rows that have the company on a side.
func ofOrg(q *gorm.DB, scope access.Scope) *gorm.DB {
	return q.Where("(supplier_id = ? OR reseller_id = ?)", scope.Org(), scope.Org())
}

func list(ctx context.Context, scope access.Scope, states []State, other string) ([]Partnership, error) {
	q := ofOrg(db.Tx(ctx), scope)
	if len(states) > 0 {
		q = q.Where("state IN ?", states)
	}
	if other != "" {
		q = q.Where("(supplier_id = ? OR reseller_id = ?)", other, other)
	}
	var rows []partnershipRow
	err := q.Order("created, id").Find(&rows).Error
	return partnerships(rows), err
}

// page reads partnerships in the order of list.
func page(ctx context.Context, scope access.Scope, f PageFilter) ([]Partnership, string, error) {
	q := ofOrg(db.Tx(ctx), scope)
	if !f.Ended {
		q = q.Where("state <> ?", string(Ended))
	}
	limit := min(max(f.Limit, 1), 200)
	if f.Query != "" {
		const other = "CASE WHEN partnership.supplier_id = ? THEN partnership.reseller_id ELSE partnership.supplier_id END"
		own, like, low := scope.Org(), "%"+db.Literal(f.Query)+"%", "%"+db.Literal(strings.ToLower(f.Query))+"%"
		q = q.Where(`(EXISTS (SELECT 1 FROM org o WHERE o.id = `+other+` AND (o.name LIKE ? ESCAPE '\' OR LOWER(o.name) LIKE ? ESCAPE '\'))
  OR (partnership.state IN ? OR partnership.state = ? AND partnership.moved_by <> ?) AND EXISTS (SELECT 1 FROM edi_identity i WHERE i.org_id = `+other+` AND LOWER(i.value) LIKE ? ESCAPE '\'))`, own, like, low, []string{string(Active), string(Suspended)}, string(Invited), own, own, low)
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, "", badCursor()
		}
		q = q.Where("(created > ? OR created = ? AND id > ?)", at, at, id)
	}
	var rows []partnershipRow
	if err := q.Order("created, id").Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = db.Cursor(rows[limit-1].Created, rows[limit-1].ID)
	}
	return partnerships(rows), next, nil
}

// with reads the partnerships with some companies that have not ended.
func with(ctx context.Context, scope access.Scope, others []string) ([]Partnership, error) {
	var rows []partnershipRow
	err := ofOrg(db.Tx(ctx), scope).Where("state <> ? AND (supplier_id IN ? OR reseller_id IN ?)", string(Ended), others, others).Order("created, id").Find(&rows).Error
	return partnerships(rows), err
}

func some(ctx context.Context, scope access.Scope, ids []string) (map[string]Partnership, error) {
	out := make(map[string]Partnership, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []partnershipRow
	err := ofOrg(db.Tx(ctx), scope).Where("id IN ?", ids).Find(&rows).Error
	for _, r := range rows {
		out[r.ID] = r.partnership()
	}
	return out, err
}

func byIDs(ctx context.Context, ids []string) (map[string]Partnership, error) {
	out := make(map[string]Partnership, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []partnershipRow
	if err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.ID] = r.partnership()
	}
	return out, nil
}

// update writes p when the stored version is still p.Version, and raises it;
// false when somebody was quicker.
func update(ctx context.Context, p Partnership) (bool, error) {
	res := db.Tx(ctx).Model(&partnershipRow{}).Where("id = ? AND version = ?", p.ID, p.Version).Updates(map[string]any{
		"state": string(p.State), "currency": string(p.Currency), "price_tolerance": int64(p.PriceTolerance), "quantity_tolerance": int64(p.QuantityTolerance),
		"moved_by": p.MovedBy, "version": p.Version + 1})
	return res.RowsAffected == 1, res.Error
}

type identityRow struct {
	PartnershipID, ID, OrgID, Kind, Qualifier, Value, ConfirmedBy string
	Created, Confirmed                                            int64
}

const identityColumns = "i.id, i.org_id, i.kind, i.qualifier, i.value, i.created, COALESCE(c.confirmed_by, '') AS confirmed_by, COALESCE(c.confirmed, 0) AS confirmed"

func (r identityRow) identity() Identity {
	return Identity{Identity: account.Identity{ID: r.ID, Org: r.OrgID, Kind: account.IdentityKind(r.Kind), Qualifier: r.Qualifier, Value: r.Value, Created: db.FromMicros(r.Created)},
		ConfirmedBy: r.ConfirmedBy, Confirmed: db.FromMicros(r.Confirmed)}
}

// identities returns the EDI identities of both sides of p with what was
// confirmed in it.
func identities(ctx context.Context, p Partnership) ([]Identity, error) {
	var rows []identityRow
	err := db.Tx(ctx).Table("edi_identity AS i").Select(identityColumns).
		Joins("LEFT JOIN edi_identity_confirmation c ON c.partnership_id = ? AND c.org_id = i.org_id AND c.identity_id = i.id", p.ID).
		Where("i.org_id IN ?", []string{p.Supplier, p.Reseller}).
		Order("i.org_id, i.kind, i.qualifier, i.value").Scan(&rows).Error
	out := make([]Identity, len(rows))
	for i, r := range rows {
		out[i] = r.identity()
	}
	return out, err
}

// identitiesOf is identities of many partnerships of a company, by id. Those that ended
// have none, and those that wait for the other side (Opened) only the company's own.
func identitiesOf(ctx context.Context, scope access.Scope, ids []string) (map[string][]Identity, error) {
	out := make(map[string][]Identity, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []identityRow
	err := db.Tx(ctx).Table("partnership AS p").Select("p.id AS partnership_id, "+identityColumns).
		Joins("JOIN edi_identity i ON i.org_id IN (p.supplier_id, p.reseller_id)").
		Joins("LEFT JOIN edi_identity_confirmation c ON c.partnership_id = p.id AND c.org_id = i.org_id AND c.identity_id = i.id").
		Where("p.id IN ? AND (p.supplier_id = ? OR p.reseller_id = ?) AND p.state <> ?", ids, scope.Org(), scope.Org(), string(Ended)).
		Where("(i.org_id = ? OR p.state <> ? OR p.moved_by <> ?)", scope.Org(), string(Invited), scope.Org()).
		Order("p.id, i.org_id, i.kind, i.qualifier, i.value").Scan(&rows).Error
	for _, r := range rows {
		out[r.PartnershipID] = append(out[r.PartnershipID], r.identity())
	}
	return out, err
}

func insertConfirmation(ctx context.Context, p Partnership, i Identity, person string) error {
	return db.Tx(ctx).Create(&confirmationRow{PartnershipID: p.ID, OrgID: i.Org, IdentityID: i.ID, ConfirmedBy: person, Confirmed: db.Micros(db.Now(ctx))}).Error
}

// deleteConfirmations takes one confirmation back, or all of a partnership.
func deleteConfirmations(ctx context.Context, partnership, identity string) (bool, error) {
	q := db.Tx(ctx).Where("partnership_id = ?", partnership)
	if identity != "" {
		q = q.Where("identity_id = ?", identity)
	}
	res := q.Delete(&confirmationRow{})
	return res.RowsAffected > 0, res.Error
}

// route answers a Query in one statement: the sender's company, and the active
// partnerships in which both identities are confirmed.
func route(ctx context.Context, q Query) (Route, error) {
	var out Route
	err := db.Rows(ctx, `SELECT s.org_id, COALESCE(r.org_id, ''), COALESCE(p.id, ''), COALESCE(p.supplier_id, ''), COALESCE(p.reseller_id, ''), COALESCE(p.state, ''),
  COALESCE(p.currency, ''), COALESCE(p.price_tolerance, 0), COALESCE(p.quantity_tolerance, 0), COALESCE(p.created, 0), COALESCE(p.version, 0), COALESCE(p.moved_by, '')
FROM edi_identity s
LEFT JOIN edi_identity r ON r.kind = s.kind AND r.qualifier = ? AND r.value = ?
LEFT JOIN partnership p ON p.state = 'active' AND (p.supplier_id = s.org_id AND p.reseller_id = r.org_id OR p.supplier_id = r.org_id AND p.reseller_id = s.org_id)
  AND EXISTS (SELECT 1 FROM edi_identity_confirmation c WHERE c.partnership_id = p.id AND c.org_id = s.org_id AND c.identity_id = s.id)
  AND EXISTS (SELECT 1 FROM edi_identity_confirmation c WHERE c.partnership_id = p.id AND c.org_id = r.org_id AND c.identity_id = r.id)
WHERE s.kind = ? AND s.qualifier = ? AND s.value = ? ORDER BY p.created, p.id`,
		[]any{q.Receiver.Qualifier, q.Receiver.Value, string(q.Kind), q.Sender.Qualifier, q.Sender.Value},
		func(scan func(...any) error) error {
			var receiver string
			var p partnershipRow
			if err := scan(&out.Sender, &receiver, &p.ID, &p.SupplierID, &p.ResellerID, &p.State, &p.Currency, &p.PriceTolerance, &p.QuantityTolerance, &p.Created, &p.Version, &p.MovedBy); err != nil {
				return err
			}
			if p.ID != "" {
				out.Receiver = receiver
				out.Active = append(out.Active, p.partnership())
			}
			return nil
		})
	return out, err
}
