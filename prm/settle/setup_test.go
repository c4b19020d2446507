package settle

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

type recorder struct {
	mu     sync.Mutex
	events []job.Event
}

func (r *recorder) Publish(_ context.Context, e job.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

// count says how often a kind was published.
func (r *recorder) count(kind string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// bench is a supplier with two resellers that do not know of each other.
type bench struct {
	t                        testing.TB
	db                       *db.DB
	trade                    *trade.Service
	svc                      *Service
	events                   *recorder
	aurelia, kestrel, baltic string
	toKestrel, toBaltic      string
	ingrid, dan, kaarel      access.Actor
	now                      time.Time
	orders                   int
}

func setup(t testing.TB, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	b.trade = trade.New(d, catalog.New(d, nil), b.events)
	b.svc = New(d, b.trade, b.events)
	b.ingrid = access.Actor{Person: db.NewID(), Org: b.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
	b.dan = access.Actor{Person: db.NewID(), Org: b.kestrel, Roles: []access.Role{access.Buyer, access.Finance}, Via: "session:x"}
	b.kaarel = access.Actor{Person: db.NewID(), Org: b.baltic, Roles: []access.Role{access.Admin}, Via: "session:x"}
	b.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for _, o := range [][4]string{{b.aurelia, "aurelia", "Aurelia Tools", "GB"}, {b.kestrel, "kestrel", "Kestrel Supply", "GB"}, {b.baltic, "baltic", "Baltic Trade", "EE"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', ?, 'GBP', 'Europe/London', 'en', 'active', 1)", o[0], o[1], o[2], o[3]).Error; err != nil {
				return err
			}
		}
		for _, p := range [][3]string{{b.toKestrel, b.kestrel, "GBP"}, {b.toBaltic, b.baltic, "EUR"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', ?, 5000, 0, 1, 1, '')", p[0], b.aurelia, p[1], p[2]).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return b
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

func (b *bench) micro(s string) money.Micro {
	b.t.Helper()
	m, err := money.ParseMicro(s)
	b.must(err)
	return m
}

func (b *bench) gbp(s string) money.Amount {
	b.t.Helper()
	a, err := money.ParseAmount(s, "GBP")
	b.must(err)
	return a
}

func (b *bench) want(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if f.Key == key {
		return
	}
	for _, x := range f.Fields {
		if x.Key == key {
			return
		}
	}
	b.t.Fatalf("got %v, want %s", err, key)
}

func eq[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// shipped is an order of Kestrel, confirmed and shipped in full: lines "quantity price".
func (b *bench) shipped(lines ...[2]string) trade.OrderID {
	b.t.Helper()
	b.orders++
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: "PO-" + strconv.Itoa(b.orders), Date: "2026-11-16"}
	d.Currency = "GBP"
	for i, l := range lines {
		d.Lines = append(d.Lines, doc.Line{Number: strconv.Itoa(i + 1), VendorItem: "ITEM-" + strconv.Itoa(i), Quantity: doc.Decimal(l[0]), Unit: "EA", Price: doc.Decimal(l[1])})
	}
	r, err := b.trade.ReceiveOrder(b.at(), access.System("edi", b.kestrel), trade.Incoming{Doc: d, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	_, err = b.trade.Confirm(b.at(), b.ingrid, r.Order, trade.ConfirmCmd{})
	b.must(err)
	_, err = b.trade.Ship(b.at(), b.ingrid, r.Order, trade.ShipCmd{})
	b.must(err)
	return r.Order
}

// invoiced is an order of one line, invoiced with 20 % tax at the price.
func (b *bench) invoiced(number, quantity, price, asked string) trade.InvoiceID {
	b.t.Helper()
	o := b.shipped([2]string{quantity, price})
	id, err := b.trade.Invoice(b.at(), b.ingrid, o, trade.InvoiceCmd{Number: number, TaxRate: b.micro("0.2"), Lines: []trade.InvoiceCmdLine{{Line: 1, Price: b.micro(asked)}}})
	b.must(err)
	return id
}

func (b *bench) account(id trade.InvoiceID) Account {
	b.t.Helper()
	a, err := b.svc.Account(b.at(), b.dan, id)
	b.must(err)
	return a
}

// remit is an 820: lines "number paid", then "-amount reason reference" for what is kept
// back of the line before.
func (b *bench) remit(number string, lines ...[]string) *doc.Remittance {
	d := &doc.Remittance{Number: number, TraceType: "1", Paid: "2026-11-20", Handling: "I", Flag: "C", Method: "ACH"}
	d.Currency = "GBP"
	for _, l := range lines {
		if l[0][0] == '-' {
			x := &d.Lines[len(d.Lines)-1]
			a := doc.Adjustment{Amount: doc.Decimal(l[0]), Reason: l[1]}
			if len(l) > 2 {
				a.Ref = doc.Ref{Qualifier: "ZZ", Value: l[2]}
			}
			x.Adjustments = append(x.Adjustments, a)
			continue
		}
		q := "IV"
		if l[1][0] == '-' {
			q = "CM"
		}
		d.Lines = append(d.Lines, doc.RemittanceLine{Qualifier: q, Number: l[0], Paid: doc.Decimal(l[1])})
	}
	d.Total = d.Sum()
	return d
}

func (b *bench) incoming(d *doc.Remittance) Incoming {
	return Incoming{Doc: d, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: db.NewID(), SetNo: 1}
}

// pay books an 820 that came in an interchange of its own.
func (b *bench) pay(d *doc.Remittance) Receipt {
	b.t.Helper()
	r, err := b.svc.Receive(b.at(), access.System("edi", b.kestrel), b.incoming(d))
	b.must(err)
	return r
}

func (b *bench) payment(id PaymentID) Payment {
	b.t.Helper()
	p, err := b.svc.GetPayment(b.at(), b.ingrid, id)
	b.must(err)
	return p
}
