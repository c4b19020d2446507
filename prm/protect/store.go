package protect

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

type termsRow struct {
	OrgID                               string `gorm:"primaryKey"`
	Currency                            string `gorm:"primaryKey"`
	PartnerID                           string `gorm:"primaryKey"`
	Days, Cover, Cap, Least, AnswerDays int64
	Changed                             int64
	ChangedBy                           string
}

func (termsRow) TableName() string { return "price_protection_terms" }

func (r termsRow) terms() Terms {
	c := money.Currency(r.Currency)
	return Terms{Currency: c, Partner: r.PartnerID, Days: int(r.Days), Cover: money.Rate(r.Cover), Cap: money.Amount{Minor: r.Cap, Currency: c}, Least: money.Amount{Minor: r.Least, Currency: c}, AnswerDays: int(r.AnswerDays), Changed: db.FromMicros(r.Changed)}
}

type row struct {
	ID                                                   string `gorm:"primaryKey"`
	SupplierID, ResellerID, PartnershipID, Currency, Day string
	State, Why                                           string
	Basis, ReportID, ReportNo, ReportDay, FromDay, ToDay string
	Covered, Straddling                                  int64
	Days, Cover, Cap, Least, Whole, Amount, Ceiling      int64
	SubjectID, ProgramID, Mark                           string
	AnswerBy, NextAt, Reminded, Made, Changed, Answered  int64
	AnsweredBy, Note                                     string
	Version                                              int64
}

func (row) TableName() string { return "price_protection" }

type lineRow struct {
	ProtectionID                           string `gorm:"primaryKey"`
	Position                               int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID, ResellerID, ProductID, SKU string
	Was                                    int64
	WasList                                string
	WasVersion, Price                      int64
	List                                   string
	ListVersion                            int64
	Opening, Came, Sold, Back, Quantity    int64
	Said                                   int64 // -1: nothing
	Amount, Claimed                        int64
}

func (lineRow) TableName() string { return "price_protection_line" }

type claimRow struct {
	ClaimID                              string `gorm:"primaryKey"`
	ProtectionID, SupplierID, ResellerID string
	Made                                 int64
}

func (claimRow) TableName() string { return "price_protection_claim" }

func (r row) protection(lines []lineRow) Protection {
	c := money.Currency(r.Currency)
	amount := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: c} }
	out := Protection{ID: ID(r.ID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Currency: c, Day: r.Day, State: State(r.State), Why: r.Why,
		Terms: r.terms(),
		Stock: Stock{Basis: r.Basis, Report: r.ReportID, Number: r.ReportNo, ReportDay: r.ReportDay, From: r.FromDay, To: r.ToDay, Complete: r.Covered == 1, Straddling: int(r.Straddling)},
		Whole: amount(r.Whole), Amount: amount(r.Amount), Open: amount(0), Mark: r.Mark, Answered: db.FromMicros(r.Answered), AnsweredBy: r.AnsweredBy, Note: r.Note, Changed: db.FromMicros(r.Changed)}
	if r.AnswerBy > 0 {
		out.AnswerBy = db.FromMicros(r.AnswerBy)
	}
	if r.Answered == 0 {
		out.Answered = time.Time{}
	}
	for _, l := range lines {
		x := l.line(c)
		out.Open.Minor += max(0, x.Amount.Minor-x.Claimed.Minor)
		out.Lines = append(out.Lines, x)
	}
	return out
}

