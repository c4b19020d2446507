package mailin

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

// replyRow is an address.
type replyRow struct {
	ID       string `gorm:"primaryKey"`
	OrgID    string
	PersonID string
	Kind     string
	Object   string
	Seq      int64 // of a room: the message that is answered
	Made     int64
	Expires  int64
}

func (replyRow) TableName() string { return "mail_reply" }

// inRow is a mail that came in. Raw is NULL once it was looked at.
type inRow struct {
	ID         string `gorm:"primaryKey"`
	ReplyID    string
	OrgID      string
	PersonID   string
	MessageKey string // hash of its Message-ID
	Nobody     int64  // it has no sender to answer
	Size       int64
	Raw        []byte
	State      string
	Reason     string
	Received   int64
	Done       int64
}

func (inRow) TableName() string { return "mail_in" }

// boxRow is how far a mailbox was looked through.
type boxRow struct {
	ID       string `gorm:"primaryKey"`
	Validity int64  // of its UIDs
	Settled  int64  // up to which UID all is settled
}

func (boxRow) TableName() string { return "mail_box" }

// readBox is zero where nobody looked yet.
func readBox(ctx context.Context, id string) (r boxRow, err error) {
	_, err = db.Row(ctx, "SELECT validity, settled FROM mail_box WHERE id = ?", []any{id}, &r.Validity, &r.Settled)
	return r, err
}

// putBox notes how far somebody looked. Two nodes look at once: the mark of one mailbox
// never moves back.
func putBox(ctx context.Context, r boxRow) error {
	_, err := db.Exec(ctx, `INSERT INTO mail_box (id, validity, settled) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET validity = excluded.validity,
		settled = CASE WHEN mail_box.validity = excluded.validity AND mail_box.settled > excluded.settled THEN mail_box.settled ELSE excluded.settled END`, r.ID, r.Validity, r.Settled)
	return err
}

// replyAbout finds an address of the same person about the same that is good until then.
func replyAbout(ctx context.Context, r replyRow, until time.Time) (replyRow, bool, error) {
	var rows []replyRow
	err := db.Tx(ctx).Where("person_id = ? AND org_id = ? AND kind = ? AND object = ? AND seq = ? AND expires > ?", r.PersonID, r.OrgID, r.Kind, r.Object, r.Seq, db.Micros(until)).
		Order("expires DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return replyRow{}, false, err
	}
	return rows[0], true, nil
}

func insertReply(ctx context.Context, r replyRow) error { return db.Tx(ctx).Create(&r).Error }

func readReply(ctx context.Context, id string) (replyRow, error) {
	var rows []replyRow
	err := db.Tx(ctx).Where("id = ?", id).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return replyRow{}, err
	}
	return rows[0], nil
}

// insertIn keeps a mail; made is false when the address has it already.
func insertIn(ctx context.Context, m inRow) (made bool, err error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&m)
	return res.RowsAffected == 1, res.Error
}

func countIn(ctx context.Context, person string, since time.Time) (n int64, err error) {
	err = db.Tx(ctx).Model(&inRow{}).Where("person_id = ? AND received > ?", person, db.Micros(since)).Count(&n).Error
	return n, err
}

func readIn(ctx context.Context, id string) (inRow, error) {
	var rows []inRow
	err := db.Tx(ctx).Where("id = ?", id).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return inRow{}, err
	}
	return rows[0], nil
}

// finishIn notes the end of a mail; done is false when it has one.
func finishIn(ctx context.Context, id string, state State, reason string, at time.Time) (done bool, err error) {
	res := db.Tx(ctx).Model(&inRow{}).Where("id = ? AND state = ?", id, string(Received)).
		Updates(map[string]any{"state": string(state), "reason": reason, "done": db.Micros(at), "raw": nil})
	return res.RowsAffected == 1, res.Error
}

func listIn(ctx context.Context, org string, limit int) ([]Incoming, error) {
	var rows []struct {
		ID, PersonID, Kind, State, Reason string
		Received                          int64
	}
	err := db.Tx(ctx).Raw("SELECT i.id, i.person_id, r.kind, i.state, i.reason, i.received FROM mail_in i JOIN mail_reply r ON r.id = i.reply_id WHERE i.org_id = ? ORDER BY i.received DESC, i.id DESC LIMIT ?", org, limit).Scan(&rows).Error
	out := make([]Incoming, len(rows))
	for i, r := range rows {
		out[i] = Incoming{r.ID, r.PersonID, r.Kind, State(r.State), r.Reason, db.FromMicros(r.Received)}
	}
	return out, err
}

func sweep(ctx context.Context, before time.Time) error {
	if err := db.Tx(ctx).Where("received < ? AND state <> ?", db.Micros(before), string(Received)).Delete(&inRow{}).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Where("expires < ? AND id NOT IN (SELECT reply_id FROM mail_in)", db.Micros(before)).Delete(&replyRow{}).Error
}
