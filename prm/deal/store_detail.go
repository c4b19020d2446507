package deal

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/money"
)

type entryRow struct {
	ID, DealID, Kind, OrgID, PersonID, Was, Became, Reason, Note, Args, Seen string
	Happened                                                                 int64
}

func (entryRow) TableName() string { return "deal_entry" }

func insertEntry(ctx context.Context, id ID, e Entry) error {
	r := entryRow{db.NewID(), string(id), e.Kind, e.Org, e.Person, string(e.From), string(e.To), e.Reason, e.Note, db.Text(e.Args), e.seen, db.Micros(e.At)}
	return db.Tx(ctx).Create(&r).Error
}

// entriesOf is the history of a registration, the newest first.
func entriesOf(ctx context.Context, id ID) ([]Entry, error) {
	var rows []entryRow
	err := db.Tx(ctx).Where("deal_id = ?", string(id)).Order("happened DESC, id DESC").Limit(500).Find(&rows).Error
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = Entry{r.ID, r.Kind, r.OrgID, r.PersonID, State(r.Was), State(r.Became), r.Reason, r.Note, db.FromText[map[string]string](r.Args), db.FromMicros(r.Happened), r.Seen}
	}
	return out, err
}

type fileRow struct {
	ID, DealID, OrgID, PersonID, Kind, Name string
	Size                                    int64
	Mime, Hash, Note                        string
	Happened                                int64
}

func (fileRow) TableName() string { return "deal_file" }

func (r fileRow) file() File {
	return File{FileID(r.ID), ID(r.DealID), r.OrgID, r.PersonID, r.Kind, r.Name, r.Size, r.Mime, r.Hash, r.Note, db.FromMicros(r.Happened)}
}

func insertFile(ctx context.Context, f File) error {
	r := fileRow{string(f.ID), string(f.Deal), f.Org, f.Person, f.Kind, f.Name, f.Size, f.Mime, f.Hash, f.Note, db.Micros(f.At)}
	return db.Tx(ctx).Create(&r).Error
}

func deleteFile(ctx context.Context, deal ID, id FileID) error {
	return db.Tx(ctx).Where("deal_id = ? AND id = ?", string(deal), string(id)).Delete(&fileRow{}).Error
}

func filesOf(ctx context.Context, id ID) ([]File, error) {
	var rows []fileRow
	err := db.Tx(ctx).Where("deal_id = ?", string(id)).Order("happened, id").Limit(mostFiles).Find(&rows).Error
	out := make([]File, len(rows))
	for i, r := range rows {
		out[i] = r.file()
	}
	return out, err
}

type disputeRow struct {
	ID, SupplierID, ClaimID, HolderID, OrgID, PersonID, Reason, Text, DeciderID string
	DueStart, DueHalf, DueMost, Due                                             int64
	Ruling                                                                      string
	Percent                                                                     int64
	Note                                                                        string
	Opened, Ruled                                                               int64
	RuledBy                                                                     string
	Evidence                                                                    string
}

func (disputeRow) TableName() string { return "deal_dispute" }

func disputeRowOf(d Dispute) disputeRow {
	m := db.Micros
	return disputeRow{string(d.ID), d.Supplier, string(d.Claim), string(d.Holder), d.Org, d.Person, d.Reason, d.Text, d.Decider, m(d.Due.Start), m(d.Due.Half), m(d.Due.Most), m(d.Due.Due), string(d.Ruling), int64(d.Percent), d.Note, m(d.Opened), m(d.Ruled), d.RuledBy, evidenceText(d.Evidence)}
}

func (r disputeRow) dispute() Dispute {
	t := db.FromMicros
	return Dispute{ID: DisputeID(r.ID), Claim: ID(r.ClaimID), Holder: ID(r.HolderID), Org: r.OrgID, Person: r.PersonID, Reason: r.Reason, Text: r.Text, Decider: r.DeciderID, Due: Clock{Start: t(r.DueStart), Half: t(r.DueHalf), Most: t(r.DueMost), Due: t(r.Due)},
		Ruling: Ruling(r.Ruling), Percent: int(r.Percent), Note: r.Note, Opened: t(r.Opened), Ruled: t(r.Ruled), RuledBy: r.RuledBy, Supplier: r.SupplierID, Evidence: evidenceOf(r.Evidence)}
}

func evidenceText(e *Resold) string {
	if e == nil {
		return ""
	}
	return db.Text(e)
}

func evidenceOf(s string) *Resold {
	if s == "" {
		return nil
	}
	e := db.FromText[Resold](s)
	return &e
}

func insertDispute(ctx context.Context, d Dispute) error {
	r := disputeRowOf(d)
	return db.Tx(ctx).Create(&r).Error
}

