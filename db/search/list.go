package search

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"entente/db"
)

// A list is read in the order of one of its indexes. What else narrows it (words, an
// invoice that differs) is a sieve: rows are tested where many pass, and asked for by
// their keys where few do, so that neither costs more with more rows.
var (
	walked = 1000    // rows of a list that are tested before keys are counted
	far    = 20_000  // rows that are tested where keys are more than a few
	few    = 4000    // keys that are asked for at once
	many   = 100_000 // keys that are asked for where rows far down the list did not pass
	first  = 8       // pages of keys that are taken from the top of a sorted sieve
)

// List is a list of a table that has a column id.
type List struct {
	Table string
	At    string // the column it is ordered by, before id
	Up    bool   // the smallest first
	Index string // to be read by, where the table has several that would do
	After []any  // the row before the page, its At and its id; nil: from the first on
	Far   int    // rows that are tested where keys are more than a few, if a test costs more than usual
	// Where narrows it to what an index on its order holds.
	Where func(*gorm.DB) *gorm.DB
}

// Sieve is a condition on the rows of a list. Test reads one row of List.Table by an
// index of another table; Keys yields the ids of the rows that pass, in the column Key,
// and Size about as many rows, without asking for what they are.
type Sieve struct {
	Test, Key, Keys, Size        string
	TestArgs, KeysArgs, SizeArgs []any
	Once                         bool // no key comes twice
	// Top yields each key in the column sift_key with its value of List.At in sift_at, for
	// all rows of the list that pass and perhaps others: the top of the list is then found
	// without a look at the rows themselves.
	Top     string
	TopArgs []any
}

// Sift reads up to so many rows of a list that pass all sieves, in the order of the list.
func Sift[T any](ctx context.Context, l List, sieves []Sieve, limit int) (rows []T, err error) {
	order, past, beyond := l.At+" DESC, id DESC", "<", ">="
	if l.Up {
		order, past, beyond = l.At+", id", ">", "<="
	}
	page := func(tx *gorm.DB) *gorm.DB {
		if tx = l.Where(tx); l.After != nil {
			tx = tx.Where("("+l.At+", id) "+past+" (?, ?)", l.After...)
		}
		return tx
	}
	test := func(tx *gorm.DB, but int) *gorm.DB {
		for i, s := range sieves {
			if i != but {
				tx = tx.Where(s.Test, s.TestArgs...)
			}
		}
		return tx.Order(order).Limit(limit)
	}
	list := func() *gorm.DB { return page(db.Tx(ctx).Table(By(db.DialectOf(ctx), l.Table, l.Index))) }
	all := func() ([]T, error) { return rows, db.Translate(test(list(), -1).Find(&rows).Error) }
	walk := func(n int) (bool, error) { // whether it is enough
		edge, more, err := edgeOf(list().Select(l.At, "id").Order(order).Offset(n - 1).Limit(1))
		if err != nil {
			return false, err
		}
		tx := list()
		if more {
			tx = tx.Where("("+l.At+", id) "+beyond+" (?, ?)", edge...)
		}
		rows = nil
		err = db.Translate(test(tx, -1).Find(&rows).Error)
		return !more || len(rows) >= limit, err
	}
	if len(sieves) == 0 {
		return all()
	}
	if enough, err := walk(walked); err != nil || enough {
		return rows, err
	}
	near := len(rows) > 0 // some pass at the top: more do a little further
	by, least := -1, int64(many)
	for i, s := range sieves {
		var n int64
		if err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM ("+s.Size+" LIMIT ?) k", append(slices.Clone(s.SizeArgs), least+1)...).Scan(&n).Error; err != nil {
			return nil, db.Translate(err)
		}
		if n <= least {
			by, least = i, n
		}
	}
	// read reads the page of so many keys; whole says whether the page holds all that it can.
	read := func(keys string, args []any, n int) (whole bool, err error) {
		var ids []string
		err = test(page(db.Tx(ctx).Table(each(db.DialectOf(ctx), keys, l.Table, "id", "m.sift_key"), args...)), by).Limit(n).Pluck("id", &ids).Error
		if rows = nil; err != nil || len(ids) == 0 {
			return true, db.Translate(err)
		}
		had := len(ids)
		ids = slices.Compact(ids)
		ids = ids[:min(len(ids), limit)]
		return had < n || len(ids) == limit, db.Translate(db.Tx(ctx).Table(l.Table).Where("id IN ?", ids).Order(order).Find(&rows).Error)
	}
	if by >= 0 && least > int64(few) && sieves[by].Top != "" {
		keys, args := "(SELECT sift_key FROM ("+sieves[by].Top+") k", slices.Clone(sieves[by].TopArgs)
		if l.After != nil {
			keys, args = keys+" WHERE (sift_at, sift_key) "+past+" (?, ?)", append(args, l.After...)
		}
		way := "sift_at DESC, sift_key DESC"
		if l.Up {
			way = "sift_at, sift_key"
		}
		if _, err := read(keys+" ORDER BY "+way+" LIMIT ?) m", append(args, first*limit), limit); err != nil || len(rows) >= limit {
			return rows, err
		}
	}
	if by < 0 || least > int64(far) || near && least > int64(few) {
		if enough, err := walk(cmp.Or(l.Far, far)); err != nil || enough {
			return rows, err
		}
	}
	if rows = nil; by < 0 {
		return all()
	}
	s, n := sieves[by], limit
	if !s.Once { // the same key stands together: to sort all of them out first costs more
		n *= 4
	}
	whole, err := read("(SELECT "+s.Key+" AS sift_key FROM ("+s.Keys+") k) m", s.KeysArgs, n)
	if err == nil && !whole {
		_, err = read("(SELECT DISTINCT "+s.Key+" AS sift_key FROM ("+s.Keys+") k) m", s.KeysArgs, limit)
	}
	return rows, err
}

