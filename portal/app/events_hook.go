package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/db/job"
	"entente/edi/doc"
	"entente/edi/format"
	"entente/edi/gateway"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/lead"
	"entente/prm/mapping"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/returns"
	"entente/prm/trade"
)

// hookKinds names the webhook of each event.
var hookKinds = map[string]string{
	trade.OrderReceived: hook.OrderReceived, trade.OrderHeld: hook.OrderHeld, trade.OrderRefused: hook.OrderRefused, trade.OrderConfirmed: hook.OrderConfirmed,
	trade.OrderAgreed: hook.OrderAgreed, trade.OrderCancelled: hook.OrderCancelled, trade.OrderShipped: hook.ShipmentSent, trade.GoodsReceived: hook.GoodsReceived,
	trade.OrderOnHold: hook.OrderOnHold, trade.OrderReleased: hook.OrderReleased, trade.HoldOverdue: hook.HoldOverdue,
	trade.InvoicedEvent: hook.InvoiceIssued, trade.ChangeAsked: hook.ChangeAsked, trade.ChangeDecided: hook.ChangeAnswered, trade.ChangeTakenBack: hook.ChangeWithdrawn,
	trade.ReturnAsked: hook.ReturnAsked, trade.ReturnGranted: hook.ReturnAnswered, trade.ReturnRefused: hook.ReturnAnswered, trade.ReturnArrived: hook.ReturnArrived, gateway.EventDocumentRejected: hook.DocumentRefused,
}

func hookEvents() []string {
	out := make([]string, 0, len(hookKinds))
	for k := range hookKinds {
		out = append(out, k)
	}
	return out
}

