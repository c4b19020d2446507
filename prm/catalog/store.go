package catalog

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type productRow struct {
	OrgID                                          string `gorm:"primaryKey"`
	ID                                             string `gorm:"primaryKey"`
	SKU, NameEn, NameZh, Family, Unit, Gtin, State string
	Created                                        int64
	Minimum, Multiple                              int64
	ReplacedBy, ReplacedFrom                       string
}

func (productRow) TableName() string { return "product" }

func (r productRow) product() Product {
	return Product{Org: r.OrgID, ID: ID(r.ID), SKU: r.SKU, NameEN: r.NameEn, NameZH: r.NameZh, Family: r.Family, Unit: r.Unit, GTIN: r.Gtin, State: r.State, Created: db.FromMicros(r.Created),
		Minimum: money.Quantity(r.Minimum), Multiple: money.Quantity(r.Multiple), ReplacedBy: r.ReplacedBy, ReplacedFrom: r.ReplacedFrom}
}

type packRow struct {
	OrgID      string `gorm:"primaryKey"`
	ProductID  string `gorm:"primaryKey"`
	Level      string `gorm:"primaryKey"`
	Gtin, Unit string
	Quantity   int64
}

func (packRow) TableName() string { return "pack" }

func (r packRow) pack() Pack {
	return Pack{Level: r.Level, GTIN: r.Gtin, Unit: r.Unit, Quantity: money.Quantity(r.Quantity)}
}

type referenceRow struct {
	OrgID     string `gorm:"primaryKey"`
	PartnerID string `gorm:"primaryKey"`
	BuyerItem string `gorm:"primaryKey"`
	ProductID string
	Created   int64
}

func (referenceRow) TableName() string { return "item_reference" }

func putProducts(ctx context.Context, org string, ps []Product) error {
	if len(ps) == 0 {
		return nil
	}
	if err := keepFamilies(ctx, org, ps); err != nil {
		return err
	}
	now := db.Micros(db.Now(ctx))
	rows := make([]productRow, len(ps))
	skus := make([]string, len(ps))
	for i, p := range ps {
		rows[i] = productRow{org, db.NewID(), p.SKU, p.NameEN, p.NameZH, p.Family, p.Unit, p.GTIN, p.State, now, int64(p.Minimum), int64(p.Multiple), p.ReplacedBy, p.ReplacedFrom}
		skus[i] = p.SKU
	}
	err := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "sku"}},
		DoUpdates: clause.AssignmentColumns([]string{"name_en", "name_zh", "family", "unit", "gtin", "state", "minimum", "multiple", "replaced_by", "replaced_from"})}).CreateInBatches(rows, 500).Error
	if err != nil {
		return err
	}
	ids, err := idsBySKU(ctx, org, skus)
	if err != nil {
		return err
	}
	var packs []packRow
	var touched []ID
	for _, p := range ps {
		id := ids[p.SKU]
		touched = append(touched, id)
		for _, k := range p.Packs {
			packs = append(packs, packRow{org, string(id), k.Level, k.GTIN, k.Unit, int64(k.Quantity)})
		}
	}
	for part := range slices.Chunk(touched, 3000) {
		if err := db.Tx(ctx).Where("org_id = ? AND product_id IN ?", org, part).Delete(&packRow{}).Error; err != nil {
			return err
		}
	}
	if len(packs) == 0 {
		return nil
	}
	return db.Tx(ctx).CreateInBatches(packs, 1000).Error
}

// idsBySKU finds product ids; every SKU must exist.
func idsBySKU(ctx context.Context, org string, skus []string) (map[string]ID, error) {
	out := make(map[string]ID, len(skus))
	for part := range slices.Chunk(skus, 3000) {
		up := make([]string, len(part))
		for i, s := range part {
			up[i] = strings.ToUpper(strings.TrimSpace(s))
		}
		var rows []productRow
		if err := db.Tx(ctx).Select("id", "sku").Where("org_id = ? AND sku IN ?", org, up).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.SKU] = ID(r.ID)
		}
		for _, s := range up {
			if out[s] == "" {
				return nil, fault.New(fault.NotFound, "catalog.sku_unknown", "SKU", s)
			}
		}
	}
	return out, nil
}

