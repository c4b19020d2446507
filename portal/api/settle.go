package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/settle"
	"entente/prm/trade"
)

// settled is an invoice with what became of it.
type settled struct {
	invoice
	Settle   string           `json:"settlement" doc:"open, approved, disputed, part_paid, paid, cleared or credit_open"`
	CreditOf string           `json:"credit_of,omitempty" doc:"id of the invoice that a credit is for"`
	Open     *amount          `json:"open"`
	Waits    string           `json:"approval,omitempty" doc:"after approving: the id of the approval that your company's own rules ask for first"`
	Paid     *amount          `json:"paid"`
	Credited *amount          `json:"credited"`
	Disputed *amount          `json:"disputed"`
	Payable  *amount          `json:"payable" doc:"open and not disputed: what may be approved"`
	Approved *invoiceApproval `json:"approved"`
	Disputes []string         `json:"disputes"`
	Issues   []issue          `json:"issues" doc:"of payments, that are not settled"`
	Settled  []settlement     `json:"settled_by"`
	Match    []matchedLine    `json:"match" doc:"each position beside its order line"`
}

type invoiceApproval struct {
	Amount *amount   `json:"amount"`
	At     time.Time `json:"at"`
}

type settlement struct {
	Kind   string    `json:"kind" doc:"payment, credit or invoice"`
	ID     string    `json:"id"`
	Number string    `json:"number"`
	Amount *amount   `json:"amount"`
	At     time.Time `json:"at"`
}

type matchedLine struct {
	Position   int      `json:"position"`
	Order      string   `json:"order,omitempty" doc:"of an invoice of several orders"`
	Line       int      `json:"line" doc:"of the order"`
	Ordered    string   `json:"ordered"`
	Shipped    string   `json:"shipped"`
	Received   string   `json:"received"`
	Invoiced   string   `json:"invoiced"`
	OrderPrice *amount  `json:"order_price"`
	Price      *amount  `json:"price"`
	Difference *amount  `json:"difference"`
	Wrong      []string `json:"wrong,omitempty"`
	Dispute    string   `json:"dispute,omitempty"`
}

type dispute struct {
	ID       string        `json:"id"`
	Number   string        `json:"number"`
	Invoice  string        `json:"invoice"`
	Order    string        `json:"order"`
	Supplier string        `json:"supplier"`
	Reseller string        `json:"reseller"`
	Reason   string        `json:"reason"`
	Note     string        `json:"note,omitempty"`
	State    string        `json:"state" doc:"open, offered, agreed or closed"`
	Turn     string        `json:"turn,omitempty" doc:"slug of the company whose turn it is"`
	Due      *time.Time    `json:"due,omitempty"`
	Net      *amount       `json:"net"`
	Tax      *amount       `json:"tax"`
	Gross    *amount       `json:"gross"`
	Offer    string        `json:"offer,omitempty" doc:"credit, stand or correct"`
	Offered  *amount       `json:"offered,omitempty"`
	Outcome  string        `json:"outcome,omitempty" doc:"credited, accepted, corrected or withdrawn"`
	Credit   string        `json:"credit,omitempty" doc:"id of the credit"`
	Room     string        `json:"room,omitempty"`
	Thread   int64         `json:"thread,omitempty" doc:"number of the line in the room that the conversation hangs on"`
	Version  int64         `json:"version"`
	Lines    []disputeLine `json:"lines"`
}

type disputeLine struct {
	Position int     `json:"position"`
	Net      *amount `json:"net"`
}

type payment struct {
	ID       string        `json:"id"`
	Number   string        `json:"number"`
	Supplier string        `json:"supplier"`
	Reseller string        `json:"reseller"`
	PaidOn   string        `json:"paid_on"`
	Method   string        `json:"method,omitempty"`
	Total    *amount       `json:"total"`
	Applied  *amount       `json:"applied"`
	Rest     *amount       `json:"on_account"`
	Outcome  string        `json:"outcome" doc:"booked, duplicate, held or discarded"`
	Reason   string        `json:"reason,omitempty" doc:"why it is held"`
	Lines    []paymentLine `json:"lines,omitempty"`
	Issues   []issue       `json:"issues,omitempty"`
}

