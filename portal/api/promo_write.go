package api

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
)

// decimals reads the numbers of a body and keeps the first fault.
type decimals struct{ err error }

func (d *decimals) micro(field, s string) money.Micro {
	n, err := quantity(field, s)
	if d.err == nil {
		d.err = err
	}
	return n
}

func (d *decimals) minor(field, s string, c money.Currency) int64 {
	n, err := coins(field, s, c)
	if d.err == nil {
		d.err = err
	}
	return n.Minor
}

// same refuses a currency that was sent and is not the one that stands.
func (d *decimals) same(field, s string, c money.Currency) {
	if s != "" && s != string(c) && d.err == nil {
		d.err = fault.InvalidField(field, "form.choice_wrong")
	}
}

// promoTermsOf reads terms. Parts are those of other companies for the owner, and of the
// answering company alone in a counter-proposal, where its role, currency and rate stand. Who
// stands in kept keeps its currency, whatever its partnership is in by now.
func (a *API) promoTermsOf(ctx context.Context, actor access.Actor, in PromoTerms, currency money.Currency, zone string, kept []promo.Part, own *promo.Part) (promo.Terms, error) {
	var d decimals
	t := promo.Terms{Title: in.Title, Summary: in.Summary, Audience: in.Audience, Families: in.Families, Fixed: in.Fixed, SKUs: in.SKUs, Kind: in.Mechanism, Percent: d.micro("percent", in.Percent), Buy: d.micro("buy", in.Buy), Free: d.micro("free", in.Free), FreeSKU: in.FreeSKU, Cumulative: in.Whole,
		Settle: cmp.Or(in.Settle, promo.OffInvoice), By: cmp.Or(in.By, promo.ByOrder), From: in.From, Until: in.Until, ShipBy: in.ShipBy, BackDays: in.BackDays, Zone: cmp.Or(in.Zone, zone), Prices: in.Prices, Countries: in.Countries, Quoted: in.Quoted == nil || *in.Quoted, Named: in.Named, ClaimBy: in.ClaimBy, Proof: in.Proof,
		Currency: currency, Share: d.minor("share", in.Share, currency)}
	d.same("currency", in.Currency, currency)
	for i, x := range in.Tiers {
		at := "tiers." + itoa(i) + "."
		t.Tiers = append(t.Tiers, promo.Tier{From: d.micro(at+"from", x.From), Percent: d.micro(at+"percent", x.Percent)})
	}
	for i, x := range in.Parts {
		at := "parts." + itoa(i) + "."
		p := promo.Part{Role: cmp.Or(x.Role, promo.Participant), Rate: d.micro(at+"rate", x.Rate)}
		if own != nil {
			id, err := a.companyID(ctx, actor, x.Company)
			if err != nil || id != own.Org {
				return t, fault.InvalidField(at+"company", "promo.partner_unknown")
			}
			if i > 0 {
				return t, fault.InvalidField(at+"company", "promo.partner_twice")
			}
			p = promo.Part{Org: own.Org, Role: own.Role, Currency: own.Currency, Rate: own.Rate}
		} else {
			id, ps, err := a.partnerships(ctx, actor, x.Company)
			if err != nil || len(ps) == 0 {
				return t, fault.InvalidField(at+"company", "promo.partner_unknown")
			}
			if k := slices.IndexFunc(ps, func(x partner.Partnership) bool { return x.Supplier == actor.Org }); k > 0 {
				ps[0] = ps[k] // who takes part buys from the owner
			}
			p.Org, p.Currency = id, ps[0].Currency
			if k := slices.IndexFunc(kept, func(x promo.Part) bool { return x.Org == id }); k >= 0 {
				p.Currency = kept[k].Currency
			}
			if p.Rate == 0 && p.Currency == currency {
				p.Rate = money.One
			}
		}
		d.same(at+"currency", x.Currency, p.Currency)
		p.Share, p.Allow, p.Target, p.Limit = d.minor(at+"share", x.Share, p.Currency), d.micro(at+"allow", x.Allow), d.micro(at+"target", x.Target), d.micro(at+"limit", x.Limit)
		t.Parts = append(t.Parts, p)
	}
	return t, d.err
}

// partsByPlace names the parts of terms in a fault by their place in the body, as the
// program wrote them, and not by the ids of companies.
func partsByPlace(err error, t promo.Terms) error {
	f := fault.As(err)
	if f == nil {
		return err
	}
	for i := range f.Fields {
		for k, p := range t.Parts {
			f.Fields[i].Name = strings.Replace(f.Fields[i].Name, "parts."+p.Org+".", "parts."+itoa(k)+".", 1)
		}
	}
	return err
}

