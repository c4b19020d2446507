package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"entente/edi/flat"
	"entente/edi/format"
	"entente/edi/gateway"
	"entente/edi/xlsx"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/partner"
	"entente/prm/trade"
)

// What a page shows of a file in a form; the download has all.
const (
	shownText = 64 << 10
	shownRows = 50
)

// styleCard says how the company's files look in a partnership.
func (v *visit) styleCard(l link, f linkForms) (*view.StyleCard, error) {
	if l.p.State != partner.Active && l.p.State != partner.Suspended {
		return nil, nil
	}
	s, err := v.w.d.Gateway.Style(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return nil, err
	}
	card := &view.StyleCard{Editable: v.may(access.LinkManage, l.p.Resource())}
	if f.style != nil {
		card.Form = *f.style
		s.Decimal, s.Comma, s.Kind = card.Form.Value("decimal"), separatorOf(card.Form.Value("comma")), card.Form.Value("kind")
	} else {
		var lines []string
		for our, their := range s.Columns {
			lines = append(lines, our+" = "+their)
		}
		slices.Sort(lines)
		card.Form.Values = map[string]string{"columns": strings.Join(lines, "\n"), "client": s.Client, "system": s.System, "partner_number": s.Partner}
	}
	for _, d := range []string{"", ","} {
		card.Decimals = append(card.Decimals, view.Option{Value: d, Label: view.T("formats.decimal." + map[string]string{"": "point", ",": "comma"}[d]), On: d == s.Decimal})
	}
	for _, c := range []string{"", ",", ";", "|", "\t"} {
		name := map[string]string{"": "usual", ",": "comma", ";": "semicolon", "|": "bar", "\t": "tab"}[c]
		card.Commas = append(card.Commas, view.Option{Value: separatorWord(c), Label: view.T("formats.comma." + name), On: c == s.Comma})
	}
	card.Kinds = []view.Option{{Value: "", Label: view.T("formats.kind_column"), On: s.Kind == ""}}
	for _, k := range []string{"850", "855", "856", "810"} {
		card.Kinds = append(card.Kinds, view.Option{Value: k, Label: view.T("edi.type_of", "code", k, "name", view.T("document."+k)), On: k == s.Kind})
		for _, c := range flat.Columns(k) {
			if !slices.Contains(card.Columns, c) {
				card.Columns = append(card.Columns, c)
			}
		}
	}
	return card, nil
}

func separatorWord(c string) string {
	if c == "\t" {
		return "tab"
	}
	return c
}

func separatorOf(word string) string {
	if word == "tab" {
		return "\t"
	}
	return word
}

// styleSave changes it.
func styleSave(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	s := gateway.Style{
		Decimal: in.text("decimal"), Comma: separatorOf(in.text("comma")), Kind: in.text("kind"),
		Client: in.text("client"), System: in.text("system"), Partner: in.text("partner_number"),
	}
	for _, line := range strings.Split(in.values["columns"], "\n") {
		our, their, ok := strings.Cut(line, "=")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !ok {
			in.wrong.With("columns", "formats.columns_wrong", "Line", clip(strings.TrimSpace(line), 60))
			continue
		}
		if s.Columns == nil {
			s.Columns = map[string]string{}
		}
		s.Columns[strings.TrimSpace(our)] = strings.TrimSpace(their)
	}
	err := in.err()
	if err == nil {
		err = v.w.d.Gateway.SetStyle(v.ctx, v.actor(), v.Params("id"), s)
	}
	if err != nil {
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.style = form })
	}
	return v.linkDone("said.saved")
}

// previewed is what a preview was asked for: a kind of document that the company
// receives, with the format asked for, else the one in use, else JSON.
type previewed struct {
	l     link
	route gateway.Route
	f     gateway.RouteFormat
}

func (v *visit) previewed() (previewed, error) {
	var p previewed
	l, err := v.link(v.Params("id"))
	if err != nil {
		return p, err
	}
	routes, err := v.w.d.Gateway.Routes(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return p, err
	}
	at := slices.IndexFunc(routes, func(r gateway.Route) bool { return r.Kind == v.Query("kind") })
	if at < 0 {
		return p, fault.New(fault.NotFound, "error.not_found")
	}
	p = previewed{l: l, route: routes[at], f: gateway.RouteFormat{Syntax: routes[at].Syntax, Version: routes[at].Version}}
	if asked := v.Query("format"); asked != "" {
		p.f.Syntax, p.f.Version, _ = strings.Cut(asked, " ")
	}
	if !slices.Contains(gateway.RouteFormats, p.f) {
		p.f = gateway.RouteFormat{Syntax: format.JSON}
	}
	return p, nil
}

