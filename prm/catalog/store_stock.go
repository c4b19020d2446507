package catalog

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/money"
)

type stockRow struct {
	OrgID             string `gorm:"primaryKey"`
	ProductID         string `gorm:"primaryKey"`
	Place             string `gorm:"primaryKey"`
	Quantity, AsOf    int64
	Source, ChangedBy string
}

func (stockRow) TableName() string { return "stock" }

type termsRow struct {
	OrgID               string `gorm:"primaryKey"`
	PartnerID           string `gorm:"primaryKey"`
	StockShown          string
	StockLow            int64
	StockEdi, PricesEdi bool
	StockSent, Changed  int64
	ChangedBy           string
}

func (termsRow) TableName() string { return "catalog_terms" }

func (r termsRow) terms() Terms {
	return Terms{Partner: r.PartnerID, Own: r.PartnerID != "", Shown: r.StockShown, Low: money.Quantity(r.StockLow), StockEDI: r.StockEdi, PricesEDI: r.PricesEdi, StockSent: db.FromMicros(r.StockSent)}
}

type reportRow struct {
	ID                                            string `gorm:"primaryKey"`
	SupplierID, ResellerID, PartnershipID         string
	Number, Day, Source, SourceKey, InterchangeID string
	LineCount, Unknown, Received                  int64
}

func (reportRow) TableName() string { return "stock_report" }

func (r reportRow) report() Report {
	return Report{ID: r.ID, Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Number: r.Number, Day: r.Day, Source: r.Source, Interchange: r.InterchangeID, Lines: int(r.LineCount), Unknown: int(r.Unknown), Received: db.FromMicros(r.Received)}
}

type reportLineRow struct {
	ReportID                          string `gorm:"primaryKey"`
	Position                          int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID, ResellerID, ProductID string
	SKU, BuyerItem, Gtin, Place, Kind string
	Quantity                          int64
	Unit                              string
	Pieces                            int64
}

func (reportLineRow) TableName() string { return "stock_report_line" }

func putStock(ctx context.Context, rows []stockRow) error {
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b stockRow) int {
		return strings.Compare(a.ProductID+"\x00"+a.Place, b.ProductID+"\x00"+b.Place)
	})
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "product_id"}, {Name: "place"}},
		DoUpdates: clause.AssignmentColumns([]string{"quantity", "as_of", "source", "changed_by"})}).CreateInBatches(rows, 1000).Error
}

// stockOf reads the stock of products by product.
func stockOf(ctx context.Context, org string, ids []ID) (map[ID][]stockRow, error) {
	out := map[ID][]stockRow{}
	for part := range slices.Chunk(ids, 3000) {
		var rows []stockRow
		if err := db.Tx(ctx).Where("org_id = ? AND product_id IN ?", org, part).Order("product_id, place").Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[ID(r.ProductID)] = append(out[ID(r.ProductID)], r)
		}
	}
	return out, nil
}

// sum adds up places; at is the oldest count among them.
func sum(rows []stockRow) (q money.Quantity, at time.Time) {
	oldest := int64(0)
	for _, r := range rows {
		if n := q + money.Quantity(r.Quantity); n >= q { // what does not fit stays at the most that does
			q = n
		}
		if oldest == 0 || r.AsOf < oldest {
			oldest = r.AsOf
		}
	}
	return q, db.FromMicros(oldest)
}

// stockPage reads the owner's products that match, one page by SKU.
func stockPage(ctx context.Context, org string, f Filter) ([]productRow, string, error) {
	tx, err := from(matching(db.Tx(ctx).Table("product").Where("product.org_id = ?", org), f.Query), f.After)
	if err != nil {
		return nil, "", err
	}
	if f.State != "" {
		tx = tx.Where("product.state = ?", f.State)
	}
	var rows []productRow
	if err := tx.Order("product.sku, product.org_id").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, "", err
	}
	rows, next := cut(rows, f.Limit)
	return rows, next, nil
}

