package landing

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/promo"
)

type textRow struct {
	PromotionID   string `gorm:"primaryKey"`
	OwnerID, Body string
	Changed       int64
	ChangedBy     string
	Version       int64
}

func (textRow) TableName() string { return "landing_text" }

type pageRow struct {
	ID                          string `gorm:"primaryKey"`
	PromotionID, OwnerID, OrgID string
	Token, Secret               string
	Live                        int64
	Body, Privacy, Imprint      string
	Colour                      string
	Offer, Listed, Published    int64
	Changed                     int64
	ChangedBy                   string
	Version                     int64
}

func (pageRow) TableName() string { return "landing_page" }

type codeRow struct {
	PageID string `gorm:"primaryKey"`
	Code   string `gorm:"primaryKey"`
	Label  string
	Made   int64
	MadeBy string
}

func (codeRow) TableName() string { return "landing_code" }

type viewRow struct {
	PageID string `gorm:"primaryKey"`
	Day    string `gorm:"primaryKey"`
	Ref    string `gorm:"primaryKey"`
	Views  int64
}

func (viewRow) TableName() string { return "landing_view" }

type leadRow struct {
	LeadID                              string `gorm:"primaryKey"`
	PageID, PromotionID, OwnerID, OrgID string
	OfferID, Ref                        string
	Happened                            int64
}

func (leadRow) TableName() string { return "landing_lead" }

func (r pageRow) page() Page {
	return Page{ID: r.ID, Promotion: promo.ID(r.PromotionID), Owner: r.OwnerID, Org: r.OrgID, Token: r.Token, secret: r.Secret, Live: r.Live == 1, Texts: db.FromText[[]Text](r.Body), Privacy: r.Privacy, Imprint: r.Imprint, Colour: cmp.Or(r.Colour, Colours[0]),
		Offer: r.Offer == 1, Listed: r.Listed == 1, Published: db.FromMicros(r.Published), Changed: db.FromMicros(r.Changed), ChangedBy: r.ChangedBy, Version: r.Version}
}

func proposalOf(ctx context.Context, id promo.ID) (Proposal, error) {
	var rows []textRow
	out := Proposal{Promotion: id}
	err := db.Tx(ctx).Where("promotion_id = ?", string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return out, err
	}
	r := rows[0]
	out.Texts, out.Changed, out.ChangedBy, out.Version = db.FromText[[]Text](r.Body), db.FromMicros(r.Changed), r.ChangedBy, r.Version
	return out, nil
}

// saveProposal writes a proposal over the one before it; false: there is another one.
func saveProposal(ctx context.Context, owner string, p Proposal) (bool, error) {
	r := textRow{PromotionID: string(p.Promotion), OwnerID: owner, Body: db.Text(p.Texts), Changed: db.Micros(p.Changed), ChangedBy: p.ChangedBy, Version: p.Version}
	if p.Version == 1 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&textRow{}).Where("promotion_id = ? AND owner_id = ? AND version = ?", r.PromotionID, owner, r.Version-1).Select("Body", "Changed", "ChangedBy", "Version").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

func pageOf(ctx context.Context, id promo.ID, org string) (Page, bool, error) {
	var rows []pageRow
	err := db.Tx(ctx).Where("promotion_id = ? AND org_id = ?", string(id), org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Page{}, false, err
	}
	return rows[0].page(), true, nil
}

func pagesOf(ctx context.Context, id promo.ID) ([]Page, error) {
	var rows []pageRow
	err := db.Tx(ctx).Where("promotion_id = ?", string(id)).Order("published, id").Find(&rows).Error
	out := make([]Page, len(rows))
	for i, r := range rows {
		out[i] = r.page()
	}
	return out, err
}

// pageByToken reads a published page of two companies that are not shut and do business.
func pageByToken(ctx context.Context, slug, token string) (Page, error) {
	var rows []pageRow
	err := db.Tx(ctx).Raw(`SELECT p.* FROM landing_page p JOIN org o ON o.id = p.org_id JOIN org w ON w.id = p.owner_id WHERE p.token = ? AND p.token <> '' AND p.live = 1 AND o.slug = ? AND o.state = 'active' AND w.state = 'active'
AND EXISTS (SELECT 1 FROM partnership x WHERE x.supplier_id = p.owner_id AND x.reseller_id = p.org_id AND x.state = 'active')`, token, slug).Scan(&rows).Error
	if err == nil && len(rows) == 0 {
		err = notFound()
	}
	if err != nil {
		return Page{}, err
	}
	return rows[0].page(), nil
}

