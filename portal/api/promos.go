package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
)

type promoTier struct {
	From    string `json:"from"`
	Percent string `json:"percent" doc:"a ratio: 0.05 is 5 %"`
}

// promoPart is a company's part in terms.
type promoPart struct {
	Company  string `json:"company" doc:"slug"`
	Role     string `json:"role" required:"false" enum:"participant,sponsor" doc:"participant if left out"`
	Currency string `json:"currency" required:"false" doc:"its own; it need not be sent, another one is refused"`
	Rate     string `json:"rate" required:"false" doc:"how much of its currency one unit of the owner's is worth, fixed; may be left out where it is the same"`
	Share    string `json:"share" required:"false" doc:"of the budget, in its currency"`
	Allow    string `json:"allow,omitempty" doc:"per unit, where the mechanism is amount"`
	Target   string `json:"target,omitempty"`
	Limit    string `json:"limit,omitempty" doc:"units under the promotion"`
}

// PromoTerms are the terms of a promotion, read and written alike: what was read can be
// sent back.
type PromoTerms struct {
	Title     string      `json:"title" maxLength:"200"`
	Summary   string      `json:"summary,omitempty" maxLength:"2000"`
	Audience  string      `json:"audience,omitempty" maxLength:"200"`
	Families  []string    `json:"families" required:"false" maxItems:"200"`
	Fixed     bool        `json:"families_fixed" required:"false" doc:"the products of families as they were when the terms were written; else those added later count too"`
	Within    []string    `json:"families_items,omitempty" readOnly:"true" required:"false" doc:"those products; what you send is not read"`
	SKUs      []string    `json:"skus" required:"false" maxItems:"500"`
	Mechanism string      `json:"mechanism" enum:"percent,amount,free,tiers"`
	Percent   string      `json:"percent,omitempty" doc:"a ratio: 0.05 is 5 %"`
	Buy       string      `json:"buy,omitempty"`
	Free      string      `json:"free,omitempty"`
	FreeSKU   string      `json:"free_sku,omitempty"`
	Tiers     []promoTier `json:"tiers,omitempty" maxItems:"20"`
	Whole     bool        `json:"cumulative,omitempty" doc:"tiers go by all that a company is invoiced in the window, and hold for all of it; bill_back only"`
	Settle    string      `json:"settle" required:"false" enum:"off_invoice,bill_back" doc:"off_invoice if left out"`
	By        string      `json:"by" required:"false" enum:"order,ship,invoice,resale" doc:"the date that decides; order if left out"`
	From      string      `json:"from" doc:"civil date"`
	Until     string      `json:"until" doc:"civil date, inside"`
	ShipBy    string      `json:"ship_by,omitempty"`
	BackDays  int         `json:"back_days,omitempty" doc:"days after the window in which a back-ordered quantity may be shipped"`
	Zone      string      `json:"zone" required:"false" doc:"your company's if left out"`
	Prices    string      `json:"prices,omitempty"`
	Countries []string    `json:"countries,omitempty" maxItems:"250"`
	Quoted    *bool       `json:"quoted" required:"false" doc:"only lines that carry the number; true if left out"`
	Named     bool        `json:"named" required:"false" doc:"who takes part is named to the others"`
	ClaimBy   string      `json:"claim_by,omitempty"`
	Proof     []string    `json:"proof,omitempty" maxItems:"20"`
	Currency  string      `json:"currency" required:"false" doc:"the owner's; it need not be sent, another one is refused"`
	Share     string      `json:"share,omitempty" doc:"the owner's of the budget, in its currency"`
	Parts     []promoPart `json:"parts" required:"false" maxItems:"500" doc:"all companies for the owner, else your own"`
}

type promoOut struct {
	ID      string      `json:"id"`
	Number  string      `json:"number" doc:"to be quoted on orders: REF PD, RFF+PD"`
	State   string      `json:"state" doc:"draft, proposed, agreed, running, ended, settled or cancelled"`
	Owner   string      `json:"owner" doc:"slug"`
	Title   string      `json:"title"`
	From    string      `json:"from"`
	Until   string      `json:"until"`
	Answer  string      `json:"answer,omitempty" doc:"your own: asked, approved, declined or dropped"`
	Hash    string      `json:"hash,omitempty" doc:"of the text you read; approving asks for it"`
	Waiting bool        `json:"waiting" doc:"for you"`
	Kept    string      `json:"approval,omitempty" doc:"id of the request for which its proposal waits in your own company: nobody else has read it"`
	Terms   *PromoTerms `json:"terms,omitempty"`
	InForce *PromoTerms `json:"in_force,omitempty" doc:"what is agreed, where another text waits"`
	Version int64       `json:"version,omitempty" doc:"for its owner"`
	// Counters are the proposals of others that wait for the owner.
	Counters []promoCounter `json:"counters,omitempty" doc:"of others, that wait for the owner"`
}

