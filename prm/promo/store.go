package promo

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type row struct {
	ID                       string `gorm:"primaryKey"`
	OwnerID, Number, Title   string
	State, Draft             string
	OpenNo, AgreedNo         int64
	FromOn, UntilOn, Zone    string
	Currency                 string
	Budget, NextAt           int64
	Reason, MadeBy           string
	Made, Cancelled, Settled int64
	Result                   string
	Changed, Version         int64
	Margin                   int64
	Waived                   string // see Waived
	Approval                 string // the request for which a proposal waits
}

func (row) TableName() string { return "promotion" }

type versionRow struct {
	ID                              string `gorm:"primaryKey"`
	PromotionID, OwnerID, OrgID     string
	Number, Counter                 int64
	State, Body, Hash, Note, MadeBy string
	Made, Agreed                    int64
	AnsweredBy                      string
	Answered                        int64
}

func (versionRow) TableName() string { return "promotion_version" }

func (r versionRow) version() (Version, error) {
	v := Version{ID: r.ID, Number: int(r.Number), Org: r.OrgID, By: r.MadeBy, State: r.State, Hash: r.Hash, Note: r.Note, Made: instant(r.Made), Agreed: instant(r.Agreed), Answered: instant(r.Answered)}
	var err error
	v.Terms, err = decode(r.Body)
	return v, err
}

type seatRow struct {
	ID                                string `gorm:"primaryKey"`
	PromotionID, OwnerID, OrgID, Role string
	State, Hash                       string
	Share                             int64
	Currency                          string
	Asked, Answered                   int64
	AnsweredBy, Reason                string
	Taken, Volume                     int64
}

func (seatRow) TableName() string { return "promotion_seat" }

func (r seatRow) seat() Seat {
	return Seat{ID: r.ID, Org: r.OrgID, Role: r.Role, State: SeatState(r.State), Hash: r.Hash, Asked: instant(r.Asked), Answered: instant(r.Answered), AnsweredBy: r.AnsweredBy, Reason: r.Reason, Taken: money.Quantity(r.Taken), Volume: money.Quantity(r.Volume)}
}

type approvalRow struct {
	PromotionID string `gorm:"primaryKey"`
	OrgID       string `gorm:"primaryKey"`
	Hash        string `gorm:"primaryKey"`
	PersonID    string
	At          int64
}

func (approvalRow) TableName() string { return "promotion_approval" }

type taskRow struct {
	ID                                 string `gorm:"primaryKey"`
	PromotionID, OwnerID, OrgID, Title string
	Due                                string
	Done                               int64
	DoneBy, MadeBy                     string
	Made                               int64
}

func (taskRow) TableName() string { return "promotion_task" }

func (r taskRow) task() Task {
	return Task{ID: r.ID, Org: r.OrgID, Title: r.Title, Due: r.Due, Done: instant(r.Done), DoneBy: r.DoneBy, MadeBy: r.MadeBy, Made: instant(r.Made)}
}

// logRow is read by the owner, and by the company SeenBy names; "" is all of them.
type logRow struct {
	ID                                         string `gorm:"primaryKey"`
	PromotionID, SeenBy, Kind, OrgID, PersonID string
	Number                                     int64
	Text                                       string
	Happened                                   int64
}

func (logRow) TableName() string { return "promotion_log" }

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return db.FromMicros(n)
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

// byID reads a promotion; lock takes the row for writing.
func byID(ctx context.Context, id ID, lock bool) (row, error) {
	if !db.ValidID(string(id)) {
		return row{}, notFound()
	}
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []row
	err := tx.Where("id = ?", string(id)).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return row{}, err
	}
	return rows[0], nil
}

// bySeat finds the promotion of a seat.
func bySeat(ctx context.Context, seat string) (ID, error) {
	var ids []string
	if !db.ValidID(seat) {
		return "", notFound()
	}
	err := db.Tx(ctx).Model(&seatRow{}).Where("id = ?", seat).Limit(1).Pluck("promotion_id", &ids).Error
	if err == nil && len(ids) == 0 {
		err = notFound()
	}
	if err != nil {
		return "", err
	}
	return ID(ids[0]), nil
}

