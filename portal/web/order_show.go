package web

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"entente/chat/room"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/trade"
)

// orderBlocks are the parts of the order page that are fetched alone.
var orderBlocks = fragments{"work": "order.work", "lines": "order.lines", "chain": "order.chain", "activity": "order.activity"}

// orderShow is the order page.
func orderShow(v *visit) error {
	page, _, err := v.orderPage(v.Params("id"))
	if err != nil {
		return err
	}
	return v.render(page, orderBlocks)
}

func (v *visit) orderURL(id trade.OrderID) string { return v.path("orders", string(id)) }

// orderPage reads the order with everything around it: its room, the messages
// that carried it, the names of those who acted.
func (v *visit) orderPage(id string) (*view.OrderPage, trade.Detail, error) {
	d, err := v.w.d.Trade.Get(v.ctx, v.actor(), trade.OrderID(id))
	if err != nil {
		return nil, d, err
	}
	people := []string{d.PlacedBy}
	for _, c := range d.Changes {
		people = append(people, c.AnsweredBy)
	}
	orgs := []string{d.Supplier, d.Reseller}
	for _, e := range d.History {
		people, orgs = append(people, e.Person), append(orgs, e.Org)
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return nil, d, err
	}
	res := access.Shared(d.Supplier, d.Reseller)
	edi := v.may(access.EDIRead, res)
	var links []gateway.Link
	if edi {
		if links, err = v.w.d.Gateway.ForDocument(v.ctx, v.actor(), orderRefs(d)...); err != nil {
			return nil, d, err
		}
	}
	page := &view.OrderPage{
		Base: v.shell(), URL: v.orderURL(d.ID), Number: d.Number, Status: orderState(d.Order),
		Buyer: n.company(d.Reseller), Supplier: n.company(d.Supplier), BuyerName: n.person(d.PlacedBy),
		Placed: d.Received, Requested: view.Date(d.RequestedOn), Revision: strconv.FormatInt(d.Version, 10),
		Parties: parties(d), Terms: terms(d), Prices: !d.PricesHidden,
		Chain: v.chain(d, links, edi), Lines: v.orderLines(d), Totals: v.orderTotals(d),
		Documents: v.documents(d, links), Activity: v.activity(d, links, n, edi), Held: v.held(d, n), Clock: v.orderClock(d, n), Replies: v.openReplies(d, n), Can: v.orderCan(d, res),
	}
	if d.Reseller == v.org() && v.may(access.OrderPlace, res) {
		page.AgainURL = v.path("orders", "new") + "?again=" + queryEscape(string(d.ID))
	}
	quotes, err := v.orderQuotes(d.ID)
	if err != nil {
		return nil, d, err
	}
	page.Terms = append(page.Terms, quotes...)
	if page.Place, err = v.heldPlace(d, n); err != nil {
		return nil, d, err
	}
	if page.Warnings, err = v.warnings(d); err != nil {
		return nil, d, err
	}
	if err := v.knownPlace(d, page.Parties); err != nil {
		return nil, d, err
	}
	if page.Findings, err = v.orderFindings(d, edi); err != nil {
		return nil, d, err
	}
	if err := v.holdBoxes(page, d, n); err != nil {
		return nil, d, err
	}
	if err := v.blanketBox(page, d, n); err != nil {
		return nil, d, err
	}
	v.changeBoxes(page, d, n)
	if err := v.returnBoxes(page, d, n); err != nil {
		return nil, d, err
	}
	page.Room, err = v.roomAbout(room.Subject{Kind: "order", ID: string(d.ID)}, true)
	return page, d, err
}

