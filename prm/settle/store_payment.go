package settle

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

type paymentRow struct {
	ID, SupplierID, ResellerID, PartnershipID, Number, Method, PaidOn, Currency string
	Total                                                                       int64
	Outcome, Reason, Args, Document, ContentHash, Source, SourceKey             string
	InterchangeID                                                               string
	SetNo, Made                                                                 int64
	MadeBy, MadeOrg                                                             string
	Settled                                                                     int64
	SettledBy, SettledOrg, Note                                                 string
}

func (paymentRow) TableName() string { return "payment" }

type paymentLineRow struct {
	PaymentID                   string `gorm:"primaryKey"`
	Position                    int64  `gorm:"primaryKey;autoIncrement:false"`
	Kind, DocumentNo, InvoiceID string
	Stated, Paid, Discount      int64
}

func (paymentLineRow) TableName() string { return "payment_line" }

type settlementRow struct {
	ID, InvoiceID, SupplierID, ResellerID string
	Amount                                int64
	ByKind, ByID                          string
	Position, Made                        int64
}

func (settlementRow) TableName() string { return "settlement" }

type issueRow struct {
	ID, PaymentID                                                string
	Position                                                     int64
	Kind, SupplierID, ResellerID, PartnershipID, InvoiceID       string
	DocumentNo, Currency                                         string
	Amount                                                       int64
	Code, CodeUN, Reference, Note, State, SubjectKind, SubjectID string
	OwnerID                                                      string
	Due, Overdue                                                 int64
	Answer, AnswerNote                                           string
	Made, Settled                                                int64
	SettledBy, SettledOrg                                        string
}

func (issueRow) TableName() string { return "payment_issue" }

func (x *issueRow) issue() Issue {
	return Issue{ID: IssueID(x.ID), Payment: PaymentID(x.PaymentID), Position: int(x.Position), Kind: x.Kind, Supplier: x.SupplierID, Reseller: x.ResellerID, Partnership: x.PartnershipID, Invoice: trade.InvoiceID(x.InvoiceID),
		Number: x.DocumentNo, Amount: x.amountOf(x.Amount), Code: x.Code, CodeUN: x.CodeUN, Reference: x.Reference, Note: x.Note, State: x.State, SubjectKind: x.SubjectKind, Subject: x.SubjectID,
		Owner: x.OwnerID, Due: db.FromMicros(x.Due), Answer: x.Answer, AnswerNote: x.AnswerNote, At: db.FromMicros(x.Made), Settled: db.FromMicros(x.Settled), SettledBy: x.SettledBy, SettledOrg: x.SettledOrg}
}

