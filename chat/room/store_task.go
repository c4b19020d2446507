package room

import (
	"context"
	"strings"

	"entente/db"
)

// taskRow is a task made of a message.
type taskRow struct {
	ID        string `gorm:"primaryKey"`
	RoomID    string
	Seq       int64
	OrgID     string // of the owner
	PersonID  string
	Due       string
	Made      int64
	MadeOrg   string
	MadeBy    string
	ClientKey string
	Done      int64 // 0: not yet; below zero: the row is kept under a hold alone, and stood so until then
	DoneOrg   string
	DoneBy    string
}

func (taskRow) TableName() string { return "room_task" }

func insertTask(ctx context.Context, r taskRow) error { return db.Tx(ctx).Create(&r).Error }

func readTask(ctx context.Context, id string) (taskRow, error) {
	var r taskRow
	err := db.Tx(ctx).Where("id = ? AND done >= 0", id).Take(&r).Error
	return r, missing(err)
}

func taskByKey(ctx context.Context, person, key string) (taskRow, bool, error) {
	var rows []taskRow
	err := db.Tx(ctx).Where("made_by = ? AND client_key = ?", person, key).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return taskRow{}, false, err
	}
	return rows[0], true, nil
}

func countTasks(ctx context.Context, id ID) (int64, error) {
	var n int64
	err := db.Tx(ctx).Model(&taskRow{}).Where("room_id = ? AND done = 0", string(id)).Count(&n).Error
	return n, err
}

// setTaskDone marks a task, unless it is marked so.
func setTaskDone(ctx context.Context, id, person, org string, done bool) (changed bool, err error) {
	q := db.Tx(ctx).Model(&taskRow{}).Where("id = ? AND done > 0", id)
	set := map[string]any{"done": 0, "done_org": "", "done_by": ""}
	if done {
		q = db.Tx(ctx).Model(&taskRow{}).Where("id = ? AND done = 0", id)
		set = map[string]any{"done": db.Micros(db.Now(ctx)), "done_org": org, "done_by": person}
	}
	res := q.UpdateColumns(set)
	return res.RowsAffected == 1, res.Error
}

func setTaskOwner(ctx context.Context, id, person, org string) error {
	return db.Tx(ctx).Model(&taskRow{}).Where("id = ?", id).UpdateColumns(map[string]any{"person_id": person, "org_id": org}).Error
}

// keepTask has a copy of how a task stands now, for who holds its room.
func keepTask(ctx context.Context, r taskRow) error {
	origin := r.ID
	r.ID = db.NewID()
	r.ClientKey, r.Done, r.DoneOrg, r.DoneBy = origin+"."+r.ID, -db.Micros(db.Now(ctx)), "", ""
	return insertTask(ctx, r)
}

// origin is the task of which a row is how it stood, or the row itself.
func (r taskRow) origin() string {
	if r.Done < 0 {
		if id, _, ok := strings.Cut(r.ClientKey, "."); ok && db.ValidID(id) {
			return id
		}
	}
	return r.ID
}

// dropTask deletes a task, and says whether it was there.
func dropTask(ctx context.Context, id string) (bool, error) {
	res := db.Tx(ctx).Where("id = ? AND done >= 0", id).Delete(&taskRow{})
	return res.RowsAffected == 1, res.Error
}

// dropKeptTasks deletes how tasks of a room stood, which nobody holds any more.
func dropKeptTasks(ctx context.Context, id ID) error {
	return db.Tx(ctx).Where("room_id = ? AND done < 0", string(id)).Delete(&taskRow{}).Error
}

// duesFirst orders open tasks: those with a day first.
const duesFirst = "CASE WHEN due = '' THEN 1 ELSE 0 END, due, id"

func tasksIn(ctx context.Context, id ID, seq int64, limit int) ([]taskRow, error) {
	q := db.Tx(ctx).Where("room_id = ? AND done >= 0", string(id))
	if seq > 0 {
		q = q.Where("seq = ?", seq)
	}
	var rows []taskRow
	err := q.Order("CASE WHEN done = 0 THEN 0 ELSE 1 END, done DESC, " + duesFirst).Limit(limit).Find(&rows).Error
	return rows, err
}

// tasksAt are all tasks of the messages above after, up to last, and how they stood once.
func tasksAt(ctx context.Context, id ID, after, last int64) ([]taskRow, error) {
	var rows []taskRow
	err := db.Tx(ctx).Where("room_id = ? AND seq > ? AND seq <= ?", string(id), after, last).Order("seq, id").Find(&rows).Error
	return rows, err
}

// tasksOf are open tasks of a person, those after one; nil begins.
func tasksOf(ctx context.Context, org, person string, after *taskRow, limit int) ([]taskRow, error) {
	q := db.Tx(ctx).Where("person_id = ? AND org_id = ? AND done = 0", person, org)
	switch {
	case after == nil:
	case after.Due == "":
		q = q.Where("due = '' AND id > ?", after.ID)
	default:
		q = q.Where("due = '' OR due > ? OR due = ? AND id > ?", after.Due, after.Due, after.ID)
	}
	var rows []taskRow
	err := q.Order(duesFirst).Limit(limit).Find(&rows).Error
	return rows, err
}

// saidAt are the messages of some tasks, by MessageRef.
func saidAt(ctx context.Context, tasks []taskRow) (map[string]messageRow, error) {
	seqs := map[string][]int64{}
	for _, t := range tasks {
		seqs[t.RoomID] = append(seqs[t.RoomID], t.Seq)
	}
	sql, args := atAny(seqs)
	var rows []messageRow
	err := db.Tx(ctx).Where("kind = ?", string(Said)).Where(sql, args...).Find(&rows).Error
	out := make(map[string]messageRow, len(rows))
	for _, m := range rows {
		out[MessageRef(ID(m.RoomID), m.Seq)] = m
	}
	return out, err
}