// orderRefs names every document of the order for the gateway.
func orderRefs(d trade.Detail) []gateway.Ref {
	refs := []gateway.Ref{{Kind: trade.DocumentOrder, ID: string(d.ID)}}
	for _, r := range d.Responses {
		refs = append(refs, gateway.Ref{Kind: trade.DocumentResponse, ID: string(r.ID)})
	}
	for _, s := range d.Shipments {
		refs = append(refs, gateway.Ref{Kind: trade.DocumentShipment, ID: string(s.ID)})
	}
	for _, c := range d.Changes {
		refs = append(refs, gateway.Ref{Kind: trade.DocumentChange, ID: string(c.ID)})
	}
	for _, i := range d.Invoices {
		refs = append(refs, gateway.Ref{Kind: trade.DocumentInvoice, ID: string(i.ID)})
	}
	return refs
}

// orderCan decides which buttons exist: the right, and something left to do.
func (v *visit) orderCan(d trade.Detail, res access.Resource) view.OrderCan {
	can := view.OrderCan{Agree: agreeable(d) != "" && v.may(access.OrderReceive, res)}
	can.Change = changeable(d) && v.may(access.OrderPlace, res)
	finished := d.State == trade.Cancelled || d.State == trade.Rejected || d.State == trade.Closed
	if finished {
		return can
	}
	var answer, ship, invoice, receive bool
	for _, l := range d.Lines {
		answer = answer || l.Answerable() > 0
		ship = ship || l.ToShip() > 0
		invoice = invoice || l.Shipped > l.Invoiced || l.Confirmed > l.Invoiced && l.Shipped == 0
		receive = receive || l.ToReceive() > 0
	}
	can.Confirm = answer && d.Place == nil && d.HoldReason == "" && v.may(access.OrderConfirm, res)
	if d.Kind == trade.KindBlanket { // goods go by its call-offs
		return can
	}
	can.Ship = ship && d.HoldReason == "" && v.may(access.OrderShip, res)
	can.Invoice = invoice && !d.PricesHidden && v.may(access.OrderInvoice, res)
	can.Receive = receive && v.may(access.OrderReceive, res)
	return can
}

// agreeable is the latest changed answer that the reseller has not agreed to.
func agreeable(d trade.Detail) trade.ResponseID {
	for i := len(d.Responses) - 1; i >= 0; i-- {
		if r := d.Responses[i]; r.Kind == trade.ResponseChanged && r.AgreedAt.IsZero() {
			return r.ID
		}
	}
	return ""
}

var partyRoles = map[string]string{"BY": "buyer", "SE": "supplier", "SU": "supplier", "VN": "supplier", "ST": "ship_to", "BT": "bill_to"}

func parties(d trade.Detail) []view.Party {
	var out []view.Party
	for _, p := range d.Parties {
		role, ok := partyRoles[p.Role]
		if !ok {
			continue
		}
		out = append(out, view.Party{Role: role, Name: p.Name, Code: p.ID, Lines: addressLines(p)})
	}
	return out
}

func addressLines(p doc.Party) []string {
	var out []string
	out = append(out, p.MoreNames...)
	out = append(out, p.Address...)
	place := ""
	for _, part := range []string{p.Postcode, p.City, p.Region, p.Country} {
		if part != "" && place != "" {
			place += " "
		}
		place += part
	}
	if place != "" {
		out = append(out, place)
	}
	return out
}

func terms(d trade.Detail) []view.KV {
	out := []view.KV{{Label: view.T("order.currency"), Value: view.Raw(string(d.Currency))}}
	for _, t := range d.Terms {
		switch {
		case t.Text != "":
			out = append(out, view.KV{Label: view.T("order.terms"), Value: view.Raw(t.Text)})
		case t.NetDays != "":
			out = append(out, view.KV{Label: view.T("order.terms"), Value: view.T("order.terms_net", "days", t.NetDays)})
		}
	}
	if d.OrderedOn != "" {
		out = append(out, view.KV{Label: view.T("order.ordered_on"), Value: view.T("order.on", "date", view.Date(d.OrderedOn))})
	}
	if d.Release != "" {
		out = append(out, view.KV{Label: view.T("order.release"), Value: view.Raw(d.Release)})
	}
	if d.Contract != "" {
		out = append(out, view.KV{Label: view.T("order.contract"), Value: view.Raw(d.Contract)})
	}
	for _, r := range d.Refs {
		if r.Value == "" {
			continue
		}
		label := view.T("order.reference", "code", r.Qualifier)
		out = append(out, view.KV{Label: label, Value: view.Raw(r.Value), Mono: true})
	}
	if d.Note != "" {
		out = append(out, view.KV{Label: view.T("order.note"), Value: view.Raw(d.Note)})
	}
	return out
}

