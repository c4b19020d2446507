package trade

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
)

// readSpan reads one range, newest first. partnership "" is any. One column
// chooses the index, the other is only compared (COALESCE keeps it from being
// chosen): a state or flag is narrower than a partnership, a partnership than a
// company.
func readSpan(ctx context.Context, scope access.Scope, sp span, w window, partnership, partner, query string, limit int) ([]orderRow, error) {
	col, d := column(sp.side), db.DialectOf(ctx)
	by, none := found.Sieves(d, "purchase_order.id", query)
	if none {
		return nil, nil
	}
	if sp.where == "" && len(sp.sieves) == 0 { // else the top of all is hardly that of these
		where, args := col+" = ?", []any{scope.Org()}
		if partner != "" {
			where, args = "supplier_id IN (?, ?) AND reseller_id IN (?, ?) AND "+where, []any{scope.Org(), partner, scope.Org(), partner, scope.Org()}
		}
		for i, s := range by {
			by[i] = found.Sorted(d, s, query, "received", where, args...)
		}
	}
	return search.Sift[orderRow](ctx, search.List{Table: "purchase_order", At: "received", Index: sp.index, After: w.past(), Where: func(tx *gorm.DB) *gorm.DB {
		switch {
		case partnership == "":
			tx = tx.Where(col+" = ?", scope.Org())
		case sp.where == "":
			tx = tx.Where("partnership_id = ? AND COALESCE("+col+", '') = ?", partnership, scope.Org())
		default:
			tx = tx.Where(col+" = ? AND COALESCE(partnership_id, '') = ?", scope.Org(), partnership)
		}
		if sp.where != "" {
			tx = tx.Where(sp.where, sp.values...)
		}
		return w.narrow(tx, "received")
	}}, append(sp.sieves, by...), limit)
}

func (w window) narrow(tx *gorm.DB, at string) *gorm.DB {
	if w.from != 0 {
		tx = tx.Where(at+" >= ?", w.from)
	}
	if w.to != 0 {
		tx = tx.Where(at+" < ?", w.to)
	}
	return tx
}

// past is where the page before the window ended.
func (w window) past() []any {
	if w.after == nil {
		return nil
	}
	return []any{w.after.micros, w.after.id}
}

// partnershipsWith are the partnerships of the scope's company with another, by
// the side the scope's company has in them: at most one each way.
func partnershipsWith(ctx context.Context, scope access.Scope, partner string) (map[access.Side]string, error) {
	var rows []struct{ ID, SupplierID string }
	err := db.Tx(ctx).Table("partnership").Select("id", "supplier_id").Where("(supplier_id = ? AND reseller_id = ?) OR (supplier_id = ? AND reseller_id = ?)", scope.Org(), partner, partner, scope.Org()).Scan(&rows).Error
	out := map[access.Side]string{}
	for _, r := range rows {
		side := access.Reseller
		if r.SupplierID == scope.Org() {
			side = access.Supplier
		}
		out[side] = r.ID
	}
	return out, err
}

type firstMark struct {
	mark Mark
	line int
}

// extras is what a page of orders needs beside its rows.
type extras struct {
	differs, agree, arriving map[string]bool
	mark                     map[string]firstMark
}

func extrasOf(ctx context.Context, ids []string) (extras, error) {
	x := extras{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]firstMark{}}
	if len(ids) == 0 {
		return x, nil
	}
	for _, q := range []struct {
		into  map[string]bool
		table string
		where string
	}{{x.differs, "invoice", "state = 'differs' AND orders = 0"}, {x.differs, "invoice_share", "state = 'differs'"}, {x.agree, "order_response", "kind = 'changed' AND agreed = 0"}, {x.arriving, "shipment", "received = 0"}} {
		var hit []string
		if err := db.Tx(ctx).Table(q.table).Distinct("order_id").Where("order_id IN ? AND "+q.where, ids).Pluck("order_id", &hit).Error; err != nil {
			return x, err
		}
		for _, id := range hit {
			q.into[id] = true
		}
	}
	var ls []lineRow
	if err := db.Tx(ctx).Select("order_id", "line", "mark").Where("order_id IN ? AND mark <> '' AND state = 'open'", ids).Order("line DESC").Find(&ls).Error; err != nil {
		return x, err
	}
	for _, l := range ls {
		x.mark[l.OrderID] = firstMark{readMarks(l.Mark)[0], int(l.Line)}
	}
	return x, nil
}

