package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// source makes documents that both syntaxes can say, from a seed.
type source struct{ *rand.Rand }

func (s source) maybe() bool { return s.IntN(2) == 0 }

func (s source) pick(list ...string) string { return list[s.IntN(len(list))] }

func (s source) text() string {
	return s.pick("DRILL 18 V", "Bohrmaschine für Holz", "O'Brien & Sons + Co: what?", "AUR-D18B", "x", "1.5")
}

func (s source) day() string { return fmt.Sprintf("2026-%02d-%02d", 1+s.IntN(12), 1+s.IntN(28)) }

func (s source) decimal() doc.Decimal { return doc.FromScaled(1+s.Int64N(1_000_000), s.IntN(3)) }

func (s source) cents() doc.Decimal { return doc.FromScaled(1+s.Int64N(10_000_000), 2) }

func (s source) refs() (out []doc.Ref) {
	if s.maybe() {
		out = append(out, doc.Ref{Qualifier: "PD", Value: "PR-2026-017"})
	}
	if s.maybe() {
		out = append(out, doc.Ref{Qualifier: "CT", Value: s.text()})
	}
	return out
}

func (s source) notes() (out []string) {
	for range s.IntN(3) {
		out = append(out, s.text())
	}
	return out
}

func (s source) allowances() (out []doc.Allowance) {
	for range s.IntN(2) {
		a := doc.Allowance{Indicator: s.pick("A", "C"), Code: s.pick("F800", "C310", "D240"), Amount: s.cents(), Method: s.pick("", "01", "02", "04"), Reference: s.pick("", "PR-1"), Text: s.pick("", "Spring")}
		a.Charge = a.Indicator == "C"
		if s.maybe() {
			a.Percent = s.decimal()
		}
		out = append(out, a)
	}
	return out
}

func (s source) parties() []doc.Party {
	out := []doc.Party{{Role: "BY", IDQualifier: "UL", ID: "5012345000015"}, {Role: "SU", IDQualifier: "UL", ID: "5098765000016"}}
	if s.maybe() {
		out = append(out, doc.Party{
			Role: "ST", Name: s.text(), IDQualifier: "92", ID: "KS-WKF1", Address: []string{"Unit 4", "Calder Park"}[:1+s.IntN(2)], City: "Wakefield", Postcode: "WF2 7AZ", Country: "GB",
			Contacts: []doc.Contact{{Function: "OC", Name: "Dan", Numbers: []doc.ContactNumber{{Kind: "TE", Number: "555+1"}}}}[:s.IntN(2)],
		})
		if len(out[2].Contacts) == 0 {
			out[2].Contacts = nil
		}
	}
	if s.maybe() {
		out[0].Refs = []doc.Ref{{Qualifier: "VX", Value: "GB123456789"}}
	}
	return out
}

func (s source) header(lines int) doc.Header {
	h := doc.Header{Refs: s.refs(), Parties: s.parties(), Notes: s.notes(), Allowances: s.allowances(), LineCount: lines}
	if s.maybe() {
		h.Currency = s.pick("GBP", "EUR", "CNY")
	}
	if s.maybe() {
		h.Dates = []doc.Date{{Qualifier: s.pick("002", "010", "063"), Date: s.day()}}
	}
	return h
}

func (s source) line(n int) doc.Line {
	l := doc.Line{
		Number: fmt.Sprint(n), Quantity: s.decimal(), Unit: s.pick("EA", "PC", "KG"), Price: s.decimal(), Description: s.pick("", "DRILL 18 V", "HAMMER"), Refs: s.refs(), Notes: s.notes(), Allowances: s.allowances(),
		Items: []doc.ItemID{{Qualifier: "EN", ID: "5012345678900"}, {Qualifier: "VP", ID: s.text()}, {Qualifier: "BP", ID: "KS-1"}}[:1+s.IntN(3)],
	}
	if s.maybe() {
		l.Items = []doc.ItemID{{Qualifier: "VP", ID: "AUR-1"}}
	}
	if s.maybe() {
		l.Dates = []doc.Date{{Qualifier: "002", Date: s.day()}}
	}
	identify(&l)
	return l
}

func (s source) purchaseOrder() *doc.PurchaseOrder {
	n := 1 + s.IntN(4)
	d := &doc.PurchaseOrder{Header: s.header(n), Purpose: s.pick("00", "05", "07"), Type: s.pick("SA", "BK", "RL"), Number: "PO-" + fmt.Sprint(s.IntN(10000)), Date: s.day(), Contract: s.pick("", "C-1"), Release: s.pick("", "R7"), Carrier: s.carrier()}
	for i := range n {
		d.Lines = append(d.Lines, s.line(i+1))
	}
	if s.maybe() {
		d.Total = s.cents()
	}
	return d
}

