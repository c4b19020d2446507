package idoc

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"entente/edi/doc"
	"entente/edi/markup"
)

var (
	roles = map[string]string{"BY": "AG", "SU": "LF", "SE": "LF", "VN": "LF", "ST": "WE", "BT": "RE", "PR": "RG", "CA": "SP", "RE": "RS"}
	// whose says what a role in a file is here.
	whose = map[string]string{"AG": "BY", "LF": "SU", "WE": "ST", "RE": "BT", "RG": "PR", "SP": "CA", "RS": "RE"}
	// Dates (374) with a number of IDDAT.
	dates = map[string]string{"002": "002", "067": "001"}
)

func date(m *markup.Map, name string, v *string) {
	m.Turned(name, v, doc.KeyDate, func(s string) string { return strings.ReplaceAll(s, "-", "") }, func(s string) (string, bool) {
		if s == "00000000" {
			return "", true
		}
		t, err := time.Parse("20060102", s)
		return t.Format("2006-01-02"), err == nil
	})
}

// lettered says that a qualifier is none of SAP's, which are numbers.
func lettered(q string) bool {
	return len(q) <= 3 && strings.IndexFunc(q, unicode.IsLetter) >= 0
}

func refs(m *markup.Map, name string, list *[]doc.Ref) {
	some := *list
	if !m.Read() {
		some = slices.DeleteFunc(slices.Clone(*list), func(r doc.Ref) bool { return r.Value == "" || !lettered(r.Qualifier) })
	}
	markup.EachWhere(m, name, &some, func(n *markup.Node) bool { return lettered(n.Part("QUALF")) }, func(m *markup.Map, r *doc.Ref) {
		m.Text("QUALF", &r.Qualifier)
		m.Text("BELNR", &r.Value)
	})
	if m.Read() {
		*list = some
	}
}

// number maps E1EDK02 of a numeric qualifier.
func number(m *markup.Map, qualifier string, v, day *string) {
	if !m.Read() && *v == "" {
		return
	}
	m.Marked("E1EDK02", "QUALF", qualifier, func(m *markup.Map) {
		m.Text("BELNR", v)
		if day != nil {
			date(m, "DATUM", day)
		}
		if m.Read() {
			passed(m, "UZEIT")
		}
	})
}

func dated(m *markup.Map, name string, list *[]doc.Date) {
	if !m.Read() {
		for _, d := range *list {
			if q := dates[d.Qualifier]; q != "" && d.Date != "" {
				m.Marked(name, "IDDAT", q, func(m *markup.Map) { date(m, "DATUM", &d.Date) })
			}
		}
		return
	}
	for _, q := range []string{"002", "067"} {
		var d string
		m.Marked(name, "IDDAT", dates[q], func(m *markup.Map) { date(m, "DATUM", &d) })
		if d != "" {
			*list = append(*list, doc.Date{Qualifier: q, Date: d})
		}
	}
}

// texts maps notes: one E1EDKT1 each, lines of 70 characters below it, the first of
// which begins a paragraph ("*"), the others go on ("=").
func texts(m *markup.Map, head, line string, list *[]string) {
	markup.Each(m, head, list, func(m *markup.Map, note *string) {
		if !m.Read() {
			m.Constant("TDID", "0001")
			mark := "*"
			for _, part := range cut(*note, 70) {
				m.In(line, func(m *markup.Map) {
					m.Constant("TDLINE", part)
					m.Constant("TDFORMAT", mark)
				})
				mark = "="
			}
			return
		}
		passed(m, "TDID", "TSSPRAS", "TSSPRAS_ISO", "TDOBJECT", "TDOBNAME")
		var lines []string
		markup.Each(m, line, &lines, func(m *markup.Map, l *string) {
			m.Text("TDLINE", l)
			var mark string
			m.Text("TDFORMAT", &mark)
			if *l != "" && mark != "=" && len(lines) > 1 {
				*l = "\n" + *l
			} else if *l != "" && mark == "=" && len(lines) > 1 {
				*l = " " + *l
			}
		})
		*note = strings.TrimSpace(strings.Join(lines, ""))
	})
	if m.Read() {
		*list = slices.DeleteFunc(*list, func(s string) bool { return s == "" })
	}
}

// cut breaks text at blanks into lines of at most width characters.
func cut(s string, width int) (out []string) {
	for _, word := range strings.Fields(s) {
		for r := []rune(word); len(r) > width; r = []rune(word) {
			out = append(out, string(r[:width]))
			word = string(r[width:])
		}
		if n := len(out); n > 0 && len([]rune(out[n-1]))+1+len([]rune(word)) <= width {
			out[n-1] += " " + word
		} else {
			out = append(out, word)
		}
	}
	return out
}

func parties(m *markup.Map, name string, list *[]doc.Party) {
	some := *list
	if !m.Read() {
		some = slices.DeleteFunc(slices.Clone(*list), func(p doc.Party) bool { return roles[p.Role] == "" })
	}
	markup.EachWhere(m, name, &some, func(n *markup.Node) bool { return whose[n.Part("PARVW")] != "" }, party)
	if m.Read() {
		*list = some
	}
}

