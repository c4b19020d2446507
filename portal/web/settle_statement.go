package web

import (
	"context"

	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/settle"
	"entente/prm/trade"
)

// statementList is where the accounts with all partners stand.
func statementList(v *visit) error {
	list, err := v.w.d.Settle.Balances(v.ctx, v.actor())
	if err != nil {
		return err
	}
	var orgs []string
	for _, b := range list {
		orgs = append(orgs, b.PartnerOf(v.org()))
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.StatementsPage{Base: v.shell()}
	if page.Places, err = v.settlePlaces("statements"); err != nil {
		return err
	}
	for _, b := range list {
		row := view.BalanceRow{URL: v.path("statements", b.Partnership) + "?currency=" + string(b.Currency), Partner: n.company(b.PartnerOf(v.org())), Side: view.T("statement.they_owe"), Balance: amount(b.Balance), Overdue: amount(b.Overdue), Disputed: amount(b.Disputed), Issues: b.Issues}
		if (b.Supplier == v.org()) == (b.Balance.Minor < 0) {
			row.Side = view.T("statement.we_owe")
		}
		if b.Balance.Minor == 0 {
			row.Side = view.T("statement.even")
		}
		page.Rows = append(page.Rows, row)
	}
	return v.render(page, nil)
}

func (v *visit) statementFilter() settle.StatementFilter {
	f := settle.StatementFilter{Partnership: v.Params("id"), Currency: money.Currency(v.Query("currency")), From: v.civil("from"), To: v.civil("to")}
	if f.From != "" && f.To == "" {
		f.To = max(v.civilDay(), f.From)
	}
	if f.To == "" {
		f.To = v.civilDay()
	}
	return f
}

// statementShow is the account with one partner.
func statementShow(v *visit) error {
	st, err := v.w.d.Settle.Statement(v.ctx, v.actor(), v.statementFilter())
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{st.Supplier, st.Reseller}, nil)
	if err != nil {
		return err
	}
	other := st.Supplier
	if other == v.org() {
		other = st.Reseller
	}
	page := &view.StatementPage{Base: v.shell(), URL: v.path("statements", st.Partnership), Partner: n.company(other), Supplier: n.company(st.Supplier), Buyer: n.company(st.Reseller), Currency: string(st.Currency),
		From: view.Date(st.From), To: view.Date(st.To), Opening: amount(st.Opening), Closing: amount(st.Closing), Sentence: statementSentence(st, n)}
	for i, a := range st.Ageing {
		page.Ages = append(page.Ages, view.KV{Label: view.T("statement.age." + settle.Ages[i]), Value: view.T("settle.money_of", "amount", amount(a))})
	}
	for _, x := range append(append([]settle.OpenItem{}, st.Open...), st.OnAccount...) {
		page.Open = append(page.Open, v.openRow(x))
	}
	for _, e := range st.Entries {
		page.Entries = append(page.Entries, v.entryRow(e))
	}
	for _, d := range st.Disputes {
		page.Disputes = append(page.Disputes, v.disputeRow(d, n))
	}
	for _, x := range st.Issues {
		b := v.issueBox(x, n)
		b.Partner = view.Company{}
		page.Issues = append(page.Issues, b)
	}
	query := "?currency=" + string(st.Currency) + "&from=" + st.From + "&to=" + st.To
	page.PDF = page.URL + "/pdf" + query
	for _, f := range []sheet.Format{sheet.XLSX, sheet.CSV} {
		page.Exports = append(page.Exports, view.Export{Label: view.T("export." + string(f)), URL: page.URL + "/export" + query + "&format=" + string(f)})
	}
	return v.render(page, nil)
}

// statementSentence says who owes whom what.
func statementSentence(st settle.Statement, n names) view.Text {
	switch {
	case st.Closing.Minor > 0:
		return view.T("statement.owes", "debtor", n.org(st.Reseller), "creditor", n.org(st.Supplier), "amount", amount(st.Closing), "date", view.Date(st.To))
	case st.Closing.Minor < 0:
		back := st.Closing
		back.Minor = -back.Minor
		return view.T("statement.owes", "debtor", n.org(st.Supplier), "creditor", n.org(st.Reseller), "amount", amount(back), "date", view.Date(st.To))
	}
	return view.T("statement.owes_none", "date", view.Date(st.To))
}

func (v *visit) entryURL(e settle.Entry) string {
	if e.Kind == settle.EntryPayment {
		return v.path("payments", e.ID)
	}
	return v.creditURL(e.ID)
}

func (v *visit) entryRow(e settle.Entry) view.StatementRow {
	row := view.StatementRow{Date: view.Date(e.Date), Kind: view.T("statement.kind." + e.Kind), Number: e.Number, URL: v.entryURL(e), Amount: e.Amount.String(), Balance: e.Balance.String()}
	if e.Order != "" {
		row.Order, row.OrderURL = trade.Orders(e.OrderNo, e.Orders), v.orderURL(e.Order)
	}
	return row
}

