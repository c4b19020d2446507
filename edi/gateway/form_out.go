package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/edi/doc"
	"entente/edi/flat"
	"entente/edi/format"
	"entente/edi/idoc"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
)

// Style is how a company's files look in a partnership, those it sends and those it
// receives. The zero value is comma, point and our names.
type Style struct {
	Decimal string            `json:"decimal,omitempty"` // of CSV: "," or "." (also "")
	Comma   string            `json:"comma,omitempty"`   // of CSV: , ; | or a tab
	Columns map[string]string `json:"columns,omitempty"` // of CSV and XLSX: the company's names by ours
	// Kind is what the rows are of a table without a column "document": "850".
	Kind string `json:"kind,omitempty"`
	// Client, System and Partner are MANDT of an IDoc, the partner number of the company's
	// SAP system and the one that it has for the other company.
	Client  string `json:"client,omitempty"`
	System  string `json:"system,omitempty"`
	Partner string `json:"partner,omitempty"`
}

func (s Style) plain() bool {
	return s.Decimal == "" && s.Comma == "" && len(s.Columns) == 0 && s.Kind == ""
}

func (s Style) options() format.Options {
	opt := format.Options{CSV: flat.Style{Columns: s.Columns, Kind: s.Kind}}
	if s.Decimal == "," {
		opt.CSV.Decimal = ','
	}
	for _, r := range s.Comma {
		opt.CSV.Comma = r
	}
	return opt
}

// The separators of a CSV.
var separators = []string{"", ",", ";", "|", "\t"}

// maxColumns bounds what a Style names.
const maxColumns = 100

func (s *Style) check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if s.Decimal != "" && s.Decimal != "." && s.Decimal != "," {
		bad.With("decimal", "form.invalid")
	}
	if !slices.Contains(separators, s.Comma) {
		bad.With("comma", "form.invalid")
	}
	if s.Kind != "" && len(flat.Columns(s.Kind)) == 0 {
		bad.With("kind", "form.invalid")
	}
	seen := map[string]bool{}
	for our, their := range s.Columns {
		key := strings.ToLower(strings.TrimSpace(their))
		switch {
		case !flat.Known(our):
			bad.With("columns", "edi.style_column", "Name", text(our, 60))
		case key == "" || seen[key] || len(their) > 100 || text(their, 100) != their:
			bad.With("columns", "edi.style_title", "Name", text(their, 60))
		}
		seen[key] = true
	}
	if len(s.Columns) > maxColumns {
		bad.With("columns", "form.invalid")
	}
	for name, f := range map[string]struct {
		v    string
		most int
	}{"client": {s.Client, 3}, "system": {s.System, 10}, "partner": {s.Partner, 10}} {
		if len(f.v) > f.most || word(f.v) != f.v {
			bad.With(name, "edi.style_long", "Most", f.most)
		}
	}
	return bad.OrNil()
}

// styleKind is the kind of the row that holds a Style.
const styleKind = "style"

// Style gives how the files of the actor's company look in a partnership.
// Codes: NotFound.
func (s *Service) Style(ctx context.Context, actor access.Actor, partnership string) (Style, error) {
	if _, _, err := s.linked(ctx, actor, access.LinkRead, partnership); err != nil {
		return Style{}, err
	}
	return s.styleOf(ctx, partnership, actor.Org)
}

// SetStyle changes it. Files that are kept are read in it from then on too.
// Codes: NotFound, Forbidden, Invalid (an unknown column, a title that is there twice, a
// value that is too long for an IDoc).
func (s *Service) SetStyle(ctx context.Context, actor access.Actor, partnership string, style Style) error {
	supplier, reseller, err := s.linked(ctx, actor, access.LinkManage, partnership)
	if err != nil {
		return err
	}
	if err := style.check(); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r := &routeRow{
			PartnershipID: partnership, OrgID: actor.Org, Kind: styleKind, SupplierID: supplier, ResellerID: reseller, Style: db.Text(style),
			Changed: db.Micros(db.Now(ctx)), ChangedBy: actor.Person,
		}
		if err := saveRoute(ctx, r); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "edi.style", SubjectKind: "partnership", SubjectID: partnership, Outcome: audit.Done})
	})
}

