package deal

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entente/prm/identity"
	"entente/prm/money"
)

const mostPaste = 64 << 10 // bytes that are read of a pasted text

var (
	mailWord  = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	itemWord  = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9._/-]{2,29}`)
	countWord = regexp.MustCompile(`^[x×*]?(\d[\d,.]*)[x×*]?(pcs|pc|ea|stk|件|台|个|只|支)?$`)
	isoDate   = regexp.MustCompile(`\b(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})`)
	wordDate  = regexp.MustCompile(`\b(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* (20\d\d)\b`)
	sum       = regexp.MustCompile(`(£|€|¥|￥|GBP|EUR|CNY|USD|\$)\s*(\d[\d,. ]*\d|\d)|(\d[\d,. ]*\d|\d)\s*(GBP|EUR|CNY|USD|€|元)`)
	ukPost    = regexp.MustCompile(`\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b`)
	taxWord   = regexp.MustCompile(`\b[A-Z]{2}\d[0-9A-Z]{7,11}\b|\b[0-9A-HJ-NP-RT-UW-Y]{18}\b`)
	firm      = regexp.MustCompile(`(?i)\b(ltd|limited|plc|llp|gmbh|ag|inc|llc|oü|bv|srl|sas|s\.a\.|a\.s\.)\b|公司|集团|有限`)
	labels    = map[string][]string{
		"customer": {"customer", "end customer", "company", "client", "客户", "最终客户", "单位"},
		"contact":  {"contact", "attention", "attn", "联系人"},
		"phone":    {"phone", "tel", "telephone", "mobile", "电话", "手机"},
		"web":      {"web", "website", "网址"},
		"title":    {"project", "subject", "re", "项目", "主题", "项目名称"},
		"city":     {"city", "城市"},
		"post":     {"postcode", "zip", "邮编"},
		"tender":   {"tender", "tender no", "招标编号"},
	}
	currencies = map[string]money.Currency{"£": "GBP", "€": "EUR", "¥": "CNY", "￥": "CNY", "元": "CNY", "$": "USD", "GBP": "GBP", "EUR": "EUR", "CNY": "CNY", "USD": "USD"}
	months     = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// Read takes from the text of a quote or mail what a registration says: the customer and
// contact, items that sold knows, the largest amount, a date. What it does not find is
// empty; a person looks over it. own are mail addresses' domains that are not the
// customer's. It is pure but for sold.
func Read(text string, own []string, sold func(words []string) map[string]bool) Draft {
	text = strings.ToValidUTF8(text[:min(len(text), mostPaste)], "")
	var d Draft
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	for _, l := range lines {
		name, value, ok := strings.Cut(strings.ReplaceAll(l, "：", ":"), ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !ok || value == "" || len(name) > 40 || len(value) > 200 {
			continue
		}
		for field, words := range labels {
			if !slices.Contains(words, name) {
				continue
			}
			to := map[string]*string{"customer": &d.Customer.Name, "contact": &d.Contact.Name, "phone": &d.Contact.Phone, "web": &d.Customer.Web, "title": &d.Title, "city": &d.Customer.City, "post": &d.Customer.Postcode, "tender": &d.Tender}[field]
			if *to == "" {
				*to = value
			}
		}
	}
	for _, m := range mailWord.FindAllString(text, 50) {
		_, host, _ := strings.Cut(strings.ToLower(m), "@")
		if slices.ContainsFunc(own, func(o string) bool { return o != "" && (host == o || strings.HasSuffix(host, "."+o)) }) {
			continue
		}
		if keys, bad := identity.Of(identity.Facts{Mail: []string{m}}); len(keys) > 0 && len(bad) == 0 {
			d.Contact.Mail = m
			if d.Customer.Web == "" {
				d.Customer.Web = keys[0].Value
			}
			break
		}
	}
	for _, w := range taxWord.FindAllString(text, 20) {
		if keys, bad := identity.Of(identity.Facts{TaxID: w, Country: w[:2]}); len(bad) == 0 && len(keys) > 0 && keys[0].Kind == identity.Tax {
			d.Customer.TaxID = w
			break
		}
	}
	if d.Customer.Postcode == "" {
		d.Customer.Postcode = ukPost.FindString(text)
	}
	if d.Customer.Postcode != "" && ukPost.MatchString(d.Customer.Postcode) {
		d.Customer.Country = "GB"
	}
	if d.Customer.Name == "" {
		for _, l := range lines {
			if l = strings.TrimSpace(l); l != "" && len(l) < 80 && firm.MatchString(l) && !strings.ContainsAny(l, "@:：") {
				d.Customer.Name = strings.TrimRight(l, ",.;")
				break
			}
		}
	}
	d.Items = readItems(lines, sold)
	readSum(text, &d)
	if m := isoDate.FindStringSubmatch(text); m != nil {
		d.CloseOn = civil(m[1], m[2], m[3])
	} else if m := wordDate.FindStringSubmatch(text); m != nil {
		month := strings.Index(months, m[2])/3 + 1
		d.CloseOn = civil(m[3], string(rune('0'+month/10))+string(rune('0'+month%10)), m[1])
	}
	return d
}

func civil(y, m, d string) string {
	t, err := time.Parse("2006-1-2", y+"-"+strings.TrimPrefix(m, "0")+"-"+strings.TrimPrefix(d, "0"))
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// readSum takes the largest amount with a currency.
func readSum(text string, d *Draft) {
	for _, m := range sum.FindAllStringSubmatch(text, 200) {
		sign, digits := m[1], m[2]
		if sign == "" {
			digits, sign = m[3], m[4]
		}
		digits = strings.ReplaceAll(digits, " ", "")
		if i := strings.LastIndexAny(digits, ".,"); i >= 0 && len(digits)-i-1 <= 2 {
			digits = strings.NewReplacer(",", "", ".", "").Replace(digits[:i]) + "." + digits[i+1:]
		} else {
			digits = strings.NewReplacer(",", "", ".", "").Replace(digits)
		}
		if a, err := money.ParseAmount(digits, currencies[sign]); err == nil && a.Minor > d.Value.Minor {
			d.Value = a
		}
	}
}

// readItems takes from every line the item that is sold and the whole number beside it.
func readItems(lines []string, sold func([]string) map[string]bool) []Item {
	var all []string
	for _, l := range lines {
		for _, w := range itemWord.FindAllString(l, 40) {
			if w = strings.ToUpper(strings.Trim(w, ".-/")); strings.ContainsAny(w, "0123456789") && utf8.RuneCountInString(w) > 2 && len(all) < 2000 {
				all = append(all, w)
			}
		}
	}
	if len(all) == 0 || sold == nil {
		return nil
	}
	known := sold(all)
	var out []Item
	for _, l := range lines {
		sku := ""
		for _, w := range itemWord.FindAllString(l, 40) {
			if w = strings.ToUpper(strings.Trim(w, ".-/")); known[w] {
				sku = w
				break
			}
		}
		if sku == "" || len(out) >= mostItems || slices.ContainsFunc(out, func(p Item) bool { return p.SKU == sku }) {
			continue
		}
		p := Item{SKU: sku, Quantity: money.Whole(1)}
		for _, w := range strings.FieldsFunc(l, func(r rune) bool { return r == ' ' || r == '\t' || r == '|' || r == ';' }) {
			m := countWord.FindStringSubmatch(strings.ToLower(strings.Trim(w, ",.:()")))
			if m == nil {
				continue
			}
			if q, err := money.ParseMicro(strings.ReplaceAll(m[1], ",", "")); err == nil && q > 0 && q%money.One == 0 {
				p.Quantity = q
				break
			}
		}
		out = append(out, p)
	}
	return out
}
