package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/db"
)

// Index names a search table and its key column. The SQLite side is a table
// (doc INTEGER PRIMARY KEY, KEY, words) with an FTS5 table NAME_fts fed by
// triggers; the PostgreSQL side is (KEY PRIMARY KEY, words tsvector) with a GIN
// index. Both names are constants of the program, never input.
type Index struct {
	Table string // "order_search"
	Key   string // "order_id"; several for PutAt: "room_id, seq"
	// More are columns beside them, of what never changes of an object: its companies, the
	// value its list is ordered by. AddWith fills them, Sorted reads them.
	More string
}

// PutAt is Put for an index whose key has several columns.
func (x Index) PutAt(ctx context.Context, key []any, texts ...string) error {
	return db.LaterAs(ctx, x.Table, x.Key+", words", "("+strings.Repeat("?, ", len(key))+stored(ctx)+")",
		" ON CONFLICT ("+x.Key+") DO UPDATE SET words = excluded.words", append(key, Words(strings.Join(texts, " ")))...)
}

// Put stores the words of an object in the transaction of ctx, in place of what
// was stored before. Texts are joined.
func (x Index) Put(ctx context.Context, id string, texts ...string) error {
	value := stored(ctx)
	return db.Translate(db.Tx(ctx).Exec("INSERT INTO "+x.Table+" ("+x.Key+", words) VALUES (?, "+value+
		") ON CONFLICT ("+x.Key+") DO UPDATE SET words = excluded.words", id, Words(strings.Join(texts, " "))).Error)
}

// Add stores the words of an object that was just made, with others of its transaction.
func (x Index) Add(ctx context.Context, id string, texts ...string) error {
	return db.LaterAs(ctx, x.Table, x.Key+", words", "(?, "+stored(ctx)+")", "", id, Words(strings.Join(texts, " ")))
}

// AddWith is Add for an index with More columns.
func (x Index) AddWith(ctx context.Context, id string, more []any, texts ...string) error {
	args := append(append([]any{id}, more...), Words(strings.Join(texts, " ")))
	return db.LaterAs(ctx, x.Table, x.Key+", "+x.More+", words", "("+strings.Repeat("?, ", len(more)+1)+stored(ctx)+")", "", args...)
}

// Again stores other words of an object that was added before.
func (x Index) Again(ctx context.Context, id string, texts ...string) error {
	return db.Translate(db.Tx(ctx).Exec("UPDATE "+x.Table+" SET words = "+stored(ctx)+" WHERE "+x.Key+" = ?", Words(strings.Join(texts, " ")), id).Error)
}

// stored is how words are written.
func stored(ctx context.Context) string {
	if db.DialectOf(ctx) == db.Postgres {
		return "array_to_tsvector(array_remove(string_to_array(?, ' '), ''))"
	}
	return "?"
}

// Drop removes an object from the index in the transaction of ctx.
func (x Index) Drop(ctx context.Context, id string) error {
	return db.Translate(db.Tx(ctx).Exec("DELETE FROM "+x.Table+" WHERE "+x.Key+" = ?", id).Error)
}

// Match is a subquery that yields the keys of matching objects.
type Match struct {
	SQL  string // "SELECT order_id FROM order_search WHERE …", to stand in "id IN (…)"
	From string // it without what it selects
	Args []any  // its arguments
}

// Query makes the match for what a person typed: every word must occur, the last
// one may be the beginning of a word. Whatever is typed is data, never syntax.
// ok is false when it holds no word at all; the caller then leaves the filter out.
//
//	if m, ok := orders.Query(db.DialectOf(ctx), q); ok {
//		tx = tx.Where("id IN ("+m.SQL+")", m.Args...)
//	}
func (x Index) Query(d db.Dialect, q string) (m Match, ok bool) {
	words := split(q, false)
	if len(words) == 0 {
		return Match{}, false
	}
	last := words[len(words)-1]
	words = unique(words[:len(words)-1], maxQuery-1)
	var b strings.Builder
	if d == db.Postgres {
		for _, w := range words {
			b.WriteString("'" + w + "' & ")
		}
		b.WriteString("'" + last + "':*")
		from := " FROM " + x.Table + " WHERE words @@ CAST(? AS tsquery)"
		return Match{SQL: "SELECT " + x.Key + from, From: from, Args: []any{b.String()}}, true
	}
	for _, w := range words {
		b.WriteString(`"` + w + `" `)
	}
	b.WriteString(`"` + last + `" *`)
	from := " FROM " + x.Table + "_fts f CROSS JOIN " + x.Table + " ON doc = f.rowid WHERE " + x.Table + "_fts MATCH ?"
	return Match{SQL: "SELECT " + x.Key + from, From: from, Args: []any{b.String()}}, true
}

// Terms makes a subquery that yields the keys of objects with any of some words (of Telling),
// once for each word that occurs: the key and the word's number in the column word. Of each
// word no more than so many are read, those with the highest key or the last stored.
// Letters may be the beginning of a word. There must be a word.
func (x Index) Terms(d db.Dialect, words []string, most int) Match {
	var parts []string
	var args []any
	for i, w := range words {
		quote, more, part := `"`, " *", "SELECT "+x.Key+", %d AS word FROM "+x.Table+"_fts f CROSS JOIN "+x.Table+" ON doc = f.rowid WHERE "+x.Table+"_fts MATCH ? ORDER BY f.rowid DESC LIMIT ?"
		if d == db.Postgres {
			quote, more, part = "'", ":*", "SELECT "+x.Key+", %d AS word FROM "+x.Table+" WHERE words @@ CAST(? AS tsquery) ORDER BY "+x.Key+" COLLATE \"C\" DESC LIMIT ?"
		}
		if w = quote + w + quote; utf8.RuneCountInString(w) > 4 {
			w += more
		}
		parts = append(parts, "SELECT * FROM ("+fmt.Sprintf(part, i)+") w"+strconv.Itoa(i))
		args = append(args, w, most)
	}
	sql := strings.Join(parts, " UNION ALL ")
	return Match{SQL: sql, Args: args}
}
