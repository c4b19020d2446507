package web

import (
	"slices"
	"strings"

	"entente/portal/form"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
	"entente/prm/partner"
)

type ruleForms struct{ rule, profile view.Form }

// leadRules is how leads of the company are routed; ?rule= and ?partner= open one to be
// changed.
func leadRules(v *visit) error { return v.rulesPage(200, ruleForms{}) }

func (v *visit) rulesPage(status int, f ruleForms) error {
	rules, err := v.w.d.Leads.Rules(v.ctx, v.actor())
	if err != nil {
		return err
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	url := v.path("leads", "rules")
	page := &view.LeadRulesPage{Base: v.shell(), URL: url, CanChange: v.may(access.LeadOffer, access.Own(v.org())), Form: f.rule, Profile: f.profile}
	names := map[string]string{}
	for _, p := range c.all {
		if p.Supplier == v.org() && p.State == partner.Active {
			names[p.ID] = c.orgs[p.Reseller].Name
		}
	}
	open := lead.RuleID(v.Query("rule"))
	for i, r := range rules {
		page.Rules = append(page.Rules, view.LeadRule{ID: string(r.ID), Name: r.Name, Active: r.Active, Says: v.ruleSays(r, names), EditURL: url + "?rule=" + queryEscape(string(r.ID)), First: i == 0})
		if r.ID == open && page.Form.Values == nil {
			page.Form.Values = ruleValues(r)
		}
	}
	if page.Form.Values == nil {
		page.Form.Values = map[string]string{"active": "1", "accept": itoa(lead.DefaultAccept), "convert": itoa(lead.DefaultConvert), "rounds": itoa(lead.DefaultRounds), "currency": string(v.login.Org.Currency)}
	}
	page.Money = plainOptions(currencyCodes, or(page.Form.Value("currency"), string(v.login.Org.Currency)))
	chosen := strings.Split(page.Form.Value("partners"), ",")
	profiles, err := v.w.d.Leads.Profiles(v.ctx, v.actor())
	if err != nil {
		return err
	}
	for _, p := range c.all {
		if names[p.ID] == "" {
			continue
		}
		page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.Raw(names[p.ID]), On: slices.Contains(chosen, p.ID)})
		x, set := profiles[p.ID]
		if !set {
			x.Most = lead.DefaultMost
		}
		row := view.LeadProfile{Partner: view.Company{ID: p.Reseller, Name: names[p.ID]}, Says: v.profileSays(x)}
		if page.CanChange {
			row.EditURL = url + "?partner=" + queryEscape(p.ID) + "#profile"
		}
		page.Profiles = append(page.Profiles, row)
		if v.Query("partner") == p.ID && page.Profile.Values == nil && page.CanChange {
			page.Profile.Values = map[string]string{"partnership": p.ID, "version": itoa(x.Version), "most": itoa(int64(x.Most)), "countries": strings.Join(x.Countries, ", "), "postcodes": strings.Join(x.Postcodes, ", "), "families": strings.Join(x.Families, ", "), "certificates": certificatesTyped(x.Certificates)}
		}
	}
	if id := page.Profile.Value("partnership"); id != "" {
		page.Profile.Values["company"] = names[id]
	}
	return v.renderAs(status, page, nil)
}

// ruleSays reads a rule back in words.
func (v *visit) ruleSays(r lead.Rule, names map[string]string) []view.Text {
	var out []view.Text
	if where := append(slices.Clone(r.Countries), r.Postcodes...); len(where) > 0 {
		out = append(out, view.T("lead_rules.says_where", "where", strings.Join(where, ", ")))
	}
	if len(r.Families) > 0 {
		out = append(out, view.T("lead_rules.says_families", "families", v.familyList(r.Families)))
	}
	if r.Least.Currency != "" {
		out = append(out, view.T("lead_rules.says_least", "value", amount(r.Least)))
	}
	who := view.T("lead_rules.says_all")
	if len(r.Partners) > 0 {
		var list []string
		for _, p := range r.Partners {
			if names[p] != "" {
				list = append(list, names[p])
			}
		}
		who = view.Raw(strings.Join(list, ", "))
	}
	return append(out, who, view.T("lead_rules.says_clocks", "accept", r.Accept, "convert", r.Convert, "rounds", r.Rounds))
}

func (v *visit) profileSays(x lead.Profile) view.Text {
	where := view.T("leadfactor.any")
	if list := append(slices.Clone(x.Countries), x.Postcodes...); len(list) > 0 {
		where = view.Raw(strings.Join(list, ", "))
	}
	what := view.T("lead_rules.all_families")
	if len(x.Families) > 0 {
		what = v.familyList(x.Families)
	}
	if len(x.Certificates) == 0 {
		return view.T("lead_rules.profile_says", "n", x.Most, "where", where, "families", what)
	}
	var have []string
	for _, c := range x.Certificates {
		have = append(have, v.certificateText(c, x.Day).In(v.p))
	}
	return view.T("lead_rules.profile_says_certified", "n", x.Most, "where", where, "families", what, "certified", v.p.List(have))
}

// certificateText says how long a certificate holds, or that it lapsed by a day of its supplier.
func (v *visit) certificateText(c lead.Certificate, day string) view.Text {
	key := "leadcert.until"
	switch {
	case c.Until == "":
		key = "leadcert.open"
	case !c.Holds(day):
		key = "leadcert.lapsed"
	}
	return view.T(key, "family", v.familyList([]string{c.Family}), "date", view.Date(c.Until))
}

// certificatesTyped writes certificates as certificates reads them: "cordless 2027-03-31, storage".
func certificatesTyped(list []lead.Certificate) string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = strings.TrimSpace(c.Family + " " + c.Until)
	}
	return strings.Join(out, ", ")
}

