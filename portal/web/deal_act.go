package web

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/money"
)

// dealDeed does something with a registration and comes back to it, with the refused
// form where there is one.
func dealDeed(said string, do func(v *visit, in *input, id deal.ID) error, keep func(f *dealForms, form view.Form)) func(*visit) error {
	return func(v *visit) error {
		in := v.input()
		id := deal.ID(v.Params("id"))
		err := in.err()
		if err == nil {
			err = do(v, in, id)
		}
		if err == nil {
			return v.done(v.dealURL(id), said)
		}
		errs, note, status, ok := v.refusal(err)
		if !ok {
			return err
		}
		if status == 409 {
			if s, isState := fault.As(err).Args["State"].(string); isState {
				note = view.T("deal.not_now", "State", view.State("deal."+s))
			}
		}
		var f dealForms
		keep(&f, in.form(errs, note))
		return v.dealPage(status, id, f)
	}
}

// keepSubmit says in sentences what a submission lacks: its fields are on another page.
func keepSubmit(f *dealForms, form view.Form) {
	for i := range form.Errors {
		form.Errors[i].Field = ""
	}
	f.submit = form
}

func keepDecide(f *dealForms, form view.Form)  { f.decide = form }
func keepContest(f *dealForms, form view.Form) { f.contest = form }

// deciding marks the refused form of a decision with the deed it was for.
func deciding(deed string) func(f *dealForms, form view.Form) {
	return func(f *dealForms, form view.Form) {
		form.Values["deed"] = deed
		f.decide = form
	}
}

