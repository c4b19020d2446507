package trade

import (
	"context"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// Approvals keeps back what the rules of a company catch until one of its people approves
// it. It is implemented by prm/approval; its methods join the transaction of ctx.
type Approvals interface {
	// Outgoing keeps an order that the reseller's people wrote, before there is one. It gives
	// the id of the request, or nothing where no rule catches it.
	Outgoing(ctx context.Context, actor access.Actor, f Facts, cmd PlaceCmd) (string, error)
	// Changing keeps a change that the reseller's people ask for; the facts are of the order
	// as it would be.
	Changing(ctx context.Context, actor access.Actor, f Facts, cmd AskCmd) (string, error)
	// Incoming asks the supplier about an order just booked.
	Incoming(ctx context.Context, f Facts) (string, error)
	// Answering keeps an answer of the supplier's people; the prices are those it promises.
	Answering(ctx context.Context, actor access.Actor, f Facts, cmd ConfirmCmd) (string, error)
	// Granting keeps an answer of the supplier's people that grants a change; the facts are of
	// the order as it would be.
	Granting(ctx context.Context, actor access.Actor, f Facts, id ChangeID, cmd AnswerCmd) (string, error)
	// ChangeAnswered ends what waits to grant a change of an order, which is answered.
	ChangeAnswered(ctx context.Context, order OrderID) error
	// Dropped ends what waits for an order that waits no more.
	Dropped(ctx context.Context, order OrderID) error
}

// Approve has rules of companies looked at; call it before use.
func (s *Service) Approve(a Approvals) { s.approvals = a }

// Facts is an order as approval rules look at it.
type Facts struct {
	Order       OrderID // "" for one that is not booked
	Supplier    string
	Reseller    string
	Partnership string
	Number      string
	Total       money.Amount
	Was         money.Amount // of an order that is to change: as it stands
	Lines       []PricedLine
	ShipTo      string // one line
	// NewShipTo says whether nothing was ever sent there for the partnership, and nobody
	// named the place.
	NewShipTo func(ctx context.Context) (bool, error)
}

// PricedLine is a line with its price and the one that was agreed, both per unit; Agreed 0
// where nothing was.
type PricedLine struct {
	Line          int
	SKU           string
	Price, Agreed money.Price
}

func pricedLines(lines []Line) []PricedLine {
	out := make([]PricedLine, 0, len(lines))
	for _, l := range lines {
		if l.wanted() > 0 || l.Ordered == 0 {
			out = append(out, PricedLine{l.Number, firstOf(l.SKU, l.BuyerItem, l.GTIN), l.Price, l.netList()})
		}
	}
	return out
}

// netList is the list price less what a promotion takes off in the price.
func (l Line) netList() money.Price {
	if l.DealMethod == DealInPrice && l.ListPrice > l.DealAllowance {
		return l.ListPrice - l.DealAllowance
	}
	return l.ListPrice
}

// Kinds of a step of a line's price behind those of the price lists (catalog.StepList,
// catalog.StepPartner).
const (
	StepSpecial   = "special"   // a registration, a quote or a blanket order stands in the place of the lists
	StepPromotion = "promotion" // that was looked at, whether it counts or not
	StepOrdered   = "ordered"   // the order names another price
	StepNet       = "net"       // what the line comes to
)

// StepKinds lists all.
var StepKinds = []string{catalog.StepList, catalog.StepPartner, StepSpecial, StepPromotion, StepOrdered, StepNet}

// Rules by which one promotion is meant for a line: never more than one counts.
const (
	RuleLine = "line" // the number on the line counts before that of the order
	RuleHead = "head" // the order's number holds for every line without one of its own
	RuleBest = "best" // no number: of those that need none the one that takes off most
)

// Rules lists them.
var Rules = []string{RuleLine, RuleHead, RuleBest}

// PriceStep is one step on the way from the price list to what a line comes to, as it was when
// the line was judged. Prices are per unit of the line.
type PriceStep struct {
	Kind    string
	List    string // of a price list: its id and version, from when that holds, and the day by which the line was priced
	Version int
	From    string
	On      string
	Number  string         // of a special price or a promotion, may be empty
	Rule    string         // why this promotion and no other
	Reason  string         // of a promotion: why it counts or not ("promowhy.<reason>")
	Method  string         // DealInPrice …, where it counts
	Granted money.Quantity // for how much of the line
	Off     money.Price    // what a unit of that becomes cheaper by
	Price   money.Price    // after the step
	Amount  money.Amount   // of StepNet: what the line comes to, what is claimed afterwards not taken off
}

// PriceSteps says how the price of a line came about, by what was kept of it when it was judged;
// nothing later changes it but what changes the line. Empty without the right to see prices, and
// where nothing was there to be compared.
func (d Detail) PriceSteps(l Line) []PriceStep {
	if d.PricesHidden || l.ListPrice == 0 && l.DealApplied == "" {
		return nil
	}
	var out []PriceStep
	last := money.Price(0)
	for _, x := range l.Trail {
		last = x.Price
		out = append(out, PriceStep{Kind: x.Kind, List: x.List, Version: x.Version, From: x.From, On: x.On, Price: x.Price})
	}
	switch {
	case l.ListPrice > 0 && len(l.Trail) == 0 && !d.special(l):
		out = append(out, PriceStep{Kind: catalog.StepList, Price: l.ListPrice})
	case l.ListPrice > 0 && l.ListPrice != last:
		out = append(out, PriceStep{Kind: StepSpecial, Number: d.standsOn(l), Price: l.ListPrice})
	}
	if l.DealApplied != "" {
		x := PriceStep{Kind: StepPromotion, Number: l.DealApplied, Rule: d.rule(l), Reason: l.DealReason, Price: l.ListPrice}
		if l.DealGranted > 0 {
			x.Method, x.Granted, x.Off = l.DealMethod, l.DealGranted, l.DealAllowance
			if l.DealMethod != DealBillBack {
				x.Price = max(0, l.ListPrice-l.DealAllowance)
			}
		}
		out = append(out, x)
	}
	if l.Price != l.netList() {
		out = append(out, PriceStep{Kind: StepOrdered, Price: l.Price})
	}
	net := PriceStep{Kind: StepNet, Price: l.Price, Amount: l.Amount}
	if off, err := l.off(l.DealGranted); err == nil && off.Minor > 0 { // the amount has it already
		if net.Price = 0; l.DealGranted >= l.Ordered { // else some cost less than others
			net.Price = max(0, l.Price-l.DealAllowance)
		}
	}
	return append(out, net)
}

// rule says why a promotion is the one that is meant.
func (d Detail) rule(l Line) string {
	switch {
	case promoNumber(l.DealNumber) != "":
		return RuleLine
	case promoNumber(deal(d.Head.Refs)) != "":
		return RuleHead
	}
	return RuleBest
}

// special says that a line names what stands in the place of the price lists.
func (d Detail) special(l Line) bool { return d.standsOn(l) != "" }

// standsOn are the numbers of registrations, special prices and quotes that a line names, or its
// order, and the contract that it calls off.
func (d Detail) standsOn(l Line) string {
	for _, deals := range []string{l.DealNumber, deal(d.Head.Refs)} {
		var out []string
		for n := range strings.SplitSeq(deals, "\n") {
			if q, v, ok := strings.Cut(n, "/"); ok && (q == "CT" || q == "PR") {
				out = append(out, v)
			}
		}
		if len(out) > 0 {
			return strings.Join(out, ", ")
		}
	}
	return d.Head.Contract
}

func trail(steps []catalog.Step, factor money.Quantity, on string) []ListStep {
	var out []ListStep
	for _, x := range steps {
		if p, ok := times(x.Price, factor); ok {
			out = append(out, ListStep{Kind: x.Kind, List: string(x.List), Version: x.Version, From: x.From, On: on, Price: p})
		}
	}
	return out
}

func readTrail(s string) []ListStep {
	if s == "" {
		return nil
	}
	return db.FromText[[]ListStep](s)
}

func writeTrail(list []ListStep) string {
	if len(list) == 0 {
		return ""
	}
	return db.Text(list)
}

func (s *Service) facts(t terms, o orderRow, lines []Line, parties []doc.Party) Facts {
	return Facts{Order: OrderID(o.ID), Supplier: t.SupplierID, Reseller: t.ResellerID, Partnership: t.ID, Number: o.Number, Total: money.Amount{Minor: o.Total, Currency: money.Currency(o.Currency)}, Lines: pricedLines(lines), ShipTo: o.ShipTo,
		NewShipTo: func(ctx context.Context) (bool, error) { return s.newPlace(ctx, t, parties, o.ShipTo, o.ID) }}
}

// newPlace says whether a ship-to is new to a partnership: no place answers to its code,
// and no order before was sent to the same address.
func (s *Service) newPlace(ctx context.Context, t terms, parties []doc.Party, line, except string) (bool, error) {
	if c := ShipTo(parties); c.Code != "" && s.places != nil {
		if _, known, err := s.places.Find(ctx, access.System("trade", t.SupplierID), t.ID, c); err != nil || known {
			return false, err
		}
	}
	if line == "" {
		return false, nil
	}
	want := placeKey(parties)
	rows, err := ordersTo(ctx, t.ID, line, except)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		head, err := r.head()
		if err != nil {
			return false, err
		}
		if placeKey(head.Parties) == want {
			return false, nil
		}
	}
	return true, nil
}

