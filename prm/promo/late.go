package promo

import (
	"context"
	"maps"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
)

// Why something came after a promotion was settled. The key of the words is
// "promolate.<reason>".
const (
	LateInvoiced  = "invoiced"  // more of an order is invoiced
	LateCredited  = "credited"  // less is: a credit
	LateChanged   = "changed"   // the order was changed
	LateReported  = "reported"  // a report of what was sold on
	LateCorrected = "corrected" // one in place of another
	LateWithdrawn = "withdrawn" // one that was taken back
)

// LateReasons lists them.
func LateReasons() []string {
	return []string{LateInvoiced, LateCredited, LateChanged, LateReported, LateCorrected, LateWithdrawn}
}

// mostAdjustments bounds how many a page of results shows.
const mostAdjustments = 200

// Adjustment is what one document changed for one company after the promotion was settled.
// All of them and the frozen figures come to the figures as they stand now.
type Adjustment struct {
	ID       string
	Org      string
	Reason   string // Late… words
	Document string // id of the order or the report
	Number   string // of it
	Invoiced money.Quantity
	Sold     money.Quantity
	Earned   money.Amount // more; below zero: less
	At       time.Time
}

// lateFrom is how a company stood in promotions that are settled before a document is followed.
type lateFrom struct {
	rows []row
	was  map[string][]Figures // by promotion, one of each currency
}

// beforeLate reads it for some promotions. The seats are locked, as they are while one is
// settled: what is not settled here has its figures frozen with this document in them.
func beforeLate(ctx context.Context, org string, promotions []string) (lateFrom, error) {
	rows, err := settledAmong(ctx, promotions)
	if err != nil || len(rows) == 0 {
		return lateFrom{}, err
	}
	out := lateFrom{rows, map[string][]Figures{}}
	for _, r := range rows {
		if out.was[r.ID], err = sums(ctx, r.ID, org, "org_id"); err != nil {
			return lateFrom{}, err
		}
	}
	return out, nil
}

func (l *lateFrom) add(more lateFrom) {
	if l.was == nil {
		*l = more
		return
	}
	l.rows = append(l.rows, more.rows...)
	maps.Copy(l.was, more.was)
}

// late is a document that was followed. An empty reason is found from what is invoiced.
type late struct{ reason, id, number string }

// adjusted keeps what a document changed in promotions that are settled, and tells both
// sides. What changes nothing that was settled is no adjustment; so a repeat makes none.
func (s *Service) adjusted(ctx context.Context, from lateFrom, org string, l late) error {
	for _, r := range from.rows {
		now, err := sums(ctx, r.ID, org, "org_id")
		if err != nil {
			return err
		}
		was := from.was[r.ID]
		for _, f := range was { // a currency of which nothing is left
			if !slices.ContainsFunc(now, func(x Figures) bool { return x.Currency == f.Currency }) {
				now = append(now, Figures{Currency: f.Currency})
			}
		}
		for _, f := range now {
			x := adjustmentRow{ID: db.NewID(), PromotionID: r.ID, OwnerID: r.OwnerID, OrgID: org, Reason: l.reason, DocumentID: l.id, Number: l.number, Currency: string(f.Currency), Invoiced: int64(f.Invoiced), Sold: int64(f.Sold), Earned: f.Earned.Minor, Made: db.Micros(db.Now(ctx))}
			if i := slices.IndexFunc(was, func(o Figures) bool { return o.Currency == f.Currency }); i >= 0 {
				x.Invoiced, x.Sold, x.Earned = x.Invoiced-int64(was[i].Invoiced), x.Sold-int64(was[i].Sold), x.Earned-was[i].Earned.Minor
			}
			if x.Invoiced == 0 && x.Sold == 0 && x.Earned == 0 {
				continue
			}
			if x.Reason == "" {
				switch {
				case x.Invoiced > 0:
					x.Reason = LateInvoiced
				case x.Invoiced < 0:
					x.Reason = LateCredited
				default:
					x.Reason = LateChanged
				}
			}
			if err := s.adjust(ctx, r, x); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) adjust(ctx context.Context, r row, x adjustmentRow) error {
	if err := insertAdjustment(ctx, x); err != nil {
		return err
	}
	a := x.adjustment()
	if err := addLog(ctx, r.ID, x.OrgID, "adjusted", x.OrgID, "", 0, x.Number+" · "+a.Earned.String()+" "+x.Currency); err != nil {
		return err
	}
	seats, err := seatsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, seat := range seats {
		if seat.Org == x.OrgID {
			return s.publish(ctx, EventAdjusted, Event{Promotion: ID(r.ID), Seat: seat.ID, Owner: r.OwnerID, Company: x.OrgID, Adjustment: x.ID})
		}
	}
	return nil
}

// Adjusted returns one adjustment of a promotion of the actor's company, or of one that it
// takes part in, where it is its own.
// Codes: Unauthenticated, NotFound.
func (s *Service) Adjusted(ctx context.Context, actor access.Actor, id string) (Adjustment, error) {
	var out Adjustment
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := access.List(actor, access.PromoRead); err != nil {
			return err
		}
		x, err := adjustmentByID(ctx, id)
		if err != nil {
			return err
		}
		_, _, org, err := results(ctx, actor, ID(x.PromotionID))
		if err == nil && org != "" && org != x.OrgID {
			err = notFound()
		}
		out = x.adjustment()
		return err
	})
	if err != nil {
		return Adjustment{}, err
	}
	return out, nil
}