// closeDispute writes the ruling of an open one.
func closeDispute(ctx context.Context, d Dispute) (bool, error) {
	r := disputeRowOf(d)
	res := db.Tx(ctx).Model(&disputeRow{}).Where("id = ? AND ruling = ''", r.ID).Select("Ruling", "Percent", "Note", "Ruled", "RuledBy").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

func disputeByID(ctx context.Context, id DisputeID) (Dispute, bool, error) {
	var rows []disputeRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Dispute{}, false, err
	}
	return rows[0].dispute(), true, nil
}

// disputesOf are the disputes of a registration, as the one that holds or that claims.
func disputesOf(ctx context.Context, id ID) ([]Dispute, error) {
	var rows []disputeRow
	err := db.Tx(ctx).Where("claim_id = ? OR holder_id = ?", string(id), string(id)).Order("opened DESC, id DESC").Limit(50).Find(&rows).Error
	out := make([]Dispute, len(rows))
	for i, r := range rows {
		out[i] = r.dispute()
	}
	return out, err
}

type lineRow struct {
	OrderID                 string `gorm:"primaryKey"`
	Line                    int64  `gorm:"primaryKey;autoIncrement:false"`
	DealID                  string `gorm:"primaryKey"`
	SupplierID              string
	Number, Basis, SKU      string
	Ordered, Open, Invoiced int64
	Amount, Value           int64
	Counts                  bool
	Why                     string
	Happened                int64
}

func (lineRow) TableName() string { return "deal_line" }

func (r lineRow) line() Line {
	q := func(n int64) money.Quantity { return money.Quantity(n) }
	return Line{r.OrderID, r.Number, int(r.Line), r.Basis, r.SKU, q(r.Ordered), q(r.Open), q(r.Invoiced), r.Amount, r.Value, r.Counts, r.Why, db.FromMicros(r.Happened)}
}

// mostLines is how many order lines of a registration are shown: the latest.
const mostLines = 500

// linesOf are the latest order lines of a registration in the order they came, and
// whether there are more.
func linesOf(ctx context.Context, id ID) ([]Line, bool, error) {
	var rows []lineRow
	err := db.Tx(ctx).Where("deal_id = ?", string(id)).Order("happened DESC, order_id DESC, line DESC").Limit(mostLines + 1).Find(&rows).Error
	more := len(rows) > mostLines
	rows = rows[:min(len(rows), mostLines)]
	slices.Reverse(rows)
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.line()
	}
	return out, more, err
}

// linesOfOrder are the lines of an order, by registration.
func linesOfOrder(ctx context.Context, order string) (map[ID][]Line, error) {
	if out, ok := db.Known[map[ID][]Line](ctx, lineless+order); ok {
		return out, nil
	}
	var rows []lineRow
	err := db.Tx(ctx).Where("order_id = ?", order).Find(&rows).Error
	out := map[ID][]Line{}
	for _, r := range rows {
		out[ID(r.DealID)] = append(out[ID(r.DealID)], r.line())
	}
	return out, err
}

// lineless is under what a transaction knows the orders that have no lines yet; saveLines
// gives them some.
const lineless = "deal.lineless:"

// noteLineless notes which of some orders have no lines, by one question.
func noteLineless(ctx context.Context, orders []string) error {
	for some := range slices.Chunk(orders, 500) {
		var has []string
		if err := db.Tx(ctx).Model(&lineRow{}).Distinct("order_id").Where("order_id IN ?", some).Pluck("order_id", &has).Error; err != nil {
			return err
		}
		for _, id := range some {
			if !slices.Contains(has, id) {
				db.Know(ctx, lineless+id, nil, map[ID][]Line{})
			}
		}
	}
	return nil
}

// wins says in SQL which order lines win: deal_line_wins is the index for it.
const wins = "counts AND invoiced > 0 AND basis <> 'resale'"

// productWins is what all lines of one product say.
type productWins struct {
	SKU      string
	Invoiced money.Quantity
	Amount   int64
}

// winsOf adds up the winning lines of a registration by product.
func winsOf(ctx context.Context, id ID) ([]productWins, error) {
	var out []productWins
	err := db.Rows(ctx, "SELECT sku, CAST(sum(invoiced) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM deal_line WHERE deal_id = ? AND "+wins+" GROUP BY sku", []any{string(id)}, func(scan func(...any) error) error {
		var p productWins
		err := scan(&p.SKU, (*int64)(&p.Invoiced), &p.Amount)
		out = append(out, p)
		return err
	})
	return out, err
}