// placeKey is what one ship-to has in common with another written a little differently.
func placeKey(ps []doc.Party) string {
	for _, p := range ps {
		if p.Role == "ST" {
			words := append([]string{p.ID, p.Name, p.City, p.Postcode, p.Country}, p.Address...)
			return strings.ToLower(strings.Join(strings.Fields(strings.Join(words, " ")), " "))
		}
	}
	return ""
}

// draft are the facts of an order that the reseller's people wrote, and its command with
// the prices as they were seen: what is approved is what is ordered.
func (s *Service) draft(ctx context.Context, t terms, cmd PlaceCmd, quotes []Quote) (Facts, PlaceCmd, error) {
	c := money.Currency(t.Currency)
	f := Facts{Supplier: t.SupplierID, Reseller: t.ResellerID, Partnership: t.ID, Number: cmd.Number, Total: money.Amount{Currency: c}}
	kept := cmd
	kept.Lines = make([]PlaceLine, len(cmd.Lines))
	for i, q := range quotes {
		amount, err := money.Extend(q.Quantity, max(q.asked(), q.Price), c) // a price typed too low is confirmed at the list's
		if err != nil {
			return f, kept, fault.InvalidField("lines", "trade.amount_range")
		}
		sum, err := f.Total.Add(amount)
		if err != nil {
			return f, kept, fault.InvalidField("lines", "trade.amount_range")
		}
		f.Total = sum
		f.Lines = append(f.Lines, PricedLine{i + 1, q.SKU, q.asked(), q.Price})
		kept.Lines[i] = cmd.Lines[i]
		kept.Lines[i].Price, kept.Lines[i].Unit = q.asked(), q.Unit
	}
	d := written(ctx, t, cmd, quotes)
	j := judged{head: Head{Parties: d.Parties}, shipTo: shipTo(d.Parties)}
	var err error
	if f.ShipTo, _, err = s.shipToOf(ctx, t, j, false); err != nil {
		return f, kept, err
	}
	f.NewShipTo = func(ctx context.Context) (bool, error) { return s.newPlace(ctx, t, d.Parties, f.ShipTo, "") }
	return f, kept, nil
}

