package quote

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/money"
	"entente/prm/trade"
)

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
	t := Terms{Title: cmd.Title, Customer: cmd.Customer, Note: cmd.Note, ValidUntil: cmd.ValidUntil, From: cmd.From, Until: cmd.Until}
	text(bad, "title", &t.Title, 120, false)
	text(bad, "customer", &t.Customer, 200, false)
	text(bad, "note", &t.Note, 2000, true)
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
	all, err := s.priced(ctx, p, cmd.Lines, d, was, false, func(i int, l *Line, a money.Amount) {
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
		t.Title = bounded(t.Customer, 120)
	}
	if t.Title == "" {
		t.Title = bounded(t.Lines[0].SKU+" "+t.Lines[0].NameEN, 120)
	}
	return t, nil
}

// text trims what somebody wrote, and refuses what is too long or does not show what it holds.
func text(bad *fault.Error, name string, s *string, most int, lines bool) {
	*s = strings.TrimSpace(*s)
	if len(*s) > most {
		bad.With(name, "form.too_long", "Most", most)
	}
	if !identity.Readable(*s, lines) {
		bad.With(name, "form.text_wrong")
	}
}

// priced finds the items of lines and how their prices come about; add gets each that stands.
// With try it says of options what else can be had.
func (s *Service) priced(ctx context.Context, p pair, lines []LineCmd, d Deed, was Quote, try bool, add func(i int, l *Line, a money.Amount), bad *fault.Error) ([]Line, error) {
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
	options, err := s.cat.OptionsOf(ctx, desk, p.SupplierID, p.ResellerID, ids)
	if err != nil {
		return nil, err
	}
	var adds map[catalog.ID]map[string]catalog.OptionTerm
	if len(options) > 0 {
		if adds, err = s.cat.OptionTerms(ctx, desk, p.SupplierID, partner, c, day, ids); err != nil {
			return nil, err
		}
	}
	out := make([]Line, len(lines))
	for i, it := range items {
		if err := ctx.Err(); err != nil { // nobody waits for it any more
			return nil, err
		}
		id := it.Product.ID
		l, ok := line(lines[i], it, pricing{how[id], options[id], adds[id], try}, d, was, fmt.Sprintf("lines.%d.", i), bad)
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
func line(l LineCmd, it catalog.Item, how pricing, d Deed, was Quote, at string, bad *fault.Error) (Line, bool) {
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
	if n, ok := p.Pieces(l.Quantity, out.Unit); !ok || max(n, l.Quantity) > trade.MostPieces { // it could not be ordered
		bad.With(at+"quantity", "quote.quantity_most", "SKU", p.SKU)
		return out, false
	}
	if l.Price < 0 {
		bad.With(at+"price", "trade.price_negative")
		return out, false
	}
	for _, x := range how.steps {
		out.Base = money.Price(ratio(money.Quantity(x.Price), out.Factor, money.One))
		out.Steps = append(out.Steps, Step{Kind: x.Kind, Price: out.Base, List: x.Name, Version: x.Version, From: x.From})
	}
	how.configure(&out, l.Options, at, bad)
	if d == Ask {
		out.Asked = l.Price
	} else {
		for _, x := range was.Lines {
			if x.SKU == out.SKU && x.Unit == out.Unit && x.Config.Code() == out.Config.Code() {
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
