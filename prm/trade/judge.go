package trade

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// maxLines bounds one order; more is refused as too large.
const maxLines = 10_000

// judged is an order document turned into what is booked, with its doubts as
// marks on the lines. Nothing in it is refused.
type judged struct {
	currency    money.Currency
	total       money.Amount
	lines       []Line
	marks       int
	orderedOn   string
	requestedOn string
	shipTo      string
	head        Head
	note        string
	hash        string
	promo       PromoOrder
	verdicts    []PromoVerdict
	quote       QuotedOrder      // where it names one
	factors     []money.Quantity // base units in the unit of each line, 0: unknown
}

// itemKeys are the questions to the catalogue, one per line.
func itemKeys(d doc.PurchaseOrder) []catalog.ItemKey {
	out := make([]catalog.ItemKey, len(d.Lines))
	for i, l := range d.Lines {
		out[i] = catalog.ItemKey{SKU: l.VendorItem, BuyerItem: l.BuyerItem, GTIN: l.GTIN}
	}
	return out
}

// judge weighs a document against the catalogue and the partnership: items in
// the order of the lines, prices per base unit in the currency of the order by the
// price date of each line.
func judge(d doc.PurchaseOrder, t terms, items []catalog.Item, prices func(line int) map[catalog.ID]money.Price, today string) judged {
	j := judged{currency: money.Currency(t.Currency), head: Head{Parties: d.Parties, Refs: d.Refs, Dates: d.Dates, Terms: d.Terms, Allowances: d.Allowances, Contacts: d.Contacts, Contract: d.Contract}}
	var all Marks
	if c := money.Currency(strings.ToUpper(d.Currency)); c != "" && c != j.currency {
		all = all.add(CurrencyDiffers)
		if c.Valid() {
			j.currency = c
		}
	}
	for _, a := range d.Allowances {
		if a.ChangesTotal() {
			all = all.add(AllowanceUnknown)
		}
	}
	j.orderedOn = today
	switch {
	case oddDay(d.Date, today): // prices are those of today
		all = all.add(DateOdd)
	case civil(d.Date):
		j.orderedOn = d.Date
	}
	j.requestedOn = requested(d.Dates)
	j.shipTo = shipTo(d.Parties)
	j.note = bounded(strings.Join(d.Notes, "\n"), 2000)
	j.total = money.Amount{Currency: j.currency}
	j.lines = make([]Line, len(d.Lines))
	room := MostPieces
	for i := range d.Lines {
		l := judgeLine(d.Lines[i], items[i], prices(i), j.currency, money.Rate(t.PriceTolerance), j.orderedOn, room)
		room -= piecesOf(items[i], l.Ordered, l.Unit)
		l.Number = i + 1
		if l.Reference == "" {
			l.Reference = itoa(i + 1)
		}
		if l.RequestedOn == "" {
			l.RequestedOn = j.requestedOn
		}
		if oddDay(l.RequestedOn, today) {
			l.Marks = l.Marks.add(DateOdd)
		}
		for _, m := range all {
			l.Marks = l.Marks.add(m)
		}
		if l.Marks.Has(CurrencyDiffers) {
			l.Marks = l.Marks.without(NoListPrice)
		}
		sum, err := j.total.Add(l.Amount)
		if err != nil {
			l.Marks, l.Amount = l.Marks.add(AmountRange), money.Amount{Currency: j.currency}
		} else {
			j.total = sum
		}
		if len(l.Marks) > 0 {
			j.marks++
		}
		j.lines[i] = l
	}
	j.hash = fingerprint(d, j)
	return j
}

func (ms Marks) without(m Mark) Marks {
	var out Marks
	for _, x := range ms {
		if x != m {
			out = append(out, x)
		}
	}
	return out
}

