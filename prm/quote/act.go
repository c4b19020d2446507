package quote

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Ask asks the supplier for a quote, or for another round of one: other quantities, other
// products, a special price. A repeated key gives the first quote again.
// Codes: Unauthenticated, NotFound, Forbidden (not the reseller), Conflict (the partnership
// is not active, another round than the one seen, it is decided, too many rounds), Invalid (a
// field per wrong line). Publishes EventRequested.
func (s *Service) Ask(ctx context.Context, actor access.Actor, cmd Cmd) (Quote, error) {
	return s.write(ctx, actor, Ask, access.QuoteWrite, cmd)
}

// Offer makes an offer: of its own accord, as the answer to a request, or in place of an
// offer that stands. What the supplier's own rules catch is kept back until it is approved:
// the answer then names the request, and the reseller learns of nothing.
// Codes: as Ask; Forbidden (not the supplier). Publishes EventOffered.
func (s *Service) Offer(ctx context.Context, actor access.Actor, cmd Cmd) (Quote, error) {
	return s.write(ctx, actor, Offer, access.QuoteOffer, cmd)
}

// write adds a round.
func (s *Service) write(ctx context.Context, actor access.Actor, d Deed, act access.Action, cmd Cmd) (Quote, error) {
	var out Quote
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, p, err := s.begin(ctx, actor, d, act, cmd, true)
		if err != nil {
			return err
		}
		if was.ID == "" && cmd.Key != "" {
			if q, ok, err := bySource(ctx, actor.Org, bounded(cmd.Key, 80)); err != nil || ok {
				out = q.seen(actor.Org)
				return err
			}
		}
		q := was
		q.Version = Version{Number: was.Round + 1, Org: actor.Org, Person: actor.Person, At: db.Now(ctx), Kind: map[Deed]string{Ask: KindRequest, Offer: KindOffer}[d]}
		if q.Terms, err = s.terms(ctx, p, cmd, d, was); err != nil {
			return err
		}
		if q.Hash, err = q.Terms.hash(); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		if was.ID == "" {
			q.Supplier, q.Reseller, q.Partnership, q.Currency = p.SupplierID, p.ResellerID, p.ID, money.Currency(p.Currency)
			q.Made, q.MadeBy, q.MadeOrg = q.At, actor.Person, actor.Org
		}
		if err := s.about(ctx, actor, &q, cmd); err != nil {
			return err
		}
		if cmd.Approval == "" {
			if err := s.overtaken(ctx, was); err != nil {
				return err
			}
		}
		if d == Offer && s.approvals != nil && cmd.Approval == "" {
			id, err := s.approvals.Offering(ctx, actor, facts(q), was.ID, cmd)
			if err != nil {
				return err
			}
			if id != "" {
				was.OfferApproval = id
				out = was
				if was.ID == "" {
					return nil
				}
				return setOfferApproval(ctx, was.ID, id)
			}
		}
		q.State, q.Round, q.Changed, q.OfferApproval, q.OrderApproval = steps[d].to, q.Version.Number, q.At, "", ""
		q.Reason, q.Comment, q.Decided, q.DecidedBy, q.DecidedOrg, q.Expires = "", "", time.Time{}, "", "", time.Time{}
		if d == Offer {
			if q.Expires, err = endOf(q.ValidUntil, p.Zone); err != nil {
				return fault.Wrap(err, fault.Internal, "error.internal")
			}
		}
		if err := s.keep(ctx, actor, was, &q, cmd.Key); err != nil {
			return err
		}
		out = q.seen(actor.Org)
		return s.told(ctx, actor, d, q, Event{Due: q.Expires})
	})
	if err != nil {
		return Quote{}, err
	}
	return out, nil
}

