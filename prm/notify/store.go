package notify

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

type noticeRow struct {
	OrgID       string `gorm:"primaryKey"`
	ID          string `gorm:"primaryKey"`
	PersonID    string
	Kind        string
	Dedupe      string
	Args        string
	SubjectKind string
	SubjectID   string
	Urgent      bool
	Happened    int64
	Seen        int64
	Mailed      int64
}

func (noticeRow) TableName() string { return "notice" }

func (r noticeRow) notice() Notice {
	n := Notice{ID: r.ID, Org: r.OrgID, Person: r.PersonID, Kind: r.Kind, Dedupe: r.Dedupe, SubjectKind: r.SubjectKind, SubjectID: r.SubjectID,
		Urgent: r.Urgent, At: db.FromMicros(r.Happened), Seen: db.FromMicros(r.Seen)}
	if json.Unmarshal([]byte(r.Args), &n.Args) != nil {
		n.Args = map[string]string{} // a row we did not write shows its kind alone
	}
	return n
}

// insertNew writes the rows whose dedupe key is new to the person.
func insertNew(ctx context.Context, rows []noticeRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

func mine(ctx context.Context, org, person string) *gorm.DB {
	return db.Tx(ctx).Model(&noticeRow{}).Where("org_id = ? AND person_id = ?", org, person)
}

// cursor is a place in the list: newest first by instant and id.
type cursor struct {
	at int64
	id string
}

func cursorOf(n Notice) string { return strconv.FormatInt(db.Micros(n.At), 36) + "." + n.ID }

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{}, nil
	}
	at, id, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(at, 36, 64)
	if err != nil || !db.ValidID(id) {
		return cursor{}, fault.InvalidField("after", "form.cursor_wrong")
	}
	return cursor{n, id}, nil
}

func listOf(ctx context.Context, org, person string, unread bool, after cursor, limit int) ([]Notice, error) {
	q := mine(ctx, org, person)
	if unread {
		q = q.Where("seen = 0")
	}
	if after.id != "" {
		q = q.Where("(happened < ? OR happened = ? AND id < ?)", after.at, after.at, after.id)
	}
	var rows []noticeRow
	err := q.Order("happened DESC, id DESC").Limit(limit).Find(&rows).Error
	out := make([]Notice, len(rows))
	for i, r := range rows {
		out[i] = r.notice()
	}
	return out, err
}

func countUnread(ctx context.Context, org, person string) (Count, error) {
	var rows []struct {
		Urgent bool
		N      int
	}
	err := mine(ctx, org, person).Select("urgent, count(*) AS n").Where("seen = 0").Group("urgent").Scan(&rows).Error
	var c Count
	for _, r := range rows {
		c.Unread += r.N
		if r.Urgent {
			c.Urgent += r.N
		}
	}
	return c, err
}

func countOf(ctx context.Context, org, person string, ids []string) (int64, error) {
	var n int64
	err := mine(ctx, org, person).Where("id IN ?", ids).Count(&n).Error
	return n, err
}

func markSeen(ctx context.Context, org, person string, ids []string, upTo time.Time) error {
	q := mine(ctx, org, person).Where("seen = 0")
	if ids != nil {
		q = q.Where("id IN ?", ids)
	} else {
		q = q.Where("happened <= ?", db.Micros(upTo))
	}
	return q.Update("seen", db.Micros(db.Now(ctx))).Error
}

func unreadAbout(ctx context.Context, org, person, kind, id string) (bool, error) {
	var ids []string
	err := mine(ctx, org, person).Where("seen = 0 AND subject_kind = ? AND subject_id = ?", kind, id).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, err
}

func markSubject(ctx context.Context, org, person, kind, id string) error {
	return mine(ctx, org, person).Where("seen = 0 AND subject_kind = ? AND subject_id = ?", kind, id).Update("seen", db.Micros(db.Now(ctx))).Error
}

type choiceRow struct {
	OrgID    string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	Mode     string
	NextAt   int64
	Changed  int64
}

func (choiceRow) TableName() string { return "notice_choice" }

// choiceOf is what a person chose; the zero row: nothing.
func choiceOf(ctx context.Context, org, person string) (choiceRow, error) {
	var rows []choiceRow
	err := db.Tx(ctx).Where("org_id = ? AND person_id = ?", org, person).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return choiceRow{}, err
	}
	return rows[0], nil
}

func saveChoice(ctx context.Context, r choiceRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "person_id"}}, DoUpdates: clause.AssignmentColumns([]string{"mode", "next_at", "changed"})}).Create(&r).Error
}

// pendingMail lists people whose unread notices are due for a mail: new ones that are
// old enough, and those of a daily mail whose hour came.
func pendingMail(ctx context.Context, before, now time.Time, limit int) ([]Target, error) {
	var rows []struct{ OrgID, PersonID string }
	err := db.Tx(ctx).Raw(`SELECT DISTINCT org_id, person_id FROM notice WHERE mailed = 0 AND seen = 0 AND happened <= ?
		UNION SELECT c.org_id, c.person_id FROM notice_choice c WHERE c.mode = 'daily' AND c.next_at <= ?
		AND EXISTS (SELECT 1 FROM notice n WHERE n.org_id = c.org_id AND n.person_id = c.person_id AND n.mailed = 2)
		LIMIT ?`, db.Micros(before), db.Micros(now), limit).Scan(&rows).Error
	out := make([]Target, len(rows))
	for i, r := range rows {
		out[i] = Target{Org: r.OrgID, Person: r.PersonID}
	}
	return out, err
}

// unmailed lists unread notices of the steps, the oldest of them first, and counts them.
func unmailed(ctx context.Context, to Target, steps []int, from, before time.Time, urgent bool, limit int) (out []Notice, n int64, err error) {
	q := func() *gorm.DB {
		q := mine(ctx, to.Org, to.Person).Where("seen = 0 AND mailed IN ? AND happened > ? AND happened <= ?", steps, db.Micros(from), db.Micros(before))
		if urgent {
			q = q.Where("urgent = ?", true)
		}
		return q
	}
	if err := q().Count(&n).Error; err != nil || n == 0 {
		return nil, 0, err
	}
	var rows []noticeRow
	if err := q().Order("happened, id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		out = append(out, r.notice())
	}
	return out, n, nil
}

// stepMail moves notices on their way to a mail.
func stepMail(ctx context.Context, to Target, from []int, before time.Time, step int) error {
	return mine(ctx, to.Org, to.Person).Where("seen = 0 AND mailed IN ? AND happened <= ?", from, db.Micros(before)).Update("mailed", step).Error
}
