package web

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/chat/attach"
	"entente/chat/library"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
)

func libraryRoutes() []Route {
	return []Route{
		get("/c/:slug/library", "library", InCompany, access.LibraryRead, libraryList),
		get("/c/:slug/library/new", "document form", InCompany, access.LibraryManage, documentNew),
		post("/c/:slug/library/bring", "publish document", InCompany, access.LibraryManage, documentPublish),
		get("/c/:slug/library/:id", "document of the library", InCompany, access.LibraryRead, documentShow),
		get("/c/:slug/library/:id/file", "file of a document", InCompany, access.LibraryRead, documentFile),
		get("/c/:slug/library/:id/versions/:n/file", "file of a version", InCompany, access.LibraryRead, documentFile),
		get("/c/:slug/library/:id/edit", "change document", InCompany, access.LibraryManage, documentEdit),
		post("/c/:slug/library/:id/edit", "save document", InCompany, access.LibraryManage, documentSave),
		post("/c/:slug/library/:id/bring", "renew document", InCompany, access.LibraryManage, documentRenew),
		post("/c/:slug/library/:id/confirm", "confirm document", InCompany, access.LibraryConfirm, documentDeed("library.said_confirmed", func(v *visit, id library.ID) error {
			n, _ := strconv.Atoi(v.FormValue("version"))
			return v.w.d.Library.Confirm(v.ctx, v.actor(), id, n)
		})),
		post("/c/:slug/library/:id/withdraw", "withdraw document", InCompany, access.LibraryManage, documentDeed("said.saved", func(v *visit, id library.ID) error {
			return v.w.d.Library.Withdraw(v.ctx, v.actor(), id, v.FormValue("on") != "")
		})),
		post("/c/:slug/library/:id/remind", "remind of document", InCompany, access.LibraryManage, documentDeed("library.said_reminded", func(v *visit, id library.ID) error {
			return v.w.d.Library.Remind(v.ctx, v.actor(), id)
		})),
	}
}

// documentDeed does something with a document and leads back to it.
func documentDeed(said string, do func(v *visit, id library.ID) error) func(*visit) error {
	return func(v *visit) error {
		id := library.ID(v.Params("id"))
		if err := do(v, id); err != nil {
			return err
		}
		return v.done(v.path("library", string(id)), said)
	}
}

var documentStates = map[library.State]view.State{library.Scheduled: "document.scheduled", library.Current: "document.current", library.Expired: "document.expired", library.Withdrawn: "document.withdrawn"}

var documentMarks = map[string]view.Text{library.MarkNew: view.T("library.mark.new"), library.MarkChanged: view.T("library.mark.changed")}

func documentKind(kind string) view.Text { return view.T("library.kind." + kind) }

// documentLanguage is the name of a language in that language; zero for any.
func documentLanguage(code string) view.Text {
	if code == "" {
		return view.Text{}
	}
	return view.T("library.language." + code)
}

var libraryTabs = []string{"all", "new", "confirm", "own"}

// libraryTab is the tab that was chosen; or else what is there: who publishes, and is sent
// nothing, begins with its own.
func (v *visit) libraryTab(manage bool) (string, error) {
	if t := oneOf(v.Query("view"), libraryTabs); t != "" || !manage {
		return or(t, "all"), nil
	}
	for _, own := range []bool{false, true} {
		list, _, err := v.w.d.Library.List(v.ctx, v.actor(), library.Filter{Own: own, Limit: 1})
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			return map[bool]string{false: "all", true: "own"}[own], nil
		}
	}
	return "all", nil
}