// begin reads what a round is added to, if the actor may add one; lock takes it, which a
// reading transaction cannot.
func (s *Service) begin(ctx context.Context, actor access.Actor, d Deed, act access.Action, cmd Cmd, lock bool) (Quote, pair, error) {
	if cmd.Quote == "" {
		p, err := pairOf(ctx, cmd.Partnership)
		if err == nil {
			err = access.Check(actor, act, access.Shared(p.SupplierID, p.ResellerID))
		}
		if err == nil && p.State != "active" {
			err = fault.New(fault.Conflict, "partner.not_active", "State", p.State)
		}
		return Quote{}, p, err
	}
	was, err := load(ctx, actor, act, cmd.Quote, lock)
	if err != nil {
		return Quote{}, pair{}, err
	}
	p, err := pairOf(ctx, was.Partnership)
	switch {
	case err != nil:
	case p.State != "active":
		err = fault.New(fault.Conflict, "partner.not_active", "State", p.State)
	case !may(d, was.State, was.Side(actor.Org)):
		err = wrongState(was.State)
	case cmd.Round != was.Round:
		err = fault.New(fault.Conflict, "quote.changed")
	case was.Round >= MaxRounds:
		err = fault.New(fault.Conflict, "quote.too_many_rounds", "Most", MaxRounds)
	}
	return was, p, err
}

func wrongState(s State) error { return fault.New(fault.Conflict, "quote.not_now", "State", string(s)) }

// keep writes a new quote, or a round of one.
func (s *Service) keep(ctx context.Context, actor access.Actor, was Quote, q *Quote, key string) error {
	if was.ID == "" {
		n, err := db.Next(ctx, "quote:"+q.Partnership)
		if err != nil {
			return err
		}
		q.ID, q.Number = ID(db.NewID()), fmt.Sprintf("Q-%05d", n)
		if err := insert(ctx, *q, bounded(key, 80)); err != nil {
			return err
		}
	} else if err := save(ctx, was, *q); err != nil {
		return err
	}
	if err := insertVersion(ctx, *q); err != nil {
		return err
	}
	return index(ctx, *q)
}

// facts is an offer as the supplier's rules look at it.
func facts(q Quote) trade.Facts {
	f := trade.Facts{Supplier: q.Supplier, Reseller: q.Reseller, Partnership: q.Partnership, Number: q.Number, Total: q.Sum()}
	for i, l := range q.Lines {
		f.Lines = append(f.Lines, trade.PricedLine{Line: i + 1, SKU: l.SKU, Price: l.Price, Agreed: l.Base})
	}
	return f
}

// about ties the quote to a registration, which is to be of the same two companies.
func (s *Service) about(ctx context.Context, actor access.Actor, q *Quote, cmd Cmd) error {
	if cmd.Deal == "" || cmd.Deal == q.Deal {
		return nil
	}
	d, err := s.deals.Get(ctx, actor, cmd.Deal)
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	if err != nil || d.Supplier != q.Supplier || d.Registrant != q.Reseller && d.Fulfiller != q.Reseller || d.Submitted.IsZero() && actor.Org != d.Registrant {
		return fault.InvalidField("deal", "quote.deal_wrong")
	}
	q.Deal, q.DealCode = d.ID, d.Code
	return nil
}

// terms turns what was typed into what a version says, with how each price comes about.
func (s *Service) terms(ctx context.Context, p pair, cmd Cmd, d Deed, was Quote) (Terms, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	t := Terms{Title: bounded(cmd.Title, 120), Customer: bounded(cmd.Customer, 120), Note: bounded(cmd.Note, 2000), ValidUntil: cmd.ValidUntil, From: cmd.From, Until: cmd.Until}
	if t.Title == "" {
		t.Title = was.Title
	}
	if t.Customer == "" {
		t.Customer = was.Customer
	}
	days(&t, d, today(ctx, p.Zone), bad)
	if len(cmd.Lines) == 0 {
		bad.With("lines", "quote.no_lines")
	}
	if len(cmd.Lines) > MaxLines {
		return t, fault.New(fault.TooLarge, "trade.too_many_lines", "Most", MaxLines)
	}
	total := money.Amount{Currency: money.Currency(p.Currency)}
	all, err := s.priced(ctx, p, cmd.Lines, d, was, func(i int, l *Line, a money.Amount) {
		sum, err := total.Add(a)
		if err != nil {
			bad.With(fmt.Sprintf("lines.%d.quantity", i), "trade.amount_range")
			return
		}
		total = sum
	}, bad)
	if err != nil {
		return t, err
	}
	for _, l := range all {
		if l.SKU != "" {
			t.Lines = append(t.Lines, l)
		}
	}
	if err := bad.OrNil(); err != nil {
		return t, err
	}
	t.Total = total.Minor
	if t.Title == "" {
		t.Title = t.Customer
	}
	if t.Title == "" {
		t.Title = bounded(t.Lines[0].SKU+" "+t.Lines[0].NameEN, 120)
	}
	return t, nil
}

