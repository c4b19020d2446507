package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	calling "entente/chat/call"
	"entente/chat/forum"
	"entente/chat/library"
	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/adjust"
	"entente/prm/approval"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/engage"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/lead"
	"entente/prm/location"
	"entente/prm/mapping"
	"entente/prm/notify"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/protect"
	"entente/prm/quote"
	"entente/prm/sellthrough"
	"entente/prm/settle"
	"entente/prm/trade"
	"entente/prm/trigger"
)

// subscribe is the one list of who hears what. Each subscriber turns an event
// into plain calls on its target service, inside the delivery's transaction, and
// may be called twice for the same event.
func (a *App) subscribe() {
	// what follows carries the time of what happened, however late it is handled
	s := func(subscriber string, kinds []string, fn job.Handler) {
		a.jobs.Subscribe(subscriber, kinds, func(ctx context.Context, e job.Received) error {
			return fn(db.WithNow(ctx, e.At), e)
		})
	}
	s("rooms", append(trade.Events(), partner.EventActivated, partner.EventEnded,
		gateway.EventDocumentRejected, gateway.EventHeld, gateway.EventFailed, gateway.EventAcknowledged, gateway.EventAdvised), a.toRooms)
	s("notices", append(trade.Events(), gateway.EventDocumentRejected, gateway.EventHeld, gateway.EventFailed), a.toNotices)
	s("courier-notices", []string{courier.EventExpiring, courier.EventFailed, courier.EventUnproved, courier.EventMisused, courier.EventLocked, gateway.EventRemote}, a.courierNotices)
	s("rollover-notices", []string{courier.EventAnnounced, courier.EventConfirmed}, a.rolloverNotices)
	s("clock-rooms", []string{gateway.EventAsked}, a.askedRoom)
	s("clock-notices", []string{gateway.EventOverdueTold, gateway.EventAsked}, a.clockNotices)
	s("answer-notices", trade.ClockEvents(), a.answerNotices)
	s("agreement-rooms", append(agreement.Events(), partner.EventActivated, partner.EventEnded), a.agreementRooms)
	s("agreement-notices", agreement.Events(), a.agreementNotices)
	s("approval-notices", approval.Events(), a.approvalNotices)
	s("hold-notices", []string{trade.OrderOnHold, trade.OrderReleased, trade.HoldOverdue}, a.holdNotices)
	s("edi-850", []string{trade.OrderReceived, trade.OrderLocated, trade.OrderApproved}, a.to850)
	s("order-places", []string{location.Referred}, a.placeKnown)
	s("edi-tests", []string{gateway.EventProcessed, gateway.EventAcknowledged}, a.continueTests)
	s("stage-told", []string{gateway.EventLiveAsked, gateway.EventLive}, a.stageTold)
	s("said-notices", []string{gateway.EventAcknowledged, gateway.EventAdvised, gateway.EventUnmatched}, a.saidNotices)
	s("first-week", []string{gateway.EventDocumentRejected}, a.firstWeek)
	s("lead-notices", lead.Events(), a.leadNotices)
	s("lead-webhooks", lead.Events(), a.leadHooks)
	s("certificate-notices", []string{lead.EventLapsing}, a.certificateNotices)
	s("deal-notices", deal.Events(), a.dealNotices)
	s("deal-webhooks", deal.Events(), a.dealHooks)
	s("deal-rooms", deal.Events(), a.dealRooms)
	s("deal-live", deal.Events(), a.dealLive)
	s("deal-similar", []string{deal.EventSubmitted}, a.dealCompare)
	s("deal-orders", []string{trade.OrderReceived, trade.OrderAnswered, trade.OrderConfirmed, trade.OrderAgreed, trade.OrderCancelled, trade.InvoicedEvent}, a.dealOrders)
	s("quote-notices", quote.Events(), a.quoteNotices)
	s("quote-rooms", quote.Events(), a.quoteRooms)
	s("quote-webhooks", quote.Events(), a.quoteHooks)
	s("quote-live", quote.Events(), a.quoteLive)
	s("engage-notices", engage.Events(), a.engageNotices)
	s("engage-rooms", engage.Events(), a.engageRooms)
	s("engage-webhooks", engage.Events(), a.engageHooks)
	s("engage-live", engage.Events(), a.engageLive)
	s("engage-partners", []string{partner.EventEnded}, a.engageEnded)
	s("mapping-notices", mapping.Events(), a.mappingNotices)
	s("mapping-webhooks", mapping.Events(), a.mappingHooks)
	s("mapping-live", mapping.Events(), a.mappingLive)
	s("quote-approvals", []string{approval.Decided, approval.Ended}, a.quoteUnapproved)
	s("promotion-approvals", []string{approval.Decided, approval.Ended}, a.promoUnapproved)
	s("promotion-rooms", promo.Events(), a.promoRooms)
	s("promotion-webhooks", promo.Events(), a.promoHooks)
	s("suggestion-rules", triggering(), a.triggered)
	s("suggestion-notices", trigger.Events(), a.suggestionNotices)
	s("promotion-lines", []string{trade.OrderReceived, trade.OrderAnswered, trade.OrderConfirmed, trade.OrderAgreed, trade.OrderCancelled, trade.OrderShipped, trade.InvoicedEvent, trade.ChangeDecided, trade.ReplySettled}, a.promoLines)
	s("fund-notices", fund.Events(), a.fundNotices)
	s("fund-webhooks", fund.Events(), a.fundHooks)
	s("fund-live", fund.Events(), a.fundLive)
	s("fund-earned", []string{trade.InvoicedEvent}, a.fundEarned)
	s("price-protection", slices.Concat([]string{catalog.PricesPublished, catalog.PricesWithdrawn, catalog.StockReceived, fund.ClaimFiled, fund.ClaimDecided, fund.ClaimDeniedTo, fund.ClaimTakenBack, fund.ClaimDropped}, sellthrough.ReportEvents()), a.toProtection)
	s("protection-notices", protect.Events(), a.protectionNotices)
	s("protection-webhooks", append(protect.Events(), protect.EventAnswered), a.protectionHooks)
	s("claim-proof", []string{fund.ClaimProof, fund.ClaimSeen, fund.ProofRefusedTo}, a.claimProof)
	s("edi-849", []string{adjust.EventTaken, fund.ClaimDecided, fund.ClaimDeniedTo, fund.ClaimTakenBack, fund.ClaimCorrected}, a.to849)
	s("claim-notices", []string{adjust.EventTaken}, a.claimNotices)
	s("promotion-notices", promoNoticed(), a.promoNotices)
	s("edi-855", []string{trade.OrderConfirmed}, a.to855)
	s("edi-856", []string{trade.OrderShipped}, a.to856)
	s("edi-810", []string{trade.InvoicedEvent}, a.to810)
	s("edi-860", []string{trade.ChangeAsked, trade.ChangeTakenBack}, a.to860)
	s("edi-865", []string{trade.ChangeDecided}, a.to865)
	s("edi-180", []string{trade.ReturnAsked, trade.ReturnGranted, trade.ReturnRefused}, a.to180)
	s("edi-820", []string{settle.PaymentBooked}, a.to820)
	s("replies", []string{trade.OrderReceived, trade.OrderAnswered, trade.OrderLocated, trade.OrderApproved, trade.OrderReleased, trade.ReplyWaits, trade.ReplyHeld, trade.ReplySettled, trade.ChangeHeld}, a.toReplies)
	s("settle", []string{trade.InvoicedEvent}, a.toSettle)
	s("settle-rooms", settle.Events(), a.settleRooms)
	s("settle-notices", settle.Events(), a.settleNotices)
	s("settle-webhooks", settleHookEvents(), a.settleHooks)
	s("edi-payments", []string{settle.PaymentSettled}, a.paymentSettled)
	s("webhooks", hookEvents(), a.toHooks)
	s("webhook-notices", []string{hook.EventPaused}, a.hookNotices)
	s("edi-832", []string{catalog.PricesPublished, catalog.PricesWithdrawn}, a.to832)
	s("edi-846", []string{catalog.StockTold}, a.to846)
	s("catalog-notices", []string{catalog.PricesPublished, catalog.PricesWithdrawn, catalog.StockReceived}, a.catalogNotices)
	s("sell-notices", sellthrough.Events(), a.sellNotices)
	s("sell-webhooks", sellthrough.Events(), a.sellHooks)
	s("deal-resales", sellthrough.ReportEvents(), a.dealResales)
	s("promotion-resales", sellthrough.ReportEvents(), a.promoResales)
	s("sell-items", []string{catalog.ItemReferred}, a.sellItems)
	s("chat-notices", []string{room.EventMentioned, room.EventInvited, room.EventAsked, room.EventTasked}, a.chatNotices)
	s("call-notices", []string{calling.EventMissed}, a.callNotices)
	s("forum-notices", []string{forum.EventReplied, forum.EventAccepted, forum.EventFlagged}, a.forumNotices)
	s("chat-holds", []string{room.EventHoldStays}, a.holdStays)
	s("forum-moved", []string{forum.EventMoved}, a.forumMoved)
	s("library-notices", []string{library.EventPublished, library.EventChanged, library.EventReminded}, a.libraryNotices)
	s("library-webhooks", []string{library.EventPublished, library.EventChanged}, a.libraryHooks)
	s("forum-seats", []string{partner.EventEnded}, a.forumSeats)
	s("settle-live", settle.Events(), a.settleLive)
	for _, subscriber := range []string{"rooms", "notices", "replies"} {
		a.jobs.Prepare(subscriber, orderHeads)
	}
	a.jobs.Prepare("deal-orders", a.dealBodies)
	a.jobs.Prepare("promotion-lines", a.promoOrders)
	s("live", slices.Concat(trade.Events(), trade.ClockEvents(), []string{gateway.EventProcessed, gateway.EventAcknowledged, gateway.EventAdvised, gateway.EventOverdue}), a.toLive)
}

