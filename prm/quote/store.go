package quote

import (
	"context"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

var found = search.Index{Table: "quote_search", Key: "quote_id"}

type row struct {
	ID                                          string `gorm:"primaryKey"`
	SupplierID, ResellerID, PartnershipID       string
	Number, SourceKey, State, Lane              string
	Round                                       int64
	Currency, DealID, DealCode, Title, Customer string
	Total, LineCount                            int64
	Made                                        int64
	MadeBy, MadeOrg                             string
	Changed, Expires, NextAt, Warned            int64
	Reason, Comment                             string
	Decided                                     int64
	DecidedBy, DecidedOrg                       string
	OrderID, OrderNumber                        string
	OfferApproval, OrderApproval                string
	Opened, OpenedRound                         int64 // when the reseller first read what stands, and which round that was
	Tries                                       int64 // orders that the reseller's own rules kept back for good
}

func (row) TableName() string { return "quote" }

// The lanes by which quotes are listed: who is to act, accepted, or over.
const (
	laneSupplier = "supplier"
	laneReseller = "reseller"
	laneAccepted = "accepted"
	laneClosed   = "closed"
)

func laneOf(s State) string {
	switch s {
	case Requested:
		return laneSupplier
	case Offered:
		return laneReseller
	case Accepted:
		return laneAccepted
	}
	return laneClosed
}

func rowOf(q Quote) row {
	out := row{ID: string(q.ID), SupplierID: q.Supplier, ResellerID: q.Reseller, PartnershipID: q.Partnership, Number: q.Number, State: string(q.State), Lane: laneOf(q.State), Round: int64(q.Round), Currency: string(q.Currency),
		DealID: string(q.Deal), DealCode: q.DealCode, Title: q.Title, Customer: q.Customer, Total: q.Total, LineCount: int64(len(q.Lines)), Made: db.Micros(q.Made), MadeBy: q.MadeBy, MadeOrg: q.MadeOrg, Changed: db.Micros(q.Changed),
		Expires: db.Micros(q.Expires), Reason: q.Reason, Comment: q.Comment, Decided: db.Micros(q.Decided), DecidedBy: q.DecidedBy, DecidedOrg: q.DecidedOrg, OrderID: string(q.Order), OrderNumber: q.OrderNumber,
		OfferApproval: q.OfferApproval, OrderApproval: q.OrderApproval}
	if q.State == Offered {
		out.NextAt = out.Expires
	}
	return out
}

// quote is the head of a quote; its terms are but what lists show.
func (r row) quote() Quote {
	t := db.FromMicros
	q := Quote{ID: ID(r.ID), Number: r.Number, Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, State: State(r.State), Round: int(r.Round), Currency: money.Currency(r.Currency), Deal: deal.ID(r.DealID), DealCode: r.DealCode,
		Made: t(r.Made), MadeBy: r.MadeBy, MadeOrg: r.MadeOrg, Changed: t(r.Changed), Expires: t(r.Expires), Reason: r.Reason, Comment: r.Comment, Decided: t(r.Decided), DecidedBy: r.DecidedBy, DecidedOrg: r.DecidedOrg,
		Order: trade.OrderID(r.OrderID), OrderNumber: r.OrderNumber, OfferApproval: r.OfferApproval, OrderApproval: r.OrderApproval}
	q.Title, q.Customer, q.Total = r.Title, r.Customer, r.Total
	return q
}

type versionRow struct {
	QuoteID                string `gorm:"primaryKey"`
	Number                 int64  `gorm:"primaryKey;autoIncrement:false"`
	SupplierID, ResellerID string
	Kind, OrgID, PersonID  string
	Terms, Hash            string
	Made                   int64
}

func (versionRow) TableName() string { return "quote_version" }

func (r versionRow) version() Version {
	return Version{Number: int(r.Number), Kind: r.Kind, Org: r.OrgID, Person: r.PersonID, At: db.FromMicros(r.Made), Hash: r.Hash, Terms: db.FromText[Terms](r.Terms)}
}

// lineRow ties a line of an order to the line of a quote that it draws on.
type lineRow struct {
	OrderID                string `gorm:"primaryKey"`
	Line                   int64  `gorm:"primaryKey;autoIncrement:false"`
	QuoteID                string
	Item                   int64 // line of the quote's version, from 0
	SupplierID, ResellerID string
	Factor                 int64 // base units in the order line's unit
	Made                   int64
}

func (lineRow) TableName() string { return "quote_order_line" }

func insert(ctx context.Context, q Quote, key string) error {
	r := rowOf(q)
	r.SourceKey = key
	return db.Tx(ctx).Create(&r).Error
}

// insertVersion writes a round; a round that is there already is a Conflict.
func insertVersion(ctx context.Context, q Quote) error {
	r := versionRow{QuoteID: string(q.ID), Number: int64(q.Version.Number), SupplierID: q.Supplier, ResellerID: q.Reseller, Kind: q.Kind, OrgID: q.Org, PersonID: q.Person, Terms: db.Text(q.Terms), Hash: q.Hash, Made: db.Micros(q.At)}
	return db.Tx(ctx).Create(&r).Error
}

// save writes a quote that still is in the state and round of was.
func save(ctx context.Context, was, q Quote) error {
	r := rowOf(q)
	res := db.Tx(ctx).Model(&row{}).Where("id = ? AND state = ? AND round = ?", r.ID, string(was.State), was.Round).
		Select("*").Omit("ID", "SupplierID", "ResellerID", "PartnershipID", "Number", "SourceKey", "Made", "MadeBy", "MadeOrg", "Warned", "Tries", "Opened", "OpenedRound").Updates(&r)
	if res.Error == nil && res.RowsAffected != 1 {
		return fault.New(fault.Conflict, "quote.changed")
	}
	return res.Error
}

// open notes the first reading of a round by the reseller.
func open(ctx context.Context, q Quote) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ? AND round = ? AND opened_round <> round AND state = ?", string(q.ID), q.Round, string(Offered)).Updates(map[string]any{"opened": db.Micros(db.Now(ctx)), "opened_round": q.Round}).Error
}

