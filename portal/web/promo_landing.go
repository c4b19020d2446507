package web

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/portal/locale"
	"entente/portal/paper"
	"entente/portal/session"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/promo"
)

// landingCSP is the policy of a landing page: no script at all.
const landingCSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// viewsBySource is how often one source is counted on a page, per node.
var viewsBySource = session.Rate{PerSecond: 20.0 / 3600, Burst: 5}

// cookieless are addresses at which nothing is kept in the browser of who looks.
func cookieless(path string) bool {
	return strings.HasPrefix(path, "/l/") || strings.HasPrefix(path, "/shared/")
}

// landing is what a visitor of a page asked for, in a language that the page has.
func (v *visit) landing() (landing.Public, error) {
	v.Set("Content-Security-Policy", landingCSP)
	v.Set("X-Robots-Tag", "noindex")
	v.Vary(fiber.HeaderAcceptLanguage)
	p, err := v.w.d.Landing.Public(v.ctx, strings.Clone(v.Params("company")), strings.Clone(v.Params("token")), v.Query("ref"))
	asked := v.Query("in")
	if asked == "" {
		asked = string(locale.Match(v.Get(fiber.HeaderAcceptLanguage), ""))
	}
	if err == nil {
		asked = p.Page.In(asked).Language
		if p.Page.Listed && p.Phase == landing.Live {
			v.Response().Header.Del("X-Robots-Tag")
		}
	}
	zone, zoneErr := time.LoadLocation(p.Terms.Zone)
	if zoneErr != nil {
		zone = time.UTC
	}
	v.p = locale.New(locale.Match("", asked), zone, v.now)
	return p, err
}

// landShow is the landing page of a promotion at a participant.
func landShow(v *visit) error {
	p, err := v.landing()
	switch {
	case fault.IsNotFound(err):
		return v.landGone()
	case err != nil:
		return err
	}
	if p.Phase == landing.Live && v.counts(p.Page.Token) {
		if err := v.w.d.Landing.Seen(v.ctx, p); err != nil { // the page matters more
			v.w.d.Log.Error("a view was not counted", "error", err.Error())
		}
	}
	return v.landPage(fiber.StatusOK, p, view.Form{}, "", false)
}

// machine are words by which programs that look name themselves.
var machine = regexp.MustCompile(`(?i)bot|crawl|spider|slurp|preview|fetch|monitor|scan|curl|wget|python|http-client|headless|lighthouse|externalhit|embed`)

// counts says whether a view is somebody's: no machine that says so, no page loaded in
// advance, nobody signed in here, and no source that loads it over and over. The source
// is known for the length of the limit and never written.
func (v *visit) counts(token string) bool {
	agent := v.Get(fiber.HeaderUserAgent)
	if v.Method() != fiber.MethodGet || v.known() || !strings.HasPrefix(agent, "Mozilla/") || machine.MatchString(agent) || v.Get("Sec-Purpose") != "" || v.Get("Purpose") != "" {
		return false
	}
	return v.w.viewSource.Take(token+" "+source(v.IP())) == nil
}

// landSend makes a lead of what was filled in, as the form of a company does.
func landSend(v *visit) error {
	p, err := v.landing()
	switch {
	case fault.IsNotFound(err):
		return v.landGone()
	case err != nil:
		return err
	}
	if p.Phase != landing.Live {
		return v.landPage(fiber.StatusConflict, p, view.Form{}, "", false)
	}
	if err := v.slowed(p.Page.Token); err != nil {
		return err
	}
	in := v.input()
	if in.text("fax") != "" {
		return v.landPage(fiber.StatusOK, p, view.Form{}, "", true)
	}
	filled := in.filled()
	filled.From = strings.Clone(v.IP())
	err = v.w.d.Landing.Fill(v.ctx, strings.Clone(v.Params("company")), p.Page.Token, p.Ref, string(v.p.Language()), filled)
	if fault.IsNotFound(err) {
		return v.landGone()
	}
	return v.publicAnswer(in, err, func(status int, form view.Form, stamp string, done bool) error {
		return v.landPage(status, p, form, stamp, done)
	})
}

