package deal

import (
	"context"
	"maps"
	"math/big"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/identity"
	"entente/prm/lead"
	"entente/prm/money"
)

// Order is an order as far as registrations need it. Refs are the numbers of its head
// that may be a registration's or a special price's (REF CT and PR, BEG06, RFF+CT); those
// of a line stand before them. ShipTo is who receives it or uses it in the end.
type Order struct {
	ID       string
	Number   string
	Supplier string
	Reseller string
	Currency money.Currency
	At       time.Time
	Refs     []string
	ShipTo   []identity.Facts
	Lines    []OrderLine
}

// OrderLine is one line. Quantities are in Unit; Invoiced and Amount are net of credits,
// Value is ordered × price. Differs says that its invoice is not settled.
type OrderLine struct {
	Line                         int
	SKU, Unit                    string
	Refs                         []string
	Ordered, Cancelled, Invoiced money.Quantity
	Value, Amount                int64
	Differs                      bool
}

// Earns says whether orders of a reseller may count for a registration with the
// supplier: whether it is worth to read one. It asks nothing of the order.
// Codes: Unauthenticated, NotFound.
func (s *Service) Earns(ctx context.Context, actor access.Actor, supplier, reseller string) (bool, error) {
	if err := access.Check(actor, access.DealDecide, access.Resource{Supplier: supplier}); err != nil {
		return false, err
	}
	ok := false
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		ok, err = earns(ctx, supplier, reseller)
		return err
	})
	return ok, err
}

// Ready makes ready what Ordered asks first of some orders, in the transaction of ctx: one
// question instead of one for each. The actor is the system acting for their supplier.
// Codes: Unauthenticated, NotFound.
func (s *Service) Ready(ctx context.Context, actor access.Actor, orders ...string) error {
	if err := access.Check(actor, access.DealDecide, access.Resource{Supplier: actor.Org}); err != nil {
		return err
	}
	return s.view(ctx, actor, func(ctx context.Context) error { return noteLineless(ctx, orders) })
}

// Ordered counts an order for the registrations it speaks of, as it stands now: what was
// counted of it before is replaced. A line counts if it carries the number, or goes to
// the customer; one of the registrant's stock is shown and never counts. Repeating it
// changes nothing.
// Codes: Unauthenticated, NotFound. Publishes EventOrdered, EventPartlyWon, EventWon or
// EventReopened.
func (s *Service) Ordered(ctx context.Context, actor access.Actor, o Order) error {
	if err := access.Check(actor, access.DealDecide, access.Resource{Supplier: o.Supplier}); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		was, err := linesOfOrder(ctx, o.ID)
		if err != nil {
			return err
		}
		before := slices.Sorted(maps.Keys(was))
		lines, touched, err := s.speaks(ctx, actor, o, before)
		if err != nil {
			return err
		}
		if len(before) == 0 && len(lines) == 0 {
			return nil
		}
		if err := saveLines(ctx, o.Supplier, o.ID, len(was) > 0, lines); err != nil {
			return err
		}
		for _, id := range before {
			if _, ok := touched[id]; !ok {
				r, ok, err := byID(ctx, id)
				if err != nil {
					return err
				}
				if ok {
					touched[id] = r
				}
			}
		}
		ids := make([]ID, 0, len(touched))
		for id := range touched {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			r := touched[id]
			if err := s.settle(ctx, &r, was[id], lines[id]); err != nil {
				return err
			}
		}
		return nil
	})
}