func (l lineRow) line(c money.Currency) Line {
	q := func(n int64) money.Quantity { return money.Quantity(n) }
	return Line{Position: int(l.Position), Product: l.ProductID, SKU: l.SKU, Was: money.Price(l.Was), Price: money.Price(l.Price), WasList: l.WasList, List: l.List, WasVersion: int(l.WasVersion), Version: int(l.ListVersion),
		Opening: q(l.Opening), Came: q(l.Came), Sold: q(l.Sold), Back: q(l.Back), Quantity: q(l.Quantity), Said: q(max(0, l.Said)), Countered: l.Said >= 0, Amount: money.Amount{Minor: l.Amount, Currency: c}, Claimed: money.Amount{Minor: l.Claimed, Currency: c}}
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func locked(ctx context.Context, lock bool, where string, args ...any) (row, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []row
	if err := tx.Where(where, args...).Limit(1).Find(&rows).Error; err != nil {
		return row{}, err
	}
	if len(rows) == 0 {
		return row{}, notFound()
	}
	return rows[0], nil
}

func byID(ctx context.Context, id ID, lock bool) (row, error) {
	if !db.ValidID(string(id)) {
		return row{}, notFound()
	}
	return locked(ctx, lock, "id = ?", string(id))
}

func byDay(ctx context.Context, supplier, reseller, currency, day string) (row, error) {
	return locked(ctx, true, "supplier_id = ? AND reseller_id = ? AND currency = ? AND day = ?", supplier, reseller, currency, day)
}

// insert adds a protection; false: there is one of its day.
func insert(ctx context.Context, r row) (bool, error) {
	tx := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	return tx.RowsAffected == 1, tx.Error
}

func save(ctx context.Context, r *row) error {
	was := r.Version
	r.Version, r.Changed = was+1, db.Micros(db.Now(ctx))
	tx := db.Tx(ctx).Model(&row{}).Where("id = ? AND version = ?", r.ID, was).Select("*").Updates(r)
	if tx.Error == nil && tx.RowsAffected != 1 {
		return fault.New(fault.Conflict, "error.conflict")
	}
	return tx.Error
}

func linesOf(ctx context.Context, ids ...string) ([]lineRow, error) {
	var rows []lineRow
	return rows, db.Tx(ctx).Where("protection_id IN ?", ids).Order("protection_id, position").Find(&rows).Error
}

func replaceLines(ctx context.Context, id string, rows []lineRow) error {
	if err := db.Tx(ctx).Where("protection_id = ?", id).Delete(&lineRow{}).Error; err != nil || len(rows) == 0 {
		return err
	}
	return db.Tx(ctx).CreateInBatches(rows, 500).Error
}

func addClaim(ctx context.Context, r row, id fund.ClaimID) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&claimRow{ClaimID: string(id), ProtectionID: r.ID, SupplierID: r.SupplierID, ResellerID: r.ResellerID, Made: db.Micros(db.Now(ctx))}).Error
}

func claimsOf(ctx context.Context, id string) ([]fund.ClaimID, error) {
	var ids []fund.ClaimID
	return ids, db.Tx(ctx).Model(&claimRow{}).Where("protection_id = ?", id).Order("made, claim_id").Pluck("claim_id", &ids).Error
}

// ofClaim is the protection of which a claim was made.
func ofClaim(ctx context.Context, id fund.ClaimID, lock bool) (row, error) {
	return locked(ctx, lock, "id IN (SELECT protection_id FROM price_protection_claim WHERE claim_id = ?)", string(id))
}

