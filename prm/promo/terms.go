package promo

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/money"
)

// Kinds of mechanism.
const (
	Percent = "percent" // off the list price
	Amount  = "amount"  // per unit, in each company's currency
	Free    = "free"    // for every Buy units, Free units of FreeSKU
	Tiers   = "tiers"   // percent by the quantity of the order's qualifying lines, or of all of the window: Terms.Cumulative
)

// Kinds lists the mechanisms.
var Kinds = []string{Percent, Amount, Free, Tiers}

// How the allowance is paid.
const (
	OffInvoice = "off_invoice" // taken off the invoice
	BillBack   = "bill_back"   // claimed afterwards; the invoice carries it and is not changed
)

// Settlements lists them.
var Settlements = []string{OffInvoice, BillBack}

// The date that decides.
const (
	ByOrder   = "order"   // the day of the order
	ByShip    = "ship"    // the day of shipment
	ByInvoice = "invoice" // the day of the invoice
	ByResale  = "resale"  // the day the goods were sold on
)

// Dates lists them.
var Dates = []string{ByOrder, ByShip, ByInvoice, ByResale}

// Tier gives Percent from a quantity in base units on.
type Tier struct {
	From    money.Quantity `json:"from"`
	Percent money.Rate     `json:"percent"`
}

// Part is what the terms say of one company. Money is in its own currency; Rate is how
// much of it one unit of the owner's currency is worth, fixed for the promotion.
type Part struct {
	Org      string         `json:"org"`
	Role     string         `json:"role"`
	Currency money.Currency `json:"currency"`
	Rate     money.Rate     `json:"rate"`
	Share    int64          `json:"share"`            // of the budget, minor units
	Allow    money.Price    `json:"allow,omitempty"`  // per unit, of the mechanism Amount
	Target   money.Quantity `json:"target,omitempty"` // units to sell
	Limit    money.Quantity `json:"limit,omitempty"`  // units under the promotion; 0: no limit
}

// Pledge is the share as money.
func (p Part) Pledge() money.Amount { return money.Amount{Minor: p.Share, Currency: p.Currency} }

// Terms are what is agreed. In a text of one company, Parts holds its own alone.
type Terms struct {
	Title    string   `json:"title"`
	Summary  string   `json:"summary,omitempty"`
	Audience string   `json:"audience,omitempty"`
	Families []string `json:"families,omitempty"`
	SKUs     []string `json:"skus,omitempty"`
	// Fixed means the products of Families as they were when the terms were written: Within
	// lists them. Else whatever belongs to a family when it is ordered counts.
	Fixed   bool           `json:"fixed,omitempty"`
	Within  []string       `json:"within,omitempty"`
	Kind    string         `json:"kind"`
	Percent money.Rate     `json:"percent,omitempty"` // 0.05 is 5 %
	Buy     money.Quantity `json:"buy,omitempty"`
	Free    money.Quantity `json:"free,omitempty"`
	FreeSKU string         `json:"free_sku,omitempty"`
	Tiers   []Tier         `json:"tiers,omitempty"`
	// Cumulative has the steps go by all that a company is invoiced in the window (or sells on),
	// and a step that is reached hold for all of it: see volume.go.
	Cumulative bool   `json:"cumulative,omitempty"`
	Settle     string `json:"settle"`
	By         string `json:"by"`    // the date that decides
	From       string `json:"from"`  // civil dates in Zone, both inside
	Until      string `json:"until"` //
	ShipBy     string `json:"ship_by,omitempty"`
	// BackDays is how many days after the window a back-ordered quantity may still be
	// shipped, if the answer to the order said so.
	BackDays  int            `json:"back_days,omitempty"`
	Zone      string         `json:"zone"`
	Prices    string         `json:"prices,omitempty"`    // the price list version it refers to
	Countries []string       `json:"countries,omitempty"` // the territory: where the goods go
	Quoted    bool           `json:"quoted"`              // only lines that carry the number
	Named     bool           `json:"named"`               // who takes part is named to the others
	ClaimBy   string         `json:"claim_by,omitempty"`  // of a bill-back
	Proof     []string       `json:"proof,omitempty"`
	Currency  money.Currency `json:"currency"` // the owner's, of sums
	Share     int64          `json:"share"`    // the owner's of the budget, minor units
	Parts     []Part         `json:"parts,omitempty"`
}

// Covers says whether the terms are about a product of a family.
func (t *Terms) Covers(sku, family string) bool {
	if has(t.SKUs, sku) {
		return true
	}
	if t.Fixed {
		return has(t.Within, sku)
	}
	return family != "" && slices.Contains(t.Families, family)
}