type promoTemplate struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Terms *PromoTerms `json:"terms" doc:"without dates; with them they can be sent to POST /api/v1/promotions"`
}

// promoTemplates are the terms a company keeps to begin promotions from.
func (a *API) promoTemplates() {
	show := func(ctx context.Context, list ...promo.Template) ([]promoTemplate, error) {
		orgs := map[string]bool{}
		for _, t := range list {
			for _, p := range t.Terms.Parts {
				orgs[p.Org] = true
			}
		}
		names, err := a.slugs(ctx, orgs)
		out := make([]promoTemplate, len(list))
		for i, t := range list {
			out[i] = promoTemplate{t.ID, t.Name, a.promoTermsOut(t.Terms, func(id string) string { return names[id].Slug })}
		}
		return out, err
	}
	handle(a, op("GET", "/api/v1/promotion-templates", "promotions:read", "List your templates of promotions", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[promoTemplate]], error) {
			got, err := a.d.Promos.Templates(ctx, actor)
			if err != nil {
				return nil, err
			}
			items, err := show(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, ""), nil
		})
	type templateIn struct {
		ID   string `path:"id"`
		Body struct {
			Name    string `json:"name"`
			Replace bool   `json:"replace,omitempty" doc:"take the place of one with this name"`
		}
	}
	handle(a, op("POST", "/api/v1/promotions/{id}/template", "promotions:write", "Keep a promotion as a template", "The terms without their dates, for your company alone. 409 where the name is taken.", 200),
		func(ctx context.Context, actor access.Actor, in *templateIn) (*reply[promoTemplate], error) {
			t, err := a.d.Promos.SaveTemplate(ctx, actor, promo.ID(in.ID), in.Body.Name, in.Body.Replace)
			if err != nil {
				return nil, err
			}
			out, err := show(ctx, t)
			if err != nil {
				return nil, err
			}
			return &reply[promoTemplate]{out[0]}, nil
		})
	type templateDropIn struct {
		ID string `path:"id"`
	}
	handle(a, op("POST", "/api/v1/promotion-templates/{id}/remove", "promotions:write", "Remove a template of promotions", "Promotions that began from it stay as they are.", 204),
		func(ctx context.Context, actor access.Actor, in *templateDropIn) (*struct{}, error) {
			return nil, a.d.Promos.DropTemplate(ctx, actor, in.ID)
		})
}

