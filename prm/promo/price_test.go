package promo

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// market is the fair with an order desk.
type market struct {
	*fair
	trade *trade.Service
	boss  access.Actor // writes invoices
	n     int
}

func open4(t *testing.T, fn func(m *market)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		m := &market{fair: f, trade: trade.New(d, f.cat, f.events), boss: access.System("test", f.aurelia)}
		m.trade.Promote(f.svc)
		fn(m)
	})
}

// on is a context at noon of a day, later than the last one of that day.
func (m *market) on(day string) context.Context {
	d, err := time.Parse(time.DateOnly, day)
	m.must(err)
	m.n++
	return db.WithNow(context.Background(), d.Add(12*time.Hour+time.Duration(m.n)*time.Minute))
}

// free in the place of a price says that a line is free of charge (PO105 NC).
const free = "NC"

// want is one order line: SKU, quantity, unit price, promotion number.
type want struct{ sku, quantity, price, deal string }

func (m *market) order(day, head string, ws ...want) trade.Detail {
	m.t.Helper()
	return m.orderOf(m.kestrel, m.toKestrel, "GBP", day, head, nil, ws...)
}

func (m *market) orderOf(org, partnership, currency, day, head string, off []doc.Allowance, ws ...want) trade.Detail {
	m.t.Helper()
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: fmt.Sprint("PO-", m.n, "-", day), Date: day}
	d.Currency, d.Allowances = currency, off
	d.Dates = []doc.Date{{Qualifier: "002", Date: day}}
	if head != "" {
		d.Refs = []doc.Ref{{Qualifier: "PD", Value: head}}
	}
	for i, w := range ws {
		l := doc.Line{Number: fmt.Sprint((i + 1) * 10), VendorItem: w.sku, Quantity: doc.Decimal(w.quantity), Unit: "EA", Price: doc.Decimal(w.price)}
		if w.price == free {
			l.Price, l.PriceBasis = "0", doc.NoCharge
		}
		if w.deal != "" {
			l.Refs = []doc.Ref{{Qualifier: "PD", Value: w.deal}}
		}
		d.Lines = append(d.Lines, l)
	}
	ctx := m.on(day)
	r, err := m.trade.ReceiveOrder(ctx, access.System("edi", org), trade.Incoming{Doc: d, Supplier: m.aurelia, Reseller: org, Partnership: partnership, Interchange: db.NewID(), SetNo: 1})
	m.must(err)
	m.must(m.svc.Attribute(ctx, m.boss, m.trade, r.Order))
	return m.detail(r.Order)
}

func (m *market) detail(id trade.OrderID) trade.Detail {
	m.t.Helper()
	d, err := m.trade.Get(m.at(), m.boss, id)
	m.must(err)
	return d
}

// deliver confirms, ships and invoices an order on its days.
func (m *market) deliver(id trade.OrderID, confirmed, shipped, invoiced string) trade.Detail {
	m.t.Helper()
	_, err := m.trade.Confirm(m.on(confirmed), m.boss, id, trade.ConfirmCmd{})
	m.must(err)
	return m.carry(id, shipped, invoiced)
}

// carry ships and invoices what is confirmed.
func (m *market) carry(id trade.OrderID, shipped, invoiced string) trade.Detail {
	m.t.Helper()
	_, err := m.trade.Ship(m.on(shipped), m.boss, id, trade.ShipCmd{ShippedOn: shipped})
	m.must(err)
	_, err = m.trade.Invoice(m.on(invoiced), m.boss, id, trade.InvoiceCmd{IssuedOn: invoiced})
	m.must(err)
	m.must(m.svc.Attribute(m.on(invoiced), m.boss, m.trade, id))
	return m.detail(id)
}

