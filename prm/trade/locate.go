package trade

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/location"
	"entente/prm/money"
)

// Where the companies agreed on it, an order whose ship-to is a code that nobody knows
// is booked and held: nothing of it can be promised until somebody of the supplier says
// which place is meant, or refuses it. Its clock stands still meanwhile. What a code
// stands for is said once, for every order of the partnership.

// Agreed knows what companies agreed about orders.
type Agreed interface {
	// ChecksLocation says whether a ship-to of a partnership is to be known to the
	// supplier, and the agreement itself does not know it. It joins the transaction
	// of ctx.
	ChecksLocation(ctx context.Context, partnership, qualifier, code string) (bool, error)
	// PricedBy says which date decides a price, ByOrderDate or ByRequestedDate, and
	// with what it is compared, PriceNet or PriceList; empty: not agreed. It joins
	// the transaction of ctx.
	PricedBy(ctx context.Context, partnership string) (date, basis string, err error)
	// FreeGoods says what goods free of charge in an order are: FreeAsOrdered, or a
	// question each time. It joins the transaction of ctx.
	FreeGoods(ctx context.Context, partnership string) (string, error)
	// TaxNumbers are those that stand on documents of an instant; empty: not agreed.
	TaxNumbers(ctx context.Context, partnership string, at time.Time) (supplier, reseller string, err error)
	// TaxedBy says how the tax of a document of an instant is rounded, TaxByRate or
	// TaxByLine, empty: not agreed, and whether the reseller owes it. It joins the
	// transaction of ctx.
	TaxedBy(ctx context.Context, partnership string, at time.Time) (rounding string, reverse bool, err error)
	// FixesAnswerTime says whether the agreement speaks of how soon an order is
	// answered. It joins the transaction of ctx.
	FixesAnswerTime(ctx context.Context, partnership string) (bool, error)
}

// What a price of an order is compared with, as companies agree.
const (
	PriceNet  = "net"  // the partner's own prices
	PriceList = "list" // those of the standard list, whatever the partner pays in the end
)

// Where the tax of an invoice is rounded, as companies agree.
const (
	TaxByRate = "rate"
	TaxByLine = "line"
)

// taxing is how the tax of an invoice is judged.
type taxing struct {
	spare   int64 // units by which the tax of a rate may be off
	reverse bool  // the reseller owes it: none is charged
}

// taxingOf is as agreed; where nothing was, a unit for each line is rounding.
func (s *Service) taxingOf(ctx context.Context, partnership string, lines int) (taxing, error) {
	out := taxing{spare: int64(lines)}
	if s.agreed == nil {
		return out, nil
	}
	rounding, reverse, err := s.agreed.TaxedBy(ctx, partnership, db.Now(ctx))
	if out.reverse = reverse; rounding == TaxByRate {
		out.spare = 0
	}
	return out, err
}

// FreeAsOrdered is agreed where a line that says it is free of charge is so.
const FreeAsOrdered = "ordered"

// pricing is how prices are found for one order.
type pricing struct {
	requested bool   // by the day a line is wanted, not that of the order
	partner   string // whose prices; empty: the standard list's
}

// pricingOf is as agreed, else as the supplier's price list says.
func (s *Service) pricingOf(ctx context.Context, t terms, c money.Currency, on string) (pricing, error) {
	out := pricing{partner: t.ResellerID}
	date := ""
	if s.agreed != nil {
		d, basis, err := s.agreed.PricedBy(ctx, t.ID)
		if err != nil {
			return out, err
		}
		if date = d; basis == PriceList {
			out.partner = ""
		}
	}
	if date == "" {
		var err error
		if date, err = s.cat.Basis(ctx, access.System("trade", t.SupplierID), t.SupplierID, t.ResellerID, c, on); err != nil {
			return out, err
		}
	}
	out.requested = date == catalog.ByRequestedDate
	return out, nil
}

