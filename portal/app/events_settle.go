package app

import (
	"context"
	"strconv"

	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/notify"
	"entente/prm/settle"
	"entente/prm/trade"
)

// toSettle goes on after an invoice or a credit: disputes end, waiting payments find it.
func (a *App) toSettle(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Invoice == "" || t.Follows {
		return err
	}
	if t.Quiet {
		ctx = settle.Quiet(ctx)
	}
	return a.settle.Invoiced(ctx, access.System("settle", t.Supplier), t.Invoice)
}

// receivePayment books an 820 or a REMADV.
func (g gatewayReplies) receivePayment(ctx context.Context, in gateway.ReplyIn, d *doc.Remittance) (gateway.ReplyOut, error) {
	got, err := g.a.settle.Receive(ctx, access.System("edi", in.Reseller), settle.Incoming{Doc: d, Supplier: in.Supplier, Reseller: in.Reseller, Partnership: in.Partnership, Interchange: in.InterchangeID, SetNo: in.Set})
	if err != nil {
		return gateway.ReplyOut{}, err
	}
	return gateway.ReplyOut{Kind: settle.DocumentPayment, ID: string(got.ID), Outcome: paymentOutcomes[got.Outcome]}, nil
}

// to820 tells the supplier's system of a payment that its buyer recorded on the pages or
// over the API, by the way that the supplier chose for its orders.
func (a *App) to820(ctx context.Context, e job.Received) error {
	var t settle.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("edi", t.Reseller)
	if sent, err := a.goesOut(ctx, actor, t.Partnership, t.Supplier, "820"); err != nil || !sent {
		return err
	}
	d, p, err := a.settle.Remittance(ctx, actor, t.Payment)
	if err != nil || p.Interchange != "" || p.ByOrg != t.Reseller {
		return err // it came by EDI, or the supplier wrote down itself what it got
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Supplier, t.Reseller)
	if err != nil {
		return err
	}
	if d.Number = p.Number; len(d.Parties) == 0 {
		d.Parties = []doc.Party{{Role: "PR", Name: orgs[t.Reseller].Name}, {Role: "PE", Name: orgs[t.Supplier].Name}}
	}
	return a.emit(ctx, actor, trade.Event{Supplier: t.Supplier, Reseller: t.Reseller, Partnership: t.Partnership}, trade.Parties{},
		gateway.Outgoing{Kind: "820", Doc: &d, DocumentKind: settle.DocumentPayment, DocumentID: string(p.ID), Number: p.Number})
}

// paymentOutcomes are the gateway's words for what became of a payment.
var paymentOutcomes = map[settle.Outcome]string{
	settle.Booked: gateway.BusinessBooked, settle.Duplicate: gateway.BusinessDuplicate, settle.HeldBack: gateway.BusinessHeld, settle.Discarded: gateway.BusinessDiscarded,
}

// paymentSettled tells the interchange what became of a payment that was held.
func (a *App) paymentSettled(ctx context.Context, e job.Received) error {
	var t settle.Event
	if err := e.Decode(&t); err != nil {
		return err
	}
	actor := access.System("edi", t.Supplier)
	p, err := a.settle.GetPayment(ctx, actor, t.Payment)
	if err != nil || p.Interchange == "" {
		return err
	}
	return a.gateway.Settled(ctx, actor, p.Interchange, p.SetNo, gateway.ReplyOut{Kind: settle.DocumentPayment, ID: string(p.ID), Outcome: paymentOutcomes[p.Outcome]})
}

// settleWord is the last part of the keys of an event's words: "dispute_opened".
var settleWords = map[string]string{
	settle.InvoiceApproved: "invoice_approved", settle.DisputeOpened: "dispute_opened", settle.DisputeEnded: "dispute_ended", settle.DisputeLate: "dispute_late",
	settle.PaymentBooked: "payment_booked", settle.PaymentHeld: "payment_held", settle.PaymentRepeated: "payment_repeated", settle.PaymentSettled: "payment_settled",
	settle.IssueOpened: "issue_opened", settle.IssueSettled: "issue_settled", settle.IssueLate: "issue_late",
}

func settleWord(kind string, t settle.Event) string {
	if kind == settle.DisputeAnswered {
		return "dispute_" + t.Step
	}
	return settleWords[kind]
}

