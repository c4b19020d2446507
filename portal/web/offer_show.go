package web

import (
	"slices"
	"strings"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
)

// offerForms are the forms of the page; one of them may have been refused.
type offerForms struct{ accept, decline, work, give view.Form }

// offerShow is a lead as the partner sees it. Looking at it is the first sign of
// attention, which its owner is shown.
func offerShow(v *visit) error {
	if err := v.offerSeen(lead.OfferID(v.Params("id"))); err != nil {
		return err
	}
	return v.offerPage(200, offerForms{})
}

// offerSeen notes that somebody who may answer an offer looks at it.
func (v *visit) offerSeen(id lead.OfferID) error {
	if !v.may(access.OfferAnswer, access.Shared("", v.org())) || v.Method() != "GET" {
		return nil
	}
	err := v.w.d.Leads.Open(v.ctx, v.actor(), id)
	if c := fault.CodeOf(err); err != nil && c != fault.Forbidden && c != fault.Conflict {
		return err
	}
	return nil
}

func (v *visit) offerPage(status int, f offerForms) error {
	o, err := v.w.d.Leads.GetOffer(v.ctx, v.actor(), lead.OfferID(v.Params("id")))
	if err != nil {
		return err
	}
	if o.Supplier == v.org() { // its owner sees it with the lead
		return v.Redirect(v.path("leads", string(o.Lead)), 302)
	}
	page, err := v.offerView(o, f)
	if err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// offerView is an offer as its page and the drawer of the list show it to the partner.
func (v *visit) offerView(o lead.OfferDetail, f offerForms) (*view.OfferPage, error) {
	people := []string{o.OpenedBy, o.AnsweredBy}
	for _, a := range o.Activities {
		people = append(people, a.Person)
	}
	n, err := v.lookup([]string{o.Supplier, o.Reseller}, people)
	if err != nil {
		return nil, err
	}
	page := &view.OfferPage{Base: v.shell(), URL: v.offerURL(o.ID), Number: leadNumber(o.Number), Title: o.Teaser.Title, Need: o.Teaser.Need, Status: view.Status{State: offerState(o.Offer)},
		Fit: o.Fit / 10, Accept: f.accept, Decline: f.decline, Work: f.work, Give: f.give}
	answers := v.may(access.OfferAnswer, o.Resource())
	open := o.Answerable(v.now)
	page.CanAnswer, page.CanWork = answers && open, answers && o.State.Held()
	page.Masked = o.State.Unanswered()
	if page.CanWork && v.may(access.DealWrite, access.Resource{Reseller: v.org()}) {
		page.DealURL = page.URL + "/convert"
	}
	if page.CanWork && v.may(access.QuoteWrite, access.Resource{Reseller: v.org()}) {
		page.QuoteURL = v.path("quotes", "new") + "?lead=" + queryEscape(string(o.ID))
	}
	if page.CanWork {
		page.EngageURL = v.engageFrom("offer", string(o.ID))
	}
	if page.Engagements, err = v.engagedIn("offer", string(o.ID)); err != nil {
		return nil, err
	}
	page.Pause = v.pauseBox(o.Offer, n, page.CanWork)
	if o.Deal != "" && v.may(access.DealRead, access.Resource{Reseller: v.org()}) {
		page.DealPage = v.path("deals", o.Deal)
	}
	if clock := o.Clock(); clock.Running() {
		text := view.T("lead.answer_until", "due", clock.Due, "company", n.org(o.Supplier))
		if o.State.Held() {
			text = view.T("lead.convert_until", "due", clock.Due, "company", n.org(o.Supplier))
		}
		page.Clock = &view.Clock{Since: clock.Start, Due: clock.Due, Text: text}
	}
	if o.Pause != nil {
		page.Clock = nil
	}
	page.Facts = append([]view.KV{{Label: view.T("lead.from"), Value: view.Raw(n.org(o.Supplier))}}, v.teaserFacts(o.Teaser)...)
	if o.Note != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("lead.said"), Value: view.Raw(o.Note)})
	}
	if o.Shared != nil {
		page.Contact = sharedFacts(*o.Shared)
	}
	for _, x := range o.Factors {
		page.Factors = append(page.Factors, v.factor(x))
	}
	page.History = v.offerHistory(o, n, o.Supplier)
	if page.Sees, err = v.sees(n, seer{o.Supplier, access.OfferRead, o.Resource(), "leadsees.owner"}, seer{o.Reseller, access.OfferRead, o.Resource(), map[bool]string{true: "leadsees.masked", false: "leadsees.holder"}[page.Masked]}); err != nil {
		return nil, err
	}
	page.Reasons = reasonOptions(f.decline.Value("reason") + f.give.Value("reason"))
	for _, k := range lead.Activities {
		page.Kinds = append(page.Kinds, view.Option{Value: k, Label: view.T("leadact." + k), On: k == f.work.Value("kind")})
	}
	return page, nil
}

