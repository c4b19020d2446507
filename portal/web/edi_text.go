package web

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"

	"entente/edi/edifact"
	"entente/edi/gateway"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/fault"
)

// What a page shows of a message; the download has all. Of a longer set it shows the
// beginning and what stands around its findings.
const (
	shownSegments  = 400
	shownBytes     = 64 << 20
	around         = 3
	explainedParts = 200
)

// messageText fills the raw pane, the findings and the explanation of one set.
func (v *visit) messageText(page *view.MessagePage, m gateway.Message, set *gateway.Set) error {
	found := append([]wire.Finding(nil), m.Findings...)
	position, kind := 0, ""
	if set != nil {
		found = append(found, set.Findings...)
		for _, s := range set.Said {
			found = append(found, s.Findings...)
		}
		position, kind = set.Position, set.Kind
		page.SetCount = set.Segments
	}
	page.Findings = v.findings(found, kind)
	var err error
	if page.Raw, page.Truncated, err = v.rawSegments(m.ID, m.Syntax, position, found); err != nil {
		return err
	}
	if set != nil && page.SetCount == 0 && !page.Truncated { // what we made is stored without its count
		for _, s := range page.Raw {
			if !s.Envelope {
				page.SetCount++
			}
		}
	}
	pin(page.Raw, page.Findings, found)
	if set == nil || page.Tab != "" && page.Tab != tabExplanation {
		return nil
	}
	e, err := v.w.d.Gateway.Set(v.ctx, v.actor(), m.ID, set.Position)
	if err != nil {
		if c := fault.CodeOf(err); c == fault.Internal || c == fault.NotFound {
			return nil // bytes that cannot be read again are still shown raw
		}
		return err
	}
	for _, f := range e.Summary {
		page.Plain = append(page.Plain, view.KV{Label: view.T("edi.summary." + f.Key), Value: v.fact(f)})
	}
	page.Explained = v.explained(e.Explain)
	return nil
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
	limited := &io.LimitedReader{R: body, N: shownBytes}
	next := rawX12(limited, markedElements(found))
	if syntax == gateway.SyntaxEDIFACT {
		next = rawEDIFACT(limited, markedElements(found))
	}
	near := map[int]bool{}
	for _, f := range found {
		for n := f.Pos.Segment - around; f.Pos.Segment > 0 && n <= f.Pos.Segment+around; n++ {
			near[n] = true
		}
	}
	set := 0
	for {
		kind, number, segment, err := next()
		if err != nil {
			var w *wire.Error
			if errors.Is(err, io.EOF) || errors.As(err, &w) {
				return out, cut || limited.N <= 0, nil // what cannot be read on is in the download
			}
			return nil, false, fault.Wrap(err, fault.Internal, "error.internal")
		}
		if kind == wire.SetStart {
			set++
		}
		if within(kind) && position > 0 && set != position {
			continue
		}
		if len(out) >= shownSegments {
			cut = true
			if position == 0 || len(out) >= 2*shownSegments {
				return out, cut, nil
			}
			if within(kind) && !near[number] {
				continue
			}
		}
		out = append(out, segment())
	}
}

// within says that a segment belongs to a set.
func within(k wire.Kind) bool { return k == wire.SetStart || k == wire.Body || k == wire.SetEnd }

// segments gives the next segment with its number in the set, and how it is shown, which
// can be asked for until the next one.
type segments func() (wire.Kind, int, func() view.RawSegment, error)

func rawX12(in io.Reader, marks map[string]bool) segments {
	r := x12.NewReader(in, wire.Limits{})
	return func() (wire.Kind, int, func() view.RawSegment, error) {
		s, err := r.Next()
		if err != nil {
			return 0, 0, nil, err
		}
		return s.Kind, s.SetSegment, func() view.RawSegment {
			d := r.Delimiters()
			return rawSegment(clean(s.TagBytes()), s.SetSegment, within(s.Kind), s.Len(), d.Element, d.Terminator, marks, func(i int) string { return clean(s.El(i)) })
		}, nil
	}
}

// rawEDIFACT shows elements as they are in the file, release characters included, in
// UTF-8.
func rawEDIFACT(in io.Reader, marks map[string]bool) segments {
	r := edifact.NewReader(in, wire.Limits{})
	return func() (wire.Kind, int, func() view.RawSegment, error) {
		s, err := r.Next()
		if err != nil {
			return 0, 0, nil, err
		}
		d, raw := r.Delimiters(), s.Raw()
		element := func(i int) string {
			from, to := s.Start(i, 1), len(raw)
			if i < s.Len() {
				to = s.Start(i+1, 1) - 1
			}
			if from < 0 || from > to || to > len(raw) {
				return ""
			}
			// Decoding takes release characters away; doubled ones stay as they were.
			return clean([]byte(s.Decode(bytes.ReplaceAll(raw[from:to], []byte{d.Release}, []byte{d.Release, d.Release}))))
		}
		return s.Kind, s.SetSegment, func() view.RawSegment {
			return rawSegment(clean(s.TagBytes()), s.SetSegment, within(s.Kind), s.Len(), d.Element, d.Terminator, marks, element)
		}, nil
	}
}

// markedElements are the places of findings about elements: segment in the set,
// or the tag in the envelope, with the element.
func markedElements(found []wire.Finding) map[string]bool {
	marks := map[string]bool{}
	for _, f := range found {
		if f.Pos.Element > 0 {
			marks[placeKey(f.Pos.Segment, f.SegmentID, f.Pos.Element)] = true
		}
	}
	return marks
}

func placeKey(segment int, tag string, element int) string {
	if segment > 0 {
		tag = ""
	}
	return strconv.Itoa(segment) + " " + tag + " " + strconv.Itoa(element)
}

// rawSegment writes a segment in runs, the marked elements by themselves. Control
// characters are shown as blanks, so that a page never holds them.
func rawSegment(tag string, number int, inside bool, elements int, separator, terminator byte, marks map[string]bool, element func(int) string) view.RawSegment {
	out := view.RawSegment{Tag: tag, Envelope: !inside}
	if inside {
		out.Number = number
	}
	run := ""
	for i := 1; i <= elements; i++ {
		run += string(rune(separator))
		if marks[placeKey(out.Number, out.Tag, i)] {
			out.Parts = append(out.Parts, view.RawPart{Text: run}, view.RawPart{Text: element(i), Mark: true})
			run = ""
			continue
		}
		run += element(i)
	}
	out.Parts = append(out.Parts, view.RawPart{Text: run + clean([]byte{terminator})})
	return out
}

func clean(b []byte) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b), "\uFFFD"))
}

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
		if no == 0 {
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
			one.Rule = view.T("message.level", "level", view.T(key), "key", f.Key)
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

// explained is a set segment by segment, each element with its meaning.
func (v *visit) explained(e schema.Explained) []view.ExplainedSegment {
	var out []view.ExplainedSegment
	for i, s := range e.Segments {
		if i >= explainedParts {
			break
		}
		seg := view.ExplainedSegment{Number: s.N, Tag: s.ID, Name: v.named(s.NameKey), Bad: len(s.Findings) > 0}
		for _, el := range s.Elements {
			seg.Elements = append(seg.Elements, view.ExplainedElement{Ref: el.Place, Name: v.named(el.NameKey), Value: clean([]byte(el.Value)), Meaning: v.meaning(el), Bad: el.Bad})
		}
		out = append(out, seg)
	}
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
