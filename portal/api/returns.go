package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/returns"
	"entente/prm/trade"
)

// goodsReturn is goods that go back.
type goodsReturn struct {
	ID       string       `json:"id"`
	Order    string       `json:"order"`
	Number   string       `json:"number" doc:"the buyer's"`
	RMA      string       `json:"rma,omitempty" doc:"the supplier's, once it is authorised"`
	State    string       `json:"state" doc:"asked, granted, refused, arrived or credited"`
	Note     string       `json:"note,omitempty"`
	Answer   string       `json:"answer,omitempty"`
	Source   string       `json:"source"`
	Asked    time.Time    `json:"asked"`
	Supplier string       `json:"supplier" doc:"slug"`
	Reseller string       `json:"reseller" doc:"slug"`
	Lines    []returnLine `json:"lines"`
}

type returnLine struct {
	Position int    `json:"position"`
	Line     int    `json:"line"`
	SKU      string `json:"sku"`
	Unit     string `json:"unit"`
	Reason   string `json:"reason,omitempty" doc:"RDR02: DA damaged, DT damaged in transit, DM defective, WG wrong goods, EI excess, RE recall, SR stock reduction"`
	Quantity string `json:"quantity"`
	Granted  string `json:"granted"`
	Arrived  string `json:"arrived"`
	Credited string `json:"credited"`
}

type returnAsk struct {
	Line     int    `json:"line" minimum:"1"`
	Quantity string `json:"quantity"`
	Reason   string `json:"reason" enum:"DA,DT,DM,WG,EI,RE,SR"`
}

type returnPart struct {
	Position int    `json:"position" minimum:"1"`
	Quantity string `json:"quantity"`
}

func (a *API) wireReturns(ctx context.Context, list ...returns.Return) ([]goodsReturn, error) {
	orgs := map[string]bool{}
	for _, r := range list {
		orgs[r.Supplier], orgs[r.Reseller] = true, true
	}
	slugs, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]goodsReturn, len(list))
	for i, r := range list {
		out[i] = goodsReturn{ID: string(r.ID), Order: string(r.Order), Number: r.Number, RMA: r.RMA, State: string(r.State), Note: r.Note, Answer: r.Answer, Source: r.Source, Asked: r.AskedAt, Supplier: slugs[r.Supplier].Slug, Reseller: slugs[r.Reseller].Slug, Lines: []returnLine{}}
		for _, l := range r.Lines {
			out[i].Lines = append(out[i].Lines, returnLine{Position: l.Position, Line: l.Line, SKU: l.SKU, Unit: l.Unit, Reason: l.Reason, Quantity: l.Quantity.String(), Granted: l.Granted.String(), Arrived: l.Arrived.String(), Credited: l.Credited.String()})
		}
	}
	return out, nil
}

func (a *API) oneReturn(ctx context.Context, r returns.Return, err error) (*reply[goodsReturn], error) {
	if err != nil {
		return nil, err
	}
	out, err := a.wireReturns(ctx, r)
	if err != nil {
		return nil, err
	}
	return &reply[goodsReturn]{out[0]}, nil
}

func returnParts(list []returnPart) ([]returns.Part, error) {
	var out []returns.Part
	for i, p := range list {
		q, err := quantity("lines."+itoa(i)+".quantity", p.Quantity)
		if err != nil {
			return nil, err
		}
		out = append(out, returns.Part{Position: p.Position, Quantity: q})
	}
	return out, nil
}

func (a *API) goodsReturns() {
	type askReturn struct {
		IDPath
		Body struct {
			Key    string      `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same return"`
			Number string      `json:"number,omitempty" maxLength:"30"`
			Note   string      `json:"note,omitempty" maxLength:"500"`
			Lines  []returnAsk `json:"lines" minItems:"1" maxItems:"999"`
		}
	}
	handle(a, op("POST", "/api/v1/orders/{id}/returns", "orders:write", "Ask to send goods back", "At most what was delivered and is not on its way back. The 180 goes to a supplier whose system takes orders.", 201),
		func(ctx context.Context, actor access.Actor, in *askReturn) (*reply[goodsReturn], error) {
			cmd := returns.AskCmd{Key: in.Body.Key, Number: in.Body.Number, Note: in.Body.Note}
			for i, l := range in.Body.Lines {
				q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
				if err != nil {
					return nil, err
				}
				cmd.Lines = append(cmd.Lines, returns.AskLine{Line: l.Line, Quantity: q, Reason: l.Reason})
			}
			id, err := a.d.Returns.Ask(ctx, actor, trade.OrderID(in.ID), cmd)
			if err != nil {
				return nil, err
			}
			r, err := a.d.Returns.Get(ctx, actor, id)
			return a.oneReturn(ctx, r, err)
		})
	type returnFilter struct{ Paging }
	handle(a, op("GET", "/api/v1/returns", "orders:read", "List returns", "Newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *returnFilter) (*reply[list[goodsReturn]], error) {
			got, next, err := a.d.Returns.List(ctx, actor, in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			items, err := a.wireReturns(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", "/api/v1/returns/{id}", "orders:read", "Get a return", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[goodsReturn], error) {
			r, err := a.d.Returns.Get(ctx, actor, returns.ID(in.ID))
			return a.oneReturn(ctx, r, err)
		})
	type decideReturn struct {
		IDPath
		Body struct {
			Refuse bool         `json:"refuse,omitempty"`
			RMA    string       `json:"rma,omitempty" maxLength:"30" doc:"empty takes the next of the partnership"`
			Answer string       `json:"answer,omitempty" maxLength:"300" doc:"words for the buyer; needed to refuse"`
			Lines  []returnPart `json:"lines,omitempty" doc:"lines that are not named are authorised as asked for"`
		} `required:"false"`
	}
	handle(a, op("POST", "/api/v1/returns/{id}/decide", "orders:write", "Authorise or refuse a return", "The 180 with the number goes to the buyer.", 200),
		func(ctx context.Context, actor access.Actor, in *decideReturn) (*reply[goodsReturn], error) {
			parts, err := returnParts(in.Body.Lines)
			if err != nil {
				return nil, err
			}
			r, err := a.d.Returns.Decide(ctx, actor, returns.ID(in.ID), returns.DecideCmd{Refuse: in.Body.Refuse, RMA: in.Body.RMA, Answer: in.Body.Answer, Lines: parts})
			return a.oneReturn(ctx, r, err)
		})
	type receiveReturn struct {
		IDPath
		Body struct {
			Lines []returnPart `json:"lines,omitempty" doc:"lines that are not named came as they were authorised"`
		} `required:"false"`
	}
	handle(a, op("POST", "/api/v1/returns/{id}/receive", "orders:write", "Count what came back", "", 200),
		func(ctx context.Context, actor access.Actor, in *receiveReturn) (*reply[goodsReturn], error) {
			parts, err := returnParts(in.Body.Lines)
			if err != nil {
				return nil, err
			}
			r, err := a.d.Returns.Receive(ctx, actor, returns.ID(in.ID), parts)
			return a.oneReturn(ctx, r, err)
		})
	handle(a, op("POST", "/api/v1/returns/{id}/credit", "orders:write", "Credit what came back", "At the prices of the invoices; one credit for each invoice. The 810 (INVOIC 381) goes to the buyer.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[goodsReturn], error) {
			r, err := a.d.Returns.Credit(ctx, actor, returns.ID(in.ID))
			return a.oneReturn(ctx, r, err)
		})
}
