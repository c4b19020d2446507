package notify

import (
	"context"
	"encoding/json"
	"slices"
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
	About       string // of its group
	Reason      string
	Place       int64 // in the lists: when it happened, or until when it was put off
	Snoozed     int64
	Done        int64
	Pushed      int64 // 0: waits to be told on a device
}

func (noticeRow) TableName() string { return "notice" }

func (r noticeRow) notice() Notice {
	n := Notice{ID: r.ID, Org: r.OrgID, Person: r.PersonID, Kind: r.Kind, Dedupe: r.Dedupe, SubjectKind: r.SubjectKind, SubjectID: r.SubjectID,
		Urgent: r.Urgent, Reason: r.Reason, At: db.FromMicros(r.Happened), Seen: db.FromMicros(r.Seen)}
	if json.Unmarshal([]byte(r.Args), &n.Args) != nil {
		n.Args = map[string]string{} // a row we did not write shows its kind alone
	}
	return n
}

// insertNew writes the rows whose dedupe key is new to the person.
func insertNew(ctx context.Context, rows []noticeRow) error {
	for i := range rows {
		if err := db.LaterRow(ctx, &rows[i], " ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
	}
	return nil
}

func mine(ctx context.Context, org, person string) *gorm.DB {
	return db.Tx(ctx).Model(&noticeRow{}).Where("org_id = ? AND person_id = ?", org, person)
}

// cursor is a place in the list: newest first by instant and id.
type cursor struct {
	at int64
	id string
}

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

// unreadMost of the newest unread notices are counted.
const unreadMost = 200

type unreadRow struct {
	About, SubjectKind string
	Urgent             bool
	N                  int
}

// unreadOf are the newest unread notices, at most unreadMost, by object.
func unreadOf(ctx context.Context, org, person string) ([]unreadRow, error) {
	var rows []unreadRow
	newest := mine(ctx, org, person).Select("about, subject_kind, urgent").Where("seen = 0 AND done = 0 AND snoozed <= ?", db.Micros(db.Now(ctx))).Order("place DESC, id DESC").Limit(unreadMost)
	err := db.Tx(ctx).Table("(?) AS u", newest).Select("about, subject_kind, urgent, count(*) AS n").Group("about, subject_kind, urgent").Scan(&rows).Error
	return rows, err
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
		q = q.Where("happened <= ? AND snoozed <= ?", db.Micros(upTo), db.Micros(db.Now(ctx))) // what was put off comes back unread
	}
	return q.Update("seen", db.Micros(db.Now(ctx))).Error
}

func unreadAbout(ctx context.Context, org, person, kind, id string) (bool, error) {
	var ids []string
	err := mine(ctx, org, person).Where("seen = 0 AND about = ? AND snoozed <= ?", aboutOf(kind, id), db.Micros(db.Now(ctx))).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, err
}

func markSubject(ctx context.Context, org, person, kind, id string) error {
	return mine(ctx, org, person).Where("seen = 0 AND about = ? AND snoozed <= ?", aboutOf(kind, id), db.Micros(db.Now(ctx))).Update("seen", db.Micros(db.Now(ctx))).Error
}

type choiceRow struct {
	OrgID    string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	Mode     string
	NextAt   int64
	Changed  int64

	QuietFrom int64 // minutes of the person's day
	QuietTo   int64
	Hold      int64 // no mail before
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
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "person_id"}}, DoUpdates: clause.AssignmentColumns([]string{"mode", "next_at", "changed", "quiet_from", "quiet_to", "hold"})}).Create(&r).Error
}

// pendingMail lists people whose unread notices are due for a mail: new ones that are
// old enough, and those of a daily mail whose hour came.
func pendingMail(ctx context.Context, before, now time.Time, limit int) ([]Target, error) {
	var rows []struct{ OrgID, PersonID string }
	err := db.Tx(ctx).Raw(`SELECT DISTINCT n.org_id, n.person_id FROM notice n LEFT JOIN notice_choice c ON c.org_id = n.org_id AND c.person_id = n.person_id
		WHERE n.mailed = 0 AND n.seen = 0 AND n.happened <= ? AND n.snoozed <= ? AND COALESCE(c.hold, 0) <= ?
		UNION SELECT c.org_id, c.person_id FROM notice_choice c WHERE c.mode IN ('daily', '') AND c.next_at <= ? AND c.hold <= ?
		AND EXISTS (SELECT 1 FROM notice n WHERE n.org_id = c.org_id AND n.person_id = c.person_id AND n.mailed = 2)
		LIMIT ?`, db.Micros(before), db.Micros(now), db.Micros(now), db.Micros(now), db.Micros(now), limit).Scan(&rows).Error
	out := make([]Target, len(rows))
	for i, r := range rows {
		out[i] = Target{Org: r.OrgID, Person: r.PersonID}
	}
	return out, err
}

