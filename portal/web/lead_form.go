package web

import (
	"strings"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
)

// mostChoices bounds the customers a form offers; others are reached from their page.
const mostChoices = 200

// leadNew is the form of a new lead; ?customer= chooses one, ?from= is the message it is
// made of.
func leadNew(v *visit) error {
	said, err := v.saidThere(v.Query("from"), false)
	if err != nil {
		return err
	}
	from := ""
	if said != "" {
		from = v.Query("from")
	}
	return v.leadForm(200, "", view.Form{Values: map[string]string{"details": said, "from": from, "customer": v.Query("customer"), "currency": string(v.login.Org.Currency), "source": "direct"}})
}

func (v *visit) leadForm(status int, id lead.ID, form view.Form) error {
	if err := access.Check(v.actor(), access.LeadWrite, access.Own(v.org())); err != nil {
		return err
	}
	page := &view.LeadFormPage{Base: v.shell(), URL: v.path("leads", "new"), Form: form, NewURL: v.path("customers", "new"), Money: plainOptions(currencyCodes, or(form.Value("currency"), string(v.login.Org.Currency)))}
	if id != "" {
		page.URL, page.Changing = v.leadURL(id)+"/edit", true
	}
	list, err := v.w.d.Customers.List(v.ctx, v.actor(), customer.Filter{Limit: mostChoices})
	if err != nil {
		return err
	}
	page.Customers = []view.Option{{Label: view.T("form.choose")}}
	chosen := form.Value("customer")
	seen := chosen == ""
	for _, c := range list.Items {
		seen = seen || string(c.ID) == chosen
		page.Customers = append(page.Customers, view.Option{Value: string(c.ID), Label: view.Raw(strings.TrimSuffix(c.Name+", "+c.City, ", ")), On: string(c.ID) == chosen})
	}
	page.Contacts = []view.Option{{Label: view.T("form.none")}}
	if chosen != "" {
		c, err := v.w.d.Customers.Get(v.ctx, v.actor(), customer.ID(chosen))
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		if err == nil && !seen {
			page.Customers = append(page.Customers, view.Option{Value: chosen, Label: view.Raw(c.Name), On: true})
		}
		for _, k := range c.Contacts {
			page.Contacts = append(page.Contacts, view.Option{Value: string(k.ID), Label: view.Raw(k.Name), On: string(k.ID) == form.Value("contact")})
		}
	}
	for _, s := range lead.Sources {
		page.Sources = append(page.Sources, view.Option{Value: s, Label: view.T("leadsource." + s), On: s == form.Value("source")})
	}
	picked := "," + form.Value("families") + ","
	for _, f := range v.families() {
		page.Families = append(page.Families, view.Option{Value: f, Label: v.family(f), On: strings.Contains(picked, ","+f+",")})
	}
	return v.renderAs(status, page, nil)
}

// families are the product families of what the company sells and buys.
func (v *visit) families() []string {
	var out []string
	for _, e := range v.goods() {
		out = append(out, e.Family)
	}
	return distinct(out)
}

// goods are what there is to choose from in the catalogue, as far as a form can show it.
func (v *visit) goods() []catalog.Entry {
	list, err := v.w.d.Catalog.List(v.ctx, v.actor(), catalog.Filter{Limit: 200})
	if err != nil { // without a catalogue there is nothing to choose
		return nil
	}
	return list.Items
}

// leadDraft reads the form.
func (in *input) leadDraft() lead.Draft {
	d := lead.Draft{Customer: customer.ID(in.text("customer")), Contact: customer.ContactID(in.text("contact")), Title: in.text("title"), Need: in.text("need"), Details: in.text("details"),
		Industry: in.text("industry"), Size: in.text("size"), Expected: in.date("expected"), Source: in.text("source"), Families: in.v.all("families")}
	if s := in.text("value"); s != "" {
		n, ok := decimal(s)
		a, err := money.ParseAmount(n.String(), money.Currency(in.text("currency")))
		if !ok || err != nil {
			in.wrong.With("value", "error.number", "value", s)
		}
		d.Value = a
	}
	for _, l := range strings.FieldsFunc(in.text("products"), func(r rune) bool { return r == '\n' || r == '\r' || r == ';' || r == '；' }) {
		w := strings.Fields(strings.NewReplacer("×", " ", ",", " ", "\t", " ").Replace(l))
		if len(w) == 0 {
			continue
		}
		p := lead.Wanted{Quantity: money.Whole(1)}
		switch q, ok := decimal(w[0]); {
		case len(w) == 2 && ok:
			p.Quantity, p.SKU = q, strings.ToUpper(w[1])
		case len(w) == 2:
			q, ok := decimal(w[1])
			if !ok {
				in.wrong.With("products", "lead.products_wrong", "Line", l)
			}
			p.Quantity, p.SKU = q, strings.ToUpper(w[0])
		case len(w) == 1:
			p.SKU = strings.ToUpper(w[0])
		default:
			in.wrong.With("products", "lead.products_wrong", "Line", l)
		}
		d.Products = append(d.Products, p)
	}
	return d
}

// leadCreate adds the lead.
func leadCreate(v *visit) error {
	in := v.input()
	in.values["families"] = strings.Join(v.all("families"), ",")
	d := in.leadDraft()
	err := in.err()
	if err == nil {
		var l lead.Lead
		if l, _, err = v.w.d.Leads.Create(v.ctx, v.actor(), d); err == nil {
			v.madeOf(in.text("from"), room.MadeLead, string(l.ID))
			return v.done(v.leadURL(l.ID), "said.saved")
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.leadForm(422, "", in.form(errs, note))
}

// leadEdit is the form of a lead that is there.
func leadEdit(v *visit) error {
	d, err := v.w.d.Leads.Get(v.ctx, v.actor(), lead.ID(v.Params("id")))
	if err != nil {
		return err
	}
	var products []string
	for _, p := range d.Products {
		products = append(products, p.Quantity.String()+" "+p.SKU)
	}
	values := map[string]string{"customer": string(d.Draft.Customer), "contact": string(d.Draft.Contact), "title": d.Title, "need": d.Need, "details": d.Details, "industry": d.Industry, "size": d.Size, "expected": d.Expected,
		"source": d.Source, "families": strings.Join(d.Families, ","), "products": strings.Join(products, "\n"), "currency": or(string(d.Value.Currency), string(v.login.Org.Currency)), "version": itoa(d.Version)}
	if d.Value.Currency != "" {
		values["value"] = d.Value.String()
	}
	return v.leadForm(200, d.ID, view.Form{Values: values})
}

// leadSave changes the lead.
func leadSave(v *visit) error {
	in := v.input()
	in.values["families"] = strings.Join(v.all("families"), ",")
	id := lead.ID(v.Params("id"))
	was, err := v.w.d.Leads.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	d := in.leadDraft()
	d.Campaign, d.External = was.Campaign, was.External
	if err = in.err(); err == nil {
		_, err = v.w.d.Leads.Update(v.ctx, v.actor(), id, in.version(), d)
	}
	if err == nil {
		return v.done(v.leadURL(id), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.leadForm(422, id, in.form(errs, note))
}
