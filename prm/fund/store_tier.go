package fund

import (
	"context"

	"entente/db"
)

// lotOfStep is the order line of lots that are not of one line.
const lotOfStep = -1

// volumeRow is what a partner bought under a rule with steps, and what it earned by it.
type volumeRow struct {
	RuleID, OrgID      string `gorm:"primaryKey"`
	ProgramID, OwnerID string
	Currency           string
	Volume, Earned     int64
	Changed            int64
	CloseAt, Closed    int64
}

func (volumeRow) TableName() string { return "fund_volume" }

// volumeLine is what a line of a document adds to a volume, or takes back of an invoice.
type volumeLine struct {
	RuleID, DocumentID        string `gorm:"primaryKey"`
	Position                  int64  `gorm:"primaryKey;autoIncrement:false"`
	OrgID, InvoiceID, OrderID string
	Line, Net, Back           int64
}

func (volumeLine) TableName() string { return "fund_volume_line" }

func volumeByKey(ctx context.Context, rule, org string) (volumeRow, bool, error) {
	var rows []volumeRow
	err := db.Tx(ctx).Where("rule_id = ? AND org_id = ?", rule, org).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return volumeRow{}, false, err
	}
	return rows[0], true, nil
}

func insertVolume(ctx context.Context, v volumeRow) error { return db.Tx(ctx).Create(&v).Error }

func saveVolume(ctx context.Context, v volumeRow) error {
	return db.Tx(ctx).Model(&volumeRow{}).Where("rule_id = ? AND org_id = ?", v.RuleID, v.OrgID).Updates(map[string]any{"volume": v.Volume, "earned": v.Earned, "changed": v.Changed, "closed": v.Closed}).Error
}

func insertVolumeLines(ctx context.Context, rows []volumeLine) error {
	return db.Tx(ctx).CreateInBatches(rows, 200).Error
}

func volumeSeen(ctx context.Context, rule, document string) (bool, error) {
	var n int64
	return n > 0, one(ctx, &n, "SELECT COUNT(*) FROM fund_volume_line WHERE rule_id = ? AND document_id = ?", rule, document)
}

const netOf = "SELECT CAST(COALESCE(SUM(CASE WHEN net > back THEN net - back ELSE 0 END), 0) AS BIGINT) FROM (SELECT SUM(net) AS net, SUM(back) AS back FROM fund_volume_line WHERE rule_id = ? AND "

// volumeOfInvoice is what counts of an invoice: its net less what was credited, line by line.
func volumeOfInvoice(ctx context.Context, rule, invoice string) (n int64, err error) {
	return n, one(ctx, &n, netOf+"invoice_id = ? GROUP BY order_id, line) x", rule, invoice)
}

// volumeFromLines is what counts of all documents of a partner.
func volumeFromLines(ctx context.Context, rule, org string) (n int64, err error) {
	return n, one(ctx, &n, netOf+"org_id = ? GROUP BY invoice_id, order_id, line) x", rule, org)
}

func one(ctx context.Context, into *int64, query string, args ...any) error {
	return db.Tx(ctx).Raw(query, args...).Scan(into).Error
}

func volumesToClose(ctx context.Context, now int64, most int) ([]volumeRow, error) {
	var rows []volumeRow
	return rows, db.Tx(ctx).Where("closed = 0 AND close_at <= ?", now).Order("close_at, rule_id, org_id").Limit(most).Find(&rows).Error
}

func ruleByID(ctx context.Context, id string) (ruleRow, error) {
	return locked[ruleRow](ctx, false, "id = ?", id)
}

// steppedRules are the rules with steps that a credit may concern: of programmes in which
// the partner has a part in that currency. They may have ended since.
func steppedRules(ctx context.Context, owner, org, currency string) ([]ruleRow, error) {
	var rows []ruleRow
	return rows, db.Tx(ctx).Where("owner_id = ? AND tiers <> '' AND program_id IN (SELECT program_id FROM fund_seat WHERE org_id = ? AND owner_id = ? AND currency = ?)", owner, org, owner, currency).Order("program_id, made, id").Find(&rows).Error
}

// stepLots are lots of a rule of which something may be taken back, those of one invoice first.
func stepLots(ctx context.Context, rule, org, invoice string, most int) ([]lotRow, error) {
	var rows []lotRow
	return rows, db.Tx(ctx).Raw("SELECT * FROM fund_lot WHERE rule_id = ? AND org_id = ? AND earned > taken ORDER BY CASE WHEN invoice_id = ? AND position = 0 THEN 0 ELSE 1 END, made DESC, id DESC LIMIT ?", rule, org, invoice, most).Scan(&rows).Error
}

// volumesOf are where partners stand with the rules of some programmes; org "" stands for all.
func volumesOf(ctx context.Context, programs []string, org string) ([]Volume, error) {
	if len(programs) == 0 {
		return nil, nil
	}
	q := db.Tx(ctx).Where("program_id IN ?", programs)
	if org != "" {
		q = q.Where("org_id = ?", org)
	}
	var rows []volumeRow
	if err := q.Order("program_id, rule_id, org_id").Limit(2000).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	var rules []ruleRow
	if err := db.Tx(ctx).Where("program_id IN ? AND tiers <> ''", programs).Find(&rules).Error; err != nil {
		return nil, err
	}
	by := map[string]ruleRow{}
	for _, r := range rules {
		by[r.ID] = r
	}
	out := make([]Volume, len(rows))
	for i, v := range rows {
		x, err := stand(v, by[v.RuleID])
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}
