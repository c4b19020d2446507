package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"entente/portal/batch"
	"entente/portal/intake"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/lead"
	"entente/prm/trade"
)

const (
	gridRows   = 50
	resultRows = 100
)

// whole32 is a part of a name that counts something.
func whole32(w []string, at int) (int, bool) {
	if at >= len(w) {
		return 0, false
	}
	n, err := strconv.ParseInt(w[at], 10, 32)
	return int(n), err == nil && n > 0
}

// wideFields are those of a file of leads that hold sentences.
var wideFields = []string{"title", "need", "details", "company"}

// fileShow is one file: how far it is, its columns, its rows, what became of it.
func fileShow(v *visit) error { return v.filePage(200, view.Form{}) }

func (v *visit) filePage(status int, form view.Form) error {
	f, err := v.w.d.Files.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	k, err := v.w.d.Files.Kind(f.Kind)
	if err != nil {
		return err
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.FilePage{Base: v.shell(), URL: v.filesURL(f.Kind, f.ID), BackURL: v.filesURL(f.Kind), Kind: f.Kind, Name: or(f.Name, f.Kind), Partner: v.pairName(c, f.Partnership), Status: fileStatus(f.State), Form: form}
	page.Working = f.State == batch.Reading || f.State == batch.Applying
	switch f.State {
	case batch.Reading:
		page.Progress = view.T("files.reading", "n", f.Read)
	case batch.Applying:
		page.Done, page.Total = f.Counts.Applied()-f.Counts.Outcomes[batch.Refused], f.Counts.Groups
		page.Progress = view.T("files.applying", "done", v.p.Count(page.Done), "all", v.p.Count(page.Total))
	}
	if f.Problem.Key != "" {
		page.Problem = v.problemText(f.Problem)
	}
	if !page.Working {
		if err := v.fileGrid(page, k, f); err != nil {
			return err
		}
		v.fileFields(page, k, f)
		before, err := v.w.d.Files.Before(v.ctx, v.actor(), f.ID)
		if err != nil {
			return err
		}
		if before.ID != "" {
			page.Notes = append(page.Notes, view.T("files.before", "name", before.Name, "when", before.Made))
		}
		if f.Known {
			page.Notes = append(page.Notes, view.T("files.known"))
		}
		page.Clean, page.AskNumber = f.Counts.Clean, f.Kind == batch.KindOrders && f.Mapping.Column(intake.Number) < 0
		page.CleanText = view.T("files.clean."+f.Kind, "n", f.Counts.Clean)
	}
	if err := v.fileResults(page, f); err != nil {
		return err
	}
	return v.renderAs(status, page, fragments{"file": "file.whole"})
}

// problemText is a sentence of ours, with the row it is about.
func (v *visit) problemText(p batch.Problem) view.Text {
	t := v.faultText("", p.Key, p.Args)
	if t.IsZero() {
		t = view.T("error.invalid")
	}
	if row, ok := p.Args["InRow"].(string); ok {
		return view.T("order_new.row", "row", row, "what", t)
	}
	return t
}

func fieldLabel(kind, name string) view.Text { return view.T("files." + kind + "." + name) }

// fileFields are the columns of the file with the fields they may hold.
func (v *visit) fileFields(page *view.FilePage, k batch.Kind, f batch.File) {
	page.Fixed = f.Counts.Applied() > 0
	width := 0
	for _, r := range f.Sample {
		width = max(width, len(r.Cells))
	}
	for i := range max(width, len(f.Mapping.Columns)) {
		col := view.FileColumn{Index: i, Title: v.p.T("files.column", "number", i+1), Options: []view.Option{{Label: view.T("files.not_read")}}}
		on := ""
		if i < len(f.Mapping.Columns) {
			on = f.Mapping.Columns[i]
		}
		for _, name := range k.Fields() {
			col.Options = append(col.Options, view.Option{Value: name, Label: fieldLabel(f.Kind, name), On: name == on})
		}
		for _, r := range f.Sample {
			switch {
			case i >= len(r.Cells) || r.Cells[i].Text == "":
			case r.No == f.Mapping.Header:
				col.Title = clip(r.Cells[i].Text, 40)
			case len(col.Samples) < 3:
				col.Samples = append(col.Samples, clip(r.Cells[i].Text, 24))
			}
		}
		page.Columns = append(page.Columns, col)
	}
	page.Headers = []view.Option{{Value: "0", Label: view.T("files.no_header"), On: f.Mapping.Header == 0}}
	for _, r := range f.Sample {
		page.Headers = append(page.Headers, view.Option{Value: strconv.Itoa(r.No), Label: view.T("files.row_no", "row", strconv.Itoa(r.No)), On: r.No == f.Mapping.Header})
	}
	for _, d := range []string{"", ".", ","} {
		page.Decimals = append(page.Decimals, view.Option{Value: d, Label: view.T("files.decimal." + map[string]string{"": "each", ".": "point", ",": "comma"}[d]), On: d == f.Mapping.Decimal})
	}
	for _, o := range []string{"", "dmy", "mdy"} {
		page.Orders = append(page.Orders, view.Option{Value: o, Label: view.T("files.dates." + or(o, "each")), On: o == f.Mapping.Order})
	}
	page.Open = !page.Fixed && f.Counts.Clean == 0 && f.State == batch.Ready
}

// fileGrid is a page of rows, those with a finding alone where there are any.
func (v *visit) fileGrid(page *view.FilePage, k batch.Kind, f batch.File) error {
	if f.State == batch.Failed {
		return nil
	}
	shown := v.Query("rows")
	if shown == "" && f.Counts.Wrong > 0 && v.Query("after") == "" {
		shown = "wrong"
	}
	after, _ := strconv.Atoi(v.Query("after"))
	rows, err := v.w.d.Files.Rows(v.ctx, v.actor(), f.ID, shown == "wrong", after, gridRows+1)
	if err != nil {
		return err
	}
	at := func(rows string, after int) string {
		q := url.Values{"rows": {rows}}
		if after > 0 {
			q.Set("after", strconv.Itoa(after))
		}
		return "?" + q.Encode()
	}
	page.Tabs = []view.Tab{{Label: view.T("files.rows_wrong"), URL: at("wrong", 0), Count: f.Counts.Wrong, On: shown == "wrong"}, {Label: view.T("list.all"), URL: at("all", 0), Count: f.Counts.Rows, On: shown != "wrong"}}
	page.Rest = at(or(shown, "all"), after)
	if len(rows) > gridRows {
		rows = rows[:gridRows]
		page.Next = at(or(shown, "all"), rows[gridRows-1].No)
	}
	var show []string
	for _, name := range k.Fields() {
		used := slices.Contains(f.Mapping.Columns, name)
		for _, r := range rows {
			used = used || r.Fields[name] != "" || slices.ContainsFunc(r.Wrong, func(w sheet.Wrong) bool { return w.Field == name })
		}
		if used && !(f.Kind == batch.KindOrders && name == intake.GTIN) { // a GTIN is read as the item
			show = append(show, name)
			page.Fields = append(page.Fields, view.FileField{Name: name, Label: fieldLabel(f.Kind, name)})
		}
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, v.fileRow(f, r, show))
	}
	if f.Counts.Wrong > 0 {
		for _, format := range []sheet.Format{sheet.XLSX, sheet.CSV} {
			page.Errors = append(page.Errors, view.Export{Label: view.T("export." + string(format)), URL: v.filesURL(f.Kind, f.ID, "errors") + "?format=" + string(format)})
		}
	}
	return nil
}

