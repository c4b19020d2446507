package doc

import (
	"encoding/json"
	"errors"
)

// Extra is a segment that the document has no field for. It is carried as it came, so
// that nothing of a partner's is lost, and written again where the document goes out
// in the standard it came in.
type Extra struct {
	// Standard is "x12" or "edifact", and Set the set or message it stood in.
	Standard string `json:"standard"`
	Set      string `json:"set"`
	// Place names the loops it stood in, outermost first: "PO1[2]/SLN[1]" is the
	// first SLN loop of the second PO1 loop. Empty for the set itself.
	Place    string    `json:"place,omitempty"`
	Segment  string    `json:"segment"`
	Elements []Element `json:"elements"`
}

// Element is the value of an element: its repetitions, each of its components. In
// JSON the usual one value is a string, several components are an array of strings,
// and repetitions are {"repeat":[…]} of those.
type Element [][]string

// MarshalJSON writes the shortest form.
func (e Element) MarshalJSON() ([]byte, error) {
	one := func(parts []string) any {
		switch len(parts) {
		case 0:
			return ""
		case 1:
			return parts[0]
		}
		return parts
	}
	switch len(e) {
	case 0:
		return json.Marshal("")
	case 1:
		return json.Marshal(one(e[0]))
	}
	all := make([]any, len(e))
	for i, r := range e {
		all[i] = one(r)
	}
	return json.Marshal(map[string]any{"repeat": all})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Element) UnmarshalJSON(b []byte) error {
	one := func(b []byte) ([]string, error) {
		var s string
		if json.Unmarshal(b, &s) == nil {
			return []string{s}, nil
		}
		var parts []string
		err := json.Unmarshal(b, &parts)
		return parts, err
	}
	var many struct {
		Repeat []json.RawMessage `json:"repeat"`
	}
	if json.Unmarshal(b, &many) != nil {
		parts, err := one(b)
		*e = Element{parts}
		return err
	}
	if len(many.Repeat) == 0 {
		return errors.New("doc: an element has no repetition")
	}
	*e = nil
	for _, r := range many.Repeat {
		parts, err := one(r)
		if err != nil {
			return err
		}
		*e = append(*e, parts)
	}
	return nil
}

// Carried gives the segments that the document has no field for.
func (h *Header) Carried() *[]Extra { return &h.Extra }
