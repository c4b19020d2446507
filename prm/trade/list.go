package trade

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
)

// span is one range of an index: the orders of one side of a company, by one
// state or flag. The list reads each from its own index and merges them, so that
// a page costs the same at any depth.
type span struct {
	side   access.Side
	where  string // further condition, with its arguments
	values []any
	sieves []search.Sieve
	index  string // to read it by
}

// at is a place in the list: newest first by (received, id).
type at struct {
	micros int64
	id     string
}

func (a at) text() string { return db.Cursor(a.micros, a.id) }

func readCursor(s string) (at, error) {
	micros, id, ok := db.ReadCursor(s)
	if !ok {
		return at{}, fault.InvalidField("after", "form.cursor")
	}
	return at{micros, id}, nil
}

// List returns orders of the actor's company, on either side, newest first.
// Codes: Forbidden, Invalid (cursor, date).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return Page{}, err
	}
	f.Limit = pageSize(f.Limit)
	w, err := newWindow(f.From, f.To, f.After)
	if err != nil {
		return Page{}, err
	}
	var page Page
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		var narrow map[access.Side]string // partnerships
		if f.Partner != "" {
			if narrow, err = partnershipsWith(ctx, scope, f.Partner); err != nil || len(narrow) == 0 {
				return err
			}
		}
		var rows []orderRow
		for _, sp := range spans(f, scope.Org(), db.Micros(db.Now(ctx))) {
			if f.Partner != "" && narrow[sp.side] == "" {
				continue
			}
			part, err := readSpan(ctx, scope, sp, w, narrow[sp.side], f.Partner, f.Query, f.Limit+1)
			if err != nil {
				return err
			}
			rows = append(rows, part...)
		}
		rows = merge(rows)
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			last := rows[f.Limit-1]
			page.Next = at{last.Received, last.ID}.text()
		}
		page.Items, err = s.rows(ctx, actor, scope, rows)
		return err
	})
	return page, err
}

// merge sorts newest first and takes repeated orders out.
func merge(rows []orderRow) []orderRow {
	slices.SortFunc(rows, func(a, b orderRow) int {
		if a.Received != b.Received {
			if a.Received > b.Received {
				return -1
			}
			return 1
		}
		return strings.Compare(b.ID, a.ID)
	})
	return slices.CompactFunc(rows, func(a, b orderRow) bool { return a.ID == b.ID })
}

// differing passes the orders of a company that differ: an invoice of it does, or its share
// of one of several orders.
func differing(side access.Side, org string) search.Sieve {
	col := column(side)
	return keyed(search.Sieve{
		Test: "((SELECT 1 FROM invoice x WHERE x.order_id = purchase_order.id AND x.state = 'differs' AND x.orders = 0 LIMIT 1) IS NOT NULL OR (SELECT 1 FROM invoice_share x WHERE x.order_id = purchase_order.id AND x.state = 'differs' LIMIT 1) IS NOT NULL)",
		Keys: "SELECT order_id FROM invoice WHERE " + col + " = ? AND state = 'differs' AND orders = 0 UNION ALL SELECT order_id FROM invoice_share WHERE " + col + " = ? AND state = 'differs'", KeysArgs: []any{org, org},
	})
}

func keyed(s search.Sieve) search.Sieve {
	s.Key, s.Size, s.SizeArgs = "order_id", s.Keys, s.KeysArgs
	return s
}

// passing is a sieve of what a table says of an order, in rows that name it in order_id.
func passing(table, where, which string, args []any, org ...any) search.Sieve {
	return keyed(search.Sieve{Test: "(SELECT 1 FROM " + table + " x WHERE x.order_id = purchase_order.id AND " + where + " LIMIT 1) IS NOT NULL", TestArgs: args,
		Keys: "SELECT x.order_id FROM " + table + " x WHERE " + which + " AND " + where, KeysArgs: append(org, args...)})
}

