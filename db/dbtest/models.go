package dbtest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm/schema"

	"entente/db"
	"entente/db/migrate"
)

// CheckModels compares row structs with the migrated schema, both ways: every
// field has its column and every column its field, of the same class and
// nullability (a pointer may be null, a value may not), and the primary keys are
// equal. Call it in a test of each store, within Each:
//
//	dbtest.CheckModels(t, d, &orderRow{}, &lineRow{})
func CheckModels(t testing.TB, d *db.DB, models ...any) {
	t.Helper()
	for _, f := range modelFaults(t, d, models...) {
		t.Error(f)
	}
}

func modelFaults(t testing.TB, d *db.DB, models ...any) (faults []string) {
	t.Helper()
	tables, err := migrate.Describe(context.Background(), d)
	if err != nil {
		t.Fatalf("describe the schema: %v", err)
	}
	for _, m := range models {
		s, err := schema.Parse(m, &sync.Map{}, d.Gorm().NamingStrategy)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		i := slices.IndexFunc(tables, func(x migrate.Table) bool { return x.Name == s.Table })
		if i < 0 {
			faults = append(faults, fmt.Sprintf("%T: there is no table %s", m, s.Table))
			continue
		}
		faults = append(faults, compare(s, tables[i])...)
	}
	return faults
}

func compare(s *schema.Schema, t migrate.Table) (faults []string) {
	add := func(format string, args ...any) {
		faults = append(faults, s.Name+": "+t.Name+"."+fmt.Sprintf(format, args...))
	}
	columns := map[string]migrate.Column{}
	for _, c := range t.Columns {
		columns[c.Name] = c
	}
	for _, f := range s.Fields {
		if f.DBName == "" {
			continue
		}
		c, ok := columns[f.DBName]
		delete(columns, f.DBName)
		if !ok {
			add("%s is a field without column", f.DBName)
			continue
		}
		class, null := classOf(f.FieldType)
		if class != c.Class {
			add("%s is %s in the struct, %s in the schema", f.DBName, class, c.Class)
		}
		if null != c.Null {
			add("%s may be null in the struct: %v, in the schema: %v", f.DBName, null, c.Null)
		}
	}
	for _, c := range t.Columns {
		if _, left := columns[c.Name]; left {
			add("%s is a column without field", c.Name)
		}
	}
	primary := slices.Sorted(slices.Values(s.PrimaryFieldDBNames))
	if want := slices.Sorted(slices.Values(t.Primary)); !slices.Equal(primary, want) {
		add("primary key is (%s) in the struct, (%s) in the schema", strings.Join(primary, ", "), strings.Join(want, ", "))
	}
	return faults
}

// classOf folds a Go type into the classes of migrate.Column.
func classOf(t reflect.Type) (class string, null bool) {
	if t.Kind() == reflect.Pointer {
		class, _ = classOf(t.Elem())
		return class, true
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return "int", false
	case reflect.String:
		return "text", false
	case reflect.Bool:
		return "bool", false
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes", true // a nil slice is stored as null
		}
	}
	return t.String(), false
}