// libraryList is what partners publish to the company, or what it publishes itself.
func libraryList(v *visit) error {
	manage := v.may(access.LibraryManage, access.Own(v.org()))
	seen, err := v.libraryTab(manage)
	if err != nil {
		return err
	}
	f := library.Filter{Owner: v.Query("from"), Kind: oneOf(v.Query("kind"), library.Kinds), Language: oneOf(v.Query("language"), library.Languages), Query: v.search(), After: v.Query("after"), Limit: pageRows,
		Own: seen == "own", Fresh: seen == "new", Asked: seen == "confirm"}
	list, next, err := v.w.d.Library.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	var orgs []string
	for _, d := range list {
		orgs = append(orgs, d.Owner)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	lists := []view.Filter{choice("kind", "field.kind", f.Kind, kindOptions("")), choice("language", "field.language", f.Language, languageOptions(""))}
	if !f.Own {
		lists = append(lists, choice("from", "library.from", f.Owner, partners.options()))
	}
	page := &view.LibraryPage{Base: v.shell(), URL: v.path("library"), Own: f.Own, Filters: v.filters("library.search", false, []string{"view"}, lists...), Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, t := range libraryTabs {
		if t == "own" && !manage && !f.Own {
			continue
		}
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T("library.view." + t), URL: v.again("view", t, "from", ""), Count: -1, On: t == seen})
	}
	if manage {
		page.NewURL = v.path("library", "new")
	}
	for _, d := range list {
		page.Rows = append(page.Rows, v.documentRow(d, n))
	}
	return v.render(page, fragments{"list": "library.list", "rows": "library.list"})
}

func (v *visit) documentRow(d library.Document, n names) view.LibraryRow {
	row := view.LibraryRow{URL: v.path("library", string(d.ID)), Title: d.Title, Kind: documentKind(d.Kind), Language: documentLanguage(d.Language), Owner: v.foreign(d.Owner, n), Version: d.Version, Changed: d.Changed, Mark: documentMarks[d.Mark], Asked: d.CanConfirm, Expires: view.Date(d.Expires),
		File: view.FileLink{Name: d.File.Name, Size: d.File.Size}}
	if d.State != "" {
		row.Status = view.Status{State: documentStates[d.State]}
	}
	return row
}

func kindOptions(on string) []view.Option {
	var out []view.Option
	for _, k := range library.Kinds {
		out = append(out, view.Option{Value: k, Label: documentKind(k), On: k == on})
	}
	return out
}

func languageOptions(on string) []view.Option {
	var out []view.Option
	for _, l := range library.Languages {
		out = append(out, view.Option{Value: l, Label: documentLanguage(l), On: l == on})
	}
	return out
}

func documentShow(v *visit) error { return v.documentPage(200, view.Form{}) }

