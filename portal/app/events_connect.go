package app

import (
	"context"
	"strconv"

	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/notify"
)

// continueTests sends the next test document of a partnership that is tested first,
// once its order was accepted or the document before it was acknowledged.
func (a *App) continueTests(ctx context.Context, e job.Received) error {
	if e.Kind == gateway.EventAcknowledged {
		var x gateway.AcknowledgedEvent
		if err := e.Decode(&x); err != nil || !x.Test || x.DocumentKind != gateway.DocumentTest {
			return err
		}
		return a.gateway.Continue(db.WithOrgs(ctx, x.Supplier, x.Reseller), x.DocumentID)
	}
	var x gateway.ProcessedEvent
	if err := e.Decode(&x); err != nil || !x.Test || x.From != x.Reseller || x.Result != gateway.ResultAccepted {
		return err
	}
	return a.gateway.Continue(db.WithOrgs(ctx, x.Supplier, x.Reseller), x.Interchange)
}

// stageTold tells the other company that one wants to go live, and both that they are,
// in the room of the partnership and to their EDI people.
func (a *App) stageTold(ctx context.Context, e job.Received) error {
	var x gateway.LiveEvent
	if err := e.Decode(&x); err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	kind := "edi.live"
	if e.Kind == gateway.EventLiveAsked {
		kind = "edi.live_asked"
	}
	args := map[string]string{"company": orgs[x.Org].Name, "sender": orgs[x.Sender].Name}
	r, err := a.partnershipRoom(ctx, x.Partnership, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	if _, err := a.rooms.Event(ctx, access.System("rooms", x.Supplier), room.Line{Room: r.ID, Key: e.ID, Kind: kind, Subject: room.Subject{Kind: "connection", ID: x.Partnership}, Args: args}); err != nil {
		return err
	}
	n := notify.Notice{Dedupe: e.ID, Urgent: true, Kind: kind, SubjectKind: "connection", SubjectID: x.Partnership, Args: args}
	for _, side := range [][2]string{{x.Supplier, x.Reseller}, {x.Reseller, x.Supplier}} {
		if side[0] == x.Org && e.Kind == gateway.EventLiveAsked {
			continue
		}
		if err := a.tellSide(ctx, side[0], orgs[side[1]].Name, []access.Role{access.EDI}, n); err != nil {
			return err
		}
	}
	return nil
}

// firstWeek tells the persons who said that a direction goes live of every refusal of
// production documents in the week after.
func (a *App) firstWeek(ctx context.Context, e job.Received) error {
	var x gateway.DocumentRejectedEvent
	if err := e.Decode(&x); err != nil || x.Test {
		return err
	}
	who, err := a.gateway.Watching(db.WithOrgs(ctx, x.Supplier, x.Reseller), x.Partnership, x.From)
	if err != nil || len(who) == 0 {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	for org, person := range who {
		other := x.Supplier
		if org == x.Supplier {
			other = x.Reseller
		}
		n := notify.Notice{Dedupe: e.ID + ":week", Urgent: true, Reason: notify.ReasonWatch, Kind: "edi.first_week", SubjectKind: "interchange", SubjectID: x.Interchange, Args: map[string]string{"type": x.Kind, "number": x.Number, "partner": orgs[other].Name}}
		if err := a.notify.Tell(ctx, access.System("notices", org), []notify.Target{{Org: org, Person: person}}, n); err != nil {
			return err
		}
	}
	return nil
}

// courierNotices tells the EDI people of a company what its AS2 messages and
// certificates need.
func (a *App) courierNotices(ctx context.Context, e job.Received) error {
	n := notify.Notice{Dedupe: e.ID, Urgent: true, Args: map[string]string{}}
	roles := []access.Role{access.EDI}
	if e.Kind == courier.EventExpiring {
		var x courier.Expiring
		if err := e.Decode(&x); err != nil {
			return err
		}
		n.Kind, n.Args["days"] = "as2.expiring", strconv.FormatInt(x.Days, 10)
		return a.tellSide(ctx, x.Org, "", roles, n)
	}
	var x courier.MessageEvent
	if err := e.Decode(&x); err != nil {
		return err
	}
	n.Kind = map[string]string{courier.EventFailed: "as2.failed", courier.EventUnproved: "as2.unproved", courier.EventMisused: "as2.misused"}[e.Kind]
	if e.Kind == courier.EventUnproved && x.Reason == courier.ReceiptOverdue {
		n.Kind = "as2.overdue"
	}
	if x.Interchange != "" && e.Kind != courier.EventMisused {
		n.SubjectKind, n.SubjectID = "interchange", x.Interchange
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	other := x.Supplier
	if x.Sender == x.Supplier {
		other = x.Reseller
	}
	if err := a.tellSide(ctx, x.Sender, orgs[other].Name, roles, n); err != nil || e.Kind != courier.EventMisused {
		return err
	}
	return a.tellSide(ctx, other, orgs[x.Sender].Name, roles, n)
}
