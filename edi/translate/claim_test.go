package translate

import (
	"fmt"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

func (s source) contract(n int) doc.Contract {
	return doc.Contract{
		Qualifier: s.pick("CT", "PD"), Number: fmt.Sprint("CT-2026-", n), Status: "AC", Refs: some(s, 3, s.x12Ref), Contacts: some(s, 2, s.desk),
		Dates:   some(s, 3, func() doc.Date { return s.dated("092", "093") }),
		Parties: some(s, 3, func() doc.Party { return s.partner(s.pick("EU", "BY")) }),
	}
}

func (s source) claimHeader(n int) doc.Header {
	return doc.Header{
		Currency: s.pick("", "GBP", "USD"), LineCount: n, Refs: some(s, 3, s.x12Ref), Contacts: some(s, 2, s.desk), Notes: some(s, 3, s.x12Text),
		Dates: some(s, 3, func() doc.Date { return s.dated("092", "093") }), Parties: []doc.Party{s.partner("DS"), s.partner("SE")},
	}
}

func (s source) claimLine(n int) doc.ClaimLine {
	amount := func() doc.ClaimAmount {
		return doc.ClaimAmount{Kind: "1", Amount: s.signed(), Flag: s.pick("", "C", "D")}
	}
	l := doc.ClaimLine{
		Transfer: s.pick("SD", "SS", "RU"), Change: s.pick("", "QD", "PC"), QuantityKind: "32",
		Quantities: some(s, 3, func() doc.ClaimQuantity {
			return doc.ClaimQuantity{Kind: "17", Quantity: s.decimal(), Unit: s.pick("", "EA")}
		}),
		Amounts: append([]doc.ClaimAmount{amount()}, some(s, 2, amount)...),
		Prices: some(s, 3, func() doc.ClaimPrice {
			return doc.ClaimPrice{Unit: "EA", Price: s.decimal(), Basis: s.pick("CT", "DI")}
		}),
		Currency: s.pick("", "EUR"),
	}
	l.Line = doc.Line{
		Number: fmt.Sprint(n), Quantity: s.decimal(), Unit: "EA", Description: s.pick("", "DRILL 18 V"), Refs: some(s, 3, s.x12Ref),
		Dates: some(s, 3, func() doc.Date { return s.dated("003", "011") }),
		Items: []doc.ItemID{{Qualifier: "VP", ID: "AUR-D18B"}, {Qualifier: "UK", ID: "17391234500016"}, {Qualifier: "BP", ID: "KS-1"}}[:1+s.IntN(3)],
	}
	if s.maybe() {
		l.MultiplierKind, l.Multiplier = "DIS", "0.95"
	}
	identify(&l.Line)
	return l
}

// totals counts as the writer of a claim would.
func totals(s source, lines []*doc.ClaimLine) doc.ClaimTotals {
	t := doc.ClaimTotals{}
	if s.maybe() {
		t.Quantity = "0"
		for _, l := range lines {
			t.Quantity = t.Quantity.Add(l.Quantity)
			for _, q := range l.Quantities {
				t.Quantity = t.Quantity.Add(q.Quantity)
			}
		}
	}
	sum := doc.Decimal("0")
	for _, l := range lines {
		if len(l.Amounts) != 1 {
			return t
		}
		sum = sum.Add(l.Amounts[0].Amount)
	}
	t.Amounts = []doc.ClaimAmount{{Kind: "TT", Amount: sum, Flag: s.pick("", "D")}}
	return t
}

func (s source) claim() *doc.Claim {
	d := &doc.Claim{Purpose: s.pick("00", "05"), Report: s.pick("DD", "ZZ"), Date: s.day(), Qualifier: "CL", Number: "CLM-204", Time: s.pick("", "09:12")}
	var all []*doc.ClaimLine
	for i := range 1 + s.IntN(3) {
		x := doc.ClaimContract{Contract: s.contract(i)}
		for k := range 1 + s.IntN(3) {
			x.Lines = append(x.Lines, s.claimLine(k+1))
		}
		d.Contracts = append(d.Contracts, x)
	}
	for i := range d.Contracts {
		for k := range d.Contracts[i].Lines {
			all = append(all, &d.Contracts[i].Lines[k])
		}
	}
	d.Header, d.ClaimTotals = s.claimHeader(len(d.Contracts)), totals(s, all)
	return d
}

func (s source) claimReasons() []doc.ClaimReason {
	return some(s, 3, func() doc.ClaimReason {
		return doc.ClaimReason{Valid: s.pick("Y", "N"), Agency: s.pick("", "ZZ"), Code: "34", FollowUp: s.pick("", "C", "N", "Y")}
	})
}

func (s source) claimAnswer() *doc.ClaimAnswer {
	d := &doc.ClaimAnswer{Purpose: "00", Date: s.day(), Qualifier: "CL", Number: "CLM-204", Time: s.pick("", "09:12"), Reasons: s.claimReasons()}
	var all []*doc.ClaimLine
	for i := range 1 + s.IntN(3) {
		x := doc.AnsweredContract{Contract: s.contract(i), Reasons: s.claimReasons()}
		for k := range 1 + s.IntN(3) {
			l := doc.AnswerLine{ClaimLine: s.claimLine(k + 1), Reasons: s.claimReasons()}
			l.Verdict = doc.VerdictOf(l.Change, l.Reasons, x.Reasons, d.Reasons)
			x.Lines = append(x.Lines, l)
		}
		d.Contracts = append(d.Contracts, x)
	}
	for i := range d.Contracts {
		for k := range d.Contracts[i].Lines {
			all = append(all, &d.Contracts[i].Lines[k].ClaimLine)
		}
	}
	d.Header, d.ClaimTotals = s.claimHeader(len(d.Contracts)), totals(s, all)
	return d
}

func (s source) priceAuthorization() *doc.PriceAuthorization {
	d := &doc.PriceAuthorization{Purpose: "00", Date: s.day(), Qualifier: "CT", Number: "CT-2026-9", Time: s.pick("", "09:12")}
	for i := range 1 + s.IntN(3) {
		x := doc.AuthorizedContract{Contract: s.contract(i)}
		for k := range 1 + s.IntN(3) {
			l := doc.AuthorizedLine{ClaimLine: s.claimLine(k + 1), Offers: some(s, 3, func() doc.AuthorizedPrice {
				o := doc.AuthorizedPrice{Class: s.pick("", "DI"), Kind: s.pick("CON", "RES"), Price: s.decimal(), Basis: s.pick("", "CT"), Dates: some(s, 3, func() doc.Date { return s.dated("092", "093") })}
				if s.maybe() {
					o.Quantity, o.Unit = s.decimal(), "EA"
				}
				if s.maybe() {
					o.MultiplierKind, o.Multiplier = "DIS", "0.9"
				}
				return o
			})}
			l.Refs, l.Parties = nil, some(s, 2, func() doc.Party { p := s.partner("EU"); p.Refs, p.Contacts = nil, nil; return p })
			if len(l.Dates) > 2 {
				l.Dates = l.Dates[:2]
			}
			x.Lines = append(x.Lines, l)
		}
		d.Contracts = append(d.Contracts, x)
	}
	d.Header = s.claimHeader(len(d.Contracts))
	return d
}

func TestClaimIdentity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		s := seeded(seed, 22)
		for _, d := range []Document{s.claim(), s.claimAnswer(), s.priceAuthorization()} {
			valid(t, seed, d)
			sameX12(t, seed, d)
			if len(Summary(d)) < 4 {
				t.Fatalf("%T: %+v", d, Summary(d))
			}
		}
	}
}

