package trade

import (
	"context"
	"math/big"
	"slices"
	"strings"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/precheck"
)

// placer finds the lines of an order that the lines of a reply are about.
type placer struct {
	lines    []Line
	numbered map[string][]int        // places of lines by numberKey
	products map[int]catalog.Product // by line, where units must be converted
	inferred bool                    // some line was found by item and quantity
	loose    bool                    // numbers of its lines are its own
	several  bool                    // … and run over several orders: they say nothing of this one's lines
	found    []precheck.Finding
	said     map[int]money.Quantity // what earlier lines of the reply took, per line
}

// placer reads what is needed to convert units of the lines asked for.
func (s *Service) placer(ctx context.Context, o orderRow, lines []Line) (*placer, error) {
	ps, err := s.placers(ctx, o.SupplierID, o.ResellerID, lines)
	if err != nil {
		return nil, err
	}
	return ps[0], nil
}

// placers are those of several orders of one pair.
func (s *Service) placers(ctx context.Context, supplier, reseller string, orders ...[]Line) ([]*placer, error) {
	out := make([]*placer, len(orders))
	type place struct{ order, line int }
	var keys []catalog.ItemKey
	var at []place
	for k, lines := range orders {
		p := &placer{lines: lines, numbered: map[string][]int{}, products: map[int]catalog.Product{}, said: map[int]money.Quantity{}}
		out[k] = p
		for i, l := range lines {
			n := numberKey(l.Reference)
			p.numbered[n] = append(p.numbered[n], i)
			if l.Product != "" {
				keys, at = append(keys, catalog.ItemKey{SKU: l.SKU}), append(at, place{k, l.Number})
			}
		}
	}
	if len(keys) == 0 {
		return out, nil
	}
	items, err := s.cat.Resolve(ctx, access.System("trade", supplier), supplier, reseller, keys)
	for i, it := range items {
		if it.Found {
			out[at[i].order].products[at[i].line] = it.Product
		}
	}
	return out, err
}

// find gives the line that d is about: by its number (PO101, LIN 1082 or REF LI and FJ)
// unless its items say otherwise, else by item, and where several lines have that item
// by the quantity that is left of them.
func (p *placer) find(d *doc.Line, qty doc.Decimal, left func(Line) money.Quantity) (*Line, error) {
	numbers := []string{d.Number}
	for _, r := range d.Refs {
		if r.Qualifier == "LI" || r.Qualifier == "FJ" {
			numbers = append(numbers, r.Value)
		}
	}
	if p.loose { // its own count is the worst of them
		numbers = append(numbers[1:], d.Number)
	}
	if p.several {
		numbers = numbers[:len(numbers)-1]
	}
	for _, n := range numbers {
		for _, i := range p.numbered[numberKey(n)] {
			if l := &p.lines[i]; n != "" && !contradicts(l, d) {
				return l, nil
			}
		}
	}
	var fit, free []*Line
	for i := range p.lines {
		if l := &p.lines[i]; sameItem(l, d) {
			if fit = append(fit, l); l.Free == d.Free() {
				free = append(free, l)
			}
		}
	}
	if len(free) > 0 { // goods free of charge are not those that are paid
		fit = free
	}
	if len(fit) == 0 {
		return nil, doubted(DoubtLine, "Line", firstOf(d.Number, "?"), "Item", firstOf(d.VendorItem, d.GTIN, d.BuyerItem, "?"))
	}
	p.inferred = true
	if len(fit) == 1 {
		return fit[0], nil
	}
	var exact, enough []*Line
	for _, l := range fit {
		q, err := p.quantity(l, qty, d.Unit)
		if err != nil {
			continue
		}
		switch open := left(*l) - p.said[l.Number]; {
		case open == q:
			exact = append(exact, l)
		case open > q:
			enough = append(enough, l)
		}
	}
	if len(exact) > 0 {
		return exact[0], nil // of equal lines any will do
	}
	if p.several && len(enough) > 1 { // the line at this price; of those at one price the first
		if q, err := money.ParseMicro(string(d.Price)); err == nil && slices.ContainsFunc(enough, func(l *Line) bool { return l.Price == money.Price(q) }) {
			enough = slices.DeleteFunc(enough, func(l *Line) bool { return l.Price != money.Price(q) })
		}
		if !slices.ContainsFunc(enough, func(l *Line) bool { return l.Price != enough[0].Price || l.Unit != enough[0].Unit }) {
			return enough[0], nil
		}
	}
	if len(enough) == 1 {
		return enough[0], nil
	}
	return nil, doubted(DoubtUnclear, "Item", firstOf(d.VendorItem, d.GTIN, d.BuyerItem, "?"))
}

// numberKey is what two ways to write the number of a line have in common: leading zeros
// do not count.
func numberKey(n string) string {
	if t := strings.TrimLeft(n, "0"); t != "" {
		return t
	}
	return n
}

func sameNumber(a, b string) bool { return numberKey(a) == numberKey(b) }