func seatsOf(ctx context.Context, id string) ([]Seat, error) {
	var rows []seatRow
	err := db.Tx(ctx).Where("promotion_id = ?", id).Order("org_id").Find(&rows).Error
	out := make([]Seat, len(rows))
	for i, r := range rows {
		out[i] = r.seat()
	}
	return out, err
}

const signs = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// draw is a number that counts nothing: a running one would tell a participant how many
// promotions there are beside its own.
func draw(year int) string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = signs[int(b[i])%len(signs)]
	}
	return "PR-" + strconv.Itoa(year) + "-" + string(b)
}

// insert adds a promotion under a number of its own.
func insert(ctx context.Context, r *row) error {
	for range 20 {
		r.Number = draw(db.Now(ctx).Year())
		tx := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
		if tx.Error != nil || tx.RowsAffected == 1 {
			return tx.Error
		}
	}
	return fault.New(fault.Conflict, "error.conflict")
}

// save writes a promotion if it is still the one read, and raises its version.
func save(ctx context.Context, r *row) error {
	was := r.Version
	r.Version, r.Changed = was+1, db.Micros(db.Now(ctx))
	tx := db.Tx(ctx).Model(&row{}).Where("id = ? AND version = ?", r.ID, was).Updates(map[string]any{
		"title": r.Title, "state": r.State, "draft": r.Draft, "open_no": r.OpenNo, "agreed_no": r.AgreedNo, "from_on": r.FromOn, "until_on": r.UntilOn, "zone": r.Zone, "currency": r.Currency, "budget": r.Budget,
		"next_at": r.NextAt, "reason": r.Reason, "cancelled": r.Cancelled, "settled": r.Settled, "result": r.Result, "waived": r.Waived, "approval": r.Approval, "changed": r.Changed, "version": r.Version})
	if tx.Error == nil && tx.RowsAffected != 1 {
		return changed(was)
	}
	return tx.Error
}

func changed(version int64) error {
	return fault.New(fault.Conflict, "promo.changed", "Version", version)
}

func versionsOf(ctx context.Context, id string) ([]versionRow, error) {
	var rows []versionRow
	return rows, db.Tx(ctx).Where("promotion_id = ?", id).Order("made DESC, id DESC").Limit(500).Find(&rows).Error
}

// agreedOf are the versions of promotions that were ever agreed to, the oldest first.
func agreedOf(ctx context.Context, ids []string) (map[string][]Version, error) {
	var rows []versionRow
	if err := db.Tx(ctx).Where("promotion_id IN ? AND number > 0 AND agreed > 0", ids).Order("promotion_id, number").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string][]Version{}
	for _, r := range rows {
		v, err := r.version()
		if err != nil {
			return nil, err
		}
		out[r.PromotionID] = append(out[r.PromotionID], v)
	}
	return out, nil
}

func versionNo(ctx context.Context, id string, number int64) (Version, error) {
	return db.Remember(ctx, "promo.version:"+id+":"+strconv.FormatInt(number, 10), []string{"promotion_version"}, func() (Version, error) { return readVersion(ctx, id, number) })
}

func readVersion(ctx context.Context, id string, number int64) (Version, error) {
	var rows []versionRow
	err := db.Tx(ctx).Where("promotion_id = ? AND number = ? AND number > 0", id, number).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return Version{}, err
	}
	return rows[0].version()
}

func insertVersion(ctx context.Context, r *versionRow) error { return db.Tx(ctx).Create(r).Error }

// moveVersion changes the state of a version from one to another; false: it was another.
func moveVersion(ctx context.Context, id, from, to string, more map[string]any) (bool, error) {
	set := map[string]any{"state": to}
	for k, v := range more {
		set[k] = v
	}
	tx := db.Tx(ctx).Model(&versionRow{}).Where("id = ? AND state = ?", id, from).Updates(set)
	return tx.RowsAffected == 1, tx.Error
}

