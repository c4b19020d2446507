package trade

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// The queue is in the order of the orders, a later promise keeps the place, and each
// reseller sees its own lines alone.
func TestBackorders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		wait := func(id OrderID, day string) {
			t.Helper()
			_, err := b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{Lines: []ConfirmLine{{Line: 1, Action: Backorder, Date: day}}})
			b.must(err)
		}
		first := b.receive(order("1", [3]string{"AUR-D18B", "10", "84"}))
		second := b.receive(order("2", [3]string{"AUR-D18B", "5", "84"}))
		wait(second.Order, "2026-12-01")
		wait(first.Order, "2026-12-08")
		wait(first.Order, "2026-12-20") // promised later: the place stays
		list := func(a access.Actor, f BackorderFilter) BackorderPage {
			t.Helper()
			p, err := b.svc.Backorders(b.at(), a, f)
			b.must(err)
			return p
		}
		queue := list(b.ingrid, BackorderFilter{Side: "supplier", Limit: 1})
		if len(queue.Items) != 1 || queue.Items[0].Order != first.Order || queue.Items[0].PromisedOn != "2026-12-20" || queue.Items[0].Waiting != money.Whole(10) || queue.Next == "" {
			t.Fatalf("the queue begins with %+v", queue)
		}
		if next := list(b.ingrid, BackorderFilter{Side: "supplier", After: queue.Next}); len(next.Items) != 1 || next.Items[0].Order != second.Order || next.Next != "" {
			t.Errorf("and goes on with %+v", next)
		}
		if mine := list(b.dan, BackorderFilter{Side: "reseller"}); len(mine.Items) != 2 {
			t.Errorf("Kestrel waits for %+v", mine)
		}
		for _, side := range []string{"supplier", "reseller"} {
			if p := list(b.kaarel, BackorderFilter{Side: side}); len(p.Items) != 0 {
				t.Errorf("Baltic sees %+v", p.Items)
			}
		}
		if _, err := b.svc.Backorders(b.at(), b.dan, BackorderFilter{After: "x"}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("cursor: %v", err)
		}
	})
}

// Less than the minimum, no multiple and a successor are questions on the line:
// nothing is rounded, nothing refused. Open orders keep their price when a list
// comes; a list by the date wanted is judged by it.
func TestOrderRulesAndPriceDate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.must(b.cat.Put(b.at(), b.ingrid, catalog.Product{SKU: "AUR-D18B", NameEN: "Drill", Unit: "EA", Minimum: money.Whole(10), Multiple: money.Whole(4), ReplacedBy: "AUR-B50", ReplacedFrom: "2026-11-01"}))
		r := b.receive(order("1", [3]string{"AUR-D18B", "9", "84"}))
		l := b.get(r.Order).Lines[0]
		if !l.Marks.Has(BelowMinimum) || !l.Marks.Has(NotMultiple) || !l.Marks.Has(Superseded) || l.Ordered != money.Whole(9) || r.Outcome != Booked {
			t.Errorf("marks %v of %s", l.Marks, l.Ordered)
		}
		b.must(b.cat.Put(b.at(), b.ingrid, catalog.Product{SKU: "AUR-D18B", NameEN: "Drill", Unit: "EA", Minimum: money.Whole(8), Multiple: money.Whole(4)}))
		if l := b.get(b.receive(order("2", [3]string{"AUR-D18B", "12", "84"})).Order).Lines[0]; len(l.Marks) != 0 {
			t.Errorf("marks %v", l.Marks)
		}
		b.must(b.cat.SetPrices(b.at(), b.ingrid, map[string][]catalog.ListPrice{"AUR-D18B": {{Currency: "GBP", From: "2026-12-01", Price: 90_000_000}}}))
		if again := b.get(r.Order).Lines[0]; again.Price != l.Price || again.ListPrice != l.ListPrice {
			t.Errorf("the open order was repriced to %s", again.Price)
		}
		later := order("3", [3]string{"AUR-D18B", "12", "90"})
		later.Dates = []doc.Date{{Qualifier: "002", Date: "2026-12-05"}}
		if l := b.get(b.receive(later).Order).Lines[0]; !l.Marks.Has(PriceDiffers) {
			t.Errorf("by the date of the order: %v", l.Marks)
		}
		b.must(b.cat.ChangeList(b.at(), b.ingrid, catalog.ListID(b.aurelia+"-gbp"), catalog.ListCmd{Basis: catalog.ByRequestedDate}))
		later.Number = "4"
		if l := b.get(b.receive(later).Order).Lines[0]; l.Marks.Has(PriceDiffers) || l.ListPrice != 90_000_000 {
			t.Errorf("by the date wanted: %v %s", l.Marks, l.ListPrice)
		}
	})
}
