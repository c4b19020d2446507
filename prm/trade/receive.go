package trade

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/search"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// Purposes of an order document (BEG01) that do not ask for a new order.
const (
	purposeCancel  = "01"
	purposeChange  = "04"
	purposeReplace = "05"
)

// found is the search index of orders.
var found = search.Index{Table: "order_search", Key: "order_id", More: "received, supplier_id, reseller_id"}

// ReceiveOrder books an order document that arrived for a supplier, in the
// caller's transaction when there is one. It is safe to repeat: the same set of
// the same interchange gives the first receipt again. A business key (reseller,
// PO number, release) that is already booked makes no second order: equal
// content is a duplicate, other content is held and both companies are asked.
// Doubts about items, units, prices and amounts become marks on the lines.
// The actor is the system acting for one of the two companies, or a buyer.
// Codes: NotFound (not one of the two, or no such partnership), Conflict (the
// partnership is not active), Invalid (no number, no lines), TooLarge.
// Publishes OrderReceived, OrderDuplicate, OrderHeld or OrderRefused.
func (s *Service) ReceiveOrder(ctx context.Context, actor access.Actor, in Incoming) (Receipt, error) {
	action := access.OrderPlace
	if strings.HasPrefix(actor.Via, "system:") {
		action = access.OrderRead
	}
	if err := access.Check(actor, action, access.Shared(in.Supplier, in.Reseller)); err != nil {
		return Receipt{}, err
	}
	if in.Source == "" {
		in.Source = SourceEDI
	}
	key := ""
	if in.Interchange != "" {
		key = in.Interchange + "/" + itoa(in.SetNo)
	}
	var out Receipt
	err := s.db.InTx(db.WithOrgs(ctx, in.Supplier, in.Reseller), func(ctx context.Context) error {
		t, err := s.active(ctx, in.Partnership)
		if err != nil {
			return err
		}
		if t.SupplierID != in.Supplier || t.ResellerID != in.Reseller {
			return fault.New(fault.NotFound, "error.not_found")
		}
		out, err = s.receive(ctx, actor, t, in, key)
		return err
	})
	return out, err
}

// active reads the terms of a partnership that may trade.
func (s *Service) active(ctx context.Context, partnership string) (terms, error) {
	t, err := termsOf(ctx, partnership)
	if err == nil && t.State != "active" {
		err = fault.New(fault.Conflict, "partner.not_active", "State", t.State)
	}
	return t, err
}

// receive is the one path of every order document, whatever door it came by.
func (s *Service) receive(ctx context.Context, actor access.Actor, t terms, in Incoming, key string) (Receipt, error) {
	if err := checkDocument(in.Doc); err != nil {
		return Receipt{}, err
	}
	was, ok, err := orderByKey(ctx, t.SupplierID, t.ResellerID, in.Doc.Number, in.Doc.Release, true)
	if err != nil {
		return Receipt{}, err
	}
	// Where a set that came before has left neither an order under its number nor an
	// arrival, its key stops a second order.
	p := in.Doc.Purpose
	changes := p == purposeCancel || p == purposeReplace || p == purposeChange
	if ok || changes {
		if r, ok, err := seen(ctx, t.ResellerID, key); err != nil || ok {
			return r, err
		}
	}
	j, err := s.judge(ctx, t, in.Doc)
	if err != nil {
		return Receipt{}, err
	}
	switch {
	case !ok && changes:
		return s.refuse(ctx, actor, t, in, key, j)
	case !ok:
		r, err := s.book(ctx, actor, t, in, key, j, 0)
		if err != nil || r.Order != "" {
			return r, err
		}
		// Another transaction took a unique key meanwhile and has committed.
		if r, ok, err := seen(ctx, t.ResellerID, key); err != nil || ok {
			return r, err
		}
		if was, ok, err = orderByKey(ctx, t.SupplierID, t.ResellerID, in.Doc.Number, in.Doc.Release, true); err != nil || !ok {
			return Receipt{}, fault.Wrap(err, fault.Conflict, "error.conflict")
		}
	}
	return s.again(ctx, actor, t, in, key, j, was)
}

