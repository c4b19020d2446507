package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/edi/flat"
	"entente/edi/format"
	"entente/edi/idoc"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/portal/locale"
)

// formatFlags are how a CSV file is written and who an IDoc is from and to.
type formatFlags struct {
	from, columns, kind, decimal, comma string
	guess                               bool
}

func (f *formatFlags) options() (format.Options, error) {
	opt := format.Options{CSV: flat.Style{Kind: f.kind}}
	switch f.decimal {
	case "", "point":
	case "comma":
		opt.CSV.Decimal = ','
	default:
		return opt, misuse("--decimal is point or comma, not %q", f.decimal)
	}
	if f.comma != "" {
		c := []rune(strings.ReplaceAll(f.comma, "tab", "\t"))
		if len(c) != 1 || !strings.ContainsRune(",;\t|", c[0]) {
			return opt, misuse("--separator is one of , ; | or tab, not %q", f.comma)
		}
		opt.CSV.Comma = c[0]
	}
	if f.columns != "" {
		opt.CSV.Columns = map[string]string{}
		for _, pair := range strings.Split(f.columns, ",") {
			our, their, ok := strings.Cut(pair, "=")
			if !ok {
				return opt, misuse("--columns is our=theirs, separated by commas: number=Order No,quantity=Qty")
			}
			opt.CSV.Columns[strings.TrimSpace(our)] = strings.TrimSpace(their)
		}
	}
	return opt, nil
}

// documentsOf reads the documents of a file in a format, or of the accepted sets of EDI.
func documentsOf(r io.Reader, f formatFlags) ([]format.Item, error) {
	opt, err := f.options()
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(r, 4096)
	name := f.from
	if name == "" {
		head, _ := in.Peek(4096)
		name = format.Detect(head)
	}
	if name != "" && name != "edi" {
		if !slices.Contains(format.Names(), name) {
			return nil, misuse("--from is edi, %s, not %q", strings.Join(format.Names(), ", "), name)
		}
		return format.Read(in, name, opt)
	}
	v := &collecting{}
	err = schema.Read(in, schema.Options{}, v)
	if w := (*wire.Error)(nil); errors.As(err, &w) && w.Key == "interchange.unfinished" && len(v.out) > 0 {
		err = nil
	}
	return v.out, err
}

// collecting keeps the document of every accepted set.
type collecting struct {
	documents
	out []format.Item
}

func (v *collecting) Set(s *schema.Set) error {
	if s.Verdict == wire.Rejected {
		return nil
	}
	if d, _ := translate.Read(s); d != nil {
		v.out = append(v.out, format.Item{Type: format.TypeOf(d), Number: format.NumberOf(d), Document: d, Test: v.ic.Header.Usage == "T", Problems: d.Validate()})
	}
	return nil
}

// docsFrom is "edi doc --from": a file of another format as the JSON documents.
func docsFrom(e *env, in io.Reader, f formatFlags, profile *translate.Profile) (int, error) {
	items, err := documentsOf(in, f)
	if err != nil {
		return exitUsage, unreadable(printer("en"), err)
	}
	w := bufio.NewWriter(e.out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	code := exitOK
	for _, it := range items {
		profile.In(it.Document)
		if len(unbookable(it.Problems)) > 0 {
			code = exitFailed
		}
		if err := enc.Encode(struct {
			Version int `json:"version"`
			format.Item
		}{format.Version, it}); err != nil {
			return exitUsage, err
		}
	}
	return code, w.Flush()
}

// unbookable are the problems that keep a document from being booked.
func unbookable(list []doc.Problem) []doc.Problem {
	return slices.DeleteFunc(slices.Clone(list), func(p doc.Problem) bool { return p.Key == "not_carried" })
}

func problemText(p *locale.Printer, x doc.Problem) string {
	return p.T("edi.doc."+x.Key, "Path", x.Path, "Value", printable(x.Value))
}

// ediConvert writes the documents of a file in another format, and tells on standard
// error what that format has no place for.
func ediConvert(e *env, args []string) (int, error) {
	fs := e.flags("edi convert")
	var f formatFlags
	fs.StringVar(&f.from, "from", "", "format of the file: edi, "+strings.Join(format.Names(), ", ")+"; found out if not given")
	to := fs.String("to", "", "format to write: "+strings.Join(format.Names(), ", "))
	number := fs.String("number", "", "only the document with this number")
	lang := fs.String("lang", "en", "language of the sentences: en or zh-CN")
	f.csvFlags(fs.StringVar)
	var c idoc.Control
	fs.StringVar(&c.Client, "client", "", "SAP client of an IDoc")
	fs.StringVar(&c.Sender, "sender", "", "sending partner of an IDoc")
	fs.StringVar(&c.Receiver, "receiver", "", "receiving partner of an IDoc")
	rest, err := e.parse(fs, "--to FORMAT [--from FORMAT] [--number N] FILE|-", args)
	if err != nil {
		return exitUsage, err
	}
	if !slices.Contains(format.Names(), *to) {
		return exitUsage, misuse("--to is %s, not %q", strings.Join(format.Names(), ", "), *to)
	}
	in, err := e.open(rest)
	if err != nil {
		return exitUsage, err
	}
	defer in.Close()
	p := printer(*lang)
	items, err := documentsOf(in, f)
	if err != nil {
		return exitUsage, unreadable(p, err)
	}
	if *number != "" {
		items = slices.DeleteFunc(items, func(it format.Item) bool { return it.Number != *number })
		if len(items) == 0 {
			return exitUsage, misuse("%s", p.T("cli.convert.number", "Number", *number))
		}
	}
	if len(items) > 1 && (*to == format.UBL || *to == format.IDocXML || *to == format.XLSX) {
		return exitUsage, misuse("%s", p.T("cli.convert.one", "Format", *to, "Count", len(items)))
	}
	opt, err := f.options()
	if err != nil {
		return exitUsage, err
	}
	w := bufio.NewWriter(e.out)
	code := exitOK
	for i, it := range items {
		if *to == format.CSV && it.Type != items[0].Type {
			return exitUsage, misuse("%s", p.T("cli.convert.kinds"))
		}
		opt.IDoc = format.Stamp(c, fmt.Sprintf("%016d", i+1), time.Now())
		var b bytes.Buffer
		lost, bad, err := format.Write(&b, it.Document, *to, opt)
		if err != nil {
			return exitUsage, unreadable(p, err)
		}
		out := b.Bytes()
		if *to == format.CSV && i > 0 { // the heads are there
			_, out, _ = bytes.Cut(out, []byte("\n"))
		}
		if _, err := w.Write(out); err != nil {
			return exitUsage, err
		}
		for _, l := range lost {
			fmt.Fprintln(e.err, p.T("cli.convert.lost", "Path", l.Path, "Value", printable(l.Value), "Format", *to))
		}
		for _, x := range append(unbookable(it.Problems), bad...) {
			code = exitFailed
			fmt.Fprintln(e.err, problemText(p, x))
		}
	}
	return code, w.Flush()
}

func (f *formatFlags) csvFlags(add func(*string, string, string, string)) {
	add(&f.columns, "columns", "", "names of CSV columns, our=theirs: number=Order No,quantity=Qty")
	add(&f.kind, "kind", "", "kind of the rows of a CSV without a column document: 850")
	add(&f.decimal, "decimal", "", "decimal mark of a CSV: point or comma")
	add(&f.comma, "separator", "", "separator of a CSV: , ; | or tab; found out when read")
}