// carrier is none, or one named by its code, its mode or both.
func (s source) carrier() doc.Carrier {
	if s.maybe() {
		return doc.Carrier{}
	}
	c := doc.Carrier{Code: s.pick("", "DPDL"), Mode: s.pick("M", "A", "S"), Name: s.pick("", "DPD")}
	return c
}

func (s source) orderAck() *doc.OrderAck {
	n := 1 + s.IntN(4)
	d := &doc.OrderAck{Header: s.header(n), Purpose: "00", Type: s.pick("AC", "AD", "RD"), Number: "PO-1", Date: s.day(), Seller: s.pick("", "OR-2"), AckDate: s.day(), Contract: s.pick("", "C-1"), Carrier: s.carrier()}
	for i := range n {
		l := doc.AckLine{Line: s.line(i + 1)}
		l.Dates = nil
		part := func(status string, q int64) doc.Response {
			r := doc.Response{Status: status, Quantity: doc.FromScaled(q, 0), Unit: l.Unit}
			if status == "IA" && s.maybe() {
				r.DateQualifier, r.Date = "067", s.day()
			}
			return r
		}
		l.Quantity = "60"
		switch s.IntN(5) {
		case 4:
			l.Responses = []doc.Response{part("ID", 60)}
		case 0:
			l.Responses = []doc.Response{part("IA", 60)}
		case 1:
			l.Responses = []doc.Response{part("IR", 60)}
		case 2:
			l.Responses = []doc.Response{part("IB", 20), part("IA", 40)}
		case 3:
			a, b := part("IA", 10), part("IA", 20)
			l.Responses = []doc.Response{part("IB", 15), a, b, part("IR", 15)}
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

func (s source) invoice() *doc.Invoice {
	n := 1 + s.IntN(4)
	d := &doc.Invoice{Header: s.header(n), Number: "INV-1", Date: s.day(), OrderNumber: s.pick("", "PO-1"), Type: s.pick("DI", "CR"), Purpose: "00", Total: s.cents()}
	if d.OrderNumber != "" {
		d.OrderDate = s.day()
	}
	if s.maybe() {
		d.Terms = []doc.Terms{{NetDate: s.day()}}
	} else if s.maybe() {
		d.Terms = []doc.Terms{{NetDays: "30"}}
	}
	for i := range n {
		l := doc.InvoiceLine{Line: s.line(i + 1)}
		l.Amount = l.Quantity.Mul(l.Price, 2)
		if s.maybe() {
			l.Taxes = []doc.Tax{{Type: "VA", Percent: "20"}}
		}
		d.Lines = append(d.Lines, l)
	}
	if s.maybe() {
		d.Taxes = []doc.Tax{{Type: "VA", Amount: "12.00", Percent: "20", Taxable: "60.00"}}
	}
	return d
}

func (s source) shipLine(n int) doc.ShipLine {
	l := doc.ShipLine{Line: s.line(n)}
	l.Price, l.Notes, l.Allowances, l.Dates = "", nil, nil, nil
	if s.maybe() {
		l.Ordered = s.decimal()
	}
	return l
}

// shipNotice says only what both 856 and DESADV have a place for.
func (s source) shipNotice() *doc.ShipNotice {
	d := &doc.ShipNotice{Purpose: s.pick("00", "05"), Number: "ASN-1", Date: s.day(), Time: s.pick("07:15", "23:59:59"), Structure: "0004"}
	d.Parties, d.Dates = s.parties(), []doc.Date{{Qualifier: "011", Date: s.day()}}
	if s.maybe() {
		d.Carrier = doc.Carrier{Code: "DHLC", Mode: s.pick("M", "A", ""), Name: s.pick("", "DHL Freight")}
	}
	n := 0
	line := func() doc.ShipLine { n++; return s.shipLine(n) }
	for k := range 1 + s.IntN(2) {
		o := doc.ShippedOrder{Number: fmt.Sprint("PO-", k)}
		if k == 0 {
			o.Date, o.Release = s.pick("", "2026-11-22"), s.pick("", "R1")
		}
		if s.maybe() {
			d.Structure = "0001"
			for i := range 1 + s.IntN(2) {
				p := doc.Pack{Kind: s.pick("T", "P"), SSCC: fmt.Sprintf("0037391234500000%02d%d%d", i, k, i), Lines: []doc.ShipLine{line(), line()}}
				if s.maybe() {
					p.Kind = "T"
					p.Lines, p.Packs = nil, []doc.Pack{{Kind: "P", SSCC: "003739123450000099", Lines: []doc.ShipLine{line()}}, {Kind: "P", Lines: []doc.ShipLine{line()}}}
				}
				o.Packs = append(o.Packs, p)
			}
		} else {
			o.Lines = []doc.ShipLine{line()}
		}
		d.Orders = append(d.Orders, o)
	}
	return d
}

// TestShipNoticeIdentity: the same notice written and read again, in both standards.
func TestShipNoticeIdentity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		s := source{rand.New(rand.NewPCG(seed, 11))}
		d := s.shipNotice()
		want, _ := json.MarshalIndent(d, "", " ")
		for _, version := range []string{"004010", "005010"} {
			body, findings := WriteShipNotice(d, version)
			bad, err := schema.CheckBody(body, version)
			if err != nil || wire.VerdictOf(append(findings, bad...)) == wire.Rejected {
				t.Fatalf("seed %d: %v %+v %+v", seed, err, findings, bad)
			}
			var b bytes.Buffer
			err = x12.WriteInterchange(&b, x12.Outgoing{
				Header: x12.Header{SenderQualifier: "ZZ", Sender: "S", ReceiverQualifier: "ZZ", Receiver: "R", Version: version[:5], Control: "1"},
				Group:  x12.Group{FunctionalID: "SH", Sender: "S", Receiver: "R", Control: "1", Agency: "X", Version: version}, Bodies: []x12.Body{body},
			}, time.Unix(0, 0).UTC())
			if err != nil {
				t.Fatal(err)
			}
			v := &unTranslator{}
			if err := schema.ReadBytes(b.Bytes(), schema.Options{}, v); err != nil || len(v.out) != 1 {
				t.Fatalf("seed %d: %v %d\n%s", seed, err, len(v.out), b.Bytes())
			}
			if got, _ := json.MarshalIndent(v.out[0].Document, "", " "); !bytes.Equal(got, want) {
				t.Fatalf("seed %d %s: wrote\n%s\nread\n%s\n%s", seed, version, want, got, b.Bytes())
			}
		}
		d.Structure = ""
		want, _ = json.MarshalIndent(d, "", " ")
		for _, release := range []string{"96A", "01B"} {
			got, _ := json.MarshalIndent(roundUN(t, d, edifact.MessageID{Version: "D", Release: release, Agency: "UN"}), "", " ")
			if strings.Contains(string(want), "line_count") {
				t.Fatal("a line count")
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("seed %d D%s: wrote\n%s\nread\n%s", seed, release, want, got)
			}
		}
	}
}

// roundUN writes a message, lets our own rules judge it and reads it again.
func roundUN(t *testing.T, d Document, id edifact.MessageID) Document {
	t.Helper()
	body, findings := WriteUN(d, id)
	if wire.VerdictOf(findings) == wire.Rejected || len(findings) > 0 {
		t.Fatalf("findings of the writer: %+v", findings)
	}
	return readUN(t, body)
}

// readUN wraps a message, lets our own rules judge it and reads it.
func readUN(t *testing.T, body edifact.Body) Document {
	t.Helper()
	var b bytes.Buffer
	err := edifact.WriteInterchange(&b, edifact.Outgoing{
		Header: edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: "S", Recipient: "R", Reference: "1"}, Bodies: []edifact.Body{body},
	}, time.Unix(0, 0).UTC())
	if err != nil {
		t.Fatal(err)
	}
	v := &unTranslator{}
	if err := schema.ReadBytes(b.Bytes(), schema.Options{}, v); err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	report, err := schema.CheckBytes(b.Bytes(), schema.Options{})
	if err != nil || report.Rejected || len(v.out) != 1 {
		r, _ := json.MarshalIndent(report, "", " ")
		t.Fatalf("%v %s\n%s", err, r, b.Bytes())
	}
	if len(v.out[0].Findings) > 0 {
		t.Fatalf("not carried: %+v\n%s", v.out[0].Findings, b.Bytes())
	}
	return v.out[0].Document.(Document)
}

// TestUNIdentity: a document written as EDIFACT and read again is the same one.
func TestUNIdentity(t *testing.T) {
	t.Parallel()
	for _, id := range []edifact.MessageID{
		{Version: "D", Release: "96A", Agency: "UN"}, {Version: "D", Release: "96A", Agency: "UN", Association: "EAN008"}, {Version: "D", Release: "01B", Agency: "UN"},
	} {
		t.Run(id.String(), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(300) {
				s := source{rand.New(rand.NewPCG(seed, 7))}
				for _, d := range []Document{s.purchaseOrder(), s.orderAck(), s.invoice()} {
					want, _ := json.MarshalIndent(d, "", " ")
					got, _ := json.MarshalIndent(roundUN(t, d, id), "", " ")
					if !bytes.Equal(got, want) {
						t.Fatalf("seed %d %T: wrote\n%s\nread\n%s", seed, d, want, got)
					}
				}
			}
		})
	}
}
