package fund

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
)

type ruleRow struct {
	ID                 string `gorm:"primaryKey"`
	ProgramID, OwnerID string
	Rate               int64
	SKUs               string `gorm:"column:skus"`
	FromOn, UntilOn    string
	Days, Made         int64
	MadeBy             string
	Ended              int64
	Tiers, Reach       string
	Families           string
	Fixed              int64
	Within             string
	CloseDays          int64
}

func (ruleRow) TableName() string { return "fund_rule" }

type lotRow struct {
	ID                                          string `gorm:"primaryKey"`
	ProgramID, RuleID, OwnerID, OrgID           string
	InvoiceID, InvoiceNumber                    string
	Position, OrderLine                         int64
	SKU, Currency                               string
	Net, Rate, Earned, Remaining, Taken, Lapsed int64
	EarnedOn                                    string
	LapsesAt                                    int64
	LapsesOn                                    string
	Made                                        int64
	OrderID                                     string // of the line; "" from before it was kept
}

func (lotRow) TableName() string { return "fund_lot" }

type backRow struct {
	LotID    string `gorm:"primaryKey"`
	CreditID string `gorm:"primaryKey"`
	Position int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID  string
	Amount   int64
}

func (backRow) TableName() string { return "fund_lot_back" }

func insertRule(ctx context.Context, r ruleRow) error { return db.Tx(ctx).Create(&r).Error }

func endRule(ctx context.Context, program, id string) error {
	if !db.ValidID(id) {
		return notFound()
	}
	r, err := locked[ruleRow](ctx, true, "id = ? AND program_id = ?", id, program)
	if err != nil || r.Ended > 0 {
		return err
	}
	return db.Tx(ctx).Model(&ruleRow{}).Where("id = ? AND ended = 0", id).Update("ended", db.Micros(db.Now(ctx))).Error
}

func rulesOf(ctx context.Context, program string) ([]Rule, error) {
	var rows []ruleRow
	err := db.Tx(ctx).Where("program_id = ?", program).Order("made DESC, id DESC").Limit(200).Find(&rows).Error
	out := make([]Rule, len(rows))
	for i, r := range rows {
		out[i] = Rule{ID: r.ID, Rate: money.Rate(r.Rate), SKUs: db.FromText[[]string](r.SKUs), From: r.FromOn, Until: r.UntilOn, Days: int(r.Days), Reach: r.Reach, CloseDays: int(r.CloseDays), Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Ended: db.FromMicros(r.Ended), Program: ProgramID(r.ProgramID),
			Tiers: db.FromText[[]Step](r.Tiers), Families: db.FromText[[]string](r.Families), Fixed: r.Fixed != 0, Within: db.FromText[[]string](r.Within)}
	}
	return out, err
}

// rulesFor are the rules by which an invoice of a day earns: of open programmes in which
// the partner has a part in that currency.
func rulesFor(ctx context.Context, owner, org, currency, on string) ([]ruleRow, error) {
	var rows []ruleRow
	err := db.Tx(ctx).Where(`owner_id = ? AND ended = 0 AND from_on <= ? AND until_on >= ? AND program_id IN (SELECT s.program_id FROM fund_seat s JOIN fund_program p ON p.id = s.program_id WHERE s.org_id = ? AND s.owner_id = ? AND s.currency = ? AND p.state = 'open')`, owner, on, on, org, owner, currency).Order("program_id, made, id").Find(&rows).Error
	return rows, err
}

// insertLot adds a lot; false: it is there already.
func insertLot(ctx context.Context, r lotRow) (bool, error) {
	tx := db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "rule_id"}, {Name: "invoice_id"}, {Name: "position"}}, DoNothing: true}).Create(&r)
	return tx.RowsAffected == 1, tx.Error
}

func saveLot(ctx context.Context, r lotRow) error {
	return db.Tx(ctx).Model(&lotRow{}).Where("id = ?", r.ID).Updates(map[string]any{"remaining": r.Remaining, "taken": r.Taken, "lapsed": r.Lapsed}).Error
}

