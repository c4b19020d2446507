package web

import (
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
)

// promoNew is the form of a new promotion; ?from= copies an earlier one, ?template= begins
// from what the company keeps.
func promoNew(v *visit) error {
	t := promo.Terms{Kind: promo.Percent, Settle: promo.OffInvoice, By: promo.ByOrder, Zone: v.login.Org.Zone, Quoted: true, Currency: v.login.Org.Currency}
	if from := v.Query("from"); from != "" {
		d, err := v.w.d.Promos.Get(v.ctx, v.actor(), promo.ID(from))
		if err != nil {
			return err
		}
		t = d.Text().Blank()
	}
	if org := v.Query("partner"); org != "" { // a suggestion was taken up
		t.Parts = []promo.Part{{Org: org, Role: promo.Participant}}
	}
	if id := v.Query("template"); id != "" {
		x, err := v.w.d.Promos.Template(v.ctx, v.actor(), id)
		if err != nil {
			return err
		}
		t = x.Terms
	}
	return v.promoForm(200, "", t, view.Form{Values: promoValues(t)})
}

// promoValues are terms as the fields of the form.
func promoValues(t promo.Terms) map[string]string {
	number := func(m money.Micro) string {
		if m == 0 {
			return ""
		}
		return m.String()
	}
	minor := func(n int64, c money.Currency) string {
		if n == 0 {
			return ""
		}
		return money.Amount{Minor: n, Currency: c}.String()
	}
	flag := func(b bool) string {
		if b {
			return "1"
		}
		return ""
	}
	out := map[string]string{"title": t.Title, "summary": t.Summary, "audience": t.Audience, "countries": strings.Join(t.Countries, ", "), "families": strings.Join(t.Families, ","), "skus": strings.Join(t.SKUs, ", "), "kind": t.Kind, "settle": t.Settle, "prices": t.Prices,
		"percent": number(t.Percent * 100), "buy": number(t.Buy), "free": number(t.Free), "free_sku": t.FreeSKU, "by": t.By, "from": t.From, "until": t.Until, "ship_by": t.ShipBy, "zone": t.Zone, "claim_by": t.ClaimBy, "proof": strings.Join(t.Proof, "; "), "quoted": flag(t.Quoted), "fixed": flag(t.Fixed), "cumulative": flag(t.Cumulative), "named": flag(t.Named), "share": minor(t.Share, t.Currency)}
	if t.BackDays > 0 {
		out["back_days"] = itoa(int64(t.BackDays))
	}
	var tiers []string
	for _, x := range t.Tiers {
		tiers = append(tiers, x.From.String()+": "+number(x.Percent*100))
	}
	out["tiers"] = strings.Join(tiers, "; ")
	for _, p := range t.Parts {
		at := "parts." + p.Org + "."
		out[at+"role"], out[at+"share"], out[at+"rate"], out[at+"target"], out[at+"limit"], out[at+"allow"] = p.Role, minor(p.Share, p.Currency), number(p.Rate), number(p.Target), number(p.Limit), number(p.Allow)
	}
	return out
}

// mostPicks is how many items a form offers to be ticked; of more they are written.
const mostPicks = 60

// itemNumbers are what is written between commas, spaces and the like.
func itemNumbers(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;，；、\n\r\t ", r) })
}

