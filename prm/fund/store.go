package fund

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type programRow struct {
	ID                                  string `gorm:"primaryKey"`
	OwnerID, Number, Title, Kind, State string
	About, FromOn, UntilOn, Zone        string
	ClaimDays, Share                    int64
	Proof, SubjectID                    string
	Countries                           string
	Part                                int64
	PartCurrency, Alternative           string
	Announced                           int64
	Made                                int64
	MadeBy                              string
	Changed, Version                    int64
}

func (programRow) TableName() string { return "fund_program" }

type budgetRow struct {
	ProgramID string `gorm:"primaryKey"`
	Currency  string `gorm:"primaryKey"`
	OwnerID   string
	FourEyes  int64
}

func (budgetRow) TableName() string { return "fund_budget" }

type seatRow struct {
	ProgramID                        string `gorm:"primaryKey"`
	OrgID                            string `gorm:"primaryKey"`
	OwnerID, PartnershipID, Currency string
	Added                            int64
	// The text of a partner that the programme is without now; no title: that of the programme.
	Title, FromOn, UntilOn, Zone string
	ClaimDays                    int64
	Proof                        string
}

// reads is a programme as the partner of a seat knows it.
func (r seatRow) reads(p programRow) programRow {
	if r.Title != "" {
		p.Title, p.FromOn, p.UntilOn, p.Zone, p.ClaimDays, p.Proof = r.Title, r.FromOn, r.UntilOn, r.Zone, r.ClaimDays, r.Proof
	}
	return p
}

func (seatRow) TableName() string { return "fund_seat" }

type accountRow struct {
	ID                                             string `gorm:"primaryKey"`
	ProgramID, OwnerID, OrgID, Kind, Ref, Currency string
	Balance                                        int64
}

func (accountRow) TableName() string { return "fund_account" }

type entryRow struct {
	ID                                        string `gorm:"primaryKey"`
	ProgramID, OwnerID, OrgID, Kind, Currency string
	Amount                                    int64
	SubjectKind, SubjectID, Text, Reverses    string
	PersonID, ActedID                         string
	Happened                                  int64
	SourceKey                                 string // unique in the programme
	Step                                      string // how it came about, of rules with steps
}

func (entryRow) TableName() string { return "fund_entry" }

type postRow struct {
	EntryID   string `gorm:"primaryKey"`
	Position  int64  `gorm:"primaryKey;autoIncrement:false"`
	AccountID string
	Amount    int64
}

func (postRow) TableName() string { return "fund_post" }

type limitRow struct {
	OwnerID   string `gorm:"primaryKey"`
	PersonID  string `gorm:"primaryKey"`
	Currency  string `gorm:"primaryKey"`
	Amount    int64
	Changed   int64
	ChangedBy string
}

func (limitRow) TableName() string { return "fund_limit" }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func changed(version int64) error {
	return fault.New(fault.Conflict, "fund.changed", "Version", version)
}

// words is a list of texts as it is kept.
func words(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	return db.Text(list)
}

func cut(s string, most int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > most {
		s = string(r[:most])
	}
	return s
}

func (r programRow) program() Program {
	return Program{ID: ProgramID(r.ID), Owner: r.OwnerID, Number: r.Number, Title: r.Title, Kind: r.Kind, State: r.State, About: r.About, From: r.FromOn, Until: r.UntilOn, Zone: r.Zone, ClaimDays: int(r.ClaimDays), Share: money.Rate(r.Share), Proof: db.FromText[[]string](r.Proof), Subject: r.SubjectID,
		Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Version: r.Version, Plan: r.plan()}
}

func (r programRow) plan() Plan {
	return Plan{Countries: countriesOf(r.Countries), Part: money.Amount{Minor: r.Part, Currency: money.Currency(r.PartCurrency)}, Alternative: r.Alternative, Announced: db.FromMicros(r.Announced)}
}

// locked reads one row by a condition; lock takes it for writing.
func locked[T any](ctx context.Context, lock bool, where string, args ...any) (T, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []T
	err := tx.Where(where, args...).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		var none T
		return none, err
	}
	return rows[0], nil
}

func programByID(ctx context.Context, id string, lock bool) (programRow, error) {
	if !db.ValidID(id) {
		return programRow{}, notFound()
	}
	return locked[programRow](ctx, lock, "id = ?", id)
}

func programOf(ctx context.Context, owner, subject string) (programRow, error) {
	return locked[programRow](ctx, false, "owner_id = ? AND subject_id = ?", owner, subject)
}

