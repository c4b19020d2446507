package courier

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
)

type stationRow struct {
	OrgID        string `gorm:"primaryKey"`
	URL          string `gorm:"column:url"`
	ReceiptHosts string
	Changed      int64
	ChangedBy    string
	HTTPUser     string `gorm:"column:http_user"`
	HTTPSecret   []byte `gorm:"column:http_secret"`
	Locked       int64
	LockedBy     string
}

// TableName is the table of stationRow.
func (stationRow) TableName() string { return "as2_station" }

func (r stationRow) station() Station {
	st := Station{Org: r.OrgID, URL: r.URL, ReceiptHosts: list(r.ReceiptHosts), User: r.HTTPUser, Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy, Locked: instant(r.Locked), told: r.LockedBy}
	if r.Locked != 0 {
		st.LockedBy = r.LockedBy
	}
	return st
}

type certificateRow struct {
	OrgID       string `gorm:"primaryKey"`
	ID          string `gorm:"primaryKey"`
	Purpose     string
	Der         []byte
	Private     []byte
	Fingerprint string
	Subject     string
	Issuer      string
	Serial      string
	Algorithm   string
	NotBefore   int64
	NotAfter    int64
	UseFrom     int64
	Retired     int64
	Warned      int64
	MadeBy      string
	Created     int64 `gorm:"autoCreateTime:false"`
	Announced   int64
}

// TableName is the table of certificateRow.
func (certificateRow) TableName() string { return "as2_certificate" }

// andServer ends the stored purpose of a certificate that is ForServer beside it.
const andServer = "+" + string(ForServer)

func (r certificateRow) certificate() Certificate {
	purpose, too := strings.CutSuffix(r.Purpose, andServer)
	return Certificate{
		ID: r.ID, Org: r.OrgID, Purpose: Purpose(purpose), Server: too || purpose == string(ForServer), DER: r.Der, Own: len(r.Private) > 0, Fingerprint: r.Fingerprint, Subject: r.Subject, Issuer: r.Issuer,
		Serial: r.Serial, Algorithm: r.Algorithm, NotBefore: db.FromMicros(r.NotBefore), NotAfter: db.FromMicros(r.NotAfter), UseFrom: db.FromMicros(r.UseFrom),
		Retired: instant(r.Retired), MadeBy: r.MadeBy, Created: db.FromMicros(r.Created), Announced: instant(r.Announced),
	}
}

type termsRow struct {
	PartnershipID string `gorm:"primaryKey"`
	SenderID      string `gorm:"primaryKey"`
	SupplierID    string
	ResellerID    string
	Terms         string
	Version       int64
	Changed       int64
	ChangedBy     string
}

// TableName is the table of termsRow.
func (termsRow) TableName() string { return "as2_terms" }

type messageRow struct {
	ID             string `gorm:"primaryKey"`
	Direction      string
	PartnershipID  string
	SupplierID     string
	ResellerID     string
	SenderID       string
	ReceiverID     string
	As2From        string
	As2To          string
	MessageID      string
	Proved         bool
	Interchanges   string
	SubmissionID   string
	Headers        string
	Sent           string
	Blob           string
	Size           int64
	BodyHash       string
	ContentHash    string
	Mic            string
	MicAlgorithm   string
	Security       string
	FileNames      string
	State          string
	Disposition    string
	Reason         string
	ReceiptHeaders string
	Receipt        []byte
	ReceiptURL     string `gorm:"column:receipt_url"`
	ReceiptMic     string
	ReceiptProved  bool
	Lane           string
	NextAt         int64
	Attempts       int64
	Fence          int64
	LastError      string
	Happened       int64
	Settled        int64
}

// TableName is the table of messageRow.
func (messageRow) TableName() string { return "as2_message" }

func (r *messageRow) message() Message {
	return Message{
		ID: r.ID, Direction: r.Direction, Partnership: r.PartnershipID, Supplier: r.SupplierID, Reseller: r.ResellerID, Sender: r.SenderID, Receiver: r.ReceiverID,
		From: r.As2From, To: r.As2To, MessageID: r.MessageID, Proved: r.Proved, Interchanges: list(r.Interchanges), Size: r.Size, BodyHash: r.BodyHash,
		MIC: r.Mic, MICAlgorithm: r.MicAlgorithm, Security: list(r.Security), FileNames: lines(r.FileNames), State: State(r.State), Disposition: r.Disposition, Reason: r.Reason,
		ReceiptMIC: r.ReceiptMic, ReceiptOK: r.ReceiptProved, Attempts: int(r.Attempts), NextAt: instant(r.NextAt), LastError: r.LastError,
		At: db.FromMicros(r.Happened), Settled: instant(r.Settled),
	}
}

type attemptRow struct {
	MessageID  string `gorm:"primaryKey"`
	Number     int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID string
	ResellerID string
	Happened   int64
	Took       int64
	Outcome    string
	Detail     string
}

