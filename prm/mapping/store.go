package mapping

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

type runRow struct {
	ID                                                   string `gorm:"primaryKey"`
	Way, Code, StarterID, PartnerID, Name, PartnershipID string
	Pair, Terms, State                                   string
	Running, Stage                                       int64
	Reason, ReasonOrg                                    string
	Made                                                 int64
	MadeBy                                               string
	Changed, Expires, Turn, Clean, Tries                 int64
	LeaseBy                                              string
	LeaseUntil                                           int64
}

func (runRow) TableName() string { return "mapping_run" }

func (r runRow) run() Run {
	return Run{ID: ID(r.ID), Way: r.Way, Code: r.Code, Starter: r.StarterID, Partner: r.PartnerID, Name: r.Name, Partnership: r.PartnershipID, Terms: db.FromText[Terms](r.Terms), State: State(r.State), Stage: int(r.Stage),
		Reason: r.Reason, ReasonOrg: r.ReasonOrg, Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Changed: db.FromMicros(r.Changed), Expires: db.FromMicros(r.Expires)}
}

// pairOf is what bounds how many runs there may be: two companies, or one and another server.
func (r Run) pair() string {
	if r.Way == File {
		return r.Orgs()[0] + ":" + r.Code
	}
	return min(r.Starter, r.Partner) + ":" + max(r.Starter, r.Partner)
}

func insertRun(ctx context.Context, r Run) error {
	row := runRow{ID: string(r.ID), Way: r.Way, Code: r.Code, StarterID: r.Starter, PartnerID: r.Partner, Name: r.Name, PartnershipID: r.Partnership, Pair: r.pair(), Terms: db.Text(r.Terms), State: string(r.State), Running: 1,
		Stage: int64(r.Stage), Made: db.Micros(r.Made), MadeBy: r.MadeBy, Changed: db.Micros(r.Changed), Expires: db.Micros(r.Expires)}
	if r.State == Working {
		row.Turn = row.Made
	}
	err := db.Tx(ctx).Create(&row).Error
	if db.IsDuplicate(err) {
		return fault.New(fault.Conflict, "mapping.one_at_a_time")
	}
	return err
}

// saveRun writes where a run stands, if it still stands as was.
func saveRun(ctx context.Context, was, r Run) error {
	values := map[string]any{"state": string(r.State), "stage": r.Stage, "reason": r.Reason, "reason_org": r.ReasonOrg, "changed": db.Micros(db.Now(ctx)), "expires": db.Micros(r.Expires), "turn": 0}
	switch {
	case r.State == Working:
		values["turn"] = db.Micros(db.Now(ctx))
	case !r.State.Open():
		values["running"], values["expires"], values["clean"], values["turn"] = 0, 0, 1, db.Micros(db.Now(ctx))
		if r.lasts() {
			values["turn"] = db.Micros(until(ctx))
		}
	}
	res := db.Tx(ctx).Model(&runRow{}).Where("id = ? AND state = ? AND stage = ?", string(r.ID), string(was.State), was.Stage).Updates(values)
	if res.Error == nil && res.RowsAffected != 1 {
		return fault.New(fault.Conflict, "mapping.changed")
	}
	return res.Error
}

// touch says that something of the run changed, and wakes it where there is work.
func touch(ctx context.Context, id ID, turn bool) error {
	values := map[string]any{"changed": db.Micros(db.Now(ctx))}
	if turn {
		values["turn"] = db.Micros(db.Now(ctx))
	}
	return db.Tx(ctx).Model(&runRow{}).Where("id = ?", string(id)).Updates(values).Error
}

func runByID(ctx context.Context, id ID, lock bool) (Run, bool, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []runRow
	err := tx.Where("id = ?", string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Run{}, false, err
	}
	return rows[0].run(), true, nil
}

type sideRow struct {
	RunID                                      string `gorm:"primaryKey"`
	OrgID                                      string `gorm:"primaryKey"`
	Role                                       string
	Phase                                      int64
	Place                                      string // where the phase has come to
	Done, ListRows, Consent, Got               int64
	Secret                                     []byte
	DhPublic, Commitment, CommitLine, PeerLine string
	OwnCount, TheirCount, Changed              int64
}

func (sideRow) TableName() string { return "mapping_side" }

func (s sideRow) side() Side {
	out := Side{Phase: int(s.Phase), Rows: int(s.ListRows), Done: int(s.Done), Consent: int(s.Consent), Got: int(s.Got)}
	if s.Commitment != "" {
		c := db.FromText[Commit](s.Commitment)
		if c.Root != "" { // before that it is not whole
			out.Commit = &c
		}
	}
	return out
}

func insertSide(ctx context.Context, s sideRow) error {
	if s.Secret == nil {
		s.Secret = []byte{}
	}
	s.Changed = db.Micros(db.Now(ctx))
	return db.Tx(ctx).Create(&s).Error
}

func sidesOf(ctx context.Context, id ID) (map[string]sideRow, error) {
	var rows []sideRow
	err := db.Tx(ctx).Where("run_id = ?", string(id)).Find(&rows).Error
	out := map[string]sideRow{}
	for _, r := range rows {
		out[r.OrgID] = r
	}
	return out, err
}

