package translate

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"entente/edi/editest"
	"entente/edi/schema"
	"entente/edi/wire"
)

// worker judges, translates and, when asked, writes JSON.
type worker struct {
	json bool
	n    int
}

func (v *worker) Interchange(*schema.Interchange) error    { return nil }
func (v *worker) Group(*schema.Group) error                { return nil }
func (v *worker) GroupEnd(*schema.Group) error             { return nil }
func (v *worker) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *worker) Set(s *schema.Set) error {
	if s.Verdict != wire.Accepted {
		return fmt.Errorf("set %s: %v", s.Control, s.Findings)
	}
	d, _ := ReadPurchaseOrder(s)
	if v.json {
		if _, err := json.Marshal(d); err != nil {
			return err
		}
	}
	v.n++
	return nil
}

// BenchmarkTranslate tells rates and their ratios to the yardstick, one table look-up
// a byte.
func BenchmarkTranslate(b *testing.B) {
	const n = 5_000
	for syntax, sets := range map[string]func(int) io.Reader{"850": editest.Orders, "ORDERS": editest.Messages} {
		data := editest.All(b, sets(n))
		for name, asJSON := range map[string]bool{"document": false, "json": true} {
			b.Run(syntax+"/"+name, func(b *testing.B) {
				editest.Ratio(b, data, func() {
					v := &worker{json: asJSON}
					if err := schema.ReadBytes(data, schema.Options{}, v); err != nil || v.n != n {
						b.Fatal(err, v.n)
					}
				})
			})
		}
	}
}
