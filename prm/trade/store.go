package trade

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/db/search"
	"entente/prm/fault"
	"entente/prm/money"
)

type orderRow struct {
	ID, SupplierID, ResellerID, PartnershipID string
	Number, ReleaseNo, Purpose, Kind          string
	State, Held                               string
	Marks                                     int64
	Currency                                  string
	Total, ConfirmedTotal, InvoicedTotal      int64
	LineCount                                 int64
	OrderedOn, RequestedOn, ShipTo            string
	Parties, ReferencesJSON, Note             string
	Source, InterchangeID                     string
	SetNo                                     int64
	SourceKey                                 string
	Copy                                      int64
	ContentHash, PlacedBy                     string
	Received, Changed, Version                int64
	ShipToUnknown, HoldReason                 string
}

func (orderRow) TableName() string { return "purchase_order" }

func (r orderRow) order() Order {
	c := money.Currency(r.Currency)
	return Order{ID: OrderID(r.ID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID,
		Number: r.Number, Release: r.ReleaseNo, Purpose: r.Purpose, Kind: r.Kind, Copy: int(r.Copy), State: State(r.State), Held: r.Held, ShipToUnknown: r.ShipToUnknown, HoldReason: r.HoldReason, Marks: int(r.Marks),
		Currency: c, Total: money.Amount{Minor: r.Total, Currency: c}, ConfirmedTotal: money.Amount{Minor: r.ConfirmedTotal, Currency: c}, InvoicedTotal: money.Amount{Minor: r.InvoicedTotal, Currency: c},
		LineCount: int(r.LineCount), OrderedOn: r.OrderedOn, RequestedOn: r.RequestedOn, ShipTo: r.ShipTo, Note: r.Note, Source: r.Source, Interchange: r.InterchangeID, SetNo: int(r.SetNo),
		PlacedBy: r.PlacedBy, Received: db.FromMicros(r.Received), Changed: db.FromMicros(r.Changed), Version: r.Version}
}

func (r orderRow) head() (Head, error) {
	var h Head
	if err := json.Unmarshal([]byte(r.ReferencesJSON), &h); err != nil {
		return h, fault.Wrap(err, fault.Internal, "error.internal")
	}
	err := json.Unmarshal([]byte(r.Parties), &h.Parties)
	if err != nil {
		return h, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return h, nil
}

type lineRow struct {
	OrderID                              string `gorm:"primaryKey"`
	Line                                 int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID, ResellerID, Reference    string
	ProductID, SKU, BuyerItem, Gtin      string
	Description, Unit                    string
	Price, ListPrice, Amount             int64
	Mark, State, RequestedOn, PromisedOn string
	DealNumber                           string
	Ordered, Confirmed, Backordered      int64
	Cancelled, Shipped, Received         int64
	Invoiced, Credited, Returned         int64
	DealApplied, DealMethod, DealReason  string
	DealAllowance, DealGranted           int64
	Parts, InsteadOf                     string
	Free                                 int64
	PriceTrail                           string
}

func (lineRow) TableName() string { return "order_line" }

func (r lineRow) line(c money.Currency) Line {
	q := func(n int64) money.Quantity { return money.Quantity(n) }
	zero := money.Amount{Currency: c}
	return Line{Number: int(r.Line), Reference: r.Reference, Product: r.ProductID, SKU: r.SKU, BuyerItem: r.BuyerItem, GTIN: r.Gtin, Description: r.Description, Unit: r.Unit,
		Price: money.Price(r.Price), ListPrice: money.Price(r.ListPrice), Amount: money.Amount{Minor: r.Amount, Currency: c}, Marks: readMarks(r.Mark), State: LineState(r.State),
		RequestedOn: r.RequestedOn, PromisedOn: r.PromisedOn, DealNumber: r.DealNumber, Ordered: q(r.Ordered), Confirmed: q(r.Confirmed), Backordered: q(r.Backordered), Cancelled: q(r.Cancelled),
		Shipped: q(r.Shipped), Received: q(r.Received), Invoiced: q(r.Invoiced), Credited: q(r.Credited), Returned: q(r.Returned), InvoiceAmount: zero, Difference: zero,
		DealApplied: r.DealApplied, DealMethod: r.DealMethod, DealReason: r.DealReason, DealAllowance: money.Price(r.DealAllowance), DealGranted: q(r.DealGranted),
		Parts: readParts(r.Parts), InsteadOf: r.InsteadOf, Free: r.Free != 0, Trail: readTrail(r.PriceTrail)}
}

func rowOf(l Line, o orderRow) lineRow {
	return lineRow{OrderID: o.ID, Line: int64(l.Number), SupplierID: o.SupplierID, ResellerID: o.ResellerID, Reference: l.Reference, ProductID: l.Product, SKU: l.SKU, BuyerItem: l.BuyerItem, Gtin: l.GTIN,
		Description: l.Description, Unit: l.Unit, Price: int64(l.Price), ListPrice: int64(l.ListPrice), Amount: l.Amount.Minor, Mark: l.Marks.text(), State: string(l.State), RequestedOn: l.RequestedOn, PromisedOn: l.PromisedOn,
		DealNumber: l.DealNumber, Ordered: int64(l.Ordered), Confirmed: int64(l.Confirmed), Backordered: int64(l.Backordered), Cancelled: int64(l.Cancelled), Shipped: int64(l.Shipped), Received: int64(l.Received),
		Invoiced: int64(l.Invoiced), Credited: int64(l.Credited), Returned: int64(l.Returned),
		DealApplied: l.DealApplied, DealMethod: l.DealMethod, DealReason: l.DealReason, DealAllowance: int64(l.DealAllowance), DealGranted: int64(l.DealGranted),
		Parts: writeParts(l.Parts), InsteadOf: l.InsteadOf, Free: db.Flag(l.Free), PriceTrail: writeTrail(l.Trail)}
}

type responseRow struct {
	ID, OrderID, SupplierID, ResellerID, Number, Kind, MadeBy string
	Made                                                      int64
	AgreedBy                                                  string
	Agreed                                                    int64
	InterchangeID                                             string
	ChangeID                                                  string
}

func (responseRow) TableName() string { return "order_response" }

type responseLineRow struct {
	ResponseID              string `gorm:"primaryKey"`
	Position                int64  `gorm:"primaryKey;autoIncrement:false"`
	Line                    int64
	Action, Code            string
	Quantity, Price         int64
	Day, Substitute, Reason string
}

func (responseLineRow) TableName() string { return "order_response_line" }

type shipmentRow struct {
	ID, OrderID, SupplierID, ResellerID, Number, ShippedOn, Carrier, Tracking, MadeBy string
	Made                                                                              int64
	ReceivedBy                                                                        string
	Received                                                                          int64
}

func (shipmentRow) TableName() string { return "shipment" }

type shipmentLineRow struct {
	ShipmentID         string `gorm:"primaryKey"`
	Line               int64  `gorm:"primaryKey;autoIncrement:false"`
	Quantity, Received int64
}

func (shipmentLineRow) TableName() string { return "shipment_line" }

type invoiceRow struct {
	ID, OrderID, SupplierID, ResellerID, Number, Kind, State, Currency string
	Net, Tax, TaxRate                                                  int64
	TaxCategory                                                        string
	DiffersBy, Gross                                                   int64
	IssuedOn, DueOn, MadeBy                                            string
	Made                                                               int64
	InterchangeID                                                      string
	CreditOf                                                           string
	Orders                                                             int64 // 0: one
}

func (invoiceRow) TableName() string { return "invoice" }

func (r invoiceRow) invoice() Invoice {
	c := money.Currency(r.Currency)
	a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: c} }
	return Invoice{ID: InvoiceID(r.ID), Order: OrderID(r.OrderID), Supplier: r.SupplierID, Reseller: r.ResellerID, Number: r.Number, Kind: r.Kind, State: r.State, Currency: c,
		Net: a(r.Net), Tax: a(r.Tax), Gross: a(r.Gross), Difference: a(r.DiffersBy), TaxRate: money.Rate(r.TaxRate), TaxCategory: r.TaxCategory, IssuedOn: r.IssuedOn, DueOn: r.DueOn,
		By: r.MadeBy, At: db.FromMicros(r.Made), Interchange: r.InterchangeID, CreditOf: InvoiceID(r.CreditOf), Orders: int(r.Orders)}
}

