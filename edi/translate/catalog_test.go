package translate

import (
	"fmt"
	"testing"

	"entente/edi/doc"
	"entente/edi/schema"
)

func (s source) days() (from, to string) {
	switch s.IntN(4) {
	case 0:
		return "2026-12-01", "2027-03-31"
	case 1:
		return "2027-01-01", ""
	case 2:
		return "", "2027-06-30"
	}
	return "", ""
}

func (s source) catalog() Document {
	n := 1 + s.IntN(4)
	d := &doc.PriceCatalog{Header: s.reportHeader(n), Purpose: s.pick("00", "05"), Type: "PC", Number: "CAT-" + fmt.Sprint(s.IntN(99)), Version: s.pick("", "2"), Date: s.day()}
	d.Allowances, d.Notes = s.allowances(), s.notes()
	based(d.Allowances, "6")
	d.ValidFrom, d.ValidTo = s.days()
	if d.Version != "" {
		d.Revision = s.pick("", "1")
	}
	if s.maybe() {
		d.Replaces, d.Description = doc.CatalogVersion{Number: "CAT-1", Version: "1", Revision: "7"}, "Spring list"
	}
	if s.maybe() {
		d.Terms = []doc.Terms{{NetDays: "30"}}
	}
	if s.maybe() {
		d.Dates = []doc.Date{{Qualifier: "011", Date: s.day()}}
	}
	group := doc.ProductGroup{}
	for i := range n {
		l := doc.CatalogItem{Line: s.bareLine(i + 1), Action: s.pick("", "021", "001")}
		l.Allowances, l.Notes, l.Quantity = s.allowances(), s.notes(), ""
		based(l.Allowances, "6")
		l.ValidFrom, l.ValidTo = s.days()
		if s.IntN(3) == 0 {
			group = doc.ProductGroup{Type: s.pick("9", "11", "12"), Code: s.pick("A", "B"), Name: s.pick("", "Drills")}
		}
		l.Group = group
		if s.maybe() && i > 0 {
			l.Parent = "1"
		}
		if s.maybe() {
			l.Taxes = []doc.Tax{{Type: "VA", Percent: "20"}}
		}
		if s.maybe() {
			l.Origin, l.Conditions = s.pick("DE", "CN"), []string{"12", "23"}[:s.IntN(3)]
		}
		if len(l.Conditions) == 0 {
			l.Conditions = nil
		}
		for range s.IntN(3) {
			l.Quantities = append(l.Quantities, doc.StockQuantity{Qualifier: s.pick("57", "70"), Quantity: s.decimal(), Unit: s.pick("", "PC")})
		}
		if s.maybe() {
			l.Pack = "12"
			l.Packs = []doc.Packing{{Pack: "12", Packaging: s.pick("", "CTN"), Size: s.decimal(), Unit: "EA", Inner: "3", Weight: s.decimal(), WeightUnit: "KG", Volume: "2.5", VolumeUnit: "CF", Length: "1", Width: "2", Height: "3", LengthUnit: "CM"}}
		}
		if s.maybe() {
			l.Parties = []doc.Party{{Role: "MF", Name: "Aurelia Works"}}
		}
		for range 1 + s.IntN(3) {
			p := doc.Price{Kind: s.pick("LPR", "NET", "CON", "RTL", "MSR", "PRP"), Class: s.pick("", "WS"), Code: s.pick("", "AAE"), Amount: s.decimal(), Per: doc.Decimal(s.pick("", "100")), Unit: s.pick("EA", "KG"), Basis: s.pick("", "PE", "CA"), Currency: s.pick("", "USD")}
			if p.Kind == "NET" || p.Kind == "LPR" {
				p.Code = ""
			}
			p.ValidFrom, p.ValidTo = s.days()
			if s.maybe() {
				p.From, p.To = "10", doc.Decimal(s.pick("", "99"))
			}
			if s.maybe() {
				p.Dates = []doc.Date{{Qualifier: "011", Date: s.day()}}
			}
			l.Prices = append(l.Prices, p)
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

// based says what percentages are of, as SAC wants and ALC does not.
func based(list []doc.Allowance, basis string) {
	for i := range list {
		if list[i].Percent != "" {
			list[i].PercentBasis = basis
		}
	}
}

// TestPriceCatalogIdentity: a price list written and read again is the same, in both
// standards.
func TestPriceCatalogIdentity(t *testing.T) {
	t.Parallel()
	identity(t, 40, source.catalog, func(x Document, release string) {
		d := x.(*doc.PriceCatalog)
		un := len(release) == 3
		if un {
			based(d.Allowances, "")
			d.LineCount, d.Type, d.Description, d.Replaces = 0, "", "", doc.CatalogVersion{}
		} else {
			d.Notes = nil
			based(d.Allowances, "6")
		}
		if release == "96A" {
			d.Revision = ""
		}
		for i := range d.Lines {
			l := &d.Lines[i]
			for k := range l.Prices {
				p := &l.Prices[k]
				if un {
					p.Class = ""
				} else {
					p.Code, p.To = "", ""
				}
			}
			if un {
				based(l.Allowances, "")
				if len(l.Packs) > 0 {
					l.Packs = []doc.Packing{{Pack: l.Packs[0].Pack, Packaging: l.Packs[0].Packaging}}
				}
				if release == "96A" && len(l.Refs) > 1 {
					l.Refs = l.Refs[:1]
				}
				continue
			}
			based(l.Allowances, "6")
			l.Notes, l.Parent, l.Group, l.Origin, l.Conditions = nil, "", doc.ProductGroup{}, "", nil
			for k := range l.Quantities {
				l.Quantities[k].Unit = ""
			}
		}
	})
}

// TestSamePriceCatalog: the same list as 832 and as PRICAT. Only a PRICAT has groups,
// origins and packs with their own line; only an 832 a type.
func TestSamePriceCatalog(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pricat-list-d96a", "pricat-list-d01b"} {
		twins(t, "832-list", name, func(x Document) {
			d := x.(*doc.PriceCatalog)
			d.Type, d.LineCount = "", 0
			for i := range d.Lines {
				l := &d.Lines[i]
				l.Group = doc.ProductGroup{}
				for k := range l.Quantities {
					l.Quantities[k].Unit = ""
				}
			}
		})
	}
}

// TestGroupOfPricat: prices and days of a PGI hold for each of its items, next to their own.
func TestGroupOfPricat(t *testing.T) {
	t.Parallel()
	in := "UNB+UNOC:3+A+B+261201:0912+1'UNH+1+PRICAT:D:01B:UN'BGM+9+C1+9'DTM+137:20261201:102'NAD+SU+5098765000016::9'" +
		"PGI+12+SPRING:::Spring offers'DTM+273:20270301-20270331:718'PRI+AAA:10.00::PRP'" +
		"LIN+1++5012345678900:SRV'LIN+2++5012345678917:SRV'DTM+206:20270315:102'PRI+AAB:12.00'PGI+9'LIN+3++5012345678924:SRV'PRI+AAB:9.00:::100:KGM'UNT+15+1'UNZ+1+1'"
	v := &unTranslator{}
	if err := schema.ReadBytes([]byte(in), schema.Options{}, v); err != nil || len(v.out) != 1 {
		t.Fatal(err, len(v.out))
	}
	d := v.out[0].Document.(*doc.PriceCatalog)
	if len(v.out[0].Findings)+len(v.out[0].Problems) > 0 || len(d.Lines) != 3 {
		t.Fatal(text(t, v.out[0]))
	}
	var got []string
	for i := range d.Lines {
		l := &d.Lines[i]
		line := l.Group.Name + " " + l.ValidFrom + " " + l.ValidTo
		for _, p := range l.Prices {
			line += " " + p.Kind + " " + string(p.Amount) + "/" + string(p.Per) + p.Unit
		}
		got = append(got, line)
	}
	want := []string{"Spring offers 2027-03-01 2027-03-31 PRP 10.00/", "Spring offers 2027-03-01 2027-03-15 PRP 10.00/ LPR 12.00/", "   LPR 9.00/100KG"}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("%q", got)
	}
}