// counterOf is the open counter-proposal of a company.
func counterOf(ctx context.Context, id, org string) (*versionRow, error) {
	var rows []versionRow
	err := db.Tx(ctx).Where("promotion_id = ? AND org_id = ? AND number = 0 AND state = ?", id, org, VersionOpen).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

func saveSeat(ctx context.Context, r *seatRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "promotion_id"}, {Name: "org_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"role", "state", "hash", "share", "currency", "asked", "answered", "answered_by", "reason"})}).Create(r).Error
}

func answerSeat(ctx context.Context, id, org string, state SeatState, person, reason string) error {
	return db.Tx(ctx).Model(&seatRow{}).Where("promotion_id = ? AND org_id = ?", id, org).Updates(map[string]any{
		"state": string(state), "answered": db.Micros(db.Now(ctx)), "answered_by": person, "reason": reason}).Error
}

func approve(ctx context.Context, id, org, hash, person string) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&approvalRow{PromotionID: id, OrgID: org, Hash: hash, PersonID: person, At: db.Micros(db.Now(ctx))}).Error
}

// approved says whether a company has approved a text before.
func approved(ctx context.Context, id, org, hash string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&approvalRow{}).Where("promotion_id = ? AND org_id = ? AND hash = ?", id, org, hash).Count(&n).Error
	return n > 0, err
}

func addLog(ctx context.Context, id, seenBy, kind, org, person string, number int, text string) error {
	return db.Tx(ctx).Create(&logRow{ID: db.NewID(), PromotionID: id, SeenBy: seenBy, Kind: kind, OrgID: org, PersonID: person, Number: int64(number), Text: text, Happened: db.Micros(db.Now(ctx))}).Error
}

// logOf reads the history, the newest first: all of it for the owner, else what is for
// all or for the company.
func logOf(ctx context.Context, id, owner, org string) ([]Entry, error) {
	q := db.Tx(ctx).Where("promotion_id = ?", id)
	if org == owner {
		q = q.Where("kind <> 'asked' AND (kind <> 'agreed' OR seen_by IN ?)", []string{"", owner}) // it has the line of the version
	} else {
		q = q.Where("seen_by IN ?", []string{"", org})
	}
	var rows []logRow
	err := q.Order("happened DESC, id DESC").Limit(200).Find(&rows).Error
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = Entry{Kind: r.Kind, Org: r.OrgID, Person: r.PersonID, Number: int(r.Number), Text: r.Text, At: instant(r.Happened)}
	}
	return out, err
}

func tasksOf(ctx context.Context, id, owner, org string) ([]Task, error) {
	q := db.Tx(ctx).Where("promotion_id = ?", id)
	if org != owner {
		q = q.Where("org_id = ?", org)
	}
	var rows []taskRow
	err := q.Order("CASE WHEN done > 0 THEN 1 ELSE 0 END, CASE WHEN due = '' THEN 1 ELSE 0 END, due, id").Limit(200).Find(&rows).Error
	out := make([]Task, len(rows))
	for i, r := range rows {
		out[i] = r.task()
	}
	return out, err
}

func insertTask(ctx context.Context, r *taskRow) error { return db.Tx(ctx).Create(r).Error }

func taskByID(ctx context.Context, id string) (taskRow, error) {
	var rows []taskRow
	if !db.ValidID(id) {
		return taskRow{}, notFound()
	}
	err := db.Tx(ctx).Where("id = ?", id).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return taskRow{}, err
	}
	return rows[0], nil
}

func tickTask(ctx context.Context, id string, done bool, person string) error {
	at := int64(0)
	if done {
		at = db.Micros(db.Now(ctx))
	} else {
		person = ""
	}
	return db.Tx(ctx).Model(&taskRow{}).Where("id = ?", id).Updates(map[string]any{"done": at, "done_by": person}).Error
}

