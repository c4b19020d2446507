package promo

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/lift"
	"entente/prm/money"
)

// PromoSold adds the reports of the shelf up by months, which is how they report here.
func (s *shelf) PromoSold(_ context.Context, _ access.Actor, supplier, reseller, from, to string, skus []string) (Sold, error) {
	out := Sold{Grain: "month", PerYear: 12}
	at, _ := time.Parse(time.DateOnly, from[:8]+"01")
	for ; ; at = at.AddDate(0, 1, 0) {
		p := SoldPeriod{From: at.Format(time.DateOnly), To: at.AddDate(0, 1, -1).Format(time.DateOnly)}
		if p.To > to {
			return out, nil
		}
		if p.From < from {
			continue
		}
		for _, o := range s.all {
			if o.Supplier == supplier && o.Reseller == reseller && o.Stands && o.Lines[0].From == p.From && o.Lines[0].To == p.To {
				p.Known = true
				for _, l := range o.Lines {
					out.Sums = append(out.Sums, SoldSum{len(out.Periods), l.SKU, l.Sold})
				}
			}
		}
		out.Periods = append(out.Periods, p)
	}
}

// history writes one order a week of a company, from a Monday on, as it may have come
// before the portal: drills and a sibling, in cases.
func (m *market) history(org, partnership, currency, from string, weeks int, drills, sibling func(week int) int64) {
	m.t.Helper()
	m.must(m.db.InTx(context.Background(), func(ctx context.Context) error {
		id := map[string]string{}
		err := db.Rows(ctx, "SELECT sku, id FROM product WHERE org_id = ?", []any{m.aurelia}, func(scan func(...any) error) error {
			var sku, x string
			err := scan(&sku, &x)
			id[sku] = x
			return err
		})
		if err != nil {
			return err
		}
		begin, err := time.Parse(time.DateOnly, from)
		if err != nil {
			return err
		}
		const lineCols = "INSERT INTO order_line (order_id, line, supplier_id, reseller_id, reference, product_id, sku, buyer_item, gtin, description, unit, price, list_price, amount, mark, state, requested_on, promised_on, deal_number, ordered, confirmed, backordered, cancelled, shipped, received, invoiced, credited, returned, free) VALUES "
		const orderCols = "INSERT INTO purchase_order (id, supplier_id, reseller_id, partnership_id, number, release_no, purpose, kind, state, held, marks, currency, total, confirmed_total, invoiced_total, line_count, ordered_on, requested_on, ship_to, parties, references_json, note, source, interchange_id, set_no, source_key, copy, content_hash, placed_by, received, changed, version) VALUES "
		var orders, lines []string
		var oa, la []any
		for w := range weeks {
			day := begin.AddDate(0, 0, 7*w+2)
			o, on := db.NewID(), day.Format(time.DateOnly)
			orders = append(orders, "(?, ?, ?, ?, ?, '', '00', 'SA', 'closed', '', 0, ?, 0, 0, 0, 2, ?, '', '', '[]', '[]', '', 'edi', '', 0, '', 0, '', '', ?, 0, 1)")
			oa = append(oa, o, m.aurelia, org, partnership, "H-"+on, currency, on, db.Micros(day))
			for i, x := range []struct {
				sku string
				n   int64
			}{{"AUR-D18B", drills(w)}, {"AUR-D12", sibling(w)}} {
				lines = append(lines, "(?, ?, ?, ?, '', ?, ?, '', '', '', 'CA', ?, 0, 0, '', 'closed', '', '', '', ?, 0, 0, ?, 0, 0, 0, 0, 0, 0)")
				la = append(la, o, i+1, m.aurelia, org, id[x.sku], x.sku, int64(money.Whole(840)), int64(money.Whole(x.n+2)), int64(money.Whole(2)))
			}
			lines = append(lines, "(?, 3, ?, ?, '', ?, 'AUR-D18B', '', '', '', 'EA', 0, 0, 0, '', 'closed', '', '', '', 900000000, 0, 0, 0, 0, 0, 0, 0, 0, 1)") // free of charge
			la = append(la, o, m.aurelia, org, id["AUR-D18B"])
		}
		if _, err := db.Exec(ctx, orderCols+strings.Join(orders, ", "), oa...); err != nil {
			return err
		}
		_, err = db.Exec(ctx, lineCols+strings.Join(lines, ", "), la...)
		return err
	}))
}

