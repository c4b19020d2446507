package translate

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// roundX12 writes a set, lets our own rules judge it and reads it again.
func roundX12(t *testing.T, d Document, version string) Document {
	t.Helper()
	body, findings := WriteX12(d, version)
	if len(findings) > 0 {
		t.Fatalf("findings of the writer: %s", text(t, findings))
	}
	bad, err := schema.CheckBody(body, version)
	if err != nil || len(bad) > 0 {
		t.Fatalf("%v %s\n%s", err, text(t, bad), segTexts(body))
	}
	v := &translator{}
	if err := schema.ReadBytes(wrap(t, body, version), schema.Options{}, v); err != nil || len(v.out) != 1 {
		t.Fatalf("%v, %d documents\n%s", err, len(v.out), segTexts(body))
	}
	if len(v.out[0].Findings) > 0 {
		t.Fatalf("not carried: %s\n%s", text(t, v.out[0].Findings), segTexts(body))
	}
	return v.out[0].Document.(Document)
}

// kind is a kind of document with a source of random ones that every standard of it
// can say, and what they lose in EDIFACT by agreement.
type kind struct {
	name     string
	make     func(source) Document
	messages []edifact.MessageID
}

var (
	d96a    = edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"}
	d96aEAN = edifact.MessageID{Version: "D", Release: "96A", Agency: "UN", Association: "EAN008"}
	d01b    = edifact.MessageID{Version: "D", Release: "01B", Agency: "UN"}
	d01bEAN = edifact.MessageID{Version: "D", Release: "01B", Agency: "UN", Association: "EAN010"}
)

// TestGoodsIdentity: a document of the order and goods family written and read again is
// the same one, as X12 and, where it has a message, as EDIFACT.
func TestGoodsIdentity(t *testing.T) {
	t.Parallel()
	for _, k := range goodsKinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(300) {
				d := k.make(source{rand.New(rand.NewPCG(seed, 17))})
				if p := d.Validate(); len(p) > 0 {
					t.Fatalf("seed %d: %s\n%s", seed, text(t, p), text(t, d))
				}
				want, err := json.MarshalIndent(d, "", " ")
				if err != nil {
					t.Fatal(err)
				}
				same := func(name string, got Document) {
					if b, _ := json.MarshalIndent(got, "", " "); !bytes.Equal(b, want) {
						t.Fatalf("seed %d %s: wrote\n%s\nread\n%s", seed, name, want, b)
					}
				}
				for _, version := range []string{"004010", "005010"} {
					same(version, roundX12(t, d, version))
				}
				for _, id := range k.messages {
					same(id.String(), roundUN(t, d, id))
				}
				if len(Summary(d)) == 0 {
					t.Fatal("no summary")
				}
			}
		})
	}
}

var goodsKinds = []kind{
	{"change", func(s source) Document { return s.orderChange() }, []edifact.MessageID{d96a, d96aEAN, d01b, d01bEAN}},
	{"change x12", func(s source) Document { return s.orderChangeX12() }, nil},
	{"change answer", func(s source) Document { return s.orderChangeAck() }, nil},
}

// orderChange says only what both 860 and ORDCHG have a place for.
func (s source) orderChange() *doc.OrderChange {
	n := s.IntN(4)
	d := &doc.OrderChange{
		Header: s.header(n), Purpose: s.pick("04", "01", "05"), Type: "SA", Number: "PO-1", Date: s.day(), ChangeDate: s.day(),
		Sequence: s.pick("", "2"), Request: s.pick("", "CH-7"), Contract: s.pick("", "C-1"), Release: s.pick("", "R1"), Seller: s.pick("", "OR-2"),
		Lines: []doc.ChangeLine{},
	}
	if s.maybe() {
		d.Total = s.cents()
	}
	plain(&d.Header)
	for i := range n {
		l := doc.ChangeLine{Line: s.line(i + 1), Change: s.pick("AI", "DI", "CA", "NC")}
		if s.maybe() {
			l.Left = s.decimal()
		}
		noPercent(l.Allowances)
		d.Lines = append(d.Lines, l)
	}
	return d
}

// plain takes out of a header what X12 has only with a basis that EDIFACT does not say.
func plain(h *doc.Header) { noPercent(h.Allowances) }

func noPercent(list []doc.Allowance) {
	for i := range list {
		list[i].Percent = ""
	}
}

