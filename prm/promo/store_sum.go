package promo

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
)

// Sums are kept in the transaction that writes lines, under the lock of their seats: a page
// of figures reads some rows for each company, however many lines there are. A rebuild
// counts them again (recount).

// Grains of sums.
const (
	byOrg = "org"
	bySKU = "sku"
)

// soldOn stands for the way of settlement in sums of resale lines.
const soldOn = "resale"

// sumKey names one sum.
type sumKey struct{ promotion, grain, org, sku, method, currency string }

func (k sumKey) compare(l sumKey) int {
	return cmp.Or(cmp.Compare(k.promotion, l.promotion), cmp.Compare(k.grain, l.grain), cmp.Compare(k.org, l.org), cmp.Compare(k.sku, l.sku), cmp.Compare(k.method, l.method), cmp.Compare(k.currency, l.currency))
}

// sum is what it adds up to. Orders are those with a line that counts.
type sum struct{ orders, lines, out, counted, confirmed, shipped, invoiced, sold, value, earned int64 }

func (s *sum) add(l sum, sign int64) {
	s.orders += sign * l.orders
	s.lines += sign * l.lines
	s.out += sign * l.out
	s.counted += sign * l.counted
	s.confirmed += sign * l.confirmed
	s.shipped += sign * l.shipped
	s.invoiced += sign * l.invoiced
	s.sold += sign * l.sold
	s.value += sign * l.value
	s.earned += sign * l.earned
}

type tally map[sumKey]sum

func (t tally) add(k sumKey, x sum, sign int64) {
	s := t[k]
	s.add(x, sign)
	t[k] = s
}

// adder adds up lines, those of an order one after the other.
type adder map[sumKey]*adding

type adding struct {
	sum
	order string // the last one that counts
}

func (a adder) at(k sumKey) *adding {
	x := a[k]
	if x == nil {
		x = &adding{}
		a[k] = x
	}
	return x
}

func (a adder) line(r *lineRow) {
	a.at(sumKey{r.PromotionID, byOrg, r.OrgID, "", r.Method, r.Currency}).line(r)
	a.at(sumKey{r.PromotionID, bySKU, r.OrgID, r.SKU, r.Method, r.Currency}).line(r)
}

func (x *adding) line(r *lineRow) {
	if r.Verdict == LineOut {
		x.out++
	} else {
		if x.lines++; x.order != r.OrderID {
			x.order = r.OrderID
			x.orders++
		}
	}
	x.counted += r.Counted
	x.confirmed += r.Confirmed
	x.shipped += r.Shipped
	x.invoiced += r.Invoiced
	x.value += r.Value
	x.earned += r.Earned
}

func (a adder) into(t tally, sign int64) {
	for k, x := range a {
		t.add(k, x.sum, sign)
	}
}

// lines adds all lines that some orders have, or takes them away: those of an order stand
// one after the other.
func (t tally) lines(rows []lineRow, sign int64) {
	a := adder{}
	for i := range rows {
		a.line(&rows[i])
	}
	a.into(t, sign)
}

// resales adds resale lines that count, or takes them away.
func (t tally) resales(rows []resaleRow, sign int64) {
	for _, r := range rows {
		if r.Verdict == LineOut {
			continue
		}
		one := sum{lines: 1, sold: r.Counted, earned: r.Earned}
		if r.Allowance != 0 {
			one.value = r.Value
		}
		for _, k := range [2]sumKey{{r.PromotionID, byOrg, r.OrgID, "", soldOn, r.Currency}, {r.PromotionID, bySKU, r.OrgID, r.SKU, soldOn, r.Currency}} {
			t.add(k, one, sign)
		}
	}
}