// speaks finds the registrations an order speaks of, and what each line says. before are
// those it spoke of, which may be won or over by now.
func (s *Service) speaks(ctx context.Context, actor access.Actor, o Order, before []ID) (map[ID][]Line, map[ID]Registration, error) {
	deals := map[ID]Registration{}
	mine := func(r Registration) bool {
		return r.Supplier == o.Supplier && (r.Registrant == o.Reseller || r.Fulfiller == o.Reseller) && !r.Submitted.IsZero()
	}
	named := map[string]ID{}
	codes := func(refs []string) (out []string) {
		for _, x := range refs {
			if c, ok := ReadCode(x); ok && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		return out
	}
	resolve := func(refs []string) error {
		for _, c := range codes(refs) {
			if _, ok := named[c]; ok {
				continue
			}
			named[c] = ""
			r, ok, err := one(ctx, "supplier_id = ? AND code = ?", o.Supplier, c)
			if err != nil {
				return err
			}
			if ok && mine(r) {
				named[c], deals[r.ID] = r.ID, r
			}
		}
		return nil
	}
	if err := resolve(o.Refs); err != nil {
		return nil, nil, err
	}
	for _, l := range o.Lines {
		if err := resolve(l.Refs); err != nil {
			return nil, nil, err
		}
	}
	live, err := earning(ctx, o.Supplier, o.Reseller)
	if err != nil {
		return nil, nil, err
	}
	known, err := many(ctx, before)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range before {
		if r, ok := known[id]; ok && !slices.ContainsFunc(live, func(x Registration) bool { return x.ID == id }) {
			live = append(live, r)
		}
	}
	to := map[ID]bool{}
	for _, f := range o.ShipTo {
		keys, _ := identity.Of(f)
		for _, r := range live {
			if sameCustomer(r, f, keys) {
				to[r.ID], deals[r.ID] = true, r
			}
		}
	}
	for _, r := range live {
		if _, ok := deals[r.ID]; !ok && slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return r.item(l.SKU) >= 0 }) {
			deals[r.ID] = r // stock, at most
		}
	}
	if len(deals) == 0 {
		return nil, deals, nil
	}
	keys := make([]catalog.ItemKey, len(o.Lines))
	for i, l := range o.Lines {
		keys[i] = catalog.ItemKey{SKU: l.SKU}
	}
	items, err := s.catalog.Resolve(ctx, actor, o.Supplier, o.Reseller, keys)
	if err != nil {
		return nil, nil, err
	}
	out := map[ID][]Line{}
	for i, l := range o.Lines {
		var by []ID
		basis := ByNumber
		for _, c := range codes(l.Refs) {
			by = append(by, named[c])
		}
		if len(codes(l.Refs)) == 0 {
			for _, c := range codes(o.Refs) {
				by = append(by, named[c])
			}
		}
		by = slices.DeleteFunc(by, func(id ID) bool { return id == "" })
		if len(by) == 0 {
			basis = ByDelivery
			for _, r := range live {
				if to[r.ID] && r.covers(l.SKU, items[i]) {
					by = append(by, r.ID)
				}
			}
		}
		if len(by) == 0 {
			basis = ByStock
			for _, r := range live {
				if r.item(l.SKU) >= 0 {
					by = append(by, r.ID)
				}
			}
		}
		for n, id := range by {
			if n > 0 && basis != ByStock { // a line wins one deal: the first that names it
				break
			}
			out[id] = append(out[id], lineOf(o, l, deals[id], basis, items[i]))
		}
	}
	return out, deals, nil
}

// sameCustomer says that goods sent to f reach the customer of a registration.
func sameCustomer(r Registration, f identity.Facts, keys []identity.Key) bool {
	for _, k := range keys {
		if slices.Contains(r.Keys, k) {
			return true
		}
	}
	b := identity.Block(f)
	return b != "" && b == identity.Block(r.Facts()) && identity.Similarity(r.Draft.Customer.Name, f.Name) >= identity.NearEnough
}

// item is the place of a product in a registration, -1 for none.
func (r Registration) item(sku string) int {
	return slices.IndexFunc(r.Items, func(p Item) bool { return sku != "" && p.SKU == sku })
}

// covers says that a product is one of those registered: by its number, or by its family
// where no numbers are.
func (r Registration) covers(sku string, it catalog.Item) bool {
	if len(r.Items) > 0 {
		return r.item(sku) >= 0
	}
	return len(r.Families) == 0 || it.Found && slices.Contains(r.Families, it.Product.Family)
}

