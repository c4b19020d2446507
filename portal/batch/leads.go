package batch

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/width"

	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
)

// KindLeads is the name of files of leads.
const KindLeads = "leads"

// The columns of a file of leads.
const (
	lTitle    = "title"
	lNeed     = "need"
	lDetails  = "details"
	lCompany  = "company"
	lCountry  = "country"
	lCity     = "city"
	lStreet   = "street"
	lPostcode = "postcode"
	lWeb      = "web"
	lTaxID    = "tax_id"
	lContact  = "contact"
	lPosition = "position"
	lMail     = "mail"
	lPhone    = "phone"
	lCall     = "may_contact"
	lShare    = "may_share"
	lBasis    = "basis"
	lIndustry = "industry"
	lSize     = "size"
	lFamilies = "families"
	lProducts = "products"
	lValue    = "value"
	lCurrency = "currency"
	lExpected = "expected"
	lSource   = "source"
	lExternal = "external"
)

var leadFields = []sheet.Field{
	{Name: lTitle, Words: []string{"title", "lead", "lead title", "subject", "opportunity", "topic", "标题", "线索", "线索名称", "主题"}},
	{Name: lCompany, Required: true, Words: []string{"company", "company name", "account", "account name", "organisation", "organization", "customer", "公司", "公司名称", "客户", "客户名称", "单位名称"}},
	{Name: lCountry, Words: []string{"country", "country code", "国家", "国别"}},
	{Name: lCity, Words: []string{"city", "town", "城市", "所在城市"}},
	{Name: lPostcode, Words: []string{"postcode", "zip", "zip code", "postal code", "邮编", "邮政编码"}},
	{Name: lStreet, Words: []string{"street", "address", "street address", "地址", "街道"}},
	{Name: lWeb, Words: []string{"web", "website", "web site", "url", "homepage", "网站", "网址"}},
	{Name: lTaxID, Words: []string{"tax_id", "tax id", "vat", "vat number", "tax number", "税号", "统一社会信用代码"}},
	{Name: lContact, Words: []string{"contact", "contact name", "full name", "name", "person", "联系人", "姓名"}},
	{Name: lPosition, Words: []string{"position", "job title", "role", "职务", "职位"}},
	{Name: lMail, Words: []string{"mail", "email", "e-mail", "email address", "邮箱", "电子邮件"}},
	{Name: lPhone, Words: []string{"phone", "telephone", "mobile", "phone number", "电话", "手机", "联系电话"}},
	{Name: lCall, Words: []string{"may_contact", "may be contacted", "opt in", "opt-in", "可以联系", "可联系"}},
	{Name: lShare, Words: []string{"may_share", "may be passed on", "may share", "share consent", "可以转交", "可转交"}},
	{Name: lBasis, Words: []string{"basis", "consent basis", "consent", "legal basis", "授权依据", "授权方式"}},
	{Name: lNeed, Words: []string{"need", "requirement", "needs", "interest", "需求", "客户需求"}},
	{Name: lDetails, Words: []string{"details", "notes", "note", "comment", "comments", "description", "详情", "备注", "说明"}},
	{Name: lIndustry, Words: []string{"industry", "sector", "行业"}},
	{Name: lSize, Words: []string{"size", "employees", "company size", "staff", "规模", "人数"}},
	{Name: lFamilies, Words: []string{"families", "product family", "product families", "product interest", "产品系列", "系列"}},
	{Name: lProducts, Words: []string{"products", "product", "items", "item numbers", "sku", "skus", "产品", "商品", "货号"}},
	{Name: lValue, Kind: sheet.Number, Words: []string{"value", "expected value", "amount", "deal value", "budget", "金额", "预计金额"}},
	{Name: lCurrency, Words: []string{"currency", "币种", "货币"}},
	{Name: lExpected, Kind: sheet.Date, Words: []string{"expected", "expected close", "close date", "decision date", "decision expected", "预计日期", "预计决定日期"}},
	{Name: lSource, Words: []string{"source", "lead source", "来源", "线索来源"}},
	{Name: lExternal, Words: []string{"external", "crm id", "lead id", "lead number", "id", "number", "编号", "线索编号"}},
}

// Leads are files of the company's own leads: a row is a lead with its customer and its
// contact, which are found where they are known. A row with a number of the company's CRM
// is that lead; one without is known by what stands in its cells.
type Leads struct {
	Leads   *lead.Service
	Country func(name string) (code string, ok bool)
}

// Name is that of the kind.
func (Leads) Name() string { return KindLeads }

// Fields are those of a lead.
func (Leads) Fields() []string { return names(leadFields) }

// Single is true: a lead has one row.
func (Leads) Single() bool { return true }

// Together is how many are added in one transaction.
func (Leads) Together() int { return 50 }

// Check asks for the right to add leads with their customers.
func (Leads) Check(_ context.Context, actor access.Actor, _ string) error {
	return lead.MayBring(actor)
}

