package trade

import (
	"context"
	"errors"
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
)

// recorder keeps what was published.
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

func (r *recorder) kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		out = append(out, e.Kind)
	}
	return out
}

func (r *recorder) last() job.Event { return r.events[len(r.events)-1] }

// bench is a supplier with two resellers that do not know of each other.
type bench struct {
	t                         testing.TB
	db                        *db.DB
	svc                       *Service
	cat                       *catalog.Service
	events                    *recorder
	aurelia, kestrel, baltic  string
	toKestrel, toBaltic       string // partnerships
	ingrid, dan, kaarel, eyes access.Actor
	now                       time.Time
}

func setup(t testing.TB, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	b.cat = catalog.New(d, nil)
	b.svc = New(d, b.cat, b.events)
	b.ingrid = access.Actor{Person: db.NewID(), Org: b.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
	b.dan = access.Actor{Person: db.NewID(), Org: b.kestrel, Roles: []access.Role{access.Buyer, access.Finance}, Via: "session:x"}
	b.kaarel = access.Actor{Person: db.NewID(), Org: b.baltic, Roles: []access.Role{access.Admin}, Via: "session:x"}
	b.eyes = access.Actor{Person: db.NewID(), Org: b.kestrel, Roles: []access.Role{access.Viewer}, Via: "session:x"}
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
	prices := map[string][]catalog.ListPrice{}
	var ps []catalog.Product
	for sku, price := range map[string]string{"AUR-D18B": "84", "AUR-G125": "46.5", "AUR-B50": "31.2", "AUR-BS40": "9.8", "AUR-H26": "129"} {
		ps = append(ps, catalog.Product{SKU: sku, NameEN: "Tool " + sku, NameZH: "工具", Family: "tools", Unit: "EA", GTIN: catalog.CheckDigit("073912345" + digits(len(ps)+10) + "00"),
			Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}})
		prices[sku] = []catalog.ListPrice{{Currency: "GBP", From: "2026-01-01", Price: b.micro(price)}, {Currency: "EUR", From: "2026-01-01", Price: b.micro(price) * 12 / 10}}
	}
	b.must(b.cat.Put(b.at(), b.ingrid, ps...))
	b.must(b.cat.SetPrices(b.at(), b.ingrid, prices))
	return b
}

func digits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// at is a context one minute later than the last one.
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

// order is an 850 of lines "SKU quantity price".
func order(number string, lines ...[3]string) doc.PurchaseOrder {
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: "2026-11-16"}
	d.Currency = "GBP"
	d.Dates = []doc.Date{{Qualifier: "002", Date: "2026-11-30"}}
	d.Parties = []doc.Party{{Role: "ST", Name: "Kestrel Leeds", City: "Leeds"}}
	for i, l := range lines {
		d.Lines = append(d.Lines, doc.Line{Number: itoa((i + 1) * 10), VendorItem: l[0], Quantity: doc.Decimal(l[1]), Unit: "EA", Price: doc.Decimal(l[2])})
	}
	return d
}

// design is the order of the design's page: 52,720.00 net.
func design() doc.PurchaseOrder {
	return order("4500187342", [3]string{"AUR-D18B", "240", "84.00"}, [3]string{"AUR-G125", "160", "46.50"}, [3]string{"AUR-B50", "400", "31.20"}, [3]string{"AUR-BS40", "500", "9.80"}, [3]string{"AUR-H26", "60", "129.00"})
}

func (b *bench) gateway() access.Actor { return access.System("gateway", b.kestrel) }

func (b *bench) incoming(d doc.PurchaseOrder, interchange string, set int) Incoming {
	return Incoming{Doc: d, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: interchange, SetNo: set}
}

// receive books a document that came in an interchange of its own.
func (b *bench) receive(d doc.PurchaseOrder) Receipt {
	b.t.Helper()
	r, err := b.svc.ReceiveOrder(b.at(), b.gateway(), b.incoming(d, db.NewID(), 1))
	b.must(err)
	return r
}

func (b *bench) get(id OrderID) Detail {
	b.t.Helper()
	d, err := b.svc.Get(b.at(), b.ingrid, id)
	b.must(err)
	return d
}

func (b *bench) want(err error, code fault.Code, key string) {
	b.t.Helper()
	if fault.CodeOf(err) != code {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	var f *fault.Error
	if errors.As(err, &f); key != "" && f.Key != key {
		for _, x := range f.Fields {
			if x.Key == key {
				return
			}
		}
		b.t.Fatalf("got %v, want %s", err, key)
	}
}

func eq[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
