package web

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

func (v *visit) optionsURL(id catalog.ID) string { return v.productURL(id) + "/options" }

// optionNames says codes of options in the reader's words.
func (v *visit) optionNames(o catalog.Options, codes []string) view.Text {
	words := make([]string, len(codes))
	for i, c := range codes {
		words[i] = c
		if x, _, ok := o.Find(c); ok {
			words[i] = x.Name(string(v.p.Language()))
		}
	}
	return view.Raw(v.p.List(words))
}

// ruleText is a rule as a sentence.
func (v *visit) ruleText(o catalog.Options, r catalog.OptionRule) view.Text {
	key := "optionrule." + r.Kind
	switch {
	case r.Kind == catalog.RuleRequires && len(r.Then) > 1:
		key += "_one"
	case r.Kind == catalog.RuleLimits && r.If == "":
		key += "_always"
	}
	return view.T(key, "if", v.optionNames(o, []string{r.If}), "then", v.optionNames(o, r.Then), "most", strconv.Itoa(r.Most))
}

// groupNote says how many options of a group are chosen.
func groupNote(g catalog.OptionGroup) view.Text {
	switch {
	case g.Most > 1 && g.Required:
		return view.T("options.some", "most", strconv.Itoa(g.Most))
	case g.Most > 1:
		return view.T("options.most", "most", strconv.Itoa(g.Most))
	case g.Required:
		return view.T("options.one")
	}
	return view.T("options.free")
}

// productOptions shows what can be chosen of a product, and the rules as sentences.
func (v *visit) productOptions(page *view.ProductPage, e catalog.Entry) error {
	o, err := v.w.d.Catalog.Options(v.ctx, v.actor(), e.ID)
	if err != nil {
		return err
	}
	if page.CanEdit {
		page.OptionsURL = v.optionsURL(e.ID)
	}
	lang := string(v.p.Language())
	for _, g := range o.Groups {
		row := view.OptionGroupRow{Name: g.Name(lang), Note: groupNote(g)}
		for _, x := range g.Options {
			t := view.Raw(x.Name(lang))
			if x.Most > 1 {
				t = view.T("options.pieces", "name", x.Name(lang), "most", strconv.Itoa(x.Most))
			}
			row.Options = append(row.Options, t)
		}
		page.Options = append(page.Options, row)
	}
	for _, r := range o.Rules {
		page.Rules = append(page.Rules, v.ruleText(o, r))
	}
	return nil
}

// optionList is the price list whose draft, or else version in force, the form of the options
// shows: the one that was asked for, else one with a draft.
func (v *visit) optionList(asked string) (list catalog.PriceList, version int, draft bool, all []catalog.PriceList, err error) {
	seen, err := v.w.d.Catalog.Lists(v.ctx, v.actor())
	best := -1
	for _, l := range seen {
		if l.Org != v.org() {
			continue
		}
		d, has := l.Draft()
		now, in := l.InForce(v.today())
		rank := 0
		if has {
			rank = 1
		}
		if string(l.ID) == asked {
			rank = 2
		}
		if all = append(all, l); rank > best {
			best, list, version, draft = rank, l, now.Number, has
			if !in {
				version = 0
			}
			if has {
				version = d.Number
			}
		}
	}
	return list, version, draft, all, err
}

// optionsEdit is the form of a product's options as they stand.
func optionsEdit(v *visit) error {
	e, err := v.ownProduct()
	if err != nil {
		return err
	}
	o, err := v.w.d.Catalog.Options(v.ctx, v.actor(), e.ID)
	if err != nil {
		return err
	}
	list, version, _, _, err := v.optionList(v.Query("list"))
	if err != nil {
		return err
	}
	prices, err := v.optionPrices(list, version, e.ID)
	if err != nil {
		return err
	}
	in := &input{v: v, values: map[string]string{"revision": strconv.Itoa(o.Revision), "list": string(list.ID)}, wrong: fault.New(fault.Invalid, "form.invalid")}
	in.fillOptions(o, prices)
	return v.optionsForm(200, e, in, nil)
}