// orderHeads reads the orders of a batch of events at once.
func orderHeads(ctx context.Context, all []job.Received) error {
	return trade.Heads(ctx, slices.Concat(slices.Collect(maps.Values(ordersOf(all)))...)...)
}

// orderBodies is orderHeads with their lines.
func orderBodies(ctx context.Context, all []job.Received) error {
	return trade.Bodies(ctx, slices.Concat(slices.Collect(maps.Values(ordersOf(all)))...)...)
}

// dealBodies is orderBodies with what registrations ask first of the orders.
func (a *App) dealBodies(ctx context.Context, all []job.Received) error {
	for supplier, ids := range ordersOf(all) {
		orders := make([]string, len(ids))
		for i, id := range ids {
			orders[i] = string(id)
		}
		if err := a.deals.Ready(ctx, access.System("deals", supplier), orders...); err != nil {
			return err
		}
	}
	return orderBodies(ctx, all)
}

// promoOrders reads the orders of a batch of events, and what promotions do to them, at once.
func (a *App) promoOrders(ctx context.Context, all []job.Received) error {
	for supplier, ids := range ordersOf(all) {
		ctx := db.WithOrgs(ctx, supplier)
		if err := a.promos.Ready(ctx, access.System("promotions", supplier), a.trade, ids...); err != nil {
			return err
		}
	}
	return nil
}

