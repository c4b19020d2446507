package approval

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

type ruleRow struct {
	ID, OrgID, About, Test, Currency string
	Amount, Percent                  int64
	Role, PersonID                   string
	FourEyes, Active                 int64
	Made, Changed                    int64
	ChangedBy                        string
	Version                          int64
}

func (ruleRow) TableName() string { return "approval_rule" }

func (r ruleRow) rule() Rule {
	return Rule{ID: RuleID(r.ID), About: r.About, Test: r.Test, Amount: money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}, Percent: money.Rate(r.Percent), Role: access.Role(r.Role), Person: r.PersonID,
		FourEyes: r.FourEyes == 1, Active: r.Active == 1, Version: r.Version, Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy}
}

func rulesOf(ctx context.Context, org string) ([]ruleRow, error) {
	var rows []ruleRow
	err := db.Tx(ctx).Where("org_id = ?", org).Order("made, id").Find(&rows).Error
	return rows, err
}

func insertRule(ctx context.Context, org string, r Rule) error {
	at := db.Micros(r.Changed)
	row := ruleRow{ID: string(r.ID), OrgID: org, About: r.About, Test: r.Test, Currency: string(r.Amount.Currency), Amount: r.Amount.Minor, Percent: int64(r.Percent), Role: string(r.Role), PersonID: r.Person,
		FourEyes: db.Flag(r.FourEyes), Active: db.Flag(r.Active), Made: at, Changed: at, ChangedBy: r.ChangedBy, Version: 1}
	return db.Tx(ctx).Create(&row).Error
}

func changeRule(ctx context.Context, org string, r Rule) error {
	tx := db.Tx(ctx).Model(&ruleRow{}).Where("org_id = ? AND id = ? AND version = ?", org, string(r.ID), r.Version).Updates(map[string]any{
		"about": r.About, "test": r.Test, "currency": string(r.Amount.Currency), "amount": r.Amount.Minor, "percent": int64(r.Percent), "role": string(r.Role), "person_id": r.Person,
		"four_eyes": db.Flag(r.FourEyes), "active": db.Flag(r.Active), "changed": db.Micros(r.Changed), "changed_by": r.ChangedBy, "version": r.Version + 1})
	if tx.Error != nil || tx.RowsAffected == 1 {
		return tx.Error
	}
	var n int64
	if err := db.Tx(ctx).Model(&ruleRow{}).Where("org_id = ? AND id = ?", org, string(r.ID)).Count(&n).Error; err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return fault.New(fault.Conflict, "error.conflict")
}

func deleteRule(ctx context.Context, org string, id RuleID) error {
	tx := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Delete(&ruleRow{})
	if tx.Error == nil && tx.RowsAffected == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return tx.Error
}

type requestRow struct {
	ID, OrgID, PartnerID, PartnershipID, About, Kind, SubjectID, Number, State, Currency string
	Amount                                                                               int64
	Content, SourceKey                                                                   string
	Asked                                                                                int64
	AskedBy                                                                              string
	Due, Overdue, Decided                                                                int64
	DecidedBy, Reason, MadeID, Others                                                    string
}

func (requestRow) TableName() string { return "approval" }

func (r requestRow) request(steps []Step) Request {
	return Request{ID: ID(r.ID), Org: r.OrgID, Partner: r.PartnerID, Others: strings.Fields(r.Others), Partnership: r.PartnershipID, Kind: r.Kind, Subject: r.SubjectID, Number: r.Number, State: r.State, Amount: money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)},
		Asked: db.FromMicros(r.Asked), AskedBy: r.AskedBy, Due: db.FromMicros(r.Due), Overdue: db.FromMicros(r.Overdue), Decided: db.FromMicros(r.Decided), DecidedBy: r.DecidedBy, Reason: r.Reason, Made: r.MadeID, Steps: steps, content: json.RawMessage(r.Content)}
}

type stepRow struct {
	ApprovalID                          string `gorm:"primaryKey"`
	Position                            int64  `gorm:"primaryKey;autoIncrement:false"`
	RuleID, Test, Facts, Role, PersonID string
	FourEyes, Decided                   int64
	DecidedBy                           string
}

func (stepRow) TableName() string { return "approval_step" }

func insertRequest(ctx context.Context, r requestRow, steps []Step) error {
	if err := db.Tx(ctx).Create(&r).Error; err != nil {
		return err
	}
	rows := make([]stepRow, len(steps))
	for i, st := range steps {
		facts, err := json.Marshal(st.Facts)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		rows[i] = stepRow{ApprovalID: r.ID, Position: int64(st.Position), RuleID: string(st.Rule), Test: st.Test, Facts: string(facts), Role: string(st.Role), PersonID: st.Person, FourEyes: db.Flag(st.FourEyes)}
	}
	return db.Tx(ctx).Create(&rows).Error
}