type promoCounter struct {
	ID      string      `json:"id"`
	Company string      `json:"company" doc:"slug"`
	Words   string      `json:"words,omitempty"`
	Terms   *PromoTerms `json:"terms"`
}

func (a *API) promoTermsOut(t promo.Terms, slug func(string) string) *PromoTerms {
	number := func(m money.Micro) string {
		if m == 0 {
			return ""
		}
		return m.String()
	}
	out := &PromoTerms{Title: t.Title, Summary: t.Summary, Audience: t.Audience, Families: nonNil(t.Families), Fixed: t.Fixed, Within: t.Within, SKUs: nonNil(t.SKUs), Mechanism: t.Kind, Percent: number(t.Percent), Buy: number(t.Buy), Free: number(t.Free), FreeSKU: t.FreeSKU, Whole: t.Cumulative, Settle: t.Settle,
		By: t.By, From: t.From, Until: t.Until, ShipBy: t.ShipBy, BackDays: t.BackDays, Zone: t.Zone, Prices: t.Prices, Countries: t.Countries, Quoted: &t.Quoted, Named: t.Named, ClaimBy: t.ClaimBy, Proof: t.Proof, Currency: string(t.Currency), Parts: []promoPart{}}
	if t.Share != 0 {
		out.Share = money.Amount{Minor: t.Share, Currency: t.Currency}.String()
	}
	for _, x := range t.Tiers {
		out.Tiers = append(out.Tiers, promoTier{x.From.String(), x.Percent.String()})
	}
	for _, p := range t.Parts {
		out.Parts = append(out.Parts, promoPart{slug(p.Org), p.Role, string(p.Currency), p.Rate.String(), p.Pledge().String(), number(p.Allow), number(p.Target), number(p.Limit)})
	}
	return out
}

func promoHead(h promo.Head, slug func(string) string) promoOut {
	out := promoOut{ID: string(h.ID), Number: h.Number, State: string(h.State), Owner: slug(h.Owner), Title: h.Title, From: h.From, Until: h.Until, Waiting: h.Waiting, Version: h.Version}
	if h.Seat != nil {
		out.Version = 0 // it counts what the others do
		out.Answer, out.Hash = string(h.Seat.State), h.Seat.Hash
	}
	return out
}