func (v *visit) fileRow(f batch.File, r batch.Row, show []string) view.FileRow {
	out := view.FileRow{No: r.No, Dropped: r.Dropped, Bad: r.IsWrong() && !r.Dropped}
	for _, name := range show {
		cell := view.FileCell{Name: "r." + strconv.Itoa(r.No) + "." + name, Label: fieldLabel(f.Kind, name), Value: r.Fields[name], Wide: strings.HasPrefix(name, "name") || slices.Contains(wideFields, name)}
		for _, w := range r.Wrong {
			if w.Field == name && cell.Wrong.IsZero() && !r.Dropped {
				cell.Wrong = v.wrongText(w)
			}
		}
		out.Cells = append(out.Cells, cell)
	}
	if r.Twice {
		out.Notes = append(out.Notes, view.T("batch.twice"))
	}
	for _, w := range r.Wrong {
		if !slices.Contains(show, w.Field) && !r.Dropped {
			out.Notes = append(out.Notes, v.wrongText(w))
		}
	}
	for _, w := range r.Doubts {
		out.Notes = append(out.Notes, v.wrongText(w))
	}
	return out
}

func (v *visit) wrongText(w sheet.Wrong) view.Text {
	if t := v.faultText("", w.Key, w.Args); !t.IsZero() {
		return t
	}
	return view.T("error.invalid")
}

