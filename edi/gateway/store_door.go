package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
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

// pairRow is a partnership as this package needs it; the row belongs to prm/partner.
type pairRow struct{ ID, SupplierID, ResellerID string }

// pairsOf reads those of some partnerships that a company is a side of.
func pairsOf(ctx context.Context, scope access.Scope, ids []string) ([]pairRow, error) {
	var out []pairRow
	if len(ids) == 0 {
		return nil, nil
	}
	return out, db.Tx(ctx).Table("partnership").Select("id", "supplier_id", "reseller_id").Where("id IN ? AND (supplier_id = ? OR reseller_id = ?)", ids, scope.Org(), scope.Org()).Scan(&out).Error
}

// routesOfAll are what a company chose in some partnerships, by partnership.
func routesOfAll(ctx context.Context, scope access.Scope, ids []string) (map[string][]routeRow, error) {
	var rows []routeRow
	if len(ids) == 0 {
		return nil, nil
	}
	err := db.Tx(ctx).Where("partnership_id IN ? AND org_id = ?", ids, scope.Org()).Find(&rows).Error
	out := map[string][]routeRow{}
	for _, r := range rows {
		out[r.PartnershipID] = append(out[r.PartnershipID], r)
	}
	return out, err
}

// lastOf reads the end of the index range of each pair: it costs the same however many
// interchanges there are.
func lastOf(ctx context.Context, scope access.Scope, ids []string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct {
		ID   string
		Last int64
	}
	err := db.Tx(ctx).Raw(`SELECT id, last FROM (SELECT p.id, COALESCE((SELECT i.received FROM interchange i WHERE i.supplier_id = p.supplier_id AND i.reseller_id = p.reseller_id ORDER BY i.received DESC LIMIT 1), 0) AS last
FROM partnership p WHERE p.id IN ? AND (p.supplier_id = ? OR p.reseller_id = ?)) AS x WHERE last > 0`, ids, scope.Org(), scope.Org()).Scan(&rows).Error
	for _, r := range rows {
		out[r.ID] = db.FromMicros(r.Last)
	}
	return out, err
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

// uploadRow is a file that a person looks at before it is booked; its bytes lie in parts.
type uploadRow struct {
	OrgID    string `gorm:"primaryKey"`
	ID       string `gorm:"primaryKey"`
	PersonID string
	Name     string
	Partner  string
	Sha256   string `gorm:"column:sha256"`
	Size     int64
	State    string
	Report   string
	Answer   string
	Made     int64
	Expires  int64
}

// TableName is the table of uploadRow.
func (uploadRow) TableName() string { return "edi_upload" }

func (r *uploadRow) view() Upload {
	out := Upload{ID: r.ID, Org: r.OrgID, Person: r.PersonID, Name: r.Name, Partner: r.Partner, Size: r.Size, State: r.State, Made: instant(r.Made), Expires: instant(r.Expires)}
	if strings.HasPrefix(r.Report, "[") { // before reports were counted
		for _, t := range trialsOf(r.Report) {
			out.Report.add(t)
		}
	} else {
		_ = json.Unmarshal([]byte(r.Report), &out.Report) // written by us
	}
	if r.Answer != "" {
		_ = json.Unmarshal([]byte(r.Answer), &out.Answer)
	}
	return out
}

func trialsOf(report string) (out []Trial) {
	_ = json.Unmarshal([]byte(report), &out) // written by us
	return out
}

type uploadPart struct {
	OrgID    string `gorm:"primaryKey"`
	UploadID string `gorm:"primaryKey"`
	No       int64  `gorm:"primaryKey;autoIncrement:false"`
	Data     []byte
}

// TableName is the table of uploadPart.
func (uploadPart) TableName() string { return "edi_upload_part" }

// partSize is the size of a part in bytes.
const partSize = 1 << 20

// sameUpload puts into r the same file of the same person that waits already.
func sameUpload(ctx context.Context, r *uploadRow) (bool, error) {
	var have uploadRow
	err := db.Tx(ctx).Where("org_id = ? AND person_id = ? AND sha256 = ? AND partner = ? AND state = ? AND expires > ?",
		r.OrgID, r.PersonID, r.Sha256, r.Partner, UploadWaiting, db.Micros(db.Now(ctx))).Take(&have).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	if err == nil {
		*r = have
	}
	return err == nil, err
}

// roomFor says whether one more file may wait for a person of its company.
func roomFor(ctx context.Context, r *uploadRow) error {
	var out struct{ N, Size int64 }
	err := db.Tx(ctx).Model(&uploadRow{}).Select("count(*) AS n, coalesce(sum(size), 0) AS size").
		Where("org_id = ? AND state = ? AND expires > ?", r.OrgID, UploadWaiting, db.Micros(db.Now(ctx))).Scan(&out).Error
	if err == nil && (out.N >= MaxUploads || out.Size+r.Size > uploadBytes) {
		err = fault.New(fault.Conflict, "edi.uploads_many", "Most", MaxUploads)
	}
	return err
}

// uploadsOf are the files of a company that wait, oldest first, without their reports.
func uploadsOf(ctx context.Context, org string) ([]uploadRow, error) {
	var out []uploadRow
	return out, db.Tx(ctx).Omit("report").Where("org_id = ? AND state = ? AND expires > ?", org, UploadWaiting, db.Micros(db.Now(ctx))).Order("made, id").Limit(MaxUploads).Find(&out).Error
}

// insertUpload stores a file that waits and reports true, or gives the same one that waits
// already. Nobody else counts the files of its company until the transaction of ctx ends.
func insertUpload(ctx context.Context, r *uploadRow, data []byte) (bool, error) {
	if err := lockCounter(ctx, "edi uploads "+r.OrgID); err != nil {
		return false, err
	}
	if found, err := sameUpload(ctx, r); found || err != nil {
		return false, err
	}
	if err := roomFor(ctx, r); err != nil {
		return false, err
	}
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
	if res.Error != nil {
		return false, res.Error
	}
	if res.RowsAffected == 0 {
		found, err := sameUpload(ctx, r)
		if err == nil && !found { // it expired and is not swept yet
			err = fault.New(fault.Unavailable, "error.unavailable")
		}
		return false, err
	}
	no := int64(0)
	for part := range slices.Chunk(data, partSize) {
		no++
		if err := db.Tx(ctx).Create(&uploadPart{OrgID: r.OrgID, UploadID: r.ID, No: no, Data: part}).Error; err != nil {
			return false, err
		}
	}
	return true, nil
}

func uploadByID(ctx context.Context, org, id string) (*uploadRow, error) {
	var r uploadRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ? AND expires > ?", org, id, db.Micros(db.Now(ctx))).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, notFound()
	}
	return &r, err
}

