package room

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/db/search"
)

type reactionRow struct {
	RoomID   string `gorm:"primaryKey"`
	Seq      int64  `gorm:"primaryKey;autoIncrement:false"`
	Emoji    string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	OrgID    string
	Made     int64
}

func (reactionRow) TableName() string { return "message_reaction" }

type mentionRow struct {
	RoomID   string `gorm:"primaryKey"`
	Seq      int64  `gorm:"primaryKey;autoIncrement:false"`
	PersonID string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
}

func (mentionRow) TableName() string { return "message_mention" }

type pinRow struct {
	RoomID   string `gorm:"primaryKey"`
	Seq      int64  `gorm:"primaryKey;autoIncrement:false"`
	PersonID string
	OrgID    string
	Made     int64
}

func (pinRow) TableName() string { return "message_pin" }

type draftRow struct {
	RoomID   string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
	Text     string
	Changed  int64
}

func (draftRow) TableName() string { return "room_draft" }

// nextAct takes the next number for an act and with it the lock of the room's row. The
// room's place in lists stays.
func nextAct(ctx context.Context, id ID) (seq int64, open bool, err error) {
	return nextActs(ctx, id, 1)
}

// nextActs takes the numbers of n acts, of which it says the first.
func nextActs(ctx context.Context, id ID, n int) (first int64, open bool, err error) {
	var last int64
	var state string
	there, err := db.Row(ctx, "UPDATE room SET last_seq = last_seq + ? WHERE id = ? RETURNING last_seq, state", []any{n, string(id)}, &last, &state)
	if err == nil && !there {
		err = errNotFound
	}
	return last - int64(n) + 1, state == stateOpen, err
}

// lock takes the lock of the room's row.
func lock(ctx context.Context, id ID) error {
	return db.Tx(ctx).Exec("UPDATE room SET last_seq = last_seq WHERE id = ?", string(id)).Error
}

// readRooms are the rooms of some ids that exist.
func readRooms(ctx context.Context, ids []string) ([]Room, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []roomRow
	if err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	orgs, err := orgsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Room, len(rows))
	free := make([]*Room, len(rows))
	for i, r := range rows {
		out[i] = r.room(orgs[r.ID])
		free[i] = &out[i]
	}
	return out, fillFree(ctx, free)
}

// backAct returns the number just taken, while its lock is still held.
func backAct(ctx context.Context, id ID) error {
	return db.Tx(ctx).Exec("UPDATE room SET last_seq = last_seq - 1 WHERE id = ?", string(id)).Error
}

// insertAct writes an act. Its thread is the message it was done to; what an edit says is
// read from there, so that nothing of a removed text stays behind.
func insertAct(ctx context.Context, m Message, person, org string) error {
	row := m
	row.Thread, row.Args, row.Text = m.Target, nil, ""
	if m.Event == ActReacted {
		row.Text = "-" + m.Emoji
		if m.On {
			row.Text = "+" + m.Emoji
		}
	}
	return insert(ctx, row, person, org)
}

// passMarks moves the marks of those who had read everything over n acts.
func passMarks(ctx context.Context, id ID, first int64, n int) error {
	return db.Tx(ctx).Exec("UPDATE room_member SET last_read = ? WHERE room_id = ? AND last_read = ?", first+int64(n)-1, string(id), first-1).Error
}

// readMessage is a message a person wrote; anything else of the sequence is none.
func readMessage(ctx context.Context, id ID, seq int64) (messageRow, error) {
	var m messageRow
	err := db.Tx(ctx).Where("room_id = ? AND seq = ? AND kind = ?", string(id), seq, string(Said)).Take(&m).Error
	return m, missing(err)
}

