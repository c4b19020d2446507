package web

import (
	"strconv"
	"time"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/trade"
)

// partnerSide is what the other company is to ours: supplier or reseller.
func partnerSide(p partner.Partnership, own string) string {
	return string(p.SideOf(p.Other(own)))
}

// partnerList is the list of partnerships with what each has going on.
func partnerList(v *visit) error { return v.partnersPage(200, view.Form{}) }

func (v *visit) partnersPage(status int, form view.Form) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	ids := make([]string, len(c.all))
	for i, p := range c.all {
		ids[i] = p.ID
	}
	sums := map[string]trade.Summary{}
	if v.lists(access.OrderRead) {
		if sums, err = v.w.d.Trade.Summaries(v.ctx, v.actor(), ids); err != nil {
			return err
		}
	}
	unread, err := v.unreadAbout("partnership")
	if err != nil {
		return err
	}
	page := &view.PartnersPage{Base: v.shell(), URL: v.path("partners"), Invite: form}
	if typed := form.Value("email") != "" || form.Value("company_name") != ""; typed {
		page.New, page.Invite = form, view.Form{}
	}
	if page.CanFound = v.may(access.OrgFound, access.Own(v.org())); page.CanFound {
		page.Countries, page.Languages = countries(or(page.New.Value("country"), v.login.Org.Country), v.p), languages(or(page.New.Value("language"), string(v.p.Language())))
	}
	if page.CanInvite = v.may(access.PartnerManage, access.Shared(v.org(), "")); page.CanInvite {
		page.Sides = []view.Option{{Value: string(access.Supplier), Label: view.T("side.reseller")}, {Value: string(access.Reseller), Label: view.T("side.supplier")}}
		for i := range page.Sides {
			page.Sides[i].On = page.Sides[i].Value == form.Value("side")
		}
		page.Currencies = plainOptions(currencyCodes, or(form.Value("currency"), string(v.login.Org.Currency)))
	}
	for _, p := range c.all {
		s := sums[p.ID]
		other := p.Other(c.own)
		page.Rows = append(page.Rows, view.PartnerRow{URL: v.path("partners", p.ID), Company: view.Company{ID: other, Name: c.orgs[other].Name}, Side: partnerSide(p, c.own), State: view.State("partner." + string(p.State)),
			Currency: string(p.Currency), Open: s.Open, Waiting: s.Waiting, Last: s.Last, Unread: unread[p.ID]})
	}
	return v.renderAs(status, page, nil)
}

// partnerShow is one partnership.
func partnerShow(v *visit) error { return v.partnerPage(200, nil) }

