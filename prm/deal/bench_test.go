package deal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/identity"
	"entente/prm/money"
)

// full is a supplier with 50,000 registrations and 1,000,000 identity keys on SQLite; a
// fifth waits for a decision.
func full(b *testing.B) *field {
	b.Helper()
	f := setup(b, dbtest.One(b))
	const n, keys = 50_000, 20
	f.must(f.db.InTx(context.Background(), func(ctx context.Context) error {
		var rows []row
		var ks []keyRow
		for i := range n {
			d := northgate()
			d.Customer = Party{Name: fmt.Sprintf("Works %d Ltd", i), Country: "GB", Postcode: fmt.Sprintf("LS%d %dAA", i%90+1, i%9+1), Web: fmt.Sprintf("works-%d.co.uk", i)}
			d.Contact = Contact{}
			who, p := f.kestrel, f.toKestrel
			if i%2 == 1 {
				who, p = f.baltic, f.toBaltic
			}
			r := Registration{ID: ID(db.NewID()), Code: fmt.Sprintf("D-%08d", i), Supplier: f.aurelia, Registrant: who, Partnership: p, Draft: d, Share: 100, Created: f.now, Changed: f.now, Submitted: f.now.Add(time.Duration(i) * time.Second), Version: 1}
			r.Position = []Position{{PenSubmitted, Pending}, {PenSettled, Protected}, {PenSettled, Won}, {PenSettled, Lost}, {PenSettled, Released}}[i%5]
			r.Review.Due, r.Guard = f.now.Add(time.Duration(i)*time.Minute), Guard{From: f.now, Until: f.now.AddDate(0, 0, i%90+1)}
			r.Keys, _ = identity.Of(d.Facts())
			rows = append(rows, rowOf(r))
			for k := range keys {
				x := keyRow{f.aurelia, string(identity.Domain), fmt.Sprintf("k%d.works-%d.co.uk", k, i), r.Counting(), string(r.ID)}
				if k < len(r.Keys) {
					x.Kind, x.Value = string(r.Keys[k].Kind), r.Keys[k].Value
				}
				ks = append(ks, x)
			}
			if len(rows) == 300 {
				if err := db.Tx(ctx).Create(&rows).Error; err != nil {
					return err
				}
				if err := db.Tx(ctx).CreateInBatches(&ks, 5000).Error; err != nil {
					return err
				}
				rows, ks = nil, nil
			}
		}
		if len(rows) == 0 {
			return nil
		}
		if err := db.Tx(ctx).Create(&rows).Error; err != nil {
			return err
		}
		return db.Tx(ctx).CreateInBatches(&ks, 5000).Error
	}))
	return f
}

// The decision queue at its first page and deep inside it, and the comparison of one new
// registration with all others.
func BenchmarkRegistrations(b *testing.B) {
	f := full(b)
	ctx := context.Background()
	for _, depth := range []int{0, 9_000} {
		after := ""
		if depth > 0 {
			for range depth / 200 {
				p, err := f.svc.List(ctx, f.ingrid, access.Supplier, Filter{View: ViewQueue, After: after, Limit: 200})
				f.must(err)
				after = p.Next
			}
		}
		b.Run(fmt.Sprintf("queue/depth=%d", depth), func(b *testing.B) {
			for b.Loop() {
				p, err := f.svc.List(ctx, f.ingrid, access.Supplier, Filter{View: ViewQueue, After: after, Limit: 50})
				if err != nil || len(p.Items) != 50 {
					b.Fatal(len(p.Items), err)
				}
			}
		})
	}
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.svc.Counts(ctx, f.ingrid, access.Supplier); err != nil {
				b.Fatal(err)
			}
		}
	})
	d := northgate()
	d.Customer = Party{Name: "Works 4711 Limited", Country: "GB", Postcode: "LS32 5AA", Web: "https://www.works-4710.co.uk"}
	d.Contact, d.Value = Contact{}, money.Amount{Minor: 100, Currency: "GBP"}
	r := Registration{ID: ID(db.NewID()), Supplier: f.aurelia, Registrant: f.harrow, Draft: d, Submitted: f.now}
	r.Keys, _ = identity.Of(d.Facts())
	b.Run("conflict", func(b *testing.B) {
		found := 0
		for b.Loop() {
			f.must(f.db.View(ctx, func(ctx context.Context) error {
				got, err := similar(ctx, r, mostSimilar)
				found = len(got)
				return err
			}))
		}
		if found == 0 {
			b.Fatal("nothing similar was found")
		}
	})
}
