package identity

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func values(t *testing.T, f Facts) string {
	t.Helper()
	keys, bad := Of(f)
	var out []string
	for _, k := range keys {
		out = append(out, k.String())
	}
	for _, b := range bad {
		out = append(out, "!"+b.Field+":"+b.Key)
	}
	return strings.Join(out, " ")
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   Facts
		want string
	}{
		{Facts{}, ""},
		{Facts{Name: "Harrow Fit-Out Ltd", Country: "gb", Postcode: "ha1 2ab", Web: []string{"https://www.harrow-fitout.co.uk/about"}, Mail: []string{"priya@sales.harrow-fitout.co.uk", "priya.nair@gmail.com"}},
			"domain:harrow-fitout.co.uk name:harrowfitout|GB|HA12AB"},
		{Facts{TaxID: "GB 980 7806 84", Country: "GB"}, "tax:GB980780684"},
		{Facts{TaxID: "980780684 001", Country: "GB"}, "tax:GB980780684"},
		{Facts{TaxID: "XI980780684"}, "tax:GB980780684"},
		{Facts{TaxID: "980780685", Country: "GB"}, "!tax_id:identity.tax_wrong"},
		{Facts{TaxID: "980780684"}, "!tax_id:identity.tax_country_missing"},
		{Facts{TaxID: "DE136695976"}, "tax:DE136695976"},
		{Facts{TaxID: "DE136695976", Country: "AT"}, "tax:DE136695976"},
		{Facts{TaxID: "EE100931558", Country: "EE"}, "tax:EE100931558"},
		{Facts{TaxID: "CHE-123.456.788 MWST"}, "tax:CH123456788"},
		{Facts{TaxID: "９１３５０１００Ｍ０００１００Ｙ４３", Country: "CN"}, "tax:CN91350100M000100Y43"},
		{Facts{TaxID: "91350100M000100Y44", Country: "CN"}, "!tax_id:identity.tax_wrong"},
		{Facts{TaxID: "00000", Country: "NO"}, "!tax_id:identity.tax_wrong"},
		{Facts{GLN: "5790000000013"}, "!gln:identity.gln_wrong"},
		{Facts{GLN: "4012345000009"}, "gln:4012345000009"},
		{Facts{DUNS: "15-048-3782"}, "duns:150483782"},
		{Facts{DUNS: "1234"}, "!duns:identity.duns_wrong"},
		{Facts{Web: []string{"münchner-werkzeug.de", "http://shop.xn--mnchner-werkzeug-jzb.de"}}, "domain:xn--mnchner-werkzeug-jzb.de"},
		{Facts{Web: []string{"www.example.com.cn", "10.0.0.1", "localhost", "kestrel.1688.com", "a b"}}, "domain:example.com.cn !web:identity.web_wrong !web:identity.web_wrong"},
		{Facts{Web: []string{"co.uk"}, Mail: []string{"nobody", "chen@qq.com", "陈@华东.中国"}}, "domain:xn--xhq89j.xn--fiqs8s !web:identity.web_wrong !mail:identity.mail_wrong"},
		{Facts{Name: "华东五金（上海）有限公司", Country: "CN", Postcode: "200000"}, "name:上海华东五金|CN|200000"},
		{Facts{Name: "Acme", Country: "England"}, "!country:identity.country_wrong"},
	} {
		if got := values(t, c.in); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

// Ways of writing one company that must meet, and companies that must not.
func TestFoldName(t *testing.T) {
	t.Parallel()
	same := [][]string{
		{"Müller & Söhne GmbH & Co. KG", "Mueller und Soehne GmbH&Co KG", "MULLER SOHNE", "Müller  +  Söhne  G.m.b.H."},
		{"Baltic Trade OÜ", "OÜ Baltic Trade", "Baltic Trade Oü", "BALTIC TRADE, OÜ", "Baltic-Trade ou"},
		{"Kestrel Supply Limited", "The Kestrel Supply Ltd.", "KESTREL SUPPLY LTD", "Kestrel Supply (Ltd)"},
		{"Société Générale S.A.", "Societe Generale SA", "société générale"},
		{"Zakład Łódź Sp. z o.o.", "Zaklad Lodz sp. z o. o.", "ZAKŁAD ŁÓDŹ SPZOO"},
		{"O'Neill Tools Inc.", "ONeill Tools, Inc", "O’Neill Tools Incorporated"},
		{"Ødegård Bygg A/S", "Odegard Bygg AS"},
		{"Ｋｅｓｔｒｅｌ　Ｔｏｏｌｓ", "Kestrel Tools"},
		{"华东五金有限公司", "華東五金股份有限公司", "华东五金", "华东五金集团有限公司"},
		{"上海华东五金有限公司", "华东五金（上海）有限公司", "上海市华东五金有限责任公司", "华东五金(上海市)有限公司"},
		{"Weiß Werkzeuge e.K.", "WEISS WERKZEUGE"},
	}
	for i, names := range same {
		for _, n := range names {
			if got, want := FoldName(n), FoldName(names[0]); got != want || got == "" {
				t.Errorf("%q folds to %q, %q to %q", n, got, names[0], want)
			}
		}
		for j := range i {
			if FoldName(names[0]) == FoldName(same[j][0]) {
				t.Errorf("%q and %q meet", names[0], same[j][0])
			}
		}
	}
	for _, n := range []string{"", "  ", "!!!", "、。"} {
		if got := FoldName(n); got != "" {
			t.Errorf("%q folds to %q", n, got)
		}
	}
	for _, n := range []string{"GmbH", "Limited", "有限公司", "The Co", "集团"} { // nothing else to go by
		if FoldName(n) == "" {
			t.Errorf("%q folds to nothing", n)
		}
	}
	for _, p := range [][2]string{{"华东五金", "华南五金"}, {"上海五金公司", "北京五金公司"}, {"Kestrel Supply", "Kestrel Support"}} {
		if FoldName(p[0]) == FoldName(p[1]) {
			t.Errorf("%q and %q meet", p[0], p[1])
		}
	}
}

func TestSimilarity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		near bool
	}{
		{"Harrow Fitout", "Harrow Fit-Out Ltd", true},
		{"Harrow Fitout Ltd", "Harow Fitout", true},
		{"Fitout Harrow", "Harrow Fitout", true},
		{"Harrow Fitout", "Harlow Logistics", false},
		{"Kestrel Supply", "Baltic Trade", false},
		{"华东五金机电", "华东五金机电设备", true},
		{"华东五金", "浙江建材", false},
		{"", "", false},
		{"A", "B", false},
	} {
		got := Similarity(c.a, c.b)
		if (got >= NearEnough) != c.near || got != Similarity(c.b, c.a) {
			t.Errorf("%q, %q: %d, near %v", c.a, c.b, got, c.near)
		}
	}
}

