package settle

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, approvalRow{}, disputeRow{}, disputeLineRow{}, stepRow{}, paymentRow{}, paymentLineRow{}, settlementRow{}, issueRow{})
	})
}

// An invoice that differs is disputed, the offer refused, another agreed, credited and paid.
func TestDisputeToItsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		o := b.shipped([2]string{"100", "10"}, [2]string{"50", "4"})
		inv, err := b.trade.Invoice(b.at(), b.ingrid, o, trade.InvoiceCmd{Number: "INV-1", TaxRate: b.micro("0.2"), Lines: []trade.InvoiceCmdLine{{Line: 1, Price: b.micro("10.5")}, {Line: 2}}})
		b.must(err)
		a := b.account(inv)
		eq(t, "open", a.Open.String(), "1500.00")
		eq(t, "differing", a.Differing.String(), "60.00")
		eq(t, "line", a.Lines[0].Difference.String(), "50.00")

		_, err = b.svc.Approve(b.at(), b.dan, inv, ApproveCmd{})
		b.want(err, fault.Conflict, "settle.differs_first")
		_, err = b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "whim"})
		b.want(err, fault.Invalid, "settle.reason_missing")
		_, err = b.svc.OpenDispute(b.at(), b.ingrid, inv, DisputeCmd{Reason: "price"})
		b.want(err, fault.Forbidden, "error.forbidden")
		_, err = b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price", Lines: []DisputeCmdLine{{Position: 1, Net: b.gbp("1051.00")}}})
		b.want(err, fault.Invalid, "settle.amount_wrong")
		id, err := b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price", Note: "List of July"})
		b.must(err)
		_, err = b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price"})
		b.want(err, fault.Conflict, "settle.nothing_differs")
		_, err = b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "quantity", Lines: []DisputeCmdLine{{Position: 1}}})
		b.want(err, fault.Invalid, "settle.line_disputed")

		a = b.account(inv)
		eq(t, "disputed", a.Disputed.String(), "60.00")
		eq(t, "payable", a.Payable.String(), "1440.00")
		eq(t, "state", a.State(), "disputed")
		x := a.Disputes[0]
		eq(t, "number", x.Number, "D-00001")
		eq(t, "owner", x.Owner, b.aurelia)
		if !x.Due.After(b.now.Add(4 * 24 * time.Hour)) {
			t.Fatalf("forty working hours end %s", x.Due)
		}
		ap, err := b.svc.Approve(b.at(), b.dan, inv, ApproveCmd{})
		b.must(err)
		eq(t, "approved", ap.Amount.String(), "1440.00")
		_, err = b.svc.Approve(b.at(), b.dan, inv, ApproveCmd{})
		b.want(err, fault.Conflict, "settle.approved_already")

		b.want(b.svc.Offer(b.at(), b.dan, id, OfferCmd{Kind: OfferStand, Note: "no"}), fault.Forbidden, "error.forbidden")
		b.want(b.svc.Answer(b.at(), b.dan, id, 0, AnswerAgree, ""), fault.Conflict, "settle.dispute_state")
		b.want(b.svc.Offer(b.at(), b.ingrid, id, OfferCmd{Kind: OfferCredit, Amount: b.gbp("0.00")}), fault.Invalid, "settle.offer_amount")
		b.must(b.svc.Offer(b.at(), b.ingrid, id, OfferCmd{Kind: OfferCredit, Amount: b.gbp("30.00"), Note: "half"}))
		b.want(b.svc.Answer(b.at(), b.dan, id, 1, AnswerRefuse, "all"), fault.Conflict, "settle.moved_on")
		b.want(b.svc.Answer(b.at(), b.dan, id, 2, AnswerRefuse, " "), fault.Invalid, "settle.note_missing")
		b.must(b.svc.Answer(b.at(), b.dan, id, 2, AnswerRefuse, "all of it"))
		b.must(b.svc.Offer(b.at(), b.ingrid, id, OfferCmd{Kind: OfferCredit}))
		x = b.account(inv).Disputes[0]
		eq(t, "all that is asked is agreed", x.State, DisputeAgreed)

		credit, err := b.svc.Credit(b.at(), b.ingrid, id, x.Version, "")
		b.must(err)
		b.must(b.svc.Invoiced(b.at(), access.System("settle", b.aurelia), credit)) // by the event, once more
		a = b.account(inv)
		x = a.Disputes[0]
		eq(t, "outcome", x.Outcome, EndCredited)
		eq(t, "credit", x.CreditNumber, "CN-KESTREL-00001")
		eq(t, "open", a.Open.String(), "1440.00")
		eq(t, "credited", a.Credited.String(), "60.00")
		eq(t, "the match is even", a.Invoice.State, trade.InvoiceMatched)
		kinds := []string{}
		for _, s := range x.Steps {
			kinds = append(kinds, s.Kind)
		}
		if !slices.Equal(kinds, []string{"opened", "offer_credit", "refused", "offer_credit", "closed_credited"}) {
			t.Fatalf("steps %v", kinds)
		}
		c := b.account(credit)
		eq(t, "credit open", c.Open.String(), "0.00")
		eq(t, "credit gross", c.Invoice.Gross.String(), "-60.00")
		doc, _, err := b.trade.InvoiceDoc(b.at(), b.ingrid, credit)
		b.must(err)
		if doc.Type != "CR" || doc.Total != "60.00" || len(doc.Refs) != 1 || doc.Refs[0].Value != "INV-1" {
			t.Fatalf("the credit as a document: %+v", doc)
		}
		if p := doc.Validate(); len(p) > 0 {
			t.Fatalf("%v", p)
		}

		r := b.pay(b.remit("T-1", []string{"INV-1", "1440"}))
		eq(t, "outcome", r.Outcome, Booked)
		eq(t, "issues", r.Issues, 0)
		a = b.account(inv)
		eq(t, "state", a.State(), "paid")
		eq(t, "ended", b.events.count(DisputeEnded), 1)
	})
}

