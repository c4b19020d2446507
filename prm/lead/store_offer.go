package lead

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// The phases by which offers are listed.
const (
	phaseOpen  = "open"
	phaseHeld  = "held"
	phaseEnded = "ended"
)

func (s OfferState) phase() string {
	switch {
	case s.Unanswered():
		return phaseOpen
	case s.Held():
		return phaseHeld
	}
	return phaseEnded
}

type offerRow struct {
	ID                                                 string `gorm:"primaryKey"`
	LeadID, SupplierID, ResellerID, PartnershipID      string
	Number                                             int64
	State, Phase                                       string
	Due                                                int64 // of the running clock; when it ended
	Teaser, Shared, RuleID, Rule                       string
	Fit                                                int64
	Factors, Note                                      string
	ConvertHours                                       int64
	Offered                                            int64
	OfferedBy                                          string
	Opened                                             int64
	OpenedBy                                           string
	Answered                                           int64
	AnsweredBy, Reason, Comment                        string
	AcceptHalf, AcceptMost, AcceptDue                  int64
	ConvertStart, ConvertHalf, ConvertMost, ConvertDue int64
	Worked, Ended                                      int64
	DealID                                             string
	Warned, NextAt, Version                            int64
	Value                                              int64
	Currency, Source                                   string // of the teaser
	Paused, PauseUntil, PausedSum                      int64
	PauseReason, PauseComment, PauseOrg, PauseBy       string
}

func (offerRow) TableName() string { return "lead_offer" }

func offerRowOf(o Offer) offerRow {
	r := offerRow{ID: string(o.ID), LeadID: string(o.Lead), SupplierID: o.Supplier, ResellerID: o.Reseller, PartnershipID: o.Partnership, Number: o.Number, State: string(o.State), Phase: o.State.phase(),
		Teaser: db.Text(o.Teaser), Rule: o.Rule, Fit: int64(o.Fit), Factors: db.Text(o.Factors), Note: o.Note, Offered: db.Micros(o.Offered), OfferedBy: o.OfferedBy,
		Opened: db.Micros(o.Opened), OpenedBy: o.OpenedBy, Answered: db.Micros(o.Answered), AnsweredBy: o.AnsweredBy, Reason: o.Reason, Comment: o.Comment,
		AcceptHalf: db.Micros(o.Accept.Half), AcceptMost: db.Micros(o.Accept.Most), AcceptDue: db.Micros(o.Accept.Due),
		ConvertStart: db.Micros(o.Convert.Start), ConvertHalf: db.Micros(o.Convert.Half), ConvertMost: db.Micros(o.Convert.Most), ConvertDue: db.Micros(o.Convert.Due),
		Worked: db.Micros(o.Worked), Ended: db.Micros(o.Ended), DealID: o.Deal, Warned: int64(o.kept.warned), NextAt: db.Micros(o.next(o.kept.warned)), ConvertHours: int64(o.kept.hours), Version: o.Version,
		Value: o.Teaser.Value.Minor, Currency: string(o.Teaser.Value.Currency), Source: o.Teaser.Source}
	if o.Shared != nil {
		r.Shared = db.Text(o.Shared)
	}
	r.PausedSum = o.Paused.Microseconds()
	if p := o.Pause; p != nil {
		r.Paused, r.PauseUntil, r.PauseReason, r.PauseComment, r.PauseOrg, r.PauseBy = db.Micros(p.Since), db.Micros(p.Until), p.Reason, p.Comment, p.Org, p.Person
	}
	if r.Due = db.Micros(o.Ends()); r.Phase == phaseEnded {
		r.Due = r.Ended
	}
	return r
}

