// Package idoc reads and writes SAP's intermediate documents, as flat files of the file
// port and as XML: ORDERS and ORDRSP as ORDERS05, DESADV as DELVRY03, INVOIC as INVOIC02. The segments and
// fields are those SAP publishes in transaction WE60; qualifiers carry the meaning.
//
// What SAP has no qualifier for keeps the letters of X12 (a promotion number is E1EDK02
// with QUALF "PD"): SAP stores it and passes it over. Allowances that do not change the
// total are not written, as a condition in an IDoc always does.
package idoc

import (
	"bufio"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"entente/edi/doc"
	"entente/edi/markup"
	"entente/edi/wire"
)

// Document is what an IDoc holds: *doc.PurchaseOrder, *doc.OrderAck,
// *doc.ShipNotice or *doc.Invoice.
type Document interface{ Validate() []doc.Problem }

// Control is what the control record says beside the document.
type Control struct {
	Client   string // MANDT
	Number   string // DOCNUM, up to 16 digits
	Message  string // MESTYP: ORDERS, ORDRSP, DESADV, INVOIC
	Type     string // IDOCTYP: ORDERS05, DELVRY03, INVOIC02
	Sender   string // SNDPRN
	Receiver string // RCVPRN
	// SenderPort and ReceiverPort are SNDPOR and RCVPOR; the partner types are LS, KU, LI.
	SenderPort, SenderType     string
	ReceiverPort, ReceiverType string
	Test                       bool
	Created                    time.Time // UTC; zero leaves CREDAT and CRETIM empty
}

// Item is one IDoc of a file.
type Item struct {
	Control  Control
	Document Document
	// Problems are values that are no number or date; Left what has no place in the
	// document, each by its segment and field.
	Problems []doc.Problem
	Left     []doc.Problem
}

