package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

// fundBalance is where a partner's money stands.
type fundBalance struct {
	Granted   *amount `json:"granted" doc:"given or earned, less what was taken back"`
	Available *amount `json:"available"`
	Reserved  *amount `json:"reserved" doc:"for approved requests"`
	ToPay     *amount `json:"to_pay" doc:"approved and not settled"`
	Settled   *amount `json:"settled"`
	Lapsed    *amount `json:"lapsed"`
	Owed      *amount `json:"owed" doc:"taken back of what was used: earned first"`
}

func balanceOut(b fund.Balance) fundBalance {
	return fundBalance{money2(b.Granted, false), money2(b.Available, false), money2(b.Reserved, false), money2(b.Consumed, false), money2(b.Settled, false), money2(b.Lapsed, false), money2(b.Owed, false)}
}

type fundOut struct {
	ID        string       `json:"id"`
	Number    string       `json:"number"`
	Owner     string       `json:"owner" doc:"slug"`
	Title     string       `json:"title"`
	Kind      string       `json:"kind" doc:"mdf, earned, promo or protect"`
	State     string       `json:"state" doc:"open or closed"`
	From      string       `json:"from"`
	Until     string       `json:"until"`
	ClaimDays int          `json:"claim_days"`
	Share     string       `json:"share" doc:"of the cost that is paid at most; 0.5 is 50 %"`
	Proof     []string     `json:"proof"`
	About     string       `json:"about,omitempty"`
	Version   int64        `json:"version,omitempty" doc:"for its owner"`
	Budgets   []fundBudget `json:"budgets,omitempty" doc:"for its owner"`
	Partners  []fundSeat   `json:"partners,omitempty" doc:"for its owner"`
	Balance   *fundBalance `json:"balance,omitempty" doc:"your own part of it"`
	Plan      *fundPlan    `json:"plan,omitempty" doc:"of an announced programme, and for its owner before"`
	OffPlan   []fundOff    `json:"off_plan,omitempty" doc:"grants beside the plan, those that wait first; for its owner"`
	Rules     []fundRule   `json:"rules,omitempty" doc:"by which it is earned, the newest first; not in lists"`
	Volumes   []fundVolume `json:"volumes,omitempty" doc:"where partners stand with rules with steps: all for its owner, else your own; not in lists"`
}

type fundBudget struct {
	Whole    *amount `json:"whole"`
	Free     *amount `json:"free" doc:"what no partner has"`
	FourEyes *amount `json:"four_eyes" doc:"above it two people decide; 0.00: one"`
}

type fundSeat struct {
	Partner string      `json:"partner" doc:"slug"`
	Balance fundBalance `json:"balance"`
	Told    *time.Time  `json:"told,omitempty" doc:"when it was told of the announced programme"`
	Asked   int         `json:"asked,omitempty" doc:"requests, and claims without one"`
	Refused int         `json:"refused,omitempty"`
}

func fundHead(id fund.ProgramID, number, title, kind, state, from, until string, days int, share money.Rate, proof []string, about string) fundOut {
	return fundOut{ID: string(id), Number: number, Title: title, Kind: kind, State: state, From: from, Until: until, ClaimDays: days, Share: share.String(), Proof: nonNil(proof), About: about}
}

