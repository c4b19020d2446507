package api

import (
	"context"
	"time"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/quote"
	"entente/prm/trade"
)

type quoteStep struct {
	Kind    string `json:"kind" doc:"list, partner, option, asked or special; the last one counts"`
	Price   string `json:"price" doc:"per unit of the line; of an option with it"`
	List    string `json:"list,omitempty"`
	Version int    `json:"version,omitempty" doc:"of the price list"`
	From    string `json:"from,omitempty"`
	Option  string `json:"option,omitempty" doc:"of kind option: its code"`
	Add     string `json:"add,omitempty" doc:"what it adds, per unit of the line"`
	Percent string `json:"percent,omitempty" doc:"where that is a part of the product's own price"`
}

// quotePick is an option that is chosen of a product.
type quotePick struct {
	Option string `json:"option" maxLength:"20"`
	Pieces int    `json:"pieces,omitempty" minimum:"0" maximum:"999" doc:"in one piece of the product; 1 where it is left out"`
}

// quoteOption is a chosen option.
type quoteOption struct {
	Group  string `json:"group"`
	Option string `json:"option"`
	Name   string `json:"name"`
	Pieces int    `json:"pieces"`
	By     string `json:"brought_by,omitempty" doc:"the option whose rule brought it"`
}

// quoteTrial is what a line would be: the price step by step, what stands in the way, and what
// cannot be had, with the options that stand against it.
type quoteTrial struct {
	quoteLine
	Orderable bool            `json:"orderable" doc:"false: the item is not sold so, or problems stand in the way"`
	Problems  []optionProblem `json:"problems"`
	Blocked   []optionProblem `json:"blocked" doc:"options that cannot be added, and why"`
}

type optionProblem struct {
	Kind    string   `json:"kind" doc:"unknown, pieces, group_required, group_most, requires, excludes or limits"`
	Group   string   `json:"group,omitempty"`
	Option  string   `json:"option,omitempty"`
	Because []string `json:"because,omitempty" doc:"chosen options that stand against it"`
	Among   []string `json:"among,omitempty" doc:"one of these is to be chosen"`
	Most    int      `json:"most,omitempty"`
}

func optionProblemOf(p catalog.Problem) optionProblem {
	return optionProblem{p.Kind, p.Group, p.Option, p.Because, p.Among, p.Most}
}

type quoteLine struct {
	SKU      string        `json:"sku"`
	Name     string        `json:"name,omitempty"`
	Quantity string        `json:"quantity"`
	Unit     string        `json:"unit"`
	Base     string        `json:"base_price,omitempty" doc:"what is paid without the quote; absent where no list has the item"`
	Asked    string        `json:"asked_price,omitempty" doc:"special price asked for"`
	Price    string        `json:"price"`
	Amount   amount        `json:"amount"`
	Steps    []quoteStep   `json:"steps" doc:"how the price comes about"`
	Options  []quoteOption `json:"options,omitempty" doc:"what was chosen of the product"`
	Ordered  string        `json:"ordered,omitempty" doc:"on orders that carry the number, in the line's unit"`
}

type quoteRound struct {
	Round   int           `json:"round"`
	Kind    string        `json:"kind" doc:"request (of the reseller) or offer (of the supplier)"`
	Company string        `json:"company" doc:"slug of who wrote it"`
	At      time.Time     `json:"at"`
	Hash    string        `json:"hash" doc:"SHA-256 of what it says"`
	Total   amount        `json:"total"`
	Changes []quoteChange `json:"changes" doc:"against the round before"`
}

type quoteChange struct {
	SKU   string `json:"sku,omitempty"`
	Field string `json:"field" doc:"line, options, quantity, price, asked, title, customer, note, valid_until, from or until"`
	Was   string `json:"was,omitempty"`
	Now   string `json:"now,omitempty"`
}

