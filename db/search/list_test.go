package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/dbtest"
)

// TestSift reads every page of a list by words of all rows, of some, of few, of the oldest
// and of none, both ways, and compares with what a plain loop finds: each of the ways in
// which rows are looked for is taken.
func TestSift(t *testing.T) {
	defer func(a, b, c, d, e int) { walked, far, few, many, first = a, b, c, d, e }(walked, far, few, many, first)
	walked, far, few, many, first = 5, 15, 3, 20, 2
	x := Index{Table: "order_search", Key: "order_id", More: "received, supplier_id, reseller_id"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type org struct {
			ID      string
			Created int64
			State   string
			words   string
		}
		var all []org
		if err := d.InTx(context.Background(), func(ctx context.Context) error {
			for i := range 60 {
				o := org{db.NewID(), int64(i / 2), []string{"active", "closed"}[i%2], "all"} // two of each instant
				for word, has := range map[string]bool{"some": i%4 == 0, "rare": i == 7 || i == 50, "old": i < 10, "older": i < 30, "alley": i%7 == 0, "工具": i%9 == 0} {
					if has {
						o.words += " " + word
					}
				}
				all = append(all, o)
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'EUR', 'UTC', 'en', ?, ?)", o.ID, fmt.Sprint("o", i), o.State, o.Created).Error; err != nil {
					return err
				}
				if err := x.AddWith(ctx, o.ID, []any{o.Created, "mine", ""}, "soon others"); err != nil {
					return err
				}
				if err := x.Again(ctx, o.ID, o.words); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		has := func(o org, q string) bool {
			words := strings.Fields(Words(o.words))
			for i, w := range split(q, false) {
				if last := i == len(split(q, false))-1; !slices.ContainsFunc(words, func(s string) bool { return s == w || last && strings.HasPrefix(s, w) }) {
					return false
				}
			}
			return true
		}
		for _, q := range []string{"", "all", "al", "some", "rare", "old", "older", "ol", "alley", "some all", "all some", "none", "工", "工具", "AL-rare"} {
			for _, up := range []bool{false, true} {
				for i, state := range []string{"", "closed", "", "closed"} {
					sorted := i > 1
					var want, got []string
					for _, o := range all {
						if (state == "" || o.State == state) && (q == "" || has(o, q)) {
							want = append(want, fmt.Sprintf("%03d %s", o.Created, o.ID))
						}
					}
					slices.Sort(want)
					if !up {
						slices.Reverse(want)
					}
					err := d.View(context.Background(), func(ctx context.Context) error {
						by, _ := x.Sieves(db.DialectOf(ctx), "org.id", q)
						if sorted && len(by) > 0 {
							by[0] = x.Sorted(db.DialectOf(ctx), by[0], q, "received", "supplier_id = ?", "mine")
						}
						var after []any
						for {
							rows, err := Sift[org](ctx, List{Table: "org", At: "created", Up: up, After: after, Where: func(tx *gorm.DB) *gorm.DB {
								if state != "" {
									tx = tx.Where("state = ?", state)
								}
								return tx
							}}, by, 4)
							for _, r := range rows {
								got = append(got, fmt.Sprintf("%03d %s", r.Created, r.ID))
							}
							if err != nil || len(rows) < 4 {
								return err
							}
							after = []any{rows[3].Created, rows[3].ID}
						}
					})
					if err != nil || !slices.Equal(got, want) {
						t.Fatalf("%q up %v state %q sorted %v: %v\n got %d %v\nwant %d %v", q, up, state, sorted, err, len(got), got, len(want), want)
					}
				}
			}
		}
	})
}