// Guess goes by the titles.
func (Leads) Guess(_ context.Context, _ access.Actor, _ File, rows []sheet.Row) sheet.Mapping {
	return sheet.Guess(rows, leadFields)
}

// Clean leaves the columns of a lead.
func (Leads) Clean(m sheet.Mapping) sheet.Mapping { return m.Sensible(leadFields) }

// Read reads a row.
func (Leads) Read(m sheet.Mapping, row sheet.Row, today string) (Row, bool) {
	return readFields(m, row, leadFields, today)
}

// origin names a row by its cells as they came, so that the same row in another file is
// the same lead whatever was corrected of it. Blanks at the end do not count.
func origin(r Row) string {
	cells := make([]string, len(r.Cells))
	last := 0
	for i, c := range r.Cells {
		if cells[i] = strings.ToLower(strings.TrimSpace(width.Fold.String(c))); cells[i] != "" {
			last = i + 1
		}
	}
	return "file:" + short(strings.Join(cells[:last], "\x1f"))
}

// yes reads a yes or a no as people write it.
func yes(s string) (is, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "y", "true", "1", "x", "ja", "oui", "√", "✓", "是", "有", "同意", "已同意":
		return true, true
	case "", "no", "n", "false", "0", "-", "nein", "non", "否", "无", "未同意", "不同意":
		return false, true
	}
	return false, false
}

// country is the code of a country written as a name of it, else what was written.
func (k Leads) country(s string) string {
	if k.Country != nil {
		if code, ok := k.Country(s); ok {
			return code
		}
	}
	return strings.ToUpper(strings.TrimSpace(s))
}

// wanted reads item numbers with how many of each: "AUR-D18B × 40; AUR-B50", in either
// sequence; one where no number stands.
func wanted(s string) ([]lead.Wanted, bool) {
	var out []lead.Wanted
	for _, x := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";,；，、|\n", r) }) {
		if x = strings.TrimSpace(width.Fold.String(x)); x == "" {
			continue
		}
		w := lead.Wanted{Quantity: money.One}
		parts := strings.FieldsFunc(x, func(r rune) bool { return r == '×' || r == '*' || r == ':' })
		if len(parts) == 1 { // 40 x AUR-D18B
			if f := strings.Fields(x); len(f) == 3 && strings.EqualFold(f[1], "x") {
				parts = []string{f[0], f[2]}
			}
		}
		switch len(parts) {
		case 1:
			w.SKU = strings.TrimSpace(parts[0])
		case 2:
			a, b := strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1])
			if n, err := money.ParseMicro(b); err == nil {
				w.SKU, w.Quantity = a, n
			} else if n, err := money.ParseMicro(a); err == nil {
				w.SKU, w.Quantity = b, n
			}
		}
		if w.SKU = strings.ToUpper(w.SKU); w.SKU == "" || len(w.SKU) > 60 || strings.ContainsAny(w.SKU, " \t") || w.Quantity <= 0 {
			return nil, false
		}
		out = append(out, w)
	}
	return out, len(out) <= 50
}