type invoiceLineRow struct {
	InvoiceID     string `gorm:"primaryKey"`
	Position      int64  `gorm:"primaryKey;autoIncrement:false"`
	Line          int64
	SKU           string
	Quantity      int64
	Unit          string
	Price, Amount int64
	Difference    string
	Allowance     int64
	Deal          string
	TaxRate       int64  // -1: that of the invoice
	OrderID       string // "": that of the invoice

	dirty bool
}

// shareRow is what of an invoice of several orders one of them is invoiced.
type shareRow struct {
	InvoiceID                              string `gorm:"primaryKey"`
	Position                               int64  `gorm:"primaryKey;autoIncrement:false"`
	OrderID, SupplierID, ResellerID, State string
	Net, DiffersBy                         int64
}

func (shareRow) TableName() string { return "invoice_share" }

type invoiceTaxRow struct {
	InvoiceID           string `gorm:"primaryKey"`
	Position            int64  `gorm:"primaryKey;autoIncrement:false"`
	Category            string
	Rate, Basis, Amount int64
}

func (invoiceTaxRow) TableName() string { return "invoice_tax" }

// taxesOf reads the taxes of invoices, by invoice; one made before rows were kept has one
// of its sums.
func taxesOf(ctx context.Context, invs []invoiceRow) (map[string][]TaxRow, error) {
	out := map[string][]TaxRow{}
	if len(invs) == 0 {
		return out, nil
	}
	ids := make([]string, len(invs))
	for i, r := range invs {
		ids[i] = r.ID
	}
	var rows []invoiceTaxRow
	if err := db.Tx(ctx).Where("invoice_id IN ?", ids).Order("invoice_id, position").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range invs {
		c := money.Currency(r.Currency)
		for _, x := range rows {
			if x.InvoiceID == r.ID {
				out[r.ID] = append(out[r.ID], TaxRow{x.Category, money.Rate(x.Rate), money.Amount{Minor: x.Basis, Currency: c}, money.Amount{Minor: x.Amount, Currency: c}})
			}
		}
		if len(out[r.ID]) == 0 {
			out[r.ID] = []TaxRow{{r.TaxCategory, money.Rate(r.TaxRate), money.Amount{Minor: r.Net, Currency: c}, money.Amount{Minor: r.Tax, Currency: c}}}
		}
	}
	return out, nil
}

