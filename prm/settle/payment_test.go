package settle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

func TestPaymentSettlesWhatItNames(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		one, two := b.invoiced("INV-1", "10", "10", "10"), b.invoiced("INV-2", "5", "10", "10")
		in := b.incoming(b.remit("T-1", []string{"INV-1", "120"}, []string{"INV-2", "60.00"}))
		r, err := b.svc.Receive(b.at(), access.System("edi", b.kestrel), in)
		b.must(err)
		eq(t, "outcome", r.Outcome, Booked)
		again, err := b.svc.Receive(b.at(), access.System("edi", b.kestrel), in)
		b.must(err)
		eq(t, "the same set", again, Receipt{ID: r.ID, Outcome: Booked, Repeated: true})
		dup := b.pay(b.remit("T-1", []string{"INV-1", "120"}, []string{"INV-2", "60.00"}))
		eq(t, "the same payment in another interchange", dup.Outcome, Duplicate)
		eq(t, "paid", b.account(one).State()+b.account(two).State(), "paidpaid")
		p := b.payment(r.ID)
		eq(t, "rest", p.Rest.Minor, 0)
		eq(t, "applied", p.Lines[1].Applied.String(), "60.00")
		eq(t, "told", b.events.count(PaymentBooked)*10+b.events.count(PaymentRepeated), 11)
		_, err = b.svc.Receive(b.at(), b.dan, in)
		b.want(err, fault.Forbidden, "error.forbidden")
	})
}

// Too little, too much, an unknown invoice, the same number: nothing is lost or guessed.
func TestPaymentInQuestion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		one := b.invoiced("INV-1", "10", "10", "10") // 120
		two := b.invoiced("INV-2", "10", "10", "10")
		r := b.pay(b.remit("T-1", []string{"INV-1", "100"}, []string{"INV-2", "150"}, []string{"INV-3", "24"}))
		eq(t, "open", r.Issues, 3)
		p := b.payment(r.ID)
		eq(t, "rest", p.Rest.String(), "54.00")
		kinds := map[string]Issue{}
		for _, x := range p.Issues {
			kinds[x.Kind] = x
			eq(t, x.Kind+" owner", x.Owner, b.aurelia)
		}
		eq(t, "short", kinds[IssueShort].Amount.String(), "20.00")
		eq(t, "over", kinds[IssueOver].Amount.String(), "30.00")
		eq(t, "unknown", kinds[IssueUnknown].Amount.String(), "24.00")
		eq(t, "state", b.account(one).State(), "part_paid")
		eq(t, "state", b.account(two).State(), "paid")

		// the unknown invoice comes: it takes what was paid for it
		three := b.invoiced("INV-3", "2", "10", "10")
		b.must(b.svc.Invoiced(b.at(), access.System("settle", b.aurelia), three))
		eq(t, "state", b.account(three).State(), "paid")
		// what was too much goes to the first, as a person says
		b.want(b.svc.SettleIssue(b.at(), b.ingrid, kinds[IssueOver].ID, IssueCmd{Answer: DoneAssigned, Reference: "INV-7"}), fault.Invalid, "settle.no_such_invoice")
		b.want(b.svc.SettleIssue(b.at(), b.dan, kinds[IssueOver].ID, IssueCmd{Answer: DoneAssigned, Reference: "INV-1"}), fault.Conflict, "settle.issue_answer")
		b.must(b.svc.SettleIssue(b.at(), b.ingrid, kinds[IssueOver].ID, IssueCmd{Answer: DoneAssigned, Reference: "INV-1"}))
		p = b.payment(r.ID)
		eq(t, "rest", p.Rest.String(), "10.00")
		for _, x := range p.Issues {
			eq(t, x.Kind, x.State, IssueDone)
		}
		eq(t, "state", b.account(one).State(), "paid")

		h := b.pay(b.remit("T-1", []string{"INV-1", "1"}))
		eq(t, "held", h.Reason, HeldSame)
		b.want(b.svc.DiscardPayment(b.at(), b.ingrid, h.ID, ""), fault.Invalid, "settle.note_missing")
		got, err := b.svc.RetryPayment(b.at(), b.ingrid, h.ID, false)
		b.must(err)
		eq(t, "still held", got.Outcome, HeldBack)
		got, err = b.svc.RetryPayment(b.at(), b.ingrid, h.ID, true)
		b.must(err)
		eq(t, "a payment of its own", got.Outcome, Booked)
		eq(t, "number", b.payment(h.ID).Number, "T-1/2")
		_, err = b.svc.RetryPayment(b.at(), b.ingrid, h.ID, true)
		b.want(err, fault.Conflict, "settle.not_held")

		wrong := b.remit("T-5", []string{"INV-1", "1"})
		wrong.Total = "2"
		eq(t, "held", b.pay(wrong).Reason, HeldTotal)
		odd := b.remit("T-6", []string{"INV-1", "1.005"})
		eq(t, "held", b.pay(odd).Reason, HeldAmount)
		foreign := b.remit("T-7", []string{"INV-1", "1"})
		foreign.Currency = "EUR"
		eq(t, "held", b.pay(foreign).Reason, HeldCurrency)
		debit := b.remit("T-8", []string{"INV-1", "1"})
		debit.Flag = "D"
		eq(t, "held", b.pay(debit).Reason, HeldDebit)
		eq(t, "held", b.pay(&doc.Remittance{Number: "T-9"}).Reason, HeldEmpty)
		eq(t, "held", b.pay(b.remit("", []string{"INV-1", "1"})).Reason, HeldNumber)
		long := b.remit("T-11", []string{"INV-1", "1"})
		long.Lines = slices.Repeat(long.Lines, maxPaymentLines+1)
		eq(t, "held", b.pay(long).Reason, HeldLines)
		takes := b.remit("T-12", []string{"INV-1", "-1000000.00"})
		eq(t, "held", b.pay(takes).Reason, HeldDebit)
		huge := b.remit("T-13", []string{"INV-1", "92233720368547758.07"})
		eq(t, "held", b.pay(huge).Reason, HeldAmount)
		_, err = b.svc.Record(b.at(), b.ingrid, RecordCmd{Partnership: b.toKestrel, Number: "T-14", PaidOn: "2026-11-20", Lines: []RecordLine{{Number: "INV-1", Paid: b.gbp("-5.00")}}})
		b.want(err, fault.Invalid, "form.invalid")
		_, err = b.svc.Record(b.at(), b.ingrid, RecordCmd{Partnership: b.toKestrel, Number: "T-\x0014", PaidOn: "2026-11-20", Lines: []RecordLine{{Number: "INV-1", Paid: b.gbp("5.00")}}})
		b.want(err, fault.Invalid, "form.invalid")
		_, err = b.svc.Record(b.at(), b.ingrid, RecordCmd{Partnership: b.toKestrel, Number: "T-15", PaidOn: "2026-11-20", Lines: []RecordLine{{Number: "INV-1", Paid: b.gbp("92233720368547758.07")}}})
		b.want(err, fault.Invalid, "form.invalid")
		wrong.Number = "T-10"
		h = b.pay(wrong)
		b.must(b.svc.DiscardPayment(b.at(), b.ingrid, h.ID, "sent again as T-16"))
		eq(t, "outcome", b.payment(h.ID).Outcome, Discarded)
	})
}