// landBase is the frame of a landing page: of nobody, and nothing is kept.
func (v *visit) landBase() view.Base {
	return view.Base{P: v.p, CSRF: v.login.CSRF, Path: v.OriginalURL(), Demo: v.w.d.Demo}
}

// landGone is the answer where there is no page.
func (v *visit) landGone() error {
	return v.send(fiber.StatusNotFound, &view.LandingPage{PublicFormPage: view.PublicFormPage{Base: v.landBase(), Title: v.p.T("landing.gone")}, Phase: "gone"}, "")
}

func (v *visit) landPage(status int, p landing.Public, form view.Form, stamp string, done bool) error {
	n, err := v.lookup([]string{p.Page.Owner, p.Page.Org}, nil)
	if err != nil {
		return err
	}
	if stamp == "" {
		stamp = p.Stamp(v.now)
	}
	org, t := n.orgs[p.Page.Org], p.Page.In(string(v.p.Language()))
	page := &view.LandingPage{PublicFormPage: view.PublicFormPage{Base: v.landBase(), URL: p.Page.At(org.Slug, t.Language, p.Ref), CompanyName: org.Name, Title: t.Title, Intro: t.Body, Consent: t.Consent, Stamp: stamp, Done: done, Form: form, Countries: countries(or(form.Value("country"), org.Country), v.p),
		MayContact: view.T("landing.may_contact", "company", org.Name, "owner", n.org(p.Page.Owner)), MayShare: view.T("landing.may_share", "company", org.Name, "owner", n.org(p.Page.Owner))},
		Phase: string(p.Phase), Colour: p.Page.Colour, OwnerName: n.org(p.Page.Owner), Privacy: p.Page.Privacy, Imprint: p.Page.Imprint, From: view.Date(p.Terms.From), Until: view.Date(p.Terms.Until)}
	if page.CSRF == "" { // nobody is signed in: what is signed is the stamp
		page.CSRF = stamp
	}
	if v.now.In(v.p.Zone()).Format(time.DateOnly) <= p.Terms.Until && p.Phase == landing.Over { // it was ended before its last day
		page.Until = ""
	}
	for _, x := range p.Page.Texts {
		if len(p.Page.Texts) > 1 {
			page.Languages = append(page.Languages, view.Option{Value: p.Page.At(org.Slug, x.Language, p.Ref), Label: view.T("language." + x.Language), On: x.Language == t.Language})
		}
	}
	if p.Phase == landing.Live {
		if page.Logos, err = v.landLogos(p); err != nil {
			return err
		}
		if page.Products, page.More, err = v.desk().Products(v.ctx, v.p, p.Page.Owner, p.Terms); err != nil {
			return err
		}
		page.Offer = view.Raw(paper.Allowance(v.p, p.Terms))
		page.Where = paper.Where(v.p, p.Terms)
	}
	return v.send(status, page, "")
}

// shapeNames are those of what is made of a page beside the flyer.
func shapeNames() []string {
	var out []string
	for _, s := range paper.Shapes {
		out = append(out, string(s))
	}
	return out
}

// landFlyer is the flyer of the company's own page. ?lang= is one of the page's languages,
// ?ref= one of its referral codes; ?as=png makes a picture, and ?shape= another form of it.
func landFlyer(v *visit) error {
	f, err := v.desk().Leaflet(v.ctx, v.actor(), promo.ID(v.Params("id")), paper.LeafletWish{Lang: or(v.Query("lang"), string(v.p.Language())), Paper: v.Query("paper"), Ref: v.Query("ref"), Base: v.absolute(""), PNG: v.Query("as") == "png", Shape: paper.Shape(oneOf(v.Query("shape"), shapeNames())), On: v.today()})
	if err != nil {
		return err
	}
	b, err := f.Bytes(v.ctx)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, f.Type())
	v.Set("Content-Language", f.Lang)
	v.Set(fiber.HeaderContentDisposition, disposition("inline", f.Name))
	return v.Send(b)
}

// landForms are the forms of the page where landing pages are kept, as they came back.
type landForms struct{ page, code *view.Form }

// landEdit is where a participant keeps its page, and where the owner proposes the words
// and sees what is published.
func landEdit(v *visit) error { return v.landEditPage(fiber.StatusOK, landForms{}) }