// insertProgram adds a programme; false: there is one of its subject.
func insertProgram(ctx context.Context, r *programRow) (bool, error) {
	tx := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
	return tx.RowsAffected == 1, tx.Error
}

func saveProgram(ctx context.Context, r *programRow) error {
	was := r.Version
	r.Version, r.Changed = was+1, db.Micros(db.Now(ctx))
	tx := db.Tx(ctx).Model(&programRow{}).Where("id = ? AND version = ?", r.ID, was).Updates(map[string]any{"title": r.Title, "state": r.State, "about": r.About, "from_on": r.FromOn, "until_on": r.UntilOn, "zone": r.Zone, "claim_days": r.ClaimDays, "share": r.Share, "proof": r.Proof, "countries": r.Countries, "part": r.Part, "part_currency": r.PartCurrency, "alternative": r.Alternative, "announced": r.Announced, "changed": r.Changed, "version": r.Version})
	if tx.Error == nil && tx.RowsAffected != 1 {
		return changed(was)
	}
	return tx.Error
}

func budgetsOfAll(ctx context.Context, ids []string) ([]budgetRow, error) {
	var rows []budgetRow
	if len(ids) == 0 {
		return nil, nil
	}
	return rows, db.Tx(ctx).Where("program_id IN ?", ids).Order("program_id, currency").Find(&rows).Error
}

func budgetOf(ctx context.Context, id string, c money.Currency) (budgetRow, error) {
	return locked[budgetRow](ctx, false, "program_id = ? AND currency = ?", id, string(c))
}

func saveBudget(ctx context.Context, r budgetRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "program_id"}, {Name: "currency"}}, DoUpdates: clause.AssignmentColumns([]string{"four_eyes"})}).Create(&r).Error
}

func seatsOfAll(ctx context.Context, ids []string) ([]seatRow, error) {
	var rows []seatRow
	if len(ids) == 0 {
		return nil, nil
	}
	return rows, db.Tx(ctx).Where("program_id IN ?", ids).Order("added, org_id").Find(&rows).Error
}

func seatOf(ctx context.Context, id, org string) (seatRow, error) {
	return locked[seatRow](ctx, false, "program_id = ? AND org_id = ?", id, org)
}

// programFor reads a programme as a partner knows it.
func programFor(ctx context.Context, id, org string) (programRow, error) {
	p, err := programByID(ctx, id, false)
	if err != nil || p.Kind != KindPromo {
		return p, err
	}
	seat, err := seatOf(ctx, id, org)
	return seat.reads(p), err
}

// ownTexts are the seats of some programmes that have a text of their own.
func ownTexts(ctx context.Context, programs []string) ([]seatRow, error) {
	var rows []seatRow
	if len(programs) == 0 {
		return nil, nil
	}
	return rows, db.Tx(ctx).Where("program_id IN ? AND title <> ''", programs).Find(&rows).Error
}

// setTexts gives the partners of a programme that its text is without now the last of theirs, and
// takes it from those that are in it again. The programme is locked.
func setTexts(ctx context.Context, p programRow, left map[string]SubjectCmd) error {
	var rows []seatRow
	if err := db.Tx(ctx).Where("program_id = ? AND (title <> '' OR org_id IN ?)", p.ID, slices.Collect(maps.Keys(left))).Order("org_id").Find(&rows).Error; err != nil {
		return err
	}
	for _, was := range rows {
		now := was
		now.Title, now.FromOn, now.UntilOn, now.Zone, now.ClaimDays, now.Proof = "", "", "", "", 0, ""
		if cmd, ok := left[was.OrgID]; ok {
			x := cmd.row(p.OwnerID)
			now.Title, now.FromOn, now.UntilOn, now.Zone, now.ClaimDays, now.Proof = x.Title, x.FromOn, x.UntilOn, x.Zone, x.ClaimDays, x.Proof
		}
		if now == was {
			continue
		}
		if err := db.Tx(ctx).Model(&seatRow{}).Where("program_id = ? AND org_id = ?", p.ID, was.OrgID).Updates(map[string]any{"title": now.Title, "from_on": now.FromOn, "until_on": now.UntilOn, "zone": now.Zone, "claim_days": now.ClaimDays, "proof": now.Proof}).Error; err != nil {
			return err
		}
	}
	return nil
}

func insertSeat(ctx context.Context, r seatRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r).Error
}