func putReference(ctx context.Context, org, partner, item string, id ID) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "partner_id"}, {Name: "buyer_item"}},
		DoUpdates: clause.AssignmentColumns([]string{"product_id"})}).Create(&referenceRow{org, partner, item, string(id), db.Micros(db.Now(ctx))}).Error
}

func resolve(ctx context.Context, org, partner string, keys []ItemKey) ([]Item, error) {
	// Orders of one transaction mostly ask for the same items.
	out := make([]Item, len(keys))
	remembered := func(k ItemKey) string {
		return "item:" + org + ":" + partner + ":" + k.SKU + "\x00" + k.BuyerItem + "\x00" + k.GTIN
	}
	var ask []ItemKey
	var at []int
	for i, k := range keys {
		var ok bool
		if out[i], ok = db.Known[Item](ctx, remembered(k)); !ok {
			ask, at = append(ask, k), append(at, i)
		}
	}
	if len(ask) == 0 {
		return out, nil
	}
	got, err := readItems(ctx, org, partner, ask)
	if err != nil {
		return nil, err
	}
	for i := range got {
		out[at[i]] = got[i]
		if len(ask) <= 500 {
			db.Know(ctx, remembered(ask[i]), []string{"product", "item_reference", "pack"}, got[i])
		}
	}
	return out, nil
}

// readItems is resolve without memory.
func readItems(ctx context.Context, org, partner string, keys []ItemKey) ([]Item, error) {
	var skus, items, gtins []string
	norm := make([]ItemKey, len(keys))
	for i, k := range keys {
		g, ok := PadGTIN(k.GTIN)
		if !ok {
			g = ""
		}
		norm[i] = ItemKey{SKU: strings.ToUpper(strings.TrimSpace(k.SKU)), BuyerItem: strings.TrimSpace(k.BuyerItem), GTIN: g}
		for list, v := range map[*[]string]string{&skus: norm[i].SKU, &items: norm[i].BuyerItem, &gtins: g} {
			if v != "" {
				*list = append(*list, v)
			}
		}
	}
	var hits []struct {
		Found, Value, PackUnit string
		Row                    productRow `gorm:"embedded"`
	}
	// Each way by itself: a join of their union reads every product of the company where
	// PostgreSQL does not know yet how many there are.
	var ways []string
	var args []any
	way := func(query string, values []string, owner ...any) {
		if len(values) > 0 {
			ways, args = append(ways, query), append(append(args, owner...), values)
		}
	}
	way("SELECT 'sku' AS found, p.sku AS value, '' AS pack_unit, p.* FROM product p WHERE p.org_id = ? AND p.sku IN ?", skus, org)
	way("SELECT 'buyer_item' AS found, r.buyer_item AS value, '' AS pack_unit, p.* FROM item_reference r JOIN product p ON p.org_id = r.org_id AND p.id = r.product_id WHERE r.org_id = ? AND r.partner_id = ? AND r.buyer_item IN ?", items, org, partner)
	way("SELECT 'gtin' AS found, p.gtin AS value, '' AS pack_unit, p.* FROM product p WHERE p.org_id = ? AND p.gtin IN ?", gtins, org)
	way("SELECT 'gtin' AS found, k.gtin AS value, k.unit AS pack_unit, p.* FROM pack k JOIN product p ON p.org_id = k.org_id AND p.id = k.product_id WHERE k.org_id = ? AND k.gtin IN ?", gtins, org)
	if len(ways) > 0 {
		if err := db.Tx(ctx).Raw(strings.Join(ways, " UNION ALL "), args...).Scan(&hits).Error; err != nil {
			return nil, err
		}
	}
	found := map[string]int{}
	var ids []ID
	for i, h := range hits {
		k := h.Found + "\x00" + h.Value
		if j, ok := found[k]; !ok || hits[j].Row.State != Active && h.Row.State == Active {
			found[k] = i
		}
		ids = append(ids, ID(h.Row.ID))
	}
	packs := map[string][]Pack{}
	if len(ids) > 0 {
		rows, err := packsOf(ctx, org, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			packs[r.ProductID] = append(packs[r.ProductID], r.pack())
		}
	}
	out := make([]Item, len(keys))
	for i, k := range norm {
		for _, try := range [][2]string{{BySKU, k.SKU}, {ByBuyerItem, k.BuyerItem}, {ByGTIN, k.GTIN}} {
			j, ok := found[try[0]+"\x00"+try[1]]
			if !ok || try[1] == "" {
				continue
			}
			p := hits[j].Row.product()
			p.Packs = packs[hits[j].Row.ID]
			unit := p.Unit
			if hits[j].PackUnit != "" {
				unit = hits[j].PackUnit
			}
			out[i] = Item{Found: true, By: try[0], Unit: unit, Product: p}
			break
		}
	}
	return out, nil
}

