package promo

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// lineRow is what a promotion does to one order line; quantities in base units.
type lineRow struct {
	PromotionID                                                            string `gorm:"primaryKey"`
	OrderID                                                                string `gorm:"primaryKey"`
	Line                                                                   int64  `gorm:"primaryKey;autoIncrement:false"`
	OwnerID, OrgID                                                         string
	VersionNo                                                              int64
	Number, SKU, OrderedOn                                                 string
	Arrived                                                                int64
	Unit                                                                   string
	Factor                                                                 int64
	Verdict, Reason, Method, Currency                                      string
	Price, Allowance                                                       int64
	Ordered, Granted, Counted, Confirmed, Shipped, Invoiced, Value, Earned int64
	Base                                                                   int64 // of a cumulative promotion: the price its step is a percentage of
	Free                                                                   int64 // the free goods of a promotion: no part of its limit
	Freed                                                                  int64 // when its documents showed that it does not count: no part of the limit since
}

func (lineRow) TableName() string { return "promotion_line" }

// pactsOf reads the promotions of an owner that a company ever agreed to, with their agreed
// versions; lock takes the seats that have a limit for writing. They are read once for a
// transaction: no seat moves that it has locked, but by itself.
func pactsOf(ctx context.Context, owner, org string, lock bool) ([]pact, error) {
	return db.Remember(ctx, "promo.pacts:"+owner+":"+org+":"+strconv.FormatBool(lock), []string{"promotion", "promotion_seat", "promotion_version"}, func() ([]pact, error) {
		out, err := readPacts(ctx, owner, []string{org}, lock)
		return out[org], err
	})
}

