package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
)

type listRow struct {
	OrgID                            string `gorm:"primaryKey"`
	ID                               string `gorm:"primaryKey"`
	Name, Currency, PartnerID, Basis string
	NoticeDays, Created              int64
}

func (listRow) TableName() string { return "price_list" }

func (r listRow) list() PriceList {
	return PriceList{Org: r.OrgID, ID: ListID(r.ID), Name: r.Name, Currency: money.Currency(r.Currency), Partner: r.PartnerID, Basis: r.Basis, NoticeDays: int(r.NoticeDays), Created: db.FromMicros(r.Created)}
}

type versionRow struct {
	OrgID                  string `gorm:"primaryKey"`
	ListID                 string `gorm:"primaryKey"`
	Version                int64  `gorm:"primaryKey;autoIncrement:false"`
	ValidFrom, State, Note string
	Created                int64
	CreatedBy              string
	Published              int64
	PublishedBy            string
}

func (versionRow) TableName() string { return "price_version" }

func (r versionRow) version() PriceVersion {
	return PriceVersion{Number: int(r.Version), From: r.ValidFrom, State: r.State, Note: r.Note, Created: db.FromMicros(r.Created), CreatedBy: r.CreatedBy, Published: db.FromMicros(r.Published), PublishedBy: r.PublishedBy}
}

type entryRow struct {
	OrgID     string `gorm:"primaryKey"`
	ListID    string `gorm:"primaryKey"`
	Version   int64  `gorm:"primaryKey;autoIncrement:false"`
	ProductID string `gorm:"primaryKey"`
	Price     int64
}

func (entryRow) TableName() string { return "price_entry" }

// standing is a version in force with its list.
type standing struct {
	ListID, Name, Currency, PartnerID, Basis, ValidFrom string
	Version                                             int64
}

// inForce reads the versions in force on a day: of the standard lists, and of the
// partner's own where one is named; in the given currencies or all.
func inForce(ctx context.Context, org, partner string, only []money.Currency, on string) ([]standing, error) {
	return db.Remember(ctx, fmt.Sprint("prices:", org, ":", partner, ":", on, only), []string{"price_version", "price_list"}, func() ([]standing, error) {
		return readInForce(ctx, org, partner, only, on)
	})
}

func readInForce(ctx context.Context, org, partner string, only []money.Currency, on string) ([]standing, error) {
	tx := db.Tx(ctx).Table("price_version v").Select("v.list_id, l.name, l.currency, l.partner_id, l.basis, v.valid_from, v.version").
		Joins("JOIN price_list l ON l.org_id = v.org_id AND l.id = v.list_id").
		Where("v.org_id = ? AND l.partner_id IN ? AND v.state = 'published'", org, []string{"", partner}).
		Where("v.version = (SELECT w.version FROM price_version w WHERE w.org_id = v.org_id AND w.list_id = v.list_id AND w.state = 'published' AND w.valid_from <= ? ORDER BY w.valid_from DESC, w.version DESC LIMIT 1)", on)
	if len(only) > 0 {
		tx = tx.Where("l.currency IN ?", only)
	}
	var out []standing
	err := tx.Order("l.currency, l.partner_id").Scan(&out).Error // the partner's own after the standard one
	return out, err
}

// steps reads how the prices of products come about, by product and currency.
func steps(ctx context.Context, org, partner string, only []money.Currency, on string, ids []ID) (map[ID]map[money.Currency][]Step, error) {
	versions, err := inForce(ctx, org, partner, only, on)
	if err != nil {
		return nil, err
	}
	out := map[ID]map[money.Currency][]Step{}
	for _, v := range versions {
		kind := StepList
		if v.PartnerID != "" {
			kind = StepPartner
		}
		found, err := standingPrices(ctx, org, v.ListID, v.Version, ids)
		if err != nil {
			return nil, err
		}
		for id, price := range found {
			c := money.Currency(v.Currency)
			if out[id] == nil {
				out[id] = map[money.Currency][]Step{}
			}
			out[id][c] = append(out[id][c], Step{kind, ListID(v.ListID), v.Name, int(v.Version), v.ValidFrom, c, price})
		}
	}
	return out, nil
}

// standingPrices reads the prices of products in a version of a list. Orders of one transaction
// mostly ask for the same products.
func standingPrices(ctx context.Context, org, list string, version int64, ids []ID) (map[ID]money.Price, error) {
	type entry struct {
		price money.Price
		there bool
	}
	key := func(id ID) string { return fmt.Sprint("price:", org, ":", list, ":", version, ":", id) }
	out := map[ID]money.Price{}
	var ask []ID
	asked := map[ID]bool{}
	for _, id := range ids {
		if e, ok := db.Known[entry](ctx, key(id)); !ok {
			if !asked[id] {
				asked[id] = true
				ask = append(ask, id)
			}
		} else if e.there {
			out[id] = e.price
		}
	}
	for part := range slices.Chunk(ask, 3000) {
		var rows []entryRow
		if err := db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ? AND product_id IN ?", org, list, version, part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[ID(r.ProductID)] = money.Price(r.Price)
		}
		if len(part) > 500 {
			continue // a whole catalogue is asked for once
		}
		for _, id := range part {
			p, there := out[id]
			db.Know(ctx, key(id), []string{"price_entry"}, entry{p, there})
		}
	}
	return out, nil
}

