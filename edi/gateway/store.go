package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"entente/db"
)

// doubts is what there is to say against a new interchange; at intake it nearly always is
// nothing.
type doubts struct {
	reused bool // another one of the pair had its control number, at whatever time
	gated  bool // what its sender sends is tested only
}

// insertInterchange stores r, or finds the same interchange stored before:
// identity and digest are equal. It reports whether r is new; if not, r becomes
// the earlier row.
func insertInterchange(ctx context.Context, r *interchangeRow) (isNew bool, d doubts, err error) {
	// What a partial index stands on is no argument: SQLite would plan anew each time.
	const ask = "SELECT CASE WHEN EXISTS (SELECT 1 FROM interchange WHERE sender_id = ? AND sender_ident = ? AND receiver_ident = ? AND control = ? AND origin = '" + OriginSent + "' AND id <> ? AND held <> '" + HeldDiscarded + "') THEN 1 ELSE 0 END," +
		" CASE WHEN EXISTS (SELECT 1 FROM edi_stage WHERE partnership_id = ? AND sender_id = ? AND live = 0) THEN 1 ELSE 0 END"
	var reused, gated int64
	n, err := db.ExecRow(ctx, interchangeInsert+unlessThere, r.values(),
		ask, []any{r.SenderID, r.SenderIdent, r.ReceiverIdent, r.Control, r.ID, r.PartnershipID, r.SenderID}, &reused, &gated)
	if err != nil || n == 1 {
		return err == nil, doubts{reused != 0, gated != 0}, err
	}
	var earlier interchangeRow
	err = db.Tx(ctx).Where(
		"sender_id = ? AND sender_ident = ? AND receiver_ident = ? AND control = ? AND dated = ? AND digest = ? AND origin = ?",
		r.SenderID, r.SenderIdent, r.ReceiverIdent, r.Control, r.Dated, r.Digest, r.Origin,
	).Take(&earlier).Error
	*r = earlier
	return false, doubts{}, err
}

// arrivals are the interchanges that were stored ahead, by what their submissions brought.
type arrivals map[*interchangeRow]*arrival

type arrival struct {
	interchangeRow
	doubts
	isNew bool
}

// insertAhead stores the interchanges of all who share a commit, and asks at once what
// there is to say against them. Of several under one control number it leaves all but the
// first, which are not to be held for those after it.
func insertAhead(ctx context.Context, items []any) (any, error) {
	out, byID := make(arrivals, len(items)), make(map[string]*arrival, len(items))
	seen := make(map[[4]string]bool, len(items))
	ids := make([]any, 0, len(items))
	for _, item := range items {
		row := item.(*interchangeRow)
		number := [4]string{row.SenderID, row.SenderIdent, row.ReceiverIdent, row.Control}
		if seen[number] {
			continue
		}
		seen[number] = true
		a := &arrival{interchangeRow: *row}
		a.arrive(db.NewID(), db.Now(ctx))
		if err := db.Later(ctx, "interchange", interchangeColumns, unlessThere, a.values()...); err != nil {
			return nil, err
		}
		out[row], byID[a.ID], ids = a, a, append(ids, a.ID)
	}
	for len(ids)&(len(ids)-1) != 0 { // few texts
		ids = append(ids, ids[0])
	}
	err := db.Rows(ctx, "SELECT r.id, CASE WHEN EXISTS (SELECT 1 FROM interchange i WHERE i.sender_id = r.sender_id AND i.sender_ident = r.sender_ident AND i.receiver_ident = r.receiver_ident AND i.control = r.control AND i.origin = '"+OriginSent+"' AND i.id <> r.id AND i.held <> '"+HeldDiscarded+"') THEN 1 ELSE 0 END,"+
		" CASE WHEN EXISTS (SELECT 1 FROM edi_stage s WHERE s.partnership_id = r.partnership_id AND s.sender_id = r.sender_id AND s.live = 0) THEN 1 ELSE 0 END FROM interchange r WHERE r.id IN "+db.Values(len(ids), 1), ids,
		func(scan func(...any) error) error {
			var id string
			var reused, gated int64
			if err := scan(&id, &reused, &gated); err != nil {
				return err
			}
			byID[id].isNew, byID[id].doubts = true, doubts{reused != 0, gated != 0}
			return nil
		})
	return out, err
}

