package web

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/mapping"
	"entente/prm/partner"
)

func (v *visit) mappingURL(id mapping.ID) string { return v.path("mappings", string(id)) }

// mappingList is the company's comparisons of lists.
func mappingList(v *visit) error {
	got, err := v.w.d.Mappings.List(v.ctx, v.actor(), mapping.Filter{After: v.Query("after"), Limit: pageRows})
	if err != nil {
		return err
	}
	var orgs []string
	for _, r := range got.Items {
		orgs = append(orgs, r.Other(v.org()))
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.MappingsPage{Base: v.shell(), Pager: view.Pager{Shown: len(got.Items), Total: -1, Next: v.next(got.Next)}}
	if v.may(access.MappingWrite, access.Own(v.org())) {
		page.NewURL = v.path("mappings", "new")
	}
	for _, r := range got.Items {
		mine := got.Mine[r.ID]
		row := view.MappingRow{URL: v.mappingURL(r.ID), Partner: n.company(r.Other(v.org())), Way: view.T("mapping.way." + r.Way), Status: mappingState(r), Waits: mine.Waits, Made: r.Made}
		if r.Way == mapping.File {
			row.Partner = view.Company{Name: r.Name}
		}
		if r.Stage > 0 {
			row.Overlap = bucketText(mine.Overlap)
		}
		page.Rows = append(page.Rows, row)
	}
	return v.renderAs(200, page, nil)
}

func mappingState(r mapping.Run) view.Status {
	return view.Status{State: view.State("mapping." + string(r.State))}
}

// bucketText says a size as it is told.
func bucketText(b mapping.Bucket) view.Text {
	switch {
	case b.From == 0:
		return view.T("mapping.overlap.few", "n", mapping.Fewest)
	case b.Under == 0:
		return view.T("mapping.overlap.from", "from", b.From)
	}
	return view.T("mapping.overlap.between", "from", b.From, "to", b.Under-1)
}

// mappingNew is the form of a comparison.
func mappingNew(v *visit) error {
	return v.mappingForm(200, &input{v: v, values: map[string]string{"partner": v.Query("partner")}}, []string{string(identity.Tax), string(identity.Domain)}, []string{mapping.FieldName, mapping.FieldPlace}, view.Form{}, view.Form{})
}

func (v *visit) mappingForm(status int, in *input, kinds, fields []string, form, bring view.Form) error {
	if err := access.Check(v.actor(), access.MappingWrite, access.Own(v.org())); err != nil {
		return err
	}
	page := &view.MappingFormPage{Base: v.shell(), URL: v.path("mappings", "new"), BringURL: v.path("mappings", "bring"), Form: form, Bring: bring, Limits: mappingLimits()}
	c, err := v.partners()
	if err != nil {
		return err
	}
	for _, p := range c.all {
		if p.State == partner.Active {
			page.Partners = append(page.Partners, view.Option{Value: p.ID, Label: view.Raw(c.orgs[p.Other(v.org())].Name), On: p.ID == in.values["partner"]})
		}
	}
	page.Partners = append(page.Partners, view.Option{Value: mapping.File, Label: view.T("mapping.other_server"), On: in.values["partner"] == mapping.File})
	for _, k := range mapping.Kinds {
		page.Kinds = append(page.Kinds, view.Option{Value: string(k), Label: view.T("identitykey." + string(k)), On: slices.Contains(kinds, string(k))})
	}
	for _, f := range mapping.AllFields {
		page.Fields = append(page.Fields, view.Option{Value: f, Label: view.T("mapping.field." + f), On: slices.Contains(fields, f)})
	}
	return v.renderAs(status, page, nil)
}

// mappingLimits are the honest limits, on the page before anybody agrees.
func mappingLimits() []view.Text {
	return []view.Text{view.T("mapping.limit.lie"), view.T("mapping.limit.guess"), view.T("mapping.limit.repeat", "n", mapping.Fewest), view.T("mapping.limit.size"), view.T("mapping.limit.operator")}
}

// mappingBegin proposes a comparison to a partner, or begins one by files.
func mappingBegin(v *visit) error {
	in := v.input()
	terms := mapping.Terms{Kinds: in.v.all("kinds"), Fields: in.v.all("fields")}
	var r mapping.Run
	var err error
	said := "said.mapping_asked"
	if in.text("partner") == mapping.File {
		said = "said.mapping_begun"
		r, err = v.w.d.Mappings.StartFile(v.ctx, v.actor(), mapping.FileCmd{Name: in.text("name"), Terms: terms})
	} else {
		r, err = v.w.d.Mappings.Propose(v.ctx, v.actor(), mapping.ProposeCmd{Partnership: in.text("partner"), Terms: terms})
	}
	if err == nil {
		return v.done(v.mappingURL(r.ID), said)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.mappingForm(422, in, terms.Kinds, terms.Fields, in.form(errs, note), view.Form{})
}

// mappingBring takes a file of another server.
func mappingBring(v *visit) error {
	id := mapping.ID(v.Params("id"))
	in := v.input()
	head, err := v.FormFile("file")
	if err != nil || head.Size == 0 {
		in.wrong.With("file", "mapping.no_file")
		err = in.err()
	} else {
		body, oerr := head.Open()
		if oerr != nil {
			return fault.Wrap(oerr, fault.Unavailable, "error.unavailable")
		}
		defer body.Close()
		var at mapping.ID
		if at, err = v.w.d.Mappings.Bring(v.ctx, v.actor(), id, body); err == nil {
			return v.done(v.mappingURL(at), "said.mapping_brought")
		}
	}
	if f := fault.As(err); len(f.Fields) == 0 && (f.Code == fault.Invalid || f.Code == fault.Conflict) {
		err = fault.New(fault.Invalid, "form.invalid").With("file", f.Key, args(f.Args)...)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	if id == "" {
		return v.mappingForm(422, in, nil, nil, view.Form{}, in.form(errs, note))
	}
	return v.mappingPage(422, id, in.form(errs, note), view.Text{})
}

// mappingFetch gives a file for the other server.
func mappingFetch(v *visit) error {
	part, err := strconv.Atoi(v.Params("part"))
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	var buf bytes.Buffer
	name, err := v.w.d.Mappings.Fetch(v.ctx, v.actor(), mapping.ID(v.Params("id")), part, &buf)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	v.Set(fiber.HeaderContentDisposition, disposition("attachment", name))
	return v.Send(buf.Bytes())
}

// mappingReceipt gives the receipt of a run as a file.
func mappingReceipt(v *visit) error {
	r, err := v.w.d.Mappings.Receipt(v.ctx, v.actor(), mapping.ID(v.Params("id")))
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentDisposition, disposition("attachment", "mapping-"+r.Run[:8]+".json"))
	return v.JSON(r)
}

// mappingAct answers: accept, decline, consent to a step, cancel, end, erase.
func mappingAct(v *visit) error {
	id, s := mapping.ID(v.Params("id")), v.w.d.Mappings
	in := v.input()
	act, said, err := v.Params("act"), "", error(nil)
	switch act {
	case "accept":
		said, err = "said.mapping_agreed", s.Accept(v.ctx, v.actor(), id)
	case "decline":
		said, err = "said.mapping_declined", s.Decline(v.ctx, v.actor(), id)
	case "consent":
		said, err = "said.mapping_agreed", s.Consent(v.ctx, v.actor(), id, in.whole("step"))
	case "cancel":
		said, err = "said.mapping_ended", s.Cancel(v.ctx, v.actor(), id)
	case "end":
		said, err = "said.mapping_ended", s.End(v.ctx, v.actor(), id)
	case "erase":
		said, err = "said.mapping_erased", s.Erase(v.ctx, v.actor(), id)
	default:
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err == nil {
		return v.done(v.mappingURL(id), said)
	}
	_, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.mappingPage(409, id, view.Form{}, note)
}

// mappingShow is a run, as the company may see it.
func mappingShow(v *visit) error {
	return v.mappingPage(200, mapping.ID(v.Params("id")), view.Form{}, view.Text{})
}

func (v *visit) mappingPage(status int, id mapping.ID, bring view.Form, note view.Text) error {
	s := v.w.d.Mappings
	d, err := s.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	var people []string
	for _, e := range d.Log {
		people = append(people, e.Person)
	}
	n, err := v.lookup([]string{d.Starter, d.Partner}, people)
	if err != nil {
		return err
	}
	other := d.Name
	if d.Way == mapping.Here {
		other = n.org(d.Other(v.org()))
	}
	page := &view.MappingPage{Base: v.shell(), URL: v.mappingURL(id), Partner: other, Status: mappingState(d.Run), Working: d.Busy, Progress: d.Progress, Bring: bring, Note: note,
		ByFile: d.Way == mapping.File, Check: strings.Join(d.CheckCode, " "), ReceiptURL: v.mappingURL(id) + "/receipt", Limits: mappingLimits()}
	page.Told = v.mappingTold(d, other)
	page.Steps = mappingSteps(d, other)
	if v.may(access.MappingWrite, d.Resource()) {
		v.mappingMay(page, d, other)
	}
	if d.Stage >= mapping.StepMine {
		page.Known = true
		list, next, err := s.Accounts(v.ctx, v.actor(), id, v.Query("after"), pageRows)
		if err != nil {
			return err
		}
		for _, a := range list {
			row := view.MappingAccount{URL: v.customerURL(a.Customer), Name: a.Name, Place: a.Place}
			for _, x := range a.Theirs {
				row.Theirs = append(row.Theirs, sharedText(x))
			}
			page.Accounts = append(page.Accounts, row)
		}
		page.Pager = view.Pager{Shown: len(list), Total: d.Accounts, Next: v.next(next)}
		if page.CanConsent {
			shown, err := s.Shown(v.ctx, v.actor(), id, 5)
			if err != nil {
				return err
			}
			for _, x := range shown {
				page.Shown = append(page.Shown, sharedText(x))
			}
		}
	}
	for _, e := range d.Log {
		line := view.MappingLine{Text: view.T("mapping.did."+e.What, "step", view.T("mapping.step."+strconv.Itoa(max(e.Step, 1))), "part", e.Step), By: n.actor(e.Person, e.Org), At: e.At}
		page.Log = append(page.Log, line)
	}
	v.mappingFacts(page, d, other)
	if d.Way == mapping.Here {
		if page.Sees, err = v.sees(n, seer{d.Starter, access.MappingRead, d.Resource(), "mapping.sees"}, seer{d.Partner, access.MappingRead, d.Resource(), "mapping.sees"}); err != nil {
			return err
		}
	} else if page.Sees, err = v.sees(n, seer{v.org(), access.MappingRead, d.Resource(), "mapping.sees"}); err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// mappingTold says what came of the run, or why it ended.
func (v *visit) mappingTold(d mapping.Detail, other string) view.Text {
	switch {
	case d.State == mapping.Failed:
		return view.T("mapping.reason."+d.Reason, "partner", other, "least", v.w.d.Mappings.Least(), "most", mapping.Most)
	case d.State == mapping.Small:
		return view.T("mapping.small", "n", mapping.Fewest)
	case d.Stage >= mapping.StepMine:
		return view.T("mapping.matched", "n", d.Accounts, "partner", other)
	case d.Stage == mapping.StepSize:
		return view.T("mapping.told_size", "size", bucketText(d.Overlap), "partner", other)
	}
	return view.Text{}
}

// mappingSteps are the three steps with who agreed to each.
func mappingSteps(d mapping.Detail, other string) []view.MappingStep {
	var out []view.MappingStep
	last := mapping.StepFields
	if len(d.Terms.Fields) == 0 {
		last = mapping.StepMine
	}
	for step := mapping.StepSize; step <= last; step++ {
		x := view.MappingStep{Name: view.T("mapping.step." + strconv.Itoa(step)), Note: view.T("mapping.step_note."+strconv.Itoa(step), "n", mapping.Fewest), Done: d.Stage >= step && d.State != mapping.Small || d.State == mapping.Small && step == 1, Now: d.State.Open() && d.Stage+1 == step}
		if x.Now || x.Done {
			switch mine, theirs := d.Mine.Consent >= step, d.Theirs.Consent >= step; {
			case mine && theirs:
				x.Said = view.T("mapping.said.both")
			case mine:
				x.Said = view.T("mapping.said.mine", "partner", other)
			case theirs:
				x.Said = view.T("mapping.said.theirs", "partner", other)
			default:
				x.Said = view.T("mapping.said.none")
			}
		}
		out = append(out, x)
	}
	return out
}

// mappingMay says which acts are shown, and what each means for both.
func (v *visit) mappingMay(page *view.MappingPage, d mapping.Detail, other string) {
	can := func(act string) bool { return d.Can(act, v.org()) }
	page.CanAccept, page.CanConsent, page.CanCancel, page.CanEnd, page.CanErase = can("accept"), can("consent"), can("cancel"), can("end"), can("erase")
	if page.CanAccept || page.CanConsent {
		page.Step = d.Stage + 1
		step := strconv.Itoa(page.Step)
		fields := ""
		var words []string
		for _, f := range d.Terms.Fields {
			words = append(words, v.p.T("mapping.field."+f))
		}
		fields = v.p.List(words)
		page.Ask = view.T("mapping.ask."+step, "partner", other)
		page.Mine = view.T("mapping.mine."+step, "partner", other, "fields", fields, "n", mapping.Fewest)
		page.Theirs = view.T("mapping.theirs."+step, "partner", other, "fields", fields, "n", mapping.Fewest)
	}
	for _, part := range d.Ready {
		page.Files = append(page.Files, view.KV{Label: view.T("mapping.part."+strconv.Itoa(part), "partner", other), URL: page.URL + "/files/" + strconv.Itoa(part)})
	}
	if d.Receive > 0 {
		page.Awaited = view.T("mapping.awaited", "partner", other, "part", d.Receive)
	}
}

// mappingFacts is what the receipt says.
func (v *visit) mappingFacts(page *view.MappingPage, d mapping.Detail, other string) {
	add := func(key string, value view.Text, mono bool) {
		page.Receipt = append(page.Receipt, view.KV{Label: view.T(key), Value: value, Mono: mono})
	}
	var kinds []string
	for _, k := range d.Terms.Kinds {
		kinds = append(kinds, v.p.T("identitykey."+k))
	}
	add("mapping.keys", view.Raw(v.p.List(kinds)), false)
	add("mapping.code", view.Raw(d.Code[:16]), true)
	for _, x := range []struct {
		name string
		side mapping.Side
	}{{v.login.Org.Name, d.Mine}, {other, d.Theirs}} {
		if x.side.Commit != nil && x.side.Commit.Root != "" {
			page.Receipt = append(page.Receipt, view.KV{Label: view.T("mapping.list_of", "company", x.name), Value: view.T("mapping.rows", "n", x.side.Commit.Rows)}, view.KV{Label: view.T("mapping.hash_of", "company", x.name), Value: view.Raw(x.side.Commit.Root[:32]), Mono: true})
		}
	}
}

// sharedText is what is told of an account, in one line.
func sharedText(x mapping.Shared) view.Text {
	var parts []string
	for _, s := range []string{x.Name, x.Place, x.Web, x.Person} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return view.Raw(strings.Join(parts, " · "))
}

// findMappings leads from the palette to the comparisons, and to a new one.
func (v *visit) findMappings(q string) ([]view.Hit, error) {
	var out []view.Hit
	for _, x := range []struct {
		key, path string
		act       access.Action
	}{{"mappings.title", "", access.MappingRead}, {"mappings.new", "new", access.MappingWrite}} {
		if v.may(x.act, access.Own(v.org())) && strings.Contains(strings.ToLower(v.p.T(x.key)), strings.ToLower(q)) {
			out = append(out, view.Hit{Icon: "arrows-split", Title: view.T(x.key), URL: strings.TrimSuffix(v.path("mappings")+"/"+x.path, "/")})
		}
	}
	return out, nil
}
