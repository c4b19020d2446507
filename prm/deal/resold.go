package deal

import (
	"context"
	"maps"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/identity"
	"entente/prm/money"
)

// Resale is what a reseller told that it sold on in a period (867, SLSRPT). Replaces are
// reports that no longer count; without Stands this one does not either.
type Resale struct {
	ID       string
	Number   string
	Supplier string
	Reseller string
	From, To string // civil dates
	At       time.Time
	Stands   bool
	Replaces []string
	Lines    []ResaleLine
}

// ResaleLine is one line whose product is known. Pieces are base units, below zero for a
// return. Refs are numbers that may be a registration's.
type ResaleLine struct {
	Line     int
	SKU      string
	Pieces   money.Quantity
	From, To string
	Refs     []string
	Customer identity.Facts // zero: not told
}

// Resold is the evidence of a dispute that a resale line opened; for the supplier alone.
type Resold struct {
	Report   string         `json:"report"`
	Number   string         `json:"number"`
	Line     int            `json:"line"`
	Reseller string         `json:"reseller"`
	SKU      string         `json:"sku"`
	Pieces   money.Quantity `json:"pieces"`
	From     string         `json:"from"`
	To       string         `json:"to"`
}

// Resold counts what was sold on for the registrations it speaks of, as it stands now: what
// was counted of the report, and of those it replaces, is replaced. A line counts for the
// reseller's own registration if it carries the number or names the customer, at the
// price that was registered, else at the price list's. A line of goods that somebody else
// is protected for opens a dispute, once for each report. Repeating it changes nothing.
// Codes: Unauthenticated, NotFound. Publishes EventOrdered, EventPartlyWon, EventWon,
// EventReopened or EventDisputed.
func (s *Service) Resold(ctx context.Context, actor access.Actor, o Resale) error {
	if err := access.Check(actor, access.DealDecide, access.Resource{Supplier: o.Supplier}); err != nil {
		return err
	}
	if !o.Stands {
		o.Lines = nil
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		was := map[ID][]Line{}
		for _, id := range append([]string{o.ID}, o.Replaces...) {
			lines, err := linesOfOrder(ctx, id)
			if err != nil {
				return err
			}
			for d, ls := range lines {
				was[d] = append(was[d], ls...)
			}
			if len(lines) > 0 {
				if err := saveLines(ctx, o.Supplier, id, true, nil); err != nil {
					return err
				}
			}
		}
		before := slices.Sorted(maps.Keys(was))
		keys := make([]catalog.ItemKey, len(o.Lines))
		for i, l := range o.Lines {
			keys[i] = catalog.ItemKey{SKU: l.SKU}
		}
		items, err := s.catalog.Resolve(ctx, actor, o.Supplier, o.Reseller, keys)
		if err != nil {
			return err
		}
		lines, deals, err := s.resold(ctx, actor, o, items, before)
		if err != nil {
			return err
		}
		if err := saveLines(ctx, o.Supplier, o.ID, false, lines); err != nil {
			return err
		}
		missing := slices.DeleteFunc(slices.Clone(before), func(id ID) bool { _, ok := deals[id]; return ok })
		known, err := many(ctx, missing)
		if err != nil {
			return err
		}
		maps.Copy(deals, known)
		for _, id := range slices.Sorted(maps.Keys(deals)) {
			r := deals[id]
			if len(was[id])+len(lines[id]) == 0 {
				continue
			}
			if err := s.settle(ctx, &r, was[id], lines[id]); err != nil {
				return err
			}
		}
		return s.rivals(ctx, o, items)
	})
}

// customers finds registrations by their customer.
type customers struct {
	byKey   map[identity.Key][]int
	byBlock map[string][]int
	all     []Registration
}

func customersOf(all []Registration) customers {
	c := customers{map[identity.Key][]int{}, map[string][]int{}, all}
	for i, r := range all {
		for _, k := range r.Keys {
			c.byKey[k] = append(c.byKey[k], i)
		}
		if b := identity.Block(r.Facts()); b != "" {
			c.byBlock[b] = append(c.byBlock[b], i)
		}
	}
	return c
}

