package view

import (
	"fmt"
	"strings"
)

// fieldView is what the part "field" draws: a label, a control, its hint and what is wrong with it.
type fieldView struct {
	ID, Name, Label, Value, Error, Hint    string
	Type, Autocomplete, Mode, Placeholder  string
	Options                                []Option
	Required, Focus, Mono, Off, Area, Show bool
	Min, Max                               string
	List                                   string
	p                                      *set
}

// field describes one labelled control: field .Form "email" "type" "email" "autocomplete" "username". The label is the key "field." + name
// without indices, or the key given as "label". Further pairs: hint (key), options ([]Option), required, focus, mono, off (bool), mode, list, min, max, placeholder (key), area, value.
func (s *set) field(form Form, name string, pairs ...any) (fieldView, error) {
	f := fieldView{ID: form.Anchor(name), Name: name, Value: form.Value(name), Error: form.Error(name).In(s.base.P), Type: "text", p: s}
	label := "field." + plainField(name)
	for i := 0; i+1 < len(pairs); i += 2 {
		v := pairs[i+1]
		str, _ := v.(string)
		on, _ := v.(bool)
		switch pairs[i] {
		case "label":
			label = str
		case "hint":
			f.Hint = s.base.P.T(str)
		case "type":
			f.Type = str
		case "autocomplete":
			f.Autocomplete = str
		case "mode":
			f.Mode = str
		case "list":
			f.List = str
		case "min":
			f.Min = str
		case "max":
			f.Max = str
		case "placeholder":
			f.Placeholder = s.base.P.T(str)
		case "value":
			if f.Value == "" {
				f.Value = str
			}
		case "options":
			f.Options, _ = v.([]Option)
		case "required":
			f.Required = on
		case "focus":
			f.Focus = on
		case "mono":
			f.Mono = on
		case "off":
			f.Off = on
		case "area":
			f.Area = on
		default:
			return f, fmt.Errorf("view: field %s: unknown setting %v", name, pairs[i])
		}
	}
	f.Label = s.base.P.T(label)
	return f, nil
}

// plainField is the part of a field's name after its indices: "line.2.0.quantity" is "quantity".
func plainField(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// stemmed gives the form a stem for the ids of its controls, where two forms of a page have fields of one name.
func stemmed(form Form, stem string) Form {
	form.stem = stem
	return form
}