func (v *visit) openRow(x settle.OpenItem) view.StatementRow {
	row := v.entryRow(x.Entry)
	row.Balance = x.Left.String()
	if x.Kind == settle.EntryInvoice {
		row.Due = view.Date(x.Due)
		if row.Late = x.Days > 0; row.Late {
			row.Days = view.T("statement.days_late", "n", x.Days)
		}
		if x.Disputed.Minor > 0 {
			row.Note = view.T("payment.disputed", "amount", amount(x.Disputed))
		}
	}
	if x.Kind == settle.EntryPayment {
		row.Note = view.T("statement.on_account")
	}
	return row
}

// statementExport is the statement as a table.
func statementExport(v *visit) error {
	st, err := v.w.d.Settle.Statement(v.ctx, v.actor(), v.statementFilter())
	if err != nil {
		return err
	}
	left := map[string]settle.OpenItem{}
	for _, x := range append(append([]settle.OpenItem{}, st.Open...), st.OnAccount...) {
		left[x.ID] = x
	}
	columns := v.titles("col.date", "payment.kind", "payment.document", "col.order", "col.due", "order.currency", "export.amount", "statement.balance", "statement.left", "statement.disputed")
	name := v.p.T("settle.statements")
	return v.export(name, columns, func(_ context.Context, put func(...sheet.Cell) error) error {
		zero := money.Amount{Currency: st.Currency}
		if err := put(day(st.From), words(v.p.T("statement.opening")), words(""), words(""), words(""), words(string(st.Currency)), coins(zero), coins(st.Opening), coins(zero), coins(zero)); err != nil {
			return err
		}
		for _, e := range st.Entries {
			x, ok := left[e.ID]
			if !ok {
				x.Left, x.Disputed = zero, zero
			}
			if x.Disputed.Currency == "" {
				x.Disputed = zero
			}
			if err := put(day(e.Date), words(v.p.T("statement.kind."+e.Kind)), words(e.Number), words(trade.Orders(e.OrderNo, e.Orders)), day(e.Due), words(string(st.Currency)), coins(e.Amount), coins(e.Balance), coins(x.Left), coins(x.Disputed)); err != nil {
				return err
			}
		}
		return put(day(st.To), words(v.p.T("statement.closing")), words(""), words(""), words(""), words(string(st.Currency)), coins(zero), coins(st.Closing), coins(zero), coins(st.Disputed))
	})
}

// settleRoutes are the pages of what follows an invoice.
func settleRoutes() []Route {
	return []Route{
		post("/c/:slug/invoices/:id/approve", "approve invoice", InCompany, access.InvoiceApprove, invoiceApprove),
		get("/c/:slug/invoices/:id/dispute", "dispute form", InCompany, access.DisputeOpen, invoiceDisputeForm),
		post("/c/:slug/invoices/:id/dispute", "dispute invoice", InCompany, access.DisputeOpen, invoiceDispute),
		get("/c/:slug/disputes", "disputes", InCompany, access.DisputeRead, disputeList),
		get("/c/:slug/disputes/:id", "dispute", InCompany, access.DisputeRead, disputeShow),
		post("/c/:slug/disputes/:id/offer", "offer", InCompany, access.DisputeOffer, disputeOffer),
		post("/c/:slug/disputes/:id/answer", "answer offer", InCompany, access.DisputeOpen, disputeAnswer),
		post("/c/:slug/disputes/:id/withdraw", "withdraw dispute", InCompany, access.DisputeOpen, disputeWithdraw),
		post("/c/:slug/disputes/:id/credit", "credit dispute", InCompany, access.DisputeOffer, disputeCredit),
		post("/c/:slug/disputes/:id/say", "say in dispute", InCompany, access.RoomPost, disputeSay),
		get("/c/:slug/payments", "payments", InCompany, access.PaymentRead, paymentList),
		get("/c/:slug/payments/new", "payment form", InCompany, access.PaymentRecord, paymentNewForm),
		post("/c/:slug/payments/new", "record payment", InCompany, access.PaymentRecord, paymentNew),
		get("/c/:slug/payments/issues", "issues", InCompany, access.PaymentRead, issueList),
		post("/c/:slug/payments/issues/:id", "answer issue", InCompany, access.PaymentSettle, issueSettle),
		get("/c/:slug/payments/:id", "payment", InCompany, access.PaymentRead, paymentShow),
		post("/c/:slug/payments/:id/retry", "book payment", InCompany, access.PaymentSettle, paymentRetry),
		post("/c/:slug/payments/:id/discard", "discard payment", InCompany, access.PaymentSettle, paymentDiscard),
		get("/c/:slug/statements", "statements", InCompany, access.PaymentRead, statementList),
		get("/c/:slug/statements/:id", "statement", InCompany, access.PaymentRead, statementShow),
		get("/c/:slug/statements/:id/pdf", "statement on paper", InCompany, access.PaymentRead, statementPDF),
		get("/c/:slug/statements/:id/export", "statement as a table", InCompany, access.PaymentRead, statementExport),
	}
}
