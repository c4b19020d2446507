package migrate

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"entente/db"
)

// Table is what both databases can say about a table.
type Table struct {
	Name    string
	Columns []Column // by name
	Primary []string // columns of the primary key, in order
	Unique  []string // other unique keys, "a, b" or "a, b (partial)", sorted
}

// Column is one column.
type Column struct {
	Name  string
	Class string // "int", "text", "bool" or "bytes"; else the database's own word
	Null  bool   // a column of the primary key never is
}

// Describe returns the tables of the product by name: not those of the queue, of
// the migrations, nor the inner ones of full-text search.
func Describe(ctx context.Context, d *db.DB) ([]Table, error) {
	var tables []Table
	err := d.View(ctx, func(ctx context.Context) error {
		names := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
		one := sqliteTable
		if d.Dialect() == db.Postgres {
			names, one = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename", postgresTable
		}
		var list []string
		if err := db.Tx(ctx).Raw(names).Scan(&list).Error; err != nil {
			return err
		}
		for _, name := range list {
			if foreign(name) {
				continue
			}
			t, err := one(ctx, name)
			if err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			sort.Slice(t.Columns, func(a, b int) bool { return t.Columns[a].Name < t.Columns[b].Name })
			sort.Strings(t.Unique)
			tables = append(tables, t)
		}
		return nil
	})
	return tables, err
}

func foreign(table string) bool {
	return strings.HasPrefix(table, "river_") || strings.HasPrefix(table, "goose_") || strings.Contains(table, "_search_fts")
}

func sqliteTable(ctx context.Context, name string) (Table, error) {
	t := Table{Name: name}
	var columns []struct {
		Name, Type  string
		Notnull, Pk int
	}
	if err := db.Tx(ctx).Raw("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?) ORDER BY pk, cid", name).Scan(&columns).Error; err != nil {
		return t, err
	}
	for _, c := range columns {
		if c.Pk > 0 {
			t.Primary = append(t.Primary, c.Name)
		}
		t.Columns = append(t.Columns, Column{Name: c.Name, Class: class(c.Type), Null: c.Notnull == 0 && c.Pk == 0})
	}
	var keys []struct {
		Name    string
		Partial bool
	}
	if err := db.Tx(ctx).Raw("SELECT name, partial FROM pragma_index_list(?) WHERE \"unique\" AND origin <> 'pk'", name).Scan(&keys).Error; err != nil {
		return t, err
	}
	for _, k := range keys {
		var columns []string
		if err := db.Tx(ctx).Raw("SELECT name FROM pragma_index_info(?) ORDER BY seqno", k.Name).Scan(&columns).Error; err != nil {
			return t, err
		}
		t.Unique = append(t.Unique, key(columns, k.Partial))
	}
	return t, nil
}

func postgresTable(ctx context.Context, name string) (Table, error) {
	t := Table{Name: name}
	var columns []struct {
		Name, Type string
		Null       bool
	}
	err := db.Tx(ctx).Raw(`SELECT column_name AS name, data_type AS type, is_nullable = 'YES' AS "null" FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = ?`, name).Scan(&columns).Error
	if err != nil {
		return t, err
	}
	for _, c := range columns {
		t.Columns = append(t.Columns, Column{Name: c.Name, Class: class(c.Type), Null: c.Null})
	}
	var keys []struct {
		Columns          string
		Primary, Partial bool
	}
	err = db.Tx(ctx).Raw(`SELECT string_agg(a.attname, ',' ORDER BY k.n) AS columns, i.indisprimary AS primary, i.indpred IS NOT NULL AS partial
		FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indrelid = to_regclass(?) AND i.indisunique GROUP BY i.indexrelid, i.indisprimary, i.indpred`, name).Scan(&keys).Error
	if err != nil {
		return t, err
	}
	for _, k := range keys {
		columns := strings.Split(k.Columns, ",")
		if k.Primary {
			t.Primary = columns
			continue
		}
		t.Unique = append(t.Unique, key(columns, k.Partial))
	}
	return t, nil
}

func key(columns []string, partial bool) string {
	s := strings.Join(columns, ", ")
	if partial {
		s += " (partial)"
	}
	return s
}

func class(kind string) string {
	switch k := strings.ToLower(kind); k {
	case "integer", "bigint":
		return "int"
	case "boolean":
		return "bool"
	case "blob", "bytea":
		return "bytes"
	default:
		return k
	}
}

// Dump writes the schema as text that a person can compare: one file per dialect
// is kept beside the migrations.
func Dump(ctx context.Context, d *db.DB) (string, error) {
	var parts []string
	err := d.View(ctx, func(ctx context.Context) error {
		var err error
		if d.Dialect() == db.SQLite {
			parts, err = sqliteDump(ctx)
		} else {
			parts, err = postgresDump(ctx)
		}
		return err
	})
	return "-- The schema after all migrations, written by: go test ./db/migrate -run TestDump -update\n\n" + strings.Join(parts, "\n") + "\n", err
}

func sqliteDump(ctx context.Context) ([]string, error) {
	var rows []struct{ Name, TblName, SQL string }
	err := db.Tx(ctx).Raw("SELECT name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name").Scan(&rows).Error
	var out []string
	for _, r := range rows {
		if strings.HasPrefix(r.TblName, "sqlite_") || foreign(r.TblName) && !strings.HasSuffix(r.TblName, "_fts") {
			continue
		}
		out = append(out, r.SQL+";")
	}
	return out, err
}

func postgresDump(ctx context.Context) ([]string, error) {
	var tables []string
	if err := db.Tx(ctx).Raw("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename").Scan(&tables).Error; err != nil {
		return nil, err
	}
	list := func(query string, args ...any) (lines []string, err error) {
		err = db.Tx(ctx).Raw(query, args...).Scan(&lines).Error
		return lines, err
	}
	var out []string
	for _, t := range tables {
		if foreign(t) {
			continue
		}
		columns, err := list(`SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
			FROM pg_attribute a WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, t)
		if err != nil {
			return nil, err
		}
		constraints, err := list(`SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(?) AND contype IN ('p', 'u', 'f', 'c') ORDER BY contype DESC, conname`, t)
		if err != nil {
			return nil, err
		}
		out = append(out, "CREATE TABLE "+t+" (\n  "+strings.Join(append([]string{strings.Join(columns, ", ")}, constraints...), ",\n  ")+"\n);")
		more, err := list(`SELECT pg_get_indexdef(indexrelid) || ';' FROM pg_index i WHERE indrelid = to_regclass(?) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u')) ORDER BY 1`, t)
		if err != nil {
			return nil, err
		}
		triggers, err := list(`SELECT pg_get_triggerdef(oid) || ';' FROM pg_trigger WHERE tgrelid = to_regclass(?) AND NOT tgisinternal ORDER BY 1`, t)
		if err != nil {
			return nil, err
		}
		for _, l := range append(more, triggers...) {
			out = append(out, strings.ReplaceAll(l, "public.", ""))
		}
	}
	functions, err := list(`SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname NOT LIKE 'river%' ORDER BY p.proname`)
	for _, f := range functions {
		out = append(out, strings.TrimSpace(strings.ReplaceAll(f, "public.", ""))+";")
	}
	return out, err
}
