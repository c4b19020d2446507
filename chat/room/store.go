package room

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
	"entente/prm/fault"
)

// The rows. Times are microseconds (db.Micros).

type roomRow struct {
	ID          string `gorm:"primaryKey"`
	SubjectKind string
	SubjectID   string
	Title       string
	Epoch       string
	LastSeq     int64
	ToldSeq     int64 // the latest number that is no act
	State       string
	Created     int64
	Active      int64 // time of the latest message, else of creation
}

func (roomRow) TableName() string { return "room" }

// The states of a room.
const (
	stateOpen     = "open"
	stateReadOnly = "read_only"
)

type orgRow struct {
	RoomID string `gorm:"primaryKey"`
	OrgID  string `gorm:"primaryKey"`
	Joined int64
}

func (orgRow) TableName() string { return "room_org" }

type memberRow struct {
	RoomID   string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
	LastRead int64  // sequence number
	Level    string // which messages give a notice
	Joined   int64
}

func (memberRow) TableName() string { return "room_member" }

type messageRow struct {
	RoomID      string `gorm:"primaryKey"`
	Seq         int64  `gorm:"primaryKey;autoIncrement:false"`
	Kind        string
	AuthorID    string // empty for events
	AuthorOrg   string // for events the company the system acted for
	ClientKey   *string
	Thread      int64
	Text        string
	EventKind   string
	SubjectKind string
	SubjectID   string
	Args        string // JSON object of strings, empty for messages
	Happened    int64
	Edited      int64 // 0 = never
	Removed     int64 // 0 = there
	Via         string
}

func (messageRow) TableName() string { return "message" }

func (m messageRow) message() (Message, error) {
	out := Message{Room: ID(m.RoomID), Seq: m.Seq, Kind: Kind(m.Kind), Text: m.Text, Thread: m.Thread,
		Removed: m.Removed != 0, Edited: m.Edited != 0, At: db.FromMicros(m.Happened), Via: m.Via}
	if m.ClientKey != nil {
		out.Key = *m.ClientKey
	}
	if out.Removed {
		out.Text = ""
	}
	if out.Kind == Said {
		out.From = Author{ID: m.AuthorID, Org: m.AuthorOrg} // named after the transaction
		return out, nil
	}
	out.Event, out.Subject = m.EventKind, Subject{m.SubjectKind, m.SubjectID}
	if out.Kind == Act {
		if m.AuthorID != "" {
			out.From = Author{ID: m.AuthorID, Org: m.AuthorOrg}
		}
		out.Target, out.Text = m.Thread, ""
		out.Thread = 0
		if m.EventKind == ActReacted {
			out.Emoji, out.On = strings.CutPrefix(m.Text, "+")
			out.Emoji = strings.TrimPrefix(out.Emoji, "-")
		}
		return out, nil
	}
	if m.Args != "" && !out.Removed {
		if err := json.Unmarshal([]byte(m.Args), &out.Args); err != nil {
			return Message{}, fault.Wrap(err, fault.Internal, "error.internal")
		}
	}
	return out, nil
}

// readRoom reads a room and its companies with one question.
func readRoom(ctx context.Context, id ID) (Room, error) {
	r, _, err := readRoomFor(ctx, id, "", "")
	return r, err
}

// readRoomFor is readRoom which also says, in the same question, whether a person has sent a
// key there before: every message asks for both.
func readRoomFor(ctx context.Context, id ID, person, key string) (Room, bool, error) {
	var r roomRow
	var orgs string
	sent, args := "0", []any{string(id)}
	if person != "" {
		sent, args = "(SELECT COUNT(*) FROM message m WHERE m.room_id = room.id AND m.author_id = ? AND m.client_key = ?)", []any{person, key, string(id)}
	}
	n := int64(0)
	there, err := db.Row(ctx, `SELECT id, subject_kind, subject_id, title, epoch, last_seq, told_seq, state, created,
		COALESCE((SELECT string_agg(o.org_id, ' ') FROM room_org o WHERE o.room_id = room.id), ''), `+sent+` FROM room WHERE id = ?`,
		args, &r.ID, &r.SubjectKind, &r.SubjectID, &r.Title, &r.Epoch, &r.LastSeq, &r.ToldSeq, &r.State, &r.Created, &orgs, &n)
	if err == nil && !there {
		err = errNotFound
	}
	if err != nil {
		return Room{}, false, err
	}
	out := r.room(slices.Sorted(slices.Values(strings.Fields(orgs))))
	return out, n > 0, fillFree(ctx, []*Room{&out})
}

func (r roomRow) room(orgs []string) Room {
	return Room{ID: ID(r.ID), Subject: Subject{r.SubjectKind, r.SubjectID}, Title: r.Title, Orgs: orgs,
		Epoch: r.Epoch, LastSeq: r.LastSeq, ToldSeq: r.ToldSeq, ReadOnly: r.State != stateOpen, Created: db.FromMicros(r.Created)}
}

