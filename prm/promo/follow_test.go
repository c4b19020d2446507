package promo

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

// wished is an order of Kestrel of one line, whose goods are wanted on a day if it says one.
func (m *market) wished(day, wish, head, sku, quantity, price string) trade.Detail {
	m.t.Helper()
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: fmt.Sprint("PO-", m.n, "-", day), Date: day, Lines: []doc.Line{{Number: "10", VendorItem: sku, Quantity: doc.Decimal(quantity), Unit: "EA", Price: doc.Decimal(price)}}}
	d.Currency = "GBP"
	if wish != "" {
		d.Dates = []doc.Date{{Qualifier: "002", Date: wish}}
	}
	if head != "" {
		d.Refs = []doc.Ref{{Qualifier: "PD", Value: head}}
	}
	ctx := m.on(day)
	r, err := m.trade.ReceiveOrder(ctx, access.System("edi", m.kestrel), trade.Incoming{Doc: d, Supplier: m.aurelia, Reseller: m.kestrel, Partnership: m.toKestrel, Interchange: db.NewID(), SetNo: 1})
	m.must(err)
	m.must(m.svc.Attribute(ctx, m.boss, m.trade, r.Order))
	return m.detail(r.Order)
}

// A bill-back by the day of shipment, or of the invoice, counts what ships then, whatever days
// the order has; until it does nothing is promised, and what ships on other days is out.
func TestTheDocumentsDecideTheDay(t *testing.T) {
	for by, why := range map[string]string{ByShip: WhyShipDay, ByInvoice: WhyBillDay} {
		t.Run(by, func(t *testing.T) {
			open4(t, func(m *market) {
				x := m.terms()
				x.By, x.ShipBy, x.BackDays, x.Settle, x.Quoted, x.Parts[0].Limit = by, "", 0, BillBack, false, 0
				p := m.running(x)
				x.Title, x.Quoted, x.Parts[0].Limit = "Limited", true, money.Whole(15)
				limited := m.running(x)
				off := m.terms() // takes it off the invoice: the order decides
				off.Title, off.By, off.ShipBy, off.BackDays, off.Families, off.SKUs, off.Quoted = "Off", by, "", 0, nil, []string{"AUR-G125"}, false
				m.running(off)
				check := func(what string, id ID, d trade.Detail, want string) {
					t.Helper()
					m.must(m.svc.Attribute(m.at(), m.boss, m.trade, d.ID))
					lines, _, err := m.svc.Lines(m.at(), m.maya, id, LineFilter{})
					m.must(err)
					got := "none"
					if i := slices.IndexFunc(lines, func(l Line) bool { return l.Order == d.ID }); i >= 0 {
						got = fmt.Sprint(lines[i].Verdict, " ", lines[i].Reason, " ", lines[i].Counted, " ", lines[i].Earned)
					}
					if got != want {
						t.Errorf("%s: %s, want %s", what, got, want)
					}
				}
				// ordered before, nobody said when; and wanted after
				for i, days := range [][3]string{{"2026-11-25", "", "2026-12-03"}, {"2026-12-20", "2027-01-05", "2026-12-30"}} {
					d := m.wished(days[0], days[1], "", "AUR-D18B", "10", "84")
					m.line(d, 0, why, "10")
					check("nothing shipped", p.ID, d, "out "+why+" 0 0.00")
					_, err := m.trade.Confirm(m.on(days[0]), m.boss, d.ID, trade.ConfirmCmd{})
					m.must(err)
					ack, _, err := m.trade.OrderAck(m.at(), m.boss, m.detail(d.ID).Responses[0].ID)
					m.must(err)
					if len(ack.Lines[0].Allowances) != 0 {
						t.Errorf("it promises %+v", ack.Lines[0].Allowances)
					}
					_, err = m.trade.Ship(m.on(days[2]), m.boss, d.ID, trade.ShipCmd{ShippedOn: days[2]})
					m.must(err)
					_, err = m.trade.Invoice(m.on(days[2]), m.boss, d.ID, trade.InvoiceCmd{IssuedOn: days[2]})
					m.must(err)
					check(fmt.Sprint("shipped within ", i), p.ID, d, "counts "+why+" 10 42.00")
				}
				d := m.wished("2026-11-20", "", "", "AUR-D18B", "10", "84")
				m.deliver(d.ID, "2026-11-20", "2026-11-28", "2026-11-28")
				check("shipped before", p.ID, d, "out before 0 0.00")
				d = m.wished("2026-12-29", "2027-01-05", "", "AUR-D18B", "10", "84")
				m.deliver(d.ID, "2026-12-29", "2027-01-04", "2027-01-04")
				check("shipped after", p.ID, d, "out after 0 0.00")
				d = m.wished("2027-01-02", "", p.Number, "AUR-D18B", "10", "84")
				m.line(d, 0, WhyAfter, "0", trade.PromotionRefused)
				d = m.wished("2026-11-25", "", "", "AUR-G125", "10", "46.50")
				m.line(d, 0, "", "0")
				// one whose limit it would take of has to be named; another that counts by its days comes first
				d = m.wished("2026-11-26", "", limited.Number, "AUR-B50", "20", "31.20")
				m.line(d, 0, why, "15", trade.PromotionPart)
				check("limited", limited.ID, d, "out "+why+" 0 0.00")
				m.deliver(d.ID, "2026-11-26", "2026-12-02", "2026-12-02")
				check("limited, shipped", limited.ID, d, "part "+why+" 15 23.40")
				ack, _, err := m.trade.OrderAck(m.at(), m.boss, m.detail(d.ID).Responses[0].ID)
				m.must(err)
				if len(ack.Lines[0].Allowances) != 0 {
					t.Errorf("it promises %+v", ack.Lines[0].Allowances)
				}
				d = m.wished("2026-11-26", "", "", "AUR-B50", "20", "31.20")
				m.line(d, 0, why, "20")
				if d.Lines[0].DealApplied != p.Number {
					t.Errorf("%+v", d.Lines[0])
				}
				m.rebuilt(p.ID)
				m.rebuilt(limited.ID)
				m.must(m.db.InTx(m.at(), func(ctx context.Context) error { // as they were refused before
					_, err := db.Exec(ctx, "UPDATE promotion_line SET granted = 0, counted = 0, confirmed = 0, shipped = 0, invoiced = 0, value = 0, earned = 0, verdict = 'out', reason = 'before' WHERE promotion_id = ?", string(p.ID))
					return err
				}))
				_, err = m.svc.Rebuild(m.at(), m.ingrid, m.trade, p.ID)
				m.must(err)
				r, err := m.svc.Results(m.at(), m.maya, p.ID)
				m.must(err)
				if f := r.Parts[0]; f.Lines != 2 || f.Counted != money.Whole(20) || f.Earned.String() != "84.00" {
					t.Errorf("%+v", f)
				}
			})
		})
	}
}