// ordersOf are the orders of some events, by supplier.
func ordersOf(all []job.Received) map[string][]trade.OrderID {
	out := map[string][]trade.OrderID{}
	for _, e := range all {
		var t trade.Event
		if e.Decode(&t) == nil && t.Order != "" && !slices.Contains(out[t.Supplier], t.Order) {
			out[t.Supplier] = append(out[t.Supplier], t.Order)
		}
	}
	return out
}

// orderLines names the room line of each trade event.
var orderLines = map[string]string{
	trade.OrderReceived: "order.received", trade.OrderDuplicate: "order.duplicate", trade.OrderHeld: "order.held", trade.OrderAnswered: "order.answered", trade.OrderLocated: "order.located",
	trade.OrderConfirmed: "order.confirmed", trade.OrderAgreed: "order.agreed", trade.OrderCancelled: "order.cancelled", trade.OrderShipped: "order.shipped",
	trade.GoodsReceived: "order.goods_received", trade.InvoicedEvent: "order.invoiced", trade.OrderRefused: "order.refused",
	trade.ChangeAsked: "order.change_asked", trade.ChangeDecided: "order.change_decided", trade.ChangeTakenBack: "order.change_withdrawn", trade.ChangeHeld: "order.change_held",
	trade.ReturnAsked: "order.return_asked", trade.ReturnGranted: "order.return_granted", trade.ReturnRefused: "order.return_refused", trade.ReturnArrived: "order.return_arrived",
	trade.OrderApproved: "order.approved", trade.OrderOnHold: "order.on_hold", trade.OrderReleased: "order.released", trade.HoldOverdue: "order.hold_overdue",
	trade.ReplyHeld: "order.reply_held", trade.ReplyDuplicate: "order.reply_duplicate",
}

// orderLine is the line of a trade event; an order that is held for its ship-to has its
// own.
func orderLine(kind string, t trade.Event) string {
	if kind == trade.OrderHeld && t.Reason == trade.HeldLocation {
		return "order.unplaced"
	}
	if kind == trade.OrderHeld && t.Reason == trade.HeldApproval {
		return "order.unapproved"
	}
	return orderLines[kind]
}

