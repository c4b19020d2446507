package translate

import (
	"errors"
	"os"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

// advice says what both syntaxes have a place for; x12 adds what only an 824 has.
func (s source) advice(x12 bool) *doc.ApplicationAdvice {
	d := &doc.ApplicationAdvice{Purpose: "11", Number: "AA-5512", Date: s.day(), Time: s.pick("", "10:15"), Original: s.pick("", "INV-1")}
	d.Parties = []doc.Party{{Role: "SE", Name: s.x12Text(), IDQualifier: "UL", ID: "5098765000016"}}
	if s.maybe() {
		d.Parties[0].Contacts = []doc.Contact{s.desk()}
	}
	fault := func() doc.AdviceError {
		e := doc.AdviceError{Code: s.pick("007", "009", "024", "133"), Text: s.x12Text(), Segment: s.pick("", "DTM", "N1", "PO1"), Notes: some(s, 3, s.x12Text), Bad: s.pick("", "20261131"), New: s.pick("", "20261130")}
		if e.Segment != "" && s.maybe() {
			e.Position = 1 + s.IntN(500)
		}
		if e.Segment != "" && s.maybe() {
			e.Element = 1 + s.IntN(30)
		}
		if x12 {
			e.Ref = s.pick("", "373")
		}
		return e
	}
	about := func() doc.Advised {
		a := doc.Advised{Code: s.pick("TR", "TE"), Qualifier: s.pick("IV", "PO"), Number: "INV-88213", Refs: some(s, 3, s.oneRef), Errors: append(some(s, 4, fault), fault())}
		if s.maybe() {
			a.Date, a.Time = s.day(), s.pick("", "09:12")
		}
		if x12 {
			a.Code = s.pick("TR", "TE", "IR", "IA", "GR", "TC")
			a.Sender, a.Receiver, a.Set, a.Version, a.Purpose, a.Type = s.pick("", "AUR"), s.pick("", "KES"), s.pick("", "810"), s.pick("", "005010"), s.pick("", "00"), s.pick("", "DI")
			if s.maybe() {
				a.Group, a.Control = "4217", s.pick("", "0001")
			}
			a.Dates, a.Contacts = some(s, 3, func() doc.Date { return s.dated("003", "010") }), some(s, 2, s.desk)
			a.Amounts = some(s, 3, func() doc.ClaimAmount { return doc.ClaimAmount{Kind: "TT", Amount: s.signed()} })
			a.Quantities = some(s, 3, func() doc.ClaimQuantity { return doc.ClaimQuantity{Kind: "38", Quantity: s.decimal(), Unit: "EA"} })
		}
		return a
	}
	d.Advised = []doc.Advised{about()}
	if x12 {
		d.Zone, d.Type, d.Action = s.pick("", "UT"), s.pick("", "DI"), s.pick("", "1")
		if d.Time == "" {
			d.Zone = ""
		}
		d.Parties = append(d.Parties, s.partner("BY"))
		d.Advised = append(d.Advised, some(s, 3, about)...)
	}
	return d
}

func TestAdviceIdentity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		s := seeded(seed, 23)
		d := s.advice(true)
		valid(t, seed, d)
		sameX12(t, seed, d)
		d = s.advice(false)
		sameX12(t, seed, d)
		a := &d.Advised[0]
		d.Notes, a.Control = some(s, 3, s.x12Text), s.pick("", "4711")
		for k := range a.Errors {
			e := &a.Errors[k]
			if e.Element > 0 && s.maybe() {
				e.Component = 1 + s.IntN(4)
			}
			if e.Segment == "" && s.maybe() {
				e.Item = doc.Ref{Qualifier: "LI", Value: "12"}
			}
			if s.maybe() {
				e.Code, e.Agency = "17", s.pick("ZZZ", "91")
			}
		}
		sameUN(t, seed, d, early, late, earlyEAN, lateEAN)
		for k := range a.Errors { // the later directory has a place for both
			a.Errors[k].Item = doc.Ref{Qualifier: "LI", Value: "12"}
		}
		sameUN(t, seed, d, late)
	}
}

// TestComponentPlace: from 004040 TED05 says the component too, before it is told.
func TestComponentPlace(t *testing.T) {
	t.Parallel()
	d := sample(t, "824-invoice").(*doc.ApplicationAdvice)
	d.Advised[0].Errors = []doc.AdviceError{{Code: "024", Segment: "QTY", Position: 9, Element: 3, Component: 2}}
	if got := moneyX12(t, d, "005010").(*doc.ApplicationAdvice).Advised[0].Errors[0]; got.Element != 3 || got.Component != 2 {
		t.Errorf("%+v", got)
	}
	body, f := WriteX12(d, "004010")
	if len(f) != 1 || f[0].Key != "write.left_out" || f[0].Place() != "TED05" || !strings.Contains(segTexts(body), "TED*024**QTY*9*3\n") {
		t.Errorf("%+v\n%s", f, segTexts(body))
	}
}

