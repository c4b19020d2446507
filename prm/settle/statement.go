package settle

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Statement is the account of two companies in one currency over a period: every document
// with the balance after it, and what is open at its end. The balance is what the reseller
// owes; below zero the supplier does.
type Statement struct {
	Partnership string
	Supplier    string // company ids
	Reseller    string
	Currency    money.Currency
	From, To    string // civil dates, both within
	Opening     money.Amount
	Closing     money.Amount
	Entries     []Entry    // by date
	Open        []OpenItem // by due date: invoices above zero, credits below
	OnAccount   []OpenItem // what is left of payments, below zero
	Ageing      [5]money.Amount
	Disputed    money.Amount
	Disputes    []Dispute
	Issues      []Issue
}

// Ages are the words for Statement.Ageing: the key is "statement.age.<word>". Invoices are
// counted by the days since they were due, credits and payments on account as not due.
var Ages = [5]string{"current", "30", "60", "90", "older"}

// Kinds of entry.
const (
	EntryInvoice = "invoice"
	EntryCredit  = "credit"
	EntryPayment = "payment"
)

// Entry is one document on a statement. Amount is what it adds to the balance.
type Entry struct {
	Date    string
	Kind    string
	ID      string // of the invoice, credit or payment
	Number  string
	Order   trade.OrderID
	OrderNo string
	Orders  int // of an invoice of several, of which Order is the first; 0: one
	Due     string
	Amount  money.Amount
	Balance money.Amount // after it
}

// OpenItem is what is left of a document. Days are since it was due, negative before.
type OpenItem struct {
	Entry
	Left     money.Amount
	Days     int
	Disputed money.Amount
}

// StatementFilter chooses a statement. Dates are civil; To empty is today, From empty the
// day three months before To.
type StatementFilter struct {
	Partnership string
	Currency    money.Currency // "" is that of the partnership
	From, To    string
}

// MaxEntries is how many documents one statement holds.
const MaxEntries = 5000

// Statement returns the account of a partnership.
// Codes: NotFound, Forbidden, Invalid (a date, the currency), TooLarge (the period holds
// too many documents).
func (s *Service) Statement(ctx context.Context, actor access.Actor, f StatementFilter) (Statement, error) {
	var out Statement
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := pairOf(ctx, f.Partnership)
		if err == nil {
			err = access.Check(actor, access.PaymentRead, access.Shared(p.SupplierID, p.ResellerID))
		}
		if err != nil {
			return err
		}
		if out, err = newStatement(ctx, p, f); err != nil {
			return err
		}
		if err := fillEntries(ctx, &out); err != nil {
			return err
		}
		return fillOpen(ctx, &out)
	})
	if err != nil {
		return Statement{}, err
	}
	return out, nil
}

func newStatement(ctx context.Context, p pair, f StatementFilter) (Statement, error) {
	out := Statement{Partnership: p.ID, Supplier: p.SupplierID, Reseller: p.ResellerID, Currency: f.Currency, From: f.From, To: f.To}
	bad := fault.New(fault.Invalid, "form.invalid")
	if out.Currency == "" {
		out.Currency = money.Currency(p.Currency)
	}
	if !out.Currency.Valid() {
		bad.With("currency", "settle.currency")
	}
	if out.To == "" {
		out.To = db.Now(ctx).Format(time.DateOnly)
	}
	to, err := time.Parse(time.DateOnly, out.To)
	if err != nil {
		bad.With("to", "form.date")
	}
	if out.From == "" {
		out.From = to.AddDate(0, -3, 1).Format(time.DateOnly)
	}
	if _, err := time.Parse(time.DateOnly, out.From); err != nil || out.From > out.To {
		bad.With("from", "form.date")
	}
	zero := money.Amount{Currency: out.Currency}
	out.Opening, out.Closing, out.Disputed = zero, zero, zero
	for i := range out.Ageing {
		out.Ageing[i] = zero
	}
	return out, bad.OrNil()
}