type paymentLine struct {
	Kind    string  `json:"kind,omitempty"`
	Number  string  `json:"number,omitempty"`
	Invoice string  `json:"invoice,omitempty"`
	Paid    *amount `json:"paid"`
	Applied *amount `json:"applied"`
}

type issue struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind" doc:"deduction, addition, discount, short, over, unknown or currency"`
	State   string     `json:"state" doc:"open, matched or settled"`
	Payment string     `json:"payment"`
	Invoice string     `json:"invoice,omitempty"`
	Number  string     `json:"number,omitempty" doc:"of the document, as the payer wrote it"`
	Amount  *amount    `json:"amount"`
	Code    string     `json:"code,omitempty"`
	Note    string     `json:"note,omitempty"`
	Dispute string     `json:"dispute,omitempty"`
	Turn    string     `json:"turn,omitempty"`
	Due     *time.Time `json:"due,omitempty"`
	Answer  string     `json:"answer,omitempty"`
}

type disputeCmdLine struct {
	Position int    `json:"position" minimum:"1"`
	Net      string `json:"net,omitempty" doc:"what of it is disputed; empty: what differs, else all of it"`
}

type payCmdLine struct {
	Number     string         `json:"number" maxLength:"30" doc:"of the invoice, or of a credit that is used"`
	Paid       string         `json:"paid" doc:"below zero for a credit"`
	Discount   string         `json:"discount,omitempty"`
	Deductions []payDeduction `json:"deductions,omitempty"`
}

type payDeduction struct {
	Amount    string `json:"amount" doc:"kept back, above zero"`
	Reason    string `json:"reason,omitempty" doc:"a reason of a dispute, or a code of X12 element 426"`
	Reference string `json:"reference,omitempty" maxLength:"30" doc:"number of a dispute, a credit or a claim"`
	Note      string `json:"note,omitempty" maxLength:"80"`
}

func (a *API) settlements() {
	handle(a, op("GET", "/api/v1/invoices/{id}/account", "invoices:read", "What became of an invoice", "Open, paid, credited and disputed amounts, and the three-way match of its lines.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[settled], error) {
			return a.account(ctx, actor, trade.InvoiceID(in.ID))
		})
	type invoiceApprove struct {
		IDPath
		Body struct {
			Accept bool   `json:"accept_difference,omitempty" doc:"accept what differs and nobody disputes"`
			Note   string `json:"note,omitempty" maxLength:"500"`
		} `required:"false"`
	}
	handle(a, op("POST", "/api/v1/invoices/{id}/approve", "invoices:write", "Approve an invoice for payment", "What is open and not disputed. Nothing is paid by it.", 200),
		func(ctx context.Context, actor access.Actor, in *invoiceApprove) (*reply[settled], error) {
			got, err := a.d.Settle.Approve(ctx, actor, trade.InvoiceID(in.ID), settle.ApproveCmd{Accept: in.Body.Accept, Note: in.Body.Note})
			if err != nil {
				return nil, err
			}
			out, err := a.account(ctx, actor, trade.InvoiceID(in.ID))
			if err == nil {
				out.Body.Waits = got.Request
			}
			return out, err
		})
	type invoiceDispute struct {
		IDPath
		Body struct {
			Reason string           `json:"reason" enum:"price,quantity,not_received,damaged,wrong_item,duplicate,allowance,tax,freight,other"`
			Note   string           `json:"note,omitempty" maxLength:"1000"`
			Lines  []disputeCmdLine `json:"lines,omitempty" doc:"empty: every position that differs"`
		}
	}
	handle(a, op("POST", "/api/v1/invoices/{id}/dispute", "invoices:write", "Dispute lines of an invoice", "", 201),
		func(ctx context.Context, actor access.Actor, in *invoiceDispute) (*reply[dispute], error) {
			i, err := a.d.Trade.GetInvoice(ctx, actor, trade.InvoiceID(in.ID))
			if err != nil {
				return nil, err
			}
			cmd := settle.DisputeCmd{Reason: in.Body.Reason, Note: in.Body.Note}
			for k, l := range in.Body.Lines {
				var net money.Amount
				if l.Net != "" {
					if net, err = coins("lines."+itoa(k)+".net", l.Net, i.Currency); err != nil {
						return nil, err
					}
				}
				cmd.Lines = append(cmd.Lines, settle.DisputeCmdLine{Position: l.Position, Net: net})
			}
			id, err := a.d.Settle.OpenDispute(ctx, actor, i.ID, cmd)
			if err != nil {
				return nil, err
			}
			return a.dispute(ctx, actor, id)
		})
	a.disputes()
	a.payments()
}

