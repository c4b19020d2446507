package trade

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
)

type replyRow struct {
	ID, SupplierID, ResellerID, PartnershipID string
	Kind, Number, OrderNumber, ReleaseNo      string
	OrderID, MadeID, Outcome, Reason, Args    string
	Document, ContentHash                     string
	Inferred                                  bool
	Packs, Source, SourceKey, InterchangeID   string
	SetNo                                     int64
	Syntax                                    string
	Made, Due, Settled                        int64
	SettledBy, SettledOrg, Note               string
	Findings, Released                        string

	mends []string // replies under its number whose place it takes; not stored
}

func (replyRow) TableName() string { return "trade_reply" }

func (r *replyRow) reply() Reply {
	out := Reply{ID: ReplyID(r.ID), Kind: r.Kind, Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Number: r.Number, OrderNumber: r.OrderNumber, Order: OrderID(r.OrderID),
		Made: r.MadeID, Outcome: Outcome(r.Outcome), Reason: r.Reason, Inferred: r.Inferred, Source: r.Source, Interchange: r.InterchangeID, SetNo: int(r.SetNo),
		At: db.FromMicros(r.Made), Due: db.FromMicros(r.Due), Settled: db.FromMicros(r.Settled), SettledBy: r.SettledBy, SettledOrg: r.SettledOrg, Note: r.Note}
	if r.Packs != "" {
		out.Packs = strings.Split(r.Packs, ",")
	}
	if json.Unmarshal([]byte(r.Args), &out.Args) != nil {
		out.Args = nil
	}
	out.Findings = r.findings()
	return out
}

func (r *replyRow) receipt() ReplyReceipt {
	out := ReplyReceipt{Reply: ReplyID(r.ID), Outcome: Outcome(r.Outcome), Reason: r.Reason, Kind: DocumentReply, ID: r.ID, Order: OrderID(r.OrderID)}
	if out.Outcome == Booked {
		out.Kind, out.ID = r.Kind, r.MadeID
		switch r.Kind {
		case DocumentCredit:
			out.Kind = DocumentInvoice
		case DocumentChangeAck:
			out.Kind = DocumentResponse
		case DocumentAdvice:
			out.Kind = DocumentOrder
		case DocumentReturnAnswer:
			out.Kind = DocumentReturn
		}
	}
	return out
}

func saveReply(ctx context.Context, r *replyRow) error {
	return db.Tx(ctx).Model(&replyRow{}).Where("id = ?", r.ID).Updates(map[string]any{
		"order_number": r.OrderNumber, "release_no": r.ReleaseNo, "order_id": r.OrderID, "made_id": r.MadeID, "outcome": r.Outcome, "reason": r.Reason, "args": r.Args, "document": r.Document,
		"inferred": r.Inferred, "settled": r.Settled, "settled_by": r.SettledBy, "settled_org": r.SettledOrg, "note": r.Note, "findings": r.Findings, "released": r.Released}).Error
}

func replyBySource(ctx context.Context, supplier, key string) (replyRow, error) {
	var r replyRow
	err := db.Tx(ctx).Where("supplier_id = ? AND source_key = ? AND source_key <> ''", supplier, key).Take(&r).Error
	return r, err
}

func replyByID(ctx context.Context, id string) (replyRow, error) {
	var r replyRow
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	return r, err
}

