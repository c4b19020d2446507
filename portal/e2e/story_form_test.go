package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/format"
	"entente/edi/gateway"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	envelope "entente/edi/x12"
)

// oneSet keeps the document of a file of EDI.
type oneSet struct{ doc translate.Document }

func (*oneSet) Interchange(*schema.Interchange) error    { return nil }
func (*oneSet) Group(*schema.Group) error                { return nil }
func (*oneSet) GroupEnd(*schema.Group) error             { return nil }
func (*oneSet) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *oneSet) Set(s *schema.Set) error {
	if s.Verdict != wire.Rejected && v.doc == nil {
		v.doc, _ = translate.Read(s)
	}
	return nil
}

// readERP reads a file as the ERP of the story does; nil for what is no order.
func readERP(syntax string, raw []byte) *doc.PurchaseOrder {
	if gateway.IsForm(syntax) {
		items, err := format.Read(bytes.NewReader(raw), syntax, format.Options{})
		if err != nil || len(items) != 1 || len(items[0].Problems) > 0 {
			return nil
		}
		d, _ := items[0].Document.(*doc.PurchaseOrder)
		return d
	}
	var v oneSet
	if schema.ReadBytes(raw, schema.Options{}, &v) != nil {
		return nil
	}
	d, _ := v.doc.(*doc.PurchaseOrder)
	return d
}

