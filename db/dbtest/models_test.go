package dbtest

import (
	"strings"
	"testing"

	"entente/db"
)

type installation struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

func (installation) TableName() string { return "installation" }

type wrong struct {
	Name  int64
	Value *string
	Extra string
}

func (wrong) TableName() string { return "installation" }

type short struct {
	Name string `gorm:"primaryKey"`
}

func (short) TableName() string { return "installation" }

type nowhere struct{ ID string }

func (nowhere) TableName() string { return "nowhere" }

// A good struct passes; every planted fault is found.
func TestCheckModels(t *testing.T) {
	Each(t, func(t *testing.T, d *db.DB) {
		CheckModels(t, d, &installation{})
		for _, c := range []struct {
			model any
			want  []string
		}{
			{&wrong{}, []string{"name is int in the struct, text in the schema", "value may be null in the struct: true, in the schema: false", "extra is a field without column", "primary key is () in the struct, (name) in the schema"}},
			{&short{}, []string{"value is a column without field"}},
			{&nowhere{}, []string{"there is no table nowhere"}},
		} {
			got := strings.Join(modelFaults(t, d, c.model), "\n")
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("%T: %q not found in:\n%s", c.model, w, got)
				}
			}
			if n := strings.Count(got, "\n") + 1; n != len(c.want) {
				t.Errorf("%T: %d faults, want %d:\n%s", c.model, n, len(c.want), got)
			}
		}
	})
}
