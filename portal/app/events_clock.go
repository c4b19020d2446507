package app

import (
	"context"
	"strings"

	"entente/chat/room"
	"entente/db/job"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/notify"
	"entente/prm/trade"
)

// awaited is an interchange whose acknowledgement is missing, in the words of rooms and
// notices. From is the company that waits for it, to the one that owes it.
func (a *App) awaited(ctx context.Context, p gateway.Parties) (from, to string, args map[string]string, err error) {
	m, err := a.gateway.Get(ctx, access.System("clock", p.From), p.Interchange)
	if err != nil {
		return "", "", nil, err
	}
	answer := "997"
	if m.Syntax == gateway.SyntaxEDIFACT {
		answer = "CONTRL"
	}
	args = map[string]string{"type": strings.Join(m.Types, ", "), "number": m.Reference, "control": m.Control, "group": m.Control, "answer": answer}
	if len(m.Sets) > 0 && m.Sets[0].GroupControl != "" {
		args["group"] = m.Sets[0].GroupControl
	}
	return m.From, m.To, args, nil
}

// askedRoom writes the question for an acknowledgement, with the numbers by which the
// other side finds it, into the room of the partnership.
func (a *App) askedRoom(ctx context.Context, e job.Received) error {
	var x gateway.AskedEvent
	if err := e.Decode(&x); err != nil {
		return err
	}
	from, _, args, err := a.awaited(ctx, x.Parties)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, from)
	if err != nil {
		return err
	}
	args["company"] = orgs[from].Name
	r, err := a.partnershipRoom(ctx, x.Partnership, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	_, err = a.rooms.Event(ctx, access.System("rooms", x.Supplier), room.Line{
		Room: r.ID, Key: e.ID, Kind: "edi.asked", Subject: room.Subject{Kind: "interchange", ID: x.Interchange}, Args: args,
	})
	return err
}

// clockNotices tells the company that waits that an acknowledgement is overdue, and the
// one that owes it that it was asked for.
func (a *App) clockNotices(ctx context.Context, e job.Received) error {
	var p gateway.AskedEvent
	if err := e.Decode(&p); err != nil {
		return err
	}
	from, to, args, err := a.awaited(ctx, p.Parties)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, from, to)
	if err != nil {
		return err
	}
	n := notify.Notice{Dedupe: e.ID, Urgent: true, Args: args, SubjectKind: "interchange", SubjectID: p.Interchange, Kind: "edi.overdue"}
	who, other := from, to
	if e.Kind == gateway.EventAsked {
		n.Kind, who, other = "edi.asked", to, from
	}
	return a.tellSide(ctx, who, orgs[other].Name, []access.Role{access.EDI}, n)
}

// answerNotices tells the managers of the supplier that the answer to an order is nearly
// due, and both companies that it is overdue.
func (a *App) answerNotices(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil {
		return err
	}
	o, err := a.trade.Head(ctx, access.System("clock", t.Supplier), t.Order)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Supplier, t.Reseller)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "order.answer_due", Dedupe: e.ID, Args: map[string]string{"number": o.Number}, SubjectKind: trade.DocumentOrder, SubjectID: string(t.Order)}
	if e.Kind == trade.AnswerOverdue {
		n.Kind, n.Urgent = "order.answer_overdue", true
	}
	if err := a.tellSide(ctx, t.Supplier, orgs[t.Reseller].Name, []access.Role{access.Manager}, n); err != nil || e.Kind != trade.AnswerOverdue {
		return err
	}
	n.Kind = "order.answer_late"
	return a.tellSide(ctx, t.Reseller, orgs[t.Supplier].Name, []access.Role{access.Buyer}, n)
}
