package web

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/orderdesk"
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

// savedViews are the views kept of a list; that with the filters of this page is on.
func (v *visit) savedViews(list string) (view.SavedViews, error) {
	out := view.SavedViews{URL: v.path(list, "views"), Here: string(v.Request().URI().QueryString())}
	all, err := v.w.d.Desk.Views(v.ctx, v.actor(), list)
	if err != nil {
		return out, err
	}
	now := v.Request().URI().QueryArgs()
	for _, x := range all {
		tab := view.SavedView{ID: x.ID, Name: x.Name, URL: v.path(list) + "?" + x.Query, Shared: x.Shared, CanDrop: x.Own || x.Shared && v.actor().Has(access.Manager)}
		same := x.Query != ""
		for pair := range strings.SplitSeq(x.Query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			same = same && queryEscape(string(now.Peek(name))) == value
		}
		tab.On = same
		out.Rows = append(out.Rows, tab)
	}
	return out, nil
}

// viewSave keeps the filters of a list under a name, viewDrop forgets a view.
func viewSave(list string) func(*visit) error {
	return func(v *visit) error {
		in := v.input()
		saved, err := v.w.d.Desk.Save(v.ctx, v.actor(), orderdesk.View{List: list, Name: in.text("name"), Query: in.text("query"), Shared: in.text("shared") != ""})
		if err != nil {
			return err
		}
		return v.done(v.path(list)+"?"+saved.Query, "said.saved")
	}
}

func viewDrop(list string) func(*visit) error {
	return func(v *visit) error {
		if err := v.w.d.Desk.Drop(v.ctx, v.actor(), v.Params("id")); err != nil {
			return err
		}
		return v.done(v.path(list), "said.saved")
	}
}