// sameItem says that one of the item numbers is that of the line.
func sameItem(l *Line, d *doc.Line) bool {
	if d.VendorItem != "" && (strings.EqualFold(d.VendorItem, l.SKU) || strings.EqualFold(d.VendorItem, l.InsteadOf)) || d.BuyerItem != "" && strings.EqualFold(d.BuyerItem, l.BuyerItem) {
		return true
	}
	g, ok := catalog.PadGTIN(d.GTIN)
	h, known := catalog.PadGTIN(l.GTIN)
	return ok && known && g == h
}

// contradicts says that the line's number is that of another item: both name one in the
// same way, and none agrees.
func contradicts(l *Line, d *doc.Line) bool {
	both := d.VendorItem != "" && l.SKU != "" || d.BuyerItem != "" && l.BuyerItem != "" || d.GTIN != "" && l.GTIN != ""
	return both && !sameItem(l, d)
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return bounded(w, 60)
		}
	}
	return ""
}

// quantity reads a quantity and converts it to the unit of the order's line.
func (p *placer) quantity(l *Line, n doc.Decimal, unit string) (money.Quantity, error) {
	q, err := money.ParseMicro(string(n))
	if err != nil || q < 0 {
		return 0, doubted(DoubtQuantity, "Line", l.Reference, "Quantity", bounded(string(n), 30))
	}
	to, from, err := p.factors(l, unit)
	if err != nil {
		return 0, err
	}
	out, ok := scaled(q, from, to)
	if !ok {
		return 0, doubted(DoubtUnit, "Line", l.Reference, "Unit", bounded(unit, 10), "Ours", l.Unit)
	}
	return out, nil
}

// price reads a price per unit of the reply as one per unit of the order's line.
func (p *placer) price(l *Line, d *doc.Line) (money.Price, error) {
	v, err := money.ParseMicro(string(d.Price))
	div := money.Micro(1)
	switch d.PriceBasis {
	case "HP":
		div = 100
	case "TP":
		div = 1000
	}
	if err != nil || v < 0 || v%div != 0 {
		return 0, doubted(DoubtAmount, "Line", l.Reference)
	}
	to, from, err := p.factors(l, d.Unit)
	if err != nil {
		return 0, err
	}
	out, ok := scaled(v/div, to, from)
	if !ok {
		return 0, doubted(DoubtUnit, "Line", l.Reference, "Unit", bounded(d.Unit, 10), "Ours", l.Unit)
	}
	return out, nil
}

// factors are the base units in one unit of the order's line and in one of the reply's.
func (p *placer) factors(l *Line, unit string) (to, from money.Quantity, err error) {
	if unit == "" || catalog.SameUnit(unit) == catalog.SameUnit(l.Unit) {
		return money.One, money.One, nil
	}
	prod, ok := p.products[l.Number]
	if ok {
		to, ok = prod.Factor(l.Unit)
	}
	if ok {
		from, ok = prod.Factor(unit)
	}
	if !ok || to <= 0 || from <= 0 {
		return 0, 0, doubted(DoubtUnit, "Line", l.Reference, "Unit", bounded(unit, 10), "Ours", l.Unit)
	}
	return to, from, nil
}

// scaled is n × by ÷ of, exact or not at all.
func scaled(n, by, of money.Micro) (money.Micro, bool) {
	x := new(big.Int).Mul(big.NewInt(int64(n)), big.NewInt(int64(by)))
	q, r := new(big.Int).QuoRem(x, big.NewInt(int64(of)), new(big.Int))
	return money.Micro(q.Int64()), r.Sign() == 0 && q.IsInt64()
}

// adopt gives a line of the reply what the reseller knows the line by: its number, and
// its own item number.
func adopt(d *doc.Line, l *Line) {
	d.Number = l.Reference
	if d.BuyerItem == "" && l.BuyerItem != "" {
		d.BuyerItem = l.BuyerItem
		d.Items = append(d.Items, doc.ItemID{Qualifier: "BP", ID: l.BuyerItem})
	}
}

// codesOf are the SSCC of a ship notice, eighteen digits each.
func codesOf(d *doc.ShipNotice) []string {
	var out []string
	seen := map[string]bool{}
	eachPack(d, func(code string) {
		if !seen[code] && len(out) < MaxPacks {
			seen[code] = true
			out = append(out, code)
		}
	})
	return out
}

// eachPack gives the SSCC of every pack, eighteen digits each.
func eachPack(d *doc.ShipNotice, fn func(code string)) {
	var walk func([]doc.Pack)
	walk = func(ps []doc.Pack) {
		for _, p := range ps {
			code := p.SSCC
			if len(code) == 20 && strings.HasPrefix(code, "00") {
				code = code[2:]
			}
			if len(code) == 18 && strings.Trim(code, "0123456789") == "" {
				fn(code)
			}
			walk(p.Packs)
		}
	}
	for _, o := range d.Orders {
		walk(o.Packs)
	}
}
