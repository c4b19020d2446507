package gateway

import (
	"context"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/search"
)

// listed reads one range of a company's interchanges, newest first: those of which it is
// the supplier, the reseller, or the delegate who sent them for another.
func (f Filter) listed(ctx context.Context, side, org string, after []any, limit int) (rows []interchangeRow, err error) {
	for _, p := range []*string{&f.Direction, &f.Type, (*string)(&f.State), &f.Result, &f.Partner, &f.Partnership, &f.Query} {
		*p = strings.TrimSpace(text(*p, 80))
	}
	l := search.List{Table: "interchange", At: "received", After: after, Far: 2000, Where: func(q *gorm.DB) *gorm.DB { return f.where(q.Where(side+"_id = ?", org), side, org) }}
	if side != "delegate" && f.Partner == "" {
		switch { // the few of a kind have an index of their own, which SQLite does not choose by itself
		case f.State == Held || f.State == Failed:
			l.Index = "interchange_" + side + "_stuck"
		case f.Result == ResultRejected || f.Result == ResultPartly:
			l.Index = "interchange_" + side + "_refused"
		}
	}
	var by []search.Sieve
	if f.Late {
		by = append(by, search.Sieve{Test: "(SELECT 1 FROM edi_wait w WHERE w.interchange_id = interchange.id AND w.sender_id = ? AND " + oursLate + ") IS NOT NULL", TestArgs: []any{org},
			Key: "interchange_id", Keys: "SELECT interchange_id FROM edi_wait WHERE sender_id = ? AND " + oursLate, KeysArgs: []any{org},
			Size: "SELECT 1 FROM edi_wait WHERE sender_id = ? AND " + oursLate, SizeArgs: []any{org}, Once: true})
	}
	if f.Query != "" {
		by = append(by, numbered(db.DialectOf(ctx), side, org, f.Query))
	}
	return search.Sift[interchangeRow](ctx, l, by, limit)
}

// where narrows a query of interchanges of one side, seen from the company org.
func (f Filter) where(q *gorm.DB, side, org string) *gorm.DB {
	if side == "delegate" {
		q = q.Where("delegate_id <> ''") // as its index says
	}
	switch f.Direction {
	case "out":
		q = q.Where("sender_id = ?", org)
	case "in":
		q = q.Where("receiver_id = ?", org)
	}
	if f.Type != "" {
		q = q.Where("(',' || types || ',') LIKE ?", "%,"+literal(f.Type)+",%")
	}
	if f.State != "" {
		if f.State == Held || f.State == Failed {
			q = q.Where("state IN ('held', 'failed')")
		}
		q = q.Where("state = ?", string(f.State))
	}
	if f.Result != "" {
		if f.Result == ResultRejected || f.Result == ResultPartly {
			q = q.Where("result IN ('rejected', 'partly')")
		}
		q = q.Where("result = ?", f.Result)
	}
	switch {
	case f.Partner == "":
	case side == "supplier":
		q = q.Where("reseller_id = ?", f.Partner)
	case side == "reseller":
		q = q.Where("supplier_id = ?", f.Partner)
	default:
		q = q.Where("(sender_id = ? OR receiver_id = ?)", f.Partner, f.Partner)
	}
	if f.Partnership != "" {
		q = q.Where("partnership_id = ?", f.Partnership)
	}
	return q
}

// listed reads sets of an interchange by position.
func (f SetFilter) listed(ctx context.Context, id string, limit int) (rows []setRow, err error) {
	q := db.Tx(ctx).Where("interchange_id = ? AND position > ?", id, max(f.After, 0))
	if r := strings.TrimSpace(text(f.Result, 80)); r != "" {
		q = q.Where("result = ?", r)
	}
	if word := strings.TrimSpace(text(f.Query, 80)); word != "" {
		begins, args := beginning(db.DialectOf(ctx), "business_key", word, strings.ToUpper(word))
		if n, err := strconv.ParseInt(word, 10, 32); err == nil {
			begins, args = "("+begins+" OR position = ?)", append(args, n)
		}
		q = q.Where(begins, args...)
	}
	return rows, q.Order("position").Limit(limit).Find(&rows).Error
}