func (v *visit) optionPrices(l catalog.PriceList, version int, id catalog.ID) ([]catalog.OptionPrice, error) {
	if version == 0 {
		return nil, nil
	}
	return v.w.d.Catalog.OptionPrices(v.ctx, v.actor(), l.ID, version, id)
}

// fillOptions writes options into the form.
func (in *input) fillOptions(o catalog.Options, prices []catalog.OptionPrice) {
	add := map[string]catalog.OptionPrice{}
	for _, p := range prices {
		add[p.Option] = p
	}
	put := func(kind string, i int, fields ...string) {
		for k := 0; k < len(fields); k += 2 {
			in.values[kind+"."+strconv.Itoa(i)+"."+fields[k]] = fields[k+1]
		}
	}
	n := 0
	for i, g := range o.Groups {
		put("g", i, "opt_code", g.Code, "name_en", g.NameEN, "name_zh", g.NameZH, "opt_most", strconv.Itoa(max(1, g.Most)))
		if g.Required {
			put("g", i, "required", "1")
		}
		for _, x := range g.Options {
			put("o", n, "opt_group", g.Code, "opt_code", x.Code, "name_en", x.NameEN, "name_zh", x.NameZH, "opt_most", strconv.Itoa(max(1, x.Most)))
			if p := add[x.Code]; p.Price != 0 {
				put("o", n, "opt_price", p.Price.Fixed(2))
			} else if p.Percent != 0 {
				put("o", n, "opt_percent", catalog.PercentText(p.Percent))
			}
			n++
		}
	}
	for i, r := range o.Rules {
		put("r", i, "opt_if", r.If, "opt_kind", r.Kind, "opt_then", strings.Join(r.Then, " "))
		if r.Kind == catalog.RuleLimits {
			put("r", i, "opt_most", strconv.Itoa(r.Most))
		}
	}
	in.values["groups"], in.values["options"], in.values["rules"] = strconv.Itoa(len(o.Groups)+1), strconv.Itoa(n+2), strconv.Itoa(len(o.Rules)+1)
}

// rowsOf is how many rows of a kind the form shows.
func (in *input) rowsOf(name string, most int) int {
	return max(1, min(in.whole(name), most))
}

// readOptions decodes the form. Rows without a code are left out; at tells which row of the
// form each field of a refusal came from.
func (in *input) readOptions() (o catalog.Options, prices []catalog.OptionPrice, at map[string]string) {
	at = map[string]string{}
	group := map[string]int{}
	for i := range in.rowsOf("groups", catalog.MaxGroups) {
		row := "g." + strconv.Itoa(i)
		code := strings.ToUpper(in.text(row + ".opt_code"))
		if code == "" && in.text(row+".name_en") == "" && in.text(row+".name_zh") == "" {
			continue
		}
		if _, twice := group[code]; !twice {
			group[code] = len(o.Groups)
		}
		at["groups."+strconv.Itoa(len(o.Groups))] = row
		o.Groups = append(o.Groups, catalog.OptionGroup{Code: code, NameEN: in.text(row + ".name_en"), NameZH: in.text(row + ".name_zh"), Required: in.text(row+".required") != "", Most: in.whole(row + ".opt_most")})
	}
	for i := range in.rowsOf("options", catalog.MaxOptions) {
		row := "o." + strconv.Itoa(i)
		x := catalog.Option{Code: strings.ToUpper(in.text(row + ".opt_code")), NameEN: in.text(row + ".name_en"), NameZH: in.text(row + ".name_zh"), Most: in.whole(row + ".opt_most")}
		if x.Code == "" && x.NameEN == "" && x.NameZH == "" {
			continue
		}
		g, ok := group[strings.ToUpper(in.text(row+".opt_group"))]
		if !ok {
			in.wrong.With(row+".opt_group", "option.unknown", "Code", in.text(row+".opt_group"))
			continue
		}
		at["groups."+strconv.Itoa(g)+".options."+strconv.Itoa(len(o.Groups[g].Options))] = row
		o.Groups[g].Options = append(o.Groups[g].Options, x)
		p := catalog.OptionPrice{Option: x.Code, Price: in.signed(row + ".opt_price")}
		if s := strings.TrimSuffix(in.text(row+".opt_percent"), "%"); s != "" {
			n, ok := decimal(strings.TrimSpace(s))
			if p.Percent, _ = catalog.ReadPercent(n.String()); !ok || p.Percent == 0 && n != 0 {
				in.wrong.With(row+".opt_percent", "error.number", "value", s)
			}
		}
		if p.Price != 0 || p.Percent != 0 {
			at["prices."+strconv.Itoa(len(prices))] = row
			prices = append(prices, p)
		}
	}
	for i := range in.rowsOf("rules", catalog.MaxRules) {
		row := "r." + strconv.Itoa(i)
		r := catalog.OptionRule{Kind: in.text(row + ".opt_kind"), If: in.text(row + ".opt_if"), Then: catalog.Codes(in.text(row + ".opt_then")), Most: in.whole(row + ".opt_most")}
		if r.If == "" && len(r.Then) == 0 {
			continue
		}
		at["rules."+strconv.Itoa(len(o.Rules))] = row
		o.Rules = append(o.Rules, r)
	}
	return o, prices, at
}