// replyOf is the reply that a document was made from, nil for one made on the pages.
func replyOf(ctx context.Context, made string) (*replyRow, error) {
	var r replyRow
	err := db.Tx(ctx).Where("made_id = ? AND made_id <> ''", made).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

// replyOfFurther is the ship notice whose second or later order a shipment is of.
func replyOfFurther(ctx context.Context, sh shipmentRow) (*replyRow, error) {
	i := strings.LastIndexByte(sh.Number, '/')
	if i < 0 {
		return nil, nil
	}
	var r replyRow
	err := db.Tx(ctx).Where("supplier_id = ? AND kind = ? AND number = ? AND outcome = ?", sh.SupplierID, DocumentShipment, sh.Number[:i], string(Booked)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

// repliesByKey are the documents under the business key of r that were booked, or came earlier and still count,
// without their contents. An answer has the key of its order too.
func repliesByKey(ctx context.Context, r *replyRow) ([]replyRow, error) {
	kinds := []string{r.Kind}
	if r.Kind == DocumentInvoice || r.Kind == DocumentCredit {
		kinds = []string{DocumentInvoice, DocumentCredit}
	}
	tx := db.Tx(ctx).Select("id", "content_hash", "outcome", "reason").Where("supplier_id = ? AND reseller_id = ? AND kind IN ? AND number = ? AND outcome <> ?", r.SupplierID, r.ResellerID, kinds, r.Number, string(Discarded)).
		Where("outcome = ? AND id <> ? OR made < ? OR made = ? AND id < ?", string(Booked), r.ID, r.Made, r.Made, r.ID)
	if r.Kind == DocumentResponse || r.Kind == DocumentChange || r.Kind == DocumentChangeAck {
		tx = tx.Where("order_number = ? AND release_no = ?", r.OrderNumber, r.ReleaseNo)
	}
	var out []replyRow
	return out, tx.Order("made, id").Limit(50).Find(&out).Error
}

// repliesWanting are the open replies that name an order, oldest first.
func repliesWanting(ctx context.Context, supplier, reseller, number string) ([]replyRow, error) {
	// mostly the two have none at all: that is asked once for all orders of a batch
	some, err := db.Remember(ctx, "trade.wanting:"+supplier+":"+reseller, []string{"trade_reply"}, func() (bool, error) {
		return db.Row(ctx, "SELECT 1 FROM trade_reply WHERE supplier_id = ? AND reseller_id = ? AND outcome IN ('waiting', 'held') AND reason IN (?, ?) LIMIT 1",
			[]any{supplier, reseller, DoubtOrder, DoubtState}, new(int))
	})
	if err != nil || !some {
		return nil, err
	}
	var out []replyRow
	return out, db.Tx(ctx).Where("supplier_id = ? AND reseller_id = ? AND order_number = ? AND outcome IN ('waiting', 'held') AND reason IN ?", supplier, reseller, number, []string{DoubtOrder, DoubtState}).
		Order("made, id").Limit(100).Find(&out).Error
}

// repliesDue are those whose order came, or whose time is up.
func repliesDue(ctx context.Context, now int64, limit int) ([]replyRow, error) {
	var out []replyRow
	return out, db.Tx(ctx).Where("outcome = 'waiting'").
		Where("due <= ? OR EXISTS (SELECT 1 FROM purchase_order o WHERE o.supplier_id = trade_reply.supplier_id AND o.reseller_id = trade_reply.reseller_id AND o.number = trade_reply.order_number AND o.release_no = trade_reply.release_no)", now).
		Order("due, id").Limit(limit).Find(&out).Error
}

// bare leaves the contents out.
var bare = []string{"id", "supplier_id", "reseller_id", "partnership_id", "kind", "number", "order_number", "release_no", "order_id", "made_id", "outcome", "reason", "args", "inferred", "packs", "source",
	"interchange_id", "set_no", "made", "due", "settled", "settled_by", "settled_org", "note", "findings", "released"}

func repliesOfOrder(ctx context.Context, order string, actor access.Actor) ([]Reply, error) {
	var rows []replyRow
	if err := db.Tx(ctx).Select(bare).Where("order_id = ? AND order_id <> ''", order).Order("made, id").Limit(200).Find(&rows).Error; err != nil {
		return nil, err
	}
	var out []Reply
	for i := range rows {
		if rows[i].visible(actor) {
			out = append(out, rows[i].seenBy(actor))
		}
	}
	return out, nil
}

type warningRow struct {
	ID, OrderID, SupplierID, Kind, DocumentID, Number, Findings, Reason, PersonID string
	Made                                                                          int64
}

func (warningRow) TableName() string { return "sent_warning" }

func warningsOf(ctx context.Context, order string) ([]SentWarning, error) {
	var rows []warningRow
	err := db.Tx(ctx).Where("order_id = ?", order).Order("made, id").Limit(200).Find(&rows).Error
	out := make([]SentWarning, len(rows))
	for i, r := range rows {
		out[i] = SentWarning{Kind: r.Kind, Document: r.DocumentID, Number: r.Number, Reason: r.Reason, Person: r.PersonID, At: db.FromMicros(r.Made)}
		if e := json.Unmarshal([]byte(r.Findings), &out[i].Findings); err == nil {
			err = e
		}
	}
	return out, err
}

type packRow struct {
	SupplierID string `gorm:"primaryKey"`
	Sscc       string `gorm:"primaryKey"`
	Number     string
	Made       int64
}

func (packRow) TableName() string { return "shipped_pack" }

// packsKnown are those of the codes that ship notices since an instant had.
func packsKnown(ctx context.Context, supplier string, codes []string, since int64) ([]string, error) {
	var out []string
	for part := range slices.Chunk(codes, 500) {
		var known []string
		if err := db.Tx(ctx).Model(&packRow{}).Where("supplier_id = ? AND sscc IN ? AND made >= ?", supplier, part, since).Order("sscc").Pluck("sscc", &known).Error; err != nil {
			return nil, err
		}
		out = append(out, known...)
	}
	return out, nil
}

func keepPacks(ctx context.Context, supplier, number string, codes []string) error {
	for part := range slices.Chunk(codes, 200) {
		rows := make([]packRow, len(part))
		for i, c := range part {
			rows[i] = packRow{supplier, c, number, db.Micros(db.Now(ctx))}
		}
		if err := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "supplier_id"}, {Name: "sscc"}}, DoUpdates: clause.AssignmentColumns([]string{"number", "made"})}).Create(&rows).Error; err != nil {
			return err
		}
	}
	return nil
}