// promoOne reads a promotion as the actor's company may see it.
func (a *API) promoOne(ctx context.Context, actor access.Actor, id promo.ID) (*reply[promoOut], error) {
	d, err := a.d.Promos.Get(ctx, actor, id)
	if err == nil {
		orgs := map[string]bool{d.Owner: true}
		for _, p := range d.Text().Parts {
			orgs[p.Org] = true
		}
		if d.InForce != nil {
			for _, p := range d.InForce.Terms.Parts {
				orgs[p.Org] = true
			}
		}
		for _, c := range d.Counters {
			orgs[c.Org] = true
		}
		names, err := a.slugs(ctx, orgs)
		if err != nil {
			return nil, err
		}
		slug := func(id string) string { return names[id].Slug }
		out := promoHead(d.Head, slug)
		out.Terms, out.Kept = a.promoTermsOut(d.Text(), slug), d.Approval
		if d.InForce != nil && d.Open != nil {
			out.InForce = a.promoTermsOut(d.InForce.Terms, slug)
		}
		for _, c := range d.Counters {
			out.Counters = append(out.Counters, promoCounter{c.ID, slug(c.Org), c.Note, a.promoTermsOut(c.Terms, slug)})
		}
		return &reply[promoOut]{out}, nil
	}
	if fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	j, err := a.d.Promos.Join(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	names, err := a.slugs(ctx, map[string]bool{j.Owner: true, actor.Org: true})
	if err != nil {
		return nil, err
	}
	slug := func(id string) string { return names[id].Slug }
	out := promoHead(j.Head, slug)
	out.Hash, out.Terms = j.Hash, a.promoTermsOut(j.Text, slug)
	if j.InForce != nil && j.Seat.State == promo.Asked {
		out.InForce = a.promoTermsOut(*j.InForce, slug)
	}
	return &reply[promoOut]{out}, nil
}

// promos are the operations on joint promotions.
func (a *API) promos() {
	type filter struct {
		Paging
		Q       string `query:"q"`
		State   string `query:"state" doc:"draft, proposed, agreed, running, ended, settled or cancelled"`
		Waiting bool   `query:"waiting" doc:"only those that wait for you"`
	}
	handle(a, op("GET", "/api/v1/promotions", "promotions:read", "List promotions", "Your company's own and those it takes part in, the latest first. Without their terms.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[promoOut]], error) {
			f := promo.Filter{Query: in.Q, Waiting: in.Waiting, After: in.After, Limit: in.Limit}
			if in.State != "" {
				f.States = []promo.State{promo.State(in.State)}
			}
			got, err := a.d.Promos.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, h := range got.Items {
				orgs[h.Owner] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]promoOut, len(got.Items))
			for i, h := range got.Items {
				items[i] = promoHead(h, func(id string) string { return names[id].Slug })
			}
			return page(items, got.Next), nil
		})
	handle(a, op("GET", "/api/v1/promotions/{id}", "promotions:read", "Get a promotion", "The owner reads the terms of all, others the common terms and their own part.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[promoOut], error) {
			return a.promoOne(ctx, actor, promo.ID(in.ID))
		})
	type approveIn struct {
		ID   string `path:"id"`
		Body struct {
			Hash string `json:"hash" doc:"of the text you read"`
		}
	}
	handle(a, op("POST", "/api/v1/promotions/{id}/approve", "promotions:write", "Approve your text of a promotion", "Exactly the text whose hash you name. Safe to repeat; 409 where another text stands now.", 200),
		func(ctx context.Context, actor access.Actor, in *approveIn) (*reply[promoOut], error) {
			if _, err := a.d.Promos.Approve(ctx, actor, promo.ID(in.ID), in.Body.Hash); err != nil {
				return nil, err
			}
			return a.promoOne(ctx, actor, promo.ID(in.ID))
		})
	type declineIn struct {
		ID   string `path:"id"`
		Body struct {
			Reason string `json:"reason,omitempty"`
		}
	}
	handle(a, op("POST", "/api/v1/promotions/{id}/decline", "promotions:write", "Decline a promotion or a change of it", "What was agreed before holds on. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *declineIn) (*reply[promoOut], error) {
			if _, err := a.d.Promos.Decline(ctx, actor, promo.ID(in.ID), in.Body.Reason); err != nil {
				return nil, err
			}
			return a.promoOne(ctx, actor, promo.ID(in.ID))
		})
	type cancelIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version"`
			Reason  string `json:"reason"`
		}
	}
	handle(a, op("POST", "/api/v1/promotions/{id}/cancel", "promotions:write", "Cancel a promotion", "What was ordered under it before keeps its terms.", 200),
		func(ctx context.Context, actor access.Actor, in *cancelIn) (*reply[promoOut], error) {
			if _, err := a.d.Promos.Cancel(ctx, actor, promo.ID(in.ID), in.Body.Version, in.Body.Reason); err != nil {
				return nil, err
			}
			return a.promoOne(ctx, actor, promo.ID(in.ID))
		})
	type proposedOut struct {
		Mark  string      `json:"mark" doc:"of exactly these lines; claiming asks for it"`
		Sum   *amount     `json:"sum"`
		Proof []string    `json:"proof" doc:"asked for before it is sent"`
		Lines []claimLine `json:"lines"`
	}
	handle(a, op("GET", "/api/v1/promotions/{id}/claim", "promotions:read", "Get the claim that follows from your lines", "Of a bill-back: what your invoiced lines earned, or what you sold on where that date decides, less what you claimed already.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[proposedOut], error) {
			p, err := a.d.Promos.Proposed(ctx, actor, promo.ID(in.ID))
			if err != nil {
				return nil, err
			}
			out := proposedOut{p.Mark, money2(p.Sum, false), nonNil(p.Proof), []claimLine{}}
			for i, l := range p.Lines {
				out.Lines = append(out.Lines, claimLine{Position: i + 1, Key: l.Key, Text: l.Text, SKU: l.SKU, On: l.On, Quantity: l.Quantity.String(), Price: l.Price.String(), Asked: money2(l.Amount, false), Verdict: "open"})
			}
			return &reply[proposedOut]{out}, nil
		})
	type promoClaimIn struct {
		ID   string `path:"id"`
		Body struct {
			Mark string `json:"mark"`
		}
	}
	handle(a, op("POST", "/api/v1/promotions/{id}/claim", "funds:write", "Confirm that claim", "Exactly the one whose mark you name; safe to repeat. A draft where proof is asked for. The token needs promotions:read too.", 201),
		func(ctx context.Context, actor access.Actor, in *promoClaimIn) (*reply[claimOut], error) {
			c, err := a.d.Promos.Claim(ctx, actor, promo.ID(in.ID), in.Body.Mark)
			return a.oneClaim(ctx, c, err)
		})
	handle(a, op("GET", "/api/v1/promotions/{id}/results", "promotions:read", "Get what came of a promotion", "What counts by company and item, and what it added against each company's own history: the owner reads all, others their own. With periods=true every period of the series.", 200),
		func(ctx context.Context, actor access.Actor, in *struct {
			ID      string `path:"id"`
			Periods bool   `query:"periods"`
		}) (*reply[promoResults], error) {
			return a.promoResults(ctx, actor, promo.ID(in.ID), in.Periods)
		})
	type marginIn struct {
		ID   string `path:"id"`
		Body struct {
			Margin string `json:"margin" doc:"a ratio: 0.25 is 25 %; 0 takes it back"`
		}
	}
	handle(a, op("POST", "/api/v1/promotions/{id}/rebuild", "promotions:write", "Compute the figures of a promotion again", "From the orders and reports and what became of them, beside the running figures; read how far it is by GET. Safe to repeat: while one runs no other begins. 409 before anything is agreed and once it is settled.", 202),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[promoRebuild], error) {
			if err := a.d.Promos.StartRebuild(ctx, actor, promo.ID(in.ID)); err != nil {
				return nil, err
			}
			return a.promoRebuild(ctx, actor, promo.ID(in.ID))
		})
	handle(a, op("GET", "/api/v1/promotions/{id}/rebuild", "promotions:read", "Get how far the figures are computed again", "Of the newest one, for the owner; state is empty where there was none.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[promoRebuild], error) {
			return a.promoRebuild(ctx, actor, promo.ID(in.ID))
		})
	handle(a, op("PUT", "/api/v1/promotions/{id}/margin", "promotions:write", "Say what you earn on a sale of its products", "For the return on what the promotion costs; nobody else reads it. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *marginIn) (*reply[promoResults], error) {
			margin, err := money.ParseMicro(in.Body.Margin)
			if err != nil {
				return nil, fault.InvalidField("margin", "form.decimal")
			}
			if err := a.d.Promos.SetMargin(ctx, actor, promo.ID(in.ID), margin); err != nil {
				return nil, err
			}
			return a.promoResults(ctx, actor, promo.ID(in.ID), false)
		})
}