// writeERP writes the ERP's answer in the form in which its order came.
func writeERP(t *testing.T, syntax string, d *doc.OrderAck, control int) []byte {
	t.Helper()
	var b bytes.Buffer
	now := time.Now().UTC()
	var err error
	switch syntax {
	case gateway.SyntaxX12:
		body, findings := translate.WriteX12(d, "005010")
		if wire.VerdictOf(findings) == wire.Rejected {
			t.Fatalf("%+v", findings)
		}
		err = envelope.WriteInterchange(&b, envelope.Outgoing{
			Header: envelope.Header{SenderQualifier: "ZZ", Sender: "AURELIATOOLS", ReceiverQualifier: "ZZ", Receiver: "KESTRELSUPPLY", Version: "00501", Control: fmt.Sprintf("%09d", control), Usage: "P"},
			Group:  envelope.Group{FunctionalID: "PR", Sender: "AURELIATOOLS", Receiver: "KESTRELSUPPLY", Control: fmt.Sprint(control), Agency: "X", Version: "005010"}, Bodies: []envelope.Body{body},
		}, now)
	case gateway.SyntaxEDIFACT:
		body, findings := translate.WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"})
		if wire.VerdictOf(findings) == wire.Rejected {
			t.Fatalf("%+v", findings)
		}
		err = edifact.WriteInterchange(&b, edifact.Outgoing{
			Header: edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: "AURELIATOOLS", SenderQualifier: "ZZZ", Recipient: "BALTICTRADE", RecipientQualifier: "ZZZ", Reference: fmt.Sprint(control)}, Bodies: []edifact.Body{body},
		}, now)
	default:
		var bad []doc.Problem
		if _, bad, err = format.Write(&b, d, syntax, format.Options{}); len(bad) > 0 {
			t.Fatalf("%s: %+v", syntax, bad)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestStoryForms: the same order reaches the ERP of a supplier as 850, ORDERS, JSON, CSV,
// XLSX, IDoc (flat and XML) and UBL, as it chose, and its answer comes back in each: the
// buyer sees one line confirmed and the other in part. What comes twice is booked once.
func TestStoryForms(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		erp := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,stations:read,stations:write,partners:read")
		buyers := map[string]*client{"kestrel": s.token("dan@kestrel.example", "edi:read,edi:write,orders:read"), "baltic": s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read")}
		ways := []gateway.RouteFormat{{Syntax: gateway.SyntaxX12, Version: "005010"}, {Syntax: gateway.SyntaxEDIFACT, Version: "D:96A:UN"}}
		for _, form := range format.Names() {
			ways = append(ways, gateway.RouteFormat{Syntax: form})
		}
		for n, way := range ways {
			buyer, number := "kestrel", "FORM-"+way.Syntax
			if way.Syntax == gateway.SyntaxEDIFACT {
				buyer = "baltic" // who has an address there
			}
			erp.put("/api/v1/partners/"+erp.partnership(buyer)+"/routes", fmt.Sprintf(`{"routes":[{"type":"850","door":"outbox","standard":%q,"version":%q}]}`, way.Syntax, way.Version), 200)
			line := func(no, item, gtin string, q, price doc.Decimal) doc.Line {
				return doc.Line{Number: no, Quantity: q, Unit: "EA", Price: price, Items: []doc.ItemID{{Qualifier: "VP", ID: item}, {Qualifier: "BP", ID: gtin}}}
			}
			order := &doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: time.Now().UTC().Format(time.DateOnly), Lines: []doc.Line{line("1", "AUR-D18B", "B-1", "240", "84.00"), line("2", "AUR-G125", "B-2", "160", "46.50")}}
			order.LineCount, order.Currency = 2, map[string]string{"kestrel": "GBP", "baltic": "EUR"}[buyer]
			var sent bytes.Buffer
			if _, bad, err := format.Write(&sent, order, format.JSON, format.Options{}); err != nil || len(bad) > 0 {
				t.Fatal(err, bad)
			}
			var in struct{ ID string }
			for range 2 {
				a := buyers[buyer].do("POST", "/api/v1/documents?partner=aurelia", "application/json", sent.Bytes())
				if a.status != 202 {
					t.Fatalf("%d %s", a.status, a.body)
				}
				if err := json.Unmarshal(a.body, &in); err != nil {
					t.Fatal(err)
				}
			}
			if ic := buyers[buyer].processed(in.ID); *ic.Result != "accepted" || ic.Sets[0].Business != "booked" {
				t.Fatalf("%s: %+v", number, ic)
			}
			var got *doc.PurchaseOrder
			eventually(t, number+" reaches the ERP", func() bool {
				var box struct {
					Items []struct{ ID, Format, Href, Type string }
				}
				erp.get("/api/v1/edi/outbox?limit=200", &box)
				for _, it := range box.Items {
					if it.Format != way.Syntax {
						continue
					}
					if got = readERP(it.Format, erp.raw(it.Href)); got != nil && got.Number == number {
						erp.post("/api/v1/edi/outbox/"+it.ID+"/ack", "", 204, nil)
						return true
					}
				}
				got = nil
				return false
			})
			if len(got.Lines) != 2 || got.Lines[0].VendorItem != "AUR-D18B" || got.Lines[0].Quantity.Cmp("240") != 0 || got.Lines[1].BuyerItem != "B-2" {
				t.Fatalf("%s: %+v", way.Syntax, got)
			}
			answer := &doc.OrderAck{Header: doc.Header{LineCount: 2}, Purpose: "00", Type: "AC", Number: number, Date: got.Date, Seller: "SO-" + fmt.Sprint(n), AckDate: got.Date}
			answer.Currency, answer.Parties = got.Currency, []doc.Party{{Role: "BY", IDQualifier: "92", ID: buyer}}
			day := time.Now().UTC().AddDate(0, 0, 14).Format(time.DateOnly)
			for i, l := range got.Lines {
				r := []doc.Response{{Status: "IA", Quantity: l.Quantity, Unit: "EA", DateQualifier: "067", Date: day}}
				if i == 1 {
					r = []doc.Response{{Status: "IA", Quantity: "120", Unit: "EA", DateQualifier: "067", Date: day}, {Status: "IB", Quantity: "40", Unit: "EA"}}
				}
				answer.Lines = append(answer.Lines, doc.AckLine{Line: l, Responses: r})
			}
			raw := writeERP(t, way.Syntax, answer, 730000+n)
			for i := range 2 {
				var taken struct {
					ID        string
					Duplicate bool
				}
				a := erp.do("POST", "/api/v1/documents", "", raw)
				if a.status != 202 {
					t.Fatalf("%s: %d %s\n%s", way.Syntax, a.status, a.body, raw)
				}
				if err := json.Unmarshal(a.body, &taken); err != nil || taken.Duplicate != (i == 1) {
					t.Errorf("%s: %s", way.Syntax, a.body)
				}
				if ic := erp.processed(taken.ID); *ic.Result == "rejected" || ic.Sets[0].Business != "booked" {
					t.Fatalf("%s: %+v", way.Syntax, ic)
				}
			}
			orders := buyers[buyer].orders(number)
			if len(orders) != 1 || orders[0].State != "partly_confirmed" || orders[0].Lines[1].Backordered != "40" {
				t.Errorf("%s: %+v", way.Syntax, orders)
			}
		}
		s.command("reconcile")
	})
}
