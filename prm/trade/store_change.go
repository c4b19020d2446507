package trade

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type changeRow struct {
	ID, OrderID, SupplierID, ResellerID, PartnershipID string
	Number, Sequence, Kind, State, Note, Document      string
	Source, SourceKey, InterchangeID                   string
	SetNo                                              int64
	MadeBy                                             string
	Made, Answered                                     int64
	AnsweredBy, AnsweredOrg, ResponseID                string
}

func (changeRow) TableName() string { return "order_change" }

func (r changeRow) change() OrderChange {
	return OrderChange{ID: ChangeID(r.ID), Order: OrderID(r.OrderID), Supplier: r.SupplierID, Reseller: r.ResellerID, Number: r.Number, Sequence: r.Sequence, Kind: r.Kind, State: r.State, Note: r.Note,
		Source: r.Source, Interchange: r.InterchangeID, SetNo: int(r.SetNo), By: r.MadeBy, At: db.FromMicros(r.Made), AnsweredBy: r.AnsweredBy, AnsweredOrg: r.AnsweredOrg, AnsweredAt: db.FromMicros(r.Answered), Response: ResponseID(r.ResponseID)}
}

// keep stores the document as it was written.
func (r *changeRow) keep(d *doc.OrderChange) error {
	b, err := json.Marshal(d)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	r.Document = string(b)
	return nil
}

func (r *changeRow) document() (doc.OrderChange, error) {
	var d doc.OrderChange
	if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
		return d, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return d, nil
}

type changeLineRow struct {
	ChangeID                                           string `gorm:"primaryKey"`
	Position                                           int64  `gorm:"primaryKey;autoIncrement:false"`
	Line                                               int64
	Action, Reference, ProductID, SKU, BuyerItem, Gtin string
	Description, Unit                                  string
	WasQuantity, Quantity, WasPrice, Price             int64
	WasDay, Day, Fields, Verdict                       string
	Granted                                            int64
	Reason, Marks                                      string
}

func (changeLineRow) TableName() string { return "order_change_line" }

func (r changeLineRow) line() ChangeLine {
	c := ChangeLine{Position: int(r.Position), Line: int(r.Line), Action: ChangeAction(r.Action), Reference: r.Reference, Product: r.ProductID, SKU: r.SKU, BuyerItem: r.BuyerItem, GTIN: r.Gtin, Description: r.Description, Unit: r.Unit,
		WasQuantity: money.Quantity(r.WasQuantity), Quantity: money.Quantity(r.Quantity), WasPrice: money.Price(r.WasPrice), Price: money.Price(r.Price), WasDate: r.WasDay, Date: r.Day,
		Verdict: r.Verdict, Granted: money.Quantity(r.Granted), Reason: r.Reason, Marks: readMarks(r.Marks)}
	if r.Fields != "" {
		c.Fields = strings.Split(r.Fields, ",")
	}
	return c
}

func insertChange(ctx context.Context, r changeRow, lines []ChangeLine) error {
	if err := insertMany(ctx, []changeRow{r}); err != nil {
		return err
	}
	rows := make([]changeLineRow, len(lines))
	for i, c := range lines {
		rows[i] = changeLineRow{ChangeID: r.ID, Position: int64(c.Position), Line: int64(c.Line), Action: string(c.Action), Reference: c.Reference, ProductID: c.Product, SKU: c.SKU, BuyerItem: c.BuyerItem, Gtin: c.GTIN,
			Description: c.Description, Unit: c.Unit, WasQuantity: int64(c.WasQuantity), Quantity: int64(c.Quantity), WasPrice: int64(c.WasPrice), Price: int64(c.Price), WasDay: c.WasDate, Day: c.Date, Fields: strings.Join(c.Fields, ","), Marks: c.Marks.text()}
	}
	return insertMany(ctx, rows)
}