func insertBack(ctx context.Context, r backRow) error { return db.Tx(ctx).Create(&r).Error }

// takenBack says whether a credit took of some lots already.
func takenBack(ctx context.Context, credit string, lots []lotRow) (bool, error) {
	for part := range slices.Chunk(lots, 500) {
		ids := make([]string, len(part))
		for i, l := range part {
			ids[i] = l.ID
		}
		var n int64
		if err := db.Tx(ctx).Model(&backRow{}).Where("lot_id IN ? AND credit_id = ?", ids, credit).Count(&n).Error; err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// lotsOfInvoice are the lots of an invoice; their programmes are locked.
func lotsOfInvoice(ctx context.Context, invoice, org, owner string) ([]lotRow, error) {
	var rows []lotRow
	find := func() error {
		return db.Tx(ctx).Where("invoice_id = ? AND org_id = ? AND owner_id = ? AND order_line >= 0", invoice, org, owner).Order("program_id, position, id").Find(&rows).Error
	}
	if err := find(); err != nil || len(rows) == 0 {
		return nil, err
	}
	last := ""
	for _, r := range rows {
		if r.ProgramID != last {
			if _, err := programByID(ctx, r.ProgramID, true); err != nil {
				return nil, err
			}
			last = r.ProgramID
		}
	}
	rows = nil
	return rows, find()
}

func openLots(ctx context.Context, program, org string, most int) ([]lotRow, error) {
	var rows []lotRow
	return rows, db.Tx(ctx).Where("program_id = ? AND org_id = ? AND remaining > 0", program, org).Order("earned_on, id").Limit(most).Find(&rows).Error
}

// lotsLeft are what a partner has left, the next to lapse first.
func lotsLeft(ctx context.Context, program, org string) ([]Lot, error) {
	var rows []lotRow
	err := db.Tx(ctx).Where("program_id = ? AND org_id = ? AND remaining > 0", program, org).Order("lapses_at, id").Limit(200).Find(&rows).Error
	out := make([]Lot, len(rows))
	for i, r := range rows {
		a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: money.Currency(r.Currency)} }
		out[i] = Lot{Invoice: r.InvoiceNumber, SKU: r.SKU, Net: a(r.Net), Rate: money.Rate(r.Rate), Earned: a(r.Earned), Left: a(r.Remaining), On: r.EarnedOn, Lapses: r.LapsesOn}
	}
	return out, err
}

// duePlaces are programmes and partners with lots whose day is over.
func duePlaces(ctx context.Context, now int64, most int) ([]lotRow, error) {
	var rows []lotRow
	return rows, db.Tx(ctx).Distinct("program_id", "org_id", "owner_id", "currency").Where("remaining > 0 AND lapses_at <= ?", now).Order("program_id, org_id").Limit(most).Find(&rows).Error
}

// lapseLots ends a partner's lots whose day is over, and gives what was left of them. Their
// programme is locked.
func lapseLots(ctx context.Context, program, org string, now int64) (sum int64, err error) {
	const due = "program_id = ? AND org_id = ? AND remaining > 0 AND lapses_at <= ?"
	err = db.Tx(ctx).Model(&lotRow{}).Select("CAST(COALESCE(SUM(remaining), 0) AS BIGINT)").Where(due, program, org, now).Scan(&sum).Error
	if err == nil && sum > 0 {
		err = db.Tx(ctx).Exec("UPDATE fund_lot SET lapsed = lapsed + remaining, remaining = 0 WHERE "+due, program, org, now).Error
	}
	return sum, err
}

// pairKey names a partner's money with one supplier in one currency.
type pairKey struct{ owner, org, currency string }

type pairSum struct {
	OwnerID, OrgID, Currency string
	Sum                      int64
}

// among are the companies of some pairs, which share one on either side.
func among(pairs []seatRow) (owners, orgs []string) {
	for _, p := range pairs {
		owners, orgs = append(owners, p.OwnerID), append(orgs, p.OrgID)
	}
	return owners, orgs
}

