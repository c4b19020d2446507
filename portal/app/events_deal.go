package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/approval"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/mapping"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/quote"
	"entente/prm/trade"
)

// dealRoom is the subject of the room of a registration.
const dealRoom = "deal"

// dealTold says who hears of a registration's event, whether it is urgent, and whether
// the room of the deal tells it.
var dealTold = map[string]struct {
	kind               string
	supplier, reseller bool
	urgent, room       bool
}{
	deal.EventSubmitted:  {kind: "deal.submitted", supplier: true, room: true},
	deal.EventRecalled:   {kind: "deal.recalled", supplier: true, room: true},
	deal.EventWithdrawn:  {kind: "deal.withdrawn", supplier: true, room: true},
	deal.EventTaken:      {kind: "deal.taken", room: true},
	deal.EventReturned:   {kind: "deal.returned", reseller: true, urgent: true, room: true},
	deal.EventProtected:  {kind: "deal.protected", reseller: true, room: true},
	deal.EventRegistered: {kind: "deal.registered", reseller: true, room: true},
	deal.EventRejected:   {kind: "deal.rejected", reseller: true, urgent: true, room: true},
	deal.EventDuplicate:  {kind: "deal.duplicate", reseller: true, urgent: true, room: true},
	deal.EventWaiting:    {kind: "deal.waiting", reseller: true, room: true},
	deal.EventAdmitted:   {kind: "deal.admitted", supplier: true, reseller: true, room: true},
	deal.EventCancelled:  {kind: "deal.cancelled", reseller: true, urgent: true, room: true},
	deal.EventOverdue:    {kind: "deal.overdue", supplier: true, urgent: true},
	deal.EventWarned:     {kind: "deal.warned", reseller: true, urgent: true},
	deal.EventHeld:       {kind: "deal.held", reseller: true, room: true},
	deal.EventExpired:    {kind: "deal.expired", supplier: true, reseller: true, urgent: true, room: true},
	deal.EventPostponed:  {kind: "deal.postponed", supplier: true, room: true},
	deal.EventReleased:   {kind: "deal.released", supplier: true, reseller: true, room: true},
	deal.EventAsked:      {kind: "deal.asked", supplier: true, room: true},
	deal.EventExtended:   {kind: "deal.extended", reseller: true, room: true},
	deal.EventDenied:     {kind: "deal.denied", reseller: true, urgent: true, room: true},
	deal.EventLost:       {kind: "deal.lost", supplier: true, reseller: true, room: true},
	deal.EventOrdered:    {kind: "deal.ordered", supplier: true, reseller: true, room: true},
	deal.EventPartlyWon:  {kind: "deal.partly_won", supplier: true, reseller: true, room: true},
	deal.EventWon:        {kind: "deal.won", supplier: true, reseller: true, room: true},
	deal.EventReopened:   {kind: "deal.reopened", supplier: true, reseller: true, urgent: true, room: true},
	deal.EventDisputed:   {kind: "deal.disputed", supplier: true, reseller: true, urgent: true, room: true},
	deal.EventRuled:      {kind: "deal.ruled", reseller: true, urgent: true, room: true},
}

// dealArgs are the words of a line or notice: the number and title of the registration,
// never anything of another one.
func (a *App) dealArgs(ctx context.Context, x deal.Event) (map[string]string, error) {
	r, err := a.deals.Get(ctx, access.System("notices", x.Registrant), x.Deal)
	if err != nil {
		return nil, err
	}
	args := map[string]string{"title": r.Title, "number": r.Code, "percent": strconv.Itoa(x.Percent)}
	if !x.Due.IsZero() {
		args["due"] = x.Due.UTC().Format(time.RFC3339)
	}
	return args, nil
}

// dealNotices tells the people of a side what happened to a registration. The company
// that acted is not told of its own doing.
func (a *App) dealNotices(ctx context.Context, e job.Received) error {
	var x deal.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	if x.Quiet {
		return nil
	}
	who := dealTold[e.Kind]
	args, err := a.dealArgs(ctx, x)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Registrant)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: who.kind, Dedupe: e.ID, Urgent: who.urgent, SubjectKind: dealRoom, SubjectID: string(x.Deal), Args: args}
	if who.supplier && x.Org != x.Supplier {
		if err := a.tellSide(ctx, x.Supplier, orgs[x.Registrant].Name, []access.Role{access.Manager}, n); err != nil {
			return err
		}
	}
	if who.reseller && x.Org != x.Registrant {
		return a.tellSide(ctx, x.Registrant, orgs[x.Supplier].Name, []access.Role{access.Manager, access.Sales}, n)
	}
	return nil
}

