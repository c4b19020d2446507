package xlsx

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"entente/prm/fault"
)

// Limits of a workbook. What its parts claim of their size is not believed.
const (
	maxParts   = 4096
	maxUnzip   = 1 << 30  // bytes that one part may unfold to
	maxShared  = 64 << 20 // bytes of texts that cells share, kept in memory
	maxRatio   = 400      // unfolded bytes for one of the file, past the first
	freeUnzip  = 16 << 20 // bytes that may unfold from anything
	maxStyles  = 1 << 16
	maxSidePut = 8 << 20 // bytes of the small parts: workbook, styles, relations
)

// workbook is an opened XLSX.
type workbook struct {
	parts  map[string]*zip.File
	shared []string
	dates  []bool // by style
	epoch  int    // 1904 or 1900
}

// Open reads the small parts of a workbook and makes ready to stream a sheet: the first
// visible one, or the one named.
// Codes: Invalid (sheet.broken_xlsx, sheet.not_table, sheet.no_sheet), TooLarge.
func Open(src io.ReaderAt, size int64, sheet string) (*Reader, error) {
	z, err := zip.NewReader(src, size)
	if err != nil || len(z.File) > maxParts {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.broken_xlsx")
	}
	w := &workbook{parts: map[string]*zip.File{}, epoch: 1900}
	for _, f := range z.File {
		w.parts[strings.ToLower(strings.TrimPrefix(f.Name, "/"))] = f
	}
	root, err := w.relations("")
	if err != nil {
		return nil, err
	}
	book := root.kind("/officeDocument")
	if book == "" {
		return nil, fault.New(fault.Invalid, "sheet.not_table")
	}
	sheets, err := w.book(book)
	if err != nil {
		return nil, err
	}
	rels, err := w.relations(book)
	if err != nil {
		return nil, err
	}
	r := &Reader{}
	for _, s := range sheets {
		if !s.hidden {
			r.Sheets = append(r.Sheets, s.name)
		}
	}
	at := slices.IndexFunc(sheets, func(s sheetRef) bool { return !s.hidden && (sheet == "" || s.name == sheet) })
	if at < 0 {
		return nil, fault.New(fault.Invalid, "sheet.no_sheet", "Name", sheet)
	}
	r.Sheet = sheets[at].name
	part := w.parts[strings.ToLower(rels.id[sheets[at].rel])]
	if part == nil {
		return nil, fault.New(fault.Invalid, "sheet.broken_xlsx")
	}
	if err := w.readStyles(rels.kind("/styles")); err != nil {
		return nil, err
	}
	if err := w.readShared(rels.kind("/sharedStrings")); err != nil {
		return nil, err
	}
	body, err := unfold(part, maxUnzip)
	if err != nil {
		return nil, err
	}
	p := &sheetParser{w: w, dec: decoder(body)}
	r.next, r.close = p.next, body.Close
	return r, nil
}

// counted is a part that unfolds: it stops past its limit, or when it grows out of
// all proportion to the file.
type counted struct {
	io.ReadCloser
	got, most, stored int64
}

var errBomb = fault.New(fault.TooLarge, "sheet.bomb")

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.got += int64(n)
	if c.got > c.most || c.got > freeUnzip && c.got/maxRatio > c.stored {
		return 0, errBomb
	}
	return n, err
}

func unfold(f *zip.File, most int64) (io.ReadCloser, error) {
	rc, err := f.Open()
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.broken_xlsx")
	}
	return &counted{ReadCloser: rc, most: most, stored: int64(f.CompressedSize64) + 1}, nil //nolint:gosec // a wrong claim only makes the limit tighter or is refused by the archive's reader
}

func decoder(r io.Reader) *xml.Decoder {
	d := xml.NewDecoder(bufio.NewReaderSize(r, 64<<10))
	d.Strict = false
	return d
}

// broken keeps a refusal of ours and says of everything else that the workbook is
// damaged.
func broken(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.Wrap(err, fault.Invalid, "sheet.broken_xlsx")
}

// walk calls see for every element of a part and stops at its end or an error.
func (w *workbook) walk(name string, most int64, see func(d *xml.Decoder, el xml.StartElement) error) error {
	f := w.parts[strings.ToLower(name)]
	if f == nil {
		return nil
	}
	body, err := unfold(f, most)
	if err != nil {
		return err
	}
	defer body.Close()
	d := decoder(body)
	for {
		tok, err := d.RawToken()
		if err != nil {
			return broken(err)
		}
		if el, ok := tok.(xml.StartElement); ok {
			if err := see(d, el); err != nil {
				return broken(err)
			}
		}
	}
}