func (a *App) toRooms(ctx context.Context, e job.Received) error {
	switch e.Kind {
	case partner.EventActivated, partner.EventEnded:
		var p partner.Event
		if err := e.Decode(&p); err != nil {
			return err
		}
		r, err := a.partnershipRoom(ctx, p.Partnership, p.Supplier, p.Reseller)
		if err != nil {
			return err
		}
		return a.rooms.SetReadOnly(ctx, access.System("rooms", p.Supplier), r.ID, e.Kind == partner.EventEnded)
	case gateway.EventDocumentRejected, gateway.EventHeld, gateway.EventFailed, gateway.EventAcknowledged, gateway.EventAdvised:
		return a.ediToRooms(ctx, e)
	}
	var t trade.Event
	if err := e.Decode(&t); err != nil {
		return err
	}
	if t.Reason == trade.DoubtChecks {
		return nil // it has not left its supplier yet
	}
	actor := access.System("rooms", t.Supplier)
	if e.Kind == trade.OrderRefused || t.Order == "" {
		r, err := a.partnershipRoom(ctx, t.Partnership, t.Supplier, t.Reseller)
		if err != nil {
			return err
		}
		args := map[string]string{"reason": t.Reason}
		if t.Reply != "" { // of an order that nobody knows
			reply, err := a.trade.GetReply(ctx, actor, t.Reply)
			if err != nil {
				return err
			}
			args["number"] = cmp.Or(reply.OrderNumber, reply.Number)
		}
		_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: orderLine(e.Kind, t), Args: args})
		return err
	}
	o, err := a.trade.Head(ctx, actor, t.Order)
	if err != nil {
		return err
	}
	r, err := a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: trade.DocumentOrder, ID: string(t.Order)}, Title: o.Number, Orgs: []string{t.Supplier, t.Reseller}})
	if err != nil {
		return err
	}
	args := map[string]string{"number": o.Number, "reason": t.Reason, "marked": strconv.Itoa(t.Marked)}
	if t.Org != "" {
		orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Org)
		if err != nil {
			return err
		}
		args["company"] = orgs[t.Org].Name
	}
	_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: orderLine(e.Kind, t), Args: args})
	return err
}

// interchangeRoom is the subject of the room about one interchange.
const interchangeRoom = "interchange"

// talkOfInterchange returns the room about an interchange, and makes it for the first who
// asks: of its two companies, one of whose people may read it. Who only carried it has no
// part in what they say.
// Codes: NotFound.
func (a *App) talkOfInterchange(ctx context.Context, actor access.Actor, id string) (room.ID, error) {
	got, err := a.gateway.Some(ctx, actor, id)
	if err != nil {
		return "", err
	}
	i, ok := got[id]
	if !ok || actor.Org != i.Supplier && actor.Org != i.Reseller {
		return "", fault.New(fault.NotFound, "error.not_found")
	}
	r, err := a.rooms.EnsureRoom(ctx, access.System("rooms", actor.Org), room.Spec{Subject: room.Subject{Kind: interchangeRoom, ID: i.ID}, Title: strings.Join(i.Types, " ") + " " + i.Control, Orgs: []string{i.Supplier, i.Reseller}})
	return r.ID, err
}

func (a *App) partnershipRoom(ctx context.Context, id, supplier, reseller string) (room.Room, error) {
	return a.rooms.EnsureRoom(ctx, access.System("rooms", supplier), room.Spec{Subject: room.Subject{Kind: "partnership", ID: id}, Orgs: []string{supplier, reseller}})
}

