package api

import (
	"cmp"
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// approvalOut is something that the company's own rules keep back.
type approvalOut struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind" doc:"order, change, calloff, incoming, answer, grant (of a change), quote, promo or invoice"`
	State     string         `json:"state" doc:"waiting, granted, refused, withdrawn or replaced"`
	Partner   string         `json:"partner" doc:"slug"`
	Others    []string       `json:"others,omitempty" doc:"slugs of further companies: of a promotion with several"`
	Number    string         `json:"number,omitempty" doc:"of the order, the invoice or the quote, where it has one"`
	Order     string         `json:"order,omitempty" doc:"the order it is about, or that it became"`
	Invoice   string         `json:"invoice,omitempty"`
	Quote     string         `json:"quote,omitempty" doc:"the quote it is about, or that it became"`
	Promotion string         `json:"promotion,omitempty" doc:"id of the promotion whose proposal waits"`
	Amount    *amount        `json:"amount,omitempty"`
	Asked     time.Time      `json:"asked"`
	Due       *time.Time     `json:"due,omitempty"`
	Decided   *time.Time     `json:"decided,omitempty"`
	Reason    string         `json:"reason,omitempty" doc:"of a refusal"`
	Steps     []approvalStep `json:"steps" doc:"one for each rule that caught it"`
}

type approvalStep struct {
	Test     string     `json:"test" doc:"limit, price or ship_to"`
	Total    *amount    `json:"total,omitempty"`
	Limit    *amount    `json:"limit,omitempty"`
	Line     int        `json:"line,omitempty" doc:"whose price is furthest away"`
	Price    string     `json:"price,omitempty"`
	Agreed   string     `json:"agreed,omitempty"`
	ShipTo   string     `json:"ship_to,omitempty"`
	Role     string     `json:"role,omitempty" doc:"who approves; empty where it is a person"`
	Approved *time.Time `json:"approved,omitempty"`
}

type approvalRule struct {
	ID       string  `json:"id,omitempty" doc:"empty adds a rule"`
	Version  int64   `json:"version,omitempty"`
	About    string  `json:"about" enum:"order,invoice,incoming,answer,quote,promo"`
	Test     string  `json:"test" enum:"limit,price,ship_to"`
	Limit    *amount `json:"limit,omitempty"`
	Percent  string  `json:"percent,omitempty" doc:"of a price: 5 for 5 %"`
	Role     string  `json:"role,omitempty" doc:"manager, buyer, finance or admin"`
	Person   string  `json:"person,omitempty" doc:"id; instead of a role"`
	FourEyes bool    `json:"four_eyes" required:"false" doc:"not by the one who made it"`
	Active   bool    `json:"active"`
}

func (a *API) wireApprovals(ctx context.Context, list ...approval.Request) ([]approvalOut, error) {
	orgs := map[string]bool{}
	for _, r := range list {
		for _, id := range r.Companies() {
			orgs[id] = true
		}
	}
	slugs, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]approvalOut, len(list))
	for i, r := range list {
		x := approvalOut{ID: string(r.ID), Kind: r.Kind, State: r.State, Partner: slugs[r.Partner].Slug, Number: r.Number, Asked: r.Asked, Due: moment(r.Due), Decided: moment(r.Decided), Reason: r.Reason, Steps: []approvalStep{}}
		for _, id := range r.Others {
			x.Others = append(x.Others, slugs[id].Slug)
		}
		switch {
		case r.Kind == approval.KindInvoice:
			x.Invoice = r.Subject
		case r.Kind == approval.KindPromo:
			x.Promotion = r.Subject
		case r.Kind == approval.KindQuote:
			x.Quote = cmp.Or(r.Made, r.Subject)
		case r.Made != "":
			x.Order = r.Made
		default:
			x.Order = r.Subject
		}
		if r.Amount.Minor > 0 {
			x.Amount = valueOut(r.Amount)
		}
		for _, st := range r.Steps {
			y := approvalStep{Test: st.Test, Role: string(st.Role), Approved: moment(st.Decided), ShipTo: st.Facts.ShipTo}
			switch st.Test {
			case approval.TestLimit:
				y.Total, y.Limit = valueOut(st.Facts.Total), valueOut(st.Facts.Limit)
			case approval.TestPrice:
				y.Line, y.Price, y.Agreed = st.Facts.Line, st.Facts.Price.String(), st.Facts.Agreed.String()
			}
			x.Steps = append(x.Steps, y)
		}
		out[i] = x
	}
	return out, nil
}

