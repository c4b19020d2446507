package doc

import (
	"encoding/json"
	"testing"
)

func TestElementJSON(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]Element{
		`""`: {}, `"A"`: {{"A"}}, `["A","","B"]`: {{"A", "", "B"}}, `{"repeat":["A",["B","C"]]}`: {{"A"}, {"B", "C"}},
	} {
		b, err := json.Marshal(e)
		if err != nil || string(b) != want {
			t.Errorf("%v: %s %v", e, b, err)
		}
		var back Element
		if err := json.Unmarshal(b, &back); err != nil {
			t.Errorf("%s: %v", b, err)
		}
		if again, _ := json.Marshal(back); string(again) != want {
			t.Errorf("%s came back as %s", b, again)
		}
	}
	for _, bad := range []string{`7`, `{"repeat":[]}`, `{"repeat":[7]}`, `[1]`, `{}`} {
		var e Element
		if err := json.Unmarshal([]byte(bad), &e); err == nil {
			t.Errorf("%s was read as %v", bad, e)
		}
	}
}