// has says whether a product is in a list of normal terms: those are sorted, and there may be many.
func has(list []string, sku string) bool {
	if len(list) <= 16 {
		return slices.Contains(list, sku)
	}
	_, ok := slices.BinarySearch(list, sku)
	return ok
}

// Part gives what the terms say of a company.
func (t Terms) Part(org string) (Part, bool) {
	i := slices.IndexFunc(t.Parts, func(p Part) bool { return p.Org == org })
	if i < 0 {
		return Part{}, false
	}
	return t.Parts[i], true
}

// Budget is the sum of all shares in the owner's currency, at the fixed rates.
func (t Terms) Budget() money.Amount {
	sum := money.Amount{Minor: t.Share, Currency: t.Currency}
	for _, p := range t.Parts {
		if a, err := sum.Add(p.worth(t.Currency)); err == nil {
			sum = a
		}
	}
	return sum
}

// worth is the share in another currency, at the fixed rate.
func (p Part) worth(c money.Currency) money.Amount { return Convert(p.Pledge(), p.Rate, c) }

// Convert is an amount of a company in the owner's currency: divided by the rate, rounded
// half up.
func Convert(a money.Amount, rate money.Rate, to money.Currency) money.Amount {
	if a.Currency == to || rate <= 0 {
		return money.Amount{Minor: a.Minor, Currency: to}
	}
	n, sign := a.Minor, int64(1)
	if n < 0 {
		n, sign = -n, -1
	}
	for d := a.Currency.Digits(); d < to.Digits(); d++ {
		n *= 10
	}
	over := int64(rate)
	for d := to.Digits(); d < a.Currency.Digits(); d++ {
		over *= 10
	}
	const most = int64(1) << 62 / money.One
	if n > most { // more than any budget
		return money.Amount{Minor: sign * (n / over * money.One), Currency: to}
	}
	return money.Amount{Minor: sign * ((n*money.One + over/2) / over), Currency: to}
}

// visible is the text of one company: the common terms and its own part. What others
// contribute, the owner too, is not in it.
func (t Terms) visible(org string) Terms {
	out := t
	out.Parts = nil
	if p, ok := t.Part(org); ok {
		out.Parts = []Part{p}
	}
	out.Share = 0
	return out
}

// Visible is the text of one company of terms that the owner reads.
func Visible(t Terms, org string) Terms { return t.visible(org) }

