package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
)

// Lost is a value of a document that a format cannot say, or says otherwise, by its
// place in the JSON form: "lines[2].allowances[0]".
type Lost struct {
	Path  string `json:"path"`
	Value string `json:"value"`
}

// lost compares a document with what reads back of it. Entries of lists are matched
// whatever their order; one that is gone is told whole.
func lost(want, got Document) ([]Lost, error) {
	a, err := plain(want)
	if err != nil {
		return nil, err
	}
	b, err := plain(got)
	if err != nil {
		return nil, err
	}
	var out []Lost
	compare("", a, b, &out)
	return out, nil
}

func plain(d Document) (v any, err error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return v, dec.Decode(&v)
}

func compare(path string, a, b any, out *[]Lost) {
	switch x := a.(type) {
	case map[string]any:
		y, _ := b.(map[string]any)
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			at := k
			if path != "" {
				at = path + "." + k
			}
			compare(at, x[k], y[k], out)
		}
	case []any:
		y, _ := b.([]any)
		for i, k := range pairs(x, y) {
			at := fmt.Sprintf("%s[%d]", path, i)
			if k < 0 {
				*out = append(*out, Lost{at, short(x[i])})
				continue
			}
			compare(at, x[i], y[k], out)
		}
	case nil:
	default:
		if s := fmt.Sprint(a); b == nil && s != "" && s != "0" && s != "false" || b != nil && s != fmt.Sprint(b) {
			*out = append(*out, Lost{path, s})
		}
	}
}

func short(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// keys name an entry of a list.
var keys = []string{"number", "sscc", "qualifier", "role", "status", "function", "code", "type", "kind"}

// key is what an entry is called by; false for one that is a plain text.
func key(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	for _, k := range keys {
		if s, ok := m[k].(string); ok && s != "" {
			return k + "=" + s
		}
	}
	return ""
}

// pairs gives for each entry of a list the one of the other that it is: equal ones
// first, then the next of the same name, then, of entries without a name, the next.
func pairs(x, y []any) []int {
	out := make([]int, len(x))
	byText, byKey := map[string][]int{}, map[string][]int{}
	for k := range y {
		t := short(y[k])
		byText[t] = append(byText[t], k)
		byKey[key(y[k])] = append(byKey[key(y[k])], k)
	}
	used := make([]bool, len(y))
	take := func(list []int) (int, []int) {
		for len(list) > 0 && used[list[0]] {
			list = list[1:]
		}
		if len(list) == 0 {
			return -1, nil
		}
		used[list[0]] = true
		return list[0], list[1:]
	}
	for i := range x {
		t := short(x[i])
		out[i], byText[t] = take(byText[t])
	}
	for i := range x {
		if out[i] < 0 {
			name := key(x[i])
			if _, plain := x[i].(string); !plain {
				out[i], byKey[name] = take(byKey[name])
			}
		}
	}
	return out
}