type quoteOut struct {
	ID         string       `json:"id"`
	Number     string       `json:"number" doc:"what orders carry: REF PR, RFF PR or AAG"`
	State      string       `json:"state" doc:"requested, offered, accepted, declined, expired or withdrawn"`
	Round      int          `json:"round" doc:"of the latest version: name it in every answer"`
	Supplier   string       `json:"supplier" doc:"slug"`
	Reseller   string       `json:"reseller" doc:"slug"`
	Title      string       `json:"title"`
	Customer   string       `json:"customer,omitempty"`
	Note       string       `json:"note,omitempty"`
	Deal       string       `json:"deal,omitempty" doc:"number of the registration it was made for"`
	ValidUntil string       `json:"valid_until,omitempty" doc:"last day on which it may be accepted"`
	From       string       `json:"from,omitempty" doc:"days on which orders have its prices"`
	Until      string       `json:"until,omitempty"`
	Expires    *time.Time   `json:"expires"`
	Total      amount       `json:"total"`
	Lines      []quoteLine  `json:"lines,omitempty" doc:"of the latest round; left out in lists"`
	Rounds     []quoteRound `json:"rounds,omitempty" doc:"newest first; left out in lists"`
	Reason     string       `json:"reason,omitempty"`
	Comment    string       `json:"comment,omitempty"`
	Order      string       `json:"order,omitempty" doc:"the first order that carries the number"`
	Orders     []string     `json:"orders,omitempty" doc:"all of them, newest first, at most 100; left out in lists"`
	Approval   string       `json:"approval,omitempty" doc:"request of your own company's rules that keeps the offer or the order back"`
	Changed    time.Time    `json:"changed"`
}

// quoteHeads are quotes as lists show them.
func (a *API) quoteHeads(ctx context.Context, qs ...quote.Quote) ([]quoteOut, error) {
	orgs := map[string]bool{}
	for _, q := range qs {
		orgs[q.Supplier], orgs[q.Reseller] = true, true
	}
	slug, err := a.slugs(ctx, orgs)
	out := make([]quoteOut, len(qs))
	for i, q := range qs {
		out[i] = quoteOut{ID: string(q.ID), Number: q.Number, State: string(q.State), Round: q.Round, Supplier: slug[q.Supplier].Slug, Reseller: slug[q.Reseller].Slug, Title: q.Title, Customer: q.Customer, Note: q.Note, Deal: q.DealCode, ValidUntil: q.ValidUntil, From: q.From, Until: q.Until, Expires: instantOut(q.Expires),
			Total: *valueOut(q.Sum()), Reason: q.Reason, Comment: q.Comment, Order: string(q.Order), Approval: q.OfferApproval + q.OrderApproval, Changed: q.Changed.UTC()}
	}
	return out, err
}

// quoteLineOf is a line with the way to its price.
func quoteLineOf(l quote.Line, c money.Currency) quoteLine {
	cash := func(p money.Price) string { return p.Fixed(c.Digits()) }
	some := func(p money.Price) string {
		if p == 0 {
			return ""
		}
		return cash(p)
	}
	x := quoteLine{SKU: l.SKU, Name: l.Name("en"), Quantity: l.Quantity.String(), Unit: l.Unit, Base: some(l.Base), Asked: some(l.Asked), Price: cash(l.Price), Amount: *valueOut(money.Amount{Minor: l.Amount, Currency: c}), Steps: []quoteStep{}}
	if l.Ordered > 0 {
		x.Ordered = l.Ordered.String()
	}
	for _, s := range l.Steps {
		step := quoteStep{Kind: s.Kind, Price: cash(s.Price), List: s.List, Version: s.Version, From: s.From, Option: s.Option}
		if s.Kind == quote.StepOption {
			if step.Add = cash(s.Add); s.Percent != 0 {
				step.Percent = catalog.PercentText(s.Percent)
			}
		}
		x.Steps = append(x.Steps, step)
	}
	if l.Config != nil {
		for _, o := range l.Config.Options {
			x.Options = append(x.Options, quoteOption{o.Group, o.Code, o.Name("en"), o.Pieces, o.By})
		}
	}
	return x
}