// The credit that a supplier's system sends ends the dispute it comes to.
func TestCreditByAnotherDoorEndsTheDispute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		inv := b.invoiced("INV-1", "100", "10", "11")
		id, err := b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price"})
		b.must(err)
		credit, err := b.trade.Credit(b.at(), b.ingrid, inv, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Amount: b.gbp("50.00")}}})
		b.must(err)
		b.must(b.svc.Invoiced(b.at(), access.System("settle", b.aurelia), credit))
		x, err := b.svc.GetDispute(b.at(), b.dan, id)
		b.must(err)
		eq(t, "half of it ends nothing", x.State, DisputeOpen)
		more, err := b.trade.Credit(b.at(), b.ingrid, inv, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Amount: b.gbp("100.00")}}})
		b.must(err)
		b.must(b.svc.Invoiced(b.at(), access.System("settle", b.aurelia), more))
		x, err = b.svc.GetDispute(b.at(), b.dan, id)
		b.must(err)
		eq(t, "outcome", x.Outcome, EndCredited)
		eq(t, "open", b.account(inv).Open.String(), "1140.00")
		_, err = b.trade.Credit(b.at(), b.ingrid, inv, trade.CreditCmd{})
		b.want(err, fault.Conflict, "trade.credit_over")
	})
}

func TestWithdrawAndStand(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		inv := b.invoiced("INV-1", "10", "10", "11")
		id, err := b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "other", Note: "why?"})
		b.must(err)
		b.must(b.svc.Withdraw(b.at(), b.dan, id, 0, ""))
		id, err = b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price"})
		b.must(err)
		b.want(b.svc.Offer(b.at(), b.ingrid, id, OfferCmd{Kind: OfferStand}), fault.Invalid, "settle.note_missing")
		b.must(b.svc.Offer(b.at(), b.ingrid, id, OfferCmd{Kind: OfferStand, Note: "the new list holds since 1 November"}))
		b.must(b.svc.Answer(b.at(), b.dan, id, 0, AnswerAgree, ""))
		a := b.account(inv)
		eq(t, "outcome", a.Disputes[1].Outcome, EndAccepted)
		eq(t, "payable", a.Payable.String(), "132.00")
		_, err = b.svc.Credit(b.at(), b.ingrid, id, 0, "")
		b.want(err, fault.Conflict, "settle.dispute_state")
	})
}

// Late disputes and issues are told of once, to whose turn it is.
func TestClocks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		inv := b.invoiced("INV-1", "10", "10", "11")
		_, err := b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price"})
		b.must(err)
		b.pay(b.remit("T-1", []string{"INV-9", "5"}))
		b.must(b.svc.Clocks(b.at()))
		eq(t, "in time", b.events.count(DisputeLate)+b.events.count(IssueLate), 0)
		b.now = b.now.Add(10 * 24 * time.Hour)
		b.must(b.svc.Clocks(b.at()))
		b.must(b.svc.Clocks(b.at()))
		eq(t, "late", b.events.count(DisputeLate), 1)
		eq(t, "late", b.events.count(IssueLate), 1)
		w, err := b.svc.Waiting(b.at(), b.ingrid)
		b.must(err)
		eq(t, "waiting", w, Waiting{Disputes: 1, Issues: 1})
	})
}

