package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/fund"
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

// fundStatements are the statements of what partners earned.
func (a *API) fundStatements() {
	type fundStatementIn struct {
		ID       string `path:"id" doc:"id of the partnership"`
		Currency string `query:"currency"`
		From     string `query:"from"`
		To       string `query:"to"`
	}
	type fundOwing struct {
		Fund   string  `json:"fund"`
		Title  string  `json:"title"`
		Ended  bool    `json:"ended" doc:"nothing more is earned in it by itself"`
		Amount *amount `json:"amount"`
	}
	type fundDue struct {
		Claim  string  `json:"claim"`
		Number string  `json:"number"`
		Amount *amount `json:"amount" doc:"to be paid"`
	}
	type fundMove struct {
		ID      string      `json:"id"`
		At      time.Time   `json:"at"`
		Kind    string      `json:"kind" doc:"fund, grant, earn, trueup, takeback, reserve, release, consume, settle, lapse, recover or reverse"`
		Fund    string      `json:"fund"`
		Subject string      `json:"subject" doc:"request, claim, invoice, fund or entry; of recover how it came back"`
		Of      string      `json:"subject_id"`
		Text    string      `json:"text,omitempty"`
		Change  fundBalance `json:"change"`
		Step    *fundStep   `json:"step,omitempty" doc:"of rules with steps by volume: how it came about"`
	}
	type fundStatement struct {
		Currency string      `json:"currency"`
		From     string      `json:"from"`
		To       string      `json:"to"`
		Earned   *amount     `json:"earned"`
		Pending  *amount     `json:"pending"`
		Paid     *amount     `json:"paid"`
		Lapsing  *amount     `json:"lapsing"`
		LapsesBy string      `json:"lapses_by"`
		Opening  fundBalance `json:"opening"`
		Closing  fundBalance `json:"closing"`
		Moves    []fundMove  `json:"moves"`
		Owing    []fundOwing `json:"owing" doc:"what the partner owes now, by programme"`
		Due      []fundDue   `json:"due" doc:"claims it can be taken off, the oldest first, where something is owed"`
	}
	handle(a, op("GET", "/api/v1/fund-statements/{id}", "funds:read", "Get the statement of a partner's funds", "Earned, pending, paid and lapsing now, and every movement of a period: opening and movements come to the closing balance.", 200),
		func(ctx context.Context, actor access.Actor, in *fundStatementIn) (*reply[fundStatement], error) {
			st, err := a.d.Funds.Statement(ctx, actor, fund.StatementFilter{Partnership: in.ID, Currency: money.Currency(in.Currency), From: in.From, To: in.To})
			if err != nil {
				return nil, err
			}
			out := fundStatement{string(st.Currency), st.From, st.To, money2(st.Earned, false), money2(st.Pending, false), money2(st.Balance.Settled, false), money2(st.Lapsing, false), st.LapsesBy, balanceOut(st.Opening), balanceOut(st.Closing), []fundMove{}, []fundOwing{}, []fundDue{}}
			for _, x := range st.Owing {
				out.Owing = append(out.Owing, fundOwing{string(x.Program), x.Title, x.Ended, money2(x.Amount, false)})
			}
			for _, x := range st.Due {
				out.Due = append(out.Due, fundDue{string(x.Claim), x.Number, money2(x.Amount, false)})
			}
			for _, m := range st.Moves {
				out.Moves = append(out.Moves, fundMove{m.Entry, m.At, m.Kind, string(m.Program), m.SubjectKind, m.Subject, m.Text, balanceOut(m.Change), stepOut(m.Step)})
			}
			return &reply[fundStatement]{out}, nil
		})
}
