package api

import (
	"context"

	"time"

	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/returns"
	"entente/prm/trade"
)

type invoice struct {
	ID         string        `json:"id"`
	Number     string        `json:"number"`
	Kind       string        `json:"kind" doc:"invoice or credit"`
	State      string        `json:"state" doc:"matched or differs"`
	Order      string        `json:"order"`
	OrderNo    string        `json:"order_number"`
	Supplier   string        `json:"supplier"`
	Reseller   string        `json:"reseller"`
	Net        *amount       `json:"net"`
	Tax        *amount       `json:"tax"`
	Gross      *amount       `json:"gross"`
	Taxes      []taxRow      `json:"taxes,omitempty" doc:"a row for each rate; not in lists"`
	Difference *amount       `json:"difference"`
	IssuedOn   string        `json:"issued_on"`
	DueOn      string        `json:"due_on"`
	Lines      []invoiceLine `json:"lines"`
	Orders     []orderShare  `json:"orders,omitempty" doc:"of an invoice of several orders: each with its share, the first one first; not in lists"`
}

type orderShare struct {
	Order      string  `json:"order"`
	OrderNo    string  `json:"order_number"`
	Net        *amount `json:"net" doc:"what the invoice has beside its lines stands with the first"`
	State      string  `json:"state" doc:"matched or differs"`
	Difference *amount `json:"difference"`
}

type invoiceLine struct {
	Order    string   `json:"order,omitempty" doc:"of an invoice of several orders"`
	Line     int      `json:"line" doc:"of the order"`
	SKU      string   `json:"sku"`
	Quantity string   `json:"quantity"`
	Unit     string   `json:"unit"`
	Price    *amount  `json:"price"`
	Amount   *amount  `json:"amount"`
	Wrong    []string `json:"wrong,omitempty"`
}

type taxRow struct {
	Category string  `json:"category" doc:"UN/CEFACT 5305: S, Z, K, G …"`
	Rate     string  `json:"rate" doc:"0.2 for 20 %"`
	Basis    *amount `json:"basis"`
	Amount   *amount `json:"amount"`
}

func wireInvoice(v trade.Invoice, orgs map[string]account.Org) invoice {
	out := invoice{
		ID: string(v.ID), Number: v.Number, Kind: v.Kind, State: v.State, Order: string(v.Order), OrderNo: v.OrderNumber, Supplier: orgs[v.Supplier].Slug, Reseller: orgs[v.Reseller].Slug,
		Net: money2(v.Net, v.PricesHidden), Tax: money2(v.Tax, v.PricesHidden), Gross: money2(v.Gross, v.PricesHidden), Difference: money2(v.Difference, v.PricesHidden), IssuedOn: v.IssuedOn, DueOn: v.DueOn, Lines: []invoiceLine{},
	}
	for _, x := range v.Taxes {
		out.Taxes = append(out.Taxes, taxRow{x.Category, x.Rate.String(), money2(x.Basis, false), money2(x.Amount, false)})
	}
	for _, s := range v.Shares {
		out.Orders = append(out.Orders, orderShare{string(s.Order), s.Number, money2(s.Net, v.PricesHidden), s.State, money2(s.Difference, v.PricesHidden)})
	}
	for _, l := range v.Lines {
		w := invoiceLine{Line: l.Line, SKU: l.SKU, Quantity: l.Quantity.String(), Unit: l.Unit, Amount: money2(l.Amount, v.PricesHidden), Wrong: l.Wrong}
		if v.Orders > 0 {
			w.Order = string(l.Order)
		}
		if !v.PricesHidden {
			w.Price = &amount{l.Price.Fixed(v.Currency.Digits()), string(v.Currency)}
		}
		out.Lines = append(out.Lines, w)
	}
	return out
}

// billed reads lines to invoice; field stands before those of what is wrong.
func billed(field string, lines []quantityLine) (out []trade.InvoiceCmdLine, err error) {
	for i, l := range lines {
		at := field + "lines." + itoa(i)
		q, err := quantity(at+".quantity", l.Quantity)
		if err == nil && q == 0 && l.Quantity != "" {
			err = fault.InvalidField(at+".quantity", "trade.quantity_wrong", "Line", l.Line)
		}
		if err != nil {
			return nil, err
		}
		p, err := quantity(at+".price", l.Price)
		if err != nil {
			return nil, err
		}
		x := trade.InvoiceCmdLine{Line: l.Line, Quantity: q, Price: p}
		if l.TaxRate != "" {
			r, err := quantity(at+".tax_rate", l.TaxRate)
			if err != nil {
				return nil, err
			}
			x.TaxRate = &r
		}
		out = append(out, x)
	}
	return out, nil
}

// collected is an order of an invoice of several that is to be made.
type collected struct {
	Order   string         `json:"order"`
	Version int64          `json:"version,omitempty" doc:"the version you saw; 409 when the order moved on"`
	Lines   []quantityLine `json:"lines,omitempty" doc:"empty: everything shipped, or confirmed where nothing was shipped here, and not invoiced"`
}

// collect makes one invoice of several orders.
func (a *API) collect() {
	type several struct {
		Body struct {
			Number   string      `json:"number,omitempty" maxLength:"22"`
			IssuedOn string      `json:"issued_on,omitempty"`
			DueOn    string      `json:"due_on,omitempty"`
			TaxRate  string      `json:"tax_rate,omitempty" doc:"0.2 for 20 %"`
			Release  string      `json:"release,omitempty" maxLength:"300" doc:"why it goes although your own checks stop it"`
			Orders   []collected `json:"orders" minItems:"2" maxItems:"100" doc:"of one partner and currency"`
		}
	}
	handle(a, op("POST", "/api/v1/invoices", "orders:write", "Invoice several orders together", "Each order is checked as an invoice of it alone would be, and shows its share. The 810 with the order of each line goes to the buyer.", 201),
		func(ctx context.Context, actor access.Actor, in *several) (*reply[invoice], error) {
			rate, err := quantity("tax_rate", in.Body.TaxRate)
			if err != nil {
				return nil, err
			}
			cmd := trade.CollectCmd{Number: in.Body.Number, IssuedOn: in.Body.IssuedOn, DueOn: in.Body.DueOn, TaxRate: rate, Release: in.Body.Release}
			for i, o := range in.Body.Orders {
				lines, err := billed("orders."+itoa(i)+".", o.Lines)
				if err != nil {
					return nil, err
				}
				cmd.Orders = append(cmd.Orders, trade.CollectOrder{Order: trade.OrderID(o.Order), Version: o.Version, Lines: lines})
			}
			made, err := a.d.Trade.Collect(ctx, actor, cmd)
			if err != nil {
				return nil, err
			}
			return a.invoiceOf(ctx, actor, made)
		})
}

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
