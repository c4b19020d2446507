package share

import (
	"context"
	"time"

	"gorm.io/gorm"

	"entente/db"
)

type row struct {
	ID            string `gorm:"primaryKey"`
	InterchangeID string
	Position      int64
	OrgID         string
	Token         string
	Note          string
	Made          int64
	MadeBy        string
	Expires       int64
	Revoked       int64
	RevokedBy     string
	Opened        int64
	OpenedAt      int64
}

// TableName is the table of row.
func (row) TableName() string { return "edi_share" }

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return db.FromMicros(n)
}

func (r row) link() Link {
	return Link{ID: r.ID, Interchange: r.InterchangeID, Position: int(r.Position), Org: r.OrgID, Note: r.Note, Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Expires: db.FromMicros(r.Expires),
		Revoked: instant(r.Revoked), RevokedBy: r.RevokedBy, Opened: r.Opened, OpenedAt: instant(r.OpenedAt)}
}

func insert(ctx context.Context, l Link, token string) error {
	return db.Tx(ctx).Create(&row{ID: l.ID, InterchangeID: l.Interchange, Position: int64(l.Position), OrgID: l.Org, Token: token, Note: l.Note, Made: db.Micros(l.Made), MadeBy: l.MadeBy, Expires: db.Micros(l.Expires)}).Error
}

// counts are the links of a company that hold, and those a person made since an instant.
func counts(ctx context.Context, org, person string, now, since int64) (live, mine int64, err error) {
	if err = db.Tx(ctx).Model(&row{}).Where("org_id = ? AND revoked = 0 AND expires > ?", org, now).Count(&live).Error; err != nil {
		return 0, 0, err
	}
	err = db.Tx(ctx).Model(&row{}).Where("org_id = ? AND made > ? AND made_by = ?", org, since, person).Count(&mine).Error
	return live, mine, err
}

func one(q *gorm.DB) (Link, error) {
	var rows []row
	if err := q.Limit(1).Find(&rows).Error; err != nil {
		return Link{}, err
	}
	if len(rows) == 0 {
		return Link{}, notFound()
	}
	return rows[0].link(), nil
}

func byToken(ctx context.Context, token string) (Link, error) {
	return one(db.Tx(ctx).Where("token = ?", token))
}

func byID(ctx context.Context, org, id string) (Link, error) {
	return one(db.Tx(ctx).Where("org_id = ? AND id = ?", org, id))
}

// shownLinks is how many links of one interchange are listed.
const shownLinks = 200

func linksOf(ctx context.Context, org, interchange string) ([]Link, error) {
	var rows []row
	err := db.Tx(ctx).Where("interchange_id = ? AND org_id = ?", interchange, org).Order("made DESC, id DESC").Limit(shownLinks).Find(&rows).Error
	var out []Link
	for _, r := range rows {
		out = append(out, r.link())
	}
	return out, err
}

func revoke(ctx context.Context, org, id, person string, at int64) (bool, error) {
	res := db.Tx(ctx).Model(&row{}).Where("org_id = ? AND id = ? AND revoked = 0", org, id).Updates(map[string]any{"revoked": at, "revoked_by": person})
	return res.RowsAffected > 0, res.Error
}

func opened(ctx context.Context, id string, at int64) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ?", id).Updates(map[string]any{"opened": gorm.Expr("opened + 1"), "opened_at": at}).Error
}
