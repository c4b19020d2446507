package settle

import (
	"context"
	"strconv"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

func itoa(n int) string { return strconv.Itoa(n) }

func (x *issueRow) event() Event {
	return Event{Supplier: x.SupplierID, Reseller: x.ResellerID, Partnership: x.PartnershipID, Invoice: trade.InvoiceID(x.InvoiceID), Payment: PaymentID(x.PaymentID), Issue: IssueID(x.ID), Kind: x.Kind, Owner: x.OwnerID}
}

// explainable says that a dispute or a credit may explain an issue.
func (x *issueRow) explainable() bool {
	return x.Kind == IssueDeduction || x.Kind == IssueShort || x.Kind == IssueDiscount
}

// match ties an issue to what explains it to the cent: what it names, else the one dispute
// or the one credit of its invoice that comes to its amount. Where several fit, or none,
// it stays open: nothing is guessed.
func (b *booking) match(ctx context.Context, x *issueRow) error {
	if !x.explainable() {
		return nil
	}
	ds, err := disputesFor(ctx, x)
	if err != nil {
		return err
	}
	var fits []disputeRow
	for _, d := range ds {
		if d.Amount == x.Amount || d.State == DisputeAgreed && d.OfferAmount == x.Amount {
			fits = append(fits, d)
		}
	}
	named := func(d disputeRow) bool { return x.Reference != "" && strings.EqualFold(d.Number, x.Reference) }
	coded := func(d disputeRow) bool { return x.Code != "" && reasonCodes[d.Reason] == x.Code }
	if d := only(fits, named); d != nil {
		x.tie(d.ID)
		return nil
	}
	if x.InvoiceID == "" {
		return nil
	}
	ofIt := func(d disputeRow) bool { return d.InvoiceID == x.InvoiceID }
	if d := only(fits, ofIt); d != nil {
		x.tie(d.ID)
		return nil
	}
	if d := only(fits, func(d disputeRow) bool { return ofIt(d) && coded(d) }); d != nil {
		x.tie(d.ID)
		return nil
	}
	return b.matchCredit(ctx, x)
}

func only(ds []disputeRow, fits func(disputeRow) bool) *disputeRow {
	var one *disputeRow
	for i := range ds {
		if !fits(ds[i]) {
			continue
		}
		if one != nil {
			return nil
		}
		one = &ds[i]
	}
	return one
}

func (x *issueRow) tie(dispute string) {
	x.State, x.SubjectKind, x.SubjectID = IssueMatched, DocumentDispute, dispute
}

// matchCredit sets a credit off against the invoice: the one that is named, else the one
// of the invoice that is open at this very amount.
func (b *booking) matchCredit(ctx context.Context, x *issueRow) error {
	of := b.facts(x.InvoiceID)
	if of == nil || of.open() < x.Amount {
		return nil
	}
	var credit *invoiceFacts
	if x.Reference != "" {
		got, err := factsByNumber(ctx, x.SupplierID, x.ResellerID, []string{x.Reference})
		if err != nil {
			return err
		}
		for i := range got {
			if f := &got[i]; f.Kind == trade.InvoiceCredit && f.Currency == x.Currency && -f.open() >= x.Amount {
				credit = f
			}
		}
	}
	if credit == nil {
		all, err := creditsOf(ctx, x.InvoiceID)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Currency == x.Currency && -all[i].open() == x.Amount {
				if credit != nil {
					return nil
				}
				credit = &all[i]
			}
		}
	}
	if credit == nil {
		return nil
	}
	if mine := b.facts(credit.ID); mine != nil { // the payment may have used it already
		if -mine.open() < x.Amount {
			return nil
		}
		credit = mine
	}
	if err := lockInvoices(ctx, []string{credit.ID}); err != nil {
		return err
	}
	if err := setOff(ctx, of, credit, x.Amount, b.r.Made); err != nil {
		return err
	}
	x.State, x.SubjectKind, x.SubjectID, x.Answer, x.Settled = IssueDone, ByCredit, credit.ID, DoneCredited, b.r.Made
	return nil
}