// styleOf joins the transaction of ctx, if there is one.
func (s *Service) styleOf(ctx context.Context, partnership, org string) (out Style, err error) {
	err = s.db.View(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		r, err := routeOf(ctx, partnership, org, styleKind)
		if err != nil || r == nil || r.Style == "" {
			return err
		}
		return json.Unmarshal([]byte(r.Style), &out)
	})
	return out, err
}

// form translates what is to be sent into a form, as its receiver's files look. A kind of
// document that the form has no place for goes as JSON.
func (out Outgoing) form(style Style) (writing, error) {
	d, ok := out.Doc.(format.Document)
	if !ok {
		return writing{}, fault.New(fault.Internal, "error.internal", "Cause", "nothing to send")
	}
	syntax := out.Syntax
	w := writing{kind: out.Kind, version: "1", syntax: syntax}
	b, told, bad, err := inForm(d, syntax, style, out.control(style), 1, time.Time{})
	if err == nil && noForm(bad) {
		w.syntax = format.JSON
		b, told, bad, err = inForm(d, format.JSON, style, idoc.Control{}, 1, time.Time{})
	}
	if err != nil {
		return w, fault.Wrap(err, fault.Invalid, "edi.not_sendable")
	}
	if len(bad) > 0 {
		return w, fault.New(fault.Invalid, "edi.not_sendable", "Rule", "form."+bad[0].Key, "Segment", text(bad[0].Path, 60), "Element", 0)
	}
	for i, l := range told {
		if i == maxFormFindings {
			break
		}
		w.findings = append(w.findings, wire.Finding{Level: wire.LevelElement, Severity: wire.Note, Key: "form.lost", Value: text(l.Value, wire.MaxValue), Args: map[string]string{"Path": text(l.Path, 120)}})
	}
	w.numbers = formNumbers(d)
	w.bytes = func(n int64, at time.Time) ([]byte, error) {
		if w.syntax != format.IDoc && w.syntax != format.IDocXML {
			return b, nil
		}
		b, _, _, err := inForm(d, w.syntax, style, out.control(style), n, at)
		return b, err
	}
	return w, nil
}

// noForm says that a form has nothing for a kind of document.
func noForm(bad []doc.Problem) bool {
	return slices.ContainsFunc(bad, func(p doc.Problem) bool { return strings.HasPrefix(p.Key, "no_") && p.Key != doc.KeyNoLines })
}

func inForm(d format.Document, form string, style Style, c idoc.Control, n int64, at time.Time) ([]byte, []format.Lost, []doc.Problem, error) {
	opt := style.options()
	opt.IDoc = format.Stamp(c, strings.Repeat("0", 7)+padNumber(n), at)
	var b bytes.Buffer
	told, bad, err := format.Write(&b, d, form, opt)
	return b.Bytes(), told, bad, err
}

// control is the control record of an IDoc: the receiver's own partner numbers, else the
// short names of the companies.
func (out Outgoing) control(style Style) idoc.Control {
	short := func(s string) string { return strings.ToUpper(s[:min(len(s), 10)]) }
	c := idoc.Control{Client: style.Client, Sender: style.Partner, Receiver: style.System, SenderType: "LS", ReceiverType: "LS", SenderPort: "ENTENTE", Test: out.Test}
	if c.Sender == "" {
		c.Sender = short(out.Sender.Value)
	}
	if c.Receiver == "" {
		c.Receiver = short(out.Receiver.Value)
	}
	return c
}

// Preview is a document as it would arrive.
type Preview struct {
	Bytes []byte
	Media string
	Name  string        // of the file
	Lost  []format.Lost // what the form has no place for
	// Number and From are the business number of the document and the interchange it was
	// read from; empty for one that was given.
	Number, From string
}

