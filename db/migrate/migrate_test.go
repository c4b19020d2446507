package migrate_test

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/migrate"
)

var update = flag.Bool("update", false, "write the schema dumps anew")

// Same numbers and names in both folders, none missing in between, none with a
// way down: migrations only go forward.
func TestPairsAreComplete(t *testing.T) {
	lite, err := fs.Glob(migrate.Files(db.SQLite), "*")
	if err != nil {
		t.Fatal(err)
	}
	pg, err := fs.Glob(migrate.Files(db.Postgres), "*")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(lite, pg) || len(lite) == 0 {
		t.Fatalf("sqlite has %v, postgres has %v", lite, pg)
	}
	form := regexp.MustCompile(`^(\d{4})_[a-z_]+\.sql$`)
	down := regexp.MustCompile(`(?i)\+goose\s+(down|no transaction)`)
	last := ""
	for _, name := range lite {
		m := form.FindStringSubmatch(name)
		if m == nil || m[1] <= last {
			t.Fatalf("%s: want NNNN_name.sql with a number above %q", name, last)
		}
		last = m[1]
		for _, d := range []db.Dialect{db.SQLite, db.Postgres} {
			text, err := fs.ReadFile(migrate.Files(d), name)
			if err != nil {
				t.Fatal(err)
			}
			if down.Match(text) {
				t.Errorf("%s/%s: forward only, and in a transaction", d, name)
			}
		}
	}
}

// An empty database comes up to the last number; a second run changes nothing;
// nodes that start together do not hurt each other.
func TestUpFromEmpty(t *testing.T) {
	dsns := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "new", "entente.db") },
		"postgres": func(t *testing.T) string { return dbtest.EmptyPostgresDSN(t) },
	}
	for name, dsn := range dsns {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			nodes := 1
			if name == "postgres" {
				nodes = 3
			}
			var all sync.WaitGroup
			for range nodes {
				all.Go(func() {
					d, err := db.Open(context.Background(), dsn, db.Options{Conns: 4})
					if err != nil {
						t.Error(err)
						return
					}
					defer func() { _ = d.Close() }()
					for range 2 {
						if err := migrate.Up(context.Background(), d); err != nil {
							t.Errorf("up: %v", err)
						}
					}
					files, _ := fs.Glob(migrate.Files(d.Dialect()), "*.sql") // numbers may leave gaps
					last, _ := strconv.ParseInt(files[len(files)-1][:4], 10, 64)
					if v, err := migrate.Version(context.Background(), d); err != nil || v != last {
						t.Errorf("version %d, %v; want %d", v, err, last)
					}
				})
			}
			all.Wait()
		})
	}
}

// differs names the tables that differ between the databases by design.
var differs = map[string]string{
	"order_search":    "full-text search: an FTS5 index over a keyed table on SQLite, a tsvector column on PostgreSQL; db/search is the only one to touch it",
	"customer_search": "as order_search",
	"lead_search":     "as order_search",
	"deal_search":     "as order_search",
	"quote_search":    "as order_search",
	"library_search":  "as order_search",
	"message_search":  "as order_search",
	"forum_search":    "as order_search",

	"engagement_search": "as order_search",
}

// Both databases have the same tables, columns, classes, nullability, primary
// and unique keys.
func TestSchemasAreEqual(t *testing.T) {
	var both [2]map[string]migrate.Table
	for i, d := range []*db.DB{dbtest.One(t), dbtest.Postgres(t)} {
		tables, err := migrate.Describe(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		both[i] = map[string]migrate.Table{}
		for _, x := range tables {
			both[i][x.Name] = x
			if len(x.Primary) == 0 {
				t.Errorf("%s: %s has no primary key", d.Dialect(), x.Name)
			}
		}
	}
	if len(both[0]) < 40 {
		t.Fatalf("only %d tables described", len(both[0]))
	}
	for name, lite := range both[0] {
		pg, ok := both[1][name]
		if !ok {
			t.Errorf("%s is missing on PostgreSQL", name)
			continue
		}
		if differs[name] == "" && !reflect.DeepEqual(lite, pg) {
			t.Errorf("%s differs:\n sqlite   %+v\n postgres %+v", name, lite, pg)
		}
	}
	for name := range both[1] {
		if _, ok := both[0][name]; !ok {
			t.Errorf("%s is missing on SQLite", name)
		}
	}
	for name, why := range differs {
		if _, ok := both[0][name]; !ok {
			t.Errorf("%s is excused (%s) but does not exist", name, why)
		}
	}
}

// The dumps beside the migrations are up to date.
func TestDump(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		got, err := migrate.Dump(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		file := "schema." + string(d.Dialect()) + ".sql"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s is out of date: go test ./db/migrate -run TestDump -update", file)
		}
	})
}

// What a company owns is found by its company: a table with a composite primary
// key begins it with the owner or parent, so that no upsert reaches across.
func TestOwnedTablesHaveCompositeKeys(t *testing.T) {
	owned := []string{"api_token", "edi_identity", "product", "pack", "price_list", "price_version", "price_entry", "catalog_terms", "stock", "item_reference", "edi_submission", "notice", "mail"}
	tables, err := migrate.Describe(context.Background(), dbtest.One(t))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, x := range tables {
		found[x.Name] = len(x.Primary) > 1 && x.Primary[0] == "org_id"
	}
	for _, name := range owned {
		if !found[name] {
			t.Errorf("%s: the primary key must begin with org_id", name)
		}
	}
}
