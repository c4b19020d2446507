package settle

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Account returns an invoice or a credit with what became of it.
// Codes: NotFound, Forbidden (the role sees no invoices).
func (s *Service) Account(ctx context.Context, actor access.Actor, id trade.InvoiceID) (Account, error) {
	var out Account
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, err := factsByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.InvoiceRead, access.Shared(f.SupplierID, f.ResellerID))
		}
		if err != nil {
			return err
		}
		out, err = s.account(ctx, actor, f)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	return out, nil
}

// account reads what became of an invoice, in the transaction of ctx, for an actor who
// may read it.
func (s *Service) account(ctx context.Context, actor access.Actor, f invoiceFacts) (Account, error) {
	zero := f.amount(0)
	a := Account{Open: f.amount(f.open()), Paid: zero, Credited: zero, Disputed: zero, Payable: zero, Differing: zero}
	reader := access.System("settle", f.SupplierID) // the right to read was checked, the order belongs to it
	ids := []trade.OrderID{trade.OrderID(f.OrderID)}
	if f.Orders > 0 {
		var err error
		if a.Invoice, err = s.trade.GetInvoice(ctx, reader, trade.InvoiceID(f.ID)); err != nil {
			return a, err
		}
		ids = nil
		for _, x := range a.Invoice.Shares {
			ids = append(ids, x.Order)
		}
	}
	orders, err := s.trade.Named(ctx, reader, ids...)
	if err != nil {
		return a, err
	}
	for _, id := range ids {
		for _, i := range orders[id].Invoices {
			switch {
			case string(i.ID) == f.ID && f.Orders == 0:
				a.Invoice = i
			case string(i.CreditOf) == f.ID && !slices.ContainsFunc(a.Credits, func(c trade.Invoice) bool { return c.ID == i.ID }):
				a.Credits = append(a.Credits, i)
			}
		}
	}
	slices.SortStableFunc(a.Credits, func(x, y trade.Invoice) int {
		return cmp.Or(x.At.Compare(y.At), strings.Compare(string(x.ID), string(y.ID)))
	})
	rows, err := disputesOf(ctx, f.ID)
	if err != nil {
		return a, err
	}
	if a.Disputes, err = fillDisputes(ctx, rows); err != nil {
		return a, err
	}
	under := map[int]DisputeID{}
	for _, x := range a.Disputes {
		if x.State == DisputeClosed {
			continue
		}
		a.Disputed.Minor += x.Amount.Minor
		for _, l := range x.Lines {
			under[l.Position] = x.ID
		}
	}
	for _, id := range ids {
		a.Lines = append(a.Lines, accountLines(a.Invoice, orders[id], under)...)
	}
	slices.SortFunc(a.Lines, func(x, y AccountLine) int { return cmp.Compare(x.Position, y.Position) })
	differs := map[money.Rate]int64{}
	for _, l := range a.Lines {
		if a.Invoice.State == trade.InvoiceDiffers && l.Disputed == "" && l.Difference.Minor > 0 {
			differs[l.TaxRate] += l.Difference.Minor
		}
	}
	for rate, net := range differs {
		tax, err := money.Portion(f.amount(net), rate)
		if err != nil {
			return a, err
		}
		a.Differing.Minor += net + tax.Minor
	}
	if f.Kind == trade.InvoiceDebit {
		a.Payable.Minor = max(0, a.Open.Minor-a.Disputed.Minor)
	}
	if a.Settled, err = settlementsOf(ctx, f.ID); err != nil {
		return a, err
	}
	for i := range a.Settled {
		x := &a.Settled[i]
		x.Amount.Currency = money.Currency(f.Currency)
		if x.Kind == ByPayment {
			a.Paid.Minor += x.Amount.Minor
		} else {
			a.Credited.Minor += x.Amount.Minor
		}
	}
	ap, err := lastApproval(ctx, f.ID)
	if err != nil {
		return a, err
	}
	if ap != nil {
		a.Approved = &Approval{Amount: f.amount(ap.Amount), Note: ap.Note, Person: ap.PersonID, At: db.FromMicros(ap.Made)}
	}
	a.Issues, err = issuesOf(ctx, "invoice_id = ? AND invoice_id <> ''", f.ID)
	return a, err
}