func invoiceByNumber(ctx context.Context, supplier, reseller, number string) (invoiceRow, bool, error) {
	var rows []invoiceRow
	err := db.Tx(ctx).Where("supplier_id = ? AND reseller_id = ? AND number = ? AND kind = ?", supplier, reseller, number, InvoiceDebit).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return invoiceRow{}, false, err
	}
	return rows[0], true, nil
}

// openReplies reads what waits or is held, newest first, each side by its own index.
func openReplies(ctx context.Context, scope access.Scope, w window, limit int) ([]replyRow, error) {
	var out []replyRow
	for _, col := range []string{"supplier_id", "reseller_id"} {
		tx := db.Tx(ctx).Select(bare).Where(col+" = ? AND outcome IN ('waiting', 'held')", scope.Org())
		if col == "reseller_id" {
			tx = tx.Where("reason <> ?", DoubtChecks)
		}
		if w.after != nil {
			tx = tx.Where("(made, id) < (?, ?)", w.after.micros, w.after.id)
		}
		var rows []replyRow
		if err := tx.Order("made DESC, id DESC").Limit(limit).Find(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b replyRow) int {
		if a.Made != b.Made {
			return int(min(1, max(-1, b.Made-a.Made)))
		}
		return strings.Compare(b.ID, a.ID)
	})
	return out[:min(limit, len(out))], nil
}

// lockReply reads a reply for writing.
func lockReply(ctx context.Context, id string) (replyRow, error) {
	tx := db.Tx(ctx)
	if db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r replyRow
	err := tx.Where("id = ?", id).Take(&r).Error
	return r, err
}

// shipmentKnown says that the supplier has a shipment of this number.
func shipmentKnown(ctx context.Context, supplier, number string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&shipmentRow{}).Where("supplier_id = ? AND number = ?", supplier, number).Count(&n).Error
	return n > 0, err
}

func waitReply(ctx context.Context, scope access.Scope, side access.Side, limit int) ([]Item, error) {
	var rows []waitRow
	col := column(side)
	err := db.Tx(ctx).Raw("SELECT id, order_id, order_number AS number, supplier_id, reseller_id, number AS subject, made AS since FROM trade_reply WHERE "+col+" = ? AND outcome IN ('waiting', 'held') AND outcome = 'held' ORDER BY made, id LIMIT ?", scope.Org(), limit).Scan(&rows).Error
	return items(rows, side, heldDays, func(waitRow) string { return WaitReply }), err
}