// promised are the facts of an answer: the prices that it promises.
func (s *Service) promised(t terms, o orderRow, lines []Line, cmd ConfirmCmd) (Facts, error) {
	head, err := o.head()
	if err != nil {
		return Facts{}, err
	}
	f := s.facts(t, o, nil, head.Parties)
	said := map[int]money.Price{}
	for _, p := range cmd.Lines {
		if p.Line < 1 || p.Line > len(lines) || p.Action == Reject || p.Action == Backorder && p.Price == 0 {
			continue
		}
		if said[p.Line] = p.Price; p.Price == 0 {
			said[p.Line] = lines[p.Line-1].Price
		}
	}
	for _, l := range lines {
		price, named := said[l.Number]
		if len(cmd.Lines) == 0 && l.Answerable() > 0 {
			price, named = l.Price, true
		}
		if !named {
			continue
		}
		agreed := l.netList()
		if agreed == 0 {
			agreed = l.Price
		}
		f.Lines = append(f.Lines, PricedLine{l.Number, firstOf(l.SKU, l.BuyerItem, l.GTIN), price, agreed})
	}
	return f, nil
}

// changedFacts are those of an order as a change would leave it.
func (s *Service) changedFacts(t terms, o orderRow, lines []Line, asked []ChangeLine, parties []doc.Party) Facts {
	f := s.facts(t, o, nil, parties)
	f.Was, f.Total = f.Total, money.Amount{Currency: f.Total.Currency}
	by := map[int]ChangeLine{}
	add := func(q money.Quantity, p money.Price) {
		if a, err := money.Extend(q, p, f.Total.Currency); err == nil {
			if sum, err := f.Total.Add(a); err == nil {
				f.Total = sum
			}
		}
	}
	for _, c := range asked {
		if c.Action == ChangeAdd {
			add(c.Quantity, c.Price)
			f.Lines = append(f.Lines, PricedLine{len(lines) + c.Position, firstOf(c.SKU, c.BuyerItem, c.GTIN), c.Price, 0})
			continue
		}
		by[c.Line] = c
	}
	for _, l := range lines {
		c, changes := by[l.Number]
		if !changes {
			add(l.wanted(), l.Price)
			continue
		}
		e := effectOn(c, lines)
		price := l.Price
		if c.Has(FieldPrice) {
			price = c.Price
			f.Lines = append(f.Lines, PricedLine{l.Number, firstOf(l.SKU, l.BuyerItem, l.GTIN), price, l.netList()})
		}
		add(e.Quantity, price)
	}
	return f
}