// The orders of two years, with five cases a week more in the window, fewer after it and of
// the sibling, are measured; the other company has too little history and is not guessed at;
// neither hears of the other, and the reports of a month are measured by the month.
func TestWhatAPromotionAdded(t *testing.T) {
	open4(t, func(m *market) {
		m.must(m.cat.Put(m.at(), access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}, catalog.Product{SKU: "AUR-D12", NameEN: "Drill", Family: "cordless", Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}}))
		s := &shelf{m: m}
		m.svc.Report(s)
		x := m.terms()
		x.Families, x.SKUs, x.ShipBy, x.BackDays, x.Quoted, x.From, x.Until = nil, []string{"AUR-D18B"}, "", 0, false, "2026-12-07", "2027-01-03"
		d := m.running(x)
		// weeks 101 to 104 are the window, 105 to 108 come after it
		bump := func(w int, in, after int64) int64 {
			n := 20 + int64(w*7%3)
			switch {
			case w >= 101 && w <= 104:
				n += in
			case w >= 105:
				n += after
			}
			return n
		}
		drills, sibling := func(w int) int64 { return bump(w, 5, -2) }, func(w int) int64 { return bump(w, -1, 0) / 2 }
		m.history(m.kestrel, m.toKestrel, "GBP", "2024-12-30", 109, drills, sibling)
		m.history(m.baltic, m.toBaltic, "EUR", "2026-06-01", 35, drills, sibling)
		m.now = time.Date(2027, 2, 2, 9, 0, 0, 0, time.UTC)
		all, err := m.svc.Lift(m.at(), m.ingrid, d.ID)
		m.must(err)
		if len(all.Parts) != 2 || all.Total == nil || all.Total.Measured != 1 || all.By != ByOrder {
			t.Fatalf("%+v", all)
		}
		k := all.Parts[0]
		if k.Org != m.kestrel {
			k = all.Parts[1]
		}
		near := func(what string, e Effect, want int64) {
			t.Helper()
			if w := money.Whole(want); e.Low > w || e.High < w || e.Differs != (e.Low > 0 || e.High < 0) {
				t.Fatalf("%s: %+v, want about %d", what, e, want)
			}
		}
		in := k.In
		near("lift", in.Lift, 200)
		near("after", in.After, -80)
		near("taken", in.Taken, -20)
		near("extra", in.Extra, 100)
		if in.Why != "" || in.Grain != "week" || in.First != "2026-12-07" || in.Last != "2027-01-03" || in.From != "2025-01-06" || in.Open || in.AfterOpen || !in.Siblings || in.Fitted < 95 || in.Lift.High-in.Lift.Low > money.Whole(120) || !in.Lift.Differs {
			t.Fatalf("%+v", in)
		}
		// every order is in cases of ten at 840; four weeks of 25, 26 or 27
		if in.Actual != money.Whole(1040) && in.Actual != money.Whole(1050) || in.Price != money.Price(money.Whole(84)) || in.Worth.Value.Minor != int64(in.Extra.Value)/money.One*8400 || in.Base != in.Actual-in.Lift.Value {
			t.Fatalf("%+v", in)
		}
		if b := all.Parts[0]; b.Org == m.baltic && b.In.Why != lift.Short || all.Parts[1].Org == m.baltic && all.Parts[1].In.Why != lift.Short {
			t.Fatalf("a history of half a year is enough")
		}
		if k.Out.Why != WhyReports || k.Gapped {
			t.Fatalf("%+v", k.Out)
		}
		// a participant reads its own, without what the owner earns
		m.must(m.svc.SetMargin(m.at(), m.ingrid, d.ID, money.One/4))
		m.want(m.svc.SetMargin(m.at(), m.ingrid, d.ID, money.One), fault.Invalid, "promo.percent_wrong")
		m.want(m.svc.SetMargin(m.at(), m.maya, d.ID, 0), fault.Forbidden, "")
		mine, err := m.svc.Lift(m.at(), m.maya, d.ID)
		m.must(err)
		if len(mine.Parts) != 1 || mine.Parts[0].Org != m.kestrel || mine.Total != nil || mine.Margin != 0 || mine.Parts[0].Return != nil || strings.Contains(fmt.Sprintf("%+v", mine), m.baltic) {
			t.Fatalf("%+v", mine)
		}
		stranger := access.Actor{Person: db.NewID(), Org: m.bank, Roles: []access.Role{access.Admin}, Via: "session:x"}
		_, err = m.svc.Lift(m.at(), stranger, d.ID)
		m.want(err, fault.NotFound, "")
		// the lines behind it add up to it, page by page
		sum, page := money.Quantity(0), Document{}
		for {
			got, err := m.svc.Documents(m.at(), m.maya, d.ID, m.baltic, ByOrder, page, 70) // the company is her own, whatever she names
			m.must(err)
			if len(got) == 0 {
				break
			}
			for _, l := range got {
				if l.Own && l.Day >= in.First && l.Day <= in.Last {
					sum += l.Quantity * 10
				}
			}
			page = got[len(got)-1]
		}
		if sum != in.Actual {
			t.Fatalf("the lines make %s, the page says %s", sum, in.Actual)
		}
		_, err = m.svc.Documents(m.at(), m.ingrid, d.ID, m.bank, ByOrder, Document{}, 10)
		m.want(err, fault.NotFound, "")
		_, err = m.svc.Documents(m.at(), m.ingrid, d.ID, m.kestrel, "", Document{}, 10)
		m.want(err, fault.Invalid, "form.choice_wrong")
		viewer := m.maya
		viewer.Scopes = []string{"promotions:read"}
		_, err = m.svc.Documents(m.at(), viewer, d.ID, "", ByResale, Document{}, 10)
		m.want(err, fault.Forbidden, "")

		// sell-through by the month; January is not reported yet, then is
		for i := range 24 {
			at := time.Date(2025, time.Month(1+i), 1, 0, 0, 0, 0, time.UTC)
			n := int64(900 + 10*(i*5%7))
			s.all = append(s.all, m.sold(at.Format("2006-01"), "AUR-D18B", n, at.Format(time.DateOnly), at.AddDate(0, 1, -1).Format(time.DateOnly), ""))
		}
		got, err := m.svc.Lift(m.at(), m.maya, d.ID)
		m.must(err)
		if o := got.Parts[0].Out; o.Why != WhyReports || o.Grain != "month" {
			t.Fatalf("%+v", o)
		}
		s.all = append(s.all, m.sold("2027-01", "AUR-D18B", 910, "2027-01-01", "2027-01-31", ""))
		got, err = m.svc.Lift(m.at(), m.maya, d.ID)
		m.must(err)
		o := got.Parts[0].Out
		// December and January are touched by the window, and measured whole
		if o.Why != "" || o.First != "2026-12-01" || o.Last != "2027-01-31" || o.Extra.Differs || !o.AfterOpen || o.Actual != money.Whole(1840) {
			t.Fatalf("%+v", o)
		}
		gap := int64(-1840)
		for w := 100; w < 109; w++ { // the Wednesdays of the two months, from 2 December to 27 January
			gap += 10 * drills(w)
		}
		if g := got.Parts[0]; !g.Gapped || g.Gap != money.Whole(gap) {
			t.Fatalf("gap %s, want %d", g.Gap, gap)
		}

		// another promotion of the same product is no history, and is named where both ran
		later := m.now
		m.now = time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
		y := x
		y.Title, y.From, y.Until = "Spring", "2026-03-02", "2026-03-29"
		m.running(y)
		y.Title, y.From, y.Until = "Also", "2026-12-20", "2026-12-31"
		p3 := m.running(y)
		m.now = later
		got, err = m.svc.Lift(m.at(), m.maya, d.ID)
		m.must(err)
		in2 := got.Parts[0].In
		left := 0
		for _, w := range in2.Periods {
			if w.Part == InOther {
				left++
			}
		}
		if left != 8 || in2.Fitted != in.Fitted-8 || len(in2.Others) != 1 || in2.Others[0] != p3.Number {
			t.Fatalf("%d weeks of other promotions, %v", left, in2.Others)
		}

		// settled, it stays as it was settled
		m.must(m.svc.Tick(m.at()))
		now := m.get(d.ID)
		m.order("2026-12-08", "", want{"AUR-D18B", "10", "84", now.Number})
		m.must(m.svc.Settle(m.at(), m.ingrid, d.ID, m.get(d.ID).Version, ""))
		r, err := m.svc.Results(m.at(), m.maya, d.ID)
		m.must(err)
		l, err := m.svc.Lift(m.at(), m.maya, d.ID)
		m.must(err)
		if len(r.Frozen) != 1 || r.Frozen[0].Extra == nil || *r.Frozen[0].Extra != l.Parts[0].In.Extra {
			t.Fatalf("%+v", r.Frozen)
		}
	})
}

