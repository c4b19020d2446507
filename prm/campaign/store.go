package campaign

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/customer"
	"entente/prm/promo"
)

type campaignRow struct {
	ID                       string `gorm:"primaryKey"`
	OrgID                    string
	PromotionID              string
	PageOrgID                string
	Name, Ref, Segment, Body string
	Pause                    int64
	State, Reason, ReplyTo   string
	Starts, NextAt           int64
	Seen                     string
	Slices, Finished         int64
	Made                     int64
	MadeBy                   string
	Changed, Version         int64
}

func (campaignRow) TableName() string { return "campaign" }

type mailRow struct {
	CampaignID  string `gorm:"primaryKey"`
	ContactID   string `gorm:"primaryKey"`
	OrgID       string
	PromotionID string
	CustomerID  string
	Address     string
	Language    string
	State       string
	Reason      string
	Happened    int64
	Stopped     int64
}

func (mailRow) TableName() string { return "campaign_mail" }

type stopRow struct {
	OrgID    string `gorm:"primaryKey"`
	Address  string `gorm:"primaryKey"`
	Reason   string
	Happened int64
}

func (stopRow) TableName() string { return "campaign_stop" }

// What happened to the mail of a contact.
const (
	mailPosted  = "posted"
	mailSent    = "sent"
	mailKept    = "kept"
	mailRefused = "refused"
	mailLeft    = "left" // it got none
)

func rowOf(c Campaign) campaignRow {
	return campaignRow{ID: string(c.ID), OrgID: c.Org, PromotionID: string(c.Promotion), PageOrgID: c.PageOrg, Name: c.Name, Ref: c.Ref, Segment: db.Text(c.Segment), Body: db.Text(c.Texts), Pause: int64(c.Pause), State: string(c.State), Reason: c.Reason, ReplyTo: c.ReplyTo,
		Starts: db.Micros(c.Starts), NextAt: db.Micros(c.Starts), Seen: c.seen, Slices: c.slices, Finished: db.Micros(c.Finished), Made: db.Micros(c.Made), MadeBy: c.MadeBy, Changed: db.Micros(c.Changed), Version: c.Version}
}

func (r campaignRow) campaign() Campaign {
	return Campaign{ID: ID(r.ID), Org: r.OrgID, Promotion: promo.ID(r.PromotionID), Content: Content{Name: r.Name, PageOrg: r.PageOrgID, Segment: db.FromText[Segment](r.Segment), Texts: db.FromText[[]Text](r.Body), Pause: int(r.Pause)},
		Ref: r.Ref, State: State(r.State), Reason: r.Reason, ReplyTo: r.ReplyTo, Starts: db.FromMicros(r.Starts), Finished: db.FromMicros(r.Finished), Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Changed: db.FromMicros(r.Changed), Version: r.Version, seen: r.Seen, slices: r.Slices}
}

func insert(ctx context.Context, c Campaign) error {
	r := rowOf(c)
	return db.Tx(ctx).Create(&r).Error
}

func byID(ctx context.Context, org string, id ID) (Campaign, bool, error) {
	var rows []campaignRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Campaign{}, false, err
	}
	return rows[0].campaign(), true, nil
}

// update writes a campaign over the version before it; false: there is another one.
func update(ctx context.Context, c Campaign) (bool, error) {
	r := rowOf(c)
	res := db.Tx(ctx).Model(&campaignRow{}).Where("id = ? AND org_id = ? AND version = ?", r.ID, r.OrgID, r.Version-1).Select("*").Omit("ID", "OrgID", "PromotionID", "Made", "MadeBy").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

func remove(ctx context.Context, org string, id ID, version int64) (bool, error) {
	res := db.Tx(ctx).Where("id = ? AND org_id = ? AND version = ? AND state = ?", string(id), org, version, string(Draft)).Delete(&campaignRow{})
	return res.RowsAffected == 1, res.Error
}

// list reads campaigns of a promotion, the newest first.
func list(ctx context.Context, org string, id promo.ID, after string, limit int) ([]Campaign, string, bool, error) {
	q := db.Tx(ctx).Where("org_id = ? AND promotion_id = ?", org, string(id))
	if after != "" {
		n, last, ok := db.ReadCursor(after)
		if !ok {
			return nil, "", false, nil
		}
		q = q.Where("(made < ? OR made = ? AND id < ?)", n, n, last)
	}
	var rows []campaignRow
	if err := q.Order("made DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, "", true, err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = db.Cursor(rows[limit-1].Made, rows[limit-1].ID)
	}
	out := make([]Campaign, len(rows))
	for i, r := range rows {
		out[i] = r.campaign()
	}
	return out, next, true, nil
}

// due names campaigns that have something to send.
func due(ctx context.Context, limit int) (out []struct{ OrgID, ID string }, err error) {
	err = db.Tx(ctx).Model(&campaignRow{}).Select("org_id", "id").Where("state IN ? AND next_at <= ?", []string{string(Scheduled), string(Sending)}, db.Micros(db.Now(ctx))).Order("next_at, id").Limit(limit).Scan(&out).Error
	return out, err
}

// claim takes the next slice of a campaign; false: somebody else has it, or it is not due.
func claim(ctx context.Context, c Campaign) (bool, error) {
	now := db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&campaignRow{}).Where("id = ? AND slices = ? AND next_at <= ? AND state IN ?", string(c.ID), c.slices, now, []string{string(Scheduled), string(Sending)}).Updates(map[string]any{"slices": c.slices + 1, "state": string(Sending)})
	return res.RowsAffected == 1, res.Error
}

