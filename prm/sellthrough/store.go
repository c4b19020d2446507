package sellthrough

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
)

type reportRow struct {
	ID, SupplierID, ResellerID, PartnershipID, Number, Purpose, Made, PeriodFrom, PeriodTo, State, ReplacedBy string
	Source, SourceKey, InterchangeID                                                                          string
	SetNo                                                                                                     int64
	Currency, Digest                                                                                          string
	Lines, Doubts, Received                                                                                   int64
	ReceivedBy                                                                                                string
}

func (reportRow) TableName() string { return "sell_report" }

func (r reportRow) report() Report {
	return Report{ID: ID(r.ID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Number: r.Number, Purpose: r.Purpose, Made: r.Made, From: r.PeriodFrom, To: r.PeriodTo, State: r.State, ReplacedBy: ID(r.ReplacedBy),
		Source: r.Source, Interchange: r.InterchangeID, SetNo: int(r.SetNo), Currency: money.Currency(r.Currency), Lines: int(r.Lines), Doubts: int(r.Doubts), Received: db.FromMicros(r.Received), ReceivedBy: r.ReceivedBy}
}

type lineRow struct {
	ReportID                                                                                  string `gorm:"primaryKey"`
	Position                                                                                  int64  `gorm:"primaryKey;autoIncrement:false"`
	ProductID, SKU, BuyerItem, Gtin, Description, Kind, Movement                              string
	Quantity                                                                                  int64
	Unit                                                                                      string
	Pieces                                                                                    int64
	Doubts                                                                                    string
	Price                                                                                     int64
	Currency, SoldFrom, SoldTo                                                                string
	CustomerName, CustomerCity, CustomerPostcode, CustomerCountry, CustomerList, CustomerCode string
	Place, Promotion, Deal, Reference                                                         string
}

func (lineRow) TableName() string { return "sell_line" }

func (r lineRow) line() Line {
	return Line{Position: int(r.Position), Product: r.ProductID, SKU: r.SKU, BuyerItem: r.BuyerItem, GTIN: r.Gtin, Description: r.Description, Kind: r.Kind, Movement: r.Movement, Quantity: money.Quantity(r.Quantity), Unit: r.Unit, Pieces: money.Quantity(r.Pieces),
		Doubts: parted(r.Doubts), Price: money.Price(r.Price), Currency: money.Currency(r.Currency), From: r.SoldFrom, To: r.SoldTo,
		Customer: Customer{r.CustomerName, r.CustomerCity, r.CustomerPostcode, r.CustomerCountry, r.CustomerList, r.CustomerCode}, Place: r.Place, Promotion: r.Promotion, Deal: r.Deal, Reference: r.Reference}
}

func rowOf(id ID, l Line) lineRow {
	return lineRow{string(id), int64(l.Position), l.Product, cut(l.SKU, 60), cut(l.BuyerItem, 60), cut(l.GTIN, 14), cut(l.Description, 200), l.Kind, cut(l.Movement, 6), int64(l.Quantity), cut(l.Unit, 10), int64(l.Pieces), joined(l.Doubts), int64(l.Price), string(l.Currency), l.From, l.To,
		cut(l.Customer.Name, 200), cut(l.Customer.City, 100), cut(l.Customer.Postcode, 20), cut(l.Customer.Country, 3), cut(l.Customer.List, 6), cut(l.Customer.Code, 80), cut(l.Place, 80), cut(l.Promotion, 50), cut(l.Deal, 50), cut(l.Reference, 50)}
}

// pairRow is a partnership as this package needs it; the row belongs to prm/partner.
type pairRow struct{ ID, SupplierID, ResellerID, State, Currency string }

func pairOf(ctx context.Context, id string) (pairRow, error) {
	var p pairRow
	err := db.Tx(ctx).Raw("SELECT id, supplier_id, reseller_id, state, currency FROM partnership WHERE id = ?", id).Scan(&p).Error
	if err == nil && p.ID == "" {
		err = notFound()
	}
	return p, err
}

// pairsOf are the partnerships of a supplier with some resellers.
func pairsOf(ctx context.Context, supplier string, resellers []string) ([]pairRow, error) {
	var rows []pairRow
	if len(resellers) == 0 {
		return nil, nil
	}
	return rows, db.Tx(ctx).Raw("SELECT id, supplier_id, reseller_id, state, currency FROM partnership WHERE supplier_id = ? AND reseller_id IN ? ORDER BY id", supplier, resellers).Scan(&rows).Error
}

func between(ctx context.Context, supplier, reseller string) ([]string, error) {
	var ids []string
	err := db.Tx(ctx).Raw("SELECT id FROM partnership WHERE supplier_id = ? AND reseller_id = ? ORDER BY id", supplier, reseller).Scan(&ids).Error
	return ids, err
}

// stored is a report with what decides whether another one is equal to it.
type stored struct {
	Report
	digest string
}

func (r stored) key(cmd BookCmd) bool {
	return r.Number == cmd.Number && r.From == cmd.From && r.To == cmd.To
}

// standingFor are the reports that count and that a further one takes the place of: of the
// same number and period, those it names, and for a replacement that names none, those of
// the period.
func standingFor(ctx context.Context, partnership string, cmd BookCmd) ([]stored, error) {
	q := "number = ? AND period_from = ? AND period_to = ?"
	args := []any{cmd.Number, cmd.From, cmd.To}
	switch {
	case cmd.Replaces != "":
		q += " OR number = ?"
		args = append(args, cmd.Replaces)
	case cmd.Purpose == PurposeReplace:
		q = "period_from = ? AND period_to = ?"
		args = []any{cmd.From, cmd.To}
	}
	var rows []reportRow
	err := db.Tx(ctx).Where("partnership_id = ? AND state = 'current'", partnership).Where(q, args...).Order("received, id").Find(&rows).Error
	out := make([]stored, len(rows))
	for i, r := range rows {
		out[i] = stored{r.report(), r.Digest}
	}
	return out, err
}

func insert(ctx context.Context, r Report, key, digest string, lines []Line) error {
	row := reportRow{string(r.ID), r.Supplier, r.Reseller, r.Partnership, r.Number, r.Purpose, r.Made, r.From, r.To, r.State, string(r.ReplacedBy), r.Source, key, r.Interchange, int64(r.SetNo), string(r.Currency), digest, int64(r.Lines), int64(r.Doubts), db.Micros(r.Received), r.ReceivedBy}
	if err := db.Tx(ctx).Create(&row).Error; err != nil {
		return err
	}
	for part := range slices.Chunk(lines, chunk) {
		rows := make([]lineRow, len(part))
		for i, l := range part {
			rows[i] = rowOf(r.ID, l)
		}
		if err := db.Tx(ctx).Create(&rows).Error; err != nil {
			return err
		}
	}
	return nil
}

func saveLine(ctx context.Context, id ID, l Line) error {
	r := rowOf(id, l)
	return db.Tx(ctx).Model(&lineRow{}).Where("report_id = ? AND position = ?", r.ReportID, r.Position).Updates(map[string]any{"product_id": r.ProductID, "sku": r.SKU, "buyer_item": r.BuyerItem, "pieces": r.Pieces, "doubts": r.Doubts}).Error
}

func lessDoubts(ctx context.Context, id ID, n int) error {
	_, err := db.Exec(ctx, "UPDATE sell_report SET doubts = doubts - ? WHERE id = ?", n, string(id))
	return err
}

func replace(ctx context.Context, ids []ID, state string, by ID) error {
	return db.Tx(ctx).Model(&reportRow{}).Where("id IN ? AND state = ?", ids, Current).Updates(map[string]any{"state": state, "replaced_by": string(by)}).Error
}

func byID(ctx context.Context, id ID) (Report, error) { return one(ctx, "id = ?", string(id)) }

func bySource(ctx context.Context, partnership, key string) (Report, error) {
	return one(ctx, "partnership_id = ? AND source_key = ?", partnership, key)
}

func one(ctx context.Context, q string, args ...any) (Report, error) {
	var r reportRow
	err := db.Tx(ctx).Where(q, args...).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = notFound()
	}
	return r.report(), err
}

