package web

import (
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
)

func (v *visit) fundURL(id fund.ProgramID) string { return v.path("funds", string(id)) }

// money reads an amount of a currency.
func (in *input) money(name string, c money.Currency) money.Amount {
	return money.Amount{Minor: in.minor(name, c), Currency: c}
}

// fundPlaces are the parts of the funds pages.
func (v *visit) fundPlaces(on string) []view.Tab {
	var out []view.Tab
	for _, x := range []string{"", "requests", "claims", "protection", "edi"} {
		t := view.Tab{Label: view.T("fundplace." + or(x, "overview")), URL: v.path("funds", x), Count: -1, On: x == on}
		switch x {
		case "":
			t.URL = v.path("funds")
		case "edi":
			t.URL = v.path("funds", "claims", "edi")
		}
		out = append(out, t)
	}
	return out
}

func fundKV(key string, a money.Amount) view.KV {
	return view.KV{Label: view.T("fundsum." + key), Value: view.T("fund.money", "amount", amount(a))}
}

// fundSums are the figures of a balance; what is nothing and need not be said is left out.
func fundSums(b fund.Balance) []view.KV {
	out := []view.KV{fundKV("granted", b.Granted), fundKV("available", b.Available), fundKV("reserved", b.Reserved), fundKV("to_pay", b.Consumed), fundKV("settled", b.Settled)}
	if b.Lapsed.Minor != 0 {
		out = append(out, fundKV("lapsed", b.Lapsed))
	}
	if b.Owed.Minor != 0 {
		out = append(out, fundKV("owed", b.Owed))
	}
	return out
}

// fundFigures are what a partner earned: the four figures people ask for, and what is left.
func fundFigures(s fund.Standing) []view.KV {
	return []view.KV{fundKV("earned", s.Earned), fundKV("pending", s.Pending), fundKV("settled", s.Balance.Settled), fundKV("to_pay", s.Balance.Consumed), {Label: view.T("fundsum.lapsing", "date", view.Date(s.LapsesBy)), Value: view.T("fund.money", "amount", amount(s.Lapsing))},
		fundKV("to_draw", money.Amount{Minor: s.Balance.Available.Minor + s.Balance.Reserved.Minor, Currency: s.Currency})}
}

func partOf100(part, whole int64) int {
	if whole <= 0 {
		return 0
	}
	return int(max(0, min(100, part/(whole/100+1))))
}