const (
	sumColumns = "promotion_id, grain, org_id, sku, method, currency, orders, lines, out_lines, counted, confirmed, shipped, invoiced, sold, value, earned"
	sumWidth   = 16
	sumAdd     = ` ON CONFLICT (promotion_id, grain, org_id, sku, method, currency) DO UPDATE SET orders = promotion_sum.orders + excluded.orders, lines = promotion_sum.lines + excluded.lines, out_lines = promotion_sum.out_lines + excluded.out_lines,
		counted = promotion_sum.counted + excluded.counted, confirmed = promotion_sum.confirmed + excluded.confirmed, shipped = promotion_sum.shipped + excluded.shipped, invoiced = promotion_sum.invoiced + excluded.invoiced,
		sold = promotion_sum.sold + excluded.sold, value = promotion_sum.value + excluded.value, earned = promotion_sum.earned + excluded.earned`
)

// write adds to the sums, always in the same order: no two transactions wait for each other.
func (t tally) write(ctx context.Context) error {
	var args []any
	n := 0
	for _, k := range slices.SortedFunc(maps.Keys(t), sumKey.compare) {
		s := t[k]
		if s == (sum{}) {
			continue
		}
		n++
		args = append(args, k.promotion, k.grain, k.org, k.sku, k.method, k.currency, s.orders, s.lines, s.out, s.counted, s.confirmed, s.shipped, s.invoiced, s.sold, s.value, s.earned)
	}
	for size := 64; n > 0; { // of a power of two: few texts are made
		for size > n {
			size /= 2
		}
		if _, err := db.Exec(ctx, "INSERT INTO promotion_sum ("+sumColumns+") VALUES "+db.Values(sumWidth, size)+sumAdd, args[:size*sumWidth]...); err != nil {
			return err
		}
		n, args = n-size, args[size*sumWidth:]
	}
	return nil
}

// sums reads what lines add up to by a column ("org_id" or "sku"), per currency; org narrows them.
func sums(ctx context.Context, id, org, by string) ([]Figures, error) {
	grain := byOrg
	if by == bySKU {
		grain = bySKU
	}
	q, args := "promotion_id = ? AND grain = ?", []any{id, grain}
	if org != "" {
		q += " AND org_id = ?"
		args = append(args, org)
	}
	var rows []struct {
		Name, Currency                                                         string
		Orders, Lines, Out, Counted, Confirmed, Shipped, Invoiced, Sold, Value int64
		Earned                                                                 int64
	}
	add := func(c, as string) string { return ", CAST(SUM(" + c + ") AS BIGINT) AS " + as }
	err := db.Tx(ctx).Raw("SELECT "+by+" AS name, currency"+add("orders", "orders")+add("CASE WHEN method <> '"+soldOn+"' THEN lines ELSE 0 END", "lines")+add("out_lines", "out")+add("counted", "counted")+add("confirmed", "confirmed")+
		add("shipped", "shipped")+add("invoiced", "invoiced")+add("sold", "sold")+add("value", "value")+add("earned", "earned")+
		" FROM promotion_sum WHERE "+q+" GROUP BY "+by+", currency HAVING SUM(lines) + SUM(out_lines) > 0 ORDER BY "+by+", currency", args...).Scan(&rows).Error
	out := make([]Figures, len(rows))
	for i, r := range rows {
		c := money.Currency(r.Currency)
		out[i] = Figures{Currency: c, Orders: int(r.Orders), Lines: int(r.Lines), Out: int(r.Out), Counted: money.Quantity(r.Counted), Confirmed: money.Quantity(r.Confirmed), Shipped: money.Quantity(r.Shipped), Invoiced: money.Quantity(r.Invoiced), Sold: money.Quantity(r.Sold),
			Value: money.Amount{Minor: r.Value, Currency: c}, Earned: money.Amount{Minor: r.Earned, Currency: c}}
		if by == bySKU {
			out[i].SKU = r.Name
		} else {
			out[i].Org = r.Name
		}
	}
	return out, err
}

// earnedOf is what the lines of a company earned to be claimed together: see lotsOf.
func earnedOf(ctx context.Context, id, org, currency, by string) (n int64, err error) {
	methods := billed
	if by == ByResale {
		methods = []string{soldOn}
	}
	err = db.Tx(ctx).Raw("SELECT CAST(COALESCE(SUM(earned), 0) AS BIGINT) FROM promotion_sum WHERE promotion_id = ? AND grain = ? AND org_id = ? AND currency = ? AND method IN ?", id, byOrg, org, currency, methods).Scan(&n).Error
	return max(0, n), err
}