// saveChange writes the answer to an open change.
func saveChange(ctx context.Context, r changeRow, lines []ChangeLine) error {
	tx := db.Tx(ctx).Model(&changeRow{}).Where("id = ? AND state = ?", r.ID, ChangeOpen).Updates(map[string]any{
		"state": r.State, "answered": r.Answered, "answered_by": r.AnsweredBy, "answered_org": r.AnsweredOrg, "response_id": r.ResponseID})
	if tx.Error != nil {
		return tx.Error
	}
	if tx.RowsAffected != 1 {
		return fault.New(fault.Conflict, "trade.doubt.change_answered", "Number", firstOf(r.Number, r.Sequence))
	}
	for _, c := range lines {
		err := db.Tx(ctx).Model(&changeLineRow{}).Where("change_id = ? AND position = ?", r.ID, c.Position).Updates(map[string]any{"line": c.Line, "product_id": c.Product, "verdict": c.Verdict, "granted": int64(c.Granted), "reason": c.Reason}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// openChange is the last change of an order that is not answered; without id: none.
func openChange(ctx context.Context, order string) (changeRow, error) {
	var rows []changeRow
	err := db.Tx(ctx).Where("order_id = ? AND state = ?", order, ChangeOpen).Order("made DESC, id DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return changeRow{}, err
	}
	return rows[0], nil
}

// openChanges are the changes of an order that are not answered, with their lines.
func openChanges(ctx context.Context, order string) (open []changeRow, asked []ChangeLine, err error) {
	if err := db.Tx(ctx).Where("order_id = ? AND state = ?", order, ChangeOpen).Order("made, id").Find(&open).Error; err != nil {
		return nil, nil, err
	}
	for _, r := range open {
		lines, err := changeLinesOf(ctx, r.ID)
		if err != nil {
			return nil, nil, err
		}
		asked = append(asked, lines...)
	}
	return open, asked, nil
}

func changeByID(ctx context.Context, id string) (changeRow, error) {
	var r changeRow
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	return r, err
}

func changeBySource(ctx context.Context, reseller, key string) (string, bool, error) {
	var ids []string
	err := db.Tx(ctx).Model(&changeRow{}).Where("reseller_id = ? AND source_key = ? AND source_key <> ''", reseller, key).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", false, err
	}
	return ids[0], true, nil
}

// changeRows are the changes of an order, oldest first.
func changeRows(ctx context.Context, order string) ([]changeRow, error) {
	var rows []changeRow
	return rows, db.Tx(ctx).Where("order_id = ?", order).Order("made, id").Find(&rows).Error
}

func changesCount(ctx context.Context, order string) (int64, error) {
	var n int64
	return n, db.Tx(ctx).Model(&changeRow{}).Where("order_id = ?", order).Count(&n).Error
}

// lastSequence is the highest number that a change of the order has, 0 for none.
func lastSequence(ctx context.Context, order string) (int64, error) {
	var list []string
	if err := db.Tx(ctx).Model(&changeRow{}).Where("order_id = ? AND sequence <> ''", order).Pluck("sequence", &list).Error; err != nil {
		return 0, err
	}
	last := int64(0)
	for _, s := range list {
		if n, err := strconv.ParseInt(strings.TrimLeft(s, "0"), 10, 64); err == nil {
			last = max(last, n)
		}
	}
	return last, nil
}

func changeLinesOf(ctx context.Context, id string) ([]ChangeLine, error) {
	var rows []changeLineRow
	if err := db.Tx(ctx).Where("change_id = ?", id).Order("position").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]ChangeLine, len(rows))
	for i, r := range rows {
		out[i] = r.line()
	}
	return out, nil
}

// changesOf reads the changes of an order with their lines, oldest first, and weighs the
// open ones against the lines given.
func changesOf(ctx context.Context, order string, lines []Line) ([]OrderChange, error) {
	rows, err := changeRows(ctx, order)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]OrderChange, len(rows))
	ids, at := make([]string, len(rows)), map[string]int{}
	for i, r := range rows {
		out[i], ids[i], at[r.ID] = r.change(), r.ID, i
	}
	var ls []changeLineRow
	if err := db.Tx(ctx).Where("change_id IN ?", ids).Order("change_id, position").Find(&ls).Error; err != nil {
		return nil, err
	}
	for _, l := range ls {
		c := &out[at[l.ChangeID]]
		x := l.line()
		if c.Open() {
			x.Effect = effectOn(x, lines)
		}
		c.Lines = append(c.Lines, x)
	}
	return out, nil
}

// waitChange are changes that wait for the supplier.
func waitChange(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	err := db.Tx(ctx).Raw(`SELECT c.id, c.order_id, o.number, o.supplier_id, o.reseller_id, c.number AS subject, c.made AS since FROM order_change c JOIN purchase_order o ON o.id = c.order_id
		WHERE c.supplier_id = ? AND c.state = 'open' ORDER BY c.made, c.id LIMIT ?`, scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, confirmDays, func(waitRow) string { return WaitChange }), err
}