func (r offerRow) offer() Offer {
	o := Offer{ID: OfferID(r.ID), Lead: ID(r.LeadID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID, Number: r.Number, State: OfferState(r.State),
		Teaser: db.FromText[Teaser](r.Teaser), Rule: r.Rule, Fit: int(r.Fit), Factors: db.FromText[[]Factor](r.Factors), Note: r.Note, Offered: db.FromMicros(r.Offered), OfferedBy: r.OfferedBy,
		Opened: db.FromMicros(r.Opened), OpenedBy: r.OpenedBy, Answered: db.FromMicros(r.Answered), AnsweredBy: r.AnsweredBy, Reason: r.Reason, Comment: r.Comment,
		Accept:  Clock{db.FromMicros(r.Offered), db.FromMicros(r.AcceptHalf), db.FromMicros(r.AcceptMost), db.FromMicros(r.AcceptDue)},
		Convert: Clock{db.FromMicros(r.ConvertStart), db.FromMicros(r.ConvertHalf), db.FromMicros(r.ConvertMost), db.FromMicros(r.ConvertDue)},
		Worked:  db.FromMicros(r.Worked), Ended: db.FromMicros(r.Ended), Deal: r.DealID, Version: r.Version,
		kept: kept{r.Phase, int(r.ConvertHours), int(r.Warned), db.FromMicros(r.NextAt)}}
	o.Paused = time.Duration(r.PausedSum) * time.Microsecond
	if r.Paused > 0 {
		o.Pause = &Pause{Since: db.FromMicros(r.Paused), Until: db.FromMicros(r.PauseUntil), Reason: r.PauseReason, Comment: r.PauseComment, Org: r.PauseOrg, Person: r.PauseBy}
	}
	if r.Shared != "" {
		s := db.FromText[Shared](r.Shared)
		o.Shared = &s
	}
	return o
}

func insertOffer(ctx context.Context, o Offer, to sending) error {
	r := offerRowOf(o)
	r.RuleID = string(to.ruleID)
	return db.Tx(ctx).Create(&r).Error
}

// updateOffer writes an offer that still has the version of o. A clock that begins
// has warned of nothing yet.
func updateOffer(ctx context.Context, o Offer) (bool, error) {
	if o.State.phase() != o.kept.phase {
		o.kept.warned = 0
	}
	r := offerRowOf(o)
	r.Version++
	res := db.Tx(ctx).Model(&offerRow{}).Where("id = ? AND supplier_id = ? AND reseller_id = ? AND version = ?", r.ID, r.SupplierID, r.ResellerID, o.Version).
		Select("*").Omit("ID", "LeadID", "SupplierID", "ResellerID", "PartnershipID", "Number", "RuleID", "Rule", "Fit", "Factors", "ConvertHours", "Offered", "OfferedBy").Updates(&r)
	return res.RowsAffected == 1, res.Error
}

// warn notes that a share of the clock is over, once, and when to look again.
func warn(ctx context.Context, o Offer, percent int) (bool, error) {
	res := db.Tx(ctx).Model(&offerRow{}).Where("id = ? AND version = ? AND warned < ?", string(o.ID), o.Version, percent).
		Updates(map[string]any{"warned": percent, "next_at": db.Micros(o.next(percent))})
	if res.Error != nil || res.RowsAffected == 1 {
		return res.RowsAffected == 1, res.Error
	}
	// nothing new to tell: only look again later
	return false, db.Tx(ctx).Model(&offerRow{}).Where("id = ? AND version = ?", string(o.ID), o.Version).Update("next_at", db.Micros(o.next(80))).Error
}

func offerByID(ctx context.Context, id OfferID) (Offer, bool, error) {
	var rows []offerRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Offer{}, false, err
	}
	return rows[0].offer(), true, nil
}

func offersByID(ctx context.Context, ids []OfferID) (out []Offer, err error) {
	for part := range slices.Chunk(ids, 500) {
		var rows []offerRow
		if err := db.Tx(ctx).Where("id IN ?", part).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out = append(out, r.offer())
		}
	}
	return out, nil
}

// zoneOf is the time zone of a company.
func zoneOf(ctx context.Context, org string) (string, error) {
	var zone string
	err := db.Tx(ctx).Raw("SELECT timezone FROM org WHERE id = ?", org).Scan(&zone).Error
	return zone, err
}