// A competitor meets nothing, by any method.
func TestWall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		inv := b.invoiced("INV-1", "10", "10", "11")
		id, err := b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price"})
		b.must(err)
		r := b.pay(b.remit("T-1", []string{"INV-1", "100"}, []string{"INV-9", "5"}))
		issue := b.payment(r.ID).Issues[0].ID
		same := b.remit("T-1", []string{"INV-1", "1"})
		h := b.pay(same)
		ctx := b.at()
		remit := b.incoming(b.remit("T-2", []string{"INV-1", "1"}))
		calls := map[string]func(access.Actor) error{
			"Receive":    func(a access.Actor) error { _, err := b.svc.Receive(ctx, a, remit); return err },
			"Invoiced":   func(a access.Actor) error { return b.svc.Invoiced(ctx, a, inv) },
			"BindThread": func(a access.Actor) error { return b.svc.BindThread(ctx, a, id, "r", 1) },
			"Account":    func(a access.Actor) error { _, err := b.svc.Account(ctx, a, inv); return err },
			"GetDispute": func(a access.Actor) error { _, err := b.svc.GetDispute(ctx, a, id); return err },
			"OpenDispute": func(a access.Actor) error {
				_, err := b.svc.OpenDispute(ctx, a, inv, DisputeCmd{Reason: "price"})
				return err
			},
			"Approve":        func(a access.Actor) error { _, err := b.svc.Approve(ctx, a, inv, ApproveCmd{}); return err },
			"Offer":          func(a access.Actor) error { return b.svc.Offer(ctx, a, id, OfferCmd{Kind: OfferCredit}) },
			"Answer":         func(a access.Actor) error { return b.svc.Answer(ctx, a, id, 0, AnswerAgree, "") },
			"Withdraw":       func(a access.Actor) error { return b.svc.Withdraw(ctx, a, id, 0, "") },
			"Credit":         func(a access.Actor) error { _, err := b.svc.Credit(ctx, a, id, 0, ""); return err },
			"GetPayment":     func(a access.Actor) error { _, err := b.svc.GetPayment(ctx, a, r.ID); return err },
			"Remittance":     func(a access.Actor) error { _, _, err := b.svc.Remittance(ctx, a, r.ID); return err },
			"RetryPayment":   func(a access.Actor) error { _, err := b.svc.RetryPayment(ctx, a, h.ID, true); return err },
			"DiscardPayment": func(a access.Actor) error { return b.svc.DiscardPayment(ctx, a, h.ID, "x") },
			"SettleIssue":    func(a access.Actor) error { return b.svc.SettleIssue(ctx, a, issue, IssueCmd{Answer: DoneAccount}) },
			"Statement": func(a access.Actor) error {
				_, err := b.svc.Statement(ctx, a, StatementFilter{Partnership: b.toKestrel})
				return err
			},
			"Record": func(a access.Actor) error {
				_, err := b.svc.Record(ctx, a, RecordCmd{Partnership: b.toKestrel, Number: "x", PaidOn: "2026-11-20", Lines: []RecordLine{{Number: "INV-1", Paid: b.gbp("1")}}})
				return err
			},
		}
		seen := map[string]bool{"Clocks": true, "Waiting": true, "Heed": true} // runs on a schedule; counted below
		for name, call := range calls {
			seen[name] = true
			if err := call(b.kaarel); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s by a competitor: %v", name, err)
			}
		}
		w, err := b.svc.Waiting(ctx, b.kaarel)
		b.must(err)
		eq(t, "what waits for a competitor", w, Waiting{})
		for name, n := range map[string]func() (int, error){
			"Disputes": func() (int, error) {
				p, err := b.svc.Disputes(ctx, b.kaarel, DisputeFilter{})
				return len(p.Items), err
			},
			"Payments": func() (int, error) {
				p, err := b.svc.Payments(ctx, b.kaarel, PaymentFilter{})
				return len(p.Items), err
			},
			"partner": func() (int, error) {
				p, err := b.svc.Payments(ctx, b.kaarel, PaymentFilter{Partner: b.aurelia})
				return len(p.Items), err
			},
			"Issues":   func() (int, error) { p, err := b.svc.Issues(ctx, b.kaarel, IssueFilter{}); return len(p.Items), err },
			"Balances": func() (int, error) { p, err := b.svc.Balances(ctx, b.kaarel); return len(p), err },
			"Deducted": func() (int, error) {
				number, err := b.svc.Deducted(ctx, b.kaarel, b.kestrel, "")
				return len(number), err
			},
		} {
			seen[name] = true
			got, err := n()
			b.must(err)
			eq(t, name+" of a competitor", got, 0)
		}
		for m := range reflect.TypeFor[*Service]().Methods() {
			if !seen[m.Name] {
				t.Errorf("method %s is not called by a stranger", m.Name)
			}
		}
		viewer := access.Actor{Person: db.NewID(), Org: b.kestrel, Roles: []access.Role{access.Viewer}, Via: "session:x"}
		_, err = b.svc.Account(ctx, viewer, inv)
		eq(t, "a viewer sees no invoices", fault.CodeOf(err), fault.NotFound)
		_, err = b.svc.Disputes(ctx, viewer, DisputeFilter{})
		eq(t, "nor disputes", fault.CodeOf(err), fault.Forbidden)
	})
}

