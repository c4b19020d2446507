package promo

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// lineRow is what a promotion does to one order line; quantities in base units.
type lineRow struct {
	PromotionID                                                            string `gorm:"primaryKey"`
	OrderID                                                                string `gorm:"primaryKey"`
	Line                                                                   int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID, OrgID                                                         string
	VersionNo                                                              int64
	Number, SKU, OrderedOn                                                 string
	Arrived                                                                int64
	Unit                                                                   string
	Factor                                                                 int64
	Verdict, Reason, Method, Currency                                      string
	Price, Allowance                                                       int64
	Ordered, Granted, Counted, Confirmed, Shipped, Invoiced, Value, Earned int64
}

func (lineRow) TableName() string { return "promotion_line" }

// pactsOf reads the promotions of an owner that a company ever agreed to, with their agreed
// versions; lock takes the seats that have a limit for writing. They are read once for a
// transaction: no seat moves that it has locked, but by itself.
func pactsOf(ctx context.Context, owner, org string, lock bool) ([]pact, error) {
	return db.Remember(ctx, "promo.pacts:"+owner+":"+org+":"+strconv.FormatBool(lock), []string{"promotion", "promotion_seat", "promotion_version"}, func() ([]pact, error) {
		return readPacts(ctx, owner, org, lock)
	})
}

