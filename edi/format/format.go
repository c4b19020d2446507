// Package format gives business documents the forms that ERP systems take and send
// beside raw EDI: JSON, CSV, XLSX, SAP IDoc (flat and XML) and UBL 2.1. All read into the same
// documents (edi/doc), and what a form cannot say is told value by value: a document
// that is written is read back and compared, so that nothing is lost unsaid.
package format

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/edi/flat"
	"entente/edi/idoc"
	"entente/edi/markup"
	"entente/edi/ubl"
	"entente/edi/wire"
)

// Document is a business document of any kind of package doc.
type Document interface{ Validate() []doc.Problem }

// The formats.
const (
	JSON    = "json"
	CSV     = "csv"
	XLSX    = "xlsx"
	IDoc    = "idoc"     // flat file
	IDocXML = "idoc-xml" // the same as XML
	UBL     = "ubl"
)

// Names are all formats, in the order of a choice.
func Names() []string { return []string{JSON, CSV, XLSX, IDoc, IDocXML, UBL} }

// Media is the media type of what a format writes, empty for an unknown format.
func Media(name string) string {
	return map[string]string{
		JSON: "application/json", CSV: "text/csv; charset=utf-8", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", IDoc: "text/plain; charset=utf-8", IDocXML: "application/xml", UBL: "application/xml",
	}[name]
}

// Detect finds out what a file is by its beginning, of which 4 KiB are enough; empty for
// what looks like none of the formats. A table without a column "document" is found only
// where some of its titles are ours.
func Detect(head []byte) string {
	s := strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), " \t\r\n")
	switch {
	case strings.HasPrefix(s, "EDI_DC40"):
		return IDoc
	case strings.HasPrefix(s, "PK\x03\x04"):
		return XLSX
	case strings.HasPrefix(s, "<") && strings.Contains(s, "<IDOC"):
		return IDocXML
	case strings.HasPrefix(s, "<"):
		return UBL
	case strings.HasPrefix(s, "{"), strings.HasPrefix(s, "["):
		return JSON
	}
	first, _, _ := strings.Cut(s, "\n")
	titles := strings.FieldsFunc(strings.ToLower(first), func(r rune) bool { return strings.ContainsRune(",;\t|\"\r ", r) })
	if len(titles) > 1 && (slices.Contains(titles, "document") || slices.Contains(titles, "number") && slices.Contains(titles, "quantity")) {
		return CSV
	}
	return ""
}

// Item is one document of a file.
type Item struct {
	Type     string   `json:"type"` // the set of X12 that says the same: "850"
	Number   string   `json:"number,omitempty"`
	Document Document `json:"document"`
	Test     bool     `json:"test,omitempty"`
	// Problems are values that are no number or date, and what the document's own rules
	// say of it; Left are values that it has no place for. Each by its place in the file,
	// or, after the rules, in the document.
	Problems []doc.Problem `json:"problems,omitempty"`
	Left     []doc.Problem `json:"left,omitempty"`
	// Control and Receiver are what the file calls the document and whom it names as its
	// receiver, where its form has a place for that.
	Control  string `json:"-"`
	Receiver string `json:"-"`
}

// Options are of the file, not of the document.
type Options struct {
	Limits markup.Limits // zero for the default
	CSV    flat.Style
	IDoc   idoc.Control // of what is written
}

func (o *Options) limits() markup.Limits {
	if o.Limits == (markup.Limits{}) {
		return markup.Default
	}
	return o.Limits
}

// Read reads the documents of a file in a format. The error ends reading and is a
// *wire.Error; what is wrong with a document is among its problems.
func Read(r io.Reader, name string, opt Options) ([]Item, error) {
	lim := opt.limits()
	var out []Item
	switch name {
	case JSON:
		items, err := readJSON(r, lim)
		if err != nil {
			return nil, err
		}
		out = items
	case CSV, XLSX:
		read := flat.Read
		if name == XLSX {
			read = flat.ReadBook
		}
		items, err := read(r, lim, opt.CSV)
		if err != nil {
			return nil, err
		}
		for _, x := range items {
			out = append(out, Item{Document: x.Document, Problems: x.Problems, Left: x.Left})
		}
	case IDoc, IDocXML:
		items, err := idoc.Read(r, lim)
		if err != nil {
			return nil, err
		}
		for _, x := range items {
			out = append(out, Item{Document: x.Document, Test: x.Control.Test, Problems: x.Problems, Left: x.Left, Control: x.Control.Number, Receiver: x.Control.Receiver})
		}
	case UBL:
		x, err := ubl.Read(r, lim)
		if err != nil {
			return nil, err
		}
		out = []Item{{Document: x.Document, Problems: x.Problems, Left: x.Left}}
	default:
		return nil, &wire.Error{Kind: wire.ErrNotRead, Key: "format.unknown", Value: name}
	}
	for i := range out {
		out[i].Type, out[i].Number = TypeOf(out[i].Document), NumberOf(out[i].Document)
		out[i].Problems = append(out[i].Problems, out[i].Document.Validate()...)
	}
	return out, nil
}

// Write writes one document in a format and tells what the format cannot say of it.
// Problems are what keeps it from being written at all; then nothing is.
func Write(w io.Writer, d Document, name string, opt Options) ([]Lost, []doc.Problem, error) {
	var b bytes.Buffer
	var bad []doc.Problem
	var err error
	switch name {
	case JSON:
		err = writeJSON(&b, d)
	case CSV:
		bad, err = flat.Write(&b, d, opt.CSV)
	case XLSX:
		bad, err = flat.WriteBook(&b, d, opt.CSV)
	case IDoc, IDocXML:
		bad, err = idoc.Write(&b, d, opt.IDoc, name == IDocXML)
	case UBL:
		bad, err = ubl.Write(&b, d)
	default:
		err = &wire.Error{Kind: wire.ErrNotRead, Key: "format.unknown", Value: name}
	}
	if err != nil || len(bad) > 0 {
		return nil, bad, err
	}
	back, err := Read(bytes.NewReader(b.Bytes()), name, Options{Limits: markup.Limits{Bytes: 1 << 30, Elements: 1 << 26, Depth: 64, Text: 1 << 20}, CSV: opt.CSV})
	if err != nil {
		return nil, nil, err
	}
	told, err := lost(d, back[0].Document)
	if err != nil {
		return nil, nil, err
	}
	_, err = w.Write(b.Bytes())
	return told, nil, err
}

// Stamp is the control record of an IDoc written now.
func Stamp(c idoc.Control, number string, now time.Time) idoc.Control {
	c.Number, c.Created = number, now
	return c
}