// teaserFacts are the lines that hold before and after acceptance.
func (v *visit) teaserFacts(t lead.Teaser) []view.KV {
	var out []view.KV
	add := func(key string, value view.Text) {
		if !value.IsZero() {
			out = append(out, view.KV{Label: view.T(key), Value: value})
		}
	}
	if t.Value.Currency != "" {
		add("lead.value", view.T("lead.value_is", "value", amount(t.Value)))
	}
	if t.Expected != "" {
		add("lead.expected", view.T("lead.date_is", "date", view.Date(t.Expected)))
	}
	add("lead.industry", view.Raw(t.Industry))
	add("lead.size", view.Raw(t.Size))
	add("lead.area", view.Raw(strings.Join(slices.DeleteFunc([]string{t.Country, t.Area}, func(s string) bool { return s == "" }), " ")))
	add("lead.families", v.familyList(t.Families))
	var wanted []string
	for _, p := range t.Products {
		wanted = append(wanted, v.p.Quantity(p.Quantity.String(), "")+" × "+p.SKU)
	}
	add("lead.products", view.Raw(strings.Join(wanted, ", ")))
	add("col.source", view.T("leadsource."+or(t.Source, "direct")))
	add("lead.campaign", view.Raw(t.Campaign))
	add("lead.ref", view.Raw(t.Ref))
	if t.Direct {
		add("lead.came_by", view.T("lead.your_page"))
	}
	switch {
	case t.Call && t.Share:
		add("lead.consent", view.T("lead.consent_both"))
	case t.Share:
		add("lead.consent", view.T("lead.consent_share"))
	}
	return out
}

func sharedFacts(s lead.Shared) []view.KV {
	var out []view.KV
	add := func(key, value, url string, mono bool) {
		if value != "" {
			out = append(out, view.KV{Label: view.T(key), Value: view.Raw(value), URL: url, Mono: mono})
		}
	}
	add("field.customer", s.Customer, "", false)
	add("lead.address", strings.Join(slices.DeleteFunc([]string{s.Street, strings.TrimSpace(s.Postcode + " " + s.City), s.Country}, func(x string) bool { return x == "" }), ", "), "", false)
	add("field.web", s.Web, "", false)
	add("field.tax_id", s.TaxID, "", true)
	add("field.contact", strings.TrimSuffix(s.Contact+", "+s.Title, ", "), "", false)
	if s.Mail != "" {
		add("field.mail", s.Mail, "mailto:"+s.Mail, false)
	}
	if s.Phone != "" {
		add("field.phone", s.Phone, "tel:"+strings.ReplaceAll(s.Phone, " ", ""), false)
	}
	add("lead.details", s.Details, "", false)
	return out
}

func (v *visit) factor(x lead.Factor) view.Meter {
	m := view.Meter{Label: view.T("leadfactor." + x.Kind), Percent: x.Score / 10, Text: view.Raw(x.Text)}
	switch x.Kind {
	case lead.FactorFamilies:
		m.Text = view.T("leadfactor.any")
		if x.Text != "" {
			m.Text = v.familyList(strings.Split(x.Text, ", "))
		}
	case lead.FactorSpeed:
		m.Text = view.T("leadfactor.speed_new")
		if x.N > 0 {
			m.Text = view.T("leadfactor.speed_is", "duration", time.Duration(x.N)*time.Minute)
		}
	case lead.FactorRoom:
		m.Text = view.T("leadfactor.room_is", "n", x.N, "of", x.Of)
	case lead.FactorCertified:
		m.Text = view.T("leadfactor.certified_none")
		if x.Text != "" {
			m.Text = v.familyList(strings.Split(x.Text, ", "))
		}
	case lead.FactorTurn:
		m.Text = view.T("leadfactor.turn_text")
	default:
		if x.Text == "" {
			m.Text = view.T("leadfactor.any")
		}
	}
	return m
}