// promoWrites are the operations that write promotions.
func (a *API) promoWrites() {
	const base = "/api/v1/promotions"
	home := func(ctx context.Context, actor access.Actor) (money.Currency, string, error) {
		orgs, err := a.d.Accounts.Directory().OrgsByID(ctx, actor.Org)
		return orgs[actor.Org].Currency, orgs[actor.Org].Zone, err
	}
	done := func(ctx context.Context, actor access.Actor, t promo.Terms, id promo.ID, err error) (*reply[promoOut], error) {
		if err != nil {
			return nil, partsByPlace(err, t)
		}
		return a.promoOne(ctx, actor, id)
	}
	type createIn struct {
		Body PromoTerms
	}
	handle(a, op("POST", base, "promotions:write", "Write a promotion", "A draft that nobody else sees before it is proposed.", 201),
		func(ctx context.Context, actor access.Actor, in *createIn) (*reply[promoOut], error) {
			currency, zone, err := home(ctx, actor)
			if err != nil {
				return nil, err
			}
			t, err := a.promoTermsOf(ctx, actor, in.Body, currency, zone, nil, nil)
			if err != nil {
				return nil, err
			}
			d, err := a.d.Promos.Create(ctx, actor, t)
			return done(ctx, actor, t, d.ID, err)
		})
	type saveIn struct {
		ID   string `path:"id"`
		Body struct {
			PromoTerms
			Version int64 `json:"version" doc:"that you read"`
		}
	}
	handle(a, op("PUT", base+"/{id}", "promotions:write", "Rewrite a promotion", "The draft, or the next version of one that was sent: what is agreed holds until the new text is proposed and approved. A company that an agreed version had keeps its currency: another one is another promotion (422 promo.currency_agreed), and so is another settlement, or a change to or from the day of the resale (promo.settle_agreed, promo.by_agreed). 409 where it changed meanwhile.", 200),
		func(ctx context.Context, actor access.Actor, in *saveIn) (*reply[promoOut], error) {
			was, err := a.d.Promos.Get(ctx, actor, promo.ID(in.ID))
			if err != nil {
				return nil, err
			}
			t, err := a.promoTermsOf(ctx, actor, in.Body.PromoTerms, was.Text().Currency, was.Text().Zone, was.Text().Parts, nil)
			if err != nil {
				return nil, err
			}
			_, err = a.d.Promos.SaveDraft(ctx, actor, promo.ID(in.ID), in.Body.Version, t)
			return done(ctx, actor, t, promo.ID(in.ID), err)
		})
	type proposeIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version" doc:"that you read"`
			Words   string `json:"words,omitempty" maxLength:"1000"`
		}
	}
	handle(a, op("POST", base+"/{id}/propose", "promotions:write", "Propose a promotion", "Each company is sent its own text and approves or declines it. What a rule of your own company keeps back is sent by its last approval: then approval names the request.", 200),
		func(ctx context.Context, actor access.Actor, in *proposeIn) (*reply[promoOut], error) {
			_, err := a.d.Promos.Propose(ctx, actor, promo.ID(in.ID), in.Body.Version, in.Body.Words)
			return done(ctx, actor, promo.Terms{}, promo.ID(in.ID), err)
		})
	type counterIn struct {
		ID   string `path:"id"`
		Body struct {
			PromoTerms
			Hash  string `json:"hash" doc:"of the text you read"`
			Words string `json:"words,omitempty" maxLength:"1000"`
		}
	}
	handle(a, op("POST", base+"/{id}/counter", "promotions:write", "Answer a promotion with other words", "The common terms and your own part as you would have them. A second one replaces the first; the owner takes it over or not.", 200),
		func(ctx context.Context, actor access.Actor, in *counterIn) (*reply[promoOut], error) {
			j, err := a.d.Promos.Join(ctx, actor, promo.ID(in.ID))
			if err != nil {
				return nil, err
			}
			mine, ok := j.Text.Part(actor.Org)
			if !ok {
				mine.Org = actor.Org
			}
			t, err := a.promoTermsOf(ctx, actor, in.Body.PromoTerms, j.Text.Currency, j.Text.Zone, nil, &mine)
			if err != nil {
				return nil, err
			}
			_, err = a.d.Promos.Counter(ctx, actor, promo.ID(in.ID), in.Body.Hash, t, in.Body.Words)
			return done(ctx, actor, t, promo.ID(in.ID), err)
		})
	type answerIn struct {
		ID      string `path:"id"`
		Counter string `path:"counter"`
		Body    struct {
			Adopt bool   `json:"adopt"`
			Words string `json:"words,omitempty" maxLength:"1000"`
		}
	}
	handle(a, op("POST", base+"/{id}/counters/{counter}/answer", "promotions:write", "Take over a counter-proposal, or not", "Taken over it is the next version, which all companies are asked to approve. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *answerIn) (*reply[promoOut], error) {
			_, err := a.d.Promos.AnswerCounter(ctx, actor, promo.ID(in.ID), in.Counter, in.Body.Adopt, in.Body.Words)
			return done(ctx, actor, promo.Terms{}, promo.ID(in.ID), err)
		})
}

// promoTask is something that one company is to do.
type promoTask struct {
	ID      string     `json:"id"`
	Company string     `json:"company" doc:"slug: who does it"`
	Title   string     `json:"title"`
	Due     string     `json:"due,omitempty" doc:"civil date"`
	Done    *time.Time `json:"done,omitempty"`
}

// promoSlot is a promotion in the calendar.
type promoSlot struct {
	promoOut
	Clashes []string `json:"clashes" doc:"ids of those whose order lines could be of this one too: same owner, partner, product and days"`
}

type promoCalendar struct {
	Items []promoSlot `json:"items"`
	More  bool        `json:"more" doc:"there are others, which begin earlier: ask for fewer days"`
}

type promoReplay struct {
	From      string            `json:"from" doc:"those days a year before"`
	Until     string            `json:"until"`
	Companies []promoReplayPart `json:"companies"`
}

