package fund

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type requestRow struct {
	ID                                               string `gorm:"primaryKey"`
	ProgramID, OwnerID, OrgID, PartnershipID, Number string
	State, Title, Activity, About, FromOn, UntilOn   string
	Currency                                         string
	Cost, Asked, Approved                            int64
	ClaimBy, Proof, Reason, FirstBy, FirstMark       string
	Made                                             int64
	MadeBy                                           string
	Submitted                                        int64
	SubmittedBy                                      string
	Decided                                          int64
	DecidedBy                                        string
	NextAt, Changed, Version                         int64
	SourceKey                                        string // of the command that made it
}

// requestBySource finds the request that a command with this key made.
func requestBySource(ctx context.Context, program, org, key string) (requestRow, error) {
	if key == "" {
		return requestRow{}, notFound()
	}
	return locked[requestRow](ctx, false, "program_id = ? AND org_id = ? AND source_key = ?", program, org, key)
}

func (requestRow) TableName() string { return "fund_request" }

func (r requestRow) request() Request {
	a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: money.Currency(r.Currency)} }
	return Request{ID: RequestID(r.ID), Program: ProgramID(r.ProgramID), Supplier: r.OwnerID, Reseller: r.OrgID, Partnership: r.PartnershipID, Number: r.Number, State: RequestState(r.State), Title: r.Title, Activity: r.Activity, About: r.About, From: r.FromOn, Until: r.UntilOn,
		Cost: a(r.Cost), Asked: a(r.Asked), Approved: a(r.Approved), Left: a(0), ClaimBy: r.ClaimBy, Proof: db.FromText[[]string](r.Proof), Reason: r.Reason, FirstBy: r.FirstBy, Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Submitted: db.FromMicros(r.Submitted), SubmittedBy: r.SubmittedBy,
		Decided: db.FromMicros(r.Decided), DecidedBy: r.DecidedBy, Changed: db.FromMicros(r.Changed), Version: r.Version}
}

type claimRow struct {
	ID                                                          string `gorm:"primaryKey"`
	ProgramID, RequestID, OwnerID, OrgID, PartnershipID, Number string
	State, Nature, Title, Currency                              string
	Asked, Approved, Settled, Pending                           int64
	Proof, Deducted, Note, Reason, FirstBy, FirstMark           string
	Source, SourceKey                                           string
	Made                                                        int64
	MadeBy                                                      string
	Submitted                                                   int64
	SubmittedBy                                                 string
	Decided                                                     int64
	DecidedBy                                                   string
	Changed, Version, NextAt                                    int64
}

func (claimRow) TableName() string { return "fund_claim" }

func (r claimRow) claim() Claim {
	a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: money.Currency(r.Currency)} }
	return Claim{ID: ClaimID(r.ID), Program: ProgramID(r.ProgramID), Request: RequestID(r.RequestID), Supplier: r.OwnerID, Reseller: r.OrgID, Partnership: r.PartnershipID, Number: r.Number, State: ClaimState(r.State), Nature: r.Nature, Title: r.Title, Asked: a(r.Asked), Approved: a(r.Approved), Settled: a(r.Settled), Pending: int(r.Pending),
		Proof: db.FromText[[]string](r.Proof), Deducted: r.Deducted, Note: r.Note, Reason: r.Reason, FirstBy: r.FirstBy, Source: r.Source, Made: db.FromMicros(r.Made), MadeBy: r.MadeBy, Submitted: db.FromMicros(r.Submitted), SubmittedBy: r.SubmittedBy, Decided: db.FromMicros(r.Decided), DecidedBy: r.DecidedBy, Changed: db.FromMicros(r.Changed), Version: r.Version}
}

type lineRow struct {
	ClaimID                  string `gorm:"primaryKey"`
	Position                 int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID, OrgID, LineKey  string
	Live                     int64
	Text, SKU, OnDay         string
	Quantity, Price          int64
	Asked, Approved          int64
	Verdict, Reason, Missing string
	DueOn, OrderID           string
	OrderLine                int64
	Back                     int64
	BackOf                   string
	BackLine                 int64
}

func (lineRow) TableName() string { return "fund_claim_line" }

func (r lineRow) line(c money.Currency) Line {
	return Line{Position: int(r.Position), Key: r.LineKey, Text: r.Text, SKU: r.SKU, On: r.OnDay, Quantity: money.Quantity(r.Quantity), Price: money.Price(r.Price), Asked: money.Amount{Minor: r.Asked, Currency: c}, Approved: money.Amount{Minor: r.Approved, Currency: c}, Verdict: r.Verdict, Reason: r.Reason, Missing: r.Missing, Due: r.DueOn, Order: r.OrderID, OrderLine: int(r.OrderLine), Back: money.Amount{Minor: r.Back, Currency: c}, BackOf: r.BackOf, BackLine: int(r.BackLine)}
}

