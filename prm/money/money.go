// Package money holds exact money and quantities.
//
// Amount is what is added up: whole minor units (ISO 4217) with a currency.
// Price, Quantity and Rate are decimals with six places in an int64. Nothing is
// ever a float. Rounding happens in one place, Extend, half up per line; what
// does not fit is an error and becomes a finding.
package money

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Scale is the number of decimal places of Price, Quantity and Rate.
const Scale = 6

// One is 1 in Micro units.
const One = 1_000_000

// Errors of parsing and arithmetic.
var (
	ErrSyntax   = errors.New("money: not a decimal number")
	ErrRange    = errors.New("money: number out of range")
	ErrPlaces   = errors.New("money: too many decimal places")
	ErrCurrency = errors.New("money: unknown or different currency")
)

// Micro is a decimal with six places: 12.5 is 12_500_000.
type Micro int64

// Price is money per unit, Quantity a count or measure, Rate a ratio.
type (
	Price    = Micro
	Quantity = Micro
	Rate     = Micro
)

// Currency is an ISO 4217 alphabetic code in upper case.
type Currency string

// minor is the number of minor digits by ISO 4217; currencies not listed have 2.
var minor = map[Currency]int{"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "VND": 0, "XOF": 0, "XAF": 0, "PYG": 0, "UGX": 0,
	"BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3, "IQD": 3, "LYD": 3}

// Digits returns the number of minor digits of c.
func (c Currency) Digits() int {
	if d, ok := minor[c]; ok {
		return d
	}
	return 2
}

// Valid reports whether c has the form of a currency code.
func (c Currency) Valid() bool {
	if len(c) != 3 {
		return false
	}
	for i := 0; i < 3; i++ {
		if c[i] < 'A' || c[i] > 'Z' {
			return false
		}
	}
	return true
}

// Amount is money in whole minor units of a currency.
type Amount struct {
	Minor    int64
	Currency Currency
}

// parse reads [-]digits[.digits] into an integer with the given places. Extra
// places are accepted only when they are zeros.
func parse(s string, places int) (int64, error) {
	s = strings.TrimSpace(s)
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	whole, frac, dot := strings.Cut(s, ".")
	if whole == "" && frac == "" || dot && frac == "" && whole == "" {
		return 0, ErrSyntax
	}
	for _, part := range []string{whole, frac} {
		for i := 0; i < len(part); i++ {
			if part[i] < '0' || part[i] > '9' {
				return 0, ErrSyntax
			}
		}
	}
	for len(frac) > places {
		if frac[len(frac)-1] != '0' {
			return 0, ErrPlaces
		}
		frac = frac[:len(frac)-1]
	}
	digits := strings.TrimLeft(whole+frac+strings.Repeat("0", places-len(frac)), "0")
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, ErrRange
	}
	if neg {
		n = -n
	}
	return n, nil
}

func format(n int64, places, least int) string {
	neg := n < 0
	u := uint64(n)
	if neg {
		u = uint64(-n)
	}
	s := strconv.FormatUint(u, 10)
	if len(s) <= places {
		s = strings.Repeat("0", places-len(s)+1) + s
	}
	whole, frac := s[:len(s)-places], s[len(s)-places:]
	for len(frac) > least && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if frac != "" {
		whole += "." + frac
	}
	if neg {
		return "-" + whole
	}
	return whole
}

// ParseMicro reads a decimal with at most six places.
func ParseMicro(s string) (Micro, error) {
	n, err := parse(s, Scale)
	return Micro(n), err
}

// Whole is n as a Micro; it must fit (|n| < 9.2e12).
func Whole(n int64) Micro { return Micro(n * One) }

// String is the shortest exact form: 12.5, 3.
func (m Micro) String() string { return format(int64(m), Scale, 0) }

// Fixed is String with at least the given number of places: Fixed(2) of 3 is "3.00".
func (m Micro) Fixed(least int) string { return format(int64(m), Scale, min(least, Scale)) }

// ParseAmount reads a decimal in major units; more places than the currency has
// are refused unless they are zeros.
func ParseAmount(s string, c Currency) (Amount, error) {
	if !c.Valid() {
		return Amount{}, ErrCurrency
	}
	n, err := parse(s, c.Digits())
	return Amount{n, c}, err
}

// String is the amount in major units without the currency: "12.50".
func (a Amount) String() string { d := a.Currency.Digits(); return format(a.Minor, d, d) }

// Add adds two amounts of one currency.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrCurrency
	}
	s := a.Minor + b.Minor
	if (s > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, ErrRange
	}
	return Amount{s, a.Currency}, nil
}

// Sub subtracts b from a.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(Amount{-b.Minor, b.Currency}) }

// Cmp compares two amounts of one currency: -1, 0, 1.
func (a Amount) Cmp(b Amount) int {
	switch {
	case a.Minor < b.Minor:
		return -1
	case a.Minor > b.Minor:
		return 1
	}
	return 0
}

// Extend multiplies quantity by price and rounds half up (away from zero) to the
// currency's minor unit. This is the only place where a line is rounded.
func Extend(qty Quantity, price Price, c Currency) (Amount, error) {
	if !c.Valid() {
		return Amount{}, ErrCurrency
	}
	drop := 2*Scale - c.Digits()
	if qty >= 0 && price >= 0 && drop >= 0 && drop < len(tens) { // of nearly every line: without memory of its own
		hi, lo := bits.Mul64(uint64(qty), uint64(price))
		lo, carry := bits.Add64(lo, tens[drop]/2, 0)
		if hi += carry; hi < tens[drop] {
			if n, _ := bits.Div64(hi, lo, tens[drop]); n <= math.MaxInt64 {
				return Amount{int64(n), c}, nil
			}
		}
		return Amount{}, ErrRange
	}
	p := new(big.Int).Mul(big.NewInt(int64(qty)), big.NewInt(int64(price)))
	return round(p, drop, c)
}

// tens are the powers of ten that Extend divides by.
var tens = [2*Scale + 1]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}

// Portion is amount × rate, rounded half up: tax and percentages.
func Portion(a Amount, r Rate) (Amount, error) {
	p := new(big.Int).Mul(big.NewInt(a.Minor), big.NewInt(int64(r)))
	return round(p, Scale, a.Currency)
}

func round(p *big.Int, drop int, c Currency) (Amount, error) {
	div := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(drop)), nil)
	neg := p.Sign() < 0
	p = p.Abs(p)
	p.Add(p, new(big.Int).Rsh(div, 1))
	p.Quo(p, div)
	if !p.IsInt64() {
		return Amount{}, ErrRange
	}
	n := p.Int64()
	if neg {
		n = -n
	}
	return Amount{n, c}, nil
}

// Sum adds amounts of one currency; an empty sum is zero of c.
func Sum(c Currency, as ...Amount) (Amount, error) {
	t := Amount{0, c}
	var err error
	for _, a := range as {
		if t, err = t.Add(a); err != nil {
			return Amount{}, err
		}
	}
	return t, nil
}

// Within reports whether got differs from want by at most rate × |want|.
func Within(got, want Price, tolerance Rate) bool {
	d := new(big.Int).Sub(big.NewInt(int64(got)), big.NewInt(int64(want)))
	d.Abs(d).Mul(d, big.NewInt(One))
	w := new(big.Int).Abs(big.NewInt(int64(want)))
	w.Mul(w, big.NewInt(int64(tolerance)))
	return d.Cmp(w) <= 0
}
