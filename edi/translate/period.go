package translate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/x12"
)

// Names of a period by the format it is sent in: element 1250 of X12, 2379 of EDIFACT.
var (
	x12Grains = map[string]string{"CM": "month", "CQ": "quarter", "CY": "year"}
	unGrains  = map[string]string{"610": "month", "616": "week", "604": "quarter", "602": "year"}
)

// namedPeriod gives the days of a period that was sent by its name: CCYYWW (ISO 8601),
// CCYYMM, CCYYQ or CCYY.
func namedPeriod(grain, value string) (doc.Period, bool) {
	p := doc.Period{Grain: grain, Value: value}
	if len(value) < 4 {
		return p, false
	}
	year, err := strconv.Atoi(value[:4])
	n, err2 := 1, error(nil)
	if len(value) > 4 {
		n, err2 = strconv.Atoi(value[4:])
	}
	want := map[string]int{"week": 6, "month": 6, "quarter": 5, "year": 4}[grain]
	most := map[string]int{"week": 53, "month": 12, "quarter": 4, "year": 1}[grain]
	if err != nil || err2 != nil || len(value) != want || n < 1 || n > most {
		return p, false
	}
	from := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, -1)
	switch grain {
	case "month":
		from = time.Date(year, time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(0, 1, -1)
	case "quarter":
		from = time.Date(year, time.Month(3*n-2), 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(0, 3, -1)
	case "week": // week 1 holds 4 January
		fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
		from = fourth.AddDate(0, 0, 7*(n-1)-(int(fourth.Weekday())+6)%7)
		to = from.AddDate(0, 0, 6)
	}
	p.From, p.To = from.Format("2006-01-02"), to.Format("2006-01-02")
	return p, true
}

// spanned reads CCYYMMDD-CCYYMMDD, with or without the dash.
func spanned(v string) (doc.Period, bool) {
	if len(v) == 17 && v[8] == '-' {
		v = v[:8] + v[9:]
	}
	if len(v) != 16 || strings.Trim(v, "0123456789") != "" {
		return doc.Period{}, false
	}
	civil := func(s string) string { return s[:4] + "-" + s[4:6] + "-" + s[6:] }
	return doc.Period{From: civil(v[:8]), To: civil(v[8:])}, true
}

// period takes a DTM that tells of a period: 090 and 091 its days, 582 the whole.
func (r *reader) period(s *x12.Segment, p *doc.Period) bool {
	q := r.text(s, 1)
	switch q {
	case "090", "091":
		to := &p.From
		if q == "091" {
			to = &p.To
		}
		date := r.date(s, 2)
		if *to != "" || date == "" || p.Grain != "" {
			return false
		}
		*to = date
		return true
	case "582":
		if *p != (doc.Period{}) {
			return false
		}
		got, ok := spanned(r.text(s, 6))
		if format := r.text(s, 5); format != "RD8" {
			got, ok = namedPeriod(x12Grains[format], r.text(s, 6))
		}
		if ok {
			*p = got
		}
		return ok
	}
	return false
}

func (b *builder) period(p doc.Period) {
	for code, grain := range x12Grains {
		if grain == p.Grain {
			b.add("DTM", "582", "", "", "", code, p.Value)
			return
		}
	}
	if p.Grain != "" {
		b.left("DTM", 6, p.Grain+" "+p.Value)
	}
	if p.From != "" {
		b.add("DTM", "090", b.date(p.From))
	}
	if p.To != "" {
		b.add("DTM", "091", b.date(p.To))
	}
}

// period takes a DTM 90, 91 or 356 that tells of a period. A single day is one only
// where day says so.
func (r *unReader) period(s *edifact.Segment, p *doc.Period, day bool) bool {
	v, format := r.get(s, 1, 2), r.get(s, 1, 3)
	switch q := r.get(s, 1, 1); q {
	case "90", "91":
		to := &p.From
		if q == "91" {
			to = &p.To
		}
		if *to != "" || p.Grain != "" {
			return false
		}
		date, _ := r.when(s)
		*to = date
		return date != ""
	case "356":
		if *p != (doc.Period{}) {
			return false
		}
		got, ok := doc.Period{}, false
		switch format {
		case "718", "711":
			got, ok = spanned(v)
		case "102":
			if day && len(v) == 8 {
				got, ok = spanned(v + v)
			}
		default:
			got, ok = namedPeriod(unGrains[format], v)
		}
		if ok {
			*p = got
		}
		return ok
	}
	return false
}

func (b *unBuilder) period(p doc.Period) {
	for format, grain := range unGrains {
		if grain == p.Grain {
			b.add("DTM", edifact.C("356", p.Value, format))
			return
		}
	}
	if p.From != "" && p.To != "" {
		b.add("DTM", edifact.C("356", strings.ReplaceAll(p.From+p.To, "-", ""), "718"))
		return
	}
	b.dtm("90", p.From, "")
	b.dtm("91", p.To, "")
}

// leftAll tells values that the set has no place for.
func (b *builder) leftAll(id string, el int, values ...string) {
	for _, v := range values {
		b.left(id, el, v)
	}
}

// leftOf gives what of a header or a line has no place, in words for the finding.
func leftOf[T any](list []T, word func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if w := word(v); w != "" {
			out = append(out, w)
		} else {
			out = append(out, fmt.Sprint(v))
		}
	}
	return out
}