// opened says whether the round of a quote was read.
func opened(ctx context.Context, q Quote) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&row{}).Where("id = ? AND opened_round = ?", string(q.ID), q.Round).Count(&n).Error
	return n > 0, err
}

func index(ctx context.Context, q Quote) error {
	words := []string{q.Number, q.Title, q.Customer, q.DealCode}
	for _, l := range q.Lines {
		words = append(words, l.SKU, l.NameEN, l.NameZH)
	}
	return found.Put(ctx, string(q.ID), words...)
}

// one reads a quote with its latest version; lock takes it, so that it is answered once.
func one(ctx context.Context, lock bool, where string, args ...any) (Quote, bool, error) {
	tx := db.Tx(ctx)
	if lock && db.DialectOf(ctx) == db.Postgres {
		tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var rows []row
	err := tx.Where(where, args...).Order("id").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Quote{}, false, err
	}
	q := rows[0].quote()
	var vs []versionRow
	if err := db.Tx(ctx).Where("quote_id = ? AND number = ?", rows[0].ID, rows[0].Round).Limit(1).Find(&vs).Error; err != nil || len(vs) == 0 {
		return q, false, err
	}
	q.Version = vs[0].version()
	return q, true, nil
}

func byID(ctx context.Context, id ID, lock bool) (Quote, bool, error) {
	return one(ctx, lock, "id = ?", string(id))
}

// some reads what there is of some quotes, without their lines.
func some(ctx context.Context, ids []ID) (out []Quote, err error) {
	for part := range slices.Chunk(ids, chunk) {
		var rows []row
		if err := db.Tx(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, r.quote())
		}
	}
	return out, nil
}

