package settle

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

type approvalRow struct {
	ID, InvoiceID, SupplierID, ResellerID string
	Amount                                int64
	Note, PersonID                        string
	Made                                  int64
}

func (approvalRow) TableName() string { return "invoice_approval" }

type disputeRow struct {
	ID, Number, InvoiceID, OrderID, SupplierID, ResellerID, PartnershipID string
	Reason, Note, Currency                                                string
	Net, Tax, Amount                                                      int64
	State, OwnerID                                                        string
	Due, Overdue                                                          int64
	Offer                                                                 string
	OfferAmount                                                           int64
	OfferNote, Outcome, CreditID, RoomID                                  string
	Thread, Opened                                                        int64
	OpenedBy                                                              string
	Closed                                                                int64
	ClosedBy, ClosedOrg                                                   string
	Version                                                               int64
}

func (disputeRow) TableName() string { return "dispute" }

type disputeLineRow struct {
	DisputeID string `gorm:"primaryKey"`
	Position  int64  `gorm:"primaryKey;autoIncrement:false"`
	Line, Net int64
}

func (disputeLineRow) TableName() string { return "dispute_line" }

type stepRow struct {
	ID, DisputeID, Kind   string
	Amount                int64
	Note, PersonID, OrgID string
	Made                  int64
}

func (stepRow) TableName() string { return "dispute_step" }

func (r disputeRow) dispute() Dispute {
	c := money.Currency(r.Currency)
	a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: c} }
	return Dispute{ID: DisputeID(r.ID), Number: r.Number, Invoice: trade.InvoiceID(r.InvoiceID), Order: trade.OrderID(r.OrderID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID,
		Reason: r.Reason, Note: r.Note, Net: a(r.Net), Tax: a(r.Tax), Amount: a(r.Amount), State: r.State, Owner: r.OwnerID, Due: db.FromMicros(r.Due), Overdue: db.FromMicros(r.Overdue),
		Offer: r.Offer, OfferAmount: a(r.OfferAmount), OfferNote: r.OfferNote, Outcome: r.Outcome, Credit: trade.InvoiceID(r.CreditID), Room: r.RoomID, Thread: r.Thread,
		Opened: db.FromMicros(r.Opened), OpenedBy: r.OpenedBy, Closed: db.FromMicros(r.Closed), ClosedBy: r.ClosedBy, ClosedOrg: r.ClosedOrg, Version: r.Version}
}

// invoiceFacts is what of an invoice matters here. Read only: the rows belong to prm/trade.
type invoiceFacts struct {
	ID, OrderID, SupplierID, ResellerID, Number, Kind, State, Currency string
	Net, Tax, Gross, TaxRate, DiffersBy                                int64
	IssuedOn, DueOn, CreditOf                                          string
	PartnershipID, OrderNumber                                         string
	Settled                                                            int64 // by payments and credits
	Orders                                                             int64 // 0: one
}

func (f invoiceFacts) open() int64 { return f.Gross - f.Settled }

func (f invoiceFacts) amount(n int64) money.Amount {
	return money.Amount{Minor: n, Currency: money.Currency(f.Currency)}
}

const factColumns = `i.id, i.order_id, i.supplier_id, i.reseller_id, i.number, i.kind, i.state, i.currency, i.net, i.tax, i.gross, i.tax_rate, i.differs_by, i.issued_on, i.due_on, i.credit_of, i.orders,
	o.partnership_id, o.number AS order_number, COALESCE((SELECT SUM(s.amount) FROM settlement s WHERE s.invoice_id = i.id), 0) AS settled`

// lockInvoices takes invoices for settling, in one order, so that two payments of one
// invoice wait for each other.
func lockInvoices(ctx context.Context, ids []string) error {
	if len(ids) == 0 || db.DialectOf(ctx) != db.Postgres {
		return nil
	}
	var got []string
	return db.Tx(ctx).Raw("SELECT id FROM invoice WHERE id IN ? ORDER BY id FOR UPDATE", ids).Scan(&got).Error
}

