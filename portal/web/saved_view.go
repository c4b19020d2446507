package web

import (
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/orderdesk"
)

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