// each joins keys with the rows of a table that has an index on a column, key by key,
// whatever the database thinks of their number.
func each(d db.Dialect, keys, table, column, key string) string {
	if d == db.Postgres {
		return keys + " CROSS JOIN LATERAL (SELECT * FROM " + table + " t WHERE t." + column + " = " + key + " OFFSET 0) " + table
	}
	return keys + " CROSS JOIN " + table + " ON " + table + "." + column + " = " + key
}

// In joins a table, named "TABLE ALIAS", to few rows that stand before it, one by one.
func In(d db.Dialect, table, on string) string {
	if d == db.Postgres {
		return " CROSS JOIN LATERAL (SELECT * FROM " + table + " WHERE " + on + " OFFSET 0) " + table[strings.LastIndexByte(table, ' ')+1:]
	}
	return " CROSS JOIN " + table + " ON " + on
}

// By is a table to be read by an index. SQLite does not know which holds fewer rows.
func By(d db.Dialect, table, index string) string {
	if d == db.Postgres || index == "" {
		return table
	}
	return table + " INDEXED BY " + index
}

// edgeOf reads the one row of a query, a value and an id.
func edgeOf(tx *gorm.DB) (edge []any, ok bool, err error) {
	rows, err := tx.Rows()
	if err != nil {
		return nil, false, db.Translate(err)
	}
	defer func() { _ = rows.Close() }()
	var at any
	var id string
	if rows.Next() {
		ok, err = true, rows.Scan(&at, &id)
	}
	if err == nil {
		err = rows.Err()
	}
	return []any{at, id}, ok, db.Translate(err)
}

// Sieve makes the sieve of what a person typed for a list whose rows have the key of the
// index in a column (TABLE.COLUMN); see Query.
func (x Index) Sieve(d db.Dialect, column, q string) (s Sieve, ok bool) {
	m, ok := x.Query(d, q)
	if !ok {
		return s, false
	}
	test := "words @@ CAST(? AS tsquery)"
	s = Sieve{Key: x.Key, Keys: m.SQL, KeysArgs: m.Args, TestArgs: m.Args, Size: m.SQL, SizeArgs: m.Args, Once: true}
	if d == db.SQLite {
		words := split(q, false)
		last := words[len(words)-1]
		s.TestArgs, s.Size = nil, "SELECT rowid FROM "+x.Table+"_fts WHERE "+x.Table+"_fts MATCH ?"
		for _, w := range unique(words[:len(words)-1], maxQuery-1) {
			s.TestArgs = append(s.TestArgs, " "+w+" ")
		}
		s.TestArgs = append(s.TestArgs, " "+last)
		test = strings.TrimPrefix(strings.Repeat(" AND instr(' ' || words || ' ', ?) > 0", len(s.TestArgs)), " AND ")
	}
	s.Test = "(SELECT " + test + " FROM " + x.Table + " w WHERE w." + x.Key + " = " + column + ")"
	return s, true
}

// Sieves is Sieve for a filter that may be empty; none says that it holds nothing that
// could be found.
func (x Index) Sieves(d db.Dialect, column, q string) (by []Sieve, none bool) {
	if strings.TrimSpace(q) == "" {
		return nil, false
	}
	s, ok := x.Sieve(d, column, q)
	return []Sieve{s}, !ok
}

// Sorted gives a sieve that Sieve made its Top, from a column of the index with the value
// of List.At, among the keys that a condition on More columns leaves.
func (x Index) Sorted(d db.Dialect, s Sieve, q, at, where string, args ...any) Sieve {
	if m, ok := x.Query(d, q); ok {
		s.Top, s.TopArgs = "SELECT "+x.Key+" AS sift_key, "+at+" AS sift_at"+m.From+" AND "+where, append(slices.Clone(m.Args), args...)
	}
	return s
}

// Through makes of a sieve for one table that of another whose rows name those of the
// first in a column that has an index; Test is left.
func (s Sieve) Through(d db.Dialect, table, column, key string) Sieve {
	s.Keys = "SELECT " + table + "." + key + " FROM " + each(d, "("+s.Keys+") f", table, column, "f."+s.Key)
	s.Key, s.Once, s.Top = key, false, ""
	return s
}

// Count counts rows up to most; most + 1 says that there are more.
func Count(ctx context.Context, most int, rows string, args ...any) (n int, err error) {
	err = db.Tx(ctx).Raw("SELECT COUNT(*) FROM ("+rows+" LIMIT ?) n", append(slices.Clone(args), most+1)...).Scan(&n).Error
	return n, db.Translate(err)
}
