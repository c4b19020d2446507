// Package format gives business documents the forms that ERP systems take and send
// beside raw EDI: JSON, CSV, SAP IDoc (flat and XML) and UBL 2.1. All read into the same
// documents (edi/doc), and what a form cannot say is told value by value: a document
// that is written is read back and compared, so that nothing is lost unsaid.
package format

import (
	"bytes"
	"io"
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
	IDoc    = "idoc"     // flat file
	IDocXML = "idoc-xml" // the same as XML
	UBL     = "ubl"
)

// Names are all formats, in the order of a choice.
func Names() []string { return []string{JSON, CSV, IDoc, IDocXML, UBL} }

// Media is the media type of what a format writes, empty for an unknown format.
func Media(name string) string {
	return map[string]string{
		JSON: "application/json", CSV: "text/csv; charset=utf-8", IDoc: "text/plain; charset=utf-8", IDocXML: "application/xml", UBL: "application/xml",
	}[name]
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
	case CSV:
		items, err := flat.Read(r, lim, opt.CSV)
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
			out = append(out, Item{Document: x.Document, Test: x.Control.Test, Problems: x.Problems, Left: x.Left})
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
