package web

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"entente/portal/batch"
	"entente/portal/intake"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/fault"
	"entente/prm/partner"
	"entente/prm/trade"
)

// fillLines turns the rows of the file that was chosen, else the pasted cells, into
// lines of the form, below those that are typed. What cannot be read is told by its row and stands in its line as pasted;
// rows beyond the most lines of a form stay in the text area.
func (v *visit) fillLines(in *input) error {
	chosen, err := v.supplierOf(in)
	if err != nil {
		return err
	}
	from, field := v.file("file"), "file"
	var r *sheet.Reader
	if len(from) > 0 {
		r, err = sheet.Open(bytes.NewReader(from), int64(len(from)), sheet.Options{})
	} else {
		field = "paste"
		r, err = sheet.OpenText(in.values["paste"])
	}
	var rows []sheet.Row
	if err == nil {
		defer r.Close()
		rows, err = allRows(r)
	}
	if err != nil {
		if f := fault.As(err); f.Code == fault.Invalid || f.Code == fault.TooLarge {
			in.wrong.Fields = append(in.wrong.Fields, fault.Field{Name: field, Key: f.Key, Args: f.Args})
			return v.newOrder(422, in, in.err())
		}
		return err
	}
	mapping := intake.Guess(rows, batch.ItemsKnown(v.ctx, v.w.d.Trade, v.actor(), chosen.ID))
	var lines []intake.Line
	for _, row := range rows {
		if l, ok := intake.Read(mapping, row, v.today()); ok {
			lines = append(lines, l)
		}
	}
	quotes, err := batch.QuoteLines(v.ctx, v.w.d.Trade, v.actor(), chosen.ID, in.text("requested"), lines)
	if err != nil {
		return err
	}
	in.closeUp()
	n, filled := in.typed(), 0
	var rest []string
	for i, l := range lines {
		switch {
		case l.Total:
			in.told = append(in.told, view.T("order_new.row", "row", strconv.Itoa(l.Row), "what", view.T("intake.total")))
			continue
		case l.Blank():
			in.rows = append(in.rows, view.T("order_new.row", "row", strconv.Itoa(l.Row), "what", view.T("intake.blank", "text", clip(strings.Join(strings.Fields(strings.Join(l.Cells, " ")), " "), 120))))
			continue
		case n == mostLines:
			if in.overflow == 0 {
				in.overflow = l.Row
			}
			rest = append(rest, strings.Join(l.Cells, "\t"))
			continue
		}
		at := "line." + strconv.Itoa(n)
		for f, s := range map[string]string{".sku": l.Item, ".quantity": l.Quantity, ".unit": batch.UnitFor(quotes[i], l.Unit), ".price": l.Price, ".date": l.Date} {
			if s != "" {
				in.values[at+f] = s
			}
		}
		for _, w := range v.lineFaults(l, quotes[i]) {
			in.rows = append(in.rows, view.T("order_new.row", "row", strconv.Itoa(l.Row), "what", w.what))
			if w.key != "" {
				in.wrong.Fields = append(in.wrong.Fields, fault.Field{Name: at + "." + w.field, Key: w.key, Args: w.args})
			}
		}
		n, filled = n+1, filled+1
	}
	if in.overflow > 0 {
		in.rows = append(in.rows, view.T("order_new.overflow", "row", strconv.Itoa(in.overflow), "most", strconv.Itoa(mostLines)))
	}
	in.told = slices.Insert(in.told, 0, view.T("order_new.filled", "lines", strconv.Itoa(filled)))
	if field == "paste" || len(rest) > 0 {
		if field == "file" && in.text("paste") != "" {
			rest = append(rest, in.values["paste"])
		}
		in.values["paste"] = strings.Join(rest, "\n")
	}
	in.values["lines"] = strconv.Itoa(max(n, 1))
	return v.newOrder(200, in, in.err())
}

// allRows reads a table that was sent with a form, which the body of a form bounds.
func allRows(r *sheet.Reader) ([]sheet.Row, error) {
	var out []sheet.Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		row.Cells = slices.Clone(row.Cells)
		out = append(out, row)
	}
}

// supplierOf is the partnership that the form orders in.
func (v *visit) supplierOf(in *input) (partner.Partnership, error) {
	partners, err := v.partners()
	if err != nil {
		return partner.Partnership{}, err
	}
	suppliers := partners.suppliers(v.actor())
	if len(suppliers) == 0 {
		return partner.Partnership{}, fault.New(fault.NotFound, "error.not_found")
	}
	for _, p := range suppliers {
		if p.ID == in.text("partner") {
			return p, nil
		}
	}
	return suppliers[0], nil
}

// lineFault is one reason why a row cannot be ordered as it stands. Key and args
// are those of the field; an empty key is told by the line itself.
type lineFault struct {
	field, key string
	args       map[string]any
	what       view.Text
}

// lineFaults puts the reasons why a row cannot be ordered beside the fields of the form.
func (v *visit) lineFaults(l intake.Line, q trade.Quote) []lineFault {
	var out []lineFault
	names := map[string]string{intake.Item: "sku", intake.GTIN: "sku"}
	for _, w := range batch.LineFaults(l, q) {
		f := lineFault{field: or(names[w.Field], w.Field), key: w.Key, args: w.Args, what: view.Keyed(w.Key, w.Args)}
		switch {
		case w.Key == "trade.item_unknown":
			f.key = "" // the line says so itself
		case strings.HasPrefix(w.Key, "sheet."):
			f.what = view.T("order_new.cell", "field", view.T("intake.field."+w.Field), "what", f.what)
		}
		out = append(out, f)
	}
	return out
}

// typed is how many lines of the form hold something, once they are closed up.
func (in *input) typed() int {
	n := 0
	for i := range in.lineCount() {
		for _, f := range lineFields {
			if in.text(lineName(i, f)) != "" {
				n = i + 1
			}
		}
	}
	return n
}

// closeUp takes empty lines out, from the last to the first.
func (in *input) closeUp() {
	for i := in.typed() - 1; i >= 0; i-- {
		empty := true
		for _, f := range lineFields {
			empty = empty && (f == "unit" || in.text(lineName(i, f)) == "")
		}
		if empty {
			in.removeLine(strconv.Itoa(i))
		}
	}
}