// Read reads the IDocs of a file, flat or XML by its first character.
func Read(r io.Reader, lim markup.Limits) ([]Item, error) {
	in := bufio.NewReader(r)
	b, _ := in.Peek(64)
	first := strings.TrimLeft(strings.TrimPrefix(string(b), "\ufeff"), " \t\r\n")
	var list []*markup.Node
	if strings.HasPrefix(first, "<") {
		root, _, err := markup.Read(in, lim, map[string]string{"": ""})
		if err != nil {
			return nil, err
		}
		for _, k := range root.Kids {
			if k.Name == "IDOC" {
				list = append(list, k)
			}
		}
		if len(list) == 0 {
			return nil, &wire.Error{Kind: wire.ErrNotEDI, Key: "idoc.xml", Value: root.Name}
		}
	} else {
		var err error
		if list, err = readFlat(in, lim); err != nil {
			return nil, err
		}
	}
	out := make([]Item, 0, len(list))
	for _, n := range list {
		it, err := item(n)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

func item(n *markup.Node) (Item, error) {
	m := markup.Reading(n)
	var it Item
	var code, function string
	m.In("EDI_DC40", func(m *markup.Map) { it.Control.fields(m, &code, &function) })
	switch it.Control.Message {
	case "ORDERS":
		d := &doc.PurchaseOrder{Purpose: code, Type: function}
		order(m, d)
		it.Document = d
	case "ORDRSP":
		d := &doc.OrderAck{Purpose: code, Type: function}
		answer(m, d)
		it.Document = d
	case "DESADV":
		d := &doc.ShipNotice{Purpose: code}
		if function != "" {
			m.Problem("EDI_DC40/MESFCT", keyLeft, function)
		}
		delivery(m, d)
		it.Document = d
	case "INVOIC":
		d := &doc.Invoice{Purpose: code, Type: function}
		invoice(m, d)
		it.Document = d
	default:
		return it, &wire.Error{Kind: wire.ErrNotRead, Key: "idoc.message", Value: it.Control.Message}
	}
	it.Problems, it.Left = m.Problems(), n.Left()
	return it, nil
}

// Write makes the IDoc of a document, flat or XML. Problems are codes and numbers that
// are longer than their field: then nothing is written. Free text is cut.
func Write(w io.Writer, d Document, c Control, asXML bool) ([]doc.Problem, error) {
	n := &markup.Node{Name: "IDOC"}
	m := markup.Writing(n)
	var code, function string
	var fill func()
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		c.Message, c.Type, code, function = "ORDERS", "ORDERS05", d.Purpose, d.Type
		fill = func() { order(m, d) }
	case *doc.OrderAck:
		c.Message, c.Type, code, function = "ORDRSP", "ORDERS05", d.Purpose, d.Type
		if function == verdict(d) {
			function = ""
		}
		fill = func() { answer(m, d) }
	case *doc.ShipNotice:
		c.Message, c.Type, code = "DESADV", "DELVRY03", d.Purpose
		fill = func() { delivery(m, d) }
	case *doc.Invoice:
		c.Message, c.Type, code, function = "INVOIC", "INVOIC02", d.Purpose, d.Type
		if function == "DI" || function == "CR" { // said by BSART
			function = ""
		}
		fill = func() { invoice(m, d) }
	default:
		return []doc.Problem{{Key: KeyNoIDoc}}, nil
	}
	m.In("EDI_DC40", func(m *markup.Map) { c.fields(m, &code, &function) })
	fill()
	if bad := fit(n); len(bad) > 0 {
		return bad, nil
	}
	if !asXML {
		return nil, writeFlat(w, n)
	}
	mark(n)
	n.Attrs = []markup.Attr{{Name: "BEGIN", Value: "1"}}
	return nil, (&markup.Node{Name: c.Type, Kids: []*markup.Node{n}}).Write(w)
}

// The keys of problems of writing.
const (
	KeyWidth  = "width"   // longer than its field
	KeyNoIDoc = "no_idoc" // no IDoc for this kind of document
)

// fit cuts free text at its width and tells what else does not fit.
func fit(n *markup.Node) (bad []doc.Problem) {
	list := segments[n.Name].fields
	if n.Name == "EDI_DC40" {
		list = control
	}
	width := map[string]int{}
	for _, f := range list {
		width[f.name] = f.width
	}
	for _, k := range n.Kids {
		if _, ok := segments[k.Name]; ok || k.Name == "EDI_DC40" {
			bad = append(bad, fit(k)...)
			continue
		}
		k.Text = strings.Map(func(c rune) rune {
			if c < ' ' || c == 0x7f {
				return ' '
			}
			return c
		}, strings.ToValidUTF8(k.Text, "?"))
		if w := width[k.Name]; utf8.RuneCountInString(k.Text) > w {
			if !free[k.Name] {
				bad = append(bad, doc.Problem{Path: n.Name + "/" + k.Name, Key: KeyWidth, Value: k.Text})
				continue
			}
			k.Text = strings.TrimSpace(string([]rune(k.Text)[:w]))
		}
	}
	return bad
}

// mark gives every segment its SEGMENT="1".
func mark(n *markup.Node) {
	for _, k := range n.Kids {
		if _, ok := segments[k.Name]; ok || k.Name == "EDI_DC40" {
			k.Attrs = []markup.Attr{{Name: "SEGMENT", Value: "1"}}
			mark(k)
		}
	}
}

// fields maps the control record, in the order of its fields. What a plain document
// says, purpose 00 and type SA, is not written.
func (c *Control) fields(m *markup.Map, code, function *string) {
	m.Constant("TABNAM", "EDI_DC40")
	m.Text("MANDT", &c.Client)
	m.Text("DOCNUM", &c.Number)
	if !m.Read() {
		m.Constant("DIRECT", "2")
	} else {
		passed(m, "DOCREL", "STATUS", "DIRECT", "OUTMOD", "EXPRSS", "STD", "STDVRS", "STDMES", "SNDPFC", "SNDSAD", "SNDLAD", "RCVPFC", "RCVSAD", "RCVLAD", "REFINT", "REFGRP", "REFMES", "ARCKEY", "SERIAL", "CREDAT", "CRETIM")
	}
	test := ""
	if c.Test {
		test = "X"
	}
	m.Text("TEST", &test)
	c.Test = test != ""
	m.Text("IDOCTYP", &c.Type)
	m.Text("MESTYP", &c.Message)
	m.Turned("MESCOD", code, "", unless("00"), kept)
	m.Turned("MESFCT", function, "", unless("SA"), kept)
	m.Text("SNDPOR", &c.SenderPort)
	m.Text("SNDPRT", &c.SenderType)
	m.Text("SNDPRN", &c.Sender)
	m.Text("RCVPOR", &c.ReceiverPort)
	m.Text("RCVPRT", &c.ReceiverType)
	m.Text("RCVPRN", &c.Receiver)
	if !m.Read() && !c.Created.IsZero() {
		m.Constant("CREDAT", c.Created.UTC().Format("20060102"))
		m.Constant("CRETIM", c.Created.UTC().Format("150405"))
	}
	if m.Read() && *code == "" {
		*code = "00"
	}
}

func unless(usual string) func(string) string {
	return func(s string) string {
		if s == usual {
			return ""
		}
		return s
	}
}

func kept(s string) (string, bool) { return s, true }

// passed takes fields that say nothing of the business.
func passed(m *markup.Map, names ...string) {
	for _, name := range names {
		var v string
		m.Text(name, &v)
	}
}
