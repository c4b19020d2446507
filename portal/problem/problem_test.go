package problem

import (
	"testing"

	"entente/prm/fault"
)

// A conflict in which nobody changed anything is not titled as one.
func TestATitleSaysWhatHappened(t *testing.T) {
	for key, want := range map[string][2]string{
		"edi.idempotency_conflict": {"This key was used before", "该幂等键已被使用"},
		"error.conflict":           {"Somebody changed this", ""},
	} {
		err := fault.New(fault.Conflict, key, "Key", "k")
		if got := Of(err, "en", "").Title; got != want[0] {
			t.Errorf("%s: %q", key, got)
		}
		if got := Of(err, "zh-CN", "").Title; want[1] != "" && got != want[1] {
			t.Errorf("%s: %q", key, got)
		}
	}
}
