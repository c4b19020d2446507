package gateway

import (
	"context"
	"testing"

	"entente/db"
	"entente/prm/access"
)

// TestNoGapInNumbers: reconcile tells where a control number between those we used for a
// pair is missing.
func TestNoGapInNumbers(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		gaps := func() (n int) {
			out, err := b.s.Reconcile(t.Context(), access.Actor{Person: "op", Operator: true, Via: "session:x"})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range out.Discrepancies {
				if d.Rule == RuleControlGap {
					n++
				}
			}
			return n
		}
		b.post(maya, fromKestrel(900, order("PO900")).String())
		b.work()
		b.post(maya, fromKestrel(902, order("PO902")).String())
		b.work()
		made := "SELECT count(*) FROM interchange WHERE origin = 'made'"
		b.want("answers", b.count(made), 2)
		b.want("numbers taken", b.count("SELECT max(value) FROM counter WHERE name LIKE 'edi %'"), 2)
		b.want("gaps", gaps(), 0)
		b.post(maya, fromKestrel(903, order("PO903")).String())
		b.work()
		if err := b.d.InTx(t.Context(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE interchange SET control = '000000017' WHERE origin = 'made' AND control = '000000002'").Error
		}); err != nil {
			t.Fatal(err)
		}
		b.want("gaps where one is missing", gaps(), 1)
	})
}