// fundList is what the company earned, and its programmes.
func fundList(v *visit) error {
	page := &view.FundsPage{Base: v.shell(), Places: v.fundPlaces("")}
	c, err := v.partners()
	if err != nil {
		return err
	}
	page.Owner = c.sells()
	standings, err := v.w.d.Funds.Standings(v.ctx, v.actor())
	if err != nil {
		return err
	}
	own, next, err := v.w.d.Funds.List(v.ctx, v.actor(), v.Query("after"), pageRows)
	if err != nil {
		return err
	}
	var wallets []fund.Wallet
	if v.Query("after") == "" {
		if wallets, _, err = v.w.d.Funds.Wallets(v.ctx, v.actor(), "", 200); err != nil {
			return err
		}
	}
	orgs := []string{}
	for _, s := range standings {
		orgs = append(orgs, s.Supplier, s.Reseller)
	}
	for _, w := range wallets {
		orgs = append(orgs, w.Owner)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, s := range standings {
		other, side := s.Supplier, "fund.side_partner"
		if s.Supplier == v.org() {
			other, side = s.Reseller, "fund.side_owner"
		}
		page.Standings = append(page.Standings, view.FundStanding{URL: v.statementOf(s), Partner: n.company(other), Side: view.T(side), Figures: fundFigures(s)})
	}
	for _, p := range own {
		row := view.FundRow{URL: v.fundURL(p.ID), Number: p.Number, Title: p.Title, Kind: view.T("fundkind." + p.Kind), Window: promoWindow(p.From, p.Until), Status: view.Status{State: view.State("fund." + p.State)}, Percent: -1}
		for _, b := range p.Budgets {
			row.Sums = append(row.Sums, view.KV{Label: view.T("fund.budget"), Value: view.T("fund.money", "amount", amount(b.Whole))})
			if len(p.Budgets) == 1 {
				row.Percent = partOf100(b.Whole.Minor-b.Free.Minor, b.Whole.Minor)
			}
		}
		page.Programs = append(page.Programs, row)
	}
	for _, w := range wallets {
		page.Wallets = append(page.Wallets, view.FundRow{URL: v.fundURL(w.ID), Number: w.Number, Title: w.Title, Kind: view.T("fundkind." + w.Kind), Window: promoWindow(w.From, w.Until), Status: view.Status{State: view.State("fund." + w.State)}, Partner: n.company(w.Owner), Percent: -1,
			Sums: []view.KV{fundKV("available", w.Balance.Available)}})
	}
	page.Pager = view.Pager{Shown: len(own) + len(wallets), Total: -1, Next: v.next(next)}
	if v.may(access.FundWrite, access.Own(v.org())) && c.sells() {
		page.NewURL = v.path("funds", "new")
	}
	if v.may(access.FundRead, access.Own(v.org())) && c.sells() {
		page.LimitsURL = v.path("funds", "limits")
		for _, f := range []string{"xlsx", "csv"} {
			page.Liability = append(page.Liability, view.Export{Label: view.T("fundliability." + f), URL: v.path("funds", "liability") + "?format=" + f})
		}
	}
	return v.render(page, nil)
}

func (v *visit) statementOf(s fund.Standing) string {
	return v.path("funds", "statements", s.Partnership) + "?currency=" + string(s.Currency)
}

// fundForms are the forms of a programme's page as they came back.
type fundForms struct{ put, grant, rule, undo, plan view.Form }

// fundShow is a programme for its owner, or the part of a partner.
func fundShow(v *visit) error { return v.fundPage(200, fundForms{}) }

func (v *visit) fundPage(status int, f fundForms) error {
	id := fund.ProgramID(v.Params("id"))
	p, err := v.w.d.Funds.Get(v.ctx, v.actor(), id)
	if err != nil {
		return v.walletPage(id, err)
	}
	entries, _, err := v.w.d.Funds.Entries(v.ctx, v.actor(), id, "", pageRows)
	if err != nil {
		return err
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	orgs := []string{p.Owner}
	for _, s := range p.Seats {
		orgs = append(orgs, s.Org)
	}
	for _, o := range p.OffPlan {
		orgs = append(orgs, o.Org)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.FundPage{Base: v.shell(), URL: v.fundURL(id), Number: p.Number, Title: p.Title, Kind: view.T("fundkind." + p.Kind), Status: view.Status{State: view.State("fund." + p.State)}, Window: promoWindow(p.From, p.Until), About: p.About, Owner: n.company(p.Owner), Mine: true,
		IsOpen: p.State == fund.Open, Earned: p.Kind == fund.KindEarned, Version: itoa(p.Version), Put: f.put, Grant: f.grant, Rule: f.rule, Undo: f.undo, PlanForm: f.plan}
	page.CanWrite = v.may(access.FundWrite, access.Own(v.org())) && p.Kind != fund.KindPromo && p.Kind != fund.KindProtect
	page.Facts = append(fundFacts(p.ClaimDays, p.Share, p.Proof), planFacts(p.Plan)...)
	page.Alternative = p.Alternative
	if page.Announced = !p.Announced.IsZero(); page.Announced {
		r := p.Reach()
		page.Reach = view.T("fund.reach_is", "offered", r.Offered, "used", r.Used, "refused", r.Refused, "off", r.OffPlan)
	} else if page.IsOpen && page.CanWrite {
		page.Announce = true
	}
	people, err := v.offPlanPeople(p.OffPlan)
	if err != nil {
		return err
	}
	for _, o := range p.OffPlan {
		page.OffPlan = append(page.OffPlan, view.FundOffPlan{ID: o.ID, Partner: n.company(o.Org), Amount: amount(o.Amount), Reason: o.Reason, Status: view.Status{State: view.State("fundoff." + o.State)}, Asked: o.Asked, AskedBy: people[o.AskedBy], Decided: o.Decided, DecidedBy: people[o.DecideBy], Waits: o.State == fund.OffWaiting, CanDecide: page.CanWrite && o.State == fund.OffWaiting && o.AskedBy != v.actor().Person})
	}
	for _, f := range v.families() {
		page.Families = append(page.Families, view.Option{Value: f, Label: v.family(f), On: strings.Contains(","+page.Rule.Value("families")+",", ","+f+",")})
	}
	page.Reaches = choices(fund.Reaches, "fundreach.", page.Rule.Value("reach"))
	for _, x := range p.Volumes {
		says, next := volumeText(x)
		page.Volumes = append(page.Volumes, view.FundVolume{Company: n.company(x.Org), Says: says, Next: next})
	}
	for _, b := range p.Budgets {
		x := view.FundBudget{Currency: string(b.Currency), Whole: amount(b.Whole), Free: amount(b.Free), FourEyes: view.T("fund.one_decides"), Percent: partOf100(b.Whole.Minor-b.Free.Minor, b.Whole.Minor)}
		if b.FourEyes.Minor > 0 {
			x.FourEyes = view.T("fund.two_decide", "amount", amount(b.FourEyes))
		}
		page.Budgets = append(page.Budgets, x)
	}
	for _, s := range p.Seats {
		b := s.Balance
		page.Seats = append(page.Seats, view.FundSeat{Partner: n.company(s.Org), URL: v.path("funds", "statements", s.Partnership) + "?currency=" + string(b.Currency), Granted: amount(b.Granted), Available: amount(b.Available), Reserved: amount(b.Reserved), ToPay: amount(b.Consumed), Settled: amount(b.Settled), Told: s.Use.Told, Asked: s.Use.Asked, Refused: s.Use.Refused})
	}
	page.Rules = v.fundRules(p.Rules)
	for _, e := range entries {
		page.Entries = append(page.Entries, view.FundMove{ID: e.Entry, At: e.At, Kind: view.T("fundentry." + e.Kind), Program: n.org(e.Org), Text: e.Text, Amount: amount(e.Amount), CanReverse: e.Undoable && (page.CanWrite && e.Kind != fund.EntryRecover || e.Kind == fund.EntryRecover && v.may(access.ClaimSettle, access.Shared(p.Owner, e.Org)))})
	}
	var codes []string
	for _, x := range c.all {
		if x.Supplier == v.org() && x.State == partner.Active {
			page.Partners = append(page.Partners, view.Option{Value: x.ID, Label: view.Raw(c.orgs[x.Reseller].Name), On: f.grant.Value("partnership") == x.ID})
			if !slices.Contains(codes, string(x.Currency)) {
				codes = append(codes, string(x.Currency))
			}
		}
	}
	if home := string(v.login.Org.Currency); !slices.Contains(codes, home) {
		codes = append([]string{home}, codes...)
	}
	slices.Sort(codes)
	page.Currencies = plainOptions(codes, or(f.put.Value("currency"), string(v.login.Org.Currency)))
	if page.EditURL = page.URL + "/edit"; !page.CanWrite {
		page.EditURL = ""
	}
	return v.renderAs(status, page, nil)
}

// planFacts say to whom an announced programme is open.
func planFacts(p fund.Plan) []view.KV {
	if p.Announced.IsZero() {
		return nil
	}
	open := view.T("fund.open_all")
	if len(p.Countries) > 0 {
		open = view.Raw(strings.Join(p.Countries, ", "))
	}
	out := []view.KV{{Label: view.T("fund.open_to"), Value: open}}
	if p.Part.Minor > 0 {
		out = append(out, view.KV{Label: view.T("fund.part"), Value: view.T("fund.money", "amount", amount(p.Part))})
	}
	return out
}

// offPlanPeople names who asked for and decided grants beside the plan.
func (v *visit) offPlanPeople(list []fund.OffPlan) (map[string]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	people, err := v.w.d.Accounts.Directory().People(v.ctx, v.org())
	out := map[string]string{}
	for _, p := range people {
		out[p.ID] = p.Name
	}
	return out, err
}

// fundFacts are the terms of a programme.
func fundFacts(days int, share money.Rate, proof []string) []view.KV {
	out := []view.KV{{Label: view.T("fund.share"), Value: view.T("fund.percent_is", "percent", percent(share))}, {Label: view.T("fund.claim_days"), Value: view.T("fund.days_are", "n", days)}}
	if len(proof) > 0 {
		out = append(out, view.KV{Label: view.T("fund.proof"), Value: view.Raw(strings.Join(proof, "; "))})
	}
	return out
}

func (v *visit) fundRules(list []fund.Rule) []view.FundRule {
	var out []view.FundRule
	for _, r := range list {
		x := view.FundRule{ID: r.ID, Says: view.T("fund.rule_says", "percent", percent(r.Rate), "days", r.Days), Until: promoWindow(r.From, r.Until), Ended: !r.Ended.IsZero()}
		if len(r.Tiers) > 0 {
			x.Says = v.tieredRule(r)
		} else if len(r.SKUs)+len(r.Families) > 0 {
			x.Says = view.T("fund.rule_says_of", "percent", percent(r.Rate), "days", r.Days, "items", v.promoProducts(ruleProducts(r)))
		}
		if x.Ended {
			x.Until = view.T("fund.rule_ended", "at", r.Ended)
		}
		out = append(out, x)
	}
	return out
}

// tieredRule is a rule with steps in one sentence.
func (v *visit) tieredRule(r fund.Rule) view.Text {
	var steps []string
	for _, t := range r.Tiers {
		steps = append(steps, t.From.String()+": "+percent(t.Rate))
	}
	items := view.T("fund.everything")
	if len(r.SKUs)+len(r.Families) > 0 {
		items = v.promoProducts(ruleProducts(r))
	}
	return view.T("fundrule."+r.Reach, "steps", strings.Join(steps, "; "), "days", r.Days, "items", items, "close", r.CloseDays)
}

// ruleProducts are the products of a rule, as promotions name theirs.
func ruleProducts(r fund.Rule) promo.Terms {
	return promo.Terms{SKUs: r.SKUs, Families: r.Families, Fixed: r.Fixed, Within: r.Within}
}

// walletPage is a programme for a partner; was is why it is not the owner's.
func (v *visit) walletPage(id fund.ProgramID, was error) error {
	w, err := v.w.d.Funds.Wallet(v.ctx, v.actor(), id)
	if err != nil {
		return was
	}
	n, err := v.lookup([]string{w.Owner}, nil)
	if err != nil {
		return err
	}
	page := &view.FundPage{Base: v.shell(), URL: v.fundURL(id), Number: w.Number, Title: w.Title, Kind: view.T("fundkind." + w.Kind), Status: view.Status{State: view.State("fund." + w.State)}, Window: promoWindow(w.From, w.Until), About: w.About, Owner: n.company(w.Owner), IsOpen: w.State == fund.Open, Earned: w.Kind == fund.KindEarned,
		Facts: fundFacts(w.ClaimDays, w.Share, w.Proof), Sums: fundSums(w.Balance), Rules: v.fundRules(w.Rules)}
	page.Facts, page.Alternative = append(page.Facts, planFacts(w.Plan)...), w.Alternative
	page.Facts = append([]view.KV{{Label: view.T("col.supplier"), Value: view.Raw(n.org(w.Owner))}}, page.Facts...)
	for _, x := range w.Volumes {
		says, next := volumeText(x)
		page.Volumes = append(page.Volumes, view.FundVolume{Says: says, Next: next})
	}
	for _, l := range w.Lots {
		page.Lots = append(page.Lots, view.FundLot{Invoice: l.Invoice, SKU: l.SKU, Left: amount(l.Left), Earned: amount(l.Earned), Lapses: view.Date(l.Lapses)})
	}
	reqs, _, err := v.w.d.Funds.Requests(v.ctx, v.actor(), fund.Filter{Program: id, Limit: pageRows})
	if err != nil {
		return err
	}
	for _, r := range reqs {
		x := v.requestItem(r, n)
		x.Program, x.Partner = "", view.Company{}
		page.Requests = append(page.Requests, x)
	}
	if page.IsOpen && v.may(access.ClaimWrite, access.Resource{Reseller: v.org()}) {
		switch w.Kind {
		case fund.KindMDF:
			page.RequestURL = v.path("funds", "requests", "new") + "?program=" + string(id)
		case fund.KindEarned:
			page.ClaimURL = v.path("funds", "claims", "new") + "?program=" + string(id)
		}
	}
	return v.render(page, nil)
}

// fundDeed does something with a programme and comes back to it, with the refused form
// where there is one.
func fundDeed(do func(v *visit, in *input, id fund.ProgramID) error, keep func(f *fundForms, form view.Form)) func(*visit) error {
	return func(v *visit) error {
		in, id := v.input(), fund.ProgramID(v.Params("id"))
		err := do(v, in, id)
		if err == nil {
			return v.done(v.fundURL(id), "said.saved")
		}
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		var f fundForms
		keep(&f, in.form(errs, note))
		return v.fundPage(422, f)
	}
}

// fundNew is the form of a new programme.
func fundNew(v *visit) error {
	year := v.now.Format("2006")
	return v.fundForm(200, "", view.Form{Values: map[string]string{"kind": fund.KindMDF, "from": v.today(), "until": year + "-12-31", "zone": v.login.Org.Zone, "claim_days": "30", "share": "50"}})
}

func (v *visit) fundForm(status int, id fund.ProgramID, form view.Form) error {
	if err := access.Check(v.actor(), access.FundWrite, access.Own(v.org())); err != nil {
		return err
	}
	page := &view.FundFormPage{Base: v.shell(), URL: v.path("funds", "new"), BackURL: v.path("funds"), Title: view.T("fund.new"), New: id == "", Form: form, Kinds: keyed(fund.Kinds, "fundkind.", form.Value("kind")), Zones: plainOptions(zoneNames, form.Value("zone")), Currencies: plainOptions(currencyCodes, or(form.Value("part_currency"), string(v.login.Org.Currency)))}
	if id != "" {
		page.URL, page.BackURL, page.Title = v.fundURL(id)+"/edit", v.fundURL(id), view.T("fund.edit")
	}
	return v.renderAs(status, page, nil)
}

func (in *input) fundCmd() fund.ProgramCmd {
	part := money.Amount{}
	if in.text("part") != "" {
		part = in.money("part", money.Currency(in.text("part_currency")))
	}
	return fund.ProgramCmd{Countries: in.commas("countries"), Part: part, Alternative: in.text("alternative"), Title: in.text("title"), Kind: in.text("kind"), About: in.text("about"), From: in.date("from"), Until: in.date("until"), Zone: in.text("zone"), ClaimDays: in.whole("claim_days"), Share: in.number("share") / 100, Proof: in.commas("proof")}
}

// fundSave makes a programme or changes it.
func fundSave(v *visit) error {
	in, id := v.input(), fund.ProgramID(v.Params("id"))
	cmd := in.fundCmd()
	err := in.err()
	if err == nil {
		var p fund.Program
		if id == "" {
			p, err = v.w.d.Funds.Create(v.ctx, v.actor(), cmd)
		} else {
			p, err = v.w.d.Funds.Change(v.ctx, v.actor(), id, in.version(), cmd)
		}
		if err == nil {
			return v.done(v.fundURL(p.ID), "said.saved")
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.fundForm(422, id, in.form(errs, note))
}

// fundEdit is the form of a programme that is there.
func fundEdit(v *visit) error {
	p, err := v.w.d.Funds.Get(v.ctx, v.actor(), fund.ProgramID(v.Params("id")))
	if err != nil {
		return err
	}
	part := ""
	if p.Part.Minor > 0 {
		part = p.Part.String()
	}
	return v.fundForm(200, p.ID, view.Form{Values: map[string]string{"countries": strings.Join(p.Countries, "; "), "part": part, "part_currency": string(p.Part.Currency), "alternative": p.Alternative, "version": itoa(p.Version), "title": p.Title, "kind": p.Kind, "about": p.About, "from": p.From, "until": p.Until, "zone": p.Zone, "claim_days": itoa(int64(p.ClaimDays)), "share": (p.Share * 100).String(), "proof": strings.Join(p.Proof, "; ")}})
}

// fundLimits is what people may decide alone.
func fundLimits(v *visit) error { return v.limitsPage(200, view.Form{}, view.Form{}) }

func (v *visit) limitsPage(status int, form, two view.Form) error {
	list, err := v.w.d.Funds.Limits(v.ctx, v.actor())
	if err != nil {
		return err
	}
	people, err := v.w.d.Accounts.Directory().People(v.ctx, v.org())
	if err != nil {
		return err
	}
	page := &view.FundLimitsPage{Base: v.shell(), URL: v.path("funds", "limits"), CanWrite: v.may(access.FundLimits, access.Own(v.org())), Form: form, Currencies: plainOptions(currencyCodes, or(form.Value("currency"), string(v.login.Org.Currency)))}
	names := map[string]string{}
	for _, p := range people {
		names[p.ID] = p.Name
		if (access.Actor{Roles: p.Roles}).Has(access.Manager) {
			page.People = append(page.People, view.Option{Value: p.ID, Label: view.Raw(p.Name), On: p.ID == form.Value("person")})
		}
	}
	pairs, err := v.w.d.Funds.FourEyes(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page.Two, page.CanPair = two, v.may(access.FundWrite, access.Own(v.org()))
	page.Kinds, page.PairCurrencies = choices(fund.FourEyesKinds, "fundtwo.", two.Value("kind")), plainOptions(currencyCodes, or(two.Value("currency"), string(v.login.Org.Currency)))
	for _, x := range pairs {
		page.Pairs = append(page.Pairs, view.FundPair{Kind: x.Kind, Label: view.T("fundtwo." + x.Kind), Currency: string(x.Amount.Currency), Says: view.T("fund.two_decide", "amount", amount(x.Amount))})
	}
	for _, l := range list {
		page.Rows = append(page.Rows, view.FundLimit{Person: names[l.Person], ID: l.Person, Currency: string(l.Amount.Currency), Amount: amount(l.Amount)})
	}
	return v.renderAs(status, page, nil)
}

func fundLimitSave(v *visit) error {
	in := v.input()
	a := in.money("amount", money.Currency(in.text("currency")))
	if in.text("drop") != "" {
		a.Minor = -1
	} else {
		in.require("amount")
	}
	err := in.err()
	if err == nil {
		err = v.w.d.Funds.SetLimit(v.ctx, v.actor(), in.text("person"), a)
	}
	if err == nil {
		return v.done(v.path("funds", "limits"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.limitsPage(422, in.form(errs, note), view.Form{})
}

// fourEyesSave says above which amount two people decide about the money of promotions or of
// falls of prices.
func fourEyesSave(v *visit) error {
	in := v.input()
	x := fund.FourEyes{Kind: in.text("kind"), Amount: in.money("amount", money.Currency(in.text("currency")))}
	if in.text("drop") == "" {
		in.require("amount")
	}
	err := in.err()
	if err == nil {
		err = v.w.d.Funds.SetFourEyes(v.ctx, v.actor(), x)
	}
	if err == nil {
		return v.done(v.path("funds", "limits"), "said.saved")
	}
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	return v.limitsPage(status, view.Form{}, in.form(errs, note))
}
