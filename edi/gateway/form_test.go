package gateway

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/edi/doc"
	"entente/edi/format"
	"entente/edi/sftp"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// counterparts is a Counterparts with the companies of the tests.
type counterparts struct{}

var shortNames = map[string]string{aurelia: "aurelia", kestrel: "kestrel", baltic: "baltic", ended: "gone"}

func (counterparts) Working(_ context.Context, org, slug string) (out []Partnership, err error) {
	for _, p := range []Partnership{withKestrel, withBaltic} {
		other := p.Supplier
		if other == org {
			other = p.Reseller
		}
		if (p.Supplier == org || p.Reseller == org) && (slug == "" || shortNames[other] == slug) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (counterparts) Slugs(_ context.Context, orgs ...string) (map[string]string, error) {
	return shortNames, nil
}

// forms makes partnerships and lets the bench exchange forms.
func (b *bench) forms() {
	b.Helper()
	b.s.Know(counterparts{})
	for _, p := range []Partnership{withKestrel, withBaltic} {
		b.exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", p.ID, p.Supplier, p.Reseller)
	}
}

func anOrder(number string) *doc.PurchaseOrder {
	l := doc.Line{Number: "1", Quantity: "24", Unit: "EA", Price: "84.00", Items: []doc.ItemID{{Qualifier: "VP", ID: "AUR-D18B"}}}
	l.Identify()
	return &doc.PurchaseOrder{Header: doc.Header{Currency: "GBP", LineCount: 1}, Purpose: "00", Type: "SA", Number: number, Date: "2026-11-22", Lines: []doc.Line{l}}
}

func inA(t testing.TB, form string, d format.Document, opt format.Options) string {
	t.Helper()
	var out bytes.Buffer
	if _, bad, err := format.Write(&out, d, form, opt); err != nil || len(bad) > 0 {
		t.Fatalf("%s: %v %+v", form, err, bad)
	}
	return out.String()
}

func (b *bench) send(who access.Actor, in Submission, body string) (Answer, error) {
	b.Helper()
	in.Reader, in.Forms = strings.NewReader(body), true
	return b.s.Receive(b.Context(), who, in)
}

// TestFormsIn: an order in each form is stored as it came, booked once, and answered in
// words; the same file again is the same interchange.
func TestFormsIn(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.forms()
		for _, form := range format.Names() {
			body := inA(t, form, anOrder("PO-"+form), format.Options{})
			first, err := b.send(maya, Submission{Door: "api"}, body)
			if err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			again, err := b.send(maya, Submission{Door: "api", Partner: "Aurelia"}, body)
			if err != nil || !again.Duplicate || again.ID != first.ID {
				t.Errorf("%s again: %+v %v", form, again, err)
			}
			b.work()
			m := b.get(ingrid, first.ID)
			if m.State != Processed || m.Result != ResultAccepted || m.Syntax != form || m.Sender.Written(m.Syntax) != "kestrel" || len(m.Sets) != 1 || m.Sets[0].Kind != "850" || m.Sets[0].Business != BusinessBooked || m.Reference != "PO-"+form {
				t.Errorf("%s: %+v", form, m)
			}
			b.want(form+" bytes", b.raw(ingrid, first.ID), body)
			d, err := b.s.Document(t.Context(), ingrid, first.ID, 1)
			if o, ok := d.(*doc.PurchaseOrder); err != nil || !ok || o.Lines[0].Quantity != "24" {
				t.Errorf("%s: %+v %v", form, d, err)
			}
			p, err := b.s.Convert(t.Context(), ingrid, first.ID, 1, format.JSON)
			if err != nil || !strings.Contains(string(p.Bytes), `"number":"PO-`+form+`"`) {
				t.Errorf("%s: %s %v", form, p.Bytes, err)
			}
			if _, err := b.s.Convert(t.Context(), kaarel, first.ID, 1, format.JSON); !fault.IsNotFound(err) {
				t.Errorf("a stranger: %v", err)
			}
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), len(format.Names()))
		b.want("answers", len(b.waiting(maya)), 0)
		got, err := b.s.Reconcile(t.Context(), access.Actor{Person: "op", Operator: true, Via: "session:x"})
		for _, d := range got.Discrepancies {
			if d.Rule != RuleBookedNothing { // the orders of this test stand in a table of its own
				t.Errorf("%+v", d)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// TestFormsWhom: whom a file is for is said by its sender, by the name of the file, by the
// document, or follows from there being one partner; else it is refused, and a company
// that is no partner is answered like one that does not exist.
func TestFormsWhom(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.forms()
		ack := func(number string) *doc.OrderAck {
			o := anOrder(number)
			return &doc.OrderAck{Header: o.Header, Purpose: "00", Type: "AD", Number: o.Number, Date: o.Date, AckDate: o.Date, Lines: []doc.AckLine{{Line: o.Lines[0], Responses: []doc.Response{{Status: "IA", Quantity: "24", Unit: "EA"}}}}}
		}
		named := ack("A-1")
		named.Parties = []doc.Party{{Role: "BY", IDQualifier: "92", ID: "KESTREL"}}
		cases := map[string]struct {
			who  access.Actor
			in   Submission
			body string
			to   string
			key  string
		}{
			"one partner":    {maya, Submission{}, inA(t, format.JSON, anOrder("B-1"), format.Options{}), aurelia, ""},
			"two partners":   {ingrid, Submission{}, inA(t, format.JSON, ack("B-2"), format.Options{}), "", "edi.form_partner"},
			"said":           {ingrid, Submission{Partner: "baltic"}, inA(t, format.JSON, ack("B-3"), format.Options{}), baltic, ""},
			"name of a file": {ingrid, Submission{Name: "kestrel.acks.json"}, inA(t, format.JSON, ack("B-4"), format.Options{}), kestrel, ""},
			"in it":          {ingrid, Submission{Name: "acks.json"}, inA(t, format.JSON, named, format.Options{}), kestrel, ""},
			"competitor":     {maya, Submission{Partner: "baltic"}, inA(t, format.JSON, anOrder("B-5"), format.Options{}), "", "edi.receiver_unknown"},
			"nobody":         {maya, Submission{Partner: "nobody"}, inA(t, format.JSON, anOrder("B-6"), format.Options{}), "", "edi.receiver_unknown"},
			"mixed tests":    {maya, Submission{}, `{"type":"850","test":true,"document":{}}{"type":"850","document":{}}`, "", "edi.form_test"},
			"no JSON":        {maya, Submission{}, `{"type":"850",`, "", "edi.error.json.syntax"},
			"no form":        {maya, Submission{}, "hello", "", "edi.not_edi"},
		}
		for name, c := range cases {
			a, err := b.send(c.who, c.in, c.body)
			if fault.KeyOf(err) != c.key {
				t.Errorf("%s: %v", name, err)
			}
			if c.key == "" {
				m := b.get(c.who, a.ID)
				if m.To != c.to {
					t.Errorf("%s: to %s", name, shortNames[m.To])
				}
			}
		}
		if _, err := b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(cases["one partner"].body)}); fault.KeyOf(err) != "edi.not_edi" {
			t.Errorf("a door without forms: %v", err)
		}
		b.want("nothing of the refused is kept", b.count("SELECT count(*) FROM interchange"), 4)
	})
}

