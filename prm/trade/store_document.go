package trade

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

func responseByID(ctx context.Context, id ResponseID) (responseRow, error) {
	var r responseRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

// agree reports whether this call was the one that agreed.
func agree(ctx context.Context, id, person string) (bool, error) {
	tx := db.Tx(ctx).Model(&responseRow{}).Where("id = ? AND agreed = 0", id).Updates(map[string]any{"agreed": db.Micros(db.Now(ctx)), "agreed_by": person})
	return tx.RowsAffected == 1, tx.Error
}

// shipmentsOf reads the shipments of an order and their lines, oldest first.
func shipmentsOf(ctx context.Context, order string) (map[string]*shipmentRow, []shipmentLineRow, error) {
	var rows []*shipmentRow
	if err := db.Tx(ctx).Where("order_id = ?", order).Order("made, id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	out := map[string]*shipmentRow{}
	var ids []string
	for _, r := range rows {
		out[r.ID] = r
		ids = append(ids, r.ID)
	}
	if len(ids) == 0 {
		return out, nil, nil
	}
	var ls []shipmentLineRow
	if err := db.Tx(ctx).Where("shipment_id IN ?", ids).Order("line").Find(&ls).Error; err != nil {
		return nil, nil, err
	}
	by := map[string][]shipmentLineRow{}
	for _, l := range ls {
		by[l.ShipmentID] = append(by[l.ShipmentID], l)
	}
	sorted := make([]shipmentLineRow, 0, len(ls))
	for _, id := range ids {
		sorted = append(sorted, by[id]...)
	}
	return out, sorted, nil
}

func setReceived(ctx context.Context, p shipmentLineRow) error {
	return db.Tx(ctx).Model(&shipmentLineRow{}).Where("shipment_id = ? AND line = ?", p.ShipmentID, p.Line).Update("received", p.Received).Error
}

func closeShipment(ctx context.Context, id, person string) error {
	return db.Tx(ctx).Model(&shipmentRow{}).Where("id = ? AND received = 0", id).Updates(map[string]any{"received": db.Micros(db.Now(ctx)), "received_by": person}).Error
}

// invoicesOf reads the invoices of an order with their lines, oldest first.
func invoicesOf(ctx context.Context, order string) ([]matched, error) {
	if billed, ok := db.Known[bool](ctx, billedKey(order)); ok && !billed {
		return nil, nil
	}
	var rows []invoiceRow
	if err := db.Tx(ctx).Raw("SELECT * FROM invoice WHERE order_id = ? AND orders = 0 UNION ALL SELECT i.* FROM invoice_share x JOIN invoice i ON i.id = x.invoice_id WHERE x.order_id = ? ORDER BY made, id", order, order).Scan(&rows).Error; err != nil {
		return nil, err
	}
	return filled(ctx, rows, order)
}

// familyOf reads an invoice of several orders and the credits against it, each whole.
func familyOf(ctx context.Context, id string) ([]matched, error) {
	var rows []invoiceRow
	if err := db.Tx(ctx).Where("id = ? OR credit_of = ? AND credit_of <> ''", id, id).Order("made, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	return filled(ctx, rows, "")
}

// filled adds lines and taxes to invoices. Of one of several orders it leaves the share
// of the order, where one is given.
func filled(ctx context.Context, rows []invoiceRow, order string) ([]matched, error) {
	out := make([]matched, len(rows))
	at := map[string]int{}
	var ids []string
	several := false
	for i, r := range rows {
		out[i].row, at[r.ID] = r, i
		ids = append(ids, r.ID)
		several = several || r.Orders > 0
	}
	if len(ids) == 0 {
		return out, nil
	}
	tx := db.Tx(ctx).Where("invoice_id IN ?", ids)
	if order != "" && several {
		var shares []shareRow
		if err := db.Tx(ctx).Where("invoice_id IN ? AND order_id = ?", ids, order).Find(&shares).Error; err != nil {
			return nil, err
		}
		for _, x := range shares {
			m := &out[at[x.InvoiceID]]
			m.share = true
			m.row.OrderID, m.row.Net, m.row.State, m.row.DiffersBy = x.OrderID, x.Net, x.State, x.DiffersBy
		}
		tx = tx.Where("order_id IN ?", []string{"", order})
	}
	var ls []invoiceLineRow
	if err := tx.Order("position").Find(&ls).Error; err != nil {
		return nil, err
	}
	for _, l := range ls {
		m := &out[at[l.InvoiceID]]
		m.lines = append(m.lines, l)
	}
	taxes, err := taxesOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].taxes = taxes[out[i].row.ID]
	}
	return out, nil
}

// invoice is the invoice with its lines and taxes.
func (m matched) invoice() Invoice {
	inv := m.row.invoice()
	inv.Taxes = m.taxes
	for _, l := range m.lines {
		x := l.line(inv.Currency)
		if x.Order == "" {
			x.Order = inv.Order
		}
		if l.TaxRate < 0 {
			x.TaxRate = inv.TaxRate
		}
		inv.Lines = append(inv.Lines, x)
	}
	return inv
}

func plain(all []matched) []Invoice {
	out := make([]Invoice, len(all))
	for i, m := range all {
		out[i] = m.invoice()
	}
	return out
}

func saveMatch(ctx context.Context, m matched) error {
	changed := map[string]any{"state": m.row.State, "differs_by": m.row.DiffersBy}
	if m.share { // the invoice is what its shares are; its other orders have locks of their own
		if err := lockInvoice(ctx, m.row.ID); err != nil {
			return err
		}
		if err := db.Tx(ctx).Model(&shareRow{}).Where("invoice_id = ? AND order_id = ?", m.row.ID, m.row.OrderID).Updates(changed).Error; err != nil {
			return err
		}
		if err := db.Tx(ctx).Exec(`UPDATE invoice SET differs_by = (SELECT SUM(x.differs_by) FROM invoice_share x WHERE x.invoice_id = invoice.id),
			state = CASE WHEN EXISTS (SELECT 1 FROM invoice_share x WHERE x.invoice_id = invoice.id AND x.state = ?) THEN ? ELSE ? END WHERE id = ?`, InvoiceDiffers, InvoiceDiffers, InvoiceMatched, m.row.ID).Error; err != nil {
			return err
		}
	} else if err := db.Tx(ctx).Model(&invoiceRow{}).Where("id = ?", m.row.ID).Updates(changed).Error; err != nil {
		return err
	}
	for _, l := range m.lines {
		if !l.dirty {
			continue
		}
		if err := db.Tx(ctx).Model(&invoiceLineRow{}).Where("invoice_id = ? AND position = ?", l.InvoiceID, l.Position).Update("difference", l.Difference).Error; err != nil {
			return err
		}
	}
	return nil
}

func shipmentByID(ctx context.Context, id ShipmentID) (shipmentRow, error) {
	var r shipmentRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

func invoiceByID(ctx context.Context, id InvoiceID) (invoiceRow, error) {
	var r invoiceRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

// lockInvoice keeps the invoice of several orders to this transaction, before its shares
// are added up. Locks of orders come first.
func lockInvoice(ctx context.Context, id string) error {
	if db.DialectOf(ctx) != db.Postgres {
		return nil
	}
	var r invoiceRow
	return db.Tx(ctx).Clauses(clause.Locking{Strength: "UPDATE"}).Select("id").Where("id = ?", id).Take(&r).Error
}

// sharesOf are the orders of an invoice of several, the first one first.
func sharesOf(ctx context.Context, id string) ([]shareRow, error) {
	var rows []shareRow
	return rows, db.Tx(ctx).Where("invoice_id = ?", id).Order("position").Find(&rows).Error
}

// namedShares are the orders of an invoice of several with their numbers.
func namedShares(ctx context.Context, inv invoiceRow) ([]InvoiceShare, error) {
	rows, err := sharesOf(ctx, inv.ID)
	if err != nil {
		return nil, err
	}
	named := make([]invoiceRow, len(rows))
	for i, r := range rows {
		named[i].OrderID = r.OrderID
	}
	numbers, err := orderNumbers(ctx, named)
	out := make([]InvoiceShare, len(rows))
	for i, r := range rows {
		a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: money.Currency(inv.Currency)} }
		out[i] = InvoiceShare{Order: OrderID(r.OrderID), Number: numbers[r.OrderID], Net: a(r.Net), State: r.State, Difference: a(r.DiffersBy)}
	}
	return out, err
}

func invoiceLinesOf(ctx context.Context, id string) ([]invoiceLineRow, error) {
	var ls []invoiceLineRow
	err := db.Tx(ctx).Where("invoice_id = ?", id).Order("position").Find(&ls).Error
	return ls, err
}

// responsesOf reads the responses of an order with their lines, oldest first.
func responsesOf(ctx context.Context, order string) ([]Response, error) {
	var rows []responseRow
	if err := db.Tx(ctx).Where("order_id = ?", order).Order("made, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Response, len(rows))
	at := map[string]int{}
	var ids []string
	for i, r := range rows {
		out[i] = Response{ID: ResponseID(r.ID), Order: OrderID(r.OrderID), Number: r.Number, Kind: r.Kind, By: r.MadeBy, At: db.FromMicros(r.Made), AgreedBy: r.AgreedBy, AgreedAt: db.FromMicros(r.Agreed), Interchange: r.InterchangeID, Change: ChangeID(r.ChangeID)}
		at[r.ID] = i
		ids = append(ids, r.ID)
	}
	if len(ids) == 0 {
		return out, nil
	}
	var ls []responseLineRow
	if err := db.Tx(ctx).Where("response_id IN ?", ids).Order("position").Find(&ls).Error; err != nil {
		return nil, err
	}
	for _, l := range ls {
		r := &out[at[l.ResponseID]]
		r.Lines = append(r.Lines, ResponseLine{Line: int(l.Line), Action: Action(l.Action), Code: l.Code, Quantity: money.Quantity(l.Quantity), Price: money.Price(l.Price), Date: l.Day, Substitute: l.Substitute, Reason: l.Reason})
	}
	return out, nil
}

// shipped reads the shipments of an order with their lines, oldest first.
func shipped(ctx context.Context, order string) ([]Shipment, error) {
	rows, ls, err := shipmentsOf(ctx, order)
	if err != nil {
		return nil, err
	}
	var out []Shipment
	at := map[string]int{}
	for _, l := range ls { // in the order of the shipments
		i, ok := at[l.ShipmentID]
		if !ok {
			r := rows[l.ShipmentID]
			i = len(out)
			at[l.ShipmentID] = i
			out = append(out, Shipment{ID: ShipmentID(r.ID), Order: OrderID(r.OrderID), Number: r.Number, ShippedOn: r.ShippedOn, Carrier: r.Carrier, Tracking: r.Tracking, By: r.MadeBy, At: db.FromMicros(r.Made), ReceivedBy: r.ReceivedBy, ReceivedAt: db.FromMicros(r.Received)})
		}
		out[i].Lines = append(out[i].Lines, ShipmentLine{Line: int(l.Line), Quantity: money.Quantity(l.Quantity), Received: money.Quantity(l.Received)})
	}
	return out, nil
}

func arrivalRows(ctx context.Context, order string) ([]arrivalRow, error) {
	var rows []arrivalRow
	err := db.Tx(ctx).Where("order_id = ?", order).Order("made, id").Limit(100).Find(&rows).Error
	return rows, err
}

// historyOf reads the last 200 lines of an order's history, newest first.
func historyOf(ctx context.Context, order string) ([]Entry, error) {
	var rows []historyRow
	if err := db.Tx(ctx).Where("subject_kind = ? AND subject_id = ?", subjectOrder, order).Order("happened DESC, id DESC").Limit(200).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = Entry{ID: r.ID, Kind: r.Kind, Person: r.PersonID, Org: r.OrgID, At: db.FromMicros(r.Happened)}
		if err := json.Unmarshal([]byte(r.Args), &out[i].Args); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "error.internal")
		}
	}
	return out, nil
}