func (b *booking) facts(id string) *invoiceFacts {
	for _, f := range b.found {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// setOff settles an amount of an invoice with a credit, on both of them.
func setOff(ctx context.Context, of, credit *invoiceFacts, amount, now int64) error {
	of.Settled += amount
	credit.Settled -= amount
	return insert(ctx, []settlementRow{
		{ID: db.NewID(), InvoiceID: of.ID, SupplierID: of.SupplierID, ResellerID: of.ResellerID, Amount: amount, ByKind: ByCredit, ByID: credit.ID, Made: now},
		{ID: db.NewID(), InvoiceID: credit.ID, SupplierID: of.SupplierID, ResellerID: of.ResellerID, Amount: -amount, ByKind: ByInvoice, ByID: of.ID, Made: now},
	})
}

// offset sets a credit off against the invoice that it names, as far as both are open.
func (s *Service) offset(ctx context.Context, actor access.Actor, credit string) error {
	f, err := factsByID(ctx, credit)
	if err != nil || f.Kind != trade.InvoiceCredit || f.CreditOf == "" {
		return err
	}
	if err := lockInvoices(ctx, []string{f.ID, f.CreditOf}); err != nil {
		return err
	}
	if f, err = factsByID(ctx, credit); err != nil {
		return err
	}
	of, err := factsByID(ctx, f.CreditOf)
	if err != nil {
		return err
	}
	amount := min(-f.open(), of.open())
	if amount <= 0 || of.Currency != f.Currency {
		return nil
	}
	if err := setOff(ctx, &of, &f, amount, instant(ctx)); err != nil {
		return err
	}
	if of.open() == 0 {
		return s.cleared(ctx, actor, []string{of.ID}, f.ID, DoneCredited)
	}
	rows, err := issueRows(ctx, "invoice_id = ? AND state = 'open' AND amount = ? AND kind IN ('deduction', 'short', 'discount')", of.ID, amount)
	if err != nil || len(rows) != 1 {
		return err
	}
	return s.done(ctx, actor, &rows[0], DoneCredited, "", ByCredit, f.ID)
}

// cleared settles what was in question of invoices that are settled now; by is the
// payment whose own issues stay, or the credit that did it.
func (s *Service) cleared(ctx context.Context, actor access.Actor, invoices []string, by, answer string) error {
	if len(invoices) == 0 {
		return nil
	}
	rows, err := issueRows(ctx, "invoice_id IN ? AND state <> 'settled' AND payment_id <> ? AND kind IN ('deduction', 'short', 'discount')", invoices, by)
	if err != nil {
		return err
	}
	for i := range rows {
		kind, id := rows[i].SubjectKind, rows[i].SubjectID
		if answer == DoneCredited {
			kind, id = ByCredit, by
		}
		if err := s.done(ctx, actor, &rows[i], answer, "", kind, id); err != nil {
			return err
		}
	}
	return nil
}

// done settles an issue.
func (s *Service) done(ctx context.Context, actor access.Actor, x *issueRow, answer, note, kind, id string) error {
	x.State, x.OwnerID, x.Answer, x.AnswerNote, x.SubjectKind, x.SubjectID = IssueDone, "", answer, note, kind, id
	x.Settled, x.SettledBy, x.SettledOrg = instant(ctx), actor.Person, actor.Org
	if err := saveIssue(ctx, x); err != nil {
		return err
	}
	return s.tell(ctx, actor, "issue.settle", "payment_issue", x.ID, IssueSettled, x.PaymentID, x.event())
}

// explain ties the open issues of an invoice to a dispute that comes to their amount: the
// payment was there first.
func explain(ctx context.Context, r disputeRow) error {
	rows, err := issueRows(ctx, "invoice_id = ? AND state = 'open' AND amount = ? AND kind IN ('deduction', 'short', 'discount')", r.InvoiceID, r.Amount)
	if err != nil || len(rows) != 1 {
		return err
	}
	rows[0].tie(r.ID)
	rows[0].OwnerID = ""
	return saveIssue(ctx, &rows[0])
}

// disputeEnded goes on with what the dispute explained: a credit covers it; where the
// invoice stands the reseller owes it.
func (s *Service) disputeEnded(ctx context.Context, actor access.Actor, r disputeRow) error {
	rows, err := issueRows(ctx, "subject_id = ? AND subject_id <> '' AND state = 'matched'", r.ID)
	if err != nil {
		return err
	}
	for i := range rows {
		x := &rows[i]
		if r.Outcome == EndCredited || r.Outcome == EndCorrected {
			if err := s.done(ctx, actor, x, DoneCredited, "", DocumentDispute, r.ID); err != nil {
				return err
			}
			continue
		}
		if x.Due, err = clock(ctx, x.ResellerID, IssueHours); err != nil {
			return err
		}
		x.State, x.OwnerID, x.Answer, x.Overdue = IssueOpen, x.ResellerID, DoneRefused, 0
		if err := saveIssue(ctx, x); err != nil {
			return err
		}
		if err := s.tell(ctx, actor, "", "", "", IssueOpened, x.PaymentID, x.event()); err != nil {
			return err
		}
	}
	return nil
}

// Invoiced goes on after an invoice or a credit was booked, by whatever door: a credit
// ends the dispute that it comes to and is set off against its invoice; an invoice takes
// what was paid for it before it was known. It is safe to repeat. The actor is a system.
// Codes: NotFound, Forbidden.
func (s *Service) Invoiced(ctx context.Context, actor access.Actor, id trade.InvoiceID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, err := factsByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.InvoiceRead, access.Shared(f.SupplierID, f.ResellerID))
		}
		if err == nil && actor.Person != "" {
			err = fault.New(fault.Forbidden, "error.forbidden")
		}
		if err != nil {
			return err
		}
		if f.Kind == trade.InvoiceDebit {
			return s.wanted(ctx, actor, f)
		}
		if f.CreditOf == "" {
			return nil
		}
		ds, err := openDisputesOf(ctx, f.CreditOf)
		if err != nil {
			return err
		}
		for i := range ds {
			d := &ds[i]
			if -f.Gross != d.Amount && (d.State != DisputeAgreed || -f.Gross != d.OfferAmount) {
				continue
			}
			end := EndCredited
			if d.Offer == OfferCorrect {
				end = EndCorrected
			}
			if err := s.end(ctx, actor, d, end, id, ""); err != nil {
				return err
			}
			break
		}
		return s.offset(ctx, actor, f.ID)
	})
}

