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

func routesOf(ctx context.Context, partnership, org string) ([]routeRow, error) {
	var out []routeRow
	return out, db.Tx(ctx).Where("partnership_id = ? AND org_id = ?", partnership, org).Find(&out).Error
}

// routeOf is nil where nobody chose. The row is shared.
func routeOf(ctx context.Context, partnership, org, kind string) (*routeRow, error) {
	return db.Remember(ctx, "route:"+partnership+":"+org+":"+kind, []string{"edi_route"}, func() (*routeRow, error) {
		var r routeRow
		err := db.Tx(ctx).Where("partnership_id = ? AND org_id = ? AND kind = ?", partnership, org, kind).Take(&r).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil, nil
		}
		return &r, err
	})
}

func saveRoute(ctx context.Context, r *routeRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "partnership_id"}, {Name: "org_id"}, {Name: "kind"}}, DoUpdates: clause.AssignmentColumns([]string{"door", "syntax", "version", "style", "changed", "changed_by"}),
	}).Create(r).Error
}
