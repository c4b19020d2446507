package batch

import (
	"context"
	"slices"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/portal/sheet"
	"entente/prm/fault"
)

type fileRow struct {
	ID            string `gorm:"primaryKey"`
	OrgID         string
	Kind          string
	PartnershipID string
	Name          string
	Hash          string
	Size          int64
	Format        string
	Charset       string
	Delimiter     string
	Sheet         string
	Shape         string
	Mapping       string
	Sample        string
	Head          string
	State         string
	Problem       string
	ReadTo        int64
	ReadRows      int64
	Generation    int64
	Known         int64
	LeaseBy       string
	LeaseUntil    int64
	Tries         int64
	Turn          int64
	Made          int64
	MadeBy        string
	Changed       int64
}

// TableName is the table of fileRow.
func (fileRow) TableName() string { return "data_file" }

type rowRow struct {
	FileID  string `gorm:"primaryKey"`
	RowNo   int64  `gorm:"primaryKey"`
	OrgID   string
	Grp     string
	Cells   string
	Fields  string
	Wrong   string
	Doubt   string
	Twice   int64
	Dropped int64
}

// TableName is the table of rowRow.
func (rowRow) TableName() string { return "data_row" }

type groupRow struct {
	FileID   string `gorm:"primaryKey"`
	Grp      string `gorm:"primaryKey"`
	OrgID    string
	Position int64
	Lines    int64
	Outcome  string
	Subject  string
	Label    string
	Problem  string
}

// TableName is the table of groupRow.
func (groupRow) TableName() string { return "data_group" }

type layoutRow struct {
	OrgID   string `gorm:"primaryKey"`
	Kind    string `gorm:"primaryKey"`
	Shape   string `gorm:"primaryKey"`
	Mapping string
	Changed int64
}

// TableName is the table of layoutRow.
func (layoutRow) TableName() string { return "data_layout" }

// text is a value as JSON, empty for nothing.
func text[T any](v T, empty bool) string {
	if empty {
		return ""
	}
	return db.Text(v)
}

func (r fileRow) file() File {
	f := File{ID: r.ID, Org: r.OrgID, Kind: r.Kind, Partnership: r.PartnershipID, Name: r.Name, Size: r.Size, Mapping: db.FromText[sheet.Mapping](r.Mapping), Sample: db.FromText[[]sheet.Row](r.Sample), Head: db.FromText[Head](r.Head),
		Known: r.Known == 1, State: State(r.State), Problem: db.FromText[Problem](r.Problem), Read: int(r.ReadRows), Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, hash: r.Hash, shape: r.Shape, readTo: int(r.ReadTo), generation: r.Generation, tries: int(r.Tries)}
	f.Source = sheet.Source{Format: sheet.Format(r.Format), Charset: sheet.Charset(r.Charset), Sheet: r.Sheet}
	if r.Delimiter != "" {
		f.Source.Delimiter = r.Delimiter[0]
	}
	if f.Head == nil {
		f.Head = Head{}
	}
	return f
}

func (r rowRow) row() Row {
	return Row{No: int(r.RowNo), Group: r.Grp, Cells: db.FromText[[]string](r.Cells), Fields: db.FromText[map[string]string](r.Fields), Wrong: db.FromText[[]sheet.Wrong](r.Wrong), Doubts: db.FromText[[]sheet.Wrong](r.Doubt), Twice: r.Twice == 1, Dropped: r.Dropped == 1}
}

func rowOf(f File, r Row) rowRow {
	out := rowRow{FileID: f.ID, OrgID: f.Org, RowNo: int64(r.No), Grp: r.Group, Cells: text(r.Cells, false), Fields: text(r.Fields, false), Wrong: text(r.Wrong, len(r.Wrong) == 0), Doubt: text(r.Doubts, len(r.Doubts) == 0)}
	if r.Dropped {
		out.Dropped = 1
	}
	return out
}

func (r groupRow) group() Group {
	return Group{Key: r.Grp, Outcome: r.Outcome, Subject: r.Subject, Label: r.Label, Lines: int(r.Lines), Problem: db.FromText[Problem](r.Problem), Place: int(r.Position)}
}

