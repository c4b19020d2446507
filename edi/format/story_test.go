package format

import (
	"bytes"
	"testing"
	"time"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/x12"
)

// forms are the eight forms that an order goes out in, each as a function there and back.
func forms(t *testing.T) map[string]func(Document) Document {
	t.Helper()
	when := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	read := func(in []byte) Document {
		v := &taker{}
		if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
			t.Fatalf("%v, %d documents\n%s", err, len(v.out), in)
		}
		return v.out[0]
	}
	out := map[string]func(Document) Document{
		"X12": func(d Document) Document {
			body, findings := translate.WriteX12(d, "005010")
			if len(findings) > 0 {
				t.Fatalf("%+v", findings)
			}
			var b bytes.Buffer
			group := map[string]string{"850": "PO", "855": "PR"}[body.Type]
			err := x12.WriteInterchange(&b, x12.Outgoing{
				Header: x12.Header{SenderQualifier: "ZZ", Sender: "S", ReceiverQualifier: "ZZ", Receiver: "R", Version: "00501", Control: "1"},
				Group:  x12.Group{FunctionalID: group, Sender: "S", Receiver: "R", Control: "1", Agency: "X", Version: "005010"}, Bodies: []x12.Body{body},
			}, when)
			if err != nil {
				t.Fatal(err)
			}
			return read(b.Bytes())
		},
		"EDIFACT": func(d Document) Document {
			body, findings := translate.WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"})
			if len(findings) > 0 {
				t.Fatalf("%+v", findings)
			}
			var b bytes.Buffer
			err := edifact.WriteInterchange(&b, edifact.Outgoing{
				Header: edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: "S", Recipient: "R", Reference: "1"}, Bodies: []edifact.Body{body},
			}, when)
			if err != nil {
				t.Fatal(err)
			}
			return read(b.Bytes())
		},
	}
	for _, name := range Names() {
		out[name] = func(d Document) Document {
			var b bytes.Buffer
			told, bad, err := Write(&b, d, name, Options{IDoc: control})
			if err != nil || len(bad)+len(told) > 0 {
				t.Fatalf("%s: %v %+v %+v", name, err, bad, told)
			}
			items, err := Read(&b, name, Options{})
			if err != nil || len(items) != 1 || len(items[0].Problems) > 0 {
				t.Fatalf("%s: %v %+v", name, err, items)
			}
			return items[0].Document
		}
	}
	return out
}

// TestSameOrderInEightForms: an order goes to an ERP as 850, ORDERS, JSON, CSV, XLSX, IDoc flat
// and XML, and UBL, and the ERP's answer comes back in each: every time the same
// documents.
func TestSameOrderInEightForms(t *testing.T) {
	t.Parallel()
	line := func(n, item string, q, price doc.Decimal) doc.Line {
		l := doc.Line{Number: n, Quantity: q, Unit: "EA", Price: price, Description: "Cordless drill 18 V", Items: []doc.ItemID{{Qualifier: "VP", ID: item}, {Qualifier: "BP", ID: "KS-" + n}}}
		l.Identify()
		return l
	}
	head := doc.Header{
		Currency: "GBP", LineCount: 2, Refs: []doc.Ref{{Qualifier: "PD", Value: "PR-2026-017"}},
		Parties: []doc.Party{{Role: "BY", IDQualifier: "92", ID: "KESTREL", Name: "Kestrel Supply"}, {Role: "SU", IDQualifier: "92", ID: "AURELIA", Name: "Aurelia Tools"}},
	}
	order := &doc.PurchaseOrder{Header: head, Purpose: "00", Type: "SA", Number: "4500187519", Date: "2026-11-22", Lines: []doc.Line{line("1", "AUR-D18B", "60", "84.00"), line("2", "AUR-G125", "160", "46.50")}}
	order.Dates = []doc.Date{{Qualifier: "002", Date: "2026-11-30"}}
	answer := &doc.OrderAck{Header: head, Purpose: "00", Type: "AC", Number: order.Number, Date: order.Date, Seller: "SO-77", AckDate: "2026-11-23"}
	for i, l := range order.Lines {
		r := []doc.Response{{Status: "IA", Quantity: l.Quantity, Unit: "EA", DateQualifier: "067", Date: "2026-12-01"}}
		if i == 0 {
			r = []doc.Response{{Status: "IA", Quantity: "40", Unit: "EA", DateQualifier: "067", Date: "2026-12-01"}, {Status: "IR", Quantity: "20", Unit: "EA"}}
		}
		answer.Lines = append(answer.Lines, doc.AckLine{Line: l, Responses: r})
	}
	for name, there := range forms(t) {
		for _, d := range []Document{order, answer} {
			got := there(d)
			away, err := lost(d, got)
			if err != nil {
				t.Fatal(err)
			}
			more, _ := lost(got, d)
			if len(away)+len(more) > 0 {
				t.Errorf("%s %s: lost %+v, came of nothing %+v", name, TypeOf(d), away, more)
			}
		}
	}
}