func lineOf(o Order, l OrderLine, r Registration, basis string, it catalog.Item) Line {
	out := Line{Order: o.ID, Number: o.Number, Line: l.Line, Basis: basis, SKU: l.SKU, Ordered: l.Ordered, Open: max(0, l.Ordered-l.Cancelled-l.Invoiced), Invoiced: l.Invoiced, Value: l.Value, Amount: l.Amount, Counts: true, At: o.At}
	if it.Found {
		if factor, ok := it.Product.Factor(l.Unit); ok { // quantities are compared in base units
			for _, q := range []*money.Quantity{&out.Ordered, &out.Open, &out.Invoiced} {
				*q = money.Quantity(part(int64(*q), int64(factor), money.One))
			}
		}
	}
	switch {
	case basis == ByStock:
		out.Why = WhyStock
	case o.At.Before(r.Created):
		out.Why = WhyTime
	case !r.covers(l.SKU, it):
		out.Why = WhyProduct
	case o.Currency != r.Value.Currency:
		out.Why = WhyCurrency
	case l.Differs:
		out.Why = WhyDiffers
	}
	out.Counts = out.Why == ""
	return out
}

// part is n × a / b, towards zero, without overflow on the way.
func part(n, a, b int64) int64 {
	if b == 0 {
		return 0
	}
	x := new(big.Int).Mul(big.NewInt(n), big.NewInt(a))
	return x.Quo(x, big.NewInt(b)).Int64()
}

// adds says that a line is added up: it counts, or would but for its invoice.
func (l Line) adds() bool { return l.Counts || l.Why == WhyDiffers }

// wins says that a line may have won something.
func (l Line) wins() bool { return l.Counts && (l.Invoiced > 0 || l.Basis == ByResale) }

// add counts lines in, or out again with sign -1. What they won is not among it: see won.
func (s *Sums) add(lines []Line, sign int64) {
	for _, l := range lines {
		if !l.adds() {
			continue
		}
		s.Lines += int(sign)
		if l.Basis == ByResale {
			s.Resold += sign * l.Amount
			continue
		}
		s.Ordered += sign * l.Value
		s.Open += sign * part(l.Value, int64(l.Open), int64(max(1, l.Ordered)))
		s.Invoiced += sign * l.Amount
	}
}

// won adds up what the lines of a registration won. Of a product with a registered
// quantity no more than that counts, in the order the orders came. What was invoiced and
// what was sold on are the same goods: the greater of both counts.
func won(ctx context.Context, r *Registration) (int64, error) {
	products, err := winsOf(ctx, r.ID)
	if err != nil {
		return 0, err
	}
	resold, err := resoldOf(ctx, r.ID)
	if err != nil {
		return 0, err
	}
	left := map[string]money.Quantity{}
	for _, p := range r.Items {
		left[p.SKU] = p.Quantity
	}
	var out int64
	sold := map[string]int64{} // what counts of what was sold on
	for _, p := range resold {
		if most, limited := left[p.SKU]; limited && p.Invoiced > most {
			p.Amount = part(p.Amount, int64(most), int64(p.Invoiced))
		}
		sold[p.SKU] = max(0, p.Amount)
	}
	ordered := func(p productWins) (out int64, err error) {
		most, limited := left[p.SKU]
		if !limited || p.Invoiced <= most {
			return p.Amount, nil
		}
		err = winsOfProduct(ctx, r.ID, p.SKU, func(l Line) bool {
			take := min(most, l.Invoiced)
			most -= take
			out += part(l.Amount, int64(take), int64(l.Invoiced))
			return most > 0
		})
		return out, err
	}
	for _, p := range products {
		n, err := ordered(p)
		if err != nil {
			return 0, err
		}
		out += max(n, sold[p.SKU])
		delete(sold, p.SKU)
	}
	for _, n := range sold {
		out += n
	}
	return max(0, out), nil
}

