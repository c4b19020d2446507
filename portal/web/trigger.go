package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/promo"
	"entente/prm/trigger"
)

func (v *visit) suggestionURL(id trigger.ID) string { return v.path("suggestions", string(id)) }

func suggestionState(s trigger.State) view.Status {
	return view.Status{State: view.State("suggestion." + string(s))}
}

// ruleSentence reads a condition back: "the days since the last order are more than 1.5
// times the usual days between orders, and the partner bought battery".
func (v *visit) ruleSentence(c trigger.Compiled) string {
	return v.p.T("trigger.sentence."+string(c.About), "when", v.clause(c.Tree, "", false))
}

// clause is a part of a condition in words. within is the operator around it: another one
// inside stands in brackets. no turns it around.
func (v *visit) clause(n trigger.Node, within string, no bool) string {
	arg := func(i int) string { return v.clause(n.Args[i], n.Name, false) }
	switch n.Kind {
	case "number":
		return v.p.Quantity(n.Text, "")
	case "words":
		return v.p.T("trigger.words", "words", n.Text)
	case "yes_no":
		return v.p.T("trigger.value." + map[string]string{"true": "yes", "false": "no"}[n.Text])
	case "fact":
		if key := "trigger.is." + n.Name; v.has(key) {
			if no {
				key = "trigger.is_not." + n.Name
			}
			return v.p.T(key)
		}
		return v.p.T("trigger.fact." + n.Name)
	case "call":
		key := "trigger.call." + n.Name
		if no {
			key = "trigger.call_not." + n.Name
		}
		return v.p.T(key, "arg", v.family(n.Text).In(v.p))
	case "list":
		words := make([]string, len(n.Args))
		for i := range n.Args {
			words[i] = arg(i)
		}
		return v.p.List(words)
	case "minus":
		return v.p.T("trigger.op.minus", "a", arg(0))
	case "not":
		if x := n.Args[0]; x.Kind == "fact" || x.Kind == "call" {
			return v.clause(x, within, true)
		}
		return v.p.T("trigger.op.not", "a", arg(0))
	}
	key := "trigger.op." + map[string]string{"and": "and", "or": "or", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "+": "add", "-": "sub", "*": "mul", "/": "div", "in": "in"}[n.Name]
	out := v.p.T(key, "a", arg(0), "b", arg(1))
	joins := n.Name == "and" || n.Name == "or"
	counts := slices.Contains([]string{"+", "-", "*", "/"}, n.Name)
	if within != "" && n.Name != within && (joins && (within == "and" || within == "or") || counts && slices.Contains([]string{"-", "*", "/"}, within)) {
		out = v.p.T("trigger.brackets", "a", out)
	}
	return out
}

// factRows are facts with their values.
func (v *visit) factRows(facts []trigger.Fact) []view.KV {
	var out []view.KV
	for _, f := range facts {
		label := view.T("trigger.fact."+f.Name, "arg", v.family(f.Arg))
		value := view.Raw(f.Value)
		switch {
		case slices.Contains([]string{"yes", "no", "never"}, f.Value):
			value = view.T("trigger.value." + f.Value)
		case f.Name == "weeks_of_stock" && f.Value == strconv.Itoa(trigger.Never):
			value = view.T("trigger.value.endless")
		case f.Name == "country":
			value = countryText(f.Value, v.p)
		default:
			if _, err := strconv.ParseFloat(f.Value, 64); err == nil {
				value = view.Raw(v.p.Quantity(f.Value, ""))
			}
		}
		out = append(out, view.KV{Label: label, Value: value})
	}
	return out
}

