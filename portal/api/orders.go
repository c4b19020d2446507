package api

import (
	"context"
	"strings"
	"time"

	"entente/chat/room"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/approval"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// amount is money on the wire: exact decimals as text.
type amount struct {
	Amount   string `json:"amount" example:"12.50"`
	Currency string `json:"currency" example:"GBP"`
}

type order struct {
	ID           string    `json:"id"`
	Number       string    `json:"number" doc:"the buyer's purchase order number"`
	Release      string    `json:"release,omitempty"`
	Kind         string    `json:"kind,omitempty" doc:"as BEG02: SA, NE, BK blanket, RL call-off, DS drop ship"`
	State        string    `json:"state" doc:"received, confirmed, partly_confirmed, rejected, partly_shipped, shipped, invoiced, closed or cancelled"`
	ShipTo       string    `json:"ship_to,omitempty" doc:"in one line"`
	Unknown      string    `json:"ship_to_unknown,omitempty" doc:"qualifier, colon and code"`
	Held         string    `json:"held,omitempty" doc:"why it waits: duplicate, replace or cancel (a further document), location (the supplier does not know ship_to_unknown), approval (the supplier's own rules), or the reason of a hold: credit, stock, price, document, export, other"`
	Differs      bool      `json:"differs" doc:"an invoice does not match"`
	Supplier     string    `json:"supplier" doc:"slug"`
	Reseller     string    `json:"reseller" doc:"slug"`
	Currency     string    `json:"currency"`
	Total        *amount   `json:"total" doc:"net, as ordered; null without the right to see prices"`
	Confirmed    *amount   `json:"confirmed_total"`
	Invoiced     *amount   `json:"invoiced_total"`
	OrderedOn    string    `json:"ordered_on"`
	RequestedOn  string    `json:"requested_on,omitempty"`
	Source       string    `json:"source"`
	Version      int64     `json:"version"`
	Approval     string    `json:"approval,omitempty" doc:"id of what your company's own rules keep back: a new order (then there is none yet, state is waiting_approval), a change or an answer"`
	Received     time.Time `json:"received"`
	Lines        []line    `json:"lines"`
	Room         *string   `json:"room" doc:"id of its room"`
	Interchanges []ediLink `json:"interchanges" doc:"every interchange about this order, oldest first"`
	Responses    []string  `json:"responses,omitempty"`
	Shipments    []string  `json:"shipments,omitempty"`
	Invoices     []string  `json:"invoices,omitempty"`
	Changes      []change  `json:"changes,omitempty" doc:"what the buyer asked to change, oldest first; only of a single order"`
}

type line struct {
	Line        int      `json:"line"`
	Reference   string   `json:"reference,omitempty" doc:"line number as the buyer wrote it"`
	SKU         string   `json:"sku"`
	BuyerItem   string   `json:"buyer_item"`
	GTIN        string   `json:"gtin"`
	Description string   `json:"description,omitempty"`
	Quantity    string   `json:"quantity" doc:"ordered"`
	Unit        string   `json:"unit"`
	Price       *amount  `json:"price"`
	Amount      *amount  `json:"amount"`
	State       string   `json:"state"`
	Marks       []string `json:"marks,omitempty" doc:"doubts to be settled by the answer: unknown_item, price_differs …"`
	Confirmed   string   `json:"confirmed"`
	Backordered string   `json:"backordered"`
	Cancelled   string   `json:"cancelled"`
	Shipped     string   `json:"shipped"`
	Delivered   string   `json:"received"`
	Invoiced    string   `json:"invoiced"`
	RequestedOn string   `json:"requested_on,omitempty"`
	PromisedOn  string   `json:"promised_on,omitempty"`
	Parts       []asked  `json:"parts,omitempty" doc:"deliveries asked for, where there are several"`
	InsteadOf   string   `json:"instead_of,omitempty" doc:"the item as ordered, where sku is its substitute"`
	Free        bool     `json:"free,omitempty" doc:"asked for free of charge"`

	Steps []priceStep `json:"price_steps,omitempty" doc:"how the price came about when the line was judged, in order; only of a single order"`
}

// priceStep is one step from the price list to what a line comes to.
type priceStep struct {
	Kind    string  `json:"kind" enum:"list,partner,special,promotion,ordered,net"`
	List    string  `json:"list,omitempty" doc:"id of the price list"`
	Version int     `json:"version,omitempty" doc:"of the price list"`
	From    string  `json:"valid_from,omitempty" doc:"of that version"`
	On      string  `json:"priced_on,omitempty" doc:"the day by which the line was priced"`
	Number  string  `json:"number,omitempty" doc:"of the special price or the promotion"`
	Rule    string  `json:"rule,omitempty" enum:"line,head,best" doc:"why this promotion and no other: the number on the line, that of the order, or the one that takes off most"`
	Reason  string  `json:"reason,omitempty" doc:"of a promotion: why it counts or not"`
	Method  string  `json:"method,omitempty" enum:"price,off_invoice,bill_back" doc:"of a promotion that counts"`
	Granted string  `json:"granted,omitempty" doc:"the quantity for which it counts"`
	Off     *amount `json:"off,omitempty" doc:"a unit of that"`
	Price   *amount `json:"price,omitempty" doc:"a unit after the step; none where some cost less than others"`
	Amount  *amount `json:"amount,omitempty" doc:"of net: what the line comes to"`
}

func priceSteps(d trade.Detail, l trade.Line) []priceStep {
	var out []priceStep
	each := func(p money.Price) *amount { return &amount{p.Fixed(d.Currency.Digits()), string(d.Currency)} }
	for _, x := range d.PriceSteps(l) {
		s := priceStep{Kind: x.Kind, List: x.List, Version: x.Version, From: x.From, On: x.On, Number: x.Number, Rule: x.Rule, Reason: x.Reason, Method: x.Method}
		if x.Kind != trade.StepNet || x.Price > 0 || x.Amount.Minor == 0 {
			s.Price = each(x.Price)
		}
		if x.Granted > 0 {
			s.Granted, s.Off = x.Granted.String(), each(x.Off)
		}
		if x.Kind == trade.StepNet {
			s.Amount = money2(x.Amount, false)
		}
		out = append(out, s)
	}
	return out
}

// asked is a part delivery.
type asked struct {
	Quantity string `json:"quantity"`
	On       string `json:"on,omitempty"`
}

type orderFilter struct {
	Paging
	Q       string `query:"q" doc:"order number, item number or words of an item"`
	View    string `query:"view" enum:"waiting,open,held,marked,differs"`
	State   string `query:"state" doc:"one or several, comma separated"`
	Partner string `query:"partner" doc:"slug of the other company"`
	Side    string `query:"side" enum:"supplier,reseller" doc:"what your company is to the order"`
	From    string `query:"from" format:"date"`
	To      string `query:"to" format:"date"`
}

type confirmBody struct {
	Version int64         `json:"version,omitempty" doc:"the version you saw; 409 when the order moved on"`
	Lines   []confirmLine `json:"lines,omitempty" doc:"empty accepts everything; a line may appear more than once"`
	Release string        `json:"release,omitempty" maxLength:"300" doc:"why it goes although your own checks stop it"`
}

type confirmLine struct {
	Line       int    `json:"line" minimum:"1"`
	Action     string `json:"action" enum:"accept,change,backorder,reject,substitute"`
	Quantity   string `json:"quantity,omitempty" doc:"decimal; empty: all that is open"`
	Date       string `json:"date,omitempty" doc:"civil date"`
	Reason     string `json:"reason,omitempty"`
	Price      string `json:"price,omitempty"`
	Substitute string `json:"substitute,omitempty" doc:"SKU sent instead"`
}

type quantityLine struct {
	Line     int    `json:"line" minimum:"1"`
	Quantity string `json:"quantity"`
	Price    string `json:"price,omitempty" doc:"only for an invoice, when it is not the order's"`
	TaxRate  string `json:"tax_rate,omitempty" doc:"only for an invoice, when it is not the invoice's: 0.05 for 5 %"`
}

func (a *API) orders() {
	const base = "/api/v1/orders"
	a.changes(base)
	a.goodsReturns()
	a.blanketOrders()
	handle(a, op("GET", base, "orders:read", "List orders", "Newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *orderFilter) (*reply[list[order]], error) {
			f := trade.Filter{View: trade.View(in.View), Side: in.Side, From: in.From, To: in.To, Query: in.Q, After: in.After, Limit: in.Limit}
			for w := range strings.SplitSeq(in.State, ",") {
				if w != "" {
					f.States = append(f.States, trade.State(w))
				}
			}
			if in.Partner != "" {
				id, err := a.partnerID(ctx, actor, in.Partner)
				if err != nil {
					return nil, err
				}
				f.Partner = id
			}
			got, err := a.d.Trade.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			ids := make([]trade.OrderID, len(got.Items))
			orgs := map[string]bool{}
			for i, o := range got.Items {
				ids[i] = o.ID
				orgs[o.Supplier], orgs[o.Reseller] = true, true
			}
			lines, err := a.d.Trade.Lines(ctx, actor, ids)
			if err != nil {
				return nil, err
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]order, len(got.Items))
			for i, o := range got.Items {
				items[i] = wireOrder(o.Order, lines[o.ID], slugs)
			}
			return page(items, got.Next), a.surround(ctx, actor, items)
		})
	handle(a, op("GET", base+"/{id}", "orders:read", "Get an order", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[order], error) {
			return a.order(ctx, actor, trade.OrderID(in.ID))
		})
	type shipTo struct {
		ID       string `json:"id,omitempty" maxLength:"60" doc:"your number of the place"`
		Name     string `json:"name,omitempty" maxLength:"120"`
		Street   string `json:"street,omitempty" maxLength:"120"`
		City     string `json:"city,omitempty" maxLength:"80"`
		Postcode string `json:"postcode,omitempty" maxLength:"20"`
		Country  string `json:"country,omitempty" maxLength:"2" doc:"ISO 3166-1, two letters"`
	}
	type place struct {
		Body struct {
			Supplier    string `json:"supplier" doc:"slug"`
			Number      string `json:"number,omitempty" maxLength:"22" doc:"your purchase order number; empty takes the next of the partnership"`
			RequestedOn string `json:"requested_on,omitempty"`
			Requested   string `json:"requested,omitempty" doc:"the same as requested_on, which counts where both are given"`
			ShipTo      shipTo `json:"ship_to,omitempty"`
			Note        string `json:"note,omitempty" maxLength:"500"`
			Deal        string `json:"deal,omitempty" maxLength:"30" doc:"number of a registration or special price that the order stands on"`
			Promotion   string `json:"promotion,omitempty" maxLength:"30" doc:"number of a promotion that the lines are ordered under"`
			Key         string `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same order. Without one the number counts: the same order under it again is answered with the one that stands, another is held; neither number nor key makes a new order each time"`
			Lines       []struct {
				SKU         string `json:"sku,omitempty" doc:"the supplier's item number; alone it may be yours or a GTIN as well"`
				BuyerItem   string `json:"buyer_item,omitempty" maxLength:"60" doc:"your item number"`
				GTIN        string `json:"gtin,omitempty" maxLength:"14"`
				Quantity    string `json:"quantity"`
				Unit        string `json:"unit,omitempty" doc:"X12 or UN/ECE code; the base unit where it is left out"`
				Price       string `json:"price,omitempty" doc:"what you reckon with, per unit; the list price where it is left out"`
				RequestedOn string `json:"requested_on,omitempty" doc:"where the line's date is not the order's"`
			} `json:"lines" minItems:"1" maxItems:"999"`
		}
	}
	handle(a, op("POST", base, "orders:write", "Place an order", "For systems that speak JSON instead of EDI. Each line names its item by sku, buyer_item or gtin. Prices come from the price list of the partnership where a line has none; one that differs is marked for the supplier.", 201),
		func(ctx context.Context, actor access.Actor, in *place) (*reply[order], error) {
			supplier, ps, err := a.partnerships(ctx, actor, in.Body.Supplier)
			if err != nil {
				return nil, err
			}
			cmd := trade.PlaceCmd{Number: in.Body.Number, RequestedOn: in.Body.RequestedOn, Note: in.Body.Note, Deal: in.Body.Deal, Promotion: in.Body.Promotion, Key: in.Body.Key}
			if cmd.RequestedOn == "" {
				cmd.RequestedOn = in.Body.Requested
			}
			if to := in.Body.ShipTo; to != (shipTo{}) {
				cmd.ShipTo = doc.Party{Role: "ST", ID: to.ID, Name: to.Name, City: to.City, Postcode: to.Postcode, Country: to.Country}
				if to.Street != "" {
					cmd.ShipTo.Address = []string{to.Street}
				}
			}
			for _, p := range ps {
				if p.Supplier == supplier {
					cmd.Partnership = p.ID
				}
			}
			for i, l := range in.Body.Lines {
				q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
				if err != nil {
					return nil, err
				}
				price, err := quantity("lines."+itoa(i)+".price", l.Price)
				if err != nil {
					return nil, err
				}
				cmd.Lines = append(cmd.Lines, trade.PlaceLine{SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Quantity: q, Unit: l.Unit, Price: price, RequestedOn: l.RequestedOn})
			}
			got, err := a.d.Trade.Place(ctx, actor, cmd)
			if err != nil {
				return nil, err
			}
			if got.Outcome == trade.ForApproval {
				return &reply[order]{order{State: "waiting_approval", Approval: got.Approval, Number: cmd.Number, Supplier: in.Body.Supplier, Source: trade.SourceAPI, Lines: []line{}, Interchanges: []ediLink{}}}, nil
			}
			return a.order(ctx, actor, got.Order)
		})
	type confirm struct {
		IDPath
		Body confirmBody `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/confirm", "orders:write", "Answer an order", "By line: accept, change, back-order, reject, substitute; a line may appear more than once. No lines accepts everything. The 855 goes to the buyer.", 200),
		func(ctx context.Context, actor access.Actor, in *confirm) (*reply[order], error) {
			cmd := trade.ConfirmCmd{Version: in.Body.Version, Release: in.Body.Release}
			for i, l := range in.Body.Lines {
				q, err := part(i, l.Line, l.Quantity)
				if err != nil {
					return nil, err
				}
				p, err := quantity("lines."+itoa(i)+".price", l.Price)
				if err != nil {
					return nil, err
				}
				cmd.Lines = append(cmd.Lines, trade.ConfirmLine{Line: l.Line, Action: trade.Action(l.Action), Quantity: q, Date: l.Date, Reason: l.Reason, Price: p, Substitute: l.Substitute})
			}
			made, err := a.d.Trade.Confirm(ctx, actor, trade.OrderID(in.ID), cmd)
			if err != nil {
				return nil, err
			}
			return a.kept(ctx, actor, trade.OrderID(in.ID), made == "")
		})
	type ship struct {
		IDPath
		Body struct {
			Version   int64          `json:"version,omitempty"`
			Lines     []quantityLine `json:"lines,omitempty" doc:"empty: everything confirmed and not shipped"`
			ShippedOn string         `json:"shipped_on,omitempty"`
			Carrier   string         `json:"carrier,omitempty" maxLength:"80"`
			Tracking  string         `json:"tracking,omitempty" maxLength:"80"`
			Release   string         `json:"release,omitempty" maxLength:"300" doc:"why it goes although your own checks stop it"`
		} `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/ship", "orders:write", "Ship", "", 200),
		func(ctx context.Context, actor access.Actor, in *ship) (*reply[order], error) {
			lines, err := quantities(in.Body.Lines)
			if err != nil {
				return nil, err
			}
			if _, err := a.d.Trade.Ship(ctx, actor, trade.OrderID(in.ID), trade.ShipCmd{Version: in.Body.Version, Lines: lines, ShippedOn: in.Body.ShippedOn, Carrier: in.Body.Carrier, Tracking: in.Body.Tracking, Release: in.Body.Release}); err != nil {
				return nil, err
			}
			return a.order(ctx, actor, trade.OrderID(in.ID))
		})
	type bill struct {
		IDPath
		Body struct {
			Version  int64          `json:"version,omitempty"`
			Number   string         `json:"number,omitempty" maxLength:"22"`
			IssuedOn string         `json:"issued_on,omitempty"`
			DueOn    string         `json:"due_on,omitempty"`
			TaxRate  string         `json:"tax_rate,omitempty" doc:"0.2 for 20 %"`
			Lines    []quantityLine `json:"lines,omitempty" doc:"empty: everything shipped, or confirmed where nothing was shipped here, and not invoiced"`
			Release  string         `json:"release,omitempty" maxLength:"300" doc:"why it goes although your own checks stop it"`
		} `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/invoice", "orders:write", "Invoice", "The 810 goes to the buyer.", 200),
		func(ctx context.Context, actor access.Actor, in *bill) (*reply[order], error) {
			rate, err := quantity("tax_rate", in.Body.TaxRate)
			if err != nil {
				return nil, err
			}
			cmd := trade.InvoiceCmd{Version: in.Body.Version, Number: in.Body.Number, IssuedOn: in.Body.IssuedOn, DueOn: in.Body.DueOn, TaxRate: rate, Release: in.Body.Release}
			if cmd.Lines, err = billed("", in.Body.Lines); err != nil {
				return nil, err
			}
			if _, err := a.d.Trade.Invoice(ctx, actor, trade.OrderID(in.ID), cmd); err != nil {
				return nil, err
			}
			return a.order(ctx, actor, trade.OrderID(in.ID))
		})
	type receive struct {
		IDPath
		Body struct {
			Version int64          `json:"version,omitempty"`
			Lines   []quantityLine `json:"lines,omitempty" doc:"empty: everything shipped"`
			Note    string         `json:"note,omitempty" maxLength:"500"`
		} `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/receive", "orders:write", "Mark goods as received", "", 200),
		func(ctx context.Context, actor access.Actor, in *receive) (*reply[order], error) {
			lines, err := quantities(in.Body.Lines)
			if err != nil {
				return nil, err
			}
			if _, err := a.d.Trade.MarkReceived(ctx, actor, trade.OrderID(in.ID), trade.ReceiveCmd{Version: in.Body.Version, Lines: lines, Note: in.Body.Note}); err != nil {
				return nil, err
			}
			return a.order(ctx, actor, trade.OrderID(in.ID))
		})
	type invoiceFilter struct {
		Paging
		Q       string `query:"q" doc:"beginning of a number"`
		State   string `query:"state" enum:"matched,differs"`
		Partner string `query:"partner" doc:"slug of the other company"`
	}
	handle(a, op("GET", "/api/v1/invoices", "invoices:read", "List invoices", "Newest first, without lines.", 200),
		func(ctx context.Context, actor access.Actor, in *invoiceFilter) (*reply[list[invoice]], error) {
			f := trade.InvoiceFilter{State: in.State, Query: in.Q, After: in.After, Limit: in.Limit}
			if in.Partner != "" {
				id, err := a.partnerID(ctx, actor, in.Partner)
				if err != nil {
					return nil, err
				}
				f.Partner = id
			}
			got, err := a.d.Trade.Invoices(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, v := range got.Items {
				orgs[v.Supplier], orgs[v.Reseller] = true, true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]invoice, len(got.Items))
			for i, v := range got.Items {
				items[i] = wireInvoice(v, slugs)
			}
			return page(items, got.Next), nil
		})
	handle(a, op("GET", "/api/v1/invoices/{id}", "invoices:read", "Get an invoice", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[invoice], error) {
			return a.invoiceOf(ctx, actor, trade.InvoiceID(in.ID))
		})
	a.collect()
}