// of are the registrations for a customer, in their order.
func (c customers) of(f identity.Facts) []Registration {
	keys, _ := identity.Of(f)
	var at []int
	for _, k := range keys {
		at = append(at, c.byKey[k]...)
	}
	for _, i := range c.byBlock[identity.Block(f)] {
		if identity.Similarity(c.all[i].Draft.Customer.Name, f.Name) >= identity.NearEnough {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	var out []Registration
	for _, i := range slices.Compact(at) {
		out = append(out, c.all[i])
	}
	return out
}

// named says that enough of a customer is told to look for it.
func named(f identity.Facts) bool { return f.Name != "" || f.GLN != "" || f.DUNS != "" }

// resold finds the reseller's own registrations that lines speak of, and what they count.
func (s *Service) resold(ctx context.Context, actor access.Actor, o Resale, items []catalog.Item, before []ID) (map[ID][]Line, map[ID]Registration, error) {
	out, deals := map[ID][]Line{}, map[ID]Registration{}
	if len(o.Lines) == 0 {
		return out, deals, nil
	}
	live, err := earning(ctx, o.Supplier, o.Reseller)
	if err != nil {
		return nil, nil, err
	}
	won, err := wonBy(ctx, o.Supplier, o.Reseller) // goods may come back
	if err != nil {
		return nil, nil, err
	}
	live = append(live, won...)
	was, err := many(ctx, before) // those that are over by now
	if err != nil {
		return nil, nil, err
	}
	for _, id := range before {
		if r, ok := was[id]; ok && !slices.ContainsFunc(live, func(x Registration) bool { return x.ID == id }) {
			live = append(live, r)
		}
	}
	known, prices := customersOf(live), map[string]money.Price{}
	codes := map[string]ID{}
	for _, r := range live {
		codes[r.Code] = r.ID
		deals[r.ID] = r
	}
	for i, l := range o.Lines {
		if l.Pieces == 0 {
			continue
		}
		var r Registration
		for _, ref := range l.Refs {
			if c, ok := ReadCode(ref); ok && r.ID == "" {
				if _, seen := codes[c]; !seen { // not live: it may be won, and be taken back
					x, ok, err := one(ctx, "supplier_id = ? AND code = ?", o.Supplier, c)
					if err != nil {
						return nil, nil, err
					}
					codes[c] = ""
					if ok && (x.Registrant == o.Reseller || x.Fulfiller == o.Reseller) && !x.Submitted.IsZero() {
						codes[c], deals[x.ID] = x.ID, x
					}
				}
				r = deals[codes[c]]
			}
		}
		if r.ID == "" && named(l.Customer) {
			for _, x := range known.of(l.Customer) {
				if x.covers(l.SKU, items[i]) {
					r = x
					break
				}
			}
		}
		if r.ID == "" {
			continue
		}
		line, err := s.resaleLine(ctx, actor, o, l, r, items[i], prices)
		if err != nil {
			return nil, nil, err
		}
		out[r.ID] = append(out[r.ID], line)
	}
	return out, deals, nil
}

// resaleLine is what a line counts for a registration. What it sold for is not asked: it is
// the reseller's own matter. prices are those looked up before.
func (s *Service) resaleLine(ctx context.Context, actor access.Actor, o Resale, l ResaleLine, r Registration, it catalog.Item, prices map[string]money.Price) (Line, error) {
	out := Line{Order: o.ID, Number: o.Number, Line: l.Line, Basis: ByResale, SKU: l.SKU, Invoiced: l.Pieces, At: o.At}
	switch {
	case l.To < r.Created.UTC().Format(time.DateOnly):
		out.Why = WhyTime
	case !r.covers(l.SKU, it):
		out.Why = WhyProduct
	}
	var price money.Price
	if i := r.item(l.SKU); i >= 0 {
		price = r.Items[i].Price
	}
	if price == 0 && it.Found {
		key := string(it.Product.ID) + string(r.Value.Currency) + l.To
		p, ok := prices[key]
		if !ok {
			all, err := s.catalog.PricesOn(ctx, actor, o.Supplier, o.Reseller, r.Value.Currency, l.To, []catalog.ID{it.Product.ID})
			if err != nil {
				return out, err
			}
			p = all[it.Product.ID]
			prices[key] = p
		}
		price = p
	}
	if out.Why == "" && price == 0 {
		out.Why = WhyPrice
	}
	if price > 0 {
		a, err := money.Extend(l.Pieces, price, r.Value.Currency)
		if err != nil {
			return out, err
		}
		out.Amount = a.Minor
	}
	out.Counts = out.Why == ""
	return out, nil
}

// rivals opens a dispute about each registration that somebody else holds for the customer
// of a line. One who holds the customer too, after a split, is no rival.
func (s *Service) rivals(ctx context.Context, o Resale, items []catalog.Item) error {
	var facts []identity.Facts
	at := map[string][]int{} // lines of a customer
	for i, l := range o.Lines {
		if l.Pieces <= 0 || !named(l.Customer) {
			continue
		}
		id := db.Text(l.Customer)
		if _, ok := at[id]; !ok {
			facts = append(facts, l.Customer)
		}
		at[id] = append(at[id], i)
	}
	for part := range slices.Chunk(facts, 200) {
		all, err := heldFor(ctx, o.Supplier, part)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			continue
		}
		known := customersOf(all)
		for _, f := range part {
			rs := known.of(f)
			if slices.ContainsFunc(rs, func(r Registration) bool {
				return (r.Registrant == o.Reseller || r.Fulfiller == o.Reseller) && (r.Decision == Protected || r.Decision == Won)
			}) {
				continue
			}
			for _, r := range rs {
				if r.Registrant == o.Reseller || r.Fulfiller == o.Reseller || r.Decision != Protected && r.Decision != Expired {
					continue
				}
				for _, i := range at[db.Text(f)] {
					l := o.Lines[i]
					if !r.covers(l.SKU, items[i]) || l.To < r.Guard.From.UTC().Format(time.DateOnly) {
						continue
					}
					if err := s.rival(ctx, o, l, r.ID); err != nil {
						return err
					}
					break
				}
			}
		}
	}
	return nil
}

// rival opens a dispute about a registration, once for each report, whatever its version.
// Where the reseller has a registration that waits behind it or was refused for it, that is
// the claim.
func (s *Service) rival(ctx context.Context, o Resale, l ResaleLine, id ID) error {
	r, ok, err := byID(ctx, id)
	if err != nil || !ok {
		return err
	}
	first, err := markRival(ctx, r, o.Reseller, o.Number+" "+o.From+" "+o.To)
	if err != nil || !first || r.Disputes > 0 {
		return err
	}
	var claim *Registration
	c, ok, err := one(ctx, "registrant_id = ? AND against_id = ? AND against_id <> ''", o.Reseller, string(r.ID))
	if err != nil {
		return err
	}
	if ok && c.CanDispute() {
		claim = &c
	}
	return s.open(ctx, access.System("deals", r.Supplier), claim, &r, reasonResold, "", &Resold{Report: o.ID, Number: o.Number, Line: l.Line, Reseller: o.Reseller, SKU: l.SKU, Pieces: l.Pieces, From: l.From, To: l.To})
}