func (m *market) line(d trade.Detail, i int, reason, granted string, marks ...trade.Mark) {
	m.t.Helper()
	l := d.Lines[i]
	if l.DealReason != reason || l.DealGranted.String() != granted {
		m.t.Fatalf("line %d of %s: %s, granted %s; want %s, %s", i+1, d.Number, l.DealReason, l.DealGranted, reason, granted)
	}
	if len(l.Marks) != len(marks) {
		m.t.Fatalf("line %d of %s: marks %v, want %v", i+1, d.Number, l.Marks, marks)
	}
	for _, k := range marks {
		if !l.Marks.Has(k) {
			m.t.Fatalf("line %d of %s: marks %v, want %v", i+1, d.Number, l.Marks, marks)
		}
	}
}

// steps compares how the price of a line came about, each step in a few words.
func (m *market) steps(d trade.Detail, i int, want string) {
	m.t.Helper()
	var out []string
	for _, x := range d.PriceSteps(d.Lines[i]) {
		s := x.Kind
		for _, w := range []string{x.Number, x.Rule, x.Reason, x.Method} {
			if w != "" {
				s += " " + w
			}
		}
		if x.Granted > 0 {
			s += fmt.Sprintf(" %s for %s", x.Off, x.Granted)
		}
		if s += " " + x.Price.String(); x.Version > 0 {
			s += fmt.Sprint(" v", x.Version)
		}
		if x.Kind == trade.StepNet {
			s += " = " + x.Amount.String()
		}
		out = append(out, s)
	}
	if got := strings.Join(out, ", "); got != want {
		m.t.Fatalf("line %d of %s:\n%s\nwant\n%s", i+1, d.Number, got, want)
	}
}

// running is an agreed promotion.
func (m *market) running(t Terms) Detail {
	m.t.Helper()
	d := m.sent(t)
	m.agree(d.ID, m.maya, m.kaarel)
	return m.get(d.ID)
}

func (m *market) rebuilt(id ID) {
	m.t.Helper()
	r, err := m.svc.Rebuild(m.at(), m.ingrid, m.trade, id)
	m.must(err)
	if r.Changed != 0 {
		m.t.Fatalf("a rebuild changes %d of %d lines", r.Changed, r.Lines)
	}
}

func TestAnOrderLineSaysWhichPromotionAppliesAndWhy(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms())
		other := m.terms()
		other.Title, other.Percent, other.Quoted, other.Families, other.SKUs = "Grinders", money.One/10, false, []string{"power"}, nil
		g := m.running(other)
		// the line's number beats the head's
		d := m.order("2026-12-02", g.Number, want{"AUR-D18B", "10", "84", p.Number}, want{"AUR-G125", "10", "46.50", ""})
		m.line(d, 0, WhyNumber, "10")
		m.line(d, 1, WhyHeadNumber, "10")
		if d.Total.String() != "1216.50" { // 840 − 5 % + 465 − 10 %
			m.t.Fatal(d.Total)
		}
		m.steps(d, 0, "list 84 v1, promotion "+p.Number+" line number off_invoice 4.2 for 10 79.8, net 79.8 = 798.00")
		m.steps(d, 1, "list 46.5 v1, promotion "+g.Number+" head head_number off_invoice 4.65 for 10 41.85, net 41.85 = 418.50")
		// without a number: one applies by itself, the other says that it would have
		d = m.order("2026-12-02", "", want{"AUR-D18B", "10", "84", ""}, want{"AUR-G125", "10", "46.50", ""})
		m.line(d, 0, WhyNoNumber, "0")
		m.steps(d, 0, "list 84 v1, promotion "+p.Number+" best no_number 84, net 84 = 840.00")
		m.line(d, 1, WhyAuto, "10")
		// the price has it already
		d = m.order("2026-12-03", p.Number, want{"AUR-D18B", "10", "79.80", ""})
		m.line(d, 0, WhyHeadNumber, "10")
		if d.Lines[0].DealMethod != trade.DealInPrice || d.Total.String() != "798.00" {
			m.t.Fatal(d.Lines[0].DealMethod, d.Total)
		}
		m.steps(d, 0, "list 84 v1, promotion "+p.Number+" head head_number price 4.2 for 10 79.8, net 79.8 = 798.00")
		// why not
		d = m.order("2026-11-30", p.Number, want{"AUR-D18B", "1", "84", ""})
		m.line(d, 0, WhyBefore, "0", trade.PromotionRefused)
		d = m.order("2027-01-01", p.Number, want{"AUR-D18B", "1", "84", ""}, want{"AUR-HT20", "1", "120", ""})
		m.line(d, 0, WhyAfter, "0", trade.PromotionRefused)
		m.line(d, 1, WhyProduct, "0", trade.PromotionRefused)
		d = m.order("2026-12-04", "PR-2026-ZZZZ", want{"AUR-D18B", "1", "84", ""})
		m.line(d, 0, WhyUnknown, "0", trade.PromotionRefused)
		// an allowance on the order: the agreed one is no doubt, another is
		d = m.orderOf(m.kestrel, m.toKestrel, "GBP", "2026-12-04", p.Number, []doc.Allowance{{Indicator: "A", Code: "F800", Amount: "42.00", Method: "02"}}, want{"AUR-D18B", "10", "84", ""})
		m.line(d, 0, WhyHeadNumber, "10")
		d = m.orderOf(m.kestrel, m.toKestrel, "GBP", "2026-12-04", p.Number, []doc.Allowance{{Indicator: "A", Code: "F800", Amount: "50.00", Method: "02"}}, want{"AUR-D18B", "10", "84", ""})
		m.line(d, 0, WhyHeadNumber, "10", trade.AllowanceUnknown)
		m.rebuilt(p.ID)
		m.rebuilt(g.ID)
	})
}