// TableName is the table of attemptRow.
func (attemptRow) TableName() string { return "as2_attempt" }

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return db.FromMicros(n)
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func stationOf(ctx context.Context, org string) (Station, error) {
	return db.Remember(ctx, "station:"+org, []string{"as2_station"}, func() (Station, error) {
		var r stationRow
		err := db.Tx(ctx).Where("org_id = ?", org).Take(&r).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return Station{Org: org}, nil
		}
		return r.station(), err
	})
}

// stationSecret is the sealed password at the company's server; nil where there is none.
func stationSecret(ctx context.Context, org string) ([]byte, error) {
	var r stationRow
	err := db.Tx(ctx).Select("http_secret").Where("org_id = ?", org).Limit(1).Find(&r).Error
	return r.HTTPSecret, err
}

func saveStation(ctx context.Context, s Station, sealed []byte) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"url", "receipt_hosts", "changed", "changed_by", "http_user", "http_secret", "locked", "locked_by"}),
	}).Create(&stationRow{
		OrgID: s.Org, URL: s.URL, ReceiptHosts: strings.Join(s.ReceiptHosts, ","), Changed: db.Micros(s.Changed), ChangedBy: s.ChangedBy, HTTPUser: s.User, HTTPSecret: sealed,
	}).Error
}

// lockStation notes since when a server does not let us in, and how; 0: it does.
func lockStation(ctx context.Context, org string, since int64, by string) error {
	return db.Tx(ctx).Model(&stationRow{}).Where("org_id = ?", org).Updates(map[string]any{"locked": since, "locked_by": by}).Error
}

// freeLocked makes due what waits for a company's server for one of some reasons, but for what is being sent just now.
func freeLocked(ctx context.Context, org string, reasons []string, now time.Time, lease time.Duration) (int64, error) {
	res := db.Tx(ctx).Model(&messageRow{}).Where("(direction = ? AND receiver_id = ? AND state = ? OR direction = ? AND sender_id = ?) AND last_error IN ? AND next_at > ?", Out, org, string(Queued), In, org, reasons, db.Micros(now.Add(lease))).
		Update("next_at", db.Micros(now))
	return res.RowsAffected, res.Error
}

// freeLane makes due what waits in a lane because its sender was refused, but for what is being
// sent just now.
func freeLane(ctx context.Context, lane string, now time.Time, lease time.Duration) (int64, error) {
	res := db.Tx(ctx).Model(&messageRow{}).Where("lane = ? AND direction = ? AND state = ? AND last_error = ? AND next_at > ?", lane, Out, string(Queued), Denied, db.Micros(now.Add(lease))).
		Updates(map[string]any{"next_at": db.Micros(now), "last_error": ""})
	return res.RowsAffected, res.Error
}

// deniedSince is when the sender of a lane was last refused for a message that still waits
// for that, or for the one with an id; zero: never.
func deniedSince(ctx context.Context, lane, id string) (time.Time, error) {
	var at int64
	err := db.Tx(ctx).Raw(`SELECT COALESCE(MAX(a.happened), 0) FROM as2_message m JOIN as2_attempt a ON a.message_id = m.id AND a.outcome = ?
  WHERE m.next_at > 0 AND m.lane = ? AND m.direction = ? AND m.state = ? AND m.last_error = ? OR m.id = ?`, Denied, lane, Out, string(Queued), Denied, id).Scan(&at).Error
	return instant(at), err
}

// deniedBefore says whether the sender of a message had been refused before its last try, and
// was not let in since: the last month of its lane tells it.
func deniedBefore(ctx context.Context, r *messageRow) (bool, error) {
	var last []string
	err := db.Tx(ctx).Raw(`SELECT a.outcome FROM as2_message m JOIN as2_attempt a ON a.message_id = m.id
  WHERE (m.supplier_id = ? AND m.reseller_id = ?) AND m.happened > ? AND m.lane = ? AND m.direction = ? AND NOT (a.message_id = ? AND a.number = ?)
    AND (a.outcome IN ? OR a.outcome LIKE 'courier.mdn!_%' ESCAPE '!') ORDER BY a.happened DESC, a.number DESC LIMIT 1`,
		r.SupplierID, r.ResellerID, db.Micros(db.Now(ctx).AddDate(0, -1, 0)), r.Lane, Out, r.ID, r.Fence,
		[]string{Denied, string(Delivered), string(AwaitingReceipt)}).Scan(&last).Error
	return len(last) > 0 && last[0] == Denied, err
}

// certificatesOf reads the certificates of companies that are not retired, oldest
// first.
func certificatesOf(ctx context.Context, retired bool, orgs ...string) ([]certificateRow, error) {
	var out []certificateRow
	q := db.Tx(ctx).Where("org_id IN ?", orgs)
	if !retired {
		q = q.Where("retired = 0")
	}
	return out, q.Order("created, id").Limit(500).Find(&out).Error
}

// insertCertificate reports whether it is new; one with the same fingerprint may be
// there already.
func insertCertificate(ctx context.Context, r *certificateRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "org_id"}, {Name: "fingerprint"}}, DoNothing: true}).Create(r)
	return res.RowsAffected == 1, res.Error
}

func keepKey(ctx context.Context, org, id string, sealed []byte) error {
	return db.Tx(ctx).Model(&certificateRow{}).Where("org_id = ? AND id = ?", org, id).Update("private", sealed).Error
}

