package web

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

func (v *visit) listURL(id catalog.ListID) string { return v.path("catalogue", "prices", string(id)) }

// priceLists are the lists that the company may see: its own and its suppliers'.
func priceLists(v *visit) error { return v.priceListsPage(200, nil) }

func (v *visit) priceListsPage(status int, typed *view.Form) error {
	all, err := v.w.d.Catalog.Lists(v.ctx, v.actor())
	if err != nil {
		return err
	}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.PriceListsPage{Base: v.shell(), URL: v.path("catalogue", "prices"), Tabs: v.catalogueTabs("prices")}
	for _, l := range all {
		row := view.PriceListRow{URL: v.listURL(l.ID), Name: listName(l), Who: v.listFor(l, partners), Currency: string(l.Currency)}
		if now, ok := l.InForce(v.today()); ok {
			row.From, row.Items = view.Date(now.From), now.Items
		}
		if c := l.Coming(v.today()); len(c) > 0 {
			row.Coming = view.Date(c[0].From)
		}
		_, row.Draft = l.Draft()
		page.Rows = append(page.Rows, row)
	}
	if v.may(access.CatalogWrite, access.Own(v.org())) {
		page.New = &view.Form{Values: map[string]string{}}
		if typed != nil {
			page.New, page.Open = typed, true
		}
		page.Currencies = plainOptions(currencyCodes, or(page.New.Value("currency"), string(v.login.Org.Currency)))
		page.Partners = []view.Option{{Label: view.T("prices.all_partners")}}
		for _, p := range partners.all {
			if p.Supplier == v.org() {
				page.Partners = append(page.Partners, view.Option{Value: p.Reseller, Label: view.Raw(partners.orgs[p.Reseller].Name), On: p.Reseller == page.New.Value("partner")})
			}
		}
		page.Bases = bases(page.New.Value("basis"))
	}
	return v.renderAs(status, page, nil)
}

func bases(chosen string) []view.Option {
	var out []view.Option
	for _, b := range catalog.Bases {
		out = append(out, view.Option{Value: b, Label: view.T("prices.basis." + b), On: b == chosen})
	}
	return out
}

func listName(l catalog.PriceList) view.Text {
	switch {
	case l.Name != "":
		return view.Raw(l.Name)
	case l.Partner != "":
		return view.T("prices.special")
	}
	return view.T("prices.standard")
}

// listFor says whose prices a list holds, in the reader's view.
func (v *visit) listFor(l catalog.PriceList, c circle) view.Text {
	switch {
	case l.Org != v.org() && l.Partner != "":
		return view.T("prices.from_special", "company", c.orgs[l.Org].Name)
	case l.Org != v.org():
		return view.T("prices.from", "company", c.orgs[l.Org].Name)
	case l.Partner != "":
		return view.Raw(c.orgs[l.Partner].Name)
	}
	return view.T("prices.all_partners")
}

func (in *input) listCmd() catalog.ListCmd {
	cmd := catalog.ListCmd{Name: in.text("name"), Currency: money.Currency(in.text("currency")), Partner: in.text("partner"), Basis: in.text("basis")}
	if s := in.text("notice_days"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			in.wrong.With("notice_days", "error.number", "value", s)
		}
		cmd.NoticeDays = n
	}
	return cmd
}

