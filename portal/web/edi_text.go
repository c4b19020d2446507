package web

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"entente/edi/gateway"
	"entente/edi/inspect"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/fault"
)

// What a page shows of a message at once; the download has all. Of a longer set it shows
// the window that is asked for and what stands around its findings.
const (
	shownSegments = 400 // of what is no window: an answer, the bench
	shownWindow   = 120
	shownBytes    = inspect.MaxBytes
)

// The views of a document, each linked to the others.
const (
	viewRaw  = "raw"
	viewTree = "tree"
	viewForm = "form"
)

var documentViews = []string{viewRaw, viewTree, viewForm}

// messageText fills the raw pane, the findings and the explanation of one set: the one asked
// for, else the first refused one, else the first. Nil: the interchange has none yet.
func (v *visit) messageText(page *view.MessagePage, m gateway.Message, at *documentLinks) (*gateway.Set, error) {
	asked, err := strconv.Atoi(v.Query("set"))
	if err != nil || asked < 0 {
		asked = 0
	}
	d, err := v.w.d.Gateway.OpenSet(v.ctx, v.actor(), m.ID, asked)
	switch {
	case fault.IsNotFound(err) && len(m.Sets) == 0:
		return nil, v.wholeText(page, m, at)
	case err != nil:
		return nil, err
	}
	defer d.Close()
	set := d.Set
	found := append(slices.Clone(m.Findings), set.Findings...)
	for _, s := range set.Said {
		found = append(found, s.Findings...)
	}
	if m.SetsDone > 1 {
		at.set = strconv.Itoa(set.Position)
	}
	page.SetCount, page.Findings = set.Segments, v.findings(found, set.Kind)
	if page.Inspect, err = v.inspect(d.Text(), m.Syntax, d.Place, found, *at); err != nil {
		return nil, err
	}
	if page.SetCount == 0 { // what we made is stored without its count
		page.SetCount = page.Inspect.Total
	}
	pin(page.Inspect.Segments, page.Findings, found)
	if page.Tab != "" && page.Tab != tabExplanation {
		return &set, nil
	}
	facts, long, err := d.Summary(v.ctx)
	for _, f := range facts {
		page.Plain = append(page.Plain, view.KV{Label: view.T("edi.summary." + f.Key), Value: v.fact(f)})
	}
	page.LongText = long
	return &set, err
}

// wholeText is messageText of an interchange of which no set was judged.
func (v *visit) wholeText(page *view.MessagePage, m gateway.Message, at *documentLinks) error {
	at.set = ""
	page.Findings = v.findings(m.Findings, "")
	body, _, err := v.w.d.Gateway.Raw(v.ctx, v.actor(), m.ID)
	if err != nil {
		return err
	}
	defer body.Close()
	page.Inspect, err = v.inspect(body, m.Syntax, 0, m.Findings, *at)
	pin(page.Inspect.Segments, page.Findings, m.Findings)
	return err
}

// fact is the value of a fact as people of the language write it.
func (v *visit) fact(f translate.Fact) view.Text {
	switch f.Kind {
	case "date":
		return view.Raw(v.p.Date(f.Value))
	case "number":
		return view.Raw(v.p.Number(f.Value))
	case "money":
		amount, currency, _ := strings.Cut(f.Value, " ")
		return view.Raw(strings.TrimSpace(v.p.Number(amount) + " " + currency))
	}
	return view.Raw(clean([]byte(f.Value)))
}

// rawSegments reads the segments of one set with the envelope around it; with
// position 0 those of the whole interchange.
func (v *visit) rawSegments(id, syntax string, position int, found []wire.Finding) (out []view.RawSegment, cut bool, err error) {
	body, _, err := v.w.d.Gateway.Raw(v.ctx, v.actor(), id)
	if err != nil {
		return nil, false, err
	}
	defer body.Close()
	return rawOf(body, syntax, position, found)
}

// rawOf is rawSegments of bytes at hand.
func rawOf(body io.Reader, syntax string, position int, found []wire.Finding) (out []view.RawSegment, cut bool, err error) {
	if gateway.IsForm(syntax) {
		return formLines(body, syntax)
	}
	w, err := inspect.Read(body, inspect.Options{EDIFACT: syntax == gateway.SyntaxEDIFACT, Set: position, Size: shownSegments, Findings: found})
	if err != nil {
		return nil, false, fault.Wrap(err, fault.Internal, "error.internal")
	}
	for _, s := range w.Segments {
		out = append(out, rawSegment(s, inspect.Place{}, false))
	}
	return out, w.Cut || w.Short, nil
}

