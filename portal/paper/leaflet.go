package paper

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
)

// LeafletWish is how the flyer of a landing page is wanted. Lang is one of the page's
// languages, Ref empty or one of its referral codes; Base is the address of this server.
type LeafletWish struct {
	Lang, Paper, Ref, Base string
	PNG                    bool   // of the flyer; what is square or a banner always is one
	Shape                  Shape  // empty: the flyer
	On                     string // civil date of list prices; of Prices only
}

// Leaflet is a flyer of a landing page in some shape, with the name of its file.
type Leaflet struct {
	Flyer
	Shape Shape
	sheet PriceSheet
	Size  Size
	Name  string
	PNG   bool
}

// Type is the media type of the file.
func (l Leaflet) Type() string {
	if l.PNG {
		return "image/png"
	}
	return "application/pdf"
}

// Write writes the file.
// Codes: Unavailable (the caller gave up waiting for its turn).
func (l Leaflet) Write(ctx context.Context, w io.Writer) error {
	switch {
	case l.Shape == Prices:
		l.sheet.Flyer = l.Flyer
		return WritePrices(ctx, w, l.sheet, l.Size)
	case l.Shape != Page:
		return WriteShapePNG(ctx, w, l.Flyer, l.Shape)
	case l.PNG:
		return WriteFlyerPNG(ctx, w, l.Flyer, l.Size)
	}
	return WriteFlyer(ctx, w, l.Flyer, l.Size)
}

// Bytes is the file.
func (l Leaflet) Bytes(ctx context.Context) ([]byte, error) {
	var buf bytes.Buffer
	err := l.Write(ctx, &buf)
	return buf.Bytes(), err
}

// flyerColours are the colours of landing.css on paper.
var flyerColours = map[string][3]int{"teal": {14, 96, 115}, "blue": {28, 80, 159}, "green": {23, 100, 58}, "red": {163, 40, 32}, "violet": {100, 58, 151}, "graphite": {58, 61, 66}}

// Leaflet is a page of paper with both companies on it: the words of the page that the
// actor's company keeps, what is offered, and the address of the page with a code to scan.
// Codes: Unauthenticated, NotFound (also without a page, and of a referral code that it has
// not), Conflict (nothing is agreed yet).
func (k Desk) Leaflet(ctx context.Context, actor access.Actor, id promo.ID, w LeafletWish) (Leaflet, error) {
	own, err := k.Landing.Own(ctx, actor, id)
	if err != nil {
		return Leaflet{}, err
	}
	known := w.Ref == ""
	for _, c := range own.Codes {
		known = known || c.Code == w.Ref
	}
	if own.Version == 0 || !known {
		return Leaflet{}, fault.New(fault.NotFound, "error.not_found")
	}
	st, err := k.Promos.Standing(ctx, actor, id)
	if err != nil {
		return Leaflet{}, err
	}
	orgs, err := k.Accounts.Directory().OrgsByID(ctx, st.Owner, actor.Org)
	if err != nil {
		return Leaflet{}, err
	}
	us, owner := orgs[actor.Org], orgs[st.Owner]
	text := own.In(w.Lang)
	p := Words(locale.Match("", text.Language), us.Location())
	products, more, err := k.Products(ctx, p, st.Owner, st.Terms)
	if err != nil {
		return Leaflet{}, err
	}
	if more > 0 {
		products = append(products, p.T("landing.more", "n", more))
	}
	f := Flyer{Lang: text.Language, Company: us.Name, With: p.T("landing.with", "owner", owner.Name), Title: text.Title, Text: text.Body, Call: p.T("landing.scan"), Link: strings.TrimRight(w.Base, "/") + own.At(us.Slug, "", w.Ref), Imprint: own.Imprint, Colour: flyerColours[own.Colour], Dated: own.Changed,
		Facts: []Fact{{Label: p.T("landing.when"), Value: p.T("promo.window_is", "from", p.Date(st.Terms.From), "until", p.Date(st.Terms.Until))}, {Label: p.T("landing.products"), Value: p.List(products)}}}
	if own.Offer {
		f.Offer = Allowance(p, st.Terms)
	}
	if where := Where(p, st.Terms); where != "" {
		f.Facts = append(f.Facts, Fact{Label: p.T("landing.where"), Value: where})
	}
	reader := actor
	reader.Scopes = nil // a token for promotions gets what stands on their flyers
	for _, org := range []string{actor.Org, st.Owner} {
		_, b, err := k.Brands.Open(ctx, reader, org)
		if fault.IsNotFound(err) {
			continue
		}
		if err != nil {
			return Leaflet{}, err
		}
		f.Logos = append(f.Logos, b)
	}
	out := Leaflet{Flyer: f, Shape: w.Shape, Size: SizeFor(w.Paper, us.Country), PNG: w.PNG && w.Shape == Page || points[w.Shape][0] > 0}
	if w.Shape == Prices {
		if out.sheet, err = k.prices(ctx, p, st, actor.Org, owner.Name, w.On); err != nil {
			return Leaflet{}, err
		}
	}
	end := ".pdf"
	if out.PNG {
		end = ".png"
	}
	out.Name = strings.Trim(st.Number+"-"+strings.Trim(string(w.Shape)+"-"+text.Language, "-")+"-"+w.Ref, "-") + end
	return out, nil
}

// mostPriced is how many products a sheet of prices lists.
const mostPriced = 300