// insertedAhead gives r as it was stored ahead, if it was.
func insertedAhead(ctx context.Context, brought, r *interchangeRow) (doubts, bool) {
	all, _ := db.Ahead(ctx).(arrivals)
	a := all[brought]
	if a == nil || !a.isNew {
		return doubts{}, false
	}
	*r = a.interchangeRow
	return a.doubts, true
}

// unlessThere keeps one row of an interchange.
const unlessThere = " ON CONFLICT (sender_id, sender_ident, receiver_ident, control, dated, digest, origin) DO NOTHING"

var interchangeInsert = "INSERT INTO interchange (" + interchangeColumns + ") VALUES " + db.Values(45, 1)

// interchangeColumns are those of values.
const interchangeColumns = "id, submission_id, position, sender_id, receiver_id, partnership_id, supplier_id, reseller_id, origin, door, syntax, version, sender_ident, receiver_ident, control, dated, test," +
	" blob, start_at, size, sha256, digest, types, set_count, state, result, held, duplicate_of, answers, findings, lane, next_at, attempts, fence, sets_done, last_error, delivery, fetched, acknowledged, made_by, received, processed, delegate_id, network, way"

// values are those of interchangeColumns.
func (r *interchangeRow) values() []any {
	return []any{
		r.ID, r.SubmissionID, r.Position, r.SenderID, r.ReceiverID, r.PartnershipID, r.SupplierID, r.ResellerID, r.Origin, r.Door, r.Syntax, r.Version, r.SenderIdent, r.ReceiverIdent, r.Control, r.Dated, r.Test,
		r.Blob, r.StartAt, r.Size, r.Sha256, r.Digest, r.Types, r.SetCount, r.State, r.Result, r.Held, r.DuplicateOf, r.Answers, r.Findings, r.Lane, r.NextAt, r.Attempts, r.Fence, r.SetsDone, r.LastError, r.Delivery, r.Fetched, r.Acknowledged, r.MadeBy, r.Received, r.Processed, r.DelegateID, r.Network, r.Way,
	}
}

// controlUsed finds another interchange of the pair with the same control number,
// the first of them; empty when there is none.
func controlUsed(ctx context.Context, r *interchangeRow, since time.Time) (string, error) {
	var id string
	_, err := db.Row(ctx, "SELECT id FROM interchange WHERE sender_id = ? AND sender_ident = ? AND receiver_ident = ? AND control = ? AND origin = ? AND id <> ? AND held <> ? AND received >= ? ORDER BY received, id LIMIT 1",
		[]any{r.SenderID, r.SenderIdent, r.ReceiverIdent, r.Control, OriginSent, r.ID, HeldDiscarded, db.Micros(since)}, &id)
	return id, err
}

// controlTaken is controlUsed seen from processing: of two that came at the same
// moment on two nodes the one with the smaller id goes on, unless the other was
// quicker.
func controlTaken(ctx context.Context, r *interchangeRow, since time.Time) (string, error) {
	return firstID(db.Tx(ctx).Model(&interchangeRow{}).Where(
		"sender_id = ? AND sender_ident = ? AND receiver_ident = ? AND control = ? AND origin = ? AND id <> ? AND held <> ? AND received >= ?",
		r.SenderID, r.SenderIdent, r.ReceiverIdent, r.Control, OriginSent, r.ID, HeldDiscarded, db.Micros(since),
	).Where("(state = ? AND id < ?) OR sets_done > 0 OR (state = ? AND held = '')", string(Received), r.ID, string(Processed)).Order("received, id"))
}

func firstID(q *gorm.DB) (string, error) {
	var ids []string
	err := q.Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

func interchangeByID(ctx context.Context, id string) (*interchangeRow, error) {
	if !db.ValidID(id) {
		return nil, notFound()
	}
	var r interchangeRow
	err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, notFound()
	}
	return &r, err
}

