package web

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"entente/portal/view"
)

// pageRows is how many rows a list shows before "Load more".
const pageRows = 50

const maxQuery = 200 // characters of a search

// again is the address of this page with some parameters changed: name, value
// pairs; an empty value takes the parameter away. The cursor never survives.
func (v *visit) again(changes ...string) string {
	q, _ := url.ParseQuery(string(v.Request().URI().QueryString()))
	q.Del("after")
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			q.Del(changes[i])
		} else {
			q.Set(changes[i], changes[i+1])
		}
	}
	if len(q) == 0 {
		return v.Path()
	}
	return v.Path() + "?" + q.Encode()
}

// next is the address of the next rows, empty at the end.
func (v *visit) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	return v.again("after", cursor)
}

// search is what was typed into the search box.
func (v *visit) search() string {
	q := strings.TrimSpace(strings.ToValidUTF8(v.Query("q"), ""))
	if utf8.RuneCountInString(q) > maxQuery {
		q = string([]rune(q)[:maxQuery])
	}
	return q
}

// civil reads a date of the query; what is no date filters nothing.
func (v *visit) civil(name string) string {
	if _, err := time.Parse(time.DateOnly, v.Query(name)); err != nil {
		return ""
	}
	return v.Query(name)
}

// oneOf is the parameter when it is one of the choices, else empty.
func oneOf[T ~string](got string, choices []T) T {
	for _, c := range choices {
		if got == string(c) {
			return c
		}
	}
	return ""
}

// choice makes a drop-down with "all" first.
func choice(name, label string, chosen string, options []view.Option) view.Filter {
	f := view.Filter{Name: name, Label: view.T(label), Options: []view.Option{{Label: view.T("list.all"), On: chosen == ""}}}
	for _, o := range options {
		o.On = o.Value == chosen
		f.Options = append(f.Options, o)
	}
	return f
}

// filters is the bar over a list; keep names parameters that travel hidden.
func (v *visit) filters(placeholder string, dates bool, keep []string, lists ...view.Filter) view.Filters {
	f := view.Filters{URL: v.Path(), Query: v.search(), Placeholder: view.T(placeholder), Lists: lists, Dates: dates, Hidden: map[string]string{}}
	for _, name := range keep {
		if value := v.Query(name); value != "" {
			f.Hidden[name] = value
		}
	}
	f.Active = f.Query != ""
	clear := []string{"q", ""}
	for _, l := range lists {
		clear = append(clear, l.Name, "")
		f.Active = f.Active || len(l.Options) > 0 && !l.Options[0].On
	}
	if dates {
		f.From, f.To = view.Date(v.civil("from")), view.Date(v.civil("to"))
		f.Active = f.Active || f.From != "" || f.To != ""
		clear = append(clear, "from", "", "to", "")
	}
	f.ClearURL = v.again(clear...)
	return f
}
