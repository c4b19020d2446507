package catalog

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
)

// Which products belong to a family is told here to all who ask: promotions, funds. These
// read in the transaction of ctx, for who has checked the actor.

// familyRow is the family a product belonged to until an instant.
type familyRow struct {
	OrgID     string `gorm:"primaryKey"`
	ProductID string `gorm:"primaryKey"`
	UntilAt   int64  `gorm:"primaryKey;autoIncrement:false"`
	Family    string
}

func (familyRow) TableName() string { return "product_family" }

// InFamilies are the products of families of a company now, by SKU; one more than most where
// there are too many.
func InFamilies(ctx context.Context, org string, families []string, most int) ([]string, error) {
	if len(families) == 0 {
		return nil, nil
	}
	var out []string
	return out, db.Tx(ctx).Raw("SELECT sku FROM product WHERE org_id = ? AND family IN ? ORDER BY sku LIMIT ?", org, families, most+1).Scan(&out).Error
}

// OfFamilies are those of some products that belong to families of a company now.
func OfFamilies(ctx context.Context, org string, families, skus []string) ([]string, error) {
	var out []string
	return out, db.Tx(ctx).Raw("SELECT sku FROM product WHERE org_id = ? AND family IN ? AND sku IN ?", org, families, skus).Scan(&out).Error
}

// FamiliesOf are the families of some products of a company now, by SKU, of those that have one.
func FamiliesOf(ctx context.Context, org string, skus []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range slices.Chunk(skus, 3000) {
		var rows []struct{ SKU, Family string }
		if err := db.Tx(ctx).Raw("SELECT sku, family FROM product WHERE org_id = ? AND sku IN ? AND family <> ''", org, part).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.SKU] = r.Family
		}
	}
	return out, nil
}

// Moved are the products of a company that once belonged to another family.
type Moved map[ID][]familyRow

// MovedSince reads which products have changed their family after an instant.
func MovedSince(ctx context.Context, org string, since time.Time) (Moved, error) {
	var rows []familyRow
	err := db.Tx(ctx).Where("org_id = ? AND until_at > ?", org, db.Micros(since)).Order("product_id, until_at").Find(&rows).Error
	out := Moved{}
	for _, r := range rows {
		out[ID(r.ProductID)] = append(out[ID(r.ProductID)], r)
	}
	return out, err
}

// At is the family a product belonged to at an instant, where it belongs to now.
func (m Moved) At(id ID, at time.Time, now string) string {
	for _, r := range m[id] {
		if r.UntilAt > db.Micros(at) {
			return r.Family
		}
	}
	return now
}

// keepFamilies writes down which products leave their family with what is about to be put.
func keepFamilies(ctx context.Context, org string, ps []Product) error {
	now := db.Micros(db.Now(ctx))
	family := make(map[string]string, len(ps))
	skus := make([]string, len(ps))
	for i, p := range ps {
		family[p.SKU], skus[i] = p.Family, p.SKU
	}
	var left []familyRow
	for start := 0; start < len(skus); start += 3000 {
		var rows []productRow
		if err := db.Tx(ctx).Select("id", "sku", "family").Where("org_id = ? AND sku IN ?", org, skus[start:min(len(skus), start+3000)]).Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			if r.Family != family[r.SKU] {
				left = append(left, familyRow{org, r.ID, now, r.Family})
			}
		}
	}
	if len(left) == 0 {
		return nil
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(left, 500).Error
}