// pairSums runs a query that adds something up for pairs; its last parameters are their companies.
func pairSums(ctx context.Context, pairs []seatRow, into map[pairKey]int64, query string, args ...any) error {
	owners, orgs := among(pairs)
	var rows []pairSum
	if err := db.Tx(ctx).Raw(query, append(args, owners, orgs)...).Scan(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		into[pairKey{r.OwnerID, r.OrgID, r.Currency}] += r.Sum
	}
	return nil
}

// lapsing is what of the partners' lots lapses until an instant, and what is reserved for
// requests that may be claimed until a day at the latest.
func lapsing(ctx context.Context, pairs []seatRow, until int64, day string) (map[pairKey]int64, error) {
	out := map[pairKey]int64{}
	if err := pairSums(ctx, pairs, out, "SELECT owner_id, org_id, currency, CAST(SUM(remaining) AS BIGINT) AS sum FROM fund_lot WHERE remaining > 0 AND lapses_at <= ? AND owner_id IN ? AND org_id IN ? GROUP BY owner_id, org_id, currency", until); err != nil {
		return nil, err
	}
	return out, pairSums(ctx, pairs, out, "SELECT a.owner_id, a.org_id, a.currency, CAST(SUM(a.balance) AS BIGINT) AS sum FROM fund_account a JOIN fund_request r ON r.id = a.ref WHERE a.kind = 'reserved' AND a.balance > 0 AND r.claim_by <= ? AND a.owner_id IN ? AND a.org_id IN ? GROUP BY a.owner_id, a.org_id, a.currency", day)
}

// postedUntil adds the postings of a company's programmes up before an instant.
func postedUntil(ctx context.Context, owner string, until int64) ([]sumRow, error) {
	var rows []sumRow
	err := db.Tx(ctx).Raw(`SELECT a.program_id, a.org_id, a.kind, a.currency, CAST(SUM(p.amount) AS BIGINT) AS balance FROM fund_post p JOIN fund_entry e ON e.id = p.entry_id JOIN fund_account a ON a.id = p.account_id
		WHERE e.owner_id = ? AND e.happened < ? GROUP BY a.program_id, a.org_id, a.kind, a.currency ORDER BY a.program_id, a.org_id, a.currency, a.kind`, owner, until).Scan(&rows).Error
	return rows, err
}

