package paper

import (
	"context"
	"time"

	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/money"
	"entente/prm/settle"
	"entente/prm/trade"
)

// Statement is the account of two companies on paper.
func Statement(st settle.Statement, supplier, reseller account.Org, p *locale.Printer) Document {
	s := Source{Supplier: supplier, Reseller: reseller, P: p}
	d := s.begin("paper.statement", string(st.Currency), st.To, time.Time{})
	d.Issuer = s.orgParty("", supplier)
	d.Parties = []Party{s.orgParty("paper.statement_of", reseller)}
	cash := func(a money.Amount) string { return p.Money(a.String(), string(a.Currency)) }
	d.Facts = add(d.Facts, p.T("paper.period"), p.T("statement.period", "from", p.Date(st.From), "to", p.Date(st.To)))
	d.Facts = add(d.Facts, p.T("order.currency"), string(st.Currency))
	for i, a := range st.Ageing {
		d.Facts = add(d.Facts, p.T("statement.age."+settle.Ages[i]), cash(a))
	}
	if st.Disputed.Minor != 0 {
		d.Facts = add(d.Facts, p.T("statement.disputed"), cash(st.Disputed))
	}
	d.Columns = []Column{{p.T("col.date"), 13, false}, {p.T("payment.document"), 24, false}, {p.T("payment.kind"), 15, false}, {p.T("col.order"), 16, false}, {p.T("col.amount_in", "sign", string(st.Currency)), 16, true}, {p.T("statement.balance"), 16, true}}
	d.Rows = []Row{{Cells: []string{p.Date(st.From), "", p.T("statement.opening"), "", "", p.Number(st.Opening.String())}}}
	left := map[string]settle.OpenItem{}
	for _, x := range st.Open {
		left[x.ID] = x
	}
	for _, e := range st.Entries {
		r := Row{Cells: []string{p.Date(e.Date), e.Number, p.T("statement.kind." + e.Kind), trade.Orders(e.OrderNo, e.Orders), p.Number(e.Amount.String()), p.Number(e.Balance.String())}}
		if x, open := left[e.ID]; open && e.Kind == settle.EntryInvoice {
			r.Notes = append(r.Notes, p.T("paper.open_due", "amount", cash(x.Left), "date", p.Date(x.Due)))
			if x.Disputed.Minor != 0 {
				r.Notes = append(r.Notes, p.T("payment.disputed", "amount", cash(x.Disputed)))
			}
		}
		d.Rows = append(d.Rows, r)
	}
	d.Sums = []Sum{{p.T("statement.opening"), cash(st.Opening), false}, {p.T("statement.closing"), cash(st.Closing), true}}
	return d
}

// Statement is the account of a partnership.
// Codes: NotFound, Forbidden, Invalid, TooLarge.
func (k Desk) Statement(ctx context.Context, actor access.Actor, f settle.StatementFilter, w Wish) (Sheet, error) {
	st, err := k.Settle.Statement(ctx, actor, f)
	if err != nil {
		return Sheet{}, err
	}
	orgs, err := k.Accounts.Directory().OrgsByID(ctx, st.Supplier, st.Reseller)
	if err != nil {
		return Sheet{}, err
	}
	own, supplier := orgs[actor.Org], orgs[st.Supplier]
	return Sheet{Statement(st, supplier, orgs[st.Reseller], w.words(own, supplier)), SizeFor(w.Paper, own.Country)}, nil
}
