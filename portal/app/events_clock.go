package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/adjust"
	"entente/prm/notify"
	"entente/prm/protect"
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

// openHours gives the gateway the business calendars of companies.
type openHours struct{}

// Opens is the next instant from at on at which a company is open, by the calendar that
// stands; at for one that works never.
// Codes: NotFound (no such company).
func (openHours) Opens(ctx context.Context, org string, at time.Time) (time.Time, error) {
	cal, err := account.CurrentCalendar(ctx, org)
	if err != nil {
		return at, err
	}
	if opens, ok := cal.Opens(at); ok {
		return opens, nil
	}
	return at, nil
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

// clockNotices tells the company that waits that an acknowledgement is overdue, in its
// open hours, and the one that owes it that it was asked for. An EventOverdue of a release
// before is still told of.
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

// noticeReads are the rights without which the page of a notice stays shut, by its
// subject: who covers and has not the right is not told.
var noticeReads = map[string]access.Action{"interchange": access.EDIRead, agreementRoom: access.AgreementRead}

// tellSide tells the people of one company who hold one of the roles, or who covers for
// them while they are away; where nobody is there, its admins. partner is the name of the other company, "" for none.
func (a *App) tellSide(ctx context.Context, org, partner string, roles []access.Role, n notify.Notice) error {
	dir, now := a.accounts.Directory(), db.Now(ctx)
	var people []account.Colleague
	var err error
	switch act, limited := noticeReads[n.SubjectKind]; {
	case limited:
		people, err = dir.OnDutyReading(ctx, org, now, func(c account.Colleague) bool {
			return access.Allowed(access.Actor{Person: c.ID, Org: org, Roles: c.Roles, Via: "session:notice"}, act, access.Shared(org, ""))
		}, roles...)
	case slices.Contains([]string{"lead", "offer", dealRoom, quoteRoom, mappingSubject, engageRoom, promotionRoom, suggestionSubject, fundSubject, requestSubject, claimSubject, documentSubject, adjust.DocumentNotice, protect.Document}, n.SubjectKind): // others may not read it
		people, err = dir.OnDutyAlone(ctx, org, now, roles...)
	default:
		people, err = dir.OnDuty(ctx, org, now, roles...)
	}
	if err != nil {
		return err
	}
	n = withPartner(n, partner)
	to := map[string][]notify.Target{}
	for _, p := range people {
		why := whyTold(p, people, roles)
		to[why] = append(to[why], notify.Target{Org: org, Person: p.ID})
	}
	for why, targets := range to {
		n.Reason = why
		if err := a.notify.Tell(ctx, access.System("notices", org), targets, n); err != nil {
			return err
		}
	}
	return nil
}

// whyTold is why one of the people on duty for some roles is told.
func whyTold(p account.Colleague, people []account.Colleague, roles []access.Role) string {
	held := func(c account.Colleague) int {
		return slices.IndexFunc(roles, func(r access.Role) bool { return slices.Contains(c.Roles, r) })
	}
	if i := held(p); i >= 0 {
		return notify.ForRole(roles[i])
	}
	if slices.Contains(p.Roles, access.Admin) && !slices.ContainsFunc(people, func(c account.Colleague) bool { return held(c) >= 0 }) {
		return notify.ReasonAdmin
	}
	return notify.ReasonCover
}