func (v *visit) landEditPage(status int, f landForms) error {
	id := promo.ID(v.Params("id"))
	st, err := v.w.d.Promos.Standing(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	orgs := []string{st.Owner, v.org()}
	for _, s := range st.Seats {
		orgs = append(orgs, s.Org)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	mine := st.Owner == v.org()
	page := &view.LandingEditPage{Base: v.shell(), URL: v.promoURL(id) + "/landing", PromoURL: v.promoURL(id), Title: st.Terms.Title, Number: st.Number, Mine: mine, Tabs: v.promoTabs(v.promoURL(id), true, true, "landing"), Status: view.Status{State: promoState(st.State)}, Window: promoWindow(st.Terms.From, st.Terms.Until)}
	if mine {
		err = v.landProposal(page, id, n, f)
	} else {
		err = v.landOwn(page, id, st, n, f)
	}
	if err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// landLanguages are the fields of each language.
func landLanguages(page *view.LandingEditPage) {
	for _, l := range landing.Languages {
		page.Languages = append(page.Languages, view.LandingLanguage{Language: l, Label: view.T("language." + l), On: page.Form.Value("in."+l) != ""})
	}
}

func landValues(values map[string]string, texts []landing.Text) {
	for _, t := range texts {
		values["in."+t.Language] = "1"
		values[t.Language+".title"], values[t.Language+".body"] = t.Title, t.Body
		if t.Consent != "" {
			values[t.Language+".consent"] = t.Consent
		}
	}
}

// landProposal fills the owner's side.
func (v *visit) landProposal(page *view.LandingEditPage, id promo.ID, n names, f landForms) error {
	p, err := v.w.d.Landing.Proposal(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	values := map[string]string{"version": itoa(p.Version)}
	landValues(values, p.Texts)
	if p.Version == 0 {
		values["en.title"] = page.Title
	}
	page.Form = view.Form{Values: values}
	if f.page != nil {
		page.Form = *f.page
	}
	landLanguages(page)
	page.CanChange = v.may(access.PromoWrite, access.Own(v.org()))
	pages, err := v.w.d.Landing.Pages(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	for _, x := range pages {
		page.Pages = append(page.Pages, view.LandingLink{Company: n.company(x.Org), URL: v.absolute(x.At(n.orgs[x.Org].Slug, "", "")), Since: x.Published, Title: x.Texts[0].Title})
	}
	return nil
}

// landOwn fills a participant's side.
func (v *visit) landOwn(page *view.LandingEditPage, id promo.ID, st promo.Standing, n names, f landForms) error {
	own, err := v.w.d.Landing.Own(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	flag := map[bool]string{true: "1"}
	values := map[string]string{"version": itoa(own.Version), "live": flag[own.Live], "offer": flag[own.Offer], "listed": flag[own.Listed], "privacy": own.Privacy, "imprint": own.Imprint, "colour": own.Colour}
	for _, l := range landing.Languages { // what stands ready to be chosen
		p := locale.New(locale.Language(l), nil, v.now)
		values[l+".title"], values[l+".consent"] = st.Terms.Title, p.T("landing.consent_default", "company", n.org(v.org()), "owner", n.org(st.Owner))
	}
	for _, t := range own.Proposal.Texts {
		values[t.Language+".title"], values[t.Language+".body"] = t.Title, t.Body
	}
	if own.Version == 0 {
		landValues(values, own.Proposal.Texts)
		values["imprint"] = v.login.Org.Name
		if len(own.Proposal.Texts) == 0 {
			values["in."+string(v.p.Language())] = "1"
		}
	} else {
		landValues(values, own.Texts)
		page.Link = v.absolute(own.Page.At(v.login.Org.Slug, "", ""))
	}
	page.Form = view.Form{Values: values}
	if f.page != nil {
		page.Form = *f.page
	}
	if f.code != nil {
		page.Code = *f.code
	}
	landLanguages(page)
	page.CanChange = v.may(access.PromoAnswer, access.Resource{Members: []string{v.org()}})
	page.Made, page.Live, page.Colours = own.Version > 0, own.Live, choices(landing.Colours, "landing.colour.", page.Form.Value("colour"))
	page.Offer = view.Raw(paper.Allowance(v.p, st.Terms))
	for _, t := range own.Texts {
		for _, s := range paper.Shapes {
			page.Flyers = append(page.Flyers, view.Option{Value: page.URL + "/flyer?lang=" + t.Language + "&shape=" + string(s), Label: view.T("landing.shape."+string(s), "language", view.T("language."+t.Language))})
		}
		for _, as := range []string{"pdf", "png"} {
			page.Flyers = append(page.Flyers, view.Option{Value: page.URL + "/flyer?lang=" + t.Language + "&as=" + as, Label: view.T("landing.flyer_in", "language", view.T("language."+t.Language), "format", strings.ToUpper(as))})
		}
	}
	for _, c := range own.Codes {
		page.Codes = append(page.Codes, view.LandingCode{FlyerURL: page.URL + "/flyer?ref=" + url.QueryEscape(c.Code), Code: c.Code, Label: c.Label, URL: v.absolute(own.Page.At(v.login.Org.Slug, "", c.Code))})
	}
	return nil
}

// landTexts are the texts of the languages that were chosen.
func (in *input) landTexts() []landing.Text {
	var out []landing.Text
	for _, l := range landing.Languages {
		if in.text("in."+l) != "" {
			out = append(out, landing.Text{Language: l, Title: in.text(l + ".title"), Body: in.text(l + ".body"), Consent: in.text(l + ".consent")})
		}
	}
	return out
}

// landSave keeps a participant's page.
func landSave(v *visit) error {
	in := v.input()
	id := promo.ID(v.Params("id"))
	_, err := v.w.d.Landing.Save(v.ctx, v.actor(), id, landing.Page{Live: in.text("live") != "", Texts: in.landTexts(), Privacy: in.text("privacy"), Imprint: in.text("imprint"), Colour: in.text("colour"), Offer: in.text("offer") != "", Listed: in.text("listed") != "", Version: in.revision("version")}, in.text("renew") != "")
	return v.landDone(in, err, func(f *landForms, form *view.Form) { f.page = form })
}

// landPropose keeps the owner's words.
func landPropose(v *visit) error {
	in := v.input()
	_, err := v.w.d.Landing.Propose(v.ctx, v.actor(), promo.ID(v.Params("id")), in.revision("version"), in.landTexts())
	return v.landDone(in, err, func(f *landForms, form *view.Form) { f.page = form })
}

// landCode adds a referral code, or takes one away.
func landCode(v *visit) error {
	in := v.input()
	id := promo.ID(v.Params("id"))
	var err error
	if gone := in.text("drop"); gone != "" {
		err = v.w.d.Landing.DropCode(v.ctx, v.actor(), id, gone)
	} else {
		_, err = v.w.d.Landing.AddCode(v.ctx, v.actor(), id, in.text("code"), in.text("name"))
	}
	return v.landDone(in, err, func(f *landForms, form *view.Form) { f.code = form })
}

func (v *visit) landDone(in *input, err error, keep func(f *landForms, form *view.Form)) error {
	if err == nil {
		return v.done(v.promoURL(promo.ID(v.Params("id")))+"/landing", "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	var f landForms
	keep(&f, &form)
	return v.landEditPage(fiber.StatusUnprocessableEntity, f)
}

// funnel is what came by the landing pages of a promotion, with the rows behind the
// number that was chosen.
func (v *visit) funnel(id promo.ID, mine bool) (*view.PromoFunnel, error) {
	steps, err := v.w.d.Landing.Funnel(v.ctx, v.actor(), id)
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	f := landing.Filter{Stage: or(oneOf(v.Query("funnel"), landing.Stages), landing.Leads), After: v.Query("funnel_after"), Limit: pageRows}
	if mine {
		f.Partner = v.Query("partner")
	}
	rows, next, err := v.w.d.Landing.Rows(v.ctx, v.actor(), id, f)
	if err != nil {
		return nil, err
	}
	var orgs []string
	for _, s := range steps {
		orgs = append(orgs, s.Org)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return nil, err
	}
	out := &view.PromoFunnel{Stage: f.Stage, ByPartner: mine, ExportURL: v.promoURL(id) + "/funnel.csv?" + url.Values{"funnel": {f.Stage}, "partner": {f.Partner}}.Encode()}
	total := landing.Step{}
	for _, s := range steps {
		total.Views, total.Leads, total.Deals, total.Orders = total.Views+s.Views, total.Leads+s.Leads, total.Deals+s.Deals, total.Orders+s.Orders
		out.Steps = append(out.Steps, view.PromoFunnelStep{Company: n.company(s.Org), Ref: s.Ref, Views: s.Views, Leads: s.Leads, Deals: s.Deals, Orders: s.Orders})
	}
	for i, x := range []int{total.Views, total.Leads, total.Deals, total.Orders} {
		s := landing.Stages[i]
		tab := view.Tab{Label: view.T("funnel." + s), URL: v.again("funnel", s, "funnel_after", "") + "#funnel", Count: x, On: s == f.Stage}
		out.Stages = append(out.Stages, tab)
	}
	for _, r := range rows {
		out.Rows = append(out.Rows, v.funnelRow(r, n))
	}
	if next != "" {
		out.MoreURL = v.again("funnel", f.Stage, "funnel_after", next) + "#funnel"
	}
	return out, nil
}

func (v *visit) funnelRow(r landing.Row, n names) view.PromoFunnelRow {
	row := view.PromoFunnelRow{Company: n.company(r.Org), Ref: r.Ref, Day: view.Date(r.Day), Views: r.Views, At: r.At}
	switch {
	case r.Order != "":
		row.Name, row.URL = r.OrderNumber, v.path("orders", r.Order)
		if !v.lists(access.OrderRead) {
			row.URL = ""
		}
	case r.Lead != "":
		row.Name, row.Status = leadNumber(r.Number), view.Status{State: view.State("offer." + string(r.State))}
		if v.lists(access.LeadRead) {
			row.URL = v.leadURL(r.Lead)
		}
	case r.Offer != "":
		row.Name, row.Status = leadNumber(r.OfferNumber), view.Status{State: view.State("offer." + string(r.State))}
		if v.lists(access.OfferRead) {
			row.URL = v.offerURL(r.Offer)
		}
	}
	if row.Deal = r.Code; r.Deal != "" && v.lists(access.DealRead) {
		row.DealURL = v.path("deals", r.Deal)
	}
	return row
}

// funnelExport is what stands behind a number of the funnel as a table.
func funnelExport(v *visit) error {
	id := promo.ID(v.Params("id"))
	f := landing.Filter{Stage: or(oneOf(v.Query("funnel"), landing.Stages), landing.Leads), Partner: v.Query("partner"), Limit: exportRows}
	list, next, err := v.w.d.Landing.Rows(v.ctx, v.actor(), id, f)
	if err != nil {
		return err
	}
	titles := v.titles("col.date", "col.partner", "landing.code", "funnel.views", "col.lead", "col.state", "col.deal", "col.order")
	return v.export(v.p.T("funnel.rows."+f.Stage), titles, func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			orgs := make([]string, len(list))
			for i, r := range list {
				orgs[i] = r.Org
			}
			n, err := v.companies(ctx, orgs)
			if err != nil {
				return err
			}
			for _, r := range list {
				on, seen, name, state := r.Day, words(""), "", ""
				if on == "" {
					on = r.At.In(v.p.Zone()).Format(time.DateOnly)
				} else {
					seen = whole(r.Views)
				}
				if r.Order == "" && r.Day == "" {
					name, state = leadNumber(r.Number), v.p.T("state.offer."+string(r.State))
					if r.Lead == "" {
						name = leadNumber(r.OfferNumber)
					}
				}
				if err := put(day(on), words(n.org(r.Org)), words(r.Ref), seen, words(name), words(state), words(r.Code), words(r.OrderNumber)); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			f.After = next
			if list, next, err = v.w.d.Landing.Rows(ctx, v.actor(), id, f); err != nil {
				return fault.Wrap(err, fault.CodeOf(err), "error.internal")
			}
		}
	})
}