// Terms that are being written are held against the orders of the same days a year before:
// units and cost by company, up to its limit, without asking for a number.
func TestReplay(t *testing.T) {
	open4(t, func(m *market) {
		m.order("2025-11-30", "", want{"AUR-D18B", "50", "84", ""})
		m.order("2025-12-02", "", want{"AUR-D18B", "10", "84", ""}, want{"AUR-G125", "7", "46.50", ""})
		m.order("2025-12-20", "", want{"AUR-D18B", "20", "84", ""})
		m.order("2026-01-02", "", want{"AUR-D18B", "90", "84", ""})
		m.orderOf(m.baltic, m.toBaltic, "EUR", "2025-12-03", "", nil, want{"AUR-B50", "4", "37.44", ""})
		x := m.terms()
		x.Parts[0].Limit = money.Whole(25)
		said := func(x Terms) string {
			t.Helper()
			r, err := m.svc.Replay(m.at(), m.ingrid, m.trade, x)
			m.must(err)
			out := r.From + " " + r.Until
			for _, p := range r.Parts {
				name := "K"
				if p.Org == m.baltic {
					name = "B"
				}
				out += fmt.Sprint("; ", name, " ", p.Orders, " ", p.Units, " ", p.Cost, " ", p.Cost.Currency)
			}
			return out
		}
		// 25 × 4.20; 4 × 5 % of 37.44, rounded at the line
		if got := said(x); got != "2025-12-01 2025-12-31; K 2 25 105.00 GBP; B 1 4 7.49 EUR" && got != "2025-12-01 2025-12-31; B 1 4 7.49 EUR; K 2 25 105.00 GBP" {
			t.Fatal(got)
		}
		x = m.terms()
		x.Kind, x.Percent, x.Buy, x.Free, x.FreeSKU, x.SKUs, x.Families = Free, 0, money.Whole(5), money.Whole(1), "AUR-B50", []string{"AUR-D18B"}, nil
		x.Parts = x.Parts[:1]
		if got := said(x); got != "2025-12-01 2025-12-31; K 2 30 187.20 GBP" { // 6 batteries at 31.20
			t.Fatal(got)
		}
		_, err := m.svc.Replay(m.at(), m.maya, m.trade, x)
		if c := fault.CodeOf(err); c != fault.Forbidden && c != fault.Invalid && c != fault.NotFound {
			t.Fatal(err)
		}
		x.Parts[0].Org = db.NewID()
		_, err = m.svc.Replay(m.at(), m.ingrid, m.trade, x)
		m.want(err, fault.Invalid, "promo.partner_unknown")
		page, err := m.svc.List(m.at(), m.ingrid, Filter{})
		m.must(err)
		if len(page.Items) != 0 {
			t.Fatal("a replay kept something")
		}
	})
}