func TestAPromotionOfAnotherIsUnknown(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.Parts = x.Parts[1:] // Baltic alone
		d := m.sent(x)
		m.agree(d.ID, m.kaarel)
		o := m.order("2026-12-02", d.Number, want{"AUR-D18B", "1", "84", ""})
		m.line(o, 0, WhyUnknown, "0", trade.PromotionRefused)
		_, err := m.svc.Results(m.at(), m.maya, d.ID)
		m.want(err, fault.NotFound, "")
		_, _, err = m.svc.Lines(m.at(), m.maya, d.ID, LineFilter{})
		m.want(err, fault.NotFound, "")
	})
}

func TestAboveTheAgreedQuantity(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms()) // Kestrel: at most 500
		d := m.order("2026-12-02", p.Number, want{"AUR-D18B", "300", "84", ""})
		m.line(d, 0, WhyHeadNumber, "300")
		d = m.order("2026-12-03", p.Number, want{"AUR-D18B", "300", "84", ""}, want{"AUR-B50", "5", "31.20", ""})
		m.line(d, 0, WhyLimit, "200", trade.PromotionPart)
		m.steps(d, 0, "list 84 v1, promotion "+p.Number+" head limit off_invoice 4.2 for 200 79.8, net 0 = 24360.00") // 300 × 84 − 200 × 4.20
		m.line(d, 1, WhyUsed, "0", trade.PromotionRefused)
		if s := m.join(m.maya, p.ID).Seat; s.Taken != money.Whole(500) {
			m.t.Fatal(s.Taken)
		}
		// Baltic has no limit, and its own money
		b := m.orderOf(m.baltic, m.toBaltic, "EUR", "2026-12-03", p.Number, nil, want{"AUR-D18B", "700", "100.80", ""})
		m.line(b, 0, WhyHeadNumber, "700")
		m.rebuilt(p.ID)
	})
}