// spans turns the filter into the ranges to read.
func spans(f Filter, scope string, now int64) []span {
	var out []span
	for _, side := range []access.Side{access.Supplier, access.Reseller} {
		if f.Side != "" && f.Side != string(side) {
			continue
		}
		add := func(where string, values ...any) { out = append(out, span{side: side, where: where, values: values}) }
		sift := func(by search.Sieve) { out = append(out, span{side: side, sieves: []search.Sieve{by}}) }
		switch f.View {
		case ViewHeld:
			out = append(out, span{side: side, where: "held <> ''", index: indexOf(side, "held")})
		case ViewMarked:
			out = append(out, span{side: side, where: "marks > 0", index: indexOf(side, "marks")})
		case ViewDiffers:
			sift(differing(side, scope))
		case ViewLate:
			sift(passing("order_clock", "x.settled = 0 AND (x.overdue > 0 OR x.paused = 0 AND x.due <= ?)", "x."+column(side)+" = ?", []any{now}, scope))
		case ViewOpen:
			for _, st := range Open {
				add("state = ?", string(st))
			}
		case ViewWaiting:
			out = append(out, span{side: side, where: "held <> ''", index: indexOf(side, "held")})
			if side == access.Supplier {
				add("state = ?", string(Received))
				break
			}
			sift(passing("order_response", "x.kind = 'changed' AND x.agreed = 0", "x.reseller_id = ?", nil, scope))
			sift(passing("shipment", "x.received = 0", "x.reseller_id = ?", nil, scope))
			sift(differing(side, scope))
		default:
			if len(f.States) == 0 {
				add("")
			}
		}
	}
	if len(f.States) == 0 {
		return out
	}
	var narrowed []span
	if f.View == ViewAll {
		for _, side := range []access.Side{access.Supplier, access.Reseller} {
			if f.Side == "" || f.Side == string(side) {
				out = append(out, span{side: side})
			}
		}
	}
	for _, sp := range out {
		for _, st := range f.States {
			n := sp
			switch st {
			case Held:
				if n.index == "" && sp.where == "" {
					n.index = indexOf(sp.side, "held")
				}
				n.where = and(sp.where, "held <> ''")
			case Differs:
				n.sieves = append(slices.Clone(sp.sieves), differing(sp.side, scope))
			default:
				n.where, n.values = and(sp.where, "state = ?"), append(slices.Clone(sp.values), string(st))
			}
			narrowed = append(narrowed, n)
		}
	}
	return narrowed
}

// indexOf names the index of the orders of one side that are held or marked.
func indexOf(side access.Side, which string) string {
	return "order_" + strings.TrimSuffix(column(side), "_id") + "_" + which
}

func and(a, b string) string {
	if a == "" {
		return b
	}
	return a + " AND " + b
}

func column(side access.Side) string {
	if side == access.Supplier {
		return "supplier_id"
	}
	return "reseller_id"
}

// window bounds a list in time and by its cursor.
type window struct {
	from, to int64 // [from, to); 0 is open
	after    *at
}

func newWindow(from, to, after string) (window, error) {
	var w window
	if from != "" {
		d, err := time.Parse(time.DateOnly, from)
		if err != nil {
			return w, fault.InvalidField("from", "form.date")
		}
		w.from = d.UnixMicro()
	}
	if to != "" {
		d, err := time.Parse(time.DateOnly, to)
		if err != nil {
			return w, fault.InvalidField("to", "form.date")
		}
		w.to = d.AddDate(0, 0, 1).UnixMicro()
	}
	if after != "" {
		c, err := readCursor(after)
		if err != nil {
			return w, err
		}
		w.after = &c
	}
	return w, nil
}

func pageSize(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 200)
}

// rows adds to a page what its orders need, in one query each.
func (s *Service) rows(ctx context.Context, actor access.Actor, scope access.Scope, rows []orderRow) ([]Row, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	x, err := extrasOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	clocks, err := clocksOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	now := db.Now(ctx)
	out := make([]Row, len(rows))
	for i, r := range rows {
		o := r.order()
		o.Differs = x.differs[r.ID]
		supplier := r.SupplierID == scope.Org()
		clock := clocks[r.ID]
		waits := r.Held != "" || clock.Late(now) || supplier && State(r.State) == Received || !supplier && (x.agree[r.ID] || x.arriving[r.ID] || o.Differs)
		o.hide(!access.Allowed(actor, access.OrderPrices, access.Shared(r.SupplierID, r.ResellerID)))
		out[i] = Row{Order: o, FirstMark: x.mark[r.ID].mark, FirstMarkLine: x.mark[r.ID].line, Waits: waits, Clock: clock}
	}
	return out, nil
}

// Some are those of some orders that the actor may read, as a list shows them, in a few
// questions for all; what he may not read is left out as what does not exist is.
// Codes: Forbidden.
func (s *Service) Some(ctx context.Context, actor access.Actor, ids ...OrderID) (map[OrderID]Row, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, err
	}
	out := map[OrderID]Row{}
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		found, err := ordersByID(ctx, ids)
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(r orderRow) bool {
			return !access.Allowed(actor, access.OrderRead, access.Shared(r.SupplierID, r.ResellerID))
		})
		rows, err := s.rows(ctx, actor, scope, found)
		for _, r := range rows {
			out[r.ID] = r
		}
		return err
	})
	return out, err
}