// An invoice of two orders is read with the products of the order that each line is of; a
// credit of goods takes back, one of the price takes nothing.
func TestInvoicesOfSeveralOrders(t *testing.T) {
	open4(t, func(m *market) {
		m.must(m.cat.Put(m.at(), access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}, catalog.Product{SKU: "AUR-D12", NameEN: "Drill", Family: "cordless", Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}}))
		n := func(int) int64 { return 20 }
		m.history(m.kestrel, m.toKestrel, "GBP", "2026-01-05", 2, n, n)
		m.must(m.db.InTx(m.at(), func(ctx context.Context) error {
			var orders, product []string
			if err := db.Tx(ctx).Raw("SELECT id FROM purchase_order WHERE number LIKE 'H-%' ORDER BY number").Scan(&orders).Error; err != nil {
				return err
			}
			if err := db.Tx(ctx).Raw("SELECT id FROM product WHERE org_id = ? AND sku IN ('AUR-D18B', 'AUR-D12') ORDER BY sku", m.aurelia).Scan(&product).Error; err != nil {
				return err
			}
			const invoices = "INSERT INTO invoice (id, order_id, supplier_id, reseller_id, number, kind, state, currency, net, tax, tax_rate, tax_category, differs_by, gross, issued_on, due_on, made_by, made, interchange_id, credit_of, orders) VALUES (?, ?, ?, ?, ?, ?, 'matched', 'GBP', 0, 0, 0, 'S', 0, 0, ?, ?, '', 1, '', ?, ?)"
			const lines = "INSERT INTO invoice_line (invoice_id, position, line, sku, quantity, unit, price, amount, difference, order_id) VALUES (?, ?, ?, '', ?, 'CA', ?, 0, '', ?)"
			whole := int64(money.Whole(840))
			for _, x := range []struct {
				id, kind, of, day string
				orders            int
				lines             [][4]any // line, quantity, price, order
			}{
				{"I", "invoice", "", "2026-01-20", 2, [][4]any{{1, int64(money.Whole(7)), whole, orders[0]}, {2, int64(money.Whole(3)), whole, orders[1]}}},
				{"G", "credit", "I", "2026-01-21", 0, [][4]any{{2, int64(money.Whole(1)), whole, ""}}},
				{"P", "credit", "I", "2026-01-22", 0, [][4]any{{1, int64(money.Whole(7)), whole / 10, ""}}},
			} {
				first := orders[0]
				if x.id == "G" {
					first = orders[1]
				}
				if _, err := db.Exec(ctx, invoices, x.id, first, m.aurelia, m.kestrel, "INV-"+x.id, x.kind, x.day, x.day, x.of, x.orders); err != nil {
					return err
				}
				for i, l := range x.lines {
					if _, err := db.Exec(ctx, lines, x.id, i+1, l[0], l[1], l[2], l[3]); err != nil {
						return err
					}
				}
			}
			// the second order has its lines the other way round
			if _, err := db.Exec(ctx, "UPDATE order_line SET product_id = ? WHERE order_id = ? AND line = 2", product[1], orders[1]); err != nil {
				return err
			}
			rows, err := movedIn(ctx, ByInvoice, m.aurelia, m.kestrel, "2026-01-01", "2026-02-01", []good{{ID: product[1], SKU: "AUR-D18B", Own: true}, {ID: product[0], SKU: "AUR-D12"}})
			if err != nil {
				return err
			}
			sum := map[string]money.Quantity{}
			for _, r := range rows {
				sum[fmt.Sprintf("%s %v", r.Day, r.Own)] += r.pieces()
			}
			if len(rows) != 3 || sum["2026-01-20 true"] != money.Whole(100) || sum["2026-01-21 true"] != -money.Whole(10) || sum["2026-01-22 true"] != 0 {
				t.Errorf("%v of %+v", sum, rows)
			}
			got, err := documentsIn(ctx, ByInvoice, m.aurelia, m.kestrel, "2026-01-01", "2026-02-01", product, Document{}, 10)
			if err != nil {
				return err
			}
			text := ""
			for _, d := range got {
				text += fmt.Sprintf("%s %d %s; ", d.Number, d.Line, d.Quantity)
				if (d.ID == orders[1]) != (d.Line == 2 || d.Number == "INV-G") {
					t.Errorf("the order of %+v", d)
				}
			}
			if text != "INV-I 1 7; INV-I 2 3; INV-G 1 -1; " {
				t.Error(text)
			}
			return nil
		}))
	})
}