func (a *API) invoiceOf(ctx context.Context, actor access.Actor, id trade.InvoiceID) (*reply[invoice], error) {
	v, err := a.d.Trade.GetInvoice(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	slugs, err := a.slugs(ctx, map[string]bool{v.Supplier: true, v.Reseller: true})
	if err != nil {
		return nil, err
	}
	return &reply[invoice]{wireInvoice(v, slugs)}, nil
}

// order reads an order with everything the contract shows.
// kept is an order after a deed that the company's own rules may keep back.
func (a *API) kept(ctx context.Context, actor access.Actor, id trade.OrderID, back bool) (*reply[order], error) {
	out, err := a.order(ctx, actor, id)
	if err != nil || !back {
		return out, err
	}
	list, err := a.d.Approvals.List(ctx, actor, approval.Filter{View: "open", Subject: string(id), Limit: 1})
	if err == nil && len(list.Items) > 0 {
		out.Body.Approval = string(list.Items[0].ID)
	}
	return out, err
}

func (a *API) order(ctx context.Context, actor access.Actor, id trade.OrderID) (*reply[order], error) {
	d, err := a.d.Trade.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	slugs, err := a.slugs(ctx, map[string]bool{d.Supplier: true, d.Reseller: true})
	if err != nil {
		return nil, err
	}
	out := wireOrder(d.Order, d.Lines, slugs)
	for i, l := range d.Lines {
		out.Lines[i].Steps = priceSteps(d, l)
	}
	refs := []gateway.Ref{{Kind: trade.DocumentOrder, ID: string(id)}}
	for _, r := range d.Responses {
		out.Responses = append(out.Responses, string(r.ID))
		refs = append(refs, gateway.Ref{Kind: trade.DocumentResponse, ID: string(r.ID)})
	}
	for _, c := range d.Changes {
		out.Changes = append(out.Changes, wireChange(c, d))
		refs = append(refs, gateway.Ref{Kind: trade.DocumentChange, ID: string(c.ID)})
	}
	for _, s := range d.Shipments {
		out.Shipments = append(out.Shipments, string(s.ID))
		refs = append(refs, gateway.Ref{Kind: trade.DocumentShipment, ID: string(s.ID)})
	}
	for _, v := range d.Invoices {
		out.Invoices = append(out.Invoices, string(v.ID))
		refs = append(refs, gateway.Ref{Kind: trade.DocumentInvoice, ID: string(v.ID)})
	}
	// Whoever may not see interchanges or rooms sees the order without them.
	if links, err := a.d.Gateway.ForDocument(ctx, actor, refs...); err == nil {
		for _, l := range links {
			out.Interchanges = append(out.Interchanges, ediLink{ID: l.ID, Type: strings.Join(l.Types, ","), Control: l.Control, At: l.At, Href: gateway.Href(l.ID)})
		}
	} else if !hidden(err) {
		return nil, err
	} else if ic := d.Interchange; ic != "" {
		out.Interchanges = append(out.Interchanges, ediLink{ID: ic, Type: "850", At: d.Order.Received, Href: gateway.Href(ic)})
	}
	id2, err := a.roomOf(ctx, actor, string(id))
	if err != nil {
		return nil, err
	}
	out.Room = id2
	return &reply[order]{out}, nil
}

// surround adds rooms and interchanges to a page of orders, in one query each.
// Whoever may not see them gets the orders without.
func (a *API) surround(ctx context.Context, actor access.Actor, items []order) error {
	ids, refs, at := make([]string, len(items)), make([]gateway.Ref, len(items)), make(map[string]int, len(items))
	for i, o := range items {
		ids[i], refs[i], at[o.ID] = o.ID, gateway.Ref{Kind: trade.DocumentOrder, ID: o.ID}, i
	}
	chat := actor
	chat.Scopes = nil // as in roomOf
	rooms, err := a.d.Rooms.BySubjects(ctx, chat, trade.DocumentOrder, ids)
	if err != nil && !hidden(err) {
		return err
	}
	for id, r := range rooms {
		s := string(r)
		items[at[id]].Room = &s
	}
	links, err := a.d.Gateway.ForDocument(ctx, actor, refs...)
	if err != nil {
		if hidden(err) {
			return nil
		}
		return err
	}
	of := map[string]int{} // interchange → order
	for _, l := range links {
		if i, ok := at[l.Document.ID]; ok {
			of[l.ID] = i
		}
	}
	for _, l := range links {
		i, ok := of[l.ID]
		if !ok {
			i, ok = of[l.Document.ID] // an acknowledgement is about an interchange
		}
		if ok {
			items[i].Interchanges = append(items[i].Interchanges, ediLink{ID: l.ID, Type: strings.Join(l.Types, ","), Control: l.Control, At: l.At, Href: gateway.Href(l.ID)})
		}
	}
	return nil
}

// roomOf finds the order's room; the caller's right to the order is proved, its
// right to chat may be missing from a token, which hides only the messages.
func (a *API) roomOf(ctx context.Context, actor access.Actor, id string) (*string, error) {
	actor.Scopes = nil
	r, err := a.d.Rooms.BySubject(ctx, actor, room.Subject{Kind: trade.DocumentOrder, ID: id})
	if err != nil {
		if hidden(err) {
			return nil, nil
		}
		return nil, err
	}
	s := string(r.ID)
	return &s, nil
}

func hidden(err error) bool {
	c := fault.CodeOf(err)
	return c == fault.NotFound || c == fault.Forbidden
}

// slugs names the companies of a page in one query.
func (a *API) slugs(ctx context.Context, ids map[string]bool) (map[string]account.Org, error) {
	list := make([]string, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	return a.d.Accounts.Directory().OrgsByID(ctx, list...)
}

func money2(m money.Amount, hidden bool) *amount {
	if hidden || m.Currency == "" {
		return nil
	}
	return &amount{m.String(), string(m.Currency)}
}

func wireOrder(o trade.Order, lines []trade.Line, orgs map[string]account.Org) order {
	out := order{
		ID: string(o.ID), Number: o.Number, Release: o.Release, State: string(o.State), Kind: o.Kind, Held: o.Held, ShipTo: o.ShipTo, Unknown: o.ShipToUnknown, Differs: o.Differs, Supplier: orgs[o.Supplier].Slug, Reseller: orgs[o.Reseller].Slug,
		Currency: string(o.Currency), Total: money2(o.Total, o.PricesHidden), Confirmed: money2(o.ConfirmedTotal, o.PricesHidden), Invoiced: money2(o.InvoicedTotal, o.PricesHidden),
		OrderedOn: o.OrderedOn, RequestedOn: o.RequestedOn, Source: o.Source, Version: o.Version, Received: o.Received, Lines: []line{}, Interchanges: []ediLink{},
	}
	for _, l := range lines {
		l.Amount.Currency = o.Currency
		w := line{
			Line: l.Number, Reference: l.Reference, SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Description: l.Description, Quantity: l.Ordered.String(), Unit: l.Unit, State: string(l.State),
			Confirmed: l.Confirmed.String(), Backordered: l.Backordered.String(), Cancelled: l.Cancelled.String(), Shipped: l.Shipped.String(), Delivered: l.Received.String(), Invoiced: l.Invoiced.String(),
			RequestedOn: l.RequestedOn, PromisedOn: l.PromisedOn, Amount: money2(l.Amount, o.PricesHidden), InsteadOf: l.InsteadOf, Free: l.Free,
		}
		for _, p := range l.Parts {
			w.Parts = append(w.Parts, asked{p.Quantity.String(), p.On})
		}
		if !o.PricesHidden {
			w.Price = &amount{l.Price.Fixed(o.Currency.Digits()), string(o.Currency)}
		}
		for _, m := range l.Marks {
			w.Marks = append(w.Marks, string(m))
		}
		out.Lines = append(out.Lines, w)
	}
	return out
}