// preview writes the document: the newest that was exchanged, else one made of the newest
// order on the pages.
func (v *visit) preview(p previewed) (gateway.Preview, error) {
	given, err := v.givenDocument(p)
	if err != nil {
		return gateway.Preview{}, err
	}
	return v.w.d.Gateway.Preview(v.ctx, v.actor(), p.l.p.ID, p.route.Kind, p.f, given)
}

// givenDocument is an order of the partnership as a document, where the actor may see
// orders; nil where there is none.
func (v *visit) givenDocument(p previewed) (format.Document, error) {
	if p.route.Kind != "850" || !v.lists(access.OrderRead) {
		return nil, nil
	}
	list, err := v.w.d.Trade.List(v.ctx, v.actor(), trade.Filter{Partner: p.l.other, Limit: 1})
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	d, _, err := v.w.d.Trade.PurchaseOrder(v.ctx, v.actor(), list.Items[0].ID)
	if err != nil {
		if fault.IsNotFound(err) {
			err = nil
		}
		return nil, err
	}
	return &d, nil
}

// formPreview shows a real document as it would arrive, before the format is chosen.
func formPreview(v *visit) error {
	p, err := v.previewed()
	if err != nil {
		return err
	}
	base := v.path("edi", "connections", p.l.p.ID)
	page := &view.FormPreviewPage{Base: v.shell(), Connection: v.connection(p.l, ""), Code: p.route.Kind, Name: view.T("document." + p.route.Kind), Format: formatValue(p.f.Syntax, p.f.Version),
		Chosen: p.f == gateway.RouteFormat{Syntax: p.route.Syntax, Version: p.route.Version}, CanSave: v.may(access.LinkManage, p.l.p.Resource())}
	for _, f := range gateway.RouteFormats {
		value := formatValue(f.Syntax, f.Version)
		page.Formats = append(page.Formats, view.Option{Value: value, Label: view.Raw(formatName(f)), On: f == p.f})
	}
	doors, err := v.w.d.Gateway.Doors(v.ctx, v.actor(), p.route.Door)
	if err != nil {
		return err
	}
	for _, d := range doors {
		if d == gateway.RoutePages || d == gateway.RouteUsual && p.route.Kind == "850" {
			continue // nothing is sent there
		}
		page.Doors = append(page.Doors, view.Option{Value: d, Label: view.T("routes.door." + or(d, "usual")), On: d == p.route.Door})
	}
	got, err := v.preview(p)
	switch f := fault.As(err); {
	case fault.IsNotFound(err):
		return v.render(page, nil)
	case err != nil && f.Code == fault.Invalid:
		page.Refused = view.Keyed(f.Key, f.Args)
		return v.render(page, nil)
	case err != nil:
		return err
	}
	page.Number = or(got.Number, page.Code)
	if got.From != "" && v.lists(access.EDIRead) {
		page.FromURL = v.path("edi", got.From)
	}
	page.FileURL = base + "/preview/file?" + url.Values{"kind": {page.Code}, "format": {page.Format}}.Encode()
	for _, l := range got.Lost {
		if len(page.Lost) == shownRows {
			break
		}
		page.Lost = append(page.Lost, view.KV{Label: view.Raw(l.Path), Value: view.Raw(clean([]byte(clip(l.Value, 200)))), Mono: true})
	}
	if p.f.Syntax == format.XLSX {
		page.Table, page.Cut = tableOf(got.Bytes)
		return v.render(page, nil)
	}
	page.Text, page.Cut = readable(got.Bytes, p.f.Syntax)
	return v.render(page, nil)
}