// doubtful are the reports of a pair that count and have lines in doubt.
func doubtful(ctx context.Context, partnership string) ([]Report, error) {
	var rows []reportRow
	err := db.Tx(ctx).Where("partnership_id = ? AND state = 'current' AND doubts > 0", partnership).Order("received, id").Find(&rows).Error
	out := make([]Report, len(rows))
	for i, r := range rows {
		out[i] = r.report()
	}
	return out, err
}

// begun are pairs with lines in doubt for a day that has begun by now.
func begun(ctx context.Context, today string) ([]pairRow, error) {
	var rows []pairRow
	return rows, db.Tx(ctx).Raw(`SELECT DISTINCT r.partnership_id AS id, r.supplier_id, r.reseller_id FROM sell_line l JOIN sell_report r ON r.id = l.report_id
		WHERE l.doubts <> '' AND l.doubts LIKE ? AND l.sold_from <= ? AND r.state = 'current' ORDER BY r.partnership_id LIMIT 500`, "%"+DoubtFuture+"%", today).Scan(&rows).Error
}

// page reads up to one report more than the filter asks for, each side from its own index.
func page(ctx context.Context, scope access.Scope, f Filter, micros int64, id string) ([]Report, error) {
	var out []Report
	for _, col := range []string{"supplier_id", "reseller_id"} {
		tx := db.Tx(ctx).Where(col+" = ?", scope.Org())
		if f.Partnership != "" {
			tx = tx.Where("partnership_id = ?", f.Partnership)
		}
		if f.Doubts {
			tx = tx.Where("doubts > 0")
		}
		if f.State != "" {
			tx = tx.Where("state = ?", f.State)
		}
		if f.Query != "" {
			tx = tx.Where("LOWER(number) LIKE ? ESCAPE '\\'", "%"+db.Literal(strings.ToLower(f.Query))+"%")
		}
		if id != "" {
			tx = tx.Where("(received, id) < (?, ?)", micros, id)
		}
		var rows []reportRow
		if err := tx.Order("received DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, r.report())
		}
	}
	slices.SortFunc(out, func(a, b Report) int {
		if c := b.Received.Compare(a.Received); c != 0 {
			return c
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	return out[:min(len(out), f.Limit+1)], nil
}

func lines(ctx context.Context, id ID, f LineFilter) ([]Line, error) {
	tx := db.Tx(ctx).Where("report_id = ? AND position > ?", string(id), f.After)
	if f.Doubts {
		tx = tx.Where("doubts <> ''")
	}
	var rows []lineRow
	err := tx.Order("position").Limit(f.Limit).Find(&rows).Error
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.line()
	}
	return out, err
}

func totals(ctx context.Context, id ID) (t Totals, err error) {
	err = db.Rows(ctx, "SELECT CAST(COALESCE(SUM(CASE WHEN pieces > 0 THEN pieces ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN pieces < 0 THEN -pieces ELSE 0 END), 0) AS BIGINT) FROM sell_line WHERE report_id = ? AND pieces <> 0", []any{string(id)},
		func(scan func(...any) error) error { return scan((*int64)(&t.Sold), (*int64)(&t.Returned)) })
	return t, err
}

// totalsIn are the pieces of the lines of reports that count whose days lie in a period.
func totalsIn(ctx context.Context, partnership string, p Period) (t Totals, err error) {
	err = db.Rows(ctx, `SELECT CAST(COALESCE(SUM(CASE WHEN l.pieces > 0 THEN l.pieces ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN l.pieces < 0 THEN -l.pieces ELSE 0 END), 0) AS BIGINT) FROM sell_report r JOIN sell_line l ON l.report_id = r.id
		WHERE r.partnership_id = ? AND r.state = 'current' AND r.period_to >= ? AND r.period_from <= ? AND l.pieces <> 0 AND l.sold_from >= ? AND l.sold_to <= ?`, []any{partnership, p.From, p.To, p.From, p.To},
		func(scan func(...any) error) error { return scan((*int64)(&t.Sold), (*int64)(&t.Returned)) })
	return t, err
}

func overlapping(ctx context.Context, r Report) ([]Report, error) {
	var rows []reportRow
	err := db.Tx(ctx).Where("partnership_id = ? AND state = 'current' AND period_to >= ? AND period_from <= ? AND id <> ?", r.Partnership, r.From, r.To, string(r.ID)).Order("period_from, id").Limit(20).Find(&rows).Error
	out := make([]Report, len(rows))
	for i, x := range rows {
		out[i] = x.report()
	}
	return out, err
}

type planRow struct {
	PartnershipID                        string `gorm:"primaryKey"`
	SupplierID, ResellerID, Grain, Since string
	DueDays                              int64
	Dual                                 bool
	Changed                              int64
	ChangedBy                            string
	Version                              int64
}

func (planRow) TableName() string { return "sell_plan" }

func (r planRow) plan() Plan {
	return Plan{r.PartnershipID, r.SupplierID, r.ResellerID, r.Grain, r.Since, int(r.DueDays), r.Dual, db.FromMicros(r.Changed), r.ChangedBy, r.Version}
}

func planOf(ctx context.Context, partnership string) (Plan, error) {
	var rows []planRow
	err := db.Tx(ctx).Where("partnership_id = ?", partnership).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Plan{Partnership: partnership}, err
	}
	return rows[0].plan(), nil
}

func plansOf(ctx context.Context, scope access.Scope) ([]Plan, error) {
	var rows []planRow
	err := db.Tx(ctx).Where("supplier_id = ? OR reseller_id = ?", scope.Org(), scope.Org()).Order("partnership_id").Find(&rows).Error
	out := make([]Plan, len(rows))
	for i, r := range rows {
		out[i] = r.plan()
	}
	return out, err
}

// plansIn are the plans of partnerships that have one.
func plansIn(ctx context.Context, partnerships []string) (map[string]Plan, error) {
	out := map[string]Plan{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []planRow
	err := db.Tx(ctx).Where("partnership_id IN ?", partnerships).Find(&rows).Error
	for _, r := range rows {
		out[r.PartnershipID] = r.plan()
	}
	return out, err
}

// putPlan writes a plan that still has the version of p, 0 for the first.
func putPlan(ctx context.Context, p Plan) (bool, error) {
	r := planRow{p.Partnership, p.Supplier, p.Reseller, p.Grain, p.Since, int64(p.DueDays), p.Dual, db.Micros(p.Changed), p.ChangedBy, p.Version + 1}
	if p.Version == 0 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&planRow{}).Where("partnership_id = ? AND version = ?", p.Partnership, p.Version).Select("*").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

// spans are the periods of reports that count, by partnership, from a day on.
func spans(ctx context.Context, partnerships []string, from string) (map[string][]span, error) {
	out := map[string][]span{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []struct {
		PartnershipID, PeriodFrom, PeriodTo string
		Received                            int64
	}
	err := db.Tx(ctx).Raw("SELECT partnership_id, period_from, period_to, MIN(received) AS received FROM sell_report WHERE partnership_id IN ? AND state = 'current' AND period_to >= ? GROUP BY partnership_id, period_from, period_to", partnerships, from).Scan(&rows).Error
	for _, r := range rows {
		out[r.PartnershipID] = append(out[r.PartnershipID], span{Period{r.PeriodFrom, r.PeriodTo}, db.FromMicros(r.Received).UTC().Format(day)})
	}
	return out, err
}

type chaseRow struct {
	PartnershipID string `gorm:"primaryKey"`
	PeriodFrom    string `gorm:"primaryKey"`
	Day           string `gorm:"primaryKey"`
	Chased        int64
	ChasedBy      string
}

func (chaseRow) TableName() string { return "sell_chase" }

func putChase(ctx context.Context, partnership, from, day, person string) (bool, error) {
	r := chaseRow{partnership, from, day, db.Micros(db.Now(ctx)), person}
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	return res.RowsAffected == 1, res.Error
}

// chases are the last reminders, by partnership and first day of the period.
func chases(ctx context.Context, partnerships []string, from string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []struct {
		PartnershipID, PeriodFrom string
		Chased                    int64
	}
	err := db.Tx(ctx).Raw("SELECT partnership_id, period_from, MAX(chased) AS chased FROM sell_chase WHERE partnership_id IN ? AND period_from >= ? GROUP BY partnership_id, period_from", partnerships, from).Scan(&rows).Error
	for _, r := range rows {
		out[r.PartnershipID+r.PeriodFrom] = db.FromMicros(r.Chased)
	}
	return out, err
}

type soldRow struct {
	SoldFrom, SoldTo, SKU string
	Pieces                int64
}

// soldIn is what counts of products in lines whose span meets that of two days.
func soldIn(ctx context.Context, partnership, from, to string, skus []string) ([]soldRow, error) {
	var rows []soldRow
	return rows, db.Tx(ctx).Raw(`SELECT l.sold_from, l.sold_to, l.sku, CAST(SUM(l.pieces) AS BIGINT) AS pieces FROM sell_report r JOIN sell_line l ON l.report_id = r.id
		WHERE r.partnership_id = ? AND r.state = 'current' AND r.period_to >= ? AND r.period_from <= ? AND l.pieces <> 0 AND l.sold_to >= ? AND l.sold_from <= ? AND l.sku IN ?
		GROUP BY l.sold_from, l.sold_to, l.sku ORDER BY l.sold_from, l.sold_to, l.sku`, partnership, from, to, from, to, append([]string{""}, skus...)).Scan(&rows).Error
}
