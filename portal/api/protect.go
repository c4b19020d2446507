package api

import (
	"context"
	"maps"
	"slices"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/protect"
)

// protectTerms are what a supplier grants on stock when its prices fall.
type protectTerms struct {
	Currency   string  `json:"currency"`
	Partner    string  `json:"partner,omitempty" doc:"slug of the partner they are for; left out: of all that trade in the currency"`
	Supplier   string  `json:"supplier,omitempty" doc:"slug of the supplier that grants them, where they are for your company"`
	Days       int     `json:"days" doc:"what came in within so many days is protected where no report of stock says more; 0 grants nothing"`
	Cover      string  `json:"cover" doc:"share of the fall: 1 is all of it"`
	Cap        *amount `json:"cap,omitempty" doc:"the most for one fall"`
	Least      *amount `json:"least,omitempty" doc:"below it nothing is paid"`
	AnswerDays int     `json:"answer_days" doc:"within which the distributor answers"`
}

type protection struct {
	ID       string           `json:"id"`
	Supplier string           `json:"supplier" doc:"slug"`
	Reseller string           `json:"reseller" doc:"slug"`
	Currency string           `json:"currency"`
	Day      string           `json:"day" doc:"the first of the lower prices"`
	State    string           `json:"state" enum:"coming,proposed,proving,claimed,nothing,lapsed,closed"`
	Why      string           `json:"why,omitempty" enum:"no_stock,no_fall,least,no_terms,inactive,declined,denied,late,withdrawn"`
	Basis    string           `json:"basis,omitempty" enum:"report,moves" doc:"a report of stock, or what came in within the window less what left"`
	Report   string           `json:"report,omitempty" doc:"number of the report of stock"`
	Reported string           `json:"report_day,omitempty"`
	From     string           `json:"from,omitempty" doc:"first day whose movements were counted"`
	To       string           `json:"to,omitempty"`
	Complete bool             `json:"sold_on_complete" doc:"sell-through covers every one of these days"`
	Amount   *amount          `json:"amount"`
	Open     *amount          `json:"open" doc:"what no claim asks for yet"`
	Mark     string           `json:"mark,omitempty" doc:"of exactly what is proposed; confirm and counter ask for it"`
	AnswerBy *time.Time       `json:"answer_by,omitempty"`
	Lines    []protectionLine `json:"lines,omitempty" doc:"only in the answer for one"`
	Claims   []string         `json:"claims,omitempty" doc:"ids; only in the answer for one"`
}

type protectionLine struct {
	SKU      string  `json:"sku"`
	Was      *amount `json:"was"`
	Price    *amount `json:"price"`
	Version  int     `json:"price_version" doc:"of the list by which the price fell"`
	Quantity string  `json:"quantity" doc:"base units, as reckoned"`
	Said     string  `json:"said,omitempty" doc:"as the distributor says"`
	Amount   *amount `json:"amount" doc:"after share and cap"`
}

// claimRemark is what a line of a claim of price protection does not say by itself.
type claimRemark struct {
	Line      int             `json:"line"`
	Cap       *amount         `json:"cap,omitempty" doc:"the most for one fall, where it was used up on this line"`
	Whole     *amount         `json:"whole,omitempty" doc:"what the quantity would have been granted"`
	Cut       *amount         `json:"cut,omitempty" doc:"what of it is over the cap"`
	Corrected *listCorrection `json:"corrected,omitempty" doc:"the price list was put right after the claim was sent"`
}

type listCorrection struct {
	Drop    *amount `json:"drop" doc:"what a unit became cheaper"`
	List    string  `json:"price_list,omitempty"`
	Version int     `json:"price_version,omitempty"`
	Comes   *amount `json:"comes" doc:"to what the line comes by it, never more than it asks for"`
}

// protectSay is a quantity as the distributor says it.
type protectSay struct {
	SKU      string `json:"sku"`
	Quantity string `json:"quantity" doc:"base units"`
}

