package api

import (
	"cmp"
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/portal/paper"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/promo"
)

type landingText struct {
	Language string `json:"language" enum:"en,zh-CN"`
	Title    string `json:"title"`
	Body     string `json:"body,omitempty"`
	Consent  string `json:"consent,omitempty" doc:"what people agree to; of a page, not of what is proposed"`
}

type landingCode struct {
	Code  string `json:"code"`
	Label string `json:"label,omitempty"`
}

type landingPage struct {
	Company   string        `json:"company" doc:"slug of the participant whose page it is"`
	Path      string        `json:"path,omitempty" doc:"of its address on this server; ?ref= and a code tells channels apart"`
	Live      bool          `json:"live"`
	Texts     []landingText `json:"texts"`
	Privacy   string        `json:"privacy,omitempty"`
	Imprint   string        `json:"imprint,omitempty"`
	Colour    string        `json:"colour,omitempty"`
	Offer     bool          `json:"offer" doc:"the allowance is told"`
	Listed    bool          `json:"listed" doc:"search engines may list it"`
	Codes     []landingCode `json:"codes,omitempty" doc:"referral codes, for whose page it is"`
	Published *time.Time    `json:"published"`
	Version   int64         `json:"version,omitempty" doc:"0: there is none yet"`
}

type landingOut struct {
	Proposal        []landingText `json:"proposal" doc:"what the owner proposes to say"`
	ProposalVersion int64         `json:"proposal_version,omitempty" doc:"for the owner"`
	Pages           []landingPage `json:"pages" doc:"the published pages for the owner, else your own"`
}

func landingTexts(texts []landing.Text) []landingText {
	out := []landingText{}
	for _, t := range texts {
		out = append(out, landingText(t))
	}
	return out
}

func textsOfLanding(texts []landingText) []landing.Text {
	var out []landing.Text
	for _, t := range texts {
		out = append(out, landing.Text(t))
	}
	return out
}

func landingJSON(p landing.Page, slug string) landingPage {
	out := landingPage{Company: slug, Live: p.Live, Texts: landingTexts(p.Texts), Privacy: p.Privacy, Imprint: p.Imprint, Colour: p.Colour, Offer: p.Offer, Listed: p.Listed, Published: instantOut(p.Published)}
	if p.Token != "" {
		out.Path = p.At(slug, "", "")
	}
	return out
}

