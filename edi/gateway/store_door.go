package gateway

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

type routeRow struct {
	PartnershipID string `gorm:"primaryKey"`
	OrgID         string `gorm:"primaryKey"`
	Kind          string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	Door          string
	Syntax        string
	Version       string
	Style         string // JSON, of the row of kind styleKind only
	Changed       int64
	ChangedBy     string
}

// TableName is the table of routeRow.
func (routeRow) TableName() string { return "edi_route" }

func (r *routeRow) route() Route {
	return Route{Partnership: r.PartnershipID, Org: r.OrgID, Kind: r.Kind, Door: r.Door, Syntax: r.Syntax, Version: r.Version, Changed: instant(r.Changed), ChangedBy: r.ChangedBy}
}

// routesOf are what a company chose in a partnership. They are shared.
func routesOf(ctx context.Context, partnership, org string) ([]routeRow, error) {
	return db.Remember(ctx, "routes:"+partnership+":"+org, []string{"edi_route"}, func() ([]routeRow, error) {
		var out []routeRow
		return out, db.Tx(ctx).Where("partnership_id = ? AND org_id = ?", partnership, org).Find(&out).Error
	})
}

// routeOf is nil where nobody chose. The row is shared.
func routeOf(ctx context.Context, partnership, org, kind string) (*routeRow, error) {
	routes, err := routesOf(ctx, partnership, org)
	return routeFor(routes, kind), err
}

func routeFor(routes []routeRow, kind string) *routeRow {
	for i := range routes {
		if routes[i].Kind == kind {
			return &routes[i]
		}
	}
	return nil
}

func saveRoute(ctx context.Context, r *routeRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "partnership_id"}, {Name: "org_id"}, {Name: "kind"}}, DoUpdates: clause.AssignmentColumns([]string{"door", "syntax", "version", "style", "changed", "changed_by"}),
	}).Create(r).Error
}

// refusalRow is a file that could not be read. data is its beginning, at most
// maxEvidence bytes; size that of the whole.
type refusalRow struct {
	OrgID  string `gorm:"primaryKey"`
	ID     string `gorm:"primaryKey"`
	Name   string
	Size   int64
	Data   []byte
	Reason string
	Args   string
	Made   int64
}

// TableName is the table of refusalRow.
func (refusalRow) TableName() string { return "edi_refusal" }

// keepRefusal stores r in place of an earlier one of its name, and drops the oldest of
// the company beyond MaxRefusals.
func keepRefusal(ctx context.Context, r *refusalRow) error {
	if err := db.Tx(ctx).Where("org_id = ? AND name = ?", r.OrgID, r.Name).Delete(&refusalRow{}).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "name"}}, DoNothing: true}).Create(r).Error; err != nil {
		return err
	}
	var old []string
	if err := db.Tx(ctx).Model(&refusalRow{}).Where("org_id = ?", r.OrgID).Order("made DESC, id DESC").Offset(MaxRefusals).Limit(MaxRefusals).Pluck("id", &old).Error; err != nil || len(old) == 0 {
		return err
	}
	return db.Tx(ctx).Where("org_id = ? AND id IN ?", r.OrgID, old).Delete(&refusalRow{}).Error
}

// refusalsOf lists the refused files of a company by name, without their bytes.
func refusalsOf(ctx context.Context, org string) ([]refusalRow, error) {
	var out []refusalRow
	return out, db.Tx(ctx).Select("org_id, id, name, size, reason, args, made").Where("org_id = ?", org).Order("name").Find(&out).Error
}

func refusalByID(ctx context.Context, org, id string) (refusalRow, error) {
	var r refusalRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = notFound()
	}
	return r, err
}

func deleteRefusal(ctx context.Context, org, id string) error {
	res := db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Delete(&refusalRow{})
	if res.Error == nil && res.RowsAffected == 0 {
		return notFound()
	}
	return res.Error
}