// inspect reads one document in three views, around the place that the address names.
func (v *visit) inspect(body io.Reader, syntax string, position int, found []wire.Finding, links documentLinks) (out view.Inspect, err error) {
	out.View = or(links.view, viewRaw)
	if links.tab != "" && links.tab != tabExplanation {
		out.Explain = links.to("tab=" + tabExplanation)
	}
	links.at = ""
	if gateway.IsForm(syntax) {
		out.View = viewRaw
		out.Segments, out.Truncated, err = formLines(body, syntax)
		return out, err
	}
	at := inspect.ParsePlace(v.Query("at"))
	for _, f := range found {
		if at.IsZero() && f.Pos.Segment > 0 {
			at = inspect.Place{Segment: f.Pos.Segment, Element: f.Pos.Element, Component: f.Pos.Component}
		}
	}
	un := syntax == gateway.SyntaxEDIFACT
	w, err := inspect.Read(body, inspect.Options{EDIFACT: un, Set: position, At: at.Segment, Size: shownWindow, Findings: found})
	if err != nil {
		return out, fault.Wrap(err, fault.Internal, "error.internal")
	}
	out.Sets, out.Total, out.From, out.To, out.Truncated = w.Sets, w.Total, w.From, w.To, w.Short || position == 0 && w.Cut
	if at.IsZero() && w.Total > 1 {
		at.Segment = 2 // what says which document it is
	}
	out.At, out.Here = at.String(), links.to("at=")
	for _, x := range documentViews {
		out.Views = append(out.Views, view.Option{Value: x, Label: view.T("inspect." + x), On: x == out.View})
		links.view = x
		out.URLs = append(out.URLs, links.to("at="+out.At))
	}
	if w.From > 1 {
		out.Earlier = out.Here + strconv.Itoa(max(1, w.From-shownWindow/2))
	}
	if w.To > 0 && w.To < w.Total {
		out.Later = out.Here + strconv.Itoa(min(w.Total, w.To+shownWindow/2))
	}
	for _, s := range w.Segments {
		out.Segments = append(out.Segments, rawSegment(s, at, true))
		e := v.explained(s, un, at)
		out.Rows = append(out.Rows, e)
		if e.On {
			out.Chosen = &e
		}
	}
	return out, nil
}

// documentLinks make the addresses of the page of a document: which of an interchange it is,
// the tab beside it, the view of it and the place chosen in it. Empty ones are the usual.
type documentLinks struct{ base, set, tab, view, at, in string }

// documentLinks are those of the address asked for; base is that of the page without a query.
func (v *visit) documentLinks(base string) documentLinks {
	return documentLinks{base: base, set: v.Query("set"), tab: oneOf(v.Query("tab"), messageTabs), view: oneOf(v.Query("view"), documentViews), at: inspect.ParsePlace(v.Query("at")).String(), in: v.Query("in")}
}

// to is the address with a further or another part, "tab=" or "at=5".
func (l documentLinks) to(part string) string { return l.base + "?" + l.query(part) + part }

// kept is what a form repeats so that its answer shows the same: the query with its question
// mark, or nothing.
func (l documentLinks) kept() string {
	if q := strings.TrimSuffix(l.query("tab="), "&"); q != "" {
		return "?" + q
	}
	return ""
}

// query is what comes before a part that names a tab or a place.
func (l documentLinks) query(part string) string {
	out := ""
	for _, one := range [][2]string{{"set", l.set}, {"tab", l.tab}, {"in", l.in}, {"view", l.view}, {"at", l.at}} {
		if one[1] == "" || len(one[1]) > 24 || one[0] == "view" && one[1] == viewRaw || strings.HasPrefix(part, one[0]+"=") {
			continue
		}
		out += one[0] + "=" + url.QueryEscape(one[1]) + "&"
	}
	return out
}

// rawSegment is a segment as it was written, its values as links to their places.
func rawSegment(s inspect.Segment, at inspect.Place, linked bool) view.RawSegment {
	out := view.RawSegment{Tag: s.ID, Envelope: s.Envelope, Gap: s.Gap}
	if !s.Envelope {
		out.Number = s.N
	}
	if linked {
		out.At = s.At.String()
		out.Selected = !at.IsZero() && s.At == at.Whole()
	}
	for _, p := range s.Parts {
		part := view.RawPart{Text: p.Text, Mark: p.Mark}
		if linked {
			part.At, part.On = p.At.String(), !at.IsZero() && p.At == at
		}
		out.Parts = append(out.Parts, part)
	}
	return out
}

func clean(b []byte) string { return inspect.Clean(b) }

// pin hangs every finding on its segment: by its number in the set, in the
// envelope by its tag, else on the last segment shown.
func pin(raw []view.RawSegment, said []view.Finding, found []wire.Finding) {
	if len(raw) == 0 {
		return
	}
	for no, f := range found {
		at := -1
		for i, s := range raw {
			if f.Pos.Segment > 0 && s.Number == f.Pos.Segment || f.Pos.Segment == 0 && s.Envelope && s.Tag == f.SegmentID {
				at = i
				break
			}
		}
		if at < 0 {
			at = len(raw) - 1
		}
		s := &raw[at]
		s.Pins = append(s.Pins, view.Pin{No: no + 1, Text: said[no].Title, Code: first(said[no].Codes), Tone: said[no].Severity.Tone()})
		if no == 0 && s.At == "" { // nothing can be chosen here
			s.Selected = true
		}
	}
}

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