func (a *API) protectionsOut(ctx context.Context, list ...protect.Protection) ([]protection, error) {
	orgs := map[string]bool{}
	for _, x := range list {
		orgs[x.Supplier], orgs[x.Reseller] = true, true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]protection, len(list))
	for i, x := range list {
		p := protection{ID: string(x.ID), Supplier: names[x.Supplier].Slug, Reseller: names[x.Reseller].Slug, Currency: string(x.Currency), Day: x.Day, State: string(x.State), Why: x.Why, Basis: x.Stock.Basis, Report: x.Stock.Number, Reported: x.Stock.ReportDay, From: x.Stock.From, To: x.Stock.To, Complete: x.Stock.Complete, Amount: money2(x.Amount, false), Open: money2(x.Open, false), Mark: x.Mark}
		if !x.AnswerBy.IsZero() {
			p.AnswerBy = &x.AnswerBy
		}
		for _, l := range x.Lines {
			w := protectionLine{SKU: l.SKU, Was: &amount{l.Was.Fixed(x.Currency.Digits()), string(x.Currency)}, Price: &amount{l.Price.Fixed(x.Currency.Digits()), string(x.Currency)}, Version: l.Version, Quantity: l.Quantity.String(), Amount: money2(l.Amount, false)}
			if l.Countered {
				w.Said = l.Said.String()
			}
			p.Lines = append(p.Lines, w)
		}
		for _, id := range x.Claims {
			p.Claims = append(p.Claims, string(id))
		}
		out[i] = p
	}
	return out, nil
}

func protectTermsOut(t protect.Terms) protectTerms {
	out := protectTerms{Currency: string(t.Currency), Days: t.Days, Cover: t.Cover.String(), AnswerDays: t.AnswerDays}
	if t.Cap.Minor > 0 {
		out.Cap = money2(t.Cap, false)
	}
	if t.Least.Minor > 0 {
		out.Least = money2(t.Least, false)
	}
	return out
}