// insertTaxes stores them; amounts have the sign of the invoice.
func insertTaxes(ctx context.Context, r invoiceRow, taxes []TaxRow) error {
	rows := make([]invoiceTaxRow, len(taxes))
	for i, x := range taxes {
		rows[i] = invoiceTaxRow{InvoiceID: r.ID, Position: int64(i + 1), Category: x.Category, Rate: int64(x.Rate), Basis: x.Basis.Minor, Amount: x.Amount.Minor}
	}
	if len(rows) == 0 {
		return nil
	}
	return insertMany(ctx, rows)
}

func (invoiceLineRow) TableName() string { return "invoice_line" }

func (r invoiceLineRow) line(c money.Currency) InvoiceLine {
	l := InvoiceLine{Order: OrderID(r.OrderID), TaxRate: money.Rate(r.TaxRate), Position: int(r.Position), Line: int(r.Line), SKU: r.SKU, Quantity: money.Quantity(r.Quantity), Unit: r.Unit, Price: money.Price(r.Price), Amount: money.Amount{Minor: r.Amount, Currency: c}, Off: money.Amount{Minor: r.Allowance, Currency: c}, Deal: r.Deal}
	if r.Difference != "" {
		l.Wrong = strings.Split(r.Difference, ",")
	}
	return l
}