// savePage writes a page over the version before it; false: there is another one.
func savePage(ctx context.Context, p Page) (bool, error) {
	r := pageRow{ID: p.ID, PromotionID: string(p.Promotion), OwnerID: p.Owner, OrgID: p.Org, Token: p.Token, Secret: p.secret, Live: db.Flag(p.Live), Body: db.Text(p.Texts), Privacy: p.Privacy, Imprint: p.Imprint, Colour: p.Colour,
		Offer: db.Flag(p.Offer), Listed: db.Flag(p.Listed), Published: db.Micros(p.Published), Changed: db.Micros(p.Changed), ChangedBy: p.ChangedBy, Version: p.Version}
	if p.Version == 1 {
		res := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
		return res.RowsAffected == 1, res.Error
	}
	res := db.Tx(ctx).Model(&pageRow{}).Where("id = ? AND org_id = ? AND version = ?", r.ID, r.OrgID, r.Version-1).Select("*").Omit("ID", "PromotionID", "OwnerID", "OrgID").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

func codesOf(ctx context.Context, page string) ([]Code, error) {
	var rows []codeRow
	err := db.Tx(ctx).Where("page_id = ?", page).Order("code").Find(&rows).Error
	out := make([]Code, len(rows))
	for i, r := range rows {
		out[i] = Code{Code: r.Code, Label: r.Label, Made: db.FromMicros(r.Made)}
	}
	return out, err
}

func hasCode(ctx context.Context, page, code string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&codeRow{}).Where("page_id = ? AND code = ?", page, code).Count(&n).Error
	return n > 0, err
}

func saveCode(ctx context.Context, page string, c Code, person string) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "page_id"}, {Name: "code"}}, DoUpdates: clause.AssignmentColumns([]string{"label"})}).
		Create(&codeRow{PageID: page, Code: c.Code, Label: c.Label, Made: db.Micros(c.Made), MadeBy: person}).Error
}

func dropCode(ctx context.Context, page, code string) (bool, error) {
	res := db.Tx(ctx).Where("page_id = ? AND code = ?", page, code).Delete(&codeRow{})
	return res.RowsAffected == 1, res.Error
}

func countView(ctx context.Context, page, day, ref string) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "page_id"}, {Name: "day"}, {Name: "ref"}}, DoUpdates: clause.Assignments(map[string]any{"views": gorm.Expr("landing_view.views + 1")})}).
		Create(&viewRow{PageID: page, Day: day, Ref: ref, Views: 1}).Error
}

func insertLead(ctx context.Context, p Page, id, offer, ref string) error {
	return db.Tx(ctx).Create(&leadRow{LeadID: id, PageID: p.ID, PromotionID: string(p.Promotion), OwnerID: p.Owner, OrgID: p.Org, OfferID: offer, Ref: ref, Happened: db.Micros(db.Now(ctx))}).Error
}

// The conditions of a registration that came from the page: it was submitted; and of an
// order that counts for it.
const (
	submitted = "d.id = o.deal_id AND d.submitted > 0"
	counting  = "k.deal_id = d.id AND k.counts AND k.basis <> 'resale'"
)

// funnel adds up by page and code: one query for views, one for the rest.
func funnel(ctx context.Context, id promo.ID, org string) ([]Step, error) {
	type row struct {
		OrgID, Ref                  string
		Views, Leads, Deals, Orders int
	}
	at := map[[2]string]*Step{}
	step := func(r row) *Step {
		k := [2]string{r.OrgID, r.Ref}
		if at[k] == nil {
			at[k] = &Step{Org: r.OrgID, Ref: r.Ref}
		}
		return at[k]
	}
	var rows []row
	err := db.Tx(ctx).Raw(`SELECT p.org_id, v.ref, CAST(SUM(v.views) AS BIGINT) AS views FROM landing_page p JOIN landing_view v ON v.page_id = p.id WHERE p.promotion_id = ? AND (? = '' OR p.org_id = ?) GROUP BY p.org_id, v.ref`, string(id), org, org).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		step(r).Views = r.Views
	}
	rows = nil
	err = db.Tx(ctx).Raw(`SELECT l.org_id, l.ref, COUNT(DISTINCT l.lead_id) AS leads, COUNT(DISTINCT d.id) AS deals, COUNT(DISTINCT k.order_id) AS orders
FROM landing_lead l JOIN lead_offer o ON o.id = l.offer_id LEFT JOIN deal d ON `+submitted+` LEFT JOIN deal_line k ON `+counting+` WHERE l.promotion_id = ? AND (? = '' OR l.org_id = ?) GROUP BY l.org_id, l.ref`, string(id), org, org).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		x := step(r)
		x.Leads, x.Deals, x.Orders = r.Leads, r.Deals, r.Orders
	}
	out := make([]Step, 0, len(at))
	for _, x := range at {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Step) int { return cmp.Or(strings.Compare(a.Org, b.Org), strings.Compare(a.Ref, b.Ref)) })
	return out, nil
}

func cursorWrong() error { return fault.InvalidField("after", "form.cursor") }

