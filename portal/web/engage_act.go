package web

import (
	"fmt"
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/engage"
	"entente/prm/fault"
	"entente/prm/money"
)

// engageFields are the controls of the forms of the page, by the deed; of a field that has
// none the error stands at the top of its form.
var engageFields = map[string][]string{
	"section": {"stage", "own_stage", "amount", "currency", "close", "probability", "next_step", "needs", "products", "contact", "notes"}, "invite": {"company", "role", "message"}, "end": {"reason", "comment"},
	"close": {"outcome", "comment"}, "split": {"note"}, "task": {"title", "assignee", "due"}, "hand": {"what", "company", "due", "note"}, "form": {"customer", "title", "purpose", "teaser", "country", "band", "role", "amount", "currency"}, "share": {"template", "name"},
}

// engagePlaced leaves the names of fields that the form has no control for.
func engagePlaced(name string, errs []view.FieldError) []view.FieldError {
	for i, e := range errs {
		if !slices.Contains(engageFields[name], e.Field) {
			errs[i].Field = ""
		}
	}
	return errs
}

// engageDo does one deed from the page and shows the page with the form where it was refused.
func engageDo(name, said string, do func(v *visit, in *input, id engage.ID) error) func(*visit) error {
	return func(v *visit) error {
		in, id := v.input(), engage.ID(v.Params("id"))
		err := do(v, in, id)
		if err == nil {
			return v.done(v.engageURL(id), said)
		}
		errs, note, status, ok := v.refusal(err)
		if !ok {
			return err
		}
		return v.engagePage(status, id, name, in.form(engagePlaced(name, errs), note))
	}
}

func engageSection(v *visit, in *input, id engage.ID) error {
	x := engage.Section{Stage: in.text("stage"), OwnStage: in.text("own_stage"), Close: in.date("close"), NextStep: in.text("next_step"), Needs: in.text("needs"), Products: in.text("products"), Contact: in.text("contact"), Notes: in.text("notes"), Version: in.version()}
	x.Amount = in.money("amount", money.Currency(in.text("currency")))
	x.Probability = in.whole("probability")
	for i := range engage.MaxOwn {
		name, value := in.text(fmt.Sprintf("private.%d.name", i)), in.text(fmt.Sprintf("private.%d.value", i))
		if name != "" || value != "" {
			x.Private = append(x.Private, engage.Private{Name: name, Value: value})
		}
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Engagements.SaveSection(v.ctx, v.actor(), id, x)
	}
	return err
}

func engageInvite(v *visit, in *input, id engage.ID) error {
	_, err := v.w.d.Engagements.Invite(v.ctx, v.actor(), id, engage.InviteCmd{Org: in.text("company"), Role: in.text("role"), Message: in.text("message"), Days: in.whole("answer_days")})
	return err
}

func engageAccept(v *visit, in *input, id engage.ID) error {
	_, err := v.w.d.Engagements.Accept(v.ctx, v.actor(), id, in.text("hash"))
	return err
}

func (in *input) engageAnswer() engage.AnswerCmd {
	return engage.AnswerCmd{Reason: in.text("reason"), Comment: in.text("comment")}
}

func engageDecline(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.Decline(v.ctx, v.actor(), id, in.engageAnswer())
}

func engageLeave(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.Leave(v.ctx, v.actor(), id, in.engageAnswer())
}

func engageWithdraw(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.Withdraw(v.ctx, v.actor(), id, in.text("company"))
}

func engageRemove(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.Remove(v.ctx, v.actor(), id, in.text("company"), in.engageAnswer())
}

func engageClose(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.Close(v.ctx, v.actor(), id, engage.CloseCmd{Outcome: in.text("outcome"), Comment: in.text("comment")})
}

// engagePropose reads shares as percent with two places.
func engagePropose(v *visit, in *input, id engage.ID) error {
	cmd := engage.ProposeCmd{Note: in.text("note")}
	const step = money.One / 100 // a hundredth of a percent
	for name := range in.values {
		org, ok := strings.CutPrefix(name, "share.")
		if !ok {
			continue
		}
		n := in.number(name)
		if n%step != 0 || n > 100*money.One {
			in.wrong.With(name, "engage.share_places")
			continue
		}
		cmd.Shares = append(cmd.Shares, engage.Share{Org: org, Part: int(n / step)})
	}
	err := in.err()
	if err == nil {
		err = v.w.d.Engagements.Propose(v.ctx, v.actor(), id, cmd)
	}
	return err
}

func engageAgree(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.AgreeSplit(v.ctx, v.actor(), id, in.text("hash"))
}

func engageRefuse(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.RefuseSplit(v.ctx, v.actor(), id, in.text("hash"), in.text("comment"))
}

func engageUnpropose(v *visit, _ *input, id engage.ID) error {
	return v.w.d.Engagements.WithdrawSplit(v.ctx, v.actor(), id)
}

