package web

import (
	"io"
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
	"entente/prm/partner"
)

// dealNew is the form of a new registration; ?partnership= chooses the supplier.
func dealNew(v *visit) error {
	return v.dealForm(200, nil, view.Form{Values: map[string]string{"partnership": v.Query("partnership"), "source": "partner", "evidence": "quote"}})
}

// dealForm shows the form, of a registration that is there or a new one.
func (v *visit) dealForm(status int, was *deal.Detail, form view.Form) error {
	if err := access.Check(v.actor(), access.DealWrite, access.Resource{Reseller: v.org()}); err != nil {
		return err
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.DealFormPage{Base: v.shell(), URL: v.path("deals", "new"), CheckURL: v.path("deals", "check"), Form: form}
	chosen := form.Value("partnership")
	currency, supplier := "", ""
	for _, p := range c.all {
		if p.State != partner.Active {
			continue
		}
		if p.Supplier == v.org() {
			continue
		}
		if chosen == "" {
			chosen = p.ID
		}
		page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.Raw(c.orgs[p.Supplier].Name), On: p.ID == chosen})
		if p.ID == chosen {
			currency, supplier = string(p.Currency), p.Supplier
		}
	}
	for _, p := range c.all { // whom the company buys from may fulfil it
		if p.State == partner.Active && p.Reseller == v.org() && p.Supplier != supplier {
			page.Fulfillers = append(page.Fulfillers, view.Option{Value: p.Supplier, Label: view.Raw(c.orgs[p.Supplier].Name), On: p.Supplier == form.Value("fulfiller")})
		}
	}
	if len(page.Fulfillers) > 0 {
		page.Fulfillers = append([]view.Option{{Label: view.T("deal_form.ourselves")}}, page.Fulfillers...)
	}
	if was != nil {
		page.Changing, page.URL, page.Files = true, v.dealURL(was.ID)+"/edit", len(was.Files)
		currency = or(currency, string(was.Value.Currency))
	}
	page.Money = plainOptions(currencyCodes, or(form.Value("currency"), or(currency, string(v.login.Org.Currency))))
	page.Countries = append([]view.Option{{Label: view.T("form.choose")}}, countries(form.Value("country"), v.p)...)
	page.Countries[0].On = form.Value("country") == ""
	if form.Value("country") == "" {
		for i := range page.Countries {
			page.Countries[i].On = i == 0
		}
	}
	page.Kinds, page.Sources = keyed(deal.Kinds, "dealkind.", form.Value("kind")), keyed(deal.Sources, "dealsource.", form.Value("source"))
	page.Evidence = keyed(deal.EvidenceKinds, "dealfile.", form.Value("evidence"))
	work := strings.Split(form.Value("work"), ",")
	for _, w := range deal.Work {
		page.Work = append(page.Work, view.Option{Value: w, Label: view.T("dealwork." + w), On: slices.Contains(work, w)})
	}
	families := strings.Split(form.Value("families"), ",")
	for _, f := range v.families() {
		page.Families = append(page.Families, view.Option{Value: f, Label: v.family(f), On: slices.Contains(families, f)})
	}
	page.Seen = view.T("deal_form.seen", "company", c.orgs[supplier].Name)
	if was != nil {
		page.Seen = view.T("deal_form.seen_by")
	}
	d, partnership := v.typedDeal(form), chosen
	if was != nil {
		partnership = was.Partnership
	}
	if page.Check, err = v.dealCheck(partnership, d, page.Files); err != nil {
		return err
	}
	if page.Form.Values == nil {
		page.Form.Values = map[string]string{}
	}
	page.Form.Values["partnership"] = partnership
	return v.renderAs(status, page, nil)
}

// keyed are choices whose words are keys of the locale.
func keyed(values []string, prefix, chosen string) []view.Option {
	out := make([]view.Option, len(values))
	for i, x := range values {
		out[i] = view.Option{Value: x, Label: view.T(prefix + x), On: x == chosen}
	}
	return out
}