// promoTerms reads the form over terms that keep what it does not ask. parts are the
// companies whose fields stand on it, with their currencies.
func (in *input) promoTerms(t promo.Terms, parts map[string]money.Currency) promo.Terms {
	list := func(name string) []string { return itemNumbers(in.text(name)) }
	if picked := in.v.all("pick"); len(picked) > 0 { // they are written from here on
		in.values["skus"] = strings.Join(append(list("skus"), picked...), ", ")
	}
	rate := func(name string) money.Rate { return in.number(name) / 100 }
	if families := in.v.all("families"); !t.Fixed || in.text("fixed") == "" || !slices.Equal(slices.Sorted(slices.Values(families)), t.Families) {
		t.Within = nil // what belongs to them is written down anew
	}
	t.Fixed, t.Cumulative = in.text("fixed") != "", in.text("cumulative") != ""
	t.Title, t.Summary, t.Audience, t.Countries, t.Families, t.SKUs = in.text("title"), in.text("summary"), in.text("audience"), list("countries"), in.v.all("families"), list("skus")
	t.Kind, t.Settle, t.Prices, t.Percent, t.Buy, t.Free, t.FreeSKU = in.text("kind"), in.text("settle"), in.text("prices"), rate("percent"), in.number("buy"), in.number("free"), in.text("free_sku")
	t.By, t.From, t.Until, t.Zone, t.ShipBy, t.ClaimBy, t.Quoted = in.text("by"), in.date("from"), in.date("until"), in.text("zone"), in.date("ship_by"), in.date("claim_by"), in.text("quoted") != ""
	t.BackDays, t.Proof, t.Tiers = int(in.number("back_days")/money.One), nil, nil
	for _, s := range strings.FieldsFunc(in.text("proof"), func(r rune) bool { return strings.ContainsRune(";；\n\r", r) }) {
		t.Proof = append(t.Proof, strings.TrimSpace(s))
	}
	for _, s := range strings.FieldsFunc(in.text("tiers"), func(r rune) bool { return strings.ContainsRune(";；\n\r", r) }) {
		from, percent, ok := strings.Cut(strings.NewReplacer("：", ":", "=", ":", "%", "").Replace(s), ":")
		a, ok1 := decimal(strings.TrimSpace(from))
		b, ok2 := decimal(strings.TrimSpace(percent))
		if !ok || !ok1 || !ok2 {
			in.wrong.With("tiers", "promo.tiers_form", "Step", strings.TrimSpace(s))
			continue
		}
		t.Tiers = append(t.Tiers, promo.Tier{From: a, Percent: b / 100})
	}
	kept := t.Parts
	t.Parts = nil
	for org, c := range parts {
		at := "parts." + org + "."
		p := promo.Part{Org: org, Currency: c, Role: in.text(at + "role")}
		if i := slices.IndexFunc(kept, func(x promo.Part) bool { return x.Org == org }); i >= 0 {
			p.Rate, p.Currency = kept[i].Rate, kept[i].Currency
			if _, asked := in.values[at+"role"]; !asked {
				p.Role = kept[i].Role
			}
		}
		if p.Role == "" {
			continue
		}
		p.Share, p.Target, p.Limit, p.Allow = in.minor(at+"share", p.Currency), in.number(at+"target"), in.number(at+"limit"), in.number(at+"allow")
		if s := in.number(at + "rate"); s > 0 {
			p.Rate = s
		}
		t.Parts = append(t.Parts, p)
	}
	return t
}

// minor reads an amount of a currency.
func (in *input) minor(name string, c money.Currency) int64 {
	n := in.number(name)
	a, err := money.ParseAmount(n.String(), c)
	if err != nil {
		in.wrong.With(name, "error.number", "value", in.text(name))
	}
	return a.Minor
}

// promoCircle are the companies a promotion of the own company may have, with the
// currencies of their partnerships.
func (v *visit) promoCircle() (circle, map[string]money.Currency, error) {
	c, err := v.partners()
	out := map[string]money.Currency{}
	for _, p := range c.all {
		if id := p.Other(v.org()); p.State == partner.Active && (p.Supplier == v.org() || out[id] == "") {
			out[id] = p.Currency
		}
	}
	return c, out, err
}

func choices(values []string, prefix, chosen string) []view.Option {
	out := make([]view.Option, len(values))
	for i, x := range values {
		out[i] = view.Option{Value: x, Label: view.T(prefix + x), On: x == chosen}
	}
	return out
}

// promoForm is the builder.
func (v *visit) promoForm(status int, d promo.ID, t promo.Terms, form view.Form) error {
	if err := access.Check(v.actor(), access.PromoWrite, access.Own(v.org())); err != nil {
		return err
	}
	c, money, err := v.promoCircle()
	if err != nil {
		return err
	}
	page := &view.PromoFormPage{Base: v.shell(), URL: v.path("promotions", "new"), BackURL: v.path("promotions"), Title: view.T("promos.new"), Form: form, Currency: string(v.login.Org.Currency)}
	if d != "" {
		page.URL, page.BackURL, page.Title = v.promoURL(d)+"/edit", v.promoURL(d), view.T("promo.edit")
	}
	v.promoChoices(page, form)
	if d == "" {
		list, err := v.w.d.Promos.Templates(v.ctx, v.actor())
		if err != nil {
			return err
		}
		for _, x := range list {
			page.Templates = append(page.Templates, view.PromoTemplate{Name: x.Name, Title: x.Terms.Title, URL: v.path("promotions", "new") + "?template=" + x.ID, DropURL: v.path("promotions", "templates", x.ID) + "/drop", On: x.ID == v.Query("template")})
		}
	}
	for _, p := range c.all {
		id := p.Other(v.org())
		if money[id] == "" || slices.ContainsFunc(page.Partners, func(x view.PromoFormPart) bool { return x.Company.ID == id }) {
			continue
		}
		at := "parts." + id + "."
		x := view.PromoFormPart{Company: view.Company{ID: id, Name: c.orgs[id].Name}, Prefix: at, Currency: string(money[id]), Same: money[id] == v.login.Org.Currency, Roles: []view.Option{{Label: view.T("promo_form.not_in")}}}
		sells := slices.ContainsFunc(c.all, func(y partner.Partnership) bool {
			return y.Supplier == v.org() && y.Reseller == id && y.State == partner.Active
		})
		for _, r := range []string{promo.Participant, promo.Sponsor} {
			if r == promo.Sponsor || sells {
				x.Roles = append(x.Roles, view.Option{Value: r, Label: view.T("promoword." + r), On: form.Value(at+"role") == r})
			}
		}
		page.Partners = append(page.Partners, x)
	}
	v.promoReads(page, "", t)
	if !page.Sentence.IsZero() {
		meets, err := v.promoMeets(d, t)
		if err != nil {
			return err
		}
		page.Warnings = append(page.Warnings, meets...)
	}
	if status == 200 && form.Value("preview") != "" {
		if err := v.promoReplay(page, t, c); err != nil {
			return err
		}
	}
	return v.renderAs(status, page, nil)
}