func interchangesByID(ctx context.Context, ids []string) ([]interchangeRow, error) {
	var out []interchangeRow
	if len(ids) == 0 {
		return nil, nil
	}
	return out, db.Tx(ctx).Where("id IN ?", ids).Order("received, id").Find(&out).Error
}

func submissionByKey(ctx context.Context, org, key string) (*submissionRow, error) {
	var r submissionRow
	err := db.Tx(ctx).Where("org_id = ? AND idempotency_key = ?", org, key).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &r, err
}

// insertSubmission stores r unless its key is taken, and reports whether it did.
func insertSubmission(ctx context.Context, r *submissionRow) (bool, error) {
	n, err := db.Exec(ctx, "INSERT INTO edi_submission (org_id, id, idempotency_key, sha256, answer, made_by, received) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		r.OrgID, r.ID, r.IdempotencyKey, r.Sha256, r.Answer, r.MadeBy, r.Received)
	return n == 1, err
}

func setsOf(ctx context.Context, id string, after, limit int) ([]setRow, error) {
	var out []setRow
	return out, db.Tx(ctx).Where("interchange_id = ? AND position > ?", id, after).Order("position").Limit(limit).Find(&out).Error
}

func setAt(ctx context.Context, id string, position int) (*setRow, error) {
	var r setRow
	err := db.Tx(ctx).Where("interchange_id = ? AND position = ?", id, position).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, notFound()
	}
	return &r, err
}

// firstSet is the first refused set of an interchange, else the first.
func firstSet(ctx context.Context, r *interchangeRow) (*setRow, error) {
	if r.Result == ResultRejected || r.Result == ResultPartly {
		var refused []setRow
		err := db.Tx(ctx).Where("interchange_id = ? AND result = ?", r.ID, ResultRejected).Order("position").Limit(1).Find(&refused).Error
		if err != nil {
			return nil, err
		}
		if len(refused) == 1 {
			return &refused[0], nil
		}
	}
	return setAt(ctx, r.ID, 1)
}

// neighbours are offsets in an interchange around one of its sets.
type neighbours struct {
	first  int64 // of its first set
	before int64 // the end of the last set before the group of the one
	group  int64 // of the first set of that group
	last   int64 // the end of its last set
}

func neighboursOf(ctx context.Context, set *setRow) (out neighbours, err error) {
	at := func(order, where string, args ...any) (*setRow, error) {
		var r []setRow
		err := db.Tx(ctx).Select("position", "start_at", "size").Where("interchange_id = ?", set.InterchangeID).Where(where, args...).Order(order).Limit(1).Find(&r).Error
		if err != nil || len(r) == 0 {
			return nil, err
		}
		return &r[0], nil
	}
	first, err := at("position", "position >= 1")
	if err != nil || first == nil {
		return out, err
	}
	last, err := at("position DESC", "position >= 1")
	if err != nil {
		return out, err
	}
	out = neighbours{first: first.StartAt, group: first.StartAt, last: last.StartAt + last.Size}
	if set.GroupNo < 2 {
		return out, nil
	}
	before, err := at("position DESC", "position < ? AND group_no < ?", set.Position, set.GroupNo)
	if err != nil || before == nil {
		return out, err
	}
	group, err := at("position", "position > ?", before.Position)
	if err == nil {
		out.before, out.group = before.StartAt+before.Size, group.StartAt
	}
	return out, err
}

// settleSet changes what became of a set in the business.
func settleSet(ctx context.Context, id string, position int, out ReplyOut) error {
	return db.Tx(ctx).Model(&setRow{}).Where("interchange_id = ? AND position = ? AND business IN ?", id, position, []string{BusinessWaiting, BusinessHeld}).
		Updates(map[string]any{"business": out.Outcome, "document_kind": out.Kind, "document_id": out.ID}).Error
}