// priced finds the items of lines and how their prices come about; add gets each that stands.
func (s *Service) priced(ctx context.Context, p pair, lines []LineCmd, d Deed, was Quote, add func(i int, l *Line, a money.Amount), bad *fault.Error) ([]Line, error) {
	desk := access.System("quotes", p.SupplierID)
	keys := make([]catalog.ItemKey, len(lines))
	for i, l := range lines {
		keys[i] = catalog.ItemKey{SKU: l.SKU, BuyerItem: l.SKU, GTIN: l.SKU}
	}
	items, err := s.cat.Resolve(ctx, desk, p.SupplierID, p.ResellerID, keys)
	if err != nil {
		return nil, err
	}
	var ids []catalog.ID
	for _, it := range items {
		if it.Found {
			ids = append(ids, it.Product.ID)
		}
	}
	day := today(ctx, p.Zone)
	partner, err := s.trade.PricedFor(ctx, desk, p.ID, day)
	if err != nil {
		return nil, err
	}
	c := money.Currency(p.Currency)
	how, err := s.cat.Steps(ctx, desk, p.SupplierID, partner, c, day, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Line, len(lines))
	for i, it := range items {
		l, ok := line(lines[i], it, how[it.Product.ID], d, was, fmt.Sprintf("lines.%d.", i), bad)
		if !ok {
			continue
		}
		a, err := money.Extend(l.Quantity, l.Price, c)
		if err != nil || a.Minor > 1_000_000_000_000_00 {
			bad.With(fmt.Sprintf("lines.%d.quantity", i), "trade.amount_range")
			continue
		}
		l.Amount = a.Minor
		out[i] = l
		add(i, &out[i], a)
	}
	return out, nil
}

// days checks the days of a version and gives an offer those that it does not name.
func days(t *Terms, d Deed, today string, bad *fault.Error) {
	civil := func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }
	last := plus(today, MostDays)
	ok := true
	for _, f := range []struct {
		name string
		day  *string
	}{{"valid_until", &t.ValidUntil}, {"from", &t.From}, {"until", &t.Until}} {
		*f.day = strings.TrimSpace(*f.day)
		switch {
		case *f.day == "":
		case !civil(*f.day):
			bad.With(f.name, "form.date")
			ok = false
		case f.name != "from" && *f.day < today:
			bad.With(f.name, "quote.day_past")
			ok = false
		case *f.day > last:
			bad.With(f.name, "quote.day_far", "Days", MostDays)
			ok = false
		}
	}
	if !ok || d != Offer {
		return
	}
	if t.ValidUntil == "" {
		t.ValidUntil = plus(today, ValidDays)
		if t.Until != "" && t.Until < t.ValidUntil {
			t.ValidUntil = t.Until
		}
	}
	if t.From == "" {
		t.From = today
	}
	if t.Until == "" {
		t.Until = t.ValidUntil
	}
	if t.Until < t.ValidUntil {
		bad.With("until", "quote.until_short")
	}
	if t.From > t.ValidUntil {
		bad.With("from", "quote.from_late")
	}
}

