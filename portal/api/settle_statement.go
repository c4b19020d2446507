package api

import (
	"context"

	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/settle"
)

type entry struct {
	Date    string  `json:"date"`
	Kind    string  `json:"kind" doc:"invoice, credit or payment"`
	ID      string  `json:"id"`
	Number  string  `json:"number"`
	Order   string  `json:"order_number,omitempty"`
	Due     string  `json:"due_on,omitempty"`
	Amount  *amount `json:"amount"`
	Balance *amount `json:"balance,omitempty" doc:"after it"`
	Left    *amount `json:"left,omitempty" doc:"of an open item"`
}

type statement struct {
	Supplier string             `json:"supplier"`
	Reseller string             `json:"reseller"`
	Currency string             `json:"currency"`
	From     string             `json:"from"`
	To       string             `json:"to"`
	Opening  *amount            `json:"opening"`
	Closing  *amount            `json:"closing" doc:"what the reseller owes; below zero the supplier does"`
	Disputed *amount            `json:"disputed"`
	Ageing   map[string]*amount `json:"ageing"`
	Entries  []entry            `json:"entries"`
	Open     []entry            `json:"open"`
}

func (a *API) statements() {
	type wish struct {
		Partner  string `path:"partner" doc:"slug of the other company"`
		Currency string `query:"currency"`
		From     string `query:"from" format:"date"`
		To       string `query:"to" format:"date"`
		Side     string `query:"side" enum:"supplier,reseller" doc:"what your company is, where there is a partnership each way"`
	}
	handle(a, op("GET", "/api/v1/statements/{partner}", "payments:read", "Statement", "The account with one partner: every document with the balance after it, and what is open.", 200),
		func(ctx context.Context, actor access.Actor, in *wish) (*reply[statement], error) {
			_, ps, err := a.partnerships(ctx, actor, in.Partner)
			if err != nil {
				return nil, err
			}
			f := settle.StatementFilter{Currency: money.Currency(in.Currency), From: in.From, To: in.To}
			for _, p := range ps {
				if f.Partnership == "" || in.Side == "supplier" && p.Supplier == actor.Org || in.Side == "reseller" && p.Reseller == actor.Org {
					f.Partnership = p.ID
				}
			}
			st, err := a.d.Settle.Statement(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			slugs, err := a.slugs(ctx, map[string]bool{st.Supplier: true, st.Reseller: true})
			if err != nil {
				return nil, err
			}
			out := statement{Supplier: slugs[st.Supplier].Slug, Reseller: slugs[st.Reseller].Slug, Currency: string(st.Currency), From: st.From, To: st.To, Opening: money2(st.Opening, false), Closing: money2(st.Closing, false), Disputed: money2(st.Disputed, false),
				Ageing: map[string]*amount{}, Entries: []entry{}, Open: []entry{}}
			for i, w := range settle.Ages {
				out.Ageing[w] = money2(st.Ageing[i], false)
			}
			for _, e := range st.Entries {
				w := wireEntry(e)
				w.Balance = money2(e.Balance, false)
				out.Entries = append(out.Entries, w)
			}
			for _, x := range append(append([]settle.OpenItem{}, st.Open...), st.OnAccount...) {
				w := wireEntry(x.Entry)
				w.Left = money2(x.Left, false)
				out.Open = append(out.Open, w)
			}
			return &reply[statement]{out}, nil
		})
}

func wireEntry(e settle.Entry) entry {
	return entry{Date: e.Date, Kind: e.Kind, ID: e.ID, Number: e.Number, Order: e.OrderNo, Due: e.Due, Amount: money2(e.Amount, false)}
}