func insertFile(ctx context.Context, r *fileRow) error { return db.Tx(ctx).Create(r).Error }

func fileOf(ctx context.Context, org, id string) (r fileRow, err error) {
	return r, db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Take(&r).Error
}

// filesOf lists the newest files of a kind.
func filesOf(ctx context.Context, org, kind string, limit int) (rows []fileRow, err error) {
	err = db.Tx(ctx).Omit("sample").Where("org_id = ? AND kind = ?", org, kind).Order("made DESC, id DESC").Limit(limit).Find(&rows).Error
	return rows, err
}

// sameFile is the newest other file of equal bytes.
func sameFile(ctx context.Context, f File) (rows []fileRow, err error) {
	err = db.Tx(ctx).Omit("sample").Where("org_id = ? AND kind = ? AND partnership_id = ? AND hash = ? AND id <> ?", f.Org, f.Kind, f.Partnership, f.hash, f.ID).Order("made DESC, id DESC").Limit(1).Find(&rows).Error
	return rows, err
}

// changeFile writes to a file that stands as it was read. Codes: Conflict (it moved on).
func changeFile(ctx context.Context, f File, values map[string]any) error {
	values["changed"] = db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&fileRow{}).Where("org_id = ? AND id = ? AND generation = ? AND state = ?", f.Org, f.ID, f.generation, string(f.State)).Updates(values)
	if res.Error == nil && res.RowsAffected == 0 {
		return fault.New(fault.Conflict, "batch.busy")
	}
	return res.Error
}

// dueFiles are those that wait for work, whose turn is the oldest first.
func dueFiles(ctx context.Context, now int64, alone bool, me string) (rows []fileRow, err error) {
	tx := db.Tx(ctx).Omit("sample").Where("state IN ('reading', 'applying') AND turn <= ?", now)
	if !alone { // on one node nobody else can hold a lease
		tx = tx.Where("(lease_by = ? OR lease_until < ?)", me, now)
	}
	err = tx.Order("turn, id").Limit(5).Find(&rows).Error
	return rows, err
}

// claimFile takes the lease, if nobody did since it was looked at.
func claimFile(ctx context.Context, r fileRow, me string, until int64) (bool, error) {
	res := db.Tx(ctx).Model(&fileRow{}).Where("id = ? AND lease_by = ? AND lease_until = ? AND generation = ? AND state = ?", r.ID, r.LeaseBy, r.LeaseUntil, r.Generation, r.State).
		Updates(map[string]any{"lease_by": me, "lease_until": until})
	return res.RowsAffected == 1, res.Error
}

// held writes to a file whose lease this node still has.
func held(ctx context.Context, f File, me string, values map[string]any) (bool, error) {
	values["changed"] = db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&fileRow{}).Where("id = ? AND generation = ? AND state = ? AND lease_by = ?", f.ID, f.generation, string(f.State), me).Updates(values)
	return res.RowsAffected == 1, res.Error
}

func insertRows(ctx context.Context, f File, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	out := make([]rowRow, len(rows))
	for i, r := range rows {
		out[i] = rowOf(f, r)
	}
	return db.Tx(ctx).CreateInBatches(out, step).Error
}

// saveRow writes a repaired row.
func saveRow(ctx context.Context, f File, r Row) error {
	x := rowOf(f, r)
	return db.Tx(ctx).Model(&rowRow{}).Where("file_id = ? AND org_id = ? AND row_no = ?", f.ID, f.Org, r.No).
		Updates(map[string]any{"grp": x.Grp, "fields": x.Fields, "wrong": x.Wrong, "doubt": x.Doubt, "dropped": x.Dropped}).Error
}

// rowsOf reads rows after a number, those in which something is wrong alone where asked for.
func rowsOf(ctx context.Context, f File, wrong bool, after, limit int) ([]Row, error) {
	tx := db.Tx(ctx).Where("file_id = ? AND org_id = ? AND row_no > ?", f.ID, f.Org, after)
	if wrong {
		tx = tx.Where("dropped = 0 AND (wrong <> '' OR twice = 1)")
	}
	var rows []rowRow
	err := tx.Order("row_no").Limit(limit).Find(&rows).Error
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = r.row()
	}
	return out, err
}