// dealRooms opens the room of a registration when it is submitted, for its registrant and
// its supplier, and writes there what happens to it.
func (a *App) dealRooms(ctx context.Context, e job.Received) error {
	var x deal.Event
	if err := e.Decode(&x); err != nil || !dealTold[e.Kind].room {
		return err
	}
	args, err := a.dealArgs(ctx, x)
	if err != nil {
		return err
	}
	actor := access.System("rooms", x.Supplier)
	r, err := a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: dealRoom, ID: string(x.Deal)}, Title: args["title"], Orgs: []string{x.Supplier, x.Registrant}})
	if err != nil {
		return err
	}
	if x.Org != "" {
		orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
		if err != nil {
			return err
		}
		args["company"] = orgs[x.Org].Name
	}
	_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: dealTold[e.Kind].kind, Args: args})
	return err
}

// dealCompare looks for what is similar to a registration, after its submission was
// answered.
func (a *App) dealCompare(ctx context.Context, e job.Received) error {
	var x deal.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	return a.deals.Compare(ctx, access.System("deals", x.Supplier), x.Deal)
}

// dealLive tells open pages that a registration changed.
func (a *App) dealLive(ctx context.Context, e job.Received) error {
	var x deal.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	orgs := e.Orgs
	db.AfterCommit(ctx, func() { a.live.Changed(dealRoom, string(x.Deal), orgs) })
	return nil
}

// dealOrders counts an order for the registrations it speaks of.
func (a *App) dealOrders(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Order == "" {
		return err
	}
	actor := access.System("deals", t.Supplier)
	if ok, err := a.deals.Earns(ctx, actor, t.Supplier, t.Reseller); err != nil || !ok {
		return err
	}
	d, err := a.trade.Body(ctx, actor, t.Order)
	if err != nil {
		return err
	}
	o := dealOrder(d)
	if err := a.quotedDeals(ctx, actor, &o); err != nil {
		return err
	}
	return a.deals.Ordered(ctx, actor, o)
}

// quotedDeals puts the registrations for which quotes were made beside the numbers of the
// quotes: an order that carries only the special price's number counts too.
func (a *App) quotedDeals(ctx context.Context, actor access.Actor, o *deal.Order) error {
	refs := slices.Clone(o.Refs)
	for _, l := range o.Lines {
		refs = append(refs, l.Refs...)
	}
	codes, err := a.quotes.Deals(ctx, actor, o.Supplier, o.Reseller, refs)
	if err != nil || len(codes) == 0 {
		return err
	}
	beside := func(refs []string) []string {
		for _, r := range refs {
			if n, ok := quote.ReadNumber(r); ok && codes[n] != "" && !slices.Contains(refs, codes[n]) {
				refs = append(refs, codes[n])
			}
		}
		return refs
	}
	o.Refs = beside(o.Refs)
	for i := range o.Lines {
		o.Lines[i].Refs = beside(o.Lines[i].Refs)
	}
	return nil
}

// dealOrder is an order as registrations see it. A contract (BEG06, REF CT, RFF+CT) and a
// price quote (REF PR) may be a registration's number; REF PD is a promotion's.
func dealOrder(d trade.Detail) deal.Order {
	o := deal.Order{ID: string(d.ID), Number: d.Number, Supplier: d.Supplier, Reseller: d.Reseller, Currency: d.Currency, At: d.Received}
	for _, r := range d.Refs {
		if r.Qualifier == "CT" || r.Qualifier == "PR" || r.Qualifier == "AAG" {
			o.Refs = append(o.Refs, r.Value)
		}
	}
	if d.Contract != "" {
		o.Refs = append(o.Refs, d.Contract)
	}
	for _, p := range d.Parties {
		if !slices.Contains([]string{"ST", "UD", "DP", "UC", "EN"}, p.Role) {
			continue
		}
		f := identity.Facts{Name: p.Name, Country: p.Country, Postcode: p.Postcode}
		switch p.IDQualifier {
		case "UL", "9G", "14":
			f.GLN = p.ID
		case "1":
			f.DUNS = p.ID
		}
		o.ShipTo = append(o.ShipTo, f)
	}
	for _, l := range d.Lines {
		x := deal.OrderLine{Line: l.Number, SKU: l.SKU, Unit: l.Unit, Ordered: l.Ordered, Cancelled: l.Cancelled, Invoiced: l.Invoiced - l.Credited, Value: l.Amount.Minor, Amount: l.InvoiceAmount.Minor, Differs: l.PriceWrong || l.QuantityWrong}
		for _, ref := range l.Deals() {
			if ref.Qualifier != "PD" {
				x.Refs = append(x.Refs, ref.Value)
			}
		}
		o.Lines = append(o.Lines, x)
	}
	if d.Held != "" { // not an order yet
		o.Lines = nil
	}
	return o
}

