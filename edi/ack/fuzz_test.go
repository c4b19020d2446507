package ack

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"entente/edi/schema"
	"entente/edi/wire"
)

// FuzzAnswer: whatever comes in, the answer is an interchange that can be read, with
// no more 997s than there were groups to answer, and it never answers itself.
func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"850-design", "850-partly", "850-repeats-components", "group-version", "997-in", "850-own-delimiters", "850-truncated"} {
		b, err := os.ReadFile("../testdata/cases/" + name + "/in.x12")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, rep, err := Answer(bytes.NewReader(data), schema.Options{}, at)
		var we *wire.Error
		if err != nil && !errors.As(err, &we) {
			t.Fatal(err)
		}
		if len(out) == 0 {
			return
		}
		answered, err := schema.CheckBytes(out, schema.Options{})
		if err != nil || len(answered.Interchanges) == 0 {
			t.Fatalf("%v\n%s", err, out)
		}
		groups, said := 0, 0
		for _, i := range rep.Interchanges {
			groups += len(i.GroupReports)
		}
		for _, i := range answered.Interchanges {
			for _, g := range i.GroupReports {
				said += len(g.SetReports)
			}
		}
		if said == 0 && !bytes.Contains(out, []byte("~TA1*")) || said > groups {
			t.Fatalf("%d answers to %d groups\n%s", said, groups, out)
		}
		if again, _, _ := Answer(bytes.NewReader(out), schema.Options{}, at); len(again) > 0 {
			t.Fatalf("an answer was answered: %s", again)
		}
	})
}