func rowsByNo(ctx context.Context, f File, nos []int) ([]Row, error) {
	var rows []rowRow
	err := db.Tx(ctx).Where("file_id = ? AND org_id = ? AND row_no IN ?", f.ID, f.Org, nos).Order("row_no").Find(&rows).Error
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = r.row()
	}
	return out, err
}

// markTwice marks the rows whose key comes more than once.
func markTwice(ctx context.Context, f File) error {
	if err := db.Tx(ctx).Exec("UPDATE data_row SET twice = 0 WHERE file_id = ? AND twice = 1", f.ID).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Exec(`UPDATE data_row SET twice = 1 WHERE file_id = ? AND dropped = 0 AND grp <> '' AND grp IN (SELECT grp FROM data_row WHERE file_id = ? AND dropped = 0 GROUP BY grp HAVING COUNT(*) > 1)`, f.ID, f.ID).Error
}

// countRows counts the rows and the groups of a file.
func countRows(ctx context.Context, f File) (c Counts, err error) {
	var r struct{ Rows, Wrong, Doubts, Dropped int }
	err = db.Tx(ctx).Raw(`SELECT COUNT(*) AS "rows", COALESCE(SUM(CASE WHEN dropped = 0 AND (wrong <> '' OR twice = 1) THEN 1 ELSE 0 END), 0) AS wrong,
		COALESCE(SUM(CASE WHEN dropped = 0 AND doubt <> '' THEN 1 ELSE 0 END), 0) AS doubts, COALESCE(SUM(dropped), 0) AS dropped FROM data_row WHERE file_id = ? AND org_id = ?`, f.ID, f.Org).Scan(&r).Error
	c.Rows, c.Wrong, c.Doubts, c.Dropped = r.Rows, r.Wrong, r.Doubts, r.Dropped
	if err != nil {
		return c, err
	}
	var g struct{ Groups, Clean int }
	err = db.Tx(ctx).Raw(`SELECT COUNT(*) AS "groups", COALESCE(SUM(CASE WHEN bad = 0 AND done = 0 THEN 1 ELSE 0 END), 0) AS clean FROM (
		SELECT r.grp, MAX(CASE WHEN r.wrong <> '' OR r.twice = 1 THEN 1 ELSE 0 END) AS bad, MAX(CASE WHEN g.outcome IS NOT NULL AND g.outcome NOT IN ('', 'refused') THEN 1 ELSE 0 END) AS done
		FROM data_row r LEFT JOIN data_group g ON g.file_id = r.file_id AND g.grp = r.grp WHERE r.file_id = ? AND r.org_id = ? AND r.dropped = 0 GROUP BY r.grp) x`, f.ID, f.Org).Scan(&g).Error
	if err != nil {
		return c, err
	}
	c.Groups, c.Clean = g.Groups, g.Clean
	var outs []struct {
		Outcome string
		N       int
	}
	err = db.Tx(ctx).Raw(`SELECT outcome, COUNT(*) AS n FROM data_group WHERE file_id = ? AND org_id = ? AND outcome <> '' GROUP BY outcome`, f.ID, f.Org).Scan(&outs).Error
	c.Outcomes = map[string]int{}
	for _, o := range outs {
		c.Outcomes[o.Outcome] = o.N
	}
	return c, err
}

// makeGroups lists the groups that may be applied now: without a wrong row, without a
// final outcome. What was refused is tried again.
func makeGroups(ctx context.Context, f File) error {
	if err := db.Tx(ctx).Exec("DELETE FROM data_group WHERE file_id = ? AND outcome IN ('', 'refused')", f.ID).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Exec(`INSERT INTO data_group (file_id, org_id, grp, position, lines, outcome, subject, label, problem)
		SELECT r.file_id, r.org_id, r.grp, MIN(r.row_no), COUNT(*), '', '', '', '' FROM data_row r
		WHERE r.file_id = ? AND r.dropped = 0 AND NOT EXISTS (SELECT 1 FROM data_group g WHERE g.file_id = r.file_id AND g.grp = r.grp)
		GROUP BY r.file_id, r.org_id, r.grp HAVING MAX(CASE WHEN r.wrong <> '' OR r.twice = 1 THEN 1 ELSE 0 END) = 0`, f.ID).Error
}

