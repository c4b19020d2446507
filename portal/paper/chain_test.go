package paper

import (
	"bytes"
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/trade"
)

// chains is how many generated chains are compared: ENTENTE_CHAINS says more.
func chains(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("ENTENTE_CHAINS"))
	if err != nil {
		return 300
	}
	return n
}

// rat rounds half away from zero to two places and counts hundredths.
func hundredths(r *big.Rat) int64 {
	n := new(big.Rat).Mul(r, big.NewRat(100, 1))
	half := big.NewRat(1, 2)
	if n.Sign() < 0 {
		half.Neg(half)
	}
	n.Add(n, half)
	q := new(big.Int).Quo(n.Num(), n.Denom())
	return q.Int64()
}

func exact(t *testing.T, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("no number: %q", s)
	}
	return r
}

// heard keeps the invoices of an interchange.
type heard struct {
	out []*doc.Invoice
	bad []wire.Finding
}

func (*heard) Interchange(*schema.Interchange) error    { return nil }
func (*heard) Group(*schema.Group) error                { return nil }
func (*heard) GroupEnd(*schema.Group) error             { return nil }
func (*heard) InterchangeEnd(*schema.Interchange) error { return nil }
func (h *heard) Set(s *schema.Set) error {
	h.bad = append(h.bad, s.Findings...)
	d, _ := translate.Read(s)
	if inv, ok := d.(*doc.Invoice); ok {
		h.out = append(h.out, inv)
	}
	return nil
}

// through writes an invoice as 810 or INVOIC and reads it again.
func through(t *testing.T, d *doc.Invoice, un bool) *doc.Invoice {
	t.Helper()
	var b bytes.Buffer
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	var err error
	if un {
		body, findings := translate.WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"})
		if wire.VerdictOf(findings) == wire.Rejected {
			t.Fatalf("INVOIC: %+v", findings)
		}
		err = edifact.WriteInterchange(&b, edifact.Outgoing{Header: edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: "S", Recipient: "R", Reference: "1"}, Bodies: []edifact.Body{body}}, at)
	} else {
		body, findings := translate.WriteX12(d, "005010")
		if wire.VerdictOf(findings) == wire.Rejected {
			t.Fatalf("810: %+v", findings)
		}
		err = x12.WriteInterchange(&b, x12.Outgoing{Header: x12.Header{SenderQualifier: "ZZ", Sender: "A", ReceiverQualifier: "ZZ", Receiver: "B", Control: "1", Version: x12.ISAVersion("005010")},
			Group: x12.Group{FunctionalID: "IN", Sender: "A", Receiver: "B", Control: "1", Version: "005010"}, Bodies: []x12.Body{body}}, at)
	}
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{}
	if err := schema.ReadBytes(b.Bytes(), schema.Options{}, h); err != nil {
		t.Fatal(err)
	}
	if len(h.out) != 1 {
		t.Fatalf("%d invoices in %s: %+v", len(h.out), b.Bytes(), h.bad)
	}
	return h.out[0]
}

// chain is one order with what an independent calculation says of its invoice.
type chain struct {
	net, tax, gross int64
	off             int64               // what allowances took off the net
	rows            map[string][2]int64 // by rate: basis, tax
}