// The invoice takes off what was granted, once, however many invoices there are; the
// results are what a person computes.
func TestOffInvoice(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms())
		d := m.order("2026-12-02", p.Number, want{"AUR-D18B", "240", "84", ""}, want{"AUR-G125", "10", "46.50", ""})
		m.line(d, 1, WhyProduct, "0", trade.PromotionRefused)
		d = m.deliver(d.ID, "2026-12-03", "2026-12-05", "2026-12-08")
		inv := d.Invoices[0]
		// 240 × 84 = 20,160; 5 % = 1,008; 10 × 46.50 = 465
		if inv.Net.String() != "19617.00" || inv.State != trade.InvoiceMatched || inv.Lines[0].Off.String() != "1008.00" || inv.Lines[1].Off.Minor != 0 {
			m.t.Fatalf("%+v", inv)
		}
		out, _, err := m.trade.InvoiceDoc(m.at(), m.boss, inv.ID)
		m.must(err)
		if a := out.Lines[0].Allowances; len(a) != 1 || a[0].Amount != "1008.00" || a[0].Method != "02" || a[0].Reference != p.Number || len(out.Lines[1].Allowances) != 0 {
			m.t.Fatalf("%+v", out.Lines)
		}
		if out.Balance().Cmp(out.Total) != 0 {
			m.t.Fatalf("the invoice says %s, its parts %s", out.Total, out.Balance())
		}
		ack, _, err := m.trade.OrderAck(m.at(), m.boss, d.Responses[0].ID)
		m.must(err)
		if a := ack.Lines[0].Allowances; len(a) != 1 || a[0].Amount != "1008.00" {
			m.t.Fatalf("%+v", a)
		}
		r, err := m.svc.Results(m.at(), m.ingrid, p.ID)
		m.must(err)
		f := r.Parts[0]
		if f.Org != m.kestrel || f.Orders != 1 || f.Lines != 1 || f.Out != 1 || f.Counted != money.Whole(240) || f.Invoiced != money.Whole(240) || f.Value.String() != "20160.00" || f.Earned.String() != "1008.00" {
			m.t.Fatalf("%+v", f)
		}
		m.rebuilt(p.ID)
	})
}

// A bill-back is carried on the invoice and changes no total.
func TestBillBack(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.Settle = BillBack
		p := m.running(x)
		d := m.deliver(m.order("2026-12-02", p.Number, want{"AUR-D18B", "240", "84", ""}).ID, "2026-12-03", "2026-12-05", "2026-12-08")
		inv := d.Invoices[0]
		out, _, err := m.trade.InvoiceDoc(m.at(), m.boss, inv.ID)
		m.must(err)
		if inv.Net.String() != "20160.00" || d.Total.String() != "20160.00" || len(out.Lines[0].Allowances) != 1 || out.Lines[0].Allowances[0].Method != "01" || out.Lines[0].Allowances[0].ChangesTotal() {
			m.t.Fatalf("%+v %+v", inv, out.Lines)
		}
		r, err := m.svc.Results(m.at(), m.maya, p.ID)
		m.must(err)
		if len(r.Parts) != 1 || r.Parts[0].Earned.String() != "1008.00" || len(r.Terms.Parts) != 1 {
			m.t.Fatalf("%+v", r)
		}
		m.rebuilt(p.ID)
	})
}

