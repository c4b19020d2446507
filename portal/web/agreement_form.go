package web

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/edi/translate"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
)

// agreementForm is the form of a proposal. It starts from the newest version.
func agreementForm(v *visit) error { return v.agreementFormPage(200, nil, nil) }

// agreementPropose puts what the form says before the other side.
func agreementPropose(v *visit) error {
	l, base, err := v.agreementBase()
	if err != nil {
		return err
	}
	in := v.input()
	cmd := agreement.ProposeCmd{Partnership: l.p.ID, Base: int(in.version()), ValidFrom: in.date("valid_from"), Note: in.text("note")}
	cmd.Body = v.agreementBody(in, base)
	if err = in.err(); err == nil {
		_, err = v.w.d.Agreements.Propose(v.ctx, v.actor(), cmd)
	} else if more := fault.As(cmd.Body.Check()); more.Code == fault.Invalid { // all that is wrong, at once
		for _, f := range more.Fields {
			if !in.isWrong(f.Name) {
				in.wrong.Fields = append(in.wrong.Fields, f)
			}
		}
	}
	if err == nil {
		return v.done(v.path("edi", "connections", l.p.ID, "agreement"), "said.agreement_proposed")
	}
	form, ok := v.agreementRefused(in, err)
	if !ok {
		return err
	}
	if fault.KeyOf(err) == "agreement.changed" { // what was typed is a change of the newer version from now on
		form.Values["version"] = strconv.Itoa(base.Number)
	}
	return v.agreementFormPage(fault.CodeOf(err).Status(), &form, &cmd.Body)
}

// agreementRefused is the form as it was typed, with what is wrong, for every refusal after
// which the person can mend it or ask somebody else to send it.
func (v *visit) agreementRefused(in *input, err error) (view.Form, bool) {
	errs, note, ok := v.formErrors(err)
	if code := fault.CodeOf(err); !ok && (code == fault.TooLarge || fault.KeyOf(err) == "agreement.commercial") {
		for _, w := range fault.As(err).Fields {
			errs = append(errs, view.FieldError{Field: w.Name, Text: v.sentence(code, w.Key, w.Args)})
		}
		f := fault.As(err)
		note, ok = v.sentence(code, f.Key, f.Args), true
	}
	form := in.form(errs, note)
	if text := v.file("guide_file"); len(text) > 0 && utf8.Valid(text) { // a browser does not send back the file
		form.Values["guide"] = string(text)
	}
	return form, ok
}

// agreementBase is the partnership of the address and the version that a change starts
// from; without one, what the two use today.
func (v *visit) agreementBase() (link, agreement.Version, error) {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return l, agreement.Version{}, err
	}
	if err := access.Check(v.actor(), access.AgreementSign, l.p.Resource()); err != nil {
		return l, agreement.Version{}, err
	}
	present, err := v.w.d.Agreements.Present(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return l, agreement.Version{}, err
	}
	if newest := present.Newest(); newest != nil {
		return l, *newest, nil
	}
	var first agreement.Version
	for _, s := range []side{l.ours, l.theirs} {
		to := &first.Body.Supplier
		if s.org == l.p.Reseller {
			to = &first.Body.Reseller
		}
		for kind, field := range map[account.IdentityKind]*string{account.X12: &to.X12, account.EDIFACT: &to.EDIFACT} {
			if i, ok := s.named(kind); ok {
				*field = identityText(i.Identity)
			}
		}
	}
	return l, first, nil
}

// values are all values of a field, of either kind of form.
func (v *visit) values(name string) []string {
	if form, err := v.MultipartForm(); err == nil {
		return form.Value[name]
	}
	return v.all(name)
}