// judgeFile notes what a person says of a piece of proof.
func judgeFile(ctx context.Context, subject string, id FileID, verdict, reason, person string) error {
	return db.Tx(ctx).Model(&fileRow{}).Where("id = ? AND subject_id = ?", string(id), subject).Updates(map[string]any{"verdict": verdict, "reason": reason, "judged": db.Micros(db.Now(ctx)), "judged_by": person}).Error
}

// partRow is a part of what was granted on a line, of one line of a document; below zero
// where a correction took it back.
type partRow struct {
	ClaimID        string `gorm:"primaryKey"`
	Position       int64  `gorm:"primaryKey;autoIncrement:false"`
	Part           int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID, OrgID string
	OrderID        string
	OrderLine      int64
	Amount         int64
}

func (partRow) TableName() string { return "fund_claim_part" }

func insertParts(ctx context.Context, rows []partRow) error {
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).CreateInBatches(rows, 500).Error
}

// partsOfLine are those of one line of a claim, in the order in which they were written.
func partsOfLine(ctx context.Context, claim string, position int64) ([]partRow, error) {
	var rows []partRow
	return rows, db.Tx(ctx).Where("claim_id = ? AND position = ?", claim, position).Order("part").Find(&rows).Error
}

// keyedRow is a line that has a key now, with the state of its claim.
type keyedRow struct {
	ClaimID  string
	Position int64
	LineKey  string
	Verdict  string
	Reason   string
	Asked    int64
	Approved int64
	Quantity int64
	State    string
	Number   string
}

