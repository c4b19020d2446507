package doc

import (
	"encoding/json"
	"testing"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Decimal{
		"84.00": "84.00", "84": "84", "-3.5": "-3.5", ".5": "0.5", "-.5": "-0.5", "5.": "5", "007": "007", "0": "0",
	} {
		if got, err := ParseDecimal(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "-", ".", "1e3", "1,5", "+1", " 1", "1.2.3", "--1", "1-", "NaN", "11111111111111111111111111111111111111111"} {
		if got, err := ParseDecimal(in); err == nil {
			t.Errorf("%q was read as %q", in, got)
		}
	}
}

func TestDecimalArithmetic(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ got, want Decimal }{
		"add keeps the longer":       {Decimal("1.5").Add("2.25"), "3.75"},
		"add nothing":                {Decimal("1.50").Add(""), "1.50"},
		"sub below zero":             {Decimal("1").Sub("2.5"), "-1.5"},
		"product half up":            {Decimal("3").Mul("33.335", 2), "100.01"},
		"product half up below zero": {Decimal("-3").Mul("33.335", 2), "-100.01"},
		"no float":                   {Decimal("113.57").Mul("1", 2), "113.57"},
		"small":                      {Decimal("0.01").Mul("0.4", 2), "0.00"},
		"invalid":                    {Decimal("x").Mul("1", 2), ""},
		"round":                      {Decimal("2.345").Round(2), "2.35"},
		"widen":                      {Decimal("2").Round(2), "2.00"},
		"scaled back":                {FromScaled(-5, 2), "-0.05"},
		"whole":                      {FromScaled(8400, 0), "8400"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", name, tc.got, tc.want)
		}
	}
	if Decimal("84.0").Cmp("84") != 0 || Decimal("-1").Cmp("1") != -1 || Decimal("-0.0").Sign() != 0 {
		t.Error("comparison is not by value")
	}
	v, exact, ok := Decimal("12.3456789").Scaled(6)
	if v != 12345679 || exact || !ok {
		t.Errorf("%d %v %v", v, exact, ok)
	}
	if _, _, ok := Decimal("99999999999999999999").Scaled(6); ok {
		t.Error("an overflow went unseen")
	}
	if v, exact, ok := Decimal("50464.00").Scaled(2); v != 5046400 || !exact || !ok {
		t.Errorf("%d %v %v", v, exact, ok)
	}
}

func TestImplied(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Decimal{"8400": "84.00", "5": "0.05", "-1250": "-12.50", "0": "0.00", "00100": "1.00"} {
		got, err := Implied(in, 2)
		if err != nil || got != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	if _, err := Implied("84.00", 2); err == nil {
		t.Error("a point in N2 was taken")
	}
	for in, want := range map[Decimal]string{"84": "8400", "84.5": "8450", "84.500": "8450", "-0.05": "-5"} {
		if got, ok := in.ImpliedText(2); got != want || !ok {
			t.Errorf("%q: %q %v", in, got, ok)
		}
	}
	if _, ok := Decimal("0.005").ImpliedText(2); ok {
		t.Error("half a cent went unseen")
	}
}

func order() PurchaseOrder {
	return PurchaseOrder{
		Header:  Header{LineCount: 1},
		Purpose: "00", Type: "SA", Number: "P1", Date: "2026-11-22",
		Lines: []Line{{Number: "1", GTIN: "07391234500019", Quantity: "1", Unit: "EA"}},
	}
}

func keys(p []Problem) string {
	out := ""
	for _, x := range p {
		out += x.Path + ":" + x.Key + " "
	}
	return out
}

func TestOrderValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*PurchaseOrder)
		want   string
	}{
		"fine":        {func(*PurchaseOrder) {}, ""},
		"no number":   {func(d *PurchaseOrder) { d.Number = "" }, "number:missing "},
		"bad date":    {func(d *PurchaseOrder) { d.Date = "2026-11-31" }, "date:date "},
		"no lines":    {func(d *PurchaseOrder) { d.Lines, d.LineCount = nil, 0 }, "lines:no_lines "},
		"cancel":      {func(d *PurchaseOrder) { d.Purpose, d.Lines, d.LineCount = "01", nil, 0 }, ""},
		"count":       {func(d *PurchaseOrder) { d.LineCount = 2 }, "line_count:line_count "},
		"no quantity": {func(d *PurchaseOrder) { d.Lines[0].Quantity = "" }, "lines[0].quantity:missing "},
		"no item":     {func(d *PurchaseOrder) { d.Lines[0].GTIN = "" }, "lines[0].items:missing "},
		"price":       {func(d *PurchaseOrder) { d.Lines[0].Price = "1e2" }, "lines[0].price:number "},
		"line twice": {func(d *PurchaseOrder) {
			d.Lines = append(d.Lines, d.Lines[0])
			d.LineCount = 2
		}, "lines[1].number:line_duplicate "},
		"allowance": {func(d *PurchaseOrder) { d.Allowances = []Allowance{{Indicator: "A"}} }, "allowances[0].amount:missing "},
	} {
		d := order()
		tc.change(&d)
		if got := keys(d.Validate()); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestBalance(t *testing.T) {
	t.Parallel()
	line := InvoiceLine{Line: Line{Quantity: "10", Price: "10.00"}}
	for name, tc := range map[string]struct {
		change func(*Invoice)
		want   Decimal
	}{
		"lines":               {func(*Invoice) {}, "100.00"},
		"off invoice":         {func(d *Invoice) { d.Allowances = []Allowance{{Indicator: "A", Amount: "5", Method: "02"}} }, "95.00"},
		"no method":           {func(d *Invoice) { d.Allowances = []Allowance{{Indicator: "A", Amount: "5"}} }, "95.00"},
		"bill back":           {func(d *Invoice) { d.Allowances = []Allowance{{Indicator: "A", Amount: "5", Method: "01"}} }, "100.00"},
		"information":         {func(d *Invoice) { d.Allowances = []Allowance{{Indicator: "A", Amount: "5", Method: "15"}} }, "100.00"},
		"charge":              {func(d *Invoice) { d.Allowances = []Allowance{{Indicator: "C", Charge: true, Amount: "5"}} }, "105.00"},
		"percent":             {func(d *Invoice) { d.Allowances = []Allowance{{Indicator: "A", Percent: "2.5"}} }, "97.50"},
		"amount wins":         {func(d *Invoice) { d.Allowances = []Allowance{{Indicator: "A", Percent: "2.5", Amount: "1"}} }, "99.00"},
		"rate by quantity":    {func(d *Invoice) { d.Lines[0].Allowances = []Allowance{{Indicator: "A", Rate: "0.5"}} }, "95.00"},
		"tax":                 {func(d *Invoice) { d.Taxes = []Tax{{Type: "VA", Amount: "20.00"}} }, "120.00"},
		"line tax":            {func(d *Invoice) { d.Lines[0].Taxes = []Tax{{Amount: "2"}} }, "102.00"},
		"summary before line": {func(d *Invoice) { d.Lines[0].Taxes, d.Taxes = []Tax{{Amount: "2"}}, []Tax{{Amount: "2"}} }, "102.00"},
	} {
		d := Invoice{Lines: []InvoiceLine{line}}
		tc.change(&d)
		if got := d.Balance(); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	d := order()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back PurchaseOrder
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(b) {
		t.Errorf("%s\n%s\n%v", b, again, err)
	}
}
