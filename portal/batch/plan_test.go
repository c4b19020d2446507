package batch

import (
	"context"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

// TestNextIsFound: what is left of a file and the keys of a customer come from the ranges
// of their indexes; SQLite read the whole file, and all keys of the company, for each few.
func TestNextIsFound(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	for _, c := range []struct{ sql, want string }{
		{"SELECT * FROM data_group WHERE file_id = 'f' AND outcome = '' ORDER BY position LIMIT 50", "data_group_open (file_id=?)"},
		{"SELECT * FROM data_row WHERE file_id = 'f' AND grp IN ('a', 'b') AND dropped = 0 ORDER BY grp, row_no", "data_row_group (file_id=? AND grp=?)"},
		{"SELECT * FROM customer_key WHERE org_id = 'o' AND customer_id IN ('a')", "customer_key_customer (org_id=? AND customer_id=?)"},
	} {
		var steps []struct{ Detail string }
		if err := d.View(bg, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("EXPLAIN QUERY PLAN " + c.sql).Scan(&steps).Error
		}); err != nil {
			t.Fatal(err)
		}
		if len(steps) != 1 || !strings.Contains(steps[0].Detail, c.want) {
			t.Errorf("%s: %+v", c.sql, steps)
		}
	}
}