func (v *visit) promoChoices(page *view.PromoFormPage, form view.Form) {
	page.Kinds, page.Settles, page.Dates = choices(promo.Kinds, "promoword.", form.Value("kind")), choices(promo.Settlements, "promoword.", form.Value("settle")), choices(promo.Dates, "promoword.", form.Value("by"))
	page.Zones = plainOptions(zoneNames, form.Value("zone"))
	picked := "," + form.Value("families") + ","
	goods, written := v.goods(), itemNumbers(form.Value("skus"))
	var families []string
	for _, e := range goods {
		families = append(families, e.Family)
		if len(goods) <= mostPicks && !slices.Contains(written, e.SKU) {
			page.Items = append(page.Items, view.Option{Value: e.SKU, Label: view.Raw(e.SKU + " " + e.Name(string(v.p.Language())))})
		}
	}
	for _, f := range distinct(families) {
		page.Families = append(page.Families, view.Option{Value: f, Label: v.family(f), On: strings.Contains(picked, ","+f+",")})
	}
}

// promoReads says the terms back where they are complete enough to be said.
func (v *visit) promoReads(page *view.PromoFormPage, number string, t promo.Terms) {
	if t.From == "" || t.Until == "" || len(t.SKUs)+len(t.Families) == 0 {
		return
	}
	page.Sentence = v.promoSentence(number, t)
	for _, w := range t.Warnings() {
		page.Warnings = append(page.Warnings, view.T(w))
	}
}

// promoReplay says what the terms would have cost on last year's orders, where they are
// complete enough.
func (v *visit) promoReplay(page *view.PromoFormPage, t promo.Terms, c circle) error {
	got, err := v.w.d.Promos.Replay(v.ctx, v.actor(), v.w.d.Trade, t)
	if fault.CodeOf(err) == fault.Invalid {
		return nil
	}
	if err != nil || len(got.Parts) == 0 {
		return err
	}
	page.Replay = append(page.Replay, view.KV{Label: view.T("replay.title"), Value: view.T("replay.days", "from", view.Date(got.From), "until", view.Date(got.Until))})
	for _, p := range got.Parts {
		say := view.T("replay.none")
		if p.Orders > 0 {
			say = view.T("replay.cost", "cost", amount(p.Cost), "n", p.Orders, "units", v.p.Quantity(p.Units.String(), ""))
		}
		if p.Step > 0 {
			say = view.T("replay.step", "said", say, "step", percent(p.Step))
		}
		if p.Free > 0 {
			say = view.T("replay.free", "said", say, "free", v.p.Quantity(p.Free.String(), ""))
		}
		if p.Cut {
			say = view.T("replay.cut", "said", say)
		}
		page.Replay = append(page.Replay, view.KV{Label: view.Raw(c.orgs[p.Org].Name), Value: say})
	}
	return nil
}

// promoCreate keeps a new promotion as a draft, or reads it back.
func promoCreate(v *visit) error {
	return v.promoSaved("", promo.Terms{Currency: v.login.Org.Currency}, func(_ *input, t promo.Terms) (promo.ID, error) {
		d, err := v.w.d.Promos.Create(v.ctx, v.actor(), t)
		return d.ID, err
	})
}