func judgeLine(d doc.Line, item catalog.Item, prices map[catalog.ID]money.Price, c money.Currency, tolerance money.Rate, orderedOn string, room money.Quantity) Line {
	l := Line{Reference: bounded(d.Number, 40), SKU: bounded(d.VendorItem, 60), BuyerItem: bounded(d.BuyerItem, 60), GTIN: bounded(d.GTIN, 14), Description: bounded(d.Description, 300),
		Unit: bounded(strings.ToUpper(d.Unit), 10), State: LineOpen, RequestedOn: requested(d.Dates), Amount: money.Amount{Currency: c}, DealNumber: deal(d.Refs)}
	l.Parts = partsOf(d.Schedules)
	if len(l.Parts) > 0 && l.RequestedOn == "" {
		l.RequestedOn = l.Parts[len(l.Parts)-1].On
	}
	q, err := money.ParseMicro(string(d.Quantity))
	if err != nil || q <= 0 || piecesOf(item, q, l.Unit) > room {
		l.Marks = l.Marks.add(QuantityUnread)
	} else {
		l.Ordered = q
	}
	listed := false
	if !item.Found {
		l.Marks = l.Marks.add(UnknownItem)
	} else {
		l.Product, l.SKU = string(item.Product.ID), item.Product.SKU
		if l.GTIN == "" {
			l.GTIN = item.Product.GTIN
		}
		if l.Description == "" {
			l.Description = item.Product.Name("en")
		}
		if item.Product.State != catalog.Active {
			l.Marks = l.Marks.add(Discontinued)
		}
		if item.Product.Replaced(orderedOn) {
			l.Marks = l.Marks.add(Superseded)
		}
		if n, ok := item.Product.Pieces(l.Ordered, l.Unit); ok && l.Ordered > 0 {
			short, odd := item.Product.Fits(n)
			if short && !d.Free() {
				l.Marks = l.Marks.add(BelowMinimum)
			}
			if odd && !d.Free() {
				l.Marks = l.Marks.add(NotMultiple)
			}
		}
		factor, sold := item.Product.Factor(l.Unit)
		if !sold {
			l.Marks = l.Marks.add(UnitUnknown)
		} else if p, ok := prices[item.Product.ID]; ok {
			l.ListPrice, listed = times(p, factor)
		}
		if sold && !listed {
			l.Marks = l.Marks.add(NoListPrice)
		}
	}
	l = judgePrice(l, d, listed, tolerance)
	for _, a := range d.Allowances {
		if a.ChangesTotal() {
			l.Marks = l.Marks.add(AllowanceUnknown)
		}
	}
	if l.Amount, err = money.Extend(l.Ordered, l.Price, c); err != nil {
		l.Marks, l.Amount = l.Marks.add(AmountRange), money.Amount{Currency: c}
	}
	return l
}

// MostPieces bounds what an order is of: far above any trade, and so far below what a number
// holds that the orders of years can be added up. A line beyond it is not booked as ordered.
const MostPieces = money.Quantity(1_000_000_000 * money.One)

// piecesOf is a quantity as MostPieces counts it: in its own unit or in pieces, whichever is
// more.
func piecesOf(item catalog.Item, q money.Quantity, unit string) money.Quantity {
	if q > MostPieces || !item.Found {
		return q
	}
	if _, sold := item.Product.Factor(unit); !sold {
		return q
	}
	n, ok := item.Product.Pieces(q, unit)
	if !ok {
		return MostPieces + 1
	}
	return max(n, q)
}

// judgePrice reads the price, per the line's unit; HP and TP of PO105 are per
// hundred and per thousand. A line without price takes the list price.
func judgePrice(l Line, d doc.Line, listed bool, tolerance money.Rate) Line {
	if d.Free() {
		l.Free, l.Price, l.Marks = true, 0, l.Marks.add(FreeGoods).without(NoListPrice)
		return l
	}
	if d.Price == "" {
		l.Price = l.ListPrice
		l.Marks = l.Marks.add(PriceMissing)
		return l
	}
	p, err := money.ParseMicro(string(d.Price))
	div := money.Micro(1)
	switch d.PriceBasis {
	case "HP":
		div = 100
	case "TP":
		div = 1000
	}
	if err != nil || p < 0 || p%div != 0 {
		l.Marks = l.Marks.add(AmountRange)
		return l
	}
	if l.Price = p / div; l.Price == 0 { // left out, or meant to be free: see priceless
		l.Marks = l.Marks.add(PriceZero)
		return l
	}
	if listed && !money.Within(l.Price, l.ListPrice, tolerance) {
		l.Marks = l.Marks.add(PriceDiffers)
	}
	return l
}

// oddDay says that a civil day cannot be meant: what systems write where they have none
// lies before this century, or more than twenty years from now.
func oddDay(day, today string) bool {
	if !civil(day) {
		return false
	}
	from, err := time.Parse(time.DateOnly, today)
	return err == nil && (day < "2000-01-01" || day > from.AddDate(20, 0, 0).Format(time.DateOnly))
}

