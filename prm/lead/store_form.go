package lead

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
)

type formRow struct {
	OrgID                 string `gorm:"primaryKey"`
	Token, Secret         string
	Active                int64
	Title, Intro, Consent string
	Changed               int64
	ChangedBy             string
	Version               int64
	Confirms              int64
}

func (formRow) TableName() string { return "lead_form" }

func (r formRow) form() WebForm {
	return WebForm{Org: r.OrgID, Token: r.Token, secret: r.Secret, Active: r.Active == 1, Confirms: r.Confirms == 1, Title: r.Title, Intro: r.Intro, Consent: r.Consent, Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy, Version: r.Version}
}

func formOf(ctx context.Context, org string) (WebForm, bool, error) {
	var rows []formRow
	err := db.Tx(ctx).Where("org_id = ?", org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return WebForm{}, false, err
	}
	return rows[0].form(), true, nil
}

// formByToken reads a form that is on, of a company that is not shut.
func formByToken(ctx context.Context, token string) (WebForm, error) {
	var rows []formRow
	err := db.Tx(ctx).Where("token = ? AND token <> '' AND active = 1 AND org_id IN (SELECT id FROM org WHERE state = 'active')", token).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return WebForm{}, err
	}
	return rows[0].form(), nil
}

// saveForm writes a form that still has the version of f, or none.
func saveForm(ctx context.Context, f WebForm) (bool, error) {
	r := formRow{OrgID: f.Org, Token: f.Token, Secret: f.secret, Title: f.Title, Intro: f.Intro, Consent: f.Consent, Changed: db.Micros(f.Changed), ChangedBy: f.ChangedBy, Version: f.Version + 1}
	r.Active, r.Confirms = db.Flag(f.Active), db.Flag(f.Confirms)
	if f.Version == 0 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&formRow{}).Where("org_id = ? AND version = ?", f.Org, f.Version).Select("*").Omit("OrgID").Updates(&r)
	return res.RowsAffected == 1, res.Error
}
