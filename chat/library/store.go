package library

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/db/search"
	"entente/prm/fault"
)

type documentRow struct {
	ID        string `gorm:"primaryKey"`
	OwnerID   string
	Title     string
	About     string
	Kind      string
	Language  string
	ValidFrom string
	Expires   string
	Everyone  int64
	Confirm   int64
	Version   int64
	Told      int64
	Reminded  int64
	Withdrawn int64
	Made      int64
	MadeBy    string
	Changed   int64
	ClientKey string
}

func (documentRow) TableName() string { return "library_document" }

// state is where the document stands on a day of its owner.
func (r documentRow) state(today string) State {
	switch {
	case r.Withdrawn != 0:
		return Withdrawn
	case r.Expires != "" && r.Expires < today:
		return Expired
	case r.ValidFrom > today:
		return Scheduled
	}
	return Current
}

type targetRow struct {
	DocumentID string `gorm:"primaryKey"`
	Kind       string `gorm:"primaryKey"`
	Value      string `gorm:"primaryKey"`
}

func (targetRow) TableName() string { return "library_target" }

// The kinds of targets.
const (
	toOrg     = "org"
	toTier    = "tier"
	toCountry = "country"

	// what the countries meant when the document was saved
	within  = "within"
	without = "without"
)

type versionRow struct {
	DocumentID string `gorm:"primaryKey"`
	Number     int64  `gorm:"primaryKey;autoIncrement:false"`
	Name       string
	Type       string
	Size       int64
	Hash       string
	Note       string
	Made       int64
	MadeBy     string
}

func (versionRow) TableName() string { return "library_version" }

func (v versionRow) file() File { return File{Name: v.Name, Type: v.Type, Size: v.Size, Hash: v.Hash} }

type readingRow struct {
	DocumentID string `gorm:"primaryKey"`
	Number     int64  `gorm:"primaryKey;autoIncrement:false"`
	OrgID      string `gorm:"primaryKey"`
	PersonID   string `gorm:"primaryKey"`
	Seen       int64
	Fetched    int64
	Fetches    int64
	Confirmed  int64
}

func (readingRow) TableName() string { return "library_reading" }

var found = search.Index{Table: "library_search", Key: "document_id"}

func readDocument(ctx context.Context, id ID) (documentRow, error) {
	var r documentRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
	return r, db.Translate(err)
}

// lock takes the lock of a document's row.
func lock(ctx context.Context, id ID) error {
	n, err := db.Exec(ctx, "UPDATE library_document SET version = version WHERE id = ?", string(id))
	if err == nil && n == 0 {
		err = notFound()
	}
	return err
}

func byKey(ctx context.Context, person, key string) (documentRow, bool, error) {
	var rows []documentRow
	err := db.Tx(ctx).Where("made_by = ? AND client_key = ?", person, key).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return documentRow{}, false, err
	}
	return rows[0], true, nil
}

func countOf(ctx context.Context, org string) (int64, error) {
	var n int64
	err := db.Tx(ctx).Model(&documentRow{}).Where("owner_id = ?", org).Count(&n).Error
	return n, err
}

func insertDocument(ctx context.Context, r documentRow) error { return db.Tx(ctx).Create(&r).Error }

func setDocument(ctx context.Context, id, owner string, values map[string]any) error {
	return db.Tx(ctx).Model(&documentRow{}).Where("id = ? AND owner_id = ?", id, owner).UpdateColumns(values).Error
}

// setTargets keeps to whom a document goes, and which partners are in its countries now.
func setTargets(ctx context.Context, id string, a Audience, partners []Partner) error {
	if err := db.Tx(ctx).Where("document_id = ?", id).Delete(&targetRow{}).Error; err != nil {
		return err
	}
	var rows []targetRow
	for kind, values := range map[string][]string{toOrg: a.Orgs, toTier: a.Tiers, toCountry: a.Countries} {
		for _, v := range values {
			rows = append(rows, targetRow{id, kind, v})
		}
	}
	if len(a.Countries) == 0 {
		partners = nil
	}
	for _, p := range partners {
		kind := without
		if slices.Contains(a.Countries, p.Country) {
			kind = within
		}
		rows = append(rows, targetRow{id, kind, p.Org})
	}
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, 200).Error
}

// byCountry are companies that address documents by country.
func byCountry(ctx context.Context) ([]string, error) {
	var owners []string
	err := db.Tx(ctx).Raw("SELECT DISTINCT d.owner_id FROM library_document d WHERE d.everyone = 1 AND EXISTS (SELECT 1 FROM library_target t WHERE t.document_id = d.id AND t.kind = 'country') ORDER BY d.owner_id").Scan(&owners).Error
	return owners, err
}