type promoReplayPart struct {
	Company string  `json:"company" doc:"slug"`
	Orders  int     `json:"orders" doc:"with a line under the terms"`
	Units   string  `json:"units" doc:"base units granted"`
	Free    string  `json:"free,omitempty" doc:"units of goods free of charge"`
	Cost    *amount `json:"cost"`
	Percent string  `json:"percent,omitempty" doc:"a ratio: the step that those units reach, where tiers go by all of the window"`
	Cut     bool    `json:"cut,omitempty" doc:"there were more orders than are looked at"`
}

type promoReports struct {
	Company string       `json:"company" doc:"slug"`
	Grain   string       `json:"grain,omitempty" doc:"week, month, quarter or 445: that in which it reports"`
	Periods []promoAsked `json:"periods"`
}

type promoAsked struct {
	From  string `json:"from"`
	To    string `json:"to"`
	State string `json:"state" doc:"complete, running, awaited, missing, partial or unplanned"`
	Due   string `json:"due,omitempty"`
}

// promoTasksOf are the tasks of a promotion that the actor's company sees.
func (a *API) promoTasksOf(ctx context.Context, actor access.Actor, id promo.ID) ([]promoTask, error) {
	var got []promo.Task
	d, err := a.d.Promos.Get(ctx, actor, id)
	if got = d.Tasks; fault.CodeOf(err) == fault.NotFound {
		var j promo.Joined
		j, err = a.d.Promos.Join(ctx, actor, id)
		got = j.Tasks
	}
	if err != nil {
		return nil, err
	}
	orgs := map[string]bool{}
	for _, t := range got {
		orgs[t.Org] = true
	}
	names, err := a.slugs(ctx, orgs)
	out := make([]promoTask, len(got))
	for i, t := range got {
		out[i] = promoTask{t.ID, names[t.Org].Slug, t.Title, t.Due, moment(t.Done)}
	}
	return out, err
}

