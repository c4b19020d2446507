package agreement

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

type row struct {
	ID            string `gorm:"primaryKey"`
	PartnershipID string
	SupplierID    string
	ResellerID    string
	Number        int64
	State         string
	ValidFrom     string
	Starts        int64
	Applied       int64
	Body          string
	Hash          string
	Note          string
	ProposedOrg   string
	ProposedBy    string
	Proposed      int64
	AnsweredOrg   string
	AnsweredBy    string
	Answered      int64
	Reason        string
}

// TableName is the table of row.
func (row) TableName() string { return "edi_agreement" }

func (r row) version() (Version, error) {
	v := Version{
		ID: r.ID, Partnership: r.PartnershipID, Supplier: r.SupplierID, Reseller: r.ResellerID, Number: int(r.Number), State: State(r.State), ValidFrom: r.ValidFrom, Starts: instant(r.Starts),
		Hash: r.Hash, Note: r.Note, ProposedOrg: r.ProposedOrg, ProposedBy: r.ProposedBy, Proposed: instant(r.Proposed), AnsweredOrg: r.AnsweredOrg, AnsweredBy: r.AnsweredBy,
		Answered: instant(r.Answered), Reason: r.Reason,
	}
	if r.Body == "" {
		return v, nil
	}
	if err := json.Unmarshal([]byte(r.Body), &v.Body); err != nil {
		return v, fault.Wrap(err, fault.Internal, "error.internal")
	}
	for _, side := range []*Side{&v.Body.Supplier, &v.Body.Reseller} {
		if !slices.Contains(Transports, side.Transport) { // older versions kept others, which did nothing
			side.Transport = ""
		}
	}
	return v, nil
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return db.FromMicros(n)
}

// versions gives the rows of one partnership, the newest first, with the state of an
// instant: of those that have begun only the newest holds, and one that began first
// and was agreed later takes the place of an older one that is still to begin.
func versions(rows []row, now time.Time) []Version {
	out := make([]Version, len(rows))
	begun := false
	for i, r := range rows {
		v, _ := r.version() // without its body
		if v.State == Confirmed {
			if begun {
				v.State = Superseded
			}
			begun = begun || !v.Starts.After(now)
		}
		out[i] = v
	}
	return out
}

const headColumns = "id, partnership_id, supplier_id, reseller_id, number, state, valid_from, starts, applied, hash, note, proposed_org, proposed_by, proposed, answered_org, answered_by, answered, reason"

// heads reads the versions of a partnership without their bodies, the newest first.
func heads(ctx context.Context, partnership string) ([]row, error) {
	var out []row
	return out, db.Tx(ctx).Select(headColumns).Where("partnership_id = ?", partnership).Order("number DESC").Limit(1000).Find(&out).Error
}

func byID(ctx context.Context, id string) (row, error) {
	var r row
	if !db.ValidID(id) {
		return r, notFound()
	}
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, notFound()
	}
	return r, err
}