// quoteOne is a quote with everything on it.
func (a *API) quoteOne(ctx context.Context, actor access.Actor, id quote.ID) (*reply[quoteOut], error) {
	if err := a.d.Quotes.Open(ctx, actor, id); err != nil {
		return nil, err
	}
	d, err := a.d.Quotes.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	heads, err := a.quoteHeads(ctx, d.Quote)
	if err != nil {
		return nil, err
	}
	out := heads[0]
	sum := func(minor int64) amount { return *valueOut(money.Amount{Minor: minor, Currency: d.Currency}) }
	for _, l := range d.Lines {
		out.Lines = append(out.Lines, quoteLineOf(l, d.Currency))
	}
	by := map[string]string{d.Supplier: out.Supplier, d.Reseller: out.Reseller}
	for i, v := range d.Versions {
		r := quoteRound{Round: v.Number, Kind: v.Kind, Company: by[v.Org], At: v.At.UTC(), Hash: v.Hash, Total: sum(v.Total), Changes: []quoteChange{}}
		if i+1 < len(d.Versions) {
			for _, c := range quote.Diff(d.Versions[i+1], v) {
				r.Changes = append(r.Changes, quoteChange{c.SKU, c.Field, c.Was, c.Now})
			}
		}
		out.Rounds = append(out.Rounds, r)
	}
	for _, o := range d.Orders {
		out.Orders = append(out.Orders, string(o.ID))
	}
	return &reply[quoteOut]{out}, nil
}

// quoteBody is a round of a quote.
type quoteBody struct {
	Partner    string      `json:"partner,omitempty" doc:"slug of the other company; for a new quote"`
	Round      int         `json:"round,omitempty" doc:"that was seen; for another round"`
	Key        string      `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same new quote"`
	Deal       string      `json:"deal,omitempty" doc:"id of a registration of the two companies"`
	Title      string      `json:"title,omitempty"`
	Customer   string      `json:"customer,omitempty" doc:"the end customer, as both companies may read it"`
	Note       string      `json:"note,omitempty"`
	ValidUntil string      `json:"valid_until,omitempty" doc:"of an offer: last day on which it may be accepted; 30 days where it is left out"`
	From       string      `json:"from,omitempty" doc:"of an offer: first day on which orders have its prices; today where it is left out"`
	Until      string      `json:"until,omitempty" doc:"of an offer: last such day; as valid_until where it is left out"`
	Lines      []quoteItem `json:"lines" minItems:"1" maxItems:"200"`
}

// quoteItem is a line of a round.
type quoteItem struct {
	SKU      string      `json:"sku" doc:"the supplier's item number, the reseller's or a GTIN"`
	Quantity string      `json:"quantity"`
	Unit     string      `json:"unit,omitempty"`
	Price    string      `json:"price,omitempty" doc:"per unit: asked for by the reseller, offered by the supplier; the list price where it is left out"`
	Options  []quotePick `json:"options,omitempty" maxItems:"200" doc:"of a product with options"`
}

// quotePlace is where the goods of an accepted quote go.
type quotePlace struct {
	ID       string `json:"id,omitempty" maxLength:"60" doc:"your number of the place"`
	Name     string `json:"name,omitempty" maxLength:"120"`
	Street   string `json:"street,omitempty" maxLength:"120"`
	City     string `json:"city,omitempty" maxLength:"80"`
	Postcode string `json:"postcode,omitempty" maxLength:"20"`
	Country  string `json:"country,omitempty" maxLength:"2" doc:"ISO 3166-1, two letters"`
}

func (a *API) quoteCmd(ctx context.Context, actor access.Actor, side access.Side, id string, b quoteBody) (quote.Cmd, error) {
	cmd := quote.Cmd{Quote: quote.ID(id), Round: b.Round, Key: b.Key, Deal: deal.ID(b.Deal), Title: b.Title, Customer: b.Customer, Note: b.Note, ValidUntil: b.ValidUntil, From: b.From, Until: b.Until}
	if id == "" {
		other, ps, err := a.partnerships(ctx, actor, b.Partner)
		if err != nil {
			return cmd, err
		}
		for _, p := range ps {
			if side == access.Supplier && p.Reseller == other || side == access.Reseller && p.Supplier == other {
				cmd.Partnership = p.ID
			}
		}
		if cmd.Partnership == "" {
			return cmd, fault.InvalidField("partner", "form.choice_wrong")
		}
	}
	for i, l := range b.Lines {
		q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
		if err != nil {
			return cmd, err
		}
		p, err := quantity("lines."+itoa(i)+".price", l.Price)
		if err != nil {
			return cmd, err
		}
		x := quote.LineCmd{SKU: l.SKU, Quantity: q, Unit: l.Unit, Price: p}
		for _, o := range l.Options {
			x.Options = append(x.Options, catalog.Pick{Option: o.Option, Pieces: max(1, o.Pieces)})
		}
		cmd.Lines = append(cmd.Lines, x)
	}
	return cmd, nil
}