func TestMechanisms(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.Title, x.Kind, x.Families, x.SKUs = "Tiers", Tiers, nil, []string{"AUR-D18B", "AUR-G125"}
		x.Tiers = []Tier{{money.Whole(20), 30_000}, {money.Whole(60), 60_000}}
		p := m.running(x)
		d := m.order("2026-12-02", p.Number, want{"AUR-D18B", "10", "84", ""})
		m.line(d, 0, WhyHeadNumber, "10") // counts towards the target, below the first step
		if d.Total.String() != "840.00" {
			m.t.Fatal(d.Total)
		}
		d = m.order("2026-12-02", p.Number, want{"AUR-D18B", "40", "84", ""}, want{"AUR-G125", "20", "46.50", ""})
		if d.Total.String() != "4032.60" { // (3,360 + 930) − 6 %
			m.t.Fatal(d.Total)
		}
		x = m.terms()
		x.Title, x.Kind, x.Families, x.SKUs, x.Buy, x.Free, x.FreeSKU = "Free", Free, nil, []string{"AUR-HT20"}, money.Whole(2), money.Whole(1), "AUR-B50"
		g := m.running(x)
		d = m.order("2026-12-02", g.Number, want{"AUR-HT20", "5", "120", ""}, want{"AUR-B50", "3", "0", ""})
		m.line(d, 0, WhyHeadNumber, "5")
		m.line(d, 1, WhyFreePart, "2", trade.PriceZero, trade.PromotionPart)
		d = m.order("2026-12-02", g.Number, want{"AUR-HT20", "4", "120", ""}, want{"AUR-B50", "2", "0", ""})
		m.line(d, 1, WhyHeadNumber, "2")
		if d.Total.String() != "480.00" {
			m.t.Fatal(d.Total)
		}
		x = m.terms()
		x.Title, x.Kind, x.Families, x.SKUs = "Amount", Amount, nil, []string{"AUR-G125"}
		x.Parts[0].Allow, x.Parts[1].Allow = 3_500_000, money.Whole(4)
		a := m.running(x)
		d = m.order("2026-12-02", a.Number, want{"AUR-G125", "10", "46.50", ""})
		if d.Total.String() != "430.00" {
			m.t.Fatal(d.Total)
		}
		for _, id := range []ID{p.ID, g.ID, a.ID} {
			m.rebuilt(id)
		}
	})
}

func TestShippedTooLate(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms()) // shipped by 15 January, back-orders to 20 January
		late := m.order("2026-12-20", p.Number, want{"AUR-D18B", "10", "84", ""})
		m.deliver(late.ID, "2026-12-21", "2027-01-16", "2027-01-18")
		back := m.order("2026-12-20", p.Number, want{"AUR-D18B", "10", "84", ""})
		_, err := m.trade.Confirm(m.on("2026-12-21"), m.boss, back.ID, trade.ConfirmCmd{Lines: []trade.ConfirmLine{{Line: 1, Action: trade.Backorder, Date: "2027-01-17", Reason: "out_of_stock"}}})
		m.must(err)
		m.deliver(back.ID, "2027-01-16", "2027-01-17", "2027-01-18")
		lines, _, err := m.svc.Lines(m.at(), m.ingrid, p.ID, LineFilter{})
		m.must(err)
		if len(lines) != 2 || lines[0].Order != back.ID || lines[0].Counted != money.Whole(10) || lines[1].Counted != 0 || lines[1].Earned.Minor != 0 {
			m.t.Fatalf("%+v", lines)
		}
		m.rebuilt(p.ID)
	})
}

// The jobs may run late: an order is judged by what was agreed when it came.
func TestJobsRunLate(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms())
		if p.State != Agreed {
			m.t.Fatal(p.State)
		}
		m.line(m.order("2026-12-02", p.Number, want{"AUR-D18B", "1", "84", ""}), 0, WhyHeadNumber, "1")
		m.must(m.svc.Tick(m.on("2026-12-03")))
		p = m.get(p.ID)
		_, err := m.svc.Cancel(m.on("2026-12-10"), m.ingrid, p.ID, p.Version, "stock is gone")
		m.must(err)
		m.line(m.order("2026-12-11", p.Number, want{"AUR-D18B", "1", "84", ""}), 0, WhyCancelled, "0", trade.PromotionRefused)
		m.rebuilt(p.ID)
	})
}