// suggestionList are the suggestions of the company in a state.
func suggestionList(v *visit) error {
	state := cmp.Or(oneOf(v.Query("state"), trigger.States), trigger.Open)
	all, next, err := v.w.d.Triggers.List(v.ctx, v.actor(), trigger.Filter{State: state, After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	orgs := make([]string, len(all))
	for i, s := range all {
		orgs[i] = s.Partner
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.SuggestionsPage{Base: v.shell(), RulesURL: v.path("suggestions", "rules"), Pager: view.Pager{Shown: len(all), Total: -1, Next: v.next(next)}}
	for _, s := range trigger.States {
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T("state.suggestion." + string(s)), URL: v.path("suggestions") + "?state=" + string(s), Count: -1, On: s == state})
	}
	for _, s := range all {
		page.Rows = append(page.Rows, view.SuggestionRow{URL: v.suggestionURL(s.ID), Rule: s.RuleName, Company: n.company(s.Partner), Object: s.Object, Status: suggestionState(s.State), Facts: v.factRows(s.Facts), At: s.Made})
	}
	return v.render(page, nil)
}

func suggestionShow(v *visit) error { return v.suggestionPage(200, view.Form{}) }

func (v *visit) suggestionPage(status int, form view.Form) error {
	s, err := v.w.d.Triggers.Get(v.ctx, v.actor(), trigger.ID(v.Params("id")))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{s.Partner}, []string{s.DecidedBy})
	if err != nil {
		return err
	}
	page := &view.SuggestionPage{Base: v.shell(), URL: v.suggestionURL(s.ID), ListURL: v.path("suggestions"), Rule: s.RuleName, Company: n.company(s.Partner), Object: s.Object, Status: suggestionState(s.State), At: s.Made, Facts: v.factRows(s.Facts), Action: view.T("trigger.action." + s.Action), Form: form,
		Reasons: choices(trigger.Reasons, "trigger.reason.", form.Value("reason"))}
	if c, err := trigger.Compile(s.About, s.When); err == nil {
		page.Says = v.ruleSentence(c)
	}
	switch s.About {
	case trigger.Quotes:
		page.ObjectURL = v.path("quotes", s.ObjectID)
	case trigger.Leads:
		page.ObjectURL = v.path("leads", s.ObjectID)
	case trigger.Stock:
		page.ObjectURL = v.path("catalogue") + "?q=" + queryEscape(s.Object)
	}
	if !s.Decided.IsZero() {
		page.Decided = view.T("trigger.decided_by", "who", n.person(s.DecidedBy), "when", s.Decided)
	}
	if s.State == trigger.Snoozed {
		page.Decided = view.T("trigger.until", "when", s.Until)
	}
	if s.Reason != "" {
		page.Why = view.T("trigger.reason." + s.Reason)
	}
	page.Words = s.Words
	page.CanDecide = v.may(access.TriggerDecide, access.Own(v.org())) && (s.State == trigger.Open || s.State == trigger.Snoozed)
	if s.State == trigger.Accepted {
		page.CanOpen = true
	}
	return v.renderAs(status, page, nil)
}

// suggestionAccept takes a suggestion up and opens what it proposes, filled in. Nothing is sent.
func suggestionAccept(v *visit) error {
	s, err := v.w.d.Triggers.Accept(v.ctx, v.actor(), trigger.ID(v.Params("id")))
	if err != nil {
		return v.suggestionRefused(v.input(), err)
	}
	to, err := v.suggestionAction(s)
	if err != nil {
		return err
	}
	return v.done(to, "trigger.said_accepted")
}

// suggestionAction is where the action of a suggestion is done.
func (v *visit) suggestionAction(s trigger.Suggestion) (string, error) {
	switch s.Action {
	case trigger.ActCampaign:
		return v.promoURL(promo.ID(s.Promotion)) + "/campaigns/new?name=" + queryEscape(s.RuleName), nil
	case trigger.ActPromotion:
		if s.Promotion != "" {
			return v.promoURL(promo.ID(s.Promotion)), nil
		}
		return v.path("promotions", "new") + "?partner=" + queryEscape(s.Partner), nil
	}
	circle, err := v.partners()
	if err != nil {
		return "", err
	}
	for _, p := range circle.all {
		if p.Supplier != v.org() || p.Other(v.org()) != s.Partner {
			continue
		}
		r, err := v.w.d.Rooms.BySubject(v.ctx, v.actor(), room.Subject{Kind: "partnership", ID: p.ID})
		if fault.IsNotFound(err) {
			return v.path("partners", p.ID), nil
		}
		if err != nil {
			return "", err
		}
		st, err := v.w.d.Rooms.Standing(v.ctx, v.actor(), r.ID)
		if err != nil {
			return "", err
		}
		if st.Draft == "" { // what somebody began to write stays
			words := v.p.T("trigger.message."+string(s.About), "object", s.Object)
			if err := v.w.d.Rooms.KeepDraft(v.ctx, v.actor(), r.ID, words); err != nil {
				return "", err
			}
		}
		return v.path("rooms", string(r.ID)), nil
	}
	return v.path("partners"), nil
}

