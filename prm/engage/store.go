package engage

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
	"entente/prm/fault"
)

var found = search.Index{Table: "engagement_search", Key: "seat_id"}

type row struct {
	ID                         string `gorm:"primaryKey"`
	OwnerID, Number, SourceKey string
	State                      string
	Shown                      int64
	Title, Customer, Purpose   string
	Teaser, Country, Band      string
	AboutKind, AboutID         string
	AboutNumber, FirstOrg      string
	Outcome, Comment           string
	Made                       int64
	MadeBy                     string
	Closed                     int64
	ClosedBy                   string
}

func (row) TableName() string { return "engagement" }

func (e *row) keep(t Terms) {
	e.Title, e.Customer, e.Purpose, e.Teaser, e.Country, e.Band, e.Shown = t.Title, t.Customer, t.Purpose, t.Teaser, t.Country, t.Band, 0
	if t.Shown {
		e.Shown = 1
	}
}

func (e row) terms() Terms {
	return Terms{Title: e.Title, Customer: e.Customer, Purpose: e.Purpose, Teaser: e.Teaser, Country: e.Country, Band: e.Band, Shown: e.Shown == 1}
}

// The lanes by which a company lists its seats are the views; lane is kept beside the state.
type seatRow struct {
	ID                           string `gorm:"primaryKey"`
	EngagementID, OrgID, OwnerID string
	Role, State, Lane            string
	Supplies                     int64
	Message                      string
	Invited                      int64
	InvitedBy                    string
	Answered                     int64
	AnsweredBy                   string
	Joined, LeftAt               int64
	Reason, Comment              string
	Changed, Due, Warned         int64
	Teaser, Country, Band        string
	Shown                        int64
}

func (seatRow) TableName() string { return "engagement_seat" }

func (r seatRow) seat() Seat {
	t := db.FromMicros
	return Seat{ID: r.ID, Org: r.OrgID, Role: r.Role, State: SeatState(r.State), Message: r.Message, Invited: t(r.Invited), InvitedBy: r.InvitedBy, Answered: t(r.Answered), AnsweredBy: r.AnsweredBy,
		Joined: t(r.Joined), Left: t(r.LeftAt), Reason: r.Reason, Comment: r.Comment, Due: t(r.Due), offer: Terms{Teaser: r.Teaser, Country: r.Country, Band: r.Band, Shown: r.Shown == 1}, supplies: r.Supplies == 1}
}

func laneOf(e State, s SeatState) string {
	switch {
	case s == Invited:
		return ViewInvited
	case s == Active && e == Open:
		return ViewOpen
	}
	return ViewOver
}

func insert(ctx context.Context, e row) error { return db.Tx(ctx).Create(&e).Error }

// byID reads an engagement; lock takes it, so that its steps come one after the other.
func byID(ctx context.Context, id ID, lock bool) (row, bool, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []row
	err := tx.Where("id = ?", string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return row{}, false, err
	}
	return rows[0], true, nil
}

func bySource(ctx context.Context, org, key string) (ID, bool, error) {
	var rows []row
	err := db.Tx(ctx).Select("id").Where("owner_id = ? AND source_key = ?", org, key).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	return ID(rows[0].ID), true, nil
}

func saveTerms(ctx context.Context, e row) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ?", e.ID).Select("Title", "Customer", "Purpose", "Teaser", "Country", "Band", "Shown").Updates(&e).Error
}

func saveState(ctx context.Context, e row) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ?", e.ID).Select("State", "Outcome", "Comment", "Closed", "ClosedBy").Updates(&e).Error
}

func seatsOf(ctx context.Context, id ID) (map[string]Seat, error) {
	var rows []seatRow
	err := db.Tx(ctx).Where("engagement_id = ?", string(id)).Order("invited, id").Limit(MaxSeats + 1).Find(&rows).Error
	out := make(map[string]Seat, len(rows))
	for _, r := range rows {
		out[r.OrgID] = r.seat()
	}
	return out, err
}

