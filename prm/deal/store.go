package deal

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/lead"
	"entente/prm/money"
)

var found = search.Index{Table: "deal_search", Key: "deal_id"}

type row struct {
	ID                                                                   string `gorm:"primaryKey"`
	Code, SupplierID, RegistrantID, FulfillerID, PartnershipID           string
	Pen, Decision                                                        string
	SupplierLane                                                         string
	SupplierDue                                                          int64
	RegistrantLane                                                       string
	RegistrantDue                                                        int64
	Counting                                                             bool
	Kind, Title, CustomerName                                            string
	Value                                                                int64
	Currency, CloseOn, Tender, Body, Keys, Block, Families               string
	Private, External, AccountID, OfferID                                string
	Score, Submits, Submitted                                            int64
	Reviewer                                                             string
	ReviewStart, ReviewHalf, ReviewMost, ReviewDue                       int64
	Reason, Comment, AgainstID                                           string
	Decided                                                              int64
	DecidedBy                                                            string
	GuardFrom, GuardUntil, GuardGrace, GuardFrozen, GuardHalted          int64
	Extensions, Asked                                                    int64
	AskedBy, AskedReason                                                 string
	Postponed                                                            bool
	Share, Disputes, Ordered, Open, Invoiced, Won, Lines, Warned, Resold int64
	Late, Holds                                                          bool
	NextAt                                                               int64
	MadeBy                                                               string
	Created                                                              int64 `gorm:"autoCreateTime:false"`
	Changed, Version                                                     int64
}

func (row) TableName() string { return "deal" }

// The lanes by which registrations are listed. Of the supplier: queue, waiting, live,
// away (with the registrant), closed; of the registrant: draft, review, live, closed.
const (
	laneDraft   = "draft"
	laneQueue   = "queue"
	laneReview  = "review"
	laneWaiting = "waiting"
	laneLive    = "live"
	laneAway    = "away"
	laneClosed  = "closed"
)

// lanes says where a registration is listed and by which time; empty: nowhere.
func (r Registration) lanes() (supplier string, supplierDue int64, registrant string, registrantDue int64) {
	end := db.Micros(r.Guard.Until)
	if r.Decision == Expired {
		end = db.Micros(r.Guard.Grace)
	}
	switch {
	case r.Pen == PenDraft:
		return "", 0, laneDraft, db.Micros(r.Created)
	case r.Pen == PenReturned || r.Pen == PenRecalled:
		return laneAway, db.Micros(r.Submitted), laneDraft, db.Micros(r.Created)
	case r.Pen == PenSubmitted || r.Pen == PenReview:
		supplier, supplierDue, registrant, registrantDue = laneQueue, db.Micros(r.Review.Due), laneReview, db.Micros(r.Review.Due)
	case r.Decision == Waiting:
		supplier, supplierDue, registrant, registrantDue = laneWaiting, db.Micros(r.Submitted), laneReview, db.Micros(r.Submitted)
	case r.Live():
		supplier, supplierDue, registrant, registrantDue = laneLive, end, laneLive, end
	default:
		at := db.Micros(r.Changed)
		supplier, supplierDue, registrant, registrantDue = laneClosed, at, laneClosed, at
		if r.Submitted.IsZero() {
			supplier = ""
		}
	}
	if (r.Disputes > 0 || !r.Asked.At.IsZero()) && supplier != laneQueue {
		supplier, supplierDue = laneQueue, db.Micros(r.Review.Due)
	}
	return supplier, supplierDue, registrant, registrantDue
}

func rowOf(r Registration) row {
	out := row{ID: string(r.ID), Code: r.Code, SupplierID: r.Supplier, RegistrantID: r.Registrant, FulfillerID: r.Fulfiller, PartnershipID: r.Partnership, Pen: string(r.Pen), Decision: string(r.Decision), Counting: r.Counting(),
		Kind: r.Kind, Title: r.Title, CustomerName: r.Draft.Customer.Name, Value: r.Value.Minor, Currency: string(r.Value.Currency), CloseOn: r.CloseOn, Tender: r.Tender, Body: db.Text(r.Draft), Keys: db.Text(r.Keys), Block: identity.Block(r.Facts()), Families: db.Text(r.Families),
		Private: r.Private, External: r.External, AccountID: string(r.Account), OfferID: string(r.Offer), Score: int64(r.Score), Submits: int64(r.Submits), Submitted: db.Micros(r.Submitted), Reviewer: r.Reviewer,
		ReviewStart: db.Micros(r.Review.Start), ReviewHalf: db.Micros(r.Review.Half), ReviewMost: db.Micros(r.Review.Most), ReviewDue: db.Micros(r.Review.Due), Reason: r.Reason, Comment: r.Comment, AgainstID: string(r.Against),
		Decided: db.Micros(r.Decided), DecidedBy: r.DecidedBy, GuardFrom: db.Micros(r.Guard.From), GuardUntil: db.Micros(r.Guard.Until), GuardGrace: db.Micros(r.Guard.Grace), GuardFrozen: db.Micros(r.Guard.Frozen), GuardHalted: db.Micros(r.Guard.Halted),
		Extensions: int64(r.Extensions), Asked: db.Micros(r.Asked.At), AskedBy: r.Asked.By, AskedReason: r.Asked.Reason, Postponed: r.Postponed, Share: int64(r.Share), Disputes: int64(r.Disputes),
		Ordered: r.Sums.Ordered, Open: r.Sums.Open, Invoiced: r.Sums.Invoiced, Won: r.Sums.Won, Lines: int64(r.Sums.Lines), Resold: r.Sums.Resold, Warned: int64(r.kept.warned), Late: r.kept.late, Holds: r.kept.holds, NextAt: db.Micros(r.kept.look),
		MadeBy: r.MadeBy, Created: db.Micros(r.Created), Changed: db.Micros(r.Changed), Version: r.Version}
	out.SupplierLane, out.SupplierDue, out.RegistrantLane, out.RegistrantDue = r.lanes()
	return out
}

