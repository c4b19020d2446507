package translate

import (
	"fmt"
	"os"
	"testing"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

func (s source) creditDebit() *doc.CreditDebit {
	d := &doc.CreditDebit{
		Date: s.day(), Number: "CN-1207", Handling: "A", Flag: s.pick("C", "D"), InvoiceDate: s.pick("", "2026-11-24"), Invoice: s.pick("", "INV-88213"),
		SellerOrder: s.pick("", "OR-2"), OrderDate: s.pick("", "2026-11-22"), OrderNumber: s.pick("", "4500187521"), Purpose: s.pick("", "00"), Type: s.pick("", "CR"), Action: s.pick("", "1"),
	}
	d.Header = doc.Header{
		Currency: s.pick("", "GBP"), Refs: some(s, 3, s.x12Ref), Contacts: some(s, 2, s.desk), Dates: some(s, 3, func() doc.Date { return s.dated("003", "011") }),
		Parties: []doc.Party{s.partner("SE"), s.partner("BY")}, Allowances: s.plainAllowances(),
	}
	if s.maybe() {
		d.Ref = doc.Ref{Qualifier: "PD", Value: "PR-2026-017"}
	}
	if s.maybe() {
		d.Terms = []doc.Terms{{Type: "01", Basis: "3", NetDays: "30"}}
	}
	for i := range s.IntN(4) {
		l := doc.AdjustedLine{Reason: s.pick("01", "06", "56"), Flag: s.pick("C", "D"), Amount: s.cents(), Returned: s.pick("", "Y"), Bracket: s.pick("", "B1")}
		l.Line = doc.Line{Number: fmt.Sprint(i + 1), Allowances: s.plainAllowances(), Refs: some(s, 3, s.x12Ref), Dates: some(s, 3, func() doc.Date { return s.dated("003", "011") })}
		if s.maybe() {
			l.Items = []doc.ItemID{{Qualifier: "VP", ID: "AUR-D18B"}}
			l.Pack = s.pick2("", "12")
		}
		if s.maybe() {
			l.Quantity, l.Unit, l.PriceKind, l.Price, l.Difference = s.decimal(), "EA", "CON", s.decimal(), s.decimal()
			if s.maybe() {
				l.CompareKind, l.ComparePrice = "INV", s.decimal()
			}
		}
		identify(&l.Line)
		d.Lines = append(d.Lines, l)
	}
	d.Amount = s.cents()
	if sum, ok := d.Sum(); ok && len(d.Lines) > 0 {
		if d.Amount = sum.Round(2); d.Amount.Sign() < 0 {
			d.Amount, d.Flag = negated(d.Amount), map[string]string{"C": "D", "D": "C"}[d.Flag]
		}
	}
	return d
}

// plainAllowances have a percentage of something, as SAC06 is needed.
func (s source) plainAllowances() []doc.Allowance {
	list := s.allowances()
	for i := range list {
		if list[i].Percent != "" {
			list[i].PercentBasis = "6"
		}
	}
	return list
}

func (s source) pick2(list ...doc.Decimal) doc.Decimal { return list[s.IntN(len(list))] }

func TestCreditDebitIdentity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		d := seeded(seed, 24).creditDebit()
		valid(t, seed, d)
		sameX12(t, seed, d)
	}
}

// TestCreditDebitSum: lines of both sides net, and a total beside them is a problem.
func TestCreditDebitSum(t *testing.T) {
	t.Parallel()
	d := sample(t, "812-price-and-returns").(*doc.CreditDebit)
	if p := d.Validate(); len(p) > 0 {
		t.Fatalf("%+v", p)
	}
	if sum, ok := d.Sum(); !ok || sum.Cmp("268.50") != 0 {
		t.Errorf("%s %t", sum, ok)
	}
	d.Lines[2].Flag = "C"
	if p := d.Validate(); len(p) != 1 || p[0].Key != doc.KeyTotal || p[0].Value != "291.50" {
		t.Errorf("%+v", p)
	}
	if _, f := WriteUN(d, late); wire.VerdictOf(f) != wire.Rejected {
		t.Errorf("%+v", f)
	}
}

