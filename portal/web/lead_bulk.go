package web

import (
	"strconv"
	"strings"

	"entente/portal/view"
	"entente/prm/lead"
	"entente/prm/partner"
)

// leadBulk offers many leads to one partner or by the rules: first it shows what would
// become of each, then it offers those that may be and says of each what became of it.
func leadBulk(v *visit) error {
	in := v.input()
	cmd := lead.BulkCmd{Partnership: in.text("partnership"), Accept: in.whole("accept"), Convert: in.whole("convert"), Note: in.text("note")}
	for _, s := range v.all("lead") {
		id, version, _ := strings.Cut(s, ":")
		n, _ := strconv.ParseInt(version, 10, 64)
		cmd.Picks = append(cmd.Picks, lead.Pick{Lead: lead.ID(id), Version: max(n, 0)})
	}
	return v.bulkPage(in, cmd, in.err())
}

func (v *visit) bulkPage(in *input, cmd lead.BulkCmd, wrong error) error {
	page := &view.LeadBulkPage{Base: v.shell(), URL: v.path("leads", "bulk"), BackURL: v.leadsBack(in, v.path("leads")+"?view=own"), Back: in.text("back"), ByRule: cmd.Partnership == "", Partnership: cmd.Partnership}
	status := 200
	if _, do := in.values["go"]; do && wrong == nil {
		got, err := v.w.d.Leads.BulkOffer(v.ctx, v.actor(), cmd)
		if err == nil {
			page.Done = true
			return v.bulkRows(status, page, cmd, got)
		}
		wrong = err
	}
	if wrong != nil {
		errs, note, ok := v.formErrors(wrong)
		if !ok {
			return wrong
		}
		page.Form, status = in.form(errs, note), 422
		cmd.Accept, cmd.Convert, cmd.Note = 0, 0, "" // what is wrong in the form stands in it
	} else {
		page.Form = view.Form{Values: map[string]string{"accept": itoa(lead.DefaultAccept), "convert": itoa(lead.DefaultConvert)}}
	}
	got, err := v.w.d.Leads.Look(v.ctx, v.actor(), cmd)
	if err != nil {
		return err
	}
	return v.bulkRows(status, page, cmd, got)
}

func (v *visit) bulkRows(status int, page *view.LeadBulkPage, cmd lead.BulkCmd, got []lead.BulkResult) error {
	var orgs []string
	for _, r := range got {
		orgs = append(orgs, r.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, r := range got {
		row := view.LeadBulkRow{URL: v.leadURL(r.Lead.ID), Number: leadNumber(r.Lead.Number), Title: r.Lead.Title, Value: string(r.Lead.ID) + ":" + itoa(r.Lead.Version), Fit: r.Fit / 10, Amount: leadValue(r.Lead.Draft), Status: view.Status{State: view.State("leadbulk." + r.Outcome)}, Ready: r.Outcome == lead.BulkReady}
		if r.Reseller != "" {
			row.Partner = n.company(r.Reseller)
			if cmd.Partnership != "" {
				page.Partner = row.Partner
			}
		}
		switch r.Outcome {
		case lead.BulkReady:
			page.Ready++
		case lead.BulkOffered:
			page.Offered++
		}
		page.Rows = append(page.Rows, row)
	}
	return v.renderAs(status, page, nil)
}

// bulkPartners are whom leads may be offered to together: the rules, or one partner.
func (v *visit) bulkPartners(c circle) []view.Option {
	out := []view.Option{{Label: view.T("leads.by_rule")}}
	for _, p := range c.all {
		if p.Supplier == v.org() && p.State == partner.Active {
			out = append(out, view.Option{Value: p.ID, Label: view.Raw(c.orgs[p.Reseller].Name)})
		}
	}
	return out
}