// keyed are the live lines of a partner's claims with some keys.
func keyed(ctx context.Context, owner, org string, keys []string) ([]keyedRow, error) {
	var out []keyedRow
	for part := range slices.Chunk(keys, 500) {
		var rows []keyedRow
		err := db.Tx(ctx).Raw("SELECT l.claim_id, l.position, l.line_key, l.verdict, l.reason, l.asked, l.approved, l.quantity, c.state, c.number FROM fund_claim_line l JOIN fund_claim c ON c.id = l.claim_id WHERE l.owner_id = ? AND l.org_id = ? AND l.live = 1 AND l.line_key IN ?", owner, org, part).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// waitingOf are claims of a partner under subjects that came by EDI and of which lines wait,
// by their programme and age, behind one.
func waitingOf(ctx context.Context, owner, org string, after Claim, most int) ([]claimRow, error) {
	var rows []claimRow
	made := db.Micros(after.Made)
	return rows, db.Tx(ctx).Where("owner_id = ? AND org_id = ? AND pending > 0 AND source = ? AND request_id = ''", owner, org, SourceEDI).
		Where("(program_id > ? OR program_id = ? AND (made > ? OR made = ? AND id > ?))", string(after.Program), string(after.Program), made, made, string(after.ID)).Order("program_id, made, id").Limit(most).Find(&rows).Error
}

// pendingIn are the lines of claims that wait.
func pendingIn(ctx context.Context, claims []string) ([]lineRow, error) {
	var rows []lineRow
	return rows, db.Tx(ctx).Where("claim_id IN ? AND verdict = ?", claims, LinePending).Order("claim_id, position").Find(&rows).Error
}

// provenIn are the pieces of proof of claims for which there is a file, with what was said of it.
func provenIn(ctx context.Context, claims []string) ([]fileRow, error) {
	var rows []fileRow
	return rows, db.Tx(ctx).Select("DISTINCT subject_id, item, verdict").Where("subject_id IN ? AND item <> ''", claims).Find(&rows).Error
}

// await gives lines of claims that wait for one thing another text of it.
func await(ctx context.Context, owner, org string, claims []string, was, now string) error {
	for part := range slices.Chunk(claims, 500) {
		if err := db.Tx(ctx).Model(&lineRow{}).Where("claim_id IN ? AND owner_id = ? AND org_id = ? AND verdict = ? AND missing = ?", part, owner, org, LinePending, was).Update("missing", now).Error; err != nil {
			return err
		}
	}
	return nil
}

type settlementRow struct {
	ID                        string `gorm:"primaryKey"`
	ClaimID, OwnerID, OrgID   string
	Kind, Reference, Currency string
	Amount, TaxRate, Tax      int64
	OnDay                     string
	Made                      int64
	MadeBy, EntryID           string
	Reversed, Reconciled      int64
	ReconciledBy, External    string
}

func (settlementRow) TableName() string { return "fund_settlement" }

func (r settlementRow) settlement() Settlement {
	c := money.Currency(r.Currency)
	return Settlement{ID: r.ID, Kind: r.Kind, Reference: r.Reference, Amount: money.Amount{Minor: r.Amount, Currency: c}, TaxRate: money.Rate(r.TaxRate), Tax: money.Amount{Minor: r.Tax, Currency: c}, On: r.OnDay, Made: db.FromMicros(r.Made), By: r.MadeBy, Reversed: db.FromMicros(r.Reversed), Reconciled: db.FromMicros(r.Reconciled), ReconBy: r.ReconciledBy, External: r.External}
}

type fileRow struct {
	ID                                     string `gorm:"primaryKey"`
	SubjectKind, SubjectID, OwnerID, OrgID string
	Item, Name, Mime                       string
	Size                                   int64
	Hash                                   string
	Made                                   int64
	MadeBy                                 string
	Verdict, Reason                        string
	Judged                                 int64
	JudgedBy                               string
}

func (fileRow) TableName() string { return "fund_file" }

func (r fileRow) file() File {
	return File{ID: FileID(r.ID), Org: r.OrgID, Item: r.Item, Name: r.Name, Mime: r.Mime, Size: r.Size, Hash: r.Hash, Made: db.FromMicros(r.Made), Person: r.MadeBy, Verdict: r.Verdict, Reason: r.Reason, Judged: db.FromMicros(r.Judged), JudgedBy: r.JudgedBy}
}

type logRow struct {
	ID                               string `gorm:"primaryKey"`
	SubjectID, Kind, OrgID, PersonID string
	Amount                           int64
	Currency, Text                   string
	Happened                         int64
}

func (logRow) TableName() string { return "fund_log" }

func addLog(ctx context.Context, subject, kind string, actor access.Actor, amount int64, currency, text string) error {
	return db.Tx(ctx).Create(&logRow{ID: db.NewID(), SubjectID: subject, Kind: kind, OrgID: actor.Org, PersonID: actor.Person, Amount: amount, Currency: currency, Text: text, Happened: db.Micros(db.Now(ctx))}).Error
}

// logOf reads the history, the newest first. That one of two people decided is told to the
// supplier only.
func logOf(ctx context.Context, subject string, partner bool) ([]Entry, error) {
	q := db.Tx(ctx).Where("subject_id = ?", subject)
	if partner {
		q = q.Where("kind <> 'first'")
	}
	var rows []logRow
	err := q.Order("happened DESC, id DESC").Limit(200).Find(&rows).Error
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = Entry{Kind: r.Kind, Org: r.OrgID, Person: r.PersonID, Amount: money.Amount{Minor: r.Amount, Currency: money.Currency(r.Currency)}, Text: r.Text, At: db.FromMicros(r.Happened)}
	}
	return out, err
}

func requestByID(ctx context.Context, id string, lock bool) (requestRow, error) {
	if !db.ValidID(id) {
		return requestRow{}, notFound()
	}
	return locked[requestRow](ctx, lock, "id = ?", id)
}

func insertRequest(ctx context.Context, r *requestRow) error { return db.Tx(ctx).Create(r).Error }

func saveRequest(ctx context.Context, r *requestRow) error {
	was := r.Version
	r.Version, r.Changed = was+1, db.Micros(db.Now(ctx))
	tx := db.Tx(ctx).Model(&requestRow{}).Where("id = ? AND version = ?", r.ID, was).Updates(map[string]any{"state": r.State, "title": r.Title, "activity": r.Activity, "about": r.About, "from_on": r.FromOn, "until_on": r.UntilOn, "currency": r.Currency, "cost": r.Cost, "asked": r.Asked, "approved": r.Approved, "claim_by": r.ClaimBy, "proof": r.Proof,
		"reason": r.Reason, "first_by": r.FirstBy, "first_mark": r.FirstMark, "submitted": r.Submitted, "submitted_by": r.SubmittedBy, "decided": r.Decided, "decided_by": r.DecidedBy, "next_at": r.NextAt, "changed": r.Changed, "version": r.Version})
	if tx.Error == nil && tx.RowsAffected != 1 {
		return changed(was)
	}
	return tx.Error
}

// dueRequests are those whose time has come.
func dueRequests(ctx context.Context, now int64, most int) ([]RequestID, error) {
	var ids []RequestID
	return ids, db.Tx(ctx).Model(&requestRow{}).Where("next_at > 0 AND next_at <= ?", now).Order("next_at, id").Limit(most).Pluck("id", &ids).Error
}

func claimByID(ctx context.Context, id string, lock bool) (claimRow, error) {
	if !db.ValidID(id) {
		return claimRow{}, notFound()
	}
	return locked[claimRow](ctx, lock, "id = ?", id)
}

func claimBySource(ctx context.Context, owner, org, key string) (claimRow, error) {
	return locked[claimRow](ctx, false, "owner_id = ? AND org_id = ? AND source_key = ?", owner, org, key)
}

func claimByNumber(ctx context.Context, owner, org, number string) (claimRow, error) {
	return locked[claimRow](ctx, false, "owner_id = ? AND org_id = ? AND number = ?", owner, org, number)
}

func insertClaim(ctx context.Context, r *claimRow) error { return db.Tx(ctx).Create(r).Error }

func saveClaim(ctx context.Context, r *claimRow) error {
	was := r.Version
	r.Version, r.Changed = was+1, db.Micros(db.Now(ctx))
	tx := db.Tx(ctx).Model(&claimRow{}).Where("id = ? AND version = ?", r.ID, was).Updates(map[string]any{"number": r.Number, "state": r.State, "nature": r.Nature, "title": r.Title, "asked": r.Asked, "approved": r.Approved, "settled": r.Settled, "pending": r.Pending, "proof": r.Proof, "deducted": r.Deducted, "note": r.Note, "reason": r.Reason,
		"first_by": r.FirstBy, "first_mark": r.FirstMark, "submitted": r.Submitted, "submitted_by": r.SubmittedBy, "decided": r.Decided, "decided_by": r.DecidedBy, "next_at": r.NextAt, "changed": r.Changed, "version": r.Version})
	if tx.Error == nil && tx.RowsAffected != 1 {
		return changed(was)
	}
	return tx.Error
}

// dueClaims are those of which a line has waited long enough.
func dueClaims(ctx context.Context, now int64, most int) ([]ClaimID, error) {
	var ids []ClaimID
	return ids, db.Tx(ctx).Model(&claimRow{}).Where("next_at > 0 AND next_at <= ?", now).Order("next_at, id").Limit(most).Pluck("id", &ids).Error
}

func linesOf(ctx context.Context, claim string) ([]lineRow, error) {
	var rows []lineRow
	return rows, db.Tx(ctx).Where("claim_id = ?", claim).Order("position").Find(&rows).Error
}

// replaceLines puts lines in place of those of a claim that nobody has decided.
func replaceLines(ctx context.Context, claim string, rows []lineRow) error {
	if err := db.Tx(ctx).Where("claim_id = ?", claim).Delete(&lineRow{}).Error; err != nil {
		return err
	}
	return db.Tx(ctx).CreateInBatches(rows, 200).Error
}

func saveLine(ctx context.Context, r lineRow) error {
	return db.Tx(ctx).Model(&lineRow{}).Where("claim_id = ? AND position = ?", r.ClaimID, r.Position).Updates(map[string]any{"live": r.Live, "approved": r.Approved, "verdict": r.Verdict, "reason": r.Reason, "missing": r.Missing, "due_on": r.DueOn}).Error
}

// setLive makes the keys of a claim's lines taken, or free for another one.
func setLive(ctx context.Context, claim string, live int64) error {
	return db.Tx(ctx).Model(&lineRow{}).Where("claim_id = ?", claim).Update("live", live).Error
}

// takenKeys are those of some keys that live lines of other claims have, with the number of the claim.
func takenKeys(ctx context.Context, owner, org, claim string, keys []string) (map[string]string, error) {
	out := map[string]string{}
	for len(keys) > 0 {
		n := min(len(keys), 500)
		var rows []struct{ LineKey, Number string }
		err := db.Tx(ctx).Raw("SELECT l.line_key, c.number FROM fund_claim_line l JOIN fund_claim c ON c.id = l.claim_id WHERE l.owner_id = ? AND l.org_id = ? AND l.live = 1 AND l.claim_id <> ? AND l.line_key IN ?", owner, org, claim, keys[:n]).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.LineKey] = r.Number
		}
		keys = keys[n:]
	}
	return out, nil
}