// Random orders, answers, shipments, invoices and cancellations, attributed late or twice:
// a rebuild from the documents finds the figures that were kept.
func TestRebuildEqualsTheRunningFigures(t *testing.T) {
	open4(t, func(m *market) {
		seed := uint64(time.Now().UnixNano())
		m.t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 1))
		x := m.terms()
		x.Parts[1].Limit = money.Whole(300)
		p := m.running(x)
		other := m.terms()
		other.Title, other.Quoted, other.Percent, other.By = "Other", false, money.One/50, ByInvoice
		q := m.running(other)
		other.Title, other.Settle, other.By, other.Parts[0].Limit = "Claimed", BillBack, ByShip, 0 // its documents decide the day
		c := m.running(other)
		g := m.bought(2, 100, true, "AUR-G125", "AUR-G125")
		ids := []trade.OrderID{m.order("2026-11-25", q.Number, want{"AUR-D18B", "5", "84", c.Number}, want{"AUR-D18B", "5", "84", ""}).ID} // whatever chance names
		for range 60 {
			day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC).AddDate(0, 0, m.n*45/400).Format(time.DateOnly) // they rise: orders come one after the other
			head := []string{"", p.Number, q.Number, c.Number, "PR-2026-ZZZZ"}[rnd.IntN(5)]
			var ws []want
			for range 1 + rnd.IntN(3) {
				k := rnd.IntN(3)
				w := want{[]string{"AUR-D18B", "AUR-B50", "AUR-G125"}[k], fmt.Sprint(1 + rnd.IntN(60)), []string{"84", "31.20", "46.50"}[k], []string{"", "", p.Number, g.Number}[rnd.IntN(4)]}
				if rnd.IntN(4) == 0 {
					w.price = []string{"0", free}[rnd.IntN(2)]
				}
				ws = append(ws, w)
			}
			switch {
			case len(ids) > 3 && rnd.IntN(2) == 0:
				id := ids[rnd.IntN(len(ids))]
				switch rnd.IntN(4) {
				case 0:
					_, _ = m.trade.Confirm(m.on(day), m.boss, id, trade.ConfirmCmd{})
				case 1:
					_, _ = m.trade.Ship(m.on(day), m.boss, id, trade.ShipCmd{ShippedOn: day})
				case 2:
					_, _ = m.trade.Invoice(m.on(day), m.boss, id, trade.InvoiceCmd{IssuedOn: day})
				case 3:
					_, _ = m.trade.Cancel(m.on(day), access.Actor{Person: db.NewID(), Org: m.kestrel, Roles: []access.Role{access.Buyer}, Via: "session:x"}, id, 0, "")
				}
			case rnd.IntN(3) == 0:
				ids = append(ids, m.orderOf(m.baltic, m.toBaltic, "EUR", day, head, nil, ws...).ID)
			default:
				ids = append(ids, m.order(day, head, ws...).ID)
			}
		}
		for range 2 {
			for _, id := range ids {
				m.must(m.svc.Attribute(m.at(), m.boss, m.trade, id))
			}
		}
		for _, id := range []ID{p.ID, q.ID, c.ID} {
			before, err := m.svc.Results(m.at(), m.ingrid, id)
			m.must(err)
			if len(before.Parts) == 0 {
				m.t.Fatal("nothing was counted")
			}
		}
		m.rebuilt(p.ID)
		m.rebuilt(q.ID)
		m.rebuilt(c.ID)
		m.rebuilt(g.ID)
	})
}

func TestSettleFreezesTheFigures(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms())
		d := m.order("2026-12-02", p.Number, want{"AUR-D18B", "10", "84", ""})
		m.want(m.svc.Settle(m.on("2026-12-03"), m.ingrid, p.ID, p.Version, ""), fault.Conflict, "promo.not_ended")
		m.must(m.svc.Tick(m.on("2026-12-02")))
		m.must(m.svc.Tick(m.on("2027-01-02")))
		m.must(m.svc.Settle(m.on("2027-02-01"), m.ingrid, p.ID, m.get(p.ID).Version, ""))
		m.must(m.svc.Settle(m.on("2027-02-01"), m.ingrid, p.ID, 0, ""))
		m.events.take()
		m.deliver(d.ID, "2026-12-03", "2026-12-05", "2027-02-03") // an invoice that comes late
		m.must(m.svc.Attribute(m.on("2027-02-04"), m.boss, m.trade, d.ID))
		r, err := m.svc.Results(m.at(), m.maya, p.ID)
		m.must(err)
		if r.State != Settled || r.Frozen[0].Earned.Minor != 0 || r.Parts[0].Earned.String() != "42.00" {
			m.t.Fatalf("%+v", r)
		}
		m.lates(p.ID, "invoiced "+d.Number+" 10 0 42.00 GBP")
		_, err = m.svc.Rebuild(m.at(), m.ingrid, m.trade, p.ID)
		m.want(err, fault.Conflict, "promo.not_rebuilt")
	})
}