// chain is the documents in their order with how far each came.
func (v *visit) chain(d trade.Detail, links []gateway.Link, edi bool) []view.ChainStep {
	carried := map[string]gateway.Link{}
	for _, l := range links {
		carried[l.ID] = l
	}
	for _, l := range links { // of several documents in one message, the one itself
		carried[l.ID+l.Document.ID] = l
	}
	received := map[string]string{} // by document, the message of the supplier's system
	for _, r := range d.Replies {
		received[r.Made] = r.Interchange
	}
	var out []view.ChainStep
	for _, s := range d.Chain {
		c := view.ChainStep{Code: s.Code, At: s.At, Sent: s.By == v.org(), Todo: s.Todo, Status: view.Status{State: stepState(s, v.org())}}
		if s.Todo {
			out = append(out, c)
			continue
		}
		c.PDF = v.stepPDF(d.ID, s)
		switch {
		case !d.PricesHidden && s.Amount.Minor != 0:
			c.Figure = view.T("order.net", "amount", amount(s.Amount))
		case s.Total > 0:
			c.Figure = view.T("chain.of", "part", view.Quantity{Value: s.Quantity.String()}, "whole", view.Quantity{Value: s.Total.String()})
		}
		c.Pips = view.Pips{Steps: [4]view.Pip{view.PipOn, view.PipOn, view.PipOn, view.PipOn}, Words: view.T("pips.accepted")}
		l, ok := carried[s.Interchange+s.ID]
		if !ok {
			l, ok = carried[s.Interchange]
		}
		if ok && s.Interchange != "" {
			c.Pips = linkPips(l)
			if edi {
				c.URL = v.linkURL(l)
			}
		}
		if from := received[s.ID]; c.URL == "" && from != "" && edi {
			c.URL = v.path("edi", from)
			if l, ok := carried[from+s.ID]; ok {
				c.URL = v.linkURL(l)
			}
		}
		out = append(out, c)
	}
	return out
}

// stepPDF is the address of a document of the chain on paper.
func (v *visit) stepPDF(order trade.OrderID, s trade.Step) string {
	switch s.Code {
	case "850":
		return v.orderURL(order) + "/pdf"
	case "855":
		return v.path("orders", string(order), "responses", s.ID, "pdf")
	case "856":
		return v.path("orders", string(order), "shipments", s.ID, "pdf")
	case "810":
		return v.path("invoices", s.ID, "pdf")
	}
	return ""
}

func stepState(s trade.Step, own string) view.State {
	switch s.State {
	case "accepted", "matched":
		return "document.accepted"
	case "open":
		return "document.waiting"
	case "partly":
		return "document.partly"
	case "changed":
		return "document.short"
	case "rejected":
		return "document.rejected"
	case trade.ChangeWithdrawn:
		return "document.withdrawn"
	case "differs":
		return "document.differs"
	case "":
		return "document.none"
	}
	if s.By == own {
		return "document.sent"
	}
	return "document.received"
}

// linkPips is how far an interchange came: kept here, put out, fetched or
// processed, acknowledged.
func linkPips(l gateway.Link) view.Pips {
	p := messagePips(l.Origin, l.State, l.Result, l.Delivery, or(l.Refused(), l.Acknowledged))
	if l.Late {
		p = latePips(p)
	}
	return p
}