// What is kept back is tied to the dispute that comes to it, and to nothing else.
func TestDeductionMeetsTheDispute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		inv := b.invoiced("INV-1", "100", "10", "11") // 1320, 120 of it too much
		id, err := b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price"})
		b.must(err)
		r := b.pay(b.remit("T-1", []string{"INV-1", "1200"}, []string{"-120", "01"}))
		eq(t, "open", r.Issues, 0)
		x := b.payment(r.ID).Issues[0]
		eq(t, "tied", x.State+" "+x.SubjectNo, "matched D-00001")
		_, err = b.svc.Credit(b.at(), b.ingrid, id, 0, "")
		b.must(err)
		x = b.payment(r.ID).Issues[0]
		eq(t, "settled", x.State+" "+x.Answer, "settled credited")
		eq(t, "open", b.account(inv).Open.Minor, 0)
		if _, err := b.trade.Credit(b.at(), b.ingrid, inv, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Amount: b.gbp("1100")}}}); err == nil {
			t.Fatal("what was credited is credited twice")
		}

		// the dispute comes after the short payment
		late := b.invoiced("INV-2", "10", "10", "11")
		r = b.pay(b.remit("T-2", []string{"INV-2", "120"}))
		eq(t, "short", r.Issues, 1)
		id, err = b.svc.OpenDispute(b.at(), b.dan, late, DisputeCmd{Reason: "price"})
		b.must(err)
		eq(t, "tied", b.payment(r.ID).Issues[0].State, IssueMatched)
		b.must(b.svc.Offer(b.at(), b.ingrid, id, OfferCmd{Kind: OfferStand, Note: "as agreed"}))
		b.must(b.svc.Answer(b.at(), b.dan, id, 0, AnswerAgree, ""))
		x = b.payment(r.ID).Issues[0]
		eq(t, "the reseller owes it", x.State+" "+x.Owner, "open "+b.kestrel)
		r = b.pay(b.remit("T-3", []string{"INV-2", "12"}))
		eq(t, "paid", b.account(late).State(), "paid")
		is, err := b.svc.Issues(b.at(), b.ingrid, IssueFilter{})
		b.must(err)
		eq(t, "nothing is open", len(is.Items), 0)

		// another amount explains nothing; a refusal goes to the other side, and back
		third := b.invoiced("INV-4", "10", "10", "11")
		_, err = b.svc.OpenDispute(b.at(), b.dan, third, DisputeCmd{Reason: "price"})
		b.must(err)
		r = b.pay(b.remit("T-4", []string{"INV-4", "100"}, []string{"-32", "56", "PROMO-9"}))
		x = b.payment(r.ID).Issues[0]
		eq(t, "unexplained", x.State+" "+x.Reference+" "+x.Code, "open PROMO-9 56")
		b.want(b.svc.SettleIssue(b.at(), b.ingrid, x.ID, IssueCmd{Answer: DoneRefused}), fault.Invalid, "settle.note_missing")
		took, err := b.svc.Deducted(b.at(), b.ingrid, b.kestrel, "promo-9")
		b.must(err)
		if len(took) != 1 || took[0] != (KeptBack{"T-4", b.gbp("32")}) {
			t.Fatalf("%+v", took)
		}
		took, err = b.svc.Deducted(b.at(), b.dan, b.aurelia, "PROMO-9")
		b.must(err)
		eq(t, "the other way round", len(took), 0)
		b.must(b.svc.SettleIssue(b.at(), b.ingrid, x.ID, IssueCmd{Answer: DoneRefused, Note: "no such promotion"}))
		eq(t, "owner", b.payment(r.ID).Issues[0].Owner, b.kestrel)
		took, err = b.svc.Deducted(b.at(), b.ingrid, b.kestrel, "PROMO-9")
		b.must(err)
		eq(t, "refused", len(took), 0)
		b.want(b.svc.SettleIssue(b.at(), b.dan, x.ID, IssueCmd{Answer: DoneMatched, Reference: "D-00001"}), fault.Invalid, "settle.no_such_dispute")
		b.must(b.svc.SettleIssue(b.at(), b.dan, x.ID, IssueCmd{Answer: DoneMatched, Reference: "d-00003"}))
		eq(t, "tied by a person", b.payment(r.ID).Issues[0].SubjectNo, "D-00003")

		// a credit that is open at the amount; and one by hand
		fourth := b.invoiced("INV-5", "10", "10", "10")
		_, err = b.trade.Credit(b.at(), b.ingrid, fourth, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Quantity: money.Whole(1)}}})
		b.must(err)
		r = b.pay(b.remit("T-5", []string{"INV-5", "100"}, []string{"-12", "11"}, []string{"-8", "06"}))
		p := b.payment(r.ID)
		eq(t, "by the credit", p.Issues[0].State+p.Issues[0].SubjectKind, "settledcredit")
		eq(t, "unexplained", p.Issues[1].State, IssueOpen)
		b.must(b.svc.SettleIssue(b.at(), b.ingrid, p.Issues[1].ID, IssueCmd{Answer: DoneCredited, Note: "goodwill"}))
		a := b.account(fourth)
		eq(t, "open", a.Open.Minor, 0)
		eq(t, "credits", len(a.Credits), 2)
	})
}

