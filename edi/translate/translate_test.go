package translate

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

var at = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

// sample reads the only document of a sample.
func sample(t *testing.T, name string) Document {
	t.Helper()
	in, err := os.ReadFile("../testdata/cases/" + name + "/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	return only(t, in)
}

func only(t *testing.T, in []byte) Document {
	t.Helper()
	v := &translator{}
	if err := schema.ReadBytes(in, schema.Options{}, v); err != nil {
		t.Fatal(err)
	}
	if len(v.out) != 1 {
		t.Fatalf("%d documents in %s", len(v.out), in)
	}
	return v.out[0].Document.(Document)
}

func wrap(t *testing.T, b x12.Body, version string) []byte {
	t.Helper()
	var buf bytes.Buffer
	err := x12.WriteInterchange(&buf, x12.Outgoing{
		Header: x12.Header{SenderQualifier: "ZZ", Sender: "A", ReceiverQualifier: "ZZ", Receiver: "B", Control: "1"},
		Group:  x12.Group{FunctionalID: schema.GroupCode(b.Type), Sender: "A", Receiver: "B", Control: "1", Version: version},
		Bodies: []x12.Body{b},
	}, at)
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRoundTrip writes what was read, in both releases: our own judgement has
// nothing to say, and reading again gives the same document.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"850-ok-005010", "850-rich", "850-utf8", "855-split", "810-off-invoice", "810-bill-back"} {
		for _, version := range []string{"004010", "005010"} {
			t.Run(name+"/"+version, func(t *testing.T) {
				t.Parallel()
				first := sample(t, name)
				body, findings := WriteX12(first, version)
				if len(findings) > 0 {
					t.Errorf("writing: %s", text(t, findings))
				}
				judged, err := schema.CheckBody(body, version)
				if err != nil || len(judged) > 0 {
					t.Fatalf("%v %s", err, text(t, judged))
				}
				second := only(t, wrap(t, body, version))
				if a, b := text(t, first), text(t, second); a != b {
					t.Errorf("documents differ:\n%s\n---\n%s", a, b)
				}
			})
		}
	}
}

// TestSplitLine: a line answered twice has two ACKs, and their quantities sum to
// the line.
func TestSplitLine(t *testing.T) {
	t.Parallel()
	d := sample(t, "855-split").(*doc.OrderAck)
	if p := d.Validate(); len(p) > 0 {
		t.Fatal(p)
	}
	body, _ := WriteOrderAck(d, "005010")
	var acks []string
	for _, s := range body.Segs {
		if s.ID == "ACK" {
			acks = append(acks, strings.Join(s.Els, "*"))
		}
	}
	want := []string{"IA*360*EA*068*20261118", "IB*40*EA*068*20261208", "IR*160*EA", "IS*10*EA*068*20261118**VP*AUR-B60"}
	if strings.Join(acks, "|") != strings.Join(want, "|") {
		t.Errorf("%q", acks)
	}
	d.Lines[0].Responses[1].Quantity = "41"
	if p := d.Validate(); len(p) != 1 || p[0].Key != doc.KeyQuantity || p[0].Value != "401" {
		t.Errorf("%+v", p)
	}
}

// TestBillBackDoesNotReduce holds the rule of practice: the same allowance off
// invoice changes TDS01, as bill-back it is carried and not summed.
func TestBillBackDoesNotReduce(t *testing.T) {
	t.Parallel()
	off := sample(t, "810-off-invoice").(*doc.Invoice)
	back := sample(t, "810-bill-back").(*doc.Invoice)
	if off.Total != "23267.01" || back.Total != "24275.01" {
		t.Errorf("totals %s and %s", off.Total, back.Total)
	}
	if back.Total.Sub(off.Total) != "1008.00" {
		t.Error("the difference is not the allowance")
	}
	for _, d := range []*doc.Invoice{off, back} {
		if p := d.Validate(); len(p) > 0 {
			t.Errorf("%+v", p)
		}
		if a := d.Lines[0].Allowances[0]; a.Amount != "1008.00" || a.Reference != "PR-2026-017" {
			t.Errorf("%+v", a)
		}
	}
	off.Lines[0].Allowances[0].Method = "15"
	if p := off.Validate(); len(p) != 1 || p[0].Key != doc.KeyTotal || p[0].Value != "24275.01" {
		t.Errorf("%+v", p)
	}
}