// formPreviewFile gives the same as a file.
func formPreviewFile(v *visit) error {
	p, err := v.previewed()
	if err != nil {
		return err
	}
	got, err := v.preview(p)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, got.Media)
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="`+got.Name+`"`)
	v.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return v.Send(got.Bytes)
}

// readable is the text of a file as a page shows it: JSON indented, segments of EDI on
// lines of their own, no control characters.
func readable(b []byte, syntax string) (text string, cut bool) {
	var out bytes.Buffer
	switch {
	case syntax == format.JSON && json.Indent(&out, bytes.TrimSpace(b), "", "  ") == nil:
		b = out.Bytes()
	case syntax == gateway.SyntaxX12:
		b = bytes.ReplaceAll(b, []byte("~"), []byte("~\n"))
	case syntax == gateway.SyntaxEDIFACT:
		b = bytes.ReplaceAll(b, []byte("'"), []byte("'\n"))
	}
	if len(b) > shownText {
		b, cut = b[:shownText], true
		for len(b) > 0 && !utf8.RuneStart(b[len(b)-1]) {
			b = b[:len(b)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < ' ' || r == 0x7f) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(b), "\uFFFD")), cut
}

// tableOf are the first rows of a workbook.
func tableOf(b []byte) (rows [][]string, cut bool) {
	r, err := xlsx.Open(bytes.NewReader(b), int64(len(b)), "")
	if err != nil {
		return nil, false
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if err != nil {
			return rows, false
		}
		if len(rows) == shownRows {
			return rows, true
		}
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, clean([]byte(c.Text)))
		}
		rows = append(rows, cells)
	}
}

// formLines are the lines of a file in a form, for the pane that shows segments.
func formLines(body io.Reader, syntax string) (out []view.RawSegment, cut bool, err error) {
	b, err := io.ReadAll(io.LimitReader(body, shownBytes))
	if err != nil {
		return nil, false, fault.Wrap(err, fault.Internal, "error.internal")
	}
	var lines []string
	if syntax == format.XLSX {
		var rows [][]string
		if rows, cut = tableOf(b); rows == nil {
			return nil, false, nil
		}
		for _, r := range rows {
			lines = append(lines, strings.Join(r, "\t"))
		}
	} else {
		var text string
		text, cut = readable(b, syntax)
		lines = strings.Split(strings.TrimRight(text, "\n"), "\n")
	}
	for i, l := range lines {
		if i == shownSegments {
			return out, true, nil
		}
		out = append(out, view.RawSegment{Number: i + 1, Parts: []view.RawPart{{Text: strings.TrimRight(l, "\r")}}})
	}
	return out, cut, nil
}

// trialRows is how many interchanges of a report a page shows.
const trialRows = 50

// maxSend is the largest file that the page takes.
const maxSend = 32 << 20

// LargeForms are the ends of the paths of pages that take large files.
var LargeForms = []string{"/edi/send", "/files/orders", "/files/products", "/files/references", "/messages", "/bring", "/forum/new", "/reply"}

// formSend is the page for a file of documents.
func formSend(v *visit) error { return v.formSendPage(200, view.Form{}) }

func (v *visit) formSendPage(status int, f view.Form) error {
	partners, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.FormSendPage{Base: v.shell(), Form: f, Most: v.p.Count(maxSend >> 20), APIURL: "/api/docs", Partners: []view.Option{{Value: "", Label: view.T("formats.partner_in_file")}}}
	for _, p := range partners.all {
		if p.State != partner.Active {
			continue
		}
		o := partners.orgs[p.Other(v.org())]
		opt := view.Option{Value: o.Slug, Label: view.Raw(o.Name), On: o.Slug == f.Value("partner")}
		if !slices.ContainsFunc(page.Partners, func(x view.Option) bool { return x.Value == opt.Value }) {
			page.Partners = append(page.Partners, opt)
		}
	}
	waiting, err := v.w.d.Gateway.Uploads(v.ctx, v.actor())
	if err != nil {
		return err
	}
	var people []string
	for _, up := range waiting {
		people = append(people, up.Person)
	}
	n, err := v.lookup(nil, people)
	if err != nil {
		return err
	}
	for _, up := range waiting {
		page.Waiting = append(page.Waiting, view.UploadRow{URL: v.path("edi", "send", up.ID), Name: up.Name, By: n.person(up.Person), Size: up.Size, Made: up.Made, Expires: up.Expires})
	}
	return v.renderAs(status, page, nil)
}

// formSendNow takes a file, of which its person sees first what would become of it.
func formSendNow(v *visit) error {
	in := v.input()
	head, err := v.FormFile("file")
	if err != nil || head.Size == 0 {
		in.wrong.With("file", "formats.no_file")
		return v.formSendRefused(in, in.err())
	}
	f, err := head.Open()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer f.Close()
	up, err := v.w.d.Gateway.StageUpload(v.ctx, v.actor(), gateway.Submission{Reader: f, Door: "page", Forms: true, Partner: in.text("partner"), Name: head.Filename})
	if err != nil {
		return v.formSendRefused(in, err)
	}
	return v.seeOther(v.path("edi", "send", up.ID))
}

// uploadShow is the report of a file before it is booked.
func uploadShow(v *visit) error {
	up, err := v.w.d.Gateway.GetUpload(v.ctx, v.actor(), v.Params("upload"))
	if err != nil {
		return err
	}
	if up.State == gateway.UploadBooked {
		return v.seeOther(v.path("edi", up.Answer.ID))
	}
	trials := up.Report.Trials
	from, _ := strconv.Atoi(v.Query("from")) // what is no number is the beginning
	from = max(0, min(from-1, len(trials)-1))
	to := min(len(trials), from+trialRows)
	var orgs []string
	for _, t := range trials[from:to] {
		orgs = append(orgs, t.To)
	}
	n, err := v.lookup(orgs, []string{up.Person})
	if err != nil {
		return err
	}
	page := &view.UploadPage{Base: v.shell(), URL: v.path("edi", "send", up.ID), BackURL: v.path("edi", "send"), Name: up.Name, Size: up.Size, By: n.person(up.Person), Made: up.Made, Expires: up.Expires, Dropped: up.State == gateway.UploadDropped}
	page.Interchanges, page.Sets, page.Rejected, page.Kept, page.From, page.To = up.Report.Interchanges, up.Report.Sets, up.Report.Rejected, len(trials), from+1, to
	if from > 0 {
		page.PrevURL = v.again("from", itoa(int64(max(1, from+1-trialRows))))
	}
	if to < len(trials) {
		page.NextURL = v.again("from", itoa(int64(to+1)))
	}
	for i := range trials[from:to] {
		page.Trials = append(page.Trials, v.trial(&trials[from+i], n))
	}
	return v.renderAs(200, page, nil)
}

func (v *visit) trial(t *gateway.Trial, n names) view.Trial {
	i := gateway.Interchange{Syntax: t.Syntax, Version: t.Version, Types: t.Types}
	out := view.Trial{Type: messageType(i), Written: written(i), Control: t.Control, To: n.company(t.To), No: t.No, Left: t.Left, Test: t.Test, Status: view.Status{State: view.State("edi." + or(t.Result, "none"))}, SetCount: t.SetCount, Rejected: t.Rejected, Cut: t.Cut}
	if t.Duplicate != "" {
		out.DuplicateURL = v.path("edi", t.Duplicate)
	}
	if t.Held != "" {
		out.Held = view.T("hold." + t.Held + "_text")
	}
	out.Findings = v.findings(t.Findings, "")
	for _, s := range t.Sets {
		row := view.TrialSet{Position: s.Position, Kind: s.Kind, Number: or(s.BusinessKey, s.Control), Check: view.Status{State: view.State("edi." + s.Result)}, Becomes: view.Status{State: view.State("edi." + or(s.Business, "none"))}, Findings: v.findings(s.Findings, s.Kind)}
		out.Sets = append(out.Sets, row)
	}
	for _, a := range t.Answers {
		text, cut := readable([]byte(a.Text), t.Syntax)
		out.Answers = append(out.Answers, view.TrialAnswer{Kind: a.Kind, Text: text, Cut: cut})
	}
	return out
}

// uploadBook books a file as it was reported.
func uploadBook(v *visit) error {
	a, err := v.w.d.Gateway.BookUpload(v.ctx, v.actor(), v.Params("upload"))
	if err != nil {
		return err
	}
	said := "formats.sent"
	if a.Duplicate {
		said = "formats.sent_before"
	}
	return v.done(v.path("edi", a.ID), said)
}

// uploadDrop lets go of it.
func uploadDrop(v *visit) error {
	if err := v.w.d.Gateway.DropUpload(v.ctx, v.actor(), v.Params("upload")); err != nil {
		return err
	}
	return v.done(v.path("edi", "send"), "formats.dropped")
}

func (v *visit) formSendRefused(in *input, err error) error {
	var f *fault.Error
	if errors.As(err, &f) && len(f.Fields) == 0 && (f.Code == fault.Invalid || f.Code == fault.TooLarge || f.Code == fault.Conflict || f.Code == fault.RateLimited) {
		f.Fields = []fault.Field{{Name: "file", Key: f.Key, Args: f.Args}}
		if f.Code == fault.TooLarge { // too large or too deep within: said at the file as well
			err = &fault.Error{Code: fault.Invalid, Key: f.Key, Fields: f.Fields}
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.formSendPage(422, in.form(errs, note))
}