// settleSubject is what an event is about, and its number.
func (a *App) settleSubject(ctx context.Context, actor access.Actor, t settle.Event) (room.Subject, map[string]string, error) {
	args := map[string]string{"reason": t.Reason, "kind": t.Kind, "issues": strconv.Itoa(t.Issues)}
	switch {
	case t.Dispute != "":
		d, err := a.settle.GetDispute(ctx, actor, t.Dispute)
		args["number"], args["invoice"] = d.Number, d.InvoiceNumber
		return room.Subject{Kind: settle.DocumentDispute, ID: string(t.Dispute)}, args, err
	case t.Payment != "":
		p, err := a.settle.GetPayment(ctx, actor, t.Payment)
		args["number"] = p.Number
		return room.Subject{Kind: settle.DocumentPayment, ID: string(t.Payment)}, args, err
	}
	i, err := a.trade.GetInvoice(ctx, actor, t.Invoice)
	args["number"], args["invoice"] = i.Number, i.Number
	return room.Subject{Kind: trade.DocumentInvoice, ID: string(t.Invoice)}, args, err
}

// settleRooms writes what happened into the room of the order, or of the partnership
// where it concerns a payment. The line of an opened dispute is the root of its thread.
func (a *App) settleRooms(ctx context.Context, e job.Received) error {
	var t settle.Event
	if err := e.Decode(&t); err != nil {
		return err
	}
	switch e.Kind {
	case settle.IssueSettled, settle.IssueLate, settle.DisputeLate, settle.IssueOpened:
		return nil // those whose turn it is are told
	}
	if t.Quiet && t.Payment != "" { // of long ago
		return nil
	}
	actor := access.System("rooms", t.Supplier)
	subject, args, err := a.settleSubject(ctx, actor, t)
	if err != nil {
		return err
	}
	var r room.Room
	if t.Order != "" {
		o, err := a.trade.Head(ctx, actor, t.Order)
		if err != nil {
			return err
		}
		if r, err = a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: trade.DocumentOrder, ID: string(t.Order)}, Title: o.Number, Orgs: []string{t.Supplier, t.Reseller}}); err != nil {
			return err
		}
	} else if r, err = a.partnershipRoom(ctx, t.Partnership, t.Supplier, t.Reseller); err != nil {
		return err
	}
	if t.Org != "" {
		orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Org)
		if err != nil {
			return err
		}
		args["company"] = orgs[t.Org].Name
	}
	m, err := a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: "settle." + settleWord(e.Kind, t), Subject: subject, Args: args})
	if err != nil || e.Kind != settle.DisputeOpened {
		return err
	}
	return a.settle.BindThread(ctx, actor, t.Dispute, string(r.ID), m.Seq)
}

// settleTold says who hears of what: the roles of each side; turn: only the side whose
// turn it is.
var settleTold = map[string]struct {
	supplier, reseller []access.Role
	turn, urgent       bool
}{
	settle.InvoiceApproved: {supplier: []access.Role{access.Finance}},
	settle.DisputeOpened:   {supplier: []access.Role{access.Manager, access.Finance}},
	settle.DisputeAnswered: {supplier: []access.Role{access.Manager, access.Finance}, reseller: []access.Role{access.Buyer, access.Finance}},
	settle.DisputeEnded:    {supplier: []access.Role{access.Manager, access.Finance}, reseller: []access.Role{access.Buyer, access.Finance}},
	settle.DisputeLate:     {supplier: []access.Role{access.Manager, access.Finance}, reseller: []access.Role{access.Buyer, access.Finance}, turn: true, urgent: true},
	settle.PaymentBooked:   {supplier: []access.Role{access.Finance}},
	settle.PaymentHeld:     {supplier: []access.Role{access.Manager, access.Finance}, reseller: []access.Role{access.Finance}, urgent: true},
	settle.PaymentRepeated: {reseller: []access.Role{access.Finance}},
	settle.PaymentSettled:  {reseller: []access.Role{access.Finance}},
	settle.IssueOpened:     {supplier: []access.Role{access.Manager, access.Finance}, reseller: []access.Role{access.Buyer, access.Finance}, turn: true},
	settle.IssueLate:       {supplier: []access.Role{access.Manager, access.Finance}, reseller: []access.Role{access.Buyer, access.Finance}, turn: true, urgent: true},
}

