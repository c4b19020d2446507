package orderdesk

import (
	"context"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
)

type viewRow struct {
	ID       string `gorm:"primaryKey"`
	OrgID    string
	PersonID string
	List     string
	Name     string
	Query    string
	Shared   int64
	Made     int64
}

// TableName is the table of viewRow.
func (viewRow) TableName() string { return "saved_view" }

func (r viewRow) view(reader string) View {
	return View{ID: r.ID, List: r.List, Name: r.Name, Query: r.Query, Shared: r.Shared == 1, Own: r.PersonID == reader, Person: r.PersonID, Made: db.FromMicros(r.Made)}
}

func viewsOf(ctx context.Context, scope access.Scope, person, list string) (rows []viewRow, err error) {
	err = db.Tx(ctx).Where("org_id = ? AND list = ? AND (person_id = ? OR shared = 1)", scope.Org(), list, person).Order("name, id").Limit(200).Find(&rows).Error
	return rows, err
}

// countViews counts a person's views of other names.
func countViews(ctx context.Context, scope access.Scope, person, name string) (n int64, err error) {
	return n, db.Tx(ctx).Model(&viewRow{}).Where("org_id = ? AND person_id = ? AND name <> ?", scope.Org(), person, name).Count(&n).Error
}

func putView(ctx context.Context, r viewRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "list"}, {Name: "person_id"}, {Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"query", "shared"})}).Create(&r).Error
}

func viewNamed(ctx context.Context, scope access.Scope, person, list, name string) (r viewRow, err error) {
	return r, db.Tx(ctx).Where("org_id = ? AND list = ? AND person_id = ? AND name = ?", scope.Org(), list, person, name).Take(&r).Error
}

func viewByID(ctx context.Context, scope access.Scope, id string) (r viewRow, err error) {
	return r, db.Tx(ctx).Where("org_id = ? AND id = ?", scope.Org(), id).Take(&r).Error
}

func dropView(ctx context.Context, scope access.Scope, id string) error {
	return db.Tx(ctx).Where("org_id = ? AND id = ?", scope.Org(), id).Delete(&viewRow{}).Error
}