func (a *API) oneApproval(ctx context.Context, r approval.Request, err error) (*reply[approvalOut], error) {
	if err != nil {
		return nil, err
	}
	out, err := a.wireApprovals(ctx, r)
	if err != nil {
		return nil, err
	}
	return &reply[approvalOut]{out[0]}, nil
}

func wireRule(r approval.Rule) approvalRule {
	out := approvalRule{ID: string(r.ID), Version: r.Version, About: r.About, Test: r.Test, Role: string(r.Role), Person: r.Person, FourEyes: r.FourEyes, Active: r.Active}
	switch r.Test {
	case approval.TestLimit:
		out.Limit = valueOut(r.Amount)
	case approval.TestPrice:
		out.Percent = (r.Percent * 100).String()
	}
	return out
}

func (a *API) approvalDesk() {
	type filter struct {
		Paging
		View  string `query:"view" enum:"mine,asked,open,closed" doc:"empty: all; mine: what you may decide now"`
		About string `query:"about" doc:"id of an order, an invoice, a quote or a promotion"`
	}
	handle(a, op("GET", "/api/v1/approvals", "approvals:read", "List approvals", "What your company's own rules keep back. Newest first; what you may decide, the first to be late first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[approvalOut]], error) {
			got, err := a.d.Approvals.List(ctx, actor, approval.Filter{View: in.View, Subject: in.About, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items, err := a.wireApprovals(ctx, got.Items...)
			if err != nil {
				return nil, err
			}
			return page(items, got.Next), nil
		})
	handle(a, op("GET", "/api/v1/approvals/{id}", "approvals:read", "Get an approval", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[approvalOut], error) {
			r, err := a.d.Approvals.Get(ctx, actor, approval.ID(in.ID))
			return a.oneApproval(ctx, r, err)
		})
	handle(a, op("POST", "/api/v1/approvals/{id}/approve", "approvals:write", "Approve", "Every step that the person of the token may decide. The last one carries it out.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[approvalOut], error) {
			r, err := a.d.Approvals.Approve(ctx, actor, approval.ID(in.ID))
			return a.oneApproval(ctx, r, err)
		})
	type refuse struct {
		IDPath
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"300" doc:"of an order that came in it goes to the buyer"`
		}
	}
	handle(a, op("POST", "/api/v1/approvals/{id}/refuse", "approvals:write", "Refuse", "An order that came in is answered as rejected.", 200),
		func(ctx context.Context, actor access.Actor, in *refuse) (*reply[approvalOut], error) {
			r, err := a.d.Approvals.Refuse(ctx, actor, approval.ID(in.ID), in.Body.Reason)
			return a.oneApproval(ctx, r, err)
		})
	handle(a, op("POST", "/api/v1/approvals/{id}/withdraw", "approvals:read", "Take an approval back", "By who asked for it.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[approvalOut], error) {
			if err := a.d.Approvals.Withdraw(ctx, actor, approval.ID(in.ID)); err != nil {
				return nil, err
			}
			r, err := a.d.Approvals.Get(ctx, actor, approval.ID(in.ID))
			return a.oneApproval(ctx, r, err)
		})
	handle(a, op("GET", "/api/v1/approval-rules", "approvals:read", "List approval rules", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[approvalRule]], error) {
			rules, err := a.d.Approvals.Rules(ctx, actor)
			if err != nil {
				return nil, err
			}
			var out []approvalRule
			for _, r := range rules {
				out = append(out, wireRule(r))
			}
			return page(out, ""), nil
		})
	type save struct{ Body approvalRule }
	handle(a, op("POST", "/api/v1/approval-rules", "approvals:rules", "Add or change an approval rule", "What waits keeps the rule it was caught by.", 200),
		func(ctx context.Context, actor access.Actor, in *save) (*reply[approvalRule], error) {
			b := in.Body
			r := approval.Rule{ID: approval.RuleID(b.ID), Version: b.Version, About: b.About, Test: b.Test, Role: access.Role(b.Role), Person: b.Person, FourEyes: b.FourEyes, Active: b.Active}
			if b.Limit != nil {
				m, err := money.ParseAmount(b.Limit.Amount, money.Currency(b.Limit.Currency))
				if err != nil {
					return nil, fault.InvalidField("limit", "form.decimal", "Value", b.Limit.Amount)
				}
				r.Amount = m
			}
			p, err := quantity("percent", b.Percent)
			if err != nil {
				return nil, err
			}
			r.Percent = p / 100
			id, err := a.d.Approvals.SaveRule(ctx, actor, r)
			if err != nil {
				return nil, err
			}
			rules, err := a.d.Approvals.Rules(ctx, actor)
			for _, x := range rules {
				if x.ID == id {
					r = x
				}
			}
			return &reply[approvalRule]{wireRule(r)}, err
		})
	handle(a, op("DELETE", "/api/v1/approval-rules/{id}", "approvals:rules", "Remove an approval rule", "", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Approvals.RemoveRule(ctx, actor, approval.RuleID(in.ID))
		})
	a.orderHolds()
}

// orderHold is a hold of an order by its supplier.
type orderHold struct {
	ID       string     `json:"id"`
	Order    string     `json:"order"`
	Reason   string     `json:"reason" doc:"credit, stock, price, document, export or other; approval where the supplier's own rules hold it"`
	Role     string     `json:"role,omitempty" doc:"of who is to end it"`
	Note     string     `json:"note,omitempty" doc:"the supplier alone sees it"`
	Lines    []int      `json:"lines,omitempty" doc:"none: the whole order"`
	By       string     `json:"by,omitempty" doc:"civil date"`
	Due      *time.Time `json:"due,omitempty"`
	Placed   time.Time  `json:"placed"`
	Released *time.Time `json:"released,omitempty"`
}

func wireHold(h trade.Hold) orderHold {
	return orderHold{ID: h.ID, Order: string(h.Order), Reason: h.Reason, Role: string(h.Role), Note: h.Note, Lines: h.Lines, By: h.By, Placed: h.Placed, Due: moment(h.Due), Released: moment(h.Released)}
}

func (a *API) orderHolds() {
	handle(a, op("GET", "/api/v1/orders/{id}/holds", "orders:read", "List holds of an order", "Newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[orderHold]], error) {
			d, err := a.d.Trade.Get(ctx, actor, trade.OrderID(in.ID))
			if err != nil {
				return nil, err
			}
			var out []orderHold
			for _, h := range d.Holds {
				out = append(out, wireHold(h))
			}
			return page(out, ""), nil
		})
	type put struct {
		IDPath
		Body struct {
			Version int64  `json:"version,omitempty"`
			Reason  string `json:"reason" enum:"credit,stock,price,document,export,other"`
			Role    string `json:"role,omitempty" doc:"manager, finance, sales, edi or admin: who is to end it"`
			Person  string `json:"person,omitempty" doc:"id; instead of a role"`
			By      string `json:"by" doc:"civil date by which it is to end"`
			Note    string `json:"note,omitempty" maxLength:"300" doc:"for your company alone"`
			Lines   []int  `json:"lines,omitempty" doc:"none: the whole order"`
		}
	}
	handle(a, op("POST", "/api/v1/orders/{id}/holds", "orders:write", "Put an order on hold", "For its supplier. The buyer is told the reason, the role and the day; the clock of the answer stands still while the whole order is on hold.", 201),
		func(ctx context.Context, actor access.Actor, in *put) (*reply[orderHold], error) {
			b := in.Body
			id, err := a.d.Trade.Hold(ctx, actor, trade.OrderID(in.ID), trade.HoldCmd{Version: b.Version, Reason: b.Reason, Role: access.Role(b.Role), Person: b.Person, By: b.By, Note: b.Note, Lines: b.Lines})
			if err != nil {
				return nil, err
			}
			h, err := a.d.Trade.GetHold(ctx, actor, id)
			return &reply[orderHold]{wireHold(h)}, err
		})
	type end struct {
		IDPath
		Hold string `path:"hold"`
	}
	handle(a, op("POST", "/api/v1/orders/{id}/holds/{hold}/release", "orders:write", "End a hold", "", 200),
		func(ctx context.Context, actor access.Actor, in *end) (*reply[orderHold], error) {
			h, err := a.d.Trade.GetHold(ctx, actor, in.Hold)
			if err == nil && string(h.Order) != in.ID {
				err = fault.New(fault.NotFound, "error.not_found")
			}
			if err == nil {
				err = a.d.Trade.Release(ctx, actor, in.Hold)
			}
			if err != nil {
				return nil, err
			}
			h, err = a.d.Trade.GetHold(ctx, actor, in.Hold)
			return &reply[orderHold]{wireHold(h)}, err
		})
}