// TaxNumbers are the tax numbers that two companies agreed on for the documents of an
// instant; empty where they did not. Codes: NotFound.
func (s *Service) TaxNumbers(ctx context.Context, actor access.Actor, partnership string, at time.Time) (supplier, reseller string, err error) {
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		t, err := termsOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(t.SupplierID, t.ResellerID))
		}
		if err != nil || s.agreed == nil {
			return err
		}
		supplier, reseller, err = s.agreed.TaxNumbers(ctx, partnership, at)
		return err
	})
	return supplier, reseller, err
}

// taxed writes agreed tax numbers to the two companies of a document, as REF VX.
func (s *Service) taxed(ctx context.Context, t terms, at time.Time, h *doc.Header) error {
	if s.agreed == nil {
		return nil
	}
	supplier, reseller, err := s.agreed.TaxNumbers(ctx, t.ID, at)
	if err != nil || supplier+reseller == "" {
		return err
	}
	h.Parties = slices.Clone(h.Parties)
	for _, x := range []struct {
		number, name string
		roles        []string
	}{{supplier, t.SupplierName, []string{"SE", "SU", "VN"}}, {reseller, t.ResellerName, []string{"BY", "BT"}}} {
		if x.number == "" {
			continue
		}
		i := slices.IndexFunc(h.Parties, func(p doc.Party) bool { return slices.Contains(x.roles, p.Role) })
		if i < 0 {
			i = len(h.Parties)
			h.Parties = append(h.Parties, doc.Party{Role: x.roles[0], Name: bounded(x.name, 60)})
		}
		p := &h.Parties[i]
		p.Refs = append(slices.DeleteFunc(slices.Clone(p.Refs), func(r doc.Ref) bool { return r.Qualifier == "VX" }), doc.Ref{Qualifier: "VX", Value: x.number})
	}
	return nil
}

// Heed has ship-to codes looked up in places, and what companies agreed held to; without
// it nothing was agreed.
func (s *Service) Heed(places *location.Service, agreed Agreed) { s.places, s.agreed = places, agreed }

// maxReleased is how many orders are released with one call; a schedule does the rest.
const maxReleased = 200

// LocateCmd says which place the ship-to of an order is: one that is known, or else a
// new one with what is given.
type LocateCmd struct {
	Known location.ID
	New   location.Place
}

// ShipTo is the code of the ship-to of a document; empty when it names none.
func ShipTo(ps []doc.Party) location.Code {
	for _, p := range ps {
		if p.Role == "ST" && p.ID != "" {
			c := location.Code{Qualifier: p.IDQualifier, Code: p.ID}.Clean()
			if c.Qualifier == "" { // of an order that was typed
				c.Qualifier = location.ByBuyer
			}
			return c
		}
	}
	return location.Code{}
}

// addressOf is the address of the ship-to of a document without a code for it, as what
// stands for a place.
func addressOf(ps []doc.Party) location.Code {
	for _, p := range ps {
		if p.Role == "ST" {
			return location.AddressCode(p.Name, strings.Join(p.Address, " "), p.Postcode, p.City, p.Country)
		}
	}
	return location.Code{}
}

// shipToOf looks the ship-to of a judged document up. It gives the line that people read,
// and the code where it is to be known and is not.
func (s *Service) shipToOf(ctx context.Context, t terms, j judged, uncoded bool) (line, unknown string, err error) {
	c := ShipTo(j.head.Parties)
	if c.Code == "" && uncoded {
		c = addressOf(j.head.Parties)
	}
	if s.places == nil || c.Code == "" || utf8.RuneCountInString(c.Code) > 80 {
		return j.shipTo, "", nil
	}
	p, known, err := s.places.Find(ctx, access.System("trade", t.SupplierID), t.ID, c)
	if err != nil {
		return j.shipTo, "", err
	}
	if known {
		if strings.TrimSpace(j.shipTo) == c.Code { // the document says nothing else of it
			return bounded(p.Line(), 120), "", nil
		}
		return j.shipTo, "", nil
	}
	asked, err := s.agreed.ChecksLocation(ctx, t.ID, c.Qualifier, c.Code)
	if err != nil || !asked {
		return j.shipTo, "", err
	}
	return j.shipTo, c.String(), nil
}