// normal sorts and trims, so that equal terms are written alike.
func (t *Terms) normal() {
	list := func(s []string, upper bool) []string {
		var out []string
		for _, x := range s {
			x = strings.TrimSpace(x)
			if upper {
				x = strings.ToUpper(x)
			}
			if x != "" {
				out = append(out, x)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for _, s := range []*string{&t.Title, &t.Summary, &t.Audience, &t.FreeSKU, &t.Prices, &t.Zone} {
		*s = strings.TrimSpace(strings.ToValidUTF8(*s, ""))
	}
	t.FreeSKU = strings.ToUpper(t.FreeSKU)
	t.Families, t.SKUs, t.Countries, t.Proof = list(t.Families, false), list(t.SKUs, true), list(t.Countries, true), list(t.Proof, false)
	if len(t.Families) == 0 {
		t.Fixed = false
	}
	if t.Within = list(t.Within, true); !t.Fixed {
		t.Within = nil
	}
	t.Tiers = slices.Clone(t.Tiers)
	slices.SortFunc(t.Tiers, func(a, b Tier) int { return cmp.Compare(a.From, b.From) })
	t.Parts = slices.Clone(t.Parts)
	slices.SortFunc(t.Parts, func(a, b Part) int { return strings.Compare(a.Org, b.Org) })
	if t.Kind != Percent {
		t.Percent = 0
	}
	if t.Kind != Free {
		t.Buy, t.Free, t.FreeSKU = 0, 0, ""
	}
	if t.Kind != Tiers {
		t.Tiers, t.Cumulative = nil, false
	}
	if t.By != ByOrder {
		t.ShipBy, t.BackDays = "", 0
	}
	if t.ShipBy == "" {
		t.BackDays = 0
	}
	if t.Settle != BillBack {
		t.ClaimBy = ""
	}
	for i := range t.Parts {
		p := &t.Parts[i]
		if p.Role == "" {
			p.Role = Participant
		}
		if p.Currency == t.Currency {
			p.Rate = money.One
		}
		if t.Kind != Amount {
			p.Allow = 0
		}
		if p.Role == Sponsor {
			p.Allow, p.Target, p.Limit = 0, 0, 0
		}
	}
}

// mostParts bounds who takes part in one promotion.
const mostParts = 100

// check says what is wrong with normal terms by field, as far as they tell themselves.
func (t Terms) check(owner string) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	t.checkText(bad)
	t.checkMechanism(bad)
	t.checkDates(bad)
	t.checkParts(bad, owner)
	return bad.OrNil()
}

func (t Terms) checkText(bad *fault.Error) {
	for _, f := range []struct {
		name, text string
		most       int
	}{{"title", t.Title, 120}, {"summary", t.Summary, 2000}, {"audience", t.Audience, 300}, {"prices", t.Prices, 80}, {"proof", strings.Join(t.Proof, "\n"), 600}} {
		if len(f.text) > f.most {
			bad.With(f.name, "form.too_long", "Most", f.most)
		}
		if !identity.Readable(f.text, f.name == "summary" || f.name == "proof") {
			bad.With(f.name, "form.text_wrong")
		}
		if w := resale(f.text); w != "" {
			bad.With(f.name, "promo.resale_price", "Words", w)
		}
	}
	if t.Title == "" {
		bad.With("title", "form.missing")
	}
	if len(t.SKUs)+len(t.Families) == 0 {
		bad.With("skus", "promo.no_products")
	}
	if len(t.SKUs) > 500 || len(t.Families) > 100 || len(t.Countries) > 100 || len(t.Proof) > 12 {
		bad.With("skus", "form.too_many")
	}
	for _, c := range t.Countries {
		if !identity.IsCountry(c) {
			bad.With("countries", "promo.country_wrong", "Country", c)
		}
	}
}

func (t Terms) checkMechanism(bad *fault.Error) {
	if !slices.Contains(Kinds, t.Kind) {
		bad.With("kind", "form.choice_wrong")
	}
	if !slices.Contains(Settlements, t.Settle) {
		bad.With("settle", "form.choice_wrong")
	}
	fits := func(r money.Rate) bool { return r > 0 && r < money.One }
	switch t.Kind {
	case Percent:
		if !fits(t.Percent) {
			bad.With("percent", "promo.percent_wrong")
		}
	case Free:
		if t.Buy <= 0 || t.Buy%money.One != 0 {
			bad.With("buy", "form.number_wrong")
		}
		if t.Free <= 0 || t.Free%money.One != 0 {
			bad.With("free", "form.number_wrong")
		}
		if t.FreeSKU == "" {
			bad.With("free_sku", "form.missing")
		}
	case Tiers:
		if t.Cumulative && t.Settle == OffInvoice { // an invoice cannot know what is bought after it
			bad.With("settle", "promo.volume_off_invoice")
		}
		if len(t.Tiers) < 2 || len(t.Tiers) > 10 {
			bad.With("tiers", "promo.tiers_wrong")
		}
		for i, x := range t.Tiers {
			if x.From <= 0 || !fits(x.Percent) || i > 0 && (x.From == t.Tiers[i-1].From || x.Percent <= t.Tiers[i-1].Percent) {
				bad.With("tiers", "promo.tiers_wrong")
				break
			}
		}
	}
}

func civil(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }

func (t Terms) checkDates(bad *fault.Error) {
	if !slices.Contains(Dates, t.By) {
		bad.With("by", "form.choice_wrong")
	}
	if _, err := time.LoadLocation(t.Zone); err != nil || t.Zone == "" || t.Zone == "Local" {
		bad.With("zone", "promo.zone_wrong")
	}
	for name, s := range map[string]string{"from": t.From, "until": t.Until} {
		if !civil(s) {
			bad.With(name, "form.date")
		}
	}
	if civil(t.From) && civil(t.Until) {
		from, _ := time.Parse(time.DateOnly, t.From)
		until, _ := time.Parse(time.DateOnly, t.Until)
		switch {
		case until.Before(from):
			bad.With("until", "promo.ends_before")
		case until.After(from.AddDate(2, 0, 0)):
			bad.With("until", "promo.too_long")
		}
	}
	if t.ShipBy != "" && (!civil(t.ShipBy) || t.ShipBy < t.From) {
		bad.With("ship_by", "promo.ship_by_wrong")
	}
	if t.BackDays < 0 || t.BackDays > 365 {
		bad.With("back_days", "form.number_wrong")
	}
	if t.ClaimBy != "" && (!civil(t.ClaimBy) || t.ClaimBy < t.Until) {
		bad.With("claim_by", "promo.claim_by_wrong")
	}
}

func (t Terms) checkParts(bad *fault.Error, owner string) {
	if !t.Currency.Valid() {
		bad.With("currency", "account.currency_wrong")
	}
	if t.Share < 0 {
		bad.With("share", "form.number_wrong")
	}
	if len(t.Parts) > mostParts {
		bad.With("parts", "form.too_many")
		return
	}
	buys, seen := false, map[string]bool{}
	for _, p := range t.Parts {
		at := "parts." + p.Org + "."
		buys = buys || p.Role == Participant
		if p.Org == owner || seen[p.Org] || p.Org == "" {
			bad.With(at+"org", "promo.partner_twice")
		}
		seen[p.Org] = true
		if p.Role != Participant && p.Role != Sponsor {
			bad.With(at+"role", "form.choice_wrong")
		}
		if !p.Currency.Valid() {
			bad.With(at+"currency", "account.currency_wrong")
		}
		if p.Rate <= 0 || p.Rate > 1_000_000*money.One {
			bad.With(at+"rate", "promo.rate_wrong")
		}
		if p.Share < 0 || p.Target < 0 || p.Limit < 0 {
			bad.With(at+"share", "form.number_wrong")
		}
		if t.Kind == Amount && p.Role == Participant && p.Allow <= 0 {
			bad.With(at+"allow", "form.number_wrong")
		}
	}
	if !buys {
		bad.With("parts", "promo.no_partner")
	}
}

// keepsWay refuses later terms under which what was earned by these would no longer be found:
// off the invoice is not claimed, and what was sold on is other lines than what was ordered.
func (t Terms) keepsWay(now Terms, bad *fault.Error) {
	if t.Settle != now.Settle {
		bad.With("settle", "promo.settle_agreed")
	}
	if t.By != now.By && (t.By == ByResale || now.By == ByResale) {
		bad.With("by", "promo.by_agreed")
	}
}

// Warnings are what the law asks to think about again; each is a locale key.
func (t Terms) Warnings() []string {
	var out []string
	if t.Kind == Tiers { // 16 CFR 240.9: graduated rates favour the large
		out = append(out, "promo.warn.graduated")
	}
	targets := map[money.Quantity]bool{}
	for _, p := range t.Parts {
		if p.Role == Participant && p.Limit > 0 {
			targets[p.Limit] = true
		}
	}
	if len(targets) > 1 {
		out = append(out, "promo.warn.limits")
	}
	return out
}

func decode(s string) (Terms, error) {
	var t Terms
	if err := json.Unmarshal([]byte(s), &t); err != nil {
		return t, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return t, nil
}

// hashOf is what an approval names: the text that one company reads of a promotion.
func hashOf(id ID, number string, t Terms) string {
	b, err := json.Marshal(struct {
		ID, Number string
		Terms      Terms
	}{string(id), number, t})
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// window is the first instant of the terms and the first after them.
func (t Terms) window() (from, until time.Time) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		zone = time.UTC
	}
	from, _ = time.ParseInLocation(time.DateOnly, t.From, zone)
	until, _ = time.ParseInLocation(time.DateOnly, t.Until, zone)
	return from.UTC(), until.AddDate(0, 0, 1).UTC()
}

// resaleWords are words of conditions on the price at which a partner sells on: those
// are never a term of a promotion (EU Vertical Guidelines; PRODUCT.md).
var resaleWords = []string{
	"resale price", "re-sale price", "minimum price", "price floor", "minimum advertised", "map policy", "map price", "advertised price", "retail price", "selling price", "sales price",
	"sell at no less", "sell for no less", "sell below", "sold below", "resell at", "resell for", "resell below", "must sell at", "sell at the", "no less than the list", "minimum margin", "dealer margin", "recommended price", "rrp", "msrp", "srp", "undercut", "discount below", "do not discount",
	"转售价", "转卖价", "零售价", "最低售价", "最低价", "限价", "统一价", "统一售价", "建议售价", "销售价", "不得低于", "不低于", "不得降价", "最低利润", "保底价", "价格管控", "控价",
}

// resale is the first word of a condition on resale prices in a text, empty for none.
func resale(text string) string {
	low := strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, w := range resaleWords {
		at := strings.Index(low, w)
		if at < 0 {
			continue
		}
		if len(w) <= 4 && w[0] < 0x80 { // an abbreviation stands alone
			if at > 0 && letter(low[at-1]) || at+len(w) < len(low) && letter(low[at+len(w)]) {
				continue
			}
		}
		return w
	}
	return ""
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 0x80 }
