package translate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/wire"
)

func (s source) stock() doc.StockQuantity {
	q := doc.StockQuantity{Qualifier: s.pick("33", "17", "63", "27"), Quantity: s.decimal(), Unit: s.pick("EA", "PC")}
	for range s.IntN(2) {
		q.Dates = append(q.Dates, doc.Date{Qualifier: s.pick("017", "011"), Date: s.day()})
	}
	return q
}

// bareLine is a line with a product, references and nothing that reports have no place for.
func (s source) bareLine(n int) doc.Line {
	l := s.line(n)
	l.Quantity, l.Unit, l.Price, l.Notes, l.Allowances = "", "", "", nil, nil
	return l
}

func (s source) inventory() Document {
	n := 1 + s.IntN(4)
	d := &doc.Inventory{Header: s.reportHeader(n), Purpose: s.pick("00", "05"), Type: s.pick("DD", "SI"), Number: "INV-" + fmt.Sprint(s.IntN(999)), Date: s.day(), Time: s.pick("", "06:00"), Period: s.span(), Lines: nil}
	if s.maybe() {
		d.Parties = append(d.Parties, doc.Party{Role: "WH", Name: "Wakefield", City: "Wakefield", Country: "GB"})
	}
	if s.maybe() {
		d.Dates = []doc.Date{{Qualifier: "011", Date: s.day()}}
	}
	d.Notes = s.notes()
	for i := range n {
		l := doc.StockLine{Line: s.bareLine(i + 1)}
		l.Notes = s.notes()
		if s.maybe() {
			l.Parties = []doc.Party{{Role: "WH", IDQualifier: s.pick("UL", "92"), ID: "KS-1", Name: s.pick("", "Leeds")}}
		}
		if s.maybe() {
			l.Parties = append(l.Parties, doc.Party{Role: "GY", IDQualifier: "UL", ID: "5012345000015"})
		}
		for range 1 + s.IntN(3) {
			q := s.stock()
			if s.maybe() {
				q.Qualifier, q.Code = "", s.pick("198", "124", "33")
			}
			if s.maybe() {
				q.Movement, q.State, q.Reason, q.Balance = s.pick("", "1"), "1", s.pick("", "3"), s.pick("", "1")
			}
			if s.maybe() {
				q.Prices = []doc.Price{{Amount: s.decimal(), Unit: "EA", Per: doc.Decimal(s.pick("", "10")), Basis: s.pick("", "PE"), Currency: s.pick("", "USD")}}
			}
			if s.maybe() {
				q.Refs = s.refs()
			}
			l.Quantities = append(l.Quantities, q)
		}
		if s.maybe() {
			for k := range 1 + s.IntN(12) {
				l.Places = append(l.Places, doc.PlaceQuantity{Unit: "EA", IDQualifier: "92", ID: fmt.Sprint("S", k), Quantity: s.decimal()})
			}
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

// TestInventoryIdentity: stock written and read again is the same, in both standards.
func TestInventoryIdentity(t *testing.T) {
	t.Parallel()
	identity(t, 40, source.inventory, func(x Document, release string) {
		d := x.(*doc.Inventory)
		un := len(release) == 3
		if un {
			d.LineCount, d.Type = 0, ""
		} else if d.Period.Grain == "week" {
			d.Period = doc.Period{}
		}
		if release != "01B" {
			d.Notes = nil
		}
		for i := range d.Lines {
			l := &d.Lines[i]
			if release != "01B" {
				l.Notes = nil
			}
			if un {
				l.Places = nil
				continue
			}
			for k := range l.Quantities {
				q := &l.Quantities[k]
				if q.Qualifier == "" {
					q.Qualifier = "33"
				}
				q.Code, q.Movement, q.State, q.Reason, q.Balance, q.Refs = "", "", "", "", "", nil
				for j := range q.Prices {
					q.Prices[j].Currency = ""
				}
			}
		}
	})
}

// TestSameInventory: the same stock as 846 and as INVRPT, with the places on the lines or
// on the quantities.
func TestSameInventory(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"invrpt-stock-d96a", "invrpt-places-d01b"} {
		twins(t, "846-places", name, func(x Document) {
			d := x.(*doc.Inventory)
			d.Type, d.LineCount = "", 0
		})
	}
}

// TestStockCodes: 33 of X12 is available stock and 33 of EDIFACT the largest delivery: the
// one never becomes the other.
func TestStockCodes(t *testing.T) {
	t.Parallel()
	d := &doc.Inventory{Number: "1", Date: "2026-11-22", Purpose: "00", Lines: []doc.StockLine{{Line: doc.Line{VendorItem: "A"}, Quantities: []doc.StockQuantity{{Qualifier: "33", Quantity: "5"}, {Code: "33", Quantity: "7"}, {Qualifier: "29", Quantity: "9"}}}}}
	body, findings := WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"})
	var got []string
	for _, s := range body.Segs {
		if s.ID == "QTY" {
			got = append(got, fmt.Sprint(s.Els[0]))
		}
	}
	if fmt.Sprint(got) != "[[145 5 ] [33 7 ]]" || len(findings) != 1 || findings[0].Value != "29 9" {
		t.Errorf("%q %+v", got, findings)
	}
	x, findings := WriteInventory(d, "004010")
	if len(findings) != 1 || findings[0].Value != "33 7" {
		t.Errorf("%s %+v", segTexts(x), findings)
	}
	if d.Lines[0].OnHand() != "5" {
		t.Error(d.Lines[0].OnHand())
	}
}

func (s source) activity() *doc.ProductActivity {
	n := 1 + s.IntN(4)
	d := &doc.ProductActivity{Header: s.reportHeader(n), Handling: s.pick("H", "F"), Period: doc.Period{From: "2026-11-16", To: s.pick("", "2026-11-22")}}
	d.Currency = ""
	if s.maybe() {
		d.Orders = []doc.OrderRange{{From: "PO-1", To: s.pick("", "PO-9"), IDQualifier: "92", ID: "KS"}, {From: "PO-12"}}
	}
	if s.maybe() {
		d.Parties[1].Refs = s.refs()
	}
	prices := func() (out []doc.Price) {
		for range s.IntN(3) {
			out = append(out, doc.Price{Class: s.pick("", "RS"), Kind: s.pick("RES", "MSR"), Amount: s.decimal(), From: doc.Decimal(s.pick("", "10")), Unit: "EA", Basis: s.pick("", "PE"), Per: doc.Decimal(s.pick("", "100"))})
		}
		return out
	}
	quantities := func() (out []doc.StockQuantity) {
		for range s.IntN(2) {
			q := s.stock()
			q.Dates = nil
			out = append(out, q)
		}
		return out
	}
	for i := range n {
		l := doc.ActivityLine{Line: s.bareLine(i + 1), Prices: prices(), Quantities: quantities()}
		l.Description, l.Dates = "", nil
		if s.maybe() {
			l.Pack = "6"
		}
		if s.maybe() {
			l.Amounts = []doc.Amount{{Qualifier: "1", Amount: s.cents()}}
		}
		for range 1 + s.IntN(3) {
			a := doc.Activity{Code: s.pick("QS", "QA", "QR", "QI"), Unit: "EA", Prices: prices(), Quantities: quantities()}
			sum := doc.Decimal("0")
			for k := range s.IntN(23) {
				p := doc.PlaceQuantity{Unit: "EA", IDQualifier: s.pick("92", "92", "92", "UL"), ID: fmt.Sprint("S", k), Quantity: s.decimal()}
				a.Places, sum = append(a.Places, p), sum.Add(p.Quantity)
			}
			a.Quantity = sum
			if s.maybe() {
				a.Date = doc.Date{Qualifier: "007", Date: s.day()}
			}
			if s.maybe() {
				a.Ref = doc.Ref{Qualifier: "PD", Value: "PR-2026-017"}
			}
			l.Activities = append(l.Activities, a)
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

// TestProductActivityIdentity: an 852 written and read again is the same.
func TestProductActivityIdentity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(80) {
		for _, version := range []string{"004010", "005010"} {
			d := source{rand.New(rand.NewPCG(seed, 31))}.activity()
			if want, got := text(t, d), text(t, roundReport(t, d, version)); got != want {
				body, _ := WriteX12(d, version)
				t.Fatalf("seed %d %s: wrote\n%s\nread\n%s\n%s", seed, version, want, got, segTexts(body))
			}
		}
	}
	if _, f := WriteUN(&doc.ProductActivity{}, edifact.MessageID{}); len(f) != 1 || f[0].Key != "translate.wrong_set" || f[0].Severity != wire.Reject {
		t.Errorf("%+v", f)
	}
}

// TestActivityPlaces: the stores of an SDQ add up to the figure, or it is a problem.
func TestActivityPlaces(t *testing.T) {
	t.Parallel()
	d := sample(t, "852-stores").(*doc.ProductActivity)
	if p := d.Validate(); p != nil {
		t.Errorf("%+v", p)
	}
	a := &d.Lines[0].Activities[0]
	if len(a.Places) != 12 || a.Places[11] != (doc.PlaceQuantity{IDQualifier: "92", ID: "KS-12", Quantity: "1", Unit: "EA"}) {
		t.Errorf("%+v", a.Places)
	}
	a.Places = a.Places[1:]
	if p := d.Validate(); len(p) != 1 || p[0].Key != doc.KeyPlaces || p[0].Path != "lines[0].activities[0].places" || p[0].Value != "26" {
		t.Errorf("%+v", p)
	}
	a.Quantity = ""
	if d.Validate() != nil || a.Total() != "26" {
		t.Errorf("%+v %s", d.Validate(), a.Total())
	}
	facts := map[string]string{}
	for _, f := range Summary(d) {
		facts[f.Key] = f.Value
	}
	for k, v := range map[string]string{"reporter": "Kestrel Supply Ltd", "from": "2026-11-23", "sold": "31", "on_hand": "412", "deal": "PR-2026-017", "lines": "2"} {
		if facts[k] != v {
			t.Errorf("%s: %q in %v", k, facts[k], facts)
		}
	}
}