// enteredBy says that a command with this key was booked before.
func enteredBy(ctx context.Context, program, key string) (bool, error) {
	if key == "" {
		return false, nil
	}
	_, err := locked[entryRow](ctx, false, "program_id = ? AND source_key = ?", program, key)
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

func insertEntry(ctx context.Context, r *entryRow) error { return db.Tx(ctx).Create(r).Error }

func insertPost(ctx context.Context, r postRow) error { return db.Tx(ctx).Create(&r).Error }

// book adds to the balance of an account, which is made where it is not there yet.
func book(ctx context.Context, p posting, l leg) (string, error) {
	r := accountRow{ID: db.NewID(), ProgramID: p.program, OwnerID: p.owner, OrgID: l.org, Kind: l.kind, Ref: l.ref, Currency: string(p.currency)}
	if err := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r).Error; err != nil {
		return "", err
	}
	ok, err := db.Row(ctx, "UPDATE fund_account SET balance = balance + ? WHERE program_id = ? AND org_id = ? AND kind = ? AND ref = ? AND currency = ? AND (balance + ? >= 0 OR kind IN ('source', 'owed')) RETURNING id",
		[]any{l.minor, p.program, l.org, l.kind, l.ref, string(p.currency), l.minor}, &r.ID)
	if err == nil && !ok {
		err = short(l.kind)
	}
	return r.ID, err
}

// balanceOf is what stands on one account, zero where there is none.
func balanceOf(ctx context.Context, program, org, kind, ref string, c money.Currency) (int64, error) {
	r, err := locked[accountRow](ctx, false, "program_id = ? AND org_id = ? AND kind = ? AND ref = ? AND currency = ?", program, org, kind, ref, string(c))
	if fault.CodeOf(err) == fault.NotFound {
		return 0, nil
	}
	return r.Balance, err
}

// sums are the balances of a programme by company, kind and currency; org narrows them.
type sumRow struct {
	ProgramID, OrgID, Kind, Currency string
	Balance                          int64
}

func sumsOf(ctx context.Context, programs []string, org string) ([]sumRow, error) {
	if len(programs) == 0 {
		return nil, nil
	}
	q := db.Tx(ctx).Model(&accountRow{}).Select("program_id, org_id, kind, currency, CAST(SUM(balance) AS BIGINT) AS balance").Where("program_id IN ?", programs)
	if org != "" {
		q = q.Where("org_id = ?", org)
	}
	var rows []sumRow
	return rows, q.Group("program_id, org_id, kind, currency").Order("program_id, org_id, currency").Scan(&rows).Error
}

// balance is what a partner has of a programme in a currency.
func balance(sums []sumRow, program, org string, c money.Currency) Balance {
	var own []sumRow
	for _, s := range sums {
		if s.ProgramID == program && s.OrgID == org && s.Currency == string(c) {
			own = append(own, s)
		}
	}
	return total(own, c)
}

// total adds a partner's accounts in one currency up.
func total(sums []sumRow, c money.Currency) Balance {
	a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: c} }
	out := Balance{Currency: c, Granted: a(0), Available: a(0), Reserved: a(0), Consumed: a(0), Settled: a(0), Lapsed: a(0), Owed: a(0)}
	for _, s := range sums {
		switch s.Kind {
		case accAvailable:
			out.Available.Minor += s.Balance
		case accReserved:
			out.Reserved.Minor += s.Balance
		case accConsumed:
			out.Consumed.Minor += s.Balance
		case accSettled:
			out.Settled.Minor += s.Balance
		case accLapsed:
			out.Lapsed.Minor += s.Balance
		case accOwed:
			out.Owed.Minor -= s.Balance
		}
	}
	out.Granted.Minor = out.Available.Minor + out.Reserved.Minor + out.Consumed.Minor + out.Settled.Minor + out.Lapsed.Minor - out.Owed.Minor
	return out
}

func entryOf(ctx context.Context, program, id string) (entryRow, []leg, error) {
	if !db.ValidID(id) {
		return entryRow{}, nil, notFound()
	}
	e, err := locked[entryRow](ctx, false, "id = ? AND program_id = ?", id, program)
	if err != nil {
		return e, nil, err
	}
	var rows []struct {
		OrgID, Kind, Ref string
		Amount           int64
	}
	err = db.Tx(ctx).Raw("SELECT a.org_id, a.kind, a.ref, p.amount FROM fund_post p JOIN fund_account a ON a.id = p.account_id WHERE p.entry_id = ? ORDER BY p.position", id).Scan(&rows).Error
	legs := make([]leg, len(rows))
	for i, r := range rows {
		legs[i] = leg{r.OrgID, r.Kind, r.Ref, r.Amount}
	}
	return e, legs, err
}

func reversed(ctx context.Context, id string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&entryRow{}).Where("reverses = ?", id).Count(&n).Error
	return n > 0, err
}

