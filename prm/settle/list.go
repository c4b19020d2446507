package settle

import (
	"context"
	"encoding/json"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// PaymentFilter chooses payments. Query is the beginning of a number.
type PaymentFilter struct {
	Outcome Outcome // "" all
	Partner string  // company id
	Query   string
	After   string
	Limit   int // to 200
}

// PaymentPage is a page of payments, newest first, without lines.
type PaymentPage struct {
	Items []Payment
	Next  string
}

// Payments lists the payments of the actor's company, newest first.
// Codes: Forbidden, Invalid (the cursor).
func (s *Service) Payments(ctx context.Context, actor access.Actor, f PaymentFilter) (PaymentPage, error) {
	scope, err := access.List(actor, access.PaymentRead)
	if err != nil {
		return PaymentPage{}, err
	}
	at, err := readPlace(f.After)
	if err != nil {
		return PaymentPage{}, err
	}
	limit := pageSize(f.Limit)
	var out PaymentPage
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = PaymentPage{}
		rows, err := paymentList(ctx, scope, f, at, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			out.Next = db.Cursor(rows[limit-1].Made, rows[limit-1].ID)
		}
		var ids []string
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		applied, err := appliedOf(ctx, ids)
		if err != nil {
			return err
		}
		for i := range rows {
			p := rows[i].payment()
			p.apply(applied[rows[i].ID][0])
			out.Items = append(out.Items, p)
		}
		return nil
	})
	return out, err
}

func (p *Payment) apply(n int64) {
	if p.Outcome == Booked {
		p.Applied.Minor, p.Rest.Minor = n, p.Total.Minor-n
	}
}

// GetPayment returns one payment with its lines and issues.
// Codes: NotFound, Forbidden.
func (s *Service) GetPayment(ctx context.Context, actor access.Actor, id PaymentID) (Payment, error) {
	var out Payment
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := paymentByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.PaymentRead, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		out = r.payment()
		applied, err := appliedOf(ctx, []string{r.ID})
		if err != nil {
			return err
		}
		out.apply(applied[r.ID][0])
		rows, err := paymentLines(ctx, r.ID)
		if err != nil {
			return err
		}
		c := out.Total.Currency
		a := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: c} }
		for _, l := range rows {
			out.Lines = append(out.Lines, PaymentLine{Position: int(l.Position), Kind: l.Kind, Number: l.DocumentNo, Invoice: trade.InvoiceID(l.InvoiceID), Stated: a(l.Stated), Paid: a(l.Paid), Discount: a(l.Discount), Applied: a(applied[r.ID][l.Position])})
		}
		out.Issues, err = issuesOf(ctx, "payment_id = ?", r.ID)
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	return out, nil
}

// Remittance is a payment as a document (820, REMADV).
// Codes: NotFound, Forbidden.
func (s *Service) Remittance(ctx context.Context, actor access.Actor, id PaymentID) (doc.Remittance, Payment, error) {
	var d doc.Remittance
	var p Payment
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := paymentByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.PaymentRead, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		p = r.payment()
		if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		return nil
	})
	return d, p, err
}

// RetryPayment books a held payment now that what was in the way may be mended. again: it
// is a payment of its own although its number was used before; it is booked as "number/2".
// Codes: NotFound, Forbidden, Conflict (it is not held).
// Publishes PaymentSettled beside what booking publishes.
func (s *Service) RetryPayment(ctx context.Context, actor access.Actor, id PaymentID, again bool) (Receipt, error) {
	var out Receipt
	err := s.heldPayment(ctx, actor, id, func(ctx context.Context, r *paymentRow) error {
		var d doc.Remittance
		if err := json.Unmarshal([]byte(r.Document), &d); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		p, err := pairOf(ctx, r.PartnershipID)
		if err != nil {
			return err
		}
		r.Settled, r.SettledBy, r.SettledOrg = instant(ctx), actor.Person, actor.Org
		if out, err = s.decide(ctx, actor, p, r, &d, again); err != nil {
			return err
		}
		if out.Outcome == HeldBack {
			r.Settled, r.SettledBy, r.SettledOrg = 0, "", ""
			return savePayment(ctx, r)
		}
		return s.tell(ctx, actor, "payment.settle", DocumentPayment, r.ID, PaymentSettled, r.ID, r.event())
	})
	return out, err
}

// DiscardPayment says that a held payment is not to be booked, and why.
// Codes: NotFound, Forbidden, Conflict (it is not held), Invalid (no reason).
// Publishes PaymentSettled.
func (s *Service) DiscardPayment(ctx context.Context, actor access.Actor, id PaymentID, reason string) error {
	return s.heldPayment(ctx, actor, id, func(ctx context.Context, r *paymentRow) error {
		if r.Note = bounded(strings.TrimSpace(reason), 300); r.Note == "" {
			return fault.InvalidField("reason", "settle.note_missing")
		}
		r.Outcome, r.Settled, r.SettledBy, r.SettledOrg = string(Discarded), instant(ctx), actor.Person, actor.Org
		if err := savePayment(ctx, r); err != nil {
			return err
		}
		return s.tell(ctx, actor, "payment.settle", DocumentPayment, r.ID, PaymentSettled, r.ID, r.event())
	})
}

