package doc

import (
	"fmt"
	"testing"
)

func problems(list []Problem) string {
	out := ""
	for _, p := range list {
		out += fmt.Sprintf("%s %s %s\n", p.Path, p.Key, p.Value)
	}
	return out
}

func item(id string) Line { return Line{VendorItem: id} }

func TestValidateSellThrough(t *testing.T) {
	t.Parallel()
	line := SellLine{Line: item("A"), Kind: KindSale, Movement: "SS"}
	line.Quantity = "4"
	d := &SellThrough{Purpose: "00", Number: "1", Date: "2026-11-22", Period: Period{From: "2026-11-16", To: "2026-11-22"}, Lines: []SellLine{line}}
	if got := problems(d.Validate()); got != "" {
		t.Error(got)
	}
	d.Period.To = "2026-11-15"
	d.Lines[0].Movement, d.Lines[0].Quantity, d.Lines[0].VendorItem = "", "x", ""
	d.Lines[0].Period = Period{From: "2026-02-30"}
	d.Lines[0].Prices = []Price{{ValidFrom: "2026-02-01", ValidTo: "2026-01-01"}}
	d.Lines[0].Amounts = []Amount{{Qualifier: "1", Amount: "1,5"}}
	want := "period.to period 2026-11-15\nlines[0].items missing \nlines[0].quantity number x\nlines[0].movement missing \n" +
		"lines[0].period.from date 2026-02-30\nlines[0].prices[0].amount missing \nlines[0].prices[0].valid_to period 2026-01-01\nlines[0].amounts[0].amount number 1,5\n"
	if got := problems(d.Validate()); got != want {
		t.Errorf("%s", got)
	}
	if got := problems((&SellThrough{}).Validate()); got != "purpose missing \nnumber missing \ndate missing \nlines no_lines \nperiod.from missing \nperiod.to missing \n" {
		t.Errorf("%s", got)
	}
}

// TestSoldCounts: returns are below zero whatever sign they came with; moves, adjustments
// and movements that are not known count nothing.
func TestSoldCounts(t *testing.T) {
	t.Parallel()
	for movement, want := range map[string][2]Decimal{
		"SS": {"3", "-3"}, "SD": {"3", "-3"}, "DS": {"3", "-3"}, "CS": {"3", "-3"},
		"BN": {"-3", "-3"}, "RU": {"-3", "-3"}, "RV": {"-3", "-3"}, "RB": {"-3", "-3"},
		"IB": {"0", "0"}, "BJ": {"0", "0"}, "IA": {"0", "0"}, "SA": {"0", "0"}, "PA": {"0", "0"}, "ZZ": {"0", "0"}, "": {"0", "0"},
	} {
		for i, q := range []Decimal{"3", "-3"} {
			l := SellLine{Kind: KindOf(movement)}
			l.Quantity = q
			if got := l.Sold(); got != want[i] {
				t.Errorf("%s of %q: %s", q, movement, got)
			}
		}
		if none := (&SellLine{Kind: KindOf(movement)}).Sold(); none != "0" {
			t.Errorf("%q without a quantity: %s", movement, none)
		}
	}
}

func TestValidateInventory(t *testing.T) {
	t.Parallel()
	d := &Inventory{Purpose: "00", Number: "1", Date: "2026-11-22", Lines: []StockLine{{Line: item("A"), Quantities: []StockQuantity{{Qualifier: "33", Quantity: "0"}}}}}
	if got := problems(d.Validate()); got != "" {
		t.Error(got)
	}
	d.Lines = append(d.Lines, StockLine{Line: item("B")}, StockLine{Quantities: []StockQuantity{{Quantity: "1"}}, Places: []PlaceQuantity{{Quantity: "x"}}})
	d.LineCount = 2
	want := "line_count line_count 2\nlines[1].quantities missing \nlines[2].items missing \nlines[2].quantities[0].qualifier missing \nlines[2].places[0].id missing \nlines[2].places[0].quantity number x\n"
	if got := problems(d.Validate()); got != want {
		t.Errorf("%s", got)
	}
	both := StockLine{Quantities: []StockQuantity{{Qualifier: "33", Quantity: "5"}, {Qualifier: "17", Quantity: "8"}}}
	if both.OnHand() != "8" || d.Lines[0].OnHand() != "0" || d.Lines[1].OnHand() != "" {
		t.Error(both.OnHand(), d.Lines[0].OnHand(), d.Lines[1].OnHand())
	}
}

func TestValidateProductActivity(t *testing.T) {
	t.Parallel()
	a := Activity{Code: "QS", Quantity: "3", Unit: "EA", Places: []PlaceQuantity{{ID: "1", Quantity: "1", Unit: "EA"}, {ID: "2", Quantity: "2", Unit: "EA"}}}
	d := &ProductActivity{Handling: "H", Period: Period{From: "2026-11-16"}, Lines: []ActivityLine{{Line: item("A"), Activities: []Activity{a}}}}
	if got := problems(d.Validate()); got != "" {
		t.Error(got)
	}
	d.Lines[0].Activities[0].Quantity = "4"
	d.Lines = append(d.Lines, ActivityLine{Line: item("B")}, ActivityLine{Line: item("C"), Activities: []Activity{{}}})
	d.Handling, d.Period = "", Period{}
	want := "handling missing \nperiod.from missing \nlines[0].activities[0].places places_sum 3\nlines[1].activities missing \nlines[2].activities[0].code missing \nlines[2].activities[0].quantity missing \n"
	if got := problems(d.Validate()); got != want {
		t.Errorf("%s", got)
	}
}

func TestValidatePriceCatalog(t *testing.T) {
	t.Parallel()
	d := &PriceCatalog{Number: "1", Lines: []CatalogItem{{Line: item("A"), Prices: []Price{{Kind: "LPR", Amount: "1.00"}}}, {Line: item("B"), Action: "002"}}}
	if got := problems(d.Validate()); got != "" {
		t.Error(got)
	}
	d.ValidFrom, d.ValidTo = "2027-01-01", "2026-12-31"
	d.Lines[0].Prices[0] = Price{Amount: "1.00", Per: "a", From: "b", To: "c"}
	d.Lines[1].Action = "001"
	want := "valid_to period 2026-12-31\nlines[0].prices[0].per number a\nlines[0].prices[0].from number b\nlines[0].prices[0].to number c\nlines[0].prices[0].kind missing \nlines[1].prices missing \n"
	if got := problems(d.Validate()); got != want {
		t.Errorf("%s", got)
	}
}
