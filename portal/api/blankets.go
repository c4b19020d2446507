package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/blanket"
	"entente/prm/trade"
)

// blanketOrder is a blanket order with what was called off.
type blanketOrder struct {
	Order    string           `json:"order"`
	Number   string           `json:"number"`
	From     string           `json:"valid_from,omitempty"`
	Until    string           `json:"valid_until,omitempty"`
	Closed   *time.Time       `json:"closed,omitempty"`
	Reason   string           `json:"reason,omitempty" doc:"why it was closed"`
	Lines    []blanketLine    `json:"lines"`
	CallOffs []blanketCallOff `json:"call_offs" doc:"newest first, at most 100"`
}

type blanketLine struct {
	Line   int    `json:"line"`
	SKU    string `json:"sku"`
	Unit   string `json:"unit"`
	Agreed string `json:"agreed"`
	Drawn  string `json:"called_off"`
	Left   string `json:"left" doc:"below zero where more was called off than agreed"`
}

type blanketCallOff struct {
	Order     string `json:"order"`
	Number    string `json:"number"`
	Release   string `json:"release,omitempty"`
	State     string `json:"state"`
	OrderedOn string `json:"ordered_on"`
}

func (a *API) blanketOrders() {
	handle(a, op("GET", "/api/v1/orders/{id}/blanket", "orders:read", "Get a blanket order and what is left of it", "By the blanket order (850 BK, ORDERS 221) or by one of its call-offs (RL, 226).", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[blanketOrder], error) {
			b, err := a.d.Blankets.Of(ctx, actor, trade.OrderID(in.ID))
			if err != nil {
				return nil, err
			}
			out := blanketOrder{Order: string(b.Order), Number: b.Number, From: b.From, Until: b.Until, Reason: b.Reason, Closed: moment(b.Closed), Lines: []blanketLine{}, CallOffs: []blanketCallOff{}}
			for _, l := range b.Lines {
				out.Lines = append(out.Lines, blanketLine{l.Line, l.SKU, l.Unit, l.Agreed.String(), l.Drawn.String(), l.Left.String()})
			}
			for _, c := range b.CallOffs {
				out.CallOffs = append(out.CallOffs, blanketCallOff{string(c.Order), c.Number, c.Release, string(c.State), c.OrderedOn})
			}
			return &reply[blanketOrder]{out}, nil
		})
	type callLine struct {
		Line     int    `json:"line" minimum:"1"`
		Quantity string `json:"quantity"`
	}
	type callOff struct {
		IDPath
		Body struct {
			Release   string     `json:"release" minLength:"1" maxLength:"30" doc:"your number of the call-off; the same one is the same order"`
			Requested string     `json:"requested_on,omitempty" format:"date"`
			Lines     []callLine `json:"lines" minItems:"1" maxItems:"999"`
		}
	}
	type called struct {
		Order    string `json:"order" doc:"empty while it waits for your own company's approval"`
		Outcome  string `json:"outcome" doc:"booked, duplicate, held, or approval: your company's own rules keep it back"`
		Approval string `json:"approval,omitempty" doc:"the request"`
		Marked   int    `json:"marked" doc:"lines with a doubt"`
	}
	handle(a, op("POST", "/api/v1/orders/{id}/calloffs", "orders:write", "Call off from a blanket order", "At its prices. More than is left, or outside the days for which it holds, is booked and asked about.", 201),
		func(ctx context.Context, actor access.Actor, in *callOff) (*reply[called], error) {
			cmd := blanket.CallOffCmd{Release: in.Body.Release, RequestedOn: in.Body.Requested}
			for i, l := range in.Body.Lines {
				q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
				if err != nil {
					return nil, err
				}
				cmd.Lines = append(cmd.Lines, trade.LineQuantity{Line: l.Line, Quantity: q})
			}
			r, err := a.d.Blankets.CallOff(ctx, actor, trade.OrderID(in.ID), cmd)
			if err != nil {
				return nil, err
			}
			return &reply[called]{called{string(r.Order), string(r.Outcome), r.Approval, r.Marked}}, nil
		})
	type closing struct {
		IDPath
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"300"`
		}
	}
	handle(a, op("POST", "/api/v1/orders/{id}/blanket/close", "orders:write", "Close a blanket order", "What is called off afterwards is a question; what was called off before stands.", 204),
		func(ctx context.Context, actor access.Actor, in *closing) (*struct{}, error) {
			return nil, a.d.Blankets.Close(ctx, actor, trade.OrderID(in.ID), blanket.CloseCmd{Reason: in.Body.Reason})
		})
}