// accountLines holds the positions that are of an order against its lines. What of a position does not
// match is its amount less what was delivered at the price of the order.
func accountLines(inv trade.Invoice, d trade.Detail, under map[int]DisputeID) []AccountLine {
	taken := map[int]money.Quantity{} // by earlier invoices, then by earlier positions
	for _, i := range d.Invoices {
		if i.ID == inv.ID {
			break
		}
		if i.Kind == trade.InvoiceDebit {
			for _, l := range i.Lines {
				taken[l.Line] += l.Quantity
			}
		}
	}
	shipped := slices.ContainsFunc(d.Lines, func(l trade.Line) bool { return l.Shipped > 0 })
	var out []AccountLine
	for _, l := range inv.Lines {
		if l.Order != d.ID {
			continue
		}
		x := AccountLine{InvoiceLine: l, Item: d.Lines[l.Line-1], Disputed: under[l.Position], Difference: money.Amount{Currency: inv.Currency}}
		delivered := x.Item.Confirmed
		if shipped {
			delivered = x.Item.Shipped
		}
		covered := max(0, min(l.Quantity, delivered-taken[l.Line]))
		taken[l.Line] += l.Quantity
		if inv.Kind == trade.InvoiceDebit && len(l.Wrong) > 0 {
			if right, err := money.Extend(covered, x.Item.Price, inv.Currency); err == nil {
				x.Difference.Minor = l.Amount.Minor - right.Minor
			}
		}
		out = append(out, x)
	}
	return out
}

// fillDisputes adds lines, steps and numbers to disputes.
func fillDisputes(ctx context.Context, rows []disputeRow) ([]Dispute, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var ids, invoices []string
	for _, r := range rows {
		ids, invoices = append(ids, r.ID), append(invoices, r.InvoiceID)
		if r.CreditID != "" {
			invoices = append(invoices, r.CreditID)
		}
	}
	ls, err := disputeLines(ctx, ids...)
	if err != nil {
		return nil, err
	}
	ss, err := stepsOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	numbers, err := numbersOf(ctx, invoices...)
	if err != nil {
		return nil, err
	}
	out := make([]Dispute, len(rows))
	for i, r := range rows {
		d := r.dispute()
		d.InvoiceNumber, d.OrderNumber, d.CreditNumber = numbers[r.InvoiceID][0], numbers[r.InvoiceID][1], numbers[r.CreditID][0]
		for _, l := range ls[r.ID] {
			d.Lines = append(d.Lines, DisputeLine{Position: int(l.Position), Line: int(l.Line), Net: money.Amount{Minor: l.Net, Currency: d.Net.Currency}})
		}
		for _, x := range ss[r.ID] {
			d.Steps = append(d.Steps, Step{Kind: x.Kind, Amount: money.Amount{Minor: x.Amount, Currency: d.Net.Currency}, Note: x.Note, Person: x.PersonID, Org: x.OrgID, At: db.FromMicros(x.Made)})
		}
		out[i] = d
	}
	return out, nil
}