// orderChangeX12 says what only an 860 can.
func (s source) orderChangeX12() *doc.OrderChange {
	d := s.orderChange()
	d.Type, d.AckDate = s.pick("SA", "BK", "RL"), s.pick("", s.day())
	d.Requirements = []string{"SC"}
	for i := range d.Lines {
		l := &d.Lines[i]
		l.Change, l.PriceBasis, l.Pack = s.pick("QI", "QD", "PC", "PQ", "CT", "RZ"), s.pick("", "PE"), s.pickDecimal("", "6")
		if s.maybe() {
			l.Schedules = []doc.Schedule{{Quantity: s.decimal(), Unit: "EA", Dates: []doc.Date{{Qualifier: "002", Date: s.day()}}}}
		}
		if s.maybe() {
			l.Taxes = []doc.Tax{{Type: "VA", Percent: "20"}}
		}
		l.Parties = s.parties()[1:]
	}
	return d
}

func (s source) pickDecimal(list ...doc.Decimal) doc.Decimal { return list[s.IntN(len(list))] }

func (s source) orderChangeAck() *doc.OrderChangeAck {
	a := s.orderAck()
	d := &doc.OrderChangeAck{
		Header: a.Header, Purpose: "04", Type: s.pick("", "AC", "AT"), Number: a.Number, Date: a.Date, Sequence: s.pick("", "1"),
		Request: s.pick("", "CH-7"), Contract: a.Contract, Seller: a.Seller, AckDate: s.pick("", a.AckDate), ChangeDate: s.pick("", s.day()),
		Lines: []doc.ChangeAckLine{},
	}
	plain(&d.Header)
	for _, l := range a.Lines {
		noPercent(l.Allowances)
		c := doc.ChangeAckLine{AckLine: l, Change: s.pick("CA", "QD", "DI", "AI"), Left: s.pickDecimal("", "40")}
		if s.maybe() {
			c.Responses[0].Dates = []doc.Date{{Qualifier: "067", Date: s.day()}}
		}
		if d.Type == "" {
			c.Responses = []doc.Response{}
		}
		d.Lines = append(d.Lines, c)
	}
	return d
}

// TestChangeAnswerAsORDRSP: an 865 goes out as an ORDRSP, which reads as an answer to
// the order; what it cannot say is told.
func TestChangeAnswerAsORDRSP(t *testing.T) {
	t.Parallel()
	d := sample(t, "865-answer").(*doc.OrderChangeAck)
	d.Sequence = "2"
	for _, id := range []edifact.MessageID{d96a, d01b} {
		body, findings := WriteUN(d, id)
		if body.ID.Type != "ORDRSP" || wire.VerdictOf(findings) == wire.Rejected {
			t.Fatalf("%s %+v", body.ID.Type, findings)
		}
		got := readUN(t, body).(*doc.OrderAck)
		if got.Number != d.Number || got.Date != d.Date || got.AckDate != d.ChangeDate || len(got.Lines) != 2 || got.Refs[0] != (doc.Ref{Qualifier: "PP", Value: "2"}) {
			t.Errorf("%s", text(t, got))
		}
		if r := got.Lines[1].Responses; len(r) != 1 || r[0].Status != "IR" {
			t.Errorf("%+v", r)
		}
	}
}

// TestChangeCodesLost: which way a line changes is told when ORDCHG cannot say it.
func TestChangeCodesLost(t *testing.T) {
	t.Parallel()
	d := sample(t, "860-change").(*doc.OrderChange)
	body, findings := WriteUN(d, d96a)
	told := ""
	for _, f := range findings {
		if f.Severity != wire.Note || f.Key != "write.left_out" {
			t.Errorf("%+v", f)
		}
		told += f.SegmentID + f.Value + " "
	}
	if told != "LINQD " {
		t.Errorf("told %q", told)
	}
	got := readUN(t, body).(*doc.OrderChange)
	if got.Lines[0].Change != "CA" || got.Lines[1].Change != "DI" || got.Lines[2].Change != "AI" || got.Lines[0].Left != "40" {
		t.Errorf("%s", text(t, got))
	}
}

// TestSameGoods: the same business document as X12 and as EDIFACT of either directory
// gives equal documents.
func TestSameGoods(t *testing.T) {
	t.Parallel()
	for set, messages := range map[string][]string{
		"860-twin": {"ordchg-change-d96a", "ordchg-change-d01b"},
	} {
		want := sample(t, set)
		if p := want.Validate(); len(p) > 0 {
			t.Errorf("%s: %s", set, text(t, p))
		}
		for _, name := range messages {
			in, err := os.ReadFile(filepath.Join(unCases, name, "in.edi"))
			if err != nil {
				t.Fatal(err)
			}
			v := &unTranslator{}
			if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
				t.Fatalf("%s: %v, %d documents", name, err, len(v.out))
			}
			if len(v.out[0].Findings) > 0 {
				t.Errorf("%s: %s", name, text(t, v.out[0].Findings))
			}
			if a, b := text(t, v.out[0].Document), text(t, want); a != b {
				t.Errorf("%s differs from %s:\n%s\n---\n%s", name, set, a, b)
			}
		}
	}
}