// lists reads the lists a reader may see: all of its own, and those of suppliers in
// the currency of the partnership, standard or made for the reader.
func lists(ctx context.Context, scope access.Scope, sup map[string]money.Currency) ([]PriceList, error) {
	var out []PriceList
	for _, org := range keys(sup) {
		tx := db.Tx(ctx).Where("org_id = ?", org)
		if org != scope.Org() {
			tx = tx.Where("currency = ? AND partner_id IN ?", string(sup[org]), []string{"", scope.Org()})
		}
		var rows []listRow
		if err := tx.Order("partner_id, currency").Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, r.list())
		}
	}
	return out, nil
}

// versions fills in the versions of lists, with the number of their entries; drafts
// only for the owner.
func versions(ctx context.Context, reader string, ls []PriceList) error {
	byOrg := map[string][]string{}
	at := map[string]int{}
	for i, l := range ls {
		byOrg[l.Org] = append(byOrg[l.Org], string(l.ID))
		at[l.Org+"/"+string(l.ID)] = i
	}
	for org, ids := range byOrg {
		tx := db.Tx(ctx).Table("price_version v").Select("v.*, (SELECT COUNT(*) FROM price_entry e WHERE e.org_id = v.org_id AND e.list_id = v.list_id AND e.version = v.version) AS items").
			Where("v.org_id = ? AND v.list_id IN ?", org, ids)
		if org != reader {
			tx = tx.Where("v.state <> 'draft'")
		}
		var rows []struct {
			Row   versionRow `gorm:"embedded"`
			Items int64
		}
		if err := tx.Order("v.valid_from DESC, v.version DESC").Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			v := r.Row.version()
			v.Items = int(r.Items)
			if org != reader {
				v.CreatedBy, v.PublishedBy = "", ""
			}
			l := &ls[at[org+"/"+r.Row.ListID]]
			l.Versions = append(l.Versions, v)
		}
	}
	return nil
}

func listByID(ctx context.Context, id ListID) (PriceList, error) {
	var r listRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
	return r.list(), err
}

// lockList reads a list of the company and holds it against other writers.
func lockList(ctx context.Context, org string, id ListID) (PriceList, error) {
	tx := db.Tx(ctx)
	if tx.Name() == "postgres" {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r listRow
	err := tx.Where("org_id = ? AND id = ?", org, string(id)).Take(&r).Error
	return r.list(), err
}

func insertList(ctx context.Context, l PriceList) (bool, error) {
	row := listRow{l.Org, string(l.ID), l.Name, string(l.Currency), l.Partner, l.Basis, int64(l.NoticeDays), db.Micros(db.Now(ctx))}
	done := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	return done.RowsAffected > 0, done.Error
}

func saveList(ctx context.Context, l PriceList) error {
	return db.Tx(ctx).Model(&listRow{}).Where("org_id = ? AND id = ?", l.Org, string(l.ID)).Updates(map[string]any{"name": l.Name, "basis": l.Basis, "notice_days": l.NoticeDays}).Error
}

// addVersion makes the next version of a list, empty.
func addVersion(ctx context.Context, l PriceList, v PriceVersion) (PriceVersion, error) {
	var last int64
	if err := db.Tx(ctx).Model(&versionRow{}).Select("COALESCE(MAX(version), 0)").Where("org_id = ? AND list_id = ?", l.Org, string(l.ID)).Scan(&last).Error; err != nil {
		return v, err
	}
	v.Number, v.Created = int(last)+1, db.Now(ctx)
	row := versionRow{l.Org, string(l.ID), int64(v.Number), v.From, v.State, v.Note, db.Micros(v.Created), v.CreatedBy, 0, v.PublishedBy}
	if v.State == Published {
		row.Published = row.Created
	}
	return v, db.Tx(ctx).Create(&row).Error
}

// copyVersion copies the entries of one version into another, and what options add.
func copyVersion(ctx context.Context, l PriceList, from, to int) error {
	if _, err := copyOptionPrices(ctx, l, from, to, nil); err != nil {
		return err
	}
	return db.Tx(ctx).Exec("INSERT INTO price_entry (org_id, list_id, version, product_id, price) SELECT org_id, list_id, ?, product_id, price FROM price_entry WHERE org_id = ? AND list_id = ? AND version = ?",
		to, l.Org, string(l.ID), from).Error
}

func entriesOf(ctx context.Context, l PriceList, version int) (map[ID]money.Price, error) {
	var rows []entryRow
	err := db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ?", l.Org, string(l.ID), version).Find(&rows).Error
	out := make(map[ID]money.Price, len(rows))
	for _, r := range rows {
		out[ID(r.ProductID)] = money.Price(r.Price)
	}
	return out, err
}

func putEntries(ctx context.Context, l PriceList, version int, prices map[ID]money.Price) error {
	if len(prices) == 0 {
		return nil
	}
	rows := make([]entryRow, 0, len(prices))
	for id, p := range prices {
		rows = append(rows, entryRow{l.Org, string(l.ID), int64(version), string(id), int64(p)})
	}
	slices.SortFunc(rows, func(a, b entryRow) int { return strings.Compare(a.ProductID, b.ProductID) })
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "list_id"}, {Name: "version"}, {Name: "product_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"price"})}).CreateInBatches(rows, 1000).Error
}

func dropEntries(ctx context.Context, l PriceList, version int, ids []ID) error {
	for part := range slices.Chunk(ids, 3000) {
		if err := db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ? AND product_id IN ?", l.Org, string(l.ID), version, part).Delete(&entryRow{}).Error; err != nil {
			return err
		}
	}
	return nil
}

