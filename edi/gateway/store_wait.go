package gateway

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/edi/wire"
)

type patienceRow struct {
	PartnershipID string `gorm:"primaryKey"`
	OrgID         string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	Hours         int64
	ReceiptHours  int64
	Changed       int64
	ChangedBy     string
}

// TableName is the table of patienceRow.
func (patienceRow) TableName() string { return "edi_patience" }

type waitRow struct {
	InterchangeID string `gorm:"primaryKey"`
	PartnershipID string
	SupplierID    string
	ResellerID    string
	SenderID      string
	Started       int64
	Due           int64
	Overdue       int64
	Asked         int64
	AskedBy       string
	Settled       int64
	Outcome       string
	SettledBy     string
	Reason        string
	Tell          int64 // when its people are told that it is overdue; 0: they were, or are not yet to be
}

// TableName is the table of waitRow.
func (waitRow) TableName() string { return "edi_wait" }

// view is the wait as a company sees it.
func (w *waitRow) view(org string) Wait {
	out := Wait{Started: instant(w.Started), Due: instant(w.Due), Overdue: instant(w.Overdue), Asked: instant(w.Asked), Settled: instant(w.Settled), Outcome: w.Outcome}
	if w.SenderID == org {
		out.AskedBy, out.SettledBy, out.Reason = w.AskedBy, w.SettledBy, w.Reason
	}
	return out
}

// patienceOf is nil where nobody said how long.
func patienceOf(ctx context.Context, partnership, org string) (*patienceRow, error) {
	var r patienceRow
	err := db.Tx(ctx).Where("partnership_id = ? AND org_id = ?", partnership, org).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

func savePatience(ctx context.Context, r *patienceRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "partnership_id"}, {Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"hours", "receipt_hours", "changed", "changed_by"}),
	}).Create(r).Error
}

// insertWait does nothing where a clock ran before.
func insertWait(ctx context.Context, r *waitRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r).Error
}

func waitOf(ctx context.Context, id string) (*waitRow, error) {
	var r waitRow
	err := db.Tx(ctx).Where("interchange_id = ?", id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

// waitsOf reads the waits of several interchanges.
func waitsOf(ctx context.Context, ids []string) (map[string]*waitRow, error) {
	out := map[string]*waitRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []waitRow
	err := db.Tx(ctx).Where("interchange_id IN ?", ids).Find(&rows).Error
	for i := range rows {
		out[rows[i].InterchangeID] = &rows[i]
	}
	return out, err
}

func changeWait(ctx context.Context, id string, values map[string]any, where string, args ...any) (bool, error) {
	res := db.Tx(ctx).Model(&waitRow{}).Where("interchange_id = ?", id).Where(where, args...).Updates(values)
	return res.RowsAffected == 1, res.Error
}

// settleWait ends the clock of what was acknowledged.
func settleWait(ctx context.Context, id string) error {
	_, err := changeWait(ctx, id, map[string]any{"settled": db.Micros(db.Now(ctx)), "outcome": WaitAnswered}, "settled = 0")
	return err
}

// dueWaits reads the clocks that ran out and are not marked yet, oldest first.
func dueWaits(ctx context.Context, now time.Time, limit int) ([]waitRow, error) {
	var out []waitRow
	return out, db.Tx(ctx).Where("settled = 0 AND overdue = 0 AND due <= ?", db.Micros(now)).Order("due, interchange_id").Limit(limit).Find(&out).Error
}

// untoldWaits reads the overdue ones that are to be told of now, oldest first.
func untoldWaits(ctx context.Context, now time.Time, limit int) ([]waitRow, error) {
	var out []waitRow
	return out, db.Tx(ctx).Where("settled = 0 AND tell > 0 AND tell <= ?", db.Micros(now)).Order("tell, interchange_id").Limit(limit).Find(&out).Error
}

// saidRow is what a partner said of one set that we made.
type saidRow struct {
	InterchangeID  string `gorm:"primaryKey"`
	Position       int64  `gorm:"primaryKey;autoIncrement:false"`
	AnswerID       string `gorm:"primaryKey"`
	AnswerPosition int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID     string
	ResellerID     string
	Kind           string
	Verdict        string
	Findings       string
	At             int64
}

// TableName is the table of saidRow.
func (saidRow) TableName() string { return "edi_said" }

// insertSaid keeps what the set in says of a set that we made.
func insertSaid(ctx context.Context, made, in *setRow, verdict string, findings []wire.Finding, at int64) error {
	return db.Tx(ctx).Create(&saidRow{
		InterchangeID: made.InterchangeID, Position: made.Position, AnswerID: in.InterchangeID, AnswerPosition: in.Position,
		SupplierID: made.SupplierID, ResellerID: made.ResellerID, Kind: in.Kind, Verdict: verdict, Findings: findingsText(findings), At: at,
	}).Error
}

// saidOf reads what was said of the sets of an interchange, oldest first, by position.
func saidOf(ctx context.Context, id string) (map[int][]Said, error) {
	var rows []saidRow
	if err := db.Tx(ctx).Where("interchange_id = ?", id).Order("position, at, answer_id, answer_position").Limit(MaxSets).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[int][]Said{}
	for _, r := range rows {
		out[int(r.Position)] = append(out[int(r.Position)], Said{Kind: r.Kind, Verdict: r.Verdict, Answer: r.AnswerID, At: instant(r.At), Findings: findingsOf(r.Findings)})
	}
	return out, nil
}

// markSet changes a column of a set that we made.
func markSet(ctx context.Context, r *setRow, column, value string) error {
	return db.Tx(ctx).Model(&setRow{}).Where("interchange_id = ? AND position = ?", r.InterchangeID, r.Position).Update(column, value).Error
}

// madeByNumber finds the sets that a company made for the receiver under a business number
// of theirs, newest first; production and tests apart.
func madeByNumber(ctx context.Context, in *interchangeRow, number string) ([]setRow, error) {
	var out []setRow
	return out, db.Tx(ctx).Where(`business_key = ? AND interchange_id IN (SELECT id FROM interchange
WHERE partnership_id = ? AND sender_id = ? AND sender_ident = ? AND receiver_ident = ? AND origin = ? AND test = ?)`,
		number, in.PartnershipID, in.ReceiverID, in.ReceiverIdent, in.SenderIdent, OriginMade, in.Test).
		Order("interchange_id DESC, position").Limit(20).Find(&out).Error
}

// names says whether a set has a number: its own, or one that it speaks of.
func names(ctx context.Context, r *setRow, number string) (bool, error) {
	if r.BusinessKey == number {
		return true, nil
	}
	var n int64
	err := db.Tx(ctx).Model(&numberRow{}).Where("interchange_id = ? AND position = ? AND value = ?", r.InterchangeID, r.Position, number).Count(&n).Error
	return n > 0, err
}