func readPacts(ctx context.Context, owner, org string, lock bool) ([]pact, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var seats []seatRow
	if err := tx.Where("org_id = ? AND owner_id = ? AND role = ?", org, owner, Participant).Order("promotion_id").Find(&seats).Error; err != nil || len(seats) == 0 {
		return nil, err
	}
	ids := make([]string, len(seats))
	for i, s := range seats {
		ids[i] = s.PromotionID
	}
	var rows []row
	if err := db.Tx(ctx).Omit("draft", "result").Where("id IN ? AND agreed_no > 0", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var vs []versionRow
	if err := db.Tx(ctx).Where("promotion_id IN ? AND agreed > 0", ids).Order("number").Find(&vs).Error; err != nil {
		return nil, err
	}
	out := make([]pact, 0, len(rows))
	for _, r := range rows {
		p := pact{row: r}
		for _, s := range seats {
			if s.PromotionID == r.ID {
				p.seat = s.seat()
			}
		}
		for _, v := range vs {
			if v.PromotionID == r.ID {
				x, err := v.version()
				if err != nil {
					return nil, err
				}
				p.versions = append(p.versions, x)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// giveBack removes the rows of an order and what it had taken.
func giveBack(ctx context.Context, id trade.OrderID) error {
	var rows []lineRow
	if err := db.Tx(ctx).Where("order_id = ?", string(id)).Find(&rows).Error; err != nil || len(rows) == 0 {
		return err
	}
	for _, r := range rows {
		if err := took(ctx, r, -1); err != nil {
			return err
		}
	}
	return db.Tx(ctx).Where("order_id = ?", string(id)).Delete(&lineRow{}).Error
}

// took counts what a row was granted towards the limit of its seat; free goods do not count.
func took(ctx context.Context, r lineRow, sign int64) error {
	if r.Granted == 0 || strings.HasPrefix(r.Reason, "free") {
		return nil
	}
	return db.Tx(ctx).Exec("UPDATE promotion_seat SET taken = taken + ? WHERE promotion_id = ? AND org_id = ?", sign*r.Granted, r.PromotionID, r.OrgID).Error
}

// takeLines adds rows of order lines that have none.
func takeLines(ctx context.Context, rows []lineRow) error {
	for _, r := range rows {
		if err := took(ctx, r, 1); err != nil {
			return err
		}
		if err := db.LaterRow(ctx, &r, ""); err != nil {
			return err
		}
	}
	return nil
}

// saveLines writes rows in place of those of the same order line.
func saveLines(ctx context.Context, rows []lineRow) error {
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "promotion_id"}, {Name: "order_id"}, {Name: "line"}},
		DoUpdates: clause.AssignmentColumns([]string{"version_no", "number", "sku", "ordered_on", "arrived", "unit", "factor", "verdict", "reason", "method", "currency", "price", "allowance",
			"ordered", "granted", "counted", "confirmed", "shipped", "invoiced", "value", "earned"}),
	}).CreateInBatches(rows, 200).Error
}

func linesKey(owner string, id trade.OrderID) string {
	return "promo.lines:" + owner + ":" + string(id)
}

// readyLines reads the rows of some orders for linesOfOrder, and returns which have any.
func readyLines(ctx context.Context, owner string, ids []trade.OrderID) ([]trade.OrderID, error) {
	var rows []lineRow
	if err := db.Tx(ctx).Where("order_id IN ? AND owner_id = ?", ids, owner).Order("order_id, line").Find(&rows).Error; err != nil {
		return nil, err
	}
	by := map[trade.OrderID][]lineRow{}
	for _, r := range rows {
		by[trade.OrderID(r.OrderID)] = append(by[trade.OrderID(r.OrderID)], r)
	}
	for _, id := range ids {
		db.Know(ctx, linesKey(owner, id), []string{"promotion_line"}, by[id])
	}
	return slices.Collect(maps.Keys(by)), nil
}

func linesOfOrder(ctx context.Context, owner string, id trade.OrderID) ([]lineRow, error) {
	if rows, ok := db.Known[[]lineRow](ctx, linesKey(owner, id)); ok {
		return rows, nil
	}
	var rows []lineRow
	return rows, db.Tx(ctx).Where("order_id = ? AND owner_id = ?", string(id), owner).Order("line").Find(&rows).Error
}

func allLines(ctx context.Context, id string) ([]lineRow, error) {
	var rows []lineRow
	return rows, db.Tx(ctx).Where("promotion_id = ?", id).Order("order_id, line").Find(&rows).Error
}

// replaceLines puts rows in place of all of a promotion, and counts its seats anew.
func replaceLines(ctx context.Context, id string, rows []lineRow) error {
	if err := db.Tx(ctx).Where("promotion_id = ?", id).Delete(&lineRow{}).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Model(&seatRow{}).Where("promotion_id = ?", id).Update("taken", 0).Error; err != nil {
		return err
	}
	return takeLines(ctx, rows)
}

// Figures are sums of a promotion's lines that count. Currency is that of Value, net and
// before the allowance, and of Earned.
type Figures struct {
	Org, SKU                              string
	Currency                              money.Currency
	Orders, Lines, Out                    int
	Counted, Confirmed, Shipped, Invoiced money.Quantity
	Sold                                  money.Quantity // on, as far as it was reported and counts
	Value, Earned                         money.Amount
	Extra                                 *Effect `json:",omitempty"` // what it added, as it was settled with
}

// sums adds order lines and resale lines up by a column ("org_id" or "sku"), per currency; org narrows them.
func sums(ctx context.Context, id, org, by string) ([]Figures, error) {
	q := "promotion_id = ?"
	args := []any{id}
	if org != "" {
		q += " AND org_id = ?"
		args = append(args, org)
	}
	var rows []struct {
		Name, Currency                                       string
		Orders, Lines, Out                                   int
		Counted, Confirmed, Shipped, Invoiced, Value, Earned int64
	}
	sum := func(c string) string { return "CAST(SUM(" + c + ") AS BIGINT) AS " + c }
	err := db.Tx(ctx).Raw("SELECT "+by+" AS name, currency, COUNT(DISTINCT CASE WHEN verdict <> 'out' THEN order_id END) AS orders, COUNT(CASE WHEN verdict <> 'out' THEN 1 END) AS lines, COUNT(CASE WHEN verdict = 'out' THEN 1 END) AS out, "+
		strings.Join([]string{sum("counted"), sum("confirmed"), sum("shipped"), sum("invoiced"), sum("value"), sum("earned")}, ", ")+" FROM promotion_line WHERE "+q+" GROUP BY "+by+", currency ORDER BY "+by+", currency", args...).Scan(&rows).Error
	out := make([]Figures, len(rows))
	for i, r := range rows {
		c := money.Currency(r.Currency)
		out[i] = Figures{Currency: c, Orders: r.Orders, Lines: r.Lines, Out: r.Out, Counted: money.Quantity(r.Counted), Confirmed: money.Quantity(r.Confirmed), Shipped: money.Quantity(r.Shipped), Invoiced: money.Quantity(r.Invoiced),
			Value: money.Amount{Minor: r.Value, Currency: c}, Earned: money.Amount{Minor: r.Earned, Currency: c}}
		if by == "sku" {
			out[i].SKU = r.Name
		} else {
			out[i].Org = r.Name
		}
	}
	if err != nil {
		return nil, err
	}
	return withResales(ctx, out, id, org, by)
}

// LineFilter chooses lines. Show is "", "in" or "out".
type LineFilter struct {
	Org, SKU, Show string
	After          string
	Limit          int // default 50, at most 1000
}

// Line is one order line with what a promotion does to it; quantities in base units.
type Line struct {
	Order                                        trade.OrderID
	Number                                       string // of the order
	Line                                         int
	Org, SKU                                     string
	OrderedOn                                    string
	Verdict, Reason, Method                      string
	Ordered, Granted, Counted, Shipped, Invoiced money.Quantity
	Allowance                                    money.Price
	Value, Earned                                money.Amount
}

func (r lineRow) line() Line {
	c := money.Currency(r.Currency)
	q := func(n int64) money.Quantity { return money.Quantity(n) }
	return Line{Order: trade.OrderID(r.OrderID), Number: r.Number, Line: int(r.Line), Org: r.OrgID, SKU: r.SKU, OrderedOn: r.OrderedOn, Verdict: r.Verdict, Reason: r.Reason, Method: r.Method, Ordered: q(r.Ordered), Granted: q(r.Granted), Counted: q(r.Counted), Shipped: q(r.Shipped), Invoiced: q(r.Invoiced),
		Allowance: money.Price(r.Allowance), Value: money.Amount{Minor: r.Value, Currency: c}, Earned: money.Amount{Minor: r.Earned, Currency: c}}
}

// listLines reads a page of lines, the latest order first.
func listLines(ctx context.Context, id string, f LineFilter) ([]Line, string, error) {
	q := db.Tx(ctx).Where("promotion_id = ?", id)
	if f.Org != "" {
		q = q.Where("org_id = ?", f.Org)
	}
	if f.SKU != "" {
		q = q.Where("sku = ?", f.SKU)
	}
	switch f.Show {
	case "in":
		q = q.Where("verdict <> ?", LineOut)
	case "out":
		q = q.Where("verdict = ?", LineOut)
	}
	if f.After != "" {
		place, rest, _ := strings.Cut(f.After, ".")
		at, id, ok := db.ReadCursor(place)
		line, err := strconv.Atoi(rest)
		if !ok || err != nil {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
		q = q.Where("(arrived < ? OR arrived = ? AND (order_id < ? OR order_id = ? AND line > ?))", at, at, id, id, line)
	}
	var rows []lineRow
	if err := q.Order("arrived DESC, order_id DESC, line").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1]
		next = db.Cursor(last.Arrived, last.OrderID) + "." + strconv.FormatInt(last.Line, 10)
	}
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.line()
	}
	return out, next, nil
}

