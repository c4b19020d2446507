// Package identity says when two records speak of the same company. From what is
// known of an end customer it computes keys: two customers that share a strong key
// (tax id, GLN, DUNS, domain) are the same company; two that share the name key, or
// whose names are near in the same country and postcode, are probably so
// (reference prm.md B1, conflict rule).
//
// It is pure: nothing is looked up, and the same facts give the same keys on every
// server, which the private mapping between two servers relies on. Changing how a key
// is made changes Edition.
package identity

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Edition counts the ways keys were made. Two lists of keys compare only within one.
const Edition = 1

// Kind is what a key is made from.
type Kind string

// The kinds, the strongest first.
const (
	Tax    Kind = "tax"    // country and tax number: "GB123456789", "CN91350100M000100Y43"
	GLN    Kind = "gln"    // 13 digits
	DUNS   Kind = "duns"   // 9 digits
	Domain Kind = "domain" // registrable domain: "example.co.uk"
	Name   Kind = "name"   // folded name, country and postcode: "kestrel|GB|LS14AP"
)

// Kinds lists the kinds, the strongest first.
var Kinds = []Kind{Tax, GLN, DUNS, Domain, Name}

// Strong says that a key of this kind alone decides.
func (k Kind) Strong() bool { return k != Name }

// Key is one identity key.
type Key struct {
	Kind  Kind
	Value string
}

// String is "kind:value".
func (k Key) String() string { return string(k.Kind) + ":" + k.Value }

// Facts are what is known of a company. Every field may be empty.
type Facts struct {
	Name     string
	Country  string // ISO 3166-1 alpha-2
	Postcode string
	TaxID    string // VAT number, USCC …, with or without its country letters
	GLN      string
	DUNS     string
	Web      []string // addresses or host names
	Mail     []string // addresses of people there
}

// Fields that a Problem can be about.
const (
	FieldTax      = "tax_id"
	FieldGLN      = "gln"
	FieldDUNS     = "duns"
	FieldWeb      = "web"
	FieldMail     = "mail"
	FieldCountry  = "country"
	FieldPostcode = "postcode"
)

// Problem says that a fact gives no key although it is there. Key is a word of the
// locale under "identity.".
type Problem struct {
	Field string
	Value string
	Key   string
}

// Of gives the keys of facts, sorted by kind and value, each once, and what is wrong
// with facts that look like a key and are none. Public mail providers and shared hosts
// give no key and are no problem.
func Of(f Facts) ([]Key, []Problem) {
	var keys []Key
	var bad []Problem
	add := func(kind Kind, v string) {
		k := Key{kind, v}
		if v != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	country := strings.ToUpper(strings.TrimSpace(f.Country))
	if country != "" && !isCountry(country) {
		bad = append(bad, Problem{FieldCountry, f.Country, "identity.country_wrong"})
		country = ""
	}
	single := func(field, value string, kind Kind, read func(string) (string, string)) {
		if strings.TrimSpace(value) == "" {
			return
		}
		v, why := read(value)
		if why != "" {
			bad = append(bad, Problem{field, value, why})
		}
		add(kind, v)
	}
	single(FieldTax, f.TaxID, Tax, func(s string) (string, string) { return taxKey(s, country) })
	single(FieldGLN, f.GLN, GLN, glnKey)
	single(FieldDUNS, f.DUNS, DUNS, dunsKey)
	for _, w := range f.Web {
		single(FieldWeb, w, Domain, domainKey)
	}
	for _, m := range f.Mail {
		single(FieldMail, m, Domain, mailKey)
	}
	if n := FoldName(f.Name); n != "" && country != "" {
		add(Name, n+"|"+country+"|"+FoldPostcode(f.Postcode, country))
	}
	slices.SortStableFunc(keys, func(a, b Key) int {
		if c := slices.Index(Kinds, a.Kind) - slices.Index(Kinds, b.Kind); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return keys, bad
}

// FoldPostcode writes a postcode as keys compare it: letters and digits in upper case;
// of a US ZIP+4 the first five.
func FoldPostcode(s, country string) string {
	var b strings.Builder
	for _, r := range narrow(s) {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	out := b.String()
	if country == "US" && len(out) > 5 {
		out = out[:5]
	}
	return strings.TrimPrefix(out, postcodePrefix[country])
}

// postcodePrefix is what some write before the digits: "LV-1010", "LT-01103".
var postcodePrefix = map[string]string{"LV": "LV", "LT": "LT", "LU": "L", "FI": "FI", "SE": "SE", "DE": "D", "CH": "CH", "AT": "A", "MD": "MD"}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// IsCountry says that a code names a country of today (ISO 3166-1 alpha-2).
func IsCountry(code string) bool {
	if !isCountry(code) {
		return false
	}
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.Canonicalize() == r
}

// Block is the coarse place of a company, within which near names are compared:
// country and folded postcode. Empty where either is missing.
func Block(f Facts) string {
	country := strings.ToUpper(strings.TrimSpace(f.Country))
	post := FoldPostcode(f.Postcode, country)
	if !isCountry(country) || post == "" {
		return ""
	}
	return country + "|" + post
}

// NearEnough is the least Similarity at which two names in one Block count as one
// company, in thousandths.
const NearEnough = 800

// Similarity compares two names, 0 to 1000: twice the shared pairs of neighbouring
// letters over all pairs of both folded names (Dice), so that a letter left out or a
// word turned around costs little. Equal folded names are 1000, empty ones 0.
func Similarity(a, b string) int {
	x, y := []rune(FoldName(a)), []rune(FoldName(b))
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	if slices.Equal(x, y) {
		return 1000
	}
	if len(x) < 2 || len(y) < 2 {
		return 0
	}
	pairs := map[[2]rune]int{}
	for i := 1; i < len(x); i++ {
		pairs[[2]rune{x[i-1], x[i]}]++
	}
	shared := 0
	for i := 1; i < len(y); i++ {
		p := [2]rune{y[i-1], y[i]}
		if pairs[p] > 0 {
			pairs[p]--
			shared++
		}
	}
	return min(999, 2000*shared/(len(x)+len(y)-2))
}
