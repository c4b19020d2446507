package identity

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/text/width"
)

// narrow turns full-width letters and digits, as Chinese input gives them, into ASCII.
func narrow(s string) string { return width.Narrow.String(s) }

// compact keeps letters and digits, in upper case.
func compact(s string) string {
	var b strings.Builder
	for _, r := range narrow(s) {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		}
	}
	return b.String()
}

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// prefixes are the letters that stand before tax numbers and are not the country's own
// code: Greece, Northern Ireland, Switzerland.
var prefixes = map[string]string{"EL": "GR", "XI": "GB", "CHE": "CH"}

// taxKey reads a tax number: country letters in front, else the company's country.
func taxKey(s, country string) (key, problem string) {
	n := compact(s)
	for _, tail := range []string{"MWST", "TVA", "IVA", "VAT"} { // CHE-123.456.789 MWST
		n = strings.TrimSuffix(n, tail)
	}
	for _, head := range []string{"VATNO", "VAT"} {
		n = strings.TrimPrefix(n, head)
	}
	body, land := n, country
	switch {
	case strings.HasPrefix(n, "CHE"):
		body, land = n[3:], "CH"
	case len(n) > 2 && prefixes[n[:2]] != "":
		body, land = n[2:], prefixes[n[:2]]
	case len(n) > 2 && isCountry(n[:2]) && (n[:2] == country || country == "" || taxForms[n[:2]] != nil && taxForms[n[:2]](n[2:])):
		body, land = n[2:], n[:2]
	}
	if land == "" {
		return "", "identity.tax_country_missing"
	}
	if len(body) < 5 || len(body) > 20 || strings.Trim(body, "0") == "" {
		return "", "identity.tax_wrong"
	}
	if fits := taxForms[land]; fits != nil && !fits(body) {
		return "", "identity.tax_wrong"
	}
	if land == "GB" && len(body) == 12 { // the last three number a branch
		body = body[:9]
	}
	return land + body, ""
}

// taxForms are the forms we know; other countries' numbers are taken as they are.
var taxForms = map[string]func(string) bool{
	"GB": func(s string) bool { return digitsOnly(s) && (len(s) == 9 || len(s) == 12) && gbVAT(s[:9]) },
	"EE": func(s string) bool { return digitsOnly(s) && len(s) == 9 && weighted(s, 10, 3, 7, 1, 3, 7, 1, 3, 7, 1) },
	"DE": func(s string) bool { return digitsOnly(s) && len(s) == 9 && iso7064(s) },
	"FR": func(s string) bool { return len(s) == 11 && digitsOnly(s[2:]) && luhn(s[2:]) },
	"IT": func(s string) bool { return digitsOnly(s) && len(s) == 11 && luhn(s) },
	"LV": func(s string) bool { return digitsOnly(s) && len(s) == 11 },
	"LT": func(s string) bool { return digitsOnly(s) && (len(s) == 9 || len(s) == 12) },
	"FI": func(s string) bool { return digitsOnly(s) && len(s) == 8 && weighted(s, 11, 7, 9, 10, 5, 8, 4, 2, 1) },
	"SE": func(s string) bool { return digitsOnly(s) && len(s) == 12 && luhn(s[:10]) },
	"PL": func(s string) bool {
		return digitsOnly(s) && len(s) == 10 && weightSum(s[:9], 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(s[9]-'0')
	},
	"CN": uscc,
}

func weightSum(s string, w ...int) int {
	sum := 0
	for i := range len(s) {
		sum += int(s[i]-'0') * w[i]
	}
	return sum
}

func weighted(s string, mod int, w ...int) bool { return weightSum(s, w...)%mod == 0 }

// gbVAT checks both check-digit schemes of UK numbers (modulus 97 and 9755).
func gbVAT(s string) bool {
	n := weightSum(s[:7], 8, 7, 6, 5, 4, 3, 2) + int(s[7]-'0')*10 + int(s[8]-'0')
	return n%97 == 0 || (n+55)%97 == 0
}

// iso7064 is ISO 7064 MOD 11,10.
func iso7064(s string) bool {
	p := 10
	for i := range len(s) - 1 {
		n := (int(s[i]-'0') + p) % 10
		if n == 0 {
			n = 10
		}
		p = n * 2 % 11
	}
	return (11-p)%10 == int(s[len(s)-1]-'0')
}

// luhn checks the last digit of a number.
func luhn(s string) bool { return s[len(s)-1] == CheckDigit(s[:len(s)-1]) }

// CheckDigit is the digit that follows digits by ISO/IEC 7812-1, Annex B (Luhn).
func CheckDigit(digits string) byte {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return byte('0' + (10-sum%10)%10)
}

// uscc checks a unified social credit code (GB 32100-2015): 18 signs without I, O, S,
// V, Z, the last one a check of modulus 31.
func uscc(s string) bool {
	const signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(signs, s[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return signs[(31-sum%31)%31] == s[17]
}

// glnKey checks a GLN: 13 digits with the check digit of GS1.
func glnKey(s string) (key, problem string) {
	n := compact(s)
	if len(n) != 13 || !digitsOnly(n) || strings.Trim(n, "0") == "" || !gs1(n) {
		return "", "identity.gln_wrong"
	}
	return n, ""
}

// gs1 checks the last digit of a GS1 number.
func gs1(n string) bool {
	sum := 0
	for i := range len(n) {
		d := int(n[len(n)-1-i] - '0')
		if i%2 == 1 {
			d *= 3
		}
		sum += d
	}
	return sum%10 == 0
}

// dunsKey reads a D-U-N-S number: nine digits; it has had no check digit since 2006.
func dunsKey(s string) (key, problem string) {
	n := compact(s)
	if len(n) != 9 || !digitsOnly(n) || strings.Trim(n, "0") == "" {
		return "", "identity.duns_wrong"
	}
	return n, ""
}

// RandomNumber makes the number of an object: seven random digits and a check digit, so that
// it counts nothing, is not hit by chance, and a slip of the finger is found.
// It fails where the machine gives no random bytes.
func RandomNumber(prefix string) (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(9_000_000))
	if err != nil {
		return "", err
	}
	d := fmt.Sprint(1_000_000 + n.Int64())
	return prefix + d + string(CheckDigit(d)), nil
}
