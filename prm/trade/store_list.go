package trade

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
)

// fewFound is how many orders that a search finds are asked for by their ids.
const fewFound = 500

// sought is what a search of orders found: all of it as ids where it is little, else by the
// match. The zero value is no search.
type sought struct {
	few   bool
	ids   []string
	match search.Match
}

// seek looks for what a person typed; none says that nothing is found.
func seek(ctx context.Context, query string) (out sought, none bool, err error) {
	if strings.TrimSpace(query) == "" {
		return out, false, nil
	}
	var ok bool
	if out.match, ok = found.Query(db.DialectOf(ctx), query); !ok {
		return out, true, nil // nothing in it that could be found
	}
	out.ids, out.few, err = out.match.Few(ctx, fewFound)
	return out, out.few && len(out.ids) == 0, err
}

func (x sought) narrow(tx *gorm.DB) *gorm.DB {
	switch {
	case x.few:
		return tx.Where("id IN ?", x.ids)
	case x.match.SQL != "":
		return tx.Where("id IN ("+x.match.SQL+")", x.match.Args...)
	}
	return tx
}

// readSpan reads one range, newest first. partnership "" is any. One column
// chooses the index, the other is only compared (COALESCE keeps it from being
// chosen): a state or flag is narrower than a partnership, a partnership than a
// company, what a search found, where it is little, than all of them.
func readSpan(ctx context.Context, scope access.Scope, sp span, w window, partnership string, by sought, limit int) ([]orderRow, error) {
	col := column(sp.side)
	tx := by.narrow(db.Tx(ctx))
	switch {
	case by.few:
		if tx = tx.Where("COALESCE("+col+", '') = ?", scope.Org()); partnership != "" {
			tx = tx.Where("COALESCE(partnership_id, '') = ?", partnership)
		}
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
	if w.from != 0 {
		tx = tx.Where("received >= ?", w.from)
	}
	if w.to != 0 {
		tx = tx.Where("received < ?", w.to)
	}
	if w.after != nil {
		tx = tx.Where("(received, id) < (?, ?)", w.after.micros, w.after.id)
	}
	var rows []orderRow
	err := tx.Order("received DESC, id DESC").Limit(limit).Find(&rows).Error
	return rows, err
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

// differs says whether an invoice of the order differs from it.
func differs(ctx context.Context, id string) (bool, error) {
	return db.Remember(ctx, differsKey(id), differsTables, func() (bool, error) {
		var one int
		return db.Row(ctx, "SELECT 1 FROM invoice WHERE order_id = ? AND state = 'differs' AND orders = 0 UNION ALL SELECT 1 FROM invoice_share WHERE order_id = ? AND state = 'differs' LIMIT 1", []any{id, id}, &one)
	})
}

func counts(ctx context.Context, scope access.Scope) (Counts, error) {
	var out Counts
	for _, side := range []access.Side{access.Supplier, access.Reseller} {
		col := column(side)
		var rows []struct {
			State string
			N     int
		}
		if err := db.Tx(ctx).Model(&orderRow{}).Select("state, COUNT(*) AS n").Where(col+" = ?", scope.Org()).Group("state").Scan(&rows).Error; err != nil {
			return out, err
		}
		for _, r := range rows {
			out.All += r.N
			for _, st := range Open {
				if string(st) == r.State {
					out.Open += r.N
				}
			}
		}
		var n struct{ Held, Marked, Differs, Waiting int }
		waiting := "state = 'received' OR held <> ''"
		args := []any{scope.Org(), scope.Org(), scope.Org(), scope.Org(), scope.Org()}
		if side == access.Reseller {
			waiting = `held <> '' OR id IN (SELECT order_id FROM order_response WHERE reseller_id = ? AND kind = 'changed' AND agreed = 0)
				OR id IN (SELECT order_id FROM shipment WHERE reseller_id = ? AND received = 0) OR id IN (SELECT order_id FROM invoice WHERE reseller_id = ? AND state = 'differs' AND orders = 0)
				OR id IN (SELECT order_id FROM invoice_share WHERE reseller_id = ? AND state = 'differs')`
			args = append(args, scope.Org(), scope.Org(), scope.Org(), scope.Org())
		}
		if err := db.Tx(ctx).Raw(`SELECT (SELECT COUNT(*) FROM purchase_order WHERE `+col+` = ? AND held <> '') AS held, (SELECT COUNT(*) FROM purchase_order WHERE `+col+` = ? AND marks > 0) AS marked,
			(SELECT COUNT(*) FROM (SELECT order_id FROM invoice WHERE `+col+` = ? AND state = 'differs' AND orders = 0 UNION SELECT order_id FROM invoice_share WHERE `+col+` = ? AND state = 'differs') d) AS differs, (SELECT COUNT(*) FROM purchase_order WHERE `+col+` = ? AND (`+waiting+`)) AS waiting`, args...).Scan(&n).Error; err != nil {
			return out, err
		}
		var late int64
		if err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM ("+overdueSQL(side)+") late", scope.Org(), db.Micros(db.Now(ctx))).Scan(&late).Error; err != nil {
			return out, err
		}
		out.Late += int(late)
		out.Held, out.Marked, out.Differs, out.Waiting = out.Held+n.Held, out.Marked+n.Marked, out.Differs+n.Differs, out.Waiting+n.Waiting
	}
	return out, nil
}

func summaries(ctx context.Context, scope access.Scope, partnerships []string) (map[string]Summary, error) {
	out := map[string]Summary{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []struct {
		PartnershipID string
		Open, Waiting int
		Last          int64
	}
	err := db.Tx(ctx).Raw(`SELECT partnership_id, SUM(CASE WHEN state IN ? THEN 1 ELSE 0 END) AS open,
		SUM(CASE WHEN held <> '' OR supplier_id = ? AND state = 'received' OR reseller_id = ? AND EXISTS (SELECT 1 FROM shipment s WHERE s.order_id = purchase_order.id AND s.received = 0) THEN 1 ELSE 0 END) AS waiting,
		MAX(received) AS last FROM purchase_order WHERE partnership_id IN ? AND (supplier_id = ? OR reseller_id = ?) GROUP BY partnership_id`,
		Open, scope.Org(), scope.Org(), partnerships, scope.Org(), scope.Org()).Scan(&rows).Error
	for _, r := range rows {
		out[r.PartnershipID] = Summary{Open: r.Open, Waiting: r.Waiting, Last: db.FromMicros(r.Last)}
	}
	return out, err
}

func readInvoices(ctx context.Context, scope access.Scope, side access.Side, f InvoiceFilter, w window) ([]invoiceRow, error) {
	tx := db.Tx(ctx).Where(column(side)+" = ?", scope.Org())
	if f.State != "" {
		tx = tx.Where("state = ?", f.State)
	}
	if f.Partner != "" {
		other := access.Supplier
		if side == access.Supplier {
			other = access.Reseller
		}
		tx = tx.Where(column(other)+" = ?", f.Partner)
	}
	if w.from != 0 {
		tx = tx.Where("made >= ?", w.from)
	}
	if w.to != 0 {
		tx = tx.Where("made < ?", w.to)
	}
	if w.after != nil {
		tx = tx.Where("(made, id) < (?, ?)", w.after.micros, w.after.id)
	}
	if q := strings.TrimSpace(f.Query); q != "" {
		like := db.Literal(strings.ToUpper(q)) + "%"
		match, ok := found.Query(db.DialectOf(ctx), q)
		if ok {
			tx = tx.Where(`(UPPER(number) LIKE ? ESCAPE '\' OR order_id IN (`+match.SQL+`) OR id IN (SELECT invoice_id FROM invoice_share WHERE order_id IN (`+match.SQL+`)))`, slices.Concat([]any{like}, match.Args, match.Args)...)
		} else {
			tx = tx.Where(`UPPER(number) LIKE ? ESCAPE '\'`, like)
		}
	}
	var rows []invoiceRow
	err := tx.Order("made DESC, id DESC").Limit(f.Limit + 1).Find(&rows).Error
	return rows, err
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