// seatColumns are what a step changes of a seat; whose it is stays.
var seatColumns = []string{"role", "state", "lane", "supplies", "message", "invited", "invited_by", "answered", "answered_by", "joined", "left_at", "reason", "comment", "changed", "due", "warned", "teaser", "country", "band", "shown"}

// saveSeat writes a seat with the lane and the words by which its company finds it: those of
// the teaser before it accepted.
func saveSeat(ctx context.Context, e row, x Seat, now time.Time) error {
	m := db.Micros
	r := seatRow{ID: x.ID, EngagementID: e.ID, OrgID: x.Org, OwnerID: e.OwnerID, Role: x.Role, State: string(x.State), Lane: laneOf(State(e.State), x.State), Message: x.Message, Invited: m(x.Invited), InvitedBy: x.InvitedBy,
		Answered: m(x.Answered), AnsweredBy: x.AnsweredBy, Joined: m(x.Joined), LeftAt: m(x.Left), Reason: x.Reason, Comment: x.Comment, Changed: m(now), Teaser: x.offer.Teaser, Country: x.offer.Country, Band: x.offer.Band}
	if x.State == Invited {
		r.Due = m(x.Due)
	}
	if x.offer.Shown {
		r.Shown = 1
	}
	if x.supplies {
		r.Supplies = 1
	}
	err := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "engagement_id"}, {Name: "org_id"}}, DoUpdates: clause.AssignmentColumns(seatColumns)}).Create(&r).Error
	if err != nil {
		return err
	}
	return index(ctx, e, x)
}

func index(ctx context.Context, e row, x Seat) error {
	if x.Joined.IsZero() || x.State == Invited {
		return found.Put(ctx, x.ID, e.Number, x.offer.Teaser)
	}
	if x.Org != e.OwnerID { // what it began from is the owner's
		e.AboutNumber = ""
	}
	return found.Put(ctx, x.ID, e.Number, e.Title, e.Customer, e.AboutNumber)
}

// overdue are invitations that nobody answered in time.
func overdue(ctx context.Context, now int64, limit int) ([]seatRow, error) {
	var rows []seatRow
	err := db.Tx(ctx).Where("due > 0 AND due <= ? AND state = ?", now, string(Invited)).Order("due, id").Limit(limit).Find(&rows).Error
	return rows, err
}

// expiring are invitations of which a third of the time to answer is left, and no more than
// three days, and whose company was not told so.
func expiring(ctx context.Context, now int64, limit int) ([]seatRow, error) {
	var rows []seatRow
	err := db.Tx(ctx).Where("due > ? AND due <= ? AND (due - ?) * 3 <= due - invited AND warned = 0 AND state = ?", now, now+warnMost.Microseconds(), now, string(Invited)).Order("due, id").Limit(limit).Find(&rows).Error
	return rows, err
}

// warn notes that a company was told, once for an invitation.
func warn(ctx context.Context, seat string, now int64) (bool, error) {
	tx := db.Tx(ctx).Model(&seatRow{}).Where("id = ? AND warned = 0", seat).Update("warned", now)
	return tx.RowsAffected == 1, tx.Error
}

// touch moves an engagement up in the lists of some companies, and of no others.
func touch(ctx context.Context, e row, p party, orgs ...string) error {
	err := db.Tx(ctx).Model(&seatRow{}).Where("engagement_id = ? AND org_id IN ?", e.ID, orgs).Update("changed", db.Micros(db.Now(ctx))).Error
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if o == p.owner {
			return index(ctx, e, p.seats[o])
		}
	}
	return nil
}

// subjectOf reads what a room is about: an engagement, or one seat in it.
func subjectOf(ctx context.Context, subject string) (ID, string, error) {
	var rows []seatRow
	if err := db.Tx(ctx).Select("id, engagement_id").Where("id = ?", subject).Limit(1).Find(&rows).Error; err != nil {
		return "", "", err
	}
	if len(rows) == 1 {
		return ID(rows[0].EngagementID), rows[0].ID, nil
	}
	return ID(subject), "", nil
}

