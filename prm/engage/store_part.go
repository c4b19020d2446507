package engage

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

// sectionRow is a company's own part. It is a table of its own, read by its company's id
// alone, so that nothing that reads an engagement can carry it along.
type sectionRow struct {
	EngagementID string `gorm:"primaryKey"`
	OrgID        string `gorm:"primaryKey"`
	Body         string
	Version      int64
	Changed      int64
	ChangedBy    string
}

func (sectionRow) TableName() string { return "engagement_section" }

type templateRow struct {
	ID     string `gorm:"primaryKey"`
	OrgID  string
	Name   string
	Fields string
	Made   int64
	MadeBy string
}

func (templateRow) TableName() string { return "engagement_template" }

type snapshotRow struct {
	ID           string `gorm:"primaryKey"`
	EngagementID string
	OrgID        string
	Body         string
	Hash         string
	Made         int64
	MadeBy       string
}

func (snapshotRow) TableName() string { return "engagement_snapshot" }

// readerRow is a revision: a snapshot as one company got it.
type readerRow struct {
	SnapshotID   string `gorm:"primaryKey"`
	OrgID        string `gorm:"primaryKey"`
	EngagementID string
	FromID       string
	Rev          int64
	Made         int64
}

func (readerRow) TableName() string { return "engagement_reader" }

type splitRow struct {
	ID           string `gorm:"primaryKey"`
	EngagementID string
	Number       int64
	State        string
	Body         string
	Note         string
	Hash         string
	Made         int64
	MadeBy       string
	MadeOrg      string
	Agreed       int64
	parties      []partyRow
}

func (splitRow) TableName() string { return "engagement_split" }

// version is a split with where each company stands.
type version splitRow

type partyRow struct {
	SplitID      string `gorm:"primaryKey"`
	OrgID        string `gorm:"primaryKey"`
	EngagementID string
	Part         int64
	Hash         string
	Number       int64
	State        string
	Answered     int64
	AnsweredBy   string
	Comment      string
}

func (partyRow) TableName() string { return "engagement_party" }

type taskRow struct {
	ID              string `gorm:"primaryKey"`
	EngagementID    string
	OrgID, PersonID string
	Title, DueOn    string
	Done            int64
	DoneBy          string
	MadeOrg, MadeBy string
	Made            int64
}

func (taskRow) TableName() string { return "engagement_task" }

func (r taskRow) task() Task {
	return Task{ID: r.ID, Org: r.OrgID, Person: r.PersonID, Title: r.Title, Due: r.DueOn, Done: db.FromMicros(r.Done), DoneBy: r.DoneBy, MadeOrg: r.MadeOrg, MadeBy: r.MadeBy, Made: db.FromMicros(r.Made)}
}

type handRow struct {
	ID                       string `gorm:"primaryKey"`
	EngagementID             string
	FromID, ToID             string
	What, Note, DueOn, State string
	Made                     int64
	MadeBy                   string
	Answered                 int64
	AnsweredBy, Comment      string
}

func (handRow) TableName() string { return "engagement_handover" }

func (r handRow) hand() Handover {
	return Handover{ID: r.ID, From: r.FromID, To: r.ToID, What: r.What, Note: r.Note, Due: r.DueOn, State: r.State, Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Answered: db.FromMicros(r.Answered), AnsweredBy: r.AnsweredBy, Comment: r.Comment}
}

func sectionOf(ctx context.Context, id ID, org string) (Section, error) {
	var rows []sectionRow
	err := db.Tx(ctx).Where("engagement_id = ? AND org_id = ?", string(id), org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Section{}, err
	}
	x := db.FromText[Section](rows[0].Body)
	x.Version, x.Changed, x.By = rows[0].Version, db.FromMicros(rows[0].Changed), rows[0].ChangedBy
	return x, nil
}

// saveSection writes the version after the one that was read.
func saveSection(ctx context.Context, id ID, org string, x Section) error {
	r := sectionRow{EngagementID: string(id), OrgID: org, Body: db.Text(x), Version: x.Version, Changed: db.Micros(x.Changed), ChangedBy: x.By}
	if x.Version == 1 {
		return db.Tx(ctx).Create(&r).Error
	}
	res := db.Tx(ctx).Model(&sectionRow{}).Where("engagement_id = ? AND org_id = ? AND version = ?", string(id), org, x.Version-1).Select("Body", "Version", "Changed", "ChangedBy").Updates(&r)
	if res.Error == nil && res.RowsAffected != 1 {
		return changed()
	}
	return res.Error
}

func templatesOf(ctx context.Context, org string) ([]Template, error) {
	var rows []templateRow
	err := db.Tx(ctx).Where("org_id = ?", org).Order("name, id").Limit(50).Find(&rows).Error
	var out []Template
	for _, r := range rows {
		out = append(out, Template{ID: r.ID, Name: r.Name, Fields: db.FromText[[]string](r.Fields)})
	}
	return out, err
}

func saveTemplate(ctx context.Context, org, person string, t Template) error {
	r := templateRow{ID: t.ID, OrgID: org, Name: t.Name, Fields: db.Text(t.Fields), Made: db.Micros(db.Now(ctx)), MadeBy: person}
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"fields", "made", "made_by"})}).Create(&r).Error
}