func (v *visit) partnerPage(status int, typed *view.Form) error {
	p, err := v.w.d.Partners.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	ids, err := v.w.d.Partners.Identities(v.ctx, v.actor(), p.ID)
	if err != nil {
		return err
	}
	var people []string
	for _, i := range ids {
		people = append(people, i.ConfirmedBy)
	}
	other := p.Other(v.org())
	n, err := v.lookup([]string{v.org(), other}, people)
	if err != nil {
		return err
	}
	page := &view.PartnerPage{Base: v.shell(), URL: v.path("partners", p.ID), Company: n.company(other), Side: partnerSide(p, v.org()), State: view.State("partner." + string(p.State)),
		Facts: []view.KV{{Label: view.T("partner.currency"), Value: view.Raw(string(p.Currency))}, {Label: view.T("partner.since"), Value: view.T("partner.since_date", "date", view.Date(p.Created.In(v.p.Zone()).Format(time.DateOnly)))}}}
	logos, err := v.w.d.Brands.Of(v.ctx, v.actor(), other)
	if err != nil {
		return err
	}
	page.Logo = v.logo(logos, other, n.org(other))
	if city := n.orgs[other].City; city != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("partner.place"), Value: view.Raw(city)})
	}
	if err := v.partnerLeads(page, p.ID, p.Supplier == v.org()); err != nil {
		return err
	}
	manage := v.may(access.PartnerManage, p.Resource())
	for _, i := range ids {
		if i.Org == other {
			page.Identities = append(page.Identities, v.identity(i, n, manage))
		} else {
			page.OurIDs = append(page.OurIDs, v.identity(i, n, false))
		}
	}
	if page.Room, err = v.roomAbout(room.Subject{Kind: "partnership", ID: p.ID}, true); err != nil {
		return err
	}
	if err := v.partnerPeople(page, p, other); err != nil {
		return err
	}
	if err := v.partnerOrders(page, p, other, n); err != nil {
		return err
	}
	if err := v.partnerScores(page, p, other); err != nil {
		return err
	}
	form := view.Form{Values: map[string]string{"price_tolerance": (p.PriceTolerance * 100).String(), "quantity_tolerance": (p.QuantityTolerance * 100).String(), "version": strconv.FormatInt(p.Version, 10)}}
	if typed != nil {
		form = *typed
		form.Values["version"] = strconv.FormatInt(p.Version, 10)
	}
	if manage {
		page.Moves = v.moves(p)
	}
	page.Link = v.shownLink()
	if page.CanAgain = manage && p.State == partner.Invited && p.MovedBy == v.org() && v.may(access.OrgFound, access.Own(v.org())); page.CanAgain {
		people, err := v.w.d.Accounts.Directory().People(v.ctx, other)
		if err != nil {
			return err
		}
		page.CanAgain = len(people) == 0
	}
	if v.lists(access.LinkRead) && p.State != partner.Ended {
		page.ConnectURL = v.path("edi", "connections", p.ID) + "/connect"
	}
	page.Settings = &view.PartnerSettings{Form: form, Editable: manage && p.State != partner.Ended}
	if err := v.partnerAnswer(page, p); err != nil {
		return err
	}
	if err := v.partnerClock(page, p); err != nil {
		return err
	}
	if err := v.partnerChecks(page, p); err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

func (v *visit) identity(i partner.Identity, n names, manage bool) view.Identity {
	out := view.Identity{ID: i.ID, Kind: v.p.T("identitykind." + string(i.Kind)), Value: identityText(i.Identity), State: "identity.waiting"}
	if !i.Confirmed.IsZero() {
		out.State = "identity.confirmed"
		out.Confirmed = []view.Confirmation{{Company: n.org(v.otherOf(i.Org, n)), By: or(n.person(i.ConfirmedBy), v.p.T("app.name")), At: i.Confirmed}}
	}
	out.CanConfirm = manage && i.Confirmed.IsZero()
	return out
}

// otherOf is the company of two that is not the one.
func (v *visit) otherOf(org string, n names) string {
	for id := range n.orgs {
		if id != org {
			return id
		}
	}
	return ""
}

func identityText(i account.Identity) string {
	switch {
	case i.Qualifier == "":
		return i.Value
	case i.Kind == account.EDIFACT:
		return i.Value + ":" + i.Qualifier
	}
	return i.Qualifier + ":" + i.Value
}

// partnerPeople names the people of both sides of a partnership that lives.
func (v *visit) partnerPeople(page *view.PartnerPage, p partner.Partnership, other string) error {
	if p.State != partner.Active && p.State != partner.Suspended {
		return nil
	}
	all, err := v.w.d.Accounts.Directory().People(v.ctx, v.org(), other)
	for _, c := range all {
		who := view.Person{ID: c.ID, Name: c.Name}
		if c.Org == other {
			who.Company = page.Company.Name
			page.Theirs = append(page.Theirs, who)
		} else {
			page.Mine = append(page.Mine, who)
		}
	}
	return err
}

func (v *visit) partnerOrders(page *view.PartnerPage, p partner.Partnership, other string, n names) error {
	if !v.lists(access.OrderRead) {
		return nil
	}
	list, err := v.w.d.Trade.List(v.ctx, v.actor(), trade.Filter{Partner: other, View: trade.ViewOpen, Limit: homeMoving})
	if err != nil {
		return err
	}
	for _, r := range list.Items {
		if r.Partnership == p.ID {
			page.Orders = append(page.Orders, v.movingOrder(r, n))
		}
	}
	return nil
}

