package translate

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	if err != nil || wire.VerdictOf(bad) != wire.Accepted {
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
			for seed := range uint64(150) {
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
	{"receipt", func(s source) Document { return s.receivingAdvice() }, []edifact.MessageID{d96a, d96aEAN, d01b, d01bEAN}},
	{"receipt x12", func(s source) Document { return s.receivingAdviceX12() }, nil},
	{"return asked", func(s source) Document { return s.returns(doc.StageRequest) }, []edifact.MessageID{d01b, d01bEAN}},
	{"return answered", func(s source) Document { return s.returns(doc.StageInstruct) }, []edifact.MessageID{d01b, d01bEAN}},
	{"return x12", func(s source) Document { return s.returnX12() }, nil},
	{"status", func(s source) Document { return s.orderStatus() }, nil},
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
		if r := got.Lines[1].Responses; len(r) != 1 || r[0].Status != "ID" {
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
		"860-twin":    {"ordchg-change-d96a", "ordchg-change-d01b"},
		"861-twin":    {"recadv-receipt-d96a", "recadv-receipt-d01b"},
		"180-request": {"retann-request-d01b"},
		"180-answer":  {"retins-answer-d01b"},
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
			got := v.out[0].Document.(Document)
			if a, b := text(t, got), text(t, want); a != b {
				t.Errorf("%s differs from %s:\n%s\n---\n%s", name, set, a, b)
			}
			id := d01b
			if strings.HasSuffix(name, "d96a") {
				id = d96a
			}
			if a, b := text(t, roundUN(t, want, id)), text(t, want); a != b {
				t.Errorf("%s written as %s:\n%s\n---\n%s", set, name, a, b)
			}
			if a, b := text(t, roundX12(t, got, "004010")), text(t, want); a != b {
				t.Errorf("%s written as %s:\n%s\n---\n%s", name, set, a, b)
			}
		}
	}
}

// TestVariances: what 4221 says beyond 412 comes and goes with its sign.
func TestVariances(t *testing.T) {
	t.Parallel()
	d := source{rand.New(rand.NewPCG(1, 2))}.receivingAdvice()
	unit := d.Lines[0].Unit
	d.Lines[0].Exceptions = []doc.Exception{{Quantity: "-2", Unit: unit, Condition: "CP"}, {Quantity: "1", Unit: unit, Condition: "AE"}, {Quantity: "4", Unit: unit, Condition: "13"}}
	if a, b := text(t, roundUN(t, d, d96a)), text(t, d); a != b {
		t.Errorf("%s\n---\n%s", a, b)
	}
}

// TestReturnStage: who speaks in a 180 is told by its purpose, else by what it decides.
func TestReturnStage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		d    doc.Return
		want string
	}{
		"nothing decided":   {doc.Return{Purpose: "00"}, doc.StageRequest},
		"asked":             {doc.Return{Purpose: "13", Disposition: doc.Disposition{Code: "DI"}}, doc.StageRequest},
		"answered":          {doc.Return{Purpose: "11"}, doc.StageInstruct},
		"decided":           {doc.Return{Purpose: "00", Disposition: doc.Disposition{Code: "RA"}}, doc.StageInstruct},
		"decided by a line": {doc.Return{Purpose: "00", Lines: []doc.ReturnLine{{Disposition: doc.Disposition{Response: "IN"}}}}, doc.StageInstruct},
		"sent by consumer":  {doc.Return{Purpose: "00", Disposition: doc.Disposition{Code: "CR", Reason: "DR"}}, doc.StageRequest},
	} {
		if got := returnStage(&tc.d); got != tc.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, f := WriteUN(&doc.Return{Stage: doc.StageRequest}, d96a); wire.VerdictOf(f) != wire.Rejected {
		t.Error("a message that D96A has not was written")
	}
}

// TestStatusHasNoMessage: what EDIFACT has no message for here is refused, not guessed.
func TestStatusHasNoMessage(t *testing.T) {
	t.Parallel()
	if _, f := WriteUN(&doc.OrderStatus{}, d96a); wire.VerdictOf(f) != wire.Rejected {
		t.Error("a report went out as something else")
	}
}

// TestGoodsSummary: what a person is told of each document.
func TestGoodsSummary(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"860-twin":    "order=PO45001 number=CH-118 date=2026-11-24 buyer=KESTREL SUPPLY LTD seller=AURELIA TOOLS ship_to=KESTREL DEPOT delivery=2026-12-05 deal=PR-2026-017 lines=3 added=1 changed=1 removed=1 total=17277.60 GBP",
		"865-split":   "order=PO45001 number=OR9001 date=2026-11-25 buyer=KESTREL SUPPLY LTD seller=AURELIA TOOLS deal=PR-2026-017 lines=3 added=1 changed=1 removed=1 refused=2",
		"861-twin":    "number=RC2 order=PO45001 date=2026-12-04 received=2026-12-03 buyer=KESTREL SUPPLY LTD seller=AURELIA TOOLS ship_to=KESTREL DEPOT lines=2 differing=2",
		"180-answer":  "number=RI-9 rma=RMA-118 order=PO45001 date=2026-12-04 buyer=KESTREL SUPPLY LTD seller=AURELIA TOOLS delivery=2026-12-15 lines=2 refused=1",
		"870-status":  "number=ST-5 date=2026-11-23 seller=Aurelia Tools order=4500187521 lines=2 waiting=1",
		"180-request": "number=RT-31 order=PO45001 date=2026-12-03 buyer=KESTREL SUPPLY LTD seller=AURELIA TOOLS delivery=2026-12-08 lines=2",
	} {
		var got []string
		for _, f := range Summary(sample(t, name)) {
			got = append(got, f.Key+"="+f.Value)
			if !slices.Contains(FactKeys(), f.Key) {
				t.Errorf("%s: %s has no text", name, f.Key)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, g, want)
		}
	}
}