// told says who hears of a trade event: the side, the roles, and whether it is
// urgent. The company that acted is not told of its own doing, but of what asks for a
// person where its own program took the document: by EDI the company that acts is the
// reader of what came.
var told = map[string]struct {
	supplier, reseller []access.Role
	urgent, asks       bool
}{
	trade.OrderReceived:           {supplier: []access.Role{access.Manager}},
	trade.OrderDuplicate:          {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Buyer}, asks: true},
	trade.OrderHeld:               {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Buyer}, urgent: true, asks: true},
	trade.OrderRefused:            {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Buyer}, urgent: true, asks: true},
	trade.OrderLocated:            {reseller: []access.Role{access.Buyer}},
	trade.OrderApproved:           {supplier: []access.Role{access.Manager}},
	trade.OrderAnswered:           {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Buyer}},
	trade.OrderConfirmed:          {reseller: []access.Role{access.Buyer}},
	trade.OrderAgreed:             {supplier: []access.Role{access.Manager}},
	trade.OrderCancelled:          {supplier: []access.Role{access.Manager}},
	trade.OrderShipped:            {reseller: []access.Role{access.Buyer}},
	trade.GoodsReceived:           {supplier: []access.Role{access.Manager}},
	trade.ReplyHeld:               {supplier: []access.Role{access.Manager, access.EDI}, urgent: true, asks: true},
	trade.ReplyDuplicate:          {},
	trade.ReturnAsked:             {supplier: []access.Role{access.Manager}, asks: true},
	trade.ReturnGranted:           {reseller: []access.Role{access.Buyer}},
	trade.ReturnRefused:           {reseller: []access.Role{access.Buyer}},
	trade.ReturnArrived:           {reseller: []access.Role{access.Buyer}, supplier: []access.Role{access.Finance}},
	trade.ChangeAsked:             {supplier: []access.Role{access.Manager}, asks: true},
	trade.ChangeTakenBack:         {supplier: []access.Role{access.Manager}, asks: true},
	trade.ChangeDecided:           {reseller: []access.Role{access.Buyer}},
	trade.ChangeHeld:              {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Buyer, access.EDI}, urgent: true, asks: true},
	trade.InvoicedEvent:           {reseller: []access.Role{access.Buyer, access.Finance}},
	gateway.EventHeld:             {supplier: []access.Role{access.EDI}, reseller: []access.Role{access.EDI}, urgent: true},
	gateway.EventFailed:           {supplier: []access.Role{access.EDI}, reseller: []access.Role{access.EDI}, urgent: true},
	gateway.EventDocumentRejected: {supplier: []access.Role{access.EDI}, reseller: []access.Role{access.EDI}, urgent: true},
}

func (a *App) toNotices(ctx context.Context, e job.Received) error {
	who := told[e.Kind]
	var supplier, reseller, acted string
	n := notify.Notice{Dedupe: e.ID, Urgent: who.urgent, Args: map[string]string{}}
	if _, ok := orderLines[e.Kind]; ok {
		var t trade.Event
		if err := e.Decode(&t); err != nil {
			return err
		}
		if t.Quiet || t.Follows || e.Kind == trade.OrderReceived && (t.Reason == trade.HeldLocation || t.Reason == trade.HeldApproval) {
			return nil // of an order that is held at once they are told that
		}
		supplier, reseller, acted = t.Supplier, t.Reseller, t.Org
		if e.Kind == trade.OrderReceived && t.Person == "" { // the reseller ordered, whoever read it in
			acted = reseller
		} else if t.Person == "" && (who.asks || t.Marked > 0) {
			acted = ""
		}
		n.Kind = orderLine(e.Kind, t)
		if n.Kind == "order.unapproved" { // its approvers are told themselves
			who.supplier = nil
		}
		if n.Kind == "order.unplaced" { // the desk that knows codes, beside the one that decides
			who.supplier, acted = append(slices.Clone(who.supplier), access.EDI), ""
		}
		n.Args["reason"], n.Args["marked"] = t.Reason, strconv.Itoa(t.Marked)
		if t.Order != "" {
			o, err := a.trade.Head(ctx, access.System("notices", t.Supplier), t.Order)
			if err != nil {
				return err
			}
			n.SubjectKind, n.SubjectID = trade.DocumentOrder, string(t.Order)
			n.Args["number"] = o.Number
		} else if t.Interchange != "" { // nobody knows its order: what came says it
			n.SubjectKind, n.SubjectID = "interchange", t.Interchange
		}
	} else {
		var p gateway.DocumentRejectedEvent
		if err := e.Decode(&p); err != nil {
			return err
		}
		supplier, reseller = p.Supplier, p.Reseller
		n.Kind = map[string]string{gateway.EventDocumentRejected: "edi.rejected", gateway.EventHeld: "edi.held", gateway.EventFailed: "edi.failed"}[e.Kind]
		var held gateway.HeldEvent
		if e.Kind == gateway.EventHeld {
			if err := e.Decode(&held); err != nil {
				return err
			}
		}
		switch held.Reason {
		case gateway.HeldNotLive:
			n.Kind = "edi.not_live"
		case gateway.HeldNoAccount:
			if n.Kind = "edi.no_account"; held.From == supplier {
				who.reseller = nil
			} else {
				who.supplier = nil
			}
		}
		n.SubjectKind, n.SubjectID = "interchange", p.Interchange
		n.Args["type"], n.Args["number"] = cmp.Or(p.Kind, "EDI"), p.Number
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, supplier, reseller)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		org, other string
		roles      []access.Role
	}{{supplier, reseller, who.supplier}, {reseller, supplier, who.reseller}} {
		if len(side.roles) == 0 || side.org == acted {
			continue
		}
		if err := a.tellSide(ctx, side.org, orgs[side.other].Name, side.roles, n); err != nil {
			return err
		}
	}
	return nil
}

