package account

import (
	"bytes"
	"context"
	"strings"

	"golang.org/x/crypto/ssh"
	"gorm.io/gorm/clause"

	"entente/db"
)

// sftpUserRow is one login. public_keys are lines of an authorized_keys file; an empty
// password never matches.
type sftpUserRow struct {
	OrgID      string `gorm:"primaryKey"`
	ID         string `gorm:"primaryKey"`
	Name       string
	Password   string
	PublicKeys string
	MadeBy     string
	Created    int64 `gorm:"autoCreateTime:false"`
	Used       int64

	active bool // its company is; no column
}

func (sftpUserRow) TableName() string { return "sftp_user" }

func (r sftpUserRow) keys() (out []ssh.PublicKey, comments []string) {
	for l := range strings.SplitSeq(r.PublicKeys, "\n") {
		if key, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(l)); err == nil {
			out, comments = append(out, key), append(comments, comment)
		}
	}
	return out, comments
}

func (r sftpUserRow) has(key []byte) bool {
	keys, _ := r.keys()
	for _, k := range keys {
		if bytes.Equal(k.Marshal(), key) {
			return true
		}
	}
	return false
}

func (r sftpUserRow) user() SFTPUser {
	u := SFTPUser{ID: r.ID, Org: r.OrgID, Name: r.Name, Password: r.Password != "", Created: db.FromMicros(r.Created), Used: db.FromMicros(r.Used)}
	keys, comments := r.keys()
	for i, k := range keys {
		u.Keys = append(u.Keys, SSHKey{Fingerprint: ssh.FingerprintSHA256(k), Comment: comments[i]})
	}
	return u
}

// insertSFTPUser adds a login unless its name is taken, and reports whether it did.
func insertSFTPUser(ctx context.Context, r *sftpUserRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoNothing: true}).Create(r)
	return res.RowsAffected == 1, res.Error
}

func sftpUsersOf(ctx context.Context, org string) ([]sftpUserRow, error) {
	var out []sftpUserRow
	return out, db.Tx(ctx).Where("org_id = ?", org).Order("name").Find(&out).Error
}

// findSFTPUser looks a login up by "name" or "id"; none gives the zero row.
func findSFTPUser(ctx context.Context, by, value string) (sftpUserRow, error) {
	q := db.Tx(ctx)
	switch by {
	case "name":
		q = q.Where("name = ?", value)
	default:
		q = q.Where("id = ?", value)
	}
	var rows []sftpUserRow
	if err := q.Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return sftpUserRow{}, err
	}
	r := rows[0]
	o, err := readOrg(ctx, r.OrgID)
	r.active = o.State == Active
	return r, err
}

// touchSFTPUser notes a sign-in and reports whether the login is still there as it was
// when it was proved.
func touchSFTPUser(ctx context.Context, r sftpUserRow, at int64) (bool, error) {
	res := db.Tx(ctx).Model(&sftpUserRow{}).
		Where("org_id = ? AND id = ? AND password = ? AND public_keys = ?", r.OrgID, r.ID, r.Password, r.PublicKeys).Update("used", at)
	return res.RowsAffected == 1, res.Error
}

func deleteSFTPUser(ctx context.Context, org, id string) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Delete(&sftpUserRow{})
	return res.RowsAffected == 1, res.Error
}