// moveSide writes what a side reached, if it still is in the phase and at the place of was.
func moveSide(ctx context.Context, was sideRow, values map[string]any) (bool, error) {
	values["changed"] = db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&sideRow{}).Where("run_id = ? AND org_id = ? AND phase = ? AND place = ?", was.RunID, was.OrgID, was.Phase, was.Place).Updates(values)
	return res.RowsAffected == 1, res.Error
}

// setSide writes to a side whatever it does.
func setSide(ctx context.Context, run ID, org string, values map[string]any) error {
	values["changed"] = db.Micros(db.Now(ctx))
	return db.Tx(ctx).Model(&sideRow{}).Where("run_id = ? AND org_id = ?", string(run), org).Updates(values).Error
}

// consent raises what a side agreed to; false where it had agreed already.
func raiseConsent(ctx context.Context, run ID, org string, step int) (bool, error) {
	res := db.Tx(ctx).Model(&sideRow{}).Where("run_id = ? AND org_id = ? AND consent < ?", string(run), org, step).Updates(map[string]any{"consent": step, "changed": db.Micros(db.Now(ctx))})
	return res.RowsAffected == 1, res.Error
}

// received notes that a file came, once.
func received(ctx context.Context, run ID, org string, part int, values map[string]any) (bool, error) {
	values["got"], values["changed"] = part, db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&sideRow{}).Where("run_id = ? AND org_id = ? AND got = ?", string(run), org, part-1).Updates(values)
	return res.RowsAffected == 1, res.Error
}

type logRow struct {
	RunID    string `gorm:"primaryKey"`
	Number   int64  `gorm:"primaryKey;autoIncrement:false"`
	SeenBy   string // "" by both
	Happened int64
	OrgID    string
	PersonID string
	What     string
	Step     int64
}

func (logRow) TableName() string { return "mapping_log" }

// logged adds a line. The run is held by the caller's transaction.
func logged(ctx context.Context, run ID, seenBy string, e Entry) error {
	var n int64
	if err := db.Tx(ctx).Model(&logRow{}).Where("run_id = ?", string(run)).Select("COALESCE(MAX(number), 0) + 1").Scan(&n).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Create(&logRow{RunID: string(run), Number: n, SeenBy: seenBy, Happened: db.Micros(db.Now(ctx)), OrgID: e.Org, PersonID: e.Person, What: e.What, Step: int64(e.Step)}).Error
}

func logOf(ctx context.Context, run ID, org string) ([]Entry, error) {
	var rows []logRow
	err := db.Tx(ctx).Where("run_id = ? AND seen_by IN ?", string(run), []string{"", org}).Order("number").Limit(200).Find(&rows).Error
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = Entry{At: db.FromMicros(r.Happened), Org: r.OrgID, Person: r.PersonID, What: r.What, Step: int(r.Step)}
	}
	return out, err
}

// list reads runs of a company, what was begun last first.
func list(ctx context.Context, scope access.Scope, f Filter) (Page, error) {
	tx := db.Tx(ctx).Model(&runRow{}).Where("id IN (SELECT run_id FROM mapping_side WHERE org_id = ?)", scope.Org())
	if f.Partner != "" {
		tx = tx.Where("(starter_id = ? OR partner_id = ?)", f.Partner, f.Partner)
	}
	if f.Open {
		tx = tx.Where("running = 1")
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return Page{}, fault.InvalidField("after", "form.cursor")
		}
		tx = tx.Where("(made, id) < (?, ?)", at, id)
	}
	var rows []runRow
	if err := tx.Order("made DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return Page{}, err
	}
	var out Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		out.Next = db.Cursor(rows[f.Limit-1].Made, rows[f.Limit-1].ID)
	}
	for _, r := range rows {
		out.Items = append(out.Items, r.run())
	}
	return out, nil
}

// sidesOfRuns are the sides of one company in several runs.
func sidesOfRuns(ctx context.Context, org string, ids []string) (map[string]sideRow, error) {
	out := map[string]sideRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []sideRow
	err := db.Tx(ctx).Omit("secret", "peer_line", "commit_line").Where("org_id = ? AND run_id IN ?", org, ids).Find(&rows).Error
	for _, r := range rows {
		out[r.RunID] = r
	}
	return out, err
}

// waiting counts the open runs in which the company is to decide something.
func waiting(ctx context.Context, scope access.Scope) (int, error) {
	var n int64
	err := db.Tx(ctx).Raw(`SELECT COUNT(*) FROM mapping_side s JOIN mapping_run r ON r.id = s.run_id WHERE s.org_id = ? AND r.running = 1 AND
		(r.state = 'proposed' AND r.partner_id = s.org_id OR r.state = 'sized' AND s.consent < 2 OR r.state = 'matched' AND s.consent < 3)`, scope.Org()).Scan(&n).Error
	return int(n), err
}

// begun counts runs since an instant in which lists were compared, by their pairs.
func begun(ctx context.Context, pair string, since int64) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&runRow{}).Where("pair = ? AND made > ? AND state NOT IN ('proposed', 'declined', 'cancelled')", pair, since).Count(&n).Error
	return int(n), err
}

