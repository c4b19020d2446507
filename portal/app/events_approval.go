package app

import (
	"context"
	"strings"

	"entente/db/job"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/notify"
	"entente/prm/trade"
)

// formWishes has the address of whoever filled in the form of a company confirmed, as those of
// landing pages are.
type formWishes struct{ a *App }

func (f formWishes) Ask(ctx context.Context, w lead.Wish) error {
	return f.a.campaigns.Ask(ctx, landing.Wish{Of: w.Org, Orgs: []string{w.Org}, Contacts: map[string]string{w.Org: w.Contact}, Page: "form", Mail: w.Mail, Name: w.Name, Language: w.Language, Consent: w.Consent, From: w.From})
}

// approvalNotices tells the approvers that something waits for them, and who asked what
// became of it.
func (a *App) approvalNotices(ctx context.Context, e job.Received) error {
	var x approval.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("notices", x.Org)
	t, err := a.approvals.Told(ctx, actor, x.Approval)
	if err != nil {
		return err
	}
	r := t.Request
	orgs, err := a.accounts.Directory().OrgsByID(ctx, r.Companies()...)
	if err != nil {
		return err
	}
	var with []string
	for _, id := range r.Companies() {
		with = append(with, orgs[id].Name)
	}
	n := notify.Notice{Dedupe: e.ID, SubjectKind: "approval", SubjectID: string(r.ID), Args: map[string]string{"partner": strings.Join(with, ", "), "number": r.Number, "reason": r.Reason}}
	var to []notify.Target
	switch e.Kind {
	case approval.Asked, approval.Stepped, approval.Overdue:
		if !r.Open() {
			return nil // decided meanwhile
		}
		n.Kind, n.Reason = "approval.asked_"+r.Kind, notify.ReasonAsked
		if e.Kind == approval.Overdue {
			n.Kind, n.Urgent = "approval.overdue", true
		}
		for _, c := range t.Approvers {
			if c.ID != x.Person {
				to = append(to, notify.Target{Org: x.Org, Person: c.ID})
			}
		}
	case approval.Decided:
		if r.AskedBy == "" || r.AskedBy == x.Person {
			return nil
		}
		n.Kind, n.Urgent, n.Reason = "approval."+r.State, r.State == approval.Refused, notify.ReasonYours
		to = append(to, notify.Target{Org: x.Org, Person: r.AskedBy})
	default:
		return nil
	}
	if len(to) == 0 {
		return nil
	}
	return a.notify.Tell(ctx, actor, to, n)
}

// holdNotices tells of a hold: the reseller when it begins and ends, both companies when
// its day is over, and of those the owner's role.
func (a *App) holdNotices(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("notices", t.Supplier)
	h, err := a.trade.GetHold(ctx, actor, t.Hold)
	if err != nil {
		return err
	}
	o, err := a.trade.Head(ctx, actor, t.Order)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Supplier, t.Reseller)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: orderLines[e.Kind], Dedupe: e.ID, Args: map[string]string{"number": o.Number, "by": h.By}, SubjectKind: trade.DocumentOrder, SubjectID: string(t.Order)}
	if e.Kind == trade.HoldOverdue {
		if !h.Open() {
			return nil
		}
		n.Urgent = true
		if h.Person != "" {
			mine := withPartner(n, orgs[t.Reseller].Name)
			mine.Reason = notify.ReasonYours
			if err := a.notify.Tell(ctx, actor, []notify.Target{{Org: t.Supplier, Person: h.Person}}, mine); err != nil {
				return err
			}
		}
		if err := a.tellSide(ctx, t.Supplier, orgs[t.Reseller].Name, []access.Role{access.Manager, h.Role}, n); err != nil {
			return err
		}
	} else if h.Person != "" && e.Kind == trade.OrderOnHold && h.Person != t.Person {
		mine := withPartner(n, orgs[t.Reseller].Name)
		mine.Kind, mine.Reason = "order.hold_yours", notify.ReasonYours
		if err := a.notify.Tell(ctx, actor, []notify.Target{{Org: t.Supplier, Person: h.Person}}, mine); err != nil {
			return err
		}
	}
	return a.tellSide(ctx, t.Reseller, orgs[t.Supplier].Name, []access.Role{access.Buyer}, n)
}

func withPartner(n notify.Notice, partner string) notify.Notice {
	args := map[string]string{"partner": partner}
	for k, v := range n.Args {
		args[k] = v
	}
	n.Args = args
	return n
}
