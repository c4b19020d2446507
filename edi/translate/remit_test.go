package translate

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

// remittance says what both syntaxes have a place for; x12 adds what only an 820 has.
func (s source) remittance(x12 bool) *doc.Remittance {
	d := &doc.Remittance{
		Number: "PAY-" + fmt.Sprint(s.IntN(1000)), TraceType: "1", Handling: "I", Flag: "C", Date: s.pick("", "2026-12-14"), Paid: s.pick("", "2026-12-15"),
		Method: s.pick("ACH", "CHK"), Lines: []doc.RemittanceLine{},
	}
	d.Currency = s.pick("", "GBP", "EUR")
	d.Parties = []doc.Party{{Role: "PR", IDQualifier: "UL", ID: "5012345000015"}, {Role: "PE", Name: "Aurelia", IDQualifier: "UL", ID: "5098765000016"}}
	if d.Date == "" {
		d.Dates = []doc.Date{s.dated("010", "067")} // a REMADV has a date
	}
	d.Refs, d.Notes = some(s, 3, s.oneRef), some(s, 3, s.x12Text)
	if s.maybe() {
		d.Payer = doc.BankAccount{BankQualifier: "02", Bank: "BARCGB22", Account: "20410600112233"}
		d.Payee = doc.BankAccount{BankQualifier: "02", Bank: "LOYDGB2L", Account: "40478499887766"}
	}
	reasons := []string{"01", "04", "05", "06", "07", "08", "09", "17", "18", "19", "22", "23", "24", "54", "55", "56", "57", "02", "ZZ"}
	adjustment := func() doc.Adjustment {
		a := doc.Adjustment{Amount: s.signed(), Reason: s.pick(reasons...), Notes: some(s, 3, s.x12Text)}
		if s.maybe() {
			a.Ref = doc.Ref{Qualifier: "PD", Value: "PR-2026-017"}
		}
		if x12 {
			a.Refs = some(s, 3, s.x12Ref)
		}
		return a
	}
	for i := range 1 + s.IntN(4) {
		l := doc.RemittanceLine{
			Qualifier: s.pick("IV", "CM", "DL"), Number: fmt.Sprint("INV-", i), Paid: s.signed(), Refs: some(s, 3, s.oneRef),
			Dates: some(s, 3, func() doc.Date { return s.dated("003", "010") }), Adjustments: some(s, 3, adjustment),
		}
		if s.maybe() {
			l.Amount = s.signed()
		}
		if s.maybe() {
			l.Discount = s.cents()
		}
		if s.IntN(3) == 0 {
			l.Entity = doc.Party{Role: "PE", IDQualifier: "92", ID: s.pick("NORTH", "SOUTH")}
		}
		if x12 {
			l.Action, l.Notes = s.pick("", "PO", "PI"), some(s, 3, s.x12Text)
			if s.IntN(4) == 0 {
				l = doc.RemittanceLine{Entity: l.Entity, Adjustments: []doc.Adjustment{adjustment(), adjustment()}}
				l.Adjustments[0].Dates = some(s, 2, func() doc.Date { return s.dated("003") })
			}
		}
		d.Lines = append(d.Lines, l)
	}
	if x12 {
		d.Handling, d.Flag, d.Format, d.TraceType = s.pick("I", "C", "D"), s.pick("C", "D"), s.pick("", "CCP"), s.pick("1", "3")
		d.Company, d.TraceCompany, d.TraceRef = s.pick("", "1234567890"), s.pick("", "1234567890"), s.pick("", "T1")
		if d.Payer.Account != "" {
			d.Payer.Kind, d.Payee.Kind = "DA", s.pick("", "SG")
		}
		d.Parties = append(d.Parties, s.partner("BY"))
	}
	d.Total = d.Sum()
	return d
}

func TestRemittanceIdentity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		s := seeded(seed, 21)
		d := s.remittance(true)
		valid(t, seed, d)
		sameX12(t, seed, d)
		d = s.remittance(false)
		sameX12(t, seed, d)
		sameUN(t, seed, d, early, late, earlyEAN, lateEAN)
	}
}

