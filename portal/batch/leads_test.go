package batch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/lead"
)

// leadCounts are the company's leads, customers and contacts.
func (b *desk) leadCounts(a access.Actor) (leads, customers, contacts int) {
	b.t.Helper()
	for after := ""; ; {
		p, err := b.leads.List(bg, a, lead.Filter{After: after, Limit: 200})
		b.must(err)
		leads += len(p.Items)
		if after = p.Next; after == "" {
			break
		}
	}
	for after := ""; ; {
		p, err := b.customers.List(bg, a, customer.Filter{After: after, Limit: 200})
		b.must(err)
		for _, c := range p.Items {
			d, err := b.customers.Get(bg, a, c.ID)
			b.must(err)
			contacts += len(d.Contacts)
		}
		customers += len(p.Items)
		if after = p.Next; after == "" {
			return leads, customers, contacts
		}
	}
}

const leadFile = "Lead;Account name;Country;Town;Contact name;E-mail;May be passed on;Need;Expected value;Currency;Lead source;CRM id\n" +
	"Steel fabrication, Leeds;Harrow Ltd;United Kingdom;Leeds;Priya Nair;priya@harrow.example;yes;One platform;38.000,50;GBP;Event;A-1\n" +
	"Second site;Harrow Ltd;GB;Leeds;Priya Nair;priya@harrow.example;yes;;;;Trade show Köln;\n" +
	"机床维修，上海;沪东机械有限公司;中国;上海;王工;;是;;260000;CNY;;A-3\n" +
	"Talk to Harrow Ltd;Harrow Ltd;GB;Leeds;;;;;12;EURO;;A-4\n" +
	"Roofing;Brigg & Sons;GB;York;Joe;joe@;maybe;;abc;GBP;;A-5\n" +
	"Roofing, again;Brigg & Sons;GB;York;;;;;;;;A-5\n"

// TestLeadFile: leads with their customers and contacts, found where they are known; what
// is wrong stands on its cell; the same rows again add nothing, whatever was repaired.
func TestLeadFile(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		head := Head{"basis": customer.BasisForm}
		take := func(text string) File {
			f, err := b.files.Take(bg, b.ingrid, KindLeads, "", "leads.csv", head, strings.NewReader(text))
			b.must(err)
			b.work()
			return b.get(b.ingrid, f.ID)
		}
		f := take(leadFile)
		bad, err := b.files.Rows(bg, b.ingrid, f.ID, true, 0, 50)
		b.must(err)
		if got := wrongs(bad); got != "5:currency:batch.currency 5:title:lead.teaser_names 6:value:sheet.number 6:may_share:batch.yes_no 6:mail:identity.mail_wrong 6:twice 7:twice" {
			t.Fatal(got)
		}
		b.must(b.files.Repair(bg, b.ingrid, f.ID, "2026-12-01", []Repair{{Row: 5, Fields: map[string]string{"title": "Fit-out", "currency": "GBP"}}, {Row: 6, Fields: map[string]string{"mail": "", "may_share": "no", "value": ""}}, {Row: 7, Dropped: true}}))
		if got := tally(b.apply(b.ingrid, f.ID, nil)); got != "done rows=6 wrong=0 dropped=1 groups=5 clean=0 map[made:5]" {
			t.Fatal(got)
		}
		if l, c, k := b.leadCounts(b.ingrid); l != 5 || c != 3 || k != 3 {
			t.Errorf("%d leads of %d customers with %d contacts", l, c, k)
		}
		p, err := b.leads.List(bg, b.ingrid, lead.Filter{Query: "Steel"})
		b.must(err)
		if len(p.Items) != 1 || p.Items[0].Value.Minor != 3_800_050 || p.Items[0].Source != "event" {
			t.Fatalf("%+v", p.Items)
		}
		d, err := b.leads.Get(bg, b.ingrid, p.Items[0].ID)
		b.must(err)
		if k := d.Customer.Contacts; d.Customer.Country != "GB" || len(k) != 1 || !k[0].Consent.Share || k[0].Consent.Basis != customer.BasisForm {
			t.Errorf("%+v", d.Customer)
		}
		p, err = b.leads.List(bg, b.ingrid, lead.Filter{Query: "Second"})
		b.must(err)
		if len(p.Items) != 1 || p.Items[0].Source != "other" || p.Items[0].Campaign != "Trade show Köln" {
			t.Errorf("%+v", p.Items)
		}

		// the same file, repaired in another way: nothing is added
		f = take(leadFile)
		if f.Counts.Doubts < 4 {
			t.Errorf("%+v", f.Counts)
		}
		b.must(b.files.Repair(bg, b.ingrid, f.ID, "2026-12-01", []Repair{{Row: 5, Fields: map[string]string{"title": "Other", "currency": "EUR"}}, {Row: 6, Dropped: true}}))
		if got := tally(b.apply(b.ingrid, f.ID, nil)); got != "done rows=6 wrong=0 dropped=1 groups=5 clean=0 map[same:5]" {
			t.Fatal(got)
		}
		// nor by the rows without a number in another order
		lines := strings.Split(leadFile, "\n")
		if got := tally(b.apply(b.ingrid, take(lines[0]+"\n"+lines[2]+"\n").ID, nil)); got != "done rows=1 wrong=0 dropped=0 groups=1 clean=0 map[same:1]" {
			t.Fatal(got)
		}
		if l, c, k := b.leadCounts(b.ingrid); l != 5 || c != 3 || k != 3 {
			t.Errorf("%d leads of %d customers with %d contacts after the same again", l, c, k)
		}

		// a partner learns of no file and no lead; who may not add leads brings none
		if _, err := b.files.Get(bg, b.kaarel, f.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("another company's file: %v", err)
		}
		if l, c, _ := b.leadCounts(b.kaarel); l+c != 0 {
			t.Errorf("another company has %d leads, %d customers", l, c)
		}
		viewer := b.ingrid
		viewer.Roles = []access.Role{access.Buyer}
		if _, err := b.files.Take(bg, viewer, KindLeads, "", "x", nil, strings.NewReader(leadFile)); err == nil {
			t.Error("a buyer brings leads")
		}
	})
}