func TestRecordByHand(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		inv := b.invoiced("INV-1", "10", "10", "10")
		_, err := b.svc.Record(b.at(), b.dan, RecordCmd{Partnership: b.toKestrel})
		b.want(err, fault.Invalid, "form.missing")
		cmd := RecordCmd{Partnership: b.toKestrel, Number: "BACS 77", PaidOn: "2026-11-30", Key: "k1", Lines: []RecordLine{{Number: "INV-1", Paid: b.gbp("110"), Deductions: []Deduction{{Amount: b.gbp("10"), Reason: "price", Note: "as told"}}}}}
		r, err := b.svc.Record(b.at(), b.dan, cmd)
		b.must(err)
		again, err := b.svc.Record(b.at(), b.dan, cmd)
		b.must(err)
		eq(t, "a repeated post", again.ID, r.ID)
		p := b.payment(r.ID)
		eq(t, "total", p.Total.String(), "110.00")
		eq(t, "code", p.Issues[0].Code, "01")
		eq(t, "open", b.account(inv).Open.String(), "10.00")
		rem, _, err := b.svc.Remittance(b.at(), b.dan, r.ID)
		b.must(err)
		if bad := rem.Validate(); len(bad) > 0 {
			t.Fatalf("as a document: %v", bad)
		}
	})
}