// documentPage is a document; form is of a new version.
func (v *visit) documentPage(status int, form view.Form) error {
	id := library.ID(v.Params("id"))
	d, err := v.w.d.Library.Read(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	own := d.Owner == v.org()
	orgs, people := []string{d.Owner}, []string{d.MadeBy}
	var versions []library.Version
	var readers []library.Reader
	if own {
		orgs = append(orgs, d.Audience.Orgs...)
		if versions, err = v.w.d.Library.Versions(v.ctx, v.actor(), id); err != nil {
			return err
		}
		for _, x := range versions {
			people = append(people, x.MadeBy)
		}
	}
	register := own && v.may(access.LibraryRegister, access.Own(d.Owner))
	number, _ := strconv.Atoi(v.Query("version"))
	if number < 1 || number > d.Version {
		number = d.Version
	}
	if register {
		if readers, err = v.w.d.Library.Register(v.ctx, v.actor(), id, number); err != nil {
			return err
		}
		for _, r := range readers {
			orgs = append(orgs, r.Org)
			for _, x := range r.Readings {
				people = append(people, x.Person)
			}
		}
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	page := &view.DocumentPage{Base: v.shell(), URL: v.path("library", string(id)), Row: v.documentRow(d, n), About: d.About, Note: d.Note, Confirm: d.Confirm, Confirmed: d.Confirmed, Own: own, CanManage: d.CanManage, Register: register, Form: form, Shown: number}
	page.Row.File = v.fileLink(d.File.Name, d.File.Type, d.File.Size, page.URL+"/file")
	fact := func(key string, value view.Text) {
		if !value.IsZero() {
			page.Facts = append(page.Facts, view.KV{Label: view.T(key), Value: value})
		}
	}
	fact("library.from", view.Raw(page.Row.Owner))
	fact("field.kind", page.Row.Kind)
	fact("field.language", page.Row.Language)
	fact("library.version", view.Raw(v.p.Count(d.Version)))
	if d.ValidFrom != "" {
		fact("field.valid_from", view.Raw(v.p.Date(d.ValidFrom)))
	}
	if d.Expires != "" {
		fact("field.expires", view.Raw(v.p.Date(d.Expires)))
	}
	if own {
		page.Audience = v.audienceOf(d.Audience, n)
		page.Withdrawn = d.State == library.Withdrawn
		page.EditURL = page.URL + "/edit"
		for _, x := range versions {
			page.Versions = append(page.Versions, view.DocumentVersion{Number: x.Number, Note: x.Note, By: n.person(x.MadeBy), At: x.Made, File: v.fileLink(x.File.Name, x.File.Type, x.File.Size, page.URL+"/versions/"+strconv.Itoa(x.Number)+"/file"), RegisterURL: page.URL + "?version=" + strconv.Itoa(x.Number) + "#register", On: x.Number == number})
		}
		for _, r := range readers {
			row := view.RegisterRow{Company: n.org(r.Org), Gone: !r.Addressed, Confirmed: r.Confirmed}
			for _, x := range r.Readings {
				row.People = append(row.People, view.RegisterPerson{Name: n.person(x.Person), Seen: x.Seen, Fetched: x.Fetched, Fetches: x.Fetches, Confirmed: x.Confirmed})
			}
			if r.Addressed && d.Confirm && !r.Confirmed {
				page.Missing++
			}
			page.Readers = append(page.Readers, row)
		}
		page.CanRemind = d.CanManage && d.Confirm && d.State == library.Current && page.Missing > 0 && number == d.Version
	}
	return v.renderAs(status, page, nil)
}

// audienceOf says to whom a document goes.
func (v *visit) audienceOf(a library.Audience, n names) []view.Text {
	var out []view.Text
	if a.Everyone {
		switch {
		case len(a.Tiers) > 0 && len(a.Countries) > 0:
			out = append(out, view.T("library.to_both", "tiers", strings.Join(a.Tiers, ", "), "countries", v.countryNames(a.Countries)))
		case len(a.Tiers) > 0:
			out = append(out, view.T("library.to_tiers", "tiers", strings.Join(a.Tiers, ", ")))
		case len(a.Countries) > 0:
			out = append(out, view.T("library.to_countries", "countries", v.countryNames(a.Countries)))
		default:
			out = append(out, view.T("library.to_all"))
		}
	}
	for _, o := range a.Orgs {
		out = append(out, view.Raw(n.org(o)))
	}
	return out
}

func (v *visit) countryNames(codes []string) string {
	var out []string
	for _, c := range codes {
		out = append(out, countryText(c, v.p).In(v.p))
	}
	return strings.Join(out, ", ")
}

// fileLink is a file with where it is shown and taken; pictures and PDF can be shown.
func (v *visit) fileLink(name, kind string, size int64, to string) view.FileLink {
	link := view.FileLink{Name: name, Size: size, URL: to, EDI: attach.EDI(kind)}
	switch {
	case attach.Picture(kind):
		link.Image = to + "?show=1"
	case kind == attach.TypePDF:
		link.PDF = to + "?show=1"
	}
	return link
}

// sendBrought sends a file that somebody brought. A picture or a PDF is shown where that was
// asked for, anything else is a download; never is it a page of ours. A PDF is shown by the
// browser's own reader, which a sandbox would shut out; it runs no script of the file in our name.
func (v *visit) sendBrought(name, kind string, size int64, body io.Reader) error {
	how, mime, policy := "attachment", fiber.MIMEOctetStream, "default-src 'none'; sandbox"
	if v.Query("show") != "" && (attach.Picture(kind) || kind == attach.TypePDF) {
		how, mime = "inline", kind
		if kind == attach.TypePDF {
			policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
		}
	}
	v.Set(fiber.HeaderContentType, mime)
	v.Set(fiber.HeaderContentDisposition, disposition(how, name))
	v.Set(fiber.HeaderContentSecurityPolicy, policy)
	v.Context().SetBodyStream(body, int(size)) // closed by the server once sent
	return nil
}

func documentFile(v *visit) error {
	n := 0
	if v.Params("n") != "" {
		var err error
		if n, err = strconv.Atoi(v.Params("n")); err != nil || n < 1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	f, body, err := v.w.d.Library.Open(v.ctx, v.actor(), library.ID(v.Params("id")), n)
	if err != nil {
		return err
	}
	return v.sendBrought(f.Name, f.Type, f.Size, body)
}

func documentNew(v *visit) error {
	return v.documentForm(200, "", library.Document{Kind: library.Manual, Audience: library.Audience{Everyone: true}}, view.Form{})
}

func documentEdit(v *visit) error {
	id := library.ID(v.Params("id"))
	d, err := v.w.d.Library.Read(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.LibraryManage, access.Resource{Owner: d.Owner, Members: []string{v.org()}}); err != nil {
		return err
	}
	return v.documentForm(200, id, d, view.Form{Values: map[string]string{"title": d.Title, "about": d.About, "valid_from": d.ValidFrom, "expires": d.Expires}})
}

// documentForm makes a document or changes one; d says what is chosen.
func (v *visit) documentForm(status int, id library.ID, d library.Document, f view.Form) error {
	c, err := v.w.d.Library.Choices(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page := &view.DocumentFormPage{Base: v.shell(), URL: v.path("library", "bring"), BackURL: v.path("library") + "?view=own", ID: string(id), Form: f, Kinds: kindOptions(d.Kind), Everyone: d.Audience.Everyone, Confirm: d.Confirm}
	if id != "" {
		page.BackURL = v.path("library", string(id))
		page.URL = page.BackURL + "/edit"
	}
	page.Languages = append([]view.Option{{Value: "", Label: view.T("library.any_language"), On: d.Language == ""}}, languageOptions(d.Language)...)
	tiers, lands, orgs := slices.Clone(c.Tiers), slices.Clone(d.Audience.Countries), slices.Clone(d.Audience.Orgs)
	tiers = append(tiers, d.Audience.Tiers...)
	for _, p := range c.Partners {
		lands, orgs = append(lands, p.Country), append(orgs, p.Org)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, t := range distinct(tiers) {
		page.Tiers = append(page.Tiers, view.Option{Value: t, Label: view.Raw(t), On: slices.Contains(d.Audience.Tiers, t)})
	}
	for _, l := range distinct(lands) {
		page.Countries = append(page.Countries, view.Option{Value: l, Label: countryText(l, v.p), On: slices.Contains(d.Audience.Countries, l)})
	}
	for _, o := range distinct(orgs) {
		page.Partners = append(page.Partners, view.Option{Value: o, Label: view.Raw(n.org(o)), On: slices.Contains(d.Audience.Orgs, o)})
	}
	slices.SortFunc(page.Partners, func(a, b view.Option) int { return compareText(a.Label.Raw, b.Label.Raw) })
	return v.renderAs(status, page, nil)
}

// documentCmd reads the form of a document.
func (v *visit) documentCmd(in *input) library.Cmd {
	return library.Cmd{Title: in.text("title"), About: in.values["about"], Kind: in.text("kind"), Language: in.text("language"), ValidFrom: in.date("valid_from"), Expires: in.date("expires"), Confirm: in.text("confirm") != "", Key: v.key(),
		Audience: library.Audience{Everyone: in.text("everyone") != "", Tiers: v.all("tier"), Countries: v.all("country"), Orgs: v.all("partner")}}
}

// documentWrong shows the form again with what is wrong.
func (v *visit) documentWrong(in *input, id library.ID, cmd library.Cmd, err error) error {
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.documentForm(422, id, library.Document{Kind: cmd.Kind, Language: cmd.Language, Confirm: cmd.Confirm, Audience: cmd.Audience}, in.form(errs, note))
}

// brought is the file of a form, nil where none was chosen. It is closed by the caller.
func (v *visit) brought() (string, io.ReadCloser, error) {
	head, err := v.FormFile("file")
	if err != nil || head.Filename == "" && head.Size == 0 {
		return "", nil, fault.InvalidField("file", "form.missing")
	}
	body, err := head.Open()
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return head.Filename, body, nil
}

func documentPublish(v *visit) error {
	in := v.input()
	cmd := v.documentCmd(in)
	err := in.err()
	id := library.ID("")
	if err == nil {
		name, body, noFile := v.brought()
		if err = noFile; err == nil {
			id, err = v.w.d.Library.Publish(v.ctx, v.actor(), cmd, name, body)
			_ = body.Close()
		}
	}
	if err != nil {
		return v.documentWrong(in, "", cmd, err) // denied first to who may not publish
	}
	return v.done(v.path("library", string(id)), "library.said_published")
}

func documentSave(v *visit) error {
	in, id := v.input(), library.ID(v.Params("id"))
	cmd := v.documentCmd(in)
	if _, err := v.w.d.Library.Versions(v.ctx, v.actor(), id); err != nil {
		return err
	}
	err := in.err()
	if err == nil {
		err = v.w.d.Library.Change(v.ctx, v.actor(), id, cmd)
	}
	if err != nil {
		return v.documentWrong(in, id, cmd, err)
	}
	return v.done(v.path("library", string(id)), "said.saved")
}

func documentRenew(v *visit) error {
	in, id := v.input(), library.ID(v.Params("id"))
	if _, err := v.w.d.Library.Versions(v.ctx, v.actor(), id); err != nil {
		return err
	}
	name, body, err := v.brought()
	if err == nil {
		_, err = v.w.d.Library.Renew(v.ctx, v.actor(), id, in.text("note"), name, body)
		_ = body.Close()
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.documentPage(422, in.form(errs, note))
	}
	return v.done(v.path("library", string(id)), "library.said_renewed")
}

// findDocuments are documents of the library for the search: those of partners, then the own.
func (v *visit) findDocuments(q string) ([]view.Hit, error) {
	if !v.lists(access.LibraryRead) {
		return nil, nil
	}
	var out []view.Hit
	for _, own := range []bool{false, true} {
		list, _, err := v.w.d.Library.List(v.ctx, v.actor(), library.Filter{Query: q, Own: own, Limit: hitsOfAKind})
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if len(out) < hitsOfAKind {
				out = append(out, view.Hit{Icon: "file-text", Title: view.Raw(d.Title), Sub: documentKind(d.Kind), URL: v.path("library", string(d.ID))})
			}
		}
	}
	return out, nil
}

// findTopics are topics of the forum for the search.
func (v *visit) findTopics(q string) ([]view.Hit, error) {
	if !v.lists(access.ForumRead) {
		return nil, nil
	}
	list, err := v.w.d.Forum.Related(v.ctx, v.actor(), q)
	var out []view.Hit
	for _, t := range list {
		state := view.Status{State: topicStates[t.State]}
		out = append(out, view.Hit{Icon: "messages", Title: view.Raw(t.Title), Sub: view.T("forum.kind." + string(t.Kind)), URL: v.path("forum", "topics", string(t.ID)), Status: &state})
	}
	return out, err
}
