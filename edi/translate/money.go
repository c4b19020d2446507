package translate

import (
	"strings"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// What the documents about money share: remittance, claims, adjustments and advices.

// stamp reads DTM; a date in the period format D8 is one too. What has neither date nor
// time, such as a range, is not one.
func (r *reader) stamp(s *x12.Segment) (doc.Date, bool) {
	d := doc.Date{Qualifier: r.text(s, 1), Date: r.date(s, 2), Time: clock(r.text(s, 3)), Zone: r.text(s, 4)}
	if d.Date == "" && r.text(s, 5) == "D8" {
		d.Date = r.date(s, 6)
	}
	return d, d.Date != "" || d.Time != ""
}

// stamped adds the date of a DTM to a list.
func (r *reader) stamped(s *x12.Segment, to *[]doc.Date) {
	d, ok := r.stamp(s)
	if !ok {
		r.drop(s)
		return
	}
	*to = append(*to, d)
}

// reference reads REF and N9, which begin alike.
func (r *reader) reference(s *x12.Segment) doc.Ref {
	return doc.Ref{Qualifier: r.text(s, 1), Value: r.text(s, 2), Text: r.text(s, 3)}
}

// part is component n of element i.
func (r *reader) part(s *x12.Segment, i, n int) string {
	parts := strings.Split(r.text(s, i), string(rune(r.set.Delimiters.Component)))
	if n > len(parts) {
		return ""
	}
	return parts[n-1]
}

// beyond tells of a segment that has more than the first n elements, which are those
// that were read. It is not carried, as the document writes it anew.
func (r *reader) beyond(s *x12.Segment, n int) {
	for i := n + 1; i <= s.Len(); i++ {
		if t := r.text(s, i); t != "" {
			r.note("translate.not_carried", s, i, t)
		}
	}
}

// ignored tells of values that a segment holds beside those that were read; at lists
// their elements and components in pairs.
func (r *unReader) ignored(s *edifact.Segment, at ...int) {
	for i := 0; i+1 < len(at); i += 2 {
		if v := r.get(s, at[i], at[i+1]); v != "" {
			r.note("translate.not_carried", s, at[i], at[i+1], v)
		}
	}
}

// foreign tells of a MOA in another currency than the message's.
func (r *unReader) foreign(s *edifact.Segment) {
	if c := r.get(s, 1, 3); c != "" && c != r.head.Currency {
		r.ignored(s, 1, 3)
	}
}

// outside tells of a value that the set has no place for.
func (b *builder) outside(id string, el int, value string) {
	if value != "" {
		b.find("write.left_out", wire.Note, id, el, value)
	}
}

// without tells of what the header holds and the set has no place for, beside
// currency, references, dates, parties, contacts and notes; contacts only if asked.
func (b *builder) without(id string, h *doc.Header, contacts bool) {
	for _, c := range h.Contacts {
		if contacts {
			b.outside(id, 0, or(c.Name, c.Function))
		}
	}
	for _, t := range headRest(h) {
		b.outside(id, 0, t)
	}
}

func (b *unBuilder) without(id string, h *doc.Header) {
	for _, c := range h.Contacts {
		b.left(id, 0, or(c.Name, c.Function))
	}
	for _, t := range headRest(h) {
		b.left(id, 0, t)
	}
}

func headRest(h *doc.Header) (out []string) {
	out = append(out, h.Requirements...)
	for _, a := range h.Allowances {
		out = append(out, or(a.Code, a.Indicator))
	}
	for _, t := range h.Terms {
		out = append(out, or(or(t.Type, t.NetDate), or(t.NetDays, t.Text)))
	}
	return out
}

// remarks writes free texts as NTE of at most 80 characters.
func (b *builder) remarks(list []string) {
	for _, n := range list {
		for _, t := range b.chunks("NTE", n, 80) {
			b.add("NTE", "GEN", t)
		}
	}
}

// early says whether the message is of a directory before D.97A, whose REMADV and
// APERAK have fewer places.
func (b *unBuilder) early() bool { return b.body.ID.Release == "96A" }

func (b *unBuilder) eancom() bool { return strings.HasPrefix(b.body.ID.Association, "EAN") }

// currencies writes CUX; use is 6343.
func (b *unBuilder) currencies(currency, use string) {
	if currency != "" {
		b.add("CUX", edifact.C("2", currency, use))
	}
}

// plainParties writes NAD with contacts, for groups that take no RFF.
func (b *unBuilder) plainParties(list []doc.Party) {
	for _, p := range list {
		for _, f := range p.Refs {
			b.left("RFF", 1, f.Value)
		}
		p.Refs = nil
		b.parties([]doc.Party{p})
	}
}

func (b *unBuilder) amount(qualifier string, d doc.Decimal) {
	if d != "" {
		b.add("MOA", edifact.C(qualifier, string(d)))
	}
}

// negated turns the sign of a number.
func negated(d doc.Decimal) doc.Decimal {
	switch {
	case d == "" || d.Sign() == 0:
		return d
	case d.Sign() < 0:
		return d[1:]
	}
	return "-" + d
}

// Reasons of adjustment: 4465 and the element 426 that says the same. Both lists hold
// numbers of two digits with other meanings, so a code without a twin is never passed
// on as it is.
var unReasons = map[string]string{
	"2": "05", "3": "04", "4": "06", "5": "01", "14": "07", "21": "56", "26": "55", "38": "57", "40": "54", "48": "02",
	"49": "08", "50": "09", "51": "17", "52": "18", "53": "19", "54": "22", "55": "23", "56": "24", "ZZZ": "ZZ",
}
var x12Reasons = inverse(unReasons)

// reasonOf gives the reason of 426, or the one of 4465 that has no twin.
func reasonOf(code string) (reason, un string) {
	if t, ok := unReasons[code]; ok {
		return t, ""
	}
	return "", code
}

// ajt writes AJT; a reason without a twin is told and becomes "mutually defined".
func (b *unBuilder) ajt(reason, un string) {
	code := un
	if code == "" {
		t, ok := x12Reasons[reason]
		if !ok {
			b.left("AJT", 1, reason)
			t = "ZZZ"
		}
		code = t
	}
	b.add("AJT", code)
}