type promoFigures struct {
	Company   string  `json:"company,omitempty" doc:"slug"`
	SKU       string  `json:"sku,omitempty"`
	Orders    int     `json:"orders"`
	Counted   string  `json:"counted" doc:"base units, as all quantities here"`
	Confirmed string  `json:"confirmed"`
	Shipped   string  `json:"shipped"`
	Invoiced  string  `json:"invoiced"`
	Sold      string  `json:"sold" doc:"on, as far as it was reported"`
	Value     *amount `json:"value" doc:"invoiced, net, before the allowance"`
	Earned    *amount `json:"earned"`
}

// promoLate is what one document changed after a promotion was settled.
type promoLate struct {
	ID       string    `json:"id"`
	Company  string    `json:"company" doc:"slug"`
	Reason   string    `json:"reason" doc:"invoiced, credited, changed (an order), reported, corrected or withdrawn (sell-through)"`
	Number   string    `json:"number" doc:"of the order or the report"`
	Invoiced string    `json:"invoiced" doc:"more base units; below zero: less"`
	Sold     string    `json:"sold"`
	Earned   *amount   `json:"earned"`
	At       time.Time `json:"at"`
}

// promoEffect is an estimate with where the true value lies in 9 of 10 cases.
type promoEffect struct {
	Units   string `json:"units"`
	Low     string `json:"low"`
	High    string `json:"high"`
	Differs bool   `json:"differs" doc:"from zero"`
}

type promoWorth struct {
	Value *amount `json:"value"`
	Low   *amount `json:"low"`
	High  *amount `json:"high"`
}