func (r row) registration() Registration {
	t := db.FromMicros
	d := db.FromText[Draft](r.Body)
	d.Kind, d.Title, d.Fulfiller, d.Value, d.Private, d.External = r.Kind, r.Title, r.FulfillerID, money.Amount{Minor: r.Value, Currency: money.Currency(r.Currency)}, r.Private, r.External
	return Registration{ID: ID(r.ID), Code: r.Code, Supplier: r.SupplierID, Registrant: r.RegistrantID, Partnership: r.PartnershipID, Position: Position{Pen(r.Pen), Decision(r.Decision)}, Draft: d, Keys: db.FromText[[]identity.Key](r.Keys),
		Score: int(r.Score), Submits: int(r.Submits), Submitted: t(r.Submitted), Reviewer: r.Reviewer, Review: Clock{Start: t(r.ReviewStart), Half: t(r.ReviewHalf), Most: t(r.ReviewMost), Due: t(r.ReviewDue)}, Reason: r.Reason, Comment: r.Comment,
		Against: ID(r.AgainstID), Decided: t(r.Decided), DecidedBy: r.DecidedBy, Guard: Guard{From: t(r.GuardFrom), Until: t(r.GuardUntil), Grace: t(r.GuardGrace), Frozen: t(r.GuardFrozen), Halted: t(r.GuardHalted)},
		Extensions: int(r.Extensions), Asked: Asked{t(r.Asked), r.AskedBy, r.AskedReason}, Postponed: r.Postponed, Share: int(r.Share), Disputes: int(r.Disputes), Sums: Sums{r.Ordered, r.Open, r.Invoiced, r.Won, int(r.Lines), r.Resold},
		Account: customer.ID(r.AccountID), Offer: lead.OfferID(r.OfferID), MadeBy: r.MadeBy, Created: t(r.Created), Changed: t(r.Changed), Version: r.Version, kept: kept{int(r.Warned), t(r.NextAt), r.Late, r.Holds, r.Counting}}
}

func insert(ctx context.Context, r Registration) error {
	x := rowOf(r)
	return db.Tx(ctx).Create(&x).Error
}

// update writes a registration that still has the version of r.
func update(ctx context.Context, r Registration) (bool, error) {
	x := rowOf(r)
	x.Version++
	res := db.Tx(ctx).Model(&row{}).Where("id = ? AND version = ?", x.ID, r.Version).
		Select("*").Omit("ID", "Code", "SupplierID", "RegistrantID", "PartnershipID", "OfferID", "MadeBy", "Created").Updates(&x)
	return res.RowsAffected == 1, res.Error
}

func one(ctx context.Context, where string, args ...any) (Registration, bool, error) {
	var rows []row
	err := db.Tx(ctx).Where(where, args...).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Registration{}, false, err
	}
	return rows[0].registration(), true, nil
}

func byID(ctx context.Context, id ID) (Registration, bool, error) {
	return one(ctx, "id = ?", string(id))
}

func many(ctx context.Context, ids []ID) (map[ID]Registration, error) {
	out := map[ID]Registration{}
	for part := range slices.Chunk(ids, 500) {
		var rows []row
		if err := db.Tx(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[ID(r.ID)] = r.registration()
		}
	}
	return out, nil
}

func codeTaken(ctx context.Context, supplier, code string) (bool, error) {
	_, ok, err := one(ctx, "supplier_id = ? AND code = ?", supplier, code)
	return ok, err
}

// counted is how many registrations of a partnership take a place of its capacity.
func counted(ctx context.Context, partnership string, except ID) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&row{}).Where("partnership_id = ? AND counting AND id <> ?", partnership, string(except)).Count(&n).Error
	return int(n), err
}