// prices is the table of what is offered, at the owner's list prices in the currency of the
// participant: those of a partner are its own matter, and what it sells at is too.
func (k Desk) prices(ctx context.Context, p *locale.Printer, st promo.Standing, org, owner, on string) (PriceSheet, error) {
	part, _ := st.Terms.Part(org)
	house := access.System("landing", st.Owner)
	var all []catalog.Product
	keys := make([]catalog.ItemKey, len(st.Terms.SKUs))
	for i, s := range st.Terms.SKUs {
		keys[i] = catalog.ItemKey{SKU: s}
	}
	items, err := k.Catalog.Resolve(ctx, house, st.Owner, "", keys)
	if err != nil {
		return PriceSheet{}, err
	}
	for _, it := range items {
		if it.Found {
			all = append(all, it.Product)
		}
	}
	more := false
	for _, family := range st.Terms.Families {
		f := catalog.Filter{Supplier: st.Owner, Family: family, On: on, Limit: 200}
		for {
			page, err := k.Catalog.List(ctx, house, f)
			if err != nil {
				return PriceSheet{}, err
			}
			for _, e := range page.Items {
				if st.Terms.Covers(strings.ToUpper(e.SKU), e.Family) {
					all = append(all, e.Product)
				}
			}
			if f.After = page.Next; page.Next == "" || len(all) > mostPriced {
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b catalog.Product) int { return cmp.Compare(a.SKU, b.SKU) })
	all = slices.CompactFunc(all, func(a, b catalog.Product) bool { return a.SKU == b.SKU })
	if more = len(all) > mostPriced; more {
		all = all[:mostPriced]
	}
	ids := make([]catalog.ID, len(all))
	for i, x := range all {
		ids[i] = x.ID
	}
	prices, err := k.Catalog.PricesOn(ctx, house, st.Owner, "", part.Currency, on, ids)
	if err != nil {
		return PriceSheet{}, err
	}
	out := PriceSheet{Columns: []string{p.T("landing.sheet.product"), p.T("landing.sheet.number"), p.T("landing.sheet.unit"), p.T("landing.sheet.price", "currency", string(part.Currency))}, PageOf: func(page, pages int) string { return p.T("paper.page_of", "page", page, "pages", pages) }}
	for _, x := range all {
		name, said := x.NameEN, p.T("landing.sheet.ask")
		if p.Language() == locale.Chinese {
			name = cmp.Or(x.NameZH, name)
		}
		if price, ok := prices[x.ID]; ok {
			said = p.Number(price.Fixed(part.Currency.Digits()))
		}
		out.Rows = append(out.Rows, []string{name, x.SKU, p.Unit(x.Unit), said})
	}
	out.Notes = []string{p.T("landing.sheet.note", "owner", owner, "date", p.Date(on))}
	if more {
		out.Notes = append(out.Notes, p.T("landing.sheet.first", "n", mostPriced))
	}
	return out, nil
}

// mostShown is how many products a landing page and its flyer name.
const mostShown = 12

// Products names what is offered, as the owner's catalogue does; more counts those beyond
// what is shown.
func (k Desk) Products(ctx context.Context, p *locale.Printer, owner string, t promo.Terms) (out []string, more int, err error) {
	for _, f := range t.Families {
		if key := "family." + f; locale.Has(p.Language(), key) {
			f = p.T(key)
		}
		out = append(out, f)
	}
	keys := make([]catalog.ItemKey, len(t.SKUs))
	for i, s := range t.SKUs {
		keys[i] = catalog.ItemKey{SKU: s}
	}
	items, err := k.Catalog.Resolve(ctx, access.System("landing", owner), owner, "", keys)
	if err != nil {
		return nil, 0, err
	}
	for i, it := range items {
		name := it.Product.NameEN
		if p.Language() == locale.Chinese {
			name = cmp.Or(it.Product.NameZH, name)
		}
		out = append(out, strings.TrimSpace(name+" "+t.SKUs[i]))
	}
	if len(out) > mostShown {
		out, more = out[:mostShown], len(out)-mostShown
	}
	return out, more, nil
}

// Where names the countries of terms.
func Where(p *locale.Printer, t promo.Terms) string {
	var where []string
	for _, c := range t.Countries {
		if key := "country." + c; locale.Has(p.Language(), key) {
			c = p.T(key)
		}
		where = append(where, c)
	}
	return p.List(where)
}

// Allowance is what terms give, in plain words; empty where they do not say.
func Allowance(p *locale.Printer, t promo.Terms) string {
	percent := func(r money.Rate) string { return strings.TrimSuffix((r*100).String(), ".0") + "%" }
	switch {
	case len(t.Parts) == 0:
	case t.Kind == promo.Percent:
		return p.T("landing.offer.percent", "percent", percent(t.Percent))
	case t.Kind == promo.Amount:
		c := t.Parts[0].Currency
		return p.T("landing.offer.amount", "amount", p.Money(t.Parts[0].Allow.Fixed(c.Digits()), string(c)))
	case t.Kind == promo.Free:
		return p.T("landing.offer.free", "buy", p.Quantity(t.Buy.String(), ""), "free", p.Quantity(t.Free.String(), ""), "sku", t.FreeSKU)
	case t.Kind == promo.Tiers:
		var steps []string
		for _, x := range t.Tiers {
			steps = append(steps, p.T("landing.offer.tier", "percent", percent(x.Percent), "from", p.Quantity(x.From.String(), "")))
		}
		if t.Cumulative {
			return p.T("landing.offer.volume", "tiers", p.List(steps))
		}
		return p.T("landing.offer.tiers", "tiers", p.List(steps))
	}
	return ""
}