// to855 sends the answer to an order whose buyer speaks EDI.
func (a *App) to855(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet || t.Silent {
		return err
	}
	actor := access.System("edi", t.Supplier)
	d, p, err := a.trade.OrderAck(ctx, actor, t.Response)
	if err != nil {
		return err
	}
	return a.emit(ctx, actor, t, p, gateway.Outgoing{Kind: "855", Doc: &d, DocumentKind: trade.DocumentResponse, DocumentID: string(t.Response), Number: d.Number})
}

// to856 announces a shipment to a buyer who speaks EDI.
func (a *App) to856(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("edi", t.Supplier)
	d, p, err := a.trade.ShipNotice(ctx, actor, t.Shipment)
	if err != nil {
		return err
	}
	return a.emit(ctx, actor, t, p, gateway.Outgoing{Kind: "856", Doc: &d, DocumentKind: trade.DocumentShipment, DocumentID: string(t.Shipment), Number: d.Number})
}

// to810 sends an invoice to a buyer who speaks EDI.
func (a *App) to810(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet || t.Follows {
		return err
	}
	actor := access.System("edi", t.Supplier)
	d, p, err := a.trade.InvoiceDoc(ctx, actor, t.Invoice)
	if err != nil {
		return err
	}
	return a.emit(ctx, actor, t, p, gateway.Outgoing{Kind: "810", Doc: &d, DocumentKind: trade.DocumentInvoice, DocumentID: string(t.Invoice), Number: d.Number})
}

// toLive tells open pages that an order or interchange changed.
func (a *App) toLive(ctx context.Context, e job.Received) error {
	var object, id string
	orgs := e.Orgs
	if _, ok := orderLines[e.Kind]; ok || slices.Contains(trade.ClockEvents(), e.Kind) {
		var t trade.Event
		if err := e.Decode(&t); err != nil {
			return err
		}
		if t.Quiet || t.Order == "" {
			return nil
		}
		object, id, orgs = trade.DocumentOrder, string(t.Order), watching(t, e.Orgs)
	} else {
		var p gateway.Parties
		if err := e.Decode(&p); err != nil {
			return err
		}
		object, id = "interchange", p.Interchange
	}
	db.AfterCommit(ctx, func() { a.live.Changed(object, id, orgs) })
	return nil
}

// watching are the companies whose open pages an event of trade concerns: what the checks
// hold has not left its supplier yet.
func watching(t trade.Event, orgs []string) []string {
	if t.Reason == trade.DoubtChecks {
		return []string{t.Supplier}
	}
	return orgs
}

// toReplies books what waited for an order that came, and tells the interchange what
// became of a reply that was not booked at once.
func (a *App) toReplies(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("edi", t.Supplier)
	if slices.Contains([]string{trade.OrderReceived, trade.OrderAnswered, trade.OrderLocated, trade.OrderApproved, trade.OrderReleased}, e.Kind) {
		return a.trade.BookWaiting(ctx, actor, t.Order)
	}
	r, err := a.trade.GetReply(ctx, actor, t.Reply)
	if err != nil || r.Interchange == "" {
		return err
	}
	out := gateway.ReplyOut{Kind: trade.DocumentReply, ID: string(r.ID), Outcome: replyOutcomes[r.Outcome]}
	if r.Outcome == trade.Booked {
		out.Kind, out.ID = r.Kind, r.Made
		switch r.Kind {
		case trade.DocumentCredit:
			out.Kind = trade.DocumentInvoice
		case trade.DocumentChangeAck:
			out.Kind = trade.DocumentResponse
		case trade.DocumentAdvice:
			out.Kind = trade.DocumentOrder
		case trade.DocumentReturnAnswer:
			out.Kind = trade.DocumentReturn
		}
	}
	return a.gateway.Settled(ctx, actor, r.Interchange, r.SetNo, out)
}