// dealCalendar gives registrations the business calendars of companies.
type dealCalendar struct{ leadCalendar }

// Close is the end of work on the day of t, or on the next day with work.
// Codes: NotFound (no such company), Invalid (a calendar without working hours).
func (c dealCalendar) Close(ctx context.Context, org string, t time.Time) (time.Time, error) {
	orgs, err := c.a.accounts.Directory().OrgsByID(ctx, org)
	if err != nil {
		return t, err
	}
	o, ok := orgs[org]
	if !ok {
		return t, fault.New(fault.NotFound, "error.not_found")
	}
	cal, err := account.StandingCalendar(ctx, org, o.Country, o.Zone)
	if err != nil {
		return t, err
	}
	at, ok := cal.Close(t)
	if !ok {
		return t, fault.New(fault.Invalid, "lead.no_working_hours")
	}
	return at, nil
}

// ticking runs the clocks of leads or registrations until nothing is due.
func ticking(tick func(ctx context.Context) (bool, error)) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		for {
			if more, err := tick(ctx); err != nil || !more {
				return err
			}
		}
	}
}

// quoteRoom is the subject of the room of a quote.
const quoteRoom = "quote"

// quoteTold says who hears of a quote's event and which webhook tells it.
var quoteTold = map[string]struct {
	kind, hook         string
	supplier, reseller bool
	urgent, room       bool
}{
	quote.EventRequested: {kind: "quote.requested", hook: hook.QuoteRequested, supplier: true, room: true},
	quote.EventOffered:   {kind: "quote.offered", hook: hook.QuoteOffered, reseller: true, room: true},
	quote.EventAccepted:  {kind: "quote.accepted", hook: hook.QuoteAccepted, supplier: true, room: true},
	quote.EventDeclined:  {kind: "quote.declined", hook: hook.QuoteDeclined, supplier: true, reseller: true, room: true},
	quote.EventWithdrawn: {kind: "quote.withdrawn", hook: hook.QuoteWithdrawn, supplier: true, reseller: true, room: true},
	quote.EventExpired:   {kind: "quote.expired", hook: hook.QuoteExpired, supplier: true, reseller: true, room: true},
	quote.EventEnding:    {kind: "quote.ending", reseller: true, urgent: true},
	quote.EventOrdered:   {kind: "quote.ordered", hook: hook.QuoteOrdered, supplier: true, room: true},
}

// quoteArgs are the words of a line or notice: never a price.
func (a *App) quoteArgs(ctx context.Context, x quote.Event) (map[string]string, error) {
	q, err := a.quotes.Head(ctx, access.System("notices", x.Supplier), x.Quote)
	if err != nil {
		return nil, err
	}
	args := map[string]string{"number": q.Number, "title": q.Title, "round": strconv.Itoa(x.Round), "order": q.OrderNumber}
	if !x.Due.IsZero() { // the last minute of its last day, not the first of the next
		args["due"] = x.Due.Add(-time.Minute).UTC().Format(time.RFC3339)
	}
	return args, nil
}

// quoteNotices tells the people of a side what happened to a quote. The company that acted is
// not told of its own doing.
func (a *App) quoteNotices(ctx context.Context, e job.Received) error {
	var x quote.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	who := quoteTold[e.Kind]
	args, err := a.quoteArgs(ctx, x)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: who.kind, Dedupe: e.ID, Urgent: who.urgent, SubjectKind: quoteRoom, SubjectID: string(x.Quote), Args: args}
	if who.supplier && x.Org != x.Supplier {
		if err := a.tellSide(ctx, x.Supplier, orgs[x.Reseller].Name, []access.Role{access.Manager}, n); err != nil {
			return err
		}
	}
	if who.reseller && x.Org != x.Reseller {
		return a.tellSide(ctx, x.Reseller, orgs[x.Supplier].Name, []access.Role{access.Manager, access.Sales, access.Buyer}, n)
	}
	return nil
}