// TestFormRefused: what is wrong with a document is told with its place; the others of
// the file are booked. A file that came by SFTP gets the reason beside it.
func TestFormRefused(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.forms()
		body := "document,number,date,vendor_item,quantity,unit,price,colour\n850,C-1,2026-11-22,AUR-D18B,24,EA,84.00,\n850,C-2,2026-11-22,AUR-D18B,many,EA,84.00,red\n855,C-3,2026-11-22,AUR-D18B,1,EA,1,\n"
		if err := b.box().Take(t.Context(), station(kestrel), "orders.csv", strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		b.work()
		list, err := b.s.List(t.Context(), maya, Filter{})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		m := b.get(maya, list.Items[0].ID)
		if m.Result != ResultPartly || len(m.Sets) != 3 || m.Sets[0].Business != BusinessBooked || m.Sets[1].Result != ResultRejected || m.Sets[2].Findings[0].Key != findingSide {
			t.Fatalf("%+v", m)
		}
		keys := map[string]string{}
		for _, f := range m.Sets[1].Findings {
			keys[f.Key] = f.Args["Path"]
		}
		if keys["form.number"] != "row 3, quantity" || keys["form.not_carried"] != "row 3, colour" {
			t.Errorf("%v", keys)
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
		b.want("told", b.events(EventDocumentRejected), 2)
		errors := b.names(station(kestrel), sftp.Errors)
		if len(errors) != 2 || !strings.HasPrefix(errors[0], "850-") || b.read(station(kestrel), sftp.Errors, errors[0]) != body {
			t.Fatalf("%q", errors)
		}
		if words := b.read(station(kestrel), sftp.Errors, errors[1]); !strings.Contains(words, "edi.finding.form.number") {
			t.Errorf("%s", words)
		}
	})
}