// engageAddTask reads whose it is as "company" or "company person".
func engageAddTask(v *visit, in *input, id engage.ID) error {
	org, person, _ := strings.Cut(in.text("assignee"), " ")
	cmd := engage.TaskCmd{Org: org, Person: person, Title: in.text("title"), Due: in.date("due")}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Engagements.AddTask(v.ctx, v.actor(), id, cmd)
	}
	return err
}

func engageSetTask(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.SetTask(v.ctx, v.actor(), id, v.Params("task"), in.text("done") != "")
}

func engageHand(v *visit, in *input, id engage.ID) error {
	cmd := engage.HandCmd{To: in.text("company"), What: in.text("what"), Note: in.text("note"), Due: in.date("due")}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Engagements.HandOver(v.ctx, v.actor(), id, cmd)
	}
	return err
}

func engageAnswerHand(v *visit, in *input, id engage.ID) error {
	return v.w.d.Engagements.AnswerHand(v.ctx, v.actor(), id, v.Params("hand"), in.text("answer"), in.text("comment"))
}

// engageNew is the empty form; ?deal=, ?lead= and ?offer= fill it from what it begins from.
func engageNew(v *visit) error {
	form := view.Form{Values: map[string]string{"country": v.login.Org.Country, "currency": string(v.login.Org.Currency)}}
	for _, kind := range []string{engage.FromDeal, engage.FromLead, engage.FromOffer} {
		ref := v.Query(kind)
		if ref == "" {
			continue
		}
		from, err := v.w.d.Engagements.Source(v.ctx, v.actor(), kind, ref)
		if err != nil {
			return err
		}
		form.Values["kind"], form.Values["ref"], form.Values["from"] = kind, ref, from.Number
		form.Values["title"], form.Values["customer"], form.Values["teaser"] = from.Title, from.Customer, from.Teaser
		if from.Country != "" {
			form.Values["country"] = from.Country
		}
	}
	return v.engageForm(200, "", form)
}

func (v *visit) engageForm(status int, id engage.ID, form view.Form) error {
	page := &view.EngagementFormPage{Base: v.shell(), URL: v.path("engagements", "new"), BackURL: v.path("engagements"), Form: form, Changing: id != "", Roles: keyed(engage.Roles, "engagerole.", form.Value("role")), Bands: append([]view.Option{{Label: view.T("engage.band_none")}}, keyed(engage.Bands, "engageband.", form.Value("band"))...),
		Countries: countries(form.Value("country"), v.p), Currencies: plainOptions(currencyCodes, or(form.Value("currency"), string(v.login.Org.Currency))), Shown: []view.Option{{Value: "", Label: view.T("engage.hidden"), On: form.Value("shown") == ""}, {Value: "1", Label: view.T("engage.shown"), On: form.Value("shown") != ""}}}
	if kind := form.Value("kind"); slices.Contains([]string{engage.FromDeal, engage.FromLead, engage.FromOffer}, kind) {
		page.From = view.T("engagefrom."+kind, "number", form.Value("from"))
	}
	if id != "" {
		page.URL, page.BackURL = v.engageURL(id)+"/edit", v.engageURL(id)
	}
	return v.renderAs(status, page, nil)
}

func (in *input) engageTerms() engage.Terms {
	return engage.Terms{Title: in.text("title"), Customer: in.text("customer"), Purpose: in.text("purpose"), Teaser: in.text("teaser"), Country: in.text("country"), Band: in.text("band"), Shown: in.text("shown") != ""}
}