// advance notes how far a slice came.
func advance(ctx context.Context, c Campaign, next time.Time) error {
	return db.Tx(ctx).Model(&campaignRow{}).Where("id = ?", string(c.ID)).Updates(map[string]any{"seen": c.seen, "state": string(c.State), "reason": c.Reason, "finished": db.Micros(c.Finished), "next_at": db.Micros(next)}).Error
}

// delay puts off a campaign that is due.
func delay(ctx context.Context, org string, id ID, next time.Time) error {
	return db.Tx(ctx).Model(&campaignRow{}).Where("org_id = ? AND id = ? AND next_at <= ? AND state IN ?", org, string(id), db.Micros(db.Now(ctx)), []string{string(Scheduled), string(Sending)}).Update("next_at", db.Micros(next)).Error
}

// postedSince counts the mails of a company's campaigns since an instant.
func postedSince(ctx context.Context, org string, since time.Time) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND happened > ? AND state <> ?", org, db.Micros(since), mailLeft).Count(&n).Error
	return int(n), err
}

// putMail notes what a contact gets; false: it stands there already.
func putMail(ctx context.Context, r mailRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	return res.RowsAffected == 1, res.Error
}

// endMail notes what became of a posted mail.
func endMail(ctx context.Context, org, campaign, contact, state, reason string) (mailRow, bool, error) {
	row, ok, err := mailOf(ctx, org, campaign, contact)
	if err != nil || !ok {
		return row, false, err
	}
	return row, true, db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND campaign_id = ? AND contact_id = ? AND state = ?", org, campaign, contact, mailPosted).Updates(map[string]any{"state": state, "reason": reason}).Error
}

// returnMail notes that a mail that was sent came back. One that is noted stays.
func returnMail(ctx context.Context, org, campaign, contact, reason string) (mailRow, bool, error) {
	row, ok, err := mailOf(ctx, org, campaign, contact)
	if err != nil || !ok {
		return row, false, err
	}
	return row, true, db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND campaign_id = ? AND contact_id = ? AND state IN ?", org, campaign, contact, []string{mailPosted, mailSent}).Updates(map[string]any{"state": mailRefused, "reason": reason}).Error
}

func mailOf(ctx context.Context, org, campaign, contact string) (mailRow, bool, error) {
	var rows []mailRow
	err := db.Tx(ctx).Where("org_id = ? AND campaign_id = ? AND contact_id = ?", org, campaign, contact).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return mailRow{}, false, err
	}
	return rows[0], true, nil
}

// stopMail notes that a contact said no by a link of a campaign.
func stopMail(ctx context.Context, org, campaign, contact string) (address string, err error) {
	row, ok, err := mailOf(ctx, org, campaign, contact)
	if err != nil || !ok {
		return "", err
	}
	return row.Address, db.Tx(ctx).Model(&mailRow{}).Where("campaign_id = ? AND contact_id = ? AND stopped = 0", campaign, contact).Update("stopped", db.Micros(db.Now(ctx))).Error
}

func putStop(ctx context.Context, org, address, reason string) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "address"}}, DoUpdates: clause.AssignmentColumns([]string{"reason", "happened"})}).
		Create(&stopRow{org, address, reason, db.Micros(db.Now(ctx))}).Error
}

func stopsOf(ctx context.Context, org string, marks []string) (map[string]stop, error) {
	out := map[string]stop{}
	if len(marks) == 0 {
		return out, nil
	}
	var rows []stopRow
	err := db.Tx(ctx).Where("org_id = ? AND address IN ?", org, marks).Find(&rows).Error
	for _, r := range rows {
		out[r.Address] = stop{r.Reason, db.FromMicros(r.Happened)}
	}
	return out, err
}