// quoteRooms opens the room of a quote and writes there what happens to it.
func (a *App) quoteRooms(ctx context.Context, e job.Received) error {
	var x quote.Event
	if err := e.Decode(&x); err != nil || !quoteTold[e.Kind].room {
		return err
	}
	args, err := a.quoteArgs(ctx, x)
	if err != nil {
		return err
	}
	actor := access.System("rooms", x.Supplier)
	r, err := a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: room.Subject{Kind: quoteRoom, ID: string(x.Quote)}, Title: args["number"] + " " + args["title"], Orgs: []string{x.Supplier, x.Reseller}})
	if err != nil {
		return err
	}
	if x.Org != "" {
		orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Org)
		if err != nil {
			return err
		}
		args["company"] = orgs[x.Org].Name
	}
	_, err = a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: e.ID, Kind: quoteTold[e.Kind].kind, Args: args})
	return err
}

// quoteHook is the data of a webhook about a quote.
type quoteHook struct {
	Partner string        `json:"partner"` // slug of the other company
	Quote   quote.ID      `json:"quote"`
	Number  string        `json:"number"`
	State   string        `json:"state"`
	Round   int           `json:"round"`
	Reason  string        `json:"reason,omitempty"`
	Order   trade.OrderID `json:"order,omitempty"`
	Href    string        `json:"href"`
}

// quoteHooks tells the systems of both companies of a quote.
func (a *App) quoteHooks(ctx context.Context, e job.Received) error {
	var x quote.Event
	if err := e.Decode(&x); err != nil || x.Quiet || quoteTold[e.Kind].hook == "" {
		return err
	}
	return a.tellHooks(ctx, e, quoteTold[e.Kind].hook, x.Supplier, x.Reseller, func(actor access.Actor, partner string) (any, error) {
		q, err := a.quotes.Head(ctx, actor, x.Quote)
		return quoteHook{Partner: partner, Quote: x.Quote, Number: q.Number, State: string(q.State), Round: x.Round, Reason: x.Reason, Order: q.Order, Href: "/api/v1/quotes/" + string(x.Quote)}, err
	})
}

// quoteLive tells open pages that a quote changed.
func (a *App) quoteLive(ctx context.Context, e job.Received) error {
	var x quote.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	orgs := e.Orgs
	db.AfterCommit(ctx, func() { a.live.Changed(quoteRoom, string(x.Quote), orgs) })
	return nil
}

// quoteUnapproved lets a quote go on whose offer, or whose order, a company's own people did
// not let go.
func (a *App) quoteUnapproved(ctx context.Context, e job.Received) error {
	var x approval.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("quotes", x.Org)
	r, err := a.approvals.Get(ctx, actor, x.Approval)
	if err != nil || r.Open() || r.State == approval.Granted || r.Kind != approval.KindOrder && r.Kind != approval.KindQuote {
		return err
	}
	return a.quotes.Unapproved(ctx, actor, string(x.Approval))
}

// promoUnapproved lets a promotion be written on whose proposal a company's own people did
// not let go.
func (a *App) promoUnapproved(ctx context.Context, e job.Received) error {
	var x approval.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("promotions", x.Org)
	r, err := a.approvals.Get(ctx, actor, x.Approval)
	if err != nil || r.Open() || r.State == approval.Granted || r.Kind != approval.KindPromo {
		return err
	}
	return a.promos.Unapproved(ctx, actor, promo.ID(r.Subject), string(x.Approval))
}

// mappingSubject is what notices about a comparison of lists are about.
const mappingSubject = "mapping"

// mappingNotices tells the people of a company what the other did, or what came of the run.
// No size and no name stands in a notice.
func (a *App) mappingNotices(ctx context.Context, e job.Received) error {
	var x mapping.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	r, err := a.mappings.Head(ctx, access.System("notices", x.Orgs[0]), x.Run)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Orgs...)
	if err != nil {
		return err
	}
	word := strings.ToLower(strings.TrimPrefix(e.Kind, "mapping."))
	for _, org := range x.Orgs {
		if x.Org == org || e.Kind == mapping.EventConsented && (x.Step == mapping.StepSize || x.State == mapping.Working) {
			continue // its own doing, or nothing to answer
		}
		partner := r.Name
		if other := r.Other(org); other != "" {
			partner = orgs[other].Name
		}
		roles := []access.Role{access.Manager}
		if e.Kind == mapping.EventRevealed || e.Kind == mapping.EventClosed {
			roles = append(roles, access.Sales)
		}
		n := notify.Notice{Kind: "mapping." + word, Dedupe: e.ID, SubjectKind: mappingSubject, SubjectID: string(x.Run), Args: map[string]string{}}
		if err := a.tellSide(ctx, org, partner, roles, n); err != nil {
			return err
		}
	}
	return nil
}

// mappingLive tells open pages that a comparison changed.
func (a *App) mappingLive(ctx context.Context, e job.Received) error {
	var x mapping.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() { a.live.Changed(mappingSubject, string(x.Run), x.Orgs) })
	return nil
}