// incoming makes the lead of a row; what cannot be read is among the faults.
func (k Leads) incoming(f File, r Row) (lead.Incoming, []sheet.Wrong) {
	v := r.Fields
	var wrong []sheet.Wrong
	refuse := func(field, key string, args map[string]any) {
		wrong = append(wrong, sheet.Wrong{Field: field, Key: key, Args: args, Value: v[field]})
	}
	in := lead.Incoming{
		Customer: customer.Draft{Name: v[lCompany], Country: k.country(v[lCountry]), City: v[lCity], Street: v[lStreet], Postcode: v[lPostcode], TaxID: v[lTaxID], Web: v[lWeb]},
		Contact:  customer.ContactDraft{Name: v[lContact], Title: v[lPosition], Mail: v[lMail], Phone: v[lPhone]},
		Lead:     lead.Draft{Title: v[lTitle], Need: v[lNeed], Details: v[lDetails], Industry: v[lIndustry], Size: v[lSize], Expected: v[lExpected], External: v[lExternal], Source: "import"},
	}
	for _, x := range strings.FieldsFunc(v[lFamilies], func(r rune) bool { return strings.ContainsRune(",;，；、|/", r) }) {
		if x = strings.ToLower(strings.TrimSpace(x)); x != "" {
			in.Lead.Families = append(in.Lead.Families, x)
		}
	}
	var ok bool
	if in.Lead.Products, ok = wanted(v[lProducts]); !ok {
		refuse(lProducts, "batch.products", map[string]any{"Value": v[lProducts]})
	}
	if in.Lead.External == "" {
		in.Origin = origin(r)
	}
	if in.Lead.Title == "" { // what names nobody of what is known
		in.Lead.Title = strings.Join(slices.DeleteFunc([]string{v[lIndustry], v[lCity]}, func(s string) bool { return s == "" }), ", ")
	}
	if in.Contact.Name == "" && (in.Contact.Mail != "" || in.Contact.Phone != "") {
		in.Contact.Name = cmp.Or(in.Contact.Mail, in.Contact.Phone)
	}
	for field, to := range map[string]*bool{lCall: &in.Consent.Contact, lShare: &in.Consent.Share} {
		is, ok := yes(v[field])
		if !ok {
			refuse(field, "batch.yes_no", map[string]any{"Value": v[field]})
		}
		*to = is || v[field] == "" && f.Head["basis"] != ""
	}
	if in.Contact.Name == "" {
		in.Consent = customer.Consent{}
	}
	if in.Consent.Contact || in.Consent.Share {
		in.Consent.Basis = cmp.Or(strings.ToLower(v[lBasis]), f.Head["basis"])
		if !slices.Contains(customer.Bases, in.Consent.Basis) {
			refuse(lBasis, "customer.basis_missing", nil)
			in.Consent = customer.Consent{}
		}
	}
	if s := strings.ToLower(v[lSource]); slices.Contains(lead.Sources, s) {
		in.Lead.Source = s
	} else if s != "" { // a word of the company's own: kept as the campaign
		in.Lead.Source, in.Lead.Campaign = "other", clip(v[lSource], 20)
	}
	if s := v[lValue]; s != "" && !slices.ContainsFunc(r.Wrong, func(w sheet.Wrong) bool { return w.Field == lValue }) {
		code := money.Currency(strings.ToUpper(cmp.Or(v[lCurrency], f.Head["currency"])))
		if !code.Valid() {
			refuse(lCurrency, "batch.currency", map[string]any{"Value": string(code)})
		} else if a, err := money.ParseAmount(s, code); err != nil || a.Minor < 0 {
			refuse(lValue, "form.decimal", nil)
		} else {
			in.Lead.Value = a
		}
	}
	return in, wrong
}

// leadColumn is our column for a field that was refused.
func leadColumn(name string) string {
	switch name {
	case "customer.name":
		return lCompany
	case "contact.name":
		return lContact
	case "contact.title":
		return lPosition
	case "basis":
		return lBasis
	}
	if _, rest, ok := strings.Cut(name, "."); ok {
		return rest
	}
	return name
}

// Judge says what would be refused, and which leads are there already.
func (k Leads) Judge(ctx context.Context, actor access.Actor, f File, rows []Row) error {
	in := make([]lead.Incoming, len(rows))
	for i := range rows {
		r := &rows[i]
		var wrong []sheet.Wrong
		in[i], wrong = k.incoming(f, *r)
		r.Doubts, r.Wrong = nil, append(r.Wrong, wrong...)
		r.Group = in[i].Origin
		if in[i].Lead.External != "" {
			r.Group = "number:" + clip(in[i].Lead.External, 60)
		}
	}
	refused, there, err := k.Leads.Try(ctx, actor, in)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if r.Dropped {
			continue
		}
		var p *fault.Error
		if errors.As(refused[i], &p) && p.Code == fault.Invalid {
			for _, w := range p.Fields {
				name := leadColumn(w.Name)
				if !slices.ContainsFunc(r.Wrong, func(x sheet.Wrong) bool { return x.Field == name }) {
					r.Wrong = append(r.Wrong, sheet.Wrong{Field: name, Key: w.Key, Args: w.Args, Value: r.Fields[name]})
				}
			}
		} else if refused[i] != nil {
			return refused[i]
		}
		if _, ok := there[i]; ok {
			r.Doubts = append(r.Doubts, sheet.Wrong{Key: "batch.lead_there"})
		} else if in[i].Contact.Name != "" && !in[i].Consent.Share {
			r.Doubts = append(r.Doubts, sheet.Wrong{Field: lShare, Key: "batch.lead_unshared"})
		}
	}
	return nil
}

// Apply adds the leads; those that are there are left alone.
func (k Leads) Apply(ctx context.Context, actor access.Actor, f File, groups []Group) error {
	for i := range groups {
		g := &groups[i]
		if len(g.Rows) != 1 {
			return fault.New(fault.Conflict, "batch.twice")
		}
		in, _ := k.incoming(f, g.Rows[0])
		if in.Origin != "" { // its cells are not read again; Judge made them the key
			in.Origin = g.Key
		}
		g.Label = clip(in.Lead.Title, 80)
		l, made, err := k.Leads.Bring(ctx, actor, in)
		if p := fault.As(err); err != nil {
			if p.Code != fault.Invalid && p.Code != fault.Conflict {
				return err
			}
			g.Outcome, g.Problem = Refused, problemOf(p, g.Rows)
			continue
		}
		g.Subject, g.Outcome = string(l.ID), Same
		if made {
			g.Outcome = Made
		}
	}
	return nil
}