type arrivalRow struct {
	ID, OrderID, SupplierID, ResellerID, PartnershipID, Outcome, Reason, Number, Source, SourceKey, InterchangeID string
	SetNo                                                                                                         int64
	Document, PlacedBy                                                                                            string
	Made                                                                                                          int64
	Answer, AnsweredBy, AnsweredOrg                                                                               string
	Answered                                                                                                      int64
	NewOrderID                                                                                                    string
}

func (arrivalRow) TableName() string { return "order_arrival" }

type historyRow struct {
	ID, SubjectKind, SubjectID, SupplierID, ResellerID, Kind, Args, PersonID, OrgID string
	Happened                                                                        int64
}

func (historyRow) TableName() string { return "history" }

// terms is what the two companies agreed, with what of them matters here. Read
// only: the rows belong to prm/partner and prm/account.
type terms struct {
	ID, SupplierID, ResellerID, State, Currency string
	PriceTolerance, QuantityTolerance           int64
	SupplierName, SupplierZone, SupplierCountry string
	ResellerSlug, ResellerName, ResellerCountry string
}

func termsOf(ctx context.Context, partnership string) (terms, error) {
	return db.Remember(ctx, "trade.terms:"+partnership, []string{"partnership", "org"}, func() (terms, error) {
		var t terms
		err := db.Tx(ctx).Raw(`SELECT p.id, p.supplier_id, p.reseller_id, p.state, p.currency, p.price_tolerance, p.quantity_tolerance,
		s.name AS supplier_name, s.timezone AS supplier_zone, s.country AS supplier_country, r.slug AS reseller_slug, r.name AS reseller_name, r.country AS reseller_country
		FROM partnership p JOIN org s ON s.id = p.supplier_id JOIN org r ON r.id = p.reseller_id WHERE p.id = ?`, partnership).Scan(&t).Error
		if err == nil && t.ID == "" {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		return t, err
	})
}

// insertOnce inserts a row unless a unique key already holds one; it reports
// whether the row is in.
func insertOnce(ctx context.Context, row any) (bool, error) {
	n, err := db.Insert(ctx, row, " ON CONFLICT DO NOTHING")
	return n == 1, err
}

// insertLines adds the lines of an order just made.
func insertLines(ctx context.Context, o orderRow, lines []Line) error {
	for i := range lines {
		r := rowOf(lines[i], o)
		if err := db.LaterRow(ctx, &r, ""); err != nil {
			return err
		}
	}
	return nil
}

// insertMany inserts rows; a taken key is an error.
func insertMany[T any](ctx context.Context, rows []T) error {
	return db.Tx(ctx).CreateInBatches(rows, 500).Error
}

// orderByID reads an order; lock takes the row for writing.
func orderByID(ctx context.Context, id OrderID, lock bool) (orderRow, error) {
	if !lock {
		return db.Remember(ctx, headKey(id), headTables, func() (r orderRow, err error) {
			return r, db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
		})
	}
	tx := db.Tx(ctx)
	if db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r orderRow
	err := tx.Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

func headKey(id OrderID) string   { return "order:" + string(id) }
func differsKey(id string) string { return "order.differs:" + id }

var headTables, differsTables = []string{"purchase_order"}, []string{"invoice", "invoice_share"}

// readHeads reads orders, and whether their invoices differ, for who asks for them one by
// one in the same transaction.
func readHeads(ctx context.Context, ids []OrderID) error {
	var ask []OrderID
	for _, id := range ids {
		if _, ok := db.Known[orderRow](ctx, headKey(id)); !ok {
			ask = append(ask, id)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	var rows []orderRow
	if err := db.Tx(ctx).Where("id IN ?", ask).Find(&rows).Error; err != nil {
		return err
	}
	var differ []string
	if err := db.Tx(ctx).Raw("SELECT order_id FROM invoice WHERE order_id IN ? AND state = 'differs' AND orders = 0 UNION SELECT order_id FROM invoice_share WHERE order_id IN ? AND state = 'differs'", ask, ask).Scan(&differ).Error; err != nil {
		return err
	}
	for _, r := range rows {
		db.Know(ctx, headKey(OrderID(r.ID)), headTables, r)
		db.Know(ctx, differsKey(r.ID), differsTables, slices.Contains(differ, r.ID))
	}
	return nil
}

// readBodies is readHeads with the lines, and which orders have invoices.
func readBodies(ctx context.Context, ids []OrderID) error {
	if err := readHeads(ctx, ids); err != nil || len(ids) == 0 {
		return err
	}
	var rows []lineRow
	if err := db.Tx(ctx).Where("order_id IN ?", ids).Order("order_id, line").Find(&rows).Error; err != nil {
		return err
	}
	lines := map[string][]lineRow{}
	for _, r := range rows {
		lines[r.OrderID] = append(lines[r.OrderID], r)
	}
	var billed []string
	if err := db.Tx(ctx).Raw("SELECT order_id FROM invoice WHERE order_id IN ? UNION SELECT order_id FROM invoice_share WHERE order_id IN ?", ids, ids).Scan(&billed).Error; err != nil {
		return err
	}
	for _, id := range ids {
		db.Know(ctx, linesKey(string(id)), linesTables, lines[string(id)])
		db.Know(ctx, billedKey(string(id)), differsTables, slices.Contains(billed, string(id)))
	}
	return nil
}

func linesKey(id string) string  { return "order.lines:" + id }
func billedKey(id string) string { return "order.billed:" + id }

var linesTables = []string{"order_line"}

func linesOf(ctx context.Context, o orderRow) ([]Line, error) {
	rows, ok := db.Known[[]lineRow](ctx, linesKey(o.ID))
	if !ok {
		if err := db.Tx(ctx).Where("order_id = ?", o.ID).Order("line").Find(&rows).Error; err != nil {
			return nil, err
		}
	}
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.line(money.Currency(o.Currency))
	}
	return out, nil
}

// saveLines writes lines of an order that the caller holds locked: new ones are
// added, others changed.
func saveLines(ctx context.Context, o orderRow, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	rows := make([]lineRow, len(lines))
	for i, l := range lines {
		rows[i] = rowOf(l, o)
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "order_id"}, {Name: "line"}},
		DoUpdates: clause.AssignmentColumns([]string{"product_id", "sku", "gtin", "description", "price", "amount", "mark", "state", "instead_of", "parts", "ordered", "requested_on", "promised_on", "confirmed", "backordered", "cancelled", "shipped", "received", "invoiced", "credited", "returned"})}).
		CreateInBatches(rows, 400).Error
}

