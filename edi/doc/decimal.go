package doc

import (
	"errors"
	"math"
	"math/big"
	"strings"
)

// Decimal is an exact decimal number as text, with the digits as they were
// written: "84.00" stays "84.00". Only digits, one point and a leading minus. The
// empty Decimal means "not given". It is never a float.
type Decimal string

// ErrDecimal says that a text is no decimal number.
var ErrDecimal = errors.New("doc: not a decimal number")

// maxDigits is the longest number taken, far above any element of X12.
const maxDigits = 40

// ParseDecimal checks s and keeps its digits. A number like ".5" or "5." becomes
// "0.5" and "5", so that every Decimal reads alike; a minus before zero stays.
func ParseDecimal(s string) (Decimal, error) {
	t := s
	neg := strings.HasPrefix(t, "-")
	if neg {
		t = t[1:]
	}
	whole, frac, point := strings.Cut(t, ".")
	if len(whole)+len(frac) == 0 || len(whole)+len(frac) > maxDigits || !digits(whole) || !digits(frac) {
		return "", ErrDecimal
	}
	if whole != "" && (!point || frac != "") {
		return Decimal(s), nil
	}
	if whole == "" {
		whole = "0"
	}
	out := whole
	if frac != "" {
		out += "." + frac
	}
	if neg {
		out = "-" + out
	}
	return Decimal(out), nil
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// FromScaled gives v × 10^-places, with exactly that many decimals: FromScaled(8400, 2)
// is "84.00". places is 0 to 18.
func FromScaled(v int64, places int) Decimal {
	return fromBig(big.NewInt(v), places)
}

func fromBig(v *big.Int, places int) Decimal {
	s := new(big.Int).Abs(v).String()
	for len(s) <= places {
		s = "0" + s
	}
	if places > 0 {
		s = s[:len(s)-places] + "." + s[len(s)-places:]
	}
	if v.Sign() < 0 {
		s = "-" + s
	}
	return Decimal(s)
}

// Valid says whether d is a number; the empty Decimal is not.
func (d Decimal) Valid() bool {
	n, err := ParseDecimal(string(d))
	return err == nil && n == d
}

// parts gives the digits as a whole number and the count of decimals.
func (d Decimal) parts() (*big.Int, int, bool) {
	if !d.Valid() {
		return nil, 0, false
	}
	whole, frac, _ := strings.Cut(string(d), ".")
	v, ok := new(big.Int).SetString(whole+frac, 10)
	return v, len(frac), ok
}

// Places is the number of decimals written; 0 for an invalid Decimal.
func (d Decimal) Places() int {
	_, p, _ := d.parts()
	return p
}

// Scaled gives d × 10^places as a whole number. exact is false when decimals
// had to be rounded (half up, away from zero); ok is false when d is no number or does
// not fit an int64.
func (d Decimal) Scaled(places int) (v int64, exact, ok bool) {
	n, p, ok := d.parts()
	if !ok {
		return 0, false, false
	}
	n, exact = rescale(n, p, places)
	if !n.IsInt64() || n.Int64() == math.MinInt64 {
		return 0, false, false
	}
	return n.Int64(), exact, true
}

// rescale changes a number of from decimals to one of to decimals, half up away
// from zero.
func rescale(n *big.Int, from, to int) (*big.Int, bool) {
	if to >= from {
		return new(big.Int).Mul(n, pow10(to-from)), true
	}
	div := pow10(from - to)
	q, r := new(big.Int).QuoRem(n, div, new(big.Int))
	if r.Sign() == 0 {
		return q, true
	}
	if new(big.Int).Mul(new(big.Int).Abs(r), big.NewInt(2)).Cmp(div) >= 0 {
		q.Add(q, big.NewInt(int64(n.Sign())))
	}
	return q, false
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// Sign is -1, 0 or 1; 0 for an invalid Decimal.
func (d Decimal) Sign() int {
	v, _, ok := d.parts()
	if !ok {
		return 0
	}
	return v.Sign()
}

// Cmp compares two numbers by value: "84.0" equals "84". An invalid one counts
// as zero.
func (d Decimal) Cmp(e Decimal) int {
	a, b, _ := aligned(d, e)
	return a.Cmp(b)
}

// aligned gives both numbers as whole numbers of the same number of decimals.
func aligned(d, e Decimal) (*big.Int, *big.Int, int) {
	a, p, ok := d.parts()
	if !ok {
		a, p = new(big.Int), 0
	}
	b, q, ok := e.parts()
	if !ok {
		b, q = new(big.Int), 0
	}
	to := max(p, q)
	a, _ = rescale(a, p, to)
	b, _ = rescale(b, q, to)
	return a, b, to
}

// Add gives d + e with the decimals of the longer; an invalid one counts as zero.
func (d Decimal) Add(e Decimal) Decimal {
	a, b, p := aligned(d, e)
	return fromBig(a.Add(a, b), p)
}

// Sub gives d - e with the decimals of the longer; an invalid one counts as zero.
func (d Decimal) Sub(e Decimal) Decimal {
	a, b, p := aligned(d, e)
	return fromBig(a.Sub(a, b), p)
}

// Mul gives d × e rounded half up (away from zero) to places decimals.
func (d Decimal) Mul(e Decimal, places int) Decimal {
	a, p, ok := d.parts()
	b, q, ok2 := e.parts()
	if !ok || !ok2 {
		return ""
	}
	n, _ := rescale(new(big.Int).Mul(a, b), p+q, places)
	return fromBig(n, places)
}

// Round gives d with exactly places decimals, half up (away from zero); empty for an
// invalid Decimal.
func (d Decimal) Round(places int) Decimal {
	n, p, ok := d.parts()
	if !ok {
		return ""
	}
	n, _ = rescale(n, p, places)
	return fromBig(n, places)
}

// Implied reads a whole number with implied decimals, as the N types of X12:
// Implied("8400", 2) is "84.00".
func Implied(s string, places int) (Decimal, error) {
	n, err := ParseDecimal(s)
	if err != nil || strings.Contains(s, ".") {
		return "", ErrDecimal
	}
	v, _ := new(big.Int).SetString(string(n), 10)
	return fromBig(v, places), nil
}

// ImpliedText writes d as a whole number with implied decimals: "84.00" with 2
// places is "8400". ok is false when that would lose digits.
func (d Decimal) ImpliedText(places int) (string, bool) {
	n, p, ok := d.parts()
	if !ok {
		return "", false
	}
	n, exact := rescale(n, p, places)
	return n.String(), exact
}

// Per gives d divided by n where that has an end within 12 decimals, with no fewer
// decimals than d has: the price of one where the price of n is known.
func (d Decimal) Per(n Decimal) (Decimal, bool) {
	a, p, ok := d.parts()
	b, q, ok2 := n.parts()
	if !ok || !ok2 || b.Sign() == 0 {
		return "", false
	}
	v, rest := new(big.Int).QuoRem(new(big.Int).Mul(a, pow10(12+q)), b, new(big.Int))
	if rest.Sign() != 0 {
		return "", false
	}
	places := 12 + p
	for ten := big.NewInt(10); places > p; places-- {
		cut, rest := new(big.Int).QuoRem(v, ten, new(big.Int))
		if rest.Sign() != 0 {
			break
		}
		v = cut
	}
	return fromBig(v, places), true
}