func engageBegin(v *visit) error {
	in := v.input()
	cmd := engage.BeginCmd{Terms: in.engageTerms(), Key: v.key(), Kind: in.text("kind"), Ref: in.text("ref"), Role: in.text("role")}
	cmd.Value = in.money("amount", money.Currency(in.text("currency")))
	err := in.err()
	if err == nil {
		var d engage.Detail
		if d, err = v.w.d.Engagements.Begin(v.ctx, v.actor(), cmd); err == nil {
			return v.done(v.engageURL(d.ID), "said.engage_begun")
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.engageForm(422, "", in.form(engagePlaced("form", errs), note))
}

// engageEdit is the form of the terms, as long as nobody else reads them.
func engageEdit(v *visit) error {
	id := engage.ID(v.Params("id"))
	seen, err := v.w.d.Engagements.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if seen.Detail == nil || seen.Detail.Owner != v.org() || !v.may(access.EngageLead, access.Own(v.org())) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	t := seen.Detail.Terms
	form := view.Form{Values: map[string]string{"title": t.Title, "customer": t.Customer, "purpose": t.Purpose, "teaser": t.Teaser, "country": t.Country, "band": t.Band}}
	if t.Shown {
		form.Values["shown"] = "1"
	}
	return v.engageForm(200, id, form)
}

func engageSave(v *visit) error {
	in, id := v.input(), engage.ID(v.Params("id"))
	_, err := v.w.d.Engagements.Edit(v.ctx, v.actor(), id, in.engageTerms())
	if err == nil {
		return v.done(v.engageURL(id), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.engageForm(422, id, in.form(engagePlaced("form", errs), note))
}

// engageChoice is what the address of a preview chooses.
func (v *visit) engageChoice() engage.PublishCmd {
	cmd := engage.PublishCmd{Template: v.Query("template")}
	for name, value := range v.Request().URI().QueryArgs().All() {
		switch s := strings.ToValidUTF8(string(value), ""); string(name) {
		case "field":
			cmd.Fields = append(cmd.Fields, s)
		case "to":
			cmd.To = append(cmd.To, s)
		}
	}
	if cmd.Template != "" {
		cmd.Fields = nil
	}
	return cmd
}

// engageShare chooses fields and readers, and shows what each would get.
func engageShare(v *visit) error {
	return v.engageSharePage(200, v.engageChoice(), view.Form{}, v.Query("see") != "")
}

func (v *visit) engageSharePage(status int, cmd engage.PublishCmd, form view.Form, see bool) error {
	id := engage.ID(v.Params("id"))
	seen, err := v.w.d.Engagements.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	d := seen.Detail
	if d == nil || d.Mine.State != engage.Active {
		return fault.New(fault.NotFound, "error.not_found")
	}
	n, err := v.lookup(engageOrgs(*d), nil)
	if err != nil {
		return err
	}
	page := &view.EngagementSharePage{Base: v.shell(), URL: v.engageURL(id) + "/share", BackURL: v.engageURL(id), Number: d.Number, Form: form}
	templates, err := v.w.d.Engagements.Templates(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page.Templates = []view.Option{{Label: view.T("engage.template_none"), On: cmd.Template == ""}}
	for _, t := range templates {
		o := view.Option{Value: or(t.ID, t.Name), Label: view.Raw(t.Name)}
		if t.ID == "" {
			o.Label = view.T("engagetemplate." + t.Name)
		}
		o.On = o.Value == cmd.Template
		page.Templates = append(page.Templates, o)
	}
	for _, f := range engage.Fields {
		page.Fields = append(page.Fields, view.Option{Value: f, Label: view.T("engagefield." + f), On: slices.Contains(cmd.Fields, f)})
	}
	for _, x := range d.Seats {
		if x.Org != v.org() && x.State == engage.Active {
			page.To = append(page.To, view.Option{Value: x.Org, Label: view.Raw(n.org(x.Org)), On: slices.Contains(cmd.To, x.Org) || len(cmd.To) == 0})
		}
	}
	if see {
		out, err := v.w.d.Engagements.Preview(v.ctx, v.actor(), id, cmd)
		if err != nil {
			errs, note, ok := v.formErrors(err)
			if !ok {
				return err
			}
			page.Form, status = view.Form{Values: map[string]string{}, Errors: engagePlaced("share", errs), Note: note}, 422
		} else {
			page.Ready = v.engageOutgoing(cmd, out, n)
		}
	}
	return v.renderAs(status, page, nil)
}

// engageOutgoing is a preview with what the form that sends it repeats.
func (v *visit) engageOutgoing(cmd engage.PublishCmd, out engage.Outgoing, n names) *view.EngagementOutgoing {
	r := &view.EngagementOutgoing{Hash: out.Hash, Template: cmd.Template, Fields: cmd.Fields, To: cmd.To, Values: v.engageValues(out.Values)}
	for _, x := range out.To {
		row := view.EngagementReader{Company: n.company(x.Org), Rev: x.Rev, Same: x.Same, Changes: v.engageChanges(x.Changes)}
		r.Send = r.Send || !x.Same
		r.Readers = append(r.Readers, row)
	}
	return r
}

func engagePublish(v *visit) error {
	in, id := v.input(), engage.ID(v.Params("id"))
	cmd := engage.PublishCmd{Template: in.text("template"), Fields: v.all("field"), To: v.all("to"), Hash: in.text("hash")}
	if cmd.Template != "" {
		cmd.Fields = nil
	}
	_, err := v.w.d.Engagements.Publish(v.ctx, v.actor(), id, cmd)
	if err == nil {
		return v.done(v.engageURL(id), "said.engage_shared")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.engageSharePage(422, cmd, in.form(engagePlaced("share", errs), note), fault.CodeOf(err) == fault.Conflict)
}

// engageTemplate keeps the chosen fields under a name.
func engageTemplate(v *visit) error {
	in, id := v.input(), engage.ID(v.Params("id"))
	cmd := engage.PublishCmd{Fields: v.all("field")}
	_, _, err := v.w.d.Engagements.Label(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	t, err := v.w.d.Engagements.SaveTemplate(v.ctx, v.actor(), engage.Template{Name: in.text("name"), Fields: cmd.Fields})
	if err == nil {
		return v.done(v.engageURL(id)+"/share?template="+queryEscape(t.ID), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.engageSharePage(422, cmd, in.form(engagePlaced("share", errs), note), false)
}