// wanted puts what was paid for an unknown document to the invoice that has its number.
func (s *Service) wanted(ctx context.Context, actor access.Actor, f invoiceFacts) error {
	rows, err := issueRows(ctx, "supplier_id = ? AND reseller_id = ? AND document_no = ? AND state = 'open' AND kind = 'unknown' AND currency = ?", f.SupplierID, f.ResellerID, f.Number, f.Currency)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.assign(ctx, actor, &rows[i], f.ID, ""); err != nil {
			return err
		}
	}
	return nil
}

// assign puts what an issue left on account to an invoice, as far as it is owed.
func (s *Service) assign(ctx context.Context, actor access.Actor, x *issueRow, invoice, note string) error {
	if err := lockInvoices(ctx, []string{invoice}); err != nil {
		return err
	}
	f, err := factsByID(ctx, invoice)
	if err != nil {
		return err
	}
	rest, err := restOnAccount(ctx, x.PaymentID)
	if err != nil {
		return err
	}
	amount := min(x.Amount, rest, f.open())
	if f.Kind != trade.InvoiceDebit || amount <= 0 || f.Currency != x.Currency {
		return fault.New(fault.Conflict, "settle.cannot_assign", "Number", f.Number)
	}
	row := settlementRow{ID: db.NewID(), InvoiceID: f.ID, SupplierID: f.SupplierID, ResellerID: f.ResellerID, Amount: amount, ByKind: ByPayment, ByID: x.PaymentID, Position: x.Position, Made: instant(ctx)}
	if err := insert(ctx, []settlementRow{row}); err != nil {
		return err
	}
	x.InvoiceID = f.ID
	if err := s.done(ctx, actor, x, DoneAssigned, note, "invoice", f.ID); err != nil {
		return err
	}
	if f.open() == amount {
		return s.cleared(ctx, actor, []string{f.ID}, "", DonePaid)
	}
	return nil
}

// IssueCmd settles an issue. Answers: DoneCredited issues a credit of its amount,
// DoneRefused gives it to the reseller with the reason, DoneAccepted is the reseller's
// promise to pay it, DoneMatched ties it to the dispute of Reference, DoneAssigned puts it
// to the invoice of Reference, DoneAccount leaves it on account.
type IssueCmd struct {
	Answer    string
	Note      string
	Reference string // a number
}

// Answers lists what a side may answer to an issue, the best first.
func (i Issue) Answers(supplier bool) []string {
	if i.State == IssueDone {
		return nil
	}
	switch i.Kind {
	case IssueDeduction, IssueShort, IssueDiscount:
		switch {
		case i.State == IssueMatched:
			return nil
		case !supplier && i.Invoice != "":
			return []string{DoneAccepted, DoneMatched}
		case !supplier:
			return nil
		case i.Invoice == "":
			return []string{DoneMatched, DoneRefused, DoneAccount}
		}
		return []string{DoneCredited, DoneRefused, DoneMatched}
	}
	if supplier {
		return []string{DoneAssigned, DoneAccount}
	}
	return nil
}

