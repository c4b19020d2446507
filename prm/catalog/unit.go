package catalog

import (
	"math/big"
	"strings"

	"entente/prm/money"
)

// unitNames maps unit codes of UN/ECE Recommendation 20 and older habits to the
// X12 code of the same unit.
var unitNames = map[string]string{"PCE": "EA", "PCS": "EA", "H87": "EA", "C62": "EA", "PC": "EA", "NAR": "EA",
	"CT": "CA", "CS": "CA", "XCT": "CA", "XCS": "CA", "XBX": "BX", "ST": "SET", "XPX": "PL", "PF": "PL", "PAL": "PL", "LF": "FT", "MTR": "M", "KGM": "KG", "LTR": "LT"}

// SameUnit folds unit codes that mean the same into one (X12 EA, CA, BX, PL …).
func SameUnit(code string) string {
	c := strings.ToUpper(strings.TrimSpace(code))
	if u, ok := unitNames[c]; ok {
		return u
	}
	return c
}

// rec20 is the code of a unit in UN/ECE Recommendation 20, and of a pack in
// Recommendation 21, as EDIFACT writes it.
var rec20 = map[string]string{"EA": "PCE", "CA": "CT", "BX": "BX", "PL": "PF", "SET": "SET", "FT": "FOT", "M": "MTR", "KG": "KGM", "LT": "LTR"}

// UnitRec20 is the code that EDIFACT uses for a unit, the unit itself where both
// standards agree or nothing is known. It renames a unit and never converts a
// quantity: how much a unit holds is a matter of the product (Factor).
func UnitRec20(unit string) string {
	if c, ok := rec20[SameUnit(unit)]; ok {
		return c
	}
	return unit
}

// pieces is a quantity of units in base units, exact to six places; false when it
// does not fit.
func pieces(q, factor money.Quantity) (money.Quantity, bool) {
	n := new(big.Int).Mul(big.NewInt(int64(q)), big.NewInt(int64(factor)))
	n.Quo(n, big.NewInt(money.One))
	if !n.IsInt64() {
		return 0, false
	}
	return money.Quantity(n.Int64()), true
}

// Pieces is a quantity of the unit in base units of the product; false for a unit it
// is not sold in, or what does not fit. It converts by the product's own packs.
func (p Product) Pieces(q money.Quantity, unit string) (money.Quantity, bool) {
	f, ok := p.Factor(unit)
	if !ok {
		return 0, false
	}
	return pieces(q, f)
}
