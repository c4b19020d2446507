package mapping

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"entente/db/dbtest"
	"entente/prm/identity"
)

// everyKey are numbered customers with a key of every kind.
func everyKey(prefix string, from, n int) []one {
	out := named(numbered(prefix, n)...)
	for i := range out {
		number := from + i
		gln := fmt.Sprintf("4012%08d", number)
		sum := 0
		for k, d := range gln {
			sum += int(d-'0') * (1 + 2*(k%2))
		}
		out[i].f.Name, out[i].f.Country, out[i].f.Postcode = out[i].name+" works", "BR", "LS1 4AP"
		out[i].f.TaxID, out[i].f.GLN, out[i].f.DUNS = fmt.Sprintf("%014d", number+1), fmt.Sprintf("%s%d", gln, (10-sum%10)%10), fmt.Sprintf("%09d", number+1)
	}
	return out
}

// processor is what this process used of its processors so far.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkMapping compares two lists of n accounts, a tenth of them in common, by one kind of key
// and by all five: from the consent to the matched accounts, with reading, blinding, exchange,
// comparison, marks with proofs. Run it once: go test -bench Mapping -benchtime 1x. The processor
// time is that of these steps alone; GOMAXPROCS=1 gives them one core.
func BenchmarkMapping(b *testing.B) {
	all := Terms{Fields: webOnly.Fields}
	for _, k := range Kinds {
		all.Kinds = append(all.Kinds, string(k))
	}
	for _, n := range []int{1000, 100_000} {
		for _, terms := range []Terms{webOnly, all} {
			b.Run(fmt.Sprintf("%d/kinds=%d", n, len(terms.Kinds)), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					x := setup(b, dbtest.One(b))
					common := everyKey("c", 0, n/10)
					for _, c := range common[:1] {
						if keys, _ := identity.Of(c.f); len(keys) != len(Kinds) {
							b.Fatalf("%d kinds of key: %v", len(keys), keys)
						}
					}
					x.gives(x.aurelia, append(everyKey("a", n, n-n/10), common...)...)
					x.gives(x.kestrel, append(everyKey("k", 2*n, n-n/10), common...)...)
					began, used := time.Now(), processor()
					b.StartTimer()
					id := x.sized(terms)
					sized := time.Since(began)
					x.both(id, StepMine)
					b.ReportMetric(sized.Seconds(), "s-to-size")
					b.ReportMetric((processor() - used).Seconds(), "s-processor")
					b.StopTimer()
					if d := x.get(x.ingrid, id); d.Accounts != n/10 {
						b.Fatalf("%d accounts, want %d", d.Accounts, n/10)
					}
					b.StartTimer()
				}
			})
		}
	}
}