// partnerScores is what promotions, funds and sell-through of a partnership come to: the
// same figures for both companies, those that the viewer reads elsewhere too.
func (v *visit) partnerScores(page *view.PartnerPage, p partner.Partnership, other string) error {
	quantity := func(key string, q money.Quantity) view.KV {
		return view.KV{Label: view.T("score." + key), Value: view.Raw(v.p.Quantity(q.String(), ""))}
	}
	count := func(key string, n int) view.KV {
		return view.KV{Label: view.T("score." + key), Value: view.Raw(v.p.Count(n))}
	}
	if v.lists(access.PromoRead) {
		x, err := v.w.d.Promos.With(v.ctx, v.actor(), other)
		if err != nil {
			return err
		}
		if len(x.States) > 0 {
			score := view.PartnerScore{ID: "promotions", Title: view.T("nav.promotions"), URL: v.path("promotions") + "?view=list&partner=" + queryEscape(other), Link: view.T("score.promotions_all"),
				Figures: []view.KV{count("waiting", x.States[promo.Proposed]), count("running", x.States[promo.Agreed]+x.States[promo.Running]), count("over", x.States[promo.Ended]+x.States[promo.Settled])}}
			for _, s := range x.Sums {
				score.Figures = append(score.Figures, quantity("counted", s.Counted), quantity("sold_on", s.Sold), view.KV{Label: view.T("score.allowance"), Value: view.T("fund.money", "amount", amount(s.Earned))})
			}
			page.Scores = append(page.Scores, score)
		}
	}
	if v.lists(access.FundRead) && v.may(access.FundRead, p.Resource()) {
		all, err := v.w.d.Funds.StandingsWith(v.ctx, v.actor(), p.ID)
		if err != nil {
			return err
		}
		for _, s := range all {
			page.Scores = append(page.Scores, view.PartnerScore{ID: "funds-" + string(s.Currency), Title: view.T("score.funds", "currency", string(s.Currency)), URL: v.path("funds", "statements", p.ID) + "?currency=" + string(s.Currency), Link: view.T("fund.statement"), Figures: fundFigures(s)})
		}
	}
	if !v.may(access.SellRead, p.Resource()) {
		return nil
	}
	x, err := v.w.d.SellThrough.Lately(v.ctx, v.actor(), p.ID, v.today(), 13)
	if err != nil || len(x.Periods) == 0 {
		return err
	}
	score := view.PartnerScore{ID: "sell-through", Title: view.T("nav.sellthrough"), URL: v.path("sell-through", "coverage") + "#p-" + p.ID, Link: view.T("sell.tab.coverage"), Figures: []view.KV{count("gaps", x.Gaps())}}
	if l := x.Last; l != nil {
		score.Figures = append(score.Figures, view.KV{Label: view.T("score.last"), Value: view.T("sell.span", "from", view.Date(l.From), "to", view.Date(l.To))}, quantity("sold", x.Sold), quantity("returned", x.Returned))
	}
	page.Scores = append(page.Scores, score)
	return nil
}

// partnerSettings changes the tolerances of a partnership; either side may.
func partnerSettings(v *visit) error {
	in := v.input()
	id := v.Params("id")
	p, err := v.w.d.Partners.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	cmd := partner.ChangeCmd{Version: in.version(), Terms: partner.Terms{Currency: p.Currency, PriceTolerance: in.number("price_tolerance") / 100, QuantityTolerance: in.number("quantity_tolerance") / 100}}
	if err = in.err(); err == nil {
		_, err = v.w.d.Partners.Change(v.ctx, v.actor(), id, cmd)
	}
	if err == nil {
		return v.done(v.path("partners", id), "said.saved")
	}
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	if status == 409 {
		note = view.T("partner.conflict", "price", percent(p.PriceTolerance), "quantity", percent(p.QuantityTolerance))
	}
	form := in.form(errs, note)
	return v.partnerPage(status, &form)
}

// partnerConfirm says that an identity of the other side is known to be theirs.
func partnerConfirm(v *visit) error {
	id := v.Params("id")
	if err := v.w.d.Partners.ConfirmIdentity(v.ctx, v.actor(), id, v.Params("identity")); err != nil {
		return err
	}
	back := v.path("partners", id)
	switch v.FormValue("back") {
	case "connect":
		back = v.path("edi", "connections", id) + "/connect?step=confirm"
	case "connection":
		back = v.path("edi", "connections", id)
	}
	return v.done(back, "said.identity_confirmed")
}