func byNumber(ctx context.Context, supplier, reseller, number string, lock bool) (Quote, bool, error) {
	return one(ctx, lock, "supplier_id = ? AND reseller_id = ? AND number = ?", supplier, reseller, number)
}

// chunk is how many numbers or ids one statement names.
const chunk = 1000

// byNumbers reads the quotes of two companies that have one of some numbers, and takes them
// always in the same sequence: by number, as they are given.
func byNumbers(ctx context.Context, supplier, reseller string, numbers []string) ([]Quote, error) {
	var out []Quote
	for part := range slices.Chunk(numbers, chunk) {
		tx := db.Tx(ctx)
		if db.DialectOf(ctx) == db.Postgres {
			tx = tx.Clauses(clause.Locking{Strength: "UPDATE"})
		}
		var rows []row
		if err := tx.Where("supplier_id = ? AND reseller_id = ? AND number IN ?", supplier, reseller, part).Order("number").Find(&rows).Error; err != nil {
			return nil, err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		if len(ids) == 0 {
			continue
		}
		var vs []versionRow
		if err := db.Tx(ctx).Where("(quote_id, number) IN (SELECT id, round FROM quote WHERE id IN ?)", ids).Find(&vs).Error; err != nil {
			return nil, err
		}
		latest := map[string]Version{}
		for _, v := range vs {
			latest[v.QuoteID] = v.version()
		}
		for _, r := range rows {
			q := r.quote()
			q.Version = latest[r.ID]
			out = append(out, q)
		}
	}
	return out, nil
}

func bySource(ctx context.Context, org, key string) (Quote, bool, error) {
	return one(ctx, false, "made_org = ? AND source_key = ?", org, key)
}

// versionsOf are the rounds of a quote, the newest first.
func versionsOf(ctx context.Context, id ID) ([]Version, error) {
	var rows []versionRow
	err := db.Tx(ctx).Where("quote_id = ?", string(id)).Order("number DESC").Limit(MaxRounds).Find(&rows).Error
	out := make([]Version, len(rows))
	for i, r := range rows {
		out[i] = r.version()
	}
	return out, err
}

// pair is a partnership as far as a quote needs it.
type pair struct {
	ID, SupplierID, ResellerID, State, Currency, Zone string
}

func pairOf(ctx context.Context, partnership string) (pair, error) {
	var p pair
	err := db.Tx(ctx).Raw("SELECT p.id, p.supplier_id, p.reseller_id, p.state, p.currency, s.timezone AS zone FROM partnership p JOIN org s ON s.id = p.supplier_id WHERE p.id = ?", partnership).Scan(&p).Error
	if err == nil && p.ID == "" {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return p, err
}

// list reads one page of a view, what changed last first.
func list(ctx context.Context, scope access.Scope, side access.Side, f Filter) (Page, error) {
	org, partner, mine, theirs := "reseller_id", "supplier_id", laneReseller, laneSupplier
	if side == access.Supplier {
		org, partner, mine, theirs = partner, org, theirs, mine
	}
	lane, ok := map[string]string{ViewMine: mine, ViewTheirs: theirs, ViewAccepted: laneAccepted, ViewClosed: laneClosed}[f.View]
	if !ok && f.View != "" {
		return Page{}, fault.InvalidField("view", "form.choice_wrong")
	}
	by, none := found.Sieves(db.DialectOf(ctx), "quote.id", f.Query)
	if none {
		return Page{}, nil
	}
	var after []any
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return Page{}, fault.InvalidField("after", "form.cursor")
		}
		after = []any{at, id}
	}
	rows, err := search.Sift[row](ctx, search.List{Table: "quote", At: "changed", After: after, Where: func(tx *gorm.DB) *gorm.DB {
		tx = tx.Where(org+" = ?", scope.Org())
		if lane != "" {
			tx = tx.Where("lane = ?", lane)
		}
		if f.Partner != "" {
			tx = tx.Where(partner+" = ?", f.Partner)
		}
		if f.Deal != "" {
			tx = tx.Where("deal_id = ?", string(f.Deal))
		}
		return tx
	}}, by, f.Limit+1)
	if err != nil {
		return Page{}, err
	}
	var out Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		out.Next = db.Cursor(rows[f.Limit-1].Changed, rows[f.Limit-1].ID)
	}
	for _, r := range rows {
		out.Items = append(out.Items, r.quote())
	}
	return out, nil
}

