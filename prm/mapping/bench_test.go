package mapping

import (
	"fmt"
	"testing"
	"time"

	"entente/db/dbtest"
)

// BenchmarkMapping compares two lists of n accounts with one key each, a tenth of them in
// common, from the consent to the matched accounts: reading, blinding, exchange,
// comparison, marks with proofs. Run it once: go test -bench Mapping -benchtime 1x.
func BenchmarkMapping(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				x := setup(b, dbtest.One(b))
				common := numbered("c", n/10)
				x.gives(x.aurelia, named(append(numbered("a", n-n/10), common...)...)...)
				x.gives(x.kestrel, named(append(numbered("k", n-n/10), common...)...)...)
				began := time.Now()
				b.StartTimer()
				id := x.sized(webOnly)
				sized := time.Since(began)
				x.both(id, StepMine)
				b.ReportMetric(sized.Seconds(), "s-to-size")
				b.StopTimer()
				if d := x.get(x.ingrid, id); d.Accounts != n/10 {
					b.Fatalf("%d accounts, want %d", d.Accounts, n/10)
				}
				b.StartTimer()
			}
		})
	}
}
