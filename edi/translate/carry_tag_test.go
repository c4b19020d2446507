package translate_test

import (
	"strings"
	"testing"

	"entente/edi/schema"
	"entente/edi/translate"
)

type setFunc func(*schema.Set)

func (setFunc) Interchange(*schema.Interchange) error    { return nil }
func (setFunc) Group(*schema.Group) error                { return nil }
func (setFunc) GroupEnd(*schema.Group) error             { return nil }
func (setFunc) InterchangeEnd(*schema.Interchange) error { return nil }
func (fn setFunc) Set(s *schema.Set) error               { fn(s); return nil }

// TestTagWithComponents: a tag that has components of its own is read for showing
// without a panic; the segment is told as not carried.
func TestTagWithComponents(t *testing.T) {
	t.Parallel()
	for _, seg := range []string{"FTX:1+ZZZ'", "FTX:AAI'", "FTX:'", "RFF:1'", "LOC:A:B'"} {
		in := "UNB+UNOC:3+K:ZZZ+A:ZZZ+261122:0912+101'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'DTM+137:20261122:102'" + seg +
			"NAD+BY+1::92'LIN+1++A:SA'" + seg + "QTY+21:4'UNS+S'UNT+10+1'UNZ+1+101'"
		sets := 0
		err := schema.Read(strings.NewReader(in), schema.Options{}, setFunc(func(s *schema.Set) {
			sets++
			if d, _ := translate.Read(s); d == nil {
				t.Errorf("%s: no document", seg)
			}
		}))
		if err != nil || sets != 1 {
			t.Errorf("%s: %d sets, %v", seg, sets, err)
		}
	}
}