func TestReadable(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"Müller & Söhne": true, "华东五金": true, "می\u200cخواهم": true, "a\x00": false, "a\u202eb": false, "\u200b": false, "\ufeffa": false, "a\u2066b": false, "\ufffd": false, "a\nb": false, "": true} {
		if got := Readable(s, false); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
	if !Readable("a\nb\tc", true) {
		t.Error("lines are refused where they are allowed")
	}
}

func TestBlock(t *testing.T) {
	t.Parallel()
	for in, want := range map[Facts2]string{
		{"GB", "LS1 4AP"}: "GB|LS14AP", {"US", "94107-1234"}: "US|94107", {"LV", "LV-1010"}: "LV|1010", {"lv", "1010"}: "LV|1010", {"", "1010"}: "", {"GB", ""}: "", {"CN", "２０００００"}: "CN|200000",
	} {
		if got := Block(Facts{Country: in.country, Postcode: in.postcode}); got != want {
			t.Errorf("%+v: %q, want %q", in, got, want)
		}
	}
}

type Facts2 struct{ country, postcode string }

// Whatever is typed, folding ends, gives valid text, and folding again changes nothing
// that matters: the same input gives the same keys.
func FuzzOf(f *testing.F) {
	for _, s := range []string{"Müller GmbH & Co. KG", "华东五金（上海）有限公司", "https://www.example.co.uk", "a@b.de", "GB980780684", "((((", "\xff\xfe", "市市市市市", "ou ou ou"} {
		f.Add(s, "GB", s)
	}
	f.Fuzz(func(t *testing.T, s, country, post string) {
		in := Facts{Name: s, Country: country, Postcode: post, TaxID: s, GLN: s, DUNS: s, Web: []string{s}, Mail: []string{s}}
		a, _ := Of(in)
		b, _ := Of(in)
		if !slices.Equal(a, b) {
			t.Fatalf("%q gives %v, then %v", s, a, b)
		}
		for _, k := range a {
			if k.Value == "" || !utf8.ValidString(k.Value) {
				t.Fatalf("%q gives %q", s, k)
			}
		}
	})
}

func BenchmarkOf(b *testing.B) {
	in := Facts{Name: "Müller & Söhne Werkzeughandel GmbH & Co. KG", Country: "DE", Postcode: "80331", TaxID: "DE136695976", Web: []string{"https://www.mueller-soehne.de"}, Mail: []string{"info@mueller-soehne.de"}}
	b.ReportAllocs()
	for b.Loop() {
		if keys, _ := Of(in); len(keys) != 3 {
			b.Fatal(keys)
		}
	}
}

func TestIsCountry(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"GB": true, "CN": true, "TW": true, "XX": false, "ZZ": false, "gb": false, "UK": false, "EU": false, "G": false, "GBR": false, "": false} {
		if IsCountry(code) != want {
			t.Errorf("%q is a country: %t", code, !want)
		}
	}
}