func (s source) dispute() *doc.Dispute {
	d := &doc.Dispute{Purpose: s.pick("00", "05"), Number: "CD-5422", Date: s.day()}
	d.Refs, d.Dates = some(s, 3, s.oneRef), some(s, 2, func() doc.Date { return s.dated("010") })
	d.Parties = []doc.Party{{Role: "BY", IDQualifier: "UL", ID: "5012345000015"}, {Role: "SU", Name: "Aurelia", IDQualifier: "UL", ID: "5098765000016", Contacts: []doc.Contact{s.desk()}}}
	reason := func() doc.DisputeReason {
		r := doc.DisputeReason{Reason: s.pick("01", "04", "06", "24", "ZZ"), Notes: some(s, 3, s.x12Text)}
		if s.IntN(3) == 0 {
			r.Reason, r.ReasonUN = "", s.pick("1", "9", "33")
		}
		return r
	}
	money := func(due, disputed, adjusted *doc.Decimal) {
		*due = s.cents()
		if s.maybe() {
			*disputed = s.cents()
		} else {
			*adjusted = s.signed()
		}
	}
	for i := range 1 + s.IntN(3) {
		x := doc.DisputedDocument{
			Qualifier: s.pick("IV", "CM", "DL"), Number: fmt.Sprint("INV-", i), Status: s.pick("", "8"), Dates: some(s, 3, func() doc.Date { return s.dated("003", "010") }),
			Reasons: append(some(s, 2, reason), reason()),
			Actions: some(s, 3, func() doc.DisputeAction {
				return doc.DisputeAction{Party: s.pick("BY", "SE"), Kind: "1", Code: s.pick("", "AA", "AD"), Notes: some(s, 2, s.x12Text)}
			}),
		}
		money(&x.Due, &x.Disputed, &x.Adjusted)
		for k := range s.IntN(3) {
			l := doc.DisputedLine{Kind: "1", Number: fmt.Sprint(k + 1), Reasons: some(s, 3, reason)}
			money(&l.Due, &l.Disputed, &l.Adjusted)
			x.Lines = append(x.Lines, l)
		}
		d.Documents = append(d.Documents, x)
	}
	return d
}

func TestDisputeIdentity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		s := seeded(seed, 25)
		d := s.dispute()
		valid(t, seed, d)
		sameUN(t, seed, d, early, late, earlyEAN, lateEAN)
		d.Currency = "EUR"
		sameUN(t, seed, d, late)
	}
}

// TestDispute reads a dispute and says what cannot be said of it.
func TestDispute(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile(unCases + "/comdis-discount/in.edi")
	if err != nil {
		t.Fatal(err)
	}
	v := &unTranslator{}
	if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 || len(v.out[0].Findings)+len(v.out[0].Problems) > 0 {
		t.Fatal(err, text(t, v.out))
	}
	d := v.out[0].Document.(*doc.Dispute)
	x := d.Documents[0]
	if x.Due != "20547.55" || x.Reasons[0].Reason != "24" || x.Actions[0].Party != "SE" || x.Lines[0].Disputed != "410.95" {
		t.Errorf("%+v", x)
	}
	if _, f := WriteX12(d, "005010"); wire.VerdictOf(f) != wire.Rejected {
		t.Errorf("%+v", f)
	}
	d.Currency = "GBP"
	if _, f := WriteUN(d, early); len(f) != 1 || f[0].Key != "write.left_out" || f[0].Value != "GBP" {
		t.Errorf("%+v", f)
	}
	x.Reasons, x.Lines = nil, nil
	d.Documents[0] = x
	if p := d.Validate(); len(p) != 1 || p[0].Path != "documents[0].reasons" {
		t.Errorf("%+v", p)
	}
	_, f := ReadDispute(&schema.Set{Type: "812"})
	if len(f) != 1 || f[0].Key != "translate.wrong_set" {
		t.Errorf("%+v", f)
	}
}
