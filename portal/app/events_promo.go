package app

import (
	"context"
	"strings"

	"entente/chat/room"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/trade"
)

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

// promoLines follows the lines of an order that promotions judged.
func (a *App) promoLines(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Order == "" {
		return err
	}
	return a.promos.Attribute(ctx, access.System("promotions", t.Supplier), a.trade, t.Order)
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