func (s *Service) heldPayment(ctx context.Context, actor access.Actor, id PaymentID, fn func(context.Context, *paymentRow) error) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := paymentByID(ctx, id, true)
		if err == nil {
			err = access.Check(actor, access.PaymentSettle, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		if Outcome(r.Outcome) != HeldBack {
			return fault.New(fault.Conflict, "settle.not_held")
		}
		return fn(ctx, &r)
	})
}

// IssueFilter chooses issues. View: "mine" (wait for the actor's company), "matched",
// "settled", "" open.
type IssueFilter struct {
	View    string
	Partner string
	After   string
	Limit   int
}

// IssuePage is a page of issues, newest first.
type IssuePage struct {
	Items []Issue
	Next  string
}

// Issues lists what is in question of the payments of the actor's company.
// Codes: Forbidden, Invalid (the cursor).
func (s *Service) Issues(ctx context.Context, actor access.Actor, f IssueFilter) (IssuePage, error) {
	scope, err := access.List(actor, access.PaymentRead)
	if err != nil {
		return IssuePage{}, err
	}
	at, err := readPlace(f.After)
	if err != nil {
		return IssuePage{}, err
	}
	limit := pageSize(f.Limit)
	var out IssuePage
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = IssuePage{}
		rows, err := issueList(ctx, scope, f, at, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			out.Next = db.Cursor(rows[limit-1].Made, rows[limit-1].ID)
		}
		out.Items, err = fillIssues(ctx, rows)
		return err
	})
	return out, err
}

// Waiting counts what waits for the actor's company.
type Waiting struct{ Disputes, Issues, Held int }

// Waiting counts what waits for the actor's company: disputes and issues whose turn it
// is, and payments to it that are held.
// Codes: Forbidden.
func (s *Service) Waiting(ctx context.Context, actor access.Actor) (Waiting, error) {
	scope, err := access.List(actor, access.PaymentRead)
	if err != nil {
		return Waiting{}, err
	}
	var out Waiting
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		var err error
		if out.Disputes, err = countDisputes(ctx, scope); err != nil {
			return err
		}
		if out.Issues, err = countIssues(ctx, scope); err != nil {
			return err
		}
		out.Held, err = countHeld(ctx, scope)
		return err
	})
	return out, err
}

// Clocks finds disputes and issues whose time is up and tells of each once. It runs on a
// schedule. Publishes DisputeLate and IssueLate.
func (s *Service) Clocks(ctx context.Context) error {
	for {
		n := 0
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			now := instant(ctx)
			ds, err := lateDisputes(ctx, now, 200)
			if err != nil {
				return err
			}
			is, err := lateIssues(ctx, now, 200)
			if err != nil {
				return err
			}
			n = max(len(ds), len(is))
			for _, r := range ds {
				if err := markLate(ctx, r.ID, now); err != nil {
					return err
				}
				if err := s.tell(ctx, access.System("clock", r.OwnerID), "", "", "", DisputeLate, r.InvoiceID, r.event("")); err != nil {
					return err
				}
			}
			for i := range is {
				if err := markIssueLate(ctx, is[i].ID, now); err != nil {
					return err
				}
				if err := s.tell(ctx, access.System("clock", is[i].OwnerID), "", "", "", IssueLate, is[i].PaymentID, is[i].event()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < 200 {
			return err
		}
	}
}

// KeptBack is what a reseller kept back from one payment.
type KeptBack struct {
	Payment string // its number
	Amount  money.Amount
}

// Deducted gives what a reseller took off its payments and named by a reference, such as the
// number of a claim, by payment: not what the supplier refused or what was paid after all. The
// actor is of the supplier.
// Codes: NotFound, Forbidden.
func (s *Service) Deducted(ctx context.Context, actor access.Actor, reseller, reference string) ([]KeptBack, error) {
	if err := access.Check(actor, access.PaymentRead, access.Shared(actor.Org, reseller)); err != nil {
		return nil, err
	}
	var out []KeptBack
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		found, err := issuesOf(ctx, "supplier_id = ? AND reseller_id = ? AND kind IN ? AND answer NOT IN ? AND UPPER(reference) = ?", actor.Org, reseller, []string{IssueDeduction, IssueShort}, []string{DoneRefused, DonePaid}, strings.ToUpper(strings.TrimSpace(reference)))
		for _, x := range found {
			out = append(out, KeptBack{Payment: x.PayNumber, Amount: x.Amount})
		}
		return err
	})
	return out, err
}