// landingOne are the landing pages of a promotion as the actor's company may see them.
func (a *API) landingOne(ctx context.Context, actor access.Actor, id promo.ID) (*reply[landingOut], error) {
	p, err := a.d.Landing.Proposal(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out := landingOut{Proposal: landingTexts(p.Texts), Pages: []landingPage{}}
	pages, err := a.d.Landing.Pages(ctx, actor, id)
	mine := err == nil
	var own landing.Own
	if fault.IsNotFound(err) {
		if own, err = a.d.Landing.Own(ctx, actor, id); err == nil {
			pages = []landing.Page{own.Page}
		}
	}
	if err != nil {
		return nil, err
	}
	orgs := map[string]bool{}
	for _, x := range pages {
		orgs[x.Org] = true
	}
	slugs, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	for _, x := range pages {
		out.Pages = append(out.Pages, landingJSON(x, slugs[x.Org].Slug))
	}
	if mine {
		out.ProposalVersion = p.Version
		return &reply[landingOut]{out}, nil
	}
	out.Pages[0].Version = own.Version
	for _, c := range own.Codes {
		out.Pages[0].Codes = append(out.Pages[0].Codes, landingCode{c.Code, c.Label})
	}
	return &reply[landingOut]{out}, nil
}

type funnelStep struct {
	Company string `json:"company" doc:"slug of the participant"`
	Ref     string `json:"ref,omitempty" doc:"referral code"`
	Views   int    `json:"views" doc:"of people, as far as machines name themselves; nothing is kept of who looked"`
	Leads   int    `json:"leads"`
	Deals   int    `json:"deals" doc:"registrations submitted from these leads"`
	Orders  int    `json:"orders" doc:"that count for these registrations"`
}

type funnelRow struct {
	Company string     `json:"company" doc:"slug"`
	Ref     string     `json:"ref,omitempty"`
	Day     string     `json:"day,omitempty" doc:"of views"`
	Views   int        `json:"views,omitempty"`
	At      *time.Time `json:"at"`
	Lead    string     `json:"lead,omitempty" doc:"id, for its owner"`
	Offer   string     `json:"offer,omitempty" doc:"id of the lead as the participant has it"`
	State   string     `json:"state,omitempty" doc:"of the offer"`
	Deal    string     `json:"deal,omitempty" doc:"id"`
	Order   string     `json:"order,omitempty" doc:"id"`
	Number  string     `json:"number,omitempty" doc:"of the order, else of the registration"`
}

// landings are the operations on landing pages of promotions and what came by them.
func (a *API) landings() {
	const base = "/api/v1/promotions/{id}"
	type landingIn struct {
		ID string `path:"id"`
	}
	handle(a, op("GET", base+"/landing", "promotions:read", "Get the landing pages of a promotion", "For the owner what it proposes to say and the published pages, for a participant its own page with its referral codes.", 200),
		func(ctx context.Context, actor access.Actor, in *landingIn) (*reply[landingOut], error) {
			return a.landingOne(ctx, actor, promo.ID(in.ID))
		})
	type landingSaveIn struct {
		ID    string `path:"id"`
		Renew bool   `query:"renew" doc:"give the page a new address; the old one then leads nowhere"`
		Body  struct {
			Live    bool          `json:"live" doc:"publish it"`
			Texts   []landingText `json:"texts" maxItems:"2"`
			Privacy string        `json:"privacy,omitempty" doc:"address of a privacy notice, https"`
			Imprint string        `json:"imprint,omitempty"`
			Colour  string        `json:"colour,omitempty" enum:"teal,blue,green,red,violet,graphite" doc:"of the page and its flyers; teal if left out"`
			Offer   bool          `json:"offer,omitempty" doc:"tell the allowance"`
			Listed  bool          `json:"listed,omitempty" doc:"search engines may list it"`
			Version int64         `json:"version" doc:"that you read; 0: there is none yet"`
		}
	}
	handle(a, op("PUT", base+"/landing", "promotions:write", "Write your landing page", "For a participant of an agreed promotion. The form on it takes requests only while the promotion runs.", 200),
		func(ctx context.Context, actor access.Actor, in *landingSaveIn) (*reply[landingOut], error) {
			b := in.Body
			_, err := a.d.Landing.Save(ctx, actor, promo.ID(in.ID), landing.Page{Live: b.Live, Texts: textsOfLanding(b.Texts), Privacy: b.Privacy, Imprint: b.Imprint, Colour: b.Colour, Offer: b.Offer, Listed: b.Listed, Version: b.Version}, in.Renew)
			if err != nil {
				return nil, err
			}
			return a.landingOne(ctx, actor, promo.ID(in.ID))
		})
	type landingProposeIn struct {
		ID   string `path:"id"`
		Body struct {
			Texts   []landingText `json:"texts" maxItems:"2"`
			Version int64         `json:"version" doc:"proposal_version that you read; 0: nothing yet"`
		}
	}
	handle(a, op("PUT", base+"/landing/texts", "promotions:write", "Propose what landing pages say", "For the owner. Participants take the words over, change them and publish themselves.", 200),
		func(ctx context.Context, actor access.Actor, in *landingProposeIn) (*reply[landingOut], error) {
			if _, err := a.d.Landing.Propose(ctx, actor, promo.ID(in.ID), in.Body.Version, textsOfLanding(in.Body.Texts)); err != nil {
				return nil, err
			}
			return a.landingOne(ctx, actor, promo.ID(in.ID))
		})
	type landingCodeIn struct {
		ID   string `path:"id"`
		Body struct {
			Code   string `json:"code"`
			Label  string `json:"label,omitempty"`
			Remove bool   `json:"remove,omitempty" doc:"take it away; what came by it stays counted"`
		}
	}
	handle(a, op("POST", base+"/landing/codes", "promotions:write", "Add a referral code to your landing page", "Or another label, or remove it. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *landingCodeIn) (*reply[landingOut], error) {
			var err error
			if in.Body.Remove {
				err = a.d.Landing.DropCode(ctx, actor, promo.ID(in.ID), in.Body.Code)
			} else {
				_, err = a.d.Landing.AddCode(ctx, actor, promo.ID(in.ID), in.Body.Code, in.Body.Label)
			}
			if err != nil {
				return nil, err
			}
			return a.landingOne(ctx, actor, promo.ID(in.ID))
		})
	type flyerIn struct {
		ID    string `path:"id"`
		Lang  string `query:"lang" enum:"en,zh-CN" doc:"of the languages that your page has; default: your company's, else the page's first"`
		Ref   string `query:"ref" doc:"one of your referral codes"`
		As    string `query:"as" enum:"pdf,png" default:"pdf"`
		Shape string `query:"shape" enum:"square,banner,prices" doc:"instead of the flyer: a picture of 1080 by 1080 pixels for social media, one of 1200 by 300 for the head of a mail or page, or a sheet of list prices (PDF)"`
		On    string `query:"on" format:"date" doc:"of list prices; today where it is left out"`
		Paper string `query:"paper" enum:"a4,letter" doc:"default: what is usual in your country"`
	}
	flyer := op("GET", base+"/landing/flyer", "promotions:read", "Get the flyer of your landing page", "One page of paper with both companies, your words, what is offered and the address of your page with a QR code.", 200)
	flyer.Responses = map[string]*huma.Response{"200": {Description: "The flyer", Content: bytesOf("application/pdf", "image/png")}}
	handle(a, flyer, func(ctx context.Context, actor access.Actor, in *flyerIn) (*pdfFile, error) {
		if in.Lang == "" {
			orgs, err := a.d.Accounts.Directory().OrgsByID(ctx, actor.Org)
			if err != nil {
				return nil, err
			}
			in.Lang = orgs[actor.Org].Locale
		}
		desk := paper.Desk{Accounts: a.d.Accounts, Promos: a.d.Promos, Landing: a.d.Landing, Catalog: a.d.Catalog, Brands: a.d.Brands}
		f, err := desk.Leaflet(ctx, actor, promo.ID(in.ID), paper.LeafletWish{Lang: in.Lang, Paper: in.Paper, Ref: in.Ref, Base: a.d.BaseURL, PNG: in.As == "png", Shape: paper.Shape(in.Shape), On: cmp.Or(in.On, time.Now().UTC().Format(time.DateOnly))})
		if err != nil {
			return nil, err
		}
		b, err := f.Bytes(ctx)
		return &pdfFile{Type: f.Type(), Lang: f.Lang, Body: b}, err
	})
	handle(a, op("GET", base+"/funnel", "promotions:read", "Get the funnel of a promotion", "Views of the landing pages, leads, registrations and orders by participant and referral code: all of them for the owner, else your own.", 200),
		func(ctx context.Context, actor access.Actor, in *landingIn) (*reply[list[funnelStep]], error) {
			steps, err := a.d.Landing.Funnel(ctx, actor, promo.ID(in.ID))
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, s := range steps {
				orgs[s.Org] = true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]funnelStep, len(steps))
			for i, s := range steps {
				items[i] = funnelStep{slugs[s.Org].Slug, s.Ref, s.Views, s.Leads, s.Deals, s.Orders}
			}
			return page(items, ""), nil
		})
	type funnelRowsIn struct {
		ID    string `path:"id"`
		Stage string `path:"stage" enum:"views,leads,deals,orders"`
		Paging
	}
	handle(a, op("GET", base+"/funnel/{stage}", "promotions:read", "List what stands behind a number of the funnel", "Days with views, leads, leads that became registrations, or orders; the newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *funnelRowsIn) (*reply[list[funnelRow]], error) {
			rows, next, err := a.d.Landing.Rows(ctx, actor, promo.ID(in.ID), landing.Filter{Stage: in.Stage, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, r := range rows {
				orgs[r.Org] = true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]funnelRow, len(rows))
			for i, r := range rows {
				number := r.OrderNumber
				if number == "" {
					number = r.Code
				}
				items[i] = funnelRow{slugs[r.Org].Slug, r.Ref, r.Day, r.Views, instantOut(r.At), string(r.Lead), string(r.Offer), string(r.State), r.Deal, r.Order, number}
			}
			return page(items, next), nil
		})
}
