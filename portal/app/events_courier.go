package app

import (
	"context"
	"strconv"

	"entente/db/job"
	"entente/edi/courier"
	"entente/prm/access"
	"entente/prm/notify"
)

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