func packsOf(ctx context.Context, org string, ids []ID) ([]packRow, error) {
	var rows []packRow
	err := db.Tx(ctx).Where("org_id = ? AND product_id IN ?", org, ids).Order("product_id, quantity").Find(&rows).Error
	return rows, err
}

// suppliers are the companies whose catalogue the scope may see, with the
// currency of the partnership ("" for its own).
func suppliers(ctx context.Context, scope access.Scope) (map[string]money.Currency, error) {
	out := map[string]money.Currency{scope.Org(): ""}
	var rows []struct{ SupplierID, Currency string }
	err := db.Tx(ctx).Table("partnership").Select("supplier_id", "currency").Where("reseller_id = ? AND state = 'active'", scope.Org()).Scan(&rows).Error
	for _, r := range rows {
		out[r.SupplierID] = money.Currency(r.Currency)
	}
	return out, err
}

// buys reports an active partnership; sells one in any state.
func buys(ctx context.Context, supplier, reseller string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Table("partnership").Where("supplier_id = ? AND reseller_id = ? AND state = 'active'", supplier, reseller).Count(&n).Error
	return n > 0, err
}

func sells(ctx context.Context, supplier, reseller string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Table("partnership").Where("supplier_id = ? AND reseller_id = ?", supplier, reseller).Count(&n).Error
	return n > 0, err
}

func bySKU(ctx context.Context, org, sku string) (productRow, error) {
	var r productRow
	err := db.Tx(ctx).Where("org_id = ? AND sku = ?", org, sku).Take(&r).Error
	return r, err
}

// list reads one page by (sku, company).
func list(ctx context.Context, sup map[string]money.Currency, f Filter) ([]productRow, string, error) {
	tx := db.Tx(ctx).Where("org_id IN ?", keys(sup))
	if f.Family != "" {
		tx = tx.Where("family = ?", f.Family)
	}
	if f.State != "" {
		tx = tx.Where("state = ?", f.State)
	}
	tx = matching(tx, f.Query)
	tx, err := from(tx, f.After)
	if err != nil {
		return nil, "", err
	}
	var rows []productRow
	if err := tx.Order("sku, org_id").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	rows, next := cut(rows, f.Limit)
	return rows, next, nil
}

// matching narrows products to those that hold every word.
func matching(tx *gorm.DB, query string) *gorm.DB {
	for i, w := range strings.Fields(strings.ToLower(query)) {
		if i == 8 {
			break
		}
		like := "%" + db.Literal(w) + "%"
		tx = tx.Where(`(LOWER(product.sku) LIKE ? ESCAPE '\' OR LOWER(product.name_en) LIKE ? ESCAPE '\' OR LOWER(product.name_zh) LIKE ? ESCAPE '\' OR product.gtin LIKE ? ESCAPE '\')`, like, like, like, like)
	}
	return tx
}

