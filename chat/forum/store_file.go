package forum

import (
	"context"

	"entente/db"
)

type fileRow struct {
	ID         string `gorm:"primaryKey"`
	CategoryID string
	TopicID    string // "": put into nothing yet
	PostID     string // "": of the topic's own text
	OrgID      string
	PersonID   string
	Name       string
	Type       string
	Size       int64
	Hash       string
	Made       int64
	Removed    int64
}

func (fileRow) TableName() string { return "forum_file" }

func (r fileRow) file() File { return File{FileID(r.ID), r.Name, r.Type, r.Size, r.Hash} }

func insertFile(ctx context.Context, r fileRow) error { return db.Tx(ctx).Create(&r).Error }

func readFile(ctx context.Context, topic TopicID, id FileID) (fileRow, error) {
	var r fileRow
	if topic == "" {
		return r, notFound()
	}
	err := db.Tx(ctx).Where("id = ? AND topic_id = ?", string(id), string(topic)).Take(&r).Error
	return r, db.Translate(err)
}

func countLoose(ctx context.Context, person string) (int64, error) {
	var n int64
	err := db.Tx(ctx).Model(&fileRow{}).Where("topic_id = '' AND person_id = ?", person).Count(&n).Error
	return n, err
}

func dropLoose(ctx context.Context, before int64) error {
	return db.Tx(ctx).Where("topic_id = '' AND made < ?", before).Delete(&fileRow{}).Error
}

// placeFile puts a person's loose file into a topic or reply, and says whether there was one.
func placeFile(ctx context.Context, id FileID, category, org, person, topic, post string) (bool, error) {
	res := db.Tx(ctx).Model(&fileRow{}).Where("id = ? AND category_id = ? AND org_id = ? AND person_id = ? AND topic_id = ''", string(id), category, org, person).UpdateColumns(map[string]any{"topic_id": topic, "post_id": post})
	return res.RowsAffected == 1, res.Error
}

func removeFile(ctx context.Context, id string, at int64) error {
	return db.Tx(ctx).Model(&fileRow{}).Where("id = ?", id).UpdateColumn("removed", at).Error
}

// filesOf are the files of a topic with some of its posts, by post; "" is the topic's own text.
func filesOf(ctx context.Context, topic TopicID, posts []string) (map[string][]File, error) {
	var rows []fileRow
	err := db.Tx(ctx).Where("topic_id = ? AND post_id IN ? AND removed = 0", string(topic), posts).Order("post_id, made, id").Find(&rows).Error
	out := map[string][]File{}
	for _, r := range rows {
		out[r.PostID] = append(out[r.PostID], r.file())
	}
	return out, err
}