// Two payments of one invoice at once: one settles it, the other is too much.
func TestTwoPaymentsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		inv := b.invoiced("INV-1", "10", "10", "10")
		var wg sync.WaitGroup
		ctx := b.at()
		for i := range 6 {
			in := b.incoming(b.remit(fmt.Sprintf("T-%d", i%3), []string{"INV-1", "120"}))
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, err := b.svc.Receive(ctx, access.System("edi", b.kestrel), in); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		eq(t, "open", b.account(inv).Open.Minor, 0)
		st, err := b.svc.Statement(b.at(), b.dan, StatementFilter{Partnership: b.toKestrel, To: "2026-12-31"})
		b.must(err)
		eq(t, "three payments of one", st.Closing.String(), "-240.00")
		eq(t, "on account", len(st.OnAccount), 2)
	})
}

// The balance of a statement is the sum of its documents, and of what is open, whatever
// happened.
func TestStatementIsTheSumOfItsDocuments(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for seed := range uint64(4) {
			b := setup(t, d)
			rnd := rand.New(rand.NewPCG(seed, 7))
			var invs []trade.InvoiceID
			var numbers []string
			sum := int64(0)
			for step := range 40 {
				switch n := rnd.IntN(10); {
				case n < 4 || len(invs) == 0:
					number := fmt.Sprintf("I-%d", step)
					id := b.invoiced(number, fmt.Sprint(1+rnd.IntN(50)), fmt.Sprintf("%d.%02d", 1+rnd.IntN(90), rnd.IntN(100)), fmt.Sprintf("%d.%02d", 1+rnd.IntN(90), rnd.IntN(100)))
					invs, numbers = append(invs, id), append(numbers, number)
					b.must(b.svc.Invoiced(b.at(), access.System("settle", b.aurelia), id))
					sum += b.account(id).Invoice.Gross.Minor
				case n < 6:
					id := invs[rnd.IntN(len(invs))]
					part := money.Amount{Minor: 1 + rnd.Int64N(max(1, b.account(id).Invoice.Net.Minor-1)), Currency: "GBP"}
					if c, err := b.trade.Credit(b.at(), b.ingrid, id, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Amount: part}}}); err == nil {
						b.must(b.svc.Invoiced(b.at(), access.System("settle", b.aurelia), c))
						sum += b.account(c).Invoice.Gross.Minor
					}
				case n < 7:
					_, _ = b.svc.OpenDispute(b.at(), b.dan, invs[rnd.IntN(len(invs))], DisputeCmd{Reason: "damaged", Lines: []DisputeCmdLine{{Position: 1}}})
				default:
					var lines [][]string
					for range 1 + rnd.IntN(3) {
						number := numbers[rnd.IntN(len(numbers))]
						if rnd.IntN(6) == 0 {
							number = fmt.Sprintf("I-%d", step+rnd.IntN(8))
						}
						lines = append(lines, []string{number, fmt.Sprintf("%d.%02d", 1+rnd.IntN(3000), rnd.IntN(100))})
						if rnd.IntN(4) == 0 {
							lines = append(lines, []string{fmt.Sprintf("-%d.%02d", rnd.IntN(90), 1+rnd.IntN(99)), "01"})
						}
					}
					r := b.pay(b.remit(fmt.Sprintf("T-%d", step), lines...))
					eq(t, "booked", r.Outcome, Booked)
					sum -= b.payment(r.ID).Total.Minor
				}
			}
			st, err := b.svc.Statement(b.at(), b.dan, StatementFilter{Partnership: b.toKestrel, From: "2026-01-01", To: "2026-12-31"})
			b.must(err)
			eq(t, "closing", st.Closing.Minor, sum)
			open, aged := int64(0), int64(0)
			for _, x := range append(append([]OpenItem{}, st.Open...), st.OnAccount...) {
				open += x.Left.Minor
				if x.Kind == EntryInvoice && x.Left.Minor < 0 || x.Kind == EntryCredit && x.Left.Minor > 0 {
					t.Fatalf("settled more than all of %s: %s", x.Number, x.Left)
				}
			}
			for _, a := range st.Ageing {
				aged += a.Minor
			}
			eq(t, "what is open", open, sum)
			eq(t, "what is aged", aged, sum)
			part, err := b.svc.Statement(b.at(), b.dan, StatementFilter{Partnership: b.toKestrel, From: "2026-11-20", To: "2026-12-31"})
			b.must(err)
			eq(t, "from the middle", part.Closing.Minor, sum)
			bal, err := b.svc.Balances(b.at(), b.dan)
			b.must(err)
			eq(t, "balance", bal[0].Balance.Minor, sum)
			if seed == 3 {
				break
			}
			dbtestReset(t, d)
		}
	})
}

// dbtestReset leaves the rows of one run behind: the next one has companies of its own.
func dbtestReset(t *testing.T, d *db.DB) {
	t.Helper()
	b := bench{t: t, db: d}
	b.must(d.InTx(b.at(), renameSlugs))
}
