package location

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

type placeRow struct {
	ID            string `gorm:"primaryKey"`
	PartnershipID string
	SupplierID    string
	ResellerID    string
	Number        string
	Gln           string
	Name          string
	Street        string
	City          string
	Postcode      string
	Country       string
	Made          int64
	Changed       int64
	ChangedBy     string
}

// TableName is the table of placeRow.
func (placeRow) TableName() string { return "location" }

func (r placeRow) place() Place {
	return Place{ID: ID(r.ID), Partnership: r.PartnershipID, Supplier: r.SupplierID, Reseller: r.ResellerID, Number: r.Number, GLN: r.Gln, Name: r.Name, Street: r.Street, City: r.City,
		Postcode: r.Postcode, Country: r.Country, Made: db.FromMicros(r.Made), Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy}
}

type codeRow struct {
	PartnershipID string `gorm:"primaryKey"`
	Qualifier     string `gorm:"primaryKey"`
	Code          string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	LocationID    string
	Changed       int64
	ChangedBy     string
}

// TableName is the table of codeRow.
func (codeRow) TableName() string { return "location_code" }

// pairRow is a partnership as this package needs it; the row belongs to prm/partner.
type pairRow struct{ ID, SupplierID, ResellerID string }

func pairOf(ctx context.Context, id string) (pairRow, error) {
	var p pairRow
	err := db.Tx(ctx).Raw("SELECT id, supplier_id, reseller_id FROM partnership WHERE id = ?", id).Scan(&p).Error
	if err == nil && p.ID == "" {
		err = notFound()
	}
	return p, err
}

func byID(ctx context.Context, id ID) (Place, error) {
	var r placeRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = notFound()
	}
	if err != nil {
		return Place{}, err
	}
	out := []Place{r.place()}
	return out[0], withCodes(ctx, out)
}

// withCodes reads the codes of places in one query.
func withCodes(ctx context.Context, places []Place) error {
	at := map[string]int{}
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i], at[string(p.ID)] = string(p.ID), i
	}
	var rows []codeRow
	if len(ids) == 0 {
		return nil
	}
	if err := db.Tx(ctx).Where("location_id IN ?", ids).Order("qualifier, code").Find(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		p := &places[at[r.LocationID]]
		p.Codes = append(p.Codes, Code{r.Qualifier, r.Code})
	}
	return nil
}

func list(ctx context.Context, partnership string, f Filter) ([]Place, string, error) {
	tx := db.Tx(ctx).Where("partnership_id = ?", partnership)
	if q := strings.ToLower(strings.TrimSpace(f.Query)); q != "" {
		like := "%" + db.Literal(q) + "%"
		tx = tx.Where(`(LOWER(name) LIKE ? ESCAPE '\' OR LOWER(city) LIKE ? ESCAPE '\' OR LOWER(number) LIKE ? ESCAPE '\' OR gln LIKE ? ESCAPE '\'
			OR id IN (SELECT location_id FROM location_code WHERE partnership_id = ? AND LOWER(code) LIKE ? ESCAPE '\'))`, like, like, like, like, partnership, like)
	}
	if f.After != "" {
		n, id, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, "", fault.InvalidField("after", "form.cursor_wrong")
		}
		tx = tx.Where("(made < ? OR made = ? AND id < ?)", n, n, id)
	}
	var rows []placeRow
	if err := tx.Order("made DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[len(rows)-1]
		next = db.Cursor(last.Made, last.ID)
	}
	out := make([]Place, len(rows))
	for i, r := range rows {
		out[i] = r.place()
	}
	return out, next, withCodes(ctx, out)
}

// find reads what a code stands for: as listed, else as a number or GLN of a place.
func find(ctx context.Context, partnership string, c Code) (Place, bool, error) {
	type found struct {
		place Place
		there bool
	}
	f, err := db.Remember(ctx, "location:"+partnership+":"+c.Qualifier+":"+c.Code, []string{"location", "location_code"}, func() (f found, err error) {
		f.place, f.there, err = read(ctx, partnership, c)
		return f, err
	})
	return f.place, f.there, err
}