// priceListMake makes a price list.
func priceListMake(v *visit) error {
	in := v.input()
	cmd := in.listCmd()
	err := in.err()
	if err == nil {
		var l catalog.PriceList
		if l, err = v.w.d.Catalog.CreateList(v.ctx, v.actor(), cmd); err == nil {
			return v.done(v.listURL(l.ID), "said.saved")
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.priceListsPage(422, &form)
}

// priceForms are the forms of a price list as they were typed, where one was refused.
type priceForms struct{ settings, draft, change, publish, withdraw *view.Form }

// priceListShow is a price list: one version beside the one before it.
func priceListShow(v *visit) error { return v.priceListPage(200, priceForms{}) }

func (v *visit) priceListPage(status int, typed priceForms) error {
	l, err := v.w.d.Catalog.PriceList(v.ctx, v.actor(), catalog.ListID(v.Params("id")))
	if err != nil {
		return err
	}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.PriceListPage{Base: v.shell(), URL: v.listURL(l.ID), Name: listName(l), Currency: string(l.Currency), Notice: l.NoticeDays, Bases: bases(l.Basis),
		Facts: []view.KV{{Label: view.T("prices.for"), Value: v.listFor(l, partners)}, {Label: view.T("field.basis"), Value: view.T("prices.basis." + l.Basis)}, {Label: view.T("field.notice_days"), Value: view.T("prices.days", "n", l.NoticeDays)}}}
	shown, any := v.chosenVersion(l)
	now, _ := l.InForce(v.today())
	for _, x := range l.Versions {
		page.Versions = append(page.Versions, view.PriceVersionRow{URL: page.URL + "?version=" + strconv.Itoa(x.Number), Number: x.Number, From: view.Date(x.From), Status: v.versionStatus(x, now), Items: x.Items, On: any && x.Number == shown.Number})
	}
	changed := v.Query("show") == "changed"
	show := choice("show", "prices.show", v.Query("show"), []view.Option{{Value: "changed", Label: view.T("prices.only_changed")}})
	page.Filters = v.filters("catalogue.search", false, []string{"version"}, show)
	if any {
		page.Version, page.From, page.Note, page.Shown = shown.Number, view.Date(shown.From), shown.Note, v.versionStatus(shown, now)
		page.CSVURL = page.URL + "/csv?version=" + strconv.Itoa(shown.Number)
		if err := v.priceRows(page, l, shown, changed); err != nil {
			return err
		}
	}
	if l.Org == v.org() && v.may(access.CatalogWrite, access.Own(l.Org)) {
		v.priceListForms(page, l, shown, typed)
	}
	return v.renderAs(status, page, fragments{"list": "price_list.list", "rows": "price_list.list"})
}

func (v *visit) versionStatus(x, now catalog.PriceVersion) view.Status {
	switch {
	case x.State == catalog.Draft:
		return view.Status{State: "price.draft"}
	case x.State == catalog.Withdrawn:
		return view.Status{State: "price.withdrawn"}
	case x.From > v.today():
		return view.Status{State: "price.coming"}
	case x.Number == now.Number:
		return view.Status{State: "price.current"}
	}
	return view.Status{State: "price.past"}
}

// chosenVersion is the version asked for; else the draft, the one that comes next,
// the one in force.
func (v *visit) chosenVersion(l catalog.PriceList) (catalog.PriceVersion, bool) {
	for _, x := range l.Versions {
		if strconv.Itoa(x.Number) == v.Query("version") {
			return x, true
		}
	}
	if d, ok := l.Draft(); ok {
		return d, true
	}
	if c := l.Coming(v.today()); len(c) > 0 {
		return c[0], true
	}
	if now, ok := l.InForce(v.today()); ok || len(l.Versions) == 0 {
		return now, ok
	}
	return l.Versions[0], true
}

func (v *visit) priceRows(page *view.PriceListPage, l catalog.PriceList, shown catalog.PriceVersion, changed bool) error {
	got, err := v.w.d.Catalog.PriceEntries(v.ctx, v.actor(), l.ID, catalog.EntryFilter{Version: shown.Number, Changed: changed, Query: v.search(), After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	if n, ok := l.Before(shown.Number); ok && n != 0 {
		for _, x := range l.Versions {
			if x.Number == n {
				page.Compare = view.Date(x.From)
			}
		}
	}
	page.Pager = view.Pager{Shown: len(got.Items), Total: -1, Next: v.next(got.Next)}
	for _, e := range got.Items {
		row := view.PriceDiffRow{SKU: e.SKU, Name: e.Name(string(v.p.Language())), URL: v.productURL(e.ID), Unit: e.Unit}
		if !e.Gone {
			row.Price = price(e.Price, l.Currency)
		}
		if e.Known {
			row.Was = price(e.Was, l.Currency)
		}
		switch {
		case e.Gone:
			row.State = view.T("prices.gone")
		case !e.Known:
			row.State = view.T("prices.added")
		case e.Price == e.Was:
			row.State = view.T("prices.same")
		default:
			row.Up = e.Price > e.Was
			row.Move = view.T("prices.move", "sign", map[bool]string{true: "+", false: "−"}[row.Up], "percent", movePercent(e.Was, e.Price))
		}
		if e.Changed() {
			page.Changed++
		}
		page.Rows = append(page.Rows, row)
	}
	return nil
}

// movePercent is how far a price moved, in percent with one place, without its sign;
// a price that was nothing moved all the way.
func movePercent(was, now money.Price) string {
	if was == 0 {
		return "100"
	}
	d := now - was
	if d < 0 {
		d = -d
	}
	q, r := d/was, d%was
	tenths := q * 1000
	if r < 1<<50 {
		tenths += (r*1000 + was/2) / was
	}
	s := strconv.FormatInt(int64(tenths/10), 10)
	if t := tenths % 10; t != 0 {
		s += "." + strconv.FormatInt(int64(t), 10)
	}
	return s
}

func (v *visit) priceListForms(page *view.PriceListPage, l catalog.PriceList, shown catalog.PriceVersion, typed priceForms) {
	if now, ok := l.InForce(v.today()); shown.State == catalog.Published && (shown.From > v.today() || ok && now.Number == shown.Number) {
		if page.Withdraw = typed.withdraw; page.Withdraw == nil {
			page.Withdraw = &view.Form{}
		}
	}
	page.Settings = &view.Form{Values: map[string]string{"name": l.Name, "basis": l.Basis, "notice_days": strconv.Itoa(l.NoticeDays)}}
	if typed.settings != nil {
		page.Settings = typed.settings
	}
	if _, busy := l.Draft(); !busy {
		page.Draft = &view.Form{Values: map[string]string{"from": v.p.Now().AddDate(0, 0, max(l.NoticeDays, 1)).Format(time.DateOnly)}}
		if typed.draft != nil {
			page.Draft = typed.draft
		}
		return
	}
	if shown.State != catalog.Draft {
		return
	}
	page.Publish, page.Change = &view.Form{}, &view.Form{}
	page.ShortAsk = shown.From < v.p.Now().AddDate(0, 0, l.NoticeDays).Format(time.DateOnly)
	if typed.publish != nil {
		page.Publish = typed.publish
	}
	if typed.change != nil {
		page.Change = typed.change
	}
}

// priceAct runs one of the owner's forms and shows the list again where it is refused.
func (v *visit) priceAct(in *input, act func(id catalog.ListID) error, said string, place func(*priceForms, *view.Form)) error {
	id := catalog.ListID(v.Params("id"))
	err := in.err()
	if err == nil {
		err = act(id)
	}
	if err == nil {
		return v.done(v.listURL(id), said)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	var typed priceForms
	place(&typed, &form)
	return v.priceListPage(422, typed)
}

// priceListSave changes the name, the price date and the notice period of a list.
func priceListSave(v *visit) error {
	in := v.input()
	cmd := in.listCmd()
	return v.priceAct(in, func(id catalog.ListID) error { return v.w.d.Catalog.ChangeList(v.ctx, v.actor(), id, cmd) }, "said.saved", func(f *priceForms, form *view.Form) { f.settings = form })
}

// draftBegin begins the next version of a list.
func draftBegin(v *visit) error {
	in := v.input()
	in.require("from")
	cmd := catalog.DraftCmd{From: in.date("from"), Note: in.text("note"), Round: in.number("round")}
	if s := in.text("percent"); s != "" {
		n, ok := decimal(s)
		if !ok {
			in.wrong.With("percent", "error.number", "value", s)
		}
		cmd.Percent = n / 100
	}
	return v.priceAct(in, func(id catalog.ListID) error {
		_, err := v.w.d.Catalog.BeginDraft(v.ctx, v.actor(), id, cmd)
		return err
	}, "said.draft", func(f *priceForms, form *view.Form) { f.draft = form })
}

// draftChange sets the price of one product in the draft; an empty price takes it out.
func draftChange(v *visit) error {
	in := v.input()
	in.require("sku")
	change := catalog.PriceChange{SKU: in.text("sku"), Price: in.number("price"), Remove: in.text("price") == ""}
	return v.priceAct(in, func(id catalog.ListID) error {
		return plainFields(v.w.d.Catalog.ChangeDraft(v.ctx, v.actor(), id, []catalog.PriceChange{change}), "prices.0.")
	}, "said.saved", func(f *priceForms, form *view.Form) { f.change = form })
}

// draftDrop throws the draft away.
func draftDrop(v *visit) error {
	return v.priceAct(v.input(), func(id catalog.ListID) error { return v.w.d.Catalog.DropDraft(v.ctx, v.actor(), id) }, "said.dropped", func(f *priceForms, form *view.Form) { f.publish = form })
}

// pricesPublish publishes the draft.
func pricesPublish(v *visit) error {
	in := v.input()
	n, err := strconv.Atoi(in.text("version"))
	if err != nil {
		return fault.New(fault.Invalid, "error.body")
	}
	return v.priceAct(in, func(id catalog.ListID) error {
		_, err := v.w.d.Catalog.Publish(v.ctx, v.actor(), id, catalog.PublishCmd{Version: n, Short: in.text("short") == "1"})
		return err
	}, "said.published", func(f *priceForms, form *view.Form) { f.publish = form })
}

// pricesWithdraw takes a published version back.
func pricesWithdraw(v *visit) error {
	in := v.input()
	n, err := strconv.Atoi(in.text("version"))
	if err != nil {
		return fault.New(fault.Invalid, "error.body")
	}
	return v.priceAct(in, func(id catalog.ListID) error { return v.w.d.Catalog.Withdraw(v.ctx, v.actor(), id, n) }, "said.prices_withdrawn", func(f *priceForms, form *view.Form) { f.withdraw = form })
}

// priceListFile is a version as CSV: item, GTIN, names, unit, currency, price.
func priceListFile(v *visit) error {
	l, err := v.w.d.Catalog.PriceList(v.ctx, v.actor(), catalog.ListID(v.Params("id")))
	if err != nil {
		return err
	}
	shown, ok := v.chosenVersion(l)
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"sku", "gtin", "name_en", "name_zh", "unit", "currency", "valid_from", "price"})
	for after := ""; ; {
		got, err := v.w.d.Catalog.PriceEntries(v.ctx, v.actor(), l.ID, catalog.EntryFilter{Version: shown.Number, After: after, Limit: 200})
		if err != nil {
			return err
		}
		for _, e := range got.Items {
			if !e.Gone {
				_ = w.Write([]string{cell(e.SKU), e.GTIN, cell(e.NameEN), cell(e.NameZH), e.Unit, string(l.Currency), shown.From, e.Price.Fixed(2)})
			}
		}
		if after = got.Next; after == "" {
			break
		}
	}
	w.Flush()
	return v.csvFile("prices-"+string(l.Currency)+"-"+shown.From+".csv", b.Bytes())
}

// csvFile sends a CSV file, with the mark by which spreadsheets know UTF-8.
func (v *visit) csvFile(name string, body []byte) error {
	v.Vary("HX-Request")
	v.Set("Content-Type", "text/csv; charset=utf-8")
	v.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return v.Send(append([]byte("\ufeff"), body...))
}

// cell is a text as a spreadsheet may hold it: one that it would take for a formula
// stands behind an apostrophe.
func cell(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t') {
		return "'" + s
	}
	return s
}