// grantedFacts are those of an order as an answer to a change leaves it: the lines are those
// after it, asked has the verdicts.
func (s *Service) grantedFacts(t terms, o orderRow, after []Line, asked []ChangeLine) Facts {
	f := s.facts(t, o, nil, nil)
	f.Was, f.Total, f.NewShipTo = f.Total, money.Amount{Currency: f.Total.Currency}, nil
	for _, l := range after {
		if a, err := money.Extend(l.wanted(), l.Price, f.Total.Currency); err == nil {
			if sum, err := f.Total.Add(a); err == nil {
				f.Total = sum
			}
		}
	}
	for _, c := range asked {
		if c.Verdict != VerdictRefused && (c.Has(FieldPrice) || c.Action == ChangeAdd) {
			l := after[c.Line-1]
			f.Lines = append(f.Lines, PricedLine{l.Number, firstOf(l.SKU, l.BuyerItem, l.GTIN), l.Price, l.netList()})
		}
	}
	return f
}

// machine says that the house itself acts, for what a person approved.
func machine(actor access.Actor) bool { return strings.HasPrefix(actor.Via, "system:") }

// incomingHeld asks the rules of the supplier about an order just booked, and holds it
// where they want a person to look first; the caller writes the order.
func (s *Service) incomingHeld(ctx context.Context, t terms, o *orderRow, lines []Line, parties []doc.Party) (bool, error) {
	if s.approvals == nil || sparse(ctx) {
		return false, nil
	}
	id, err := s.approvals.Incoming(ctx, s.facts(t, *o, lines, parties))
	if err != nil || id == "" {
		return false, err
	}
	now := db.Micros(db.Now(ctx))
	h := holdRow{ID: id, OrderID: o.ID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, PartnershipID: o.PartnershipID, Reason: HeldApproval, Placed: now}
	if _, err := insertOnce(ctx, &h); err != nil {
		return false, err
	}
	return true, s.reason(ctx, o)
}