func dueOffers(ctx context.Context, now time.Time, limit int) ([]OfferID, error) {
	var ids []OfferID
	err := db.Tx(ctx).Model(&offerRow{}).Where("next_at > 0 AND next_at <= ?", db.Micros(now)).Order("next_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

func offersOf(ctx context.Context, supplier string, id ID) ([]Offer, error) {
	var rows []offerRow
	err := db.Tx(ctx).Where("supplier_id = ? AND lead_id = ?", supplier, string(id)).Order("offered DESC, id DESC").Limit(100).Find(&rows).Error
	out := make([]Offer, len(rows))
	for i, r := range rows {
		out[i] = r.offer()
	}
	return out, err
}

// offeredTo are the companies that had an offer of a lead.
func offeredTo(ctx context.Context, supplier string, id ID) (map[string]bool, error) {
	m, err := offeredOf(ctx, supplier, []ID{id})
	return m[id], err
}

// offeredOf are the companies that had an offer of each of some leads.
func offeredOf(ctx context.Context, supplier string, ids []ID) (map[ID]map[string]bool, error) {
	out := map[ID]map[string]bool{}
	for part := range slices.Chunk(ids, 500) {
		var rows []struct{ LeadID, ResellerID string }
		if err := db.Tx(ctx).Model(&offerRow{}).Select("lead_id", "reseller_id").Where("supplier_id = ? AND lead_id IN ?", supplier, part).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			if out[ID(r.LeadID)] == nil {
				out[ID(r.LeadID)] = map[string]bool{}
			}
			out[ID(r.LeadID)][r.ResellerID] = true
		}
	}
	return out, nil
}

// openOffers counts what each partnership holds or was offered.
func openOffers(ctx context.Context, supplier string) (map[string]int, error) {
	var rows []struct {
		PartnershipID string
		N             int
	}
	err := db.Tx(ctx).Model(&offerRow{}).Select("partnership_id, COUNT(*) AS n").Where("supplier_id = ? AND phase IN ?", supplier, []string{phaseOpen, phaseHeld}).Group("partnership_id").Scan(&rows).Error
	out := map[string]int{}
	for _, r := range rows {
		out[r.PartnershipID] = r.N
	}
	return out, err
}

// recordsOf reads how partners answered since a time, and how many offers it read; of
// many offers the last 5000.
func recordsOf(ctx context.Context, supplier string, since time.Time) (map[string]record, int, error) {
	var rows []struct {
		PartnershipID, State string
		Offered, Answered    int64
	}
	err := db.Tx(ctx).Model(&offerRow{}).Select("partnership_id", "state", "offered", "answered").Where("supplier_id = ? AND offered >= ?", supplier, db.Micros(since)).
		Order("offered DESC").Limit(5000).Scan(&rows).Error
	took := map[string][]int64{}
	out := map[string]record{}
	for i, r := range rows {
		x, known := out[r.PartnershipID]
		if !known { // its last one
			x.last, x.since = db.FromMicros(r.Offered), i
		}
		switch {
		case r.Answered > 0:
			x.answered++
			took[r.PartnershipID] = append(took[r.PartnershipID], r.Answered-r.Offered)
		case OfferState(r.State) == OfferExpired:
			x.expired++
		}
		out[r.PartnershipID] = x
	}
	for id, list := range took {
		slices.Sort(list)
		x := out[id]
		x.median = time.Duration(list[len(list)/2]) * time.Microsecond
		out[id] = x
	}
	return out, len(rows), err
}

// listOffers reads one page of one side's offers: open ones by their clock, ended ones
// the newest first.
func listOffers(ctx context.Context, scope access.Scope, side access.Side, f Filter) (Offers, error) {
	col := "reseller_id"
	if side == access.Supplier {
		col = "supplier_id"
	}
	phases := map[string][]string{"": {phaseOpen, phaseHeld}, ViewOpen: {phaseOpen, phaseHeld}, ViewOffered: {phaseOpen}, ViewAccepted: {phaseHeld}, ViewStale: {phaseHeld}, ViewClosed: {phaseEnded}}[f.View]
	if phases == nil {
		return Offers{}, fault.InvalidField("view", "form.choice_wrong")
	}
	ended := f.View == ViewClosed
	var rows []offerRow
	for _, phase := range phases {
		tx := db.Tx(ctx).Where(col+" = ? AND phase = ?", scope.Org(), phase)
		if f.View == ViewStale {
			tx = tx.Where("state = ?", string(OfferStale))
		}
		if f.State != "" {
			tx = tx.Where("state = ?", f.State)
		}
		if f.Partner != "" {
			tx = tx.Where("(supplier_id = ? OR reseller_id = ?)", f.Partner, f.Partner)
		}
		tx = f.narrow(tx)
		for i, w := range strings.Fields(strings.ToLower(f.Query)) {
			if i == 8 {
				break
			}
			like := "%" + db.Literal(w) + "%"
			if phase == phaseHeld {
				tx = tx.Where(`(LOWER(teaser) LIKE ? ESCAPE '\' OR LOWER(shared) LIKE ? ESCAPE '\')`, like, like)
			} else {
				tx = tx.Where(`LOWER(teaser) LIKE ? ESCAPE '\'`, like)
			}
		}
		if f.After != "" {
			at, id, err := readCursor(f.After)
			if err != nil {
				return Offers{}, err
			}
			if ended {
				tx = tx.Where("(due, id) < (?, ?)", at, id)
			} else {
				tx = tx.Where("(due, id) > (?, ?)", at, id)
			}
		}
		order := "due, id"
		if ended {
			order = "due DESC, id DESC"
		}
		var part []offerRow
		if err := tx.Order(order).Limit(f.Limit + 1).Find(&part).Error; err != nil {
			return Offers{}, err
		}
		rows = append(rows, part...)
	}
	slices.SortFunc(rows, func(a, b offerRow) int {
		c := strings.Compare(a.ID, b.ID)
		if a.Due != b.Due {
			c = int(min(1, max(-1, a.Due-b.Due)))
		}
		if ended {
			return -c
		}
		return c
	})
	var out Offers
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		out.Next = db.Cursor(rows[f.Limit-1].Due, rows[f.Limit-1].ID)
	}
	for _, r := range rows {
		out.Items = append(out.Items, r.offer())
	}
	return out, nil
}

