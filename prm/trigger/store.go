package trigger

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
)

type ruleRow struct {
	ID                               string `gorm:"primaryKey"`
	OrgID, Name, About, Condition    string
	Action, PromotionID              string
	Quiet, Active, NextAt, Ran, Made int64
	MadeBy                           string
	Changed, Version                 int64
}

func (ruleRow) TableName() string { return "trigger_rule" }

type suggestionRow struct {
	ID                                                                string `gorm:"primaryKey"`
	OrgID, RuleID, RuleName, About, Condition                         string
	PartnerID, ObjectID, Object, Occasion, Facts, Action, PromotionID string
	State                                                             string
	Until                                                             int64
	Reason, Words                                                     string
	Made, Decided                                                     int64
	DecidedBy                                                         string
}

func (suggestionRow) TableName() string { return "suggestion" }

func (r ruleRow) rule() Rule {
	return Rule{ID: RuleID(r.ID), Org: r.OrgID, Name: r.Name, About: About(r.About), When: r.Condition, Action: r.Action, Promotion: r.PromotionID, Quiet: int(r.Quiet), Active: r.Active == 1, Ran: db.FromMicros(r.Ran), Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Changed: db.FromMicros(r.Changed), Version: r.Version}
}

func rowOf(r Rule, next time.Time) ruleRow {
	active := int64(0)
	if r.Active {
		active = 1
	}
	return ruleRow{ID: string(r.ID), OrgID: r.Org, Name: r.Name, About: string(r.About), Condition: r.When, Action: r.Action, PromotionID: r.Promotion, Quiet: int64(r.Quiet), Active: active, NextAt: db.Micros(next), Ran: db.Micros(r.Ran), Made: db.Micros(r.Made), MadeBy: r.MadeBy, Changed: db.Micros(r.Changed), Version: r.Version}
}

func (r suggestionRow) suggestion() Suggestion {
	return Suggestion{ID: ID(r.ID), Org: r.OrgID, Rule: RuleID(r.RuleID), RuleName: r.RuleName, About: About(r.About), When: r.Condition, Partner: r.PartnerID, ObjectID: r.ObjectID, Object: r.Object, Occasion: r.Occasion, Facts: db.FromText[[]Fact](r.Facts), Action: r.Action, Promotion: r.PromotionID,
		State: State(r.State), Until: db.FromMicros(r.Until), Reason: r.Reason, Words: r.Words, Made: db.FromMicros(r.Made), Decided: db.FromMicros(r.Decided), DecidedBy: r.DecidedBy}
}

func rulesOf(ctx context.Context, org string) ([]Rule, error) {
	var rows []ruleRow
	err := db.Tx(ctx).Where("org_id = ?", org).Order("made, id").Limit(mostRules).Find(&rows).Error
	out := make([]Rule, len(rows))
	for i, r := range rows {
		out[i] = r.rule()
	}
	return out, err
}

func ruleByID(ctx context.Context, org string, id RuleID) (Rule, bool, error) {
	var rows []ruleRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Rule{}, false, err
	}
	return rows[0].rule(), true, nil
}

func insertRule(ctx context.Context, r Rule, next time.Time) error {
	row := rowOf(r, next)
	return db.Tx(ctx).Create(&row).Error
}

func updateRule(ctx context.Context, r Rule, next time.Time) (bool, error) {
	row := rowOf(r, next)
	res := db.Tx(ctx).Model(&ruleRow{}).Where("id = ? AND org_id = ? AND version = ?", row.ID, row.OrgID, row.Version-1).Select("*").Omit("ID", "OrgID", "Made", "MadeBy", "Ran").Updates(&row)
	return res.RowsAffected == 1, res.Error
}

func removeRule(ctx context.Context, org string, id RuleID) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Delete(&ruleRow{})
	return res.RowsAffected == 1, res.Error
}

// due names rules whose hour has come.
func due(ctx context.Context, limit int) (out []struct{ OrgID, ID string }, err error) {
	err = db.Tx(ctx).Model(&ruleRow{}).Select("org_id", "id").Where("active = 1 AND next_at <= ?", db.Micros(db.Now(ctx))).Order("next_at, id").Limit(limit).Scan(&out).Error
	return out, err
}

// claim takes the turn of a rule; false: somebody else has it.
func claim(ctx context.Context, r Rule, next time.Time) (bool, error) {
	now := db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&ruleRow{}).Where("id = ? AND active = 1 AND next_at <= ?", string(r.ID), now).Updates(map[string]any{"next_at": db.Micros(next), "ran": now})
	return res.RowsAffected == 1, res.Error
}

// delay puts off a rule that is due.
func delay(ctx context.Context, org string, id RuleID, next time.Time) error {
	return db.Tx(ctx).Model(&ruleRow{}).Where("org_id = ? AND id = ? AND next_at <= ?", org, string(id), db.Micros(db.Now(ctx))).Update("next_at", db.Micros(next)).Error
}