// lotsOf are what the lines of a company earned to be claimed, the oldest document first:
// of its orders, or of its reports where the date is that of the resale.
func lotsOf(ctx context.Context, id, org, currency, by string) ([]Lot, error) {
	if by == ByResale {
		var rows []resaleRow
		err := db.Tx(ctx).Where("promotion_id = ? AND org_id = ? AND currency = ? AND earned <> 0 AND verdict <> ?", id, org, currency, LineOut).Order("arrived, report_id, line").Limit(5000).Find(&rows).Error
		out := make([]Lot, len(rows))
		for i, r := range rows {
			out[i] = Lot{Document: r.ReportID, Line: int(r.Line), Number: r.Number, SKU: r.SKU, On: r.SoldTo, Quantity: money.Quantity(r.Counted), Allowance: money.Price(r.Allowance), Earned: r.Earned}
		}
		return out, err
	}
	var rows []lineRow
	err := db.Tx(ctx).Where("promotion_id = ? AND org_id = ? AND currency = ? AND earned > 0 AND verdict <> ? AND method IN ?", id, org, currency, LineOut, billed).Order("arrived, order_id, line").Limit(5000).Find(&rows).Error
	out := make([]Lot, len(rows))
	for i, r := range rows {
		out[i] = Lot{Document: r.OrderID, Line: int(r.Line), Number: r.Number, SKU: r.SKU, On: r.OrderedOn, Quantity: money.Quantity(r.Invoiced), Allowance: money.Price(r.Allowance), Earned: r.Earned}
	}
	return out, err
}

// earnedOf is what they earned together.
func earnedOf(ctx context.Context, id, org, currency, by string) (n int64, err error) {
	q := db.Tx(ctx).Model(&lineRow{}).Where("earned > 0 AND method IN ?", billed)
	if by == ByResale {
		q = db.Tx(ctx).Model(&resaleRow{})
	}
	err = q.Select("CAST(COALESCE(SUM(earned), 0) AS BIGINT)").Where("promotion_id = ? AND org_id = ? AND currency = ? AND verdict <> ?", id, org, currency, LineOut).Scan(&n).Error
	return max(0, n), err
}

// seenOf is how much of each item the documents show, whether it counts or not.
func seenOf(ctx context.Context, id, org, by string) (map[string]money.Quantity, error) {
	q := db.Tx(ctx).Model(&lineRow{}).Select("sku, CAST(SUM(invoiced) AS BIGINT) AS n")
	if by == ByResale {
		q = db.Tx(ctx).Model(&resaleRow{}).Select("sku, CAST(SUM(sold) AS BIGINT) AS n")
	}
	var rows []struct {
		SKU string
		N   int64
	}
	err := q.Where("promotion_id = ? AND org_id = ?", id, org).Group("sku").Scan(&rows).Error
	out := map[string]money.Quantity{}
	for _, r := range rows {
		out[r.SKU] = money.Quantity(r.N)
	}
	return out, err
}