// protections are the routes of price protection.
func (a *API) protections() {
	s := a.d.Protect
	const base = "/api/v1/price-protections"
	type protectListIn struct {
		State string `query:"state" enum:"coming,proposed,proving,claimed,nothing,lapsed,closed"`
		After string `query:"after"`
		Limit int    `query:"limit" minimum:"0" maximum:"200"`
	}
	handle(a, op("GET", base, "funds:read", "List price protections", "Falls of prices as they touch the stock of a distributor, the latest changed first, without lines.", 200),
		func(ctx context.Context, actor access.Actor, in *protectListIn) (*reply[list[protection]], error) {
			f := protect.Filter{After: in.After, Limit: in.Limit}
			if in.State != "" {
				f.States = []protect.State{protect.State(in.State)}
			}
			got, next, err := s.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			items, err := a.protectionsOut(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", base+"/{id}", "funds:read", "Get a price protection", "With its lines: stock as it was reckoned × what a unit became cheaper, and the claims made of it.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[protection], error) {
			x, err := s.Get(ctx, actor, protect.ID(in.ID))
			if err != nil {
				return nil, err
			}
			items, err := a.protectionsOut(ctx, x)
			if err != nil {
				return nil, err
			}
			return &reply[protection]{items[0]}, nil
		})
	type protectConfirmIn struct {
		ID   string `path:"id"`
		Body struct {
			Mark string `json:"mark" doc:"as it was read; 409 where another claim follows now"`
		}
	}
	handle(a, op("POST", base+"/{id}/confirm", "funds:write", "Confirm a price protection", "Files the claim as it is proposed. The same mark is the same claim.", 200),
		func(ctx context.Context, actor access.Actor, in *protectConfirmIn) (*reply[claimOut], error) {
			c, err := s.Confirm(ctx, actor, protect.ID(in.ID), in.Body.Mark)
			return a.oneClaim(ctx, c, err)
		})
	type protectCounterIn struct {
		ID   string `path:"id"`
		Body struct {
			Mark  string       `json:"mark"`
			Note  string       `json:"note,omitempty" maxLength:"500"`
			Lines []protectSay `json:"lines" doc:"those not named stay as they were reckoned" minItems:"1" maxItems:"1000"`
		}
	}
	handle(a, op("POST", base+"/{id}/counter", "funds:write", "Answer a price protection with other quantities", "Where one is more than was reckoned the claim is a draft: add the stock report as its proof (item stock_report) and submit it. With nothing of anything 409, and nothing is claimed.", 200),
		func(ctx context.Context, actor access.Actor, in *protectCounterIn) (*reply[claimOut], error) {
			var says []protect.Say
			for i, l := range in.Body.Lines {
				q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
				if err != nil {
					return nil, err
				}
				says = append(says, protect.Say{SKU: l.SKU, Quantity: q})
			}
			c, err := s.Counter(ctx, actor, protect.ID(in.ID), in.Body.Mark, says, in.Body.Note)
			if err == nil && c.ID == "" {
				err = fault.New(fault.Conflict, "protect.nothing_claimed")
			}
			return a.oneClaim(ctx, c, err)
		})
	handle(a, op("GET", "/api/v1/claims/{id}/remarks", "funds:read", "List the remarks on a claim of price protection", "Lines on which the most for one fall was used up, and by how much they were cut; and lines whose price list was put right after the claim was sent, with what they come to by the corrected list.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[list[claimRemark]], error) {
			_, got, err := s.Remarks(ctx, actor, fund.ClaimID(in.ID))
			if err != nil {
				return nil, err
			}
			items := []claimRemark{}
			for _, x := range got {
				r := claimRemark{Line: x.Position}
				if x.Cut.Minor > 0 {
					r.Cap, r.Whole, r.Cut = money2(x.Cap, false), money2(x.Whole, false), money2(x.Cut, false)
				}
				if c := x.Comes.Currency; x.Corrected {
					r.Corrected = &listCorrection{&amount{x.Drop.Fixed(c.Digits()), string(c)}, string(x.List), x.Version, money2(x.Comes, false)}
				}
				items = append(items, r)
			}
			return page(items, ""), nil
		})
	type correctedIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64  `json:"version"`
			Note    string `json:"note,omitempty" maxLength:"500"`
		}
	}
	handle(a, op("POST", "/api/v1/claims/{id}/answer-corrected", "funds:write", "Answer a claim by the corrected price list", "Lines of which less follows are granted what they come to, the others as they were asked for. A decision like any other.", 200),
		func(ctx context.Context, actor access.Actor, in *correctedIn) (*reply[claimOut], error) {
			c, err := s.AnswerCorrected(ctx, actor, fund.ClaimID(in.ID), in.Body.Version, in.Body.Note)
			return a.oneClaim(ctx, c, err)
		})
	handle(a, op("GET", "/api/v1/price-protection-terms", "funds:read", "List the terms of price protection", "Those your company grants, and those its suppliers grant it.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[protectTerms]], error) {
			agreed, err := s.Agreed(ctx, actor)
			if err != nil {
				return nil, err
			}
			var own []protect.Terms
			if access.Allowed(actor, access.FundRead, access.Own(actor.Org)) {
				if own, err = s.Terms(ctx, actor); err != nil {
					return nil, err
				}
			}
			orgs := map[string]bool{}
			for _, t := range own {
				if t.Partner != "" {
					orgs[t.Partner] = true
				}
			}
			for id := range agreed {
				orgs[id] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := []protectTerms{}
			for _, t := range own {
				x := protectTermsOut(t)
				x.Partner = names[t.Partner].Slug
				items = append(items, x)
			}
			for _, id := range slices.Sorted(maps.Keys(agreed)) {
				x := protectTermsOut(agreed[id])
				x.Supplier = names[id].Slug
				items = append(items, x)
			}
			return page(items, ""), nil
		})
	type protectTermsIn struct{ Body protectTerms }
	handle(a, op("PUT", "/api/v1/price-protection-terms", "funds:write", "Set the terms of price protection", "For all partners of a currency, or for one.", 200),
		func(ctx context.Context, actor access.Actor, in *protectTermsIn) (*reply[protectTerms], error) {
			b := in.Body
			t := protect.Terms{Currency: money.Currency(b.Currency), Days: b.Days, AnswerDays: b.AnswerDays}
			var err error
			if b.Partner != "" {
				if t.Partner, err = a.partnerID(ctx, actor, b.Partner); err != nil {
					return nil, err
				}
			}
			if t.Cover, err = quantity("cover", b.Cover); err == nil {
				t.Cap, err = b.Cap.read("cap")
			}
			if err == nil {
				t.Least, err = b.Least.read("least")
			}
			if err == nil {
				err = s.SetTerms(ctx, actor, t)
			}
			if err != nil {
				return nil, err
			}
			out := protectTermsOut(t)
			out.Partner = b.Partner
			return &reply[protectTerms]{out}, nil
		})
}