func (a *API) fundsOut(ctx context.Context, own []fund.Program, parts []fund.Wallet) ([]fundOut, error) {
	orgs := map[string]bool{}
	for _, p := range own {
		orgs[p.Owner] = true
		for _, s := range p.Seats {
			orgs[s.Org] = true
		}
		for _, o := range p.OffPlan {
			orgs[o.Org] = true
		}
	}
	for _, w := range parts {
		orgs[w.Owner] = true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	var out []fundOut
	for _, p := range own {
		x := fundHead(p.ID, p.Number, p.Title, p.Kind, p.State, p.From, p.Until, p.ClaimDays, p.Share, p.Proof, p.About)
		x.Owner, x.Version = names[p.Owner].Slug, p.Version
		for _, b := range p.Budgets {
			x.Budgets = append(x.Budgets, fundBudget{money2(b.Whole, false), money2(b.Free, false), money2(b.FourEyes, false)})
		}
		for _, s := range p.Seats {
			y := fundSeat{names[s.Org].Slug, balanceOut(s.Balance), nil, s.Use.Asked, s.Use.Refused}
			if !s.Use.Told.IsZero() {
				y.Told = &s.Use.Told
			}
			x.Partners = append(x.Partners, y)
		}
		x.Plan = planOut(p.Plan)
		r := p.Reach()
		x.Plan.Offered, x.Plan.Used, x.Plan.Refused, x.Plan.OffPlan = r.Offered, r.Used, r.Refused, r.OffPlan
		for _, o := range p.OffPlan {
			x.OffPlan = append(x.OffPlan, fundOff{o.ID, names[o.Org].Slug, money2(o.Amount, false), o.Reason, o.State, o.Asked})
		}
		out = append(out, x)
	}
	for _, w := range parts {
		x := fundHead(w.ID, w.Number, w.Title, w.Kind, w.State, w.From, w.Until, w.ClaimDays, w.Share, w.Proof, w.About)
		b := balanceOut(w.Balance)
		x.Owner, x.Balance = names[w.Owner].Slug, &b
		if !w.Announced.IsZero() {
			x.Plan = planOut(w.Plan)
		}
		out = append(out, x)
	}
	return out, nil
}

// fundOne reads a programme as the actor's company may see it.
func (a *API) fundOne(ctx context.Context, actor access.Actor, id fund.ProgramID) (*reply[fundOut], error) {
	p, err := a.d.Funds.Get(ctx, actor, id)
	own, parts := []fund.Program{p}, []fund.Wallet(nil)
	if fault.CodeOf(err) == fault.NotFound {
		var w fund.Wallet
		w, err = a.d.Funds.Wallet(ctx, actor, id)
		own, parts = nil, []fund.Wallet{w}
	}
	if err != nil {
		return nil, err
	}
	list, err := a.fundsOut(ctx, own, parts)
	if err != nil {
		return nil, err
	}
	rules, volumes := p.Rules, p.Volumes
	for _, w := range parts {
		rules, volumes = w.Rules, w.Volumes
	}
	for _, r := range rules {
		list[0].Rules = append(list[0].Rules, ruleOut(r))
	}
	orgs := map[string]bool{}
	for _, v := range volumes {
		orgs[v.Org] = true
	}
	names, err := a.slugs(ctx, orgs)
	list[0].Volumes = volumesOut(func(org string) string { return names[org].Slug }, volumes)
	return &reply[fundOut]{list[0]}, err
}

type fundRequest struct {
	ID       string   `json:"id"`
	Number   string   `json:"number"`
	Fund     string   `json:"fund" doc:"id of the programme"`
	Supplier string   `json:"supplier" doc:"slug"`
	Reseller string   `json:"reseller" doc:"slug"`
	State    string   `json:"state" doc:"draft, submitted, in_review, returned, declined, approved, committed, running, executed, closed, lapsed or cancelled"`
	Title    string   `json:"title"`
	Activity string   `json:"activity"`
	About    string   `json:"about,omitempty"`
	From     string   `json:"from"`
	Until    string   `json:"until"`
	Cost     *amount  `json:"cost"`
	Asked    *amount  `json:"asked"`
	Approved *amount  `json:"approved"`
	Left     *amount  `json:"left" doc:"of what is reserved for it"`
	ClaimBy  string   `json:"claim_by,omitempty"`
	Proof    []string `json:"proof"`
	Reason   string   `json:"reason,omitempty"`
	Version  int64    `json:"version"`
}

func (a *API) requestsOut(ctx context.Context, list ...fund.Request) ([]fundRequest, error) {
	orgs := map[string]bool{}
	for _, r := range list {
		orgs[r.Supplier], orgs[r.Reseller] = true, true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]fundRequest, len(list))
	for i, r := range list {
		out[i] = fundRequest{ID: string(r.ID), Number: r.Number, Fund: string(r.Program), Supplier: names[r.Supplier].Slug, Reseller: names[r.Reseller].Slug, State: string(r.State), Title: r.Title, Activity: r.Activity, About: r.About, From: r.From, Until: r.Until, Cost: money2(r.Cost, false), Asked: money2(r.Asked, false), Approved: money2(r.Approved, false), Left: money2(r.Left, false), ClaimBy: r.ClaimBy, Proof: nonNil(r.Proof), Reason: r.Reason, Version: r.Version}
	}
	return out, nil
}

func (a *API) oneRequest(ctx context.Context, r fund.Request, err error) (*reply[fundRequest], error) {
	if err != nil {
		return nil, err
	}
	out, err := a.requestsOut(ctx, r)
	if err != nil {
		return nil, err
	}
	return &reply[fundRequest]{out[0]}, nil
}