// subjectsAt are the engagements of those of some subjects that are seats.
func subjectsAt(ctx context.Context, subjects []string) (map[string]ID, error) {
	out := map[string]ID{}
	for part := range slices.Chunk(subjects, 500) {
		var rows []seatRow
		if err := db.Tx(ctx).Select("id, engagement_id").Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.ID] = ID(r.EngagementID)
		}
	}
	return out, nil
}

// partiesAt are a company's views of some engagements, without whose they are to see.
func partiesAt(ctx context.Context, org string, ids []string) (map[ID]party, error) {
	out := map[ID]party{}
	for part := range slices.Chunk(ids, 500) {
		var rows []row
		if err := db.Tx(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		var seats []seatRow
		if err := db.Tx(ctx).Where("engagement_id IN ?", part).Order("invited, id").Find(&seats).Error; err != nil {
			return nil, err
		}
		for _, e := range rows {
			out[ID(e.ID)] = party{org: org, owner: e.OwnerID, shown: e.Shown == 1, seats: map[string]Seat{}}
		}
		for _, r := range seats {
			if p, there := out[ID(r.EngagementID)]; there {
				p.seats[r.OrgID] = r.seat()
			}
		}
	}
	return out, nil
}

// listed is a seat with what lists show of its engagement.
type listed struct {
	SeatRow                                  seatRow `gorm:"embedded"`
	Number, Title, Customer, ETeaser, EState string
}

func (l listed) item() Item {
	r := l.SeatRow
	x := Item{ID: ID(r.EngagementID), Number: l.Number, Owner: r.OwnerID, State: State(l.EState), Seat: SeatState(r.State), Role: r.Role, Teaser: l.ETeaser, Due: db.FromMicros(r.Due), Changed: db.FromMicros(r.Changed)}
	if r.OrgID != r.OwnerID { // as it was invited
		x.Teaser = r.Teaser
	}
	if r.Joined > 0 && x.Seat != Invited {
		x.Full = &Full{l.Title, l.Customer}
	}
	if x.Seat != Active && x.Seat != Invited { // what became of it afterwards is not told
		x.State = Closed
	}
	return x
}

// mine are the seats of a company that an actor may read.
func mine(ctx context.Context, scope access.Scope, all bool) *gorm.DB {
	tx := db.Tx(ctx).Table("engagement_seat s").Joins("JOIN engagement e ON e.id = s.engagement_id").Where("s.org_id = ?", scope.Org())
	if !all {
		tx = tx.Where("s.supplies = 0")
	}
	return tx
}

const listColumns = "s.*, e.number, e.title, e.customer, e.teaser AS e_teaser, e.state AS e_state"

// list reads one page of a view, what changed last for the company first.
func list(ctx context.Context, scope access.Scope, all bool, f Filter) (Page, error) {
	tx := mine(ctx, scope, all)
	if f.View != "" {
		tx = tx.Where("s.lane = ?", f.View)
	}
	if f.Kind != "" {
		tx = tx.Where("s.owner_id = s.org_id AND e.owner_id = ? AND e.about_kind = ? AND e.about_id = ?", scope.Org(), f.Kind, f.Ref)
	}
	if f.Partner != "" { // as party.knows has it
		tx = tx.Where(`(s.owner_id = ? OR EXISTS (SELECT 1 FROM engagement_seat o WHERE o.engagement_id = s.engagement_id AND o.org_id = ?
			AND (s.owner_id = s.org_id OR e.shown = 1 AND o.joined > 0 AND s.joined > 0 AND (s.state = 'active' OR s.state <> 'invited' AND o.joined < s.left_at))))`, f.Partner, f.Partner)
	}
	if strings.TrimSpace(f.Query) != "" {
		m, ok := found.Query(db.DialectOf(ctx), f.Query)
		if !ok {
			return Page{}, nil
		}
		tx = tx.Where("s.id IN ("+m.SQL+")", m.Args...)
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return Page{}, fault.InvalidField("after", "form.cursor")
		}
		tx = tx.Where("(s.changed, s.id) < (?, ?)", at, id)
	}
	var rows []listed
	if err := tx.Select(listColumns).Order("s.changed DESC, s.id DESC").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return Page{}, err
	}
	var out Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1].SeatRow
		out.Next = db.Cursor(last.Changed, last.ID)
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.SeatRow.EngagementID)
	}
	asked, err := asking(ctx, scope.Org(), ids)
	for _, r := range rows {
		x := r.item()
		x.Waits = x.Seat == Invited || asked[string(x.ID)] && x.Seat == Active && x.State == Open
		out.Items = append(out.Items, x)
	}
	return out, err
}