// keepPurpose gives a certificate a further purpose.
func keepPurpose(ctx context.Context, r certificateRow) error {
	return db.Tx(ctx).Model(&certificateRow{}).Where("org_id = ? AND id = ?", r.OrgID, r.ID).
		Updates(map[string]any{"purpose": r.Purpose, "use_from": r.UseFrom, "announced": r.Announced}).Error
}

func retireCertificate(ctx context.Context, org, id string) (bool, error) {
	res := db.Tx(ctx).Model(&certificateRow{}).Where("org_id = ? AND id = ? AND retired = 0", org, id).Update("retired", db.Micros(db.Now(ctx)))
	return res.RowsAffected == 1, res.Error
}

func countCertificates(ctx context.Context, org string) (n int64, err error) {
	return n, db.Tx(ctx).Model(&certificateRow{}).Where("org_id = ? AND retired = 0", org).Count(&n).Error
}

// expiring reads certificates in use that end before an instant and of whose end was
// not told at that distance: warned holds the days told last.
func expiring(ctx context.Context, before time.Time, days int64) ([]certificateRow, error) {
	var out []certificateRow
	return out, db.Tx(ctx).Where("retired = 0 AND not_after < ? AND (warned = 0 OR warned > ?)", db.Micros(before), days).Order("org_id, id").Limit(200).Find(&out).Error
}

func warned(ctx context.Context, org, id string, days int64) error {
	return db.Tx(ctx).Model(&certificateRow{}).Where("org_id = ? AND id = ?", org, id).Update("warned", days).Error
}

func termsOf(ctx context.Context, partnership string) ([]termsRow, error) {
	var out []termsRow
	return out, db.Tx(ctx).Where("partnership_id = ?", partnership).Find(&out).Error
}

func saveTerms(ctx context.Context, r *termsRow, was int64) (bool, error) {
	if was == 0 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&termsRow{}).Where("partnership_id = ? AND sender_id = ? AND version = ?", r.PartnershipID, r.SenderID, was).
		Updates(map[string]any{"terms": r.Terms, "version": r.Version, "changed": r.Changed, "changed_by": r.ChangedBy})
	return res.RowsAffected == 1, res.Error
}

// insertMessage reports whether the message is new; of one that is proved, the same
// names and Message-ID may be there already.
func insertMessage(ctx context.Context, r *messageRow) (bool, error) {
	res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r)
	return res.RowsAffected == 1, res.Error
}

// provedMessage finds the message that holds a Message-ID; nil when none does.
func provedMessage(ctx context.Context, direction, from, to, id string) (*messageRow, error) {
	var r messageRow
	err := db.Tx(ctx).Where("as2_from = ? AND as2_to = ? AND message_id = ? AND direction = ? AND proved", from, to, id, direction).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

func messageByID(ctx context.Context, id string) (*messageRow, error) {
	if !db.ValidID(id) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	var r messageRow
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &r, err
}

// messagesOf reads the messages that carried any of the submissions, oldest first. What
// we send has the interchange's own id for its submission.
func messagesOf(ctx context.Context, submissions ...string) ([]messageRow, error) {
	var out []messageRow
	return out, db.Tx(ctx).Where("submission_id IN ?", submissions).Order("happened, id").Limit(100).Find(&out).Error
}

// changeMessage updates one message under a condition and reports whether it held.
func changeMessage(ctx context.Context, id string, values map[string]any, where string, args ...any) (bool, error) {
	res := db.Tx(ctx).Model(&messageRow{}).Where("id = ?", id).Where(where, args...).Updates(values)
	return res.RowsAffected == 1, res.Error
}

// due reads messages of a state whose time has come, a few of every lane but the full
// ones.
func due(ctx context.Context, states []State, now time.Time, full []string, perLane, limit int) ([]messageRow, error) {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	if len(full) == 0 {
		full = []string{""} // no lane has this name
	}
	var out []messageRow
	return out, db.Tx(ctx).Raw(`SELECT * FROM (
  SELECT m.*, ROW_NUMBER() OVER (PARTITION BY lane ORDER BY next_at, id) AS place FROM as2_message m WHERE state IN ? AND next_at > 0 AND next_at <= ? AND lane NOT IN ?
) AS ready WHERE place <= ? ORDER BY place, next_at, id LIMIT ?`, names, db.Micros(now), full, perLane, limit).Scan(&out).Error
}

func insertAttempt(ctx context.Context, r *attemptRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(r).Error
}

func attemptsOf(ctx context.Context, message string) ([]attemptRow, error) {
	var out []attemptRow
	return out, db.Tx(ctx).Where("message_id = ?", message).Order("number").Limit(200).Find(&out).Error
}

// refusedSince counts the rows kept of refused messages of a pair of names.
func refusedSince(ctx context.Context, from, to string, since int64) (n int64, err error) {
	return n, db.Tx(ctx).Model(&messageRow{}).Where("as2_from = ? AND as2_to = ? AND direction = ? AND state = ? AND happened >= ?", from, to, In, string(Refused), since).Count(&n).Error
}