func insertSnapshot(ctx context.Context, r snapshotRow) error { return db.Tx(ctx).Create(&r).Error }

func insertReader(ctx context.Context, r readerRow) error { return db.Tx(ctx).Create(&r).Error }

// revision is a reader's row with its snapshot.
type revision struct {
	SnapshotID, OrgID, FromID string
	Rev, Made                 int64
	Body, MadeBy              string
}

func (r revision) received() Received {
	return Received{Snapshot: r.SnapshotID, From: r.FromID, Rev: int(r.Rev), Values: db.FromText[[]Value](r.Body), Made: db.FromMicros(r.Made), By: r.MadeBy}
}

const revisionColumns = "SELECT r.snapshot_id, r.org_id, r.from_id, r.rev, r.made, s.body, s.made_by FROM engagement_reader r JOIN engagement_snapshot s ON s.id = r.snapshot_id "

// revisions are those that one company got from another, the newest first, with what each
// changed.
func revisions(ctx context.Context, id ID, from, to string, limit int) ([]Received, error) {
	var rows []revision
	err := db.Tx(ctx).Raw(revisionColumns+"WHERE r.engagement_id = ? AND r.from_id = ? AND r.org_id = ? ORDER BY r.rev DESC LIMIT ?", string(id), from, to, limit).Scan(&rows).Error
	out := make([]Received, len(rows))
	for i, r := range rows {
		out[i] = r.received()
	}
	for i := range out[:max(len(out)-1, 0)] {
		out[i].Changes = Diff(out[i+1].Values, out[i].Values)
	}
	return out, err
}

// lastTo are the newest revisions that others got from a company, by reader.
func lastTo(ctx context.Context, id ID, from string) (map[string]Received, error) {
	var rows []revision
	err := db.Tx(ctx).Raw(revisionColumns+`WHERE r.engagement_id = ? AND r.from_id = ?
		AND r.rev = (SELECT MAX(o.rev) FROM engagement_reader o WHERE o.engagement_id = r.engagement_id AND o.from_id = r.from_id AND o.org_id = r.org_id)`, string(id), from).Scan(&rows).Error
	out := map[string]Received{}
	for _, r := range rows {
		out[r.OrgID] = r.received()
	}
	return out, err
}

// newest are the last two revisions that passed between a company and each other one, as the
// newest with what it changed.
func newest(ctx context.Context, id ID, org string) (got []Received, sent []Sent, err error) {
	var rows []revision
	err = db.Tx(ctx).Raw(revisionColumns+`WHERE r.engagement_id = ? AND (r.org_id = ? OR r.from_id = ?)
		AND r.rev > (SELECT MAX(o.rev) FROM engagement_reader o WHERE o.engagement_id = r.engagement_id AND o.from_id = r.from_id AND o.org_id = r.org_id) - 2
		ORDER BY r.made DESC, r.snapshot_id DESC, r.org_id`, string(id), org, org).Scan(&rows).Error
	before := func(i int) []Change {
		for _, o := range rows {
			if o.FromID == rows[i].FromID && o.OrgID == rows[i].OrgID && o.Rev == rows[i].Rev-1 {
				return Diff(o.received().Values, rows[i].received().Values)
			}
		}
		return nil
	}
	for i, r := range rows {
		if slices.ContainsFunc(rows, func(o revision) bool { return o.FromID == r.FromID && o.OrgID == r.OrgID && o.Rev > r.Rev }) {
			continue
		}
		x := r.received()
		x.Changes = before(i)
		if r.OrgID == org {
			got = append(got, x)
		} else {
			sent = append(sent, Sent{Received: x, To: r.OrgID})
		}
	}
	return got, sent, err
}