type promoRatio struct {
	Value string `json:"value"`
	Low   string `json:"low"`
	High  string `json:"high"`
}

type promoPeriod struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Part    string `json:"part,omitempty" doc:"window, after or other: another promotion; the history has none"`
	Actual  string `json:"actual"`
	Sibling string `json:"siblings" doc:"products of the same family"`
	Base    string `json:"baseline,omitempty"`
	Low     string `json:"low,omitempty"`
	High    string `json:"high,omitempty"`
}

// promoSide is one side of a company: sold in by a date, or sold on.
type promoSide struct {
	By       string        `json:"by" doc:"order, ship, invoice or resale"`
	Grain    string        `json:"grain" doc:"week, month, quarter or 445: that in which it is reported"`
	Why      string        `json:"not_measured,omitempty" doc:"why there is no estimate: short, same_weeks, nothing, no_window or reports"`
	From     string        `json:"history_from,omitempty"`
	To       string        `json:"history_to,omitempty"`
	Fitted   int           `json:"history_periods"`
	First    string        `json:"measured_from,omitempty"`
	Last     string        `json:"measured_to,omitempty"`
	SoFar    bool          `json:"so_far" doc:"the promotion, or the periods after it, are not over"`
	Actual   string        `json:"actual"`
	Base     string        `json:"baseline,omitempty"`
	Lift     *promoEffect  `json:"lift,omitempty" doc:"actual less baseline"`
	After    *promoEffect  `json:"after,omitempty" doc:"in the periods after it; below zero is bought ahead"`
	Siblings *promoEffect  `json:"siblings,omitempty" doc:"below zero is cannibalised"`
	Extra    *promoEffect  `json:"extra,omitempty" doc:"all three"`
	Worth    *promoWorth   `json:"extra_sales,omitempty" doc:"at the average net price"`
	Others   []string      `json:"other_promotions,omitempty" doc:"numbers of those that ran for the same products at the same time"`
	Periods  []promoPeriod `json:"periods,omitempty"`
}

type promoAdded struct {
	Company string      `json:"company" doc:"slug"`
	In      promoSide   `json:"sold_in"`
	Out     promoSide   `json:"sold_on"`
	Gap     string      `json:"in_channel,omitempty" doc:"sold in less sold on in the days measured: stock, not demand"`
	Cost    *amount     `json:"cost"`
	PerCost *promoRatio `json:"sales_per_cost,omitempty"`
	Return  *promoRatio `json:"net_return,omitempty" doc:"for the owner, where the margin was told"`
}

type promoVolume struct {
	Company string  `json:"company" doc:"slug"`
	Volume  string  `json:"volume" doc:"units so far"`
	Percent string  `json:"percent" doc:"a ratio: what they have reached"`
	Missing string  `json:"missing,omitempty" doc:"units to the next tier"`
	Next    string  `json:"next,omitempty" doc:"its ratio"`
	Gain    *amount `json:"gain,omitempty" doc:"about what reaching it adds to what was earned"`
}

type promoResults struct {
	Number    string         `json:"number"`
	State     string         `json:"state"`
	By        string         `json:"by" doc:"the date that decides"`
	Margin    string         `json:"margin,omitempty" doc:"for the owner"`
	Companies []promoFigures `json:"companies"`
	Items     []promoFigures `json:"items"`
	Settled   []promoFigures `json:"settled,omitempty" doc:"as it was settled"`
	Late      []promoLate    `json:"adjustments,omitempty" doc:"documents that came after it was settled, the newest first, at most 200: with settled they come to companies"`
	Volumes   []promoVolume  `json:"volumes,omitempty" doc:"where each company stands with tiers that go by all of the window"`
	Added     []promoAdded   `json:"added"`
	AsOf      *time.Time     `json:"as_of,omitempty" doc:"where many lines were measured beforehand: since when added does not know newer documents"`
}

func effectOut(e promo.Effect) *promoEffect {
	return &promoEffect{e.Value.String(), e.Low.String(), e.High.String(), e.Differs}
}