func reasonOptions(chosen string) []view.Option {
	out := []view.Option{{Label: view.T("form.choose")}}
	for _, r := range lead.Reasons {
		out = append(out, view.Option{Value: r, Label: view.T("leadreason." + r), On: r == chosen})
	}
	return out
}

// offerHistory is what happened to one offer, the newest first. It begins with the
// offer itself.
func (v *visit) offerHistory(o lead.OfferDetail, n names, from string) []view.Entry {
	var out []view.Entry
	add := func(tone view.Tone, icon, actor string, text view.Text, at time.Time) {
		if !at.IsZero() {
			out = append(out, view.Entry{Tone: tone, Icon: v.icon(icon), Actor: actor, Text: text, At: at})
		}
	}
	how := view.T("leadlog.offered", "company", n.org(o.Reseller))
	if o.Rule != "" {
		how = view.T("leadlog.offered_rule", "company", n.org(o.Reseller), "rule", o.Rule)
	}
	add(view.Blue, "send", n.actor(o.OfferedBy, from), how, o.Offered)
	add(view.Grey, "eye", n.person(o.OpenedBy), view.T("leadlog.opened"), o.Opened)
	reason := view.Text{}
	if o.Reason != "" {
		reason = view.T("leadreason." + o.Reason)
	}
	accepted := o.State.Held() || o.Shared != nil || o.State == lead.OfferReturned || o.State == lead.OfferReclaimed
	if accepted {
		add(view.Green, "check", n.person(o.AnsweredBy), view.T("leadlog.accepted"), o.Answered)
	}
	for _, a := range o.Activities {
		text := view.T("leadlog.act", "kind", view.T("leadact."+a.Kind), "text", a.Text)
		if a.Text == "" {
			text = view.T("leadact." + a.Kind)
		}
		add(view.Blue, map[string]string{"call": "phone", "mail": "mail", "meeting": "users", "demo": "package", "quote": "file-text"}[a.Kind], n.actor(a.Person, a.Org), text, a.At)
	}
	switch o.State {
	case lead.OfferDeclined:
		add(view.Grey, "x", n.person(o.AnsweredBy), view.T("leadlog.declined", "reason", reason, "comment", o.Comment), o.Ended)
	case lead.OfferExpired:
		add(view.Red, "clock", "", view.T("leadlog.expired"), o.Ended)
	case lead.OfferWithdrawn:
		add(view.Grey, "arrow-back-up", n.org(from), view.T("leadlog.withdrawn"), o.Ended)
	case lead.OfferReturned:
		add(view.Grey, "arrow-back-up", n.org(o.Reseller), view.T("leadlog.returned", "reason", reason, "comment", o.Comment), o.Ended)
	case lead.OfferReclaimed:
		add(view.Red, "arrow-back-up", n.org(from), view.T("leadlog.reclaimed", "comment", o.Comment), o.Ended)
	case lead.OfferLost:
		add(view.Red, "x", n.org(o.Reseller), view.T("leadlog.lost", "reason", reason, "comment", o.Comment), o.Ended)
	case lead.OfferConverted:
		add(view.Green, "circle-check", n.org(o.Reseller), view.T("leadlog.converted"), o.Ended)
	}
	slices.SortStableFunc(out, func(a, b view.Entry) int { return b.At.Compare(a.At) })
	return out
}

// offerDeed does something with an offer and comes back to it.
func offerDeed(said string, do func(v *visit, in *input, id lead.OfferID) error, keep func(f *offerForms, form view.Form)) func(*visit) error {
	return func(v *visit) error {
		in := v.input()
		id := lead.OfferID(v.Params("id"))
		err := in.err()
		if err == nil {
			err = do(v, in, id)
		}
		if err == nil {
			return v.done(v.leadsBack(in, v.offerURL(id)), said)
		}
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		status := 422
		if fault.CodeOf(err) == fault.Conflict {
			if who, _ := fault.As(err).Args["Person"].(string); who != "" {
				n, lerr := v.lookup(nil, []string{who})
				if lerr != nil {
					return lerr
				}
				note = view.T("lead.answered_by", "person", n.person(who))
			}
			status = 409
		}
		if keep == nil { // the owner's page has no such form
			return err
		}
		var forms offerForms
		keep(&forms, in.form(errs, note))
		if v.htmx() && status == 409 {
			status = 422
		}
		return v.offerPage(status, forms)
	}
}

