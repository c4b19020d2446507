package mail

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/account"
)

type mailRow struct {
	OrgID     string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	PersonID  string
	Address   string
	Kind      string
	Locale    string
	Subject   string
	Body      string
	HTML      string `gorm:"column:html"`
	Sender    string
	Stop      string
	Thread    string
	ReplyTo   string
	Dedupe    string
	State     string
	Attempts  int64
	NextAt    int64
	LastError string
	Created   int64 `gorm:"autoCreateTime:false"`
	Sent      int64
}

func (mailRow) TableName() string { return "mail" }

func (r mailRow) mail() Mail {
	return Mail{Org: r.OrgID, ID: r.ID, Person: r.PersonID, Address: r.Address, Kind: account.MailKind(r.Kind), Locale: r.Locale, Subject: r.Subject, Body: r.Body, HTML: r.HTML, Sender: r.Sender, Dedupe: r.Dedupe, Stop: r.Stop, Thread: r.Thread, ReplyTo: r.ReplyTo,
		State: State(r.State), Attempts: int(r.Attempts), Created: db.FromMicros(r.Created), Sent: db.FromMicros(r.Sent)}
}

// insert adds a mail; made is false when its dedupe key was used. Of one that is read here
// only the body is.
func insert(ctx context.Context, m Mail, dedupe string) (made bool, err error) {
	if m.State == Kept {
		m.HTML, m.Stop, m.ReplyTo = "", "", ""
	}
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&mailRow{OrgID: m.Org, ID: m.ID, PersonID: m.Person, Address: m.Address, Kind: string(m.Kind),
		Locale: m.Locale, Subject: m.Subject, Body: m.Body, HTML: m.HTML, Sender: m.Sender, Stop: m.Stop, Thread: m.Thread, ReplyTo: m.ReplyTo, Dedupe: dedupe, State: string(m.State), Created: db.Micros(m.Created)})
	return res.RowsAffected == 1, res.Error
}

// deedRow is what was done by the link of a mail.
type deedRow struct {
	ID       string `gorm:"primaryKey"`
	OrgID    string
	PersonID string
	Kind     string
	Object   string
	Way      string
	Done     int64
}

func (deedRow) TableName() string { return "mail_deed" }

// insertDeed notes that a deed is done; made is false when it was before.
func insertDeed(ctx context.Context, d Deed, way string) (made bool, err error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&deedRow{d.id(), d.Org, d.Person, d.Kind, d.Object, way, db.Micros(db.Now(ctx))})
	return res.RowsAffected == 1, res.Error
}

func deedDone(ctx context.Context, id string) (Done, bool, error) {
	var rows []deedRow
	err := db.Tx(ctx).Where("id = ?", id).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Done{}, false, err
	}
	return Done{rows[0].Way, db.FromMicros(rows[0].Done)}, true, nil
}

// verdict says what claim found.
type verdict int

const (
	claimed verdict = iota
	busy            // another try is under way
	done            // sent, failed or gone
)

// claim takes a waiting mail for one try that ends before until.
func claim(ctx context.Context, r ref, until time.Time) (Mail, verdict, error) {
	now := db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND id = ? AND state = ? AND next_at <= ?", r.Org, r.ID, string(Waiting), now).
		Updates(map[string]any{"attempts": clause.Expr{SQL: "attempts + 1"}, "next_at": db.Micros(until)})
	if res.Error != nil {
		return Mail{}, done, res.Error
	}
	var rows []mailRow
	if err := db.Tx(ctx).Where("org_id = ? AND id = ?", r.Org, r.ID).Limit(1).Find(&rows).Error; err != nil {
		return Mail{}, done, err
	}
	switch {
	case len(rows) == 0 || rows[0].State != string(Waiting):
		return Mail{}, done, nil
	case res.RowsAffected == 0:
		return Mail{}, busy, nil
	}
	return rows[0].mail(), claimed, nil
}

// finish notes the end of a mail, if the try is still the last one.
func finish(ctx context.Context, m Mail, state State, body, lastError string) (bool, error) {
	set := map[string]any{"state": string(state), "body": body, "html": "", "stop": "", "reply_to": "", "last_error": lastError}
	if state == Sent {
		set["sent"] = db.Micros(db.Now(ctx))
	}
	res := db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND id = ? AND state = ? AND attempts = ?", m.Org, m.ID, string(Waiting), m.Attempts).Updates(set)
	return res.RowsAffected == 1, res.Error
}

// keep turns a waiting mail into one that is read here: its body, and nothing else that
// bears links.
func keep(ctx context.Context, r ref) error {
	return db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND id = ? AND state = ?", r.Org, r.ID, string(Waiting)).
		Updates(map[string]any{"state": string(Kept), "html": "", "stop": "", "reply_to": ""}).Error
}

// release gives a mail back for another try.
func release(ctx context.Context, m Mail, lastError string) error {
	return db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND id = ? AND state = ? AND attempts = ?", m.Org, m.ID, string(Waiting), m.Attempts).
		Updates(map[string]any{"next_at": 0, "last_error": lastError}).Error
}

func list(ctx context.Context, org, after string, limit int) ([]Mail, error) {
	q := db.Tx(ctx).Omit("body", "html", "stop").Where("org_id = ?", org)
	if after != "" {
		q = q.Where("(created < (SELECT c.created FROM mail c WHERE c.org_id = ? AND c.id = ?)"+
			" OR created = (SELECT c.created FROM mail c WHERE c.org_id = ? AND c.id = ?) AND id < ?)", org, after, org, after, after)
	}
	var rows []mailRow
	err := q.Order("created DESC, id DESC").Limit(limit).Find(&rows).Error
	out := make([]Mail, len(rows))
	for i, r := range rows {
		out[i] = r.mail()
	}
	return out, err
}

func read(ctx context.Context, org, id string) (Mail, error) {
	var r mailRow
	if err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Take(&r).Error; err != nil {
		return Mail{}, err
	}
	return r.mail(), nil
}

// readAny reads a mail of whatever company: who brings its id has proved that it was made here.
func readAny(ctx context.Context, id string) (Mail, error) {
	var r mailRow
	if err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error; err != nil {
		return Mail{}, err
	}
	return r.mail(), nil
}

func sweep(ctx context.Context, now time.Time) error {
	if err := db.Tx(ctx).Where("created < ? AND state <> ?", db.Micros(now.Add(-keepMails)), string(Waiting)).Delete(&mailRow{}).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Where("done < ?", db.Micros(now.Add(-keepDeeds))).Delete(&deedRow{}).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Model(&mailRow{}).Where("state = ? AND (html <> '' OR stop <> '' OR reply_to <> '')", string(Kept)).
		Updates(map[string]any{"html": "", "stop": "", "reply_to": ""}).Error; err != nil { // of mails kept by an earlier release
		return err
	}
	var rows []mailRow
	err := db.Tx(ctx).Select("org_id", "id", "body").Where("created < ? AND state <> ? AND (body LIKE ? OR body LIKE ?)", db.Micros(now.Add(-keepLinks)), string(Waiting), "%/link/%", "%/answer/%").Limit(1000).Find(&rows).Error
	if err != nil {
		return err
	}
	for _, r := range rows {
		body := blackOut(r.Body)
		if body == r.Body {
			continue
		}
		if err := db.Tx(ctx).Model(&mailRow{}).Where("org_id = ? AND id = ?", r.OrgID, r.ID).Update("body", body).Error; err != nil {
			return err
		}
	}
	return nil
}