// unmailed lists unread notices of the steps, the oldest of them first, and counts them.
func unmailed(ctx context.Context, to Target, steps []int, from, before time.Time, urgent bool, limit int) (out []Notice, n int64, err error) {
	q := func() *gorm.DB {
		q := mine(ctx, to.Org, to.Person).Where("seen = 0 AND snoozed <= ? AND mailed IN ? AND place > ? AND happened <= ?", db.Micros(db.Now(ctx)), steps, db.Micros(from), db.Micros(before))
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
	return mine(ctx, to.Org, to.Person).Where("seen = 0 AND snoozed <= ? AND mailed IN ? AND happened <= ?", db.Micros(db.Now(ctx)), from, db.Micros(before)).Update("mailed", step).Error
}

// stepUrgent settles the urgent ones of the new.
func stepUrgent(ctx context.Context, to Target, before time.Time) error {
	return mine(ctx, to.Org, to.Person).Where("seen = 0 AND snoozed <= ? AND mailed = ? AND happened <= ? AND urgent = ?", db.Micros(db.Now(ctx)), mailOpen, db.Micros(before), true).Update("mailed", mailSettled).Error
}

// toldBefore says whether something that waits for a mail was told up to an instant.
func toldBefore(ctx context.Context, to Target, at int64) (bool, error) {
	var ids []string
	err := mine(ctx, to.Org, to.Person).Where("seen = 0 AND snoozed <= ? AND mailed IN ? AND happened <= ?", db.Micros(db.Now(ctx)), []int{mailOpen, mailDigest}, at).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, err
}

// offRow is a way by which a topic, or with wayAll an object, does not come.
type offRow struct {
	OrgID    string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	Topic    string `gorm:"primaryKey"` // or the key of an object
	Way      string `gorm:"primaryKey"`
}

func (offRow) TableName() string { return "notice_off" }

func offOf(ctx context.Context, org, person string) (rows []offRow, err error) {
	err = db.Tx(ctx).Where("org_id = ? AND person_id = ?", org, person).Order("topic, way").Find(&rows).Error
	return rows, err
}

// offFor are the ways by which people are not told of a topic and an object.
func offFor(ctx context.Context, org string, people []string, topic, about string) (map[string]map[string]bool, error) {
	// Once for all that a transaction tells of a topic: the objects somebody wants to hear no
	// more of are few.
	rows, err := db.Remember(ctx, "notice_off:"+org+":"+topic+":"+strings.Join(people, ","), []string{"notice_off"}, func() (rows []offRow, err error) {
		return rows, db.Tx(ctx).Where("org_id = ? AND person_id IN ? AND (topic = ? OR way = ?)", org, people, topic, wayAll).Find(&rows).Error
	})
	out := map[string]map[string]bool{}
	for _, r := range rows {
		if r.Topic != topic && r.Topic != about {
			continue
		}
		if out[r.PersonID] == nil {
			out[r.PersonID] = map[string]bool{}
		}
		out[r.PersonID][r.Way] = true
	}
	return out, err
}

func saveOff(ctx context.Context, rows []offRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

func dropOff(ctx context.Context, r offRow) error { return db.Tx(ctx).Delete(&r).Error }

// replaceOff sets the topics a person chose; muted objects stay.
func replaceOff(ctx context.Context, org, person string, rows []offRow) error {
	if err := db.Tx(ctx).Where("org_id = ? AND person_id = ? AND way <> ?", org, person, wayAll).Delete(&offRow{}).Error; err != nil || len(rows) == 0 {
		return err
	}
	return saveOff(ctx, rows)
}

// oneOf is one of a person's notices.
func oneOf(ctx context.Context, org, person, id string) (noticeRow, error) {
	var r noticeRow
	err := mine(ctx, org, person).Where("id = ?", id).Take(&r).Error
	return r, err
}

// inPile says of a notice whether it is in a pile now.
func inPile(ctx context.Context, pile Pile, alias string) string {
	now := strconv.FormatInt(db.Micros(db.Now(ctx)), 10)
	switch pile {
	case Open:
		return alias + ".done = 0 AND " + alias + ".snoozed <= " + now
	case Snoozed:
		return alias + ".done = 0 AND " + alias + ".snoozed > " + now + " AND " + alias + ".place > " + now // it stands there
	}
	return alias + ".done > 0"
}

// groupOf are the notices about what one is about, up to its place.
func groupOf(ctx context.Context, n noticeRow) *gorm.DB {
	return mine(ctx, n.OrgID, n.PersonID).Where("about = ? AND place <= ?", n.About, n.Place)
}

// pileOf are those of the pile that one lies in: what the reader sees as one.
func pileOf(ctx context.Context, n noticeRow) *gorm.DB {
	pile := Open
	if n.Done > 0 {
		pile = Done
	} else if n.Snoozed > db.Micros(db.Now(ctx)) {
		pile = Snoozed
	}
	return groupOf(ctx, n).Where(inPile(ctx, pile, "notice"))
}

func finish(ctx context.Context, which *gorm.DB) error {
	now := db.Micros(db.Now(ctx))
	return which.Where("done = 0").Updates(map[string]any{"done": now, "snoozed": 0, "seen": clause.Expr{SQL: "CASE WHEN seen = 0 THEN ? ELSE seen END", Vars: []any{now}}}).Error
}

func snooze(ctx context.Context, n noticeRow, until time.Time) error {
	return pileOf(ctx, n).Where("done = 0").Updates(map[string]any{"snoozed": db.Micros(until), "place": db.Micros(until), "seen": 0}).Error
}

func reopen(ctx context.Context, n noticeRow) error {
	return pileOf(ctx, n).Where("done > 0 OR snoozed > 0").Updates(map[string]any{"done": 0, "snoozed": 0, "place": db.Micros(db.Now(ctx))}).Error
}

// groupsOf lists a pile by object: a group stands where its newest row does. The heads are
// found along the index and no further than the page goes, since a pile may be long; then
// the newest rows of these groups are read.
func groupsOf(ctx context.Context, org, person string, pile Pile, unread bool, after cursor, limit int) (groups []Group, next string, err error) {
	where, args := "h.org_id = ? AND h.person_id = ? AND "+inPile(ctx, pile, "h"), []any{org, person}
	if unread {
		where += " AND h.about IN (SELECT u.about FROM notice u WHERE u.org_id = ? AND u.person_id = ? AND u.seen = 0 AND " + inPile(ctx, pile, "u") + ")"
		args = append(args, org, person)
	}
	if after.id != "" {
		where += " AND h.place <= ? AND (h.place < ? OR h.id < ?)"
		args = append(args, after.at, after.at, after.id)
	}
	var heads []struct {
		Row   noticeRow `gorm:"embedded"`
		Muted bool
	}
	err = db.Tx(ctx).Raw(`SELECT h.*, EXISTS (SELECT 1 FROM notice_off o WHERE o.org_id = h.org_id AND o.person_id = h.person_id AND o.topic = h.about AND o.way = 'all') AS muted
		FROM notice h WHERE `+where+` AND NOT EXISTS (SELECT 1 FROM notice x WHERE x.org_id = h.org_id AND x.person_id = h.person_id AND x.about = h.about AND `+inPile(ctx, pile, "x")+`
		AND x.place >= h.place AND (x.place > h.place OR x.id > h.id)) ORDER BY h.place DESC, h.id DESC LIMIT ?`, append(args, limit+1)...).Scan(&heads).Error
	if err != nil || len(heads) == 0 {
		return nil, "", err
	}
	if len(heads) > limit {
		heads = heads[:limit]
		next = strconv.FormatInt(heads[limit-1].Row.Place, 36) + "." + heads[limit-1].Row.ID
	}
	abouts := make([]string, len(heads))
	at := map[string]int{}
	for i, h := range heads {
		abouts[i], at[h.Row.About] = h.Row.About, i
		groups = append(groups, Group{Until: db.FromMicros(h.Row.Snoozed), Muted: h.Muted, CanMute: h.Row.About != h.Row.ID})
	}
	var rows []struct {
		Row            noticeRow `gorm:"embedded"`
		N, Unread, Red int
	}
	err = db.Tx(ctx).Raw(`SELECT g.* FROM (SELECT x.*, ROW_NUMBER() OVER (PARTITION BY x.about ORDER BY x.place DESC, x.id DESC) AS seq, COUNT(*) OVER (PARTITION BY x.about) AS n,
		SUM(CASE WHEN x.seen = 0 THEN 1 ELSE 0 END) OVER (PARTITION BY x.about) AS unread, SUM(CASE WHEN x.urgent THEN 1 ELSE 0 END) OVER (PARTITION BY x.about) AS red
		FROM notice x WHERE x.org_id = ? AND x.person_id = ? AND `+inPile(ctx, pile, "x")+` AND x.about IN ?) g WHERE g.seq <= ? ORDER BY g.place DESC, g.id DESC`, org, person, abouts, groupRows).Scan(&rows).Error
	for _, r := range rows {
		g := &groups[at[r.Row.About]]
		g.N, g.Unread, g.Urgent = r.N, r.Unread, r.Red > 0
		g.Notices = append(g.Notices, r.Row.notice())
	}
	gone := func(g Group) bool { return len(g.Notices) == 0 } // from the pile, between the two reads
	return slices.DeleteFunc(groups, gone), next, err
}
