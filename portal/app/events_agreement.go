package app

import (
	"context"
	"strconv"
	"strings"

	"entente/chat/room"
	"entente/db/job"
	"entente/edi/agreement"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/notify"
	"entente/prm/partner"
)

// agreementRoom is the subject of the room of an agreement; its id is the
// partnership's.
const agreementRoom = "agreement"

// agreementRooms writes every step into the room of the agreement, and closes it with
// the partnership.
func (a *App) agreementRooms(ctx context.Context, e job.Received) error {
	if e.Kind == partner.EventActivated || e.Kind == partner.EventEnded {
		var p partner.Event
		if err := e.Decode(&p); err != nil {
			return err
		}
		actor := access.System("rooms", p.Supplier)
		r, err := a.rooms.BySubject(ctx, actor, room.Subject{Kind: agreementRoom, ID: p.Partnership})
		if fault.IsNotFound(err) {
			return nil // nothing was ever proposed
		}
		if err != nil {
			return err
		}
		return a.rooms.SetReadOnly(ctx, actor, r.ID, e.Kind == partner.EventEnded)
	}
	var x agreement.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("rooms", x.Supplier)
	r, err := a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: agreementRoom, ID: x.Partnership}, Orgs: []string{x.Supplier, x.Reseller}})
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
	if err != nil {
		return err
	}
	_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: agreementLine(e.Kind), Args: map[string]string{"company": orgs[x.Org].Name, "number": strconv.Itoa(x.Number)}})
	return err
}

// agreementLine is the name of a step in lines and notices: "agreement.proposed".
func agreementLine(event string) string { return strings.ToLower(event) }

// agreementNotices tells the EDI people of the other side; of a beginning, those of
// both.
func (a *App) agreementNotices(ctx context.Context, e job.Received) error {
	var x agreement.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	for _, to := range [][2]string{{x.Supplier, x.Reseller}, {x.Reseller, x.Supplier}} {
		if to[0] == x.Org && e.Kind != agreement.EventBegan {
			continue
		}
		n := notify.Notice{
			Kind: agreementLine(e.Kind), SubjectKind: agreementRoom, SubjectID: x.Partnership, Dedupe: e.ID, Urgent: e.Kind == agreement.EventProposed,
			Args: map[string]string{"number": strconv.Itoa(x.Number)},
		}
		if err := a.tellSide(ctx, to[0], orgs[to[1]].Name, []access.Role{access.EDI}, n); err != nil {
			return err
		}
	}
	return nil
}