func dealRoutes() []Route {
	plain := func(do func(v *visit, id deal.ID) error) func(v *visit, in *input, id deal.ID) error {
		return func(v *visit, _ *input, id deal.ID) error { return do(v, id) }
	}
	submit := dealDeed("said.deal_submitted", plain(func(v *visit, id deal.ID) error {
		_, err := v.w.d.Deals.Submit(v.ctx, v.actor(), id)
		return err
	}), keepSubmit)
	return []Route{
		get("/deals/:id", "deal without company", SignedIn, access.DealRead, bare("deals", seesDeal)),
		get("/c/:slug/deals", "deals", InCompany, access.DealRead, dealList),
		get("/c/:slug/deals/new", "deal form", InCompany, access.DealWrite, dealNew),
		post("/c/:slug/deals/new", "register deal", InCompany, access.DealWrite, dealCreate),
		post("/c/:slug/deals/check", "check a deal form", InCompany, access.DealWrite, dealCheckForm),
		get("/c/:slug/deals/terms", "deal terms", InCompany, access.DealTerms, dealTerms),
		post("/c/:slug/deals/terms", "save deal terms", InCompany, access.DealTerms, dealTermsSave),
		post("/c/:slug/deals/terms/partners", "place a partner", InCompany, access.DealTerms, dealPlaceSave),
		get("/c/:slug/deals/:id", "deal", InCompany, access.DealRead, dealShow),
		get("/c/:slug/deals/:id/edit", "deal edit form", InCompany, access.DealWrite, dealEdit),
		post("/c/:slug/deals/:id/edit", "save deal", InCompany, access.DealWrite, dealSave),
		get("/c/:slug/deals/:id/files/:file", "evidence", InCompany, access.DealRead, dealFile),
		post("/c/:slug/deals/:id/files", "add evidence", InCompany, access.DealRead, dealDeed("said.deal_file", func(v *visit, in *input, id deal.ID) error { return v.addEvidence(id, in.text("kind")) }, func(f *dealForms, form view.Form) { f.file = form })),
		post("/c/:slug/deals/:id/files/:file/remove", "remove evidence", InCompany, access.DealWrite, dealDeed("said.saved", plain(func(v *visit, id deal.ID) error {
			return v.w.d.Deals.RemoveFile(v.ctx, v.actor(), id, deal.FileID(v.Params("file")))
		}), keepSubmit)),
		post("/c/:slug/deals/:id/submit", "submit deal", InCompany, access.DealWrite, submit),
		post("/c/:slug/deals/:id/recall", "recall deal", InCompany, access.DealWrite, dealDeed("said.deal_recalled", plain(func(v *visit, id deal.ID) error { return v.w.d.Deals.Recall(v.ctx, v.actor(), id) }), keepSubmit)),
		post("/c/:slug/deals/:id/withdraw", "withdraw deal", InCompany, access.DealWrite, dealDeed("said.deal_withdrawn", plain(func(v *visit, id deal.ID) error { return v.w.d.Deals.Withdraw(v.ctx, v.actor(), id) }), keepSubmit)),
		post("/c/:slug/deals/:id/postpone", "postpone deal", InCompany, access.DealWrite, dealDeed("said.deal_postponed", plain(func(v *visit, id deal.ID) error { return v.w.d.Deals.Postpone(v.ctx, v.actor(), id) }), keepSubmit)),
		post("/c/:slug/deals/:id/ask", "ask for more time", InCompany, access.DealWrite, dealDeed("said.deal_asked", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Ask(v.ctx, v.actor(), id, in.text("why"))
		}, func(f *dealForms, form view.Form) { f.ask = form })),
		post("/c/:slug/deals/:id/lose", "lose deal", InCompany, access.DealWrite, dealDeed("said.saved", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Lose(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
		}, func(f *dealForms, form view.Form) { f.lose = form })),
		post("/c/:slug/deals/:id/contest", "contest a decision", InCompany, access.DealWrite, dealDeed("said.deal_contested", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Contest(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
		}, keepContest)),
		post("/c/:slug/deals/:id/take", "review deal", InCompany, access.DealDecide, dealDeed("said.deal_taken", plain(func(v *visit, id deal.ID) error { return v.w.d.Deals.Take(v.ctx, v.actor(), id) }), keepDecide)),
		post("/c/:slug/deals/:id/approve", "approve deal", InCompany, access.DealDecide, dealDeed("said.deal_approved", func(v *visit, in *input, id deal.ID) error {
			err := v.w.d.Deals.Approve(v.ctx, v.actor(), deal.ApproveCmd{Deal: id, Beside: in.text("beside") != "", Comment: in.text("beside_why")})
			return renameField(err, "comment", "beside_why")
		}, keepDecide)),
		post("/c/:slug/deals/:id/return", "return deal", InCompany, access.DealDecide, dealDeed("said.deal_returned", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Return(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
		}, deciding("return"))),
		post("/c/:slug/deals/:id/reject", "reject deal", InCompany, access.DealDecide, dealDeed("said.deal_rejected", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Reject(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
		}, deciding("reject"))),
		post("/c/:slug/deals/:id/duplicate", "mark deal as duplicate", InCompany, access.DealDecide, dealDeed("said.deal_duplicate", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.MarkCopy(v.ctx, v.actor(), id, deal.ID(in.text("of")), in.text("comment"))
		}, keepDecide)),
		post("/c/:slug/deals/:id/wait", "let deal wait", InCompany, access.DealDecide, dealDeed("said.deal_waits", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Wait(v.ctx, v.actor(), id, deal.ID(in.text("of")))
		}, keepDecide)),
		post("/c/:slug/deals/:id/award", "award tender", InCompany, access.DealDecide, dealDeed("said.deal_awarded", plain(func(v *visit, id deal.ID) error { return v.w.d.Deals.Award(v.ctx, v.actor(), id) }), keepDecide)),
		post("/c/:slug/deals/:id/cancel", "cancel deal", InCompany, access.DealDecide, dealDeed("said.saved", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Cancel(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
		}, func(f *dealForms, form view.Form) { f.cancel = form })),
		post("/c/:slug/deals/:id/extend", "extend deal", InCompany, access.DealDecide, dealDeed("said.deal_extended", plain(func(v *visit, id deal.ID) error { return v.w.d.Deals.Extend(v.ctx, v.actor(), id) }), keepDecide)),
		post("/c/:slug/deals/:id/deny", "deny more time", InCompany, access.DealDecide, dealDeed("said.saved", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Deny(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
		}, func(f *dealForms, form view.Form) { f.extend = form })),
		post("/c/:slug/deals/:id/doubt", "open a dispute", InCompany, access.DealDecide, dealDeed("said.deal_contested", func(v *visit, in *input, id deal.ID) error {
			return v.w.d.Deals.Doubt(v.ctx, v.actor(), id, "", in.text("reason"), in.text("comment"))
		}, keepContest)),
		post("/c/:slug/deals/:id/rule", "rule a dispute", InCompany, access.DealDecide, dealDeed("said.deal_ruled", func(v *visit, in *input, _ deal.ID) error {
			return v.w.d.Deals.Rule(v.ctx, v.actor(), deal.RuleCmd{Dispute: deal.DisputeID(in.text("dispute")), Ruling: deal.Ruling(in.text("ruling")), Percent: in.whole("percent"), Note: in.text("note")})
		}, func(f *dealForms, form view.Form) { f.rule = form })),
		post("/c/:slug/leads/offers/:id/convert", "make a deal of a lead", InCompany, access.OfferAnswer, dealFromLead),
	}
}

// renameField points a refusal at the field of the form it came from.
func renameField(err error, from, to string) error {
	f := fault.As(err)
	if err == nil || len(f.Fields) == 0 {
		return err
	}
	out := *f
	out.Fields = slices.Clone(f.Fields)
	for i := range out.Fields {
		if out.Fields[i].Name == from {
			out.Fields[i].Name = to
		}
	}
	return &out
}

// dealTerms are the rules of a supplier, and where its partners stand.
func dealTerms(v *visit) error { return v.dealTermsPage(200, view.Form{}, view.Form{}) }