// claimsOf are the claims of a request; drafts are the partner's own.
func claimsOf(ctx context.Context, request string, supplier bool) ([]claimRow, error) {
	q := db.Tx(ctx).Where("request_id = ?", request)
	if supplier {
		q = q.Where("submitted > 0")
	}
	var rows []claimRow
	return rows, q.Order("made, id").Limit(200).Find(&rows).Error
}

// liveClaims counts the claims of a request that came to something or still may.
func liveClaims(ctx context.Context, request string) (n int64, err error) {
	err = db.Tx(ctx).Model(&claimRow{}).Where("request_id = ? AND submitted > 0 AND state NOT IN ?", request, []string{string(ClaimDenied), string(ClaimWithdrawn)}).Count(&n).Error
	return n, err
}

// claimsOver counts those of a partner's part of a programme that came to nothing.
func claimsOver(ctx context.Context, program, org string) (n int64, err error) {
	err = db.Tx(ctx).Model(&claimRow{}).Where("program_id = ? AND org_id = ? AND state IN ?", program, org, []string{string(ClaimDenied), string(ClaimWithdrawn)}).Count(&n).Error
	return n, err
}

// openClaims counts those of a request that are not decided to the end.
func openClaims(ctx context.Context, request string) (n int64, err error) {
	err = db.Tx(ctx).Model(&claimRow{}).Where("request_id = ? AND submitted > 0 AND (state IN ? OR pending > 0)", request, []string{string(ClaimSubmitted), string(ClaimCheck), string(ClaimReturned)}).Count(&n).Error
	return n, err
}