// Approved lets an order go on that its supplier's rules had held. The actor is the house,
// for the person who approved. Safe to repeat.
// Codes: NotFound, Forbidden. Publishes OrderApproved.
func (s *Service) Approved(ctx context.Context, actor access.Actor, id OrderID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, was, err := s.unapproved(ctx, actor, id)
		if err != nil || !was {
			return err
		}
		if err := saveOrder(ctx, &o); err != nil {
			return err
		}
		return s.record(ctx, actor, o, deed{history: "order.approved", action: "order.approve", event: OrderApproved, payload: Event{Reason: HeldApproval}})
	})
}

// unapproved takes the hold of the supplier's rules off an order; false: there was none.
func (s *Service) unapproved(ctx context.Context, actor access.Actor, id OrderID) (orderRow, bool, error) {
	o, err := orderByID(ctx, id, true)
	if err == nil {
		err = access.Check(actor, access.OrderConfirm, access.Shared(o.SupplierID, o.ResellerID))
	}
	if err == nil && !machine(actor) {
		err = fault.New(fault.Forbidden, "error.forbidden")
	}
	if err != nil {
		return o, false, err
	}
	n, err := endHolds(ctx, o.ID, HeldApproval, actor.Person)
	if err != nil || n == 0 {
		return o, false, err
	}
	return o, true, s.reason(ctx, &o)
}

// Disapproved refuses an order that its supplier's rules had held: every line is answered
// as rejected. The actor is the house, for the person who refused. Safe to repeat.
// Codes: NotFound, Forbidden. Publishes OrderConfirmed.
func (s *Service) Disapproved(ctx context.Context, actor access.Actor, id OrderID, reason string) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, was, err := s.unapproved(ctx, actor, id)
		if err != nil || !was {
			return err
		}
		_, err = s.refuseAll(ctx, actor, &o, reason)
		if fault.KeyOf(err) == "trade.nothing_to_confirm" { // the buyer withdrew it meanwhile
			return saveOrder(ctx, &o)
		}
		return err
	})
}

// refuseAll answers everything that is open as rejected and saves the order.
func (s *Service) refuseAll(ctx context.Context, actor access.Actor, o *orderRow, reason string) (ResponseID, error) {
	lines, err := linesOf(ctx, *o)
	if err != nil {
		return "", err
	}
	var asked []ConfirmLine
	for _, l := range lines {
		if l.Answerable() > 0 || l.Ordered == 0 && l.State == LineOpen {
			asked = append(asked, ConfirmLine{Line: l.Number, Action: Reject, Reason: reason})
		}
	}
	if len(asked) == 0 {
		return "", fault.New(fault.Conflict, "trade.nothing_to_confirm", "State", o.State)
	}
	parts, err := answer(lines, asked, nil, o.order().Currency)
	if err != nil {
		return "", err
	}
	if err := s.save(ctx, o, lines); err != nil {
		return "", err
	}
	return s.respond(ctx, actor, *o, parts)
}

// weighAgain has the rules of the supplier look at an order whose content was replaced.
func (s *Service) weighAgain(ctx context.Context, t terms, o *orderRow, j judged) error {
	if s.approvals == nil {
		return nil
	}
	if _, err := endHolds(ctx, o.ID, HeldApproval, ""); err != nil {
		return err
	}
	if err := s.approvals.Dropped(ctx, OrderID(o.ID)); err != nil {
		return err
	}
	held, err := s.incomingHeld(ctx, t, o, j.lines, j.head.Parties)
	if err == nil && !held {
		err = s.reason(ctx, o)
	}
	return err
}