// nameLines adds the catalogue names of known products.
func nameLines(ctx context.Context, o orderRow, lines []Line) error {
	var ids []string
	for _, l := range lines {
		if l.Product != "" {
			ids = append(ids, l.Product)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	names := map[string][2]string{}
	for part := range slices.Chunk(ids, 3000) {
		var rows []struct{ ID, NameEn, NameZh string }
		if err := db.Tx(ctx).Table("product").Select("id", "name_en", "name_zh").Where("org_id = ? AND id IN ?", o.SupplierID, part).Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			names[r.ID] = [2]string{r.NameEn, r.NameZh}
		}
	}
	for i := range lines {
		n := names[lines[i].Product]
		lines[i].NameEN, lines[i].NameZH = n[0], n[1]
	}
	return nil
}

func link(ctx context.Context, kind, id, interchange string) error {
	var model any = &responseRow{}
	if kind == DocumentInvoice {
		model = &invoiceRow{}
	}
	return db.Tx(ctx).Model(model).Where("id = ? AND interchange_id = ''", id).Update("interchange_id", interchange).Error
}

// promoMany is how many orders are so many that the products of their lines are read once,
// and not with each line.
const promoMany = 20

// promoOrders reads orders as promotions look at them: six queries, or seven, whatever their
// number.
func promoOrders(ctx context.Context, scope access.Scope, reseller string, from time.Time, after string, limit int, ids []OrderID) ([]PromoOrder, string, error) {
	q := db.Tx(ctx).Where("supplier_id = ?", scope.Org())
	if len(ids) > 0 {
		q = q.Where("id IN ?", ids)
	} else {
		q = q.Where("reseller_id = ? AND received >= ?", reseller, db.Micros(from))
	}
	if after != "" {
		a, err := readCursor(after)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("(received > ? OR received = ? AND id > ?)", a.micros, a.micros, a.id)
	}
	var rows []orderRow
	if err := q.Select("id", "supplier_id", "reseller_id", "number", "ordered_on", "received", "currency", "references_json", "parties", "line_count").Order("received, id").Limit(limit + 1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = at{rows[limit-1].Received, rows[limit-1].ID}.text()
	}
	out, index, named := make([]PromoOrder, len(rows)), map[string]*PromoOrder{}, make([]string, len(rows))
	countries := map[string]string{}
	type home struct{ ID, Country string }
	resellers, err := db.Remember(ctx, "order.resellers:"+scope.Org(), []string{"org", "partnership"}, func() (rs []home, err error) {
		return rs, db.Tx(ctx).Raw("SELECT id, country FROM org WHERE id IN (SELECT reseller_id FROM partnership WHERE supplier_id = ?)", scope.Org()).Scan(&rs).Error
	})
	if err != nil {
		return nil, "", err
	}
	for _, r := range resellers {
		countries[r.ID] = r.Country
	}
	for i, r := range rows {
		h, err := r.head()
		if err != nil {
			return nil, "", err
		}
		out[i] = PromoOrder{ID: OrderID(r.ID), Supplier: r.SupplierID, Reseller: r.ResellerID, Number: r.Number, OrderedOn: r.OrderedOn, Received: db.FromMicros(r.Received), Currency: money.Currency(r.Currency), Country: h.goes(countries[r.ResellerID]).Country, Deal: promoNumber(deal(h.Refs))}
		out[i].Lines = make([]PromoLine, 0, r.LineCount)
		index[r.ID], named[i] = &out[i], r.ID
	}
	args := make([]any, len(named))
	for i, id := range named {
		args[i] = id
	}
	goods, join := "", ""
	if len(rows) < promoMany {
		goods, join = ", COALESCE(p.family, ''), COALESCE(p.unit, ''), COALESCE(k.quantity, 0)", " LEFT JOIN product p ON p.org_id = l.supplier_id AND p.id = l.product_id LEFT JOIN pack k ON k.org_id = l.supplier_id AND k.product_id = l.product_id AND k.unit = l.unit"
	}
	var o *PromoOrder // of the line before
	err = db.Rows(ctx, "SELECT l.order_id, l.line, l.product_id, l.sku, l.unit, l.price, l.list_price, l.deal_number, l.requested_on, l.ordered, l.cancelled, l.confirmed, l.shipped, l.invoiced, l.credited, l.backordered, l.free, l.mark"+goods+" FROM order_line l"+join+" WHERE l.order_id IN "+db.Values(len(args), 1)+" ORDER BY l.order_id, l.line", args, func(scan func(...any) error) error {
		var x PromoLine
		var order, baseUnit, marks string
		var backordered money.Quantity
		var free int64
		into := []any{&order, &x.Number, &x.Product, &x.SKU, &x.Unit, &x.Price, &x.ListPrice, &x.Deal, &x.RequestedOn, &x.Ordered, &x.Fact.Cancelled, &x.Fact.Confirmed, &x.Fact.Shipped, &x.Fact.Invoiced, &x.Fact.Credited, &backordered, &free, &marks, &x.Family, &baseUnit, &x.Factor}
		if join == "" {
			into = into[:len(into)-3]
		}
		if err := scan(into...); err != nil {
			return err
		}
		x.Deal, x.Fact.Backordered = promoNumber(x.Deal), backordered > 0
		x.Free = free != 0 || x.Price == 0 || marks != "" && readMarks(marks).Has(PriceZero)
		x.measured(baseUnit)
		if o == nil || string(o.ID) != order {
			o = index[order]
		}
		o.Lines = append(o.Lines, x)
		return nil
	})
	if err == nil && join == "" {
		err = promoGoods(ctx, scope, out)
	}
	if err != nil {
		return nil, "", err
	}
	return out, next, promoFacts(ctx, args, index)
}

// measured says that the unit of a line is that of the product.
func (l *PromoLine) measured(base string) {
	if base != "" && (l.Unit == base || catalog.SameUnit(l.Unit) == catalog.SameUnit(base)) {
		l.Factor = money.One
	}
}

// promoGoods tells the lines of many orders the families of their products, and how many base
// units are in theirs.
func promoGoods(ctx context.Context, scope access.Scope, orders []PromoOrder) error {
	type good struct {
		family, base string
		packs        map[string]money.Quantity
	}
	goods := map[string]*good{}
	var ids []any
	for i := range orders {
		for k := range orders[i].Lines {
			if id := orders[i].Lines[k].Product; id != "" && goods[id] == nil {
				goods[id] = &good{packs: map[string]money.Quantity{}}
				ids = append(ids, id)
			}
		}
	}
	for part := range slices.Chunk(ids, 1000) {
		err := db.Rows(ctx, "SELECT p.id, p.family, p.unit, COALESCE(k.unit, ''), COALESCE(k.quantity, 0) FROM product p LEFT JOIN pack k ON k.org_id = p.org_id AND k.product_id = p.id WHERE p.org_id = ? AND p.id IN "+db.Values(len(part), 1), slices.Concat([]any{scope.Org()}, part), func(scan func(...any) error) error {
			var id, family, base, unit string
			var quantity money.Quantity
			if err := scan(&id, &family, &base, &unit, &quantity); err != nil {
				return err
			}
			g := goods[id]
			g.family, g.base, g.packs[unit] = family, base, quantity
			return nil
		})
		if err != nil {
			return err
		}
	}
	for i := range orders {
		for k := range orders[i].Lines {
			l := &orders[i].Lines[k]
			if g := goods[l.Product]; g != nil {
				l.Family, l.Factor = g.family, g.packs[l.Unit]
				l.measured(g.base)
			}
		}
	}
	return nil
}

// line finds a line by its number; nil: there is none.
func (o *PromoOrder) line(number int) *PromoLine {
	if i := number - 1; i >= 0 && i < len(o.Lines) && o.Lines[i].Number == number { // nearly always
		return &o.Lines[i]
	}
	if i, ok := slices.BinarySearchFunc(o.Lines, number, func(l PromoLine, n int) int { return cmp.Compare(l.Number, n) }); ok {
		return &o.Lines[i]
	}
	return nil
}

// promoFacts adds shipments, invoices and answers to the lines, in no order.
func promoFacts(ctx context.Context, ids []any, orders map[string]*PromoOrder) error {
	in := db.Values(len(ids), 1)
	read := func(query string, args []any, fn func(x *PromoFact, m PromoMove)) error {
		return db.Rows(ctx, query, args, func(scan func(...any) error) error {
			var order string
			var number int
			var m PromoMove
			if err := scan(&order, &number, &m.On, &m.Quantity); err != nil {
				return err
			}
			if o := orders[order]; o != nil {
				if l := o.line(number); l != nil {
					fn(&l.Fact, m)
				}
			}
			return nil
		})
	}
	if err := read("SELECT s.order_id, l.line, s.shipped_on, l.quantity FROM shipment s JOIN shipment_line l ON l.shipment_id = s.id WHERE s.order_id IN "+in, ids, func(x *PromoFact, m PromoMove) { x.Ships = append(x.Ships, m) }); err != nil {
		return err
	}
	twice := slices.Concat(ids, []any{InvoiceDebit}, ids, []any{InvoiceDebit})
	if err := read("SELECT i.order_id, l.line, i.issued_on, l.quantity FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id WHERE i.order_id IN "+in+` AND i.kind = ? AND i.orders = 0
UNION ALL SELECT x.order_id, l.line, i.issued_on, l.quantity FROM invoice_share x JOIN invoice i ON i.id = x.invoice_id JOIN invoice_line l ON l.invoice_id = i.id AND l.order_id = x.order_id WHERE x.order_id IN `+in+" AND i.kind = ?", twice, func(x *PromoFact, m PromoMove) { x.Bills = append(x.Bills, m) }); err != nil {
		return err
	}
	return read("SELECT DISTINCT r.order_id, l.line, '', 0 FROM order_response r JOIN order_response_line l ON l.response_id = r.id WHERE r.order_id IN "+in+" AND l.code = ?", append(slices.Clone(ids), codeBackorder), func(x *PromoFact, _ PromoMove) { x.Backordered = true })
}
