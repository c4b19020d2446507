package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
)

// Version is the version of the JSON form. A field may be added under the same version;
// one that is taken away or means something else makes a new one.
const Version = 1

// envelope is a document as JSON: what "entente edi doc" prints, and what the API sends
// and takes. Of a line of that command the parts about the interchange are passed over.
type envelope struct {
	Version     int             `json:"version,omitempty"`
	Type        string          `json:"type"`
	Document    json.RawMessage `json:"document"`
	Test        bool            `json:"test,omitempty"`
	Number      string          `json:"number,omitempty"`
	Control     string          `json:"control,omitempty"`
	Interchange string          `json:"interchange,omitempty"`
	Sender      string          `json:"sender,omitempty"`
	Receiver    string          `json:"receiver,omitempty"`
	Result      string          `json:"result,omitempty"`
	Findings    json.RawMessage `json:"findings,omitempty"`
	Problems    json.RawMessage `json:"problems,omitempty"`
	Left        json.RawMessage `json:"left,omitempty"`
}

func writeJSON(w io.Writer, d Document) error {
	t := TypeOf(d)
	if t == "" {
		return &wire.Error{Kind: wire.ErrNotRead, Key: "json.type"}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Version  int      `json:"version"`
		Type     string   `json:"type"`
		Document Document `json:"document"`
	}{Version, t, d})
}

// readJSON reads documents one after the other, or as an array. Names that the form does
// not know and values of another kind are refused with their place.
func readJSON(r io.Reader, lim markup.Limits) ([]Item, error) {
	raw, err := io.ReadAll(io.LimitReader(r, lim.Bytes+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(raw)) > lim.Bytes:
		return nil, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.file"}
	case len(bytes.TrimSpace(raw)) == 0:
		return nil, &wire.Error{Kind: wire.ErrNotEDI, Key: "empty"}
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if err := shallow(raw, lim.Depth); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	var out []Item
	for n := 1; ; n++ {
		at := dec.InputOffset()
		var one json.RawMessage
		if err := dec.Decode(&one); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, syntax(err, at)
		}
		list := []json.RawMessage{one}
		if one[0] == '[' {
			if err := json.Unmarshal(one, &list); err != nil {
				return nil, syntax(err, at)
			}
		}
		for _, raw := range list {
			if len(out) >= lim.Elements {
				return nil, &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.elements"}
			}
			it, err := one2item(raw, at)
			if err != nil {
				return nil, err
			}
			out = append(out, it)
		}
	}
}

func syntax(err error, at int64) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		at += s.Offset
	}
	return &wire.Error{Kind: wire.ErrMalformed, Key: "json.syntax", Pos: wire.Position{Offset: at}, Value: err.Error()}
}

// shallow refuses what nests deeper than allowed before anything is built of it.
func shallow(raw []byte, most int) error {
	depth, text := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.nesting", Pos: wire.Position{Offset: int64(i)}}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

func one2item(raw json.RawMessage, at int64) (Item, error) {
	bad := func(key, value string) error {
		if len(value) > wire.MaxValue {
			value = strings.ToValidUTF8(value[:wire.MaxValue], "")
		}
		return &wire.Error{Kind: wire.ErrMalformed, Key: key, Pos: wire.Position{Offset: at}, Value: value}
	}
	var e envelope
	if key, path := strict(raw, reflect.TypeFor[envelope](), ""); key != "" {
		return Item{}, bad(key, path)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return Item{}, syntax(err, at)
	}
	if e.Version > Version {
		return Item{}, bad("json.version", fmt.Sprint(e.Version))
	}
	d := blank(e.Type)
	if d == nil {
		return Item{}, bad("json.type", e.Type)
	}
	if len(e.Document) == 0 || string(e.Document) == "null" {
		return Item{}, bad("json.missing", "document")
	}
	if key, path := strict(e.Document, reflect.TypeOf(d).Elem(), "document"); key != "" {
		return Item{}, bad(key, path)
	}
	if err := json.Unmarshal(e.Document, d); err != nil {
		return Item{}, bad("json.syntax", err.Error())
	}
	return Item{Document: d, Test: e.Test, Control: e.Control, Receiver: e.Receiver}, nil
}

// fieldsOf are the names of a struct in JSON with their types, embedded ones among them.
func fieldsOf(t reflect.Type, into map[string]reflect.Type) map[string]reflect.Type {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fieldsOf(f.Type, into)
		case name != "" && name != "-":
			into[name] = f.Type
		}
	}
	return into
}

var (
	rawType     = reflect.TypeFor[json.RawMessage]()
	elementType = reflect.TypeFor[doc.Element]()
)

// expected are the keys of errors by what should have stood there.
var expected = map[reflect.Kind]string{
	reflect.String: "json.text", reflect.Struct: "json.object", reflect.Slice: "json.list", reflect.Bool: "json.bool", reflect.Int: "json.number",
}

// strict gives the key and the place of what in the JSON is not of the type; empty for
// nothing. Names must be written exactly and once.
func strict(raw json.RawMessage, t reflect.Type, path string) (key, at string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	raw = bytes.TrimSpace(raw)
	if t == rawType || t == elementType || string(raw) == "null" || len(raw) == 0 {
		return "", ""
	}
	is, ok := map[byte]reflect.Kind{'{': reflect.Struct, '[': reflect.Slice, '"': reflect.String, 't': reflect.Bool, 'f': reflect.Bool}[raw[0]]
	if !ok {
		is = reflect.Int
	}
	if is != t.Kind() {
		return expected[t.Kind()], path
	}
	switch is {
	case reflect.Slice:
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			return "json.list", path
		}
		for i, one := range list {
			if key, at := strict(one, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); key != "" {
				return key, at
			}
		}
	case reflect.Struct:
		return strictObject(raw, t, path)
	}
	return "", ""
}

func strictObject(raw json.RawMessage, t reflect.Type, path string) (key, at string) {
	known := fieldsOf(t, map[string]reflect.Type{})
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token()
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		name, _ := tok.(string)
		at := name
		if path != "" {
			at = path + "." + name
		}
		var v json.RawMessage
		if err != nil || dec.Decode(&v) != nil {
			return "json.object", at
		}
		ft, ok := known[name]
		switch {
		case !ok:
			return "json.unknown", at
		case seen[name]:
			return "json.twice", at
		}
		seen[name] = true
		if key, at := strict(v, ft, at); key != "" {
			return key, at
		}
	}
	return "", ""
}
