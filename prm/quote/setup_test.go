package quote

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/lead"
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

// take returns the kinds of this package published since the last call.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		if k, ok := strings.CutPrefix(e.Kind, "quote."); ok {
			out = append(out, k)
		}
	}
	r.events = nil
	return strings.Join(out, " ")
}

// plain counts every hour as a working hour.
type plain struct{}

func (plain) Clock(_ context.Context, _ string, start time.Time, hours int) (deal.Clock, error) {
	return deal.Clock{Start: start, Due: start.Add(time.Duration(hours) * time.Hour)}, nil
}

func (plain) Close(_ context.Context, _ string, t time.Time) (time.Time, error) { return t, nil }

// bench is a supplier with two resellers that do not know of each other. The reseller has
// its own price for the drill.
type bench struct {
	t                                        testing.TB
	db                                       *db.DB
	svc                                      *Service
	trade                                    *trade.Service
	deals                                    *deal.Service
	events                                   *recorder
	aurelia, kestrel, baltic, toK, toB       string
	ingrid, sven, maya, dan, kaarel, watcher access.Actor
	now                                      time.Time
}

func setup(t testing.TB, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toK: db.NewID(), toB: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	cat := catalog.New(d, nil)
	blobs, err := blob.New(d, t.TempDir())
	b.must(err)
	customers := customer.New(d)
	leads := lead.NewService(d, b.events, customers, plain{})
	b.deals = deal.New(deal.Parts{DB: d, Jobs: b.events, Blobs: blobs, Catalog: cat, Customers: customers, Leads: leads, Calendar: plain{}})
	b.trade = trade.New(d, cat, b.events)
	b.svc = New(d, cat, b.deals, b.trade, b.events)
	who := func(org string, r ...access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: r, Via: "session:x"}
	}
	b.ingrid, b.sven = who(b.aurelia, access.Manager), who(b.aurelia, access.Sales, access.Buyer, access.Finance, access.EDI, access.Viewer)
	b.maya, b.dan, b.watcher = who(b.kestrel, access.Sales), who(b.kestrel, access.Buyer), who(b.kestrel, access.Viewer, access.Finance)
	b.kaarel = who(b.baltic, access.Admin)
	b.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for _, o := range [][2]string{{b.aurelia, "aurelia"}, {b.kestrel, "kestrel"}, {b.baltic, "baltic"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Asia/Shanghai', 'en', 'active', 1)", o[0], o[1], o[1]).Error; err != nil {
				return err
			}
		}
		for _, p := range [][2]string{{b.toK, b.kestrel}, {b.toB, b.baltic}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 5000, 0, 1, 1, '')", p[0], b.aurelia, p[1]).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	b.must(cat.Put(b.at(), b.ingrid, catalog.Product{SKU: "DRILL", NameEN: "Drill", NameZH: "电钻", Family: "tools", Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}}, catalog.Product{SKU: "SAW", NameEN: "Saw", NameZH: "锯", Family: "tools", Unit: "EA"}, catalog.Product{SKU: "RARE", NameEN: "Unlisted", Family: "tools", Unit: "EA"}))
	b.must(cat.SetPrices(b.at(), b.ingrid, map[string][]catalog.ListPrice{"DRILL": {{Currency: "GBP", From: "2026-01-01", Price: money.Whole(84)}}, "SAW": {{Currency: "GBP", From: "2026-01-01", Price: money.Whole(50)}}}))
	return b
}

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

func (b *bench) want(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if fault.CodeOf(err) != code {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
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

func price2(s string) money.Price {
	p, err := money.ParseMicro(s)
	if err != nil {
		panic(err)
	}
	return p
}

// ask asks for 240 drills at 71.50 and 10 saws.
func (b *bench) ask() Quote {
	b.t.Helper()
	q, err := b.svc.Ask(b.at(), b.maya, Cmd{Partnership: b.toK, Key: db.NewID(), Title: "Harrow line 4", Customer: "Harrow Fabrication", Lines: []LineCmd{{SKU: "drill", Quantity: money.Whole(240), Price: price2("71.5")}, {SKU: "SAW", Quantity: money.Whole(10)}}})
	b.must(err)
	return q
}

// offered is the answer to it: the drill at 74, saws as listed.
func (b *bench) offered() Quote {
	b.t.Helper()
	q := b.ask()
	q, err := b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: q.Round, Title: q.Title, Customer: q.Customer, ValidUntil: "2026-11-30", Until: "2026-12-31", Lines: []LineCmd{{SKU: "DRILL", Quantity: money.Whole(240), Price: money.Whole(74)}, {SKU: "SAW", Quantity: money.Whole(10)}}})
	b.must(err)
	return q
}

// order is a document that names a quote in its head.
func order(number, ref, value string, lines ...[4]string) doc.PurchaseOrder {
	d := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: "2026-11-20"}
	d.Currency = "GBP"
	if ref != "" {
		d.Refs = []doc.Ref{{Qualifier: ref, Value: value}}
	}
	for _, l := range lines {
		d.Lines = append(d.Lines, doc.Line{VendorItem: l[0], Quantity: doc.Decimal(l[1]), Unit: l[2], Price: doc.Decimal(l[3])})
	}
	return d
}

func (b *bench) receive(d doc.PurchaseOrder) trade.Detail {
	b.t.Helper()
	r, err := b.trade.ReceiveOrder(b.at(), access.System("gateway", b.kestrel), trade.Incoming{Doc: d, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toK, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	out, err := b.trade.Get(b.at(), b.ingrid, r.Order)
	b.must(err)
	return out
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.CheckModels(t, dbtest.One(t), row{}, versionRow{}, lineRow{})
}