// line is one line with its price and the steps to it; false where bad got a field.
func line(l LineCmd, it catalog.Item, how []catalog.Step, d Deed, was Quote, at string, bad *fault.Error) (Line, bool) {
	if !it.Found {
		bad.With(at+"sku", "trade.item_unknown", "SKU", bounded(l.SKU, 60))
		return Line{}, false
	}
	p := it.Product
	out := Line{Product: string(p.ID), SKU: p.SKU, NameEN: p.NameEN, NameZH: p.NameZH, Unit: catalog.SameUnit(l.Unit), Quantity: l.Quantity}
	if out.Unit == "" {
		out.Unit = catalog.SameUnit(it.Unit)
	}
	out.Units = append(out.Units, p.Unit)
	for _, k := range p.Packs {
		if !slices.Contains(out.Units, k.Unit) {
			out.Units = append(out.Units, k.Unit)
		}
	}
	var sold bool
	if out.Factor, sold = p.Factor(out.Unit); !sold {
		bad.With(at+"unit", "trade.unit_unsold", "Unit", bounded(l.Unit, 10))
		return out, false
	}
	if l.Quantity <= 0 {
		bad.With(at+"quantity", "trade.quantity_wrong", "Line", l.SKU)
		return out, false
	}
	if l.Price < 0 {
		bad.With(at+"price", "trade.price_negative")
		return out, false
	}
	for _, x := range how {
		out.Base = money.Price(ratio(money.Quantity(x.Price), out.Factor, money.One))
		out.Steps = append(out.Steps, Step{Kind: x.Kind, Price: out.Base, List: x.Name, Version: x.Version, From: x.From})
	}
	if d == Ask {
		out.Asked = l.Price
	} else {
		for _, x := range was.Lines {
			if x.SKU == out.SKU && x.Unit == out.Unit {
				out.Asked = x.Asked
			}
		}
	}
	if out.Asked == out.Base {
		out.Asked = 0
	}
	if out.Asked > 0 {
		out.Steps = append(out.Steps, Step{Kind: StepAsked, Price: out.Asked})
	}
	if out.Price = l.Price; out.Price == 0 {
		out.Price = out.Base
	}
	if d == Offer {
		if out.Price == 0 {
			bad.With(at+"price", "quote.price_none", "SKU", p.SKU)
			return out, false
		}
		if out.Special() {
			out.Steps = append(out.Steps, Step{Kind: StepSpecial, Price: out.Price})
		}
	}
	return out, true
}

// ratio is n × by ÷ of, rounded down; what does not fit is nothing.
func ratio(n, by, of money.Quantity) money.Quantity {
	if of <= 0 {
		return 0
	}
	x := new(big.Int).Mul(big.NewInt(int64(n)), big.NewInt(int64(by)))
	if x.Quo(x, big.NewInt(int64(of))); !x.IsInt64() {
		return 0
	}
	return money.Quantity(x.Int64())
}

// Accept accepts the round that was seen. With Order the order is booked at once, as one
// typed on the pages: the same checks, the reseller's own approvals, the same way to the
// supplier; what is kept back there leaves the offer open until it is let go. Without it the
// order is to follow and to carry the number. Repeating it gives the same order; of two at
// once one books it.
// Codes: Unauthenticated, NotFound, Forbidden (not a buyer of the reseller), Conflict (another
// round, its time is over, it is decided, the partnership is not active), Invalid (a field of
// the order). Publishes EventAccepted.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id ID, cmd AcceptCmd) (Quote, error) {
	var out Quote
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		q, err := load(ctx, actor, access.QuoteAccept, id, true)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		switch {
		case q.State == Accepted && cmd.Round == q.Round && (!cmd.Order || q.Order != ""):
			out = q.seen(actor.Org)
			return nil
		case q.State == Accepted && cmd.Round == q.Round:
		case q.State == Offered && !now.Before(q.Expires):
			return fault.New(fault.Conflict, "quote.over")
		case !q.Can(Accept, actor.Org, now):
			return wrongState(q.State)
		case cmd.Round != q.Round:
			return fault.New(fault.Conflict, "quote.changed")
		}
		if cmd.Order {
			return s.order(ctx, actor, q, cmd, &out)
		}
		p, err := pairOf(ctx, q.Partnership)
		if err == nil && p.State != "active" {
			err = fault.New(fault.Conflict, "partner.not_active", "State", p.State)
		}
		if err != nil {
			return err
		}
		out, err = s.accept(ctx, actor, q, "", "")
		return err
	})
	if err != nil {
		return Quote{}, err
	}
	return out, nil
}

// accept does the part of an acceptance that is the quote's.
func (s *Service) accept(ctx context.Context, actor access.Actor, was Quote, order trade.OrderID, number string) (Quote, error) {
	q := was
	q.State, q.Changed, q.Decided, q.DecidedBy, q.DecidedOrg, q.OrderApproval = Accepted, db.Now(ctx), db.Now(ctx), actor.Person, actor.Org, ""
	q.Order, q.OrderNumber = order, number
	if err := s.overtaken(ctx, was); err != nil {
		return q, err
	}
	q.OfferApproval = ""
	if err := save(ctx, was, q); err != nil {
		return q, err
	}
	return q, s.told(ctx, actor, Accept, q, Event{Order: order})
}