// validAt reads the version that holds at an instant; nil when none does.
func validAt(ctx context.Context, partnership string, at time.Time) (*row, error) {
	var rows []row
	err := db.Tx(ctx).Where("partnership_id = ? AND state = ? AND starts <= ?", partnership, string(Confirmed), db.Micros(at)).Order("number DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// validOf is validAt, now, of many partnerships of a company.
func validOf(ctx context.Context, scope access.Scope, partnerships []string) ([]row, error) {
	var out []row
	if len(partnerships) == 0 {
		return nil, nil
	}
	now := db.Micros(db.Now(ctx))
	return out, db.Tx(ctx).Where("partnership_id IN ? AND (supplier_id = ? OR reseller_id = ?) AND state = 'confirmed' AND starts <= ?", partnerships, scope.Org(), scope.Org(), now).
		Where("NOT EXISTS (SELECT 1 FROM edi_agreement l WHERE l.partnership_id = edi_agreement.partnership_id AND l.state = 'confirmed' AND l.number > edi_agreement.number AND l.starts <= ?)", now).
		Find(&out).Error
}

// validID is the id of the version that holds at an instant; empty when none does.
func validID(ctx context.Context, partnership string, at time.Time) (string, error) {
	type version struct {
		ID     string
		Starts int64
	}
	all, err := db.Remember(ctx, "agreement:"+partnership, []string{"edi_agreement"}, func() (out []version, err error) {
		err = db.Tx(ctx).Model(&row{}).Select("id", "starts").Where("partnership_id = ? AND state = '"+string(Confirmed)+"'", partnership).Order("number DESC").Find(&out).Error
		return out, err
	})
	for _, v := range all {
		if v.Starts <= db.Micros(at) {
			return v.ID, nil
		}
	}
	return "", err
}

// newest reads the body of the newest confirmed version; empty when there is none.
func newest(ctx context.Context, partnership string) (Body, error) {
	var rows []row
	err := db.Tx(ctx).Where("partnership_id = ? AND state = ?", partnership, string(Confirmed)).Order("number DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Body{}, err
	}
	v, err := rows[0].version()
	return v.Body, err
}

// list reads a page of versions of a company. The state of one is that of its own
// moment: what a later one superseded is found by a query of its partnership.
func list(ctx context.Context, scope access.Scope, f Filter) ([]Version, string, error) {
	q := db.Tx(ctx).Select(headColumns).Where("(supplier_id = ? OR reseller_id = ?)", scope.Org(), scope.Org())
	if f.Partnership != "" {
		q = q.Where("partnership_id = ?", f.Partnership)
	}
	const later = "EXISTS (SELECT 1 FROM edi_agreement l WHERE l.partnership_id = edi_agreement.partnership_id AND l.state = 'confirmed' AND l.number > edi_agreement.number AND l.starts <= ?)"
	now := db.Micros(db.Now(ctx))
	switch f.State {
	case "":
	case Superseded:
		q = q.Where("state = ? AND "+later, string(Confirmed), now)
	case Confirmed:
		q = q.Where("state = ? AND NOT "+later, string(Confirmed), now)
	default:
		q = q.Where("state = ?", string(f.State))
	}
	if f.After != "" {
		at, id, ok := cursor(f.After)
		if !ok {
			return nil, "", fault.InvalidField("after", "form.cursor_wrong")
		}
		q = q.Where("(proposed < ? OR proposed = ? AND id < ?)", at, at, id)
	}
	var rows []row
	if err := q.Order("proposed DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[len(rows)-1]
		next = strconv.FormatInt(last.Proposed, 36) + "." + last.ID
	}
	old, err := superseded(ctx, rows, now)
	out := make([]Version, len(rows))
	for i, r := range rows {
		out[i], _ = r.version()
		if old[r.ID] {
			out[i].State = Superseded
		}
	}
	return out, next, err
}

// superseded says of which rows a later version holds.
func superseded(ctx context.Context, rows []row, now int64) (map[string]bool, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var old []string
	err := db.Tx(ctx).Raw(`SELECT a.id FROM edi_agreement a WHERE a.id IN ? AND a.state = 'confirmed'
  AND EXISTS (SELECT 1 FROM edi_agreement l WHERE l.partnership_id = a.partnership_id AND l.state = 'confirmed' AND l.number > a.number AND l.starts <= ?)`, ids, now).Scan(&old).Error
	out := map[string]bool{}
	for _, id := range old {
		out[id] = true
	}
	return out, err
}

func cursor(s string) (at int64, id string, ok bool) {
	for i := range s {
		if s[i] == '.' {
			n, err := strconv.ParseInt(s[:i], 36, 64)
			return n, s[i+1:], err == nil && db.ValidID(s[i+1:])
		}
	}
	return 0, "", false
}

// insert reports whether the version is in: its number may be taken, or another open.
func insert(ctx context.Context, r *row) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
	return res.RowsAffected == 1, res.Error
}

// decide writes the answer to an open proposal and reports whether it was open.
func decide(ctx context.Context, v Version) (bool, error) {
	starts := int64(0)
	if !v.Starts.IsZero() {
		starts = db.Micros(v.Starts)
	}
	res := db.Tx(ctx).Model(&row{}).Where("id = ? AND state = ?", v.ID, string(Proposed)).Updates(map[string]any{
		"state": string(v.State), "starts": starts, "answered_org": v.AnsweredOrg, "answered_by": v.AnsweredBy, "answered": db.Micros(v.Answered), "reason": v.Reason,
	})
	return res.RowsAffected == 1, res.Error
}

// applied notes that what runs elsewhere was set; false when that was so before.
func applied(ctx context.Context, id string) (bool, error) {
	res := db.Tx(ctx).Model(&row{}).Where("id = ? AND applied = 0", id).Update("applied", db.Micros(db.Now(ctx)))
	return res.RowsAffected == 1, res.Error
}

// overtaken says whether a later version has begun already.
func overtaken(ctx context.Context, v Version) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&row{}).Where("partnership_id = ? AND state = ? AND number > ? AND starts <= ?", v.Partnership, string(Confirmed), v.Number, db.Micros(db.Now(ctx))).Count(&n).Error
	return n > 0, err
}

// starting reads confirmed versions that have begun and are not set yet.
func starting(ctx context.Context, now time.Time, limit int) ([]row, error) {
	var out []row
	return out, db.Tx(ctx).Select(headColumns).Where("state = ? AND applied = 0 AND starts <= ?", string(Confirmed), db.Micros(now)).Order("starts, id").Limit(limit).Find(&out).Error
}