func (v *visit) dealTermsPage(status int, form, place view.Form) error {
	places, err := v.w.d.Deals.Places(v.ctx, v.actor())
	if err != nil {
		return err
	}
	t, err := v.w.d.Deals.TermsOf(v.ctx, v.actor(), v.org())
	if err != nil {
		return err
	}
	page := &view.DealTermsPage{Base: v.shell(), URL: v.path("deals", "terms"), Form: form, Place: place}
	if form.Values == nil {
		n := func(i int) string { return itoa(int64(i)) }
		var tiers []string
		for _, x := range t.Tiers {
			tiers = append(tiers, fmt.Sprintf("%s = %d", x.Name, x.Most))
		}
		page.Form.Values = map[string]string{"version": itoa(t.Version), "decide_hours": n(t.DecideHours), "protect_days": n(t.ProtectDays), "grace_days": n(t.GraceDays), "extend_days": n(t.ExtendDays), "extensions": n(t.Extensions), "resubmits": n(t.Resubmits),
			"per_week": n(t.PerWeek), "most": n(t.Most), "won_share": itoa(int64(t.WonShare) * 100 / money.One), "dispute_hours": n(t.DisputeHours), "tiers": strings.Join(tiers, "\n"), "decider": t.Decider}
	}
	people, err := v.w.d.Accounts.Directory().People(v.ctx, v.org())
	if err != nil {
		return err
	}
	page.Deciders = []view.Option{{Label: view.T("deal_terms.who_decided")}}
	for _, p := range people {
		if (access.Actor{Roles: p.Roles}).Has(access.Manager) {
			page.Deciders = append(page.Deciders, view.Option{Value: p.ID, Label: view.Raw(p.Name), On: p.ID == page.Form.Value("decider")})
		}
	}
	var orgs []string
	for _, p := range places {
		orgs = append(orgs, p.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, p := range places {
		row := view.DealPlace{Partner: n.company(p.Reseller), EditURL: page.URL + "?partner=" + p.Partnership + "#place", Says: view.T("deal_terms.says", "tier", or(p.Tier, "–"), "most", t.MostOf(p.Tier))}
		page.Places = append(page.Places, row)
		if place.Values == nil && v.Query("partner") == p.Partnership {
			page.Place.Values = map[string]string{"partnership": p.Partnership, "version": itoa(p.Version), "tier": p.Tier, "countries": strings.Join(p.Countries, ", "), "families": strings.Join(p.Families, ", "), "company": n.org(p.Reseller)}
		} else if place.Value("partnership") == p.Partnership {
			page.Place.Values["company"] = n.org(p.Reseller)
		}
	}
	page.Tiers = []view.Option{{Label: view.T("form.none")}}
	for _, x := range t.Tiers {
		page.Tiers = append(page.Tiers, view.Option{Value: x.Name, Label: view.Raw(x.Name), On: x.Name == page.Place.Value("tier")})
	}
	return v.renderAs(status, page, nil)
}

func dealTermsSave(v *visit) error {
	in := v.input()
	t := deal.Terms{Version: in.version(), DecideHours: in.whole("decide_hours"), ProtectDays: in.whole("protect_days"), GraceDays: in.whole("grace_days"), ExtendDays: in.whole("extend_days"), Extensions: in.whole("extensions"), Resubmits: in.whole("resubmits"),
		PerWeek: in.whole("per_week"), Most: in.whole("most"), DisputeHours: in.whole("dispute_hours"), Decider: in.text("decider"), WonShare: money.Rate(int64(in.whole("won_share")) * money.One / 100)}
	for l := range strings.Lines(in.text("tiers")) {
		name, most, ok := strings.Cut(l, "=")
		if strings.TrimSpace(l) == "" {
			continue
		}
		n, read := decimal(strings.TrimSpace(most))
		if !ok || !read || n < 0 {
			in.wrong.With("tiers", "deal.tier_wrong")
			break
		}
		t.Tiers = append(t.Tiers, deal.Tier{Name: strings.TrimSpace(name), Most: int(int64(n) / money.One)})
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Deals.SetTerms(v.ctx, v.actor(), t)
	}
	if err == nil {
		return v.done(v.path("deals", "terms"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.dealTermsPage(422, in.form(errs, note), view.Form{})
}

func dealPlaceSave(v *visit) error {
	in := v.input()
	_, err := v.w.d.Deals.SetPlace(v.ctx, v.actor(), deal.Place{Partnership: in.text("partnership"), Version: in.version(), Tier: in.text("tier"), Countries: in.commas("countries"), Families: in.commas("families")})
	if err == nil {
		return v.done(v.path("deals", "terms"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.dealTermsPage(422, view.Form{}, in.form(errs, note))
}

func seesDeal(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Deals.Get(ctx, actor, deal.ID(id))
	return err
}