// partnerMove is one of the steps between states of a partnership.
func partnerMove(name string) func(*visit) error {
	return func(v *visit) error {
		s, id := v.w.d.Partners, v.Params("id")
		var err error
		switch name {
		case "accept":
			_, err = s.Accept(v.ctx, v.actor(), id)
		case "suspend":
			_, err = s.Suspend(v.ctx, v.actor(), id)
		case "resume":
			_, err = s.Resume(v.ctx, v.actor(), id)
		case "end":
			_, err = s.End(v.ctx, v.actor(), id)
		}
		if err != nil {
			return err
		}
		if v.FormValue("back") == "connect" {
			return v.done(v.wizardURL("ids"), "said.saved")
		}
		return v.done(v.path("partners", id), "said.saved")
	}
}

// partnerInvite proposes a partnership to the company of a code.
func partnerInvite(v *visit) error {
	in := v.input()
	in.require("company")
	cmd := partner.InviteCmd{Company: in.text("company"), As: access.Side(in.text("side")), Terms: partner.Terms{Currency: money.Currency(in.text("currency")), PriceTolerance: in.number("price_tolerance") / 100}}
	err := in.err()
	if err == nil {
		var p partner.Partnership
		if p, err = v.w.d.Partners.Invite(v.ctx, v.actor(), cmd); err == nil {
			return v.done(v.path("partners", p.ID), "said.invited")
		}
	}
	if fault.KeyOf(err) == "partner.company_unknown" {
		err = fault.InvalidField("company", "partner.company_unknown")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.partnersPage(422, in.form(errs, note))
}

// partnerFound invites a company that is not here yet; its link is shown once.
func partnerFound(v *visit) error {
	in := v.input()
	in.require("company_name", "email")
	cmd := partner.InviteNewCmd{FoundCmd: account.FoundCmd{Company: in.text("company_name"), Country: in.text("country"), Locale: in.text("language"), Email: in.text("email"), Name: in.text("person_name")},
		As: access.Side(in.text("side")), Terms: partner.Terms{Currency: money.Currency(in.text("currency"))}}
	err := in.err()
	if err == nil {
		var p partner.Partnership
		var link account.OneTime
		if p, link, err = v.w.d.Partners.InviteNew(v.ctx, v.actor(), cmd); err == nil {
			return v.showFounding(p.ID, link)
		}
	}
	errs, note, ok := v.formErrors(fieldNamed(err, "name", "person_name"))
	if !ok {
		return err
	}
	return v.partnersPage(422, in.form(errs, note))
}

// partnerAgain makes a new link for a company that nobody joined yet.
func partnerAgain(v *visit) error {
	link, err := v.w.d.Partners.InviteAgain(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.showFounding(v.Params("id"), link)
}

func (v *visit) showFounding(id string, l account.OneTime) error {
	v.setFlash(flash{Key: "said.link_made", Once: &once{Kind: "link", Purpose: string(l.Kind), Secret: l.Secret, Name: l.Name, Email: l.Email, Expires: l.Expires}})
	return v.seeOther(v.path("partners", id))
}

// connectFirst leads to the wizard of the partnership that waits, or of the only one.
func connectFirst(v *visit) error {
	list, err := v.w.d.Partners.List(v.ctx, v.actor(), partner.Invited, partner.Active)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.State == partner.Invited && p.MovedBy != v.org() || len(list) == 1 {
			return v.seeOther(v.path("edi", "connections", p.ID) + "/connect")
		}
	}
	return v.seeOther(v.path("edi", "connections"))
}

// moves are the steps the viewer may take from the present state.
func (v *visit) moves(p partner.Partnership) []string {
	ours := p.MovedBy == v.org()
	switch {
	case p.State == partner.Invited && !ours:
		return []string{"accept", "end"}
	case p.State == partner.Invited:
		return []string{"end"}
	case p.State == partner.Active:
		return []string{"suspend", "end"}
	case p.State == partner.Suspended && ours:
		return []string{"resume", "end"}
	case p.State == partner.Suspended:
		return []string{"end"}
	}
	return nil
}
