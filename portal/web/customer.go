package web

import (
	"slices"
	"strings"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/campaign"
	"entente/prm/customer"
	"entente/prm/identity"
)

func (v *visit) customerURL(id customer.ID) string { return v.path("customers", string(id)) }

// customerList is the company's own end customers.
func customerList(v *visit) error {
	f := customer.Filter{Query: v.search(), After: v.Query("after"), Limit: pageRows}
	list, err := v.w.d.Customers.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	page := &view.CustomersPage{Base: v.shell(), Filters: v.filters("customers.search", false, nil), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	if v.may(access.CustomerWrite, access.Own(v.org())) {
		page.NewURL = v.path("customers", "new")
	}
	if v.may(access.MappingRead, access.Own(v.org())) {
		page.Mapping = v.path("mappings")
	}
	for _, c := range list.Items {
		page.Rows = append(page.Rows, view.CustomerRow{URL: v.customerURL(c.ID), Name: c.Name, Place: place(c.Draft), TaxID: c.TaxID, Changed: c.Changed})
	}
	return v.render(page, fragments{"list": "customers.list", "rows": "customers.list"})
}

func place(d customer.Draft) string {
	return strings.Join(slices.DeleteFunc([]string{strings.TrimSpace(d.Postcode + " " + d.City), d.Country}, func(s string) bool { return s == "" }), ", ")
}

// customerNew is the form of a new customer.
func customerNew(v *visit) error {
	return v.customerForm(200, view.Form{Values: map[string]string{"country": v.login.Org.Country}})
}

func (v *visit) customerForm(status int, form view.Form) error {
	if err := access.Check(v.actor(), access.CustomerWrite, access.Own(v.org())); err != nil {
		return err
	}
	return v.renderAs(status, &view.CustomerFormPage{Base: v.shell(), URL: v.path("customers", "new"), Form: form}, nil)
}

func (in *input) customerDraft() customer.Draft {
	return customer.Draft{Name: in.text("name"), Country: in.text("country"), City: in.text("city"), Street: in.text("street"), Postcode: in.text("postcode"), TaxID: in.text("tax_id"), GLN: in.text("gln"), DUNS: in.text("duns"),
		Web: in.text("web"), Note: in.text("note"), External: in.text("external")}
}

// customerCreate adds a customer.
func customerCreate(v *visit) error {
	in := v.input()
	c, err := v.w.d.Customers.Create(v.ctx, v.actor(), in.customerDraft())
	if err == nil {
		return v.done(v.customerURL(c.ID), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.customerForm(422, in.form(errs, note))
}

type customerForms struct {
	facts, contact view.Form
	opened         string
}

// customerShow is one customer; ?contact= opens a contact to be changed.
func customerShow(v *visit) error { return v.customerPage(200, customerForms{}) }

func (v *visit) customerPage(status int, f customerForms) error {
	d, err := v.w.d.Customers.Get(v.ctx, v.actor(), customer.ID(v.Params("id")))
	if err != nil {
		return err
	}
	page := &view.CustomerPage{Base: v.shell(), URL: v.customerURL(d.ID), Name: d.Name, Facts: customerFacts(d.Draft), Note: d.Note, Form: f.facts, Contact: f.contact, Opened: f.opened}
	page.CanEdit = d.State != customer.Merged && v.may(access.CustomerWrite, d.Resource())
	if d.Into != "" {
		page.Into = v.customerURL(d.Into)
	}
	for _, k := range d.Keys {
		page.Keys = append(page.Keys, view.KV{Label: view.T("identitykey." + string(k.Kind)), Value: view.Raw(strings.ReplaceAll(k.Value, "|", " · ")), Mono: true})
	}
	wishes, err := v.optIns(d.Contacts)
	if err != nil {
		return err
	}
	back, err := v.undelivered(d.Contacts)
	if err != nil {
		return err
	}
	var mail, people []string
	for _, k := range d.Contacts {
		row := view.ContactRow{ID: string(k.ID), Name: k.Name, Title: k.Title, Mail: k.Mail, Phone: k.Phone, Consent: consentText(k.Consent), EditURL: page.URL + "?contact=" + queryEscape(string(k.ID))}
		if at, ok := back[k.Mail]; ok {
			row.Undelivered = view.T("contact.undelivered", "when", at)
		}
		if x, ok := wishes[k.Mail]; ok {
			row.OptIn = view.T("contact.optin_waits", "asked", x.Asked, "version", x.ConsentMark)
			if !x.Confirmed.IsZero() {
				row.OptIn = view.T("contact.optin_done", "asked", x.Asked, "confirmed", x.Confirmed, "from", or(x.ConfirmedFrom, "–"), "version", x.ConsentMark)
			}
		}
		page.Contacts = append(page.Contacts, row)
		if k.Mail != "" {
			mail = append(mail, k.Mail)
		}
		if v.Query("contact") == row.ID && page.Contact.Values == nil && page.CanEdit {
			page.Contact.Values, page.Opened = contactValues(k), "contact"
		}
	}
	for _, m := range d.Merges {
		people = append(people, m.MadeBy)
	}
	n, err := v.lookup(nil, people)
	if err != nil {
		return err
	}
	for i, m := range d.Merges {
		page.Merges = append(page.Merges, view.MergeRow{ID: string(m.ID), Name: m.Name, By: n.person(m.MadeBy), At: m.Made, CanUndo: i == 0 && page.CanEdit})
	}
	if page.CanEdit {
		ms, err := v.w.d.Customers.Matches(v.ctx, v.actor(), d.Draft, mail, d.ID)
		if err != nil {
			return err
		}
		for _, m := range ms {
			page.Matches = append(page.Matches, view.MatchRow{Name: m.Customer.Name, Place: place(m.Customer.Draft), Why: matchText(m), URL: v.customerURL(m.Customer.ID), MergeURL: page.URL + "/merge?loser=" + queryEscape(string(m.Customer.ID))})
		}
		if page.Form.Values == nil {
			page.Form.Values = map[string]string{"name": d.Name, "country": d.Country, "city": d.City, "street": d.Street, "postcode": d.Postcode, "tax_id": d.TaxID, "gln": d.GLN, "duns": d.DUNS, "web": d.Web, "note": d.Note, "external": d.External}
		}
		page.Form.Values["version"] = itoa(d.Version)
	}
	page.Bases = []view.Option{{Label: view.T("form.none")}}
	for _, b := range customer.Bases {
		page.Bases = append(page.Bases, view.Option{Value: b, Label: view.T("consentbasis." + b), On: b == page.Contact.Value("basis")})
	}
	return v.renderAs(status, page, nil)
}

func customerFacts(d customer.Draft) []view.KV {
	var out []view.KV
	add := func(key, value string, mono bool) {
		if value != "" {
			out = append(out, view.KV{Label: view.T(key), Value: view.Raw(value), Mono: mono})
		}
	}
	add("field.company_name", d.Name, false)
	add("lead.address", strings.Join(slices.DeleteFunc([]string{d.Street, place(d)}, func(s string) bool { return s == "" }), ", "), false)
	add("field.web", d.Web, false)
	add("field.tax_id", d.TaxID, true)
	add("field.gln", d.GLN, true)
	add("field.duns", d.DUNS, true)
	add("field.external", d.External, true)
	return out
}

// optIns are the wishes of contacts to be written to that came from a public page, as far as
// one may know.
func (v *visit) optIns(list []customer.Contact) (map[string]campaign.OptIn, error) {
	if !v.may(access.CampaignRead, access.Own(v.org())) {
		return nil, nil
	}
	var mail []string
	for _, k := range list {
		mail = append(mail, k.Mail)
	}
	return v.w.d.Campaigns.OptIns(v.ctx, v.actor(), mail)
}

// undelivered says since when the mail of contacts comes back, as far as one may know.
func (v *visit) undelivered(list []customer.Contact) (map[string]time.Time, error) {
	if !v.may(access.CampaignRead, access.Own(v.org())) {
		return nil, nil
	}
	var mail []string
	for _, k := range list {
		mail = append(mail, k.Mail)
	}
	return v.w.d.Campaigns.Undelivered(v.ctx, v.actor(), mail)
}

func contactValues(k customer.Contact) map[string]string {
	out := map[string]string{"id": string(k.ID), "version": itoa(k.Version), "name": k.Name, "title": k.Title, "mail": k.Mail, "phone": k.Phone, "basis": k.Consent.Basis}
	if k.Consent.Contact {
		out["may_contact"] = "1"
	}
	if k.Consent.Share {
		out["may_share"] = "1"
	}
	return out
}

func consentText(c customer.Consent) view.Text {
	switch {
	case !c.Contact && !c.Withdrawn.IsZero():
		return view.T("consent.withdrawn", "when", c.Withdrawn)
	case c.Contact && c.Share:
		return view.T("consent.both", "basis", view.T("consentbasis."+c.Basis), "when", c.Given)
	case c.Contact:
		return view.T("consent.contact", "basis", view.T("consentbasis."+c.Basis), "when", c.Given)
	case c.Share:
		return view.T("consent.share", "basis", view.T("consentbasis."+c.Basis), "when", c.Given)
	}
	return view.T("consent.none")
}

func matchText(m customer.Match) view.Text {
	if len(m.By) == 0 {
		return view.T("customer.match_near", "percent", m.Near/10)
	}
	if m.By[0].Kind == identity.Name {
		return view.T("customer.match_name")
	}
	return view.T("customer.match_key", "key", view.T("identitykey."+string(m.By[0].Kind)), "value", m.By[0].Value)
}

// customerSave changes the facts.
func customerSave(v *visit) error {
	in := v.input()
	_, err := v.w.d.Customers.Update(v.ctx, v.actor(), customer.ID(v.Params("id")), in.version(), in.customerDraft())
	return v.customerAnswer(in, err, customerForms{opened: "facts"}, func(f *customerForms, form view.Form) { f.facts = form })
}

func (v *visit) customerAnswer(in *input, err error, f customerForms, keep func(f *customerForms, form view.Form)) error {
	if err == nil {
		return v.done(v.customerURL(customer.ID(v.Params("id"))), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	keep(&f, in.form(errs, note))
	return v.customerPage(422, f)
}

// contactSave adds or changes a contact.
func contactSave(v *visit) error {
	in := v.input()
	consent := customer.Consent{Contact: in.text("may_contact") != "", Share: in.text("may_share") != "", Basis: in.text("basis")}
	_, err := v.w.d.Customers.SaveContact(v.ctx, v.actor(), customer.ID(v.Params("id")), customer.ContactID(in.text("id")), in.version(),
		customer.ContactDraft{Name: in.text("name"), Title: in.text("title"), Mail: in.text("mail"), Phone: in.text("phone")}, consent)
	return v.customerAnswer(in, err, customerForms{opened: "contact"}, func(f *customerForms, form view.Form) { f.contact = form })
}

// contactRemove deletes a contact.
func contactRemove(v *visit) error {
	id := customer.ID(v.Params("id"))
	if err := v.w.d.Customers.RemoveContact(v.ctx, v.actor(), id, customer.ContactID(v.Params("contact"))); err != nil {
		return err
	}
	return v.done(v.customerURL(id), "said.removed")
}

// mergeLook previews a merge.
func mergeLook(v *visit) error {
	return v.mergePage(200, customer.MergeCmd{Winner: customer.ID(v.Params("id")), Loser: customer.ID(v.Query("loser"))}, view.Form{})
}

func (v *visit) mergePage(status int, cmd customer.MergeCmd, form view.Form) error {
	p, err := v.w.d.Customers.PreviewMerge(v.ctx, v.actor(), cmd)
	if err != nil {
		return err
	}
	page := &view.MergePage{Base: v.shell(), URL: v.customerURL(p.Winner.ID) + "/merge", BackURL: v.customerURL(p.Winner.ID), Winner: p.Winner.Name, Loser: p.Loser.Name, LoserID: string(p.Loser.ID),
		WinnerVersion: itoa(p.Winner.Version), LoserVersion: itoa(p.Loser.Version), Contacts: p.Contacts, Form: form}
	for _, c := range p.Choices {
		if c.Winner == "" && c.Loser == "" {
			continue
		}
		label := "field." + c.Field
		if c.Field == "name" {
			label = "field.company_name" // field.name is a person's
		}
		page.Choices = append(page.Choices, view.MergeChoice{Field: c.Field, Label: view.T(label), Winner: c.Winner, Loser: c.Loser, Differs: c.Differs, TakeLoser: c.TakeLoser})
	}
	return v.renderAs(status, page, nil)
}

// mergeDo merges two customers.
func mergeDo(v *visit) error {
	in := v.input()
	cmd := customer.MergeCmd{Winner: customer.ID(v.Params("id")), Loser: customer.ID(in.text("loser")), WinnerVersion: in.revision("winner_version"), LoserVersion: in.revision("loser_version")}
	for name := range in.values {
		if f, ok := strings.CutPrefix(name, "take."); ok && in.text(name) != "" {
			cmd.Take = append(cmd.Take, f)
		}
	}
	_, err := v.w.d.Customers.Merge(v.ctx, v.actor(), cmd)
	if err == nil {
		return v.done(v.customerURL(cmd.Winner), "said.merged")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.mergePage(422, cmd, in.form(errs, note))
}

// mergeUndo takes a merge back.
func mergeUndo(v *visit) error {
	if err := v.w.d.Customers.UndoMerge(v.ctx, v.actor(), customer.MergeID(v.Params("merge"))); err != nil {
		return err
	}
	return v.done(v.customerURL(customer.ID(v.Params("id"))), "said.saved")
}