func uploadData(ctx context.Context, org, id string) ([]byte, error) {
	var parts []uploadPart
	if err := db.Tx(ctx).Where("org_id = ? AND upload_id = ?", org, id).Order("no").Find(&parts).Error; err != nil {
		return nil, err
	}
	var out []byte
	for _, p := range parts {
		out = append(out, p.Data...)
	}
	return out, nil
}

// settleUpload ends the wait of a file, once, and lets go of its bytes.
func settleUpload(ctx context.Context, org, id, state, answer string) (bool, error) {
	res := db.Tx(ctx).Model(&uploadRow{}).Where("org_id = ? AND id = ? AND state = ?", org, id, UploadWaiting).Updates(map[string]any{"state": state, "answer": answer})
	if res.Error != nil || res.RowsAffected == 0 {
		return false, res.Error
	}
	return true, db.Tx(ctx).Where("org_id = ? AND upload_id = ?", org, id).Delete(&uploadPart{}).Error
}

// sweepUploads lets go of what expired, a bounded number.
func sweepUploads(ctx context.Context, now int64) error {
	var old []uploadRow
	if err := db.Tx(ctx).Select("org_id, id").Where("expires <= ?", now).Order("expires").Limit(50).Find(&old).Error; err != nil {
		return err
	}
	for _, r := range old {
		if err := db.Tx(ctx).Where("org_id = ? AND upload_id = ?", r.OrgID, r.ID).Delete(&uploadPart{}).Error; err != nil {
			return err
		}
		if err := db.Tx(ctx).Where("org_id = ? AND id = ?", r.OrgID, r.ID).Delete(&uploadRow{}).Error; err != nil {
			return err
		}
	}
	return nil
}
