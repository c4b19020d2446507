package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/portal/locale"
	"entente/portal/mail"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/campaign"
	"entente/prm/fault"
	"entente/prm/promo"
)

// mailCSP is the policy of a mail that is shown: words and their looks, nothing else.
const mailCSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups; base-uri 'none'; frame-ancestors 'none'"

func (v *visit) campaignURL(id campaign.ID) string { return v.path("campaigns", string(id)) }

func campaignState(c campaign.Campaign) view.Status {
	return view.Status{State: view.State("campaign." + string(c.State))}
}

// campaignList are the campaigns of the company about a promotion.
func campaignList(v *visit) error {
	id := promo.ID(v.Params("id"))
	st, err := v.w.d.Promos.Standing(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	all, next, err := v.w.d.Campaigns.List(v.ctx, v.actor(), id, v.Query("after"), pageRows)
	if err != nil {
		return err
	}
	page := &view.CampaignsPage{Base: v.shell(), URL: v.promoURL(id) + "/campaigns", PromoURL: v.promoURL(id), Title: st.Terms.Title, Number: st.Number, Status: view.Status{State: promoState(st.State)}, Window: promoWindow(st.Terms.From, st.Terms.Until),
		Tabs: v.promoTabs(v.promoURL(id), true, true, "campaigns"), Pager: view.Pager{Shown: len(all), Total: -1, Next: v.next(next)}}
	if v.may(access.CampaignWrite, access.Own(v.org())) && (st.State == promo.Agreed || st.State == promo.Running) {
		ch, err := v.w.d.Campaigns.Choices(v.ctx, v.actor(), id)
		if err != nil {
			return err
		}
		if len(ch.Pages) > 0 {
			page.NewURL = page.URL + "/new"
		} else {
			page.LandingURL = v.promoURL(id) + "/landing"
		}
	}
	for _, c := range all {
		page.Rows = append(page.Rows, view.CampaignRow{URL: v.campaignURL(c.ID), Name: c.Name, Status: campaignState(c.Campaign), At: c.Starts, Mails: c.Tally.Mails(), Unsubscribed: c.Tally.Unsubscribed, Views: c.Funnel.Views, Leads: c.Funnel.Leads, Deals: c.Funnel.Deals, Orders: c.Funnel.Orders})
	}
	return v.render(page, nil)
}

// campaignNew is the form of a new campaign.
func campaignNew(v *visit) error {
	id := promo.ID(v.Params("id"))
	values := map[string]string{"pause": "7"}
	for _, f := range []string{"name", "countries", "bought", "not_since"} {
		values[f] = v.Query(f)
	}
	return v.campaignForm(200, id, nil, view.Form{Values: values})
}

// campaignEdit is the form of a draft.
func campaignEdit(v *visit) error {
	c, err := v.w.d.Campaigns.Get(v.ctx, v.actor(), campaign.ID(v.Params("id")))
	if err != nil {
		return err
	}
	if c.State != campaign.Draft {
		return v.seeOther(v.campaignURL(c.ID))
	}
	values := map[string]string{"version": itoa(c.Version), "name": c.Name, "page": c.PageOrg, "pause": strconv.Itoa(c.Pause), "lead": c.Segment.Lead, "countries": strings.Join(c.Segment.Countries, ","), "industries": strings.Join(c.Segment.Industries, ","), "bought": strings.Join(c.Segment.Bought, ",")}
	if c.Segment.NotSince > 0 {
		values["not_since"] = strconv.Itoa(c.Segment.NotSince)
	}
	for _, t := range c.Texts {
		values["in."+t.Language], values[t.Language+".subject"], values[t.Language+".body"] = "1", t.Subject, t.Body
	}
	return v.campaignForm(200, c.Promotion, &c.Campaign, view.Form{Values: values})
}

func (v *visit) campaignForm(status int, id promo.ID, c *campaign.Campaign, form view.Form) error {
	st, err := v.w.d.Promos.Standing(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	ch, err := v.w.d.Campaigns.Choices(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	page := &view.CampaignFormPage{Base: v.shell(), URL: v.promoURL(id) + "/campaigns", BackURL: v.promoURL(id) + "/campaigns", ListURL: v.promoURL(id) + "/campaigns", PromoURL: v.promoURL(id), Title: st.Terms.Title, Form: form}
	if c != nil {
		page.URL, page.BackURL, page.Changing = v.campaignURL(c.ID)+"/edit", v.campaignURL(c.ID), true
	}
	if form.Value("in.en") == "" && form.Value("in.zh-CN") == "" && c == nil && len(form.Errors) == 0 {
		form.Values["in."+string(v.p.Language())] = "1"
	}
	for _, l := range campaign.Languages {
		if c == nil && form.Value(l+".subject") == "" && len(form.Errors) == 0 {
			p := locale.New(locale.Language(l), v.p.Zone(), v.now)
			form.Values[l+".subject"] = st.Terms.Title
			form.Values[l+".body"] = p.T("campaign.body_default", "title", st.Terms.Title, "until", p.Date(st.Terms.Until))
		}
		page.Languages = append(page.Languages, view.LandingLanguage{Language: l, Label: view.T("language." + l), On: form.Value("in."+l) != ""})
	}
	on := func(name, x string) bool { return slices.Contains(strings.Split(form.Value(name), ","), x) }
	for _, x := range ch.Countries {
		page.Countries = append(page.Countries, view.Option{Value: x, Label: countryText(x, v.p), On: on("countries", x)})
	}
	for _, x := range ch.Industries {
		page.Industries = append(page.Industries, view.Option{Value: x, Label: view.Raw(x), On: on("industries", x)})
	}
	for _, x := range ch.Families {
		page.Families = append(page.Families, view.Option{Value: x, Label: v.family(x), On: on("bought", x)})
	}
	page.Leads = append([]view.Option{{Label: view.T("campaign.lead.all")}}, choices(campaign.LeadStates, "campaign.lead.", form.Value("lead"))...)
	if st.Owner == v.org() {
		orgs := make([]string, len(ch.Pages))
		for i, x := range ch.Pages {
			orgs[i] = x.Org
		}
		n, err := v.lookup(orgs, nil)
		if err != nil {
			return err
		}
		for _, x := range ch.Pages {
			page.Pages = append(page.Pages, view.Option{Value: x.Org, Label: view.Raw(n.org(x.Org)), On: x.Org == form.Value("page")})
		}
	}
	return v.renderAs(status, page, nil)
}

// campaignInput reads the form.
func (v *visit) campaignInput(in *input) campaign.Content {
	whole := func(name string) int {
		n, err := strconv.Atoi(in.text(name))
		if in.text(name) != "" && err != nil {
			in.wrong.With(name, "form.number_wrong")
		}
		return n
	}
	c := campaign.Content{Name: in.text("name"), PageOrg: in.text("page"), Pause: whole("pause"), Segment: campaign.Segment{Countries: v.all("countries"), Industries: v.all("industries"), Bought: v.all("bought"), NotSince: whole("not_since"), Lead: in.text("lead")}}
	for _, l := range campaign.Languages {
		if in.text("in."+l) != "" {
			c.Texts = append(c.Texts, campaign.Text{Language: l, Subject: in.text(l + ".subject"), Body: in.text(l + ".body")})
		}
	}
	return c
}

// campaignSave keeps a new draft, or changes one.
func campaignSave(v *visit) error {
	in := v.input()
	content := v.campaignInput(in)
	err := in.err()
	var c campaign.Campaign
	var was *campaign.Campaign
	of := promo.ID(v.Params("id"))
	if strings.HasSuffix(v.Path(), "/edit") {
		got, readErr := v.w.d.Campaigns.Get(v.ctx, v.actor(), campaign.ID(v.Params("id")))
		if readErr != nil {
			return readErr
		}
		was, of = &got.Campaign, got.Promotion
		if err == nil {
			c, err = v.w.d.Campaigns.Save(v.ctx, v.actor(), was.ID, in.revision("version"), content)
		}
	} else if err == nil {
		c, err = v.w.d.Campaigns.Create(v.ctx, v.actor(), of, content)
	}
	if err == nil {
		return v.done(v.campaignURL(c.ID), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	for _, f := range []string{"countries", "industries", "bought"} {
		form.Values[f] = strings.Join(v.all(f), ",")
	}
	return v.campaignForm(fiber.StatusUnprocessableEntity, of, was, form)
}

// campaignShow is a campaign: who would get it, or what became of it.
func campaignShow(v *visit) error { return v.campaignPage(200, view.Form{}) }

func (v *visit) campaignPage(status int, form view.Form) error {
	c, err := v.w.d.Campaigns.Get(v.ctx, v.actor(), campaign.ID(v.Params("id")))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{c.PageOrg}, []string{c.MadeBy})
	if err != nil {
		return err
	}
	may := v.may(access.CampaignWrite, access.Own(v.org()))
	page := &view.CampaignPage{Base: v.shell(), URL: v.campaignURL(c.ID), ListURL: v.promoURL(c.Promotion) + "/campaigns", PromoURL: v.promoURL(c.Promotion), Name: c.Name, Status: campaignState(c.Campaign), Version: itoa(c.Version), Form: form, Sends: v.w.d.Mail.Sends(), ResultsURL: v.promoURL(c.Promotion) + "/results?funnel=leads#funnel"}
	page.Facts = []view.KV{{Label: view.T("campaign.to"), Value: v.segmentText(c.Segment)}, {Label: view.T("campaign.page"), Value: view.Raw(n.org(c.PageOrg))}, {Label: view.T("campaign.pause"), Value: view.T("campaign.pause_is", "n", c.Pause)}}
	if !c.Starts.IsZero() && c.State != campaign.Draft {
		page.Facts = append(page.Facts, view.KV{Label: view.T("campaign.starts"), Value: view.T("campaign.at", "when", c.Starts)}, view.KV{Label: view.T("campaign.reply_to"), Value: view.Raw(c.ReplyTo)})
	}
	if c.Ref != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("landing.code"), Value: view.Raw(c.Ref), Mono: true})
	}
	page.Facts = append(page.Facts, view.KV{Label: view.T("campaign.made_by"), Value: view.Raw(n.person(c.MadeBy))})
	if c.Reason != "" {
		page.Reason = view.T("campaign.end." + c.Reason)
	}
	for _, t := range c.Texts {
		w, err := v.w.d.Campaigns.Preview(v.ctx, v.actor(), c.ID, t.Language)
		if err != nil {
			return err
		}
		page.Previews = append(page.Previews, view.CampaignPreview{Language: t.Language, Label: view.T("language." + t.Language), From: w.From, Subject: w.Subject, Text: w.Text, URL: page.URL + "/mail?lang=" + t.Language})
	}
	left := func(m map[string]int) {
		for _, r := range campaign.Reasons {
			if m[r] > 0 {
				page.Left = append(page.Left, view.KV{Label: view.T("campaign.left." + r), Value: view.Raw(v.p.Quantity(strconv.Itoa(m[r]), ""))})
			}
		}
	}
	figure := func(key string, x int) {
		page.Figures = append(page.Figures, view.KV{Label: view.T(key), Value: view.Raw(v.p.Quantity(strconv.Itoa(x), ""))})
	}
	page.CanTry = may && len(page.Previews) > 0
	if c.State == campaign.Draft {
		a, err := v.w.d.Campaigns.Audience(v.ctx, v.actor(), c.ID)
		if err != nil {
			return err
		}
		page.Draft, page.Gets = true, a.Get
		left(a.Left)
		for _, r := range a.Sample {
			page.Sample = append(page.Sample, view.KV{Label: view.Raw(r.Name), Value: view.Raw(r.Company), URL: v.path("customers", string(r.Customer))})
		}
		page.CanStart = may
		if may {
			page.EditURL = page.URL + "/edit"
		}
	} else {
		page.CanStop = may && (c.State == campaign.Scheduled || c.State == campaign.Sending)
		left(c.Tally.Left)
		figure("campaign.fig.sent", c.Tally.Sent)
		if c.Tally.Posted > 0 {
			figure("campaign.fig.posted", c.Tally.Posted)
		}
		if c.Tally.Kept > 0 {
			figure("campaign.fig.kept", c.Tally.Kept)
		}
		figure("campaign.fig.refused", c.Tally.Refused)
		figure("campaign.fig.unsubscribed", c.Tally.Unsubscribed)
		figure("funnel.views", c.Funnel.Views)
		figure("funnel.leads", c.Funnel.Leads)
		figure("funnel.deals", c.Funnel.Deals)
		figure("funnel.orders", c.Funnel.Orders)
	}
	return v.renderAs(status, page, nil)
}

// segmentText says whom a segment means.
func (v *visit) segmentText(s campaign.Segment) view.Text {
	var parts []string
	if len(s.Countries) > 0 {
		var names []string
		for _, c := range s.Countries {
			names = append(names, countryText(c, v.p).In(v.p))
		}
		parts = append(parts, v.p.T("campaign.say.countries", "list", v.p.List(names)))
	}
	if len(s.Industries) > 0 {
		parts = append(parts, v.p.T("campaign.say.industries", "list", v.p.List(s.Industries)))
	}
	families := v.familyList(s.Bought).In(v.p)
	switch {
	case len(s.Bought) > 0 && s.NotSince > 0:
		parts = append(parts, v.p.T("campaign.say.bought_not", "list", families, "n", s.NotSince))
	case len(s.Bought) > 0:
		parts = append(parts, v.p.T("campaign.say.bought", "list", families))
	case s.NotSince > 0:
		parts = append(parts, v.p.T("campaign.say.not", "n", s.NotSince))
	}
	if s.Lead != "" {
		parts = append(parts, v.p.T("campaign.lead."+s.Lead))
	}
	if len(parts) == 0 {
		return view.T("campaign.say.all")
	}
	return view.Raw(strings.Join(parts, " · "))
}

// campaignMail is the mail as its reader sees it.
func campaignMail(v *visit) error {
	w, err := v.w.d.Campaigns.Preview(v.ctx, v.actor(), campaign.ID(v.Params("id")), v.Query("lang"))
	if err != nil {
		return err
	}
	v.Set("Content-Security-Policy", mailCSP)
	v.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return v.SendString(w.HTML)
}

// campaignTry sends the mail to whom asks for it.
func campaignTry(v *visit) error {
	id := campaign.ID(v.Params("id"))
	err := v.w.d.Campaigns.Try(v.ctx, v.actor(), id, v.FormValue("lang"))
	if err == nil {
		return v.done(v.campaignURL(id), "campaign.said_tried", "address", v.login.Person.Email)
	}
	return v.campaignRefused(v.input(), err)
}

func (v *visit) campaignRefused(in *input, err error) error {
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.campaignPage(fiber.StatusUnprocessableEntity, in.form(errs, note))
}

// campaignStart sends a draft, at once or at the hour that was chosen.
func campaignStart(v *visit) error {
	in := v.input()
	id := campaign.ID(v.Params("id"))
	var at time.Time
	if s := in.text("at"); s != "" {
		var err error
		if at, err = time.ParseInLocation("2006-01-02T15:04", s, v.p.Zone()); err != nil {
			return v.campaignRefused(in, fault.InvalidField("at", "campaign.hour_wrong"))
		}
	}
	if _, err := v.w.d.Campaigns.Start(v.ctx, v.actor(), id, in.revision("version"), at); err != nil {
		return v.campaignRefused(in, err)
	}
	return v.done(v.campaignURL(id), "campaign.said_started")
}

// campaignStop ends one that waits or is under way.
func campaignStop(v *visit) error {
	id := campaign.ID(v.Params("id"))
	if _, err := v.w.d.Campaigns.Stop(v.ctx, v.actor(), id); err != nil {
		return err
	}
	return v.done(v.campaignURL(id), "campaign.said_stopped")
}

// campaignDrop deletes a draft.
func campaignDrop(v *visit) error {
	in := v.input()
	id := campaign.ID(v.Params("id"))
	c, err := v.w.d.Campaigns.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if err := v.w.d.Campaigns.Drop(v.ctx, v.actor(), id, in.revision("version")); err != nil {
		return v.campaignRefused(in, err)
	}
	return v.done(v.promoURL(c.Promotion)+"/campaigns", "said.saved")
}

// stopDeed reads the link of a mail of a campaign at this address; false for any other.
func (v *visit) stopDeed() (mail.Deed, bool) {
	return v.w.d.Notices.ReadCampaign(v.now, v.Params("token"))
}

// stopPage is what such a link opens, for nobody in particular: nothing is kept in the
// browser. ?in= chooses the language, else it is that of the mail.
func (v *visit) stopPage(d mail.Deed, done bool) error {
	return v.outsidePage(d, view.StopPage{Done: done})
}

// outsidePage shows what a link to somebody outside does, or did.
func (v *visit) outsidePage(d mail.Deed, page view.StopPage) error {
	v.Set("X-Robots-Tag", "noindex")
	v.Set("Content-Security-Policy", landingCSP)
	asked := or(oneOf(v.Query("in"), campaign.Languages), d.Locale)
	v.p = locale.New(locale.Match("", asked), v.p.Zone(), v.now)
	n, err := v.lookup([]string{d.Org}, nil)
	if err != nil {
		return err
	}
	at := "/answer/" + v.Params("token")
	page.Base, page.URL, page.CompanyName, page.Colour, page.Test = v.landBase(), at+"?in="+string(v.p.Language()), n.org(d.Org), "teal", strings.HasSuffix(d.Object, ".")
	for _, l := range campaign.Languages {
		page.Languages = append(page.Languages, view.Option{Value: at + "?in=" + l, Label: view.T("language." + l), On: l == string(v.p.Language())})
	}
	status := fiber.StatusOK
	if page.Late {
		status = fiber.StatusNotFound
	}
	return v.send(status, &page, "")
}

// optInPage is what the link of a confirmation opens. Opening it confirms nothing: mail
// servers look at links.
func (v *visit) optInPage(d mail.Deed, done bool) error {
	late := !done && !d.Expires.After(v.now)
	return v.outsidePage(d, view.StopPage{Confirm: true, Done: done, Late: late})
}

// optInUse confirms an address.
func (v *visit) optInUse(d mail.Deed) error {
	err := v.w.d.Mailings.ConfirmAddress(v.ctx, d, strings.Clone(v.IP()))
	switch fault.CodeOf(err) {
	case fault.NotFound, fault.Conflict: // the wish is gone, or was confirmed by nobody in time
		return v.outsidePage(d, view.StopPage{Confirm: true, Late: true})
	}
	if err != nil {
		return err
	}
	return v.optInPage(d, true)
}

// stopUse ends the mails of a company to whoever got the one with this link.
func (v *visit) stopUse(d mail.Deed) error {
	if err := v.w.d.Mailings.Stop(v.ctx, d); err != nil {
		return err
	}
	return v.stopPage(d, true)
}
