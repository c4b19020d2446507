package web

import (
	"slices"
	"strconv"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/lead"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// leadForms are the forms of the owner's page.
type leadForms struct{ offer, close view.Form }

// leadShow is a lead of the company's own.
func leadShow(v *visit) error { return v.leadPage(200, leadForms{}) }

func (v *visit) leadURL(id lead.ID) string { return v.path("leads", string(id)) }

func (v *visit) leadPage(status int, f leadForms) error {
	page, err := v.leadView(lead.ID(v.Params("id")), f)
	if err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// leadView is a lead as its page and the drawer of the list show it to its owner.
func (v *visit) leadView(id lead.ID, f leadForms) (*view.LeadPage, error) {
	d, err := v.w.d.Leads.Get(v.ctx, v.actor(), id)
	if err != nil {
		return nil, err
	}
	orgs, people := []string{d.Org, d.Holder}, []string{d.MadeBy}
	for _, o := range d.Offers {
		orgs = append(orgs, o.Reseller)
		people = append(people, o.OfferedBy, o.OpenedBy, o.AnsweredBy)
	}
	for _, a := range d.Activities {
		people = append(people, a.Person)
	}
	page := &view.LeadPage{Base: v.shell(), URL: v.leadURL(d.ID), Number: leadNumber(d.Number), Title: d.Title, Need: d.Need, Details: d.Details, Status: view.Status{State: view.State("lead." + string(d.State))}, Offer: f.offer, Close: f.close}
	free := d.State == lead.New || d.State == lead.Unplaced
	if v.may(access.LeadWrite, d.Resource()) && d.State != lead.Converted && d.State != lead.Lost {
		page.EditURL = page.URL + "/edit"
		page.EngageURL = v.engageFrom("lead", string(d.ID))
	}
	if page.Engagements, err = v.engagedIn("lead", string(d.ID)); err != nil {
		return nil, err
	}
	page.CanOffer = free && v.may(access.LeadOffer, d.Resource())
	page.CanClose = free && v.may(access.LeadWrite, d.Resource())
	var cs []lead.Candidate
	if page.CanOffer {
		if cs, err = v.w.d.Leads.Candidates(v.ctx, v.actor(), d.ID); err != nil {
			return nil, err
		}
		for _, c := range cs {
			orgs = append(orgs, c.Reseller)
		}
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return nil, err
	}
	if page.FromURL, err = v.madeFrom(room.MadeLead, string(d.ID)); err != nil {
		return nil, err
	}
	page.Facts = v.teaserFacts(lead.Teaser{Industry: d.Industry, Size: d.Size, Families: d.Families, Products: d.Products, Value: d.Value, Expected: d.Expected, Source: d.Source, Campaign: d.Campaign, Ref: d.Ref})
	if d.Customer.ID != "" {
		page.CustomerURL = v.customerURL(d.Customer.ID)
		page.Customer = customerFacts(d.Customer.Draft)
		if i := slices.IndexFunc(d.Customer.Contacts, func(k customer.Contact) bool { return k.ID == d.Draft.Contact }); i >= 0 {
			k := d.Customer.Contacts[i]
			page.Customer = append(page.Customer, view.KV{Label: view.T("field.contact"), Value: view.Raw(k.Name)}, view.KV{Label: view.T("lead.consent"), Value: consentText(k.Consent)})
		}
	}
	manage := v.may(access.LeadOffer, d.Resource())
	for _, o := range d.Offers {
		line := view.OfferLine{URL: v.offerURL(o.ID), Partner: n.company(o.Reseller), Status: view.Status{State: offerState(o)}, At: o.Offered, CanWithdraw: manage && o.State.Unanswered(), CanReclaim: manage && o.State.Held()}
		switch {
		case o.Reason != "" && o.Comment != "":
			line.Note = view.T("lead.reason_comment", "reason", view.T("leadreason."+o.Reason), "comment", o.Comment)
		case o.Reason != "":
			line.Note = view.T("leadreason." + o.Reason)
		case o.Comment != "":
			line.Note = view.Raw(o.Comment)
		}
		page.Offers = append(page.Offers, line)
		detail := lead.OfferDetail{Offer: o}
		if o.ID == d.Lead.Offer {
			detail.Activities = d.Activities
			if clock := o.Clock(); clock.Running() {
				key := "lead.partner_until"
				if o.State.Held() {
					key = "lead.partner_convert"
				}
				page.Clock = &view.Clock{Since: clock.Start, Due: clock.Due, Text: view.T(key, "due", clock.Due, "company", n.org(o.Reseller))}
			}
			if page.Pause = v.pauseBox(o, n, v.may(access.OfferManage, o.Resource())); o.Pause != nil {
				page.Clock = nil
			}
		}
		page.History = append(page.History, v.offerHistory(detail, n, d.Org)...)
	}
	page.History = append(page.History, view.Entry{Icon: v.icon("plus"), Actor: n.person(d.MadeBy), Text: view.T("leadlog.created"), At: d.Created})
	for _, c := range cs {
		row := view.CandidateRow{Partner: n.company(c.Reseller), Fit: c.Fit / 10}
		if c.Out != "" {
			row.Out = view.T("leadout." + c.Out)
		}
		for _, x := range c.Factors {
			row.Factors = append(row.Factors, v.factor(x))
		}
		page.Candidates = append(page.Candidates, row)
		page.Partners = append(page.Partners, view.Option{Value: c.Partnership, Label: view.Raw(n.org(c.Reseller)), On: c.Partnership == f.offer.Value("partnership")})
	}
	if page.Offer.Values == nil {
		page.Offer.Values = map[string]string{"accept": itoa(lead.DefaultAccept), "convert": itoa(lead.DefaultConvert)}
	}
	page.Offer.Values["version"] = itoa(d.Version)
	page.Reasons = reasonOptions(f.close.Value("reason"))
	seers := []seer{{d.Org, access.LeadRead, d.Resource(), "leadsees.owner"}}
	if d.Holder != "" {
		key := "leadsees.masked"
		if d.State == lead.Accepted || d.State == lead.Working || d.State == lead.Converted {
			key = "leadsees.holder"
		}
		seers = append(seers, seer{d.Holder, access.OfferRead, access.Shared(d.Org, d.Holder), key})
	}
	if page.Sees, err = v.sees(n, seers...); err != nil {
		return nil, err
	}
	return page, nil
}

// leadOffer offers a lead to the chosen partner.
func leadOffer(v *visit) error {
	in := v.input()
	in.require("partnership")
	cmd := lead.OfferCmd{Lead: lead.ID(v.Params("id")), Version: in.version(), Partnership: in.text("partnership"), Accept: in.whole("accept"), Convert: in.whole("convert"), Note: in.text("note"), Again: true}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Leads.Offer(v.ctx, v.actor(), cmd)
	}
	return v.leadAnswer(in, err, "said.lead_offered", func(f *leadForms, form view.Form) { f.offer = form })
}

// leadAnswer comes back to a lead, with the refused form where there is one.
func (v *visit) leadAnswer(in *input, err error, said string, keep func(f *leadForms, form view.Form)) error {
	if err == nil {
		return v.done(v.leadURL(lead.ID(v.Params("id"))), said)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	if i := slices.IndexFunc(errs, func(e view.FieldError) bool { return e.Field == "contact" }); i >= 0 { // the form has no such field
		errs, note = slices.Delete(errs, i, i+1), errs[i].Text
	}
	var forms leadForms
	keep(&forms, in.form(errs, note))
	return v.leadPage(422, forms)
}

// leadRouteOne offers one lead by the rules.
func leadRouteOne(v *visit) error {
	in := v.input()
	id := lead.ID(v.Params("id"))
	got, err := v.w.d.Leads.Route(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if got[0].Offer == "" {
		return v.done(v.leadsBack(in, v.leadURL(id)), "notrouted."+got[0].Why)
	}
	return v.done(v.leadsBack(in, v.leadURL(id)), "said.lead_offered")
}

// leadClose ends a lead that nobody holds.
func leadClose(v *visit) error {
	in := v.input()
	err := v.w.d.Leads.Close(v.ctx, v.actor(), lead.ID(v.Params("id")), in.text("reason"))
	return v.leadAnswer(in, err, "said.saved", func(f *leadForms, form view.Form) { f.close = form })
}