// documents lists the EDI messages about an order and, beside them, what was made
// on the pages and went nowhere by EDI, newest first.
func (v *visit) documents(d trade.Detail, links []gateway.Link) []view.DocumentRow {
	var out []view.DocumentRow
	carried := map[string]bool{}
	for _, l := range links {
		carried[l.Document.ID] = true
		row := view.DocumentRow{At: l.At, URL: v.linkURL(l)}
		if len(l.Types) > 0 {
			row.Code = l.Types[0]
			row.Title = view.T("document." + row.Code)
			if !v.has("document." + row.Code) {
				row.Title = view.Raw(row.Code)
			}
		}
		row.Sub = view.T("order.document_of", "control", l.Control, "state", view.State("edi."+or(partnerWord(l.Refused()), linkWord(l.State, l.Result, l.Delivery, l.Origin))))
		out = append(out, row)
	}
	for _, s := range d.Chain {
		if !s.Todo && s.Interchange == "" && !carried[s.ID] {
			out = append(out, view.DocumentRow{Code: s.Code, Title: view.T("document." + s.Code), Sub: view.Raw(s.Number), At: s.At})
		}
	}
	slices.SortStableFunc(out, func(a, b view.DocumentRow) int { return b.At.Compare(a.At) })
	return out
}

// linkURL is the page of a message, opened at the document that a link is about.
func (v *visit) linkURL(l gateway.Link) string {
	out := v.path("edi", l.ID)
	if l.Sets > 1 && l.Position > 0 {
		out += "?set=" + strconv.Itoa(l.Position)
	}
	return out
}

// linkWord is the one word for where an interchange stands.
func linkWord(state gateway.State, result, delivery, origin string) string {
	switch {
	case origin == gateway.OriginMade && delivery != "":
		return delivery
	case state == gateway.Processed && result != "":
		return result
	}
	return string(state)
}

// historyIcons chooses icon and colour of an entry by the last part of its kind;
// others show the plain clock.
var historyIcons = map[string]struct {
	icon string
	tone view.Tone
}{
	"received": {"package", view.Blue}, "placed": {"package", view.Blue}, "confirmed": {"check", view.Green}, "agreed": {"checks", view.Green}, "return_asked": {"arrow-back-up", view.Amber}, "return_granted": {"check", view.Green}, "return_refused": {"x", view.Red}, "return_arrived": {"package-import", view.Green}, "change_asked": {"refresh", view.Amber}, "change_withdrawn": {"arrow-back-up", view.Grey}, "change_accepted": {"check", view.Green}, "change_partly": {"check", view.Amber}, "change_rejected": {"x", view.Red}, "change_held": {"lock", view.Amber}, "change_duplicate": {"copy", view.Grey},
	"partly_confirmed": {"check", view.Amber}, "changed": {"check", view.Amber}, "accepted": {"check", view.Green}, "rejected": {"x", view.Red},
	"refused": {"x", view.Red}, "held": {"lock", view.Amber}, "unplaced": {"lock", view.Amber}, "unapproved": {"lock", view.Amber}, "approved": {"check", view.Green}, "on_hold": {"lock", view.Amber}, "released": {"check", view.Green}, "hold_overdue": {"clock", view.Red}, "overdue": {"clock", view.Red}, "granted": {"check", view.Green}, "located": {"check", view.Green}, "reply_held": {"lock", view.Amber}, "reply_duplicate": {"copy", view.Grey}, "reply_discarded": {"x", view.Grey}, "credited": {"receipt", view.Blue}, "duplicate": {"copy", view.Grey}, "shipped": {"truck", view.Blue},
	"goods_received": {"package-import", view.Green}, "invoiced": {"receipt", view.Blue}, "cancelled": {"x", view.Grey}, "differs": {"alert-circle", view.Red},
}

// heldWords are the values of an entry, with the coded words of a hold in the reader's
// language.
func heldWords(v *visit, e trade.Entry) map[string]string {
	if e.Kind != "order.on_hold" && e.Kind != "order.released" {
		return e.Args
	}
	out := maps.Clone(e.Args)
	out["Reason"] = v.p.T("holdreason."+e.Args["Reason"], nil)
	if r := e.Args["Role"]; r != "" {
		out["Role"] = v.p.T("role."+r, nil)
	}
	return out
}

