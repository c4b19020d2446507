package batch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/job"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/sellthrough"
	"entente/prm/trade"
)

type silent struct{}

func (silent) Publish(context.Context, job.Event) error { return nil }

// hours counts every hour as a working hour.
type hours struct{}

func (hours) Clock(_ context.Context, _ string, start time.Time, n int) (lead.Clock, error) {
	d := time.Duration(n) * time.Hour
	return lead.Clock{Start: start, Half: start.Add(d / 2), Most: start.Add(d * 4 / 5), Due: start.Add(d)}, nil
}

// desk is a supplier and two of its resellers, with the services that files go to.
type desk struct {
	t                   testing.TB
	db                  *db.DB
	cat                 *catalog.Service
	trade               *trade.Service
	sales               *sellthrough.Service
	files               *Service
	leads               *lead.Service
	customers           *customer.Service
	aurelia, kestrel    string
	toKestrel, toBaltic string
	ingrid, dan, kaarel access.Actor
}

func (b *desk) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

var bg = context.Background()

// newDesk makes the companies and their products.
func newDesk(t testing.TB, d *db.DB, dir string) *desk {
	b := &desk{t: t, db: d, aurelia: "o-aurelia", kestrel: "o-kestrel", toKestrel: "p-kestrel", toBaltic: "p-baltic"}
	b.ingrid = access.Actor{Person: "ingrid", Org: b.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}
	b.dan = access.Actor{Person: "dan", Org: b.kestrel, Roles: []access.Role{access.Buyer}, Via: "session:x"}
	b.kaarel = access.Actor{Person: "kaarel", Org: "o-baltic", Roles: []access.Role{access.Admin}, Via: "session:x"}
	b.serve(dir, nil)
	return b
}

func (b *desk) fill() {
	b.must(b.db.InTx(bg, func(ctx context.Context) error {
		for _, o := range []string{"aurelia", "kestrel", "baltic"} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", "o-"+o, o, o).Error; err != nil {
				return err
			}
		}
		for _, p := range []string{"kestrel", "baltic"} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 5000, 0, 1, 1, '')", "p-"+p, b.aurelia, "o-"+p).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	var ps []catalog.Product
	prices := map[string][]catalog.ListPrice{}
	for i := range 20 {
		sku := fmt.Sprintf("AUR-%02d", i)
		ps = append(ps, catalog.Product{SKU: sku, NameEN: "Tool " + sku, NameZH: "工具", Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}})
		prices[sku] = []catalog.ListPrice{{Currency: "GBP", From: "2020-01-01", Price: money.Whole(int64(10 + i))}}
	}
	b.must(b.cat.Put(bg, b.ingrid, ps...))
	b.must(b.cat.SetPrices(bg, b.ingrid, prices))
}

// serve makes the services, as a start of the program does.
func (b *desk) serve(dir string, step func(File)) {
	blobs, err := blob.New(b.db, filepath.Join(dir, "payloads"))
	b.must(err)
	b.cat = catalog.New(b.db, silent{})
	b.trade = trade.New(b.db, b.cat, silent{})
	b.sales = sellthrough.New(b.db, b.cat, silent{})
	b.customers = customer.New(b.db)
	b.leads = lead.NewService(b.db, silent{}, b.customers, hours{})
	partners := partner.NewService(b.db, silent{}, account.NewService(b.db, account.Options{}).Directory())
	b.files = New(Deps{DB: b.db, Blobs: blobs, Step: step, Kinds: []Kind{Orders{b.trade, partners}, Products{b.cat}, References{b.cat, partners}, Sales{b.sales, b.cat, partners}, Leads{b.leads, locale.CountryCode}},
		Actor: func(_ context.Context, org, person string) (access.Actor, error) {
			for _, a := range []access.Actor{b.ingrid, b.dan, b.kaarel} {
				if a.Org == org && a.Person == person {
					return a, nil
				}
			}
			return access.Actor{}, fault.New(fault.NotFound, "error.not_found")
		}})
}

// work takes turns until nothing is due.
func (b *desk) work() {
	b.t.Helper()
	for {
		more, err := b.files.Turn(bg)
		b.must(err)
		if !more {
			return
		}
	}
}

func (b *desk) take(a access.Actor, kind, partnership, text string) File {
	b.t.Helper()
	f, err := b.files.Take(bg, a, kind, partnership, "file.csv", Head{}, strings.NewReader(text))
	b.must(err)
	b.work()
	return b.get(a, f.ID)
}

func (b *desk) get(a access.Actor, id string) File {
	b.t.Helper()
	f, err := b.files.Get(bg, a, id)
	b.must(err)
	return f
}

func (b *desk) apply(a access.Actor, id string, head Head) File {
	b.t.Helper()
	b.must(b.files.Apply(bg, a, id, head))
	b.work()
	return b.get(a, id)
}

func (b *desk) orders() (n int64) {
	b.must(b.db.View(bg, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT COUNT(*) FROM purchase_order").Scan(&n).Error
	}))
	return n
}

func (b *desk) arrivals() (n int64) {
	b.must(b.db.View(bg, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT COUNT(*) FROM order_arrival").Scan(&n).Error
	}))
	return n
}

// tally says what stands in a file and what became of it.
func tally(f File) string {
	c := f.Counts
	return fmt.Sprintf("%s rows=%d wrong=%d dropped=%d groups=%d clean=%d %v", f.State, c.Rows, c.Wrong, c.Dropped, c.Groups, c.Clean, c.Outcomes)
}

// many is a file of orders with 20 lines each, and a way to read it from a file on disk.
func many(w io.Writer, lines int) {
	_, _ = io.WriteString(w, "Order no;Item;Qty;Unit;Price\r\n")
	for i := range lines {
		_, _ = fmt.Fprintf(w, "PO-%06d;AUR-%02d;%d;pcs;%d,00\r\n", i/20, i%20, 1+i%9, 10+i%20)
	}
}

func manyText(lines int) string {
	var w bytes.Buffer
	many(&w, lines)
	return w.String()
}

func wrongs(rows []Row) string {
	var out []string
	for _, r := range rows {
		for _, w := range r.Wrong {
			out = append(out, fmt.Sprintf("%d:%s:%s", r.No, w.Field, w.Key))
		}
		if r.Twice {
			out = append(out, fmt.Sprintf("%d:twice", r.No))
		}
	}
	return strings.Join(out, " ")
}