// judge asks the catalogue once for all lines and weighs them.
func (s *Service) judge(ctx context.Context, t terms, d doc.PurchaseOrder) (judged, error) {
	desk := access.System("trade", t.SupplierID)
	items, err := s.cat.Resolve(ctx, desk, t.SupplierID, t.ResellerID, itemKeys(d))
	if err != nil {
		return judged{}, err
	}
	today := today(ctx, t.SupplierZone)
	on := today
	if civil(d.Date) && !oddDay(d.Date, today) {
		on = d.Date
	}
	j := judge(d, t, items, func(int) map[catalog.ID]money.Price { return nil }, today) // for the currency and the dates
	days := make([]string, len(items))
	for i := range days {
		days[i] = on
	}
	by, err := s.pricingOf(ctx, t, j.currency, on)
	if err != nil {
		return judged{}, err
	}
	for i, l := range j.lines {
		if by.requested && l.RequestedOn > on && !oddDay(l.RequestedOn, today) {
			days[i] = l.RequestedOn
		}
	}
	steps, err := s.stepsByDay(ctx, t, by, j.currency, items, days)
	if err != nil {
		return judged{}, err
	}
	prices := lastSteps(steps)
	j = judge(d, t, items, func(i int) map[catalog.ID]money.Price { return prices[days[i]] }, today)
	if err := s.agreeFree(ctx, t, &j); err != nil {
		return j, err
	}
	for i, l := range j.lines {
		f := money.Quantity(0)
		if items[i].Found {
			f, _ = items[i].Product.Factor(l.Unit)
			if l.ListPrice > 0 {
				j.lines[i].Trail = trail(steps[days[i]][items[i].Product.ID], f, days[i])
			}
		}
		j.factors = append(j.factors, f)
	}
	if err := s.weigh(ctx, t, orderRow{SupplierID: t.SupplierID, ResellerID: t.ResellerID, Number: d.Number, ReleaseNo: d.Release, Kind: d.Type}, &j); err != nil {
		return j, err
	}
	if err := s.quoted(ctx, t, d, &j, false); err != nil {
		return j, err
	}
	if err := s.promote(ctx, t, d, items, &j); err != nil {
		return j, err
	}
	return j, j.priceless()
}

// agreeFree takes the doubt from goods free of charge where both agreed that the order's
// word for it is enough.
func (s *Service) agreeFree(ctx context.Context, t terms, j *judged) error {
	doubted := func(l Line) bool { return l.Marks.Has(FreeGoods) }
	if s.agreed == nil || !slices.ContainsFunc(j.lines, doubted) {
		return nil
	}
	word, err := s.agreed.FreeGoods(ctx, t.ID)
	if err != nil || word != FreeAsOrdered {
		return err
	}
	for i := range j.lines {
		j.lines[i].Marks = j.lines[i].Marks.without(FreeGoods)
	}
	return j.resum()
}

// stepsByDay asks the catalogue once per price date that occurs.
func (s *Service) stepsByDay(ctx context.Context, t terms, by pricing, c money.Currency, items []catalog.Item, days []string) (map[string]map[catalog.ID][]catalog.Step, error) {
	asked := map[string][]catalog.ID{}
	for i, it := range items {
		if it.Found {
			asked[days[i]] = append(asked[days[i]], it.Product.ID)
		}
	}
	out := map[string]map[catalog.ID][]catalog.Step{}
	for day, ids := range asked {
		prices, err := s.cat.Steps(ctx, access.System("trade", t.SupplierID), t.SupplierID, by.partner, c, day, ids)
		if err != nil {
			return nil, err
		}
		out[day] = prices
	}
	return out, nil
}

// lastSteps are the prices that steps come to, by day.
func lastSteps(steps map[string]map[catalog.ID][]catalog.Step) map[string]map[catalog.ID]money.Price {
	out := make(map[string]map[catalog.ID]money.Price, len(steps))
	for day, byID := range steps {
		prices := make(map[catalog.ID]money.Price, len(byID))
		for id, list := range byID {
			prices[id] = list[len(list)-1].Price
		}
		out[day] = prices
	}
	return out
}

// today is the civil date of the transaction in a time zone, UTC when unknown.
func today(ctx context.Context, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return db.Now(ctx).In(loc).Format(time.DateOnly)
}

