package web

import (
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/money"
)

// approvalRules are the rules of the company; ?rule= opens one to be changed.
func approvalRules(v *visit) error { return v.approvalRulesPage(200, view.Form{}) }

func (v *visit) approvalRulesPage(status int, form view.Form) error {
	rules, err := v.w.d.Approvals.Rules(v.ctx, v.actor())
	if err != nil {
		return err
	}
	url := v.path("company", "approvals")
	page := &view.ApprovalRulesPage{Base: v.shell(), URL: url, ListURL: v.path("approvals"), CanChange: v.may(access.ApprovalRules, access.Own(v.org())), Form: form}
	var people []string
	for _, r := range rules {
		people = append(people, r.Person)
	}
	n, err := v.lookup(nil, people)
	if err != nil {
		return err
	}
	for _, r := range rules {
		who := v.approverWords(r.Role, r.Person, n)
		if r.FourEyes {
			who = view.T("approval.with_four_eyes", "who", who)
		}
		page.Rules = append(page.Rules, view.ApprovalRule{ID: string(r.ID), Says: ruleWords(r), Who: who, Active: r.Active, EditURL: url + "?rule=" + queryEscape(string(r.ID)) + "#edit"})
		if string(r.ID) == v.Query("rule") && page.Form.Values == nil {
			page.Form.Values = approvalRuleValues(r)
		}
	}
	if page.Form.Values == nil {
		page.Form.Values = map[string]string{"active": "1", "four_eyes": "1", "currency": string(v.login.Org.Currency), "kind": approval.AboutOrder + "." + approval.TestLimit, "approver": "role:" + string(access.Manager)}
	}
	for _, a := range approval.Abouts {
		for _, t := range a.Tests {
			k := a.About + "." + t
			page.Kinds = append(page.Kinds, view.Option{Value: k, Label: view.T("approval.rule." + a.About + "_" + t), On: page.Form.Value("kind") == k})
		}
	}
	page.Money = plainOptions(currencyCodes, or(page.Form.Value("currency"), string(v.login.Org.Currency)))
	if page.CanChange {
		if page.Approvers, err = v.ownerOptions(approval.Roles, page.Form.Value("approver"), access.ApprovalDecide); err != nil {
			return err
		}
	}
	return v.renderAs(status, page, nil)
}

// ruleWords is a rule in one sentence.
func ruleWords(r approval.Rule) view.Text {
	key := "approval.says." + r.About + "_" + r.Test
	switch r.Test {
	case approval.TestLimit:
		return view.T(key, "limit", amount(r.Amount))
	case approval.TestPrice:
		return view.T(key, "percent", percent(r.Percent))
	}
	return view.T(key)
}

func approvalRuleValues(r approval.Rule) map[string]string {
	out := map[string]string{"id": string(r.ID), "version": itoa(r.Version), "kind": r.About + "." + r.Test, "currency": string(r.Amount.Currency), "approver": "role:" + string(r.Role)}
	if r.Person != "" {
		out["approver"] = "person:" + r.Person
	}
	if r.Test == approval.TestLimit {
		out["ceiling"] = r.Amount.String()
	}
	if r.Test == approval.TestPrice {
		out["apart"] = strings.TrimSuffix(percent(r.Percent), "%")
	}
	for name, on := range map[string]bool{"four_eyes": r.FourEyes, "active": r.Active} {
		if on {
			out[name] = "1"
		}
	}
	return out
}

// ownerOptions are roles and people who may own something: "role:manager", "person:ID".
func (v *visit) ownerOptions(roles []access.Role, chosen string, act access.Action) ([]view.Option, error) {
	var out []view.Option
	for _, r := range roles {
		k := "role:" + string(r)
		out = append(out, view.Option{Value: k, Label: view.T("approval.role_option", "role", view.T("role."+string(r))), On: k == chosen})
	}
	people, err := v.w.d.Accounts.Directory().People(v.ctx, v.org())
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		a := access.Actor{Person: p.ID, Org: v.org(), Roles: p.Roles, Via: "session:choice"}
		if act != "" && !access.Allowed(a, act, access.Own(v.org())) {
			continue
		}
		k := "person:" + p.ID
		out = append(out, view.Option{Value: k, Label: view.Raw(p.Name), On: k == chosen})
	}
	return out, nil
}

// owner reads a choice of ownerOptions.
func (in *input) owner(name string) (access.Role, string) {
	kind, id, _ := strings.Cut(in.text(name), ":")
	if kind == "person" {
		return "", id
	}
	return access.Role(id), ""
}

// approvalRuleSave adds or changes a rule.
func approvalRuleSave(v *visit) error {
	in := v.input()
	r := approval.Rule{ID: approval.RuleID(in.text("id")), Version: in.version(), FourEyes: in.text("four_eyes") != "", Active: in.text("active") != ""}
	r.About, r.Test, _ = strings.Cut(in.text("kind"), ".")
	r.Role, r.Person = in.owner("approver")
	switch r.Test {
	case approval.TestLimit:
		in.require("ceiling")
		c := money.Currency(in.text("currency"))
		if !slices.Contains(currencyCodes, string(c)) {
			c = v.login.Org.Currency
		}
		r.Amount = in.coins("ceiling", c)
	case approval.TestPrice:
		in.require("apart")
		r.Percent = in.number("apart") / 100
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Approvals.SaveRule(v.ctx, v.actor(), r)
	}
	if err == nil {
		return v.done(v.path("company", "approvals"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.approvalRulesPage(422, in.form(errs, note))
}

// approvalRuleRemove takes a rule away.
func approvalRuleRemove(v *visit) error {
	if err := v.w.d.Approvals.RemoveRule(v.ctx, v.actor(), approval.RuleID(v.Params("rule"))); err != nil {
		return err
	}
	return v.done(v.path("company", "approvals"), "said.removed")
}