// forgetSets takes back the verdicts on an interchange, of which nothing was booked.
func forgetSets(ctx context.Context, id string) error {
	if err := db.Tx(ctx).Where("interchange_id = ?", id).Delete(&setRow{}).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Where("interchange_id = ?", id).Delete(&numberRow{}).Error; err != nil {
		return err
	}
	return db.Tx(ctx).Where("interchange_id = ?", id).Delete(&groupRow{}).Error
}

// insertSets stores verdicts on sets, many to a statement.
func insertSets(ctx context.Context, sets []setRow) error {
	for i := range sets {
		if err := db.LaterRow(ctx, &sets[i], ""); err != nil {
			return err
		}
	}
	return nil
}

func insertGroup(ctx context.Context, r *groupRow) error {
	return db.LaterRow(ctx, r, "")
}

// insertNumbers keeps the further numbers of a set.
func insertNumbers(ctx context.Context, set *setRow, numbers []string) error {
	for _, n := range numbers {
		if err := db.LaterRow(ctx, &numberRow{InterchangeID: set.InterchangeID, Position: set.Position, Value: n, SupplierID: set.SupplierID, ResellerID: set.ResellerID}, ""); err != nil {
			return err
		}
	}
	return nil
}

// setsOfGroup reads the stored sets of one group, as far as an answer needs them: there may
// be a hundred thousand.
func setsOfGroup(ctx context.Context, id string, group int64, fn func(r *setRow)) error {
	var last setRow
	same := func(now *string, was string) { // one copy of what all have
		if *now == was {
			*now = was
		}
	}
	return db.Rows(ctx, "SELECT kind, control, implementation, group_version, result, findings FROM edi_set WHERE interchange_id = ? AND group_no = ? ORDER BY position", []any{id, group}, func(scan func(...any) error) error {
		var r setRow
		if err := scan(&r.Kind, &r.Control, &r.Implementation, &r.GroupVersion, &r.Result, &r.Findings); err != nil {
			return err
		}
		same(&r.Kind, last.Kind)
		same(&r.Implementation, last.Implementation)
		same(&r.GroupVersion, last.GroupVersion)
		same(&r.Result, last.Result)
		last = r
		fn(&r)
		return nil
	})
}

func groupsOf(ctx context.Context, id string) ([]groupRow, error) {
	var out []groupRow
	return out, db.Tx(ctx).Where("interchange_id = ?", id).Order("group_no").Find(&out).Error
}

// tally counts the stored sets of an interchange.
type tally struct {
	total, rejected int64
	kinds           []string // in the order of their first set
}

func (t *tally) add(kind, result string) {
	t.total++
	if result == ResultRejected {
		t.rejected++
	}
	if !slices.Contains(t.kinds, kind) && len(t.kinds) < maxKinds {
		t.kinds = append(t.kinds, kind)
	}
}

func (t tally) copied() tally {
	t.kinds = slices.Clone(t.kinds)
	return t
}

// maxKinds bounds the set types listed of an interchange.
const maxKinds = 20

func tallyOf(ctx context.Context, id string) (tally, error) {
	var rows []setRow
	err := db.Tx(ctx).Select("kind", "result").Where("interchange_id = ?", id).Order("position").Find(&rows).Error
	var t tally
	for _, r := range rows {
		t.add(r.Kind, r.Result)
	}
	return t, err
}

// change updates one interchange under a condition and reports whether it held.
func change(ctx context.Context, id string, values map[string]any, where string, args ...any) (bool, error) {
	res := db.Tx(ctx).Model(&interchangeRow{}).Where("id = ?", id).Where(where, args...).Updates(values)
	return res.RowsAffected == 1, res.Error
}