var (
	offerAccept = offerDeed("said.lead_accepted", func(v *visit, _ *input, id lead.OfferID) error {
		_, err := v.w.d.Leads.Accept(v.ctx, v.actor(), id)
		return err
	}, func(f *offerForms, form view.Form) { f.accept = form })
	offerDecline = offerDeed("said.lead_declined", func(v *visit, in *input, id lead.OfferID) error {
		return v.w.d.Leads.Decline(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
	}, func(f *offerForms, form view.Form) { f.decline = form })
	offerWork = offerDeed("said.saved", func(v *visit, in *input, id lead.OfferID) error {
		due := in.date("due")
		if err := in.err(); err != nil {
			return err
		}
		_, err := v.w.d.Leads.Work(v.ctx, v.actor(), id, in.text("kind"), in.text("text"), due)
		return err
	}, func(f *offerForms, form view.Form) { f.work = form })
	offerReturn = offerDeed("said.lead_returned", func(v *visit, in *input, id lead.OfferID) error {
		return v.w.d.Leads.Return(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
	}, func(f *offerForms, form view.Form) { f.give = form })
	offerLose = offerDeed("said.lead_lost", func(v *visit, in *input, id lead.OfferID) error {
		return v.w.d.Leads.Lose(v.ctx, v.actor(), id, in.text("reason"), in.text("comment"))
	}, func(f *offerForms, form view.Form) { f.give = form })
	offerWithdraw = offerDeed("said.lead_withdrawn", func(v *visit, _ *input, id lead.OfferID) error {
		return v.w.d.Leads.Withdraw(v.ctx, v.actor(), id)
	}, nil)
	offerReclaim = offerDeed("said.lead_reclaimed", func(v *visit, in *input, id lead.OfferID) error {
		return v.w.d.Leads.Reclaim(v.ctx, v.actor(), id, in.text("comment"))
	}, nil)
)

// pauseBox is the pause of an offer's clock, or the form that sets one for who may.
func (v *visit) pauseBox(o lead.Offer, n names, can bool) *view.PauseBox {
	if !o.Clock().Running() || o.Pause == nil && !can {
		return nil
	}
	box := &view.PauseBox{URL: v.path("leads", "offers", string(o.ID)), Can: can}
	if p := o.Pause; p != nil {
		box.On = true
		key := "lead.pause_is"
		if o.State.Unanswered() {
			key = "lead.pause_is_answer"
		}
		box.Text = view.T(key, "company", n.org(p.Org), "reason", view.T("leadpause."+p.Reason), "until", p.Until.Add(-time.Minute), "due", o.Ends())
		box.Comment = p.Comment
		return box
	}
	box.Reasons = []view.Option{{Label: view.T("form.choose")}}
	for _, r := range lead.PauseReasons {
		box.Reasons = append(box.Reasons, view.Option{Value: r, Label: view.T("leadpause." + r)})
	}
	return box
}

// offerPause stops the clock of an offer, offerResume lets it run on.
func offerPause(v *visit) error {
	in := v.input()
	cmd := lead.PauseCmd{Reason: in.text("reason"), Comment: in.text("comment"), Until: in.date("until")}
	err := in.err()
	if err == nil {
		err = v.w.d.Leads.Pause(v.ctx, v.actor(), lead.OfferID(v.Params("id")), cmd)
	}
	return v.pauseAnswer(err, "said.lead_paused")
}

func offerResume(v *visit) error {
	return v.pauseAnswer(v.w.d.Leads.Resume(v.ctx, v.actor(), lead.OfferID(v.Params("id"))), "said.lead_resumed")
}

// pauseAnswer goes back to the lead, as its owner or as the partner sees it; a refusal is said
// there.
func (v *visit) pauseAnswer(err error, said string) error {
	id := lead.OfferID(v.Params("id"))
	if err == nil {
		return v.done(v.offerURL(id), said)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	if len(errs) > 0 {
		note = errs[0].Text
	}
	o, gerr := v.w.d.Leads.GetOffer(v.ctx, v.actor(), id)
	if gerr != nil {
		return gerr
	}
	if o.Supplier == v.org() {
		page, err := v.leadView(o.Lead, leadForms{})
		if err != nil {
			return err
		}
		if page.Pause != nil {
			page.Pause.Wrong = note
		}
		return v.renderAs(422, page, nil)
	}
	page, err := v.offerView(o, offerForms{})
	if err != nil {
		return err
	}
	if page.Pause != nil {
		page.Pause.Wrong = note
	}
	return v.renderAs(422, page, nil)
}