func sideOut(s promo.Side, periods bool) promoSide {
	out := promoSide{By: s.By, Grain: s.Grain, Why: s.Why, From: s.From, To: s.To, Fitted: s.Fitted, First: s.First, Last: s.Last, SoFar: s.Open || s.AfterOpen, Actual: s.Actual.String(), Others: s.Others}
	if s.Why == "" {
		out.Base, out.Lift, out.Extra = s.Base.String(), effectOut(s.Lift), effectOut(s.Extra)
		if !s.Open {
			out.After = effectOut(s.After)
		}
		if s.Siblings && s.SiblingsWhy == "" {
			out.Siblings = effectOut(s.Taken)
		}
		if s.Price > 0 {
			out.Worth = &promoWorth{money2(s.Worth.Value, false), money2(s.Worth.Low, false), money2(s.Worth.High, false)}
		}
	}
	if !periods {
		return out
	}
	for _, w := range s.Periods {
		if !w.Known {
			continue
		}
		p := promoPeriod{From: w.From, To: w.To, Part: w.Part, Actual: w.Actual.String(), Sibling: w.Sibling.String()}
		if w.Fitted {
			p.Base, p.Low, p.High = w.Base.String(), w.Low.String(), w.High.String()
		}
		out.Periods = append(out.Periods, p)
	}
	return out
}

type promoRebuild struct {
	State   string     `json:"state" doc:"running, done, stopped (settled meanwhile) or empty"`
	Done    int        `json:"done" doc:"orders"`
	Total   int        `json:"total"`
	Lines   int        `json:"lines"`
	Changed int        `json:"changed" doc:"lines and sums that were another before"`
	Started *time.Time `json:"started,omitempty"`
	At      *time.Time `json:"at,omitempty" doc:"when it last went on"`
}

func (a *API) promoRebuild(ctx context.Context, actor access.Actor, id promo.ID) (*reply[promoRebuild], error) {
	r, err := a.d.Promos.Rebuilding(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out := promoRebuild{}
	if x := r.Rebuild; x != nil {
		out = promoRebuild{x.State, x.Done, x.Total, x.Lines, x.Changed, moment(x.Started), moment(x.At)}
	}
	return &reply[promoRebuild]{out}, nil
}

func (a *API) promoResults(ctx context.Context, actor access.Actor, id promo.ID, periods bool) (*reply[promoResults], error) {
	r, err := a.d.Promos.Results(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	added, err := a.d.Promos.Lift(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	orgs := map[string]bool{}
	for _, x := range r.Parts {
		orgs[x.Org] = true
	}
	for _, m := range added.Parts {
		orgs[m.Org] = true
	}
	for _, x := range r.Volumes {
		orgs[x.Org] = true
	}
	for _, x := range r.Adjusted {
		orgs[x.Org] = true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	all := func(fs []promo.Figures) []promoFigures {
		out := []promoFigures{}
		for _, f := range fs {
			out = append(out, promoFigures{names[f.Org].Slug, f.SKU, f.Orders, f.Counted.String(), f.Confirmed.String(), f.Shipped.String(), f.Invoiced.String(), f.Sold.String(), money2(f.Value, false), money2(f.Earned, false)})
		}
		return out
	}
	out := promoResults{Number: r.Number, State: string(r.State), By: added.By, Companies: all(r.Parts), Items: all(r.Products), Added: []promoAdded{}, AsOf: moment(added.AsOf)}
	for _, v := range r.Volumes {
		x := promoVolume{Company: names[v.Org].Slug, Volume: v.Volume.String(), Percent: v.Step.String()}
		if v.Next != nil {
			x.Missing, x.Next, x.Gain = v.Next.Missing.String(), v.Next.Step.String(), money2(v.Next.Gain, false)
		}
		out.Volumes = append(out.Volumes, x)
	}
	if len(r.Frozen) > 0 {
		out.Settled = all(r.Frozen)
	}
	for _, x := range r.Adjusted {
		out.Late = append(out.Late, promoLate{x.ID, names[x.Org].Slug, x.Reason, x.Number, x.Invoiced.String(), x.Sold.String(), money2(x.Earned, false), x.At})
	}
	if added.Margin > 0 {
		out.Margin = added.Margin.String()
	}
	ratio := func(x *promo.Ratio) *promoRatio {
		if x == nil {
			return nil
		}
		return &promoRatio{x.Value.String(), x.Low.String(), x.High.String()}
	}
	for _, m := range added.Parts {
		x := promoAdded{Company: names[m.Org].Slug, In: sideOut(m.In, periods), Out: sideOut(m.Out, periods), Cost: money2(m.Cost, false), PerCost: ratio(m.PerCost), Return: ratio(m.Return)}
		if m.Gapped {
			x.Gap = m.Gap.String()
		}
		out.Added = append(out.Added, x)
	}
	return &reply[promoResults]{out}, nil
}