// quotes are the operations on quotes.
func (a *API) quotes() {
	const base = "/api/v1/quotes"
	type filter struct {
		Paging
		Q    string `query:"q"`
		Side string `query:"side" doc:"reseller (default) or supplier"`
		View string `query:"view" doc:"mine (you are to act), theirs, accepted or closed; all where it is left out"`
	}
	handle(a, op("GET", base, "quotes:read", "List quotes", "Those offered to you; with side=supplier those you make. What changed last comes first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[quoteOut]], error) {
			side := access.Reseller
			switch in.Side {
			case "supplier":
				side = access.Supplier
			case "", "reseller":
			default:
				return nil, fault.InvalidField("side", "form.choice_wrong")
			}
			got, err := a.d.Quotes.List(ctx, actor, side, quote.Filter{View: in.View, Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items, err := a.quoteHeads(ctx, got.Items...)
			return page(items, got.Next), err
		})
	handle(a, op("GET", base+"/{id}", "quotes:read", "Get a quote", "With its rounds, what each changed, and the steps to every price.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[quoteOut], error) {
			return a.quoteOne(ctx, actor, quote.ID(in.ID))
		})
	written := func(ctx context.Context, actor access.Actor, q quote.Quote, err error) (*reply[quoteOut], error) {
		if err != nil {
			return nil, err
		}
		if q.ID == "" { // an offer that is kept back: there is none yet
			return &reply[quoteOut]{quoteOut{State: "waiting_approval", Approval: q.OfferApproval}}, nil
		}
		return a.quoteOne(ctx, actor, q.ID)
	}
	type newIn struct{ Body quoteBody }
	type roundIn struct {
		ID   string `path:"id"`
		Body quoteBody
	}
	for _, x := range []struct {
		verb, words, again, about string
		side                      access.Side
		do                        func(context.Context, access.Actor, quote.Cmd) (quote.Quote, error)
	}{
		{"requests", "Ask for a quote", "Ask for another round", "A price on a line asks for a special price.", access.Reseller, a.d.Quotes.Ask},
		{"offers", "Make a quote", "Answer a request, or offer anew", "What your company's own rules catch waits for approval; the reseller sees nothing before.", access.Supplier, a.d.Quotes.Offer},
	} {
		handle(a, op("POST", base+"/"+x.verb, "quotes:write", x.words, x.about, 200),
			func(ctx context.Context, actor access.Actor, in *newIn) (*reply[quoteOut], error) {
				cmd, err := a.quoteCmd(ctx, actor, x.side, "", in.Body)
				if err != nil {
					return nil, err
				}
				q, err := x.do(ctx, actor, cmd)
				return written(ctx, actor, q, err)
			})
		handle(a, op("POST", base+"/{id}/"+x.verb, "quotes:write", x.again, x.about, 200),
			func(ctx context.Context, actor access.Actor, in *roundIn) (*reply[quoteOut], error) {
				cmd, err := a.quoteCmd(ctx, actor, x.side, in.ID, in.Body)
				if err != nil {
					return nil, err
				}
				q, err := x.do(ctx, actor, cmd)
				return written(ctx, actor, q, err)
			})
	}
	type trialIn struct {
		Body struct {
			Partner string      `json:"partner" doc:"slug of the other company"`
			Side    string      `json:"side,omitempty" doc:"reseller (default) or supplier"`
			Lines   []quoteItem `json:"lines" minItems:"1" maxItems:"200"`
		}
	}
	handle(a, op("POST", base+"/configure", "quotes:write", "Try lines of a quote", "What each would cost, step by step, and for a product with options what stands in the way and what cannot be had, and why. Nothing is written.", 200),
		func(ctx context.Context, actor access.Actor, in *trialIn) (*reply[list[quoteTrial]], error) {
			side, d := access.Reseller, quote.Ask
			if in.Body.Side == "supplier" {
				side, d = access.Supplier, quote.Offer
			}
			cmd, err := a.quoteCmd(ctx, actor, side, "", quoteBody{Partner: in.Body.Partner, Lines: in.Body.Lines})
			if err != nil {
				return nil, err
			}
			got, total, err := a.d.Quotes.Preview(ctx, actor, d, cmd)
			if err != nil {
				return nil, err
			}
			out := make([]quoteTrial, len(got))
			for i, l := range got {
				out[i] = quoteTrial{quoteLine: quoteLineOf(l, total.Currency), Orderable: l.SKU != "", Problems: []optionProblem{}, Blocked: []optionProblem{}}
				if l.SKU == "" {
					out[i].SKU = in.Body.Lines[i].SKU
				}
				if l.Choice == nil {
					continue
				}
				out[i].Orderable = l.Choice.OK()
				for _, p := range l.Choice.Problems {
					out[i].Problems = append(out[i].Problems, optionProblemOf(p))
				}
				for _, g := range l.Choice.Options.Groups {
					for _, o := range g.Options {
						if p, ok := l.Choice.Blocked[o.Code]; ok {
							out[i].Blocked = append(out[i].Blocked, optionProblemOf(p))
						}
					}
				}
			}
			return page(out, ""), nil
		})
	type acceptIn struct {
		ID   string `path:"id"`
		Body struct {
			Round       int        `json:"round" doc:"that was seen"`
			Order       bool       `json:"order,omitempty" doc:"book the order at once (scope orders:write too); else it is to follow and to carry the number"`
			Number      string     `json:"number,omitempty" maxLength:"22" doc:"your purchase order number"`
			RequestedOn string     `json:"requested_on,omitempty"`
			Note        string     `json:"note,omitempty" maxLength:"500"`
			ShipTo      quotePlace `json:"ship_to,omitempty"`
		}
	}
	handle(a, op("POST", base+"/{id}/accept", "quotes:write", "Accept a quote", "The round that was seen, or nothing. Repeating it gives the same order.", 200),
		func(ctx context.Context, actor access.Actor, in *acceptIn) (*reply[quoteOut], error) {
			b := in.Body
			cmd := quote.AcceptCmd{Round: b.Round, Order: b.Order, PlaceCmd: trade.PlaceCmd{Number: b.Number, RequestedOn: b.RequestedOn, Note: b.Note, ShipTo: doc.Party{Role: "ST", ID: b.ShipTo.ID, Name: b.ShipTo.Name, City: b.ShipTo.City, Postcode: b.ShipTo.Postcode, Country: b.ShipTo.Country}}}
			if b.ShipTo.Street != "" {
				cmd.ShipTo.Address = []string{b.ShipTo.Street}
			}
			q, err := a.d.Quotes.Accept(ctx, actor, quote.ID(in.ID), cmd)
			return written(ctx, actor, q, err)
		})
	type endIn struct {
		ID   string `path:"id"`
		Body struct {
			Round   int    `json:"round" doc:"that was seen"`
			Reason  string `json:"reason,omitempty" doc:"of decline: price, delivery, other_vendor, no_project, late, other; of refuse: not_sold, price, no_stock, no_reason_given, other"`
			Comment string `json:"comment,omitempty"`
		}
	}
	for _, x := range []struct {
		verb, words string
		do          func(context.Context, access.Actor, quote.ID, quote.EndCmd) (quote.Quote, error)
	}{
		{"decline", "Decline an offer", a.d.Quotes.Decline}, {"recall", "Take a request back", a.d.Quotes.Recall}, {"refuse", "Make no offer", a.d.Quotes.Refuse}, {"withdraw", "Take an offer back", a.d.Quotes.Withdraw},
	} {
		handle(a, op("POST", base+"/{id}/"+x.verb, "quotes:write", x.words, "", 200),
			func(ctx context.Context, actor access.Actor, in *endIn) (*reply[quoteOut], error) {
				q, err := x.do(ctx, actor, quote.ID(in.ID), quote.EndCmd{Round: in.Body.Round, Reason: in.Body.Reason, Comment: in.Body.Comment})
				return written(ctx, actor, q, err)
			})
	}
}