const unplaced = `FROM library_document d WHERE d.owner_id = ? AND d.everyone = 1 AND EXISTS (SELECT 1 FROM library_target t WHERE t.document_id = d.id AND t.kind = 'country') AND NOT EXISTS (SELECT 1 FROM library_target t WHERE t.document_id = d.id AND t.kind IN ('within', 'without') AND t.value = ?)`

// isUnplaced says whether a partner came after documents by country were saved.
func isUnplaced(ctx context.Context, owner, org string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 "+unplaced+" LIMIT 1) x", owner, org).Scan(&n).Error
	return n > 0, err
}

// placeLate keeps where such a partner is now.
func placeLate(ctx context.Context, owner string, p Partner) error {
	_, err := db.Exec(ctx, "INSERT INTO library_target (document_id, kind, value) SELECT d.id, CASE WHEN EXISTS (SELECT 1 FROM library_target c WHERE c.document_id = d.id AND c.kind = 'country' AND c.value = ?) THEN 'within' ELSE 'without' END, ? "+unplaced, p.Country, p.Org, owner, p.Org)
	return err
}

func audiencesOf(ctx context.Context, ids []string) (map[string]Audience, error) {
	var rows []targetRow
	out := map[string]Audience{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.Tx(ctx).Where("document_id IN ?", ids).Order("document_id, kind, value").Find(&rows).Error
	for _, r := range rows {
		a := out[r.DocumentID]
		switch r.Kind {
		case toOrg:
			a.Orgs = append(a.Orgs, r.Value)
		case toTier:
			a.Tiers = append(a.Tiers, r.Value)
		case toCountry:
			a.Countries = append(a.Countries, r.Value)
		case within:
			a.within = append(a.within, r.Value)
		case without:
			a.without = append(a.without, r.Value)
		}
		out[r.DocumentID] = a
	}
	return out, err
}

// reads is the condition under which a company reads documents of others now. The
// companies to which it is the same are put together.
func reads(org string, standings []Standing) (string, []any) {
	type same struct{ tier, country, today string }
	groups := map[same][]string{}
	var order []same
	for _, s := range standings {
		if s.Owner == org {
			continue
		}
		k := same{s.Tier, s.Country, s.Today}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], s.Owner)
	}
	if len(order) == 0 {
		return "1 = 0", nil
	}
	const has = "EXISTS (SELECT 1 FROM library_target t WHERE t.document_id = library_document.id AND t.kind = "
	var parts []string
	var args []any
	for _, k := range order {
		parts = append(parts, "library_document.owner_id IN ? AND library_document.valid_from <= ? AND (library_document.expires = '' OR library_document.expires >= ?) AND ("+has+"'org' AND t.value = ?) OR library_document.everyone = 1 AND (NOT "+has+"'tier') OR "+has+"'tier' AND t.value = ?)) AND (NOT "+has+"'country') OR "+has+"'within' AND t.value = ?) OR "+has+"'country' AND t.value = ?) AND NOT "+has+"'without' AND t.value = ?)))")
		args = append(args, groups[k], k.today, k.today, org, k.tier, org, k.country, org)
	}
	return "library_document.withdrawn = 0 AND (" + strings.Join(parts, " OR ") + ")", args
}

// addressed says whether a company reads a document of another now.
func addressed(ctx context.Context, org string, id ID, standings []Standing) (bool, error) {
	where, args := reads(org, standings)
	var n int64
	err := db.Tx(ctx).Model(&documentRow{}).Where("id = ?", string(id)).Where(where, args...).Count(&n).Error
	return n > 0, err
}

