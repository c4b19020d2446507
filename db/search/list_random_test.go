package search

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/dbtest"
)

// TestSiftAtRandom compares pages of random lists with a plain loop: many rows of one instant,
// rows of other companies between them, and bounds that take every way.
func TestSiftAtRandom(t *testing.T) {
	defer func(a, b, c, d, e int) { walked, far, few, many, first = a, b, c, d, e }(walked, far, few, many, first)
	x := Index{Table: "order_search", Key: "order_id", More: "received, supplier_id, reseller_id"}
	type org struct {
		ID, State, City string
		Created         int64
		words           []string
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rng := rand.New(rand.NewPCG(3, 5))
		vocabulary := []string{"drill", "drilling", "saw", "工具", "工具箱", "po 77", "kestrel", "über"}
		var all []org
		if err := d.InTx(context.Background(), func(ctx context.Context) error {
			for i := range 160 {
				o := org{ID: db.NewID(), State: []string{"active", "closed"}[rng.IntN(2)], City: fmt.Sprint("c", rng.IntN(3)), Created: int64(rng.IntN(12))}
				for _, w := range vocabulary {
					if rng.IntN(3) > 0 {
						o.words = append(o.words, w)
					}
				}
				all = append(all, o)
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', ?, '', 'EUR', 'UTC', 'en', ?, ?)", o.ID, fmt.Sprint("o", i), o.City, o.State, o.Created).Error; err != nil {
					return err
				}
				if err := x.AddWith(ctx, o.ID, []any{o.Created, o.City, ""}, o.words...); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for range 250 {
			walked, far, few, many, first = 1+rng.IntN(40), 1+rng.IntN(80), 1+rng.IntN(60), 1+rng.IntN(200), 1+rng.IntN(4)
			q, city, state, up, limit := vocabulary[rng.IntN(len(vocabulary))], fmt.Sprint("c", rng.IntN(3)), []string{"", "closed"}[rng.IntN(2)], rng.IntN(2) == 0, 1+rng.IntN(7)
			if rng.IntN(3) == 0 {
				q = vocabulary[rng.IntN(len(vocabulary))] + " " + q[:1+rng.IntN(2)]
				q = strings.ToValidUTF8(q, "")
			}
			var want, got []string
			for _, o := range all {
				words := strings.Fields(Words(strings.Join(o.words, " ")))
				fits := o.City == city && (state == "" || o.State == state)
				for i, w := range split(q, false) {
					last := i == len(split(q, false))-1
					fits = fits && slices.ContainsFunc(words, func(s string) bool { return s == w || last && strings.HasPrefix(s, w) })
				}
				if fits {
					want = append(want, fmt.Sprintf("%03d %s", o.Created, o.ID))
				}
			}
			slices.Sort(want)
			if !up {
				slices.Reverse(want)
			}
			err := d.View(context.Background(), func(ctx context.Context) error {
				by, none := x.Sieves(db.DialectOf(ctx), "org.id", q)
				if none {
					return fmt.Errorf("%q holds no word", q)
				}
				by[0] = x.Sorted(db.DialectOf(ctx), by[0], q, "received", "supplier_id = ?", city)
				var after []any
				for {
					rows, err := Sift[org](ctx, List{Table: "org", At: "created", Up: up, After: after, Where: func(tx *gorm.DB) *gorm.DB {
						if tx = tx.Where("city = ?", city); state != "" {
							tx = tx.Where("state = ?", state)
						}
						return tx
					}}, by, limit)
					for _, r := range rows {
						got = append(got, fmt.Sprintf("%03d %s", r.Created, r.ID))
					}
					if err != nil || len(rows) < limit {
						return err
					}
					after = []any{rows[limit-1].Created, rows[limit-1].ID}
				}
			})
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%q in %s, state %q, up %v, by %d, bounds %d %d %d %d %d: %v\n got %d %v\nwant %d %v", q, city, state, up, limit, walked, far, few, many, first, err, len(got), got, len(want), want)
			}
		}
	})
}