// due are promotions whose next step has come.
func due(ctx context.Context, now time.Time, limit int) ([]ID, error) {
	var ids []ID
	return ids, db.Tx(ctx).Model(&row{}).Where("next_at > 0 AND next_at <= ?", db.Micros(now)).Order("next_at, id").Limit(limit).Pluck("id", &ids).Error
}

// sitting is the condition of the promotions a company takes part in, or took part in and has lines
// in, whatever is left of what they earned; leftOut that of the latter, which are over to it.
const (
	sitting = "EXISTS (SELECT 1 FROM promotion_seat s WHERE s.promotion_id = promotion.id AND s.org_id = ? AND (s.state IN ('asked', 'approved') OR EXISTS (SELECT 1 FROM promotion_sum t WHERE t.promotion_id = s.promotion_id AND t.grain = 'org' AND t.org_id = s.org_id)))"
	leftOut = "EXISTS (SELECT 1 FROM promotion_seat g WHERE g.promotion_id = promotion.id AND g.org_id = ? AND g.state IN ('dropped', 'declined'))"
	stands  = "CASE WHEN " + leftOut + " THEN 'cancelled' ELSE state END"
)

// list reads a page of a company's promotions: its own, and those it takes part in.
func list(ctx context.Context, scope access.Scope, f Filter) (Page, error) {
	org := scope.Org()
	q := db.Tx(ctx).Where("(owner_id = ? OR "+sitting+")", org, org)
	if len(f.States) > 0 {
		q = q.Where(stands+" IN ?", org, f.States)
	}
	if f.Partner != "" {
		q = q.Where("(owner_id = ? OR owner_id = ? AND EXISTS (SELECT 1 FROM promotion_seat x WHERE x.promotion_id = promotion.id AND x.org_id = ? AND x.state <> 'dropped'))", f.Partner, org, f.Partner)
	}
	if f.Waiting {
		q = q.Where("(owner_id = ? AND EXISTS (SELECT 1 FROM promotion_version v WHERE v.promotion_id = promotion.id AND v.number = 0 AND v.state = 'open') OR owner_id <> ? AND state IN ('proposed', 'agreed', 'running') AND EXISTS (SELECT 1 FROM promotion_seat w WHERE w.promotion_id = promotion.id AND w.org_id = ? AND w.state = 'asked'))", org, org, org)
	}
	if f.Query != "" {
		like := "%" + db.Literal(strings.ToLower(f.Query)) + "%"
		q = q.Where(`(LOWER(title) LIKE ? ESCAPE '\' AND NOT `+leftOut+` OR LOWER(number) LIKE ? ESCAPE '\')`, like, org, like)
	}
	if f.From != "" {
		q = q.Where("until_on >= ?", f.From)
	}
	if f.To != "" {
		q = q.Where("from_on <= ?", f.To)
	}
	if f.After != "" {
		n, id, ok := db.ReadCursor(f.After)
		on, err := time.Parse("20060102", strconv.FormatInt(n, 10))
		if !ok || err != nil {
			return Page{}, fault.InvalidField("after", "form.cursor")
		}
		day := on.Format(time.DateOnly)
		q = q.Where("(from_on < ? OR from_on = ? AND id < ?)", day, day, id)
	}
	var rows []row
	if err := q.Omit("draft", "result", "waived").Order("from_on DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return Page{}, err
	}
	var out Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[len(rows)-1]
		n, _ := strconv.ParseInt(strings.ReplaceAll(last.FromOn, "-", ""), 10, 64)
		out.Next = db.Cursor(n, last.ID)
	}
	var err error
	out.Items, err = heads(ctx, org, rows)
	return out, err
}