// count gives the sizes of the views of a side.
func count(ctx context.Context, scope access.Scope, side access.Side) (map[string]int, error) {
	org, views := "reseller_id", map[string]string{laneReseller: ViewMine, laneSupplier: ViewTheirs, laneAccepted: ViewAccepted, laneClosed: ViewClosed}
	if side == access.Supplier {
		org, views[laneReseller], views[laneSupplier] = "supplier_id", ViewTheirs, ViewMine
	}
	var rows []struct {
		Lane string
		N    int
	}
	err := db.Tx(ctx).Model(&row{}).Select("lane, COUNT(*) AS n").Where(org+" = ?", scope.Org()).Group("lane").Scan(&rows).Error
	out := map[string]int{}
	for _, r := range rows {
		out[views[r.Lane]] = r.N
	}
	return out, err
}

// waiting counts the quotes of one lane: those that wait for a side.
func waiting(ctx context.Context, scope access.Scope, side access.Side) (int, error) {
	org, lane := "reseller_id", laneReseller
	if side == access.Supplier {
		org, lane = "supplier_id", laneSupplier
	}
	var n int64
	err := db.Tx(ctx).Model(&row{}).Where(org+" = ? AND lane = ?", scope.Org(), lane).Count(&n).Error
	return int(n), err
}

// dueRow is an offer whose clock has something to do.
type dueRow struct {
	ID      string
	Expires int64
	Warned  int64
}

// due are the offers that end by an instant, but for those of which it was told and that
// still stand.
func due(ctx context.Context, now, until int64, limit int) ([]dueRow, error) {
	var rows []dueRow
	err := db.Tx(ctx).Model(&row{}).Select("id, expires, warned").Where("state = ? AND next_at > 0 AND next_at <= ? AND (warned <> round OR next_at <= ?)", string(Offered), until, now).Order("next_at, id").Limit(limit).Scan(&rows).Error
	return rows, err
}

// warned notes that the end of an offer was told, once.
func warned(ctx context.Context, id ID, round int) (bool, error) {
	res := db.Tx(ctx).Model(&row{}).Where("id = ? AND state = ? AND round = ? AND warned <> round", string(id), string(Offered), round).Update("warned", round)
	return res.RowsAffected == 1, res.Error
}

// keepLines writes which lines of an order draw on quotes, in place of what was kept.
func keepLines(ctx context.Context, order trade.OrderID, rows []lineRow) error {
	if err := db.Tx(ctx).Where("order_id = ?", string(order)).Delete(&lineRow{}).Error; err != nil {
		return err
	}
	return addLines(ctx, rows)
}

// addLines ties further lines of an order.
func addLines(ctx context.Context, rows []lineRow) error {
	if len(rows) == 0 {
		return nil
	}
	return db.Tx(ctx).Create(&rows).Error
}

// tiesOf are the lines of an order that draw on quotes, with the numbers of these.
func tiesOf(ctx context.Context, order trade.OrderID) ([]lineRow, []string, error) {
	var rows []struct {
		Row    lineRow `gorm:"embedded"`
		Number string
	}
	err := db.Tx(ctx).Raw("SELECT l.*, q.number FROM quote_order_line l JOIN quote q ON q.id = l.quote_id WHERE l.order_id = ? ORDER BY l.line", string(order)).Scan(&rows).Error
	out, numbers := make([]lineRow, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		out[i], numbers[i] = r.Row, r.Number
	}
	return out, numbers, err
}

// drawn is what lines of orders have of one line of a quote, in one unit.
type drawn struct {
	QuoteID               string
	Item, Factor, Ordered int64
}

