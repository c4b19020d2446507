package promo

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
)

type templateRow struct {
	ID                  string `gorm:"primaryKey"`
	OwnerID, Name, Body string
	Made                int64
	MadeBy              string
}

func (templateRow) TableName() string { return "promotion_template" }

func (r templateRow) template() (Template, error) {
	t, err := decode(r.Body)
	return Template{ID: r.ID, Name: r.Name, Terms: t, Made: instant(r.Made), MadeBy: r.MadeBy}, err
}

// otherTemplates counts the templates of a company that have another name.
func otherTemplates(ctx context.Context, owner, name string) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&templateRow{}).Where("owner_id = ? AND name <> ?", owner, name).Count(&n).Error
	return int(n), err
}

// saveTemplate adds a template; under a name that is taken it replaces that one, whose id
// it then has, or is refused.
func saveTemplate(ctx context.Context, owner string, t *Template, replace bool) (bool, error) {
	r := templateRow{ID: t.ID, OwnerID: owner, Name: t.Name, Body: db.Text(t.Terms), Made: db.Micros(t.Made), MadeBy: t.MadeBy}
	tx := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "owner_id"}, {Name: "name"}}, DoNothing: true}).Create(&r)
	if tx.Error != nil || tx.RowsAffected == 1 || !replace {
		return tx.RowsAffected == 1, tx.Error
	}
	var ids []string
	if err := db.Tx(ctx).Model(&templateRow{}).Where("owner_id = ? AND name = ?", owner, t.Name).Limit(1).Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
		return false, err
	}
	t.ID = ids[0]
	res := db.Tx(ctx).Model(&templateRow{}).Where("id = ? AND owner_id = ?", t.ID, owner).Updates(map[string]any{"body": r.Body, "made": r.Made, "made_by": r.MadeBy})
	return res.RowsAffected == 1, res.Error
}

func templatesOf(ctx context.Context, owner string) ([]Template, error) {
	var rows []templateRow
	if err := db.Tx(ctx).Where("owner_id = ?", owner).Order("name, id").Limit(mostTemplates).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Template, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.template(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func templateByID(ctx context.Context, owner, id string) (Template, error) {
	var rows []templateRow
	err := db.Tx(ctx).Where("id = ? AND owner_id = ?", id, owner).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return Template{}, err
	}
	return rows[0].template()
}

func dropTemplate(ctx context.Context, owner, id string) error {
	return db.Tx(ctx).Where("id = ? AND owner_id = ?", id, owner).Delete(&templateRow{}).Error
}