func TestUnitPriceOfACredit(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	inv := b.invoiced("INV-1", "7", "10", "11")
	_, err := b.trade.Credit(b.at(), b.ingrid, inv, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Amount: money.Amount{Minor: 100, Currency: "EUR"}}}})
	b.want(err, fault.Invalid, "trade.credit_amount")
	id, err := b.trade.Credit(b.at(), b.ingrid, inv, trade.CreditCmd{Lines: []trade.CreditLine{{Position: 1, Amount: b.gbp("1.00")}}})
	b.must(err)
	c := b.account(id)
	eq(t, "a seventh of a pound, seven times", c.Invoice.Lines[0].Amount.String(), "-1.00")
}

// An invoice of two orders is one account: disputed, approved, credited and paid as a whole.
func TestCollectiveAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		first, second := b.shipped([2]string{"100", "10"}), b.shipped([2]string{"50", "4"})
		in := doc.Invoice{Number: "INV-C", Date: "2026-11-16", Type: "DI", Total: "1470.00", Taxes: []doc.Tax{{Type: "VA", Amount: "245.00", Percent: "20", Taxable: "1225.00"}}}
		for i, l := range [][3]string{{"PO-1", "100", "10"}, {"PO-2", "50", "4.50"}} {
			in.Lines = append(in.Lines, doc.InvoiceLine{Line: doc.Line{Number: strconv.Itoa(i + 1), VendorItem: "ITEM-0", Quantity: doc.Decimal(l[1]), Unit: "EA", Price: doc.Decimal(l[2]), Refs: []doc.Ref{{Qualifier: "PO", Value: l[0]}}}})
		}
		r, err := b.trade.ReceiveReply(b.at(), access.System("edi", b.aurelia), trade.IncomingReply{Invoice: &in, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: db.NewID(), SetNo: 1})
		b.must(err)
		eq(t, "outcome "+r.Reason, r.Outcome, trade.Booked)
		inv := trade.InvoiceID(r.ID)
		a := b.account(inv)
		eq(t, "open", a.Open.String(), "1470.00")
		eq(t, "differing", a.Differing.String(), "30.00")
		eq(t, "orders of the positions", [2]trade.OrderID{a.Lines[0].Order, a.Lines[1].Order}, [2]trade.OrderID{first, second})
		eq(t, "each beside its own line", [2]string{a.Lines[0].Item.Price.Fixed(2), a.Lines[1].Item.Price.Fixed(2)}, [2]string{"10.00", "4.00"})

		id, err := b.svc.OpenDispute(b.at(), b.dan, inv, DisputeCmd{Reason: "price"})
		b.must(err)
		ap, err := b.svc.Approve(b.at(), b.dan, inv, ApproveCmd{})
		b.must(err)
		eq(t, "approved as a whole", ap.Amount.String(), "1440.00")
		b.must(b.svc.Offer(b.at(), b.ingrid, id, OfferCmd{Kind: OfferCredit}))
		credit, err := b.svc.Credit(b.at(), b.ingrid, id, 0, "")
		b.must(err)
		b.must(b.svc.Invoiced(b.at(), access.System("settle", b.aurelia), credit))
		a = b.account(inv)
		eq(t, "left", a.Open.String(), "1440.00")
		eq(t, "credits", len(a.Credits), 1)
		st, err := b.svc.Statement(b.at(), b.dan, StatementFilter{Partnership: b.toKestrel, From: "2026-11-01", To: "2026-11-30"})
		b.must(err)
		eq(t, "told once, and its credit", len(st.Entries), 2)
		eq(t, "orders", trade.Orders(st.Entries[0].OrderNo, st.Entries[0].Orders), "PO-1 +1")
		eq(t, "balance", st.Closing.String(), "1440.00")
		pay := doc.Remittance{Number: "BACS-1", Flag: "C", Total: "1440.00", Lines: []doc.RemittanceLine{{Qualifier: "IV", Number: "INV-C", Paid: "1440.00"}}}
		pay.Currency = "GBP"
		got, err := b.svc.Receive(b.at(), access.System("edi", b.kestrel), Incoming{Doc: &pay, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: db.NewID(), SetNo: 1})
		b.must(err)
		eq(t, "payment", got.Outcome, Booked)
		eq(t, "paid", b.account(inv).Open.String(), "0.00")
	})
}
