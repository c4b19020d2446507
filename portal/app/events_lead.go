package app

import (
	"context"
	"strconv"
	"time"

	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/notify"
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