func dropVersion(ctx context.Context, l PriceList, version int) error {
	if err := dropOptionPrices(ctx, l, version); err != nil {
		return err
	}
	if err := db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ?", l.Org, string(l.ID), version).Delete(&entryRow{}).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Where("org_id = ? AND list_id = ? AND version = ? AND state = 'draft'", l.Org, string(l.ID), version).Delete(&versionRow{}).Error
}

// setPublished publishes a draft; false when it is none any more.
func setPublished(ctx context.Context, l PriceList, version int, by string) (bool, error) {
	done := db.Tx(ctx).Model(&versionRow{}).Where("org_id = ? AND list_id = ? AND version = ? AND state = 'draft'", l.Org, string(l.ID), version).
		Updates(map[string]any{"state": Published, "published": db.Micros(db.Now(ctx)), "published_by": by})
	return done.RowsAffected > 0, done.Error
}

// setWithdrawn takes a published version back; false when it is none any more.
func setWithdrawn(ctx context.Context, l PriceList, version int) (bool, error) {
	done := db.Tx(ctx).Model(&versionRow{}).Where("org_id = ? AND list_id = ? AND version = ? AND state = 'published'", l.Org, string(l.ID), version).Update("state", Withdrawn)
	return done.RowsAffected > 0, done.Error
}

// falls says whether a price of a version is below that of another.
func falls(ctx context.Context, l PriceList, version, before int) (bool, error) {
	var n int64
	err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM (SELECT n.product_id FROM price_entry n JOIN price_entry o ON o.org_id = n.org_id AND o.list_id = n.list_id AND o.product_id = n.product_id WHERE n.org_id = ? AND n.list_id = ? AND n.version = ? AND o.version = ? AND n.price < o.price LIMIT 1) f", l.Org, string(l.ID), version, before).Scan(&n).Error
	return n > 0, err
}

// compared reads one page of a version beside another (0 for none), by SKU.
func compared(ctx context.Context, l PriceList, version, before int, f EntryFilter) ([]productRow, map[ID]PriceEntry, string, error) {
	tx := db.Tx(ctx).Table("product").Select("product.*, n.price AS now_price, o.price AS old_price").
		Joins("LEFT JOIN price_entry n ON n.org_id = product.org_id AND n.product_id = product.id AND n.list_id = ? AND n.version = ?", string(l.ID), version).
		Joins("LEFT JOIN price_entry o ON o.org_id = product.org_id AND o.product_id = product.id AND o.list_id = ? AND o.version = ?", string(l.ID), before).
		Where("product.org_id = ? AND (n.price IS NOT NULL OR o.price IS NOT NULL)", l.Org)
	if f.Changed {
		tx = tx.Where("(n.price IS NULL OR o.price IS NULL OR n.price <> o.price)")
	}
	tx, err := from(matching(tx, f.Query), f.After)
	if err != nil {
		return nil, nil, "", err
	}
	var rows []struct {
		Row                productRow `gorm:"embedded"`
		NowPrice, OldPrice *int64
	}
	if err := tx.Order("product.sku, product.org_id").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, nil, "", err
	}
	plain := make([]productRow, len(rows))
	out := make(map[ID]PriceEntry, len(rows))
	for i, r := range rows {
		plain[i] = r.Row
		e := PriceEntry{Product: r.Row.product(), Gone: r.NowPrice == nil, Known: r.OldPrice != nil}
		if r.NowPrice != nil {
			e.Price = money.Price(*r.NowPrice)
		}
		if r.OldPrice != nil {
			e.Was = money.Price(*r.OldPrice)
		}
		out[ID(r.Row.ID)] = e
	}
	plain, next := cut(plain, f.Limit)
	return plain, out, next, nil
}