type claimOut struct {
	ID          string            `json:"id"`
	Number      string            `json:"number" doc:"the partner's"`
	Fund        string            `json:"fund" doc:"id of the programme"`
	Request     string            `json:"request,omitempty"`
	Supplier    string            `json:"supplier" doc:"slug"`
	Reseller    string            `json:"reseller" doc:"slug"`
	State       string            `json:"state" doc:"draft, submitted, proof_check, returned, denied, approved, settled, reconciled or withdrawn"`
	Nature      string            `json:"nature" doc:"service or rebate"`
	Title       string            `json:"title"`
	Asked       *amount           `json:"asked"`
	Approved    *amount           `json:"approved"`
	Settled     *amount           `json:"settled"`
	Pending     int               `json:"pending" doc:"lines that wait for something"`
	Missing     []string          `json:"missing" doc:"proof without a file, or with refused ones only"`
	Unseen      []string          `json:"unseen" doc:"proof with a file on which nobody of the supplier has said anything: nothing is granted before"`
	Proof       []claimProof      `json:"proof" doc:"the files"`
	Deducted    string            `json:"deducted,omitempty" doc:"number of the payment with which it was deducted"`
	Reason      string            `json:"reason,omitempty"`
	Lines       []claimLine       `json:"lines"`
	Settlements []claimSettlement `json:"settlements"`
	Version     int64             `json:"version"`
}

type claimSettlement struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind" doc:"credit_note, invoice, payment or offset"`
	Reference  string    `json:"reference"`
	Amount     *amount   `json:"amount" doc:"net"`
	Tax        *amount   `json:"tax"`
	On         string    `json:"on"`
	At         time.Time `json:"at"`
	Reversed   bool      `json:"reversed"`
	Reconciled string    `json:"reconciled,omitempty" doc:"the reference in the books"`
}