func (v *visit) activity(d trade.Detail, links []gateway.Link, n names, edi bool) []view.Entry {
	carried := map[string]gateway.Link{} // the document of this order, where a message has but one of it
	for _, l := range links {
		if other, ok := carried[l.ID]; ok && other.Position != l.Position {
			l.Position = 0
		}
		carried[l.ID] = l
	}
	var out []view.Entry
	for _, e := range d.History {
		args := pairs(heldWords(v, e))
		args = append(args, "company", n.org(e.Org), "person", n.actor(e.Person, e.Org))
		look := historyIcons[lastWord(e.Kind)]
		entry := view.Entry{Tone: look.tone, Icon: v.icon(look.icon), Actor: n.actor(e.Person, e.Org), Text: view.T("history."+e.Kind, args...), At: e.At}
		if e.Kind == "order.received" { // whoever took it in, the reseller ordered
			entry.Actor = n.actor(d.PlacedBy, d.Reseller)
		}
		if id := e.Args["interchange"]; id != "" && edi {
			entry.URL = v.path("edi", id)
			if l, ok := carried[id]; ok {
				entry.URL = v.linkURL(l)
			}
		}
		out = append(out, entry)
	}
	return out
}

// held is the banner of a document that waits for a decision.
func (v *visit) held(d trade.Detail, n names) *view.Held {
	for i := len(d.Arrivals) - 1; i >= 0; i-- {
		a := d.Arrivals[i]
		if a.Outcome != trade.HeldBack || a.Answer != "" {
			continue
		}
		h := &view.Held{Reason: a.Reason, Text: view.T("hold."+a.Reason+"_text", "po", d.Number), Since: a.At, Owner: n.org(d.Supplier)}
		if d.Supplier == v.org() && v.may(access.OrderResolve, access.Shared(d.Supplier, d.Reseller)) {
			h.Answers = []view.HeldAnswer{view.AnswerNew, view.AnswerRefuse}
			if a.CanReplace {
				h.Answers = []view.HeldAnswer{view.AnswerNew, view.AnswerReplace, view.AnswerRefuse}
			}
		}
		for _, x := range a.Differences {
			where := view.T("hold.field." + x.Field)
			if x.Line > 0 {
				where = view.T("hold.line_field", "line", strconv.Itoa(x.Line), "field", view.T("hold.field."+x.Field))
			}
			if d.PricesHidden && x.Field == "price" {
				h.Differences = append(h.Differences, view.HeldDifference{Where: where, Was: view.T("hold.not_shown"), Now: view.T("hold.not_shown")})
				continue
			}
			h.Differences = append(h.Differences, view.HeldDifference{Where: where, Was: orDash(x.Was), Now: orDash(x.Now)})
		}
		return h
	}
	return nil
}

func orDash(s string) view.Text {
	if s == "" {
		return view.Raw("–")
	}
	return view.Raw(s)
}

// orderFindings are the remarks of the check of the order's own document.
func (v *visit) orderFindings(d trade.Detail, edi bool) ([]view.Finding, error) {
	if !edi || d.Interchange == "" || d.SetNo == 0 {
		return nil, nil
	}
	set, err := v.w.d.Gateway.SetAt(v.ctx, v.actor(), d.Interchange, d.SetNo)
	if fault.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := v.findings(set.Findings, set.Kind)
	for i := range out {
		out[i].URL = v.path("edi", d.Interchange) + "?set=" + strconv.Itoa(d.SetNo) + "#pin-" + strconv.Itoa(out[i].No)
	}
	return out, nil
}

// civilDay is today in the company's own zone, for the dates of its documents.
func (v *visit) civilDay() string {
	return v.now.In(v.login.Org.Location()).Format(time.DateOnly)
}