// A family that is fixed means the products that the terms list, whatever joins it or leaves
// it later; else what belongs to it when it is ordered. Both are part of what is approved.
func TestFamiliesFixedAndLiving(t *testing.T) {
	open4(t, func(m *market) {
		put := func(ctx context.Context, sku, family string) {
			m.t.Helper()
			m.must(m.cat.Put(ctx, access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}, catalog.Product{SKU: sku, NameEN: "Tool " + sku, Family: family, Unit: "EA"}))
		}
		catalogue := func(sku, family string) { put(m.at(), sku, family) }
		catalogue("AUR-OLD", "cordless")
		x := m.terms()
		x.SKUs, x.Quoted, x.Fixed = nil, true, true
		fixed := m.running(x)
		y := m.terms()
		y.SKUs, y.Title = nil, "Living"
		living := m.running(y)
		if got := fmt.Sprint(fixed.Text().Within, living.Text().Within); got != "[AUR-D18B AUR-OLD] []" {
			m.t.Fatal(got)
		}
		if d := Diff(living.Text(), fixed.Text()); fmt.Sprint(d) == fmt.Sprint(Diff(living.Text(), living.Text())) || hashOf("1", "x", fixed.Text()) == hashOf("1", "x", func() Terms { t := fixed.Text(); t.Within = t.Within[:1]; return t }()) {
			m.t.Fatalf("%v", d)
		}
		catalogue("AUR-NEW", "cordless")
		catalogue("AUR-OLD", "retired")
		for number, why := range map[string][2]string{fixed.Number: {WhyProduct, WhyHeadNumber}, living.Number: {WhyHeadNumber, WhyProduct}} {
			d := m.order("2026-12-02", number, want{"AUR-NEW", "2", "84", ""}, want{"AUR-OLD", "2", "84", ""})
			if d.Lines[0].DealReason != why[0] || d.Lines[1].DealReason != why[1] {
				m.t.Errorf("%s: %s, %s; want %v", number, d.Lines[0].DealReason, d.Lines[1].DealReason, why)
			}
		}
		m.rebuilt(fixed.ID)
		m.rebuilt(living.ID)
		catalogue("AUR-NEW", "retired") // what moves later neither gains nor loses by a rebuild
		catalogue("AUR-OLD", "cordless")
		m.rebuilt(living.ID)
		catalogue("AUR-NEW", "cordless")
		catalogue("AUR-OLD", "retired")
		var own []string
		m.must(m.db.View(m.at(), func(ctx context.Context) error {
			for _, t := range []Terms{fixed.Text(), living.Text()} {
				goods, err := goodsOf(ctx, m.aurelia, t)
				for _, g := range goods {
					if g.Own {
						own = append(own, g.SKU)
					}
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		if fmt.Sprint(own) != "[AUR-D18B AUR-OLD AUR-D18B AUR-NEW]" {
			m.t.Errorf("measured on %v", own)
		}
		// the same without a number, where nothing is kept of a line that does not count
		w := m.terms()
		w.SKUs, w.Title, w.Quoted, w.Families = nil, "Without a number", false, []string{"garden"}
		auto := m.running(w)
		put(m.on("2026-12-05"), "AUR-NEW", "shed")
		if d := m.order("2026-12-05", "", want{"AUR-NEW", "3", "84", ""}); d.Lines[0].DealApplied != "" {
			m.t.Fatalf("%+v", d.Lines[0])
		}
		put(m.on("2026-12-06"), "AUR-NEW", "garden")
		if d := m.order("2026-12-06", "", want{"AUR-NEW", "4", "84", ""}); d.Lines[0].DealReason != WhyAuto {
			m.t.Fatalf("%+v", d.Lines[0])
		}
		put(m.on("2026-12-07"), "AUR-NEW", "shed")
		m.order("2026-12-07", "", want{"AUR-NEW", "5", "84", ""})
		put(m.on("2026-12-08"), "AUR-NEW", "garden")
		m.order("2026-12-08", "", want{"AUR-NEW", "6", "84", ""})
		figures := func() string {
			r, err := m.svc.Results(m.at(), m.ingrid, auto.ID)
			m.must(err)
			return fmt.Sprint(r.Parts)
		}
		right := figures()
		m.rebuilt(auto.ID)
		m.must(m.db.InTx(m.at(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, "DELETE FROM promotion_line WHERE promotion_id = ?", string(auto.ID))
			return err
		}))
		_, err := m.svc.Rebuild(m.at(), m.ingrid, m.trade, auto.ID) // from nothing
		m.must(err)
		if now := figures(); now != right {
			m.t.Errorf("rebuilt %s, before %s", now, right)
		}
		z := m.terms()
		z.SKUs, z.Families, z.Fixed = nil, []string{"nobody"}, true
		_, err = m.svc.Create(m.at(), m.ingrid, z)
		m.want(err, fault.Invalid, "promo.family_empty")
	})
}

// lates reads what came after a promotion was settled, the newest first, as both sides have
// it: each is told once, and with what was settled they come to what stands.
func (m *market) lates(id ID, want ...string) {
	m.t.Helper()
	if n := strings.Count(m.events.take(), "Adjusted"); n != 1 {
		m.t.Errorf("told %d times", n)
	}
	for _, who := range []access.Actor{m.ingrid, m.maya} {
		r, err := m.svc.Results(m.at(), who, id)
		m.must(err)
		var got []string
		var sum, settled int64
		for _, x := range r.Adjusted {
			got = append(got, fmt.Sprint(x.Reason, " ", x.Number, " ", x.Invoiced, " ", x.Sold, " ", x.Earned, " ", x.Earned.Currency))
			if sum += x.Earned.Minor; x.Org != m.kestrel {
				m.t.Errorf("%+v", x)
			}
			one, err := m.svc.Adjusted(m.at(), who, x.ID)
			if m.must(err); one != x {
				m.t.Errorf("%+v is %+v", one, x)
			}
			if x, err = m.svc.Adjusted(m.at(), m.kaarel, x.ID); x.ID != "" {
				m.t.Errorf("another company reads %+v", x)
			}
			m.want(err, fault.NotFound, "")
		}
		for _, f := range r.Frozen {
			if f.Org == m.kestrel {
				settled += f.Earned.Minor
			}
		}
		for _, f := range r.Parts {
			if f.Org == m.kestrel {
				settled -= f.Earned.Minor
			}
		}
		if !slices.Equal(got, want) || settled+sum != 0 {
			m.t.Errorf("%q, want %q; %d do not add up", got, want, settled+sum)
		}
	}
	if r, err := m.svc.Results(m.at(), m.kaarel, id); err == nil && len(r.Adjusted) > 0 {
		m.t.Errorf("another company reads %+v", r.Adjusted)
	}
}

// What fits into one word is multiplied and divided as big numbers say.
func TestTimesAndPerAsBigNumbersSay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	one := big.NewInt(money.One)
	for range 5000 {
		a, b := money.Micro(r.Int64()>>r.IntN(63)), money.Micro(1+r.Int64()>>1>>r.IntN(62))
		n := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(int64(b)))
		n.Div(n.Add(n, big.NewInt(money.One/2)), one)
		if got := times(a, b); n.IsInt64() && int64(got) != n.Int64() || !n.IsInt64() && got != 0 {
			t.Fatalf("%d × %d: %d, want %v", a, b, got, n)
		}
		if n.Quo(n.Mul(big.NewInt(int64(a)), one), big.NewInt(int64(b))); n.IsInt64() && int64(per(a, b)) != n.Int64() {
			t.Fatalf("%d ÷ %d: %d, want %v", a, b, per(a, b), n)
		}
	}
}
