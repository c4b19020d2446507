package batch

import (
	"strings"
	"testing"

	"entente/prm/access"
	"entente/prm/fault"
)

func csvOf(rows ...[]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(r, ";") + "\n")
	}
	return b.String()
}

// TestProductFile: products with pack trees in, wrong check digits and doubles found on
// the cell, what the file does not speak of left alone; the file that is written is read
// as the same.
func TestProductFile(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		text := "sku;name_en;unit;gtin;case_unit;case_quantity;case_gtin;minimum;replaced_by;replaced_from\n" +
			"NEW-1;New tool;EA;4006381333931;CA;12;14006381333938;6;NEW-2;2027-01-01\n" +
			"NEW-2;Newer tool;EA;4006381333932;;;;;;\n" +
			"AUR-01;Tool one;EA;;CA;10;;;;\n" +
			"NEW-3;x;;;;;;;;\n" +
			"NEW-4;a;EA;;;;;;;\nnew-4;b;EA;;;;;;;\n"
		f := b.take(b.ingrid, KindProducts, "", text)
		bad, err := b.files.Rows(bg, b.ingrid, f.ID, true, 0, 50)
		b.must(err)
		if got := wrongs(bad); got != "3:gtin:catalog.gtin_digit 5:unit:sheet.missing 6:twice 7:twice" {
			t.Fatal(got)
		}
		b.must(b.files.Repair(bg, b.ingrid, f.ID, "2026-12-01", []Repair{{Row: 3, Fields: map[string]string{"gtin": "4006381333900"}}, {Row: 5, Dropped: true}, {Row: 7, Fields: map[string]string{"sku": "NEW-5"}}}))
		f = b.apply(b.ingrid, f.ID, nil)
		if got := tally(f); got != "done rows=6 wrong=0 dropped=1 groups=5 clean=0 map[changed:1 made:4]" {
			t.Fatal(got)
		}
		have, err := b.cat.Own(bg, b.ingrid, "NEW-1", "AUR-01")
		b.must(err)
		n, o := have["NEW-1"], have["AUR-01"]
		if n.GTIN != "04006381333931" || len(n.Packs) != 1 || n.Packs[0].GTIN != "14006381333938" || n.Minimum.String() != "6" || n.ReplacedBy != "NEW-2" {
			t.Errorf("%+v", n)
		}
		if o.NameEN != "Tool one" || o.NameZH != "工具" {
			t.Errorf("%+v", o)
		}
		if got := tally(b.apply(b.ingrid, b.take(b.ingrid, KindProducts, "", csvOf(ProductColumns(), ProductCells(n), ProductCells(o))).ID, nil)); got != "done rows=2 wrong=0 dropped=0 groups=2 clean=0 map[same:2]" {
			t.Error(got)
		}
		viewer := b.ingrid
		viewer.Roles = []access.Role{access.Sales}
		if _, err := b.files.Take(bg, viewer, KindProducts, "", "x", nil, strings.NewReader(text)); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a file of one who may not change the catalogue: %v", err)
		}
	})
}

// TestReferenceFile: the supplier brings a partner's numbers, the partner corrects one;
// another partner sees nothing of it.
func TestReferenceFile(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		text := "buyer_item;sku\nK-1;AUR-01\nK-2;AUR-02\nK-3;AUR-99\n"
		f := b.take(b.ingrid, KindReferences, b.toKestrel, text)
		bad, err := b.files.Rows(bg, b.ingrid, f.ID, true, 0, 50)
		b.must(err)
		if got := wrongs(bad); got != "4:sku:catalog.sku_unknown" {
			t.Fatal(got)
		}
		if got := tally(b.apply(b.ingrid, f.ID, nil)); got != "ready rows=3 wrong=1 dropped=0 groups=3 clean=0 map[made:2]" {
			t.Fatal(got)
		}
		if got := tally(b.apply(b.dan, b.take(b.dan, KindReferences, b.toKestrel, "buyer_item;sku\nK-1;AUR-01\nK-2;AUR-05\n").ID, nil)); got != "done rows=2 wrong=0 dropped=0 groups=2 clean=0 map[changed:1 same:1]" {
			t.Error(got)
		}
		refs, err := b.cat.ReferencesOf(bg, b.dan, b.aurelia, b.kestrel, "", 10)
		b.must(err)
		if len(refs) != 2 || refs[1].BuyerItem != "K-2" || refs[1].SKU != "AUR-05" {
			t.Errorf("%+v", refs)
		}
		if _, err := b.cat.ReferencesOf(bg, b.kaarel, b.aurelia, b.kestrel, "", 10); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("another partner's numbers: %v", err)
		}
		if _, err := b.cat.Referred(bg, b.kaarel, b.aurelia, b.kestrel, []string{"K-1"}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("another partner's numbers: %v", err)
		}
	})
}