func (r *paymentRow) payment() Payment {
	c := money.Currency(r.Currency)
	p := Payment{ID: PaymentID(r.ID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Number: r.Number, Method: r.Method, PaidOn: r.PaidOn, Total: money.Amount{Minor: r.Total, Currency: c},
		Applied: money.Amount{Currency: c}, Rest: money.Amount{Currency: c}, Outcome: Outcome(r.Outcome), Reason: r.Reason, Source: r.Source, Interchange: r.InterchangeID, SetNo: int(r.SetNo),
		By: r.MadeBy, ByOrg: r.MadeOrg, At: db.FromMicros(r.Made), SettledBy: r.SettledBy, SettledOrg: r.SettledOrg, Settled: db.FromMicros(r.Settled), Note: r.Note}
	if json.Unmarshal([]byte(r.Args), &p.Args) != nil {
		p.Args = nil
	}
	return p
}

func paymentBySource(ctx context.Context, supplier, key string) (paymentRow, error) {
	var r paymentRow
	err := db.Tx(ctx).Where("supplier_id = ? AND source_key = ? AND source_key <> ''", supplier, key).Take(&r).Error
	return r, err
}

func paymentByID(ctx context.Context, id PaymentID, lock bool) (paymentRow, error) {
	tx := db.Tx(ctx)
	if lock {
		tx = locked(ctx)
	}
	var r paymentRow
	err := tx.Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

// paymentsByNumber are the other payments of a pair under the number of r, or under what
// was made of it.
func paymentsByNumber(ctx context.Context, r *paymentRow) ([]paymentRow, error) {
	if db.DialectOf(ctx) == db.Postgres { // two at once under one number wait for each other
		if err := db.Tx(ctx).Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "payment:"+r.SupplierID+":"+r.ResellerID+":"+r.Number).Error; err != nil {
			return nil, err
		}
	}
	var rows []paymentRow
	return rows, db.Tx(ctx).Select("id", "number", "content_hash", "outcome").Where("supplier_id = ? AND reseller_id = ? AND (number = ? OR number LIKE ? ESCAPE '\\') AND id <> ?", r.SupplierID, r.ResellerID, r.Number, db.Literal(r.Number)+"/%", r.ID).
		Order("made, id").Limit(200).Find(&rows).Error
}

func takenNumber(rows []paymentRow, number string) bool {
	return slices.ContainsFunc(rows, func(r paymentRow) bool { return r.Number == number })
}

func savePayment(ctx context.Context, r *paymentRow) error {
	return db.Tx(ctx).Model(&paymentRow{}).Where("id = ?", r.ID).Updates(map[string]any{
		"number": r.Number, "currency": r.Currency, "total": r.Total, "outcome": r.Outcome, "reason": r.Reason, "args": r.Args, "settled": r.Settled, "settled_by": r.SettledBy, "settled_org": r.SettledOrg, "note": r.Note}).Error
}

func issueByID(ctx context.Context, id IssueID) (issueRow, error) {
	var r issueRow
	err := locked(ctx).Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

func issueRows(ctx context.Context, where string, args ...any) ([]issueRow, error) {
	var rows []issueRow
	return rows, db.Tx(ctx).Where(where, args...).Order("made, id").Limit(1000).Find(&rows).Error
}

func saveIssue(ctx context.Context, x *issueRow) error {
	return db.Tx(ctx).Model(&issueRow{}).Where("id = ?", x.ID).Updates(map[string]any{
		"invoice_id": x.InvoiceID, "state": x.State, "subject_kind": x.SubjectKind, "subject_id": x.SubjectID, "owner_id": x.OwnerID, "due": x.Due, "overdue": x.Overdue, "answer": x.Answer, "answer_note": x.AnswerNote,
		"settled": x.Settled, "settled_by": x.SettledBy, "settled_org": x.SettledOrg}).Error
}

// issuesOf are issues with the numbers of what they name.
func issuesOf(ctx context.Context, where string, args ...any) ([]Issue, error) {
	rows, err := issueRows(ctx, where, args...)
	if err != nil {
		return nil, err
	}
	return fillIssues(ctx, rows)
}

func fillIssues(ctx context.Context, rows []issueRow) ([]Issue, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var payments, disputes, invoices []string
	for _, r := range rows {
		payments = append(payments, r.PaymentID)
		switch {
		case r.SubjectID == "":
		case r.SubjectKind == DocumentDispute:
			disputes = append(disputes, r.SubjectID)
		default:
			invoices = append(invoices, r.SubjectID)
		}
	}
	names := map[string]string{}
	days := map[string]string{}
	var ps []paymentRow
	if err := db.Tx(ctx).Select("id", "number", "paid_on").Where("id IN ?", payments).Find(&ps).Error; err != nil {
		return nil, err
	}
	for _, p := range ps {
		names[p.ID], days[p.ID] = p.Number, p.PaidOn
	}
	if len(disputes) > 0 {
		var ds []disputeRow
		if err := db.Tx(ctx).Select("id", "number").Where("id IN ?", disputes).Find(&ds).Error; err != nil {
			return nil, err
		}
		for _, d := range ds {
			names[d.ID] = d.Number
		}
	}
	numbers, err := numbersOf(ctx, invoices...)
	if err != nil {
		return nil, err
	}
	out := make([]Issue, len(rows))
	for i := range rows {
		x := rows[i].issue()
		x.PayNumber, x.PaidOn, x.SubjectNo = names[rows[i].PaymentID], days[rows[i].PaymentID], names[rows[i].SubjectID]
		if x.SubjectNo == "" {
			x.SubjectNo = numbers[rows[i].SubjectID][0]
		}
		out[i] = x
	}
	return out, nil
}

// disputesFor are the disputes that may explain an issue: of its invoice, or named by it;
// none that another issue is tied to.
func disputesFor(ctx context.Context, x *issueRow) ([]disputeRow, error) {
	var rows []disputeRow
	return rows, locked(ctx).Where("partnership_id = ? AND state <> 'closed' AND currency = ? AND (invoice_id = ? AND invoice_id <> '' OR number = ? AND number <> '')", x.PartnershipID, x.Currency, x.InvoiceID, strings.ToUpper(x.Reference)).
		Where("NOT EXISTS (SELECT 1 FROM payment_issue p WHERE p.subject_id = dispute.id AND p.state = 'matched')").Order("opened, id").Limit(200).Find(&rows).Error
}

func disputeByNumber(ctx context.Context, partnership, number string) (*disputeRow, error) {
	var r disputeRow
	err := locked(ctx).Where("partnership_id = ? AND number = ?", partnership, strings.ToUpper(number)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

// settlementsOf is what settled an invoice, oldest first; amounts without currency.
func settlementsOf(ctx context.Context, invoice string) ([]Settlement, error) {
	var rows []struct {
		Amount, Made         int64
		ByKind, ByID         string
		PayNumber, InvoiceNo string
	}
	err := db.Tx(ctx).Raw(`SELECT s.amount, s.made, s.by_kind, s.by_id, COALESCE(p.number, '') AS pay_number, COALESCE(i.number, '') AS invoice_no FROM settlement s
		LEFT JOIN payment p ON p.id = s.by_id LEFT JOIN invoice i ON i.id = s.by_id WHERE s.invoice_id = ? ORDER BY s.made, s.id`, invoice).Scan(&rows).Error
	var out []Settlement
	for _, r := range rows {
		out = append(out, Settlement{Amount: money.Amount{Minor: r.Amount}, Kind: r.ByKind, ID: r.ByID, Number: r.PayNumber + r.InvoiceNo, At: db.FromMicros(r.Made)})
	}
	return out, err
}

// restOnAccount is what of a payment settled nothing.
func restOnAccount(ctx context.Context, payment string) (int64, error) {
	var n int64
	err := db.Tx(ctx).Raw("SELECT p.total - COALESCE((SELECT SUM(s.amount) FROM settlement s WHERE s.by_id = p.id), 0) FROM payment p WHERE p.id = ? AND p.outcome = 'booked'", payment).Scan(&n).Error
	return n, err
}

// appliedOf adds up what payments settled, by payment and line; position 0 is the sum.
func appliedOf(ctx context.Context, ids []string) (map[string]map[int64]int64, error) {
	out := map[string]map[int64]int64{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct {
		ByID     string
		Position int64
		Sum      int64
	}
	err := db.Tx(ctx).Raw("SELECT by_id, position, SUM(amount) AS sum FROM settlement WHERE by_id IN ? AND by_kind = 'payment' GROUP BY by_id, position", ids).Scan(&rows).Error
	for _, r := range rows {
		if out[r.ByID] == nil {
			out[r.ByID] = map[int64]int64{}
		}
		out[r.ByID][r.Position] += r.Sum
		out[r.ByID][0] += r.Sum
	}
	return out, err
}

func paymentLines(ctx context.Context, id string) ([]paymentLineRow, error) {
	var rows []paymentLineRow
	return rows, db.Tx(ctx).Where("payment_id = ?", id).Order("position").Find(&rows).Error
}

// paymentList reads a page of payments, newest first.
func paymentList(ctx context.Context, scope access.Scope, f PaymentFilter, after *place, limit int) ([]paymentRow, error) {
	tx := db.Tx(ctx).Omit("document").Where("(supplier_id = ? OR reseller_id = ?)", scope.Org(), scope.Org())
	if f.Outcome != "" {
		tx = tx.Where("outcome = ?", string(f.Outcome))
	}
	if f.Partner != "" {
		tx = tx.Where("(supplier_id = ? OR reseller_id = ?)", f.Partner, f.Partner)
	}
	if f.Query != "" {
		tx = tx.Where("number LIKE ? ESCAPE '\\'", db.Literal(f.Query)+"%")
	}
	if after != nil {
		tx = tx.Where("(made, id) < (?, ?)", after.micros, after.id)
	}
	var rows []paymentRow
	return rows, tx.Order("made DESC, id DESC").Limit(limit).Find(&rows).Error
}

// issueList reads a page of open issues of a company, or those that wait for it, oldest
// first.
func issueList(ctx context.Context, scope access.Scope, f IssueFilter, after *place, limit int) ([]issueRow, error) {
	tx := db.Tx(ctx).Where("(supplier_id = ? OR reseller_id = ?)", scope.Org(), scope.Org())
	switch f.View {
	case "mine":
		tx = tx.Where("state = 'open' AND owner_id = ?", scope.Org())
	case "matched":
		tx = tx.Where("state = 'matched'")
	case "settled":
		tx = tx.Where("state = 'settled'")
	default:
		tx = tx.Where("state = 'open'")
	}
	if f.Partner != "" {
		tx = tx.Where("(supplier_id = ? OR reseller_id = ?)", f.Partner, f.Partner)
	}
	if after != nil {
		tx = tx.Where("(made, id) < (?, ?)", after.micros, after.id)
	}
	var rows []issueRow
	return rows, tx.Order("made DESC, id DESC").Limit(limit).Find(&rows).Error
}

func countIssues(ctx context.Context, scope access.Scope) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&issueRow{}).Where("state = 'open' AND owner_id = ?", scope.Org()).Count(&n).Error
	return int(n), err
}

func countHeld(ctx context.Context, scope access.Scope) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&paymentRow{}).Where("outcome = 'held' AND supplier_id = ?", scope.Org()).Count(&n).Error
	return int(n), err
}

func lateIssues(ctx context.Context, now int64, limit int) ([]issueRow, error) {
	var rows []issueRow
	return rows, db.Tx(ctx).Where("state = 'open' AND overdue = 0 AND due <= ?", now).Order("due, id").Limit(limit).Find(&rows).Error
}

func markIssueLate(ctx context.Context, id string, now int64) error {
	return db.Tx(ctx).Model(&issueRow{}).Where("id = ?", id).Update("overdue", now).Error
}
