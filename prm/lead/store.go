package lead

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
	"entente/prm/money"
)

var found = search.Index{Table: "lead_search", Key: "lead_id"}

type leadRow struct {
	OrgID                                          string `gorm:"primaryKey"`
	ID                                             string `gorm:"primaryKey"`
	Number                                         int64
	CustomerID, ContactID, Title, Need, Details    string
	Industry, Size, Families, Products             string
	Value                                          int64
	Currency, Expected, Source, Campaign, External string
	State, HolderID, OfferID                       string
	Round                                          int64
	Reason                                         string
	Unplaced                                       int64
	MadeBy                                         string
	Created                                        int64 `gorm:"autoCreateTime:false"`
	Changed, Version                               int64
	Origin, Ref                                    string
}

func (leadRow) TableName() string { return "lead" }

func rowOf(l Lead) leadRow {
	return leadRow{OrgID: l.Org, ID: string(l.ID), Number: l.Number, CustomerID: string(l.Draft.Customer), ContactID: string(l.Draft.Contact), Title: l.Title, Need: l.Need, Details: l.Details,
		Industry: l.Industry, Size: l.Size, Families: db.Text(l.Families), Products: db.Text(l.Products), Value: l.Value.Minor, Currency: string(l.Value.Currency), Expected: l.Expected, Source: l.Source,
		Campaign: l.Campaign, External: l.External, State: string(l.State), HolderID: l.Holder, OfferID: string(l.Offer), Round: int64(l.Round), Reason: l.Reason, Unplaced: db.Micros(l.Unplaced),
		MadeBy: l.MadeBy, Created: db.Micros(l.Created), Changed: db.Micros(l.Changed), Version: l.Version, Origin: l.origin, Ref: l.Ref}
}

func (r leadRow) lead() Lead {
	return Lead{ID: ID(r.ID), Org: r.OrgID, Number: r.Number, State: State(r.State), Holder: r.HolderID, Offer: OfferID(r.OfferID), Round: int(r.Round), Reason: r.Reason, Unplaced: db.FromMicros(r.Unplaced),
		MadeBy: r.MadeBy, Created: db.FromMicros(r.Created), Changed: db.FromMicros(r.Changed), Version: r.Version,
		Draft: Draft{Customer: customer.ID(r.CustomerID), Contact: customer.ContactID(r.ContactID), Title: r.Title, Need: r.Need, Details: r.Details, Industry: r.Industry, Size: r.Size,
			Families: db.FromText[[]string](r.Families), Products: db.FromText[[]Wanted](r.Products), Value: money.Amount{Minor: r.Value, Currency: money.Currency(r.Currency)}, Expected: r.Expected, Source: r.Source,
			Campaign: r.Campaign, Ref: r.Ref, External: r.External}}
}

func insertLead(ctx context.Context, l Lead) error {
	r := rowOf(l)
	return db.Tx(ctx).Create(&r).Error
}

// updateLead writes a lead that still has the version of l.
func updateLead(ctx context.Context, l Lead) (bool, error) {
	r := rowOf(l)
	r.Version++
	res := db.Tx(ctx).Model(&leadRow{}).Where("org_id = ? AND id = ? AND version = ?", l.Org, string(l.ID), l.Version).
		Select("*").Omit("OrgID", "ID", "Number", "MadeBy", "Created", "Origin", "Ref").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

func leadByID(ctx context.Context, org string, id ID) (Lead, bool, error) {
	m, err := leadsByID(ctx, org, []ID{id})
	l, ok := m[id]
	return l, ok, err
}

func leadsByID(ctx context.Context, org string, ids []ID) (map[ID]Lead, error) {
	out := map[ID]Lead{}
	for part := range slices.Chunk(ids, 500) {
		var rows []leadRow
		if err := db.Tx(ctx).Where("org_id = ? AND id IN ?", org, part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[ID(r.ID)] = r.lead()
		}
	}
	return out, nil
}

func leadByExternal(ctx context.Context, org, external string) (Lead, bool, error) {
	var rows []leadRow
	err := db.Tx(ctx).Where("org_id = ? AND external = ?", org, external).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Lead{}, false, err
	}
	return rows[0].lead(), true, nil
}

// broughtBefore finds those that are there by their origin or external number.
func broughtBefore(ctx context.Context, org string, in []Incoming) (map[int]ID, error) {
	out := map[int]ID{}
	for column, of := range map[string]func(Incoming) string{"origin": func(x Incoming) string { return x.Origin }, "external": func(x Incoming) string { return x.Lead.External }} {
		var values []string
		for _, x := range in {
			if v := of(x); v != "" {
				values = append(values, v)
			}
		}
		for part := range slices.Chunk(values, 500) {
			var rows []struct{ ID, Value string }
			// the condition makes the partial index usable
			if err := db.Tx(ctx).Model(&leadRow{}).Select("id, "+column+" AS value").Where("org_id = ? AND "+column+" <> '' AND "+column+" IN ?", org, part).Scan(&rows).Error; err != nil {
				return nil, err
			}
			have := map[string]string{}
			for _, r := range rows {
				have[r.Value] = r.ID
			}
			for i, x := range in {
				if id, ok := have[of(x)]; ok && of(x) != "" {
					out[i] = ID(id)
				}
			}
		}
	}
	return out, nil
}