// book writes the order. An empty receipt says that a unique key was taken.
func (s *Service) book(ctx context.Context, actor access.Actor, t terms, in Incoming, key string, j judged, copyNo int) (Receipt, error) {
	parties, references, err := j.encode()
	if err != nil {
		return Receipt{}, err
	}
	shipTo, unknown, err := s.shipToOf(ctx, t, j, in.Uncoded && in.Doc.Type != KindDirect)
	if err != nil {
		return Receipt{}, err
	}
	now := db.Micros(db.Now(ctx))
	o := orderRow{ID: db.NewID(), SupplierID: t.SupplierID, ResellerID: t.ResellerID, PartnershipID: t.ID, Number: in.Doc.Number, ReleaseNo: in.Doc.Release, Purpose: in.Doc.Purpose, Kind: in.Doc.Type,
		Currency: string(j.currency), OrderedOn: j.orderedOn, RequestedOn: j.requestedOn, ShipTo: shipTo, Parties: parties, ReferencesJSON: references, Note: j.note,
		Source: in.Source, InterchangeID: in.Interchange, SetNo: int64(in.SetNo), SourceKey: key, Copy: int64(copyNo), ContentHash: j.hash, PlacedBy: in.PlacedBy, Received: now, Changed: now, Version: 1, ShipToUnknown: unknown}
	o.Held = heldFor(o, nil)
	settle(&o, j.lines)
	if ok, err := insertOnce(ctx, &o); err != nil || !ok {
		return Receipt{}, err
	}
	if err := insertLines(ctx, o, j.lines); err != nil {
		return Receipt{}, err
	}
	j.promo.First = true
	if err := s.take(ctx, o, j); err != nil {
		return Receipt{}, err
	}
	if err := s.keepBlanket(ctx, o, j); err != nil {
		return Receipt{}, err
	}
	if err := s.keepQuotes(ctx, actor.Via, in.Accepts, o, j, false); err != nil {
		return Receipt{}, err
	}
	if err := found.AddWith(ctx, o.ID, []any{o.Received, o.SupplierID, o.ResellerID}, words(t, o, j)); err != nil {
		return Receipt{}, err
	}
	if err := s.startClock(ctx, t, o, true); err != nil {
		return Receipt{}, err
	}
	unapproved, err := s.incomingHeld(ctx, t, &o, j.lines, j.head.Parties)
	if err == nil && unapproved {
		err = saveOrder(ctx, &o)
	}
	if err != nil {
		return Receipt{}, err
	}
	err = s.record(ctx, actor, o, deed{history: "order.received", args: map[string]string{"Number": o.Number, "Lines": itoa(len(j.lines)), "Marked": itoa(j.marks), "Source": o.Source},
		action: "order.receive", event: OrderReceived, first: true, payload: Event{Interchange: in.Interchange, SetNo: in.SetNo, Marked: j.marks, Reason: o.Held}})
	if err == nil && o.ShipToUnknown != "" {
		err = s.holdPlace(ctx, actor, o)
	}
	if err == nil && unapproved {
		err = s.record(ctx, access.System("trade", o.SupplierID), o, deed{history: "order.unapproved", action: "order.hold", event: OrderHeld, payload: Event{Reason: HeldApproval}})
	}
	return Receipt{Order: OrderID(o.ID), Outcome: Booked, Marked: j.marks}, err
}