// coins reads an amount of money; empty is zero.
func coins(field, s string, c money.Currency) (money.Amount, error) {
	if s == "" {
		return money.Amount{Currency: c}, nil
	}
	m, err := money.ParseAmount(s, c)
	if err != nil {
		return m, fault.InvalidField(field, "form.decimal", "Value", s)
	}
	return m, nil
}

func (a *API) disputes() {
	const base = "/api/v1/disputes"
	type filter struct {
		Paging
		View    string `query:"view" enum:"mine,open,closed" doc:"mine: those that wait for your company"`
		Partner string `query:"partner" doc:"slug of the other company"`
	}
	handle(a, op("GET", base, "invoices:read", "List disputes", "Newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[dispute]], error) {
			f := settle.DisputeFilter{View: in.View, After: in.After, Limit: in.Limit}
			if in.Partner != "" {
				id, err := a.partnerID(ctx, actor, in.Partner)
				if err != nil {
					return nil, err
				}
				f.Partner = id
			}
			got, err := a.d.Settle.Disputes(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, d := range got.Items {
				orgs[d.Supplier], orgs[d.Reseller] = true, true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]dispute, len(got.Items))
			for i, d := range got.Items {
				items[i] = wireDispute(d, slugs)
			}
			return page(items, got.Next), nil
		})
	handle(a, op("GET", base+"/{id}", "invoices:read", "Get a dispute", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[dispute], error) {
			return a.dispute(ctx, actor, settle.DisputeID(in.ID))
		})
	type disputeOffer struct {
		IDPath
		Body struct {
			Version int64  `json:"version,omitempty"`
			Kind    string `json:"kind" enum:"credit,stand,correct"`
			Amount  string `json:"amount,omitempty" doc:"gross, of a credit; empty: all that is disputed"`
			Note    string `json:"note,omitempty" maxLength:"1000"`
		}
	}
	handle(a, op("POST", base+"/{id}/offer", "invoices:write", "Offer an end", "For the supplier.", 200),
		func(ctx context.Context, actor access.Actor, in *disputeOffer) (*reply[dispute], error) {
			d, err := a.d.Settle.GetDispute(ctx, actor, settle.DisputeID(in.ID))
			if err != nil {
				return nil, err
			}
			cmd := settle.OfferCmd{Version: in.Body.Version, Kind: in.Body.Kind, Note: in.Body.Note}
			if in.Body.Amount != "" {
				if cmd.Amount, err = coins("amount", in.Body.Amount, d.Amount.Currency); err != nil {
					return nil, err
				}
			}
			if err := a.d.Settle.Offer(ctx, actor, d.ID, cmd); err != nil {
				return nil, err
			}
			return a.dispute(ctx, actor, d.ID)
		})
	type disputeAnswer struct {
		IDPath
		Body struct {
			Version int64  `json:"version,omitempty"`
			Answer  string `json:"answer" enum:"agree,refuse"`
			Note    string `json:"note,omitempty" maxLength:"1000"`
		}
	}
	handle(a, op("POST", base+"/{id}/answer", "invoices:write", "Answer an offer", "For the reseller.", 200),
		func(ctx context.Context, actor access.Actor, in *disputeAnswer) (*reply[dispute], error) {
			if err := a.d.Settle.Answer(ctx, actor, settle.DisputeID(in.ID), in.Body.Version, in.Body.Answer, in.Body.Note); err != nil {
				return nil, err
			}
			return a.dispute(ctx, actor, settle.DisputeID(in.ID))
		})
	type disputeWithdraw struct {
		IDPath
		Body struct {
			Version int64  `json:"version,omitempty"`
			Note    string `json:"note,omitempty" maxLength:"1000"`
		} `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/withdraw", "invoices:write", "Withdraw a dispute", "", 200),
		func(ctx context.Context, actor access.Actor, in *disputeWithdraw) (*reply[dispute], error) {
			if err := a.d.Settle.Withdraw(ctx, actor, settle.DisputeID(in.ID), in.Body.Version, in.Body.Note); err != nil {
				return nil, err
			}
			return a.dispute(ctx, actor, settle.DisputeID(in.ID))
		})
	type disputeCredit struct {
		IDPath
		Body struct {
			Version int64  `json:"version,omitempty"`
			Number  string `json:"number,omitempty" maxLength:"22" doc:"of the credit; empty takes the next"`
		} `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/credit", "invoices:write", "Issue the credit that ends a dispute", "What was agreed, else all that is disputed. The credit goes to the buyer.", 200),
		func(ctx context.Context, actor access.Actor, in *disputeCredit) (*reply[dispute], error) {
			if _, err := a.d.Settle.Credit(ctx, actor, settle.DisputeID(in.ID), in.Body.Version, in.Body.Number); err != nil {
				return nil, err
			}
			return a.dispute(ctx, actor, settle.DisputeID(in.ID))
		})
}