// judge gives the only set of a file, refused or not.
type judge struct {
	translator
	set *schema.Set
}

func (v *judge) Set(s *schema.Set) error {
	c := *s
	v.set = &c
	return nil
}

func judged(t *testing.T, path string) *schema.Set {
	t.Helper()
	in, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := &judge{}
	if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || v.set == nil {
		t.Fatal(err)
	}
	return v.set
}

// TestAdvise: one positioned finding becomes an OTI with its TED, or an ERC with its
// place; both go out and come back.
func TestAdvise(t *testing.T) {
	t.Parallel()
	content := []wire.Finding{
		{Level: wire.LevelElement, Severity: wire.Reject, Key: "date.impossible", SegmentID: "DTM", Ref: "373", Value: "20261131", Pos: wire.Position{Segment: 5, Element: 2}},
		{Level: wire.LevelSegment, Severity: wire.AcceptedWithError, Key: "segment.missing", SegmentID: "N1", Pos: wire.Position{Segment: 7}},
		{Level: wire.LevelElement, Severity: wire.Note, Key: "count.lines", SegmentID: "CTT"},
	}
	set := judged(t, "../testdata/cases/810-off-invoice/in.x12")
	d, err := Advise(set, doc.Advised{Qualifier: "IV", Number: "INV-88213", Group: "101"}, content)
	if err != nil {
		t.Fatal(err)
	}
	d.Number, d.Date = "AA-1", "2026-12-14"
	valid(t, 0, d)
	body, f := WriteX12(d, "005010")
	if bad, err := schema.CheckBody(body, "005010"); err != nil || len(bad)+len(f) > 0 {
		t.Fatalf("%v %+v %+v", err, f, bad)
	}
	want := "BGN*11*AA-1*20261214\nOTI*TR*IV*INV-88213*****101*" + set.Control + "*810*" + set.Version + "\n" +
		"TED*009*date.impossible*DTM*5*2*373*20261131\nTED*007*segment.missing*N1*7\n"
	if got := segTexts(body); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}

	un := judged(t, unCases+"/invoic-ok-d96a/in.edi")
	if d, err = Advise(un, doc.Advised{Qualifier: "IV", Number: "INV88213"}, content[:1]); err != nil {
		t.Fatal(err)
	}
	d.Number, d.Date = "AA-2", "2026-12-14"
	d.Advised[0].Errors[0].Ref = ""
	back := roundUN(t, d, early).(*doc.ApplicationAdvice)
	e := back.Advised[0].Errors[0]
	if back.Advised[0].Code != "TR" || back.Advised[0].Control != un.Control || e.Code != "009" || e.Agency != "" || e.Text != "date.impossible" || e.Segment != "DTM" || e.Element != 2 || e.Position != 5 || e.Bad != "20261131" {
		t.Errorf("%+v", back.Advised[0])
	}
	if d, err = Advise(un, doc.Advised{Qualifier: "IV", Number: "1"}, nil); err != nil || d.Advised[0].Code != "TA" || len(d.Advised[0].Errors) > 0 {
		t.Errorf("%v %+v", err, d)
	}
}

// TestNoAdvice: acknowledgements are not advised on, nor what has an answer of its own.
func TestNoAdvice(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"997", "999", "824", "CONTRL", "APERAK", "850", "860", "844", "ORDERS", "ORDCHG"} {
		if d, err := Advise(&schema.Set{Type: kind}, doc.Advised{}, nil); !errors.Is(err, ErrNoAdvice) || d != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestConditions: the families of findings and their code of 647.
func TestConditions(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"element.missing": "007", "guide.missing_segment": "007", "condition.required": "007", "date.impossible": "009", "time.impossible": "009",
		"count.lines": "010", "set.count": "010", "condition.only_one": "012", "code.unlisted": "024", "element.too_long": "024",
	} {
		if got := conditionOf(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// TestSameAdvice: the same advice as 824 and as APERAK is one document.
func TestSameAdvice(t *testing.T) {
	t.Parallel()
	want := text(t, sample(t, "824-twin"))
	for _, name := range []string{"aperak-refused", "aperak-refused-d01b"} {
		in, err := os.ReadFile(unCases + "/" + name + "/in.edi")
		if err != nil {
			t.Fatal(err)
		}
		v := &unTranslator{}
		if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
			t.Fatal(err, len(v.out))
		}
		if got := text(t, v.out[0].Document); got != want {
			t.Errorf("%s: %s", name, differing(want, got))
		}
	}
}

// TestAdviceOnSeveral: an APERAK is about one message; a second refusal must not be
// lost silently.
func TestAdviceOnSeveral(t *testing.T) {
	t.Parallel()
	d := sample(t, "824-invoice").(*doc.ApplicationAdvice)
	if len(d.Advised) != 2 {
		t.Fatal(len(d.Advised))
	}
	if _, f := WriteUN(d, late); wire.VerdictOf(f) != wire.Rejected {
		t.Errorf("%+v", f)
	}
}
