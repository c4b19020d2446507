package returns

import (
	"context"
	"errors"
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

type bench struct {
	t                                     *testing.T
	svc                                   *Service
	orders                                *trade.Service
	aurelia, kestrel, baltic, partnership string
	ingrid, dan, kaarel                   access.Actor
	now                                   time.Time
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) at() context.Context {
	b.now = b.now.Add(time.Minute)
	return db.WithNow(context.Background(), b.now)
}

func (b *bench) wants(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if key == "" || f.Key == key {
		return
	}
	for _, x := range f.Fields {
		if x.Key == key {
			return
		}
	}
	b.t.Fatalf("got %v, want %s", err, key)
}

func setup(t *testing.T, d *db.DB) *bench {
	b := &bench{t: t, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), partnership: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	cat := catalog.New(d, nil)
	b.orders = trade.New(d, cat, nil)
	b.svc = New(d, b.orders)
	b.orders.KeepReturns(b.svc)
	person := func(org string) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{access.Admin}, Via: "session:x"}
	}
	b.ingrid, b.dan, b.kaarel = person(b.aurelia), person(b.kestrel), person(b.baltic)
	b.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for _, o := range [][2]string{{b.aurelia, "aurelia"}, {b.kestrel, "kestrel"}, {b.baltic, "baltic"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", o[0], o[1], o[1]).Error; err != nil {
				return err
			}
		}
		return db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 5000, 0, 1, 1, '')", b.partnership, b.aurelia, b.kestrel).Error
	}))
	b.must(cat.Put(b.at(), b.ingrid, catalog.Product{SKU: "AUR-D18B", NameEN: "Drill", NameZH: "电钻", Family: "tools", Unit: "EA"}, catalog.Product{SKU: "AUR-B50", NameEN: "Battery", NameZH: "电池", Family: "tools", Unit: "EA"}))
	return b
}

// delivered is an order of 10 drills at 84 and 20 batteries at 31.20, shipped and invoiced
// in two invoices.
func (b *bench) delivered() trade.OrderID {
	b.t.Helper()
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: "PO-1", Date: "2026-11-16"}
	d.Currency = "GBP"
	for i, l := range [][3]string{{"AUR-D18B", "10", "84.00"}, {"AUR-B50", "20", "31.20"}} {
		d.Lines = append(d.Lines, doc.Line{Number: []string{"1", "2"}[i], VendorItem: l[0], Quantity: doc.Decimal(l[1]), Unit: "EA", Price: doc.Decimal(l[2])})
	}
	r, err := b.orders.ReceiveOrder(b.at(), access.System("edi", b.kestrel), trade.Incoming{Doc: d, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.partnership, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	_, err = b.orders.Confirm(b.at(), b.ingrid, r.Order, trade.ConfirmCmd{})
	b.must(err)
	_, err = b.orders.Ship(b.at(), b.ingrid, r.Order, trade.ShipCmd{})
	b.must(err)
	for _, q := range []int64{6, 4} {
		_, err = b.orders.Invoice(b.at(), b.ingrid, r.Order, trade.InvoiceCmd{TaxRate: 200_000, Lines: []trade.InvoiceCmdLine{{Line: 1, Quantity: money.Whole(q)}, {Line: 2, Quantity: money.Whole(q * 2)}}})
		b.must(err)
	}
	return r.Order
}

// Asked, authorised in part, counted short, credited over two invoices: each bound by what
// was delivered, asked for, authorised, arrived and invoiced.
func TestReturn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		o := b.delivered()
		ask := AskCmd{Key: "k", Note: "broken", Lines: []AskLine{{1, money.Whole(7), "DM"}, {2, money.Whole(3), "WG"}}}
		_, err := b.svc.Ask(b.at(), b.ingrid, o, ask)
		b.wants(err, fault.Forbidden, "")
		_, err = b.svc.Ask(b.at(), b.dan, o, AskCmd{Lines: []AskLine{{1, money.Whole(11), "DM"}}})
		b.wants(err, fault.Invalid, "returns.over")
		_, err = b.svc.Ask(b.at(), b.dan, o, AskCmd{Lines: []AskLine{{1, money.Whole(1), ""}}})
		b.wants(err, fault.Invalid, "returns.reason")
		id, err := b.svc.Ask(b.at(), b.dan, o, ask)
		b.must(err)
		again, err := b.svc.Ask(b.at(), b.dan, o, ask)
		b.must(err)
		if again != id {
			t.Fatal("the same key made two")
		}
		_, err = b.svc.Ask(b.at(), b.dan, o, AskCmd{Lines: []AskLine{{1, money.Whole(4), "DM"}}}) // 7 of 10 are on their way back
		b.wants(err, fault.Invalid, "returns.over")

		_, err = b.svc.Receive(b.at(), b.ingrid, id, nil)
		b.wants(err, fault.Conflict, "returns.moved_on")
		_, err = b.svc.Decide(b.at(), b.dan, id, DecideCmd{})
		b.wants(err, fault.Forbidden, "")
		_, err = b.svc.Decide(b.at(), b.ingrid, id, DecideCmd{Refuse: true})
		b.wants(err, fault.Invalid, "returns.why")
		r, err := b.svc.Decide(b.at(), b.ingrid, id, DecideCmd{Lines: []Part{{2, money.Whole(0)}}})
		b.must(err)
		if r.RMA == "" || r.Lines[0].Granted != money.Whole(7) || r.Lines[1].Granted != 0 {
			t.Fatalf("%+v", r)
		}
		told, _, err := b.svc.Document(b.at(), access.System("edi", b.aurelia), id)
		b.must(err)
		if p := told.Validate(); len(p) > 0 || told.Stage != doc.StageInstruct || told.Lines[1].Disposition.Code != "RD" || told.RMA != r.RMA {
			t.Fatalf("%+v %+v", p, told)
		}
		_, err = b.svc.Credit(b.at(), b.ingrid, id)
		b.wants(err, fault.Conflict, "returns.moved_on")
		_, err = b.svc.Receive(b.at(), b.ingrid, id, []Part{{1, money.Whole(8)}})
		b.wants(err, fault.Invalid, "returns.over")
		_, err = b.svc.Receive(b.at(), b.ingrid, id, []Part{{1, money.Whole(5)}})
		b.must(err)
		order, err := b.orders.Get(b.at(), b.ingrid, o)
		b.must(err)
		if order.Lines[0].Returned != money.Whole(5) {
			t.Fatalf("%s", order.Lines[0].Returned)
		}
		r, err = b.svc.Credit(b.at(), b.ingrid, id)
		b.must(err)
		if r.State != Credited || r.Lines[0].Credited != money.Whole(5) {
			t.Fatalf("%+v", r)
		}
		order, err = b.orders.Get(b.at(), b.ingrid, o)
		b.must(err)
		var sums []string
		for _, i := range order.Invoices {
			if i.Kind == trade.InvoiceCredit {
				sums = append(sums, i.Gross.String())
			}
		}
		// 4 of the second invoice and 1 of the first, with 20 % tax
		if len(sums) != 2 || sums[0] != "-403.20" || sums[1] != "-100.80" {
			t.Fatalf("%v", sums)
		}
		last := order.Invoices[len(order.Invoices)-1]
		note, _, err := b.orders.InvoiceDoc(b.at(), access.System("edi", b.aurelia), last.ID)
		b.must(err)
		if p := note.Validate(); len(p) > 0 || note.Type != "CR" || note.Total != "100.80" || note.Refs[len(note.Refs)-1].Qualifier != "IV" {
			t.Fatalf("%+v %+v", p, note)
		}
		// never more of a line than its invoice has
		_, err = b.orders.Credit(b.at(), b.ingrid, order.Invoices[1].ID, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Quantity: money.Whole(1)}}})
		if c := fault.CodeOf(err); c != fault.Invalid && c != fault.Conflict {
			t.Fatalf("%v", err)
		}
	})
}

