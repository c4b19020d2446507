package catalog

import (
	"context"
	"slices"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/money"
)

type optionRow struct {
	OrgID      string `gorm:"primaryKey"`
	ProductID  string `gorm:"primaryKey"`
	Revision   int64
	Definition string
	Changed    int64
	ChangedBy  string
}

func (optionRow) TableName() string { return "product_option" }

func (r optionRow) options() Options {
	o := db.FromText[Options](r.Definition)
	o.Product, o.Revision, o.Changed, o.ChangedBy = ID(r.ProductID), int(r.Revision), db.FromMicros(r.Changed), r.ChangedBy
	return o
}

type optionPriceRow struct {
	OrgID          string `gorm:"primaryKey"`
	ListID         string `gorm:"primaryKey"`
	Version        int64  `gorm:"primaryKey;autoIncrement:false"`
	ProductID      string `gorm:"primaryKey"`
	OptionCode     string `gorm:"primaryKey"`
	Price, Percent int64
}

func (optionPriceRow) TableName() string { return "price_option" }

func (r optionPriceRow) price() OptionPrice {
	return OptionPrice{Option: r.OptionCode, Price: money.Price(r.Price), Percent: money.Rate(r.Percent)}
}

// optionsOf reads the options of products; those without any are absent.
func optionsOf(ctx context.Context, org string, ids []ID) (map[ID]Options, error) {
	out := map[ID]Options{}
	for part := range slices.Chunk(ids, 3000) {
		var rows []optionRow
		if err := db.Tx(ctx).Where("org_id = ? AND product_id IN ?", org, part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			if o := r.options(); len(o.Groups) > 0 {
				out[o.Product] = o
			}
		}
	}
	return out, nil
}

// lockOptions reads the options of a product for writing, empty ones where there are none.
func lockOptions(ctx context.Context, org string, id ID) (Options, error) {
	tx := db.Tx(ctx)
	if db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []optionRow
	if err := tx.Where("org_id = ? AND product_id = ?", org, string(id)).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return Options{Product: id}, err
	}
	return rows[0].options(), nil
}

// saveOptions writes options over the revision was; false where that is not the last.
func saveOptions(ctx context.Context, org string, o Options, was int) (bool, error) {
	r := optionRow{org, string(o.Product), int64(o.Revision), db.Text(o), db.Micros(o.Changed), o.ChangedBy}
	if was == 0 {
		done := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		return done.RowsAffected == 1, done.Error
	}
	done := db.Tx(ctx).Model(&optionRow{}).Where("org_id = ? AND product_id = ? AND revision = ?", org, r.ProductID, was).
		Updates(map[string]any{"revision": r.Revision, "definition": r.Definition, "changed": r.Changed, "changed_by": r.ChangedBy})
	return done.RowsAffected == 1, done.Error
}

// optionPrices reads what options add in a version of a list, by product.
func optionPrices(ctx context.Context, org, list string, version int64, ids []ID) (map[ID][]OptionPrice, error) {
	out := map[ID][]OptionPrice{}
	for part := range slices.Chunk(ids, 3000) {
		var rows []optionPriceRow
		if err := db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ? AND product_id IN ?", org, list, version, part).Order("product_id, option_code").Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[ID(r.ProductID)] = append(out[ID(r.ProductID)], r.price())
		}
	}
	return out, nil
}

// putOptionPrices writes what the options of a product add in a version, in place of what
// was there.
func putOptionPrices(ctx context.Context, l PriceList, version int, id ID, prices []OptionPrice) error {
	err := db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ? AND product_id = ?", l.Org, string(l.ID), version, string(id)).Delete(&optionPriceRow{}).Error
	if err != nil || len(prices) == 0 {
		return err
	}
	rows := make([]optionPriceRow, len(prices))
	for i, p := range prices {
		rows[i] = optionPriceRow{l.Org, string(l.ID), int64(version), string(id), p.Option, int64(p.Price), int64(p.Percent)}
	}
	return db.Tx(ctx).Create(&rows).Error
}

// copyOptionPrices copies what options add from one version into another, each through turn.
func copyOptionPrices(ctx context.Context, l PriceList, from, to int, turn func(money.Price) (money.Price, bool)) (bool, error) {
	if turn == nil {
		return true, db.Tx(ctx).Exec("INSERT INTO price_option (org_id, list_id, version, product_id, option_code, price, percent) SELECT org_id, list_id, ?, product_id, option_code, price, percent FROM price_option WHERE org_id = ? AND list_id = ? AND version = ?",
			to, l.Org, string(l.ID), from).Error
	}
	var rows []optionPriceRow
	err := db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ?", l.Org, string(l.ID), from).Order("product_id, option_code").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return true, err
	}
	for i := range rows {
		p, ok := turn(money.Price(rows[i].Price))
		if !ok {
			return false, nil
		}
		rows[i].Version, rows[i].Price = int64(to), int64(p)
	}
	return true, db.Tx(ctx).CreateInBatches(rows, 1000).Error
}

func dropOptionPrices(ctx context.Context, l PriceList, version int) error {
	return db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ?", l.Org, string(l.ID), version).Delete(&optionPriceRow{}).Error
}
