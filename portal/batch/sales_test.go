package batch

import (
	"fmt"
	"strings"
	"testing"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/sellthrough"
)

// TestSalesFile: a report of a month from a file. Unreadable rows hold it back until they
// are repaired or left out; what is unknown does not, and counts when the cross reference
// comes. The same file again adds nothing, a corrected one takes its place, and for another
// month it is another report.
func TestSalesFile(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		text := "Item;Qty;Unit;Price;Sales date;Customer;Postcode;Country;Deal number\n" +
			"AUR-01;3;箱;12,50;04.11.2026;Wharfe Steel Ltd;LS21 1AA;gb;D-10000001\n" +
			"K-77;4;;;;;;;\n" +
			"AUR-02;-2;pcs;;05.11.2026;;;;\n" +
			"AUR-03;many;;;;;;;\n" +
			"AUR-04;1;pallet;;31.10.2026;;;;\n" +
			";10;;;;;;;\n"
		take := func(a access.Actor, text, from, to, report string) File {
			t.Helper()
			f, err := b.files.Take(bg, a, KindSales, b.toKestrel, "november.csv", Head{"from": from, "to": to, "report": report}, strings.NewReader(text))
			b.must(err)
			b.work()
			return b.get(a, f.ID)
		}
		f := take(b.dan, text, "2026-11-01", "2026-11-30", "")
		rows, err := b.files.Rows(bg, b.dan, f.ID, false, 0, 50)
		b.must(err)
		if got := wrongs(rows); got != "5:quantity:sheet.number" {
			t.Fatal(got)
		}
		doubts := ""
		for _, r := range rows {
			for _, d := range r.Doubts {
				doubts += fmt.Sprint(r.No, ":", d.Key, " ")
			}
		}
		if doubts != "3:sell.doubt.item 6:sell.doubt.date 6:sell.doubt.unit 7:batch.total " {
			t.Fatal(doubts)
		}
		if got := tally(f); got != "ready rows=6 wrong=1 dropped=1 groups=1 clean=0 map[]" {
			t.Fatal(got)
		}
		b.must(b.files.Repair(bg, b.dan, f.ID, "2026-12-01", []Repair{{Row: 5, Fields: map[string]string{"quantity": "7"}}}))
		if got := tally(b.apply(b.dan, f.ID, nil)); got != "done rows=6 wrong=0 dropped=1 groups=1 clean=0 map[made:1]" {
			t.Fatal(got)
		}
		list, _, err := b.sales.List(bg, b.ingrid, sellthrough.Filter{})
		b.must(err)
		if len(list) != 1 || list[0].Number != "2026-11-01/2026-11-30" || list[0].Doubts != 2 || list[0].Source != sellthrough.FromFile {
			t.Fatalf("%+v", list)
		}
		d, err := b.sales.Show(bg, b.ingrid, list[0].ID, sellthrough.LineFilter{})
		b.must(err)
		l := d.Page[0]
		if len(d.Page) != 5 || l.SKU != "AUR-01" || l.BuyerItem != "" || l.Pieces.String() != "30" || l.Price.String() != "12.5" || l.From != "2026-11-04" || l.Customer.Name != "Wharfe Steel Ltd" || l.Customer.Country != "GB" || l.Deal != "D-10000001" || d.Page[2].Quantity.String() != "-2" || d.Page[3].Quantity.String() != "7" {
			t.Fatalf("%+v", d.Page)
		}
		b.must(b.cat.Refer(bg, b.ingrid, catalog.Reference{Supplier: b.aurelia, Partner: b.kestrel, BuyerItem: "K-77", SKU: "AUR-05"}))
		if n, err := b.sales.Mend(bg, b.dan, b.toKestrel); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		clean := strings.Replace(text, "many", "7", 1)
		again := take(b.dan, clean, "2026-11-01", "2026-11-30", "")
		if got := tally(b.apply(b.dan, again.ID, nil)); got != "done rows=6 wrong=0 dropped=1 groups=1 clean=0 map[same:1]" {
			t.Fatal(got)
		}
		fixed := take(b.dan, strings.Replace(clean, "AUR-01;3", "AUR-01;4", 1), "2026-11-01", "2026-11-30", "")
		if got := tally(b.apply(b.dan, fixed.ID, nil)); got != "done rows=6 wrong=0 dropped=1 groups=1 clean=0 map[changed:1]" {
			t.Fatal(got)
		}
		other := take(b.dan, clean, "2026-10-01", "2026-10-31", "SR-10")
		if got := tally(b.apply(b.dan, other.ID, nil)); got != "done rows=6 wrong=0 dropped=1 groups=1 clean=0 map[made:1]" {
			t.Fatal(got)
		}
		if list, _, err = b.sales.List(bg, b.ingrid, sellthrough.Filter{State: sellthrough.Current}); err != nil || len(list) != 2 {
			t.Fatalf("%+v %v", list, err)
		}
		for _, a := range []access.Actor{b.ingrid, b.kaarel} {
			if _, err := b.files.Take(bg, a, KindSales, b.toKestrel, "x.csv", Head{"from": "2026-11-01", "to": "2026-11-30"}, strings.NewReader(text)); fault.CodeOf(err) != fault.Forbidden && fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s brings a file: %v", a.Person, err)
			}
		}
	})
}