func countOffers(ctx context.Context, scope access.Scope) (Counts, error) {
	var out Counts
	for _, c := range []struct {
		n     *int
		state OfferState
	}{{&out.Taken, OfferAccepted}, {&out.Working, OfferWorking}, {&out.Stale, OfferStale}} {
		if err := upTo(ctx, c.n, "SELECT 1 FROM lead_offer WHERE reseller_id = ? AND phase = ? AND state = ?", scope.Org(), phaseHeld, string(c.state)); err != nil {
			return out, err
		}
	}
	for phase, n := range map[string]*int{phaseOpen: &out.Offered, phaseHeld: &out.Accepted, phaseEnded: &out.Closed} {
		if err := upTo(ctx, n, "SELECT 1 FROM lead_offer WHERE reseller_id = ? AND phase = ?", scope.Org(), phase); err != nil {
			return out, err
		}
	}
	out.Open = min(out.Offered+out.Accepted, CountMost+1)
	return out, nil
}

type activityRow struct {
	ID                                               string `gorm:"primaryKey"`
	OfferID, SupplierID, ResellerID, OrgID, PersonID string
	Kind, Text, Due                                  string
	Happened                                         int64
}

func (activityRow) TableName() string { return "lead_activity" }

func insertActivity(ctx context.Context, o Offer, a Activity) error {
	return db.Tx(ctx).Create(&activityRow{ID: a.ID, OfferID: string(o.ID), SupplierID: o.Supplier, ResellerID: o.Reseller, OrgID: a.Org, PersonID: a.Person, Kind: a.Kind, Text: a.Text, Due: a.Due, Happened: db.Micros(a.At)}).Error
}

func activitiesOf(ctx context.Context, id OfferID) ([]Activity, error) {
	var rows []activityRow
	err := db.Tx(ctx).Where("offer_id = ?", string(id)).Order("happened DESC, id DESC").Limit(200).Find(&rows).Error
	out := make([]Activity, len(rows))
	for i, r := range rows {
		out[i] = Activity{ID: r.ID, Org: r.OrgID, Person: r.PersonID, Kind: r.Kind, Text: r.Text, Due: r.Due, At: db.FromMicros(r.Happened)}
	}
	return out, err
}
