package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"entente/edi/ack"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/portal/locale"
)

func edi(_ context.Context, e *env, args []string) (int, error) {
	verbs := map[string]func(*env, []string) (int, error){
		"check": ediCheck, "ack": ediAck, "explain": ediExplain,
		"json": ediJSON, "write": ediWrite, "doc": ediDoc, "convert": ediConvert, "bench": ediBench, "guide": ediGuide,
	}
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprint(e.out, "Usage: entente edi check|ack|explain|json|write|doc|convert|bench|guide [flags] FILE|-\n\n"+
			"  check    validate interchanges: every finding with its place and how to mend it\n"+
			"  ack      print the acknowledgements that would be answered\n"+
			"  explain  say each segment in plain words\n"+
			"  json     print the neutral tree, with every byte needed to write the file again\n"+
			"  write    write the file that a tree describes, byte for byte\n"+
			"  doc      print the business documents as JSON, one a line\n"+
			"  convert  write the documents as JSON, CSV, SAP IDoc or UBL, from any of these or EDI\n"+
			"  bench    measure reading, judging and translating on one core\n"+
			"  guide    guide lint: check a partner's guide; guide show: print the standard as one\n\n"+
			"Exit 0: all accepted. 1: something is rejected. 2: not EDI, unreadable, or wrong usage.\n")
		return exitOK, nil
	}
	if len(args) == 0 {
		return exitUsage, misuse("edi needs check, ack, explain, json, write, doc, convert, bench or guide; see entente edi --help")
	}
	run, ok := verbs[args[0]]
	if !ok {
		return exitUsage, misuse("there is no \"edi %s\"; there are check, ack, explain, json, write, doc, convert, bench and guide", args[0])
	}
	if os.Getenv("GOGC") == "" {
		// Reading holds one document at a time: little lives, so that collecting
		// less often costs a few megabytes and saves a third of the time.
		debug.SetGCPercent(400)
		if os.Getenv("GOMEMLIMIT") == "" && args[0] != "bench" { // which holds the file
			debug.SetMemoryLimit(32 << 20)
		}
	}
	return run(e, args[1:])
}

// open opens the one file of an edi command; "-" is standard input.
func (e *env) open(rest []string) (io.ReadCloser, error) {
	if len(rest) != 1 {
		return nil, misuse("name one file, or - for standard input")
	}
	if rest[0] == "-" {
		return io.NopCloser(e.in), nil
	}
	f, err := os.Open(rest[0])
	if err != nil {
		return nil, misuse("%v", err)
	}
	if st, err := f.Stat(); err == nil && st.IsDir() {
		_ = f.Close()
		return nil, misuse("%s is a folder; name a file", rest[0])
	}
	return f, nil
}

func printer(lang string) *locale.Printer {
	return locale.New(locale.Match("", lang), time.UTC, time.Now())
}

// unreadable turns an error of the readers into its sentence, with exit 2.
func unreadable(p *locale.Printer, err error) error {
	var w *wire.Error
	if !errors.As(err, &w) {
		return misuse("%v", err)
	}
	return misuse("%s", ediErrorText(p, w))
}

// ediErrorText says an error that ended reading in words, with its place.
func ediErrorText(p *locale.Printer, w *wire.Error) string {
	text := p.T("edi.error."+w.Key, "Value", printable(w.Value), "Offset", w.Pos.Offset, "Segment", w.Pos.FileSegment)
	if w.Pos.Offset > 0 {
		text += " " + p.T("cli.at", "byte", w.Pos.Offset, "segment", w.Pos.FileSegment)
	}
	return text
}

// printable shows bytes of a file on a terminal.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