func (j judged) encode() (parties, references string, err error) {
	h := j.head
	ps := h.Parties
	if ps == nil {
		ps = []doc.Party{}
	}
	h.Parties = nil
	a, err := json.Marshal(ps)
	if err != nil {
		return "", "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	b, err := json.Marshal(h)
	if err != nil {
		return "", "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	return string(a), string(b), nil
}

// words is the text an order is found by.
func words(t terms, o orderRow, j judged) string {
	var b strings.Builder
	add := func(ss ...string) {
		for _, s := range ss {
			if s != "" && b.Len() < 200_000 {
				b.WriteString(s)
				b.WriteByte('\n')
			}
		}
	}
	add(o.Number, o.ReleaseNo, t.SupplierName, t.ResellerName, o.ShipTo, j.head.Contract)
	for _, p := range j.head.Parties {
		add(p.Name, p.ID, p.City)
	}
	for _, r := range j.head.Refs {
		add(r.Value)
	}
	for _, l := range j.lines {
		add(l.SKU, l.BuyerItem, l.GTIN, l.Description, l.DealNumber)
	}
	return b.String()
}

// kept is what an arrival keeps of its document.
type kept struct {
	Doc         doc.PurchaseOrder `json:"doc"`
	Hash        string            `json:"hash"`
	Differences []Difference      `json:"differences,omitempty"`
	Uncoded     bool              `json:"uncoded,omitempty"`
}

// again handles a document whose business key is already booked.
func (s *Service) again(ctx context.Context, actor access.Actor, t terms, in Incoming, key string, j judged, was orderRow) (Receipt, error) {
	reason := HeldDuplicate
	switch in.Doc.Purpose {
	case purposeCancel:
		reason = HeldCancel
	case purposeReplace, purposeChange:
		reason = HeldReplace
	}
	if reason == HeldDuplicate {
		all, err := copiesOf(ctx, t.SupplierID, t.ResellerID, in.Doc.Number, in.Doc.Release)
		if err != nil {
			return Receipt{}, err
		}
		for _, o := range all {
			if o.ContentHash == j.hash {
				return s.arrive(ctx, actor, t, in, key, o, Duplicate, "", kept{Doc: in.Doc, Hash: j.hash})
			}
		}
	}
	waiting, err := openArrivals(ctx, was.ID)
	if err != nil {
		return Receipt{}, err
	}
	for _, a := range waiting {
		var k kept
		if json.Unmarshal([]byte(a.Document), &k) == nil && k.Hash == j.hash && a.Reason == reason {
			return s.arrive(ctx, actor, t, in, key, was, Duplicate, "held", kept{Doc: in.Doc, Hash: j.hash})
		}
	}
	lines, err := linesOf(ctx, was)
	if err != nil {
		return Receipt{}, err
	}
	k := kept{Doc: in.Doc, Hash: j.hash, Uncoded: in.Uncoded}
	if reason != HeldCancel {
		k.Differences = differences(was.order(), lines, j)
	}
	return s.arrive(ctx, actor, t, in, key, was, HeldBack, reason, k)
}

// refuse records a document that cancels or replaces an order nobody knows.
func (s *Service) refuse(ctx context.Context, actor access.Actor, t terms, in Incoming, key string, j judged) (Receipt, error) {
	o := orderRow{SupplierID: t.SupplierID, ResellerID: t.ResellerID, PartnershipID: t.ID, Number: in.Doc.Number, Source: in.Source}
	return s.arrive(ctx, actor, t, in, key, o, Refused, "order_unknown", kept{Doc: in.Doc, Hash: j.hash})
}

func (s *Service) arrive(ctx context.Context, actor access.Actor, t terms, in Incoming, key string, o orderRow, outcome Outcome, reason string, k kept) (Receipt, error) {
	document, err := json.Marshal(k)
	if err != nil {
		return Receipt{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	a := arrivalRow{ID: db.NewID(), OrderID: o.ID, SupplierID: t.SupplierID, ResellerID: t.ResellerID, PartnershipID: t.ID, Outcome: string(outcome), Reason: reason, Number: in.Doc.Number,
		Source: in.Source, SourceKey: key, InterchangeID: in.Interchange, SetNo: int64(in.SetNo), Document: string(document), PlacedBy: in.PlacedBy, Made: db.Micros(db.Now(ctx))}
	ok, err := insertOnce(ctx, &a)
	if err != nil {
		return Receipt{}, err
	}
	if !ok {
		r, _, err := seen(ctx, t.ResellerID, key)
		return r, err
	}
	d := deed{history: "order." + string(outcome), args: map[string]string{"Number": in.Doc.Number, "Reason": reason, "Source": in.Source}, action: "order.receive",
		payload: Event{Arrival: ArrivalID(a.ID), Interchange: in.Interchange, SetNo: in.SetNo, Source: in.Source, Reason: reason}}
	switch outcome {
	case Duplicate:
		d.event = OrderDuplicate
	case HeldBack:
		d.event = OrderHeld
		o.Held = reason
		if err := saveOrder(ctx, &o); err != nil {
			return Receipt{}, err
		}
	default:
		d.event, d.history = OrderRefused, ""
	}
	if err := s.record(ctx, actor, o, d); err != nil {
		return Receipt{}, err
	}
	return Receipt{Order: OrderID(o.ID), Outcome: outcome, Arrival: ArrivalID(a.ID), Reason: reason}, nil
}