// tally adds a ledger up again.
func tally(ctx context.Context, program string) (Tally, error) {
	var out Tally
	var entries []struct {
		ID  string
		Sum int64
	}
	if err := db.Tx(ctx).Raw("SELECT e.id, CAST(COALESCE(SUM(p.amount), 1) AS BIGINT) AS sum FROM fund_entry e LEFT JOIN fund_post p ON p.entry_id = e.id WHERE e.program_id = ? GROUP BY e.id", program).Scan(&entries).Error; err != nil {
		return out, err
	}
	out.Entries = len(entries)
	for _, e := range entries {
		if e.Sum != 0 {
			out.Unequal = append(out.Unequal, e.ID)
		}
	}
	var accounts []struct {
		ID, Kind     string
		Balance, Sum int64
	}
	if err := db.Tx(ctx).Raw("SELECT a.id, a.kind, a.balance, CAST(COALESCE(SUM(p.amount), 0) AS BIGINT) AS sum FROM fund_account a LEFT JOIN fund_post p ON p.account_id = a.id WHERE a.program_id = ? GROUP BY a.id, a.kind, a.balance", program).Scan(&accounts).Error; err != nil {
		return out, err
	}
	for _, a := range accounts {
		if a.Balance != a.Sum {
			out.Drifted = append(out.Drifted, a.ID)
		}
		if a.Balance < 0 && a.Kind != accSource && a.Kind != accOwed {
			out.Negative = append(out.Negative, a.ID)
		}
	}
	return out, nil
}

// listPrograms reads a page of programmes of a company, or those it has a part of.
func listPrograms(ctx context.Context, scope access.Scope, own bool, after string, limit int) ([]programRow, string, error) {
	q := db.Tx(ctx)
	if own {
		q = q.Where("owner_id = ?", scope.Org())
	} else {
		q = q.Where("id IN (SELECT program_id FROM fund_seat WHERE org_id = ?)", scope.Org())
	}
	if after != "" {
		at, id, ok := db.ReadCursor(after)
		if !ok {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
		q = q.Where("(made < ? OR made = ? AND id < ?)", at, at, id)
	}
	var rows []programRow
	if err := q.Order("made DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = db.Cursor(rows[limit-1].Made, rows[limit-1].ID)
	}
	return rows, next, nil
}

func limitsOf(ctx context.Context, owner string) ([]limitRow, error) {
	var rows []limitRow
	return rows, db.Tx(ctx).Where("owner_id = ?", owner).Order("person_id, currency").Find(&rows).Error
}

func limitOf(ctx context.Context, owner, person string, c money.Currency) (int64, bool, error) {
	r, err := locked[limitRow](ctx, false, "owner_id = ? AND person_id = ? AND currency = ?", owner, person, string(c))
	if fault.CodeOf(err) == fault.NotFound {
		return 0, false, nil
	}
	return r.Amount, err == nil, err
}

func saveLimit(ctx context.Context, r limitRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "owner_id"}, {Name: "person_id"}, {Name: "currency"}}, DoUpdates: clause.AssignmentColumns([]string{"amount", "changed", "changed_by"})}).Create(&r).Error
}

func dropLimit(ctx context.Context, owner, person string, c money.Currency) error {
	return db.Tx(ctx).Where("owner_id = ? AND person_id = ? AND currency = ?", owner, person, string(c)).Delete(&limitRow{}).Error
}

// colleague says whether somebody is a member of a company.
func colleague(ctx context.Context, org, person string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Table("membership").Where("org_id = ? AND person_id = ?", org, person).Count(&n).Error
	return n > 0, err
}

// listEntries reads a page of a programme's ledger, and which of its entries were reversed.
func listEntries(ctx context.Context, program, after string, limit int) ([]entryRow, map[string]bool, string, error) {
	q := db.Tx(ctx).Where("program_id = ?", program)
	if after != "" {
		at, id, ok := db.ReadCursor(after)
		if !ok {
			return nil, nil, "", fault.InvalidField("after", "form.cursor")
		}
		q = q.Where("(happened < ? OR happened = ? AND id < ?)", at, at, id)
	}
	var rows []entryRow
	if err := q.Order("happened DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = db.Cursor(rows[limit-1].Happened, rows[limit-1].ID)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var undone []string
	out := map[string]bool{}
	if len(ids) > 0 {
		if err := db.Tx(ctx).Model(&entryRow{}).Where("reverses IN ?", ids).Pluck("reverses", &undone).Error; err != nil {
			return nil, nil, "", err
		}
	}
	for _, id := range undone {
		out[id] = true
	}
	return rows, out, next, nil
}