// order books what was accepted.
func (s *Service) order(ctx context.Context, actor access.Actor, q Quote, cmd AcceptCmd, out *Quote) error {
	tries, err := triesOf(ctx, q.ID)
	if err != nil {
		return err
	}
	place := trade.PlaceCmd{Partnership: q.Partnership, Number: cmd.Number, RequestedOn: cmd.RequestedOn, ShipTo: cmd.ShipTo, Note: cmd.Note, Deal: q.DealCode, Quote: q.Number, Round: q.Round, Key: fmt.Sprintf("quote:%s:%d:%d", q.ID, q.Round, tries)}
	for _, l := range q.Lines {
		place.Lines = append(place.Lines, trade.PlaceLine{SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, Price: l.Price})
	}
	got, err := s.trade.Place(ctx, actor, place)
	if err != nil {
		return err
	}
	switch got.Outcome {
	case trade.Booked:
	case trade.ForApproval:
		if err := setOrderApproval(ctx, q.ID, got.Approval); err != nil {
			return err
		}
	default:
		return fault.InvalidField("po", "quote.number_used", "Number", cmd.Number)
	}
	after, ok, err := byID(ctx, q.ID, false)
	if err == nil && !ok {
		err = notFound()
	}
	*out = after.seen(actor.Org)
	return err
}

// Decline says no to an offer, with a reason. Codes: Unauthenticated, NotFound, Forbidden,
// Conflict (another round, nothing is offered), Invalid (no such reason). Publishes
// EventDeclined.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Decline, access.QuoteWrite, id, cmd)
}

// Refuse makes no offer, with a reason. Codes: as Decline. Publishes EventDeclined.
func (s *Service) Refuse(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Refuse, access.QuoteOffer, id, cmd)
}

// Withdraw takes an offer back. Codes: as Decline. Publishes EventWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Withdraw, access.QuoteOffer, id, cmd)
}

// Recall takes a request back. Codes: as Decline. Publishes EventWithdrawn.
func (s *Service) Recall(ctx context.Context, actor access.Actor, id ID, cmd EndCmd) (Quote, error) {
	return s.end(ctx, actor, Recall, access.QuoteWrite, id, cmd)
}

func (s *Service) end(ctx context.Context, actor access.Actor, d Deed, act access.Action, id ID, cmd EndCmd) (Quote, error) {
	var out Quote
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, err := load(ctx, actor, act, id, true)
		if err != nil {
			return err
		}
		switch {
		case was.State == steps[d].to && was.DecidedOrg == actor.Org && cmd.Round == was.Round:
			out = was.seen(actor.Org) // said before
			return nil
		case !may(d, was.State, was.Side(actor.Org)):
			return wrongState(was.State)
		case cmd.Round != was.Round:
			return fault.New(fault.Conflict, "quote.changed")
		}
		if list := reasons[d]; len(list) > 0 && !slices.Contains(list, cmd.Reason) {
			return fault.InvalidField("reason", "form.choice_wrong")
		} else if len(list) == 0 {
			cmd.Reason = ""
		}
		if err := s.overtaken(ctx, was); err != nil {
			return err
		}
		q := was
		q.State, q.Changed, q.Decided, q.DecidedBy, q.DecidedOrg = steps[d].to, db.Now(ctx), db.Now(ctx), actor.Person, actor.Org
		q.Reason, q.Comment, q.OfferApproval, q.OrderApproval = cmd.Reason, bounded(cmd.Comment, 1000), "", ""
		if err := save(ctx, was, q); err != nil {
			return err
		}
		out = q.seen(actor.Org)
		return s.told(ctx, actor, d, q, Event{Reason: cmd.Reason})
	})
	if err != nil {
		return Quote{}, err
	}
	return out, nil
}

// Unapproved forgets a request of a company's own rules that was refused or taken back. The
// actor is a system of the company. Safe to repeat. Codes: Unauthenticated, NotFound.
func (s *Service) Unapproved(ctx context.Context, actor access.Actor, approval string) error {
	if err := access.Check(actor, access.ApprovalRead, access.Own(actor.Org)); err != nil {
		return err
	}
	if !strings.HasPrefix(actor.Via, "system:") || approval == "" {
		return notFound()
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error { return unapproved(ctx, actor.Org, approval) })
}