func party(m *markup.Map, p *doc.Party) {
	m.Turned("PARVW", &p.Role, "", func(s string) string { return roles[s] }, func(s string) (string, bool) { return whose[s], true })
	place := map[string]string{"UL": "ILNNR", "92": "PARTN", "91": "LIFNR"}[p.IDQualifier]
	for _, at := range [][2]string{{"PARTN", "92"}, {"LIFNR", "91"}} {
		if m.Read() && p.ID == "" && !m.Has("ILNNR") && m.Has(at[0]) {
			p.IDQualifier = at[1]
			m.Text(at[0], &p.ID)
		} else if !m.Read() && place == at[0] {
			m.Text(place, &p.ID)
		}
	}
	m.Text("NAME1", &p.Name)
	row(m, &p.MoreNames, "NAME2", "NAME3", "NAME4")
	row(m, &p.Address, "STRAS", "STRS2")
	m.Text("ORT01", &p.City)
	m.Text("PSTLZ", &p.Postcode)
	m.Text("LAND1", &p.Country)
	var c doc.Contact
	if len(p.Contacts) > 0 && p.Contacts[0].Function == "OC" {
		c = p.Contacts[0]
	}
	numbers := map[string]string{}
	for _, n := range c.Numbers {
		if numbers[n.Kind] == "" {
			numbers[n.Kind] = n.Number
		}
	}
	for _, at := range [][2]string{{"TELF1", "TE"}, {"TELFX", "FX"}} {
		v := numbers[at[1]]
		m.Text(at[0], &v)
		if m.Read() && v != "" {
			c.Numbers = append(c.Numbers, doc.ContactNumber{Kind: at[1], Number: v})
		}
	}
	m.Text("REGIO", &p.Region)
	m.Text("BNAME", &c.Name)
	if m.Read() {
		if m.Has("ILNNR") {
			p.IDQualifier = "UL"
			m.Text("ILNNR", &p.ID)
		}
		if c.Name != "" || len(c.Numbers) > 0 {
			c.Function = "OC"
			p.Contacts = []doc.Contact{c}
		}
		passed(m, "SPRAS", "SPRAS_ISO")
	} else if place == "ILNNR" {
		m.Text(place, &p.ID)
	}
}

// row maps a list that has a field for each entry.
func row(m *markup.Map, list *[]string, names ...string) {
	for i, name := range names {
		var v string
		if !m.Read() && i < len(*list) {
			v = (*list)[i]
		}
		m.Text(name, &v)
		if m.Read() && v != "" {
			*list = append(*list, v)
		}
	}
}

// conditions maps allowances and charges that change the total.
func conditions(m *markup.Map, name string, list *[]doc.Allowance) {
	some := *list
	if !m.Read() {
		some = slices.DeleteFunc(slices.Clone(*list), func(a doc.Allowance) bool { return !a.ChangesTotal() || a.Amount+a.Percent+a.Rate == "" })
	}
	markup.EachWhere(m, name, &some, func(n *markup.Node) bool { s := n.Part("ALCKZ"); return s == "+" || s == "-" }, func(m *markup.Map, a *doc.Allowance) {
		sign := "-"
		if a.Charge {
			sign = "+"
		}
		m.Text("ALCKZ", &sign)
		m.Text("KSCHL", &a.Code)
		m.Text("KOTXT", &a.Text)
		m.Number("BETRG", &a.Amount)
		m.Number("KPERC", &a.Percent)
		m.Number("KRATE", &a.Rate)
		m.Text("MEAUN", &a.Unit)
		if m.Read() {
			a.Charge, a.Indicator, a.Method = sign == "+", "A", "02"
			if a.Charge {
				a.Indicator = "C"
			}
		}
	})
	if m.Read() {
		*list = some
	}
}

func taxes(m *markup.Map, name string, list *[]doc.Tax) {
	markup.Each(m, name, list, func(m *markup.Map, t *doc.Tax) {
		m.Text("MWSKZ", &t.Type)
		m.Number("MSATZ", &t.Percent)
		m.Number("MWSBT", &t.Amount)
		m.Text("TXJCD", &t.Jurisdiction)
	})
}

// terms maps the first terms: 001 with discount, 003 net.
func terms(m *markup.Map, list *[]doc.Terms) {
	var t doc.Terms
	if len(*list) > 0 {
		t = (*list)[0]
	}
	m.Marked("E1EDK18", "QUALF", "001", func(m *markup.Map) {
		m.Text("TAGE", &t.DiscountDays)
		m.Number("PRZNT", &t.DiscountPercent)
		m.Text("ZTERM_TXT", &t.Text)
	})
	m.Marked("E1EDK18", "QUALF", "003", func(m *markup.Map) { m.Text("TAGE", &t.NetDays) })
	if m.Read() && t != (doc.Terms{}) {
		*list = []doc.Terms{t}
	}
}

func sum(m *markup.Map, id string, v *doc.Decimal) {
	m.Marked("E1EDS01", "SUMID", id, func(m *markup.Map) {
		m.Number("SUMME", v)
		if m.Read() {
			passed(m, "SUNIT", "WAERQ")
		}
	})
}

func count(m *markup.Map, n *int) {
	var v doc.Decimal
	if *n > 0 {
		v = doc.FromScaled(int64(*n), 0)
	}
	sum(m, "001", &v)
	if m.Read() {
		if c, exact, ok := v.Scaled(0); ok && exact {
			*n = int(c)
		}
	}
}