func factsByID(ctx context.Context, id string) (invoiceFacts, error) {
	var rows []invoiceFacts
	err := db.Tx(ctx).Raw("SELECT "+factColumns+" FROM invoice i JOIN purchase_order o ON o.id = i.order_id WHERE i.id = ?", id).Scan(&rows).Error
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return invoiceFacts{}, err
	}
	return rows[0], nil
}

// factsByNumber finds invoices and credits of a pair by number.
func factsByNumber(ctx context.Context, supplier, reseller string, numbers []string) ([]invoiceFacts, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	var rows []invoiceFacts
	return rows, db.Tx(ctx).Raw("SELECT "+factColumns+" FROM invoice i JOIN purchase_order o ON o.id = i.order_id WHERE i.supplier_id = ? AND i.reseller_id = ? AND i.number IN ? ORDER BY i.id", supplier, reseller, numbers).Scan(&rows).Error
}

// creditsOf are the credits that name an invoice, oldest first.
func creditsOf(ctx context.Context, invoice string) ([]invoiceFacts, error) {
	var rows []invoiceFacts
	return rows, db.Tx(ctx).Raw("SELECT "+factColumns+" FROM invoice i JOIN purchase_order o ON o.id = i.order_id WHERE i.credit_of = ? ORDER BY i.made, i.id", invoice).Scan(&rows).Error
}

// side is a company with what its calendar needs.
type side struct{ ID, Slug, Country, Timezone string }

func sideOf(ctx context.Context, org string) (side, error) {
	var s side
	err := db.Tx(ctx).Raw("SELECT id, slug, country, timezone FROM org WHERE id = ?", org).Scan(&s).Error
	return s, err
}

// pair is a partnership. Read only: the rows belong to prm/partner.
type pair struct{ ID, SupplierID, ResellerID, State, Currency string }