// typedDeal reads the values of a form as far as they can be read.
func (v *visit) typedDeal(form view.Form) deal.Draft {
	in := &input{v: v, values: form.Values, wrong: fault.New(fault.Invalid, "form.invalid")}
	return in.dealDraft(strings.Split(form.Value("families"), ","), strings.Split(form.Value("work"), ","))
}

// dealCheck weighs what was typed. It looks at the company's own alone.
func (v *visit) dealCheck(partnership string, d deal.Draft, files int) (view.DealCheck, error) {
	var out view.DealCheck
	if partnership == "" {
		out.Missing = []view.FieldError{{Field: "partnership", Text: view.T("deal.no_partnership")}}
		return out, nil
	}
	e, err := v.w.d.Deals.Eligible(v.ctx, v.actor(), partnership, d, files)
	if err != nil {
		if fault.CodeOf(err) == fault.Invalid {
			out.Missing = []view.FieldError{{Field: "partnership", Text: view.T("deal.no_partnership")}}
			return out, nil
		}
		return out, err
	}
	out.Taken, out.Most = e.Taken, e.Most
	out.Promise = view.T("deal_form.promise", "hours", e.Hours, "days", e.Days)
	for _, m := range e.Missing {
		out.Missing = append(out.Missing, view.FieldError{Field: m.Field, Text: v.sentence(fault.Invalid, m.Key, m.Args)})
	}
	if len(e.Keys) > 0 {
		out.Known = view.T("deal_form.known", "by", view.T("identitykey."+string(e.Keys[0].Kind)))
	}
	return out, nil
}

// dealCheckForm answers the form while it is filled in.
func dealCheckForm(v *visit) error {
	in := v.input()
	d := in.dealDraft(v.several("families"), v.several("work"))
	c, err := v.dealCheck(in.text("partnership"), d, 0)
	if err != nil {
		return err
	}
	page := &view.DealFormPage{Base: v.shell(), CheckURL: v.path("deals", "check"), Check: c}
	return v.send(200, page, "deal_form.check")
}