// signed is number for what may be below zero.
func (in *input) signed(name string) money.Micro {
	s := in.text(name)
	n, ok := decimal(s)
	if !ok && s != "" {
		in.wrong.With(name, "error.number", "value", s)
	}
	return n
}

// optionsSave writes the form; adding a row and filling it from a table only render it.
func optionsSave(v *visit) error {
	in := v.input()
	e, err := v.ownProduct()
	if err != nil {
		return err
	}
	if what := in.text("add"); what == "groups" || what == "options" || what == "rules" {
		in.values[what] = strconv.Itoa(in.whole(what) + 3)
		return v.optionsForm(200, e, in, nil)
	}
	if in.text("fill") != "" {
		return v.optionsFill(e, in)
	}
	o, prices, at := in.readOptions()
	err = in.err()
	if err == nil {
		cmd := catalog.OptionsCmd{Revision: in.whole("revision"), Options: o}
		if in.text("draft") != "" {
			cmd.List, cmd.Prices = catalog.ListID(in.text("list")), prices
		}
		if _, err = v.w.d.Catalog.SetOptions(v.ctx, v.actor(), e.ID, cmd); err == nil {
			return v.done(v.productURL(e.ID)+"#options", "said.saved")
		}
		if f := fault.As(err); f != nil {
			for i, w := range f.Fields {
				f.Fields[i].Name = optionField(at, w.Name)
			}
		}
	}
	return v.optionsForm(422, e, in, err)
}

// optionField is the field of the form for one of a refusal.
func optionField(at map[string]string, name string) string {
	if k := strings.LastIndexByte(name, '.'); k > 0 {
		if row, ok := at[name[:k]]; ok {
			switch last := name[k+1:]; {
			case last == "option":
				return row + ".opt_code"
			case strings.HasPrefix(last, "name_"):
				return row + "." + last
			default:
				return row + ".opt_" + last
			}
		}
	}
	switch name {
	case "groups":
		return "g.0.opt_code"
	case "rules":
		return "r.0.opt_if"
	}
	return name
}

// optionsFill fills the form from the table that was pasted or sent as a file.
func (v *visit) optionsFill(e catalog.Entry, in *input) error {
	var r *sheet.Reader
	var err error
	field := "paste"
	if b := v.file("file"); len(b) > 0 {
		field = "file"
		r, err = sheet.Open(bytes.NewReader(b), int64(len(b)), sheet.Options{})
	} else {
		r, err = sheet.OpenText(in.values["paste"])
	}
	var rows []sheet.Row
	if err == nil {
		defer r.Close()
		rows, err = allRows(r)
	}
	var o catalog.Options
	var prices []catalog.OptionPrice
	if err == nil {
		var table [][]string
		for _, row := range rows {
			for len(table) < row.No-1 {
				table = append(table, nil) // blank rows count
			}
			cells := make([]string, len(row.Cells))
			for i, c := range row.Cells {
				cells[i] = c.Text
			}
			table = append(table, cells)
		}
		o, prices, err = catalog.ReadOptionRecords(table)
	}
	if err != nil {
		f := fault.As(err)
		if f.Code != fault.Invalid && f.Code != fault.TooLarge {
			return err
		}
		if len(f.Fields) == 0 {
			return v.optionsForm(422, e, in, fault.InvalidField(field, f.Key))
		}
		out := fault.New(fault.Invalid, "form.invalid")
		for _, w := range f.Fields {
			out.Fields = append(out.Fields, fault.Field{Name: field, Key: w.Key, Args: w.Args})
		}
		return v.optionsForm(422, e, in, out)
	}
	kept := map[string]string{"revision": in.text("revision"), "list": in.text("list"), "draft": in.text("draft")}
	in.values = kept
	in.fillOptions(o, prices)
	return v.optionsForm(200, e, in, nil)
}

