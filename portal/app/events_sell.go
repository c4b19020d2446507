package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"entente/chat/room"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/trade"
)

// leadTold says which side hears of a lead's event, and whether it is urgent.
var leadTold = map[string]struct {
	kind               string
	supplier, reseller bool
	urgent             bool
}{
	lead.EventOffered:   {kind: "lead.offered", reseller: true, urgent: true},
	lead.EventAccepted:  {kind: "lead.accepted", supplier: true},
	lead.EventDeclined:  {kind: "lead.declined", supplier: true},
	lead.EventExpired:   {kind: "lead.expired", supplier: true, reseller: true},
	lead.EventWithdrawn: {kind: "lead.withdrawn", reseller: true},
	lead.EventWarned:    {kind: "lead.warned", reseller: true, urgent: true},
	lead.EventStale:     {kind: "lead.stale", supplier: true, reseller: true, urgent: true},
	lead.EventReturned:  {kind: "lead.returned", supplier: true},
	lead.EventReclaimed: {kind: "lead.reclaimed", reseller: true, urgent: true},
	lead.EventConverted: {kind: "lead.converted", supplier: true},
	lead.EventLost:      {kind: "lead.lost", supplier: true},
	lead.EventUnplaced:  {kind: "lead.unplaced", supplier: true, urgent: true},
}

// leadNotices tells the people of a side what happened to a lead. What the partner is
// told names the offer only; the company that acted is not told of its own doing.
func (a *App) leadNotices(ctx context.Context, e job.Received) error {
	var x lead.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	if x.Quiet {
		return nil
	}
	who := leadTold[e.Kind]
	n := notify.Notice{Kind: who.kind, Dedupe: e.ID, Urgent: who.urgent, Args: map[string]string{"percent": strconv.Itoa(x.Percent)}}
	if !x.Due.IsZero() {
		n.Args["due"] = x.Due.UTC().Format(time.RFC3339)
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	roles := []access.Role{access.Manager}
	if who.supplier && x.Org != x.Supplier {
		owner := access.System("notices", x.Supplier)
		l, err := a.leads.Get(ctx, owner, x.Lead)
		if err != nil {
			return err
		}
		own := n
		own.SubjectKind, own.SubjectID = "lead", string(x.Lead)
		own.Args = map[string]string{"title": l.Title, "percent": n.Args["percent"], "due": n.Args["due"]}
		if err := a.tellSide(ctx, x.Supplier, orgs[x.Reseller].Name, roles, own); err != nil {
			return err
		}
	}
	if who.reseller && x.Org != x.Reseller {
		o, err := a.leads.GetOffer(ctx, access.System("notices", x.Reseller), x.Offer)
		if err != nil {
			return err
		}
		n.SubjectKind, n.SubjectID = "offer", string(x.Offer)
		n.Args["title"] = o.Teaser.Title
		return a.tellSide(ctx, x.Reseller, orgs[x.Supplier].Name, append(roles, access.Sales), n)
	}
	return nil
}

// leadCalendar gives leads the business calendars of companies.
type leadCalendar struct{ a *App }

// Clock gives the ends of working hours of a company, by the calendar that stands.
// Codes: NotFound (no such company), Invalid (a calendar without working hours).
func (l leadCalendar) Clock(ctx context.Context, org string, start time.Time, hours int) (lead.Clock, error) {
	orgs, err := l.a.accounts.Directory().OrgsByID(ctx, org)
	if err != nil {
		return lead.Clock{}, err
	}
	o, ok := orgs[org]
	if !ok {
		return lead.Clock{}, fault.New(fault.NotFound, "error.not_found")
	}
	cal, err := account.StandingCalendar(ctx, org, o.Country, o.Zone)
	if err != nil {
		return lead.Clock{}, err
	}
	c, ok := cal.Clock(start, time.Duration(hours)*time.Hour, 50, 80)
	if !ok {
		return lead.Clock{}, fault.New(fault.Invalid, "lead.no_working_hours")
	}
	return lead.Clock{Start: start, Half: c.Warn[0], Most: c.Warn[1], Due: c.Due}, nil
}

// promotionRoom is the subject of the room of an owner and one company that takes part;
// its id is the seat's, so that no two participants ever share one.
const promotionRoom = "promotion"

// promoTold says which side hears of a promotion's event, and whether it is urgent. Of
// what concerns all who take part the owner is told once.
var promoTold = map[string]struct {
	owner, company, urgent bool
}{
	promo.EventProposed: {company: true, urgent: true}, promo.EventApproved: {owner: true}, promo.EventCountered: {owner: true, urgent: true}, promo.EventAnswered: {company: true}, promo.EventDeclined: {owner: true, urgent: true}, promo.EventDropped: {company: true},
	promo.EventAgreed: {owner: true, company: true}, promo.EventStarted: {owner: true, company: true}, promo.EventEnded: {owner: true, company: true}, promo.EventSettled: {company: true}, promo.EventCancelled: {owner: true, company: true}, promo.EventTask: {company: true},
}

// promoLine is the name of a step in lines and notices: "promo.proposed".
func promoLine(event string) string { return strings.ToLower(event) }

// promoRooms writes every step into the room of the two companies it concerns.
func (a *App) promoRooms(ctx context.Context, e job.Received) error {
	var x promo.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("rooms", x.Owner)
	j, err := a.promos.OfSeat(ctx, actor, x.Seat)
	if err != nil {
		return err
	}
	r, err := a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: promotionRoom, ID: x.Seat}, Title: j.Title, Orgs: []string{x.Owner, x.Company}})
	if err != nil {
		return err
	}
	args := map[string]string{"company": ""}
	if x.Org != "" {
		orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
		if err != nil {
			return err
		}
		args["company"] = orgs[x.Org].Name
	}
	_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: promoLine(e.Kind), Args: args})
	return err
}

// promoLines follows the lines of an order that promotions judged; claims may have waited
// for its invoice.
func (a *App) promoLines(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Order == "" {
		return err
	}
	if err := a.promos.Attribute(ctx, access.System("promotions", t.Supplier), a.trade, t.Order); err != nil || e.Kind != trade.InvoicedEvent {
		return err
	}
	return a.adjust.Recheck(ctx, access.System("claims", t.Supplier), t.Reseller)
}

// promoNotices tells the people of a side; the company that acted is not told of its own
// doing.
func (a *App) promoNotices(ctx context.Context, e job.Received) error {
	var x promo.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	if x.Quiet {
		return nil
	}
	who := promoTold[e.Kind]
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Owner, x.Company)
	if err != nil {
		return err
	}
	tell := func(org, other string, roles ...access.Role) error {
		j, err := a.promos.OfSeat(ctx, access.System("notices", org), x.Seat)
		if err != nil {
			return err
		}
		n := notify.Notice{Kind: promoLine(e.Kind), Dedupe: e.ID, Urgent: who.urgent, SubjectKind: promotionRoom, SubjectID: x.Seat, Args: map[string]string{"title": j.Title}}
		return a.tellSide(ctx, org, orgs[other].Name, roles, n)
	}
	all := x.Org == "" || e.Kind == promo.EventAgreed
	if who.owner && x.Org != x.Owner && (!all || x.First) {
		if err := tell(x.Owner, x.Company, access.Manager); err != nil {
			return err
		}
	}
	if who.company && x.Org != x.Company {
		return tell(x.Company, x.Owner, access.Manager, access.Sales)
	}
	return nil
}
