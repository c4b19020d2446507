package web

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"entente/portal/form"
	"entente/portal/view"
	"entente/prm/fault"
	"entente/prm/money"
)

// input is a submitted form: the first value of every field as typed, and what is
// wrong with the shape of them. Rules of the business stay with the services.
type input struct {
	v      *visit
	values map[string]string
	wrong  *fault.Error
	told   []view.Text // what the person is told about where the values come from

	rows     []view.Text // what is wrong with rows of a table, by their number
	overflow int         // the first row for which the form had no place
}

// input reads the submitted form.
func (v *visit) input() *input {
	in := &input{v: v, values: map[string]string{}, wrong: fault.New(fault.Invalid, "form.invalid")}
	for key, value := range v.Request().PostArgs().All() {
		k := string(key)
		if _, ok := in.values[k]; !ok {
			in.values[k] = strings.ToValidUTF8(string(value), "")
		}
	}
	if form, err := v.MultipartForm(); err == nil {
		for k, values := range form.Value {
			if _, ok := in.values[k]; !ok && len(values) > 0 {
				in.values[k] = strings.ToValidUTF8(values[0], "")
			}
		}
	}
	return in
}

// file reads the file of a field, nothing where none was chosen. The whole form is
// within SmallBody.
func (v *visit) file(name string) []byte {
	head, err := v.FormFile(name)
	if err != nil {
		return nil
	}
	f, err := head.Open()
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, SmallBody))
	if err != nil {
		return nil
	}
	return b
}

// all are the values of a field that may come several times.
func (v *visit) all(name string) []string {
	var out []string
	values := v.Request().PostArgs().PeekMulti(name)
	if form, err := v.MultipartForm(); err == nil {
		for _, s := range form.Value[name] {
			values = append(values, []byte(s))
		}
	}
	for _, b := range values {
		if s := strings.TrimSpace(strings.ToValidUTF8(string(b), "")); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// text is the field without blanks around.
func (in *input) text(name string) string { return strings.TrimSpace(in.values[name]) }

// date reads a civil date as people write it. Empty is empty.
func (in *input) date(name string) string {
	s := in.text(name)
	if s == "" {
		return ""
	}
	if d, ok := form.Date(s, in.v.today()); ok {
		return d
	}
	in.wrong.With(name, "error.date", "value", s)
	return ""
}

// number reads a decimal as people write it. Empty is zero; negative numbers are
// refused.
func (in *input) number(name string) money.Micro {
	s := in.text(name)
	if s == "" {
		return 0
	}
	n, ok := decimal(s)
	if !ok {
		in.wrong.With(name, "error.number", "value", s)
		return 0
	}
	if n < 0 {
		in.wrong.With(name, "error.number", "value", s)
		return 0
	}
	return n
}

// decimal reads a number as people write it, with at most six places.
func decimal(s string) (money.Micro, bool) { return form.Decimal(s) }

// require notes an empty field.
func (in *input) require(names ...string) {
	for _, n := range names {
		if in.text(n) == "" {
			in.wrong.With(n, "form.missing")
		}
	}
}

// err is what is wrong with the shape, or nil.
func (in *input) err() error { return in.wrong.OrNil() }

// form is the form as typed with what is wrong; passwords are not sent back.
func (in *input) form(errs []view.FieldError, note view.Text) view.Form {
	kept := map[string]string{}
	for k, val := range in.values {
		if !strings.HasPrefix(k, "password") && k != "old" && k != "csrf" && k != "key" && k != "token" {
			kept[k] = val
		}
	}
	return view.Form{Values: kept, Errors: errs, Note: note}
}

// renamed points the fields of a service's refusal ("lines.2.quantity", counted
// as they were sent) at the fields of the form they came from.
// It is for answers of services alone: what the form itself found wrong has the
// names of the form already.
func renamed(err error, sent []string) error {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return err
	}
	out := *f
	out.Fields = nil
	for _, field := range f.Fields {
		w := strings.SplitN(field.Name, ".", 3)
		if len(w) == 3 && w[0] == "lines" {
			if i, err := strconv.Atoi(w[1]); err == nil && i >= 0 && i < len(sent) {
				field.Name = sent[i] + "." + w[2]
			}
		}
		out.Fields = append(out.Fields, field)
	}
	return &out
}