func (v *visit) suggestionRefused(in *input, err error) error {
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.suggestionPage(fiber.StatusUnprocessableEntity, in.form(errs, note))
}

// suggestionDismiss says no, with a reason.
func suggestionDismiss(v *visit) error {
	in := v.input()
	if _, err := v.w.d.Triggers.Dismiss(v.ctx, v.actor(), trigger.ID(v.Params("id")), in.text("reason"), in.text("words")); err != nil {
		return v.suggestionRefused(in, err)
	}
	return v.done(v.path("suggestions"), "trigger.said_dismissed")
}

// suggestionSnooze puts one off.
func suggestionSnooze(v *visit) error {
	in := v.input()
	days, _ := strconv.Atoi(in.text("days"))
	if _, err := v.w.d.Triggers.Snooze(v.ctx, v.actor(), trigger.ID(v.Params("id")), days); err != nil {
		return v.suggestionRefused(in, err)
	}
	return v.done(v.path("suggestions"), "trigger.said_snoozed")
}

// triggerRules are the rules of the company with the form of one; ?rule= is one to change,
// ?template= one to begin from.
func triggerRules(v *visit) error {
	form := view.Form{Values: map[string]string{"about": string(trigger.Partners), "quiet": "14", "active": "1", "action": trigger.ActMessage}}
	for _, t := range trigger.Templates {
		if t.Key == v.Query("template") {
			form.Values = map[string]string{"name": v.p.T("trigger.template." + t.Key), "about": string(t.About), "when": t.When, "action": t.Action, "quiet": "14", "active": "1"}
		}
	}
	return v.triggerPage(200, form, nil)
}

func (v *visit) triggerPage(status int, form view.Form, tried *trigger.Tried) error {
	rules, err := v.w.d.Triggers.Rules(v.ctx, v.actor())
	if err != nil {
		return err
	}
	url := v.path("suggestions", "rules")
	page := &view.TriggerRulesPage{Base: v.shell(), URL: url, ListURL: v.path("suggestions"), CanChange: v.may(access.TriggerWrite, access.Own(v.org()))}
	for _, r := range rules {
		row := view.TriggerRuleRow{ID: string(r.ID), Name: r.Name, Active: r.Active, When: r.When, EditURL: url + "?rule=" + string(r.ID) + "#edit", Ran: r.Ran, Action: view.T("trigger.action." + r.Action)}
		if c, err := trigger.Compile(r.About, r.When); err == nil {
			row.Says = v.ruleSentence(c)
		}
		if string(r.ID) == v.Query("rule") && len(form.Errors) == 0 && form.Value("id") == "" {
			form.Values = map[string]string{"id": string(r.ID), "version": itoa(r.Version), "name": r.Name, "about": string(r.About), "when": r.When, "action": r.Action, "promotion": r.Promotion, "quiet": strconv.Itoa(r.Quiet), "active": map[bool]string{true: "1"}[r.Active]}
		}
		page.Rules = append(page.Rules, row)
	}
	about := trigger.About(form.Value("about"))
	abouts := make([]string, len(trigger.Abouts))
	for i, a := range trigger.Abouts {
		abouts[i] = string(a)
	}
	page.Form = form
	page.Abouts = choices(abouts, "trigger.about.", string(about))
	page.Actions = choices(trigger.Actions, "trigger.action.", form.Value("action"))
	for _, t := range trigger.Templates {
		page.Templates = append(page.Templates, view.Option{Value: url + "?template=" + t.Key + "#edit", Label: view.T("trigger.template." + t.Key), On: t.Key == v.Query("template")})
	}
	for _, a := range trigger.Abouts {
		group := view.TriggerFacts{Label: view.T("trigger.about." + string(a))}
		for _, f := range trigger.FactsOf(a) {
			name := f.Name
			if f.Kind == "function" {
				name += `("…")`
			}
			group.Facts = append(group.Facts, view.KV{Label: view.Raw(name), Value: view.T("trigger.fact."+f.Name, "arg", view.Raw("…"))})
		}
		page.Facts = append(page.Facts, group)
	}
	if v.lists(access.PromoRead) {
		list, err := v.w.d.Promos.List(v.ctx, v.actor(), promo.Filter{States: []promo.State{promo.Agreed, promo.Running}, Limit: 100})
		if err != nil {
			return err
		}
		page.Promotions = []view.Option{{Label: view.T("trigger.promotion_none")}}
		for _, h := range list.Items {
			page.Promotions = append(page.Promotions, view.Option{Value: string(h.ID), Label: view.Raw(h.Title), On: string(h.ID) == form.Value("promotion")})
		}
	}
	if c, err := trigger.Compile(about, form.Value("when")); err == nil {
		page.Says = v.ruleSentence(c)
	}
	if tried != nil {
		orgs := make([]string, len(tried.Matches))
		for i, m := range tried.Matches {
			orgs[i] = m.Partner
		}
		n, err := v.lookup(orgs, nil)
		if err != nil {
			return err
		}
		page.Tried, page.Seen, page.Found = true, tried.Seen, tried.Found
		for _, m := range tried.Matches {
			page.Matches = append(page.Matches, view.SuggestionRow{Company: n.company(m.Partner), Object: m.Object, Facts: v.factRows(m.Facts)})
		}
	}
	return v.renderAs(status, page, nil)
}