func requestByID(ctx context.Context, id ID, lock bool) (requestRow, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r requestRow
	err := tx.Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

// stepsOf reads the steps of requests, by request.
func stepsOf(ctx context.Context, ids ...string) (map[string][]Step, error) {
	out := map[string][]Step{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []stepRow
	if err := db.Tx(ctx).Where("approval_id IN ?", ids).Order("approval_id, position").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		st := Step{Position: int(r.Position), Rule: RuleID(r.RuleID), Test: r.Test, Role: access.Role(r.Role), Person: r.PersonID, FourEyes: r.FourEyes == 1, Decided: db.FromMicros(r.Decided), DecidedBy: r.DecidedBy}
		if err := json.Unmarshal([]byte(r.Facts), &st.Facts); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "error.internal")
		}
		out[r.ApprovalID] = append(out[r.ApprovalID], st)
	}
	return out, nil
}

func bySource(ctx context.Context, org, key string) (requestRow, bool, error) {
	var rows []requestRow
	err := db.Tx(ctx).Where("org_id = ? AND source_key = ?", org, key).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return requestRow{}, false, err
	}
	return rows[0], true, nil
}

// waitingFor are the open requests about a subject, the oldest first; org and kind "" for
// any.
func invoicesWaiting(ctx context.Context, org string, ids []trade.InvoiceID) ([]trade.InvoiceID, error) {
	var out []trade.InvoiceID
	for some := range slices.Chunk(ids, 200) {
		var part []trade.InvoiceID
		if err := db.Tx(ctx).Model(&requestRow{}).Where("org_id = ? AND kind = ? AND state = ? AND subject_id IN ?", org, KindInvoice, Waiting, some).Pluck("subject_id", &part).Error; err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

func waitingFor(ctx context.Context, org, subject, kind string) ([]requestRow, error) {
	tx := db.Tx(ctx).Where("subject_id = ? AND subject_id <> '' AND state = ?", subject, Waiting)
	if org != "" {
		tx = tx.Where("org_id = ?", org)
	}
	if kind != "" {
		tx = tx.Where("kind = ?", kind)
	}
	var rows []requestRow
	err := tx.Order("asked, id").Find(&rows).Error
	return rows, err
}

// decide writes a decision if the request still waits; it reports whether it did.
func decide(ctx context.Context, r requestRow) (bool, error) { return move(ctx, r, Waiting) }

func move(ctx context.Context, r requestRow, from string) (bool, error) {
	tx := db.Tx(ctx).Model(&requestRow{}).Where("id = ? AND state = ?", r.ID, from).Updates(map[string]any{"state": r.State, "decided": r.Decided, "decided_by": r.DecidedBy, "reason": r.Reason, "made_id": r.MadeID})
	return tx.RowsAffected == 1, tx.Error
}

func decideStep(ctx context.Context, id string, position int, person string) error {
	return db.Tx(ctx).Model(&stepRow{}).Where("approval_id = ? AND position = ? AND decided = 0", id, position).Updates(map[string]any{"decided": db.Micros(db.Now(ctx)), "decided_by": person}).Error
}

// requests reads one page, the newest first, without what they keep back.
func requests(ctx context.Context, scope access.Scope, person string, f Filter) ([]requestRow, string, error) {
	tx := db.Tx(ctx).Omit("content").Where("org_id = ?", scope.Org())
	switch f.View {
	case "asked":
		tx = tx.Where("asked_by = ? AND state IN ('waiting', 'refused')", person)
	case "open":
		tx = tx.Where("state = 'waiting'")
	case "closed":
		tx = tx.Where("state <> 'waiting'")
	}
	if f.Subject != "" {
		tx = tx.Where("subject_id = ? OR made_id = ?", f.Subject, f.Subject)
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
		tx = tx.Where("(asked < ? OR asked = ? AND id < ?)", at, at, id)
	}
	var rows []requestRow
	if err := tx.Order("asked DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	if len(rows) <= f.Limit {
		return rows, "", nil
	}
	rows = rows[:f.Limit]
	last := rows[f.Limit-1]
	return rows, db.Cursor(last.Asked, last.ID), nil
}

// openRequests are those that wait, the first to be late first, without what they keep back.
func openRequests(ctx context.Context, scope access.Scope, limit int) ([]requestRow, error) {
	var rows []requestRow
	err := db.Tx(ctx).Omit("content").Where("org_id = ? AND state = 'waiting'", scope.Org()).Order("due, id").Limit(limit).Find(&rows).Error
	return rows, err
}

func late(ctx context.Context, now int64, limit int) ([]requestRow, error) {
	var rows []requestRow
	err := db.Tx(ctx).Where("state = 'waiting' AND overdue = 0 AND due > 0 AND due <= ?", now).Order("due, id").Limit(limit).Find(&rows).Error
	return rows, err
}

func markLate(ctx context.Context, id string) error {
	return db.Tx(ctx).Model(&requestRow{}).Where("id = ? AND overdue = 0", id).Update("overdue", db.Micros(db.Now(ctx))).Error
}

func placeOf(ctx context.Context, org string) (country, zone string, err error) {
	var r struct{ Country, Timezone string }
	err = db.Tx(ctx).Raw("SELECT country, timezone FROM org WHERE id = ?", org).Scan(&r).Error
	return r.Country, r.Timezone, err
}