// saveOrder writes the derived columns if the version is still the one read, and
// raises it.
func saveOrder(ctx context.Context, o *orderRow) error {
	now := db.Micros(db.Now(ctx))
	tx := db.Tx(ctx).Model(&orderRow{}).Where("id = ? AND version = ?", o.ID, o.Version).Updates(map[string]any{
		"state": o.State, "held": o.Held, "ship_to_unknown": o.ShipToUnknown, "hold_reason": o.HoldReason, "marks": o.Marks, "currency": o.Currency, "total": o.Total, "confirmed_total": o.ConfirmedTotal, "invoiced_total": o.InvoicedTotal, "line_count": o.LineCount,
		"ordered_on": o.OrderedOn, "requested_on": o.RequestedOn, "ship_to": o.ShipTo, "parties": o.Parties, "references_json": o.ReferencesJSON, "note": o.Note, "purpose": o.Purpose, "kind": o.Kind,
		"content_hash": o.ContentHash, "changed": now, "version": o.Version + 1})
	if tx.Error != nil {
		return tx.Error
	}
	if tx.RowsAffected != 1 {
		return fault.New(fault.Conflict, "trade.order_changed", "Yours", o.Version, "Now", 0, "State", o.State)
	}
	o.Version, o.Changed = o.Version+1, now
	return nil
}