// termsOf reads what partners of a company are told: the default under "", and rows
// of their own.
func termsOf(ctx context.Context, org string, partners ...string) (map[string]Terms, error) {
	tx := db.Tx(ctx).Where("org_id = ?", org)
	if len(partners) > 0 {
		tx = tx.Where("partner_id IN ?", append([]string{""}, partners...))
	}
	var rows []termsRow
	if err := tx.Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string]Terms{"": {Shown: ShowNothing}}
	for _, r := range rows {
		out[r.PartnerID] = r.terms()
	}
	return out, nil
}

// told picks the terms of a partner: its own, else the default.
func told(all map[string]Terms, partner string) Terms {
	if t, ok := all[partner]; ok && partner != "" {
		return t
	}
	t := all[""]
	t.Partner, t.Own = partner, false
	return t
}

func putTerms(ctx context.Context, org string, t Terms, by string) error {
	row := termsRow{org, t.Partner, t.Shown, int64(t.Low), t.StockEDI, t.PricesEDI, 0, db.Micros(db.Now(ctx)), by}
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "partner_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"stock_shown", "stock_low", "stock_edi", "prices_edi", "changed", "changed_by"})}).Create(&row).Error
}

// dueStock are the partners who take stock by EDI and have not been sent the newest.
func dueStock(ctx context.Context) ([]pairing, error) {
	var out []pairing
	err := db.Tx(ctx).Raw(`SELECT p.id, p.supplier_id, p.reseller_id, p.state, p.currency FROM catalog_terms t JOIN partnership p ON p.supplier_id = t.org_id AND p.reseller_id = t.partner_id AND p.state = 'active'
		WHERE t.stock_edi = ? AND t.stock_shown = ? AND t.stock_sent < (SELECT MAX(s.as_of) FROM stock s WHERE s.org_id = t.org_id) ORDER BY p.id LIMIT 500`, true, ShowExact).Scan(&out).Error
	return out, err
}

func markSent(ctx context.Context, org, partner string, at int64) (bool, error) {
	done := db.Tx(ctx).Model(&termsRow{}).Where("org_id = ? AND partner_id = ? AND stock_sent < ?", org, partner, at).Update("stock_sent", at)
	return done.RowsAffected > 0, done.Error
}

func insertReport(ctx context.Context, r reportRow, lines []reportLineRow) (bool, error) {
	done := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	if done.Error != nil || done.RowsAffected == 0 {
		return false, done.Error
	}
	if len(lines) == 0 {
		return true, nil
	}
	return true, db.Tx(ctx).CreateInBatches(lines, 1000).Error
}

func reportByKey(ctx context.Context, reseller, key string) (reportRow, error) {
	var r reportRow
	err := db.Tx(ctx).Where("reseller_id = ? AND source_key = ?", reseller, key).Take(&r).Error
	return r, err
}

func reportByID(ctx context.Context, id string) (reportRow, error) {
	var r reportRow
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	return r, err
}

// latestReports are the newest reports of a company's pairs, one per pair.
func latestReports(ctx context.Context, org string) ([]Report, error) {
	var rows []reportRow
	err := db.Tx(ctx).Raw(`SELECT r.* FROM stock_report r WHERE (r.supplier_id = ? OR r.reseller_id = ?) AND r.id = (SELECT q.id FROM stock_report q WHERE q.supplier_id = r.supplier_id AND q.reseller_id = r.reseller_id ORDER BY q.day DESC, q.received DESC, q.id DESC LIMIT 1)
		ORDER BY r.received DESC, r.id LIMIT 200`, org, org).Scan(&rows).Error
	out := make([]Report, len(rows))
	for i, r := range rows {
		out[i] = r.report()
	}
	return out, err
}

func reportLines(ctx context.Context, id string, after, limit int) ([]ReportLine, error) {
	var rows []reportLineRow
	err := db.Tx(ctx).Where("report_id = ? AND position > ?", id, after).Order("position").Limit(limit).Find(&rows).Error
	out := make([]ReportLine, len(rows))
	for i, r := range rows {
		out[i] = ReportLine{int(r.Position), ID(r.ProductID), r.SKU, r.BuyerItem, r.Gtin, r.Place, r.Kind, money.Quantity(r.Quantity), r.Unit, money.Quantity(r.Pieces)}
	}
	return out, err
}