// agreementBody reads the body from the form. What the form does not show is taken from
// the version it starts from.
func (v *visit) agreementBody(in *input, base agreement.Version) agreement.Body {
	b := agreement.Body{X12: in.text("x12"), EDIFACT: strings.ToUpper(in.text("edifact"))}
	b.Supplier = v.agreementSide(in, "supplier_", base.Body.Supplier)
	b.Reseller = v.agreementSide(in, "reseller_", base.Body.Reseller)
	for _, s := range v.values("set") {
		kind, from, _ := strings.Cut(s, ":")
		b.Sets = append(b.Sets, agreement.Set{Kind: kind, From: from})
	}
	kept := v.values("keep")
	for i, g := range base.Body.Guides {
		if slices.Contains(kept, strconv.Itoa(i)) {
			b.Guides = append(b.Guides, g)
		}
	}
	raw := v.file("guide_file")
	if len(raw) == 0 {
		raw = []byte(in.text("guide"))
	}
	if len(raw) > 0 {
		if json.Valid(raw) {
			b.Guides = append(b.Guides, json.RawMessage(raw))
		} else {
			in.wrong.With("guide", "agreement.guide_json")
		}
	}
	b.Writing = agreement.Writing{Element: delimiter(in, "delimiter_element"), Component: delimiter(in, "delimiter_component"), Repetition: delimiter(in, "delimiter_repetition"), Segment: delimiter(in, "delimiter_segment"),
		Lines: in.text("lines") != "", Implementation: in.text("implementation") != "", OnlyErrors: in.text("only_errors") != ""}
	b.DuplicateDays, b.ResponseHours = in.whole("duplicate_days"), in.whole("response_hours")
	b.CheckLocations, b.Tax = in.text("check_locations") != "", agreement.Tax{Rounding: in.text("tax_rounding"), Reverse: in.text("tax_reverse") != ""}
	b.Price.PriceTolerance, b.Price.QuantityTolerance = in.percent("price_tolerance"), in.percent("quantity_tolerance")
	b.Price.Date, b.Price.Basis, b.Price.FreeGoods = in.text("price_date"), in.text("price_basis"), in.text("free_goods")
	b.Codes = base.Body.Codes
	b.Codes.Units, b.Codes.Items, b.Codes.Locations = nil, nil, nil
	for _, p := range in.pairs("units") {
		b.Codes.Units = append(b.Codes.Units, translate.Pair{Theirs: p[0], Ours: p[1]})
	}
	b.Codes.Items, b.Codes.Locations = in.crosses("items"), in.crosses("locations")
	return b
}

func (v *visit) agreementSide(in *input, prefix string, base agreement.Side) agreement.Side {
	s := agreement.Side{
		X12: in.text(prefix + "x12"), EDIFACT: in.text(prefix + "edifact"), Groups: fields(in.text(prefix + "groups")), Transport: base.Transport,
		Network: in.text(prefix + "network"), Tries: in.whole(prefix + "tries"), TaxNumber: in.text(prefix + "tax"),
	}
	switch {
	case s.Network != "":
		s.Transport = "van"
	case in.text(prefix+"folder") != "":
		s.Transport = "folder"
	case s.Transport == "van" || s.Transport == "folder":
		s.Transport = ""
	}
	if in.text(prefix+"patience") != "" {
		n := in.whole(prefix + "patience")
		s.Patience = &n
	}
	if in.text(prefix+"terms") != "" {
		s.Terms = &courier.Terms{}
		for _, w := range termWords {
			*w.at(s.Terms) = in.text(prefix + termField(w.name))
		}
		for _, w := range termTicks {
			*w.at(s.Terms) = in.text(prefix+w.name) != ""
		}
	}
	for _, line := range strings.Split(in.text(prefix+"delegates"), "\n") {
		parts := strings.SplitN(line, "|", 3)
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		d := agreement.Delegate{Org: parts[0]}
		if len(parts) > 1 {
			d.Name = parts[1]
		}
		if len(parts) > 2 {
			d.Sets = fields(parts[2])
		}
		s.Delegates = append(s.Delegates, d)
	}
	return s
}

// delimiter reads one character; LF and CR are written as words.
func delimiter(in *input, name string) string {
	switch s := in.text(name); strings.ToUpper(s) {
	case "LF":
		return "\n"
	default:
		return s
	}
}

// whole reads a whole number; empty is 0.
func (in *input) whole(name string) int {
	s := in.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1_000_000 {
		in.wrong.With(name, "error.number", "value", s)
		return 0
	}
	return n
}

// percent reads a percentage as a ratio: "0.5" is "0.005". Empty is empty.
func (in *input) percent(name string) string {
	s := strings.TrimSpace(strings.TrimSuffix(in.text(name), "%"))
	if s == "" {
		return ""
	}
	n, ok := decimal(s)
	if !ok || n < 0 || n > 100*money.One || n%100 != 0 {
		in.wrong.With(name, "error.number", "value", s)
		return ""
	}
	return (n / 100).String()
}

// pairs reads lines "theirs = ours".
func (in *input) pairs(name string) [][2]string {
	var out [][2]string
	for _, line := range strings.Split(in.text(name), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		a, b, ok := strings.Cut(line, "=")
		if a, b = strings.TrimSpace(a), strings.TrimSpace(b); !ok || a == "" || b == "" {
			in.wrong.With(name, "agreement.pair_wrong", "Value", strings.TrimSpace(line))
			return nil
		}
		out = append(out, [2]string{a, b})
	}
	return out
}