func deleteLines(ctx context.Context, o orderRow) error {
	return db.Tx(ctx).Where("order_id = ?", o.ID).Delete(&lineRow{}).Error
}

// orderByKey finds the order with the business key, the latest copy.
func orderByKey(ctx context.Context, supplier, reseller, number, release string, lock bool) (orderRow, bool, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []orderRow
	err := tx.Where("supplier_id = ? AND reseller_id = ? AND number = ? AND release_no = ?", supplier, reseller, number, release).Order("copy DESC").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return orderRow{}, false, err
	}
	return rows[0], true, nil
}

// copiesOf lists every order under the business key, oldest first.
func copiesOf(ctx context.Context, supplier, reseller, number, release string) ([]orderRow, error) {
	var rows []orderRow
	err := db.Tx(ctx).Where("supplier_id = ? AND reseller_id = ? AND number = ? AND release_no = ?", supplier, reseller, number, release).Order("copy").Find(&rows).Error
	return rows, err
}

// seen looks for what became of the very set before.
func seen(ctx context.Context, reseller, key string) (Receipt, bool, error) {
	if key == "" {
		return Receipt{}, false, nil
	}
	var os []orderRow
	if err := db.Tx(ctx).Select("id", "marks").Where("reseller_id = ? AND source_key = ? AND source_key <> ''", reseller, key).Find(&os).Error; err != nil {
		return Receipt{}, false, err
	}
	if len(os) > 0 {
		return Receipt{Order: OrderID(os[0].ID), Outcome: Booked, Marked: int(os[0].Marks), Repeated: true}, true, nil
	}
	var as []arrivalRow
	if err := db.Tx(ctx).Where("reseller_id = ? AND source_key = ? AND source_key <> ''", reseller, key).Find(&as).Error; err != nil {
		return Receipt{}, false, err
	}
	if len(as) > 0 {
		a := as[0]
		return Receipt{Order: OrderID(a.OrderID), Outcome: Outcome(a.Outcome), Arrival: ArrivalID(a.ID), Reason: a.Reason, Repeated: true}, true, nil
	}
	return Receipt{}, false, nil
}

func arrivalByID(ctx context.Context, id ArrivalID) (arrivalRow, error) {
	var r arrivalRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&r).Error
	return r, err
}

// openArrivals are the held documents of an order without an answer, oldest first.
func openArrivals(ctx context.Context, order string) ([]arrivalRow, error) {
	var rows []arrivalRow
	err := db.Tx(ctx).Where("order_id = ? AND outcome = ? AND answer = ''", order, string(HeldBack)).Order("made, id").Find(&rows).Error
	return rows, err
}

func saveAnswer(ctx context.Context, a arrivalRow) error {
	return db.Tx(ctx).Model(&arrivalRow{}).Where("id = ? AND answer = ''", a.ID).Updates(map[string]any{
		"answer": a.Answer, "answered_by": a.AnsweredBy, "answered_org": a.AnsweredOrg, "answered": a.Answered, "new_order_id": a.NewOrderID}).Error
}

// alsoFound adds words to those an order is found by.
func alsoFound(ctx context.Context, order, text string) error {
	return foundInvoiced(ctx, order, text, 0)
}

// foundInvoiced is alsoFound for an invoice made at an instant.
func foundInvoiced(ctx context.Context, order, text string, made int64) error {
	words := search.Words(text)
	if words == "" && made == 0 {
		return nil
	}
	more := "words || ' ' || ?"
	if db.DialectOf(ctx) == db.Postgres {
		more = "words || array_to_tsvector(array_remove(string_to_array(?, ' '), ''))"
	}
	return db.Tx(ctx).Exec("UPDATE order_search SET words = "+more+", invoiced = CASE WHEN invoiced < ? THEN ? ELSE invoiced END WHERE order_id = ?", words, made, made, order).Error
}
