package forum

import (
	"context"

	"entente/db"
)

// ndaRow is a text of the agreement of a category. The highest number holds; without a
// text there is none.
type ndaRow struct {
	CategoryID string `gorm:"primaryKey"`
	Number     int64  `gorm:"primaryKey"`
	Body       string
	Hash       string
	Made       int64
	MadeBy     string
}

func (ndaRow) TableName() string { return "forum_nda" }

type acceptRow struct {
	CategoryID string `gorm:"primaryKey"`
	Number     int64  `gorm:"primaryKey"`
	OrgID      string `gorm:"primaryKey"`
	PersonID   string `gorm:"primaryKey"`
	At         int64
}

func (acceptRow) TableName() string { return "forum_nda_accept" }

// cleared is the condition under which somebody reads a topic: it stands under no agreement,
// is the person's own, or the agreement that holds was accepted. person and org are "?" or
// columns, and stand twice each in this order: person, org, person, org.
func cleared(topic, person, org string) string {
	return "(" + topic + ".nda = 0 OR " + topic + ".person_id = " + person + " AND " + topic + ".org_id = " + org +
		" OR EXISTS (SELECT 1 FROM forum_nda_accept na WHERE na.category_id = " + topic + ".category_id AND na.person_id = " + person + " AND na.org_id = " + org +
		" AND na.number = (SELECT MAX(nt.number) FROM forum_nda nt WHERE nt.category_id = " + topic + ".category_id)))"
}

func clearedFor(ctx context.Context, topic, person, org string) (bool, error) {
	n := int64(0)
	_, err := db.Row(ctx, "SELECT COUNT(*) FROM forum_topic WHERE id = ? AND "+cleared("forum_topic", "?", "?"), []any{topic, person, org, person, org}, &n)
	return n > 0, err
}

// ndaOf is the text that holds; the zero row where there never was one.
func ndaOf(ctx context.Context, category string) (ndaRow, error) {
	var rows []ndaRow
	err := db.Tx(ctx).Where("category_id = ?", category).Order("number DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return ndaRow{}, err
	}
	return rows[0], nil
}

// ndasOf are the texts that hold in some categories, and which of them somebody accepted.
func ndasOf(ctx context.Context, categories []string, person, org string) (map[string]NDA, error) {
	out := map[string]NDA{}
	if len(categories) == 0 {
		return out, nil
	}
	var rows []struct {
		Text     ndaRow `gorm:"embedded"`
		Accepted int64
	}
	err := db.Tx(ctx).Raw(`SELECT n.*, (SELECT COUNT(*) FROM forum_nda_accept a WHERE a.category_id = n.category_id AND a.number = n.number AND a.person_id = ? AND a.org_id = ?) AS accepted
		FROM forum_nda n WHERE n.category_id IN ? AND n.number = (SELECT MAX(m.number) FROM forum_nda m WHERE m.category_id = n.category_id)`, person, org, categories).Scan(&rows).Error
	for _, r := range rows {
		out[r.Text.CategoryID] = agreement(r.Text, r.Accepted > 0)
	}
	return out, err
}

func insertNDA(ctx context.Context, r ndaRow) error { return db.Tx(ctx).Create(&r).Error }

func underNDA(ctx context.Context, category string) (bool, error) {
	n := int64(0)
	_, err := db.Row(ctx, "SELECT COUNT(*) FROM forum_topic WHERE category_id = ? AND nda <> 0 AND removed = 0", []any{category}, &n)
	return n > 0, err
}

func acceptNDA(ctx context.Context, a acceptRow) (bool, error) {
	n, err := db.Exec(ctx, "INSERT INTO forum_nda_accept (category_id, number, org_id, person_id, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", a.CategoryID, a.Number, a.OrgID, a.PersonID, a.At)
	return n == 1, err
}

type registerRow struct {
	Accept acceptRow `gorm:"embedded"`
	Hash   string
}

// register are the acceptances of a category, of all companies where org is "".
func register(ctx context.Context, category, org string) ([]registerRow, error) {
	var rows []registerRow
	err := db.Tx(ctx).Raw(`SELECT a.*, n.hash FROM forum_nda_accept a JOIN forum_nda n ON n.category_id = a.category_id AND n.number = a.number
		WHERE a.category_id = ? AND (? = '' OR a.org_id = ?) ORDER BY a.at DESC, a.person_id LIMIT 20000`, category, org, org).Scan(&rows).Error
	return rows, err
}