// TestFormsOut: what goes out in a form looks as its receiver said, loses nothing unsaid,
// and a kind that the form has nothing for goes as JSON.
func TestFormsOut(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.forms()
		style := Style{Decimal: ",", Comma: ";", Columns: map[string]string{"number": "Beleg", "quantity": "Menge"}, Client: "800", System: "AURSAP", Partner: "KUN4711"}
		if err := b.s.SetStyle(t.Context(), ingrid, withKestrel.ID, style); err != nil {
			t.Fatal(err)
		}
		d := anOrder("D-1")
		d.Requirements = []string{"SC"}
		emit := func(form, kind string, doc any) Message {
			t.Helper()
			var done Emitted
			err := b.d.InTx(t.Context(), func(ctx context.Context) (err error) {
				done, err = b.s.Emit(ctx, access.System("edi", kestrel), Outgoing{
					Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: kestrel, Sender: Identity{Value: "kestrel"}, Receiver: Identity{Value: "aurelia"},
					Syntax: form, Kind: kind, Doc: doc, DocumentKind: "order", DocumentID: db.NewID(), Number: "D-1",
				})
				return err
			})
			if err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			return b.get(ingrid, done.ID)
		}
		for _, form := range format.Names() {
			m := emit(form, "850", d)
			raw := b.raw(ingrid, m.ID)
			items, err := format.Read(strings.NewReader(raw), form, style.options())
			if err != nil || len(items) != 1 || items[0].Number != "D-1" || items[0].Document.(*doc.PurchaseOrder).Lines[0].Price.Cmp("84") != 0 {
				t.Fatalf("%s: %v %+v\n%s", form, err, items, raw)
			}
			lost := slices.ContainsFunc(m.Sets[0].Findings, func(f wire.Finding) bool { return f.Key == "form.lost" && f.Args["Path"] == "requirements[0]" })
			if lost == (form == format.JSON) || m.Syntax != form || m.Delivery != DeliveryWaiting {
				t.Errorf("%s: %+v", form, m)
			}
			switch form {
			case format.CSV:
				holds(t, raw, "document;Beleg;", ";24;", ";84,00;")
			case format.IDoc:
				holds(t, raw, "EDI_DC40  800", "AURSAP", "KUN4711", m.Control)
			}
			files := b.names(station(aurelia), sftp.Out)
			if !slices.ContainsFunc(files, func(s string) bool { return strings.Contains(s, m.ID) && strings.HasSuffix(s, Ending(form)) }) {
				t.Errorf("%s: %q", form, files)
			}
			if got, err := b.s.Document(t.Context(), ingrid, m.ID, 1); err != nil || got.(*doc.PurchaseOrder).Number != "D-1" {
				t.Errorf("%s: %+v %v", form, got, err)
			}
			name := files[len(files)-1]
			if b.read(station(aurelia), sftp.Out, name) == "" {
				t.Errorf("%s is empty", name)
			}
			if err := b.s.Fetched(t.Context(), station(aurelia), m.ID); err != nil {
				t.Fatal(err)
			}
			b.want("no acknowledgement is awaited", b.count("SELECT count(*) FROM edi_wait"), 0)
		}
		if m := emit(format.UBL, "860", &doc.OrderChange{Purpose: "04", Type: "SA", Number: "D-1", Date: "2026-11-22", ChangeDate: "2026-11-23"}); m.Syntax != format.JSON {
			t.Errorf("a change in UBL went as %s", m.Syntax)
		}
		// A preview is of the newest document, or of one given.
		p, err := b.s.Preview(t.Context(), ingrid, withKestrel.ID, "850", RouteFormat{SyntaxX12, "004010"}, nil)
		if err != nil || p.Number != "D-1" || !strings.Contains(string(p.Bytes), "BEG*00*SA*D-1") || p.From == "" {
			t.Errorf("%s %v", p.Bytes, err)
		}
		if p, err = b.s.Preview(t.Context(), ingrid, withKestrel.ID, "850", RouteFormat{format.CSV, ""}, nil); err != nil || !strings.HasPrefix(string(p.Bytes), "document;Beleg") {
			t.Errorf("%s %v", p.Bytes, err)
		}
		// One that cannot be read again because its columns were named otherwise since is no hindrance.
		emit(format.CSV, "850", d)
		other := style
		other.Comma, other.Decimal, other.Columns = ",", ".", map[string]string{"document": "Art", "number": "Nummer"}
		if err := b.s.SetStyle(t.Context(), ingrid, withKestrel.ID, other); err != nil {
			t.Fatal(err)
		}
		if p, err = b.s.Preview(t.Context(), ingrid, withKestrel.ID, "850", RouteFormat{format.CSV, ""}, nil); err != nil || !strings.HasPrefix(string(p.Bytes), "Art,Nummer") {
			t.Errorf("after a change of the columns: %s %v", p.Bytes, err)
		}
		if err := b.s.SetStyle(t.Context(), ingrid, withKestrel.ID, style); err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Preview(t.Context(), maya, withKestrel.ID, "855", RouteFormat{format.CSV, ""}, nil); !fault.IsNotFound(err) {
			t.Errorf("no answer yet: %v", err)
		}
		for name, err := range map[string]error{
			"preview": second(b.s.Preview(t.Context(), kaarel, withKestrel.ID, "850", RouteFormat{format.CSV, ""}, nil)),
			"style":   second(b.s.Style(t.Context(), kaarel, withKestrel.ID)), "set": b.s.SetStyle(t.Context(), kaarel, withKestrel.ID, Style{}),
		} {
			if !fault.IsNotFound(err) {
				t.Errorf("a stranger, %s: %v", name, err)
			}
		}
		for name, s := range map[string]Style{
			"column": {Columns: map[string]string{"colour": "Farbe"}}, "title": {Columns: map[string]string{"number": "X", "quantity": "x "}},
			"mark": {Decimal: "'"}, "client": {Client: "8000"}, "kind": {Kind: "997"},
		} {
			if err := b.s.SetStyle(t.Context(), ingrid, withKestrel.ID, s); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