// Preview writes a real document as the actor's company would receive it in a partnership
// with a format: the newest of its kind between the two, or else the one given.
// Codes: NotFound (also where there is no document yet), Invalid (the format has no place
// for such a document, with the reason).
func (s *Service) Preview(ctx context.Context, actor access.Actor, partnership, kind string, f RouteFormat, given format.Document) (Preview, error) {
	if _, _, err := s.linked(ctx, actor, access.LinkRead, partnership); err != nil {
		return Preview{}, err
	}
	if !slices.Contains(RouteFormats, f) {
		return Preview{}, fault.InvalidField("format_"+kind, "edi.route_format")
	}
	style, err := s.styleOf(ctx, partnership, actor.Org)
	if err != nil {
		return Preview{}, err
	}
	d, from, err := s.newest(ctx, actor, partnership, kind)
	if fault.IsNotFound(err) && given != nil {
		d, err = given, nil
	}
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Number: format.NumberOf(d), From: from, Name: kind + Ending(f.Syntax)}
	at := s.db.Clock()
	out := Outgoing{Kind: kind, Doc: d, Syntax: f.Syntax, Version: f.Version, Sender: Identity{Qualifier: "ZZ", Value: "PARTNER"}, Receiver: Identity{Qualifier: "ZZ", Value: "US"}}
	var w writing
	if IsForm(f.Syntax) {
		p.Media = format.Media(f.Syntax)
		var bad []doc.Problem
		if p.Bytes, p.Lost, bad, err = inForm(d, f.Syntax, style, out.control(style), 1, at); err != nil {
			return p, fault.Wrap(err, fault.Invalid, "edi.not_sendable")
		}
		if len(bad) > 0 {
			return p, fault.New(fault.Invalid, "edi.doc."+bad[0].Key, "Path", text(bad[0].Path, 120), "Value", text(bad[0].Value, wire.MaxValue))
		}
		return p, nil
	}
	p.Media = Interchange{Syntax: f.Syntax}.MediaType()
	if w, err = out.writer(x12.Group{FunctionalID: groupOf(kind), Sender: "PARTNER", Receiver: "US"}, &Terms{}, style); err == nil {
		p.Bytes, err = w.bytes(1, at)
	}
	return p, err
}

// Convert writes a document of an interchange in a form, as the files of the actor's
// company look with that partner.
// Codes: NotFound, Invalid (an unknown form, or one without a place for such a document).
func (s *Service) Convert(ctx context.Context, actor access.Actor, id string, position int, form string) (Preview, error) {
	if !IsForm(form) {
		return Preview{}, fault.InvalidField("format", "edi.error.format.unknown", "Value", text(form, 40))
	}
	got, err := s.Document(ctx, actor, id, position)
	if err != nil {
		return Preview{}, err
	}
	d, ok := got.(format.Document)
	if !ok || got == nil {
		return Preview{}, notFound()
	}
	var r *interchangeRow
	if err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		r, err = interchangeByID(ctx, id)
		return err
	}); err != nil {
		return Preview{}, err
	}
	style, err := s.styleOf(ctx, r.PartnershipID, actor.Org)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Number: format.NumberOf(d), From: id, Name: format.TypeOf(d) + "-" + id + Ending(form), Media: format.Media(form)}
	out := Outgoing{Sender: identity(r.SenderIdent), Receiver: identity(r.ReceiverIdent), Test: r.Test}
	var bad []doc.Problem
	if p.Bytes, p.Lost, bad, err = inForm(d, form, style, out.control(style), 1, instant(r.Received)); err != nil {
		return p, fault.Wrap(err, fault.Internal, "error.internal")
	}
	if len(bad) > 0 {
		return p, fault.New(fault.Invalid, "edi.doc."+bad[0].Key, "Path", text(bad[0].Path, 120), "Value", text(bad[0].Value, wire.MaxValue))
	}
	return p, nil
}

// newest is the document of a kind that was exchanged last in a partnership.
func (s *Service) newest(ctx context.Context, actor access.Actor, partnership, kind string) (format.Document, string, error) {
	for _, k := range []string{kind, unKinds[kind]} {
		if k == "" {
			continue
		}
		page, err := s.List(ctx, actor, Filter{Type: k, Partnership: partnership, Result: ResultAccepted, Limit: 5})
		if err != nil {
			return nil, "", err
		}
		for _, i := range page.Items {
			d, err := s.Document(ctx, actor, i.ID, 1)
			if x, ok := d.(format.Document); ok && err == nil && format.TypeOf(x) == kind {
				return x, i.ID, nil
			}
			// one that cannot be read again, such as a table whose columns are named otherwise since
			if c := fault.CodeOf(err); err != nil && c != fault.NotFound && c != fault.Invalid {
				return nil, "", err
			}
		}
	}
	return nil, "", notFound()
}

// unKinds are the messages of EDIFACT that say what a set says.
var unKinds = map[string]string{"850": "ORDERS", "855": "ORDRSP", "856": "DESADV", "810": "INVOIC", "860": "ORDCHG", "865": "ORDRSP", "861": "RECADV", "820": "REMADV", "832": "PRICAT", "846": "INVRPT", "867": "SLSRPT", "824": "APERAK", "180": "RETANN"}
