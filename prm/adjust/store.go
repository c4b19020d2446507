package adjust

import (
	"context"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
)

type noticeRow struct {
	ID                            string `gorm:"primaryKey"`
	OwnerID, OrgID, PartnershipID string
	Number, Purpose, IssuedOn     string
	Digest, State, Reason         string
	InterchangeID                 string
	SetNo, Received               int64
}

func (noticeRow) TableName() string { return "claim_notice" }

func (r noticeRow) notice() Notice {
	return Notice{ID: ID(r.ID), Supplier: r.OwnerID, Reseller: r.OrgID, Partnership: r.PartnershipID, Number: r.Number, Purpose: r.Purpose, On: r.IssuedOn, State: r.State, Reason: r.Reason, Interchange: r.InterchangeID, SetNo: int(r.SetNo), Received: db.FromMicros(r.Received)}
}

// partRow is one contract.
type partRow struct {
	NoticeID       string `gorm:"primaryKey"`
	Part           int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID, OrgID string
	Number         string // as it was sent
	Subject        string // the number of the promotion it is under, "" for a request
	ClaimID        string
	Reason         string
}

func (partRow) TableName() string { return "claim_notice_part" }

// lineRow says which line of which claim a line became.
type lineRow struct {
	NoticeID       string `gorm:"primaryKey"`
	Part           int64  `gorm:"primaryKey;autoIncrement:false"`
	Line           int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID, OrgID string
	ClaimID        string
	Position       int64
}

func (lineRow) TableName() string { return "claim_notice_line" }

type answerRow struct {
	ID             string `gorm:"primaryKey"`
	NoticeID       string
	OwnerID, OrgID string
	Place          int64
	Mark           string
	Final          int64
	Made           int64
}

func (answerRow) TableName() string { return "claim_notice_answer" }

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func noticeByID(ctx context.Context, id string) (noticeRow, error) {
	if !db.ValidID(id) {
		return noticeRow{}, notFound()
	}
	return one(ctx, "id = ?", id)
}

func noticeBySet(ctx context.Context, interchange string, set int) (noticeRow, error) {
	return one(ctx, "interchange_id = ? AND set_no = ?", interchange, set)
}

func one(ctx context.Context, where string, args ...any) (noticeRow, error) {
	var rows []noticeRow
	err := db.Tx(ctx).Where(where, args...).Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return noticeRow{}, err
	}
	return rows[0], nil
}

// inTurn has the notices of a partnership taken one after the other; on SQLite there is one
// writer. The row belongs to prm/partner: it is locked, not read.
func inTurn(ctx context.Context, partnership string) error {
	if db.DialectOf(ctx) != db.Postgres {
		return nil
	}
	var ids []string
	return db.Tx(ctx).Raw("SELECT id FROM partnership WHERE id = ? FOR NO KEY UPDATE", partnership).Scan(&ids).Error
}

// numbered are the notices of a number that became claims, the newest first.
func numbered(ctx context.Context, owner, org, number string) ([]noticeRow, error) {
	var rows []noticeRow
	return rows, db.Tx(ctx).Where("owner_id = ? AND org_id = ? AND number = ? AND state = ?", owner, org, number, Booked).Order("received DESC, id DESC").Limit(100).Find(&rows).Error
}

// lastWord is the newest notice of a number that did something: became a claim, or took one back.
func lastWord(ctx context.Context, owner, org, number string) (noticeRow, error) {
	var rows []noticeRow
	err := db.Tx(ctx).Where("owner_id = ? AND org_id = ? AND number = ? AND state IN ?", owner, org, number, []string{Booked, Cancelled}).Order("received DESC, id DESC").Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return noticeRow{}, err
	}
	return rows[0], nil
}

func insertNotice(ctx context.Context, r noticeRow, parts []partRow, lines []lineRow) error {
	if err := db.Tx(ctx).Create(&r).Error; err != nil {
		return err
	}
	if len(parts) > 0 {
		if err := db.Tx(ctx).CreateInBatches(parts, 500).Error; err != nil {
			return err
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return db.Tx(ctx).CreateInBatches(lines, 500).Error
}

func setState(ctx context.Context, id, state string) error {
	return db.Tx(ctx).Model(&noticeRow{}).Where("id = ?", id).Update("state", state).Error
}

func partsOf(ctx context.Context, notices ...string) ([]partRow, error) {
	var rows []partRow
	return rows, db.Tx(ctx).Where("notice_id IN ?", notices).Order("notice_id, part").Find(&rows).Error
}

// listed are the notices of a company on its sides, and where the next page begins.
func listed(ctx context.Context, scope access.Scope, supplier, reseller bool, after string, limit int) ([]noticeRow, string, error) {
	org := scope.Org()
	q := db.Tx(ctx)
	switch {
	case supplier && reseller:
		q = q.Where("(owner_id = ? OR org_id = ?)", org, org)
	case supplier:
		q = q.Where("owner_id = ?", org)
	case reseller:
		q = q.Where("org_id = ?", org)
	default:
		q = q.Where("1 = 0")
	}
	if after != "" {
		at, id, ok := db.ReadCursor(after)
		if !ok {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
		q = q.Where("(received < ? OR received = ? AND id < ?)", at, at, id)
	}
	var rows []noticeRow
	if err := q.Order("received DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		return rows, db.Cursor(rows[limit-1].Received, rows[limit-1].ID), nil
	}
	return rows, "", nil
}

// subjectsOf are the numbers of the promotions of which claims are; none where one is of a
// request.
func subjectsOf(ctx context.Context, owner string, claims []fund.Claim) (map[fund.ClaimID]string, error) {
	ids := make([]string, len(claims))
	for i, c := range claims {
		ids[i] = string(c.ID)
	}
	var rows []partRow
	err := db.Tx(ctx).Select("DISTINCT claim_id, subject").Where("claim_id IN ? AND claim_id <> '' AND owner_id = ? AND subject <> ''", ids, owner).Find(&rows).Error
	out := make(map[fund.ClaimID]string, len(rows))
	for _, r := range rows {
		out[fund.ClaimID(r.ClaimID)] = r.Subject
	}
	return out, err
}

func linesOf(ctx context.Context, notice string) ([]lineRow, error) {
	var rows []lineRow
	return rows, db.Tx(ctx).Where("notice_id = ?", notice).Order("part, line").Find(&rows).Error
}

// noticesOf are the notices of which lines became lines of a claim.
func noticesOf(ctx context.Context, claim fund.ClaimID) ([]noticeRow, error) {
	var rows []noticeRow
	return rows, db.Tx(ctx).Where("id IN (SELECT notice_id FROM claim_notice_line WHERE claim_id = ?)", string(claim)).Order("id").Find(&rows).Error
}

func answersOf(ctx context.Context, notice string) ([]answerRow, error) {
	var rows []answerRow
	return rows, db.Tx(ctx).Where("notice_id = ?", notice).Order("place").Find(&rows).Error
}

func insertAnswer(ctx context.Context, r answerRow) error { return db.Tx(ctx).Create(&r).Error }