// ordersByID and invoicesByID read what there is of some ids.
func ordersByID(ctx context.Context, ids []OrderID) ([]orderRow, error) {
	var out []orderRow
	for part := range slices.Chunk(ids, 500) {
		var rows []orderRow
		if err := db.Tx(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

func invoicesByID(ctx context.Context, ids []InvoiceID) ([]invoiceRow, error) {
	var out []invoiceRow
	for part := range slices.Chunk(ids, 500) {
		var rows []invoiceRow
		if err := db.Tx(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// differs says whether an invoice of the order differs from it.
func differs(ctx context.Context, id string) (bool, error) {
	return db.Remember(ctx, differsKey(id), differsTables, func() (bool, error) {
		var one int
		return db.Row(ctx, "SELECT 1 FROM invoice WHERE order_id = ? AND state = 'differs' AND orders = 0 UNION ALL SELECT 1 FROM invoice_share WHERE order_id = ? AND state = 'differs' LIMIT 1", []any{id, id}, &one)
	})
}

// counts reads what is in each view, up to CountMost + 1 of it: each number is read from
// an index that holds nothing else, so that it costs what waits, whatever else there is.
func counts(ctx context.Context, scope access.Scope) (Counts, error) {
	var out Counts
	for _, side := range []access.Side{access.Supplier, access.Reseller} {
		col, org := column(side), scope.Org()
		orders := "SELECT id FROM purchase_order WHERE " + col + " = ?"
		by := func(which string) string {
			return "SELECT id FROM " + search.By(db.DialectOf(ctx), "purchase_order", indexOf(side, which)) + " WHERE " + col + " = ?"
		}
		differ := "SELECT DISTINCT order_id FROM (SELECT order_id FROM invoice WHERE " + col + " = ? AND state = 'differs' AND orders = 0 UNION ALL SELECT order_id FROM invoice_share WHERE " + col + " = ? AND state = 'differs') d"
		var err error
		add := func(n *int, rows string, args ...any) {
			var more int
			if err == nil {
				more, err = search.Count(ctx, CountMost, rows, args...)
			}
			*n = min(*n+more, CountMost+1)
		}
		add(&out.All, orders, org)
		for _, st := range Open {
			add(&out.Open, orders+" AND state = ?", org, string(st))
		}
		add(&out.Held, by("held")+" AND held <> ''", org)
		add(&out.Marked, by("marks")+" AND marks > 0", org)
		add(&out.Differs, differ, org, org)
		add(&out.Late, overdueSQL(side), org, db.Micros(db.Now(ctx)))
		most := " LIMIT " + strconv.Itoa(CountMost+1)
		part := func(rows string) string { return "SELECT * FROM (" + rows + most + ") w" }
		if side == access.Supplier {
			add(&out.Waiting, part(by("held")+" AND held <> ''")+" UNION "+part(orders+" AND state = 'received'"), org, org)
		} else {
			add(&out.Waiting, part(by("held")+" AND held <> ''")+" UNION "+part("SELECT DISTINCT order_id FROM order_response WHERE reseller_id = ? AND kind = 'changed' AND agreed = 0")+
				" UNION "+part("SELECT DISTINCT order_id FROM shipment WHERE reseller_id = ? AND received = 0")+" UNION "+part(differ), org, org, org, org, org)
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func summaries(ctx context.Context, scope access.Scope, partnerships []string) (map[string]Summary, error) {
	out := map[string]Summary{}
	if len(partnerships) == 0 {
		return out, nil
	}
	d := db.DialectOf(ctx)
	var waiting, args = []string{}, []any{}
	for _, side := range []access.Side{access.Supplier, access.Reseller} {
		waiting = append(waiting, "SELECT id, partnership_id FROM "+search.By(d, "purchase_order", indexOf(side, "held"))+" WHERE "+column(side)+" = ? AND held <> ''")
		args = append(args, scope.Org())
	}
	waiting = append(waiting, "SELECT id, partnership_id FROM purchase_order WHERE supplier_id = ? AND state = 'received'",
		"SELECT o.id, o.partnership_id FROM shipment s JOIN purchase_order o ON o.id = s.order_id WHERE s.reseller_id = ? AND s.received = 0")
	args = append(args, scope.Org(), scope.Org())
	var rows []struct {
		PartnershipID string
		N, Last       int64
	}
	read := func(sql string, args ...any) error { rows = nil; return db.Tx(ctx).Raw(sql, args...).Scan(&rows).Error }
	if err := read("SELECT id AS partnership_id, 0 AS n, (SELECT MAX(o.received) FROM purchase_order o WHERE o.partnership_id = partnership.id) AS last FROM partnership WHERE id IN ? AND (supplier_id = ? OR reseller_id = ?)", partnerships, scope.Org(), scope.Org()); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Last > 0 {
			out[r.PartnershipID] = Summary{Last: db.FromMicros(r.Last)}
		}
	}
	count := func(into func(*Summary) *int) {
		for _, r := range rows {
			if s, ok := out[r.PartnershipID]; ok {
				*into(&s) += int(r.N)
				out[r.PartnershipID] = s
			}
		}
	}
	if err := read("SELECT partnership_id, COUNT(*) AS n, 0 AS last FROM ("+strings.Join(waiting, " UNION ")+") w GROUP BY partnership_id", args...); err != nil {
		return nil, err
	}
	count(func(s *Summary) *int { return &s.Waiting })
	for _, side := range []access.Side{access.Supplier, access.Reseller} {
		if err := read("SELECT partnership_id, COUNT(*) AS n, 0 AS last FROM purchase_order WHERE "+column(side)+" = ? AND state IN ? GROUP BY partnership_id", scope.Org(), Open); err != nil {
			return nil, err
		}
		count(func(s *Summary) *int { return &s.Open })
	}
	return out, nil
}

func readInvoices(ctx context.Context, scope access.Scope, side access.Side, f InvoiceFilter, w window) ([]invoiceRow, error) {
	by, none := seekInvoices(ctx, side, scope.Org(), f.Query)
	if none {
		return nil, nil
	}
	index := ""
	if f.Partner != "" && f.State != InvoiceDiffers { // the buyer's, which holds fewer of another's than the seller's
		index = "invoice_reseller"
	}
	return search.Sift[invoiceRow](ctx, search.List{Table: "invoice", At: "made", Index: index, After: w.past(), Where: func(tx *gorm.DB) *gorm.DB {
		other := column(access.Supplier)
		if side == access.Supplier {
			other = column(access.Reseller)
		}
		tx = tx.Where(column(side)+" = ?", scope.Org())
		switch { // as readSpan chooses an index
		case f.Partner != "" && f.State == InvoiceDiffers:
			tx = tx.Where("state = ? AND COALESCE("+other+", '') = ?", f.State, f.Partner)
		case f.Partner != "" && f.State != "":
			tx = tx.Where(other+" = ? AND COALESCE(state, '') = ?", f.Partner, f.State)
		case f.Partner != "":
			tx = tx.Where(other+" = ?", f.Partner)
		case f.State != "":
			tx = tx.Where("state = ?", f.State)
		}
		return w.narrow(tx, "made")
	}}, by, f.Limit+1)
}

// seekInvoices is seek for invoices: they are found by the words of their orders, which
// hold their numbers.
func seekInvoices(ctx context.Context, side access.Side, org, query string) (by []search.Sieve, none bool) {
	if strings.TrimSpace(query) == "" {
		return nil, false
	}
	d := db.DialectOf(ctx)
	one, ok := found.Sieve(d, "invoice.order_id", query)
	if !ok {
		return nil, true
	}
	share, _ := found.Sieve(d, "x.order_id", query)
	a, b := one.Through(d, "invoice", "order_id", "id"), share.Through(d, "invoice_share", "order_id", "invoice_id")
	// Whatever was made after the last invoice of the last of these orders is of one of them.
	newest := found.Sorted(d, one, query, "invoiced", "invoiced > 0 AND "+column(side)+" = ?", org)
	top := "WITH t AS (" + newest.Top + " ORDER BY invoiced DESC LIMIT 400) SELECT i.id AS sift_key, i.made AS sift_at FROM t" + search.In(d, "invoice i", "i.order_id = t.sift_key") + " WHERE i.made > (SELECT MIN(sift_at) FROM t)" +
		" UNION SELECT i.id, i.made FROM t" + search.In(d, "invoice_share x", "x.order_id = t.sift_key") + search.In(d, "invoice i", "i.id = x.invoice_id") + " WHERE i.made > (SELECT MIN(sift_at) FROM t)"
	return []search.Sieve{{
		Test:     "(" + one.Test + " OR invoice.orders > 0 AND (SELECT 1 FROM invoice_share x WHERE x.invoice_id = invoice.id AND " + share.Test + " LIMIT 1) IS NOT NULL)",
		TestArgs: slices.Concat(one.TestArgs, share.TestArgs),
		Size:     one.Size, SizeArgs: one.SizeArgs,
		Key: "id", Keys: a.Keys + " WHERE invoice.orders = 0 UNION ALL " + strings.Replace(b.Keys, "SELECT ", "SELECT DISTINCT ", 1), KeysArgs: slices.Concat(a.KeysArgs, b.KeysArgs), Once: true,
		Top: top, TopArgs: newest.TopArgs,
	}}, false
}

func orderNumbers(ctx context.Context, rows []invoiceRow) (map[string]string, error) {
	out := map[string]string{}
	if len(rows) == 0 {
		return out, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.OrderID
	}
	var os []orderRow
	err := db.Tx(ctx).Select("id", "number").Where("id IN ?", ids).Find(&os).Error
	for _, o := range os {
		out[o.ID] = o.Number
	}
	return out, err
}

// linesOfMany loads the lines of many orders the scope's company is party to.
func linesOfMany(ctx context.Context, scope access.Scope, ids []OrderID) (rows []lineRow, err error) {
	err = db.Tx(ctx).Where("order_id IN ? AND (supplier_id = ? OR reseller_id = ?)", ids, scope.Org(), scope.Org()).Order("order_id, line").Find(&rows).Error
	return rows, err
}

// placeable are the orders of a partnership that are held for a ship-to which a place
// answers to by now, the oldest first.
func placeable(ctx context.Context, partnership string, limit int) ([]string, error) {
	var out []string
	err := db.Tx(ctx).Raw(`SELECT o.id FROM purchase_order o WHERE o.partnership_id = ? AND o.ship_to_unknown <> '' AND (
		EXISTS (SELECT 1 FROM location_code c WHERE c.partnership_id = o.partnership_id AND c.qualifier || ':' || c.code = o.ship_to_unknown)
		OR EXISTS (SELECT 1 FROM location l WHERE l.partnership_id = o.partnership_id AND (l.number <> '' AND '91:' || l.number = o.ship_to_unknown OR l.gln <> '' AND 'UL:' || l.gln = o.ship_to_unknown)))
		ORDER BY o.received, o.id LIMIT ?`, partnership, limit).Scan(&out).Error
	return out, err
}

// pairRow names a partnership and its companies.
type pairRow struct{ PartnershipID, SupplierID, ResellerID string }

// unplacedPairs are the partnerships with orders that are held for their ship-to; of
// one, where it is given.
func unplacedPairs(ctx context.Context, partnership string) ([]pairRow, error) {
	tx := db.Tx(ctx).Model(&orderRow{}).Distinct("partnership_id", "supplier_id", "reseller_id").Where("ship_to_unknown <> ''")
	if partnership != "" {
		tx = tx.Where("partnership_id = ?", partnership)
	}
	var out []pairRow
	return out, tx.Order("partnership_id").Scan(&out).Error
}

// heldAlike counts the other orders of a partnership that are held for the same ship-to.
func heldAlike(ctx context.Context, o orderRow) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&orderRow{}).Where("partnership_id = ? AND ship_to_unknown = ? AND id <> ?", o.PartnershipID, o.ShipToUnknown, o.ID).Count(&n).Error
	return int(n), err
}

func unplacedIn(ctx context.Context, partnership string) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&orderRow{}).Where("partnership_id = ? AND ship_to_unknown <> ''", partnership).Count(&n).Error
	return int(n), err
}

// ordersOfMany reads orders of the scope by id.
func ordersOfMany(ctx context.Context, scope access.Scope, ids []OrderID) (rows []orderRow, err error) {
	err = db.Tx(ctx).Where("id IN ? AND (supplier_id = ? OR reseller_id = ?)", ids, scope.Org(), scope.Org()).Find(&rows).Error
	return rows, err
}

// pricedBy says whether a line of an order of a supplier took its price from a version of a price
// list, as the steps of its price say. Only orders that came since the version was published can
// have; of one whose steps were not kept nobody can say that it did not.
func pricedBy(ctx context.Context, supplier, list string, version int, published int64) (bool, error) {
	var ids []string
	err := db.Tx(ctx).Model(&lineRow{}).Where("order_id IN (SELECT id FROM purchase_order WHERE supplier_id = ? AND received >= ?) AND (price_trail LIKE ? OR price_trail = '' AND list_price > 0)", supplier, published, fmt.Sprintf(`%%"l":"%s","v":%d,%%`, list, version)).Limit(1).Pluck("order_id", &ids).Error
	return len(ids) > 0, err
}