// winsOfProduct reads the winning lines of one product in the order they came, until fn
// has enough.
func winsOfProduct(ctx context.Context, id ID, sku string, fn func(Line) bool) error {
	enough := errors.New("enough")
	err := db.Rows(ctx, "SELECT invoiced, amount FROM deal_line WHERE deal_id = ? AND sku = ? AND "+wins+" ORDER BY happened, order_id, line", []any{string(id), sku}, func(scan func(...any) error) error {
		var l Line
		if err := scan((*int64)(&l.Invoiced), &l.Amount); err != nil {
			return err
		}
		if !fn(l) {
			return enough
		}
		return nil
	})
	if errors.Is(err, enough) {
		return nil
	}
	return err
}

// saveLines replaces the lines of an order, if it has any.
func saveLines(ctx context.Context, supplier, order string, any bool, ls map[ID][]Line) error {
	if any {
		if _, err := db.Exec(ctx, "DELETE FROM deal_line WHERE order_id = ?", order); err != nil {
			return err
		}
	}
	for id, lines := range ls {
		for _, l := range lines {
			row := lineRow{order, int64(l.Line), string(id), supplier, l.Number, l.Basis, l.SKU, int64(l.Ordered), int64(l.Open), int64(l.Invoiced), l.Amount, l.Value, l.Counts, l.Why, db.Micros(l.At)}
			if err := db.LaterRow(ctx, &row, ""); err != nil {
				return err
			}
		}
	}
	if _, ok := db.Known[map[ID][]Line](ctx, lineless+order); ok {
		db.Know(ctx, lineless+order, nil, ls)
	}
	return nil
}

type termsRow struct {
	OrgID     string `gorm:"primaryKey"`
	Body      string
	Changed   int64
	ChangedBy string
	Version   int64
}

func (termsRow) TableName() string { return "deal_terms" }

func termsOf(ctx context.Context, org string) (Terms, error) {
	return db.Remember(ctx, "deal.terms:"+org, []string{"deal_terms"}, func() (Terms, error) { return readTerms(ctx, org) })
}

func readTerms(ctx context.Context, org string) (Terms, error) {
	var rows []termsRow
	err := db.Tx(ctx).Where("org_id = ?", org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return DefaultTerms(), err
	}
	t := db.FromText[Terms](rows[0].Body)
	t.Version, t.ChangedBy, t.Changed = rows[0].Version, rows[0].ChangedBy, db.FromMicros(rows[0].Changed)
	return t, nil
}

// saveTerms writes terms that still have the version of t, 0 for the first.
func saveTerms(ctx context.Context, org string, t Terms) (bool, error) {
	r := termsRow{org, db.Text(t), db.Micros(t.Changed), t.ChangedBy, t.Version + 1}
	if t.Version == 0 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&termsRow{}).Where("org_id = ? AND version = ?", org, t.Version).Select("*").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

type placeRow struct {
	PartnershipID                                     string `gorm:"primaryKey"`
	SupplierID, ResellerID, Tier, Countries, Families string
	Changed                                           int64
	ChangedBy                                         string
	Version                                           int64
}

func (placeRow) TableName() string { return "deal_place" }

func (r placeRow) place() Place {
	return Place{r.PartnershipID, r.SupplierID, r.ResellerID, r.Tier, db.FromText[[]string](r.Countries), db.FromText[[]string](r.Families), r.Version, r.ChangedBy, db.FromMicros(r.Changed)}
}

func placeOf(ctx context.Context, partnership string) (Place, error) {
	var rows []placeRow
	err := db.Tx(ctx).Where("partnership_id = ?", partnership).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Place{Partnership: partnership}, err
	}
	return rows[0].place(), nil
}

func placesOf(ctx context.Context, supplier string) (map[string]Place, error) {
	var rows []placeRow
	err := db.Tx(ctx).Where("supplier_id = ?", supplier).Find(&rows).Error
	out := map[string]Place{}
	for _, r := range rows {
		out[r.PartnershipID] = r.place()
	}
	return out, err
}

func tiersOf(ctx context.Context, org string, partnerships []string) (map[string]string, error) {
	out := map[string]string{}
	if len(partnerships) == 0 {
		return out, nil
	}
	var rows []placeRow
	err := db.Tx(ctx).Where("partnership_id IN ? AND (supplier_id = ? OR reseller_id = ?) AND tier <> ''", partnerships, org, org).Find(&rows).Error
	for _, r := range rows {
		out[r.PartnershipID] = r.Tier
	}
	return out, err
}

// savePlace writes a place that still has the version of p, 0 for the first.
func savePlace(ctx context.Context, p Place) (bool, error) {
	r := placeRow{p.Partnership, p.Supplier, p.Reseller, p.Tier, db.Text(p.Countries), db.Text(p.Families), db.Micros(p.Changed), p.ChangedBy, p.Version + 1}
	if p.Version == 0 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&placeRow{}).Where("partnership_id = ? AND version = ?", p.Partnership, p.Version).Select("*").Updates(&r)
	return res.RowsAffected == 1, res.Error
}
