package room

import (
	"fmt"
	"slices"
	"testing"

	"gorm.io/gorm"

	"entente/db"
)

func sortedKeys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func show(v any) string {
	if p, ok := v.(*string); ok && p != nil {
		return *p
	}
	return fmt.Sprint(v)
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// columns are the column names that gorm derives from a model.
func columns(t testing.TB, d *db.DB, model any) []string {
	t.Helper()
	stmt := &gorm.Statement{DB: d.Gorm()}
	if err := stmt.Parse(model); err != nil {
		t.Fatal(err)
	}
	return stmt.Schema.DBNames
}