// TestClaimVerdicts: every line of an answer has its own verdict.
func TestClaimVerdicts(t *testing.T) {
	t.Parallel()
	d := sample(t, "849-verdicts").(*doc.ClaimAnswer)
	var got []string
	for _, x := range d.Contracts {
		for _, l := range x.Lines {
			got = append(got, l.Verdict)
		}
	}
	if strings.Join(got, " ") != "accepted changed rejected pending rejected" {
		t.Error(got)
	}
	if p := d.Validate(); len(p) > 0 {
		t.Errorf("%+v", p)
	}
	d.Contracts[0].Lines[2].Verdict = doc.VerdictAccepted
	d.Contracts[0].Lines[2].Reasons[0].Code = ""
	p := d.Validate()
	if len(p) != 2 || p[0].Key != doc.KeyMissing || p[1].Key != doc.KeyVerdict || p[1].Path != "contracts[0].lines[2].verdict" {
		t.Errorf("%+v", p)
	}
}

// TestVerdictAlone: a line that only has a verdict is written with the AAA that says
// so, and read back as that verdict.
func TestVerdictAlone(t *testing.T) {
	t.Parallel()
	d := sample(t, "849-verdicts").(*doc.ClaimAnswer)
	want := []string{doc.VerdictAccepted, doc.VerdictChanged, doc.VerdictRejected, doc.VerdictPending}
	for k, v := range want {
		l := &d.Contracts[0].Lines[k]
		l.Verdict, l.Reasons, l.Change = v, nil, ""
		if v == doc.VerdictChanged {
			l.Change = "QD"
		}
	}
	body, f := WriteX12(d, "005010")
	if wire.VerdictOf(f) != wire.Accepted {
		t.Fatal(f)
	}
	back := only(t, wrap(t, body, "005010")).(*doc.ClaimAnswer)
	for k, v := range want {
		if got := back.Contracts[0].Lines[k].Verdict; got != v {
			t.Errorf("line %d: %s, want %s", k, got, v)
		}
	}
}

// TestClaimSums: a total that the lines do not come to is a problem, and a claim
// cannot go out as a message of EDIFACT, which has none for it.
func TestClaimSums(t *testing.T) {
	t.Parallel()
	d := sample(t, "844-ship-and-debit").(*doc.Claim)
	if p := d.Validate(); len(p) > 0 {
		t.Fatalf("%+v", p)
	}
	d.Amounts[0].Amount = "1.00"
	if p := d.Validate(); len(p) != 1 || p[0].Key != doc.KeyTotal || p[0].Path != "totals[0].amount" {
		t.Errorf("%+v", p)
	}
	if _, f := WriteUN(d, late); wire.VerdictOf(f) != wire.Rejected || f[0].Key != "translate.wrong_set" {
		t.Errorf("%+v", f)
	}
}

// TestClaimLoopsCarried: what a claim has no field for is carried and written again.
func TestClaimLoopsCarried(t *testing.T) {
	t.Parallel()
	d := sample(t, "845-special-prices").(*doc.PriceAuthorization)
	if len(d.Extra) == 0 || d.Extra[0].Segment != "ITD" {
		t.Fatalf("%+v", d.Extra)
	}
	body, f := WriteX12(d, "004010")
	if len(f) > 0 {
		t.Errorf("%+v", f)
	}
	if bad, err := schema.CheckBody(body, "004010"); err != nil || len(bad) > 0 {
		t.Errorf("%v %+v", err, bad)
	}
	if !strings.Contains(segTexts(body), "ITD*01*3") {
		t.Error(segTexts(body))
	}
}