func orgsOf(ctx context.Context, rooms []string) (map[string][]string, error) {
	var rows []orgRow
	if err := db.Tx(ctx).Where("room_id IN ?", rooms).Order("room_id, org_id").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, r := range rows {
		out[r.RoomID] = append(out[r.RoomID], r.OrgID)
	}
	return out, nil
}

func missing(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return errNotFound
	}
	return err
}

func findSubject(ctx context.Context, s Subject) (ID, error) {
	var r roomRow
	err := db.Tx(ctx).Select("id").Where("subject_kind = ? AND subject_id = ?", s.Kind, s.ID).Take(&r).Error
	return ID(r.ID), missing(err)
}

// findSubjects finds the rooms of a company about many subjects of a kind.
func findSubjects(ctx context.Context, org, kind string, ids []string) (map[string]ID, error) {
	var rows []struct{ ID, SubjectID string }
	err := db.Tx(ctx).Raw(`SELECT r.id, r.subject_id FROM room r JOIN room_org o ON o.room_id = r.id WHERE o.org_id = ? AND r.subject_kind = ? AND r.subject_id IN ?`, org, kind, ids).Scan(&rows).Error
	out := make(map[string]ID, len(rows))
	for _, r := range rows {
		out[r.SubjectID] = ID(r.ID)
	}
	return out, err
}

// ensureRoom inserts or finds; the unique subject settles a race. made tells which.
func ensureRoom(ctx context.Context, s Subject, title string) (r roomRow, made bool, err error) {
	now := db.Micros(db.Now(ctx))
	r = roomRow{ID: db.NewID(), SubjectKind: s.Kind, SubjectID: s.ID, Title: title, Epoch: db.NewID(), State: stateOpen, Created: now, Active: now}
	n, err := db.Exec(ctx, "INSERT INTO room (id, subject_kind, subject_id, title, epoch, last_seq, told_seq, state, created, active) VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?) ON CONFLICT (subject_kind, subject_id) DO NOTHING",
		r.ID, r.SubjectKind, r.SubjectID, r.Title, r.Epoch, r.State, r.Created, r.Active)
	if err != nil || n == 1 {
		return r, true, err
	}
	id, err := findSubject(ctx, s)
	r.ID = string(id)
	return r, false, err
}

// addOrgs adds those of the companies that are missing.
func addOrgs(ctx context.Context, id ID, orgs ...string) error {
	now := db.Micros(db.Now(ctx))
	for _, o := range orgs {
		if err := db.LaterRow(ctx, &orgRow{RoomID: string(id), OrgID: o, Joined: now}, " ON CONFLICT DO NOTHING"); err != nil {
			return err
		}
	}
	return nil
}

func removeOrg(ctx context.Context, id ID, org string) error {
	if err := endBotsOf(ctx, id, org); err != nil {
		return err
	}
	if err := db.Tx(ctx).Where("room_id = ? AND org_id = ?", string(id), org).Delete(&memberRow{}).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Where("room_id = ? AND org_id = ?", string(id), org).Delete(&orgRow{}).Error
}

func setReadOnly(ctx context.Context, id ID, on bool) error {
	state := stateOpen
	if on {
		state = stateReadOnly
	}
	return db.Tx(ctx).Model(&roomRow{}).Where("id = ?", string(id)).UpdateColumn("state", state).Error
}

// nextSeq takes the next number and with it the lock of the room's row, and says
// whether the room takes posts.
func nextSeq(ctx context.Context, id ID) (seq int64, open bool, err error) {
	var state string
	there, err := db.Row(ctx, "UPDATE room SET last_seq = last_seq + 1, told_seq = last_seq + 1, active = ? WHERE id = ? RETURNING last_seq, state",
		[]any{db.Micros(db.Now(ctx)), string(id)}, &seq, &state)
	if err == nil && !there {
		err = errNotFound
	}
	return seq, state == stateOpen, err
}

// nextSeqFor is nextSeq which also says whether a company is in the room, in the same
// statement: every message asks for it.
func nextSeqFor(ctx context.Context, id ID, org string) (seq int64, open, in bool, err error) {
	var state string
	var seats int64
	there, err := db.Row(ctx, "UPDATE room SET last_seq = last_seq + 1, told_seq = last_seq + 1, active = ? WHERE id = ? RETURNING last_seq, state, (SELECT COUNT(*) FROM room_org o WHERE o.room_id = room.id AND o.org_id = ?)",
		[]any{db.Micros(db.Now(ctx)), string(id), org}, &seq, &state, &seats)
	if err == nil && !there {
		err = errNotFound
	}
	return seq, state == stateOpen, seats > 0, err
}