// readPacts reads them of some companies: three queries, and each version once.
func readPacts(ctx context.Context, owner string, orgs []string, lock bool) (map[string][]pact, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var seats []seatRow
	if err := tx.Where("org_id IN ? AND owner_id = ? AND role = ?", orgs, owner, Participant).Order("promotion_id, org_id").Find(&seats).Error; err != nil || len(seats) == 0 {
		return nil, err
	}
	ids := make([]string, len(seats))
	for i, s := range seats {
		ids[i] = s.PromotionID
	}
	ids = slices.Compact(ids)
	var rows []row
	if err := db.Tx(ctx).Omit("draft", "result").Where("id IN ? AND agreed_no > 0", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	var vs []versionRow
	if err := db.Tx(ctx).Where("promotion_id IN ? AND agreed > 0", ids).Order("number").Find(&vs).Error; err != nil {
		return nil, err
	}
	is, versions := map[string]row{}, map[string][]Version{}
	for _, r := range rows {
		is[r.ID] = r
	}
	for _, v := range vs {
		if _, ok := is[v.PromotionID]; !ok {
			continue
		}
		x, err := v.version()
		if err != nil {
			return nil, err
		}
		versions[v.PromotionID] = append(versions[v.PromotionID], x)
	}
	out := map[string][]pact{}
	for _, x := range seats {
		if r, ok := is[x.PromotionID]; ok {
			out[x.OrgID] = append(out[x.OrgID], pact{row: r, seat: x.seat(), versions: versions[r.ID]})
		}
	}
	return out, nil
}

// giveBack removes the rows of an order and what it had taken, and returns them. The seats
// are locked.
func giveBack(ctx context.Context, id trade.OrderID) (rows []lineRow, err error) {
	if err := db.Tx(ctx).Where("order_id = ?", string(id)).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	if err := took(ctx, rows, nil); err != nil {
		return nil, err
	}
	if err := db.Tx(ctx).Where("order_id = ?", string(id)).Delete(&lineRow{}).Error; err != nil {
		return nil, err
	}
	t := tally{}
	t.lines(rows, -1)
	return rows, t.write(ctx)
}

// took counts what rows hold of the limits of their seats, where it is another than before.
func took(ctx context.Context, was, now []lineRow) error {
	type seat struct{ promotion, org string }
	more := map[seat]int64{}
	for i := range was {
		more[seat{was[i].PromotionID, was[i].OrgID}] -= was[i].held()
	}
	for i := range now {
		more[seat{now[i].PromotionID, now[i].OrgID}] += now[i].held()
	}
	for _, x := range slices.SortedFunc(maps.Keys(more), func(a, b seat) int {
		return cmp.Or(strings.Compare(a.promotion, b.promotion), strings.Compare(a.org, b.org))
	}) {
		if more[x] == 0 {
			continue
		}
		if err := db.Tx(ctx).Exec("UPDATE promotion_seat SET taken = taken + ? WHERE promotion_id = ? AND org_id = ?", more[x], x.promotion, x.org).Error; err != nil {
			return err
		}
	}
	return nil
}

// takeLines adds all rows of orders that have none. The seats are locked.
func takeLines(ctx context.Context, rows []lineRow) error {
	if err := took(ctx, nil, rows); err != nil {
		return err
	}
	for _, r := range rows {
		if err := db.LaterRow(ctx, &r, ""); err != nil {
			return err
		}
	}
	t := tally{}
	t.lines(rows, 1)
	return t.write(ctx)
}

// saveLines writes the rows of some orders that are another than they were, and what that
// changes of the sums and of what is left of limits. The seats are locked, and was are all the rows there are.
func saveLines(ctx context.Context, was, now []lineRow) error {
	t := tally{}
	t.lines(was, -1)
	t.lines(now, 1)
	if err := t.write(ctx); err != nil {
		return err
	}
	if err := took(ctx, was, now); err != nil {
		return err
	}
	return writeLines(ctx, was, now)
}

// writeLines is saveLines that leaves the sums and the limits as they are.
func writeLines(ctx context.Context, was, now []lineRow) error {
	added, changed := now, []lineRow(nil)
	if len(was) > 0 {
		type key struct {
			promotion, order string
			line             int64
		}
		old := make(map[key]*lineRow, len(was))
		for i := range was {
			old[key{was[i].PromotionID, was[i].OrderID, was[i].Line}] = &was[i]
		}
		added = nil
		for i := range now {
			k := key{now[i].PromotionID, now[i].OrderID, now[i].Line}
			switch o := old[k]; {
			case o == nil:
				added = append(added, now[i])
			case *o != now[i]:
				changed = append(changed, now[i])
			}
			delete(old, k)
		}
		for k := range old {
			if err := db.Tx(ctx).Where("promotion_id = ? AND order_id = ? AND line = ?", k.promotion, k.order, k.line).Delete(&lineRow{}).Error; err != nil {
				return err
			}
		}
	}
	most := 64
	if db.DialectOf(ctx) == db.SQLite {
		// One by one: before a statement of several rows changes a page, SQLite copies it to a
		// file from which it could take back the statement, and nearly each row that is added
		// goes to pages of its own in the indexes.
		most = 1
	}
	if err := putLines(ctx, added, most); err != nil {
		return err
	}
	return putLines(ctx, changed, 64)
}

// putLines writes rows in statements of a power of two of them, up to most: few texts are made.
func putLines(ctx context.Context, rows []lineRow, most int) error {
	var args []any
	query, of := "", 0
	for len(rows) > 0 {
		for most > len(rows) {
			most /= 2
		}
		if of != most {
			query, of = "INSERT INTO promotion_line ("+lineColumns+") VALUES "+db.Values(lineWidth, most)+lineReplaced, most
		}
		args = args[:0]
		for i := range rows[:most] {
			r := &rows[i]
			args = append(args, r.PromotionID, r.OrderID, r.Line, r.OwnerID, r.OrgID, r.VersionNo, r.Number, r.SKU, r.OrderedOn, r.Arrived, r.Unit, r.Factor, r.Verdict, r.Reason, r.Method, r.Currency, r.Price, r.Allowance,
				r.Ordered, r.Granted, r.Counted, r.Confirmed, r.Shipped, r.Invoiced, r.Value, r.Earned, r.Base, r.Free, r.Freed)
		}
		if _, err := db.Exec(ctx, query, args...); err != nil {
			return err
		}
		rows = rows[most:]
	}
	return nil
}

const (
	lineColumns  = "promotion_id, order_id, line, owner_id, org_id, version_no, number, sku, ordered_on, arrived, unit, factor, verdict, reason, method, currency, price, allowance, ordered, granted, counted, confirmed, shipped, invoiced, value, earned, base, free, freed"
	lineWidth    = 29
	lineReplaced = ` ON CONFLICT (promotion_id, order_id, line) DO UPDATE SET version_no = excluded.version_no, number = excluded.number, sku = excluded.sku, ordered_on = excluded.ordered_on, arrived = excluded.arrived, unit = excluded.unit, factor = excluded.factor,
		verdict = excluded.verdict, reason = excluded.reason, method = excluded.method, currency = excluded.currency, price = excluded.price, allowance = excluded.allowance, ordered = excluded.ordered, granted = excluded.granted,
		counted = excluded.counted, confirmed = excluded.confirmed, shipped = excluded.shipped, invoiced = excluded.invoiced, value = excluded.value, earned = excluded.earned, base = excluded.base, free = excluded.free, freed = excluded.freed`
)

// lockSeats makes whoever changes lines of a company in promotions wait; on SQLite there is
// one writer.
func lockSeats(ctx context.Context, org string, promotions []string) error {
	if db.DialectOf(ctx) != db.Postgres {
		return nil
	}
	var ids []string
	return db.Tx(ctx).Raw("SELECT id FROM promotion_seat WHERE org_id = ? AND promotion_id IN ? ORDER BY promotion_id FOR UPDATE", org, promotions).Scan(&ids).Error
}

func linesKey(owner string, id trade.OrderID) string {
	return "promo.lines:" + owner + ":" + string(id)
}

// readyLines reads the rows of some orders for linesOfOrder, and returns which have any.
func readyLines(ctx context.Context, owner string, ids []trade.OrderID) ([]trade.OrderID, error) {
	var rows []lineRow
	if err := db.Tx(ctx).Where("order_id IN ? AND owner_id = ?", ids, owner).Order("order_id, line").Find(&rows).Error; err != nil {
		return nil, err
	}
	by := map[trade.OrderID][]lineRow{}
	for _, r := range rows {
		by[trade.OrderID(r.OrderID)] = append(by[trade.OrderID(r.OrderID)], r)
	}
	for _, id := range ids {
		db.Know(ctx, linesKey(owner, id), []string{"promotion_line"}, by[id])
	}
	return slices.Collect(maps.Keys(by)), nil
}

func linesOfOrder(ctx context.Context, owner string, id trade.OrderID) ([]lineRow, error) {
	if rows, ok := db.Known[[]lineRow](ctx, linesKey(owner, id)); ok {
		return rows, nil
	}
	return readLines(ctx, owner, id)
}

func readLines(ctx context.Context, owner string, id trade.OrderID) ([]lineRow, error) {
	var rows []lineRow
	return rows, db.Tx(ctx).Where("order_id = ? AND owner_id = ?", string(id), owner).Order("line").Find(&rows).Error
}

// Figures are sums of a promotion's lines that count. Currency is that of Value, net and
// before the allowance, and of Earned.
type Figures struct {
	Org, SKU                              string
	Currency                              money.Currency
	Orders, Lines, Out                    int
	Counted, Confirmed, Shipped, Invoiced money.Quantity
	Sold                                  money.Quantity // on, as far as it was reported and counts
	Value, Earned                         money.Amount
	Extra                                 *Effect `json:",omitempty"` // what it added, as it was settled with
}

// LineFilter chooses lines. Show is "", "in" or "out".
type LineFilter struct {
	Org, SKU, Show string
	After          string
	Limit          int // default 50, at most 1000
}

// Line is one order line with what a promotion does to it; quantities in base units.
type Line struct {
	Order                                        trade.OrderID
	Number                                       string // of the order
	Line                                         int
	Org, SKU                                     string
	OrderedOn                                    string
	Verdict, Reason, Method                      string
	Ordered, Granted, Counted, Shipped, Invoiced money.Quantity
	Allowance                                    money.Price
	Value, Earned                                money.Amount
}

func (r lineRow) line() Line {
	c := money.Currency(r.Currency)
	q := func(n int64) money.Quantity { return money.Quantity(n) }
	return Line{Order: trade.OrderID(r.OrderID), Number: r.Number, Line: int(r.Line), Org: r.OrgID, SKU: r.SKU, OrderedOn: r.OrderedOn, Verdict: r.Verdict, Reason: r.Reason, Method: r.Method, Ordered: q(r.Ordered), Granted: q(r.Granted), Counted: q(r.Counted), Shipped: q(r.Shipped), Invoiced: q(r.Invoiced),
		Allowance: money.Price(r.Allowance), Value: money.Amount{Minor: r.Value, Currency: c}, Earned: money.Amount{Minor: r.Earned, Currency: c}}
}

// listLines reads a page of lines, the latest order first.
func listLines(ctx context.Context, id string, f LineFilter) ([]Line, string, error) {
	q := db.Tx(ctx).Where("promotion_id = ?", id)
	if f.Org != "" {
		q = q.Where("org_id = ?", f.Org)
	}
	if f.SKU != "" {
		q = q.Where("sku = ?", f.SKU)
	}
	switch f.Show {
	case "in":
		q = q.Where("verdict <> ?", LineOut)
	case "out":
		q = q.Where("verdict = ?", LineOut)
	}
	if f.After != "" {
		place, rest, _ := strings.Cut(f.After, ".")
		at, id, ok := db.ReadCursor(place)
		line, err := strconv.Atoi(rest)
		if !ok || err != nil {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
		q = q.Where("arrived <= ? AND (arrived < ? OR order_id < ? OR order_id = ? AND line > ?)", at, at, id, id, line)
	}
	var rows []lineRow
	if err := q.Order("arrived DESC, order_id DESC, line").Limit(f.Limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1]
		next = db.Cursor(last.Arrived, last.OrderID) + "." + strconv.FormatInt(last.Line, 10)
	}
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.line()
	}
	return out, next, nil
}