// A line that waits for its documents has the step of the window when they come.
func TestTheDocumentsDecideTheDayOfAVolume(t *testing.T) {
	open4(t, func(m *market) {
		x := m.terms()
		x.By, x.ShipBy, x.BackDays, x.Settle, x.Kind, x.Percent, x.Cumulative, x.Parts[0].Limit = ByInvoice, "", 0, BillBack, Tiers, 0, true, 0
		x.Tiers = []Tier{{From: money.Whole(10), Percent: money.One / 50}, {From: money.Whole(60), Percent: money.One / 10}}
		p := m.running(x)
		early := m.wished("2026-11-25", "", p.Number, "AUR-D18B", "30", "84")
		m.line(early, 0, WhyBillDay, "30")
		d := m.wished("2026-12-01", "", p.Number, "AUR-D18B", "60", "84")
		m.line(d, 0, WhyVolume, "60")
		earned := func(want string) {
			t.Helper()
			r, err := m.svc.Results(m.at(), m.maya, p.ID)
			m.must(err)
			if got := r.Parts[0].Earned.String(); got != want {
				t.Errorf("earned %s, want %s", got, want)
			}
			m.rebuilt(p.ID)
		}
		m.deliver(d.ID, "2026-12-01", "2026-12-02", "2026-12-02")
		earned("504.00")
		m.deliver(early.ID, "2026-12-02", "2026-12-03", "2026-12-03")
		earned("756.00")
	})
}

// What ships on other days holds nothing of a limit from the moment its documents say so; who
// came before that had what was left then.
func TestNoLimitIsHeldByWhatShippedOnOtherDays(t *testing.T) {
	for by, why := range map[string]string{ByShip: WhyShipDay, ByInvoice: WhyBillDay} {
		t.Run(by, func(t *testing.T) {
			open4(t, func(m *market) {
				x := m.terms()
				x.By, x.ShipBy, x.BackDays, x.Settle, x.Parts[0].Limit = by, "", 0, BillBack, money.Whole(100)
				p := m.running(x)
				order := func(day, reason, granted string, marks ...trade.Mark) trade.Detail {
					t.Helper()
					d := m.wished(day, "", p.Number, "AUR-D18B", "100", "84")
					m.line(d, 0, reason, granted, marks...)
					return d
				}
				holds := func(want string) {
					t.Helper()
					if got := m.taken(p.ID); got != want {
						t.Errorf("taken %s, want %s", got, want)
					}
					m.rebuilt(p.ID)
				}
				sends := func(d trade.Detail, told, on string) {
					t.Helper()
					_, err := m.trade.Confirm(m.on(told), m.boss, d.ID, trade.ConfirmCmd{})
					m.must(err)
					_, err = m.trade.Ship(m.on(told), m.boss, d.ID, trade.ShipCmd{ShippedOn: on})
					m.must(err)
					_, err = m.trade.Invoice(m.on(told), m.boss, d.ID, trade.InvoiceCmd{IssuedOn: on})
					m.must(err)
					m.must(m.svc.Attribute(m.on(told), m.boss, m.trade, d.ID))
				}
				early := order("2026-11-20", why, "100")
				holds("100")
				sends(early, "2026-11-22", "2026-11-22")
				holds("0")
				waiting := order("2026-11-24", why, "100")
				order("2026-12-02", WhyUsed, "0", trade.PromotionRefused)
				sends(waiting, "2026-12-03", "2026-11-30")
				holds("0")
				d := order("2026-12-04", WhyHeadNumber, "100")
				sends(d, "2026-12-05", "2026-12-05")
				holds("100")
				order("2026-12-06", WhyUsed, "0", trade.PromotionRefused)
				holds("100")
				m.must(m.db.InTx(m.at(), func(ctx context.Context) error { // as it was held before
					_, err := db.Exec(ctx, "UPDATE promotion_line SET freed = 0 WHERE promotion_id = ?", string(p.ID))
					return err
				}))
				_, err := m.svc.Rebuild(m.at(), m.ingrid, m.trade, p.ID)
				m.must(err)
				holds("100")
			})
		})
	}
}