// destination says to which country the goods of a document go. A known place counts more than
// what the reseller writes beside its code.
func (s *Service) destination(ctx context.Context, t terms, ps []doc.Party) (Destination, error) {
	told := Head{Parties: ps}.goes(t.ResellerCountry)
	c := ShipTo(ps)
	if c.Code == "" {
		c = addressOf(ps)
	}
	if s.places == nil || c.Code == "" || utf8.RuneCountInString(c.Code) > 80 {
		return told, nil
	}
	p, known, err := s.places.Find(ctx, access.System("trade", t.SupplierID), t.ID, c)
	if err != nil || !known || p.Country == "" {
		return told, err
	}
	return Destination{Country: p.Country, By: GoesPlace, Place: p.Line()}, nil
}

// goes is where goods were judged to go, else what the order says of it itself.
func (h Head) goes(home string) Destination {
	if h.Goes != nil {
		return *h.Goes
	}
	for _, p := range h.Parties {
		if p.Role == "ST" && p.Country != "" {
			return Destination{Country: strings.ToUpper(p.Country), By: GoesTold}
		}
	}
	return Destination{Country: home, By: GoesHome}
}

// redirect has the promotions judge an order once more whose ship-to turned out to be a place in
// another country than the one they went by. The order was held: nothing of it is answered.
func (s *Service) redirect(ctx context.Context, o *orderRow, p location.Place) error {
	h, err := o.head()
	if err != nil || s.promos == nil || h.Goes == nil || p.Country == "" || o.Kind == KindBlanket {
		return err
	}
	was := *h.Goes
	h.Goes = &Destination{Country: p.Country, By: GoesPlace, Place: p.Line(), Judged: was.Judged}
	j := judged{currency: money.Currency(o.Currency), head: h}
	keep := func() (err error) {
		o.Parties, o.ReferencesJSON, err = j.encode()
		return err
	}
	if was.Country == p.Country || State(o.State) != Received {
		return keep()
	}
	all, _, err := s.PromoOrders(ctx, access.System("trade", o.SupplierID), "", time.Time{}, "", 1, OrderID(o.ID))
	if err != nil || len(all) == 0 {
		return err
	}
	if j.lines, err = linesOf(ctx, *o); err != nil {
		return err
	}
	j.promo = all[0]
	j.promo.Country = p.Country
	if err := s.take(ctx, *o, judged{promo: PromoOrder{Supplier: o.SupplierID, Reseller: o.ResellerID}}); err != nil { // what it had is free again
		return err
	}
	if j.verdicts, err = s.promos.Judge(ctx, j.promo); err != nil || len(j.verdicts) != len(j.lines) {
		return err
	}
	for i, v := range j.verdicts {
		j.lines[i].rejudged(v, h.Allowances)
		j.promo.Lines[i].Price = j.lines[i].Price
		h.Goes.Judged = h.Goes.Judged || v.Territory
	}
	if err := j.resum(); err != nil {
		return err
	}
	if err := deleteLines(ctx, *o); err != nil {
		return err
	}
	settle(o, j.lines)
	if err := saveLines(ctx, *o, j.lines); err != nil {
		return err
	}
	if err := s.take(ctx, *o, j); err != nil {
		return err
	}
	return keep()
}

// rejudged puts a verdict in place of another. Doubts that only the other had settled are raised
// again.
func (l *Line) rejudged(v PromoVerdict, head []doc.Allowance) {
	was := *l
	l.DealApplied, l.DealReason, l.DealMethod, l.DealAllowance, l.DealGranted = "", "", "", 0, 0
	l.Marks = l.Marks.without(PromotionRefused).without(PromotionPart)
	if was.givenAway() && l.Price == 0 && !l.Free {
		l.Marks = l.Marks.add(PriceZero)
	}
	l.promoted(v, doc.Line{})
	if l.Marks.Has(PriceZero) {
		l.Price = l.ListPrice
	}
	if l.DealMethod == was.DealMethod && l.DealAllowance == was.DealAllowance && l.DealGranted == was.DealGranted {
		return
	}
	switch {
	case l.Free && l.Price == 0 && was.givenAway() && !l.givenAway():
		l.Marks = l.Marks.add(FreeGoods)
	case was.DealMethod == DealInPrice && l.Price > 0 && apart(l.Price, l.ListPrice-l.DealAllowance) > money.One/200:
		l.Marks = l.Marks.add(PriceDiffers)
	case was.DealMethod == DealOffInvoice && slices.ContainsFunc(head, doc.Allowance.ChangesTotal):
		l.Marks = l.Marks.add(AllowanceUnknown)
	}
}