// visible are those of some documents that are a company's own or that it reads now.
func visible(ctx context.Context, org string, ids []ID, standings []Standing) (out []documentRow, err error) {
	where, args := reads(org, standings)
	for part := range slices.Chunk(ids, 500) {
		var rows []documentRow
		if err := db.Tx(ctx).Where("id IN ?", part).Where("owner_id = ? OR ("+where+")", append([]any{org}, args...)...).Find(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// list are the documents of the company, or those it reads of others.
func list(ctx context.Context, org, person string, f Filter, standings []Standing, prices bool, limit int) ([]documentRow, error) {
	q := db.Tx(ctx).Model(&documentRow{})
	if f.Own {
		q = q.Where("owner_id = ?", org)
	} else {
		where, args := reads(org, standings)
		q = q.Where(where, args...)
	}
	if !prices {
		q = q.Where("kind <> ?", Prices)
	}
	for _, e := range []struct{ column, value string }{{"owner_id = ?", f.Owner}, {"kind = ?", f.Kind}, {"language = ?", f.Language}} {
		if e.value != "" {
			q = q.Where(e.column, e.value)
		}
	}
	const mine = "EXISTS (SELECT 1 FROM library_reading r WHERE r.document_id = library_document.id AND r.number = library_document.version AND r.org_id = ? AND r.person_id = ?"
	if f.Fresh {
		q = q.Where("NOT "+mine+")", org, person)
	}
	if f.Asked {
		q = q.Where("confirm = 1 AND NOT "+mine+" AND r.confirmed > 0)", org, person)
	}
	if f.Query != "" {
		m, ok := found.Query(db.DialectOf(ctx), f.Query)
		if !ok {
			return nil, nil
		}
		q = q.Where("id IN ("+m.SQL+")", m.Args...)
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, fault.InvalidField("after", "form.cursor_wrong")
		}
		q = q.Where("changed < ? OR changed = ? AND id < ?", at, at, id)
	}
	var rows []documentRow
	err := q.Order("changed DESC, id DESC").Limit(limit).Find(&rows).Error
	return rows, err
}

func insertVersion(ctx context.Context, d documentRow, f File, what, person string) error {
	return db.Tx(ctx).Create(&versionRow{DocumentID: d.ID, Number: d.Version, Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.Hash, Note: what, Made: db.Micros(db.Now(ctx)), MadeBy: person}).Error
}

func readVersion(ctx context.Context, id ID, number int) (versionRow, error) {
	var v versionRow
	err := db.Tx(ctx).Where("document_id = ? AND number = ?", string(id), number).Take(&v).Error
	return v, db.Translate(err)
}

func versionsOf(ctx context.Context, id ID) ([]versionRow, error) {
	var rows []versionRow
	err := db.Tx(ctx).Where("document_id = ?", string(id)).Order("number DESC").Limit(maxVersions).Find(&rows).Error
	return rows, err
}

// currentOf are the present versions of documents.
func currentOf(ctx context.Context, ids []string) (map[string]versionRow, error) {
	var rows []versionRow
	out := map[string]versionRow{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.Tx(ctx).Table("library_version").Select("library_version.*").Joins("JOIN library_document d ON d.id = library_version.document_id AND d.version = library_version.number").Where("d.id IN ?", ids).Find(&rows).Error
	for _, r := range rows {
		out[r.DocumentID] = r
	}
	return out, err
}

// lastRead is the latest version a person opened, and when it was confirmed.
type lastRead struct {
	DocumentID      string
	Last, Confirmed int64
}

func readBy(ctx context.Context, org, person string, ids []string) (map[string]lastRead, error) {
	var rows []lastRead
	out := map[string]lastRead{}
	if len(ids) == 0 || person == "" {
		return out, nil
	}
	err := db.Tx(ctx).Raw(`SELECT r.document_id, r.number AS last, r.confirmed FROM library_reading r WHERE r.org_id = ? AND r.person_id = ? AND r.document_id IN ?
		AND r.number = (SELECT MAX(x.number) FROM library_reading x WHERE x.document_id = r.document_id AND x.org_id = r.org_id AND x.person_id = r.person_id)`, org, person, ids).Scan(&rows).Error
	for _, r := range rows {
		out[r.DocumentID] = r
	}
	return out, err
}

// noteReading adds to what a person did with a version: the first time of each counts.
func noteReading(ctx context.Context, r readingRow) error {
	first := func(column string, v int64) any {
		return gorm.Expr("CASE WHEN library_reading."+column+" = 0 THEN ? ELSE library_reading."+column+" END", v)
	}
	set := map[string]any{"fetches": gorm.Expr("library_reading.fetches + ?", r.Fetches), "fetched": first("fetched", r.Fetched), "confirmed": first("confirmed", r.Confirmed)}
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "document_id"}, {Name: "number"}, {Name: "org_id"}, {Name: "person_id"}}, DoUpdates: clause.Assignments(set)}).Create(&r).Error
}

func readingsOf(ctx context.Context, id ID, number int) ([]readingRow, error) {
	var rows []readingRow
	err := db.Tx(ctx).Where("document_id = ? AND number = ?", string(id), number).Order("org_id, seen, person_id").Limit(mostReadings).Find(&rows).Error
	return rows, err
}

// confirmedBy are the companies of which somebody confirmed a version.
func confirmedBy(ctx context.Context, id ID, number int) ([]string, error) {
	var orgs []string
	err := db.Tx(ctx).Model(&readingRow{}).Where("document_id = ? AND number = ? AND confirmed > 0", string(id), number).Distinct().Pluck("org_id", &orgs).Error
	return orgs, err
}

// untold are documents whose partners were not told of the present version, valid by one day
// and still on another, behind an id.
func untold(ctx context.Context, by, still, after string, limit int) ([]documentRow, error) {
	var rows []documentRow
	err := db.Tx(ctx).Where("told < version AND withdrawn = 0 AND valid_from <= ? AND (expires = '' OR expires >= ?) AND id > ?", by, still, after).Order("id").Limit(limit).Find(&rows).Error
	return rows, err
}
