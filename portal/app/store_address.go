package app

import (
	"context"
	"path/filepath"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/db/blob"
)

// installationRow is one fact of this installation.
type installationRow struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

func (installationRow) TableName() string { return "installation" }

const addressName = "base_url"

// noteAddress keeps the address people type, so that commands beside the server
// print links that open.
func noteAddress(ctx context.Context, d *db.DB, url string) error {
	return d.InTx(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"value"})}).
			Create(&installationRow{addressName, url}).Error
	})
}

// notedAddress is the address the server last ran at, "" when it never did.
func notedAddress(ctx context.Context, d *db.DB) (url string, err error) {
	err = d.View(ctx, func(ctx context.Context) error {
		var rows []installationRow
		err := db.Tx(ctx).Where("name = ?", addressName).Find(&rows).Error
		if len(rows) > 0 {
			url = rows[0].Value
		}
		return err
	})
	return url, err
}

// keepFact keeps a fact unless there is one of its name already, or in place of it, and
// returns what stands there. Nodes that start together get the same.
func keepFact(ctx context.Context, d *db.DB, name, value string, replace bool) (kept string, err error) {
	then := clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoNothing: true}
	if replace {
		then.DoNothing, then.DoUpdates = false, clause.AssignmentColumns([]string{"value"})
	}
	err = d.InTx(ctx, func(ctx context.Context) error {
		if err := db.Tx(ctx).Clauses(then).Create(&installationRow{name, value}).Error; err != nil {
			return err
		}
		var r installationRow
		err := db.Tx(ctx).Where("name = ?", name).Take(&r).Error
		kept = r.Value
		return err
	})
	return kept, err
}

// uploadNames are the conditions under which something names an upload: every column that
// holds the hash of one. TestUploadsAreNamed finds one that is missing here. What was taken
// away, and is held by nobody, names nothing.
var uploadNames = []string{
	"EXISTS (SELECT 1 FROM room_file f WHERE f.hash = u.hash AND (f.removed = 0 OR EXISTS (SELECT 1 FROM message_kept k WHERE k.room_id = f.room_id AND k.seq = f.seq)))",
	"EXISTS (SELECT 1 FROM forum_file f WHERE f.hash = u.hash AND f.removed = 0 AND NOT EXISTS (SELECT 1 FROM forum_topic t WHERE t.id = f.topic_id AND t.removed <> 0) AND NOT EXISTS (SELECT 1 FROM forum_post p WHERE p.id = f.post_id AND p.removed <> 0))",
	"EXISTS (SELECT 1 FROM library_version v WHERE v.hash = u.hash)",
	"EXISTS (SELECT 1 FROM deal_file f WHERE f.hash = u.hash)",
	"EXISTS (SELECT 1 FROM fund_file f WHERE f.hash = u.hash)",
	"EXISTS (SELECT 1 FROM data_file f WHERE f.hash = u.hash)",
	"EXISTS (SELECT 1 FROM company_logo l WHERE l.hash = u.hash)",
}

// uploadSizes are the bytes that a company keeps, from what names them. A logo is small and
// not counted.
var uploadSizes = []string{
	"SELECT COALESCE(SUM(size), 0) FROM room_file WHERE org_id = ? AND removed = 0",
	"SELECT COALESCE(SUM(size), 0) FROM forum_file WHERE org_id = ? AND removed = 0",
	"SELECT COALESCE(SUM(v.size), 0) FROM library_version v JOIN library_document d ON d.id = v.document_id WHERE d.owner_id = ?",
	"SELECT COALESCE(SUM(size), 0) FROM deal_file WHERE org_id = ?",
	"SELECT COALESCE(SUM(size), 0) FROM fund_file WHERE org_id = ?",
	"SELECT COALESCE(SUM(size), 0) FROM data_file WHERE org_id = ?",
}

// uploadStore is where files lie that people bring, in the folder that nodes share; before is
// where they lay earlier.
func uploadStore(d *db.DB, cfg Config, before *blob.Store, beside bool) (*blob.Store, error) {
	most, err := cfg.quota()
	if err != nil {
		return nil, err
	}
	return blob.NewUploads(d, filepath.Join(cfg.Data, "payloads", "files"), blob.UploadOptions{Before: before, Names: uploadNames, Sizes: uploadSizes, Most: most, Beside: beside})
}