// promoSaved reads the builder and saves it, or shows it again.
func (v *visit) promoSaved(id promo.ID, base promo.Terms, save func(in *input, t promo.Terms) (promo.ID, error)) error {
	if err := access.Check(v.actor(), access.PromoWrite, access.Own(v.org())); err != nil {
		return err
	}
	_, money, err := v.promoCircle()
	if err != nil {
		return err
	}
	in := v.input()
	in.values["families"] = strings.Join(v.all("families"), ",")
	t := in.promoTerms(base, money)
	t.Share, t.Named = in.minor("share", base.Currency), in.text("named") != ""
	err = in.err()
	if in.text("preview") != "" && err == nil {
		return v.promoForm(200, id, t, in.form(nil, view.Text{}))
	}
	if err == nil {
		if id, err = save(in, t); err == nil {
			return v.done(v.promoURL(id), "said.promo_saved")
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	for i, e := range errs { // a currency is no field
		if e.Field == "currency" || strings.HasSuffix(e.Field, ".currency") {
			errs, note = slices.Delete(errs, i, i+1), e.Text
			break
		}
	}
	return v.promoForm(422, id, t, in.form(errs, note))
}

// promoEdit is the form of what is being written of a promotion.
func promoEdit(v *visit) error {
	d, err := v.w.d.Promos.Get(v.ctx, v.actor(), promo.ID(v.Params("id")))
	if err != nil {
		return err
	}
	t := d.Text()
	if d.Draft != nil {
		t = *d.Draft
	}
	values := promoValues(t)
	values["version"] = itoa(d.Version)
	return v.promoForm(200, d.ID, t, view.Form{Values: values})
}

// promoSave keeps it.
func promoSave(v *visit) error {
	id := promo.ID(v.Params("id"))
	d, err := v.w.d.Promos.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	base := d.Text()
	if d.Draft != nil {
		base = *d.Draft
	}
	return v.promoSaved(id, base, func(in *input, t promo.Terms) (promo.ID, error) {
		_, err := v.w.d.Promos.SaveDraft(v.ctx, v.actor(), id, in.version(), t)
		return id, err
	})
}

// promoKeep keeps the terms of a promotion as a template of the company.
func promoKeep(v *visit) error {
	in := v.input()
	_, err := v.w.d.Promos.SaveTemplate(v.ctx, v.actor(), promo.ID(v.Params("id")), in.text("name"), in.text("replace") != "")
	return v.promoDone(in, err, "said.saved", func(f *promoForms, form view.Form) { f.keep = form })
}

// promoForget takes a template away.
func promoForget(v *visit) error {
	if err := v.w.d.Promos.DropTemplate(v.ctx, v.actor(), v.Params("template")); err != nil {
		return err
	}
	return v.done(v.path("promotions", "new"), "said.saved")
}

// promoCounterForm is the form of other words.
func promoCounterForm(v *visit) error {
	j, err := v.w.d.Promos.Join(v.ctx, v.actor(), promo.ID(v.Params("id")))
	if err != nil {
		return err
	}
	t := j.Text
	if j.Counter != nil {
		t = j.Counter.Terms
	}
	values := promoValues(t)
	values["hash"] = j.Hash
	return v.counterForm(200, j, t, view.Form{Values: values})
}

func (v *visit) counterForm(status int, j promo.Joined, t promo.Terms, form view.Form) error {
	if err := access.Check(v.actor(), access.PromoAnswer, access.Resource{Members: []string{v.org()}}); err != nil {
		return err
	}
	part, _ := j.Text.Part(v.org())
	page := &view.PromoFormPage{Base: v.shell(), URL: v.promoURL(j.ID) + "/counter", BackURL: v.promoURL(j.ID), Title: view.T("promo.counter"), Counter: true, Form: form,
		Partners: []view.PromoFormPart{{Company: view.Company{ID: v.org(), Name: v.login.Org.Name}, Prefix: "parts." + v.org() + ".", Currency: string(part.Currency), Same: true}}}
	v.promoChoices(page, form)
	for _, f := range j.Text.Families { // of the owner's catalogue
		if !slices.ContainsFunc(page.Families, func(o view.Option) bool { return o.Value == f }) {
			page.Families = append(page.Families, view.Option{Value: f, Label: v.family(f), On: strings.Contains(","+form.Value("families")+",", ","+f+",")})
		}
	}
	v.promoReads(page, j.Head.Number, t)
	return v.renderAs(status, page, nil)
}

// promoCounterSend proposes other words to the owner.
func promoCounterSend(v *visit) error {
	j, err := v.w.d.Promos.Join(v.ctx, v.actor(), promo.ID(v.Params("id")))
	if err != nil {
		return err
	}
	part, ok := j.Text.Part(v.org())
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	in := v.input()
	in.values["families"] = strings.Join(v.all("families"), ",")
	t := in.promoTerms(j.Text, map[string]money.Currency{v.org(): part.Currency})
	err = in.err()
	if in.text("preview") != "" && err == nil {
		return v.counterForm(200, j, t, in.form(nil, view.Text{}))
	}
	if err == nil {
		if _, err = v.w.d.Promos.Counter(v.ctx, v.actor(), j.ID, in.text("hash"), t, in.text("note")); err == nil {
			return v.done(v.promoURL(j.ID), "said.promo_countered")
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.counterForm(422, j, t, in.form(errs, note))
}