func headsOf(ctx context.Context, ids []string) (map[string]programRow, error) {
	out := map[string]programRow{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []programRow
	err := db.Tx(ctx).Select("id", "number", "title", "kind").Where("id IN ?", ids).Find(&rows).Error
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// move is one movement of a partner's money for a statement.
type moveRow struct {
	ID, ProgramID, Kind, Currency, SubjectKind, SubjectID, Text string
	Step                                                        string
	Amount, Happened                                            int64
	Account                                                     string
	Minor                                                       int64
}

// movesOf are the postings on a partner's accounts in a period, oldest first.
func movesOf(ctx context.Context, owner, org, currency string, from, until int64, most int) ([]moveRow, error) {
	var rows []moveRow
	err := db.Tx(ctx).Raw(`SELECT e.id, e.program_id, e.kind, e.currency, e.subject_kind, e.subject_id, e.text, e.step, e.amount, e.happened, a.kind AS account, p.amount AS minor FROM fund_entry e JOIN fund_post p ON p.entry_id = e.id JOIN fund_account a ON a.id = p.account_id
		WHERE e.org_id = ? AND e.owner_id = ? AND e.currency = ? AND e.happened >= ? AND e.happened < ? AND a.org_id = ? ORDER BY e.happened, e.id, p.position LIMIT ?`, org, owner, currency, from, until, org, most).Scan(&rows).Error
	return rows, err
}

// standing adds partners' accounts up before an instant, by kind.
func standing(ctx context.Context, pairs []seatRow, until int64) (map[pairKey][]sumRow, error) {
	owners, orgs := among(pairs)
	var rows []struct {
		OwnerID, OrgID, Currency, Kind string
		Balance                        int64
	}
	err := db.Tx(ctx).Raw(`SELECT e.owner_id, e.org_id, e.currency, a.kind, CAST(SUM(p.amount) AS BIGINT) AS balance FROM fund_entry e JOIN fund_post p ON p.entry_id = e.id JOIN fund_account a ON a.id = p.account_id
		WHERE e.happened < ? AND a.org_id = e.org_id AND e.owner_id IN ? AND e.org_id IN ? GROUP BY e.owner_id, e.org_id, e.currency, a.kind`, until, owners, orgs).Scan(&rows).Error
	out := map[pairKey][]sumRow{}
	for _, r := range rows {
		k := pairKey{r.OwnerID, r.OrgID, r.Currency}
		out[k] = append(out[k], sumRow{Kind: r.Kind, Balance: r.Balance})
	}
	return out, err
}

// pendingOf is what partners' claims ask for and nobody has decided, with the lines that
// wait for something.
func pendingOf(ctx context.Context, pairs []seatRow) (map[pairKey]int64, error) {
	out := map[pairKey]int64{}
	if err := pairSums(ctx, pairs, out, "SELECT owner_id, org_id, currency, CAST(SUM(asked) AS BIGINT) AS sum FROM fund_claim WHERE state IN ('submitted', 'proof_check') AND owner_id IN ? AND org_id IN ? GROUP BY owner_id, org_id, currency"); err != nil {
		return nil, err
	}
	return out, pairSums(ctx, pairs, out, "SELECT c.owner_id, c.org_id, c.currency, CAST(SUM(l.asked) AS BIGINT) AS sum FROM fund_claim_line l JOIN fund_claim c ON c.id = l.claim_id WHERE c.pending > 0 AND c.state NOT IN ('submitted', 'proof_check') AND l.verdict = 'pending' AND c.owner_id IN ? AND c.org_id IN ? GROUP BY c.owner_id, c.org_id, c.currency")
}

// pairsOf are the partners a company has money with, on the sides it may read, by currency.
func pairsOf(ctx context.Context, org string, s sides) ([]seatRow, error) {
	q := db.Tx(ctx).Model(&seatRow{}).Distinct("owner_id", "org_id", "partnership_id", "currency")
	switch {
	case s.supplier && s.reseller:
		q = q.Where("(owner_id = ? OR org_id = ?)", org, org)
	case s.supplier:
		q = q.Where("owner_id = ?", org)
	case s.reseller:
		q = q.Where("org_id = ?", org)
	default:
		return nil, nil
	}
	var rows []seatRow
	return rows, q.Order("partnership_id, currency").Find(&rows).Error
}

// pairsWith are the two companies of a partnership, once for each currency of theirs.
func pairsWith(ctx context.Context, partnership string) ([]seatRow, error) {
	var rows []seatRow
	return rows, db.Tx(ctx).Model(&seatRow{}).Distinct("owner_id", "org_id", "partnership_id", "currency").Where("partnership_id = ?", partnership).Order("currency").Find(&rows).Error
}

func pairOf(ctx context.Context, partnership string) (seatRow, error) {
	if !db.ValidID(partnership) {
		return seatRow{}, notFound()
	}
	var rows []struct{ SupplierID, ResellerID string }
	err := db.Tx(ctx).Raw("SELECT supplier_id, reseller_id FROM partnership WHERE id = ?", partnership).Scan(&rows).Error
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return seatRow{}, err
	}
	return seatRow{OwnerID: rows[0].SupplierID, OrgID: rows[0].ResellerID, PartnershipID: partnership}, nil
}

// firstCurrency is that of the first programme a partner got a part of.
func firstCurrency(ctx context.Context, partnership string) (string, error) {
	var out []string
	err := db.Tx(ctx).Model(&seatRow{}).Where("partnership_id = ?", partnership).Order("added, program_id").Limit(1).Pluck("currency", &out).Error
	if err == nil && len(out) == 0 {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return "", err
	}
	return out[0], nil
}

// anyRule says whether a company ever had a rule for days until one: credits reach back to
// ended ones.
func anyRule(ctx context.Context, owner, until string) (bool, error) {
	var ids []string
	err := db.Tx(ctx).Model(&ruleRow{}).Where("owner_id = ? AND from_on <= ?", owner, until).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, err
}

// claimedOf adds up what a partner's claims of a programme hold, by order line.
func claimedOf(ctx context.Context, program, org string, c money.Currency) ([]Claimed, error) {
	var rows []struct {
		OrderID   string
		OrderLine int64
		Asked     int64
	}
	const of = "JOIN fund_claim c ON c.id = l.claim_id WHERE c.program_id = ? AND c.org_id = ? AND c.state NOT IN ('returned', 'denied', 'withdrawn')"
	err := db.Tx(ctx).Raw("SELECT order_id, order_line, CAST(SUM(amount) AS BIGINT) AS asked FROM (SELECT l.order_id, l.order_line, l.asked AS amount FROM fund_claim_line l "+of+" AND l.order_id <> '' UNION ALL SELECT l.order_id, l.order_line, l.amount FROM fund_claim_part l "+of+") x GROUP BY order_id, order_line", program, org, program, org).Scan(&rows).Error
	out := make([]Claimed, len(rows))
	for i, r := range rows {
		out[i] = Claimed{r.OrderID, int(r.OrderLine), money.Amount{Minor: r.Asked, Currency: c}}
	}
	return out, err
}

// owingOf is what a partner owes in a currency, by programme. One that is without it now has ended
// to it.
func owingOf(ctx context.Context, p seatRow) ([]Owing, error) {
	var rows []struct {
		ID, Title, UntilOn string
		Owed               int64
	}
	err := db.Tx(ctx).Raw(`SELECT p.id, CASE WHEN s.title <> '' THEN s.title ELSE p.title END AS title, CASE WHEN s.title <> '' THEN '' ELSE p.until_on END AS until_on, -a.balance AS owed FROM fund_account a JOIN fund_program p ON p.id = a.program_id JOIN fund_seat s ON s.program_id = p.id AND s.org_id = a.org_id
WHERE a.owner_id = ? AND a.org_id = ? AND a.currency = ? AND a.kind = ? AND a.balance < 0 ORDER BY 3, p.id LIMIT 200`, p.OwnerID, p.OrgID, p.Currency, accOwed).Scan(&rows).Error
	day := db.Now(ctx).Format(time.DateOnly)
	out := make([]Owing, len(rows))
	for i, r := range rows {
		out[i] = Owing{Program: ProgramID(r.ID), Title: r.Title, Ended: r.UntilOn < day, Amount: money.Amount{Minor: r.Owed, Currency: money.Currency(p.Currency)}}
	}
	return out, err
}

// recovered is the entry by which what a partner owes of a programme came back with a paper.
func recovered(ctx context.Context, program string, cmd RecoverCmd) (entryRow, error) {
	return locked[entryRow](ctx, false, "program_id = ? AND org_id = ? AND kind = ? AND subject_kind = ? AND text = ? AND NOT EXISTS (SELECT 1 FROM fund_entry r WHERE r.reverses = fund_entry.id)", program, cmd.Org, EntryRecover, cmd.Kind, cmd.Reference)
}

// dueOf are claims of a partner in a currency of which something is to be paid.
func dueOf(ctx context.Context, p seatRow) ([]Due, error) {
	var rows []claimRow
	err := db.Tx(ctx).Where("owner_id = ? AND org_id = ? AND currency = ? AND state = ? AND approved > settled", p.OwnerID, p.OrgID, p.Currency, string(ClaimApproved)).Order("made, id").Limit(20).Find(&rows).Error
	out := make([]Due, len(rows))
	for i, r := range rows {
		out[i] = Due{ClaimID(r.ID), r.Number, money.Amount{Minor: r.Approved - r.Settled, Currency: money.Currency(p.Currency)}}
	}
	return out, err
}