func insertFile(ctx context.Context, r fileRow) error { return db.Tx(ctx).Create(&r).Error }

func filesOf(ctx context.Context, subject string) ([]File, error) {
	var rows []fileRow
	err := db.Tx(ctx).Where("subject_id = ?", subject).Order("made, id").Find(&rows).Error
	out := make([]File, len(rows))
	for i, r := range rows {
		out[i] = r.file()
	}
	return out, err
}

// carryFiles gives a claim the files of others of the same money in whose place it comes.
func carryFiles(ctx context.Context, r claimRow, from []ClaimID) error {
	if len(from) == 0 {
		return nil
	}
	var rows []fileRow
	err := db.Tx(ctx).Where("subject_id IN (SELECT id FROM fund_claim WHERE id IN ? AND program_id = ? AND request_id = ? AND org_id = ?)", from, r.ProgramID, r.RequestID, r.OrgID).Order("made, id").Limit(mostFiles).Find(&rows).Error
	had := map[[2]string]bool{}
	for _, f := range rows {
		if err != nil || had[[2]string{f.Item, f.Hash}] {
			continue
		}
		had[[2]string{f.Item, f.Hash}] = true
		f.ID, f.SubjectID = db.NewID(), r.ID
		if f.Verdict == ProofAccepted { // as proof of another claim
			f.Verdict, f.Judged, f.JudgedBy = "", 0, ""
		}
		err = insertFile(ctx, f)
	}
	return err
}

func dropFile(ctx context.Context, subject string, id FileID) error {
	tx := db.Tx(ctx).Where("id = ? AND subject_id = ?", string(id), subject).Delete(&fileRow{})
	if tx.Error == nil && tx.RowsAffected != 1 {
		return notFound()
	}
	return tx.Error
}

// seat is a partner's place in a programme.
type seat struct{ program, org string }

// titlesOf are the titles of the programmes of some rows, as their partners know them.
func titlesOf[T any](ctx context.Context, rows []T, of func(T) seat) (map[seat]string, error) {
	out := map[seat]string{}
	if len(rows) == 0 {
		return out, nil
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, of(r).program)
	}
	heads, err := headsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[of(r)] = heads[of(r).program].Title
	}
	own, err := ownTexts(ctx, ids)
	for _, x := range own {
		out[seat{x.ProgramID, x.OrgID}] = x.Title
	}
	return out, err
}

// visible narrows rows to what the actor's company may see on its sides; drafts are the partner's.
func visible(q *gorm.DB, org string, s sides, f Filter) *gorm.DB {
	switch {
	case s.supplier && s.reseller:
		q = q.Where("(owner_id = ? AND submitted > 0 OR org_id = ?)", org, org)
	case s.supplier:
		q = q.Where("owner_id = ? AND submitted > 0", org)
	case s.reseller:
		q = q.Where("org_id = ?", org)
	default:
		q = q.Where("1 = 0")
	}
	if f.Program != "" {
		q = q.Where("program_id = ?", string(f.Program))
	}
	if f.Partner != "" {
		q = q.Where("(owner_id = ? OR org_id = ?)", f.Partner, f.Partner)
	}
	return q
}