// counting are the sums of the resale lines of a company in a promotion.
var counting = [2]string{
	resaleSums("'org'", "''", "currency"),
	resaleSums("'sku'", "sku", "currency, sku"),
}

func resaleSums(grain, sku, by string) string {
	return "SELECT promotion_id, " + grain + ", org_id, " + sku + ", '" + soldOn + "', currency, 0, COUNT(*), 0, 0, 0, 0, 0, CAST(SUM(counted) AS BIGINT), CAST(SUM(CASE WHEN allowance <> 0 THEN value ELSE 0 END) AS BIGINT), CAST(SUM(earned) AS BIGINT) FROM promotion_resale WHERE promotion_id = ? AND org_id = ? AND verdict <> 'out' GROUP BY promotion_id, org_id, " + by
}

func readSums(ctx context.Context, into tally, sign int64, query string, args ...any) error {
	return db.Rows(ctx, query, args, func(scan func(dest ...any) error) error {
		var k sumKey
		var s sum
		err := scan(&k.promotion, &k.grain, &k.org, &k.sku, &k.method, &k.currency, &s.orders, &s.lines, &s.out, &s.counted, &s.confirmed, &s.shipped, &s.invoiced, &s.sold, &s.value, &s.earned)
		into.add(k, s, sign)
		return err
	})
}

// recount counts the sums of a company in a promotion again, with what its order lines come
// to, and says how many were another.
func recount(ctx context.Context, id, org string, lines addedUp) (int, error) {
	apart := lines.sums
	if err := readSums(ctx, apart, -1, "SELECT "+sumColumns+" FROM promotion_sum WHERE promotion_id = ? AND org_id = ?", id, org); err != nil {
		return 0, err
	}
	for _, q := range counting {
		if err := readSums(ctx, apart, 1, q, id, org); err != nil {
			return 0, err
		}
	}
	n := 0
	for _, s := range apart {
		if s != (sum{}) {
			n++
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, apart.write(ctx)
}

// between is the condition of the seats that one of two companies has with the other.
const between = "(s.org_id = ? AND p.owner_id = ? OR s.org_id = ? AND p.owner_id = ?) AND s.state IN ('asked', 'approved') AND p.state <> 'draft'"

// statesWith counts the promotions of two companies by state.
func statesWith(ctx context.Context, scope access.Scope, other string) (map[State]int, error) {
	var rows []struct {
		State State
		N     int
	}
	err := db.Tx(ctx).Raw("SELECT p.state, COUNT(*) AS n FROM promotion_seat s JOIN promotion p ON p.id = s.promotion_id WHERE "+between+" GROUP BY p.state", other, scope.Org(), scope.Org(), other).Scan(&rows).Error
	out := map[State]int{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, err
}

// sumsWith adds up the sums of the promotions of two companies.
func sumsWith(ctx context.Context, scope access.Scope, other string) ([]Shared, error) {
	var rows []struct {
		OrgID, Currency       string
		Counted, Sold, Earned int64
	}
	err := db.Tx(ctx).Raw("SELECT t.org_id, t.currency, CAST(SUM(t.counted) AS BIGINT) AS counted, CAST(SUM(t.sold) AS BIGINT) AS sold, CAST(SUM(t.earned) AS BIGINT) AS earned FROM promotion_seat s JOIN promotion p ON p.id = s.promotion_id JOIN promotion_sum t ON t.promotion_id = p.id AND t.grain = ? AND t.org_id = s.org_id WHERE "+
		between+" GROUP BY t.org_id, t.currency HAVING SUM(t.lines) > 0 ORDER BY t.org_id, t.currency", byOrg, other, scope.Org(), scope.Org(), other).Scan(&rows).Error
	out := make([]Shared, len(rows))
	for i, r := range rows {
		out[i] = Shared{Org: r.OrgID, Counted: money.Quantity(r.Counted), Sold: money.Quantity(r.Sold), Earned: money.Amount{Minor: r.Earned, Currency: money.Currency(r.Currency)}}
	}
	return out, err
}
