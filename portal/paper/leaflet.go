package paper

import (
	"bytes"
	"cmp"
	"context"
	"io"
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
	PNG                    bool
}

// Leaflet is a flyer of a landing page, with the name of its file.
type Leaflet struct {
	Flyer
	Size Size
	Name string
	PNG  bool
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
	if l.PNG {
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
	end := ".pdf"
	if w.PNG {
		end = ".png"
	}
	return Leaflet{Flyer: f, Size: SizeFor(w.Paper, us.Country), PNG: w.PNG, Name: strings.Trim(st.Number+"-"+text.Language+"-"+w.Ref, "-") + end}, nil
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