// promoRuns are the operations on promotions that run or ended: tasks, calendar, what terms
// would have cost, and the settlement.
func (a *API) promoRuns() {
	const base = "/api/v1/promotions"
	tasks := func(ctx context.Context, actor access.Actor, id promo.ID) (*reply[list[promoTask]], error) {
		items, err := a.promoTasksOf(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		return page(items, ""), nil
	}
	handle(a, op("GET", base+"/{id}/tasks", "promotions:read", "List the tasks of a promotion", "The owner reads all, others their own.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[list[promoTask]], error) {
			return tasks(ctx, actor, promo.ID(in.ID))
		})
	type taskIn struct {
		ID   string `path:"id"`
		Body struct {
			Company string `json:"company,omitempty" doc:"slug: who does it; your own if left out. The owner gives tasks to all who take part, others to themselves"`
			Title   string `json:"title" maxLength:"200"`
			Due     string `json:"due,omitempty" doc:"civil date"`
		}
	}
	handle(a, op("POST", base+"/{id}/tasks", "promotions:write", "Give a task in a promotion", "", 201),
		func(ctx context.Context, actor access.Actor, in *taskIn) (*reply[list[promoTask]], error) {
			org := ""
			if in.Body.Company != "" {
				if _, err := a.promoTasksOf(ctx, actor, promo.ID(in.ID)); err != nil { // before anything of the body is looked at
					return nil, err
				}
				var err error
				if org, _, err = a.partnerships(ctx, actor, in.Body.Company); err != nil {
					return nil, fault.InvalidField("company", "promo.partner_unknown")
				}
			}
			if _, err := a.d.Promos.AddTask(ctx, actor, promo.ID(in.ID), org, in.Body.Title, in.Body.Due); err != nil {
				if f := fault.As(err); f != nil {
					for i := range f.Fields {
						f.Fields[i].Name = strings.Replace(f.Fields[i].Name, "org", "company", 1)
					}
				}
				return nil, err
			}
			return tasks(ctx, actor, promo.ID(in.ID))
		})
	type tickIn struct {
		ID   string `path:"id"`
		Task string `path:"task"`
		Body struct {
			Done bool `json:"done"`
		}
	}
	handle(a, op("POST", base+"/{id}/tasks/{task}/tick", "promotions:write", "Tick a task off, or not", "By the company that does it, or the owner. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *tickIn) (*reply[list[promoTask]], error) {
			got, err := a.promoTasksOf(ctx, actor, promo.ID(in.ID))
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(got, func(t promoTask) bool { return t.ID == in.Task }) {
				return nil, fault.New(fault.NotFound, "error.not_found")
			}
			if _, err := a.d.Promos.DoTask(ctx, actor, in.Task, in.Body.Done); err != nil {
				return nil, err
			}
			return tasks(ctx, actor, promo.ID(in.ID))
		})
	type calendarIn struct {
		From  string `query:"from" required:"true" doc:"civil date"`
		Until string `query:"until" required:"true" doc:"civil date, inside"`
	}
	handle(a, op("GET", "/api/v1/promotion-calendar", "promotions:read", "Get the calendar of promotions", "Your company's own and those it takes part in whose windows touch the days, by their first day, without those that were cancelled; each with those it meets.", 200),
		func(ctx context.Context, actor access.Actor, in *calendarIn) (*reply[promoCalendar], error) {
			for field, day := range map[string]string{"from": in.From, "until": in.Until} {
				if _, err := time.Parse(time.DateOnly, day); err != nil {
					return nil, fault.InvalidField(field, "form.date")
				}
			}
			slots, more, err := a.d.Promos.Calendar(ctx, actor, in.From, in.Until)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, x := range slots {
				orgs[x.Owner] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			out := promoCalendar{Items: []promoSlot{}, More: more}
			for _, x := range slots {
				y := promoSlot{promoHead(x.Head, func(id string) string { return names[id].Slug }), []string{}}
				for _, id := range x.Clashes {
					y.Clashes = append(y.Clashes, string(id))
				}
				out.Items = append(out.Items, y)
			}
			return &reply[promoCalendar]{out}, nil
		})
	type replayIn struct {
		Body PromoTerms
	}
	handle(a, op("POST", "/api/v1/promotion-replay", "promotions:write", "Replay terms on last year's orders", "What the terms would have cost on the orders of the same days a year before, by company in its currency. Nothing is kept, and nobody is told.", 200),
		func(ctx context.Context, actor access.Actor, in *replayIn) (*reply[promoReplay], error) {
			if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
				return nil, err
			}
			home, err := a.d.Accounts.Directory().OrgsByID(ctx, actor.Org)
			if err != nil {
				return nil, err
			}
			t, err := a.promoTermsOf(ctx, actor, in.Body, home[actor.Org].Currency, home[actor.Org].Zone, nil, nil)
			if err != nil {
				return nil, err
			}
			got, err := a.d.Promos.Replay(ctx, actor, a.d.Trade, t)
			if err != nil {
				return nil, partsByPlace(err, t)
			}
			orgs := map[string]bool{}
			for _, p := range got.Parts {
				orgs[p.Org] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			out := promoReplay{got.From, got.Until, []promoReplayPart{}}
			for _, p := range got.Parts {
				x := promoReplayPart{Company: names[p.Org].Slug, Orders: p.Orders, Units: p.Units.String(), Cost: money2(p.Cost, false), Cut: p.Cut}
				if p.Free > 0 {
					x.Free = p.Free.String()
				}
				if p.Step > 0 {
					x.Percent = p.Step.String()
				}
				out.Companies = append(out.Companies, x)
			}
			return &reply[promoReplay]{out}, nil
		})
	handle(a, op("GET", base+"/{id}/reports", "promotions:read", "Get which reports of the window are there", "Of sell-through, by company and in the periods in which it reports: the owner reads all, others their own. What is not complete keeps a promotion from being settled without a reason.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[list[promoReports]], error) {
			got, err := a.d.Promos.Reports(ctx, actor, promo.ID(in.ID))
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, r := range got {
				orgs[r.Org] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := []promoReports{}
			for _, r := range got {
				x := promoReports{names[r.Org].Slug, r.Grain, []promoAsked{}}
				for _, p := range r.Periods {
					x.Periods = append(x.Periods, promoAsked{p.From, p.To, p.State, p.Due})
				}
				items = append(items, x)
			}
			return page(items, ""), nil
		})
	type settleIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version" doc:"that you read"`
			Reason  string `json:"reason,omitempty" maxLength:"500" doc:"needed while reports of the window are missing; all who take part read it"`
		}
	}
	handle(a, op("POST", base+"/{id}/settle", "promotions:write", "Settle a promotion that has ended", "Its figures are kept as they stand; what comes later is an adjustment beside them. 409 promo.reports_missing without a reason while reports are missing. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *settleIn) (*reply[promoResults], error) {
			if err := a.d.Promos.Settle(ctx, actor, promo.ID(in.ID), in.Body.Version, in.Body.Reason); err != nil {
				return nil, err
			}
			return a.promoResults(ctx, actor, promo.ID(in.ID), false)
		})
}