// triggerSave keeps a rule, or tries it on the partners of today and keeps nothing.
func triggerSave(v *visit) error {
	in := v.input()
	refused := func(err error) error {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.triggerPage(fiber.StatusUnprocessableEntity, in.form(errs, note), nil)
	}
	about, when := trigger.About(in.text("about")), in.text("when")
	if in.text("try") != "" {
		tried, err := v.w.d.Triggers.DryRun(v.ctx, v.actor(), about, when)
		if err != nil {
			return refused(err)
		}
		return v.triggerPage(200, in.form(nil, view.Text{}), &tried)
	}
	quiet, err := strconv.Atoi(in.text("quiet"))
	if err != nil {
		quiet = -1
	}
	_, err = v.w.d.Triggers.SaveRule(v.ctx, v.actor(), trigger.Rule{ID: trigger.RuleID(in.text("id")), Name: in.text("name"), About: about, When: when, Action: in.text("action"), Promotion: in.text("promotion"), Quiet: quiet, Active: in.text("active") != "", Version: in.revision("version")})
	if err != nil {
		return refused(err)
	}
	return v.done(v.path("suggestions", "rules"), "said.saved")
}

// triggerRemove deletes a rule.
func triggerRemove(v *visit) error {
	if err := v.w.d.Triggers.RemoveRule(v.ctx, v.actor(), trigger.RuleID(v.Params("rule"))); err != nil {
		return err
	}
	return v.done(v.path("suggestions", "rules"), "said.saved")
}

// findSuggestions leads from the palette to the suggestions and the rules behind them.
func (v *visit) findSuggestions(q string) ([]view.Hit, error) {
	var out []view.Hit
	if !v.lists(access.TriggerRead) {
		return nil, nil
	}
	for _, x := range [][2]string{{"suggestions.title", ""}, {"trigger.rules", "/rules"}} {
		if holds(v.p.T(x[0]), q) {
			out = append(out, view.Hit{Icon: view.IconDone, Title: view.T(x[0]), URL: v.path("suggestions") + x[1]})
		}
	}
	return out, nil
}

// findCampaigns leads from the palette to mail about the promotions that run.
func (v *visit) findCampaigns(q string) ([]view.Hit, error) {
	if !v.lists(access.CampaignRead) || !v.lists(access.PromoRead) || !holds(v.p.T("campaign.new"), q) && !strings.HasPrefix(strings.ToLower(q), strings.ToLower(v.p.T("campaign.h"))) {
		return nil, nil
	}
	list, err := v.w.d.Promos.List(v.ctx, v.actor(), promo.Filter{States: []promo.State{promo.Agreed, promo.Running}, Limit: hitsOfAKind})
	var out []view.Hit
	for _, h := range list.Items {
		out = append(out, view.Hit{Icon: view.IconMail, Title: view.T("campaign.new"), Sub: view.Raw(h.Title), URL: v.promoURL(h.ID) + "/campaigns"})
	}
	return out, err
}