var severities = map[wire.Severity]view.State{wire.Reject: "finding.error", wire.AcceptedWithError: "finding.warning", wire.Note: "finding.note"}

// codePlaces name the element of an acknowledgement that carries a code, by level.
var codePlaces = map[wire.Level]string{wire.LevelSegment: "AK304", wire.LevelElement: "AK403", wire.LevelSet: "AK502", wire.LevelGroup: "AK905", wire.LevelInterchange: "TA105"}

// findings are remarks in words. The sentence of a finding says what is wrong
// first and what to do then: the first sentence is the title.
func (v *visit) findings(found []wire.Finding, kind string) []view.Finding {
	var out []view.Finding
	for i, f := range found {
		sentence := locale.Finding(v.p, f.Key, f.Data())
		title, rest := firstSentence(sentence)
		one := view.Finding{No: i + 1, Severity: severities[f.Severity], Title: view.Raw(title), Fix: view.Raw(rest), Place: v.place(f), Value: f.Value}
		switch {
		case strings.HasPrefix(f.SegmentID, "UN") || f.Code == "" && f.Codes.CONTRL != "":
			if f.Codes.CONTRL != "" {
				one.Codes = []string{"CONTRL " + f.Codes.CONTRL}
			}
		case f.Code != "":
			one.Codes = []string{codePlaces[f.Level] + " " + f.Code}
		}
		if key := "edi.level." + string(f.Level); v.has(key) {
			one.Rule, one.RuleKey = view.T("message.level", "level", view.T(key)), f.Key
		}
		out = append(out, one)
	}
	return out
}

// firstSentence cuts after the first full stop that ends a sentence.
func firstSentence(s string) (title, rest string) {
	if i := strings.Index(s, "。"); i >= 0 {
		return s[:i+len("。")], strings.TrimSpace(s[i+len("。"):])
	}
	if i := strings.Index(s, ". "); i >= 0 {
		return s[:i+1], strings.TrimSpace(s[i+2:])
	}
	return s, ""
}

// place says where a finding stands: segment, its name, element.
func (v *visit) place(f wire.Finding) view.Text {
	if path := f.Args["Path"]; path != "" && f.SegmentID == "" {
		return view.Raw(path)
	}
	name := view.Text{}
	if key := "edi.seg." + f.SegmentID; v.has(key) {
		name = view.T(key)
	}
	tag := f.SegmentID
	if f.Pos.Element > 0 {
		tag = f.Place()
	}
	if f.Pos.Segment > 0 {
		return view.T("message.place_in_set", "n", strconv.Itoa(f.Pos.Segment), "tag", tag, "name", name)
	}
	return view.T("message.place", "tag", tag, "name", name)
}

// explained is a segment with the meaning of each element.
func (v *visit) explained(s inspect.Segment, un bool, at inspect.Place) view.ExplainedSegment {
	out := view.ExplainedSegment{Number: s.N, Tag: s.ID, At: s.At.String(), Name: v.named(s.NameKey), Bad: len(s.Findings) > 0, On: !at.IsZero() && s.At == at.Whole(), Envelope: s.Envelope, Depth: s.Depth, Gap: s.Gap}
	prefix := "edi.seg."
	if un {
		prefix = "edi.un.seg."
	}
	for i, l := range s.Opens {
		out.Loops = append(out.Loops, view.DocumentLoop{Name: l.Name, Title: v.named(prefix + l.Tag), No: l.No, Depth: s.Depth - len(s.Opens) + i})
	}
	if s.Envelope {
		out.Number = 0
	}
	for _, el := range s.Elements {
		place := s.At
		if !place.IsZero() {
			place.Element, place.Component = el.N, el.Component
		}
		one := view.ExplainedElement{Ref: el.Place, Name: v.named(el.NameKey), Value: el.Value, Meaning: v.meaning(el), Bad: el.Bad, At: place.String()}
		one.On = !at.IsZero() && place == at
		if el.N == 1 && el.Component <= 1 && el.MeaningKey != "" && out.Caption == nil && len(s.Elements) > 1 {
			one.Caption = true
			out.Caption = &one
		}
		out.Elements = append(out.Elements, one)
	}
	out.Body = !s.Envelope && s.ID != "ST" && s.ID != "SE" && s.ID != "UNH" && s.ID != "UNT"
	return out
}

// named is the text of a key, nothing for one that has none.
func (v *visit) named(key string) view.Text {
	if key == "" || !v.has(key) {
		return view.Text{}
	}
	return view.T(key)
}

func (v *visit) meaning(el schema.ExplainedElement) view.Text {
	switch {
	case el.MeaningKey != "" && v.has(el.MeaningKey):
		return view.T(el.MeaningKey)
	case el.DecodedKind == "date":
		return view.Raw(v.p.Date(el.Decoded))
	case el.DecodedKind == "number":
		return view.Raw(v.p.Number(el.Decoded))
	}
	return view.Raw(el.Decoded)
}