// claimRows takes interchanges as they were read, until next (microseconds), and returns
// those that it got, claimed.
func claimRows(ctx context.Context, rows []interchangeRow, next int64) ([]interchangeRow, error) {
	var out []interchangeRow
	for some := range slices.Chunk(rows, 64) {
		args := []any{next, string(Received)}
		for _, r := range some {
			args = append(args, r.ID, r.Fence, r.NextAt)
		}
		places := "(CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint))" + strings.Repeat(", (?, ?, ?)", len(some)-1)
		got := map[string]bool{}
		err := db.Rows(ctx, "UPDATE interchange SET attempts = attempts + 1, fence = fence + 1, next_at = ? WHERE state = ? AND (id, fence, next_at) IN (VALUES "+places+") RETURNING id", args, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			got[id] = true
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, r := range some {
			if got[r.ID] {
				r.Attempts, r.Fence, r.NextAt = r.Attempts+1, r.Fence+1, next
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// controlsShared says which of some interchanges have a control number that another one
// of their pair has too. On SQLite none is looked for: with one writer intake sees every
// other one.
func controlsShared(ctx context.Context, rows []interchangeRow) (map[string]bool, error) {
	if db.DialectOf(ctx) == db.SQLite {
		return nil, nil
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	var found []string
	err := db.Tx(ctx).Raw("SELECT DISTINCT r.id FROM interchange r JOIN interchange i ON i.sender_id = r.sender_id AND i.sender_ident = r.sender_ident AND i.receiver_ident = r.receiver_ident AND i.control = r.control"+
		" AND i.origin = ? AND i.id <> r.id AND i.held <> ? WHERE r.id IN ?", OriginSent, HeldDiscarded, ids).Scan(&found).Error
	out := map[string]bool{}
	for _, id := range found {
		out[id] = true
	}
	return out, err
}

// counterName is the counter of everything we send from one identity to another.
func counterName(sender, receiver string) string { return "edi " + sender + " " + receiver }

// nextControl takes the next control number of a pair: 1 to 999999999, then 1
// again. Interchange, group, production and test share it.
func nextControl(ctx context.Context, sender, receiver string) (int64, error) {
	var n int64
	_, err := db.Row(ctx, `INSERT INTO counter (name, value) VALUES (?, 1)
ON CONFLICT (name) DO UPDATE SET value = CASE WHEN counter.value >= 999999999 THEN 1 ELSE counter.value + 1 END
RETURNING value`, []any{counterName(sender, receiver)}, &n)
	return n, err
}

// giveBack undoes nextControl in the transaction that took the number, where nothing is
// to carry it: the numbers of a pair have no gaps.
func giveBack(ctx context.Context, sender, receiver string) error {
	return db.Tx(ctx).Exec("UPDATE counter SET value = value - 1 WHERE name = ?", counterName(sender, receiver)).Error
}

// lockPair makes others who emit for the same pair wait until we commit.
func lockPair(ctx context.Context, sender, receiver string) error {
	return lockCounter(ctx, counterName(sender, receiver))
}

func lockCounter(ctx context.Context, name string) error {
	return db.Tx(ctx).Exec(`INSERT INTO counter (name, value) VALUES (?, 0) ON CONFLICT (name) DO UPDATE SET value = counter.value`, name).Error
}

// madeFor finds the interchange that carried a document of ours before.
func madeFor(ctx context.Context, ref Ref, kind string) (*interchangeRow, error) {
	var out []interchangeRow
	err := db.Tx(ctx).Model(&interchangeRow{}).
		Joins("JOIN edi_set ON edi_set.interchange_id = interchange.id").
		Where("edi_set.document_kind = ? AND edi_set.document_id = ? AND edi_set.kind = ? AND interchange.origin = ?", ref.Kind, ref.ID, kind, OriginMade).
		Order("interchange.received, interchange.id").Limit(1).Find(&out).Error
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return &out[0], nil
}

// madeByControl finds what we sent under a control number, the latest of them.
func madeByControl(ctx context.Context, senderOrg, sender, receiver, control string) (*interchangeRow, error) {
	var out []interchangeRow
	err := db.Tx(ctx).Where("sender_id = ? AND sender_ident = ? AND receiver_ident = ? AND control = ? AND origin = ?",
		senderOrg, sender, receiver, control, OriginMade).Order("received DESC, id DESC").Limit(1).Find(&out).Error
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return &out[0], nil
}