// nextGroups are the next groups to apply with their rows.
func nextGroups(ctx context.Context, f File, limit int) ([]Group, error) {
	var rows []groupRow
	if err := db.Tx(ctx).Where("file_id = ? AND outcome = ''", f.ID).Order("position").Limit(limit).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]Group, len(rows))
	keys := make([]string, len(rows))
	at := map[string]int{}
	for i, r := range rows {
		out[i], keys[i], at[r.Grp] = r.group(), r.Grp, i
	}
	for part := range slices.Chunk(keys, step) {
		var lines []rowRow // in the sequence of an index, or SQLite reads the whole file
		if err := db.Tx(ctx).Omit("cells").Where("file_id = ? AND grp IN ? AND dropped = 0", f.ID, part).Order("grp, row_no").Find(&lines).Error; err != nil {
			return nil, err
		}
		for _, l := range lines {
			g := &out[at[l.Grp]]
			g.Rows = append(g.Rows, l.row())
		}
	}
	return out, nil
}

func saveGroup(ctx context.Context, f File, g Group) error {
	return db.Tx(ctx).Model(&groupRow{}).Where("file_id = ? AND grp = ? AND outcome = ''", f.ID, g.Key).
		Updates(map[string]any{"outcome": g.Outcome, "subject": g.Subject, "label": g.Label, "problem": text(g.Problem, g.Problem.Key == "")}).Error
}

// groupsOf lists the groups that have an outcome.
func groupsOf(ctx context.Context, f File, after, limit int) ([]Group, error) {
	var rows []groupRow
	err := db.Tx(ctx).Where("file_id = ? AND org_id = ? AND outcome <> '' AND position > ?", f.ID, f.Org, after).Order("position").Limit(limit).Find(&rows).Error
	out := make([]Group, len(rows))
	for i, r := range rows {
		out[i] = r.group()
	}
	return out, err
}

// emptyFile removes the rows and groups of a file, removeFile the file as well.
func emptyFile(ctx context.Context, f File) error {
	for _, sql := range []string{"DELETE FROM data_group WHERE file_id = ? AND org_id = ?", "DELETE FROM data_row WHERE file_id = ? AND org_id = ?"} {
		if err := db.Tx(ctx).Exec(sql, f.ID, f.Org).Error; err != nil {
			return err
		}
	}
	return nil
}

func removeFile(ctx context.Context, f File) error {
	if err := emptyFile(ctx, f); err != nil {
		return err
	}
	return db.Tx(ctx).Exec("DELETE FROM data_file WHERE id = ? AND org_id = ?", f.ID, f.Org).Error
}

// oldFiles are those that nobody touched since an instant.
func oldFiles(ctx context.Context, before int64, limit int) (rows []fileRow, err error) {
	err = db.Tx(ctx).Select("id", "org_id").Where("changed < ?", before).Limit(limit).Find(&rows).Error
	return rows, err
}

func layoutOf(ctx context.Context, org, kind, shape string) (sheet.Mapping, bool, error) {
	var rows []layoutRow
	err := db.Tx(ctx).Where("org_id = ? AND kind = ? AND shape = ?", org, kind, shape).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return sheet.Mapping{}, false, err
	}
	return db.FromText[sheet.Mapping](rows[0].Mapping), true, nil
}

func saveLayout(ctx context.Context, f File) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "kind"}, {Name: "shape"}}, DoUpdates: clause.AssignmentColumns([]string{"mapping", "changed"})}).
		Create(&layoutRow{OrgID: f.Org, Kind: f.Kind, Shape: f.shape, Mapping: text(f.Mapping, false), Changed: db.Micros(db.Now(ctx))}).Error
}