// priceless says what lines at price 0 cost that nothing says are free, no promotion either:
// the list price, until somebody answers.
func (j *judged) priceless() error {
	found := false
	for i := range j.lines {
		l := &j.lines[i]
		if !l.Marks.Has(PriceZero) {
			continue
		}
		found, l.Price = true, l.ListPrice
		if i < len(j.promo.Lines) {
			j.promo.Lines[i].Price = l.Price
		}
	}
	if !found {
		return nil
	}
	return j.resum()
}

// unpriced says that the order gives no price for the line, and the list neither.
func (l Line) unpriced() bool {
	return l.Price == 0 && (l.Marks.Has(PriceMissing) || l.Marks.Has(PriceZero))
}

// partsOf are the deliveries that a line asks for; one alone says no more than the line.
func partsOf(list []doc.Schedule) []Part {
	if len(list) < 2 || len(list) > 200 {
		return nil
	}
	var out []Part
	for _, s := range list {
		q, err := money.ParseMicro(string(s.Quantity))
		if err != nil || q <= 0 {
			return nil
		}
		out = append(out, Part{q, requested(s.Dates)})
	}
	return out
}

func readParts(s string) []Part {
	if s == "" {
		return nil
	}
	var out []Part
	if json.Unmarshal([]byte(s), &out) != nil {
		return nil
	}
	return out
}

func writeParts(list []Part) string {
	if len(list) == 0 {
		return ""
	}
	return db.Text(list)
}

// times is price × quantity of units, exact to six places; false when it does not
// fit.
func times(p money.Price, f money.Quantity) (money.Price, bool) {
	n := new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(int64(f)))
	n.Quo(n, big.NewInt(money.One))
	if !n.IsInt64() {
		return 0, false
	}
	return money.Price(n.Int64()), true
}

func civil(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }

// requested is the first date that says when the goods are wanted.
func requested(ds []doc.Date) string {
	for _, q := range []string{"002", "067", "010", "068", "063", "038"} {
		for _, d := range ds {
			if d.Qualifier == q && civil(d.Date) {
				return d.Date
			}
		}
	}
	return ""
}

// deal are the numbers of a line that a price stands on: of a promotion (PD), and of a
// contract or a quote with its qualifier before it ("CT/4711"); one of each sort at most,
// a line break between them.
func deal(rs []doc.Ref) string {
	var out []string
	for _, sort := range [][]string{{"PD"}, {"CT", "PR", "AAG"}} {
		i := -1
		for _, q := range sort {
			if i < 0 {
				i = slices.IndexFunc(rs, func(r doc.Ref) bool { return r.Qualifier == q && r.Value != "" })
			}
		}
		switch {
		case i < 0:
		case rs[i].Qualifier == "PD":
			out = append(out, bounded(rs[i].Value, 40))
		case rs[i].Qualifier == "AAG": // an offer of EDIFACT is what X12 calls a price quote
			out = append(out, "PR/"+bounded(rs[i].Value, 37))
		default:
			out = append(out, rs[i].Qualifier+"/"+bounded(rs[i].Value, 37))
		}
	}
	return strings.Join(out, "\n")
}

// Deals are the references of a line that a price stands on, as its document carries
// them.
func (l Line) Deals() []doc.Ref {
	var out []doc.Ref
	for n := range strings.SplitSeq(l.DealNumber, "\n") {
		q, v, ok := strings.Cut(n, "/")
		switch {
		case n == "":
		case ok && (q == "CT" || q == "PR"):
			out = append(out, doc.Ref{Qualifier: q, Value: v})
		default:
			out = append(out, doc.Ref{Qualifier: "PD", Value: n})
		}
	}
	if l.DealGranted > 0 && promoNumber(l.DealNumber) == "" { // in the head, or on its own
		out = append(out, doc.Ref{Qualifier: "PD", Value: l.DealApplied})
	}
	return out
}

func shipTo(ps []doc.Party) string {
	for _, p := range ps {
		if p.Role != "ST" {
			continue
		}
		var w []string
		for _, s := range []string{p.Name, p.City} {
			if s != "" {
				w = append(w, s)
			}
		}
		if len(w) == 0 {
			w = []string{p.ID}
		}
		return bounded(strings.Join(w, ", "), 120)
	}
	return ""
}