// asked counts every run that was proposed for a pair since an instant.
func asked(ctx context.Context, pair string, since int64) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&runRow{}).Where("pair = ? AND made > ?", pair, since).Count(&n).Error
	return int(n), err
}

// begunFiles counts the runs of a company with other servers since an instant.
func begunFiles(ctx context.Context, org string, since int64) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&runRow{}).Where("way = ? AND made > ? AND id IN (SELECT run_id FROM mapping_side WHERE org_id = ?)", File, since, org).Count(&n).Error
	return int(n), err
}

// byCode finds a company's run by the name that both servers know.
func byCode(ctx context.Context, org, code string) (ID, error) {
	var ids []string
	err := db.Tx(ctx).Model(&runRow{}).Where("code = ? AND way = ? AND id IN (SELECT run_id FROM mapping_side WHERE org_id = ?)", code, File, org).Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ID(ids[0]), nil
}

// pairRow is a partnership as far as a run needs it.
type pairRow struct{ ID, SupplierID, ResellerID, State string }

func partnershipByID(ctx context.Context, id string) (pairRow, error) {
	var p pairRow
	err := db.Tx(ctx).Raw("SELECT id, supplier_id, reseller_id, state FROM partnership WHERE id = ?", id).Scan(&p).Error
	if err == nil && p.ID == "" {
		err = notFound()
	}
	return p, err
}

func orgName(ctx context.Context, id string) (string, error) {
	var name string
	err := db.Tx(ctx).Raw("SELECT name FROM org WHERE id = ?", id).Scan(&name).Error
	return name, err
}

// dueRuns are runs that the program is to go on with.
func dueRuns(ctx context.Context, now int64, alone bool, me string) ([]runRow, error) {
	tx := db.Tx(ctx).Where("turn > 0 AND turn <= ?", now)
	if !alone { // on one node nobody else can hold a lease
		tx = tx.Where("(lease_by = ? OR lease_until < ?)", me, now)
	}
	var rows []runRow
	err := tx.Order("turn, id").Limit(3).Find(&rows).Error
	return rows, err
}

func claimRun(ctx context.Context, r runRow, me string, until int64) (bool, error) {
	res := db.Tx(ctx).Model(&runRow{}).Where("id = ? AND lease_by = ? AND lease_until = ? AND state = ?", r.ID, r.LeaseBy, r.LeaseUntil, r.State).Updates(map[string]any{"lease_by": me, "lease_until": until})
	return res.RowsAffected == 1, res.Error
}

// held writes to a run whose lease this node still has. It holds the row, so that nobody
// ends the run beside a step of it.
func held(ctx context.Context, id ID, state State, me string, values map[string]any) (bool, error) {
	res := db.Tx(ctx).Model(&runRow{}).Where("id = ? AND lease_by = ? AND state = ?", string(id), me, string(state)).Updates(values)
	return res.RowsAffected == 1, res.Error
}

// dueExpiries are open runs for which nobody acted in time.
func dueExpiries(ctx context.Context, now int64, limit int) ([]string, error) {
	var ids []string
	err := db.Tx(ctx).Model(&runRow{}).Where("expires > 0 AND expires <= ?", now).Order("expires, id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

func deleteSome(ctx context.Context, table string, run ID, where string, limit int) (int64, error) {
	// constant names only: called from clean
	tx := db.Tx(ctx)
	var res *gorm.DB
	switch table {
	case "chunk":
		res = tx.Exec("DELETE FROM mapping_chunk WHERE run_id = ? AND number IN (SELECT DISTINCT number FROM mapping_chunk WHERE run_id = ? LIMIT ?)", string(run), string(run), limit)
	case "theirs":
		res = tx.Exec("DELETE FROM mapping_row WHERE run_id = ? AND list = 'theirs' AND token IN (SELECT token FROM mapping_row WHERE run_id = ? AND list = 'theirs' LIMIT ?)", string(run), string(run), limit)
	case "points":
		res = tx.Exec("UPDATE mapping_row SET points = ? WHERE run_id = ? AND list = 'own' AND token IN (SELECT token FROM mapping_row WHERE run_id = ? AND list = 'own' AND length(points) > 0 LIMIT ?)", []byte{}, string(run), string(run), limit)
	case "matches":
		res = tx.Exec("DELETE FROM mapping_match WHERE run_id = ? AND customer_id IN (SELECT customer_id FROM mapping_match WHERE run_id = ? LIMIT ?)", string(run), string(run), limit)
	case "told":
		res = tx.Exec("UPDATE mapping_match SET told = '' WHERE run_id = ? AND customer_id IN (SELECT customer_id FROM mapping_match WHERE run_id = ? AND told <> '' LIMIT ?)", string(run), string(run), limit)
	default: // the own rows of a company, when they bind no later list any more
		res = tx.Exec("DELETE FROM mapping_row WHERE run_id = ? AND org_id = ? AND token IN (SELECT token FROM mapping_row WHERE run_id = ? AND org_id = ? LIMIT ?)", string(run), where, string(run), where, limit)
	}
	return res.RowsAffected, res.Error
}