// holdPlace holds an order just booked whose ship-to is unknown.
func (s *Service) holdPlace(ctx context.Context, actor access.Actor, o orderRow) error {
	return s.record(ctx, actor, o, deed{history: "order.unplaced", args: map[string]string{"Number": o.Number, "Source": o.Source, "Code": location.ParseCode(o.ShipToUnknown).Code},
		action: "order.hold", event: OrderHeld, payload: Event{Reason: HeldLocation}})
}

// heldFor is why an order is held: the oldest document without an answer, else its
// ship-to, else a hold of its supplier.
func heldFor(o orderRow, left []arrivalRow) string {
	switch {
	case len(left) > 0:
		return left[0].Reason
	case o.ShipToUnknown != "":
		return HeldLocation
	}
	return o.HoldReason
}

// unplaced refuses to promise anything of an order whose ship-to nobody knows.
func unplaced(o orderRow) error {
	if o.ShipToUnknown == "" {
		return nil
	}
	return fault.New(fault.Conflict, "trade.location_unknown", "Code", location.ParseCode(o.ShipToUnknown).Code)
}

// Locate says which place the ship-to of a held order is, and releases with it the
// other orders of the partnership that are held for the same code, as many as one
// transaction may hold; the rest follow by themselves. It returns how many it released.
// Codes: NotFound, Forbidden (not the supplier's side), Conflict (not held for its
// ship-to), Invalid (the new place, by field). Publishes OrderLocated for each order.
func (s *Service) Locate(ctx context.Context, actor access.Actor, id OrderID, cmd LocateCmd) (int, error) {
	n := 0
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, err := s.unplacedOrder(ctx, actor, access.LocationWrite, id)
		if err != nil {
			return err
		}
		c := location.ParseCode(o.ShipToUnknown)
		if cmd.Known != "" {
			p, err := s.places.Get(ctx, actor, cmd.Known)
			if err == nil && p.Partnership != o.PartnershipID {
				err = fault.New(fault.NotFound, "error.not_found")
			}
			if err == nil {
				_, err = s.places.Refer(ctx, actor, cmd.Known, c)
			}
			if err != nil {
				return err
			}
		} else {
			p := cmd.New
			p.Partnership = o.PartnershipID
			if !slices.Contains(p.Codes, c) {
				p.Codes = append(slices.Clip(p.Codes), c)
			}
			if _, err := s.places.Add(ctx, actor, p); err != nil {
				return err
			}
		}
		n, err = s.release(ctx, actor, o.PartnershipID)
		return err
	})
	return n, err
}

// RefuseLocation refuses a held order because of its ship-to: every line is answered as
// rejected, and the reseller is told as with any answer.
// Codes: NotFound, Forbidden, Conflict (not held for its ship-to). Publishes
// OrderConfirmed.
func (s *Service) RefuseLocation(ctx context.Context, actor access.Actor, id OrderID, reason string) (ResponseID, error) {
	var out ResponseID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, err := s.unplacedOrder(ctx, actor, access.OrderConfirm, id)
		if err != nil {
			return err
		}
		if reason = bounded(reason, 80); reason == "" {
			reason = "ship_to"
		}
		if err := s.placed(ctx, &o); err != nil {
			return err
		}
		out, err = s.refuseAll(ctx, actor, &o, reason)
		return err
	})
	return out, err
}

// unplacedOrder locks an order that is held for its ship-to.
func (s *Service) unplacedOrder(ctx context.Context, actor access.Actor, act access.Action, id OrderID) (orderRow, error) {
	o, err := orderByID(ctx, id, true)
	if err == nil {
		err = access.Check(actor, access.OrderRead, access.Shared(o.SupplierID, o.ResellerID))
	}
	if err == nil {
		err = access.Check(actor, act, access.Shared(o.SupplierID, o.ResellerID))
	}
	if err == nil && (o.ShipToUnknown == "" || s.places == nil) {
		err = fault.New(fault.Conflict, "trade.not_held_for_place")
	}
	return o, err
}

