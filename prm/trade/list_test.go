package trade

import (
	"context"
	"fmt"
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

// Of a word that thousands of old orders have and no new one, the newest orders and invoices
// are found from the words alone, page by page, also those of an invoice that is newer than
// its orders are.
func TestOldWord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const all, old, late = 5700, 4500, 7
		b := setup(t, d)
		many(b, all, old)
		id := func(i int) string { return fmt.Sprintf("%026d", i) }
		b.must(d.InTx(context.Background(), func(ctx context.Context) error { // of two orders, later than all others of the word
			made := 1704067200000000 + int64(all)*60_000_000
			if err := db.Tx(ctx).Exec("INSERT INTO invoice (id, order_id, supplier_id, reseller_id, number, kind, state, currency, net, tax, tax_rate, tax_category, differs_by, gross, issued_on, due_on, made_by, made, interchange_id, orders) VALUES ('late', ?, ?, ?, 'INV-LATE', 'invoice', 'matched', 'GBP', 100, 0, 0, '', 0, 100, '2024-01-01', '', '', ?, '', 2)", id(late), b.aurelia, b.kestrel, made).Error; err != nil {
				return err
			}
			for k := range 2 {
				if err := db.Tx(ctx).Exec("INSERT INTO invoice_share (invoice_id, position, order_id, supplier_id, reseller_id, net, state, differs_by) VALUES ('late', ?, ?, ?, ?, 50, 'matched', 0)", k+1, id(late+3*k), b.aurelia, b.kestrel).Error; err != nil {
					return err
				}
				if err := foundInvoiced(ctx, id(late+3*k), "INV-LATE", made); err != nil {
					return err
				}
			}
			return nil
		}))
		var want, wantInvoices []string
		for i := old - 1; i >= 0; i-- {
			want = append(want, id(i))
		}
		wantInvoices = append([]string{"late"}, want...)
		for query, n := range map[string]int{"retired": 4, "aur retired": 4, "retired inv late": 1} {
			var got, gotInvoices []string
			after, afterInvoice := "", ""
			for range n {
				p, err := b.svc.List(context.Background(), b.ingrid, Filter{Query: query, After: after, Limit: 60})
				b.must(err)
				for _, o := range p.Items {
					got = append(got, string(o.ID))
				}
				ip, err := b.svc.Invoices(context.Background(), b.ingrid, InvoiceFilter{Query: query, After: afterInvoice, Limit: 60})
				b.must(err)
				for _, i := range ip.Items {
					gotInvoices = append(gotInvoices, string(i.ID))
				}
				after, afterInvoice = p.Next, ip.Next
			}
			if n == 1 {
				eq(t, query, fmt.Sprint(got, gotInvoices), fmt.Sprint([]string{id(late + 3), id(late)}, []string{"late", id(late + 3), id(late)}))
				continue
			}
			eq(t, query, fmt.Sprint(got), fmt.Sprint(want[:60*n]))
			eq(t, query+": invoices", fmt.Sprint(gotInvoices), fmt.Sprint(wantInvoices[:60*n]))
		}
		p, err := b.svc.List(context.Background(), b.ingrid, Filter{Query: "retired", Partner: b.baltic, Limit: 3})
		b.must(err)
		for k, o := range p.Items {
			eq(t, "of one partner", string(o.ID), id(old-3-3*k))
		}
		if p, err := b.svc.List(context.Background(), b.kaarel, Filter{Query: "retired", Limit: 3}); err != nil || len(p.Items) != 3 || string(p.Items[0].ID) != id(old-3) {
			t.Errorf("of the buyer %+v %v", p.Items, err)
		}
	})
}