func read(ctx context.Context, partnership string, c Code) (Place, bool, error) {
	var ids []string
	if err := db.Tx(ctx).Model(&codeRow{}).Where("partnership_id = ? AND qualifier = ? AND code = ?", partnership, c.Qualifier, c.Code).Limit(1).Pluck("location_id", &ids).Error; err != nil {
		return Place{}, false, err
	}
	if len(ids) == 0 {
		column := map[string]string{BySeller: "number", GLN: "gln"}[c.Qualifier]
		if column == "" || c.Code == "" {
			return Place{}, false, nil
		}
		if err := db.Tx(ctx).Model(&placeRow{}).Where("partnership_id = ? AND "+column+" = ?", partnership, c.Code).Order("made, id").Limit(1).Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
			return Place{}, false, err
		}
	}
	p, err := byID(ctx, ID(ids[0]))
	return p, err == nil, err
}

// counts counts the places of the partnerships of a company, of each no further than most.
func counts(ctx context.Context, scope access.Scope, most int, partnerships []string) (map[string]int, error) {
	out := map[string]int{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []struct {
		ID string
		N  int
	}
	err := db.Tx(ctx).Raw(`SELECT p.id, (SELECT count(*) FROM (SELECT 1 FROM location l WHERE l.partnership_id = p.id LIMIT ?) AS few) AS n
FROM partnership p WHERE p.id IN ? AND (p.supplier_id = ? OR p.reseller_id = ?)`, most, partnerships, scope.Org(), scope.Org()).Scan(&rows).Error
	for _, r := range rows {
		out[r.ID] = r.N
	}
	return out, err
}

func countPlaces(ctx context.Context, partnership string) (int64, error) {
	var n int64
	return n, db.Tx(ctx).Model(&placeRow{}).Where("partnership_id = ?", partnership).Count(&n).Error
}

func (p Place) row(ctx context.Context, by string) placeRow {
	now := db.Micros(db.Now(ctx))
	return placeRow{ID: string(p.ID), PartnershipID: p.Partnership, SupplierID: p.Supplier, ResellerID: p.Reseller, Number: p.Number, Gln: p.GLN, Name: p.Name, Street: p.Street, City: p.City,
		Postcode: p.Postcode, Country: p.Country, Made: now, Changed: now, ChangedBy: by}
}

func insert(ctx context.Context, p Place, by string) error {
	r := p.row(ctx, by)
	if err := db.Tx(ctx).Create(&r).Error; err != nil {
		return err
	}
	return putCodes(ctx, p, p.Codes, by)
}

func change(ctx context.Context, p Place, by string) error {
	r := p.row(ctx, by)
	err := db.Tx(ctx).Model(&placeRow{}).Where("id = ?", r.ID).Updates(map[string]any{
		"number": r.Number, "gln": r.Gln, "name": r.Name, "street": r.Street, "city": r.City, "postcode": r.Postcode, "country": r.Country, "changed": r.Changed, "changed_by": by,
	}).Error
	if err == nil {
		err = db.Tx(ctx).Where("location_id = ?", r.ID).Delete(&codeRow{}).Error
	}
	if err != nil {
		return err
	}
	return putCodes(ctx, p, p.Codes, by)
}

// putCodes makes codes stand for a place.
func putCodes(ctx context.Context, p Place, codes []Code, by string) error {
	if len(codes) == 0 {
		return nil
	}
	rows := make([]codeRow, len(codes))
	for i, c := range codes {
		rows[i] = codeRow{PartnershipID: p.Partnership, Qualifier: c.Qualifier, Code: c.Code, SupplierID: p.Supplier, ResellerID: p.Reseller, LocationID: string(p.ID), Changed: db.Micros(db.Now(ctx)), ChangedBy: by}
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "partnership_id"}, {Name: "qualifier"}, {Name: "code"}},
		DoUpdates: clause.AssignmentColumns([]string{"location_id", "changed", "changed_by"}),
	}).Create(&rows).Error
}

func remove(ctx context.Context, id ID) error {
	if err := db.Tx(ctx).Where("location_id = ?", string(id)).Delete(&codeRow{}).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Where("id = ?", string(id)).Delete(&placeRow{}).Error
}