// A 180 of each side books it; a stranger learns nothing.
func TestReturnBySystem(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		o := b.delivered()
		line := func(n, q, code, reason string) doc.ReturnLine {
			l := doc.ReturnLine{Disposition: doc.Disposition{Code: code, Reason: reason}}
			l.Number, l.VendorItem, l.Quantity, l.Unit = n, "AUR-D18B", doc.Decimal(q), "EA"
			return l
		}
		send := func(from string, x doc.Return) trade.ReplyReceipt {
			t.Helper()
			x.Order.Number, x.Date = "PO-1", "2026-11-20"
			r, err := b.orders.ReceiveReply(b.at(), access.System("edi", from), trade.IncomingReply{Return: &x, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.partnership, Interchange: db.NewID(), SetNo: 1, Syntax: "x12"})
			b.must(err)
			return r
		}
		wish := doc.Return{Stage: doc.StageRequest, Purpose: "13", Number: "KR-1", Lines: []doc.ReturnLine{line("1", "2", "RP", "DT")}}
		got := send(b.kestrel, wish)
		if got.Outcome != trade.Booked || got.Kind != trade.DocumentReturn {
			t.Fatalf("%+v", got)
		}
		if again := send(b.kestrel, wish); again.Outcome != trade.Duplicate {
			t.Fatalf("%+v", again)
		}
		if over := send(b.kestrel, doc.Return{Stage: doc.StageRequest, Purpose: "13", Number: "KR-2", Lines: []doc.ReturnLine{line("1", "9", "RP", "DT")}}); over.Outcome != trade.HeldBack {
			t.Fatalf("%+v", over)
		}
		if said := send(b.aurelia, doc.Return{Stage: doc.StageInstruct, Purpose: "11", Number: "A-1", Reference: "KR-1", RMA: "RMA-77", Lines: []doc.ReturnLine{line("1", "2", "RA", "")}}); said.Outcome != trade.Booked {
			t.Fatalf("%+v", said)
		}
		r, err := b.svc.Get(b.at(), b.dan, ID(got.ID))
		b.must(err)
		if r.State != Granted || r.RMA != "RMA-77" || r.Source != trade.SourceEDI || r.Lines[0].Reason != "DT" {
			t.Fatalf("%+v", r)
		}
		list, _, err := b.svc.List(b.at(), b.ingrid, "", 10)
		b.must(err)
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		// the stranger
		calls := []error{
			second(b.svc.Get(b.at(), b.kaarel, r.ID)), second(b.svc.Of(b.at(), b.kaarel, o)), second(b.svc.Ask(b.at(), b.kaarel, o, AskCmd{Lines: []AskLine{{1, money.Whole(1), "DM"}}})),
			second(b.svc.Decide(b.at(), b.kaarel, r.ID, DecideCmd{})), second(b.svc.Receive(b.at(), b.kaarel, r.ID, nil)), second(b.svc.Credit(b.at(), b.kaarel, r.ID)),
			second(b.svc.BookReturn(b.at(), b.kaarel, o, &wish, "", 0)), second(b.svc.BookAnswer(b.at(), b.kaarel, o, &wish)),
		}
		_, _, err = b.svc.Document(b.at(), b.kaarel, r.ID)
		for i, err := range append(calls, err) {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("call %d: %v", i, err)
			}
		}
		if list, _, err := b.svc.List(b.at(), b.kaarel, "", 10); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