// from begins after the product that a cursor names.
func from(tx *gorm.DB, after string) (*gorm.DB, error) {
	if after == "" {
		return tx, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(after)
	sku, org, ok := strings.Cut(string(b), "\x00")
	if err != nil || !ok {
		return nil, fault.InvalidField("after", "form.cursor")
	}
	return tx.Where("(product.sku > ? OR product.sku = ? AND product.org_id > ?)", sku, sku, org), nil
}

// cut takes one page off rows that were read with one more, and its cursor.
func cut(rows []productRow, limit int) ([]productRow, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	last := rows[limit-1]
	return rows[:limit], base64.RawURLEncoding.EncodeToString([]byte(last.SKU + "\x00" + last.OrgID))
}

// productByID finds a product whose company is among those of the reader.
func productByID(ctx context.Context, orgs []string, id ID) (productRow, error) {
	var r productRow
	err := db.Tx(ctx).Where("id = ? AND org_id IN ?", string(id), orgs).Take(&r).Error
	return r, err
}

// references reads cross references of the products: those of one partner, or with
// partner "" of all.
func references(ctx context.Context, org, partner string, ids []ID) ([]Reference, error) {
	tx := db.Tx(ctx).Table("item_reference r").Select("r.org_id, r.partner_id, r.buyer_item, r.product_id, p.sku").Joins("JOIN product p ON p.org_id = r.org_id AND p.id = r.product_id").
		Where("r.org_id = ? AND r.product_id IN ?", org, ids)
	if partner != "" {
		tx = tx.Where("r.partner_id = ?", partner)
	}
	var rows []struct{ OrgID, PartnerID, BuyerItem, ProductID, SKU string }
	err := tx.Order("r.partner_id, r.created, r.buyer_item").Scan(&rows).Error
	out := make([]Reference, len(rows))
	for i, r := range rows {
		out[i] = Reference{r.OrgID, r.PartnerID, r.BuyerItem, ID(r.ProductID), r.SKU}
	}
	return out, err
}

func dropReference(ctx context.Context, org, partner, item string) (bool, error) {
	done := db.Tx(ctx).Where("org_id = ? AND partner_id = ? AND buyer_item = ?", org, partner, item).Delete(&referenceRow{})
	return done.RowsAffected > 0, done.Error
}

// pairing is a partnership as this package needs it.
type pairing struct{ ID, SupplierID, ResellerID, State, Currency string }

// pairs reads the partnerships that a supplier has; all that ever were with ended.
func pairs(ctx context.Context, supplier string, ended bool) ([]pairing, error) {
	tx := db.Tx(ctx).Table("partnership").Select("id, supplier_id, reseller_id, state, currency").Where("supplier_id = ?", supplier)
	if !ended {
		tx = tx.Where("state = 'active'")
	}
	var out []pairing
	err := tx.Order("id").Scan(&out).Error
	return out, err
}

// partnerSlugs are the companies a supplier has a partnership with, by slug.
func partnerSlugs(ctx context.Context, supplier string) (map[string]string, error) {
	var rows []struct{ ID, Slug string }
	err := db.Tx(ctx).Raw("SELECT o.id, o.slug FROM partnership p JOIN org o ON o.id = p.reseller_id WHERE p.supplier_id = ?", supplier).Scan(&rows).Error
	out := map[string]string{}
	for _, r := range rows {
		out[r.Slug] = r.ID
	}
	return out, err
}

// successorsOf maps the SKUs that exist to their successors.
func successorsOf(ctx context.Context, org string, skus []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range slices.Chunk(skus, 3000) {
		var rows []productRow
		if err := db.Tx(ctx).Select("sku", "replaced_by").Where("org_id = ? AND sku IN ?", org, part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.SKU] = r.ReplacedBy
		}
	}
	return out, nil
}