// touch brings the turn of a company's rules forward, to no less than a rest after the last.
func touch(ctx context.Context, org string, about About, rest time.Duration) error {
	now, gap := db.Micros(db.Now(ctx)), rest.Microseconds()
	key := fmt.Sprint("touched:", org, ":", about, ":", now, ":", gap) // again in the same transaction it changes nothing
	if done, _ := db.Known[bool](ctx, key); done {
		return nil
	}
	err := db.Tx(ctx).Model(&ruleRow{}).Where("org_id = ? AND about = ? AND active = 1 AND next_at > ? AND next_at > ran + ?", org, string(about), now, gap).
		Update("next_at", clause.Expr{SQL: "CASE WHEN ran + ? > ? THEN ran + ? ELSE ? END", Vars: []any{gap, now, gap, now}}).Error
	if err == nil {
		db.Know(ctx, key, []string{"trigger_rule"}, true)
	}
	return err
}

// proposedSince says which partners and objects a rule proposed since an instant.
func proposedSince(ctx context.Context, rule RuleID, since time.Time) (map[[2]string]bool, error) {
	var rows []suggestionRow
	err := db.Tx(ctx).Select("partner_id", "object_id").Where("rule_id = ? AND made > ?", string(rule), db.Micros(since)).Find(&rows).Error
	out := map[[2]string]bool{}
	for _, r := range rows {
		out[[2]string{r.PartnerID, r.ObjectID}] = true
	}
	return out, err
}

// propose keeps a suggestion; false: the rule made it for the occasion before.
func propose(ctx context.Context, s Suggestion) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&suggestionRow{ID: string(s.ID), OrgID: s.Org, RuleID: string(s.Rule), RuleName: s.RuleName, About: string(s.About), Condition: s.When, PartnerID: s.Partner, ObjectID: s.ObjectID, Object: s.Object, Occasion: s.Occasion, Facts: db.Text(s.Facts), Action: s.Action, PromotionID: s.Promotion, State: string(s.State), Made: db.Micros(s.Made)})
	return res.RowsAffected == 1, res.Error
}

// inState narrows suggestions to a state at an instant: one that was put off until then is
// open again.
func inState(q *gorm.DB, s State, now int64) *gorm.DB {
	switch s {
	case Open:
		return q.Where("(state = ? OR state = ? AND until <= ?)", string(Open), string(Snoozed), now)
	case Snoozed:
		return q.Where("state = ? AND until > ?", string(Snoozed), now)
	}
	return q.Where("state = ?", string(s))
}

// list reads suggestions, the newest first.
func list(ctx context.Context, org string, f Filter) ([]Suggestion, string, bool, error) {
	now := db.Micros(db.Now(ctx))
	q := inState(db.Tx(ctx).Where("org_id = ?", org), f.State, now)
	if f.After != "" {
		n, last, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, "", false, nil
		}
		q = q.Where("(made < ? OR made = ? AND id < ?)", n, n, last)
	}
	var rows []suggestionRow
	if err := q.Order("made DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", true, err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = db.Cursor(rows[f.Limit-1].Made, rows[f.Limit-1].ID)
	}
	out := make([]Suggestion, len(rows))
	for i, r := range rows {
		out[i] = awake(r.suggestion(), db.FromMicros(now))
	}
	return out, next, true, nil
}

// awake is a suggestion as it stands at an instant.
func awake(s Suggestion, now time.Time) Suggestion {
	if s.State == Snoozed && !s.Until.After(now) {
		s.State = Open
	}
	return s
}

func openCount(ctx context.Context, org string) (int, error) {
	var n int64
	err := inState(db.Tx(ctx).Model(&suggestionRow{}).Where("org_id = ?", org), Open, db.Micros(db.Now(ctx))).Count(&n).Error
	return int(n), err
}

func suggestionByID(ctx context.Context, org string, id ID) (Suggestion, bool, error) {
	var rows []suggestionRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Suggestion{}, false, err
	}
	return awake(rows[0].suggestion(), db.Now(ctx)), true, nil
}

// decide writes what became of a suggestion that is not decided; false: it is.
func decide(ctx context.Context, s Suggestion) (bool, error) {
	res := db.Tx(ctx).Model(&suggestionRow{}).Where("id = ? AND org_id = ? AND state IN ?", string(s.ID), s.Org, []string{string(Open), string(Snoozed)}).
		Updates(map[string]any{"state": string(s.State), "until": db.Micros(s.Until), "reason": s.Reason, "words": s.Words, "decided": db.Micros(s.Decided), "decided_by": s.DecidedBy})
	return res.RowsAffected == 1, res.Error
}