// after begins a page behind a place.
func after(q *gorm.DB, cursor string) (*gorm.DB, error) {
	if cursor == "" {
		return q, nil
	}
	at, id, ok := db.ReadCursor(cursor)
	if !ok {
		return q, fault.InvalidField("after", "form.cursor")
	}
	return q.Where("(changed < ? OR changed = ? AND id < ?)", at, at, id), nil
}

// shown narrows requests to those of a view.
func shownRequests(q *gorm.DB, org, show string) *gorm.DB {
	over := []string{string(ReqDeclined), string(ReqClosed), string(ReqLapsed), string(ReqCancelled)}
	switch show {
	case "waiting":
		return q.Where("(org_id = ? AND state IN ? OR owner_id = ? AND state IN ?)", org, []string{string(ReqDraft), string(ReqReturned), string(ReqApproved)}, org, []string{string(ReqSubmitted), string(ReqReview)})
	case "open":
		return q.Where("state NOT IN ?", over)
	case "over":
		return q.Where("state IN ?", over)
	}
	return q
}

// shownClaims is the same for claims.
func shownClaims(q *gorm.DB, org, show string) *gorm.DB {
	over := []string{string(ClaimDenied), string(ClaimWithdrawn), string(ClaimReconciled)}
	switch show {
	case "waiting":
		return q.Where("(org_id = ? AND state IN ? OR owner_id = ? AND (state IN ? OR pending > 0 OR approved > settled))", org, []string{string(ClaimDraft), string(ClaimReturned)}, org, []string{string(ClaimSubmitted), string(ClaimCheck)})
	case "open":
		return q.Where("state NOT IN ?", over)
	case "over":
		return q.Where("state IN ?", over)
	}
	return q
}

func countWaiting(ctx context.Context, scope access.Scope, s sides) (int, error) {
	var a, b int64
	if err := shownRequests(visible(db.Tx(ctx).Model(&requestRow{}), scope.Org(), s, Filter{}), scope.Org(), "waiting").Count(&a).Error; err != nil {
		return 0, err
	}
	err := shownClaims(visible(db.Tx(ctx).Model(&claimRow{}), scope.Org(), s, Filter{}), scope.Org(), "waiting").Count(&b).Error
	return int(a + b), err
}

func listRequests(ctx context.Context, scope access.Scope, s sides, f Filter) ([]requestRow, string, error) {
	q, err := after(shownRequests(visible(db.Tx(ctx), scope.Org(), s, f), scope.Org(), f.Show), f.After)
	if err != nil {
		return nil, "", err
	}
	var rows []requestRow
	if err := q.Order("changed DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		return rows, db.Cursor(rows[f.Limit-1].Changed, rows[f.Limit-1].ID), nil
	}
	return rows, "", nil
}

func listClaims(ctx context.Context, scope access.Scope, s sides, f Filter) ([]claimRow, string, error) {
	q, err := after(shownClaims(visible(db.Tx(ctx), scope.Org(), s, f), scope.Org(), f.Show), f.After)
	if err != nil {
		return nil, "", err
	}
	var rows []claimRow
	if err := q.Order("changed DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		return rows, db.Cursor(rows[f.Limit-1].Changed, rows[f.Limit-1].ID), nil
	}
	return rows, "", nil
}

// askedBeside is what the partner's other claims on the same money ask for and that nobody
// has decided.
func askedBeside(ctx context.Context, r claimRow) (n int64, err error) {
	err = db.Tx(ctx).Model(&claimRow{}).Select("CAST(COALESCE(SUM(asked), 0) AS BIGINT)").Where("program_id = ? AND org_id = ? AND request_id = ? AND id <> ? AND state IN ?", r.ProgramID, r.OrgID, r.RequestID, r.ID, []string{string(ClaimSubmitted), string(ClaimCheck)}).Scan(&n).Error
	return n, err
}

// approvedOf is what stands approved of all claims of a partner on the money of a programme.
func approvedOf(ctx context.Context, program, org string) (n int64, err error) {
	return n, db.Tx(ctx).Model(&claimRow{}).Select("CAST(COALESCE(SUM(approved), 0) AS BIGINT)").Where("program_id = ? AND org_id = ?", program, org).Scan(&n).Error
}

func claimsAt(ctx context.Context, ids []ClaimID) (out []claimRow, err error) {
	for part := range slices.Chunk(ids, 500) {
		var rows []claimRow
		if err := db.Tx(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}