// allLots bounds how many lots are looked at for one company.
const allLots = 200_000

// lotsOf are what the lines of a company earned to be claimed, the oldest document first:
// of its orders, or of its reports where the date is that of the resale. Those that keep
// does not want are passed over, up to most.
func lotsOf(ctx context.Context, id, org, currency, by string, most int, keep func(Lot) bool) ([]Lot, error) {
	query, args := "SELECT order_id, line, number, sku, ordered_on, invoiced, allowance, factor, earned FROM promotion_line WHERE promotion_id = ? AND org_id = ? AND currency = ? AND earned > 0 AND verdict <> ? AND method IN "+db.Values(len(billed), 1)+" ORDER BY arrived, order_id, line LIMIT ?", []any{id, org, currency, LineOut}
	for _, m := range billed {
		args = append(args, m)
	}
	if by == ByResale {
		query, args = "SELECT report_id, line, number, sku, sold_to, counted, allowance, 1000000, earned FROM promotion_resale WHERE promotion_id = ? AND org_id = ? AND currency = ? AND earned <> 0 AND verdict <> ? ORDER BY arrived, report_id, line LIMIT ?", args[:4:4]
	}
	var out []Lot
	err := db.Rows(ctx, query, append(args, allLots), func(scan func(...any) error) error {
		var l Lot
		var factor money.Quantity
		if err := scan(&l.Document, &l.Line, &l.Number, &l.SKU, &l.On, &l.Quantity, &l.Allowance, &factor, &l.Earned); err != nil {
			return err
		}
		each := per(l.Allowance, factor)
		if times(each, factor) < l.Allowance { // never less than was agreed for the unit of the order
			each++
		}
		l.Allowance = each
		if keep == nil || keep(l) {
			out = append(out, l)
		}
		if len(out) == most {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}

// errEnough ends a reading that has what it wants.
var errEnough = errors.New("enough")

// seenOf is how much of each item the documents show that is of the promotion, with what is
// over a limit, and how much of it counts. What it refused, such as a week that only begins in
// its window, may be other goods than those of a claim, and a correction may still bring it in.
func seenOf(ctx context.Context, id, org, by string) (seen, counts map[string]money.Quantity, err error) {
	q := db.Tx(ctx).Model(&lineRow{}).Select("sku, CAST(SUM(invoiced) AS BIGINT) AS seen, CAST(SUM(invoiced) AS BIGINT) AS counts").Where("verdict <> ?", LineOut)
	if by == ByResale {
		q = db.Tx(ctx).Model(&resaleRow{}).Select("sku, CAST(SUM(CASE WHEN basis = ? THEN counted ELSE sold END) AS BIGINT) AS seen, CAST(SUM(counted) AS BIGINT) AS counts", WhyBack).Where("basis <> ''")
	}
	var rows []struct {
		SKU          string
		Seen, Counts int64
	}
	err = q.Where("promotion_id = ? AND org_id = ?", id, org).Group("sku").Scan(&rows).Error
	seen, counts = map[string]money.Quantity{}, map[string]money.Quantity{}
	for _, r := range rows {
		seen[r.SKU], counts[r.SKU] = money.Quantity(r.Seen), money.Quantity(r.Counts)
	}
	return seen, counts, err
}