// asking are those of some engagements in which a company is to answer a split or a hand-over.
func asking(ctx context.Context, org string, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(ids) == 0 {
		return out, nil
	}
	var got []string
	err := db.Tx(ctx).Raw(`SELECT v.engagement_id FROM engagement_split v JOIN engagement_party a ON a.split_id = v.id JOIN engagement e ON e.id = v.engagement_id
		WHERE v.engagement_id IN ? AND v.state = 'open' AND a.org_id = ? AND a.state = 'open' AND `+answers+`
		UNION SELECT engagement_id FROM engagement_handover WHERE engagement_id IN ? AND to_id = ? AND state = 'offered'`, ids, org, ids, org).Scan(&got).Error
	for _, id := range got {
		out[id] = true
	}
	return out, err
}

// answers: the owner of an engagement whose companies are not shown to each other answers
// when all others agreed.
const answers = "(e.shown = 1 OR e.owner_id <> a.org_id OR NOT EXISTS (SELECT 1 FROM engagement_party b WHERE b.split_id = v.id AND b.org_id <> a.org_id AND b.state <> 'given'))"

// count gives the sizes of the views of a company.
func count(ctx context.Context, scope access.Scope, all bool) (map[string]int, error) {
	var rows []struct {
		Lane string
		N    int
	}
	tx := db.Tx(ctx).Model(&seatRow{}).Where("org_id = ?", scope.Org())
	if !all {
		tx = tx.Where("supplies = 0")
	}
	err := tx.Select("lane, COUNT(*) AS n").Group("lane").Scan(&rows).Error
	out := map[string]int{}
	for _, r := range rows {
		out[r.Lane] = r.N
	}
	return out, err
}

// waiting reads what waits for a company.
func waiting(ctx context.Context, scope access.Scope, all bool, limit int) ([]Need, error) {
	var out []Need
	add := func(tx *gorm.DB, why, columns string) error {
		var rows []struct {
			Listed      listed `gorm:"embedded"`
			What, DueOn string
		}
		if err := tx.Select(listColumns + columns).Order("s.changed DESC, s.id DESC").Limit(limit).Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, Need{Item: r.Listed.item(), Why: why, Text: r.What, Due: r.DueOn})
		}
		return nil
	}
	org := scope.Org()
	if err := add(mine(ctx, scope, all).Where("s.lane = ?", ViewInvited), "invited", ""); err != nil {
		return nil, err
	}
	open := func() *gorm.DB { return mine(ctx, scope, all).Where("s.lane = ?", ViewOpen) }
	if err := add(open().Joins("JOIN engagement_split v ON v.engagement_id = s.engagement_id AND v.state = 'open' JOIN engagement_party a ON a.split_id = v.id AND a.org_id = s.org_id AND a.state = 'open'").Where(answers), "split", ""); err != nil {
		return nil, err
	}
	if err := add(open().Joins("JOIN engagement_handover h ON h.engagement_id = s.engagement_id AND h.to_id = ? AND h.state = 'offered'", org), "handover", ", h.what, h.due_on"); err != nil {
		return nil, err
	}
	return out, add(open().Joins("JOIN engagement_task t ON t.engagement_id = s.engagement_id AND t.org_id = ? AND t.done = 0 AND t.made_org <> t.org_id", org), "task", ", t.title AS what, t.due_on")
}

// together are the seats in engagements of one company that another has, either way, that
// have not ended.
func together(ctx context.Context, one, other string) ([]seatRow, error) {
	var rows []seatRow
	err := db.Tx(ctx).Where("(owner_id = ? AND org_id = ? OR owner_id = ? AND org_id = ?) AND state IN ?", one, other, other, one, []string{string(Invited), string(Active)}).Order("id").Find(&rows).Error
	return rows, err
}