// mailedOf says which addresses had a mail about the promotion since an instant, by another
// campaign or by this one.
func mailedOf(ctx context.Context, c Campaign, marks []string, since time.Time) (recent, taken map[string]bool, err error) {
	recent, taken = map[string]bool{}, map[string]bool{}
	if len(marks) == 0 {
		return recent, taken, nil
	}
	var rows []mailRow
	err = db.Tx(ctx).Select("campaign_id", "address").Where("org_id = ? AND promotion_id = ? AND address IN ? AND state <> ? AND (happened > ? OR campaign_id = ?)", c.Org, string(c.Promotion), marks, mailLeft, db.Micros(since), string(c.ID)).Find(&rows).Error
	for _, r := range rows {
		if r.CampaignID == string(c.ID) {
			taken[r.Address] = true
		} else {
			recent[r.Address] = true
		}
	}
	return recent, taken, err
}

// tallies are what became of campaigns.
func tallies(ctx context.Context, ids ...ID) (map[ID]Tally, error) {
	out := map[ID]Tally{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct {
		CampaignID, State, Reason string
		N, Stopped                int
	}
	err := db.Tx(ctx).Raw(`SELECT campaign_id, state, CASE WHEN state = 'left' THEN reason ELSE '' END AS reason, COUNT(*) AS n, SUM(CASE WHEN stopped > 0 THEN 1 ELSE 0 END) AS stopped FROM campaign_mail WHERE campaign_id IN ? GROUP BY campaign_id, state, CASE WHEN state = 'left' THEN reason ELSE '' END`, ids).Scan(&rows).Error
	for _, r := range rows {
		t := out[ID(r.CampaignID)]
		switch r.State {
		case mailPosted:
			t.Posted += r.N
		case mailSent:
			t.Sent += r.N
		case mailKept:
			t.Kept += r.N
		case mailRefused:
			t.Refused += r.N
		case mailLeft:
			if t.Left == nil {
				t.Left = map[string]int{}
			}
			t.Left[r.Reason] += r.N
		}
		t.Unsubscribed += r.Stopped
		out[ID(r.CampaignID)] = t
	}
	return out, err
}

// candidates are contacts of a company by id.
func candidates(ctx context.Context, org string, countries []string, after string, limit int) ([]candidate, error) {
	q := contacts(ctx, org).Where("k.id > ?", after)
	if len(countries) > 0 {
		q = q.Where("c.country IN ?", countries)
	}
	return scan(q.Order("k.id").Limit(limit))
}

// candidateOf is one of them; false: there is no such contact, or of no active customer.
func candidateOf(ctx context.Context, org, contact string) (candidate, bool, error) {
	all, err := scan(contacts(ctx, org).Where("k.id = ?", contact))
	if err != nil || len(all) == 0 {
		return candidate{}, false, err
	}
	return all[0], true, nil
}

func contacts(ctx context.Context, org string) *gorm.DB {
	return db.Tx(ctx).Table("contact k").Select("k.id, k.customer_id, k.name, k.mail, k.may_contact, k.basis, k.given, k.withdrawn, c.name AS company, c.country, c.external, c.sorted").
		Joins("JOIN customer c ON c.org_id = k.org_id AND c.id = k.customer_id AND c.state = ?", customer.Active).Where("k.org_id = ?", org)
}

func scan(q *gorm.DB) ([]candidate, error) {
	var rows []struct {
		ID, CustomerID, Name, Mail, Basis, Company, Country, External, Sorted string
		MayContact                                                            bool
		Given, Withdrawn                                                      int64
	}
	err := q.Scan(&rows).Error
	out := make([]candidate, len(rows))
	for i, r := range rows {
		out[i] = candidate{Recipient{customer.ContactID(r.ID), customer.ID(r.CustomerID), r.Name, r.Company, r.Country, r.Mail, ""}, r.External, r.Sorted, r.MayContact, r.Basis, db.FromMicros(r.Given), db.FromMicros(r.Withdrawn)}
	}
	return out, err
}

// halt ends a campaign that waits or is under way.
func halt(ctx context.Context, org string, id ID) (bool, error) {
	now := db.Micros(db.Now(ctx))
	set := func(from State, to State, reason string, finished int64) (bool, error) {
		res := db.Tx(ctx).Model(&campaignRow{}).Where("id = ? AND org_id = ? AND state = ?", string(id), org, string(from)).
			Updates(map[string]any{"state": string(to), "reason": reason, "finished": finished, "changed": now, "version": clause.Expr{SQL: "version + 1"}})
		return res.RowsAffected == 1, res.Error
	}
	if ok, err := set(Scheduled, Draft, "", 0); ok || err != nil {
		return ok, err
	}
	return set(Sending, Stopped, ByHand, now)
}