// resultsOf counts the sets of an interchange by their results.
func resultsOf(ctx context.Context, id string) (map[string]int, error) {
	var rows []struct {
		Result string
		N      int
	}
	err := db.Tx(ctx).Model(&setRow{}).Select("result, count(*) AS n").Where("interchange_id = ?", id).Group("result").Scan(&rows).Error
	out := map[string]int{}
	for _, r := range rows {
		out[r.Result] = r.N
	}
	return out, err
}

// beginning is the condition that a column begins with one of some words, as ranges of an
// index.
func beginning(d db.Dialect, column string, words ...string) (string, []any) {
	from, to := ">=", "<"
	if d == db.Postgres { // by bytes, whatever the collation
		from, to = "~>=~", "~<~"
	}
	var or []string
	var args []any
	for i, w := range words {
		if i > 0 && w == words[i-1] {
			continue
		}
		or, args = append(or, "("+column+" "+from+" ? AND "+column+" "+to+" ?)"), append(args, w, w+"\U0010FFFF")
	}
	return "(" + strings.Join(or, " OR ") + ")", args
}

// numbered passes the interchanges whose control number or whose documents' numbers begin
// with a word, as it is typed or in capitals, and those of a Message-ID or a file name.
// A number is sought in the range of an index, so that neither many nor few of them cost
// more than a page.
func numbered(d db.Dialect, side, org, word string) search.Sieve {
	begins := func(column string, words ...string) (string, []any) { return beginning(d, column, words...) }
	capitals := strings.ToUpper(word)
	name := strings.Trim(word, "<>")
	control, controls := begins("control", word, capitals, padded(word))
	key, keys := begins("x.business_key", word, capitals)
	value, values := begins("x.value", plainSSCC(word), plainSSCC(capitals))
	const mine = " AND (x.supplier_id = ? OR x.reseller_id = ?)"
	// As ranges, since a file name that all messages have makes PostgreSQL read all for any.
	const carried = "x.submission_id <> '' AND (x.message_id >= ? AND x.message_id <= ? OR x.file_names >= ? AND x.file_names <= ?)" + mine
	both := []any{org, org}
	named := append([]any{name, name, word, word}, both...)
	out := search.Sieve{
		Test: "(" + control + " OR (SELECT 1 FROM edi_set x WHERE x.interchange_id = interchange.id AND " + key + mine + " LIMIT 1) IS NOT NULL" +
			" OR (SELECT 1 FROM edi_number x WHERE x.interchange_id = interchange.id AND " + value + mine + " LIMIT 1) IS NOT NULL" +
			" OR (SELECT 1 FROM as2_message x WHERE x.submission_id IN (interchange.id, interchange.submission_id) AND " + carried + " LIMIT 1) IS NOT NULL)",
		Key: "k",
		Keys: "SELECT id AS k FROM interchange WHERE " + control + " AND " + side + "_id = ? UNION ALL SELECT x.interchange_id FROM edi_set x WHERE " + key + mine +
			" UNION ALL SELECT x.interchange_id FROM edi_number x WHERE " + value + mine + " UNION ALL SELECT x.submission_id FROM as2_message x WHERE " + carried +
			" UNION ALL SELECT i.id FROM as2_message x" + search.In(d, "interchange i", "i.submission_id = x.submission_id AND i.door IN ('as2', 'answer')") + " WHERE " + carried,
	}
	for _, args := range [][]any{controls, keys, both, values, both, named} {
		out.TestArgs = append(out.TestArgs, args...)
	}
	for _, args := range [][]any{controls, {org}, keys, both, values, both, named, named} {
		out.KeysArgs = append(out.KeysArgs, args...)
	}
	out.Size, out.SizeArgs = out.Keys, out.KeysArgs
	return out
}

// literal takes from a LIKE pattern what a user may not say.
func literal(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '%' || r == '_' || r == '\\' {
			return -1
		}
		return r
	}, s)
}
