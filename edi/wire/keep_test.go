package wire

import (
	"slices"
	"testing"
)

// Beyond what is kept, what refuses an interchange is not lost behind what does not.
func TestKeep(t *testing.T) {
	t.Parallel()
	var got []Finding
	for _, f := range []Finding{{Key: "a", Severity: Note}, {Key: "b", Severity: AcceptedWithError}, {Key: "c", Severity: AcceptedWithError}, {Key: "d", Severity: Reject}, {Key: "e", Severity: Reject}} {
		got = Keep(got, f, 2)
	}
	keys := func() (out []string) {
		for _, f := range got {
			out = append(out, f.Key)
		}
		return out
	}
	if k := keys(); !slices.Equal(k, []string{"a", "d"}) {
		t.Errorf("kept %v", k)
	}
	got = Keep(nil, Finding{Key: "a", Severity: Note}, -3)
	got = Keep(got, Finding{Key: "b", Severity: Note}, -3)
	got = Keep(got, Finding{Key: "c", Severity: Reject}, -3)
	if k := keys(); !slices.Equal(k, []string{"c"}) {
		t.Errorf("kept %v where there is no room", k)
	}
}