func (a *App) settleNotices(ctx context.Context, e job.Received) error {
	who, ok := settleTold[e.Kind]
	var t settle.Event
	if err := e.Decode(&t); err != nil || t.Quiet || !ok {
		return err
	}
	subject, args, err := a.settleSubject(ctx, access.System("notices", t.Supplier), t)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "settle." + settleWord(e.Kind, t), Dedupe: e.ID, Urgent: who.urgent, Args: args, SubjectKind: subject.Kind, SubjectID: subject.ID}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Supplier, t.Reseller)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		org, other string
		roles      []access.Role
	}{{t.Supplier, t.Reseller, who.supplier}, {t.Reseller, t.Supplier, who.reseller}} {
		if len(side.roles) == 0 || who.turn && side.org != t.Owner || !who.turn && side.org == t.Org {
			continue
		}
		if err := a.tellSide(ctx, side.org, orgs[side.other].Name, side.roles, n); err != nil {
			return err
		}
	}
	return nil
}

// settleHookKinds names the webhook of each event.
var settleHookKinds = map[string]string{
	settle.InvoiceApproved: hook.InvoiceApproved, settle.DisputeOpened: hook.InvoiceDisputed, settle.DisputeAnswered: hook.DisputeAnswered, settle.DisputeEnded: hook.DisputeEnded,
	settle.PaymentBooked: hook.PaymentReceived, settle.PaymentHeld: hook.PaymentHeld, settle.IssueOpened: hook.PaymentQuestioned,
}

func settleHookEvents() []string {
	out := make([]string, 0, len(settleHookKinds))
	for k := range settleHookKinds {
		out = append(out, k)
	}
	return out
}

// settleHook is the data of these webhooks: ids and numbers, and where to read more.
type settleHook struct {
	Partner string          `json:"partner"` // slug of the other company
	Invoice trade.InvoiceID `json:"invoice,omitempty"`
	Order   trade.OrderID   `json:"order,omitempty"`
	Dispute string          `json:"dispute,omitempty"`
	Payment string          `json:"payment,omitempty"`
	Issue   string          `json:"issue,omitempty"`
	Number  string          `json:"number,omitempty"` // of the dispute, the payment or the invoice
	Step    string          `json:"step,omitempty"`   // of a dispute
	Kind    string          `json:"kind,omitempty"`   // of an issue
	Reason  string          `json:"reason,omitempty"` // why a payment is held
	Href    string          `json:"href"`
}

// settleHooks tells the systems of both companies what happened.
func (a *App) settleHooks(ctx context.Context, e job.Received) error {
	var t settle.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	kind := settleHookKinds[e.Kind]
	for _, org := range []string{t.Supplier, t.Reseller} {
		actor := access.System("webhooks", org)
		wanted, err := a.hooks.Wants(ctx, actor, kind)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		other := t.Supplier
		if org == t.Supplier {
			other = t.Reseller
		}
		orgs, err := a.accounts.Directory().OrgsByID(ctx, other)
		if err != nil {
			return err
		}
		subject, args, err := a.settleSubject(ctx, actor, t)
		if err != nil {
			return err
		}
		d := settleHook{Partner: orgs[other].Slug, Invoice: t.Invoice, Order: t.Order, Dispute: string(t.Dispute), Payment: string(t.Payment), Issue: string(t.Issue), Number: args["number"], Step: t.Step, Kind: t.Kind, Reason: t.Reason,
			Href: "/api/v1/" + subject.Kind + "s/" + subject.ID}
		if err := a.hooks.Tell(ctx, actor, hook.Message{Event: e.ID, Place: e.Position, Kind: kind, At: e.At, Data: d}, d); err != nil {
			return err
		}
	}
	return nil
}

// settleLive refreshes open pages.
func (a *App) settleLive(ctx context.Context, e job.Received) error {
	var t settle.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	orgs := e.Orgs
	db.AfterCommit(ctx, func() {
		if t.Invoice != "" {
			a.live.Changed(trade.DocumentInvoice, string(t.Invoice), orgs)
		}
		if t.Payment != "" {
			a.live.Changed(settle.DocumentPayment, string(t.Payment), orgs)
		}
	})
	return nil
}