// hookData is the data of a webhook: ids and addresses within the API, and the document as
// the company sees it.
type hookData struct {
	Partner     string          `json:"partner"` // slug of the other company
	Order       string          `json:"order,omitempty"`
	Number      string          `json:"number,omitempty"` // of the order, as the buyer wrote it
	Invoice     string          `json:"invoice,omitempty"`
	Shipment    string          `json:"shipment,omitempty"`
	Change      string          `json:"change,omitempty"`
	Return      string          `json:"return,omitempty"`
	Hold        *hookHold       `json:"hold,omitempty"`
	Interchange string          `json:"interchange,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Href        string          `json:"href,omitempty"` // of what it is about
	Version     int             `json:"version,omitempty"`
	Type        string          `json:"type,omitempty"` // of document: "855"
	Document    format.Document `json:"document,omitempty"`
}

// hookHold is what a webhook says of a hold: to the reseller no more than its pages do.
type hookHold struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Role   string `json:"role,omitempty"` // of who is to end it
	By     string `json:"by,omitempty"`
	Lines  []int  `json:"lines,omitempty"`
}

// toHooks tells the systems of both companies what happened.
func (a *App) toHooks(ctx context.Context, e job.Received) error {
	var supplier, reseller string
	var fill func(ctx context.Context, actor access.Actor, d *hookData) error
	if e.Kind == gateway.EventDocumentRejected {
		var x gateway.DocumentRejectedEvent
		if err := e.Decode(&x); err != nil {
			return err
		}
		supplier, reseller = x.Supplier, x.Reseller
		fill = func(_ context.Context, _ access.Actor, d *hookData) error {
			d.Interchange, d.Number, d.Href, d.Type = x.Interchange, x.Number, gateway.Href(x.Interchange), x.Kind
			return nil
		}
	} else {
		var t trade.Event
		if err := e.Decode(&t); err != nil {
			return err
		}
		if t.Quiet || t.Follows {
			return nil
		}
		supplier, reseller = t.Supplier, t.Reseller
		fill = func(ctx context.Context, actor access.Actor, d *hookData) error {
			return a.hookOrder(ctx, actor, e.Kind, t, d)
		}
	}
	for _, org := range []string{supplier, reseller} {
		actor := access.System("webhooks", org)
		wanted, err := a.hooks.Wants(ctx, actor, hookKinds[e.Kind])
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		other := supplier
		if org == supplier {
			other = reseller
		}
		orgs, err := a.accounts.Directory().OrgsByID(ctx, other)
		if err != nil {
			return err
		}
		d := hookData{Partner: orgs[other].Slug}
		if err := fill(ctx, actor, &d); err != nil {
			return err
		}
		small := d
		small.Version, small.Document = 0, nil
		if err := a.hooks.Tell(ctx, actor, hook.Message{Event: e.ID, Place: e.Position, Kind: hookKinds[e.Kind], At: e.At, Data: d}, small); err != nil {
			return err
		}
	}
	return nil
}

// hookOrder fills what is said of an order and of the document that the event is about.
func (a *App) hookOrder(ctx context.Context, actor access.Actor, kind string, t trade.Event, d *hookData) error {
	d.Reason, d.Interchange = t.Reason, t.Interchange
	if kind == trade.OrderRefused {
		if t.Interchange != "" {
			d.Href = gateway.Href(t.Interchange)
		}
		return nil
	}
	o, err := a.trade.Get(ctx, actor, t.Order)
	if err != nil {
		return err
	}
	d.Order, d.Number, d.Href = string(t.Order), o.Number, "/api/v1/orders/"+string(t.Order)
	if t.Hold != "" {
		h, err := a.trade.GetHold(ctx, actor, t.Hold)
		if err != nil {
			return err
		}
		d.Hold = &hookHold{ID: h.ID, Reason: h.Reason, Role: string(h.Role), By: h.By, Lines: h.Lines}
		return nil
	}
	switch {
	case kind == trade.OrderReceived || kind == trade.OrderHeld:
		d.Document = hookPurchase(o)
	case kind == trade.OrderConfirmed && t.Response != "":
		x, _, err := a.trade.OrderAck(ctx, actor, t.Response)
		if err != nil {
			return err
		}
		d.Document = &x
	case kind == trade.ChangeAsked || kind == trade.ChangeTakenBack:
		_, x, _, err := a.trade.GetChange(ctx, actor, t.Change)
		if err != nil {
			return err
		}
		d.Change, d.Document = string(t.Change), &x
	case t.Return != "" && kind != trade.InvoicedEvent:
		x, _, err := a.returns.Document(ctx, actor, returns.ID(t.Return))
		if err != nil {
			return err
		}
		d.Return, d.Href, d.Document = t.Return, "/api/v1/returns/"+t.Return, &x
	case kind == trade.ChangeDecided:
		x, _, err := a.trade.ChangeAck(ctx, actor, t.Response)
		if err != nil {
			return err
		}
		d.Change, d.Document = string(t.Change), &x
	case kind == trade.OrderShipped && t.Shipment != "":
		x, _, err := a.trade.ShipNotice(ctx, actor, t.Shipment)
		if err != nil {
			return err
		}
		d.Shipment, d.Document = string(t.Shipment), &x
	case kind == trade.InvoicedEvent && t.Invoice != "":
		x, _, err := a.trade.InvoiceDoc(ctx, actor, t.Invoice)
		if err != nil {
			return err
		}
		d.Invoice, d.Document = string(t.Invoice), &x
		d.Href = "/api/v1/invoices/" + string(t.Invoice)
	}
	if d.Document != nil {
		d.Version, d.Type = format.Version, format.TypeOf(d.Document)
	}
	return nil
}

// hookPurchase is an order as the portal has booked it.
func hookPurchase(o trade.Detail) *doc.PurchaseOrder {
	d := &doc.PurchaseOrder{Purpose: o.Purpose, Type: o.Kind, Number: o.Number, Release: o.Release, Date: o.OrderedOn}
	d.Currency, d.LineCount = string(o.Currency), len(o.Lines)
	if o.RequestedOn != "" {
		d.Dates = []doc.Date{{Qualifier: "002", Date: o.RequestedOn}}
	}
	if o.Note != "" {
		d.Notes = []string{o.Note}
	}
	for _, l := range o.Lines {
		x := doc.Line{Number: l.Reference, Quantity: doc.Decimal(l.Ordered.String()), Unit: l.Unit, Description: l.Description, BuyerItem: l.BuyerItem, VendorItem: l.SKU, GTIN: l.GTIN}
		if x.Number == "" {
			x.Number = strconv.Itoa(l.Number)
		}
		if !o.PricesHidden {
			x.Price = doc.Decimal(l.Price.String())
		}
		x.Items = x.ItemIDs()
		if l.RequestedOn != "" {
			x.Dates = []doc.Date{{Qualifier: "002", Date: l.RequestedOn}}
		}
		d.Lines = append(d.Lines, x)
	}
	return d
}

// hookNotices tells the EDI people of a company that an address was paused.
func (a *App) hookNotices(ctx context.Context, e job.Received) error {
	var x hook.PausedEvent
	if err := e.Decode(&x); err != nil {
		return err
	}
	h, err := a.hooks.Get(ctx, access.System("notices", x.Org), x.Hook)
	if err != nil {
		return err
	}
	return a.tellSide(ctx, x.Org, "", []access.Role{access.EDI}, notify.Notice{Kind: "hook." + x.Why, Dedupe: e.ID, Urgent: true, Args: map[string]string{"url": h.URL}})
}

// dealingHook is the data of a webhook about a lead, a registration or a comparison of lists: ids
// and numbers, nothing of what it says.
type dealingHook struct {
	Partner string     `json:"partner,omitempty"` // slug of the other company
	Own     bool       `json:"own,omitempty"`     // the company's own doing
	Lead    lead.ID    `json:"lead,omitempty"`    // for its owner
	Offer   string     `json:"offer,omitempty"`
	Deal    deal.ID    `json:"deal,omitempty"`
	Mapping mapping.ID `json:"mapping,omitempty"`
	Number  string     `json:"number,omitempty"`
	State   string     `json:"state,omitempty"`
	Step    int        `json:"step,omitempty"`
	Percent int        `json:"percent,omitempty"`
	Due     *time.Time `json:"due,omitempty"`
	Href    string     `json:"href"`
}

func hookDue(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// leadHooks tells the systems of both companies what happened to an offer: its owner of its
// lead, the partner of its own offer alone.
func (a *App) leadHooks(ctx context.Context, e job.Received) error {
	var x lead.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	kind := leadTold[e.Kind].kind
	tell := func(actor access.Actor, partner string) (any, error) {
		d := dealingHook{Partner: partner, Own: x.Org == actor.Org, Offer: string(x.Offer), Percent: x.Percent, Due: hookDue(x.Due)}
		if actor.Org == x.Supplier {
			l, err := a.leads.Get(ctx, actor, x.Lead)
			d.Lead, d.Number, d.State, d.Href = x.Lead, strconv.FormatInt(l.Number, 10), string(l.State), "/api/v1/own-leads/"+string(x.Lead)
			return d, err
		}
		o, err := a.leads.GetOffer(ctx, actor, x.Offer)
		d.Number, d.State, d.Href = strconv.FormatInt(o.Number, 10), string(o.State), "/api/v1/leads/"+string(x.Offer)
		return d, err
	}
	if x.Reseller != "" {
		return a.tellHooks(ctx, e, kind, x.Supplier, x.Reseller, tell)
	}
	return a.tellHook(ctx, e, kind, x.Supplier, "", tell)
}

// dealHooks tells the systems of the companies that hear of a registration's event.
func (a *App) dealHooks(ctx context.Context, e job.Received) error {
	var x deal.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	who := dealTold[e.Kind]
	tell := func(actor access.Actor, partner string) (any, error) {
		r, err := a.deals.Get(ctx, actor, x.Deal)
		return dealingHook{Partner: partner, Own: x.Org == actor.Org, Deal: x.Deal, Number: r.Code, Percent: x.Percent, Due: hookDue(x.Due), Href: "/api/v1/deals/" + string(x.Deal)}, err
	}
	if who.supplier || who.room {
		if err := a.tellHook(ctx, e, who.kind, x.Supplier, x.Registrant, tell); err != nil {
			return err
		}
	}
	if who.reseller || who.room {
		return a.tellHook(ctx, e, who.kind, x.Registrant, x.Supplier, tell)
	}
	return nil
}

// mappingHooks tells the systems of the companies of a comparison that a step was proposed,
// agreed or made. No size and no name stands in it; a company of another server has no system
// here.
func (a *App) mappingHooks(ctx context.Context, e job.Received) error {
	var x mapping.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	kind := strings.ToLower(e.Kind)
	for i, org := range x.Orgs {
		other := ""
		if len(x.Orgs) == 2 {
			other = x.Orgs[1-i]
		}
		err := a.tellHook(ctx, e, kind, org, other, func(actor access.Actor, partner string) (any, error) {
			return dealingHook{Partner: partner, Own: x.Org == actor.Org, Mapping: x.Run, State: string(x.State), Step: x.Step, Href: "/api/v1/mappings/" + string(x.Run)}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// promoHookKinds names the webhook of each event.
var promoHookKinds = map[string]string{
	promo.EventProposed: hook.PromotionProposed, promo.EventApproved: hook.PromotionApproved, promo.EventCountered: hook.PromotionCountered, promo.EventAnswered: hook.PromotionAnswered, promo.EventDeclined: hook.PromotionDeclined, promo.EventDropped: hook.PromotionDropped,
	promo.EventAgreed: hook.PromotionAgreed, promo.EventStarted: hook.PromotionStarted, promo.EventEnded: hook.PromotionEnded, promo.EventSettled: hook.PromotionSettled, promo.EventAdjusted: hook.PromotionAdjusted, promo.EventCancelled: hook.PromotionCancelled, promo.EventTask: hook.PromotionTask,
}

// promoOfAll are the steps of a promotion that concern all who take part. Each of them is told
// of its own part, and the owner once.
var promoOfAll = []string{promo.EventAgreed, promo.EventStarted, promo.EventEnded, promo.EventSettled, promo.EventCancelled}

// promoHook is the data of a webhook about a promotion: ids, numbers and states, nothing of
// what it says.
type promoHook struct {
	Partner    string         `json:"partner,omitempty"` // slug of the other company; the owner has none in what concerns all
	Own        bool           `json:"own,omitempty"`     // the company's own doing
	Promotion  promo.ID       `json:"promotion"`
	Number     string         `json:"number"`
	State      string         `json:"state"`
	Answer     string         `json:"answer,omitempty"`   // where the company that takes part stands
	Decision   string         `json:"decision,omitempty"` // on a counter-proposal: adopted or declined
	Adjustment *promoHookLate `json:"adjustment,omitempty"`
	Href       string         `json:"href"`
}

// promoHookLate is what a document changed after the promotion was settled.
type promoHookLate struct {
	ID       string `json:"id"`
	Reason   string `json:"reason"`
	Number   string `json:"number"` // of the order or the report
	Amount   string `json:"amount"` // more earned; below zero: less
	Currency string `json:"currency"`
}

// promoHooks tells the systems of the owner and of a company that takes part what happened
// between the two; nobody's system learns of another company that takes part.
func (a *App) promoHooks(ctx context.Context, e job.Received) error {
	var x promo.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	all := slices.Contains(promoOfAll, e.Kind)
	tell := func(actor access.Actor, partner string) (any, error) {
		j, err := a.promos.OfSeat(ctx, actor, x.Seat)
		if err != nil {
			return nil, err
		}
		d := promoHook{Partner: partner, Own: x.Org == actor.Org, Promotion: x.Promotion, Number: j.Head.Number, State: string(j.State), Href: "/api/v1/promotions/" + string(x.Promotion)}
		if j.Seat != nil && (!all || actor.Org == x.Company) {
			d.Answer = string(j.Seat.State)
		}
		if e.Kind == promo.EventAnswered {
			d.Decision = x.Reason
		}
		if x.Adjustment != "" {
			late, err := a.promos.Adjusted(ctx, actor, x.Adjustment)
			if err != nil {
				return nil, err
			}
			d.Adjustment = &promoHookLate{late.ID, late.Reason, late.Number, late.Earned.String(), string(late.Earned.Currency)}
			d.Href += "/results"
		}
		return d, nil
	}
	kind := promoHookKinds[e.Kind]
	if err := a.tellHook(ctx, e, kind, x.Company, x.Owner, tell); err != nil || all && !x.First {
		return err
	}
	other := x.Company
	if all {
		other = ""
	}
	return a.tellHook(ctx, e, kind, x.Owner, other, tell)
}