// TestThousandsOfLeads: 2,000 rows (10,000 in make long) of which every fiftieth is bad: those
// are found, come back as a file, are repaired in the grid and added; the same file once more
// adds nothing. The program may stop between any two steps.
func TestThousandsOfLeads(t *testing.T) {
	t.Parallel()
	rows := 2_000
	if os.Getenv("ENTENTE_LONG") != "" {
		rows = 10_000
	}
	bad := rows / 50
	b := newDesk(t, dbtest.One(t), t.TempDir())
	b.fill()
	var text bytes.Buffer
	text.WriteString("title,company,country,postcode,city,contact,mail,may_share,basis,value,currency,families\n")
	wrong := 0
	for i := range rows {
		mail, value := fmt.Sprintf("p%d@c%d.example", i, i/4), fmt.Sprint(100+i)
		if i%(rows/bad) == 7 {
			if wrong++; wrong%2 == 0 {
				mail = "nobody"
			} else {
				value = "a lot"
			}
		}
		fmt.Fprintf(&text, "Workshop %d,Company %d Ltd,GB,LS%d 4AP,Leeds,Person %d,%s,yes,mail,%s,GBP,cordless\n", i, i/4, i%28, i, mail, value)
	}
	f := b.take(b.ingrid, KindLeads, "", text.String())
	if got := tally(f); got != fmt.Sprintf("ready rows=%d wrong=%d dropped=0 groups=%d clean=%d map[]", rows, bad, rows, rows-bad) {
		t.Fatal(got)
	}
	back := 0
	b.must(b.files.Errors(bg, b.ingrid, f.ID, func(_ []string, r Row) error {
		if len(r.Wrong) == 0 {
			t.Errorf("row %d has no reason", r.No)
		}
		back++
		return nil
	}))
	if back != bad {
		t.Fatalf("%d rows come back", back)
	}
	if got := tally(b.apply(b.ingrid, f.ID, nil)); got != fmt.Sprintf("ready rows=%d wrong=%d dropped=0 groups=%d clean=0 map[made:%d]", rows, bad, rows, rows-bad) {
		t.Fatal(got)
	}
	repair := func(id string) {
		left, err := b.files.Rows(bg, b.ingrid, id, true, 0, rows)
		b.must(err)
		var fixes []Repair
		for _, r := range left {
			x := Repair{Row: r.No, Fields: map[string]string{}}
			for _, w := range r.Wrong {
				x.Fields[w.Field] = map[string]string{"mail": fmt.Sprintf("fixed%d@c.example", r.No), "value": "1"}[w.Field]
			}
			fixes = append(fixes, x)
		}
		b.must(b.files.Repair(bg, b.ingrid, id, "2026-12-01", fixes))
	}
	repair(f.ID)
	if got := tally(b.apply(b.ingrid, f.ID, nil)); got != fmt.Sprintf("done rows=%d wrong=0 dropped=0 groups=%d clean=0 map[made:%d]", rows, rows, rows) {
		t.Fatal(got)
	}
	// once more: every row is known
	f = b.take(b.ingrid, KindLeads, "", text.String())
	if f.Counts.Doubts != rows {
		t.Errorf("%d rows are known", f.Counts.Doubts)
	}
	repair(f.ID)
	if got := tally(b.apply(b.ingrid, f.ID, nil)); got != fmt.Sprintf("done rows=%d wrong=0 dropped=0 groups=%d clean=0 map[same:%d]", rows, rows, rows) {
		t.Fatal(got)
	}
	var n int64
	b.must(b.db.View(bg, func(ctx context.Context) error { return db.Tx(ctx).Raw("SELECT COUNT(*) FROM lead").Scan(&n).Error }))
	if int(n) != rows {
		t.Errorf("%d leads", n)
	}
}

// TestLeadTitles: titles as people write them are found, in both languages.
func TestLeadTitles(t *testing.T) {
	t.Parallel()
	for _, titles := range []string{"Lead title|Account name|Country|E-mail|Phone|Amount", "线索名称|公司名称|国家|邮箱|电话|预计金额"} {
		var row sheet.Row
		row.No = 1
		for s := range strings.SplitSeq(titles, "|") {
			row.Cells = append(row.Cells, sheet.Cell{Text: s})
		}
		m := Leads{}.Guess(bg, access.Actor{}, File{}, []sheet.Row{row})
		if got := strings.Join(m.Columns, " "); m.Header != 1 || got != "title company country mail phone value" {
			t.Errorf("%s: %s", titles, got)
		}
	}
}

// Item numbers with quantities are read as people write them, or told at their cell.
func TestWanted(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"": "[]", "aur-d18b": "[{AUR-D18B 1}]", "AUR-D18B × 40; AUR-B50": "[{AUR-D18B 40} {AUR-B50 1}]", "40 x AUR-D18B，AUR-B50:2.5": "[{AUR-D18B 40} {AUR-B50 2.5}]", "12*AUR-B50": "[{AUR-B50 12}]",
		"two drills": "no", "AUR-B50 × many": "no", "AUR-B50 × 0": "no", "a × b × c": "no"} {
		got, ok := wanted(s)
		text := fmt.Sprint(got)
		if !ok {
			text = "no"
		}
		if text != want {
			t.Errorf("%q: %s, want %s", s, text, want)
		}
	}
}
