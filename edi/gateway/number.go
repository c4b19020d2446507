package gateway

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entente/edi/doc"
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

// numbers say in which element of which segment a document has its number.
var numbers = map[string]int{
	"BEG": 3, "BAK": 3, "BAA": 5, "BRC": 4, "BIG": 2, "BSN": 2, "BCH": 3, "BCA": 3, "BRA": 1, "BPT": 2, "BIA": 3, "BCT": 2, "BGN": 2, "BCD": 2, "BSR": 2, "TRN": 2,
}

// businessKey reads the number of the document, at the head of the set: BEG03,
// BAK03, BIG02 …, 1004 of BGM.
func businessKey(set *schema.Set) string {
	for i := range set.Un {
		if i < 4 && string(set.Un[i].TagBytes()) == "BGM" {
			return text(set.Un[i].Text(2, 1), 80)
		}
	}
	for i := range set.Segments {
		if i == 4 {
			break
		}
		if n := numbers[set.Segments[i].ID()]; n > 0 {
			return text(set.Segments[i].Text(n), 80)
		}
	}
	return ""
}

// adviceKinds are the sets whose number a qualifier names; of another any.
var adviceKinds = map[string][]string{
	"IV": {"810", "INVOIC"}, "SI": {"856", "DESADV"}, "PO": {"850", "855", "860", "865", "ORDERS", "ORDRSP", "ORDCHG"},
}

// advisedOn finds the set that a part of an advice is about: by the control numbers where
// it gives them, else by the document's number. All that it gives must fit one document.
func (w *worker) advisedOn(ctx context.Context, d *doc.ApplicationAdvice, a *doc.Advised) (*interchangeRow, *setRow, error) {
	var made *interchangeRow
	var found []setRow
	var err error
	number := cmp.Or(a.Number, d.Original)
	switch {
	case a.Group != "":
		if made, err = w.madeUnder(ctx, a.Group); err != nil || made == nil {
			return nil, nil, err
		}
		if found, err = setsOf(ctx, made.ID, 0, MaxSets); err != nil {
			return nil, nil, err
		}
	case number != "":
		if found, err = madeByNumber(ctx, &w.row, text(number, 80)); err != nil {
			return nil, nil, err
		}
		if kinds := adviceKinds[a.Qualifier]; kinds != nil {
			found = slices.DeleteFunc(found, func(r setRow) bool { return !slices.Contains(kinds, r.Kind) })
		}
		if len(found) > 0 || a.Number != "" {
			break
		}
		if made, err = w.madeUnder(ctx, d.Original); err != nil || made == nil {
			return nil, nil, err
		}
		number = ""
		if found, err = setsOf(ctx, made.ID, 0, MaxSets); err != nil {
			return nil, nil, err
		}
	}
	fits := found[:0]
	for _, r := range found {
		if a.Set != "" && r.Kind != a.Set || a.Control != "" && a.Group != "" && r.Control != a.Control {
			continue
		}
		if a.Group != "" && a.Number != "" {
			if ok, err := names(ctx, &r, text(a.Number, 80)); err != nil {
				return nil, nil, err
			} else if !ok {
				continue
			}
		}
		fits = append(fits, r)
	}
	if len(fits) == 0 || slices.ContainsFunc(fits[1:], func(r setRow) bool {
		return r.DocumentID == "" || r.DocumentID != fits[0].DocumentID || r.DocumentKind != fits[0].DocumentKind
	}) {
		return nil, nil, nil
	}
	if made == nil || made.ID != fits[0].InterchangeID {
		made, err = interchangeByID(ctx, fits[0].InterchangeID)
	}
	return made, &fits[0], err
}

// madeUnder is what we sent under a control number, in tests and production apart.
func (w *worker) madeUnder(ctx context.Context, control string) (*interchangeRow, error) {
	made, err := madeByControl(ctx, w.row.ReceiverID, w.row.ReceiverIdent, w.row.SenderIdent, padded(control))
	if err != nil || made == nil || made.Test != w.row.Test || acknowledges(made.Types) {
		return nil, err
	}
	return made, nil
}