// views are the states of the owner's views.
var views = map[string][]State{
	ViewOpen: {New, Routed, Unplaced, Accepted, Working}, ViewNew: {New}, ViewOffered: {Routed}, ViewAccepted: {Accepted, Working}, ViewUnplaced: {Unplaced}, ViewClosed: {Converted, Lost},
	"": {New, Routed, Unplaced, Accepted, Working, Converted, Lost},
}

func readCursor(s string) (int64, string, error) {
	at, id, ok := db.ReadCursor(s)
	if !ok {
		return 0, "", fault.InvalidField("after", "form.cursor")
	}
	return at, id, nil
}

// narrow adds what holds for leads and offers alike.
func (f Filter) narrow(tx *gorm.DB) *gorm.DB {
	if f.Source != "" {
		tx = tx.Where("source = ?", f.Source)
	}
	if f.Least.Currency != "" {
		tx = tx.Where("currency = ? AND value >= ?", string(f.Least.Currency), f.Least.Minor)
	}
	return tx
}

// listLeads reads one page, the newest first: each state from its own range of the
// index, so that a page costs the same at any depth.
func listLeads(ctx context.Context, scope access.Scope, f Filter) (Page, error) {
	states, ok := views[f.View]
	if !ok {
		return Page{}, fault.InvalidField("view", "form.choice_wrong")
	}
	by, none := found.Sieves(db.DialectOf(ctx), "lead.id", f.Query)
	if none {
		return Page{}, nil
	}
	var after []any
	if f.After != "" {
		at, id, err := readCursor(f.After)
		if err != nil {
			return Page{}, err
		}
		after = []any{at, id}
	}
	var rows []leadRow
	for _, st := range states {
		if f.State != "" && f.State != string(st) {
			continue
		}
		part, err := search.Sift[leadRow](ctx, search.List{Table: "lead", At: "created", After: after, Where: func(tx *gorm.DB) *gorm.DB {
			tx = tx.Where("org_id = ? AND state = ?", scope.Org(), string(st))
			if f.Partner != "" {
				tx = tx.Where("holder_id = ?", f.Partner)
			}
			return f.narrow(tx)
		}}, by, f.Limit+1)
		if err != nil {
			return Page{}, err
		}
		rows = append(rows, part...)
	}
	slices.SortFunc(rows, func(a, b leadRow) int {
		if a.Created != b.Created {
			return int(min(1, max(-1, b.Created-a.Created)))
		}
		return strings.Compare(b.ID, a.ID)
	})
	var out Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		out.Next = db.Cursor(rows[f.Limit-1].Created, rows[f.Limit-1].ID)
	}
	for _, r := range rows {
		out.Items = append(out.Items, r.lead())
	}
	return out, nil
}

// upTo adds to n the rows of a query, to CountMost + 1 in all.
func upTo(ctx context.Context, n *int, rows string, args ...any) error {
	more, err := search.Count(ctx, CountMost, rows, args...)
	*n = min(*n+more, CountMost+1)
	return err
}

// countLeads counts each state in the range that an index has of it, so that the numbers
// cost the same whatever there is.
func countLeads(ctx context.Context, scope access.Scope) (Counts, error) {
	var out Counts
	for _, st := range views[""] {
		n := 0
		if err := upTo(ctx, &n, "SELECT 1 FROM lead WHERE org_id = ? AND state = ?", scope.Org(), string(st)); err != nil {
			return out, err
		}
		switch st {
		case New:
			out.New = n
		case Accepted:
			out.Taken = n
		case Working:
			out.Working = n
		}
		for view, sum := range map[string]*int{ViewOpen: &out.Open, ViewOffered: &out.Offered, ViewAccepted: &out.Accepted, ViewUnplaced: &out.Unplaced, ViewClosed: &out.Closed} {
			if slices.Contains(views[view], st) {
				*sum = min(*sum+n, CountMost+1)
			}
		}
	}
	return out, upTo(ctx, &out.Stale, "SELECT 1 FROM lead_offer WHERE supplier_id = ? AND phase = ? AND state = ?", scope.Org(), phaseHeld, string(OfferStale))
}

// activeResellers are the active partnerships in which a company supplies, by id.
func activeResellers(ctx context.Context, org string) (map[string]string, error) {
	var rows []struct{ ID, ResellerID string }
	err := db.Tx(ctx).Table("partnership").Select("id", "reseller_id").Where("supplier_id = ? AND state = 'active'", org).Scan(&rows).Error
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.ResellerID
	}
	return out, err
}

// endedWith are the partnerships of a supplier that ended.
func endedWith(ctx context.Context, org string) (ids []string, err error) {
	err = db.Tx(ctx).Table("partnership").Where("supplier_id = ? AND state = 'ended'", org).Pluck("id", &ids).Error
	return ids, err
}

func sidesOf(ctx context.Context, partnership string) (supplier, reseller string, ok bool, err error) {
	var rows []struct{ SupplierID, ResellerID string }
	err = db.Tx(ctx).Table("partnership").Select("supplier_id", "reseller_id").Where("id = ?", partnership).Limit(1).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return "", "", false, err
	}
	return rows[0].SupplierID, rows[0].ResellerID, true, nil
}