// placed takes the hold for the ship-to off an order.
func (s *Service) placed(ctx context.Context, o *orderRow) error {
	o.ShipToUnknown = ""
	left, err := openArrivals(ctx, o.ID)
	o.Held = heldFor(*o, left)
	return err
}

// release takes the hold off the orders of a partnership whose ship-to is known by now,
// in the transaction of ctx; it says how many it released.
func (s *Service) release(ctx context.Context, actor access.Actor, partnership string) (int, error) {
	ids, err := placeable(ctx, partnership, maxReleased)
	n := 0
	for _, id := range ids {
		o, err := orderByID(ctx, OrderID(id), true)
		if err != nil {
			return n, err
		}
		c := location.ParseCode(o.ShipToUnknown)
		if c.Code == "" {
			continue // somebody was faster
		}
		p, known, err := s.places.Find(ctx, access.System("trade", o.SupplierID), o.PartnershipID, c)
		if err != nil {
			return n, err
		}
		if !known {
			continue
		}
		if err := s.placed(ctx, &o); err != nil {
			return n, err
		}
		if strings.TrimSpace(o.ShipTo) == c.Code {
			o.ShipTo = bounded(p.Line(), 120)
		}
		if err := s.redirect(ctx, &o, p); err != nil {
			return n, err
		}
		if err := saveOrder(ctx, &o); err != nil {
			return n, err
		}
		if err := alsoFound(ctx, o.ID, p.Name+" "+p.City); err != nil {
			return n, err
		}
		n++
		if err := s.record(ctx, actor, o, deed{history: "order.located", args: map[string]string{"Number": o.Number, "Code": c.Code, "Place": p.Line()}, action: "order.locate", event: OrderLocated, payload: Event{Reason: HeldLocation}}); err != nil {
			return n, err
		}
	}
	return n, err
}

// Located releases what is held for a ship-to that is known by now: after a change of
// the places of a partnership, and for every partnership, with "", on a schedule. Safe
// to repeat. Publishes OrderLocated for each order.
func (s *Service) Located(ctx context.Context, partnership string) error {
	if s.places == nil {
		return nil
	}
	var pairs []pairRow
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		pairs, err = unplacedPairs(ctx, partnership)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range pairs {
		for {
			n := 0
			err := s.db.InTx(db.WithOrgs(ctx, p.SupplierID, p.ResellerID), func(ctx context.Context) (err error) {
				n, err = s.release(ctx, access.System("trade", p.SupplierID), p.PartnershipID)
				return err
			})
			if err != nil {
				return err
			}
			if n < maxReleased || partnership != "" {
				break
			}
		}
	}
	return nil
}

// Unplaced counts the orders of a partnership that are held for their ship-to.
// Codes: NotFound, Forbidden.
func (s *Service) Unplaced(ctx context.Context, actor access.Actor, partnership string) (int, error) {
	n := 0
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		t, err := termsOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(t.SupplierID, t.ResellerID))
		}
		if err != nil {
			return err
		}
		n, err = unplacedIn(ctx, partnership)
		return err
	})
	return n, err
}

// HeldPlace is the ship-to for which an order is held.
type HeldPlace struct {
	Code   location.Code
	Party  doc.Party // as the document says it
	Others int       // orders of the partnership that are held for the same code
}

func heldPlace(ctx context.Context, o orderRow, h Head) (*HeldPlace, error) {
	if o.ShipToUnknown == "" {
		return nil, nil
	}
	out := &HeldPlace{Code: location.ParseCode(o.ShipToUnknown)}
	for _, p := range h.Parties {
		if p.Role == "ST" && (out.Code.Qualifier == location.Address || strings.TrimSpace(p.ID) == out.Code.Code) {
			out.Party = p
		}
	}
	var err error
	out.Others, err = heldAlike(ctx, o)
	return out, err
}
