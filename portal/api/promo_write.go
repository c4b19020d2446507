package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

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
// answering company alone in a counter-proposal, where its role, currency and rate stand.
func (a *API) promoTermsOf(ctx context.Context, actor access.Actor, in PromoTerms, currency money.Currency, zone string, own *promo.Part) (promo.Terms, error) {
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
			if p.Org, p.Currency = id, ps[0].Currency; p.Rate == 0 && p.Currency == currency {
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
			t, err := a.promoTermsOf(ctx, actor, in.Body, currency, zone, nil)
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
	handle(a, op("PUT", base+"/{id}", "promotions:write", "Rewrite a promotion", "The draft, or the next version of one that was sent: what is agreed holds until the new text is proposed and approved. 409 where it changed meanwhile.", 200),
		func(ctx context.Context, actor access.Actor, in *saveIn) (*reply[promoOut], error) {
			was, err := a.d.Promos.Get(ctx, actor, promo.ID(in.ID))
			if err != nil {
				return nil, err
			}
			t, err := a.promoTermsOf(ctx, actor, in.Body.PromoTerms, was.Text().Currency, was.Text().Zone, nil)
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
			t, err := a.promoTermsOf(ctx, actor, in.Body.PromoTerms, j.Text.Currency, j.Text.Zone, &mine)
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
