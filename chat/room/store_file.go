package room

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

type fileRow struct {
	ID       string `gorm:"primaryKey"`
	RoomID   string
	Seq      int64 // 0: in no message yet
	OrgID    string
	PersonID string
	Name     string
	Type     string
	Size     int64
	Hash     string
	Made     int64
	Removed  int64
}

func (fileRow) TableName() string { return "room_file" }

func (r fileRow) file() File {
	return File{ID: FileID(r.ID), Room: ID(r.RoomID), Name: r.Name, Type: r.Type, Size: r.Size, Hash: r.Hash, Made: db.FromMicros(r.Made)}
}

func insertFile(ctx context.Context, f File, person, org string) error {
	row := fileRow{ID: string(f.ID), RoomID: string(f.Room), OrgID: org, PersonID: person, Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.Hash, Made: db.Micros(f.Made)}
	return db.Tx(ctx).Create(&row).Error
}

func readFile(ctx context.Context, id ID, file FileID) (fileRow, error) {
	var r fileRow
	err := db.Tx(ctx).Where("id = ? AND room_id = ?", string(file), string(id)).Take(&r).Error
	return r, missing(err)
}

func countLoose(ctx context.Context, id ID, person string) (int64, error) {
	var n int64
	err := db.Tx(ctx).Model(&fileRow{}).Where("room_id = ? AND seq = 0 AND person_id = ?", string(id), person).Count(&n).Error
	return n, err
}

func dropLoose(ctx context.Context, before time.Time) error {
	return db.Tx(ctx).Where("seq = 0 AND made < ?", db.Micros(before)).Delete(&fileRow{}).Error
}

// putFiles puts files the actor brought into a message.
func putFiles(ctx context.Context, actor access.Actor, id ID, seq int64, ids []FileID) ([]File, error) {
	var out []File
	for _, file := range ids {
		r, err := readFile(ctx, id, file)
		if err != nil && !fault.IsNotFound(err) {
			return nil, err
		}
		if err != nil || r.Seq != 0 || r.PersonID != actor.Person || r.OrgID != actor.Org {
			return nil, fault.InvalidField("files", "room.file_unknown")
		}
		if err := db.Tx(ctx).Model(&fileRow{}).Where("id = ? AND seq = 0", r.ID).UpdateColumn("seq", seq).Error; err != nil {
			return nil, err
		}
		out = append(out, r.file())
	}
	return out, nil
}

func filesOf(ctx context.Context, id ID, seqs []int64) (map[int64][]File, error) {
	var rows []fileRow
	if err := db.Tx(ctx).Where("room_id = ? AND seq IN ? AND removed = 0", string(id), seqs).Order("seq, made, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[int64][]File{}
	for _, r := range rows {
		out[r.Seq] = append(out[r.Seq], r.file())
	}
	return out, nil
}

// atAny is the condition for rows at any of the numbers of some rooms; there is one at least.
func atAny(seqs map[string][]int64) (sql string, args []any) {
	for id, at := range seqs {
		if sql != "" {
			sql += " OR "
		}
		sql += "(room_id = ? AND seq IN ?)"
		args = append(args, id, at)
	}
	return sql, args
}

// filesWith are the files of some messages of any rooms, by MessageRef.
func filesWith(ctx context.Context, of []messageRow) (map[string][]File, error) {
	seqs := map[string][]int64{}
	for _, m := range of {
		seqs[m.RoomID] = append(seqs[m.RoomID], m.Seq)
	}
	out := map[string][]File{}
	if len(seqs) == 0 {
		return out, nil
	}
	sql, args := atAny(seqs)
	var rows []fileRow
	err := db.Tx(ctx).Where("removed = 0").Where(sql, args...).Order("room_id, seq, made, id").Find(&rows).Error
	for _, f := range rows {
		ref := MessageRef(ID(f.RoomID), f.Seq)
		out[ref] = append(out[ref], f.file())
	}
	return out, err
}