// SomeInvoices is Some of invoices, without their lines.
// Codes: Forbidden (the role sees no invoices).
func (s *Service) SomeInvoices(ctx context.Context, actor access.Actor, ids ...InvoiceID) (map[InvoiceID]Invoice, error) {
	if _, err := access.List(actor, access.InvoiceRead); err != nil {
		return nil, err
	}
	out := map[InvoiceID]Invoice{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := invoicesByID(ctx, ids)
		for _, r := range rows {
			if access.Allowed(actor, access.InvoiceRead, access.Shared(r.SupplierID, r.ResellerID)) {
				out[InvoiceID(r.ID)] = matched{row: r}.invoice()
			}
		}
		return err
	})
	return out, err
}

// Counts returns the numbers beside the views.
// Codes: Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor) (Counts, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return Counts{}, err
	}
	var out Counts
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out, err = counts(ctx, scope)
		return err
	})
	return out, err
}

// Summaries returns what each of the partnerships has going on, by partnership
// id; those of other companies are left out.
// Codes: Forbidden.
func (s *Service) Summaries(ctx context.Context, actor access.Actor, partnerships []string) (map[string]Summary, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, err
	}
	out := map[string]Summary{}
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out, err = summaries(ctx, scope, partnerships)
		return err
	})
	return out, err
}

// Invoices returns invoices of the actor's company, on either side, newest
// first, without lines.
// Codes: Forbidden (the role sees no invoices), Invalid (cursor, date).
func (s *Service) Invoices(ctx context.Context, actor access.Actor, f InvoiceFilter) (InvoicePage, error) {
	scope, err := access.List(actor, access.InvoiceRead)
	if err != nil {
		return InvoicePage{}, err
	}
	f.Limit = pageSize(f.Limit)
	w, err := newWindow(f.From, f.To, f.After)
	if err != nil {
		return InvoicePage{}, err
	}
	var page InvoicePage
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		var rows []invoiceRow
		for _, side := range []access.Side{access.Supplier, access.Reseller} {
			if f.Side != "" && f.Side != string(side) {
				continue
			}
			part, err := readInvoices(ctx, scope, side, f, w)
			if err != nil {
				return err
			}
			rows = append(rows, part...)
		}
		slices.SortFunc(rows, func(a, b invoiceRow) int {
			if a.Made != b.Made {
				if a.Made > b.Made {
					return -1
				}
				return 1
			}
			return strings.Compare(b.ID, a.ID)
		})
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			last := rows[f.Limit-1]
			page.Next = at{last.Made, last.ID}.text()
		}
		numbers, err := orderNumbers(ctx, rows)
		for _, r := range rows {
			inv := r.invoice()
			inv.OrderNumber = numbers[r.OrderID]
			page.Items = append(page.Items, inv)
		}
		return err
	})
	return page, err
}

// Lines returns the lines of up to 200 orders in one query, as they stand on the
// order without what invoices add to them; orders the actor may not see are
// absent. With hidden prices all amounts are zero.
// Codes: Unauthenticated, Forbidden, Invalid (too many).
func (s *Service) Lines(ctx context.Context, actor access.Actor, ids []OrderID) (map[OrderID][]Line, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, err
	}
	if len(ids) > 200 {
		return nil, fault.InvalidField("ids", "form.too_many", "most", 200)
	}
	out := make(map[OrderID][]Line, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	_, priced := access.List(actor, access.OrderPrices)
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := linesOfMany(ctx, scope, ids)
		for _, r := range rows {
			l := r.line("")
			if priced != nil {
				l.Price, l.ListPrice, l.Amount.Minor = 0, 0, 0
			}
			out[OrderID(r.OrderID)] = append(out[OrderID(r.OrderID)], l)
		}
		return err
	})
	return out, err
}

// Orders returns up to 200 orders in one query; those the actor may not see are absent.
// With hidden prices all amounts are zero.
// Codes: Unauthenticated, Forbidden, Invalid (too many).
func (s *Service) Orders(ctx context.Context, actor access.Actor, ids []OrderID) (map[OrderID]Order, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, err
	}
	if len(ids) > 200 {
		return nil, fault.InvalidField("ids", "form.too_many", "most", 200)
	}
	out := make(map[OrderID]Order, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	_, priced := access.List(actor, access.OrderPrices)
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := ordersOfMany(ctx, scope, ids)
		for _, r := range rows {
			o := r.order()
			if priced != nil {
				o.PricesHidden, o.Total.Minor, o.ConfirmedTotal.Minor, o.InvoicedTotal.Minor = true, 0, 0, 0
			}
			out[o.ID] = o
		}
		return err
	})
	return out, err
}

// PricedBy says whether a line of an order took its price from a version of a price list of the
// actor's company. Codes: Forbidden, NotFound.
func (s *Service) PricedBy(ctx context.Context, actor access.Actor, list catalog.ListID, v catalog.PriceVersion) (bool, error) {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return false, err
	}
	out := false
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = pricedBy(ctx, actor.Org, string(list), v.Number, db.Micros(v.Published))
		return err
	})
	return out, err
}