func pairOf(ctx context.Context, partnership string) (pair, error) {
	var p pair
	err := db.Tx(ctx).Raw("SELECT id, supplier_id, reseller_id, state, currency FROM partnership WHERE id = ?", partnership).Scan(&p).Error
	if err == nil && p.ID == "" {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return p, err
}

func lastApproval(ctx context.Context, invoice string) (*approvalRow, error) {
	var rows []approvalRow
	err := db.Tx(ctx).Where("invoice_id = ?", invoice).Order("made DESC, id DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

func insert[T any](ctx context.Context, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).CreateInBatches(rows, 300).Error
}

// insertOnce inserts a row unless a unique key already holds one.
func insertOnce(ctx context.Context, row any) (bool, error) {
	tx := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(row)
	return tx.RowsAffected == 1, tx.Error
}

func locked(ctx context.Context) *gorm.DB {
	tx := db.Tx(ctx)
	if db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	return tx
}

// disputeByID reads a dispute; lock takes the row for writing.
func disputeByID(ctx context.Context, id DisputeID, lock bool) (disputeRow, error) {
	tx := db.Tx(ctx)
	if lock {
		tx = locked(ctx)
	}
	var r disputeRow
	err := tx.Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

func disputesOf(ctx context.Context, invoice string) ([]disputeRow, error) {
	var rows []disputeRow
	return rows, db.Tx(ctx).Where("invoice_id = ?", invoice).Order("opened, id").Find(&rows).Error
}

// openDisputesOf takes the disputes of an invoice that are not closed for writing.
func openDisputesOf(ctx context.Context, invoice string) ([]disputeRow, error) {
	var rows []disputeRow
	return rows, locked(ctx).Where("invoice_id = ? AND state <> ?", invoice, DisputeClosed).Order("opened, id").Find(&rows).Error
}

func disputeLines(ctx context.Context, ids ...string) (map[string][]disputeLineRow, error) {
	out := map[string][]disputeLineRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []disputeLineRow
	if err := db.Tx(ctx).Where("dispute_id IN ?", ids).Order("dispute_id, position").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.DisputeID] = append(out[r.DisputeID], r)
	}
	return out, nil
}

func stepsOf(ctx context.Context, ids ...string) (map[string][]stepRow, error) {
	out := map[string][]stepRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []stepRow
	if err := db.Tx(ctx).Where("dispute_id IN ?", ids).Order("made, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.DisputeID] = append(out[r.DisputeID], r)
	}
	return out, nil
}

// saveDispute writes what a step changes if the version is still the one read.
func saveDispute(ctx context.Context, r *disputeRow) error {
	tx := db.Tx(ctx).Model(&disputeRow{}).Where("id = ? AND version = ?", r.ID, r.Version).Updates(map[string]any{
		"state": r.State, "owner_id": r.OwnerID, "due": r.Due, "overdue": r.Overdue, "offer": r.Offer, "offer_amount": r.OfferAmount, "offer_note": r.OfferNote, "outcome": r.Outcome, "credit_id": r.CreditID,
		"closed": r.Closed, "closed_by": r.ClosedBy, "closed_org": r.ClosedOrg, "version": r.Version + 1})
	if tx.Error != nil {
		return tx.Error
	}
	if tx.RowsAffected != 1 {
		return fault.New(fault.Conflict, "settle.moved_on")
	}
	r.Version++
	return nil
}

// bindThread keeps where a dispute is talked about; the first place stays.
func bindThread(ctx context.Context, id DisputeID, room string, thread int64) error {
	return db.Tx(ctx).Model(&disputeRow{}).Where("id = ? AND room_id = ''", string(id)).Updates(map[string]any{"room_id": room, "thread": thread}).Error
}

// numbersOf are the numbers of invoices and of their orders, by invoice id.
func numbersOf(ctx context.Context, ids ...string) (map[string][2]string, error) {
	out := map[string][2]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct{ ID, Number, OrderNumber string }
	err := db.Tx(ctx).Raw("SELECT i.id, i.number, o.number AS order_number FROM invoice i JOIN purchase_order o ON o.id = i.order_id WHERE i.id IN ?", ids).Scan(&rows).Error
	for _, r := range rows {
		out[r.ID] = [2]string{r.Number, r.OrderNumber}
	}
	return out, err
}

// disputeList reads a page of disputes of a company, newest first, or by their time
// where only those are asked for that wait for it.
func disputeList(ctx context.Context, scope access.Scope, f DisputeFilter, after *place, limit int) ([]disputeRow, error) {
	tx := db.Tx(ctx).Where("(supplier_id = ? OR reseller_id = ?)", scope.Org(), scope.Org())
	switch f.View {
	case "mine":
		tx = tx.Where("owner_id = ? AND state <> ?", scope.Org(), DisputeClosed)
	case "open":
		tx = tx.Where("state <> ?", DisputeClosed)
	case "closed":
		tx = tx.Where("state = ?", DisputeClosed)
	}
	if f.Partner != "" {
		tx = tx.Where("(supplier_id = ? OR reseller_id = ?)", f.Partner, f.Partner)
	}
	if after != nil {
		tx = tx.Where("(opened, id) < (?, ?)", after.micros, after.id)
	}
	var rows []disputeRow
	return rows, tx.Order("opened DESC, id DESC").Limit(limit).Find(&rows).Error
}

// place is where a page of a list ended.
type place struct {
	micros int64
	id     string
}

// lateDisputes are those whose time is up and of whom nobody was told yet.
func lateDisputes(ctx context.Context, now int64, limit int) ([]disputeRow, error) {
	var rows []disputeRow
	return rows, db.Tx(ctx).Where("state <> 'closed' AND overdue = 0 AND due <= ?", now).Order("due, id").Limit(limit).Find(&rows).Error
}

func markLate(ctx context.Context, id string, now int64) error {
	return db.Tx(ctx).Model(&disputeRow{}).Where("id = ?", id).Update("overdue", now).Error
}

func countDisputes(ctx context.Context, scope access.Scope) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&disputeRow{}).Where("owner_id = ? AND state <> 'closed'", scope.Org()).Count(&n).Error
	return int(n), err
}
