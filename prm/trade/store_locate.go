package trade

import (
	"context"

	"entente/db"
)

// placeable are the orders of a partnership that are held for a ship-to which a place
// answers to by now, the oldest first.
func placeable(ctx context.Context, partnership string, limit int) ([]string, error) {
	var out []string
	err := db.Tx(ctx).Raw(`SELECT o.id FROM purchase_order o WHERE o.partnership_id = ? AND o.ship_to_unknown <> '' AND (
		EXISTS (SELECT 1 FROM location_code c WHERE c.partnership_id = o.partnership_id AND c.qualifier || ':' || c.code = o.ship_to_unknown)
		OR EXISTS (SELECT 1 FROM location l WHERE l.partnership_id = o.partnership_id AND (l.number <> '' AND '91:' || l.number = o.ship_to_unknown OR l.gln <> '' AND 'UL:' || l.gln = o.ship_to_unknown)))
		ORDER BY o.received, o.id LIMIT ?`, partnership, limit).Scan(&out).Error
	return out, err
}

// pairRow names a partnership and its companies.
type pairRow struct{ PartnershipID, SupplierID, ResellerID string }

// unplacedPairs are the partnerships with orders that are held for their ship-to; of
// one, where it is given.
func unplacedPairs(ctx context.Context, partnership string) ([]pairRow, error) {
	tx := db.Tx(ctx).Model(&orderRow{}).Distinct("partnership_id", "supplier_id", "reseller_id").Where("ship_to_unknown <> ''")
	if partnership != "" {
		tx = tx.Where("partnership_id = ?", partnership)
	}
	var out []pairRow
	return out, tx.Order("partnership_id").Scan(&out).Error
}

// heldAlike counts the other orders of a partnership that are held for the same ship-to.
func heldAlike(ctx context.Context, o orderRow) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&orderRow{}).Where("partnership_id = ? AND ship_to_unknown = ? AND id <> ?", o.PartnershipID, o.ShipToUnknown, o.ID).Count(&n).Error
	return int(n), err
}

func unplacedIn(ctx context.Context, partnership string) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&orderRow{}).Where("partnership_id = ? AND ship_to_unknown <> ''", partnership).Count(&n).Error
	return int(n), err
}