func ediCheck(e *env, args []string) (int, error) {
	fs := e.flags("edi check")
	format := fs.String("format", "text", "text or json")
	asJSON := fs.Bool("json", false, "the same as --format json")
	lang := fs.String("lang", "en", "language of the sentences: en or zh-CN")
	guideFile := fs.String("guide", "", "a partner's guide to judge by, on top of the standard")
	rest, err := e.parse(fs, "[--format text|json] [--lang en|zh-CN] [--guide FILE] FILE|-", args)
	if err != nil {
		return exitUsage, err
	}
	if *asJSON {
		*format = "json"
	}
	if *format != "text" && *format != "json" {
		return exitUsage, misuse("--format is text or json, not %q", *format)
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	p := printer(*lang)
	opt, err := withGuide(p, *guideFile, guide.WithAssociations(schema.Options{}))
	if err != nil {
		return exitUsage, err
	}
	if *format == "text" {
		out := newTextReport(e.out, p)
		defer out.Close()
		err := out.finish(schema.Read(in, opt, out))
		if err != nil {
			return exitUsage, unreadable(p, err)
		}
		if out.rejected {
			return exitFailed, nil
		}
		return exitOK, nil
	}
	report, err := schema.Check(in, opt)
	if report != nil && (err == nil || len(report.Interchanges) > 0) {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(worded(p, report)); err != nil {
			return exitUsage, err
		}
	}
	if err != nil {
		return exitUsage, unreadable(p, err)
	}
	if report.Rejected {
		return exitFailed, nil
	}
	return exitOK, nil
}

func findingText(p *locale.Printer, f wire.Finding) string {
	data := f.Data()
	data["Value"] = printable(data["Value"])
	return locale.Finding(p, f.Key, data)
}

func where(p *locale.Printer, f wire.Finding) string {
	var b strings.Builder
	b.WriteString(f.Place())
	if f.Pos.Segment > 0 {
		fmt.Fprintf(&b, " (%s)", p.T("cli.segment", "n", f.Pos.Segment))
	}
	if c := code(f); c != "" {
		b.WriteString(" " + c)
	}
	return b.String()
}

// code is what an acknowledgement says of a finding: "[AK403 8]", "[CONTRL 12]".
func code(f wire.Finding) string {
	switch {
	case f.Code != "":
		return fmt.Sprintf("[%s %s]", codeName(f.Level), f.Code)
	case f.Codes.CONTRL != "":
		return "[CONTRL " + f.Codes.CONTRL + "]"
	}
	return ""
}

func codeName(l wire.Level) string {
	switch l {
	case wire.LevelElement:
		return "AK403"
	case wire.LevelSegment:
		return "AK304"
	case wire.LevelSet:
		return "AK502"
	case wire.LevelGroup:
		return "AK905"
	}
	return "TA105"
}

// worded is the report with each finding's sentence beside it.
func worded(p *locale.Printer, r *schema.Report) any {
	type finding struct {
		wire.Finding
		Place string `json:"place"`
		Text  string `json:"text"`
	}
	words := func(fs []wire.Finding) []finding {
		out := []finding{}
		for _, f := range fs {
			out = append(out, finding{f, f.Place(), findingText(p, f)})
		}
		return out
	}
	type set struct {
		Type     string       `json:"type"`
		Control  string       `json:"control"`
		Result   wire.Verdict `json:"result"`
		Segments int          `json:"segments"`
		Findings []finding    `json:"findings"`
	}
	type group struct {
		Kind     string       `json:"functional_id"`
		Control  string       `json:"control"`
		Version  string       `json:"version"`
		Result   wire.Verdict `json:"result"`
		Findings []finding    `json:"findings"`
		Sets     []set        `json:"sets"`
	}
	type interchange struct {
		Sender   string       `json:"sender"`
		Receiver string       `json:"receiver"`
		Control  string       `json:"control"`
		Test     bool         `json:"test"`
		Result   wire.Verdict `json:"result"`
		Findings []finding    `json:"findings"`
		Groups   []group      `json:"groups"`
	}
	out := struct {
		Result       wire.Verdict  `json:"result"`
		Interchanges []interchange `json:"interchanges"`
	}{Result: wire.Accepted, Interchanges: []interchange{}}
	if r.Rejected {
		out.Result = wire.Rejected
	}
	for _, ic := range r.Interchanges {
		h := ic.Header
		i := interchange{h.SenderQualifier + ":" + h.Sender, h.ReceiverQualifier + ":" + h.Receiver, h.Control, h.Usage == "T", ic.Verdict, words(ic.Findings), []group{}}
		for _, g := range ic.GroupReports {
			gr := group{g.Header.FunctionalID, g.Header.Control, g.Header.Version, g.Verdict, words(g.Findings), []set{}}
			for _, s := range g.SetReports {
				gr.Sets = append(gr.Sets, set{s.Type, s.Control, s.Verdict, s.SegmentCount, words(s.Findings)})
			}
			i.Groups = append(i.Groups, gr)
		}
		out.Interchanges = append(out.Interchanges, i)
	}
	return out
}

func ediAck(e *env, args []string) (int, error) {
	fs := e.flags("edi ack")
	var style ack.Style
	fs.BoolVar(&style.Implementation, "999", false, "answer groups of 005010 and later by a 999")
	fs.BoolVar(&style.OnlyErrors, "only-errors", false, "leave out sets that are accepted without a remark")
	guideFile := fs.String("guide", "", "a partner's guide to judge by, on top of the standard")
	rest, err := e.parse(fs, "[--999] [--only-errors] [--guide FILE] FILE|-", args)
	if err != nil {
		return exitUsage, err
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	opt, err := withGuide(printer("en"), *guideFile, guide.WithAssociations(schema.Options{}))
	if err != nil {
		return exitUsage, err
	}
	out, report, err := ack.AnswerAs(in, opt, style, time.Now().UTC())
	if _, werr := e.out.Write(out); werr != nil {
		return exitUsage, werr
	}
	if err != nil {
		return exitUsage, unreadable(printer("en"), err)
	}
	if report.Rejected {
		return exitFailed, nil
	}
	return exitOK, nil
}

func ediExplain(e *env, args []string) (int, error) {
	fs := e.flags("edi explain")
	lang := fs.String("lang", "en", "language: en or zh-CN")
	asJSON := fs.Bool("json", false, "print one JSON object a set")
	rest, err := e.parse(fs, "[--lang en|zh-CN] [--json] FILE|-", args)
	if err != nil {
		return exitUsage, err
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	p := printer(*lang)
	w := bufio.NewWriter(e.out)
	defer w.Flush()
	rejected := false
	sets := explaining(func(set *schema.Set) error {
		x := schema.ExplainSet(set)
		var about []translate.Fact
		if d, _ := translate.Read(set); d != nil {
			about = translate.Summary(d)
		}
		rejected = rejected || x.Verdict == wire.Rejected
		if *asJSON {
			return json.NewEncoder(w).Encode(struct {
				schema.Explained
				Summary []translate.Fact `json:"summary,omitempty"`
			}{x, about})
		}
		fmt.Fprintf(w, "%s  %s %s  %s\n", p.T(x.NameKey), x.Type, x.Control, p.T("cli.verdict."+string(x.Verdict)))
		for _, f := range about {
			fmt.Fprintf(w, "      %s: %s\n", p.T("edi.summary."+f.Key), factText(p, f))
		}
		for _, s := range x.Segments {
			fmt.Fprintf(w, "\n%4d  %s  %s\n", s.N, s.ID, p.T(s.NameKey))
			for _, el := range s.Elements {
				fmt.Fprintf(w, "      %-8s %s: %s%s\n", el.Place, name(p, el), el.Value, meaning(p, el))
			}
			for _, f := range s.Findings {
				fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("    ! %s %s", findingText(p, f), code(f)), " "))
			}
		}
		for _, f := range x.Findings {
			fmt.Fprintf(w, "    ! %s\n", findingText(p, f))
		}
		fmt.Fprintln(w)
		return nil
	})
	err = schema.Read(in, schema.Options{}, envelopes{sets, func(v wire.Verdict, fs []wire.Finding) {
		rejected = rejected || v == wire.Rejected || v == wire.Partly
		for _, f := range fs {
			if !*asJSON {
				fmt.Fprintf(w, "! %s  %s\n", where(p, f), findingText(p, f))
			}
		}
	}})
	if we, ok := errors.AsType[*wire.Error](err); ok && we.Key == "interchange.unfinished" {
		if !*asJSON {
			fmt.Fprintf(w, "! %s\n", ediErrorText(p, we))
		}
		return exitFailed, nil
	}
	if err != nil {
		return exitUsage, unreadable(p, err)
	}
	if rejected {
		return exitFailed, nil
	}
	return exitOK, nil
}

// explaining hands every set to a function.
type explaining func(*schema.Set) error

func (explaining) Interchange(*schema.Interchange) error    { return nil }
func (explaining) Group(*schema.Group) error                { return nil }
func (explaining) GroupEnd(*schema.Group) error             { return nil }
func (explaining) InterchangeEnd(*schema.Interchange) error { return nil }
func (fn explaining) Set(set *schema.Set) error             { return fn(set) }

// envelopes hands on sets, and what is said of each group and interchange at its end.
type envelopes struct {
	explaining
	end func(wire.Verdict, []wire.Finding)
}

func (v envelopes) GroupEnd(g *schema.Group) error {
	v.end(g.Verdict, g.Findings)
	return nil
}

func (v envelopes) InterchangeEnd(i *schema.Interchange) error {
	v.end(i.Verdict, i.Findings)
	return nil
}

// factText is the value of a fact as people of the language write it.
func factText(p *locale.Printer, f translate.Fact) string {
	if f.Kind == "date" {
		return p.Date(f.Value)
	}
	return f.Value
}

func name(p *locale.Printer, el schema.ExplainedElement) string {
	if el.NameKey == "" {
		return p.T("cli.element")
	}
	return p.T(el.NameKey)
}

func meaning(p *locale.Printer, el schema.ExplainedElement) string {
	switch {
	case el.MeaningKey != "":
		return " = " + p.T(el.MeaningKey)
	case el.DecodedKind == "date":
		return " = " + p.Date(el.Decoded)
	case el.Decoded != "":
		return " = " + el.Decoded
	}
	return ""
}
