package api

import (
	"context"

	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
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