// backSeq returns the number just taken, while its lock is still held.
func backSeq(ctx context.Context, id ID) error {
	return db.Tx(ctx).Exec("UPDATE room SET last_seq = last_seq - 1, told_seq = (SELECT COALESCE(MAX(seq), 0) FROM message WHERE room_id = ? AND kind <> ?) WHERE id = ?", string(id), string(Act), string(id)).Error
}

func insert(ctx context.Context, m Message, person, org string) error {
	row := messageRow{RoomID: string(m.Room), Seq: m.Seq, Kind: string(m.Kind), AuthorID: person, AuthorOrg: org, ClientKey: keyOf(m),
		Thread: m.Thread, Text: m.Text, EventKind: m.Event, SubjectKind: m.Subject.Kind, SubjectID: m.Subject.ID, Happened: db.Micros(m.At), Via: m.Via}
	if m.Args != nil {
		b, err := json.Marshal(m.Args)
		if err != nil {
			return err
		}
		row.Args = string(b)
	}
	return db.LaterRow(ctx, &row, "")
}

// keyOf: an act has no key of its own.
func keyOf(m Message) *string {
	if m.Kind == Act {
		return nil
	}
	return &m.Key
}

func byKey(ctx context.Context, id ID, person, key string) (Message, bool, error) {
	var rows []messageRow
	err := db.Tx(ctx).Where("room_id = ? AND author_id = ? AND client_key = ?", string(id), person, key).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Message{}, false, err
	}
	m, err := rows[0].message()
	return m, err == nil, err
}

// threadRoot returns the root of the thread that seq belongs to, 0 for 0.
func threadRoot(ctx context.Context, id ID, seq int64) (int64, error) {
	if seq == 0 {
		return 0, nil
	}
	var rows []messageRow
	err := db.Tx(ctx).Select("seq", "thread").Where("room_id = ? AND seq = ? AND kind <> ?", string(id), seq, string(Act)).Limit(1).Find(&rows).Error
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 {
		return 0, fault.InvalidField("thread", "room.thread_wrong")
	}
	if rows[0].Thread != 0 {
		return rows[0].Thread, nil
	}
	return seq, nil
}

func history(ctx context.Context, id ID, w Window) ([]Message, error) {
	q := db.Tx(ctx).Where("room_id = ?", string(id)).Limit(w.Limit)
	if w.Before > 0 {
		q = q.Where("seq < ?", w.Before)
	}
	if w.Thread > 0 {
		q = q.Where("thread = ? AND kind = ?", w.Thread, string(Said)) // an act stands under its message as well
	}
	if w.After > 0 || w.Before == 0 && w.After == 0 && w.forward {
		q = q.Where("seq > ?", w.After).Order("seq")
	} else {
		q = q.Order("seq DESC")
	}
	var rows []messageRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) > 1 && rows[0].Seq > rows[1].Seq {
		for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	out := make([]Message, 0, len(rows))
	for _, r := range rows {
		m, err := r.message()
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func positions(ctx context.Context, ids []ID) (map[ID]int64, error) {
	out := make(map[ID]int64, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), 500)
		part := make([]string, n)
		for i, id := range ids[:n] {
			part[i] = string(id)
		}
		ids = ids[n:]
		var rows []roomRow
		if err := db.Tx(ctx).Select("id", "last_seq").Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[ID(r.ID)] = r.LastSeq
		}
	}
	return out, nil
}

func members(ctx context.Context, id ID) ([]string, error) {
	var out []string
	err := db.Tx(ctx).Model(&memberRow{}).Distinct("person_id").Where("room_id = ?", string(id)).Order("person_id").Pluck("person_id", &out).Error
	return out, err
}

// membersFor are those who entered a room, each with the company acted for.
func membersFor(ctx context.Context, id ID) ([]Person, error) {
	var rows []memberRow
	err := db.Tx(ctx).Select("person_id", "org_id").Where("room_id = ?", string(id)).Find(&rows).Error
	out := make([]Person, len(rows))
	for i, r := range rows {
		out[i] = Person{ID: r.PersonID, Org: r.OrgID}
	}
	return out, err
}

func readMark(ctx context.Context, id ID, person, org string) (seq int64, entered bool, err error) {
	var rows []memberRow
	err = db.Tx(ctx).Where("room_id = ? AND person_id = ? AND org_id = ?", string(id), person, org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, false, err
	}
	return rows[0].LastRead, true, nil
}