// SettleIssue settles an issue of a payment, or gives it to the other side.
// Codes: NotFound, Forbidden, Conflict (it is settled, or cannot be settled so), Invalid.
// Publishes IssueSettled, or IssueOpened for the other side.
func (s *Service) SettleIssue(ctx context.Context, actor access.Actor, id IssueID, cmd IssueCmd) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		x, err := issueByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.PaymentSettle, access.Shared(x.SupplierID, x.ResellerID))
		}
		if err != nil {
			return err
		}
		note := bounded(cmd.Note, 500)
		allowed := false
		for _, a := range x.issue().Answers(actor.Org == x.SupplierID) {
			allowed = allowed || a == cmd.Answer
		}
		if !allowed {
			return fault.New(fault.Conflict, "settle.issue_answer")
		}
		switch cmd.Answer {
		case DoneCredited:
			return s.creditIssue(ctx, actor, &x, note)
		case DoneRefused:
			if note == "" {
				return fault.InvalidField("note", "settle.note_missing")
			}
			if x.Due, err = clock(ctx, x.ResellerID, IssueHours); err != nil {
				return err
			}
			x.OwnerID, x.Answer, x.AnswerNote, x.Overdue = x.ResellerID, DoneRefused, note, 0
			if err := saveIssue(ctx, &x); err != nil {
				return err
			}
			return s.tell(ctx, actor, "issue.refuse", "payment_issue", x.ID, IssueOpened, x.PaymentID, x.event())
		case DoneMatched:
			d, err := disputeByNumber(ctx, x.PartnershipID, strings.TrimSpace(cmd.Reference))
			if err != nil {
				return err
			}
			if d == nil || d.State == DisputeClosed || x.InvoiceID != "" && d.InvoiceID != x.InvoiceID {
				return fault.InvalidField("reference", "settle.no_such_dispute")
			}
			x.tie(d.ID)
			x.OwnerID, x.AnswerNote = "", note
			if err := saveIssue(ctx, &x); err != nil {
				return err
			}
			return s.tell(ctx, actor, "issue.match", "payment_issue", x.ID, IssueSettled, x.PaymentID, x.event())
		case DoneAssigned:
			got, err := factsByNumber(ctx, x.SupplierID, x.ResellerID, []string{strings.TrimSpace(cmd.Reference)})
			if err != nil {
				return err
			}
			if len(got) != 1 {
				return fault.InvalidField("reference", "settle.no_such_invoice")
			}
			return s.assign(ctx, actor, &x, got[0].ID, note)
		}
		return s.done(ctx, actor, &x, cmd.Answer, note, x.SubjectKind, x.SubjectID)
	})
}

// creditIssue credits the amount of an issue, spread over the positions of its invoice by
// their amounts.
func (s *Service) creditIssue(ctx context.Context, actor access.Actor, x *issueRow, note string) error {
	if err := access.Check(actor, access.OrderInvoice, access.Shared(x.SupplierID, x.ResellerID)); err != nil {
		return err
	}
	f, err := factsByID(ctx, x.InvoiceID)
	if err != nil {
		return err
	}
	a, err := s.account(ctx, actor, f)
	if err != nil {
		return err
	}
	if a.Open.Minor < x.Amount {
		return fault.New(fault.Conflict, "settle.nothing_owed", "Number", f.Number)
	}
	r := disputeRow{Currency: f.Currency, State: DisputeAgreed, OfferAmount: x.Amount, Amount: f.Gross}
	var ls []disputeLineRow
	for _, l := range a.Lines {
		r.Net += l.Amount.Minor
		ls = append(ls, disputeLineRow{Position: int64(l.Position), Line: int64(l.Line), Net: l.Amount.Minor})
	}
	lines, err := creditOf(r, ls, a)
	if err != nil {
		return err
	}
	credit, err := s.trade.Credit(ctx, actor, trade.InvoiceID(f.ID), trade.CreditCmd{Lines: lines})
	if err != nil {
		return err
	}
	if err := s.done(ctx, actor, x, DoneCredited, note, ByCredit, string(credit)); err != nil {
		return err
	}
	return s.offset(ctx, actor, string(credit))
}

// amountOf is an amount in the currency of the issue.
func (x *issueRow) amountOf(n int64) money.Amount {
	return money.Amount{Minor: n, Currency: money.Currency(x.Currency)}
}