// messagesAt are messages of persons by their numbers.
func messagesAt(ctx context.Context, id ID, seqs []int64) ([]Message, error) {
	var rows []messageRow
	if err := db.Tx(ctx).Where("room_id = ? AND seq IN ? AND kind = ?", string(id), seqs, string(Said)).Order("seq").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Message, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.message(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func setText(ctx context.Context, id ID, seq int64, text string, at time.Time) error {
	return db.Tx(ctx).Model(&messageRow{}).Where("room_id = ? AND seq = ?", string(id), seq).UpdateColumns(map[string]any{"text": text, "edited": db.Micros(at)}).Error
}

// erase takes the content of a message away, with all that was made of it.
func erase(ctx context.Context, id ID, seqs []int64, at time.Time) error {
	if err := db.Tx(ctx).Model(&messageRow{}).Where("room_id = ? AND seq IN ?", string(id), seqs).UpdateColumns(map[string]any{"text": "", "removed": db.Micros(at)}).Error; err != nil {
		return err
	}
	for _, row := range []any{&reactionRow{}, &mentionRow{}, &pinRow{}} {
		if err := db.Tx(ctx).Where("room_id = ? AND seq IN ?", string(id), seqs).Delete(row).Error; err != nil {
			return err
		}
	}
	if err := db.Tx(ctx).Exec("DELETE FROM message_search WHERE room_id = ? AND seq IN ?", string(id), seqs).Error; err != nil {
		return err
	}
	// which emojis were set tells what was said
	if err := db.Tx(ctx).Exec("UPDATE message SET text = '' WHERE room_id = ? AND thread IN ? AND thread > 0 AND kind = 'act'", string(id), seqs).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Model(&fileRow{}).Where("room_id = ? AND seq IN ?", string(id), seqs).UpdateColumn("removed", db.Micros(at)).Error
}

func react(ctx context.Context, id ID, seq int64, emoji, person, org string) (bool, error) {
	n, err := db.Exec(ctx, "INSERT INTO message_reaction (room_id, seq, emoji, person_id, org_id, made) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", string(id), seq, emoji, person, org, db.Micros(db.Now(ctx)))
	return n == 1, err
}

func unreact(ctx context.Context, id ID, seq int64, emoji, person string) (bool, error) {
	n, err := db.Exec(ctx, "DELETE FROM message_reaction WHERE room_id = ? AND seq = ? AND emoji = ? AND person_id = ?", string(id), seq, emoji, person)
	return n == 1, err
}

func pin(ctx context.Context, id ID, seq int64, person, org string) (bool, error) {
	n, err := db.Exec(ctx, "INSERT INTO message_pin (room_id, seq, person_id, org_id, made) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", string(id), seq, person, org, db.Micros(db.Now(ctx)))
	return n == 1, err
}

func unpin(ctx context.Context, id ID, seq int64) (bool, error) {
	n, err := db.Exec(ctx, "DELETE FROM message_pin WHERE room_id = ? AND seq = ?", string(id), seq)
	return n == 1, err
}

func countPins(ctx context.Context, id ID) (int64, error) {
	var n int64
	err := db.Tx(ctx).Model(&pinRow{}).Where("room_id = ?", string(id)).Count(&n).Error
	return n, err
}

func pinnedIn(ctx context.Context, id ID) ([]Message, error) {
	var rows []messageRow
	err := db.Tx(ctx).Table("message").Select("message.*").Joins("JOIN message_pin p ON p.room_id = message.room_id AND p.seq = message.seq").
		Where("p.room_id = ?", string(id)).Order("p.made DESC, p.seq DESC").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	out := make([]Message, len(rows))
	for i, r := range rows {
		if out[i], err = r.message(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func reactionsOf(ctx context.Context, id ID, seqs []int64) (map[int64][]Reaction, error) {
	var rows []reactionRow
	if err := db.Tx(ctx).Where("room_id = ? AND seq IN ?", string(id), seqs).Order("seq, made, emoji, person_id").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[int64][]Reaction{}
	for _, r := range rows {
		list := out[r.Seq]
		i := 0
		for i < len(list) && list[i].Emoji != r.Emoji {
			i++
		}
		if i == len(list) {
			list = append(list, Reaction{Emoji: r.Emoji})
		}
		list[i].Persons = append(list[i].Persons, r.PersonID)
		out[r.Seq] = list
	}
	return out, nil
}

func mentionsOf(ctx context.Context, id ID, seqs []int64) (map[int64][]Mention, error) {
	var rows []mentionRow
	if err := db.Tx(ctx).Where("room_id = ? AND seq IN ?", string(id), seqs).Order("seq, person_id").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[int64][]Mention{}
	for _, r := range rows {
		out[r.Seq] = append(out[r.Seq], Mention{ID: r.PersonID, Org: r.OrgID})
	}
	return out, nil
}

func keepMentions(ctx context.Context, id ID, seq int64, people []Person) error {
	for _, p := range people {
		if err := db.LaterRow(ctx, &mentionRow{string(id), seq, p.ID, p.Org}, " ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
	}
	return nil
}

func dropMentions(ctx context.Context, id ID, seq int64) error {
	return db.Tx(ctx).Where("room_id = ? AND seq = ?", string(id), seq).Delete(&mentionRow{}).Error
}

// silentIn are "person org" of those who want nothing of a room.
func silentIn(ctx context.Context, id ID) ([]string, error) {
	var rows []memberRow
	err := db.Tx(ctx).Where("room_id = ? AND level = ?", string(id), string(LevelNone)).Find(&rows).Error
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.PersonID + " " + r.OrgID
	}
	return out, err
}

// dress puts into messages what their frames carry: whom they name, their files, and into
// edits the text as it is now.
func dress(ctx context.Context, id ID, ms []Message) error {
	var seqs, edited []int64
	for _, m := range ms {
		switch {
		case m.Kind == Act && m.Event == ActEdited:
			seqs, edited = append(seqs, m.Target), append(edited, m.Target)
		case m.Kind == Said && !m.Removed:
			seqs = append(seqs, m.Seq)
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	named, err := mentionsOf(ctx, id, seqs)
	if err != nil {
		return err
	}
	files, err := filesOf(ctx, id, seqs)
	if err != nil {
		return err
	}
	texts := map[int64]string{}
	if len(edited) > 0 {
		var rows []messageRow
		if err := db.Tx(ctx).Select("seq", "text").Where("room_id = ? AND seq IN ?", string(id), edited).Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			texts[r.Seq] = r.Text
		}
	}
	for i := range ms {
		m := &ms[i]
		switch {
		case m.Kind == Act && m.Event == ActEdited:
			m.Body = texts[m.Target]
			m.Mentions = append([]Mention(nil), named[m.Target]...)
		case m.Kind == Said && !m.Removed:
			m.Mentions, m.Files = append([]Mention(nil), named[m.Seq]...), files[m.Seq]
		}
	}
	return nil
}

// adorn adds what only a page of history shows: reactions, pins, answers, who removed.
func adorn(ctx context.Context, id ID, ms []Message) error {
	var seqs, gone []int64
	for _, m := range ms {
		if m.Kind == Said {
			seqs = append(seqs, m.Seq)
			if m.Removed {
				gone = append(gone, m.Seq)
			}
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	reactions, err := reactionsOf(ctx, id, seqs)
	if err != nil {
		return err
	}
	var pins []pinRow
	if err := db.Tx(ctx).Where("room_id = ? AND seq IN ?", string(id), seqs).Find(&pins).Error; err != nil {
		return err
	}
	var threads []struct {
		Thread, N, Last int64
	}
	if err := db.Tx(ctx).Raw("SELECT thread, COUNT(*) AS n, MAX(happened) AS last FROM message WHERE room_id = ? AND thread IN ? AND thread > 0 AND kind = ? GROUP BY thread", string(id), seqs, string(Said)).Scan(&threads).Error; err != nil {
		return err
	}
	at := map[int64]*Message{}
	for i := range ms {
		if ms[i].Kind == Said {
			at[ms[i].Seq] = &ms[i]
			ms[i].Reactions = reactions[ms[i].Seq]
		}
	}
	for _, p := range pins {
		at[p.Seq].Pinned = true
	}
	for _, t := range threads {
		at[t.Thread].Answers, at[t.Thread].LastAnswer = int(t.N), db.FromMicros(t.Last)
	}
	if len(gone) > 0 {
		var acts []messageRow
		if err := db.Tx(ctx).Select("thread", "author_id", "author_org").Where("room_id = ? AND thread IN ? AND thread > 0 AND kind = ? AND event_kind = ?", string(id), gone, string(Act), ActRemoved).Find(&acts).Error; err != nil {
			return err
		}
		for _, a := range acts {
			at[a.Thread].RemovedBy = Author{ID: a.AuthorID, Org: a.AuthorOrg}
		}
	}
	return nil
}

// actsUnread counts the acts above a person's marks that lie below a message: they are
// nothing to be read.
func actsUnread(ctx context.Context, org, person string, rooms []string) (map[string]int64, error) {
	var rows []struct {
		RoomID string
		N      int64
	}
	if len(rooms) == 0 {
		return nil, nil
	}
	err := db.Tx(ctx).Raw(`SELECT m.room_id, COUNT(*) AS n FROM message m JOIN room r ON r.id = m.room_id
		JOIN room_member b ON b.room_id = m.room_id AND b.person_id = ? AND b.org_id = ?
		WHERE m.room_id IN ? AND m.kind = 'act' AND m.seq > b.last_read AND m.seq < r.told_seq GROUP BY m.room_id`, person, org, rooms).Scan(&rows).Error
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.RoomID] = r.N
	}
	return out, err
}

func marksOf(ctx context.Context, id ID) ([]memberRow, error) {
	var rows []memberRow
	err := db.Tx(ctx).Where("room_id = ?", string(id)).Order("org_id, person_id").Limit(2000).Find(&rows).Error
	return rows, err
}

func setLevel(ctx context.Context, id ID, person, org string, level Level) error {
	return db.Tx(ctx).Model(&memberRow{}).Where("room_id = ? AND person_id = ? AND org_id = ?", string(id), person, org).UpdateColumn("level", string(level)).Error
}

func draftOf(ctx context.Context, id ID, person, org string) (string, error) {
	var rows []draftRow
	err := db.Tx(ctx).Where("room_id = ? AND person_id = ? AND org_id = ?", string(id), person, org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].Text, nil
}

func putDraft(ctx context.Context, id ID, person, org, text string) error {
	row := draftRow{string(id), person, org, text, db.Micros(db.Now(ctx))}
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "room_id"}, {Name: "person_id"}, {Name: "org_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"text", "changed"}),
	}).Create(&row).Error
}

func dropDraft(ctx context.Context, id ID, person, org string) error {
	return db.Tx(ctx).Where("room_id = ? AND person_id = ? AND org_id = ?", string(id), person, org).Delete(&draftRow{}).Error
}

// found is where the words of messages stand.
var found = search.Index{Table: "message_search", Key: "room_id, seq"}

// findMessages finds messages of the company's rooms by their words, the latest first.
func findMessages(ctx context.Context, org string, f Find, limit int) ([]messageRow, error) {
	m, ok := found.Query(db.DialectOf(ctx), f.Query)
	if !ok {
		return nil, nil
	}
	q := db.Tx(ctx).Table("message").Select("message.*").
		Joins("JOIN room_org ON room_org.room_id = message.room_id AND room_org.org_id = ?", org).
		Where("(message.room_id, message.seq) IN ("+m.SQL+")", m.Args...).Where("message.removed = 0")
	if f.Room != "" {
		q = q.Where("message.room_id = ?", string(f.Room))
	}
	if f.After != "" {
		at, room, seq, err := parseFound(f.After)
		if err != nil {
			return nil, err
		}
		q = q.Where("message.happened < ? OR message.happened = ? AND (message.room_id < ? OR message.room_id = ? AND message.seq < ?)", at, at, room, room, seq)
	}
	var rows []messageRow
	err := q.Order("message.happened DESC, message.room_id DESC, message.seq DESC").Limit(limit).Scan(&rows).Error
	return rows, err
}

// unfound are messages whose words stand nowhere yet, locked: what is just being changed or
// removed is left to who does that, or words that stand no more would be written after it.
func unfound(ctx context.Context, limit int) ([]messageRow, error) {
	var rows []messageRow
	lock := ""
	if db.DialectOf(ctx) == db.Postgres {
		lock = " FOR UPDATE OF m SKIP LOCKED"
	}
	err := db.Tx(ctx).Raw(`SELECT m.* FROM message m WHERE m.kind = 'message' AND m.removed = 0 AND NOT EXISTS (SELECT 1 FROM message_search s WHERE s.room_id = m.room_id AND s.seq = m.seq) LIMIT ?`+lock, limit).Scan(&rows).Error
	return rows, err
}