// TestRemittanceEffect: a line closes, part-closes or deducts.
func TestRemittanceEffect(t *testing.T) {
	t.Parallel()
	d := sample(t, "820-remittance").(*doc.Remittance)
	if effect, open := d.Lines[0].Settles(); effect != doc.SettlesPart || open != "-240.00" {
		t.Errorf("the discount and the adjustment are the same 240.00: %s %s", effect, open)
	}
	d = sample(t, "820-deductions").(*doc.Remittance)
	for i, want := range []string{doc.SettlesFull + " 0.00", doc.SettlesDeduct + " 0.00", doc.SettlesPart + " 500.00", doc.SettlesFull + " 0.00", doc.SettlesNone + " 0"} {
		if effect, open := d.Lines[i].Settles(); effect+" "+string(open) != want {
			t.Errorf("line %d: %s %s, want %s", i, effect, open, want)
		}
	}
	if p := d.Validate(); len(p) > 0 {
		t.Errorf("%+v", p)
	}
	// The sign of ADX01: what is kept back is negative.
	d.Lines[1].Adjustments[0].Amount = negated(d.Lines[1].Adjustments[0].Amount)
	if effect, open := d.Lines[1].Settles(); effect != doc.SettlesPart || open.Cmp("4032") != 0 {
		t.Errorf("%s %s", effect, open)
	}
	d.Total = "1.00"
	if p := d.Validate(); len(p) != 1 || p[0].Key != doc.KeyTotal || p[0].Value != "53820.60" {
		t.Errorf("%+v", p)
	}
}

// TestInlineAdjustment: RMR07 and RMR08 are an adjustment like one of ADX.
func TestInlineAdjustment(t *testing.T) {
	t.Parallel()
	d := sample(t, "820-inline").(*doc.Remittance)
	l := d.Lines[0]
	if len(l.Adjustments) != 1 || l.Adjustments[0].Amount != "-18.50" || l.Adjustments[0].Reason != "54" {
		t.Errorf("%+v", l)
	}
	if effect, _ := l.Settles(); effect != doc.SettlesDeduct {
		t.Error(effect)
	}
}

// TestSameRemittance: the same advice as 820 and as REMADV is one document.
func TestSameRemittance(t *testing.T) {
	t.Parallel()
	want := text(t, sample(t, "820-twin"))
	for _, name := range []string{"remadv-deductions", "remadv-deductions-d01b"} {
		in, err := os.ReadFile(unCases + "/" + name + "/in.edi")
		if err != nil {
			t.Fatal(err)
		}
		v := &unTranslator{}
		if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
			t.Fatal(err, len(v.out))
		}
		if got := text(t, v.out[0].Document); got != want {
			t.Errorf("%s:\n%s\n820:\n%s", name, got, want)
		}
	}
}

// TestRemittanceNotSaid: an adjustment of no document cannot be told in a REMADV.
func TestRemittanceNotSaid(t *testing.T) {
	t.Parallel()
	d := sample(t, "820-deductions").(*doc.Remittance)
	_, f := WriteUN(d, late)
	if wire.VerdictOf(f) != wire.Rejected {
		t.Errorf("%+v", f)
	}
	d.Lines[1].Adjustments[0] = doc.Adjustment{Amount: "-1.00", ReasonUN: "10"}
	body, f := WriteX12(d, "005010")
	if len(f) != 1 || f[0].Key != "write.left_out" || f[0].Value != "10" {
		t.Errorf("%+v", f)
	}
	if bad, err := schema.CheckBody(body, "005010"); err != nil || wire.VerdictOf(bad) != wire.Rejected {
		t.Errorf("a reason of 4465 went out as one of 426: %v %+v", err, bad)
	}
}

// TestRemittanceTold: what is beside the values that are read is told, an amount in
// another currency above all.
func TestRemittanceTold(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile(unCases + "/remadv-deductions/in.edi")
	if err != nil {
		t.Fatal(err)
	}
	in = []byte(strings.NewReplacer("MOA+9:20547.55'", "MOA+9:24000.00:EUR'", "FII+OR+GB20BARC20410600112233+", "FII+OR+GB20BARC20410600112233:Kestrel+").Replace(string(in)))
	v := &unTranslator{}
	if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
		t.Fatal(err, len(v.out))
	}
	var got []string
	for _, f := range v.out[0].Findings {
		got = append(got, f.Key+" "+f.Place()+" "+f.Value)
	}
	if want := "translate.not_carried FII02-2 Kestrel|translate.not_carried MOA01-3 EUR"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}