func (v *visit) optionsForm(status int, e catalog.Entry, in *input, err error) error {
	page := &view.OptionsPage{Base: v.shell(), URL: v.optionsURL(e.ID), BackURL: v.productURL(e.ID), ListsURL: v.path("catalogue", "prices"), SKU: e.SKU, Name: e.Name(string(v.p.Language()))}
	list, _, draft, all, lerr := v.optionList(in.text("list"))
	if lerr != nil {
		return lerr
	}
	page.Draft = draft && in.text("list") == string(list.ID)
	if page.CSVURL = page.URL + "/csv"; list.ID != "" {
		page.CSVURL += "?list=" + queryEscape(string(list.ID))
		page.List, page.ListName, page.Currency = string(list.ID), listName(list), string(list.Currency)
		page.ListURL = v.listURL(list.ID)
	}
	for _, l := range all {
		page.Lists = append(page.Lists, view.KV{Label: view.T("options.list", "name", listName(l), "currency", string(l.Currency)), URL: page.URL + "?list=" + queryEscape(string(l.ID)), Mono: l.ID == list.ID})
	}
	for i := range in.rowsOf("groups", catalog.MaxGroups) {
		page.Groups = append(page.Groups, i)
		if c := in.text("g." + strconv.Itoa(i) + ".opt_code"); c != "" {
			page.Codes = append(page.Codes, strings.ToUpper(c))
		}
	}
	for i := range in.rowsOf("options", catalog.MaxOptions) {
		page.Options = append(page.Options, i)
	}
	for i := range in.rowsOf("rules", catalog.MaxRules) {
		page.Rules = append(page.Rules, i)
	}
	for _, k := range catalog.RuleKinds {
		page.Kinds = append(page.Kinds, view.Option{Value: k, Label: view.T("options.kind." + k)})
	}
	o, _, _ := in.readOptions()
	for _, r := range o.Rules {
		if slices.Contains(catalog.RuleKinds, r.Kind) && len(r.Then) > 0 {
			r.If = strings.ToUpper(r.If)
			for i := range r.Then {
				r.Then[i] = strings.ToUpper(r.Then[i])
			}
			page.Sentences = append(page.Sentences, v.ruleText(o, r))
		}
	}
	in.wrong = fault.New(fault.Invalid, "form.invalid")
	page.Form = in.form(nil, view.Text{})
	if err != nil {
		errs, note, code, ok := v.refusal(err)
		if !ok {
			return err
		}
		status, page.Form = code, in.form(errs, note)
	}
	return v.renderAs(status, page, nil)
}

// optionsFile is the table of a product's options, as it can be read in again.
func optionsFile(v *visit) error {
	e, err := v.ownProduct()
	if err != nil {
		return err
	}
	o, err := v.w.d.Catalog.Options(v.ctx, v.actor(), e.ID)
	if err != nil {
		return err
	}
	list, version, _, _, err := v.optionList(v.Query("list"))
	if err != nil {
		return err
	}
	prices, err := v.optionPrices(list, version, e.ID)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, row := range o.Records(prices) {
		for i := range row {
			if i != 7 && i != 8 { // numbers, which may be below zero
				row[i] = cell(row[i])
			}
		}
		_ = w.Write(row)
	}
	w.Flush()
	return v.csvFile("options-"+e.SKU+".csv", b.Bytes())
}
