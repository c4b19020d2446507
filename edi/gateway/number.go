package gateway

import (
	"strings"

	"entente/edi/schema"
)

// maxNumbers bounds the further numbers kept of one set.
const maxNumbers = 1000

// numbersIn are the further numbers by which people look for a document, beside its
// own: of the orders it names (PRF01, BIG04, REF PO; RFF ON) and the SSCC of the packs
// it speaks of (MAN GM and AA; GIN BJ), each once.
func numbersIn(set *schema.Set) []string {
	var out []string
	seen := map[string]bool{}
	add := func(s string) {
		s = plainSSCC(text(strings.TrimSpace(s), 80))
		if s != "" && !seen[s] && len(out) < maxNumbers {
			seen[s] = true
			out = append(out, s)
		}
	}
	for i := range set.Segments {
		s := &set.Segments[i]
		switch s.ID() {
		case "PRF":
			add(s.Text(1))
		case "BIG":
			add(s.Text(4))
		case "REF":
			if s.Text(1) == "PO" {
				add(s.Text(2))
			}
		case "MAN":
			if q := s.Text(1); q == "GM" || q == "AA" {
				add(s.Text(2))
				add(s.Text(3))
			}
		}
	}
	for i := range set.Un {
		s := &set.Un[i]
		switch string(s.TagBytes()) {
		case "RFF":
			if s.Text(1, 1) == "ON" {
				add(s.Text(1, 2))
			}
		case "GIN":
			if s.Text(1, 1) == "BJ" {
				for e := 2; e <= 6; e++ {
					add(s.Text(e, 1))
					add(s.Text(e, 2))
				}
			}
		}
	}
	return out
}

// plainSSCC takes the application identifier 00 off an SSCC; what is none stays.
func plainSSCC(s string) string {
	if len(s) == 22 && strings.HasPrefix(s, "(00)") {
		s = "00" + s[4:]
	}
	if len(s) == 20 && strings.HasPrefix(s, "00") && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return s[2:]
	}
	return s
}

// numbersOf reads the further numbers of what we made.
func numbersOf(made []byte) []string {
	var v numbering
	_ = schema.ReadBytes(made, schema.Options{}, &v) // it was judged before
	return v.found
}

// numbering collects the numbers of the one set in it.
type numbering struct {
	found []string
}

func (*numbering) Interchange(*schema.Interchange) error    { return nil }
func (*numbering) Group(*schema.Group) error                { return nil }
func (*numbering) GroupEnd(*schema.Group) error             { return nil }
func (*numbering) InterchangeEnd(*schema.Interchange) error { return nil }

func (v *numbering) Set(set *schema.Set) error {
	v.found = append(v.found, numbersIn(set)...)
	return nil
}

var _ schema.Visitor = (*numbering)(nil)