// activeByGTIN are the SKUs of the active products that have one of the GTINs, as piece or
// as pack.
func activeByGTIN(ctx context.Context, org string, gtins []string) (map[string][]string, error) {
	out := map[string][]string{}
	for part := range slices.Chunk(gtins, 3000) {
		var rows []struct{ Gtin, Sku string }
		err := db.Tx(ctx).Raw("SELECT p.gtin, p.sku FROM product p WHERE p.org_id = ? AND p.gtin IN ? AND p.state = ? UNION ALL SELECT k.gtin, p.sku FROM pack k JOIN product p ON p.org_id = k.org_id AND p.id = k.product_id WHERE k.org_id = ? AND k.gtin IN ? AND p.state = ?",
			org, part, Active, org, part, Active).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.Gtin] = append(out[r.Gtin], r.Sku)
		}
	}
	return out, nil
}

// bySKUs reads products with their packs, by SKU; what does not exist is missing.
func bySKUs(ctx context.Context, org string, skus []string) (map[string]Product, error) {
	out := map[string]Product{}
	for part := range slices.Chunk(skus, 3000) {
		var rows []productRow
		if err := db.Tx(ctx).Where("org_id = ? AND sku IN ?", org, part).Find(&rows).Error; err != nil {
			return nil, err
		}
		ids := make([]ID, len(rows))
		at := map[string]string{}
		for i, r := range rows {
			ids[i], at[r.ID] = ID(r.ID), r.SKU
			out[r.SKU] = r.product()
		}
		if len(ids) == 0 {
			continue
		}
		packs, err := packsOf(ctx, org, ids)
		if err != nil {
			return nil, err
		}
		for _, k := range packs {
			p := out[at[k.ProductID]]
			p.Packs = append(p.Packs, k.pack())
			out[p.SKU] = p
		}
	}
	return out, nil
}

// referred reads what numbers of a partner stand for.
func referred(ctx context.Context, org, partner string, items []string, out map[string]string) error {
	var rows []struct{ BuyerItem, SKU string }
	err := db.Tx(ctx).Table("item_reference r").Select("r.buyer_item, p.sku").Joins("JOIN product p ON p.org_id = r.org_id AND p.id = r.product_id").
		Where("r.org_id = ? AND r.partner_id = ? AND r.buyer_item IN ?", org, partner, items).Scan(&rows).Error
	for _, r := range rows {
		out[r.BuyerItem] = r.SKU
	}
	return err
}

// countReferences counts the numbers of the partnerships of a company, of each no further
// than most.
func countReferences(ctx context.Context, scope access.Scope, most int, partnerships []string) (map[string]int, error) {
	out := map[string]int{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []struct {
		ID string
		N  int
	}
	err := db.Tx(ctx).Raw(`SELECT p.id, (SELECT count(*) FROM (SELECT 1 FROM item_reference r WHERE r.org_id = p.supplier_id AND r.partner_id = p.reseller_id LIMIT ?) AS few) AS n
FROM partnership p WHERE p.id IN ? AND (p.supplier_id = ? OR p.reseller_id = ? AND p.state = 'active')`, most, partnerships, scope.Org(), scope.Org()).Scan(&rows).Error
	for _, r := range rows {
		out[r.ID] = r.N
	}
	return out, err
}

// referencesAfter reads the numbers of a partner in their order.
func referencesAfter(ctx context.Context, org, partner, after string, most int) ([]Reference, error) {
	var rows []struct{ BuyerItem, ProductID, SKU string }
	err := db.Tx(ctx).Table("item_reference r").Select("r.buyer_item, r.product_id, p.sku").Joins("JOIN product p ON p.org_id = r.org_id AND p.id = r.product_id").
		Where("r.org_id = ? AND r.partner_id = ? AND r.buyer_item > ?", org, partner, after).Order("r.buyer_item").Limit(most).Scan(&rows).Error
	out := make([]Reference, len(rows))
	for i, r := range rows {
		out[i] = Reference{Supplier: org, Partner: partner, BuyerItem: r.BuyerItem, Product: ID(r.ProductID), SKU: r.SKU}
	}
	return out, err
}
