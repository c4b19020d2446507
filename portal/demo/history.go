package demo

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

// step is one deed at its instant.
type step struct {
	at time.Time
	do func(ctx context.Context) error
}

// buyer is how one reseller orders.
type buyer struct {
	c            *company
	person       string // who orders and receives
	desk         string // who answers at Aurelia
	orders       int
	first        int // its first PO number
	prefix       string
	scale        int64
	city, street string
	vat          money.Rate
}

// seed fixes the whole history.
const seed = 20261124

// batch is how many deeds share a commit.
const batch = 250

// retold is how long ago an order may be for its whole life to be told in its
// room; of older ones only the beginning is.
const retold = 45 * 24 * time.Hour

// history makes two years of orders, answered, shipped, received and invoiced.
// Deeds run in the order of their instants, so that numbers run with the dates.
func (m *maker) history(ctx context.Context) error {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var steps []step
	for _, b := range []buyer{
		{m.kestrel, "dan", "ingrid", 180, 4500170000, "", 4, "Leeds", "Whitehall Road 14", money.One / 5},
		{m.baltic, "kaarel", "ingrid", 125, 26001, "BT-", 3, "Tallinn", "Peterburi tee 47", 0},
		{m.huadong, "chen", "wen", 95, 10001, "HD", 2, "上海", "共和新路 1988 号", 0},
	} {
		steps = append(steps, m.orders(rnd, b)...)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	for part := range slices.Chunk(steps, batch) {
		err := m.DB.InTx(ctx, func(ctx context.Context) error {
			for _, s := range part {
				on := m.at(ctx, s.at)
				if m.start.Sub(s.at) > retold {
					on = trade.Sparse(on)
				}
				if err := s.do(on); err != nil {
					return fmt.Errorf("demo: %s: %w", s.at.Format(time.DateTime), err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// orders spreads the orders of one reseller over two years, the last one eight
// days ago: what is newer stands in the showcase.
func (m *maker) orders(rnd *rand.Rand, b buyer) []step {
	begin, end := m.start.AddDate(-2, 0, 0), m.start.AddDate(0, 0, -8)
	gap := end.Sub(begin) / time.Duration(b.orders)
	var out []step
	for i := range b.orders {
		t := workday(begin.Add(gap*time.Duration(i)+time.Duration(rnd.Int64N(int64(gap)))), rnd)
		if t.After(end) {
			t = end
		}
		d := m.document(rnd, b, b.prefix+itoa(b.first+i*3+rnd.IntN(3)), t)
		out = append(out, m.life(rnd, b, d, t)...)
	}
	return out
}

// document writes an order of two to six lines at the list prices of its day.
func (m *maker) document(rnd *rand.Rand, b buyer, number string, t time.Time) doc.PurchaseOrder {
	c := b.c.org.Currency
	old := day(t) < day(m.start.AddDate(0, -11, 0))
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: day(t)}
	d.Currency = string(c)
	d.Dates = []doc.Date{{Qualifier: "002", Date: day(t.AddDate(0, 0, 7+rnd.IntN(10)))}}
	d.Parties = b.parties()
	for i, k := range rnd.Perm(len(articles))[:2+rnd.IntN(5)] {
		a := articles[k]
		q := (1 + rnd.Int64N(6*b.scale)) * max(a.box, 2) / max(1, a.pence/4000)
		d.Lines = append(d.Lines, line(i+1, a, max(q, 1), listPrice(a, c, old)))
	}
	return d
}

func (b buyer) parties() []doc.Party {
	return []doc.Party{{Role: "BY", Name: b.c.org.Name, IDQualifier: "92", ID: strings.ToUpper(b.c.org.Slug)},
		{Role: "ST", Name: b.c.org.Name, Address: []string{b.street}, City: b.city, Country: b.c.org.Country}}
}

func line(n int, a article, q int64, p money.Price) doc.Line {
	return doc.Line{Number: itoa(n), VendorItem: a.sku, Quantity: doc.Decimal(strconv.FormatInt(q, 10)), Unit: "EA", Price: doc.Decimal(p.Fixed(2)), Description: a.en}
}

// life is what becomes of an order: answer, shipment, receipt, invoice; sometimes
// a part comes later or a line is refused.
func (m *maker) life(rnd *rand.Rand, b buyer, d doc.PurchaseOrder, t time.Time) []step {
	p := m.partners[b.c.org.Slug]
	buyer, seller := b.c.staff[b.person], m.aurelia.staff[b.desk]
	keeper := access.System("demo", m.aurelia.id) // writes the invoices
	var id trade.OrderID
	after := func(from time.Time, least, most time.Duration) time.Time {
		return workday(from.Add(least+time.Duration(rnd.Int64N(int64(most-least)))), rnd)
	}
	steps := []step{{t, func(ctx context.Context) error {
		r, err := m.Trade.ReceiveOrder(ctx, buyer, trade.Incoming{Doc: d, Supplier: p.Supplier, Reseller: p.Reseller, Partnership: p.ID, Source: trade.SourceDemo, PlacedBy: buyer.Person})
		id = r.Order
		return err
	}}}
	answered := after(t, time.Hour, 26*time.Hour)
	kind := rnd.IntN(100)
	split, refuse := kind < 12, kind >= 12 && kind < 15 && len(d.Lines) > 2
	last, quantity := len(d.Lines), int64(0)
	if q, err := money.ParseMicro(string(d.Lines[last-1].Quantity)); err == nil {
		quantity = int64(q / money.One)
	}
	split = split && quantity > 4
	var response trade.ResponseID
	steps = append(steps, step{answered, func(ctx context.Context) error {
		var cmd trade.ConfirmCmd
		for n := 1; n < last; n++ {
			cmd.Lines = append(cmd.Lines, trade.ConfirmLine{Line: n, Action: trade.Accept})
		}
		switch {
		case split:
			cmd.Lines = append(cmd.Lines, trade.ConfirmLine{Line: last, Action: trade.Accept, Quantity: money.Whole(quantity * 3 / 4)},
				trade.ConfirmLine{Line: last, Action: trade.Backorder, Date: day(answered.AddDate(0, 0, 14)), Reason: "out_of_stock"})
		case refuse:
			cmd.Lines = append(cmd.Lines, trade.ConfirmLine{Line: last, Action: trade.Reject, Reason: "allocation"})
		default:
			cmd.Lines = append(cmd.Lines, trade.ConfirmLine{Line: last, Action: trade.Accept})
		}
		var err error
		response, err = m.Trade.Confirm(ctx, seller, id, cmd)
		return err
	}})
	if split || refuse {
		steps = append(steps, step{answered.Add(50 * time.Minute), func(ctx context.Context) error { return m.Trade.Agree(ctx, buyer, response) }})
	}
	deliver := func(from time.Time) {
		shipped := after(from, 20*time.Hour, 60*time.Hour)
		tracking := "JD01" + itoa(1_000_000+rnd.IntN(8_999_999))
		steps = append(steps, step{shipped, func(ctx context.Context) error {
			_, err := m.Trade.Ship(ctx, seller, id, trade.ShipCmd{Carrier: "DHL", Tracking: tracking})
			return err
		}}, step{shipped.Add(4 * time.Hour), func(ctx context.Context) error {
			_, err := m.Trade.Invoice(ctx, keeper, id, trade.InvoiceCmd{TaxRate: b.vat})
			return err
		}}, step{after(shipped.Add(5*time.Hour), 24*time.Hour, 60*time.Hour), func(ctx context.Context) error {
			_, err := m.Trade.MarkReceived(ctx, buyer, id, trade.ReceiveCmd{})
			return err
		}})
	}
	deliver(answered)
	if split {
		later := workday(answered.AddDate(0, 0, 12), rnd)
		steps = append(steps, step{later, func(ctx context.Context) error {
			_, err := m.Trade.Confirm(ctx, seller, id, trade.ConfirmCmd{})
			return err
		}})
		deliver(later)
	}
	return slices.DeleteFunc(steps, func(s step) bool { return !s.at.Before(m.start) })
}

// workday moves an instant on to working hours of a working day (UTC), never
// back.
func workday(t time.Time, rnd *rand.Rand) time.Time {
	morning := func(days int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+days, 8, rnd.IntN(55), rnd.IntN(60), 0, time.UTC)
	}
	switch h := t.Hour(); {
	case h < 8:
		t = morning(0)
	case h > 16:
		t = morning(1)
	}
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

func itoa(n int) string { return strconv.Itoa(n) }

func localPart(email string) string { s, _, _ := strings.Cut(email, "@"); return s }