// enter makes the member row or moves its read mark forward.
func enter(ctx context.Context, id ID, person, org string, seq int64) error {
	row := memberRow{RoomID: string(id), PersonID: person, OrgID: org, LastRead: seq, Level: string(LevelAll), Joined: db.Micros(db.Now(ctx))}
	later := gorm.Expr("CASE WHEN room_member.last_read < ? THEN ? ELSE room_member.last_read END", seq, seq)
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "room_id"}, {Name: "person_id"}, {Name: "org_id"}},
		DoUpdates: clause.Assignments(map[string]any{"last_read": later}),
	}).Create(&row).Error
}

// enterLater is enter with others of the transaction, for its first message of the author in
// the room. One statement may touch a row only once: so the next ones are said one by one.
func enterLater(ctx context.Context, id ID, person, org string, seq int64) error {
	key := "room.entered:" + string(id) + " " + person + " " + org
	if _, again := db.Known[bool](ctx, key); again {
		return enter(ctx, id, person, org, seq)
	}
	err := db.Later(ctx, "room_member", "room_id, person_id, org_id, last_read, level, joined",
		" ON CONFLICT (room_id, person_id, org_id) DO UPDATE SET last_read = excluded.last_read WHERE room_member.last_read < excluded.last_read",
		string(id), person, org, seq, string(LevelAll), db.Micros(db.Now(ctx)))
	db.Know(ctx, key, nil, true)
	return err
}

type listRow struct {
	Room     roomRow `gorm:"embedded"`
	LastRead *int64
	Level    *string
}

const (
	joinOrg    = "JOIN room_org ON room_org.room_id = room.id AND room_org.org_id = ?"
	joinMember = "JOIN room_member ON room_member.room_id = room.id AND room_member.person_id = ? AND room_member.org_id = ?"
)

func listRooms(ctx context.Context, scope access.Scope, person string, f Filter) ([]Listed, string, error) {
	q := db.Tx(ctx).Table("room").Select("room.*, room_member.last_read AS last_read, room_member.level AS level").
		Joins(joinOrg, scope.Org()).
		Joins("LEFT "+joinMember, person, scope.Org())
	if f.Kind != "" {
		q = q.Where("room.subject_kind = ?", f.Kind)
	}
	if f.Query != "" {
		q = q.Where(`LOWER(room.title) LIKE ? ESCAPE '\'`, "%"+db.Literal(strings.ToLower(f.Query))+"%")
	}
	if f.Unread {
		q = q.Where("room_member.last_read < room.told_seq")
	}
	if f.Mine {
		q = q.Where("room_member.person_id IS NOT NULL")
	}
	if f.After != "" {
		at, id, err := parseCursor(f.After)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("room.active < ? OR (room.active = ? AND room.id < ?)", at, at, id)
	}
	var rows []listRow
	if err := q.Order("room.active DESC, room.id DESC").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = db.Cursor(rows[f.Limit-1].Room.Active, rows[f.Limit-1].Room.ID)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Room.ID
	}
	orgs, err := orgsOf(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	last, err := latest(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	acts, err := actsUnread(ctx, scope.Org(), person, ids)
	if err != nil {
		return nil, "", err
	}
	out := make([]Listed, len(rows))
	free := make([]*Room, len(rows))
	for i, r := range rows {
		out[i] = Listed{Room: r.Room.room(orgs[r.Room.ID]), LastAt: db.FromMicros(r.Room.Active), Last: last[ID(r.Room.ID)], Level: LevelAll}
		if r.LastRead != nil {
			out[i].Entered, out[i].ReadSeq, out[i].Unread, out[i].Level = true, *r.LastRead, max(r.Room.ToldSeq-*r.LastRead-acts[r.Room.ID], 0), Level(*r.Level)
		}
		free[i] = &out[i].Room
	}
	return out, next, fillFree(ctx, free)
}

// latest returns the newest message of each room that has one.
func latest(ctx context.Context, rooms []string) (map[ID]Message, error) {
	var rows []messageRow
	err := db.Tx(ctx).Table("message").Select("message.*").
		Joins("JOIN room ON room.id = message.room_id AND room.told_seq = message.seq").
		Where("room.id IN ?", rooms).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	out := make(map[ID]Message, len(rows))
	for _, r := range rows {
		m, err := r.message()
		if err != nil {
			return nil, err
		}
		out[m.Room] = m
	}
	return out, nil
}

func unreadRooms(ctx context.Context, scope access.Scope, person string) ([]Room, error) {
	var rows []roomRow
	err := db.Tx(ctx).Table("room").Select("room.*").Joins(joinOrg, scope.Org()).Joins(joinMember, person, scope.Org()).
		Where("room_member.last_read < room.told_seq AND room_member.level <> ?", string(LevelNone)).Limit(1000).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
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

func parseCursor(s string) (int64, string, error) {
	n, id, ok := db.ReadCursor(s)
	if !ok {
		return 0, "", fault.InvalidField("after", "form.cursor_wrong")
	}
	return n, id, nil
}