func (a *API) claimsOut(ctx context.Context, list ...fund.Claim) ([]claimOut, error) {
	orgs := map[string]bool{}
	for _, c := range list {
		orgs[c.Supplier], orgs[c.Reseller] = true, true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	number := func(m money.Micro) string {
		if m == 0 {
			return ""
		}
		return m.String()
	}
	out := make([]claimOut, len(list))
	for i, c := range list {
		x := claimOut{ID: string(c.ID), Number: c.Number, Fund: string(c.Program), Request: string(c.Request), Supplier: names[c.Supplier].Slug, Reseller: names[c.Reseller].Slug, State: string(c.State), Nature: c.Nature, Title: c.Title, Asked: money2(c.Asked, false), Approved: money2(c.Approved, false), Settled: money2(c.Settled, false), Pending: c.Pending, Missing: nonNil(c.Missing), Unseen: nonNil(c.Unseen), Proof: []claimProof{}, Deducted: c.Deducted, Reason: c.Reason, Lines: []claimLine{}, Settlements: []claimSettlement{}, Version: c.Version}
		for _, l := range c.Lines {
			y := claimLine{l.Position, l.Key, l.Text, l.SKU, l.On, number(l.Quantity), number(l.Price), money2(l.Asked, false), money2(l.Approved, false), l.Verdict, l.Reason, l.Missing, l.Due, nil, l.BackOf, l.BackLine}
			if l.Back.Minor > 0 {
				y.Back = money2(l.Back, false)
			}
			x.Lines = append(x.Lines, y)
		}
		for _, f := range c.Files {
			x.Proof = append(x.Proof, claimProof{string(f.ID), f.Item, f.Name, f.Size, f.Verdict, f.Reason})
		}
		for _, s := range c.Settlements {
			x.Settlements = append(x.Settlements, claimSettlement{s.ID, s.Kind, s.Reference, money2(s.Amount, false), money2(s.Tax, false), s.On, s.Made, !s.Reversed.IsZero(), s.External})
		}
		out[i] = x
	}
	return out, nil
}

func (a *API) oneClaim(ctx context.Context, c fund.Claim, err error) (*reply[claimOut], error) {
	if err != nil {
		return nil, err
	}
	out, err := a.claimsOut(ctx, c)
	if err != nil {
		return nil, err
	}
	return &reply[claimOut]{out[0]}, nil
}

// read is the amount of a body; a missing one is nothing in no currency.
func (m *amount) read(field string) (money.Amount, error) {
	if m == nil {
		return money.Amount{}, nil
	}
	out, err := money.ParseAmount(m.Amount, money.Currency(m.Currency))
	if err != nil {
		return out, fault.InvalidField(field, "form.decimal", "Value", m.Amount)
	}
	return out, nil
}

type claimBody struct {
	Fund     string      `json:"fund,omitempty" doc:"id of the programme, where there is no request"`
	Request  string      `json:"request,omitempty"`
	Key      string      `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same claim"`
	Number   string      `json:"number,omitempty" maxLength:"40"`
	Nature   string      `json:"nature" enum:"service,rebate"`
	Title    string      `json:"title"`
	Note     string      `json:"note,omitempty"`
	Deducted string      `json:"deducted,omitempty" doc:"number of the payment with which you deducted it already"`
	Draft    bool        `json:"draft,omitempty" doc:"keep it until its proof is there; submit sends it"`
	Lines    []claimWish `json:"lines" minItems:"1"`
}

type claimWish struct {
	Key      string  `json:"key,omitempty" maxLength:"200"`
	Text     string  `json:"text"`
	SKU      string  `json:"sku,omitempty"`
	On       string  `json:"on" doc:"civil date"`
	Quantity string  `json:"quantity,omitempty"`
	Price    string  `json:"price,omitempty"`
	Amount   *amount `json:"amount"`
}

func (b claimBody) cmd() (fund.ClaimCmd, error) {
	out := fund.ClaimCmd{Program: fund.ProgramID(b.Fund), Request: fund.RequestID(b.Request), Number: b.Number, Nature: b.Nature, Title: b.Title, Note: b.Note, Deducted: b.Deducted, Source: fund.SourceAPI}
	if b.Key != "" {
		out.Key = "api:" + b.Key
	}
	for i, l := range b.Lines {
		at := "lines." + itoa(i) + "."
		m, err := l.Amount.read(at + "amount")
		if err != nil {
			return out, err
		}
		q, err := quantity(at+"quantity", l.Quantity)
		if err != nil {
			return out, err
		}
		p, err := quantity(at+"price", l.Price)
		if err != nil {
			return out, err
		}
		out.Lines = append(out.Lines, fund.LineCmd{Key: l.Key, Text: l.Text, SKU: l.SKU, On: l.On, Quantity: q, Price: p, Amount: m})
	}
	return out, nil
}

// funds are the operations on programmes, requests, claims and statements.
func (a *API) funds() {
	a.fundPrograms()
	a.fundPlans()
	a.fundRequests()
	a.fundClaims()
	a.protections()
	a.fundBooks()
	a.fundStatements()
}

// fundFilter chooses requests or claims.
type fundFilter struct {
	Paging
	Show string `query:"show" enum:"waiting,open,over" doc:"what waits for you, is under way, or is over"`
	Fund string `query:"fund" doc:"id of the programme"`
}

func (f fundFilter) filter() fund.Filter {
	return fund.Filter{Show: f.Show, Program: fund.ProgramID(f.Fund), After: f.After, Limit: f.Limit}
}

// fundStepIn is a step of a request or a claim.
type fundStepIn struct {
	ID   string `path:"id"`
	Body struct {
		Version int64  `json:"version"`
		Reason  string `json:"reason,omitempty"`
	}
}

func (a *API) fundPrograms() {
	type fundListIn struct {
		Paging
		Role string `query:"role" enum:"owner,partner" default:"partner" doc:"programmes of your company, or those it has a part of"`
	}
	handle(a, op("GET", "/api/v1/funds", "funds:read", "List programmes", "Those that your company has a part of, or its own, the latest first.", 200),
		func(ctx context.Context, actor access.Actor, in *fundListIn) (*reply[list[fundOut]], error) {
			var own []fund.Program
			var parts []fund.Wallet
			var next string
			var err error
			if in.Role == "owner" {
				own, next, err = a.d.Funds.List(ctx, actor, in.After, in.Limit)
			} else {
				parts, next, err = a.d.Funds.Wallets(ctx, actor, in.After, in.Limit)
			}
			if err != nil {
				return nil, err
			}
			items, err := a.fundsOut(ctx, own, parts)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", "/api/v1/funds/{id}", "funds:read", "Get a programme", "Its owner reads all parts of it, a partner its own.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[fundOut], error) {
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
	type fundMakeIn struct {
		Body struct {
			Title     string   `json:"title"`
			Kind      string   `json:"kind" enum:"mdf,earned"`
			About     string   `json:"about,omitempty"`
			From      string   `json:"from"`
			Until     string   `json:"until"`
			Zone      string   `json:"zone" example:"Europe/London"`
			ClaimDays int      `json:"claim_days,omitempty"`
			Share     string   `json:"share" doc:"0.5 is 50 %"`
			Proof     []string `json:"proof,omitempty"`

			Countries   []string `json:"countries,omitempty" doc:"of partners to whom it is open once announced; none: all"`
			Part        *amount  `json:"part,omitempty" doc:"for each of them at most"`
			Alternative string   `json:"alternative,omitempty" doc:"what others may use instead; needed to announce it"`
		}
	}
	handle(a, op("POST", "/api/v1/funds", "funds:write", "Make a programme", "Nobody else sees it before it is given a part or announced.", 201),
		func(ctx context.Context, actor access.Actor, in *fundMakeIn) (*reply[fundOut], error) {
			b := in.Body
			share, err := quantity("share", b.Share)
			if err != nil {
				return nil, err
			}
			part, err := b.Part.read("part")
			if err != nil {
				return nil, err
			}
			p, err := a.d.Funds.Create(ctx, actor, fund.ProgramCmd{Countries: b.Countries, Part: part, Alternative: b.Alternative, Title: b.Title, Kind: b.Kind, About: b.About, From: b.From, Until: b.Until, Zone: b.Zone, ClaimDays: b.ClaimDays, Share: share, Proof: b.Proof})
			if err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, p.ID)
		})
	type fundPutIn struct {
		ID   string `path:"id"`
		Body struct {
			Amount   *amount `json:"amount"`
			FourEyes *amount `json:"four_eyes,omitempty" doc:"above it two people decide, 0.00: one always; left out it stays as it is. To raise it or take it away is for admins"`
			Text     string  `json:"text,omitempty"`
			Key      string  `json:"key,omitempty" maxLength:"64" doc:"yours: the same key is booked once"`
		}
	}
	handle(a, op("POST", "/api/v1/funds/{id}/put", "funds:write", "Put money into a programme", "In one currency; budgets of several currencies stand beside each other.", 200),
		func(ctx context.Context, actor access.Actor, in *fundPutIn) (*reply[fundOut], error) {
			m, err := in.Body.Amount.read("amount")
			if err != nil {
				return nil, err
			}
			cmd := fund.PutCmd{Amount: m, Words: in.Body.Text, Key: in.Body.Key}
			if in.Body.FourEyes != nil {
				four, err := in.Body.FourEyes.read("four_eyes")
				if err != nil {
					return nil, err
				}
				cmd.FourEyes = &four
			}
			if err := a.d.Funds.Put(ctx, actor, fund.ProgramID(in.ID), cmd); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
	type fundGrantIn struct {
		ID   string `path:"id"`
		Body struct {
			Partnership string  `json:"partnership" doc:"id"`
			Amount      *amount `json:"amount"`
			Text        string  `json:"text,omitempty"`
			Key         string  `json:"key,omitempty" maxLength:"64" doc:"yours: the same key is booked once"`
		}
	}
	handle(a, op("POST", "/api/v1/funds/{id}/grant", "funds:write", "Give a partner a part of a programme", "Never more than no other partner has: 409 otherwise. What stands beside the plan of an announced programme needs text, and waits in off_plan for a second person.", 200),
		func(ctx context.Context, actor access.Actor, in *fundGrantIn) (*reply[fundOut], error) {
			m, err := in.Body.Amount.read("amount")
			if err != nil {
				return nil, err
			}
			if err := a.d.Funds.Grant(ctx, actor, fund.ProgramID(in.ID), in.Body.Partnership, m, in.Body.Text, in.Body.Key); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
}

func (a *API) fundRequests() {
	handle(a, op("GET", "/api/v1/fund-requests", "funds:read", "List requests for funds", "Of your company on either side, the latest changed first.", 200),
		func(ctx context.Context, actor access.Actor, in *fundFilter) (*reply[list[fundRequest]], error) {
			got, next, err := a.d.Funds.Requests(ctx, actor, in.filter())
			if err != nil {
				return nil, err
			}
			items, err := a.requestsOut(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", "/api/v1/fund-requests/{id}", "funds:read", "Get a request for funds", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[fundRequest], error) {
			r, err := a.d.Funds.GetRequest(ctx, actor, fund.RequestID(in.ID))
			return a.oneRequest(ctx, r, err)
		})
	type fundAskIn struct {
		Body struct {
			Fund     string  `json:"fund" doc:"id of the programme"`
			Title    string  `json:"title"`
			Activity string  `json:"activity" enum:"event,advert,digital,print,training,demo_stock,other"`
			About    string  `json:"about,omitempty"`
			From     string  `json:"from"`
			Until    string  `json:"until"`
			Cost     *amount `json:"cost"`
			Asked    *amount `json:"asked"`
			Draft    bool    `json:"draft,omitempty"`
			Key      string  `json:"key,omitempty" maxLength:"64" doc:"yours: the same key is the same request"`
		}
	}
	handle(a, op("POST", "/api/v1/fund-requests", "funds:write", "Ask for funds", "Sent at once unless it is a draft.", 201),
		func(ctx context.Context, actor access.Actor, in *fundAskIn) (*reply[fundRequest], error) {
			b := in.Body
			cost, err := b.Cost.read("cost")
			if err != nil {
				return nil, err
			}
			asked, err := b.Asked.read("asked")
			if err != nil {
				return nil, err
			}
			r, err := a.d.Funds.SaveRequest(ctx, actor, "", 0, fund.RequestCmd{Program: fund.ProgramID(b.Fund), Title: b.Title, Activity: b.Activity, About: b.About, From: b.From, Until: b.Until, Cost: cost, Asked: asked, Key: b.Key})
			if err == nil && !b.Draft && r.State.Unsent() { // the same key again: it was sent
				r, err = a.d.Funds.SubmitRequest(ctx, actor, r.ID, r.Version)
			}
			return a.oneRequest(ctx, r, err)
		})
	type fundApproveIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64    `json:"version"`
			Amount  *amount  `json:"amount"`
			ClaimBy string   `json:"claim_by,omitempty"`
			Proof   []string `json:"proof,omitempty" doc:"empty: that of the programme"`
		}
	}
	handle(a, op("POST", "/api/v1/fund-requests/{id}/approve", "funds:write", "Approve a request for funds", "Reserves the amount. Above the threshold of the budget it waits for the same by a second person (state in_review).", 200),
		func(ctx context.Context, actor access.Actor, in *fundApproveIn) (*reply[fundRequest], error) {
			m, err := in.Body.Amount.read("amount")
			if err != nil {
				return nil, err
			}
			g := fund.Grants{Amount: m, ClaimBy: in.Body.ClaimBy}
			if len(in.Body.Proof) > 0 {
				g.Proof = in.Body.Proof
			}
			r, err := a.d.Funds.ApproveRequest(ctx, actor, fund.RequestID(in.ID), in.Body.Version, g)
			return a.oneRequest(ctx, r, err)
		})
	f := a.d.Funds
	for _, s := range []struct {
		verb, what, about string
		do                func(ctx context.Context, actor access.Actor, id fund.RequestID, version int64, reason string) (fund.Request, error)
	}{
		{"submit", "Send a request for funds", "", func(ctx context.Context, actor access.Actor, id fund.RequestID, version int64, _ string) (fund.Request, error) {
			return f.SubmitRequest(ctx, actor, id, version)
		}},
		{"return", "Send a request for funds back", "With a reason.", f.ReturnRequest}, {"decline", "Decline a request for funds", "With a reason; for good.", f.DeclineRequest}, {"cancel", "Give a request for funds up", "What was reserved goes back.", f.CancelRequest},
		{"commit", "Take a request as it was approved", "", func(ctx context.Context, actor access.Actor, id fund.RequestID, version int64, _ string) (fund.Request, error) {
			return f.CommitRequest(ctx, actor, id, version)
		}},
		{"close", "Close a request for funds", "What is left goes back.", func(ctx context.Context, actor access.Actor, id fund.RequestID, version int64, _ string) (fund.Request, error) {
			return f.CloseRequest(ctx, actor, id, version)
		}},
	} {
		handle(a, op("POST", "/api/v1/fund-requests/{id}/"+s.verb, "funds:write", s.what, s.about, 200),
			func(ctx context.Context, actor access.Actor, in *fundStepIn) (*reply[fundRequest], error) {
				r, err := s.do(ctx, actor, fund.RequestID(in.ID), in.Body.Version, in.Body.Reason)
				return a.oneRequest(ctx, r, err)
			})
	}
}