// several are the values of a field that may come several times, whatever the encoding
// of the form.
func (v *visit) several(name string) []string {
	out := v.all(name)
	if form, err := v.MultipartForm(); err == nil {
		for _, s := range form.Value[name] {
			if s = strings.TrimSpace(strings.ToValidUTF8(s, "")); s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// dealDraft reads the form.
func (in *input) dealDraft(families, work []string) deal.Draft {
	d := deal.Draft{Kind: in.text("kind"), Title: in.text("title"), OnBehalf: in.text("on_behalf"), Fulfiller: in.text("fulfiller"), Need: in.text("need"), CloseOn: in.date("close_on"), Tender: in.text("tender"), Source: in.text("source"),
		Competitor: in.text("competitor"), Special: in.text("special"), Private: in.text("private"), External: in.text("external"), Families: families, Work: slices.DeleteFunc(work, func(s string) bool { return s == "" }),
		Customer: deal.Party{Name: in.text("customer"), Country: in.text("country"), City: in.text("city"), Street: in.text("street"), Postcode: in.text("postcode"), TaxID: in.text("tax_id"), GLN: in.text("gln"), DUNS: in.text("duns"), Web: in.text("web")},
		Contact:  deal.Contact{Name: in.text("contact"), Mail: in.text("mail"), Phone: in.text("phone"), Consent: in.text("consent") != ""}}
	d.Value.Currency = money.Currency(in.text("currency"))
	if s := in.text("value"); s != "" {
		n, ok := decimal(s)
		a, err := money.ParseAmount(n.String(), d.Value.Currency)
		if !ok || err != nil {
			in.wrong.With("value", "error.number", "value", s)
		} else {
			d.Value = a
		}
	}
	for i, l := range strings.FieldsFunc(in.text("items"), func(r rune) bool { return r == '\n' || r == '\r' || r == ';' || r == '；' }) {
		if strings.TrimSpace(l) == "" {
			continue
		}
		p, ok := dealItem(l)
		if !ok {
			in.wrong.With("items", "deal.item_wrong", "Row", i+1)
			break
		}
		d.Items = append(d.Items, p)
	}
	return d
}

// dealItem reads "400 AUR-D18B @ 84.00" or "AUR-D18B × 400".
func dealItem(l string) (deal.Item, bool) {
	l, price, priced := strings.Cut(l, "@")
	w := strings.Fields(strings.NewReplacer("×", " ", "\t", " ", "*", " ").Replace(l))
	p := deal.Item{Quantity: money.Whole(1)}
	if priced {
		n, ok := decimal(strings.TrimSpace(price))
		if !ok || n < 0 {
			return p, false
		}
		p.Price = n
	}
	switch {
	case len(w) == 1:
		p.SKU = strings.ToUpper(w[0])
		return p, true
	case len(w) == 2:
		for i := range w {
			if q, ok := decimal(w[i]); ok && q > 0 {
				p.Quantity, p.SKU = q, strings.ToUpper(w[1-i])
				return p, true
			}
		}
	}
	return p, false
}

// dealCreate keeps a new registration, and hands it in where that was asked for.
func dealCreate(v *visit) error {
	in := v.input()
	in.values["families"], in.values["work"] = strings.Join(v.several("families"), ","), strings.Join(v.several("work"), ",")
	if in.text("act") == "read" {
		v.readPaste(in)
		return v.dealForm(200, nil, in.form(nil, view.Text{}))
	}
	d := in.dealDraft(v.several("families"), v.several("work"))
	err := in.err()
	var r deal.Registration
	if err == nil {
		r, _, err = v.w.d.Deals.Create(v.ctx, v.actor(), in.text("partnership"), d)
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.dealForm(422, nil, in.form(errs, note))
	}
	return v.dealSend(in, r.ID)
}

// dealSend adds the evidence of a form to a registration and hands it in where that was
// asked for. What is missing is said on its page: nothing typed is lost.
func (v *visit) dealSend(in *input, id deal.ID) error {
	if head, err := v.FormFile("file"); err == nil && head.Size > 0 {
		if err := v.addEvidence(id, or(in.text("evidence"), "other")); err != nil {
			errs, note, ok := v.formErrors(err)
			if !ok {
				return err
			}
			return v.dealPage(422, id, dealForms{file: in.form(errs, note)})
		}
	}
	if in.text("act") != "submit" {
		return v.done(v.dealURL(id), "said.saved")
	}
	if _, err := v.w.d.Deals.Submit(v.ctx, v.actor(), id); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		var f dealForms
		keepSubmit(&f, view.Form{Errors: errs, Note: note})
		return v.dealPage(422, id, f)
	}
	return v.done(v.dealURL(id), "said.deal_submitted")
}

func (v *visit) addEvidence(id deal.ID, kind string) error {
	head, err := v.FormFile("file")
	if err != nil {
		return fault.InvalidField("file", "form.missing")
	}
	f, err := head.Open()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer f.Close()
	_, err = v.w.d.Deals.AddFile(v.ctx, v.actor(), deal.FileCmd{Deal: id, Kind: kind, Name: head.Filename, Mime: head.Header.Get("Content-Type")}, io.LimitReader(f, FileBody))
	return err
}

// dealEdit is the form of a registration that is there.
func dealEdit(v *visit) error {
	d, err := v.w.d.Deals.Get(v.ctx, v.actor(), deal.ID(v.Params("id")))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.DealWrite, d.Resource()); err != nil {
		return err
	}
	c, k := d.Draft.Customer, d.Contact
	var items []string
	for _, p := range d.Items {
		s := p.Quantity.String() + " " + p.SKU
		if p.Price > 0 {
			s += " @ " + p.Price.String()
		}
		items = append(items, s)
	}
	values := map[string]string{"partnership": d.Partnership, "kind": d.Kind, "title": d.Title, "customer": c.Name, "country": c.Country, "city": c.City, "street": c.Street, "postcode": c.Postcode, "tax_id": c.TaxID, "gln": c.GLN, "duns": c.DUNS, "web": c.Web,
		"contact": k.Name, "mail": k.Mail, "phone": k.Phone, "on_behalf": d.OnBehalf, "fulfiller": d.Fulfiller, "need": d.Need, "items": strings.Join(items, "\n"), "families": strings.Join(d.Families, ","), "currency": string(d.Value.Currency), "close_on": d.CloseOn,
		"tender": d.Tender, "source": d.Source, "competitor": d.Competitor, "work": strings.Join(d.Work, ","), "special": d.Special, "private": d.Private, "external": d.External, "version": itoa(d.Version), "evidence": "quote"}
	if d.Value.Minor > 0 {
		values["value"] = d.Value.String()
	}
	if k.Consent {
		values["consent"] = "1"
	}
	return v.dealForm(200, &d, view.Form{Values: values})
}

// dealSave changes the registration, and hands it in where that was asked for.
func dealSave(v *visit) error {
	id := deal.ID(v.Params("id"))
	was, err := v.w.d.Deals.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.DealWrite, was.Resource()); err != nil {
		return err
	}
	in := v.input()
	in.values["families"], in.values["work"] = strings.Join(v.several("families"), ","), strings.Join(v.several("work"), ",")
	d := in.dealDraft(v.several("families"), v.several("work"))
	d.Contact.Title = was.Contact.Title
	if err = in.err(); err == nil {
		_, err = v.w.d.Deals.Update(v.ctx, v.actor(), id, in.version(), d)
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.dealForm(422, &was, in.form(errs, note))
	}
	return v.dealSend(in, id)
}