func attr(el xml.StartElement, name string) string {
	for _, a := range el.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// relations are the parts that a part names, by id and by the end of their kind.
type relations struct {
	id    map[string]string
	kinds []struct{ kind, target string }
}

func (r relations) kind(end string) string {
	for _, k := range r.kinds {
		if strings.HasSuffix(k.kind, end) {
			return k.target
		}
	}
	return ""
}

func (w *workbook) relations(of string) (relations, error) {
	out := relations{id: map[string]string{}}
	dir, file := path.Split(of)
	err := w.walk(dir+"_rels/"+file+".rels", maxSidePut, func(_ *xml.Decoder, el xml.StartElement) error {
		if el.Name.Local != "Relationship" || attr(el, "TargetMode") == "External" {
			return nil
		}
		target := attr(el, "Target")
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		target = strings.TrimPrefix(path.Clean("/"+target), "/")
		out.id[attr(el, "Id")] = target
		out.kinds = append(out.kinds, struct{ kind, target string }{attr(el, "Type"), target})
		return nil
	})
	return out, err
}

type sheetRef struct {
	name, rel string
	hidden    bool
}

func (w *workbook) book(name string) ([]sheetRef, error) {
	var out []sheetRef
	err := w.walk(name, maxSidePut, func(_ *xml.Decoder, el xml.StartElement) error {
		switch el.Name.Local {
		case "workbookPr":
			if v := attr(el, "date1904"); v == "1" || v == "true" {
				w.epoch = 1904
			}
		case "sheet":
			s := sheetRef{name: attr(el, "name"), hidden: attr(el, "state") != "" && attr(el, "state") != "visible"}
			for _, a := range el.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					s.rel = a.Value
				}
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// readStyles finds out which cell styles are dates.
func (w *workbook) readStyles(name string) error {
	formats, inCells := map[string]bool{}, false
	if name == "" {
		return nil
	}
	return w.walk(name, maxSidePut, func(_ *xml.Decoder, el xml.StartElement) error {
		switch el.Name.Local {
		case "numFmt":
			if len(formats) < maxStyles {
				formats[attr(el, "numFmtId")] = dateFormat(attr(el, "formatCode"))
			}
		case "cellStyleXfs", "dxfs", "cellStyles":
			inCells = false
		case "cellXfs":
			inCells = true
		case "xf":
			if inCells && len(w.dates) < maxStyles {
				id := attr(el, "numFmtId")
				is, own := formats[id]
				w.dates = append(w.dates, is || !own && builtinDate(id))
			}
		}
		return nil
	})
}

// readShared reads the texts that cells share. A rich text is the sum of its runs;
// how it is spoken is left out.
func (w *workbook) readShared(name string) error {
	if name == "" {
		return nil
	}
	size := 0
	return w.walk(name, maxUnzip, func(d *xml.Decoder, el xml.StartElement) error {
		if el.Name.Local != "si" {
			return nil
		}
		s, err := texts(d, "si")
		if err != nil {
			return err
		}
		if size += len(s) + 16; size > maxShared {
			return fault.New(fault.TooLarge, "sheet.texts", "Most", maxShared>>20)
		}
		w.shared = append(w.shared, s)
		return nil
	})
}

// texts adds up the t elements until the end of the element named.
func texts(d *xml.Decoder, end string) (string, error) {
	var out []byte
	in, spoken := false, false
	for {
		tok, err := d.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			in = t.Name.Local == "t" && !spoken
			spoken = spoken || t.Name.Local == "rPh"
		case xml.EndElement:
			in = false
			if t.Name.Local == "rPh" {
				spoken = false
			}
			if t.Name.Local == end {
				return string(out), nil
			}
		case xml.CharData:
			if in {
				if out = append(out, t...); len(out) > MaxCell {
					return "", fault.New(fault.Invalid, "sheet.cell_long", "Row", 0, "Most", MaxCell)
				}
			}
		}
	}
}

// reference reads a reference such as "AB12": column 27, counted from 0, and row 12.
func reference(s string) (col, row int, ok bool) {
	i := 0
	for i < len(s) && i < 3 && s[i] >= 'A' && s[i] <= 'Z' {
		col = col*26 + int(s[i]-'A') + 1
		i++
	}
	row, err := strconv.Atoi(s[i:])
	return col - 1, row, i > 0 && err == nil && row > 0
}
