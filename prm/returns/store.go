package returns

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

type returnRow struct {
	ID, OrderID, SupplierID, ResellerID, PartnershipID string
	Number                                             string
	RMA                                                string `gorm:"column:rma"`
	State, Note, Answer, Source, SourceKey             string
	InterchangeID                                      string
	SetNo, Asked                                       int64
	AskedBy                                            string
	Decided                                            int64
	DecidedBy                                          string
	Arrived                                            int64
	ArrivedBy                                          string
	Credited                                           int64
}

func (returnRow) TableName() string { return "goods_return" }

func (r returnRow) back() Return {
	return Return{ID: ID(r.ID), Order: trade.OrderID(r.OrderID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Number: r.Number, RMA: r.RMA, State: State(r.State), Note: r.Note, Answer: r.Answer,
		Source: r.Source, Interchange: r.InterchangeID, SetNo: int(r.SetNo), AskedAt: db.FromMicros(r.Asked), AskedBy: r.AskedBy, DecidedAt: db.FromMicros(r.Decided), DecidedBy: r.DecidedBy,
		ArrivedAt: db.FromMicros(r.Arrived), ArrivedBy: r.ArrivedBy, CreditedAt: db.FromMicros(r.Credited)}
}

type lineRow struct {
	ReturnID                             string `gorm:"primaryKey"`
	Position                             int64  `gorm:"primaryKey;autoIncrement:false"`
	Line                                 int64
	Reference, SKU, BuyerItem, Gtin      string
	Description, Unit, Reason            string
	Quantity, Granted, Arrived, Credited int64
}

func (lineRow) TableName() string { return "goods_return_line" }

func (r lineRow) line() Line {
	return Line{Position: int(r.Position), Line: int(r.Line), Reference: r.Reference, SKU: r.SKU, BuyerItem: r.BuyerItem, GTIN: r.Gtin, Description: r.Description, Unit: r.Unit, Reason: r.Reason,
		Quantity: money.Quantity(r.Quantity), Granted: money.Quantity(r.Granted), Arrived: money.Quantity(r.Arrived), Credited: money.Quantity(r.Credited)}
}

func insert(ctx context.Context, r returnRow, lines []Line) error {
	if err := db.Tx(ctx).Create(&r).Error; err != nil {
		return err
	}
	rows := make([]lineRow, len(lines))
	for i, l := range lines {
		rows[i] = lineRow{ReturnID: r.ID, Position: int64(l.Position), Line: int64(l.Line), Reference: l.Reference, SKU: l.SKU, BuyerItem: l.BuyerItem, Gtin: l.GTIN, Description: l.Description, Unit: l.Unit, Reason: l.Reason, Quantity: int64(l.Quantity)}
	}
	return db.Tx(ctx).CreateInBatches(rows, 400).Error
}

// save writes what a step changed, if the return still is in the state it was read in.
func save(ctx context.Context, was State, r Return) error {
	tx := db.Tx(ctx).Model(&returnRow{}).Where("id = ? AND state = ?", string(r.ID), string(was)).Updates(map[string]any{
		"rma": r.RMA, "state": string(r.State), "answer": r.Answer, "decided": db.Micros(r.DecidedAt), "decided_by": r.DecidedBy, "arrived": db.Micros(r.ArrivedAt), "arrived_by": r.ArrivedBy, "credited": db.Micros(r.CreditedAt)})
	if tx.Error != nil {
		return tx.Error
	}
	if tx.RowsAffected != 1 {
		return fault.New(fault.Conflict, "returns.moved_on")
	}
	for _, l := range r.Lines {
		err := db.Tx(ctx).Model(&lineRow{}).Where("return_id = ? AND position = ?", string(r.ID), l.Position).Updates(map[string]any{"granted": int64(l.Granted), "arrived": int64(l.Arrived), "credited": int64(l.Credited)}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// byID reads a return; lock takes it for writing.
func byID(ctx context.Context, id ID, lock bool) (Return, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r returnRow
	if err := tx.Where("id = ?", string(id)).Take(&r).Error; err != nil {
		return Return{}, err
	}
	list, err := withLines(ctx, []returnRow{r})
	if err != nil {
		return Return{}, err
	}
	return list[0], nil
}

func withLines(ctx context.Context, rows []returnRow) ([]Return, error) {
	out, ids, at := make([]Return, len(rows)), make([]string, len(rows)), map[string]int{}
	for i, r := range rows {
		out[i], ids[i], at[r.ID] = r.back(), r.ID, i
	}
	if len(rows) == 0 {
		return out, nil
	}
	var ls []lineRow
	if err := db.Tx(ctx).Where("return_id IN ?", ids).Order("return_id, position").Find(&ls).Error; err != nil {
		return nil, err
	}
	for _, l := range ls {
		r := &out[at[l.ReturnID]]
		r.Lines = append(r.Lines, l.line())
	}
	return out, nil
}

// ofOrder are the returns of an order, oldest first.
func ofOrder(ctx context.Context, order trade.OrderID) ([]Return, error) {
	var rows []returnRow
	if err := db.Tx(ctx).Where("order_id = ?", string(order)).Order("asked, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	return withLines(ctx, rows)
}

func bySource(ctx context.Context, reseller, key string) (ID, bool, error) {
	var ids []string
	err := db.Tx(ctx).Model(&returnRow{}).Where("reseller_id = ? AND source_key = ? AND source_key <> ''", reseller, key).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", false, err
	}
	return ID(ids[0]), true, nil
}

// page lists the returns of a company, newest first, each side from its own index.
func page(ctx context.Context, scope access.Scope, micros int64, id string, limit int) ([]Return, error) {
	var rows []returnRow
	for _, col := range []string{"supplier_id", "reseller_id"} {
		tx := db.Tx(ctx).Where(col+" = ?", scope.Org())
		if id != "" {
			tx = tx.Where("(asked, id) < (?, ?)", micros, id)
		}
		var part []returnRow
		if err := tx.Order("asked DESC, id DESC").Limit(limit).Find(&part).Error; err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	newestFirst(rows)
	return withLines(ctx, rows[:min(limit, len(rows))])
}