// bounded cuts s to at most n bytes at a rune.
func bounded(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// fingerprint is the content of an order document without what a resend may
// change: numbers by value, units and identifiers folded, the envelope, purpose
// and texts left out.
func fingerprint(d doc.PurchaseOrder, j judged) string {
	type line struct {
		Ref, SKU, Buyer, GTIN, Qty, Unit, Price, Wanted, Deal string
		Parts                                                 []Part `json:",omitempty"`
		Free                                                  bool   `json:",omitempty"`
	}
	number := func(v doc.Decimal) string {
		if m, err := money.ParseMicro(string(v)); err == nil {
			return m.String()
		}
		return string(v)
	}
	var to doc.Party
	for _, p := range d.Parties {
		if p.Role == "ST" {
			to = p
		}
	}
	content := struct {
		Type, Date, Currency, Wanted, Contract, Deal string
		ShipTo                                       []string
		Allowances                                   []doc.Allowance
		Lines                                        []line
	}{d.Type, d.Date, string(j.currency), j.requestedOn, d.Contract, deal(d.Refs), append([]string{to.ID, to.Name, to.City, to.Postcode}, to.Address...), d.Allowances, nil}
	for i, l := range d.Lines {
		gtin := l.GTIN
		if g, ok := catalog.PadGTIN(gtin); ok {
			gtin = g
		}
		ref := j.lines[i].Reference
		content.Lines = append(content.Lines, line{ref, strings.ToUpper(l.VendorItem), l.BuyerItem, gtin, number(l.Quantity), catalog.SameUnit(l.Unit), number(l.Price), j.lines[i].RequestedOn, deal(l.Refs), j.lines[i].Parts, j.lines[i].Free})
	}
	b, err := json.Marshal(content)
	if err != nil { // strings only: cannot be
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// differences says where a judged newcomer departs from the order as booked.
func differences(o Order, was []Line, j judged) []Difference {
	var out []Difference
	head := func(field, a, b string) {
		if a != b {
			out = append(out, Difference{Field: field, Was: a, Now: b})
		}
	}
	head("currency", string(o.Currency), string(j.currency))
	head("date", o.OrderedOn, j.orderedOn)
	head("requested", o.RequestedOn, j.requestedOn)
	head("ship_to", o.ShipTo, j.shipTo)
	old := map[string]Line{}
	for _, l := range was {
		old[l.Reference] = l
	}
	for _, n := range j.lines {
		l, ok := old[n.Reference]
		delete(old, n.Reference)
		if !ok {
			out = append(out, Difference{Line: n.Number, Field: "line", Now: n.Ordered.String() + " " + n.SKU})
			continue
		}
		for _, f := range [][3]string{{"item", itemText(l), itemText(n)}, {"quantity", l.Ordered.String(), n.Ordered.String()}, {"unit", catalog.SameUnit(l.Unit), catalog.SameUnit(n.Unit)},
			{"price", l.Price.Fixed(2), n.Price.Fixed(2)}, {"requested", l.RequestedOn, n.RequestedOn}} {
			if f[1] != f[2] && (f[0] != "requested" || o.RequestedOn != l.RequestedOn || j.requestedOn != n.RequestedOn) {
				out = append(out, Difference{Line: l.Number, Field: f[0], Was: f[1], Now: f[2]})
			}
		}
	}
	for _, l := range was {
		if _, left := old[l.Reference]; left {
			out = append(out, Difference{Line: l.Number, Field: "line", Was: l.Ordered.String() + " " + l.SKU})
		}
	}
	if len(out) == 0 {
		out = append(out, Difference{Field: "other"})
	}
	if len(out) > 200 {
		out = out[:200]
	}
	return out
}

func itemText(l Line) string {
	for _, s := range []string{l.SKU, l.BuyerItem, l.GTIN} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Unbookable says why an order can never be booked, before anything is known of its companies.
// Codes: Invalid, TooLarge.
func Unbookable(d doc.PurchaseOrder) error { return checkDocument(d) }

// checkDocument refuses only what cannot be booked at all.
func checkDocument(d doc.PurchaseOrder) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if d.Number == "" || len(d.Number) > 60 {
		bad.With("number", "trade.number_wrong")
	}
	if len(d.Release) > 60 {
		bad.With("release", "trade.number_wrong")
	}
	if len(d.Lines) == 0 && d.Purpose != purposeCancel {
		bad.With("lines", "trade.no_lines")
	}
	if len(d.Lines) > maxLines {
		return fault.New(fault.TooLarge, "trade.too_many_lines", "Most", maxLines)
	}
	return bad.OrNil()
}