// crosses reads lines "BP:K-1 = VP:AUR-1".
func (in *input) crosses(name string) []translate.Cross {
	var out []translate.Cross
	for _, p := range in.pairs(name) {
		q, theirs, ok := strings.Cut(p[0], ":")
		r, ours, too := strings.Cut(p[1], ":")
		if !ok || !too {
			in.wrong.With(name, "agreement.cross_wrong", "Value", p[0]+" = "+p[1])
			return nil
		}
		out = append(out, translate.Cross{TheirQualifier: q, Theirs: theirs, OurQualifier: r, Ours: ours})
	}
	return out
}

func (v *visit) agreementFormPage(status int, typed *view.Form, body *agreement.Body) error {
	l, base, err := v.agreementBase()
	if err != nil {
		return err
	}
	history, err := v.w.d.Agreements.History(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return err
	}
	page := &view.AgreementFormPage{Base: v.shell(), Connection: v.connection(l, "agreement"), Number: len(history) + 1, Commercial: v.may(access.PartnerManage, l.p.Resource())}
	b := base.Body
	if body != nil {
		b = *body
	}
	page.Form = view.Form{Values: agreementValues(b)}
	if typed != nil {
		page.Form = *typed
	} else {
		page.Form.Values["version"] = strconv.Itoa(base.Number)
	}
	kept := v.values("keep")
	all := typed == nil || typed.Value("version") != strconv.Itoa(base.Number) || v.input().text("version") != typed.Value("version") // of another version: its own numbers
	for i, g := range base.Body.Guides {
		var head struct{ Name, Set, Version string }
		_ = json.Unmarshal(g, &head)
		page.Guides = append(page.Guides, view.Tick{Name: strconv.Itoa(i), Label: view.Raw(strings.TrimSpace(head.Name + " " + head.Set + " " + head.Version)), On: all || slices.Contains(kept, strconv.Itoa(i))})
	}
	page.X12, page.EDIFACT = v.agreementSets(l, b)
	for _, s := range []side{l.ours, l.theirs} {
		page.Sides = append(page.Sides, v.agreementSideForm(l, s, &page.Form))
	}
	if l.own != l.p.Supplier {
		slices.Reverse(page.Sides)
	}
	for _, name := range []string{"element", "component", "repetition", "segment"} {
		page.WritingOpen = page.WritingOpen || !page.Form.Error("delimiter_"+name).IsZero()
	}
	for _, name := range []string{"lines", "implementation", "only_errors"} {
		page.Ticks = append(page.Ticks, view.Tick{Name: name, Label: view.T("agreement.f." + name), Hint: view.T("agreement." + name + "_hint"), On: page.Form.Value(name) != ""})
	}
	page.Choices = map[string][]view.Option{}
	for name, words := range map[string][]string{"price_date": agreement.PriceDates, "price_basis": agreement.PriceBases, "free_goods": agreement.FreeGoods, "tax_rounding": agreement.Roundings} {
		page.Choices[name] = []view.Option{{Label: view.T("agreement.not_agreed")}}
		for _, w := range words {
			page.Choices[name] = append(page.Choices[name], view.Option{Value: w, Label: view.T("agreement." + name + "." + w)})
		}
	}
	page.Business = nil
	for _, name := range []string{"tax_reverse", "check_locations"} {
		page.Business = append(page.Business, view.Tick{Name: name, Label: view.T("agreement.f." + name), Hint: view.T("agreement." + name + "_hint"), On: page.Form.Value(name) != ""})
	}
	return v.renderAs(status, page, nil)
}

// agreementSets are the boxes of both standards, the supplier's first.
func (v *visit) agreementSets(l link, b agreement.Body) (x12, edifact []view.AgreementSets) {
	supplier, reseller, either := gateway.Documents()
	for _, s := range []struct {
		word, org string
		kinds     []string
	}{{agreement.Supplier, l.p.Supplier, slices.Concat(supplier, either)}, {agreement.Reseller, l.p.Reseller, slices.Concat(reseller, either)}} {
		a, e := view.AgreementSets{Company: l.n.company(s.org)}, view.AgreementSets{Company: l.n.company(s.org)}
		for _, kind := range s.kinds {
			label := view.Raw(kind)
			if v.has("document." + kind) {
				label = view.T("agreement.set_named", "code", kind, "name", view.T("document."+kind))
			}
			o := view.Option{Value: kind + ":" + s.word, Label: label, On: slices.Contains(b.Sets, agreement.Set{Kind: kind, From: s.word})}
			if kind[0] >= '0' && kind[0] <= '9' {
				a.Sets = append(a.Sets, o)
			} else {
				e.Sets = append(e.Sets, o)
			}
		}
		x12, edifact = append(x12, a), append(edifact, e)
	}
	return x12, edifact
}

