package doc

import "testing"

func TestSettles(t *testing.T) {
	t.Parallel()
	cut := []Adjustment{{Amount: "-10.00", Reason: "54"}}
	for _, c := range []struct {
		line   RemittanceLine
		effect string
		open   Decimal
	}{
		{RemittanceLine{Number: "1", Paid: "100"}, SettlesFull, "0"},
		{RemittanceLine{Number: "1", Paid: "98.00", Amount: "100.00", Discount: "2.00"}, SettlesFull, "0"},
		{RemittanceLine{Number: "1", Paid: "90.00", Amount: "100.00"}, SettlesPart, "10"},
		{RemittanceLine{Number: "1", Paid: "90.00", Amount: "100.00", Adjustments: cut}, SettlesDeduct, "0"},
		{RemittanceLine{Number: "1", Paid: "80.00", Amount: "100.00", Adjustments: cut}, SettlesPart, "10"},
		{RemittanceLine{Number: "1", Paid: "-50.00", Amount: "-50.00"}, SettlesFull, "0"},
		{RemittanceLine{Adjustments: cut}, SettlesNone, "0"},
	} {
		effect, open := c.line.Settles()
		if effect != c.effect || open.Cmp(c.open) != 0 {
			t.Errorf("%+v: %s %s", c.line, effect, open)
		}
	}
}

func TestVerdictOf(t *testing.T) {
	t.Parallel()
	no, held, yes := ClaimReason{Valid: "N", Code: "34"}, ClaimReason{Valid: "N", FollowUp: "Y"}, ClaimReason{Valid: "Y"}
	for _, c := range []struct {
		change string
		levels [][]ClaimReason
		want   string
	}{
		{"", nil, VerdictAccepted},
		{"QD", nil, VerdictChanged},
		{"QD", [][]ClaimReason{{no}}, VerdictRejected},
		{"", [][]ClaimReason{{held}}, VerdictPending},
		{"", [][]ClaimReason{nil, {no}}, VerdictRejected},
		{"", [][]ClaimReason{{yes}, {no}}, VerdictAccepted}, // the line's own count before the contract's
		{"", [][]ClaimReason{nil, nil, {held}}, VerdictPending},
	} {
		if got := VerdictOf(c.change, c.levels...); got != c.want {
			t.Errorf("%q %+v: %s, want %s", c.change, c.levels, got, c.want)
		}
	}
	for _, v := range []string{VerdictAccepted, VerdictRejected, VerdictPending} {
		if got := VerdictOf("", ReasonsOf(v, "34")); got != v {
			t.Errorf("%s is written as %s", v, got)
		}
	}
}

// TestMoneyProblems: what keeps the documents of money from being booked.
func TestMoneyProblems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d    interface{ Validate() []Problem }
		path string
		key  string
	}{
		"no reason":         {&Remittance{Number: "1", Handling: "I", Flag: "C", Total: "1", Lines: []RemittanceLine{{Number: "1", Paid: "1", Adjustments: []Adjustment{{Amount: "-1"}}}}}, "lines[0].adjustments[0].reason", KeyMissing},
		"no side":           {&Remittance{Number: "1", Handling: "I", Total: "1", Lines: []RemittanceLine{{Number: "1", Paid: "1"}}}, "flag", KeyMissing},
		"no lines":          {&Remittance{Number: "1", Handling: "I", Flag: "C", Total: "0"}, "lines", KeyNoLines},
		"empty line":        {&Remittance{Number: "1", Handling: "I", Flag: "C", Total: "0", Lines: []RemittanceLine{{}}}, "lines[0].number", KeyMissing},
		"no contract":       {&Claim{Purpose: "00", Report: "ZZ", Date: "2026-12-01", Number: "1"}, "contracts", KeyNoLines},
		"nothing claimed":   {&Claim{Purpose: "00", Report: "ZZ", Date: "2026-12-01", Number: "1", Contracts: []ClaimContract{{Contract: Contract{Number: "C"}, Lines: []ClaimLine{{Line: Line{BuyerItem: "B"}}}}}}, "contracts[0].lines[0].amounts", KeyMissing},
		"count":             {&PriceAuthorization{Purpose: "00", Date: "2026-12-01", Number: "1", Header: Header{LineCount: 2}, Contracts: []AuthorizedContract{{Contract: Contract{Number: "C"}, Lines: []AuthorizedLine{{ClaimLine: ClaimLine{Line: Line{BuyerItem: "B"}}, Offers: []AuthorizedPrice{{Price: "1"}}}}}}}, "line_count", KeyLineCount},
		"no price":          {&PriceAuthorization{Purpose: "00", Date: "2026-12-01", Number: "1", Contracts: []AuthorizedContract{{Contract: Contract{Number: "C"}, Lines: []AuthorizedLine{{ClaimLine: ClaimLine{Line: Line{BuyerItem: "B"}}}}}}}, "contracts[0].lines[0].offers", KeyMissing},
		"refused, no error": {&ApplicationAdvice{Purpose: "11", Number: "1", Date: "2026-12-01", Advised: []Advised{{Code: "IR", Number: "1"}}}, "advised[0].errors", KeyMissing},
		"no amount":         {&CreditDebit{Number: "1", Date: "2026-12-01", Handling: "A", Flag: "C"}, "amount", KeyMissing},
		"quantity, no unit": {&CreditDebit{Number: "1", Date: "2026-12-01", Handling: "A", Flag: "C", Amount: "1", Lines: []AdjustedLine{{Reason: "01", Flag: "C", Line: Line{Quantity: "1"}}}}, "lines[0].unit", KeyMissing},
		"no document":       {&Dispute{Purpose: "00", Number: "1", Date: "2026-12-01"}, "documents", KeyNoLines},
	} {
		if p := c.d.Validate(); len(p) != 1 || p[0].Path != c.path || p[0].Key != c.key {
			t.Errorf("%s: %+v", name, p)
		}
	}
	for name, d := range map[string]interface{ Validate() []Problem }{
		"payment order alone": &Remittance{Number: "1", Handling: "D", Flag: "C", Total: "1"},
		"cancelled dispute":   &Dispute{Purpose: "01", Number: "1", Date: "2026-12-01"},
		"whole claim refused": &ClaimAnswer{Purpose: "00", Date: "2026-12-01", Number: "1", Reasons: []ClaimReason{{Valid: "N", Code: "33"}}},
	} {
		if p := d.Validate(); len(p) > 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