// settle adds up what a registration won, now that lines of an order took the place of
// those before, and does what follows: it is won at the agreed share of its value, and
// open again below it. One in dispute is counted and not moved. Its other lines are not
// read: a registration may live for a year of orders.
func (s *Service) settle(ctx context.Context, r *Registration, before, lines []Line) error {
	t, err := termsOf(ctx, r.Supplier)
	if err != nil {
		return err
	}
	was, old := r.State(), r.Sums
	r.Sums.add(before, -1)
	r.Sums.add(lines, 1)
	if len(before)+len(lines) == 0 || slices.ContainsFunc(before, Line.wins) || slices.ContainsFunc(lines, Line.wins) {
		if r.Sums.Won, err = won(ctx, r); err != nil {
			return err
		}
	}
	reached := r.Value.Minor > 0 && r.Sums.Won > 0 && r.Sums.Won >= part(r.Value.Minor, int64(t.WonShare), money.One)
	actor := access.System("deals", r.Supplier)
	now := db.Now(ctx)
	switch {
	case reached && r.Can(Win):
		if err := r.move(Win); err != nil {
			return err
		}
		r.Guard.halt(now)
		r.Asked = Asked{}
		return s.told(ctx, actor, r, was, Win, Entry{})
	case !reached && r.Can(Reopen):
		if err := r.move(Reopen); err != nil {
			return err
		}
		r.Guard.resume(now)
		r.Guard.Grace = time.Time{}
		r.kept.warned, r.kept.holds = 0, false
		if !r.Guard.Until.After(now) {
			if r.Guard.Until, err = s.calendar.Close(ctx, r.Registrant, now.AddDate(0, 0, t.GraceDays)); err != nil {
				return err
			}
		}
		return s.told(ctx, actor, r, was, Reopen, Entry{})
	case r.Sums == old:
		return nil
	case r.State() == StatePartlyWon && was != StatePartlyWon:
		return s.counted(ctx, r, was, "partly_won", EventPartlyWon)
	case old.Lines == 0 && r.Sums.Lines > 0:
		return s.counted(ctx, r, was, "ordered", EventOrdered)
	}
	return save(ctx, r)
}

// counted stores a registration of which orders say something new.
func (s *Service) counted(ctx context.Context, r *Registration, was State, kind, event string) error {
	if err := save(ctx, r); err != nil {
		return err
	}
	if err := insertEntry(ctx, r.ID, Entry{Kind: kind, From: was, To: r.State(), At: db.Now(ctx)}); err != nil {
		return err
	}
	return s.publish(ctx, event, *r, Event{Percent: r.Percent()})
}

// FromLead makes a registration of a lead that the actor's company accepted, and ends the
// lead with it, in one. Repeating it returns the same registration.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (the lead is not held).
func (s *Service) FromLead(ctx context.Context, actor access.Actor, offer lead.OfferID) (Registration, error) {
	if err := access.Check(actor, access.DealWrite, access.Resource{Reseller: actor.Org}); err != nil {
		return Registration{}, err
	}
	var out Registration
	err := s.change(ctx, actor, func(ctx context.Context) error {
		o, err := s.leads.GetOffer(ctx, actor, offer)
		if err != nil {
			return err
		}
		if o.Reseller != actor.Org {
			return notFound()
		}
		if was, ok, err := one(ctx, "offer_id = ? AND offer_id <> ''", string(offer)); err != nil || ok {
			out = was.seen(actor.Org)
			return err
		}
		if o.Shared == nil || !o.State.Held() {
			return lead.NotHeld()
		}
		d := Draft{Title: o.Teaser.Title, Need: o.Teaser.Need, Families: o.Teaser.Families, Value: o.Teaser.Value, CloseOn: o.Teaser.Expected, Source: "lead",
			Customer: Party{Name: o.Shared.Customer, Country: o.Shared.Country, City: o.Shared.City, Street: o.Shared.Street, Postcode: o.Shared.Postcode, TaxID: o.Shared.TaxID, Web: o.Shared.Web},
			Contact:  Contact{Name: o.Shared.Contact, Title: o.Shared.Title, Mail: o.Shared.Mail, Phone: o.Shared.Phone, Consent: o.Teaser.Share || o.Teaser.Direct}}
		for _, p := range o.Teaser.Products {
			d.Items = append(d.Items, Item{SKU: p.SKU, Quantity: p.Quantity})
		}
		if out, _, err = s.create(ctx, actor, o.Partnership, d, offer); err != nil {
			return err
		}
		return s.leads.Convert(ctx, actor, offer, string(out.ID))
	})
	return out, err
}