func (in *input) certificates(name string) []lead.Certificate {
	var out []lead.Certificate
	for _, s := range in.commas(name) {
		c := lead.Certificate{Family: s}
		if i := strings.LastIndexByte(s, ' '); i > 0 && strings.ContainsAny(s[i+1:], "0123456789") {
			d, ok := form.Date(s[i+1:], in.v.today())
			if !ok {
				in.wrong.With(name, "error.date", "value", s[i+1:])
			}
			c.Family, c.Until = s[:i], d
		}
		out = append(out, c)
	}
	return out
}

// partnerLeads are the lines of a partner's page that say what it is sent: its territory, and
// each certificate with what follows from it.
func (v *visit) partnerLeads(page *view.PartnerPage, partnership string, own bool) error {
	if !v.lists(access.OfferRead) {
		return nil
	}
	x, err := v.w.d.Leads.PartnerProfile(v.ctx, v.actor(), partnership)
	if fault.IsNotFound(err) || fault.CodeOf(err) == fault.Forbidden {
		return nil
	}
	if err != nil {
		return err
	}
	bare := x
	bare.Certificates = nil
	row := view.KV{Label: view.T("nav.leads"), Value: v.profileSays(bare)}
	if own && v.may(access.LeadOffer, access.Own(v.org())) {
		row.URL = v.path("leads", "rules") + "?partner=" + queryEscape(partnership) + "#profile"
	}
	page.Facts = append(page.Facts, row)
	for _, c := range x.Certificates {
		page.Facts = append(page.Facts, view.KV{Label: view.T("leadcert.one"), Value: v.certificateText(c, x.Day)})
	}
	return nil
}

func ruleValues(r lead.Rule) map[string]string {
	out := map[string]string{"id": string(r.ID), "version": itoa(r.Version), "name": r.Name, "countries": strings.Join(r.Countries, ", "), "postcodes": strings.Join(r.Postcodes, ", "), "families": strings.Join(r.Families, ", "),
		"partners": strings.Join(r.Partners, ","), "accept": itoa(int64(r.Accept)), "convert": itoa(int64(r.Convert)), "rounds": itoa(int64(r.Rounds)), "currency": string(r.Least.Currency)}
	if r.Active {
		out["active"] = "1"
	}
	if r.Least.Currency != "" {
		out["least"] = r.Least.String()
	}
	return out
}

// commas reads a list as people write it.
func (in *input) commas(name string) []string {
	return strings.FieldsFunc(in.text(name), func(r rune) bool { return r == ',' || r == ';' || r == '，' || r == '；' || r == '、' || r == '\n' })
}

// leadRuleSave adds or changes a rule.
func leadRuleSave(v *visit) error {
	in := v.input()
	partners := v.all("partners")
	in.values["partners"] = strings.Join(partners, ",")
	r := lead.Rule{ID: lead.RuleID(in.text("id")), Version: in.version(), Name: in.text("name"), Active: in.text("active") != "", Countries: in.commas("countries"), Postcodes: in.commas("postcodes"), Families: in.commas("families"),
		Partners: partners, Accept: in.whole("accept"), Convert: in.whole("convert"), Rounds: in.whole("rounds")}
	if s := in.text("least"); s != "" {
		n, ok := decimal(s)
		a, err := money.ParseAmount(n.String(), money.Currency(in.text("currency")))
		if !ok || err != nil {
			in.wrong.With("least", "error.number", "value", s)
		}
		r.Least = a
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Leads.SaveRule(v.ctx, v.actor(), r)
	}
	return v.ruleAnswer(in, err, func(f *ruleForms, form view.Form) { f.rule = form })
}

func (v *visit) ruleAnswer(in *input, err error, keep func(f *ruleForms, form view.Form)) error {
	if err == nil {
		return v.done(v.path("leads", "rules"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	var forms ruleForms
	keep(&forms, in.form(errs, note))
	return v.rulesPage(422, forms)
}

// leadRuleUp puts a rule before the one above it.
func leadRuleUp(v *visit) error {
	rules, err := v.w.d.Leads.Rules(v.ctx, v.actor())
	if err != nil {
		return err
	}
	id := lead.RuleID(v.Params("rule"))
	i := slices.IndexFunc(rules, func(r lead.Rule) bool { return r.ID == id })
	before := lead.RuleID("")
	switch {
	case i > 0:
		before = rules[i-1].ID
	case i == 0:
		return v.seeOther(v.path("leads", "rules"))
	}
	if err := v.w.d.Leads.MoveRule(v.ctx, v.actor(), id, before); err != nil {
		return err
	}
	return v.done(v.path("leads", "rules"), "said.saved")
}

// leadRuleRemove takes a rule away.
func leadRuleRemove(v *visit) error {
	if err := v.w.d.Leads.RemoveRule(v.ctx, v.actor(), lead.RuleID(v.Params("rule"))); err != nil {
		return err
	}
	return v.done(v.path("leads", "rules"), "said.removed")
}

// leadProfileSave changes what a partner is sent.
func leadProfileSave(v *visit) error {
	in := v.input()
	p := lead.Profile{Partnership: in.text("partnership"), Version: in.version(), Most: in.whole("most"), Countries: in.commas("countries"), Postcodes: in.commas("postcodes"), Families: in.commas("families"), Certificates: in.certificates("certificates")}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Leads.SaveProfile(v.ctx, v.actor(), p)
	}
	return v.ruleAnswer(in, err, func(f *ruleForms, form view.Form) { f.profile = form })
}