// some reads promotions of a company by their ids and by those of seats.
func some(ctx context.Context, scope access.Scope, ids []string) (map[string]Head, error) {
	org, out := scope.Org(), map[string]Head{}
	for part := range slices.Chunk(ids, 500) {
		var seats []seatRow
		if err := db.Tx(ctx).Where("id IN ? AND (owner_id = ? OR org_id = ?)", part, org, org).Find(&seats).Error; err != nil {
			return nil, err
		}
		asked := map[string][]string{}
		for _, id := range part {
			asked[id] = append(asked[id], id)
		}
		for _, s := range seats {
			asked[s.PromotionID] = append(asked[s.PromotionID], s.ID)
		}
		var rows []row
		if err := db.Tx(ctx).Omit("draft", "result").Where("id IN ? AND (owner_id = ? OR "+sitting+")", slices.Collect(maps.Keys(asked)), org, org).Find(&rows).Error; err != nil {
			return nil, err
		}
		hs, err := heads(ctx, org, rows)
		if err != nil {
			return nil, err
		}
		for _, h := range hs {
			for _, id := range asked[string(h.ID)] {
				out[id] = h
			}
		}
	}
	return out, nil
}

// heads fills what lists show beside the rows: three queries, whatever their number, and one for
// the texts of those that the company was left out of.
func heads(ctx context.Context, org string, rows []row) ([]Head, error) {
	out := make([]Head, len(rows))
	at := map[string]*Head{}
	ids := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.head()
		at[r.ID], ids[i] = &out[i], r.ID
	}
	if len(rows) == 0 {
		return out, nil
	}
	var left []string
	var seats []seatRow
	if err := db.Tx(ctx).Where("promotion_id IN ? AND (owner_id = ? OR org_id = ?)", ids, org, org).Order("promotion_id, org_id").Find(&seats).Error; err != nil {
		return nil, err
	}
	for _, s := range seats {
		h := at[s.PromotionID]
		if h.Owner == org {
			if s.State != string(Dropped) {
				h.Partners = append(h.Partners, s.OrgID)
			}
			continue
		}
		seat := s.seat()
		h.Seat = &seat
		h.Budget = money.Amount{Minor: s.Share, Currency: money.Currency(s.Currency)}
		h.Waiting = seat.State == Asked && !h.State.Over() && h.State != Ended
		if seat.State == Dropped || seat.State == Declined {
			left = append(left, s.PromotionID)
		}
	}
	if len(left) > 0 {
		had, err := agreedOf(ctx, left)
		if err != nil {
			return nil, err
		}
		for _, id := range left {
			if v, ok := latest(had[id], org); ok { // it reads no later text
				at[id].leaves(v.Terms, org)
			}
		}
	}
	var open []struct {
		PromotionID string
		N           int
	}
	err := db.Tx(ctx).Raw("SELECT promotion_id, COUNT(*) AS n FROM promotion_task WHERE promotion_id IN ? AND done = 0 AND (owner_id = ? OR org_id = ?) GROUP BY promotion_id", ids, org, org).Scan(&open).Error
	if err != nil {
		return nil, err
	}
	for _, o := range open {
		at[o.PromotionID].Tasks = o.N
	}
	var counters []string
	err = db.Tx(ctx).Model(&versionRow{}).Where("promotion_id IN ? AND owner_id = ? AND number = 0 AND state = ?", ids, org, VersionOpen).Distinct().Pluck("promotion_id", &counters).Error
	for _, id := range counters {
		at[id].Waiting = true
	}
	return out, err
}

func (r row) head() Head {
	return Head{ID: ID(r.ID), Number: r.Number, Owner: r.OwnerID, Title: r.Title, State: State(r.State), From: r.FromOn, Until: r.UntilOn, Zone: r.Zone,
		Budget: money.Amount{Minor: r.Budget, Currency: money.Currency(r.Currency)}, Changed: instant(r.Changed), Version: r.Version}
}

// counts are the numbers of a company's promotions by state, and of those that wait.
func counts(ctx context.Context, scope access.Scope) (map[State]int, error) {
	var rows []struct {
		State State
		N     int
	}
	err := db.Tx(ctx).Raw("SELECT state, COUNT(*) AS n FROM (SELECT "+stands+" AS state FROM promotion WHERE owner_id = ? OR "+sitting+") x GROUP BY state", scope.Org(), scope.Org(), scope.Org()).Scan(&rows).Error
	out := map[State]int{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, err
}