// Approve lets what is owed of an invoice and not disputed be paid. It goes to the
// buyer's own system; nothing is paid by it. Where a rule of the buyer wants somebody else
// to approve it, Request says who was asked and nothing is approved yet.
// Codes: NotFound, Forbidden, Conflict (nothing is left to approve, it is approved
// already; something differs and neither is disputed nor accepted).
// Publishes InvoiceApproved.
func (s *Service) Approve(ctx context.Context, actor access.Actor, id trade.InvoiceID, cmd ApproveCmd) (Approval, error) {
	var out Approval
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := lockInvoices(ctx, []string{string(id)}); err != nil {
			return err
		}
		f, err := factsByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.InvoiceApprove, access.Shared(f.SupplierID, f.ResellerID))
		}
		if err != nil {
			return err
		}
		a, err := s.account(ctx, actor, f)
		switch {
		case err != nil:
			return err
		case a.Payable.Minor <= 0:
			return fault.New(fault.Conflict, "settle.nothing_to_approve", "Number", f.Number)
		case a.Approved != nil && a.Approved.Amount.Minor == a.Payable.Minor:
			return fault.New(fault.Conflict, "settle.approved_already", "Number", f.Number)
		case a.Differing.Minor > 0 && !cmd.Accept:
			return fault.New(fault.Conflict, "settle.differs_first", "Number", f.Number, "Amount", a.Differing.String())
		}
		if s.gate != nil && cmd.Approval == "" {
			facts := Facts{Invoice: id, Supplier: f.SupplierID, Reseller: f.ResellerID, Partnership: f.PartnershipID, Number: f.Number, Amount: a.Payable}
			for _, l := range a.Lines {
				if l.Disputed == "" {
					facts.Lines = append(facts.Lines, FactLine{Position: l.Position, SKU: l.SKU, Price: l.Price, Agreed: l.Item.Price})
				}
			}
			if out.Request, err = s.gate.Paying(ctx, actor, facts, cmd); err != nil || out.Request != "" {
				return err
			}
		}
		r := approvalRow{ID: db.NewID(), InvoiceID: f.ID, SupplierID: f.SupplierID, ResellerID: f.ResellerID, Amount: a.Payable.Minor, Note: bounded(cmd.Note, 500), PersonID: actor.Person, Made: instant(ctx)}
		if err := insert(ctx, []approvalRow{r}); err != nil {
			return err
		}
		out = Approval{Amount: a.Payable, Note: r.Note, Person: r.PersonID, At: db.FromMicros(r.Made)}
		return s.tell(ctx, actor, "invoice.approve", "invoice", f.ID, InvoiceApproved, f.ID,
			Event{Supplier: f.SupplierID, Reseller: f.ResellerID, Partnership: f.PartnershipID, Order: trade.OrderID(f.OrderID), Invoice: id})
	})
	return out, err
}

// GetDispute returns one dispute. Codes: NotFound, Forbidden.
func (s *Service) GetDispute(ctx context.Context, actor access.Actor, id DisputeID) (Dispute, error) {
	var out Dispute
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := disputeByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.DisputeRead, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		all, err := fillDisputes(ctx, []disputeRow{r})
		if err == nil {
			out = all[0]
		}
		return err
	})
	return out, err
}

// DisputeFilter chooses disputes. View: "mine" (wait for the actor's company), "open",
// "closed", "" all.
type DisputeFilter struct {
	View    string
	Partner string // company id
	After   string
	Limit   int // to 200
}

// DisputePage is a page of disputes, newest first.
type DisputePage struct {
	Items []Dispute
	Next  string
}

// Disputes lists the disputes of the actor's company, newest first.
// Codes: Forbidden, Invalid (the cursor).
func (s *Service) Disputes(ctx context.Context, actor access.Actor, f DisputeFilter) (DisputePage, error) {
	scope, err := access.List(actor, access.DisputeRead)
	if err != nil {
		return DisputePage{}, err
	}
	limit := pageSize(f.Limit)
	at, err := readPlace(f.After)
	if err != nil {
		return DisputePage{}, err
	}
	var out DisputePage
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := disputeList(ctx, scope, f, at, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			out.Next = db.Cursor(rows[limit-1].Opened, rows[limit-1].ID)
		}
		out.Items, err = fillDisputes(ctx, rows)
		return err
	})
	return out, err
}

func pageSize(n int) int {
	if n < 1 {
		return 50
	}
	return min(n, 200)
}

func readPlace(after string) (*place, error) {
	if after == "" {
		return nil, nil
	}
	n, id, ok := db.ReadCursor(after)
	if !ok {
		return nil, fault.InvalidField("after", "form.invalid")
	}
	return &place{n, id}, nil
}

// BindThread keeps in which room, and on which line of it, a dispute is talked about. The
// actor is a system; the first place stays.
// Codes: NotFound, Forbidden.
func (s *Service) BindThread(ctx context.Context, actor access.Actor, id DisputeID, room string, thread int64) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := disputeByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.DisputeRead, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err == nil && actor.Person != "" {
			err = fault.New(fault.Forbidden, "error.forbidden")
		}
		if err != nil {
			return err
		}
		return bindThread(ctx, id, room, thread)
	})
}
