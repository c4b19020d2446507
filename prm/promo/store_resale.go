package promo

import (
	"context"
	"strconv"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
)

// resaleRow is what a promotion does to one line of a sell-through report; quantities in
// base units.
type resaleRow struct {
	PromotionID                      string `gorm:"primaryKey"`
	ReportID                         string `gorm:"primaryKey"`
	Line                             int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID, OrgID                   string
	VersionNo                        int64
	Number, SKU, SoldFrom, SoldTo    string
	Arrived                          int64
	Verdict, Reason, Basis, Currency string // Basis is the reason before limits
	Price, Allowance, Sold, Counted  int64
	Value, Earned                    int64
}

func (resaleRow) TableName() string { return "promotion_resale" }

// countryOf is a company's own country.
func countryOf(ctx context.Context, org string) (c string, err error) {
	_, err = db.Row(ctx, "SELECT country FROM org WHERE id = ?", []any{org}, &c)
	return c, err
}

// dropResales removes the rows of reports. The seats are locked.
func dropResales(ctx context.Context, reports []string) error {
	var rows []resaleRow
	if err := db.Tx(ctx).Where("report_id IN ?", reports).Find(&rows).Error; err != nil || len(rows) == 0 {
		return err
	}
	t := tally{}
	t.resales(rows, -1)
	if err := t.write(ctx); err != nil {
		return err
	}
	return db.Tx(ctx).Where("report_id IN ?", reports).Delete(&resaleRow{}).Error
}

// reportedIn are the promotions in which some reports have rows.
func reportedIn(ctx context.Context, reports []string) (map[string]bool, error) {
	var ids []string
	err := db.Tx(ctx).Model(&resaleRow{}).Where("report_id IN ?", reports).Distinct().Pluck("promotion_id", &ids).Error
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

func addResales(ctx context.Context, rows []resaleRow) error {
	if len(rows) == 0 {
		return nil
	}
	t := tally{}
	t.resales(rows, 1)
	if err := t.write(ctx); err != nil {
		return err
	}
	return db.Tx(ctx).CreateInBatches(rows, 500).Error
}

// resalesOf are the rows of a company in a promotion.
func resalesOf(ctx context.Context, id, org string) ([]resaleRow, error) {
	var rows []resaleRow
	return rows, db.Tx(ctx).Where("promotion_id = ? AND org_id = ?", id, org).Order("report_id, line").Find(&rows).Error
}

// cameBack are the rows of what came back late to a company in some promotions, by promotion:
// their lines and what was counted of them.
func cameBack(ctx context.Context, org string, gs []granting) (map[string][]resaleRow, error) {
	ids := make([]string, len(gs))
	for i, g := range gs {
		ids[i] = g.id
	}
	var rows []resaleRow // the index is of this word alone
	if err := db.Tx(ctx).Select("promotion_id", "report_id", "line", "counted").Where("org_id = ? AND promotion_id IN ? AND basis = '"+WhyBack+"'", org, ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string][]resaleRow{}
	for _, r := range rows {
		out[r.PromotionID] = append(out[r.PromotionID], r)
	}
	return out, nil
}

// saveResales writes the rows that are another than before, in the order they were read or
// in any.
func saveResales(ctx context.Context, was, now []resaleRow) error {
	old := map[reportLine]resaleRow{}
	for _, r := range was {
		old[r.place()] = r
	}
	t := tally{}
	t.resales(was, -1)
	t.resales(now, 1)
	if err := t.write(ctx); err != nil {
		return err
	}
	var rows []resaleRow
	for _, r := range now {
		if old[r.place()] != r {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "promotion_id"}, {Name: "report_id"}, {Name: "line"}},
		DoUpdates: clause.AssignmentColumns([]string{"verdict", "reason", "counted", "allowance", "value", "earned"})}).CreateInBatches(rows, 500).Error
}

// replaceResales puts rows in place of all there were of a company.
func replaceResales(ctx context.Context, id, org string, was, now []resaleRow) error {
	if err := db.Tx(ctx).Where("promotion_id = ? AND org_id = ?", id, org).Delete(&resaleRow{}).Error; err != nil {
		return err
	}
	t := tally{}
	t.resales(was, -1)
	if err := t.write(ctx); err != nil {
		return err
	}
	return addResales(ctx, now)
}

// tookResales notes how much of the limit of a seat resale lines took.
func tookResales(ctx context.Context, id, org string, taken money.Quantity) error {
	_, err := db.Exec(ctx, "UPDATE promotion_seat SET taken = ? WHERE promotion_id = ? AND org_id = ? AND taken <> ?", int64(taken), id, org, int64(taken))
	return err
}

// ResoldLine is one line of a sell-through report with what a promotion does to it.
type ResoldLine struct {
	Report          string
	Number          string // of the report
	Line            int
	Org, SKU        string
	From, To        string
	Verdict, Reason string
	Sold, Counted   money.Quantity
	Allowance       money.Price
	Earned          money.Amount
}

// listResales reads a page of resale lines, the latest report first.
func listResales(ctx context.Context, id string, f LineFilter) ([]ResoldLine, string, error) {
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
		q = q.Where("arrived <= ? AND (arrived < ? OR report_id < ? OR report_id = ? AND line > ?)", at, at, id, id, line)
	}
	var rows []resaleRow
	if err := q.Order("arrived DESC, report_id DESC, line").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1]
		next = db.Cursor(last.Arrived, last.ReportID) + "." + strconv.FormatInt(last.Line, 10)
	}
	out := make([]ResoldLine, len(rows))
	for i, r := range rows {
		out[i] = ResoldLine{r.ReportID, r.Number, int(r.Line), r.OrgID, r.SKU, r.SoldFrom, r.SoldTo, r.Verdict, r.Reason, money.Quantity(r.Sold), money.Quantity(r.Counted), money.Price(r.Allowance), money.Amount{Minor: r.Earned, Currency: money.Currency(r.Currency)}}
	}
	return out, next, nil
}