func due(ctx context.Context, now int64, limit int) ([]ID, error) {
	var ids []ID
	err := db.Tx(ctx).Model(&row{}).Where("next_at > 0 AND next_at <= ?", now).Order("next_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

// views are the lanes of each view, by side.
var (
	supplierViews   = map[string]string{ViewQueue: laneQueue, ViewWaiting: laneWaiting, ViewLive: laneLive, ViewAway: laneAway, ViewClosed: laneClosed}
	registrantViews = map[string]string{ViewDraft: laneDraft, ViewReview: laneReview, ViewLive: laneLive, ViewClosed: laneClosed}
)

// list reads one page of a view: the next deadline first while they are open, else the
// newest first. A page costs the same at any depth.
func list(ctx context.Context, scope access.Scope, side access.Side, f Filter) (Page, error) {
	org, due, partner := "registrant_id", "registrant_due", "supplier_id"
	lane, ok := registrantViews[f.View]
	switch side {
	case access.Supplier:
		org, due, partner = "supplier_id", "supplier_due", "registrant_id"
		lane, ok = supplierViews[f.View]
	case access.Member:
		org = "fulfiller_id"
	}
	if !ok {
		return Page{}, fault.InvalidField("view", "form.choice_wrong")
	}
	by, none := found.Sieves(db.DialectOf(ctx), "deal.id", f.Query)
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
	rows, err := search.Sift[row](ctx, search.List{Table: "deal", At: due, Up: lane != laneClosed && lane != laneDraft, After: after, Where: func(tx *gorm.DB) *gorm.DB {
		tx = tx.Where(org+" = ? AND "+strings.TrimSuffix(due, "due")+"lane = ?", scope.Org(), lane)
		if side == access.Member { // not before it was sent
			tx = tx.Where("submitted > 0 AND fulfiller_id <> ''")
		}
		if f.Partner != "" {
			tx = tx.Where(partner+" = ?", f.Partner)
		}
		return tx
	}}, by, f.Limit+1)
	if err != nil {
		return Page{}, err
	}
	var out Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1]
		at := last.RegistrantDue
		if side == access.Supplier {
			at = last.SupplierDue
		}
		out.Next = db.Cursor(at, last.ID)
	}
	for _, r := range rows {
		out.Items = append(out.Items, r.registration())
	}
	return out, nil
}

// count gives the sizes of the views of a side.
func count(ctx context.Context, scope access.Scope, side access.Side) (map[string]int, error) {
	org, lane, views := "registrant_id", "registrant_lane", registrantViews
	switch side {
	case access.Supplier:
		org, lane, views = "supplier_id", "supplier_lane", supplierViews
	case access.Member:
		org = "fulfiller_id"
	}
	var rows []struct {
		Lane string
		N    int
	}
	tx := db.Tx(ctx).Model(&row{}).Select(lane+" AS lane, COUNT(*) AS n").Where(org+" = ?", scope.Org())
	if side == access.Member {
		tx = tx.Where("submitted > 0 AND fulfiller_id <> ''")
	}
	err := tx.Group(lane).Scan(&rows).Error
	out := map[string]int{}
	for _, r := range rows {
		for v, l := range views {
			if l == r.Lane {
				out[v] = r.N
			}
		}
	}
	return out, err
}

// supplierOf reads an active partnership of a reseller.
func supplierOf(ctx context.Context, partnership, reseller string) (supplier string, currency money.Currency, ok bool, err error) {
	var rows []struct{ SupplierID, Currency string }
	err = db.Tx(ctx).Table("partnership").Select("supplier_id", "currency").Where("id = ? AND reseller_id = ? AND state = 'active'", partnership, reseller).Limit(1).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", "", false, err
	}
	return rows[0].SupplierID, money.Currency(rows[0].Currency), true, nil
}

func buysFrom(ctx context.Context, reseller, supplier string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Table("partnership").Where("supplier_id = ? AND reseller_id = ? AND state = 'active'", supplier, reseller).Count(&n).Error
	return n > 0, err
}

// resellersOf are the active partnerships in which a company supplies, by id.
func resellersOf(ctx context.Context, org string) (map[string]string, error) {
	var rows []struct{ ID, ResellerID string }
	err := db.Tx(ctx).Table("partnership").Select("id", "reseller_id").Where("supplier_id = ? AND state = 'active'", org).Scan(&rows).Error
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.ResellerID
	}
	return out, err
}

// memberOf says whether a person works for a company and decides registrations there.
func memberOf(ctx context.Context, org, person string) (bool, error) {
	var roles []string
	err := db.Tx(ctx).Table("membership").Where("org_id = ? AND person_id = ? AND state = 'active'", org, person).Limit(1).Pluck("roles", &roles).Error
	if err != nil || len(roles) == 0 {
		return false, err
	}
	rs, err := access.ParseRoles(roles[0])
	return access.Actor{Roles: rs}.Has(access.Manager), err
}