func (v *visit) agreementSideForm(l link, s side, form *view.Form) view.AgreementSide {
	prefix := agreement.Supplier + "_"
	if s.org == l.p.Reseller {
		prefix = agreement.Reseller + "_"
	}
	out := view.AgreementSide{Prefix: prefix, Company: l.n.company(s.org), Choices: map[string][]view.Option{}, Terms: form.Value(prefix+"terms") != ""}
	for kind, name := range map[account.IdentityKind]string{account.X12: "x12", account.EDIFACT: "edifact"} {
		list := []view.Option{{Label: view.T("agreement.not_agreed")}}
		now := form.Value(prefix + name)
		for _, i := range s.ids {
			if i.Kind == kind {
				text := identityText(i.Identity)
				list = append(list, view.Option{Value: text, Label: view.Raw(text)})
			}
		}
		if now != "" && !slices.ContainsFunc(list, func(o view.Option) bool { return o.Value == now }) {
			list = append(list, view.Option{Value: now, Label: view.Raw(now)})
		}
		out.Choices[name] = list
	}
	for _, w := range termWords {
		for _, c := range courier.Choices(w.name) {
			out.Choices[termField(w.name)] = append(out.Choices[termField(w.name)], view.Option{Value: c, Label: termWord(w.name, c)})
		}
	}
	for _, w := range termTicks {
		out.Ticks = append(out.Ticks, view.Tick{Name: prefix + w.name, Label: view.T("terms." + w.name), On: form.Value(prefix+w.name) != ""})
	}
	return out
}

// termField is the field of a term beside the fields of a side.
func termField(name string) string {
	if name == "transport" {
		return "key_transport"
	}
	return name
}

// agreementValues are the fields of a body.
func agreementValues(b agreement.Body) map[string]string {
	out := map[string]string{"x12": b.X12, "edifact": b.EDIFACT}
	number := func(name string, n int) {
		if n > 0 {
			out[name] = strconv.Itoa(n)
		}
	}
	tick := func(name string, on bool) {
		if on {
			out[name] = "1"
		}
	}
	for prefix, s := range map[string]agreement.Side{"supplier_": b.Supplier, "reseller_": b.Reseller} {
		for name, value := range map[string]string{"x12": s.X12, "edifact": s.EDIFACT, "groups": strings.Join(s.Groups, ", "), "tax": s.TaxNumber} {
			out[prefix+name] = value
		}
		number(prefix+"tries", s.Tries)
		out[prefix+"network"] = s.Network
		tick(prefix+"folder", s.Transport == "folder")
		if s.Patience != nil {
			out[prefix+"patience"] = strconv.Itoa(*s.Patience)
		}
		tick(prefix+"terms", s.Terms != nil)
		if s.Terms != nil {
			full := s.Terms.Filled()
			for _, w := range termWords {
				out[prefix+termField(w.name)] = *w.at(&full)
			}
			for _, w := range termTicks {
				tick(prefix+w.name, *w.at(&full))
			}
		}
		var lines []string
		for _, d := range s.Delegates {
			lines = append(lines, strings.TrimSuffix(strings.TrimSpace(d.Org+" | "+d.Name+" | "+strings.Join(d.Sets, " ")), " |"))
		}
		out[prefix+"delegates"] = strings.Join(lines, "\n")
	}
	for name, d := range map[string]string{"element": b.Writing.Element, "component": b.Writing.Component, "repetition": b.Writing.Repetition, "segment": b.Writing.Segment} {
		if d == "\n" {
			d = "LF"
		}
		out["delimiter_"+name] = d
	}
	tick("lines", b.Writing.Lines)
	tick("implementation", b.Writing.Implementation)
	tick("only_errors", b.Writing.OnlyErrors)
	tick("check_locations", b.CheckLocations)
	tick("tax_reverse", b.Tax.Reverse)
	out["tax_rounding"] = b.Tax.Rounding
	number("duplicate_days", b.DuplicateDays)
	number("response_hours", b.ResponseHours)
	out["price_date"], out["price_basis"], out["free_goods"] = b.Price.Date, b.Price.Basis, b.Price.FreeGoods
	out["price_tolerance"], out["quantity_tolerance"] = percentText(b.Price.PriceTolerance), percentText(b.Price.QuantityTolerance)
	var units []string
	for _, p := range b.Codes.Units {
		units = append(units, p.Theirs+" = "+p.Ours)
	}
	out["units"], out["items"], out["locations"] = strings.Join(units, "\n"), crossLines(b.Codes.Items), crossLines(b.Codes.Locations)
	return out
}

func crossLines(list []translate.Cross) string {
	var out []string
	for _, c := range list {
		out = append(out, c.TheirQualifier+":"+c.Theirs+" = "+c.OurQualifier+":"+c.Ours)
	}
	return strings.Join(out, "\n")
}
