package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entente/prm/fault"
	"entente/prm/money"
)

// optionColumns are the columns of a table of options. A row is a group, an option of one, or
// a rule of the kind that it names; price and percent are what an option adds.
var optionColumns = []string{"kind", "group", "code", "name_en", "name_zh", "required", "most", "price", "percent", "if", "then"}

// Records writes options as a table, the titles first, with what they add.
func (o Options) Records(prices []OptionPrice) [][]string {
	add := map[string]OptionPrice{}
	for _, p := range prices {
		add[p.Option] = p
	}
	out := [][]string{slices.Clone(optionColumns)}
	for _, g := range o.Groups {
		required := ""
		if g.Required {
			required = "yes"
		}
		out = append(out, []string{"group", "", g.Code, g.NameEN, g.NameZH, required, strconv.Itoa(g.Most), "", "", "", ""})
		for _, x := range g.Options {
			row := []string{"option", g.Code, x.Code, x.NameEN, x.NameZH, "", strconv.Itoa(x.Most), "", "", "", ""}
			if p := add[x.Code]; p.Price != 0 {
				row[7] = p.Price.Fixed(2)
			} else if p.Percent != 0 {
				row[8] = PercentText(p.Percent)
			}
			out = append(out, row)
		}
	}
	for _, r := range o.Rules {
		most := ""
		if r.Kind == RuleLimits {
			most = strconv.Itoa(r.Most)
		}
		out = append(out, []string{r.Kind, "", "", "", "", "", most, "", "", r.If, strings.Join(r.Then, " ")})
	}
	return out
}

// PercentText writes a rate as people do, 0.125 as 12.5.
func PercentText(r money.Rate) string { return money.Micro(int64(r) * 100).String() }

// ReadPercent reads what PercentText writes.
func ReadPercent(s string) (money.Rate, bool) {
	n, err := money.ParseMicro(s)
	if err != nil || n%100 != 0 {
		return 0, false
	}
	return money.Rate(n / 100), true
}

// Codes splits a list of option codes as people type it.
func Codes(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '+' || r == '、' || r == '，' })
}

// ReadOptionRecords reads a table that Records wrote or that somebody keeps; columns may stand
// in any sequence, and those that are not needed may be left out. Blank rows are passed over.
// What it gives is checked by Options.Clean yet.
// Codes: Invalid (a field per wrong row, rows.N as the person counts them).
func ReadOptionRecords(rows [][]string) (Options, []OptionPrice, error) {
	var o Options
	var prices []OptionPrice
	if len(rows) == 0 {
		return o, nil, fault.InvalidField("rows", "option.no_head")
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, need := range []string{"kind", "code"} {
		if _, ok := at[need]; !ok {
			return o, nil, fault.InvalidField("rows", "option.no_head")
		}
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for i, row := range rows[1:] {
		get := func(name string) string {
			k, ok := at[name]
			if !ok || k >= len(row) {
				return ""
			}
			return strings.TrimSpace(strings.TrimPrefix(row[k], "'"))
		}
		field := fmt.Sprintf("rows.%d", i+2)
		wrong := func(column string) {
			bad.With(field, "option.row_wrong", "Row", i+2, "Column", column, "Value", short(get(column), 30))
		}
		number := func(name string) int {
			s := get(name)
			n, err := strconv.Atoi(s)
			if err != nil && s != "" {
				wrong(name)
			}
			return n
		}
		switch kind := strings.ToLower(get("kind")); kind {
		case "":
			if strings.TrimSpace(strings.Join(row, "")) != "" {
				wrong("kind")
			}
		case "group":
			o.Groups = append(o.Groups, OptionGroup{Code: foldCode(get("code")), NameEN: get("name_en"), NameZH: get("name_zh"), Required: truth(get("required")), Most: number("most")})
		case "option":
			k := slices.IndexFunc(o.Groups, func(g OptionGroup) bool { return g.Code == foldCode(get("group")) })
			if k < 0 {
				wrong("group")
				continue
			}
			x := Option{Code: foldCode(get("code")), NameEN: get("name_en"), NameZH: get("name_zh"), Most: number("most")}
			o.Groups[k].Options = append(o.Groups[k].Options, x)
			p := OptionPrice{Option: x.Code}
			if s := get("price"); s != "" {
				n, err := money.ParseMicro(s)
				if p.Price = n; err != nil {
					wrong("price")
				}
			}
			if s := strings.TrimSuffix(get("percent"), "%"); s != "" {
				var ok bool
				if p.Percent, ok = ReadPercent(s); !ok {
					wrong("percent")
				}
			}
			if p.Price != 0 || p.Percent != 0 {
				prices = append(prices, p)
			}
		default:
			if !slices.Contains(RuleKinds, kind) {
				wrong("kind")
				continue
			}
			o.Rules = append(o.Rules, OptionRule{Kind: kind, If: foldCode(get("if")), Then: Codes(get("then")), Most: number("most")})
		}
	}
	return o, prices, bad.OrNil()
}

// truth reads a yes as people write it.
func truth(s string) bool {
	return slices.Contains([]string{"yes", "y", "true", "1", "x", "是"}, strings.ToLower(s))
}