// drawnOf sums what was ordered on quotes, but for one order. The lines are prm/trade's and
// read only.
func drawnOf(ctx context.Context, ids []string, but trade.OrderID) ([]drawn, error) {
	var out []drawn
	for part := range slices.Chunk(ids, chunk) {
		var rows []drawn
		if err := db.Tx(ctx).Raw(`SELECT q.quote_id, q.item, q.factor, CAST(SUM(l.ordered - l.cancelled) AS BIGINT) AS ordered FROM quote_order_line q JOIN order_line l ON l.order_id = q.order_id AND l.line = q.line
			WHERE q.quote_id IN ? AND q.order_id <> ? GROUP BY q.quote_id, q.item, q.factor ORDER BY q.quote_id, q.item, q.factor`, part, string(but)).Scan(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// ordersOf are the orders that draw on a quote, the newest first.
func ordersOf(ctx context.Context, id ID, limit int) ([]Order, error) {
	var rows []struct{ ID, Number, State, OrderedOn string }
	err := db.Tx(ctx).Raw(`SELECT o.id, o.number, o.state, o.ordered_on FROM purchase_order o WHERE o.id IN (SELECT order_id FROM quote_order_line WHERE quote_id = ?) ORDER BY o.received DESC, o.id DESC LIMIT ?`, string(id), limit).Scan(&rows).Error
	out := make([]Order, len(rows))
	for i, r := range rows {
		out[i] = Order{trade.OrderID(r.ID), r.Number, trade.State(r.State), r.OrderedOn}
	}
	return out, err
}

// ofOrder are the quotes that an order draws on.
func ofOrder(ctx context.Context, order trade.OrderID) ([]Quote, error) {
	var rows []row
	err := db.Tx(ctx).Where("id IN (SELECT quote_id FROM quote_order_line WHERE order_id = ?)", string(order)).Order("number, id").Limit(20).Find(&rows).Error
	out := make([]Quote, len(rows))
	for i, r := range rows {
		out[i] = r.quote()
	}
	return out, err
}

// dealsOf are the registrations of quotes, by number of the quote.
func dealsOf(ctx context.Context, supplier, reseller string, numbers []string) (map[string]string, error) {
	var rows []struct{ Number, DealCode string }
	err := db.Tx(ctx).Model(&row{}).Select("number, deal_code").Where("supplier_id = ? AND reseller_id = ? AND number IN ? AND deal_code <> ''", supplier, reseller, numbers).Scan(&rows).Error
	out := map[string]string{}
	for _, r := range rows {
		out[r.Number] = r.DealCode
	}
	return out, err
}

func setOfferApproval(ctx context.Context, id ID, approval string) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ?", string(id)).Update("offer_approval", approval).Error
}

// unapproved forgets a request that was not granted.
func unapproved(ctx context.Context, org, approval string) error {
	if err := db.Tx(ctx).Model(&row{}).Where("supplier_id = ? AND offer_approval = ?", org, approval).Update("offer_approval", "").Error; err != nil {
		return err
	}
	return db.Tx(ctx).Model(&row{}).Where("reseller_id = ? AND order_approval = ?", org, approval).Updates(map[string]any{"order_approval": "", "tries": gorm.Expr("tries + 1")}).Error
}

func triesOf(ctx context.Context, id ID) (int64, error) {
	var n int64
	err := db.Tx(ctx).Model(&row{}).Where("id = ?", string(id)).Select("tries").Scan(&n).Error
	return n, err
}

func setOrderApproval(ctx context.Context, id ID, approval string) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ?", string(id)).Update("order_approval", approval).Error
}

func setOrder(ctx context.Context, id ID, order trade.OrderID, number string) error {
	return db.Tx(ctx).Model(&row{}).Where("id = ? AND order_id = ''", string(id)).Updates(map[string]any{"order_id": string(order), "order_number": number, "order_approval": ""}).Error
}
