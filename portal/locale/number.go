package locale

import (
	"strconv"
	"strings"
)

// minus is the true minus sign.
const minus = "−"

// signs holds the sign written before an amount; other currencies show their code and a narrow space.
var signs = map[string]string{"GBP": "£", "EUR": "€", "CNY": "¥", "USD": "$"}

// CurrencySign is "£" for GBP and so on; for a currency without a sign of its own the code followed by a no-break space.
func CurrencySign(currency string) string {
	if s, ok := signs[currency]; ok {
		return s
	}
	if currency == "" {
		return ""
	}
	return currency + "\u00a0"
}

// Count writes a whole number with grouped thousands.
func (p *Printer) Count(n int) string { return p.Number(strconv.Itoa(n)) }

// Number writes an exact decimal such as "-1632.5" as "−1,632.5". The digits are kept; text that is no decimal comes back unchanged.
func (p *Printer) Number(decimal string) string {
	sign, digits := "", strings.TrimSpace(decimal)
	switch {
	case strings.HasPrefix(digits, "-"):
		sign, digits = minus, digits[1:]
	case strings.HasPrefix(digits, "+"):
		sign, digits = "+", digits[1:]
	}
	whole, part, dotted := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(part, "0123456789") != "" {
		return decimal
	}
	out := sign + group(whole)
	if dotted {
		out += "." + part
	}
	return out
}

func group(whole string) string {
	if len(whole) <= 3 {
		return whole
	}
	head := len(whole) % 3
	parts := make([]string, 0, len(whole)/3+1)
	if head > 0 {
		parts = append(parts, whole[:head])
	}
	for i := head; i < len(whole); i += 3 {
		parts = append(parts, whole[i:i+3])
	}
	return strings.Join(parts, ",")
}

// Money writes an exact decimal amount with the sign of its ISO 4217 currency: "£1,632.00", "−¥15,320.00". An empty amount is "–".
func (p *Printer) Money(amount, currency string) string {
	if amount == "" {
		return "–"
	}
	n := p.Number(amount)
	if strings.HasPrefix(n, minus) {
		return minus + CurrencySign(currency) + strings.TrimPrefix(n, minus)
	}
	if strings.HasPrefix(n, "+") {
		return "+" + CurrencySign(currency) + strings.TrimPrefix(n, "+")
	}
	return CurrencySign(currency) + n
}

// Quantity writes an exact decimal quantity without trailing zeros after the point, followed by the name of the X12 unit code when one is given.
// A code without a name in the texts is shown as it is. An empty value is "–".
func (p *Printer) Quantity(value, unit string) string {
	if value == "" {
		return "–"
	}
	if strings.Contains(value, ".") {
		value = strings.TrimSuffix(strings.TrimRight(value, "0"), ".")
	}
	if unit == "" {
		return p.Number(value)
	}
	return p.Number(value) + "\u00a0" + p.Unit(unit)
}

// Unit is the short name of a unit code (EA, BX, CT …), or the code itself.
func (p *Printer) Unit(code string) string {
	if key := "unit." + code; Has(p.lang, key) {
		return p.T(key)
	}
	return code
}

// Bytes writes a size: "12 B", "3.4 kB", "1.2 GB" (steps of 1000).
func (p *Printer) Bytes(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	div, at := int64(1000), 0
	for n/div >= 1000 && at < len(units)-1 {
		div *= 1000
		at++
	}
	tenths := n / (div / 10)
	return p.Number(strconv.FormatInt(tenths/10, 10)+"."+strconv.FormatInt(tenths%10, 10)) + " " + units[at]
}
