package channel

import (
	"context"
	"errors"
	"maps"
	"time"

	"gorm.io/gorm"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
)

// pairRow is a partnership as this package needs it; the row belongs to prm/partner, as the
// others read here belong to the packages of their names.
type pairRow struct{ ID, SupplierID, ResellerID string }

func pairOf(ctx context.Context, id string) (pairRow, error) {
	var p pairRow
	err := db.Tx(ctx).Table("partnership").Select("id", "supplier_id", "reseller_id").Where("id = ?", id).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return p, err
}

// mostStocks is how many reports are offered: the newest of each day.
const mostStocks = 60

// stocksOf are the newest stock reports of a pair, one for each day.
func stocksOf(ctx context.Context, p pairRow) ([]Stock, error) {
	var rows []struct {
		ID, Number, Day string
		LineCount       int
	}
	err := db.Tx(ctx).Table("stock_report").Where("supplier_id = ? AND reseller_id = ?", p.SupplierID, p.ResellerID).Order("day DESC, received DESC, id DESC").Limit(mostStocks * 4).Find(&rows).Error
	var out []Stock
	for _, r := range rows {
		if n := len(out); n < mostStocks && (n == 0 || out[n-1].Day != r.Day) {
			out = append(out, Stock{r.ID, r.Number, r.Day, r.LineCount})
		}
	}
	return out, err
}

// stocksBetween are the reports of stock of a pair from one day to another, the newest first.
func stocksBetween(ctx context.Context, p pairRow, from, to string) ([]Stock, error) {
	var rows []struct {
		ID, Number, Day string
		LineCount       int
	}
	err := db.Tx(ctx).Table("stock_report").Where("supplier_id = ? AND reseller_id = ? AND day >= ? AND day <= ?", p.SupplierID, p.ResellerID, from, to).Order("day DESC, received DESC, id DESC").Limit(mostStocks).Find(&rows).Error
	out := make([]Stock, len(rows))
	for i, r := range rows {
		out[i] = Stock{r.ID, r.Number, r.Day, r.LineCount}
	}
	return out, err
}

// stockIn is the stock of a report by SKU, in base units: what is on hand (17), of an item of
// which that is not told what is available (33).
func stockIn(ctx context.Context, report string) (map[string]money.Quantity, error) {
	kinds := map[string]map[string]money.Quantity{"17": {}, "33": {}}
	err := db.Rows(ctx, "SELECT kind, sku, CAST(SUM(pieces) AS BIGINT) FROM stock_report_line WHERE report_id = ? AND product_id <> '' AND kind IN ('17', '33') GROUP BY kind, sku", []any{report}, func(scan func(...any) error) error {
		var kind, sku string
		var n int64
		err := scan(&kind, &sku, &n)
		kinds[kind][sku] = money.Quantity(n)
		return err
	})
	maps.Copy(kinds["33"], kinds["17"])
	return kinds["33"], err
}

// shippedIn is what was shipped to a reseller after one day until another, but what went to
// its customers at once.
func shippedIn(ctx context.Context, p pairRow, from, to string) ([]moved, error) {
	var out []moved
	err := db.Tx(ctx).Raw(`SELECT l.sku, l.unit, CAST(SUM(x.quantity) AS BIGINT) AS quantity FROM shipment s JOIN purchase_order o ON o.id = s.order_id JOIN shipment_line x ON x.shipment_id = s.id JOIN order_line l ON l.order_id = s.order_id AND l.line = x.line
		WHERE s.supplier_id = ? AND s.reseller_id = ? AND s.shipped_on > ? AND s.shipped_on <= ? AND o.kind <> 'DS' AND l.sku <> '' GROUP BY l.sku, l.unit ORDER BY l.sku, l.unit`, p.SupplierID, p.ResellerID, from, to).Scan(&out).Error
	return out, err
}

// sentBack is what came back to the supplier in that time.
func sentBack(ctx context.Context, p pairRow, from, to string) ([]moved, error) {
	least, err := time.Parse(time.DateOnly, after(from))
	if err != nil {
		return nil, err
	}
	most, err := time.Parse(time.DateOnly, after(to))
	if err != nil {
		return nil, err
	}
	var out []moved
	err = db.Tx(ctx).Raw(`SELECT l.sku, l.unit, CAST(SUM(l.arrived) AS BIGINT) AS quantity FROM goods_return r JOIN goods_return_line l ON l.return_id = r.id
		WHERE r.supplier_id = ? AND r.reseller_id = ? AND r.arrived >= ? AND r.arrived < ? AND l.sku <> '' GROUP BY l.sku, l.unit ORDER BY l.sku, l.unit`, p.SupplierID, p.ResellerID, db.Micros(least), db.Micros(most)).Scan(&out).Error
	return out, err
}

// soldOn is what was sold on in that time by SKU, less what customers brought back, and how
// many lines have a period that only begins or ends in it.
func soldOn(ctx context.Context, p pairRow, from, to string) (sold map[string]money.Quantity, straddling int, err error) {
	sold = map[string]money.Quantity{}
	const lines = ` FROM sell_report r JOIN sell_line l ON l.report_id = r.id WHERE r.partnership_id = ? AND r.state = 'current' AND r.period_to > ? AND r.period_from <= ? AND l.pieces <> 0`
	err = db.Rows(ctx, "SELECT l.sku, CAST(SUM(l.pieces) AS BIGINT)"+lines+" AND l.sold_from > ? AND l.sold_to <= ? GROUP BY l.sku", []any{p.ID, from, to, from, to}, func(scan func(...any) error) error {
		var sku string
		var n int64
		err := scan(&sku, &n)
		sold[sku] = money.Quantity(n)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	_, err = db.Row(ctx, "SELECT COUNT(*)"+lines+" AND l.sold_to > ? AND l.sold_from <= ? AND NOT (l.sold_from > ? AND l.sold_to <= ?)", []any{p.ID, from, to, from, to, from, to}, &straddling)
	return sold, straddling, err
}

// covered says that sell-through reports speak of every day after one until another.
func covered(ctx context.Context, p pairRow, from, to string) (bool, error) {
	open := after(from)
	err := db.Rows(ctx, "SELECT period_from, period_to FROM sell_report WHERE partnership_id = ? AND state = 'current' AND period_to > ? AND period_from <= ? ORDER BY period_from", []any{p.ID, from, to}, func(scan func(...any) error) error {
		var a, b string
		if err := scan(&a, &b); err != nil {
			return err
		}
		if a <= open && b >= open {
			open = after(b)
		}
		return nil
	})
	return open > to, err
}