// versionsOf are the versions of the split, the newest first.
func versionsOf(ctx context.Context, id ID) ([]version, error) {
	var rows []splitRow
	if err := db.Tx(ctx).Where("engagement_id = ?", string(id)).Order("number DESC").Limit(MaxSplits + 1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	var parties []partyRow
	if err := db.Tx(ctx).Where("engagement_id = ?", string(id)).Order("split_id, org_id").Find(&parties).Error; err != nil {
		return nil, err
	}
	out := make([]version, len(rows))
	for i, r := range rows {
		for _, a := range parties {
			if a.SplitID == r.ID {
				r.parties = append(r.parties, a)
			}
		}
		out[i] = version(r)
	}
	return out, nil
}

func replaceOpen(ctx context.Context, id ID) error {
	return db.Tx(ctx).Model(&splitRow{}).Where("engagement_id = ? AND state = ?", string(id), versionOpen).Update("state", versionReplaced).Error
}

func insertSplit(ctx context.Context, v version) error {
	r := splitRow(v)
	if err := db.Tx(ctx).Create(&r).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Create(&v.parties).Error
}

func saveParty(ctx context.Context, a partyRow) error {
	return db.Tx(ctx).Model(&partyRow{}).Where("split_id = ? AND org_id = ?", a.SplitID, a.OrgID).Select("State", "Answered", "AnsweredBy", "Comment").Updates(&a).Error
}

func setVersion(ctx context.Context, id, state string) error {
	return db.Tx(ctx).Model(&splitRow{}).Where("id = ? AND state = ?", id, versionOpen).Update("state", state).Error
}

// inForce puts a version in the place of the one before.
func inForce(ctx context.Context, v version, now time.Time) error {
	if err := db.Tx(ctx).Model(&splitRow{}).Where("engagement_id = ? AND state = ?", v.EngagementID, versionAgreed).Update("state", versionReplaced).Error; err != nil {
		return err
	}
	res := db.Tx(ctx).Model(&splitRow{}).Where("id = ? AND state = ?", v.ID, versionOpen).Updates(map[string]any{"state": versionAgreed, "agreed": db.Micros(now)})
	if res.Error == nil && res.RowsAffected != 1 {
		return changed()
	}
	return res.Error
}

// tasksOf are the tasks that a company sees: open ones first, by the day they are due.
func tasksOf(ctx context.Context, p party, id ID) ([]Task, error) {
	var rows []taskRow
	err := p.seen(db.Tx(ctx), "org_id", "made_org").Where("engagement_id = ?", string(id)).Order("CASE WHEN done = 0 THEN 0 ELSE 1 END, CASE WHEN due_on = '' THEN '9' ELSE due_on END, made, id").Limit(MaxTasks * MaxSeats).Find(&rows).Error
	var out []Task
	for _, r := range rows {
		t := r.task()
		if !p.both(t.Org, t.MadeOrg) || p.late(t.Made) {
			continue
		}
		out = append(out, t)
	}
	return p.stood(out), err
}

// seen narrows what passed between companies to what the party may see of it, by the columns
// of the two: where companies are shown to each other that is all of it.
func (p party) seen(tx *gorm.DB, one, other string) *gorm.DB {
	if p.shown || p.org == p.owner {
		return tx
	}
	return tx.Where("("+one+" = ? OR "+other+" = ?)", p.org, p.org)
}

// counted are those rows that count towards the bound of what a party gives to a company: where
// those who take part are not shown to each other, what is between the owner and one of them,
// so that nobody meets a bound that another company reached.
func counted(tx *gorm.DB, p party, to, one, other string) (int64, error) {
	if p.org != p.owner {
		to = p.org
	}
	switch {
	case p.shown:
	case to == p.owner:
		tx = tx.Where(one+" = ? AND "+other+" = ?", to, to)
	default:
		tx = tx.Where("("+one+" = ? OR "+other+" = ?)", to, to)
	}
	var n int64
	err := tx.Count(&n).Error
	return n, err
}

func countTasks(ctx context.Context, p party, id ID, to string) (int64, error) {
	return counted(db.Tx(ctx).Model(&taskRow{}).Where("engagement_id = ?", string(id)), p, to, "org_id", "made_org")
}

func taskOf(ctx context.Context, id ID, task string) (taskRow, bool, error) {
	var rows []taskRow
	err := db.Tx(ctx).Where("engagement_id = ? AND id = ?", string(id), task).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return taskRow{}, false, err
	}
	return rows[0], true, nil
}

func insertTask(ctx context.Context, r taskRow) error { return db.Tx(ctx).Create(&r).Error }

func saveTask(ctx context.Context, r taskRow) error {
	return db.Tx(ctx).Model(&taskRow{}).Where("id = ?", r.ID).Select("Done", "DoneBy").Updates(&r).Error
}

// handsOf are the hand-overs that a company sees, the newest first.
func handsOf(ctx context.Context, p party, id ID) ([]Handover, error) {
	var rows []handRow
	err := p.seen(db.Tx(ctx), "from_id", "to_id").Where("engagement_id = ?", string(id)).Order("made DESC, id DESC").Limit(MaxHands * MaxSeats).Find(&rows).Error
	var out []Handover
	for _, r := range rows {
		h := r.hand()
		if !p.both(h.From, h.To) || p.late(h.Made) {
			continue
		}
		out = append(out, p.passed(h))
	}
	return out, err
}

func countHands(ctx context.Context, p party, id ID, to string) (int64, error) {
	return counted(db.Tx(ctx).Model(&handRow{}).Where("engagement_id = ?", string(id)), p, to, "from_id", "to_id")
}

func handOf(ctx context.Context, id ID, hand string) (handRow, bool, error) {
	var rows []handRow
	err := db.Tx(ctx).Where("engagement_id = ? AND id = ?", string(id), hand).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return handRow{}, false, err
	}
	return rows[0], true, nil
}

func insertHand(ctx context.Context, r handRow) error { return db.Tx(ctx).Create(&r).Error }

// saveHand answers a hand-over that is still open.
func saveHand(ctx context.Context, r handRow) error {
	res := db.Tx(ctx).Model(&handRow{}).Where("id = ? AND state = ?", r.ID, HandOffered).Select("State", "Answered", "AnsweredBy", "Comment").Updates(&r)
	if res.Error == nil && res.RowsAffected != 1 {
		return fault.New(fault.Conflict, "engage.changed")
	}
	return res.Error
}
