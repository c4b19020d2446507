package app

import (
	"context"

	"entente/db/job"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/returns"
	"entente/prm/trade"
)

// goesOut says whether a supplier chose a door for a kind of document: else it reads it on
// the pages and nothing is sent.
func (a *App) goesOut(ctx context.Context, actor access.Actor, partnership, supplier, kind string) (bool, error) {
	route, err := a.gateway.RouteTo(ctx, actor, partnership, supplier, kind)
	return err == nil && route.Door != gateway.RouteUsual && route.Door != gateway.RoutePages, err
}

// to850 sends a booked order to a supplier that chose a door for it: from the document
// that came, so that nothing of it is lost, else from the order.
func (a *App) to850(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet || e.Kind == trade.OrderReceived && t.Reason != "" {
		return err // what is held for its ship-to or an approval goes once that is known, or given
	}
	actor := access.System("edi", t.Reseller)
	if sent, err := a.goesOut(ctx, actor, t.Partnership, t.Supplier, "850"); err != nil || !sent {
		return err
	}
	if o, err := a.trade.Head(ctx, actor, t.Order); err != nil || o.ShipToUnknown != "" || o.HoldReason == trade.HeldApproval {
		return err // the other of the two is still open
	}
	made, p, err := a.trade.PurchaseOrder(ctx, actor, t.Order)
	if err != nil {
		return err
	}
	d := &made
	if t.Interchange != "" && t.SetNo > 0 {
		came, err := a.gateway.Document(ctx, actor, t.Interchange, t.SetNo)
		if err != nil && !fault.IsNotFound(err) {
			return err
		}
		if x, ok := came.(*doc.PurchaseOrder); ok && x != nil {
			d = x
		}
	}
	if d, err = a.ourPlace(ctx, t, d); err != nil {
		return err
	}
	return a.emit(ctx, actor, t, p, gateway.Outgoing{Kind: "850", Doc: d, DocumentKind: trade.DocumentOrder, DocumentID: string(t.Order), Number: d.Number})
}

// to860 hands a change of an order on to a supplier that chose a door for its orders.
func (a *App) to860(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("edi", t.Reseller)
	if sent, err := a.goesOut(ctx, actor, t.Partnership, t.Supplier, "860"); err != nil || !sent {
		return err
	}
	_, d, p, err := a.trade.GetChange(ctx, actor, t.Change)
	if err != nil {
		return err
	}
	return a.emit(ctx, actor, t, p, gateway.Outgoing{Kind: "860", Doc: &d, DocumentKind: trade.DocumentChange, DocumentID: string(t.Change), Number: d.Number})
}

// to865 sends the answer to a change to a buyer who speaks EDI.
func (a *App) to865(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("edi", t.Supplier)
	d, p, err := a.trade.ChangeAck(ctx, actor, t.Response)
	if err != nil {
		return err
	}
	return a.emit(ctx, actor, t, p, gateway.Outgoing{Kind: "865", Doc: &d, DocumentKind: trade.DocumentResponse, DocumentID: string(t.Response), Number: d.Number})
}

// to180 tells the other side of goods that go back: the supplier that chose a door for its
// orders what is asked for, the buyer what was decided.
func (a *App) to180(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("edi", t.Supplier)
	if e.Kind == trade.ReturnAsked {
		actor = access.System("edi", t.Reseller)
		if sent, err := a.goesOut(ctx, actor, t.Partnership, t.Supplier, "180"); err != nil || !sent {
			return err
		}
	}
	d, r, err := a.returns.Document(ctx, actor, returns.ID(t.Return))
	if err != nil {
		return err
	}
	kind := trade.DocumentReturn
	if e.Kind == trade.ReturnAsked {
		if r.State != returns.Asked {
			return nil // decided before the wish could go out: the answer says it all
		}
	} else {
		kind = trade.DocumentReturnAnswer
	}
	return a.emit(ctx, actor, t, trade.Parties{}, gateway.Outgoing{Kind: "180", Doc: &d, DocumentKind: kind, DocumentID: t.Return, Number: d.Number})
}

// emit sends a document by the way its receiver chose: else by the way its order came,
// or, for an order made on the pages, to its X12 or EDIFACT address. Who has none reads
// it on the pages.
func (a *App) emit(ctx context.Context, actor access.Actor, t trade.Event, p trade.Parties, out gateway.Outgoing) error {
	if p.Interchange != "" || p.Follows {
		return nil // it went out before, or with another
	}
	to := t.Reseller
	if actor.Org == t.Reseller {
		to = t.Supplier
	}
	route, err := a.gateway.RouteTo(ctx, actor, t.Partnership, to, out.Kind)
	if err != nil || route.Door == gateway.RoutePages {
		return err
	}
	out.Supplier, out.Reseller, out.Partnership, out.From = t.Supplier, t.Reseller, t.Partnership, actor.Org
	out.ReplyTo = t.Interchange
	if addressed, err := a.addressed(ctx, actor, t, to, route, &out); err != nil || !addressed {
		return err
	}
	if err := a.theirPlace(ctx, t, out.Doc); err != nil {
		return err
	}
	done, err := a.gateway.Emit(ctx, actor, out)
	if err != nil || out.DocumentKind != trade.DocumentResponse && out.DocumentKind != trade.DocumentInvoice {
		return err // the others are found by their set
	}
	return a.trade.SetInterchange(ctx, actor, out.DocumentKind, out.DocumentID, done.ID)
}

// addressed fills in sender and receiver where the document follows no interchange, or
// another standard was chosen; false: the receiver has no address that both confirmed.
func (a *App) addressed(ctx context.Context, actor access.Actor, t trade.Event, to string, route gateway.Route, out *gateway.Outgoing) (bool, error) {
	if gateway.IsForm(route.Syntax) { // goes by the companies' short names
		names, err := gatewayPartners{a}.Slugs(ctx, actor.Org, to)
		out.ReplyTo, out.Syntax, out.Version = "", route.Syntax, route.Version
		out.Sender, out.Receiver = gateway.Identity{Value: names[actor.Org]}, gateway.Identity{Value: names[to]}
		return err == nil, err
	}
	syntaxes := []string{gateway.SyntaxX12, gateway.SyntaxEDIFACT}
	if route.Syntax != "" {
		syntaxes = []string{route.Syntax}
	} else if out.ReplyTo != "" {
		return true, nil
	}
	for _, syntax := range syntaxes {
		kind := account.X12
		if syntax == gateway.SyntaxEDIFACT {
			kind = account.EDIFACT
		}
		from, at, ok, err := a.partners.Addresses(ctx, actor, t.Partnership, kind, actor.Org, to)
		if err != nil {
			return false, err
		}
		if ok {
			out.ReplyTo, out.Syntax, out.Version = "", syntax, route.Version
			out.Sender, out.Receiver = gateway.Identity{Qualifier: from.Qualifier, Value: from.Value}, gateway.Identity{Qualifier: at.Qualifier, Value: at.Value}
			return true, nil
		}
	}
	return out.ReplyTo != "", nil // the standard that was chosen has no address: the usual way
}
