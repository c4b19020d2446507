// Package form reads submitted forms into plain values and checks their shape:
// present, short enough, a number, a date, one of a list. It knows no rule of
// the business; services check those.
//
// A Form gathers every wrong field and reports all of them at once, as one
// fault.Invalid with the field's names. People's ways of writing are taken as
// they are where the meaning is plain: "1,632.00", "1.632,00", "２", "22/11/2026",
// "2026年11月22日".
package form

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"entente/prm/fault"
)

// Limits of a form.
const (
	MaxFields = 2000     // name and value pairs
	MaxBytes  = 1 << 20  // of the whole body
	maxText   = 10 << 10 // characters of one value where Max was not given
)

// Form is a submitted form. Its methods note what is wrong; Err returns it.
type Form struct {
	values url.Values
	bad    *fault.Error
}

// New reads values that are decoded already.
func New(v url.Values) *Form { return &Form{values: v, bad: fault.New(fault.Invalid, "form.invalid")} }

// Parse reads a body of type application/x-www-form-urlencoded. Everything is
// copied: body may be reused.
// Codes: Invalid (not a form, or too many fields), TooLarge.
func Parse(body []byte) (*Form, error) {
	if len(body) > MaxBytes {
		return nil, fault.New(fault.TooLarge, "error.too_large", "Limit", "1 MiB")
	}
	text := string(body)
	if strings.Count(text, "&") >= MaxFields {
		return nil, fault.New(fault.Invalid, "error.request")
	}
	v, err := url.ParseQuery(text)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "error.request")
	}
	return New(v), nil
}

// Err is nil when every field read so far fits, else the fault with all fields.
func (f *Form) Err() error { return f.bad.OrNil() }

// Wrong notes a field as wrong.
func (f *Form) Wrong(name, key string, args ...any) { f.bad.With(name, key, args...) }

// Merge notes the wrong fields of a fault, such as a service's answer; other
// errors are returned.
func (f *Form) Merge(err error) error {
	if err == nil {
		return nil
	}
	e := fault.As(err)
	if e.Code != fault.Invalid || len(e.Fields) == 0 {
		return err
	}
	f.bad.Fields = append(f.bad.Fields, e.Fields...)
	return nil
}

// Has reports whether the field was sent at all.
func (f *Form) Has(name string) bool { return f.values.Has(name) }

// Values returns what was sent, to show the form again.
func (f *Form) Values() map[string]string {
	out := make(map[string]string, len(f.values))
	for k := range f.values {
		out[k] = f.values.Get(k)
	}
	return out
}

// Rule is a condition on a text field.
type Rule func(*rules)

type rules struct {
	required bool
	most     int
	lines    bool
	raw      bool
}

// Required refuses an empty field.
func Required() Rule { return func(r *rules) { r.required = true } }

// Max limits a field to n characters.
func Max(n int) Rule { return func(r *rules) { r.most = n } }

// Lines keeps line breaks, for text areas.
func Lines() Rule { return func(r *rules) { r.lines = true } }

// Raw keeps blanks and takes everything as typed, for passwords.
func Raw() Rule { return func(r *rules) { r.raw = true } }

// Text reads a text: trimmed, in NFC, without control characters.
func (f *Form) Text(name string, with ...Rule) string {
	r := rules{most: maxText}
	for _, w := range with {
		w(&r)
	}
	s := f.values.Get(name)
	if !utf8.ValidString(s) {
		f.Wrong(name, "form.text_wrong")
		return ""
	}
	if !r.raw {
		s = clean(s, r.lines)
	}
	switch {
	case s == "" && r.required:
		f.Wrong(name, "form.missing")
	case utf8.RuneCountInString(s) > r.most:
		f.Wrong(name, "form.too_long", "most", r.most)
		return ""
	}
	return s
}

func clean(s string, lines bool) string {
	s = norm.NFC.String(strings.ReplaceAll(s, "\r\n", "\n"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// Choice reads one of the words; an empty field is the first of them when it is
// not required.
func (f *Form) Choice(name string, words []string, with ...Rule) string {
	r := rules{}
	for _, w := range with {
		w(&r)
	}
	s := strings.TrimSpace(f.values.Get(name))
	switch {
	case s == "" && r.required:
		f.Wrong(name, "form.missing")
	case s == "" && len(words) > 0:
		return words[0]
	case !slices.Contains(words, s):
		f.Wrong(name, "form.choice_wrong")
		return ""
	}
	return s
}

// Choices reads several of the words, each once, in the order of the list.
func (f *Form) Choices(name string, words []string, with ...Rule) []string {
	r := rules{}
	for _, w := range with {
		w(&r)
	}
	var out []string
	for _, w := range words {
		if slices.Contains(f.values[name], w) {
			out = append(out, w)
		}
	}
	for _, s := range f.values[name] {
		if s != "" && !slices.Contains(words, s) {
			f.Wrong(name, "form.choice_wrong")
			return nil
		}
	}
	if len(out) == 0 && r.required {
		f.Wrong(name, "form.missing")
	}
	return out
}

// On reads a box: ticked or not.
func (f *Form) On(name string) bool {
	switch f.values.Get(name) {
	case "", "0", "false", "off", "no":
		return false
	}
	return true
}

// Int reads a whole number from least to most; an empty field that is not
// required is least.
func (f *Form) Int(name string, least, most int64, with ...Rule) int64 {
	s := f.number(name, with)
	if s == "" {
		return least
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f.Wrong(name, "form.whole_number")
		return least
	}
	if n < least || n > most {
		f.Wrong(name, "form.between", "least", least, "most", most)
		return least
	}
	return n
}

// Decimal reads a number with at most so many places and returns it with a point
// and nothing else ("-1632.5"), exact; "" for an empty field that is not required.
func (f *Form) Decimal(name string, places int, with ...Rule) string {
	s := f.number(name, with)
	if s == "" {
		return ""
	}
	_, frac, _ := strings.Cut(s, ".")
	if len(strings.TrimRight(frac, "0")) > places {
		f.Wrong(name, "form.places", "most", places)
		return ""
	}
	return s
}

func (f *Form) number(name string, with []Rule) string {
	s := f.Text(name, append(slices.Clone(with), Max(40))...)
	if s == "" {
		return ""
	}
	out, ok := Number(s)
	if !ok {
		f.Wrong(name, "form.number_wrong")
	}
	return out
}

// Date reads a civil date and returns it as 2006-01-02; "" for an empty field
// that is not required. today (the same form) gives the year where none was
// written.
func (f *Form) Date(name, today string, with ...Rule) string {
	s := f.Text(name, append(slices.Clone(with), Max(40))...)
	if s == "" {
		return ""
	}
	out, ok := Date(s, today)
	if !ok {
		f.Wrong(name, "form.date_wrong")
	}
	return out
}

// Zone reads the name of a time zone.
func (f *Form) Zone(name string, with ...Rule) string {
	s := f.Text(name, append(slices.Clone(with), Max(64))...)
	if s == "" {
		return ""
	}
	if _, err := time.LoadLocation(s); err != nil || s == "Local" {
		f.Wrong(name, "form.choice_wrong")
		return ""
	}
	return s
}
