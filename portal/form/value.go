package form

import (
	"strings"
	"time"

	"golang.org/x/text/width"

	"entente/prm/money"
)

// Decimal reads a number as people write it, with at most six places.
func Decimal(s string) (money.Micro, bool) {
	plain, ok := Number(s)
	if !ok {
		return 0, false
	}
	n, err := money.ParseMicro(plain)
	return n, err == nil
}

// Number reads a decimal as people write it and returns digits, at most one
// point and a leading minus: "1 632,5" is "1632.5". A single comma followed by
// exactly three digits groups thousands, as in both languages of the portal; in
// all other places one comma is a decimal comma. Currency signs and units are
// refused: they would be a second statement about what is meant.
func Number(s string) (string, bool) {
	s = strings.TrimSpace(width.Narrow.String(s))
	s = strings.NewReplacer("\u00a0", "", "\u202f", "", " ", "", "'", "", "’", "", "−", "-", "、", ",").Replace(s)
	minus := false
	switch {
	case strings.HasPrefix(s, "-"):
		minus, s = true, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	if s == "" || strings.Trim(s, "0123456789.,") != "" {
		return "", false
	}
	points, commas := strings.Count(s, "."), strings.Count(s, ",")
	group, point := byte(0), byte(0)
	switch {
	case points > 0 && commas > 0:
		group, point = ',', '.'
		if strings.LastIndexByte(s, ',') > strings.LastIndexByte(s, '.') {
			group, point = '.', ','
		}
		if strings.Count(s, string(point)) > 1 {
			return "", false
		}
	case commas > 1:
		group = ','
	case points > 1:
		group = '.'
	case commas == 1:
		whole, frac, _ := strings.Cut(s, ",")
		if point = ','; len(frac) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0' {
			group, point = ',', 0
		}
	case points == 1:
		point = '.'
	}
	whole, frac := s, ""
	if point != 0 {
		whole, frac, _ = strings.Cut(s, string(point))
		if frac == "" {
			return "", false
		}
	}
	if group != 0 {
		parts := strings.Split(whole, string(group))
		for i, p := range parts {
			if len(p) == 0 || len(p) > 3 || i > 0 && len(p) != 3 {
				return "", false
			}
		}
		whole = strings.Join(parts, "")
	}
	if strings.ContainsAny(whole+frac, ".,") {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	out := whole
	if frac != "" {
		out += "." + frac
	}
	if minus && strings.Trim(out, "0.") != "" {
		out = "-" + out
	}
	return out, true
}

var months = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}

// Date reads a civil date as people write it and returns 2006-01-02. The year
// comes first or last, the day before the month; a second number above 12 shows
// that the month came first. Two-digit years are of this century. Without a year
// it is that of today (2006-01-02), or the next when the day passed more than
// half a year ago. A day that does not exist is refused.
func Date(s, today string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(width.Narrow.String(s)))
	s = strings.NewReplacer("年", "-", "月", "-", "日", "", "号", "").Replace(s)
	if len(s) == 8 && strings.Trim(s, "0123456789") == "" {
		s = s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	part := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/. ,", r) })
	if len(part) != 3 && len(part) != 2 {
		return "", false
	}
	n := make([]int, len(part))
	word := -1
	for i, p := range part {
		if m := monthOf(p); m > 0 {
			n[i], word = m, i
			continue
		}
		if len(p) > 4 || strings.Trim(strings.TrimRight(p, "ndrsth"), "0123456789") != "" {
			return "", false
		}
		for _, d := range strings.TrimRight(p, "ndrsth") {
			n[i] = n[i]*10 + int(d-'0')
		}
	}
	var y, m, d int
	switch {
	case len(part) == 2:
		now, err := time.Parse(time.DateOnly, today)
		if err != nil {
			return "", false
		}
		d, m = n[0], n[1]
		if word == 0 || word < 0 && strings.Contains(s, "-") || word < 0 && d <= 12 && m > 12 {
			d, m = m, d
		}
		y = now.Year()
		if t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); now.Sub(t) > 182*24*time.Hour {
			y++
		}
	case n[0] >= 1000:
		y, m, d = n[0], n[1], n[2]
	default:
		d, m, y = n[0], n[1], n[2]
		if word == 0 || word < 0 && m > 12 && d <= 12 {
			d, m = m, d
		}
		if len(part[2]) == 2 {
			y += 2000
		} else if len(part[2]) != 4 {
			return "", false
		}
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1900 || y > 2999 || t.Month() != time.Month(m) || t.Day() != d {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

func monthOf(s string) int {
	if len(s) < 3 || s[0] < 'a' || s[0] > 'z' {
		return 0
	}
	m := months[s[:3]]
	if m == 0 || !strings.HasPrefix(strings.ToLower(time.Month(m).String()), strings.TrimSuffix(s, ".")) && s != "sept" {
		return 0
	}
	return m
}
