package translate

import (
	"strconv"

	"entente/edi/doc"
)

// Fact is one line of the summary of a document: the key of its name
// ("edi.summary." + Key), the value and how it is shown: "text", "date", "number" or
// "money" (an amount, then a blank and the currency where that is known).
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Kind  string `json:"kind"`
}

// FactKeys lists every key of Summary, for the texts.
func FactKeys() []string {
	return append(append(moneyFacts(), reportKeys()...), "number", "order", "date", "buyer", "seller", "ship_to", "delivery", "shipped", "carrier", "deal", "lines", "refused", "total", "tax", "due", "added", "changed", "removed", "received", "differing", "rma", "waiting")
}

// Summary says in a few facts what a document is about, for people.
func Summary(d Document) []Fact {
	f := &facts{}
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		f.text("number", d.Number)
		f.date("date", d.Date)
		f.head(&d.Header)
		f.lines(len(d.Lines))
		total := d.Total
		if total == "" {
			total = sumOf(d.Lines)
		}
		f.money("total", total, d.Currency)
	case *doc.OrderAck:
		f.text("order", d.Number)
		f.text("number", d.Seller)
		f.date("date", d.AckDate)
		f.head(&d.Header)
		f.lines(len(d.Lines))
		refused := 0
		for i := range d.Lines {
			if _, _, no := parts(&d.Lines[i]); len(no) > 0 {
				refused++
			}
		}
		if refused > 0 {
			f.add("refused", strconv.Itoa(refused), "number")
		}
	case *doc.ShipNotice:
		f.text("number", d.Number)
		for i := range d.Orders {
			f.text("order", d.Orders[i].Number)
		}
		f.date("date", d.Date)
		f.head(&d.Header)
		f.text("carrier", or(d.Carrier.Name, d.Carrier.Code))
		n := 0
		d.EachLine(func(*doc.ShippedOrder, *doc.ShipLine) { n++ })
		f.lines(n)
	case *doc.Invoice:
		f.text("number", d.Number)
		f.text("order", d.OrderNumber)
		f.date("date", d.Date)
		f.head(&d.Header)
		f.lines(len(d.Lines))
		for _, t := range d.Taxes {
			f.money("tax", t.Amount, d.Currency)
		}
		f.money("total", d.Total, d.Currency)
		for _, t := range d.Terms {
			f.date("due", t.NetDate)
		}
	case *doc.Remittance:
		f.remittance(d)
	case *doc.Claim:
		f.claim(d)
	case *doc.ClaimAnswer:
		f.claimAnswer(d)
	case *doc.PriceAuthorization:
		f.priceAuthorization(d)
	case *doc.ApplicationAdvice:
		f.advice(d)
	case *doc.CreditDebit:
		f.creditDebit(d)
	case *doc.Dispute:
		f.dispute(d)
	case *doc.OrderChange:
		f.change(d)
	case *doc.OrderChangeAck:
		f.changeAck(d)
	case *doc.ReceivingAdvice:
		f.receipt(d)
	case *doc.Return:
		f.returned(d)
	case *doc.OrderStatus:
		f.status(d)
	case *doc.SellThrough:
		f.sellThrough(d)
	case *doc.Inventory:
		f.inventory(d)
	case *doc.ProductActivity:
		f.activity(d)
	case *doc.PriceCatalog:
		f.catalog(d)
	}
	return f.list
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sumOf adds the lines of an order; empty where one has no price.
func sumOf(lines []doc.Line) doc.Decimal {
	sum := doc.Decimal("0")
	for i := range lines {
		if !lines[i].Price.Valid() || !lines[i].Quantity.Valid() {
			return ""
		}
		sum = sum.Add(lines[i].Quantity.Mul(lines[i].Price, 2))
	}
	return sum
}

type facts struct{ list []Fact }

func (f *facts) add(key, value, kind string) {
	if value != "" {
		f.list = append(f.list, Fact{Key: key, Value: value, Kind: kind})
	}
}

func (f *facts) text(key, v string) { f.add(key, v, "text") }
func (f *facts) date(key, v string) { f.add(key, v, "date") }
func (f *facts) lines(n int)        { f.add("lines", strconv.Itoa(n), "number") }

func (f *facts) money(key string, v doc.Decimal, currency string) {
	if v.Valid() && v != "" {
		f.add(key, withCurrency(string(v), currency), "money")
	}
}

func withCurrency(amount, currency string) string {
	if currency == "" {
		return amount
	}
	return amount + " " + currency
}

// head tells of parties, dates and the deal. A party that has only a number is told
// by it.
func (f *facts) head(h *doc.Header) {
	seen := map[string]bool{}
	for _, p := range h.Parties {
		key := map[string]string{"BY": "buyer", "BT": "buyer", "SE": "seller", "SU": "seller", "VN": "seller", "ST": "ship_to"}[p.Role]
		if key != "" && !seen[key] {
			seen[key] = true
			f.text(key, or(p.Name, p.ID))
		}
	}
	for _, d := range h.Dates {
		switch d.Qualifier {
		case "002", "010":
			f.date("delivery", d.Date)
		case "011":
			f.date("shipped", d.Date)
		}
	}
	for _, r := range h.Refs {
		if r.Qualifier == "PD" {
			f.text("deal", r.Value)
		}
	}
}