// fileResults is what became of the groups.
func (v *visit) fileResults(page *view.FilePage, f batch.File) error {
	if f.State == batch.Reading || f.Counts.Applied() == 0 {
		return nil
	}
	after, _ := strconv.Atoi(v.Query("results"))
	groups, err := v.w.d.Files.Groups(v.ctx, v.actor(), f.ID, after, resultRows+1)
	if err != nil {
		return err
	}
	if len(groups) > resultRows {
		groups = groups[:resultRows]
		page.ResultsNext = "?results=" + strconv.Itoa(groups[resultRows-1].Place)
	}
	for _, g := range groups {
		r := view.FileResult{Label: or(g.Label, or(g.Key, f.Head["number"])), Lines: g.Lines, Status: view.Status{State: view.State("outcome." + g.Outcome)}}
		if f.Kind == batch.KindOrders && g.Subject != "" {
			r.URL = v.orderURL(trade.OrderID(g.Subject))
			if r.Label == "" {
				r.Label = v.p.T("files.order_made")
			}
		}
		if f.Kind == batch.KindLeads && g.Subject != "" {
			r.URL = v.leadURL(lead.ID(g.Subject))
		}
		if f.Kind == batch.KindSales && g.Subject != "" {
			r.URL = v.path("sell-through", g.Subject)
		}
		if r.Label == "" {
			r.Label = f.Name
		}
		if g.Problem.Key != "" {
			r.Why = v.problemText(g.Problem)
		}
		page.Results = append(page.Results, r)
	}
	return nil
}

// fileErrors is the rows that are not taken, as they came, with the reasons in a last
// column: to be corrected and sent again.
func fileErrors(v *visit) error {
	f, err := v.w.d.Files.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	var columns []sheet.Column
	width := len(f.Mapping.Columns)
	for _, r := range f.Sample {
		width = max(width, len(r.Cells))
	}
	for i := range width {
		title := ""
		for _, r := range f.Sample {
			if r.No == f.Mapping.Header && i < len(r.Cells) {
				title = r.Cells[i].Text
			}
		}
		columns = append(columns, sheet.Column{Title: title, Width: 16})
	}
	columns = append(columns, sheet.Column{Title: v.p.T("files.reason"), Width: 60})
	return v.export(v.p.T("files.errors_name"), columns, func(ctx context.Context, put func(...sheet.Cell) error) error {
		return v.w.d.Files.Errors(ctx, v.actor(), f.ID, func(cells []string, r batch.Row) error {
			row := make([]sheet.Cell, width+1)
			for i, s := range cells {
				if i < width {
					row[i] = words(s)
				}
			}
			var why []string
			for _, w := range r.Wrong {
				why = append(why, v.wrongText(w).In(v.p))
			}
			if r.Twice {
				why = append(why, v.p.T("batch.twice"))
			}
			row[width] = words(strings.Join(why, " "))
			return put(row...)
		})
	})
}
