package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/trade"
)

// change is what a buyer asks to change in an order.
type change struct {
	ID       string       `json:"id"`
	Number   string       `json:"number"`
	Kind     string       `json:"kind" doc:"lines, cancel for the whole order, or withdrawal of those before it that were open"`
	State    string       `json:"state" doc:"open, answered or withdrawn"`
	Note     string       `json:"note,omitempty"`
	Source   string       `json:"source"`
	Asked    time.Time    `json:"asked"`
	Answered *time.Time   `json:"answered"`
	Response string       `json:"response,omitempty"`
	Lines    []changeLine `json:"lines"`
}

type changeLine struct {
	Position int           `json:"position"`
	Line     int           `json:"line,omitempty" doc:"of the order; absent for a new one that is not on it"`
	Action   string        `json:"action" doc:"add, cancel or change"`
	SKU      string        `json:"sku"`
	Unit     string        `json:"unit"`
	Fields   []string      `json:"fields,omitempty" doc:"of a change: quantity, price, date"`
	Was      changeValues  `json:"was"`
	Asked    changeValues  `json:"asked"`
	Possible string        `json:"possible,omitempty" doc:"while it is open: the quantity that the line can be left at"`
	Limits   []changeLimit `json:"limits,omitempty" doc:"while it is open: what of it is too late"`
	Verdict  string        `json:"verdict,omitempty" doc:"granted, partly or refused"`
	Granted  string        `json:"granted,omitempty" doc:"the quantity that the line was left at"`
	Reason   string        `json:"reason,omitempty"`
	Marks    []string      `json:"marks,omitempty" doc:"doubts of the quote that the order draws on: quote_over, quote_price, quote_outside, quote_item"`
}

type changeValues struct {
	Quantity    string  `json:"quantity"`
	Price       *amount `json:"price"`
	RequestedOn string  `json:"requested_on,omitempty"`
}

type changeLimit struct {
	Field string `json:"field"`
	Why   string `json:"why" doc:"shipped_already, invoiced_already or cancelled_already"`
	Done  string `json:"done" doc:"the quantity that is shipped or invoiced"`
}

type changeAsk struct {
	Line        int    `json:"line,omitempty" doc:"of the order; left out for a new line of the item sku"`
	Cancel      bool   `json:"cancel,omitempty"`
	SKU         string `json:"sku,omitempty" maxLength:"60"`
	Unit        string `json:"unit,omitempty" maxLength:"10"`
	Quantity    string `json:"quantity,omitempty" doc:"the whole quantity after the change; what is left out stays"`
	Price       string `json:"price,omitempty"`
	RequestedOn string `json:"requested_on,omitempty"`
}

type changeVerdict struct {
	Position int    `json:"position" minimum:"1"`
	Refuse   bool   `json:"refuse,omitempty"`
	Quantity string `json:"quantity,omitempty" doc:"what the line shall be left at instead of what is asked for"`
	Reason   string `json:"reason,omitempty" maxLength:"80"`
}

func wireChange(c trade.OrderChange, d trade.Detail) change {
	out := change{ID: string(c.ID), Number: c.Number, Kind: c.Kind, State: c.State, Note: c.Note, Source: c.Source, Asked: c.At, Response: string(c.Response), Lines: []changeLine{}}
	if !c.AnsweredAt.IsZero() {
		at := c.AnsweredAt
		out.Answered = &at
	}
	for _, l := range c.Lines {
		w := changeLine{Position: l.Position, Line: l.Line, Action: string(l.Action), SKU: l.SKU, Unit: l.Unit, Fields: l.Fields, Verdict: l.Verdict, Reason: l.Reason,
			Was: changeValues{Quantity: l.WasQuantity.String(), RequestedOn: l.WasDate}, Asked: changeValues{Quantity: l.Quantity.String(), RequestedOn: l.Date}}
		if !d.PricesHidden {
			w.Was.Price, w.Asked.Price = &amount{l.WasPrice.String(), string(d.Currency)}, &amount{l.Price.String(), string(d.Currency)}
		}
		if c.Open() {
			w.Possible = l.Effect.Quantity.String()
			for _, m := range l.Marks {
				w.Marks = append(w.Marks, string(m))
			}
			for _, x := range l.Effect.Limits {
				w.Limits = append(w.Limits, changeLimit{Field: x.Field, Why: x.Key, Done: x.Done.String()})
			}
		} else {
			w.Granted = l.Granted.String()
		}
		out.Lines = append(out.Lines, w)
	}
	return out
}

