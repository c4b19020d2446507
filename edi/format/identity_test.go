package format

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"entente/edi/flat"
	"entente/edi/idoc"
)

var control = idoc.Control{Client: "800", Number: "0000000000004711", Sender: "AURELIA", SenderType: "LS", SenderPort: "ENTENTE", Receiver: "KESTREL", ReceiverType: "LS", ReceiverPort: "SAPEDI", Created: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}

// TestIdentity: a document that a format has places for, written and read again, is the
// same one: nothing lost, nothing added, no problems.
func TestIdentity(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(source) Document{"order": source.order, "answer": source.answer, "invoice": source.invoice, "notice": source.notice}
	for _, name := range Names() {
		for kind, make := range kinds {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(80) {
					s := source{rand.New(rand.NewPCG(seed, 5)), name}
					d := make(s)
					if p := d.Validate(); len(p) > 0 {
						t.Fatalf("seed %d: %+v", seed, p)
					}
					for _, style := range []flat.Style{{}, {Comma: ';', Decimal: ',', Columns: map[string]string{"number": "Beleg-Nr.", "quantity": "Menge"}}} {
						var b bytes.Buffer
						told, bad, err := Write(&b, d, name, Options{IDoc: control, CSV: style})
						if err != nil || len(bad) > 0 || len(told) > 0 {
							t.Fatalf("seed %d: %v %+v %+v\n%q", seed, err, bad, told, b.Bytes())
						}
						items, err := Read(bytes.NewReader(b.Bytes()), name, Options{CSV: style})
						if err != nil || len(items) != 1 || len(items[0].Problems) > 0 || len(items[0].Left) > 0 {
							t.Fatalf("seed %d: %v %+v\n%s", seed, err, items, b.Bytes())
						}
						if added, err := lost(items[0].Document, d); err != nil || len(added) > 0 {
							x, _ := json.Marshal(d)
							t.Fatalf("seed %d: %v came of nothing: %+v\n%s\n%s", seed, err, added, x, b.Bytes())
						}
						if name != CSV && name != XLSX {
							break
						}
					}
				}
			})
		}
	}
}