// TestChainsAgreeToTheCent: the net, the tax of each rate and the total of generated
// chains in three currencies, with free goods and allowances off the invoice and billed back, are the same on the page's values, on paper, in the 810, in
// the INVOIC and in a calculation with fractions.
func TestChainsAgreeToTheCent(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	supplier := account.Org{ID: db.NewID(), Slug: "s", Name: "Seller", Country: "GB", Zone: "UTC", Locale: "en"}
	desk := trade.New(d, catalog.New(d, nil), nil)
	type pair struct{ id, reseller, currency string }
	var pairs []pair
	err := d.InTx(context.Background(), func(ctx context.Context) error {
		org := "INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', ?, ?, 'UTC', 'en', 'active', 1)"
		if err := db.Tx(ctx).Exec(org, supplier.ID, "s", "Seller", "GB", "GBP").Error; err != nil {
			return err
		}
		for i, c := range []string{"GBP", "EUR", "CNY"} {
			p := pair{db.NewID(), db.NewID(), c}
			if err := db.Tx(ctx).Exec(org, p.reseller, fmt.Sprint("r", i), "Buyer", []string{"GB", "EE", "CN"}[i], c).Error; err != nil {
				return err
			}
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', ?, 0, 0, 1, 1, '')", p.id, supplier.ID, p.reseller, c).Error; err != nil {
				return err
			}
			pairs = append(pairs, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rates := []string{"0", "0.05", "0.13", "0.2", "0.055"}
	rnd := rand.New(rand.NewPCG(20261129, 4))
	seller := access.System("edi", supplier.ID)
	for n := range chains(t) {
		p := pairs[n%len(pairs)]
		po := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: fmt.Sprint("C-", n), Date: "2026-11-16"}
		po.Currency = p.currency
		want := chain{rows: map[string][2]int64{}}
		cmd := trade.InvoiceCmd{Number: fmt.Sprint("I-", n), IssuedOn: "2026-11-20"}
		allowed := map[int][3]string{} // by line: method, allowance for a unit, for how many
		for i := range 1 + rnd.IntN(6) {
			q, price, rate := fmt.Sprintf("%d.%03d", 1+rnd.IntN(400), rnd.IntN(1000)), fmt.Sprintf("%d.%04d", rnd.IntN(300), 1+rnd.IntN(9999)), rates[rnd.IntN(len(rates))]
			if rnd.IntN(2) == 0 {
				q = fmt.Sprint(1 + rnd.IntN(500))
			}
			po.Lines = append(po.Lines, doc.Line{Number: fmt.Sprint(i + 1), VendorItem: fmt.Sprint("IT-", i), Quantity: doc.Decimal(q), Unit: "EA", Price: doc.Decimal(price)})
			a := hundredths(new(big.Rat).Mul(exact(t, q), exact(t, price)))
			if method := []string{"", trade.DealOffInvoice, trade.DealBillBack}[rnd.IntN(3)]; method != "" { // of a promotion, for some of it or all
				granted := q
				if rnd.IntN(2) == 0 {
					granted = fmt.Sprint(1 + rnd.IntN(200))
				}
				allowance := new(big.Rat).Mul(exact(t, price), big.NewRat(int64(rnd.IntN(5000)), 10_000)).FloatString(4)
				allowed[len(po.Lines)] = [3]string{method, allowance, granted}
				if q := exact(t, q); method == trade.DealOffInvoice { // what is billed back changes nothing here
					if g := exact(t, granted); g.Cmp(q) < 0 {
						q = g
					}
					off := hundredths(new(big.Rat).Mul(q, exact(t, allowance)))
					a -= off
					want.off += off
				}
			}
			want.net += a
			row := want.rows[rate]
			row[0] += a
			want.rows[rate] = row
			r, err := money.ParseMicro(rate)
			if err != nil {
				t.Fatal(err)
			}
			cmd.Lines = append(cmd.Lines, trade.InvoiceCmdLine{Line: len(po.Lines), TaxRate: &r})
			if rnd.IntN(3) == 0 { // some more of it free of charge
				po.Lines = append(po.Lines, doc.Line{Number: fmt.Sprintf("%dF", i+1), VendorItem: fmt.Sprint("IT-", i), Quantity: doc.Decimal(fmt.Sprint(1 + rnd.IntN(9))), Unit: "EA", Price: "0", PriceBasis: doc.NoCharge})
				cmd.Lines = append(cmd.Lines, trade.InvoiceCmdLine{Line: len(po.Lines), TaxRate: &r})
			}
		}
		for rate, row := range want.rows {
			row[1] = hundredths(new(big.Rat).Mul(big.NewRat(row[0], 100), exact(t, rate)))
			want.rows[rate] = row
			want.tax += row[1]
		}
		want.gross = want.net + want.tax

		ctx := db.WithNow(t.Context(), time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
		got, err := desk.ReceiveOrder(ctx, access.System("edi", p.reseller), trade.Incoming{Doc: po, Supplier: supplier.ID, Reseller: p.reseller, Partnership: p.id, Interchange: db.NewID(), SetNo: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := desk.Confirm(ctx, seller, got.Order, trade.ConfirmCmd{}); err != nil {
			t.Fatal(err)
		}
		err = d.InTx(ctx, func(ctx context.Context) error {
			for line, a := range allowed {
				each, err := money.ParseMicro(a[1])
				if err != nil {
					return err
				}
				granted, err := money.ParseMicro(a[2])
				if err != nil {
					return err
				}
				if err := db.Tx(ctx).Exec("UPDATE order_line SET deal_applied = 'PR-1', deal_method = ?, deal_allowance = ?, deal_granted = ? WHERE order_id = ? AND line = ?", a[0], int64(each), int64(granted), string(got.Order), line).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		id, err := desk.Invoice(ctx, seller, got.Order, cmd)
		if err != nil {
			t.Fatal(err)
		}
		inv, err := desk.GetInvoice(ctx, seller, id)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, ctx, desk, seller, supplier, n, inv, want)

		// All of it is given back: the same amounts, below zero.
		cid, err := desk.Credit(ctx, seller, id, trade.CreditCmd{})
		if err != nil {
			t.Fatal(err)
		}
		credit, err := desk.GetInvoice(ctx, seller, cid)
		if err != nil {
			t.Fatal(err)
		}
		if credit.Net.Minor != -want.net || credit.Tax.Minor != -want.tax || credit.Gross.Minor != -want.gross {
			t.Fatalf("%d: the credit is %s %s %s, want %+v", n, credit.Net, credit.Tax, credit.Gross, want)
		}
	}
}

func compare(t *testing.T, ctx context.Context, desk *trade.Service, seller access.Actor, supplier account.Org, n int, inv trade.Invoice, want chain) {
	t.Helper()
	if inv.Net.Minor != want.net || inv.Tax.Minor != want.tax || inv.Gross.Minor != want.gross || len(inv.Taxes) != len(want.rows) {
		t.Fatalf("%d: %s %s %s %v, want %+v", n, inv.Net, inv.Tax, inv.Gross, inv.Taxes, want)
	}
	c := string(inv.Currency)
	for _, x := range inv.Taxes {
		if w := want.rows[x.Rate.String()]; x.Basis.Minor != w[0] || x.Amount.Minor != w[1] {
			t.Fatalf("%d: tax at %s: %s of %s, want %v", n, x.Rate, x.Amount, x.Basis, w)
		}
	}
	o, err := desk.Get(ctx, seller, inv.Order)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range locale.Languages() {
		p := Words(lang, time.UTC)
		sheet := Invoice(Source{Order: o, Supplier: supplier, Reseller: account.Org{ID: inv.Reseller, Name: "Buyer"}, P: p}, inv)
		cash := func(minor int64) string {
			return p.Money((money.Amount{Minor: minor, Currency: inv.Currency}).String(), c)
		}
		var figures []string
		for _, s := range sheet.Sums {
			figures = append(figures, s.Value)
		}
		if want.off > 0 { // what it was before stands above it
			if len(figures) < 3 || figures[0] != cash(want.net+want.off) || figures[1] != cash(-want.off) {
				t.Fatalf("%d: on paper %v, want %+v", n, figures, want)
			}
			figures = figures[2:]
		}
		if figures[0] != cash(want.net) || figures[len(figures)-1] != cash(want.gross) || len(figures) != 2+len(want.rows) {
			t.Fatalf("%d: on paper %v, want %+v", n, figures, want)
		}
		for _, w := range want.rows {
			if !slices.Contains(figures[1:len(figures)-1], cash(w[1])) {
				t.Fatalf("%d: on paper %v, want the tax %s", n, figures, cash(w[1]))
			}
		}
	}
	d, _, err := desk.InvoiceDoc(ctx, seller, inv.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, un := range []bool{false, true} {
		back := through(t, &d, un)
		if got := hundredths(exact(t, string(back.Total))); got != want.gross {
			t.Fatalf("%d: %v total %s, want %d", n, un, back.Total, want.gross)
		}
		tax := int64(0)
		for _, x := range back.Taxes {
			rate := new(big.Rat).Quo(exact(t, string(x.Percent)), big.NewRat(100, 1))
			m, err := money.ParseMicro(rate.FloatString(6))
			if err != nil {
				t.Fatal(err)
			}
			w := want.rows[m.String()]
			if got := hundredths(exact(t, string(x.Amount))); got != w[1] {
				t.Fatalf("%d: %v tax at %s: %s, want %v", n, un, x.Percent, x.Amount, w)
			}
			if x.Taxable != "" && hundredths(exact(t, string(x.Taxable))) != w[0] {
				t.Fatalf("%d: %v basis at %s: %s, want %v", n, un, x.Percent, x.Taxable, w)
			}
			tax += hundredths(exact(t, string(x.Amount)))
		}
		if tax != want.tax {
			t.Fatalf("%d: %v tax %d, want %d", n, un, tax, want.tax)
		}
		net, free := int64(0), 0
		for i, l := range back.Lines {
			if l.Free() != (o.Lines[i].Free) || l.Free() && string(l.Quantity) != o.Lines[i].Ordered.String() {
				t.Fatalf("%d: %v line %s: %s, free %v", n, un, l.Number, l.Quantity, l.Free())
			}
			if l.Free() {
				free++
			}
			net += hundredths(new(big.Rat).Mul(exact(t, string(l.Quantity)), exact(t, string(l.Price))))
			for _, a := range l.Allowances {
				if a.Method == "02" { // off the invoice; 01 is billed back
					net -= hundredths(exact(t, string(a.Amount)))
				}
			}
		}
		if len(back.Lines) != len(o.Lines) {
			t.Fatalf("%d: %v %d lines, want %d (%d free)", n, un, len(back.Lines), len(o.Lines), free)
		}
		if net != want.net {
			t.Fatalf("%d: %v net %d, want %d", n, un, net, want.net)
		}
	}
}