// dealFromLead makes a registration of an accepted lead.
func dealFromLead(v *visit) error {
	r, err := v.w.d.Deals.FromLead(v.ctx, v.actor(), lead.OfferID(v.Params("id")))
	if err != nil {
		return err
	}
	return v.done(v.dealURL(r.ID)+"/edit", "said.lead_converted")
}

// readPaste fills the fields of a form that are empty from a pasted quote or mail.
func (v *visit) readPaste(in *input) {
	c, err := v.partners()
	if err != nil {
		return
	}
	supplier := ""
	for _, p := range c.all {
		if p.State == partner.Active && p.Reseller == v.org() && (supplier == "" || p.ID == in.text("partnership")) {
			supplier = p.Supplier
		}
	}
	_, own, _ := strings.Cut(v.login.Person.Email, "@")
	d := deal.Read(in.text("paste"), []string{own}, func(words []string) map[string]bool {
		keys := make([]catalog.ItemKey, len(words))
		for i, w := range words {
			keys[i] = catalog.ItemKey{SKU: w}
		}
		out := map[string]bool{}
		items, err := v.w.d.Catalog.Resolve(v.ctx, v.actor(), supplier, v.org(), keys)
		for i := range items {
			out[words[i]] = err == nil && items[i].Found
		}
		return out
	})
	var items []string
	for _, p := range d.Items {
		items = append(items, p.Quantity.String()+" "+p.SKU)
	}
	found := map[string]string{"title": d.Title, "customer": d.Customer.Name, "country": d.Customer.Country, "city": d.Customer.City, "postcode": d.Customer.Postcode, "tax_id": d.Customer.TaxID, "web": d.Customer.Web, "contact": d.Contact.Name, "mail": d.Contact.Mail, "phone": d.Contact.Phone,
		"items": strings.Join(items, "\n"), "close_on": d.CloseOn, "tender": d.Tender}
	if d.Value.Minor > 0 {
		found["value"], found["currency"] = d.Value.String(), string(d.Value.Currency)
		in.values["currency"] = ""
	}
	for k, s := range found {
		if s != "" && strings.TrimSpace(in.values[k]) == "" {
			in.values[k] = s
		}
	}
}