// fillEntries reads the documents of the period and runs the balance over them.
func fillEntries(ctx context.Context, st *Statement) error {
	before, err := balanceBefore(ctx, st)
	if err != nil {
		return err
	}
	st.Opening.Minor = before
	if st.Entries, err = entriesOf(ctx, st); err != nil {
		return err
	}
	if len(st.Entries) > MaxEntries {
		return fault.New(fault.TooLarge, "settle.period_long", "Most", MaxEntries)
	}
	rank := map[string]int{EntryInvoice: 0, EntryCredit: 1, EntryPayment: 2}
	slices.SortStableFunc(st.Entries, func(a, b Entry) int {
		if c := strings.Compare(a.Date, b.Date); c != 0 {
			return c
		}
		if c := rank[a.Kind] - rank[b.Kind]; c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	balance := st.Opening
	for i := range st.Entries {
		if balance, err = balance.Add(st.Entries[i].Amount); err != nil {
			return fault.New(fault.Invalid, "trade.amount_range")
		}
		st.Entries[i].Balance = balance
	}
	st.Closing = balance
	return nil
}

// fillOpen reads what is open now and ages it at the end of the period.
func fillOpen(ctx context.Context, st *Statement) error {
	var err error
	if st.Open, err = openItems(ctx, st.Supplier, st.Reseller, string(st.Currency)); err != nil {
		return err
	}
	if st.OnAccount, err = restItems(ctx, st.Supplier, st.Reseller, string(st.Currency)); err != nil {
		return err
	}
	rows, err := pairDisputes(ctx, st)
	if err != nil {
		return err
	}
	if st.Disputes, err = fillDisputes(ctx, rows); err != nil {
		return err
	}
	if st.Issues, err = issuesOf(ctx, "supplier_id = ? AND reseller_id = ? AND currency = ? AND state <> 'settled'", st.Supplier, st.Reseller, string(st.Currency)); err != nil {
		return err
	}
	under := map[string]int64{}
	for _, d := range st.Disputes {
		under[string(d.Invoice)] += d.Amount.Minor
		st.Disputed.Minor += d.Amount.Minor
	}
	today, err := time.Parse(time.DateOnly, st.To)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	for i := range st.Open {
		x := &st.Open[i]
		x.Disputed = money.Amount{Minor: under[x.ID], Currency: st.Currency}
		x.Days = daysSince(x.Due, today)
		st.Ageing[age(*x)].Minor += x.Left.Minor
	}
	for _, x := range st.OnAccount {
		st.Ageing[0].Minor += x.Left.Minor
	}
	return nil
}

func daysSince(due string, today time.Time) int {
	d, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return 0
	}
	return int(today.Sub(d).Hours() / 24)
}

// age is the place of an open item in Ageing.
func age(x OpenItem) int {
	switch {
	case x.Kind != EntryInvoice || x.Days <= 0:
		return 0
	case x.Days <= 30:
		return 1
	case x.Days <= 60:
		return 2
	case x.Days <= 90:
		return 3
	}
	return 4
}

// Balance is where the account of a partnership stands in one currency.
type Balance struct {
	Partnership string
	Supplier    string
	Reseller    string
	Currency    money.Currency
	Balance     money.Amount
	Overdue     money.Amount // of invoices, what is past due today
	Disputed    money.Amount
	Issues      int // open
}

// PartnerOf is the company on the other side of org.
func (b Balance) PartnerOf(org string) string {
	if org == b.Supplier {
		return b.Reseller
	}
	return b.Supplier
}

// Balances lists where the accounts of the actor's company stand, one for each
// partnership and currency that has documents.
// Codes: Forbidden.
func (s *Service) Balances(ctx context.Context, actor access.Actor) ([]Balance, error) {
	scope, err := access.List(actor, access.PaymentRead)
	if err != nil {
		return nil, err
	}
	var out []Balance
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out, err = balances(ctx, scope, db.Now(ctx).Format(time.DateOnly))
		return err
	})
	return out, err
}