// changes are asked for by the buyer and answered by the supplier.
func (a *API) changes(base string) {
	type askChange struct {
		IDPath
		Body struct {
			Version int64       `json:"version,omitempty" doc:"the version you saw; 409 when the order moved on"`
			Key     string      `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same change"`
			Note    string      `json:"note,omitempty" maxLength:"500"`
			Cancel  bool        `json:"cancel,omitempty" doc:"withdraws the whole order; lines are then left out"`
			Lines   []changeAsk `json:"lines,omitempty" maxItems:"999"`
		}
	}
	handle(a, op("POST", base+"/{id}/changes", "orders:write", "Ask for a change of an order", "Nothing moves before the supplier answers. What is shipped or invoiced stays; the order shows what is possible. The 860 goes to a supplier whose system takes orders.", 201),
		func(ctx context.Context, actor access.Actor, in *askChange) (*reply[order], error) {
			cmd := trade.AskCmd{Version: in.Body.Version, Key: in.Body.Key, Note: in.Body.Note, Cancel: in.Body.Cancel}
			for i, l := range in.Body.Lines {
				q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
				if err != nil {
					return nil, err
				}
				p, err := quantity("lines."+itoa(i)+".price", l.Price)
				if err != nil {
					return nil, err
				}
				cmd.Lines = append(cmd.Lines, trade.AskLine{Line: l.Line, Cancel: l.Cancel, SKU: l.SKU, Unit: l.Unit, Quantity: q, Price: p, RequestedOn: l.RequestedOn})
			}
			made, err := a.d.Trade.AskChange(ctx, actor, trade.OrderID(in.ID), cmd)
			if err != nil {
				return nil, err
			}
			return a.kept(ctx, actor, trade.OrderID(in.ID), made == "")
		})
	type backChange struct {
		IDPath
		Change string `path:"change"`
	}
	handle(a, op("POST", base+"/{id}/changes/{change}/withdraw", "orders:write", "Withdraw a change of an order", "Takes back a change that the supplier has not answered, with those before it that are open too: the order stands as it is. 409 when it was answered, or when a later one is open. The 860 that restates the lines goes to a supplier whose system takes orders.", 200),
		func(ctx context.Context, actor access.Actor, in *backChange) (*reply[order], error) {
			if err := a.changeOf(ctx, actor, in.ID, in.Change); err != nil {
				return nil, err
			}
			if err := a.d.Trade.WithdrawChange(ctx, actor, trade.ChangeID(in.Change)); err != nil {
				return nil, err
			}
			return a.order(ctx, actor, trade.OrderID(in.ID))
		})
	type decideChange struct {
		IDPath
		Change string `path:"change"`
		Body   struct {
			Version int64           `json:"version,omitempty"`
			Lines   []changeVerdict `json:"lines,omitempty" doc:"lines that are not named are granted as far as they can be"`
		} `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/changes/{change}/answer", "orders:write", "Answer a change of an order", "What is granted is promised as changed. The 865 goes to the buyer. Where your company's own rules keep the answer back, approval names the request and the change stays open.", 200),
		func(ctx context.Context, actor access.Actor, in *decideChange) (*reply[order], error) {
			if err := a.changeOf(ctx, actor, in.ID, in.Change); err != nil {
				return nil, err
			}
			cmd := trade.AnswerCmd{Version: in.Body.Version}
			for i, l := range in.Body.Lines {
				q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
				if err != nil {
					return nil, err
				}
				cmd.Lines = append(cmd.Lines, trade.ChangeAnswer{Position: l.Position, Refuse: l.Refuse, Quantity: q, Reason: l.Reason})
			}
			if _, err := a.d.Trade.AnswerChange(ctx, actor, trade.ChangeID(in.Change), cmd); err != nil {
				return nil, err
			}
			return a.order(ctx, actor, trade.OrderID(in.ID))
		})
}

// changeOf says that a change is one of an order that the actor sees.
func (a *API) changeOf(ctx context.Context, actor access.Actor, id, change string) error {
	d, err := a.d.Trade.Get(ctx, actor, trade.OrderID(id))
	if err != nil {
		return err
	}
	for _, c := range d.Changes {
		if string(c.ID) == change {
			return nil
		}
	}
	return fault.New(fault.NotFound, "error.not_found")
}