// What was measured beforehand is what would be measured now, says since when, and is
// measured again when a document came; what is settled is measured anew.
func TestMeasuredBeforehand(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.Families, x.SKUs, x.ShipBy, x.BackDays, x.Quoted, x.From, x.Until = nil, []string{"AUR-D18B"}, "", 0, false, "2026-12-07", "2027-01-03"
		d := m.running(x)
		n := func(w int) int64 { return 20 + int64(w*7%3) }
		m.history(m.kestrel, m.toKestrel, "GBP", "2024-12-30", 109, n, n)
		m.now = time.Date(2027, 2, 2, 9, 0, 0, 0, time.UTC)
		lift := func(a access.Actor) Lifted {
			t.Helper()
			got, err := m.svc.Lift(m.at(), a, d.ID)
			m.must(err)
			return got
		}
		same := func(what string, a, b Lifted) {
			t.Helper()
			a.AsOf, b.AsOf = time.Time{}, time.Time{}
			if x, y := fmt.Sprintf("%+v %+v", a, a.Total), fmt.Sprintf("%+v %+v", b, b.Total); pointers.ReplaceAllString(x, "") != pointers.ReplaceAllString(y, "") {
				t.Errorf("%s:\n%s\n%s", what, x, y)
			}
		}
		live := lift(m.ingrid)
		m.must(m.svc.Measure(m.at()))
		if !lift(m.ingrid).AsOf.IsZero() {
			t.Fatal("few lines are measured with the page")
		}
		m.svc.keepFrom = 10
		at := m.at()
		m.must(m.svc.Measure(at))
		kept := lift(m.ingrid)
		if !kept.AsOf.Equal(db.Now(at)) {
			t.Fatalf("as of %s", kept.AsOf)
		}
		same("beforehand", live, kept)
		if mine := lift(m.maya); len(mine.Parts) != 1 || mine.Parts[0].Org != m.kestrel || mine.AsOf.IsZero() {
			t.Fatalf("%+v", mine)
		}

		m.order("2026-12-08", "", want{"AUR-D18B", "100", "84", ""})
		same("until it is measured again", kept, lift(m.ingrid))
		m.must(m.svc.Measure(m.at()))
		after := lift(m.ingrid)
		m.svc.keepFrom = keepFrom
		m.must(m.svc.Measure(m.at()))
		fresh := lift(m.ingrid)
		if !fresh.AsOf.IsZero() {
			t.Fatal("what is not kept any more is measured with the page")
		}
		same("after an order", fresh, after)
		of := func(l Lifted) Measured {
			for _, p := range l.Parts {
				if p.Org == m.kestrel {
					return p
				}
			}
			return Measured{}
		}
		if got := of(after).In.Actual - of(kept).In.Actual; got != money.Whole(100) {
			t.Fatalf("the order adds %s", got)
		}
	})
}

var pointers = regexp.MustCompile("0x[0-9a-f]+")