// subjectOf is the id under which the money of a fall is kept: the same for all partners of a
// currency and a day.
func subjectOf(ctx context.Context, supplier, currency, day string) (string, error) {
	var ids []string
	err := db.Tx(ctx).Model(&row{}).Where("supplier_id = ? AND currency = ? AND day = ?", supplier, currency, day).Order("made, id").Limit(1).Pluck("subject_id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

func due(ctx context.Context, now time.Time, most int) ([]ID, error) {
	var ids []ID
	return ids, db.Tx(ctx).Model(&row{}).Where("next_at > 0 AND next_at <= ?", db.Micros(now)).Order("next_at, id").Limit(most).Pluck("id", &ids).Error
}

// openOf are the protections of a pair that are not answered and whose day is not long over.
func openOf(ctx context.Context, supplier, reseller, since string) ([]ID, error) {
	var ids []ID
	return ids, db.Tx(ctx).Model(&row{}).Where("supplier_id = ? AND reseller_id = ? AND day >= ? AND state IN ?", supplier, reseller, since, []string{string(Proposed), string(Nothing)}).Order("day, id").Pluck("id", &ids).Error
}

// listed are the protections of a company on its sides, the latest changed first, and where the next page begins.
func listed(ctx context.Context, scope access.Scope, supplier, reseller bool, f Filter) ([]row, string, error) {
	org := scope.Org()
	q := db.Tx(ctx)
	switch {
	case supplier && reseller:
		q = q.Where("(supplier_id = ? OR reseller_id = ?)", org, org)
	case supplier:
		q = q.Where("supplier_id = ?", org)
	case reseller:
		q = q.Where("reseller_id = ?", org)
	default:
		q = q.Where("1 = 0")
	}
	if len(f.States) > 0 {
		q = q.Where("state IN ?", f.States)
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
		q = q.Where("(changed < ? OR changed = ? AND id < ?)", at, at, id)
	}
	var rows []row
	if err := q.Order("changed DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		return rows, db.Cursor(rows[f.Limit-1].Changed, rows[f.Limit-1].ID), nil
	}
	return rows, "", nil
}

// openSums are what no claim asks for yet of some protections, by id.
func openSums(ctx context.Context, ids []string) (map[string]int64, error) {
	out := map[string]int64{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct {
		ProtectionID string
		Open         int64
	}
	err := db.Tx(ctx).Raw("SELECT protection_id, CAST(SUM(CASE WHEN amount > claimed THEN amount - claimed ELSE 0 END) AS BIGINT) AS open FROM price_protection_line WHERE protection_id IN ? GROUP BY protection_id", ids).Scan(&rows).Error
	for _, r := range rows {
		out[r.ProtectionID] = r.Open
	}
	return out, err
}

func termRows(ctx context.Context, org string) ([]termsRow, error) {
	var rows []termsRow
	return rows, db.Tx(ctx).Where("org_id = ?", org).Order("currency, partner_id").Find(&rows).Error
}

// agreedRows are the terms of the suppliers with which a company trades, those for all before
// its own ones.
func agreedRows(ctx context.Context, reseller string) ([]termsRow, error) {
	var rows []termsRow
	return rows, db.Tx(ctx).Raw("SELECT t.* FROM price_protection_terms t JOIN partnership p ON p.supplier_id = t.org_id AND p.currency = t.currency WHERE p.reseller_id = ? AND p.state = 'active' AND t.partner_id IN ? ORDER BY t.org_id, t.partner_id", reseller, []string{"", reseller}).Scan(&rows).Error
}

// termsFor are the terms that hold for a partner; 0 days where there are none.
func termsFor(ctx context.Context, org, currency, partner string) (Terms, error) {
	var rows []termsRow
	err := db.Tx(ctx).Where("org_id = ? AND currency = ? AND partner_id IN ?", org, currency, []string{"", partner}).Order("partner_id DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Terms{Currency: money.Currency(currency)}, err
	}
	return rows[0].terms(), nil
}

func putTerms(ctx context.Context, r termsRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "currency"}, {Name: "partner_id"}}, DoUpdates: clause.AssignmentColumns([]string{"days", "cover", "cap", "least", "answer_days", "changed", "changed_by"})}).Create(&r).Error
}

func dropTerms(ctx context.Context, org, currency, partner string) (bool, error) {
	tx := db.Tx(ctx).Where("org_id = ? AND currency = ? AND partner_id = ?", org, currency, partner).Delete(&termsRow{})
	return tx.RowsAffected > 0, tx.Error
}

// pairing is a partnership as this package needs it, with what it needs of its supplier; the
// rows belong to prm/partner and prm/account.
type pairing struct{ ID, SupplierID, ResellerID, State, Currency, Zone, Locale string }

func pairOf(ctx context.Context, id string) (pairing, error) {
	var rows []pairing
	err := db.Tx(ctx).Raw("SELECT p.id, p.supplier_id, p.reseller_id, p.state, p.currency, o.timezone AS zone, o.locale FROM partnership p JOIN org o ON o.id = p.supplier_id WHERE p.id = ?", id).Scan(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return pairing{}, err
	}
	return rows[0], nil
}

func mustTrade(ctx context.Context, supplier, partner, currency string) error {
	var n int64
	err := db.Tx(ctx).Table("partnership").Where("supplier_id = ? AND reseller_id = ? AND currency = ? AND state = 'active'", supplier, partner, currency).Count(&n).Error
	if err == nil && n == 0 {
		err = notFound()
	}
	return err
}

// pricedBy says whether something was claimed, or said by the distributor, by a version of a list.
func pricedBy(ctx context.Context, supplier, list string, version int) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&lineRow{}).Where("supplier_id = ? AND list = ? AND list_version = ? AND (claimed > 0 OR said >= 0)", supplier, list, version).Count(&n).Error
	return n > 0, err
}