// TestImplied: TDS and SAC05 travel as cents, prices with their point.
func TestImplied(t *testing.T) {
	t.Parallel()
	d := &doc.Invoice{
		Header: doc.Header{Currency: "GBP", Allowances: []doc.Allowance{{Charge: true, Indicator: "C", Code: "D240", Amount: "15.5"}}},
		Number: "1", Date: "2026-11-22", Total: "100",
		Lines: []doc.InvoiceLine{{Line: doc.Line{Number: "1", Quantity: "2", Unit: "EA", Price: "42.25", GTIN: "07391234500019"}}},
	}
	body, f := WriteInvoice(d, "005010")
	if len(f) > 0 {
		t.Fatal(f)
	}
	got := segTexts(body)
	for _, want := range []string{"TDS*10000", "SAC*C*D240***1550", "IT1*1*2*EA*42.25**UK*07391234500019", "CTT*1"} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	d.Total = "99.995"
	_, f = WriteInvoice(d, "005010")
	if len(f) != 1 || f[0].Key != "write.cents" || f[0].Severity != wire.Reject || f[0].Place() != "TDS01" {
		t.Errorf("%+v", f)
	}
}

func segTexts(b x12.Body) string {
	out := ""
	for _, s := range b.Segs {
		out += s.ID + "*" + strings.Join(s.Els, "*") + "\n"
	}
	return out
}

// TestDelimitersInData: an identifier that holds a delimiter is refused, free text
// is mended and told.
func TestDelimitersInData(t *testing.T) {
	t.Parallel()
	d := sample(t, "850-ok-005010").(*doc.PurchaseOrder)
	d.Lines[0].Description = "bolt M8 > 40\nzinc ~ plated"
	body, f := WritePurchaseOrder(d, "005010")
	if len(f) != 1 || f[0].Key != "write.replaced" || f[0].Severity != wire.Note {
		t.Errorf("%+v", f)
	}
	if j, err := schema.CheckBody(body, "005010"); err != nil || len(j) > 0 {
		t.Errorf("%v %+v", err, j)
	}
	if !strings.Contains(segTexts(body), "PID*F****bolt M8   40 zinc   plated\n") {
		t.Error(segTexts(body))
	}
	d.Number = "45*1"
	body, f = WritePurchaseOrder(d, "005010")
	if len(f) != 2 || f[0].Key != "write.delimiter" || f[0].Severity != wire.Reject || f[0].Place() != "BEG03" {
		t.Errorf("%+v", f)
	}
	if _, err := schema.CheckBody(body, "005010"); err == nil {
		t.Error("a delimiter in data was written")
	}
}

// TestLongTexts: descriptions and notes are split, names cut and told.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	d := sample(t, "850-ok-005010").(*doc.PurchaseOrder)
	d.Lines[0].Description = strings.Repeat("abcdefghi ", 20)
	d.Notes = []string{strings.Repeat("箱", 300)}
	d.Parties[0].Name = strings.Repeat("n", 61)
	d.Parties[0].Region = "West Yorkshire"
	d.Parties[0].City = "Leeds"
	body, f := WritePurchaseOrder(d, "004010")
	if len(f) != 1 || f[0].Key != "write.cut" || f[0].Place() != "N102" {
		t.Errorf("%+v", f)
	}
	if j, err := schema.CheckBody(body, "004010"); err != nil || len(j) > 0 {
		t.Errorf("%v %s", err, text(t, j))
	}
	back := only(t, wrap(t, body, "004010")).(*doc.PurchaseOrder)
	if back.Parties[0].Region != "West Yorkshire" || strings.Join(back.Notes, "") != d.Notes[0] {
		t.Errorf("%+v", back.Header)
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	d := sample(t, "850-rich").(*doc.PurchaseOrder)
	l := d.Lines[0]
	if l.BuyerItem != "K-100" || l.VendorItem != "AUR-D18B" || l.GTIN != "00012345678905" || l.Quantity != "1000.5" || l.Price != "12.3456" {
		t.Errorf("%+v", l)
	}
	if d.Lines[1].GTIN != "17391234500016" || len(l.Schedules) != 2 || l.Description != "Cordless drill 18 V brushless" {
		t.Errorf("%+v", d.Lines)
	}
	if l.Refs[0] != (doc.Ref{Qualifier: "PD", Value: "PR-2026-018"}) || d.Refs[0].Value != "PR-2026-017" {
		t.Error("the promotion of header and line are not apart")
	}
	short := doc.Line{Items: []doc.ItemID{{Qualifier: "UP", ID: "123"}}}
	if short.Identify(); short.GTIN != "" {
		t.Error(short.GTIN)
	}
}

func TestWrongSet(t *testing.T) {
	t.Parallel()
	_, f := ReadInvoice(&schema.Set{Type: "850"})
	if len(f) != 1 || f[0].Key != "translate.wrong_set" || f[0].Severity != wire.Reject {
		t.Errorf("%+v", f)
	}
}