func (a *API) payments() {
	const base = "/api/v1/payments"
	type filter struct {
		Paging
		Q       string `query:"q" doc:"beginning of a number"`
		Outcome string `query:"outcome" enum:"booked,duplicate,held,discarded"`
		Partner string `query:"partner" doc:"slug of the other company"`
	}
	handle(a, op("GET", base, "payments:read", "List payments", "Newest first, without lines.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[payment]], error) {
			f := settle.PaymentFilter{Outcome: settle.Outcome(in.Outcome), Query: in.Q, After: in.After, Limit: in.Limit}
			if in.Partner != "" {
				id, err := a.partnerID(ctx, actor, in.Partner)
				if err != nil {
					return nil, err
				}
				f.Partner = id
			}
			got, err := a.d.Settle.Payments(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, p := range got.Items {
				orgs[p.Supplier], orgs[p.Reseller] = true, true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]payment, len(got.Items))
			for i, p := range got.Items {
				items[i] = wirePayment(p, slugs)
			}
			return page(items, got.Next), nil
		})
	handle(a, op("GET", base+"/{id}", "payments:read", "Get a payment", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[payment], error) {
			return a.payment(ctx, actor, settle.PaymentID(in.ID))
		})
	type paymentRecord struct {
		Body struct {
			Partner  string       `json:"partner" doc:"slug of the other company"`
			Number   string       `json:"number" maxLength:"35" doc:"the payer's; the same number is never booked twice"`
			PaidOn   string       `json:"paid_on" doc:"civil date"`
			Currency string       `json:"currency,omitempty" doc:"that of the partnership where it is left out"`
			Method   string       `json:"method,omitempty" doc:"ACH, FWT, CHK, NON" maxLength:"3"`
			Key      string       `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same payment"`
			Lines    []payCmdLine `json:"lines" minItems:"1" maxItems:"5000"`
		}
	}
	handle(a, op("POST", base, "payments:write", "Record a payment", "As an 820 or a REMADV would. Too little, too much or an unknown invoice becomes an issue; nothing is lost.", 201),
		func(ctx context.Context, actor access.Actor, in *paymentRecord) (*reply[payment], error) {
			_, ps, err := a.partnerships(ctx, actor, in.Body.Partner)
			if err != nil {
				return nil, err
			}
			if len(ps) == 0 {
				return nil, fault.New(fault.NotFound, "error.not_found")
			}
			cmd := settle.RecordCmd{Partnership: ps[0].ID, Number: in.Body.Number, PaidOn: in.Body.PaidOn, Currency: money.Currency(in.Body.Currency), Method: in.Body.Method, Key: in.Body.Key}
			for _, p := range ps { // who pays is the reseller; a system of the supplier tells of what came in
				if p.Reseller == actor.Org {
					cmd.Partnership = p.ID
				}
			}
			c := cmd.Currency
			if c == "" {
				c = ps[0].Currency
			}
			for i, l := range in.Body.Lines {
				at := "lines." + itoa(i) + "."
				x := settle.RecordLine{Number: l.Number}
				if x.Paid, err = coins(at+"paid", l.Paid, c); err != nil {
					return nil, err
				}
				if x.Discount, err = coins(at+"discount", l.Discount, c); err != nil {
					return nil, err
				}
				for _, k := range l.Deductions {
					m, err := coins(at+"deductions", k.Amount, c)
					if err != nil {
						return nil, err
					}
					x.Deductions = append(x.Deductions, settle.Deduction{Amount: m, Reason: k.Reason, Reference: k.Reference, Note: k.Note})
				}
				cmd.Lines = append(cmd.Lines, x)
			}
			got, err := a.d.Settle.Record(ctx, actor, cmd)
			if err != nil {
				return nil, err
			}
			return a.payment(ctx, actor, got.ID)
		})
	type issueAnswer struct {
		IDPath
		Body struct {
			Answer    string `json:"answer" enum:"credited,refused,accepted,explained,assigned,account" doc:"explained names a dispute, assigned an invoice"`
			Note      string `json:"note,omitempty" maxLength:"500"`
			Reference string `json:"reference,omitempty" maxLength:"60" doc:"number of the dispute or the invoice"`
		}
	}
	handle(a, op("POST", "/api/v1/payment-issues/{id}/answer", "payments:write", "Answer what is in question of a payment", "", 204),
		func(ctx context.Context, actor access.Actor, in *issueAnswer) (*struct{}, error) {
			return nil, a.d.Settle.SettleIssue(ctx, actor, settle.IssueID(in.ID), settle.IssueCmd{Answer: in.Body.Answer, Note: in.Body.Note, Reference: in.Body.Reference})
		})
	type issueFilter struct {
		Paging
		View string `query:"view" enum:"mine,matched,settled" doc:"empty: open"`
	}
	handle(a, op("GET", "/api/v1/payment-issues", "payments:read", "List what is in question of payments", "Newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *issueFilter) (*reply[list[issue]], error) {
			got, err := a.d.Settle.Issues(ctx, actor, settle.IssueFilter{View: in.View, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, x := range got.Items {
				orgs[x.Supplier], orgs[x.Reseller] = true, true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			return page(wireIssues(got.Items, slugs), got.Next), nil
		})
	a.statements()
}

func (a *API) account(ctx context.Context, actor access.Actor, id trade.InvoiceID) (*reply[settled], error) {
	x, err := a.d.Settle.Account(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	slugs, err := a.slugs(ctx, map[string]bool{x.Invoice.Supplier: true, x.Invoice.Reseller: true})
	if err != nil {
		return nil, err
	}
	i := x.Invoice
	out := settled{invoice: wireInvoice(i, slugs), Settle: x.State(), CreditOf: string(i.CreditOf), Open: money2(x.Open, false), Paid: money2(x.Paid, false), Credited: money2(x.Credited, false), Disputed: money2(x.Disputed, false), Payable: money2(x.Payable, false),
		Disputes: []string{}, Issues: []issue{}, Settled: []settlement{}, Match: []matchedLine{}}
	if x.Approved != nil {
		out.Approved = &invoiceApproval{money2(x.Approved.Amount, false), x.Approved.At}
	}
	for _, d := range x.Disputes {
		out.Disputes = append(out.Disputes, string(d.ID))
	}
	for _, k := range x.Issues {
		if k.State != settle.IssueDone {
			out.Issues = append(out.Issues, wireIssue(k, slugs))
		}
	}
	for _, s := range x.Settled {
		out.Settled = append(out.Settled, settlement{s.Kind, s.ID, s.Number, money2(s.Amount, false), s.At})
	}
	for _, l := range x.Lines {
		order := ""
		if i.Orders > 0 {
			order = string(l.Order)
		}
		out.Match = append(out.Match, matchedLine{Order: order, Position: l.Position, Line: l.Line, Ordered: l.Item.Ordered.String(), Shipped: l.Item.Shipped.String(), Received: l.Item.Received.String(), Invoiced: l.Quantity.String(),
			OrderPrice: &amount{l.Item.Price.Fixed(i.Currency.Digits()), string(i.Currency)}, Price: &amount{l.Price.Fixed(i.Currency.Digits()), string(i.Currency)}, Difference: money2(l.Difference, false), Wrong: l.Wrong, Dispute: string(l.Disputed)})
	}
	return &reply[settled]{out}, nil
}

func (a *API) dispute(ctx context.Context, actor access.Actor, id settle.DisputeID) (*reply[dispute], error) {
	d, err := a.d.Settle.GetDispute(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	slugs, err := a.slugs(ctx, map[string]bool{d.Supplier: true, d.Reseller: true})
	if err != nil {
		return nil, err
	}
	return &reply[dispute]{wireDispute(d, slugs)}, nil
}

func (a *API) payment(ctx context.Context, actor access.Actor, id settle.PaymentID) (*reply[payment], error) {
	p, err := a.d.Settle.GetPayment(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	slugs, err := a.slugs(ctx, map[string]bool{p.Supplier: true, p.Reseller: true})
	if err != nil {
		return nil, err
	}
	return &reply[payment]{wirePayment(p, slugs)}, nil
}

func wireDispute(d settle.Dispute, orgs map[string]account.Org) dispute {
	out := dispute{ID: string(d.ID), Number: d.Number, Invoice: string(d.Invoice), Order: string(d.Order), Supplier: orgs[d.Supplier].Slug, Reseller: orgs[d.Reseller].Slug, Reason: d.Reason, Note: d.Note, State: d.State, Turn: orgs[d.Owner].Slug,
		Net: money2(d.Net, false), Tax: money2(d.Tax, false), Gross: money2(d.Amount, false), Offer: d.Offer, Outcome: d.Outcome, Credit: string(d.Credit), Room: d.Room, Thread: d.Thread, Version: d.Version, Lines: []disputeLine{}}
	if d.State != settle.DisputeClosed {
		out.Due = &d.Due
	}
	if d.OfferAmount.Minor != 0 {
		out.Offered = money2(d.OfferAmount, false)
	}
	for _, l := range d.Lines {
		out.Lines = append(out.Lines, disputeLine{l.Position, money2(l.Net, false)})
	}
	return out
}

func wirePayment(p settle.Payment, orgs map[string]account.Org) payment {
	out := payment{ID: string(p.ID), Number: p.Number, Supplier: orgs[p.Supplier].Slug, Reseller: orgs[p.Reseller].Slug, PaidOn: p.PaidOn, Method: p.Method, Total: money2(p.Total, false), Applied: money2(p.Applied, false), Rest: money2(p.Rest, false),
		Outcome: string(p.Outcome), Reason: p.Reason, Issues: wireIssues(p.Issues, orgs)}
	for _, l := range p.Lines {
		out.Lines = append(out.Lines, paymentLine{Kind: l.Kind, Number: l.Number, Invoice: string(l.Invoice), Paid: money2(l.Paid, false), Applied: money2(l.Applied, false)})
	}
	return out
}

func wireIssues(xs []settle.Issue, orgs map[string]account.Org) []issue {
	out := make([]issue, len(xs))
	for i, x := range xs {
		out[i] = wireIssue(x, orgs)
	}
	return out
}

func wireIssue(x settle.Issue, orgs map[string]account.Org) issue {
	out := issue{ID: string(x.ID), Kind: x.Kind, State: x.State, Payment: string(x.Payment), Invoice: string(x.Invoice), Number: x.Number, Amount: money2(x.Amount, false), Code: x.Code + x.CodeUN, Note: x.Note, Turn: orgs[x.Owner].Slug, Answer: x.Answer}
	if x.SubjectKind == settle.DocumentDispute {
		out.Dispute = x.SubjectNo
	}
	if x.State == settle.IssueOpen {
		out.Due = &x.Due
	}
	return out
}