// viewRows are days with views, the last day first.
func viewRows(ctx context.Context, id promo.ID, f Filter) ([]Row, string, error) {
	q := db.Tx(ctx).Table("landing_view v").Select("p.org_id, v.page_id, v.day, v.ref, v.views").Joins("JOIN landing_page p ON p.id = v.page_id").Where("p.promotion_id = ? AND (? = '' OR p.org_id = ?)", string(id), f.Partner, f.Partner)
	if f.After != "" {
		head, ref, _ := strings.Cut(f.After, ".")
		n, page, ok := db.ReadCursor(head)
		day := strconv.FormatInt(n, 10)
		if !ok || len(day) != 8 {
			return nil, "", cursorWrong()
		}
		day = day[:4] + "-" + day[4:6] + "-" + day[6:]
		q = q.Where("(v.day < ? OR v.day = ? AND (v.page_id < ? OR v.page_id = ? AND v.ref < ?))", day, day, page, page, ref)
	}
	var rows []struct {
		OrgID, PageID, Day, Ref string
		Views                   int
	}
	if err := q.Order("v.day DESC, v.page_id DESC, v.ref DESC").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[len(rows)-1]
		n, _ := strconv.ParseInt(strings.ReplaceAll(last.Day, "-", ""), 10, 64)
		next = db.Cursor(n, last.PageID) + "." + last.Ref
	}
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = Row{Org: r.OrgID, Ref: r.Ref, Day: r.Day, Views: r.Views}
	}
	return out, next, nil
}

// leadRows are leads, or those from which a registration was submitted.
func leadRows(ctx context.Context, id promo.ID, f Filter) ([]Row, string, error) {
	join := "LEFT JOIN"
	if f.Stage == Deals {
		join = "JOIN"
	}
	q := db.Tx(ctx).Table("landing_lead l").Select("l.lead_id, l.happened, l.org_id, l.ref, l.offer_id, x.number, o.number AS offer_number, o.state, COALESCE(d.id, '') AS deal, COALESCE(d.code, '') AS code").
		Joins("JOIN lead x ON x.org_id = l.owner_id AND x.id = l.lead_id").Joins("JOIN lead_offer o ON o.id = l.offer_id").Joins(join+" deal d ON "+submitted).
		Where("l.promotion_id = ? AND (? = '' OR l.org_id = ?)", string(id), f.Partner, f.Partner)
	if f.After != "" {
		n, last, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, "", cursorWrong()
		}
		q = q.Where("(l.happened < ? OR l.happened = ? AND l.lead_id < ?)", n, n, last)
	}
	var rows []struct {
		LeadID, OrgID, Ref, OfferID, State, Deal, Code string
		Happened, Number, OfferNumber                  int64
	}
	if err := q.Order("l.happened DESC, l.lead_id DESC").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[len(rows)-1]
		next = db.Cursor(last.Happened, last.LeadID)
	}
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = Row{Org: r.OrgID, Ref: r.Ref, At: db.FromMicros(r.Happened), Lead: lead.ID(r.LeadID), Number: r.Number, Offer: lead.OfferID(r.OfferID), OfferNumber: r.OfferNumber, State: lead.OfferState(r.State), Deal: r.Deal, Code: r.Code}
	}
	return out, next, nil
}

// orderRows are orders that count for registrations that came from the pages.
func orderRows(ctx context.Context, id promo.ID, f Filter) ([]Row, string, error) {
	q := db.Tx(ctx).Table("landing_lead l").Select("l.org_id, l.ref, l.lead_id, l.offer_id, d.id AS deal, d.code, k.order_id, MAX(k.number) AS number, MAX(k.happened) AS happened").
		Joins("JOIN lead_offer o ON o.id = l.offer_id").Joins("JOIN deal d ON "+submitted).Joins("JOIN deal_line k ON "+counting).
		Where("l.promotion_id = ? AND (? = '' OR l.org_id = ?)", string(id), f.Partner, f.Partner).Group("l.org_id, l.ref, l.lead_id, l.offer_id, d.id, d.code, k.order_id")
	if f.After != "" {
		n, last, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, "", cursorWrong()
		}
		q = q.Having("(MAX(k.happened) < ? OR MAX(k.happened) = ? AND k.order_id < ?)", n, n, last)
	}
	var rows []struct {
		OrgID, Ref, LeadID, OfferID, Deal, Code, OrderID, Number string
		Happened                                                 int64
	}
	if err := q.Order("happened DESC, k.order_id DESC").Limit(f.Limit + 1).Scan(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[len(rows)-1]
		next = db.Cursor(last.Happened, last.OrderID)
	}
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = Row{Org: r.OrgID, Ref: r.Ref, At: db.FromMicros(r.Happened), Lead: lead.ID(r.LeadID), Offer: lead.OfferID(r.OfferID), Deal: r.Deal, Code: r.Code, Order: r.OrderID, OrderNumber: r.Number}
	}
	return out, next, nil
}
